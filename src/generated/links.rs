//! The links between the pages of the project: each leads to a file, and to a heading of it, that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folders whose pages are checked, and what of their names is a page.
const FOLDERS: [&str; 5] = ["", "action", "docs", "docs/ci", "packaging/systemd"];

fn pages(root: &Path) -> Vec<PathBuf> {
    let entries = FOLDERS.iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut pages: Vec<_> = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    pages.sort();
    pages
}

/// The lines of a page that are prose: not in a block of code.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        is_code ^= fence;
        !is_code && !fence
    })
}

/// The anchors that GitHub gives to the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = prose(text).filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// The targets of the links in a page.
fn targets(text: &str) -> Vec<&str> {
    let links = prose(text).flat_map(|line| line.split("](").skip(1));
    links.filter_map(|rest| rest.split(')').next()).collect()
}

/// What is wrong with the links of a page, if something is.
fn broken(page: &Path, text: &str) -> Vec<String> {
    let is_elsewhere = |target: &str| target.contains("://") || target.starts_with("mailto:");
    let is_broken = |target: &&str| {
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = match file {
            "" => page.to_owned(),
            _ => page.parent().expect("a page is in a folder").join(file),
        };
        let has_anchor = || std::fs::read_to_string(&path).is_ok_and(|text| anchors(&text).contains(anchor));
        !path.exists() || (!anchor.is_empty() && !has_anchor())
    };
    let targets = targets(text).into_iter().filter(|target| !is_elsewhere(target));
    targets.filter(is_broken).map(|target| format!("{}: {target}", page.display())).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = pages(root);
    assert!(pages.len() > 15, "{pages:?}");
    let broken: Vec<_> = pages.iter().flat_map(|page| broken(page, &std::fs::read_to_string(page).unwrap())).collect();
    assert_eq!(broken, Vec::<String>::new());
}

#[test]
fn broken_links_are_found() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = "# A `b` c\n[1](#a-b-c) [2](docs/ci) [3](https://x.example/#y)\n```\n[4](nowhere)\n```\n[5](nowhere) [6](SECURITY.md#nothing)";
    let ends: Vec<_> = broken(&page, text).iter().map(|line| line.rsplit(": ").next().unwrap().to_owned()).collect();
    assert_eq!(ends, ["#a-b-c", "nowhere", "SECURITY.md#nothing"], "the heading is that of another page");
}

/// `mdbook` leaves out what the summary does not name.
#[test]
fn every_chapter_is_in_the_book() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let summary = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let chapters: BTreeSet<&str> = targets(&summary).into_iter().collect();
    let found = ["", "ci"].map(|folder| std::fs::read_dir(docs.join(folder)).unwrap());
    let paths = found.into_iter().flatten().map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let pages: BTreeSet<String> =
        pages.map(|path| path.strip_prefix(&docs).unwrap().to_str().unwrap().to_owned()).collect();
    let pages = pages.iter().map(String::as_str).filter(|page| *page != "SUMMARY.md").collect();
    assert_eq!(chapters, pages);
}

/// The first page that a person reads fits on a few screens.
#[test]
fn the_readme_is_short() {
    let size = std::fs::metadata(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap().len();
    assert!(size <= 10_000, "{size} bytes");
}
