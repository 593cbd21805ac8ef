//! The command line, as clap types only. The texts here are also the source of the manual pages and the completions.

mod catalog;
mod launch;
mod manage;
mod site;
pub(crate) mod usage;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

pub(crate) use catalog::{AddArgs, CatalogArgs, CatalogCommand, CatalogFolderArgs, CatalogShowArgs};
pub(crate) use launch::{CustomizeArgs, FilesChoice, GreenArgs, PendingArgs, PendingFormat, ResultArgs, RunArgs};
pub(crate) use manage::{PauseArgs, RemoveArgs, ResumeArgs};
pub(crate) use site::SiteArgs;

use crate::core::fail_on::FailOn;
use crate::core::github::hosted::{Hosted, InvalidHosted};
use crate::core::isolation::IsolationMode;
use crate::core::layout::{Layout, LayoutChoice};
use crate::core::name::Shard;
use crate::core::time::parse_duration;

/// Run a test suite again when something outside its repository changes
///
/// One git branch per watched resource. Its `options` file, plain shell, holds a command that prints the present
/// value of the resource, and a message. A poll runs these commands, compares each value with the newest state commit
/// `MESSAGE (VALUE)` on the branch, and records a difference as a new empty commit, which starts the test suite.
#[derive(Debug, Parser)]
#[command(name = "git-spread-cron", bin_name = "git spread-cron", version, arg_required_else_help = true)]
#[command(infer_long_args = true, max_term_width = 100, subcommand_help_heading = "Commands")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Common options")]
pub(crate) struct GlobalArgs {
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Say nothing but results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more about what is going on
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at every resource, record what changed, push it
    ///
    /// Fetches (and prunes) the branches, runs the extractor of every resource, compares each value with the recorded one,
    /// writes an empty commit `MESSAGE (VALUE)` on every branch whose value differs, and pushes them all. A branch that
    /// moved meanwhile is never overwritten: it is fetched, extracted and decided again.
    Poll(PollArgs),
    /// Show the last recorded value of every resource
    ///
    /// Reads the branches as they lie: executes nothing and needs no network. Where only a shell can know a value, it says so.
    Status(StatusArgs),
    /// Show the values of a resource through time
    ///
    /// Shows each recorded value with its commit, its date, and how long it stood until the next one.
    Log(LogArgs),
    /// Check the options of resources without executing them
    ///
    /// Reads options without executing them. Exits with 1 when there are errors. The manual page lists the checks.
    Lint(LintArgs),
    /// Create the branch of a new resource
    ///
    /// Creates a branch that holds an `options` file, quoted so that the shell reads back exactly what was given, and
    /// the customization. With a remote the branch is created there; a branch that exists is never overwritten.
    ///
    /// With `--from`, options and customization are those of an entry of the catalog; with `--source`, the options
    /// declare a source of this kind. Many entries are created with one push.
    Add(AddArgs),
    /// Delete the branches of resources
    ///
    /// Deletes each branch only if it still is where it was read, and says how to bring it back. Takes names, no patterns. The
    /// files of a resource on the default branch stay.
    Remove(RemoveArgs),
    /// Make polls leave resources alone for a while
    ///
    /// Records an empty commit `paused: MESSAGE [skip ci]` on each branch. The pause ends with `resume`, at its `--until`, or
    /// when a newer value is recorded. What was recorded before is launched all the same.
    Pause(PauseArgs),
    /// Let polls look at paused resources again
    Resume(ResumeArgs),
    /// List what can be watched out of the box
    ///
    /// Lists the entries that `add --from` takes, and the kinds that `add --source` takes. A folder of your own
    /// (`spread-cron.catalog`) is searched before what is built in.
    Catalog(CatalogArgs),
    /// Apply the customization of a resource to a target
    ///
    /// Reads `actions.sh` and `custom/` of the resource without a checkout. With an executable `actions.sh`, runs it in a
    /// scratch folder that holds the files of the resource and `target`; without one, copies `custom/` over the target.
    /// What `custom/env.sh` exports is printed as `export` lines, unless `--exec` or `--github-env` takes it.
    Customize(CustomizeArgs),
    /// Launch the suite for a state commit: clone, customize, run spread
    ///
    /// Exports the branch at its newest state commit into a workspace, clones the target, customizes it, and runs spread
    /// there. Writes how it ended to `result.json`, and to the branch with `--record`. Exits with 0 if the suite passed, with 1
    /// if it failed, and with 3 if it could not run.
    Run(RunArgs),
    /// Record how the suite took a value
    ///
    /// Records each result as an empty commit `STATUS: MESSAGE (VALUE) [skip ci]` on the branch of the resource, and pushes
    /// it. It belongs to the nearest earlier state commit of this message and value. A result that is recorded already is
    /// not recorded again.
    Result(ResultArgs),
    /// List the state commits that have no result yet
    ///
    /// Looks at the newest state commit of every resource. This is what a scheduled job launches from, so that a state
    /// commit whose run was lost is launched again.
    Pending(PendingArgs),
    /// Print the newest value of a resource that passed
    ///
    /// Prints nothing if there is none. As an extractor (`pattern_extractor="git spread-cron green NAME"`) it makes one
    /// resource follow another: there it finds the repository by itself. It never fetches.
    Green(GreenArgs),
    /// Write pages, feeds and badges about all resources, made from git alone
    ///
    /// Reads the branches as they lie: executes nothing and needs no network. Writes only the files that changed, so that
    /// the folder can be published again and again. The pages need no server and no script.
    Site(SiteArgs),
    /// Write the GitHub workflow that polls on a schedule and launches what changed
    ///
    /// Writes `.github/workflows/spread-cron.yml` into the work tree. A file that is there already is never overwritten.
    /// Commit it on the default branch, as GitHub only reads schedules there. The file calls the workflow of the repository
    /// that hosts the actions; `--uses` names a fork or a mirror.
    Init(InitArgs),
    /// Play the main job through in a folder of its own, without a network
    ///
    /// Creates a remote, a clone and a handful of resources that need no internet; polls, changes the world, polls again,
    /// and shows what was recorded. Everything stays in one folder, which is kept for you to play with.
    Demo(DemoArgs),
    /// Print the completion script for a shell
    ///
    /// The script of bash also serves git's own completion, so that `git spread-cron <TAB>` works. The manual page says
    /// where each script belongs.
    Completions(CompletionsArgs),
}

