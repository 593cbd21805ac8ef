//! `git spread-cron log`: the values of a resource through time.

use super::format::{for_people, result_line, rfc3339, shown, value_result, width};
use super::notices::untold;
use crate::cli::{Format, LogArgs};
use crate::context::Context;
use crate::core::documents::{LogReport, RecordedValue, VERSION};
use crate::core::result::{RecordedLaunch, TaskRecord, task_records};
use crate::core::time::format_duration;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::git::history::{ResultCommit, StateCommit, shallow_boundary, states};
use crate::states::{history_pattern, require_own_message};
use crate::ui::{Paint, Ui};

pub(super) fn run(args: &LogArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let name = &args.resource;
    let resource = context.resource(name)?;
    let pattern = history_pattern(&resource).map_err(|reason| untold(name, reason))?;
    let repo = context.repository.local();
    let limit = args.max_count.unwrap_or(usize::MAX);
    let shallow = shallow_boundary(&repo);
    let (states, cut_off) = states(&repo, resource.tip(), &pattern, &shallow, limit)
        .map_err(|err| CommandError::cannot(chain(&err)).hint("check the repository: git fsck"))?;
    if states.is_empty() && !cut_off && limit > 0 {
        require_own_message(&repo, &context.source, &resource, &shallow).map_err(|reason| untold(name, reason))?;
    }
    if cut_off && states.len() < limit {
        ui.warning("this shallow clone hides older values; see them with: git fetch --unshallow");
    }
    let tasks = args.tasks.then(|| tasks(&states));
    match (args.format.format, tasks) {
        (Format::Json, tasks) => ui.json(&LogReport {
            version: VERSION,
            resource: name.clone(),
            values: states.iter().map(recorded).collect(),
            tasks,
        }),
        (Format::Human, _) if states.is_empty() && limit > 0 => {
            ui.status(&format!("Nothing was recorded for {name} yet."));
        }
        (Format::Human, Some(tasks)) if tasks.is_empty() => {
            ui.status(&format!("No failed task was recorded for {name}."));
        }
        (Format::Human, Some(tasks)) => show_tasks(&tasks, ui),
        (Format::Human, None) => {
            let detail = if args.attempts { LogDetail::Attempts } else { LogDetail::Values };
            show(&states, (environment.now())().seconds, detail, ui);
        }
    }
    Ok(Exit::Success)
}

fn recorded(state: &StateCommit) -> RecordedValue {
    RecordedValue {
        value: state.value.clone(),
        commit: state.id.to_string(),
        recorded_at: rfc3339(state.time),
        result: state.result().map(value_result),
        attempts: state.results.iter().map(value_result).collect(),
    }
}

/// What all launches say of each task.
fn tasks(states: &[StateCommit]) -> Vec<TaskRecord> {
    let mut launches: Vec<(&StateCommit, &ResultCommit, String)> = Vec::new();
    for state in states {
        launches.extend(state.results.iter().map(|commit| (state, commit, value_result(commit).finished_at)));
    }
    task_records(launches.iter().map(|(state, commit, finished_at)| RecordedLaunch {
        result: &commit.result,
        value: &state.value,
        finished_at,
    }))
}

fn show_tasks(tasks: &[TaskRecord], ui: &mut Ui) {
    let counts: Vec<String> = tasks.iter().map(|task| format!("{} of {}", task.failures, task.launches)).collect();
    let counted = width(counts.iter().map(String::as_str), usize::MAX);
    for (task, counts) in tasks.iter().zip(&counts) {
        let mut line = format!("{counts:>counted$} failed");
        if task.flaky > 0 {
            line += &format!(", {} flaky", task.flaky);
        }
        line += &format!("  {}", shown(&task.task));
        if let (Some(time), Some(value)) = (&task.last_failure, &task.last_value) {
            line += &ui.paint(Paint::Faint, &format!("  last {} with {}", shown(time), shown(value)));
        }
        ui.line(&line);
    }
}

/// What is shown of each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogDetail {
    Values,
    /// Every launch of it, too.
    Attempts,
}

fn show(states: &[StateCommit], now: i64, detail: LogDetail, ui: &mut Ui) {
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
        if detail == LogDetail::Attempts {
            state.results.iter().for_each(|commit| show_attempt(commit, ui));
        }
    }
}

fn show_attempt(commit: &ResultCommit, ui: &mut Ui) {
    let ResultCommit { result, time, .. } = commit;
    let mut line = format!("    {}  {}", result_line(result, ui), for_people(*time));
    if let Some(url) = &result.url {
        line += &format!("  {}", shown(url));
    }
    ui.line(&line);
    if let Some(reason) = &result.reason {
        ui.line(&format!("        {}", shown(reason)));
    }
    let tasks = &result.tasks;
    let lists = [("failed", &tasks.failed_tasks), ("aborted", &tasks.aborted_tasks), ("flaky", &tasks.flaky_tasks)];
    for (word, names) in lists {
        names.iter().for_each(|name| ui.line(&format!("        {word}  {}", shown(name))));
    }
}
