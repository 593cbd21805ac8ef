//! Declared sources: what is asked for a declaration, asking, and what is taken of the answers.
//!
//! Three steps: [`plan`] is pure and makes a request of a declaration; [`ask`] sends each distinct request once, and is the
//! only place with a socket; [`select`] is pure and takes the value of an answer. Nothing here knows about branches or
//! commits.

mod answers;
mod ask;
mod file;
mod filter;
mod git_protocol;
mod guard;
mod plan;
mod select;
mod settings;

pub(crate) use answers::{Asked, Question, Sources};
pub(crate) use file::{Absence, FileError, read_file};
pub(crate) use filter::{NAME as FILTER_NAME, serve as serve_filters};
pub(crate) use plan::Planned;
pub(crate) use settings::{Proxies, SourceSettings, Texts};

/// Why a source gave no value.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error(transparent)]
    Plan(#[from] plan::PlanError),
    #[error(transparent)]
    Ask(#[from] ask::AskError),
    #[error(transparent)]
    Select(#[from] select::SelectError),
}

impl SourceError {
    /// Whether a signal is the reason.
    pub(crate) fn is_interrupt(&self) -> bool {
        matches!(self, SourceError::Ask(ask::AskError::Interrupted))
    }

    /// Whether only the git program can ask, for it has what is needed.
    pub(crate) fn needs_git(&self) -> bool {
        matches!(self, SourceError::Ask(ask::AskError::NeedsGit))
    }
}
