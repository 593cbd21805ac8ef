//! The tables of sources and of the catalog, for README.md and the chapters in docs/.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{Catalog, FoundEntry};
use crate::core::declared::kinds::KINDS;
use crate::core::declared::{Kind, Need};
use crate::core::options::{Options, Setting};
use crate::core::recipe::{Head, in_short};

/// Where the head of something says what could not be verified.
const UNVERIFIED: &str = " (*not verified*)";

/// All entries that are built in, those of a recipe together.
pub(super) fn entries() -> String {
    let catalog = Catalog::new(None);
    let mut groups: BTreeMap<String, Vec<FoundEntry>> = BTreeMap::new();
    for name in catalog.entries().unwrap() {
        let found = catalog.entry(&name).unwrap();
        let declared = found.recipe.declaration().map(|declaration| declaration.kind.name().to_owned());
        groups.entry(declared.or(found.entry.recipe.clone()).unwrap_or_default()).or_default().push(found);
    }
    let mut groups = groups.into_iter().collect::<Vec<_>>();
    groups.sort_by_key(|(recipe, found)| (recipe.is_empty(), usize::MAX - found.len()));
    let mut text = String::new();
    for (recipe, found) in &groups {
        let _ = match recipe.as_str() {
            "" => writeln!(text, "**Complete in themselves**\n"),
            group => match Kind::of(group) {
                Some(kind) => writeln!(text, "**{}** (`source=\"{group}\"`)\n", kind.entry().about),
                None => {
                    writeln!(text, "**{}** (`{group}`{})\n", found[0].recipe.head.about, from(&found[0].recipe.head))
                }
            },
        };
        text.push_str("| resource | value | source | add it |\n|---|---|---|---|\n");
        for found in found {
            let about = cell(&found.entry.head.about) + mark(&found.entry.head);
            let (name, with) = (&found.name, parameters_of(found));
            let _ = writeln!(text, "| `{name}` | {about} | {with} | `git spread-cron add --from {name}` |");
        }
        text.push('\n');
    }
    if text.contains(UNVERIFIED) {
        text.push_str(concat!(
            "*Not verified*: some part of it could not be tried, the service or what the suite makes of it; ",
            "`git spread-cron catalog show NAME` says which.\n\n"
        ));
    }
    format!("{}\n", text.trim_end())
}

/// All recipes that are built in.
pub(super) fn recipes() -> String {
    let catalog = Catalog::new(None);
    let mut text = "| recipe | value | parameters, in brackets those with a default |\n|---|---|---|\n".to_owned();
    for name in catalog.recipes().unwrap() {
        let (recipe, _) = catalog.recipe(&name).unwrap();
        let parameters = recipe.head.parameters.iter().map(|one| match recipe.default_of(&one.name) {
            Some(default) => format!("[`{}={}`]: {}", one.name, cell(&default), cell(&one.about)),
            None => format!("`{}`: {}", one.name, cell(&one.about)),
        });
        let parameters = parameters.collect::<Vec<_>>().join("<br>");
        let about = cell(&recipe.head.about) + &from(&recipe.head) + mark(&recipe.head);
        let _ = writeln!(text, "| `{name}` | {about} | {parameters} |");
    }
    text
}

/// All kinds of sources, in short.
pub(super) fn source_kinds() -> String {
    let rows = KINDS.iter().map(|kind| format!("| `{}` | {} |\n", kind.name, cell(kind.about)));
    rows.fold("| source | watches |\n|---|---|\n".to_owned(), |text, row| text + &row)
}

/// All kinds of sources, with their keys.
pub(super) fn sources() -> String {
    let mut text = "| source | watches | keys, in brackets those with a default, and those that need not be set | value |\n|---|---|---|---|\n".to_owned();
    for kind in KINDS {
        let keys = kind.keys.iter().map(|key| match key.need {
            Need::Required => format!("`{}`: {}", key.name, cell(key.about)),
            Need::Default(default) => format!("[`{}={default}`]: {}", key.name, cell(key.about)),
            Need::Optional => format!("[`{}`]: {}", key.name, cell(key.about)),
        });
        let keys = keys.collect::<Vec<_>>().join("<br>");
        let _ = writeln!(text, "| `{}` | {} | {keys} | {} |", kind.name, cell(kind.about), cell(kind.value));
    }
    text
}

/// Where the value comes from.
fn from(head: &Head) -> String {
    head.source.as_deref().map(|source| format!(", from {}", cell(in_short(source)))).unwrap_or_default()
}

fn mark(head: &Head) -> &'static str {
    if head.unverified.is_some() { UNVERIFIED } else { "" }
}

/// The recipe of an entry and what it gives for the parameters.
fn parameters_of(found: &FoundEntry) -> String {
    if let Some(declaration) = found.recipe.declaration() {
        let entry = declaration.kind.entry();
        let options = found.options().unwrap();
        let options = Options::parse(options.as_bytes());
        let set = entry.keys.iter().filter_map(|key| match options.variable(key.name).0 {
            Setting::Known(text) => Some(format!(" {}={}", key.name, shell_words::quote(&text.to_string()))),
            Setting::Absent | Setting::NeedsShell(_) => None,
        });
        return format!("`{}`", cell(&set.fold(entry.name.to_owned(), |text, key| text + &key)));
    }
    let Some(recipe) = &found.entry.recipe else { return "none".to_owned() };
    let parameters = found.recipe.head.parameters.iter().filter_map(|one| match found.entry.given(&one.name)? {
        Setting::Absent => None,
        Setting::Known(text) => Some(format!(" {}={}", one.name, shell_words::quote(&text.to_string()))),
        Setting::NeedsShell(source) => Some(format!(" {}={source}", one.name)),
    });
    format!("`{}`", cell(&parameters.fold(recipe.clone(), |text, parameter| text + &parameter)))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn every_variable_that_names_a_host_is_told() {
    let (catalog, mut known) = (Catalog::new(None), 0);
    let page = include_str!("../../docs/catalog.md");
    let manual = include_str!("../../docs/manual/git-spread-cron-catalog.roff");
    let passed_on = page.split_once("for name in SNAP_").and_then(|(_, rest)| rest.split_once("; do")).unwrap().0;
    let entries = catalog.entries().unwrap().into_iter().map(|name| catalog.entry(&name).unwrap().options().unwrap());
    let recipes = catalog.recipes().unwrap().into_iter().map(|name| catalog.recipe(&name).unwrap().0.text().to_owned());
    for options in entries.chain(recipes) {
        for (before, _) in options.match_indices(":-http").map(|(at, _)| options.split_at(at)) {
            let name = before.rsplit_once("${").unwrap().1;
            assert!(format!("SNAP_{passed_on} ").contains(&format!("{name} ")), "{name}");
            assert!(page.contains(&format!("`{name}`")) && manual.contains(name), "{name}");
            known += 1;
        }
    }
    assert!(known > 0);
}

#[test]
fn every_entry_has_a_row_with_its_command() {
    let (text, catalog) = (entries(), Catalog::new(None));
    for name in catalog.entries().unwrap() {
        assert!(text.contains(&format!("| `git spread-cron add --from {name}` |")), "{name}");
    }
    let text = recipes();
    for name in catalog.recipes().unwrap() {
        assert!(text.contains(&format!("| `{name}` |")), "{name}");
    }
}
