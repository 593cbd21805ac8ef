//! The arguments of the commands around a launch.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use super::{GithubArgs, SourceArgs};
use crate::core::name::Shard;
use crate::core::result::Status;
use crate::core::time::parse_duration;

/// The arguments of `customize`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CustomizeArgs {
    /// The folder to customize
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) target: PathBuf,
    /// The resource whose customization is applied [default: the current branch]
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub(crate) resource: Option<String>,
    /// Take the customization from this commit, instead of the tip of the branch
    #[arg(long, value_name = "COMMIT", value_hint = ValueHint::Other, conflicts_with = "worktree")]
    pub(crate) commit: Option<String>,
    /// Take the customization as it lies in the work tree
    #[arg(long)]
    pub(crate) worktree: bool,
    /// Only report the files of `custom/` whose originals have changed since they were written
    #[arg(long, conflicts_with = "worktree")]
    pub(crate) check: bool,
    /// Append the variables of `custom/env.sh` to the file that `GITHUB_ENV` names
    #[arg(long, conflicts_with_all = ["check", "exec"])]
    pub(crate) github_env: bool,
    /// Then run the command after `--` in the target, with the variables of `custom/env.sh`
    #[arg(long, requires = "command", conflicts_with = "check")]
    pub(crate) exec: bool,
    /// The command for `--exec`
    #[arg(last = true, value_name = "COMMAND", requires = "exec", value_hint = ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<OsString>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The arguments of `run`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunArgs {
    /// The name of the resource; with `--pending`, names and globs [default: all resources]
    #[arg(id = "patterns", value_name = "RESOURCE", required_unless_present = "pending")]
    pub(crate) names: Vec<String>,
    /// The state commit; from another commit its files, and the value recorded last before it [default: the newest state
    /// commit]
    #[arg(long, value_name = "COMMIT", value_hint = ValueHint::Other)]
    pub(crate) commit: Option<String>,
    /// The newest state commit with this value
    #[arg(long, value_name = "VALUE", value_hint = ValueHint::Other, conflicts_with = "commit")]
    pub(crate) value: Option<String>,
    /// Which files of the resource are used [default: those of the state commit; the present ones if its launch failed or
    /// could not run]
    #[arg(long, value_name = "WHICH", conflicts_with = "discard")]
    pub(crate) files: Option<FilesChoice>,
    /// Put a file into the folder of the resource under this name, and remove it afterwards; its content is a secret
    #[arg(
        long = "file",
        value_name = "NAME=PATH",
        value_parser = parse_added_file,
        value_hint = ValueHint::FilePath,
        conflicts_with = "discard"
    )]
    pub(crate) added_files: Vec<(String, PathBuf)>,
    /// Replace the value of this variable by `***` wherever it is shown or kept
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    pub(crate) secret_env: Vec<String>,
    /// Launch everything that `pending` lists, one after the other, and record each result at once
    #[arg(
        long,
        group = "what_waits",
        conflicts_with_all = ["commit", "value", "files", "if_pending", "workspace", "url", "log", "discard", "github"]
    )]
    pub(crate) pending: bool,
    /// For `--pending`: how many launches run side by side; the output of each comes when it has ended
    #[arg(long, value_name = "N", requires = "pending")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How often a task runs at most until it has passed [default: `attempts` in the options, else 1]
    #[arg(long, value_name = "N", conflicts_with = "discard")]
    pub(crate) attempts: Option<NonZeroU32>,
    /// Where to work: a folder that is empty, not there yet, or was a workspace before [default: one for each resource below
    /// the cache folder of the user]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) workspace: Option<PathBuf>,
    /// Record the result on the branch
    #[arg(long)]
    pub(crate) record: bool,
    /// Where the run can be looked at, for the result
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: Option<String>,
    /// How long an interrupted spread may take to restore and discard its machines
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, default_value = "5m")]
    pub(crate) grace: Duration,
    /// Keep the output in this file, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) log: Option<PathBuf>,
    /// Leave the result, the log and spread's own logs in this folder, too (`result.json`, `spread.log`, `logs/`)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
    /// Do nothing, and exit with 0, unless `pending` would list the state commit
    #[arg(long, group = "what_waits")]
    pub(crate) if_pending: bool,
    /// For `--pending` and `--if-pending`: as for `pending`
    #[arg(long, value_name = "N", default_value_t = 0, requires = "what_waits")]
    pub(crate) retry: usize,
    /// Do not look whether the resource still has the value when the launch ends
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Only discard the machines that an earlier run left in the workspace
    #[arg(long, conflicts_with_all = ["record", "if_pending", "dry_run", "out", "log", "url"])]
    pub(crate) discard: bool,
    #[command(flatten)]
    pub(crate) github: GithubArgs,
    /// Print each step as a command line, and do nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// The time limit of one fetch, clone or push [default: spread-cron.networkTimeout, else 1h for the target and 10m for the
    /// result]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    /// What spread gets instead of the job selection in its command line
    #[arg(last = true, value_name = "SPREAD-ARGS", value_hint = ValueHint::Other)]
    pub(crate) spread_args: Vec<String>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

