//! `result --github`: what was recorded, and what could not be.

use predicates::str::contains;

use crate::support::actions::{Step, StepRun};
use crate::support::{Repo, Sandbox, hostile};

fn result(sandbox: &Sandbox, clone: &Repo<'_>, args: &[&str]) -> StepRun {
    Step::new(sandbox, "step").run(clone.cmd([&["result", "--github"], args].concat()))
}

/// A file as `run` writes it.
fn launched(sandbox: &Sandbox, file: &str, resource: &str, value: &str) -> String {
    let path = sandbox.path(file);
    let document = serde_json::json!({
        "version": 1, "resource": resource, "commit": "1".repeat(40), "message": "New", "value": value,
        "old_value": null, "status": "passed", "stage": null, "error": null, "url": null,
        "started_at": "2026-11-22T09:00:00+00:00", "finished_at": "2026-11-22T10:00:00+00:00",
        "passed": 5, "failed": 0, "failed_tasks": []
    });
    std::fs::write(&path, document.to_string()).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_step_gets_a_summary_and_an_error_for_each_that_is_missing() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    let good = launched(&sandbox, "good.json", "edge", "1");
    let gone = launched(&sandbox, "gone.json", "gone", "1");
    let other = launched(&sandbox, "other.json", "edge", "::error::2");
    let broken = sandbox.path("broken.json");
    std::fs::write(&broken, "{").unwrap();
    let run = result(&sandbox, &clone, &["--from", &good, &gone, &other, broken.to_str().unwrap()]);
    assert_eq!((run.code, run.outputs.len()), (Some(1), 0));
    let rows = run.rows();
    assert_eq!(rows[0][..3], ["edge", "1", "passed"]);
    assert_eq!(remote.tip("edge")[..12], rows[0][3]);
    let missing: Vec<_> = rows[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(missing, [broken.to_str().unwrap(), "gone  1", "edge  ::error::2"]);
    let titles: Vec<_> = run.log.executed.iter().map(|made| (&*made.name, made.property("title"))).collect();
    let expected =
        missing.iter().map(|what| format!("No result recorded: {what}").replace("  ", " ")).collect::<Vec<_>>();
    assert_eq!(titles, expected.iter().map(|title| ("error", title.as_str())).collect::<Vec<_>>());
    // Said again, it is there already.
    let run = result(&sandbox, &clone, &["--from", &good]);
    assert_eq!((run.code, run.log.executed.len()), (Some(0), 0));
    assert!(run.rows()[0][3].ends_with(", before"), "{:?}", run.rows());
}

#[test]
fn one_result_by_hand() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
        history.resource("empty", "New", "echo 1");
    });
    let run = result(&sandbox, &clone, &["edge", "--status", "infra-error"]);
    assert_eq!((run.code, run.log.executed.len()), (Some(0), 0));
    assert_eq!(run.rows()[0][..3], ["edge", "1", "infra-error"]);
    for (name, code, says) in [("empty", 1, "nothing was recorded"), ("egde", 2, "did you mean")] {
        let run = result(&sandbox, &clone, &[name, "--status", "passed"]);
        assert_eq!((run.code, run.rows().len()), (Some(code), 1), "{}", run.log.text);
        assert_eq!(run.log.executed.len(), 1, "{:#?}", run.log.executed);
        assert!(
            run.log.executed[0].name == "error" && run.log.executed[0].data.contains(says),
            "{:?}",
            run.log.executed
        );
    }
    std::fs::rename(remote.path(), sandbox.path("away")).unwrap();
    let run = result(&sandbox, &clone, &["edge", "--status", "passed"]);
    assert_eq!((run.code, run.log.all("error").len(), run.log.executed.len()), (Some(3), 1, 1));
    clone.run(["result", "--github", "edge", "--status", "passed"]).exit(2).stderr(contains("GitHub Actions"));
}

#[test]
fn hostile_values_and_names_pass_unharmed_and_harmless() {
    let sandbox = Sandbox::new();
    let values = hostile::values();
    let (remote, clone) = sandbox.project(|history| {
        for (number, value) in values.iter().enumerate() {
            history.resource(&format!("v{number:02}"), "New", "echo 1").state(&format!("New ({value})"));
        }
        for name in hostile::NAMES {
            history.resource(name, "New", "echo 1").state("New (1)");
        }
    });
    let mut files = Vec::new();
    for (number, value) in values.iter().enumerate() {
        files.push(launched(&sandbox, &format!("v{number}.json"), &format!("v{number:02}"), value));
    }
    for (number, name) in hostile::NAMES.iter().enumerate() {
        files.push(launched(&sandbox, &format!("n{number}.json"), name, "1"));
    }
    let mut args = vec!["--from"];
    args.extend(files.iter().map(String::as_str));
    let run = result(&sandbox, &clone, &args);
    assert_eq!((run.code, run.log.executed.len()), (Some(0), 0), "{:#?}", run.log.executed);
    assert!(!run.log.without_stops().executed.is_empty(), "the values are no danger:\n{}", run.log.text);
    let rows = run.rows();
    for (number, value) in values.iter().enumerate() {
        let name = format!("v{number:02}");
        assert!(rows.iter().any(|row| row[..2] == [name.clone(), value.clone()]), "{value}");
        assert_eq!(remote.subjects(&name)[0], format!("passed: New ({value}) [skip ci]"));
    }
    for name in hostile::NAMES {
        assert!(rows.iter().any(|row| row[0] == name), "{name}");
    }
}
