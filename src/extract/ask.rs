//! Asking a shell for settings, where the options do not say them plainly.

use super::Extractors;
use super::error::{ARGV0, ExtractError};
use crate::core::exit::ProcessExit;
use crate::core::options::Key;

/// POSIX. What options print is not an answer, and they may `set -eu`. The variables follow.
const SCRIPT: &str = r#"__spread_cron_options=$1
set --
. "$__spread_cron_options" >&2
command printf '%s\0'"#;

impl Extractors {
    /// Reads options, and gives the texts of keys; what is not set is empty.
    ///
    /// # Errors
    ///
    /// The options are not valid, or the shell did not get to their end.
    pub(crate) fn texts(
        &self,
        options: &[u8],
        keys: &[Key],
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Vec<u8>>, ExtractError> {
        let workspace = self.scratch.workspace(options, None)?;
        self.require_syntax(&workspace, interrupted)?;
        let variables: String = keys.iter().map(|key| format!(" \"${{{}-}}\"", key.name())).collect();
        let mut command = std::process::Command::new(self.shell.path());
        command.env_clear().args(["-c", &format!("{SCRIPT}{variables}"), ARGV0]).arg(workspace.options());
        let (finished, answer) = self.run_short(&mut command, &workspace, interrupted)?;
        // A NUL follows each of them.
        let mut texts: Vec<_> = answer.split(|byte| *byte == 0).map(<[u8]>::to_vec).collect();
        texts.pop();
        match finished.ending {
            ProcessExit::Status(0) if texts.len() == keys.len() => Ok(texts),
            ending @ (ProcessExit::Status(_) | ProcessExit::Signal(_)) => {
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

    fn ask(options: &str) -> Result<Vec<String>, ExtractError> {
        let shell = Shell::find(Some("sh"), None).unwrap();
        let path = std::env::vars_os().filter(|(name, _)| name == "PATH");
        let extractors =
            Extractors::new(&shell, clean_environment(path, &[]), crate::extract::Isolation::none()).unwrap();
        let texts = extractors.texts(options.as_bytes(), &Key::OF_LAUNCHES, &|| false)?;
        Ok(texts.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
    }

    #[test]
    fn the_shell_tells() {
        let settings =
            ask("echo noise\nset -eu\ntarget_repo=$(echo https://x/y)\nspread=\"spread -v 'a b'\"\nfalse || :")
                .unwrap();
        assert_eq!(settings, ["https://x/y", "", "spread -v 'a b'", "", "", "", ""]);
        assert_eq!(ask("[ 1 = 2 ]").unwrap(), [""; 7], "a failed test at the end is no failure");
    }

    #[test]
    fn options_that_end_too_early() {
        assert!(matches!(ask("exit 0"), Err(ExtractError::OptionsEnded { .. })));
        assert!(matches!(ask("set -e\nfalse"), Err(ExtractError::OptionsEnded { .. })));
        assert!(matches!(ask("spread='"), Err(ExtractError::Syntax(_))));
    }
}
