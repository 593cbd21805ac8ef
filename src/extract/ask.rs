//! Asking a shell for the settings of a launch, where the options do not say them plainly.

use super::Extractors;
use super::error::{ARGV0, ExtractError};
use crate::core::exit::ProcessExit;

/// POSIX. What options print is not an answer, and they may `set -eu`.
const SCRIPT: &str = r#"__spread_cron_options=$1
set --
. "$__spread_cron_options" >&2
command printf '%s\0' "${target_repo-}" "${target_ref-}" "${spread-}""#;

/// The settings of a launch as a shell reports them; what is not set is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LaunchSettings {
    pub(crate) target_repo: Vec<u8>,
    pub(crate) target_ref: Vec<u8>,
    pub(crate) spread: Vec<u8>,
}

impl Extractors {
    /// Reads options, and tells the settings of a launch.
    ///
    /// # Errors
    ///
    /// The options are not valid, or the shell did not get to their end.
    pub(crate) fn launch_settings(
        &self,
        options: &[u8],
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<LaunchSettings, ExtractError> {
        let workspace = self.scratch.workspace(options, None)?;
        self.require_syntax(&workspace, interrupted)?;
        let mut command = std::process::Command::new(self.shell.path());
        command.env_clear().args(["-c", SCRIPT, ARGV0]).arg(workspace.options());
        let (finished, answer) = self.run_short(&mut command, &workspace, interrupted)?;
        let mut fields = answer.split(|byte| *byte == 0).map(<[u8]>::to_vec);
        match (finished.ending, fields.next(), fields.next(), fields.next(), fields.next()) {
            (ProcessExit::Status(0), Some(target_repo), Some(target_ref), Some(spread), Some(_)) => {
                Ok(LaunchSettings { target_repo, target_ref, spread })
            }
            (ending, ..) => {
                let stderr = super::error::last_words(&finished.stderr, &workspace.places());
                Err(ExtractError::OptionsEnded { ending, stderr })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Shell, clean_environment};

    fn ask(options: &str) -> Result<LaunchSettings, ExtractError> {
        let shell = Shell::find(Some("sh"), None).unwrap();
        let path = std::env::vars_os().filter(|(name, _)| name == "PATH");
        let extractors =
            Extractors::new(&shell, clean_environment(path, &[]), crate::extract::Isolation::none()).unwrap();
        extractors.launch_settings(options.as_bytes(), &|| false)
    }

    #[test]
    fn the_shell_tells() {
        let settings =
            ask("echo noise\nset -eu\ntarget_repo=$(echo https://x/y)\nspread=\"spread -v 'a b'\"\nfalse || :")
                .unwrap();
        assert_eq!(settings.target_repo, b"https://x/y");
        assert_eq!(settings.target_ref, b"");
        assert_eq!(settings.spread, b"spread -v 'a b'");
        assert_eq!(ask("[ 1 = 2 ]").unwrap(), LaunchSettings::default(), "a failed test at the end is no failure");
    }

    #[test]
    fn options_that_end_too_early() {
        assert!(matches!(ask("exit 0"), Err(ExtractError::OptionsEnded { .. })));
        assert!(matches!(ask("set -e\nfalse"), Err(ExtractError::OptionsEnded { .. })));
        assert!(matches!(ask("spread='"), Err(ExtractError::Syntax(_))));
    }
}
