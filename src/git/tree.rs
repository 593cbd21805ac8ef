//! Reading and writing trees, without a checkout.
//!
//! Every other module reads trees and blobs through this one. The size of a blob is looked at before the blob is
//! inflated: a few hundred bytes in a pack can stand for gigabytes. What a partial clone left out is reported as
//! [`TreeError::Missing`], all of it at once; [`backfill`] is the one way to fetch it.

pub(crate) mod backfill;
#[cfg(test)]
mod tests;
mod unpack;

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::objs::{Exists, Find, FindHeader, Kind, TreeRefIter};

use self::backfill::BackfillError;
pub(crate) use self::unpack::unpack;
use super::history::tree_of;
use crate::core::tree_file::{TreeFile, TreeFileKind};

/// The most that the files of a resource may have together, in bytes.
pub(crate) const MAX_FOLDER_BYTES: usize = 64 * 1024 * 1024;

/// The longest path in a tree that a file system has a place for.
const MAX_PATH_BYTES: usize = 4096;

/// Why a tree, or something in it, cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("object {} is missing", .0.first().map(ToString::to_string).unwrap_or_default())]
    Missing(Vec<ObjectId>),
    #[error("cannot read {kind} {id}")]
    Read { kind: Kind, id: ObjectId, source: gix::Error },
    #[error("{id} is a {found}, not a {expected}")]
    Kind { id: ObjectId, found: Kind, expected: Kind },
    #[error("{kind} {id} is damaged")]
    Damaged { kind: Kind, id: ObjectId },
    #[error("blob {id} is {} KiB long; at most {} KiB are read", .size.div_ceil(1024), .most / 1024)]
    BlobTooLarge { id: ObjectId, size: u64, most: u64 },
    #[error("the folder of the resource holds more than {max} MiB", max = MAX_FOLDER_BYTES / 1024 / 1024)]
    FolderTooLarge,
    #[error("the tree holds too many files")]
    ListTooLong,
    #[error("the tree has a file with an unsafe or unreadable name: {0:?}")]
    Name(PathBuf),
    #[error("cannot write {}", .0.display())]
    Unpack(PathBuf, #[source] io::Error),
    #[error("cannot write a tree")]
    Write(#[source] gix::Error),
    #[error(transparent)]
    Backfill(#[from] BackfillError),
    #[error("interrupted")]
    Interrupted,
}

impl TreeError {
    /// The objects that are not there, and that a partial clone may have left out.
    pub(crate) fn missing(&self) -> &[ObjectId] {
        if let TreeError::Missing(ids) = self { ids } else { &[] }
    }
}

/// Something in a tree that is not a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// Relative to the tree that was listed.
    pub(crate) path: PathBuf,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

impl TreeEntry {
    /// The path as text.
    pub(crate) fn text(&self) -> Result<&str, TreeError> {
        self.path.to_str().ok_or_else(|| TreeError::Name(self.path.clone()))
    }
}

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FoundPath {
    /// The tree that has it as an entry.
    pub(crate) folder: ObjectId,
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

/// How much a list of files may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// The folder of a resource.
    Resource,
    /// A whole tree, which is launched.
    Everything,
}

impl Extent {
    /// The memory that a list may take, in MiB: a tree of nested copies names billions of files in a few objects.
    fn mebibytes(self) -> usize {
        match self {
            Extent::Resource => 8,
            Extent::Everything => 512,
        }
    }
}

/// The tree of a commit.
pub(crate) fn of_commit(repo: &gix::Repository, commit: ObjectId) -> Result<ObjectId, TreeError> {
    let mut buffer = Vec::new();
    let data = read(repo, commit, Kind::Commit, &mut buffer)?;
    tree_of(data).ok_or(TreeError::Damaged { kind: Kind::Commit, id: commit })
}

/// The raw commit.
pub(crate) fn commit(repo: &gix::Repository, commit: ObjectId) -> Result<Vec<u8>, TreeError> {
    let mut buffer = Vec::new();
    read(repo, commit, Kind::Commit, &mut buffer).map(<[u8]>::to_vec)
}

/// What lies at `path`, its parts divided by `/`.
pub(crate) fn lookup(
    repo: &gix::Repository,
    root: ObjectId,
    path: &str,
    buffer: &mut Vec<u8>,
) -> Result<Option<FoundPath>, TreeError> {
    let mut folder = root;
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        let data = read(repo, folder, Kind::Tree, buffer)?;
        let Some(found) = entry(data, part, folder)? else { return Ok(None) };
        match (parts.peek(), found.kind) {
            (None, _) => return Ok(Some(found)),
            (Some(_), EntryKind::Tree) => folder = found.id,
            (Some(_), EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit) => {
                return Ok(None);
            }
        }
    }
    Ok(None)
}

fn entry(data: &[u8], name: &str, folder: ObjectId) -> Result<Option<FoundPath>, TreeError> {
    for entry in TreeRefIter::from_bytes(data, folder.kind()) {
        let entry = entry.map_err(|_| TreeError::Damaged { kind: Kind::Tree, id: folder })?;
        if entry.filename == name.as_bytes() {
            return Ok(Some(FoundPath { folder, kind: entry.mode.kind(), id: entry.oid.to_owned() }));
        }
    }
    Ok(None)
}

/// What lies in `folder` itself, by name. What has a name that is not UTF-8 is left out.
pub(crate) fn names(repo: &gix::Repository, folder: ObjectId) -> Result<Vec<(String, EntryKind, ObjectId)>, TreeError> {
    let mut buffer = Vec::new();
    let data = read(repo, folder, Kind::Tree, &mut buffer)?;
    let mut names = Vec::new();
    for entry in TreeRefIter::from_bytes(data, folder.kind()) {
        let entry = entry.map_err(|_| TreeError::Damaged { kind: Kind::Tree, id: folder })?;
        if let Ok(name) = entry.filename.to_str() {
            names.push((name.to_owned(), entry.mode.kind(), entry.oid.to_owned()));
        }
    }
    Ok(names)
}

/// Everything below `folder` but folders, and but what is called `left_out` at its top.
pub(crate) fn list(
    repo: &gix::Repository,
    folder: ObjectId,
    left_out: Option<&str>,
    extent: Extent,
) -> Result<Vec<TreeEntry>, TreeError> {
    let (mut found, mut missing, mut buffer) = (Vec::new(), Vec::new(), Vec::new());
    let mut folders = VecDeque::from([(PathBuf::new(), folder)]);
    let mut room = extent.mebibytes() * 1024 * 1024;
    while let Some((prefix, tree)) = folders.pop_front() {
        let data = match read(repo, tree, Kind::Tree, &mut buffer) {
            // The others that are missing are fetched along with it.
            Err(TreeError::Missing(ids)) => {
                missing.extend(ids);
                continue;
            }
            data => data?,
        };
        for entry in TreeRefIter::from_bytes(data, tree.kind()) {
            let entry = entry.map_err(|_| TreeError::Damaged { kind: Kind::Tree, id: tree })?;
            if prefix.as_os_str().is_empty() && left_out.is_some_and(|name| entry.filename == name.as_bytes()) {
                continue;
            }
            let path = prefix.join(OsStr::from_bytes(entry.filename));
            if !is_safe(entry.filename) || path.as_os_str().len() > MAX_PATH_BYTES {
                return Err(TreeError::Name(path));
            }
            let size = path.as_os_str().len() + size_of::<TreeEntry>();
            room = room.checked_sub(size).ok_or(TreeError::ListTooLong)?;
            match entry.mode.kind() {
                EntryKind::Tree => folders.push_back((path, entry.oid.to_owned())),
                kind @ (EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit) => {
                    found.push(TreeEntry { path, kind, id: entry.oid.to_owned() });
                }
            }
        }
    }
    match missing.is_empty() {
        true => Ok(found),
        false => Err(TreeError::Missing(missing)),
    }
}

/// Whether a file system would take the name for what it is. Names that only Windows does not like are fine: `snap:app`
/// and `a\\x2db` are in use.
fn is_safe(name: &gix::bstr::BStr) -> bool {
    let options = gix::validate::path::component::Options { protect_windows: false, ..Default::default() };
    gix::validate::path::component(name, None, options).is_ok()
}

/// The files below the folder of a resource. Submodules are left out.
pub(crate) fn files(repo: &gix::Repository, folder: ObjectId) -> Result<Vec<TreeFile>, TreeError> {
    read_files(repo, &list(repo, folder, None, Extent::Resource)?)
}

/// The content of the entries. Submodules are left out.
///
/// # Errors
///
/// Together they are too large, which is known before any of them is inflated.
pub(crate) fn read_files(repo: &gix::Repository, entries: &[TreeEntry]) -> Result<Vec<TreeFile>, TreeError> {
    let (mut missing, mut total) = (Vec::new(), 0);
    for entry in entries.iter().filter(|entry| entry.kind != EntryKind::Commit) {
        match size(repo, entry.id)? {
            Some(size) => total += size,
            None => missing.push(entry.id),
        }
        if total > MAX_FOLDER_BYTES as u64 {
            return Err(TreeError::FolderTooLarge);
        }
    }
    if !missing.is_empty() {
        return Err(TreeError::Missing(missing));
    }
    let mut files = Vec::with_capacity(entries.len());
    let mut buffer = Vec::new();
    for entry in entries {
        let kind = match entry.kind {
            EntryKind::Blob => TreeFileKind::File { executable: false },
            EntryKind::BlobExecutable => TreeFileKind::File { executable: true },
            EntryKind::Link => TreeFileKind::Symlink,
            EntryKind::Tree | EntryKind::Commit => continue,
        };
        let data = read(repo, entry.id, Kind::Blob, &mut buffer)?.to_vec();
        files.push(TreeFile { path: entry.text()?.to_owned(), kind, data });
    }
    Ok(files)
}

/// The paths of the files below `folder`. Submodules are left out.
pub(crate) fn paths(repo: &gix::Repository, folder: ObjectId) -> Result<Vec<String>, TreeError> {
    let entries = list(repo, folder, None, Extent::Resource)?;
    let files = entries.iter().filter(|entry| entry.kind != EntryKind::Commit);
    files.map(|entry| entry.text().map(str::to_owned)).collect()
}

/// A blob of at most `most` bytes.
pub(crate) fn blob<'a>(
    repo: &gix::Repository,
    id: ObjectId,
    most: u64,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], TreeError> {
    let size = size(repo, id)?.ok_or_else(|| TreeError::Missing(vec![id]))?;
    if size > most {
        return Err(TreeError::BlobTooLarge { id, size, most });
    }
    read(repo, id, Kind::Blob, buffer)
}

