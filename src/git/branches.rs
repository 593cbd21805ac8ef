//! Which branches there are, and which of them a command looks at.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::tracking::{Tracking, fetch_refspecs, fetches_all};
use crate::core::name::{ResourceName, Selection, did_you_mean, nearest};
use crate::core::value::printable;

/// Where branches are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The remote-tracking branches of this remote.
    Remote(String),
    /// The local branches.
    Local,
}

impl Source {
    /// The remote that `wanted` names, else `origin`, else the only one with a URL; without remotes the local branches.
    pub(crate) fn choose(repo: &gix::Repository, wanted: Option<&str>, local: bool) -> Result<Self, BranchError> {
        if local {
            return Ok(Source::Local);
        }
        let remotes: Vec<String> = repo.remote_names().iter().map(|name| name.to_string()).collect();
        if let Some(wanted) = wanted {
            return match remotes.iter().any(|remote| remote == wanted) {
                true => Ok(Source::Remote(wanted.to_owned())),
                false if let Some(file) = legacy_file(repo, wanted) => {
                    Err(BranchError::LegacyRemote { name: wanted.to_owned(), file })
                }
                false => Err(BranchError::NoSuchRemote { name: wanted.to_owned(), remotes }),
            };
        }
        // A setting such as remote.NAME.prune makes no remote.
        let config = repo.config_snapshot();
        let has_url = |name: &String| {
            ["url", "pushurl"].iter().any(|key| config.string(format!("remote.{name}.{key}").as_str()).is_some())
        };
        let remotes: Vec<String> = remotes.into_iter().filter(has_url).collect();
        match remotes.as_slice() {
            [] => Ok(Source::Local),
            [only] => Ok(Source::Remote(only.clone())),
            many if many.iter().any(|remote| remote == "origin") => Ok(Source::Remote("origin".to_owned())),
            many => Err(BranchError::ManyRemotes(many.to_vec())),
        }
    }

    /// The remote, if there is one.
    pub(crate) fn remote(&self) -> Option<&str> {
        match self {
            Source::Remote(name) => Some(name),
            Source::Local => None,
        }
    }

    /// What stands before the name of a branch in the full name of its reference.
    pub(crate) fn prefix(&self) -> String {
        match self {
            Source::Remote(name) => format!("refs/remotes/{name}/"),
            Source::Local => "refs/heads/".to_owned(),
        }
    }
}

/// A branch as it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    /// Its name, without the prefix.
    pub(crate) name: ResourceName,
    /// The full name of the reference.
    pub(crate) reference: String,
    /// The commit that it points to.
    pub(crate) tip: ObjectId,
}

/// Why branches cannot be listed or chosen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BranchError {
    #[error("there is no remote {name:?} (there {})", known_remotes(.remotes))]
    NoSuchRemote { name: String, remotes: Vec<String> },
    #[error("there are several remotes ({}) and none is called origin", .0.join(", "))]
    ManyRemotes(Vec<String>),
    #[error("line {line} of {} is no reference", .path.display())]
    PackedRefs { path: PathBuf, line: usize },
    #[error("the remote {name:?} is described in {}, in a form that git gives up", .file.display())]
    LegacyRemote { name: String, file: PathBuf },
    #[error("cannot read the references below {0}")]
    Read(String, #[source] gix::Error),
    #[error("no branch matches {pattern:?}{}", did_you_mean(.near.as_deref()))]
    Unmatched { pattern: String, near: Option<String> },
    #[error("cannot find the start point {0:?}")]
    StartPoint(String),
}

/// The file that describes a remote outside of the configuration (gitrepository-layout(5)). gix does not read these.
fn legacy_file(repo: &gix::Repository, name: &str) -> Option<PathBuf> {
    let is_plain = !name.is_empty() && !name.contains('/') && !name.starts_with('.');
    let mut files = ["remotes", "branches"].iter().map(|folder| repo.common_dir().join(folder).join(name));
    files.find(|file| is_plain && file.is_file())
}

fn known_remotes(remotes: &[String]) -> String {
    match remotes {
        [] => "is none".to_owned(),
        [only] => format!("is only {only}"),
        many => format!("are {}", many.join(", ")),
    }
}

/// How often references are listed again because `git pack-refs` moved them meanwhile.
const MAX_LISTINGS: usize = 200;

/// The branches of a source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    /// Sorted by name.
    pub(crate) branches: Vec<Branch>,
    pub(crate) unlisted: Unlisted,
}

/// What was left out of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unlisted {
    /// How many names are not UTF-8 or look like options.
    pub(crate) names: usize,
    /// A message for each reference that cannot be read. git leaves these out as well, and warns.
    pub(crate) broken: Vec<String>,
}

