//! Where the entries and recipes of the catalog are: in a folder of the user's own, and in the program.
//!
//! Both look alike: `entries/NAME/` is a folder that holds what lies on the branch later, and `recipes/NAME` is a file. What
//! is in the folder of the user comes first. This module finds and reads them; what they mean is `core::recipe`'s.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::core::documents::EntryOrigin;
use crate::core::name::{did_you_mean, nearest};
use crate::core::options::{MAX_BYTES, Options, OptionsError, Settings};
use crate::core::recipe::{Entry, Recipe, RecipeError};
use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::core::value::is_unclean;
use crate::git::worktree_files::{self, WorktreeFilesError};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/catalog");

/// The folder of the entries, in either place.
const ENTRIES: &str = "entries";
/// The folder of the recipes.
const RECIPES: &str = "recipes";
/// The file of an entry that is completed by its recipe.
const OPTIONS: &str = "options";

/// What cannot be found or read. A `place` is a path, or says what of the program it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("cannot read the catalog in {}", .0.display())]
    Folder(PathBuf, #[source] Error),
    #[error("the catalog has no {kind} {name:?}{}", did_you_mean(.near.as_deref()))]
    Unknown { kind: &'static str, name: String, near: Option<String> },
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] Error),
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("{} is too long; at most {} KiB of options are read", .0.display(), MAX_BYTES / 1024)]
    TooLong(PathBuf),
    #[error("{} holds no options", .0.display())]
    NoOptions(PathBuf),
    #[error("cannot read the files of {0}")]
    Files(String, #[source] WorktreeFilesError),
    #[error("{place} names the recipe {name:?}, which is not there{}", did_you_mean(.near.as_deref()))]
    NoRecipe { place: String, name: String, near: Option<String> },
    #[error("{place} is of no use")]
    Useless {
        place: String,
        #[source]
        source: RecipeError,
    },
    #[error("{place} makes options that are of no use")]
    UselessOptions {
        place: String,
        #[source]
        source: OptionsError,
    },
}

/// An entry, with the files that come along.
#[derive(Clone, Debug)]
pub(crate) struct FoundEntry {
    pub(crate) name: String,
    pub(crate) origin: EntryOrigin,
    pub(crate) entry: Entry,
    /// The recipe that it names, or itself.
    pub(crate) recipe: Recipe,
    /// All of the resource directory but the options.
    pub(crate) files: Vec<TreeFile>,
    place: String,
}

impl FoundEntry {
    /// The options of a branch that is made of the entry as it is.
    ///
    /// # Errors
    ///
    /// It does not fit its recipe, or no poll could use the options.
    pub(crate) fn options(&self) -> Result<String, CatalogError> {
        let place = || self.place.clone();
        let made = self.entry.fill(&self.recipe, &[], &[]);
        let text = made.map_err(|source| CatalogError::Useless { place: place(), source })?;
        let check = |settings: Settings| settings.plan().and_then(|_| settings.value_pattern());
        match Options::parse(text.as_bytes()).settings().map(check) {
            Some(Err(source)) => Err(CatalogError::UselessOptions { place: place(), source }),
            Some(Ok(_)) | None => Ok(text),
        }
    }
}

/// The text of an entry or a recipe.
struct Text {
    text: String,
    origin: EntryOrigin,
    place: String,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    folder: Option<PathBuf>,
}

