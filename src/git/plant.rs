//! Creating the first commit of a resource branch.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;

use crate::core::files::{TreeFile, TreeFileKind};

/// Why the files of a branch cannot be put together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlantError {
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    #[error("{} is neither a file, a folder nor a symbolic link", .0.display())]
    Kind(PathBuf),
    #[error("{} has a name that is not UTF-8", .0.display())]
    Name(PathBuf),
    #[error("cannot find the start point {0:?}")]
    StartPoint(String),
    #[error("cannot write the tree of the branch")]
    Write(#[source] gix::Error),
}

/// The commit that a reference name or a full object id means.
pub(crate) fn start_point(repo: &gix::Repository, name: &str) -> Result<ObjectId, PlantError> {
    let unknown = || PlantError::StartPoint(name.to_owned());
    if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
        return repo.find_commit(id).map(|commit| commit.id).map_err(|_| unknown());
    }
    let mut reference = repo.find_reference(name).map_err(|_| unknown())?;
    let commit = reference.peel_to_commit().map_err(|_| unknown())?;
    Ok(commit.id)
}

/// Writes a tree that holds `files`, on top of the tree of `start`.
pub(crate) fn write_tree(
    repo: &gix::Repository,
    start: Option<ObjectId>,
    files: &[TreeFile],
) -> Result<ObjectId, PlantError> {
    let base = match start {
        Some(commit) => repo.find_commit(commit).and_then(|commit| Ok(commit.tree_id()?.detach())),
        None => Ok(ObjectId::empty_tree(repo.object_hash())),
    };
    let write = || {
        let mut editor = repo.edit_tree(base?)?;
        for TreeFile { path, kind, data } in files {
            let kind = match kind {
                TreeFileKind::File { executable: false } => EntryKind::Blob,
                TreeFileKind::File { executable: true } => EntryKind::BlobExecutable,
                TreeFileKind::Symlink => EntryKind::Link,
            };
            editor.upsert(path.as_str(), kind, repo.write_blob(data)?)?;
        }
        Ok(editor.write()?.detach())
    };
    write().map_err(PlantError::Write)
}

/// The file at `path`, to lie at `name`.
pub(crate) fn read_file(path: &Path, name: String, executable: bool) -> Result<TreeFile, PlantError> {
    let data = std::fs::read(path).map_err(|err| PlantError::Read(path.to_owned(), err))?;
    Ok(TreeFile { path: name, kind: TreeFileKind::File { executable }, data })
}

/// Everything below the folder `path`, to lie below `name`; a `.git` is left out.
pub(crate) fn read_folder(path: &Path, name: &str) -> Result<Vec<TreeFile>, PlantError> {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let (mut files, mut folders) = (Vec::new(), vec![(path.to_owned(), name.to_owned())]);
    while let Some((folder, name)) = folders.pop() {
        let read = |err| PlantError::Read(folder.clone(), err);
        let mut entries = std::fs::read_dir(&folder).map_err(read)?.collect::<Result<Vec<_>, _>>().map_err(read)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            let read = |err| PlantError::Read(path.clone(), err);
            let own_name = entry.file_name().into_string().map_err(|_| PlantError::Name(path.clone()))?;
            if own_name == ".git" {
                continue;
            }
            let name = format!("{name}/{own_name}");
            let meta = path.symlink_metadata().map_err(read)?;
            if meta.is_dir() {
                folders.push((path, name));
            } else if meta.is_symlink() {
                let target = std::fs::read_link(&path).map_err(read)?;
                let data = target.as_os_str().as_bytes().as_bstr().to_vec();
                files.push(TreeFile { path: name, kind: TreeFileKind::Symlink, data });
            } else if meta.is_file() {
                files.push(read_file(&path, name, meta.permissions().mode() & 0o111 != 0)?);
            } else {
                return Err(PlantError::Kind(path));
            }
        }
    }
    Ok(files)
}
