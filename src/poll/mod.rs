//! One poll: gather → observe → decide → apply, over all resources.
//!
//! Reports what goes on through a callback; prints nothing and knows no command line. What to do about a resource is
//! decided by [`crate::core::decide`]; this module does it, again for those that lost a race.

mod backfill;
mod declared;
mod guard;
mod observe;
mod record;
mod settings;

use std::collections::BTreeMap;

use gix::bstr::ByteSlice;

use crate::core::decide::{Decision, decide};
use crate::core::dependencies;
use crate::core::documents::{Outcome, PolledResource};
use crate::core::name::ResourceName;
use crate::core::options::Options;
use crate::error::chain;
use crate::git::backoff::pause_after;
use crate::git::branches::Source;
use crate::git::config_guard::{ConfigChanged, ConfigGuard};
use crate::git::fetch;
use crate::git::publish::publish;
use crate::git::record::{CommitWriter, RecordError};
use crate::git::refresh::{RefreshError, Refreshed, refresh};
use crate::git::repository::Repository;
use crate::git::update::{Update, Verdict};
use crate::resources::{GatherError, Gathered, Resource, gather};
pub(crate) use guard::Refusal;
use observe::{Failure, Observed};
use record::{Change, FoundAgain, Pending};
pub(crate) use settings::{Event, PollSettings};

/// How often a resource is extracted again after it lost a race.
const MAX_ROUNDS: u32 = 10;

/// What a poll gave.
#[derive(Debug)]
pub(crate) struct Polled {
    /// One entry for each resource, sorted by name.
    pub(crate) resources: Vec<PolledResource>,
    /// Whether a signal kept some of them from being looked at.
    pub(crate) interrupted: bool,
    /// What kept changes from being recorded, whatever they are.
    pub(crate) refusal: Option<Refusal>,
}

impl Polled {
    /// How many resources had each outcome.
    pub(crate) fn summary(&self) -> BTreeMap<Outcome, usize> {
        let mut summary: BTreeMap<Outcome, usize> = Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect();
        for resource in &self.resources {
            *summary.entry(resource.outcome).or_default() += 1;
        }
        summary
    }
}