impl Catalog {
    /// The catalog with a folder of the user's own, if there is one.
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        Catalog { folder }
    }

    /// Whether the folder of the user is there; it need not hold anything.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        match &self.folder {
            Some(folder) => fs::read_dir(folder).map(drop).map_err(|err| CatalogError::Folder(folder.clone(), err)),
            None => Ok(()),
        }
    }

    /// The folder of the user, if it is there and has nothing of what is looked for in it.
    pub(crate) fn misses_everything(&self) -> Option<&Path> {
        let folder = self.folder.as_deref()?;
        [ENTRIES, RECIPES].iter().all(|place| !folder.join(place).is_dir()).then_some(folder)
    }

    /// The names of all entries, sorted.
    ///
    /// # Errors
    ///
    /// The folder of the user cannot be read.
    pub(crate) fn entries(&self) -> Result<Vec<String>, CatalogError> {
        self.names(ENTRIES, Path::is_dir)
    }

    /// The names of all recipes, sorted.
    ///
    /// # Errors
    ///
    /// The folder of the user cannot be read.
    pub(crate) fn recipes(&self) -> Result<Vec<String>, CatalogError> {
        self.names(RECIPES, Path::is_file)
    }

    /// Reads an entry and its recipe.
    ///
    /// # Errors
    ///
    /// There is none of this name, or it is of no use.
    pub(crate) fn entry(&self, name: &str) -> Result<FoundEntry, CatalogError> {
        let folder = format!("{ENTRIES}/{name}");
        let found = self.text(&format!("{folder}/{OPTIONS}"), name)?;
        let Some(Text { text, origin, mut place }) = found else {
            return match self.own(&folder).filter(|folder| is_name(name) && folder.is_dir()) {
                Some(folder) => Err(CatalogError::NoOptions(folder)),
                None => Err(unknown("entry", name, self.entries())),
            };
        };
        let useless = |source| CatalogError::Useless { place: place.clone(), source };
        let entry = Entry::parse(&text).map_err(useless)?;
        let recipe = match &entry.recipe {
            Some(name) => match self.recipe(name) {
                Ok((recipe, EntryOrigin::Folder)) if origin == EntryOrigin::BuiltIn => {
                    let own = self.own(&format!("{RECIPES}/{name}")).unwrap_or_default();
                    place = format!("{place} together with {}", own.display());
                    recipe
                }
                Ok((recipe, _)) => recipe,
                Err(CatalogError::Unknown { name, near, .. }) => {
                    return Err(CatalogError::NoRecipe { place, name, near });
                }
                Err(err) => return Err(err),
            },
            None => entry.as_recipe().map_err(useless)?,
        };
        let files = self.files(&folder, origin).map_err(|err| CatalogError::Files(place.clone(), err))?;
        Ok(FoundEntry { name: name.to_owned(), origin, entry, recipe, files, place })
    }

    /// Reads a recipe.
    ///
    /// # Errors
    ///
    /// There is none of this name, or it is of no use.
    pub(crate) fn recipe(&self, name: &str) -> Result<(Recipe, EntryOrigin), CatalogError> {
        let found = self.text(&format!("{RECIPES}/{name}"), name)?;
        let Text { text, origin, place } = found.ok_or_else(|| unknown("recipe", name, self.recipes()))?;
        let recipe = Recipe::parse(&text).map_err(|source| CatalogError::Useless { place, source })?;
        Ok((recipe, origin))
    }

    fn own(&self, path: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(path))
    }

    fn names(&self, place: &str, is_one: impl Fn(&Path) -> bool) -> Result<Vec<String>, CatalogError> {
        let built_in = BUILT_IN.get_dir(place).expect("both folders are built in").entries().iter();
        let mut names =
            built_in.filter_map(|entry| entry.path().file_name()?.to_str()).map(str::to_owned).collect::<Vec<_>>();
        // The folder itself has to be there, but not both that it may hold.
        self.check()?;
        if let Some(folder) = self.own(place) {
            let cannot = |err| CatalogError::Folder(folder.clone(), err);
            let own = match fs::read_dir(&folder) {
                Ok(own) => own.collect::<Result<Vec<_>, _>>().map_err(cannot)?,
                Err(err) if err.kind() == ErrorKind::NotFound => Vec::new(),
                Err(err) => return Err(cannot(err)),
            };
            let own = own.into_iter().filter(|entry| is_one(&entry.path()));
            names.extend(own.filter_map(|entry| entry.file_name().into_string().ok()));
        }
        names.retain(|name| is_name(name));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The text at a path of the catalog. A folder of the user's own hides all that is built in below its path.
    fn text(&self, path: &str, name: &str) -> Result<Option<Text>, CatalogError> {
        if !is_name(name) {
            return Ok(None);
        }
        if let Some(own) = self.own(path) {
            match fs::metadata(&own) {
                Ok(meta) if meta.len() > MAX_BYTES as u64 => return Err(CatalogError::TooLong(own)),
                Ok(meta) if meta.is_file() => {
                    let text = fs::read_to_string(&own).map_err(|err| CatalogError::Read(own.clone(), err))?;
                    return Ok(Some(Text { text, origin: EntryOrigin::Folder, place: own.display().to_string() }));
                }
                Ok(_) => return Err(CatalogError::NotAFile(own)),
                Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(err) => return Err(CatalogError::Read(own, err)),
            }
            if path.starts_with(ENTRIES) && own.parent().is_some_and(Path::is_dir) {
                return Ok(None);
            }
        }
        let text = BUILT_IN.get_file(path).and_then(|file| file.contents_utf8());
        Ok(text.map(|text| {
            let place = format!("{path}, which is built in,");
            Text { text: text.to_owned(), origin: EntryOrigin::BuiltIn, place }
        }))
    }

    /// The files of an entry but for its options.
    fn files(&self, folder: &str, origin: EntryOrigin) -> Result<Vec<TreeFile>, WorktreeFilesError> {
        let mut files = match (self.own(folder), origin) {
            (Some(folder), EntryOrigin::Folder) => worktree_files::read_folder(&folder, "")?,
            (None, EntryOrigin::Folder) | (_, EntryOrigin::BuiltIn) => {
                BUILT_IN.get_dir(folder).map(built_in_files).unwrap_or_default()
            }
        };
        files.retain(|file| file.path != OPTIONS && !file.path.split('/').any(is_left_behind));
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }
}

/// That there is nothing of this name.
fn unknown(kind: &'static str, name: &str, names: Result<Vec<String>, CatalogError>) -> CatalogError {
    let names = names.unwrap_or_default();
    let near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    CatalogError::Unknown { kind, name: name.to_owned(), near }
}

