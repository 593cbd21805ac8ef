//! `customize` with an `actions.sh`: scripts as they are in use, and scripts that do not come to their end.

use std::fs;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use rustix::process::Signal;

use crate::support::processes::assert_none_left;
use crate::support::{Gate, History, Repo, Sandbox};

/// A clone with a resource `edge` that brings this script and an overlay.
fn resource<'s>(sandbox: &'s Sandbox, actions: &str) -> Repo<'s> {
    let (_, clone) = sandbox.project(|history| {
        history
            .resource("edge", "New", "echo 1")
            .entry("100755", "actions.sh", actions)
            .file("custom/tests/main/task.yaml", "ours\n")
            .file("custom/env.sh", "export A=1\n")
            .commit("Customize")
            .state("New (1)");
    });
    clone
}

/// A clone of a project that has a release and newer tests, in a folder of its own.
fn target(sandbox: &Sandbox) -> PathBuf {
    let project = sandbox.init("project");
    project.build(|history| {
        let release = |branch: &str, history: &mut History| {
            history
                .branch(branch)
                .file("version", "2.21\n")
                .file("tests/main/task.yaml", "old tests\n")
                .commit("Release 2.21");
        };
        release("release/2.21", history);
        release("main", history);
        history
            .branch("main")
            .file("version", "2.22\n")
            .file("tests/main/task.yaml", "new tests\n")
            .file("tests/new/task.yaml", "newer\n")
            .commit("Go on");
    });
    fs::create_dir(sandbox.path("work")).unwrap();
    sandbox.git(&sandbox.path("work"), ["clone", "--quiet", "../project", "snapd"]);
    sandbox.path("work/snapd")
}

fn read(target: &Path, path: &str) -> String {
    fs::read_to_string(target.join(path)).unwrap()
}

/// Only the target lies in its folder, and nothing among the temporary files.
#[track_caller]
fn assert_clean(sandbox: &Sandbox) {
    let left: Vec<_> = fs::read_dir(sandbox.path("work")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["snapd"]);
    sandbox.assert_no_litter();
    assert_none_left(sandbox);
}

const CUSTOMIZE: [&str; 4] = ["customize", "--resource", "edge", "../work/snapd"];

/// As existing ones do it: build what is new, go back to a release, and put the newer tests back.
const BUILD_THEN_CHECKOUT: &str = r#"#!/bin/bash
set -ex
cd target
cat version > built
cp -ar ./tests ..
git fetch origin
git checkout release/2.21
rm -rf tests
mv ../tests .
cd ..
cp -ar custom/. target/
echo "built $(cat target/built)"
"#;

#[test]
fn an_older_release_gets_the_newer_tests_back() {
    let sandbox = Sandbox::new();
    let clone = resource(&sandbox, BUILD_THEN_CHECKOUT);
    let target = target(&sandbox);
    fs::create_dir(sandbox.path("work/tests")).unwrap();
    for _ in 0..2 {
        sandbox.git(&target, ["checkout", "--quiet", "--force", "main"]);
        // The parent folder of the target is not the script's to change, and git is not to be led astray.
        let run = clone.cmd(CUSTOMIZE).env("GIT_DIR", clone.path().join(".git")).run();
        let run = run.stdout(predicate::eq("export A='1'\n"));
        let said = run.stderr_text();
        assert!(said.contains("* tests/main/task.yaml  replaced, 1 line") && said.contains("built 2.22"), "{said}");
        assert_eq!(read(&target, "version"), "2.21\n");
        assert_eq!(read(&target, "built"), "2.22\n");
        assert_eq!(read(&target, "tests/main/task.yaml"), "ours\n");
        assert_eq!(read(&target, "tests/new/task.yaml"), "newer\n");
        assert_eq!(fs::read_dir(sandbox.path("work/tests")).unwrap().count(), 0);
        assert_eq!(sandbox.git(&target, ["branch", "--show-current"]), "release/2.21");
    }
    fs::remove_dir(sandbox.path("work/tests")).unwrap();
    assert_clean(&sandbox);
}

