//! Pure: the value in an answer.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;

use super::ask::{Answer, AnswerBody};
use super::filter::{FilterError, Filtered, Filters};
use super::git_protocol::{Refs, full_name};
use super::plan::normal_name;
use crate::core::declared::{Declaration, List, ListError, Prereleases, SnapField, TextPart, TextRule, WantedValue};
use crate::core::value::printable;

/// Why there is no value in an answer. Each is one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelectError {
    #[error("the answer is not UTF-8")]
    NotUtf8,
    #[error("the answer is not JSON: {0:?}")]
    NotJson(String),
    #[error("the answer has {lines} lines, such as {first:?}; take one value with regex")]
    ManyLines { lines: usize, first: String },
    #[error("the answer is {0} bytes long, which is no value; take one with regex")]
    TooLong(usize),
    #[error("the regex finds nothing in the answer, which begins with {0:?}")]
    NotFound(String),
    #[error("the regex does not compile")]
    Expression,
    #[error(transparent)]
    List(#[from] ListError),
    #[error("the answer, with status {status}, has no header {names}")]
    NoHeader { status: u16, names: String },
    #[error("the header {name} only says {text}")]
    EmptyHeader { name: String, text: String },
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error("the repository has no {0}")]
    NoRef(String),
    #[error("the repository has no tag {0}")]
    NoTag(String),
    #[error("the package has no tag {0}")]
    NoPackageTag(String),
    #[error("the answer has no {0}")]
    Lacks(&'static str),
    #[error("the answer has no {what}, but begins with {beginning:?}")]
    OtherShape { what: &'static str, beginning: String },
    #[error("the answer is about something else than {0}")]
    OtherThing(String),
    #[error("{snap} is not published in {channel} for {arch}")]
    NotPublished { snap: String, channel: String, arch: String },
    #[error("{snap} has several revisions in {channel} for {arch}")]
    SeveralRevisions { snap: String, channel: String, arch: String },
}

/// The regular expressions of a poll: each is compiled once.
#[derive(Default)]
pub(crate) struct Regexes(RefCell<HashMap<String, Option<Regex>>>);

impl Regexes {
    fn get(&self, expression: &str) -> Result<Regex, SelectError> {
        let mut known = self.0.borrow_mut();
        let found = known.entry(expression.to_owned()).or_insert_with(|| Regex::new(expression).ok());
        found.clone().ok_or(SelectError::Expression)
    }
}

/// An answer that is parsed once, however many resources select from it.
pub(super) struct Parsed<'a> {
    answer: &'a Answer,
    json: OnceCell<Result<Json, SelectError>>,
    bytes: OnceCell<Arc<[u8]>>,
}

impl<'a> Parsed<'a> {
    pub(super) fn new(answer: &'a Answer) -> Self {
        Parsed { answer, json: OnceCell::new(), bytes: OnceCell::new() }
    }

    fn text(&self) -> Result<&'a str, SelectError> {
        match &self.answer.body {
            AnswerBody::Text(bytes) => std::str::from_utf8(bytes).map_err(|_| SelectError::NotUtf8),
            AnswerBody::None | AnswerBody::Refs(_) => Ok(""),
        }
    }

    /// The answer for filters, which know it again.
    fn bytes(&self) -> &Arc<[u8]> {
        self.bytes.get_or_init(|| match &self.answer.body {
            AnswerBody::Text(bytes) => bytes.as_slice().into(),
            AnswerBody::None | AnswerBody::Refs(_) => Arc::default(),
        })
    }

    fn json(&self) -> Result<&Json, SelectError> {
        let parse = || {
            let text = self.text()?;
            serde_json::from_str(text).map_err(|_| SelectError::NotJson(beginning(text)))
        };
        self.json.get_or_init(parse).as_ref().map_err(Clone::clone)
    }
}

/// The beginning of a text, in one line.
fn beginning(text: &str) -> String {
    const MOST: usize = 60;
    let text: String = text.trim().chars().take(MOST).collect();
    printable(text.as_bytes())
}

