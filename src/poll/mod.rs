//! One poll: gather → observe → decide → apply, over all resources.
//!
//! Reports events through a callback; prints nothing and knows no command line. What to do about a resource is
//! decided by [`crate::core::decide`]; this module does it, again for those that lost a race.

mod backfill;
mod declared;
mod guard;
mod observe;
mod outcome;
mod record;
mod settings;

use std::collections::BTreeMap;

use gix::bstr::ByteSlice;

use crate::core::decide::{Decision, decide};
use crate::core::dependencies;
use crate::core::name::ResourceName;
use crate::core::options::Options;
use crate::error::chain;
use crate::git::branches::{Branch, Source};
use crate::git::commit_writer::{CommitWriter, WriteError};
use crate::git::config_guard::{ConfigChanged, ConfigGuard};
use crate::git::fetch;
use crate::git::refresh::{RefreshError, Refreshed, refresh};
use crate::git::repository::Repository;
use crate::git::transaction::{Ending, Progress, Transaction, Wanted, Work};
use crate::resources::{GatherError, Gathered, Resource, gather};
pub(crate) use guard::Refusal;
use observe::{Failure, Observed};
use outcome::{Conclusion, Polled, PolledResource};
use record::{Change, ReadAgainError};
pub(crate) use settings::{Event, Freshness, PollSettings};

/// How often a resource is extracted again after it lost a race.
const MAX_ROUNDS: u32 = 10;

/// Why a poll could not work at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PollError {
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Record(#[from] WriteError),
    #[error("the configuration of this repository was changed while the extractors of an earlier poll ran")]
    Refused(#[from] ConfigChanged),
}

/// Looks at every selected resource once, and records what changed.
pub(crate) fn poll(
    repository: &Repository,
    settings: &PollSettings,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Polled, PollError> {
    ConfigGuard::check_note(repository)?;
    let mut poll = Poll { settings, on_event, done: BTreeMap::new(), interrupted: false, refusal: None };
    let fetched = poll.bring_up_to_date(repository)?;
    let repository = fetched.as_ref().unwrap_or(repository);
    let resources = poll.gather(repository)?;
    if resources.is_empty() {
        return Ok(poll.finish());
    }
    let writer = if settings.dry_run {
        None
    } else {
        Some(CommitWriter::new(&repository.local(), &settings.git, settings.fixed_dates, settings.now)?)
    };
    let changes = poll.decide(repository, resources);
    match &writer {
        Some(writer) => {
            let transaction = Transaction {
                source: &settings.source,
                git: &settings.git,
                writer,
                log: "spread-cron: poll",
                most_rounds: MAX_ROUNDS,
            };
            let wanted = changes.into_iter().map(Change::wanted).collect();
            transaction.run(repository, wanted, &mut poll);
        }
        None => changes.into_iter().for_each(|change| poll.report(change.recorded_by(None))),
    }
    Ok(poll.finish())
}

/// The cycles among resources that follow each other.
fn cycles(resources: &[Resource]) -> Vec<Vec<String>> {
    let follows = |resource: &Resource| match &resource.options {
        // Few options have the word, and the others are not read for it.
        Ok(file) if file.text.contains_str("green") || file.text.contains_str("after") => {
            Options::parse(&file.text).follows()
        }
        Ok(_) | Err(_) => Vec::new(),
    };
    let follows: Vec<(&str, Vec<String>)> = resources
        .iter()
        .map(|resource| (resource.branch.name.as_str(), follows(resource)))
        .filter(|(_, follows)| !follows.is_empty())
        .collect();
    let graph = follows.iter().map(|(name, follows)| (*name, follows.iter().map(String::as_str).collect())).collect();
    let owned = |cycle: Vec<&str>| cycle.into_iter().map(str::to_owned).collect();
    dependencies::cycles(&graph).into_iter().map(owned).collect()
}

/// A poll that is running.
struct Poll<'a> {
    settings: &'a PollSettings,
    on_event: &'a mut dyn FnMut(Event<'_>),
    done: BTreeMap<ResourceName, PolledResource>,
    interrupted: bool,
    refusal: Option<Refusal>,
}

