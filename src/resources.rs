//! Finding the resources of a repository: what every command begins with.

use std::collections::HashSet;

use gix::ObjectId;

use crate::core::layout::Layout;
use crate::core::name::Selection;
use crate::error::chain;
use crate::git::branches::{self, Branch, BranchError, Listing, Source, Unlisted};
use crate::git::ci_files;
use crate::git::history::{self, Tip, shallow_boundary};
use crate::git::options_file::{FilesOrigin, OptionsFile, OptionsPaths, UnreadableOptions};
use crate::git::places::{Located, Places, PlacesError};
use crate::git::program::Git;
use crate::git::repository::{OpenError, Repository};
use crate::git::tracking::fetches_all;
use crate::git::tree::TreeError;
use crate::git::tree::backfill::{BackfillError, backfill, complete};

/// A branch that is watched: its state is on the branch, and its files are where `origin` says.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) branch: Branch,
    pub(crate) origin: FilesOrigin,
    pub(crate) options: Result<OptionsFile, UnreadableOptions>,
    /// The raw commit at the tip of the branch, if it was read already.
    tip: Option<Vec<u8>>,
}

impl Resource {
    /// Where a walk through its history begins.
    pub(crate) fn tip(&self) -> Tip<'_> {
        Tip { id: self.branch.tip, data: self.tip.as_deref() }
    }
}

