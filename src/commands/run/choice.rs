//! What `run` launches: the state commit, its options, and where target and spread come from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::super::notices::untold;
use crate::cli::{FilesChoice, RunArgs};
use crate::context::Context;
use crate::core::attempts::Attempts;
use crate::core::launch::Launched;
use crate::core::message::MessagePattern;
use crate::core::name::ResourceName;
use crate::core::options::{Key, LaunchSettings, Options, Setting, command, normalize};
use crate::core::result::Status;
use crate::core::suite::{SuiteOrigin, selected};
use crate::core::target::{DEFAULT_URL, Target, absolute_url};
use crate::environment::Environment;
use crate::error::{CommandError, chain};
use crate::extract::{ExtractError, Extractors, Shell, clean_environment};
use crate::git::commit::resolve_commit;
use crate::git::history::{StateCommit, Tip, shallow_boundary, states};
use crate::isolate::isolate;
use crate::resources::Resource;
use crate::states::first;

/// How long the options may take to be read by a shell.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The command line of spread if none is set.
const DEFAULT_SPREAD: [&str; 2] = ["spread", "-v"];

/// What is launched.
pub(super) struct Chosen {
    pub(super) name: ResourceName,
    pub(super) launched: Launched,
    /// The commit whose tree is launched.
    pub(super) commit: ObjectId,
    /// The tree of the folder of the resource.
    pub(super) folder: ObjectId,
    /// The folder of the resource, relative to the tree.
    pub(super) directory: PathBuf,
    pub(super) target: Target,
    /// The words of spread's command line.
    pub(super) spread: Vec<String>,
    /// What was selected by hand, if not everything runs.
    pub(super) selection: Option<String>,
    /// Which files in the target hold JUnit reports.
    pub(super) junit: Option<String>,
    pub(super) attempts: Attempts,
    /// How long the suite may take.
    pub(super) launch_timeout: Option<Duration>,
    /// Whether a shallow clone hides the value before.
    pub(super) hides_old_value: bool,
    pub(super) files: ChosenFiles,
    /// Whether a value that differs later means something: not where it changes with time alone.
    pub(super) can_move: bool,
}

/// How the files that are launched differ from others that could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChosenFiles {
    Same,
    /// The resource has other files by now.
    Older,
    /// The state commit had other files.
    Mended,
}

/// Which files a launch uses: those that belong to the value, unless they have not got it through its launch.
fn choose_files(asked: Option<FilesChoice>, launched: &StateCommit) -> FilesChoice {
    asked.unwrap_or_else(|| match launched.result().map(|commit| commit.result.status) {
        Some(Status::Failed | Status::InfraError) => FilesChoice::Tip,
        Some(Status::Passed | Status::Cancelled) | None => FilesChoice::State,
    })
}

/// State commits, the one that is launched first.
struct States {
    launched: StateCommit,
    before: Option<StateCommit>,
    /// Whether a shallow clone hides the one before.
    cut_off: bool,
}

/// Finds the newest state commit of the resource, or the one that is named, and reads the options in its tree.
pub(super) fn choose(
    args: &RunArgs,
    context: &Context,
    environment: &Environment,
    shell: &Shell,
) -> Result<Chosen, CommandError> {
    let name = args.resource();
    let present = context.resource(name)?;
    let chooser = Chooser { context, environment, shell, name };
    let (resource, states) = match (&args.commit, &args.value) {
        (Some(text), _) => chooser.named(text)?,
        (None, Some(value)) => chooser.with_value(&present, value)?,
        (None, None) => chooser.newest(present.clone())?,
    };
    let has_changed = files_of(&resource) != files_of(&present);
    // Another commit than a state commit is named for its files.
    let is_state = states.launched.id == resource.branch.tip;
    let (resource, files) = match choose_files(args.files, &states.launched) {
        FilesChoice::Tip if is_state || args.files.is_some() => {
            (present, if has_changed { ChosenFiles::Mended } else { ChosenFiles::Same })
        }
        FilesChoice::State | FilesChoice::Tip if has_changed && args.commit.is_none() => (resource, ChosenFiles::Older),
        FilesChoice::State | FilesChoice::Tip => (resource, ChosenFiles::Same),
    };
    let options = chooser.options(&resource)?;
    let state = &states.launched;
    let repo = context.repository.local();
    let launched = Launched {
        resource: name.to_owned(),
        commit: state.id.to_string(),
        message: state.message.clone(),
        value: state.value.clone(),
        old_value: states.before.as_ref().map(|state| state.value.clone()),
    };
    let can_move = !Options::parse(&options).follow_time(&options);
    let settings = chooser.settings(&options)?;
    let target = Target {
        url: settings
            .target_repo
            .or_else(|| context.config.target.clone())
            .map_or_else(|| DEFAULT_URL.to_owned(), |url| absolute_url(&url, base(&repo))),
        reference: settings.target_ref,
    };
    let directory = PathBuf::from(resource.origin.folder());
    let folder =
        resource.options.as_ref().map(|file| file.folder).map_err(|err| chooser.bad_options(err.to_string()))?;
    let (spread, origin) = chooser.spread(settings.spread)?;
    let selection = selected(&spread, &args.spread_args, origin);
    let hides_old_value = states.before.is_none() && states.cut_off;
    let (name, commit) = (resource.branch.name, resource.origin.commit);
    let (junit, launch_timeout) = (settings.junit, settings.launch_timeout);
    let attempts = Attempts { most: args.attempts.unwrap_or(settings.attempts), max_failed: settings.max_failed };
    Ok(Chosen {
        name,
        launched,
        commit,
        folder,
        directory,
        target,
        spread,
        selection,
        junit,
        attempts,
        launch_timeout,
        hides_old_value,
        files,
        can_move,
    })
}

