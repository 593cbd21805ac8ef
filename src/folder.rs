//! Folders that are ours: filling a new one with files, and removing one that resists.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use crate::core::files::{TreeFile, TreeFileKind, is_safe};

/// A new folder among the temporary files, `tmpdir` being what the environment says of them.
pub(crate) fn temporary(tmpdir: Option<&OsStr>) -> io::Result<TempDir> {
    let parent = tmpdir.map(Path::new).filter(|path| path.is_absolute()).unwrap_or(Path::new("/tmp"));
    tempfile::Builder::new().prefix("git-spread-cron-").tempdir_in(parent)
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

/// Makes one file where nothing is.
pub(crate) fn create(path: &Path, file: &TreeFile) -> io::Result<()> {
    match file.kind {
        TreeFileKind::File { executable } => {
            let mode = if executable { 0o777 } else { 0o666 };
            OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(&file.data)
        }
        TreeFileKind::Symlink => symlink(OsStr::from_bytes(&file.data), path),
    }
}

/// Removes a file or a folder with all that it holds, folders that nobody may write to included.
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
