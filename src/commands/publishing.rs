//! What commands that move references do around it: bring the branches up to date, publish, and tell of locks that a poll
//! which was killed had left.

use super::notices::warn_removed_lock;
use crate::context::Context;
use crate::error::CommandError;
use crate::git::branches::Source;
use crate::git::commit_writer::CommitWriter;
use crate::git::publish::publish;
use crate::git::refresh::refresh;
use crate::git::update::{Update, Verdict};
use crate::ui::Ui;

/// Fetches the branches, where there is a remote.
pub(super) fn bring_up_to_date(context: &mut Context, ui: &mut Ui) -> Result<(), CommandError> {
    let Source::Remote(remote) = &context.source else { return Ok(()) };
    let refreshed = refresh(&context.repository, &context.git, remote)?;
    refreshed.removed.iter().for_each(|path| warn_removed_lock(path, ui));
    context.repository = refreshed.repository;
    Ok(())
}

/// Moves each reference by compare-and-swap, and says what became of each, in the same order. `log` is for the reflogs.
pub(super) fn publish_updates(
    context: &Context,
    writer: &CommitWriter,
    updates: &[Update],
    log: &str,
    ui: &mut Ui,
) -> Result<Vec<Verdict>, CommandError> {
    let Context { repository, git, source, .. } = context;
    let (verdicts, removed) = publish(repository, git, source, writer, updates, log)
        .map_err(|err| CommandError::cannot("cannot begin to change references").because(err))?;
    removed.iter().for_each(|path| warn_removed_lock(path, ui));
    Ok(verdicts)
}
