//! Declared sources: `source="KIND"` and plain assignments that say what is asked, so that no shell is needed.
//!
//! Owns what may be declared ([`kinds`]), and checks it. What a declaration asks for and what is taken of the answer is
//! the business of `sources`; nothing here waits for anything.

mod clock;
mod error;
mod filter;
mod git_url;
pub(crate) mod kinds;
mod list;
mod read;
mod show;

use std::collections::BTreeMap;

pub(crate) use clock::Clock;
pub(crate) use error::DeclarationError;
pub(crate) use git_url::GitUrl;
pub(crate) use kinds::{Kind, Need};
pub(crate) use list::{List, ListError};
pub(crate) use read::Assigned;

use super::web_url::WebUrl;

/// The variable that names the kind.
pub(crate) const SOURCE: &str = "source";

/// What options declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) kind: Kind,
    pub(crate) wanted: WantedValue,
    /// Whether the answers 404 and 410, or a file that is not there, mean that there is no value.
    pub(crate) absent_is_no_value: bool,
    /// The variable that holds a token.
    pub(crate) auth: Option<String>,
    /// What each key of the kind is, as far as it is anything.
    texts: BTreeMap<&'static str, String>,
}

/// What is wanted, checked and typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WantedValue {
    Clock(Clock),
    Ref { url: GitUrl, name: String },
    Tags { url: GitUrl, glob: String, list: List },
    Http { url: WebUrl, headers: Vec<(String, String)>, text: TextPart },
    Header { url: WebUrl, names: Vec<String> },
    Snap { snap: String, track: String, risk: String, arch: String, field: SnapField },
    Deb { package: String, series: String, pocket: String, distribution: String },
    GithubRelease { repository: String, prereleases: Prereleases, list: List },
    GithubRun { repository: String, workflow: String, branch: String },
    Pypi { package: String },
    Npm { package: String, tag: String },
    Crates { package: String },
    After { resource: String },
    File { path: String, text: TextPart },
}

/// What is taken of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextPart {
    /// What takes a part of it.
    pub(crate) part: TextRule,
    pub(crate) list: List,
}

/// How a part of a text is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TextRule {
    /// All of it.
    All,
    /// What a regular expression finds.
    Regex(String),
    /// What a filter in the language of jq makes of it.
    Filter(String),
}

/// What is taken of the entry of a snap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SnapField {
    Revision,
    Version,
}

/// Which releases count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Prereleases {
    LeftOut,
    Taken,
}

impl Declaration {
    /// What a key of the kind is, set or by default.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// A message with what the keys are in place of `{KEY}`. A brace that begins no name stays what it is.
    ///
    /// # Errors
    ///
    /// There is no such key, or it is not set.
    pub(crate) fn expand(&self, message: &str) -> Result<String, DeclarationError> {
        let (mut expanded, mut rest) = (String::with_capacity(message.len()), message);
        while let Some((before, after)) = rest.split_once('{') {
            expanded.push_str(before);
            let is_name =
                |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            match after.split_once('}').filter(|(name, _)| is_name(name)) {
                Some((name, behind)) => {
                    let text = self.text_of(name).ok_or_else(|| DeclarationError::InMessage {
                        key: name.to_owned(),
                        kind: self.kind.name(),
                        is_known: self.kind.key(name).is_some(),
                    })?;
                    expanded.push_str(text);
                    rest = behind;
                }
                None => {
                    expanded.push('{');
                    rest = after;
                }
            }
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests;
