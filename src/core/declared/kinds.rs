//! The kinds of declared sources and their keys, in one table. Help texts, completions, the manual page and the checks
//! are made from it.

/// A kind of declared source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Clock,
    Git,
    Http,
    Header,
    Snap,
    Deb,
    GithubRelease,
    GithubRun,
    Pypi,
    Npm,
    Crates,
    After,
    File,
}

/// What the table says about a kind.
#[derive(Debug)]
pub(crate) struct KindEntry {
    pub(crate) kind: Kind,
    pub(crate) name: &'static str,
    /// What it watches, on one line.
    pub(crate) about: &'static str,
    /// Where the value comes from, in a few words.
    pub(crate) from: &'static str,
    /// What its value is.
    pub(crate) value: &'static str,
    pub(crate) keys: &'static [KeyEntry],
    /// A worked example: the keys of an options file.
    pub(crate) example: &'static [(&'static str, &'static str)],
}

/// What the table says about a key of a kind.
#[derive(Debug)]
pub(crate) struct KeyEntry {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) need: Need,
}

/// Whether a key has to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    /// What it is if it is not set.
    Default(&'static str),
}

impl KeyEntry {
    /// What it is if it is not set, unless that is nothing.
    pub(crate) fn default(&self) -> Option<&'static str> {
        match self.need {
            Need::Default(text) => Some(text),
            Need::Required | Need::Optional => None,
        }
    }
}

const fn key(name: &'static str, need: Need, about: &'static str) -> KeyEntry {
    KeyEntry { name, about, need }
}

const URL: KeyEntry = key("url", Need::Required, "the http or https address, without a user and a password");
const ABSENT: KeyEntry = key("absent", Need::Optional, "\"none\": the answers 404 and 410 mean that there is no value");
const AUTH: KeyEntry = key("auth", Need::Optional, "the variable with the token; see CREDENTIALS");
const INCLUDE: KeyEntry = key("include", Need::Optional, "take only values in which this regular expression is found");
const EXCLUDE: KeyEntry = key("exclude", Need::Optional, "leave out values in which this regular expression is found");
const REGEX: KeyEntry = key("regex", Need::Optional, "take what its first group finds, or all of it without a group");
const SELECT: KeyEntry = key("select", Need::Optional, "take what this jq filter makes of the JSON; see FILTERS");
const ORDER: KeyEntry = key(
    "order",
    Need::Default("none"),
    "which of several values: first, last, version, deb; none: more than one fails",
);

