//! `git spread-cron status`: the last recorded value of every resource.

use std::collections::HashSet;

use gix::ObjectId;

use super::format::{for_people, paused, result_line, rfc3339, shown, value_result, width};
use super::notices::{say_no_resources, tell_unpaired, warn_unlisted};
use crate::cli::{Format, StatusArgs};
use crate::context::Context;
use crate::core::documents::{PauseState, ResourceStatus, StatusReport, VERSION};
use crate::core::options::{Key, Options};
use crate::core::result::LaunchResult;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::branches::Source;
use crate::git::history::{StateCommit, shallow_boundary};
use crate::resources::Resource;
use crate::states::{present, require_own_message, state_of};
use crate::ui::{Paint, Ui};

pub(super) fn run(args: &StatusArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let shallow = shallow_boundary(&context.repository.local());
    let now = (environment.now())().seconds;
    let status = |repo: &gix::Repository, resource: &Resource| {
        StaticStatus::read(repo, &context.source, resource, &shallow, now)
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
            let line = |repo: &gix::Repository, resource| status(repo, &resource).into_line(&resource);
            let gathered = context.gather(&args.patterns, line)?;
            warn_unlisted(&gathered.unlisted, ui);
            match gathered.resources.as_slice() {
                [] => say_no_resources(&context, &args.patterns, false, ui),
                lines => show(lines, ui),
            }
        }
    }
    Ok(Exit::Success)
}

/// What can be known of a resource without executing anything.
#[derive(Default)]
struct StaticStatus {
    state: Option<StateCommit>,
    message: Option<String>,
    manual: bool,
    paused: Option<PauseState>,
    problem: Option<String>,
}

impl StaticStatus {
    fn read(
        repo: &gix::Repository,
        source: &Source,
        resource: &Resource,
        shallow: &HashSet<ObjectId>,
        now: i64,
    ) -> Self {
        let mut status = StaticStatus::default();
        status.problem = status.fill_in(repo, source, resource, shallow, now).err();
        status
    }

    /// Fills in what can be known; the error says what is wrong.
    fn fill_in(
        &mut self,
        repo: &gix::Repository,
        source: &Source,
        resource: &Resource,
        shallow: &HashSet<ObjectId>,
        now: i64,
    ) -> Result<(), String> {
        let file = resource.options.as_ref().map_err(ToString::to_string)?;
        let options = Options::parse(&file.text);
        self.message = options.known(Key::Message).and_then(|text| String::from_utf8(text.to_vec()).ok());
        self.manual = options.known(Key::Manual).is_some_and(|text| text == b"true");
        let plan = options.settings().map(|settings| settings.plan());
        let pattern = match &plan {
            Some(Ok(plan)) => plan.pattern.clone(),
            // History can be read with options that a poll has no use for.
            Some(Err(_)) | None => options.history_pattern().map_err(|err| err.to_string())?,
        };
        let present = present(repo, resource, &pattern, shallow)?;
        let pause = present.pause.filter(|pause| pause.change.pause_at(now).is_some());
        self.paused = pause.and_then(|pause| pause.state());
        self.state = state_of(present.recorded)?;
        match plan {
            Some(Err(err)) => Err(err.to_string()),
            Some(Ok(_)) if self.state.is_none() => require_own_message(repo, source, resource, shallow),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn into_report(self, resource: &Resource) -> ResourceStatus {
        let state = self.state.as_ref();
        ResourceStatus {
            resource: resource.branch.name.to_string(),
            r#ref: resource.branch.reference.clone(),
            options: resource.origin.place(),
            layout: resource.origin.layout,
            message: self.message,
            value: state.map(|state| state.value.clone()),
            commit: state.map(|state| state.id.to_string()),
            recorded_at: state.map(|state| rfc3339(state.time)),
            result: state.and_then(StateCommit::result).map(value_result),
            manual: self.manual,
            paused: self.paused,
            problem: self.problem,
        }
    }

    fn into_line(self, resource: &Resource) -> StatusLine {
        let name = resource.branch.name.to_string();
        let result = self.state.as_ref().and_then(StateCommit::result).map(|commit| commit.result.clone());
        let (value, recorded_at) = match self.state {
            Some(state) => (shown(&state.value), for_people(state.time)),
            None => ("(none)".to_owned(), "never recorded".to_owned()),
        };
        let StaticStatus { manual, paused, problem, .. } = self;
        StatusLine { name, value, recorded_at, result, manual, paused, problem }
    }
}

/// A status as a person reads it.
struct StatusLine {
    name: String,
    value: String,
    recorded_at: String,
    result: Option<LaunchResult>,
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
