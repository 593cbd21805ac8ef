//! Running the `git` program for what goes over a network, so that every credential helper, proxy, ssh and `insteadOf`
//! setting of the user just works.
//!
//! One builder for all calls. Output is captured, never shown; what it means is for pure parsers to say.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::core::value::printable;
use crate::files::is_program;
use crate::process::{self, Captured, Membership, ProcessError, Run};

/// The git program, set up for one repository.
#[derive(Clone, Debug)]
pub(crate) struct Git {
    /// The program itself, found before any code of others ran, so that what such code puts on PATH gets no token.
    pub(crate) program: PathBuf,
    /// The folder with `HEAD`.
    pub(crate) git_dir: PathBuf,
    /// The folder with the objects, where it is not that of `git_dir`.
    pub(crate) objects: Option<PathBuf>,
    /// The folder that relative URLs are relative to: the top of the work tree, as with git itself.
    pub(crate) directory: PathBuf,
    /// How long one call may take.
    pub(crate) time_limit: Duration,
    /// Whether there is a terminal on which a password can be typed.
    pub(crate) may_prompt: bool,
    /// Whether the work was interrupted.
    pub(crate) interrupted: fn() -> bool,
}

/// The absolute path of git in the folders of `PATH`. Where there is none, starting it says so.
pub(crate) fn find_git(path: Option<&OsStr>) -> PathBuf {
    let folders = path.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join("git")).find(|file| is_program(file)).unwrap_or_else(|| "git".into())
}

/// What git reads from its standard input.
pub(crate) enum Input {
    /// Nothing, but git keeps this file open, and with it its lock, for as long as it runs.
    Lock(File),
    /// These bytes.
    Bytes(Vec<u8>),
    /// Nothing.
    Nothing,
}

/// What git said.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// Why git could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProgramError {
    #[error("cannot start git; is it installed and on PATH?")]
    Start(#[source] std::io::Error),
    #[error("cannot capture the output of git {0}")]
    Capture(String, #[source] std::io::Error),
    #[error("git {0} took longer than {1:?} and was ended")]
    TimedOut(String, Duration),
    #[error("git {0} was interrupted")]
    Interrupted(String),
    #[error("git {0} was ended from outside: {1}")]
    Killed(String, ExitStatus),
    #[error("git {0} failed: {1}")]
    Failed(String, String),
    #[error("{0} is a shallow repository itself, and does not have the history that its branches begin with")]
    ShallowRemote(String),
}

impl ProgramError {
    /// Whether git may have left lock files behind.
    pub(super) fn may_leave_locks(&self) -> bool {
        match self {
            ProgramError::TimedOut(..) | ProgramError::Interrupted(_) | ProgramError::Killed(..) => true,
            ProgramError::Start(_)
            | ProgramError::Capture(..)
            | ProgramError::Failed(..)
            | ProgramError::ShallowRemote(_) => false,
        }
    }

    /// Whether another try would end the same way: it would ask for the same password again, or hang as long.
    pub(super) fn will_last(&self) -> bool {
        /// What git and ssh say about addresses and credentials.
        const LASTING: [&str; 11] = [
            "authentication failed",
            "could not read username",
            "could not read password",
            "permission denied",
            "host key verification failed",
            "invalid username or",
            "access denied",
            "not found",
            "does not appear to be a git repository",
            "does not exist",
            "unable to find remote helper",
        ];
        match self {
            ProgramError::Start(_)
            | ProgramError::Capture(..)
            | ProgramError::TimedOut(..)
            | ProgramError::ShallowRemote(_)
            | ProgramError::Interrupted(_) => true,
            ProgramError::Killed(..) => false,
            ProgramError::Failed(_, complaint) => {
                let complaint = complaint.to_ascii_lowercase();
                LASTING.iter().any(|reason| complaint.contains(reason))
            }
        }
    }
}

impl Output {
    /// Whether a signal ended git, which may then have left lock files behind.
    pub(crate) fn was_killed(&self) -> bool {
        self.status.signal().is_some()
    }

    /// What git complained about, on one line.
    pub(crate) fn complaint(&self) -> String {
        complaint(&self.stderr, self.status)
    }
}

/// The telling lines of git's standard error: its errors, else all of it.
pub(crate) fn complaint(stderr: &[u8], status: ExitStatus) -> String {
    const MAX_CHARS: usize = 400;
    let lines: Vec<String> =
        stderr.split(|byte| *byte == b'\n').map(printable).filter(|line| !line.is_empty()).collect();
    // The program for ssh has no prefix for what it says.
    let of_ssh = |line: &str| {
        line.starts_with("ssh: ") || line.contains(": Permission denied (") || line == "Host key verification failed."
    };
    let telling = |line: &&String| {
        ["fatal: ", "error: ", "remote: "].iter().any(|prefix| line.starts_with(prefix)) || of_ssh(line)
    };
    let mut chosen: Vec<&str> = lines.iter().filter(telling).map(String::as_str).collect();
    if chosen.is_empty() {
        chosen = lines.iter().map(String::as_str).collect();
    }
    let chosen: Vec<&str> = chosen.into_iter().map(|line| line.strip_prefix("fatal: ").unwrap_or(line)).collect();
    match chosen.join("; ") {
        text if text.is_empty() => status.to_string(),
        text => shortened(&text, MAX_CHARS),
    }
}

/// The beginning and the end of a long text: the reason often comes last.
fn shortened(text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= most {
        return text.to_owned();
    }
    let (beginning, end) = (most / 3, most - most / 3);
    chars[..beginning].iter().chain(&[' ', '…', ' ']).chain(&chars[chars.len() - end..]).collect()
}

impl Git {
    /// The same program in another git directory, which has no objects of its own.
    pub(super) fn for_objects_of(&self, git_dir: &Path, repo: &gix::Repository) -> Git {
        let objects = repo.objects.store_ref().path();
        let objects = objects.canonicalize().unwrap_or_else(|_| objects.to_owned());
        Git { git_dir: git_dir.to_owned(), objects: Some(objects), ..self.clone() }
    }

    #[cfg(test)]
    pub(super) fn for_tests(git_dir: &Path) -> Git {
        Git {
            program: "git".into(),
            git_dir: git_dir.to_owned(),
            objects: None,
            directory: git_dir.to_owned(),
            time_limit: Duration::from_secs(60),
            may_prompt: false,
            interrupted: || false,
        }
    }

    /// Runs `git ARGS…`; a status other than 0 is not an error here.
    ///
    /// With `heed_interrupts` an interrupt ends git; without, git is left to finish what it has begun.
    pub(crate) fn run<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        input: Input,
        heed_interrupts: bool,
    ) -> Result<Output, ProgramError> {
        let name = command_name(args);
        let stdin = match input {
            Input::Lock(file) => Some(file),
            Input::Nothing => None,
            Input::Bytes(bytes) => Some(file_of(&bytes).map_err(|err| ProgramError::Capture(name.clone(), err))?),
        };
        let mut command = Command::new(&self.program);
        // No hooks run here; those of the remote are its own business.
        command.arg("--git-dir").arg(&self.git_dir).args(["-c", "core.hooksPath=/dev/null"]).args(args);
        command.current_dir(&self.directory).env("GIT_NO_REPLACE_OBJECTS", "1");
        command.env("GIT_GRAFT_FILE", "/dev/null");
        command.env("LC_ALL", "C").env("GIT_OPTIONAL_LOCKS", "0").env_remove("GIT_TRACE_CURL");
        // It is for `git config` alone; fetch and push read another configuration.
        command.env_remove("GIT_CONFIG");
        if let Some(objects) = &self.objects {
            command.env("GIT_OBJECT_DIRECTORY", objects);
        }
        if !self.may_prompt {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        let interrupted = || heed_interrupts && (self.interrupted)();
        let run = Run {
            stdin: stdin.as_ref(),
            membership: Membership::Ours,
            ..Run::captured(&name, self.time_limit, &interrupted)
        };
        match process::run(&mut command, &run) {
            Ok(Captured { status, stdout, stderr }) => Ok(Output { status, stdout, stderr }),
            Err(ProcessError::Start(_, err)) => Err(ProgramError::Start(err)),
            Err(ProcessError::Watch(_, err)) => Err(ProgramError::Capture(name, err)),
            Err(ProcessError::TimedOut(_, limit)) => Err(ProgramError::TimedOut(name, limit)),
            Err(ProcessError::Interrupted(_)) => Err(ProgramError::Interrupted(name)),
            Err(err @ ProcessError::TooMuchOutput(_)) => Err(ProgramError::Failed(name, err.to_string())),
        }
    }

    /// Runs `git ARGS…`, which has to succeed, and gives its standard output.
    pub(crate) fn succeed<S: AsRef<OsStr>>(&self, args: &[S], input: Input) -> Result<Vec<u8>, ProgramError> {
        let output = self.run(args, input, true)?;
        match output.status.success() {
            true => Ok(output.stdout),
            false if output.was_killed() => Err(ProgramError::Killed(command_name(args), output.status)),
            false => Err(ProgramError::Failed(command_name(args), output.complaint())),
        }
    }
}

/// A file that holds these bytes, to be read from its beginning.
fn file_of(bytes: &[u8]) -> std::io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file)
}

