//! Running again what failed: whether another attempt is worth it, what it runs, and one result of all attempts. Pure.

use std::num::NonZeroU32;

use super::result::{Failures, Status, TaskResults};
use super::spread::SuiteJudgement;

/// How often what failed runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many there are at most, the first one included.
    pub(crate) most: NonZeroU32,
    /// With more failures than this, nothing runs again.
    pub(crate) max_failed: u64,
}

/// What a suite can run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selectable {
    /// Single tasks.
    Tasks,
    /// Only everything.
    Whole,
}

/// What runs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NextAttempt {
    Nothing,
    Tasks(Vec<String>),
    Everything,
}

impl Attempts {
    /// What runs after `done` attempts with this outcome.
    pub(crate) fn next(self, done: u32, so_far: &SuiteJudgement, selectable: Selectable) -> NextAttempt {
        let tasks = &so_far.tasks;
        let (failed, aborted) = (tasks.failed.unwrap_or_default(), tasks.aborted.unwrap_or_default());
        let is_failure = match so_far.status {
            Status::Failed => true,
            // What a suite needs could not be prepared, so that its tasks were given up.
            Status::InfraError => aborted > 0,
            Status::Passed | Status::Cancelled => false,
        };
        if !is_failure || done >= self.most.get() || failed > self.max_failed {
            return NextAttempt::Nothing;
        }
        let names = union(&tasks.failed_tasks, &tasks.aborted_tasks);
        // What has no name runs again only with everything else.
        let are_all_named = len(&tasks.failed_tasks) >= failed && len(&tasks.aborted_tasks) >= aborted;
        match selectable {
            Selectable::Tasks if are_all_named && !names.is_empty() => NextAttempt::Tasks(names),
            Selectable::Tasks | Selectable::Whole => NextAttempt::Everything,
        }
    }
}

/// One outcome of all attempts: of the ones `before`, and of the `latest`, which ran `again`. A suite that cannot run single
/// tasks, and reports none, is one task with the name `suite`.
pub(crate) fn merged(
    before: SuiteJudgement,
    latest: SuiteJudgement,
    again: &NextAttempt,
    suite: &str,
) -> SuiteJudgement {
    // A program that names no task and failed again still has failed.
    let is_nameless = latest.status == Status::Failed && latest.tasks.failed_tasks.is_empty();
    let tasks = match (latest.status, again) {
        (Status::Cancelled, _) => return SuiteJudgement { tasks: before.tasks, ..latest },
        (_, NextAttempt::Nothing) => return before,
        (Status::InfraError, _) if latest.tasks.aborted.unwrap_or_default() == 0 => {
            return came_to_nothing(before, latest.error);
        }
        (_, NextAttempt::Tasks(names)) => {
            let (passed, asked) = (latest.tasks.passed.unwrap_or_default(), len(names));
            if latest.status == Status::Passed && passed < asked {
                let error = format!("ran {passed} of the {asked} tasks again that had not passed");
                return came_to_nothing(before, Some(error));
            }
            after_tasks(&before.tasks, latest.tasks)
        }
        (_, NextAttempt::Everything) => after_everything(&before, &latest, suite),
    };
    let has_failed = tasks.failed.unwrap_or_default() > 0 || !tasks.failed_tasks.is_empty();
    let status = match (latest.status, again) {
        (Status::Passed | Status::Failed, NextAttempt::Everything)
            if !has_failed && tasks.aborted.unwrap_or(0) == 0 =>
        {
            if is_nameless {
                Status::Failed
            } else {
                Status::Passed
            }
        }
        (_, _) if has_failed => Status::Failed,
        (status, _) => status,
    };
    let excerpts = if latest.excerpts.is_empty() { before.excerpts } else { latest.excerpts };
    let error = latest.error.filter(|_| status != Status::Passed);
    SuiteJudgement { status, tasks, error, excerpts }
}

/// An attempt that came to nothing takes nothing from what is known.
fn came_to_nothing(before: SuiteJudgement, error: Option<String>) -> SuiteJudgement {
    SuiteJudgement { error: error.or(before.error), ..before }
}

