//! Where the entries of the catalog are: in a folder of the user's own, and in the program.
//!
//! Both look alike: `entries/NAME/` is a folder that holds what lies on the branch later. In the folder of the user, which
//! comes first, `recipes/NAME` may be an options file without more. This module finds and reads them; what they mean is
//! `core::entry`'s.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use crate::core::documents::EntryOrigin;
use crate::core::entry::{Entry, EntryError};
use crate::core::name::{did_you_mean, nearest};
use crate::core::options::{MAX_BYTES, OptionsError, Settings};
use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::core::value::is_unclean;
use crate::git::worktree_files::{self, WorktreeFilesError};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/catalog");

/// The folder of the entries, in either place.
const ENTRIES: &str = "entries";
/// The folder of options files without a folder each, of the user only.
const FILES: &str = "recipes";
/// The options file in the folder of an entry.
const OPTIONS: &str = "options";

/// What cannot be found or read. A `place` is a path, or says what of the program it is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CatalogError {
    #[error("cannot read the catalog in {}", .0.display())]
    Folder(PathBuf, #[source] Error),
    #[error("the catalog has no entry {name:?}{}", did_you_mean(.near.as_deref()))]
    Unknown { name: String, near: Option<String> },
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
    #[error("{place} is of no use")]
    Useless {
        place: String,
        #[source]
        source: EntryError,
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
    /// All of the resource directory but the options.
    pub(crate) files: Vec<TreeFile>,
    place: String,
}

impl FoundEntry {
    /// Checks that a poll could use the options of the entry as it is.
    ///
    /// # Errors
    ///
    /// No poll could.
    pub(crate) fn check(&self) -> Result<(), CatalogError> {
        let check = |settings: Settings| settings.plan().and_then(|_| settings.value_pattern());
        match self.entry.options().settings().map(check) {
            Some(Err(source)) => Err(CatalogError::UselessOptions { place: self.place.clone(), source }),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

/// The text of an entry.
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
        [ENTRIES, FILES].iter().all(|place| !folder.join(place).is_dir()).then_some(folder)
    }

    /// The names of all entries, sorted.
    ///
    /// # Errors
    ///
    /// The folder of the user cannot be read.
    pub(crate) fn entries(&self) -> Result<Vec<String>, CatalogError> {
        let built_in = BUILT_IN.get_dir(ENTRIES).expect("it is built in").entries().iter();
        let mut names =
            built_in.filter_map(|entry| entry.path().file_name()?.to_str()).map(str::to_owned).collect::<Vec<_>>();
        // The folder itself has to be there, but not both that it may hold.
        self.check()?;
        names.extend(self.own_names(ENTRIES, Path::is_dir)?);
        names.extend(self.own_names(FILES, Path::is_file)?);
        names.retain(|name| is_name(name));
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// Reads an entry.
    ///
    /// # Errors
    ///
    /// There is none of this name, or it is of no use.
    pub(crate) fn entry(&self, name: &str) -> Result<FoundEntry, CatalogError> {
        let folder = format!("{ENTRIES}/{name}");
        let found = match self.text(&format!("{folder}/{OPTIONS}"), name)? {
            Some(found) => Some(found),
            None => match self.own(&folder).filter(|folder| is_name(name) && folder.is_dir()) {
                Some(folder) => return Err(CatalogError::NoOptions(folder)),
                None => None,
            },
        };
        let (found, has_folder) = match found {
            Some(Text { origin: EntryOrigin::BuiltIn, .. }) | None => {
                let file = self.own_text(&format!("{FILES}/{name}"), name)?;
                let has_folder = file.is_none();
                (file.or(found), has_folder)
            }
            Some(Text { origin: EntryOrigin::Folder, .. }) => (found, true),
        };
        let Text { text, origin, place } = found.ok_or_else(|| unknown(name, self.entries()))?;
        let entry = Entry::parse(&text).map_err(|source| CatalogError::Useless { place: place.clone(), source })?;
        let files = if has_folder { self.files(&folder, origin) } else { Ok(Vec::new()) };
        let files = files.map_err(|err| CatalogError::Files(place.clone(), err))?;
        Ok(FoundEntry { name: name.to_owned(), origin, entry, files, place })
    }

    fn own(&self, path: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(path))
    }

    /// The names below a folder of the user's own.
    fn own_names(&self, place: &str, is_one: impl Fn(&Path) -> bool) -> Result<Vec<String>, CatalogError> {
        let Some(folder) = self.own(place) else { return Ok(Vec::new()) };
        let cannot = |err| CatalogError::Folder(folder.clone(), err);
        let own = match fs::read_dir(&folder) {
            Ok(own) => own.collect::<Result<Vec<_>, _>>().map_err(cannot)?,
            Err(err) if err.kind() == ErrorKind::NotFound => Vec::new(),
            Err(err) => return Err(cannot(err)),
        };
        let own = own.into_iter().filter(|entry| is_one(&entry.path()));
        Ok(own.filter_map(|entry| entry.file_name().into_string().ok()).collect())
    }

    /// The text at a path of the catalog. A folder of the user's own hides all that is built in below its path.
    fn text(&self, path: &str, name: &str) -> Result<Option<Text>, CatalogError> {
        if let Some(own) = self.own_text(path, name)? {
            return Ok(Some(own));
        }
        if !is_name(name) || self.own(path).is_some_and(|own| own.parent().is_some_and(Path::is_dir)) {
            return Ok(None);
        }
        let text = BUILT_IN.get_file(path).and_then(|file| file.contents_utf8());
        Ok(text.map(|text| {
            let place = format!("{path}, which is built in,");
            Text { text: text.to_owned(), origin: EntryOrigin::BuiltIn, place }
        }))
    }

    /// The text at a path of the folder of the user.
    fn own_text(&self, path: &str, name: &str) -> Result<Option<Text>, CatalogError> {
        let Some(own) = self.own(path).filter(|_| is_name(name)) else { return Ok(None) };
        match fs::metadata(&own) {
            Ok(meta) if meta.len() > MAX_BYTES as u64 => Err(CatalogError::TooLong(own)),
            Ok(meta) if meta.is_file() => {
                let text = fs::read_to_string(&own).map_err(|err| CatalogError::Read(own.clone(), err))?;
                Ok(Some(Text { text, origin: EntryOrigin::Folder, place: own.display().to_string() }))
            }
            Ok(_) => Err(CatalogError::NotAFile(own)),
            Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(err) => Err(CatalogError::Read(own, err)),
        }
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
fn unknown(name: &str, names: Result<Vec<String>, CatalogError>) -> CatalogError {
    let names = names.unwrap_or_default();
    let near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    CatalogError::Unknown { name: name.to_owned(), near }
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

/// Whether a text can be the name of an entry: not of what is hidden, was left behind by an editor, or is there
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
            assert!(matches!(parts.as_slice(), [ENTRIES, _, _, ..]), "{path} lies in a wrong place");
        }
    }

    #[test]
    fn every_entry_that_is_built_in_makes_good_options() {
        let catalog = Catalog::new(None);
        for name in catalog.entries().unwrap() {
            let found = catalog.entry(&name).unwrap();
            found.check().unwrap();
            let options = found.entry.text();
            let settings = found.entry.options().settings();
            assert!(settings.is_some_and(|settings| settings.plan().is_ok()), "{name}: no shell has to be asked");
            let resource = ResourceName::new(&name).unwrap();
            let files = found.files.iter().map(|file| file.path.clone()).collect::<Vec<_>>();
            let subject = LintSubject {
                name: &resource,
                path: OPTIONS,
                options: Ok(options.as_bytes()),
                syntax_error: None,
                files: &files,
                pass_env: &[],
                shell_without_pipefail: None,
                subjects: &[],
                matched: false,
                out_of_reach: &[],
            };
            let findings = lint(&subject);
            assert!(findings.is_empty(), "{name}: {findings:#?}\n{options}");
        }
    }

    #[test]
    fn what_can_be_the_name_of_an_entry() {
        for good in ["snapd-core-edge", "snapd-reexec-2.21-vs-edge", "a b", "zażółć"] {
            assert!(is_name(good), "{good}");
        }
        let bad =
            ["", ".", "..", "../x", "a/b", ".hidden", "-x", "a~", "a.swp", "#a#", "a.orig", "a\nb", "a\0", "README.md"];
        for bad in bad {
            assert!(!is_name(bad), "{bad:?}");
            assert!(matches!(Catalog::new(None).entry(bad), Err(CatalogError::Unknown { .. })), "{bad:?}");
        }
    }
}
