//! Programs that are waited for, and whose output is wanted as a whole: git, `spread -h`, `spread -discard`.
//!
//! What they say is captured in files, so that none of them can block on a pipe that nobody reads.

pub(crate) mod group;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::core::value::printable;
use crate::process::group::{Group, Membership};

/// How long a program has to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// How much of what a program complains about is shown.
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
}

/// Where a program's standard error goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stderr {
    Captured,
    /// To the terminal of the person who waits.
    Inherited,
}

/// How a program is run.
pub(crate) struct Run<'a> {
    /// What it is called in errors.
    pub(crate) name: &'a str,
    pub(crate) time_limit: Duration,
    pub(crate) interrupted: &'a dyn Fn() -> bool,
    /// What it reads, or only holds open, and with it a lock; nothing to read if there is none.
    pub(crate) stdin: Option<&'a File>,
    pub(crate) stderr: Stderr,
    pub(crate) membership: Membership,
}

/// What a program said.
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
    let watching = |err| ProcessError::Watch(how.name.to_owned(), err);
    let (mut stdout, mut stderr) = (tempfile::tempfile().map_err(watching)?, tempfile::tempfile().map_err(watching)?);
    command.stdin(match how.stdin {
        Some(file) => Stdio::from(file.try_clone().map_err(watching)?),
        None => Stdio::null(),
    });
    command.stdout(stdout.try_clone().map_err(watching)?);
    match how.stderr {
        Stderr::Captured => command.stderr(stderr.try_clone().map_err(watching)?),
        Stderr::Inherited => command.stderr(Stdio::inherit()),
    };
    let program = Group::start(command, how.membership).map_err(|err| ProcessError::Start(how.name.to_owned(), err))?;
    let status = wait(program, how)?;
    let read_back = |file: &mut File| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(watching)?;
        Ok::<_, ProcessError>(bytes)
    };
    Ok(Captured { status, stdout: read_back(&mut stdout)?, stderr: read_back(&mut stderr)? })
}

fn wait(mut program: Group, how: &Run<'_>) -> Result<ExitStatus, ProcessError> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let watching = |err| ProcessError::Watch(how.name.to_owned(), err);
        if program.has_exited().map_err(watching)? {
            let status = program.leave().map_err(watching)?;
            // A signal of the terminal reached it as well.
            return match !status.success() && (how.interrupted)() {
                true => Err(ProcessError::Interrupted(how.name.to_owned())),
                false => Ok(status),
            };
        }
        if (how.interrupted)() {
            end(&mut program);
            return Err(ProcessError::Interrupted(how.name.to_owned()));
        }
        if start.elapsed() >= how.time_limit {
            end(&mut program);
            return Err(ProcessError::TimedOut(how.name.to_owned(), how.time_limit));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Asks a program to end, so that it can clear up, and makes it end if it does not.
fn end(program: &mut Group) {
    program.signal(Signal::TERM);
    let asked = Instant::now();
    while asked.elapsed() < GRACE && matches!(program.has_exited(), Ok(false)) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = program.end();
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    fn how(interrupted: &'static dyn Fn() -> bool, time_limit: Duration) -> Run<'static> {
        Run { name: "sh", time_limit, interrupted, stdin: None, stderr: Stderr::Captured, membership: Membership::Own }
    }

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_it_says_and_how_it_ends() {
        let long = Duration::from_secs(60);
        let captured = run(&mut sh("echo out; echo one >&2; echo two >&2; exit 3"), &how(&|| false, long)).unwrap();
        assert_eq!((captured.stdout.as_slice(), captured.last_words().as_str()), (&b"out\n"[..], "two"));
        assert_eq!(captured.status.code(), Some(3));
        let killed = run(&mut sh("kill -9 $$"), &how(&|| false, long)).unwrap();
        assert_eq!(killed.status.signal(), Some(9));
    }

    #[test]
    fn it_is_ended_in_time() {
        let limit = Duration::from_millis(50);
        let error = run(&mut sh("sleep 60"), &how(&|| false, limit)).unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut(..)), "{error}");
        let error = run(&mut sh("sleep 60"), &how(&|| true, Duration::from_secs(60))).unwrap_err();
        assert!(matches!(error, ProcessError::Interrupted(..)), "{error}");
        let error = run(&mut Command::new("/nowhere/x"), &how(&|| false, limit)).unwrap_err();
        assert!(matches!(error, ProcessError::Start(..)), "{error}");
    }
}