fn after_tasks(before: &TaskResults, latest: TaskResults) -> TaskResults {
    // A task that only could not be restored has counted as passed.
    let Failures { preparing, executing, restoring } = &before.failures;
    let only_restoring =
        |task: &&String| before.failed_tasks.contains(task) && !preparing.contains(task) && !executing.contains(task);
    let counted_twice = u64::try_from(restoring.iter().filter(only_restoring).count()).unwrap_or_default();
    let passed = match (before.passed, latest.passed) {
        (Some(one), Some(other)) => Some(one.saturating_sub(counted_twice).saturating_add(other)),
        (one, other) => one.or(other),
    };
    let not_passed = union(&latest.failed_tasks, &latest.aborted_tasks);
    let flaky_tasks = union(&before.flaky_tasks, &without(&before.failed_tasks, &not_passed));
    TaskResults { passed, skipped: before.skipped, flaky_tasks, ..latest }
}

/// A task has passed if it passed in one of the attempts.
fn after_everything(before: &SuiteJudgement, latest: &SuiteJudgement, suite: &str) -> TaskResults {
    let tasks = latest.tasks.clone();
    let names = |judgement: &SuiteJudgement| {
        let tasks = &judgement.tasks;
        let are_all_named = tasks.failed.is_some_and(|failed| failed > 0 && len(&tasks.failed_tasks) >= failed);
        are_all_named.then(|| tasks.failed_tasks.clone())
    };
    let was_cut = before.tasks.aborted.unwrap_or_default() > 0;
    let (failed_before, failed) = (names(before), names(latest));
    let (still, flaky) = match (failed_before, failed, latest.status) {
        (Some(before), Some(latest), _) if !was_cut => {
            let still: Vec<String> = latest.iter().filter(|name| before.contains(name)).cloned().collect();
            let flaky = without(&union(&before, &latest), &still);
            (still, flaky)
        }
        (Some(before), None, Status::Passed) => (Vec::new(), before),
        (None, None, Status::Passed) if before.status == Status::Failed => (Vec::new(), vec![suite.to_owned()]),
        (_, _, _) => (tasks.failed_tasks.clone(), Vec::new()),
    };
    let redeemed = len(&tasks.failed_tasks) - len(&still);
    let keep = |names: &[String]| names.iter().filter(|name| !flaky.contains(name)).cloned().collect();
    TaskResults {
        passed: tasks.passed.map(|passed| passed.saturating_add(redeemed)),
        failed: tasks.failed.map(|failed| failed.saturating_sub(redeemed)),
        failures: Failures {
            preparing: keep(&tasks.failures.preparing),
            executing: keep(&tasks.failures.executing),
            restoring: keep(&tasks.failures.restoring),
        },
        flaky_tasks: without(&union(&before.tasks.flaky_tasks, &flaky), &still),
        failed_tasks: still,
        ..tasks
    }
}

fn len(names: &[String]) -> u64 {
    u64::try_from(names.len()).unwrap_or(u64::MAX)
}

/// The names of both, each once.
fn union(one: &[String], other: &[String]) -> Vec<String> {
    let more = other.iter().filter(|name| !one.contains(name));
    one.iter().chain(more).cloned().collect()
}

