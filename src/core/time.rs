//! Durations as people write and read them.

use std::time::Duration;

/// A duration in its two largest units: `3d 4h`, `5m 10s`, `0s`.
pub(crate) fn format_duration(seconds: u64) -> String {
    const UNITS: [(u64, &str); 5] = [(365 * 86_400, "y"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (length, unit) in UNITS {
        if rest >= length || !parts.is_empty() {
            parts.push((rest / length, unit));
            rest %= length;
        }
    }
    let parts = parts.iter().take(2).filter(|(count, _)| *count > 0);
    let text: Vec<String> = parts.map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text.join(" ") }
}

/// Why a text is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    #[error("the duration has to be longer than zero")]
    Zero,
    #[error("the duration has to be at most a year")]
    TooLong,
    #[error("expected a duration, for example 90s, 10m or 1h 30m")]
    Unreadable,
}

/// Reads a duration: `90`, `90s`, `10m`, `1h 30m`, `1d`. A number alone means seconds.
///
/// # Errors
///
/// A duration has to be positive and at most a year.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);
    let duration = match text.trim().parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => text
            .parse::<jiff::Span>()
            .ok()
            .and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok())
            .and_then(|duration| Duration::try_from(duration).ok()),
    };
    match duration {
        Some(duration) if duration.is_zero() => Err(DurationError::Zero),
        Some(duration) if duration <= YEAR => Ok(duration),
        Some(_) => Err(DurationError::TooLong),
        None => Err(DurationError::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in
            [("90", 90), ("90s", 90), ("10m", 600), ("1h 30m", 5400), ("1d", 86400), ("2 minutes", 120)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        for bad in ["", "0", "-1", "-5s", "1x", "5 parsecs", "400d", "1 month", "99999999999999999999"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn two_units_are_enough() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3661, "1h 1m"),
            (86_400 * 3 + 4 * 3600 + 59, "3d 4h"),
            (86_400 + 59, "1d"),
            (400 * 86_400, "1y 35d"),
        ] {
            assert_eq!(format_duration(seconds), text);
        }
    }
}
