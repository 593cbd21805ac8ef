//! `run --pending`: everything that waits is launched, and its result recorded at once.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Flavour, Repo, Sandbox, processes};

/// Resources with suites that are scripts: `good` passes, `bad` fails, and `done` has passed already.
fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.spread(Flavour::Plain);
    let options = |extractor: &str| format!("message='New'\npattern_extractor='{extractor}'\n");
    sandbox.project(|history| {
        for (name, script) in [("good", "echo ran good"), ("bad", "echo ran bad; exit 1"), ("done", "echo ran done")] {
            let branch = history.branch(name).entry("100755", "run-checks", format!("#!/bin/sh\n{script}\n"));
            branch.options(options("echo 1")).state("New (1)");
        }
    })
}

#[test]
fn all_that_waits_is_launched_and_recorded() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone.run(["result", "done", "--status", "passed"]).stdout(contains("recorded by"));
    let out = sandbox.path("out");
    let run = clone.cmd(["run", "--pending", "--out", out.to_str().unwrap()]).run().exit(1);
    let (said, shown) = (run.stderr_text(), run.stdout_text());
    assert!(shown.contains("ran good") && shown.contains("ran bad") && !shown.contains("ran done"), "{run}");
    assert!(said.contains("1 of 2 passed, 1 did not."), "{run}");
    drop(run.stdout(predicate::always()).stderr(predicate::always()));
    assert_eq!(remote.subjects("good")[0], "passed: New (1) [skip ci]");
    assert_eq!(remote.subjects("bad")[0], "failed: New (1) [skip ci]");
    assert_eq!(remote.subjects("done")[0], "passed: New (1) [skip ci]");
    assert!(fs::read_to_string(out.join("bad/spread.log")).unwrap().contains("ran bad"));
    clone.run(["run", "--pending"]).stderr(contains("Nothing waits to be launched."));
}

#[test]
fn side_by_side_each_output_comes_whole() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let run = clone.cmd(["run", "--pending", "--jobs", "3", "good", "d*"]).run();
    let shown = run.stdout_text();
    assert!(shown.contains("ran good") && shown.contains("ran done") && !shown.contains("ran bad"), "{run}");
    assert_eq!(remote.subjects("bad")[0], "New (1)");
    drop(run.stdout(predicate::always()).stderr(contains("2 of 2 passed.")));
    processes::assert_none_left(&sandbox);
}

#[test]
fn a_dry_run_shows_the_launches() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let run = clone.run(["run", "--pending", "--dry-run", "good", "--retry", "2"]);
    run.stdout(contains("git spread-cron run good --if-pending --record ").and(contains("--retry=2")));
    assert_eq!(remote.subjects("good")[0], "New (1)");
    clone.run(["run", "--pending", "--commit", "HEAD"]).exit(2).stderr(predicate::always());
    clone.run(["run", "good", "bad"]).exit(2).stderr(contains("run --pending"));
    clone.run(["run"]).exit(2).stderr(predicate::always());
}