/// How long an object is, from its header; none if it is not there.
fn size(repo: &gix::Repository, id: ObjectId) -> Result<Option<u64>, TreeError> {
    let header = repo.objects.try_header(&id);
    let header = header.map_err(|source| TreeError::Read { kind: Kind::Blob, id, source })?;
    Ok(header.map(|header| header.size))
}

/// # Errors
///
/// Some of the objects are not there.
fn check_present(repo: &gix::Repository, ids: impl Iterator<Item = ObjectId>) -> Result<(), TreeError> {
    let missing: Vec<ObjectId> = ids.filter(|id| !repo.objects.exists(id)).collect();
    if missing.is_empty() { Ok(()) } else { Err(TreeError::Missing(missing)) }
}

fn read<'a>(repo: &gix::Repository, id: ObjectId, kind: Kind, buffer: &'a mut Vec<u8>) -> Result<&'a [u8], TreeError> {
    if id.is_empty_tree() {
        return Ok(&[]);
    }
    match repo.objects.try_find(&id, buffer) {
        Ok(Some(object)) if object.kind == kind => Ok(object.data),
        Ok(Some(object)) => Err(TreeError::Kind { id, found: object.kind, expected: kind }),
        Ok(None) => Err(TreeError::Missing(vec![id])),
        Err(source) => Err(TreeError::Read { kind, id, source }),
    }
}

/// Writes a tree that holds `files`, on top of the tree of the commit `start`.
pub(crate) fn write(
    repo: &gix::Repository,
    start: Option<ObjectId>,
    files: &[TreeFile],
) -> Result<ObjectId, TreeError> {
    let base = match start {
        Some(commit) => of_commit(repo, commit)?,
        None => ObjectId::empty_tree(repo.object_hash()),
    };
    let write = || {
        let mut editor = repo.edit_tree(base)?;
        for TreeFile { path, kind, data } in files {
            let kind = match kind {
                TreeFileKind::File { executable: false } => EntryKind::Blob,
                TreeFileKind::File { executable: true } => EntryKind::BlobExecutable,
                TreeFileKind::Symlink => EntryKind::Link,
            };
            editor.upsert(path.as_str(), kind, repo.write_blob(data)?)?;
        }
        Ok(editor.write()?.detach())
    };
    write().map_err(TreeError::Write)
}
