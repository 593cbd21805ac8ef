//! A launch: export a resource, get the target, customize it, start spread, read its report.
//!
//! Owns the order of the stages, and that every launch which has a workspace leaves a `result.json` there, however it ends.
//! What happens meanwhile goes out through a callback.

pub(crate) mod artifacts;
mod error;
mod event;
pub(crate) mod machines;
mod request;
mod spread;
pub(crate) mod target;
pub(crate) mod workspace;

use std::path::{Path, PathBuf};

use gix::objs::tree::EntryKind;

pub(crate) use self::error::{LaunchError, SuiteError};
pub(crate) use self::event::LaunchEvent;
use self::machines::{Discarder, MachinesError};
pub(crate) use self::request::LaunchRequest;
use self::spread::{Launcher, SuiteEnd};
use self::target::Getter;
use self::workspace::{Workspace, WorkspaceError};
use crate::core::documents::{LaunchReport, Stage, VERSION};
use crate::core::launch::{Course, resource_directory};
use crate::core::result::{Status, TaskResults, Tested};
use crate::core::spread::command::prefix;
use crate::core::variables::VariableChanges;
use crate::customize::Surroundings;
use crate::customize::environment::for_children;
use crate::environment::Environment;
use crate::error::chain;
use crate::git::tree::backfill;
use crate::git::tree::{self, Entry, Extent, TreeError};
use crate::process::Signals;

/// The files of a commit, and the way that a launch of it goes.
pub(crate) fn survey(request: &LaunchRequest<'_>) -> Result<(Vec<Entry>, Course), TreeError> {
    let LaunchRequest { repository, git, commit, directory, .. } = *request;
    let entries = backfill::complete(repository, git, |repo| {
        tree::list(repo, tree::of_commit(repo, commit)?, None, Extent::Everything)
    })?;
    let is_executable = |kind| match kind {
        EntryKind::BlobExecutable | EntryKind::Link => true,
        EntryKind::Blob | EntryKind::Tree | EntryKind::Commit => false,
    };
    let files = entries.iter().filter(|entry| entry.kind != EntryKind::Commit);
    let course = Course::of(files.map(|entry| (entry.path.as_path(), is_executable(entry.kind))), directory);
    Ok((entries, course))
}

