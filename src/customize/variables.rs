//! Sourcing `custom/env.sh` in a clean shell, and telling what it did to the environment.
//!
//! Its working directory holds the files of the resource directory (of `custom/` only the file itself: the others lie in
//! the target by now) and `target`, a link to the target.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::environment::with_told;
use super::surroundings::Surroundings;
use crate::core::customization::{self, Customization, ENV};
use crate::core::exit::ProcessExit;
use crate::core::variables::{VariableChanges, parse};
use crate::files;
use crate::process::{self, ProcessError, Run};

/// How long the file may take.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// What the shell says when it could not print the environment.
const CANNOT_PRINT: i32 = 97;

/// Why the environment of a suite is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VariablesError {
    #[error("{ENV} has a syntax error")]
    Syntax,
    #[error("{ENV} ended the shell while being read, with {0}")]
    Ended(ProcessExit),
    #[error("{ENV} did not come to its end within {TIME_LIMIT:?}")]
    TimedOut,
    #[error("{ENV} was interrupted")]
    Interrupted,
    #[error("cannot print the environment after {ENV}: it may be too large")]
    Print,
    #[error("cannot prepare to read {ENV}")]
    Prepare(#[source] io::Error),
    #[error("cannot read {ENV} with a shell")]
    Shell(#[source] ProcessError),
    #[error("cannot read the environment after {ENV}")]
    Read(#[source] io::Error),
}

/// What `custom/env.sh` changes, which is nothing if there is none.
pub(crate) fn read(
    customization: &Customization,
    target: &Path,
    surroundings: &Surroundings<'_>,
) -> Result<VariableChanges, VariablesError> {
    if customization.env().is_none() {
        return Ok(VariableChanges::default());
    }
    let scratch = files::temporary(surroundings.environment.variable("TMPDIR")).map_err(VariablesError::Prepare)?;
    let folder = scratch.path().join("work");
    prepare(customization, target, &folder).map_err(VariablesError::Prepare)?;
    let [before, after, done] = ["before", "after", "done"].map(|name| scratch.path().join(name));
    let mut environment = with_told(surroundings.environment, surroundings.told);
    let print = env_program(&environment);
    environment.retain(|(name, _)| name != "BASH_ENV" && name != "ENV");
    let interrupted = surroundings.environment.interrupted();
    let shell = |args: &[&OsStr]| {
        let path = surroundings.shell.path();
        let mut command = Command::new(path);
        if path.file_name().is_some_and(|name| name == "zsh") {
            // The only one that reads files of the user before a command line.
            command.arg("-f");
        }
        command.args(args).current_dir(&folder);
        command.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
        let name = path.display().to_string();
        match process::run(&mut command, &Run::script(&name, Some(TIME_LIMIT), &interrupted)) {
            Ok(ran) => Ok(ProcessExit::from(ran.status)),
            Err(ProcessError::TimedOut(..)) => Err(VariablesError::TimedOut),
            Err(ProcessError::Interrupted(_)) => Err(VariablesError::Interrupted),
            Err(err @ (ProcessError::Start(..) | ProcessError::Watch(..) | ProcessError::TooMuchOutput(_))) => {
                Err(VariablesError::Shell(err))
            }
        }
    };
    // A shell executes a file up to its syntax error, and goes on as if nothing had happened.
    match shell(&[OsStr::new("-n"), OsStr::new(ENV)])? {
        ProcessExit::Status(0) => {}
        ProcessExit::Status(_) | ProcessExit::Signal(_) => return Err(VariablesError::Syntax),
    }
    let text = script_text(&print, &before, &after, &done);
    match shell(&[OsStr::new("-c"), &text, OsStr::new(ENV)])? {
        ProcessExit::Status(CANNOT_PRINT) => return Err(VariablesError::Print),
        // A file may well end with a failed test, or leave a trap behind.
        exit if !done.exists() => return Err(VariablesError::Ended(exit)),
        ProcessExit::Status(_) | ProcessExit::Signal(_) => {}
    }
    let read = |path: &Path| fs::read(path).map_err(VariablesError::Read);
    Ok(VariableChanges::between(&parse(&read(&before)?), &parse(&read(&after)?)))
}

fn prepare(customization: &Customization, target: &Path, folder: &Path) -> io::Result<()> {
    let is_wanted = |path: &str| path == ENV || customization::copied_path(path).is_none();
    fs::create_dir(folder)?;
    files::fill(folder, customization.files.iter().filter(|file| is_wanted(&file.path)))?;
    symlink(target, folder.join("target"))
}

/// Every word is written out: the file may do what it likes to variables, functions and arguments of the shell.
fn script_text(print: &Path, before: &Path, after: &Path, done: &Path) -> OsString {
    let quote = |path: &Path| {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};

        use gix::bstr::ByteSlice;
        let inner = path.as_os_str().as_bytes().replace("'", "'\\''");
        OsString::from_vec([b"'", inner.as_slice(), b"'"].concat())
    };
    let mut text = OsString::from("exec 1>&2\n");
    let mut print_to = |file: &Path, then: &str| {
        text.push(quote(print));
        text.push(" -0 >| ");
        text.push(quote(file));
        text.push(format!(" || exit {CANNOT_PRINT}\n{then}"));
    };
    print_to(before, &format!(". './{ENV}'\n"));
    print_to(after, "");
    // Only now it is known that all of it is there: the shell may be killed meanwhile.
    text.push(">| ");
    text.push(quote(done));
    text.push("\nexit 0\n");
    text
}

/// Where `env` lies: an absolute path, because the file may change PATH.
fn env_program(environment: &[(OsString, OsString)]) -> PathBuf {
    let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_os_str());
    std::env::split_paths(path.unwrap_or_default())
        .map(|folder| folder.join("env"))
        .find(|program| program.is_absolute() && program.is_file())
        .unwrap_or_else(|| PathBuf::from("/usr/bin/env"))
}
