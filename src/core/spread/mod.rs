//! Spread as seen from outside: its command line, what it reports, and what that means for the value under test.

pub(crate) mod command;
pub(crate) mod log;
pub(crate) mod report;

use super::exit::ProcessExit;
use super::result::{Status, TaskResults};

/// More names would not be read; the numbers say the rest.
const MAX_NAMES: usize = 1000;

/// How many tasks ended how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    /// Failures of tasks, in their preparation, their execution or their restoration.
    pub(crate) failed: u64,
    pub(crate) aborted: u64,
    /// Failures in the preparation or restoration of suites, backends and the project.
    pub(crate) others_failed: u64,
    /// The names of the failed tasks, each once.
    pub(crate) failed_tasks: Vec<String>,
}

impl Tally {
    fn add_failed_task(&mut self, name: String) {
        if self.failed_tasks.len() < MAX_NAMES && !name.is_empty() && !self.failed_tasks.contains(&name) {
            self.failed_tasks.push(name);
        }
    }

    /// How many tasks failed: one that failed to execute and then to restore is one.
    pub(crate) fn failures(&self) -> u64 {
        match self.failed_tasks.len() {
            0 | MAX_NAMES.. => self.failed,
            names => u64::try_from(names).unwrap_or(u64::MAX),
        }
    }
}

/// What a launch means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) status: Status,
    pub(crate) tasks: TaskResults,
    /// Why there is no verdict, as a fragment that follows the name of the program.
    pub(crate) error: Option<String>,
}

/// Says what a launch means, from the report if there is one, else from the summary in the output.
pub(crate) fn judge(
    ending: ProcessExit,
    interrupted: bool,
    report: Option<Tally>,
    summary: Option<Tally>,
) -> Judgement {
    let tally = report.or(summary);
    let (status, error) = verdict(ending, interrupted, tally.as_ref());
    let tasks = TaskResults {
        passed: tally.as_ref().map(|tally| tally.passed),
        failed: tally.as_ref().map(Tally::failures),
        failed_tasks: tally.map(|tally| tally.failed_tasks).unwrap_or_default(),
        ..TaskResults::default()
    };
    Judgement { status, tasks, error }
}

fn verdict(ending: ProcessExit, interrupted: bool, tally: Option<&Tally>) -> (Status, Option<String>) {
    let failed = tally.map_or(0, |tally| tally.failed);
    let aborted = tally.map_or(0, |tally| tally.aborted);
    let others = tally.map_or(0, |tally| tally.others_failed);
    let were_aborted = || {
        if aborted == 1 { "aborted 1 task".to_owned() } else { format!("aborted {aborted} tasks") }
    };
    let infra = |error: String| (Status::InfraError, Some(error));
    match ending {
        _ if interrupted => (Status::Cancelled, Some("was interrupted".to_owned())),
        ProcessExit::Signal(signal) => infra(format!("was killed by signal {signal}")),
        ProcessExit::Status(status) if status > 1 => infra(format!("ended with exit status {status}")),
        ProcessExit::Status(_) if failed > 0 => (Status::Failed, None),
        ProcessExit::Status(_) if others > 0 => {
            infra("could not prepare or restore a suite, a backend or the project".to_owned())
        }
        // It ends so when another program told it to stop.
        ProcessExit::Status(0) if aborted > 0 => (Status::Cancelled, Some(were_aborted())),
        // Whatever was selected, nothing can be said to have passed.
        ProcessExit::Status(0) if tally.is_some_and(|tally| tally.passed == 0) => infra("ran no task".to_owned()),
        ProcessExit::Status(0) => (Status::Passed, None),
        ProcessExit::Status(_) if aborted > 0 => infra(were_aborted()),
        ProcessExit::Status(status) if tally.is_none() => {
            infra(format!("ended with exit status {status} and reported no result"))
        }
        ProcessExit::Status(status) => infra(format!("ended with exit status {status}, but no task failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64, aborted: u64, others_failed: u64) -> Option<Tally> {
        let failed_tasks = (0..failed).map(|number| format!("t{number}")).collect();
        Some(Tally { passed, failed, aborted, others_failed, failed_tasks })
    }

    #[test]
    fn every_case() {
        use ProcessExit::{Signal, Status as Exit};
        use Status::{Cancelled, Failed, InfraError, Passed};
        let cases = [
            (Exit(0), false, tally(3, 0, 0, 0), Passed, ""),
            (Exit(0), false, None, Passed, ""),
            (Exit(0), false, tally(0, 0, 0, 0), InfraError, "ran no task"),
            (Exit(0), false, tally(1, 0, 2, 0), Cancelled, "aborted 2 tasks"),
            (Exit(0), false, tally(1, 1, 0, 0), Failed, ""),
            (Exit(0), true, tally(3, 0, 0, 0), Cancelled, "was interrupted"),
            (Exit(1), true, tally(3, 1, 0, 0), Cancelled, "was interrupted"),
            (Signal(15), true, None, Cancelled, "was interrupted"),
            (Exit(1), false, tally(3, 1, 0, 0), Failed, ""),
            (Exit(1), false, tally(0, 1, 7, 1), Failed, ""),
            (Exit(1), false, tally(3, 0, 1, 0), InfraError, "aborted 1 task"),
            (
                Exit(1),
                false,
                tally(0, 0, 5, 1),
                InfraError,
                "could not prepare or restore a suite, a backend or the project",
            ),
            (Exit(1), false, tally(3, 0, 0, 0), InfraError, "ended with exit status 1, but no task failed"),
            (Exit(1), false, None, InfraError, "ended with exit status 1 and reported no result"),
            (Exit(2), false, tally(3, 1, 0, 0), InfraError, "ended with exit status 2"),
            (Signal(9), false, tally(3, 1, 0, 0), InfraError, "was killed by signal 9"),
        ];
        for (ending, interrupted, tally, status, error) in cases {
            let judgement = judge(ending, interrupted, None, tally.clone());
            let said = judgement.error.unwrap_or_default();
            assert_eq!((judgement.status, said.as_str()), (status, error), "{ending:?} {interrupted} {tally:?}");
            assert_eq!(judgement.tasks.passed, tally.map(|tally| tally.passed));
        }
    }

    #[test]
    fn the_report_counts_more_than_the_summary() {
        let judgement = judge(ProcessExit::Status(1), false, tally(5, 2, 0, 0), tally(9, 0, 0, 0));
        assert_eq!(
            (judgement.status, judgement.tasks.passed, judgement.tasks.failed),
            (Status::Failed, Some(5), Some(2))
        );
        assert_eq!(judgement.tasks.failed_tasks, ["t0", "t1"]);
    }
}
