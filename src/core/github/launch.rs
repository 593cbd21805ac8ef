//! What is said of one launch: its summary and its annotation.

use super::Annotation;
use super::markup::{Cell, Summary};
use crate::core::documents::{LaunchReport, Stage};
use crate::core::result::{Failures, Status, Tested};
use crate::core::spread::excerpt::Excerpt;

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
    let tasks = &report.tasks;
    let some = |number: Option<u64>| number.filter(|number| *number > 0);
    let numbers = [
        ("Tasks passed", tasks.passed),
        ("Tasks failed", tasks.failed),
        ("Tasks aborted", some(tasks.aborted)),
        ("Tasks skipped", some(tasks.skipped)),
    ];
    for (words, number) in numbers {
        if let Some(number) = number {
            say(words, number.to_string());
        }
    }
    if let Some(stage) = report.stage {
        say("Stage", stage_name(stage).to_owned());
    }
    rows.extend(report.error.as_ref().map(|error| line("Why", error)));
    let Tested { files, target, spread, selection, value_after } = &report.tested;
    let tested = [
        ("Only a part of the suite", selection),
        ("Value when it ended", value_after),
        ("Files of the resource", files),
        ("Target", target),
        ("Run by", spread),
    ];
    rows.extend(tested.into_iter().filter_map(|(words, text)| Some(line(words, text.as_deref()?))));
    summary.table(&["What", "Which"], &rows);
    let Failures { preparing, executing, restoring } = &tasks.failures;
    // What an older program left says no more than which tasks.
    let unsorted = [preparing, executing, restoring].iter().all(|names| names.is_empty());
    let executing = if unsorted { &tasks.failed_tasks } else { executing };
    let lists = [
        ("Failed preparing", preparing),
        ("Failed tasks", executing),
        ("Failed restoring", restoring),
        ("Aborted tasks", &tasks.aborted_tasks),
        ("Flaky tasks", &tasks.flaky_tasks),
    ];
    for (title, names) in lists {
        let names: Vec<Vec<Cell>> = names.iter().map(|task| vec![Cell::text(task)]).collect();
        summary.table(&[title], &names);
    }
    for Excerpt { name, script, lines } in &report.excerpts {
        let what = match script.as_str() {
            "debug" => "says, to be debugged:",
            _ => "failed with:",
        };
        summary.block(&[Cell::text(name), Cell::words(what)], lines);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::documents::VERSION;
    use crate::core::result::TaskResults;

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
            excerpts: Vec::new(),
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
    fn the_summary_says_what_failed_how_and_on_what() {
        let name = |name: &str| vec![name.to_owned()];
        let failures = Failures { preparing: name("q:u:t/"), executing: name("q:u:t/a"), restoring: name("q:u:t/b") };
        let tasks = TaskResults { aborted: Some(1), failures, flaky_tasks: name("q:u:t/f"), ..tasks(&["q:u:t/a"]) };
        let tested = Tested { target: Some("1234".into()), selection: Some("q:".into()), ..Tested::default() };
        let lines = vec!["+ false".to_owned(), "</pre> *x*".to_owned()];
        let excerpts = vec![Excerpt { name: "q:u:t/a".into(), script: "debug".into(), lines }];
        let text = summary(&LaunchReport { tasks, tested, excerpts, ..report() }).text().to_owned();
        assert_eq!(text.matches("</pre>").count(), 1, "{text}");
        let text = text.replace("&#58;", ":").replace("&#47;", "/");
        for said in [
            "Tasks aborted",
            "<code>1234</code>",
            "Only a part",
            "Failed preparing</th></tr>\n<tr><td><code>q:u:t/</code>",
            "Failed tasks</th></tr>\n<tr><td><code>q:u:t/a</code>",
            "Failed restoring",
            "Flaky tasks",
        ] {
            assert!(text.contains(said), "{said} in {text}");
        }
        let (_, block) = text.split_once("<pre>").unwrap();
        assert!(block.contains("false\n") && block.trim_end().ends_with("</pre>"), "{text}");
    }

    #[test]
    fn the_summary_has_what_is_known() {
        let text = summary(&report()).text().to_owned();
        for known in ["failed", "<code>edge</code>", "<code>2</code>", "Tasks passed", "<code>b</code>"] {
            assert!(text.contains(known), "{known} in {text}");
        }
        for unknown in ["before", "Stage", "Why", "aborted", "Target", "preparing"] {
            assert!(!text.contains(unknown), "{unknown} in {text}");
        }
        let many = LaunchReport { tasks: tasks(&["t"; 5000]), ..report() };
        assert!(summary(&many).text().contains("and 4800 more"));
    }
}
