//! The arguments of `site`.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::SourceArgs;

/// The arguments of `site`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SiteArgs {
    /// The folder to write into
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: PathBuf,
    /// Names or globs of the resources to show [default: all]
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Write one page that holds everything, the newest values only
    #[arg(long)]
    pub(crate) single_file: bool,
    /// The address at which the folder will be served, for the links of the feeds
    #[arg(long, value_name = "URL", value_parser = parse_base_url, value_hint = ValueHint::Url)]
    pub(crate) base_url: Option<String>,
    /// The title of the site [default: spread-cron]
    #[arg(long, value_name = "TEXT", value_hint = ValueHint::Other)]
    pub(crate) title: Option<String>,
    /// Keep a table of all resources between the two markers of this Markdown file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) markdown: Option<PathBuf>,
    /// The moment from which ages are counted (RFC 3339, or seconds since 1970) [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_moment, value_hint = ValueHint::Other)]
    pub(crate) now: Option<i64>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Reads the address of a site.
///
/// # Errors
///
/// It is not one of the web.
fn parse_base_url(text: &str) -> Result<String, String> {
    let is_web = text.strip_prefix("https://").or(text.strip_prefix("http://")).is_some_and(|rest| !rest.is_empty());
    is_web.then(|| text.to_owned()).ok_or_else(|| "expected an address that begins with https:// or http://".to_owned())
}

/// Reads a moment, and gives the seconds since 1970.
///
/// # Errors
///
/// The text is neither a number nor RFC 3339.
fn parse_moment(text: &str) -> Result<i64, String> {
    let seconds = text.parse().ok().or_else(|| text.parse::<jiff::Timestamp>().ok().map(|time| time.as_second()));
    seconds.ok_or_else(|| "expected a time such as 2026-11-28T12:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_addresses() {
        assert_eq!(parse_moment("2024-10-10T12:00:00Z"), Ok(1_728_561_600));
        assert_eq!(parse_moment("1728561600"), Ok(1_728_561_600));
        assert!(parse_moment("yesterday").is_err());
        assert!(parse_base_url("https://x.org/a").is_ok());
        for bad in ["x.org", "javascript:alert(1)", "https://", ""] {
            assert!(parse_base_url(bad).is_err(), "{bad}");
        }
    }
}
