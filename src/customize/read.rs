//! Reading a customization: from the tree of a commit, or as it lies in a work tree.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::scratch::is_name_of_scratch;
use crate::core::customization::{ACTIONS, CUSTOM, Customization};
use crate::core::name::ResourceName;
use crate::git::branches::Branch;
use crate::git::options_file::{Located, OptionsFile, OptionsPaths, UnreadableOptions, locate};
use crate::git::program::Git;
use crate::git::repository::Repository;
use crate::git::tree::backfill::{BackfillError, backfill};
use crate::git::tree::{self, Entry, Extent, TreeError};
use crate::git::worktree_files::{self, WorktreeFilesError};

/// What the clone is called that a resource brings or makes beside its options; it is no part of the customization.
const OWN_TARGET: &str = "target";

/// Why there is nothing to apply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("{resource} is not a resource: its tree has no {places}")]
    NotAResource { resource: String, places: String },
    #[error(transparent)]
    Options(#[from] UnreadableOptions),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Worktree(#[from] WorktreeFilesError),
    #[error(transparent)]
    Backfill(#[from] BackfillError),
}

/// Where the options of a resource lie in a commit.
pub(crate) fn options_in(
    repo: &gix::Repository,
    commit: ObjectId,
    resource: &str,
    paths: &OptionsPaths,
) -> Result<OptionsFile, ReadError> {
    let name = ResourceName::of_existing(resource.to_owned());
    match locate(repo, &Branch { name, reference: String::new(), tip: commit }, paths) {
        Located::File(file) => Ok(file),
        Located::Unreadable(unreadable) => Err(unreadable.into()),
        Located::Missing(id) => Err(TreeError::Missing(vec![id]).into()),
        Located::Nowhere => Err(not_a_resource(resource, paths)),
    }
}

fn not_a_resource(resource: &str, paths: &OptionsPaths) -> ReadError {
    let places = paths.of(resource).collect::<Vec<_>>().join(" and no ");
    ReadError::NotAResource { resource: resource.to_owned(), places }
}

/// Reads the customization of a resource from the tree of a commit.
pub(crate) fn read(
    repo: &gix::Repository,
    commit: ObjectId,
    resource: &str,
    paths: &OptionsPaths,
) -> Result<Customization, ReadError> {
    let options = options_in(repo, commit, resource, paths)?;
    let mut entries = tree::list(repo, options.directory, Some(OWN_TARGET), Extent::Resource)?;
    let files = match tree::read_files(repo, &entries) {
        // Only a script can want to see the other files of a large branch.
        Err(TreeError::FolderTooLarge) => {
            let is_actions =
                |entry: &Entry| entry.path == Path::new(ACTIONS) && entry.kind == EntryKind::BlobExecutable;
            if !entries.iter().any(is_actions) {
                entries.retain(|entry| entry.path.strip_prefix(CUSTOM).is_ok_and(|rest| rest != Path::new("")));
            }
            tree::read_files(repo, &entries)
        }
        files => files,
    };
    Ok(Customization { resource: resource.to_owned(), files: files? })
}

/// Does the same as [`read`], and fetches what a partial clone left out.
pub(crate) fn read_fetching(
    repository: &Repository,
    git: &Git,
    commit: ObjectId,
    resource: &str,
    paths: &OptionsPaths,
) -> Result<Customization, ReadError> {
    let mut result = Err(TreeError::Interrupted.into());
    backfill(repository, git, |repository| {
        result = read(&repository.local(), commit, resource, paths);
        match &result {
            Err(ReadError::Tree(err)) => err.missing().to_vec(),
            Ok(_) | Err(_) => Vec::new(),
        }
    })?;
    result
}

/// Reads the customization of a resource as it lies in a work tree, without the target, should it lie there too.
pub(crate) fn read_worktree(
    worktree: &Path,
    resource: &str,
    paths: &OptionsPaths,
    target: &Path,
) -> Result<Customization, ReadError> {
    let options = paths.of(resource).map(|path| worktree.join(path)).find(|path| path.is_file());
    let options = options.ok_or_else(|| not_a_resource(resource, paths))?;
    let directory = options.parent().map_or_else(PathBuf::new, Path::to_owned);
    let own = |name: &str| name == OWN_TARGET || is_name_of_scratch(name) || (name == ".git" && directory == worktree);
    let files = worktree_files::read_resource_folder(&directory, &own, target)?;
    Ok(Customization { resource: resource.to_owned(), files })
}
