//! Folders of our own: filling a new one with files, and removing one with read-only parts; and files that are written whole.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use crate::core::tree_file::{TreeFile, TreeFileKind, is_safe};

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
