//! Concurrency groups: who may go on and who waits.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// Longer than anything here may take.
const HANGS: Duration = Duration::from_secs(120);

/// All groups of a repository.
#[derive(Default)]
pub(crate) struct Groups {
    groups: Mutex<HashMap<String, Group>>,
    changed: Condvar,
}

#[derive(Default)]
struct Group {
    busy: bool,
    /// Oldest first.
    waiting: Vec<u64>,
    tickets: u64,
}

/// A place in a group; it is free again when this is dropped.
pub(crate) struct Place<'g> {
    groups: &'g Groups,
    name: String,
}

impl Groups {
    /// Waits for the place of a group. Without a queue, the job that waited before is cancelled.
    pub(crate) fn enter(&self, name: &str, queue: bool) -> Option<Place<'_>> {
        let mut groups = self.groups.lock().unwrap();
        let group = groups.entry(name.to_owned()).or_default();
        group.tickets += 1;
        let ticket = group.tickets;
        if !queue {
            group.waiting.clear();
        }
        group.waiting.push(ticket);
        self.changed.notify_all();
        loop {
            let group = groups.get_mut(name).expect("groups are never removed");
            let place = group.waiting.iter().position(|it| *it == ticket)?;
            if place == 0 && !group.busy {
                group.busy = true;
                group.waiting.remove(0);
                self.changed.notify_all();
                return Some(Place { groups: self, name: name.to_owned() });
            }
            let (next, timeout) = self.changed.wait_timeout(groups, HANGS).unwrap();
            assert!(!timeout.timed_out(), "no job leaves the group {name}");
            groups = next;
        }
    }

    /// Waits until a job waits for a group whose name begins like this.
    pub(crate) fn await_waiting(&self, beginning: &str) {
        let waits =
            |group: (&String, &Group)| group.0.starts_with(beginning) && group.1.busy && !group.1.waiting.is_empty();
        let none = |groups: &mut HashMap<String, Group>| !groups.iter().any(waits);
        let groups = self.groups.lock().unwrap();
        let outcome = self.changed.wait_timeout_while(groups, HANGS, none).unwrap();
        assert!(!outcome.1.timed_out(), "no job waits for {beginning}");
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut groups = self.groups.groups.lock().unwrap();
        groups.get_mut(&self.name).expect("groups are never removed").busy = false;
        self.groups.changed.notify_all();
    }
}
