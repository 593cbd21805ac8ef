//! The files of a resource directory, read from its tree without a checkout.

use std::collections::BTreeMap;

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::objs::{Find, Kind, TreeRefIter};

use crate::core::tree_file::{TreeFile, TreeFileKind};

/// The most that is exported, in bytes.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Why a tree cannot be exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("cannot read {0} of the resource directory")]
    Read(String),
    #[error("{0} lies in the resource directory but is not in this partial clone")]
    Missing(String, Vec<ObjectId>),
    #[error("the resource directory has a file with an unsafe or unreadable name: {0:?}")]
    Name(String),
    #[error("the resource directory holds more than {max} MiB", max = MAX_BYTES / 1024 / 1024)]
    TooLarge,
}

/// The files below `directory`. Submodules are left out.
pub(crate) fn files(repo: &gix::Repository, directory: ObjectId) -> Result<Vec<TreeFile>, ExportError> {
    read_all(repo, entries(repo, directory, None)?)
}

/// The content of the entries. Submodules are left out.
pub(crate) fn read_all(repo: &gix::Repository, entries: Vec<Entry>) -> Result<Vec<TreeFile>, ExportError> {
    let mut files = Vec::new();
    let mut total = 0;
    let mut buffer = Vec::new();
    let mut missing: Option<(String, Vec<ObjectId>)> = None;
    for Entry { path, kind, id } in entries {
        let kind = match kind {
            EntryKind::Blob => TreeFileKind::File { executable: false },
            EntryKind::BlobExecutable => TreeFileKind::File { executable: true },
            EntryKind::Link => TreeFileKind::Symlink,
            EntryKind::Tree | EntryKind::Commit => continue,
        };
        let data = match read(repo, id, Kind::Blob, &path, &mut buffer) {
            Ok(data) => data.to_vec(),
            // One fetch for all of them.
            Err(ExportError::Missing(path, ids)) => {
                missing.get_or_insert_with(|| (path, Vec::new())).1.extend(ids);
                continue;
            }
            Err(err) => return Err(err),
        };
        total += data.len();
        if total > MAX_BYTES {
            return Err(ExportError::TooLarge);
        }
        files.push(TreeFile { path, kind, data });
    }
    match missing {
        None => Ok(files),
        Some((path, ids)) => Err(ExportError::Missing(path, ids)),
    }
}

/// The ids of the files below `directory`, by path.
pub(crate) fn ids(repo: &gix::Repository, directory: ObjectId) -> Result<BTreeMap<String, ObjectId>, ExportError> {
    let entries = entries(repo, directory, None)?;
    Ok(entries.into_iter().map(|entry| (entry.path, entry.id)).collect())
}

/// The paths of the files below `directory`.
pub(crate) fn paths(repo: &gix::Repository, directory: ObjectId) -> Result<Vec<String>, ExportError> {
    let entries = entries(repo, directory, None)?;
    Ok(entries.into_iter().filter(|entry| entry.kind != EntryKind::Commit).map(|entry| entry.path).collect())
}

/// Something in a tree that is not a folder.
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) kind: EntryKind,
    id: ObjectId,
}

/// Everything below `directory` but folders, and but what is called `but` at its top.
pub(crate) fn entries(
    repo: &gix::Repository,
    directory: ObjectId,
    but: Option<&str>,
) -> Result<Vec<Entry>, ExportError> {
    let (mut found, mut folders) = (Vec::new(), vec![(String::new(), directory)]);
    let mut buffer = Vec::new();
    while let Some((prefix, tree)) = folders.pop() {
        let data = read(repo, tree, Kind::Tree, &prefix, &mut buffer)?;
        for entry in TreeRefIter::from_bytes(data, tree.kind()) {
            let entry = entry.map_err(|_| ExportError::Read(prefix.clone()))?;
            let name = entry.filename.to_str_lossy();
            if prefix.is_empty() && but.is_some_and(|but| name == but) {
                continue;
            }
            let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
            // Names that only Windows does not like are fine: `snap:app` and `a\\x2db` are in use.
            let options = gix::validate::path::component::Options { protect_windows: false, ..Default::default() };
            if entry.filename.to_str().is_err()
                || gix::validate::path::component(entry.filename, None, options).is_err()
            {
                return Err(ExportError::Name(path));
            }
            match entry.mode.kind() {
                EntryKind::Tree => folders.push((path, entry.oid.to_owned())),
                kind @ (EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit) => {
                    found.push(Entry { path, kind, id: entry.oid.to_owned() });
                }
            }
        }
    }
    Ok(found)
}

fn read<'a>(
    repo: &gix::Repository,
    id: ObjectId,
    kind: Kind,
    path: &str,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], ExportError> {
    if id.is_empty_tree() {
        return Ok(&[]);
    }
    match repo.objects.try_find(&id, buffer) {
        Ok(Some(object)) if object.kind == kind => Ok(object.data),
        Ok(None) => Err(ExportError::Missing(path.to_owned(), vec![id])),
        Ok(Some(_)) | Err(_) => Err(ExportError::Read(path.to_owned())),
    }
}
