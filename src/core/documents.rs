//! What the commands report: the documents of `--format json`, version 1.
//!
//! The order of the fields here is the order in the documents, and the schemas in `docs/schema/` are generated from these
//! types. Both are a contract: fields may be added, nothing is renamed or removed without a new [`VERSION`].

mod catalog;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use self::catalog::{
    CatalogEntry, CatalogFile, CatalogProblem, CatalogReport, CatalogSource, EntryOrigin, FileKind, SourceKey,
};
use super::isolation::Enforced;
use super::layout::Layout;
use super::result::{Failures, Status, TaskRecord, TaskResults, Tested};
use super::secrets::Secrets;
use super::spread::excerpt::Excerpt;
use super::text::escaped_json;

/// The version of all documents.
pub(crate) const VERSION: u32 = 1;

/// A document on one line, without a character that acts on what shows it.
pub(crate) fn json(document: &impl Serialize) -> String {
    escaped_json(serde_json::to_string(document).expect("documents have string keys and no failing parts"))
}

/// What a poll did about a resource; in a dry run, what it would have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// No value was recorded before; the present one is the first.
    First,
    /// The value had changed, and the new one is recorded.
    Changed,
    /// The present value is the recorded one.
    Unchanged,
    /// The extractor has nothing to report yet.
    NoValue,
    /// Left alone, because the options say `manual="true"`.
    Manual,
    /// The resource is left alone until its pause ends, unless it is forced.
    Paused,
    /// See `error`.
    Failed,
}

impl Outcome {
    /// All of them, in the order in which documents and summaries show them.
    pub(crate) const ALL: [Outcome; 7] = [
        Outcome::First,
        Outcome::Changed,
        Outcome::Unchanged,
        Outcome::NoValue,
        Outcome::Manual,
        Outcome::Paused,
        Outcome::Failed,
    ];

    /// Whether there is a value that was not known before.
    pub(crate) fn is_news(self) -> bool {
        match self {
            Outcome::First | Outcome::Changed => true,
            Outcome::Unchanged | Outcome::NoValue | Outcome::Manual | Outcome::Paused | Outcome::Failed => false,
        }
    }
}

/// The document of `poll`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PollReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// The remote whose branches were polled; null for the local branches.
    pub(crate) remote: Option<String>,
    /// Whether nothing was to be changed.
    pub(crate) dry_run: bool,
    /// What the system kept extractors from.
    pub(crate) isolation: Enforced,
    /// One entry for each resource, sorted by name.
    pub(crate) resources: Vec<PollEntry>,
    /// How many resources had each outcome.
    pub(crate) summary: BTreeMap<Outcome, usize>,
}

/// What a poll did about one resource.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PollEntry {
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The full name of the reference that was read.
    pub(crate) r#ref: String,
    /// What happened.
    pub(crate) outcome: Outcome,
    /// The message of the resource, where it is known.
    pub(crate) message: Option<String>,
    /// The value that was recorded before.
    pub(crate) old: Option<String>,
    /// The value that the extractor printed.
    pub(crate) new: Option<String>,
    /// The state commit that now stands on the branch.
    pub(crate) commit: Option<String>,
    /// One line that says what went wrong.
    pub(crate) error: Option<String>,
    /// The pause, for a resource that is left alone because of one.
    pub(crate) paused: Option<PauseState>,
    /// How long the extractor ran, in milliseconds.
    pub(crate) duration_ms: u64,
}

/// A pause: polls leave the resource alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PauseState {
    /// When it began (RFC 3339).
    pub(crate) since: String,
    /// When it ends by itself (RFC 3339); null if it lasts until the resource is resumed.
    pub(crate) until: Option<String>,
    /// Why, in one line.
    pub(crate) because: Option<String>,
}

/// The document of `status`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct StatusReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// One entry for each resource, sorted by name.
    pub(crate) resources: Vec<ResourceStatus>,
}

/// What history says about one resource.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ResourceStatus {
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The full name of the reference that was read.
    pub(crate) r#ref: String,
    /// Where the options file lies: its path in the tree of the branch, or `BRANCH:PATH` if it lies on the default branch.
    pub(crate) options: String,
    /// Whether the files lie on the branch of the resource, or in a folder of the default branch.
    pub(crate) layout: Layout,
    /// The message of the resource, where it is known without a shell.
    pub(crate) message: Option<String>,
    /// The value that was recorded last.
    pub(crate) value: Option<String>,
    /// The state commit that recorded it.
    pub(crate) commit: Option<String>,
    /// When it was recorded (RFC 3339).
    pub(crate) recorded_at: Option<String>,
    /// How the suite took it, if that was recorded.
    // Boxed: most resources have none, and thousands are held at once.
    pub(crate) result: Option<Box<ValueResult>>,
    /// Whether a poll leaves the resource alone unless it is forced.
    pub(crate) manual: bool,
    /// The pause that lasts now, if there is one.
    pub(crate) paused: Option<PauseState>,
    /// What is wrong with the options, in one line.
    pub(crate) problem: Option<String>,
}

/// The document of `log`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LogReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The recorded values, newest first.
    pub(crate) values: Vec<RecordedValue>,
    /// With `--tasks`, the tasks that ever failed or were flaky, the worst first; else null.
    #[serde(default)]
    pub(crate) tasks: Option<Vec<TaskRecord>>,
}

/// A value that was recorded.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RecordedValue {
    /// The value.
    pub(crate) value: String,
    /// The state commit that recorded it.
    pub(crate) commit: String,
    /// When it was recorded (RFC 3339).
    pub(crate) recorded_at: String,
    /// How the suite took it, if that was recorded.
    pub(crate) result: Option<ValueResult>,
    /// Every launch of it that was recorded, newest first.
    #[serde(default)]
    pub(crate) attempts: Vec<ValueResult>,
}

