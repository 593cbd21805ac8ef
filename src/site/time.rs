//! Moments and days as the pages show them, in UTC. Pure.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// Seconds since 1970, shown as `2024-10-10 12:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) i64);

fn timestamp(seconds: i64) -> Timestamp {
    // Commits may bear any number; those that no calendar has are shown as its first or last moment.
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", timestamp(self.0).strftime("%Y-%m-%d %H:%M"))
    }
}

impl Moment {
    /// RFC 3339, for `datetime` attributes and feeds.
    pub(super) fn rfc3339(self) -> String {
        timestamp(self.0).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// How long ago it was, in one unit and coarse enough to stay true for a while.
    pub(super) fn age(self, now: i64) -> String {
        const DAY: i64 = 86_400;
        let seconds = now.saturating_sub(self.0);
        let plural = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
        match seconds {
            ..0 => "in the future".to_owned(),
            0..3600 => "within the hour".to_owned(),
            3600..DAY => plural(seconds / 3600, "hour"),
            _ if seconds < 60 * DAY => plural(seconds / DAY, "day"),
            _ if seconds < 730 * DAY => plural(seconds / (30 * DAY), "month"),
            _ => plural(seconds / (365 * DAY), "year"),
        }
    }
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(Date);

impl Day {
    /// The day of a moment, in UTC.
    pub(super) fn of(seconds: i64) -> Self {
        Day(timestamp(seconds).to_zoned(TimeZone::UTC).date())
    }

    /// The Monday of its week.
    pub(super) fn monday(self) -> Self {
        self.minus(i64::from(self.0.weekday().since(Weekday::Monday)))
    }

    /// So many days earlier.
    pub(super) fn minus(self, days: i64) -> Self {
        Day(self.0.saturating_sub(jiff::Span::new().days(days)))
    }

    pub(super) fn days_since(self, earlier: Day) -> i64 {
        i64::from((self.0 - earlier.0).get_days())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_shown_in_utc() {
        assert_eq!(Moment(1_728_561_600).to_string(), "2024-10-10 12:00");
        assert_eq!(Moment(1_728_561_600).rfc3339(), "2024-10-10T12:00:00Z");
        assert!(!Moment(i64::MAX).to_string().is_empty() && !Moment(i64::MIN).rfc3339().is_empty());
    }

    #[test]
    fn ages_have_one_unit() {
        let day = 86_400;
        for (age, text) in [
            (-5, "in the future"),
            (59, "within the hour"),
            (3600, "1 hour ago"),
            (2 * day, "2 days ago"),
            (90 * day, "3 months ago"),
            (800 * day, "2 years ago"),
        ] {
            assert_eq!(Moment(0).age(age), text);
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        let day = Day::of(1_728_561_600);
        assert_eq!((day.to_string(), day.monday().to_string()), ("2024-10-10".into(), "2024-10-07".into()));
        assert_eq!(day.days_since(day.minus(400)), 400);
    }
}
