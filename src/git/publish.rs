//! Moving references to new commits, where they are: on the remote by a push, or here by a transaction; and clearing up.

use std::path::{Path, PathBuf};

use super::branches::Source;
use super::commit_writer::CommitWriter;
use super::fetch;
use super::journal::{Intent, Journal, JournalError};
use super::local_refs::{follow_remote, update_local};
use super::program::Git;
use super::push::PushTarget;
use super::repository::Repository;
use super::update::{Update, Verdict};
use crate::error::chain;

/// Moves each reference by compare-and-swap, and says what became of each, in the same order; and which lock files of a poll
/// that was killed were removed before.
///
/// # Errors
///
/// Another poll is changing this repository for longer than git may take, or its own note cannot be written.
pub(crate) fn publish(
    repository: &Repository,
    git: &Git,
    source: &Source,
    writer: &CommitWriter,
    updates: &[Update],
    log: &str,
) -> Result<(Vec<Verdict>, Vec<PathBuf>), JournalError> {
    let places = git_directories(repository, source.remote());
    let begin = |intents: &[Intent]| Journal::begin(repository, &places, intents, git.time_limit, git.interrupted);
    match source {
        Source::Local => {
            let intents = locks(repository.common_dir(), updates);
            let (journal, removed) = begin(&intents)?;
            let verdicts = update_local(repository, updates, writer, log);
            journal.finish();
            Ok((verdicts, removed))
        }
        Source::Remote(remote) => {
            let repo = repository.local();
            let mut intents = fetch::intents(repository, remote);
            if let Some(folder) = folder_of_local_remote(&repo, remote) {
                intents.extend(locks(&folder, updates));
            }
            let (journal, removed) = begin(&intents)?;
            let verdicts = match PushTarget::new(git, repository, remote, (intents, places.clone())) {
                Ok(target) => target.push(updates, &journal),
                Err(err) => vec![Verdict::Failed(chain(&err)); updates.len()],
            };
            follow_remote(repository, updates, &verdicts, writer, log);
            journal.finish();
            Ok((verdicts, removed))
        }
    }
}

/// The git directories in which our own git programs make lock files: that of the repository, and that of a remote on this
/// machine.
pub(super) fn git_directories(repository: &Repository, remote: Option<&str>) -> Vec<PathBuf> {
    let own = [repository.common_dir(), repository.git_dir()].map(Path::to_owned);
    let theirs = remote.and_then(|remote| folder_of_local_remote(&repository.local(), remote));
    own.into_iter().chain(theirs).collect()
}

/// The lock files that moving these references may create in a repository.
fn locks(common_dir: &Path, updates: &[Update]) -> Vec<Intent> {
    updates.iter().map(|update| Intent::Lock(common_dir.join(format!("{}.lock", update.reference)))).collect()
}

/// Where a remote lies that is a folder of this machine: there, git's receiving end is killed together with this
/// process, and leaves lock files of its own.
fn folder_of_local_remote(repo: &gix::Repository, remote: &str) -> Option<PathBuf> {
    let found = repo.find_remote(remote).ok()?;
    let url = found.url(gix::remote::Direction::Push).filter(|url| url.scheme == gix::url::Scheme::File)?;
    let folder = gix::path::from_bstr(gix::bstr::BStr::new(&url.path)).ok()?;
    let folder = repo.workdir().unwrap_or(repo.git_dir()).join(folder);
    [folder.clone(), folder.join(".git")].into_iter().find(|folder| folder.join("refs/heads").is_dir())
}
