//! The report that spread-plus writes with `-json`.
//!
//! Its fields have changed before: unknown ones are ignored, and missing ones are not an error. It is also wrong in one
//! case: a failed task whose name or variant ends like the name of its system is reported as a failure of the project,
//! without a name. So numbers come from the results, and an item only gives its name.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Phase, Tally};
use crate::core::value::printable;

#[derive(Deserialize)]
struct ReportDocument {
    #[serde(default)]
    items: Option<Vec<ReportItem>>,
    #[serde(default)]
    results: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ReportItem {
    verb: Option<String>,
    level: Option<String>,
    name: Option<String>,
    backend: Option<String>,
    system: Option<String>,
    suite: Option<String>,
    task: Option<String>,
    variant: Option<String>,
    success: Option<bool>,
    skipped: Option<bool>,
    aborted: Option<bool>,
}

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ItemLevel {
    Task,
    Suite,
    /// A project or a backend (they look the same), or a task that is taken for one.
    Project,
}

impl ReportItem {
    fn level(&self) -> ItemLevel {
        match self.level.as_deref() {
            Some("suite") => ItemLevel::Suite,
            Some("task") => ItemLevel::Task,
            Some(_) => ItemLevel::Project,
            None if self.task.as_ref().is_some_and(|task| !task.is_empty()) => ItemLevel::Task,
            None => ItemLevel::Project,
        }
    }

    fn phase(&self) -> Phase {
        match self.verb.as_deref() {
            Some("preparing") => Phase::Preparing,
            Some("restoring") => Phase::Restoring,
            Some(_) | None => Phase::Executing,
        }
    }

    fn has_failed(&self) -> bool {
        self.success == Some(false) && self.skipped != Some(true) && self.aborted != Some(true)
    }

    /// `backend:system:suite/task[:variant]`, or nothing if that is not known.
    fn name(&self) -> String {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let own = match (text(&self.name), text(&self.suite), text(&self.task)) {
            (name, ..) if !name.is_empty() => name,
            (_, suite, task) if task.contains('/') || suite.is_empty() => task,
            (_, suite, task) => format!("{}/{task}", suite.trim_end_matches('/')),
        };
        if own.is_empty() {
            return String::new();
        }
        let system = [text(&self.backend), text(&self.system)];
        let system = system.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(":");
        let variant = text(&self.variant);
        // Older reports have it all in the name.
        let is_full = !system.is_empty() && own.starts_with(&format!("{system}:"));
        let full = if is_full || system.is_empty() { own } else { format!("{system}:{own}") };
        let with_variant = match variant.is_empty() || full.ends_with(&format!(":{variant}")) {
            true => full,
            false => format!("{full}:{variant}"),
        };
        printable(with_variant.as_bytes())
    }

    /// What the log calls a project or a backend that failed.
    fn other(&self, name: &str) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        printable(format!("{}:{}:{name}", part(&self.backend), part(&self.system)).as_bytes())
    }
}

