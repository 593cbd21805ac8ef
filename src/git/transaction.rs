//! The one compare-and-swap: write commits, publish them, learn what became of each, and let those that lost a race be
//! decided again on what the winner left.
//!
//! Decides nothing itself: why a reference moves, and whether it still has to after a lost race, is the business of a
//! [`Work`]. Each reference is on its own: one that fails or loses does not hold up another.

use std::path::PathBuf;

use gix::ObjectId;

use super::backoff::pause_after;
use super::branches::{self, Source};
use super::commit_writer::{CommitWriter, WriteError};
use super::history::{self, shallow_boundary};
use super::program::Git;
use super::publish::publish;
use super::refresh::{RefreshError, refresh};
use super::repository::Repository;
use super::tree;
use super::update::{Update, Verdict};
use crate::error::chain;

/// Commits that a reference has to get.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<T> {
    /// The full name of the reference, where it is published.
    pub(crate) reference: String,
    /// The full name of the reference that shows it in this repository.
    pub(crate) shown_by: String,
    /// Where it has to stand, which is also the parent of the first commit.
    pub(crate) tip: ObjectId,
    /// The tree of all the commits, where it is known already: that of the tip.
    pub(crate) tree: Option<ObjectId>,
    /// The messages of the commits, the first one first.
    pub(crate) messages: Vec<String>,
    /// What the work knows it by.
    pub(crate) item: T,
}

/// How it ended for one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// These commits stand on it, one for each message.
    Recorded(Vec<ObjectId>),
    /// It was deleted meanwhile, and stays so.
    Deleted,
    /// The remote refuses, in its own words.
    Declined(String),
    /// It did not work, and why.
    Failed(String),
    /// Another process was faster each time.
    Outrun,
    /// It lost a race, and an interrupt kept it from being tried again.
    Interrupted,
}

/// What goes on during a transaction.
#[derive(Debug)]
pub(crate) enum Progress {
    /// The commits of so many references are being written and published.
    Recording(usize),
    /// A process that was killed had left this lock file, which is removed.
    RemovedLock(PathBuf),
    /// So many references were moved by another process, and are looked at again.
    LookingAgain(usize),
}

/// Work that goes through a transaction.
pub(crate) trait Work {
    /// What one reference is moved for.
    type Item;

    /// Decides again about items whose references another process moved, in the repository as it is now.
    fn decide_again(&mut self, repository: &Repository, lost: Vec<Self::Item>) -> Vec<Wanted<Self::Item>>;

    /// One item is done with.
    fn ended(&mut self, item: Self::Item, ending: Ending);

    /// Something that a person may want to know.
    fn progress(&mut self, progress: Progress);
}

/// How references are moved.
pub(crate) struct Transaction<'a> {
    pub(crate) source: &'a Source,
    pub(crate) git: &'a Git,
    pub(crate) writer: &'a CommitWriter,
    /// What reflogs say.
    pub(crate) log: &'a str,
    /// How often those that lose a race are decided again.
    pub(crate) most_rounds: u32,
}

/// What one round wrote for one reference.
struct Written<T> {
    wanted: Wanted<T>,
    commits: Vec<ObjectId>,
}

impl<T> Written<T> {
    fn update(&self) -> Update {
        let Wanted { reference, shown_by, tip, .. } = &self.wanted;
        let new = self.commits.last().copied();
        Update { reference: reference.clone(), shown_by: shown_by.clone(), old: Some(*tip), new }
    }
}

