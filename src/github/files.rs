//! The files in which a step of GitHub Actions writes about itself, and words that cannot be guessed.
//!
//! Opening a file shows whether it can be written, before anything is done that has to be written there.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::core::github::block;
use crate::core::github::markup::Summary;
use crate::environment::Environment;

/// Why a file of the step cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitHubError {
    #[error("{0} is not set")]
    NotSet(&'static str),
    #[error("cannot write to {}, which {variable} names", .path.display())]
    Write { variable: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot read random bytes from {RANDOM}")]
    Random(#[source] io::Error),
}

/// The outputs and the summary of a step.
#[derive(Debug)]
pub(crate) struct GitHub {
    outputs: CommandFile,
    summary: CommandFile,
}

impl GitHub {
    /// Opens the files of the step.
    pub(crate) fn open(environment: &Environment) -> Result<Self, GitHubError> {
        Ok(GitHub {
            outputs: CommandFile::open("GITHUB_OUTPUT", environment)?,
            summary: CommandFile::open("GITHUB_STEP_SUMMARY", environment)?,
        })
    }

    /// Sets an output of the step.
    pub(crate) fn set_output(&mut self, name: &'static str, value: &str) -> Result<(), GitHubError> {
        loop {
            // A delimiter that occurs in a value is as good as impossible.
            if let Some(block) = block(name.as_bytes(), value.as_bytes(), &delimiter()?) {
                return self.outputs.append(&block);
            }
        }
    }

    /// Adds to the summary of the step.
    pub(crate) fn summarize(&mut self, summary: &Summary) -> Result<(), GitHubError> {
        self.summary.append(summary.text().as_bytes())
    }
}

/// A file that a variable of the runner names, for reading after the step has ended.
#[derive(Debug)]
pub(crate) struct CommandFile {
    variable: &'static str,
    path: PathBuf,
    file: File,
}

impl CommandFile {
    /// Opens the file that the variable names.
    pub(crate) fn open(variable: &'static str, environment: &Environment) -> Result<Self, GitHubError> {
        let path = environment.variable(variable).ok_or(GitHubError::NotSet(variable))?;
        let path = environment.working_directory().join(path);
        match OpenOptions::new().read(true).append(true).create(true).open(&path) {
            Ok(file) => Ok(CommandFile { variable, path, file }),
            Err(source) => Err(GitHubError::Write { variable, path, source }),
        }
    }

    /// Adds text that begins on a line of its own.
    pub(crate) fn append(&mut self, text: &[u8]) -> Result<(), GitHubError> {
        if text.is_empty() {
            return Ok(());
        }
        let separator: &[u8] = if self.lacks_end_of_line() { b"\n" } else { b"" };
        let written = self.file.write_all(&[separator, text].concat());
        written.map_err(|source| GitHubError::Write { variable: self.variable, path: self.path.clone(), source })
    }

    /// Whether what is appended would be taken for the rest of a line.
    fn lacks_end_of_line(&mut self) -> bool {
        let mut last = [b'\n'];
        self.file.seek(SeekFrom::End(-1)).and_then(|_| self.file.read_exact(&mut last)).is_ok() && last != [b'\n']
    }
}

/// A line that occurs in no text.
pub(crate) fn delimiter() -> Result<String, GitHubError> {
    Ok(format!("spread_cron_{}", token()?))
}

/// Where the operating system gives random bytes.
const RANDOM: &str = "/dev/urandom";

/// A word that cannot be guessed.
pub(crate) fn token() -> Result<String, GitHubError> {
    let mut bytes = [0; 16];
    File::open(RANDOM).and_then(|mut file| file.read_exact(&mut bytes)).map_err(GitHubError::Random)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_words() {
        let tokens = [token().unwrap(), token().unwrap()];
        assert_ne!(tokens[0], tokens[1]);
        for token in tokens {
            assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        }
    }
}
