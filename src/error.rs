//! The error of a command: what failed, why, and what to do; and the exit codes.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// How the process ends. The numbers are a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, and nothing failed.
    Success,
    /// At least one resource failed; the others are done.
    SomeFailed,
    /// Wrong usage.
    Usage,
    /// Could not work at all.
    CannotWork,
    /// A signal ended the work before it was done.
    Interrupted,
}

impl Exit {
    /// The exit code of the process.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::SomeFailed => 1,
            Exit::Usage => 2,
            Exit::CannotWork => 3,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// What ended a command.
#[derive(Debug)]
pub(crate) struct CommandError {
    /// How the process ends because of it.
    pub(crate) exit: Exit,
    /// What failed, on which subject: a lowercase fragment.
    pub(crate) what: String,
    /// Why.
    pub(crate) source: Option<Box<dyn Error + Send + Sync>>,
    /// The command or the file to change.
    pub(crate) hint: Option<String>,
}

impl CommandError {
    /// An error of the person who typed the command.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        CommandError { exit: Exit::Usage, what: what.into(), source: None, hint: None }
    }

    /// The command could not do its work.
    pub(crate) fn cannot(what: impl Into<String>) -> Self {
        CommandError { exit: Exit::CannotWork, what: what.into(), source: None, hint: None }
    }

    /// A signal ended the work; `what` says which.
    pub(crate) fn interrupted(what: impl Into<String>) -> Self {
        CommandError { exit: Exit::Interrupted, ..CommandError::cannot(what) }
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Error for CommandError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

/// An error with its sources on one line, without repeating what a source already says.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let said = source.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_codes_are_a_contract() {
        let codes = [Exit::Success, Exit::SomeFailed, Exit::Usage, Exit::CannotWork, Exit::Interrupted].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 130]);
    }

    #[test]
    fn sources_are_chained_once() {
        let inner = CommandError::cannot("no such file");
        let outer = CommandError::cannot("cannot read x").because(inner);
        assert_eq!(chain(&outer), "cannot read x: no such file");
        let same = CommandError::cannot("a: b").because(CommandError::cannot("b"));
        assert_eq!(chain(&same), "a: b");
    }
}
