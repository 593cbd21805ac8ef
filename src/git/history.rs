//! Walking the first-parent history of a branch, reading raw commits.
//!
//! gix's revision walk is for graphs; here every commit has one successor, and reading the objects ourselves is several
//! times faster.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice};
use gix::objs::{Find, Kind};

use crate::core::authorship::{is_our_state, is_ours};
use crate::core::documents::PauseState;
use crate::core::message::{MessagePattern, subject_of};
use crate::core::pause::{Pause, PauseChange};
use crate::core::result::{LaunchResult, decisive};
use crate::core::rewording::Subject;

/// A state commit that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StateCommit {
    pub(crate) id: ObjectId,
    /// `MESSAGE (VALUE)`.
    pub(crate) subject: BString,
    /// What stands before the parentheses.
    pub(crate) message: String,
    /// What stands between them.
    pub(crate) value: String,
    /// The committer's time.
    pub(crate) time: gix::date::Time,
    /// What was recorded about it later, newest first.
    pub(crate) results: Vec<ResultCommit>,
}

impl StateCommit {
    /// How the suite took the value: the newest verdict about the whole suite, or else the next best.
    pub(crate) fn result(&self) -> Option<&ResultCommit> {
        decisive(self.results.iter().map(|commit| &commit.result)).map(|index| &self.results[index])
    }
}

/// A result that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultCommit {
    pub(crate) id: ObjectId,
    pub(crate) result: LaunchResult,
    /// The committer's time.
    pub(crate) time: gix::date::Time,
}

/// What the history of a branch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// This state commit is the newest.
    Newest(StateCommit),
    /// No state commit was ever made.
    Nothing,
    /// None is visible, but a shallow clone hides the rest of the history.
    CutOff,
}

/// What stands at the end of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Newest {
    pub(crate) recorded: Recorded,
    /// The newest commit after the newest state commit that pauses or resumes polls.
    pub(crate) pause: Option<PauseCommit>,
}

/// A commit that pauses or resumes polls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PauseCommit {
    pub(crate) change: PauseChange,
    /// The committer's time.
    pub(crate) time: gix::date::Time,
}

impl PauseCommit {
    /// The pause as documents have it, if it is one.
    pub(crate) fn state(&self) -> Option<PauseState> {
        let PauseChange::Paused(Pause { until, because }) = &self.change else { return None };
        let since = self.time.format_or_unix(gix::date::time::format::ISO8601_STRICT);
        Some(PauseState { since, until: until.map(|until| until.to_string()), because: because.clone() })
    }
}

/// Why a history cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error("cannot read commit {0}")]
    Read(ObjectId, #[source] gix::Error),
    #[error("commit {0} is missing; the repository is damaged")]
    Missing(ObjectId),
    #[error("{0} is not a commit, or a damaged one")]
    NotACommit(ObjectId),
}

/// Commits whose parents a shallow clone does not have.
pub(crate) fn shallow_boundary(repo: &gix::Repository) -> HashSet<ObjectId> {
    match repo.shallow_commits() {
        Ok(Some(commits)) => commits.iter().copied().collect(),
        Ok(None) | Err(_) => HashSet::new(),
    }
}

/// Where a walk begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tip<'a> {
    pub(crate) id: ObjectId,
    /// The raw commit, if it has been read already.
    pub(crate) data: Option<&'a [u8]>,
}

/// One commit on the way.
pub(crate) struct PassedCommit<'a> {
    id: ObjectId,
    first_parent: Option<ObjectId>,
    pub(crate) message: &'a [u8],
    /// The raw commit.
    pub(crate) data: &'a [u8],
}

impl PassedCommit<'_> {
    /// A time that cannot be read is the beginning of time, as git has it: the value counts more.
    pub(crate) fn time(&self) -> gix::date::Time {
        committer_time(self.data).unwrap_or_default()
    }
}

/// The committer's time of a raw commit, without a look at the rest of its header.
fn committer_time(data: &[u8]) -> Option<gix::date::Time> {
    let line = &data[data.find(b"\ncommitter ")? + 1..];
    let line = &line[..line.find_byte(b'\n')?];
    let time = &line[line.rfind_byte(b'>')? + 1..];
    gix::date::parse_header(time.trim().to_str().ok()?)
}

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WalkEnd {
    Stopped,
    Root,
    Boundary,
}

