//! `git spread-cron run`: launch the suite for a state commit.

mod all_pending;
mod choice;
mod discard;
mod dry_run;
mod need;
mod paths;

mod show;
mod value_check;

use std::path::Path;
use std::time::Duration;

use self::choice::{Chosen, ChosenFiles, choose, shell};
use self::dry_run::print_steps;
use self::paths::{
    Log, explain, forget_earlier, out_folder, prepare_out, require_apart, require_outside, workspace_folder,
};
use self::show::{finish, show_event, show_kept};
use super::notices::warn_removed_lock;
use super::recording::record_launch;
use crate::cli::RunArgs;
use crate::context::{Context, listen_for_signals};
use crate::core::documents::LaunchReport;
use crate::core::launch::AddedFile;
use crate::core::layout::Layout;
use crate::core::secrets::Secrets;
use crate::core::target::GitProgress;
use crate::core::value::printable;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::extract::Shell;
use crate::git::bring::{bring_default, lacks_default};
use crate::git::tracking::Tracking;
use crate::github::GithubStep;
use crate::launch::artifacts::Out;
use crate::launch::target::mirror_of;
use crate::launch::workspace::Workspace;
use crate::launch::{LaunchError, LaunchEvent, LaunchRequest, cache_folder, launch, not_launched};
use crate::process::Signals;
use crate::resources::layout;
use crate::ui::Ui;

/// With what GitHub Actions lets a step tell about itself. The suite is not to tell anything in our name.
const COMMAND_FILES: [&str; 5] = ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE"];

/// The time limit of one command of git that gets the target.
const TARGET_TIMEOUT: Duration = Duration::from_secs(3600);

pub(super) fn run(args: &RunArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    if args.pending {
        return all_pending::run(args, environment, ui);
    }
    let mut step = GithubStep::begin(args, environment, ui)?;
    let environment = &match args.github.github {
        true => environment.without(&COMMAND_FILES),
        false => environment.clone(),
    };
    let ended = match (args.names.as_slice(), args.discard) {
        ([_, second, ..], _) => Err(CommandError::usage(format!("unexpected {second:?}: one resource is launched"))
            .hint("launch everything that waits: git spread-cron run --pending")),
        (_, true) => discard::run(args, environment, ui),
        (_, false) => run_suite(args, environment, &mut step, ui),
    };
    step.finish(args, ended, ui)
}

fn run_suite(
    args: &RunArgs,
    environment: &Environment,
    step: &mut GithubStep,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    require_apart(args, environment)?;
    // Opening it may block: until it is open, a signal ends the command as usual.
    let log = Log::open(args, environment)?;
    // The first signal asks for a clean end, the second one for a quick one, the third one gets its own way.
    listen_for_signals(2)?;
    if let Some(workspace) = &args.workspace {
        require_outside(args, environment, &environment.working_directory().join(workspace))?;
    }
    let out = out_folder(args, environment);
    match decide(args, environment, ui) {
        Ok(RunDecision::Launch(task)) => task.run(args, environment, log, step, ui),
        Ok(RunDecision::Nothing(reason)) => {
            step.nothing(&reason);
            ui.status(&format!("Nothing to launch: {reason}"));
            Ok(Exit::Success)
        }
        Err(error) => {
            forget_earlier(out.as_deref(), ui);
            Err(error)
        }
    }
}

/// What there is to do.
enum RunDecision {
    Launch(Box<Task>),
    /// Nothing, and why.
    Nothing(String),
}

/// What is launched, and from where.
struct Task {
    context: Context,
    shell: Shell,
    chosen: Chosen,
}

fn decide(args: &RunArgs, environment: &Environment, ui: &mut Ui) -> Result<RunDecision, CommandError> {
    let mut context = Context::new(environment, &args.source)?;
    if !args.dry_run {
        bring_files(&mut context, ui)?;
    }
    let last = match args.if_pending.then(|| need::last(args, &context)).transpose()? {
        Some(None) => return Ok(RunDecision::Nothing(format!("nothing was recorded for {} yet.", args.resource()))),
        Some(Some(state)) => Some(state),
        None => None,
    };
    let shell = shell(&context, environment)?;
    let chosen = choose(args, &context, environment, &shell)?;
    match last.and_then(|last| need::reason_against(&chosen, &last, args.retry)) {
        Some(reason) => Ok(RunDecision::Nothing(reason)),
        None => Ok(RunDecision::Launch(Box::new(Task { context, shell, chosen }))),
    }
}

