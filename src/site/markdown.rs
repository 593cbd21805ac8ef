//! A table of all resources between two markers of a file, for a README. Pure: text in, text out.

use super::data::{Mark, SiteResource, World};
use super::result::result;
use super::time::Moment;

/// The line before the table.
pub(crate) const BEGIN: &str = "<!-- spread-cron: begin -->";

/// The line behind it.
pub(crate) const END: &str = "<!-- spread-cron: end -->";

/// Why a file has no place for a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MarkdownError {
    #[error("it has no line {BEGIN}")]
    NoBegin,
    #[error("it has no line {END} behind {BEGIN}")]
    NoEnd,
}

/// Replaces what stands between the markers by a table.
///
/// # Errors
///
/// A marker is missing.
pub(crate) fn keep_table(text: &str, world: &World) -> Result<String, MarkdownError> {
    let (before, rest) = text.split_once(BEGIN).ok_or(MarkdownError::NoBegin)?;
    let (_, after) = rest.split_once(END).ok_or(MarkdownError::NoEnd)?;
    Ok(format!("{before}{BEGIN}\n{}{END}{after}", table(world)))
}

fn table(world: &World) -> String {
    let mut resources: Vec<&SiteResource> = world.resources.iter().collect();
    resources.sort_by(|one, two| {
        let urgent = |resource: &SiteResource| resource.mark().needs_attention();
        urgent(two).cmp(&urgent(one)).then_with(|| one.name.cmp(&two.name))
    });
    let mut table = "| | resource | value | recorded (UTC) | result |\n|---|---|---|---|---|\n".to_owned();
    for resource in resources {
        let newest = resource.values.first();
        let value = newest.map_or_else(String::new, |value| code(&value.value));
        let value = match newest.and_then(|value| resource.link_to(&value.value)) {
            Some(link) => format!("[{value}]({})", link.replace(')', "%29").replace(' ', "%20")),
            None => value,
        };
        let recorded = newest.map_or_else(|| "never".to_owned(), |value| Moment(value.time).to_string());
        let (sign, result) = (sign(resource.mark()), plain(&result(resource)));
        table += &format!("| {sign} | {} | {value} | {recorded} | {result} |\n", code(&resource.name));
    }
    table
}

fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "✓",
        Mark::Failed => "✗",
        Mark::Unreadable => "!",
        Mark::Flaky => "~",
        Mark::CouldNotRun => "–",
        Mark::Waiting => "…",
        Mark::Manual | Mark::NotLaunched => " ",
    }
}

/// A text as code that stays within its cell; a backquote cannot be escaped inside of code.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

/// A text without a meaning in Markdown or HTML.
fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '#' | '!' | '@') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::data::SiteValue;

    #[test]
    fn the_table_stands_between_the_markers() {
        let value = SiteValue { value: "a|b`c".into(), time: 1_728_561_600, ..SiteValue::default() };
        let resource = SiteResource {
            name: "edge".into(),
            link: Some("https://x.org/{value}".into()),
            values: vec![value],
            problem: Some("x".into()),
            ..SiteResource::default()
        };
        let world = World { resources: vec![resource], polled: None };
        let text = format!("# Title\n{BEGIN}\nold\n{END}\nrest");
        let kept = keep_table(&text, &world).unwrap();
        assert_eq!(
            kept,
            format!(
                "# Title\n{BEGIN}\n| | resource | value | recorded (UTC) | result |\n|---|---|---|---|---|\n\
                 | ! | `edge` | [`a\\|b'c`](https://x.org/a%7Cb%60c) | 2024-10-10 12:00 | cannot be read |\n{END}\nrest"
            )
        );
        assert_eq!(keep_table(&kept, &world).unwrap(), kept, "a second run changes nothing");
        assert_eq!(keep_table("x", &world), Err(MarkdownError::NoBegin));
        assert_eq!(keep_table(BEGIN, &world), Err(MarkdownError::NoEnd));
    }
}
