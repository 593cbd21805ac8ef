//! A poll that is killed, wherever: another one ends in the state of one that was left in peace, and no lock file stops it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use predicates::prelude::*;

use crate::support::{JOURNAL, Repo, Sandbox, quoted, side_by_side};

/// As text of the shell: kills the poll, whose child this is.
const POLL: &str = "kill -KILL $PPID; kill -KILL $$";
/// As text of the shell: kills the poll and everything that it started, but for extractors.
const GROUP: &str = "kill -KILL 0";

/// Three resources; one runs `while_extracting`, and each git of the poll runs `on_git`.
fn project<'s>(sandbox: &'s Sandbox, while_extracting: &str, on_git: &str) -> (Repo<'s>, Repo<'s>) {
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "New a", "echo 2").state("New a (1)");
        history.resource("b/b", "New b", "echo 2");
        history.resource("c", "New c", &format!("{while_extracting}\necho 2")).state("New c (2)");
    });
    // Something to fetch as well.
    remote.build(|history| {
        history.existing("a").file("notes", "x").commit("Take notes");
        history.resource("d", "New d", "echo 2").state("New d (1)");
    });
    if !on_git.is_empty() {
        sandbox.git_wrapper(on_git);
    }
    (remote, clone)
}

/// What has to stand on the branches in the end.
fn expected() -> BTreeMap<String, Vec<String>> {
    let branches: [(&str, &[&str]); 5] = [
        ("a", &["New a (2)", "Take notes", "New a (1)", "Watch a"]),
        ("b/b", &["New b (2)", "Watch b/b"]),
        ("c", &["New c (2)", "Watch c"]),
        ("d", &["New d (2)", "New d (1)", "Watch d"]),
        ("main", &["Begin"]),
    ];
    branches
        .iter()
        .map(|(name, subjects)| ((*name).to_owned(), subjects.iter().map(ToString::to_string).collect()))
        .collect()
}

fn state(repo: &Repo<'_>, prefix: &str) -> BTreeMap<String, Vec<String>> {
    let branches = repo.refs().into_keys().filter(|name| !name.ends_with("/HEAD"));
    let named = branches.filter_map(|name| Some((name.strip_prefix(prefix)?.to_owned(), repo.subjects(&name))));
    named.collect()
}

/// Starts a poll, in a process group of its own, which has to be killed on its way.
#[track_caller]
fn poll_and_be_killed(repo: &Repo<'_>, args: &[&str], case: &str) {
    let mut command = repo.cmd([&["poll"], args].concat()).command();
    let output = command.process_group(0).output().expect("the product can be started");
    assert_eq!(output.status.signal(), Some(9), "{case}: the poll was not killed: {output:?}");
}

pub(crate) fn locks_below(folder: &Path) -> Vec<PathBuf> {
    let mut locks = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            locks.extend(locks_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            locks.push(path);
        }
    }
    locks
}

/// A poll with the real git, undisturbed, ends in the expected state.
#[track_caller]
fn assert_recovers(sandbox: &Sandbox, remote: &Repo<'_>, clone: &Repo<'_>, case: &str) {
    sandbox.remove_git_wrapper();
    for hook in ["pre-receive", "update", "post-receive", "reference-transaction"] {
        let _ = fs::remove_file(remote.path().join("hooks").join(hook));
    }
    let run = clone.run(["poll", "--format", "json"]).stderr(predicate::always());
    let outcomes = run.poll();
    assert!(
        outcomes.outcomes().iter().all(|(_, outcome)| ["first", "changed", "unchanged"].contains(outcome)),
        "{case}: {run}"
    );
    assert_eq!(state(remote, "refs/heads/"), expected(), "{case}");
    assert_eq!(state(clone, "refs/remotes/origin/"), expected(), "{case}");
    for repo in [remote, clone] {
        assert_eq!(locks_below(repo.path()), [] as [PathBuf; 0], "{case}");
        repo.git(["fsck", "--strict", "--no-dangling"]);
    }
    let again = clone.run(["poll", "--format", "json"]).poll();
    assert!(again.outcomes().iter().all(|(_, outcome)| *outcome == "unchanged"), "{case}: {again:#?}");
}

