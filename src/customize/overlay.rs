//! Copying an overlay over a target: all is looked at before anything is written, and what is equal is left alone.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use super::error::CustomizeError;
use crate::core::customization::{ChangeKind, Overlay, TargetChange, copied_path, parents};
use crate::core::lines::{Lost, lost};
use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::files::create;

/// The lines of a larger file are not counted.
const MAX_COUNTED: u64 = 16 * 1024 * 1024;

/// What there is to do.
#[derive(Debug)]
pub(super) struct CopyPlan<'a> {
    /// Folders that are not there yet, each after the one it lies in.
    folders: BTreeSet<&'a str>,
    steps: Vec<FileCopy<'a>>,
}

#[derive(Debug)]
struct FileCopy<'a> {
    path: &'a str,
    file: &'a TreeFile,
    kind: ChangeKind,
    /// The file that can be written anew, because no other name leads to it.
    reused: Option<Identity>,
}

/// Device and number.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

/// What lies at a path of a target.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Present {
    Nothing,
    Folder,
    Link(Vec<u8>),
    File {
        executable: bool,
        length: u64,
        /// Unless it is large.
        data: Option<Vec<u8>>,
    },
    /// A pipe, a socket or a device.
    Other,
}

impl Present {
    fn at(path: &Path) -> io::Result<Self> {
        metadata(path)?.map_or(Ok(Present::Nothing), |metadata| Present::of(path, &metadata))
    }

    fn of(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        let kind = metadata.file_type();
        if kind.is_dir() {
            return Ok(Present::Folder);
        }
        if kind.is_symlink() {
            return Ok(Present::Link(fs::read_link(path)?.as_os_str().as_bytes().to_vec()));
        }
        if !kind.is_file() {
            return Ok(Present::Other);
        }
        let length = metadata.len();
        let data = if length <= MAX_COUNTED { Some(fs::read(path)?) } else { None };
        // What git calls executable.
        Ok(Present::File { executable: metadata.permissions().mode() & 0o100 != 0, length, data })
    }

    /// What putting `file` here means.
    fn replaced_by(&self, file: &TreeFile) -> ChangeKind {
        match (self, file.kind) {
            (Present::Nothing, _) => ChangeKind::Added,
            (Present::Link(destination), TreeFileKind::Symlink) if *destination == file.data => ChangeKind::Unchanged,
            (Present::File { executable, data: Some(data), .. }, TreeFileKind::File { executable: wanted }) => {
                match *data == file.data && *executable == wanted {
                    true => ChangeKind::Unchanged,
                    false => ChangeKind::Replaced(lost(data, &file.data)),
                }
            }
            (Present::File { .. } | Present::Link(_) | Present::Other | Present::Folder, _) => {
                ChangeKind::Replaced(Lost::NotText)
            }
        }
    }
}

/// What the system says of a path itself, if there is anything.
fn metadata(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(err) => Err(err),
    }
}

/// What became of a path that was `before` and is `after`, if there ever was anything.
pub(super) fn compare(before: &Present, after: &Present) -> Option<ChangeKind> {
    Some(match (before, after) {
        (Present::Nothing, Present::Nothing) => return None,
        (Present::Nothing, _) => ChangeKind::Added,
        (_, Present::Nothing) => ChangeKind::Removed,
        (before, after) if before == after => ChangeKind::Unchanged,
        (Present::File { data: Some(old), .. }, Present::File { data: Some(new), .. }) => {
            ChangeKind::Replaced(lost(old, new))
        }
        (_, _) => ChangeKind::Replaced(Lost::NotText),
    })
}

/// What lies where the files of `custom/` may be copied to.
pub(super) fn observe<'a>(files: &'a [TreeFile], target: &Path) -> Result<Vec<(&'a str, Present)>, CustomizeError> {
    let look = |path: &'a str| match Present::at(&target.join(path)) {
        Ok(present) => Ok((path, present)),
        Err(source) => Err(CustomizeError::Look { path: path.to_owned(), source }),
    };
    let mut seen = files.iter().filter_map(|file| copied_path(&file.path)).map(look).collect::<Result<Vec<_>, _>>()?;
    seen.sort_unstable_by_key(|(path, _)| *path);
    Ok(seen)
}

