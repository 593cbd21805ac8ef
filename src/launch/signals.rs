//! How often somebody asked the process to end. The first time means: stop and clear up; the second: now.

use std::cell::Cell;

use crate::environment::Environment;

/// Counts the signals that were noticed.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupted: fn() -> bool,
    forget: fn(),
    seen: Cell<u32>,
}

impl Signals {
    pub(crate) fn new(environment: &Environment) -> Self {
        Signals { interrupted: environment.interrupted(), forget: environment.forget_interrupt(), seen: Cell::new(0) }
    }

    #[cfg(test)]
    pub(super) fn fake(interrupted: fn() -> bool) -> Self {
        Signals { interrupted, forget: || {}, seen: Cell::new(0) }
    }

    /// How many there were until now. The flag that others look at is taken down, so that the next one is seen and what
    /// follows (discarding machines, recording the result) is not cut off by this one.
    pub(crate) fn count(&self) -> u32 {
        if (self.interrupted)() {
            (self.forget)();
            self.seen.set(self.seen.get().saturating_add(1));
        }
        self.seen.get()
    }
}
