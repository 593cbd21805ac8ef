//! What people see of a launch.

use std::path::Path;

use super::super::customization;
use super::super::format::{count, shown};
use super::paths::Log;
use crate::core::documents::{LaunchReport, Stage};
use crate::core::result::Status;
use crate::core::target::without_credentials;
use crate::core::time::format_duration;
use crate::error::{CommandError, Exit, chain};
use crate::launch::artifacts::Kept;
use crate::launch::{LaunchError, LaunchEvent, SuiteError};
use crate::ui::Ui;

pub(super) fn show_event(event: LaunchEvent<'_>, log: &mut Log, ui: &mut Ui) {
    // What git and the scripts of a customization say does not come through here.
    let others_write = !matches!(event, LaunchEvent::Output(..));
    tell(event, log, ui);
    if others_write {
        ui.let_others_write();
    }
}

fn tell(event: LaunchEvent<'_>, log: &mut Log, ui: &mut Ui) {
    match event {
        LaunchEvent::Output(stream, piece) => {
            log.write(stream, piece, ui);
        }
        LaunchEvent::Discarding(machines) => {
            ui.status(&format!("Discarding the machines that {} left.", machines.owner()));
        }
        LaunchEvent::NoMachineRecorded { machines, look } => {
            ui.warning(&format!("{} recorded no machine; look with: {look}", machines.owner()));
        }
        LaunchEvent::RunningAgain { number, tasks } => match tasks {
            Some(tasks) => ui.status(&format!("Attempt {number}: running {} again.", count(tasks, "task", "tasks"))),
            None => ui.status(&format!("Attempt {number}: running the whole suite again.")),
        },
        LaunchEvent::NotDiscarded(complaint) => {
            ui.warning(&format!("a machine may be left: {}", log.clean(complaint)));
        }
        LaunchEvent::EnvironmentNotSaved(err) => {
            let what = "the variables of the launch cannot be saved for discarding machines later";
            ui.warning(&format!("{what}: {err}"));
        }
        LaunchEvent::MachinesLeft { error, by_hand } => {
            ui.warning(&format!("{}; discard them with: {by_hand}", log.clean(&chain(&error))));
        }
        LaunchEvent::Exporting => ui.detail("Exporting the branch."),
        LaunchEvent::WaitingForMirror => ui.status("Waiting for another run that updates the mirror."),
        LaunchEvent::UpdatingMirror(url) => ui.status(&format!("Updating the mirror of {}.", without_credentials(url))),
        LaunchEvent::MirrorUnusable { mirror, reason } => {
            let reason = chain(&reason);
            let mirror = mirror.display();
            ui.warning(&format!(
                "cannot use the mirror {mirror}, cloning without it (remove it if that goes on): {reason}"
            ));
        }
        LaunchEvent::Cloning(target) => {
            let reference = target.reference.as_ref().map(|name| format!(" at {name}")).unwrap_or_default();
            ui.status(&format!("Cloning {}{reference}.", without_credentials(&target.url)));
        }
        LaunchEvent::Customizing => ui.detail("Customizing the target."),
        LaunchEvent::Customize(event) => customization::show_event(event, ui),
        LaunchEvent::Customized(customized) => {
            customization::show_changes(&customized.changes, ui);
            ui.status(&format!("Customized the target{}.", customization::summary(&customized.changes)));
        }
        // What comes of it is for the caller to see.
        LaunchEvent::WillLeave { .. } => {}
        LaunchEvent::Launching(words) => {
            let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            ui.status(&format!("Starting {}", log.clean(&shell_words::join(words))));
        }
        LaunchEvent::Stopping(grace) => {
            let grace = format_duration(grace.as_secs());
            ui.status(&format!(
                "Stopping: spread has {grace} to restore and to discard its machines; a second signal cuts that short."
            ));
        }
        LaunchEvent::TimedOut(limit) => {
            let limit = format_duration(limit.as_secs());
            ui.warning(&format!("the suite has not ended within {limit} (launch_timeout in the options)"));
        }
        LaunchEvent::Terminating => ui.warning("spread has not ended by itself; ending it"),
        LaunchEvent::NoJunitReport(pattern) => {
            ui.warning(&format!("the suite wrote no JUnit report {pattern} (junit in the options)"));
        }
        LaunchEvent::ReportUnreadable { path, reason } => {
            ui.warning(&format!("cannot read the report {}: {reason}", path.display()));
        }
        LaunchEvent::ResultNotWritten(err) => ui.warning(&chain(&err)),
    }
}

