//! `result`: how the suite took a value, recorded on the branch; and what the reading commands make of it.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Run, Running, Sandbox, Snapshot, validate};

/// A file as `run` writes it.
fn launched(sandbox: &Sandbox, file: &str, resource: &str, message: &str, value: &str, more: &str) -> String {
    let path = sandbox.path(file);
    let commit = "1".repeat(40);
    let text = format!(
        r#"{{"version":1,"resource":"{resource}","commit":"{commit}","message":"{message}","value":"{value}",
            "old_value":null,"stage":null,"error":null,"started_at":"2026-11-22T09:00:00+00:00",
            "finished_at":"2026-11-22T10:00:00+00:00",{more}}}"#
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const FAILED: &str = r#""status":"failed","url":"https://ci.example/7","passed":3,"failed":2,
    "failed_tasks":["qemu:ubuntu:tests/main/a","qemu:ubuntu:tests/main/b"]"#;
const PASSED: &str = r#""status":"passed","url":null,"passed":5,"failed":0,"failed_tasks":[]"#;

fn edge(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)").state("New snap (6)");
    })
}

#[test]
fn a_result_is_an_empty_commit_with_trailers() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let state = remote.tip("edge");
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", FAILED);
    let before = Snapshot::of(&clone, Some("refs/remotes/origin/edge"));
    clone.run(["result", "--from", &file]).stdout(contains("✗ failed  edge  6  recorded by"));
    before.assert_unchanged(&clone, Some("refs/remotes/origin/edge"));
    assert_eq!(remote.tip("edge~1"), state);
    assert_eq!(remote.tip("edge^{tree}"), remote.tip("edge~1^{tree}"));
    assert_eq!(
        remote.git(["show", "-s", "--format=%B", "edge"]),
        format!(
            "failed: New snap (6) [skip ci]\n\nSpread-Cron-Result: failed\nSpread-Cron-State: {state}\n\
             Spread-Cron-Url: https://ci.example/7\nSpread-Cron-Finished: 2026-11-22T10:00:00+00:00\n\
             Spread-Cron-Passed: 3\nSpread-Cron-Failed: 2\n\
             Spread-Cron-Failed-Task: qemu:ubuntu:tests/main/a\nSpread-Cron-Failed-Task: qemu:ubuntu:tests/main/b"
        )
    );
    // git itself understands the trailers.
    let trailers = remote.git(["show", "-s", "--format=%(trailers:key=Spread-Cron-Failed-Task,valueonly)", "edge"]);
    assert_eq!(trailers.lines().count(), 2, "{trailers}");
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    let result = log.values[0].result.as_ref().unwrap();
    assert_eq!((&*result.status, result.url.as_deref()), ("failed", Some("https://ci.example/7")));
    assert_eq!((result.passed, result.failed), (Some(3), Some(2)));
    assert_eq!((&*result.finished_at, &*result.commit), ("2026-11-22T10:00:00+00:00", &*remote.tip("edge")));
    assert!(log.values[1].result.is_none());
    assert_eq!(log.values(), ["6", "5"], "a result is no value");
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("edge").value.as_deref(), Some("6"));
    assert_eq!(status.resource("edge").result.as_ref().unwrap().status, "failed");
    clone.run(["status"]).stdout(contains("✗ failed (2 of 5)"));
    clone.run(["log", "edge"]).stdout(contains("✗ failed (2 of 5)"));
    clone.run(["poll"]).report(contains("unchanged"));
}

