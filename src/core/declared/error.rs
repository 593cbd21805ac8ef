//! Why a declaration is of no use: one line each, for lint and for the poll.

use super::kinds::{KINDS, KindEntry};
use crate::core::name::did_you_mean;

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeclarationError {
    #[error("source and pattern_extractor exclude each other")]
    BesideExtractor,
    #[error("a declared source needs plain assignments, and line {line} needs a shell")]
    NeedsShell { line: usize },
    #[error("there is no source {name:?}{}", did_you_mean(.near.as_deref()))]
    UnknownKind { name: String, near: Option<&'static str> },
    #[error("source=\"{kind}\" has no key {name}{}", did_you_mean(.near.as_deref()))]
    UnknownKey { kind: &'static str, name: String, near: Option<&'static str>, line: usize },
    #[error("source=\"{kind}\" needs {}", .keys.join(", "))]
    Missing { kind: &'static str, keys: Vec<&'static str> },
    #[error("{key} is {text:?}: {reason}")]
    Bad { key: &'static str, text: String, reason: String },
    #[error("{one} and {other} exclude each other")]
    Both { one: &'static str, other: &'static str },
    #[error(
        "the message has {{{key}}}, and source=\"{kind}\" {}", if *.is_known { "does not set it" } else { "has no such key" }
    )]
    InMessage { key: String, kind: &'static str, is_known: bool },
}

impl DeclarationError {
    /// The key that it is about.
    pub(crate) fn key(&self) -> &str {
        match self {
            DeclarationError::BesideExtractor | DeclarationError::UnknownKind { .. } => super::SOURCE,
            DeclarationError::NeedsShell { .. } | DeclarationError::Missing { .. } => super::SOURCE,
            DeclarationError::UnknownKey { name, .. } => name,
            DeclarationError::Bad { key, .. } => key,
            DeclarationError::Both { other, .. } => other,
            DeclarationError::InMessage { .. } => "message",
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        let kinds = || KINDS.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
        let keys = |kind: &str| {
            let entry: Option<&KindEntry> = KINDS.iter().find(|entry| entry.name == kind);
            entry.map(|entry| entry.keys.iter().map(|key| key.name).collect::<Vec<_>>().join(", ")).unwrap_or_default()
        };
        match self {
            DeclarationError::BesideExtractor => "keep one of them, and remove the other".to_owned(),
            DeclarationError::NeedsShell { .. } => {
                "write NAME=\"TEXT\" on each line, without $ and commands".to_owned()
            }
            DeclarationError::UnknownKind { .. } => format!("the kinds are: {}", kinds()),
            DeclarationError::UnknownKey { kind, .. } | DeclarationError::InMessage { kind, .. } => {
                format!("the keys of {kind} are: {}", keys(kind))
            }
            DeclarationError::Missing { kind, .. } => format!("see an example: git spread-cron catalog show {kind}"),
            DeclarationError::Bad { .. } => "correct it".to_owned(),
            DeclarationError::Both { one, other } => format!("keep {one} or {other}"),
        }
    }
}