/// Says how the launch ended, and ends the command accordingly.
pub(super) fn finish(
    report: &LaunchReport,
    done: Result<(), LaunchError>,
    file: &Path,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let subject = format!("{} ({})", report.resource, shown(&report.value));
    let tasks = match (report.tasks.passed, report.tasks.failed) {
        (Some(passed), Some(failed)) => format!(": {} passed, {failed} failed", count_tasks(passed)),
        (Some(passed), None) => format!(": {} passed", count_tasks(passed)),
        (None, _) => String::new(),
    };
    let flaky = match report.tasks.flaky_tasks.len() {
        0 => String::new(),
        number => format!(", {number} flaky"),
    };
    let verdict = |verb: &str| format!("{subject} {verb}{tasks}{flaky}. The result is in {}.", file.display());
    match report.status {
        Status::Passed => {
            ui.line(&verdict("passed"));
            Ok(Exit::Success)
        }
        Status::Failed => {
            ui.line(&verdict("failed"));
            Ok(Exit::SomeFailed)
        }
        Status::Cancelled => {
            ui.line(&verdict("was cancelled"));
            Ok(Exit::Interrupted)
        }
        Status::InfraError => {
            let stage = match report.stage {
                Some(Stage::Export) => "export",
                Some(Stage::Clone) => "get the target of",
                Some(Stage::Customize) => "customize the target of",
                Some(Stage::Launch) | None => "launch",
            };
            let error = CommandError::cannot(format!("cannot {stage} {subject}"));
            Err(match done {
                Ok(()) => error
                    .because(report.error.clone().unwrap_or_default())
                    .hint(format!("see its output; the result is in {}", file.display())),
                Err(cause) => {
                    if let LaunchError::Customize(err) = &cause {
                        customization::show_changes(err.changes(), ui);
                    }
                    let hint = hint(&cause, report);
                    // What it says has no secrets in it any more.
                    let said = report.error.clone().unwrap_or_else(|| chain(&cause));
                    error.because(said).hint(hint)
                }
            })
        }
    }
}

/// Says what of spread's own files could not be kept.
pub(super) fn show_kept(kept: &Kept, folder: &Path, ui: &mut Ui) {
    let folder = folder.display();
    if let Some(err) = &kept.first {
        let files = count(kept.failed, "file", "files");
        ui.warning(&format!("cannot keep {files} of spread in {folder}; the first: {}", chain(err)));
    }
    if kept.left_out > 0 {
        let others = count(kept.left_out, "link or special file", "links and special files");
        ui.warning(&format!("left {others} of spread out of {folder}"));
    }
    if kept.interrupted {
        ui.warning(&format!("not all files of spread are in {folder}: interrupted"));
    }
}

fn count_tasks(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "task", "tasks")
}

fn hint(cause: &LaunchError, report: &LaunchReport) -> String {
    match cause {
        LaunchError::Machines { by_hand, .. } => format!("discard them: {by_hand}"),
        LaunchError::Spread(SuiteError::NotFound(_)) => {
            "install it, or name it: spread= in the options, or git config spread-cron.spread COMMAND".to_owned()
        }
        LaunchError::Spread(SuiteError::KeepsMachines) => {
            "leave -reuse out of the command; to look around on a machine: run NAME -- -debug".to_owned()
        }
        LaunchError::Spread(_) => {
            "name another command: spread= in the options, or git config spread-cron.spread COMMAND".to_owned()
        }
        LaunchError::Target(_) => {
            "check target_repo and target_ref in the options, or git config spread-cron.target".to_owned()
        }
        LaunchError::Read(_) | LaunchError::Customize(_) => {
            format!("check actions.sh and custom/ on the branch {}", report.resource)
        }
        LaunchError::AddFile(..) => "name another file, or give it another name: --file NAME=PATH".to_owned(),
        LaunchError::Workspace(_) | LaunchError::Export(_) | LaunchError::MoveTarget(..) => {
            "work elsewhere: --workspace DIR".to_owned()
        }
        LaunchError::Interrupted(_) => "run it again".to_owned(),
    }
}