fn without(names: &[String], others: &[String]) -> Vec<String> {
    names.iter().filter(|name| !others.contains(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Cancelled, Failed, InfraError, Passed};

    fn names(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn judgement(status: Status, passed: u64, failed: &str, aborted: &str) -> SuiteJudgement {
        let (failed_tasks, aborted_tasks) = (names(failed), names(aborted));
        let tasks = TaskResults {
            passed: Some(passed),
            failed: Some(len(&failed_tasks)),
            aborted: Some(len(&aborted_tasks)),
            failures: Failures { executing: failed_tasks.clone(), ..Failures::default() },
            failed_tasks,
            aborted_tasks,
            ..TaskResults::default()
        };
        SuiteJudgement { status, tasks, error: None, excerpts: Vec::new() }
    }

    fn blank(status: Status) -> SuiteJudgement {
        SuiteJudgement { status, tasks: TaskResults::default(), error: None, excerpts: Vec::new() }
    }

    /// Status, passed, failed tasks, flaky tasks.
    fn short(judgement: &SuiteJudgement) -> (Status, Option<u64>, String, String) {
        let tasks = &judgement.tasks;
        (judgement.status, tasks.passed, tasks.failed_tasks.join(" "), tasks.flaky_tasks.join(" "))
    }

    fn row(status: Status, passed: u64, failed: &str, flaky: &str) -> (Status, Option<u64>, String, String) {
        (status, Some(passed), failed.to_owned(), flaky.to_owned())
    }

    #[test]
    fn only_what_failed_or_was_aborted_runs_again() {
        let attempts = Attempts { most: NonZeroU32::new(3).unwrap(), max_failed: 2 };
        let next = |done, status, failed, aborted, selectable| {
            attempts.next(done, &judgement(status, 1, failed, aborted), selectable)
        };
        let tasks = |text| NextAttempt::Tasks(names(text));
        assert_eq!(next(1, Failed, "a b", "c b", Selectable::Tasks), tasks("a b c"));
        assert_eq!(next(2, InfraError, "", "c", Selectable::Tasks), tasks("c"));
        assert_eq!(next(1, Failed, "a", "", Selectable::Whole), NextAttempt::Everything);
        for (done, status, failed) in
            [(3, Failed, "a"), (1, Failed, "a b c"), (1, Passed, ""), (1, Cancelled, "a"), (1, InfraError, "a")]
        {
            let nothing = next(done, status, failed, "", Selectable::Tasks);
            assert_eq!(nothing, NextAttempt::Nothing, "{done} {status:?} {failed}");
        }
        let mut nameless = judgement(Failed, 1, "a", "");
        nameless.tasks.aborted = Some(2);
        assert_eq!(attempts.next(1, &nameless, Selectable::Tasks), NextAttempt::Everything, "which were aborted?");
    }

    #[test]
    fn one_result_of_all_attempts() {
        let first = || judgement(Failed, 5, "a b", "c");
        let again = NextAttempt::Tasks(names("a b c"));
        let second = merged(first(), judgement(Failed, 2, "b", ""), &again, "spread");
        assert_eq!(short(&second), row(Failed, 7, "b", "a"));
        let third = merged(second, judgement(Passed, 1, "", ""), &NextAttempt::Tasks(names("b")), "spread");
        assert_eq!(short(&third), row(Passed, 8, "", "a b"));
        assert_eq!((third.tasks.failed, third.tasks.failures), (Some(0), Failures::default()));

        let given_up = merged(first(), judgement(InfraError, 1, "", "b c"), &again, "spread");
        assert_eq!(short(&given_up), row(InfraError, 6, "", "a"));
        let cut = merged(first(), judgement(Passed, 2, "", ""), &again, "spread");
        assert_eq!(short(&cut), row(Failed, 5, "a b", ""), "one of three did not run");
        assert!(cut.error.unwrap().contains("2 of the 3"));
    }

    #[test]
    fn an_attempt_that_came_to_nothing_changes_nothing() {
        let again = NextAttempt::Tasks(names("a b"));
        let broken = SuiteJudgement { error: Some("no quota".into()), ..blank(InfraError) };
        let second = merged(judgement(Failed, 5, "a b", ""), broken, &again, "spread");
        assert_eq!(short(&second), row(Failed, 5, "a b", ""));
        assert_eq!(second.error.as_deref(), Some("no quota"));
        let second = merged(judgement(Failed, 5, "a b", ""), blank(Cancelled), &again, "spread");
        assert_eq!(short(&second), row(Cancelled, 5, "a b", ""));
    }

    #[test]
    fn a_task_that_could_only_not_be_restored_counts_once() {
        let mut first = judgement(Failed, 2, "a", "");
        first.tasks.failures = Failures { restoring: names("a"), ..Failures::default() };
        let second = merged(first, judgement(Passed, 1, "", ""), &NextAttempt::Tasks(names("a")), "spread");
        assert_eq!(short(&second), row(Passed, 2, "", "a"));
    }

    #[test]
    fn each_test_of_a_program_has_to_pass_once() {
        let again = NextAttempt::Everything;
        let second = merged(judgement(Failed, 3, "a b", ""), judgement(Failed, 4, "b", ""), &again, "pytest");
        assert_eq!(short(&second), row(Failed, 4, "b", "a"));
        let third = merged(second, judgement(Failed, 4, "c", ""), &again, "pytest");
        assert_eq!(short(&third), row(Passed, 5, "", "a b c"), "c has passed before, and b does now");
        assert_eq!(third.tasks.failures, Failures::default());
    }

    #[test]
    fn a_program_that_names_no_tasks_is_one_task() {
        let again = NextAttempt::Everything;
        let second = merged(blank(Failed), blank(Failed), &again, "make");
        assert_eq!(short(&second), (Failed, None, String::new(), String::new()));
        let third = merged(second, blank(Passed), &again, "make");
        assert_eq!(short(&third), (Passed, None, String::new(), "make".into()));
        // What failed without a name may be what fails now.
        let named = merged(blank(Failed), judgement(Failed, 4, "b", ""), &again, "pytest");
        assert_eq!(short(&named), row(Failed, 4, "b", ""));
        let nameless = merged(judgement(Failed, 4, "b", ""), blank(Failed), &again, "pytest");
        assert_eq!(nameless.status, Failed);
    }
}
