//! `git spread-cron run`: launch the suite for a state commit.

mod choice;
mod show;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::choice::choose;
use self::show::{Log, finish, show_event};
use super::{Context, listen_for_signals, result};
use crate::cli::{RunArgs, SourceArgs};
use crate::core::launch::{Course, Plan};
use crate::core::name::{ResourceName, short_hash};
use crate::core::spread::command::{Abilities, CommandLine};
use crate::core::target::{Progress, clone, create_mirror, update_mirror};
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::extract::Shell;
use crate::git::repository::Repository;
use crate::git::unpack::Unpacker;
use crate::launch::signals::Signals;
use crate::launch::target::mirror_of;
use crate::launch::workspace::{LOCK, Workspace, WorkspaceError, is_used};
use crate::launch::{Request, cache_folder, launch, survey};
use crate::ui::Ui;

/// The time limit of one command of git that gets the target.
const TARGET_TIMEOUT: Duration = Duration::from_secs(3600);

pub(super) fn run(args: &RunArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    // Opening it may block: until it is open, a signal ends the command as usual.
    let log = args.log.as_deref().filter(|_| !args.dry_run).map(|path| open_log(path, environment)).transpose()?;
    // The first signal asks for a clean end, the second one for a quick one, the third one gets its own way.
    listen_for_signals(2)?;
    if let Some(workspace) = &args.workspace {
        require_log_outside(args, environment, &environment.working_directory().join(workspace))?;
    }
    let mut context = Context::new(environment, &args.source)?;
    let shell = shell(&context, environment)?;
    let chosen = choose(args, &context, environment, &shell)?;
    let workspace = workspace_folder(args, environment, &context.repository, &chosen.name)?;
    let mirrors = cache_folder(environment).map(|cache| cache.join("mirrors"));
    let progress = match environment.terminals().stderr && !ui.is_quiet() {
        true => Progress::Shown,
        false => Progress::Hidden,
    };
    let request = Request {
        repository: &context.repository,
        git: &context.git,
        environment,
        shell: &shell,
        paths: &context.paths,
        launched: &chosen.launched,
        commit: chosen.commit,
        directory: &chosen.directory,
        target: &chosen.target,
        mirrors: mirrors.as_deref(),
        spread: chosen.spread.clone(),
        selection: args.spread_args.clone(),
        grace: args.grace,
        time_limit: args.network_timeout.or(context.config.network_timeout).unwrap_or(TARGET_TIMEOUT),
        progress,
        url: args.url.clone(),
    };
    if args.dry_run {
        return print_plan(&request, &workspace, &args.source, ui);
    }
    require_log_outside(args, environment, &workspace)?;
    let signals = Signals::new(environment);
    let workspace = Workspace::take(&workspace).map_err(explain)?;
    if chosen.has_changed_since {
        let reference = format!("{}{}", context.source.prefix(), chosen.name);
        let reference = reference.strip_prefix("refs/remotes/").or(reference.strip_prefix("refs/heads/"));
        ui.warning(&format!(
            "{} has changed since its newest state commit, and is launched as it was then; as it is now: --commit {}",
            chosen.name,
            reference.unwrap_or_default()
        ));
    }
    if chosen.hides_old_value {
        ui.warning("this shallow clone hides the value before; see it with: git fetch --unshallow");
    }
    let mut log = Log::new(log, args.log.as_deref());
    ui.status(&format!("Launching {} ({}) in {}.", chosen.name, chosen.launched.value, workspace.root().display()));
    let (report, done) = launch(&request, &workspace, &signals, &mut |event| show_event(event, &mut log, ui));
    ui.flush();
    // A signal that ended the launch must not keep its result from being recorded; the next one may.
    signals.count();
    let recorded = args.record.then(|| {
        context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
        result::record_launch(&context, environment, &report, ui)
    });
    let ended = finish(&report, done, &workspace.result_file(), ui);
    match recorded {
        None | Some(Ok(Exit::Success)) => ended,
        Some(Ok(exit)) => {
            if let Err(error) = ended {
                ui.error(&error);
            }
            Ok(exit)
        }
        Some(Err(mut error)) => {
            if let Err(ended) = ended {
                ui.error(&ended);
            }
            let file = workspace.result_file();
            let file = shell_words::quote(&file.to_string_lossy()).into_owned();
            error.exit = Exit::CannotWork;
            Err(error.hint(format!("record it later: git spread-cron result --from {file}")))
        }
    }
}

fn open_log(path: &Path, environment: &Environment) -> Result<File, CommandError> {
    let path = environment.working_directory().join(path);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).open(&path).map_err(|err| {
        CommandError::cannot(format!("cannot write the log {}", path.display()))
            .because(err)
            .hint("name another file: --log FILE")
    })
}

