//! A wanted change of one reference, and what became of it.

use gix::ObjectId;

use super::tracking::Tracking;

/// The reference has to stand at `old` (not exist, for `None`), and then stands at `new` (no longer exists, for `None`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// The full name of the reference, where it is published.
    pub(crate) reference: String,
    /// The full name of the reference that shows it in this repository: a remote-tracking one, or itself.
    pub(crate) shown_by: String,
    pub(crate) old: Option<ObjectId>,
    pub(crate) new: Option<ObjectId>,
}

impl Update {
    /// Moves or creates a branch.
    pub(crate) fn branch(tracking: &Tracking, name: &str, old: Option<ObjectId>, new: ObjectId) -> Self {
        let shown_by = tracking.reference_of(name);
        Update { reference: format!("refs/heads/{name}"), shown_by, old, new: Some(new) }
    }
}

/// What became of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The reference stands at `new`.
    Landed,
    /// Another process moved the reference meanwhile. `new` may lie in its history.
    Moved,
    /// The reference is gone.
    Gone,
    /// The remote refuses, in its own words.
    Declined(String),
    /// It did not work, or it cannot be known whether it did.
    Failed(String),
}
