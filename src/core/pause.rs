//! Pauses: commits that make polls leave a resource alone, until a moment, a later commit, or a newer value.
//!
//! `paused: MESSAGE [skip ci]` and `resumed: MESSAGE [skip ci]`, with trailers. The newest of them counts, unless a state
//! commit stands after it.

use jiff::Timestamp;

use super::message::subject_of;
use super::text::{is_unclean, is_unseen};

const SKIP_CI: &str = " [skip ci]";
const PAUSED: &str = "paused: ";
const RESUMED: &str = "resumed: ";
const UNTIL: &str = "Spread-Cron-Paused-Until: ";
const BECAUSE: &str = "Spread-Cron-Paused-Because: ";
/// Every commit of ours has a trailer.
const BY: &str = "Spread-Cron-Pause: ";

/// A pause.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pause {
    /// When it ends by itself.
    pub(crate) until: Option<Timestamp>,
    /// Why, in one clean line.
    pub(crate) because: Option<String>,
}

/// What a commit says about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PauseChange {
    Paused(Pause),
    Resumed,
}

impl PauseChange {
    /// The message of the commit, for a resource with this message.
    pub(crate) fn commit_message(&self, message: &str) -> String {
        let (word, mut trailers) = match self {
            PauseChange::Paused(_) => (PAUSED, format!("{BY}paused")),
            PauseChange::Resumed => (RESUMED, format!("{BY}resumed")),
        };
        if let PauseChange::Paused(Pause { until, because }) = self {
            let until = until.map(|until| format!("\n{UNTIL}{until}")).unwrap_or_default();
            let because = because.as_ref().map(|because| format!("\n{BECAUSE}{because}")).unwrap_or_default();
            trailers += &(until + &because);
        }
        format!("{word}{message}{SKIP_CI}\n\n{trailers}")
    }

    /// Reads the message of a commit. A moment that cannot be read is none: the pause then lasts.
    pub(crate) fn read(message: &[u8]) -> Option<Self> {
        let subject = subject_of(message).strip_suffix(SKIP_CI.as_bytes())?;
        if subject.starts_with(RESUMED.as_bytes()) {
            return Some(PauseChange::Resumed);
        }
        subject.strip_prefix(PAUSED.as_bytes())?;
        let text = String::from_utf8_lossy(message);
        let trailer = |name| text.lines().skip(1).find_map(|line| line.strip_prefix(name)).map(str::trim);
        let until = trailer(UNTIL).and_then(|until| until.parse().ok());
        let because = trailer(BECAUSE).map(|because| because.chars().filter(|c| !is_spoilt(*c)).collect());
        Some(PauseChange::Paused(Pause { until, because }))
    }

    /// The pause, if there is one at this moment, in seconds since 1970.
    pub(crate) fn pause_at(&self, now: i64) -> Option<&Pause> {
        match self {
            PauseChange::Paused(pause) => {
                Some(pause).filter(|pause| pause.until.is_none_or(|end| now < end.as_second()))
            }
            PauseChange::Resumed => None,
        }
    }
}

impl std::fmt::Display for Pause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("paused")?;
        if let Some(until) = &self.until {
            write!(f, " until {}", until.strftime("%Y-%m-%d %H:%M UTC"))?;
        }
        match &self.because {
            Some(because) => write!(f, ": {because}"),
            None => Ok(()),
        }
    }
}

/// Reads the end of a pause: a day, which begins at midnight UTC, or a moment.
///
/// # Errors
///
/// The text is neither `YYYY-MM-DD` nor RFC 3339.
pub(crate) fn parse_until(text: &str) -> Result<Timestamp, InvalidUntil> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    text.parse().ok().or_else(|| day().map(|zoned| zoned.timestamp())).ok_or(InvalidUntil)
}

/// A text that is not the end of a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a day or a moment, such as 2026-12-01 or 2026-12-01T08:00:00Z")]
pub(crate) struct InvalidUntil;

/// Checks a reason.
///
/// # Errors
///
/// It is empty, longer than 200 bytes, or holds control or invisible characters, such as the end of a line.
pub(crate) fn parse_because(text: &str) -> Result<String, InvalidBecause> {
    let text = text.trim();
    let is_fine = !text.is_empty() && text.len() <= 200 && !text.chars().any(is_spoilt);
    is_fine.then(|| text.to_owned()).ok_or(InvalidBecause)
}

fn is_spoilt(c: char) -> bool {
    is_unclean(c) || is_unseen(c)
}

/// A text that is not a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one line of at most 200 bytes, without control characters")]
pub(crate) struct InvalidBecause;

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(until: Option<&str>, because: Option<&str>) -> PauseChange {
        let until = until.map(|until| parse_until(until).unwrap());
        PauseChange::Paused(Pause { until, because: because.map(str::to_owned) })
    }

    #[test]
    fn what_is_written_is_read_back() {
        let cases = [
            (pause(None, None), "paused"),
            (
                pause(Some("2026-12-01"), Some("the store is down")),
                "paused until 2026-12-01 00:00 UTC: the store is down",
            ),
            (pause(Some("2026-12-01T08:30:00+01:00"), None), "paused until 2026-12-01 07:30 UTC"),
            (PauseChange::Resumed, ""),
        ];
        for (change, shown) in cases {
            let message = change.commit_message("New snap (amd64)");
            assert_eq!(PauseChange::read(message.as_bytes()), Some(change.clone()), "{message}");
            assert!(crate::core::authorship::is_ours(message.as_bytes()), "{message}");
            assert_eq!(change.pause_at(0).map(ToString::to_string).unwrap_or_default(), shown);
        }
    }

    #[test]
    fn other_commits_change_nothing() {
        for other in ["paused: New snap", "New snap (5)", "passed: paused: x (5) [skip ci]", "Paused: x [skip ci]", ""]
        {
            assert_eq!(PauseChange::read(other.as_bytes()), None, "{other}");
        }
        assert_eq!(PauseChange::read(b"paused: by hand [skip ci]"), Some(pause(None, None)));
        let spoilt = b"paused: x [skip ci]\n\nSpread-Cron-Paused-Until: soon\nSpread-Cron-Paused-Because: a\x1bb";
        assert_eq!(PauseChange::read(spoilt), Some(pause(None, Some("ab"))));
    }

    #[test]
    fn a_pause_ends_by_itself() {
        let change = pause(Some("1970-01-02"), None);
        assert!(change.pause_at(86_399).is_some() && change.pause_at(86_400).is_none());
    }

    #[test]
    fn ends_and_reasons_are_checked() {
        for bad in ["soon", "2026-13-01", "", "5d"] {
            assert_eq!(parse_until(bad), Err(InvalidUntil), "{bad}");
        }
        for bad in ["", " ", "a\nb", "a\u{200b}b", &"x".repeat(201)] {
            assert_eq!(parse_because(bad), Err(InvalidBecause), "{bad:?}");
        }
        assert_eq!(parse_because(" the store is down "), Ok("the store is down".to_owned()));
    }
}
