//! `run --if-pending` and `run --discard`: nothing is done twice, and nothing is left behind.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Gate, Recipe, Sandbox, Watched, executes, processes, reuse_files, side_by_side};

const IF_PENDING: &str = "--if-pending";

/// The run finds nothing to do, and leaves everything as it is.
#[track_caller]
fn assert_nothing_done(watched: &Watched<'_>, args: &[&str], why: &str) {
    let out = watched.sandbox.path("out");
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("result.json"), "old").unwrap();
    fs::write(watched.sandbox.path("log"), "old").unwrap();
    let launches = watched.spread.calls().len();
    let options = [IF_PENDING, "--record", "--out", out.to_str().unwrap(), "--log", "../log"];
    let refs = watched.sandbox.repo("remote").refs();
    watched.cmd(&[&options, args].concat()).run().stderr(contains("Nothing to launch: ").and(contains(why)));
    assert_eq!(watched.spread.calls().len(), launches);
    assert_eq!(watched.sandbox.repo("remote").refs(), refs);
    assert_eq!(fs::read_to_string(out.join("result.json")).unwrap(), "old");
    assert_eq!(fs::read_to_string(watched.sandbox.path("log")).unwrap(), "old");
    assert_eq!(fs::read_dir(out).unwrap().count(), 1);
}

#[test]
fn what_has_a_verdict_is_not_launched_again() {
    side_by_side(["true", "false"], |script| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", executes(script)).build(&sandbox);
        let (code, verdict) = if script == "true" { (0, "passed") } else { (1, "failed") };
        watched.run(&[IF_PENDING, "--record"], code);
        assert_eq!(watched.spread.launches().len(), 1);
        let result = watched.workspace().join("result.json");
        let before = fs::metadata(&result).unwrap().modified().unwrap();
        assert_nothing_done(&watched, &["--retry", "9"], &format!("edge (2) has {verdict} already"));
        assert_nothing_done(&watched, &["--commit", "origin/edge"], verdict);
        assert_eq!(fs::metadata(&result).unwrap().modified().unwrap(), before);
        // Without the option, it is launched.
        watched.run(&[], code);
    });
}

#[test]
fn what_could_not_run_is_launched_again_as_often_as_allowed() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.spread.plan("project_prepare() { return 1; }");
    // Each launch is another one, however short.
    watched.run(&[IF_PENDING, "--record", "--url", "1"], 3);
    assert_nothing_done(&watched, &[], "launched without a verdict (infra-error)");
    watched.run(&[IF_PENDING, "--retry", "1", "--record", "--url", "2"], 3);
    assert_nothing_done(&watched, &["--retry", "1"], "launched without a verdict (infra-error)");
    watched.spread.plan("");
    watched.run(&[IF_PENDING, "--retry", "2", "--record", "--url", "3"], 0);
    assert_nothing_done(&watched, &["--retry", "2"], "has passed already");
    watched.cmd(&["--retry", "1"]).run().exit(2).stderr(contains("--if-pending"));
}

#[test]
fn an_older_value_is_not_launched_any_more() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let older = watched.clone.tip("origin/edge~1");
    assert_nothing_done(&watched, &["--commit", &older], "edge (1) is not the newest value any more, which is 2");
    let run = watched.run(&[IF_PENDING, "--commit", "origin/edge"], 0).0;
    assert!(run.stdout_text().contains("edge (2) passed"), "{run}");
}

#[test]
fn without_a_value_there_is_nothing_to_launch() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    sandbox.repo("remote").build(|history| {
        history.resource("new", "New one", "echo 1");
        history.branch("shell").options("message=\"$(echo x)\"\npattern_extractor='echo 1'\n").state("x (1)");
    });
    watched.clone.git(["fetch", "--quiet"]);
    watched.clone.run(["run", "new", IF_PENDING]).stderr(contains("nothing was recorded for new yet"));
    // What `pending` cannot tell, this cannot either, and does not keep it to itself.
    watched.clone.run(["run", "shell", IF_PENDING]).exit(3).stderr(contains("git spread-cron lint shell"));
    watched.clone.run(["run", "nope", IF_PENDING]).exit(2).stderr(contains("nope"));
    assert_eq!(watched.spread.calls().len(), 0);
    assert!(!sandbox.path("home/.cache").exists());
}

/// A run that is killed by its own spread, which leaves its machines, or lives on.
fn killed<'s>(sandbox: &'s Sandbox, plan: &str) -> Watched<'s> {
    let watched = Recipe::new().build(sandbox);
    watched.spread.plan(plan);
    let mut command = watched.cmd(&[]).command();
    let status = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.signal(), Some(9));
    watched.spread.plan("");
    watched
}

/// What a spread records of a machine.
const RECORDED: &str = "backends:\n  google:\n    systems:\n    - ubuntu-24.04-64:\n        address: 192.0.2.1\n";

const BOTH: &str = "machines_up() { kill -KILL $PPID; kill -KILL $$; }";

