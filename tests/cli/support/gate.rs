//! Waiting for each other: a test and the programs that it started, through a pipe with a name.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Sandbox;

/// Longer than anything here may take.
const HANGS: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

/// A place where one side waits until the other has come by.
///
/// The test keeps both ends of the pipe open: opening one never waits for the other, and what is written
/// stays there until it is read.
pub(crate) struct Gate {
    path: PathBuf,
    pipe: File,
}

impl Gate {
    pub(crate) fn new(sandbox: &Sandbox, name: &str) -> Self {
        let path = sandbox.fifo(name);
        let pipe = OpenOptions::new().read(true).write(true).open(&path).expect("the pipe was just made");
        Gate { path, pipe }
    }

    /// The shell command that says that a process came by.
    pub(crate) fn pass(&self) -> String {
        format!("echo > {}", super::quoted(&self.path))
    }

    /// The shell command that waits until a process came by.
    pub(crate) fn wait(&self) -> String {
        format!("read -r _ < {}", super::quoted(&self.path))
    }

    /// Lets one waiting program go on.
    pub(crate) fn open(&self) {
        (&self.pipe).write_all(b"\n").expect("a pipe holds more than this");
    }

    /// Waits until a program came by.
    #[track_caller]
    pub(crate) fn await_one(&self) {
        let ready = loop {
            match poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&HANGS)) {
                Err(rustix::io::Errno::INTR) => {}
                ready => break ready.expect("a pipe can be polled"),
            }
        };
        assert!(ready > 0, "no process came by {}", self.path.display());
        (&self.pipe).read_exact(&mut [0]).expect("there is something to read");
    }
}
