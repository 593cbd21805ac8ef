//! Extractors that plant something for the git that comes after them, which has credentials: it must not come that far.
//!
//! Here without isolation, which hides far more: this is what holds where the system has none.

use std::fs;

use predicates::prelude::*;

#[cfg(target_os = "linux")]
use crate::support::{Gate, processes};
use crate::support::{Repo, Run, Sandbox, quoted, side_by_side};
#[cfg(target_os = "linux")]
use rustix::process::{Pid, Signal};

const TOKEN: &str = "hunter2-of-the-poll";

/// Refuses with three lines; the second one names `file`.
fn refused(run: Run, file: &str) {
    let said = run.stderr_text();
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines.len() == 3 && lines[0].contains("configuration of this repository was changed"), "{said}");
    assert!(lines[1].ends_with(file), "{file}: {said}");
    assert!(lines[2].contains("git config --list --show-origin --local"), "{said}");
    run.exit(3).anything();
}

fn poll(clone: &Repo<'_>, args: &[&str]) -> Run {
    clone.cmd(["poll"].iter().chain(args)).env("GITHUB_TOKEN", TOKEN).run()
}

/// Asserts that what an extractor plants is refused until it is gone, and never runs.
fn assert_refused(plant: &str, file: &str, args: &[&str], prepare: impl Fn(&Sandbox, &Repo<'_>)) {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let seen = sandbox.path("seen");
    // Whatever git asks of it, it only takes notes.
    let spy = sandbox.script("spy", &format!("#!/bin/sh\nenv >> {}\nexit 1\n", quoted(&seen)));
    let plant = plant.replace("SPY", spy.to_str().unwrap()).replace("SANDBOX", sandbox.path("").to_str().unwrap());
    let guard = sandbox.path("planted");
    // Once: later polls find what it left.
    let extractor = format!("if mkdir {} 2>/dev/null; then {plant}; fi; echo 6", quoted(&guard));
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", &extractor).state("New snap (5)");
        history.resource("same", "Same", "echo 1").state("Same (1)");
    });
    if args.contains(&"--local") {
        for branch in ["edge", "same"] {
            clone.git(["branch", "--quiet", "--track", branch, &format!("origin/{branch}")]);
        }
    }
    prepare(&sandbox, &clone);
    let config = clone.path().join(".git/config");
    let saved = fs::read(&config).unwrap();
    let (at_remote, here) = (remote.refs(), clone.refs());

    refused(poll(&clone, args), file);
    assert!(guard.exists(), "{plant}: nothing was planted");
    // The next poll would obey it as soon as it fetches.
    refused(poll(&clone, args), file);
    assert!(!seen.exists(), "{plant}: {}", fs::read_to_string(&seen).unwrap());
    assert_eq!((remote.refs(), clone.refs()), (at_remote, here), "{plant}");

    fs::write(&config, saved).unwrap();
    for gone in [".git/config.worktree", ".git/commondir", ".git/later"] {
        let _ = fs::remove_file(clone.path().join(gone));
    }
    poll(&clone, args).report(predicate::str::contains("5 → 6"));
    let recorded = if args.contains(&"--local") { &clone } else { &remote };
    assert_eq!(recorded.subjects("edge")[0], "New snap (6)", "{plant}");
    assert!(!seen.exists() && !clone.path().join(".git/spread-cron.refused").exists());
}

#[test]
fn settings_that_git_would_obey() {
    let settings = [
        ("remote.origin.pushurl", "ext::SPY"),
        ("core.sshCommand", "SPY"),
        ("credential.helper", "SPY"),
        ("http.proxy", "http://localhost:1"),
        ("url.ext::SPY.insteadOf", "SANDBOX"),
        ("core.hooksPath", "SANDBOX"),
        ("gpg.program", "SPY"),
        ("core.fsmonitor", "SPY"),
        ("remote.origin.receivepack", "SPY"),
        ("remote.origin.uploadpack", "SPY"),
        ("include.path", "later"),
    ];
    side_by_side(settings, |(key, value)| {
        let plant = format!("git --git-dir \"$SPREAD_CRON_GIT_DIR\" config {key} '{value}'");
        assert_refused(&plant, "/config", &[], |_, _| ());
    });
}

#[test]
fn files_that_git_would_read() {
    let config = "printf '[remote \"origin\"]\\n\\treceivepack = SPY\\n' >";
    let cases = [
        (format!("{config} \"$SPREAD_CRON_GIT_DIR/config.worktree\""), "/config.worktree"),
        (format!("{config} \"$SPREAD_CRON_GIT_DIR/later\""), "/later"),
        (
            "cp -R \"$SPREAD_CRON_GIT_DIR\" SANDBOXcopy; git --git-dir SANDBOXcopy config credential.helper SPY; \
             echo SANDBOXcopy > \"$SPREAD_CRON_GIT_DIR/commondir\""
                .to_owned(),
            "/commondir",
        ),
    ];
    side_by_side(cases, |(plant, file)| {
        assert_refused(&plant, file, &[], |_, clone| {
            clone.git(["config", "include.path", "later"]);
            clone.git(["config", "core.repositoryFormatVersion", "1"]);
            clone.git(["config", "extensions.worktreeConfig", "true"]);
        });
    });
}

