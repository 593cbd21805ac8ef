//! What `custom/env.sh` did to the environment, and how a shell and GitHub Actions read it.
//!
//! Names and values are bytes, as the operating system has them. What they cannot read is handed back with the reason,
//! never bent into shape.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use gix::bstr::ByteSlice;

use super::github::block;

/// What shells set by themselves.
const NOISE: [&str; 6] = ["_", "SHLVL", "PWD", "OLDPWD", "BASHOPTS", "SHELLOPTS"];

/// An environment.
pub(crate) type Variables = BTreeMap<OsString, OsString>;

/// The difference of two environments, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VariableChanges {
    pub(crate) set: Vec<(OsString, OsString)>,
    pub(crate) unset: Vec<OsString>,
}

/// Why a change cannot be written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// Shells can only name variables made of letters, digits and underscores; exported functions have other names.
    Name,
    /// GitHub does not let a step set it.
    Reserved,
    /// GitHub only reads UTF-8.
    NotUtf8,
    /// GitHub has no way to unset.
    Unset,
}

/// Changes as text for a shell or for GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) text: Vec<u8>,
    pub(crate) left_out: Vec<(OsString, LeftOut)>,
}

/// The delimiter is a line of this variable's value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the delimiter occurs in the value of {}", .0.display())]
pub(crate) struct DelimiterOccurs(OsString);

/// Reads what `env -0` prints.
pub(crate) fn parse(output: &[u8]) -> Variables {
    let variable = |entry: &[u8]| {
        let at = entry.iter().position(|byte| *byte == b'=')?;
        Some((OsStr::from_bytes(&entry[..at]).to_owned(), OsStr::from_bytes(&entry[at + 1..]).to_owned()))
    };
    output.split(|byte| *byte == 0).filter_map(variable).collect()
}

impl VariableChanges {
    /// What has to be done to `before` to make it `after`, but for what shells do by themselves.
    pub(crate) fn between(before: &Variables, after: &Variables) -> Self {
        let is_noise = |name: &OsStr| NOISE.iter().any(|noise| name == *noise);
        let is_new = |(name, value): &(&OsString, &OsString)| !is_noise(name) && before.get(*name) != Some(value);
        let is_gone = |name: &&OsString| !is_noise(name) && !after.contains_key(*name);
        VariableChanges {
            set: after.iter().filter(is_new).map(|(name, value)| (name.clone(), value.clone())).collect(),
            unset: before.keys().filter(is_gone).cloned().collect(),
        }
    }

    /// Makes the changes in an environment.
    pub(crate) fn apply(&self, variables: impl IntoIterator<Item = (OsString, OsString)>) -> Variables {
        let mut variables: Variables = variables.into_iter().collect();
        for name in &self.unset {
            variables.remove(name);
        }
        variables.extend(self.set.iter().cloned());
        variables
    }

    /// Lines that any POSIX shell reads back exactly: `eval "$(…)"`.
    pub(crate) fn shell_lines(&self) -> Rendered {
        let mut rendered = Rendered::default();
        for (name, value) in &self.set {
            if !is_shell_name(name) {
                rendered.left_out.push((name.clone(), LeftOut::Name));
                continue;
            }
            let value = value.as_bytes().replace("'", "'\\''");
            rendered.push(&[b"export ", name.as_bytes(), b"='", &value, b"'\n"]);
        }
        for name in &self.unset {
            match is_shell_name(name) {
                true => rendered.push(&[b"unset ", name.as_bytes(), b"\n"]),
                false => rendered.left_out.push((name.clone(), LeftOut::Name)),
            }
        }
        rendered
    }

    /// What is appended to the file that `GITHUB_ENV` names.
    ///
    /// # Errors
    ///
    /// The delimiter occurs in a value, and another one has to be chosen.
    pub(crate) fn github_env(&self, delimiter: &str) -> Result<Rendered, DelimiterOccurs> {
        let mut rendered = Rendered::default();
        for (name, value) in &self.set {
            if let Some(reason) = unfit_for_github(name, value) {
                rendered.left_out.push((name.clone(), reason));
                continue;
            }
            match block(name.as_bytes(), value.as_bytes(), delimiter) {
                Some(block) => rendered.push(&[&block]),
                None => return Err(DelimiterOccurs(name.clone())),
            }
        }
        rendered.left_out.extend(self.unset.iter().map(|name| (name.clone(), LeftOut::Unset)));
        Ok(rendered)
    }
}

impl Rendered {
    fn push(&mut self, pieces: &[&[u8]]) {
        for piece in pieces {
            self.text.extend_from_slice(piece);
        }
    }
}

impl LeftOut {
    /// Why, for a person.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            LeftOut::Name => "its name is not the name of a shell variable",
            LeftOut::Reserved => "GitHub does not let a step set it",
            LeftOut::NotUtf8 => "its value is not UTF-8, and GitHub reads nothing else",
            LeftOut::Unset => "it is to be unset, which GITHUB_ENV cannot express",
        }
    }
}

fn unfit_for_github(name: &OsStr, value: &OsStr) -> Option<LeftOut> {
    if !is_shell_name(name) {
        return Some(LeftOut::Name);
    }
    let upper = name.as_bytes().to_ascii_uppercase();
    if upper == b"NODE_OPTIONS" || upper.starts_with(b"GITHUB_") || upper.starts_with(b"RUNNER_") {
        return Some(LeftOut::Reserved);
    }
    value.to_str().is_none().then_some(LeftOut::NotUtf8)
}

fn is_shell_name(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|byte| !byte.is_ascii_digit())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests;
