//! Writing the tree of a commit into a folder, file by file.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::backfill::{BackfillError, complete};
use super::{TreeEntry, TreeError, check_present, read};
use crate::git::program::Git;
use crate::git::repository::Repository;

/// Writes the entries into `folder`, where none of them may be yet. Submodules become empty folders. Fetches what a
/// partial clone left out.
///
/// # Errors
///
/// Objects are missing, which is known before anything is written.
pub(crate) fn unpack(
    repository: &Repository,
    git: &Git,
    entries: &[TreeEntry],
    folder: &Path,
) -> Result<(), TreeError> {
    let blobs = || entries.iter().filter(|entry| entry.kind != EntryKind::Commit).map(|entry| entry.id);
    complete(repository, git, |repo| check_present(repo, blobs()))?;
    // One file at a time is held in memory, as large as it may be.
    let repo = repository.unlimited().map_err(BackfillError::from)?.local();
    let mut writer = Writer { repo: &repo, folder, parent: PathBuf::new(), buffer: Vec::new() };
    // Links last: while files are written, no folder can be a way out.
    let (links, files): (Vec<&TreeEntry>, Vec<&TreeEntry>) =
        entries.iter().partition(|entry| entry.kind == EntryKind::Link);
    for entry in files.into_iter().chain(links) {
        if (git.interrupted)() {
            return Err(TreeError::Interrupted);
        }
        writer.write(entry)?;
    }
    Ok(())
}

struct Writer<'a> {
    repo: &'a gix::Repository,
    folder: &'a Path,
    /// The folder that was made last.
    parent: PathBuf,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn write(&mut self, entry: &TreeEntry) -> Result<(), TreeError> {
        let path = self.folder.join(&entry.path);
        let failed = |err| TreeError::Unpack(path.clone(), err);
        if let Some(parent) = path.parent().filter(|parent| *parent != self.parent) {
            fs::create_dir_all(parent).map_err(failed)?;
            parent.clone_into(&mut self.parent);
        }
        let mode = match entry.kind {
            EntryKind::Commit | EntryKind::Tree => return fs::create_dir_all(&path).map_err(failed),
            EntryKind::Link => {
                let destination = read(self.repo, entry.id, Kind::Blob, &mut self.buffer)?;
                return symlink(OsStr::from_bytes(destination), &path).map_err(failed);
            }
            EntryKind::Blob => 0o666,
            EntryKind::BlobExecutable => 0o777,
        };
        let data = read(self.repo, entry.id, Kind::Blob, &mut self.buffer)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).map_err(failed)?;
        file.write_all(data).map_err(failed)
    }
}
