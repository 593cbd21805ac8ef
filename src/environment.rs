//! Variables, working directory, clock and terminals of the process: read once at the top, and passed down.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use gix::bstr::BString;

/// The repository that is polled, for a `git spread-cron` that an extractor starts: its working directory is empty, so there
/// is no repository to find.
pub(crate) const GIT_DIR: &str = "SPREAD_CRON_GIT_DIR";
/// The remote whose branches are polled; a dot for the local ones, as in git's `branch.NAME.remote`.
pub(crate) const REMOTE: &str = "SPREAD_CRON_REMOTE";
/// Where options files lie, one path on each line; not set where git's configuration says so.
pub(crate) const OPTIONS_PATHS: &str = "SPREAD_CRON_OPTIONS_PATHS";
/// Where the files of resources lie, as `--layout` has it; not set where git's configuration says so.
pub(crate) const LAYOUT: &str = "SPREAD_CRON_LAYOUT";

/// Environment variables, working directory, clock and terminal of the process.
#[derive(Clone, Debug)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    working_directory: PathBuf,
    program: PathBuf,
    terminals: Terminals,
    now: fn() -> gix::date::Time,
    interrupted: fn() -> bool,
    forget_interrupt: fn(),
}

/// Which standard streams are terminals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminals {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
}

impl Environment {
    /// Reads all of it from the operating system.
    pub fn of_process() -> Self {
        Environment {
            variables: std::env::vars_os().collect(),
            working_directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("git-spread-cron")),
            terminals: Terminals {
                stdin: std::io::stdin().is_terminal(),
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
            },
            now: gix::date::Time::now_local_or_utc,
            interrupted: gix::interrupt::is_triggered,
            forget_interrupt: gix::interrupt::reset,
        }
    }

    /// The same without some variables.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        let mut environment = self.clone();
        environment.variables.retain(|name, _| !names.iter().any(|left_out| name == left_out));
        environment
    }

    /// All variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (OsString, OsString)> + '_ {
        self.variables.iter().map(|(name, value)| (name.clone(), value.clone()))
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn working_directory(&self) -> &Path {
        &self.working_directory
    }

    /// The executable of this process.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    pub(crate) fn terminals(&self) -> Terminals {
        self.terminals
    }

    /// The clock.
    pub(crate) fn now(&self) -> fn() -> gix::date::Time {
        self.now
    }

    /// Whether a signal asked the process to end.
    pub(crate) fn interrupted(&self) -> fn() -> bool {
        self.interrupted
    }

    /// Resets the flag of [`Self::interrupted`], so that the next signal can be noticed.
    pub(crate) fn forget_interrupt(&self) -> fn() {
        self.forget_interrupt
    }

    /// The settings of `git -c KEY=VALUE spread-cron`, which git hands on in `GIT_CONFIG_PARAMETERS`, quoted for a shell.
    pub(crate) fn config_parameters(&self) -> Vec<BString> {
        let parameters = self.variable("GIT_CONFIG_PARAMETERS").and_then(OsStr::to_str).unwrap_or_default();
        shell_words::split(parameters).unwrap_or_default().into_iter().map(BString::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_git_are_unquoted() {
        let mut environment = Environment::of_process();
        let set = "'spread-cron.remote'='a b' 'user.name=it'\\''s' 'core.bare'=";
        environment.variables.insert("GIT_CONFIG_PARAMETERS".into(), set.into());
        assert_eq!(environment.config_parameters(), ["spread-cron.remote=a b", "user.name=it's", "core.bare="]);
    }
}
