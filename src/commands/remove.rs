//! `git spread-cron remove`: delete the branches of resources, and say how to bring them back.

use std::collections::BTreeSet;

use super::publishing::{bring_up_to_date, publish_updates};
use crate::cli::RemoveArgs;
use crate::context::Context;
use crate::core::layout::Layout;
use crate::core::options::Options;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::branches::{Branch, Source, default_branch};
use crate::git::commit_writer::{CommitWriter, FixedDates};
use crate::git::update::{Update, Verdict};
use crate::resources::Resource;
use crate::ui::Ui;

pub(super) fn run(args: &RemoveArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    if let Some(pattern) = args.resources.iter().find(|name| name.contains(['*', '?', '['])) {
        return Err(CommandError::usage(format!("remove takes names, and {pattern:?} is a pattern"))
            .hint(format!("see which names it stands for: git spread-cron status {}", shell_words::quote(pattern))));
    }
    let mut context = Context::new(environment, &args.source)?;
    context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
    if !args.dry_run {
        bring_up_to_date(&mut context, ui)?;
    }
    let resources = context.gather(&args.resources, |_, resource| resource)?.resources;
    resources.iter().try_for_each(|resource| refuse_needed(&context, &resource.branch))?;
    let verdicts = match args.dry_run {
        true => resources.iter().map(|_| Verdict::Landed).collect(),
        false => delete(&context, environment, &resources, ui)?,
    };
    let mut errors = Vec::new();
    for (resource, verdict) in resources.iter().zip(verdicts) {
        match verdict {
            Verdict::Landed | Verdict::Gone => tell(&context, resource, args, ui),
            Verdict::Moved => errors.push(failure(&context, &resource.branch, "another process has just moved it")),
            Verdict::Declined(words) => {
                errors.push(failure(&context, &resource.branch, &format!("the remote declined it: {words}")));
            }
            Verdict::Failed(reason) => errors.push(failure(&context, &resource.branch, &reason)),
        }
    }
    warn_followers(&context, &resources, ui)?;
    if errors.len() == resources.len()
        && let Some(only) = errors.pop_if(|_| resources.len() == 1)
    {
        return Err(only);
    }
    errors.iter().for_each(|error| ui.error(error));
    Ok(if errors.is_empty() { Exit::Success } else { Exit::SomeFailed })
}

/// Refuses branches that are more than the state of a resource.
fn refuse_needed(context: &Context, branch: &Branch) -> Result<(), CommandError> {
    let repo = context.repository.local();
    let cannot = || CommandError::cannot(format!("{} is not removed", branch.name));
    if default_branch(&repo, &context.source).is_some_and(|default| default.name == branch.name.as_str()) {
        return Err(cannot().because("it is the default branch").hint("delete its options file, if it is no resource"));
    }
    let heads = repo.worktrees().into_iter().flatten().filter_map(|tree| {
        tree.into_repo_with_possibly_inaccessible_worktree().ok().and_then(|repo| repo.head_name().ok().flatten())
    });
    let mut heads = repo.head_name().ok().flatten().into_iter().chain(heads);
    if context.source == Source::Local && heads.any(|head| head.as_bstr() == branch.reference.as_str()) {
        return Err(cannot().because("it is checked out").hint("check out another branch first: git switch"));
    }
    Ok(())
}

/// Deletes the branches, each by compare-and-swap.
fn delete(
    context: &Context,
    environment: &Environment,
    resources: &[Resource],
    ui: &mut Ui,
) -> Result<Vec<Verdict>, CommandError> {
    let Context { repository, git, .. } = context;
    let writer = CommitWriter::new(&repository.local(), git, FixedDates::of(environment), environment.now())?;
    let update = |Branch { name, reference, tip }: &Branch| Update {
        reference: format!("refs/heads/{name}"),
        shown_by: reference.clone(),
        old: Some(*tip),
        new: None,
    };
    let updates: Vec<Update> = resources.iter().map(|resource| update(&resource.branch)).collect();
    publish_updates(context, &writer, &updates, "spread-cron: remove", ui)
}

/// Says what was removed, and how to bring it back.
fn tell(context: &Context, resource: &Resource, args: &RemoveArgs, ui: &mut Ui) {
    let Branch { name, tip, .. } = &resource.branch;
    let quoted = shell_words::quote(name.as_str());
    let (place, back) = match &context.source {
        Source::Remote(remote) => {
            let push = format!("git push {} {tip}:refs/heads/{quoted}", shell_words::quote(remote));
            (format!(" from {remote}"), push)
        }
        Source::Local => (String::new(), format!("git branch {quoted} {tip}")),
    };
    if args.dry_run {
        ui.line(&format!("Would remove {name}{place}, which is at {tip}."));
        return;
    }
    ui.line(&format!("Removed {name}{place}. To bring it back, until git prunes its commits: {back}"));
    if resource.origin.layout == Layout::Folder {
        ui.status(&format!("Its files stay where they are ({}): delete them with a commit.", resource.origin.place()));
    }
}

/// Warns of resources that follow one that is gone: they would see no new value.
fn warn_followers(context: &Context, removed: &[Resource], ui: &mut Ui) -> Result<(), CommandError> {
    let removed: BTreeSet<&str> = removed.iter().map(|resource| resource.branch.name.as_str()).collect();
    for other in context.gather(&[], |_, resource| resource)?.resources {
        let Ok(file) = &other.options else { continue };
        let is_removed = |name: &String| removed.contains(name.as_str());
        if removed.contains(other.branch.name.as_str()) {
            continue;
        }
        for followed in Options::parse(&file.text).follows().into_iter().filter(is_removed) {
            ui.warning(&format!("{} follows {followed}, and fails without it", other.branch.name));
        }
    }
    Ok(())
}

fn failure(context: &Context, branch: &Branch, reason: &str) -> CommandError {
    let place = context.source.remote().map(|remote| format!(" from {remote}")).unwrap_or_default();
    let again =
        format!("run the same command again: git spread-cron remove {}", shell_words::quote(branch.name.as_str()));
    CommandError::cannot(format!("cannot remove {}{place}", branch.name)).because(reason.to_owned()).hint(again)
}
