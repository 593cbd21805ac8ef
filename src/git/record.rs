//! Writing state commits into the object database, and moving local branches by compare-and-swap.

use gix::ObjectId;
use gix::actor::Signature;
use gix::bstr::BString;
use gix::date::Time;
use gix::refs::transaction::{PreviousValue, RefEdit};
use gix::refs::{FullName, Target};

use super::backoff::pause_after;
use super::branches;
use super::history::{Tip, tree_of};
use super::repository::Repository;
use super::tree;
use super::update::{Update, Verdict};
use crate::environment::Environment;
use crate::error::chain;

/// How often a single reference is tried that somebody else has locked.
const ATTEMPTS: u32 = 4;

/// Why a commit cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("there is no {0} identity to write commits with")]
    NoIdentity(&'static str),
    #[error("the date of the {0} cannot be read")]
    Date(&'static str, #[source] gix::Error),
    #[error("commit.gpgSign is set, but the signing settings cannot be used")]
    SigningSettings(#[source] gix::Error),
    #[error("the commit could not be signed")]
    Sign(#[source] gix::Error),
    #[error("the commit could not be written")]
    Write(#[source] gix::Error),
    #[error("cannot read commit {0}")]
    Read(ObjectId),
}

/// Writes commits in the name of the configured author and committer.
pub(crate) struct CommitWriter {
    author: Person,
    committer: Person,
    signing: Option<gix::objs::signature::sign::Options>,
    now: fn() -> Time,
}

struct Person {
    name: BString,
    email: BString,
    /// The time that the environment dictates.
    fixed: Option<Time>,
}

impl Person {
    fn new(
        role: &'static str,
        found: Option<gix::Result<gix::actor::SignatureRef<'_>>>,
        date: Option<&str>,
    ) -> Result<Self, RecordError> {
        let found = found.ok_or(RecordError::NoIdentity(role))?.map_err(|err| RecordError::Date(role, err))?;
        // gix takes the present time where the environment dictates one that cannot be read; git refuses it.
        let parse = |date| gix::date::parse(date, None).map_err(|err| RecordError::Date(role, err));
        Ok(Person { name: found.name.to_owned(), email: found.email.to_owned(), fixed: date.map(parse).transpose()? })
    }

    fn signature(&self, now: Time) -> Signature {
        Signature { name: self.name.clone(), email: self.email.clone(), time: self.fixed.unwrap_or(now) }
    }
}

impl CommitWriter {
    /// Reads identities and signing from git's configuration and environment.
    ///
    /// # Errors
    ///
    /// An identity is missing or cannot be used; git's guess from the host's name is not good enough for a record.
    pub(crate) fn new(
        repo: &gix::Repository,
        fixed_dates: &FixedDates,
        now: fn() -> Time,
    ) -> Result<Self, RecordError> {
        Ok(CommitWriter {
            author: Person::new("author", repo.author(), fixed_dates.author.as_deref())?,
            committer: Person::new("committer", repo.committer(), fixed_dates.committer.as_deref())?,
            signing: repo.commit_signing_options_if_enabled().map_err(RecordError::SigningSettings)?,
            now,
        })
    }

    /// Writes the commit that follows `tip`: the same tree, the tip its only parent, the subject its message.
    pub(crate) fn write_state(
        &self,
        repo: &gix::Repository,
        tip: Tip<'_>,
        subject: &str,
    ) -> Result<ObjectId, RecordError> {
        self.write_on(repo, tip, tip.id, subject)
    }

    /// Writes an empty commit: the tree of `tip`, and `parent`, which `tip` is or which was put on top of it.
    pub(crate) fn write_on(
        &self,
        repo: &gix::Repository,
        tip: Tip<'_>,
        parent: ObjectId,
        message: &str,
    ) -> Result<ObjectId, RecordError> {
        let tree = match tip.data {
            Some(data) => tree_of(data),
            None => tree::of_commit(repo, tip.id).ok(),
        };
        let tree = tree.ok_or(RecordError::Read(tip.id))?;
        self.write(repo, tree, Some(parent), message)
    }

    /// Writes any commit with at most one parent.
    pub(crate) fn write(
        &self,
        repo: &gix::Repository,
        tree: ObjectId,
        parent: Option<ObjectId>,
        message: &str,
    ) -> Result<ObjectId, RecordError> {
        let now = (self.now)();
        let mut commit = gix::objs::Commit {
            tree,
            parents: parent.into_iter().collect(),
            author: self.author.signature(now),
            committer: self.committer.signature(now),
            encoding: None,
            message: format!("{message}\n").into(),
            extra_headers: Vec::new(),
        };
        if let Some(signing) = &self.signing {
            commit = commit.sign(signing.clone()).map_err(RecordError::Sign)?;
        }
        repo.write_object(&commit).map(|id| id.detach()).map_err(RecordError::Write)
    }

    fn committer(&self) -> Signature {
        self.committer.signature((self.now)())
    }
}

/// What `GIT_AUTHOR_DATE` and `GIT_COMMITTER_DATE` dictate.
#[derive(Clone, Debug)]
pub(crate) struct FixedDates {
    pub(crate) author: Option<String>,
    pub(crate) committer: Option<String>,
}

impl FixedDates {
    pub(crate) fn of(environment: &Environment) -> Self {
        let date = |name| environment.variable(name).map(|date| date.to_string_lossy().into_owned());
        FixedDates { author: date("GIT_AUTHOR_DATE"), committer: date("GIT_COMMITTER_DATE") }
    }
}

/// Moves local branches, each by compare-and-swap, and says what became of each, in the same order.
pub(crate) fn update_local(
    repository: &Repository,
    updates: &[Update],
    writer: &CommitWriter,
    log: &str,
) -> Vec<Verdict> {
    let repo = repository.local();
    // One transaction is twice as fast as many. It fails as a whole when one branch has moved; then each goes alone.
    if updates.len() > 1 && edit(&repo, updates, writer, log).is_ok() {
        return vec![Verdict::Landed; updates.len()];
    }
    updates.iter().map(|update| update_one(&repo, update, writer, log)).collect()
}

fn update_one(repo: &gix::Repository, update: &Update, writer: &CommitWriter, log: &str) -> Verdict {
    let mut attempt = 1;
    loop {
        let failure = match edit(repo, std::slice::from_ref(update), writer, log) {
            Ok(()) => return Verdict::Landed,
            Err(err) => chain(&*err),
        };
        match branches::tip(repo, &format!("refs/heads/{}", update.branch)) {
            Ok(now) if now == Some(update.new) => return Verdict::Landed,
            Ok(now) if now != update.old => return if now.is_none() { Verdict::Gone } else { Verdict::Moved },
            Ok(_) | Err(_) if attempt == ATTEMPTS => {
                return Verdict::Failed(format!("cannot move the branch: {failure}"));
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
        let name = FullName::try_from(format!("refs/heads/{}", update.branch)).map_err(Box::new)?;
        edits.push(RefEdit::update(name, update.new, expected(update), log));
    }
    let committer = writer.committer();
    let mut time = gix::date::parse::TimeBuf::default();
    repo.edit_references_as(edits, Some(committer.to_ref(&mut time)))?;
    Ok(())
}

/// Moves the remote-tracking branches along whose updates landed although git, which moves them, thought otherwise.
pub(crate) fn follow_remote(repo: &gix::Repository, remote: &str, updates: &[Update], verdicts: &[Verdict]) {
    for (update, verdict) in updates.iter().zip(verdicts) {
        let reference = format!("refs/remotes/{remote}/{}", update.branch);
        let is_behind =
            *verdict == Verdict::Landed && branches::tip(repo, &reference).is_ok_and(|tip| tip == update.old);
        let Ok(name) = FullName::try_from(reference) else { continue };
        if is_behind {
            // The next fetch does the same; until then, only what is shown is old.
            let _ = repo.edit_reference(RefEdit::update(name, update.new, expected(update), "spread-cron: push"));
        }
    }
}

/// Where the branch has to stand for an update.
fn expected(update: &Update) -> PreviousValue {
    match update.old {
        Some(old) => PreviousValue::MustExistAndMatch(Target::Object(old)),
        None => PreviousValue::MustNotExist,
    }
}
