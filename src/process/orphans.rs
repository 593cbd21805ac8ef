//! Ending processes that left the process group of their program (`setsid`), where the supervisor does not follow them.
//!
//! They could watch what happens next, and that is done with credentials. On Linux, a process that loses its parent meanwhile
//! becomes a child of this process, and is found in the system's list of processes. Other systems have nothing like it, and
//! nothing is done there.
//!
//! Must only be used while no thread of this process has another program running: a child that is there at the end, and was
//! not there at the beginning, counts as an orphan.

use std::time::Duration;

/// How long killed orphans may take to end. Only one that starts others faster than they can be killed, or that hangs in
/// the kernel, needs any of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why orphans are left.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nothing is looked for there"))]
#[derive(Debug, thiserror::Error)]
pub(crate) enum OrphanError {
    #[error("{0} of them are still there after {PATIENCE:?}")]
    Remain(usize),
    #[error("the processes of this system cannot be listed")]
    List(#[source] std::io::Error),
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::OrphanError;

    /// Nothing is known of orphans here.
    #[derive(Debug)]
    pub(crate) struct Orphans;

    impl Orphans {
        /// Begins before the first extractor starts.
        pub(crate) fn expect() -> std::io::Result<Self> {
            Ok(Orphans)
        }

        /// Ends when no extractor runs any more.
        pub(crate) fn end(self) -> Result<usize, OrphanError> {
            Ok(0)
        }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::HashSet;
    use std::io;
    use std::time::{Duration, Instant};

    use rustix::io::Errno;
    use rustix::process::{
        Pid, Signal, WaitId, WaitIdOptions, child_subreaper, getpid, kill_process, set_child_subreaper, waitid,
    };

    use super::super::table::{Children, Process, list};
    use super::{OrphanError, PATIENCE};

    /// The orphans of the extractors that run from now on come to this process, until this is dropped.
    #[derive(Debug)]
    pub(crate) struct Orphans {
        /// Children of the program that became this one by `exec`; they are not ours.
        inherited: HashSet<Process>,
        before: Option<Pid>,
    }

    impl Orphans {
        /// Begins before the first extractor starts.
        pub(crate) fn expect() -> io::Result<Self> {
            let inherited = match has_children()? {
                true => Children::of(&list()?).descendants(),
                false => HashSet::new(),
            };
            let before = child_subreaper()?;
            set_child_subreaper(Some(getpid()))?;
            Ok(Orphans { inherited, before })
        }

        /// Ends when no extractor runs any more: kills every orphan, and the orphans that it leaves, until there
        /// are none. Gives how many belong to another user by now and had to be left alone.
        pub(crate) fn end(self) -> Result<usize, OrphanError> {
            let start = Instant::now();
            let mut pause = Duration::from_micros(200);
            let list_failed = |err: io::Error| OrphanError::List(err);
            let mut foreign = HashSet::new();
            // A process hands on its children before it can be waited for: once there are none, none can appear.
            while has_children().map_err(list_failed)? {
                let children = list().map_err(list_failed)?.into_iter().filter(|entry| entry.parent == Some(getpid()));
                let left: Vec<Process> = children
                    .map(|entry| entry.process)
                    .filter(|process| !self.inherited.contains(process) && !foreign.contains(process))
                    .collect();
                if left.is_empty() {
                    break;
                }
                if start.elapsed() >= PATIENCE {
                    return Err(OrphanError::Remain(left.len()));
                }
                for process in left {
                    if !end_child(process.id) {
                        foreign.insert(process);
                    }
                }
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Ok(foreign.len())
        }
    }

    impl Drop for Orphans {
        fn drop(&mut self) {
            // Daemons that git starts for itself, such as the one that keeps passwords, are to live on.
            let _ = set_child_subreaper(self.before);
        }
    }

    /// Kills a child, or takes the exit status of a dead one. False if it belongs to another user.
    fn end_child(id: Pid) -> bool {
        match waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOHANG) {
            // It is a child and alive, so that the number is its own.
            Ok(None) => kill_process(id, Signal::KILL) != Err(Errno::PERM),
            Ok(Some(_)) | Err(_) => true,
        }
    }

    /// Whether this process has any children, dead or alive: cheap, and mostly there are none.
    fn has_children() -> io::Result<bool> {
        loop {
            match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT) {
                Ok(_) => return Ok(true),
                Err(Errno::CHILD) => return Ok(false),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

pub(crate) use system::Orphans;
