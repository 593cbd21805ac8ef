//! Running `actions.sh` in a scratch folder that holds the files of the resource directory and the target.

use std::path::Path;
use std::process::Command;

use super::environment::with_told;
use super::error::CustomizeError;
use super::overlay::{Present, compare, observe};
use super::scratch::{self, Moved};
use super::surroundings::{CustomizeEvent, Surroundings};
use crate::core::customization::{ACTIONS, Change, Customization};
use crate::core::exit::ProcessExit;
use crate::core::tree_file::TreeFile;
use crate::files;
use crate::launch::script::{self, Finished, Setting};

/// Runs the script, and says what became of the paths of the overlay.
pub(super) fn run(
    customization: &Customization,
    script: &TreeFile,
    target: &Path,
    surroundings: &Surroundings<'_>,
    on_event: &mut dyn FnMut(CustomizeEvent),
) -> Result<Vec<Change>, CustomizeError> {
    let files = customization.files.as_slice();
    let before = observe(files, target)?;
    let environment = with_told(surroundings.environment, surroundings.told);
    let interrupted = surroundings.environment.interrupted();
    let may_prompt = surroundings.environment.terminals().stdin;
    let finished = match Moved::prepare(target, files)? {
        Ok(moved) => {
            on_event(CustomizeEvent::RunningActions);
            let work = moved.work();
            let setting = Setting {
                folder: &work,
                environment: &environment,
                lock: Some(moved.lock()),
                time_limit: None,
                may_prompt,
                interrupted,
            };
            let finished = script::run(command(script, &work, surroundings), &setting);
            moved.restore()?;
            finished
        }
        Err(reason) => {
            on_event(CustomizeEvent::CannotMove { target: target.to_owned(), reason });
            let cannot = |source| CustomizeError::Scratch { operation: "create a scratch folder", source };
            let folder = files::temporary(surroundings.environment.variable("TMPDIR")).map_err(cannot)?;
            scratch::link(folder.path(), target, files)?;
            on_event(CustomizeEvent::RunningActions);
            let setting = Setting {
                folder: folder.path(),
                environment: &environment,
                lock: None,
                time_limit: None,
                may_prompt,
                interrupted,
            };
            let finished = script::run(command(script, folder.path(), surroundings), &setting);
            // What is left is removed with the temporary folder, as well as it goes.
            let _ = files::remove(folder.path());
            finished
        }
    };
    let changes = changes(&before, &observe(files, target)?);
    match finished.map_err(CustomizeError::Start)? {
        Finished::Ended(ProcessExit::Status(0)) => Ok(changes),
        Finished::Ended(ending) => Err(CustomizeError::Actions { ending, changes }),
        Finished::Interrupted | Finished::TimedOut => Err(CustomizeError::Interrupted { changes }),
    }
}

/// A file that names no interpreter is for the shell.
fn command(script: &TreeFile, work: &Path, surroundings: &Surroundings<'_>) -> Command {
    let path = work.join(ACTIONS);
    if script.data.starts_with(b"#!") || script.data.starts_with(b"\x7fELF") {
        return Command::new(path);
    }
    let mut command = Command::new(surroundings.shell.path());
    command.arg(path);
    command
}

fn changes(before: &[(&str, Present)], after: &[(&str, Present)]) -> Vec<Change> {
    let change = |((path, before), (_, after)): (&(&str, Present), &(&str, Present))| {
        compare(before, after).map(|kind| Change { path: (*path).to_owned(), kind })
    };
    before.iter().zip(after).filter_map(change).collect()
}
