//! `poll --github`: what the runner of GitHub Actions makes of it. `poll --fail-on`.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::actions::{Step, StepRun};
use crate::support::{Gate, Repo, Sandbox, hostile, side_by_side, validate};

fn poll(sandbox: &Sandbox, clone: &Repo<'_>, args: &[&str]) -> StepRun {
    Step::new(sandbox, "step").run(clone.cmd([&["poll", "--github"], args].concat()))
}

/// Five resources: one changes, one is new, one stays the same and two fail.
fn mixed(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("changes", "New c", "echo 2").state("New c (1)");
        history.resource("first", "New f", "echo 1");
        history.resource("stays", "New s", "echo 1").state("New s (1)");
        history.resource("broken", "New b", "echo it broke >&2; exit 7").state("New b (1)");
        history.resource("lines", "New l", "echo 1; echo 2").state("New l (1)");
    })
}

#[test]
fn a_step_gets_outputs_a_summary_and_annotations() {
    let sandbox = Sandbox::new();
    let (remote, clone) = mixed(&sandbox);
    let run = poll(&sandbox, &clone, &["--fail-on", "none"]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.outputs.keys().collect::<Vec<_>>(), ["changed", "failed", "report"]);
    assert_eq!(run.json("changed"), serde_json::json!(["changes", "first"]));
    assert_eq!(run.json("failed"), serde_json::json!(["broken", "lines"]));
    validate("poll", &run.json("report"));
    assert_eq!(run.json("report")["resources"].as_array().unwrap().len(), 5);
    let rows = run.rows();
    assert_eq!(rows[..2], [vec!["changes", "1", "2"], vec!["first", "", "1"]]);
    assert_eq!((rows[2][0].as_str(), rows[3][0].as_str(), rows.len()), ("broken", "lines", 4));
    assert!(rows[2][1].contains("it broke") && rows[3][1].contains("2 lines"), "{rows:#?}");
    let titles: Vec<_> = run.log.executed.iter().map(|made| (&*made.name, made.property("title"))).collect();
    assert_eq!(titles, [("warning", "broken failed"), ("warning", "lines failed")]);
    assert!(run.log.executed[0].data.contains("it broke"));
    assert!(run.log.shown.iter().any(|line| line.contains("changes") && line.contains("1 → 2")), "{:#?}", run.log);
    // After the last line for people come the annotations, so that they are seen.
    assert!(run.log.text.lines().rev().nth(1).unwrap().starts_with("::warning"), "{}", run.log.text);
    assert_eq!(remote.subjects("changes")[0], "New c (2)");
}

#[test]
fn a_poll_that_finds_nothing_says_so() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("stays", "New s", "echo 1").state("New s (1)");
    });
    let run = poll(&sandbox, &clone, &["-q"]);
    assert_eq!((run.code, &*run.outputs["changed"], &*run.outputs["failed"]), (Some(0), "[]", "[]"));
    assert_eq!((run.log.executed.len(), run.rows().len()), (0, 0));
    assert!(run.summary.contains("<p>1 unchanged</p>"), "{}", run.summary);
    // A second command of the step adds to what is there.
    let step = Step::new(&sandbox, "more");
    fs::write(sandbox.path("more/output"), "mine=1").unwrap();
    let run = step.run(clone.cmd(["poll", "--github", "--format", "json"]));
    assert_eq!((&*run.outputs["mine"], &*run.outputs["changed"]), ("1", "[]"));
    let document = run.log.shown.iter().find(|line| line.starts_with('{')).unwrap();
    assert_eq!(*document, run.outputs["report"]);
}

