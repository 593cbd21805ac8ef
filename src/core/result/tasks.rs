//! What became of the tasks of a suite, and what the suite was run on: the parts of a result that a launch finds out.
//!
//! A field with a default is one that older versions do not write.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// What became of the tasks of a suite, as far as it is known. Names are full: `backend:system:suite/task[:variant]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TaskResults {
    /// How many tasks passed, if that is known.
    pub(crate) passed: Option<u64>,
    /// How many tasks failed, if that is known.
    pub(crate) failed: Option<u64>,
    /// The names of the tasks that failed.
    pub(crate) failed_tasks: Vec<String>,
    /// How many tasks were given up before they came to an end, if that is known.
    #[serde(default)]
    pub(crate) aborted: Option<u64>,
    /// How many tasks were skipped, if that is known.
    #[serde(default)]
    pub(crate) skipped: Option<u64>,
    /// What failed, by the script that failed.
    #[serde(default)]
    pub(crate) failures: Failures,
    /// The names of the tasks that were aborted.
    #[serde(default)]
    pub(crate) aborted_tasks: Vec<String>,
    /// The names of the tasks that failed and then passed.
    #[serde(default)]
    pub(crate) flaky_tasks: Vec<String>,
}

/// What failed, by the script that failed: tasks, and also suites (`backend:system:suite/`) and projects
/// (`backend:system:project`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Failures {
    /// What could not be prepared.
    pub(crate) preparing: Vec<String>,
    /// The tasks that failed themselves.
    pub(crate) executing: Vec<String>,
    /// What could not be restored.
    pub(crate) restoring: Vec<String>,
}

/// What a launch tested, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Tested {
    /// The commit that the files of the resource came from.
    #[serde(default)]
    pub(crate) files: Option<String>,
    /// The commit of the target.
    #[serde(default)]
    pub(crate) target: Option<String>,
    /// Which spread it was.
    #[serde(default)]
    pub(crate) spread: Option<String>,
    /// What was selected, as words of a shell, if not everything was run. Such a result is partial.
    #[serde(default)]
    pub(crate) selection: Option<String>,
    /// The value when the launch ended, if the resource no longer had the one that was launched.
    #[serde(default)]
    pub(crate) value_after: Option<String>,
}

impl TaskResults {
    /// The same with each text through `clean`, empty ones and repetitions removed, at most `most` names in each list, and
    /// the lists in agreement: a task that failed executing failed, and one that failed in no other way failed executing.
    pub(super) fn cleaned(self, most: usize, clean: impl Fn(String) -> String) -> Self {
        let once = |names: Vec<String>| {
            let mut seen = HashSet::new();
            let names = names.into_iter().map(&clean).filter(|name| !name.is_empty());
            names.filter(|name| seen.insert(name.clone())).collect::<Vec<_>>()
        };
        let Failures { preparing, executing, restoring } = self.failures;
        let (preparing, executing, restoring) = (once(preparing), once(executing), once(restoring));
        let mut tasks = once([self.failed_tasks, executing.clone()].concat());
        let in_another_way: HashSet<&String> = preparing.iter().chain(&restoring).collect();
        let is_executing = |task: &String| executing.contains(task) || !in_another_way.contains(task);
        let all: HashSet<String> = tasks.iter().cloned().collect();
        tasks.truncate(most);
        let executing = tasks.iter().filter(|task| is_executing(task)).cloned().collect();
        // A task that is named at all keeps all that is known of it.
        let shorten = |names: Vec<String>| {
            let (mut kept, mut others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| all.contains(name));
            kept.retain(|name| tasks.contains(name));
            others.truncate(most);
            kept.append(&mut others);
            kept
        };
        let failures = Failures { executing, preparing: shorten(preparing), restoring: shorten(restoring) };
        let first = |names| once(names).into_iter().take(most).collect();
        let (aborted_tasks, flaky_tasks) = (first(self.aborted_tasks), first(self.flaky_tasks));
        TaskResults { failed_tasks: tasks, failures, aborted_tasks, flaky_tasks, ..self }
    }
}
