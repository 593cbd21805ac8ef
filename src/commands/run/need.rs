//! `--if-pending`: whether there is anything to launch, by the rules of `pending`.

use super::super::notices::untold;
use super::choice::Chosen;
use crate::cli::RunArgs;
use crate::context::Context;
use crate::core::result::Status;
use crate::error::CommandError;
use crate::git::history::{StateCommit, shallow_boundary};
use crate::states::{Adoption, adoption, last_state, waits};

/// The state commit that `pending` would look at.
pub(super) struct NewestState {
    state: StateCommit,
    adoption: Adoption,
}

/// The state commit that `pending` would look at, if there is one.
pub(super) fn last(args: &RunArgs, context: &Context) -> Result<Option<NewestState>, CommandError> {
    let name = args.resource();
    let resource = context.resource(name)?;
    let repo = context.repository.local();
    let shallow = shallow_boundary(&repo);
    let look = || {
        let Some(state) = last_state(&repo, &context.source, &resource, &shallow)? else { return Ok(None) };
        let adoption = adoption(&repo, &state, &shallow)?;
        Ok(Some(NewestState { state, adoption }))
    };
    look().map_err(|reason| untold(name, reason))
}

/// Why the chosen state commit is not to be launched, if so: one sentence.
pub(super) fn reason_against(chosen: &Chosen, last: &NewestState, retry: usize) -> Option<String> {
    let NewestState { state: last, adoption } = last;
    let launched = &chosen.launched;
    let subject = format!("{} ({})", launched.resource, launched.value);
    let newest = last.id.to_string();
    if newest != launched.commit {
        return Some(format!("{subject} is not the newest value any more, which is {}.", last.value));
    }
    if waits(last, retry) {
        return match adoption {
            Adoption::Adopted => None,
            Adoption::Earlier => Some(format!(
                "{subject} was recorded by another tool, before this one; launch it without --if-pending."
            )),
            Adoption::Hidden => Some(format!(
                "this shallow clone hides whether {subject} was recorded by another tool, before this one; git fetch \
                 --unshallow shows it."
            )),
        };
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
