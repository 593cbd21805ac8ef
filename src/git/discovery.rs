//! What git itself says of the repository of a folder, where gix is known to judge otherwise.
//!
//! gix 0.90 knows `safe.directory` from files alone, takes `PATH/*` for PATH itself, does not know `safe.bareRepository`, looks
//! into the folders of `GIT_CEILING_DIRECTORIES`, and opens a folder whose HEAD git cannot use (see GitoxideLabs/gitoxide#1912
//! for its idea of trust). Asking git costs a process, so it is asked only where that matters.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gix::bstr::ByteSlice;
use gix::sec::Trust;

use super::program::{complaint, find_git};
use crate::environment::Environment;
use crate::process::{self, Run};

/// The answer of git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GitSays {
    /// This is the folder with `HEAD`.
    Works(PathBuf),
    /// It does not work there, in its own words.
    Refuses(String),
    /// git cannot be asked.
    Nothing,
}

/// Asks git which repository the working directory is in.
pub(super) fn ask_git(environment: &Environment) -> GitSays {
    /// git looks at some files; one that hangs has another problem.
    const TIME_LIMIT: Duration = Duration::from_secs(10);
    let mut command = Command::new(find_git(environment.variable("PATH")));
    command.args(["rev-parse", "--absolute-git-dir"]).current_dir(environment.working_directory());
    command.env("LC_ALL", "C");
    let interrupted = environment.interrupted();
    match process::run(&mut command, &Run::captured("rev-parse", TIME_LIMIT, &interrupted)) {
        Ok(answer) if answer.status.success() => {
            GitSays::Works(PathBuf::from(std::ffi::OsStr::from_bytes(answer.stdout.trim_end_with(|c| c == '\n'))))
        }
        Ok(answer) => GitSays::Refuses(complaint(&answer.stderr, answer.status)),
        Err(_) => GitSays::Nothing,
    }
}

/// Whether git may judge otherwise of a repository that gix found and opened.
pub(super) fn is_doubtful(repo: &gix::Repository, environment: &Environment) -> bool {
    let is_foreign = |path: &Path| matches!(Trust::from_path_ownership(path), Ok(Trust::Reduced) | Err(_));
    let top = repo.workdir().unwrap_or(repo.git_dir());
    is_foreign(repo.git_dir())
        || is_foreign(top)
        || (repo.is_bare() && repo.config_snapshot().string("safe.bareRepository").is_some())
        || is_ceiling(top, environment)
        || repo.head().is_err()
}

/// Whether a folder above the working directory must not be looked into.
fn is_ceiling(top: &Path, environment: &Environment) -> bool {
    let Some(ceilings) = environment.variable("GIT_CEILING_DIRECTORIES") else { return false };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let top = real(top);
    top != real(environment.working_directory()) && std::env::split_paths(ceilings).any(|ceiling| real(&ceiling) == top)
}