#[test]
fn the_same_result_twice_is_one_commit() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", FAILED);
    clone.run(["result", "--from", &file]).stdout(contains("recorded by"));
    let tip = remote.tip("edge");
    clone.run(["result", "--from", &file]).stdout(contains("recorded before, by"));
    // Nor twice at once, nor from a clone that is older.
    clone.run(["result", "--from", &file, &file]).stdout(contains("recorded before, by"));
    let other = remote.clone_to("other");
    other.git(["update-ref", "refs/remotes/origin/edge", &format!("{tip}~1")]);
    other.run(["result", "--from", &file]).stdout(contains("recorded before, by"));
    assert_eq!(remote.tip("edge"), tip);
    // Another run of the same value is another result, and the newest one counts.
    clone.run(["result", "edge", "--status", "passed", "--url", "https://ci.example/8"]).stdout(contains("✓ passed"));
    assert_eq!(remote.subjects("edge")[0], "passed: New snap (6) [skip ci]");
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("edge").result.as_ref().unwrap().status, "passed");
    clone.run(["result", "edge", "--status", "passed", "--url", "https://ci.example/8"]).stdout(contains("before"));
    assert_eq!(remote.count("edge"), 5);
    // What is said by hand is the same only as the newest: it can be taken back, and said again.
    for (status, count) in [("failed", 6), ("failed", 6), ("passed", 7), ("failed", 8)] {
        clone.run(["result", "edge", "--status", status]).stdout(contains(status));
        assert_eq!(remote.count("edge"), count, "{status}");
    }
    // A launch without a verdict takes no verdict away.
    clone.run(["result", "edge", "--status", "cancelled"]).stdout(contains("edge  6  recorded by"));
    clone.run(["status"]).stdout(contains("✗ failed"));
}

#[test]
fn a_result_belongs_to_the_nearest_earlier_state_commit_of_its_value() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 7").state("New (5)").state("New (6)").state("New (5)").state("New (7)");
    });
    clone.run(["result", "edge", "--status", "passed", "--commit", &remote.tip("edge~1")]).stdout(contains("passed"));
    clone.run(["result", "edge", "--status", "failed", "--commit", &remote.tip("edge~3")[..12]]).stdout(contains("✗"));
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    let results: Vec<_> = log.values.iter().map(|value| value.result.as_ref().map(|result| &*result.status)).collect();
    assert_eq!(log.values(), ["7", "5", "6", "5"]);
    assert_eq!(results, [None, Some("passed"), Some("failed"), None]);
    // A rebase changes the ids, and the results stay where they belong.
    let scratch = remote.clone_to("scratch");
    scratch.git(["checkout", "--quiet", "-b", "edge", "origin/edge"]);
    scratch.git(["rebase", "--quiet", "--root", "--keep-empty", "--reset-author-date"]);
    scratch.git(["push", "--quiet", "--force", "origin", "edge"]);
    clone.git(["fetch", "--quiet"]);
    let rebased = clone.run(["log", "edge", "--format", "json"]).log();
    assert_ne!(rebased.values[1].commit, log.values[1].commit);
    let again: Vec<_> =
        rebased.values.iter().map(|value| value.result.as_ref().map(|result| &*result.status)).collect();
    assert_eq!(again, results);
}

#[test]
fn many_files_are_one_push_and_one_bad_file_stops_no_other() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        for name in ["a", "b", "c"] {
            history.resource(name, &format!("New {name}"), "echo 1").state(&format!("New {name} (1)"));
        }
    });
    let files: Vec<String> = ["a", "b", "c"]
        .iter()
        .map(|name| launched(&sandbox, &format!("{name}.json"), name, &format!("New {name}"), "1", PASSED))
        .collect();
    let gone = launched(&sandbox, "gone.json", "gone", "New", "1", PASSED);
    let value = launched(&sandbox, "value.json", "b", "New b", "77", PASSED);
    let broken = sandbox.path("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let pushes = sandbox.path("pushes");
    let hook = format!("#!/bin/sh\necho push >> {}\n", pushes.display());
    let hook = sandbox.script("hook", &hook);
    std::fs::create_dir_all(remote.path().join("hooks")).unwrap();
    std::fs::copy(&hook, remote.path().join("hooks/pre-receive")).unwrap();
    let mut args = vec!["result", "--from"];
    args.extend(files.iter().map(String::as_str));
    args.extend([gone.as_str(), value.as_str(), broken.to_str().unwrap()]);
    let run = clone.run(&args).exit(1).stderr(contains("cannot read").and(contains("broken.json")));
    let text = run.stdout_text();
    assert_eq!(text.matches("✓ passed").count(), 3, "{text}");
    assert!(text.contains("! gone  1  not recorded: there is no branch \"gone\""), "{text}");
    assert!(text.contains("no state commit \"New b (77)\""), "{text}");
    assert_eq!(std::fs::read_to_string(pushes).unwrap(), "push\n");
    for name in ["a", "b", "c"] {
        assert_eq!(remote.subjects(name)[0], format!("passed: New {name} (1) [skip ci]"));
    }
}