#[test]
fn a_pipe_in_place_of_the_configuration_does_not_block() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let swap = "rm \"$SPREAD_CRON_GIT_DIR/config\"; mkfifo \"$SPREAD_CRON_GIT_DIR/config\"; echo 6";
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", swap).state("New snap (5)");
    });
    refused(poll(&clone, &[]), "/config");
    assert_eq!(remote.subjects("edge")[0], "New snap (5)");
}

#[test]
fn nothing_is_reported_as_recorded() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (_remote, clone) = sandbox.project(|history| {
        let plant = "git --git-dir \"$SPREAD_CRON_GIT_DIR\" config http.proxy http://localhost:1; echo 6";
        history.resource("edge", "New snap", plant).state("New snap (5)");
        history.resource("other", "Other", "echo 2").state("Other (1)");
        history.resource("same", "Same", "echo 1").state("Same (1)");
    });
    let run = clone.run(["poll", "--format", "json"]).exit(3).stderr(predicate::str::contains("nothing is recorded"));
    let poll = run.poll();
    for name in ["edge", "other"] {
        let failure = poll.resource(name).failure();
        assert!(failure.starts_with("not recorded: the configuration of this repository was changed"), "{failure}");
    }
    assert_eq!(poll.resource("same").outcome, "unchanged");
    // A person can accept the change.
    fs::remove_file(clone.path().join(".git/spread-cron.refused")).unwrap();
    clone.run(["poll"]).report(predicate::str::contains("5 → 6"));
}

/// What a partial clone left out is fetched by git as well, and not beside an extractor.
#[test]
fn what_a_partial_clone_left_out_is_fetched_only_after_a_look() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let seen = sandbox.path("seen");
    let spy = sandbox.script("spy", &format!("#!/bin/sh\nenv >> {}\nexit 1\n", quoted(&seen)));
    let guard = quoted(sandbox.path("planted"));
    let set = "git --git-dir \"$SPREAD_CRON_GIT_DIR\" config remote.origin.uploadpack";
    let (remote, clone) = sandbox.project(|history| {
        let options = "message=Tree\ntree=true\npattern_extractor='cat file'\n";
        history.branch("tree").file("file", "2\n").options(options).state("Tree (1)");
        let plant = format!("mkdir {guard} 2>/dev/null && {set} {}; echo 6", quoted(&spy));
        history.resource("a-spy", "New snap", &plant).state("New snap (5)");
    });
    remote.git(["config", "uploadpack.allowFilter", "true"]);
    drop(clone);
    let partial = remote.clone_with("partial", &["--filter=blob:none", "--no-checkout"]);
    let before = remote.refs();
    // One after the other, so that the file is missed when everything is planted.
    refused(poll(&partial, &["--jobs", "1"]), "/config");
    assert!(!seen.exists(), "{}", fs::read_to_string(&seen).unwrap());
    assert_eq!(remote.refs(), before);
    partial.git(["config", "--unset", "remote.origin.uploadpack"]);
    poll(&partial, &[]).report(predicate::str::contains("1 → 2").and(predicate::str::contains("5 → 6")));
}

#[test]
fn hooks_do_not_run() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let seen = quoted(sandbox.path("seen"));
    let hooks = "pre-push reference-transaction post-checkout pre-auto-gc post-rewrite fsmonitor-watchman";
    let plant = format!(
        "for hook in {hooks}; do file=\"$SPREAD_CRON_GIT_DIR/hooks/$hook\"; mkdir -p \"${{file%/*}}\"; \
         printf '#!/bin/sh\\nenv >> %s\\nexit 1\\n' {seen} > \"$file\"; chmod +x \"$file\"; done; echo 6"
    );
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", &plant).state("New snap (5)");
    });
    for _ in 0..2 {
        refused(poll(&clone, &[]), "/hooks");
    }
    assert_eq!(remote.subjects("edge")[0], "New snap (5)");
    assert!(clone.path().join(".git/hooks/pre-push").exists());
    assert!(!sandbox.path("seen").exists(), "{}", fs::read_to_string(sandbox.path("seen")).unwrap());
}

/// A wrapper of git that notes down which of the processes with their numbers in these files live when it pushes.
#[cfg(target_os = "linux")]
fn watch_push(sandbox: &Sandbox, names: &[&str]) {
    let files: Vec<String> = names.iter().map(|name| quoted(sandbox.path(name))).collect();
    let log = quoted(sandbox.path("at-push"));
    sandbox.git_wrapper(&format!(
        "case \" $* \" in *\" push \"*) echo pushing >> {log}; for file in {}; do \
         kill -0 \"$(cat \"$file\")\" 2>/dev/null && echo \"$file lives\" >> {log}; done ;; esac",
        files.join(" ")
    ));
}

