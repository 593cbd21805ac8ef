//! The folders and files of a run: an empty working directory, the options beside it, the files of a resource in it.
//!
//! Everything lies in one scratch folder that is removed with [`Scratch`]. What an extractor left behind is removed right
//! after its run, as well as it goes. Must not start processes.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use super::ResourceFiles;
use super::error::{ExtractError, RunPaths};
use crate::core::tree_file::{TreeFile, TreeFileKind, is_safe};
use crate::files::{self, Temporary};

/// A working directory, and its identity: another folder may have been put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Directory {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Directory {
    const MODE: u32 = 0o700;

    /// Other users of the machine have no business in a working directory.
    fn create(path: PathBuf) -> io::Result<Self> {
        DirBuilder::new().mode(Self::MODE).create(&path)?;
        let metadata = fs::symlink_metadata(&path)?;
        Ok(Directory { path, device: metadata.dev(), inode: metadata.ino() })
    }

    /// Whether it is as empty and as open as it was made.
    fn is_as_new(&self) -> bool {
        let is_the_same = fs::symlink_metadata(&self.path).is_ok_and(|metadata| {
            let is_ours = (metadata.dev(), metadata.ino()) == (self.device, self.inode);
            metadata.is_dir() && is_ours && metadata.mode() & 0o7777 == Self::MODE
        });
        is_the_same && fs::read_dir(&self.path).is_ok_and(|mut entries| entries.next().is_none())
    }
}

/// The folder of all runs of one [`super::Extractors`].
#[derive(Debug)]
pub(super) struct Scratch {
    root: Temporary,
    /// The same without symbolic links, so that HOME is what `pwd` says.
    path: PathBuf,
    /// How many names were given out.
    names: AtomicU64,
    /// Options files that no run needs now. They are written anew rather than created anew: many files that are created
    /// and deleted in turn are slow on ext4, which looks for a number that was not in use a moment ago, and makes
    /// everybody else slow who creates files in the same seconds.
    idle: Mutex<Vec<PathBuf>>,
    /// Working directories that were left as they were found, for the same reason.
    idle_directories: Mutex<Vec<Directory>>,
    /// Held for reading while a process is started, for writing while a program is written: a process that is being
    /// started has a copy of every open file for a moment, and a program that is open for writing cannot be executed.
    starting: RwLock<()>,
}

impl Scratch {
    pub(super) fn new(parent: Option<&OsStr>) -> Result<Self, ExtractError> {
        let failed = |source| ExtractError::Scratch { operation: "create a temporary folder", source };
        let root = files::temporary(parent).map_err(failed)?;
        let path = fs::canonicalize(root.path()).map_err(failed)?;
        Ok(Scratch {
            root,
            path,
            names: AtomicU64::new(0),
            idle: Mutex::default(),
            idle_directories: Mutex::default(),
            starting: RwLock::new(()),
        })
    }

    /// Runs `start`, which starts a process, while no program is open for writing.
    pub(super) fn while_starting<T>(&self, start: impl FnOnce() -> T) -> T {
        let _guard = self.starting.read().unwrap_or_else(PoisonError::into_inner);
        start()
    }

    /// A fresh working directory: with the files of a resource, the options among them, or empty, with the options beside it.
    pub(super) fn workspace(
        &self,
        options: &[u8],
        files: Option<ResourceFiles<'_>>,
    ) -> Result<RunFolder<'_>, ExtractError> {
        let directory = self
            .place_directory()
            .map_err(|source| ExtractError::Scratch { operation: "create a working directory", source })?;
        let mut workspace = RunFolder { scratch: self, directory, options: OptionsPlace::Inside(PathBuf::new()) };
        workspace.options = match files {
            Some(files) => {
                workspace.write(files, options)?;
                OptionsPlace::Inside(workspace.directory().join(files.options))
            }
            None => OptionsPlace::Beside(
                self.place_options(options)
                    .map_err(|source| ExtractError::Scratch { operation: "write a temporary options file", source })?,
            ),
        };
        Ok(workspace)
    }

    fn place_directory(&self) -> io::Result<Directory> {
        let idle = self.idle_directories.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle.filter(Directory::is_as_new) {
            Some(directory) => Ok(directory),
            None => Directory::create(self.name("")),
        }
    }

    fn name(&self, extension: &str) -> PathBuf {
        self.path.join(format!("{}{extension}", self.names.fetch_add(1, Ordering::Relaxed)))
    }

    fn place_options(&self, options: &[u8]) -> io::Result<PathBuf> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        // An extractor that reached for a file which is not its own must not harm the next one.
        if let Some(path) = idle
            && fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file())
            && write_options(OpenOptions::new().write(true), &path, options).is_ok()
        {
            return Ok(path);
        }
        let path = self.name(".options");
        write_options(OpenOptions::new().write(true).create_new(true).mode(0o600), &path, options)?;
        Ok(path)
    }

    /// The working directories that are not as they were made, and wait for no other run.
    #[cfg(test)]
    pub(super) fn left_over(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.path).unwrap().map(|entry| entry.unwrap().path());
        let idle = self.idle_directories.lock().unwrap();
        let waits = |path: &PathBuf| idle.iter().any(|directory| directory.path == *path && directory.is_as_new());
        entries.filter(|path| path.is_dir() && !waits(path)).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever an extractor locked must not survive the whole poll; TempDir removes the rest.
        if fs::remove_dir_all(self.root.path()).is_err() {
            files::unlock(self.root.path());
        }
    }
}

