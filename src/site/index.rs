//! The index: a row for each resource, what needs a person first. Pure.

use askama::Template;

use super::data::{Mark, SiteResource, World};
use super::marks::{sign, strip};
use super::page::{Assets, Page, PageLink, SCRIPT, STYLE, page_links};
use super::result::{detail, result};
use super::time::Moment;

/// How many rows one page has at most.
pub(super) const ROWS: usize = 250;

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    page: Page<'a>,
    total: usize,
    attention: usize,
    polled: Option<Moment>,
    newest: Moment,
    counts: Vec<Count>,
    groups: Vec<IndexGroup<'a>>,
    pages: Vec<PageLink>,
    /// What a page that holds everything has below the table.
    rest: String,
}

/// How many resources have a mark.
struct Count {
    mark: Mark,
    number: usize,
    sign: String,
}

struct IndexGroup<'a> {
    name: String,
    is_attention: bool,
    rows: Vec<IndexRow<'a>>,
}

struct IndexRow<'a> {
    name: &'a str,
    mark: Mark,
    /// The place of its mark among all, what needs a person first.
    rank: usize,
    time: i64,
    sign: String,
    href: String,
    value: Option<&'a str>,
    link: Option<String>,
    moment: Moment,
    age: String,
    strip: String,
    result: String,
    result_href: String,
    detail: String,
}

/// The order of the rows, in groups.
fn order(world: &World) -> Vec<(String, bool, Vec<&SiteResource>)> {
    let (mut urgent, calm): (Vec<&SiteResource>, Vec<&SiteResource>) =
        world.resources.iter().partition(|resource| resource.mark().needs_attention());
    urgent.sort_by(|one, two| two.mark().cmp(&one.mark()).then_with(|| one.name.cmp(&two.name)));
    let mut groups = Vec::new();
    if !urgent.is_empty() {
        groups.push(("Needs attention".to_owned(), true, urgent));
    }
    let mut others: Vec<(String, bool, Vec<&SiteResource>)> = Vec::new();
    for resource in calm {
        match others.iter_mut().rev().find(|(name, ..)| name == resource.group()) {
            Some((.., members)) => members.push(resource),
            None => others.push((resource.group().to_owned(), false, vec![resource])),
        }
    }
    // A heading for each single resource would only be noise.
    let (alone, together): (Vec<_>, Vec<_>) = others.into_iter().partition(|(.., members)| members.len() == 1);
    groups.extend(together);
    let alone: Vec<&SiteResource> = alone.into_iter().flat_map(|(.., members)| members).collect();
    if !alone.is_empty() {
        groups.push((if groups.is_empty() { "All" } else { "Others" }.to_owned(), false, alone));
    }
    groups
}

/// All pages of the index.
pub(super) fn index(
    world: &World,
    title: &str,
    now: i64,
    assets: Assets,
    rest: String,
    href: &dyn Fn(&SiteResource) -> String,
) -> Vec<String> {
    let mut rows: Vec<(String, bool, &SiteResource)> = Vec::with_capacity(world.resources.len());
    for (name, is_attention, members) in order(world) {
        rows.extend(members.into_iter().map(|resource| (name.clone(), is_attention, resource)));
    }
    let pieces: Vec<&[(String, bool, &SiteResource)]> = match assets {
        Assets::Linked if !rows.is_empty() => rows.chunks(ROWS).collect(),
        Assets::Linked | Assets::Inlined => vec![&rows],
    };
    let text = |index: usize| {
        let piece = pieces[index];
        let ends = piece.first().zip(piece.last());
        ends.map_or_else(String::new, |((_, _, first), (_, _, last))| format!("{} … {}", first.name, last.name))
    };
    let marks: Vec<Mark> = world.resources.iter().map(SiteResource::mark).collect();
    let counts = || {
        let number = |mark| marks.iter().filter(|other| **other == mark).count();
        let count = |mark: Mark| Count { mark, number: number(mark), sign: sign(mark, mark.label()) };
        Mark::ALL.into_iter().map(count).filter(|count| count.number > 0).collect()
    };
    let newest = world.resources.iter().filter_map(|resource| Some(resource.values.first()?.time)).max();
    let page = |(index, piece): (usize, &&[(String, bool, &SiteResource)])| {
        let mut groups: Vec<IndexGroup<'_>> = Vec::new();
        for (name, is_attention, resource) in piece.iter() {
            if groups.last().is_none_or(|group| group.name != *name) {
                groups.push(IndexGroup { name: name.clone(), is_attention: *is_attention, rows: Vec::new() });
            }
            let rows = &mut groups.last_mut().expect("one was pushed").rows;
            rows.push(row(resource, now, href(resource)));
        }
        let template = Index {
            page: Page::new(title, "", assets),
            total: world.resources.len(),
            attention: marks.iter().filter(|mark| mark.needs_attention()).count(),
            polled: world.polled.map(Moment),
            newest: Moment(newest.unwrap_or_default()),
            counts: counts(),
            groups,
            pages: page_links("index", pieces.len(), index, text),
            rest: rest.clone(),
        };
        template.render().expect("writing to a string does not fail")
    };
    pieces.iter().enumerate().map(page).collect()
}