impl RunArgs {
    /// The resource that is launched, unless all that is pending is.
    pub(crate) fn resource(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// Which files of a resource are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FilesChoice {
    /// Those of the state commit
    State,
    /// The present ones: of the tip of the branch, or of the default branch
    Tip,
}

/// The arguments of `result`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResultArgs {
    /// The name of the resource [default: the ones that the files name]
    #[arg(required_unless_present = "from")]
    pub(crate) resource: Option<String>,
    /// How the suite ended [default: as the files say]
    #[arg(long, value_name = "STATUS", value_parser = parse_status(), required_unless_present = "from")]
    pub(crate) status: Option<Status>,
    /// The state commit that was launched, which files have to be about [default: the newest one, or as the files say]
    #[arg(long, value_name = "COMMIT", value_hint = ValueHint::Other, requires = "resource")]
    pub(crate) commit: Option<String>,
    /// Where the run can be looked at
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: Option<String>,
    /// Take the results from these files, which `run` wrote (`result.json`)
    #[arg(long, value_name = "FILE", num_args = 1.., value_hint = ValueHint::FilePath)]
    pub(crate) from: Vec<PathBuf>,
    /// What to record for the resource if the files are not there or of no use
    #[arg(long, value_name = "STATUS", value_parser = parse_status(), requires = "from", requires = "resource")]
    pub(crate) otherwise: Option<Status>,
    /// Refuse files that name another status, and record nothing then
    #[arg(long, value_name = "STATUS", value_parser = parse_status(), requires = "from")]
    pub(crate) expect: Option<Status>,
    #[command(flatten)]
    pub(crate) github: GithubArgs,
    /// The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// How `--format` of `pending` may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PendingFormat {
    /// Lines for a person
    Human,
    /// One JSON document, described in git-spread-cron(1)
    Json,
    /// One line of JSON for the `matrix` of a GitHub Actions job, at most 256 entries, the longest waiting first
    Matrix,
}

/// The arguments of `pending`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PendingArgs {
    /// Names or globs of the resources to look at [default: all]
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Include what other tools recorded before this repository was adopted: state commits older than the first commit
    /// of this program on their branch
    #[arg(long)]
    pub(crate) all: bool,
    /// Include state commits whose suite could not run or was cancelled, until it was launched again this often
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) retry: usize,
    /// List at most this many, those that have waited longest
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub(crate) max_count: Option<usize>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = PendingFormat::Human)]
    pub(crate) format: PendingFormat,
    #[command(flatten)]
    pub(crate) github: GithubArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Look at this share of the resources: I of N, as `poll --shard` has it
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
}

/// The arguments of `green`.
#[derive(Args, Clone, Debug)]
pub(crate) struct GreenArgs {
    /// The name of the resource
    pub(crate) resource: String,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// A name in the folder of the resource, and the path of a file.
fn parse_added_file(text: &str) -> Result<(String, PathBuf), AddedFileError> {
    const TAKEN: [&str; 6] = [".", "..", ".git", "options", "custom", "target"];
    let (name, path) = text.split_once('=').ok_or(AddedFileError::Form)?;
    if name.contains(['/', '\0']) || TAKEN.contains(&name.to_lowercase().as_str()) {
        return Err(AddedFileError::Name(name.to_owned()));
    }
    match (name, path) {
        ("", _) | (_, "") => Err(AddedFileError::Form),
        (_, _) => Ok((name.to_owned(), PathBuf::from(path))),
    }
}

/// Why a file cannot be added.
#[derive(Clone, Debug, thiserror::Error)]
enum AddedFileError {
    #[error("it has to be NAME=PATH")]
    Form,
    #[error("{0:?} cannot be the name of a file that is added")]
    Name(String),
}

fn parse_status() -> impl TypedValueParser<Value = Status> {
    let names = Status::ALL.map(|status| PossibleValue::new(status.name()).help(status.meaning()));
    PossibleValuesParser::new(names).map(|name| {
        Status::ALL.into_iter().find(|status| status.name() == name).expect("only these names are possible")
    })
}
