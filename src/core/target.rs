//! How a target is got: the command lines of git, as words, to be executed or shown.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The target of resources that name none.
pub(crate) const DEFAULT_URL: &str = "https://github.com/canonical/snapd";

/// Where a target comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) url: String,
    /// A branch, a tag, the full name of a reference or a full id; none is the default branch.
    pub(crate) reference: Option<String>,
}

/// Whether git shows how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GitProgress {
    Shown,
    Hidden,
}

impl GitProgress {
    fn flag(self) -> &'static str {
        match self {
            GitProgress::Shown => "--progress",
            GitProgress::Hidden => "--quiet",
        }
    }
}

/// One command line.
pub(crate) type Words = Vec<OsString>;

/// What keeps git from starting a clean-up: targets borrow the objects of the mirror, also the ones that nothing in the mirror
/// needs any more.
const NO_CLEAN_UP: [&str; 4] = ["-c", "gc.auto=0", "-c", "maintenance.auto=false"];

/// Creates the mirror; harmless if there is one.
pub(crate) fn create_mirror(mirror: &Path) -> Vec<Words> {
    vec![
        line(&["git", "init", "--bare", "--quiet"], &[mirror.as_os_str()]),
        // For a person who cleans up by hand.
        line(&["git"], &[&git_dir(mirror), "config".as_ref(), "gc.pruneExpire".as_ref(), "never".as_ref()]),
    ]
}

