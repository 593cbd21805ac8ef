//! Writing commits into the object database, in the name of the configured author and committer.
//!
//! Moves no reference: see `transaction`.

use gix::ObjectId;
use gix::actor::Signature;
use gix::bstr::{BString, ByteSlice};
use gix::date::Time;

use super::program::{Git, Input, ProgramError};
use super::sharing::Sharing;
use crate::environment::Environment;

/// Why a commit cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("there is no {0} identity to write commits with")]
    NoIdentity(&'static str),
    #[error("git refuses the {0}")]
    Refused(&'static str, #[source] ProgramError),
    #[error("git describes the {0} in a way that cannot be read")]
    Unreadable(&'static str),
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
    /// A person as git itself has it: names and addresses without what must not be in them, dates in all forms that it knows,
    /// `user.useConfigOnly` obeyed, and refused where git refuses it. gix 0.90 does none of these (GitoxideLabs/gitoxide#2095
    /// is about dates). `is_named`: git's own guess from the host is not good enough for a record.
    fn ask(role: Role, is_named: bool, is_fixed: bool, git: &Git) -> Result<Self, WriteError> {
        if !is_named {
            return Err(WriteError::NoIdentity(role.name()));
        }
        let answer = git.succeed(&["var", role.variable()], Input::Nothing);
        let answer = answer.map_err(|err| WriteError::Refused(role.name(), err))?;
        let (name, email, time) = parse_person(&answer).ok_or(WriteError::Unreadable(role.name()))?;
        Ok(Person { name, email, fixed: is_fixed.then_some(time) })
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
        git: &Git,
        fixed_dates: FixedDates,
        now: fn() -> Time,
    ) -> Result<Self, WriteError> {
        Ok(CommitWriter {
            author: Person::ask(Role::Author, repo.author().is_some(), fixed_dates.author, git)?,
            committer: Person::ask(Role::Committer, repo.committer().is_some(), fixed_dates.committer, git)?,
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

/// Who a commit names.
#[derive(Clone, Copy, Debug)]
enum Role {
    Author,
    Committer,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Author => "author",
            Role::Committer => "committer",
        }
    }

    fn variable(self) -> &'static str {
        match self {
            Role::Author => "GIT_AUTHOR_IDENT",
            Role::Committer => "GIT_COMMITTER_IDENT",
        }
    }
}

/// `Name <address> 1112911993 +0200`.
fn parse_person(ident: &[u8]) -> Option<(BString, BString, Time)> {
    let ident = ident.strip_suffix(b"\n").unwrap_or(ident);
    let (rest, zone) = ident.rsplit_once_str(" ")?;
    let (person, seconds) = rest.rsplit_once_str(" ")?;
    let (name, email) = person.strip_suffix(b">")?.rsplit_once_str("<")?;
    let date = format!("@{} {}", seconds.to_str().ok()?, zone.to_str().ok()?);
    let time = gix::date::parse(&date, None).ok()?;
    Some((name.strip_suffix(b" ").unwrap_or(name).into(), email.into(), time))
}

/// Whether `GIT_AUTHOR_DATE` and `GIT_COMMITTER_DATE` dictate dates.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FixedDates {
    author: bool,
    committer: bool,
}

impl FixedDates {
    pub(crate) fn of(environment: &Environment) -> Self {
        let is_set = |name| environment.variable(name).is_some();
        FixedDates { author: is_set("GIT_AUTHOR_DATE"), committer: is_set("GIT_COMMITTER_DATE") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_of_a_person() {
        let read = |ident: &str| {
            parse_person(ident.as_bytes())
                .map(|(name, email, time)| format!("{name}|{email}|{}|{}", time.seconds, time.offset))
        };
        assert_eq!(read("A B <a@b> 1112911993 +0200\n").as_deref(), Some("A B|a@b|1112911993|7200"));
        assert_eq!(read("A <> 5 -0330").as_deref(), Some("A||5|-12600"));
        for bad in ["", "A", "A <a@b>", "A <a@b> x +0000", "A a@b 5 +0000"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
