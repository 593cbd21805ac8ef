//! The report that spread-plus writes with `-json`.
//!
//! Its fields have changed before: unknown ones are passed over, and missing ones make do with what is there.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Tally;
use crate::core::value::printable;

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    items: Option<Vec<Item>>,
    #[serde(default)]
    results: Option<BTreeMap<String, serde_json::Value>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
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

impl Item {
    fn is_failed_task(&self) -> bool {
        let is_task = match &self.level {
            Some(level) => level == "task",
            None => self.task.as_ref().is_some_and(|task| !task.is_empty()),
        };
        is_task && self.success == Some(false) && self.skipped != Some(true) && self.aborted != Some(true)
    }

    /// `backend:system:suite/task:variant`
    fn name(&self) -> String {
        if let Some(name) = self.name.as_ref().filter(|name| !name.is_empty()) {
            return printable(name.as_bytes());
        }
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (suite, task) = (text(&self.suite), text(&self.task));
        let task = if task.contains('/') || suite.is_empty() {
            task
        } else {
            format!("{}/{task}", suite.trim_end_matches('/'))
        };
        let parts = [text(&self.backend), text(&self.system), task, text(&self.variant)];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        printable(parts.join(":").as_bytes())
    }
}

/// Reads a report.
///
/// # Errors
///
/// It is not a report: spread may have been killed while it wrote.
pub(crate) fn parse(text: &[u8]) -> Result<Tally, String> {
    let document: Document = serde_json::from_slice(text).map_err(|err| err.to_string())?;
    let Some(results) = document.results else { return Err("it has no results".to_owned()) };
    let sum = |names: &[&str]| {
        let number = |name: &&str| results.get(*name).and_then(serde_json::Value::as_u64).unwrap_or_default();
        names.iter().map(number).fold(0, u64::saturating_add)
    };
    let mut tally = Tally {
        passed: sum(&["task-passed"]),
        failed: sum(&["task-failed", "task-prepare-failed", "task-restore-failed"]),
        aborted: sum(&["task-aborted"]),
        others_failed: sum(&[
            "suite-prepare-failed",
            "suite-restore-failed",
            "backend-prepare-failed",
            "backend-restore-failed",
            "project-prepare-failed",
            "project-restore-failed",
        ]),
        failed_tasks: Vec::new(),
    };
    let items = document.items.unwrap_or_default();
    items.iter().filter(|item| item.is_failed_task()).for_each(|item| tally.add_failed_task(item.name()));
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_today() {
        let text = br#"{"items":[
            {"verb":"preparing","level":"project","name":"google:u","success":false,"skipped":false},
            {"verb":"executing","level":"task","name":"google:u:s/a","success":true,"skipped":false},
            {"verb":"executing","level":"task","name":"google:u:s/b","success":false,"skipped":false,"new":{}},
            {"verb":"restoring","level":"task","name":"google:u:s/b","success":false,"skipped":false},
            {"verb":"executing","level":"task","name":"google:u:s/c","success":false,"skipped":true}],
            "results":{"task-passed":2,"task-failed":1,"task-restore-failed":1,"project-prepare-failed":1,"new":"x"}}"#;
        let tally = parse(text).unwrap();
        assert_eq!((tally.passed, tally.failures(), tally.aborted, tally.others_failed), (2, 1, 0, 1));
        assert_eq!(tally.failed_tasks, ["google:u:s/b"]);
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
        assert_eq!(tally.failed_tasks, ["google:u:s/a:v", "google:u:s/b"]);
        assert_eq!((tally.failures(), tally.aborted), (2, 1));
    }

    #[test]
    fn what_is_no_report() {
        for text in ["", "{", "[]", "{}", r#"{"items":[]}"#, r#"{"items":[{"success":"no"}],"results":{}}"#] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse(br#"{"items":null,"results":{}}"#).unwrap(), Tally::default());
    }
}
