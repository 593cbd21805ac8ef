//! The marks as SVG: colour and shape show the result, height shows how long a value stood. Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::data::{Mark, SiteResource};
use super::escape;
use super::time::{Day, Moment};

/// How many values a strip shows.
pub(super) const STRIP: usize = 50;

/// The width of one mark and its gap, in pixels of the drawing.
const STEP: usize = 7;

/// The bottom of a strip.
const BOTTOM: u32 = 22;

/// How high a mark is: in steps, by how long the value stood. The newest value still stands, and is as high as any.
fn height(stood: Option<u64>) -> u32 {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    match stood {
        None => 20,
        Some(stood) if stood < HOUR => 8,
        Some(stood) if stood < DAY => 11,
        Some(stood) if stood < 7 * DAY => 14,
        Some(stood) if stood < 30 * DAY => 17,
        Some(_) => 20,
    }
}

/// The outline of a mark whose left edge is at `x`.
fn outline(mark: Mark, x: usize, height: u32) -> String {
    let top = BOTTOM - height;
    match mark {
        Mark::Passed => format!("M{x} {top}h5v{height}h-5z"),
        // Two blocks with a gap.
        Mark::Failed | Mark::Unreadable => {
            let half = (height - 2) / 2;
            format!("M{x} {top}h5v{half}h-5zM{x} {}h5v{half}h-5z", BOTTOM - half)
        }
        // A block with a hole.
        Mark::Flaky => {
            let hole = height / 2 - 1;
            format!("M{x} {top}h5v{height}h-5zM{} {}v{hole}h2v-{hole}z", x as f64 + 1.5, top + height / 4)
        }
        // A low frame.
        Mark::CouldNotRun => {
            format!("M{x} {}h5v8h-5zM{} {}v5h2v-5z", BOTTOM - 8, x as f64 + 1.5, f64::from(BOTTOM) - 6.5)
        }
        // A frame.
        Mark::Waiting => format!(
            "M{x} {top}h5v{height}h-5zM{} {}v{}h2v-{}z",
            x as f64 + 1.5,
            f64::from(top) + 1.5,
            height - 3,
            height - 3
        ),
        // A thin line.
        Mark::NotLaunched | Mark::Manual => format!("M{} {top}h1v{height}h-1z", x + 2),
    }
}

/// The newest values of a resource, the newest on the right.
pub(super) fn strip(resource: &SiteResource) -> String {
    let shown = resource.values.len().min(STRIP);
    let width = STRIP * STEP;
    let counts = counts((0..shown).map(|index| resource.mark_of(index)));
    let mut svg = format!(
        "<svg class=\"strip\" viewBox=\"0 0 {width} 24\" width=\"{width}\" height=\"24\" role=\"list\" aria-label=\"{shown} newest values, the newest last: {counts}\">"
    );
    for index in (0..shown).rev() {
        let mark = resource.mark_of(index);
        let x = width - (index + 1) * STEP + 1;
        let outline = outline(mark, x, height(resource.stood(index)));
        let _ = write!(
            svg,
            "<path class=\"m {}\" role=\"listitem\" d=\"{outline}\"><title>{}</title></path>",
            mark.class(),
            escape(&describe(resource, index))
        );
    }
    svg.push_str("</svg>");
    svg
}

/// A value in words: what a mark says on hover and to a screen reader.
fn describe(resource: &SiteResource, index: usize) -> String {
    const TASKS: usize = 5;
    let value = &resource.values[index];
    let mut text = format!("{} · {} · {}", value.value, Moment(value.time), resource.mark_of(index).label());
    if let Some(stood) = resource.stood(index) {
        let _ = write!(text, " · stood {}", crate::core::time::format_duration(stood));
    }
    if let Some(attempt) = value.result() {
        let tasks = &attempt.result.tasks;
        let tasks = if tasks.failed_tasks.is_empty() { &tasks.flaky_tasks } else { &tasks.failed_tasks };
        for task in tasks.iter().take(TASKS) {
            let _ = write!(text, "\n{task}");
        }
        if tasks.len() > TASKS {
            let _ = write!(text, "\nand {} more", tasks.len() - TASKS);
        }
    }
    text
}

