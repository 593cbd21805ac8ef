//! The arguments of the commands that manage resources.

use std::time::Duration;

use clap::Args;

use super::SourceArgs;
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
