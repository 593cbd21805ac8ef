//! What a launch means: from how the program ended, what it reported and what it said.
//!
//! Nothing passes by silence: a spread that ran no task has not passed, and a failed task that anything reports outweighs an
//! exit status of 0.

use super::Tally;
use super::excerpt::Excerpt;
use super::log::LogReading;
use crate::core::exit::ProcessExit;
use crate::core::result::{Status, TaskResults};

/// What kind of program runs the suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite<'a> {
    /// A spread, with the flag that keeps it from running the tasks, if there is one.
    Spread { idle: Option<&'a str> },
    /// Any other program, `run-checks` among them.
    Program,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProgramEnding {
    pub(crate) exit: ProcessExit,
    /// Whether we asked it to stop.
    pub(crate) interrupted: bool,
}

/// What is known of what a program did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence {
    /// What a report says: that of spread, or JUnit's.
    pub(crate) report: Option<Tally>,
    /// What its output said.
    pub(crate) log: LogReading,
}

/// What a launch means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SuiteJudgement {
    pub(crate) status: Status,
    pub(crate) tasks: TaskResults,
    /// Why it did not pass, if there is more to say than which tasks failed: a fragment that follows the name of the program.
    pub(crate) error: Option<String>,
    /// What failing tasks printed.
    pub(crate) excerpts: Vec<Excerpt>,
}

/// Says what a launch means. The report has the numbers if there is one, else the summary in the output; names come from both.
pub(crate) fn judge(suite: Suite<'_>, ending: ProgramEnding, evidence: Evidence) -> SuiteJudgement {
    let Evidence { report, log: LogReading { summary, complaints, excerpts, .. } } = evidence;
    let has_whole_summary = summary.as_ref().is_some_and(Tally::is_whole);
    let tally = match (report, summary) {
        (Some(report), Some(summary)) => Some(both(suite, report, summary)),
        (report, summary) => report.or(summary),
    };
    let (status, error) = match suite {
        Suite::Spread { idle } => of_spread(idle, ending, tally.as_ref()),
        Suite::Program => of_program(ending, tally.as_ref(), has_whole_summary),
    };
    let said = complaints.join("; ");
    let error = match (status, error) {
        (Status::Passed, _) => None,
        (_, error) if said.is_empty() => error,
        (_, Some(error)) => Some(format!("{error}: {said}")),
        (_, None) => Some(format!("said: {said}")),
    };
    let tasks = tally.map(TaskResults::from).unwrap_or_default();
    SuiteJudgement { status, tasks, error, excerpts }
}

/// What a report and the summary in the output say together. Spread says the same in both; another program may show the
/// summary of a spread and report other tests, and then the worse of the two has the numbers.
fn both(suite: Suite<'_>, report: Tally, summary: Tally) -> Tally {
    let is_bad = |tally: &Tally| tally.failed > 0 || tally.others_failed > 0 || tally.aborted > 0;
    let (mut first, second) = match suite {
        Suite::Program if is_bad(&summary) && !is_bad(&report) => (summary, report),
        Suite::Program | Suite::Spread { .. } => (report, summary),
    };
    first.add_names(&second);
    first
}

type StatusAndReason = (Status, Option<String>);

fn infra(error: String) -> StatusAndReason {
    (Status::InfraError, Some(error))
}

const FAILED: StatusAndReason = (Status::Failed, None);
const PASSED: StatusAndReason = (Status::Passed, None);

fn of_spread(idle: Option<&str>, ending: ProgramEnding, tally: Option<&Tally>) -> StatusAndReason {
    let none = Tally::default();
    let known = tally.unwrap_or(&none);
    // A spread that we stopped after its last task has reported all that there is.
    if ending.interrupted && !(matches!(ending.exit, ProcessExit::Status(0 | 1)) && known.is_whole()) {
        return (Status::Cancelled, Some("was interrupted".to_owned()));
    }
    match (ending.exit, idle) {
        (ProcessExit::Signal(signal), _) => infra(format!("was killed by signal {signal}")),
        (ProcessExit::Status(status), _) if status > 1 => infra(format!("ended with exit status {status}")),
        (ProcessExit::Status(0), Some(flag)) => infra(format!("was started with -{flag}, which runs no task")),
        (ProcessExit::Status(_), _) if known.failed > 0 => FAILED,
        (ProcessExit::Status(_), _) if known.others_failed > 0 => infra(others(known)),
        // It ends like this when another process stopped it.
        (ProcessExit::Status(0), _) if known.aborted > 0 => (Status::Cancelled, Some(were_aborted(known))),
        (ProcessExit::Status(0), _) if tally.is_none() => {
            infra("ended without a summary, so it ran no task".to_owned())
        }
        (ProcessExit::Status(0), _) if known.passed == 0 => infra(no_task(known)),
        (ProcessExit::Status(0), _) => PASSED,
        (ProcessExit::Status(_), _) if known.aborted > 0 => infra(were_aborted(known)),
        (ProcessExit::Status(status), _) if tally.is_none() => {
            infra(format!("ended with exit status {status} and reported no result"))
        }
        (ProcessExit::Status(status), _) => infra(format!("ended with exit status {status}, but no task failed")),
    }
}

