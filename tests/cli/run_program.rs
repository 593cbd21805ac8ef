//! A suite that is run by another program than spread, and the reports of its tests.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Recipe, Sandbox, Watched};

const PASSED: &str = "<testcase classname=\"unit.a\" name=\"good\"/>";
const FAILED: &str = "<testcase classname=\"unit.a\" name=\"bad\"><failure message=\"no\">text</failure></testcase>";

/// A suite `./check`, which runs this text, and whose reports are `out/*.xml`.
fn checks<'s>(sandbox: &'s Sandbox, text: &str) -> Watched<'s> {
    let recipe = Recipe::new().option("spread", "./check -k").option("junit", "out/*.xml");
    recipe.script("custom/check", text).file("custom/out/.keep", "").build(sandbox)
}

fn writes(name: &str, tests: &str) -> String {
    format!("echo '<testsuites><testsuite>{tests}</testsuite></testsuites>' > out/{name}.xml")
}

#[test]
fn junit_reports_give_numbers_and_names() {
    let sandbox = Sandbox::new();
    let text = [writes("a", &[PASSED, FAILED].concat()), writes("b", PASSED), "echo \"$@\" > args".to_owned()];
    let watched = checks(&sandbox, &text.join("\n"));
    let (run, result) = watched.run(&["--record"], 1);
    assert_eq!((result.passed, result.failed, result.failed_tasks), (Some(2), Some(1), vec!["unit.a::bad".to_owned()]));
    assert_eq!(result.status, "failed", "what a report says outweighs exit status 0: {run}");
    assert_eq!(watched.text("args"), "-k\n", "a program is started once, and never with -h");
    let message = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
    assert!(message.contains("\nSpread-Cron-Failed-Task: unit.a::bad"), "{message}");
}

#[test]
fn without_a_new_report_the_exit_status_counts() {
    let sandbox = Sandbox::new();
    let watched = checks(&sandbox, "exit 0");
    let (run, result) = watched.run(&[], 0);
    assert_eq!((result.passed, result.failed), (None, None));
    assert!(run.stderr_text().contains("the suite wrote no JUnit report out/*.xml"), "{run}");

    // A report that lies in the target already tells of another time.
    let sandbox = Sandbox::new();
    let old = format!("<testsuite>{FAILED}</testsuite>");
    let recipe = Recipe::new().option("spread", "./check").option("junit", "out/*.xml");
    let watched = recipe.script("custom/check", "exit 0").file("custom/out/old.xml", old).build(&sandbox);
    assert_eq!(watched.run(&[], 0).1.passed, None);
}

#[test]
fn a_report_that_is_cut_off_is_told_of() {
    let sandbox = Sandbox::new();
    let watched = checks(&sandbox, "echo '<testsuites><testsuite><testcase name=' > out/a.xml; exit 2");
    watched
        .cmd(&[])
        .run()
        .exit(1)
        .stdout(contains("failed"))
        .stderr(contains("cannot read the report").and(contains("out/a.xml")));
    let result = watched.result();
    assert_eq!((result.error.as_deref(), result.failed), (Some("check ended with exit status 2"), None));
}

#[test]
fn a_suite_of_which_no_test_ran_has_not_passed() {
    let sandbox = Sandbox::new();
    let watched = checks(&sandbox, &writes("a", "<testcase name=\"x\"><skipped/></testcase>"));
    let (_, result) = watched.run(&[], 3);
    assert_eq!((result.error.as_deref(), result.skipped), (Some("check ran no task, and skipped 1"), Some(1)));
}

#[test]
fn a_run_checks_reports_below_its_target() {
    let sandbox = Sandbox::new();
    let text = format!("mkdir -p target/out && cd target\n{}", writes("a", &[PASSED, PASSED].concat()));
    let watched = Recipe::new().script("run-checks", &text).option("junit", "out/*.xml").build(&sandbox);
    assert_eq!(watched.run(&[], 0).1.passed, Some(2));
}

#[test]
fn a_pattern_that_leads_out_of_the_target_is_refused() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("junit", "../*.xml").build(&sandbox);
    watched.cmd(&[]).run().exit(3).stderr(contains("junit is \"../*.xml\": it has to be a path in the target"));
    assert_eq!(watched.spread.launches().len(), 0);
}
