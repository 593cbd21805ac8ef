//! Repositories that other tools have recorded in: nothing of theirs is launched again.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::actions::Step;
use crate::support::{History, Repo, Sandbox, side_by_side};

const NAMES: [&str; 3] = ["a", "b", "c"];

/// What other tools have made of three resources, each of whose values is in the world by its name.
fn describe(history: &mut History, in_folders: bool, extractor: impl Fn(&str) -> String) {
    let options =
        |name: &str| format!("message='New {name}'\npattern_extractor={}\n", shell_words::quote(&extractor(name)));
    let mut main = history.branch("main").file("README", "The template\n");
    if in_folders {
        for name in NAMES {
            main = main.file(format!("branches/{name}/trigger"), options(name));
        }
    }
    main.commit("Begin");
    for name in NAMES {
        let branch = history.branch(name);
        let branch = if in_folders { branch.commit("Begin") } else { branch.options(options(name)) };
        branch.commit(&format!("New {name} (1)")).commit(&format!("New {name} (2)"));
    }
}

fn pending(clone: &Repo<'_>, args: &[&str]) -> Vec<String> {
    let run = clone.run([&["pending", "--format", "json"], args].concat()).stderr(predicate::always());
    run.pending().names().into_iter().map(str::to_owned).collect()
}

fn in_matrix(run: &crate::support::Run) -> usize {
    run.json()["include"].as_array().map_or(0, Vec::len)
}

#[test]
fn only_what_changed_since_waits() {
    side_by_side([false, true], |in_folders| {
        let sandbox = Sandbox::new();
        let world = sandbox.world();
        NAMES.iter().for_each(|name| world.set(name, "2"));
        let remote = sandbox.bare("remote");
        remote.build(|history| describe(history, in_folders, |name| world.extractor(name)));
        let clone = remote.clone_to("clone");
        let left_out = |number| format!("Left out {number} state commit");
        let quiet = || {
            assert_eq!(pending(&clone, &[]), [""; 0]);
            let run = clone.run(["pending"]);
            assert_eq!(run.stdout_text(), "");
            let told = run.stderr_text();
            assert!(told.starts_with("Nothing waits to be launched.\nLeft out 3 state commits that other"), "{told}");
            assert_eq!(told.lines().count(), 2, "{told}");
            assert!(told.contains("git spread-cron pending --all"), "{told}");
            let matrix = clone.run(["pending", "--format", "matrix"]).stderr(contains(left_out(3)));
            assert_eq!(in_matrix(&matrix), 0);
            let step = Step::new(&sandbox, "step").run(clone.cmd(["pending", "--github"]));
            assert_eq!((&*step.outputs["count"], &*step.outputs["matrix"]), ("0", r#"{"include":[]}"#));
            assert_eq!(pending(&clone, &["--all"]), NAMES);
        };
        quiet();
        clone.run(["init"]).stderr(predicate::always());
        quiet();
        let poll = clone.run(["poll", "--format", "json"]).poll();
        assert!(poll.outcomes().iter().all(|(_, outcome)| *outcome == "unchanged"), "{poll:#?}");
        quiet();
        // One value changes.
        world.set("b", "3");
        clone.run(["poll"]).report(contains("2 → 3"));
        let body = remote.git(["log", "-1", "--format=%B", "b"]);
        let (subject, trailer) = body.split_once("\n\n").unwrap();
        assert_eq!(subject, "New b (3)");
        assert_eq!(trailer, format!("Spread-Cron-Poll: {}", env!("CARGO_PKG_VERSION")));
        let doc = clone.run(["pending", "--format", "json"]).stderr(contains(left_out(2))).pending();
        assert_eq!((doc.names(), &*doc.pending[0].value), (vec!["b"], "3"));
        let matrix = clone.run(["pending", "--format", "matrix"]).stderr(contains(left_out(2)));
        assert_eq!(in_matrix(&matrix), 1);
        assert_eq!(in_matrix(&clone.run(["pending", "--all", "--format", "matrix"])), 3);
        // The other commands read old values and new ones alike.
        let status = clone.run(["status", "--format", "json"]).status();
        let values: Vec<_> = status.resources.iter().map(|resource| resource.value.as_deref()).collect();
        assert_eq!(values, [Some("2"), Some("3"), Some("2")]);
        for name in NAMES {
            clone.run(["green", name]);
        }
        clone.run(["run", "a", "--dry-run"]).stdout(contains("git ")).stderr(predicate::always());
    });
}

/// What `pending` leaves out, `run --if-pending` does not launch, and what a person asks for is launched.
#[test]
fn a_launch_if_pending_obeys_the_same_rule() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("old", "Old", "echo 1").old_state("Old (1)");
        history.resource("new", "New", "echo 1").old_state("New (1)").state("New (2)");
    });
    let why = "Nothing to launch: old (1) was recorded by another tool, before this one";
    clone.run(["run", "old", "--if-pending"]).stderr(contains(why));
    clone.run(["run", "old", "--if-pending", "--dry-run"]).stderr(contains(why));
    for args in [&["run", "new", "--if-pending", "--dry-run"][..], &["run", "old", "--dry-run"]] {
        clone.run(args).stdout(contains("git ")).stderr(predicate::always());
    }
}

