//! Atom feeds (RFC 4287): what changed, what failed, what recovered, what cannot be read. Pure.
//!
//! The id of an entry is the commit that it is about, so that a reader shows each once, wherever the site lies.

use askama::Template;

use super::data::{Attempt, Mark, SiteResource, World};
use super::result::attempt_text;
use super::time::Moment;

/// How many entries a feed has at most.
const ENTRIES: usize = 50;

#[derive(Template)]
#[template(path = "feed.xml", escape = "html")]
struct Feed<'a> {
    title: String,
    id: String,
    updated: Moment,
    base: Option<&'a str>,
    path: &'a str,
    entries: Vec<FeedEntry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FeedKind {
    Changed,
    Failed,
    Recovered,
}

impl FeedKind {
    fn name(self) -> &'static str {
        match self {
            FeedKind::Changed => "changed",
            FeedKind::Failed => "failed",
            FeedKind::Recovered => "recovered",
        }
    }
}

struct FeedEntry {
    title: String,
    commit: String,
    moment: Moment,
    kind: FeedKind,
    href: String,
    text: String,
}

/// What a feed is about.
#[derive(Clone, Copy)]
pub(super) enum FeedTopic<'a> {
    All,
    One(&'a SiteResource),
}

/// One feed; `path` is where it lies below the top, `base` the address of the top.
pub(super) fn feed(world: &World, title: &str, about: FeedTopic<'_>, base: Option<&str>) -> String {
    let (resources, title, path, id): (Vec<&SiteResource>, _, _, _) = match about {
        FeedTopic::All => (world.resources.iter().collect(), title.to_owned(), "feed.xml".to_owned(), "all".to_owned()),
        FeedTopic::One(resource) => {
            let path = format!("resource/{}.xml", resource.slug);
            (vec![resource], format!("{} · {title}", resource.name), path, resource.slug.clone())
        }
    };
    let mut entries: Vec<FeedEntry> = Vec::new();
    for resource in resources {
        entries.extend(entries_of(resource, about, base));
    }
    entries.sort_by(|one, two| two.moment.0.cmp(&one.moment.0).then_with(|| one.commit.cmp(&two.commit)));
    entries.truncate(ENTRIES);
    let updated = entries.first().map_or(Moment(0), |entry| entry.moment);
    let id = format!("urn:git-spread-cron:{id}");
    Feed { title, id, updated, base, path: &path, entries }.render().expect("writing to a string does not fail")
}

fn entries_of(resource: &SiteResource, about: FeedTopic<'_>, base: Option<&str>) -> Vec<FeedEntry> {
    let page = format!("resource/{}.html", resource.slug);
    let href = match (base, about) {
        (Some(base), _) => format!("{base}{page}"),
        (None, FeedTopic::All) => page,
        (None, FeedTopic::One(resource)) => format!("{}.html", resource.slug),
    };
    let mut entries = Vec::new();
    for (index, value) in resource.values.iter().enumerate().take(ENTRIES) {
        let change = match resource.values.get(index + 1) {
            Some(old) => format!("{}: {} → {}", resource.name, old.value, value.value),
            None => format!("{}: {}", resource.name, value.value),
        };
        let text = resource.message.clone().unwrap_or_default();
        entries.push(entry(change, &value.commit, value.time, FeedKind::Changed, &href, text));
        let Some(attempt) = value.result() else { continue };
        let verdicts = resource.values[index + 1..].iter().map(super::data::SiteValue::mark);
        let before = verdicts.into_iter().find(|mark| matches!(mark, Mark::Passed | Mark::Flaky | Mark::Failed));
        let mark = attempt.mark();
        let recovered = matches!(mark, Mark::Passed | Mark::Flaky) && before == Some(Mark::Failed);
        let kind = match (mark, recovered) {
            (Mark::Failed, _) => FeedKind::Failed,
            (_, true) => FeedKind::Recovered,
            (_, false) => continue,
        };
        let title = format!("{}: {} {}", resource.name, value.value, kind_text(kind, attempt));
        entries.push(entry(
            title,
            &attempt.commit,
            attempt.time,
            kind,
            &href,
            attempt.result.tasks.failed_tasks.join("\n"),
        ));
    }
    entries
}

fn kind_text(kind: FeedKind, attempt: &Attempt) -> String {
    match kind {
        FeedKind::Failed => attempt_text(attempt),
        FeedKind::Recovered => "passes again".to_owned(),
        FeedKind::Changed => "changed".to_owned(),
    }
}

fn entry(title: String, commit: &str, time: i64, kind: FeedKind, href: &str, text: String) -> FeedEntry {
    FeedEntry { title, commit: commit.to_owned(), moment: Moment(time), kind, href: href.to_owned(), text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::result::Status;
    use crate::site::data::SiteValue;
    use crate::site::data::tests::attempt;

    #[test]
    fn changes_failures_and_recoveries_are_told_once_each() {
        let value = |name: &str, time, status: Option<Status>| SiteValue {
            value: name.into(),
            commit: format!("{time:040x}"),
            time,
            attempts: status.map(|status| Attempt { time: time + 1, ..attempt(status) }).into_iter().collect(),
        };
        let values = vec![
            value("4", 40, None),
            value("3", 30, Some(Status::Passed)),
            value("<2>", 20, Some(Status::Failed)),
            value("1", 10, Some(Status::Passed)),
        ];
        let world = World {
            resources: vec![SiteResource {
                name: "edge".into(),
                slug: "edge".into(),
                values,
                ..SiteResource::default()
            }],
            polled: None,
        };
        let all = feed(&world, "t", FeedTopic::All, Some("https://x.org/"));
        let titles: Vec<&str> =
            all.split("<title>").skip(2).map(|rest| rest.split("</title>").next().unwrap()).collect();
        assert_eq!(
            titles,
            [
                "edge: 3 → 4",
                "edge: 3 passes again",
                "edge: &#60;2&#62; → 3",
                "edge: &#60;2&#62; failed",
                "edge: 1 → &#60;2&#62;",
                "edge: 1",
            ]
        );
        assert!(all.contains(&format!("<id>urn:git:{:040x}</id>", 40)));
        assert!(all.contains("href=\"https://x.org/resource/edge.html\""));
        let one = feed(&world, "t", FeedTopic::One(&world.resources[0]), None);
        assert!(one.contains("<link href=\"edge.html\"/>") && one.contains("<updated>1970-01-01T00:00:40Z</updated>"));
    }
}
