//! The actions and workflows from end to end, as the workflow of `git spread-cron init` calls them: change, matrix, run, record,
//! nothing pending.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Flavour, Sandbox, Spread, Team, quoted};

#[test]
fn a_change_is_launched_once_and_recorded() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["beta", "edge"]);
    let run = team.scheduled();
    let legs = [
        "beta (1) / run: success",
        "beta (1) / record: success",
        "edge (1) / run: success",
        "edge (1) / record: success",
    ];
    assert_eq!(run.short(), [&["poll: success"], &legs[..]].concat(), "{run}");
    for name in ["beta", "edge"] {
        assert_eq!(team.notebook(name), [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")]);
    }
    let author = team.remote.git(["log", "-2", "--format=%an <%ae>%n%cn <%ce>", "edge"]);
    assert!(author.lines().all(|line| line.starts_with("github-actions[bot] <")), "{author}");
    team.assert_quiet();

    team.world.set("edge", "2");
    let run = team.scheduled();
    assert_eq!(run.short(), ["poll: success", "edge (2) / run: success", "edge (2) / record: success"], "{run}");
    assert_eq!(team.notebook("edge")[..2], ["passed: New edge (2) [skip ci]", "New edge (2)"]);
    assert_eq!(team.spread.launches().len(), 3);
    team.assert_quiet();
}

#[test]
fn what_a_launch_left_can_be_looked_at() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let run = team.scheduled();
    let artifact = run.artifacts().join("spread-cron-edge");
    let result: Value = serde_json::from_str(&fs::read_to_string(artifact.join("result.json")).unwrap()).unwrap();
    assert_eq!((&result["status"], &result["value"]), (&json!("passed"), &json!("1")));
    assert!(fs::read_to_string(artifact.join("spread.log")).unwrap().contains("Successful tasks: 2"));
    let body = team.remote.git(["show", "-s", "--format=%B", "edge"]);
    assert!(body.contains("/o/r/actions/runs/1/attempts/1"), "{body}");
    for (job, texts) in [(run.poll(), ["edge", "New"]), (run.leg("edge", "1", "run"), ["edge", "passed"])] {
        assert!(texts.iter().all(|text| job.summary().contains(text)), "{}", job.summary());
    }
    let write = |job: &str| run.job(&format!("spread-cron / {job}")).permissions["contents"] == "write";
    assert_eq!(["poll", "edge (1) / run", "edge (1) / record"].map(write), [true, false, true]);
    sandbox.assert_no_litter();
}

#[test]
fn what_does_not_fit_waits_for_the_next_time() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["a", "b", "c"]);
    let with = [("max-jobs", json!(2))];
    let count = |run: crate::support::runner::WorkflowRun<'_>| run.poll().outputs["count"].as_str().unwrap().to_owned();
    assert_eq!(count(team.scheduled_with(&with)), "2");
    assert_eq!(count(team.scheduled_with(&with)), "1");
    assert_eq!(count(team.scheduled_with(&with)), "0");
    assert_eq!(team.spread.launches().len(), 3);
}

#[test]
fn shards_share_the_resources() {
    let sandbox = Sandbox::new();
    let names = ["a", "b", "c"];
    let team = Team::new(&sandbox, &names);
    let shares = ["1/2", "2/2"].map(|shard| {
        let run = team.scheduled_with(&[("shard", json!(shard))]);
        run.short().len() / 2
    });
    assert!(shares.iter().all(|share| *share > 0) && shares.iter().sum::<usize>() == names.len(), "{shares:?}");
    assert!(names.iter().all(|name| team.notebook(name).len() == 2));
}

#[test]
fn a_repository_without_resources_has_nothing_to_launch() {
    let sandbox = Sandbox::new();
    Team::new(&sandbox, &[]).assert_quiet();
}

#[test]
fn a_resource_that_fails_is_a_warning_unless_more_is_asked_for() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["good"]);
    team.remote.build(|history| {
        history.resource("bad", "New", "echo 'no way' >&2; exit 7");
    });
    for (fail_on, outcome) in [("any", "failure"), ("all", "success"), ("none", "success")] {
        let run = team.scheduled_with(&[("fail-on", json!(fail_on))]);
        let poll = run.poll();
        assert_eq!(poll.outcome.word(), outcome, "{run}");
        let warnings: Vec<_> = poll.commands().filter(|command| command.name == "warning").collect();
        assert_eq!(warnings.len(), 1, "{run}");
        assert!(warnings[0].data.contains("no way") && poll.summary().contains("bad"), "{run}");
    }
    // A poll that failed has launches, too: it was the first one that had something to launch.
    assert_eq!((team.notebook("good").len(), team.spread.launches().len()), (2, 1));
    let run = team.scheduled_with(&[("patterns", json!("bad"))]);
    assert_eq!(run.short(), ["poll: failure", "launch: skipped"], "all that was polled failed\n{run}");
}

#[test]
fn a_private_repository_is_launched_from_and_recorded_in() {
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["edge"]);
    team.hub.serve();
    let run = team.scheduled();
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
    team.assert_quiet();
}

#[test]
fn spread_can_lie_anywhere_and_the_runner_be_ones_own() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    fs::remove_file(team.spread.program()).unwrap();
    let elsewhere = Spread::new(&sandbox, "elsewhere", Flavour::Plus);
    // Not the stand-in itself, which would look for its plan beside the link that the action makes.
    let text = format!("#!/bin/bash\nexec {} \"$@\"\n", quoted(elsewhere.program()));
    let program = sandbox.script("elsewhere/my spread", &text);
    let with = [("spread", json!(program)), ("runs-on", json!("[\"self-hosted\", \"large\"]"))];
    let run = team.scheduled_with(&with);
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    elsewhere.launch();
}
