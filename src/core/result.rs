//! The result of a launch: what it says, and the empty commit that records it, written one way and read back.
//!
//! The commit's subject is `STATUS: MESSAGE (VALUE) [skip ci]`, so that no CI system starts for it and it can never be
//! read as a state commit, which ends in a parenthesis. Trailers (git-interpret-trailers(1)) say the rest.

use serde::{Deserialize, Serialize};

use super::message::subject_of;
use super::value::printable;

/// What keeps CI systems from starting for a result. It ends every subject, so that none can be a state commit's.
const SKIP_CI: &str = " [skip ci]";

/// The names of more tasks than anybody reads one by one are left to the page of the run.
const MAX_FAILED_TASKS: usize = 50;

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
    /// Somebody ended it before it was done.
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
            Status::Cancelled => "Somebody ended it",
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

/// What a launch gave. Texts are single clean lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaunchResult {
    pub(crate) status: Status,
    /// Where it can be looked at.
    pub(crate) url: Option<String>,
    /// When it ended (RFC 3339), if that is known.
    pub(crate) finished_at: Option<String>,
    /// How many tasks passed.
    pub(crate) passed: Option<u64>,
    /// How many tasks failed.
    pub(crate) failed: Option<u64>,
    /// Their names.
    pub(crate) failed_tasks: Vec<String>,
}

/// The trailers of a result commit.
mod trailer {
    pub(super) const RESULT: &str = "Spread-Cron-Result";
    pub(super) const STATE: &str = "Spread-Cron-State";
    pub(super) const URL: &str = "Spread-Cron-Url";
    pub(super) const FINISHED: &str = "Spread-Cron-Finished";
    pub(super) const PASSED: &str = "Spread-Cron-Passed";
    pub(super) const FAILED: &str = "Spread-Cron-Failed";
    pub(super) const FAILED_TASK: &str = "Spread-Cron-Failed-Task";
}

impl LaunchResult {
    /// A result that says nothing but how it ended.
    pub(crate) fn new(status: Status) -> Self {
        LaunchResult { status, url: None, finished_at: None, passed: None, failed: None, failed_tasks: Vec::new() }
    }

    /// The same with every text as a trailer can hold it.
    pub(crate) fn cleaned(mut self) -> Self {
        let cut = |text: String| text.chars().take(MAX_TRAILER).collect::<String>().trim_end().to_owned();
        let clean = |text: String| cut(printable(text.as_bytes()));
        let some = |text: Option<String>| text.map(clean).filter(|text| !text.is_empty());
        (self.url, self.finished_at) = (some(self.url), some(self.finished_at));
        self.failed_tasks = self.failed_tasks.into_iter().map(clean).filter(|task| !task.is_empty()).collect();
        self.failed_tasks.truncate(MAX_FAILED_TASKS);
        self
    }

    /// The message of the commit that records it, for the state commit `state` with this subject.
    pub(crate) fn commit_message(&self, subject: &str, state: &str) -> String {
        let mut trailers = vec![(trailer::RESULT, self.status.name().to_owned()), (trailer::STATE, state.to_owned())];
        trailers.extend(self.url.iter().map(|url| (trailer::URL, url.clone())));
        trailers.extend(self.finished_at.iter().map(|time| (trailer::FINISHED, time.clone())));
        trailers.extend(self.passed.map(|number| (trailer::PASSED, number.to_string())));
        trailers.extend(self.failed.map(|number| (trailer::FAILED, number.to_string())));
        trailers.extend(self.failed_tasks.iter().map(|task| (trailer::FAILED_TASK, task.clone())));
        let trailers: Vec<String> = trailers.into_iter().map(|(name, text)| format!("{name}: {text}")).collect();
        format!("{}: {subject}{SKIP_CI}\n\n{}", self.status.name(), trailers.join("\n"))
    }

    /// Whether a commit with this subject may record a result: a quick look, for walks through many.
    pub(crate) fn is_subject(subject: &[u8]) -> bool {
        subject.ends_with(SKIP_CI.as_bytes())
    }

    /// Reads the message of a commit: the subject of its state commit and the result, if it records one.
    pub(crate) fn read(message: &[u8]) -> Option<(&[u8], Self)> {
        let (status, about) = about(subject_of(message))?;
        let mut result = LaunchResult::new(status);
        for line in message.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"Spread-Cron-")) {
            let line = String::from_utf8_lossy(line);
            let Some((name, text)) = line.split_once(':') else { continue };
            let text = text.trim();
            match name {
                trailer::URL => result.url = Some(text.to_owned()),
                trailer::FINISHED => result.finished_at = Some(text.to_owned()),
                trailer::PASSED => result.passed = text.parse().ok(),
                trailer::FAILED => result.failed = text.parse().ok(),
                trailer::FAILED_TASK => result.failed_tasks.push(text.to_owned()),
                _ => {}
            }
        }
        Some((about, result.cleaned()))
    }

    /// Whether both say the same, as far as they say it. A result that was told by hand may not say when it ended.
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

/// What the subject of a result commit says: how it ended, and the subject of the state commit.
fn about(subject: &[u8]) -> Option<(Status, &[u8])> {
    let rest = subject.strip_suffix(SKIP_CI.as_bytes())?;
    let of = |status: Status| rest.strip_prefix(status.name().as_bytes())?.strip_prefix(b": ");
    Status::ALL.into_iter().find_map(|status| Some((status, of(status)?)))
}

