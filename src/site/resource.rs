//! The page of a resource: what changed when it turned red, a year by day, all values, its options. Pure.

use askama::Template;

use super::data::{Attempt, Mark, SiteResource, World, compare_link, is_web_address};
use super::marks::{calendar, sign};
use super::page::{Assets, Page, PageLink, SCRIPT, STYLE, page_links};
use super::result::{attempt_text, detail, result};
use super::time::Moment;
use crate::core::time::format_duration;

/// How many values one page has at most: at some 500 bytes a row, a page stays well below 1 MB.
pub(super) const VALUES: usize = 500;

/// How many digits of a commit are shown.
const DIGITS: usize = 12;

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourcePage<'a> {
    page: Page<'a>,
    name: &'a str,
    message: String,
    mark: Mark,
    sign: String,
    result: String,
    detail: String,
    value: Option<&'a str>,
    feed: String,
    badge: String,
    body: String,
}

#[derive(Template)]
#[template(path = "body.html")]
struct ResourceBody<'a> {
    name: &'a str,
    /// The level of its headings.
    level: u8,
    turning: Option<Turning<'a>>,
    calendar: Option<String>,
    rows: Vec<ValueRow<'a>>,
    pages: Vec<PageLink>,
    cut_off: bool,
    options: Option<(&'a str, &'a str)>,
    again: String,
}

/// What changed between the last green and the first red.
struct Turning<'a> {
    green_value: &'a str,
    red_value: &'a str,
    target: Option<CommitChange<'a>>,
    files: Option<CommitChange<'a>>,
    /// What the results do not tell.
    unknown: Vec<String>,
    /// The other resources that changed in between.
    moved: Vec<MovedResource<'a>>,
    others: usize,
}

struct CommitChange<'a> {
    from: &'a str,
    to: &'a str,
    link: Option<String>,
}

struct MovedResource<'a> {
    name: &'a str,
    href: String,
}

struct ValueRow<'a> {
    anchor: &'a str,
    sign: String,
    value: &'a str,
    link: Option<String>,
    moment: Moment,
    stood: String,
    label: &'static str,
    attempts: Vec<Launch<'a>>,
}

struct Launch<'a> {
    mark: Mark,
    text: String,
    url: Option<&'a str>,
    moment: Moment,
    summary: String,
    tasks: Vec<&'a str>,
    is_open: bool,
}

/// How one resource is reached from the page of another.
pub(super) type Href<'a> = &'a dyn Fn(&SiteResource) -> String;

/// All pages of a resource.
pub(super) fn pages(world: &World, resource: &SiteResource, title: &str) -> Vec<String> {
    let count = resource.values.len().div_ceil(VALUES).max(1);
    let href = |other: &SiteResource| format!("{}.html", other.slug);
    let page = |index: usize| {
        let mark = resource.mark();
        let whole = ResourcePage {
            page: Page::new(title, "../", Assets::Linked),
            name: &resource.name,
            message: resource.message.clone().unwrap_or_default(),
            mark,
            sign: sign(mark, mark.label()),
            result: result(resource),
            detail: detail(resource),
            value: resource.values.first().map(|value| value.value.as_str()),
            feed: format!("{}.xml", resource.slug),
            badge: format!("{}.svg", resource.slug),
            body: body(world, resource, index, 2, &href),
        };
        debug_assert!(index < count);
        whole.render().expect("writing to a string does not fail")
    };
    (0..count).map(page).collect()
}

/// What stands below the heading: on the first page all, on the others older values.
pub(super) fn body(world: &World, resource: &SiteResource, index: usize, level: u8, href: Href<'_>) -> String {
    let is_first = index == 0;
    let shown = (index * VALUES)..((index + 1) * VALUES).min(resource.values.len());
    let count = resource.values.len().div_ceil(VALUES);
    let text = |index: usize| if index == 0 { "newest".to_owned() } else { format!("from {}", index * VALUES + 1) };
    let options = resource.options.as_ref().filter(|_| is_first);
    let body = ResourceBody {
        name: &resource.name,
        level,
        turning: is_first.then(|| turning(world, resource, href)).flatten(),
        calendar: if is_first { calendar(resource) } else { None },
        rows: shown.map(|index| row(resource, index)).collect(),
        pages: page_links(&resource.slug, count, index, text),
        cut_off: resource.cut_off && index + 1 >= count,
        options: options.map(|(path, text)| (path.as_str(), text.as_str())),
        again: format!("git spread-cron run {}", shell_words::quote(&resource.name)),
    };
    body.render().expect("writing to a string does not fail")
}

fn turning<'a>(world: &'a World, resource: &'a SiteResource, href: Href<'_>) -> Option<Turning<'a>> {
    let point = resource.turning_point()?;
    let (green, red) = (&resource.values[point.green], &resource.values[point.red]);
    let (before, after) = (&green.result()?.result.tested, &red.result()?.result.tested);
    let mut unknown = Vec::new();
    let mut change = |what: &str, from: &'a Option<String>, to: &'a Option<String>, link: bool| match (from, to) {
        (Some(from), Some(to)) if from == to => {
            unknown.push(format!("{what}: unchanged"));
            None
        }
        (Some(from), Some(to)) => {
            let link = resource.target.as_deref().filter(|_| link).and_then(|target| compare_link(target, from, to));
            Some(CommitChange { from: short(from), to: short(to), link })
        }
        (None, _) | (_, None) => {
            unknown.push(format!("{what}: not recorded with these results"));
            None
        }
    };
    let target = change("the target", &before.target, &after.target, true);
    let files = change("the files of the resource", &before.files, &after.files, false);
    let others = world.resources.iter().filter(|other| other.name != resource.name);
    let moved = others.clone().filter_map(|other| {
        // The newest value is first, so that the search ends early.
        let newest = other.values.iter().find(|value| value.time <= red.time)?;
        (newest.time > green.time).then(|| (newest.time, MovedResource { name: &other.name, href: href(other) }))
    });
    let mut moved: Vec<(i64, MovedResource<'_>)> = moved.collect();
    moved.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    Some(Turning {
        green_value: &green.value,
        red_value: &red.value,
        target,
        files,
        unknown,
        moved: moved.into_iter().map(|(_, moved)| moved).collect(),
        others: others.count(),
    })
}

