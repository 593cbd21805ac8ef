//! The result of a launch: what it says, and the empty commit that records it, written one way and read back.
//!
//! The commit's subject is `STATUS: MESSAGE (VALUE) [skip ci]`, so that no CI system starts for it and it can never be
//! read as a state commit, which ends in a parenthesis. Trailers (git-interpret-trailers(1)) say the rest.

mod history;
mod message;
mod tasks;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use self::history::{RecordedLaunch, TaskRecord, task_records};
pub(crate) use self::tasks::{Failures, TaskResults, Tested};
use super::text::{printable, visible};

/// More names in one list are left to the page of the run.
const MAX_TASKS: usize = 200;

/// The longest text of a trailer, in characters.
const MAX_TRAILER: usize = 1000;

/// How a launch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// The suite ran, and all of it passed.
    Passed,
    /// The suite ran, and something in it failed.
    Failed,
    /// It was ended before it was done.
    Cancelled,
    /// It could not run, or did not come to a verdict.
    InfraError,
}

impl Status {
    pub(crate) const ALL: [Status; 4] = [Status::Passed, Status::Failed, Status::Cancelled, Status::InfraError];

    /// Its name in commits, documents and arguments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Failed => "failed",
            Status::Cancelled => "cancelled",
            Status::InfraError => "infra-error",
        }
    }

    /// What it means, for help texts.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Status::Passed => "All of the suite passed",
            Status::Failed => "Something in the suite failed",
            Status::Cancelled => "It was ended before it was done",
            Status::InfraError => "It could not run, or came to no verdict",
        }
    }

    /// Whether it says something about the value: if not, a launch may be tried again.
    pub(crate) fn is_verdict(self) -> bool {
        match self {
            Status::Passed | Status::Failed => true,
            Status::Cancelled | Status::InfraError => false,
        }
    }
}

/// What it means that a value moved while its suite ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MovedValue {
    /// The result is that of the value that was launched.
    Accepted,
    /// The suite may have seen either value, so that it makes none green.
    Rejected,
}

/// What a launch gave. Texts are single clean lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaunchResult {
    pub(crate) status: Status,
    /// Where it can be looked at.
    pub(crate) url: Option<String>,
    /// When it ended (RFC 3339), if that is known.
    pub(crate) finished_at: Option<String>,
    /// Why it did not pass, if there is more to say than which tasks failed.
    pub(crate) reason: Option<String>,
    pub(crate) tasks: TaskResults,
    pub(crate) tested: Tested,
}

impl LaunchResult {
    /// A result that says nothing but how it ended.
    pub(crate) fn new(status: Status) -> Self {
        let (tasks, tested) = (TaskResults::default(), Tested::default());
        LaunchResult { status, url: None, finished_at: None, reason: None, tasks, tested }
    }

    /// The same with every text as a trailer can hold it.
    pub(crate) fn cleaned(self) -> Self {
        let cut = |text: String| text.chars().take(MAX_TRAILER).collect::<String>().trim_end().to_owned();
        self.with_texts(MAX_TASKS, |text| cut(printable(text.as_bytes())))
    }

    /// The same with every character that cannot be seen made visible, for people to read.
    pub(crate) fn visible(self) -> Self {
        self.with_texts(usize::MAX, |text| visible(&text))
    }

    fn with_texts(self, most_tasks: usize, change: impl Fn(String) -> String) -> Self {
        let some = |text: Option<String>| text.map(&change).filter(|text| !text.is_empty());
        let Tested { files, target, spread, selection, value_after } = self.tested;
        LaunchResult {
            status: self.status,
            url: some(self.url),
            finished_at: some(self.finished_at),
            reason: some(self.reason),
            tasks: self.tasks.cleaned(most_tasks, &change),
            tested: Tested {
                files: some(files),
                target: some(target),
                spread: some(spread),
                selection: some(selection),
                value_after: some(value_after),
            },
        }
    }

    /// Whether only a part of the suite was run: such a result says nothing about the whole.
    pub(crate) fn is_partial(&self) -> bool {
        self.tested.selection.is_some()
    }

    /// Whether the value is good: all of the suite passed.
    pub(crate) fn is_green(&self, moved: MovedValue) -> bool {
        let is_about_value = match moved {
            MovedValue::Accepted => true,
            MovedValue::Rejected => self.tested.value_after.is_none(),
        };
        self.status == Status::Passed && !self.is_partial() && is_about_value
    }

    /// How it ended, with what else there is to know on a few words: `failed (partial; 2 of 14)`.
    pub(crate) fn in_words(&self) -> String {
        let TaskResults { passed, failed, flaky_tasks, .. } = &self.tasks;
        let moved = self.tested.value_after.as_ref().map(|value| format!("value moved to {value} meanwhile"));
        let counts = match (passed.filter(|_| self.status.is_verdict()), failed.unwrap_or_default()) {
            // What a value that moved passed is of less interest than that it moved.
            (Some(passed), 0) => Some(passed.to_string()).filter(|_| moved.is_none()),
            (Some(passed), failed) => Some(format!("{failed} of {}", passed.saturating_add(failed))),
            (None, _) => None,
        };
        let flaky = (!flaky_tasks.is_empty()).then(|| format!("{} flaky", flaky_tasks.len()));
        let partial = self.is_partial().then(|| "partial".to_owned());
        let notes: Vec<String> = [partial, counts, flaky, moved].into_iter().flatten().collect();
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
        format!("{}{notes}", self.status.name())
    }

    /// Whether both say the same, as far as they say it. A result that a person typed may not say when it ended.
    fn is_same(&self, other: &Self) -> bool {
        let times = (&self.finished_at, &other.finished_at);
        let same_time = matches!(times, (Some(one), Some(two)) if one == two) || matches!(times, (None, _) | (_, None));
        let rest = |result: &Self| LaunchResult { finished_at: None, ..result.clone() };
        same_time && rest(self) == rest(other)
    }

    /// Whether it says which launch it is about: where that can be looked at, or when it ended.
    fn tells_launch(&self) -> bool {
        self.url.is_some() || self.finished_at.is_some()
    }
}

/// Which of the results that were recorded, newest first, is the same as `new`. One that does not tell which launch it is
/// about is the same only as the newest: said again after another one, it is said anew.
pub(crate) fn known<'a>(recorded: impl IntoIterator<Item = &'a LaunchResult>, new: &LaunchResult) -> Option<usize> {
    let same = |(index, old): &(usize, &LaunchResult)| old.is_same(new) && (*index == 0 || new.tells_launch());
    recorded.into_iter().enumerate().find(same).map(|(index, _)| index)
}

/// Which of the results of a value, newest first, says how the suite took it. One about the whole suite counts before any
/// that is partial, and a verdict before anything else.
pub(crate) fn decisive<'a>(results: impl IntoIterator<Item = &'a LaunchResult>) -> Option<usize> {
    let rank = |result: &LaunchResult| (result.is_partial(), !result.status.is_verdict());
    let ranked = results.into_iter().enumerate().map(|(index, result)| (rank(result), index));
    ranked.min().map(|(_, index)| index)
}

/// Whether a state commit with these results waits to be launched: none of them is a verdict about the whole suite, and at
/// most `retry` are about the whole suite at all.
pub(crate) fn is_pending<'a>(results: impl IntoIterator<Item = &'a LaunchResult>, retry: usize) -> bool {
    let whole: Vec<&LaunchResult> = results.into_iter().filter(|result| !result.is_partial()).collect();
    whole.len() <= retry && !whole.iter().any(|result| result.status.is_verdict())
}
