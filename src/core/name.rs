//! Names of resources, and which of them a command line selects.
//!
//! Invariant of [`ResourceName`]: the name of a branch as git accepts it, without `refs/heads/`, and UTF-8.

use std::fmt;

use gix::bstr::ByteSlice;

/// The name of a resource, which is the name of its branch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ResourceName(String);

/// Why git would not have a branch of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    #[error("a branch cannot be called {0:?}")]
    Reserved(String),
    #[error("{name:?} is not a valid branch name: {reason}")]
    Invalid { name: String, reason: String },
}

impl ResourceName {
    /// Takes the name of a branch.
    pub(crate) fn new(branch: &str) -> Result<Self, NameError> {
        if branch.starts_with('-') || branch == "HEAD" {
            return Err(NameError::Reserved(branch.to_owned()));
        }
        let full = format!("refs/heads/{branch}");
        match gix::refs::FullName::try_from(full.as_str()) {
            Ok(_) => Ok(ResourceName(branch.to_owned())),
            Err(err) => Err(NameError::Invalid { name: branch.to_owned(), reason: err.to_string() }),
        }
    }

    /// Takes the name of a branch that was read from the repository.
    pub(crate) fn of_existing(branch: String) -> Self {
        ResourceName(branch)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a single part of a path: another name never gives the same one.
    pub(crate) fn slug(&self) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let plain: String = self.0.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        if plain == self.0 { plain } else { format!("{plain}-{}", short_hash(&self.0)) }
    }
}

/// Eight hexadecimal digits that tell texts apart.
pub(crate) fn short_hash(text: &str) -> String {
    let hash = fnv1a(text.as_bytes());
    format!("{:08x}", (hash ^ (hash >> 32)) & 0xffff_ffff)
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The share `index` of `count` machines that split a poll; `index` counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// Whether the resource belongs to this share. A name stays in its share whatever other branches there are.
    pub(crate) fn contains(self, name: &ResourceName) -> bool {
        fnv1a(name.as_str().as_bytes()) % self.count == self.index - 1
    }
}

/// A text is not a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected I/N with 1 ≤ I ≤ N, for example 2/3")]
pub(crate) struct NotAShare;

impl std::str::FromStr for Shard {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        let parse = |(index, count): (&str, &str)| Some((index.parse().ok()?, count.parse().ok()?));
        match text.split_once('/').and_then(parse) {
            Some((index, count)) if index >= 1 && index <= count => Ok(Shard { index, count }),
            _ => Err(NotAShare),
        }
    }
}

/// The 64-bit FNV-1a hash, which is the same on every machine and in every version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The branches that a command line names, by name or by glob (`*` also matches `/`, as in `git branch --list`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    patterns: Vec<String>,
}

impl Selection {
    pub(crate) fn new(patterns: Vec<String>) -> Self {
        Selection { patterns }
    }

    /// Whether the branch is meant: named, matched by a glob, or nothing was named at all.
    pub(crate) fn includes(&self, branch: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches(pattern, branch))
    }

    /// Whether the branch is named to the letter.
    pub(crate) fn names(&self, branch: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern == branch)
    }

    /// The patterns that match none of `branches`.
    pub(crate) fn unmatched<'a>(&'a self, branches: &[&str]) -> Vec<&'a str> {
        let unmatched = |pattern: &&String| !branches.iter().any(|branch| matches(pattern, branch));
        self.patterns.iter().filter(unmatched).map(String::as_str).collect()
    }
}

/// Whether a glob matches all of a path. `*` and `?` stop at a slash, and `**/` is any folders.
pub(crate) fn matches_path(pattern: &str, path: &str) -> bool {
    use gix::glob::wildmatch::Mode;
    gix::glob::wildmatch(pattern.into(), path.into(), Mode::NO_MATCH_SLASH_LITERAL)
}

/// Whether `pattern` asks for the thing `name`, which `texts` describe: by its name, by a glob, or, if no name in `known` is
/// the pattern, by a part of the name or the texts in any case.
pub(crate) fn is_looked_for(pattern: &str, known: &[&str], name: &str, texts: &[&str]) -> bool {
    let is_plain = !known.contains(&pattern) && !pattern.contains(['*', '?', '[']);
    let has_piece = |text: &&str| text.to_lowercase().contains(&pattern.to_lowercase());
    matches(pattern, name) || (is_plain && (has_piece(&name) || texts.iter().any(has_piece)))
}