/// A program says how its suite took it by its exit status, unless something that it shows or writes says worse.
fn of_program(ending: ProgramEnding, tally: Option<&Tally>, has_whole_summary: bool) -> StatusAndReason {
    // A spread in it that was at its end has said all that there is to say; reports of other tests do not show what is missing.
    let is_over = match (ending.exit, tally) {
        (ProcessExit::Status(0), _) => has_whole_summary,
        (ProcessExit::Status(1), Some(known)) => has_whole_summary && known.failed > 0,
        (ProcessExit::Status(_) | ProcessExit::Signal(_), _) => false,
    };
    if ending.interrupted && !is_over {
        return (Status::Cancelled, Some("was interrupted".to_owned()));
    }
    let known = match (ending.exit, tally) {
        (ProcessExit::Signal(signal), _) => return infra(format!("was killed by signal {signal}")),
        (ProcessExit::Status(126), _) => return infra("cannot execute a command (exit status 126)".to_owned()),
        (ProcessExit::Status(127), _) => return infra("cannot find a command (exit status 127)".to_owned()),
        (ProcessExit::Status(0), None) => return PASSED,
        (ProcessExit::Status(status), None) => {
            return (Status::Failed, Some(format!("ended with exit status {status}")));
        }
        (ProcessExit::Status(_), Some(known)) => known,
    };
    match ending.exit {
        _ if known.failed > 0 => FAILED,
        _ if known.others_failed > 0 => infra(others(known)),
        _ if known.aborted > 0 => infra(were_aborted(known)),
        ProcessExit::Status(0) if known.passed == 0 => infra(no_task(known)),
        ProcessExit::Status(0) => PASSED,
        exit @ (ProcessExit::Status(_) | ProcessExit::Signal(_)) => {
            (Status::Failed, Some(format!("ended with {exit}, but no task failed")))
        }
    }
}

fn were_aborted(tally: &Tally) -> String {
    match tally.aborted {
        1 => "aborted 1 task".to_owned(),
        aborted => format!("aborted {aborted} tasks"),
    }
}

fn no_task(tally: &Tally) -> String {
    match tally.skipped {
        0 => "ran no task".to_owned(),
        1 => "ran no task, and skipped 1".to_owned(),
        skipped => format!("ran no task, and skipped {skipped}"),
    }
}

