//! `git spread-cron customize`: apply the customization of a resource to a target.

mod check;
mod resource;
mod variables;

use std::path::Path;

use self::resource::{CurrentResource, commit, found, resource};
use super::customization::{show_changes, show_event, summary};
use crate::cli::CustomizeArgs;
use crate::context::{Context, listen_for_signals};
use crate::core::customization::Customization;
use crate::customize::{
    ActionsFiles, CustomizeError, ReadError, Surroundings, customize, read_fetching, read_worktree,
};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::extract::Shell;
use crate::git::tree::TreeError;
use crate::git::tree::backfill::BackfillError;
use crate::git::worktree_files::WorktreeFilesError;
use crate::resources::layout;
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
    let surroundings = Surroundings { environment, shell: &shell, told: &told, files: ActionsFiles::Written };
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

fn read(
    args: &CustomizeArgs,
    environment: &Environment,
    context: &Context,
    resource: &CurrentResource,
) -> Result<Customization, CommandError> {
    if args.worktree {
        let repo = context.repository.local();
        let Some(worktree) = repo.workdir() else {
            return Err(CommandError::cannot("this repository has no work tree").hint("leave --worktree out"));
        };
        let worktree = environment.working_directory().join(worktree);
        let target = environment.working_directory().join(&args.target);
        let layout = layout(&context.repository, &context.git, &context.paths)?;
        return Ok(read_worktree(&worktree, &resource.name, layout, &context.paths, &target)?);
    }
    let commit = commit(args, context, resource)?;
    let found = found(args, context, resource, commit)?;
    let options = found.options.map_err(ReadError::from)?;
    Ok(read_fetching(&context.repository, &context.git, &resource.name, options.folder)?)
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

impl From<ReadError> for CommandError {
    fn from(err: ReadError) -> Self {
        let hint = match err {
            ReadError::NotAResource { .. } => {
                return CommandError::usage(err.to_string())
                    .hint("name a resource: --resource NAME; see what there is: git spread-cron status");
            }
            ReadError::Tree(TreeError::Backfill(BackfillError::Reopen(err))) => return err.into(),
            ReadError::Tree(TreeError::Missing(_) | TreeError::Backfill(BackfillError::Fetch(..))) => {
                "fetch it: git fetch --refetch"
            }
            ReadError::Worktree(WorktreeFilesError::Git(_)) => {
                "take it out, or customize from what is committed: no --worktree"
            }
            ReadError::Options(_) | ReadError::Tree(_) | ReadError::Worktree(_) => "check the files of the resource",
        };
        CommandError::cannot("cannot read the customization").because(err).hint(hint)
    }
}