/// The command of git among its arguments: the first that is neither an option nor the setting of a `-c`.
fn command_name<S: AsRef<OsStr>>(args: &[S]) -> String {
    let mut texts = args.iter().filter_map(|arg| arg.as_ref().to_str());
    texts.find(|arg| !arg.starts_with('-') && !arg.contains('=')).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_password_is_not_tried_again() {
        let failed = |complaint: &str| ProgramError::Failed("fetch".into(), complaint.into()).will_last();
        for lasting in [
            "Authentication failed for 'https://x/'",
            "git@x: Permission denied (publickey).",
            "'/x' does not appear to be a git repository",
        ] {
            assert!(failed(lasting), "{lasting}");
        }
        for passing in [
            "the remote end hung up unexpectedly",
            "Could not resolve host: x",
            "The requested URL returned error: 503",
        ] {
            assert!(!failed(passing), "{passing}");
        }
    }

    #[test]
    fn complaints_are_short_and_clean() {
        let failed = ExitStatus::from_raw(128 << 8);
        let stderr = b"From /x\nremote: no\x1b[31m way\nfatal: repository 'x' not found\n";
        assert_eq!(complaint(stderr, failed), "remote: no [31m way; repository 'x' not found");
        assert_eq!(complaint(b"something\nelse\n", failed), "something; else");
        assert_eq!(complaint(b"", failed), "exit status: 128");
        let full = "error: unable to write file x\n".repeat(50) + "fatal: y: No space left on device\n";
        let short = complaint(full.as_bytes(), failed);
        assert!(short.starts_with("error: unable") && short.ends_with("No space left on device"), "{short}");
        assert!(short.chars().count() <= 403, "{short}");
        let ssh = b"ssh: connect to host x port 22: Connection refused\r\nfatal: Could not read from remote repository.\n\nPlease make sure\n";
        let expected = "ssh: connect to host x port 22: Connection refused; Could not read from remote repository.";
        assert_eq!(complaint(ssh, failed), expected);
    }
}
