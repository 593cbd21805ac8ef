//! Why a launch did not get to its end.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::machines::MachinesError;
use super::workspace::WorkspaceError;
use crate::core::documents::Stage;
use crate::core::target::blames_remote;
use crate::customize::{CustomizeError, ReadError};
use crate::git::tree::TreeError;
use crate::process::ProcessError;

/// Why a launch did not get to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LaunchError {
    #[error("interrupted")]
    Interrupted(Stage),
    #[error("machines of an earlier run are left")]
    Machines { source: MachinesError, by_hand: String },
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    #[error(transparent)]
    Export(#[from] TreeError),
    #[error("cannot put {} beside the files of the resource", .0.display())]
    MoveTarget(PathBuf, #[source] io::Error),
    #[error("cannot add the file {} to those of the resource", .0.display())]
    AddFile(PathBuf, #[source] io::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Customize(#[from] CustomizeError),
    #[error(transparent)]
    Spread(#[from] SuiteError),
}

impl LaunchError {
    /// Where it happened.
    pub(crate) fn stage(&self) -> Stage {
        match self {
            LaunchError::Interrupted(stage) => *stage,
            LaunchError::Machines { .. }
            | LaunchError::Workspace(_)
            | LaunchError::Export(_)
            | LaunchError::MoveTarget(..)
            | LaunchError::AddFile(..) => Stage::Export,
            LaunchError::Target(_) => Stage::Clone,
            LaunchError::Read(_) | LaunchError::Customize(_) => Stage::Customize,
            LaunchError::Spread(_) => Stage::Launch,
        }
    }
}

/// Why there is no target.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error("{0}")]
    Git(String),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("cannot create {}", .0.display())]
    Create(PathBuf, #[source] io::Error),
    #[error("cannot lock {}", .0.display())]
    Lock(PathBuf, #[source] io::Error),
    #[error("another run was at work on {} for longer than {limit:?}", .mirror.display())]
    Busy { mirror: PathBuf, limit: Duration },
    #[error("cannot remove {}", .0.display())]
    Remove(PathBuf, #[source] io::Error),
    #[error("interrupted")]
    Interrupted,
}

impl TargetError {
    /// Whether trying again in another way could help.
    pub(super) fn is_final(&self) -> bool {
        match self {
            TargetError::Interrupted
            | TargetError::Process(
                ProcessError::Interrupted(_)
                | ProcessError::Start(..)
                | ProcessError::TimedOut(..)
                | ProcessError::TooMuchOutput(_),
            ) => true,
            TargetError::Git(complaint) => blames_remote(complaint),
            TargetError::Process(ProcessError::Watch(..))
            | TargetError::Create(..)
            | TargetError::Lock(..)
            | TargetError::Busy { .. }
            | TargetError::Remove(..) => false,
        }
    }
}

/// Why nothing was launched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SuiteError {
    #[error("cannot find {0}")]
    NotFound(String),
    #[error("cannot start {0}")]
    Start(String, #[source] io::Error),
    #[error("cannot start {0}")]
    Ask(String, #[source] ProcessError),
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    #[error("spread -reuse keeps its machines, and nothing would discard them")]
    KeepsMachines,
    #[error("the command line of the suite is empty")]
    Empty,
}
