//! The pipes of a program, and waiting until one of them, or the end of the program, has something for us.

use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{ChildStderr, ChildStdout};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::Pid;

use super::group::Group;

/// The first pause between two looks at a program that shows in no other way that it ends: usually it is about to.
const FIRST_PAUSE: Duration = Duration::from_micros(20);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// A standard stream of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Pipes {
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    /// Readable once the program has ended, where the system has such a thing.
    exit: Option<OwnedFd>,
    pause: Duration,
}

/// Which pipes have something to read, if only their end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) stdout: bool,
    pub(super) stderr: bool,
}

impl Pipes {
    pub(super) fn of(group: &mut Group) -> Self {
        let (stdout, stderr) = group.pipes();
        Pipes { stdout, stderr, exit: group.id().and_then(exit_descriptor), pause: FIRST_PAUSE }
    }

    /// Whether both pipes are at their end.
    pub(super) fn are_closed(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }

    /// Waits at most `limit` for something to read or for the end of the program.
    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<Ready> {
        let mut fds = Vec::with_capacity(3);
        fds.extend(self.stdout.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(self.stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(self.exit.as_ref().map(|exit| PollFd::new(exit, PollFlags::IN)));
        if fds.is_empty() {
            std::thread::sleep(limit.min(self.pause));
            self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            return Ok(Ready::default());
        }
        let timeout = Timespec::try_from(limit).map_err(io::Error::other)?;
        match rustix::event::poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => return Ok(Ready::default()),
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        let mut answers = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut is_ready = |is_asked: bool| is_asked && answers.next().unwrap_or(false);
        let ready = Ready { stdout: is_ready(self.stdout.is_some()), stderr: is_ready(self.stderr.is_some()) };
        if is_ready(self.exit.is_some()) {
            // It would be readable for ever.
            self.exit = None;
        }
        Ok(ready)
    }

    /// Takes what is there from a pipe that is ready, so that this does not block.
    pub(super) fn read<T>(&mut self, stream: Stream, take: impl FnOnce(&[u8]) -> T) -> io::Result<Option<T>> {
        match stream {
            Stream::Stdout => read(&mut self.stdout, take),
            Stream::Stderr => read(&mut self.stderr, take),
        }
    }
}

fn read<R: Read + AsFd, T>(pipe: &mut Option<R>, take: impl FnOnce(&[u8]) -> T) -> io::Result<Option<T>> {
    let Some(open) = pipe else { return Ok(None) };
    let mut buffer = [0; 16 * 1024];
    match open.read(&mut buffer) {
        Ok(0) => *pipe = None,
        Ok(length) => return Ok(Some(take(&buffer[..length]))),
        Err(err) if err.kind() == ErrorKind::Interrupted => {}
        Err(err) => return Err(err),
    }
    Ok(None)
}

/// Where the kernel is too old, or forbids it, the program is looked at now and then instead.
#[cfg(target_os = "linux")]
fn exit_descriptor(id: Pid) -> Option<OwnedFd> {
    rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty()).ok()
}

/// Other systems have none.
#[cfg(not(target_os = "linux"))]
fn exit_descriptor(_id: Pid) -> Option<OwnedFd> {
    None
}
