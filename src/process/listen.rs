//! Which signals end our work: all that usually end a program, but those that were ignored when we were started. With that,
//! nohup(1) and scripts that start a job in the background ask for its life to go on.

use std::io;

use nix::sys::signal::{SigSet, Signal};

/// Takes this many signals as a wish that the work looks at; the next one has its usual effect. Has to be called before any
/// thread is started.
///
/// # Errors
///
/// The system refuses a handler.
pub(crate) fn listen_for_signals(heeded: usize) -> io::Result<()> {
    // A handler takes the place of what was set before, so this comes first.
    let ignored = ignored_from_the_start();
    gix::interrupt::init_handler_default(heeded).map_err(io::Error::other)?;
    // gix handles these four or none. What is blocked never comes; programs that we start begin with nothing blocked.
    let ours = [Signal::SIGTERM, Signal::SIGQUIT, Signal::SIGINT, Signal::SIGHUP];
    let blocked: SigSet = ours.into_iter().filter(|signal| ignored & bit(*signal) != 0).collect();
    blocked.thread_block().map_err(io::Error::from)
}

fn bit(signal: Signal) -> u64 {
    1 << (signal as i32 - 1)
}

/// The signals that are ignored, one bit for each; none where the system does not say.
fn ignored_from_the_start() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignored_in(&status).unwrap_or_default()
}

fn ignored_in(status: &str) -> Option<u64> {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_kernel() {
        let status = "Name:\tcat\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t0\n";
        let ignored = ignored_in(status).unwrap();
        let of = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM].map(|signal| ignored & bit(signal) != 0);
        assert_eq!(of, [true, false, false]);
        assert_eq!(ignored_in("Name:\tcat\n"), None);
        assert_eq!(ignored_in("SigIgn:\tx\n"), None);
    }
}
