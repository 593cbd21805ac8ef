//! Which branches there are, and which of them a command looks at.

use std::os::unix::fs::MetadataExt;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::core::name::{ResourceName, Selection, did_you_mean, nearest};

/// Where branches are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The remote-tracking branches of this remote.
    Remote(String),
    /// The local branches.
    Local,
}

impl Source {
    /// The remote that `wanted` names, else `origin`, else the only one there is; without remotes the local branches.
    pub(crate) fn choose(repo: &gix::Repository, wanted: Option<&str>, local: bool) -> Result<Self, BranchError> {
        if local {
            return Ok(Source::Local);
        }
        let remotes: Vec<String> = repo.remote_names().iter().map(|name| name.to_string()).collect();
        if let Some(wanted) = wanted {
            return match remotes.iter().any(|remote| remote == wanted) {
                true => Ok(Source::Remote(wanted.to_owned())),
                false => Err(BranchError::NoSuchRemote { name: wanted.to_owned(), remotes }),
            };
        }
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
    #[error("cannot read the references below {0}")]
    Read(String, #[source] gix::Error),
    #[error("no branch matches {pattern:?}{}", did_you_mean(.near.as_deref()))]
    Unmatched { pattern: String, near: Option<String> },
    #[error("cannot find the start point {0:?}")]
    StartPoint(String),
}

fn known_remotes(remotes: &[String]) -> String {
    match remotes {
        [] => "is none".to_owned(),
        [only] => format!("is only {only}"),
        many => format!("are {}", many.join(", ")),
    }
}

/// Which references stand for the branches of a source: for a remote, what its fetch refspecs map `refs/heads/*` to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tracking {
    /// What stands before the name of a branch in the full name of its reference.
    pub(crate) prefix: String,
    /// Where other refspecs put what is no branch, such as pull requests: the two sides of the asterisk.
    foreign: Vec<(String, Option<String>)>,
}

impl Tracking {
    pub(crate) fn of(repo: &gix::Repository, source: &Source) -> Self {
        let mut tracking = Tracking { prefix: source.prefix(), foreign: Vec::new() };
        let Source::Remote(remote) = source else { return tracking };
        for refspec in fetch_refspecs(repo, remote) {
            let Some((from, to)) = refspec.trim_start_matches('+').split_once(':') else { continue };
            match (from, to.strip_suffix('*')) {
                ("refs/heads/*", Some(prefix)) => prefix.clone_into(&mut tracking.prefix),
                ("refs/*", Some(prefix)) => tracking.prefix = format!("{prefix}heads/"),
                (from, _) if from.starts_with("refs/heads/") => {}
                (_, _) => tracking.foreign.push(match to.split_once('*') {
                    Some((before, after)) => (before.to_owned(), Some(after.to_owned())),
                    None => (to.to_owned(), None),
                }),
            }
        }
        tracking
    }