/// Takes the value; none where the answer says that there is none yet.
///
/// # Errors
///
/// The answer does not hold what is wanted.
pub(super) fn select(
    declaration: &Declaration,
    parsed: &Parsed<'_>,
    regexes: &Regexes,
    filters: &Filters,
) -> Result<Option<String>, SelectError> {
    match &declaration.wanted {
        WantedValue::Http { text: TextPart { part: TextRule::Filter(filter), list }, .. } => {
            of_filter(filters.run(filter, parsed.bytes())?, list)
        }
        WantedValue::Http { text, .. } => of_text(parsed.text()?, text, regexes),
        WantedValue::Header { names, .. } => header(parsed.answer, names).map(Some),
        WantedValue::Snap { snap, track, risk, arch, field } => {
            of_snap(parsed.json()?, snap, track, risk, arch, *field).map(Some)
        }
        WantedValue::Deb { package, series, pocket, .. } => of_deb(parsed.json()?, package, series, pocket),
        WantedValue::GithubRelease { prereleases, list, .. } => {
            let tags = release_tags(parsed.json()?, *prereleases)?;
            Ok(list.choose(&tags)?.map(str::to_owned))
        }
        WantedValue::GithubRun { branch, .. } => of_run(parsed.json()?, branch),
        WantedValue::Pypi { package } => of_pypi(parsed.json()?, package).map(Some),
        WantedValue::Npm { tag, .. } => of_npm(parsed.json()?, tag).map(Some),
        WantedValue::Crates { package } => of_crates(parsed.text()?, package),
        WantedValue::Ref { .. } | WantedValue::Tags { .. } => match &parsed.answer.body {
            AnswerBody::Refs(refs) => of_refs(declaration, refs),
            AnswerBody::None | AnswerBody::Text(_) => Ok(None),
        },
        // These are not asked over a network.
        WantedValue::Clock(_) | WantedValue::After { .. } | WantedValue::File { .. } => Ok(None),
    }
}

/// The commit or the tag that is wanted of the refs of a repository.
pub(super) fn of_refs(declaration: &Declaration, refs: &Refs) -> Result<Option<String>, SelectError> {
    if let WantedValue::Ref { name, .. } = &declaration.wanted {
        let name = full_name(name);
        let commit = refs.commit(&name).map(str::to_owned);
        return commit.map(Some).ok_or(SelectError::NoRef(name));
    }
    let WantedValue::Tags { glob, list, .. } = &declaration.wanted else { return Ok(None) };
    let pattern = glob.as_bytes().into();
    let is_meant =
        |tag: &&str| gix::glob::wildmatch(pattern, tag.as_bytes().into(), gix::glob::wildmatch::Mode::empty());
    let tags: Vec<&str> = refs.tags().filter(is_meant).collect();
    let chosen = list.choose(&tags)?.map(str::to_owned);
    chosen.map(Some).ok_or_else(|| SelectError::NoTag(glob.clone()))
}

/// What is wanted of what a filter gave.
pub(super) fn of_filter(filtered: Filtered, list: &List) -> Result<Option<String>, SelectError> {
    match filtered {
        Filtered::Nothing => Ok(None),
        Filtered::Values(values) => {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            Ok(list.choose(&values)?.map(str::to_owned))
        }
    }
}

/// What is wanted of a text. Filters are run by the caller, and take nothing here.
pub(crate) fn of_text(text: &str, part: &TextPart, regexes: &Regexes) -> Result<Option<String>, SelectError> {
    const MOST: usize = 4096;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let values: Vec<&str> = match &part.part {
        TextRule::Filter(_) => return Ok(None),
        TextRule::All => {
            let text = text.trim();
            if text.is_empty() || text == "null" {
                return Ok(None);
            }
            // A list has one value on each line.
            let is_list = part.list.is_for_many();
            let lines = text.lines().count();
            match lines {
                2.. if !is_list => {
                    return Err(SelectError::ManyLines {
                        lines,
                        first: beginning(text.lines().next().unwrap_or_default()),
                    });
                }
                1 if text.len() > MOST => return Err(SelectError::TooLong(text.len())),
                _ => text.lines().map(str::trim).filter(|line| !line.is_empty()).collect(),
            }
        }
        TextRule::Regex(expression) => {
            let regex = regexes.get(expression)?;
            let first_group = |captures: regex::Captures<'_>| -> Option<(usize, usize)> {
                let found = captures.iter().skip(1).flatten().next().or_else(|| captures.get(0))?;
                Some((found.start(), found.end()))
            };
            let found: Vec<&str> =
                regex.captures_iter(text).filter_map(first_group).map(|(start, end)| text[start..end].trim()).collect();
            if found.is_empty() {
                return Err(SelectError::NotFound(beginning(text)));
            }
            found
        }
    };
    Ok(part.list.choose(&values)?.map(str::to_owned))
}

