//! A suite as seen from outside: spread's command line, what it or another program reports, and what that means for the value
//! under test.

pub(crate) mod command;
pub(crate) mod excerpt;
pub(crate) mod identity;
pub(crate) mod log;
mod names;
pub(crate) mod report;
pub(crate) mod reuse;
mod verdict;

pub(crate) use self::names::TaskNames;
pub(crate) use self::verdict::{Evidence, ProgramEnding, Suite, SuiteJudgement, judge};
use super::result::{Failures, TaskResults};

/// Which script of a task, a suite or a project something happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Preparing,
    Executing,
    Restoring,
}

/// How many tasks ended how, and which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    /// Failures of tasks, in their preparation, their execution or their restoration.
    pub(crate) failed: u64,
    pub(crate) aborted: u64,
    pub(crate) skipped: u64,
    /// Failures in the preparation or restoration of suites, backends and projects.
    pub(crate) others_failed: u64,
    /// How many of the failures of tasks have a name.
    named: u64,
    pub(crate) failed_tasks: TaskNames,
    pub(crate) failures: Phases,
    pub(crate) aborted_tasks: TaskNames,
}

/// What failed in each phase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Phases {
    preparing: TaskNames,
    executing: TaskNames,
    restoring: TaskNames,
}

impl Phases {
    fn of(&mut self, phase: Phase) -> &mut TaskNames {
        match phase {
            Phase::Preparing => &mut self.preparing,
            Phase::Executing => &mut self.executing,
            Phase::Restoring => &mut self.restoring,
        }
    }
}

impl Tally {
    pub(crate) fn add_failed_task(&mut self, phase: Phase, name: String) {
        if !name.is_empty() {
            self.named += 1;
            self.failed_tasks.add(name.clone());
            self.failures.of(phase).add(name);
        }
    }

    /// How many tasks failed: one that failed to execute and then to restore is one.
    pub(crate) fn failures(&self) -> u64 {
        let distinct = u64::try_from(self.failed_tasks.list().len()).unwrap_or(u64::MAX);
        self.failed.saturating_sub(self.named.saturating_sub(distinct)).max(distinct.min(self.failed))
    }

    /// Adds the names that another reading of the same run has. The numbers stay.
    fn add_names(&mut self, other: &Tally) {
        let known = self.failed_tasks.list().len();
        self.failed_tasks.add_all(&other.failed_tasks);
        self.named += u64::try_from(self.failed_tasks.list().len() - known).unwrap_or_default();
        for phase in [Phase::Preparing, Phase::Executing, Phase::Restoring] {
            self.failures.of(phase).add_all(other.failures.clone().of(phase));
        }
        self.aborted_tasks.add_all(&other.aborted_tasks);
    }

    /// Whether the suite came to its end: no task was given up.
    fn is_whole(&self) -> bool {
        self.aborted == 0 && self.others_failed == 0 && self.passed.saturating_add(self.failed) > 0
    }
}

impl From<Tally> for TaskResults {
    fn from(tally: Tally) -> Self {
        TaskResults {
            passed: Some(tally.passed),
            failed: Some(tally.failures()),
            aborted: Some(tally.aborted),
            skipped: Some(tally.skipped),
            failed_tasks: tally.failed_tasks.into(),
            failures: Failures {
                preparing: tally.failures.preparing.into(),
                executing: tally.failures.executing.into(),
                restoring: tally.failures.restoring.into(),
            },
            aborted_tasks: tally.aborted_tasks.into(),
            flaky_tasks: Vec::new(),
        }
    }
}
