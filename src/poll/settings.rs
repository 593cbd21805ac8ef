//! The settings of a poll, and the events that it reports while it runs.

use std::time::Duration;

use crate::core::decide::OnRewording;
use crate::core::name::{Selection, Shard};
use crate::extract::Extractors;
use crate::git::branches::{Source, Unlisted};
use crate::git::commit_writer::FixedDates;
use crate::git::options_file::OptionsPaths;
use crate::git::program::Git;
use crate::git::transaction::Progress;
use crate::git::view::View;
use crate::sources::Sources;

/// What a poll does about a remote that may have moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Fetch first, and whatever a shallow or partial clone turns out to lack.
    Fetch,
    /// Fetch nothing, and say which branches a fetch would change.
    Compare,
    /// Take the clone as it is.
    AsIs,
}

/// What one poll needs to know.
pub(crate) struct PollSettings {
    pub(crate) source: Source,
    pub(crate) paths: OptionsPaths,
    pub(crate) selection: Selection,
    pub(crate) shard: Option<Shard>,
    pub(crate) freshness: Freshness,
    pub(crate) dry_run: bool,
    /// Whether manual resources are polled too.
    pub(crate) force: bool,
    /// What is done about resources whose message was reworded.
    pub(crate) on_rewording: OnRewording,
    /// How many extractors run side by side.
    pub(crate) jobs: usize,
    /// The time limit of extractors whose options set none.
    pub(crate) timeout: Duration,
    pub(crate) extractors: Extractors,
    /// What declared sources are asked with.
    pub(crate) sources: Sources,
    /// What isolated extractors see of the repository.
    pub(crate) view: Option<View>,
    pub(crate) git: Git,
    pub(crate) fixed_dates: FixedDates,
    pub(crate) now: fn() -> gix::date::Time,
    pub(crate) interrupted: fn() -> bool,
}

/// What goes on during a poll.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// The branches of this remote are being fetched.
    Fetching(&'a str),
    /// What was left out of the branches, if anything.
    Unlisted(&'a Unlisted),
    /// The extractors of these resources follow each other in a cycle.
    Cycle(Vec<String>),
    /// In a dry run: the remote has other commits on these branches by now.
    RemoteMovedOn { remote: &'a str, branches: Vec<String> },
    /// In a dry run: the remote did not answer.
    RemoteSilent { remote: &'a str, reason: String },
    /// A shallow clone hides the history of this many branches, which is being fetched.
    Deepening(usize),
    /// Extractors cannot read the repository, and so cannot follow other resources.
    NoView(String),
    /// This many extractors are about to run.
    Extracting(usize),
    /// One of them is done.
    Extracted,
    /// All of them are done.
    AllExtracted,
    /// This many processes left the process group of an extractor, belong to another user, and live on.
    OrphansLeftAlone(usize),
    /// Processes that extractors leave behind cannot be looked for, and may live on.
    OrphansUnknown(String),
    /// Changes are being recorded.
    Recording(Progress),
}
