//! A poll moves the branches of resources at the remote, and what follows them here. Nothing else.

use std::fs;

use predicates::prelude::*;

use crate::support::{JOURNAL, Repo, Sandbox, Snapshot};

/// A checkout with work in progress, on a branch that is a resource itself.
fn dirty<'s>(sandbox: &'s Sandbox) -> (Repo<'s>, Repo<'s>) {
    let (remote, clone) = sandbox.project(|history| {
        history
            .resource("edge", "New snap", "echo 6")
            .file("kept", "1\n")
            .file("gone", "1\n")
            .commit("Add")
            .state("New snap (5)");
        history.resource("beta", "Beta", "echo 2").state("Beta (2)");
        history.resource("new", "Newer", "echo 1");
    });
    let fork = sandbox.bare("fork");
    fork.build(|history| {
        history.resource("edge", "New snap", "echo 7").state("New snap (1)");
    });
    // What an ordinary fetch would bring along.
    remote.git(["tag", "v1", "edge"]);
    remote.git(["tag", "-a", "-m", "Two", "v2", "beta"]);

    clone.git(["remote", "add", "fork", &fork.url()]);
    clone.git(["fetch", "--quiet", "--no-tags", "fork"]);
    clone.git(["switch", "--quiet", "--track", "origin/edge"]);
    clone.git(["branch", "--quiet", "beta", "origin/beta~1"]);
    clone.git(["tag", "mine", "origin/beta"]);
    fs::write(clone.path().join("kept"), "stashed\n").unwrap();
    clone.git(["stash", "--quiet"]);
    fs::write(clone.path().join("kept"), "staged\n").unwrap();
    clone.git(["add", "kept"]);
    fs::write(clone.path().join("kept"), "staged, then changed\n").unwrap();
    fs::remove_file(clone.path().join("gone")).unwrap();
    fs::write(clone.path().join("untracked"), "x\n").unwrap();
    fs::write(clone.path().join("options"), "message=Wrong\npattern_extractor='echo 99'\n").unwrap();
    // Hooks must not run; one that does is seen.
    for hook in ["pre-push", "post-commit", "reference-transaction", "pre-commit", "commit-msg", "post-rewrite"] {
        sandbox
            .script(&format!("clone/.git/hooks/{hook}"), &format!("#!/bin/sh\necho {hook} >> ../hooks-ran\nexit 1\n"));
    }
    (remote, clone)
}

const MOVES: Option<&str> = Some("refs/remotes/origin/");

#[test]
fn a_poll_in_a_dirty_checkout_of_a_resource() {
    let sandbox = Sandbox::new();
    let (remote, clone) = dirty(&sandbox);
    let fork = Snapshot::of(&sandbox.repo("fork"), None);
    let heads = remote.refs();
    let before = Snapshot::of(&clone, MOVES);
    clone.run(["poll"]).report(predicate::str::contains("5 → 6"));
    before.assert_unchanged(&clone, MOVES);
    fork.assert_unchanged(&sandbox.repo("fork"), None);
    assert_eq!(remote.subjects("edge")[..2], ["New snap (6)", "New snap (5)"]);
    assert_eq!(remote.subjects("new")[0], "Newer (1)");
    let moved: Vec<_> =
        remote.refs().into_iter().filter(|(name, id)| heads.get(name) != Some(id)).map(|(name, _)| name).collect();
    assert_eq!(moved, ["refs/heads/edge", "refs/heads/new"]);
    // What follows the remote agrees with it, as after a push by hand.
    assert_eq!(clone.tip("origin/edge"), remote.tip("edge"));
    let journal = fs::read(clone.path().join(".git").join(JOURNAL)).unwrap_or_default();
    assert!(journal.is_empty(), "a poll that is over has nothing under way: {}", journal.escape_ascii());
    assert!(!sandbox.path("hooks-ran").exists() && !clone.path().join("../hooks-ran").exists());
}

#[test]
fn a_poll_that_finds_nothing_new() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = dirty(&sandbox);
    let before = Snapshot::of(&clone, None);
    clone.run(["poll", "beta"]).report(predicate::always());
    before.assert_unchanged(&clone, None);
}

#[test]
fn a_dry_run_touches_nothing_at_all() {
    let sandbox = Sandbox::new();
    let (remote, clone) = dirty(&sandbox);
    remote.build(|history| {
        history.existing("beta").commit("Moved on");
        history.resource("later", "Later", "echo 1");
    });
    let (before, at_remote) = (Snapshot::of(&clone, None), Snapshot::of(&remote, None));
    clone.run(["poll", "--dry-run"]).report(predicate::str::contains("5 → 6"));
    before.assert_unchanged(&clone, None);
    assert!(!clone.path().join(".git").join(JOURNAL).exists());
    at_remote.assert_unchanged(&remote, None);
}

#[test]
fn reading_commands_touch_nothing_and_execute_nothing() {
    let sandbox = Sandbox::new();
    let (remote, clone) = dirty(&sandbox);
    let mark = sandbox.path("executed");
    remote.build(|history| {
        let touch = format!("touch {}", mark.display());
        history
            .branch("evil")
            .options(format!("{touch}\nmessage=\"$({touch})\"\npattern_extractor=\"$({touch}); {touch}\"\n"));
    });
    clone.git(["-c", "core.hooksPath=/dev/null", "fetch", "--quiet", "--no-tags", "origin"]);
    // Nothing of this needs the remote.
    fs::rename(remote.path(), sandbox.path("elsewhere")).unwrap();
    let before = Snapshot::of(&clone, None);
    clone.run(["status"]).report(predicate::str::contains("edge"));
    clone.run(["log", "edge"]).report(predicate::str::contains("5"));
    clone.run(["lint"]).report(predicate::always()).anything();
    before.assert_unchanged(&clone, None);
    assert!(!clone.path().join(".git").join(JOURNAL).exists());
    assert!(!mark.exists(), "a reading command executed options");
}

#[test]
fn a_poll_of_local_branches_moves_only_those_it_records_on() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.build(|history| {
        history.main();
        history.resource("edge", "New snap", "echo 6").state("New snap (5)");
        history.resource("beta", "Beta", "echo 2").state("Beta (2)");
    });
    repo.git(["reset", "--quiet", "--hard"]);
    fs::write(repo.path().join("README"), "changed\n").unwrap();
    let before = Snapshot::of(&repo, Some("refs/heads/edge"));
    repo.run(["poll"]).report(predicate::str::contains("5 → 6"));
    before.assert_unchanged(&repo, Some("refs/heads/edge"));
    assert_eq!(repo.subjects("edge")[0], "New snap (6)");
}

#[test]
fn a_poll_leaves_no_temporary_files() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = dirty(&sandbox);
    clone.run(["poll"]).report(predicate::always());
    sandbox.assert_no_litter();
}
