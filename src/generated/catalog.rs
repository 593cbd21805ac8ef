//! The README's tables of what can be watched out of the box.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::catalog::{Catalog, FoundEntry};
use crate::core::declared::kinds::KINDS;
use crate::core::declared::{Kind, Need};
use crate::core::options::{Options, Setting};

/// Where an entry says what could not be verified.
const UNVERIFIED: &str = " (*not verified*)";

/// All entries that are built in, those of a kind together.
pub(super) fn entries() -> String {
    let catalog = Catalog::new(None);
    let mut groups: BTreeMap<&str, (Kind, Vec<FoundEntry>)> = BTreeMap::new();
    for name in catalog.entries().unwrap() {
        let found = catalog.entry(&name).unwrap();
        let kind = found.entry.kind().expect("what is built in declares its source");
        groups.entry(kind.name()).or_insert_with(|| (kind, Vec::new())).1.push(found);
    }
    let mut groups = groups.into_values().collect::<Vec<_>>();
    groups.sort_by_key(|(_, found)| usize::MAX - found.len());
    let mut text = String::new();
    for (kind, found) in &groups {
        let _ = writeln!(text, "**{}** (`source=\"{}\"`)\n", kind.entry().about, kind.name());
        text.push_str("| resource | value | source | add it |\n|---|---|---|---|\n");
        for found in found {
            let mark = if found.entry.unverified.is_some() { UNVERIFIED } else { "" };
            let (name, about) = (&found.name, cell(&found.entry.about) + mark);
            let source = source_of(*kind, found.entry.options());
            let _ = writeln!(text, "| `{name}` | {about} | {source} | `git spread-cron add --from {name}` |");
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

/// All kinds of sources.
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

/// All kinds of sources, in short.
pub(super) fn source_kinds() -> String {
    let rows = KINDS.iter().map(|kind| format!("| `{}` | {} |\n", kind.name, cell(kind.about)));
    rows.fold("| source | watches |\n|---|---|\n".to_owned(), |text, row| text + &row)
}

/// The kind of an entry, and what it sets.
fn source_of(kind: Kind, options: &Options) -> String {
    let set = kind.entry().keys.iter().filter_map(|key| match options.variable(key.name).0 {
        Setting::Known(text) => Some(format!(" {}={}", key.name, shell_words::quote(&text.to_string()))),
        Setting::Absent | Setting::NeedsShell(_) => None,
    });
    format!("`{}`", cell(&set.fold(kind.name().to_owned(), |text, key| text + &key)))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn every_entry_has_a_row_with_its_command() {
    let (text, catalog) = (entries(), Catalog::new(None));
    for name in catalog.entries().unwrap() {
        assert!(text.contains(&format!("| `git spread-cron add --from {name}` |")), "{name}");
    }
}
