//! What runs code of others finds no token: extractors, `actions.sh` and spread look into their environment and into every
//! file of the machine.

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;

use crate::support::runner::{Workflow, base64, parse};
use crate::support::team::options;
use crate::support::{Sandbox, Team, quoted};

/// Notes down what it sees: its environment, and each file of the machine with a token in it.
fn spy(sandbox: &Sandbox, who: &str) -> String {
    let folders = ["jobs", "machine", "tmp"].map(|folder| quoted(sandbox.path(folder))).join(" ");
    // Written so that the text of the spy is no finding.
    let look = format!(
        "env; grep -rIlE 's3cr[3]t|AUTHORIZATIO[N]|hunter[2]' {folders} . \"$HOME\" 2> /dev/null; cat /proc/$PPID/cmdline"
    );
    format!("{{ {look}; }} >> {} 2>&1 || :", quoted(sandbox.path(format!("seen-{who}"))))
}

#[track_caller]
fn seen(sandbox: &Sandbox, who: &str) -> String {
    let seen =
        String::from_utf8_lossy(&fs::read(sandbox.path(format!("seen-{who}"))).expect("the spy was here")).into_owned();
    assert!(seen.contains("PATH="), "{seen}");
    seen
}

/// The files with a token in them that a spy found.
fn findings<'t>(sandbox: &Sandbox, seen: &'t str) -> Vec<&'t str> {
    let folder = sandbox.path("").display().to_string();
    seen.lines().filter(|line| line.starts_with(&folder)).collect()
}

fn spied<'s>(sandbox: &'s Sandbox) -> Team<'s> {
    let team = Team::with(sandbox, |history, target| {
        let actions = format!("#!/bin/bash\n{}\ncp -ar custom/. target/\n", spy(sandbox, "actions"));
        let branch =
            history.branch("edge").entry("100755", "actions.sh", actions).file("custom/env.sh", "export A=1\n");
        branch.options(options("edge", &format!("{}; echo 1", spy(sandbox, "extractor")), target));
    });
    team.spread.plan(&format!("machines_up() {{ {}; }}", spy(sandbox, "spread")));
    // Not even then do extractors find a token; and these have to write down what they find.
    team.hub.without_isolation();
    team
}

