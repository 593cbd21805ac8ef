//! A launch of a part of the suite, which is not a launch of the suite.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Recipe, Sandbox, Watched};

/// What git on the remote shows of the newest result.
fn recorded(watched: &Watched<'_>) -> String {
    watched.sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"])
}

#[test]
fn a_part_of_the_suite_makes_no_value_green() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("spread", "spread -v tests/main/").build(&sandbox);
    let (run, result) = watched.run(&["--record", "--", "tests/main/alpha"], 0);
    assert_eq!((result.passed, result.selection.as_deref()), (Some(1), Some("tests/main/alpha")));
    assert!(run.stderr_text().contains("Only a part of the suite runs: tests/main/alpha."), "{run}");
    assert!(recorded(&watched).contains("\nSpread-Cron-Selection: tests/main/alpha"), "{}", recorded(&watched));
    watched.clone.run(["green", "edge"]).exit(0);
    watched.clone.run(["pending"]).stdout(contains("edge"));
    watched.clone.run(["log", "edge"]).stdout(contains("passed (partial; 1)"));

    watched.run(&["--record"], 0);
    watched.clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
    // A part that fails later takes nothing from what the whole has shown.
    let (_, failed) = watched.run(&["--record", "--", "tests/main/none"], 3);
    assert_eq!(failed.selection.as_deref(), Some("tests/main/none"));
    watched.clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
}

#[test]
fn flags_alone_select_nothing() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("spread", "spread -v tests/main/alpha").build(&sandbox);
    let (_, result) = watched.run(&["--record", "--", "-seed=3"], 0);
    assert_eq!((result.passed, result.selection), (Some(1), None));
    assert_eq!(watched.spread.launch().args, ["-v", "-seed=3", "tests/main/alpha"]);
    watched.clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
}

#[test]
fn a_command_of_the_suite_that_is_given_by_hand_is_a_selection() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.clone.git(["config", "spread-cron.spread", "spread -v tests/main/"]);
    assert_eq!(watched.run(&[], 0).1.selection, None);
    let workspace = watched.workspace();
    let run = ["-c", "spread-cron.spread=spread -v tests/main/beta", "spread-cron", "run", "edge", "--workspace"];
    watched.clone.git([&run[..], &[workspace.to_str().unwrap()]].concat());
    assert_eq!(watched.result().selection.as_deref(), Some("tests/main/beta"));
}
