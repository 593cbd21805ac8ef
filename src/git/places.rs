//! Which layout a repository has, and where the files of its resources lie then.
//!
//! [`Places::resolve`] looks once at the default branch; [`Places::find`] then finds the options of any branch. Both only
//! read what is there: objects that a partial clone left out are reported as missing.

use std::collections::HashMap;

use gix::ObjectId;
use gix::objs::Kind;
use gix::objs::tree::EntryKind;

use super::branches::{Branch, DefaultBranch, Source, default_branch};
use super::history::tree_of;
use super::options_file::{FilesOrigin, OptionsFile, OptionsPaths, UnreadableOptions, read};
use super::tracking::fetches_all;
use super::tree::{self, FoundPath, TreeError};
use crate::core::layout::{Layout, LayoutChoice, PathPattern};
use crate::core::name::ResourceName;

/// Where the files of all resources lie, in one state of the repository.
#[derive(Debug)]
pub(crate) enum Places {
    /// On the branches of the resources.
    Branches(DefaultIsHere),
    /// In folders of the default branch.
    Folders(Folders),
}

/// Whether the default branch is in this clone, so that it could be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DefaultIsHere {
    Yes,
    /// The remote may have it.
    Unknown,
}

/// Why it is not known where the files of resources lie.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlacesError {
    #[error(transparent)]
    Tree(#[from] TreeError),
    #[error("the layout is that of folders, but the default branch{} is not here", .0.as_deref().map(|remote| format!(" of {remote}")).unwrap_or_default())]
    NoDefaultBranch(Option<String>),
}

/// The default branch, and the folders in which it keeps the folders of resources.
#[derive(Debug)]
pub(crate) struct Folders {
    pub(crate) default: DefaultBranch,
    bases: Vec<Base>,
}

/// The folder in which the files of all resources lie that one pattern describes.
#[derive(Debug)]
struct Base {
    pattern: PathPattern,
    /// The tree of the folder.
    folder: ObjectId,
    entries: HashMap<String, (EntryKind, ObjectId)>,
}

/// A resource that was found.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) origin: FilesOrigin,
    pub(crate) options: Result<OptionsFile, UnreadableOptions>,
    /// The raw commit at the tip of the branch, if it was read on the way.
    pub(crate) tip: Option<Vec<u8>>,
}

impl Places {
    /// Looks at the default branch, unless the layout is fixed.
    pub(crate) fn resolve(repo: &gix::Repository, paths: &OptionsPaths) -> Result<Self, PlacesError> {
        if paths.choice == LayoutChoice::Fixed(Layout::Branch) {
            return Ok(Places::Branches(DefaultIsHere::Yes));
        }
        let Some(default) = default_branch(repo, &paths.source) else {
            return match paths.choice {
                LayoutChoice::Fixed(_) => Err(PlacesError::NoDefaultBranch(paths.source.remote().map(str::to_owned))),
                LayoutChoice::Auto => Ok(Places::Branches(match &paths.source {
                    Source::Remote(remote) if !fetches_all(repo, remote) => DefaultIsHere::Unknown,
                    Source::Remote(_) | Source::Local => DefaultIsHere::Yes,
                })),
            };
        };
        let folders = Folders::of(repo, default, paths)?;
        Ok(match paths.choice == LayoutChoice::Auto && !folders.has_any(repo)? {
            true => Places::Branches(DefaultIsHere::Yes),
            false => Places::Folders(folders),
        })
    }

    pub(crate) fn layout(&self) -> Layout {
        match self {
            Places::Branches(_) => Layout::Branch,
            Places::Folders(_) => Layout::Folder,
        }
    }

    /// Finds the options of a branch, if it is a resource.
    pub(crate) fn find(
        &self,
        repo: &gix::Repository,
        branch: &Branch,
        paths: &OptionsPaths,
    ) -> Result<Option<Located>, TreeError> {
        match self {
            Places::Branches(is_here) => {
                let mut found = find_on_branch(repo, branch, paths.on_branch())?;
                if let (Some(located), DefaultIsHere::Unknown) = (&mut found, is_here) {
                    located.doubt(paths);
                }
                Ok(found)
            }
            Places::Folders(folders) => match folders.find(repo, branch.name.as_str())? {
                Some(located) => Ok(Some(located)),
                None => find_on_branch(repo, branch, paths.beside_folders()),
            },
        }
    }

