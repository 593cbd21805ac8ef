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
    use std::collections::{HashMap, HashSet};
    use std::io;
    use std::time::{Duration, Instant};

    use rustix::io::Errno;
    use rustix::process::{
        Pid, Signal, WaitId, WaitIdOptions, child_subreaper, getpid, kill_process, set_child_subreaper, waitid,
    };

    use super::{OrphanError, PATIENCE};

    /// A process: its number, and its start time, since a later process may get the same number.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    struct Process {
        id: Pid,
        began: u64,
    }

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
                true => descendants(&list()?),
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
                let children = list().map_err(list_failed)?.into_iter().filter(|(_, parent)| *parent == Some(getpid()));
                let left: Vec<Process> = children
                    .map(|(process, _)| process)
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

    /// All processes, each with its parent.
    fn list() -> io::Result<Vec<(Process, Option<Pid>)>> {
        // In a namespace whose /proc belongs to another one, the numbers mean other processes.
        let own = std::fs::read_link("/proc/self")?;
        if own.to_str() != Some(&getpid().as_raw_nonzero().to_string()) {
            return Err(io::Error::other("/proc shows those of another namespace"));
        }
        let mut processes = Vec::new();
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw) else { continue };
            // Those that are gone meanwhile are left out.
            let Ok(stat) = std::fs::read(format!("/proc/{}/stat", id.as_raw_nonzero())) else { continue };
            processes.extend(parse(id, &stat));
        }
        Ok(processes)
    }

    /// `ID (NAME) STATE PARENT … BEGAN …`, where the name may hold anything.
    fn parse(id: Pid, stat: &[u8]) -> Option<(Process, Option<Pid>)> {
        let end = stat.iter().rposition(|byte| *byte == b')')?;
        let fields: Vec<&str> = std::str::from_utf8(&stat[end + 1..]).ok()?.split_ascii_whitespace().collect();
        let parent = Pid::from_raw(fields.get(1)?.parse().ok()?);
        Some((Process { id, began: fields.get(19)?.parse().ok()? }, parent))
    }

    /// The children of this process, and theirs.
    fn descendants(processes: &[(Process, Option<Pid>)]) -> HashSet<Process> {
        let mut children: HashMap<Pid, Vec<Process>> = HashMap::new();
        for (process, parent) in processes {
            children.entry(parent.unwrap_or(Pid::INIT)).or_default().push(*process);
        }
        let mut found = HashSet::new();
        let mut parents = vec![getpid()];
        while let Some(parent) = parents.pop() {
            for child in children.remove(&parent).unwrap_or_default() {
                parents.push(child.id);
                found.insert(child);
            }
        }
        found
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_name_does_not_confuse() {
            let id = Pid::from_raw(7).unwrap();
            let stat = b"7 (a) S 1 (\n) S 42 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n";
            let (process, parent) = parse(id, stat).unwrap();
            assert_eq!((process, parent), (Process { id, began: 987_654 }, Pid::from_raw(42)));
            assert_eq!(parse(id, b"7 (a) S 1"), None);
            assert_eq!(parse(id, b""), None);
        }

        #[test]
        fn this_process_is_in_the_list() {
            assert!(list().unwrap().iter().any(|(process, _)| process.id == getpid()));
        }
    }
}

pub(crate) use system::Orphans;
