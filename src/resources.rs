//! Finding the resources of a repository: what every command begins with.

use gix::ObjectId;

use crate::core::name::Selection;
use crate::error::chain;
use crate::git::branches::{self, Branch, BranchError, Source};
use crate::git::history::Tip;
use crate::git::options_file::{Located, OptionsFile, OptionsPaths, UnreadableOptions, locate};
use crate::git::program::Git;
use crate::git::repository::{OpenError, Repository};
use crate::git::tree::backfill::{BackfillError, backfill};

/// A branch that holds an options file, or something in its place.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) branch: Branch,
    pub(crate) options: Result<OptionsFile, UnreadableOptions>,
}

impl Resource {
    /// Where a walk through its history begins.
    pub(crate) fn tip(&self) -> Tip<'_> {
        Tip { id: self.branch.tip, data: self.options.as_ref().ok().map(|file| file.tip.as_slice()) }
    }

    /// The path of the options file in the tree of the branch.
    pub(crate) fn options_path(&self) -> &str {
        match &self.options {
            Ok(file) => &file.path,
            Err(unreadable) => &unreadable.path,
        }
    }
}

/// Why resources cannot be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatherError {
    #[error(transparent)]
    Branches(#[from] BranchError),
    #[error("{0} is not a resource: its tree has no {1}")]
    NotAResource(String, String),
    #[error(transparent)]
    Reopen(#[from] OpenError),
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Gathered<T> {
    /// One for each resource, sorted by name.
    pub(crate) resources: Vec<T>,
    /// How many branches were left out because their names are not UTF-8.
    pub(crate) left_out: usize,
}

/// Finds the selected resources among the branches of the source, fetching what a partial clone left out, and makes
/// something of each, on as many threads as there are cores.
pub(crate) fn gather<T: Send>(
    repository: &Repository,
    git: &Git,
    source: &Source,
    paths: &OptionsPaths,
    selection: &Selection,
    make: impl Fn(&gix::Repository, Resource) -> T + Sync,
) -> Result<Gathered<T>, GatherError> {
    let repo = repository.local();
    let (branches, left_out) = branches::list(&repo, source)?;
    let branches = branches::select(branches, selection, &branches::defaults(&repo, source))?;
    let found = read_options(repository, git, &branches, paths, make)?;
    let mut resources = Vec::with_capacity(found.len());
    for (branch, found) in branches.iter().zip(found) {
        match found {
            Some(found) => resources.push(found),
            None if selection.names(branch.name.as_str()) => {
                let name = branch.name.to_string();
                let places = paths.of(&name).collect::<Vec<_>>().join(" and no ");
                return Err(GatherError::NotAResource(name, places));
            }
            None => {}
        }
    }
    Ok(Gathered { resources, left_out })
}

/// Reads the options of branches, fetching what a partial clone left out, and makes something of each branch that has
/// any, which the others get none of.
pub(crate) fn read_options<T: Send>(
    repository: &Repository,
    git: &Git,
    branches: &[Branch],
    paths: &OptionsPaths,
    make: impl Fn(&gix::Repository, Resource) -> T + Sync,
) -> Result<Vec<Option<T>>, OpenError> {
    let make =
        |repo: &gix::Repository, branch: &Branch, options| make(repo, Resource { branch: branch.clone(), options });
    let unreadable = |branch: &Branch, reason| Err(paths.unreadable(branch.name.as_str(), reason));
    let read = |repo: &gix::Repository, branch: &Branch| match locate(repo, branch, paths) {
        Located::File(file) => Found::Made(Some(make(repo, branch, Ok(file)))),
        Located::Unreadable(unreadable) => Found::Made(Some(make(repo, branch, Err(unreadable)))),
        Located::Nowhere => Found::Made(None),
        Located::Missing(id) => Found::Missing(id),
    };
    let mut found: Vec<Found<T>> = Vec::new();
    let fetched = backfill(repository, git, |repository| {
        if found.is_empty() {
            found = repository.map_parallel(branches, read);
        } else {
            let repo = repository.local();
            for (branch, found) in branches.iter().zip(&mut found).filter(|(_, found)| found.missing().is_some()) {
                *found = read(&repo, branch);
            }
        }
        found.iter().filter_map(Found::missing).collect()
    });
    let (fetched, reason) = match fetched {
        Ok(fetched) => (fetched, None),
        Err(BackfillError::Fetch(_, err)) => (None, Some(chain(&err))),
        Err(BackfillError::Reopen(err)) => return Err(err),
    };
    let repo = fetched.as_ref().unwrap_or(repository).local();
    let missing = |id| match &reason {
        Some(reason) => format!("this partial clone does not have object {id}, and it cannot be fetched: {reason}"),
        None => format!("object {id} is missing"),
    };
    let conclude = |(branch, found): (&Branch, Found<T>)| match found {
        Found::Made(made) => made,
        Found::Missing(id) => Some(make(&repo, branch, unreadable(branch, missing(id)))),
    };
    Ok(branches.iter().zip(found).map(conclude).collect())
}

/// What was found of a branch so far.
enum Found<T> {
    /// What was made of its options, if it has any.
    Made(Option<T>),
    /// The options cannot be looked for without this object.
    Missing(ObjectId),
}

impl<T> Found<T> {
    fn missing(&self) -> Option<ObjectId> {
        match self {
            Found::Made(_) => None,
            Found::Missing(id) => Some(*id),
        }
    }
}
