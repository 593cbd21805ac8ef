//! The commands: arguments in, work done elsewhere, events and reports out to [`Ui`].

mod add;
mod catalog;
pub(crate) mod completions;
mod customize;
mod demo;
mod github;
mod green;
mod init;
mod lint;
mod listing;
mod log;
mod pending;
mod poll;
mod result;
mod run;
mod status;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::time::Duration;

use gix::ObjectId;

pub(crate) use self::github::tell_of_usage;
use crate::cli::{Command, SourceArgs};
use crate::core::documents::ValueResult;
use crate::core::message::MessagePattern;
use crate::core::name::{ResourceName, Selection};
use crate::core::options::Options;
use crate::core::result::{LaunchResult, Status};
use crate::environment::{Environment, OPTIONS_PATHS, REMOTE};
use crate::error::{CommandError, Exit, chain};
use crate::git::branches::{Branch, BranchError, Source};
use crate::git::config::{Config, ConfigError};
use crate::git::history::{Recorded, ResultCommit, StateCommit, first_state};
use crate::git::options_file::OptionsPaths;
use crate::git::program::{Git, ProgramError};
use crate::git::refresh::RefreshError;
use crate::git::repository::{OpenError, Repository};
use crate::resources::{GatherError, Gathered, Resource, gather, read_options};
use crate::ui::{Paint, Ui};

/// What stands for the local branches where the name of a remote is expected.
const LOCAL: &str = ".";

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
        Command::Catalog(args) => catalog::run(&args, environment, ui),
        Command::Customize(args) => customize::run(&args, environment, ui),
        Command::Run(args) => run::run(&args, environment, ui),
        Command::Result(args) => result::run(&args, environment, ui),
        Command::Pending(args) => pending::run(&args, environment, ui),
        Command::Green(args) => green::run(&args, environment, ui),
        Command::Init(args) => init::run(&args, environment, ui),
        Command::Demo(args) => demo::run(&args, environment, ui),
        Command::Completions(args) => {
            ui.raw(&completions::script(args.shell));
            Ok(Exit::Success)
        }
    }
}

/// Takes so many signals as a wish that the work looks at; the next one gets its own way.
fn listen_for_signals(heeded: usize) -> Result<(), CommandError> {
    gix::interrupt::init_handler_default(heeded)
        .map(drop)
        .map_err(|err| CommandError::cannot("cannot listen for signals").because(err))
}

/// The width of a column, unless one long text would push everything else away.
fn width<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).filter(|width| *width <= most).max().unwrap_or_default()
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
        let config = Config::read(&repo)?;
        // What the poll says that runs this command as an extractor, or in one.
        let told = |name: &str| environment.variable(name).and_then(OsStr::to_str);
        let (told_remote, local) = match told(REMOTE).filter(|_| args.remote.is_none()) {
            Some(LOCAL) => (None, true),
            told => (told, args.local),
        };
        let remote = args.remote.as_deref().or(told_remote).or(config.remote.as_deref());
        let source = Source::choose(&repo, remote, local)?;
        let configured = match (args.options_path.as_slice(), told(OPTIONS_PATHS)) {
            ([], Some(told)) => told.lines().map(str::to_owned).collect(),
            ([], None) => config.options_paths.clone(),
            (given, _) => given.to_vec(),
        };
        let paths = OptionsPaths::new(configured).map_err(CommandError::usage)?;
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

impl Context {
    /// Finds the one resource that a command names.
    fn resource(&self, name: &str) -> Result<Resource, CommandError> {
        let gathered = self.gather(&[name.to_owned()], |_, resource| resource)?;
        let found = gathered.resources.into_iter().find(|resource| resource.branch.name.as_str() == name);
        found.ok_or_else(|| {
            CommandError::usage(format!("{name:?} is not the name of one resource"))
                .hint("see what there is: git spread-cron status")
        })
    }

    /// The resource as a commit has it, whether that still is on its branch or not.
    fn resource_at(&self, repository: &Repository, name: &str, commit: ObjectId) -> Result<Resource, CommandError> {
        let own_name = ResourceName::of_existing(name.to_owned());
        let branch = Branch { name: own_name, reference: commit.to_string(), tip: commit };
        let read = read_options(repository, &self.git, &[branch], &self.paths, |_, resource| resource)?;
        read.into_iter().next().flatten().ok_or_else(|| {
            let places = self.paths.of(name).collect::<Vec<_>>().join(" and no ");
            CommandError::usage(format!("{commit} is no commit of {name}: its tree has no {places}"))
                .hint(format!("see the state commits: git spread-cron log {name}"))
        })
    }
}

/// That the state commits of a resource cannot be told, and why.
fn untold(name: &str, reason: String) -> CommandError {
    CommandError::cannot(format!("cannot tell the state commits of {name}"))
        .because(reason)
        .hint(format!("check its options: git spread-cron lint {name}"))
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
    ui.status("See what can be watched out of the box: git spread-cron catalog");
}

