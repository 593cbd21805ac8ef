//! Folders below the git directory for the files of one step, such as a push.
//!
//! They lie beside the references, so that a file can be moved to its place in one step. A process that is killed leaves
//! its folder behind; the next one that changes references removes it.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use super::sharing::Sharing;
use crate::files;

/// The folder of all, in the one that all worktrees share.
const PARENT: &str = "spread-cron";

/// How the name of each begins.
const PREFIX: &str = "step-";

/// How it begins for a user who may not write to the folder of all, which another user made.
const PREFIX_BESIDE: &str = "spread-cron.step-";

/// A folder that is removed with this value.
#[derive(Debug)]
pub(super) struct WorkFolder(TempDir);

impl WorkFolder {
    pub(super) fn create(common_dir: &Path, sharing: Sharing) -> io::Result<Self> {
        let parent = common_dir.join(PARENT);
        match fs::create_dir(&parent) {
            Ok(()) => sharing.apply(&parent),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            Err(err) => return Err(err),
        }
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent);
        let folder = match made {
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
                tempfile::Builder::new().prefix(PREFIX_BESIDE).tempdir_in(common_dir)
            }
            made => made,
        };
        folder.map(WorkFolder)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Removes the folders of processes that were killed. Only for a process that knows that no other one is at work.
pub(super) fn remove_abandoned(common_dir: &Path) {
    for (place, prefix) in [(common_dir.join(PARENT), PREFIX), (common_dir.to_owned(), PREFIX_BESIDE)] {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes()) {
                // That of another user stays: it takes room, and harms nothing.
                let _ = files::remove(&entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let abandoned = WorkFolder::create(dir.path(), Sharing::Umask).unwrap().0.keep();
        fs::write(abandoned.join("packed-refs"), "x").unwrap();
        let beside = dir.path().join("spread-cron.step-x");
        fs::create_dir(&beside).unwrap();
        fs::create_dir(dir.path().join("spread-cron/validators")).unwrap();
        remove_abandoned(dir.path());
        assert!(!abandoned.exists() && !beside.exists());
        assert!(dir.path().join("spread-cron/validators").exists());
        let folder = WorkFolder::create(dir.path(), Sharing::Umask).unwrap();
        assert!(folder.path().is_dir());
    }
}
