//! What the site shows, as plain data, and what follows from it: the mark of a value, the mark of a resource, the last
//! green and the first red. Pure: knows no repository, no file and no clock.

use crate::core::result::{LaunchResult, MovedValue, Status, decisive};

/// Everything that the pages are made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// Sorted by name.
    pub(crate) resources: Vec<SiteResource>,
    /// When a poll last left its mark, in seconds since 1970.
    pub(crate) polled: Option<i64>,
}

/// One watched thing.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteResource {
    pub(crate) name: String,
    /// The name as one part of a path.
    pub(crate) slug: String,
    pub(crate) message: Option<String>,
    /// An address in which `{value}` stands for the value.
    pub(crate) link: Option<String>,
    /// The address of the repository under test, where the options name it.
    pub(crate) target: Option<String>,
    /// The path and the text of the options file.
    pub(crate) options: Option<(String, String)>,
    pub(crate) manual: bool,
    /// The pause that lasts now, in a few words.
    pub(crate) paused: Option<String>,
    /// Why its history or its options cannot be read.
    pub(crate) problem: Option<String>,
    pub(crate) failing: Option<Failing>,
    /// The newest first.
    pub(crate) values: Vec<SiteValue>,
    /// Whether its newest value is listed by `pending`.
    pub(crate) pending: bool,
    /// Whether a shallow clone hides older values.
    pub(crate) cut_off: bool,
}

/// Polls that cannot read the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failing {
    /// Seconds since 1970.
    pub(crate) since: i64,
    pub(crate) reason: String,
}

/// A value that was recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteValue {
    pub(crate) value: String,
    /// The state commit, in hexadecimal digits.
    pub(crate) commit: String,
    /// Seconds since 1970.
    pub(crate) time: i64,
    /// Its launches, the newest first.
    pub(crate) attempts: Vec<Attempt>,
}

/// One launch.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// The result commit, in hexadecimal digits.
    pub(crate) commit: String,
    /// Seconds since 1970.
    pub(crate) time: i64,
    pub(crate) result: LaunchResult,
    /// What the options say of a value that moved while its suite ran.
    pub(crate) moved: MovedValue,
}

/// How a value, a day or a resource is marked, from what recedes to what needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mark {
    NotLaunched,
    Passed,
    Manual,
    Waiting,
    CouldNotRun,
    Flaky,
    Failed,
    Unreadable,
}

impl Mark {
    /// All of them, what needs a person first.
    pub(crate) const ALL: [Mark; 8] = [
        Mark::Unreadable,
        Mark::Failed,
        Mark::Flaky,
        Mark::CouldNotRun,
        Mark::Waiting,
        Mark::Manual,
        Mark::Passed,
        Mark::NotLaunched,
    ];

    /// The name of its class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Mark::NotLaunched => "none",
            Mark::Passed => "passed",
            Mark::Manual => "manual",
            Mark::Waiting => "waiting",
            Mark::CouldNotRun => "infra",
            Mark::Flaky => "flaky",
            Mark::Failed => "failed",
            Mark::Unreadable => "unread",
        }
    }

    /// What a person reads.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Mark::NotLaunched => "not launched",
            Mark::Passed => "passed",
            Mark::Manual => "manual",
            Mark::Waiting => "waiting",
            Mark::CouldNotRun => "could not run",
            Mark::Flaky => "passed after a retry",
            Mark::Failed => "failed",
            Mark::Unreadable => "cannot be read",
        }
    }

    /// Whether it belongs at the top of the page.
    pub(crate) fn needs_attention(self) -> bool {
        match self {
            Mark::Unreadable | Mark::Failed | Mark::CouldNotRun => true,
            Mark::Flaky | Mark::Waiting | Mark::Manual | Mark::Passed | Mark::NotLaunched => false,
        }
    }
}

impl Attempt {
    /// A launch of the whole suite that came to a verdict.
    fn is_full_verdict(&self) -> bool {
        !self.result.is_partial() && self.result.status.is_verdict()
    }

