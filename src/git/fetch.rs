//! Getting references and objects from a remote.

use std::collections::HashMap;

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::journal::{Intent, Journal};
use super::program::{Git, Input, ProgramError};
use super::repository::Repository;
use super::tracking::{fetch_refspecs, fetches_all};

/// Arguments that keep a fetch from touching anything but what it is asked for.
const ONLY_WHAT_IS_ASKED: [&str; 5] =
    ["--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance", "--quiet"];

/// The lock files that fetching from or pushing to a remote may create in the own repository.
pub(crate) fn intents(repository: &Repository, remote: &str) -> Vec<Intent> {
    let common = repository.common_dir();
    vec![
        Intent::LocksBelow(common.join("refs/remotes").join(remote)),
        Intent::Lock(common.join("packed-refs.lock")),
        Intent::Lock(common.join("shallow.lock")),
    ]
}

/// The refspec that brings all branches, whatever the configured one says: a clone of a single branch, as CI makes
/// them, is a complete installation as well.
pub(super) fn all_branches(remote: &str) -> String {
    format!("+refs/heads/*:refs/remotes/{remote}/*")
}

/// The refspecs of a fetch of all branches. None are given where those of the clone bring them all: what else they map is
/// then kept and pruned as git does it. Where they do not, they are given as well, except those of single branches.
pub(super) fn refspecs(repo: &gix::Repository, remote: &str) -> Vec<String> {
    let configured = fetch_refspecs(repo, remote);
    if fetches_all(repo, remote) {
        return Vec::new();
    }
    let is_of_a_branch = |refspec: &String| refspec.trim_start_matches('+').starts_with("refs/heads/");
    let others = configured.into_iter().filter(|refspec| !is_of_a_branch(refspec));
    std::iter::once(all_branches(remote)).chain(others).collect()
}

/// Brings the remote-tracking branches up to date, and removes those whose branches are gone.
pub(crate) fn fetch(git: &Git, remote: &str, refspecs: &[String], journal: &Journal) -> Result<(), ProgramError> {
    let keep_tags = format!("remote.{remote}.pruneTags=false");
    let mut args = vec!["-c", "fetch.pruneTags=false", "-c", &keep_tags, "fetch", "--prune", "--force"];
    args.extend(ONLY_WHAT_IS_ASKED);
    args.extend(["--", remote]);
    args.extend(refspecs.iter().map(String::as_str));
    get(git, remote, &args, journal)
}

/// Fetches the hidden history of some branches of a shallow clone.
pub(crate) fn unshallow(git: &Git, remote: &str, branches: &[&str], journal: &Journal) -> Result<(), ProgramError> {
    let refspecs: Vec<String> =
        branches.iter().map(|branch| format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}")).collect();
    let mut args = vec!["fetch", "--unshallow"];
    args.extend(ONLY_WHAT_IS_ASKED);
    args.extend(["--", remote]);
    args.extend(refspecs.iter().map(String::as_str));
    get(git, remote, &args, journal)
}

/// How much of a history is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The newest commit, for a clone that is shallow anyway.
    One,
    Whole,
}

/// Brings one remote-tracking branch up to date.
pub(super) fn fetch_branch(
    git: &Git,
    remote: &str,
    branch: &str,
    depth: Depth,
    journal: &Journal,
) -> Result<(), ProgramError> {
    let refspec = format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}");
    let mut args = vec!["fetch"];
    if depth == Depth::One {
        args.push("--depth=1");
    }
    args.extend(ONLY_WHAT_IS_ASKED);
    args.extend(["--", remote, &refspec]);
    get(git, remote, &args, journal)
}

/// Runs a fetch. git counts it as a success where it leaves references alone because the remote is shallow.
fn get(git: &Git, remote: &str, args: &[&str], journal: &Journal) -> Result<(), ProgramError> {
    const REJECTED: &str = "because shallow roots are not allowed to be updated";
    let output = git.run(args, journal.input(), true)?;
    if output.stderr.contains_str(REJECTED) {
        return Err(ProgramError::ShallowRemote(remote.to_owned()));
    }
    match output.status.success() {
        true => Ok(()),
        false => Err(ProgramError::Failed("fetch".to_owned(), output.complaint())),
    }
}

/// The branch that `HEAD` of a remote points to.
pub(super) fn remote_head(git: &Git, remote: &str) -> Result<Option<String>, ProgramError> {
    let listing = git.succeed(&["ls-remote", "--quiet", "--symref", "--", remote, "HEAD"], Input::Nothing)?;
    Ok(parse_head(&listing))
}

/// `ref: refs/heads/NAME<TAB>HEAD` on the first line.
fn parse_head(listing: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(listing.split(|byte| *byte == b'\n').next()?).ok()?;
    let (target, name) = line.strip_prefix("ref: refs/heads/")?.split_once('\t')?;
    (name == "HEAD").then(|| target.to_owned())
}

