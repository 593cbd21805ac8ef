//! How a process ended, in words.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessExit {
    Status(i32),
    Signal(i32),
}

impl From<ExitStatus> for ProcessExit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => ProcessExit::Status(code),
            (None, Some(signal)) => ProcessExit::Signal(signal),
            // Only a stopped process has neither, and those are not waited for.
            (None, None) => ProcessExit::Status(status.into_raw()),
        }
    }
}

impl fmt::Display for ProcessExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ProcessExit::Status(code) => write!(f, "exit status {code}"),
            ProcessExit::Signal(signal) => match signal_name(signal) {
                Some(name) => write!(f, "signal {signal} ({name})"),
                None => write!(f, "signal {signal}"),
            },
        }
    }
}

/// The signals whose numbers are the same on every Unix.
fn signal_name(signal: i32) -> Option<&'static str> {
    match signal {
        1 => Some("HUP"),
        2 => Some("INT"),
        3 => Some("QUIT"),
        4 => Some("ILL"),
        6 => Some("ABRT"),
        8 => Some("FPE"),
        9 => Some("KILL"),
        11 => Some("SEGV"),
        13 => Some("PIPE"),
        14 => Some("ALRM"),
        15 => Some("TERM"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_words() {
        assert_eq!(ProcessExit::from(ExitStatus::from_raw(3 << 8)).to_string(), "exit status 3");
        assert_eq!(ProcessExit::from(ExitStatus::from_raw(9)).to_string(), "signal 9 (KILL)");
        assert_eq!(ProcessExit::from(ExitStatus::from_raw(63)).to_string(), "signal 63");
    }
}
