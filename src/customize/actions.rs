//! Running `actions.sh` in a scratch folder that holds the files of the resource directory and the target.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use super::environment::with_told;
use super::error::CustomizeError;
use super::overlay::{Present, compare, observe};
use super::scratch::{self, Moved};
use super::surroundings::{ActionsFiles, CustomizeEvent, Surroundings};
use crate::core::customization::{ACTIONS, Customization, TargetChange};
use crate::core::tree_file::TreeFile;
use crate::files;
use crate::process::{self, Captured, Membership, ProcessError, Run};

/// Runs the script, and says what became of the paths of the overlay.
pub(super) fn run(
    customization: &Customization,
    script: &TreeFile,
    target: &Path,
    surroundings: &Surroundings<'_>,
    on_event: &mut dyn FnMut(CustomizeEvent),
) -> Result<Vec<TargetChange>, CustomizeError> {
    let files = customization.files.as_slice();
    let before = observe(files, target)?;
    let environment = with_told(surroundings.environment, surroundings.told);
    let interrupted = surroundings.environment.interrupted();
    // A terminal asks for a password only in the group of the command itself.
    let membership = if surroundings.environment.terminals().stdin { Membership::Ours } else { Membership::Own };
    let execute = |folder: &Path, stdin: Option<&File>| {
        let how = Run { membership, stdin, ..Run::script(ACTIONS, None, &interrupted) };
        process::run(&mut command(script, folder, surroundings, &environment), &how)
    };
    let finished = match surroundings.files {
        ActionsFiles::Beside(lock) => {
            on_event(CustomizeEvent::RunningActions);
            let finished = execute(target.parent().unwrap_or(target), Some(lock));
            if !target.is_dir() {
                return Err(CustomizeError::TargetGone(target.parent().unwrap_or(target).to_owned()));
            }
            finished
        }
        ActionsFiles::Written => match Moved::prepare(target, files)? {
            Ok(moved) => {
                on_event(CustomizeEvent::RunningActions);
                let finished = execute(&moved.work(), Some(moved.lock()));
                moved.restore()?;
                finished
            }
            Err(reason) => {
                on_event(CustomizeEvent::CannotMove { target: target.to_owned(), reason });
                let cannot = |source| CustomizeError::Scratch { operation: "create a scratch folder", source };
                let folder = files::temporary(surroundings.environment.variable("TMPDIR")).map_err(cannot)?;
                scratch::link(folder.path(), target, files)?;
                on_event(CustomizeEvent::RunningActions);
                let finished = execute(folder.path(), None);
                // What is left is removed with the temporary folder, as well as it goes.
                let _ = files::remove(folder.path());
                finished
            }
        },
    };
    let changes = changes(&before, &observe(files, target)?);
    match finished {
        Ok(Captured { status, .. }) if status.success() => Ok(changes),
        Ok(Captured { status, .. }) => Err(CustomizeError::Actions { ending: status.into(), changes }),
        Err(ProcessError::Interrupted(_)) => Err(CustomizeError::Interrupted { changes }),
        Err(err) => Err(CustomizeError::Start(err)),
    }
}

/// A file that names no interpreter is for the shell.
fn command(
    script: &TreeFile,
    work: &Path,
    surroundings: &Surroundings<'_>,
    environment: &[(OsString, OsString)],
) -> Command {
    let path = work.join(ACTIONS);
    let mut command = if script.data.starts_with(b"#!") || script.data.starts_with(b"\x7fELF") {
        Command::new(path)
    } else {
        let mut command = Command::new(surroundings.shell.path());
        command.arg(path);
        command
    };
    command.current_dir(work).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

fn changes(before: &[(&str, Present)], after: &[(&str, Present)]) -> Vec<TargetChange> {
    let change = |((path, before), (_, after)): (&(&str, Present), &(&str, Present))| {
        compare(before, after).map(|kind| TargetChange { path: (*path).to_owned(), kind })
    };
    before.iter().zip(after).filter_map(change).collect()
}
