//! When a command cannot work at all: the exit code, and an error of three lines at most.

use predicates::prelude::*;

use crate::support::{Run, Sandbox};

/// The error has one to three lines, and the first begins as errors of git do.
#[track_caller]
fn assert_short(run: Run) {
    let stderr = run.stderr_text();
    assert!(stderr.starts_with("error: "), "{run}");
    assert!((1..=3).contains(&stderr.lines().count()), "{run}");
}

const COMMANDS: [&[&str]; 5] =
    [&["poll"], &["status"], &["lint"], &["log", "a"], &["add", "a", "--message", "New", "--extractor", "echo 1"]];

#[test]
fn no_repository() {
    let sandbox = Sandbox::new();
    for args in COMMANDS {
        assert_short(sandbox.cmd("world", args).run().exit(3).stderr(predicate::str::contains("repository")));
    }
}

#[test]
fn a_git_dir_that_is_none() {
    let sandbox = Sandbox::new();
    let run = sandbox.cmd("world", ["status"]).env("GIT_DIR", "/nowhere").run();
    assert_short(run.exit(3).stderr(predicate::str::contains("repository")));
}

#[test]
fn no_such_remote() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    for args in COMMANDS {
        let run = clone.run([args, &["--remote", "upstraem"]].concat());
        assert_short(run.exit(3).stderr(predicate::str::contains("upstraem")));
    }
    clone.git(["config", "spread-cron.remote", "gone"]);
    assert_short(clone.run(["status"]).exit(3).stderr(predicate::str::contains("gone")));
}

#[test]
fn several_remotes_and_none_of_them_is_meant() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    clone.git(["remote", "rename", "origin", "one"]);
    clone.git(["remote", "add", "two", &remote.url()]);
    let run = clone.run(["poll"]);
    assert_short(
        run.exit(3).stderr(predicate::str::contains("--remote").or(predicate::str::contains("spread-cron.remote"))),
    );
}

#[test]
fn a_remote_that_cannot_be_reached() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    std::fs::rename(remote.path(), sandbox.path("elsewhere")).unwrap();
    clone.run(["poll"]).exit(3).stderr(predicate::str::contains("origin"));
    clone.run(["poll", "--format", "json"]).exit(3).stderr(predicate::str::contains("origin"));
    clone
        .run(["add", "b", "--message", "B", "--extractor", "echo 1"])
        .exit(3)
        .stderr(predicate::str::contains("origin"));
    // Reading needs no network.
    clone.run(["status"]).report(predicate::str::contains('a'));
}

#[test]
fn a_remote_that_does_not_take_pushes() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
        history.resource("b", "Same", "echo 2").state("Same (2)");
    });
    clone.git(["remote", "set-url", "--push", "origin", "/nowhere/at/all"]);
    let run = clone.run(["poll", "--format", "json"]).fails().stderr(predicate::always());
    let poll = run.poll();
    assert_eq!(poll.resource("a").outcome, "failed");
    assert_eq!(poll.resource("b").outcome, "unchanged");
}

#[test]
fn wrong_usage() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    let before = clone.refs();
    for args in [
        &["pol"][..],
        &["poll", "--nonsense"],
        &["poll", "--local", "--remote", "origin"],
        &["poll", "--shard", "0/3"],
        &["poll", "--shard", "4/3"],
        &["poll", "--shard", "x"],
        &["poll", "--jobs", "0"],
        &["poll", "--timeout", "0"],
        &["poll", "--timeout", "soon"],
        &["poll", "--every", "-1s"],
        &["poll", "--format", "xml"],
        &["poll", "--quiet", "--verbose"],
        &["status", "--force"],
        &["log"],
        &["log", "a", "b"],
        &["log", "a", "-n", "x"],
        &["add", "b"],
        &["add", "b", "--message", "B"],
        &["add", "b", "--message", "B", "--extractor", "echo 1", "--env", "novalue"],
        &["completions", "tcsh"],
        &[],
    ] {
        clone.run(args).exit(2).stderr(predicate::str::is_empty().not());
    }
    assert_eq!(clone.refs(), before);
}

#[test]
fn a_wrong_setting_is_named() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    for (key, value) in [("jobs", "many"), ("timeout", "soon"), ("networkTimeout", "later")] {
        let key = format!("spread-cron.{key}");
        clone.git(["config", &key, value]);
        let said = predicate::str::is_match(format!("(?i){}", regex::escape(&key))).unwrap();
        clone.run(["poll", "--dry-run"]).fails().stderr(said.and(predicate::str::contains(value)));
        clone.git(["config", "--unset", &key]);
    }
}

#[test]
fn a_shell_that_is_not_there() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    clone
        .run(["poll", "--dry-run", "--shell", "/no/such/shell"])
        .fails()
        .report(predicate::str::contains("/no/such/shell"));
}

#[test]
fn help_and_version_work_anywhere() {
    let sandbox = Sandbox::new();
    let version = predicate::str::contains(env!("CARGO_PKG_VERSION"));
    sandbox.cmd("world", ["--version"]).run().stdout(version);
    for args in [&["-h"][..], &["--help"], &["poll", "-h"], &["poll", "--help"], &["help"], &["help", "add"]] {
        sandbox.cmd("world", args).run().stdout(predicate::str::contains("Usage: git spread-cron"));
    }
    sandbox.cmd("world", ["-h"]).through_git().run().stdout(predicate::str::contains("Usage: git spread-cron"));
}
