//! Running a script of a resource: its output on our standard error, until it has ended, its time is over, or the work is
//! interrupted. It has a process group of its own, of which nothing outlives the call, unless it may ask for a password.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::core::exit::ProcessExit;
use crate::process::group::{Group, Membership};

/// How long a script that was asked to end may take.
const GRACE: Duration = Duration::from_secs(10);

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finished {
    Ended(ProcessExit),
    TimedOut,
    Interrupted,
}

/// How a script runs.
pub(crate) struct Setting<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) environment: &'a [(OsString, OsString)],
    /// Kept open, and with it locked, for as long as the script runs; reading it gives nothing.
    pub(crate) lock: Option<&'a File>,
    pub(crate) time_limit: Option<Duration>,
    /// Whether somebody may be asked for a password: a terminal only listens to the group of the command itself.
    pub(crate) may_prompt: bool,
    pub(crate) interrupted: fn() -> bool,
}

/// Runs a program with its arguments to its end.
pub(crate) fn run(mut command: Command, setting: &Setting<'_>) -> io::Result<Finished> {
    if (setting.interrupted)() {
        return Ok(Finished::Interrupted);
    }
    command.env_clear().envs(setting.environment.iter().map(|(name, value)| (name, value)));
    // Standard output is for data: what a script says is status.
    command.current_dir(setting.folder).stdout(io::stderr().as_fd().try_clone_to_owned()?);
    command.stdin(match setting.lock {
        Some(lock) => Stdio::from(lock.try_clone()?),
        None => Stdio::null(),
    });
    let membership = if setting.may_prompt { Membership::Ours } else { Membership::Own };
    let mut group = Group::start(&mut command, membership)?;
    let deadline = setting.time_limit.and_then(|limit| Instant::now().checked_add(limit));
    let mut cut: Option<(Finished, Instant)> = None;
    let mut pause = Duration::from_millis(1);
    while !group.has_exited()? {
        let now = Instant::now();
        let reason = if (setting.interrupted)() {
            Some(Finished::Interrupted)
        } else {
            deadline.filter(|deadline| now >= *deadline).map(|_| Finished::TimedOut)
        };
        match (cut, reason) {
            (None, Some(reason)) => {
                group.terminate();
                cut = Some((reason, now + GRACE));
            }
            (Some((_, kill_at)), _) if now >= kill_at => group.signal(Signal::KILL),
            (None | Some(_), _) => {}
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    let status = group.end()?;
    Ok(match cut {
        Some((reason, _)) => reason,
        // A terminal tells everybody at once.
        None if (setting.interrupted)() => Finished::Interrupted,
        None => Finished::Ended(status.into()),
    })
}