/// Why resources cannot be found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatherError {
    #[error(transparent)]
    Branches(#[from] BranchError),
    #[error("{name} is not a resource: {places}")]
    NotAResource { name: String, places: String },
    #[error("{name} is switched off: {place} is there, but no branch {name}")]
    SwitchedOff { name: String, place: String },
    #[error(transparent)]
    Places(#[from] PlacesError),
    #[error(transparent)]
    Reopen(#[from] OpenError),
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Gathered<T> {
    /// One for each resource, sorted by name.
    pub(crate) resources: Vec<T>,
    /// The branches that were left out.
    pub(crate) unlisted: Unlisted,
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
    let Listing { branches, unlisted } = branches::list(&repo, source)?;
    let (places, fetched) = places(repository, git, paths)?;
    let repository = fetched.as_ref().unwrap_or(repository);
    let branches = branches::select(branches, selection, &branches::defaults(&repo, source))
        .map_err(|err| explain_unmatched(err, repository, source, &places))?;
    let found = read_in(repository, git, &branches, paths, &places, make)?;
    let mut resources = Vec::with_capacity(found.len());
    for (branch, found) in branches.iter().zip(found) {
        match found {
            Some(found) => resources.push(found),
            None if selection.names(branch.name.as_str()) => {
                let name = branch.name.to_string();
                let places = places.described(&name, paths);
                return Err(GatherError::NotAResource { name, places });
            }
            None => {}
        }
    }
    Ok(Gathered { resources, unlisted })
}

/// Whether a branch that is not here is not there either: a clone of some branches does not know.
fn knows_all_branches(repository: &Repository, source: &Source) -> bool {
    source.remote().is_none_or(|remote| fetches_all(&repository.local(), remote))
}

/// A name without a branch may have a folder all the same.
fn explain_unmatched(err: BranchError, repository: &Repository, source: &Source, places: &Places) -> GatherError {
    if !knows_all_branches(repository, source) {
        return err.into();
    }
    if let (BranchError::Unmatched { pattern, .. }, Places::Folders(folders)) = (&err, places)
        && let Ok(Some(located)) = folders.find(&repository.local(), pattern)
    {
        return GatherError::SwitchedOff { name: pattern.clone(), place: located.origin.place() };
    }
    err.into()
}

/// Reads the options of branches, fetching what a partial clone left out, and makes something of each branch that is a
/// resource.
pub(crate) fn read_options<T: Send>(
    repository: &Repository,
    git: &Git,
    branches: &[Branch],
    paths: &OptionsPaths,
    make: impl Fn(&gix::Repository, Resource) -> T + Sync,
) -> Result<Vec<Option<T>>, GatherError> {
    let (places, fetched) = places(repository, git, paths)?;
    Ok(read_in(fetched.as_ref().unwrap_or(repository), git, branches, paths, &places, make)?)
}

/// The resource as a commit has it: its own commit, from which its history is read; or a commit of the default branch,
/// where its files lie.
pub(crate) fn read_at(
    repository: &Repository,
    git: &Git,
    branch: Branch,
    paths: &OptionsPaths,
) -> Result<Resource, GatherError> {
    let (mut places, fetched) = places(repository, git, paths)?;
    let repository = fetched.as_ref().unwrap_or(repository);
    if let Places::Folders(folders) = &places {
        let (repo, tip) = (repository.local(), folders.default.tip);
        let root = ObjectId::null(repo.object_hash());
        let is_of_default = history::contains(&repo, tip, branch.tip, root, &shallow_boundary(&repo)).unwrap_or(false);
        if is_of_default {
            let found = complete(repository, git, |repo| places.at(repo, branch.tip, paths));
            if let Some(earlier) = found.map_err(PlacesError::from)? {
                places = Places::Folders(earlier);
            }
        }
    }
    let name = branch.name.to_string();
    let read = read_in(repository, git, &[branch], paths, &places, |_, resource| resource)?;
    read.into_iter().flatten().next().ok_or_else(|| {
        let places = places.described(&name, paths);
        GatherError::NotAResource { name, places }
    })
}

/// Which resources have a folder and no branch, and which branches have no folder.
pub(crate) struct Unpaired {
    /// The default branch, where the folders lie.
    pub(crate) default: String,
    /// The folders of resources that are switched off.
    pub(crate) folders: Vec<String>,
    /// The branches that are no resources.
    pub(crate) branches: Vec<String>,
}

/// Looks for folders without a branch and branches without a folder; none where the layout is that of branches.
pub(crate) fn unpaired(
    repository: &Repository,
    git: &Git,
    source: &Source,
    paths: &OptionsPaths,
) -> Result<Option<Unpaired>, GatherError> {
    let (places, fetched) = places(repository, git, paths)?;
    let repository = fetched.as_ref().unwrap_or(repository);
    let Places::Folders(folders) = &places else { return Ok(None) };
    let names = complete(repository, git, |repo| folders.names(repo)).map_err(PlacesError::from)?;
    let repo = repository.local();
    let branches = branches::list(&repo, source)?.branches;
    let defaults = branches::defaults(&repo, source);
    let found = read_in(repository, git, &branches, paths, &places, |_, _| ())?;
    let known: HashSet<&str> = branches.iter().map(|branch| branch.name.as_str()).collect();
    let is_off = |name: &String| knows_all_branches(repository, source) && !known.contains(name.as_str());
    let switched_off = names.into_iter().filter(is_off).collect();
    let is_default = |branch: &Branch| defaults.iter().any(|default| default == branch.name.as_str());
    let unpaired = branches.iter().zip(&found).filter(|(branch, found)| found.is_none() && !is_default(branch));
    Ok(Some(Unpaired {
        default: folders.default.name.clone(),
        folders: switched_off,
        branches: unpaired.map(|(branch, _)| branch.name.to_string()).collect(),
    }))
}

/// Which files in the trees of branches start something for each push to them: one list for each branch. What cannot be read
/// has none, as this serves a warning.
pub(crate) fn started_by_push(repository: &Repository, git: &Git, branches: &[&Branch]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let look =
        |repo: &gix::Repository, branch: &&Branch| ci_files::started_by_push(repo, branch.tip, branch.name.as_str());
    let fetched = backfill(repository, git, |repository| {
        found = repository.map_parallel(branches, look);
        found.iter().filter_map(|found| found.as_ref().err()).flat_map(|err| err.missing().to_vec()).collect()
    });
    // Where nothing can be fetched, what is here counts.
    drop(fetched);
    found.into_iter().map(Result::unwrap_or_default).collect()
}

/// Which layout the repository has.
pub(crate) fn layout(repository: &Repository, git: &Git, paths: &OptionsPaths) -> Result<Layout, GatherError> {
    Ok(places(repository, git, paths)?.0.layout())
}

/// Where the files of all resources lie. Also gives the repository as it is when something was fetched.
pub(crate) fn places(
    repository: &Repository,
    git: &Git,
    paths: &OptionsPaths,
) -> Result<(Places, Option<Repository>), GatherError> {
    let mut places = None;
    let fetched = backfill(repository, git, |repository| {
        let resolved = Places::resolve(&repository.local(), paths);
        let missing = match &resolved {
            Err(PlacesError::Tree(err)) => err.missing().to_vec(),
            Ok(_) | Err(_) => Vec::new(),
        };
        places = Some(resolved);
        missing
    });
    let fetched = fetched.map_err(|err| PlacesError::from(TreeError::from(err)))?;
    Ok((places.expect("the work is done at least once")?, fetched))
}

fn read_in<T: Send>(
    repository: &Repository,
    git: &Git,
    branches: &[Branch],
    paths: &OptionsPaths,
    places: &Places,
    make: impl Fn(&gix::Repository, Resource) -> T + Sync,
) -> Result<Vec<Option<T>>, OpenError> {
    let unreadable = |repo: &gix::Repository, branch: &Branch, reason: String| {
        let origin = places.first_place(branch, paths);
        let options = Err(UnreadableOptions { place: origin.place(), reason });
        make(repo, Resource { branch: branch.clone(), origin, options, tip: None })
    };
    let read = |repo: &gix::Repository, branch: &Branch| match places.find(repo, branch, paths) {
        Ok(Some(Located { origin, options, tip })) => {
            Found::Made(Some(make(repo, Resource { branch: branch.clone(), origin, options, tip })))
        }
        Ok(None) => Found::Made(None),
        Err(err) => match err.missing() {
            [id, ..] => Found::Missing(*id),
            [] => Found::Made(Some(unreadable(repo, branch, chain(&err)))),
        },
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
        Found::Missing(id) => Some(unreadable(&repo, branch, missing(id))),
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
