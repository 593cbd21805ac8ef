//! What most commands need: the repository, its configuration, and the branches that are meant.
//!
//! Also turns the errors of finding these into errors of a command. Must not print.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::ObjectId;

use crate::cli::SourceArgs;
use crate::core::name::{ResourceName, Selection};
use crate::environment::{Environment, LAYOUT, OPTIONS_PATHS, REMOTE};
use crate::error::{CommandError, chain};
use crate::git::branches::{Branch, BranchError, Source, bring_branches};
use crate::git::commit::CommitError;
use crate::git::commit_writer::WriteError;
use crate::git::config::{Config, ConfigError};
use crate::git::options_file::OptionsPaths;
use crate::git::places::PlacesError;
use crate::git::program::{Git, ProgramError, find_git};
use crate::git::refresh::RefreshError;
use crate::git::repository::{OpenError, Repository};
use crate::git::tracking::fetches_all;
use crate::process;
use crate::resources::{GatherError, Gathered, Resource, gather, read_at};

/// What stands for the local branches where the name of a remote is expected.
pub(crate) const LOCAL: &str = ".";

/// The time limit of one fetch or push.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(600);

/// How to mend a remote that is shallow itself.
const SHALLOW_REMOTE: &str = "bring its history, there: git fetch --unshallow";

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
        let layout = match (args.layout, told(LAYOUT)) {
            (Some(layout), _) => layout.choice(),
            (None, Some(told)) => told.parse().unwrap_or(config.layout),
            (None, None) => config.layout,
        };
        let paths = OptionsPaths::new(&configured, layout, source.clone());
        let paths = paths.map_err(|err| CommandError::usage(err.to_string()))?;
        let git = Git {
            program: find_git(environment.variable("PATH")),
            git_dir: repository.git_dir().to_owned(),
            objects: None,
            directory: directory(&repo, repository.git_dir()),
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
        gather(&self.repository, &self.git, &self.source, &self.paths, &selection, make).map_err(|err| {
            let is_unknown = matches!(err, GatherError::Branches(BranchError::Unmatched { .. }));
            match &self.source {
                Source::Remote(remote) if is_unknown && !fetches_all(&self.repository.local(), remote) => {
                    let bring = bring_branches(&self.repository.local(), remote);
                    CommandError::from(err)
                        .hint(format!("this clone has only some branches of {remote}; bring all: {bring}"))
                }
                Source::Remote(_) | Source::Local => err.into(),
            }
        })
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

    /// The resource as a commit has it, whether that still is on its branch or not. Where files lie on the default
    /// branch, they are the present ones, unless the commit is one of the default branch.
    pub(crate) fn resource_at(
        &self,
        repository: &Repository,
        name: &str,
        commit: ObjectId,
    ) -> Result<Resource, CommandError> {
        let own_name = ResourceName::of_existing(name.to_owned());
        let branch = Branch { name: own_name, reference: commit.to_string(), tip: commit };
        match read_at(repository, &self.git, branch, &self.paths) {
            Ok(resource) => Ok(resource),
            Err(GatherError::NotAResource { places, .. }) => {
                Err(CommandError::usage(format!("{commit} is no commit of {name}: {places}"))
                    .hint(format!("see the state commits: git spread-cron log {name}")))
            }
            Err(err) => Err(err.into()),
        }
    }
}

/// Where git stands when it runs by itself: at the top of the work tree, or in a bare repository.
fn directory(repo: &gix::Repository, git_dir: &Path) -> PathBuf {
    let top = repo.workdir().and_then(|top| top.canonicalize().ok());
    top.unwrap_or_else(|| git_dir.to_owned())
}

/// Takes so many signals as a wish that the work looks at; the next one gets its own way.
pub(crate) fn listen_for_signals(heeded: usize) -> Result<(), CommandError> {
    process::listen_for_signals(heeded).map_err(|err| CommandError::cannot("cannot listen for signals").because(err))
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
            OpenError::RefStorage { .. }
            | OpenError::Extension { .. }
            | OpenError::Refused { .. }
            | OpenError::Path(..) => "cannot work in this repository".to_owned(),
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
                    ProgramError::ShallowRemote(_) => SHALLOW_REMOTE.to_owned(),
                    ProgramError::Start(_)
                    | ProgramError::Capture(..)
                    | ProgramError::Interrupted(_)
                    | ProgramError::Killed(..)
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
            BranchError::LegacyRemote { name, .. } => {
                let name = shell_words::quote(&name);
                CommandError::cannot(text)
                    .hint(format!("bring it into the configuration: git remote rename {name} {name}"))
            }
            BranchError::PackedRefs { .. } => {
                CommandError::cannot(text).hint("take the line out, and check the repository: git fsck")
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
            GatherError::NotAResource { .. } => {
                CommandError::usage(err.to_string()).hint("make it one: git spread-cron add, or commit an options file")
            }
            GatherError::SwitchedOff { ref name, .. } => CommandError::usage(err.to_string())
                .hint(format!("switch it on: git spread-cron add {}", shell_words::quote(name))),
            GatherError::Places(PlacesError::NoDefaultBranch(ref remote)) => {
                let hint = match remote.as_deref().map(shell_words::quote) {
                    Some(remote) => format!(
                        "bring it: git remote set-branches {remote} '*' && git fetch {remote} && git remote set-head {remote} --auto"
                    ),
                    None => {
                        "create a branch main, or choose another layout: git config spread-cron.layout auto".to_owned()
                    }
                };
                CommandError::cannot(err.to_string()).hint(hint)
            }
            GatherError::Places(PlacesError::Tree(err)) => CommandError::cannot("cannot read the default branch")
                .because(err)
                .hint("check the repository: git fsck"),
        }
    }
}

impl From<WriteError> for CommandError {
    fn from(err: WriteError) -> Self {
        let hint = match &err {
            WriteError::NoIdentity(_) => "set it: git config user.name NAME and git config user.email ADDRESS",
            WriteError::Refused(..) | WriteError::Unreadable(_) => {
                "check user.name, user.email and the dates; see what git has: git var GIT_AUTHOR_IDENT, git var GIT_COMMITTER_IDENT"
            }
            WriteError::SigningSettings(_) | WriteError::Sign(_) => {
                "check user.signingKey, gpg.format and the signing program, or unset commit.gpgSign"
            }
            WriteError::Write(_) | WriteError::Read(_) => "check the repository: git fsck",
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