impl Transaction<'_> {
    /// Records what is wanted, and what the work decides for those that lose a race, until each item has ended.
    pub(crate) fn run<W: Work>(&self, repository: &Repository, wanted: Vec<Wanted<W::Item>>, work: &mut W) {
        let mut lost = self.round(repository, wanted, work);
        for round in 1.. {
            if lost.is_empty() {
                return;
            }
            let interrupted = (self.git.interrupted)();
            if interrupted || round > self.most_rounds {
                let ending = if interrupted { Ending::Interrupted } else { Ending::Outrun };
                lost.into_iter().for_each(|written| work.ended(written.wanted.item, ending.clone()));
                return;
            }
            work.progress(Progress::LookingAgain(lost.len()));
            pause_after(round);
            lost = match self.look_again(repository, work) {
                Ok(repository) => {
                    let moved = self.sort_out(&repository, lost, work);
                    let wanted = if moved.is_empty() { Vec::new() } else { work.decide_again(&repository, moved) };
                    self.round(&repository, wanted, work)
                }
                Err(err) => {
                    // What was recorded so far has to be reported, so this ends the lost ones alone.
                    let reason = format!("another process moved the branch, and {}", chain(&err));
                    lost.into_iter()
                        .for_each(|written| work.ended(written.wanted.item, Ending::Failed(reason.clone())));
                    return;
                }
            };
        }
    }

    /// Writes and publishes; gives those that lost a race.
    fn round<W: Work>(
        &self,
        repository: &Repository,
        wanted: Vec<Wanted<W::Item>>,
        work: &mut W,
    ) -> Vec<Written<W::Item>> {
        if wanted.is_empty() {
            return Vec::new();
        }
        work.progress(Progress::Recording(wanted.len()));
        let repo = repository.local();
        let mut written = Vec::with_capacity(wanted.len());
        // One after the other: threads that create files in one folder only stand in each other's way.
        for wanted in wanted {
            match self.write(&repo, &wanted) {
                Ok(commits) if commits.is_empty() => work.ended(wanted.item, Ending::Recorded(commits)),
                Ok(commits) => written.push(Written { wanted, commits }),
                Err(err) => work.ended(wanted.item, Ending::Failed(chain(&err))),
            }
        }
        if written.is_empty() {
            return Vec::new();
        }
        let updates: Vec<Update> = written.iter().map(Written::update).collect();
        let verdicts = match publish(repository, self.git, self.source, self.writer, &updates, self.log) {
            Ok((verdicts, removed)) => {
                removed.into_iter().for_each(|path| work.progress(Progress::RemovedLock(path)));
                verdicts
            }
            Err(err) => vec![Verdict::Failed(chain(&RefreshError::from(err))); updates.len()],
        };
        let mut lost = Vec::new();
        for (written, verdict) in written.into_iter().zip(verdicts) {
            let ending = match verdict {
                Verdict::Moved | Verdict::Gone => {
                    lost.push(written);
                    continue;
                }
                Verdict::Landed => Ending::Recorded(written.commits),
                Verdict::Declined(words) => Ending::Declined(words),
                Verdict::Failed(reason) => Ending::Failed(reason),
            };
            work.ended(written.wanted.item, ending);
        }
        lost
    }

    fn write<T>(&self, repo: &gix::Repository, wanted: &Wanted<T>) -> Result<Vec<ObjectId>, WriteError> {
        let tree = match wanted.tree {
            Some(tree) => tree,
            None => tree::of_commit(repo, wanted.tip).map_err(|_| WriteError::Read(wanted.tip))?,
        };
        let mut parent = wanted.tip;
        let write = |message: &String| {
            parent = self.writer.write(repo, tree, Some(parent), message)?;
            Ok(parent)
        };
        wanted.messages.iter().map(write).collect()
    }

    /// The repository as it is now.
    fn look_again<W: Work>(&self, repository: &Repository, work: &mut W) -> Result<Repository, RefreshError> {
        match self.source {
            Source::Remote(remote) => {
                let refreshed = refresh(repository, self.git, remote)?;
                refreshed.removed.into_iter().for_each(|path| work.progress(Progress::RemovedLock(path)));
                Ok(refreshed.repository)
            }
            Source::Local => Ok(repository.reopen()?),
        }
    }

    /// Ends those that had landed before another process moved on, and those whose references are gone; gives the others.
    fn sort_out<W: Work>(&self, repository: &Repository, lost: Vec<Written<W::Item>>, work: &mut W) -> Vec<W::Item> {
        let repo = repository.local();
        let shallow = shallow_boundary(&repo);
        let mut moved = Vec::new();
        for Written { wanted, commits } in lost {
            let ending = match branches::tip(&repo, &wanted.shown_by) {
                Ok(None) => Ending::Deleted,
                Ok(Some(tip)) => {
                    let newest = *commits.last().expect("what was published has a commit");
                    match history::contains(&repo, tip, newest, wanted.tip, &shallow) {
                        Ok(true) => Ending::Recorded(commits),
                        Ok(false) => {
                            moved.push(wanted.item);
                            continue;
                        }
                        Err(err) => Ending::Failed(chain(&err)),
                    }
                }
                Err(err) => Ending::Failed(chain(&err)),
            };
            work.ended(wanted.item, ending);
        }
        moved
    }
}
