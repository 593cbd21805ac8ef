//! Recording results: what `result` and `run --record` share.

use super::format::look_of;
use super::notices::show_progress;
use crate::context::Context;
use crate::core::documents::LaunchReport;
use crate::core::github::pages::{NotRecorded, Told};
use crate::core::result::LaunchResult;
use crate::core::value::printable;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::commit_writer::{CommitWriter, FixedDates};
use crate::record_results::{About, NewResult, Receipt, ResultSettings, ResultsError, record};
use crate::ui::{Paint, Ui};

/// What became of each result, for the summary.
#[derive(Default)]
pub(super) struct ResultPage {
    pub(super) told: Vec<Told>,
    pub(super) not_recorded: Vec<NotRecorded>,
}

impl ResultPage {
    pub(super) fn add(&mut self, new: &NewResult, outcome: &Receipt) {
        let told = |commit: &gix::ObjectId, value: &str, is_new| Told {
            resource: new.resource.clone(),
            value: value.to_owned(),
            status: new.result.status,
            commit: commit.to_hex_with_len(12).to_string(),
            is_new,
        };
        match outcome {
            Receipt::Recorded { commit, value } => self.told.push(told(commit, value, true)),
            Receipt::Known { commit, value } => self.told.push(told(commit, value, false)),
            Receipt::Failed(reason) | Receipt::NoResource(reason) => self.fail(new.title(), reason),
        }
    }

    pub(super) fn fail(&mut self, what: String, reason: &str) {
        self.not_recorded.push(NotRecorded { what, reason: printable(reason.as_bytes()) });
    }
}

/// Records the result of a launch that has just ended.
pub(super) fn record_launch(
    context: &Context,
    environment: &Environment,
    report: &LaunchReport,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    record_one(context, environment, NewResult::from(report.clone()), &mut ResultPage::default(), ui)
}

/// Records one result, whose failure is that of the command.
pub(super) fn record_one(
    context: &Context,
    environment: &Environment,
    result: NewResult,
    page: &mut ResultPage,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let (name, result) = (result.resource.clone(), cleaned(result));
    let outcome = record_all(context, environment, std::slice::from_ref(&result), ui)?.pop();
    outcome.iter().for_each(|outcome| page.add(&result, outcome));
    match outcome {
        None | Some(Receipt::Recorded { .. } | Receipt::Known { .. }) => Ok(Exit::Success),
        Some(Receipt::NoResource(reason)) => {
            Err(CommandError::usage(reason).hint("see what there is: git spread-cron status"))
        }
        Some(Receipt::Failed(reason)) => {
            let error = CommandError {
                exit: Exit::SomeFailed,
                ..CommandError::cannot(format!("cannot record the result of {name}"))
            };
            Err(error.because(reason).hint(format!("see what is recorded: git spread-cron log {name}")))
        }
    }
}

/// Records results, and shows what became of each.
pub(super) fn record_all(
    context: &Context,
    environment: &Environment,
    results: &[NewResult],
    ui: &mut Ui,
) -> Result<Vec<Receipt>, CommandError> {
    let Context { repository, source, paths, git, .. } = context;
    let writer = CommitWriter::new(&repository.local(), git, FixedDates::of(environment), environment.now());
    let writer = writer?;
    let settings = ResultSettings { source, paths, git, writer: &writer };
    let outcomes = record(repository, &settings, results, &mut |progress| show_progress(progress, ui));
    let outcomes = outcomes.map_err(|err| match ((environment.interrupted())(), err) {
        (true, _) => CommandError::interrupted("interrupted"),
        (false, ResultsError::Refresh(err)) => err.into(),
        (false, ResultsError::Gather(err)) => err.into(),
    })?;
    for (new, outcome) in results.iter().zip(&outcomes) {
        show(new, outcome, ui);
    }
    Ok(outcomes)
}

/// A result as a commit can hold it.
pub(super) fn cleaned(new: NewResult) -> NewResult {
    NewResult { result: new.result.cleaned(), ..new }
}

fn show(new: &NewResult, outcome: &Receipt, ui: &mut Ui) {
    let (symbol, paint) = look_of(new.result.status);
    let partial = if new.result.is_partial() { " (partial)" } else { "" };
    let status = format!("{}{partial}", new.result.status.name());
    let clean = |text: &str| printable(text.as_bytes());
    let name = clean(&new.resource);
    match outcome {
        // Who asked for it says so.
        Receipt::Failed(_) | Receipt::NoResource(_) => {}
        Receipt::Recorded { .. } | Receipt::Known { .. } if ui.is_quiet() => {}
        Receipt::Recorded { commit, value } => {
            let said = ui.paint(paint, &format!("{symbol} {status}"));
            ui.line(&format!("{said}  {name}  {}  recorded by {}", clean(value), commit.to_hex_with_len(12)));
        }
        Receipt::Known { commit, value } => {
            let said = ui.paint(Paint::Faint, &format!("= {status}"));
            ui.line(&format!("{said}  {name}  {}  recorded before, by {}", clean(value), commit.to_hex_with_len(12)));
        }
    }
}

impl NewResult {
    /// What it is about, as people read it.
    pub(super) fn title(&self) -> String {
        let clean = |text: &str| printable(text.as_bytes());
        match &self.about {
            About::Newest => clean(&self.resource),
            About::State { value, .. } => format!("{}  {}", clean(&self.resource), clean(value)),
        }
    }
}

impl From<LaunchReport> for NewResult {
    fn from(report: LaunchReport) -> Self {
        let LaunchReport { resource, message, value, status, error, url, finished_at, tasks, tested, .. } = report;
        let result = LaunchResult { status, url, finished_at: Some(finished_at), reason: error, tasks, tested };
        NewResult { resource, about: About::State { message, value }, result }
    }
}
