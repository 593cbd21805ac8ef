//! What an extractor can reach: how it is kept from everything but the system and its own scratch folder.
//!
//! On Linux: Landlock for files, signals and terminals, a seccomp filter for UNIX sockets, and no capabilities. Restrictions
//! belong to a thread and are inherited by what it starts, so that each program is started by a fresh thread: no `unsafe`,
//! and no layer on top of another. Other systems have nothing like it. Must not judge what an extractor does.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod reachable;

use std::io;
use std::path::Path;
use std::process::Command;

#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(not(target_os = "linux"))]
use self::other as system;
pub(crate) use self::reachable::Reachable;
use crate::core::isolation::{Barrier, Enforced, IsolationMode};
use crate::process::{Group, Membership};

/// Why extractors cannot be isolated as it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IsolationError {
    #[error("this system does not keep extractors from: {}", list(.0))]
    Missing(Vec<Barrier>),
}

fn list(barriers: &[Barrier]) -> String {
    barriers.iter().map(Barrier::to_string).collect::<Vec<_>>().join(", ")
}

/// Starts programs, each with the restrictions that were asked for.
#[derive(Debug)]
pub(crate) struct Isolation {
    rules: Option<system::Rules>,
    enforced: Enforced,
}

impl Isolation {
    /// Finds out what the system can enforce, and opens what extractors may reach.
    ///
    /// # Errors
    ///
    /// Isolation is required, and the system lacks a part of it.
    pub(crate) fn prepare(mode: IsolationMode, reachable: &Reachable) -> Result<Self, IsolationError> {
        let enforced = match mode {
            IsolationMode::None => Enforced::default(),
            IsolationMode::Auto | IsolationMode::Require => system::probe(),
        };
        if mode == IsolationMode::Require {
            let missing: Vec<Barrier> = enforced.missing().filter(|barrier| barrier.is_required()).collect();
            if !missing.is_empty() {
                return Err(IsolationError::Missing(missing));
            }
        }
        let rules = (!enforced.enforced.is_empty()).then(|| system::Rules::open(reachable));
        Ok(Isolation { rules, enforced })
    }

    /// None at all.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Isolation { rules: None, enforced: Enforced::default() }
    }

    pub(crate) fn enforced(&self) -> &Enforced {
        &self.enforced
    }

    /// Whether programs are kept from anything.
    pub(super) fn is_on(&self) -> bool {
        self.rules.is_some()
    }

    /// Starts a program in a process group of its own that can change `scratch` alone, and read `options`.
    pub(super) fn start(&self, command: &mut Command, scratch: &Path, options: &Path) -> io::Result<Group> {
        match &self.rules {
            Some(rules) => rules.start(command, scratch, options),
            None => Group::start(command, Membership::Own),
        }
    }
}
