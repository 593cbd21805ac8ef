//! What a launch would do, as lines that a person can paste.

use std::path::Path;

use super::paths::explain;
use crate::cli::SourceArgs;
use crate::core::launch::{Course, Plan};
use crate::core::spread::command::{Abilities, CommandLine};
use crate::core::target::{clone, create_mirror, update_mirror};
use crate::error::{CommandError, Exit, chain};
use crate::launch::target::mirror_of;
use crate::launch::workspace::{LOCK, is_used};
use crate::launch::{LaunchRequest, survey};
use crate::ui::Ui;

/// Prints what a launch would do, one line for each step.
pub(super) fn print_plan(
    request: &LaunchRequest<'_>,
    workspace: &Path,
    source: &SourceArgs,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let (_, course) =
        survey(request).map_err(|err| CommandError::cannot(chain(&err)).hint("check the repository: git fsck"))?;
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