fn matches(pattern: &str, branch: &str) -> bool {
    pattern == branch
        || gix::glob::wildmatch(
            pattern.as_bytes().as_bstr(),
            branch.as_bytes().as_bstr(),
            gix::glob::wildmatch::Mode::empty(),
        )
}

/// What stands behind the complaint that there is no such name.
pub(crate) fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default()
}

/// The candidate that looks most like `name`, for "did you mean".
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const ALIKE: f64 = 0.8;
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_git() {
        for good in ["a", "snapd-core-edge", "feature/x", "zażółć", "a;b", "$(x)"] {
            assert!(ResourceName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-x", "a b", "a..b", "a.lock", "a~1", "/a", "a/", "HEAD", "a\nb"] {
            assert!(ResourceName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn slugs_are_single_parts_of_a_path_that_differ() {
        let slug = |name: &str| ResourceName::of_existing(name.into()).slug();
        assert_eq!(slug("snapd-core_1.2"), "snapd-core_1.2");
        let slugs = [slug("a-b"), slug("a/b"), slug("a;b"), slug("aäb")];
        assert_eq!(slugs[1], "a-b-e2480c78", "a change here moves the workspaces of all users");
        for (index, slug) in slugs.iter().enumerate() {
            assert!(slug.starts_with("a-b") && !slug.contains('/') && slug.is_ascii());
            assert!(!slugs[..index].contains(slug), "{slug}");
        }
    }

    #[test]
    fn every_name_is_in_exactly_one_shard_and_stays_there() {
        for name in (0..200).map(|n| ResourceName::of_existing(format!("resource-{n}"))) {
            let homes = (1..=5).filter(|index| Shard { index: *index, count: 5 }.contains(&name)).count();
            assert_eq!(homes, 1);
        }
        let known = ResourceName::of_existing("snapd-core-edge".into());
        assert!(
            "3/3".parse::<Shard>().unwrap().contains(&known),
            "a change here moves resources to other shards for all users"
        );
    }

    #[test]
    fn shards_are_checked() {
        for bad in ["", "1", "0/3", "4/3", "1/0", "a/b", "-1/2"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    #[test]
    fn selection_by_name_and_glob() {
        let all = Selection::default();
        assert!(all.includes("anything") && !all.names("anything"));
        let some = Selection::new(vec!["snapd-core-*".into(), "ci/nightly".into(), "nope*".into()]);
        assert!(some.includes("snapd-core-edge") && some.includes("ci/nightly") && !some.includes("kernel"));
        assert!(some.names("ci/nightly") && !some.names("snapd-core-edge"));
        assert_eq!(some.unmatched(&["snapd-core-edge", "ci/nightly"]), ["nope*"]);
        assert!(Selection::new(vec!["*".into()]).includes("a/b"));
        assert!(Selection::new(vec!["a[b".into()]).includes("a[b"), "a name is also a name when it looks like a glob");
    }

    #[test]
    fn things_are_found_by_what_is_said_of_them() {
        let known = ["daily", "core-edge", "core-daily"];
        let finds = |pattern, name| is_looked_for(pattern, &known, name, &["The core snap", "the snap store"]);
        for pattern in ["core-edge", "core-*", "*", "core", "EDGE", "Snap Store", "the core"] {
            assert!(finds(pattern, "core-edge"), "{pattern}");
        }
        for pattern in ["daily", "store*", "Core*", "x", "[z]"] {
            assert!(!finds(pattern, "core-edge"), "{pattern}");
        }
        assert!(finds("daily", "daily") && !finds("daily", "core-daily"), "there is one that is called so");
    }

    #[test]
    fn nearest_is_near() {
        assert_eq!(
            nearest("snapd-cor-edge", ["kernel", "snapd-core-edge", "snapd-core-beta"]),
            Some("snapd-core-edge")
        );
        assert_eq!(nearest("zzz", ["kernel"]), None);
    }
}
