//! Writing the tree of a commit into a folder, file by file, without a checkout.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::tree::EntryKind;
use gix::objs::{Exists, Find, Kind, TreeRefIter};

use super::fetch;
use super::history::tree_of;
use super::program::{Git, ProgramError};
use super::repository::{OpenError, Repository};

/// Why a tree cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error("cannot read object {0}")]
    Read(ObjectId),
    #[error("object {0} is missing")]
    Missing(ObjectId),
    #[error("cannot fetch what this partial clone left out")]
    Fetch(#[source] ProgramError),
    #[error(transparent)]
    Reopen(#[from] OpenError),
    #[error("the tree has a file with an unsafe name: {0:?}")]
    Name(PathBuf),
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("interrupted")]
    Interrupted,
}

/// Something in a tree that is not a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Relative to the tree.
    pub(crate) path: PathBuf,
    pub(crate) kind: EntryKind,
    id: ObjectId,
}

/// Reads trees, and fetches what a partial clone left out.
pub(crate) struct Unpacker<'a> {
    repository: &'a Repository,
    git: &'a Git,
    repo: gix::Repository,
}

impl<'a> Unpacker<'a> {
    pub(crate) fn new(repository: &'a Repository, git: &'a Git) -> Self {
        Unpacker { repository, git, repo: repository.local() }
    }

    /// Everything in the tree of `commit` but folders.
    pub(crate) fn list(&mut self, commit: ObjectId) -> Result<Vec<Entry>, UnpackError> {
        let mut buffer = Vec::new();
        let root = tree_of(read(&self.repo, commit, Kind::Commit, &mut buffer)?).ok_or(UnpackError::Read(commit))?;
        let (mut found, mut level) = (Vec::new(), vec![(PathBuf::new(), root)]);
        while !level.is_empty() {
            self.fetch_missing(level.iter().map(|(_, id)| *id))?;
            let mut next = Vec::new();
            for (prefix, tree) in level {
                let data = read(&self.repo, tree, Kind::Tree, &mut buffer)?;
                for entry in TreeRefIter::from_bytes(data, tree.kind()) {
                    let entry = entry.map_err(|_| UnpackError::Read(tree))?;
                    let path = prefix.join(OsStr::from_bytes(entry.filename));
                    let windows_is_elsewhere =
                        gix::validate::path::component::Options { protect_windows: false, ..Default::default() };
                    if gix::validate::path::component(entry.filename, None, windows_is_elsewhere).is_err() {
                        return Err(UnpackError::Name(path));
                    }
                    match entry.mode.kind() {
                        EntryKind::Tree => next.push((path, entry.oid.to_owned())),
                        kind @ (EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link | EntryKind::Commit) => {
                            found.push(Entry { path, kind, id: entry.oid.to_owned() });
                        }
                    }
                }
            }
            level = next;
        }
        Ok(found)
    }

    /// Writes the entries into `folder`, where none of them may be yet. Submodules become empty folders.
    pub(crate) fn write(&mut self, entries: &[Entry], folder: &Path) -> Result<(), UnpackError> {
        let blobs = entries.iter().filter(|entry| entry.kind != EntryKind::Commit).map(|entry| entry.id);
        self.fetch_missing(blobs)?;
        let mut writer = Writer { repo: &self.repo, folder, parent: PathBuf::new(), buffer: Vec::new() };
        // Links last: while files are written, no folder can be a way out.
        let (links, files): (Vec<&Entry>, Vec<&Entry>) =
            entries.iter().partition(|entry| entry.kind == EntryKind::Link);
        for entry in files.into_iter().chain(links) {
            if (self.git.interrupted)() {
                return Err(UnpackError::Interrupted);
            }
            writer.write(entry)?;
        }
        Ok(())
    }

    fn fetch_missing(&mut self, ids: impl Iterator<Item = ObjectId>) -> Result<(), UnpackError> {
        let Some(promisor) = fetch::promisor(&self.repo) else { return Ok(()) };
        let is_missing = |id: &ObjectId| !id.is_empty_tree() && !self.repo.objects.exists(id);
        let missing: HashSet<ObjectId> = ids.filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<ObjectId> = missing.into_iter().collect();
        fetch::missing_objects(self.git, &promisor, &missing).map_err(UnpackError::Fetch)?;
        self.repo = self.repository.reopen()?.local();
        Ok(())
    }
}

