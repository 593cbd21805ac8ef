//! A program that was started, and the children that stay in its process group.
//!
//! Knows how to signal them and how to wait, not when to. A process that leaves the group (`setsid`) is not followed
//! here; see [`super::orphans`].

use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group};

/// Which process group a program is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    /// Its own: signals of the terminal do not reach it, and the whole group can be signalled.
    Own,
    /// Ours, because it shares the terminal with us: only the program itself can be signalled.
    Ours,
}

/// Which processes get a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignalTarget {
    /// The program alone: it passes signals on to its children itself.
    Program,
    /// Its whole process group, if it has one of its own.
    Group,
}

/// See the module's documentation. Killed when dropped before its exit status was taken.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Child,
    membership: Membership,
    /// Whether the exit status was taken: from then on, the process number may belong to another program.
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

    /// The writing end of the program's standard input, if that is a pipe.
    pub(crate) fn stdin(&mut self) -> Option<ChildStdin> {
        self.leader.stdin.take()
    }

    /// Whether the program has ended. Its exit status is not taken, so that its number and that of its group stay reserved.
    pub(super) fn has_exited(&self) -> io::Result<bool> {
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

    /// Sends a signal. A process that is gone already needs none, and nothing can be done about other failures.
    pub(super) fn signal(&self, target: SignalTarget, signal: Signal) {
        let Some(id) = self.id() else { return };
        let _ = match (target, self.membership) {
            (SignalTarget::Group, Membership::Own) => kill_process_group(id, signal),
            (SignalTarget::Group, Membership::Ours) | (SignalTarget::Program, _) => kill_process(id, signal),
        };
    }

    /// Asks the whole group to end; a stopped process goes on, to hear it.
    pub(super) fn terminate(&self) {
        self.signal(SignalTarget::Group, Signal::TERM);
        self.signal(SignalTarget::Group, Signal::CONT);
    }

    /// Kills the whole group, and the program even if it has moved to another group.
    pub(super) fn kill(&self) {
        self.signal(SignalTarget::Group, Signal::KILL);
        self.signal(SignalTarget::Program, Signal::KILL);
    }

    /// Kills what is left and takes the program's exit status.
    pub(super) fn end(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        self.leave()
    }

    /// Waits for the program and takes its exit status; its children may live on.
    pub(super) fn leave(&mut self) -> io::Result<ExitStatus> {
        let status = self.leader.wait();
        self.is_over = true;
        status
    }

    /// The process number of the program, until its exit status was taken.
    pub(crate) fn id(&self) -> Option<Pid> {
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

/// Starts a program that may just have been written: a process that another thread starts at this moment has it open, too.
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
