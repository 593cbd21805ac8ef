//! Whether the files of an overlay are stale: what became, in the target, of the files that they were made from.
//!
//! The original of a file is the blob that the commit which last changed it names in a trailer, else what the target's own
//! history had at that time. Only reads; what a shallow clone hides is unknown, never guessed.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use crate::core::customization::{CUSTOM, copied_path};
use crate::core::lines::{Lost, differing};
use crate::core::originals::{Original, original_of, originals};
use crate::git::history::{HistoryError, Tip, WalkEnd, shallow_boundary, tree_of, walk};
use crate::git::options_file::FilesOrigin;
use crate::git::tree::{self, Extent, TreeError, lookup};

/// What became of the original of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is as it was.
    Unchanged,
    /// It is another one now.
    Changed {
        /// None: the original is not in the target's repository.
        lines: Option<Lost>,
        since: Option<gix::date::Time>,
    },
    /// It is not there any more.
    Gone { since: Option<gix::date::Time> },
    /// There was none when our file was written, but there is one now.
    Appeared { since: Option<gix::date::Time> },
    /// The target has the same file by now.
    SameAsOurs,
    /// There is none and never was one.
    New,
    /// A shallow clone hides it.
    Unknown(Hidden),
}

/// What is shallow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hidden {
    InResource,
    InTarget,
}

impl Fate {
    /// Whether our file needs attention.
    pub(crate) fn is_stale(&self) -> bool {
        match self {
            Fate::Changed { .. } | Fate::Gone { .. } | Fate::Appeared { .. } => true,
            Fate::Unchanged | Fate::SameAsOurs | Fate::New | Fate::Unknown(_) => false,
        }
    }
}

/// What was found of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checked {
    /// Relative to the target.
    pub(crate) path: String,
    pub(crate) fate: Fate,
}

