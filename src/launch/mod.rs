//! A launch: export a resource, get the target, customize it, start spread, read its report.
//!
//! Owns the order of the stages, and that every launch which has a workspace leaves a `result.json` there, however it ends.
//! What happens meanwhile goes out through a callback.

mod added_files;
pub(crate) mod artifacts;
mod error;
mod event;
mod junit_files;
mod leftovers;
pub(crate) mod machines;
mod output;
mod request;
mod saved_environment;
mod spread;
mod started;
pub(crate) mod target;
mod tested;
pub(crate) mod workspace;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gix::objs::tree::EntryKind;

pub(crate) use self::error::{LaunchError, SuiteError};
pub(crate) use self::event::LaunchEvent;
pub(crate) use self::leftovers::{discard_leftovers, has_leftovers};
pub(crate) use self::request::LaunchRequest;
use self::spread::{Launcher, SuiteEnd};
use self::target::{CloneCommands, Getter, MirrorState};
use self::workspace::{Workspace, WorkspaceError};
use crate::core::documents::{LaunchReport, Stage, VERSION};
use crate::core::launch::{AddedFile, Course, LaunchStep, steps};
use crate::core::result::{Status, TaskResults, Tested};
use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::core::variables::VariableChanges;
use crate::customize::environment::for_children;
use crate::customize::{ActionsFiles, Surroundings};
use crate::environment::Environment;
use crate::error::chain;
use crate::git::tree::backfill;
use crate::git::tree::{self, Extent, TreeEntry, TreeError};
use crate::process::Signals;