#[test]
fn the_expected_state_is_that_of_an_undisturbed_poll() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox, "", "");
    clone.run(["poll"]).stdout(predicate::always());
    assert_eq!(state(&remote, "refs/heads/"), expected());
    assert_eq!(state(&clone, "refs/remotes/origin/"), expected());
}

#[test]
fn killed_while_extracting() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let guard = quoted(sandbox.path("world/once"));
    let (remote, clone) = project(&sandbox, &format!("if mkdir {guard} 2>/dev/null; then {POLL}; fi"), "");
    poll_and_be_killed(&clone, &[], "extracting");
    assert_eq!(remote.subjects("d")[0], "New d (1)");
    assert_recovers(&sandbox, &remote, &clone, "extracting");
}

#[test]
fn killed_around_a_git() {
    let done_with = format!("\"$git\" \"$@\"; {POLL}");
    // Before it begins; when it is done; and the poll is gone, but its git goes on without it.
    let moments = [POLL, GROUP, &done_with, "kill -KILL $PPID"];
    let cases = ["fetch", "push"].into_iter().flat_map(|command| moments.map(|moment| (command, moment)));
    side_by_side(cases, |(command, moment)| {
        let case = format!("{command}: {moment}");
        let sandbox = Sandbox::new();
        let wrapper = format!("case \" $* \" in *\" {command} \"*) {moment} ;; esac");
        let (remote, clone) = project(&sandbox, "", &wrapper);
        poll_and_be_killed(&clone, &[], &case);
        assert_recovers(&sandbox, &remote, &clone, &case);
    });
}

/// The server's end of a push, on this machine, is killed together with the poll: real locks of a real git are left there.
#[test]
fn killed_inside_of_a_push() {
    let hooks = [
        ("pre-receive", "cat >/dev/null; kill -KILL 0"),
        ("update", "[ $1 != refs/heads/b/b ] || kill -KILL 0"),
        ("reference-transaction", "cat >/dev/null; [ $1 != prepared ] || kill -KILL 0"),
        ("reference-transaction", "grep -q refs/heads/d || exit 0; [ $1 != prepared ] || kill -KILL 0"),
        ("reference-transaction", "grep -q refs/heads/b/b || exit 0; [ $1 != committed ] || kill -KILL 0"),
        ("post-receive", "kill -KILL 0"),
    ];
    side_by_side(hooks, |(hook, text)| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox, "", "");
        sandbox.script(&format!("remote/hooks/{hook}"), &format!("#!/bin/sh\n{text}\n"));
        poll_and_be_killed(&clone, &[], text);
        if text.contains("prepared") {
            assert_ne!(locks_below(remote.path()), [] as [PathBuf; 0], "the test is to leave locks");
        }
        assert_recovers(&sandbox, &remote, &clone, text);
    });
}

/// As a git leaves them that is killed in the middle of a fetch or of a push.
#[test]
fn killed_with_locks_in_the_clone() {
    let locks = ["refs/remotes/origin/a.lock", "refs/remotes/origin/b/b.lock", "packed-refs.lock"];
    let cases = ["fetch", "push"].into_iter().flat_map(|command| locks.map(|lock| (command, lock)));
    side_by_side(cases, |(command, lock)| {
        let case = format!("{lock} during {command}");
        let sandbox = Sandbox::new();
        let path = sandbox.path("clone/.git").join(lock);
        let text = format!("mkdir -p $(dirname {0}); touch {0}; {GROUP}", quoted(&path));
        let (remote, clone) = project(&sandbox, "", &format!("case \" $* \" in *\" {command} \"*) {text} ;; esac"));
        poll_and_be_killed(&clone, &[], &case);
        assert!(path.exists());
        sandbox.remove_git_wrapper();
        // A poll that removes something which it did not make says so.
        let said = predicate::str::contains(lock).and(predicate::str::contains("removed"));
        clone.run(["poll", "a"]).stdout(predicate::always()).stderr(said);
        assert_recovers(&sandbox, &remote, &clone, &case);
    });
}

