//! How numbers, moments and results look, for people and in documents.

use crate::core::documents::{PauseState, ValueResult};
use crate::core::pause::Pause;
use crate::core::result::{LaunchResult, Status};
use crate::core::text::{shortened, visible};
use crate::git::history::ResultCommit;
use crate::ui::{Paint, Ui};

/// A number of things.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A value as people see it: whatever others recorded, it is one line of visible characters and not too long.
pub(super) fn shown(value: &str) -> String {
    const MOST: usize = 160;
    visible(&shortened(value.to_owned(), MOST))
}

/// The width of a column, unless one long text would push everything else away.
pub(super) fn width<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).filter(|width| *width <= most).max().unwrap_or_default()
}

/// A pause in a few words.
pub(super) fn paused(state: &PauseState) -> String {
    let until = state.until.as_ref().and_then(|until| until.parse().ok());
    Pause { until, because: state.because.clone() }.to_string()
}

/// How a result looks to a person.
pub(super) fn look_of(status: Status) -> (&'static str, Paint) {
    match status {
        Status::Passed => ("✓", Paint::New),
        Status::Failed => ("✗", Paint::Bad),
        Status::Cancelled => ("-", Paint::Odd),
        Status::InfraError => ("!", Paint::Odd),
    }
}

/// How the suite took a value, on a few words.
pub(super) fn result_line(result: &LaunchResult, ui: &Ui) -> String {
    let (symbol, paint) = look_of(result.status);
    let paint = if result.is_partial() { Paint::Odd } else { paint };
    ui.paint(paint, &format!("{symbol} {}", result.in_words()))
}

/// How the suite took a value, as documents have it.
pub(super) fn value_result(commit: &ResultCommit) -> ValueResult {
    let ResultCommit { id, result, time } = commit;
    ValueResult {
        status: result.status,
        url: result.url.clone(),
        commit: id.to_string(),
        finished_at: result.finished_at.clone().unwrap_or_else(|| rfc3339(*time)),
        tasks: result.tasks.clone(),
        tested: result.tested.clone(),
        reason: result.reason.clone(),
    }
}

/// A moment as the documents have it (RFC 3339).
pub(super) fn rfc3339(time: gix::date::Time) -> String {
    time.format_or_unix(gix::date::time::format::ISO8601_STRICT)
}

/// A moment as people read it.
pub(super) fn for_people(time: gix::date::Time) -> String {
    time.format_or_unix(gix::date::time::CustomFormat::new("%Y-%m-%d %H:%M %z"))
}
