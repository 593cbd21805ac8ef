//! `git spread-cron catalog`: what can be watched out of the box.

use std::collections::BTreeMap;

use super::catalog_folder::find;
use super::format::width;
use super::listing::show_files;
use crate::catalog::{Catalog, CatalogError, FoundEntry};
use crate::cli::{CatalogArgs, CatalogCommand, CatalogShowArgs, Format};
use crate::core::declared::kinds::{KINDS, KindEntry};
use crate::core::declared::{Kind, Need};
use crate::core::documents::{
    CatalogEntry, CatalogFile, CatalogProblem, CatalogRecipe, CatalogReport, CatalogSource, EntryOrigin, FileKind,
    RecipeParameter, SourceKey, VERSION,
};
use crate::core::name::{did_you_mean, is_looked_for, nearest};
use crate::core::options::{Key, Options, Setting, write_assignments};
use crate::core::recipe::{Recipe, in_short};
use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::core::value::printable;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::ui::{Paint, Ui};

pub(super) fn run(args: &CatalogArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let folder = match &args.command {
        Some(CatalogCommand::Show(show)) => &show.folder,
        None => &args.folder,
    };
    let (catalog, unopened) = find(folder, environment)?;
    if let Some(err) = unopened {
        let reason = printable(chain(&err).as_bytes());
        ui.warning(&format!("if this repository sets spread-cron.catalog, that is not known here: {reason}"));
    }
    if let Some(folder) = catalog.misses_everything() {
        ui.warning(&format!("{} holds neither a folder entries nor a folder recipes", folder.display()));
    }
    match &args.command {
        Some(CatalogCommand::Show(args)) => show(args, &catalog, ui),
        None => list(args, &catalog, ui),
    }
}

fn show(args: &CatalogShowArgs, catalog: &Catalog, ui: &mut Ui) -> Result<Exit, CommandError> {
    let name = &args.name;
    let quoted = shell_words::quote(name);
    match catalog.entry(name) {
        Ok(found) => {
            show_files(&found.options()?, &found.files, ui);
            ui.status(&format!("Add it with: git spread-cron add --from {quoted}"));
        }
        Err(CatalogError::Unknown { .. }) => {
            let recipe = match catalog.recipe(name) {
                Err(CatalogError::Unknown { .. }) => match Kind::of(name) {
                    Some(kind) => {
                        show_files(&kind.entry().shown(), &[], ui);
                        ui.status(&format!("Use it with: git spread-cron add BRANCH --source {}", kind.entry().call()));
                        return Ok(Exit::Success);
                    }
                    None => return Err(neither(name, catalog)?),
                },
                read => read?.0,
            };
            show_files(recipe.text(), &[], ui);
            let parameters = recipe.head.parameters.iter().filter(|one| recipe.default_of(&one.name).is_none());
            let given = parameters.map(|one| format!(" {}=…", one.name)).collect::<String>();
            ui.status(&format!("Use it with: git spread-cron add BRANCH --recipe {quoted}{given}"));
        }
        Err(err) => return Err(err.into()),
    }
    Ok(Exit::Success)
}

/// That something is neither an entry nor a recipe.
fn neither(name: &str, catalog: &Catalog) -> Result<CommandError, CatalogError> {
    let kinds = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    let names = [catalog.entries()?, catalog.recipes()?, kinds].concat();
    let names = names.iter().map(String::as_str).collect::<Vec<_>>();
    Ok(nothing(&format!("there is no {name:?} in the catalog"), name, &names))
}

fn nothing(what: &str, name: &str, names: &[&str]) -> CommandError {
    let near = nearest(name, names.iter().copied());
    let hint = match name {
        // Options in front of it make a pattern of it.
        "show" => "options come behind it: git spread-cron catalog show NAME --catalog DIR",
        _ => "see what there is: git spread-cron catalog",
    };
    CommandError::usage(format!("{what}{}", did_you_mean(near))).hint(hint)
}

