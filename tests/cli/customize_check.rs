//! `customize --check`: files of an overlay whose originals have changed.

use std::fs;

use predicates::prelude::*;

use crate::support::{Layout, Repo, Sandbox};

const EARLY: u64 = 1_500_000_000;
const WRITTEN: u64 = 1_600_000_000;
const LATE: u64 = 1_700_000_000;

/// A target with a past, and a clone with a resource whose overlay was written in the middle of it.
fn world(sandbox: &Sandbox, layout: Layout) -> (Repo<'_>, Repo<'_>) {
    let target = sandbox.init("target");
    target.build(|history| {
        let files = ["same", "changes", "goes", "trailer", "taken"];
        let mut main = history.branch("main").at(EARLY);
        for file in files {
            main = main.file(format!("tests/{file}"), format!("one\ntwo\n{file}\n"));
        }
        main.commit("Begin")
            .at(LATE)
            .file("tests/changes", "one\n2\nchanges\n")
            .file("tests/appears", "x\n")
            .file("tests/taken", "ours taken\n")
            .commit("Change things")
            .at(LATE + 1000)
            .file("unrelated", "x")
            .commit("Go on");
    });
    target.git(["reset", "--quiet", "--hard"]);
    target.git(["rm", "--quiet", "tests/goes"]);
    target.git(["commit", "--quiet", "-m", "Remove it"]);
    let directory = match layout {
        Layout::Options => "custom",
        Layout::Trigger => "branches/edge/custom",
    };
    let (_, clone) = sandbox.project(|history| {
        let mut edge =
            history.branch("edge").at(WRITTEN).options_in(layout, "message=New\npattern_extractor='echo 1'\n");
        for file in ["same", "changes", "goes", "appears", "taken", "new"] {
            edge = edge.file(format!("{directory}/tests/{file}"), format!("ours {file}\n"));
        }
        edge.file(format!("{directory}/env.sh"), "")
            .commit("Customize")
            .state("New (1)")
            .at(LATE + 5000)
            .state("New (2)");
    });
    (clone, target)
}

const CHECK: [&str; 5] = ["customize", "--check", "--resource", "edge", "../target"];

#[test]
fn stale_files_are_found_from_history() {
    for layout in [Layout::Options, Layout::Trigger] {
        let sandbox = Sandbox::new();
        let (clone, target) = world(&sandbox, layout);
        let run = clone.run(CHECK).exit(1).stderr(predicate::str::contains("3 files of 6"));
        let said = run.stdout_text();
        let line = |file: &str| {
            let name = format!(" tests/{file} ");
            said.lines().find(|line| line.contains(&name)).unwrap_or_else(|| panic!("{file}: {said}"))
        };
        assert!(line("same").contains("unchanged"), "{said}");
        assert!(
            line("changes").contains("has changed since 2023-11-14") && line("changes").contains("2 lines differ"),
            "{said}"
        );
        assert!(line("goes").contains("gone since 2024-10-10"), "{said}");
        assert!(line("appears").contains("of its own there since 2023-11-14"), "{said}");
        assert!(line("taken").contains("same file"), "{said}");
        assert!(line("new").contains("new"), "{said}");
        assert_eq!(said.lines().count(), 6, "{said}");
        assert_eq!(target.git(["status", "--porcelain"]), "", "it only looks");
    }
}

#[test]
fn a_trailer_says_what_the_original_was() {
    let sandbox = Sandbox::new();
    let (clone, target) = world(&sandbox, Layout::Options);
    let (old, new) = (target.tip("main~3:tests/changes"), target.tip("main:tests/changes"));
    assert_ne!(old, new);
    clone.git(["checkout", "--quiet", "edge"]);
    let commit = |name: &str, text: &str, trailer: &str| {
        fs::write(clone.path().join("custom/tests").join(name), text).unwrap();
        clone.git(["add", "custom"]);
        clone.git(["commit", "--quiet", "-m", "Follow", "-m", trailer]);
    };
    let checked = |expected: &str| {
        let said = clone.run(["customize", "--check", "../target"]).anything().stdout_text();
        let line = said.lines().find(|line| line.contains(" tests/changes ")).unwrap();
        assert!(line.contains(expected), "{expected}: {line}");
    };
    // The commit is younger than the change, but says that it has not followed it.
    commit("changes", "again\n", &format!("Customized-From: {old}"));
    checked("has changed since 2023-11-14");
    // A person has looked at the new original, and left the copy as it is.
    let looked = format!("Customized-From: {new} tests/changes");
    clone.git(["commit", "--quiet", "--allow-empty", "-m", "Still right", "-m", &looked]);
    checked("unchanged");
    clone.git(["reset", "--quiet", "--hard", "HEAD~"]);
    commit("changes", "again 2\n", &format!("Customized-From: {new} tests/changes"));
    checked("is unchanged");
    commit("changes", "again 3\n", &format!("Customized-From: {}", &old[..10]));
    checked("2 lines differ");
    // Without one, its time says what it was made from.
    commit("changes", "again 4\n", "No trailer here");
    checked("is unchanged");
}

#[test]
fn nothing_stale_is_a_success() {
    let sandbox = Sandbox::new();
    let (clone, target) = world(&sandbox, Layout::Options);
    target.git(["checkout", "--quiet", "--detach", "main~3"]);
    clone.run(CHECK).stdout(predicate::str::contains("unchanged")).stderr(predicate::str::contains("0 files"));
    clone.run([&CHECK[..], &["-q"]].concat());
}

#[test]
fn what_a_shallow_target_hides_is_unknown() {
    let sandbox = Sandbox::new();
    let (clone, target) = world(&sandbox, Layout::Options);
    target.clone_with("shallow", &["--depth=1"]);
    let said = clone
        .run(["customize", "--check", "--resource", "edge", "../shallow"])
        .exit(1)
        .stderr(predicate::str::contains("shallow"));
    let said = said.stdout_text();
    assert!(said.matches("unknown").count() >= 4 && !said.contains('!'), "{said}");
}

#[test]
fn a_target_without_history_cannot_be_checked() {
    let sandbox = Sandbox::new();
    let (clone, _) = world(&sandbox, Layout::Options);
    fs::create_dir(sandbox.path("plain")).unwrap();
    sandbox.init("empty");
    for target in ["../plain", "../empty", "../nowhere"] {
        clone
            .run(["customize", "--check", "--resource", "edge", target])
            .exit(3)
            .stderr(predicate::str::contains(target));
    }
}
