//! `--discard`: get rid of the machines that an earlier run left in the workspace, and do nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use super::choice::{choose, shell};
use super::paths::{Log, explain, workspace_folder};
use super::show::show_event;
use crate::cli::RunArgs;
use crate::context::{Context, listen_for_signals};
use crate::core::name::ResourceName;
use crate::core::time::format_duration;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::launch::workspace::{Workspace, WorkspaceError, is_used};
use crate::launch::{discard_leftovers, has_leftovers};
use crate::ui::Ui;

/// How often to look whether the earlier run has ended.
const TICK: Duration = Duration::from_millis(50);

pub(super) fn run(args: &RunArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    listen_for_signals(1)?;
    let context = Context::new(environment, &args.source)?;
    let name = ResourceName::of_existing(args.resource().to_owned());
    let folder = workspace_folder(args, environment, &context.repository, &name)?;
    if !is_used(&folder).map_err(explain)? {
        ui.status(&format!("No earlier run worked in {}.", folder.display()));
        return Ok(Exit::Success);
    }
    let workspace = wait_for(&folder, args.grace, environment, ui)?;
    if !has_leftovers(&workspace) {
        ui.status(&format!("No machines are left in {}.", workspace.root().display()));
        return Ok(Exit::Success);
    }
    let chosen = choose(args, &context, environment, &shell(&context, environment)?)?;
    let mut log = Log::default();
    let discarded = discard_leftovers(environment, &chosen.spread, &workspace, &mut |event| {
        show_event(event, &mut log, ui);
    });
    discarded.map(|()| Exit::Success).map_err(|(cause, by_hand)| {
        let error = match (environment.interrupted())() {
            true => CommandError::interrupted("interrupted"),
            false => CommandError::cannot(format!("cannot discard what is left of {name}")),
        };
        error.because(cause).hint(format!("discard them: {by_hand}"))
    })
}

/// Takes the workspace. The earlier run may have been killed without its spread, which is clearing up then.
fn wait_for(folder: &Path, grace: Duration, environment: &Environment, ui: &mut Ui) -> Result<Workspace, CommandError> {
    let start = Instant::now();
    let mut said = false;
    loop {
        match Workspace::take(folder) {
            Err(WorkspaceError::Busy(_)) if start.elapsed() < grace => {}
            taken => return taken.map_err(explain),
        }
        if (environment.interrupted())() {
            return Err(CommandError::interrupted("interrupted"));
        }
        if !said {
            let grace = format_duration(grace.as_secs());
            ui.status(&format!("Something is still at work in {}; waiting for it, {grace} at most.", folder.display()));
            said = true;
        }
        std::thread::sleep(TICK);
    }
}