/// A number of things.
fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Warns about branches that were left out.
fn warn_left_out(count: usize, ui: &mut Ui) {
    if count > 0 {
        let branches = self::count(count, "branch", "branches");
        ui.warning(&format!("left out {branches} with a name that is not UTF-8 or begins with a dash"));
    }
}

impl From<ConfigError> for CommandError {
    fn from(err: ConfigError) -> Self {
        CommandError::cannot(err.to_string()).hint(format!("see where it is set: git config --show-origin {}", err.key))
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

impl From<RefreshError> for CommandError {
    fn from(err: RefreshError) -> Self {
        match err {
            RefreshError::Fetch(remote, err) => {
                let hint = match &err {
                    ProgramError::TimedOut(..) => {
                        "allow more time: --network-timeout, or git config spread-cron.networkTimeout".to_owned()
                    }
                    ProgramError::Start(_)
                    | ProgramError::Capture(..)
                    | ProgramError::Interrupted(_)
                    | ProgramError::Failed(..) => format!("try it by hand: git fetch {remote}"),
                };
                CommandError::cannot(format!("cannot fetch from {remote}")).because(err).hint(hint)
            }
            RefreshError::Journal(err) => CommandError::cannot("cannot begin to change references").because(err),
            RefreshError::Reopen(err) => err.into(),
        }
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

/// Warns that a process that was killed had left a lock file.
fn warn_removed_lock(path: &std::path::Path, ui: &mut Ui) {
    ui.warning(&format!("removed {}, left behind by a poll that was killed", path.display()));
}

/// Says that somebody else was faster.
fn say_looking_again(branches: usize, ui: &mut Ui) {
    let branches = count(branches, "branch", "branches");
    ui.detail(&format!("Somebody else moved {branches}; looking again."));
}

/// How a result looks to a person.
fn look_of(status: Status) -> (&'static str, Paint) {
    match status {
        Status::Passed => ("✓", Paint::New),
        Status::Failed => ("✗", Paint::Bad),
        Status::Cancelled => ("-", Paint::Odd),
        Status::InfraError => ("!", Paint::Odd),
    }
}

/// How the suite took a value, on a few words.
fn result_line(result: &LaunchResult, ui: &Ui) -> String {
    let (symbol, paint) = look_of(result.status);
    let counted = result.passed.filter(|_| result.status.is_verdict());
    let counts = match (counted, result.failed) {
        (Some(passed), Some(failed)) if failed > 0 => format!(" ({failed} of {})", passed.saturating_add(failed)),
        (Some(passed), Some(_) | None) => format!(" ({passed})"),
        (None, _) => String::new(),
    };
    ui.paint(paint, &format!("{symbol} {}{counts}", result.status.name()))
}

/// How the suite took a value, as documents have it.
fn value_result(commit: &ResultCommit) -> ValueResult {
    let ResultCommit { id, result, time } = commit;
    ValueResult {
        status: result.status,
        url: result.url.clone(),
        commit: id.to_string(),
        finished_at: result.finished_at.clone().unwrap_or_else(|| rfc3339(*time)),
        passed: result.passed,
        failed: result.failed,
    }
}

/// The newest state commit of a resource.
fn newest(
    repo: &gix::Repository,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<StateCommit>, String> {
    first(repo, resource, pattern, shallow, |_| true)
}

/// The newest state commit of a resource that `is_wanted` takes.
fn first(
    repo: &gix::Repository,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
    is_wanted: impl FnMut(&StateCommit) -> bool,
) -> Result<Option<StateCommit>, String> {
    match first_state(repo, resource.tip(), pattern, shallow, is_wanted) {
        Ok(Recorded::Newest(state)) => Ok(Some(state)),
        Ok(Recorded::Nothing) => Ok(None),
        Ok(Recorded::CutOff) => Err("this shallow clone hides the history; run git fetch --unshallow".to_owned()),
        Err(err) => Err(chain(&err)),
    }
}

/// What finds the state commits of a resource, as far as it can be known without a shell; or why it cannot.
fn history_pattern(resource: &Resource) -> Result<MessagePattern, String> {
    let file = resource.options.as_ref().map_err(ToString::to_string)?;
    Options::parse(&file.text).history_pattern().map_err(|err| err.to_string())
}

/// A moment as the documents have it (RFC 3339).
fn rfc3339(time: gix::date::Time) -> String {
    time.format_or_unix(gix::date::time::format::ISO8601_STRICT)
}

/// A moment as people read it.
fn for_people(time: gix::date::Time) -> String {
    time.format_or_unix(gix::date::time::CustomFormat::new("%Y-%m-%d %H:%M %z"))
}
