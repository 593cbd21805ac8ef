//! Values, names and outputs of others that mean something to a shell, to Markdown or to the runner go through the actions
//! unharmed and harmless.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::support::actions::rows;
use crate::support::hostile::{NAMES, values};
use crate::support::runner::{JobRecord, WorkflowRun, files_under};
use crate::support::team::options;
use crate::support::{Sandbox, Team, executes};

/// What the runner may be told: groups around a launch, who failed, and as whom extractors run.
#[track_caller]
fn assert_harmless(run: &WorkflowRun<'_>, sandbox: &Sandbox) {
    for job in run.jobs() {
        for command in job.commands() {
            let properties: Vec<_> = command.properties.keys().map(String::as_str).collect();
            let shape = (command.name.as_str(), properties.as_slice());
            let known = matches!(shape, ("group" | "endgroup", []) | ("notice" | "warning" | "error", ["title"]));
            assert!(known, "{command:?} in\n{job}");
        }
        assert!(job.dropped.is_empty() && job.error.is_none(), "{job}");
        assert!(job.steps.iter().all(|step| step.errors.is_empty()), "{job}");
    }
    let hacked = files_under(&sandbox.path("")).into_iter().find(|file| file.ends_with("hacked"));
    assert_eq!(hacked, None, "something was executed\n{run}");
}

fn outputs_of(job: &JobRecord) -> Vec<&str> {
    let mut names: Vec<_> = job.steps.iter().flat_map(|step| step.outputs.keys()).map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn values_and_names() {
    let sandbox = Sandbox::new();
    let world = sandbox.world();
    let values = values();
    assert!(values.len() >= NAMES.len(), "each name gets a value of its own");
    let cases: Vec<_> = NAMES.into_iter().zip(&values).collect();
    let team = Team::with(&sandbox, |history, target| {
        for (number, (name, value)) in cases.iter().enumerate() {
            world.set(&number.to_string(), value);
            history.branch(name).options(options(name, &world.extractor(&number.to_string()), target));
        }
    });
    let run = team.scheduled();
    assert_harmless(&run, &sandbox);
    let poll = run.poll();
    assert_eq!(
        outputs_of(&poll),
        ["build", "built", "changed", "count", "failed", "matrix", "path", "path", "report", "version"]
    );
    let matrix: Value = serde_json::from_str(poll.outputs["matrix"].as_str().unwrap()).unwrap();
    let mut artifacts = BTreeSet::new();
    for (name, value) in &cases {
        let entry = matrix["include"].as_array().unwrap().iter().find(|entry| entry["resource"] == *name);
        let entry = entry.unwrap_or_else(|| panic!("{name} is not in {matrix:#}"));
        assert_eq!(entry["value"].as_str(), Some(value.as_str()));
        let subject = format!("New {name} ({value})");
        assert_eq!(team.notebook(name), [format!("passed: {subject} [skip ci]"), subject]);
        let leg = run.leg(name, value, "run");
        assert_eq!(outputs_of(&leg), ["build", "built", "launched", "path", "slug", "status", "version"]);
        let shown = rows(&leg.summary()).concat().concat() + &rows(&poll.summary()).concat().concat();
        assert!(shown.contains(name), "{name} is not in {shown}");
        let artifact = leg.outputs["artifact"].as_str().unwrap().to_owned();
        assert!(run.artifacts().join(&artifact).join("result.json").exists(), "{leg}");
        artifacts.insert(artifact);
    }
    assert_eq!(artifacts.len(), cases.len(), "two have the same artifact: {artifacts:?}");
    team.assert_quiet();
}

/// Lines that are commands wherever the runner reads them, on both streams.
const SHOUTS: &str = "for to in 1 2; do printf '%s\\n' '::set-output name=status::hacked' '  ::add-mask::passed' \
'x ##[set-output name=status]hacked' '::error::hacked' '::stop-commands::pwned' '::set-env name=A::hacked' '##[endgroup]' \
'::endgroup::' '%0A::warning::hacked' >&$to; printf '\\r::error::hacked\\r\\n::warning::no newline' >&$to; done";

#[test]
fn the_output_of_a_suite_and_of_an_extractor() {
    let sandbox = Sandbox::new();
    let (name, value) = ("::error::a", "]]> ::set-output name=launched::false");
    let team = Team::with(&sandbox, |history, target| {
        let shouts = format!("{SHOUTS}; false");
        let branch = history.branch("edge").file("custom/tests/main/alpha/task.yaml", executes(&shouts));
        branch.entry("100755", "actions.sh", format!("{SHOUTS}\ncp -ar custom/. target/\n")).options(options(
            "edge",
            &format!("echo {}", shell_words::quote(value)),
            target,
        ));
        history.branch("loud").options(options(name, &format!("{{ {SHOUTS}; }} >&2; exit 1"), target));
    });
    team.spread.plan(&format!("machines_up() {{ {SHOUTS}; }}"));
    let run = team.scheduled();
    assert_harmless(&run, &sandbox);
    let leg = run.leg("edge", value, "run");
    let count = |name: &str| leg.commands().filter(|command| command.name == name).count();
    assert_eq!(["group", "endgroup", "error", "warning"].map(count), [1, 1, 1, 0], "{leg}");
    assert_eq!((&leg.outputs["launched"], &leg.outputs["status"]), (&Value::from("true"), &Value::from("failed")));
    assert!(leg.step("Launch").log.contains("##[set-output name=status]hacked"), "the suite has said it\n{leg}");
    assert_eq!(team.notebook("edge")[0], format!("failed: New edge ({value}) [skip ci]"));
    let warnings: Vec<_> = run.poll().commands().filter(|command| command.name == "warning").cloned().collect();
    assert_eq!(warnings.len(), 1, "{run}");
    let log = fs::read_to_string(run.artifacts().join("spread-cron-edge/spread.log")).unwrap();
    assert!(log.contains("::add-mask::passed"), "{log}");
}
