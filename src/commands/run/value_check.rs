//! Whether the resource still has the value that was launched: what a poll would see now, without recording it.

use std::process::Command;
use std::time::Duration;

use super::dry_run::source_options;
use crate::cli::SourceArgs;
use crate::core::value::printable;
use crate::environment::Environment;
use crate::process::{self, ProcessError, Run};

/// How long the look may take; extractors have limits of their own.
const LIMIT: Duration = Duration::from_secs(900);

/// Why the present value is not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum ValueCheckError {
    #[error(transparent)]
    Poll(#[from] ProcessError),
    #[error("{0}")]
    Failed(String),
}

/// The value that the resource has now; none if it has nothing to report.
pub(super) fn present_value(
    name: &str,
    source: &SourceArgs,
    environment: &Environment,
) -> Result<Option<String>, ValueCheckError> {
    let mut command = Command::new(environment.program());
    command
        .args(["poll", "--dry-run", "--no-fetch", "--force", "--format=json"])
        .args(source_options(source))
        .arg(name);
    command.current_dir(environment.working_directory()).env_clear().envs(environment.variables());
    let interrupted = environment.interrupted();
    let captured = process::run(&mut command, &Run::captured("the poll of it", LIMIT, &interrupted))?;
    let unreadable = || ValueCheckError::Failed(captured.last_words());
    let document: serde_json::Value = serde_json::from_slice(&captured.stdout).map_err(|_| unreadable())?;
    let polled = &document["resources"][0];
    let text = |field: &str| polled[field].as_str().map(str::to_owned);
    match polled["outcome"].as_str() {
        Some("unchanged") => Ok(text("old")),
        Some("changed" | "first") => Ok(text("new")),
        Some("no-value" | "manual") => Ok(None),
        Some(_) => Err(ValueCheckError::Failed(printable(text("error").unwrap_or_default().as_bytes()))),
        None => Err(unreadable()),
    }
}