fn row(resource: &SiteResource, now: i64, href: String) -> IndexRow<'_> {
    let mark = resource.mark();
    let newest = resource.values.first();
    let moment = Moment(newest.map_or(0, |value| value.time));
    let url =
        newest.and_then(|value| value.result()?.result.url.clone()).filter(|url| super::data::is_web_address(url));
    IndexRow {
        name: &resource.name,
        mark,
        rank: Mark::ALL.iter().position(|other| *other == mark).unwrap_or(Mark::ALL.len()),
        time: moment.0,
        sign: sign(mark, mark.label()),
        value: newest.map(|value| value.value.as_str()),
        link: newest.and_then(|value| resource.link_to(&value.value)),
        moment,
        age: moment.age(now),
        strip: strip(resource),
        result: result(resource),
        result_href: url.unwrap_or_else(|| href.clone()),
        detail: detail(resource),
        href,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::data::{Failing, SiteValue};

    fn world(names: &[&str]) -> World {
        let resource = |name: &&str| SiteResource {
            name: (*name).to_owned(),
            slug: (*name).to_owned(),
            values: vec![SiteValue { value: "1".into(), ..SiteValue::default() }],
            ..SiteResource::default()
        };
        World { resources: names.iter().map(resource).collect(), polled: None }
    }

    fn names(world: &World) -> Vec<(String, Vec<String>)> {
        let names = |members: Vec<&SiteResource>| members.into_iter().map(|resource| resource.name.clone()).collect();
        order(world).into_iter().map(|(name, _, members)| (name, names(members))).collect()
    }

    #[test]
    fn what_needs_a_person_comes_first_and_single_ones_last() {
        let mut world = world(&["gce-a", "gce-b", "lonely", "snap-a", "snap-b", "snap-c"]);
        world.resources[4].failing = Some(Failing { since: 0, reason: "x".into() });
        let group = |name: &str, members: &[&str]| (name.to_owned(), members.iter().map(|m| (*m).to_owned()).collect());
        assert_eq!(
            names(&world),
            [
                group("Needs attention", &["snap-b"]),
                group("gce", &["gce-a", "gce-b"]),
                group("snap", &["snap-a", "snap-c"]),
                group("Others", &["lonely"]),
            ]
        );
    }

    #[test]
    fn many_rows_are_spread_over_pages() {
        let names: Vec<String> = (0..ROWS * 2 + 1).map(|index| format!("r-{index:05}")).collect();
        let world = world(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let pages = index(&world, "t", 0, Assets::Linked, String::new(), &|resource| resource.slug.clone());
        assert_eq!(pages.len(), 3);
        assert!(pages.iter().all(|page| page.contains("href=\"index-3.html\"") || page.contains("aria-current")));
        let rows = |page: &String| page.matches("<tr data-mark").count();
        assert_eq!(pages.iter().map(rows).collect::<Vec<_>>(), [ROWS, ROWS, 1]);
    }

    #[test]
    fn text_of_others_is_escaped() {
        let mut world = world(&["<script>alert(1)</script>"]);
        world.resources[0].values[0].value = "\"><img src=x onerror=alert(1)>".into();
        let page = index(&world, "<b>", 0, Assets::Linked, String::new(), &|_| "x".into()).remove(0);
        for raw in ["<script>alert", "<img", "<b></title>"] {
            assert!(!page.contains(raw), "{raw}");
        }
        assert!(page.contains("&#60;script&#62;alert(1)"));
    }
}
