//! `git spread-cron log`: the values of a resource through time.

use super::format::{for_people, result_line, rfc3339, shown, value_result, width};
use super::notices::untold;
use crate::cli::{Format, LogArgs};
use crate::context::Context;
use crate::core::documents::{LogReport, RecordedValue, VERSION};
use crate::core::time::format_duration;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::git::history::{StateCommit, shallow_boundary, states};
use crate::states::history_pattern;
use crate::ui::{Paint, Ui};

pub(super) fn run(args: &LogArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let name = &args.resource;
    let resource = context.resource(name)?;
    let pattern = history_pattern(&resource).map_err(|reason| untold(name, reason))?;
    let repo = context.repository.local();
    let limit = args.max_count.unwrap_or(usize::MAX);
    let (states, cut_off) = states(&repo, resource.tip(), &pattern, &shallow_boundary(&repo), limit)
        .map_err(|err| CommandError::cannot(chain(&err)).hint("check the repository: git fsck"))?;
    if cut_off && states.len() < limit {
        ui.warning("this shallow clone hides older values; see them with: git fetch --unshallow");
    }
    match args.format.format {
        Format::Json => ui.json(&LogReport {
            version: VERSION,
            resource: name.clone(),
            values: states.iter().map(recorded).collect(),
        }),
        Format::Human if states.is_empty() && limit > 0 => ui.status(&format!("Nothing was recorded for {name} yet.")),
        Format::Human => show(&states, (environment.now())().seconds, ui),
    }
    Ok(Exit::Success)
}

fn recorded(state: &StateCommit) -> RecordedValue {
    RecordedValue {
        value: state.value.clone(),
        commit: state.id.to_string(),
        recorded_at: rfc3339(state.time),
        result: state.result().map(value_result),
    }
}

fn show(states: &[StateCommit], now: i64, ui: &mut Ui) {
    /// A longer value does not push everything else away.
    const WIDEST: usize = 80;

    let shown: Vec<String> = states.iter().map(|state| shown(&state.value)).collect();
    let values = width(shown.iter().map(String::as_str), WIDEST);
    let mut until = now;
    for (index, (state, value)) in states.iter().zip(&shown).enumerate() {
        let stood = format_duration(u64::try_from(until.saturating_sub(state.time.seconds)).unwrap_or_default());
        let verb = if index == 0 { "stands for" } else { "stood for" };
        until = state.time.seconds;
        let mut line = format!(
            "{value:values$}  {}  {}  {}",
            ui.paint(Paint::Odd, &state.id.to_hex_with_len(12).to_string()),
            for_people(state.time),
            ui.paint(Paint::Faint, &format!("{verb} {stood}"))
        );
        if let Some(commit) = state.result() {
            line += "  ";
            line += &result_line(&commit.result, ui);
        }
        ui.line(&line);
    }
}
