//! Watching one shell until it has ended, and leaving nothing of it behind.
//!
//! Owns the process group, the two pipes and the clock of a run, all on the thread of the caller. Does not know what the
//! shell is told to do. Whatever happens, the whole group has been killed when [`watch`] returns: only a process that
//! left the group (`setsid`) can outlive it, which is for [`super::orphans`] to end.

use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::Signal;

use super::error::ExtractError;
use crate::core::exit::ProcessExit;
use crate::process::group::{Group, Membership};

/// How often to look whether something happened that no pipe tells. No run that goes well waits for it.
const TICK: Duration = Duration::from_millis(50);

/// The first pause between two looks at a shell that has closed its pipes: usually it is just about to end.
const FIRST_PAUSE: Duration = Duration::from_micros(20);

/// How long to read on after the shell has ended and its group is dead: only an escaped process can need it.
const DRAIN: Duration = Duration::from_millis(100);

/// How much of the end of stderr is kept.
const STDERR_TAIL: usize = 4 * 1024;

/// When a shell has to end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// What the user was promised, for the error.
    pub(super) timeout: Duration,
    /// None: never.
    pub(super) deadline: Option<Instant>,
    /// From SIGTERM to SIGKILL.
    pub(super) grace: Duration,
}

/// Why a shell was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Deadline,
    Interrupted,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) ending: ProcessExit,
    /// None: by itself.
    pub(super) cut: Option<Cut>,
    /// The last bytes, a part of a line removed from their beginning.
    pub(super) stderr: Vec<u8>,
}

/// Starts `command` in a process group of its own, with nothing to read.
pub(super) fn start(command: &mut Command) -> io::Result<Group> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Group::start(command, Membership::Own)
}

/// Watches a shell until it has ended. Each piece of its stdout goes to `take`, whose error ends the shell at once.
pub(super) fn watch(
    mut group: Group,
    limits: Limits,
    interrupted: &(dyn Fn() -> bool + Sync),
    take: &mut dyn FnMut(&[u8]) -> Result<(), ExtractError>,
) -> Result<Finished, ExtractError> {
    let watching = |source| ExtractError::Watch { source };
    let (stdout, stderr) = group.pipes();
    let (mut stdout, mut stderr) = (Pipe(stdout), Pipe(stderr));
    let mut tail = Tail::default();
    let mut cut: Option<(Cut, Instant)> = None;
    let mut exited_at: Option<Instant> = None;
    let mut look_at = Instant::now() + TICK;
    let mut pause = FIRST_PAUSE;
    loop {
        let now = Instant::now();
        let silent = stdout.is_closed() && stderr.is_closed();
        if exited_at.is_none() {
            if silent || now >= look_at {
                look_at = now + TICK;
                if group.has_exited().map_err(watching)? {
                    // A child in the background may hold the pipes: it is not waited for.
                    group.signal(Signal::KILL);
                    exited_at = Some(now);
                } else if cut.is_none() && interrupted() {
                    group.terminate();
                    cut = Some((Cut::Interrupted, now + limits.grace));
                }
            }
            if exited_at.is_none() {
                match cut {
                    None if limits.deadline.is_some_and(|deadline| now >= deadline) => {
                        group.terminate();
                        cut = Some((Cut::Deadline, now + limits.grace));
                    }
                    Some((_, kill_at)) if now >= kill_at => group.kill(),
                    None | Some(_) => {}
                }
            }
        }
        if exited_at.is_some_and(|exited_at| silent || now >= exited_at + DRAIN) {
            break;
        }
        let next = match (exited_at, cut) {
            (Some(exited_at), _) => Some(exited_at + DRAIN),
            (None, Some((_, kill_at))) => Some(kill_at),
            (None, None) => limits.deadline,
        };
        // A moment that is past is no reason to spin: what it asked for has been done.
        let wait = next.map(|next| next.saturating_duration_since(now)).filter(|wait| !wait.is_zero());
        let wait = wait.map_or(TICK, |wait| wait.min(TICK));
        if silent {
            std::thread::sleep(wait.min(pause));
            pause = (pause * 2).min(TICK);
            continue;
        }
        let (stdout_ready, stderr_ready) = readable(&stdout, &stderr, wait).map_err(watching)?;
        if stdout_ready {
            stdout.read(|piece| if cut.is_none() { take(piece) } else { Ok(()) })?;
        }
        if stderr_ready {
            stderr.read(|piece| {
                tail.push(piece);
                Ok(())
            })?;
        }
    }
    let status = group.end().map_err(watching)?;
    Ok(Finished { ending: status.into(), cut: cut.map(|(cut, _)| cut), stderr: tail.finish() })
}

