//! The note that a poll leaves before it changes references, so that a poll that is killed blocks no later one.
//!
//! git's references are guarded by lock files, which outlive a process that is killed while it holds them, and then
//! block every later update. Nothing in a lock file says whose it is. So before any step that takes such locks, a poll
//! takes an advisory lock (flock) on a file of its own, writes there which lock files the step may create, and empties
//! it afterwards. The operating system drops the advisory lock when its last holder dies. A poll that gets it and finds a
//! note in the file knows that its writer is dead, and which lock files may be left over.
//!
//! The git programs that a step starts inherit the file as their standard input, and with it the advisory lock: a git
//! that survives its poll still counts as alive.

use std::fs::{File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::repository::Repository;
use super::sharing::Sharing;
use super::work_folder::remove_abandoned;

/// Lock files that are younger are left alone: they may belong to another program that just started.
const GRACE: Duration = Duration::from_secs(2);

/// Its name in the folder that all worktrees share.
const FILE_NAME: &str = "spread-cron.journal";

/// Lock files that a step may create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// This one.
    Lock(PathBuf),
    /// Any below this folder.
    LocksBelow(PathBuf),
}

/// A step that changes references is going on.
#[derive(Debug)]
pub(crate) struct Journal {
    file: Option<File>,
}

/// Why a step cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] std::io::Error),
    #[error("another poll has been changing this repository for {0:?}")]
    Busy(Duration),
    #[error("interrupted while waiting for another poll")]
    Interrupted,
    #[error("cannot remove the stale lock file {}", .0.display())]
    Stale(PathBuf, #[source] std::io::Error),
}

impl Journal {
    /// Waits at most `patience` for other processes that change references of the repository, clears up after one that
    /// was killed, and notes what may be locked now. Also says which lock files were removed.
    ///
    /// `places` are the git directories that lock files may be removed from.
    pub(crate) fn begin(
        repository: &Repository,
        places: &[PathBuf],
        intents: &[Intent],
        patience: Duration,
        interrupted: fn() -> bool,
    ) -> Result<(Self, Vec<PathBuf>), JournalError> {
        let common_dir = repository.common_dir();
        let sharing = Sharing::of(&repository.local());
        let path = common_dir.join(FILE_NAME);
        let write = |err| JournalError::Write(path.clone(), err);
        let mut file = loop {
            let file = open(&path).map_err(write)?;
            match wait_for(&file, patience, interrupted) {
                // A file system without advisory locks: there is no telling whether a writer lives, so nothing is removed.
                Ok(Locked::Never) => return Ok((Journal { file: None }, Vec::new())),
                Ok(Locked::Now) if is_at(&file, &path) => break file,
                // Another user replaced it meanwhile.
                Ok(Locked::Now) => {}
                Err(Wait::Busy) => return Err(JournalError::Busy(patience)),
                Err(Wait::Interrupted) => return Err(JournalError::Interrupted),
            }
        };
        remove_abandoned(common_dir);
        let mut note = Vec::new();
        file.read_to_end(&mut note).map_err(write)?;
        let places: Vec<PathBuf> = places.iter().filter_map(|place| place.canonicalize().ok()).collect();
        let removed = if note.is_empty() { Vec::new() } else { remove_stale(&parse(&note), &places)? };
        if replace(&mut file, &render(intents)).is_err() {
            // It is another user's, who shares the repository in no other way.
            file = replacement(common_dir, &path).map_err(write)?;
            replace(&mut file, &render(intents)).map_err(write)?;
        }
        sharing.apply(&path);
        Ok((Journal { file: Some(file) }, removed))
    }

    /// The file, for a git program to hold.
    pub(crate) fn input(&self) -> super::program::Input {
        match self.file.as_ref().and_then(|file| file.try_clone().ok()) {
            Some(file) => super::program::Input::Lock(file),
            None => super::program::Input::Nothing,
        }
    }

    /// The step is over, and no lock of it is left.
    pub(crate) fn finish(mut self) {
        if let Some(file) = &mut self.file {
            // A note that stays makes the next poll look for locks that are not there, and nothing else.
            let _ = replace(file, b"");
        }
    }
}

enum Wait {
    Busy,
    Interrupted,
}

/// Whether the advisory lock is held.
enum Locked {
    Now,
    /// The file system has no such locks.
    Never,
}

