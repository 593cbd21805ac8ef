//! The files of a resource directory, read from its tree without a checkout.

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::objs::{Find, Kind, TreeRefIter};

use crate::core::files::{TreeFile, TreeFileKind};

/// The most that is exported for an extractor, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Why a tree cannot be exported.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("cannot read {0} of the resource directory")]
    Read(String),
    #[error("{0} lies in the resource directory but is not in this partial clone")]
    Missing(String, ObjectId),
    #[error("the resource directory has a file with an unsafe or unreadable name: {0:?}")]
    Name(String),
    #[error("the resource directory holds more than {max} MiB", max = MAX_BYTES / 1024 / 1024)]
    TooLarge,
}

/// The files below `directory`. Submodules are left out.
pub(crate) fn files(repo: &gix::Repository, directory: ObjectId) -> Result<Vec<TreeFile>, ExportError> {
    let mut files = Vec::new();
    let mut total = 0;
    let mut buffer = Vec::new();
    for Entry { path, kind, id } in entries(repo, directory)? {
        let kind = match kind {
            EntryKind::Blob => TreeFileKind::File { executable: false },
            EntryKind::BlobExecutable => TreeFileKind::File { executable: true },
            EntryKind::Link => TreeFileKind::Symlink,
            EntryKind::Tree | EntryKind::Commit => continue,
        };
        let data = read(repo, id, Kind::Blob, &path, &mut buffer)?.to_vec();
        total += data.len();
        if total > MAX_BYTES {
            return Err(ExportError::TooLarge);
        }
        files.push(TreeFile { path, kind, data });
    }
    Ok(files)
}

/// The paths of the files below `directory`.
pub(crate) fn paths(repo: &gix::Repository, directory: ObjectId) -> Result<Vec<String>, ExportError> {
    let entries = entries(repo, directory)?;
    Ok(entries.into_iter().filter(|entry| entry.kind != EntryKind::Commit).map(|entry| entry.path).collect())
}

struct Entry {
    path: String,
    kind: EntryKind,
    id: ObjectId,
}

/// Everything below `directory` but folders.
fn entries(repo: &gix::Repository, directory: ObjectId) -> Result<Vec<Entry>, ExportError> {
    let (mut found, mut folders) = (Vec::new(), vec![(String::new(), directory)]);
    let mut buffer = Vec::new();
    while let Some((prefix, tree)) = folders.pop() {
        let data = read(repo, tree, Kind::Tree, &prefix, &mut buffer)?;
        for entry in TreeRefIter::from_bytes(data, tree.kind()) {
            let entry = entry.map_err(|_| ExportError::Read(prefix.clone()))?;
            let name = entry.filename.to_str_lossy();
            let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
            let options = gix::validate::path::component::Options::default();
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
        Ok(None) => Err(ExportError::Missing(path.to_owned(), id)),
        Ok(Some(_)) | Err(_) => Err(ExportError::Read(path.to_owned())),
    }
}
