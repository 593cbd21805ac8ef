//! A run that is killed, wherever: the next one is clean, and no machine is left.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Flavour, Gate, Recipe, Sandbox, Watched, executes, processes, quoted, reuse_files, side_by_side};

/// As text of the shell: kills the run, whose child this is, and this as well.
const RUN: &str = "kill -KILL $PPID; kill -KILL $$";
/// As text of the shell: kills the run, and this goes on without it.
const ONLY_RUN: &str = "kill -KILL $PPID";
/// As text of the shell: kills the run and everything in the process group of this.
const GROUP: &str = "kill -KILL $PPID; kill -KILL 0";

/// Starts a run, in a process group of its own, which has to be killed on its way.
#[track_caller]
fn run_and_be_killed(watched: &Watched<'_>, case: &str) {
    let output = watched.cmd(&[]).command().process_group(0).output().expect("the product can be started");
    assert_eq!(output.status.signal(), Some(9), "{case}: the run was not killed: {output:?}");
}

/// The next run, left in peace, does everything, and leaves nothing behind.
#[track_caller]
fn assert_recovers(watched: &Watched<'_>, case: &str) {
    processes::assert_none_left(watched.sandbox);
    assert!(!watched.workspace().join("result.json").exists(), "{case}: a result of nothing");
    let result = watched.assert_passes();
    assert_eq!(result.passed, Some(2), "{case}");
    let text = watched.workspace();
    let names: Vec<_> = fs::read_dir(&text).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    let scratch = names.iter().any(|name| name.to_string_lossy().starts_with(".target"));
    assert!(!scratch, "{case}: {names:?}");
    watched.sandbox.repo("workspace/target").git(["fsck", "--strict", "--no-dangling"]);
    processes::assert_none_left(watched.sandbox);
}

#[test]
fn killed_around_a_git() {
    let done_with = format!("\"$git\" \"$@\"; {RUN}");
    let inside = format!("( sleep 0; {ONLY_RUN} ) & ");
    let moments = [RUN, ONLY_RUN, GROUP, &done_with, &inside];
    let cases = ["clone", "fetch", "init"].into_iter().flat_map(|command| moments.map(|moment| (command, moment)));
    side_by_side(cases, |(command, moment)| {
        let case = format!("{command}: {moment}");
        let sandbox = Sandbox::new();
        let watched = Recipe::new().size(300).build(&sandbox);
        sandbox.git_wrapper(&format!("case \" $* \" in *\" {command} \"*) {moment} ;; esac"));
        run_and_be_killed(&watched, &case);
        sandbox.remove_git_wrapper();
        assert_recovers(&watched, &case);
    });
}

/// The git of the killed run is in the middle of a transfer, ends when it likes, and leaves whatever it leaves.
#[test]
fn killed_inside_of_a_transfer() {
    side_by_side(["KILL", "TERM"], |fate| {
        let sandbox = Sandbox::new();
        let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
        let watched = Recipe::new().size(300).build(&sandbox);
        sandbox.on_pack(&format!("{}; {}", begun.pass(), end.wait()));
        let mut command = watched.cmd(&[]).command();
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        begun.await_one();
        child.kill().unwrap();
        child.wait().unwrap();
        sandbox.remove_pack_hook();
        if fate == "KILL" {
            for process in processes::living(&sandbox) {
                let id = process.split(':').next().unwrap().to_owned();
                let _ = sandbox.command("kill", sandbox.path("")).args(["-KILL", &id]).output();
            }
        } else {
            // Another run meanwhile waits, or does without, or says which run is at work; but it disturbs none.
            let other = watched.cmd(&[]).spawn();
            end.open();
            end.open();
            let other = other.wait();
            let _ = (other.stdout_text(), other.stderr_text());
            assert!(other.stderr_text().contains("still") || watched.result().status == "passed", "{other}");
            drop(other.anything());
        }
        processes::assert_none_left(&sandbox);
        let _ = fs::remove_file(watched.workspace().join("result.json"));
        assert_recovers(&watched, fate);
    });
}

#[test]
fn killed_in_actions() {
    side_by_side([RUN, ONLY_RUN, GROUP], |moment| {
        let sandbox = Sandbox::new();
        let guard = quoted(sandbox.path("world/once"));
        let actions = format!("cp -ar custom/. target/\nif mkdir {guard} 2>/dev/null; then {moment}; fi");
        let watched = Recipe::new().script("actions.sh", &actions).file("custom/version", "custom\n").build(&sandbox);
        run_and_be_killed(&watched, moment);
        assert_recovers(&watched, moment);
        assert_eq!(watched.text("version"), "custom\n");
        sandbox.assert_no_litter();
    });
}

#[test]
fn killed_together_with_spread() {
    side_by_side(Flavour::ALL, |flavour| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().flavour(flavour).build(&sandbox);
        watched.spread.plan(&format!("machines_up() {{ {RUN}; }}"));
        run_and_be_killed(&watched, "spread");
        let left = reuse_files(watched.customized(""));
        assert_eq!(left.len(), 1);
        watched.spread.plan("");
        assert_recovers(&watched, "spread");
        let events = watched.spread.events();
        let discarded = events.iter().position(|event| *event == format!("discarded: {}", left[0]));
        let allocated = events.iter().rposition(|event| event.starts_with("allocated"));
        assert!(discarded < allocated && discarded.is_some(), "first of all: {events:#?}");
    });
}

/// The run is gone, but its spread is still at work: its machines are in use, and so is the workspace.
#[test]
fn a_spread_that_survives_its_run_is_not_disturbed() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let watched = Recipe::new().build(&sandbox);
    watched.spread.plan(&format!("machines_up() {{ {ONLY_RUN}; {}; {}; }}", begun.pass(), end.wait()));
    run_and_be_killed(&watched, "only the run");
    begun.await_one();
    watched.spread.plan("");
    let left = reuse_files(watched.customized(""));
    watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(contains("still"));
    assert_eq!((reuse_files(watched.customized("")), watched.spread.count("discarded")), (left, 0));
    end.open();
    processes::assert_none_left(&sandbox);
    assert_recovers(&watched, "survivor");
    assert_eq!(reuse_files(watched.customized("")), [] as [&str; 0]);
}

#[test]
fn killed_twice_and_then_left_in_peace() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().size(300).build(&sandbox);
    for moment in ["clone", "fetch", "clone"] {
        sandbox.git_wrapper(&format!("case \" $* \" in *\" {moment} \"*) {GROUP} ;; esac"));
        run_and_be_killed(&watched, moment);
        sandbox.remove_git_wrapper();
    }
    watched.spread.plan(&format!("machines_up() {{ {RUN}; }}"));
    run_and_be_killed(&watched, "spread");
    watched.spread.plan("");
    assert_recovers(&watched, "twice");
}

#[test]
fn two_runs_in_one_workspace_exclude_each_other() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", waits).build(&sandbox);
    let first = watched.cmd(&[]).spawn();
    begun.await_one();
    watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(contains("workspace"));
    assert!(watched.customized("tests/main/alpha").exists() && !watched.workspace().join("result.json").exists());
    // In a workspace of its own there is no need to wait, although both use the same mirror.
    let other = sandbox.path("other");
    let second = watched.clone.cmd(["run", "edge", "--workspace", other.to_str().unwrap()]).spawn();
    begun.await_one();
    end.open();
    end.open();
    for run in [first, second] {
        run.wait().report(contains("Successful tasks: 2"));
    }
    assert_eq!(watched.result().status, "passed");
    assert!(other.join("result.json").exists());
    assert_eq!(watched.spread.count("discarded"), 2);
}
