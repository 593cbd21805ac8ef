//! Why a target is not, or not wholly, customized.

use std::io;
use std::path::PathBuf;

use super::variables::VariablesError;
use crate::core::customization::{OverlayError, TargetChange};
use crate::core::exit::ProcessExit;
use crate::process::ProcessError;

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
        changes: Vec<TargetChange>,
        #[source]
        source: io::Error,
    },
    #[error("cannot {operation} for actions.sh")]
    Scratch {
        operation: &'static str,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Start(ProcessError),
    #[error("actions.sh ended with {ending}")]
    Actions { ending: ProcessExit, changes: Vec<TargetChange> },
    #[error("interrupted")]
    Interrupted { changes: Vec<TargetChange> },
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
        changes: Vec<TargetChange>,
    },
}

impl CustomizeError {
    /// What was done before.
    pub(crate) fn changes(&self) -> &[TargetChange] {
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
