//! `add --from` with globs and many names: one push, each branch on its own terms.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;

use predicates::prelude::*;
use predicates::str::contains;

use crate::add::read_back;
use crate::add_catalog::{add, branches, entry, files, project, says_in_three_lines, thing};
use crate::kills::locks_below;
use crate::support::{Repo, Sandbox, side_by_side};

/// Counts the pushes from here on, in a file with a line for each.
fn count_pushes(sandbox: &Sandbox) -> PathBuf {
    let log = sandbox.path("world/pushes");
    sandbox.git_wrapper(&format!("case \" $* \" in *\" push \"*) echo >> '{}' ;; esac", log.display()));
    log
}

fn pushes(log: &PathBuf) -> usize {
    fs::read_to_string(log).map_or(0, |text| text.lines().count())
}

#[test]
fn a_glob_creates_many_with_one_push() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    for number in 0..20 {
        entry(&sandbox, &format!("own-{number}"), &thing("One", &number.to_string(), ""));
    }
    let log = count_pushes(&sandbox);
    add(&sandbox, &clone, &["--from", "own-*"]).run().stderr(predicate::eq(
        "Created 23 resources on origin. Record their first values with: git spread-cron poll 'own-*'\n",
    ));
    assert_eq!(pushes(&log), 1);
    assert_eq!(branches(&remote).len(), 25);
    assert_eq!(clone.git(["rev-parse", "origin/own-7"]), remote.tip("own-7"));
    let tips = remote.refs();
    // The second time there is nothing to do, and nothing to push.
    add(&sandbox, &clone, &["--from", "own-*"])
        .run()
        .stderr(predicate::eq("Left 23 as they are, which exist already on origin.\n"));
    assert_eq!((pushes(&log), remote.refs()), (1, tips));
    entry(&sandbox, "own-x", &thing("X", "x", ""));
    let run = add(&sandbox, &clone, &["--from", "own-*", "-v"]).run();
    let run = run.stderr(contains("Left own-7 as it is.").and(contains("Created own-x on origin.")));
    run.stderr(contains("Left 23 as they are").and(contains("git spread-cron poll own-x\n")));
    assert_eq!((pushes(&log), branches(&remote).len()), (2, 26));
    let poll = clone.run(["poll", "own-*", "--format", "json"]).poll();
    assert_eq!(poll.resource("own-7").change(), ("first", None, Some("7")));
    assert!(poll.outcomes().iter().all(|(_, outcome)| *outcome == "first"));
}

#[test]
fn everything_that_is_built_in_is_created_once() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let log = count_pushes(&sandbox);
    let run = clone.run(["add", "--from", "*"]).stderr(contains("Created "));
    assert!(!run.stderr_text().contains("error"), "{run}");
    assert_eq!(pushes(&log), 1);
    let tips = remote.refs();
    let entries = tips.len() - 2;
    assert!(entries >= 2, "{tips:?}");
    let left = format!("Left {entries} as they are, which exist already on origin.\n");
    clone.run(["add", "--from", "*"]).stderr(predicate::eq(left));
    assert_eq!((pushes(&log), remote.refs()), (1, tips));
    clone.run(["status"]).stdout(predicate::always());
}

#[test]
fn entries_that_are_named_one_by_one() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    add(&sandbox, &clone, &["--from", "own-a", "--from", "own-b"])
        .run()
        .stderr(contains("Created 2 resources on origin.").and(contains("git spread-cron poll own-a own-b\n")));
    let tips = remote.refs();
    // Who names a branch means to create it, unlike a glob.
    let run = add(&sandbox, &clone, &["--from", "own-a", "--from", "own-c"]).run();
    let run = run.exit(1).stderr(contains("error: the branch own-a exists already on origin"));
    run.stderr(contains("Created own-c on origin. Record its first value"));
    assert_eq!(remote.refs()["refs/heads/own-a"], tips["refs/heads/own-a"]);
    let run = add(&sandbox, &clone, &["--from", "own-a"]).run();
    says_in_three_lines(run, 3, &["the branch own-a exists already on origin"]);
    // A glob is one even if a single entry matches.
    let left = "Left own-a as it is, which exists already on origin.\n";
    add(&sandbox, &clone, &["--from", "own-[a]"]).run().stderr(predicate::eq(left));
    let run = add(&sandbox, &clone, &["--from", "own-[a]", "own-b"]).run();
    says_in_three_lines(run, 3, &["the branch own-b exists already on origin"]);
    assert_eq!(branches(&remote), ["edge", "main", "own-a", "own-b", "own-c"]);
}

#[test]
fn a_branch_that_appears_meanwhile_is_left_as_it_is() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    remote.build(|history| {
        history.resource("own-b", "Theirs", "echo 1");
    });
    remote.build(|history| {
        history.resource("own-b", "Theirs", "echo 1").state("Theirs (1)");
    });
    let theirs = remote.tip("own-b");
    add(&sandbox, &clone, &["--from", "own-*"])
        .run()
        .stderr(contains("Left own-b as it is").and(contains("Created 2 resources on origin.")));
    assert_eq!((remote.tip("own-b"), remote.count("own-a"), remote.count("own-c")), (theirs.clone(), 1, 1));
    let run = add(&sandbox, &clone, &["--from", "own-b"]).run();
    says_in_three_lines(run, 3, &["the branch own-b exists already on origin"]);
    assert_eq!(remote.tip("own-b"), theirs);
}

