//! What can befall a workflow run from outside: it is cancelled, or its runner is lost.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long the runner waits before the next signal.
const PATIENCE: [(Duration, Signal); 2] =
    [(Duration::from_millis(7500), Signal::TERM), (Duration::from_millis(2500), Signal::KILL)];

/// Longer than any step here may take.
const HANGS: Duration = Duration::from_secs(100);

/// How it stands with a workflow run.
#[derive(Default)]
pub(crate) struct Control {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    lost: bool,
    stopped: bool,
    /// The process at the entry of the step.
    entry: Option<Pid>,
}

impl Control {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.state.lock().unwrap().cancelled
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.state.lock().unwrap().lost
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state.lock().unwrap().stopped
    }

    /// No more jobs of the run begin, not even those that always do.
    pub(crate) fn stop(&self) {
        self.state.lock().unwrap().stopped = true;
    }

    /// The next job gets another runner.
    pub(super) fn replace_runner(&self) {
        self.state.lock().unwrap().lost = false;
    }

    pub(super) fn begin(&self, entry: Pid) {
        self.state.lock().unwrap().entry = Some(entry);
    }

    pub(super) fn end(&self) {
        self.state.lock().unwrap().entry = None;
        self.ended.notify_all();
    }

    /// Ends the step by force if it hangs, and says whether it did.
    pub(super) fn guard(&self, entry: Pid) -> bool {
        let lives = |state: &mut State| state.entry == Some(entry);
        let outcome = self.ended.wait_timeout_while(self.state.lock().unwrap(), HANGS, lives).unwrap();
        if outcome.1.timed_out() {
            let _ = kill_process(entry, Signal::KILL);
        }
        outcome.1.timed_out()
    }

    /// Cancels the run: the process at the entry of the step, and no other, is sent one signal after the other until it ends.
    pub(crate) fn cancel(&self) {
        let mut state = self.state.lock().unwrap();
        state.cancelled = true;
        let Some(entry) = state.entry else { return };
        let _ = kill_process(entry, Signal::INT);
        for (patience, signal) in PATIENCE {
            let lives = |state: &mut State| state.entry == Some(entry);
            let (next, timeout) = self.ended.wait_timeout_while(state, patience, lives).unwrap();
            state = next;
            if !timeout.timed_out() {
                return;
            }
            let _ = kill_process(entry, signal);
        }
    }

    /// The machine of the job is gone, with all that ran on it.
    pub(crate) fn lose(&self) {
        let mut state = self.state.lock().unwrap();
        state.lost = true;
        if let Some(entry) = state.entry {
            let _ = kill_process(entry, Signal::KILL);
        }
    }
}
