//! The actions and workflows from end to end, as the real `act` plays what `git spread-cron init` writes: change, matrix, run,
//! record, nothing pending.

use std::fs;

use serde_json::{Value, json};

use crate::support::act::{Act, is_there};
use crate::support::team::options;
use crate::support::{Flavour, Sandbox, Spread, Team, executes, quoted};

/// What each job of a launch comes to, for a resource with this value.
fn leg(name: &str, value: &str, run: &str) -> [String; 2] {
    [format!("{name} ({value}) / record: success"), format!("{name} ({value}) / run: {run}")]
}

#[test]
fn a_change_is_launched_once_and_recorded() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["beta", "edge"]);
    let act = Act::new(&team);
    let played = act.scheduled(&[]);
    let legs = [leg("beta", "1", "success"), leg("edge", "1", "success")].concat();
    assert_eq!(played.jobs, [legs, vec!["poll: success".to_owned()]].concat(), "{played}");
    for name in ["beta", "edge"] {
        assert_eq!(team.notebook(name), [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")]);
    }
    let author = team.remote.git(["log", "-2", "--format=%an <%ae>%n%cn <%ce>", "edge"]);
    assert!(author.lines().all(|line| line.starts_with("github-actions[bot] <")), "{author}");
    act.assert_quiet();

    team.world.set("edge", "2");
    let played = act.scheduled(&[]);
    assert_eq!(played.jobs, [&leg("edge", "2", "success")[..], &["poll: success".to_owned()]].concat(), "{played}");
    assert_eq!(team.notebook("edge")[..2], ["passed: New edge (2) [skip ci]", "New edge (2)"]);
    assert_eq!(team.spread.launches().len(), 3);
    act.assert_quiet();
}

#[test]
fn what_a_launch_left_can_be_looked_at() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let played = Act::new(&team).scheduled(&[]);
    let artifact = played.artifacts.join("spread-cron-edge");
    let result: Value = serde_json::from_str(&fs::read_to_string(artifact.join("result.json")).unwrap()).unwrap();
    assert_eq!((&result["status"], &result["value"]), (&json!("passed"), &json!("1")));
    assert!(fs::read_to_string(artifact.join("spread.log")).unwrap().contains("Successful tasks: 2"));
    let body = team.remote.git(["show", "-s", "--format=%B", "edge"]);
    assert!(body.contains("https://github.com/o/r/actions/runs/1/attempts/1"), "{body}");
    for (job, texts) in [("poll", ["edge", "New"]), ("edge (1) / run", ["edge", "passed"])] {
        let log = played.of(job);
        let summary = log.split_once("Summary - ").unwrap_or_else(|| panic!("{job} has no summary\n{log}")).1;
        assert!(texts.iter().all(|text| summary.contains(text)), "{summary}");
    }
    sandbox.assert_no_litter();
}

#[test]
fn what_does_not_fit_waits_for_the_next_time() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["a", "b", "c"]);
    let act = Act::new(&team);
    for (jobs, launches) in [(5, 2), (3, 3), (1, 3)] {
        let played = act.scheduled(&[("max-jobs", json!(2))]);
        assert_eq!((played.jobs.len(), team.spread.launches().len()), (jobs, launches), "{played}");
    }
}

#[test]
fn shards_share_the_resources() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let names = ["a", "b", "c"];
    let team = Team::new(&sandbox, &names);
    let act = Act::new(&team);
    let shares = ["1/2", "2/2"].map(|shard| act.scheduled(&[("shard", json!(shard))]).jobs.len() / 2);
    assert!(shares.iter().all(|share| *share > 0) && shares.iter().sum::<usize>() == names.len(), "{shares:?}");
    assert!(names.iter().all(|name| team.notebook(name).len() == 2));
}

#[test]
fn a_repository_without_resources_has_nothing_to_launch() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &[]);
    Act::new(&team).assert_quiet();
}

#[test]
fn a_resource_that_fails_is_a_warning_unless_more_is_asked_for() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["good"]);
    team.remote.build(|history| {
        history.resource("bad", "New", "echo 'no way' >&2; exit 7");
    });
    let act = Act::new(&team);
    for (fail_on, outcome) in [("any", "failure"), ("all", "success"), ("none", "success")] {
        let played = act.scheduled(&[("fail-on", json!(fail_on))]);
        assert!(played.jobs.contains(&format!("poll: {outcome}")), "{fail_on}: {played}");
        assert!(played.of("poll").contains("no way"), "{played}");
    }
    // A poll that failed has launches, too: it was the first one that had something to launch.
    assert_eq!((team.notebook("good").len(), team.spread.launches().len()), (2, 1));
    let played = act.scheduled(&[("patterns", json!("bad"))]);
    assert_eq!(played.jobs, ["poll: failure"], "all that was polled failed\n{played}");
}

