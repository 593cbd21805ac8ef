//! A program that was started, and the children that stay in its process group.
//!
//! Knows how to signal them and how to wait, not when to. Whoever leaves the group (`setsid`) is not followed
//! here.

use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group};

/// Whose process group a program is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// Its own: signals of the terminal do not reach it, and everybody in it can be signalled.
    Own,
    /// Ours, because it shares the terminal with us: only the program itself can be signalled.
    Ours,
}

/// See the module's documentation. Killed when dropped, unless it was taken leave of.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Child,
    membership: Membership,
    /// Whether the leader's number, and so that of the group, may belong to somebody else by now.
    is_over: bool,
}

impl Group {
    /// Starts a program.
    pub(crate) fn start(command: &mut Command, membership: Membership) -> io::Result<Self> {
        if membership == Membership::Own {
            command.process_group(0);
        }
        let leader = spawn(command)?;
        Ok(Group { leader, membership, is_over: false })
    }

    /// The pipes of the program, where it has any.
    pub(crate) fn pipes(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.leader.stdout.take(), self.leader.stderr.take())
    }

    /// Whether the program has ended; it stays there, so that its number and that of its group stay taken.
    pub(crate) fn has_exited(&self) -> io::Result<bool> {
        let Some(id) = self.id() else { return Ok(true) };
        loop {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match rustix::process::waitid(WaitId::Pid(id), options) {
                Ok(status) => return Ok(status.is_some()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Signals everybody that can be. Who is gone already is what we want, and nothing can be done about other failures.
    pub(crate) fn signal(&self, signal: Signal) {
        let Some(id) = self.id() else { return };
        let _ = match self.membership {
            Membership::Own => kill_process_group(id, signal),
            Membership::Ours => kill_process(id, signal),
        };
    }

    /// Signals the program alone.
    pub(crate) fn signal_leader(&self, signal: Signal) {
        if let Some(id) = self.id() {
            let _ = kill_process(id, signal);
        }
    }

    /// Asks everybody to end; a stopped process could not hear it.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
        self.signal(Signal::CONT);
    }

    /// The program as well, should it have moved to another group.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
        self.signal_leader(Signal::KILL);
    }

    /// Kills what is left and takes the program's exit status.
    pub(crate) fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        self.leave()
    }

    /// Waits for the program and takes its exit status; children of it may live on.
    pub(crate) fn leave(&mut self) -> io::Result<ExitStatus> {
        let status = self.leader.wait();
        self.is_over = true;
        status
    }

    fn id(&self) -> Option<Pid> {
        (!self.is_over).then(|| Pid::from_child(&self.leader))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_over {
            let _ = self.end();
        }
    }
}

/// Starts a program that may just have been written: whoever starts another process at this moment has it open as well.
fn spawn(command: &mut Command) -> io::Result<Child> {
    const ATTEMPTS: u32 = 10;
    for _ in 0..ATTEMPTS {
        match command.spawn() {
            Err(err) if err.kind() == ErrorKind::ExecutableFileBusy => std::thread::sleep(Duration::from_millis(10)),
            done => return done,
        }
    }
    command.spawn()
}