fn list(args: &CatalogArgs, catalog: &Catalog, ui: &mut Ui) -> Result<Exit, CommandError> {
    let report = report(catalog, &args.patterns)?;
    for problem in &report.problems {
        let left_out = [problem.entries.as_slice(), &problem.recipes].concat().join(", ");
        ui.warning(&format!("left out {left_out}: {}", problem.problem));
    }
    let exit = if report.problems.is_empty() { Exit::Success } else { Exit::SomeFailed };
    match args.format.format {
        Format::Json => ui.json(&report),
        Format::Human => show_list(&report, ui),
    }
    Ok(exit)
}

/// What is of no use, by the reason: one recipe may spoil many entries.
#[derive(Default)]
struct Problems(BTreeMap<String, CatalogProblem>);

impl Problems {
    fn of(&mut self, err: &CatalogError) -> &mut CatalogProblem {
        let problem = printable(chain(err).as_bytes());
        let none = CatalogProblem { problem: problem.clone(), entries: Vec::new(), recipes: Vec::new() };
        self.0.entry(problem).or_insert(none)
    }
}

/// Something of the catalog as documents have it, or why it is of no use.
enum Thing {
    Entry(Result<CatalogEntry, CatalogError>),
    Recipe(Result<CatalogRecipe, CatalogError>),
    Source(CatalogSource),
}

impl Thing {
    /// What is said of it, where a person may look for a word.
    fn texts(&self) -> Vec<&str> {
        let (about, source) = match self {
            Thing::Entry(Ok(entry)) => (&entry.about, &entry.source),
            Thing::Recipe(Ok(recipe)) => (&recipe.about, &recipe.source),
            Thing::Source(source) => return vec![&source.about, &source.value],
            Thing::Entry(Err(_)) | Thing::Recipe(Err(_)) => return Vec::new(),
        };
        [Some(about), source.as_ref()].into_iter().flatten().map(String::as_str).collect()
    }
}

/// Everything that the catalog has, by its name.
fn things(catalog: &Catalog) -> Result<Vec<(String, Thing)>, CatalogError> {
    let read_entry = |name: &str| {
        let found = catalog.entry(name)?;
        let options = found.options()?;
        Ok(entry(found, options))
    };
    let read_recipe = |name: &str| catalog.recipe(name).map(|(found, origin)| recipe(name.to_owned(), &found, origin));
    let entries = catalog.entries()?.into_iter().map(|name| (Thing::Entry(read_entry(&name)), name));
    let recipes = catalog.recipes()?.into_iter().map(|name| (Thing::Recipe(read_recipe(&name)), name));
    let sources = KINDS.iter().map(|kind| (Thing::Source(source(kind)), kind.name.to_owned()));
    Ok(entries.chain(recipes).chain(sources).map(|(thing, name)| (name, thing)).collect())
}

/// What the catalog has of what is looked for.
fn report(catalog: &Catalog, patterns: &[String]) -> Result<CatalogReport, CommandError> {
    let things = things(catalog)?;
    let names = things.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    let finds = |pattern: &str, name: &str, thing: &Thing| is_looked_for(pattern, &names, name, &thing.texts());
    let is_found = |pattern: &str| things.iter().any(|(name, thing)| finds(pattern, name, thing));
    if let Some(pattern) = patterns.iter().find(|pattern| !is_found(pattern)) {
        return Err(nothing(&format!("nothing in the catalog matches {pattern:?}"), pattern, &names));
    }
    let is_wanted =
        |name: &str, thing: &Thing| patterns.is_empty() || patterns.iter().any(|pattern| finds(pattern, name, thing));
    let wanted = things.iter().map(|(name, thing)| is_wanted(name, thing)).collect::<Vec<_>>();
    let mut report = CatalogReport {
        version: VERSION,
        entries: Vec::new(),
        recipes: Vec::new(),
        sources: Vec::new(),
        problems: Vec::new(),
    };
    let mut problems = Problems::default();
    for ((name, thing), _) in things.into_iter().zip(wanted).filter(|(_, is_wanted)| *is_wanted) {
        match thing {
            Thing::Entry(Ok(entry)) => report.entries.push(entry),
            Thing::Recipe(Ok(recipe)) => report.recipes.push(recipe),
            Thing::Source(source) => report.sources.push(source),
            Thing::Entry(Err(err)) => problems.of(&err).entries.push(name),
            Thing::Recipe(Err(err)) => problems.of(&err).recipes.push(name),
        }
    }
    report.problems = problems.0.into_values().collect();
    Ok(report)
}

