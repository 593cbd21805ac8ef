//! Dependencies run one way: from room to room, and between the commands.

use std::collections::BTreeSet;
use std::path::Path;

use super::names::{product_code, product_files};

/// The rooms of `src`, from top to bottom: each imports only what stands below it.
const ROOMS: [&str; 28] = [
    "main",
    "lib",
    "commands",
    "github",
    "context",
    "ui",
    "poll",
    "record_results",
    "site",
    "launch",
    "customize",
    "isolate",
    "pauses",
    "states",
    "resources",
    "catalog",
    "git",
    "extract",
    "sources",
    "files",
    "process",
    "cli",
    "environment",
    "error",
    "core",
    // Tests only.
    "generated",
    "tests",
    "snapshots",
];

/// What commands share. It belongs to none of them.
const SHARED: [&str; 9] = [
    "catalog_folder",
    "customization",
    "format",
    "listing",
    "notices",
    "publishing",
    "current",
    "recording",
    "sources",
];

/// The room that a file belongs to.
fn room(file: &Path) -> String {
    let path = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    path.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The first names behind `prefix` in some code: `{a, b::c}` are two.
fn names_behind(code: &str, prefix: &str) -> BTreeSet<String> {
    let name =
        |text: &str| text.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
    let names = |rest: &str| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or_default().split(',').map(name).collect(),
        None => vec![name(rest)],
    };
    code.split(prefix).skip(1).flat_map(names).filter(|name| !name.is_empty()).collect()
}

#[test]
fn no_room_imports_one_above_it() {
    let place = |room: &str| ROOMS.iter().position(|known| *known == room);
    for file in product_files() {
        let own = room(&file);
        let own_place = place(&own).unwrap_or_else(|| panic!("src/{own} has no place among the rooms"));
        for other in names_behind(&product_code(&file), "crate::") {
            // Types that `lib` gives out under the name of the crate have no room.
            let Some(other_place) = place(&other) else { continue };
            assert!(other_place >= own_place, "{} imports {other}, which stands above it", file.display());
        }
    }
}

#[test]
fn no_command_calls_the_file_of_another_one() {
    let commands = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands");
    let mut modules: BTreeSet<String> = BTreeSet::new();
    for entry in std::fs::read_dir(&commands).unwrap() {
        modules.insert(entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    }
    for file in product_files().into_iter().filter(|file| file.starts_with(&commands)) {
        let inside = file.strip_prefix(&commands).unwrap();
        let own = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        // The list of the modules calls them all.
        if own == "mod" {
            continue;
        }
        let code = product_code(&file);
        let siblings = if inside.iter().count() == 1 { "super::" } else { "super::super::" };
        let mut others = names_behind(&code, siblings);
        others.extend(names_behind(&code, "crate::commands::"));
        others.retain(|other| modules.contains(other) && *other != own && !SHARED.contains(&other.as_str()));
        assert!(others.is_empty(), "{} calls {others:?}", file.display());
    }
}
