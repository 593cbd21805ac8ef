//! The site: all pages of a repository, against git printing the subjects of the same commits.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::contest::{Sandbox, alternate, median};
use crate::repos::{self, Values};
use crate::works::tips;
use crate::{Row, Target};

/// The command that makes a site in a folder that is not there yet.
fn make(sandbox: &Sandbox, repo: &Path, folder: &Path) -> Command {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the folder is ours");
    }
    let folder = folder.to_str().expect("the path is UTF-8");
    sandbox.product(repo, &["site", folder, "--local", "--quiet", "--now", "1730000000"])
}

/// Every resource has a page that shows its newest value.
fn check(folder: &Path, values: &Values) {
    let pages = fs::read_dir(folder.join("resource")).expect("pages were written");
    let pages =
        pages.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().extension().is_some_and(|e| e == "xml")));
    assert_eq!(pages.count(), values.len(), "a feed for each resource");
    let index = fs::read_to_string(folder.join("index.html")).expect("an index was written");
    assert!(values.keys().any(|name| index.contains(name.as_str())), "the index names no resource");
}

pub(crate) fn site(sandbox: &Sandbox) -> Vec<Row> {
    let folder = sandbox.path("site");
    let mut rows = Vec::new();
    let (real, values) = repos::real(sandbox);
    let many = tips(sandbox);
    let targets = [
        (&real, &values, "site of 34 real histories".to_owned(), Target::Limit(150.0)),
        (&many.repo, &many.values, format!("site of {} branches", many.values.len()), Target::Ratio(3.0)),
    ];
    for (repo, values, work, target) in targets {
        let log = || sandbox.git(repo, &["log", "--all", "--format=%s"]);
        let [product, git] = alternate(
            sandbox.rounds(),
            [&mut || sandbox.unheard(make(sandbox, repo, &folder)), &mut || sandbox.unheard(log())],
        );
        check(&folder, values);
        rows.push(Row::of_times(&work, "git log --all --format=%s", median(&product), median(&git), target));
    }
    rows
}
