//! How the commands isolate what they start: the mode, and what may be reached.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::core::isolation::IsolationMode;
use crate::error::CommandError;
use crate::extract::{Isolation, Reachable, Shell};

/// Prepares to start extractors with this environment, which may read `more` besides the system.
pub(crate) fn isolate(
    mode: IsolationMode,
    shell: &Shell,
    environment: &[(OsString, OsString)],
    more: &[PathBuf],
) -> Result<Isolation, CommandError> {
    let reachable = || {
        let variables = environment.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        Reachable::new(variables, shell.path(), more)
    };
    Isolation::prepare(mode, reachable).map_err(|err| {
        CommandError::cannot("extractors cannot be isolated as required")
            .because(err)
            .hint("poll on a newer kernel, or ask for less: --isolation auto, or git config spread-cron.isolation auto")
    })
}
