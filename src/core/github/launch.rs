//! What is said of one launch: its summary and its annotation.

use super::Annotation;
use super::markup::{Cell, Summary};
use crate::core::documents::{LaunchReport, Stage};
use crate::core::result::Status;

/// What is said above the log, unless it passed.
pub(crate) fn annotation(report: &LaunchReport) -> Option<Annotation> {
    (report.status != Status::Passed).then(|| Annotation::error(verdict(report), reasons(report)))
}

/// The summary of a run that found nothing to launch.
pub(crate) fn nothing(reason: &str) -> Summary {
    let mut summary = Summary::default();
    summary.paragraph(&[Cell::words("Nothing to launch:"), Cell::text(reason)]);
    summary
}

/// The summary of a run that did not come to its launch.
pub(crate) fn not_launched(resource: &str, status: Status, reason: &str) -> Summary {
    let mut summary = Summary::default();
    summary.heading(&format!("Not launched: {}", status.name()));
    summary.paragraph(&[Cell::text(resource), Cell::text(reason)]);
    summary
}

/// `edge (2) failed`
fn verdict(report: &LaunchReport) -> String {
    let verb = match report.status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Cancelled => "was cancelled",
        Status::InfraError => "could not run",
    };
    format!("{} ({}) {verb}", report.resource, report.value)
}

/// Why it did not pass.
fn reasons(report: &LaunchReport) -> String {
    let stage = report.stage.map(stage_name);
    match (&report.error, stage) {
        (Some(error), Some(stage)) => format!("{stage}: {error}"),
        (Some(error), None) => error.clone(),
        (None, _) if report.tasks.failed_tasks.is_empty() => "see the log of this step".to_owned(),
        (None, _) => format!("failed: {}", report.tasks.failed_tasks.join(" ")),
    }
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Export => "export",
        Stage::Clone => "clone",
        Stage::Customize => "customize",
        Stage::Launch => "launch",
    }
}

/// The summary of a launch: how it ended, and why.
pub(crate) fn summary(report: &LaunchReport) -> Summary {
    let mut summary = Summary::default();
    summary.heading(&format!("Launch: {}", report.status.name()));
    let line = |words: &str, text: &str| vec![Cell::words(words), Cell::text(text)];
    let mut rows = vec![line("Resource", &report.resource), line("Value", &report.value)];
    rows.extend(report.old_value.as_ref().map(|value| line("Value before", value)));
    let mut say = |words: &str, said: String| rows.push(vec![Cell::words(words), Cell::words(said)]);
    if let Some(passed) = report.tasks.passed {
        say("Tasks passed", passed.to_string());
    }
    if let Some(failed) = report.tasks.failed {
        say("Tasks failed", failed.to_string());
    }
    if let Some(stage) = report.stage {
        say("Stage", stage_name(stage).to_owned());
    }
    rows.extend(report.error.as_ref().map(|error| line("Why", error)));
    summary.table(&["What", "Which"], &rows);
    let tasks: Vec<Vec<Cell>> = report.tasks.failed_tasks.iter().map(|task| vec![Cell::text(task)]).collect();
    summary.table(&["Failed tasks"], &tasks);
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::documents::VERSION;
    use crate::core::result::{TaskResults, Tested};

    fn tasks(failed: &[&str]) -> TaskResults {
        let failed_tasks: Vec<String> = failed.iter().map(|task| (*task).to_owned()).collect();
        TaskResults { passed: Some(1), failed: Some(2), failed_tasks, ..TaskResults::default() }
    }

    fn report() -> LaunchReport {
        LaunchReport {
            version: VERSION,
            resource: "edge".into(),
            commit: "abc".into(),
            message: "New".into(),
            value: "2".into(),
            old_value: None,
            status: Status::Failed,
            stage: None,
            error: None,
            url: None,
            started_at: String::new(),
            finished_at: String::new(),
            tasks: tasks(&["a", "b"]),
            tested: Tested::default(),
        }
    }

    #[test]
    fn what_is_said_of_each_ending() {
        assert_eq!(annotation(&LaunchReport { status: Status::Passed, ..report() }), None);
        let unclear = LaunchReport { tasks: tasks(&[]), ..report() };
        let error = Some("no network".to_owned());
        let broken =
            LaunchReport { status: Status::InfraError, stage: Some(Stage::Clone), error: error.clone(), ..report() };
        let cancelled = LaunchReport { status: Status::Cancelled, error, ..report() };
        for (report, title, text) in [
            (report(), "edge (2) failed", "failed: a b"),
            (unclear, "edge (2) failed", "see the log of this step"),
            (broken, "edge (2) could not run", "clone: no network"),
            (cancelled, "edge (2) was cancelled", "no network"),
        ] {
            assert_eq!(annotation(&report), Some(Annotation::error(title, text)));
        }
    }

    #[test]
    fn the_summary_has_what_is_known() {
        let text = summary(&report()).text().to_owned();
        for known in ["failed", "<code>edge</code>", "<code>2</code>", "Tasks passed", "<code>b</code>"] {
            assert!(text.contains(known), "{known} in {text}");
        }
        for unknown in ["before", "Stage", "Why"] {
            assert!(!text.contains(unknown), "{unknown} in {text}");
        }
        let many = LaunchReport { tasks: tasks(&["t"; 5000]), ..report() };
        assert!(summary(&many).text().contains("and 4800 more"));
    }
}
