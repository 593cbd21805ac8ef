//! `git spread-cron customize`: apply the customization of a resource to a target.

mod check;
mod variables;

use std::path::Path;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::format::count;
use crate::cli::CustomizeArgs;
use crate::context::{Context, listen_for_signals};
use crate::core::customization::{Change, ChangeKind, Customization};
use crate::core::lines::Lost;
use crate::core::name::nearest;
use crate::core::value::printable;
use crate::customize::{CustomizeError, Event, ReadError, Surroundings, customize, read_fetching, read_worktree};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::extract::Shell;
use crate::git::branches::{self, BranchError};
use crate::git::commit::{CommitError, resolve_commit};
use crate::git::worktree_files::PlantError;
use crate::ui::Ui;

pub(super) fn run(args: &CustomizeArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    // The first signal asks for a clean end, the second one gets its own way.
    listen_for_signals(1)?;
    let context = Context::new(environment, &args.source)?;
    let resource = resource(args, &context)?;
    if args.check {
        let commit = commit(args, &context, &resource)?;
        return check::run(args, environment, &context, &resource, commit, ui);
    }
    let sink = variables::Sink::open(args, environment)?;
    let customization = read(args, environment, &context, &resource)?;
    let shell = Shell::find(context.config.shell.as_deref(), environment.variable("PATH")).map_err(|err| {
        CommandError::cannot("cannot read custom/env.sh")
            .because(err)
            .hint("name a shell: git config spread-cron.shell PROGRAM")
    })?;
    let told = [("SPREAD_CRON_RESOURCE", Some(resource.name.as_str()))];
    let surroundings = Surroundings { environment, shell: &shell, told: &told };
    let mut on_event = |event| show_event(event, ui);
    let done = customize(&customization, &args.target, &surroundings, &mut on_event);
    let done = done.map_err(|err| {
        show_changes(err.changes(), ui);
        explain(err, &args.target, &resource.name)
    })?;
    show_changes(&done.changes, ui);
    ui.status(&format!("Customized {} for {}{}.", args.target.display(), resource.name, summary(&done.changes)));
    sink.take(&done.variables, args, environment, ui)
}

/// Whose customization it is.
struct Resource {
    name: String,
    /// Where its branch stands.
    tip: Option<ObjectId>,
}

fn resource(args: &CustomizeArgs, context: &Context) -> Result<Resource, CommandError> {
    let repo = context.repository.local();
    if let Some(name) = &args.resource {
        let tip = branches::tip(&repo, &format!("{}{name}", context.source.prefix()))?;
        if tip.is_none() && args.commit.is_none() && !args.worktree {
            let (known, _) = branches::list(&repo, &context.source)?;
            let near = nearest(name, known.iter().map(|branch| branch.name.as_str())).map(str::to_owned);
            return Err(BranchError::Unmatched { pattern: name.clone(), near }.into());
        }
        return Ok(Resource { name: name.clone(), tip });
    }
    let head = repo.head_name().ok().flatten();
    let name = head.as_ref().and_then(|head| head.as_bstr().strip_prefix(b"refs/heads/"));
    let Some(name) = name.and_then(|name| name.to_str().ok()) else {
        return Err(CommandError::usage("HEAD is on no branch, so there is no current resource")
            .hint("name one: --resource NAME"));
    };
    Ok(Resource { name: name.to_owned(), tip: repo.head_id().ok().map(gix::Id::detach) })
}

fn commit(args: &CustomizeArgs, context: &Context, resource: &Resource) -> Result<ObjectId, CommandError> {
    match &args.commit {
        Some(text) => resolve_commit(&context.repository.local(), text).map_err(CommandError::from),
        None => resource.tip.ok_or_else(|| {
            CommandError::cannot(format!("the branch {} has no commit yet", resource.name))
                .hint("commit its options, or take the files as they lie: --worktree")
        }),
    }
}

fn read(
    args: &CustomizeArgs,
    environment: &Environment,
    context: &Context,
    resource: &Resource,
) -> Result<Customization, CommandError> {
    if args.worktree {
        let repo = context.repository.local();
        let Some(worktree) = repo.workdir() else {
            return Err(CommandError::cannot("this repository has no work tree").hint("leave --worktree out"));
        };
        let worktree = environment.working_directory().join(worktree);
        let target = environment.working_directory().join(&args.target);
        return Ok(read_worktree(&worktree, &resource.name, &context.paths, &target)?);
    }
    let commit = commit(args, context, resource)?;
    Ok(read_fetching(&context.repository, &context.git, commit, &resource.name, &context.paths)?)
}

