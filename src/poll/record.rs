//! The changes of a poll: what has to be committed, and what to report of it.

use gix::ObjectId;

use super::PollSettings;
use crate::core::authorship::state_message;
use crate::core::documents::{Outcome, PolledResource};
use crate::error::chain;
use crate::git::branches::{self, Branch};
use crate::git::history::tree_of;
use crate::git::repository::Repository;
use crate::git::transaction::Wanted;
use crate::resources::{Resource, read_options};

/// A value that has to be recorded.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) resource: Resource,
    /// The subject of the state commit.
    pub(super) subject: String,
    /// What to report once it is recorded.
    pub(super) report: PolledResource,
}

impl Change {
    /// The report of a change that is recorded, or that a dry run leaves unrecorded.
    pub(super) fn into_report(mut self, commit: Option<ObjectId>) -> PolledResource {
        self.report.commit = commit.map(|commit| commit.to_string());
        self.report
    }

    /// The report of a change that could not be recorded.
    pub(super) fn into_failure(mut self, reason: String) -> PolledResource {
        self.report.outcome = Outcome::Failed;
        self.report.error = Some(reason);
        self.report
    }

    /// The state commit: the tree of the tip, and the tip its only parent.
    pub(super) fn wanted(self) -> Wanted<Change> {
        let Branch { name, reference, tip } = &self.resource.branch;
        Wanted {
            reference: format!("refs/heads/{name}"),
            shown_by: reference.clone(),
            tip: *tip,
            tree: self.resource.tip().data.and_then(tree_of),
            messages: vec![state_message(&self.subject)],
            item: self,
        }
    }
}

/// Reads a resource whose branch another process moved.
pub(super) fn read_again(
    repository: &Repository,
    settings: &PollSettings,
    resource: &Resource,
) -> Result<Resource, String> {
    let branch = &resource.branch;
    let tip = match branches::tip(&repository.local(), &branch.reference) {
        Ok(Some(tip)) => tip,
        Ok(None) => return Err("the branch was deleted while it was polled".to_owned()),
        Err(err) => return Err(chain(&err)),
    };
    let branches = [Branch { tip, ..branch.clone() }];
    match read_options(repository, &settings.git, &branches, &settings.paths, |_, resource| resource) {
        Ok(read) => {
            read.into_iter().flatten().next().ok_or("the branch lost its options while it was polled".to_owned())
        }
        Err(err) => Err(chain(&err)),
    }
}
