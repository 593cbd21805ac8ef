//! The system's list of processes, and who descends from whom. Linux only. Must not signal any.

use std::collections::{HashMap, HashSet};
use std::io;

use rustix::process::{Pid, getpid};

/// A process, told from a later one that has its number by the moment at which it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub(super) id: Pid,
    began: u64,
}

/// A process with what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessEntry {
    pub(super) process: Process,
    pub(super) parent: Option<Pid>,
    /// How many pages of memory it has, those that it shares with others included.
    pub(super) pages: u64,
}

/// All processes, each with its parent.
pub(super) fn list() -> io::Result<Vec<ProcessEntry>> {
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

/// `ID (NAME) STATE PARENT … BEGAN SIZE PAGES …`, where the name may hold anything.
fn parse(id: Pid, stat: &[u8]) -> Option<ProcessEntry> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let fields: Vec<&str> = std::str::from_utf8(&stat[end + 1..]).ok()?.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let parent = Pid::from_raw(fields.get(1)?.parse().ok()?);
    Some(ProcessEntry { process: Process { id, began: number(19)? }, parent, pages: number(21).unwrap_or(0) })
}

/// Who descends from whom.
#[derive(Debug)]
pub(super) struct Children(HashMap<Pid, Vec<Process>>);

impl Children {
    pub(super) fn of(processes: &[ProcessEntry]) -> Self {
        let mut children: HashMap<Pid, Vec<Process>> = HashMap::new();
        for entry in processes {
            children.entry(entry.parent.unwrap_or(Pid::INIT)).or_default().push(entry.process);
        }
        Children(children)
    }

    /// The children of a process.
    pub(super) fn children(&self, parent: Pid) -> &[Process] {
        self.0.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// Adds the children of these processes, and theirs.
    pub(super) fn close(&self, processes: &mut HashSet<Process>) {
        let mut parents: Vec<Pid> = processes.iter().map(|process| process.id).collect();
        while let Some(parent) = parents.pop() {
            parents
                .extend(self.children(parent).iter().filter(|child| processes.insert(**child)).map(|child| child.id));
        }
    }

    /// The children of this process, and theirs.
    pub(super) fn descendants(&self) -> HashSet<Process> {
        let mut found = self.children(getpid()).iter().copied().collect();
        self.close(&mut found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_does_not_confuse() {
        let id = Pid::from_raw(7).unwrap();
        let stat = b"7 (a) S 1 (\n) S 42 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2 3\n";
        let process = Process { id, began: 987_654 };
        assert_eq!(parse(id, stat), Some(ProcessEntry { process, parent: Pid::from_raw(42), pages: 2 }));
        assert_eq!(parse(id, b"7 (a) S 1"), None);
        assert_eq!(parse(id, b""), None);
    }

    #[test]
    fn this_process_is_in_the_list() {
        let own = list().unwrap().into_iter().find(|entry| entry.process.id == getpid());
        assert!(own.is_some_and(|own| own.pages > 0));
    }
}