/// The table.
pub(crate) const KINDS: &[KindEntry] = &[
    KindEntry {
        kind: Kind::Clock,
        name: "clock",
        about: "A new day, week or month (UTC)",
        from: "the clock of the machine that polls",
        value: "the date, such as 2026-11-28, 2026-W48 or 2026-11; no value before the time has come",
        keys: &[
            key("every", Need::Required, "day, week or month"),
            key("at", Need::Default("00:00"), "the time of the day, HH:MM, UTC"),
            key(
                "day",
                Need::Optional,
                "the day of the week (mon, the default, to sun) or of the month (1, the default, to 31)",
            ),
            key("format", Need::Optional, "what the value looks like, with %Y %m %d %G %V in it"),
        ],
        example: &[("source", "clock"), ("every", "week"), ("day", "mon"), ("at", "02:00"), ("message", "New week")],
    },
    KindEntry {
        kind: Kind::Git,
        name: "git",
        about: "A branch or tag of a git repository",
        from: "git",
        value: "the commit that the ref stands for, or the name of a tag",
        keys: &[
            key("url", Need::Required, "the repository, as for git clone, without a password"),
            key("ref", Need::Optional, "HEAD (the default), the name of a branch, or the full name of any ref"),
            key("tags", Need::Optional, "instead of ref: a glob, such as v*; the values are the names of the tags"),
            INCLUDE,
            EXCLUDE,
            ORDER,
        ],
        example: &[
            ("source", "git"),
            ("url", "https://github.com/canonical/snapd"),
            ("ref", "master"),
            ("message", "New commit on {ref} of snapd"),
        ],
    },
    KindEntry {
        kind: Kind::Http,
        name: "http",
        about: "A page or an answer of a web service",
        from: "HTTP",
        value: "the trimmed text, or what select or regex takes of it",
        keys: &[
            URL,
            key("header", Need::Optional, "headers of the request, NAME: TEXT, one on each line"),
            SELECT,
            REGEX,
            INCLUDE,
            EXCLUDE,
            ORDER,
            ABSENT,
            AUTH,
        ],
        example: &[
            ("source", "http"),
            ("url", "https://go.dev/VERSION?m=text"),
            ("regex", "^go([0-9.]+)"),
            ("message", "New version of Go"),
        ],
    },
    KindEntry {
        kind: Kind::Header,
        name: "header",
        about: "A header that a web service answers with",
        from: "HTTP headers",
        value: "the text of the first of these headers that is there",
        keys: &[URL, key("names", Need::Required, "the names of the headers, with a blank between them"), ABSENT, AUTH],
        example: &[
            ("source", "header"),
            ("url", "https://api.snapcraft.io/_status/check"),
            ("names", "X-VCS-Revision X-Bzr-Revision-Number"),
            ("message", "New revision of the store"),
        ],
    },
    KindEntry {
        kind: Kind::Snap,
        name: "snap",
        about: "A snap in a channel of the snap store",
        from: "the snap store",
        value: "its revision, or its version",
        keys: &[
            key("snap", Need::Required, "the name of the snap"),
            key("channel", Need::Required, "[TRACK/]RISK, such as edge or 24/beta"),
            key("arch", Need::Default("amd64"), "the architecture as Debian calls it"),
            key("field", Need::Default("revision"), "revision or version"),
            ABSENT,
        ],
        example: &[
            ("source", "snap"),
            ("snap", "core22"),
            ("channel", "edge"),
            ("message", "New {arch} {snap} snap in {channel} channel"),
        ],
    },
    KindEntry {
        kind: Kind::Deb,
        name: "deb",
        about: "A source package in a pocket of Ubuntu",
        from: "Launchpad",
        value: "the version that was published last; no value while the pocket does not hold the package",
        keys: &[
            key("package", Need::Required, "the name of the source package"),
            key("series", Need::Required, "the code name of the release"),
            key("pocket", Need::Default("Proposed"), "Release, Security, Updates, Proposed or Backports"),
            key("distribution", Need::Default("ubuntu"), "the distribution, as Launchpad calls it"),
        ],
        example: &[
            ("source", "deb"),
            ("package", "snapd"),
            ("series", "noble"),
            ("message", "New {package} deb in the proposed pocket of {series}"),
        ],
    },
    KindEntry {
        kind: Kind::GithubRelease,
        name: "github-release",
        about: "The releases of a repository on GitHub",
        from: "GitHub",
        value: "the tag of the newest release; no value while there is none",
        keys: &[
            key("repository", Need::Required, "OWNER/NAME"),
            key("prereleases", Need::Default("no"), "yes: take prereleases, too"),
            INCLUDE,
            EXCLUDE,
            key("order", Need::Default("first"), "which of several tags: first (the newest), last, version, deb, none"),
            ABSENT,
            AUTH,
        ],
        example: &[
            ("source", "github-release"),
            ("repository", "canonical/snapd"),
            ("message", "New release of {repository}"),
        ],
    },
    KindEntry {
        kind: Kind::GithubRun,
        name: "github-run",
        about: "The green runs of a workflow on GitHub",
        from: "GitHub",
        value: "the number of the newest green run; no value while there is none",
        keys: &[
            key("repository", Need::Required, "OWNER/NAME"),
            key("workflow", Need::Required, "the name of its file in .github/workflows"),
            key("branch", Need::Required, "the branch that it ran for"),
            ABSENT,
            AUTH,
        ],
        example: &[
            ("source", "github-run"),
            ("repository", "canonical/snapd"),
            ("workflow", "ci-master-push.yaml"),
            ("branch", "master"),
            ("message", "New green run of {workflow} on {branch}"),
        ],
    },
    KindEntry {
        kind: Kind::Pypi,
        name: "pypi",
        about: "A Python package on PyPI",
        from: "PyPI",
        value: "its newest version that is no prerelease, as PyPI says",
        keys: &[key("package", Need::Required, "the name of the package"), ABSENT],
        example: &[("source", "pypi"), ("package", "requests"), ("message", "New {package} on PyPI")],
    },
    KindEntry {
        kind: Kind::Npm,
        name: "npm",
        about: "A package on npm",
        from: "the npm registry",
        value: "the version that its tag stands for",
        keys: &[
            key("package", Need::Required, "the name of the package, such as typescript or @types/node"),
            key("tag", Need::Default("latest"), "the tag, such as latest or next"),
            ABSENT,
        ],
        example: &[("source", "npm"), ("package", "@types/node"), ("message", "New {package} on npm")],
    },
    KindEntry {
        kind: Kind::Crates,
        name: "crates",
        about: "A Rust crate on crates.io",
        from: "the index of crates.io",
        value: "its highest version that is neither a prerelease nor yanked; no value while there is none",
        keys: &[key("package", Need::Required, "the name of the crate"), ABSENT],
        example: &[("source", "crates"), ("package", "serde"), ("message", "New {package} on crates.io")],
    },
    KindEntry {
        kind: Kind::After,
        name: "after",
        about: "Another resource, after it passed",
        from: "results of the other resource",
        value: "the newest value of the other resource that passed; no value while none has",
        keys: &[key("resource", Need::Required, "the name of the other resource")],
        example: &[("source", "after"), ("resource", "snapd-core-edge"), ("message", "New passed value of {resource}")],
    },
    KindEntry {
        kind: Kind::File,
        name: "file",
        about: "A file on the machine that polls",
        from: "files",
        value: "the trimmed text, or what select or regex takes of it",
        keys: &[
            key("path", Need::Required, "its absolute path, below a folder that spread-cron.allowPath names"),
            SELECT,
            REGEX,
            INCLUDE,
            EXCLUDE,
            ORDER,
            key("absent", Need::Optional, "\"none\": a file that is not there means that there is no value"),
        ],
        example: &[("source", "file"), ("path", "/srv/images/jammy/serial"), ("message", "New image")],
    },
];

