//! A wanted change of one branch, and what became of it.

use gix::ObjectId;

/// The branch has to stand at `old` (not exist, for `None`), and then stands at `new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    /// The short name of the branch.
    pub(crate) branch: String,
    pub(crate) old: Option<ObjectId>,
    pub(crate) new: ObjectId,
}

/// What became of an [`Update`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The branch stands at `new`.
    Landed,
    /// Somebody else moved the branch meanwhile. It may be that `new` lies in its history.
    Moved,
    /// The branch is gone.
    Gone,
    /// The remote refuses, in its own words.
    Declined(String),
    /// It did not work, or nobody can tell.
    Failed(String),
}
