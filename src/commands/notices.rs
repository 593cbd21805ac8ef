//! What several commands say in the same words.

use std::path::Path;

use super::format;
use crate::context::Context;
use crate::core::value::printable;
use crate::error::CommandError;
use crate::git::branches::{Source, Unlisted, bring_branches};
use crate::git::transaction::Progress;
use crate::resources::{Unpaired, unpaired};
use crate::ui::Ui;

/// Says that the state commits of a resource are not known, and why.
pub(super) fn untold(name: &str, reason: String) -> CommandError {
    CommandError::cannot(format!("cannot tell the state commits of {name}"))
        .because(reason)
        .hint(format!("check its options: git spread-cron lint {name}"))
}

/// Says that there is nothing to work on, and how to change that. A poll has just fetched; the others read what is here.
pub(super) fn say_no_resources(context: &Context, patterns: &[String], fetched: bool, ui: &mut Ui) {
    if !patterns.is_empty() {
        ui.status("None of the branches that match is a resource.");
        return;
    }
    let place = match (&context.source, fetched) {
        (Source::Remote(remote), true) => format!("There are no resources on {remote} yet."),
        (Source::Remote(remote), false) => {
            let bring = bring_branches(&context.repository.local(), remote);
            format!("No resources of {remote} are known here; if there are any, run: {bring}.")
        }
        (Source::Local, _) => "There are no resources in this repository yet.".to_owned(),
    };
    ui.status(&format!("{place} Create one with: git spread-cron add BRANCH --message TEXT --extractor COMMAND"));
    ui.status("See what can be watched out of the box: git spread-cron catalog");
}

/// Says, where files lie in folders of the default branch, which folders have no branch and which branches have no folder.
pub(super) fn tell_unpaired(context: &Context, ui: &mut Ui) -> Result<(), CommandError> {
    let Context { repository, git, source, paths, .. } = context;
    let Some(Unpaired { default, folders, branches }) = unpaired(repository, git, source, paths)? else {
        return Ok(());
    };
    if !folders.is_empty() {
        let names = some_of(&folders);
        ui.status(&format!("Switched off, as they have a folder on {default} and no branch: {names}."));
    }
    if !branches.is_empty() {
        let names = some_of(&branches);
        ui.status(&format!("No resources, as they are branches without a folder on {default}: {names}."));
    }
    Ok(())
}

/// The first of many names.
pub(super) fn some_of(names: &[String]) -> String {
    const MOST: usize = 20;
    let shown = names.iter().take(MOST).map(|name| printable(name.as_bytes())).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Warns about branches that were left out.
pub(super) fn warn_unlisted(unlisted: &Unlisted, ui: &mut Ui) {
    let Unlisted { names, broken } = unlisted;
    if *names > 0 {
        let branches = format::count(*names, "branch", "branches");
        ui.warning(&format!("left out {branches} with a name that is not UTF-8 or begins with a dash"));
    }
    for reason in broken {
        ui.warning(&format!("left out a branch that cannot be read: {reason}"));
    }
}

/// Warns that a process that was killed had left a lock file.
pub(super) fn warn_removed_lock(path: &Path, ui: &mut Ui) {
    ui.warning(&format!("removed {}, left behind by a poll that was killed", path.display()));
}

/// Shows how far the recording has come.
pub(super) fn show_progress(progress: Progress, ui: &mut Ui) {
    let number = |number| format::count(number, "branch", "branches");
    match progress {
        Progress::Recording(branches) => ui.detail(&format!("Recording on {}.", number(branches))),
        Progress::RemovedLock(path) => warn_removed_lock(&path, ui),
        Progress::LookingAgain(branches) => {
            ui.detail(&format!("Another process moved {}; looking again.", number(branches)));
        }
    }
}
