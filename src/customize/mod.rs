//! Applying the customization of a resource to a target: by its `actions.sh`, or by copying `custom/` over it; then
//! reading the environment that the suite is to have.
//!
//! Owns the order of things, and the words for what went wrong. Must not print, and must not know where the
//! customization came from; `read` does that.

mod actions;
pub(crate) mod originals;
mod overlay;
mod place;
mod read;

use std::io;
use std::path::{Path, PathBuf};

pub(super) use self::read::options_in;
pub(crate) use self::read::{ReadError, read_fetching, read_worktree};

pub(super) use self::place::{LOCK as SCRATCH_LOCK, is_name_of_scratch};
use crate::core::customization::{Actions, Change, Customization, OverlayError};
use crate::core::exit::ProcessExit;
use crate::core::variables::VariableChanges;
use crate::environment::Environment;
use crate::extract::Shell;
use crate::launch::variables::{self, VariablesError};

/// What a customization runs in.
pub(crate) struct Surroundings<'a> {
    pub(crate) environment: &'a Environment,
    /// For `custom/env.sh`, and for an `actions.sh` that does not name its own.
    pub(crate) shell: &'a Shell,
    /// The variables that both are told.
    pub(crate) told: &'a [(&'a str, Option<&'a str>)],
}

/// What somebody should know while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An earlier customization was killed, and its target has been put back.
    TargetRestored(PathBuf),
    /// `actions.sh` has to reach the target through a link, so that the folder above it is the real one.
    CannotMove { target: PathBuf, reason: String },
    /// There is an `actions.sh`, which is taken for a file like others.
    ActionsNotExecutable,
    /// `actions.sh` is about to run.
    RunningActions,
    /// `custom/env.sh` is about to be read.
    ReadingVariables,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customized {
    /// One for each file of the overlay, by path.
    pub(crate) changes: Vec<Change>,
    pub(crate) ran_actions: bool,
    pub(crate) variables: VariableChanges,
}

/// Why a target is not, or not wholly, customized.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CustomizeError {
    #[error(transparent)]
    Overlay(#[from] OverlayError),
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("cannot use {} as a target", .0.display())]
    Target(PathBuf, #[source] io::Error),
    #[error("another customization, or an actions.sh that it left running, is at work on {}", .0.display())]
    Busy(PathBuf),
    #[error("{} is there again, but an interrupted actions.sh left the target in {}", target.display(), moved.display())]
    TwoTargets { target: PathBuf, moved: PathBuf },
    #[error("{0} of the target is a symbolic link, through which nothing is written")]
    ParentIsLink(String),
    #[error("custom/{0} is a file, but a folder of the target is in its place")]
    FolderInTheWay(String),
    #[error("custom/{path} cannot be copied: {way} of the target is not a folder")]
    FileInTheWay { path: String, way: String },
    #[error("cannot look at {path} of the target")]
    Look {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot write {path} of the target")]
    Write {
        path: String,
        changes: Vec<Change>,
        #[source]
        source: io::Error,
    },
    #[error("cannot {operation} for actions.sh")]
    Scratch {
        operation: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("cannot run actions.sh")]
    Start(#[source] io::Error),
    #[error("actions.sh ended with {ending}")]
    Actions { ending: ProcessExit, changes: Vec<Change> },
    #[error("interrupted")]
    Interrupted { changes: Vec<Change> },
    #[error("actions.sh took the target away; what it left is in {}", .0.display())]
    TargetGone(PathBuf),
    #[error("cannot put {} back to where it was; it lies in {}", target.display(), moved.display())]
    NotRestored {
        target: PathBuf,
        moved: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the files are in place, but the environment of the suite is not known")]
    Variables {
        #[source]
        source: VariablesError,
        /// The files are in place nevertheless.
        changes: Vec<Change>,
    },
}

impl CustomizeError {
    /// What was done before.
    pub(crate) fn changes(&self) -> &[Change] {
        match self {
            CustomizeError::Write { changes, .. }
            | CustomizeError::Actions { changes, .. }
            | CustomizeError::Interrupted { changes }
            | CustomizeError::Variables { changes, .. } => changes,
            CustomizeError::Overlay(_)
            | CustomizeError::NotAFolder(_)
            | CustomizeError::Target(..)
            | CustomizeError::Busy(_)
            | CustomizeError::TwoTargets { .. }
            | CustomizeError::ParentIsLink(_)
            | CustomizeError::FolderInTheWay(_)
            | CustomizeError::FileInTheWay { .. }
            | CustomizeError::Look { .. }
            | CustomizeError::Scratch { .. }
            | CustomizeError::Start(_)
            | CustomizeError::TargetGone(_)
            | CustomizeError::NotRestored { .. } => &[],
        }
    }

    /// Whether a signal is the reason.
    pub(crate) fn is_interrupt(&self) -> bool {
        match self {
            CustomizeError::Interrupted { .. }
            | CustomizeError::Variables { source: VariablesError::Interrupted, .. } => true,
            CustomizeError::Overlay(_)
            | CustomizeError::NotAFolder(_)
            | CustomizeError::Target(..)
            | CustomizeError::Busy(_)
            | CustomizeError::TwoTargets { .. }
            | CustomizeError::ParentIsLink(_)
            | CustomizeError::FolderInTheWay(_)
            | CustomizeError::FileInTheWay { .. }
            | CustomizeError::Look { .. }
            | CustomizeError::Write { .. }
            | CustomizeError::Scratch { .. }
            | CustomizeError::Start(_)
            | CustomizeError::Actions { .. }
            | CustomizeError::TargetGone(_)
            | CustomizeError::NotRestored { .. }
            | CustomizeError::Variables { .. } => false,
        }
    }
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
    on_event: &mut dyn FnMut(Event),
) -> Result<Customized, CustomizeError> {
    let environment = surroundings.environment;
    let target = place::find(&environment.working_directory().join(target))?;
    if place::recover(&target)? {
        on_event(Event::TargetRestored(target.clone()));
    }
    let _guard = place::lock(&target)?;
    let script = match customization.actions() {
        Actions::Script(script) => Some(script),
        Actions::NotExecutable => {
            on_event(Event::ActionsNotExecutable);
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
        on_event(Event::ReadingVariables);
    }
    match variables::read(customization, &target, surroundings) {
        Ok(variables) => Ok(Customized { changes, ran_actions: script.is_some(), variables }),
        Err(source) => Err(CustomizeError::Variables { source, changes }),
    }
}

#[cfg(test)]
mod tests;
