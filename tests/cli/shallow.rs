//! Clones that do not hold everything: history that is hidden must never look like history that is not there.

use predicates::prelude::*;

use crate::support::{History, Repo, Sandbox};

/// The value of `hidden` lies below a tip of another kind, that of `visible` at the tip.
fn describe(history: &mut History) {
    history.main();
    history
        .resource("hidden", "Hidden", "echo 5")
        .state("Hidden (4)")
        .state("Hidden (5)")
        .commit("Tune")
        .commit("Tune more");
    history.resource("visible", "Visible", "echo 7").state("Visible (6)").state("Visible (7)");
}

fn remote(sandbox: &Sandbox) -> Repo<'_> {
    let remote = sandbox.bare("remote");
    remote.build(describe);
    remote.git(["config", "uploadpack.allowFilter", "true"]);
    remote.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    remote
}

#[test]
fn a_poll_in_a_shallow_clone_of_all_branches() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let before = remote.refs();
    let clone = remote.clone_with("clone", &["--depth=1", "--no-single-branch"]);
    assert_eq!(clone.git(["rev-parse", "--is-shallow-repository"]), "true");
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("hidden").change(), ("unchanged", Some("5"), Some("5")));
    assert_eq!(poll.resource("visible").change(), ("unchanged", Some("7"), Some("7")));
    assert_eq!(remote.refs(), before);
}

#[test]
fn a_poll_in_a_shallow_clone_of_one_branch() {
    for branch in ["main", "hidden"] {
        let sandbox = Sandbox::new();
        let remote = remote(&sandbox);
        let before = remote.refs();
        let clone = remote.clone_with("clone", &["--depth=1", "--single-branch", "--branch", branch]);
        let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
        assert_eq!(poll.resource("hidden").change(), ("unchanged", Some("5"), Some("5")), "clone of {branch}");
        assert_eq!(remote.refs(), before);
    }
}

#[test]
fn a_change_is_recorded_from_a_shallow_clone() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let clone = remote.clone_with("clone", &["--depth=1", "--no-single-branch"]);
    remote.build(|history| {
        history.existing("hidden").options("message=Hidden\npattern_extractor='echo 6'\n");
    });
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("hidden").change(), ("changed", Some("5"), Some("6")));
    assert_eq!(remote.subjects("hidden")[..2], ["Hidden (6)", "Watch hidden"]);
    assert_eq!(remote.count("hidden"), 7);
}

/// What the remote does not have, no fetch brings: git leaves the branches alone, or leaves them cut off, and calls it a success.
#[test]
fn a_remote_that_is_shallow_itself() {
    let sandbox = Sandbox::new();
    let full = remote(&sandbox);
    let shallow = full.clone_with("shallow", &["--bare", "--depth=1", "--no-single-branch"]);
    let clone = shallow.clone_with("clone", &[]);
    for _ in 0..2 {
        let run = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always());
        let poll = run.poll();
        let told = "origin is a shallow repository itself, and hides the history of the branch";
        assert!(poll.resource("hidden").failure().starts_with(told), "{poll:#?}");
        assert_eq!(poll.resource("visible").change(), ("unchanged", Some("7"), Some("7")));
    }
    let empty = sandbox.init("empty");
    empty.git(["remote", "add", "origin", &shallow.url()]);
    let told = predicate::str::contains("origin is a shallow repository itself");
    empty.run(["poll"]).exit(3).stderr(told.and(predicate::str::contains("there: git fetch --unshallow")));
    // Once it has its history, all is well.
    shallow.git(["fetch", "--quiet", "--unshallow", &full.url(), "+refs/heads/*:refs/heads/*"]);
    empty.run(["poll"]).report(predicate::str::contains("2 unchanged"));
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("hidden").change(), ("unchanged", Some("5"), Some("5")));
}

#[test]
fn a_poll_that_must_not_deepen_refuses_to_guess() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let clone = remote.clone_with("clone", &["--depth=1", "--no-single-branch"]);
    clone.git(["branch", "--quiet", "hidden", "origin/hidden"]);
    clone.git(["branch", "--quiet", "visible", "origin/visible"]);
    let before = (remote.refs(), clone.refs());
    for flag in ["--no-fetch", "--dry-run", "--local"] {
        let run = clone.run(["poll", flag, "--format", "json"]).exit(1).stderr(predicate::always());
        let poll = run.poll();
        assert!(poll.resource("hidden").failure().contains("shallow"), "{flag}: {poll:#?}");
        assert_eq!(poll.resource("visible").change(), ("unchanged", Some("7"), Some("7")), "{flag}");
        assert_eq!((remote.refs(), clone.refs()), before, "{flag}");
        assert_eq!(clone.git(["rev-parse", "--is-shallow-repository"]), "true", "{flag}");
    }
}

#[test]
fn status_says_that_history_is_hidden() {
    let sandbox = Sandbox::new();
    let clone = remote(&sandbox).clone_with("clone", &["--depth=1", "--no-single-branch"]);
    let status = clone.run(["status", "--format", "json"]).stderr(predicate::always()).status();
    let hidden = status.resource("hidden");
    assert_eq!(hidden.value, None);
    assert!(hidden.problem.as_deref().is_some_and(|problem| problem.contains("shallow")), "{hidden:#?}");
    assert_eq!(status.resource("visible").value.as_deref(), Some("7"));
    assert_eq!(status.resource("visible").problem, None);
}

#[test]
fn a_clone_that_is_shallow_at_the_very_root_hides_nothing() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare("remote");
    remote.build(|history| {
        history.main();
        history.resource("new", "New", "echo 1");
        history.resource("long", "Long", "echo 1").commit("Tune").commit("Tune more");
    });
    let clone = remote.clone_with("clone", &["--depth=1", "--no-single-branch"]);
    let run = clone.run(["poll", "--dry-run", "--format", "json"]).exit(1).stderr(predicate::always());
    let poll = run.poll();
    assert_eq!(poll.resource("new").change(), ("first", None, Some("1")));
    assert!(poll.resource("long").failure().contains("shallow"));
}

#[test]
fn a_partial_clone_gives_the_right_values() {
    for filter in ["blob:none", "tree:0"] {
        let sandbox = Sandbox::new();
        let remote = remote(&sandbox);
        let clone = remote.clone_with("clone", &[&format!("--filter={filter}"), "--no-checkout"]);
        let before = remote.refs();
        let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
        assert_eq!(poll.resource("hidden").change(), ("unchanged", Some("5"), Some("5")), "{filter}");
        assert_eq!(poll.resource("visible").change(), ("unchanged", Some("7"), Some("7")), "{filter}");
        assert_eq!(remote.refs(), before, "{filter}");

        remote.build(|history| {
            history.existing("hidden").options("message=Hidden\npattern_extractor='echo 6'\n");
        });
        let tree = remote.tip("hidden^{tree}");
        let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
        assert_eq!(poll.resource("hidden").change(), ("changed", Some("5"), Some("6")), "{filter}");
        assert_eq!(remote.subjects("hidden")[0], "Hidden (6)");
        assert_eq!(remote.tip("hidden^{tree}"), tree);
        remote.git(["fsck", "--strict"]);
    }
}

#[test]
fn a_partial_clone_holds_what_status_and_log_need_after_a_poll() {
    let sandbox = Sandbox::new();
    let clone = remote(&sandbox).clone_with("clone", &["--filter=blob:none", "--no-checkout"]);
    clone.run(["poll"]).report(predicate::always());
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("hidden").value.as_deref(), Some("5"));
    assert_eq!(clone.run(["log", "hidden", "--format", "json"]).log().values(), ["5", "4"]);
}
