//! Reading files from a work tree, to put them into a tree of git.

use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;

use super::tree::MAX_FOLDER_BYTES;
use crate::core::tree_file::{TreeFile, TreeFileKind};

/// Why files of a work tree cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorktreeFilesError {
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    #[error("{} is neither a file, a folder nor a symbolic link", .0.display())]
    Kind(PathBuf),
    #[error("{} has a name that is not UTF-8", .0.display())]
    Name(PathBuf),
    #[error("{} is, or belongs to, a repository of its own", .0.display())]
    Git(PathBuf),
    #[error("the files in {} are larger than {max} MiB together", .0.display(), max = MAX_FOLDER_BYTES / 1024 / 1024)]
    TooLarge(PathBuf),
}

/// The file at `path`, to lie at `name`.
pub(crate) fn read_file(path: &Path, name: String, executable: bool) -> Result<TreeFile, WorktreeFilesError> {
    let data = std::fs::read(path).map_err(|err| WorktreeFilesError::Read(path.to_owned(), err))?;
    Ok(TreeFile { path: name, kind: TreeFileKind::File { executable }, data })
}

/// Everything below the folder `path`, to lie below `name`; a `.git` is left out.
///
/// # Errors
///
/// As well as what cannot be read: what git takes for a `.git`, and too much.
pub(crate) fn read_folder(path: &Path, name: &str) -> Result<Vec<TreeFile>, WorktreeFilesError> {
    read_tree(path, name, MAX_FOLDER_BYTES, &|path, name| match own_name(name) {
        ".git" => Ok(false),
        own_name => refuse_git(path, own_name),
    })
}

/// The last part of a path in a tree.
fn own_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Refuses a name that some file system takes for `.git`, so that git has no such name in a tree; others are wanted.
fn refuse_git(path: &Path, own_name: &str) -> Result<bool, WorktreeFilesError> {
    match [".git", "git~1"].iter().any(|git| own_name.eq_ignore_ascii_case(git)) {
        true => Err(WorktreeFilesError::Git(path.to_owned())),
        false => Ok(true),
    }
}

/// Everything below a resource directory but what is called `left_out` at its top, and but `target`.
///
/// # Errors
///
/// As well as what cannot be read: a `.git` anywhere else, which no tree of git could hold, and too much.
pub(crate) fn read_resource_folder(
    directory: &Path,
    left_out: &dyn Fn(&str) -> bool,
    target: &Path,
) -> Result<Vec<TreeFile>, WorktreeFilesError> {
    let target = target.canonicalize().ok();
    read_tree(directory, "", MAX_FOLDER_BYTES, &|path, name| {
        let is_target = || target.is_some() && path.canonicalize().ok() == target;
        if left_out(name) || (path.is_dir() && is_target()) {
            return Ok(false);
        }
        refuse_git(path, own_name(name))
    })
}

/// Everything below the folder `path` that `is_wanted`, to lie below `name`.
fn read_tree(
    path: &Path,
    name: &str,
    max_bytes: usize,
    is_wanted: &dyn Fn(&Path, &str) -> Result<bool, WorktreeFilesError>,
) -> Result<Vec<TreeFile>, WorktreeFilesError> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let (mut files, mut folders) = (Vec::new(), vec![(path.to_owned(), name.to_owned())]);
    let mut total = 0;
    while let Some((folder, name)) = folders.pop() {
        let read = |err| WorktreeFilesError::Read(folder.clone(), err);
        let mut entries = std::fs::read_dir(&folder).map_err(read)?.collect::<Result<Vec<_>, _>>().map_err(read)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let read = |err| WorktreeFilesError::Read(path.clone(), err);
            let own_name = entry.file_name().into_string().map_err(|_| WorktreeFilesError::Name(path.clone()))?;
            let name = if name.is_empty() { own_name } else { format!("{name}/{own_name}") };
            if !is_wanted(&path, &name)? {
                continue;
            }
            let meta = path.symlink_metadata().map_err(read)?;
            if meta.is_dir() {
                folders.push((path, name));
            } else if meta.is_symlink() {
                let target = std::fs::read_link(&path).map_err(read)?;
                let data = target.as_os_str().as_bytes().as_bstr().to_vec();
                files.push(TreeFile { path: name, kind: TreeFileKind::Symlink, data });
            } else if meta.is_file() {
                total += usize::try_from(meta.len()).unwrap_or(usize::MAX).min(max_bytes);
                if total >= max_bytes {
                    return Err(WorktreeFilesError::TooLarge(folder));
                }
                files.push(read_file(&path, name, meta.permissions().mode() & 0o111 != 0)?);
            } else {
                return Err(WorktreeFilesError::Kind(path));
            }
        }
    }
    Ok(files)
}
