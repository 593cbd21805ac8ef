//! `pause` and `resume`: polls leave a resource alone, wherever they run.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::Sandbox;

#[test]
fn a_paused_resource_is_left_alone_until_it_is_resumed() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)");
        history.resource("beta", "New", "echo 1").state("New (1)");
    });
    let because = "the store is down";
    let pause = clone.run(["pause", "edge", "--until", "2999-01-01", "--because", because]);
    pause.stdout(predicate::eq("edge paused until 2999-01-01 00:00 UTC: the store is down\n"));
    let message = "paused: New snap [skip ci]\n\nSpread-Cron-Pause: paused\nSpread-Cron-Paused-Until: 2999-01-01T00:00:00Z\nSpread-Cron-Paused-Because: the store is down";
    assert_eq!(remote.git(["log", "-1", "--format=%B", "edge"]).trim(), message);
    clone
        .run(["pause", "edge", "--until", "2999-01-01", "--because", because])
        .stdout(contains("edge is paused already"));

    // Another machine sees it, too.
    let other = remote.clone_to("other");
    let polled = other.run(["poll"]);
    polled
        .report(contains("2 resources: 1 unchanged, 1 paused"))
        .stdout(contains("paused until 2999-01-01 00:00 UTC: the store is down"));
    let polled = other.run(["poll", "--format", "json"]).poll();
    assert_eq!(polled.resource("edge").change(), ("paused", Some("5"), None));
    let status = other.run(["status", "--format", "json"]).status();
    for pause in [&polled.resource("edge").paused, &status.resource("edge").paused] {
        let pause = pause.as_ref().unwrap();
        assert_eq!(pause.until.as_deref(), Some("2999-01-01T00:00:00Z"));
        assert_eq!((pause.since.as_str(), pause.because.as_deref()), ("2024-10-10T12:00:00+00:00", Some(because)));
    }
    assert!(status.resource("beta").paused.is_none());
    other.run(["status"]).stdout(contains("paused until 2999-01-01 00:00 UTC: the store is down"));

    clone.run(["resume", "*"]).stdout(predicate::eq("beta is not paused\nedge resumed\n"));
    clone.run(["poll"]).stdout(contains("5 → 6"));
    clone.run(["resume", "edge"]).stdout(predicate::eq("edge is not paused\n"));
}

#[test]
fn a_pause_ends_by_itself_and_by_a_newer_value() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let over = "paused: Over [skip ci]\n\nSpread-Cron-Paused-Until: 2020-01-01T00:00:00Z";
        history.resource("over", "Over", "echo 2").state("Over (1)").commit(over);
        history.resource("new", "New", "echo 2").commit("paused: New [skip ci]");
        let passed = "passed: Later (1) [skip ci]";
        history.resource("later", "Later", "echo 2").state("Later (1)").commit("paused: x [skip ci]").commit(passed);
    });
    clone.run(["poll", "over"]).stdout(contains("1 → 2"));
    clone.run(["poll"]).report(contains("1 unchanged, 2 paused"));
    clone.run(["poll", "--force", "later", "new"]).report(contains("1 first, 1 changed"));
    clone.run(["poll"]).report(contains("3 resources: 3 unchanged"));
}

#[test]
fn what_cannot_be_paused_says_why() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    clone.run(["pause"]).exit(2).stderr(contains("pause needs <PATTERN>"));
    clone.run(["pause", "egde"]).exit(2).stderr(contains("did you mean \"edge\""));
    clone.run(["pause", "edge", "--until", "soon"]).exit(2).stderr(contains("such as 2026-12-01"));
    clone.run(["pause", "edge", "--until", "2020-01-01"]).exit(2).stderr(contains("in the past"));
    clone.run(["pause", "edge", "--because", "a\nb"]).exit(2).stderr(contains("one line"));
    sandbox.script("remote/hooks/pre-receive", "#!/bin/sh\necho not today\nexit 1\n");
    clone.run(["pause", "edge"]).exit(3).stderr(contains("edge is left as it was").and(contains("declined")));
    assert_eq!(remote.subjects("edge")[0], "New (1)");
}