    pub(crate) fn mark(&self) -> Mark {
        let says_nothing = self.moved == MovedValue::Rejected && self.result.tested.value_after.is_some();
        match self.result.status {
            Status::Passed if says_nothing => Mark::CouldNotRun,
            Status::Passed if self.result.tasks.flaky_tasks.is_empty() => Mark::Passed,
            Status::Passed => Mark::Flaky,
            Status::Failed => Mark::Failed,
            Status::Cancelled | Status::InfraError => Mark::CouldNotRun,
        }
    }
}

impl SiteValue {
    /// The launch that says how the suite took the value; never one of a part of the suite.
    pub(crate) fn result(&self) -> Option<&Attempt> {
        let index = decisive(self.attempts.iter().map(|attempt| &attempt.result))?;
        Some(&self.attempts[index]).filter(|attempt| !attempt.result.is_partial())
    }

    pub(crate) fn mark(&self) -> Mark {
        self.result().map_or(Mark::NotLaunched, Attempt::mark)
    }
}

impl SiteResource {
    /// The mark of a value by its place in `values`: only the newest waits for a launch.
    pub(crate) fn mark_of(&self, index: usize) -> Mark {
        let mark = self.values[index].mark();
        let has_no_verdict = matches!(mark, Mark::NotLaunched | Mark::CouldNotRun);
        if index == 0 && self.pending && has_no_verdict { Mark::Waiting } else { mark }
    }

    /// What a person should know first.
    pub(crate) fn mark(&self) -> Mark {
        if self.failing.is_some() || self.problem.is_some() {
            return Mark::Unreadable;
        }
        let newest = if self.values.is_empty() { Mark::NotLaunched } else { self.mark_of(0) };
        if newest == Mark::NotLaunched && self.manual { Mark::Manual } else { newest }
    }

    /// The group that it is listed under: its name up to the first dash or slash.
    pub(crate) fn group(&self) -> &str {
        self.name.split(['-', '/', '.']).next().filter(|group| !group.is_empty()).unwrap_or(&self.name)
    }

    /// How long a value stood, in seconds; nothing for the newest, which still stands.
    pub(crate) fn stood(&self, index: usize) -> Option<u64> {
        let next = self.values.get(index.checked_sub(1)?)?;
        Some(u64::try_from(next.time.saturating_sub(self.values[index].time)).unwrap_or_default())
    }

    /// The address of a value, if the options have a link.
    pub(crate) fn link_to(&self, value: &str) -> Option<String> {
        let link = self.link.as_deref().filter(|link| is_web_address(link))?;
        Some(link.replace("{value}", &percent_encoded(value)))
    }

    /// The newest green value and the oldest red one after it, if the newest verdict is red.
    pub(crate) fn turning_point(&self) -> Option<TurningPoint> {
        let verdicts =
            || self.values.iter().enumerate().filter(|(_, value)| value.result().is_some_and(Attempt::is_full_verdict));
        let is_green = |value: &SiteValue| matches!(value.mark(), Mark::Passed | Mark::Flaky);
        let (green, _) = verdicts().find(|(_, value)| is_green(value))?;
        let (red, _) = verdicts().take_while(|(index, _)| *index < green).last()?;
        Some(TurningPoint { green, red })
    }
}

/// Places in the values of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TurningPoint {
    pub(crate) green: usize,
    pub(crate) red: usize,
}

