//! What the summaries of the commands say.

use super::markup::{Cell, Summary};
use crate::core::documents::{Outcome, PendingState, PollEntry, PollReport};
use crate::core::result::Status;

/// A result that `result` was given, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) resource: String,
    pub(crate) value: String,
    pub(crate) status: Status,
    /// The commit that records it.
    pub(crate) commit: String,
    pub(crate) is_new: bool,
}

/// A result that was not recorded, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotRecorded {
    pub(crate) what: String,
    pub(crate) reason: String,
}

/// The summary of a poll: what changed, and what failed.
pub(crate) fn poll(report: &PollReport) -> Summary {
    let number = |outcome| report.summary.get(&outcome).copied().unwrap_or_default();
    let mut summary = Summary::default();
    let with = |outcome| report.resources.iter().filter(move |resource| resource.outcome == outcome);
    let failed: Vec<_> = with(Outcome::Failed)
        .map(|resource| vec![Cell::text(&resource.resource), Cell::text(resource.error.as_deref().unwrap_or_default())])
        .collect();
    let changed: Vec<_> = report.resources.iter().filter(|resource| resource.outcome.is_news()).map(change).collect();
    summary.heading(match report.dry_run {
        false => "Poll",
        true => "Poll (dry run: nothing was recorded)",
    });
    let counts = [
        (number(Outcome::First) + number(Outcome::Changed), "changed"),
        (number(Outcome::Failed), "failed"),
        (number(Outcome::Unchanged), "unchanged"),
        (number(Outcome::NoValue), "without a value"),
        (number(Outcome::Manual), "manual"),
        (number(Outcome::Paused), "paused"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(number, _)| *number > 0).map(|(number, name)| format!("{number} {name}")).collect();
    summary.paragraph(&[Cell::words(match counts.is_empty() {
        true => "There are no resources.".to_owned(),
        false => counts.join(", "),
    })]);
    summary.table(&["Changed", "Old value", "New value"], &changed);
    summary.table(&["Failed", "Why"], &failed);
    summary
}

fn change(resource: &PollEntry) -> Vec<Cell> {
    let value = |value: &Option<String>| Cell::text(value.clone().unwrap_or_default());
    vec![Cell::text(&resource.resource), value(&resource.old), value(&resource.new)]
}

/// The summary of what is pending: what is launched now, what waits behind the limit, and what is launched no more although
/// it has no verdict.
pub(crate) fn pending(launched: &[PendingState], waiting: &[PendingState], given_up: &[PendingState]) -> Summary {
    let mut summary = Summary::default();
    summary.heading("Launches");
    if launched.is_empty() && waiting.is_empty() {
        summary.paragraph(&[Cell::words("Nothing waits to be launched.")]);
    }
    let row = |state: &PendingState| {
        let time = Cell::words(state.recorded_at.clone());
        vec![Cell::text(&state.resource), Cell::text(&state.value), Cell::text(state.message.trim_end()), time]
    };
    let tables = [("Launched now", launched), ("Waits for the next time", waiting), ("Not launched again", given_up)];
    for (title, states) in tables {
        let rows: Vec<_> = states.iter().map(row).collect();
        summary.table(&[title, "Value", "Message", "Recorded"], &rows);
    }
    summary
}

/// The summary of `result`: what was recorded, and what could not be.
pub(crate) fn results(told: &[Told], not_recorded: &[NotRecorded]) -> Summary {
    let mut summary = Summary::default();
    summary.heading("Results");
    if told.is_empty() && not_recorded.is_empty() {
        summary.paragraph(&[Cell::words("Nothing was recorded.")]);
    }
    let row = |told: &Told| {
        let commit = match told.is_new {
            true => told.commit.clone(),
            false => format!("{}, before", told.commit),
        };
        let status = Cell::words(told.status.name());
        vec![Cell::text(&told.resource), Cell::text(&told.value), status, Cell::words(commit)]
    };
    let rows: Vec<_> = told.iter().map(row).collect();
    summary.table(&["Recorded", "Value", "Result", "By commit"], &rows);
    let row = |not: &NotRecorded| vec![Cell::text(&not.what), Cell::text(&not.reason)];
    let rows: Vec<_> = not_recorded.iter().map(row).collect();
    summary.table(&["Not recorded", "Why"], &rows);
    summary
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polled(name: &str, outcome: Outcome, old: Option<&str>, new: Option<&str>) -> PollEntry {
        PollEntry {
            resource: name.to_owned(),
            r#ref: format!("refs/heads/{name}"),
            outcome,
            message: None,
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
            commit: None,
            error: (outcome == Outcome::Failed).then(|| "it <failed>".to_owned()),
            paused: None,
            duration_ms: 0,
        }
    }

    fn report(resources: Vec<PollEntry>, dry_run: bool) -> PollReport {
        let mut summary = std::collections::BTreeMap::new();
        for resource in &resources {
            *summary.entry(resource.outcome).or_default() += 1;
        }
        PollReport { version: 1, remote: None, dry_run, isolation: Default::default(), resources, summary }
    }

    /// The rows of all tables, without what is always the same.
    fn rows(summary: &Summary) -> Vec<String> {
        let text = summary.text().replace("</td><td>", "|").replace("</th><th>", "|");
        let strip = |line: &str| line.replace("<tr>", "").replace("</tr>", "").replace("<code>", "");
        let is_row = |line: &&str| line.starts_with("<tr>");
        let clean =
            |line: String| ["</code>", "<td>", "</td>", "<th>", "</th>"].iter().fold(line, |l, t| l.replace(t, ""));
        text.lines().filter(is_row).map(|line| clean(strip(line))).collect()
    }

    #[test]
    fn a_poll() {
        use Outcome::{Changed, Failed, First, Manual, NoValue, Unchanged};
        let all = vec![
            polled("a", First, None, Some("1")),
            polled("b", Changed, Some("1"), Some("2")),
            polled("c", Unchanged, Some("1"), Some("1")),
            polled("d", NoValue, Some("1"), None),
            polled("e", Manual, Some("1"), None),
            polled("f", Failed, Some("1"), None),
        ];
        let summary = poll(&report(all, false));
        assert_eq!(
            rows(&summary),
            ["Changed|Old value|New value", "a||1", "b|1|2", "Failed|Why", "f|it &#60;failed&#62;"]
        );
        let counts = "<p>2 changed&#44; 1 failed&#44; 1 unchanged&#44; 1 without a value&#44; 1 manual</p>";
        assert!(summary.text().contains(counts), "{}", summary.text());
        let summary = poll(&report(vec![polled("c", Unchanged, Some("1"), Some("1"))], true));
        assert_eq!(rows(&summary), [""; 0]);
        assert!(summary.text().contains("dry run") && summary.text().contains("<p>1 unchanged</p>"));
        assert!(poll(&report(vec![], false)).text().contains("There are no resources."));
    }

    #[test]
    fn what_is_pending() {
        let state = |name: &str| PendingState {
            resource: name.to_owned(),
            slug: name.to_owned(),
            commit: "1".repeat(40),
            value: "5".to_owned(),
            message: "New ".to_owned(),
            recorded_at: "2026".to_owned(),
            attempts: 0,
        };
        let summary = pending(&[state("a"), state("b")], &[state("c")], &[state("d")]);
        assert_eq!(
            rows(&summary),
            [
                "Launched now|Value|Message|Recorded",
                "a|5|New|2026",
                "b|5|New|2026",
                "Waits for the next time|Value|Message|Recorded",
                "c|5|New|2026",
                "Not launched again|Value|Message|Recorded",
                "d|5|New|2026",
            ]
        );
        assert!(pending(&[], &[], &[]).text().contains("Nothing waits"));
        assert!(!pending(&[], &[state("a")], &[]).text().contains("Nothing waits"));
    }

    #[test]
    fn results_that_were_recorded_and_others() {
        let told = |is_new| Told {
            resource: "a".to_owned(),
            value: "5".to_owned(),
            status: Status::InfraError,
            commit: "abc".to_owned(),
            is_new,
        };
        let not = NotRecorded { what: "b".to_owned(), reason: "no branch".to_owned() };
        let summary = results(&[told(true), told(false)], &[not]);
        assert_eq!(
            rows(&summary),
            [
                "Recorded|Value|Result|By commit",
                "a|5|infra-error|abc",
                "a|5|infra-error|abc&#44; before",
                "Not recorded|Why",
                "b|no branch",
            ]
        );
        assert!(results(&[], &[]).text().contains("Nothing was recorded."));
    }
}
