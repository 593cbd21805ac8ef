//! What running programs use, each with all that it started: how many processes, and how much memory.
//!
//! One look at the system's processes serves all who ask. A process counts for the program below which it was first seen, also
//! when it has left the process group or lost its parent. One that had done so before the first look is a *stray*: strays count
//! together, and are ended together. Only Linux has such a list; elsewhere nothing is counted. Must not know what a program is for.

/// What a program uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) processes: usize,
    /// In bytes.
    pub(crate) memory: u64,
}

/// The most that a program may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) processes: usize,
    /// In bytes.
    pub(crate) memory: u64,
}

impl Allowance {
    /// Whether this is more.
    pub(crate) fn is_exceeded(&self, used: Used) -> bool {
        used.processes > self.processes || used.memory > self.memory
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use rustix::process::Pid;

    use super::{Allowance, Used};

    /// Nothing is known of processes here.
    #[derive(Debug)]
    pub(crate) struct Census;

    impl Census {
        pub(crate) fn new(_allowance: Allowance) -> Self {
            Census
        }

        pub(crate) fn used(&self, _leader: Pid) -> Used {
            Used::default()
        }

        pub(crate) fn end(&self, _leader: Pid) {}

        pub(crate) fn forget(&self, _leader: Pid) {}
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::collections::{HashMap, HashSet};
    use std::sync::{Mutex, PoisonError};
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, getpid, kill_process};

    use super::super::table::{Children, Process, ProcessEntry, list};
    use super::{Allowance, Used};

    /// How often to look, at most.
    const INTERVAL: Duration = Duration::from_millis(100);

    /// Looking takes at most this part of the time, on a machine with very many processes.
    const SHARE: u32 = 20;

    /// How many looks it takes at most until all of a family are stopped that starts new ones.
    const ROUNDS: usize = 100;

    /// See the module's documentation; used by many threads at the same time.
    #[derive(Debug)]
    pub(crate) struct Census {
        allowance: Allowance,
        state: Mutex<State>,
    }

    #[derive(Debug, Default)]
    struct State {
        next: Option<Instant>,
        /// By the program that leads it.
        families: HashMap<Pid, Family>,
    }

    #[derive(Debug, Default)]
    struct Family {
        members: HashSet<Process>,
        used: Used,
    }

    impl Census {
        /// Strays are ended if they use more than this together.
        pub(crate) fn new(allowance: Allowance) -> Self {
            Census { allowance, state: Mutex::default() }
        }

        /// What a program and all that it started use, as of the last look, or of a new one if that was long ago.
        pub(crate) fn used(&self, leader: Pid) -> Used {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            state.families.entry(leader).or_default();
            if state.next.is_none_or(|next| now >= next) {
                let strays = state.look(self.allowance);
                state.next = Some(Instant::now() + INTERVAL.max(now.elapsed() * SHARE));
                if self.allowance.is_exceeded(strays.used) {
                    state.end(|state| state.look(self.allowance).members);
                }
            }
            state.families.get(&leader).map(|family| family.used).unwrap_or_default()
        }

        /// Kills a program and all that it started. Stopped first, none of them can start another meanwhile.
        pub(crate) fn end(&self, leader: Pid) {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.end(|state| {
                state.look(self.allowance);
                state.families.get(&leader).map(|family| family.members.clone()).unwrap_or_default()
            });
        }

        /// The program has ended; what it left behind is stray.
        pub(crate) fn forget(&self, leader: Pid) {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).families.remove(&leader);
        }
    }

    impl State {
        /// Looks at all processes. Gives the strays.
        fn look(&mut self, allowance: Allowance) -> Family {
            let Ok(entries) = list() else { return Family::default() };
            let children = Children::of(&entries);
            let memory: HashMap<Process, u64> = entries.iter().map(|entry| (entry.process, bytes(entry))).collect();
            let mut known = HashSet::new();
            for (leader, family) in &mut self.families {
                family.members.retain(|member| memory.contains_key(member));
                family
                    .members
                    .extend(entries.iter().map(|entry| entry.process).filter(|process| process.id == *leader));
                children.close(&mut family.members);
                family.count(&memory, allowance);
                known.extend(family.members.iter().copied());
            }
            let own = children.children(getpid()).iter().copied();
            let members = own.filter(|process| !known.contains(process) && is_restricted(process.id)).collect();
            let mut strays = Family { members, used: Used::default() };
            children.close(&mut strays.members);
            strays.members.retain(|process| !known.contains(process));
            strays.count(&memory, allowance);
            strays
        }

        fn end(&mut self, mut members: impl FnMut(&mut Self) -> HashSet<Process>) {
            let mut stopped = HashSet::new();
            for _ in 0..ROUNDS {
                let new: Vec<Process> = members(self).difference(&stopped).copied().collect();
                if new.is_empty() {
                    break;
                }
                for process in new {
                    let _ = kill_process(process.id, Signal::STOP);
                    stopped.insert(process);
                }
            }
            for process in stopped {
                let _ = kill_process(process.id, Signal::KILL);
            }
        }
    }

    impl Family {
        fn count(&mut self, memory: &HashMap<Process, u64>, allowance: Allowance) {
            let rough: u64 = self.members.iter().filter_map(|member| memory.get(member)).sum();
            let exact = || self.members.iter().map(|member| exact_bytes(member.id).unwrap_or_default()).sum();
            // What they share counts for each of them at first, which costs less to ask for.
            let memory = if rough > allowance.memory { exact() } else { rough };
            self.used = Used { processes: self.members.len(), memory };
        }
    }

    fn bytes(entry: &ProcessEntry) -> u64 {
        entry.pages.saturating_mul(rustix::param::page_size() as u64)
    }

    /// The memory of a process, with its part of what it shares.
    fn exact_bytes(id: Pid) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", id.as_raw_nonzero())).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    }

    /// Whether a process bears the restrictions of an isolated extractor, which no other program of ours does.
    fn is_restricted(id: Pid) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", id.as_raw_nonzero())).unwrap_or_default();
        let has = |name: &str, value: &str| {
            status.lines().any(|line| line.strip_prefix(name).is_some_and(|found| found.trim() == value))
        };
        has("NoNewPrivs:", "1") && has("Seccomp:", "2")
    }

    #[cfg(test)]
    mod tests {
        use std::process::{Command, Stdio};

        use super::*;

        #[test]
        fn what_a_program_starts_counts_and_ends_with_it() {
            let allowance = Allowance { processes: 100, memory: u64::MAX };
            let census = Census::new(allowance);
            let mut program = Command::new("sh")
                .args(["-c", "sleep 600 & setsid sleep 600 & echo ready; wait"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut ready = [0; 6];
            std::io::Read::read_exact(program.stdout.as_mut().unwrap(), &mut ready).unwrap();
            let leader = Pid::from_child(&program);
            let used = census.used(leader);
            assert!(used.processes == 3 && used.memory > 0, "{used:?}");
            census.end(leader);
            assert!(!program.wait().unwrap().success());
            while census.used(leader).processes > 0 {
                std::thread::yield_now();
            }
        }
    }
}

pub(crate) use system::Census;
