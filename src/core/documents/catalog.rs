//! The document of `catalog`.

use std::collections::BTreeMap;

use serde::Serialize;

/// The document of `catalog`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CatalogReport {
    /// The version of this document: 1.
    pub(crate) version: u32,
    /// What `add --from` takes, sorted by name.
    pub(crate) entries: Vec<CatalogEntry>,
    /// The kinds of sources that options can declare, and that `add --source` takes.
    pub(crate) sources: Vec<CatalogSource>,
    /// What is of no use, and so left out of the lists.
    pub(crate) problems: Vec<CatalogProblem>,
}

/// Where something of the catalog comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EntryOrigin {
    /// The folder of the user.
    Folder,
    /// The program.
    BuiltIn,
}

/// An entry of the catalog.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CatalogEntry {
    /// The name of the entry, which is that of the branch unless another is given.
    pub(crate) name: String,
    /// What is watched.
    pub(crate) about: String,
    /// Whether it is built in, or lies in the folder of the user.
    pub(crate) origin: EntryOrigin,
    /// The kind of the source that it declares; null if it has an extractor.
    pub(crate) kind: Option<String>,
    /// Where the value comes from, as the entry or else its kind says.
    pub(crate) source: Option<String>,
    /// What could not be verified, as the entry says.
    pub(crate) unverified: Option<String>,
    /// What it sets of the keys of its kind.
    pub(crate) keys: BTreeMap<String, String>,
    /// The message of its state commits; null if only a shell can tell.
    pub(crate) message: Option<String>,
    /// The options file that `add` writes.
    pub(crate) options: String,
    /// The files that come along.
    pub(crate) files: Vec<CatalogFile>,
}

/// A file that comes along with an entry.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CatalogFile {
    /// Its path, relative to the options file.
    pub(crate) path: String,
    /// What it is.
    pub(crate) kind: FileKind,
    /// How many bytes it has.
    pub(crate) size: usize,
    /// Its text, or where a symbolic link points to; null if it is not UTF-8.
    pub(crate) text: Option<String>,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FileKind {
    /// A file.
    File,
    /// A file that can be executed.
    Executable,
    /// A symbolic link.
    Symlink,
}

/// A kind of sources.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CatalogSource {
    /// The name of the kind.
    pub(crate) name: String,
    /// What it watches.
    pub(crate) about: String,
    /// What its value is.
    pub(crate) value: String,
    /// What can be set.
    pub(crate) keys: Vec<SourceKey>,
    /// A worked example: an options file.
    pub(crate) example: String,
}

/// A key of a source.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SourceKey {
    /// The name of the key.
    pub(crate) name: String,
    /// What it is.
    pub(crate) about: String,
    /// Whether it has to be set.
    pub(crate) required: bool,
    /// What it is if it is not set; null if there is nothing that it usually is.
    pub(crate) default: Option<String>,
}

/// What is of no use in the catalog.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CatalogProblem {
    /// One line that says which file it is, and why.
    pub(crate) problem: String,
    /// The names of the entries that are left out because of it.
    pub(crate) entries: Vec<String>,
}