/// The files of a commit, and the way that a launch of it goes.
pub(crate) fn survey(request: &LaunchRequest<'_>) -> Result<(Vec<TreeEntry>, Course), TreeError> {
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
    let changes = VariableChanges::default();
    let outcome = Stages { request, workspace, signals, mirror: None, changes }.run(on_event);
    report.finished_at = now(request);
    let done = match outcome {
        Ok(SuiteEnd { program, judgement, spread, target }) => {
            report.tested = Tested { spread: Some(spread), target, ..report.tested };
            report.status = judgement.status;
            report.stage = (!judgement.status.is_verdict()).then_some(Stage::Launch);
            report.error = judgement.error.map(|error| format!("{program} {error}"));
            report.tasks = judgement.tasks;
            report.excerpts = judgement.excerpts;
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
    added_files::remove(&request.files, workspace.root());
    let report = report.without(&request.secrets);
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
        tested: Tested {
            files: Some(request.commit.to_string()),
            selection: request.partial.clone(),
            ..Tested::default()
        },
        excerpts: Vec::new(),
    }
}

fn blame(report: &mut LaunchReport, stage: Stage, error: &(dyn std::error::Error + 'static)) {
    report.stage = Some(stage);
    report.error = Some(crate::core::value::printable(chain(error).as_bytes()));
}

fn now(request: &LaunchRequest<'_>) -> String {
    (request.environment.now())().format_or_unix(gix::date::time::format::ISO8601_STRICT)
}

/// The steps of a launch, one after the other.
struct Stages<'a> {
    request: &'a LaunchRequest<'a>,
    workspace: &'a Workspace,
    signals: &'a Signals,
    /// What the steps before found out.
    mirror: Option<(PathBuf, MirrorState)>,
    changes: VariableChanges,
}

impl Stages<'_> {
    fn run(&mut self, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Result<SuiteEnd, LaunchError> {
        let request = self.request;
        self.workspace.forget_result()?;
        discard_leftovers(request.environment, &request.spread, self.workspace, on_event)
            .map_err(|(source, by_hand)| LaunchError::Machines { source, by_hand })?;
        let (entries, course) = survey(request)?;
        for step in steps(&request.step_settings(&course, self.workspace.root())) {
            let stage = stage_of(&step);
            // A signal between two stages; during a stage it is for the stage to notice.
            if stage != Stage::Export && (request.environment.interrupted())() {
                return Err(LaunchError::Interrupted(stage));
            }
            match &step {
                LaunchStep::Export => {
                    self.workspace.clear()?;
                    on_event(LaunchEvent::Exporting);
                    tree::unpack(request.repository, request.git, &entries, self.workspace.root())?;
                }
                LaunchStep::AddFile { source, path } => {
                    added_files::add(source, path).map_err(|err| LaunchError::AddFile(source.clone(), err))?;
                }
                LaunchStep::MoveTarget { from, to } => {
                    fs::rename(from, to).map_err(|err| LaunchError::MoveTarget(from.clone(), err))?;
                }
                LaunchStep::UpdateMirror { mirror, commands } => {
                    let environment = for_children(request.environment);
                    let state = self.getter(&environment).update_mirror(request.target, mirror, commands, on_event)?;
                    self.mirror = Some((mirror.clone(), state));
                }
                LaunchStep::Clone { folder, commands, without_mirror } => {
                    let environment = for_children(request.environment);
                    let commands = CloneCommands { folder, with_mirror: commands, without_mirror };
                    let mirror = self.mirror.as_ref().map(|(mirror, state)| (mirror.as_path(), *state));
                    self.getter(&environment).clone(request.target, &commands, mirror, on_event)?;
                }
                LaunchStep::Customize { target } => self.changes = self.customize(target, on_event)?,
                LaunchStep::RunSuite { folder, words, selection } => {
                    return Ok(self.launcher().run_suite(folder, words, selection, on_event)?);
                }
                LaunchStep::RunChecks { folder, arguments } => {
                    return Ok(self.launcher().run_checks(folder, arguments, on_event)?);
                }
            }
        }
        Err(SuiteError::Empty.into())
    }

    fn getter<'g>(&'g self, environment: &'g [(OsString, OsString)]) -> Getter<'g> {
        Getter {
            environment,
            lock: self.workspace.lock(),
            time_limit: self.request.time_limit,
            progress: self.request.progress,
            may_prompt: self.request.git.may_prompt,
            interrupted: self.request.environment.interrupted(),
        }
    }

    fn customize(
        &self,
        target: &Path,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<VariableChanges, LaunchError> {
        let request = self.request;
        on_event(LaunchEvent::Customizing);
        let LaunchRequest { repository, git, launched, folder, .. } = *request;
        let mut customization = crate::customize::read_fetching(repository, git, &launched.resource, folder)?;
        // `actions.sh` works in a copy of these files.
        for AddedFile { source, name } in &request.files {
            let data = fs::read(source).map_err(|err| LaunchError::AddFile(source.clone(), err))?;
            let kind = TreeFileKind::File { executable: false };
            customization.files.push(TreeFile { path: name.clone(), kind, data });
        }
        let told = request.launched.variables();
        let surroundings = Surroundings {
            environment: request.environment,
            shell: request.shell,
            told: &told,
            files: ActionsFiles::Beside(self.workspace.lock()),
        };
        let customized = crate::customize::customize(&customization, target, &surroundings, &mut |event| {
            on_event(LaunchEvent::Customize(event));
        })?;
        on_event(LaunchEvent::Customized(&customized));
        Ok(customized.variables)
    }

    fn launcher(&self) -> Launcher<'_> {
        let caller = for_children(self.request.environment);
        let environment = spread::environment(caller, &self.changes, self.request.launched);
        let deadline = self.request.launch_timeout.and_then(|limit| Instant::now().checked_add(limit));
        Launcher { request: self.request, workspace: self.workspace, signals: self.signals, environment, deadline }
    }
}

fn stage_of(step: &LaunchStep) -> Stage {
    match step {
        LaunchStep::Export | LaunchStep::AddFile { .. } | LaunchStep::MoveTarget { .. } => Stage::Export,
        LaunchStep::UpdateMirror { .. } | LaunchStep::Clone { .. } => Stage::Clone,
        LaunchStep::Customize { .. } => Stage::Customize,
        LaunchStep::RunSuite { .. } | LaunchStep::RunChecks { .. } => Stage::Launch,
    }
}

/// Where the workspaces and mirrors of the user lie.
pub(crate) fn cache_folder(environment: &Environment) -> Option<PathBuf> {
    let absolute = |name| environment.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(cache.join("git-spread-cron"))
}
