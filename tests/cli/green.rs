//! `green`: the newest value that passed, and resources that follow others with it.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Sandbox};

fn result(clone: &Repo<'_>, name: &str, status: &str, commit: &str) {
    clone.run(["result", name, "--status", status, "--commit", commit]).stdout(contains("recorded by"));
}

#[test]
fn the_newest_value_that_passed() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 4").state("New (1)").state("New (2)").state("New (3)").state("New (4)");
    });
    let state = |back: usize| remote.tip(&format!("edge~{back}"));
    let commits = [state(3), state(2), state(1)];
    clone.run(["green", "edge"]);
    result(&clone, "edge", "passed", &commits[0]);
    clone.run(["green", "edge"]).stdout(predicate::eq("1\n"));
    result(&clone, "edge", "failed", &commits[2]);
    result(&clone, "edge", "passed", &commits[1]);
    clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
    result(&clone, "edge", "failed", &commits[1]);
    clone.run(["green", "edge"]).stdout(predicate::eq("1\n"));
}

#[test]
fn what_is_hidden_or_unknown_is_an_error_and_no_guess() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 2").state("New (1)").state("New (2)");
    });
    result(&clone, "edge", "passed", &remote.tip("edge~1"));
    let shallow = remote.clone_with("shallow", &["--depth=2", "--no-single-branch"]);
    shallow.run(["green", "edge"]).exit(3).stderr(contains("shallow"));
    clone.run(["green", "egde"]).exit(2).stderr(contains("did you mean \"edge\""));
    clone.run(["green", "e*"]).exit(2).stderr(contains("not the name of one resource"));
}

#[test]
fn a_chain_settles_in_one_poll() {
    let sandbox = Sandbox::new();
    let world = sandbox.world();
    world.set("a", "1");
    let extractor = world.extractor("a");
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "A", &extractor);
        history.resource("b", "B", "git spread-cron green a");
        history.resource("c", "C", "git-spread-cron green b");
    });
    clone.run(["poll"]).report(contains("1 first, 2 without a value"));
    result(&clone, "a", "passed", "origin/a");
    clone.run(["poll"]).report(contains("→ 1"));
    assert_eq!(remote.subjects("b")[0], "B (1)");
    result(&clone, "b", "passed", "origin/b");
    world.set("a", "2");
    clone.run(["poll"]).report(contains("1 first, 1 changed, 1 unchanged"));
    assert_eq!(remote.subjects("c")[0], "C (1)");
    // Everything that is known passed: one poll brings all of them up to date, and the next finds nothing.
    result(&clone, "a", "passed", "origin/a");
    clone.run(["poll", "--format", "json"]).poll();
    result(&clone, "b", "passed", "origin/b");
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.outcomes(), [("a", "unchanged"), ("b", "unchanged"), ("c", "changed")]);
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.outcomes(), [("a", "unchanged"), ("b", "unchanged"), ("c", "unchanged")]);
    assert_eq!(remote.subjects("c")[0], "C (2)");
}

#[test]
fn an_extractor_asks_about_what_is_polled() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "A", "echo 1").state("A (1)");
        history.resource("b", "B", "git spread-cron green a");
    });
    result(&clone, "a", "passed", "origin/a");
    // Another remote of another name, local branches, other paths, a bare clone: the extractor follows the poll.
    clone.git(["remote", "rename", "origin", "upstream"]);
    clone.git(["remote", "add", "origin", "/nowhere"]);
    clone.run(["poll", "--remote", "upstream", "--dry-run", "b"]).report(contains("→ 1"));
    clone.git(["branch", "a", "upstream/a"]);
    clone.git(["branch", "b", "upstream/b"]);
    clone.run(["poll", "--local", "--dry-run", "b"]).report(contains("→ 1"));
    let run = clone.cmd(["poll", "--local", "--dry-run", "b"]).folder(clone.path().join(".git"));
    run.run().report(contains("→ 1"));
    let elsewhere = sandbox.init("elsewhere");
    elsewhere.build(|history| {
        history
            .branch("a")
            .file("watch/a", "message=A\npattern_extractor='echo 1'\n")
            .commit("x")
            .state("A (1)")
            .commit("passed: A (1) [skip ci]");
        history.branch("b").file("watch/b", "message=B\npattern_extractor='git spread-cron green a'\n").commit("x");
    });
    let args = ["poll", "--dry-run", "--options-path", "watch/{branch}", "b"];
    elsewhere.run(args).report(contains("→ 1"));
    let failed = elsewhere.run(["poll", "--dry-run", "--options-path", "watch/{branch}"]).report(contains("→ 1"));
    drop(failed);
}

#[test]
fn circles_are_noticed() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "A", "git spread-cron green c");
        history.resource("b", "B", "git spread-cron green a");
        history.resource("c", "C", "git spread-cron green b");
        history.resource("d", "D", "git spread-cron green a");
        history.resource("typo", "T", "git spread-cron green aa");
    });
    let poll = clone.run(["poll", "a", "b", "c", "d"]).stderr(contains("in a cycle: a → c → b → a"));
    drop(poll.stdout(contains("without a value")));
    let lint = clone.run(["lint", "--format", "json"]).exit(1).lint();
    for name in ["a", "b", "c"] {
        assert_eq!(lint.about(name).iter().map(|finding| &*finding.code).collect::<Vec<_>>(), ["follow-circle"]);
    }
    assert!(lint.about("d").is_empty());
    assert_eq!(lint.about("typo")[0].code, "follow-unknown");
    let lint = clone.run(["lint", "d", "--format", "json"]).lint();
    assert!(lint.findings.is_empty(), "what is not checked is known all the same: {lint:#?}");
}

#[test]
fn it_does_not_fetch() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    result(&clone, "edge", "passed", "origin/edge");
    std::fs::rename(remote.path(), sandbox.path("away")).unwrap();
    clone.run(["green", "edge"]).stdout(predicate::eq("1\n"));
    let nowhere = sandbox.path("nowhere");
    std::fs::create_dir(&nowhere).unwrap();
    let git_dir = clone.path().join(".git");
    sandbox.cmd(&nowhere, ["green", "edge"]).env("SPREAD_CRON_GIT_DIR", git_dir).run().stdout(predicate::eq("1\n"));
    sandbox.cmd(&nowhere, ["green", "edge"]).run().exit(3).stderr(predicate::always());
}

/// Only root can give a repository away; for others there is nothing to see here.
#[test]
fn what_the_poll_may_open_its_extractors_may_open_too() {
    let sandbox = Sandbox::new();
    let own = sandbox.init("own");
    own.build(|history| {
        history.resource("a", "A", "echo 1").state("A (1)");
        history.resource("b", "B", "git spread-cron green a");
    });
    own.run(["result", "a", "--status", "passed"]).stdout(contains("recorded by"));
    let given = sandbox.command("chown", sandbox.path("")).args(["-R", "65534", "own"]).output().unwrap();
    if !given.status.success() {
        return;
    }
    own.run(["status"]).exit(3).stderr(contains("safe.directory"));
    sandbox.config("safe.directory", own.path().to_str().unwrap());
    own.run(["poll", "b"]).report(contains("→ 1"));
    // With a remote and settings of its own, too.
    own.git(["remote", "add", "upstream", "/nowhere"]);
    own.git(["update-ref", "refs/remotes/upstream/a", "refs/heads/a"]);
    own.git(["update-ref", "refs/remotes/upstream/b", "refs/heads/b"]);
    own.run(["poll", "--no-fetch", "--dry-run", "b"]).report(contains("unchanged"));
}
