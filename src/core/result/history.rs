//! What the recorded launches of a resource say of each of its tasks.

use std::collections::HashMap;

use serde::Serialize;

use super::LaunchResult;

/// What the recorded launches of a resource say of one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TaskRecord {
    /// Its full name.
    pub(crate) task: String,
    /// How many launches it was part of: those of the whole suite that came to a verdict, and others that name it.
    pub(crate) launches: u64,
    /// How many of them it failed in.
    pub(crate) failures: u64,
    /// How many of them it failed in and then passed.
    pub(crate) flaky: u64,
    /// When it failed last (RFC 3339).
    pub(crate) last_failure: Option<String>,
    /// The value that it failed with then.
    pub(crate) last_value: Option<String>,
}

/// A recorded launch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedLaunch<'a> {
    pub(crate) result: &'a LaunchResult,
    pub(crate) value: &'a str,
    /// When it ended (RFC 3339).
    pub(crate) finished_at: &'a str,
}

/// Counts for each task that ever failed or was flaky, the worst first. The launches come newest first.
pub(crate) fn task_records<'a>(launches: impl IntoIterator<Item = RecordedLaunch<'a>>) -> Vec<TaskRecord> {
    let (mut whole, mut places) = (0, HashMap::new());
    let mut records: Vec<TaskRecord> = Vec::new();
    for RecordedLaunch { result, value, finished_at } in launches {
        let tasks = &result.tasks;
        let runs_all = !result.is_partial() && result.status.is_verdict();
        whole += u64::from(runs_all);
        let failed = tasks.failed_tasks.iter().map(|task| (task, true));
        let flaky =
            tasks.flaky_tasks.iter().filter(|task| !tasks.failed_tasks.contains(task)).map(|task| (task, false));
        for (task, has_failed) in failed.chain(flaky) {
            let place = *places.entry(task).or_insert_with(|| {
                records.push(TaskRecord {
                    task: task.clone(),
                    launches: 0,
                    failures: 0,
                    flaky: 0,
                    last_failure: None,
                    last_value: None,
                });
                records.len() - 1
            });
            let record = &mut records[place];
            record.launches += u64::from(!runs_all);
            match has_failed {
                true => record.failures += 1,
                false => record.flaky += 1,
            }
            if has_failed && record.last_failure.is_none() {
                (record.last_failure, record.last_value) = (Some(finished_at.to_owned()), Some(value.to_owned()));
            }
        }
    }
    records.iter_mut().for_each(|record| record.launches += whole);
    let badness = |record: &TaskRecord| (record.failures, record.flaky);
    records.sort_by(|one, other| badness(other).cmp(&badness(one)).then_with(|| one.task.cmp(&other.task)));
    records
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::result::{Status, TaskResults, Tested};

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn tasks_are_counted_over_all_launches() {
        let result = |status, failed: &str, flaky: &str, selection: Option<&str>| LaunchResult {
            tasks: TaskResults { failed_tasks: names(failed), flaky_tasks: names(flaky), ..TaskResults::default() },
            tested: Tested { selection: selection.map(str::to_owned), ..Tested::default() },
            ..LaunchResult::new(status)
        };
        let launches = [
            ("5", result(Status::Failed, "a", "", Some("a"))),
            ("5", result(Status::Passed, "", "b", None)),
            ("4", result(Status::InfraError, "", "", None)),
            ("3", result(Status::Failed, "a b", "", None)),
            ("2", result(Status::Passed, "", "", Some("b"))),
            ("1", result(Status::Passed, "", "", None)),
        ];
        let times: Vec<String> = (0..launches.len()).map(|number| format!("t{number}")).collect();
        let launches = launches.iter().zip(&times);
        let records =
            task_records(launches.map(|((value, result), time)| RecordedLaunch { result, value, finished_at: time }));
        let short: Vec<_> = records
            .iter()
            .map(|record| {
                let last = (record.last_failure.as_deref(), record.last_value.as_deref());
                (&*record.task, record.launches, record.failures, record.flaky, last)
            })
            .collect();
        let expected = [("a", 4, 2, 0, (Some("t0"), Some("5"))), ("b", 3, 1, 1, (Some("t3"), Some("3")))];
        assert_eq!(short, expected);
        assert!(task_records([]).is_empty());
    }
}
