//! Which references of a clone show the branches of a remote: what its fetch refspecs say, read as git-fetch(1) reads them.

use gix::bstr::ByteSlice;

use super::branches::Source;

const HEADS: &str = "refs/heads/";

/// Where the branches of a source are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tracking {
    /// The first that fits counts.
    maps: Vec<RefMap>,
    /// Where other refspecs put refs that are not branches, such as pull requests.
    foreign: Vec<RefPattern>,
    /// The branches that refspecs with `^` leave out.
    excluded: Vec<RefPattern>,
}

/// From the names of branches to the references that show them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RefMap {
    branch: RefPattern,
    shown_by: RefPattern,
}

/// A name with at most one asterisk: the two sides of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RefPattern {
    before: String,
    after: Option<String>,
}

impl RefPattern {
    pub(super) fn new(text: &str) -> Self {
        match text.split_once('*') {
            Some((before, after)) => RefPattern { before: before.to_owned(), after: Some(after.to_owned()) },
            None => RefPattern { before: text.to_owned(), after: None },
        }
    }

    /// What the asterisk stands for in a name that fits.
    pub(super) fn star<'a>(&self, name: &'a str) -> Option<&'a str> {
        match &self.after {
            None => (name == self.before).then_some(""),
            Some(after) => name.strip_prefix(self.before.as_str())?.strip_suffix(after.as_str()),
        }
    }

    /// The name in which the asterisk stands for this.
    pub(super) fn with(&self, star: &str) -> String {
        match &self.after {
            None => self.before.clone(),
            Some(after) => format!("{}{star}{after}", self.before),
        }
    }

    /// The folder in which all names lie that fit.
    fn folder(&self) -> &str {
        self.before.rfind('/').map_or("", |slash| &self.before[..=slash])
    }
}

impl RefMap {
    /// Each branch is shown by a reference of its own name, in a folder.
    fn folder(folder: &str) -> Self {
        RefMap { branch: RefPattern::new("*"), shown_by: RefPattern::new(&format!("{folder}*")) }
    }
}

impl Tracking {
    pub(crate) fn of(repo: &gix::Repository, source: &Source) -> Self {
        match source {
            Source::Local => Tracking::from_refspecs(&[], &source.prefix()),
            Source::Remote(remote) => Tracking::from_refspecs(&fetch_refspecs(repo, remote), &source.prefix()),
        }
    }

    /// A clone of some branches gets the others when it is polled, in the usual `folder`.
    fn from_refspecs(refspecs: &[String], folder: &str) -> Self {
        let mut tracking = Tracking { maps: Vec::new(), foreign: Vec::new(), excluded: Vec::new() };
        for refspec in refspecs {
            tracking.add(refspec);
        }
        if !bring_all(refspecs) {
            tracking.maps.push(RefMap::folder(folder));
        }
        tracking
    }

    fn add(&mut self, refspec: &str) {
        if let Some(excluded) = refspec.strip_prefix('^') {
            self.excluded.extend(excluded.strip_prefix(HEADS).map(RefPattern::new));
            return;
        }
        let Some((from, to)) = refspec.trim_start_matches('+').split_once(':') else { return };
        if to.is_empty() {
            return;
        }
        let (from, to) = (full_name(from), full_name(to));
        match from.strip_prefix(HEADS) {
            Some(branch) => {
                self.maps.push(RefMap { branch: RefPattern::new(branch), shown_by: RefPattern::new(&to) });
            }
            None if from == "refs/*" => {
                let to = to.replacen('*', "heads/*", 1);
                self.maps.push(RefMap { branch: RefPattern::new("*"), shown_by: RefPattern::new(&to) });
            }
            None => self.foreign.push(RefPattern::new(&to)),
        }
    }

    /// The branch that a reference shows, if it shows one, and how early its refspec comes.
    pub(super) fn branch_of(&self, reference: &str) -> Option<(String, usize)> {
        if self.foreign.iter().any(|pattern| pattern.star(reference).is_some()) {
            return None;
        }
        let found = self.maps.iter().enumerate().find_map(|(place, map)| {
            let star = map.shown_by.star(reference).filter(|star| map.shown_by.after.is_none() || !star.is_empty())?;
            Some((map.branch.with(star), place))
        });
        found.filter(|(name, _)| !self.is_excluded(name))
    }

    /// The reference that shows a branch.
    pub(crate) fn reference_of(&self, branch: &str) -> String {
        let shown = |map: &RefMap| map.branch.star(branch).map(|star| map.shown_by.with(star));
        self.maps.iter().find_map(shown).unwrap_or_else(|| format!("{HEADS}{branch}"))
    }

    /// The folders in which the references lie, none inside of another.
    pub(super) fn folders(&self) -> Vec<&str> {
        let mut folders: Vec<&str> = self.maps.iter().map(|map| map.shown_by.folder()).collect();
        folders.sort_unstable();
        folders.dedup_by(|later, earlier| later.starts_with(*earlier));
        folders
    }

    fn is_excluded(&self, branch: &str) -> bool {
        self.excluded.iter().any(|pattern| pattern.star(branch).is_some())
    }
}

