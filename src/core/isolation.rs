//! What extractors are kept from, and how much of that is asked for. Pure.

use std::fmt;

use serde::Serialize;

/// How much isolation is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum IsolationMode {
    /// As much as the system has.
    #[default]
    Auto,
    /// No extractor runs without it.
    Require,
    /// No isolation.
    None,
}

impl IsolationMode {
    pub(crate) const ALL: [IsolationMode; 3] = [IsolationMode::Auto, IsolationMode::Require, IsolationMode::None];

    /// Its name in arguments and in the configuration.
    pub(crate) fn name(self) -> &'static str {
        match self {
            IsolationMode::Auto => "auto",
            IsolationMode::Require => "require",
            IsolationMode::None => "none",
        }
    }

    /// What it means, for help texts.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            IsolationMode::Auto => "As much as the system has",
            IsolationMode::Require => "Refuse to run extractors where a required part is missing",
            IsolationMode::None => "No isolation",
        }
    }

    /// Reads a name.
    pub(crate) fn parse(name: &str) -> Result<Self, NoSuchMode> {
        let found = IsolationMode::ALL.into_iter().find(|mode| mode.name() == name);
        found.ok_or(NoSuchMode)
    }
}

/// There is no isolation of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected auto, require or none")]
pub(crate) struct NoSuchMode;

/// Whether a program may use the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Network {
    #[default]
    Open,
    /// It can make no socket.
    Closed,
}

/// Something that an extractor is kept from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Barrier {
    /// Reading files outside of the system and its scratch folder.
    Read,
    /// Changing anything outside of its scratch folder.
    Write,
    /// Truncating files there (Landlock ABI 3).
    Truncate,
    /// Speaking to the devices of terminals (ABI 5).
    Tty,
    /// Signalling processes that it did not start (ABI 6).
    Signal,
    /// Creating UNIX sockets (seccomp).
    Sockets,
    /// Using capabilities, as root too.
    Capabilities,
}

impl Barrier {
    const ALL: [Barrier; 7] = [
        Barrier::Read,
        Barrier::Write,
        Barrier::Truncate,
        Barrier::Tty,
        Barrier::Signal,
        Barrier::Sockets,
        Barrier::Capabilities,
    ];

    /// Whether extractors that have to be isolated are not run without it.
    pub(crate) fn is_required(self) -> bool {
        match self {
            Barrier::Read | Barrier::Write | Barrier::Truncate | Barrier::Sockets => true,
            Barrier::Tty | Barrier::Signal | Barrier::Capabilities => false,
        }
    }
}

impl fmt::Display for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Barrier::Read => "read",
            Barrier::Write => "write",
            Barrier::Truncate => "truncate",
            Barrier::Tty => "tty",
            Barrier::Signal => "signal",
            Barrier::Sockets => "sockets",
            Barrier::Capabilities => "capabilities",
        })
    }
}

/// What the system enforces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Enforced {
    /// The version of the kernel's Landlock interface; null without it.
    pub(crate) landlock_abi: Option<i32>,
    /// What extractors are kept from.
    pub(crate) enforced: Vec<Barrier>,
}

impl Enforced {
    /// What is not enforced.
    pub(crate) fn missing(&self) -> impl Iterator<Item = Barrier> {
        Barrier::ALL.into_iter().filter(|barrier| !self.enforced.contains(barrier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_have_names() {
        for mode in IsolationMode::ALL {
            assert_eq!(IsolationMode::parse(mode.name()), Ok(mode));
        }
        assert!(IsolationMode::parse("always").is_err());
    }

    #[test]
    fn what_is_missing_is_all_that_is_not_enforced() {
        let some = Enforced { landlock_abi: Some(2), enforced: vec![Barrier::Read, Barrier::Write, Barrier::Sockets] };
        let missing: Vec<String> = some.missing().map(|barrier| barrier.to_string()).collect();
        assert_eq!(missing, ["truncate", "tty", "signal", "capabilities"]);
        assert_eq!(Enforced::default().missing().filter(|barrier| barrier.is_required()).count(), 4);
    }
}
