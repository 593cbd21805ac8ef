//! The tasks page: which tasks fail with which values, over all resources. Pure.

use std::collections::BTreeMap;

use askama::Template;

use super::data::{Mark, SiteResource, World};
use super::marks::sign;
use super::page::{Assets, Page, SCRIPT, STYLE};
use super::resource::Href;
use super::time::{Day, Moment};

/// How many values are columns.
const COLUMNS: usize = 40;

/// How many tasks are rows.
const ROWS: usize = 300;

#[derive(Template)]
#[template(path = "tasks.html")]
struct TasksPage<'a> {
    page: Page<'a>,
    rows: &'a [TaskRow<'a>],
    columns: &'a [Column<'a>],
    total: usize,
    body: String,
}

#[derive(Template)]
#[template(path = "matrix.html")]
struct TaskMatrix<'a> {
    rows: &'a [TaskRow<'a>],
    columns: &'a [Column<'a>],
    left_out: usize,
}

/// A value that some task failed with.
struct Column<'a> {
    name: &'a str,
    value: &'a str,
    moment: Moment,
    href: String,
    failed: &'a [String],
    flaky: &'a [String],
}

/// A task through these values.
struct TaskRow<'a> {
    task: &'a str,
    resources: usize,
    failed: usize,
    flaky: usize,
    last: Moment,
    last_day: Day,
    cells: Vec<Option<String>>,
}

/// The whole page, and how it looks on a page that holds everything.
pub(super) fn tasks(world: &World, title: &str) -> String {
    let href = |resource: &SiteResource| format!("resource/{}.html", resource.slug);
    let columns = columns(world, &href);
    let (rows, total) = rows(&columns);
    let body = matrix(&rows, &columns, total);
    let whole = TasksPage { page: Page::new(title, "", Assets::Linked), rows: &rows, columns: &columns, total, body };
    whole.render().expect("writing to a string does not fail")
}

/// The table alone.
pub(super) fn table(world: &World, href: Href<'_>) -> String {
    let columns = columns(world, href);
    let (rows, total) = rows(&columns);
    matrix(&rows, &columns, total)
}

fn matrix(rows: &[TaskRow<'_>], columns: &[Column<'_>], total: usize) -> String {
    let matrix = TaskMatrix { rows, columns, left_out: total - rows.len() };
    matrix.render().expect("writing to a string does not fail")
}

/// The newest values with failed or flaky tasks.
fn columns<'a>(world: &'a World, href: Href<'_>) -> Vec<Column<'a>> {
    let mut all: Vec<(&SiteResource, &super::data::SiteValue, &super::data::Attempt)> = Vec::new();
    for resource in &world.resources {
        let red = resource.values.iter().filter_map(|value| Some((resource, value, value.result()?)));
        let named = red.filter(|(.., attempt)| {
            !attempt.result.tasks.failed_tasks.is_empty() || !attempt.result.tasks.flaky_tasks.is_empty()
        });
        all.extend(named.take(COLUMNS));
    }
    all.sort_by(|(one, old, _), (two, new, _)| new.time.cmp(&old.time).then_with(|| one.name.cmp(&two.name)));
    all.truncate(COLUMNS);
    let column =
        |(resource, value, attempt): (&'a SiteResource, &'a super::data::SiteValue, &'a super::data::Attempt)| Column {
            name: &resource.name,
            value: &value.value,
            moment: Moment(value.time),
            href: href(resource),
            failed: &attempt.result.tasks.failed_tasks,
            flaky: &attempt.result.tasks.flaky_tasks,
        };
    all.into_iter().map(column).collect()
}

/// The tasks that fail in most resources first, and how many there are in all.
fn rows<'a>(columns: &[Column<'a>]) -> (Vec<TaskRow<'a>>, usize) {
    let mut cells: BTreeMap<&'a str, Vec<Option<Mark>>> = BTreeMap::new();
    for (index, column) in columns.iter().enumerate() {
        let flaky = column.flaky.iter().map(|task| (task, Mark::Flaky));
        for (task, mark) in flaky.chain(column.failed.iter().map(|task| (task, Mark::Failed))) {
            cells.entry(task).or_insert_with(|| vec![None; columns.len()])[index] = Some(mark);
        }
    }
    let total = cells.len();
    let row = |(task, cells): (&'a str, Vec<Option<Mark>>)| {
        let with = |wanted: Mark| cells.iter().filter(|mark| **mark == Some(wanted)).count();
        let mut names: Vec<&str> =
            columns.iter().zip(&cells).filter(|(_, mark)| mark.is_some()).map(|(column, _)| column.name).collect();
        names.sort_unstable();
        names.dedup();
        let last = columns.iter().zip(&cells).find(|(_, mark)| mark.is_some());
        let last = last.map_or(Moment(0), |(column, _)| column.moment);
        TaskRow {
            task,
            resources: names.len(),
            failed: with(Mark::Failed),
            flaky: with(Mark::Flaky),
            last,
            last_day: Day::of(last.0),
            cells: cells.iter().map(|mark| mark.map(|mark| sign(mark, mark.label()))).collect(),
        }
    };
    let mut rows: Vec<TaskRow<'a>> = cells.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.resources, row.failed, row.flaky)));
    rows.truncate(ROWS);
    (rows, total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::result::Status;
    use crate::site::data::SiteValue;
    use crate::site::data::tests::attempt_with;

    fn resource(name: &str, values: &[(i64, &[&str], &[&str])]) -> SiteResource {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let value = |(time, failed, flaky): &(i64, &[&str], &[&str])| {
            let status = if failed.is_empty() { Status::Passed } else { Status::Failed };
            let attempt = attempt_with(status, |result| {
                result.tasks.failed_tasks = strings(failed);
                result.tasks.flaky_tasks = strings(flaky);
            });
            SiteValue { value: time.to_string(), time: *time, attempts: vec![attempt], ..SiteValue::default() }
        };
        SiteResource {
            name: name.into(),
            slug: name.into(),
            values: values.iter().map(value).collect(),
            ..SiteResource::default()
        }
    }

    #[test]
    fn what_fails_everywhere_comes_first() {
        let one = resource("one", &[(5, &["everywhere", "here"], &[]), (4, &["here"], &[]), (1, &[], &[])]);
        let two = resource("two", &[(3, &["everywhere"], &["shaky"])]);
        let world = World { resources: vec![one, two], polled: None };
        let columns = columns(&world, &|_| String::new());
        let (rows, total) = rows(&columns);
        let seen: Vec<_> =
            rows.iter().map(|row| (row.task, row.resources, row.failed, row.flaky, row.last.0)).collect();
        assert_eq!(seen, [("everywhere", 2, 2, 0, 5), ("here", 1, 2, 0, 5), ("shaky", 1, 0, 1, 3)]);
        assert_eq!((total, columns.len()), (3, 3), "a value that passed is no column");
    }

    #[test]
    fn names_of_tasks_are_escaped() {
        let world = World { resources: vec![resource("one", &[(1, &["<b>x"], &[])])], polled: None };
        let page = tasks(&world, "t");
        assert!(page.contains("&#60;b&#62;x") && !page.contains("<b>x"), "{page}");
        assert!(tasks(&World::default(), "t").contains("No failed or flaky task"));
    }
}
