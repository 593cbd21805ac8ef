//! What goes wrong on the way from a change to its result: nothing is lost, and nothing is launched twice without need.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::support::processes;
use crate::support::runner::{Control, WorkflowRun, parse};
use crate::support::team::options;
use crate::support::{Gate, Sandbox, Team};

/// Runs the workflow in a thread, does something while the suite runs, and lets it end.
fn meanwhile<'t>(team: &'t Team<'_>, sandbox: &Sandbox, act: impl FnOnce(&WorkflowRun<'t>, &Gate)) -> WorkflowRun<'t> {
    let (begun, end) = (Gate::new(sandbox, "begun"), Gate::new(sandbox, "end"));
    team.spread.plan(&format!("machines_up() {{ {}; {}; }}", begun.pass(), end.wait()));
    let run = team.hub.start("schedule");
    thread::scope(|scope| {
        scope.spawn(|| run.execute(&team.workflow(&[]), &BTreeMap::new()));
        begun.await_one();
        team.spread.plan("");
        act(&run, &end);
    });
    run
}

#[test]
fn a_run_that_is_cancelled_discards_and_is_recorded() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let run = meanwhile(&team, &sandbox, |run, end| {
        thread::scope(|scope| {
            let cancels = scope.spawn(|| run.control.cancel());
            end.open();
            cancels.join().unwrap();
        });
    });
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: cancelled", "edge (1) / record: success"], "{run}");
    assert_eq!(team.notebook("edge")[0], "cancelled: New edge (1) [skip ci]");
    let (allocated, discarded) = (team.spread.count("allocated"), team.spread.count("discarded"));
    assert_eq!((allocated, discarded), (1, 1), "{:?}\n{run}", team.spread.events());
    let leg = run.leg("edge", "1", "run");
    assert_eq!(leg.step("Discard what is left").outcome.word(), "success", "{run}");
    assert_eq!(leg.outputs["status"], "cancelled", "{run}");
    assert!(run.artifacts().join("spread-cron-edge/result.json").exists(), "{run}");
    processes::assert_none_left(&sandbox);
    // The person who cancelled it may have meant it, but how the suite takes the value is not known.
    let again = team.scheduled();
    assert_eq!(again.short()[1..], ["edge (1) / run: success", "edge (1) / record: success"], "{again}");
    team.assert_quiet();
}

#[test]
fn a_runner_that_is_lost_leaves_a_result_that_is_no_verdict() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let run = meanwhile(&team, &sandbox, |run, _| run.control.lose());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: failure", "edge (1) / record: success"], "{run}");
    assert_eq!(team.notebook("edge")[0], "infra-error: New edge (1) [skip ci]");
    assert!(!run.artifacts().exists(), "{run}");
    processes::assert_none_left(&sandbox);
    assert_eq!(team.scheduled().short().len(), 3);
    assert_eq!(team.notebook("edge")[0], "passed: New edge (1) [skip ci]");
    team.assert_quiet();
}

#[test]
fn a_run_that_ends_between_poll_and_launch_loses_nothing() {
    let stop: fn(&Control) = Control::stop;
    let cancel: fn(&Control) = Control::cancel;
    for end in [stop, cancel] {
        let sandbox = Sandbox::new();
        let team = Team::new(&sandbox, &["edge"]);
        let run = team.hub.start("schedule").watch(|job, control| {
            if job.contains("edge") {
                end(control);
            }
        });
        // Even if nothing is ever tried again: it was not tried yet.
        let with = [("retry", json!(0))];
        run.execute(&team.workflow(&with), &BTreeMap::new());
        assert_eq!(run.poll().outputs["count"], "1", "{run}");
        assert_eq!((team.spread.launches().len(), team.notebook("edge").len()), (0, 1), "{run}");
        let next = team.scheduled_with(&with);
        assert_eq!(next.poll().step("Poll").outputs["changed"], "[]", "{next}");
        assert_eq!(next.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{next}");
        let launches = team.spread.launches().len();
        assert_eq!((launches, team.notebook("edge")[0].as_str()), (1, "passed: New edge (1) [skip ci]"));
        team.assert_quiet();
    }
}

#[test]
fn a_poll_whose_runner_is_lost_loses_nothing() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let team = Team::with(&sandbox, |history, target| {
        let waits = format!("{}; {}; echo 1", begun.pass(), end.wait());
        history.branch("edge").options(options("edge", &waits, target));
    });
    // An isolated extractor could not open the gate.
    team.hub.without_isolation();
    let run = team.hub.start("schedule");
    thread::scope(|scope| {
        scope.spawn(|| run.execute(&team.workflow(&[]), &BTreeMap::new()));
        begun.await_one();
        run.control.lose();
        end.open();
    });
    assert_eq!(run.short(), ["poll: failure", "launch: skipped"], "{run}");
    assert_eq!(team.notebook("edge"), [""; 0]);
    end.open();
    let run = team.scheduled();
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
}

#[test]
fn what_two_schedules_list_is_launched_once() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let second = team.hub.start("schedule");
    let first = meanwhile(&team, &sandbox, |_, end| {
        thread::scope(|scope| {
            scope.spawn(|| second.execute(&team.workflow(&[]), &BTreeMap::new()));
            team.hub.groups.await_waiting("spread-cron-launch-");
            end.open();
        });
    });
    for run in [&first, &second] {
        assert_eq!(run.poll().outputs["count"], "1", "{run}");
    }
    assert_eq!(first.short()[1..], ["edge (1) / run: success", "edge (1) / record: success"], "{first}");
    assert_eq!(second.short()[1..], ["edge (1) / run: success", "edge (1) / record: skipped"], "{second}");
    assert_eq!(second.leg("edge", "1", "run").outputs["launched"], "false", "{second}");
    assert_eq!(team.spread.launches().len(), 1);
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
    team.assert_quiet();
}

