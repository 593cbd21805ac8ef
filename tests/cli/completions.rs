//! `completions`: scripts that the shells accept.

use predicates::prelude::*;

use crate::support::Sandbox;

#[test]
fn bash_can_load_it_and_completes_behind_git() {
    let sandbox = Sandbox::new();
    let run = sandbox.cmd("world", ["completions", "bash"]).run().stdout(predicate::str::contains("_git_spread_cron"));
    std::fs::write(sandbox.path("completion"), run.stdout_text()).unwrap();
    let script = "set -e; . ./completion; declare -F _git_spread_cron";
    let output = sandbox.command("bash", sandbox.path("")).args(["-c", script]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_other_shells_have_one_too() {
    let sandbox = Sandbox::new();
    sandbox.cmd("world", ["completions", "zsh"]).run().stdout(predicate::str::contains("#compdef"));
    sandbox.cmd("world", ["completions", "fish"]).run().stdout(predicate::str::contains("complete -c"));
}
