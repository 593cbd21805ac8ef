//! What several commands say in the same words.

use std::path::Path;

use super::format;
use crate::error::CommandError;
use crate::git::branches::Source;
use crate::ui::Ui;

/// That the state commits of a resource cannot be told, and why.
pub(super) fn untold(name: &str, reason: String) -> CommandError {
    CommandError::cannot(format!("cannot tell the state commits of {name}"))
        .because(reason)
        .hint(format!("check its options: git spread-cron lint {name}"))
}

/// Says that there is nothing to work on, and how to change that. A poll has just fetched; the others read what is here.
pub(super) fn say_no_resources(source: &Source, patterns: &[String], fetched: bool, ui: &mut Ui) {
    if !patterns.is_empty() {
        ui.status("None of the branches that match is a resource.");
        return;
    }
    let place = match (source, fetched) {
        (Source::Remote(remote), true) => format!("There are no resources on {remote} yet."),
        (Source::Remote(remote), false) => {
            format!("No resources of {remote} are known here; if there are any, run: git fetch {remote}.")
        }
        (Source::Local, _) => "There are no resources in this repository yet.".to_owned(),
    };
    ui.status(&format!("{place} Create one with: git spread-cron add BRANCH --message TEXT --extractor COMMAND"));
    ui.status("See what can be watched out of the box: git spread-cron catalog");
}

/// Warns about branches that were left out.
pub(super) fn warn_left_out(count: usize, ui: &mut Ui) {
    if count > 0 {
        let branches = format::count(count, "branch", "branches");
        ui.warning(&format!("left out {branches} with a name that is not UTF-8 or begins with a dash"));
    }
}

/// Warns that a process that was killed had left a lock file.
pub(super) fn warn_removed_lock(path: &Path, ui: &mut Ui) {
    ui.warning(&format!("removed {}, left behind by a poll that was killed", path.display()));
}

/// Says that somebody else was faster.
pub(super) fn say_looking_again(branches: usize, ui: &mut Ui) {
    let branches = format::count(branches, "branch", "branches");
    ui.detail(&format!("Somebody else moved {branches}; looking again."));
}
