//! One name has one meaning: no type of the product has the name of another one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of the product, without those that exist only for tests.
pub(super) fn product_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let is_test = name == "tests" || name == "generated" || name == "differential";
            match (is_test, path.is_dir()) {
                (true, _) => {}
                (false, true) => folders.push(path),
                (false, false) if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
                (false, false) => {}
            }
        }
    }
    files.sort();
    files
}

/// The code of a file without its tests, which stand last.
pub(super) fn product_code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
}

/// The type that a line defines.
fn defined(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let words = match line.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
        Some(rest) => rest.trim_start(),
        None => line,
    };
    let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|keyword| words.strip_prefix(keyword))?;
    name.split(|c: char| !c.is_alphanumeric()).next().filter(|name| name.starts_with(char::is_uppercase))
}

#[test]
fn no_two_types_share_a_name() {
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in product_files() {
        // The type of another operating system stands in a file beside it, or in the same one.
        let place = match file.file_name().is_some_and(|name| name == "other.rs") {
            true => file.with_file_name("linux.rs"),
            false => file.clone(),
        };
        let code = product_code(&file);
        // An associated type is indented and gets its name from the trait.
        for name in code.lines().filter(|line| !line.starts_with("    type ")).filter_map(defined) {
            let places = places.entry(name.to_owned()).or_default();
            if !places.contains(&place) {
                places.push(place.clone());
            }
        }
    }
    assert!(places.len() > 200, "the types are not found");
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "these names have more than one meaning: {places:#?}");
}
