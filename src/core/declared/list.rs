//! Taking one value of several: `include`, `exclude` and `order`.

use std::cmp::Ordering;

use regex::Regex;

/// How the value is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    First,
    Last,
    /// The highest, compared as versions.
    Version,
    /// The highest, compared as versions of Debian packages.
    Deb,
    /// More than one fails.
    None,
}

impl Order {
    pub(super) fn of(name: &str) -> Option<Order> {
        Some(match name {
            "first" => Order::First,
            "last" => Order::Last,
            "version" => Order::Version,
            "deb" => Order::Deb,
            "none" => Order::None,
            _ => return None,
        })
    }
}

/// What is taken of several values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) include: Option<String>,
    pub(crate) exclude: Option<String>,
    pub(crate) order: Order,
}

/// Why none of several values is taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListError {
    #[error("there are {count} values, such as {first:?} and {last:?}; set order, include or exclude to choose one")]
    Several { count: usize, first: String, last: String },
    #[error("{value:?} is not the version of a Debian package; leave it out with exclude")]
    NotADeb { value: String },
    #[error("the {key} does not compile")]
    Expression { key: &'static str },
}

impl List {
    /// Whether it chooses among several values.
    pub(crate) fn is_for_many(&self) -> bool {
        self.order != Order::None || self.include.is_some() || self.exclude.is_some()
    }

    /// The value that is wanted; none where nothing is left.
    ///
    /// # Errors
    ///
    /// There is no telling which one.
    pub(crate) fn choose<'a>(&self, values: &[&'a str]) -> Result<Option<&'a str>, ListError> {
        let compiled = |key, text: &Option<String>| match text {
            Some(text) => Regex::new(text).map(Some).map_err(|_| ListError::Expression { key }),
            None => Ok(None),
        };
        let include = compiled("include", &self.include)?;
        let exclude = compiled("exclude", &self.exclude)?;
        let is_wanted = |value: &&&str| {
            include.as_ref().is_none_or(|regex| regex.is_match(value))
                && !exclude.as_ref().is_some_and(|regex| regex.is_match(value))
        };
        let wanted: Vec<&str> = values.iter().filter(is_wanted).copied().collect();
        let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else { return Ok(None) };
        match self.order {
            Order::First => Ok(Some(first)),
            Order::Last => Ok(Some(last)),
            Order::Version => Ok(wanted.iter().copied().max_by(|one, other| by_version(one, other))),
            Order::Deb => highest_deb(&wanted).map(Some),
            Order::None => match wanted.iter().find(|value| *value != first) {
                None => Ok(Some(first)),
                Some(_) => {
                    let text = |value: &str| value.chars().take(60).collect();
                    Err(ListError::Several { count: wanted.len(), first: text(first), last: text(last) })
                }
            },
        }
    }
}

/// Compares versions; what is equal as a version, such as 1.0 and v1.0, by its text.
fn by_version(one: &str, other: &str) -> Ordering {
    use version_compare::{Cmp, compare};
    let as_versions = match compare(one.trim_start_matches('v'), other.trim_start_matches('v')) {
        Ok(Cmp::Lt) => Ordering::Less,
        Ok(Cmp::Gt) => Ordering::Greater,
        Ok(_) | Err(()) => Ordering::Equal,
    };
    as_versions.then_with(|| one.cmp(other))
}

fn highest_deb<'a>(values: &[&'a str]) -> Result<&'a str, ListError> {
    let mut highest: Option<(debversion::Version, &str)> = None;
    for value in values {
        let version: debversion::Version =
            value.parse().map_err(|_| ListError::NotADeb { value: (*value).to_owned() })?;
        if highest.as_ref().is_none_or(|(known, _)| version > *known) {
            highest = Some((version, value));
        }
    }
    Ok(highest.map(|(_, value)| value).expect("there is at least one value"))
}
