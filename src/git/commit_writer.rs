//! Writing commits into the object database, in the name of the configured author and committer.
//!
//! Moves no reference: see `transaction`.

use gix::ObjectId;
use gix::actor::Signature;
use gix::bstr::BString;
use gix::date::Time;

use super::sharing::Sharing;
use crate::environment::Environment;

/// Why a commit cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
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
    sharing: Sharing,
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
    ) -> Result<Self, WriteError> {
        let found = found.ok_or(WriteError::NoIdentity(role))?.map_err(|err| WriteError::Date(role, err))?;
        // gix takes the present time where the environment dictates one that cannot be read; git refuses it.
        let parse = |date| gix::date::parse(date, None).map_err(|err| WriteError::Date(role, err));
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
    pub(crate) fn new(repo: &gix::Repository, fixed_dates: &FixedDates, now: fn() -> Time) -> Result<Self, WriteError> {
        Ok(CommitWriter {
            author: Person::new("author", repo.author(), fixed_dates.author.as_deref())?,
            committer: Person::new("committer", repo.committer(), fixed_dates.committer.as_deref())?,
            signing: repo.commit_signing_options_if_enabled().map_err(WriteError::SigningSettings)?,
            now,
            sharing: Sharing::of(repo),
        })
    }

    /// Writes any commit with at most one parent.
    pub(crate) fn write(
        &self,
        repo: &gix::Repository,
        tree: ObjectId,
        parent: Option<ObjectId>,
        message: &str,
    ) -> Result<ObjectId, WriteError> {
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
            commit = commit.sign(signing.clone()).map_err(WriteError::Sign)?;
        }
        let id = repo.write_object(&commit).map_err(WriteError::Write)?.detach();
        self.sharing.apply_to_object(repo, id);
        Ok(id)
    }

    /// Who moves references, and when.
    pub(super) fn committer(&self) -> Signature {
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
