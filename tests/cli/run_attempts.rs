//! What failed runs again, and one result comes of all attempts.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Flavour, Recipe, Sandbox, executes, quoted, reuse_files, side_by_side, task};

/// Text of the shell that fails the first time.
fn fails_once(sandbox: &Sandbox, name: &str) -> String {
    let guard = quoted(sandbox.path(format!("world/{name}")));
    format!("mkdir -p {}; ! mkdir {guard} 2>/dev/null", quoted(sandbox.path("world")))
}

#[test]
fn a_task_that_passes_at_the_second_attempt_is_flaky_and_not_red() {
    side_by_side(Flavour::ALL, |flavour| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new()
            .flavour(flavour)
            .option("attempts", "3")
            .file("custom/tests/main/gamma/task.yaml", executes(&fails_once(&sandbox, "gamma")))
            .build(&sandbox);
        let out = sandbox.path("out");
        let (run, result) = watched.run(&["--record", "--out", out.to_str().unwrap()], 0);
        assert_eq!((result.status.as_str(), result.passed, result.failed), ("passed", Some(3), Some(0)), "{run}");
        assert_eq!((result.flaky_tasks, result.failed_tasks.len()), (vec![task("gamma")], 0));
        assert!(run.stderr_text().contains("Attempt 2: running 1 task again."), "{run}");
        let launches = watched.spread.launches();
        assert_eq!(launches.len(), 2);
        assert!(launches[1].args.contains(&task("gamma")), "{:?}", launches[1].args);
        assert_eq!(launches[1].args.iter().filter(|arg| arg.contains("tests/main")).count(), 1);
        let message = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
        assert!(message.contains(&format!("\nSpread-Cron-Flaky-Task: {}", task("gamma"))), "{message}");
        watched.clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
        watched.clone.run(["log", "edge"]).stdout(contains("passed (3; 1 flaky)"));
        let log = fs::read_to_string(out.join("spread.log")).unwrap();
        assert_eq!(log.matches("Successful tasks: ").count(), 2);
        if flavour == Flavour::Plus {
            assert!(out.join("logs/spread-report.json").exists());
            assert!(out.join("logs/attempt-2-spread-report.json").exists());
        }
        assert_eq!(reuse_files(watched.customized("")), [""; 0]);
    });
}

#[test]
fn a_task_that_never_passes_is_red_after_the_last_attempt() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .file("custom/tests/main/gamma/task.yaml", executes("false"))
        .file("custom/tests/main/delta/task.yaml", executes(&fails_once(&sandbox, "delta")))
        .build(&sandbox);
    let (_, result) = watched.run(&["--attempts", "3"], 1);
    assert_eq!(
        (result.passed, result.failed_tasks, result.flaky_tasks),
        (Some(3), vec![task("gamma")], vec![task("delta")])
    );
    let selected =
        |number: usize| watched.spread.launches()[number].args.iter().filter(|arg| arg.contains("tests/main")).count();
    assert_eq!((watched.spread.launches().len(), selected(1), selected(2)), (3, 2, 1));
}

#[test]
fn nothing_runs_again_without_need() {
    for (options, tasks, expected) in [
        (&[("attempts", "3")][..], &[][..], 0),
        (&[("attempts", "3"), ("max_failed", "1")], &["gamma", "delta"], 1),
        (&[], &["gamma"], 1),
    ] {
        let sandbox = Sandbox::new();
        let mut recipe = Recipe::new();
        for (key, value) in options {
            recipe = recipe.option(key, value);
        }
        for name in tasks {
            recipe = recipe.file(&format!("custom/tests/main/{name}/task.yaml"), executes("false"));
        }
        let watched = recipe.build(&sandbox);
        watched.run(&[], expected);
        assert_eq!(watched.spread.launches().len(), 1, "{options:?}");
    }
}

#[test]
fn an_attempt_that_dies_leaves_the_verdict_and_its_old_report_does_not_count() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .flavour(Flavour::Plus)
        .option("spread", "spread -json mine.json -v")
        .option("attempts", "2")
        .file("custom/tests/main/gamma/task.yaml", executes("false"))
        .build(&sandbox);
    let once = fails_once(&sandbox, "died");
    watched.spread.plan(&format!("machines_up() {{ if {once}; then kill -KILL $$; fi; }}"));
    let (run, result) = watched.run(&[], 1);
    assert_eq!((result.passed, result.failed_tasks), (Some(2), vec![task("gamma")]), "{run}");
    assert!(result.error.unwrap().contains("was killed by signal 9"), "{run}");
    assert_eq!(watched.spread.launches().len(), 2);
}

#[test]
fn each_test_of_a_program_has_to_pass_once() {
    let sandbox = Sandbox::new();
    let suite = |failed: &str, passed: &str| {
        format!(
            "echo '<testsuite><testcase name=\"{failed}\"><failure/></testcase><testcase name=\"{passed}\"/></testsuite>' > out.xml"
        )
    };
    let text =
        format!("if {}; then {}; else {}; fi; exit 1", fails_once(&sandbox, "ran"), suite("b", "a"), suite("a", "b"));
    let recipe = Recipe::new().option("spread", "./check").option("junit", "out.xml").option("attempts", "2");
    let watched = recipe.script("custom/check", &text).build(&sandbox);
    let (run, result) = watched.run(&[], 0);
    assert_eq!(
        (result.passed, result.failed, result.flaky_tasks),
        (Some(2), Some(0), vec!["a".to_owned(), "b".to_owned()])
    );
    assert!(run.stderr_text().contains("Attempt 2: running the whole suite again."), "{run}");
}

#[test]
fn a_report_of_an_earlier_attempt_does_not_count() {
    let sandbox = Sandbox::new();
    let report = "<testsuite><testcase name=\"a\"><failure/></testcase></testsuite>";
    let text = format!("if {}; then exit 3; else echo '{report}' > out.xml; fi; exit 1", fails_once(&sandbox, "ran"));
    let recipe = Recipe::new().option("spread", "./check").option("junit", "out.xml").option("attempts", "2");
    let watched = recipe.script("custom/check", &text).build(&sandbox);
    watched.cmd(&[]).run().exit(1).stdout(contains("failed")).stderr(contains("the suite wrote no JUnit report"));
    let result = watched.result();
    assert_eq!((result.status.as_str(), result.error.as_deref()), ("failed", Some("check ended with exit status 3")));
}

#[test]
fn a_number_of_attempts_that_makes_no_sense_is_refused() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("attempts", "0").build(&sandbox);
    watched.cmd(&[]).run().exit(3).stderr(contains("attempts is \"0\": it has to be a number, such as 3"));
    watched.cmd(&["--attempts", "0"]).run().exit(2).stderr(contains("--attempts"));
}
