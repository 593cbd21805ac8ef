//! What a launch makes of the entries: the variables that the suite reads, and the tree that it runs on.

use predicates::prelude::*;

use crate::support::{Flavour, Sandbox, Spread};

/// A spread that finds the tasks of the stand-in, in place of the machines that an entry names.
const SPREAD: &str = "spread google:";

/// What the suite gets to know.
type Variables<'a> = &'a [(&'a str, &'a str)];

/// Entries, a value of each, and what the suite gets to know.
const LAUNCHES: [(&str, &str, Variables<'_>); 6] = [
    ("snapd-core-i386-beta", "17", &[("SPREAD_CORE_CHANNEL", "beta")]),
    ("kernel-candidate-amd64", "17", &[("SPREAD_KERNEL_CHANNEL", "candidate")]),
    ("snapd-staging-store-sca", "17", &[("SPREAD_REMOTE_STORE", "staging")]),
    (
        "core-i386-refresh-to-candidate",
        "17",
        &[("SPREAD_CORE_ARCH", "i386"), ("SPREAD_CORE_CHANNEL", "stable"), ("SPREAD_NEW_CORE_CHANNEL", "candidate")],
    ),
    ("snapd-noble-sru", "2.68+24.04", &[("SPREAD_SRU_VALIDATION", "1"), ("SPREAD_SRU_VALIDATION_VERSION", "2.68")]),
    ("snapd-reexec-disabled", "20261122", &[("SPREAD_SNAP_REEXEC", "0")]),
];

/// Launches an entry for a value, in the workspace.
fn launch(sandbox: &Sandbox, entry: &str, value: &str) {
    let (remote, clone) = (sandbox.repo("remote"), sandbox.repo("clone"));
    let message = clone.run(["status", entry, "--format", "json"]).status().resource(entry).message.clone();
    remote.build(|history| {
        history.existing(entry).state(&format!("{} ({value})", message.expect("it is written out")));
    });
    clone.git(["fetch", "--quiet"]);
    let workspace = sandbox.path("workspace");
    clone.run(["run", entry, "--workspace", workspace.to_str().unwrap()]).report(predicate::str::contains("passed"));
}

fn adopt(sandbox: &Sandbox, entries: &[&str]) -> Spread {
    let target = sandbox.target(5);
    let (_remote, clone) = sandbox.project(|_| {});
    let from = entries.iter().flat_map(|entry| ["--from", entry]).collect::<Vec<_>>();
    let url = target.url();
    clone.run([&["add", "--target-repo", &url, "--spread", SPREAD], &from[..]].concat()).report(predicate::always());
    clone.git(["fetch", "--quiet"]);
    sandbox.spread(Flavour::Plain)
}

#[test]
fn suites_are_told_what_they_are_for() {
    let sandbox = Sandbox::new();
    let spread = adopt(&sandbox, &LAUNCHES.map(|(entry, ..)| entry));
    for (entry, value, _) in LAUNCHES {
        launch(&sandbox, entry, value);
    }
    for ((entry, _, variables), call) in LAUNCHES.iter().zip(spread.launches()) {
        for (name, value) in *variables {
            assert_eq!(call.variable(name), Some(*value), "{name} of {entry}");
        }
    }
    assert_eq!(spread.launches().len(), LAUNCHES.len());
}

#[test]
fn the_tests_of_today_run_on_the_release() {
    let sandbox = Sandbox::new();
    let entry = "snapd-reexec-2.21-vs-edge";
    let spread = adopt(&sandbox, &[entry]);
    launch(&sandbox, entry, "17");
    let text = |path: &str| std::fs::read_to_string(sandbox.path("workspace/target").join(path)).unwrap();
    assert_eq!(text("version"), "2.21\n");
    assert_eq!(text("tests/lib/common.sh"), "# 2.22\n");
    // The release has one task only, which fails.
    assert_eq!(spread.launch().variable("SPREAD_CORE_CHANNEL"), Some("edge"));
    assert_eq!(spread.count("ended"), 1);
    // Without the tag there is nothing to test.
    sandbox.repo("target").git(["tag", "-d", "2.21"]);
    let workspace = sandbox.path("another");
    let args = ["run", entry, "--workspace", workspace.to_str().unwrap()];
    sandbox.repo("clone").run(args).exit(3).report(predicate::str::contains("the tag 2.21"));
}