struct Writer<'a> {
    repo: &'a gix::Repository,
    folder: &'a Path,
    /// The folder that was made last.
    parent: PathBuf,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn write(&mut self, entry: &Entry) -> Result<(), UnpackError> {
        let path = self.folder.join(&entry.path);
        let failed = |err| UnpackError::Write(path.clone(), err);
        if let Some(parent) = path.parent().filter(|parent| *parent != self.parent) {
            fs::create_dir_all(parent).map_err(failed)?;
            parent.clone_into(&mut self.parent);
        }
        let mode = match entry.kind {
            EntryKind::Commit | EntryKind::Tree => return fs::create_dir_all(&path).map_err(failed),
            EntryKind::Link => {
                let destination = read(self.repo, entry.id, Kind::Blob, &mut self.buffer)?;
                return symlink(OsStr::from_bytes(destination), &path).map_err(failed);
            }
            EntryKind::Blob => 0o666,
            EntryKind::BlobExecutable => 0o777,
        };
        let data = read(self.repo, entry.id, Kind::Blob, &mut self.buffer)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).map_err(failed)?;
        file.write_all(data).map_err(failed)
    }
}

fn read<'a>(
    repo: &gix::Repository,
    id: ObjectId,
    kind: Kind,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], UnpackError> {
    if id.is_empty_tree() {
        return Ok(&[]);
    }
    match repo.objects.try_find(&id, buffer) {
        Ok(Some(object)) if object.kind == kind => Ok(object.data),
        Ok(None) => Err(UnpackError::Missing(id)),
        Ok(Some(_)) | Err(_) => Err(UnpackError::Read(id)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let place = Place(tempfile::tempdir().unwrap());
            place.git(&["init", "-q", "--bare", "."], b"");
            place
        }

        fn git(&self, args: &[&str], input: &[u8]) -> String {
            let mut command = Command::new("git");
            command.args(args).current_dir(self.0.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
            command.env("HOME", self.0.path()).env("GIT_CONFIG_NOSYSTEM", "1");
            for role in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@b");
            }
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(input).unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{args:?}");
            String::from_utf8(output.stdout).unwrap().trim().to_owned()
        }

        fn blob(&self, text: &str) -> String {
            self.git(&["hash-object", "-w", "--stdin"], text.as_bytes())
        }

        /// Lines as `git mktree` takes them.
        fn tree(&self, lines: &[String]) -> String {
            self.git(&["mktree", "--missing"], (lines.join("\n") + "\n").as_bytes())
        }

        fn unpack(&self, tree: &str, interrupted: fn() -> bool) -> (PathBuf, Result<Vec<Entry>, UnpackError>) {
            let commit = self.git(&["commit-tree", "-m", "x", tree], b"");
            let repository = Repository::at(self.0.path());
            let git_dir = self.0.path().to_owned();
            let git = Git { git_dir, time_limit: Duration::from_secs(60), may_prompt: false, interrupted };
            let folder = self.0.path().join("out");
            fs::create_dir(&folder).unwrap();
            let mut unpacker = Unpacker::new(&repository, &git);
            let listed = unpacker.list(ObjectId::from_hex(commit.as_bytes()).unwrap());
            let done = listed.and_then(|entries| unpacker.write(&entries, &folder).map(|()| entries));
            (folder, done)
        }
    }

    #[test]
    fn files_modes_links_and_submodules() {
        let place = Place::new();
        let (text, link) = (place.blob("text"), place.blob("folder/run"));
        let inner = place.tree(&[format!("100755 blob {text}\trun"), format!("100644 blob {text}\ta:b")]);
        let tree = place.tree(&[
            format!("040000 tree {inner}\tfolder"),
            format!("120000 blob {link}\talink"),
            format!("160000 commit {}\tmodule", "1".repeat(40)),
        ]);
        let (folder, done) = place.unpack(&tree, || false);
        assert_eq!(done.unwrap().len(), 4);
        let mode = |path| fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o100;
        assert_eq!((mode("folder/run"), mode("folder/a:b")), (0o100, 0));
        assert_eq!(fs::read_link(folder.join("alink")).unwrap(), Path::new("folder/run"));
        assert_eq!(fs::read(folder.join("alink")).unwrap(), b"text");
        assert_eq!(fs::read_dir(folder.join("module")).unwrap().count(), 0);
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["..", ".git", ".GIT"] {
            let place = Place::new();
            let text = place.blob("text");
            let tree = place.tree(&[format!("100644 blob {text}\tgood"), format!("100644 blob {text}\t{name}")]);
            let (folder, done) = place.unpack(&tree, || false);
            assert!(matches!(done, Err(UnpackError::Name(path)) if path == Path::new(name)), "{name}");
            assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
        }
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let place = Place::new();
        let missing = "1".repeat(40);
        let tree = place.tree(&[format!("100644 blob {missing}\tfile")]);
        let error = place.unpack(&tree, || false).1.unwrap_err();
        assert_eq!(error.to_string(), format!("object {missing} is missing"));
        let place = Place::new();
        let text = place.blob("text");
        let tree = place.tree(&[format!("100644 blob {text}\tfile")]);
        assert!(matches!(place.unpack(&tree, || true).1, Err(UnpackError::Interrupted)));
    }
}
