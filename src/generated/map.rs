//! The map of the code in `docs/ARCHITECTURE.md`: it names every room, and nothing that is not there.

use std::path::Path;

/// The names in backquotes that look like paths.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let is_path =
        |word: &&str| word.contains('/') && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    text.split('`').skip(1).step_by(2).filter(is_path)
}

#[test]
fn every_path_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, text) in [
        ("docs/ARCHITECTURE.md", include_str!("../../docs/ARCHITECTURE.md")),
        ("CONTRIBUTING.md", include_str!("../../CONTRIBUTING.md")),
    ] {
        // A module may be named without `src/`; the files of a resource lie on its branch.
        for path in paths(text).filter(|path| !path.contains("NAME") && !path.starts_with("custom/")) {
            let places = [path.to_owned(), format!("src/{path}"), format!("src/{path}.rs")];
            assert!(places.iter().any(|place| root.join(place).exists()), "{file} names {path}, which is not there");
        }
    }
}

#[test]
fn every_room_has_its_row() {
    let named: Vec<&str> = paths(include_str!("../../docs/ARCHITECTURE.md")).collect();
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_named = named.iter().any(|path| path.trim_end_matches('/') == format!("src/{name}"));
        assert!(is_named, "src/{name} has no row in docs/ARCHITECTURE.md");
    }
}