#[cfg(target_os = "linux")]
#[test]
fn who_leaves_the_process_group_is_gone_before_the_push() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let gate = Gate::new(&sandbox, "gate");
    let started = |name: &str| format!("echo $$ > {}; {}", quoted(sandbox.path(name)), gate.pass());
    let child = sandbox.script("child", &format!("#!/bin/sh\ntrap '' TERM HUP\n{}\nexec sleep 1000\n", started("two")));
    let daemon = format!("#!/bin/sh\nsetsid {} &\n{}\nexec sleep 1000\n", quoted(child), started("one"));
    let daemon = quoted(sandbox.script("daemon", &daemon));
    let extractor = format!("(setsid {daemon} >/dev/null 2>&1 &); {wait}; {wait}; echo 6", wait = gate.wait());
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", &extractor).state("New snap (5)");
    });
    watch_push(&sandbox, &["one", "two"]);
    poll(&clone, &[]).report(predicate::str::contains("5 → 6"));
    assert_eq!(fs::read_to_string(sandbox.path("at-push")).unwrap(), "pushing\n");
    processes::assert_none_left(&sandbox);
    assert_eq!(remote.subjects("edge")[0], "New snap (6)");
}

#[cfg(target_os = "linux")]
#[test]
fn what_ran_before_the_poll_lives_on() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let gate = Gate::new(&sandbox, "gate");
    let stray = format!("#!/bin/sh\necho $$ > {}\n{}\nexec sleep 1000\n", quoted(sandbox.path("stray")), gate.pass());
    let stray = quoted(sandbox.script("start", &stray));
    let (_remote, clone) = sandbox.project(|history| {
        let extractor = format!("setsid {stray} >/dev/null 2>&1 & {}; echo 6", gate.wait());
        history.resource("edge", "New snap", &extractor).state("New snap (5)");
    });
    watch_push(&sandbox, &["mine", "stray"]);
    let product = quoted(assert_cmd::cargo::cargo_bin!("git-spread-cron"));
    let mine = quoted(sandbox.path("mine"));
    // The shell that starts the poll becomes it by `exec`, and had started another child before.
    let script = format!("sleep 1000 >/dev/null 2>&1 & echo $! > {mine}; exec {product} poll");
    let output = sandbox.command("bash", clone.path()).args(["-c", &script]).output().unwrap();
    let at_push = fs::read_to_string(sandbox.path("at-push")).unwrap();
    let mine: i32 = fs::read_to_string(sandbox.path("mine")).unwrap().trim().parse().unwrap();
    let ended = rustix::process::kill_process(Pid::from_raw(mine).unwrap(), Signal::KILL);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(at_push.lines().count() == 2 && at_push.ends_with("/mine lives\n"), "{at_push}");
    ended.unwrap();
}

#[test]
fn a_signing_program_of_a_local_poll() {
    let plant = "git --git-dir \"$SPREAD_CRON_GIT_DIR\" config commit.gpgSign true; \
                 git --git-dir \"$SPREAD_CRON_GIT_DIR\" config gpg.program SPY";
    assert_refused(plant, "/config", &["--local"], |_, _| ());
}

#[test]
fn what_decides_what_is_seen_is_sealed_too() {
    let replace = "export GIT_DIR=\"$SPREAD_CRON_GIT_DIR\"; tip=$(git rev-parse refs/remotes/origin/same); \
                   git update-ref refs/replace/$tip $(git rev-parse refs/remotes/origin/main)";
    let packed = format!("{replace}; git pack-refs --all");
    let plants = [
        (replace, "/refs/replace"),
        (packed.as_str(), "/packed-refs"),
        ("echo 'ref: refs/remotes/origin/edge' > \"$SPREAD_CRON_GIT_DIR/refs/remotes/origin/HEAD\"", "/refs/remotes"),
        ("mkdir -p \"$SPREAD_CRON_GIT_DIR/info\"; echo x > \"$SPREAD_CRON_GIT_DIR/info/grafts\"", "/info/grafts"),
        ("mkdir -p \"$SPREAD_CRON_GIT_DIR/hooks\"; echo x > \"$SPREAD_CRON_GIT_DIR/hooks/pre-push\"", "/hooks"),
    ];
    side_by_side(plants, |(plant, file)| {
        let sandbox = Sandbox::new();
        sandbox.without_isolation();
        let (remote, clone) = sandbox.project(|history| {
            history.resource("edge", "New snap", &format!("{plant}; echo 6")).state("New snap (5)");
            history.resource("same", "Same", "echo 2").state("Same (1)");
        });
        let before = remote.refs();
        refused(poll(&clone, &[]), file);
        assert_eq!(remote.refs(), before, "{plant}");
    });
}