/// Why originals cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OriginalsError {
    #[error("cannot read the history of the resource")]
    Resource(#[source] HistoryError),
    #[error("cannot read the history of the target")]
    Target(#[source] HistoryError),
    #[error("the target has no commit yet")]
    NoHead,
    #[error("cannot read the tree of a commit")]
    Tree(#[from] TreeError),
}

/// When a file of the overlay was written, and what from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CopyOrigin {
    From(String),
    At(i64),
    Hidden,
}

/// Checks all files of the overlay of a resource against the `HEAD` of a target.
pub(crate) fn check(
    repo: &gix::Repository,
    origin: &FilesOrigin,
    target: &gix::Repository,
) -> Result<Vec<Checked>, OriginalsError> {
    let (ours, written) = written(repo, origin.commit, &origin.in_folder(CUSTOM))?;
    let head = target.head_id().map_err(|_| OriginalsError::NoHead)?.detach();
    let past = Past { repo: target, head, shallow: shallow_boundary(target) };
    let bases = past.trees_at(written.values())?;
    let present_tree = past.tree_of_head()?;
    let mut checked = Vec::with_capacity(written.len());
    for (path, written) in written {
        let present = past.blob(present_tree, &path)?;
        let fate = match &written {
            CopyOrigin::Hidden => Fate::Unknown(Hidden::InResource),
            _ if present == ours.get(&path).copied() => Fate::SameAsOurs,
            CopyOrigin::From(blob) => match present {
                Some(present) if is_beginning(blob, present) => Fate::Unchanged,
                present => past.stale(&path, &OriginalBlob::Beginning(blob), present)?,
            },
            CopyOrigin::At(time) => match bases.get(time) {
                None => Fate::Unknown(Hidden::InTarget),
                Some(base) => {
                    let original = base.map(|tree| past.blob(tree, &path)).transpose()?.flatten();
                    match (original, present) {
                        (None, None) => Fate::New,
                        (original, present) if original == present => Fate::Unchanged,
                        (original, present) => past.stale(&path, &OriginalBlob::Exactly(original), present)?,
                    }
                }
            },
        };
        checked.push(Checked { path, fate });
    }
    Ok(checked)
}

/// The files of an overlay, by their paths in a target.
type Files = BTreeMap<String, ObjectId>;

/// The files of the overlay, and of each when it was written and what from.
fn written(
    repo: &gix::Repository,
    commit: ObjectId,
    custom: &str,
) -> Result<(Files, BTreeMap<String, CopyOrigin>), OriginalsError> {
    /// The commit above the present one on the walk.
    struct Child {
        folder: Option<ObjectId>,
        files: Files,
        time: i64,
        originals: Vec<Original>,
    }
    let (mut ours, mut found) = (None, BTreeMap::new());
    let mut child: Option<Child> = None;
    let mut failure = None;
    let mut settle = |child: &Child, parent: &Files, ours: &Files, confirmed: &BTreeMap<String, String>| {
        let differs = |path: &&String| child.files.get(*path) != parent.get(*path);
        let changed = child.files.keys().filter(differs).count();
        for path in ours.keys().filter(differs) {
            let named = confirmed.get(path).map(String::as_str);
            let named = named.or_else(|| original_of(&child.originals, path, changed));
            found.entry(path.clone()).or_insert_with(|| match named {
                Some(blob) => CopyOrigin::From(blob.to_owned()),
                None => CopyOrigin::At(child.time),
            });
        }
        found.len() == ours.len()
    };
    // What later commits say: the original was looked at again, and the copy is right.
    let mut confirmed: BTreeMap<String, String> = BTreeMap::new();
    let end = walk(repo, Tip { id: commit, data: None }, &shallow_boundary(repo), |step| {
        let mut look = || {
            let folder = folder_in(repo, step.data, custom)?;
            let files = match &child {
                Some(child) if child.folder == folder => child.files.clone(),
                _ => files_in(repo, folder)?,
            };
            let all = ours.get_or_insert_with(|| files.clone());
            let is_done = match &child {
                Some(child) if child.folder != folder => settle(child, &files, all, &confirmed),
                Some(_) | None => all.is_empty(),
            };
            let time = step.time().seconds;
            let originals = originals(step.message);
            for Original { blob, path } in &originals {
                if let Some(path) = path {
                    confirmed.entry(path.clone()).or_insert_with(|| blob.clone());
                }
            }
            child = Some(Child { folder, files, time, originals });
            Ok::<_, OriginalsError>(is_done)
        };
        Ok(match look() {
            Ok(false) => ControlFlow::Continue(()),
            Ok(true) => ControlFlow::Break(()),
            Err(err) => {
                failure = Some(err);
                ControlFlow::Break(())
            }
        })
    })
    .map_err(OriginalsError::Resource)?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let ours = ours.unwrap_or_default();
    match (end, &child) {
        (WalkEnd::Root, Some(root)) => {
            settle(root, &Files::new(), &ours, &confirmed);
        }
        (WalkEnd::Boundary, _) => {
            for path in ours.keys() {
                found.entry(path.clone()).or_insert(CopyOrigin::Hidden);
            }
        }
        (WalkEnd::Root, None) | (WalkEnd::Stopped, _) => {}
    }
    Ok((ours, found))
}

fn folder_in(repo: &gix::Repository, commit: &[u8], path: &str) -> Result<Option<ObjectId>, OriginalsError> {
    let Some(tree) = tree_of(commit) else { return Ok(None) };
    let found = lookup(repo, tree, path, &mut Vec::new())?;
    Ok(found.filter(|found| found.kind == EntryKind::Tree).map(|found| found.id))
}

fn files_in(repo: &gix::Repository, folder: Option<ObjectId>) -> Result<Files, OriginalsError> {
    let Some(folder) = folder else { return Ok(Files::new()) };
    let mut files = Files::new();
    for entry in tree::list(repo, folder, None, Extent::Resource)? {
        if let Some(path) = copied_path(&format!("{CUSTOM}/{}", entry.text()?)) {
            files.insert(path.to_owned(), entry.id);
        }
    }
    Ok(files)
}

/// What is known of an original.
enum OriginalBlob<'a> {
    /// The beginning of its id.
    Beginning(&'a str),
    /// Its id, if there was one.
    Exactly(Option<ObjectId>),
}

fn is_beginning(beginning: &str, id: ObjectId) -> bool {
    id.to_hex().to_string().starts_with(beginning)
}

impl OriginalBlob<'_> {
    fn is(&self, id: Option<ObjectId>) -> bool {
        match self {
            OriginalBlob::Beginning(beginning) => id.is_some_and(|id| is_beginning(beginning, id)),
            OriginalBlob::Exactly(exactly) => *exactly == id,
        }
    }

    fn in_repository(&self, repo: &gix::Repository) -> Option<ObjectId> {
        match self {
            OriginalBlob::Exactly(id) => *id,
            OriginalBlob::Beginning(beginning) => {
                let prefix = gix::hash::Prefix::from_hex(beginning).ok()?;
                repo.objects.lookup_prefix(prefix, None).ok()??.ok()
            }
        }
    }
}

