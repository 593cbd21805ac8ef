//! Where a target lies, who works on it, and the scratch folder beside it in which `actions.sh` finds it.
//!
//! Existing scripts say `cd target; mv tests ..`, so the folder above the target has to be the scratch folder: the target
//! is moved there for as long as the script runs. A run that is killed leaves it there, and the next one moves
//! it back.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::error::CustomizeError;
use crate::core::tree_file::TreeFile;
use crate::files;

/// What the name of a scratch folder ends with; a dot and the name of the target stand before it.
const SUFFIX: &str = ".git-spread-cron";
/// The working directory of the script, in the scratch folder.
const WORK: &str = "work";
/// The file in the scratch folder whose lock says that a run is at work there.
pub(crate) const LOCK: &str = "lock";
/// What the target is called in the working directory of the script.
pub(super) const TARGET: &str = "target";

/// The place of a target, without symbolic links, whether it is there or was moved away by a run that was killed.
pub(super) fn find(path: &Path) -> Result<PathBuf, CustomizeError> {
    match path.canonicalize() {
        Ok(found) => Ok(unmoved(&found).unwrap_or(found)),
        Err(err) if err.kind() == ErrorKind::NotFound => {
            let parent = path.parent().and_then(|parent| parent.canonicalize().ok());
            let place = parent.zip(path.file_name()).map(|(parent, name)| parent.join(name));
            place
                .filter(|place| scratch_of(place).is_some_and(|scratch| scratch.is_dir()))
                .ok_or_else(|| CustomizeError::Target(path.to_owned(), err))
        }
        Err(err) => Err(CustomizeError::Target(path.to_owned(), err)),
    }
}

/// Where a target belongs that lies in a scratch folder: it may be the working directory of a shell.
fn unmoved(path: &Path) -> Option<PathBuf> {
    let work = path.parent().filter(|_| path.file_name() == Some(OsStr::new(TARGET)))?;
    let scratch = work.parent().filter(|_| work.file_name() == Some(OsStr::new(WORK)))?;
    let name = scratch.file_name()?.as_bytes().strip_prefix(b".")?.strip_suffix(SUFFIX.as_bytes())?;
    Some(scratch.parent()?.join(OsStr::from_bytes(name)))
}

/// The scratch folder beside a target. The root of the file system has none.
fn scratch_of(target: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".");
    name.push(target.file_name()?);
    name.push(SUFFIX);
    Some(target.parent()?.join(name))
}

/// Whether a scratch folder may be called this.
pub(crate) fn is_name_of_scratch(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(SUFFIX)
}

/// Puts a target back whose customization was killed, and says whether there was one.
pub(super) fn recover(target: &Path) -> Result<bool, CustomizeError> {
    let Some(scratch) = scratch_of(target).filter(|scratch| scratch.is_dir()) else { return Ok(false) };
    let Some(_lock) = lock_scratch(&scratch, target)? else { return Ok(false) };
    let moved = scratch.join(WORK).join(TARGET);
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let restored = match (is_there(&moved), is_there(target)) {
        (true, true) => return Err(CustomizeError::TwoTargets { target: target.to_owned(), moved }),
        (true, false) => {
            put_back(&moved, target)?;
            true
        }
        // Whatever the script made of it must not be removed.
        (false, false) => return Err(CustomizeError::TargetGone(scratch)),
        (false, true) => false,
    };
    let _ = files::remove(&scratch);
    Ok(restored)
}

fn put_back(moved: &Path, target: &Path) -> Result<(), CustomizeError> {
    fs::rename(moved, target).map_err(|source| CustomizeError::NotRestored {
        target: target.to_owned(),
        moved: moved.to_owned(),
        source,
    })
}

/// Takes the lock of a scratch folder; nothing if the folder has just been removed.
fn lock_scratch(scratch: &Path, target: &Path) -> Result<Option<File>, CustomizeError> {
    let cannot = |source| CustomizeError::Scratch { operation: "lock the scratch folder", source };
    let path = scratch.join(LOCK);
    let file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
        Ok(file) => file,
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(None),
        Err(err) => return Err(cannot(err)),
    };
    try_lock(&file, target)?;
    // Who had the lock before may have removed the folder with it.
    let own = file.metadata().map_err(cannot)?;
    let is_same = |other: fs::Metadata| (other.dev(), other.ino()) == (own.dev(), own.ino());
    Ok(fs::metadata(&path).is_ok_and(is_same).then_some(file))
}

