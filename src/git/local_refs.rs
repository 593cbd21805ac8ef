//! Moving references of this repository: local branches by compare-and-swap, and those that show where a remote stands.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use gix::ObjectId;
use gix::refs::store::WriteReflog;
use gix::refs::transaction::{Change, PreviousValue, RefEdit, RefLog};
use gix::refs::{FullName, Target};

use super::backoff::pause_after;
use super::branches;
use super::commit_writer::CommitWriter;
use super::repository::Repository;
use super::sharing::Sharing;
use super::update::{Update, Verdict};
use super::work_folder::WorkFolder;
use crate::error::chain;

/// How often a reference is tried that another process has locked.
const ATTEMPTS: u32 = 4;

/// Moves references of this repository, each by compare-and-swap, and says what became of each, in the same order.
pub(crate) fn update_local(
    repository: &Repository,
    updates: &[Update],
    writer: &CommitWriter,
    log: &str,
) -> Vec<Verdict> {
    let repo = repository.local();
    // One transaction is twice as fast as many. It fails as a whole when one branch has moved; then each goes alone.
    let verdicts = match updates.len() > 1 && edit(&repo, updates, writer, log).is_ok() {
        true => vec![Verdict::Landed; updates.len()],
        false => updates.iter().map(|update| update_one(&repo, update, writer, log)).collect(),
    };
    let (sharing, common_dir) = (Sharing::of(&repo), repository.common_dir());
    updates.iter().for_each(|update| share(sharing, common_dir, &update.reference));
    verdicts
}

/// Lets those use a reference and its log that `core.sharedRepository` lets.
fn share(sharing: Sharing, common_dir: &Path, reference: &str) {
    for top in [common_dir.to_owned(), common_dir.join("logs")] {
        sharing.apply_below(&top, &top.join(reference));
    }
}

fn update_one(repo: &gix::Repository, update: &Update, writer: &CommitWriter, log: &str) -> Verdict {
    let mut attempt = 1;
    loop {
        let failure = match edit(repo, std::slice::from_ref(update), writer, log) {
            Ok(()) => return Verdict::Landed,
            Err(err) => chain(&*err),
        };
        match branches::tip(repo, &update.reference) {
            Ok(now) if now == update.new => return Verdict::Landed,
            Ok(now) if now != update.old => return if now.is_none() { Verdict::Gone } else { Verdict::Moved },
            Ok(_) | Err(_) if attempt == ATTEMPTS => {
                return Verdict::Failed(format!("cannot move the reference: {failure}"));
            }
            Ok(_) | Err(_) => pause_after(attempt),
        }
        attempt += 1;
    }
}

type EditError = Box<dyn std::error::Error + Send + Sync>;

fn edit(repo: &gix::Repository, updates: &[Update], writer: &CommitWriter, log: &str) -> Result<(), EditError> {
    let mut edits = Vec::with_capacity(updates.len());
    for update in updates {
        let name = FullName::try_from(update.reference.as_str()).map_err(Box::new)?;
        edits.push(ref_edit(name, update, log));
    }
    let committer = writer.committer();
    let mut time = gix::date::parse::TimeBuf::default();
    repo.edit_references_as(edits, Some(committer.to_ref(&mut time)))?;
    Ok(())
}

/// Moves along what shows the references of a remote, where an update landed.
///
/// Without git's lock files: a process that is killed here leaves none that would stop a `git fetch`. What another process
/// writes at the same time may be lost, until the next fetch: nothing is decided by these references without a lease.
pub(super) fn follow_remote(
    repository: &Repository,
    updates: &[Update],
    verdicts: &[Verdict],
    writer: &CommitWriter,
    log: &str,
) {
    let repo = repository.local();
    let is_behind = |update: &Update| {
        FullName::try_from(update.shown_by.as_str()).is_ok()
            && branches::tip(&repo, &update.shown_by).is_ok_and(|tip| tip == update.old)
    };
    let landed = updates.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Verdict::Landed);
    let behind: Vec<&Update> = landed.map(|(update, _)| update).filter(|update| is_behind(update)).collect();
    // What does not work here is done by the next fetch; until then, only what is shown is old.
    let sharing = Sharing::of(&repo);
    let Ok(folder) = WorkFolder::create(repository.common_dir(), sharing) else { return };
    let creates_logs = !matches!(repo.refs.write_reflog, WriteReflog::Disable);
    for update in behind {
        match update.new {
            Some(new) => {
                if move_without_lock(repository.common_dir(), &folder, &update.shown_by, new).is_ok() {
                    let line = log_line(update, new, writer, log);
                    let _ = append_log(repository.common_dir(), &update.shown_by, &line, creates_logs);
                    share(sharing, repository.common_dir(), &update.shown_by);
                }
            }
            None => {
                let Ok(name) = FullName::try_from(update.shown_by.as_str()) else { continue };
                let _ = repo.edit_reference(ref_edit(name, update, log));
            }
        }
    }
}

fn move_without_lock(common_dir: &Path, folder: &WorkFolder, name: &str, new: ObjectId) -> io::Result<()> {
    let (written, place) = (folder.path().join("tip"), common_dir.join(name));
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o666)
        .open(&written)?
        .write_all(format!("{new}\n").as_bytes())?;
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    if place.is_dir() {
        // Empty, as git leaves folders of references that it packs; else there is a reference in it.
        fs::remove_dir(&place)?;
    }
    fs::rename(&written, &place)
}

fn log_line(update: &Update, new: ObjectId, writer: &CommitWriter, log: &str) -> String {
    let old = update.old.unwrap_or_else(|| new.kind().null());
    let who = writer.committer();
    format!("{old} {new} {} <{}> {}\t{log}\n", who.name, who.email, who.time)
}

fn append_log(common_dir: &Path, name: &str, line: &str, creates: bool) -> io::Result<()> {
    let path = common_dir.join("logs").join(name);
    if creates && let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    OpenOptions::new().append(true).create(creates).mode(0o666).open(path)?.write_all(line.as_bytes())
}

/// The edit of one reference, which has to stand where the update expects it.
fn ref_edit(name: FullName, update: &Update, log: &str) -> RefEdit {
    let expected = match update.old {
        Some(old) => PreviousValue::MustExistAndMatch(Target::Object(old)),
        None => PreviousValue::MustNotExist,
    };
    match update.new {
        Some(new) => RefEdit::update(name, new, expected, log),
        None => RefEdit { change: Change::Delete { expected, log: RefLog::AndReference }, name, deref: false },
    }
}
