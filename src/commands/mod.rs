//! The commands: arguments in, work done elsewhere, events and reports out to [`Ui`].

mod add;
pub(crate) mod completions;
mod demo;
mod lint;
mod log;
mod poll;
mod status;

use std::time::Duration;

use crate::cli::{Command, SourceArgs};
use crate::core::name::Selection;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::gather::{GatherError, Gathered, Resource, gather};
use crate::git::branches::{BranchError, Source};
use crate::git::config::Config;
use crate::git::options_file::OptionsPaths;
use crate::git::program::Git;
use crate::git::repository::{OpenError, Repository};
use crate::ui::Ui;

/// The time limit of one fetch or push.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(600);

/// Runs one command.
pub(crate) fn run(command: Command, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    match command {
        Command::Poll(args) => poll::run(&args, environment, ui),
        Command::Status(args) => status::run(&args, environment, ui),
        Command::Log(args) => log::run(&args, environment, ui),
        Command::Lint(args) => lint::run(&args, environment, ui),
        Command::Add(args) => add::run(&args, environment, ui),
        Command::Demo(args) => demo::run(&args, environment, ui),
        Command::Completions(args) => {
            ui.raw(&completions::script(args.shell));
            Ok(Exit::Success)
        }
    }
}

/// What most commands need: the repository, its configuration, and the branches that are meant.
struct Context {
    repository: Repository,
    config: Config,
    source: Source,
    paths: OptionsPaths,
    git: Git,
}

impl Context {
    fn new(environment: &Environment, args: &SourceArgs) -> Result<Self, CommandError> {
        let repository = Repository::discover(environment)?;
        let repo = repository.local();
        let config = Config::read(&repo).map_err(|err| {
            CommandError::cannot(err.to_string())
                .hint(format!("see where it is set: git config --show-origin {}", err.key))
        })?;
        let remote = args.remote.as_deref().or(config.remote.as_deref());
        let source = Source::choose(&repo, remote, args.local)?;
        let configured = if args.options_path.is_empty() { &config.options_paths } else { &args.options_path };
        let paths = OptionsPaths::new(configured.clone()).map_err(CommandError::usage)?;
        let git = Git {
            git_dir: repository.git_dir().to_owned(),
            time_limit: config.network_timeout.unwrap_or(NETWORK_TIMEOUT),
            may_prompt: environment.terminals().stdin && environment.terminals().stderr,
            interrupted: environment.interrupted(),
        };
        Ok(Context { repository, config, source, paths, git })
    }

    /// Finds the resources that the patterns mean, and makes something of each, in parallel.
    fn gather<T: Send>(
        &self,
        patterns: &[String],
        make: impl Fn(&gix::Repository, Resource) -> T + Sync,
    ) -> Result<Gathered<T>, CommandError> {
        let selection = Selection::new(patterns.to_vec());
        Ok(gather(&self.repository, &self.git, &self.source, &self.paths, &selection, make)?)
    }
}

/// Says that there is nothing to work on, and how to change that. A poll has just fetched; the others read what is here.
fn say_no_resources(source: &Source, patterns: &[String], fetched: bool, ui: &mut Ui) {
    if !patterns.is_empty() {
        ui.status("None of the branches that match is a resource.");
        return;
    }
    let place = match (source, fetched) {
        (Source::Remote(remote), true) => format!("There are no resources on {remote} yet."),
        (Source::Remote(remote), false) => {
            format!("No resources of {remote} are known here; if there are any, run: git fetch {remote}.")
        }
        (Source::Local, _) => "There are no resources in this repository yet.".to_owned(),
    };
    ui.status(&format!("{place} Create one with: git spread-cron add BRANCH --message TEXT --extractor COMMAND"));
}

/// A number of things.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Warns about branches that were left out.
fn warn_left_out(count: usize, ui: &mut Ui) {
    if count > 0 {
        let branches = self::count(count, "branch", "branches");
        ui.warning(&format!("left out {branches} with a name that is not UTF-8"));
    }
}

impl From<OpenError> for CommandError {
    fn from(err: OpenError) -> Self {
        let hint = err.hint();
        if let OpenError::Open(dir, cause) = &err
            && cause.is_not_found()
        {
            return CommandError::cannot(format!("not in a git repository: {}", dir.display())).hint(hint);
        }
        let what = match &err {
            OpenError::Open(dir, _) => format!("cannot work in {}", dir.display()),
            OpenError::RefStorage { .. } | OpenError::Extension { .. } | OpenError::Path(..) => {
                "cannot work in this repository".to_owned()
            }
        };
        CommandError::cannot(what).because(err).hint(hint)
    }
}

impl From<BranchError> for CommandError {
    fn from(err: BranchError) -> Self {
        let text = err.to_string();
        match err {
            BranchError::Unmatched { .. } => {
                CommandError::usage(text).hint("see what there is: git spread-cron status")
            }
            BranchError::NoSuchRemote { .. } => CommandError::cannot(text).hint("see what there is: git remote -v"),
            BranchError::ManyRemotes(..) => {
                CommandError::cannot(text).hint("choose one: --remote NAME, or git config spread-cron.remote NAME")
            }
            BranchError::Read(..) => CommandError::cannot(chain(&err)).hint("check the repository: git fsck"),
        }
    }
}

impl From<GatherError> for CommandError {
    fn from(err: GatherError) -> Self {
        match err {
            GatherError::Branches(err) => err.into(),
            GatherError::Reopen(err) => err.into(),
            GatherError::NotAResource(..) => {
                CommandError::usage(err.to_string()).hint("make it one: git spread-cron add, or commit an options file")
            }
        }
    }
}

/// A moment as the documents have it (RFC 3339).
fn rfc3339(time: gix::date::Time) -> String {
    time.format_or_unix(gix::date::time::format::ISO8601_STRICT)
}

/// A moment as people read it.
fn for_people(time: gix::date::Time) -> String {
    time.format_or_unix(gix::date::time::CustomFormat::new("%Y-%m-%d %H:%M %z"))
}
