//! The workflows of `action/README.md` do what the page says, as they stand there.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::runner::{Action, Hub, Workflow, load, parse};
use crate::support::team::product;
use crate::support::{Sandbox, Team};

fn page() -> String {
    fs::read_to_string(Hub::project().join("action/README.md")).unwrap()
}

/// The blocks of a language in a text.
fn blocks_of(language: &str, text: &str) -> Vec<String> {
    let fence = format!("\n```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// The blocks of YAML on the page, which have no more indentation than they need.
fn blocks() -> Vec<String> {
    blocks_of("yaml", &page())
        .into_iter()
        .map(|block| {
            let margin = block.len() - block.trim_start().len();
            block.lines().map(|line| format!("{}\n", line.get(margin..).unwrap_or_default())).collect()
        })
        .collect()
}

/// The one workflow on the page with this text in it.
#[track_caller]
fn workflow(mark: &str) -> Workflow {
    let blocks = blocks();
    let found: Vec<_> = blocks.iter().filter(|block| block.contains("\njobs:") && block.contains(mark)).collect();
    let [text] = found[..] else { panic!("{mark} is in {} workflows", found.len()) };
    with_product(text)
}

/// A workflow with the program that is tested instead of one that is downloaded.
#[track_caller]
fn with_product(text: &str) -> Workflow {
    let mut workflow: Workflow = parse(text).unwrap_or_else(|err| panic!("{err}\n{text}"));
    let bin = || ("bin".to_owned(), json!(product()));
    for job in workflow.jobs.values_mut() {
        if job.uses.is_some() {
            job.with.extend([bin()]);
        }
        let is_setup = |uses: &Option<String>| uses.as_ref().is_some_and(|uses| uses.contains("/action/setup@"));
        job.steps.iter_mut().filter(|step| is_setup(&step.uses)).for_each(|step| step.with.extend([bin()]));
    }
    workflow
}

#[test]
fn the_file_to_copy_is_the_one_that_init_writes() {
    let sandbox = Sandbox::new();
    let run = sandbox.init("adopter").run(["init", "--dry-run"]);
    assert!(blocks().contains(&run.stdout_text()), "{run}");
}

#[test]
fn from_an_empty_repository_to_the_first_green_launch() {
    let sandbox = Sandbox::new();
    let (remote, target) = (sandbox.bare("remote"), sandbox.bare("target"));
    target.build(|history| {
        history.branch("main").file("README", "Hello World!\n").commit("Greet");
    });
    let clone = remote.clone_to("clone");
    let page = page();
    let commands = blocks_of("sh", page.split("\n## The workflow\n").next().unwrap());
    let [init, add, gh, look] = &commands[..] else { panic!("{commands:#?}") };
    let type_in = |commands: &str| {
        let commands = commands.replace("https://github.com/octocat/Hello-World", &target.url());
        let output = sandbox.command("bash", clone.path()).args(["-ec", &commands]).output().unwrap();
        assert!(output.status.success(), "{commands}\n{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    type_in(init);
    type_in(add);
    assert!(gh.starts_with("gh workflow run spread-cron.yml "), "{gh}");
    let hub = Hub::new(&sandbox, &remote);
    let run = hub.run(&with_product(&remote.git(["show", "main:.github/workflows/spread-cron.yml"])));
    assert!(run.jobs().iter().all(|job| job.outcome.word() == "success") && run.jobs().len() == 3, "{run}");
    let digits = |text: &str| text.trim().replace(|c: char| c.is_ascii_digit(), "0");
    let shown = blocks_of("text", &page);
    assert_eq!(digits(&type_in(look)), digits(&shown[0]));
}

#[test]
fn every_input_and_output_is_on_the_page() {
    let page = page();
    let (own, actions) = page.split_once("\n## The actions\n").unwrap();
    let call = load::<Workflow>(&Hub::project().join(".github/workflows/spread-cron.yml")).call().unwrap();
    let declared: BTreeSet<&str> = call.inputs.keys().chain(call.secrets.keys()).map(String::as_str).collect();
    let tables = own.split_once("\n### What you can set\n").unwrap().1.split("\n### ").next().unwrap();
    let first_cells = tables.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    assert_eq!(first_cells.map(|(name, _)| name).collect::<BTreeSet<_>>(), declared);
    for action in ["setup", "poll", "run", "record"] {
        let declared: Action = load(&Hub::project().join(format!("action/{action}/action.yml")));
        let row = actions.lines().find(|line| line.starts_with(&format!("| `action/{action}` |"))).unwrap();
        let words: BTreeSet<&str> = row.split('`').skip(1).step_by(2).skip(1).collect();
        let declared: BTreeSet<&str> =
            declared.inputs.keys().chain(declared.outputs.keys()).map(String::as_str).collect();
        assert_eq!(words, declared, "{action}");
    }
}

#[test]
fn polls_whose_pushes_start_launches() {
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["edge", "other"]);
    team.hub.serve();
    team.hub.variable("APP_CLIENT_ID", "an app");
    team.hub.secret("APP_PRIVATE_KEY", "its key");
    let run = team.hub.run(&workflow("create-github-app-token"));
    assert_eq!(run.outcomes(), [("poll".to_owned(), "success")], "{run}");
    assert_eq!(team.notebook("edge"), ["New edge (1)"]);
    let launch = workflow("endsWith(github.event.head_commit.message");
    let run = team.hub.push(&launch, "edge");
    let legs = ["launch / run", "launch / record"].map(|name| (name.to_owned(), "success"));
    assert_eq!(run.outcomes(), legs, "{run}");
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
    assert_eq!(team.notebook("other"), ["New other (1)"]);
    // Whatever else is pushed to a branch launches nothing.
    team.remote.build(|history| {
        history.existing("edge").commit("Reword the options");
    });
    assert_eq!(team.hub.push(&launch, "edge").outcomes(), [("launch".to_owned(), "skipped")]);
}

#[test]
fn a_fleet_shares_the_resources() {
    let sandbox = Sandbox::new();
    let names = ["a", "b", "c"];
    let team = Team::new(&sandbox, &names);
    let run = team.hub.run(&workflow("1/3"));
    assert!(run.jobs().iter().all(|job| job.outcome.word() != "failure"), "{run}");
    assert_eq!(run.jobs().iter().filter(|job| job.name.ends_with(" / poll")).count(), 3);
    for name in names {
        assert_eq!(
            team.notebook(name),
            [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")],
            "{run}"
        );
    }
}

#[test]
fn jobs_of_ones_own() {
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["a;b", "edge"]);
    team.hub.serve();
    let own = workflow("steps.poll.outputs.matrix");
    let run = team.hub.run(&own);
    assert!(run.jobs().iter().all(|job| job.outcome.word() == "success"), "{run}");
    for name in ["a;b", "edge"] {
        assert_eq!(
            team.notebook(name),
            [format!("passed: New {name} (1) [skip ci]"), format!("New {name} (1)")],
            "{run}"
        );
    }
    let run = team.hub.run(&own);
    assert_eq!(run.job("run").outcome.word(), "skipped", "{run}");
}

#[test]
fn variables_for_the_suite() {
    let sandbox = Sandbox::new();
    let mut team = Team::new(&sandbox, &["edge"]);
    team.hub.secret("SPREAD_GOOGLE_KEY", "{\"a\": \"$(b)\"}");
    team.hub.secret("STORE_LOGIN", "line one\n\nline = three");
    let block = blocks().into_iter().find(|block| block.starts_with("secrets:")).unwrap();
    let mut caller = team.workflow(&[]);
    let secrets: Value = parse(&block).unwrap();
    let job = caller.jobs.get_mut("spread-cron").unwrap();
    job.secrets = Some(serde_json::from_value(secrets["secrets"].clone()).unwrap());
    let run = team.hub.run(&caller);
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    let call = team.spread.launch();
    assert_eq!(call.variable("SPREAD_GOOGLE_KEY"), Some("{\"a\": \"$(b)\"}"));
    assert_eq!(call.variable("STORE_LOGIN"), Some("line one\n\nline = three"));
}
