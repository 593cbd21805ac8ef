//! The folder in which a launch leaves what is to be kept of it: the result, the log, spread's own logs and reports.
//!
//! Of what lies there already it replaces only what an earlier launch left. It copies no link: what spread brought back
//! from its machines must not say which files of this one are kept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::workspace::RESULT;
use crate::core::secrets::{Redactor, Secrets};
use crate::core::spread::command::SpreadOutputs;
use crate::core::tree_file::portable_name;
use crate::files::{remove, write_whole};

/// The file with all output.
const LOG: &str = "spread.log";

/// The folder of what spread left.
pub(crate) const LOGS: &str = "logs";

/// The file in [`LOGS`] that says that the folder is ours.
const MARK: &str = ".git-spread-cron";

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutError {
    #[error("cannot create {}", .0.display())]
    Create(PathBuf, #[source] io::Error),
    #[error("{} is not empty, and no earlier run left it", .0.display())]
    Foreign(PathBuf),
    #[error("cannot look into {}", .0.display())]
    Look(PathBuf, #[source] io::Error),
    #[error("cannot remove {}", .0.display())]
    Remove(PathBuf, #[source] io::Error),
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("cannot copy {}", .0.display())]
    Copy(PathBuf, #[source] io::Error),
}

/// A folder that holds nothing of an earlier launch any more.
pub(crate) struct Out {
    root: PathBuf,
}

/// What became of the files that spread left.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// How many could not be copied, and why the first of them could not.
    pub(crate) failed: usize,
    pub(crate) first: Option<OutError>,
    /// How many are neither files nor folders.
    pub(crate) left_out: usize,
    pub(crate) interrupted: bool,
}

/// Whether a launch that leaves what it made in a folder replaces this file there.
pub(crate) fn replaces(root: &Path, file: &Path) -> bool {
    file.starts_with(root.join(LOGS)) || [RESULT, LOG].iter().any(|name| file == root.join(name))
}

/// Removes the result of an earlier launch from a folder, which must not be taken for that of one that never began.
pub(crate) fn forget_result(root: &Path) -> Result<(), OutError> {
    if_there(&root.join(RESULT), |path| fs::remove_file(path))
}

impl Out {
    /// Takes a folder, which is created, and removes what an earlier launch left there.
    pub(crate) fn prepare(root: &Path) -> Result<Self, OutError> {
        let create = |path: &Path| DirBuilder::new().recursive(true).create(path);
        create(root).map_err(|err| OutError::Create(root.to_owned(), err))?;
        let logs = root.join(LOGS);
        if !is_ours_or_empty(&logs)? {
            return Err(OutError::Foreign(logs));
        }
        for name in [RESULT, LOG] {
            if_there(&root.join(name), |path| fs::remove_file(path))?;
        }
        create(&logs).map_err(|err| OutError::Create(logs.clone(), err))?;
        let mark = logs.join(MARK);
        match File::create_new(&mark) {
            Err(err) if err.kind() != ErrorKind::AlreadyExists => return Err(OutError::Write(mark, err)),
            Ok(_) | Err(_) => {}
        }
        // The mark stays, so that the folder is ours should this be cut short.
        let look = |err| OutError::Look(logs.clone(), err);
        for entry in fs::read_dir(&logs).map_err(look)? {
            let entry = entry.map_err(look)?;
            if entry.file_name() != MARK {
                if_there(&entry.path(), remove)?;
            }
        }
        Ok(Out { root: root.to_owned() })
    }

    /// The file for all output, with its path.
    pub(crate) fn log(&self) -> Result<(File, PathBuf), OutError> {
        let path = self.root.join(LOG);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => Ok((file, path)),
            Err(err) => Err(OutError::Write(path, err)),
        }
    }

    /// Where the files of spread are kept.
    pub(crate) fn logs(&self) -> PathBuf {
        self.root.join(LOGS)
    }

    /// Writes the result in one step.
    pub(crate) fn write_result(&self, document: &str) -> Result<(), OutError> {
        let path = self.root.join(RESULT);
        write_whole(&path, document.as_bytes()).map_err(|err| OutError::Write(path, err))
    }

    /// Copies what spread left in each attempt, without the secrets.
    pub(crate) fn keep(
        &self,
        outputs: &[(u32, SpreadOutputs)],
        secrets: &Secrets,
        interrupted: &dyn Fn() -> bool,
    ) -> Kept {
        let mut kept = Kept::default();
        let own = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        let mut waiting: Vec<(PathBuf, PathBuf)> = Vec::new();
        for (attempt, outputs) in outputs {
            for (name, path) in outputs.named() {
                let to = self.logs().join(of_attempt(name, *attempt));
                // What the command line names is the same for each attempt.
                if waiting.iter().all(|(from, _)| from != path) {
                    waiting.push((path.to_owned(), to));
                }
            }
        }
        while let Some((from, to)) = waiting.pop() {
            if interrupted() {
                kept.interrupted = true;
                break;
            }
            match copy(&from, &to, &own, secrets) {
                Ok(Copied::Nothing) => {}
                Ok(Copied::Other) => kept.left_out += 1,
                Ok(Copied::Folder(entries)) => waiting.extend(entries),
                Err(err) => {
                    kept.failed += 1;
                    kept.first.get_or_insert(err);
                }
            }
        }
        kept
    }
}

/// The name of what an attempt leaves; that of the first is plain.
pub(super) fn of_attempt(name: &str, attempt: u32) -> String {
    if attempt == 1 { name.to_owned() } else { format!("attempt-{attempt}-{name}") }
}

/// What one step of copying came upon.
enum Copied {
    /// A file, which is copied, or nothing at all, or this folder itself.
    Nothing,
    /// A folder, and what has to be copied from where in it to where.
    Folder(Vec<(PathBuf, PathBuf)>),
    /// Neither a file nor a folder.
    Other,
}

fn copy(from: &Path, to: &Path, own: &Path, secrets: &Secrets) -> Result<Copied, OutError> {
    let copying = |err| OutError::Copy(from.to_owned(), err);
    let writing = |err| OutError::Write(to.to_owned(), err);
    let kind = match fs::symlink_metadata(from) {
        Ok(metadata) => metadata.file_type(),
        Err(err) if err.kind() == ErrorKind::NotFound => return Ok(Copied::Nothing),
        Err(err) => return Err(copying(err)),
    };
    if kind.is_file() {
        // Not with the permissions of the original, which may make the copy unreadable.
        let mut source = File::open(from).map_err(copying)?;
        let mut copied = File::create_new(to).map_err(writing)?;
        return copy_clean(&mut source, &mut copied, secrets).map(|()| Copied::Nothing).map_err(copying);
    }
    if !kind.is_dir() {
        return Ok(Copied::Other);
    }
    if from.canonicalize().is_ok_and(|real| real == own) {
        return Ok(Copied::Nothing);
    }
    // Listed before anything is created in there.
    let entries = fs::read_dir(from).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(copying)?;
    fs::create_dir(to).map_err(writing)?;
    let path = |entry: &fs::DirEntry| (entry.path(), to.join(portable_name(&entry.file_name())));
    Ok(Copied::Folder(entries.iter().map(path).collect()))
}

fn copy_clean(from: &mut File, to: &mut File, secrets: &Secrets) -> io::Result<()> {
    if secrets.are_none() {
        return io::copy(from, to).map(drop);
    }
    let mut redactor = Redactor::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return to.write_all(&redactor.finish(secrets)),
            Ok(length) => to.write_all(&redactor.push(&buffer[..length], secrets))?,
            Err(err) if err.kind() == ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}

fn is_ours_or_empty(logs: &Path) -> Result<bool, OutError> {
    match fs::symlink_metadata(logs) {
        Ok(metadata) if !metadata.is_dir() => return Ok(false),
        Ok(_) if fs::symlink_metadata(logs.join(MARK)).is_ok() => return Ok(true),
        Ok(_) | Err(_) => {}
    }
    match fs::read_dir(logs).map(|mut entries| entries.next().is_none()) {
        Err(err) if err.kind() == ErrorKind::NotFound => Ok(true),
        is_empty => is_empty.map_err(|err| OutError::Look(logs.to_owned(), err)),
    }
}

/// Removes something that may be gone already.
fn if_there(path: &Path, remove: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), OutError> {
    match remove(path) {
        Err(err) if !matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(OutError::Remove(path.to_owned(), err))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_an_earlier_launch_left_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a/b");
        let out = Out::prepare(&root).unwrap();
        out.write_result("{}").unwrap();
        fs::write(out.logs().join("old"), "x").unwrap();
        fs::write(root.join("mine"), "x").unwrap();
        symlink(root.join("mine"), root.join(LOG)).unwrap();
        let out = Out::prepare(&root).unwrap();
        drop(out.log().unwrap());
        let mut left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [LOGS, "mine", LOG]);
        assert_eq!(fs::read_to_string(root.join("mine")).unwrap(), "x");
        assert!(!out.logs().join("old").exists());

        fs::create_dir(root.join(RESULT)).unwrap();
        assert!(matches!(Out::prepare(&root), Err(OutError::Remove(..))), "a folder is no result");
        assert!(forget_result(&root).is_err() && root.join(RESULT).is_dir());
        fs::remove_dir(root.join(RESULT)).unwrap();

        fs::remove_file(out.logs().join(MARK)).unwrap();
        assert!(Out::prepare(&root).is_ok(), "an empty folder");
        fs::rename(out.logs().join(MARK), out.logs().join("precious")).unwrap();
        assert!(matches!(Out::prepare(&root), Err(OutError::Foreign(_))));
        assert!(out.logs().join("precious").exists());
        fs::remove_dir_all(out.logs()).unwrap();
        symlink(dir.path(), out.logs()).unwrap();
        assert!(matches!(Out::prepare(&root), Err(OutError::Foreign(_))));
    }

    #[test]
    fn files_are_kept_and_links_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let from = dir.path().join("artifacts");
        let out = Out::prepare(&from.join("out")).unwrap();
        fs::create_dir_all(from.join("google:u:tests/empty")).unwrap();
        fs::write(from.join("google:u:tests/log"), "a hunter2 b").unwrap();
        symlink("/etc/passwd", from.join("google:u:tests/link")).unwrap();
        let outputs = SpreadOutputs {
            report: Some(dir.path().join("nowhere")),
            logs: Some(dir.path().join("artifacts/google:u:tests/link")),
            artifacts: Some(from),
        };
        let outputs = [(1, outputs.clone()), (2, outputs)];
        let secrets = Secrets::new([&b"hunter2"[..]]);
        let kept = out.keep(&outputs, &secrets, &|| false);
        assert_eq!((kept.failed, kept.left_out, kept.interrupted), (0, 2, false), "{kept:?}");
        let task = out.logs().join("spread-artifacts").join(portable_name("google:u:tests".as_ref()));
        assert_eq!(fs::read_to_string(task.join("log")).unwrap(), "a *** b");
        assert!(task.join("empty").is_dir() && !task.join("link").exists());
        assert!(!out.logs().join("spread-artifacts/out").exists() && !out.logs().join("spread-logs").exists());
        let again = out.keep(&outputs, &secrets, &|| false);
        assert!(again.failed == 1 && again.first.is_some(), "nothing is overwritten: {again:?}");
        assert!(out.keep(&outputs, &secrets, &|| true).interrupted);
    }
}
