//! The message of the commit that records a result: written one way, and read back.

use super::{Failures, LaunchResult, Status};
use crate::core::message::subject_of;

/// What keeps CI systems from starting for a result. It ends every subject, so that none can be a state commit's.
const SKIP_CI: &str = " [skip ci]";

/// The trailers of a result commit.
mod trailer {
    pub(super) const RESULT: &str = "Spread-Cron-Result";
    pub(super) const STATE: &str = "Spread-Cron-State";
    pub(super) const FILES: &str = "Spread-Cron-Files";
    pub(super) const TARGET: &str = "Spread-Cron-Target";
    pub(super) const SPREAD: &str = "Spread-Cron-Spread";
    pub(super) const SELECTION: &str = "Spread-Cron-Selection";
    pub(super) const VALUE_AFTER: &str = "Spread-Cron-Value-After";
    pub(super) const REASON: &str = "Spread-Cron-Reason";
    pub(super) const URL: &str = "Spread-Cron-Url";
    pub(super) const FINISHED: &str = "Spread-Cron-Finished";
    pub(super) const PASSED: &str = "Spread-Cron-Passed";
    pub(super) const FAILED: &str = "Spread-Cron-Failed";
    pub(super) const ABORTED: &str = "Spread-Cron-Aborted";
    pub(super) const SKIPPED: &str = "Spread-Cron-Skipped";
    pub(super) const FAILED_TASK: &str = "Spread-Cron-Failed-Task";
    pub(super) const FAILED_PREPARING: &str = "Spread-Cron-Failed-Preparing";
    /// Only for a task that failed in another way, too: every other failed task failed executing.
    pub(super) const FAILED_EXECUTING: &str = "Spread-Cron-Failed-Executing";
    pub(super) const FAILED_RESTORING: &str = "Spread-Cron-Failed-Restoring";
    pub(super) const ABORTED_TASK: &str = "Spread-Cron-Aborted-Task";
    pub(super) const FLAKY_TASK: &str = "Spread-Cron-Flaky-Task";
}

impl LaunchResult {
    /// The message of the commit that records it, for the state commit `state` with this subject.
    pub(crate) fn commit_message(&self, subject: &str, state: &str) -> String {
        let mut lines = vec![(trailer::RESULT, self.status.name().to_owned()), (trailer::STATE, state.to_owned())];
        let (tasks, tested) = (&self.tasks, &self.tested);
        let texts = [
            (trailer::FILES, &tested.files),
            (trailer::TARGET, &tested.target),
            (trailer::SPREAD, &tested.spread),
            (trailer::SELECTION, &tested.selection),
            (trailer::VALUE_AFTER, &tested.value_after),
            (trailer::REASON, &self.reason),
            (trailer::URL, &self.url),
            (trailer::FINISHED, &self.finished_at),
        ];
        lines.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))));
        let numbers = [
            (trailer::PASSED, tasks.passed),
            (trailer::FAILED, tasks.failed),
            (trailer::ABORTED, tasks.aborted),
            (trailer::SKIPPED, tasks.skipped),
        ];
        lines.extend(numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string()))));
        let Failures { preparing, executing, restoring } = &tasks.failures;
        let in_another_way = |task: &&String| preparing.contains(task) || restoring.contains(task);
        let executing: Vec<String> = executing.iter().filter(in_another_way).cloned().collect();
        let lists = [
            (trailer::FAILED_TASK, &tasks.failed_tasks),
            (trailer::FAILED_PREPARING, preparing),
            (trailer::FAILED_EXECUTING, &executing),
            (trailer::FAILED_RESTORING, restoring),
            (trailer::ABORTED_TASK, &tasks.aborted_tasks),
            (trailer::FLAKY_TASK, &tasks.flaky_tasks),
        ];
        lines.extend(lists.into_iter().flat_map(|(name, list)| list.iter().map(move |task| (name, task.clone()))));
        let lines: Vec<String> = lines.into_iter().map(|(name, text)| format!("{name}: {text}")).collect();
        format!("{}: {subject}{SKIP_CI}\n\n{}", self.status.name(), lines.join("\n"))
    }

    /// Whether a commit with this subject may record a result: a quick look, for walks through many.
    pub(crate) fn is_subject(subject: &[u8]) -> bool {
        subject.ends_with(SKIP_CI.as_bytes())
    }

    /// Reads the message of a commit: the subject of its state commit and the result, if it records one. What an older
    /// version recorded says less.
    pub(crate) fn read(message: &[u8]) -> Option<(&[u8], Self)> {
        let (status, about) = about(subject_of(message))?;
        let mut result = LaunchResult::new(status);
        for line in message.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"Spread-Cron-")) {
            let line = String::from_utf8_lossy(line);
            if let Some((name, text)) = line.split_once(':') {
                result.take(name, text.trim());
            }
        }
        Some((about, result.cleaned()))
    }

    /// Takes what one trailer says.
    fn take(&mut self, name: &str, text: &str) {
        let (tasks, tested) = (&mut self.tasks, &mut self.tested);
        let place = match name {
            trailer::FILES => &mut tested.files,
            trailer::TARGET => &mut tested.target,
            trailer::SPREAD => &mut tested.spread,
            trailer::SELECTION => &mut tested.selection,
            trailer::VALUE_AFTER => &mut tested.value_after,
            trailer::REASON => &mut self.reason,
            trailer::URL => &mut self.url,
            trailer::FINISHED => &mut self.finished_at,
            trailer::PASSED => return tasks.passed = text.parse().ok(),
            trailer::FAILED => return tasks.failed = text.parse().ok(),
            trailer::ABORTED => return tasks.aborted = text.parse().ok(),
            trailer::SKIPPED => return tasks.skipped = text.parse().ok(),
            trailer::FAILED_TASK => return tasks.failed_tasks.push(text.to_owned()),
            trailer::FAILED_PREPARING => return tasks.failures.preparing.push(text.to_owned()),
            trailer::FAILED_EXECUTING => return tasks.failures.executing.push(text.to_owned()),
            trailer::FAILED_RESTORING => return tasks.failures.restoring.push(text.to_owned()),
            trailer::ABORTED_TASK => return tasks.aborted_tasks.push(text.to_owned()),
            trailer::FLAKY_TASK => return tasks.flaky_tasks.push(text.to_owned()),
            _ => return,
        };
        *place = Some(text.to_owned());
    }
}

/// What the subject of a result commit says: how it ended, and the subject of the state commit.
pub(super) fn about(subject: &[u8]) -> Option<(Status, &[u8])> {
    let rest = subject.strip_suffix(SKIP_CI.as_bytes())?;
    let of = |status: Status| rest.strip_prefix(status.name().as_bytes())?.strip_prefix(b": ");
    Status::ALL.into_iter().find_map(|status| Some((status, of(status)?)))
}
