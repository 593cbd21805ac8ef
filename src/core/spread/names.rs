//! Names, each once, in the order in which they were found.

use std::collections::HashSet;

/// More names are of no use to anyone, and the numbers tell the rest.
const MAX_NAMES: usize = 5000;

/// See the module's documentation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskNames {
    list: Vec<String>,
    known: HashSet<String>,
}

impl TaskNames {
    pub(crate) fn add(&mut self, name: String) {
        if self.list.len() < MAX_NAMES && !name.is_empty() && self.known.insert(name.clone()) {
            self.list.push(name);
        }
    }

    pub(crate) fn list(&self) -> &[String] {
        &self.list
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds those that are not there yet.
    pub(crate) fn add_all(&mut self, others: &TaskNames) {
        others.list.iter().for_each(|name| self.add(name.clone()));
    }
}

impl From<TaskNames> for Vec<String> {
    fn from(names: TaskNames) -> Self {
        names.list
    }
}