/// That suites, backends or projects failed.
fn others(tally: &Tally) -> String {
    let named = |verb: &str, names: &[String]| {
        let name = names.first()?;
        let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
        Some(format!("{verb} {name}{more}"))
    };
    let (preparing, restoring) = (tally.failures.preparing.list(), tally.failures.restoring.list());
    let all: Vec<String> = [named("prepare", preparing), named("restore", restoring)].into_iter().flatten().collect();
    match all.is_empty() {
        true => "could not prepare or restore a suite, a backend or the project".to_owned(),
        false => format!("could not {}", all.join(" nor ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::spread::Phase;
    use crate::core::spread::log::{Counting, Scanner};
    use crate::core::spread::report;

    fn tally(passed: u64, failed: u64, aborted: u64, others_failed: u64) -> Option<Tally> {
        let mut tally = Tally { passed, failed, aborted, others_failed, ..Tally::default() };
        (0..failed).for_each(|number| tally.add_failed_task(Phase::Executing, format!("t{number}")));
        Some(tally)
    }

    const SPREAD: Suite<'_> = Suite::Spread { idle: None };
    use ProcessExit::{Signal, Status as Exit};
    use Status::{Cancelled, Failed, InfraError, Passed};

    type Case = (ProcessExit, bool, Option<Tally>, Status, &'static str);

    fn check(suite: Suite<'_>, cases: impl IntoIterator<Item = Case>) {
        for (exit, interrupted, tally, status, error) in cases {
            let log = LogReading { summary: tally.clone(), ..LogReading::default() };
            let judgement = judge(suite, ProgramEnding { exit, interrupted }, Evidence { report: None, log });
            let said = judgement.error.unwrap_or_default();
            assert_eq!((judgement.status, &*said), (status, error), "{suite:?} {exit:?} {interrupted} {tally:?}");
            assert_eq!(judgement.tasks.passed, tally.map(|tally| tally.passed));
        }
    }

    #[test]
    fn every_case_of_spread() {
        check(
            SPREAD,
            [
                (Exit(0), false, tally(3, 0, 0, 0), Passed, ""),
                (Exit(0), false, None, InfraError, "ended without a summary, so it ran no task"),
                (Exit(0), false, tally(0, 0, 0, 0), InfraError, "ran no task"),
                (Exit(0), false, tally(1, 0, 2, 0), Cancelled, "aborted 2 tasks"),
                (Exit(0), false, tally(1, 1, 0, 0), Failed, ""),
                (Exit(0), true, None, Cancelled, "was interrupted"),
                (Exit(1), true, tally(3, 1, 1, 0), Cancelled, "was interrupted"),
                (Exit(0), true, tally(0, 0, 0, 0), Cancelled, "was interrupted"),
                (Exit(0), true, tally(3, 0, 0, 0), Passed, ""),
                (Exit(1), true, tally(3, 1, 0, 0), Failed, ""),
                (Exit(1), true, tally(3, 0, 0, 1), Cancelled, "was interrupted"),
                (Signal(15), true, tally(3, 0, 0, 0), Cancelled, "was interrupted"),
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
            ],
        );
        let idle = Suite::Spread { idle: Some("shell") };
        let said = "was started with -shell, which runs no task";
        check(idle, [(Exit(0), false, tally(1, 0, 0, 0), InfraError, said), (Exit(0), false, None, InfraError, said)]);
    }

    #[test]
    fn every_case_of_another_program() {
        check(
            Suite::Program,
            [
                (Exit(0), false, None, Passed, ""),
                (Exit(1), false, None, Failed, "ended with exit status 1"),
                (Exit(2), false, None, Failed, "ended with exit status 2"),
                (Exit(255), false, None, Failed, "ended with exit status 255"),
                (Exit(126), false, None, InfraError, "cannot execute a command (exit status 126)"),
                (Exit(127), false, tally(1, 1, 0, 0), InfraError, "cannot find a command (exit status 127)"),
                (Signal(11), false, None, InfraError, "was killed by signal 11"),
                (Exit(0), true, tally(1, 0, 0, 0), Passed, ""),
                (Exit(1), true, tally(3, 1, 0, 0), Failed, ""),
                (Exit(1), true, tally(3, 0, 0, 0), Cancelled, "was interrupted"),
                (Exit(0), true, tally(3, 0, 1, 0), Cancelled, "was interrupted"),
                (Exit(130), true, tally(3, 0, 0, 0), Cancelled, "was interrupted"),
                (Exit(0), true, None, Cancelled, "was interrupted"),
                (Exit(0), false, tally(3, 0, 0, 0), Passed, ""),
                (Exit(0), false, tally(3, 1, 0, 0), Failed, ""),
                (Exit(0), false, tally(3, 0, 2, 0), InfraError, "aborted 2 tasks"),
                (Exit(1), false, tally(3, 0, 2, 0), InfraError, "aborted 2 tasks"),
                (Exit(0), false, tally(0, 0, 0, 0), InfraError, "ran no task"),
                (Exit(3), false, tally(3, 0, 0, 0), Failed, "ended with exit status 3, but no task failed"),
            ],
        );
    }

    #[test]
    fn the_worse_of_a_report_and_a_summary_counts() {
        let judge_both = |report: Option<Tally>, summary: Option<Tally>| {
            let log = LogReading { summary, ..LogReading::default() };
            let judgement =
                judge(Suite::Program, ProgramEnding { exit: Exit(0), interrupted: false }, Evidence { report, log });
            (judgement.status, judgement.tasks.passed, judgement.tasks.failed)
        };
        assert_eq!(judge_both(tally(9, 0, 0, 0), tally(3, 1, 0, 0)), (Failed, Some(3), Some(1)));
        assert_eq!(judge_both(tally(9, 0, 0, 0), tally(3, 0, 2, 0)).0, InfraError);
        assert_eq!(judge_both(tally(9, 1, 0, 0), tally(3, 0, 0, 0)), (Failed, Some(9), Some(1)));
        assert_eq!(judge_both(tally(9, 0, 0, 0), tally(3, 0, 0, 0)), (Passed, Some(9), Some(0)));
    }

    fn read(text: &str) -> LogReading {
        let mut scanner = Scanner::new(Counting::Last);
        scanner.push(text.as_bytes());
        scanner.finish()
    }

    macro_rules! of_log {
        ($name:literal, $status:expr) => {{
            let log = read(include_str!(concat!("../../../tests/data/spread/", $name, ".log")));
            let ending = ProgramEnding { exit: Exit($status), interrupted: false };
            judge(SPREAD, ending, Evidence { report: None, log })
        }};
    }

    #[test]
    fn what_real_spreads_said() {
        let judgement = of_log!("upstream-multi", 1);
        assert_eq!((judgement.status, judgement.error), (Failed, None));
        let tasks = judgement.tasks;
        assert_eq!((tasks.passed, tasks.failed, tasks.failed_tasks.len()), (Some(6), Some(9), 9));
        assert_eq!(tasks.failures.executing, tasks.failed_tasks);

        let judgement = of_log!("upstream-nothing-matches", 1);
        let error = "ended with exit status 1 and reported no result: nothing matches provider filter";
        assert_eq!((judgement.status, judgement.error.as_deref()), (InfraError, Some(error)));

        let judgement = of_log!("upstream-one-system-no-quota", 1);
        let error = "aborted 1 task: Cannot allocate adhoc:debian-13-64: no quota in zone";
        assert_eq!((judgement.status, judgement.error.as_deref()), (InfraError, Some(error)));
        assert_eq!((judgement.tasks.passed, judgement.tasks.aborted), (Some(2), Some(1)));

        let judgement = of_log!("upstream-project-prepare", 1);
        let error = "could not prepare adhoc:debian-12-64:project";
        assert_eq!((judgement.status, judgement.error.as_deref()), (InfraError, Some(error)));
        assert_eq!(judgement.tasks.failures.preparing, ["adhoc:debian-12-64:project"]);
        assert!(judgement.tasks.failed_tasks.is_empty());

        let judgement = of_log!("upstream-restore-failed", 1);
        assert_eq!((judgement.status, judgement.tasks.passed, judgement.tasks.failed), (Failed, Some(2), Some(1)));
        assert_eq!(judgement.tasks.failures.restoring, ["adhoc:debian-12-64:checks/failrest"]);

        let judgement = of_log!("plus-all-skipped", 0);
        assert_eq!((judgement.status, judgement.error.as_deref()), (InfraError, Some("ran no task, and skipped 1")));
        assert_eq!((judgement.tasks.skipped, judgement.tasks.failed), (Some(1), Some(0)));
    }

    #[test]
    fn numbers_of_the_report_and_names_of_both() {
        let text = include_bytes!("../../../tests/data/spread/plus-level-misreported.json");
        let log = read(
            "2026-11-28 16:11:11 Successful tasks: 7\n2026-11-28 16:11:11 Aborted tasks: 0\n\
             2026-11-28 16:11:11 Failed tasks: 2\n    - adhoc:debian-12-64:checks/fail\n\
             \x20   - adhoc:debian-12-64:checks/other:debian-12-64\nerror: unsuccessful run\n",
        );
        let report = Some(report::parse(text).unwrap());
        let judgement = judge(SPREAD, ProgramEnding { exit: Exit(1), interrupted: false }, Evidence { report, log });
        let tasks = judgement.tasks;
        assert_eq!((judgement.status, tasks.passed, tasks.failed), (Failed, Some(0), Some(2)));
        let names = ["adhoc:debian-12-64:checks/fail", "adhoc:debian-12-64:checks/other:debian-12-64"];
        assert_eq!(
            (&*tasks.failed_tasks, &*tasks.failures.executing),
            (&names.map(String::from)[..], &names.map(String::from)[..])
        );
        let plain = read(include_str!("../../../tests/data/spread/plus-multi.log"));
        let report = report::parse(include_bytes!("../../../tests/data/spread/plus-multi-report.json")).ok();
        let ending = ProgramEnding { exit: Exit(1), interrupted: false };
        let tasks = judge(SPREAD, ending, Evidence { report, log: plain }).tasks;
        assert_eq!((tasks.passed, tasks.failed, tasks.failed_tasks.len()), (Some(6), Some(9), 9));
    }

    #[test]
    fn what_spread_could_not_do_is_said_of_a_failed_suite_too() {
        let log = read(
            "2026-01-02 03:04:05 Cannot allocate q:u: no quota\n2026-01-02 03:04:05 Cannot allocate q:u: no quota\n\
             Cannot open the file: a task says so\n2026-01-02 03:04:05 Successful tasks: 1\n\
             2026-01-02 03:04:05 Aborted tasks: 1\n2026-01-02 03:04:05 Failed tasks: 1\n    - q:v:t/a\n\
             error: unsuccessful run\n",
        );
        let judgement =
            judge(SPREAD, ProgramEnding { exit: Exit(1), interrupted: false }, Evidence { report: None, log });
        assert_eq!(judgement.status, Failed);
        assert_eq!(judgement.error.as_deref(), Some("said: Cannot allocate q:u: no quota"));
    }
}
