//! The workflows of `action/README.md` and of `docs/ci/github.md` do what the pages say, as they stand there.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::act::{Act, HOME, is_there};
use crate::support::runner::{Action, Hub, Workflow, load, parse};
use crate::support::{Sandbox, Team};

fn page(path: &str) -> String {
    fs::read_to_string(Hub::project().join(path)).unwrap()
}

fn quick_start() -> String {
    page("action/README.md")
}

fn guide() -> String {
    page("docs/ci/github.md")
}

/// The blocks of a language in a text, which have no more indentation than they need.
fn blocks_of(language: &str, text: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| {
            let margin = block.len() - block.trim_start().len();
            block.lines().map(|line| format!("{}\n", line.get(margin..).unwrap_or_default())).collect()
        })
        .collect()
}

/// The one workflow of the guide with this text in it.
#[track_caller]
fn workflow(mark: &str) -> String {
    let blocks = blocks_of("yaml", &guide());
    let found: Vec<_> = blocks.iter().filter(|block| block.contains("\njobs:") && block.contains(mark)).collect();
    let [text] = found[..] else { panic!("{mark} is in {} workflows", found.len()) };
    text.clone()
}

#[test]
fn the_file_to_copy_is_the_one_that_init_writes() {
    let sandbox = Sandbox::new();
    let run = sandbox.init("adopter").run(["init", "--dry-run", "--uses", HOME]);
    assert_eq!(blocks_of("yaml", &quick_start()), [run.stdout_text()], "{run}");
}

#[test]
fn from_an_empty_repository_to_the_first_green_launch() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let target = sandbox.bare("target");
    target.build(|history| {
        history.branch("main").file("README", "Hello World!\n").commit("Greet");
    });
    let team = Team::empty(&sandbox);
    let clone = team.remote.clone_to("clone");
    let page = quick_start();
    let commands = blocks_of("sh", &page);
    let [init, add, gh, look] = &commands[..] else { panic!("{commands:#?}") };
    let type_in = |commands: &str| {
        let commands = commands.replace("https://github.com/octocat/Hello-World", &target.url());
        let mut shell = sandbox.command("bash", clone.path());
        // To push, as a person may.
        let output = shell.args(["-ec", &commands]).env("TOKEN", "ghs_of_the_app").output().unwrap();
        assert!(output.status.success(), "{commands}\n{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let act = Act::new(&team);
    type_in(init);
    type_in(add);
    assert!(gh.starts_with("gh workflow run spread-cron.yml "), "{gh}");
    let written = team.remote.git(["show", "main:.github/workflows/spread-cron.yml"]);
    let played = act.play(&written, "workflow_dispatch", &json!({ "inputs": {} }));
    assert!(played.jobs.len() == 3 && played.jobs.iter().all(|job| job.ends_with(": success")), "{played}");
    let digits = |text: &str| text.trim().replace(|c: char| c.is_ascii_digit(), "0");
    let shown = blocks_of("text", &page);
    assert_eq!(digits(&type_in(look)), digits(&shown[0]));
}

/// Two screens, and no more.
#[test]
fn the_quick_start_is_short() {
    let page = quick_start();
    assert!(page.lines().count() <= 120, "{}", page.lines().count());
}

#[test]
fn every_input_and_output_is_on_the_pages() {
    let (page, guide) = (quick_start(), guide());
    let call = load::<Workflow>(&Hub::project().join(".github/workflows/spread-cron.yml")).call().unwrap();
    let declared: BTreeSet<&str> = call.inputs.keys().chain(call.secrets.keys()).map(String::as_str).collect();
    let tables = page.split_once("\n## Inputs\n").unwrap().1.split("\n## What went wrong").next().unwrap();
    let cells = tables.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('|'));
    let named: BTreeSet<&str> =
        cells.flat_map(|(cell, _)| cell.split('`').step_by(2)).filter(|it| !it.is_empty()).collect();
    assert_eq!(named, declared);
    let actions = guide.split_once("\n## The actions\n").unwrap().1;
    for action in ["setup", "poll", "run", "record"] {
        let declared: Action = load(&Hub::project().join(format!("action/{action}/action.yml")));
        let row = actions.lines().find(|line| line.starts_with(&format!("| `action/{action}` |"))).unwrap();
        let words: BTreeSet<&str> = row.split('`').skip(1).step_by(2).skip(1).collect();
        let words = words.into_iter().filter(|word| *word != "result.json").collect::<BTreeSet<_>>();
        let declared: BTreeSet<&str> =
            declared.inputs.keys().chain(declared.outputs.keys()).map(String::as_str).collect();
        assert_eq!(words, declared, "{action}");
    }
}