/// Opens the file; where it is another user's, only to lock and to read it.
fn open(path: &Path) -> io::Result<File> {
    let writable = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    match writable {
        Err(err) if err.kind() == io::ErrorKind::PermissionDenied => match File::open(path) {
            Err(err) if err.kind() == io::ErrorKind::PermissionDenied => {
                // It cannot even be read. Replacing it harms no note of ours, and git's own locks still hold.
                replacement(path.parent().unwrap_or(path), path)
            }
            opened => opened,
        },
        opened => opened,
    }
}

/// Whether the path still leads to this very file.
fn is_at(file: &File, path: &Path) -> bool {
    let same = |(one, other): (Metadata, Metadata)| (one.dev(), one.ino()) == (other.dev(), other.ino());
    file.metadata().ok().zip(path.metadata().ok()).is_some_and(same)
}

/// Puts a file of our own in the place of another user's, already locked.
fn replacement(common_dir: &Path, path: &Path) -> io::Result<File> {
    let file = tempfile::Builder::new()
        .prefix(".spread-cron-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(common_dir)?;
    let _ = file.as_file().try_lock();
    file.persist(path).map_err(|err| err.error)
}

/// Takes the advisory lock.
fn wait_for(file: &File, patience: Duration, interrupted: fn() -> bool) -> Result<Locked, Wait> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(1);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Locked::Now),
            Err(TryLockError::WouldBlock) if interrupted() => return Err(Wait::Interrupted),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Err(Wait::Busy),
            Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
            Err(TryLockError::Error(_)) => return Ok(Locked::Never),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn replace(file: &mut File, note: &[u8]) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(note)
}

/// One intent in each record: a letter and a path, ended by NUL, which no path has.
fn render(intents: &[Intent]) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    let mut note = Vec::new();
    for intent in intents {
        let (kind, path) = match intent {
            Intent::Lock(path) => (b'=', path),
            Intent::LocksBelow(path) => (b'<', path),
        };
        note.push(kind);
        note.extend_from_slice(path.as_os_str().as_bytes());
        note.push(0);
    }
    note
}

/// A record that was cut off by a full disk or a kill is left out.
fn parse(note: &[u8]) -> Vec<Intent> {
    use std::os::unix::ffi::OsStrExt;
    let whole = note.iter().rposition(|byte| *byte == 0).map_or(&[][..], |end| &note[..end]);
    let intent = |record: &[u8]| {
        let path = |bytes: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
        match record.split_first()? {
            (b'=', rest) => Some(Intent::Lock(path(rest))),
            (b'<', rest) => Some(Intent::LocksBelow(path(rest))),
            _ => None,
        }
    };
    whole.split(|byte| *byte == 0).filter_map(intent).collect()
}

/// Removes the lock files that the intents name, once they are too old to belong to another program that just started. A
/// note that names anything other than a lock file in one of the `places` was not written by this program.
pub(crate) fn remove_stale(intents: &[Intent], places: &[PathBuf]) -> Result<Vec<PathBuf>, JournalError> {
    let mut locks = Vec::new();
    for intent in intents {
        match intent {
            Intent::Lock(path) => locks.extend(path.symlink_metadata().is_ok().then(|| path.clone())),
            Intent::LocksBelow(folder) => collect_locks(folder, &mut locks),
        }
    }
    locks.retain(|lock| is_lock_in(lock, places));
    let mut removed = Vec::new();
    for lock in locks {
        let Some(made) = modified(&lock) else { continue };
        while modified(&lock) == Some(made) {
            let age = SystemTime::now().duration_since(made).unwrap_or_default();
            if age >= GRACE {
                match std::fs::remove_file(&lock) {
                    Ok(()) => removed.push(lock.clone()),
                    Err(err) if err.kind() == std::io::ErrorKind::NotFound => {}
                    Err(err) => return Err(JournalError::Stale(lock, err)),
                }
                break;
            }
            std::thread::sleep((GRACE - age).min(Duration::from_millis(50)));
        }
    }
    Ok(removed)
}

fn is_lock_in(path: &Path, places: &[PathBuf]) -> bool {
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    let is_file = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    let below = |folder: PathBuf| places.iter().any(|place| folder.starts_with(place));
    is_file && path.extension().is_some_and(|extension| extension == "lock") && folder.is_some_and(below)
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.symlink_metadata().and_then(|meta| meta.modified()).ok()
}

