//! `git spread-cron pending`: list the state commits that have no result yet.

use super::{
    Context, count, for_people, history_pattern, newest, result_line, rfc3339, say_no_resources, warn_left_out, width,
};
use crate::cli::{PendingArgs, PendingFormat};
use crate::core::report::{Matrix, MatrixEntry, PendingReport, PendingState, VERSION};
use crate::core::result::{Status, is_pending};
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::gather::Resource;
use crate::git::history::{StateCommit, shallow_boundary};
use crate::ui::{Paint, Ui};

/// The most jobs that GitHub Actions makes of one matrix.
const MAX_MATRIX: usize = 256;

/// A longer text does not push everything else away.
const WIDEST: usize = 40;

pub(super) fn run(args: &PendingArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let shallow = shallow_boundary(&context.repository.local());
    let look = |repo: &gix::Repository, resource| {
        let state = history_pattern(&resource).and_then(|pattern| newest(repo, &resource, &pattern, &shallow));
        (resource, state)
    };
    let gathered = context.gather(&args.patterns, look)?;
    warn_left_out(gathered.left_out, ui);
    let seen = gathered.resources.len();
    let (mut pending, mut inconclusive) = (Vec::new(), 0);
    for (resource, state) in gathered.resources {
        match state {
            Ok(Some(state)) if is_pending(statuses(&state), args.retry) => pending.push((resource, state)),
            Ok(Some(state)) if is_pending(statuses(&state), usize::MAX) => inconclusive += 1,
            Ok(Some(_) | None) => {}
            // One resource that cannot be read does not keep the others from being launched.
            Err(reason) => ui.warning(&format!("cannot tell what waits on {}: {reason}", resource.branch.name)),
        }
    }
    // Whoever has waited longest comes first, so that nobody waits for ever behind the limit of a matrix.
    pending.sort_by_key(|(_, state)| state.time.seconds);
    match args.format {
        PendingFormat::Json => {
            let pending = pending.iter().map(|(resource, state)| entry(resource, state)).collect();
            ui.json(&PendingReport { version: VERSION, pending });
        }
        PendingFormat::Matrix => {
            if pending.len() > MAX_MATRIX {
                let waiting = count(pending.len() - MAX_MATRIX, "state commit", "state commits");
                ui.warning(&format!("a matrix has at most {MAX_MATRIX} jobs; {waiting} will wait for the next one"));
            }
            let include = pending.iter().take(MAX_MATRIX).map(|(resource, state)| job(resource, state)).collect();
            ui.json(&Matrix { include });
        }
        PendingFormat::Human if seen == 0 => say_no_resources(&context.source, &args.patterns, false, ui),
        PendingFormat::Human if pending.is_empty() && inconclusive > 0 => ui.status(&format!(
            "Nothing waits to be launched for the first time; {} without a verdict, see --retry.",
            count(inconclusive, "state commit is", "state commits are")
        )),
        PendingFormat::Human if pending.is_empty() => ui.status("Nothing waits to be launched."),
        PendingFormat::Human => show(&pending, ui),
    }
    Ok(Exit::Success)
}

/// How its launches ended, the newest first.
fn statuses(state: &StateCommit) -> impl Iterator<Item = Status> + '_ {
    state.results.iter().map(|commit| commit.result.status)
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
        attempts: statuses(state).take_while(|status| !status.is_verdict()).count(),
    }
}

fn job(resource: &Resource, state: &StateCommit) -> MatrixEntry {
    let PendingState { resource, slug, commit, value, message, .. } = entry(resource, state);
    MatrixEntry { resource, slug, commit, value, message }
}

fn show(pending: &[(Resource, StateCommit)], ui: &mut Ui) {
    let names = width(pending.iter().map(|(resource, _)| resource.branch.name.as_str()), WIDEST);
    let values = width(pending.iter().map(|(_, state)| state.value.as_str()), WIDEST);
    for (resource, state) in pending {
        let mut line = format!(
            "{:names$}  {:values$}  {}  {}",
            resource.branch.name.as_str(),
            state.value,
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