#[test]
fn a_plain_copy_as_a_script() {
    let sandbox = Sandbox::new();
    let clone = resource(&sandbox, "#!/bin/sh\ncp -ar custom/. target/\n");
    let target = target(&sandbox);
    clone.run(CUSTOMIZE).report(predicate::str::contains("1 file replaced"));
    assert_eq!(read(&target, "tests/main/task.yaml"), "ours\n");
    clone.run(CUSTOMIZE).report(predicate::str::contains("1 file unchanged"));
    assert_clean(&sandbox);
}

#[test]
fn a_script_that_fails_is_told_with_what_it_did() {
    let sandbox = Sandbox::new();
    let clone = resource(&sandbox, "#!/bin/sh\ncp -ar custom/. target/\necho no luck\nexit 5\n");
    let target = target(&sandbox);
    let run = clone.run(CUSTOMIZE).exit(3);
    let said = run.stderr_text();
    for expected in ["no luck", "actions.sh ended with exit status 5", "* tests/main/task.yaml  replaced"] {
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(read(&target, "tests/main/task.yaml"), "ours\n");
    assert_clean(&sandbox);
}

#[test]
fn an_interrupted_script_leaves_the_target_in_its_place() {
    for signal in [Signal::TERM, Signal::INT] {
        let sandbox = Sandbox::new();
        let (started, never) = (Gate::new(&sandbox, "started"), Gate::new(&sandbox, "never"));
        let script = format!("#!/bin/sh\necho half > target/version\n{}\n{} &\nwait\n", started.pass(), never.wait());
        let clone = resource(&sandbox, &script);
        let target = target(&sandbox);
        let mut running = clone.cmd(CUSTOMIZE).spawn();
        started.await_one();
        assert!(!target.exists(), "it is with the script");
        running.signal(signal);
        running.wait().exit(130).stderr(predicate::str::contains("interrupted"));
        assert_eq!(read(&target, "version"), "half\n");
        assert_clean(&sandbox);
    }
}

#[test]
fn a_killed_run_is_made_good_by_the_next_one() {
    let sandbox = Sandbox::new();
    let (started, go_on) = (Gate::new(&sandbox, "started"), Gate::new(&sandbox, "go-on"));
    let script = format!("#!/bin/sh\n{}\n{}\n", started.pass(), go_on.wait());
    let clone = resource(&sandbox, &script);
    let target = target(&sandbox);
    let mut running = clone.cmd(CUSTOMIZE).spawn();
    started.await_one();
    clone.run(CUSTOMIZE).exit(3).stderr(predicate::str::contains("at work"));
    running.signal(Signal::KILL);
    // The script lives on, and so does its hold on the target.
    clone.run(CUSTOMIZE).exit(3).stderr(predicate::str::contains("at work"));
    assert!(!target.exists());
    go_on.open();
    running.wait().killed_by(Signal::KILL).stderr(predicate::always());
    assert_none_left(&sandbox);
    go_on.open();
    let run = clone.run(CUSTOMIZE).stdout(predicate::always());
    started.await_one();
    let said = run.stderr_text();
    assert!(said.contains("killed") && said.contains("work/snapd"), "{said}");
    assert_eq!(read(&target, "version"), "2.22\n");
    assert_clean(&sandbox);
}

#[test]
fn a_target_that_cannot_be_moved_is_said_to_be_so() {
    let sandbox = Sandbox::new();
    let clone = resource(&sandbox, "#!/bin/sh\ncp -ar custom/. target/\n");
    target(&sandbox);
    let worktree = sandbox.path("work/other");
    let add = ["-c", "worktree.useRelativePaths=true", "worktree", "add", "--quiet", "--detach", "../other"];
    sandbox.git(&sandbox.path("work/snapd"), add);
    let git = fs::read_to_string(worktree.join(".git")).unwrap();
    if !git.starts_with("gitdir: ..") {
        fs::write(worktree.join(".git"), "gitdir: ../snapd/.git/worktrees/other\n").unwrap();
    }
    let run = clone.run(["customize", "--resource", "edge", "../work/other"]).stdout(predicate::always());
    run.stderr(predicate::str::contains("cannot be moved"));
    assert_eq!(read(&worktree, "tests/main/task.yaml"), "ours\n");
    sandbox.assert_no_litter();
}