/// Goes through all stages, and writes down how that ended.
pub(crate) fn launch(
    request: &LaunchRequest<'_>,
    workspace: &Workspace,
    signals: &Signals,
    on_event: &mut dyn FnMut(LaunchEvent<'_>),
) -> (LaunchReport, Result<(), LaunchError>) {
    let mut report = blank_report(request);
    let outcome = Stages { request, workspace, signals }.run(on_event);
    report.finished_at = now(request);
    let done = match outcome {
        Ok(SuiteEnd { program, judgement }) => {
            report.status = judgement.status;
            report.stage = (!judgement.status.is_verdict()).then_some(Stage::Launch);
            report.error = judgement.error.map(|error| format!("{program} {error}"));
            report.tasks = judgement.tasks;
            Ok(())
        }
        Err(error) => {
            // What was interrupted fails in its own way.
            if signals.count() > 0 {
                report.status = Status::Cancelled;
            }
            blame(&mut report, error.stage(), &error);
            Err(error)
        }
    };
    if let Err(err) = workspace.write_result(&report.document()) {
        on_event(LaunchEvent::ResultNotWritten(err));
    }
    (report, done)
}

/// What there is to say of a launch that did not even get a workspace.
pub(crate) fn not_launched(request: &LaunchRequest<'_>, error: &WorkspaceError) -> LaunchReport {
    let mut report = blank_report(request);
    blame(&mut report, Stage::Export, error);
    report
}

/// The report of a launch that begins now.
fn blank_report(request: &LaunchRequest<'_>) -> LaunchReport {
    let (launched, now) = (request.launched, now(request));
    LaunchReport {
        version: VERSION,
        resource: launched.resource.clone(),
        commit: launched.commit.clone(),
        message: launched.message.clone(),
        value: launched.value.clone(),
        old_value: launched.old_value.clone(),
        status: Status::InfraError,
        stage: None,
        error: None,
        url: request.url.clone(),
        started_at: now.clone(),
        finished_at: now,
        tasks: TaskResults::default(),
        tested: Tested::default(),
    }
}

fn blame(report: &mut LaunchReport, stage: Stage, error: &(dyn std::error::Error + 'static)) {
    report.stage = Some(stage);
    report.error = Some(crate::core::value::printable(chain(error).as_bytes()));
}

fn now(request: &LaunchRequest<'_>) -> String {
    (request.environment.now())().format_or_unix(gix::date::time::format::ISO8601_STRICT)
}

struct Stages<'a> {
    request: &'a LaunchRequest<'a>,
    workspace: &'a Workspace,
    signals: &'a Signals,
}

impl Stages<'_> {
    fn run(&self, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Result<SuiteEnd, LaunchError> {
        let request = self.request;
        self.workspace.forget_result()?;
        discard_leftovers(self.request.environment, &self.request.spread, self.workspace, on_event)
            .map_err(|(source, by_hand)| LaunchError::Machines { source, by_hand })?;
        let course = self.export(on_event)?;
        let root = self.workspace.root();
        let Some(target) = course.target().map(|target| root.join(target)) else {
            self.heed(Stage::Launch)?;
            let mut launcher = self.launcher(&VariableChanges::default());
            return Ok(launcher.run_checks(&resource_directory(root, request.directory), on_event)?);
        };
        match course {
            Course::Clone => self.clone(&target, on_event)?,
            Course::OwnTarget(_) | Course::RunChecks => {}
        }
        self.heed(Stage::Customize)?;
        let changes = self.customize(&target, on_event)?;
        self.heed(Stage::Launch)?;
        Ok(self.launcher(&changes).spread(&target, on_event)?)
    }

    /// A signal between two stages; during a stage it is for the stage to notice.
    fn heed(&self, next: Stage) -> Result<(), LaunchError> {
        if (self.request.environment.interrupted())() { Err(LaunchError::Interrupted(next)) } else { Ok(()) }
    }

    fn export(&self, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Result<Course, LaunchError> {
        self.workspace.clear()?;
        on_event(LaunchEvent::Exporting);
        let LaunchRequest { repository, git, .. } = self.request;
        let (entries, course) = survey(self.request)?;
        tree::unpack(repository, git, &entries, self.workspace.root())?;
        Ok(course)
    }

    fn clone(&self, folder: &Path, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Result<(), LaunchError> {
        let environment = for_children(self.request.environment);
        let getter = Getter {
            environment: &environment,
            lock: self.workspace.lock(),
            time_limit: self.request.time_limit,
            progress: self.request.progress,
            may_prompt: self.request.git.may_prompt,
            interrupted: self.request.environment.interrupted(),
        };
        Ok(getter.get(self.request.target, self.request.mirrors, folder, on_event)?)
    }

    fn customize(
        &self,
        target: &Path,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<VariableChanges, LaunchError> {
        let request = self.request;
        on_event(LaunchEvent::Customizing);
        let (resource, paths) = (&request.launched.resource, request.paths);
        let customization =
            crate::customize::read_fetching(request.repository, request.git, request.commit, resource, paths)?;
        let told = request.launched.variables();
        let surroundings = Surroundings { environment: request.environment, shell: request.shell, told: &told };
        let customized = crate::customize::customize(&customization, target, &surroundings, &mut |event| {
            on_event(LaunchEvent::Customize(event));
        })?;
        on_event(LaunchEvent::Customized(&customized));
        Ok(customized.variables)
    }

    fn launcher(&self, changes: &VariableChanges) -> Launcher<'_> {
        let caller = for_children(self.request.environment);
        let environment = spread::environment(caller, changes, self.request.launched);
        Launcher { request: self.request, workspace: self.workspace, signals: self.signals, environment }
    }
}

/// Whether an earlier run left machines.
pub(crate) fn has_leftovers(workspace: &Workspace) -> bool {
    !machines::left_below(workspace.root()).is_empty()
}

/// A run that was killed may have left machines, which nobody can discard once the workspace is cleared. `spread` is its
/// command line. One machine that resists does not keep the others; the first that does is given back, with what a person
/// types to discard it.
pub(crate) fn discard_leftovers(
    environment: &Environment,
    spread: &[String],
    workspace: &Workspace,
    on_event: &mut dyn FnMut(LaunchEvent<'_>),
) -> Result<(), (MachinesError, String)> {
    let (variables, interrupted) = (for_children(environment), environment.interrupted());
    let prefix = prefix(spread).unwrap_or_default();
    let how = Discarder { prefix, environment: &variables, lock: workspace.lock(), interrupted: &interrupted };
    let mut first = None;
    for machines in machines::left_below(workspace.root()) {
        on_event(LaunchEvent::Discarding(&machines));
        let Err(error) = machines.discard(&how) else { continue };
        let by_hand = machines.by_hand(prefix);
        if first.is_none() {
            first = Some((error, by_hand));
        } else {
            on_event(LaunchEvent::MachinesLeft { error, by_hand: &by_hand });
        }
        if interrupted() {
            break;
        }
    }
    first.map_or(Ok(()), Err)
}

/// Where the workspaces and mirrors of the user lie.
pub(crate) fn cache_folder(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name| environment.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("git-spread-cron"))
}
