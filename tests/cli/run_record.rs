//! `run --record`: how the launch ended is written down on the branch at once.

use predicates::prelude::*;
use predicates::str::contains;
use rustix::process::Signal;

use crate::support::{Gate, Recipe, Sandbox, executes, quoted};

#[test]
fn a_verdict_is_recorded_and_pending_no_more() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let remote = sandbox.repo("remote");
    watched.run(&["--record", "--url", "https://ci.example/1"], 0);
    assert_eq!(remote.subjects("edge")[..2], ["passed: New snap (2) [skip ci]", "New snap (2)"]);
    let status = watched.clone.run(["status", "--format", "json"]).status();
    let result = status.resource("edge").result.as_ref().unwrap();
    assert_eq!((result.url.as_deref(), result.passed), (Some("https://ci.example/1"), Some(2)));
    assert_eq!(result.finished_at, watched.result().finished_at);
    watched.clone.run(["pending"]).stderr(contains("Nothing waits"));
    // The file says the same launch once more.
    let file = watched.workspace().join("result.json");
    watched.clone.run(["result", "--from", file.to_str().unwrap()]).stdout(contains("recorded before"));
    watched.clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
}

#[test]
fn a_failure_is_recorded_with_its_tasks() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", executes("false")).build(&sandbox);
    watched.run(&["--record"], 1);
    let body = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
    assert!(body.starts_with("failed: New snap (2) [skip ci]\n") && body.contains("Spread-Cron-Failed: 1"), "{body}");
    assert!(body.contains("Spread-Cron-Failed-Task: ") && body.contains("alpha"), "{body}");
}

#[test]
fn what_could_not_run_is_recorded_too() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("target_repo", "/nowhere").build(&sandbox);
    watched.run(&["--record"], 3);
    assert_eq!(sandbox.repo("remote").subjects("edge")[0], "infra-error: New snap (2) [skip ci]");
    watched.clone.run(["pending", "--retry", "1"]).stdout(contains("! infra-error"));
}

#[test]
fn a_cancelled_run_is_recorded() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", waits).build(&sandbox);
    let mut running = watched.cmd(&["--record"]).spawn();
    begun.await_one();
    running.signal(Signal::INT);
    end.open();
    running.wait().exit(130).anything();
    assert_eq!(sandbox.repo("remote").subjects("edge")[0], "cancelled: New snap (2) [skip ci]");
}

#[test]
fn a_result_that_cannot_be_recorded_can_be_recorded_later() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let remote = sandbox.repo("remote");
    let before = remote.refs();
    let refuse = sandbox.script("refuse", "#!/bin/sh\necho 'not today' >&2\nexit 1\n");
    std::fs::create_dir_all(remote.path().join("hooks")).unwrap();
    std::fs::copy(refuse, remote.path().join("hooks/pre-receive")).unwrap();
    let run = watched.cmd(&["--record"]).run().exit(3);
    let said = (run.stdout_text(), run.stderr_text());
    assert!(said.0.contains("edge (2) passed"), "{run}");
    assert!(said.1.contains("not today") && said.1.contains("git spread-cron result --from"), "{run}");
    assert_eq!(remote.refs(), before);
    std::fs::remove_file(remote.path().join("hooks/pre-receive")).unwrap();
    let file = watched.workspace().join("result.json");
    watched.clone.run(["result", "--from", file.to_str().unwrap()]).stdout(contains("✓ passed  edge  2  recorded by"));
}

