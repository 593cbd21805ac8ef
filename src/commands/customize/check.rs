//! `git spread-cron customize --check`: which files of an overlay are stale.

use gix::ObjectId;

use super::super::format::{count, for_people, width};
use super::resource::{CurrentResource, found};
use crate::cli::CustomizeArgs;
use crate::context::Context;
use crate::core::lines::Lost;
use crate::core::value::printable;
use crate::customize::ReadError;
use crate::customize::originals::{Checked, Fate, Hidden, OriginalsError, check};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::repository::open_other;
use crate::ui::{Paint, Ui};

pub(super) fn run(
    args: &CustomizeArgs,
    environment: &Environment,
    context: &Context,
    resource: &CurrentResource,
    commit: ObjectId,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let path = environment.working_directory().join(&args.target);
    let target = open_other(&path).map_err(|err| {
        CommandError::cannot(format!("{} is no clone whose history could be looked at", args.target.display()))
            .because(err)
            .hint("name the top folder of a clone of the target")
    })?;
    let found = found(args, context, resource, commit)?;
    found.options.as_ref().map_err(|err| CommandError::from(ReadError::from(err.clone())))?;
    let checked = check(&context.repository.local(), &found.origin, &target).map_err(|err| explain(err, args))?;
    if checked.is_empty() {
        ui.status(&format!("The overlay of {} has no files.", resource.name));
        return Ok(Exit::Success);
    }
    let width = width(checked.iter().map(|file| file.path.as_str()), 60);
    let is_quiet = ui.is_quiet();
    for Checked { path, fate } in checked.iter().filter(|file| !is_quiet || file.fate.is_stale()) {
        let (symbol, paint) = look(fate);
        let line = format!(
            "{} {:width$}  {}",
            ui.paint(paint, symbol),
            printable(path.as_bytes()),
            ui.paint(paint, &what_became(fate))
        );
        ui.line(&line);
    }
    let stale = checked.iter().filter(|file| file.fate.is_stale()).count();
    if checked.iter().any(|file| file.fate == Fate::Unknown(Hidden::InTarget)) {
        ui.warning("the target is a shallow clone; see more with: git fetch --unshallow, in the target");
    }
    if checked.iter().any(|file| file.fate == Fate::Unknown(Hidden::InResource)) {
        ui.warning("this shallow clone hides when files were written; see more with: git fetch --unshallow");
    }
    let unknown = checked.iter().filter(|file| matches!(file.fate, Fate::Unknown(_))).count();
    let unknown_too = if unknown > 0 { format!(", {unknown} unknown") } else { String::new() };
    ui.status(&format!("{} of {} stale{unknown_too}.", count(stale, "file", "files"), checked.len()));
    // What is not known is not known to be right.
    Ok(if stale + unknown > 0 { Exit::SomeFailed } else { Exit::Success })
}

fn look(fate: &Fate) -> (&'static str, Paint) {
    match fate {
        Fate::Unchanged | Fate::New => ("=", Paint::Faint),
        Fate::SameAsOurs => ("=", Paint::Odd),
        Fate::Unknown(_) => ("?", Paint::Odd),
        Fate::Changed { .. } | Fate::Gone { .. } | Fate::Appeared { .. } => ("!", Paint::Bad),
    }
}

fn what_became(fate: &Fate) -> String {
    let since =
        |since: &Option<gix::date::Time>| since.map(|time| format!(" since {}", for_people(time))).unwrap_or_default();
    match fate {
        Fate::Unchanged => "the original is unchanged".to_owned(),
        Fate::New => "new, without an original".to_owned(),
        Fate::SameAsOurs => "the target has the same file by now".to_owned(),
        Fate::Unknown(Hidden::InTarget) => "unknown, the target is a shallow clone".to_owned(),
        Fate::Unknown(Hidden::InResource) => "unknown, this is a shallow clone".to_owned(),
        Fate::Gone { since: time } => format!("the original is gone{}", since(time)),
        Fate::Appeared { since: time } => format!("the target has a file of its own there{}", since(time)),
        Fate::Changed { lines, since: time } => {
            let lines = match lines {
                Some(Lost::Lines(1)) => ", 1 line differs".to_owned(),
                Some(Lost::Lines(lines)) => format!(", {lines} lines differ"),
                Some(Lost::NotText) | None => String::new(),
            };
            format!("the original has changed{}{lines}", since(time))
        }
    }
}

fn explain(err: OriginalsError, args: &CustomizeArgs) -> CommandError {
    let cannot = || CommandError::cannot(format!("cannot check the overlay against {}", args.target.display()));
    match err {
        OriginalsError::Target(_) | OriginalsError::NoHead => {
            cannot().because(err).hint(format!("check {}: git fsck", args.target.display()))
        }
        OriginalsError::Resource(_) | OriginalsError::Tree(_) => {
            cannot().because(err).hint("check the repository: git fsck")
        }
    }
}
