//! What an extractor of `action/poll` gets on a machine of GitHub: nothing of the runner, and no token.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::runner::{Workflow, parse};
use crate::support::team::{options, product};
use crate::support::{Sandbox, Team, kernel_isolates, quoted};

/// A job that polls on a machine of GitHub, or on one of the team's own.
fn workflow(program: &Path, host: &str, with: &Value) -> Workflow {
    let text = format!(
        "on: schedule\npermissions: {{}}\njobs:\n  poll:\n    runs-on: x\n    permissions: {{ contents: write }}\n    \
         env: {{ RUNNER_ENVIRONMENT: {host} }}\n    steps:\n      - {{ uses: $/action/setup, with: {{ bin: {} }} }}\n      \
         - {{ uses: $/action/poll, with: {with} }}\n",
        program.display()
    );
    parse(&text).unwrap_or_else(|err| panic!("{err}\n{text}"))
}

/// Puts a program of this name where it is found first, as in `/usr/local/bin`, which everyone can write to on machines of
/// GitHub. It notes down its environment.
fn plant(sandbox: &Sandbox, name: &str) -> String {
    let (loot, planted) = (quoted(sandbox.path("world/loot")), quoted(sandbox.path(format!("bin/{name}"))));
    format!("printf '#!/bin/sh\\nenv >> {loot}\\nexec /usr/bin/{name} \"$@\"\\n' > {planted}; chmod 755 {planted}")
}

#[test]
fn an_extractor_reaches_nothing_of_the_runner() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) {
        return;
    }
    let jobs = quoted(sandbox.path("jobs"));
    let read =
        format!("(cat {jobs}/*/temp/*.sh {jobs}/*/temp/spread-cron/poll/.git/config 2> /dev/null || true) | wc -c");
    let commands = format!("for file in {jobs}/*/temp/_runner_file_commands/*; do echo PATH=/evil >> $file; done");
    let attacks = [
        ("git", format!("{}; echo 0", plant(&sandbox, "git"))),
        ("unshare", format!("{}; echo 0", plant(&sandbox, "unshare"))),
        ("root", "sudo -n true && echo 1 || echo 0".to_owned()),
        ("read", read),
        ("commands", format!("{commands} 2> /dev/null; echo 0")),
        (
            "environ",
            "(cat /proc/[0-9]*/environ 2> /dev/null || true) | tr '\\0' '\\n' | grep -c SPREAD_CRON_TOKEN= || true"
                .to_owned(),
        ),
    ];
    // What GitHub's machines have: root for the asking.
    sandbox.program("sudo", "#!/bin/sh\nshift\necho root >> \"$HOME/../world/root\"\nexec \"$@\"\n");
    let team = Team::with(&sandbox, |history, target| {
        for (name, attack) in &attacks {
            history.branch(name).options(options(name, attack, target));
        }
    });
    let run = team.hub.run(&workflow(&product(), "github-hosted", &json!({})));
    assert_eq!(run.outcomes(), [("poll".to_owned(), "success")], "{run}");
    for name in ["git", "unshare", "read", "commands", "environ"] {
        assert_eq!(team.notebook(name), [format!("New {name} (0)")], "{run}");
    }
    for evil in ["bin/git", "bin/unshare", "world/loot", "world/root"] {
        assert!(!sandbox.path(evil).exists(), "{evil}: {run}");
    }
    // The same extractors do plant and read if nothing keeps them, and still get no token: git was found before.
    let run = team.hub.run(&workflow(&product(), "github-hosted", &json!({ "isolation": "none" })));
    assert!(sandbox.path("bin/git").exists() && team.notebook("read")[0] != "New read (0)", "{run}");
    let loot = fs::read_to_string(sandbox.path("world/loot")).unwrap_or_default();
    assert!(!loot.contains("SPREAD_CRON_TOKEN=") && !loot.contains("ghs_"), "it has a token");
}

#[test]
fn on_machines_of_github_it_is_required_and_elsewhere_the_machine_decides() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    let arguments = sandbox.path("world/arguments");
    let text = format!(
        "#!/bin/bash\n[[ $1 != poll ]] || echo \"$*\" > {}\nexec {} \"$@\"\n",
        quoted(&arguments),
        quoted(product())
    );
    fs::create_dir(sandbox.path("product")).unwrap();
    let program = sandbox.script("product/git-spread-cron", &text);
    for (host, with, expected) in [
        ("github-hosted", json!({}), Some("--isolation require")),
        ("github-hosted", json!({ "isolation": "auto" }), Some("--isolation auto")),
        ("self-hosted", json!({}), None),
        ("self-hosted", json!({ "isolation": "require" }), Some("--isolation require")),
    ] {
        team.hub.run(&workflow(&program, host, &with));
        let arguments = fs::read_to_string(&arguments).unwrap();
        assert_eq!(arguments.contains("--isolation"), expected.is_some(), "{host} {with}: {arguments}");
        assert!(expected.is_none_or(|expected| arguments.contains(expected)), "{host} {with}: {arguments}");
    }
}
