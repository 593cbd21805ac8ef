//! Observing all resources, and again those that a shallow or partial clone knows too little of.
//!
//! Fetching waits until no extractor runs: git needs credentials for it, and obeys a configuration that an extractor
//! could change.

use super::guard::Guard;
use super::observe::{self, Failure, Observed};
use super::{Event, Freshness, Poll};
use crate::error::chain;
use crate::git::refresh::{RefreshError, deepen};
use crate::git::repository::Repository;
use crate::git::tree;
use crate::git::tree::backfill::backfill;
use crate::resources::Resource;

fn sort(observed: &mut [(Resource, Observed)]) {
    observed.sort_unstable_by(|(a, _), (b, _)| a.branch.name.cmp(&b.branch.name));
}

impl Poll<'_> {
    /// Runs the extractors, and again those whose history a shallow clone had hidden, and those whose files a partial
    /// clone had left out.
    pub(super) fn observe(&mut self, repository: &Repository, resources: Vec<Resource>) -> Vec<(Resource, Observed)> {
        let observed = self.extract(repository, resources);
        let (observed, deepened) = self.observe_hidden(repository, observed);
        self.observe_left_out(deepened.as_ref().unwrap_or(repository), observed)
    }

    /// Runs extractors; afterwards no process of theirs is left, and git's configuration is unchanged, or nothing is recorded.
    fn extract(&mut self, repository: &Repository, resources: Vec<Resource>) -> Vec<(Resource, Observed)> {
        let guard = Guard::begin(repository);
        let observed = observe::observe_all(repository, self.settings, resources, self.on_event);
        if let Err(refusal) = guard.end(self.on_event) {
            self.refusal.get_or_insert(refusal);
        }
        observed
    }

    /// Also gives the repository after the fetch, if there was one.
    fn observe_hidden(
        &mut self,
        repository: &Repository,
        observed: Vec<(Resource, Observed)>,
    ) -> (Vec<(Resource, Observed)>, Option<Repository>) {
        let may_fetch = self.settings.freshness == Freshness::Fetch && self.refusal.is_none();
        let Some(remote) = self.settings.source.remote().filter(|_| may_fetch) else { return (observed, None) };
        let (hidden, mut rest): (Vec<_>, Vec<_>) =
            observed.into_iter().partition(|(_, observed)| observed.is_cut_off());
        if hidden.is_empty() {
            return (rest, None);
        }
        let hidden: Vec<Resource> = hidden.into_iter().map(|(resource, _)| resource).collect();
        let deepened = self.deepen(repository, remote, &hidden);
        // Another poll may have deepened the clone just now, so this one looks even after a failure.
        let mut again = self.extract(deepened.as_ref().unwrap_or(repository), hidden);
        for (_, observed) in again.iter_mut().filter(|(_, observed)| observed.is_cut_off()) {
            observed.result = Err(match &deepened {
                Ok(_) => Failure::RemoteIsShallow(remote.to_owned()),
                Err(err) => Failure::CannotDeepen(chain(err)),
            });
        }
        rest.extend(again);
        sort(&mut rest);
        (rest, deepened.ok())
    }

    /// Fetches the history that a shallow clone hides. Gives the repository as it is then.
    fn deepen(
        &mut self,
        repository: &Repository,
        remote: &str,
        hidden: &[Resource],
    ) -> Result<Repository, RefreshError> {
        self.emit(Event::Deepening(hidden.len()));
        let names: Vec<&str> = hidden.iter().map(|resource| resource.branch.name.as_str()).collect();
        let deepened = deepen(repository, &self.settings.git, remote, &names)?;
        Ok(self.take(deepened))
    }

    fn observe_left_out(
        &mut self,
        repository: &Repository,
        observed: Vec<(Resource, Observed)>,
    ) -> Vec<(Resource, Observed)> {
        if self.refusal.is_some() {
            return observed;
        }
        let (left_out, mut rest): (Vec<_>, Vec<_>) =
            observed.into_iter().partition(|(_, observed)| observed.lacks_files());
        if left_out.is_empty() {
            return rest;
        }
        let left_out: Vec<Resource> = left_out.into_iter().map(|(resource, _)| resource).collect();
        let fetched = self.fetch_files(repository, &left_out);
        rest.extend(self.extract(fetched.as_ref().unwrap_or(repository), left_out));
        sort(&mut rest);
        rest
    }

    /// Fetches what a partial clone left out of the folders of resources, all of it together. What cannot be fetched
    /// shows when it is looked for again.
    fn fetch_files(&self, repository: &Repository, resources: &[Resource]) -> Option<Repository> {
        let folders = || resources.iter().filter_map(|resource| resource.options.as_ref().ok()).map(|file| file.folder);
        let fetched = backfill(repository, &self.settings.git, |repository| {
            let repo = repository.local();
            let missing = |folder| tree::files(&repo, folder).err().map(|err| err.missing().to_vec());
            folders().filter_map(missing).flatten().collect()
        });
        fetched.ok().flatten()
    }
}