fn try_lock(file: &File, target: &Path) -> Result<(), CustomizeError> {
    file.try_lock().map_err(|err| match err {
        TryLockError::WouldBlock => CustomizeError::Busy(target.to_owned()),
        TryLockError::Error(err) => CustomizeError::Target(target.to_owned(), err),
    })
}

/// Keeps all others away from a target, as long as it lives.
#[derive(Debug)]
pub(super) struct TargetLock(File);

impl Drop for TargetLock {
    fn drop(&mut self) {
        // Closing the folder is not enough: a program that another thread is just about to start has it open, too.
        let _ = self.0.unlock();
    }
}

/// Keeps all others away from a target. The lock belongs to the folder itself: nothing is left behind.
pub(super) fn lock(target: &Path) -> Result<TargetLock, CustomizeError> {
    let cannot = |err| CustomizeError::Target(target.to_owned(), err);
    let folder = File::open(target).map_err(cannot)?;
    if !folder.metadata().map_err(cannot)?.is_dir() {
        return Err(CustomizeError::NotAFolder(target.to_owned()));
    }
    try_lock(&folder, target)?;
    Ok(TargetLock(folder))
}

/// A scratch folder with a target in it.
#[derive(Debug)]
pub(super) struct Moved {
    scratch: PathBuf,
    target: PathBuf,
    lock: File,
}

impl Moved {
    /// Makes the scratch folder with the files, and moves the target there.
    ///
    /// # Errors
    ///
    /// The outer one is final; the inner one says why the target cannot be moved, and nothing was changed.
    pub(super) fn prepare(target: &Path, files: &[TreeFile]) -> Result<Result<Self, String>, CustomizeError> {
        if let Some(reason) = is_bound_to_its_place(target) {
            return Ok(Err(reason));
        }
        let Some(scratch) = scratch_of(target) else { return Ok(Err("it is the root of the file system".to_owned())) };
        match fs::create_dir(&scratch) {
            Ok(()) => {}
            // It was looked for a moment ago.
            Err(err) if err.kind() == ErrorKind::AlreadyExists => {
                return Err(CustomizeError::Busy(target.to_owned()));
            }
            Err(err) => return Ok(Err(format!("cannot create {}: {err}", scratch.display()))),
        }
        let Some(lock) = lock_scratch(&scratch, target)? else { return Err(CustomizeError::Busy(target.to_owned())) };
        let work = scratch.join(WORK);
        if let Err(source) = fs::create_dir(&work).and_then(|()| files::fill(&work, files.iter())) {
            let _ = files::remove(&scratch);
            return Err(CustomizeError::Scratch { operation: "write the files of the resource", source });
        }
        if let Err(err) = fs::rename(target, work.join(TARGET)) {
            let _ = files::remove(&scratch);
            return Ok(Err(err.to_string()));
        }
        Ok(Ok(Moved { scratch, target: target.to_owned(), lock }))
    }

    /// Where the script runs.
    pub(super) fn work(&self) -> PathBuf {
        self.scratch.join(WORK)
    }

    pub(super) fn lock(&self) -> &File {
        &self.lock
    }

    /// Moves the target back and removes the rest.
    pub(super) fn restore(self) -> Result<(), CustomizeError> {
        let moved = self.work().join(TARGET);
        if !fs::symlink_metadata(&moved).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(CustomizeError::TargetGone(self.scratch));
        }
        put_back(&moved, &self.target)?;
        let _ = files::remove(&self.scratch);
        Ok(())
    }
}

/// Why the target's repository could not be found from anywhere else, if so.
fn is_bound_to_its_place(target: &Path) -> Option<String> {
    let link = target.join(".git");
    if !fs::symlink_metadata(&link).ok()?.is_file() {
        return None;
    }
    let text = fs::read(&link).ok()?;
    let path = text.strip_prefix(b"gitdir: ")?;
    (!path.starts_with(b"/")).then(|| "its repository is named by a relative path".to_owned())
}

/// Fills a folder with the files and a link to the target, for a target that cannot be moved.
pub(super) fn link(work: &Path, target: &Path, files: &[TreeFile]) -> Result<(), CustomizeError> {
    let make = || {
        files::fill(work, files.iter())?;
        symlink(target, work.join(TARGET))
    };
    make().map_err(|source| CustomizeError::Scratch { operation: "write the files of the resource", source })
}
