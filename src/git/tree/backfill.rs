//! Fetching the objects that a partial clone left out.

use std::collections::HashSet;

use gix::ObjectId;

use super::TreeError;
use crate::git::fetch;
use crate::git::program::{Git, ProgramError};
use crate::git::repository::{OpenError, Repository};

/// Why objects that were left out cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackfillError {
    #[error("this partial clone does not have object {0}, and it cannot be fetched")]
    Fetch(ObjectId, #[source] ProgramError),
    #[error(transparent)]
    Reopen(#[from] OpenError),
}

/// Does `work`, which says what it lacks, and does it again after each fetch of these objects: until it lacks nothing, or
/// nothing that was not asked for before. Gives the repository as it is after the last fetch.
///
/// In a repository that is no partial clone `work` is done once.
///
/// # Errors
///
/// The objects cannot be fetched. What `work` came to last then stands.
pub(crate) fn backfill(
    repository: &Repository,
    git: &Git,
    mut work: impl FnMut(&Repository) -> Vec<ObjectId>,
) -> Result<Option<Repository>, BackfillError> {
    let mut asked: HashSet<ObjectId> = HashSet::new();
    let mut fetched = None;
    loop {
        let current = fetched.as_ref().unwrap_or(repository);
        let lacking = work(current);
        let lacking: Vec<ObjectId> = lacking.into_iter().filter(|id| asked.insert(*id)).collect();
        let Some(first) = lacking.first() else { return Ok(fetched) };
        let Some(promisor) = fetch::promisor(&current.local()) else { return Ok(fetched) };
        fetch::missing_objects(git, &promisor, &lacking).map_err(|err| BackfillError::Fetch(*first, err))?;
        fetched = Some(repository.reopen()?);
    }
}

/// Reads something of trees, and fetches what a partial clone left out of them.
pub(crate) fn complete<T>(
    repository: &Repository,
    git: &Git,
    read: impl Fn(&gix::Repository) -> Result<T, TreeError>,
) -> Result<T, TreeError> {
    let mut result = Err(TreeError::Interrupted);
    backfill(repository, git, |repository| {
        result = read(&repository.local());
        result.as_ref().err().map(|err| err.missing().to_vec()).unwrap_or_default()
    })?;
    result
}
