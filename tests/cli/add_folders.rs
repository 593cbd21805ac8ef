//! `add` where the files of resources lie in folders of the default branch.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Sandbox};

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    let remote = sandbox.bare("remote");
    remote.build(|history| {
        history
            .branch("main")
            .file("branches/edge/trigger", "message=Edge\npattern_extractor='echo 1'\n")
            .file("branches/off/trigger", "message=Off\npattern_extractor='echo 2'\n")
            .commit("Begin");
        history.branch("edge").file("x", "").commit("Begin");
    });
    let clone = remote.clone_to("clone");
    (remote, clone)
}

#[test]
fn a_folder_is_switched_on() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = clone.git(["status", "--porcelain"]);
    clone.run(["add", "off", "--dry-run"]).stdout(contains("main:branches/off/trigger"));
    assert!(!remote.refs().contains_key("refs/heads/off"));
    clone.run(["add", "off"]).stderr(contains("Switched off on on origin").and(contains("git spread-cron poll off")));
    assert_eq!(remote.tip("off"), remote.tip("main"));
    assert_eq!(clone.git(["status", "--porcelain"]), before);
    let poll = clone.run(["poll", "off", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("off").change(), ("first", None, Some("2")));
    clone.run(["add", "off"]).exit(3).stderr(contains("the branch off exists already on origin"));
    clone.run(["add", "none"]).exit(2).stderr(contains("main has no branches/none/trigger"));
}

#[test]
fn a_new_folder_is_written_into_the_work_tree() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs());
    let args = ["add", "a/new", "--message", "New", "--extractor", "echo 3"];
    clone
        .run(args)
        .stderr(contains("git add branches/a/new && git commit -m 'Watch a/new' && git push"))
        .stderr(contains("git spread-cron add a/new"));
    let trigger = clone.path().join("branches/a/new/trigger");
    assert!(fs::read_to_string(&trigger).unwrap().contains("message=\"New\""));
    assert_eq!((remote.refs(), clone.refs()), before);
    assert_eq!(clone.git(["status", "--porcelain"]), "?? branches/a/");
    fs::write(&trigger, "mine").unwrap();
    clone.run(args).exit(3).stderr(contains("is there already, and is not overwritten"));
    assert_eq!(fs::read_to_string(&trigger).unwrap(), "mine");
    clone.run(["init"]).stderr(contains("The layout is that of folders"));
}

/// An entry of the catalog becomes a folder in the work tree, with all its files, and a poll finds it once it is committed.
#[test]
fn an_entry_of_the_catalog_is_written_into_the_work_tree() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs(), clone.git(["diff", "--cached"]));
    let args = ["add", "suite", "--from", "snapd-reexec-2.21-vs-edge"];
    clone.run(args).stderr(contains("git add branches/suite").and(contains("git spread-cron add suite")));
    for file in ["trigger", "actions.sh", "custom/env.sh"] {
        assert!(clone.path().join("branches/suite").join(file).is_file(), "{file}");
    }
    assert!(!clone.path().join("branches/suite/options").exists());
    assert_eq!((remote.refs(), clone.refs(), clone.git(["diff", "--cached"])), before);
    clone.run(args).exit(3).stderr(contains("is there already, and is not overwritten"));
    clone.git(["add", "branches/suite"]);
    clone.git(["commit", "--quiet", "--message", "Watch suite"]);
    clone.git(["push", "--quiet"]);
    clone.run(["add", "suite"]).stderr(contains("Switched suite on"));
    let status = clone.run(["status", "suite", "--format", "json"]).status();
    assert_eq!(status.resource("suite").options, "main:branches/suite/trigger");
}