/// Notes which branch `HEAD` of a remote points to, as a clone and later versions of `git fetch` do.
pub(super) fn set_head(git: &Git, remote: &str, branch: &str, journal: &Journal) -> Result<(), ProgramError> {
    git.succeed(&["remote", "set-head", remote, branch], journal.input()).map(drop)
}

/// Fetches objects that a partial clone left out, all in one go, the way git does it one at a time.
pub(crate) fn missing_objects(git: &Git, remote: &str, ids: &[ObjectId]) -> Result<(), ProgramError> {
    let list = ids.iter().map(|id| format!("{id}\n")).collect::<String>().into_bytes();
    let mut args = vec!["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--filter=blob:none", "--stdin"];
    args.extend(ONLY_WHAT_IS_ASKED);
    args.extend(["--", remote]);
    git.succeed(&args, Input::Bytes(list)).map(drop)
}

/// Where the branches of a remote (a name or a URL) stand now, by short name.
pub(crate) fn remote_branches(git: &Git, remote: &str) -> Result<HashMap<String, ObjectId>, ProgramError> {
    let references = remote_references(git, remote, &["refs/heads/*".to_owned()])?;
    let short = |(name, id): (String, ObjectId)| Some((name.strip_prefix("refs/heads/")?.to_owned(), id));
    Ok(references.into_iter().filter_map(short).collect())
}

/// Where the references of a remote (a name or a URL) stand now that any of the patterns matches, by full name.
pub(super) fn remote_references<'a>(
    git: &Git,
    remote: &'a str,
    patterns: impl IntoIterator<Item = &'a String>,
) -> Result<HashMap<String, ObjectId>, ProgramError> {
    let mut args = vec!["ls-remote", "--quiet", "--", remote];
    args.extend(patterns.into_iter().map(String::as_str));
    let listing = git.run(&args, Input::Nothing, false)?;
    match listing.status.success() {
        true => Ok(parse_listing(&listing.stdout)),
        false => Err(ProgramError::Failed("ls-remote".to_owned(), listing.complaint())),
    }
}

/// What `git ls-remote` prints of a repository anywhere. `pin` is the address of its host that was checked, in the form of
/// `http.curloptResolve`; redirects could lead elsewhere, and are not followed.
pub(crate) fn list_refs(git: &Git, url: &str, pin: Option<&str>) -> Result<Vec<u8>, ProgramError> {
    let resolve = pin.map(|pin| format!("http.curloptResolve={pin}"));
    let mut args = vec!["-c", "http.followRedirects=false", "-c", "protocol.ext.allow=never"];
    args.extend(resolve.iter().flat_map(|resolve| ["-c", resolve.as_str()]));
    args.extend(["ls-remote", "--quiet", "--", url]);
    git.succeed(&args, Input::Nothing)
}

/// `ID<TAB>NAME` on each line.
fn parse_listing(listing: &[u8]) -> HashMap<String, ObjectId> {
    let reference = |line: &[u8]| {
        let line = std::str::from_utf8(line).ok()?;
        let (id, name) = line.split_once('\t')?;
        Some((name.to_owned(), ObjectId::from_hex(id.as_bytes()).ok()?))
    };
    listing.split(|byte| *byte == b'\n').filter_map(reference).collect()
}

/// The remote that has promised the objects which a partial clone left out.
pub(crate) fn promisor(repo: &gix::Repository) -> Option<String> {
    let config = repo.config_snapshot();
    if let Some(remote) = config.string("extensions.partialClone") {
        return Some(remote.to_string());
    }
    let promises = |name: &String| config.boolean(format!("remote.{name}.promisor").as_str()).unwrap_or(false);
    repo.remote_names().iter().map(|name| name.to_string()).find(promises)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_remote() {
        let id = "1".repeat(40);
        let listing = format!("ref: refs/heads/a/b\tHEAD\n{id}\tHEAD\n");
        assert_eq!(parse_head(listing.as_bytes()).as_deref(), Some("a/b"));
        for other in [format!("{id}\tHEAD\n"), String::new(), "ref: refs/tags/v1\tHEAD\n".to_owned()] {
            assert_eq!(parse_head(other.as_bytes()), None);
        }
    }

    #[test]
    fn listings_of_a_remote() {
        let id = "1234567890123456789012345678901234567890";
        let listing = format!("{id}\trefs/heads/a/b\nnonsense\nx\trefs/tags/v1\n");
        let references = parse_listing(listing.as_bytes());
        assert_eq!(references.len(), 1);
        assert_eq!(references["refs/heads/a/b"].to_string(), id);
    }
}
