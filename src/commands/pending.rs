//! `git spread-cron pending`: list the state commits that have no result yet.

use super::format::{count, for_people, result_line, rfc3339, shown, width};
use super::notices::{say_no_resources, warn_unlisted};
use crate::cli::{PendingArgs, PendingFormat};
use crate::context::Context;
use crate::core::documents::{PendingReport, PendingState, VERSION, json};
use crate::core::github::matrix::{MAX_JOBS, fit, matrix};
use crate::core::github::{Annotation, pages};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::history::{StateCommit, shallow_boundary};
use crate::github::{GitHub, annotated, begin};
use crate::resources::Resource;
use crate::states::{Adoption, adoption, last_state, results, waits};
use crate::ui::{Paint, Ui};

/// A longer text does not push everything else away.
const WIDEST: usize = 40;

/// What was found.
struct WaitingStates {
    /// What waits, in the order in which it is launched.
    pending: Vec<(Resource, StateCommit)>,
    /// What has results without a verdict, and does not wait.
    given_up: Vec<(Resource, StateCommit)>,
    /// How many state commits other tools recorded before the first commit of this program on their branch.
    earlier: usize,
    /// How many are taken for such, because a shallow clone hides what stands before them.
    hidden: usize,
    /// How many resources were looked at.
    seen: usize,
}

pub(super) fn run(args: &PendingArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let mut github = begin(&args.github, environment, ui)?;
    let listed = list(args, environment, github.as_mut(), ui);
    annotated(listed, ui)
}

fn list(
    args: &PendingArgs,
    environment: &Environment,
    github: Option<&mut GitHub>,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let mut found = find(args, &context, ui)?;
    let entries: Vec<PendingState> = found.pending.iter().map(|(resource, state)| entry(resource, state)).collect();
    let wanted = args.max_count.unwrap_or(usize::MAX).min(entries.len());
    let (listed, behind) = entries.split_at(wanted);
    found.pending.truncate(wanted);
    let (launched, mut waiting) = fit(listed);
    if !waiting.is_empty() && (args.format == PendingFormat::Matrix || github.is_some()) {
        let commits = count(waiting.len(), "state commit", "state commits");
        let text = format!(
            "a matrix has at most {MAX_JOBS} jobs and 400,000 characters; {commits} will wait for the next one"
        );
        ui.warning(&text);
        ui.annotate(Annotation::warning("More to launch than fits into a matrix", text));
    }
    waiting.extend_from_slice(behind);
    match args.format {
        PendingFormat::Json => ui.json(&PendingReport { version: VERSION, pending: listed.to_vec() }),
        PendingFormat::Matrix => ui.json(&matrix(&launched)),
        PendingFormat::Human => show_found(args, &context, &found, behind.len(), ui),
    }
    show_left_out(&found, ui);
    if let Some(github) = github {
        github.set_output("count", &launched.len().to_string())?;
        github.set_output("matrix", &json(&matrix(&launched)))?;
        let left: Vec<PendingState> = found.given_up.iter().map(|(resource, state)| entry(resource, state)).collect();
        github.summarize(&pages::pending(&launched, &waiting, &left))?;
        if !left.is_empty() {
            ui.annotate(Annotation::warning("Not launched again", given_up(&found, args.retry)));
        }
    }
    Ok(Exit::Success)
}

