//! Folders of our own: filling a new one with files, and removing one with read-only parts; and files that are written whole.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use rustix::process::Pid;
use tempfile::{NamedTempFile, TempDir};

use crate::core::tree_file::{TreeFile, TreeFileKind, is_safe};

/// How the names of temporary folders begin.
const TEMPORARY: &str = "git-spread-cron-";

/// A folder among the temporary files, which is removed with this value.
#[derive(Debug)]
pub(crate) struct Temporary {
    folder: TempDir,
    /// Locked as long as the process lives that made the folder.
    _owner: File,
}

impl Temporary {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// A new folder among the temporary files, `tmpdir` being what the environment says of them. Removes those that killed
/// processes of the same user left there.
pub(crate) fn temporary(tmpdir: Option<&OsStr>) -> io::Result<Temporary> {
    let parent = tmpdir.map(Path::new).filter(|path| path.is_absolute()).unwrap_or(Path::new("/tmp"));
    remove_abandoned(parent);
    let prefix = format!("{TEMPORARY}{}-", std::process::id());
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent)?;
    let owner = File::open(folder.path())?;
    // Without locks there is the number of the process, which is all that is asked then.
    let _ = owner.try_lock();
    Ok(Temporary { folder, _owner: owner })
}

fn remove_abandoned(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(process) = name.to_str().and_then(maker) else { continue };
        let path = entry.path();
        if !process_exists(process) && is_own_folder(&path) && is_unlocked(&path) {
            let _ = remove(&path);
        }
    }
}

/// The process that made a temporary folder of this name.
fn maker(name: &str) -> Option<Pid> {
    let (process, _) = name.strip_prefix(TEMPORARY)?.split_once('-')?;
    Pid::from_raw(process.parse().ok().filter(|process| *process > 0)?)
}

fn process_exists(process: Pid) -> bool {
    !matches!(rustix::process::test_kill_process(process), Err(rustix::io::Errno::SRCH))
}

fn is_own_folder(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == own)
}

/// Processes in other containers may have the same numbers, so the lock counts as well.
fn is_unlocked(path: &Path) -> bool {
    File::open(path).is_ok_and(|folder| !matches!(folder.try_lock(), Err(TryLockError::WouldBlock)))
}

/// How many bytes a folder and all below it take on the disk. Looks no further once that is more than `most`, or there are more
/// entries than anything useful has.
pub(crate) fn disk_use(folder: &Path, most: u64) -> u64 {
    const MOST_ENTRIES: usize = 200_000;
    const BLOCK: u64 = 512;
    let (mut bytes, mut entries, mut folders) = (0_u64, 0, vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        // What is gone or locked by now counts for nothing.
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            bytes = bytes.saturating_add(metadata.blocks().saturating_mul(BLOCK));
            entries += 1;
            if bytes > most || entries > MOST_ENTRIES {
                return bytes;
            }
            if metadata.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    bytes
}

/// Writes files into a folder in which nothing lies. Links come last: while files are written, no folder is a way out.
pub(crate) fn fill<'a>(folder: &Path, files: impl Iterator<Item = &'a TreeFile> + Clone) -> io::Result<()> {
    let is_link = |file: &&TreeFile| file.kind == TreeFileKind::Symlink;
    let links = files.clone().filter(is_link);
    for file in files.filter(|file| !is_link(file)).chain(links) {
        if !is_safe(&file.path) {
            return Err(io::Error::other(format!("{:?} leads out of the folder", file.path)));
        }
        let path = folder.join(&file.path);
        match create(&path, file) {
            Err(err) if err.kind() == ErrorKind::NotFound => {
                fs::create_dir_all(path.parent().unwrap_or(folder))?;
                create(&path, file)?;
            }
            done => done?,
        }
    }
    Ok(())
}

/// Creates one file, where none may exist.
pub(crate) fn create(path: &Path, file: &TreeFile) -> io::Result<()> {
    match file.kind {
        TreeFileKind::File { executable } => {
            let mode = if executable { 0o777 } else { 0o666 };
            OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(&file.data)
        }
        TreeFileKind::Symlink => symlink(OsStr::from_bytes(&file.data), path),
    }
}