/// Whether a text may become the target of a link: no scripts, and nothing relative.
pub(crate) fn is_web_address(text: &str) -> bool {
    ["https://", "http://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme)))
}

/// A value as a part of an address (RFC 3986): everything but the unreserved characters is encoded.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The page that shows what lies between two commits, for the hosts that have one.
pub(crate) fn compare_link(target: &str, from: &str, to: &str) -> Option<String> {
    let target = target.strip_suffix(".git").unwrap_or(target).trim_end_matches('/');
    let host = target.strip_prefix("https://")?.split('/').next()?;
    match host {
        "github.com" | "codeberg.org" => Some(format!("{target}/compare/{from}...{to}")),
        host if host.starts_with("gitlab.") => Some(format!("{target}/-/compare/{from}...{to}")),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::site) fn attempt(status: Status) -> Attempt {
        Attempt { commit: "c".repeat(40), time: 0, result: LaunchResult::new(status), moved: MovedValue::Accepted }
    }

    /// The same with something else in its result.
    pub(in crate::site) fn attempt_with(status: Status, change: impl FnOnce(&mut LaunchResult)) -> Attempt {
        let mut attempt = attempt(status);
        change(&mut attempt.result);
        attempt
    }

    fn value(attempts: Vec<Attempt>) -> SiteValue {
        SiteValue { value: "1".into(), attempts, ..SiteValue::default() }
    }

    fn resource(marks: &[Option<Status>]) -> SiteResource {
        let values = marks.iter().map(|verdict| value(verdict.iter().map(|verdict| attempt(*verdict)).collect()));
        SiteResource { name: "a-b".into(), values: values.collect(), ..SiteResource::default() }
    }

    #[test]
    fn a_partial_launch_never_marks_a_value() {
        let partial = attempt_with(Status::Failed, |result| result.tested.selection = Some("x".into()));
        assert_eq!(value(vec![partial.clone()]).mark(), Mark::NotLaunched);
        assert_eq!(value(vec![partial, attempt(Status::Passed)]).mark(), Mark::Passed);
    }

    #[test]
    fn a_verdict_outweighs_a_later_launch_without_one() {
        assert_eq!(value(vec![attempt(Status::InfraError), attempt(Status::Failed)]).mark(), Mark::Failed);
        let flaky = attempt_with(Status::Passed, |result| result.tasks.flaky_tasks.push("t".into()));
        assert_eq!(value(vec![flaky]).mark(), Mark::Flaky);
        let moved = attempt_with(Status::Passed, |result| result.tested.value_after = Some("2".into()));
        assert_eq!(value(vec![moved.clone()]).mark(), Mark::Passed);
        let rejected = Attempt { moved: MovedValue::Rejected, ..moved };
        assert_eq!(value(vec![rejected]).mark(), Mark::CouldNotRun, "it may be about the other value");
    }

    #[test]
    fn a_resource_shows_what_needs_a_person() {
        let mut resource = resource(&[None, Some(Status::Failed)]);
        assert_eq!(resource.mark(), Mark::NotLaunched);
        resource.manual = true;
        assert_eq!(resource.mark(), Mark::Manual);
        resource.pending = true;
        assert_eq!(resource.mark(), Mark::Waiting);
        resource.failing = Some(Failing { since: 0, reason: "curl".into() });
        assert_eq!(resource.mark(), Mark::Unreadable);
    }

    #[test]
    fn the_turning_point_is_the_oldest_red_after_the_newest_green() {
        let (green, red, lost) = (Some(Status::Passed), Some(Status::Failed), Some(Status::Cancelled));
        let found = |marks: &[Option<Status>]| resource(marks).turning_point().map(|point| (point.red, point.green));
        assert_eq!(found(&[red, red, green, red]), Some((1, 2)));
        assert_eq!(found(&[None, red, lost, red, None, green]), Some((3, 5)));
        assert_eq!(found(&[green, red]), None);
        assert_eq!(found(&[red, red]), None);
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn links_are_addresses_of_the_web_with_an_encoded_value() {
        let link = |link: &str| SiteResource { link: Some(link.into()), ..SiteResource::default() }.link_to("1/2 \"<");
        assert_eq!(link("https://x.org/{value}").as_deref(), Some("https://x.org/1%2F2%20%22%3C"));
        for bad in ["javascript:alert({value})", "/x/{value}", "data:text/html,{value}", ""] {
            assert_eq!(link(bad), None, "{bad}");
        }
    }

    #[test]
    fn hosts_that_compare_commits() {
        let github = compare_link("https://github.com/a/b.git", "1", "2");
        assert_eq!(github.as_deref(), Some("https://github.com/a/b/compare/1...2"));
        assert_eq!(
            compare_link("https://gitlab.com/a/b", "1", "2").as_deref(),
            Some("https://gitlab.com/a/b/-/compare/1...2")
        );
        assert_eq!(compare_link("git@github.com:a/b", "1", "2"), None);
        assert_eq!(compare_link("https://example.org/a", "1", "2"), None);
    }

    #[test]
    fn groups_are_the_first_word_of_a_name() {
        for (name, group) in [("gce-update-x", "gce"), ("edge", "edge"), ("a/b", "a"), ("-x", "-x")] {
            assert_eq!(SiteResource { name: name.into(), ..SiteResource::default() }.group(), group);
        }
    }
}
