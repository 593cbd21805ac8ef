//! What a poll found out and did about resources, and the document that says so.

use std::collections::BTreeMap;
use std::time::Duration;

use gix::ObjectId;

use super::Refusal;
use crate::core::documents::{Outcome, PollEntry, PollReport, VERSION};
use crate::core::isolation::Enforced;
use crate::core::message::Message;
use crate::core::name::ResourceName;
use crate::core::value::Value;
use crate::git::history::{PauseCommit, StateCommit};

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

/// What a poll found out about one resource.
#[derive(Debug)]
pub(crate) struct PolledResource {
    pub(crate) name: ResourceName,
    /// The full name of the reference that was read.
    pub(crate) reference: String,
    /// Its message, if the options could be read.
    pub(crate) message: Option<Message>,
    /// What was recorded before.
    pub(crate) recorded: Option<StateCommit>,
    pub(crate) conclusion: Conclusion,
    /// How long the extractor ran.
    pub(crate) duration: Duration,
}

/// What a poll did about a resource; in a dry run, what it would have done.
#[derive(Debug)]
pub(crate) enum Conclusion {
    /// The value differs from the recorded one, or is the first. A dry run leaves it without a commit.
    New { value: Value, commit: Option<ObjectId> },
    /// The value is the recorded one.
    Unchanged,
    /// The extractor has nothing to report yet.
    NoValue,
    /// The resource is left alone unless it is forced.
    Manual,
    /// The resource is left alone until the pause ends, unless it is forced.
    Paused(PauseCommit),
    /// There is no value, or it could not be recorded.
    Failed { reason: String, value: Option<Value> },
}

impl Polled {
    /// The document of this poll.
    pub(crate) fn document(&self, remote: Option<&str>, dry_run: bool, isolation: &Enforced) -> PollReport {
        let resources: Vec<PollEntry> = self.resources.iter().map(PolledResource::entry).collect();
        let mut summary: BTreeMap<Outcome, usize> = Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect();
        for resource in &resources {
            *summary.entry(resource.outcome).or_default() += 1;
        }
        let (remote, isolation) = (remote.map(str::to_owned), isolation.clone());
        PollReport { version: VERSION, remote, dry_run, isolation, resources, summary }
    }
}

impl PolledResource {
    fn entry(&self) -> PollEntry {
        let old = self.recorded.as_ref().map(|state| state.value.clone());
        let stands = self.recorded.as_ref().map(|state| state.id);
        let text = |value: &Value| Some(value.to_string());
        let (outcome, new, commit, error) = match &self.conclusion {
            Conclusion::New { value, commit } if old.is_some() => (Outcome::Changed, text(value), *commit, None),
            Conclusion::New { value, commit } => (Outcome::First, text(value), *commit, None),
            Conclusion::Unchanged => (Outcome::Unchanged, old.clone(), stands, None),
            Conclusion::NoValue => (Outcome::NoValue, None, stands, None),
            Conclusion::Manual => (Outcome::Manual, None, stands, None),
            Conclusion::Paused(_) => (Outcome::Paused, None, stands, None),
            Conclusion::Failed { reason, value } => {
                (Outcome::Failed, value.as_ref().and_then(text), stands, Some(reason.clone()))
            }
        };
        PollEntry {
            resource: self.name.to_string(),
            r#ref: self.reference.clone(),
            outcome,
            message: self.message.as_ref().map(|message| message.as_str().to_owned()),
            old,
            new,
            commit: commit.map(|commit| commit.to_string()),
            error,
            paused: match &self.conclusion {
                Conclusion::Paused(pause) => pause.state(),
                Conclusion::New { .. }
                | Conclusion::Unchanged
                | Conclusion::NoValue
                | Conclusion::Manual
                | Conclusion::Failed { .. } => None,
            },
            duration_ms: u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
