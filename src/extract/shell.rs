//! The shell that reads options and runs extractors: which program it is, and its arguments.
//!
//! Only builds commands, each with an environment that is still empty.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::DEFAULT_PATH;
use super::error::{ARGV0, ExtractError};
use crate::files::is_program;

const SCRIPT: &str = include_str!("extractor.sh");

/// An absolute path: with a bare name and an environment of its own, a process is started by a slow `fork`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shell(PathBuf);

impl Shell {
    /// The configured shell, a name or a path; else bash; else sh.
    ///
    /// # Errors
    ///
    /// When there is no such program.
    pub(crate) fn find(configured: Option<&str>, path_var: Option<&OsStr>) -> Result<Self, ExtractError> {
        let names = match configured {
            Some(name) => vec![name],
            None => vec!["bash", "sh"],
        };
        let path_var = path_var.filter(|path| !path.is_empty()).unwrap_or(OsStr::new(DEFAULT_PATH));
        let found = names.iter().find_map(|name| {
            let candidates = if name.contains('/') {
                vec![PathBuf::from(name)]
            } else {
                std::env::split_paths(path_var).map(|dir| dir.join(name)).collect()
            };
            candidates.into_iter().find(|path| is_program(path)).and_then(|path| std::path::absolute(path).ok())
        });
        // Without a configured name both were looked for, and sh is the one that every system should have.
        found.map(Shell).ok_or_else(|| ExtractError::NoShell { name: names.last().copied().unwrap_or("sh").to_owned() })
    }

    /// Where the program is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The command that reads `options`, and then runs the extractor if it is answered.
    pub(super) fn extract(&self, options: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().args(["-c", SCRIPT, ARGV0]).arg(options);
        command
    }

    /// The command that reads `options` without executing anything.
    pub(super) fn check(&self, options: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().arg("-n").arg(options);
        command
    }

    /// The command that fails in a shell without pipefail.
    pub(super) fn ask_for_pipefail(&self) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().args(["-c", "set -o pipefail"]);
        command
    }
}

/// The variable `name` of an environment.
pub(super) fn variable<'a>(environment: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_os_str())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(dir: &Path, name: &str, mode: u32) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn bash_is_preferred_to_sh_wherever_it_lies() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path_var = std::env::join_paths([one.path(), two.path()]).unwrap();
        let find = |configured| Shell::find(configured, Some(&path_var));
        assert!(matches!(find(None), Err(ExtractError::NoShell { name }) if name == "sh"));
        let sh = program(one.path(), "sh", 0o755);
        program(one.path(), "bash", 0o644);
        assert_eq!(find(None).unwrap().path(), sh);
        let bash = program(two.path(), "bash", 0o755);
        assert_eq!(find(None).unwrap().path(), bash);
        assert_eq!(find(Some("sh")).unwrap().path(), sh);
        assert_eq!(find(Some(bash.to_str().unwrap())).unwrap().path(), bash);
        assert!(matches!(find(Some("zsh")), Err(ExtractError::NoShell { name }) if name == "zsh"));
        assert!(matches!(find(Some("/nowhere/zsh")), Err(ExtractError::NoShell { .. })));
    }

    #[test]
    fn without_a_path_the_usual_places_are_searched() {
        assert!(Shell::find(Some("sh"), None).unwrap().path().is_absolute());
    }
}