fn old_lock(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

fn local_project(sandbox: &Sandbox) -> Repo<'_> {
    let repo = sandbox.init("repo");
    repo.build(|history| {
        history.main();
        history.resource("a", "New a", "echo 2").state("New a (1)");
        history.resource("b", "New b", "echo 2").state("New b (1)");
    });
    repo
}

#[test]
fn a_lock_on_a_local_branch_that_a_killed_poll_left() {
    let sandbox = Sandbox::new();
    let repo = local_project(&sandbox);
    let lock = repo.path().join(".git/refs/heads/a.lock");
    old_lock(&lock);
    // What a poll notes down before it moves the branch, and wipes out afterwards.
    let note = [b"=", lock.as_os_str().as_encoded_bytes(), b"\0"].concat();
    fs::write(repo.path().join(".git").join(JOURNAL), note).unwrap();
    repo.run(["poll", "--local"]).stdout(predicate::always()).stderr(predicate::str::contains("a.lock"));
    assert!(!lock.exists());
    assert_eq!(repo.subjects("a"), ["New a (2)", "New a (1)", "Watch a"]);
    assert_eq!(repo.subjects("b"), ["New b (2)", "New b (1)", "Watch b"]);
}

#[test]
fn a_lock_of_another_program_is_respected() {
    let sandbox = Sandbox::new();
    let repo = local_project(&sandbox);
    let lock = repo.path().join(".git/refs/heads/a.lock");
    old_lock(&lock);
    let poll = repo.run(["poll", "--local", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert!(poll.resource("a").failure().contains("lock"), "{poll:#?}");
    assert_eq!(poll.resource("b").change(), ("changed", Some("1"), Some("2")));
    assert!(lock.exists());
    assert_eq!(repo.subjects("a"), ["New a (1)", "Watch a"]);
    assert_eq!(repo.subjects("b"), ["New b (2)", "New b (1)", "Watch b"]);
}

#[test]
fn a_lock_of_another_program_in_the_remote_is_respected() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox, "", "");
    let lock = remote.path().join("refs/heads/a.lock");
    old_lock(&lock);
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert!(poll.resource("a").failure().contains("lock"), "{poll:#?}");
    assert_eq!(poll.resource("d").change(), ("changed", Some("1"), Some("2")));
    assert!(lock.exists());
    fs::remove_file(lock).unwrap();
    assert_recovers(&sandbox, &remote, &clone, "the lock is gone");
}

/// Killed twice in the same way, and then left in peace.
#[test]
fn killed_again_while_it_recovers() {
    let sandbox = Sandbox::new();
    let wrapper = format!("case \" $* \" in *\" push \"*) \"$git\" \"$@\"; {GROUP} ;; esac");
    let (remote, clone) = project(&sandbox, "", &wrapper);
    sandbox.script(
        "remote/hooks/reference-transaction",
        "#!/bin/sh\ncat >/dev/null\n[ $1 != prepared ] || kill -KILL 0\n",
    );
    for _ in 0..2 {
        poll_and_be_killed(&clone, &[], "again");
    }
    assert_recovers(&sandbox, &remote, &clone, "again");
}

/// A fetch that fails leaves no lock; one that made it fail belongs to another program, and stays until that is done.
#[test]
fn locks_of_others_are_not_taken_for_our_own() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "A", "echo 2").state("A (1)");
    });
    remote.build(|history| {
        history.existing("a").commit("Move it");
    });
    let locks = ["refs/remotes/origin/a.lock", "packed-refs.lock", "shallow.lock"];
    let locks = locks.map(|lock| clone.path().join(".git").join(lock));
    fs::create_dir_all(locks[0].parent().unwrap()).unwrap();
    locks.iter().for_each(|lock| old_lock(lock));
    for _ in 0..2 {
        clone
            .run(["poll"])
            .exit(3)
            .report(predicate::str::contains("a.lock").and(predicate::str::contains("removed").not()));
        assert!(locks.iter().all(|lock| lock.exists()));
    }
    locks.iter().for_each(|lock| fs::remove_file(lock).unwrap());
    clone.run(["poll"]).report(predicate::str::contains("1 → 2"));
}