/// The workspace is cleared, and a log in it would be lost.
fn require_log_outside(args: &RunArgs, environment: &Environment, workspace: &Path) -> Result<(), CommandError> {
    let Some(log) = args.log.as_ref().map(|log| environment.working_directory().join(log)) else { return Ok(()) };
    let in_parent = |path: &Path| Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
    let real = |path: &Path| path.canonicalize().ok().or_else(|| in_parent(path)).unwrap_or_else(|| path.to_owned());
    match real(&log).starts_with(real(workspace)) {
        true => Err(CommandError::usage(format!("the log {} lies in the workspace, which is cleared", log.display()))
            .hint("name another file: --log FILE")),
        false => Ok(()),
    }
}

fn shell(context: &Context, environment: &Environment) -> Result<Shell, CommandError> {
    Shell::find(context.config.shell.as_deref(), environment.variable("PATH")).map_err(|err| {
        CommandError::cannot("cannot read options and custom/env.sh")
            .because(err)
            .hint("name a shell: git config spread-cron.shell PROGRAM")
    })
}

fn workspace_folder(
    args: &RunArgs,
    environment: &Environment,
    repository: &Repository,
    name: &ResourceName,
) -> Result<PathBuf, CommandError> {
    if let Some(folder) = &args.workspace {
        return Ok(environment.working_directory().join(folder));
    }
    let cache = cache_folder(environment).ok_or_else(|| {
        CommandError::cannot("there is no place for a workspace: neither XDG_CACHE_HOME nor HOME is set")
            .hint("name a folder: --workspace DIR")
    })?;
    // Resources of other repositories may have the same name.
    let repository = short_hash(&repository.common_dir().to_string_lossy());
    Ok(cache.join("workspaces").join(format!("{}-{repository}", name.slug())))
}

fn explain(err: WorkspaceError) -> CommandError {
    let hint = match &err {
        WorkspaceError::Busy(_) => "wait for it, end it, or work elsewhere: --workspace DIR",
        WorkspaceError::Create(..)
        | WorkspaceError::Look(..)
        | WorkspaceError::Foreign(_)
        | WorkspaceError::NotAFolder(_)
        | WorkspaceError::Lock(..)
        | WorkspaceError::Remove(..)
        | WorkspaceError::Write(..) => "name an empty folder, or one that is not there yet: --workspace DIR",
    };
    CommandError::cannot("cannot take the workspace").because(err).hint(hint)
}

/// Prints what a launch would do, one line for each step.
fn print_plan(request: &Request<'_>, workspace: &Path, source: &SourceArgs, ui: &mut Ui) -> Result<Exit, CommandError> {
    let mut unpacker = Unpacker::new(request.repository, request.git);
    let (_, course) = survey(&mut unpacker, request.commit, request.directory)
        .map_err(|err| CommandError::cannot(chain(&err)).hint("check the repository: git fsck"))?;
    let mut steps = Vec::new();
    if course == Course::Clone {
        let mirror = request.mirrors.map(|mirrors| mirror_of(&request.target.url, mirrors));
        if let Some(mirror) = &mirror {
            steps.extend(create_mirror(mirror));
            steps.push(update_mirror(request.target, mirror, request.progress));
        }
        let folder = workspace.join(crate::core::launch::TARGET);
        steps.extend(clone(request.target, mirror.as_deref(), &folder, request.progress));
    }
    // Nothing is started, so nobody can say whether this spread writes a report.
    let abilities = Abilities::unknown();
    let command = match (&course, CommandLine::parse(&request.spread, &abilities)) {
        (Course::OwnTarget(_) | Course::Clone, Some(mut line)) => {
            line.select(&request.selection, &abilities);
            line.invocation(&abilities, Path::new(""), Path::new(""), Path::new("")).words
        }
        (Course::RunChecks | Course::OwnTarget(_) | Course::Clone, _) => {
            request.selection.iter().map(Into::into).collect()
        }
    };
    let plan = Plan {
        launched: request.launched,
        course: &course,
        commit: &request.commit.to_string(),
        git_dir: request.repository.git_dir(),
        workspace,
        is_used: is_used(workspace).map_err(explain)?,
        marker: LOCK,
        directory: request.directory,
        source: &source_options(source),
        steps: &steps,
        command: &command,
    };
    plan.lines().iter().for_each(|line| ui.line(line));
    Ok(Exit::Success)
}

/// The options with which another command takes the same branches.
fn source_options(source: &SourceArgs) -> Vec<String> {
    let mut options = Vec::new();
    options.extend(source.remote.as_ref().map(|remote| format!("--remote={remote}")));
    options.extend(source.local.then(|| "--local".to_owned()));
    options.extend(source.options_path.iter().map(|path| format!("--options-path={path}")));
    options
}
