//! Extractors of `action/poll` run as another user than that of the runner, wherever sudo allows it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::runner::{Credential, Workflow, WorkflowRun, parse};
use crate::support::team::{options, product};
use crate::support::{Sandbox, Team, processes, quoted};

/// What sudo does on the machines of GitHub: no questions, and an environment of its own. Nobody else may use it.
const SUDO: &str = "#!/bin/bash
[[ $1 == -n && $EUID == 0 ]] || exit 1
shift
[[ $1 != -- ]] || shift
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LOGNAME=root SUDO_USER=runner \"$@\"
";

/// Whether the machine can play this: only root can become another user.
fn can_be_played() -> bool {
    let drops = Command::new("setpriv").args(["--reuid", "nobody", "--clear-groups", "true"]).status();
    let can = rustix::process::geteuid().is_root() && drops.is_ok_and(|status| status.success());
    if !can {
        eprintln!("skipped: only root can become another user, and needs setpriv for it");
    }
    can
}

/// A machine with sudo, whose folders can be entered as those of a runner can.
fn with_sudo(sandbox: &Sandbox) {
    sandbox.program("sudo", SUDO);
    for (folder, mode) in [("", 0o755), ("tmp", 0o1777), ("world", 0o1777)] {
        fs::set_permissions(sandbox.path(folder), fs::Permissions::from_mode(mode)).expect("the sandbox is ours");
    }
}

fn workflow(with: &Value) -> Workflow {
    workflow_after("", with)
}

/// A job that polls after these steps.
fn workflow_after(before: &str, with: &Value) -> Workflow {
    let text = format!(
        "on: schedule\npermissions: {{}}\njobs:\n  poll:\n    runs-on: x\n    permissions: {{ contents: write }}\n    \
         env: {{ EXTRA: 'x \"$y' }}\n    steps:\n{before}      - {{ uses: $/action/setup, with: {{ bin: {} }} }}\n      \
         - {{ uses: $/action/poll, with: {with} }}\n",
        product().display()
    );
    parse(&text).unwrap_or_else(|err| panic!("{err}\n{text}"))
}

fn notices(run: &WorkflowRun<'_>) -> Vec<String> {
    let job = run.job("poll");
    job.commands().filter(|command| command.name == "notice").map(|command| command.data.clone()).collect()
}

/// A team with one resource, described by the rest of its options.
fn team<'s>(sandbox: &'s Sandbox, extractor: &str, more: &str) -> Team<'s> {
    Team::with(sandbox, |history, target| {
        let options = options("edge", extractor, target) + more;
        history.branch("edge").file("trunk/file", "a file\n").options(options);
    })
}

#[test]
fn an_extractor_reaches_nothing_of_the_runner() {
    if !can_be_played() {
        return;
    }
    let sandbox = Sandbox::new();
    let (seen, jobs) = (quoted(sandbox.path("world/seen")), quoted(sandbox.path("jobs")));
    let extractor = format!(
        "{{ id -un; id -G; echo x >> \"$SPREAD_CRON_GIT_DIR/config\" && echo wrote; sudo -n true && echo root; \
         find {jobs} ! -type l \\( -writable -o -name '*.sh' -o -name 'GITHUB_*' \\); \
         grep -als SPREAD_CRON_TOKEN /proc/[0-9]*/environ; git -C \"$SPREAD_CRON_GIT_DIR\" remote; }} > {seen} 2> /dev/null; echo 1"
    );
    let team = team(&sandbox, &extractor, "");
    with_sudo(&sandbox);
    let run = team.hub.run(&workflow(&json!({})));
    assert_eq!(run.outcomes(), [("poll".to_owned(), "success")], "{run}");
    assert_eq!(fs::read_to_string(sandbox.path("world/seen")).unwrap(), "nobody\n65534\norigin\n", "{run}");
    assert_eq!((team.notebook("edge"), notices(&run)), (vec!["New edge (1)".to_owned()], Vec::new()), "{run}");
    sandbox.assert_no_litter();
    // The same spy does see something if it is the user of the runner.
    let run = team.hub.run(&workflow(&json!({ "extractor-user": "" })));
    let seen = fs::read_to_string(sandbox.path("world/seen")).unwrap();
    for expected in ["wrote\n", "root\n", "GITHUB_OUTPUT_", ".sh\n"] {
        assert!(seen.contains(expected), "{expected} is not in\n{seen}\n{run}");
    }
    assert_eq!(notices(&run), Vec::<String>::new(), "{run}");
}

#[test]
fn the_credential_of_a_checkout_is_out_of_reach() {
    if !can_be_played() {
        return;
    }
    for credential in [Credential::Included, Credential::InConfig] {
        let sandbox = Sandbox::new();
        let (seen, jobs) = (quoted(sandbox.path("world/seen")), quoted(sandbox.path("jobs")));
        let mut team =
            team(&sandbox, &format!("id -un > {seen}; grep -rlE 'AUTHORIZATIO[N]' {jobs} >> {seen}; echo 1"), "");
        team.hub.credential = credential;
        with_sudo(&sandbox);
        let checkout = "      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n";
        for (with, finds) in [(json!({}), false), (json!({ "extractor-user": "" }), true)] {
            let run = team.hub.run(&workflow_after(checkout, &with));
            assert_eq!(run.outcomes(), [("poll".to_owned(), "success")], "{run}");
            let seen = fs::read_to_string(sandbox.path("world/seen")).unwrap();
            assert_eq!((seen.lines().count() > 1, seen.starts_with("nobody\n")), (finds, !finds), "{seen}\n{run}");
        }
    }
}

