//! `action/poll` in workflows of one's own: with a checkout or without one, with patterns, with any shard.

use serde_json::{Value, json};

use crate::support::runner::{Action, Credential, Hub, Workflow, WorkflowRun, load, parse};
use crate::support::team::product;
use crate::support::{Sandbox, Team};

#[test]
fn the_action_at_the_root_sets_up_and_polls() {
    let root: Action = load(&Hub::project().join("action.yml"));
    assert_eq!(root.branding.keys().collect::<Vec<_>>(), ["color", "icon"], "the Marketplace asks for them");
    for name in ["setup", "poll"] {
        let part: Action = load(&Hub::project().join(format!("action/{name}/action.yml")));
        for (input, declared) in &part.inputs {
            let own = root.inputs.get(input).unwrap_or_else(|| panic!("the input {input} of {name} is missing"));
            assert_eq!(own.default, declared.default, "{input}");
        }
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let text = format!(
        "on: schedule\npermissions: {{}}\njobs:\n  poll:\n    runs-on: x\n    permissions: {{ contents: write }}\n    steps:\n      \
         - {{ id: poll, uses: OWNER/git-spread-cron@v1, with: {{ bin: {} }} }}\n    outputs:\n      \
         changed: ${{{{ steps.poll.outputs.changed }}}}\n      count: ${{{{ steps.poll.outputs.count }}}}\n",
        product().display()
    );
    let run = team.hub.run(&parse(&text).unwrap_or_else(|err| panic!("{err}\n{text}")));
    assert_eq!((output(&run, "changed"), output(&run, "count")), (json!(["edge"]), json!(1)), "{run}");
    assert_eq!(team.notebook("edge"), ["New edge (1)"]);
}

/// A job that polls after these steps, with these inputs.
fn workflow(before: &str, with: Value) -> Workflow {
    let text = format!(
        "on: schedule\npermissions: {{}}\njobs:\n  poll:\n    runs-on: x\n    permissions: {{ contents: write }}\n    steps:\n{before}      \
         - {{ uses: $/action/setup, with: {{ bin: {} }} }}\n      - {{ id: poll, uses: $/action/poll, with: {with} }}\n    \
         outputs:\n{}",
        product().display(),
        ["changed", "count", "matrix", "failed", "report"]
            .map(|name| format!("      {name}: ${{{{ steps.poll.outputs.{name} }}}}\n"))
            .concat()
    );
    parse(&text).unwrap_or_else(|err| panic!("{err}\n{text}"))
}

#[track_caller]
fn output(run: &WorkflowRun<'_>, name: &str) -> Value {
    let job = run.job("poll");
    let text = job.outputs.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name} in\n{run}"));
    serde_json::from_str(text).unwrap_or_else(|err| panic!("{err} in {text}"))
}

#[track_caller]
fn resources(run: &WorkflowRun<'_>) -> Vec<String> {
    let matrix = output(run, "matrix");
    let list = matrix["include"].as_array().expect("a matrix has entries");
    list.iter().map(|entry| entry["resource"].as_str().unwrap().to_owned()).collect()
}

const CHECKOUT: &str = "      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n";

#[test]
fn a_checkout_of_depth_1_gives_the_right_decisions() {
    for credential in [Credential::Included, Credential::InConfig] {
        let sandbox = Sandbox::new();
        let mut team = Team::new(&sandbox, &["fresh"]);
        team.hub.credential = credential;
        let extractor = team.world.extractor("moves");
        team.world.set("moves", "3");
        team.remote.build(|history| {
            history.resource("same", "Same", "echo 2").state("Same (1)").state("Same (2)").commit("Fix the options");
            history
                .resource("moves", "Moves", &extractor)
                .state("Moves (1)")
                .state("Moves (2)")
                .commit("passed: Moves (2) [skip ci]");
        });
        let same = team.remote.tip("same");
        let run = team.hub.run(&workflow(CHECKOUT, json!({})));
        assert_eq!(run.outcomes(), [("poll".to_owned(), "success")], "{run}");
        assert_eq!(output(&run, "changed"), json!(["fresh", "moves"]));
        assert_eq!((output(&run, "count"), output(&run, "failed")), (json!(3), json!([])));
        assert_eq!((team.remote.tip("same"), team.remote.subjects("moves")[0].as_str()), (same, "Moves (3)"));
        assert_eq!(output(&run, "report")["resources"].as_array().unwrap().len(), 3);
        let refs = team.remote.refs();
        let run = team.hub.run(&workflow(CHECKOUT, json!({})));
        assert_eq!((output(&run, "changed"), output(&run, "count")), (json!([]), json!(3)));
        assert_eq!(team.remote.refs(), refs);
        // Extractors could read the token of the checkout.
        let warned = run.job("poll").commands().any(|command| command.data.contains("persist-credentials"));
        assert!(warned, "{run}");
    }
}