#[test]
fn wrong_usage_is_said_before_anything_happens() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let before = remote.refs();
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", FAILED);
    clone.run(["result", "edge"]).exit(2).stderr(contains("--status"));
    clone.run(["result", "--status", "passed"]).exit(2).stderr(contains("RESOURCE"));
    clone.run(["result", "edge", "--status", "green"]).exit(2).stderr(contains("infra-error"));
    clone.run(["result", "beta", "--from", &file]).exit(2).stderr(contains("is about \"edge\""));
    clone
        .run(["result", "edge", "--status", "passed", "--commit", &remote.tip("edge~2")])
        .exit(2)
        .stderr(contains("state"));
    clone.run(["result", "edge", "--status", "passed", "--commit", "nonsense"]).exit(2).stderr(contains("nonsense"));
    clone.run(["result", "egde", "--status", "passed"]).exit(2).stderr(contains("did you mean \"edge\""));
    assert_eq!(remote.refs(), before);
}

#[test]
fn a_hostile_file_cannot_forge_trailers_or_subjects() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let more = r#""status":"failed","url":"x\nSpread-Cron-Passed: 99","passed":1,"failed":1,
        "failed_tasks":["a\u001b[31m\r\nSpread-Cron-Result: passed"]"#;
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", more);
    clone.run(["result", "--from", &file]).stdout(contains("recorded"));
    let body = remote.git(["show", "-s", "--format=%B", "edge"]);
    assert!(body.contains("Spread-Cron-Url: x Spread-Cron-Passed: 99\n"), "{body}");
    assert!(body.contains("Spread-Cron-Failed-Task: a [31m Spread-Cron-Result: passed"), "{body}");
    let forged = launched(&sandbox, "forged.json", "edge", "New snap (6)\\n\\nX", "6", PASSED);
    clone.run(["result", "--from", &forged]).exit(1).stdout(contains("not recorded"));
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    assert_eq!(log.values[0].result.as_ref().unwrap().passed, Some(1));
}

#[test]
fn five_machines_lose_nothing_and_double_nothing() {
    let sandbox = Sandbox::new();
    let (remote, _clone) = sandbox.project(|history| {
        for number in 0..5 {
            history
                .resource(&format!("r{number}"), &format!("New {number}"), "echo 1")
                .state(&format!("New {number} (1)"));
        }
        history.resource("shared", "Shared", "echo 1").state("Shared (1)");
    });
    let machines: Vec<Repo<'_>> = (0..5).map(|number| remote.clone_to(&format!("machine{number}"))).collect();
    let start = |number: usize| {
        let own = launched(
            &sandbox,
            &format!("own{number}.json"),
            &format!("r{number}"),
            &format!("New {number}"),
            "1",
            PASSED,
        );
        let url =
            format!(r#""status":"failed","url":"https://ci.example/{number}","passed":1,"failed":1,"failed_tasks":[]"#);
        let shared = launched(&sandbox, &format!("shared{number}.json"), "shared", "Shared", "1", &url);
        // One that all of them have: it lands once.
        let common = launched(&sandbox, &format!("common{number}.json"), "shared", "Shared", "1", PASSED);
        machines[number].cmd(["result", "--from", &own, &shared, &common]).spawn()
    };
    let running: Vec<Running> = (0..5).map(start).collect();
    let ended: Vec<Run> = running.into_iter().map(Running::wait).collect();
    for run in ended {
        run.stdout(contains("not recorded").not()).stderr(predicate::always());
    }
    for number in 0..5 {
        assert_eq!(
            remote.subjects(&format!("r{number}"))[..2],
            [format!("passed: New {number} (1) [skip ci]"), format!("New {number} (1)")]
        );
        assert_eq!(remote.count(&format!("r{number}")), 3);
    }
    let urls = remote.git(["log", "--format=%(trailers:key=Spread-Cron-Url,valueonly)", "shared"]);
    let mut urls: Vec<&str> = urls.split_whitespace().collect();
    urls.sort_unstable();
    assert_eq!(urls, (0..5).map(|number| format!("https://ci.example/{number}")).collect::<Vec<_>>());
    assert_eq!(remote.count("shared"), 2 + 5 + 1);
}

#[test]
fn it_works_on_local_branches_and_in_shallow_clones() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let local = sandbox.init("local");
    local.build(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (6)");
    });
    local.run(["result", "edge", "--status", "cancelled"]).stdout(contains("- cancelled"));
    assert_eq!(local.subjects("edge")[0], "cancelled: New snap (6) [skip ci]");
    drop(clone);
    let shallow = remote.clone_with("shallow", &["--depth=1", "--no-single-branch"]);
    let file = launched(&sandbox, "result.json", "edge", "New snap", "5", PASSED);
    shallow.run(["result", "--from", &file]).stdout(contains("✓ passed  edge  5"));
    assert_eq!(remote.subjects("edge")[..2], ["passed: New snap (5) [skip ci]", "New snap (6)"]);
}