/// The place of one run; what the run left there is removed when dropped.
#[derive(Debug)]
pub(super) struct RunFolder<'a> {
    scratch: &'a Scratch,
    directory: Directory,
    options: OptionsPlace,
}

/// Where the options of a run lie.
#[derive(Debug)]
enum OptionsPlace {
    /// In the working directory.
    Inside(PathBuf),
    /// In a file of ours.
    Beside(PathBuf),
}

impl RunFolder<'_> {
    /// The working directory.
    pub(super) fn directory(&self) -> &Path {
        &self.directory.path
    }

    /// The options file.
    pub(super) fn options(&self) -> &Path {
        match &self.options {
            OptionsPlace::Inside(path) | OptionsPlace::Beside(path) => path,
        }
    }

    pub(super) fn places(&self) -> RunPaths<'_> {
        RunPaths { options: self.options(), directory: self.directory() }
    }

    /// Writes the files of a resource into the working directory, before anything runs there.
    fn write(&self, files: ResourceFiles<'_>, options: &[u8]) -> Result<(), ExtractError> {
        let kind = TreeFileKind::File { executable: false };
        let options = TreeFile { path: files.options.to_owned(), kind, data: options.to_owned() };
        // The text of the options has no carriage returns, and a link would lead elsewhere.
        let others = files.files.iter().filter(|file| file.path != files.options);
        let files: Vec<&TreeFile> = others.chain([&options]).collect();
        for file in &files {
            if !is_safe(&file.path) {
                return Err(ExtractError::UnsafePath(file.path.clone()));
            }
        }
        let is_program = |file: &&TreeFile| file.kind == TreeFileKind::File { executable: true };
        let starting = &self.scratch.starting;
        let _guard = files.iter().any(is_program).then(|| starting.write().unwrap_or_else(PoisonError::into_inner));
        files::fill(self.directory(), files.iter().copied())
            .map_err(|source| ExtractError::Scratch { operation: "write the files of the resource", source })
    }
}

impl Drop for RunFolder<'_> {
    fn drop(&mut self) {
        if self.directory.is_as_new() {
            let idle = &self.scratch.idle_directories;
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.directory.clone());
        } else {
            // What is left is left to the end of the poll.
            let _ = files::remove(self.directory());
        }
        if let OptionsPlace::Beside(path) = &mut self.options {
            let options = std::mem::take(path);
            self.scratch.idle.lock().unwrap_or_else(PoisonError::into_inner).push(options);
        }
    }
}

