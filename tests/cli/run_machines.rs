//! Machines that a launch got: none is lost without a word.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Recipe, Sandbox, reuse_files};

#[test]
fn a_spread_that_would_keep_its_machines_is_refused() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("spread", "spread -reuse -v").build(&sandbox);
    let (run, result) = watched.run(&[], 3);
    assert_eq!(result.error.as_deref(), Some("spread -reuse keeps its machines, and nothing would discard them"));
    assert!(run.stderr_text().contains("hint: leave -reuse out of the command"), "{run}");
    assert_eq!(watched.spread.count("allocated"), 0);
    watched.cmd(&["--discard"]).run().stderr(contains("No machines are left in "));
}

/// As the real one does it: the suite passes, the machine is forgotten, and the file removed.
#[test]
fn a_machine_that_spread_itself_could_not_discard_is_tried_again_and_kept_in_mind() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let forgets = "discarding() { sleep 0.2; return 1; }\nsummary() { rm -f \"$reuse_file\"; closing_lines; left=no; }";
    watched.spread.plan(forgets);
    let (run, _) = watched.run(&[], 0);
    let said = run.stderr_text();
    assert!(said.contains("a machine may be left: Error discarding google:ubuntu-24.04-64: "), "{run}");
    assert!(said.contains("Error discarding") && said.contains("discard them with: cd "), "{run}");
    assert_eq!(reuse_files(watched.customized("")).len(), 1, "{run}");
    watched.cmd(&["--discard"]).run().exit(3).stderr(contains("Error discarding"));
    assert_eq!(reuse_files(watched.customized("")).len(), 1);
    watched.spread.plan("");
    watched.cmd(&["--discard"]).run().stderr(contains("Discarding the machines that spread "));
    assert_eq!(reuse_files(watched.customized("")), [""; 0]);
}

#[test]
fn machines_that_a_script_kept_for_reuse_are_discarded() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .file("target/spread.yaml", "")
        .file("target/tests/main/alpha/task.yaml", "execute: true\n")
        .script("run-checks", "cd target\nspread -reuse -v")
        .build(&sandbox);
    let run = watched.cmd(&[]).run().exit(0).stdout(predicate::always());
    assert!(run.stderr_text().contains("Discarding the machines that spread -reuse left."), "{run}");
    assert_eq!((watched.spread.count("allocated"), watched.spread.count("discarded")), (1, 1));
    drop(run.stderr(predicate::always()));
}