/// Fetches the default branch, if the files of resources lie there, or may do so.
fn bring_files(context: &mut Context, ui: &mut Ui) -> Result<(), CommandError> {
    let Some(remote) = context.source.remote().map(str::to_owned) else { return Ok(()) };
    let is_lacking = lacks_default(&context.repository, &remote);
    if !is_lacking && layout(&context.repository, &context.git, &context.paths)? == Layout::Branch {
        return Ok(());
    }
    match bring_default(&context.repository, &context.git, &remote) {
        Ok(Some(brought)) => {
            brought.removed.iter().for_each(|path| warn_removed_lock(path, ui));
            context.repository = brought.repository;
            Ok(())
        }
        Ok(None) => Ok(()),
        // A branch that holds its own files needs nothing else; one that does not is refused when they are read.
        Err(err) if is_lacking => {
            let reason = printable(chain(&err).as_bytes());
            ui.detail(&format!("The default branch is not in this clone: {reason}"));
            Ok(())
        }
        Err(err) => {
            let reason = printable(chain(&err).as_bytes());
            ui.warning(&format!("the files of the resource are as they were fetched last: {reason}"));
            Ok(())
        }
    }
}

impl Task {
    fn run(
        mut self,
        args: &RunArgs,
        environment: &Environment,
        mut log: Log,
        step: &mut GithubStep,
        ui: &mut Ui,
    ) -> Result<Exit, CommandError> {
        let Task { context, shell, chosen } = &self;
        let folder = workspace_folder(args, environment, &context.repository, &chosen.name)?;
        let mirror = cache_folder(environment).map(|cache| mirror_of(&chosen.target.url, &cache.join("mirrors")));
        let progress = match environment.terminals().stderr && !ui.is_quiet() {
            true => GitProgress::Shown,
            false => GitProgress::Hidden,
        };
        let secrets = secrets(args, environment)?;
        let request = LaunchRequest {
            repository: &context.repository,
            git: &context.git,
            environment,
            shell,
            launched: &chosen.launched,
            commit: chosen.commit,
            folder: chosen.folder,
            directory: &chosen.directory,
            target: &chosen.target,
            mirror,
            spread: chosen.spread.clone(),
            selection: args.spread_args.clone(),
            partial: chosen.selection.clone(),
            files: added_files(args, environment),
            junit: chosen.junit.clone(),
            secrets: secrets.clone(),
            launch_timeout: chosen.launch_timeout,
            attempts: chosen.attempts,
            grace: args.grace,
            time_limit: args.network_timeout.or(context.config.network_timeout).unwrap_or(TARGET_TIMEOUT),
            progress,
            url: args.url.clone(),
        };
        if args.dry_run {
            step.nothing("a dry run");
            return print_steps(&request, &folder, &args.source, ui);
        }
        require_outside(args, environment, &folder)?;
        let out = out_folder(args, environment).map(|out| prepare_out(&out)).transpose()?;
        let kept = out.as_ref().map(Out::log).transpose().map_err(|err| CommandError::cannot(chain(&err)))?;
        log.begin(kept, &secrets, ui);
        let signals = Signals::new(environment.interrupted(), environment.forget_interrupt());
        step.launching(&chosen.launched, ui)?;
        let workspace = match Workspace::take(&folder) {
            Ok(workspace) => workspace,
            Err(err) => {
                let report = not_launched(&request, &err);
                leave_result(out.as_ref(), &report, ui);
                step.ended(&report, ui);
                return Err(explain(err));
            }
        };
        self.warn(ui);
        let (name, value) = (&chosen.name, &chosen.launched.value);
        ui.status(&format!("Launching {name} ({value}) in {}.", workspace.root().display()));
        let mut outputs = Vec::new();
        let (mut report, done) = launch(&request, &workspace, &signals, &mut |event| {
            if let LaunchEvent::WillLeave { attempt, outputs: left } = &event {
                outputs.push((*attempt, (*left).clone()));
            }
            if let LaunchEvent::Stopping(_) = &event {
                step.stopping();
            }
            show_event(event, &mut log, ui);
        });
        log.end(ui);
        ui.flush();
        if chosen.can_move && !args.no_check && report.status.is_verdict() && signals.count() == 0 {
            self.check_value(args, environment, &mut report, ui);
            if report.tested.value_after.is_some()
                && let Err(err) = workspace.write_result(&report.document())
            {
                ui.warning(&chain(&err));
            }
        }
        leave_result(out.as_ref(), &report, ui);
        step.ended(&report, ui);
        // A signal that ended the launch must not keep its result from being recorded; the next one may.
        signals.count();
        let recorded = args.record.then(|| {
            self.context.git.time_limit = args.network_timeout.unwrap_or(self.context.git.time_limit);
            record_launch(&self.context, environment, &report, ui)
        });
        if let Some(out) = &out {
            show_kept(&out.keep(&outputs, &secrets, &environment.interrupted()), &out.logs(), ui);
        }
        conclude(&report, done, recorded, &workspace, ui)
    }

