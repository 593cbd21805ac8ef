//! The workspace of a launch: a folder that is ours, locked, and empty when a launch begins.
//!
//! It must never remove a file that is not ours: only a folder that was empty, or that bears our lock file, is taken.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::customize::{SCRATCH_LOCK, is_name_of_scratch};
use crate::files::{remove, write_whole};

/// The file that marks and locks a workspace.
pub(crate) const LOCK: &str = ".git-spread-cron.lock";

/// The file that says how the launch ended.
pub(super) const RESULT: &str = "result.json";

/// Why there is no workspace.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkspaceError {
    #[error("cannot create {}", .0.display())]
    Create(PathBuf, #[source] io::Error),
    #[error("cannot look into {}", .0.display())]
    Look(PathBuf, #[source] io::Error),
    #[error("{} is not empty, and no earlier run worked there", .0.display())]
    Foreign(PathBuf),
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    #[error("an earlier run is still at work in {}", .0.display())]
    Busy(PathBuf),
    #[error("cannot lock {}", .0.display())]
    Lock(PathBuf, #[source] io::Error),
    #[error("cannot remove {}", .0.display())]
    Remove(PathBuf, #[source] io::Error),
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
}

/// A workspace that no other run works in.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    lock: File,
}

impl Workspace {
    /// Takes a folder: one that is not there yet, is empty, or was a workspace before.
    pub(crate) fn take(root: &Path) -> Result<Self, WorkspaceError> {
        let create = |err| WorkspaceError::Create(root.to_owned(), err);
        DirBuilder::new().recursive(true).create(root).map_err(|err| {
            let is_file = matches!(err.kind(), ErrorKind::AlreadyExists | ErrorKind::NotADirectory);
            if is_file { WorkspaceError::NotAFolder(root.to_owned()) } else { create(err) }
        })?;
        let root = root.canonicalize().map_err(create)?;
        let path = root.join(LOCK);
        is_used(&root)?;
        let locking = |err| WorkspaceError::Lock(root.clone(), err);
        // Some file systems lock only what may be written.
        let mut options = OpenOptions::new();
        let lock =
            options.read(true).write(true).create(true).truncate(false).mode(0o644).open(&path).map_err(locking)?;
        match lock.try_lock() {
            Ok(()) => Ok(Workspace { root, lock }),
            Err(TryLockError::WouldBlock) => Err(WorkspaceError::Busy(root)),
            Err(TryLockError::Error(err)) => Err(locking(err)),
        }
    }

    /// Its absolute path.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What programs hold open as their standard input: while one of them lives, the workspace is taken.
    pub(crate) fn lock(&self) -> &File {
        &self.lock
    }

    /// Where the result is written to.
    pub(crate) fn result_file(&self) -> PathBuf {
        self.root.join(RESULT)
    }

    /// Removes the result of an earlier launch, which must not be taken for that of this one.
    pub(crate) fn forget_result(&self) -> Result<(), WorkspaceError> {
        let path = self.result_file();
        match remove(&path) {
            Err(err) if err.kind() != ErrorKind::NotFound => Err(WorkspaceError::Remove(path, err)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes everything that an earlier launch left.
    pub(crate) fn clear(&self) -> Result<(), WorkspaceError> {
        let look = |err| WorkspaceError::Look(self.root.clone(), err);
        if is_customized_below(&self.root) {
            return Err(WorkspaceError::Busy(self.root.clone()));
        }
        for entry in fs::read_dir(&self.root).map_err(look)? {
            let entry = entry.map_err(look)?;
            if entry.file_name() != LOCK {
                remove(&entry.path()).map_err(|err| WorkspaceError::Remove(entry.path(), err))?;
            }
        }
        Ok(())
    }

    /// Writes the result in one step, so that readers see all of it or none.
    pub(crate) fn write_result(&self, document: &str) -> Result<(), WorkspaceError> {
        let path = self.result_file();
        write_whole(&path, document.as_bytes()).map_err(|err| WorkspaceError::Write(path, err))
    }
}

/// Whether something lies in a folder, which has to be of an earlier launch then.
pub(crate) fn is_used(root: &Path) -> Result<bool, WorkspaceError> {
    let is_marked = fs::symlink_metadata(root.join(LOCK)).is_ok_and(|metadata| metadata.is_file());
    match fs::read_dir(root).map(|mut entries| entries.next().is_some()) {
        Ok(true) if !is_marked => Err(WorkspaceError::Foreign(root.to_owned())),
        Ok(is_used) => Ok(is_used),
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(false),
        Err(err) if err.kind() == ErrorKind::NotADirectory => Err(WorkspaceError::NotAFolder(root.to_owned())),
        Err(err) => Err(WorkspaceError::Look(root.to_owned(), err)),
    }
}

/// Whether an `actions.sh` that survived its run is at work, with a lock of its own beside the target.
fn is_customized_below(root: &Path) -> bool {
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) || entry.file_name() == ".git" {
                continue;
            }
            if entry.file_name().to_str().is_some_and(is_name_of_scratch) {
                let lock = File::open(entry.path().join(SCRATCH_LOCK));
                if lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))) {
                    return true;
                }
            }
            folders.push(entry.path());
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Takes a workspace that was given back: a program that another test is starting holds the lock until it has started.
    fn take_again(root: &Path) -> Workspace {
        let take = || {
            std::thread::yield_now();
            Workspace::take(root).ok()
        };
        std::iter::repeat_with(take).take(100_000).flatten().next().expect("the lock is free")
    }

    #[test]
    fn only_a_folder_of_ours_is_taken_and_cleared() {
        let dir = tempfile::tempdir().unwrap();
        let foreign = dir.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("precious"), "x").unwrap();
        assert!(matches!(Workspace::take(&foreign), Err(WorkspaceError::Foreign(_))));
        assert!(matches!(Workspace::take(&foreign.join("precious")), Err(WorkspaceError::NotAFolder(_))));
        assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);

        let ours = dir.path().join("a/b");
        let workspace = Workspace::take(&ours).unwrap();
        assert!(matches!(Workspace::take(&ours), Err(WorkspaceError::Busy(_))));
        fs::create_dir_all(ours.join("target/locked")).unwrap();
        fs::write(ours.join("target/locked/x"), "x").unwrap();
        fs::set_permissions(ours.join("target/locked"), Permissions::from_mode(0o500)).unwrap();
        std::os::unix::fs::symlink(&foreign, ours.join("link")).unwrap();
        workspace.write_result("{}").unwrap();
        drop(workspace);

        let workspace = take_again(&ours);
        workspace.forget_result().unwrap();
        workspace.forget_result().unwrap();
        assert!(!workspace.result_file().exists());
        workspace.clear().unwrap();
        let left: Vec<_> = fs::read_dir(&ours).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, [LOCK]);
        assert!(foreign.join("precious").exists());
    }

    #[test]
    fn an_actions_script_that_survived_keeps_the_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::take(dir.path()).unwrap();
        let scratch = dir.path().join("branches/b/.target.git-spread-cron");
        fs::create_dir_all(&scratch).unwrap();
        let lock = File::create(scratch.join(SCRATCH_LOCK)).unwrap();
        lock.lock().unwrap();
        assert!(matches!(workspace.clear(), Err(WorkspaceError::Busy(_))));
        drop(lock);
        workspace.clear().unwrap();
        assert!(!scratch.exists());
    }

    #[test]
    fn a_program_that_holds_the_lock_keeps_the_workspace() {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Workspace::take(dir.path()).unwrap();
        let mut child =
            std::process::Command::new("sleep").arg("60").stdin(workspace.lock().try_clone().unwrap()).spawn().unwrap();
        drop(workspace);
        assert!(matches!(Workspace::take(dir.path()), Err(WorkspaceError::Busy(_))));
        child.kill().unwrap();
        child.wait().unwrap();
        take_again(dir.path());
    }
}