impl Poll<'_> {
    fn emit(&mut self, event: Event<'_>) {
        (self.on_event)(event);
    }

    /// Fetches; in a dry run only says what a fetch would find. Gives the repository as it is after a fetch.
    fn bring_up_to_date(&mut self, repository: &Repository) -> Result<Option<Repository>, PollError> {
        let settings = self.settings;
        let Source::Remote(remote) = &settings.source else { return Ok(None) };
        match settings.freshness {
            Freshness::AsIs => Ok(None),
            Freshness::Compare => {
                self.compare_with_remote(repository, remote)?;
                Ok(None)
            }
            Freshness::Fetch => {
                self.emit(Event::Fetching(remote));
                self.fetch(repository, remote).map(Some)
            }
        }
    }

    /// Brings the remote-tracking branches up to date. Gives the repository as it is then.
    fn fetch(&mut self, repository: &Repository, remote: &str) -> Result<Repository, PollError> {
        let refreshed = refresh(repository, &self.settings.git, remote)?;
        Ok(self.take(refreshed))
    }

    fn take(&mut self, refreshed: Refreshed) -> Repository {
        refreshed.removed.into_iter().for_each(|path| self.emit(Event::Recording(Progress::RemovedLock(path))));
        refreshed.repository
    }

    fn compare_with_remote(&mut self, repository: &Repository, remote: &str) -> Result<(), PollError> {
        let theirs = match fetch::remote_branches(&self.settings.git, remote) {
            Ok(theirs) => theirs,
            Err(err) => {
                self.emit(Event::RemoteSilent { remote, reason: chain(&err) });
                return Ok(());
            }
        };
        let ours = crate::git::branches::list(&repository.local(), &self.settings.source).map_err(GatherError::from)?;
        let ours: BTreeMap<&str, _> = ours.branches.iter().map(|branch| (branch.name.as_str(), branch.tip)).collect();
        let moved =
            theirs.iter().filter(|(name, tip)| ours.get(name.as_str()) != Some(tip)).map(|(name, _)| name.clone());
        let gone = ours.keys().filter(|name| !theirs.contains_key(**name)).map(|name| (*name).to_owned());
        let mut branches: Vec<String> =
            moved.chain(gone).filter(|name| self.settings.selection.includes(name)).collect();
        branches.sort_unstable();
        if !branches.is_empty() {
            self.emit(Event::RemoteMovedOn { remote, branches });
        }
        Ok(())
    }

    fn gather(&mut self, repository: &Repository) -> Result<Vec<Resource>, PollError> {
        let settings = self.settings;
        let Gathered { mut resources, unlisted } = gather(
            repository,
            &settings.git,
            &settings.source,
            &settings.paths,
            &settings.selection,
            |_, resource| resource,
        )?;
        self.emit(Event::Unlisted(&unlisted));
        for cycle in cycles(&resources) {
            self.emit(Event::Cycle(cycle));
        }
        if let Some(shard) = settings.shard {
            resources.retain(|resource| shard.contains(&resource.branch.name));
        }
        Ok(resources)
    }

    /// Observes the resources and reports what needs no commit; gives the changes that do.
    fn decide(&mut self, repository: &Repository, resources: Vec<Resource>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (resource, observed) in self.observe(repository, resources) {
            changes.extend(self.settle(resource, observed));
        }
        let Some(refusal) = &self.refusal else { return changes };
        let reason = format!("not recorded: {refusal}");
        changes.into_iter().for_each(|change| self.report(change.failed(reason.clone())));
        Vec::new()
    }

    /// Reports what needs no commit; gives the change that does.
    fn settle(&mut self, resource: Resource, observed: Observed) -> Option<Change> {
        let Observed { message, recorded, result, duration } = observed;
        let conclusion = match result {
            Ok((message, observation)) => match decide(recorded.as_ref().map(|state| &*state.value), &observation) {
                Decision::NothingToReport => Conclusion::NoValue,
                Decision::KeepRecorded => Conclusion::Unchanged,
                Decision::RecordFirst(value) | Decision::RecordChange(value) => {
                    return Some(Change { resource, message, value, recorded, duration });
                }
            },
            Err(Failure::Manual) => Conclusion::Manual,
            Err(Failure::Paused(pause)) => Conclusion::Paused(pause),
            Err(failure) => {
                self.interrupted |= failure.is_interrupt();
                Conclusion::Failed { reason: failure.to_string(), value: None }
            }
        };
        let Branch { name, reference, .. } = resource.branch;
        self.report(PolledResource { name, reference, message, recorded, conclusion, duration });
        None
    }

    fn report(&mut self, polled: PolledResource) {
        self.done.insert(polled.name.clone(), polled);
    }

    fn finish(self) -> Polled {
        let Poll { done, interrupted, refusal, .. } = self;
        Polled { resources: done.into_values().collect(), interrupted, refusal }
    }
}

impl Work for Poll<'_> {
    type Item = Change;

    /// Looks at the resources anew: a value in hand may be older than the one that the winner recorded.
    fn decide_again(&mut self, repository: &Repository, lost: Vec<Change>) -> Vec<Wanted<Change>> {
        let mut resources = Vec::with_capacity(lost.len());
        for change in lost {
            match record::read_again(repository, self.settings, &change.resource) {
                Ok(resource) => resources.push(resource),
                Err(err) => self.report(change.failed(chain(&err))),
            }
        }
        let changes = self.decide(repository, resources);
        changes.into_iter().map(Change::wanted).collect()
    }

    fn ended(&mut self, change: Change, ending: Ending) {
        let polled = match ending {
            Ending::Recorded(commits) => change.recorded_by(commits.last().copied()),
            Ending::Deleted => change.failed(ReadAgainError::Deleted.to_string()),
            Ending::Declined(words) => {
                let refusing = self.settings.source.remote().unwrap_or("the repository");
                change.failed(format!("{refusing} declined the push: {words}"))
            }
            Ending::Failed(reason) => change.failed(reason),
            Ending::Outrun => change.failed("another process moved the branch each time".to_owned()),
            Ending::Interrupted => {
                self.interrupted = true;
                change.failed("interrupted, after another process had moved the branch".to_owned())
            }
        };
        self.report(polled);
    }

    fn progress(&mut self, progress: Progress) {
        self.emit(Event::Recording(progress));
    }
}