    /// The files of a resource in a commit, which is one of its own; or one of the default branch, if they lie there.
    pub(crate) fn at(
        &self,
        repo: &gix::Repository,
        commit: ObjectId,
        paths: &OptionsPaths,
    ) -> Result<Option<Folders>, TreeError> {
        let Places::Folders(folders) = self else { return Ok(None) };
        if folders.default.tip == commit {
            return Ok(None);
        }
        let default = DefaultBranch { tip: commit, ..folders.default.clone() };
        Folders::of(repo, default, paths).map(Some)
    }

    /// Where the options of a resource would lie, in words.
    pub(crate) fn described(&self, name: &str, paths: &OptionsPaths) -> String {
        let listed = |patterns: &mut dyn Iterator<Item = &PathPattern>| {
            patterns.map(|pattern| pattern.of(name)).collect::<Vec<_>>().join(" and no ")
        };
        match self {
            Places::Branches(_) => format!("its tree has no {}", listed(&mut paths.on_branch())),
            Places::Folders(folders) => {
                let on_default = format!("{} has no {}", folders.default.name, listed(&mut paths.in_folders()));
                match listed(&mut paths.beside_folders()).as_str() {
                    "" => on_default,
                    own => format!("{on_default}, and its own tree has no {own}"),
                }
            }
        }
    }

    /// Where options are looked for first, in case that they cannot be read at all.
    pub(crate) fn first_place(&self, branch: &Branch, paths: &OptionsPaths) -> FilesOrigin {
        let name = branch.name.as_str();
        let path = |pattern: Option<&PathPattern>| pattern.map(|pattern| pattern.of(name)).unwrap_or_default();
        match self {
            Places::Branches(_) => FilesOrigin {
                layout: Layout::Branch,
                default_branch: None,
                commit: branch.tip,
                path: path(paths.on_branch().next()),
            },
            Places::Folders(folders) => folders.origin(path(paths.in_folders().next())),
        }
    }
}

impl Located {
    /// A file that lies where another layout has copies may be such a copy, as long as the default branch cannot be read.
    fn doubt(&mut self, paths: &OptionsPaths) {
        let is_copy = paths.in_folders().any(|pattern| pattern.name_in(&self.origin.path).is_some());
        let Some(remote) = paths.source.remote().filter(|_| is_copy).map(shell_words::quote) else { return };
        self.options = Err(UnreadableOptions {
            place: self.origin.place(),
            reason: format!(
                "it may be an old copy, as the default branch is not in this clone; bring it: \
                 git remote set-branches {remote} '*' && git fetch {remote} && git remote set-head {remote} --auto"
            ),
        });
    }
}

fn find_on_branch<'a>(
    repo: &gix::Repository,
    branch: &Branch,
    patterns: impl Iterator<Item = &'a PathPattern>,
) -> Result<Option<Located>, TreeError> {
    let tip = tree::commit(repo, branch.tip)?;
    let root = tree_of(&tip).ok_or(TreeError::Damaged { kind: Kind::Commit, id: branch.tip })?;
    let mut buffer = Vec::new();
    for path in patterns.map(|pattern| pattern.of(branch.name.as_str())) {
        let Some(found) = tree::lookup(repo, root, &path, &mut buffer)? else { continue };
        let origin = FilesOrigin { layout: Layout::Branch, default_branch: None, commit: branch.tip, path };
        let options = read(repo, found, &origin)?;
        return Ok(Some(Located { origin, options, tip: Some(tip) }));
    }
    Ok(None)
}