/// Writes a file in one step, so that readers see all of it or none.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    prepare_beside(path, content)?.persist(path).map(drop).map_err(|err| err.error)
}

/// Like [`write_whole`], where no file may exist; a broken link counts as one.
pub(crate) fn create_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    prepare_beside(path, content)?.persist_noclobber(path).map(drop).map_err(|err| err.error)
}

/// A file without its name yet.
fn prepare_beside(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let permissions = Permissions::from_mode(0o644);
    let mut file =
        tempfile::Builder::new().prefix(".git-spread-cron-").tempfile_in(path.parent().unwrap_or(Path::new("/")))?;
    file.write_all(content)?;
    file.as_file().set_permissions(permissions)?;
    Ok(file)
}

/// Whether there is a file that may be executed.
pub(crate) fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// Where a path leads, whether all of it exists or not.
pub(crate) fn real(path: &Path) -> PathBuf {
    let mut real = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => continue,
            Component::ParentDir => drop(real.pop()),
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => real.push(component),
        }
        if let Ok(found) = real.canonicalize() {
            real = found;
        }
    }
    real
}

/// Removes a file, or a folder with all that it holds, read-only folders included.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    // Most folders are empty, which is one system call.
    if fs::remove_dir(path).is_ok() || fs::remove_dir_all(path).is_ok() {
        return Ok(());
    }
    unlock(path);
    fs::remove_dir_all(path)
}

/// Makes every folder below `folder` writable. A list, not recursion: the depth is not ours to choose.
pub(crate) fn unlock(folder: &Path) {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let _ = fs::set_permissions(&folder, Permissions::from_mode(0o700));
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|e| e.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_folders_of_killed_processes_are_removed_and_no_others() {
        let parent = tempfile::tempdir().unwrap();
        let mut dead = std::process::Command::new("true").spawn().unwrap();
        let gone = dead.id();
        dead.wait().unwrap();
        let left = parent.path().join(format!("{TEMPORARY}{gone}-x"));
        let locked = parent.path().join(format!("{TEMPORARY}{gone}-locked"));
        let others = ["git-spread-cron-demo-1", "git-spread-cron-1-init", "other", "git-spread-cron-"];
        for name in others.map(|name| parent.path().join(name)).iter().chain([&left, &locked]) {
            fs::create_dir_all(name.join("deep")).unwrap();
        }
        fs::set_permissions(left.join("deep"), Permissions::from_mode(0o000)).unwrap();
        let held = File::open(&locked).unwrap();
        held.try_lock().unwrap();
        let made = temporary(Some(parent.path().as_os_str())).unwrap();
        assert!(!left.exists());
        assert!(locked.exists(), "a process in another container may live");
        assert!(others.iter().all(|name| parent.path().join(name).exists()));
        let second = temporary(Some(parent.path().as_os_str())).unwrap();
        assert!(made.path().exists(), "its maker lives");
        drop((made, second));
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), others.len() + 1);
    }

    #[test]
    fn where_a_path_leads() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        symlink(root.join("a/b"), root.join("link")).unwrap();
        for (path, leads) in
            [("a/./b", "a/b"), ("link/../c", "a/c"), ("link/new/er", "a/b/new/er"), ("new/../link/x", "a/b/x")]
        {
            assert_eq!(real(&root.join(path)), root.join(leads), "{path}");
        }
    }

    #[test]
    fn a_file_is_created_only_where_nothing_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        create_whole(&path, b"1").unwrap();
        assert_eq!(create_whole(&path, b"2").unwrap_err().kind(), ErrorKind::AlreadyExists);
        let link = dir.path().join("link");
        symlink(dir.path().join("nowhere"), &link).unwrap();
        assert_eq!(create_whole(&link, b"2").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!((fs::read(&path).unwrap(), fs::read_dir(dir.path()).unwrap().count()), (b"1".to_vec(), 2));
        write_whole(&path, b"3").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"3");
    }
}