/// Why a poll could not work at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PollError {
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Record(#[from] RecordError),
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
    let writer = match settings.dry_run {
        true => None,
        false => Some(CommitWriter::new(&repository.local(), &settings.fixed_dates, settings.now)?),
    };
    let mut lost = poll.round(repository, resources, writer.as_ref());
    for round in 1.. {
        let Some(writer) = writer.as_ref().filter(|_| !lost.is_empty()) else { break };
        if round > MAX_ROUNDS || (settings.interrupted)() {
            poll.give_up(lost);
            break;
        }
        lost = poll.look_again(repository, lost, writer, round);
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

/// A poll that is going on.
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
        match (settings.fetch, settings.dry_run) {
            (false, _) => Ok(None),
            (true, true) => {
                self.compare_with_remote(repository, remote)?;
                Ok(None)
            }
            (true, false) => {
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
        refreshed.removed.into_iter().for_each(|path| self.emit(Event::RemovedLock(path)));
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
        let (ours, _) =
            crate::git::branches::list(&repository.local(), &self.settings.source).map_err(GatherError::from)?;
        let ours: BTreeMap<&str, _> = ours.iter().map(|branch| (branch.name.as_str(), branch.tip)).collect();
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
        let Gathered { mut resources, left_out } = gather(
            repository,
            &settings.git,
            &settings.source,
            &settings.paths,
            &settings.selection,
            |_, resource| resource,
        )?;
        if left_out > 0 {
            self.emit(Event::LeftOut(left_out));
        }
        for cycle in cycles(&resources) {
            self.emit(Event::Cycle(cycle));
        }
        if let Some(shard) = settings.shard {
            resources.retain(|resource| shard.contains(&resource.branch.name));
        }
        Ok(resources)
    }

    /// Observes the resources and applies the decisions; gives those that lost a race.
    fn round(
        &mut self,
        repository: &Repository,
        resources: Vec<Resource>,
        writer: Option<&CommitWriter>,
    ) -> Vec<Pending> {
        let mut changes = Vec::new();
        for (resource, observed) in self.observe(repository, resources) {
            if let Some(change) = self.settle(&resource, observed) {
                changes.push((resource, change));
            }
        }
        if let Some(refusal) = &self.refusal {
            let reason = format!("not recorded: {refusal}");
            for (resource, change) in changes {
                self.report(&resource, change.into_failure(reason.clone()));
            }
            return Vec::new();
        }
        match writer {
            Some(writer) if !changes.is_empty() => self.record(repository, changes, writer),
            Some(_) => Vec::new(),
            None => {
                for (resource, change) in changes {
                    self.report(&resource, change.into_report(None));
                }
                Vec::new()
            }
        }
    }

    /// Reports what needs no commit; gives the change that does.
    fn settle(&mut self, resource: &Resource, observed: Observed) -> Option<Change> {
        let Observed { message, recorded, result, duration } = observed;
        let old = recorded.as_ref().map(|state| state.value.clone());
        let mut report = PolledResource {
            resource: resource.branch.name.to_string(),
            r#ref: resource.branch.reference.clone(),
            outcome: Outcome::Failed,
            message: message.as_ref().map(|message| message.as_str().to_owned()),
            old: old.clone(),
            new: None,
            commit: recorded.map(|state| state.id.to_string()),
            error: None,
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        };
        let (message, observation) = match result {
            Ok(seen) => seen,
            Err(Failure::Manual) => {
                report.outcome = Outcome::Manual;
                self.report(resource, report);
                return None;
            }
            Err(failure) => {
                self.interrupted |= failure.is_interrupt();
                report.error = Some(failure.to_string());
                self.report(resource, report);
                return None;
            }
        };
        let (outcome, value) = match decide(old.as_deref(), &observation) {
            Decision::NothingToReport => {
                report.outcome = Outcome::NoValue;
                self.report(resource, report);
                return None;
            }
            Decision::KeepRecorded => {
                report.outcome = Outcome::Unchanged;
                report.new = old;
                self.report(resource, report);
                return None;
            }
            Decision::RecordFirst(value) => (Outcome::First, value),
            Decision::RecordChange(value) => (Outcome::Changed, value),
        };
        report.outcome = outcome;
        report.new = Some(value.to_string());
        Some(Change { subject: message.subject(&value), report })
    }

    fn report(&mut self, resource: &Resource, report: PolledResource) {
        self.done.insert(resource.branch.name.clone(), report);
    }

    fn record(
        &mut self,
        repository: &Repository,
        changes: Vec<(Resource, Change)>,
        writer: &CommitWriter,
    ) -> Vec<Pending> {
        self.emit(Event::Recording(changes.len()));
        let commits = record::write_commits(repository, writer, &changes);
        let mut pending = Vec::with_capacity(changes.len());
        for ((resource, change), commit) in changes.into_iter().zip(commits) {
            match commit {
                Ok(commit) => pending.push(Pending { resource, change, commit }),
                Err(err) => self.report(&resource, change.into_failure(chain(&err))),
            }
        }
        let updates: Vec<Update> = pending.iter().map(Pending::update).collect();
        let PollSettings { git, source, .. } = self.settings;
        let verdicts = match publish(repository, git, source, writer, &updates, "spread-cron: poll") {
            Ok((verdicts, removed)) => {
                removed.into_iter().for_each(|path| self.emit(Event::RemovedLock(path)));
                verdicts
            }
            Err(err) => {
                let failed = Verdict::Failed(chain(&RefreshError::from(err)));
                vec![failed; updates.len()]
            }
        };
        let mut lost = Vec::new();
        for (pending, verdict) in pending.into_iter().zip(verdicts) {
            let Pending { resource, change, commit } = pending;
            match verdict {
                Verdict::Landed => self.report(&resource, change.into_report(Some(commit))),
                Verdict::Moved | Verdict::Gone => lost.push(Pending { resource, change, commit }),
                Verdict::Declined(words) => {
                    let refusing = source.remote().unwrap_or("the repository");
                    self.report(&resource, change.into_failure(format!("{refusing} declined the push: {words}")));
                }
                Verdict::Failed(reason) => self.report(&resource, change.into_failure(reason)),
            }
        }
        lost
    }

    /// Fetches, finds out which lost changes landed after all, and looks at the others anew: a value in hand may be
    /// older than the one that the winner recorded.
    fn look_again(
        &mut self,
        repository: &Repository,
        lost: Vec<Pending>,
        writer: &CommitWriter,
        round: u32,
    ) -> Vec<Pending> {
        self.emit(Event::LookingAgain(lost.len()));
        pause_after(round);
        let refreshed = match self.settings.source.remote() {
            Some(remote) => self.fetch(repository, remote),
            None => repository.reopen().map_err(|err| PollError::Refresh(err.into())),
        };
        let repository = match refreshed {
            Ok(repository) => repository,
            Err(err) => {
                // What the poll has done so far must be reported, so this ends the lost ones alone.
                let reason = format!("somebody else moved the branch, and {}", chain(&err));
                lost.into_iter().for_each(|Pending { resource, change, .. }| {
                    self.report(&resource, change.into_failure(reason.clone()));
                });
                return Vec::new();
            }
        };
        let mut again = Vec::new();
        for Pending { resource, change, commit } in lost {
            match record::find_again(&repository, self.settings, &resource, commit) {
                FoundAgain::Recorded => self.report(&resource, change.into_report(Some(commit))),
                FoundAgain::Moved(resource) => again.push(*resource),
                FoundAgain::Failed(reason) => self.report(&resource, change.into_failure(reason)),
            }
        }
        self.round(&repository, again, Some(writer))
    }

    fn give_up(&mut self, lost: Vec<Pending>) {
        let interrupted = (self.settings.interrupted)();
        self.interrupted |= interrupted;
        let reason = match interrupted {
            true => "interrupted, after somebody else had moved the branch",
            false => "somebody else moved the branch each time",
        };
        for Pending { resource, change, .. } in lost {
            self.report(&resource, change.into_failure(reason.to_owned()));
        }
    }

    fn finish(self) -> Polled {
        let Poll { done, interrupted, refusal, .. } = self;
        Polled { resources: done.into_values().collect(), interrupted, refusal }
    }
}