pub(super) fn show_event(event: Event, ui: &mut Ui) {
    match event {
        Event::TargetRestored(target) => ui.warning(&format!(
            "put {} back to where it was before an earlier customization was killed; it may be half customized",
            target.display()
        )),
        Event::CannotMove { target, reason } => ui.warning(&format!(
            "{} cannot be moved ({reason}), so actions.sh sees it through a link: `..` of it is the folder where it really lies",
            target.display()
        )),
        Event::ActionsNotExecutable => ui.warning("actions.sh is not an executable file, and does not run"),
        Event::RunningActions => ui.status("Running actions.sh."),
        Event::ReadingVariables => ui.detail("Reading custom/env.sh."),
    }
}

pub(super) fn show_changes(changes: &[Change], ui: &mut Ui) {
    for Change { path, kind } in changes {
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

pub(super) fn summary(changes: &[Change]) -> String {
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

/// What to tell a person about a target that is not customized.
fn explain(err: CustomizeError, target: &Path, resource: &str) -> CommandError {
    if err.is_interrupt() {
        let what = format!("interrupted while customizing {}", target.display());
        return CommandError::interrupted(what);
    }
    let hint = match &err {
        CustomizeError::Overlay(_) | CustomizeError::ParentIsLink(_) => {
            format!("do it in an actions.sh of {resource} instead, or take it out of custom/")
        }
        CustomizeError::FolderInTheWay(_) | CustomizeError::FileInTheWay { .. } => {
            format!("has the target changed? remove what is in the way in an actions.sh of {resource}")
        }
        CustomizeError::NotAFolder(_) | CustomizeError::Target(..) => "name the folder of a target".to_owned(),
        CustomizeError::Busy(_) => "wait until it has ended".to_owned(),
        CustomizeError::TwoTargets { .. } | CustomizeError::NotRestored { .. } => {
            "move the one you want to where the target belongs, and remove the other one".to_owned()
        }
        CustomizeError::TargetGone(scratch) => format!("take from {} what you need, and remove it", scratch.display()),
        CustomizeError::Look { .. } | CustomizeError::Write { .. } => {
            "make it possible and run the same command again: what is done is not done twice".to_owned()
        }
        CustomizeError::Scratch { .. } => "check that there is space, and that TMPDIR is writable".to_owned(),
        CustomizeError::Start(_) => format!("check the first line of the actions.sh of {resource}"),
        CustomizeError::Actions { .. } => format!("its output is above; the script is actions.sh of {resource}"),
        CustomizeError::Variables { .. } => format!("check custom/env.sh of {resource}; its output is above"),

        CustomizeError::Interrupted { .. } => String::new(),
    };
    CommandError::cannot(format!("cannot customize {}", target.display())).because(err).hint(hint)
}

impl From<CommitError> for CommandError {
    fn from(err: CommitError) -> Self {
        match err {
            CommitError::Unknown(_) => CommandError::usage(err.to_string())
                .hint("give the name of a branch or tag, or an id of at least four digits: git log"),
            CommitError::Ambiguous(_) => CommandError::usage(err.to_string()).hint("give more of its digits"),
            CommitError::Read(..) => {
                CommandError::cannot(crate::error::chain(&err)).hint("check the repository: git fsck")
            }
        }
    }
}

impl From<ReadError> for CommandError {
    fn from(err: ReadError) -> Self {
        let hint = match err {
            ReadError::NotAResource { .. } => {
                return CommandError::usage(err.to_string())
                    .hint("name a resource: --resource NAME; see what there is: git spread-cron status");
            }
            ReadError::Reopen(err) => return err.into(),
            ReadError::Missing(_) | ReadError::Fetch(..) => "fetch it: git fetch --refetch",
            ReadError::Worktree(PlantError::Git(_)) => {
                "take it out, or customize from what is committed: no --worktree"
            }
            ReadError::Options(_) | ReadError::Export(_) | ReadError::Worktree(_) => "check the files of the resource",
        };
        CommandError::cannot("cannot read the customization").because(err).hint(hint)
    }
}
