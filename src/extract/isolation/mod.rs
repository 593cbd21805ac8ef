//! What an extractor can reach: how it is kept from everything but the system and its own scratch folder.
//!
//! On Linux: Landlock for files, signals and terminals, a seccomp filter for UNIX sockets, and no capabilities. Restrictions
//! belong to a thread and are inherited by what it starts, so that each program is started by a fresh thread: no `unsafe`,
//! and no layer on top of another. Other systems have nothing like it. Must not judge what an extractor does.

mod denial;
#[cfg(target_os = "linux")]
mod filters;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod reachable;

use std::io;
use std::path::Path;
use std::process::Command;

pub(super) use self::denial::{explain, explain_prompt};
#[cfg(target_os = "linux")]
use self::linux as system;
#[cfg(not(target_os = "linux"))]
use self::other as system;
pub(crate) use self::reachable::Reachable;
use crate::core::isolation::{Barrier, Enforced, IsolationMode, Network};
use crate::process::{Group, Membership};

/// What one program may reach besides what all may.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The folder that it can change.
    pub(super) scratch: &'a Path,
    /// The file that it can read.
    pub(super) options: &'a Path,
    pub(super) network: Network,
}

/// Why extractors cannot be isolated as it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IsolationError {
    #[error("this system does not keep extractors from: {}", list(.0))]
    Missing(Vec<Barrier>),
    #[error("cannot keep open files from extractors")]
    Descriptors(#[source] io::Error),
}

fn list(barriers: &[Barrier]) -> String {
    barriers.iter().map(Barrier::to_string).collect::<Vec<_>>().join(", ")
}

/// Starts programs, each with the restrictions that were asked for.
#[derive(Debug)]
pub(crate) struct Isolation {
    /// What programs may read, where they are kept from anything.
    rules: Option<(system::Rules, Reachable)>,
    enforced: Enforced,
}

impl Isolation {
    /// Finds out what the system can enforce, and opens what extractors may reach, which is asked for only then.
    ///
    /// # Errors
    ///
    /// Isolation is required, and the system lacks a part of it.
    pub(crate) fn prepare(mode: IsolationMode, reachable: impl FnOnce() -> Reachable) -> Result<Self, IsolationError> {
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
        if !enforced.enforced.is_empty() {
            system::keep_descriptors().map_err(IsolationError::Descriptors)?;
        }
        let rules = (!enforced.enforced.is_empty()).then(|| {
            let reachable = reachable();
            (system::Rules::open(&reachable), reachable)
        });
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

    /// Whether extractors can read what lies at an absolute path.
    pub(crate) fn can_read(&self, path: &Path) -> bool {
        let is_kept = self.enforced.enforced.contains(&Barrier::Read);
        let rules = self.rules.as_ref().filter(|_| is_kept);
        rules.is_none_or(|(_, reachable)| reachable.contains(path))
    }

    /// Starts a program in a process group of its own.
    pub(super) fn start(&self, command: &mut Command, place: &Place<'_>) -> io::Result<Group> {
        match &self.rules {
            Some((rules, _)) => rules.start(command, place),
            None => Group::start(command, Membership::Own),
        }
    }
}
