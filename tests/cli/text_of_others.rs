//! What others recorded, named or printed never acts on a terminal, a summary or a document.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::actions::Step;
use crate::support::{Repo, Sandbox};

/// A value with a title for the terminal, a C1 control, a change of direction, and characters without a width.
const HOSTILE: &str = "1\u{1b}]0;title\u{7}\u{9b}2J\u{202e}x\u{200b}\t5";

/// The same as people see it.
const SHOWN: &str = "1<U+001B>]0;title<U+0007><U+009B>2J<U+202E>x<U+200B><U+0009>5";

fn project(sandbox: &Sandbox) -> Repo<'_> {
    let (_, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state(&format!("New ({HOSTILE})"));
        history.resource("failing", "Other", "printf '\\033[2Jbad\\302\\233\\342\\200\\256x' >&2; exit 1");
    });
    clone
}

#[track_caller]
fn assert_harmless(text: &str) {
    let acts = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{200b}' | '\u{202a}'..='\u{202e}');
    assert!(!text.contains(acts), "{text:?}");
}

#[test]
fn people_see_every_character_of_a_recorded_value() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    for args in [&["status"][..], &["log", "edge"], &["pending"], &["poll", "--dry-run", "edge"], &["poll", "edge"]] {
        for color in ["--color=never", "--color=always"] {
            let run = clone.run([&[color], args].concat()).report(contains(SHOWN));
            if color == "--color=never" {
                assert_harmless(&(run.stdout_text() + &run.stderr_text()));
            }
            if args[0] == "poll" && args.len() == 2 {
                break;
            }
        }
    }
    let failed = clone.run(["poll", "failing"]).exit(1).report(contains("bad"));
    assert_harmless(&failed.stdout_text());
}

#[test]
fn documents_have_the_exact_value_and_nothing_raw() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    let status = clone.run(["status", "--format", "json"]);
    assert_harmless(&status.stdout_text());
    assert_eq!(status.status().resource("edge").value.as_deref(), Some(HOSTILE));
    let log = clone.run(["log", "edge", "--format", "json"]);
    assert_harmless(&log.stdout_text());
    assert_eq!(log.log().values(), [HOSTILE]);
    for format in ["json", "matrix"] {
        assert_harmless(&clone.run(["pending", "--format", format]).stdout_text());
    }
    let poll = clone.run(["poll", "edge", "--format", "json"]);
    assert_harmless(&poll.stdout_text());
    assert_eq!(poll.poll().resource("edge").change(), ("changed", Some(HOSTILE), Some("6")));
}

#[test]
fn a_summary_shows_it_too() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    let step = Step::new(&sandbox, "step").run(clone.cmd(["pending", "--github"]));
    assert_harmless(&step.summary);
    assert!(step.summary.contains("&#60;U&#43;001B&#62;"), "{}", step.summary);
}

#[test]
fn a_value_that_is_a_page_is_cut_and_replaced() {
    let sandbox = Sandbox::new();
    let page = "<p>".repeat(70_000);
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "env true; echo 6").state(&format!("New ({page})"));
    });
    for args in [&["status"][..], &["log", "edge"], &["pending"], &["poll", "edge"]] {
        let run = clone.run(args).report(contains("<p><p>").and(contains("…")));
        assert!(run.stdout_text().len() < 1000, "{run}");
    }
    assert_eq!(remote.subjects("edge")[0], "New (6)");
}

#[test]
fn a_program_gets_the_green_value_itself() {
    let sandbox = Sandbox::new();
    let clone = project(&sandbox);
    clone.run(["result", "edge", "--status", "passed"]).stdout(contains("recorded"));
    let green = clone.run(["green", "edge"]);
    assert_eq!(green.stdout_text(), format!("{HOSTILE}\n"));
}

#[test]
fn values_that_cannot_be_seen_and_pointers_fail_their_resource() {
    let sandbox = Sandbox::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";
    let (_, clone) = sandbox.project(|history| {
        history.resource("unseen", "A", r"printf '5\342\200\213'");
        history.resource("skip", "B", "echo '5 [skip netlify]'");
        history
            .branch("pointer")
            .file("data.bin", pointer)
            .options("message=C\npattern_extractor='head -n 1 data.bin'\ntree=true\n");
        history.resource("mark", "D", r"printf '\357\273\2775\r\n'");
    });
    let poll = clone.run(["poll", "--format", "json"]).exit(1).poll();
    for (name, reason) in [("unseen", "U+200B"), ("skip", "[skip netlify]"), ("pointer", "Git LFS pointer")] {
        assert!(poll.resource(name).failure().contains(reason), "{:#?}", poll.resource(name));
    }
    assert_eq!(poll.resource("mark").change(), ("first", None, Some("5")));
}

#[test]
fn a_pointer_is_never_copied_into_a_target() {
    let sandbox = Sandbox::new();
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";
    let (_, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").file("custom/image", pointer).commit("Add an image");
    });
    std::fs::create_dir(sandbox.path("target")).unwrap();
    let target = sandbox.path("target").display().to_string();
    clone
        .run(["customize", "--resource", "edge", &target])
        .exit(3)
        .stderr(contains("custom/image is a Git LFS pointer"));
    assert!(!sandbox.path("target/image").exists());
}
