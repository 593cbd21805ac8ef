//! Odd but valid repositories, read and fetched as git itself does it.

mod table;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Sandbox, quoted, side_by_side};

/// What other refspecs put below the remote's references is no branch: its code is not run, and it survives.
#[test]
fn pull_requests_are_no_branches() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "Edge", "echo 1").state("Edge (1)");
        history.resource("evil", "Evil", &format!("touch {}; echo 1", quoted(&ran)));
    });
    remote.git(["update-ref", "refs/pull/7/head", "evil"]);
    remote.git(["update-ref", "-d", "refs/heads/evil"]);
    clone.git(["config", "--add", "remote.origin.fetch", "+refs/pull/*/head:refs/remotes/origin/pr/*"]);
    clone.git(["fetch", "--quiet", "--prune"]);
    for args in [&["poll", "--dry-run", "--format", "json"][..], &["poll", "--format", "json"]] {
        assert_eq!(clone.run(args).stderr(predicate::always()).poll().outcomes(), [("edge", "unchanged")]);
    }
    assert!(!ran.exists() && clone.refs().contains_key("refs/remotes/origin/pr/7"));
}

/// What a mirror shows is what its last fetch brought.
#[test]
fn a_mirror_is_read_by_its_own_refspecs() {
    let sandbox = Sandbox::new();
    let (remote, _) = sandbox.project(|history| {
        history.resource("edge", "Edge", "echo 1").state("Edge (1)");
    });
    let mirror = remote.clone_with("mirror", &["--mirror"]);
    let value = || mirror.run(["status", "edge", "--format", "json"]).status().resource("edge").value.clone();
    assert_eq!(value().as_deref(), Some("1"));
    remote.build(|history| {
        history.existing("edge").state("Edge (2)");
    });
    mirror.git(["remote", "update", "--prune"]);
    assert_eq!(value().as_deref(), Some("2"));
    mirror.run(["poll", "--dry-run"]).stdout(predicate::always()).stderr(predicate::always());
}

/// git resolves them from the top of the work tree, wherever in it one stands.
#[test]
fn a_relative_url_in_a_subfolder() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "Edge", "echo 1");
    });
    clone.git(["remote", "set-url", "origin", "../remote"]);
    std::fs::create_dir_all(clone.path().join("sub/folder")).unwrap();
    let folder = clone.path().join("sub/folder");
    clone.cmd(["poll"]).folder(folder).run().stdout(contains("edge")).stderr(predicate::always());
    assert_eq!(remote.subjects("edge")[0], "Edge (1)");
}

/// A replacement, which an extractor may have planted, shows another commit than the one that is pushed.
#[test]
fn replacements_are_not_obeyed() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "Edge", "echo good").state("Edge (good)");
        history.resource("evil", "Edge", "echo EVIL").state("Edge (good)");
    });
    let before = remote.refs();
    clone.git(["replace", &clone.tip("origin/edge"), &clone.tip("origin/evil")]);
    let poll = clone.run(["poll", "edge", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("edge").change(), ("unchanged", Some("good"), Some("good")));
    assert_eq!(remote.refs(), before);
}

/// While references and objects are packed, none of them is missed and no reading fails.
#[test]
fn references_are_listed_while_they_are_packed() {
    const RESOURCES: usize = 40;
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..RESOURCES {
            history.resource(&format!("r{number}"), "R", "echo 1").state("R (1)");
        }
    });
    let moves: String =
        (0..RESOURCES).map(|n| format!("update refs/remotes/origin/r{n} refs/remotes/origin/r{n}~1\n")).collect();
    let back: String = clone
        .refs()
        .iter()
        .filter(|(name, _)| name.starts_with("refs/remotes/origin/r"))
        .map(|(name, id)| format!("update {name} {id}\n"))
        .collect();
    std::fs::write(sandbox.path("moves"), moves).unwrap();
    std::fs::write(sandbox.path("back"), back).unwrap();
    let packing = "while :; do for file in ../moves ../back; do git update-ref --stdin < $file && git pack-refs --all; done; git repack -adq; git gc --quiet --prune=now; done";
    let mut child = sandbox.command("bash", clone.path()).args(["-c", packing]).spawn().unwrap();
    side_by_side(0..4, |_| {
        for _ in 0..25 {
            assert_eq!(clone.run(["status", "--format", "json"]).status().resources.len(), RESOURCES);
        }
    });
    child.kill().unwrap();
    child.wait().unwrap();
}
