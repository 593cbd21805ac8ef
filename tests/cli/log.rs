//! `log`: the values of one resource through time.

use predicates::prelude::*;

use crate::support::{Repo, Sandbox};

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history
            .resource("edge", "New snap", "echo 6")
            .at(1_700_000_000)
            .state("New snap (3)")
            .commit("Tune")
            .at(1_700_086_400)
            .state("New snap (4)")
            .at(1_700_259_200)
            .state("New snap (5)");
        history.resource("empty", "Nothing", "echo 1");
    })
}

#[test]
fn values_come_newest_first() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    assert_eq!((log.version, &*log.resource), (1, "edge"));
    assert_eq!(log.values(), ["5", "4", "3"]);
    let commits: Vec<_> = log.values.iter().map(|recorded| recorded.commit.clone()).collect();
    assert_eq!(commits, ["edge", "edge~1", "edge~3"].map(|revision| remote.tip(revision)));
    let times: Vec<_> = log.values.iter().map(|recorded| recorded.recorded_at.as_str()).collect();
    assert_eq!(times, ["2023-11-17T22:13:20+00:00", "2023-11-15T22:13:20+00:00", "2023-11-14T22:13:20+00:00"]);
}

#[test]
fn a_person_sees_value_commit_date_and_how_long_it_stood() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let run = clone.run(["log", "edge"]);
    insta::assert_snapshot!(run.screen(), @"
    5  <commit>  2023-11-17 22:13 +0000  stands for <time>
    4  <commit>  2023-11-15 22:13 +0000  stood for 2d
    3  <commit>  2023-11-14 22:13 +0000  stood for 1d
    ");
    for (line, revision) in run.stdout_text().lines().zip(["edge", "edge~1", "edge~3"]) {
        assert!(line.contains(&remote.tip(revision)[..7]), "{run}");
    }
}

#[test]
fn the_number_of_values_can_be_limited() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    let values = |count: &str| {
        let log = clone.run(["log", "edge", "-n", count, "--format", "json"]).log();
        log.values.into_iter().map(|recorded| recorded.value).collect::<Vec<_>>()
    };
    assert_eq!(values("2"), ["5", "4"]);
    assert_eq!(values("9"), ["5", "4", "3"]);
    assert!(values("0").is_empty());
}

#[test]
fn a_resource_without_values_says_so() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    insta::assert_snapshot!(clone.run(["log", "empty"]).screen(), @"
    --- stderr
    Nothing was recorded for empty yet.
    ");
    assert!(clone.run(["log", "empty", "--format", "json"]).stderr(predicate::always()).log().values.is_empty());
}

#[test]
fn a_resource_that_is_not_there() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    insta::assert_snapshot!(clone.run(["log", "egde"]).screen(), @r#"
    --- stderr
    error: no branch matches "egde"; did you mean "edge"?
      hint: see what there is: git spread-cron status
    [exit 2]
    "#);
    // It is a name and no glob.
    insta::assert_snapshot!(clone.run(["log", "ed*"]).screen(), @r#"
    --- stderr
    error: "ed*" is not the name of one resource
      hint: see what there is: git spread-cron status
    [exit 2]
    "#);
}

#[test]
fn a_message_that_needs_a_shell_is_an_error_that_says_so() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("a").options("message=\"$(echo New)\"\npattern_extractor='echo 1'\n").state("New (1)");
    });
    insta::assert_snapshot!(clone.run(["log", "a"]).screen(), @"
    --- stderr
    error: cannot tell the state commits of a
      because: only a shell can tell the message, and reading commands run none
      hint: check its options: git spread-cron lint a
    [exit 3]
    ");
}

#[test]
fn history_that_is_not_there_is_said_to_be_missing() {
    let sandbox = Sandbox::new();
    let (remote, _) = project(&sandbox);
    let clone = remote.clone_with("shallow", &["--depth=1", "--no-single-branch"]);
    let run = clone.run(["log", "edge", "--format", "json"]).stderr(predicate::str::contains("shallow"));
    assert_eq!(run.log().values(), ["5"]);
    run.anything();
    insta::assert_snapshot!(clone.run(["log", "edge"]).screen(), @"
    5  <commit>  2023-11-17 22:13 +0000  stands for <time>
    --- stderr
    warning: this shallow clone hides older values; see them with: git fetch --unshallow
    ");
}
