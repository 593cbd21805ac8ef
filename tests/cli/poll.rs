//! `poll`: what it records, what it says, and how it ends.

use std::process::Stdio;

use predicates::prelude::*;

use crate::support::Sandbox;

#[test]
fn a_change_is_recorded_and_said() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 550").state("New snap (549)");
    });
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    * edge  549 → 550  changed
    1 resource: 1 changed
    ");
    assert_eq!(remote.subjects("edge"), ["New snap (550)", "New snap (549)", "Watch edge"]);
}

#[test]
fn a_poll_without_changes_is_quiet_about_values() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 549").state("New snap (549)");
    });
    let before = remote.refs();
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    = edge  549  unchanged
    1 resource: 1 unchanged
    ");
    assert_eq!(remote.refs(), before);
}

#[test]
fn a_first_value_is_recorded() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 1");
    });
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    + edge  → 1  first value recorded
    1 resource: 1 first
    ");
    assert_eq!(remote.subjects("edge"), ["New snap (1)", "Watch edge"]);
}

#[test]
fn a_resource_that_fails_does_not_hide_the_others() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a-bad", "Bad", "echo 'the store is down' >&2; exit 7");
        history.resource("b-good", "Good", "echo 2").state("Good (1)");
        history.resource("c-none", "None", "true");
        history.resource("d-null", "Null", "echo null");
    });
    // What needs attention comes last.
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    . c-none  (none)  nothing to report yet
    . d-null  (none)  nothing to report yet
    * b-good  1 → 2   changed
    ! a-bad   (none)  failed: the extractor ended with exit status 7: the store is down
    4 resources: 1 changed, 2 without a value, 1 failed
    [exit 1]
    ");
    assert_eq!(remote.subjects("b-good")[0], "Good (2)");
    assert_eq!(remote.subjects("a-bad"), ["Watch a-bad"]);
    assert_eq!(remote.subjects("c-none"), ["Watch c-none"]);
    assert_eq!(remote.subjects("d-null"), ["Watch d-null"]);
}

#[test]
fn the_document_says_what_happened() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("bad", "Bad", "exit 7").state("Bad (3)");
        history.resource("changed", "Changed", "echo 2").state("Changed (1)");
        history.resource("first", "First", "echo 2");
        history.branch("manual").options("message=Manual\npattern_extractor='echo 1'\nmanual=true\n");
        history.resource("none", "None", "true").state("None (4)");
        history.resource("unchanged", "Unchanged", "echo 2").state("Unchanged (2)");
    });
    let before = remote.refs();
    let run = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always());
    let poll = run.poll();
    assert_eq!((poll.version, poll.remote.as_deref(), poll.dry_run), (1, Some("origin"), false));
    let expected = [
        ("bad", "failed", Some("3"), None),
        ("changed", "changed", Some("1"), Some("2")),
        ("first", "first", None, Some("2")),
        ("manual", "manual", None, None),
        ("none", "no-value", Some("4"), None),
        ("unchanged", "unchanged", Some("2"), Some("2")),
    ];
    for (resource, (name, outcome, old, new)) in poll.resources.iter().zip(expected) {
        assert_eq!((&*resource.resource, &*resource.outcome), (name, outcome));
        assert_eq!(resource.r#ref, format!("refs/remotes/origin/{name}"));
        if outcome != "failed" && outcome != "manual" {
            assert_eq!((resource.old.as_deref(), resource.new.as_deref()), (old, new), "{name}");
        }
        assert_eq!(resource.error.is_some(), outcome == "failed", "{name}");
    }
    assert_eq!(poll.resources.len(), expected.len());
    for name in ["changed", "first", "unchanged"] {
        assert_eq!(poll.resource(name).commit.as_deref(), Some(&*remote.tip(name)), "{name}");
    }
    for outcome in ["failed", "changed", "first", "manual", "no-value", "unchanged"] {
        assert_eq!(poll.summary.get(outcome), Some(&1), "{outcome}");
    }
    let moved: Vec<_> =
        remote.refs().into_iter().filter(|(name, id)| before[name] != *id).map(|(name, _)| name).collect();
    assert_eq!(moved, ["refs/heads/changed", "refs/heads/first"]);
}

#[test]
fn the_commit_of_an_unchanged_value_is_the_one_that_recorded_it() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 5").state("New (5)").commit("Tune");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("edge").commit.as_deref(), Some(&*remote.tip("edge~1")));
}

#[test]
fn a_poll_sees_what_the_remote_holds_now() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    remote.build(|history| {
        history.existing("edge").state("New (6)");
        history.resource("later", "Later", "echo 1");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.outcomes(), [("edge", "unchanged"), ("later", "first")]);
    assert_eq!(remote.count("edge"), 3);
}

#[test]
fn without_a_fetch_the_branches_are_taken_as_they_lie() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    remote.build(|history| {
        history.resource("later", "Later", "echo 1");
    });
    let poll = clone.run(["poll", "--no-fetch", "--format", "json"]).poll();
    assert_eq!(poll.outcomes(), [("edge", "changed")]);
    assert_eq!(remote.subjects("edge")[0], "New (6)");
}

