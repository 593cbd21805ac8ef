//! The files that are generated from the code: completions, manual pages, JSON schemas, the command reference, and the tables of
//! sources and of the catalog.
//!
//! Each test renders some of them and compares them with what is committed. `UPDATE_GENERATED=1 cargo test generated`
//! writes them. Only here for tests; the product never writes these files.

mod catalog;
mod layers;
mod links;
mod manual;
mod map;
mod names;
mod readme;
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cli::CompletionShell;
use crate::commands::completions;

/// The variable that makes the tests write the files instead of comparing them.
const UPDATE: &str = "UPDATE_GENERATED";

/// Compares the files with what is committed, or writes them.
fn check(files: &BTreeMap<PathBuf, Vec<u8>>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let update = std::env::var_os(UPDATE).is_some_and(|value| value == "1");
    for (path, wanted) in files {
        let absolute = root.join(path);
        if update {
            std::fs::create_dir_all(absolute.parent().expect("it is in a folder")).unwrap();
            std::fs::write(&absolute, wanted).unwrap();
        } else {
            let committed = std::fs::read(&absolute).unwrap_or_default();
            assert!(
                committed == *wanted,
                "{} is not what the code generates ({}); run: {UPDATE}=1 cargo test generated",
                path.display(),
                first_difference(&String::from_utf8_lossy(&committed), &String::from_utf8_lossy(wanted)),
            );
        }
    }
}

/// Like [`check`], and there is nothing else in the folder.
fn check_folder(folder: &str, files: BTreeMap<String, Vec<u8>>) {
    let absolute = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let names = files.keys().cloned().collect::<Vec<_>>();
    check(&files.into_iter().map(|(name, content)| (Path::new(folder).join(name), content)).collect());
    let mut found = std::fs::read_dir(absolute)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect::<Vec<_>>();
    found.sort();
    assert_eq!(found, names, "the files in {folder}");
}

fn first_difference(committed: &str, wanted: &str) -> String {
    let mut pairs = committed.lines().zip(wanted.lines()).enumerate();
    match pairs.find(|(_, (committed, wanted))| committed != wanted) {
        Some((index, (committed, wanted))) => format!("line {}: {committed:?}, not {wanted:?}", index + 1),
        None => format!("{} lines, not {}", committed.lines().count(), wanted.lines().count()),
    }
}

#[test]
fn generated_completions() {
    let scripts = [
        ("_git-spread-cron", CompletionShell::Zsh),
        ("git-spread-cron.bash", CompletionShell::Bash),
        ("git-spread-cron.fish", CompletionShell::Fish),
    ];
    let files = scripts.map(|(name, shell)| (name.to_owned(), completions::script(shell)));
    check_folder("completions", BTreeMap::from(files));
}
