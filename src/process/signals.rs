//! How often we were asked to stop. The first signal means: stop and clear up; the second: now.

use std::cell::Cell;

/// Counts the signals that were noticed.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupted: fn() -> bool,
    forget: fn(),
    seen: Cell<u32>,
}

impl Signals {
    /// `interrupted` tells whether a signal came, `forget` makes it tell the next one.
    pub(crate) fn new(interrupted: fn() -> bool, forget: fn()) -> Self {
        Signals { interrupted, forget, seen: Cell::new(0) }
    }

    /// How many signals came until now. The flag that others look at is taken down, so that the next one is seen and what
    /// follows (discarding machines, recording the result) is not cut off by this one.
    pub(crate) fn count(&self) -> u32 {
        if (self.interrupted)() {
            (self.forget)();
            self.seen.set(self.seen.get().saturating_add(1));
        }
        self.seen.get()
    }
}
