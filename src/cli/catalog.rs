//! The arguments of `add`, and of `catalog`, which it may take from.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand, ValueHint};

use super::{FormatArgs, SourceArgs, parse_variable};
use crate::core::declared::kinds::KINDS;
use crate::core::time::parse_duration;

/// The kinds of sources.
fn kinds() -> PossibleValuesParser {
    KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.about)).collect::<Vec<_>>().into()
}

/// Where entries are looked for.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CatalogFolderArgs {
    /// Look for entries in this folder first [default: spread-cron.catalog]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) catalog: Option<PathBuf>,
}

/// The arguments of `catalog`.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    pub(crate) command: Option<CatalogCommand>,
    /// Names or globs of the entries and sources to list, or words of their descriptions [default: all]
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: CatalogFolderArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// The commands of `catalog`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CatalogCommand {
    /// Print the options of an entry and the files that come along, or what a source takes
    Show(CatalogShowArgs),
}

/// The arguments of `catalog show`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CatalogShowArgs {
    /// The name of an entry, or of a kind of sources
    #[arg(value_hint = ValueHint::Other)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) folder: CatalogFolderArgs,
}

/// The arguments of `add`.
#[derive(Args, Clone, Debug)]
pub(crate) struct AddArgs {
    /// The name of the new branch [default: the name of the entry]
    #[arg(value_hint = ValueHint::Other, required_unless_present = "from")]
    pub(crate) branch: Option<String>,
    /// What a key of the source or the entry is to be
    #[arg(value_name = "KEY=VALUE", value_hint = ValueHint::Other)]
    pub(crate) keys: Vec<String>,
    /// Take this entry of the catalog, or all that match a glob; may be repeated
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other, help_heading = "Catalog")]
    pub(crate) from: Vec<String>,
    /// Watch a source of this kind, without a shell; the keys come behind it
    #[arg(long = "source", value_name = "KIND", value_parser = kinds(), help_heading = "Catalog")]
    #[arg(conflicts_with_all = ["from", "extractor"])]
    pub(crate) kind: Option<String>,
    /// The message of its state commits: `MESSAGE (VALUE)`
    #[arg(short, long, value_name = "TEXT", value_hint = ValueHint::Other)]
    pub(crate) message: Option<String>,
    /// The command that prints the present value
    #[arg(short = 'x', long, value_name = "COMMAND", value_hint = ValueHint::CommandString)]
    #[arg(conflicts_with = "from")]
    pub(crate) extractor: Option<String>,
    /// Fail on values that do not match all of this regular expression
    #[arg(long, value_name = "REGEX", value_hint = ValueHint::Other)]
    pub(crate) value_pattern: Option<String>,
    /// Export this variable to the test suite (`custom/env.sh`); may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_variable, help_heading = "Customization")]
    pub(crate) env: Vec<(String, String)>,
    /// Take this file as `actions.sh`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Customization")]
    pub(crate) actions: Option<PathBuf>,
    /// Take the files of this folder as `custom/`
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Customization")]
    pub(crate) custom: Option<PathBuf>,
    /// Clone the target from here [default: spread-cron.target, else https://github.com/canonical/snapd]
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, help_heading = "Launch")]
    pub(crate) target_repo: Option<String>,
    /// Take this branch, tag or commit of the target [default: its default branch]
    #[arg(long, value_name = "REF", value_hint = ValueHint::Other, help_heading = "Launch")]
    pub(crate) target_ref: Option<String>,
    /// Run this in the target [default: spread-cron.spread, else `spread -v`]
    #[arg(long, value_name = "COMMAND", value_hint = ValueHint::CommandString, help_heading = "Launch")]
    pub(crate) spread: Option<String>,
    /// Start from this commit and its files, instead of an empty tree
    #[arg(long, value_name = "REF", value_hint = ValueHint::Other)]
    pub(crate) start_point: Option<String>,
    /// Leave it out of polls, unless `--force` is given
    #[arg(long)]
    pub(crate) manual: bool,
    /// Print what would be created, and create nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// The time limit of the push [default: spread-cron.networkTimeout, else 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    // A heading counts for all that comes after it, and the next group has its own.
    #[command(flatten, next_help_heading = "Catalog")]
    pub(crate) catalog: CatalogFolderArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
