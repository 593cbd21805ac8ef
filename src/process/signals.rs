//! How often we were asked to stop. The first signal means: stop and clear up; the second: now.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::core::exit::ProcessExit;

/// How long a signal may take to reach us that was sent to us and to a program of ours at once.
const MOMENT: Duration = Duration::from_millis(500);

/// How often to look for it.
const TICK: Duration = Duration::from_millis(5);

/// Counts the signals that were noticed.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupted: fn() -> bool,
    forget: fn(),
    seen: Cell<u32>,
}

impl Signals {
    /// `interrupted` says whether a signal came; `forget` makes it wait for the next one.
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

    /// Whether more signals came than `before`. The end of a program may be the first sign of one that was sent to it and to
    /// us at once.
    pub(crate) fn come_after(&self, before: u32, exit: ProcessExit) -> bool {
        let deadline = Instant::now() + MOMENT;
        while tells_of_signal(exit) && self.count() <= before && Instant::now() < deadline {
            std::thread::sleep(TICK);
        }
        self.count() > before
    }
}

/// Whether a program ended by HUP, INT or TERM, or a shell says so of what it ran.
fn tells_of_signal(exit: ProcessExit) -> bool {
    matches!(exit, ProcessExit::Signal(1 | 2 | 15) | ProcessExit::Status(129 | 130 | 143))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_signal_that_is_slower_than_the_end_of_the_program_is_noticed() {
        static LOOKED: AtomicU32 = AtomicU32::new(0);
        // The signal arrives the third time that is looked for it.
        let signals = Signals::new(|| LOOKED.fetch_add(1, Ordering::Relaxed) == 2, || {});
        assert!(!signals.come_after(0, ProcessExit::Status(1)), "nothing to wait for");
        assert!(signals.come_after(0, ProcessExit::Signal(15)));
        let silent = Signals::new(|| false, || {});
        assert!(!silent.come_after(0, ProcessExit::Status(143)));
    }
}