/// The habit for "run it again" is an empty state commit by hand.
#[test]
fn a_state_commit_by_hand_counts_after_one_of_ours() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "cat /dev/null; echo 2").old_state("New (1)").old_state("New (1)");
    });
    let by_hand = |value: &str| {
        let subject = format!("New ({value})");
        let commit = remote.git(["commit-tree", "edge^{tree}", "-p", "edge", "-m", &subject]);
        remote.git(["update-ref", "refs/heads/edge", &commit]);
        clone.git(["fetch", "--quiet"]);
    };
    assert_eq!(pending(&clone, &[]), [""; 0]);
    by_hand("1");
    assert_eq!(pending(&clone, &[]), [""; 0], "the branch has no commit of ours yet");
    clone.run(["poll"]).report(contains("1 → 2"));
    clone.run(["result", "edge", "--status", "passed"]).report(predicate::always());
    assert_eq!(pending(&clone, &[]), [""; 0]);
    by_hand("2");
    assert_eq!(pending(&clone, &[]), ["edge"]);
    clone.run(["pending"]).stdout(contains("edge  2"));
}

/// A result says that the value is under our care, whether the suite ran or not.
#[test]
fn a_result_adopts_the_value_that_it_is_about() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").old_state("New (1)");
    });
    assert_eq!(pending(&clone, &["--retry", "1"]), [""; 0]);
    clone.run(["result", "edge", "--status", "infra-error"]).report(predicate::always());
    assert_eq!(pending(&clone, &[]), [""; 0]);
    clone.run(["pending", "--retry", "1"]).stdout(contains("edge  1"));
}

/// Whatever is recorded by hand on a branch that `add` made counts.
#[test]
fn the_commit_that_add_makes_is_ours() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    clone.run(["add", "edge", "--message", "New", "--extractor", "echo 1"]).stderr(predicate::always());
    let commit = remote.git(["commit-tree", "edge^{tree}", "-p", "edge", "-m", "New (1)"]);
    remote.git(["update-ref", "refs/heads/edge", &commit]);
    clone.git(["fetch", "--quiet"]);
    clone.run(["pending"]).stdout(contains("edge  1"));
}

/// What a shallow clone hides is not guessed, and does not flood either.
#[test]
fn a_shallow_clone_says_that_it_may_hide_some() {
    let sandbox = Sandbox::new();
    let (remote, _) = sandbox.project(|history| {
        history.resource("hidden", "Hidden", "echo 1").state("Hidden (1)").old_state("Hidden (1)");
        history.resource("ours", "Ours", "echo 1").state("Ours (1)");
    });
    let shallow = remote.clone_with("shallow", &["--depth=1", "--no-single-branch"]);
    let told = contains("Left out 1 state commit that other tools recorded").and(contains("git fetch --unshallow"));
    let doc = shallow.run(["pending", "--format", "json"]).stderr(told).pending();
    assert_eq!(doc.names(), ["ours"]);
    shallow.run(["run", "hidden", "--if-pending"]).stderr(contains("this shallow clone hides whether hidden (1)"));
    shallow.git(["fetch", "--quiet", "--unshallow"]);
    assert_eq!(pending(&shallow, &[]), ["ours", "hidden"]);
}