#[test]
fn machines_of_a_killed_run_are_discarded_and_nothing_else_is_done() {
    let sandbox = Sandbox::new();
    let watched = killed(&sandbox, BOTH);
    assert_eq!(reuse_files(watched.customized("")).len(), 1);
    watched.cmd(&["--discard"]).run().stderr(contains("Discarding the machines that spread "));
    assert_eq!((watched.spread.count("allocated"), watched.spread.count("discarded")), (1, 1));
    assert_eq!(watched.spread.launches().len(), 1);
    assert!(watched.customized("spread.yaml").exists() && !watched.workspace().join("result.json").exists());
    watched.cmd(&["--discard"]).run().stderr(contains("No machines are left in "));
    assert_eq!(watched.spread.count("discarded"), 1);
    watched.assert_passes();
}

#[test]
fn without_a_workspace_there_is_nothing_to_discard() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.cmd(&["--discard"]).run().stderr(contains("No earlier run worked in "));
    watched.clone.run(["run", "edge", "--discard"]).stderr(contains("No earlier run worked in "));
    assert!(!watched.workspace().exists() && !sandbox.path("home/.cache").exists());
    fs::create_dir(watched.workspace()).unwrap();
    fs::write(watched.workspace().join("thesis.txt"), "years of work").unwrap();
    watched.cmd(&["--discard"]).run().exit(3).stderr(contains("no earlier run worked there"));
    assert_eq!(fs::read_dir(watched.workspace()).unwrap().count(), 1);
    for other in ["--record", "--if-pending", "--dry-run", "--out=x", "--log=x", "--url=x"] {
        watched.cmd(&["--discard", other]).run().exit(2).stderr(contains("does not go together with"));
    }
    assert_eq!(watched.spread.calls().len(), 0);
}

#[test]
fn machines_that_cannot_be_discarded_fail_and_do_not_keep_the_others() {
    let sandbox = Sandbox::new();
    let watched = killed(&sandbox, BOTH);
    // Two more spreads, before and after the first by their number, whichever that is.
    for pid in ["0", "99999999"] {
        fs::write(watched.customized(format!(".spread-reuse.{pid}.yaml")), RECORDED).unwrap();
    }
    watched.spread.plan("discarding() { [[ ${flag[reuse-pid]} == 99999999 ]]; }");
    let run = watched.cmd(&["--discard"]).run().exit(3);
    let said = run.stderr_text();
    assert!(
        said.contains("error: cannot discard what is left of edge")
            && said.contains("because: cannot discard the machines of spread "),
        "{run}"
    );
    assert!(said.contains("hint: discard them: cd ") && said.contains("-reuse-pid="), "{run}");
    assert_eq!(said.matches("cannot discard the machines of spread").count(), 2, "{run}");
    assert_eq!((watched.spread.count("discarded"), watched.spread.count("not discarded")), (1, 2));
    watched.spread.plan("");
    watched.cmd(&["--discard"]).run().stderr(contains("Discarding"));
    assert_eq!(reuse_files(watched.customized("")), [] as [&str; 0]);
}

#[test]
fn a_spread_that_recorded_no_machine_is_told_of() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.assert_passes();
    fs::write(watched.customized(".spread-reuse.4242.yaml"), "").unwrap();
    let run = watched.cmd(&["--discard"]).run();
    assert!(run.stderr_text().contains("spread 4242 recorded no machine; look with: cd "), "{run}");
    assert!(run.stderr_text().contains(" && spread -gc"), "{run}");
    drop(run.exit(0).stderr(predicate::always()));
    watched.cmd(&["--discard"]).run().stderr(contains("No machines are left in "));
}

#[test]
fn discarding_has_the_variables_of_the_launch() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/env.sh", "export POOL=blue\n").build(&sandbox);
    watched.spread.plan(BOTH);
    let mut command = watched.cmd(&[]).command();
    command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    let saved = watched.workspace().join(".git-spread-cron.environment");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&saved).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    watched.spread.plan("discarding() { [[ ${POOL-} == blue ]]; }");
    watched.cmd(&["--discard"]).run().stderr(contains("Discarding the machines"));
    assert_eq!((watched.spread.count("discarded"), watched.spread.count("not discarded")), (1, 0));
    assert!(!saved.exists(), "it is of no use any more");
}

/// Its spread lives on, and clears up itself.
#[test]
fn a_spread_that_outlived_its_run_is_waited_for() {
    let sandbox = Sandbox::new();
    let end = Gate::new(&sandbox, "end");
    let watched = killed(&sandbox, &format!("machines_up() {{ kill -KILL $PPID; say 'Allocated.'; {}; }}", end.wait()));
    watched.cmd(&["--discard", "--grace", "100ms"]).run().exit(3).stderr(contains("still at work"));
    assert_eq!(watched.spread.count("discarded"), 0);
    let waiting = watched.cmd(&["--discard"]).spawn();
    end.open();
    let run = waiting.wait();
    assert!(run.stderr_text().contains("No machines are left in "), "{run}");
    assert_eq!((watched.spread.count("discarded"), watched.spread.count("ended")), (1, 1));
    processes::assert_none_left(&sandbox);
}
