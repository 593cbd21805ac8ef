//! `remove`: the branches of resources go, and come back with the command that it prints.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Sandbox};

/// The names of the branches.
fn branches(repo: &Repo<'_>) -> String {
    repo.git(["for-each-ref", "--format=%(refname:short)", "refs/heads"])
}

#[test]
fn a_branch_is_deleted_and_brought_back() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
        history.resource("beta", "New", "echo 1").state("New (1)");
        history.resource("later", "Later", "git spread-cron green edge");
    });
    let tip = remote.tip("edge");
    clone
        .run(["remove", "--dry-run", "edge"])
        .stdout(predicate::eq(format!("Would remove edge from origin, which is at {tip}.\n")))
        .stderr(contains("later follows edge, and fails without it"));
    assert_eq!(remote.tip("edge"), tip);
    let back = format!("git push origin {tip}:refs/heads/edge");
    clone
        .run(["remove", "edge"])
        .stdout(predicate::eq(format!(
            "Removed edge from origin. To bring it back, until git prunes its commits: {back}\n"
        )))
        .stderr(contains("later follows edge"));
    assert_eq!(branches(&remote), "beta\nlater\nmain");
    clone.run(["status"]).stdout(contains("edge  ").not());
    clone.git(back.split(' ').skip(1));
    assert_eq!(remote.tip("edge"), tip);
}

#[test]
fn what_is_needed_stays() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
        history.branch("main").file("options", "message='A'\npattern_extractor='echo 1'\n").commit("Watch");
    });
    clone.run(["remove", "main"]).exit(3).stderr(contains("it is the default branch"));
    clone.run(["remove", "e*"]).exit(2).stderr(contains("\"e*\" is a pattern"));
    clone.run(["remove", "egde"]).exit(2).stderr(contains("did you mean \"edge\""));
    clone.run(["remove"]).exit(2).stderr(contains("remove needs <RESOURCE>"));
    clone.git(["checkout", "--quiet", "edge"]);
    clone.run(["remove", "--local", "edge"]).exit(3).stderr(contains("it is checked out"));
    clone.git(["checkout", "--quiet", "main"]);
    let tip = clone.tip("edge");
    let local = clone.run(["remove", "--local", "edge"]);
    local.stdout(contains(format!("git branch edge {tip}")));
    assert_eq!(branches(&clone), "main");
    assert_eq!(branches(&remote), "edge\nmain", "the remote is left alone");
}

#[test]
fn a_branch_that_moves_meanwhile_or_is_protected_stays() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
        history.resource("beta", "New", "echo 1").state("New (1)");
    });
    remote.git(["config", "receive.denyDeletes", "true"]);
    clone.run(["remove", "edge"]).exit(3).stderr(contains("the remote declined it"));
    remote.git(["config", "receive.denyDeletes", "false"]);
    sandbox.script(
        "remote/hooks/pre-receive",
        "#!/bin/sh\nwhile read -r old new ref; do test $ref != refs/heads/edge || exit 1; done\n",
    );
    clone
        .run(["remove", "edge", "beta"])
        .exit(1)
        .stdout(contains("Removed beta"))
        .stderr(contains("cannot remove edge"));
    assert_eq!(branches(&remote), "edge\nmain");
}
