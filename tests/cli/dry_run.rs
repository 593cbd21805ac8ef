//! `poll --dry-run`: the whole truth, and not one change.

use predicates::prelude::*;

use crate::support::{Repo, Sandbox, Snapshot};

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
        history.resource("first", "First", "echo 1");
        history.resource("same", "Same", "echo 2").state("Same (2)");
    })
}

#[test]
fn it_says_what_would_happen() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (Snapshot::of(&remote, None), Snapshot::of(&clone, None));
    let poll = clone.run(["poll", "--dry-run", "--format", "json"]).poll();
    assert!(poll.dry_run);
    assert_eq!(poll.outcomes(), [("edge", "changed"), ("first", "first"), ("same", "unchanged")]);
    assert_eq!(poll.resource("edge").change(), ("changed", Some("5"), Some("6")));
    assert_eq!((poll.resource("edge").commit.as_deref(), poll.resource("first").commit.as_deref()), (None, None));
    assert_eq!(poll.resource("same").commit.as_deref(), Some(&*remote.tip("same")));
    clone.run(["poll", "-n"]).report(predicate::str::contains("5 → 6"));
    before.0.assert_unchanged(&remote, None);
    before.1.assert_unchanged(&clone, None);
}

#[test]
fn it_writes_no_object() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    let before = clone.git(["count-objects", "-v"]);
    clone.run(["poll", "--dry-run"]).report(predicate::str::contains("5 → 6"));
    assert_eq!(clone.git(["count-objects", "-v"]), before);
}

#[test]
fn it_says_when_the_remote_has_moved_on() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let moved_on = predicate::str::is_match(
        "(?i)origin.*(moved|newer|other|behind|differ)|(moved|newer|other|behind|differ).*origin",
    )
    .unwrap();
    clone.run(["poll", "--dry-run"]).report(moved_on.clone().not());
    remote.build(|history| {
        history.existing("edge").state("New (6)");
    });
    let refs = clone.refs();
    clone.run(["poll", "--dry-run"]).report(moved_on.clone().and(predicate::str::contains("5 → 6")));
    let run = clone.run(["poll", "--dry-run", "--format", "json"]).stderr(moved_on);
    assert_eq!(run.poll().resource("edge").change(), ("changed", Some("5"), Some("6")));
    assert_eq!(clone.refs(), refs);
}

#[test]
fn it_sees_new_and_deleted_branches_of_the_remote() {
    for change in ["new", "deleted"] {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox);
        if change == "new" {
            remote.build(|history| {
                history.resource("later", "Later", "echo 1");
            });
        } else {
            remote.git(["branch", "--quiet", "-D", "same"]);
        }
        let refs = clone.refs();
        let moved_on = predicate::str::is_match("(?i)moved|newer|other|behind|differ").unwrap();
        let run = clone.run(["poll", "--dry-run", "--format", "json"]).stderr(moved_on);
        assert_eq!(run.poll().names(), ["edge", "first", "same"], "{change}");
        assert_eq!(clone.refs(), refs, "{change}");
    }
}

#[test]
fn it_fails_as_the_real_one_would() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("bad", "Bad", "exit 4");
    });
    clone.run(["poll", "--dry-run"]).exit(1).report(predicate::str::contains("bad"));
}
