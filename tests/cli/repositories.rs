//! Every kind of repository, and every way to say which one is meant.

use std::fs;

use predicates::prelude::*;

use crate::support::{Cmd, Repo, Sandbox};

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)");
    })
}

/// Polls once for the change and once more for nothing.
#[track_caller]
fn assert_records<'s>(remote: &Repo<'_>, start: impl Fn() -> Cmd<'s>) {
    start().run().report(predicate::str::contains("5 → 6"));
    assert_eq!(remote.subjects("edge")[..2], ["New snap (6)", "New snap (5)"]);
    let tip = remote.tip("edge");
    start().run().report(predicate::str::contains("5 → 6").not());
    assert_eq!(remote.tip("edge"), tip);
}

#[test]
fn a_checkout() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    assert_records(&remote, || clone.cmd(["poll"]));
}

#[test]
fn as_a_command_of_git() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    assert_records(&remote, || clone.cmd(["poll"]).through_git());
}

#[test]
fn a_folder_of_a_checkout() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let folder = clone.path().join("some/where");
    fs::create_dir_all(&folder).unwrap();
    assert_records(&remote, || clone.cmd(["poll"]).folder(&folder).through_git());
    clone.cmd(["status"]).folder(&folder).run().report(predicate::str::contains("edge"));
}

#[test]
fn a_linked_worktree() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let folder = sandbox.path("linked");
    clone.git(["worktree", "add", "--quiet", "--detach", folder.to_str().unwrap()]);
    assert_records(&remote, || clone.cmd(["poll"]).folder(&folder));
    clone.cmd(["status"]).folder(&folder).run().report(predicate::str::contains("edge"));
    clone.git(["fsck", "--strict"]);
}

#[test]
fn a_bare_repository_with_a_remote() {
    let sandbox = Sandbox::new();
    let (remote, _) = project(&sandbox);
    let bare = sandbox.bare("bare");
    bare.git(["remote", "add", "origin", &remote.url()]);
    assert_records(&remote, || bare.cmd(["poll"]));
    assert!(bare.refs().keys().all(|name| name.starts_with("refs/remotes/origin/")), "{:#?}", bare.refs());
}

#[test]
fn a_bare_repository_without_a_remote() {
    let sandbox = Sandbox::new();
    let (remote, _) = project(&sandbox);
    assert_records(&remote, || remote.cmd(["poll"]));
}

#[test]
fn inside_the_git_folder() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let folder = clone.path().join(".git");
    assert_records(&remote, || clone.cmd(["poll"]).folder(&folder));
}

#[test]
fn git_dir_from_the_environment() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let elsewhere = sandbox.path("world");
    assert_records(&remote, || clone.cmd(["poll"]).folder(&elsewhere).env("GIT_DIR", clone.path().join(".git")));
}

#[test]
fn a_git_dir_that_is_relative() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let elsewhere = sandbox.path("world");
    assert_records(&remote, || clone.cmd(["poll"]).folder(&elsewhere).env("GIT_DIR", "../clone/.git").through_git());
}

#[test]
fn git_with_a_folder() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let run = || sandbox.git(&sandbox.path("world"), ["-C", clone.path().to_str().unwrap(), "spread-cron", "poll"]);
    assert!(run().contains("5 → 6"));
    assert_eq!(remote.subjects("edge")[0], "New snap (6)");
    run();
    assert_eq!(remote.count("edge"), 3);
}

#[test]
fn configuration_from_the_command_line_of_git() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone.git(["remote", "rename", "origin", "upstream"]);
    clone.git(["remote", "add", "origin", "/nowhere"]);
    clone.git(["-c", "spread-cron.remote=upstream", "spread-cron", "poll"]);
    assert_eq!(remote.subjects("edge")[0], "New snap (6)");
}