fn find(args: &PendingArgs, context: &Context, ui: &mut Ui) -> Result<WaitingStates, CommandError> {
    let shallow = shallow_boundary(&context.repository.local());
    let look = |repo: &gix::Repository, resource: Resource| {
        if args.shard.is_some_and(|shard| !shard.contains(&resource.branch.name)) {
            return None;
        }
        let state = last_state(repo, &context.source, &resource, &shallow).and_then(|state| match state {
            None => Ok(None),
            Some(state) if args.all || !waits(&state, args.retry) => Ok(Some((state, Adoption::Adopted))),
            Some(state) => {
                let adoption = adoption(repo, &state, &shallow)?;
                Ok(Some((state, adoption)))
            }
        });
        Some((resource, state))
    };
    let gathered = context.gather(&args.patterns, look)?;
    warn_unlisted(&gathered.unlisted, ui);
    let resources: Vec<_> = gathered.resources.into_iter().flatten().collect();
    let mut found =
        WaitingStates { pending: Vec::new(), given_up: Vec::new(), earlier: 0, hidden: 0, seen: resources.len() };
    for (resource, state) in resources {
        match state {
            Ok(Some((_, Adoption::Earlier))) => found.earlier += 1,
            Ok(Some((_, Adoption::Hidden))) => found.hidden += 1,
            Ok(Some((state, Adoption::Adopted))) if waits(&state, args.retry) => found.pending.push((resource, state)),
            Ok(Some((state, Adoption::Adopted))) if waits(&state, usize::MAX) => found.given_up.push((resource, state)),
            Ok(Some((_, Adoption::Adopted)) | None) => {}
            // One resource that cannot be read does not keep the others from being launched.
            Err(reason) => {
                let text = format!("cannot tell what waits on {}: {reason}", resource.branch.name);
                ui.warning(&text);
                ui.annotate(Annotation::warning(resource.branch.name.as_str(), text));
            }
        }
    }
    // What has waited longest comes first, so that nothing waits for ever behind the limit of a matrix.
    found.pending.sort_by_key(|(_, state)| state.time.seconds);
    Ok(found)
}

fn show_found(args: &PendingArgs, context: &Context, found: &WaitingStates, behind: usize, ui: &mut Ui) {
    if found.seen == 0 {
        match args.shard {
            Some(_) => ui.status("There are no resources in this share."),
            None => say_no_resources(context, &args.patterns, false, ui),
        }
    } else if found.pending.is_empty() && behind == 0 && !found.given_up.is_empty() {
        ui.status(&format!("Nothing waits to be launched; {}.", given_up(found, args.retry)));
    } else if found.pending.is_empty() && behind == 0 {
        ui.status("Nothing waits to be launched.");
    } else {
        show(&found.pending, ui);
    }
    if behind > 0 {
        ui.status(&format!("{} behind the limit.", count(behind, "state commit waits", "state commits wait")));
    }
}

/// Says what is not listed because other tools recorded it.
fn show_left_out(found: &WaitingStates, ui: &mut Ui) {
    let number = found.earlier + found.hidden;
    if number == 0 {
        return;
    }
    let states = count(number, "state commit that other tools recorded", "state commits that other tools recorded");
    let doubt = match found.hidden {
        0 => "",
        _ => ", as far as this shallow clone shows (git fetch --unshallow)",
    };
    ui.status(&format!("Left out {states} before this one{doubt}; list them too: git spread-cron pending --all"));
}

/// What is left alone although it has no verdict, and how to change that.
fn given_up(found: &WaitingStates, retry: usize) -> String {
    let states = count(found.given_up.len(), "state commit is", "state commits are");
    let hint = if retry == 0 { "see --retry" } else { "launch again more often: a higher --retry" };
    format!("{states} without a verdict, {hint}")
}

fn entry(resource: &Resource, state: &StateCommit) -> PendingState {
    let name = &resource.branch.name;
    PendingState {
        resource: name.to_string(),
        slug: name.slug(),
        commit: state.id.to_string(),
        value: state.value.clone(),
        message: state.message.clone(),
        recorded_at: rfc3339(state.time),
        attempts: results(state).filter(|result| !result.is_partial()).count(),
    }
}

fn show(pending: &[(Resource, StateCommit)], ui: &mut Ui) {
    let names = width(pending.iter().map(|(resource, _)| resource.branch.name.as_str()), WIDEST);
    let shown: Vec<String> = pending.iter().map(|(_, state)| shown(&state.value)).collect();
    let values = width(shown.iter().map(String::as_str), WIDEST);
    for ((resource, state), value) in pending.iter().zip(&shown) {
        let mut line = format!(
            "{:names$}  {value:values$}  {}  {}",
            resource.branch.name.as_str(),
            ui.paint(Paint::Odd, &state.id.to_hex_with_len(12).to_string()),
            for_people(state.time)
        );
        if let Some(commit) = state.result() {
            line += "  ";
            line += &result_line(&commit.result, ui);
        }
        ui.line(&line);
    }
}