/// Which branches are looked at.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SourceArgs {
    /// Use the branches of this remote [default: spread-cron.remote, else origin, else the only remote]
    #[arg(long, value_name = "NAME", conflicts_with = "local", value_hint = ValueHint::Other)]
    pub(crate) remote: Option<String>,
    /// Use the local branches, and no remote
    #[arg(long)]
    pub(crate) local: bool,
    /// Where the options file of a branch lies, `{branch}` standing for its name; may be repeated, the first that exists
    /// counts [default: spread-cron.optionsPath, else `options`, then `branches/{branch}/trigger`]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::Other)]
    pub(crate) options_path: Vec<String>,
    /// Where the files of resources lie: on the branch of each, or in folders of the default branch [default:
    /// spread-cron.layout, else auto]
    #[arg(long, value_enum, value_name = "LAYOUT")]
    pub(crate) layout: Option<LayoutArg>,
}

/// How `--layout` may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayoutArg {
    /// Folders, if the tip of the default branch has any
    Auto,
    /// On the branch of each resource
    Branch,
    /// In folders of the default branch
    Folder,
}

impl LayoutArg {
    pub(crate) fn choice(self) -> LayoutChoice {
        match self {
            LayoutArg::Auto => LayoutChoice::Auto,
            LayoutArg::Branch => LayoutChoice::Fixed(Layout::Branch),
            LayoutArg::Folder => LayoutChoice::Fixed(Layout::Folder),
        }
    }
}

/// How `--format` of the reading commands and of `poll` may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for a person
    Human,
    /// One JSON document, described in git-spread-cron(1)
    Json,
}

/// How the report is printed.
#[derive(Args, Clone, Debug)]
pub(crate) struct FormatArgs {
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// Whether GitHub Actions is informed as well.
#[derive(Args, Clone, Debug)]
pub(crate) struct GithubArgs {
    /// In a step of GitHub Actions: set its outputs, write its summary, annotate what failed, and let no text of others be
    /// taken for a workflow command
    #[arg(long)]
    pub(crate) github: bool,
}

/// The arguments of `poll`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PollArgs {
    /// Names or globs of the resources to poll [default: all]
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// Take the remote-tracking branches as they lie
    #[arg(long)]
    pub(crate) no_fetch: bool,
    /// Extract and compare, but fetch, record and push nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// How many extractors run side by side [default: spread-cron.jobs, else 4 for each core, at least 8]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs)]
    pub(crate) jobs: Option<usize>,
    /// The time limit of an extractor whose options set none [default: spread-cron.timeout, else 60s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// The time limit of one fetch or push [default: spread-cron.networkTimeout, else 10m]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) network_timeout: Option<Duration>,
    /// The shell for options and extractors [default: spread-cron.shell, else bash, else sh]
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub(crate) shell: Option<String>,
    /// Let extractors see this variable of the environment; may be repeated [default: spread-cron.passEnv]
    #[arg(long, value_name = "NAME", value_parser = parse_variable_name, value_hint = ValueHint::Other)]
    pub(crate) pass_env: Vec<String>,
    /// What extractors are kept from [default: spread-cron.isolation, else auto]
    #[arg(long, value_name = "MODE", value_parser = parse_isolation())]
    pub(crate) isolation: Option<IsolationMode>,
    /// Stay, and poll again this long after the last poll began
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, conflicts_with = "github")]
    pub(crate) every: Option<Duration>,
    /// Exit with 1 if resources failed: any of them, only all of them, or none
    #[arg(long, value_name = "WHICH", value_parser = parse_fail_on(), default_value = FailOn::Any.name())]
    pub(crate) fail_on: FailOn,
    #[command(flatten)]
    pub(crate) github: GithubArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
    /// Poll this share of the resources: I of N, chosen by branch name
    #[arg(long, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Poll the manual resources too
    #[arg(long)]
    pub(crate) force: bool,
    /// Record the present values of the named resources as their first, although their history has values under other messages
    #[arg(long, requires = "patterns")]
    pub(crate) first: bool,
}

