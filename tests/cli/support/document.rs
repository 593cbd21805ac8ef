//! The JSON documents, as a stranger would read them from the manual. Unknown fields are errors.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PollDoc {
    pub(crate) version: u32,
    pub(crate) remote: Option<String>,
    pub(crate) dry_run: bool,
    #[allow(dead_code, reason = "only that it is there matters")]
    pub(crate) isolation: serde_json::Value,
    pub(crate) resources: Vec<Polled>,
    pub(crate) summary: BTreeMap<String, usize>,
}

impl PollDoc {
    /// The one entry for this resource.
    #[track_caller]
    pub(crate) fn resource(&self, name: &str) -> &Polled {
        let mut found = self.resources.iter().filter(|resource| resource.resource == name);
        match (found.next(), found.next()) {
            (Some(resource), None) => resource,
            (None, _) => panic!("{name} is not in {self:#?}"),
            (Some(_), Some(_)) => panic!("{name} is there twice in {self:#?}"),
        }
    }

    /// The outcomes by resource.
    pub(crate) fn outcomes(&self) -> Vec<(&str, &str)> {
        self.resources.iter().map(|resource| (resource.resource.as_str(), resource.outcome.as_str())).collect()
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.resources.iter().map(|resource| resource.resource.as_str()).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Polled {
    pub(crate) resource: String,
    pub(crate) r#ref: String,
    pub(crate) outcome: String,
    pub(crate) message: Option<String>,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) paused: Option<Paused>,
    pub(crate) duration_ms: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paused {
    pub(crate) since: String,
    pub(crate) until: Option<String>,
    pub(crate) because: Option<String>,
}

impl Polled {
    /// Outcome, old and new value.
    pub(crate) fn change(&self) -> (&str, Option<&str>, Option<&str>) {
        (&self.outcome, self.old.as_deref(), self.new.as_deref())
    }

    /// The error, which has to be there and to be one clean line.
    #[track_caller]
    pub(crate) fn failure(&self) -> &str {
        assert_eq!(self.outcome, "failed", "{self:#?}");
        let error = self.error.as_deref().unwrap_or_else(|| panic!("no error in {self:#?}"));
        assert!(!error.is_empty() && !error.contains(|c: char| c.is_control()), "not one clean line: {error:?}");
        error
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusDoc {
    pub(crate) version: u32,
    pub(crate) resources: Vec<Stood>,
}

impl StatusDoc {
    /// The one entry for this resource.
    #[track_caller]
    pub(crate) fn resource(&self, name: &str) -> &Stood {
        let mut found = self.resources.iter().filter(|resource| resource.resource == name);
        match (found.next(), found.next()) {
            (Some(resource), None) => resource,
            (None, _) => panic!("{name} is not in {self:#?}"),
            (Some(_), Some(_)) => panic!("{name} is there twice in {self:#?}"),
        }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.resources.iter().map(|resource| resource.resource.as_str()).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stood {
    pub(crate) resource: String,
    pub(crate) r#ref: String,
    pub(crate) options: String,
    pub(crate) layout: String,
    pub(crate) message: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) recorded_at: Option<String>,
    pub(crate) result: Option<Result>,
    pub(crate) manual: bool,
    pub(crate) paused: Option<Paused>,
    pub(crate) problem: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogDoc {
    pub(crate) version: u32,
    pub(crate) resource: String,
    pub(crate) values: Vec<Recorded>,
    pub(crate) tasks: Option<Vec<TaskDoc>>,
}

impl LogDoc {
    pub(crate) fn values(&self) -> Vec<&str> {
        self.values.iter().map(|recorded| recorded.value.as_str()).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    pub(crate) value: String,
    pub(crate) commit: String,
    pub(crate) recorded_at: String,
    pub(crate) result: Option<Result>,
    pub(crate) attempts: Vec<Result>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "a document with other fields is an error")]
pub(crate) struct Result {
    pub(crate) status: String,
    pub(crate) url: Option<String>,
    pub(crate) commit: String,
    pub(crate) finished_at: String,
    pub(crate) passed: Option<u64>,
    pub(crate) failed: Option<u64>,
    pub(crate) failed_tasks: Vec<String>,
    pub(crate) aborted: Option<u64>,
    pub(crate) skipped: Option<u64>,
    pub(crate) failures: Failures,
    pub(crate) aborted_tasks: Vec<String>,
    pub(crate) flaky_tasks: Vec<String>,
    pub(crate) files: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) spread: Option<String>,
    pub(crate) selection: Option<String>,
    pub(crate) value_after: Option<String>,
    pub(crate) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Failures {
    pub(crate) preparing: Vec<String>,
    pub(crate) executing: Vec<String>,
    pub(crate) restoring: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingDoc {
    pub(crate) version: u32,
    pub(crate) pending: Vec<Waiting>,
}

impl PendingDoc {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.pending.iter().map(|waiting| waiting.resource.as_str()).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Waiting {
    pub(crate) resource: String,
    pub(crate) slug: String,
    pub(crate) commit: String,
    pub(crate) value: String,
    pub(crate) message: String,
    pub(crate) recorded_at: String,
    pub(crate) attempts: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LintDoc {
    pub(crate) version: u32,
    pub(crate) findings: Vec<Found>,
}

impl LintDoc {
    /// The findings about one resource.
    pub(crate) fn about(&self, name: &str) -> Vec<&Found> {
        self.findings.iter().filter(|finding| finding.resource == name).collect()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    pub(crate) resource: String,
    pub(crate) code: String,
    pub(crate) severity: String,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// `result.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "a document with other fields is an error")]
pub(crate) struct LaunchDoc {
    pub(crate) version: u32,
    pub(crate) resource: String,
    pub(crate) commit: String,
    pub(crate) message: String,
    pub(crate) value: String,
    pub(crate) old_value: Option<String>,
    pub(crate) status: String,
    pub(crate) stage: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) started_at: String,
    pub(crate) finished_at: String,
    pub(crate) passed: Option<u64>,
    pub(crate) failed: Option<u64>,
    pub(crate) failed_tasks: Vec<String>,
    pub(crate) aborted: Option<u64>,
    pub(crate) skipped: Option<u64>,
    pub(crate) failures: Failures,
    pub(crate) aborted_tasks: Vec<String>,
    pub(crate) flaky_tasks: Vec<String>,
    pub(crate) files: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) spread: Option<String>,
    pub(crate) selection: Option<String>,
    pub(crate) value_after: Option<String>,
    pub(crate) excerpts: Vec<Excerpt>,
}

/// Holds a document against its schema in `docs/schema/`.
#[track_caller]
pub(crate) fn validate(command: &str, document: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{command}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    let schema = serde_json::from_str(&text).expect("a schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema is a JSON schema");
    let errors: Vec<_> = validator.iter_errors(document).map(|err| format!("{}: {err}", err.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "a document with other fields is an error")]
pub(crate) struct Excerpt {
    pub(crate) name: String,
    pub(crate) script: String,
    pub(crate) lines: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskDoc {
    pub(crate) task: String,
    pub(crate) launches: u64,
    pub(crate) failures: u64,
    pub(crate) flaky: u64,
    pub(crate) last_failure: Option<String>,
    pub(crate) last_value: Option<String>,
}