#[test]
fn without_a_state_commit_there_is_nothing_to_record_about() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6");
    });
    let before = remote.refs();
    clone.run(["result", "edge", "--status", "passed"]).exit(1).stderr(contains("nothing was recorded for it yet"));
    assert_eq!(remote.refs(), before);
}

#[test]
fn a_remote_that_cannot_be_reached_is_an_error() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    std::fs::rename(remote.path(), sandbox.path("away")).unwrap();
    clone.run(["result", "edge", "--status", "passed"]).exit(3).stderr(contains("cannot fetch from origin"));
}

#[test]
fn what_a_launch_found_out_is_recorded_and_shown() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let more = r#""status":"failed","url":null,"passed":3,"failed":2,"failed_tasks":["q:u:t/a","q:u:t/b"],
        "aborted":1,"skipped":4,"aborted_tasks":["q:u:t/c"],"flaky_tasks":["q:u:t/d"],
        "failures":{"preparing":["q:u:t/a"],"executing":["q:u:t/b"],"restoring":["q:u:t/"]},
        "files":"1111","target":"2222","spread":"spread-plus 2.0","selection":null,"value_after":"7""#;
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", more);
    let text = std::fs::read_to_string(&file).unwrap().replace(r#""error":null"#, r#""error":"no quota""#);
    std::fs::write(&file, &text).unwrap();
    validate("result", &serde_json::from_str(&text).unwrap());
    clone.run(["result", "--from", &file]).stdout(contains("✗ failed  edge  6  recorded by"));
    let message = remote.git(["show", "-s", "--format=%B", "edge"]);
    for trailer in ["Files: 1111", "Target: 2222", "Spread: spread-plus 2.0", "Value-After: 7", "Reason: no quota"] {
        assert!(message.contains(&format!("\nSpread-Cron-{trailer}\n")), "{trailer} in {message}");
    }
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    let result = log.values[0].result.as_ref().unwrap();
    assert_eq!((result.passed, result.failed, result.aborted, result.skipped), (Some(3), Some(2), Some(1), Some(4)));
    assert_eq!(
        (&*result.failed_tasks, &*result.aborted_tasks),
        (&["q:u:t/a", "q:u:t/b"].map(String::from)[..], &["q:u:t/c".to_owned()][..])
    );
    let failures = &result.failures;
    assert_eq!(
        (&*failures.preparing[0], &*failures.executing[0], &*failures.restoring[0]),
        ("q:u:t/a", "q:u:t/b", "q:u:t/")
    );
    assert_eq!((result.flaky_tasks.len(), result.value_after.as_deref()), (1, Some("7")));
    assert_eq!((result.reason.as_deref(), result.selection.as_deref()), (Some("no quota"), None));
    clone.run(["result", "--from", &file]).stdout(contains("recorded before, by"));
}