/// All branches of the source.
///
/// gix reads `packed-refs` before it reads the loose references, and so misses one that is packed in between, or finds its
/// file gone. git reads them the other way round. So they are read again until `packed-refs` stayed as it was, and until what
/// cannot be read is the same twice.
///
/// # Errors
///
/// The references cannot be read at all.
pub(crate) fn list(repo: &gix::Repository, source: &Source) -> Result<Listing, BranchError> {
    let tracking = Tracking::of(repo, source);
    let packed = repo.common_dir().join("packed-refs");
    let stamp =
        || std::fs::metadata(&packed).ok().map(|found| (found.ino(), found.len(), found.mtime(), found.mtime_nsec()));
    let mut broken_before = Vec::new();
    for _ in 1..MAX_LISTINGS {
        let before = stamp();
        let listed = list_once(repo, &tracking);
        if let Ok(listing) = &listed
            && before == stamp()
            && listing.unlisted.broken == broken_before
        {
            require_sound(&packed, &tracking)?;
            return listed;
        }
        broken_before = listed.map(|listing| listing.unlisted.broken).unwrap_or_default();
    }
    list_once(repo, &tracking)
}

fn list_once(repo: &gix::Repository, tracking: &Tracking) -> Result<Listing, BranchError> {
    let mut listing = Listing::default();
    let mut found: BTreeMap<String, (usize, Branch)> = BTreeMap::new();
    for folder in tracking.folders() {
        let read = |err| BranchError::Read(folder.to_owned(), err);
        let platform = repo.references().map_err(read)?;
        for reference in platform.prefixed(folder).map_err(read)? {
            let reference = match reference {
                Ok(reference) => reference,
                Err(err) => {
                    listing.unlisted.broken.push(printable(err.to_string().as_bytes()));
                    continue;
                }
            };
            // Symbolic references, like `origin/HEAD`, are other names of branches that are in the list anyway.
            let Some(tip) = reference.target().try_id().map(|id| id.to_owned()) else { continue };
            let Ok(full) = reference.name().as_bstr().to_str() else {
                listing.unlisted.names += 1;
                continue;
            };
            let Some((name, place)) = tracking.branch_of(full) else { continue };
            if name.starts_with('-') {
                listing.unlisted.names += 1;
                continue;
            }
            if found.get(&name).is_none_or(|(other, _)| place < *other) {
                let reference = full.to_owned();
                let branch = Branch { name: ResourceName::of_existing(name.clone()), reference, tip };
                found.insert(name, (place, branch));
            }
        }
    }
    listing.branches = found.into_values().map(|(_, branch)| branch).collect();
    Ok(listing)
}

/// Refuses a `packed-refs` with a line for these folders that is none, as git does: gix leaves out what it cannot read without
/// a word.
fn require_sound(packed: &Path, tracking: &Tracking) -> Result<(), BranchError> {
    let Ok(text) = std::fs::read(packed) else { return Ok(()) };
    let is_hex = |id: &[u8]| matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    let is_sound = |line: &[u8]| line.starts_with(b"#") || line.split_once_str(" ").is_some_and(|(id, _)| is_hex(id));
    let folders = tracking.folders();
    let matters = |line: &[u8]| folders.iter().any(|folder| line.contains_str(folder));
    match text.lines().position(|line| matters(line) && !is_sound(line)) {
        Some(index) => Err(BranchError::PackedRefs { path: packed.to_owned(), line: index + 1 }),
        None => Ok(()),
    }
}

/// Where one branch stands now.
pub(crate) fn tip(repo: &gix::Repository, reference: &str) -> Result<Option<ObjectId>, BranchError> {
    let read = |err| BranchError::Read(reference.to_owned(), err);
    let found = repo.try_find_reference(reference).map_err(read)?;
    Ok(found.and_then(|found| found.target().try_id().map(|id| id.to_owned())))
}

/// The commit that a reference name or a full object id means.
pub(crate) fn start_point(repo: &gix::Repository, name: &str) -> Result<ObjectId, BranchError> {
    let unknown = || BranchError::StartPoint(name.to_owned());
    if let Ok(id) = ObjectId::from_hex(name.as_bytes()) {
        return repo.find_commit(id).map(|commit| commit.id).map_err(|_| unknown());
    }
    let mut reference = repo.find_reference(name).map_err(|_| unknown())?;
    let commit = reference.peel_to_commit().map_err(|_| unknown())?;
    Ok(commit.id)
}

/// The names of a default branch where nothing says what it is called.
const USUAL_DEFAULTS: [&str; 2] = ["main", "master"];

/// The branch that new branches begin from, as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DefaultBranch {
    /// Its name, without the prefix.
    pub(crate) name: String,
    pub(crate) tip: ObjectId,
}

