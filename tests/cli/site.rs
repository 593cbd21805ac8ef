//! `site`: pages, feeds and badges that are made from git alone.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::str::contains;

use crate::support::{Sandbox, Snapshot};

const NOW: &str = "2024-10-10T12:00:00Z";

/// All files below a folder, by path, with content and modification time.
fn files(folder: &Path) -> Vec<(PathBuf, String, std::time::SystemTime)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let modified = fs::metadata(&path).unwrap().modified().unwrap();
                found.push((path.clone(), fs::read_to_string(&path).unwrap(), modified));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn it_shows_values_and_results_without_touching_the_repository() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history
            .resource("snapd-edge", "New snap", "echo 6")
            .at(1_700_000_000)
            .state("New snap (5)")
            .commit("passed: New snap (5) [skip ci]\n\nSpread-Cron-Passed: 4\nSpread-Cron-Failed: 0")
            .at(1_700_100_000)
            .state("New snap (6)")
            .commit("failed: New snap (6) [skip ci]\n\nSpread-Cron-Passed: 3\nSpread-Cron-Failed: 1\nSpread-Cron-Failed-Task: a:b:tests/x");
        let paused = "paused: A new day [skip ci]\n\nSpread-Cron-Paused-Because: a holiday";
        history.resource("daily", "A new day", "date").state("A new day (20241010)").commit(paused);
    });
    let before = Snapshot::of(&clone, None);
    let site = sandbox.path("site");
    clone.run(["site", "../site", "--now", NOW]).stdout(contains("index.html")).stderr(contains("files written"));
    before.assert_unchanged(&clone, None);
    let index = fs::read_to_string(site.join("index.html")).unwrap();
    let attention = index.find("Needs attention").unwrap();
    assert!(index[attention..].find("snapd-edge").unwrap() < index[attention..].find("daily").unwrap(), "{index}");
    assert!(index.contains("paused: a holiday"), "{index}");
    assert!(index.contains("failed (1 of 4)") && index.contains("since 2023-11-16 02:00"), "{index}");
    let page = fs::read_to_string(site.join("resource/snapd-edge.html")).unwrap();
    for expected in ["What changed between the last green and the first red", "tests/x", "0 of 1 other resources moved"]
    {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(fs::read_to_string(site.join("tasks.html")).unwrap().contains("a:b:tests/x"));
    assert!(fs::read_to_string(site.join("feed.xml")).unwrap().contains("snapd-edge: 6 failed (1 of 4)"));
    assert!(fs::read_to_string(site.join("badge.json")).unwrap().contains("1 needs attention"));
    let status: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(site.join("status.json")).unwrap()).unwrap();
    assert_eq!(status, clone.run(["status", "--format", "json"]).json());
}

#[test]
fn a_second_run_writes_nothing_and_a_later_one_what_changed() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
        history.resource("gone", "Gone", "echo 6").state("Gone (5)");
    });
    let site = sandbox.path("site");
    clone.run(["site", "../site", "--now", NOW]).anything();
    let first = files(&site);
    clone.run(["site", "../site", "--now", NOW]).stdout(contains("index.html")).stderr(contains("0 files written"));
    assert_eq!(files(&site), first);
    remote.git(["branch", "-D", "gone"]);
    clone.git(["fetch", "--prune", "--quiet"]);
    clone.run(["site", "../site", "--now", NOW]).stdout(contains("index.html")).stderr(contains("removed"));
    let page = site.join("resource/edge.html");
    let of =
        |files: &[(PathBuf, String, std::time::SystemTime)]| files.iter().find(|(path, ..)| *path == page).cloned();
    assert_eq!(of(&files(&site)), of(&first), "its branch did not change");
    assert!(!site.join("resource/gone.html").exists());
}