/// How often each mark occurs, what needs a person first.
fn counts(marks: impl Iterator<Item = Mark> + Clone) -> String {
    let counted = Mark::ALL.into_iter().map(|mark| (mark, marks.clone().filter(|other| *other == mark).count()));
    let parts: Vec<String> =
        counted.filter(|(_, count)| *count > 0).map(|(mark, count)| format!("{count} {}", mark.label())).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

/// The round sign of a mark, with its meaning for screen readers.
pub(super) fn sign(mark: Mark, label: &str) -> String {
    let inside = match mark {
        Mark::Passed => "M3.5 8.5l3 3 6-7",
        Mark::Failed => "M4.5 4.5l7 7M11.5 4.5l-7 7",
        Mark::Unreadable => "M8 3.5v5.5M8 12v.5",
        Mark::Flaky => "M3 9c2-5 4-5 5-1s3 4 5-1",
        Mark::Waiting => "M8 4v4l3 2",
        Mark::CouldNotRun => "M4 8h8",
        Mark::Manual => "M6 4.5v7M10 4.5v7",
        Mark::NotLaunched => "M8 7.5v1",
    };
    format!(
        "<svg class=\"i {}\" viewBox=\"0 0 16 16\" width=\"20\" height=\"20\" role=\"img\" aria-label=\"{}\"><circle cx=\"8\" cy=\"8\" r=\"8\"/><path d=\"{inside}\"/></svg>",
        mark.class(),
        escape(label)
    )
}

/// One mark alone, for the key at the foot of a page.
pub(super) fn sample(mark: Mark) -> String {
    format!(
        "<svg viewBox=\"0 0 7 24\" width=\"7\" height=\"24\" aria-hidden=\"true\"><path class=\"m {}\" d=\"{}\"/></svg>",
        mark.class(),
        outline(mark, 1, 20)
    )
}

/// The size of a day in the calendar, with its gap.
const CELL: i64 = 14;

/// How many weeks a calendar shows.
const WEEKS: i64 = 53;

/// A year of values by day, ending with the newest value; a column is a week that begins on Monday.
pub(super) fn calendar(resource: &SiteResource) -> Option<String> {
    let last = Day::of(resource.values.first()?.time);
    let first = last.monday().minus(7 * (WEEKS - 1));
    let (width, height) = (WEEKS * CELL, 7 * CELL);
    let in_range = resource.values.iter().enumerate().map(|(index, value)| (Day::of(value.time), index));
    let mut days: BTreeMap<Day, Vec<Mark>> = BTreeMap::new();
    for (day, index) in in_range.filter(|(day, _)| *day >= first && *day <= last) {
        days.entry(day).or_default().push(resource.mark_of(index));
    }
    let all = days.values().flatten().copied();
    let label = format!("values by day, from {first} to {last}: {}", counts(all));
    let mut svg = format!(
        "<svg class=\"cal\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{label}\"><path class=\"grid\" d=\"{}\"/>",
        grid(width)
    );
    for (day, marks) in &days {
        let worst = marks.iter().copied().max().unwrap_or(Mark::NotLaunched);
        let offset = day.days_since(first);
        let (x, y) = (offset / 7 * CELL, offset % 7 * CELL);
        let _ = write!(
            svg,
            "<path class=\"m {}\" d=\"{}\"><title>{day}: {}</title></path>",
            worst.class(),
            cell(worst, x, y),
            counts(marks.iter().copied())
        );
    }
    svg.push_str("</svg>");
    Some(svg)
}

/// A line for each day of the week, which the style sheet breaks into a dot for each day.
fn grid(width: i64) -> String {
    (0..7).map(|day| format!("M5 {}h{}", day * CELL + 6, width - 5)).collect()
}

/// The shape of a day: what the colour shows, the shape shows as well.
fn cell(mark: Mark, x: i64, y: i64) -> String {
    match mark {
        Mark::Passed => format!("M{x} {y}h12v12h-12z"),
        // A cross.
        Mark::Failed | Mark::Unreadable => {
            format!("M{} {y}l4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4-4-4z", x + 2)
        }
        // A ring.
        Mark::Flaky => format!("M{x} {y}h12v12h-12zM{} {}v4h4v-4z", x + 4, y + 4),
        // A bar.
        Mark::CouldNotRun => format!("M{x} {}h12v4h-12z", y + 4),
        // A frame.
        Mark::Waiting => format!("M{x} {y}h12v12h-12zM{} {}v9h9v-9z", x as f64 + 1.5, y as f64 + 1.5),
        Mark::NotLaunched | Mark::Manual => format!("M{} {}h6v6h-6z", x + 3, y + 3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::data::SiteValue;

    fn resource(count: i64) -> SiteResource {
        let value = |index: i64| SiteValue {
            value: format!("<{index}>"),
            commit: "c".repeat(40),
            time: 1_700_000_000 + index * 86_400,
            attempts: Vec::new(),
        };
        SiteResource { values: (0..count).rev().map(value).collect(), ..SiteResource::default() }
    }

    #[test]
    fn a_strip_has_a_mark_for_each_of_the_newest_values() {
        let svg = strip(&resource(60));
        assert_eq!(svg.matches("<path").count(), STRIP);
        assert!(svg.contains("50 newest values, the newest last: 50 not launched"), "{svg}");
        assert!(svg.contains("&#60;59&#62;") && !svg.contains("<59>"), "{svg}");
        let newest = svg.rfind("59&#62;").unwrap();
        assert!(svg.rfind("58&#62;").unwrap() < newest, "the newest stands last");
        assert_eq!(strip(&resource(0)).matches("<path").count(), 0);
    }

    #[test]
    fn no_two_marks_have_the_same_shape() {
        let outlines: Vec<String> = Mark::ALL.into_iter().map(|mark| outline(mark, 1, 20)).collect();
        let cells: Vec<String> = Mark::ALL.into_iter().map(|mark| cell(mark, 0, 0)).collect();
        for shapes in [outlines, cells] {
            let mut distinct = shapes.clone();
            distinct.sort();
            distinct.dedup();
            // What cannot be read has no value to mark, and manual marks a resource.
            assert_eq!(distinct.len(), Mark::ALL.len() - 2, "{shapes:?}");
        }
    }

    #[test]
    fn a_value_that_stood_longer_is_higher() {
        let heights: Vec<u32> =
            [60, 7200, 100_000, 1_000_000, 5_000_000].into_iter().map(|stood| height(Some(stood))).collect();
        assert!(heights.is_sorted_by(|one, two| one < two), "{heights:?}");
    }

    #[test]
    fn a_calendar_covers_a_year() {
        let svg = calendar(&resource(500)).unwrap();
        let days = svg.matches("<title>").count();
        assert!((365..=371).contains(&days), "{days}");
        assert_eq!(calendar(&resource(0)), None);
    }
}
