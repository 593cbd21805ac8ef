//! The changes of a poll: what has to be committed, and what to report of it.

use std::time::Duration;

use gix::ObjectId;

use super::PollSettings;
use super::outcome::{Conclusion, PolledResource};
use crate::core::authorship::state_message;
use crate::core::message::Message;
use crate::core::value::Value;
use crate::git::branches::{self, Branch, BranchError};
use crate::git::history::{StateCommit, tree_of};
use crate::git::repository::Repository;
use crate::git::transaction::Wanted;
use crate::resources::{GatherError, Resource, read_options};

/// A value that has to be recorded.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) resource: Resource,
    pub(super) message: Message,
    pub(super) value: Value,
    /// What was recorded before.
    pub(super) recorded: Option<StateCommit>,
    /// How long the extractor ran.
    pub(super) duration: Duration,
}

/// Why a resource cannot be read again after another process moved its branch.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadAgainError {
    #[error("the branch was deleted while it was polled")]
    Deleted,
    #[error("the branch lost its options while it was polled")]
    NoOptions,
    #[error(transparent)]
    Branch(#[from] BranchError),
    #[error(transparent)]
    Gather(#[from] GatherError),
}

impl Change {
    /// The change as it was recorded, or as a dry run leaves it: without a commit.
    pub(super) fn recorded_by(self, commit: Option<ObjectId>) -> PolledResource {
        let value = self.value.clone();
        self.concluded(Conclusion::New { value, commit })
    }

    /// The change, which could not be recorded.
    pub(super) fn failed(self, reason: String) -> PolledResource {
        let value = Some(self.value.clone());
        self.concluded(Conclusion::Failed { reason, value })
    }

    fn concluded(self, conclusion: Conclusion) -> PolledResource {
        let Change { resource, message, recorded, duration, .. } = self;
        let Branch { name, reference, .. } = resource.branch;
        PolledResource { name, reference, message: Some(message), recorded, conclusion, duration }
    }

    /// The state commit: the tree of the tip, and the tip its only parent.
    pub(super) fn wanted(self) -> Wanted<Change> {
        let Branch { name, reference, tip } = &self.resource.branch;
        Wanted {
            reference: format!("refs/heads/{name}"),
            shown_by: reference.clone(),
            tip: *tip,
            tree: self.resource.tip().data.and_then(tree_of),
            messages: vec![state_message(&self.message.subject(&self.value))],
            item: self,
        }
    }
}

/// Reads a resource whose branch another process moved.
pub(super) fn read_again(
    repository: &Repository,
    settings: &PollSettings,
    resource: &Resource,
) -> Result<Resource, ReadAgainError> {
    let branch = &resource.branch;
    let tip = branches::tip(&repository.local(), &branch.reference)?.ok_or(ReadAgainError::Deleted)?;
    let branches = [Branch { tip, ..branch.clone() }];
    let read = read_options(repository, &settings.git, &branches, &settings.paths, |_, resource| resource)?;
    read.into_iter().flatten().next().ok_or(ReadAgainError::NoOptions)
}