fn row(resource: &SiteResource, index: usize) -> ValueRow<'_> {
    let value = &resource.values[index];
    let mark = resource.mark_of(index);
    let launch = |(place, attempt)| launch(attempt, index == 0 && place == 0);
    ValueRow {
        anchor: short(&value.commit),
        sign: sign(mark, mark.label()),
        value: &value.value,
        link: resource.link_to(&value.value),
        moment: Moment(value.time),
        stood: resource.stood(index).map_or_else(|| "stands".to_owned(), format_duration),
        label: mark.label(),
        attempts: value.attempts.iter().enumerate().map(launch).collect(),
    }
}

fn launch(attempt: &Attempt, is_open: bool) -> Launch<'_> {
    let (failed, flaky) = (&attempt.result.tasks.failed_tasks, &attempt.result.tasks.flaky_tasks);
    let count = |number: usize, what: &str| match number {
        0 => None,
        1 => Some(format!("1 {what} task")),
        number => Some(format!("{number} {what} tasks")),
    };
    let summary: Vec<String> =
        [count(failed.len(), "failed"), count(flaky.len(), "flaky")].into_iter().flatten().collect();
    Launch {
        mark: attempt.mark(),
        text: attempt_text(attempt),
        url: attempt.result.url.as_deref().filter(|url| is_web_address(url)),
        moment: Moment(attempt.time),
        summary: summary.join(", "),
        tasks: failed.iter().chain(flaky).map(String::as_str).collect(),
        is_open,
    }
}

fn short(commit: &str) -> &str {
    commit.get(..DIGITS).unwrap_or(commit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::result::Status;
    use crate::site::data::SiteValue;
    use crate::site::data::tests::{attempt, attempt_with};

    fn value(name: &str, time: i64, attempts: Vec<Attempt>) -> SiteValue {
        SiteValue { value: name.into(), commit: format!("{time:040x}"), time, attempts }
    }

    fn resource(name: &str, values: Vec<SiteValue>) -> SiteResource {
        SiteResource { name: name.into(), slug: name.into(), values, ..SiteResource::default() }
    }

    #[test]
    fn the_card_says_what_changed_between_green_and_red() {
        let tested = |status, target: &str| {
            attempt_with(status, |result| {
                result.tested.target = Some(target.repeat(40));
                result.tested.files = Some("f".repeat(40));
            })
        };
        let (green, red) = (tested(Status::Passed, "a"), tested(Status::Failed, "b"));
        let own = SiteResource {
            target: Some("https://github.com/canonical/snapd".into()),
            ..resource("own", vec![value("3", 30, vec![red]), value("2", 20, vec![green])])
        };
        let moved = resource("moved", vec![value("x", 99, vec![]), value("y", 25, vec![])]);
        let still = resource("still", vec![value("x", 99, vec![]), value("y", 10, vec![])]);
        let world = World { resources: vec![moved, own.clone(), still], polled: None };
        let page = pages(&world, &own, "t").remove(0);
        for expected in [
            "<code>2</code> → <code>3</code>",
            &format!("https://github.com/canonical/snapd/compare/{}...{}", "a".repeat(40), "b".repeat(40)),
            "the files of the resource: unchanged",
            "1 of 2 other resources moved: <a href=\"moved.html\">moved</a>",
        ] {
            assert!(page.contains(expected), "{expected} in {page}");
        }
    }

    #[test]
    fn old_results_are_not_guessed_at() {
        let values = vec![value("3", 30, vec![attempt(Status::Failed)]), value("2", 20, vec![attempt(Status::Passed)])];
        let own = resource("own", values);
        let page = pages(&World { resources: vec![own.clone()], polled: None }, &own, "t").remove(0);
        assert!(page.contains("the target: not recorded with these results"), "{page}");
    }

    #[test]
    fn ten_thousand_values_are_spread_over_small_pages() {
        let failed: Vec<String> = (0..5).map(|index| format!("qemu:ubuntu-24.04-64:tests/main/task-{index}")).collect();
        let one = |index: i64| {
            let attempt = attempt_with(Status::Failed, |result| result.tasks.failed_tasks.clone_from(&failed));
            value(&format!("{index:040}"), index * 1000, vec![attempt])
        };
        let own = resource("own", (0..10_000).rev().map(one).collect());
        let pages = pages(&World { resources: vec![own.clone()], polled: None }, &own, "t");
        assert_eq!(pages.len(), 20);
        assert!(pages.iter().all(|page| page.len() < 1_000_000), "{}", pages[0].len());
        assert!(pages[0].contains("href=\"own-20.html\"") && pages[19].contains("own.html"));
        assert_eq!(pages.iter().map(|page| page.matches("<tr id=").count()).sum::<usize>(), 10_000);
    }

    #[test]
    fn a_link_of_a_result_is_an_address_of_the_web() {
        let hostile = attempt_with(Status::Passed, |result| result.url = Some("javascript:alert(1)".into()));
        let own = resource("own", vec![value("<script>x</script>", 1, vec![hostile])]);
        let page = pages(&World { resources: vec![own.clone()], polled: None }, &own, "t").remove(0);
        assert!(!page.contains("javascript:") && !page.contains("<script>x"), "{page}");
    }
}