#[test]
fn a_part_of_the_suite_is_not_the_suite() {
    let sandbox = Sandbox::new();
    let (_, clone) = edge(&sandbox);
    let partial = PASSED.replace(r#""url":null"#, r#""url":null,"selection":"q:u:t/a""#);
    let file = launched(&sandbox, "partial.json", "edge", "New snap", "6", &partial);
    clone.run(["result", "--from", &file]).stdout(contains("✓ passed (partial)  edge  6  recorded by"));
    clone.run(["green", "edge"]).exit(0);
    clone.run(["status"]).stdout(contains("✓ passed (partial; 5)"));
    let pending = clone.run(["pending", "--format", "json"]).pending();
    assert_eq!((pending.pending.len(), pending.pending[0].attempts), (1, 0));
    clone.run(["pending"]).stdout(contains("✓ passed (partial; 5)"));

    let whole = launched(&sandbox, "whole.json", "edge", "New snap", "6", FAILED);
    clone.run(["result", "--from", &whole]).stdout(contains("✗ failed  edge  6  recorded by"));
    let file = launched(&sandbox, "again.json", "edge", "New snap", "6", &partial.replace("u:t/a", "u:t/b"));
    clone.run(["result", "--from", &file]).stdout(contains("✓ passed (partial)  edge  6  recorded by"));
    let log = clone.run(["log", "edge", "--format", "json"]).log();
    let result = log.values[0].result.as_ref().unwrap();
    assert_eq!((&*result.status, result.selection.as_deref()), ("failed", None), "{result:?}");
    clone.run(["log", "edge"]).stdout(contains("✗ failed (2 of 5)"));
    clone.run(["pending"]).stderr(contains("Nothing waits"));
    clone.run(["green", "edge"]).exit(0);
}

#[test]
fn every_launch_and_every_task_can_be_looked_at() {
    let sandbox = Sandbox::new();
    let (_, clone) = edge(&sandbox);
    clone.run(["log", "edge", "--tasks"]).stderr(contains("No failed task was recorded for edge."));
    let flaky =
        PASSED.replace(r#""failed_tasks":[]"#, r#""failed_tasks":[],"flaky_tasks":["qemu:ubuntu:tests/main/a"]"#);
    for (name, more) in [("1.json", FAILED), ("2.json", &*flaky)] {
        let file = launched(&sandbox, name, "edge", "New snap", "6", more);
        clone.run(["result", "--from", &file]).stdout(contains("recorded by"));
    }
    let log = clone.run(["log", "edge", "--attempts"]);
    let text = log.stdout_text();
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
    assert!(at("\n    ✓ passed (5; 1 flaky)") < at("        flaky  qemu:ubuntu:tests/main/a"));
    assert!(
        at("    ✗ failed (2 of 5)") < at("        failed  qemu:ubuntu:tests/main/b")
            && text.contains("https://ci.example/7")
    );
    clone.run(["log", "edge"]).stdout(contains("flaky)").and(contains("    ✗").not()));
    let log = clone.run(["log", "edge", "--tasks", "--format", "json"]).log();
    let attempts: Vec<&str> = log.values[0].attempts.iter().map(|attempt| attempt.status.as_str()).collect();
    assert_eq!((attempts, log.values[1].attempts.len()), (vec!["passed", "failed"], 0));
    let tasks: Vec<_> = log.tasks.as_ref().unwrap().iter().collect();
    let [a, b] = tasks[..] else { panic!("{tasks:#?}") };
    assert_eq!((&*a.task, a.launches, a.failures, a.flaky), ("qemu:ubuntu:tests/main/a", 2, 1, 1));
    assert_eq!((&*b.task, b.launches, b.failures, b.flaky), ("qemu:ubuntu:tests/main/b", 2, 1, 0));
    assert_eq!((b.last_failure.as_deref(), b.last_value.as_deref()), (Some("2026-11-22T10:00:00+00:00"), Some("6")));
    clone.run(["log", "edge", "--tasks"]).stdout(contains("1 of 2 failed, 1 flaky  qemu:ubuntu:tests/main/a"));
    clone.run(["log", "edge", "--tasks", "--attempts"]).exit(2).stderr(contains("does not go together with"));
}

#[test]
fn a_value_that_moved_is_green_unless_the_options_say_otherwise() {
    for (option, green) in [("", "6\n"), ("moved=accept\n", "6\n"), ("moved=reject\n", ""), ("moved=\"$x\"\n", "")] {
        let sandbox = Sandbox::new();
        let options = format!("message='New snap'\npattern_extractor='echo 6'\n{option}");
        let (_, clone) = sandbox.project(|history| {
            history.branch("edge").options(options.as_bytes()).state("New snap (6)");
        });
        let moved = PASSED.replace(r#""url":null"#, r#""url":null,"value_after":"7""#);
        let file = launched(&sandbox, "result.json", "edge", "New snap", "6", &moved);
        clone.run(["result", "--from", &file]).stdout(contains("recorded by"));
        clone.run(["log", "edge"]).stdout(contains("✓ passed (value moved to 7 meanwhile)"));
        let run = clone.run(["green", "edge"]);
        assert_eq!(run.stdout_text(), green, "{option}");
    }
}

#[test]
fn the_file_fits_its_schema() {
    let sandbox = Sandbox::new();
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", FAILED);
    validate("result", &serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap());
}

#[test]
fn files_have_to_be_about_the_commit_that_is_named() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let [newest, earlier] = [remote.tip("edge"), remote.tip("edge~1")];
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", PASSED);
    let run = clone.run(["result", "edge", "--commit", &earlier, "--from", &file]);
    run.exit(2).stderr(contains("edge 6, and not about the commit"));
    clone.run(["result", "--commit", &newest, "--from", &file]).exit(2).stderr(contains("<RESOURCE>"));
    assert_eq!(remote.tip("edge"), newest);
    clone.run(["result", "edge", "--commit", &newest, "--from", &file]).stdout(contains("✓ passed  edge  6"));
}

#[test]
fn a_file_that_says_something_unexpected_is_refused() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let file = launched(&sandbox, "result.json", "edge", "New snap", "6", PASSED);
    let before = remote.refs();
    for more in [&[][..], &["edge", "--otherwise", "infra-error"]] {
        let args = [&["result", "--from", &file, "--expect", "failed"], more].concat();
        clone.run(args).exit(1).stderr(contains("says passed, and failed was expected"));
        assert_eq!(remote.refs(), before, "neither of the two is believed");
    }
    clone.run(["result", "--from", &file, "--expect", "passed"]).stdout(contains("✓ passed  edge  6"));
    assert_ne!(remote.refs(), before);
    clone.run(["result", "edge", "--status", "passed", "--expect", "passed"]).exit(2).stderr(contains("--from"));
}

#[test]
fn what_is_recorded_if_the_file_is_of_no_use() {
    let sandbox = Sandbox::new();
    let (remote, clone) = edge(&sandbox);
    let state = remote.tip("edge");
    let foreign = launched(&sandbox, "foreign.json", "other", "New snap", "6", PASSED);
    let old = launched(&sandbox, "old.json", "edge", "New snap", "5", PASSED);
    let broken = sandbox.path("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let broken = broken.to_str().unwrap().to_owned();
    let record = |file: &str, url: &str| {
        let named = ["result", "edge", "--commit", &state, "--from", file, "--url", url];
        clone.run([&named[..], &["--otherwise", "infra-error"]].concat())
    };
    for (number, file) in ["nowhere.json", &broken, &foreign, &old].into_iter().enumerate() {
        let run = record(file, &format!("https://ci.example/{number}")).stderr(contains("warning: "));
        assert!(run.stdout_text().contains("! infra-error  edge  6  recorded by"), "{run}");
    }
    assert_eq!(remote.subjects("edge")[..2], ["infra-error: New snap (6) [skip ci]"; 2]);
    let good = launched(&sandbox, "good.json", "edge", "New snap", "6", PASSED);
    record(&good, "https://ci.example/9").stdout(contains("✓ passed"));
    // A verdict stands, whatever could not run later.
    record("nowhere.json", "https://ci.example/10").stdout(contains("infra-error")).anything();
    clone.run(["pending", "--retry", "9"]).stderr(contains("Nothing waits"));
    clone.run(["result", "--from", &good, "--otherwise", "passed"]).exit(2).stderr(contains("<RESOURCE>"));
}
