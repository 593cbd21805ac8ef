//! Recording changes: their commits, what has to happen to the branches, and finding those again that lost a race.

use gix::ObjectId;

use super::PollSettings;
use crate::core::documents::{Outcome, PolledResource};
use crate::error::chain;
use crate::git::branches::{self, Branch};
use crate::git::history::{self, shallow_boundary};
use crate::git::record::{CommitWriter, RecordError};
use crate::git::repository::Repository;
use crate::git::update::Update;
use crate::resources::{Resource, read_options};

/// A value that has to be recorded.
#[derive(Debug)]
pub(super) struct Change {
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
}

/// A change whose state commit is written, and that no branch points to yet.
pub(super) struct Pending {
    pub(super) resource: Resource,
    pub(super) change: Change,
    pub(super) commit: ObjectId,
}

impl Pending {
    /// What has to happen to the branch.
    pub(super) fn update(&self) -> Update {
        let Resource { branch, .. } = &self.resource;
        Update { branch: branch.name.to_string(), old: Some(branch.tip), new: self.commit }
    }
}

/// Writes the state commits of changes, one after the other: threads that create files in one folder only stand in each
/// other's way.
pub(super) fn write_commits(
    repository: &Repository,
    writer: &CommitWriter,
    changes: &[(Resource, Change)],
) -> Vec<Result<ObjectId, RecordError>> {
    let repo = repository.local();
    let write = |(resource, change): &(Resource, Change)| writer.write_state(&repo, resource.tip(), &change.subject);
    changes.iter().map(write).collect()
}

/// What became of a branch that somebody else moved.
pub(super) enum FoundAgain {
    /// The state commit lies in its history: it had landed before somebody else moved on.
    Recorded,
    /// It stands elsewhere, and is still a resource.
    Moved(Box<Resource>),
    /// It cannot be polled any more.
    Failed(String),
}

/// Looks for a branch again.
pub(super) fn find_again(
    repository: &Repository,
    settings: &PollSettings,
    resource: &Resource,
    commit: ObjectId,
) -> FoundAgain {
    let repo = repository.local();
    let branch = &resource.branch;
    let tip = match branches::tip(&repo, &branch.reference) {
        Ok(Some(tip)) => tip,
        Ok(None) => return FoundAgain::Failed("the branch was deleted while it was polled".to_owned()),
        Err(err) => return FoundAgain::Failed(chain(&err)),
    };
    match history::contains(&repo, tip, commit, branch.tip, &shallow_boundary(&repo)) {
        Ok(true) => return FoundAgain::Recorded,
        Ok(false) => {}
        Err(err) => return FoundAgain::Failed(chain(&err)),
    }
    let branches = [Branch { tip, ..branch.clone() }];
    match read_options(repository, &settings.git, &branches, &settings.paths, |_, resource| resource) {
        Ok(read) => match read.into_iter().flatten().next() {
            Some(resource) => FoundAgain::Moved(Box::new(resource)),
            None => FoundAgain::Failed("the branch lost its options while it was polled".to_owned()),
        },
        Err(err) => FoundAgain::Failed(chain(&err)),
    }
}
