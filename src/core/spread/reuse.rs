//! The files in which spread keeps the machines that it got, and what it says when it discards them.
//!
//! Spread ends with 0 although a machine resisted, forgets that machine, and removes the file; and it discards only machines of
//! systems on which its command line would run something. So what it says is held against what the file listed.

/// A file in which spread keeps its machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReuseFile {
    /// Of `-reuse`: `.spread-reuse.yaml`.
    Reused,
    /// Of the spread with this process id: `.spread-reuse.123.yaml`.
    Of(String),
}

impl ReuseFile {
    /// What a file of this name is, if it is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == ReuseFile::Reused.name() {
            return Some(ReuseFile::Reused);
        }
        let pid = name.strip_prefix(".spread-reuse.")?.strip_suffix(".yaml")?;
        let is_pid = !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
        is_pid.then(|| ReuseFile::Of(pid.to_owned()))
    }

    pub(crate) fn name(&self) -> String {
        match self {
            ReuseFile::Reused => ".spread-reuse.yaml".to_owned(),
            ReuseFile::Of(pid) => format!(".spread-reuse.{pid}.yaml"),
        }
    }

    /// Which spread it belongs to, for people.
    pub(crate) fn owner(&self) -> String {
        match self {
            ReuseFile::Reused => "spread -reuse".to_owned(),
            ReuseFile::Of(pid) => format!("spread {pid}"),
        }
    }

    /// The words that discard its machines: those of one system (`backend:system`), or of all on which spread runs something
    /// without being asked.
    pub(crate) fn discard(&self, prefix: &[String], system: Option<&str>) -> Vec<String> {
        let mut words = prefix.to_vec();
        match self {
            ReuseFile::Reused => {}
            ReuseFile::Of(pid) => words.push(format!("-reuse-pid={pid}")),
        }
        words.push("-discard".to_owned());
        words.extend(system.map(|system| format!("{system}:")));
        words
    }
}

/// The systems (`backend:system`) that such a file lists, each once.
pub(crate) fn systems(text: &str) -> Vec<String> {
    let mut systems: Vec<String> = Vec::new();
    let (mut level, mut backend) = (None, "");
    for line in text.lines() {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let Some(name) = trimmed.trim_end().strip_suffix(':') else { continue };
        let unquoted = |name: &str| name.trim_matches(['"', '\'']).to_owned();
        if let Some(system) = name.strip_prefix("- ") {
            let full = format!("{}:{}", unquoted(backend), unquoted(system.trim()));
            if !backend.is_empty() && !systems.contains(&full) {
                systems.push(full);
            }
        } else if indent > 0 && level.is_none_or(|level| indent == level) {
            level = Some(indent);
            backend = name;
        }
    }
    systems
}

/// The first line with which a spread that discards says that it could not.
pub(crate) fn complaint(said: &str) -> Option<&str> {
    const COMPLAINTS: [&str; 2] = ["Error discarding ", "Cannot reuse "];
    said.lines().map(str::trim).find(|line| COMPLAINTS.iter().any(|complaint| line.contains(complaint)))
}

/// The systems that spread did not speak of when it discarded.
pub(crate) fn unmentioned<'s>(systems: &'s [String], said: &str) -> Vec<&'s str> {
    let is_mentioned = |system: &str| {
        said.match_indices("Discarding ").any(|(at, found)| {
            let rest = said[at + found.len()..].strip_prefix(system);
            rest.is_some_and(|rest| {
                !rest.starts_with(|next: char| next.is_alphanumeric() || next == '-' || next == '_')
            })
        })
    };
    systems.iter().map(String::as_str).filter(|system| !is_mentioned(system)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::spread::command::discard_prefix;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn which_files_and_how_to_discard() {
        let pid = |pid: &str| ReuseFile::Of(pid.to_owned());
        let prefix = discard_prefix(&words("sudo spread -v a"));
        assert_eq!(pid("12").discard(&prefix, None), words("sudo spread -reuse-pid=12 -discard"));
        assert_eq!(pid("12").discard(&prefix, Some("a:b")), words("sudo spread -reuse-pid=12 -discard a:b:"));
        assert_eq!(ReuseFile::Reused.discard(&discard_prefix(&words("make check")), None), words("spread -discard"));
        for file in [pid("12"), ReuseFile::Reused] {
            assert_eq!(ReuseFile::named(&file.name()), Some(file));
        }
        for other in
            [".spread-reuse..yaml", ".spread-reuse.1a.yaml", "x.spread-reuse.1.yaml", ".spread-reuse.1.yaml.new"]
        {
            assert_eq!(ReuseFile::named(other), None, "{other}");
        }
    }

    /// As spread writes it: the indentation of lists differs between versions of its YAML library.
    #[test]
    fn machines_are_listed() {
        let text = "backends:\n  adhoc:\n    systems:\n    - debian-12-64:\n        password: x\n        address: 127.0.0.1:2241\n\
                    \x20   - debian-12-64:\n        address: 127.0.0.1:2242\n  google:\n    systems:\n    - \"ubuntu-24.04-64\":\n        data:\n          name: n1\n";
        assert_eq!(systems(text), ["adhoc:debian-12-64", "google:ubuntu-24.04-64"]);
        let other = "backends:\n    google:\n        systems:\n            - ubuntu-24.04-64:\n                address: 192.0.2.1\n";
        assert_eq!(systems(other), ["google:ubuntu-24.04-64"]);
        for nothing in ["", "backends: {}\n", "backends: {adhoc: {}}", "- x:"] {
            assert_eq!(systems(nothing), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn what_spread_says_is_held_against_the_list() {
        let listed = ["a:b".to_owned(), "a:b-64".to_owned(), "c:d".to_owned()];
        let said = "2026-11-28 16:09:39 Discarding a:b-64 (spread-1)...\n2026-11-28 16:09:39 Discarding c:d...\n";
        assert_eq!(unmentioned(&listed, said), ["a:b"]);
        assert_eq!(complaint(said), None);
        let error = "2026-11-28 16:09:39 Error discarding adhoc:x: /bin/bash: line 19: POOL: unbound variable";
        assert_eq!(complaint(&format!("{said}{error}\n")), Some(error));
        assert!(complaint("Cannot reuse google:x at 1.2.3.4: no credentials").is_some());
    }
}
