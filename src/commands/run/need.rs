//! `--if-pending`: whether there is anything to launch, by the rules of `pending`.

use super::super::notices::untold;
use super::choice::Chosen;
use crate::cli::RunArgs;
use crate::context::Context;
use crate::core::result::Status;
use crate::error::CommandError;
use crate::git::history::{StateCommit, shallow_boundary};
use crate::states::{last_state, waits};

/// The state commit that `pending` would look at, if there is one.
pub(super) fn last(args: &RunArgs, context: &Context) -> Result<Option<StateCommit>, CommandError> {
    let name = &args.resource;
    let resource = context.resource(name)?;
    let repo = context.repository.local();
    last_state(&repo, &resource, &shallow_boundary(&repo)).map_err(|reason| untold(name, reason))
}

/// Why the chosen state commit is not to be launched, if so: one sentence.
pub(super) fn reason_against(chosen: &Chosen, last: &StateCommit, retry: usize) -> Option<String> {
    let launched = &chosen.launched;
    let subject = format!("{} ({})", launched.resource, launched.value);
    let newest = last.id.to_string();
    if newest != launched.commit {
        return Some(format!("{subject} is not the newest value any more, which is {}.", last.value));
    }
    if waits(last, retry) {
        return None;
    }
    let status = last.result().map(|commit| commit.result.status);
    Some(match status {
        Some(status @ (Status::Passed | Status::Failed)) => format!("{subject} has {} already.", status.name()),
        Some(status @ (Status::Cancelled | Status::InfraError)) => {
            format!("{subject} was launched without a verdict ({}), see --retry.", status.name())
        }
        None => format!("{subject} has a result already."),
    })
}