/// Walks from `tip` along first parents until `visit` says to stop, the root, or the boundary of a shallow clone.
pub(crate) fn walk(
    repo: &gix::Repository,
    tip: Tip<'_>,
    shallow: &HashSet<ObjectId>,
    mut visit: impl FnMut(PassedCommit<'_>) -> Result<ControlFlow<()>, HistoryError>,
) -> Result<WalkEnd, HistoryError> {
    let (mut id, mut known, mut buffer) = (tip.id, tip.data, Vec::new());
    loop {
        let data = match known.take() {
            Some(data) => data,
            None => read(repo, id, &mut buffer)?,
        };
        let (first_parent, message) = split_commit(data).ok_or(HistoryError::NotACommit(id))?;
        if visit(PassedCommit { id, first_parent, message, data })?.is_break() {
            return Ok(WalkEnd::Stopped);
        }
        match first_parent {
            // git lists roots among the boundary too, but behind a root there is nothing to hide.
            None => return Ok(WalkEnd::Root),
            Some(_) if shallow.contains(&id) => return Ok(WalkEnd::Boundary),
            Some(parent) => id = parent,
        }
    }
}

fn read<'a>(repo: &gix::Repository, id: ObjectId, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], HistoryError> {
    let object = repo.objects.try_find(&id, buffer).map_err(|err| HistoryError::Read(id, err))?;
    match object.ok_or(HistoryError::Missing(id))? {
        object if object.kind == Kind::Commit => Ok(object.data),
        _ => Err(HistoryError::NotACommit(id)),
    }
}

/// The first parent and the message of a raw commit.
fn split_commit(data: &[u8]) -> Option<(Option<ObjectId>, &[u8])> {
    let mut rest = data.strip_prefix(b"tree ")?;
    rest = &rest[rest.find_byte(b'\n')? + 1..];
    let first_parent = match rest.strip_prefix(b"parent ") {
        Some(line) => Some(ObjectId::from_hex(&line[..line.find_byte(b'\n')?]).ok()?),
        None => None,
    };
    // A commit without a message may end right after its header.
    let message = rest.find(b"\n\n").map_or(&[][..], |at| &rest[at + 2..]);
    Some((first_parent, message))
}

/// The tree of a raw commit.
pub(crate) fn tree_of(data: &[u8]) -> Option<ObjectId> {
    let line = data.strip_prefix(b"tree ")?;
    ObjectId::from_hex(&line[..line.find_byte(b'\n')?]).ok()
}

/// Makes state commits of a walk from newer to older: a result belongs to the nearest earlier state commit with the
/// subject that it names.
#[derive(Default)]
struct PassedNotes {
    results: HashMap<BString, Vec<ResultCommit>>,
    /// The newest one.
    pause: Option<PauseCommit>,
}

impl PassedNotes {
    /// Keeps the commit if it is a result, or pauses or resumes polls.
    fn keep(&mut self, step: &PassedCommit<'_>) {
        if let Some((subject, result)) = LaunchResult::read(step.message) {
            let commit = ResultCommit { id: step.id, result, time: step.time() };
            self.results.entry(subject.into()).or_default().push(commit);
        } else if self.pause.is_none() {
            let change = PauseChange::read(step.message);
            self.pause = change.map(|change| PauseCommit { change, time: step.time() });
        }
    }

    /// The state commit `step`, with the results that are its own.
    fn complete(&mut self, step: &PassedCommit<'_>, value: &[u8]) -> StateCommit {
        let subject = BString::from(subject_of(step.message));
        let results = self.results.remove(&subject).unwrap_or_default();
        let text = |bytes: &[u8]| bytes.to_str_lossy().into_owned();
        let message = text(&subject[..subject.len() - " ()".len() - value.len()]);
        StateCommit { id: step.id, message, value: text(value), time: step.time(), results, subject }
    }
}

/// Visits state commits, newest first, until `visit` says to stop.
fn visit_states(
    repo: &gix::Repository,
    tip: Tip<'_>,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
    mut visit: impl FnMut(StateCommit) -> ControlFlow<()>,
) -> Result<(WalkEnd, PassedNotes), HistoryError> {
    let mut notes = PassedNotes::default();
    let end = walk(repo, tip, shallow, |step| {
        let subject = subject_of(step.message);
        let Some(value) = pattern.value_in(subject) else {
            if LaunchResult::is_subject(subject) {
                notes.keep(&step);
            }
            return Ok(ControlFlow::Continue(()));
        };
        Ok(visit(notes.complete(&step, value)))
    })?;
    Ok((end, notes))
}

/// The newest state commit that `pattern` matches, and whether polls were paused after it.
pub(crate) fn newest_state(
    repo: &gix::Repository,
    tip: Tip<'_>,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
) -> Result<Newest, HistoryError> {
    let mut found = None;
    let (end, notes) = visit_states(repo, tip, pattern, shallow, |state| {
        found = Some(state);
        ControlFlow::Break(())
    })?;
    Ok(Newest { recorded: recorded(found, end), pause: notes.pause })
}

/// What a walk for one state commit says.
fn recorded(found: Option<StateCommit>, end: WalkEnd) -> Recorded {
    match (found, end) {
        (Some(state), _) => Recorded::Newest(state),
        (None, WalkEnd::Boundary) => Recorded::CutOff,
        (None, WalkEnd::Root | WalkEnd::Stopped) => Recorded::Nothing,
    }
}

/// The newest state commit that `pattern` matches and `is_wanted` takes.
pub(crate) fn first_state(
    repo: &gix::Repository,
    tip: Tip<'_>,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
    mut is_wanted: impl FnMut(&StateCommit) -> bool,
) -> Result<Recorded, HistoryError> {
    let mut found = None;
    let (end, _) = visit_states(repo, tip, pattern, shallow, |state| match is_wanted(&state) {
        true => {
            found = Some(state);
            ControlFlow::Break(())
        }
        false => ControlFlow::Continue(()),
    })?;
    Ok(recorded(found, end))
}