/// Brings all that a remote has into the mirror.
pub(crate) fn update_mirror(target: &Target, mirror: &Path, progress: GitProgress) -> Words {
    let mut words = line(&["git"], &[&git_dir(mirror)]);
    words.extend(NO_CLEAN_UP.map(OsString::from));
    let fetch = ["fetch", progress.flag(), "--prune", "--no-auto-maintenance", "--no-write-fetch-head", "--"];
    words.extend(fetch.map(OsString::from));
    words.push(OsString::from(&target.url));
    words.extend(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"].map(OsString::from));
    words
}

/// Clones the target into `folder`, borrowing from the mirror what it has.
pub(crate) fn clone(target: &Target, mirror: Option<&Path>, folder: &Path, progress: GitProgress) -> Vec<Words> {
    let mut words = line(&["git", "clone", progress.flag()], &[]);
    if let Some(mirror) = mirror {
        words.extend([OsString::from("--reference-if-able"), mirror.into()]);
    }
    let source = [OsStr::new("--"), OsStr::new(&target.url), folder.as_os_str()];
    let fetched = match &target.reference {
        None => None,
        Some(name) if is_full_id(name) || name.starts_with("refs/") => {
            words.push("--no-checkout".into());
            Some(name)
        }
        Some(name) => {
            words.push(format!("--branch={name}").into());
            None
        }
    };
    words.extend(source.map(OsString::from));
    let mut lines = vec![words];
    if let Some(name) = fetched {
        let inside = [OsStr::new("-C"), folder.as_os_str()];
        let in_folder = |rest: &[&str]| {
            let mut words = line(&["git"], &inside);
            words.extend(rest.iter().map(OsString::from));
            words
        };
        lines.push(in_folder(&["fetch", progress.flag(), "--no-auto-maintenance", "origin", name]));
        lines.push(in_folder(&["checkout", "--quiet", "--detach", "FETCH_HEAD"]));
    }
    lines
}

/// A target that is a folder of this machine, named relative to where the resource is kept, becomes absolute.
pub(crate) fn absolute_url(url: &str, base: &Path) -> String {
    let is_relative_path =
        !url.starts_with(['/', '~']) && (!url.contains(':') || url.starts_with("./") || url.starts_with("../"));
    match base.join(url).to_str() {
        Some(joined) if is_relative_path => joined.to_owned(),
        Some(_) | None => url.to_owned(),
    }
}

/// A text without the user names and passwords of the URLs in it.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + "://".len());
        let host_end = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        let credentials = after[..host_end].rfind('@');
        // A name alone, as in ssh://git@host, is no secret, but for tokens.
        let is_secret =
            |at: usize| after[..at].contains(':') || before.ends_with("http://") || before.ends_with("https://");
        shown.push_str(before);
        rest = match credentials.filter(|at| is_secret(*at)) {
            Some(at) => {
                shown.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    shown + rest
}

/// Whether git's complaint is about the remote rather than about what lies here: another way to clone would not help.
pub(crate) fn blames_remote(complaint: &str) -> bool {
    const OF_REMOTE: [&str; 12] = [
        "Remote branch ",
        "couldn't find remote ref",
        "Could not read from remote repository",
        "does not appear to be a git repository",
        "unable to access",
        "repository '",
        "Authentication failed",
        "could not read Username",
        "could not read Password",
        "terminal prompts disabled",
        "unable to look up",
        "unable to connect",
    ];
    OF_REMOTE.iter().any(|words| complaint.contains(words))
}

/// The last part of a URL, for a name that a person recognizes.
pub(crate) fn short_name(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    let url = url.strip_suffix(".git").unwrap_or(url).trim_end_matches('/');
    url.rsplit(['/', ':']).next().unwrap_or_default()
}

fn is_full_id(name: &str) -> bool {
    matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn git_dir(mirror: &Path) -> OsString {
    let mut word = OsString::from("--git-dir=");
    word.push(mirror);
    word
}

fn line(words: &[&str], more: &[&OsStr]) -> Words {
    words.iter().map(OsString::from).chain(more.iter().map(OsString::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(reference: Option<&str>, mirror: Option<&str>) -> Vec<String> {
        let target = Target { url: "https://x/y".into(), reference: reference.map(str::to_owned) };
        let lines = clone(&target, mirror.map(Path::new), Path::new("/w/target"), GitProgress::Shown);
        lines
            .iter()
            .map(|words| words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" "))
            .collect()
    }

    #[test]
    fn a_clone_borrows_and_follows_the_reference() {
        assert_eq!(lines(None, None), ["git clone --progress -- https://x/y /w/target"]);
        assert_eq!(
            lines(Some("release/2.21"), Some("/m")),
            ["git clone --progress --reference-if-able /m --branch=release/2.21 -- https://x/y /w/target"]
        );
        let id = "1234567890123456789012345678901234567890";
        for name in [id, "refs/pull/1/head"] {
            let expected = [
                "git clone --progress --no-checkout -- https://x/y /w/target".to_owned(),
                format!("git -C /w/target fetch --progress --no-auto-maintenance origin {name}"),
                "git -C /w/target checkout --quiet --detach FETCH_HEAD".to_owned(),
            ];
            assert_eq!(lines(Some(name), None), expected);
        }
    }

    #[test]
    fn relative_folders_are_relative_to_the_repository() {
        let cases = [
            ("../snapd", "/r/../snapd"),
            ("snapd", "/r/snapd"),
            ("./a:b", "/r/./a:b"),
            ("/abs", "/abs"),
            ("https://x/y", "https://x/y"),
            ("git@host:a/b", "git@host:a/b"),
            ("file:///x", "file:///x"),
        ];
        for (url, expected) in cases {
            assert_eq!(absolute_url(url, Path::new("/r")), expected);
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let cases = [
            ("https://me:secret@host/x", "https://***@host/x"),
            ("https://token@host/x@y", "https://***@host/x@y"),
            (
                "fatal: unable to access 'http://a:b@c/': x ssh://d:e@f",
                "fatal: unable to access 'http://***@c/': x ssh://***@f",
            ),
            ("ssh://git@host/x", "ssh://git@host/x"),
            ("https://host/a@b", "https://host/a@b"),
            ("git@host:x", "git@host:x"),
            ("/a://b", "/a://b"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_credentials(text), expected);
        }
    }

    #[test]
    fn whose_fault_it_is() {
        assert!(blames_remote("git clone failed: Remote branch nope not found in upstream origin"));
        assert!(blames_remote("git fetch failed: unable to access 'http://x/': Failed to connect"));
        for here in ["git clone failed: unable to read sha1 file", "No space left on device", "bad object HEAD"] {
            assert!(!blames_remote(here), "{here}");
        }
    }

    #[test]
    fn names_for_people() {
        let cases = [
            ("https://github.com/canonical/snapd", "snapd"),
            ("https://x/snapd.git/", "snapd"),
            ("git@host:snapd", "snapd"),
            ("/", ""),
        ];
        for (url, expected) in cases {
            assert_eq!(short_name(url), expected);
        }
    }
}
