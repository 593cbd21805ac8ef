//! When a command cannot work at all: the exit code, and an error of three lines at most.

use predicates::prelude::*;

use crate::support::{Run, Sandbox};

/// The error has one to three lines, and the first begins as errors of git do.
#[track_caller]
fn assert_short(run: Run) {
    let stderr = run.stderr_text();
    assert!(stderr.starts_with("error: "), "{run}");
    assert!((1..=3).contains(&stderr.lines().count()), "{run}");
}

const COMMANDS: [&[&str]; 5] =
    [&["poll"], &["status"], &["lint"], &["log", "a"], &["add", "a", "--message", "New", "--extractor", "echo 1"]];

#[test]
fn no_repository() {
    let sandbox = Sandbox::new();
    for args in COMMANDS {
        assert_short(sandbox.cmd("world", args).run().exit(3).stderr(predicate::str::contains("repository")));
    }
    insta::assert_snapshot!(sandbox.cmd("world", ["status"]).run().screen(), @"
    --- stderr
    error: not in a git repository: $SANDBOX/world
      hint: run the command inside a git repository, or name one: git -C DIR spread-cron
    [exit 3]
    ");
}

#[test]
fn a_git_dir_that_is_none() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.cmd("world", ["status"]).env("GIT_DIR", "/nowhere").run().screen(), @"
    --- stderr
    error: not in a git repository: $SANDBOX/world
      hint: run the command inside a git repository, or name one: git -C DIR spread-cron
    [exit 3]
    ");
}

#[test]
fn no_such_remote() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    for args in COMMANDS {
        let run = clone.run([args, &["--remote", "upstraem"]].concat());
        assert_short(run.exit(3).stderr(predicate::str::contains("upstraem")));
    }
    clone.git(["config", "spread-cron.remote", "gone"]);
    insta::assert_snapshot!(clone.run(["status"]).screen(), @r#"
    --- stderr
    error: there is no remote "gone" (there is only origin)
      hint: see what there is: git remote -v
    [exit 3]
    "#);
}

#[test]
fn several_remotes_and_none_of_them_is_meant() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    clone.git(["remote", "rename", "origin", "one"]);
    clone.git(["remote", "add", "two", &remote.url()]);
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    --- stderr
    error: there are several remotes (one, two) and none is called origin
      hint: choose one: --remote NAME, or git config spread-cron.remote NAME
    [exit 3]
    ");
}

#[test]
fn a_remote_that_cannot_be_reached() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    std::fs::rename(remote.path(), sandbox.path("elsewhere")).unwrap();
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    --- stderr
    error: cannot fetch from origin
      because: git fetch failed: '$SANDBOX/remote/.' does not appear to be a git repository; Could not read from remote repository.
      hint: try it by hand: git fetch origin; or poll what is here: --no-fetch
    [exit 3]
    ");
    clone.run(["poll", "--format", "json"]).exit(3).stderr(predicate::str::contains("origin"));
    insta::assert_snapshot!(clone.run(["add", "b", "--message", "B", "--extractor", "echo 1"]).screen(), @"
    --- stderr
    error: cannot create the branch b on origin
      because: the push failed, and the remote cannot be asked what became of it: git ls-remote failed: '$SANDBOX/remote/.' does not appear to be a git repository; Could not read from remote repository.
      hint: try it by hand: git push --dry-run origin HEAD:refs/heads/b; then run the same command again, which never overwrites a branch
    [exit 3]
    ");
    // Reading needs no network.
    insta::assert_snapshot!(clone.run(["status"]).screen(), @"a  (none)  never recorded");
}

#[test]
fn a_remote_that_does_not_take_pushes() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
        history.resource("b", "Same", "echo 2").state("Same (2)");
    });
    clone.git(["remote", "set-url", "--push", "origin", "/nowhere/at/all"]);
    let run = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always());
    let poll = run.poll();
    assert_eq!(poll.resource("a").outcome, "failed");
    assert_eq!(poll.resource("b").outcome, "unchanged");
}

