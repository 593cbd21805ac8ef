//! How the suite took a value, in a few words. Pure.

use super::data::{Attempt, Mark, SiteResource};
use super::time::Moment;

/// The state of a resource in a few words.
pub(super) fn result(resource: &SiteResource) -> String {
    let mark = resource.mark();
    let newest = resource.values.first().and_then(|value| value.result());
    match (mark, newest) {
        (Mark::Passed | Mark::Flaky | Mark::Failed | Mark::CouldNotRun, Some(attempt)) => attempt_text(attempt),
        _ => mark.label().to_owned(),
    }
}

/// What stands below it.
pub(super) fn detail(resource: &SiteResource) -> String {
    let trouble = match (&resource.failing, &resource.problem) {
        (Some(failing), _) => Some(format!("since {}: {}", Moment(failing.since), failing.reason)),
        (None, Some(problem)) => Some(problem.clone()),
        (None, None) => failing_since(resource),
    };
    let parts: Vec<String> = resource.paused.clone().into_iter().chain(trouble).collect();
    parts.join(" · ")
}

/// Since when the suite fails, if it does.
fn failing_since(resource: &SiteResource) -> Option<String> {
    if resource.mark() != Mark::Failed {
        return None;
    }
    let red = resource.values.iter().enumerate().take_while(|(index, _)| {
        matches!(resource.mark_of(*index), Mark::Failed | Mark::CouldNotRun | Mark::NotLaunched | Mark::Waiting)
    });
    let first = red.filter(|(_, value)| value.mark() == Mark::Failed).last()?;
    Some(format!("since {}", Moment(first.1.time)))
}

/// How one launch ended, and why it did not pass.
pub(super) fn attempt_text(attempt: &Attempt) -> String {
    let text = attempt.result.in_words();
    match &attempt.result.reason {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::result::Status;
    use crate::site::data::SiteValue;
    use crate::site::data::tests::{attempt, attempt_with};

    #[test]
    fn a_launch_says_why_it_did_not_pass() {
        let lost = attempt_with(Status::InfraError, |result| result.reason = Some("no quota".into()));
        assert_eq!(attempt_text(&lost), "infra-error: no quota");
        assert_eq!(attempt_text(&attempt(Status::Passed)), "passed");
    }

    #[test]
    fn a_red_resource_says_since_when() {
        let value = |time, status| SiteValue { time, attempts: vec![attempt(status)], ..SiteValue::default() };
        let values = vec![
            value(300_000, Status::Failed),
            value(200_000, Status::Failed),
            value(100_000, Status::Passed),
            value(50_000, Status::Failed),
        ];
        let resource = SiteResource { values, ..SiteResource::default() };
        assert_eq!(detail(&resource), "since 1970-01-03 07:33");
    }
}