#[test]
fn a_private_repository_is_launched_from_and_recorded_in() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["edge"]);
    team.hub.serve();
    let mut act = Act::new(&team);
    act.over_http();
    let played = act.scheduled(&[]);
    assert_eq!(played.jobs, [&leg("edge", "1", "success")[..], &["poll: success".to_owned()]].concat(), "{played}");
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
    act.assert_quiet();
}

#[test]
fn spread_can_lie_anywhere_and_the_runner_be_ones_own() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    fs::remove_file(team.spread.program()).unwrap();
    let elsewhere = Spread::new(&sandbox, "elsewhere", Flavour::Plus);
    // Not the stand-in itself, which would look for its plan beside the link that the action makes.
    let text = format!("#!/bin/bash\nexec {} \"$@\"\n", quoted(elsewhere.program()));
    let program = sandbox.script("elsewhere/my spread", &text);
    let with = [("spread", json!(program)), ("runs-on", json!("[\"self-hosted\", \"large\"]"))];
    let played = Act::new(&team).scheduled(&with);
    assert_eq!(played.jobs, [&leg("edge", "1", "success")[..], &["poll: success".to_owned()]].concat(), "{played}");
    elsewhere.launch();
}

#[test]
fn a_suite_that_failed_is_recorded_as_such() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::with(&sandbox, |history, target| {
        let branch = history.branch("edge").file("custom/tests/main/alpha/task.yaml", executes("false"));
        branch.options(options("edge", "echo 1", target));
    });
    let act = Act::new(&team);
    let played = act.scheduled(&[]);
    assert_eq!(played.jobs, [&leg("edge", "1", "failure")[..], &["poll: success".to_owned()]].concat(), "{played}");
    assert_eq!(team.notebook("edge")[0], "failed: New edge (1) [skip ci]");
    act.assert_quiet();
}

#[test]
fn a_suite_that_could_not_run_is_launched_again_as_often_as_it_was_asked_for() {
    if !is_there() {
        return;
    }
    for retry in [0, 1] {
        let sandbox = Sandbox::new();
        let team = Team::new(&sandbox, &["edge"]);
        fs::remove_file(team.spread.program()).unwrap();
        let act = Act::new(&team);
        for attempt in 0..=retry {
            let played = act.scheduled(&[("retry", json!(retry))]);
            let jobs = [&leg("edge", "1", "failure")[..], &["poll: success".to_owned()]].concat();
            assert_eq!(played.jobs, jobs, "{played}");
            let notebook = team.notebook("edge");
            assert_eq!((notebook.len(), &*notebook[0]), (attempt + 2, "infra-error: New edge (1) [skip ci]"));
        }
        assert_eq!(act.scheduled(&[("retry", json!(retry))]).jobs, ["poll: success"]);
    }
}

#[test]
fn the_number_of_a_person_who_starts_it_counts() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    fs::remove_file(team.spread.program()).unwrap();
    let act = Act::new(&team);
    act.scheduled(&[]);
    // Nothing is nothing, and without a number it is 2.
    let count = |inputs: Value| act.dispatched(&inputs).jobs.len();
    assert_eq!([count(json!({ "retry": "0" })), count(json!({ "retry": "" })), count(json!({}))], [1, 3, 3]);
    assert_eq!(team.notebook("edge").len(), 4);
}

#[test]
fn a_suite_sees_what_is_meant_for_it_and_no_inputs_of_the_action() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let seen = sandbox.path("seen");
    let team = Team::with(&sandbox, |history, target| {
        let spy = format!("#!/bin/bash\n{{ env; cat /proc/$PPID/environ; }} > {}\n", quoted(&seen));
        history.branch("edge").entry("100755", "actions.sh", spy).options(options("edge", "echo 1", target));
    });
    let mut act = Act::new(&team);
    act.secrets.insert("SUITE".to_owned(), "hunter2".to_owned());
    let played = act.scheduled_with(&[], &json!({ "environment": "SUITE_PASSWORD=${{ secrets.SUITE }}" }));
    assert_eq!(team.notebook("edge")[0], "passed: New edge (1) [skip ci]", "{played}");
    let seen = String::from_utf8_lossy(&fs::read(&seen).unwrap()).into_owned();
    assert!(seen.contains("SUITE_PASSWORD=hunter2"), "{seen}");
    // This act sets the inputs of the action, and the real runner may one day.
    for secret in ["INPUT_", "ghs_", "SPREAD_CRON_TOKEN"] {
        assert!(!seen.contains(secret), "{secret} is in\n{seen}");
    }
    assert_eq!(team.spread.launch().environment.keys().find(|name| name.starts_with("INPUT_")), None);
}