/// The name that `HEAD` of the remote points to.
fn remote_head(repo: &gix::Repository, source: &Source) -> Option<String> {
    let prefix = format!("refs/remotes/{}/", source.remote().unwrap_or("origin"));
    let head = repo.try_find_reference(format!("{prefix}HEAD").as_str()).ok().flatten()?;
    match head.target() {
        gix::refs::TargetRef::Symbolic(name) => {
            let name = name.as_bstr().to_str().ok()?;
            match name.strip_prefix(prefix.as_str()) {
                Some(name) if Tracking::of(repo, source).reference_of(name) == format!("{prefix}{name}") => {
                    Some(name.to_owned())
                }
                short => Tracking::of(repo, source).branch_of(name).map(|(name, _)| name).or(short.map(str::to_owned)),
            }
        }
        gix::refs::TargetRef::Object(_) => None,
    }
}

/// The default branch: the one that `HEAD` of the remote points to, else `main`, else `master`; in a bare repository
/// that has none of them its own `HEAD`.
pub(crate) fn default_branch(repo: &gix::Repository, source: &Source) -> Option<DefaultBranch> {
    let own_head = || {
        let head = repo.is_bare().then(|| repo.head_name().ok().flatten()).flatten()?;
        Some(head.as_bstr().to_str().ok()?.strip_prefix("refs/heads/")?.to_owned())
    };
    let usual = USUAL_DEFAULTS.map(str::to_owned);
    let candidates = remote_head(repo, source).into_iter().chain(usual).chain(own_head());
    let tracking = Tracking::of(repo, source);
    candidates.into_iter().find_map(|name| {
        let tip = tip(repo, &tracking.reference_of(&name)).ok().flatten()?;
        Some(DefaultBranch { name, tip })
    })
}

/// The command that brings all branches of a remote: a clone of a single branch never fetches the others by itself.
pub(crate) fn bring_branches(repo: &gix::Repository, remote: &str) -> String {
    let quoted = shell_words::quote(remote);
    match (fetches_all(repo, remote), fetch_refspecs(repo, remote).is_empty()) {
        (true, _) => format!("git fetch {quoted}"),
        (false, false) => format!("git remote set-branches {quoted} '*' && git fetch {quoted}"),
        // In a bare clone, `set-branches` would have nothing to replace.
        (false, true) => format!("git fetch {quoted} '+refs/heads/*:refs/remotes/{remote}/*'"),
    }
}

/// The branches that are no resources unless they are named: the default branch, and what may be it.
pub(crate) fn defaults(repo: &gix::Repository, source: &Source) -> Vec<String> {
    match remote_head(repo, source) {
        Some(name) => vec![name],
        None => USUAL_DEFAULTS.map(str::to_owned).to_vec(),
    }
}

/// The branches that the selection means. A default branch is meant only when it is named to the letter.
///
/// # Errors
///
/// A pattern matches no branch at all: most likely a typing error, which must not pass for "nothing to do".
pub(crate) fn select(
    branches: Vec<Branch>,
    selection: &Selection,
    defaults: &[String],
) -> Result<Vec<Branch>, BranchError> {
    let names: Vec<&str> = branches.iter().map(|branch| branch.name.as_str()).collect();
    if let Some(pattern) = selection.unmatched(&names).first() {
        let near = nearest(pattern, names.iter().copied()).map(str::to_owned);
        return Err(BranchError::Unmatched { pattern: (*pattern).to_owned(), near });
    }
    let is_default = |name: &str| defaults.iter().any(|default| default == name);
    let wanted = |branch: &Branch| {
        let name = branch.name.as_str();
        selection.includes(name) && (!is_default(name) || selection.names(name))
    };
    Ok(branches.into_iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(names: &[&str]) -> Vec<Branch> {
        let branch = |name: &&str| Branch {
            name: ResourceName::of_existing((*name).to_owned()),
            reference: format!("refs/heads/{name}"),
            tip: ObjectId::null(gix::hash::Kind::Sha1),
        };
        names.iter().map(branch).collect()
    }

    fn selected(patterns: &[&str]) -> Result<Vec<String>, String> {
        let selection = Selection::new(patterns.iter().map(|pattern| (*pattern).to_owned()).collect());
        select(branches(&["edge", "edge-i386", "main"]), &selection, &["main".to_owned()])
            .map(|selected| selected.into_iter().map(|branch| branch.name.to_string()).collect())
            .map_err(|err| err.to_string())
    }

    #[test]
    fn the_default_branch_has_to_be_named() {
        assert_eq!(selected(&[]).unwrap(), ["edge", "edge-i386"]);
        assert_eq!(selected(&["*"]).unwrap(), ["edge", "edge-i386"]);
        assert_eq!(selected(&["main"]).unwrap(), ["main"]);
        assert_eq!(selected(&["main", "*-i386"]).unwrap(), ["edge-i386", "main"]);
    }

    #[test]
    fn a_pattern_without_a_branch_is_an_error() {
        assert_eq!(selected(&["egde"]).unwrap_err(), "no branch matches \"egde\"; did you mean \"edge\"?");
        assert_eq!(selected(&["zzz*"]).unwrap_err(), "no branch matches \"zzz*\"");
    }
}