/// The first of these headers that is there with some text.
fn header(answer: &Answer, names: &[String]) -> Result<String, SelectError> {
    for name in names {
        let texts = answer.headers.iter().filter(|(known, _)| known == name).map(|(_, text)| text.trim());
        let Some(text) = texts.into_iter().find(|text| !text.is_empty()) else { continue };
        if ["null", "none", "unknown", "undefined"].contains(&text.to_ascii_lowercase().as_str()) {
            return Err(SelectError::EmptyHeader { name: name.clone(), text: text.to_owned() });
        }
        return Ok(text.to_owned());
    }
    Err(SelectError::NoHeader { status: answer.status, names: names.join(" ") })
}

/// A list in an object. What came in its place may say why it is not there.
fn list<'a>(json: &'a Json, what: &'static str) -> Result<&'a Vec<Json>, SelectError> {
    json[what].as_array().ok_or_else(|| SelectError::OtherShape { what, beginning: beginning(&json.to_string()) })
}

/// A whole number above 0.
fn number(json: &Json) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number = json.as_u64().or_else(|| {
        let number = json.as_f64().filter(|number| number.fract() == 0.0 && (1.0..EXACT).contains(number))?;
        Some(number as u64)
    });
    number.filter(|number| (1..EXACT as u64).contains(number))
}

fn of_snap(
    json: &Json,
    snap: &str,
    track: &str,
    risk: &str,
    arch: &str,
    field: SnapField,
) -> Result<String, SelectError> {
    let map = list(json, "channel-map")?;
    let is_meant = |entry: &&Json| {
        let channel = &entry["channel"];
        [&channel["track"], &channel["risk"], &channel["architecture"]] == [track, risk, arch]
    };
    let is_branch = |entry: &&Json| {
        // The name of a branch is longer than TRACK/RISK, and RISK alone in the track latest.
        entry["channel"]["name"].as_str().is_some_and(|name| name.split('/').count() > 2)
    };
    let entries: Vec<&Json> = map.iter().filter(is_meant).filter(|entry| !is_branch(entry)).collect();
    let (snap, channel, arch) = (snap.to_owned(), format!("{track}/{risk}"), arch.to_owned());
    let Some(first) = entries.first() else { return Err(SelectError::NotPublished { snap, channel, arch }) };
    if entries.iter().any(|entry| entry["revision"] != first["revision"]) {
        return Err(SelectError::SeveralRevisions { snap, channel, arch });
    }
    match field {
        SnapField::Revision => {
            let revision = number(&first["revision"]).ok_or(SelectError::Lacks("revision that is a whole number"))?;
            Ok(revision.to_string())
        }
        SnapField::Version => {
            let version = first["version"].as_str().filter(|version| !version.trim().is_empty());
            version.map(str::to_owned).ok_or(SelectError::Lacks("version"))
        }
    }
}

fn of_deb(json: &Json, package: &str, series: &str, pocket: &str) -> Result<Option<String>, SelectError> {
    let entries = list(json, "entries")?;
    let end = format!("/{series}");
    let is_meant = |entry: &Json| {
        entry["source_package_name"] == package
            && entry["pocket"] == pocket
            && entry.get("status").is_none_or(|status| status == "Published")
            && entry.get("distro_series_link").is_none_or(|link| link.as_str().is_some_and(|link| link.ends_with(&end)))
    };
    if !entries.iter().all(is_meant) {
        return Err(SelectError::OtherThing(format!("{package}, published in {pocket} of {series}")));
    }
    let Some(newest) = entries.first() else { return Ok(None) };
    let is_version = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+:~-".contains(&byte))
    };
    let version = newest["source_package_version"].as_str().filter(is_version);
    version
        .map(|version| Some(version.to_owned()))
        .ok_or(SelectError::Lacks("source_package_version that is a version"))
}