#[test]
fn a_repository_without_resources_is_told_how_to_get_one() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|_| {});
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    --- stderr
    There are no resources on origin yet. Create one with: git spread-cron add BRANCH --message TEXT --extractor COMMAND
    See what can be watched out of the box: git spread-cron catalog
    ");
    insta::assert_snapshot!(clone.run(["status"]).screen(), @"
    --- stderr
    No resources of origin are known here; if there are any, run: git fetch origin. Create one with: git spread-cron add BRANCH --message TEXT --extractor COMMAND
    See what can be watched out of the box: git spread-cron catalog
    ");
    insta::assert_snapshot!(sandbox.init("empty").run(["poll"]).screen(), @"
    --- stderr
    There are no resources in this repository yet. Create one with: git spread-cron add BRANCH --message TEXT --extractor COMMAND
    See what can be watched out of the box: git spread-cron catalog
    ");
    let run = clone.run(["poll", "--format", "json"]).stderr(predicate::always());
    assert!(run.poll().resources.is_empty());
}

#[test]
fn quiet_says_only_what_matters() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    insta::assert_snapshot!(clone.run(["poll", "--quiet"]).screen(), @"* edge  5 → 6  changed");
    insta::assert_snapshot!(clone.run(["poll", "--quiet"]).screen(), @"");
    insta::assert_snapshot!(clone.run(["poll", "--verbose"]).screen(), @"
    = edge  6  unchanged
    1 resource: 1 unchanged
    --- stderr
    Fetching from origin.
    ");
}

#[test]
fn no_colour_and_no_progress_without_a_terminal() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
        history.resource("bad", "Bad", "exit 1");
    });
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    * edge  5 → 6   changed
    ! bad   (none)  failed: the extractor ended with exit status 1
    2 resources: 1 changed, 1 failed
    [exit 1]
    ");
    clone.run(["poll", "--color", "always"]).exit(1).report(predicate::str::contains("\x1b["));
    clone
        .cmd(["poll", "--color", "always"])
        .env("NO_COLOR", "1")
        .run()
        .exit(1)
        .report(predicate::str::contains("\x1b["));
}

#[test]
fn what_an_extractor_says_cannot_reach_the_terminal() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("bad", "Bad", r"printf '\033]0;owned\007\033[2J\r\b\n::set-output name=x::y\n' >&2; exit 1");
    });
    let clean = predicate::str::contains("\x1b")
        .or(predicate::str::contains("\x07"))
        .or(predicate::str::contains("\x08"))
        .not();
    clone.run(["poll"]).exit(1).report(clean);
    insta::assert_snapshot!(clone.run(["poll"]).screen(), @"
    ! bad  (none)  failed: the extractor ended with exit status 1: ]0;owned [2J | ::set-output name=x::y
    1 resource: 1 failed
    [exit 1]
    ");
}

#[test]
fn a_pipe_without_a_reader_is_no_crash() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    let commands = [
        &["poll", "--dry-run"][..],
        &["poll", "--dry-run", "--format", "json"],
        &["status"],
        &["status", "--format", "json"],
        &["log", "edge"],
        &["lint", "--format", "json"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
    ];
    for args in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = clone.cmd(args).command().stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        assert_ne!(output.status.code(), Some(101), "{args:?}: {stderr}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_written_are_an_error() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New edge", "echo 2").state("New edge (1)");
    });
    let full = std::fs::File::create("/dev/full").unwrap();
    let output = clone.cmd(["poll"]).command().stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write the results"), "{output:?}");
    assert_eq!(remote.subjects("edge")[0], "New edge (2)", "the work is done all the same");
}

#[test]
fn a_poll_records_even_when_its_output_has_no_reader() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        for number in 0..20 {
            history.resource(&format!("r{number}"), &format!("m{number}"), "echo 1");
        }
    });
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = clone.cmd(["poll"]).command().stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap();
    assert_ne!(status.code(), Some(101));
    for number in 0..20 {
        assert_eq!(remote.count(&format!("r{number}")), 2);
    }
}

#[test]
fn the_remote_may_be_reached_under_another_name() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    clone.git(["remote", "set-url", "origin", "short:remote"]);
    sandbox.config(
        &format!("url.file://{}/.insteadOf", sandbox.path("").display().to_string().trim_end_matches('/')),
        "short:",
    );
    clone.run(["poll"]).report(predicate::str::contains("5 → 6"));
    assert_eq!(remote.subjects("edge")[0], "New (6)");
}

#[test]
fn one_job_at_a_time_gives_the_same() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        for number in 0..10 {
            history.resource(&format!("r{number}"), &format!("m{number}"), &format!("echo {number}"));
        }
    });
    let poll = clone.run(["poll", "--jobs", "1", "--format", "json"]).poll();
    assert_eq!(poll.summary.get("first"), Some(&10));
    for number in 0..10 {
        assert_eq!(remote.subjects(&format!("r{number}"))[0], format!("m{number} ({number})"));
    }
}

#[test]
fn reading_does_not_wait_for_a_poll_that_is_going_on() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (started, go_on) = (sandbox.fifo("started"), sandbox.fifo("go-on"));
    let (remote, clone) = sandbox.project(|history| {
        let extractor = format!("echo > {}; cat {}", started.display(), go_on.display());
        history.resource("slow", "Slow", &extractor).state("Slow (5)");
    });
    let mut poll = clone.cmd(["poll"]).spawn();
    std::fs::read(&started).unwrap();
    clone.run(["status"]).report(predicate::str::contains("slow"));
    clone.run(["log", "slow"]).report(predicate::str::contains("5"));
    assert!(poll.is_running());
    std::fs::write(&go_on, "6\n").unwrap();
    poll.wait().report(predicate::str::contains("5 → 6"));
    assert_eq!(remote.subjects("slow")[0], "Slow (6)");
}

#[test]
fn the_document_says_how_long_an_extractor_ran() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("slow", "Slow", "sleep 0.1; echo 1");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert!(poll.resource("slow").duration_ms >= 100, "{poll:#?}");
}
