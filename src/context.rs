//! What most commands need: the repository, its configuration, and the branches that are meant.
//!
//! Also turns the errors of finding these into errors of a command. Must not print.

use std::ffi::OsStr;
use std::time::Duration;

use gix::ObjectId;

use crate::cli::SourceArgs;
use crate::core::name::{ResourceName, Selection};
use crate::environment::{Environment, OPTIONS_PATHS, REMOTE};
use crate::error::{CommandError, chain};
use crate::git::branches::{Branch, BranchError, Source};
use crate::git::commit::CommitError;
use crate::git::config::{Config, ConfigError};
use crate::git::options_file::OptionsPaths;
use crate::git::program::{Git, ProgramError};
use crate::git::record::RecordError;
use crate::git::refresh::RefreshError;
use crate::git::repository::{OpenError, Repository};
use crate::resources::{GatherError, Gathered, Resource, gather, read_options};

/// What stands for the local branches where the name of a remote is expected.
pub(crate) const LOCAL: &str = ".";

/// The time limit of one fetch or push.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(600);

/// What most commands need: the repository, its configuration, and the branches that are meant.
pub(crate) struct Context {
    pub(crate) repository: Repository,
    pub(crate) config: Config,
    pub(crate) source: Source,
    pub(crate) paths: OptionsPaths,
    pub(crate) git: Git,
}

impl Context {
    pub(crate) fn new(environment: &Environment, args: &SourceArgs) -> Result<Self, CommandError> {
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
    pub(crate) fn gather<T: Send>(
        &self,
        patterns: &[String],
        make: impl Fn(&gix::Repository, Resource) -> T + Sync,
    ) -> Result<Gathered<T>, CommandError> {
        let selection = Selection::new(patterns.to_vec());
        Ok(gather(&self.repository, &self.git, &self.source, &self.paths, &selection, make)?)
    }

    /// Finds the one resource that a command names.
    pub(crate) fn resource(&self, name: &str) -> Result<Resource, CommandError> {
        let gathered = self.gather(&[name.to_owned()], |_, resource| resource)?;
        let found = gathered.resources.into_iter().find(|resource| resource.branch.name.as_str() == name);
        found.ok_or_else(|| {
            CommandError::usage(format!("{name:?} is not the name of one resource"))
                .hint("see what there is: git spread-cron status")
        })
    }

    /// The resource as a commit has it, whether that still is on its branch or not.
    pub(crate) fn resource_at(
        &self,
        repository: &Repository,
        name: &str,
        commit: ObjectId,
    ) -> Result<Resource, CommandError> {
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

/// Takes so many signals as a wish that the work looks at; the next one gets its own way.
pub(crate) fn listen_for_signals(heeded: usize) -> Result<(), CommandError> {
    gix::interrupt::init_handler_default(heeded)
        .map(drop)
        .map_err(|err| CommandError::cannot("cannot listen for signals").because(err))
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
            BranchError::StartPoint(_) => CommandError::cannot("cannot create any branch")
                .because(err)
                .hint("name a branch, a tag, HEAD or a full commit id"),
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

impl From<RecordError> for CommandError {
    fn from(err: RecordError) -> Self {
        let hint = match &err {
            RecordError::NoIdentity(_) => "set it: git config user.name NAME and git config user.email ADDRESS",
            RecordError::Date(..) => "check GIT_AUTHOR_DATE and GIT_COMMITTER_DATE",
            RecordError::SigningSettings(_) | RecordError::Sign(_) => {
                "check user.signingKey, gpg.format and the signing program, or unset commit.gpgSign"
            }
            RecordError::Write(_) | RecordError::Read(_) => "check the repository: git fsck",
        };
        CommandError::cannot("cannot write commits").because(err).hint(hint)
    }
}

impl From<CommitError> for CommandError {
    fn from(err: CommitError) -> Self {
        match err {
            CommitError::Unknown(_) => CommandError::usage(err.to_string())
                .hint("give the name of a branch or tag, or an id of at least four digits: git log"),
            CommitError::Ambiguous(_) => CommandError::usage(err.to_string()).hint("give more of its digits"),
            CommitError::Read(..) => CommandError::cannot(chain(&err)).hint("check the repository: git fsck"),
        }
    }
}
