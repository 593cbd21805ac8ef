//! A message that was reworded: its history goes on, or a person says that it does not. None is left behind in silence.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{History, Repo, Sandbox};

const OLD: &str = "New OS snap in beta channel";
const NEW: &str = "New amd64 core snap in beta channel";
const PATTERN: &str = r#"message_pattern="New (OS|amd64 core) snap in beta channel""#;

fn options(message: &str, extractor: &str, more: &str) -> String {
    format!("message={}\npattern_extractor='{extractor}'\n{more}\n", shell_words::quote(message))
}

/// A resource whose values were recorded under the old message, and whose options say the new one.
fn reworded(history: &mut History) {
    history
        .branch("edge")
        .options(options(OLD, "echo 548", ""))
        .state(&format!("{OLD} (548)"))
        .state(&format!("{OLD} (549)"))
        .options(options(NEW, "echo 550", ""));
    history.resource("other", "Other", "echo 2").state("Other (1)");
}

/// Commits other options to the remote.
fn edit(remote: &Repo<'_>, text: &str) {
    remote.build(|history| {
        history.existing("edge").options(text);
    });
}

#[test]
fn the_poll_fails_with_the_line_that_mends_it() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(reworded);
    let before = remote.tip("edge");
    for args in [&["poll", "--dry-run"][..], &["poll", "edge"], &["poll", "edge"]] {
        let told = contains("the message was reworded").and(contains(PATTERN)).and(contains(OLD));
        clone.run(args).exit(1).report(told.and(contains("git spread-cron poll --first edge")));
        assert_eq!(remote.tip("edge"), before);
    }
    let run = clone.run(["poll", "--format", "json"]).exit(1);
    let poll = run.poll();
    assert_eq!(poll.outcomes(), [("edge", "failed"), ("other", "changed")], "the others go on");
    clone.run(["status"]).stdout(contains("problem: the message was reworded").and(contains(PATTERN)));
    // What waits, or passed, under the old message is not passed over in silence.
    let cannot = || contains("the message was reworded").and(contains(PATTERN));
    clone.run(["log", "edge"]).exit(3).stderr(cannot());
    clone.run(["green", "edge"]).exit(3).stderr(cannot());
    clone.run(["run", "edge", "--if-pending", "--dry-run"]).exit(3).stderr(cannot());
    let pending = clone.run(["pending", "--format", "json"]).stderr(cannot().and(contains("what waits on edge")));
    assert_eq!(pending.pending().names(), ["other"]);
    // The line is what it takes.
    edit(&remote, &options(NEW, "echo 550", PATTERN));
    let poll = clone.run(["poll", "edge", "--format", "json"]).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("549"), Some("550")));
    assert_eq!(remote.subjects("edge")[0], format!("{NEW} (550)"));
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    assert_eq!(log.values.iter().map(|value| value.value.as_str()).collect::<Vec<_>>(), ["550", "549", "548"]);
    clone.run(["lint", "edge"]).stderr(contains("0 errors, 0 warnings"));
}

#[test]
fn a_person_can_say_that_it_begins_anew() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(reworded);
    clone.run(["poll", "--first"]).exit(2).stderr(contains("needs <PATTERN>"));
    clone.run(["poll", "--first", "edge"]).report(contains("first value recorded"));
    assert_eq!(remote.subjects("edge")[0], format!("{NEW} (550)"));
    clone.run(["poll", "edge"]).report(contains("unchanged"));
    // Said again, it changes nothing.
    clone.run(["poll", "--first", "edge"]).report(contains("unchanged"));
}

#[test]
fn lint_proposes_the_pattern_before_and_after() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(reworded);
    let found = |severity: &str, code| {
        let doc = clone.run(["lint", "edge", "--format", "json"]).exit(code).lint();
        let about = doc.about("edge");
        assert_eq!(about.len(), 1, "{doc:#?}");
        assert_eq!((about[0].code.as_str(), about[0].severity.as_str()), ("reworded-message", severity));
        assert!(format!("{} {}", about[0].message, about[0].help).contains(PATTERN), "{doc:#?}");
    };
    found("error", 1);
    clone.run(["poll", "--first", "edge"]).report(predicate::always());
    found("hint", 0);
}

/// Edited again, with a pattern that knew the messages before.
#[test]
fn a_pattern_that_misses_is_extended() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history
            .branch("edge")
            .options(options(NEW, "echo 550", PATTERN))
            .state(&format!("{OLD} (549)"))
            .options(options("Core in beta (amd64)", "echo 550", r#"message_pattern="Core in beta \(amd64\)""#));
    });
    let run = clone.run(["poll", "--format", "json"]).exit(1);
    let error = run.poll().resource("edge").error.clone().unwrap();
    let line = error.split_once("write ").unwrap().1.split_once("; to begin anew").unwrap().0;
    edit(&remote, &options("Core in beta (amd64)", "echo 550", line));
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("549"), Some("550")), "{line}");
}

/// What other tools recorded keeps nothing from being polled: it may be of other resources, or of none.
#[test]
fn state_commits_of_other_tools_are_not_refused() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", NEW, "echo 550").old_state(&format!("{OLD} (549)")).old_state(&format!("{OLD} (548)"));
    });
    clone
        .run(["lint"])
        .stdout(contains("warning[reworded-message]").and(contains(PATTERN)))
        .stderr(predicate::always());
    clone.run(["poll"]).report(contains("first value recorded"));
    clone.run(["lint"]).stdout(contains("hint[reworded-message]").and(contains(PATTERN))).stderr(predicate::always());
}

/// A declared source whose keys stand in the message, and a resource whose files lie on the default branch.
#[test]
fn every_way_to_watch_is_refused_alike() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history
            .branch("day")
            .options("source=clock\nevery=week\nmessage='A new {every}'\n")
            .state("A new day (2026-11-27)");
        history.branch("folder").commit("Begin").state("Folder (1)");
        history.branch("main").file("branches/folder/trigger", options("Ordner", "echo 2", "")).commit("Watch");
    });
    let before = remote.refs();
    let poll = clone.run(["poll", "--format", "json"]).exit(1).poll();
    for (name, old) in [("day", "A new day"), ("folder", "Folder")] {
        let error = poll.resource(name).error.clone().unwrap_or_default();
        assert!(error.contains("reworded") && error.contains(&format!("{old:?}")), "{name}: {error}");
    }
    assert_eq!(remote.refs(), before);
}

/// The default branch has state commits that were merged into it, and every branch that begins there has them.
#[test]
fn state_commits_of_the_default_branch_say_nothing() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history
            .branch("main")
            .file("branches/new/trigger", options("New", "echo 1", ""))
            .state("Other (1)")
            .state("Other (2)")
            .old_state("Foreign (1)")
            .old_state("Foreign (2)");
    });
    clone.run(["add", "new"]).stderr(contains("Switched new on"));
    clone.run(["lint", "new"]).stderr(contains("0 errors, 0 warnings"));
    clone.run(["poll"]).report(contains("first value recorded"));
    clone.run(["lint", "new"]).stderr(contains("0 errors, 0 warnings"));
}