/// Whether a state commit with these results waits to be launched: it has none, or none of them is a verdict and they are
/// at most `retry`.
pub(crate) fn is_pending(results: impl IntoIterator<Item = Status>, retry: usize) -> bool {
    let results: Vec<Status> = results.into_iter().collect();
    results.len() <= retry && !results.iter().any(|status| status.is_verdict())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::MessagePattern;

    fn full() -> LaunchResult {
        LaunchResult {
            status: Status::Failed,
            url: Some("https://example.com/runs/1".into()),
            finished_at: Some("2026-11-22T10:00:00+01:00".into()),
            passed: Some(12),
            failed: Some(2),
            failed_tasks: vec!["qemu:ubuntu-16.04-64:tests/main/a".into(), "b: c".into()],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for status in Status::ALL {
            for result in [LaunchResult::new(status), LaunchResult { status, ..full() }] {
                let message = result.commit_message("New snap (5)", "abc");
                let read = LaunchResult::read(message.as_bytes());
                assert_eq!(read, Some((&b"New snap (5)"[..], result)), "{message}");
            }
        }
        let message = full().commit_message("s390x arch  (a)", "abc");
        assert_eq!(
            message,
            "failed: s390x arch  (a) [skip ci]\n\nSpread-Cron-Result: failed\nSpread-Cron-State: abc\n\
             Spread-Cron-Url: https://example.com/runs/1\nSpread-Cron-Finished: 2026-11-22T10:00:00+01:00\n\
             Spread-Cron-Passed: 12\nSpread-Cron-Failed: 2\n\
             Spread-Cron-Failed-Task: qemu:ubuntu-16.04-64:tests/main/a\nSpread-Cron-Failed-Task: b: c"
        );
    }

    #[test]
    fn a_result_is_no_state_commit_and_the_reverse() {
        for message in ["New snap", "passed: New snap", "a [b]"] {
            let literal = MessagePattern::Literal(crate::core::message::Message::new(message.as_bytes()).unwrap());
            let state = format!("{message} (5)");
            let commit = full().commit_message(&state, "abc");
            for pattern in [literal, MessagePattern::regex(".*").unwrap(), MessagePattern::regex("(?s).*").unwrap()] {
                assert_eq!(pattern.value_in(subject_of(commit.as_bytes())), None, "{commit}");
            }
            assert_eq!(LaunchResult::read(state.as_bytes()), None);
            assert_eq!(about(subject_of(commit.as_bytes())), Some((Status::Failed, state.as_bytes())));
            assert!(LaunchResult::is_subject(subject_of(commit.as_bytes())));
            assert!(!LaunchResult::is_subject(state.as_bytes()));
        }
        for other in ["passed: a (1)", "passed:a (1) [skip ci]", "good: a (1) [skip ci]", " [skip ci]", ""] {
            assert_eq!(LaunchResult::read(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn texts_cannot_break_out_of_their_trailer() {
        let hostile = "a\nSpread-Cron-Passed: 99\r\n\x1b[31m".to_owned();
        let mut result = LaunchResult { url: Some(hostile.clone()), ..full() };
        result.failed_tasks = vec![hostile; 60];
        // A cut in front of a blank leaves none at the end.
        result.failed_tasks[1] = format!("{} b", "a".repeat(MAX_TRAILER - 1));
        result.failed_tasks.push("\u{1}".into());
        let cleaned = result.cleaned();
        assert_eq!(cleaned.url.as_deref(), Some("a Spread-Cron-Passed: 99 [31m"));
        assert_eq!(cleaned.failed_tasks.len(), MAX_FAILED_TASKS);
        let message = cleaned.commit_message("a (1)", "abc");
        assert_eq!(LaunchResult::read(message.as_bytes()), Some((&b"a (1)"[..], cleaned)));
    }

    #[test]
    fn the_same_launch_is_told_by_all_that_is_known_of_it() {
        let one = full();
        assert!(one.is_same(&one));
        assert!(one.is_same(&LaunchResult { finished_at: None, ..full() }));
        assert!(!one.is_same(&LaunchResult { finished_at: Some("later".into()), ..full() }));
        assert!(!one.is_same(&LaunchResult { status: Status::Passed, ..full() }));
        assert!(!one.is_same(&LaunchResult { url: None, ..full() }));
        assert!(!one.is_same(&LaunchResult { passed: Some(13), ..full() }));
    }

    #[test]
    fn what_is_said_by_hand_can_be_said_again() {
        let by_hand = LaunchResult::new;
        let (passed, failed) = (by_hand(Status::Passed), by_hand(Status::Failed));
        assert_eq!(known([], &passed), None);
        assert_eq!(known([&passed], &passed), Some(0));
        assert_eq!(known([&failed, &passed], &passed), None);
        let with_url = LaunchResult { url: Some("u".into()), ..passed };
        assert_eq!(known([&failed, &with_url], &with_url), Some(1));
        assert_eq!(known([&failed, &full()], &full()), Some(1));
    }

    #[test]
    fn what_waits_to_be_launched() {
        use Status::{Cancelled, Failed, InfraError, Passed};
        let cases: [(&[Status], usize, bool); 10] = [
            (&[], 0, true),
            (&[Passed], 3, false),
            (&[Failed], 3, false),
            (&[InfraError], 0, false),
            (&[InfraError], 1, true),
            (&[Cancelled, InfraError], 1, false),
            (&[Cancelled, InfraError], 2, true),
            (&[InfraError, Passed], 1, false),
            (&[Passed, InfraError], 1, false),
            (&[InfraError, InfraError, Failed, InfraError], 9, false),
        ];
        for (results, retry, expected) in cases {
            assert_eq!(is_pending(results.iter().copied(), retry), expected, "{results:?} {retry}");
        }
    }
}