fn entry(found: FoundEntry, options: String) -> CatalogEntry {
    let FoundEntry { name, origin, entry, recipe, files, .. } = found;
    let text_of = |setting: &Setting| match setting {
        Setting::Absent => None,
        Setting::Known(text) | Setting::NeedsShell(text) => Some(text.to_string()),
    };
    let given = recipe.head.parameters.iter().filter_map(|one| Some((&one.name, entry.given(&one.name)?)));
    let mut parameters: BTreeMap<String, String> =
        given.filter_map(|(name, setting)| Some((name.clone(), text_of(setting)?))).collect();
    let made = Options::parse(options.as_bytes());
    let declaration = made.declaration().and_then(Result::ok);
    if let Some(declaration) = declaration {
        let keys = declaration.kind.entry().keys.iter();
        let set = keys.filter_map(|key| Some((key.name.to_owned(), text_of(made.variable(key.name).0)?)));
        parameters.extend(set);
    }
    let kind = declaration.map(|declaration| declaration.kind);
    let message = made.known(Key::Message).map(|text| String::from_utf8_lossy(text).into_owned());
    CatalogEntry {
        name,
        about: entry.head.about,
        origin,
        recipe: entry.recipe,
        kind: kind.map(|kind| kind.name().to_owned()),
        source: entry.head.source.or(recipe.head.source).or(kind.map(|kind| kind.entry().from.to_owned())),
        unverified: entry.head.unverified.or(recipe.head.unverified),
        parameters,
        message,
        options,
        files: files.into_iter().map(file).collect(),
    }
}

fn source(kind: &KindEntry) -> CatalogSource {
    let keys = kind.keys.iter().map(|key| SourceKey {
        name: key.name.to_owned(),
        about: key.about.to_owned(),
        required: key.need == Need::Required,
        default: match key.need {
            Need::Default(text) => Some(text.to_owned()),
            Need::Required | Need::Optional => None,
        },
    });
    CatalogSource {
        name: kind.name.to_owned(),
        about: kind.about.to_owned(),
        value: kind.value.to_owned(),
        keys: keys.collect(),
        example: write_assignments(kind.example),
    }
}

fn file(file: TreeFile) -> CatalogFile {
    let kind = match file.kind {
        TreeFileKind::File { executable: false } => FileKind::File,
        TreeFileKind::File { executable: true } => FileKind::Executable,
        TreeFileKind::Symlink => FileKind::Symlink,
    };
    CatalogFile { path: file.path, kind, size: file.data.len(), text: String::from_utf8(file.data).ok() }
}

fn recipe(name: String, recipe: &Recipe, origin: EntryOrigin) -> CatalogRecipe {
    let head = recipe.head.clone();
    let parameters = head.parameters.into_iter().map(|one| RecipeParameter {
        default: recipe.default_of(&one.name),
        name: one.name,
        about: one.about,
        matches: one.shape.map(|shape| shape.as_str().to_owned()),
    });
    CatalogRecipe {
        name,
        about: head.about,
        origin,
        source: head.source,
        unverified: head.unverified,
        parameters: parameters.collect(),
        options: recipe.text().to_owned(),
    }
}

/// A line for a person.
struct CatalogLine<'a> {
    name: String,
    about: &'a str,
    source: Option<&'a str>,
    unverified: bool,
    origin: EntryOrigin,
}

