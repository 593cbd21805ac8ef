//! Running a program to its end, with its output taken as a whole or passed to our standard error: git, the scripts of a
//! resource, `spread -h`, `spread -discard`.
//!
//! Captured output goes to files: a program does not block on it, and git is not ended by SIGPIPE in the middle of its work
//! when this process is killed.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::group::{Group, Membership};
use super::policy::{Cut, Policy, Rest, StopPolicy};
use super::supervisor::{ProcessEvent, supervise};
use crate::core::value::printable;

/// How much a program may print where its output is captured.
const MAX_CAPTURED: u64 = 256 * 1024 * 1024;

/// How much of a complaint of a program is shown.
const MAX_COMPLAINT: usize = 400;

/// Why a program could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("cannot start {0}")]
    Start(String, #[source] io::Error),
    #[error("cannot watch {0}")]
    Watch(String, #[source] io::Error),
    #[error("{0} took longer than {1:?} and was ended")]
    TimedOut(String, Duration),
    #[error("{0} was interrupted")]
    Interrupted(String),
    #[error("{0} printed more than {limit} MiB and was ended", limit = MAX_CAPTURED / 1024 / 1024)]
    TooMuchOutput(String),
}

/// Where the output of a program goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Captured,
    /// Our standard error, as what a program says is status.
    OurStderr,
}

/// How a program is run.
pub(crate) struct Run<'a> {
    /// Its name in errors.
    pub(crate) name: &'a str,
    /// `None`: it has all the time that it wants.
    pub(crate) time_limit: Option<Duration>,
    /// The time from SIGTERM to SIGKILL.
    pub(crate) grace: Duration,
    pub(crate) interrupted: &'a dyn Fn() -> bool,
    /// What it reads, or only holds open, and with it a lock; nothing to read if there is none.
    pub(crate) stdin: Option<&'a File>,
    pub(crate) stdout: Destination,
    pub(crate) stderr: Destination,
    /// Nothing in a group of its own outlives the call.
    pub(crate) membership: Membership,
}

impl<'a> Run<'a> {
    /// Usual for scripts, which may have to clear up.
    pub(crate) const SCRIPT_GRACE: Duration = Duration::from_secs(10);

    /// A program whose output is captured, and which is not to be waited for.
    pub(crate) fn captured(name: &'a str, time_limit: Duration, interrupted: &'a dyn Fn() -> bool) -> Self {
        Run {
            name,
            time_limit: Some(time_limit),
            grace: Duration::from_secs(2),
            interrupted,
            stdin: None,
            stdout: Destination::Captured,
            stderr: Destination::Captured,
            membership: Membership::Own,
        }
    }

    /// A script whose output is for the person who waits.
    pub(crate) fn script(name: &'a str, time_limit: Option<Duration>, interrupted: &'a dyn Fn() -> bool) -> Self {
        Run {
            name,
            time_limit,
            grace: Self::SCRIPT_GRACE,
            interrupted,
            stdin: None,
            stdout: Destination::OurStderr,
            stderr: Destination::OurStderr,
            membership: Membership::Own,
        }
    }
}

/// What a program printed, as far as it was captured, and how it ended.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Captured {
    /// Its last words, on one line.
    pub(crate) fn last_words(&self) -> String {
        let lines = |bytes: &[u8]| -> Vec<String> {
            bytes.split(|byte| *byte == b'\n').map(printable).filter(|line| !line.is_empty()).collect()
        };
        let last = lines(&self.stderr).pop().or_else(|| lines(&self.stdout).pop());
        last.map_or_else(|| self.status.to_string(), |line| line.chars().take(MAX_COMPLAINT).collect())
    }
}