#[test]
fn one_that_the_remote_declines_does_not_stop_the_others() {
    side_by_side(["update", "pre-receive"], |hook| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox);
        let condition = match hook {
            "update" => "[ $1 != refs/heads/own-b ]",
            _ => "! grep -q refs/heads/own-b",
        };
        let text = format!("#!/bin/sh\n{condition} || {{ echo 'b is not welcome' >&2; exit 1; }}\n");
        sandbox.script(&format!("remote/hooks/{hook}"), &text);
        let run = add(&sandbox, &clone, &["--from", "own-*"]).run().exit(1);
        let run = run.stderr(contains("error: cannot create the branch own-b on origin\n"));
        let run = run.stderr(contains("because: the remote declined it: b is not welcome"));
        run.stderr(contains("Created 2 resources on origin.").and(contains("error: cannot").count(1)));
        assert_eq!(branches(&remote), ["edge", "main", "own-a", "own-c"]);
    });
}

#[test]
fn a_branch_that_git_cannot_have_next_to_another() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    // Known here, and known to the remote only.
    clone.git(["push", "-q", "origin", "origin/main:refs/heads/own-a/x"]);
    remote.git(["branch", "own-b/x", "main"]);
    let run = add(&sandbox, &clone, &["--from", "own-*"]).run().exit(1);
    let run = run.stderr(contains("cannot create the branch own-a").and(contains("own-a/x is in its way")));
    run.stderr(contains("cannot create the branch own-b").and(contains("Created own-c on origin.")));
    assert_eq!(branches(&remote), ["edge", "main", "own-a/x", "own-b/x", "own-c"]);
    let run = add(&sandbox, &clone, &["--from", "own-a", "edge/y"]).run();
    says_in_three_lines(run, 3, &["cannot create the branch edge/y", "the branch edge is in its way", "fetch --prune"]);
    let run = add(&sandbox, &clone, &["--from", "own-a", "main/y", "--local"]).run();
    says_in_three_lines(run, 3, &["cannot create the branch main/y", "the branch main is in its way"]);
}

#[test]
fn an_entry_that_is_of_no_use_does_not_stop_the_others() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    entry(&sandbox, "own-bad", "# Bad\nmessage=x\nsource=clock\nevery=hour\n");
    entry(&sandbox, "own-lost", "# Lost\nmessage=x\necho x\n");
    entry(&sandbox, "own bad name", &thing("Name", "x", ""));
    entry(&sandbox, "own-shell", "# Shell\npattern_extractor=x\nmessage=\"$(date)\"\n");
    let run = add(&sandbox, &clone, &["--from", "own*"]).run().exit(1);
    let errors = contains("error:").count(4).and(contains("hint:").count(4));
    let run = run.stderr(errors.and(contains("Created 3 resources on origin.")));
    for word in ["own-bad", "every is \"hour\"", "line 3 is not", "own bad name", "tell the message"] {
        assert!(run.stderr_text().contains(word), "{word} is missing in\n{run}");
    }
    assert_eq!(branches(&remote), ["edge", "main", "own-a", "own-b", "own-c"]);
    // Named alone it ends the command.
    let run = add(&sandbox, &clone, &["--from", "own-bad"]).run();
    says_in_three_lines(run, 3, &["entry own-bad", "every is \"hour\"", "git spread-cron catalog show own-bad"]);
    let run = add(&sandbox, &clone, &["--from", "own-shell"]).run();
    says_in_three_lines(run, 3, &["entry own-shell", "only a shell can tell the message", "folder of your catalog"]);
}

#[test]
fn flags_for_many() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    add(&sandbox, &clone, &["--from", "own-*", "--manual", "--env", "A=1", "--target-ref", "r"])
        .run()
        .stderr(contains("git spread-cron poll --force own-a own-b own-c\n"));
    for branch in ["own-a", "own-b", "own-c"] {
        let keys = read_back(&sandbox, &remote, &format!("{branch}:options"), ["manual", "target_ref"]);
        assert_eq!(keys, ["true", "r"]);
        assert_eq!(read_back(&sandbox, &remote, &format!("{branch}:custom/env.sh"), ["A"]), ["1"]);
    }
}

#[test]
fn a_resource_that_follows_none_that_is_there_is_worth_a_warning() {
    let sandbox = Sandbox::new();
    let (_, clone) = project(&sandbox);
    for (name, followed) in [("chain-1", "own-a"), ("chain-2", "chain-1"), ("chain-3", "chain-2")] {
        let options =
            format!("# Follows\nmessage=\"{name}\"\npattern_extractor=\"git spread-cron green {followed}\"\n");
        entry(&sandbox, name, &options);
    }
    let run = add(&sandbox, &clone, &["--from", "chain-*"]).run();
    let run = run.stderr(contains("warning: chain-1 follows own-a, and there is no such branch on origin yet\n"));
    run.stderr(contains("warning:").count(1).and(contains("Created 3 resources")));
    add(&sandbox, &clone, &["--from", "own-a"]).run().stderr(contains("warning").not());
    add(&sandbox, &clone, &["--from", "chain-1", "again"]).run().stderr(contains("warning").not());
}

