//! How people see the work of a customization; `customize` and `run` show the same.

use super::format::count;
use crate::core::customization::{ChangeKind, TargetChange};
use crate::core::lines::Lost;
use crate::core::value::printable;
use crate::customize::CustomizeEvent;
use crate::ui::Ui;

pub(super) fn show_event(event: CustomizeEvent, ui: &mut Ui) {
    match event {
        CustomizeEvent::TargetRestored(target) => ui.warning(&format!(
            "put {} back to where it was before an earlier customization was killed; it may be half customized",
            target.display()
        )),
        CustomizeEvent::CannotMove { target, reason } => ui.warning(&format!(
            "{} cannot be moved ({reason}), so actions.sh sees it through a link: `..` of it is the folder where it really lies",
            target.display()
        )),
        CustomizeEvent::ActionsNotExecutable => ui.warning("actions.sh is not an executable file, and does not run"),
        CustomizeEvent::RunningActions => ui.status("Running actions.sh."),
        CustomizeEvent::ReadingVariables => ui.detail("Reading custom/env.sh."),
    }
}

pub(super) fn show_changes(changes: &[TargetChange], ui: &mut Ui) {
    for TargetChange { path, kind } in changes {
        let path = printable(path.as_bytes());
        match kind {
            ChangeKind::Added => ui.status(&format!("+ {path}  added")),
            ChangeKind::Replaced(lost) => ui.status(&format!("* {path}  replaced, {}", thrown_away(*lost))),
            ChangeKind::Removed => ui.status(&format!("- {path}  removed")),
            ChangeKind::Unchanged => ui.detail(&format!("= {path}  unchanged")),
        }
    }
}

fn thrown_away(lost: Lost) -> String {
    match lost {
        Lost::Lines(0) => "no line of the old file thrown away".to_owned(),
        Lost::Lines(1) => "1 line of the old file thrown away".to_owned(),
        Lost::Lines(lines) => format!("{lines} lines of the old file thrown away"),
        Lost::NotText => "not text, or too long to count lines".to_owned(),
    }
}

pub(super) fn summary(changes: &[TargetChange]) -> String {
    let number = |is: fn(&ChangeKind) -> bool| changes.iter().filter(|change| is(&change.kind)).count();
    let parts = [
        (number(|kind| matches!(kind, ChangeKind::Added)), "added"),
        (number(|kind| matches!(kind, ChangeKind::Replaced(_))), "replaced"),
        (number(|kind| matches!(kind, ChangeKind::Removed)), "removed"),
        (number(|kind| matches!(kind, ChangeKind::Unchanged)), "unchanged"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(*number, "file", "files")))
        .collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}