#[test]
fn hostile_values_pass_unharmed_and_harmless() {
    let sandbox = Sandbox::new();
    let world = sandbox.world();
    let values = hostile::values();
    let (remote, clone) = sandbox.project(|history| {
        for number in 0..values.len() {
            let name = format!("r{number:02}");
            history.resource(&name, "New", &world.extractor(&name)).state("New (1)");
            let fails = format!("{} >&2; exit 1", world.extractor(&name));
            history.resource(&format!("fails{number:02}"), "New", &fails).state("New (1)");
        }
    });
    for (number, value) in values.iter().enumerate() {
        world.set(&format!("r{number:02}"), value);
    }
    let run = poll(&sandbox, &clone, &["--fail-on", "all"]);
    assert_eq!(run.code, Some(0), "{}", run.log.text);
    assert!(!run.log.without_stops().all("set-output").is_empty(), "the values are no danger:\n{}", run.log.text);
    assert!(run.log.executed.iter().all(|made| made.name == "warning"), "{:#?}", run.log.executed);
    let report = run.json("report");
    let rows = run.rows();
    for (number, value) in values.iter().enumerate() {
        let name = format!("r{number:02}");
        let of_name = |entry: &&serde_json::Value| entry["resource"] == *name;
        let entry = report["resources"].as_array().unwrap().iter().find(of_name).unwrap();
        assert_eq!((&entry["outcome"], &entry["new"]), (&"changed".into(), &value.as_str().into()));
        assert!(rows.contains(&vec![name.clone(), "1".to_owned(), value.clone()]), "{value}\n{rows:#?}");
        assert_eq!(remote.subjects(&name)[0], format!("New ({value})"));
    }
    assert_eq!(run.outputs.len(), 3, "{:?}", run.outputs.keys());
    assert!(!clone.path().join("hacked").exists());
}

#[test]
fn hostile_names_pass_unharmed_and_harmless() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for (number, name) in hostile::NAMES.iter().enumerate() {
            let extractor = if number % 2 == 0 { "echo 2" } else { "exit 1" };
            history.resource(name, "New", extractor).state("New (1)");
        }
    });
    let run = poll(&sandbox, &clone, &[]);
    assert_eq!(run.code, Some(1), "{}", run.log.text);
    let mut expected: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
    for (number, name) in hostile::NAMES.iter().enumerate() {
        expected[number % 2].push(name);
    }
    expected.iter_mut().for_each(|names| names.sort_unstable());
    let [changed, failed] = expected;
    assert_eq!(run.json("changed"), serde_json::json!(changed));
    assert_eq!(run.json("failed"), serde_json::json!(failed));
    let titles: Vec<_> = run.log.all("warning").iter().map(|made| made.property("title").to_owned()).collect();
    assert_eq!(titles, failed.iter().map(|name| format!("{name} failed")).collect::<Vec<_>>());
    assert_eq!(run.log.executed.len(), titles.len());
    let named: Vec<_> = run.rows().into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(named, [changed, failed].concat());
}

#[test]
fn stderr_of_an_extractor_cannot_command_the_runner() {
    let sandbox = Sandbox::new();
    let evil = "printf '%s\\n' '::error::hacked' '  ::set-output name=changed::hacked' '##[set-output name=x]y' >&2";
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("evil", "New", &format!("{evil}; printf '::add-mask::e\\r::error::x' >&2; exit 1"));
        history.resource("prints", "New", "echo '::error::hacked'; echo '##[error]hacked'");
    });
    let run = poll(&sandbox, &clone, &["-v"]);
    assert_eq!(run.code, Some(1));
    assert_eq!((run.log.all("warning").len(), run.log.executed.len()), (2, 2), "{:#?}", run.log.executed);
    assert!(!run.log.without_stops().executed.is_empty());
}

#[test]
fn at_most_ten_annotations_and_a_summary_of_all() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..13 {
            history.resource(&format!("r{number:02}"), "New", "exit 1");
        }
    });
    let run = poll(&sandbox, &clone, &[]);
    assert_eq!((run.code, run.log.executed.len(), run.rows().len()), (Some(1), 10, 13));
    assert_eq!(run.log.executed[9].property("title"), "4 more");
}

#[test]
fn a_report_that_is_too_long_is_left_out() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..350 {
            history.resource(&format!("r{number:03}"), "New", "echo \"$LANG\"");
        }
    });
    let long = format!("C{}", "v".repeat(1000));
    let step = Step::new(&sandbox, "step");
    let run = step.run(clone.cmd(["poll", "--github"]).env("LANG", long));
    assert_eq!((run.code, &*run.outputs["report"]), (Some(0), ""));
    assert_eq!(run.json("changed").as_array().unwrap().len(), 350);
    assert!(run.log.text.contains("too long for an output"));
    assert!(run.summary.contains("more</p>") && run.summary.len() < 500 << 10, "{}", run.summary.len());
}