/// A name that is written short in a refspec means a branch, unless it says otherwise.
fn full_name(name: &str) -> String {
    match name {
        _ if name.starts_with("refs/") || name == "HEAD" => name.to_owned(),
        _ if ["heads/", "tags/", "remotes/"].iter().any(|start| name.starts_with(start)) => format!("refs/{name}"),
        _ => format!("{HEADS}{name}"),
    }
}

/// The fetch refspecs of a remote, as they are configured.
pub(crate) fn fetch_refspecs(repo: &gix::Repository, remote: &str) -> Vec<String> {
    let config = repo.config_snapshot();
    let values = config.plumbing().strings(format!("remote.{remote}.fetch").as_str()).unwrap_or_default();
    values.into_iter().filter_map(|value| value.to_str().ok().map(str::to_owned)).collect()
}

/// Whether fetching from the remote brings all its branches, the default branch among them. Without refspecs, as in a bare
/// clone, it brings none.
pub(crate) fn fetches_all(repo: &gix::Repository, remote: &str) -> bool {
    bring_all(&fetch_refspecs(repo, remote))
}

fn bring_all(refspecs: &[String]) -> bool {
    let brings_all = |refspec: &String| {
        let refspec = refspec.trim_start_matches('+');
        refspec.starts_with("refs/heads/*:") || refspec.starts_with("refs/*:")
    };
    refspecs.iter().any(brings_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracking(refspecs: &[&str]) -> Tracking {
        let refspecs: Vec<String> = refspecs.iter().map(|refspec| (*refspec).to_owned()).collect();
        Tracking::from_refspecs(&refspecs, "refs/remotes/o/")
    }

    #[test]
    fn what_other_refspecs_fetch_is_no_branch() {
        let tracking = tracking(&[
            "+refs/heads/*:refs/remotes/o/*",
            "+refs/pull/*/head:refs/remotes/o/pr/*",
            "refs/merge/*/x:refs/remotes/o/x/*/merge",
            "refs/one:refs/remotes/o/one",
        ]);
        for (reference, is_branch) in
            [("pr/7", false), ("pr", true), ("x/7/merge", false), ("x/7/head", true), ("one", false), ("one/two", true)]
        {
            let found = tracking.branch_of(&format!("refs/remotes/o/{reference}"));
            assert_eq!(found, is_branch.then(|| (reference.to_owned(), 0)), "{reference}");
        }
    }

    #[test]
    fn branches_and_the_references_that_show_them() {
        let cases: [(&[&str], &str, &str); 14] = [
            (&[], "edge", "refs/remotes/o/edge"),
            (&["+refs/heads/*:refs/remotes/o/*"], "a/b", "refs/remotes/o/a/b"),
            (&["+refs/heads/*:refs/remotes/o/heads/*"], "edge", "refs/remotes/o/heads/edge"),
            (&["+refs/heads/*:refs/remotes/o/*-up"], "edge", "refs/remotes/o/edge-up"),
            (&["+refs/heads/*:refs/up/*"], "edge", "refs/up/edge"),
            (&["+refs/*:refs/*"], "edge", "refs/heads/edge"),
            (&["refs/*:refs/mirror/*"], "edge", "refs/mirror/heads/edge"),
            (&["+refs/heads/edge:refs/remotes/mine/core"], "edge", "refs/remotes/mine/core"),
            (&["+refs/heads/edge:refs/remotes/mine/core"], "beta", "refs/remotes/o/beta"),
            (&["+refs/heads/ed*:refs/remotes/o/x/ed*"], "edge", "refs/remotes/o/x/edge"),
            (&["edge:remotes/o/y"], "edge", "refs/remotes/o/y"),
            (&["+refs/heads/*:refs/a/*", "+refs/heads/*:refs/b/*"], "edge", "refs/a/edge"),
            (&["refs/heads/*"], "edge", "refs/remotes/o/edge"),
            (&["refs/heads/*:"], "edge", "refs/heads/edge"),
        ];
        for (refspecs, branch, reference) in cases {
            let tracking = tracking(refspecs);
            assert_eq!(tracking.reference_of(branch), reference, "{refspecs:?}");
            let shown = tracking.branch_of(reference).map(|(name, _)| name);
            assert!(shown.as_deref() == Some(branch) || refspecs == ["refs/heads/*:"], "{refspecs:?} {shown:?}");
        }
        let excluding = tracking(&["+refs/heads/*:refs/remotes/o/*", "^refs/heads/wip-*"]);
        assert_eq!(excluding.branch_of("refs/remotes/o/wip-1"), None);
        assert!(excluding.branch_of("refs/remotes/o/wip").is_some());
    }

    #[test]
    fn folders_are_listed_once() {
        let folders =
            |refspecs: &[&str]| tracking(refspecs).folders().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(folders(&[]), ["refs/remotes/o/"]);
        assert_eq!(folders(&["+refs/heads/x*:refs/remotes/o/a/x*"]), ["refs/remotes/o/"]);
        assert_eq!(folders(&["+refs/heads/x:refs/up/x"]), ["refs/remotes/o/", "refs/up/"]);
    }
}
