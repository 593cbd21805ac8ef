//! A value that moves while its suite runs.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Sandbox, quoted};

/// A resource that reads its value from a file, and a suite that may change it.
fn watched<'s>(sandbox: &'s Sandbox, options: &str, suite: &str) -> (Repo<'s>, Repo<'s>) {
    let file = quoted(sandbox.path("value"));
    fs::write(sandbox.path("value"), "1.2\n").unwrap();
    let options = format!("message='New'\npattern_extractor=\"cat {file}\"\n{options}");
    let suite = format!("#!/bin/sh\n{suite}\n");
    let (remote, clone) = sandbox.project(|history| {
        history.branch("edge").entry("100755", "run-checks", suite).options(options).state("New (1.2)");
    });
    // The file lies where an isolated extractor cannot read it.
    clone.git(["config", "spread-cron.isolation", "none"]);
    (remote, clone)
}

#[test]
fn a_value_that_moved_is_recorded_and_shown() {
    for (options, green) in [("", "1.2\n"), ("moved=reject\n", "")] {
        let sandbox = Sandbox::new();
        let suite = format!("echo 1.3 > {}", quoted(sandbox.path("value")));
        let (remote, clone) = watched(&sandbox, options, &suite);
        let run = clone.cmd(["run", "edge", "--record"]).run().exit(0).stdout(predicate::always());
        drop(run.stderr(contains("The value of edge has moved to 1.3 meanwhile.")));
        let message = remote.git(["show", "-s", "--format=%B", "edge"]);
        assert!(message.contains("\nSpread-Cron-Value-After: 1.3\n"), "{message}");
        clone.run(["log", "edge"]).stdout(contains("✓ passed (value moved to 1.3 meanwhile)"));
        assert_eq!(clone.cmd(["green", "edge"]).run().stdout_text(), green, "{options}");
        assert_eq!(remote.subjects("edge").len(), 3, "nothing was polled for good");
    }
}

#[test]
fn a_value_that_stays_and_one_that_is_not_looked_at() {
    let sandbox = Sandbox::new();
    let (remote, clone) = watched(&sandbox, "", "exit 1");
    clone.run(["run", "edge", "--record"]).exit(1).stdout(predicate::always()).stderr(predicate::always());
    assert!(!remote.git(["show", "-s", "--format=%B", "edge"]).contains("Value-After"));
    fs::write(sandbox.path("value"), "1.3\n").unwrap();
    clone
        .run(["run", "edge", "--record", "--no-check"])
        .exit(1)
        .stdout(predicate::always())
        .stderr(predicate::always());
    assert!(!remote.git(["show", "-s", "--format=%B", "edge"]).contains("Value-After"));
}

#[test]
fn what_follows_the_clock_is_not_looked_at_again() {
    let sandbox = Sandbox::new();
    let (remote, clone) =
        watched(&sandbox, "# like date +%F\n", &format!("echo 1.3 > {}", quoted(sandbox.path("value"))));
    clone.run(["run", "edge", "--record"]).stdout(predicate::always()).stderr(predicate::always());
    assert!(!remote.git(["show", "-s", "--format=%B", "edge"]).contains("Value-After"));
}

#[test]
fn a_look_that_fails_leaves_the_verdict() {
    let sandbox = Sandbox::new();
    let (remote, clone) = watched(&sandbox, "", &format!("rm {}", quoted(sandbox.path("value"))));
    let run = clone.run(["run", "edge", "--record"]).exit(0).stdout(predicate::always());
    drop(run.stderr(contains("cannot look whether the value has moved meanwhile: ")));
    assert_eq!(remote.subjects("edge")[0], "passed: New (1.2) [skip ci]");
}
