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
    CatalogEntry, CatalogFile, CatalogProblem, CatalogReport, CatalogSource, EntryOrigin, FileKind, SourceKey, VERSION,
};
use crate::core::entry::in_short;
use crate::core::name::{did_you_mean, is_looked_for, nearest};
use crate::core::options::{Key, Setting, write_assignments};
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
            found.check()?;
            show_files(found.entry.text(), &found.files, ui);
            ui.status(&format!("Add it with: git spread-cron add --from {quoted}"));
        }
        Err(CatalogError::Unknown { .. }) => {
            let Some(kind) = Kind::of(name) else { return Err(neither(name, catalog)?) };
            show_files(&kind.entry().shown(), &[], ui);
            ui.status(&format!("Use it with: git spread-cron add BRANCH --source {}", kind.entry().call()));
        }
        Err(err) => return Err(err.into()),
    }
    Ok(Exit::Success)
}

/// That something is neither an entry nor a kind of sources.
fn neither(name: &str, catalog: &Catalog) -> Result<CommandError, CatalogError> {
    let entries = catalog.entries()?;
    let names = entries.iter().map(String::as_str).chain(KINDS.iter().map(|kind| kind.name)).collect::<Vec<_>>();
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
        ui.warning(&format!("left out {}: {}", problem.entries.join(", "), problem.problem));
    }
    let exit = if report.problems.is_empty() { Exit::Success } else { Exit::SomeFailed };
    match args.format.format {
        Format::Json => ui.json(&report),
        Format::Human => show_list(&report, ui),
    }
    Ok(exit)
}

/// Something of the catalog as documents have it, or why it is of no use.
enum CatalogThing {
    Entry(Box<Result<CatalogEntry, CatalogError>>),
    Source(CatalogSource),
}

impl CatalogThing {
    /// What is said of it, where a person may look for a word.
    fn texts(&self) -> Vec<&str> {
        match self {
            CatalogThing::Entry(entry) => match entry.as_ref() {
                Ok(entry) => {
                    [Some(&entry.about), entry.source.as_ref()].into_iter().flatten().map(String::as_str).collect()
                }
                Err(_) => Vec::new(),
            },
            CatalogThing::Source(source) => vec![&source.about, &source.value],
        }
    }
}

/// Everything that the catalog has, by its name.
fn things(catalog: &Catalog) -> Result<Vec<(String, CatalogThing)>, CatalogError> {
    let read = |name: &str| {
        let found = catalog.entry(name)?;
        found.check()?;
        Ok(entry(found))
    };
    let entries = catalog.entries()?.into_iter().map(|name| (CatalogThing::Entry(Box::new(read(&name))), name));
    let sources = KINDS.iter().map(|kind| (CatalogThing::Source(source(kind)), kind.name.to_owned()));
    Ok(entries.chain(sources).map(|(thing, name)| (name, thing)).collect())
}

/// What the catalog has of what is looked for.
fn report(catalog: &Catalog, patterns: &[String]) -> Result<CatalogReport, CommandError> {
    let things = things(catalog)?;
    let names = things.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    let finds = |pattern: &str, name: &str, thing: &CatalogThing| is_looked_for(pattern, &names, name, &thing.texts());
    let is_found = |pattern: &str| things.iter().any(|(name, thing)| finds(pattern, name, thing));
    if let Some(pattern) = patterns.iter().find(|pattern| !is_found(pattern)) {
        return Err(nothing(&format!("nothing in the catalog matches {pattern:?}"), pattern, &names));
    }
    let is_wanted = |name: &str, thing: &CatalogThing| {
        patterns.is_empty() || patterns.iter().any(|pattern| finds(pattern, name, thing))
    };
    let wanted = things.iter().map(|(name, thing)| is_wanted(name, thing)).collect::<Vec<_>>();
    let mut report = CatalogReport { version: VERSION, entries: Vec::new(), sources: Vec::new(), problems: Vec::new() };
    // By the reason: one may spoil several entries.
    let mut problems: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((name, thing), _) in things.into_iter().zip(wanted).filter(|(_, is_wanted)| *is_wanted) {
        match thing {
            CatalogThing::Source(source) => report.sources.push(source),
            CatalogThing::Entry(entry) => match *entry {
                Ok(entry) => report.entries.push(entry),
                Err(err) => problems.entry(printable(chain(&err).as_bytes())).or_default().push(name),
            },
        }
    }
    report.problems = problems.into_iter().map(|(problem, entries)| CatalogProblem { problem, entries }).collect();
    Ok(report)
}

fn entry(found: FoundEntry) -> CatalogEntry {
    let FoundEntry { name, origin, entry, files, .. } = found;
    let options = entry.options();
    let kind = entry.kind().map(Kind::entry);
    let keys = kind.map_or(&[][..], |kind| kind.keys).iter();
    let set = keys.filter_map(|key| match options.variable(key.name).0 {
        Setting::Absent => None,
        Setting::Known(text) | Setting::NeedsShell(text) => Some((key.name.to_owned(), text.to_string())),
    });
    CatalogEntry {
        name,
        origin,
        kind: kind.map(|kind| kind.name.to_owned()),
        keys: set.collect(),
        message: options.known(Key::Message).map(|text| String::from_utf8_lossy(text).into_owned()),
        options: entry.text().to_owned(),
        files: files.into_iter().map(file).collect(),
        source: entry.source.or(kind.map(|kind| kind.from.to_owned())),
        about: entry.about,
        unverified: entry.unverified,
    }
}

fn source(kind: &KindEntry) -> CatalogSource {
    let keys = kind.keys.iter().map(|key| SourceKey {
        name: key.name.to_owned(),
        about: key.about.to_owned(),
        required: key.need == Need::Required,
        default: key.default().map(str::to_owned),
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
    show_lines("Entries", &entries.collect::<Vec<_>>(), ui);
    if !report.entries.is_empty() && !report.sources.is_empty() {
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
    if !report.sources.is_empty() {
        ui.status("Use a source with: git spread-cron add BRANCH --source KIND KEY=VALUE...");
    }
    if !report.entries.is_empty() || !report.sources.is_empty() {
        ui.status("See what is in one with: git spread-cron catalog show NAME");
    }
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
    fn a_long_source_is_cut() {
        assert_eq!(cut("the clock of the machine that polls"), "the clock of the machine that polls");
        assert_eq!(cut(&"ä".repeat(36)), "ä".repeat(36));
        assert_eq!(cut(&format!("{} x", "ä".repeat(35))), format!("{}…", "ä".repeat(35)));
    }
}