/// The files below a folder that is built in.
fn built_in_files(top: &Dir<'_>) -> Vec<TreeFile> {
    let mut folders = vec![top];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        files.extend(folder.files().map(|file| {
            let path = file.path().strip_prefix(top.path()).expect("it lies in this folder");
            let path = path.to_str().expect("the names of what is built in are UTF-8").to_owned();
            // Modes are not built in, but programs say what runs them.
            let kind = TreeFileKind::File { executable: file.contents().starts_with(b"#!") };
            TreeFile { path, kind, data: file.contents().to_vec() }
        }));
    }
    files
}

/// Whether a text can be the name of an entry or a recipe: not of what is hidden, was left behind by an editor, or is there
/// to be read.
fn is_name(name: &str) -> bool {
    const TO_BE_READ: [&str; 2] = [".md", ".txt"];
    !name.is_empty()
        && !name.contains('/')
        && !name.contains(is_unclean)
        && !name.starts_with(['.', '-'])
        && !name.starts_with("README")
        && !TO_BE_READ.iter().any(|end| name.ends_with(end))
        && !is_left_behind(name)
}

/// Whether this is what editors and merges leave behind beside a file.
fn is_left_behind(name: &str) -> bool {
    const ENDS: [&str; 6] = ["~", ".swp", ".swo", ".orig", ".rej", ".bak"];
    name.starts_with(".#") || name.starts_with('#') || ENDS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::lint::{LintSubject, lint};
    use crate::core::name::ResourceName;
    use crate::core::options::{Key, Setting};

    #[test]
    fn what_is_built_in_is_what_lies_in_the_source() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog");
        let files = |files: Vec<TreeFile>| {
            let mut files = files.into_iter().map(|file| (file.path, file.data)).collect::<Vec<_>>();
            files.sort();
            files
        };
        let (on_disk, built_in) =
            (files(worktree_files::read_folder(&source, "").unwrap()), files(built_in_files(&BUILT_IN)));
        let paths = |files: &[(String, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(&built_in), paths(&on_disk), "a file was added or removed: touch src/catalog.rs");
        assert!(built_in == on_disk);
        for (path, _) in &on_disk {
            let parts = path.split('/').collect::<Vec<_>>();
            assert!(parts.iter().all(|part| is_name(part)), "{path} is not found by its name");
            assert!(matches!(parts.as_slice(), [ENTRIES, _, _, ..] | [RECIPES, _]), "{path} lies in a wrong place");
        }
    }

    #[test]
    fn every_entry_that_is_built_in_makes_good_options() {
        let catalog = Catalog::new(None);
        for name in catalog.entries().unwrap() {
            let found = catalog.entry(&name).unwrap();
            let options = found.options().unwrap();
            let settings = Options::parse(options.as_bytes()).settings();
            assert!(settings.is_some_and(|settings| settings.plan().is_ok()), "{name}: no shell has to be asked");
            let resource = ResourceName::new(&name).unwrap();
            let files = found.files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
            let subject = LintSubject {
                name: &resource,
                path: OPTIONS,
                options: Ok(options.as_bytes()),
                syntax_error: None,
                files: &files,
                subjects: &[],
                matched: false,
            };
            let findings = lint(&subject);
            assert!(findings.is_empty(), "{name}: {findings:#?}\n{options}");
        }
    }

    #[test]
    fn every_recipe_that_is_built_in_says_what_it_needs() {
        let catalog = Catalog::new(None);
        for name in catalog.recipes().unwrap() {
            let (recipe, _) = catalog.recipe(&name).unwrap();
            assert!(recipe.head.source.is_some(), "{name} does not say where the value comes from");
            let options = Options::parse(recipe.text().as_bytes());
            let parameters = &recipe.head.parameters;
            let is_parameter = |name: &str| parameters.iter().any(|one| one.name == name);
            for variable in options.names().filter(|variable| Key::of(variable.as_bytes()).is_none()) {
                let is_empty = matches!(options.variable(variable).0, Setting::Known(text) if text.is_empty());
                assert!(!is_empty || is_parameter(variable), "{name} does not say what {variable} is");
            }
            assert!(parameters.iter().all(|one| !one.about.is_empty()), "{name}");
            let message = options.known(Key::Message).expect("a recipe has a message that needs no shell");
            let message = std::str::from_utf8(message).unwrap();
            let places = message.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
            for place in places {
                assert!(is_parameter(place), "{name} has no parameter for {{{place}}} in its message");
            }
        }
    }

    #[test]
    fn names_are_those_of_entries_and_recipes() {
        for good in ["snapd-core-edge", "snapd-reexec-2.21-vs-edge", "a b", "zażółć"] {
            assert!(is_name(good), "{good}");
        }
        let bad =
            ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a~", "a.swp", "#a#", "a.orig", "a\nb", "a\0", "README.md"];
        for bad in bad {
            assert!(!is_name(bad), "{bad:?}");
            assert!(matches!(Catalog::new(None).entry(bad), Err(CatalogError::Unknown { .. })), "{bad:?}");
            assert!(matches!(Catalog::new(None).recipe(bad), Err(CatalogError::Unknown { .. })), "{bad:?}");
        }
    }
}
