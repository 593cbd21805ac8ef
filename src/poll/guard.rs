//! What has to hold after extractors ran, before git is started again, with credentials that they must not get.

use super::Event;
use crate::extract::{StrayError, Strays};
use crate::git::repository::Repository;
use crate::git::seal::{Seal, SealBroken};

/// Watches over extractors that are about to start.
pub(super) struct Guard {
    strays: std::io::Result<Strays>,
    seal: Seal,
}

/// Why nothing may be recorded or pushed any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the configuration of this repository was changed while extractors ran")]
    Changed(#[source] SealBroken),
    #[error("extractors left processes behind that cannot be ended")]
    Strays(#[source] StrayError),
}

impl Guard {
    /// Begins before the first extractor starts, when no program of this process is running.
    pub(super) fn begin(repository: &Repository) -> Self {
        Guard { strays: Strays::expect(), seal: Seal::of(repository) }
    }

    /// Ends when all extractors have ended. The strays go first: they could change what is looked at next.
    pub(super) fn end(self, on_event: &mut dyn FnMut(Event<'_>)) -> Result<(), Refusal> {
        match self.strays {
            Ok(strays) => match strays.end() {
                Ok(0) => {}
                Ok(number) => on_event(Event::StraysLeftAlone(number)),
                // Where this process cannot look for them, they cannot look at it.
                Err(StrayError::List(err)) => on_event(Event::StraysUnknown(err.to_string())),
                Err(err @ StrayError::Remain(_)) => return Err(Refusal::Strays(err)),
            },
            Err(err) => on_event(Event::StraysUnknown(err.to_string())),
        }
        self.seal.check().map_err(Refusal::Changed)
    }
}
