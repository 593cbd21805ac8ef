//! Reading a customization: from the tree of a commit, or as it lies in a work tree.

use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::scratch::is_name_of_scratch;
use crate::core::customization::{ACTIONS, CUSTOM, Customization};
use crate::core::name::ResourceName;
use crate::git::branches::Branch;
use crate::git::export::{self, ExportError};
use crate::git::fetch;
use crate::git::options_file::{Located, OptionsFile, OptionsPaths, UnreadableOptions, locate};
use crate::git::program::{Git, ProgramError};
use crate::git::repository::{OpenError, Repository};
use crate::git::worktree_files::{self, PlantError};

/// What the clone is called that a resource brings or makes beside its options; it is no part of the customization.
const OWN_TARGET: &str = "target";

/// Why there is nothing to apply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("{resource} is not a resource: its tree has no {places}")]
    NotAResource { resource: String, places: String },
    #[error(transparent)]
    Options(#[from] UnreadableOptions),
    #[error("object {} is missing", .0.first().map(ToString::to_string).unwrap_or_default())]
    Missing(Vec<ObjectId>),
    #[error("this partial clone does not have object {}, and it cannot be fetched", .0)]
    Fetch(ObjectId, #[source] ProgramError),
    #[error(transparent)]
    Export(ExportError),
    #[error(transparent)]
    Worktree(#[from] PlantError),
    #[error(transparent)]
    Reopen(#[from] OpenError),
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
        Located::Missing(id) => Err(ReadError::Missing(vec![id])),
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
    let entries = || export::entries(repo, options.directory, Some(OWN_TARGET));
    let read = entries().and_then(|entries| export::read_all(repo, entries));
    let read = match read {
        // Only a script can want to see the other files of a large branch.
        Err(ExportError::TooLarge) => entries().and_then(|mut entries| {
            if !entries.iter().any(|entry| entry.path == ACTIONS && entry.kind == EntryKind::BlobExecutable) {
                entries.retain(|entry| entry.path.strip_prefix(CUSTOM).is_some_and(|rest| rest.starts_with('/')));
            }
            export::read_all(repo, entries)
        }),
        done => done,
    };
    match read {
        Ok(files) => Ok(Customization { resource: resource.to_owned(), files }),
        Err(ExportError::Missing(_, ids)) => Err(ReadError::Missing(ids)),
        Err(err) => Err(ReadError::Export(err)),
    }
}

/// Does the same as [`read`], and fetches what a partial clone left out.
pub(crate) fn read_fetching(
    repository: &Repository,
    git: &Git,
    commit: ObjectId,
    resource: &str,
    paths: &OptionsPaths,
) -> Result<Customization, ReadError> {
    /// One for each level of folders, and one for all files.
    const MAX_FETCHES: usize = 100;
    let mut repo = repository.local();
    for _ in 0..MAX_FETCHES {
        let missing = match read(&repo, commit, resource, paths) {
            Err(ReadError::Missing(ids)) => ids,
            done => return done,
        };
        let (Some(promisor), Some(first)) = (fetch::promisor(&repo), missing.first()) else { break };
        fetch::missing_objects(git, &promisor, &missing).map_err(|err| ReadError::Fetch(*first, err))?;
        repo = repository.reopen()?.local();
    }
    read(&repo, commit, resource, paths)
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
