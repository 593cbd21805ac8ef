//! Tests only: a job that a script starts in the background ignores SIGINT, and all programs that it starts inherit that.

use std::fs;

/// The bit of SIGINT in the masks of `/proc`.
const SIGINT: u64 = 1 << 1;

/// From now on, programs that this process starts heed SIGINT, as those of a terminal do. A handler has this effect; it
/// behaves like the default.
pub(crate) fn heed_interrupts() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    if ignored.is_some_and(|mask| mask & SIGINT != 0) {
        gix::interrupt::init_handler_default(0).map(drop).expect("a handler can be set");
    }
}