#[test]
fn the_remote_is_the_one_that_is_meant() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    // The only one there is, whatever its name.
    clone.git(["remote", "rename", "origin", "upstream"]);
    let poll = clone.run(["poll", "--dry-run", "--format", "json"]).poll();
    assert_eq!(poll.remote.as_deref(), Some("upstream"));
    assert_eq!(poll.resource("edge").r#ref, "refs/remotes/upstream/edge");
    // `origin` goes before others.
    clone.git(["remote", "add", "origin", &remote.url()]);
    clone.git(["fetch", "--quiet", "--all"]);
    let poll = clone.run(["poll", "--dry-run", "--format", "json"]).poll();
    assert_eq!(poll.remote.as_deref(), Some("origin"));
    // The configuration before `origin`, and the flag before the configuration.
    clone.git(["config", "spread-cron.remote", "upstream"]);
    let poll = clone.run(["poll", "--dry-run", "--format", "json"]).poll();
    assert_eq!(poll.remote.as_deref(), Some("upstream"));
    let poll = clone.run(["poll", "--dry-run", "--remote", "origin", "--format", "json"]).poll();
    assert_eq!(poll.remote.as_deref(), Some("origin"));
}

#[test]
fn remote_tracking_branches_count_and_not_local_ones() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone.build(|history| {
        history.resource("edge", "New snap", "echo 9").state("New snap (8)");
        history.resource("only-here", "Here", "echo 1");
    });
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.names(), ["edge"]);
    assert_eq!(status.resource("edge").value.as_deref(), Some("5"));
    let local = clone.run(["status", "--local", "--format", "json"]).status();
    assert_eq!(local.names(), ["edge", "only-here"]);
    assert_eq!(local.resource("edge").value.as_deref(), Some("8"));

    let poll = clone.run(["poll", "--local", "--format", "json"]).poll();
    assert_eq!(poll.remote, None);
    assert_eq!(poll.resource("edge").change(), ("changed", Some("8"), Some("9")));
    assert_eq!(poll.resource("edge").r#ref, "refs/heads/edge");
    assert_eq!(clone.subjects("edge")[0], "New snap (9)");
    assert_eq!(remote.subjects("edge")[0], "New snap (5)");
}

#[test]
fn a_branch_that_the_remote_deleted_is_gone() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    remote.git(["branch", "--quiet", "-D", "edge"]);
    remote.build(|history| {
        // Its name collides with the folder of references that the deleted branch leaves behind.
        history.resource("edge/arm64", "Arm", "echo 1");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.names(), ["edge/arm64"]);
    assert!(remote.try_git(["rev-parse", "--verify", "--quiet", "refs/heads/edge"]).stdout.is_empty());
}

#[test]
fn a_branch_that_the_remote_rebased_is_taken_as_it_is() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    remote.git(["branch", "--quiet", "-D", "edge"]);
    remote.build(|history| {
        history.resource("edge", "New snap", "echo 6").commit("Rebased").state("New snap (4)");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("4"), Some("6")));
    assert_eq!(remote.subjects("edge"), ["New snap (6)", "New snap (4)", "Rebased", "Watch edge"]);
}

#[test]
fn a_repository_with_sha256() {
    let sandbox = Sandbox::new();
    sandbox.git(&sandbox.path(""), ["init", "--quiet", "--object-format=sha256", "repo"]);
    let repo = sandbox.repo("repo");
    repo.build(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)");
    });
    let poll = repo.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("edge").commit.as_deref(), Some(&*repo.tip("edge")));
    assert_eq!(repo.subjects("edge")[0], "New snap (6)");
    repo.git(["fsck", "--strict"]);
}

#[test]
fn a_repository_whose_references_cannot_be_read_is_refused() {
    let sandbox = Sandbox::new();
    let made = sandbox.try_git(&sandbox.path(""), ["init", "--quiet", "--ref-format=reftable", "repo"]);
    if !made.status.success() {
        return; // This git is too old to make one.
    }
    let repo = sandbox.repo("repo");
    repo.build(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)");
    });
    repo.run(["status"]).exit(3).stderr(predicate::str::contains("reftable"));
}