#[test]
fn it_belongs_in_a_step() {
    let sandbox = Sandbox::new();
    let (remote, clone) = mixed(&sandbox);
    let before = remote.refs();
    for (set, missing) in [("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"), ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")] {
        let run = clone.cmd(["poll", "--github"]).env(set, sandbox.path("file")).run();
        run.exit(2).stderr(contains("GitHub Actions").and(contains(missing)));
        let nowhere = sandbox.path("no/such/file");
        let run = clone.cmd(["poll", "--github"]).env(set, sandbox.path("file")).env(missing, nowhere).run();
        run.exit(3).stderr(contains("no/such/file").and(contains(missing)));
    }
    clone.cmd(["poll", "--github", "--every", "1m"]).run().exit(2).stderr(contains("--every"));
    assert_eq!(remote.refs(), before);
}

#[test]
fn a_poll_that_cannot_work_tells_why() {
    let sandbox = Sandbox::new();
    let (remote, clone) = mixed(&sandbox);
    fs::rename(remote.path(), sandbox.path("##[set-output name=a]b")).unwrap();
    let run = poll(&sandbox, &clone, &[]);
    assert_eq!((run.code, run.outputs.len()), (Some(3), 0));
    assert_eq!(run.log.executed.len(), 1);
    assert!(run.log.executed[0].name == "error" && run.log.executed[0].data.contains("cannot fetch"), "{:?}", run.log);
    let run = poll(&sandbox, &clone, &["no-such-branch"]);
    assert_eq!((run.code, run.log.all("error").len()), (Some(3), 1));
}

#[test]
fn a_cancelled_step_still_tells_what_was_done() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (first, never) = (Gate::new(&sandbox, "first"), Gate::new(&sandbox, "never"));
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", &format!("{}; echo 2", first.pass())).state("New (1)");
        let cancel = format!("{}; kill -INT $PPID; {}", first.wait(), never.wait());
        history.resource("slow", "New", &cancel).state("New (1)");
    });
    let run = poll(&sandbox, &clone, &["--jobs", "2", "--fail-on", "none"]);
    assert_eq!((run.code, run.outputs.len()), (Some(130), 3), "{}", run.log.text);
    let changed = run.json("changed");
    let recorded = remote.subjects("edge")[0] == "New (2)";
    assert_eq!(changed, if recorded { serde_json::json!(["edge"]) } else { serde_json::json!([]) });
    assert_eq!(remote.subjects("slow")[0], "New (1)");
}

#[test]
fn failures_fail_the_poll_as_it_was_asked_for() {
    let fine = ["echo 1", "echo"];
    let cases: [(&str, &[&str], i32); 9] = [
        ("any", &["echo 1", "exit 1"], 1),
        ("any", &fine, 0),
        ("all", &["echo 1", "exit 1"], 0),
        ("all", &["echo", "exit 1"], 0),
        ("all", &["exit 1", "exit 1"], 1),
        ("all", &fine, 0),
        ("all", &[], 0),
        ("none", &["exit 1", "exit 1"], 0),
        ("none", &fine, 0),
    ];
    side_by_side(cases, |(which, extractors, code)| {
        let sandbox = Sandbox::new();
        let (_remote, clone) = sandbox.project(|history| {
            for (number, extractor) in extractors.iter().enumerate() {
                history.resource(&format!("r{number}"), "New", extractor);
            }
            let manual = "message=New\npattern_extractor='exit 1'\nmanual=true\n";
            history.branch("manual").options(manual);
        });
        clone.run(["poll", "--fail-on", which]).exit(code).report(predicate::always());
    });
    let sandbox = Sandbox::new();
    let (remote, clone) = mixed(&sandbox);
    clone.run(["poll", "--fail-on", "some"]).exit(2).stderr(contains("any"));
    fs::rename(remote.path(), sandbox.path("away")).unwrap();
    clone.run(["poll", "--fail-on", "none"]).exit(3).stderr(contains("cannot fetch"));
}

#[test]
fn wrong_arguments_are_annotated_and_harmless() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = mixed(&sandbox);
    for wrong in ["bogus", "x\n::set-output name=matrix::y", "##[set-output name=matrix]y"] {
        let run = poll(&sandbox, &clone, &["--fail-on", wrong]);
        assert_eq!((run.code, run.outputs.len(), run.log.executed.len()), (Some(2), 0, 1), "{}", run.log.text);
        let [error] = run.log.all("error")[..] else { panic!("{}", run.log.text) };
        assert!(error.data.contains("--fail-on"), "{error:?}");
    }
    clone.run(["poll", "--fail-on", "bogus"]).exit(2).stderr(contains("--fail-on"));
}