#[test]
fn no_identity_is_said_before_anything_is_written() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    sandbox.unset_config("user.name");
    let before = (remote.refs(), clone.refs());
    let run = add(&sandbox, &clone, &["--from", "own-*"]).run();
    says_in_three_lines(run, 3, &["cannot write commits", "user.name"]);
    assert_eq!((remote.refs(), clone.refs()), before);
}

#[test]
fn two_at_once_create_each_branch_once() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let other = remote.clone_to("other");
    // Commits of another time are other commits.
    let both = [(&clone, "1700000001 +0000"), (&other, "1700000002 +0000")];
    let running =
        both.map(|(repo, time)| add(&sandbox, repo, &["--from", "own-*"]).env("GIT_AUTHOR_DATE", time).spawn());
    let runs = running.map(|running| running.wait().stderr(predicate::always()));
    for branch in ["own-a", "own-b", "own-c"] {
        assert_eq!(remote.count(branch), 1, "{branch}\n{}\n{}", runs[0], runs[1]);
    }
    let created = runs.iter().map(|run| match run.stderr_text() {
        text if text.contains("Created 3 resources") => 3,
        text if text.contains("Created 2 resources") => 2,
        text if text.contains("Created own-") => 1,
        _ => 0,
    });
    assert_eq!(created.sum::<i32>(), 3, "{}\n{}", runs[0], runs[1]);
}

/// Adds all, in a process group of its own, and is killed on the way.
#[track_caller]
fn add_and_be_killed(sandbox: &Sandbox, clone: &Repo<'_>, case: &str) {
    let mut command = add(sandbox, clone, &["--from", "own-*"]).command();
    let output = command.process_group(0).output().expect("the product can be started");
    assert_eq!(output.status.signal(), Some(9), "{case}: it was not killed: {output:?}");
}

/// Another `add` completes what one that was killed began.
#[track_caller]
fn assert_completes(sandbox: &Sandbox, remote: &Repo<'_>, clone: &Repo<'_>, case: &str) {
    let begun = remote.refs();
    let run = add(sandbox, clone, &["--from", "own-*"]).run().stderr(predicate::always());
    assert!(!run.stderr_text().contains("error"), "{case}: {run}");
    assert_eq!(branches(remote), ["edge", "main", "own-a", "own-b", "own-c"], "{case}");
    let kept: BTreeMap<_, _> = remote.refs().into_iter().filter(|(name, _)| begun.contains_key(name)).collect();
    assert_eq!(kept, begun, "{case}");
    for branch in ["own-a", "own-b", "own-c"] {
        assert_eq!((remote.count(branch), files(remote, branch)), (1, vec!["100644 options".to_owned()]), "{case}");
    }
    for repo in [remote, clone] {
        assert_eq!(locks_below(repo.path()), [] as [PathBuf; 0], "{case}");
        repo.git(["fsck", "--strict", "--no-dangling"]);
    }
    let poll = clone.run(["poll", "own-*", "--format", "json"]).poll();
    assert!(poll.outcomes().iter().all(|(_, outcome)| *outcome == "first"), "{case}: {poll:#?}");
    assert_eq!(poll.outcomes().len(), 3, "{case}");
}

#[test]
fn killed_around_the_push() {
    const GROUP: &str = "kill -KILL 0";
    let moments = [GROUP.to_owned(), format!("\"$git\" \"$@\"; {GROUP}"), "kill -KILL $PPID; kill -KILL $$".to_owned()];
    side_by_side(moments, |moment| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox);
        sandbox.git_wrapper(&format!("case \" $* \" in *\" push \"*) {moment} ;; esac"));
        add_and_be_killed(&sandbox, &clone, &moment);
        sandbox.remove_git_wrapper();
        assert_completes(&sandbox, &remote, &clone, &moment);
    });
}

/// The server's end of the push, on this machine, is killed together with the command.
#[test]
fn killed_inside_of_the_push() {
    let hooks = [
        ("pre-receive", "cat >/dev/null; kill -KILL 0"),
        ("update", "[ $1 != refs/heads/own-b ] || kill -KILL 0"),
        ("reference-transaction", "grep -q refs/heads/own-b || exit 0; [ $1 != prepared ] || kill -KILL 0"),
        ("reference-transaction", "grep -q refs/heads/own-b || exit 0; [ $1 != committed ] || kill -KILL 0"),
        ("post-receive", "kill -KILL 0"),
    ];
    side_by_side(hooks, |(hook, text)| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox);
        let script = sandbox.script(&format!("remote/hooks/{hook}"), &format!("#!/bin/sh\n{text}\n"));
        add_and_be_killed(&sandbox, &clone, text);
        fs::remove_file(script).unwrap();
        assert_completes(&sandbox, &remote, &clone, text);
    });
}
