//! What an extractor, with all that it started, may use at a time, and finding out that it uses more.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::error::Excess;
use crate::files;
use crate::process::{Allowance, Census};

/// Processes and memory.
pub(super) const ALLOWANCE: Allowance = Allowance { processes: 512, memory: 1 << 30 };

/// Bytes in the scratch folder.
pub(super) const DISK: u64 = 1 << 30;

/// How often to look. Most extractors end before the first time.
const INTERVAL: Duration = Duration::from_millis(100);

/// Looking into a folder with very many files takes at most this part of the time.
const SHARE: u32 = 20;

/// Looks now and then at one extractor that runs.
#[derive(Debug)]
pub(super) struct UsageWatch<'a> {
    census: &'a Census,
    leader: Option<Pid>,
    scratch: &'a Path,
    next: Instant,
    next_in_scratch: Instant,
}

impl<'a> UsageWatch<'a> {
    /// An extractor that just started, in this folder.
    pub(super) fn of(leader: Option<Pid>, scratch: &'a Path, census: &'a Census) -> Self {
        let next = Instant::now() + INTERVAL;
        UsageWatch { census, leader, scratch, next, next_in_scratch: next }
    }

    /// What it has too much of, if it is time to look. It is ended then, with all that it started.
    pub(super) fn check(&mut self) -> Option<Excess> {
        let leader = self.leader?;
        let now = Instant::now();
        if now < self.next {
            return None;
        }
        self.next = now + INTERVAL;
        let used = self.census.used(leader);
        let excess = if used.processes > ALLOWANCE.processes {
            Some(Excess::Processes)
        } else if used.memory > ALLOWANCE.memory {
            Some(Excess::Memory)
        } else if now < self.next_in_scratch {
            None
        } else {
            let start = Instant::now();
            let is_too_much = files::disk_use(self.scratch, DISK) > DISK;
            self.next_in_scratch = Instant::now() + INTERVAL.max(start.elapsed() * SHARE);
            is_too_much.then_some(Excess::Disk)
        };
        if excess.is_some() {
            self.census.end(leader);
        }
        excess
    }
}

impl Drop for UsageWatch<'_> {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            self.census.forget(leader);
        }
    }
}
