//! What is left of a workflow run for a test to look at.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::expression::Status;
use crate::support::actions::Executed;

/// How a step or a job ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    #[default]
    Success,
    Failure,
    Cancelled,
    Skipped,
}

impl Outcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Outcome::Success => "success",
            Outcome::Failure => "failure",
            Outcome::Cancelled => "cancelled",
            Outcome::Skipped => "skipped",
        }
    }

    pub(crate) fn status(self) -> Status {
        match self {
            Outcome::Success => Status::Success,
            Outcome::Failure => Status::Failure,
            Outcome::Cancelled => Status::Cancelled,
            Outcome::Skipped => Status::Skipped,
        }
    }
}

/// A step that had its turn. Those of a composite action are among those of the job.
#[derive(Clone, Debug, Default)]
pub(crate) struct StepRecord {
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) exit: Option<i32>,
    pub(crate) log: String,
    /// The commands in the log that the runner obeyed.
    pub(crate) commands: Vec<Executed>,
    pub(crate) outputs: Map<String, Value>,
    pub(crate) summary: String,
    /// What the runner had to complain about.
    pub(crate) errors: Vec<String>,
    /// What the process was given.
    pub(crate) environment: BTreeMap<String, String>,
}

/// A job that had its turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct JobRecord {
    /// Its name, after those of the jobs that called its workflow.
    pub(crate) name: String,
    pub(crate) outcome: Outcome,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) outputs: Map<String, Value>,
    /// Outputs that were dropped because they hold a secret.
    pub(crate) dropped: Vec<String>,
    /// Why it could not even begin.
    pub(crate) error: Option<String>,
    pub(crate) permissions: BTreeMap<String, String>,
    pub(crate) token: String,
    pub(crate) folder: PathBuf,
}

impl JobRecord {
    /// The one step of this name.
    #[track_caller]
    pub(crate) fn step(&self, name: &str) -> &StepRecord {
        let mut found = self.steps.iter().filter(|step| step.name == name);
        match (found.next(), found.next()) {
            (Some(step), None) => step,
            (found, _) => panic!("{name} is there {} in\n{self}", if found.is_some() { "twice" } else { "never" }),
        }
    }

    /// All commands that the runner obeyed.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Executed> {
        self.steps.iter().flat_map(|step| &step.commands)
    }

    /// What all of its steps wrote into their summaries.
    pub(crate) fn summary(&self) -> String {
        self.steps.iter().map(|step| step.summary.as_str()).collect()
    }
}

impl std::fmt::Display for JobRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "=== {}: {} {}", self.name, self.outcome.word(), self.error.as_deref().unwrap_or_default())?;
        for step in &self.steps {
            writeln!(f, "--- {}: {} {:?} {:?}", step.name, step.outcome.word(), step.exit, step.errors)?;
            writeln!(f, "{}", step.log)?;
        }
        Ok(())
    }
}