#[test]
fn wrong_usage() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    let before = clone.refs();
    let mut screens = String::new();
    for args in [
        &["pol"][..],
        &["poll", "--nonsense"],
        &["poll", "--local", "--remote", "origin"],
        &["poll", "--shard", "0/3"],
        &["poll", "--shard", "4/3"],
        &["poll", "--shard", "x"],
        &["poll", "--jobs", "0"],
        &["poll", "--timeout", "0"],
        &["poll", "--timeout", "soon"],
        &["poll", "--every", "-1s"],
        &["poll", "--format", "xml"],
        &["poll", "--quiet", "--verbose"],
        &["status", "--force"],
        &["log"],
        &["log", "a", "b"],
        &["log", "a", "-n", "x"],
        &["add", "b"],
        &["add", "b", "--message", "B"],
        &["add", "b", "--message", "B", "--extractor", "echo 1", "--env", "novalue"],
        &["completions", "tcsh"],
        &["shred", "a"],
    ] {
        let run = clone.run(args).exit(2);
        assert_short(run.stderr(predicate::str::contains("hint: ")));
        screens += &format!("$ git spread-cron {}\n{}", args.join(" "), clone.run(args).screen());
    }
    insta::assert_snapshot!(screens, @r#"
    $ git spread-cron pol
    --- stderr
    error: there is no command "pol"
      hint: did you mean: git spread-cron poll?
    [exit 2]
    $ git spread-cron poll --nonsense
    --- stderr
    error: git spread-cron poll takes no "--nonsense"
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --local --remote origin
    --- stderr
    error: --local does not go together with --remote <NAME>
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --shard 0/3
    --- stderr
    error: --shard <I/N> cannot be "0/3"
      because: expected I/N with 1 ≤ I ≤ N, for example 2/3
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --shard 4/3
    --- stderr
    error: --shard <I/N> cannot be "4/3"
      because: expected I/N with 1 ≤ I ≤ N, for example 2/3
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --shard x
    --- stderr
    error: --shard <I/N> cannot be "x"
      because: expected I/N with 1 ≤ I ≤ N, for example 2/3
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --jobs 0
    --- stderr
    error: --jobs <N> cannot be "0"
      because: expected a number from 1 to 1024
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --timeout 0
    --- stderr
    error: --timeout <DURATION> cannot be "0"
      because: the duration has to be longer than zero
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --timeout soon
    --- stderr
    error: --timeout <DURATION> cannot be "soon"
      because: expected a duration, for example 90s, 10m or 1h 30m
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --every -1s
    --- stderr
    error: git spread-cron poll takes no "-1"
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --format xml
    --- stderr
    error: --format <FORMAT> cannot be "xml"
      because: it is one of human, json
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron poll --quiet --verbose
    --- stderr
    error: --quiet does not go together with --verbose
      hint: see how it is used: git spread-cron poll -h
    [exit 2]
    $ git spread-cron status --force
    --- stderr
    error: git spread-cron status takes no "--force"
      hint: see how it is used: git spread-cron status -h
    [exit 2]
    $ git spread-cron log
    --- stderr
    error: git spread-cron log needs <RESOURCE>
      hint: see how it is used: git spread-cron log -h
    [exit 2]
    $ git spread-cron log a b
    --- stderr
    error: git spread-cron log takes no "b"
      hint: see how it is used: git spread-cron log -h
    [exit 2]
    $ git spread-cron log a -n x
    --- stderr
    error: --max-count <COUNT> cannot be "x"
      because: invalid digit found in string
      hint: see how it is used: git spread-cron log -h
    [exit 2]
    $ git spread-cron add b
    --- stderr
    error: --message and --extractor are missing
      hint: give --message TEXT and --extractor COMMAND, or see the catalog: git spread-cron catalog
    [exit 2]
    $ git spread-cron add b --message B
    --- stderr
    error: --extractor is missing
      hint: give --message TEXT and --extractor COMMAND, or see the catalog: git spread-cron catalog
    [exit 2]
    $ git spread-cron add b --message B --extractor echo 1 --env novalue
    --- stderr
    error: --env <KEY=VALUE> cannot be "novalue"
      because: expected KEY=VALUE, KEY being a name of a shell variable
      hint: see how it is used: git spread-cron add -h
    [exit 2]
    $ git spread-cron completions tcsh
    --- stderr
    error: <SHELL> cannot be "tcsh"
      because: it is one of bash, zsh, fish
      hint: see how it is used: git spread-cron completions -h
    [exit 2]
    $ git spread-cron shred a
    --- stderr
    error: there is no command "shred"
      hint: see the commands: git spread-cron -h
    [exit 2]
    "#);
    clone.run([""; 0]).exit(2).stderr(predicate::str::contains("Usage: git spread-cron"));
    assert_eq!(clone.refs(), before);
}

#[test]
fn a_wrong_setting_is_named() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    for (key, value) in [("jobs", "many"), ("timeout", "soon"), ("networkTimeout", "later")] {
        let key = format!("spread-cron.{key}");
        clone.git(["config", &key, value]);
        let said = predicate::str::is_match(format!("(?i){}", regex::escape(&key))).unwrap();
        clone.run(["poll", "--dry-run"]).exit(3).stderr(said.and(predicate::str::contains(value)));
        clone.git(["config", "--unset", &key]);
    }
}

#[test]
fn a_shell_that_is_not_there() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 1");
    });
    insta::assert_snapshot!(clone.run(["poll", "--dry-run", "--shell", "/no/such/shell"]).screen(), @"
    --- stderr
    error: cannot run extractors
      because: cannot find the shell `/no/such/shell`
      hint: name a shell: --shell PROGRAM, or git config spread-cron.shell PROGRAM
    [exit 3]
    ");
}

#[test]
fn help_and_version_work_anywhere() {
    let sandbox = Sandbox::new();
    let version = predicate::str::contains(env!("CARGO_PKG_VERSION"));
    sandbox.cmd("world", ["--version"]).run().stdout(version);
    for args in [&["-h"][..], &["--help"], &["poll", "-h"], &["poll", "--help"], &["help"], &["help", "add"]] {
        sandbox.cmd("world", args).run().stdout(predicate::str::contains("Usage: git spread-cron"));
    }
    sandbox.cmd("world", ["-h"]).through_git().run().stdout(predicate::str::contains("Usage: git spread-cron"));
}
