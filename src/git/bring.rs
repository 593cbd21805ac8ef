//! Bringing the default branch of a remote into a clone that lacks it, or has an old one.
//!
//! The files of resources may lie there, and a clone of a single branch does not have it.

use super::branches::{Source, default_branch};
use super::fetch::{self, Depth};
use super::program::Git;
use super::refresh::{RefreshError, Refreshed, get};
use super::repository::Repository;
use super::tracking::fetches_all;

/// Fetches the default branch. None if the remote has none.
///
/// # Errors
///
/// The remote does not answer, or the branch cannot be fetched.
pub(crate) fn bring_default(
    repository: &Repository,
    git: &Git,
    remote: &str,
) -> Result<Option<Refreshed>, RefreshError> {
    let repo = repository.local();
    let known = default_branch(&repo, &Source::Remote(remote.to_owned()));
    let Some(name) = (match &known {
        Some(known) => Some(known.name.clone()),
        None => fetch::remote_head(git, remote).map_err(|err| RefreshError::Fetch(remote.to_owned(), err))?,
    }) else {
        return Ok(None);
    };
    // Where the history is not needed, it is not brought.
    let depth = if known.is_none() && repo.is_shallow().unwrap_or(false) { Depth::One } else { Depth::Whole };
    get(repository, git, remote, |journal| {
        fetch::fetch_branch(git, remote, &name, depth, journal)?;
        if known.is_none() { fetch::set_head(git, remote, &name, journal) } else { Ok(()) }
    })
    .map(Some)
}

/// Notes which branch is the default one, where a fetch of all branches does not tell.
pub(super) fn note_default(refreshed: Refreshed, git: &Git, remote: &str) -> Result<Refreshed, RefreshError> {
    if default_branch(&refreshed.repository.local(), &Source::Remote(remote.to_owned())).is_some() {
        return Ok(refreshed);
    }
    // A remote that does not tell has no default branch as far as anything here is concerned.
    let Ok(Some(name)) = fetch::remote_head(git, remote) else { return Ok(refreshed) };
    let noted = get(&refreshed.repository, git, remote, |journal| fetch::set_head(git, remote, &name, journal))?;
    let removed = refreshed.removed.into_iter().chain(noted.removed).collect();
    Ok(Refreshed { repository: noted.repository, removed })
}

/// Whether the default branch may hold what is not known here.
pub(crate) fn lacks_default(repository: &Repository, remote: &str) -> bool {
    let repo = repository.local();
    default_branch(&repo, &Source::Remote(remote.to_owned())).is_none() && !fetches_all(&repo, remote)
}
