//! Finding the options file of a branch: the rule that makes a branch a resource.

use gix::ObjectId;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::tree::EntryKind;
use gix::objs::{Find, Kind, TreeRefIter};

use super::branches::Branch;
use super::history::tree_of;
use crate::core::options::MAX_BYTES;

/// Where options files may lie, best first; `{branch}` stands for the name of the branch.
#[derive(Clone, Debug)]
pub(crate) struct OptionsPaths(Vec<String>);

impl OptionsPaths {
    /// The paths of the repositories in use: `options` at the top, or `branches/B/trigger`.
    const IN_USE: [&str; 2] = ["options", "branches/{branch}/trigger"];

    /// Takes the paths that were configured, or the ones in use.
    ///
    /// # Errors
    ///
    /// A path leads out of the tree.
    pub(crate) fn new(configured: Vec<String>) -> Result<Self, String> {
        if configured.is_empty() {
            return Ok(OptionsPaths(Self::IN_USE.map(str::to_owned).to_vec()));
        }
        let bad = |path: &&String| path.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        match configured.iter().find(bad) {
            Some(path) => {
                Err(format!("{path:?} is not a path inside a tree, like `options` or `branches/{{branch}}/trigger`"))
            }
            None => Ok(OptionsPaths(configured)),
        }
    }

    /// Why nothing can be said of the options of a branch, wherever they may lie.
    pub(crate) fn unreadable(&self, branch: &str, reason: String) -> UnreadableOptions {
        UnreadableOptions { path: self.of(branch).next().unwrap_or_default(), reason }
    }

    /// The paths for one branch.
    pub(crate) fn of<'a>(&'a self, branch: &'a str) -> impl Iterator<Item = String> + 'a {
        self.0.iter().map(move |path| path.replace("{branch}", branch))
    }
}

/// What a tree holds at the place of the options file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Located {
    /// Nothing: the branch is not a resource.
    Nowhere,
    /// The file.
    File(OptionsFile),
    /// Something that is not a readable file.
    Unreadable(UnreadableOptions),
    /// An object that a partial clone does not have yet.
    Missing(ObjectId),
}

/// Why an options file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnreadableOptions {
    /// Its path in the tree, or the first path where it is looked for.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl std::error::Error for UnreadableOptions {}

impl std::fmt::Display for UnreadableOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot read {}: {}", self.path, self.reason)
    }
}

/// An options file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionsFile {
    /// Its path in the tree.
    pub(crate) path: String,
    /// The tree of the folder that holds it: the resource directory.
    pub(crate) directory: ObjectId,
    /// Its text.
    pub(crate) text: Vec<u8>,
    /// The raw commit at the tip of the branch, which a walk then need not read again.
    pub(crate) tip: Vec<u8>,
}

/// Looks for the options file in the tree of the branch's own tip.
pub(crate) fn locate(repo: &gix::Repository, branch: &Branch, paths: &OptionsPaths) -> Located {
    find(repo, branch, paths).unwrap_or_else(|stop| match stop {
        Stop::Missing(id) => Located::Missing(id),
        Stop::Damaged(reason) => Located::Unreadable(paths.unreadable(branch.name.as_str(), reason)),
    })
}

/// Why a tree cannot be looked into.
pub(crate) enum Stop {
    /// An object that a partial clone does not have yet.
    Missing(ObjectId),
    /// Something is not what it should be.
    Damaged(String),
}

fn find(repo: &gix::Repository, branch: &Branch, paths: &OptionsPaths) -> Result<Located, Stop> {
    let mut buffer = Vec::new();
    let tip = read(repo, branch.tip, Kind::Commit, &mut buffer)?.to_vec();
    let root = tree_of(&tip).ok_or_else(|| Stop::Damaged(format!("commit {} is damaged", branch.tip)))?;
    for path in paths.of(branch.name.as_str()) {
        let Some((directory, kind, id)) = lookup(repo, root, &path, &mut buffer)? else { continue };
        let unreadable =
            |reason: &str| Located::Unreadable(UnreadableOptions { path: path.clone(), reason: reason.to_owned() });
        return Ok(match kind {
            EntryKind::Blob | EntryKind::BlobExecutable => {
                let text = read(repo, id, Kind::Blob, &mut buffer)?;
                match text.len() {
                    0..=MAX_BYTES => Located::File(OptionsFile { path, directory, text: text.to_vec(), tip }),
                    length => unreadable(&format!(
                        "it is {} KiB long; at most {} KiB are read",
                        length.div_ceil(1024),
                        MAX_BYTES / 1024
                    )),
                }
            }
            EntryKind::Tree => unreadable("it is a folder, not a file"),
            EntryKind::Link => unreadable("it is a symbolic link, not a file"),
            EntryKind::Commit => unreadable("it is a submodule, not a file"),
        });
    }
    Ok(Located::Nowhere)
}

/// The tree that holds the last part of `path`, and the kind and id of that part.
pub(crate) fn lookup(
    repo: &gix::Repository,
    root: ObjectId,
    path: &str,
    buffer: &mut Vec<u8>,
) -> Result<Option<(ObjectId, EntryKind, ObjectId)>, Stop> {
    let mut tree = root;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let data = read(repo, tree, Kind::Tree, buffer)?;
        let Some((kind, id)) = entry(data, part.as_bytes().as_bstr(), tree)? else { return Ok(None) };
        match (parts.peek(), kind) {
            (None, _) => return Ok(Some((tree, kind, id))),
            (Some(_), EntryKind::Tree) => tree = id,
            (Some(_), EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit) => {
                return Ok(None);
            }
        }
    }
    Ok(None)
}

fn entry(data: &[u8], name: &BStr, tree: ObjectId) -> Result<Option<(EntryKind, ObjectId)>, Stop> {
    for entry in TreeRefIter::from_bytes(data, tree.kind()) {
        let entry = entry.map_err(|_| Stop::Damaged(format!("tree {tree} is damaged")))?;
        if entry.filename == name {
            return Ok(Some((entry.mode.kind(), entry.oid.to_owned())));
        }
    }
    Ok(None)
}

fn read<'a>(repo: &gix::Repository, id: ObjectId, kind: Kind, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], Stop> {
    if id.is_empty_tree() {
        return Ok(&[]);
    }
    match repo.objects.try_find(&id, buffer) {
        Ok(Some(object)) if object.kind == kind => Ok(object.data),
        Ok(Some(object)) => Err(Stop::Damaged(format!("{id} is a {}, not a {kind}", object.kind))),
        Ok(None) => Err(Stop::Missing(id)),
        Err(err) => Err(Stop::Damaged(format!("cannot read {kind} {id}: {err}"))),
    }
}