    /// Notes the value that the resource has by now, if that is another one.
    fn check_value(&self, args: &RunArgs, environment: &Environment, report: &mut LaunchReport, ui: &mut Ui) {
        let name = &self.chosen.launched.resource;
        match value_check::present_value(name, &args.source, environment) {
            Ok(Some(value)) if value != report.value => {
                ui.status(&format!("The value of {name} has moved to {} meanwhile.", printable(value.as_bytes())));
                report.tested.value_after = Some(value);
            }
            Ok(_) => {}
            Err(err) => ui.warning(&format!("cannot look whether the value has moved meanwhile: {}", chain(&err))),
        }
    }

    fn warn(&self, ui: &mut Ui) {
        let Task { context, chosen, .. } = self;
        let name = &chosen.name;
        match chosen.files {
            ChosenFiles::Same => {}
            ChosenFiles::Older => {
                let reference = Tracking::of(&context.repository.local(), &context.source).reference_of(name.as_str());
                let reference = reference.strip_prefix("refs/remotes/").or(reference.strip_prefix("refs/heads/"));
                let now = format!("--files tip, or --commit {}", reference.unwrap_or_default());
                ui.warning(&format!(
                    "{name} has changed since this state commit, and is launched as it was then; as it is now: {now}"
                ));
            }
            ChosenFiles::Mended => {
                let commit = chosen.commit.to_hex_with_len(12);
                ui.status(&format!("Using the files of {name} as they are now ({commit}), not as they were then."));
            }
        }
        if let Some(selection) = &chosen.selection {
            ui.status(&format!("Only a part of the suite runs: {selection}. Its result says nothing of the whole."));
        }
        if chosen.hides_old_value {
            ui.warning("this shallow clone hides the value before; see it with: git fetch --unshallow");
        }
    }
}

/// What `--file` adds to the files of the resource.
fn added_files(args: &RunArgs, environment: &Environment) -> Vec<AddedFile> {
    let source = |path: &Path| environment.working_directory().join(path);
    args.added_files.iter().map(|(name, path)| AddedFile { source: source(path), name: name.clone() }).collect()
}

/// What must not be kept: the files of `--file`, and the variables of `--secret-env` that are set.
fn secrets(args: &RunArgs, environment: &Environment) -> Result<Secrets, CommandError> {
    let mut values = Vec::new();
    for AddedFile { source, .. } in added_files(args, environment) {
        values.push(std::fs::read(&source).map_err(|err| {
            CommandError::cannot(format!("cannot read {}", source.display()))
                .because(err)
                .hint("name a file that can be read: --file NAME=PATH")
        })?);
    }
    let variables = args.secret_env.iter().filter_map(|name| environment.variable(name));
    values.extend(variables.map(|value| value.as_encoded_bytes().to_vec()));
    Ok(Secrets::new(values.iter().map(Vec::as_slice)))
}

/// Writes the result to the folder of `--out`.
fn leave_result(out: Option<&Out>, report: &LaunchReport, ui: &mut Ui) {
    if let Some(Err(err)) = out.map(|out| out.write_result(&report.document())) {
        ui.warning(&chain(&err));
    }
}

/// Says how the launch ended, and how recording that did.
fn conclude(
    report: &LaunchReport,
    done: Result<(), LaunchError>,
    recorded: Option<Result<Exit, CommandError>>,
    workspace: &Workspace,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let file = workspace.result_file();
    let ended = finish(report, done, &file, ui);
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
            let file = shell_words::quote(&file.to_string_lossy()).into_owned();
            error.exit = Exit::CannotWork;
            Err(error.hint(format!("record it later: git spread-cron result --from {file}")))
        }
    }
}