    fn is_foreign(&self, reference: &str) -> bool {
        self.foreign.iter().any(|(before, after)| match after {
            None => reference == before,
            Some(after) => reference.strip_prefix(before.as_str()).is_some_and(|rest| rest.ends_with(after.as_str())),
        })
    }
}

/// The fetch refspecs of a remote, as they are configured.
pub(crate) fn fetch_refspecs(repo: &gix::Repository, remote: &str) -> Vec<String> {
    let config = repo.config_snapshot();
    let values = config.plumbing().strings(format!("remote.{remote}.fetch").as_str()).unwrap_or_default();
    values.into_iter().filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
}

/// How often references are listed again because `git pack-refs` moved them meanwhile.
const MAX_LISTINGS: usize = 200;

/// All branches of the source, sorted by name, and how many were left out because their names are not UTF-8 or look like options.
///
/// gix reads `packed-refs` before it reads the loose references, and so misses one that is packed in between, or finds its
/// file gone. git reads them the other way round. So they are read again until `packed-refs` stayed as it was.
pub(crate) fn list(repo: &gix::Repository, source: &Source) -> Result<(Vec<Branch>, usize), BranchError> {
    let tracking = Tracking::of(repo, source);
    let packed = repo.common_dir().join("packed-refs");
    let stamp =
        || std::fs::metadata(&packed).ok().map(|found| (found.ino(), found.len(), found.mtime(), found.mtime_nsec()));
    for _ in 1..MAX_LISTINGS {
        let before = stamp();
        let listed = list_once(repo, &tracking);
        if listed.is_ok() && before == stamp() {
            return listed;
        }
    }
    list_once(repo, &tracking)
}

fn list_once(repo: &gix::Repository, tracking: &Tracking) -> Result<(Vec<Branch>, usize), BranchError> {
    let prefix = tracking.prefix.as_str();
    let read = |err| BranchError::Read(prefix.to_owned(), err);
    let platform = repo.references().map_err(read)?;
    let references = platform.prefixed(prefix).map_err(read)?;
    let (mut branches, mut left_out) = (Vec::new(), 0);
    for reference in references {
        let reference = reference.map_err(read)?;
        // Symbolic references, like `origin/HEAD`, are other names of branches that are in the list anyway.
        let Some(tip) = reference.target().try_id().map(|id| id.to_owned()) else { continue };
        let full = reference.name().as_bstr();
        let named = full.to_str().ok().and_then(|full| Some((full, full.strip_prefix(prefix)?)));
        match named.filter(|(_, name)| !name.starts_with('-')) {
            Some((full, _)) if tracking.is_foreign(full) => {}
            Some((full, name)) => branches.push(Branch {
                name: ResourceName::of_existing(name.to_owned()),
                reference: full.to_owned(),
                tip,
            }),
            None => left_out += 1,
        }
    }
    branches.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok((branches, left_out))
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
            Some(name.as_bstr().to_str().ok()?.strip_prefix(prefix.as_str())?.to_owned())
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
    let prefix = Tracking::of(repo, source).prefix;
    candidates.into_iter().find_map(|name| {
        let tip = tip(repo, &format!("{prefix}{name}")).ok().flatten()?;
        Some(DefaultBranch { name, tip })
    })
}

/// Whether fetching from the remote brings all its branches, the default branch among them.
pub(crate) fn fetches_all(repo: &gix::Repository, remote: &str) -> bool {
    let refspecs = fetch_refspecs(repo, remote);
    let brings_all = |refspec: &String| {
        let refspec = refspec.trim_start_matches('+');
        refspec.starts_with("refs/heads/*:") || refspec.starts_with("refs/*:")
    };
    refspecs.is_empty() || refspecs.iter().any(brings_all)
}

/// The command that brings all branches of a remote: a clone of a single branch never fetches the others by itself.
pub(crate) fn bring_branches(repo: &gix::Repository, remote: &str) -> String {
    let quoted = shell_words::quote(remote);
    match fetches_all(repo, remote) {
        true => format!("git fetch {quoted}"),
        false => format!("git remote set-branches {quoted} '*' && git fetch {quoted}"),
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

    #[test]
    fn what_other_refspecs_fetch_is_no_branch() {
        let of = |to: &str| match to.split_once('*') {
            Some((before, after)) => (before.to_owned(), Some(after.to_owned())),
            None => (to.to_owned(), None),
        };
        let foreign = ["refs/remotes/origin/pr/*", "refs/remotes/origin/x/*/merge", "refs/remotes/origin/one"].map(of);
        let tracking = Tracking { prefix: "refs/remotes/origin/".to_owned(), foreign: foreign.to_vec() };
        for (reference, is_foreign) in
            [("pr/7", true), ("pr", false), ("x/7/merge", true), ("x/7/head", false), ("one", true), ("one/two", false)]
        {
            assert_eq!(tracking.is_foreign(&format!("refs/remotes/origin/{reference}")), is_foreign, "{reference}");
        }
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
