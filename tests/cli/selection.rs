//! Which branches are resources, and which of them a command looks at.

use std::collections::BTreeSet;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Sandbox};

const NAMES: [&str; 5] = ["core-beta", "core-edge", "feature/core-edge", "kernel", "zażółć"];

fn project(sandbox: &Sandbox) -> Repo<'_> {
    let (_remote, clone) = sandbox.project(|history| {
        for name in NAMES {
            history.resource(name, name, "echo 1").state(&format!("{name} (1)"));
        }
        history.branch("no-resource").file("README", "x").commit("Begin");
    });
    clone
}

fn selected(clone: &Repo<'_>, patterns: &[&str]) -> Vec<String> {
    let poll = clone.run([&["poll", "--format", "json"], patterns].concat()).poll();
    let status = clone.run([&["status", "--format", "json"], patterns].concat()).status();
    assert_eq!(poll.names(), status.names());
    status.resources.into_iter().map(|stood| stood.resource).collect()
}

#[test]
fn names_and_globs() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    assert_eq!(selected(&clone, &[]), NAMES);
    assert_eq!(selected(&clone, &["kernel"]), ["kernel"]);
    assert_eq!(selected(&clone, &["core-*"]), ["core-beta", "core-edge"]);
    assert_eq!(selected(&clone, &["*-edge"]), ["core-edge", "feature/core-edge"]);
    assert_eq!(selected(&clone, &["kernel", "core-?eta", "kernel"]), ["core-beta", "kernel"]);
    assert_eq!(selected(&clone, &["core-[ab]*"]), ["core-beta"]);
    assert_eq!(selected(&clone, &["zażółć"]), ["zażółć"]);
    assert_eq!(selected(&clone, &["*"]), NAMES);
}

#[test]
fn a_pattern_that_matches_nothing_is_wrong_usage() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    for command in ["poll", "status", "lint"] {
        clone.run([command, "kernel", "core-egde"]).exit(2).stderr(predicate::str::contains("core-egde"));
        clone.run([command, "nothing-*"]).exit(2).stderr(predicate::str::contains("nothing-*"));
    }
}

#[test]
fn the_default_branch_is_no_resource_unless_it_is_named() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare("remote");
    remote.build(|history| {
        history.resource("main", "Template", "echo 1");
        history.resource("master", "Old template", "echo 1");
        history.resource("edge", "New", "echo 1");
    });
    // `refs/remotes/origin/HEAD` says that it is main, so that master is a branch like any other.
    let clone = remote.clone_to("clone");
    assert_eq!(clone.run(["status", "--format", "json"]).status().names(), ["edge", "master"]);
    assert_eq!(clone.run(["status", "main", "--format", "json"]).status().names(), ["main"]);
    assert_eq!(clone.run(["poll", "--dry-run", "main", "edge", "--format", "json"]).poll().names(), ["edge", "main"]);
    assert_eq!(clone.run(["poll", "--dry-run", "m*", "--format", "json"]).poll().names(), ["master"]);

    remote.git(["symbolic-ref", "HEAD", "refs/heads/edge"]);
    let other = remote.clone_to("other");
    assert_eq!(other.run(["status", "--format", "json"]).status().names(), ["main", "master"]);

    // Where nothing says so, both usual names are taken for the template.
    clone.git(["remote", "set-head", "origin", "--delete"]);
    assert_eq!(clone.run(["status", "--format", "json"]).status().names(), ["edge"]);
    assert_eq!(remote.run(["status", "--format", "json"]).status().names(), ["edge"]);
}

#[test]
fn shards_split_the_resources_exactly() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..40 {
            history.resource(&format!("r{number}"), &format!("m{number}"), "echo 1");
        }
    });
    let shard = |text: &str| -> BTreeSet<String> {
        let poll = clone.run(["poll", "--dry-run", "--shard", text, "--format", "json"]).poll();
        poll.resources.into_iter().map(|resource| resource.resource).collect()
    };
    let shards = ["1/3", "2/3", "3/3"].map(shard);
    assert_eq!(shards.iter().map(BTreeSet::len).sum::<usize>(), 40);
    assert_eq!(shards.iter().flatten().collect::<BTreeSet<_>>().len(), 40);
    assert!(shards.iter().all(|shard| shard.len() >= 5), "{shards:#?}");
    assert_eq!(shard("1/1").len(), 40);
    assert_eq!(shard("2/3"), shards[1]);
}

#[test]
fn a_shard_goes_together_with_patterns() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    let mut names = Vec::new();
    for shard in ["1/2", "2/2"] {
        let poll = clone.run(["poll", "core-*", "--shard", shard, "--format", "json"]).poll();
        names.extend(poll.resources.into_iter().map(|resource| resource.resource));
    }
    names.sort();
    assert_eq!(names, ["core-beta", "core-edge"]);
}

#[test]
fn manual_resources_wait_to_be_forced() {
    let sandbox = Sandbox::new();
    let mark = sandbox.path("executed");
    let (remote, clone) = sandbox.project(|history| {
        let options =
            format!("message=By hand\npattern_extractor='touch {}; echo 6'\nmanual=\"true\"\n", mark.display());
        history.branch("by-hand").options(options.replace("By hand", "'By hand'")).state("By hand (5)");
        history.resource("edge", "New", "echo 1");
        history.branch("off").options("message=Off\npattern_extractor='echo 1'\nmanual=false\n");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.outcomes(), [("by-hand", "manual"), ("edge", "first"), ("off", "first")]);
    assert_eq!(poll.resource("by-hand").error, None);
    let poll = clone.run(["poll", "by-hand", "--format", "json"]).poll();
    assert_eq!(poll.resource("by-hand").outcome, "manual");
    assert!(!mark.exists(), "a manual resource was extracted");
    assert_eq!(remote.subjects("by-hand")[0], "By hand (5)");

    let poll = clone.run(["poll", "by-hand", "--force", "--format", "json"]).poll();
    assert_eq!(poll.resource("by-hand").change(), ("changed", Some("5"), Some("6")));
    assert_eq!(remote.subjects("by-hand")[0], "By hand (6)");
    let status = clone.run(["status", "--format", "json"]).status();
    assert!(status.resource("by-hand").manual && !status.resource("off").manual);
}

#[test]
fn a_branch_that_looks_like_an_option_is_left_out() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    remote.git(["update-ref", "refs/heads/-n", "edge"]);
    let run = clone.run(["poll", "--format", "json"]).stderr(contains("begins with a dash"));
    assert_eq!(run.poll().names(), ["edge"]);
    let run = clone.run(["pending", "--format", "json"]).stderr(contains("begins with a dash"));
    assert_eq!(run.pending().names(), ["edge"]);
}