/// Looks at everything in the target that the overlay touches.
pub(super) fn plan<'a>(overlay: &Overlay<'a>, target: &Path) -> Result<CopyPlan<'a>, CustomizeError> {
    let mut plan = CopyPlan { folders: BTreeSet::new(), steps: Vec::with_capacity(overlay.files.len()) };
    let mut known = BTreeSet::new();
    for path in overlay.files.keys().copied() {
        for folder in parents(path) {
            if !plan.look_at_folder(folder, path, target, &mut known)? {
                break;
            }
        }
    }
    for folder in overlay.folders.iter().copied().filter(|folder| !folder.is_empty()) {
        for folder in std::iter::once(folder).chain(parents(folder)) {
            plan.look_at_folder(folder, folder, target, &mut known)?;
        }
    }
    for (path, file) in &overlay.files {
        let look = |source| CustomizeError::Look { path: (*path).to_owned(), source };
        let place = target.join(path);
        let is_new = path.rsplit_once('/').is_some_and(|(folder, _)| plan.folders.contains(folder));
        let about = if is_new { None } else { metadata(&place).map_err(look)? };
        let present = about.as_ref().map_or(Ok(Present::Nothing), |about| Present::of(&place, about)).map_err(look)?;
        if present == Present::Folder {
            return Err(CustomizeError::FolderInTheWay((*path).to_owned()));
        }
        let is_single = |about: &Metadata| about.is_file() && about.nlink() == 1;
        let reused = match file.kind {
            TreeFileKind::File { .. } => about.filter(is_single).as_ref().map(identity),
            TreeFileKind::Symlink => None,
        };
        plan.steps.push(FileCopy { path, file, kind: present.replaced_by(file), reused });
    }
    Ok(plan)
}

impl<'a> CopyPlan<'a> {
    /// Looks at one folder, once; false means that it was looked at before, and so were the ones above it.
    fn look_at_folder(
        &mut self,
        folder: &'a str,
        path: &str,
        target: &Path,
        known: &mut BTreeSet<&'a str>,
    ) -> Result<bool, CustomizeError> {
        if !known.insert(folder) {
            return Ok(false);
        }
        match fs::symlink_metadata(target.join(folder)) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) if metadata.is_symlink() => return Err(CustomizeError::ParentIsLink(folder.to_owned())),
            Ok(_) => {
                return Err(CustomizeError::FileInTheWay { path: path.to_owned(), way: folder.to_owned() });
            }
            // A file further up is found when it is looked at itself.
            Err(err) if matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                self.folders.insert(folder);
            }
            Err(source) => return Err(CustomizeError::Look { path: folder.to_owned(), source }),
        }
        Ok(true)
    }
}

/// Does what is planned. Nothing is written through a link of any kind: what has other names is removed and made anew.
pub(super) fn write(
    plan: &CopyPlan<'_>,
    target: &Path,
    interrupted: fn() -> bool,
) -> Result<Vec<TargetChange>, CustomizeError> {
    let mut changes = Vec::with_capacity(plan.steps.len());
    let failed = |path: &str, changes: Vec<TargetChange>, source| CustomizeError::Write {
        path: path.to_owned(),
        changes,
        source,
    };
    for folder in &plan.folders {
        if let Err(source) = fs::create_dir(target.join(folder)) {
            return Err(failed(folder, changes, source));
        }
    }
    for step in &plan.steps {
        if interrupted() {
            return Err(CustomizeError::Interrupted { changes });
        }
        let place = target.join(step.path);
        let done = match step.kind {
            ChangeKind::Unchanged | ChangeKind::Removed => Ok(()),
            ChangeKind::Added => create(&place, step.file),
            ChangeKind::Replaced(_) => replace(&place, step),
        };
        match done {
            Ok(()) => changes.push(TargetChange { path: step.path.to_owned(), kind: step.kind }),
            Err(source) => return Err(failed(step.path, changes, source)),
        }
    }
    Ok(changes)
}

/// Writing a file anew is several times faster than removing it first: ext4 looks long for numbers of files that were not
/// in use a moment ago.
fn replace(place: &Path, step: &FileCopy<'_>) -> io::Result<()> {
    if let (Some(reused), TreeFileKind::File { executable }) = (step.reused, step.file.kind) {
        match OpenOptions::new().write(true).open(place) {
            Ok(file) if identity(&file.metadata()?) == reused => return overwrite(&file, &step.file.data, executable),
            // It is read-only, runs, or is another one by now.
            Ok(_) | Err(_) => {}
        }
    }
    fs::remove_file(place)?;
    create(place, step.file)
}

fn overwrite(mut file: &File, data: &[u8], executable: bool) -> io::Result<()> {
    file.write_all(data)?;
    file.set_len(data.len() as u64)?;
    let mode = file.metadata()?.permissions().mode();
    // Who may read it may run it.
    let wanted = if executable { mode | (mode & 0o444) >> 2 } else { mode & !0o111 } & 0o777;
    if wanted == mode & 0o7777 { Ok(()) } else { file.set_permissions(Permissions::from_mode(wanted)) }
}
