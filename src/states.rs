//! The state commits of a resource: what most reading commands begin with.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::core::decide::{self, Beginning, OnRewording};
use crate::core::message::{Message, MessagePattern};
use crate::core::options::{Key, Options};
use crate::core::result::{LaunchResult, MovedValue, is_pending};
use crate::error::chain;
use crate::git::branches::{Branch, Source, default_branch};
use crate::git::history::{
    HistoryError, Newest, Recorded, StateCommit, commits, first_state, is_after_one_of_ours, newest_state,
    our_state_subjects,
};
use crate::resources::Resource;

/// The newest state commit of a resource, and whether polls were paused after it.
pub(crate) fn present(
    repo: &gix::Repository,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
) -> Result<Newest, String> {
    newest_state(repo, resource.tip(), pattern, shallow).map_err(|err| chain(&err))
}

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
    state_of(first_state(repo, resource.tip(), pattern, shallow, is_wanted).map_err(|err| chain(&err))?)
}

/// The state commit that was found, if the history is all here.
pub(crate) fn state_of(recorded: Recorded) -> Result<Option<StateCommit>, String> {
    match recorded {
        Recorded::Newest(state) => Ok(Some(state)),
        Recorded::Nothing => Ok(None),
        Recorded::CutOff => Err("this shallow clone hides the history; run git fetch --unshallow".to_owned()),
    }
}

/// The commits of the default branch. State commits that were made there, or merged into it, say nothing about the branches
/// that begin there.
#[derive(Default)]
pub(crate) struct DefaultHistory {
    name: Option<String>,
    commits: HashSet<ObjectId>,
    none: HashSet<ObjectId>,
}

impl DefaultHistory {
    pub(crate) fn read(repo: &gix::Repository, source: &Source, shallow: &HashSet<ObjectId>) -> Self {
        let Some(default) = default_branch(repo, source) else { return DefaultHistory::default() };
        let commits = commits(repo, default.tip, shallow).unwrap_or_default();
        DefaultHistory { name: Some(default.name), commits, none: HashSet::new() }
    }

    /// What a branch shares with it: nothing, if it is the default branch itself.
    pub(crate) fn shared_with(&self, branch: &Branch) -> &HashSet<ObjectId> {
        match self.name.as_deref() == Some(branch.name.as_str()) {
            true => &self.none,
            false => &self.commits,
        }
    }
}

/// Whether a resource under whose message nothing is recorded may begin, as far as the state commits on its branch tell.
pub(crate) fn beginning(
    repo: &gix::Repository,
    source: &Source,
    resource: &Resource,
    (message, message_pattern): (&Message, &[u8]),
    shallow: &HashSet<ObjectId>,
    on_rewording: OnRewording,
) -> Result<Beginning, HistoryError> {
    let mut ours = our_state_subjects(repo, resource.tip(), shallow, &HashSet::new())?;
    if !ours.is_empty() {
        let default = DefaultHistory::read(repo, source, shallow);
        ours = our_state_subjects(repo, resource.tip(), shallow, default.shared_with(&resource.branch))?;
    }
    let ours = ours.iter().map(|subject| subject.as_bstr());
    Ok(decide::beginning(message, &message_pattern.to_str_lossy(), ours, on_rewording))
}

/// Nothing is recorded under the message of a resource.
///
/// # Errors
///
/// That would be half the truth: the message was reworded. What only a shell can know is not looked for.
pub(crate) fn require_own_message(
    repo: &gix::Repository,
    source: &Source,
    resource: &Resource,
    shallow: &HashSet<ObjectId>,
) -> Result<(), String> {
    let Ok(file) = &resource.options else { return Ok(()) };
    let options = Options::parse(&file.text);
    let message = options.known(Key::Message).and_then(|text| Message::new(text).ok());
    let Some((message, pattern)) = message.zip(options.known(Key::MessagePattern)) else { return Ok(()) };
    match beginning(repo, source, resource, (&message, pattern), shallow, OnRewording::Refuse) {
        Ok(Beginning::Allowed) => Ok(()),
        Ok(Beginning::Reworded(rewording)) => Err(rewording.to_string()),
        Err(err) => Err(chain(&err)),
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
    source: &Source,
    resource: &Resource,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<StateCommit>, String> {
    let moved = resource.options.as_ref().map_or(MovedValue::Rejected, |file| Options::parse(&file.text).moved());
    let is_green = |state: &StateCommit| state.result().is_some_and(|commit| commit.result.is_green(moved));
    let mut seen = false;
    let green = first(repo, resource, pattern, shallow, |state| {
        seen = true;
        is_green(state)
    })?;
    if !seen {
        require_own_message(repo, source, resource, shallow)?;
    }
    Ok(green)
}

/// The state commit of a resource that may wait to be launched: its newest one.
pub(crate) fn last_state(
    repo: &gix::Repository,
    source: &Source,
    resource: &Resource,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<StateCommit>, String> {
    let newest = newest(repo, resource, &history_pattern(resource)?, shallow)?;
    if newest.is_none() {
        require_own_message(repo, source, resource, shallow)?;
    }
    Ok(newest)
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
