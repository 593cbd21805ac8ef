//! `git spread-cron pause` and `resume`: make polls leave resources alone for a while.

use std::collections::HashSet;
use std::time::Duration;

use gix::ObjectId;

use super::format::count;
use super::notices::show_progress;
use super::publishing::bring_up_to_date;
use crate::cli::{PauseArgs, ResumeArgs, SourceArgs};
use crate::context::{Context, listen_for_signals};
use crate::core::pause::{Pause, PauseChange};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::commit_writer::{CommitWriter, FixedDates};
use crate::git::history::shallow_boundary;
use crate::pauses::{PauseSettings, record};
use crate::resources::Resource;
use crate::states::present;
use crate::ui::Ui;

pub(super) fn pause(args: &PauseArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let PauseArgs { patterns, until, because, network_timeout, source } = args;
    if until.is_some_and(|until| until.as_second() <= (environment.now())().seconds) {
        return Err(CommandError::usage("--until is in the past").hint("give a later day, or leave it out"));
    }
    let change = PauseChange::Paused(Pause { until: *until, because: because.clone() });
    run(patterns, &change, (source, *network_timeout), environment, ui)
}

pub(super) fn resume(args: &ResumeArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let ResumeArgs { patterns, network_timeout, source } = args;
    run(patterns, &PauseChange::Resumed, (source, *network_timeout), environment, ui)
}

fn run(
    patterns: &[String],
    change: &PauseChange,
    (source, network_timeout): (&SourceArgs, Option<Duration>),
    environment: &Environment,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    listen_for_signals(1)?;
    let mut context = Context::new(environment, source)?;
    context.git.time_limit = network_timeout.unwrap_or(context.git.time_limit);
    bring_up_to_date(&mut context, ui)?;
    let now = (environment.now())().seconds;
    let shallow = shallow_boundary(&context.repository.local());
    let look = |repo: &gix::Repository, resource: Resource| {
        let paused = pause_of(repo, &resource, &shallow, now);
        (resource, paused)
    };
    let mut resources = Vec::new();
    for (resource, paused) in context.gather(patterns, look)?.resources {
        let is_done = match (change, &paused) {
            (PauseChange::Paused(wanted), Some(pause)) => wanted == pause,
            (PauseChange::Resumed, None) => true,
            (PauseChange::Paused(_), None) | (PauseChange::Resumed, Some(_)) => false,
        };
        match (is_done, change) {
            (false, _) => resources.push(resource),
            (true, PauseChange::Paused(_)) => ui.line(&format!("{} is paused already", resource.branch.name)),
            (true, PauseChange::Resumed) => ui.line(&format!("{} is not paused", resource.branch.name)),
        }
    }
    if resources.is_empty() {
        return Ok(Exit::Success);
    }
    let Context { repository, git, source, .. } = &context;
    let writer = CommitWriter::new(&repository.local(), git, FixedDates::of(environment), environment.now())?;
    let settings = PauseSettings { source, git, writer: &writer };
    let ends = record(repository, &settings, &resources, change, &mut |progress| show_progress(progress, ui));
    let failed = ends.values().flatten().count();
    for (name, failure) in &ends {
        match (failure, change) {
            (None, PauseChange::Paused(pause)) => ui.line(&format!("{name} {pause}")),
            (None, PauseChange::Resumed) => ui.line(&format!("{name} resumed")),
            (Some(_), _) => {}
        }
    }
    for (name, reason) in ends.into_iter().filter_map(|(name, failure)| Some((name, failure?))) {
        ui.error(&CommandError::cannot(format!("{name} is left as it was")).because(reason));
    }
    if failed > 0 && failed < resources.len() {
        ui.status(&format!("{} could not be changed.", count(failed, "resource", "resources")));
    }
    Ok(match failed {
        0 => Exit::Success,
        failed if failed == resources.len() => Exit::CannotWork,
        _ => Exit::SomeFailed,
    })
}

/// The pause that holds now, as far as history can be read.
fn pause_of(repo: &gix::Repository, resource: &Resource, shallow: &HashSet<ObjectId>, now: i64) -> Option<Pause> {
    let pattern = crate::states::history_pattern(resource).ok()?;
    let pause = present(repo, resource, &pattern, shallow).ok()?.pause?;
    pause.change.pause_at(now).cloned()
}
