//! What has to hold after extractors ran, before git is started again, with credentials that they must not get.

use super::Event;
use crate::git::config_guard::{ConfigChanged, ConfigGuard};
use crate::git::repository::Repository;
use crate::process::{OrphanError, Orphans};

/// Watches over extractors that are about to start.
pub(super) struct Guard {
    orphans: std::io::Result<Orphans>,
    seal: ConfigGuard,
}

/// Why nothing may be recorded or pushed any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the configuration of this repository was changed while extractors ran")]
    Changed(#[source] ConfigChanged),
    #[error("extractors left processes behind that cannot be ended")]
    Orphans(#[source] OrphanError),
}

impl Guard {
    /// Begins before the first extractor starts, when no program of this process is running.
    pub(super) fn begin(repository: &Repository) -> Self {
        Guard { orphans: Orphans::expect(), seal: ConfigGuard::of(repository) }
    }

    /// Ends when all extractors have ended. The orphans go first: they could change what is looked at next.
    pub(super) fn end(self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), Refusal> {
        match self.orphans {
            Ok(orphans) => match orphans.end() {
                Ok(0) => {}
                Ok(number) => on_event(Event::OrphansLeftAlone(number)),
                // Where this process cannot look for them, they cannot look at it.
                Err(OrphanError::List(err)) => on_event(Event::OrphansUnknown(err.to_string())),
                Err(err @ OrphanError::Remain(_)) => return Err(Refusal::Orphans(err)),
            },
            Err(err) => on_event(Event::OrphansUnknown(err.to_string())),
        }
        self.seal.check().map_err(Refusal::Changed)
    }
}
