//! What a launch would do, as lines that a person can paste.

use std::path::Path;

use super::paths::explain;
use crate::cli::SourceArgs;
use crate::core::launch::{StepPrinter, WorkspaceState, steps};
use crate::error::{CommandError, Exit, chain};
use crate::launch::workspace::{LOCK, is_used};
use crate::launch::{LaunchRequest, survey};
use crate::ui::Ui;

/// Prints what a launch would do, one line for each step.
pub(super) fn print_steps(
    request: &LaunchRequest<'_>,
    workspace: &Path,
    source: &SourceArgs,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let (_, course) =
        survey(request).map_err(|err| CommandError::cannot(chain(&err)).hint("check the repository: git fsck"))?;
    let steps = steps(&request.step_settings(&course, workspace));
    let state = match is_used(workspace).map_err(explain)? {
        true => WorkspaceState::Used,
        false => WorkspaceState::Empty,
    };
    let printer = StepPrinter {
        launched: request.launched,
        commit: &request.commit.to_string(),
        git_dir: request.repository.git_dir(),
        workspace,
        state,
        marker: LOCK,
        source: &source_options(source),
    };
    printer.lines(&steps).iter().for_each(|line| ui.line(line));
    Ok(Exit::Success)
}

/// The options with which another command takes the same branches.
pub(super) fn source_options(source: &SourceArgs) -> Vec<String> {
    let mut options = Vec::new();
    options.extend(source.remote.as_ref().map(|remote| format!("--remote={remote}")));
    options.extend(source.local.then(|| "--local".to_owned()));
    options.extend(source.options_path.iter().map(|path| format!("--options-path={path}")));
    options
}