/// The arguments of `status`.
#[derive(Args, Clone, Debug)]
pub(crate) struct StatusArgs {
    /// Names or globs of the resources to show [default: all]
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The arguments of `log`.
#[derive(Args, Clone, Debug)]
pub(crate) struct LogArgs {
    /// The name of the resource
    pub(crate) resource: String,
    /// Show at most this many values
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub(crate) max_count: Option<usize>,
    /// Show every recorded launch of each value, with the tasks that failed or were flaky
    #[arg(long)]
    pub(crate) attempts: bool,
    /// Instead of the values, count for each task that ever failed how often it was launched, failed, and was flaky
    #[arg(long, conflicts_with = "attempts")]
    pub(crate) tasks: bool,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The arguments of `lint`.
#[derive(Args, Clone, Debug)]
pub(crate) struct LintArgs {
    /// Names or globs of the resources to check [default: all]
    #[arg(value_name = "PATTERN")]
    pub(crate) patterns: Vec<String>,
    /// The shell whose syntax is checked [default: spread-cron.shell, else bash, else sh]
    #[arg(long, value_name = "PROGRAM", value_hint = ValueHint::CommandName)]
    pub(crate) shell: Option<String>,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// The arguments of `init`.
#[derive(Args, Clone, Debug)]
pub(crate) struct InitArgs {
    /// The repository that hosts the actions, and the tag, branch or commit to take [default: what the file that is there
    /// says, else the home of the project and the tag of this version]
    #[arg(long, value_name = "OWNER/REPO[@REF]", value_parser = parse_hosted, value_hint = ValueHint::Other)]
    pub(crate) uses: Option<Hosted>,
    /// Print the workflow, and write nothing
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

/// The arguments of `demo`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DemoArgs {
    /// The folder, which must be empty or not there yet [default: a new folder among the temporary files]
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

/// The arguments of `completions`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: CompletionShell,
}

/// The shells that have a completion script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompletionShell {
    /// GNU Bash, also behind `git spread-cron <TAB>`
    Bash,
    /// Z shell
    Zsh,
    /// Fish
    Fish,
}

/// Parses the arguments; the first is the program.
pub(crate) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(args)
}

/// Whether there is help or a version to print, rather than an error.
pub(crate) fn is_asked_for_help(error: &clap::Error) -> bool {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand)
}

/// Whether `--github` was given, as far as wrong arguments let that be known.
pub(crate) fn is_for_github(args: &[OsString]) -> bool {
    args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--github")
}

/// Reads a number of jobs.
///
/// # Errors
///
/// The number has to be from 1 to 1024.
pub(crate) fn parse_jobs(text: &str) -> Result<usize, String> {
    text.trim()
        .parse()
        .ok()
        .filter(|jobs| (1..=1024).contains(jobs))
        .ok_or_else(|| "expected a number from 1 to 1024".to_owned())
}

fn parse_fail_on() -> impl TypedValueParser<Value = FailOn> {
    let names = FailOn::ALL.map(|fail_on| PossibleValue::new(fail_on.name()).help(fail_on.meaning()));
    PossibleValuesParser::new(names).map(|name| {
        FailOn::ALL.into_iter().find(|fail_on| fail_on.name() == name).expect("only these names are possible")
    })
}

fn parse_hosted(text: &str) -> Result<Hosted, InvalidHosted> {
    Hosted::parse(text, env!("CARGO_PKG_VERSION"))
}

fn parse_isolation() -> impl TypedValueParser<Value = IsolationMode> {
    let names = IsolationMode::ALL.map(|mode| PossibleValue::new(mode.name()).help(mode.meaning()));
    PossibleValuesParser::new(names).map(|name| IsolationMode::parse(&name).expect("only these names are possible"))
}

/// Reads the name of a variable of the environment.
///
/// # Errors
///
/// A shell could not use it as a name: several names, for example, or a glob.
pub(crate) fn parse_variable_name(text: &str) -> Result<String, String> {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then(|| text.to_owned()).ok_or_else(|| "expected the name of one variable".to_owned())
}

pub(crate) fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(key, value)| (parse_variable_name(key), value)) {
        Some((Ok(key), value)) => Ok((key, value.to_owned())),
        Some((Err(_), _)) | None => Err("expected KEY=VALUE, KEY being a name of a shell variable".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn variables() {
        assert_eq!(parse_variable("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(parse_variable("_a1="), Ok(("_a1".into(), String::new())));
        for bad in ["A", "=b", "1A=b", "A B=c", "a-b=c"] {
            assert!(parse_variable(bad).is_err(), "{bad}");
        }
    }
}