#[test]
fn polls_whose_pushes_start_launches() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["edge", "other"]);
    team.hub.serve();
    let mut act = Act::new(&team);
    act.over_http();
    act.variables.insert("APP_CLIENT_ID".to_owned(), "an app".to_owned());
    act.secrets.insert("APP_PRIVATE_KEY".to_owned(), "its key".to_owned());
    let played = act.play(&workflow("create-github-app-token"), "schedule", &json!({}));
    assert_eq!(played.jobs, ["poll/poll: success"], "{played}");
    assert_eq!(team.notebook("edge"), ["New edge (1)"]);
    let launch = workflow("endsWith(github.event.head_commit.message");
    let push = |message: &str| {
        let tip = team.remote.tip("edge");
        let event = json!({ "ref": "refs/heads/edge", "after": tip, "head_commit": { "id": tip, "message": message } });
        act.play_on("edge", &launch, "push", &event)
    };
    let played = push("New edge (1)");
    assert!(played.jobs.len() == 2 && played.jobs.iter().all(|job| job.ends_with(": success")), "{played}");
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
    assert_eq!(team.notebook("other"), ["New other (1)"]);
    // Whatever else is pushed to a branch launches nothing.
    assert_eq!(push("Reword the options").jobs, [""; 0]);
}

#[test]
fn a_fleet_shares_the_resources() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let names = ["a", "b", "c"];
    let team = Team::new(&sandbox, &names);
    let played = Act::new(&team).play(&workflow("1/3"), "schedule", &json!({}));
    assert!(played.jobs.iter().all(|job| !job.ends_with(": failure")), "{played}");
    for name in names {
        let expected = [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")];
        assert_eq!(team.notebook(name), expected, "{played}");
    }
}

#[test]
fn jobs_of_ones_own() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["a;b", "edge"]);
    team.hub.serve();
    let mut act = Act::new(&team);
    act.over_http();
    let own = workflow("steps.poll.outputs.matrix");
    let played = act.play(&own, "workflow_dispatch", &json!({}));
    assert!(played.jobs.iter().all(|job| job.ends_with(": success")), "{played}");
    for name in ["a;b", "edge"] {
        let expected = [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")];
        assert_eq!(team.notebook(name), expected, "{played}");
    }
    let played = act.play(&own, "workflow_dispatch", &json!({}));
    assert!(played.jobs.len() == 1, "{played}");
}

#[test]
fn variables_for_the_suite() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let mut act = Act::new(&team);
    act.secrets.insert("SPREAD_GOOGLE_KEY".to_owned(), "{\"a\": \"$(b)\"}".to_owned());
    act.secrets.insert("STORE_LOGIN".to_owned(), "line one\n\nline = three".to_owned());
    let block = blocks_of("yaml", &guide()).into_iter().find(|block| block.starts_with("secrets:")).unwrap();
    let secrets: Value = parse(&block).unwrap();
    let played = act.scheduled_with(&[], &secrets["secrets"]);
    assert_eq!(team.notebook("edge")[0], "passed: New edge (1) [skip ci]", "{played}");
    let call = team.spread.launch();
    assert_eq!(call.variable("SPREAD_GOOGLE_KEY"), Some("{\"a\": \"$(b)\"}"));
    assert_eq!(call.variable("STORE_LOGIN"), Some("line one\n\nline = three"));
}
