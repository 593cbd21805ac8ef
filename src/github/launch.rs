//! `run --github`: a launch as the log, the outputs and the summary of a step show it.

use super::files::{GitHub, GitHubError};
use super::step::begin;
use crate::cli::RunArgs;
use crate::core::documents::LaunchReport;
use crate::core::github::{Annotation, END_GROUP, group, launch};
use crate::core::launch::Launched;
use crate::core::name::ResourceName;
use crate::core::result::Status;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::ui::Ui;

/// Writes what GitHub Actions shows of a launch, where `--github` is given.
pub(crate) struct GithubStep {
    github: Option<GitHub>,
    /// Whether the last event was the end of the launch.
    is_over: bool,
    is_annotated: bool,
    in_group: bool,
    /// The first failure to write a file of the step.
    failed: Option<GitHubError>,
}

impl GithubStep {
    /// Comes before anything is done or said.
    pub(crate) fn begin(args: &RunArgs, environment: &Environment, ui: &mut Ui) -> Result<Self, CommandError> {
        let github = begin(&args.github, environment, ui)?;
        let mut step = GithubStep { github, is_over: false, is_annotated: false, in_group: false, failed: None };
        let slug = ResourceName::of_existing(args.resource().to_owned()).slug();
        step.tell(|github| github.set_output("slug", &slug));
        Ok(step)
    }

    /// There is nothing to launch.
    pub(crate) fn nothing(&mut self, reason: &str) {
        self.is_over = true;
        let summary = launch::nothing(reason);
        self.tell(|github| github.set_output("launched", "false").and_then(|()| github.summarize(&summary)));
    }

    /// The launch begins.
    pub(crate) fn launching(&mut self, launched: &Launched, ui: &mut Ui) -> Result<(), CommandError> {
        self.tell(|github| github.set_output("launched", "true"));
        if let Some(err) = self.failed.take() {
            return Err(err.into());
        }
        if self.github.is_some() {
            ui.workflow_command(&group(&format!("Launching {} ({})", launched.resource, launched.value)));
            self.in_group = true;
        }
        Ok(())
    }

    /// It will have been cancelled: a step that is cancelled may soon be killed.
    pub(crate) fn stopping(&mut self) {
        self.tell(|github| github.set_output("status", Status::Cancelled.name()));
    }

    /// The launch has ended.
    pub(crate) fn ended(&mut self, report: &LaunchReport, ui: &mut Ui) {
        self.is_over = true;
        self.end_group(ui);
        let summary = launch::summary(report);
        let status = report.status.name();
        self.tell(|github| github.set_output("status", status).and_then(|()| github.summarize(&summary)));
        // The last word counts, should the suite have had one.
        self.tell(|github| github.set_output("launched", "true"));
        let slug = ResourceName::of_existing(report.resource.clone()).slug();
        self.tell(|github| github.set_output("slug", &slug));
        if let Some(annotation) = launch::annotation(report) {
            self.annotate(annotation, ui);
        }
    }

    /// All is done. A launch that was not begun has a status, too, for the steps that read it.
    pub(crate) fn finish(
        mut self,
        args: &RunArgs,
        ended: Result<Exit, CommandError>,
        ui: &mut Ui,
    ) -> Result<Exit, CommandError> {
        self.end_group(ui);
        if let Err(error) = &ended {
            let name = args.resource();
            let title = match (args.discard, self.is_over) {
                (true, _) => format!("{name}: machines may be left"),
                (false, true) => name.to_owned(),
                (false, false) => {
                    self.fail(args, error);
                    format!("{name} was not launched")
                }
            };
            self.annotate(Annotation::error(title, chain(error)), ui);
        }
        match (self.failed, ended) {
            (None, ended) => ended,
            (Some(err), Ok(_)) => Err(err.into()),
            (Some(err), Err(error)) => {
                ui.error(&error);
                Err(err.into())
            }
        }
    }

    fn fail(&mut self, args: &RunArgs, error: &CommandError) {
        let status = match error.exit {
            Exit::Interrupted => Status::Cancelled,
            Exit::Success | Exit::SomeFailed | Exit::Usage | Exit::CannotWork => Status::InfraError,
        };
        let summary = launch::not_launched(args.resource(), status, &chain(error));
        self.tell(|github| github.set_output("status", status.name()).and_then(|()| github.summarize(&summary)));
    }

    fn end_group(&mut self, ui: &mut Ui) {
        if std::mem::take(&mut self.in_group) {
            ui.workflow_command(END_GROUP);
        }
    }

    /// One is enough: all that is wrong stands in the summary and in the log.
    fn annotate(&mut self, annotation: Annotation, ui: &mut Ui) {
        if !std::mem::replace(&mut self.is_annotated, true) {
            ui.annotate(annotation);
        }
    }

    /// A file of the step that cannot be written must not end a launch early; the first failure is reported at its end.
    fn tell(&mut self, tell: impl FnOnce(&mut GitHub) -> Result<(), GitHubError>) {
        if let Some(Err(err)) = self.github.as_mut().map(tell) {
            self.failed.get_or_insert(err);
        }
    }
}