/// The first-parent history of a target.
struct Past<'a> {
    repo: &'a gix::Repository,
    head: ObjectId,
    shallow: HashSet<ObjectId>,
}

impl Past<'_> {
    /// For each moment the tree of the newest commit that is not younger: `Some(None)` stands for the time before the
    /// first commit, and a moment that a shallow clone hides is left out.
    fn trees_at<'w>(
        &self,
        written: impl Iterator<Item = &'w CopyOrigin>,
    ) -> Result<BTreeMap<i64, Option<ObjectId>>, OriginalsError> {
        let moment = |written: &CopyOrigin| match written {
            CopyOrigin::At(time) => Some(*time),
            CopyOrigin::From(_) | CopyOrigin::Hidden => None,
        };
        let mut wanted: Vec<i64> = written.filter_map(moment).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut trees = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(trees);
        }
        let end = walk(self.repo, Tip { id: self.head, data: None }, &self.shallow, |step| {
            let time = step.time().seconds;
            while let Some(last) = wanted.pop_if(|last| time <= *last) {
                trees.insert(last, tree_of(step.data));
            }
            Ok(if wanted.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
        .map_err(OriginalsError::Target)?;
        match end {
            WalkEnd::Root => trees.extend(wanted.into_iter().map(|time| (time, None))),
            WalkEnd::Stopped | WalkEnd::Boundary => {}
        }
        Ok(trees)
    }

    fn tree_of_head(&self) -> Result<ObjectId, OriginalsError> {
        let mut tree = None;
        walk(self.repo, Tip { id: self.head, data: None }, &self.shallow, |step| {
            tree = tree_of(step.data);
            Ok(ControlFlow::Break(()))
        })
        .map_err(OriginalsError::Target)?;
        tree.ok_or(OriginalsError::NoHead)
    }

    /// The file at a path.
    fn blob(&self, tree: ObjectId, path: &str) -> Result<Option<ObjectId>, OriginalsError> {
        let found = lookup(self.repo, tree, path, &mut Vec::new())?;
        let file = |found: tree::FoundPath| match found.kind {
            EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link => Some(found.id),
            EntryKind::Tree | EntryKind::Commit => None,
        };
        Ok(found.and_then(file))
    }

    /// What became of an original that is not there any more.
    fn stale(
        &self,
        path: &str,
        original: &OriginalBlob<'_>,
        present: Option<ObjectId>,
    ) -> Result<Fate, OriginalsError> {
        let since = self.last_seen(path, original)?;
        let before = original.in_repository(self.repo);
        Ok(match (original, present) {
            (_, None) => Fate::Gone { since },
            (OriginalBlob::Exactly(None), Some(_)) => Fate::Appeared { since },
            (OriginalBlob::Exactly(Some(_)) | OriginalBlob::Beginning(_), Some(present)) => {
                let data = |id| self.repo.find_object(id).ok().map(|object| object.detach().data);
                let lines = before.and_then(data).zip(data(present)).map(|(old, new)| differing(&old, &new));
                Fate::Changed { lines, since }
            }
        })
    }

    /// When the original was last replaced by something else, if that can be seen.
    fn last_seen(&self, path: &str, original: &OriginalBlob<'_>) -> Result<Option<gix::date::Time>, OriginalsError> {
        let (mut since, mut seen, mut failure) = (None, false, None);
        let end = walk(self.repo, Tip { id: self.head, data: None }, &self.shallow, |step| {
            let blob = tree_of(step.data).map(|tree| self.blob(tree, path)).transpose();
            match blob {
                Ok(blob) => seen = original.is(blob.flatten()),
                Err(err) => failure = Some(err),
            }
            if seen || failure.is_some() {
                return Ok(ControlFlow::Break(()));
            }
            since = Some(step.time());
            Ok(ControlFlow::Continue(()))
        })
        .map_err(OriginalsError::Target)?;
        match failure {
            Some(failure) => Err(failure),
            // Before the first commit there was nothing.
            None if seen || (end == WalkEnd::Root && original.is(None)) => Ok(since),
            None => Ok(None),
        }
    }
}