/// Reads a report.
///
/// # Errors
///
/// It is not a report: spread may have been killed while it wrote.
pub(crate) fn parse(text: &[u8]) -> Result<Tally, String> {
    let document: ReportDocument = serde_json::from_slice(text).map_err(|err| err.to_string())?;
    let Some(results) = document.results else { return Err("it has no results".to_owned()) };
    let sum = |names: &[&str]| {
        let number = |name: &&str| results.get(*name).and_then(serde_json::Value::as_u64).unwrap_or_default();
        names.iter().map(number).fold(0, u64::saturating_add)
    };
    let backends = |phase| match phase {
        Phase::Preparing => (sum(&["backend-prepare-failed"]), sum(&["project-prepare-failed"])),
        Phase::Restoring => (sum(&["backend-restore-failed"]), sum(&["project-restore-failed"])),
        Phase::Executing => (0, 0),
    };
    let mut tally = Tally {
        passed: sum(&["task-passed"]),
        failed: sum(&["task-failed", "task-prepare-failed", "task-restore-failed"]),
        aborted: sum(&["task-aborted"]),
        skipped: sum(&["task-skipped"]),
        others_failed: sum(&[
            "suite-prepare-failed",
            "suite-restore-failed",
            "backend-prepare-failed",
            "backend-restore-failed",
            "project-prepare-failed",
            "project-restore-failed",
        ]),
        ..Tally::default()
    };
    for item in document.items.unwrap_or_default() {
        let phase = item.phase();
        match item.level() {
            ItemLevel::Task if item.aborted == Some(true) => tally.aborted_tasks.add(item.name()),
            ItemLevel::Task | ItemLevel::Suite | ItemLevel::Project if !item.has_failed() => {}
            ItemLevel::Task => tally.add_failed_task(phase, item.name()),
            ItemLevel::Suite => tally.failures.of(phase).add(item.name()),
            ItemLevel::Project => match backends(phase) {
                // Whose failure it is, only the log can tell.
                (0, 0) | (1.., 1..) => {}
                (0, 1..) => tally.failures.of(phase).add(item.other("project")),
                (1.., 0) => tally.failures.of(phase).add(item.other(item.backend.as_deref().unwrap_or_default())),
            },
        }
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! report {
        ($name:literal) => {
            parse(include_bytes!(concat!("../../../tests/data/spread/plus-", $name, ".json"))).unwrap()
        };
    }

    /// Passed, failed, aborted, skipped, others that failed.
    fn counts(tally: &Tally) -> [u64; 5] {
        [tally.passed, tally.failures(), tally.aborted, tally.skipped, tally.others_failed]
    }

    #[test]
    fn each_task_of_a_real_report_has_its_full_name() {
        let tally = report!("multi-report");
        assert_eq!(counts(&tally), [6, 9, 0, 0, 0]);
        let mut names = tally.failed_tasks.list().to_vec();
        names.sort();
        let expected: Vec<String> = ["11", "12", "13"]
            .iter()
            .flat_map(|version| {
                ["fail", "variants:b", "variants:c"].map(|task| format!("adhoc:debian-{version}-64:checks/{task}"))
            })
            .collect();
        assert_eq!(names, expected);
        assert_eq!(tally.failures.executing.list().len(), 9);
    }

    #[test]
    fn real_reports_of_other_failures() {
        let task = |name: &str| [format!("adhoc:debian-12-64:checks/{name}")];
        let tally = report!("task-prepare-report");
        assert_eq!((counts(&tally), tally.failures.preparing.list()), ([1, 1, 1, 0, 0], &task("failprep")[..]));
        assert_eq!(tally.aborted_tasks.list(), task("failprep"), "spread calls it both");
        let tally = report!("task-restore-report");
        assert_eq!((counts(&tally), tally.failures.restoring.list()), ([1, 1, 1, 0, 0], &task("failrest")[..]));
        assert_eq!((tally.failed_tasks.list(), tally.aborted_tasks.list()), (&task("failrest")[..], &task("pass")[..]));
        let tally = report!("suite-prepare-report");
        assert_eq!((counts(&tally), tally.failures.preparing.list()), ([0, 0, 1, 0, 1], &task("")[..]));
        let tally = report!("backend-prepare-report");
        assert_eq!(
            (counts(&tally), tally.failures.preparing.list()),
            ([0, 0, 1, 0, 1], &["adhoc:debian-12-64:adhoc".to_owned()][..])
        );
        let tally = report!("all-skipped-report");
        assert_eq!((counts(&tally), tally.failed_tasks.is_empty()), ([0, 0, 0, 1, 0], true));
    }

    #[test]
    fn a_task_that_is_taken_for_the_project_is_counted() {
        let tally = report!("level-misreported");
        assert_eq!(counts(&tally), [0, 2, 0, 0, 0]);
        assert_eq!(tally.failed_tasks.list(), ["adhoc:debian-12-64:checks/fail"]);
    }

    #[test]
    fn a_report_with_all_in_the_name() {
        let text = br#"{"items":[
            {"verb":"preparing","level":"project","name":"google:u","success":false,"skipped":false},
            {"verb":"executing","level":"task","name":"google:u:s/a","success":true,"skipped":false},
            {"verb":"executing","level":"task","name":"google:u:s/b","success":false,"skipped":false,"new":{}},
            {"verb":"restoring","level":"task","name":"google:u:s/b","success":false,"skipped":false},
            {"verb":"executing","level":"task","name":"google:u:s/c","success":false,"skipped":true}],
            "results":{"task-passed":2,"task-failed":1,"task-restore-failed":1,"project-prepare-failed":1,"new":"x"}}"#;
        let tally = parse(text).unwrap();
        assert_eq!(counts(&tally), [2, 1, 0, 0, 1]);
        assert_eq!(tally.failed_tasks.list(), ["google:u:s/b"]);
    }

    #[test]
    fn a_report_without_levels_and_names() {
        let text = br#"{"items":[
            {"backend":"google","system":"u","suite":"","task":"","success":false},
            {"backend":"google","system":"u","suite":"s/","task":"s/a","variant":"v","success":false},
            {"backend":"google","system":"u","suite":"s/","task":"b","success":false},
            {"backend":"google","system":"u","suite":"s/","task":"s/c","success":false,"aborted":true}],
            "results":{"task-failed":2,"task-aborted":1}}"#;
        let tally = parse(text).unwrap();
        assert_eq!(tally.failed_tasks.list(), ["google:u:s/a:v", "google:u:s/b"]);
        assert_eq!((counts(&tally), tally.aborted_tasks.list()), ([0, 2, 1, 0, 0], &["google:u:s/c".to_owned()][..]));
    }

    #[test]
    fn what_is_not_a_report() {
        for text in ["", "{", "[]", "{}", r#"{"items":[]}"#, r#"{"items":[{"success":"no"}],"results":{}}"#] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse(br#"{"items":null,"results":{}}"#).unwrap(), Tally::default());
    }
}
