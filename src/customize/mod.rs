//! Applying the customization of a resource to a target: by its `actions.sh`, or by copying `custom/` over it; then
//! reading the environment that the suite is to have.
//!
//! Owns the order of things, and the words for what went wrong. Must not print, and must not know where the
//! customization came from; `read` does that.

mod actions;
pub(crate) mod environment;
mod error;
pub(crate) mod originals;
mod overlay;
mod read;
mod scratch;
mod surroundings;
mod variables;

use std::path::Path;

pub(crate) use self::error::CustomizeError;
pub(crate) use self::read::{ReadError, read_fetching, read_worktree};
pub(crate) use self::scratch::{LOCK as SCRATCH_LOCK, is_name_of_scratch};
pub(crate) use self::surroundings::{ActionsFiles, CustomizeEvent, Surroundings};
use crate::core::customization::{Actions, Customization, TargetChange};
use crate::core::variables::VariableChanges;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customized {
    /// One for each file of the overlay, by path.
    pub(crate) changes: Vec<TargetChange>,
    pub(crate) ran_actions: bool,
    pub(crate) variables: VariableChanges,
}

/// Customizes `target`, which has to be there. When it is in place, `custom/env.sh` is read.
///
/// # Errors
///
/// Whatever keeps it from being done wholly; [`CustomizeError::changes`] says what was done before.
pub(crate) fn customize(
    customization: &Customization,
    target: &Path,
    surroundings: &Surroundings<'_>,
    on_event: &mut dyn FnMut(CustomizeEvent),
) -> Result<Customized, CustomizeError> {
    let environment = surroundings.environment;
    let target = scratch::find(&environment.working_directory().join(target))?;
    if scratch::recover(&target)? {
        on_event(CustomizeEvent::TargetRestored(target.clone()));
    }
    let _guard = scratch::lock(&target)?;
    let script = match customization.actions() {
        Actions::Script(script) => Some(script),
        Actions::NotExecutable => {
            on_event(CustomizeEvent::ActionsNotExecutable);
            None
        }
        Actions::None => None,
    };
    let changes = match script {
        Some(script) => actions::run(customization, script, &target, surroundings, on_event)?,
        None => {
            let overlay = customization.overlay()?;
            let plan = overlay::plan(&overlay, &target)?;
            overlay::write(&plan, &target, environment.interrupted())?
        }
    };
    if customization.env().is_some() {
        on_event(CustomizeEvent::ReadingVariables);
    }
    match variables::read(customization, &target, surroundings) {
        Ok(variables) => Ok(Customized { changes, ran_actions: script.is_some(), variables }),
        Err(source) => Err(CustomizeError::Variables { source, changes }),
    }
}

#[cfg(test)]
mod tests;