/// The reading end of a pipe; empty once the other end is closed everywhere.
struct Pipe<R>(Option<R>);

impl<R: Read + AsFd> Pipe<R> {
    fn is_closed(&self) -> bool {
        self.0.is_none()
    }

    fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.0.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN))
    }

    /// Takes what is there from a pipe that `poll` found readable, so that this does not block.
    fn read(&mut self, mut take: impl FnMut(&[u8]) -> Result<(), ExtractError>) -> Result<(), ExtractError> {
        let Some(pipe) = &mut self.0 else { return Ok(()) };
        let mut buffer = [0; 16 * 1024];
        match pipe.read(&mut buffer) {
            Ok(0) => self.0 = None,
            Ok(length) => take(&buffer[..length])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(ExtractError::Watch { source }),
        }
        Ok(())
    }
}

/// Waits at most `wait` for one of the open pipes, and says which have something to read, if only their end.
fn readable<A: Read + AsFd, B: Read + AsFd>(one: &Pipe<A>, two: &Pipe<B>, wait: Duration) -> io::Result<(bool, bool)> {
    let timeout = Timespec::try_from(wait).map_err(io::Error::other)?;
    let mut fds: Vec<PollFd<'_>> = one.poll_fd().into_iter().chain(two.poll_fd()).collect();
    match rustix::event::poll(&mut fds, Some(&timeout)) {
        Ok(0) | Err(Errno::INTR) => return Ok((false, false)),
        Ok(_) => {}
        Err(errno) => return Err(errno.into()),
    }
    let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
    let one_ready = !one.is_closed() && ready.next().unwrap_or(false);
    let two_ready = !two.is_closed() && ready.next().unwrap_or(false);
    Ok((one_ready, two_ready))
}

/// The end of a stream of any length.
#[derive(Debug, Default)]
struct Tail {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl Tail {
    fn push(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        // Not at every piece: moving the rest to the front costs.
        if self.bytes.len() > 4 * STDERR_TAIL {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let surplus = self.bytes.len().saturating_sub(STDERR_TAIL);
        self.bytes.drain(..surplus);
        self.is_cut |= surplus > 0;
    }

    fn finish(mut self) -> Vec<u8> {
        self.shorten();
        if self.is_cut
            && let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n')
            && end + 1 < self.bytes.len()
        {
            self.bytes.drain(..=end);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_is_the_last_whole_lines() {
        let mut tail = Tail::default();
        for i in 0..10_000 {
            tail.push(format!("line {i}\n").as_bytes());
            assert!(tail.bytes.len() <= 5 * STDERR_TAIL);
        }
        let bytes = tail.finish();
        assert!(bytes.starts_with(b"line ") && bytes.ends_with(b"line 9999\n"));
        assert!(bytes.len() <= STDERR_TAIL && bytes.len() > STDERR_TAIL / 2);
    }

    #[test]
    fn a_short_stream_and_a_single_long_line_are_kept() {
        let mut tail = Tail::default();
        tail.push(b"a\nb");
        assert_eq!(tail.finish(), b"a\nb");
        let mut tail = Tail::default();
        tail.push(&[b'x'; 3 * STDERR_TAIL]);
        assert_eq!(tail.finish(), [b'x'; STDERR_TAIL]);
    }
}