#[test]
fn the_result_is_about_what_was_launched_whatever_was_recorded_meanwhile() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let remote = sandbox.repo("remote");
    let move_on = format!(
        "cd {}; git -c user.name=A -c user.email=a@b commit-tree -p edge -m 'New snap (3)' 'edge^{{tree}}' | xargs git update-ref refs/heads/edge",
        quoted(remote.path())
    );
    watched.spread.plan(&format!("machines_up() {{ {move_on}; }}\n"));
    watched.run(&["--record"], 0);
    assert_eq!(remote.subjects("edge")[..3], ["passed: New snap (2) [skip ci]", "New snap (3)", "New snap (2)"]);
    let log = watched.clone.run(["log", "edge", "--format", "json"]).log();
    assert!(log.values[0].result.is_none() && log.values[1].result.is_some(), "{log:#?}");
    // By hand, in a clone that has not heard of the new value, it is about the old one, too.
    let other = remote.clone_to("other");
    other.git(["update-ref", "refs/remotes/origin/edge", &remote.tip("edge~2")]);
    other.run(["result", "edge", "--status", "failed"]).stdout(contains("✗ failed  edge  2  recorded by"));
}

#[test]
fn the_customization_is_told_what_the_suite_is_told() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .script("actions.sh", "cp -ar custom/. target/; env | grep ^SPREAD_CRON_ | sort > target/told")
        .file("custom/env.sh", "export IMAGE=\"base:$SPREAD_CRON_VALUE-$SPREAD_CRON_OLD_VALUE\"\n")
        .build(&sandbox);
    watched.run(&[], 0);
    let names = ["COMMIT", "MESSAGE=New snap", "OLD_VALUE=1", "RESOURCE=edge", "VALUE=2"];
    let told = watched.text("told");
    assert_eq!(told.lines().count(), 5, "{told}");
    assert!(names.iter().all(|name| told.contains(&format!("SPREAD_CRON_{name}"))), "{told}");
    assert_eq!(watched.spread.launches()[0].variable("IMAGE"), Some("base:2-1"));
}

#[test]
fn a_result_says_what_was_tested() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let (state, target) = (watched.clone.tip("origin/edge"), watched.target.tip("main"));
    let (_, result) = watched.run(&["--record"], 0);
    assert_eq!((result.files.as_deref(), result.target.as_deref()), (Some(&*state), Some(&*target)));
    // The stand-in is a script, which does not say what it is.
    let spread = watched.spread.program().display().to_string();
    assert_eq!(result.spread.as_deref(), Some(&*spread));
    let message = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
    for trailer in [format!("Files: {state}"), format!("Target: {target}"), format!("Spread: {spread}")] {
        assert!(message.contains(&format!("\nSpread-Cron-{trailer}\n")), "{message}");
    }
}

#[test]
fn a_script_that_clones_the_target_itself_says_what_was_tested() {
    let sandbox = Sandbox::new();
    let script = format!("git clone -q {} \"$PROJECT_PATH/target\"", crate::support::quoted(sandbox.path("target")));
    let watched = Recipe::new().script("run-checks", &script).build(&sandbox);
    let (_, result) = watched.run(&[], 0);
    assert_eq!(result.target, Some(watched.target.tip("main")));
    assert_eq!(result.spread.as_deref(), Some("run-checks"));
}

#[test]
fn files_that_have_changed_since_are_launched_on_request() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", executes("false")).build(&sandbox);
    let remote = sandbox.repo("remote");
    remote.build(|history| {
        history.existing("edge").file("custom/tests/main/alpha/task.yaml", executes("true")).commit("Fix");
    });
    watched.clone.git(["fetch", "--quiet"]);
    let (run, _) = watched.run(&[], 1);
    assert!(run.stderr_text().contains("--commit origin/edge"), "{run}");
    let (run, result) = watched.run(&["--commit", "origin/edge"], 0);
    assert!(!run.stderr_text().contains("has changed since"), "{run}");
    assert_eq!(result.value, "2");
}

#[test]
fn a_password_in_the_address_of_the_target_is_not_shown() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("target_repo", "https://me:s3cret@localhost:1/x.git").build(&sandbox);
    let (run, result) = watched.run(&[], 3);
    assert!(!run.stderr_text().contains("s3cret") && !run.stdout_text().contains("s3cret"), "{run}");
    assert!(!result.error.unwrap().contains("s3cret"));
}