impl Folders {
    fn of(repo: &gix::Repository, default: DefaultBranch, paths: &OptionsPaths) -> Result<Self, TreeError> {
        let root = tree::of_commit(repo, default.tip)?;
        let mut bases = Vec::new();
        for pattern in paths.in_folders() {
            let folder = match pattern.base() {
                "" => Some(root),
                base => tree::lookup(repo, root, base, &mut Vec::new())?
                    .filter(|found| found.kind == EntryKind::Tree)
                    .map(|found| found.id),
            };
            let Some(folder) = folder else { continue };
            let entries = tree::names(repo, folder)?.into_iter().map(|(name, kind, id)| (name, (kind, id))).collect();
            bases.push(Base { pattern: pattern.clone(), folder, entries });
        }
        Ok(Folders { default, bases })
    }

    fn origin(&self, path: String) -> FilesOrigin {
        FilesOrigin {
            layout: Layout::Folder,
            default_branch: Some(self.default.name.clone()),
            commit: self.default.tip,
            path,
        }
    }

    /// The options of a resource, if it has a folder.
    pub(crate) fn find(&self, repo: &gix::Repository, name: &str) -> Result<Option<Located>, TreeError> {
        for base in &self.bases {
            let path = base.pattern.of(name);
            let Some(found) = base.lookup(repo, &path)? else { continue };
            let origin = self.origin(path);
            let options = read(repo, found, &origin)?;
            return Ok(Some(Located { origin, options, tip: None }));
        }
        Ok(None)
    }

    fn has_any(&self, repo: &gix::Repository) -> Result<bool, TreeError> {
        Ok(!self.walk(repo, Until::First)?.is_empty())
    }

    /// The names of all resources that have a folder, sorted.
    pub(crate) fn names(&self, repo: &gix::Repository) -> Result<Vec<String>, TreeError> {
        let mut names = self.walk(repo, Until::End)?;
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn walk(&self, repo: &gix::Repository, until: Until) -> Result<Vec<String>, TreeError> {
        let (mut names, mut missing) = (Vec::new(), Vec::new());
        for base in &self.bases {
            let prefix =
                Some(base.pattern.base()).filter(|prefix| !prefix.is_empty()).map(|prefix| format!("{prefix}/"));
            let mut folders = vec![(prefix.unwrap_or_default(), base.folder)];
            // Each folder of a real tree is looked at once; nested copies of one tree would never come to an end.
            let mut room = MAX_FOLDERS;
            while let Some((prefix, folder)) = folders.pop() {
                let entries = match tree::names(repo, folder) {
                    Err(TreeError::Missing(ids)) => {
                        missing.extend(ids);
                        continue;
                    }
                    entries => entries?,
                };
                let before = names.len();
                for (name, kind, _) in &entries {
                    let path = format!("{prefix}{name}");
                    let found = base.pattern.name_in(&path).filter(|name| ResourceName::new(name).is_ok());
                    if let Some(name) = found.filter(|_| *kind != EntryKind::Tree) {
                        names.push(name.to_owned());
                        if until == Until::First {
                            return Ok(names);
                        }
                    }
                }
                if names.len() > before && base.pattern.ends_a_folder() {
                    continue;
                }
                for (name, _, id) in entries.into_iter().filter(|(_, kind, _)| *kind == EntryKind::Tree) {
                    room = room.checked_sub(1).ok_or(TreeError::ListTooLong)?;
                    folders.push((format!("{prefix}{name}/"), id));
                }
            }
        }
        if missing.is_empty() { Ok(names) } else { Err(TreeError::Missing(missing)) }
    }
}

/// The most folders of a default branch that are searched for resources.
const MAX_FOLDERS: usize = 200_000;

/// How far a search goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    First,
    End,
}

impl Base {
    fn lookup(&self, repo: &gix::Repository, path: &str) -> Result<Option<FoundPath>, TreeError> {
        let base = self.pattern.base();
        let below = if base.is_empty() { path } else { &path[base.len() + 1..] };
        let (first, rest) = below.split_once('/').map_or((below, None), |(first, rest)| (first, Some(rest)));
        match (self.entries.get(first), rest) {
            (None, _) => Ok(None),
            (Some(&(kind, id)), None) => Ok(Some(FoundPath { folder: self.folder, kind, id })),
            (Some(&(EntryKind::Tree, id)), Some(rest)) => tree::lookup(repo, id, rest, &mut Vec::new()),
            (Some(_), Some(_)) => Ok(None),
        }
    }
}
