//! Finding the options file of a branch: the rule that makes a branch a resource.

use gix::ObjectId;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::branches::Branch;
use super::history::tree_of;
use super::tree::{self, Found, TreeError};
use crate::core::options::MAX_BYTES;
use crate::error::chain;

/// Where options files may lie, best first; `{branch}` stands for the name of the branch.
#[derive(Clone, Debug)]
pub(crate) struct OptionsPaths(Vec<String>);

impl OptionsPaths {
    /// The paths of the repositories in use: `options` at the top, or `branches/B/trigger`.
    const IN_USE: [&str; 2] = ["options", "branches/{branch}/trigger"];

    /// Takes the paths that were configured, or the ones in use.
    ///
    /// # Errors
    ///
    /// A path leads out of the tree.
    pub(crate) fn new(configured: Vec<String>) -> Result<Self, String> {
        if configured.is_empty() {
            return Ok(OptionsPaths(Self::IN_USE.map(str::to_owned).to_vec()));
        }
        let bad = |path: &&String| path.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        match configured.iter().find(bad) {
            Some(path) => {
                Err(format!("{path:?} is not a path inside a tree, like `options` or `branches/{{branch}}/trigger`"))
            }
            None => Ok(OptionsPaths(configured)),
        }
    }

    /// Why nothing can be said of the options of a branch, wherever they may lie.
    pub(crate) fn unreadable(&self, branch: &str, reason: String) -> UnreadableOptions {
        UnreadableOptions { path: self.of(branch).next().unwrap_or_default(), reason }
    }

    /// The paths for one branch.
    pub(crate) fn of<'a>(&'a self, branch: &'a str) -> impl Iterator<Item = String> + 'a {
        self.0.iter().map(move |path| path.replace("{branch}", branch))
    }
}

/// What a tree holds at the place of the options file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Located {
    /// Nothing: the branch is not a resource.
    Nowhere,
    /// The file.
    File(OptionsFile),
    /// Something that is not a readable file.
    Unreadable(UnreadableOptions),
    /// An object that a partial clone does not have yet.
    Missing(ObjectId),
}

/// Why an options file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnreadableOptions {
    /// Its path in the tree, or the first path where it is looked for.
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl std::error::Error for UnreadableOptions {}

impl std::fmt::Display for UnreadableOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot read {}: {}", self.path, self.reason)
    }
}

/// An options file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionsFile {
    /// Its path in the tree.
    pub(crate) path: String,
    /// The tree of the folder that holds it: the resource directory.
    pub(crate) directory: ObjectId,
    /// Its text.
    pub(crate) text: Vec<u8>,
    /// The raw commit at the tip of the branch, which a walk then need not read again.
    pub(crate) tip: Vec<u8>,
}

/// Looks for the options file in the tree of the branch's own tip.
pub(crate) fn locate(repo: &gix::Repository, branch: &Branch, paths: &OptionsPaths) -> Located {
    find(repo, branch, paths).unwrap_or_else(|err| match err.missing() {
        [id, ..] => Located::Missing(*id),
        [] => Located::Unreadable(paths.unreadable(branch.name.as_str(), chain(&err))),
    })
}

fn find(repo: &gix::Repository, branch: &Branch, paths: &OptionsPaths) -> Result<Located, TreeError> {
    let mut buffer = Vec::new();
    let tip = tree::commit(repo, branch.tip)?;
    let root = tree_of(&tip).ok_or(TreeError::Damaged { kind: Kind::Commit, id: branch.tip })?;
    for path in paths.of(branch.name.as_str()) {
        let Some(Found { folder, kind, id }) = tree::lookup(repo, root, &path, &mut buffer)? else { continue };
        let unreadable =
            |reason: &str| Located::Unreadable(UnreadableOptions { path: path.clone(), reason: reason.to_owned() });
        return Ok(match kind {
            EntryKind::Blob | EntryKind::BlobExecutable => match tree::blob(repo, id, MAX_BYTES as u64, &mut buffer) {
                Ok(text) => Located::File(OptionsFile { directory: folder, text: text.to_vec(), tip, path }),
                Err(TreeError::BlobTooLarge { size, most, .. }) => {
                    unreadable(&format!("it is {} KiB long; at most {} KiB are read", size.div_ceil(1024), most / 1024))
                }
                Err(err) => return Err(err),
            },
            EntryKind::Tree => unreadable("it is a folder, not a file"),
            EntryKind::Link => unreadable("it is a symbolic link, not a file"),
            EntryKind::Commit => unreadable("it is a submodule, not a file"),
        });
    }
    Ok(Located::Nowhere)
}