fn collect_locks(folder: &Path, locks: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect_locks(&path, locks),
            Ok(_) if path.extension().is_some_and(|extension| extension == "lock") => locks.push(path),
            Ok(_) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> (tempfile::TempDir, Repository) {
        let dir = tempfile::tempdir().unwrap();
        gix::init_bare(dir.path()).unwrap();
        let repository = Repository::at(dir.path());
        (dir, repository)
    }

    fn begin(repository: &Repository, intents: &[Intent]) -> Result<(Journal, Vec<PathBuf>), JournalError> {
        let places = [repository.common_dir().to_owned()];
        Journal::begin(repository, &places, intents, Duration::from_millis(100), || false)
    }

    fn old_lock(path: &Path) {
        let file = File::create(path).unwrap();
        file.set_modified(SystemTime::now() - 2 * GRACE).unwrap();
    }

    #[test]
    fn notes_are_read_back() {
        let intents = [Intent::Lock("/a b/\n.lock".into()), Intent::LocksBelow("/c".into())];
        assert_eq!(parse(&render(&intents)), intents);
        let mut torn = render(&intents);
        torn.pop();
        assert_eq!(parse(&torn), intents[..1]);
        assert_eq!(parse(b""), []);
        assert_eq!(parse(b"nonsense\0"), []);
    }

    #[test]
    fn locks_of_a_dead_poll_are_removed_and_no_others() {
        let (_dir, repository) = repository();
        let refs = repository.common_dir().join("refs");
        std::fs::create_dir_all(refs.join("deep")).unwrap();
        let [stale, deep, foreign] =
            ["packed-refs.lock", "refs/deep/x.lock", "index.lock"].map(|name| repository.common_dir().join(name));
        let intents = [Intent::Lock(stale.clone()), Intent::LocksBelow(refs)];
        // Dropping the journal without finishing it is what a killed process does.
        drop(begin(&repository, &intents).unwrap());
        for path in [&stale, &deep, &foreign] {
            old_lock(path);
        }
        let (journal, removed) = begin(&repository, &[]).unwrap();
        assert_eq!(removed, [stale, deep]);
        assert!(foreign.exists());
        journal.finish();
    }

    #[test]
    fn a_forged_note_removes_nothing_elsewhere() {
        let (dir, repository) = repository();
        let outside = tempfile::tempdir().unwrap();
        let common_dir = repository.common_dir();
        let lock = outside.path().join("x.lock");
        std::os::unix::fs::symlink(outside.path(), common_dir.join("refs/link")).unwrap();
        let config = common_dir.join("config");
        let intents = [
            Intent::Lock(lock.clone()),
            Intent::Lock(common_dir.join("refs/../../").join(outside.path().file_name().unwrap()).join("x.lock")),
            Intent::Lock(common_dir.join("refs/link/x.lock")),
            Intent::LocksBelow(outside.path().to_owned()),
            Intent::LocksBelow(common_dir.join("refs/link")),
            Intent::Lock(config.clone()),
            Intent::Lock(PathBuf::from("x.lock")),
        ];
        old_lock(&lock);
        std::fs::write(common_dir.join(FILE_NAME), render(&intents)).unwrap();
        assert_eq!(begin(&repository, &[]).unwrap().1, Vec::<PathBuf>::new());
        assert!(lock.exists() && config.exists());
        drop(dir);
    }

    #[test]
    fn locks_are_kept_after_a_step_that_finished() {
        let (_dir, repository) = repository();
        let lock = repository.common_dir().join("packed-refs.lock");
        let intents = [Intent::Lock(lock.clone())];
        begin(&repository, &intents).unwrap().0.finish();
        old_lock(&lock);
        assert_eq!(begin(&repository, &intents).unwrap().1, Vec::<PathBuf>::new());
        assert!(lock.exists());
    }

    #[test]
    fn a_living_poll_is_waited_for() {
        let (_dir, repository) = repository();
        let (living, _) = begin(&repository, &[]).unwrap();
        assert!(matches!(begin(&repository, &[]), Err(JournalError::Busy(_))));
        let interrupted = Journal::begin(&repository, &[], &[], Duration::from_secs(60), || true);
        assert!(matches!(interrupted, Err(JournalError::Interrupted)));
        living.finish();
        assert!(begin(&repository, &[]).is_ok());
    }

    #[test]
    fn what_another_user_may_read_is_replaced_and_the_old_one_no_longer_counts() {
        let (_dir, repository) = repository();
        let path = repository.common_dir().join(FILE_NAME);
        let theirs = open(&path).unwrap();
        let ours = replacement(repository.common_dir(), &path).unwrap();
        assert!(is_at(&ours, &path) && !is_at(&theirs, &path));
        assert!(matches!(begin(&repository, &[]), Err(JournalError::Busy(_))), "the replacement is locked");
    }
}
