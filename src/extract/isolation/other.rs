//! Systems other than Linux: nothing can be enforced.

use std::io;
use std::process::Command;

use super::{Place, Reachable};
use crate::core::isolation::Enforced;
use crate::process::{Group, Membership};

#[derive(Debug)]
pub(super) struct Rules;

pub(super) fn probe() -> Enforced {
    Enforced::default()
}

impl Rules {
    pub(super) fn open(_reachable: &Reachable) -> Self {
        Rules
    }

    #[allow(clippy::unused_self, reason = "the same interface as on Linux")]
    pub(super) fn start(&self, command: &mut Command, _place: &Place<'_>) -> io::Result<Group> {
        Group::start(command, Membership::Own)
    }
}

/// Nothing is isolated, so nothing is kept back.
pub(super) fn keep_descriptors() -> io::Result<()> {
    Ok(())
}