#[test]
fn hostile_text_stays_text() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history
            .branch("edge")
            .options("message='<script>alert(1)</script>'\npattern_extractor='</pre><script>alert(2)</script>'\nlink='javascript:alert({value})'\n")
            .state("<script>alert(1)</script> (\"><svg onload=alert(3)>\u{1b}[31m)");
    });
    for form in [&["site", "../pages", "--now", NOW][..], &["site", "../single", "--single-file", "--now", NOW]] {
        clone.run(form).anything();
    }
    for (path, text, _) in files(&sandbox.path("pages")).into_iter().chain(files(&sandbox.path("single"))) {
        let lower = text.to_lowercase();
        for raw in ["<script>alert", "<svg onload", "\"javascript:", "\u{1b}"] {
            assert!(!lower.contains(raw), "{raw:?} in {}: {text}", path.display());
        }
    }
}

#[test]
fn a_single_file_holds_everything_and_allows_only_itself() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    clone.run(["site", "../site", "--single-file", "--title", "ours", "--now", NOW]).anything();
    let all = files(&sandbox.path("site"));
    assert_eq!(all.len(), 2, "the page and the list");
    let page = &all.iter().find(|(path, ..)| path.ends_with("index.html")).unwrap().1;
    assert!(
        page.contains("style-src &#39;sha256-") && page.contains("id=\"edge\"") && page.contains("<title>ours</title>"),
        "{page}"
    );
    assert!(!page.contains("site.css") && !page.contains("feed.xml"), "{page}");
}

#[test]
fn a_readme_keeps_a_table() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    let readme = sandbox.path("README.md");
    let site = ["site", "../site", "--markdown", "../README.md", "--now", NOW];
    fs::write(&readme, "# Ours\n").unwrap();
    clone.run(site).exit(3).stderr(contains("has no line <!-- spread-cron: begin -->")).anything();
    fs::write(&readme, "# Ours\n<!-- spread-cron: begin --><!-- spread-cron: end -->\nmore\n").unwrap();
    clone.run(site).anything();
    let text = fs::read_to_string(&readme).unwrap();
    assert!(text.starts_with("# Ours\n") && text.ends_with("\nmore\n") && text.contains("| `edge` | `5` |"), "{text}");
}

#[test]
fn what_is_there_already_is_not_replaced() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    fs::create_dir(sandbox.path("mine")).unwrap();
    fs::write(sandbox.path("mine/index.html"), "mine").unwrap();
    clone.run(["site", "../mine"]).exit(3).stderr(contains("is not part of a site of git spread-cron"));
    assert_eq!(files(&sandbox.path("mine")).len(), 1);
    clone.run(["site"]).exit(2).stderr(contains("<DIR>"));
}

#[test]
fn nothing_to_show_is_said() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|_| {});
    clone.run(["site", "../site", "--now", NOW]).stdout(contains("index.html")).stderr(contains("No resources"));
    assert!(fs::read_to_string(sandbox.path("site/index.html")).unwrap().contains("No resources were found"));
}

/// Names, values, options and what results say come from others.
#[test]
fn what_cannot_be_seen_is_made_visible() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let unseen = "\u{202e}\u{200b}\u{1b}[2J\u{9b}2J\u{7}";
        history
            .branch("z\u{200b}ero")
            .options(format!("message='New'\npattern_extractor='echo 1' # {unseen}\n"))
            .state(&format!("New (1{unseen})"))
            .commit(&format!(
                "failed: New (1{unseen}) [skip ci]\n\nSpread-Cron-Reason: {unseen}\nSpread-Cron-Failed-Task: {unseen}\nSpread-Cron-Value-After: {unseen}"
            ));
        history.resource("bad", "a\u{202e}b", "echo 1");
    });
    let site = sandbox.path("site");
    clone.run(["site", "../site", "--now", NOW]).stdout(contains("index.html")).stderr(contains("files written"));
    let is_raw = |c: char| matches!(c, '\u{202e}' | '\u{200b}' | '\u{1b}' | '\u{9b}' | '\u{7}');
    for (path, content, _) in files(&site) {
        assert!(!content.contains(is_raw), "{}: {content:?}", path.display());
    }
    let index = fs::read_to_string(site.join("index.html")).unwrap();
    assert!(index.contains("z&#60;U+200B&#62;ero") || index.contains("z&lt;U+200B&gt;ero"), "{index}");
}
