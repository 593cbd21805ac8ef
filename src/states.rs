//! The state commits of a resource: what most reading commands begin with.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::core::decide::{Beginning, OnRewording, beginning};
use crate::core::message::{Message, MessagePattern};
use crate::core::options::Options;
use crate::core::result::{LaunchResult, is_pending};
use crate::error::chain;
use crate::git::history::{Recorded, StateCommit, first_state, is_after_one_of_ours, our_state_subjects};
use crate::resources::Resource;

/// The newest state commit of a resource.
pub(crate) fn newest(
    repo: &gix::Repository,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<StateCommit>, String> {
    first(repo, resource, pattern, shallow, |_| true)
}

/// The newest state commit of a resource that `is_wanted` takes.
pub(crate) fn first(
    repo: &gix::Repository,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
    is_wanted: impl FnMut(&StateCommit) -> bool,
) -> Result<Option<StateCommit>, String> {
    match first_state(repo, resource.tip(), pattern, shallow, is_wanted) {
        Ok(Recorded::Newest(state)) => Ok(Some(state)),
        Ok(Recorded::Nothing) => Ok(None),
        Ok(Recorded::CutOff) => Err("this shallow clone hides the history; run git fetch --unshallow".to_owned()),
        Err(err) => Err(chain(&err)),
    }
}

/// Nothing is recorded under this message: why the next poll would not take the present value for the first, if so.
pub(crate) fn require_beginning(
    repo: &gix::Repository,
    resource: &Resource,
    message: &Message,
    message_pattern: &[u8],
    shallow: &HashSet<ObjectId>,
) -> Result<(), String> {
    let ours = our_state_subjects(repo, resource.tip(), shallow).map_err(|err| chain(&err))?;
    let ours = ours.iter().map(|subject| subject.as_bstr());
    match beginning(message, &message_pattern.to_str_lossy(), ours, OnRewording::Refuse) {
        Beginning::Allowed => Ok(()),
        Beginning::Reworded(rewording) => Err(rewording.to_string()),
    }
}

/// What finds the state commits of a resource, as far as it can be known without a shell; or why it cannot.
pub(crate) fn history_pattern(resource: &Resource) -> Result<MessagePattern, String> {
    let file = resource.options.as_ref().map_err(ToString::to_string)?;
    Options::parse(&file.text).history_pattern().map_err(|err| err.to_string())
}

/// The state commit of the newest value that passed.
pub(crate) fn newest_green(
    repo: &gix::Repository,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<StateCommit>, String> {
    first(repo, resource, pattern, shallow, |state| state.result().is_some_and(|commit| commit.result.is_green()))
}

/// The state commit of a resource that may wait to be launched: its newest one.
pub(crate) fn last_state(
    repo: &gix::Repository,
    resource: &Resource,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<StateCommit>, String> {
    newest(repo, resource, &history_pattern(resource)?, shallow)
}

/// Whether a state commit is one that `pending` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adoption {
    /// It stands at or after the first commit of this program on its branch, or has a result.
    Adopted,
    /// Other tools recorded it before, and launched it.
    Earlier,
    /// A shallow clone hides whether a commit of this program stands before it.
    Hidden,
}

/// Whether a state commit is one that `pending` lists.
pub(crate) fn adoption(
    repo: &gix::Repository,
    state: &StateCommit,
    shallow: &HashSet<ObjectId>,
) -> Result<Adoption, String> {
    if !state.results.is_empty() {
        return Ok(Adoption::Adopted);
    }
    match is_after_one_of_ours(repo, state.id, shallow) {
        Ok(Some(true)) => Ok(Adoption::Adopted),
        Ok(Some(false)) => Ok(Adoption::Earlier),
        Ok(None) => Ok(Adoption::Hidden),
        Err(err) => Err(chain(&err)),
    }
}

/// Whether the last state commit of a resource waits to be launched.
pub(crate) fn waits(state: &StateCommit, retry: usize) -> bool {
    is_pending(results(state), retry)
}

/// What was recorded about it, the newest first.
pub(crate) fn results(state: &StateCommit) -> impl Iterator<Item = &LaunchResult> {
    state.results.iter().map(|commit| &commit.result)
}
