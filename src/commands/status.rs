//! `git spread-cron status`: the last recorded value of every resource.

use super::current::CurrentStatus;
use super::format::{for_people, paused, result_line, shown, width};
use super::notices::{say_no_resources, tell_unpaired, warn_unlisted};
use crate::cli::{Format, StatusArgs};
use crate::context::Context;
use crate::core::documents::{PauseState, StatusReport, VERSION};
use crate::core::result::LaunchResult;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::history::{StateCommit, shallow_boundary};
use crate::resources::Resource;
use crate::ui::{Paint, Ui};

pub(super) fn run(args: &StatusArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let shallow = shallow_boundary(&context.repository.local());
    let now = (environment.now())().seconds;
    let status = |repo: &gix::Repository, resource: &Resource| {
        CurrentStatus::read(repo, &context.source, resource, &shallow, now)
    };
    if args.patterns.is_empty() && ui.is_verbose() {
        tell_unpaired(&context, ui)?;
    }
    match args.format.format {
        Format::Json => {
            let report = |repo: &gix::Repository, resource| status(repo, &resource).into_report(&resource);
            let gathered = context.gather(&args.patterns, report)?;
            warn_unlisted(&gathered.unlisted, ui);
            ui.json(&StatusReport { version: VERSION, resources: gathered.resources });
        }
        Format::Human => {
            let read_line = |repo: &gix::Repository, resource| line(status(repo, &resource), &resource);
            let gathered = context.gather(&args.patterns, read_line)?;
            warn_unlisted(&gathered.unlisted, ui);
            match gathered.resources.as_slice() {
                [] => say_no_resources(&context, &args.patterns, false, ui),
                lines => show(lines, ui),
            }
        }
    }
    Ok(Exit::Success)
}

/// What a person reads of it.
fn line(status: CurrentStatus, resource: &Resource) -> StatusLine {
    let name = resource.branch.name.to_string();
    let result = status.state.as_ref().and_then(StateCommit::result).map(|commit| Box::new(commit.result.clone()));
    let (value, recorded_at) = match status.state {
        Some(state) => (shown(&state.value), for_people(state.time)),
        None => ("(none)".to_owned(), "never recorded".to_owned()),
    };
    let CurrentStatus { manual, paused, problem, .. } = status;
    StatusLine { name, value, recorded_at, result, manual, paused, problem }
}

/// A status as a person reads it.
struct StatusLine {
    name: String,
    value: String,
    recorded_at: String,
    /// Boxed: thousands of lines are held at once.
    result: Option<Box<LaunchResult>>,
    manual: bool,
    paused: Option<PauseState>,
    problem: Option<String>,
}

fn show(lines: &[StatusLine], ui: &mut Ui) {
    /// A longer value does not push everything else away.
    const WIDEST: usize = 40;
    let names = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or_default();
    let values = width(lines.iter().map(|line| line.value.as_str()), WIDEST);
    for line in lines {
        let mut text = format!("{:names$}  {:values$}  {}", line.name, line.value, line.recorded_at);
        if let Some(result) = &line.result {
            text += "  ";
            text += &result_line(result, ui);
        }
        if line.manual {
            text += &ui.paint(Paint::Faint, "  manual");
        }
        if let Some(pause) = &line.paused {
            text += &ui.paint(Paint::Odd, &format!("  {}", paused(pause)));
        }
        if let Some(problem) = &line.problem {
            text += "  ";
            text += &ui.paint(Paint::Bad, &format!("problem: {problem}"));
        }
        ui.line(&text);
    }
}