#[test]
fn what_an_extractor_is_told_arrives() {
    if !can_be_played() {
        return;
    }
    let sandbox = Sandbox::new();
    let seen = quoted(sandbox.path("world/seen"));
    let extractor = format!("env > {seen}; echo 2; echo noise >&2");
    let team = team(&sandbox, &extractor, "");
    team.remote.build(|history| {
        let watch = "git spread-cron green edge";
        history.existing("edge").state("New edge (1)").commit("passed: New edge (1) [skip ci]");
        history.resource("after", "After", watch);
    });
    with_sudo(&sandbox);
    sandbox.git(&sandbox.path(""), ["config", "--file", "machine/home/.gitconfig", "spread-cron.passEnv", "EXTRA"]);
    let run = team.hub.run(&workflow(&json!({})));
    let seen = fs::read_to_string(sandbox.path("world/seen")).unwrap_or_else(|err| panic!("{err}\n{run}"));
    let mut seen: Vec<_> = seen.lines().collect();
    for expected in ["EXTRA=x \"$y", "SPREAD_CRON_RESOURCE=edge", "SPREAD_CRON_OLD_VALUE=1", "LANG=C.UTF-8"] {
        assert!(seen.contains(&expected), "{expected} is not in {seen:#?}\n{run}");
    }
    seen.retain(|line| ["SUDO", "LOGNAME", "GITHUB", "RUNNER"].iter().any(|name| line.starts_with(name)));
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(team.notebook("edge")[0], "New edge (2)", "{run}");
    assert_eq!(team.remote.subjects("after")[0], "After (1)", "{run}");
}

#[test]
fn the_files_of_a_resource_are_its_own_and_nothing_of_them_stays() {
    if !can_be_played() {
        return;
    }
    let sandbox = Sandbox::new();
    let extractor = "echo more >> trunk/file; mkdir -p a/b; echo > a/b/c; chmod 0 a/b a; wc -l < trunk/file; chmod 0 .";
    let team = team(&sandbox, extractor, "tree=\"true\"\n");
    with_sudo(&sandbox);
    let run = team.hub.run(&workflow(&json!({})));
    assert_eq!(team.notebook("edge"), ["New edge (2)"], "{run}");
    sandbox.assert_no_litter();
}

#[test]
fn nothing_survives_its_time() {
    let namespaces = Command::new("unshare").args(["--pid", "--fork", "--mount-proc", "--kill-child", "true"]).status();
    let namespaces = namespaces.is_ok_and(|status| status.success());
    if !can_be_played() {
        return;
    }
    let deaf = "trap '' TERM; while :; do sleep 60; done";
    // Only a namespace holds those who leave their group.
    let escape = if namespaces { format!("setsid bash -c {} & ", shell_words::quote(deaf)) } else { String::new() };
    for (extractor, why) in
        [(format!("{escape}{deaf}"), "did not end within 1s"), (format!("{escape}yes"), "printed more than 64 KiB")]
    {
        let sandbox = Sandbox::new();
        let team = team(&sandbox, &extractor, "timeout=1s\n");
        with_sudo(&sandbox);
        let run = team.hub.run(&workflow(&json!({})));
        let said = &run.job("poll").step("Poll").log.clone();
        assert!(said.contains(why), "{run}");
        processes::assert_none_left(&sandbox);
        sandbox.assert_no_litter();
    }
}

#[test]
fn a_machine_without_it_polls_as_before() {
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    for (with, why) in [
        (json!({}), "sudo wants a password"),
        (json!({ "extractor-user": "nobody-of-that-name" }), "There is no user nobody-of-that-name"),
    ] {
        let run = team.hub.run(&workflow(&with));
        assert_eq!(run.outcomes(), [("poll".to_owned(), "success")], "{run}");
        assert_eq!(team.notebook("edge"), ["New edge (1)"], "{run}");
        let notices = notices(&run);
        assert!(notices.len() == 1 && notices[0].contains(why), "{notices:?}\n{run}");
    }
    assert!(notices(&team.hub.run(&workflow(&json!({ "extractor-user": "" })))).is_empty());
}

#[test]
fn a_user_who_can_do_too_much_is_not_taken() {
    if !can_be_played() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    with_sudo(&sandbox);
    let run = team.hub.run(&workflow(&json!({ "extractor-user": "root" })));
    let notices = notices(&run);
    assert!(notices.len() == 1 && notices[0].contains("It can "), "{notices:?}\n{run}");
    assert_eq!(team.notebook("edge"), ["New edge (1)"], "{run}");
    sandbox.assert_no_litter();
}