/// State commits, newest first, at most `limit`; and whether a shallow clone hides more.
pub(crate) fn states(
    repo: &gix::Repository,
    tip: Tip<'_>,
    pattern: &MessagePattern,
    shallow: &HashSet<ObjectId>,
    limit: usize,
) -> Result<(Vec<StateCommit>, bool), HistoryError> {
    let mut states = Vec::new();
    if limit == 0 {
        return Ok((states, false));
    }
    let (end, _) = visit_states(repo, tip, pattern, shallow, |state| {
        states.push(state);
        if states.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok((states, matches!(end, WalkEnd::Boundary)))
}

/// The commits of a history. A walk that comes to one of them goes through the others next.
pub(crate) fn commits(
    repo: &gix::Repository,
    tip: ObjectId,
    shallow: &HashSet<ObjectId>,
) -> Result<HashSet<ObjectId>, HistoryError> {
    let mut ids = HashSet::new();
    walk(repo, Tip { id: tip, data: None }, shallow, |step| {
        ids.insert(step.id);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(ids)
}

/// The subjects of the newest commits up to those in `end`, at most `limit`, newest first.
pub(crate) fn subjects(
    repo: &gix::Repository,
    tip: Tip<'_>,
    shallow: &HashSet<ObjectId>,
    end: &HashSet<ObjectId>,
    limit: usize,
) -> Result<Vec<Subject>, HistoryError> {
    let mut subjects = Vec::new();
    walk(repo, tip, shallow, |step| {
        if end.contains(&step.id) {
            return Ok(ControlFlow::Break(()));
        }
        let text = BString::from(subject_of(step.message));
        subjects.push(Subject { text, is_our_state: is_our_state(step.message) });
        Ok(if subjects.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(subjects)
}

/// The subjects of the state commits up to those in `end` that this program made, under any message, newest first.
pub(crate) fn our_state_subjects(
    repo: &gix::Repository,
    tip: Tip<'_>,
    shallow: &HashSet<ObjectId>,
    end: &HashSet<ObjectId>,
) -> Result<Vec<BString>, HistoryError> {
    let mut subjects = Vec::new();
    walk(repo, tip, shallow, |step| {
        if end.contains(&step.id) {
            return Ok(ControlFlow::Break(()));
        }
        if is_our_state(step.message) {
            subjects.push(BString::from(subject_of(step.message)));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(subjects)
}

/// Whether a commit of this program stands at `from` or before it. None where a shallow clone hides the answer.
pub(crate) fn is_after_one_of_ours(
    repo: &gix::Repository,
    from: ObjectId,
    shallow: &HashSet<ObjectId>,
) -> Result<Option<bool>, HistoryError> {
    let end = walk(repo, Tip { id: from, data: None }, shallow, |step| {
        Ok(if is_ours(step.message) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(match end {
        WalkEnd::Stopped => Some(true),
        WalkEnd::Root => Some(false),
        WalkEnd::Boundary => None,
    })
}

/// Whether `wanted` lies on the first-parent history from `tip`, before `stop` is reached.
pub(crate) fn contains(
    repo: &gix::Repository,
    tip: ObjectId,
    wanted: ObjectId,
    stop: ObjectId,
    shallow: &HashSet<ObjectId>,
) -> Result<bool, HistoryError> {
    let mut found = false;
    walk(repo, Tip { id: tip, data: None }, shallow, |step| {
        found = step.id == wanted;
        let done = found || step.id == stop || step.first_parent.is_none();
        Ok(if done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_that_of_the_committer() {
        let commit =
            "tree a\nauthor A <a@b> 5 +0000\ncommitter C <> d <c@d> 1700000000 -0130\n\ncommitter X <x> 1 +0000\n";
        assert_eq!(committer_time(commit.as_bytes()), Some(gix::date::Time { seconds: 1_700_000_000, offset: -5400 }));
        for bad in ["", "tree a\n\nno header", "tree a\ncommitter C <c@d> soon\n\n"] {
            assert_eq!(committer_time(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn raw_commits_are_split() {
        let id = "1234567890123456789012345678901234567890";
        let full = format!("tree {id}\nparent {id}\nparent {}\nauthor a\n\nsubject\n\nbody", "a".repeat(40));
        let expected = ObjectId::from_hex(id.as_bytes()).unwrap();
        assert_eq!(split_commit(full.as_bytes()), Some((Some(expected), &b"subject\n\nbody"[..])));
        assert_eq!(tree_of(full.as_bytes()), Some(expected));
        let root = format!("tree {id}\nauthor a\n\nsubject");
        assert_eq!(split_commit(root.as_bytes()), Some((None, &b"subject"[..])));
        let silent = format!("tree {id}\nauthor a\n");
        assert_eq!(split_commit(silent.as_bytes()), Some((None, &b""[..])));
        for bad in ["", "tree", "blob", "tree x\nparent nonsense\n\n"] {
            assert_eq!(split_commit(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
