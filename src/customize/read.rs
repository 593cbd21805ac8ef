//! Reading a customization: from the tree of a commit, or as it lies in a work tree.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::scratch::is_name_of_scratch;
use crate::core::customization::{ACTIONS, CUSTOM, Customization};
use crate::core::layout::{Layout, PathPattern};
use crate::git::options_file::{OptionsPaths, UnreadableOptions};
use crate::git::program::Git;
use crate::git::repository::Repository;
use crate::git::tree::backfill::complete;
use crate::git::tree::{self, Extent, TreeEntry, TreeError};
use crate::git::worktree_files::{self, WorktreeFilesError};

/// What the clone is called that a resource brings or makes beside its options; it is no part of the customization.
const OWN_TARGET: &str = "target";

/// Why there is nothing to apply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("{resource} is not a resource: the work tree has no {places}")]
    NotAResource { resource: String, places: String },
    #[error(transparent)]
    Options(#[from] UnreadableOptions),
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error(transparent)]
    Worktree(#[from] WorktreeFilesError),
}

/// Reads the customization of a resource from the tree of its folder.
pub(crate) fn read(repo: &gix::Repository, resource: &str, folder: ObjectId) -> Result<Customization, TreeError> {
    let mut entries = tree::list(repo, folder, Some(OWN_TARGET), Extent::Resource)?;
    let files = match tree::read_files(repo, &entries) {
        // Only a script can want to see the other files of a large branch.
        Err(TreeError::FolderTooLarge) => {
            let is_actions =
                |entry: &TreeEntry| entry.path == Path::new(ACTIONS) && entry.kind == EntryKind::BlobExecutable;
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
    resource: &str,
    folder: ObjectId,
) -> Result<Customization, ReadError> {
    Ok(complete(repository, git, |repo| read(repo, resource, folder))?)
}

/// Reads the customization of a resource as it lies in a work tree, without the target, should it lie there too.
pub(crate) fn read_worktree(
    worktree: &Path,
    resource: &str,
    layout: Layout,
    paths: &OptionsPaths,
    target: &Path,
) -> Result<Customization, ReadError> {
    let patterns: Vec<&PathPattern> = match layout {
        Layout::Branch => paths.on_branch().collect(),
        Layout::Folder => paths.in_folders().chain(paths.beside_folders()).collect(),
    };
    let places: Vec<String> = patterns.iter().map(|pattern| pattern.of(resource)).collect();
    let options = places.iter().map(|path| worktree.join(path)).find(|path| path.is_file());
    let options = options
        .ok_or_else(|| ReadError::NotAResource { resource: resource.to_owned(), places: places.join(" and no ") })?;
    let directory = options.parent().map_or_else(PathBuf::new, Path::to_owned);
    let own = |name: &str| name == OWN_TARGET || is_name_of_scratch(name) || (name == ".git" && directory == worktree);
    let files = worktree_files::read_resource_folder(&directory, &own, target)?;
    Ok(Customization { resource: resource.to_owned(), files })
}