struct Chooser<'a> {
    context: &'a Context,
    environment: &'a Environment,
    shell: &'a Shell,
    name: &'a str,
}

impl Chooser<'_> {
    /// The newest state commit, the one before it, and the resource as it was then.
    fn newest(&self, tip: Resource) -> Result<(Resource, States), CommandError> {
        let name = self.name;
        let pattern = self.pattern(&tip)?;
        let states = self.states(tip.branch.tip, &pattern)?.map_err(|cut_off| match cut_off {
            true => CommandError::cannot(format!("this shallow clone hides the state commits of {name}"))
                .hint("see them with: git fetch --unshallow"),
            false => CommandError::cannot(format!("nothing was recorded for {name} yet"))
                .hint(format!("record its value: git spread-cron poll {name}")),
        })?;
        let newest = states.launched.id;
        // Options that changed since belong to the next value.
        let resource = if newest == tip.branch.tip {
            tip
        } else {
            self.context.resource_at(&self.context.repository, name, newest)?
        };
        Ok((resource, states))
    }

    /// The newest state commit with a value.
    fn with_value(&self, tip: &Resource, value: &str) -> Result<(Resource, States), CommandError> {
        let name = self.name;
        let repo = self.context.repository.local();
        let pattern = self.pattern(tip)?;
        let found = first(&repo, tip, &pattern, &shallow_boundary(&repo), |state| state.value == value)
            .map_err(|reason| untold(name, reason))?;
        let state = found.ok_or_else(|| {
            CommandError::usage(format!("no state commit of {name} has the value {value:?}"))
                .hint(format!("see the values: git spread-cron log {name}"))
        })?;
        let resource = self.context.resource_at(&self.context.repository, name, state.id)?;
        match self.states(state.id, &pattern)? {
            Ok(states) => Ok((resource, states)),
            Err(_) => Err(CommandError::cannot(format!("the state commit {} cannot be read", state.id))
                .hint("check the repository: git fsck")),
        }
    }

    /// The state commit that is named, the one before it, and the resource as it was then.
    fn named(&self, text: &str) -> Result<(Resource, States), CommandError> {
        let name = self.name;
        let repo = self.context.repository.local();
        let commit = resolve_commit(&repo, text).map_err(|err| {
            CommandError::usage(chain(&err)).hint(format!("see the state commits: git spread-cron log {name}"))
        })?;
        let resource = self.context.resource_at(&self.context.repository, name, commit)?;
        match self.states(commit, &self.pattern(&resource)?)? {
            Ok(states) => Ok((resource, states)),
            Err(_) => Err(CommandError::usage(format!("{text} is no state commit of {name}, and comes after none"))
                .hint(format!("see them with: git spread-cron log {name}"))),
        }
    }

    /// The newest state commit from `tip` on and the one before it; if there is none, whether a shallow clone hides it.
    fn states(&self, tip: ObjectId, pattern: &MessagePattern) -> Result<Result<States, bool>, CommandError> {
        let repo = self.context.repository.local();
        let tip = Tip { id: tip, data: None };
        let (states, cut_off) =
            states(&repo, tip, pattern, &shallow_boundary(&repo), 2).map_err(|err| unreadable_history(&err))?;
        let mut states = states.into_iter();
        let launched = states.next().ok_or(cut_off);
        Ok(launched.map(|launched| States { launched, before: states.next(), cut_off }))
    }

    fn options(&self, resource: &Resource) -> Result<Vec<u8>, CommandError> {
        let file = resource.options.as_ref().map_err(|err| self.bad_options(err.to_string()))?;
        Ok(normalize(&file.text).into_owned())
    }

    /// What finds state commits; a shell is asked where only a shell can know.
    fn pattern(&self, resource: &Resource) -> Result<MessagePattern, CommandError> {
        let text = self.options(resource)?;
        if let Ok(pattern) = Options::parse(&text).history_pattern() {
            return Ok(pattern);
        }
        let settings = self.extractors()?.settings(self.name, &text, TIMEOUT, &self.environment.interrupted());
        let settings = settings.map_err(|err| self.shell_failed(&err))?;
        settings.plan().map(|plan| plan.pattern).map_err(|err| self.bad_options(err.to_string()))
    }

    /// What the options say of a launch; a shell is asked where it has to be.
    fn settings(&self, text: &[u8]) -> Result<LaunchSettings, CommandError> {
        let options = Options::parse(text);
        let keys = Key::OF_LAUNCHES;
        let known = |key: &Key| match options.get(*key) {
            Setting::Absent => Some(Vec::new()),
            Setting::Known(value) => Some(value.to_vec()),
            Setting::NeedsShell(_) => None,
        };
        let texts = match keys.iter().map(known).collect::<Option<Vec<_>>>() {
            Some(texts) => texts,
            None => {
                let texts = self.extractors()?.texts(text, &keys, &self.environment.interrupted());
                texts.map_err(|err| self.shell_failed(&err))?
            }
        };
        let text_of = |key| keys.iter().position(|known| *known == key).map(|at| texts[at].clone()).unwrap_or_default();
        LaunchSettings::new(text_of).map_err(|err| self.bad_options(err.to_string()))
    }

    /// The command line of the suite: as the options say, as git's configuration says, or the usual one.
    fn spread(&self, words: Vec<String>) -> Result<(Vec<String>, SuiteOrigin), CommandError> {
        if !words.is_empty() {
            return Ok((words, SuiteOrigin::Settings));
        }
        let configured = self.context.config.spread.as_deref().unwrap_or_default();
        let words = command(configured.as_bytes()).map_err(|err| {
            CommandError::cannot("cannot use spread-cron.spread")
                .because(err.to_string())
                .hint("see where it is set: git config --show-origin spread-cron.spread")
        })?;
        // What `git -c` says holds for this command alone.
        let parameters = self.environment.config_parameters();
        let is_by_hand = parameters.iter().any(|parameter| {
            let name = parameter.split_str("=").next().unwrap_or_default();
            name.eq_ignore_ascii_case(b"spread-cron.spread")
        });
        let origin = if is_by_hand { SuiteOrigin::ByHand } else { SuiteOrigin::Settings };
        Ok((if words.is_empty() { DEFAULT_SPREAD.map(str::to_owned).to_vec() } else { words }, origin))
    }

    fn extractors(&self) -> Result<Extractors, CommandError> {
        let variables = clean_environment(self.environment.variables(), &self.context.config.pass_env);
        let config = &self.context.config;
        let mode = config.isolation.unwrap_or_default();
        let isolation = isolate(mode, self.shell, &variables, &config.extractor_paths)?;
        Extractors::new(self.shell, variables, isolation).map_err(|err| self.shell_failed(&err))
    }

    fn shell_failed(&self, err: &ExtractError) -> CommandError {
        if matches!(err, ExtractError::Interrupted) {
            return CommandError::interrupted("interrupted");
        }
        self.bad_options(chain(err))
    }

    fn bad_options(&self, reason: String) -> CommandError {
        CommandError::cannot(format!("cannot use the options of {}", self.name))
            .because(reason)
            .hint(format!("check them: git spread-cron lint {}", self.name))
    }
}

/// The shell that reads options and `custom/env.sh`.
pub(super) fn shell(context: &Context, environment: &Environment) -> Result<Shell, CommandError> {
    Shell::find(context.config.shell.as_deref(), environment.variable("PATH")).map_err(|err| {
        CommandError::cannot("cannot read options and custom/env.sh")
            .because(err)
            .hint("name a shell: git config spread-cron.shell PROGRAM")
    })
}

/// The files of a resource, if its options can be read.
fn files_of(resource: &Resource) -> Option<ObjectId> {
    resource.options.as_ref().ok().map(|file| file.folder)
}

fn unreadable_history(err: &crate::git::history::HistoryError) -> CommandError {
    CommandError::cannot(chain(err)).hint("check the repository: git fsck")
}

/// What a local folder is relative to.
fn base(repo: &gix::Repository) -> &Path {
    repo.workdir().unwrap_or(repo.git_dir())
}
