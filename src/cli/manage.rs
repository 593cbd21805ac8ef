//! The arguments of the commands that manage resources.

use std::time::Duration;

use clap::{Args, ValueHint};

use super::SourceArgs;
use crate::core::pause::{parse_because, parse_until};
use crate::core::time::parse_duration;

/// The arguments of `remove`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RemoveArgs {
    /// The names of the resources
    #[arg(value_name = "RESOURCE", required = true)]
    pub(crate) resources: Vec<String>,
    /// Say what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The arguments of `pause`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PauseArgs {
    /// Names or globs of the resources
    #[arg(value_name = "PATTERN", required = true)]
    pub(crate) patterns: Vec<String>,
    /// When the pause ends by itself: a day (its beginning, UTC) or a moment (RFC 3339) [default: when it is resumed]
    #[arg(long, value_name = "DATE", value_parser = parse_until, value_hint = ValueHint::Other)]
    pub(crate) until: Option<jiff::Timestamp>,
    /// Why, for those who look at the status
    #[arg(long, value_name = "TEXT", value_parser = parse_because, value_hint = ValueHint::Other)]
    pub(crate) because: Option<String>,
    /// The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The arguments of `resume`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResumeArgs {
    /// Names or globs of the resources
    #[arg(value_name = "PATTERN", required = true)]
    pub(crate) patterns: Vec<String>,
    /// The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