/// Runs a program to its end; a status other than 0 is not an error here.
pub(crate) fn run(command: &mut Command, how: &Run<'_>) -> Result<Captured, ProcessError> {
    let name = || how.name.to_owned();
    if (how.interrupted)() {
        return Err(ProcessError::Interrupted(name()));
    }
    let watching = |err| ProcessError::Watch(name(), err);
    command.stdin(match how.stdin {
        Some(file) => Stdio::from(file.try_clone().map_err(watching)?),
        None => Stdio::null(),
    });
    let (mut stdout, to) = destination(how.stdout).map_err(watching)?;
    command.stdout(to);
    let (mut stderr, to) = destination(how.stderr).map_err(watching)?;
    command.stderr(to);
    let program = Group::start(command, how.membership).map_err(|err| ProcessError::Start(name(), err))?;
    let deadline = how.time_limit.and_then(|limit| Instant::now().checked_add(limit));
    let policy = Policy {
        deadline: &|| deadline,
        signals: &|| u32::from((how.interrupted)()),
        stop: StopPolicy { interrupt_first: None, grace: how.grace },
        rest: Rest::Killed,
    };
    let is_too_long = |file: &Option<File>| {
        file.as_ref().and_then(|file| file.metadata().ok()).is_some_and(|metadata| metadata.len() > MAX_CAPTURED)
    };
    let end = supervise(program, &policy, &mut |event| match event {
        ProcessEvent::Tick if is_too_long(&stdout) || is_too_long(&stderr) => ControlFlow::Break(()),
        ProcessEvent::Tick | ProcessEvent::Output(..) | ProcessEvent::Interrupting(_) | ProcessEvent::Terminating => {
            ControlFlow::Continue(())
        }
    })
    .map_err(watching)?;
    match end.cut {
        Some(Cut::Deadline) => return Err(ProcessError::TimedOut(name(), how.time_limit.unwrap_or_default())),
        Some(Cut::Interrupted) => return Err(ProcessError::Interrupted(name())),
        Some(Cut::Refused) => return Err(ProcessError::TooMuchOutput(name())),
        // A signal of the terminal reached it as well.
        None if !end.status.success() && (how.interrupted)() => return Err(ProcessError::Interrupted(name())),
        None => {}
    }
    if is_too_long(&stdout) || is_too_long(&stderr) {
        return Err(ProcessError::TooMuchOutput(name()));
    }
    let read_back = |file: &mut Option<File>| {
        let mut bytes = Vec::new();
        if let Some(file) = file {
            file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(watching)?;
        }
        Ok(bytes)
    };
    Ok(Captured { status: end.status, stdout: read_back(&mut stdout)?, stderr: read_back(&mut stderr)? })
}

/// The file that captures a stream, if one does, and what the program gets.
fn destination(destination: Destination) -> io::Result<(Option<File>, Stdio)> {
    match destination {
        Destination::Captured => {
            let file = tempfile::tempfile()?;
            let copy = file.try_clone()?;
            Ok((Some(file), Stdio::from(copy)))
        }
        Destination::OurStderr => Ok((None, Stdio::from(io::stderr().as_fd().try_clone_to_owned()?))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_and_status_are_captured() {
        let how = Run::captured("sh", Duration::from_secs(60), &|| false);
        let captured = run(&mut sh("echo out; echo one >&2; echo two >&2; exit 3"), &how).unwrap();
        assert_eq!((captured.stdout.as_slice(), captured.last_words().as_str()), (&b"out\n"[..], "two"));
        assert_eq!(captured.status.code(), Some(3));
        let killed = run(&mut sh("kill -9 $$"), &how).unwrap();
        assert_eq!(killed.status.signal(), Some(9));
    }

    #[test]
    fn a_program_is_ended_in_time() {
        let limit = Duration::from_millis(50);
        let error = run(&mut sh("sleep 60"), &Run::captured("sh", limit, &|| false)).unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut(..)), "{error}");
        let error = run(&mut Command::new("/nowhere/x"), &Run::captured("x", limit, &|| false)).unwrap_err();
        assert!(matches!(error, ProcessError::Start(..)), "{error}");
    }

    #[test]
    fn a_signal_ends_a_program_and_keeps_the_next_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let marker = folder.path().join("ran");
        let mut script = sh("touch \"$MARKER\"; sleep 60");
        script.env("MARKER", &marker);
        let has_run = || marker.exists();
        let error = run(&mut script, &Run::captured("sh", Duration::from_secs(60), &has_run)).unwrap_err();
        assert!(matches!(error, ProcessError::Interrupted(..)), "{error}");
        std::fs::remove_file(&marker).unwrap();
        let error = run(&mut script, &Run::captured("sh", Duration::from_secs(60), &|| true)).unwrap_err();
        assert!(matches!(error, ProcessError::Interrupted(..)) && !marker.exists(), "{error}");
    }

    #[test]
    fn endless_output_is_cut() {
        // The file is sparse: nothing of this length is written.
        let script = format!("dd if=/dev/zero bs=1 count=1 seek={MAX_CAPTURED} 2>/dev/null; exec sleep 60");
        let error = run(&mut sh(&script), &Run::captured("sh", Duration::from_secs(60), &|| false)).unwrap_err();
        assert!(matches!(error, ProcessError::TooMuchOutput(..)), "{error}");
    }
}