fn show_list(report: &CatalogReport, ui: &mut Ui) {
    let entries = report.entries.iter().map(|entry| CatalogLine {
        name: entry.name.clone(),
        about: &entry.about,
        source: entry.source.as_deref(),
        unverified: entry.unverified.is_some(),
        origin: entry.origin,
    });
    let recipes = report.recipes.iter().map(|recipe| CatalogLine {
        name: call(recipe),
        about: &recipe.about,
        source: recipe.source.as_deref(),
        unverified: recipe.unverified.is_some(),
        origin: recipe.origin,
    });
    show_lines("Entries", &entries.collect::<Vec<_>>(), ui);
    if !report.entries.is_empty() && !report.recipes.is_empty() {
        ui.line("");
    }
    show_lines("Recipes", &recipes.collect::<Vec<_>>(), ui);
    let has_others = !report.entries.is_empty() || !report.recipes.is_empty();
    if has_others && !report.sources.is_empty() {
        ui.line("");
    }
    let sources = report.sources.iter().filter_map(|source| Kind::of(&source.name)).map(|kind| CatalogLine {
        name: kind.entry().call(),
        about: kind.entry().about,
        source: Some(kind.entry().from),
        unverified: false,
        origin: EntryOrigin::BuiltIn,
    });
    show_lines("Sources", &sources.collect::<Vec<_>>(), ui);
    if !report.entries.is_empty() {
        ui.status("Add one with: git spread-cron add --from NAME");
    }
    if !report.recipes.is_empty() {
        ui.status("Use a recipe with: git spread-cron add BRANCH --recipe NAME PARAMETER=VALUE...");
    }
    if !report.sources.is_empty() {
        ui.status("Use a source with: git spread-cron add BRANCH --source KIND KEY=VALUE...");
    }
    if !report.entries.is_empty() || !report.recipes.is_empty() || !report.sources.is_empty() {
        ui.status("See what is in one with: git spread-cron catalog show NAME");
    }
}

/// A recipe and its parameters, in brackets those that need not be given.
fn call(recipe: &CatalogRecipe) -> String {
    let parameters = recipe.parameters.iter().map(|one| match one.default {
        Some(_) => format!(" [{}]", one.name),
        None => format!(" {}", one.name),
    });
    parameters.fold(recipe.name.clone(), |call, parameter| call + &parameter)
}

fn show_lines(heading: &str, lines: &[CatalogLine<'_>], ui: &mut Ui) {
    /// Longer names and descriptions do not push everything else away.
    const WIDEST: usize = 60;
    if lines.is_empty() {
        return;
    }
    ui.line(&ui.paint(Paint::Strong, heading));
    let abouts = lines.iter().map(|line| printable(line.about.as_bytes())).collect::<Vec<_>>();
    let names = width(lines.iter().map(|line| line.name.as_str()), WIDEST);
    let widest_about = width(abouts.iter().map(String::as_str), WIDEST);
    for (CatalogLine { name, source, unverified, origin, .. }, about) in lines.iter().zip(&abouts) {
        let source = source.map(|source| cut(&printable(in_short(source).as_bytes()))).unwrap_or_default();
        let mut text = format!("  {name:names$}  {about:widest_about$}  {source}").trim_end().to_owned();
        if *unverified {
            text += &ui.paint(Paint::Odd, "  not verified");
        }
        match origin {
            EntryOrigin::Folder => text += &ui.paint(Paint::Faint, "  yours"),
            EntryOrigin::BuiltIn => {}
        }
        ui.line(&text);
    }
}

/// A source that leaves room for what stands behind it.
fn cut(source: &str) -> String {
    const MOST: usize = 36;
    match source.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", source[..end].trim_end()),
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_need_not_be_given_is_in_brackets() {
        let (found, origin) = Catalog::new(None).recipe("snap-revision").unwrap();
        assert_eq!(call(&recipe("snap-revision".into(), &found, origin)), "snap-revision snap channel [arch]");
    }

    #[test]
    fn a_long_source_is_cut() {
        assert_eq!(cut("the clock of the machine that polls"), "the clock of the machine that polls");
        assert_eq!(cut(&"ä".repeat(36)), "ä".repeat(36));
        assert_eq!(cut(&format!("{} x", "ä".repeat(35))), format!("{}…", "ä".repeat(35)));
    }
}