#[test]
fn the_default_branch_is_no_resource_by_whatever_name() {
    for before in [CHECKOUT, ""] {
        let sandbox = Sandbox::new();
        let team = Team::new(&sandbox, &["edge"]);
        team.remote.build(|history| {
            history
                .existing("main")
                .file("options", "message=Template\npattern_extractor='echo 1'\n")
                .commit("A template");
        });
        team.remote.git(["branch", "-m", "main", "trunk"]);
        let run = team.hub.run(&workflow(before, json!({})));
        assert_eq!(output(&run, "changed"), json!(["edge"]), "{run}");
    }
}

#[test]
fn a_clone_of_its_own_gives_the_same_decisions() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["fresh"]);
    team.remote.build(|history| {
        history.resource("same", "Same", "echo 2").state("Same (1)").state("Same (2)");
    });
    let run = team.hub.run(&workflow("", json!({})));
    assert_eq!(output(&run, "changed"), json!(["fresh"]), "{run}");
    let quiet = format!("{CHECKOUT}        with: {{ persist-credentials: false }}\n");
    for before in ["", &quiet] {
        let run = team.hub.run(&workflow(before, json!({})));
        assert_eq!((output(&run, "changed"), output(&run, "count")), (json!([]), json!(2)), "{run}");
        assert!(run.job("poll").commands().all(|command| command.name != "warning"), "{run}");
    }
}

#[test]
fn patterns_are_globs_of_names_and_of_no_files() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["alpha", "beta", "beat", "gamma"]);
    let files = format!("{CHECKOUT}      - run: touch alpha-file b* 'b[e]ta' -- -x; git init -q other\n");
    for (patterns, expected) in [
        ("b[e]ta", &["beta"][..]),
        ("  b*\n\n a*\t", &["alpha", "beat", "beta"]),
        ("g[a]mma", &["gamma"]),
        ("?eta", &["beta"]),
    ] {
        let run = team.hub.run(&workflow(&files, json!({ "patterns": patterns })));
        let mut found = resources(&run);
        found.sort();
        assert_eq!(found, expected, "{patterns}\n{run}");
    }
    let run = team.hub.run(&workflow(&files, json!({ "patterns": "gamma $(touch${IFS}hacked)*" })));
    let job = run.job("poll");
    let step = job.step("Poll");
    assert!(job.outcome.word() == "failure" && step.log.contains("$(touch${IFS}hacked)*"), "{run}");
    assert!(!job.folder.join("workspace/hacked").exists());
}

#[test]
fn a_private_repository_is_fetched_and_pushed_with_the_token() {
    for (before, credential) in
        [("", Credential::Included), (CHECKOUT, Credential::Included), (CHECKOUT, Credential::InConfig)]
    {
        let sandbox = Sandbox::new();
        let mut team = Team::new(&sandbox, &["edge"]);
        team.hub.serve();
        team.hub.credential = credential;
        let run = team.hub.run(&workflow(before, json!({})));
        assert_eq!(output(&run, "changed"), json!(["edge"]), "{run}");
        assert_eq!((output(&run, "count"), team.notebook("edge")), (json!(1), vec!["New edge (1)".to_owned()]));
    }
}