impl Kind {
    /// What the table says about it.
    pub(crate) fn entry(self) -> &'static KindEntry {
        KINDS.iter().find(|entry| entry.kind == self).expect("every kind is in the table")
    }

    pub(crate) fn name(self) -> &'static str {
        self.entry().name
    }

    /// The message of a resource whose options have none. `has` says which keys are set.
    pub(crate) fn usual_message(self, has: impl Fn(&str) -> bool) -> &'static str {
        match self {
            Kind::Clock => "New {every}",
            Kind::Git if has("tags") => "New tag of {url}",
            Kind::Git => "New commit on {ref} of {url}",
            Kind::Http => "New value of {url}",
            Kind::Header => "New revision of {url}",
            Kind::Snap => "New {arch} {snap} snap in {channel} channel",
            Kind::Deb => "New {package} deb in the {pocket} pocket of {series}",
            Kind::GithubRelease => "New release of {repository}",
            Kind::GithubRun => "New green run of {workflow} in {repository} on {branch}",
            Kind::Pypi => "New {package} on PyPI",
            Kind::Npm => "New {package} on npm",
            Kind::Crates => "New {package} on crates.io",
            Kind::After => "New passed value of {resource}",
            Kind::File => "New value of {path}",
        }
    }

    /// The kind of this name.
    pub(crate) fn of(name: &str) -> Option<Kind> {
        KINDS.iter().find(|entry| entry.name == name).map(|entry| entry.kind)
    }

    /// What the table says about a key of this kind.
    pub(crate) fn key(self, name: &str) -> Option<&'static KeyEntry> {
        self.entry().keys.iter().find(|key| key.name == name)
    }
}
