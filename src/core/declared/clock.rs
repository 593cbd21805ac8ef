//! `source="clock"`: the value of a day, a week or a month, once its time has come.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, ISOWeekDate, Time, Weekday};
use jiff::tz::Offset;

/// How often there is a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Every {
    Day,
    Week(Weekday),
    /// On this day, or the last one of a month that is shorter.
    Month(i8),
}

/// A clock that was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    every: Every,
    at: Time,
    format: Vec<FormatPiece>,
}

/// A piece of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FormatPiece {
    Text(String),
    Field(Field),
}

/// The parts of a date, from the largest to the smallest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    /// `%G`, the year that the week belongs to.
    WeekYear,
    /// `%Y`
    Year,
    /// `%m`
    Month,
    /// `%V`
    Week,
    /// `%d`
    Day,
}

impl Field {
    fn of(letter: char) -> Option<Field> {
        Some(match letter {
            'Y' => Field::Year,
            'G' => Field::WeekYear,
            'm' => Field::Month,
            'd' => Field::Day,
            'V' => Field::Week,
            _ => return None,
        })
    }

    fn width(self) -> usize {
        match self {
            Field::Year | Field::WeekYear => 4,
            Field::Month | Field::Week | Field::Day => 2,
        }
    }

    fn of_date(self, date: Date) -> i16 {
        let week: ISOWeekDate = date.iso_week_date();
        match self {
            Field::Year => date.year(),
            Field::WeekYear => week.year(),
            Field::Month => date.month().into(),
            Field::Day => date.day().into(),
            Field::Week => week.week().into(),
        }
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The key that is wrong, and why.
type Wrong = (&'static str, String);

impl Clock {
    /// Reads the keys of a clock.
    ///
    /// # Errors
    ///
    /// The key that is wrong, and what it has to be.
    pub(super) fn new(every: &str, at: &str, day: Option<&str>, format: Option<&str>) -> Result<Self, Wrong> {
        let (every, usual) = match every {
            "day" if day.is_some() => {
                return Err(("day", "every=\"day\" has no other day than each".to_owned()));
            }
            "day" => (Every::Day, "%Y-%m-%d"),
            "week" => (Every::Week(weekday(day.unwrap_or("mon"))?), "%G-W%V"),
            "month" => (Every::Month(day_of_month(day.unwrap_or("1"))?), "%Y-%m"),
            _ => return Err(("every", "it has to be day, week or month".to_owned())),
        };
        Ok(Clock { every, at: time(at)?, format: pieces(format.unwrap_or(usual))? })
    }

    /// The value at a moment, in seconds since 1970; none before the time of the day, week or month has come.
    ///
    /// A clock that is behind does not turn a recorded date back, as far as the format shows which date is later.
    pub(crate) fn value_at(&self, now: i64, recorded: Option<&str>) -> Option<String> {
        let now = Offset::UTC.to_datetime(Timestamp::from_second(now).ok()?);
        let due = self.due(now.date())?;
        if now < DateTime::from_parts(due, self.at) {
            return None;
        }
        let has_year =
            self.format.iter().any(|piece| matches!(piece, FormatPiece::Field(Field::Year | Field::WeekYear)));
        let value = self.write(due);
        let is_later = |recorded: &&str| has_year && self.read(recorded) > self.read(&value);
        Some(recorded.filter(is_later).map_or_else(|| value.clone(), str::to_owned))
    }

    /// The date on which the value of the period that holds `today` is due.
    fn due(&self, today: Date) -> Option<Date> {
        match self.every {
            Every::Day => Some(today),
            Every::Week(day) => {
                let week = today.iso_week_date();
                ISOWeekDate::new(week.year(), week.week(), day).ok().map(Date::from)
            }
            Every::Month(day) => Date::new(today.year(), today.month(), day.min(today.days_in_month())).ok(),
        }
    }

    fn write(&self, date: Date) -> String {
        let piece = |piece: &FormatPiece| match piece {
            FormatPiece::Text(text) => text.clone(),
            FormatPiece::Field(field) => format!("{:0width$}", field.of_date(date), width = field.width()),
        };
        self.format.iter().map(piece).collect()
    }

    /// The fields of a text that was written in this format, the largest first.
    fn read(&self, text: &str) -> Option<Vec<(Field, i16)>> {
        let mut rest = text;
        let mut fields = Vec::new();
        for piece in &self.format {
            match piece {
                FormatPiece::Text(text) => rest = rest.strip_prefix(text.as_str())?,
                FormatPiece::Field(field) => {
                    let (digits, behind) = rest.split_at_checked(field.width())?;
                    let digits = Some(digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
                    fields.push((*field, digits.parse().ok()?));
                    rest = behind;
                }
            }
        }
        fields.sort_by_key(|(field, _)| *field);
        rest.is_empty().then_some(fields)
    }
}

fn weekday(text: &str) -> Result<Weekday, Wrong> {
    let found = DAYS.iter().find(|(name, _)| *name == text);
    found.map(|(_, day)| *day).ok_or_else(|| ("day", "of a week it is mon, tue, wed, thu, fri, sat or sun".to_owned()))
}

fn day_of_month(text: &str) -> Result<i8, Wrong> {
    let wrong = || ("day", "of a month it is a number from 1 to 31".to_owned());
    text.parse().ok().filter(|day| (1..=31).contains(day)).ok_or_else(wrong)
}

fn time(text: &str) -> Result<Time, Wrong> {
    let wrong = || ("at", "it has to be a time such as 02:00".to_owned());
    let (hour, minute) = text.split_once(':').filter(|_| text.len() == 5).ok_or_else(wrong)?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    let (hour, minute) = number(hour).zip(number(minute)).ok_or_else(wrong)?;
    Time::new(hour, minute, 0, 0).map_err(|_| wrong())
}

fn pieces(format: &str) -> Result<Vec<FormatPiece>, Wrong> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let letter = letters.next().unwrap_or('%');
        let field = Field::of(letter);
        let field = field.ok_or_else(|| ("format", format!("it knows %Y %m %d %G %V, and no %{letter}")))?;
        if !text.is_empty() {
            pieces.push(FormatPiece::Text(std::mem::take(&mut text)));
        }
        pieces.push(FormatPiece::Field(field));
    }
    if !text.is_empty() {
        pieces.push(FormatPiece::Text(text));
    }
    match pieces.iter().any(|piece| matches!(piece, FormatPiece::Field(_))) {
        true => Ok(pieces),
        false => Err(("format", "without any of %Y %m %d %G %V the value never changes".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(time: &str) -> i64 {
        Offset::UTC.to_timestamp(time.parse::<DateTime>().unwrap()).unwrap().as_second()
    }

    fn clock(every: &str, at: &str, day: Option<&str>, format: Option<&str>) -> Clock {
        Clock::new(every, at, day, format).unwrap()
    }

    fn value(clock: &Clock, time: &str) -> Option<String> {
        clock.value_at(seconds(time), None)
    }

    #[test]
    fn values_of_each_period() {
        let day = clock("day", "02:00", None, None);
        let week = clock("week", "10:30", Some("wed"), None);
        let month = clock("month", "00:00", Some("31"), None);
        let cases: [(&Clock, &str, Option<&str>); 17] = [
            (&day, "2026-11-28 23:59:59", Some("2026-11-28")),
            (&day, "2026-11-29 00:00:00", None),
            (&day, "2026-11-29 01:59:59", None),
            (&day, "2026-11-29 02:00:00", Some("2026-11-29")),
            (&day, "2024-02-29 12:00:00", Some("2024-02-29")),
            (&day, "2025-03-01 12:00:00", Some("2025-03-01")),
            (&week, "2026-11-25 10:29:59", None),
            (&week, "2026-11-25 10:30:00", Some("2026-W48")),
            (&week, "2026-11-29 23:59:59", Some("2026-W48")),
            // The years with 53 weeks, and the days that belong to the week of another year.
            (&week, "2026-12-31 12:00:00", Some("2026-W53")),
            (&week, "2027-01-03 12:00:00", Some("2026-W53")),
            (&week, "2027-01-04 12:00:00", None),
            (&week, "2027-01-06 12:00:00", Some("2027-W01")),
            (&week, "2024-12-31 12:00:00", None),
            (&month, "2024-02-28 12:00:00", None),
            (&month, "2024-02-29 00:00:00", Some("2024-02")),
            (&month, "2026-12-30 23:59:59", None),
        ];
        for (clock, time, expected) in cases {
            assert_eq!(value(clock, time).as_deref(), expected, "{clock:?} {time}");
        }
    }

    #[test]
    fn formats_show_the_day_that_was_due() {
        let cases = [
            (clock("day", "00:00", None, Some("%Y%m%d")), "2026-11-28 12:00:00", "20261128"),
            (clock("day", "00:00", None, Some("%V")), "2026-11-28 12:00:00", "48"),
            (clock("week", "00:00", None, Some("%V")), "2027-01-01 12:00:00", "53"),
            (clock("week", "00:00", Some("tue"), Some("%Y-%m-%d")), "2026-11-28 12:00:00", "2026-11-24"),
            (clock("month", "00:00", Some("5"), Some("release of %d.%m.")), "2026-11-28 12:00:00", "release of 05.11."),
            (clock("week", "00:00", None, Some("%G week %V")), "2024-12-30 12:00:00", "2025 week 01"),
        ];
        for (clock, time, expected) in cases {
            assert_eq!(value(&clock, time).as_deref(), Some(expected), "{time}");
        }
    }

    #[test]
    fn a_clock_that_is_behind_does_not_turn_the_date_back() {
        let keeps = |clock: &Clock, recorded: &str, now: &str| clock.value_at(seconds(now), Some(recorded)).unwrap();
        let day = clock("day", "00:00", None, Some("%d.%m.%Y"));
        assert_eq!(keeps(&day, "01.12.2026", "2026-11-30 12:00:00"), "01.12.2026");
        assert_eq!(keeps(&day, "29.11.2026", "2026-11-30 12:00:00"), "30.11.2026");
        assert_eq!(keeps(&day, "99", "2026-11-30 12:00:00"), "30.11.2026");
        assert_eq!(keeps(&day, "zażółćżółć", "2026-11-30 12:00:00"), "30.11.2026");
        let week = clock("week", "00:00", None, None);
        assert_eq!(keeps(&week, "2027-W01", "2027-01-02 12:00:00"), "2027-W01");
        // Which week is later is not known without the year.
        let week = clock("week", "00:00", None, Some("%V"));
        assert_eq!(keeps(&week, "53", "2027-01-04 12:00:00"), "01");
    }

    #[test]
    fn mistakes_name_the_key() {
        type Case = (&'static str, &'static str, Option<&'static str>, Option<&'static str>, &'static str);
        let cases: [Case; 14] = [
            ("hour", "00:00", None, None, "every"),
            ("day", "24:00", None, None, "at"),
            ("day", "2:00", None, None, "at"),
            ("day", "02:60", None, None, "at"),
            ("day", "+2:00", None, None, "at"),
            ("day", "noon", None, None, "at"),
            ("day", "00:00", Some("mon"), None, "day"),
            ("week", "00:00", Some("monday"), None, "day"),
            ("week", "00:00", Some("1"), None, "day"),
            ("month", "00:00", Some("0"), None, "day"),
            ("month", "00:00", Some("32"), None, "day"),
            ("day", "00:00", None, Some("%H"), "format"),
            ("day", "00:00", None, Some("%"), "format"),
            ("day", "00:00", None, Some("daily"), "format"),
        ];
        for (every, at, day, format, key) in cases {
            assert_eq!(Clock::new(every, at, day, format).unwrap_err().0, key, "{every} {at} {day:?} {format:?}");
        }
    }
}
