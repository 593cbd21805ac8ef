//! Bringing the remote-tracking branches up to date, with clearing up and a fresh look at the repository.

use std::path::PathBuf;

use super::backoff::pause_after;
use super::bring::note_default;
use super::fetch;
use super::journal::{Journal, JournalError};
use super::program::{Git, ProgramError};
use super::publish::git_directories;
use super::repository::{OpenError, Repository};

/// How often a fetch is tried before it counts as failed.
const ATTEMPTS: u32 = 4;

/// The repository as it is after a fetch.
pub(crate) struct Refreshed {
    pub(crate) repository: Repository,
    /// The lock files that were removed before, left behind by a poll that was killed.
    pub(crate) removed: Vec<PathBuf>,
}

/// Why the branches are not up to date.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RefreshError {
    #[error("cannot fetch from {0}")]
    Fetch(String, #[source] ProgramError),
    #[error("cannot wait for the other polls of this repository")]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Reopen(#[from] OpenError),
}

/// Fetches all branches, and removes those that are gone.
pub(crate) fn refresh(repository: &Repository, git: &Git, remote: &str) -> Result<Refreshed, RefreshError> {
    let refspecs = fetch::refspecs(&repository.local(), remote);
    let refreshed = get(repository, git, remote, |journal| fetch::fetch(git, remote, &refspecs, journal))?;
    note_default(refreshed, git, remote)
}

/// Fetches the history of some branches, which a shallow clone hides.
pub(crate) fn deepen(
    repository: &Repository,
    git: &Git,
    remote: &str,
    branches: &[&str],
) -> Result<Refreshed, RefreshError> {
    get(repository, git, remote, |journal| fetch::unshallow(git, remote, branches, journal))
}

/// Runs a step that fetches, again after a pause where another try may help, and opens the repository again.
pub(super) fn get(
    repository: &Repository,
    git: &Git,
    remote: &str,
    get: impl Fn(&Journal) -> Result<(), ProgramError>,
) -> Result<Refreshed, RefreshError> {
    let intents = fetch::intents(repository, remote);
    let places = git_directories(repository, Some(remote));
    let (journal, removed) = Journal::begin(repository, &places, &intents, git.time_limit, git.interrupted)?;
    let mut attempt = 1;
    while let Err(err) = get(&journal) {
        if attempt == ATTEMPTS || err.will_last() || (git.interrupted)() {
            // A lock that stopped git is not its own, and not for the next poll to remove.
            if !err.may_leave_locks() {
                journal.finish();
            }
            return Err(RefreshError::Fetch(remote.to_owned(), err));
        }
        pause_after(attempt);
        attempt += 1;
    }
    journal.finish();
    Ok(Refreshed { repository: repository.reopen()?, removed })
}