/// How the suite took a value, as it was recorded last.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ValueResult {
    /// How it ended.
    pub(crate) status: Status,
    /// Where the run can be looked at.
    pub(crate) url: Option<String>,
    /// The commit that recorded it.
    pub(crate) commit: String,
    /// When the run ended, or the result was recorded (RFC 3339).
    pub(crate) finished_at: String,
    #[serde(flatten)]
    pub(crate) tasks: TaskResults,
    #[serde(flatten)]
    pub(crate) tested: Tested,
    /// Why it did not pass, if there is more to say than which tasks failed.
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// The document of `pending`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PendingReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// The state commits that wait to be launched, the one that has waited longest first.
    pub(crate) pending: Vec<PendingState>,
}

/// A state commit that waits to be launched.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PendingState {
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The name as a file or a job can have it: letters, digits, `.`, `_` and `-`.
    pub(crate) slug: String,
    /// The state commit.
    pub(crate) commit: String,
    /// Its value.
    pub(crate) value: String,
    /// Its message.
    pub(crate) message: String,
    /// When it was recorded (RFC 3339).
    pub(crate) recorded_at: String,
    /// How often it was launched without a verdict.
    pub(crate) attempts: usize,
}

/// The `matrix` of a GitHub Actions job, which is no document of its own: see `pending --format matrix`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Matrix {
    /// One job each.
    pub(crate) include: Vec<MatrixEntry>,
}

/// One job of a [`Matrix`].
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MatrixEntry {
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The name as a file or a job can have it: letters, digits, `.`, `_` and `-`.
    pub(crate) slug: String,
    /// The state commit.
    pub(crate) commit: String,
    /// Its value.
    pub(crate) value: String,
    /// Its message.
    pub(crate) message: String,
}

/// Which part of a launch something happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stage {
    /// Writing the branch into the workspace.
    Export,
    /// Getting the target.
    Clone,
    /// Applying the customization to the target.
    Customize,
    /// Running spread, or the `run-checks` of the resource.
    Launch,
}

/// The document `result.json`, which `run` writes and `result --from` reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LaunchReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The state commit that was launched.
    pub(crate) commit: String,
    /// The message of the state commit.
    pub(crate) message: String,
    /// The value of the state commit.
    pub(crate) value: String,
    /// The value before that one.
    pub(crate) old_value: Option<String>,
    /// How it ended.
    pub(crate) status: Status,
    /// Where it ended, if it could not run or came to no verdict.
    pub(crate) stage: Option<Stage>,
    /// One line that says why it did not pass, if there is more to say than which tasks failed.
    pub(crate) error: Option<String>,
    /// Where the run can be looked at.
    pub(crate) url: Option<String>,
    /// When it began (RFC 3339).
    pub(crate) started_at: String,
    /// When it ended (RFC 3339).
    pub(crate) finished_at: String,
    #[serde(flatten)]
    pub(crate) tasks: TaskResults,
    #[serde(flatten)]
    pub(crate) tested: Tested,
    /// The last lines that failing tasks printed.
    #[serde(default)]
    pub(crate) excerpts: Vec<Excerpt>,
}

impl LaunchReport {
    /// The same without secrets in what the suite, or a program that was started, had to say.
    pub(crate) fn without(self, secrets: &Secrets) -> Self {
        if secrets.are_none() {
            return self;
        }
        let hide = |text: String| secrets.hidden_in(&text).into_owned();
        let hide_all = |texts: Vec<String>| texts.into_iter().map(hide).collect::<Vec<_>>();
        let TaskResults { passed, failed, failed_tasks, aborted, skipped, failures, aborted_tasks, flaky_tasks } =
            self.tasks;
        let Tested { files, target, spread, selection, value_after } = self.tested;
        let excerpt = |excerpt: Excerpt| Excerpt { lines: hide_all(excerpt.lines), ..excerpt };
        LaunchReport {
            error: self.error.map(hide),
            url: self.url.map(hide),
            tasks: TaskResults {
                passed,
                failed,
                failed_tasks: hide_all(failed_tasks),
                aborted,
                skipped,
                failures: Failures {
                    preparing: hide_all(failures.preparing),
                    executing: hide_all(failures.executing),
                    restoring: hide_all(failures.restoring),
                },
                aborted_tasks: hide_all(aborted_tasks),
                flaky_tasks: hide_all(flaky_tasks),
            },
            tested: Tested { files, target, spread: spread.map(hide), selection: selection.map(hide), value_after },
            excerpts: self.excerpts.into_iter().map(excerpt).collect(),
            ..self
        }
    }

    /// The text of the file.
    pub(crate) fn document(&self) -> String {
        serde_json::to_string_pretty(self).expect("documents have string keys and no failing parts") + "\n"
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// A poll of this resource fails, or records something wrong.
    Error,
    /// Probably not what was meant.
    Warning,
    /// It works, and there is a better way.
    Hint,
}

/// The document of `lint`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LintReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// Everything that was found, sorted by resource.
    pub(crate) findings: Vec<Finding>,
}

/// Something that `lint` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Finding {
    /// The name of the resource, which is the name of its branch.
    pub(crate) resource: String,
    /// The stable name of the check.
    pub(crate) code: String,
    /// How much it matters.
    pub(crate) severity: Severity,
    /// The place (file and line, where it has one) and what is wrong there.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) help: String,
}