#[test]
fn all_jobs_of_a_run_can_be_run_again() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    team.spread.plan("machines_up() { exit 1; }; discarding() { true; }; summary() { :; }");
    let run = team.scheduled();
    assert_eq!(run.short()[1], "edge (1) / run: failure", "{run}");
    assert_eq!(team.notebook("edge")[0], "infra-error: New edge (1) [skip ci]", "{run}");
    team.spread.plan("");
    let again = run.again();
    again.execute(&team.workflow(&[]), &BTreeMap::new());
    assert_eq!(again.poll().step("Poll").outputs["changed"], "[]");
    assert_eq!(again.short()[1..], ["edge (1) / run: success", "edge (1) / record: success"], "{again}");
    assert_eq!(team.notebook("edge")[0], "passed: New edge (1) [skip ci]");
    let body = team.remote.git(["show", "-s", "--format=%B", "edge"]);
    assert!(body.contains("/o/r/actions/runs/1/attempts/2"), "{body}");
    let last = again.again();
    last.execute(&team.workflow(&[]), &BTreeMap::new());
    assert_eq!(last.short(), ["poll: success", "launch: skipped"], "{last}");
}

#[test]
fn a_result_that_cannot_be_recorded_is_an_error() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let run = team.hub.start("schedule").watch(|job, _| {
        if job.ends_with("/ record") {
            team.remote.git(["branch", "-D", "edge"]);
        }
    });
    run.execute(&team.workflow(&[]), &BTreeMap::new());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: failure"], "{run}");
    let record = run.leg("edge", "1", "record");
    let errors: Vec<_> =
        record.commands().map(|command| (command.name.as_str(), command.data.contains("edge"))).collect();
    assert_eq!(errors, [("error", true)], "{record}");
}

#[test]
fn an_output_that_looks_like_a_secret_is_not_needed() {
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["edge"]);
    team.hub.secret("LINES", "FLAG<<END\ntrue\nEND");
    let mut caller = team.workflow(&[]);
    caller.jobs.get_mut("spread-cron").unwrap().secrets = parse("{ environment: '${{ secrets.LINES }}' }").unwrap();
    let run = team.hub.run(&caller);
    let leg = run.leg("edge", "1", "run");
    assert_eq!((leg.dropped, team.spread.launch().variable("FLAG")), (vec!["launched".to_owned()], Some("true")));
    assert_eq!(team.notebook("edge")[0], "passed: New edge (1) [skip ci]", "{run}");
}

#[test]
fn a_suite_cannot_forge_what_is_recorded() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge", "other"]);
    let forge = "mkdir -p \"$GITHUB_WORKSPACE/out/evil\"; echo '{' > \"$GITHUB_WORKSPACE/out/evil/result.json\"";
    team.spread.plan(&format!("summary() {{ {forge}; closing_lines; }}"));
    let run = team.scheduled();
    for name in ["edge", "other"] {
        assert_eq!(run.leg(name, "1", "record").outcome.word(), "success", "{run}");
        assert_eq!(team.notebook(name)[0], format!("passed: New {name} (1) [skip ci]"), "{run}");
    }
}

#[test]
fn an_artifact_that_contradicts_the_job_is_refused() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let run = team.hub.start("schedule");
    let file = run.artifacts().join("spread-cron-edge/result.json");
    let run = run.watch(move |job, _| {
        if job == "spread-cron / edge (1) / record" {
            let mut result: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            result["status"] = json!("failed");
            fs::write(&file, result.to_string()).unwrap();
        }
    });
    run.execute(&team.workflow(&[]), &BTreeMap::new());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: failure"], "{run}");
    let record = run.leg("edge", "1", "record");
    let said: Vec<_> = record.commands().map(|command| command.data.as_str()).collect();
    assert!(said.len() == 1 && said[0].contains("says failed, and passed was expected"), "{record}");
    assert_eq!(team.notebook("edge"), ["New edge (1)"], "neither of the two is believed");
}

#[test]
fn an_artifact_of_no_use_costs_no_result() {
    type Spoil = fn(&Path, &Path);
    let spoils: [(&str, Spoil); 3] = [
        ("broken", |own, _| fs::write(own.join("result.json"), "{").unwrap()),
        ("of another resource", |own, other| {
            fs::copy(other.join("result.json"), own.join("result.json")).unwrap();
        }),
        ("lost", |own, _| fs::remove_dir_all(own).unwrap()),
    ];
    for (what, spoil) in spoils {
        let sandbox = Sandbox::new();
        let team = Team::new(&sandbox, &["edge", "aother"]);
        let run = team.hub.start("schedule");
        let artifacts = run.artifacts();
        let run = run.watch(move |job, _| {
            if job == "spread-cron / edge (1) / record" {
                spoil(&artifacts.join("spread-cron-edge"), &artifacts.join("spread-cron-aother"));
            }
        });
        run.execute(&team.workflow(&[]), &BTreeMap::new());
        for name in ["edge", "aother"] {
            let expected = [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")];
            assert_eq!(team.notebook(name), expected, "{what}\n{run}");
        }
    }
}