fn release_tags<'a>(json: &'a Json, prereleases: Prereleases) -> Result<Vec<&'a str>, SelectError> {
    let releases = json.as_array().ok_or(SelectError::Lacks("list of releases"))?;
    let counts = |release: &&Json| {
        release["draft"] != true && (prereleases == Prereleases::Taken || release["prerelease"] != true)
    };
    let tag = |release: &'a Json| {
        release["tag_name"].as_str().filter(|tag| !tag.is_empty()).ok_or(SelectError::Lacks("tag_name"))
    };
    releases.iter().filter(counts).map(tag).collect()
}

fn of_run(json: &Json, branch: &str) -> Result<Option<String>, SelectError> {
    let runs = list(json, "workflow_runs")?;
    let is_meant = |run: &Json| {
        run.is_object()
            && run.get("conclusion").is_none_or(|conclusion| conclusion == "success")
            && run.get("head_branch").is_none_or(|head| head == branch)
    };
    if !runs.iter().all(is_meant) {
        return Err(SelectError::OtherThing(format!("green runs on {branch}")));
    }
    // Runs for branches of the same name in forks do not count.
    let own = runs.iter().filter(|run| run["head_repository"]["full_name"] == run["repository"]["full_name"]);
    let numbers =
        own.map(|run| number(&run["run_number"]).ok_or(SelectError::Lacks("run_number that is a whole number")));
    let numbers = numbers.collect::<Result<Vec<u64>, _>>()?;
    Ok(numbers.into_iter().max().map(|number| number.to_string()))
}

fn of_pypi(json: &Json, package: &str) -> Result<String, SelectError> {
    let info = &json["info"];
    let name = info["name"].as_str().unwrap_or_default();
    if !info.is_object() {
        return Err(SelectError::OtherShape { what: "info", beginning: beginning(&json.to_string()) });
    }
    if normal_name(name) != normal_name(package) {
        return Err(SelectError::OtherThing(package.to_owned()));
    }
    version(&info["version"])
}

fn of_npm(json: &Json, tag: &str) -> Result<String, SelectError> {
    let tags = json.as_object();
    let tags = tags.ok_or_else(|| SelectError::OtherShape { what: "tags", beginning: beginning(&json.to_string()) })?;
    match tags.get(tag) {
        Some(json) => version(json),
        None => Err(SelectError::NoPackageTag(tag.to_owned())),
    }
}

/// The highest version in the file that the index has for a crate: a line of JSON for each.
fn of_crates(text: &str, package: &str) -> Result<Option<String>, SelectError> {
    let mut highest: Option<([u64; 3], String)> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let json: Json = serde_json::from_str(line).map_err(|_| SelectError::NotJson(beginning(line)))?;
        if !json["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(package)) {
            return Err(SelectError::OtherThing(package.to_owned()));
        }
        let version = version(&json["vers"])?;
        let is_yanked = json["yanked"].as_bool().ok_or(SelectError::Lacks("word whether a version is yanked"))?;
        let (numbers, _) = version.split_once('+').unwrap_or((&version, ""));
        let numbers: Vec<u64> = numbers.split('.').filter_map(|number| number.parse().ok()).collect();
        // What is left out is a prerelease, which has more than numbers.
        let Ok(numbers) = <[u64; 3]>::try_from(numbers) else { continue };
        if !version.contains('-') && !is_yanked && highest.as_ref().is_none_or(|(known, _)| *known < numbers) {
            highest = Some((numbers, version));
        }
    }
    Ok(highest.map(|(_, version)| version))
}

/// A text that can be a version.
fn version(json: &Json) -> Result<String, SelectError> {
    let is_version = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+!_-".contains(&byte))
    };
    json.as_str().filter(is_version).map(str::to_owned).ok_or(SelectError::Lacks("version"))
}
