//! Folders below the git directory for the files of one step, such as a push.
//!
//! They lie beside the references, so that a file can be moved to its place in one step. A process that is killed leaves
//! its folder behind; the next one that changes references removes it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::files;

/// The folder of all, in the one that all worktrees share.
const PARENT: &str = "spread-cron";

/// How the name of each begins.
const PREFIX: &str = "step-";

/// A folder that is removed with this value.
#[derive(Debug)]
pub(super) struct WorkFolder(TempDir);

impl WorkFolder {
    pub(super) fn create(common_dir: &Path) -> io::Result<Self> {
        let parent = common_dir.join(PARENT);
        match fs::create_dir(&parent) {
            Err(err) if err.kind() != io::ErrorKind::AlreadyExists => return Err(err),
            Ok(()) | Err(_) => {}
        }
        tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).map(WorkFolder)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Removes the folders of processes that were killed. Only for a process that knows that no other one is at work.
pub(super) fn remove_abandoned(common_dir: &Path) {
    let entries = fs::read_dir(common_dir.join(PARENT)).into_iter().flatten().flatten();
    let is_ours =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
    for folder in entries.map(|entry| entry.path()).filter(is_ours) {
        // That of another user stays: it takes room, and harms nothing.
        let _ = files::remove(&folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let abandoned = WorkFolder::create(dir.path()).unwrap().0.keep();
        fs::write(abandoned.join("packed-refs"), "x").unwrap();
        fs::create_dir(dir.path().join("spread-cron/validators")).unwrap();
        remove_abandoned(dir.path());
        assert!(!abandoned.exists());
        assert!(dir.path().join("spread-cron/validators").exists());
        let folder = WorkFolder::create(dir.path()).unwrap();
        assert!(folder.path().is_dir());
    }
}