fn write_options(how: &OpenOptions, path: &Path, options: &[u8]) -> io::Result<()> {
    let mut file = how.open(path)?;
    file.write_all(options)?;
    if file.metadata()?.len() != options.len() as u64 {
        file.set_len(options.len() as u64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn file(path: &str, kind: TreeFileKind, data: &str) -> TreeFile {
        TreeFile { path: path.into(), kind, data: data.into() }
    }

    const PLAIN: TreeFileKind = TreeFileKind::File { executable: false };

    fn scratch() -> (TempDir, Scratch) {
        let parent = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(Some(parent.path().as_os_str())).unwrap();
        (parent, scratch)
    }

    fn filled<'a>(scratch: &'a Scratch, files: &[TreeFile]) -> Result<RunFolder<'a>, ExtractError> {
        scratch.workspace(b"message=m", Some(ResourceFiles { files, options: "options" }))
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused_before_anything_is_written() {
        let (_parent, scratch) = scratch();
        for path in ["", "/etc/x", "../x", "a/../../x", "a//b", "a/./b", ".git/hooks/x", "a/.GIT/x", "a\0b"] {
            let error = filled(&scratch, &[file("good", PLAIN, ""), file(path, PLAIN, "")]).unwrap_err();
            assert!(matches!(error, ExtractError::UnsafePath(p) if p == path), "{path:?}");
            let idle = scratch.idle_directories.lock().unwrap();
            assert!(idle.len() == 1 && idle[0].is_as_new(), "{path:?}");
        }
    }

    #[test]
    fn a_link_is_never_followed_while_writing() {
        let (parent, scratch) = scratch();
        let files = [file("a", TreeFileKind::Symlink, parent.path().to_str().unwrap()), file("a/b", PLAIN, "")];
        assert!(matches!(filled(&scratch, &files), Err(ExtractError::Scratch { .. })));
        assert!(!parent.path().join("b").exists());
    }

    #[test]
    fn modes_and_links_are_kept_and_the_options_lie_among_the_files() {
        let (parent, scratch) = scratch();
        let files = [
            file("link", TreeFileKind::Symlink, "bin/run"),
            file("bin/run", TreeFileKind::File { executable: true }, "x"),
            file("custom/a", PLAIN, "y"),
            file("options", TreeFileKind::Symlink, parent.path().join("elsewhere").to_str().unwrap()),
        ];
        let workspace = filled(&scratch, &files).unwrap();
        let mode = |path| fs::symlink_metadata(workspace.directory().join(path)).unwrap().permissions().mode() & 0o100;
        assert_eq!((mode("bin/run"), mode("custom/a")), (0o100, 0));
        assert_eq!(fs::read_link(workspace.directory().join("link")).unwrap(), Path::new("bin/run"));
        assert_eq!(fs::read(workspace.directory().join("link")).unwrap(), b"x");
        assert_eq!(workspace.options(), workspace.directory().join("options"));
        assert_eq!(fs::read(workspace.options()).unwrap(), b"message=m");
        assert!(!parent.path().join("elsewhere").exists());
    }

    #[test]
    fn an_options_file_is_used_again_unless_it_was_touched() {
        let (parent, scratch) = scratch();
        let first = scratch.workspace(b"message=long", None).unwrap();
        let second = scratch.workspace(b"other", None).unwrap();
        assert_ne!((first.options(), first.directory()), (second.options(), second.directory()));
        let (options, directory) = (first.options().to_owned(), first.directory().to_owned());
        drop(first);
        let third = scratch.workspace(b"short", None).unwrap();
        assert_eq!((fs::read(third.options()).unwrap(), third.options()), (b"short".to_vec(), options.as_path()));
        assert_eq!(third.directory(), directory, "it was left as it was made");
        let foreign = parent.path().join("foreign");
        fs::write(&foreign, "x").unwrap();
        fs::remove_file(third.options()).unwrap();
        symlink(&foreign, third.options()).unwrap();
        drop(third);
        let fourth = scratch.workspace(b"message=4", None).unwrap();
        assert_eq!(fs::read(fourth.options()).unwrap(), b"message=4");
        assert_eq!(fs::read(&foreign).unwrap(), b"x");
    }

    #[test]
    fn a_directory_is_used_again_only_if_it_was_left_as_it_was_made() {
        type Spoil = fn(&Path);
        let spoils: [Spoil; 5] = [
            |path| fs::write(path.join("x"), "x").unwrap(),
            |path| fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap(),
            |path| fs::remove_dir(path).unwrap(),
            |path| {
                fs::rename(path, path.with_extension("moved")).unwrap();
                fs::create_dir(path).unwrap();
            },
            |path| {
                fs::rename(path, path.with_extension("moved")).unwrap();
                symlink(path.with_extension("moved"), path).unwrap();
            },
        ];
        let (_parent, scratch) = scratch();
        for (index, spoil) in spoils.into_iter().enumerate() {
            let workspace = scratch.workspace(b"", None).unwrap();
            let directory = workspace.directory().to_owned();
            spoil(&directory);
            drop(workspace);
            let next = scratch.workspace(b"", None).unwrap();
            assert_ne!(next.directory(), directory, "{index}");
            assert_eq!(fs::read_dir(next.directory()).unwrap().count(), 0, "{index}");
        }
    }

    #[test]
    fn nothing_is_left_not_even_locked_folders() {
        let (parent, scratch) = scratch();
        let workspace = scratch.workspace(b"", None).unwrap();
        let locked = workspace.directory().join("a/b");
        fs::create_dir_all(locked.join("c")).unwrap();
        symlink("/", workspace.directory().join("root")).unwrap();
        fs::set_permissions(&locked, Permissions::from_mode(0o000)).unwrap();
        let directory = workspace.directory().to_owned();
        drop(workspace);
        assert!(!directory.exists());
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }
}