/// All files below a folder that hold a text.
fn holding(folder: &std::path::Path, text: &str) -> String {
    let output = std::process::Command::new("grep").args(["-rlF", "-e", text]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn secret_files_are_there_for_the_suite_and_no_artifact_holds_a_secret() {
    let sandbox = Sandbox::new();
    let mut team = Team::with(&sandbox, |history, target| {
        let checks = "#!/bin/bash\nset -e\ntest \"$(stat -c %a sa.json)\" = 600\nmv sa.json moved.json\n\
            cat moved.json; base64 moved.json; echo \"password: $SUITE_PASSWORD $SHORT\"; test -s moved.json\n";
        let branch = history.branch("edge").entry("100755", "run-checks", checks);
        branch.options(options("edge", "echo 1", target));
    });
    team.hub.secret("SUITE", "hunter2");
    team.hub.secret("SA", "BEGIN private_key\ns3cr3t+/=");
    let mut workflow = team.workflow(&[]);
    let caller = workflow.jobs.get_mut("spread-cron").unwrap();
    caller.secrets = parse(
        "{ environment: \"SUITE_PASSWORD=${{ secrets.SUITE }}\\nSHORT=1\", files: \"sa.json<<END\\n${{ secrets.SA }}\\nEND\" }",
    )
    .unwrap();
    let run = team.hub.start("schedule");
    run.execute(&workflow, &BTreeMap::new());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    let log = fs::read_to_string(run.artifacts().join("spread-cron-edge/spread.log")).unwrap();
    assert!(log.contains("password: *** 1\n"), "{log}");
    for secret in ["hunter2", "private_key", "QkVHSU4gcHJpdmF0"] {
        assert_eq!(holding(&run.artifacts(), secret), "", "{secret}");
        let left = holding(&sandbox.path("jobs"), secret);
        assert!(
            left.lines().all(|line| line.contains("_runner_file_commands") || line.ends_with(".out")),
            "{secret}: {left}"
        );
    }
}

#[test]
fn no_token_can_be_seen() {
    let sandbox = Sandbox::new();
    let mut team = spied(&sandbox);
    team.hub.secret("SUITE", "hunter2");
    let mut workflow = team.workflow(&[]);
    let caller = workflow.jobs.get_mut("spread-cron").unwrap();
    caller.secrets = parse("{ environment: 'SUITE_PASSWORD=${{ secrets.SUITE }}' }").unwrap();
    let run = team.hub.start("schedule");
    run.execute(&workflow, &BTreeMap::new());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    let may_write = |job: &str| run.job(&format!("spread-cron / {job}")).permissions["contents"] == "write";
    assert_eq!(["poll", "edge (1) / run", "edge (1) / record"].map(may_write), [true, false, true]);
    for who in ["extractor", "actions", "spread"] {
        let seen = seen(&sandbox, who);
        let marks: Vec<_> = run.jobs().iter().map(|job| job.token.clone()).collect();
        let encoded = marks.iter().map(|token| base64(format!("x-access-token:{token}").as_bytes()));
        for mark in encoded.chain(marks.iter().cloned()).chain(["s3cr3t".to_owned(), "SPREAD_CRON_TOKEN".to_owned()]) {
            assert!(!seen.contains(&mark), "{who} can see {mark}:\n{seen}");
        }
        let found = findings(&sandbox, &seen);
        // The suite's own variables are its own: the runner keeps them in its files for the next steps, and here also the
        // log in which it was told to hide them.
        let kept = |line: &str| line.contains("_runner_file_commands/GITHUB_ENV_") || line.ends_with(".out");
        let known = |line: &&str| who != "extractor" && kept(line);
        assert!(found.iter().all(known), "{who} finds {found:?}");
        assert_eq!(seen.contains("SUITE_PASSWORD=hunter2"), who != "extractor", "{who}:\n{seen}");
    }
}

#[test]
fn a_token_of_ones_own_can_be_seen_as_little() {
    let sandbox = Sandbox::new();
    let mut team = spied(&sandbox);
    team.hub.secret("PAT", "ghp_s3cr3t_of_ones_own");
    let mut workflow = team.workflow(&[]);
    let caller = workflow.jobs.get_mut("spread-cron").unwrap();
    caller.secrets = parse("{ token: '${{ secrets.PAT }}' }").unwrap();
    caller.permissions = parse("{ contents: write }").unwrap();
    let run = team.hub.start("schedule");
    team.hub.admit("ghp_s3cr3t_of_ones_own", true);
    run.execute(&workflow, &BTreeMap::new());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    for who in ["extractor", "actions", "spread"] {
        let seen = seen(&sandbox, who);
        assert!(!seen.contains("s3cr3t") && findings(&sandbox, &seen).is_empty(), "{who}:\n{seen}");
    }
    // Only the steps that poll and record get it.
    for step in run.jobs().iter().flat_map(|job| &job.steps) {
        let given = step.environment.values().any(|value| value.contains("ghp_s3cr3t"));
        assert_eq!(given, ["Find the clone", "Poll", "Record"].contains(&step.name.as_str()), "{}", step.name);
    }
}

#[test]
fn only_extractors_see_the_token_that_is_meant_for_them() {
    let sandbox = Sandbox::new();
    let mut team = spied(&sandbox);
    team.hub.secret("READER", "ghp_hunter2_reads");
    let mut workflow = team.workflow(&[]);
    let caller = workflow.jobs.get_mut("spread-cron").unwrap();
    caller.secrets = parse("{ extractor-token: '${{ secrets.READER }}' }").unwrap();
    let run = team.hub.start("schedule");
    run.execute(&workflow, &BTreeMap::new());
    assert_eq!(run.short(), ["poll: success", "edge (1) / run: success", "edge (1) / record: success"], "{run}");
    let extractor = seen(&sandbox, "extractor");
    let given = ["GITHUB_TOKEN=ghp_hunter2_reads", "GITHUB_API_URL=https://api.example.org"];
    assert!(given.iter().all(|line| extractor.lines().any(|seen| seen == *line)), "{extractor}");
    for who in ["actions", "spread"] {
        assert!(!seen(&sandbox, who).contains("hunter2"), "{who}");
    }
}

#[test]
fn the_spies_of_these_tests_find_what_a_checkout_leaves() {
    let sandbox = Sandbox::new();
    let team = spied(&sandbox);
    let text = format!(
        "on: push\npermissions: {{}}\njobs:\n  poll:\n    permissions: {{ contents: write }}\n    runs-on: x\n    steps:\n      \
         - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n      \
         - {{ uses: $/action/setup, with: {{ bin: {} }} }}\n      - uses: $/action/poll\n",
        json!(crate::support::team::product())
    );
    let workflow: Workflow = parse(&text).unwrap();
    let run = team.hub.run(&workflow);
    let seen = seen(&sandbox, "extractor");
    assert!(findings(&sandbox, &seen).iter().any(|file| file.contains("git-credentials-1.config")), "{seen}\n{run}");
}
