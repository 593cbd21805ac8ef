//! Entries of the catalog: options files whose comment says what they are about.
//!
//! ```text
//! # What it is about, on one line
//! #
//! # Whatever else there is to say.
//! #
//! # Source: where the value comes from
//! # Not verified: what could not be tried
//! ```
//!
//! A line that is indented by two blanks or more, or by a tab, goes on with the one above. This module reads entries, and
//! makes the options of a branch of them. It must not look for files.

use gix::bstr::ByteSlice;

use super::declared::{Kind, SOURCE};
use super::name::{did_you_mean, nearest};
use super::options::{AssignError, Key, Options, Setting, assign};

/// A variable, and the text that it is to have.
pub(crate) type Given = (String, String);

/// Why something is no entry, or does not take what is given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EntryError {
    #[error("its first line has to be a comment that says what it is about")]
    NoTitle,
    #[error("line {0} is not an assignment; an entry assigns and does nothing else")]
    NotAnAssignment(usize),
    #[error("it has no key {name:?}{}", did_you_mean(.near.as_deref()))]
    NoKey { name: String, near: Option<String> },
    #[error(transparent)]
    Assign(#[from] AssignError),
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// What it is about.
    pub(crate) about: String,
    /// Where the value comes from.
    pub(crate) source: Option<String>,
    /// What could not be verified.
    pub(crate) unverified: Option<String>,
    text: String,
    options: Options,
}

impl Entry {
    /// Reads the options of an entry.
    ///
    /// # Errors
    ///
    /// It has no title, or is more than assignments.
    pub(crate) fn parse(text: &str) -> Result<Self, EntryError> {
        // Files that were written on Windows work like any other.
        let text = text.replace('\r', "");
        let mut lines = text.lines().map_while(|line| line.strip_prefix('#'));
        let about = lines.next().map(str::trim).filter(|title| !title.is_empty());
        let about = about.ok_or(EntryError::NoTitle)?.to_owned();
        let (mut source, mut unverified) = (None, None);
        let mut last: Option<&mut String> = None;
        for line in lines {
            let is_indented = line.starts_with("  ") || line.starts_with('\t');
            let text = line.trim();
            if is_indented {
                if let Some(last) = &mut last {
                    last.push(' ');
                    last.push_str(text);
                }
                continue;
            }
            last = match text.split_once(": ") {
                Some(("Source", text)) => Some(source.insert(text.trim().to_owned())),
                Some(("Not verified", text)) => Some(unverified.insert(text.trim().to_owned())),
                Some(_) | None => None,
            };
        }
        let options = Options::parse(text.as_bytes());
        if let Some(line) = options.opaque_at() {
            return Err(EntryError::NotAnAssignment(line));
        }
        Ok(Entry { about, source, unverified, options, text })
    }

    /// The options of a branch that is made of the entry as it is.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What its options say.
    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// The kind of its source, if it declares one. What the kind needs may be missing.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self.options.variable(SOURCE).0 {
            Setting::Known(name) => Kind::of(name.to_str().ok()?),
            Setting::Absent | Setting::NeedsShell(_) => None,
        }
    }

    /// The options of a branch that says something else for these variables.
    ///
    /// # Errors
    ///
    /// There is no such variable, or it cannot be assigned.
    pub(crate) fn with(&self, given: &[Given]) -> Result<String, EntryError> {
        given.iter().try_for_each(|(name, _)| self.check(name))?;
        Ok(assign(&self.text, given)?)
    }

    /// Whether a variable may be given.
    fn check(&self, name: &str) -> Result<(), EntryError> {
        let known: Vec<&str> = match self.kind() {
            Some(kind) => kind.entry().keys.iter().map(|key| key.name).collect(),
            None => self.options.other_keys().map(|(name, _)| name).collect(),
        };
        if Key::of(name.as_bytes()).is_some() || known.contains(&name) {
            return Ok(());
        }
        let near = nearest(name, known).map(str::to_owned);
        Err(EntryError::NoKey { name: name.to_owned(), near })
    }

    /// Whether the entry says this already.
    pub(crate) fn says(&self, name: &str, text: &str) -> bool {
        match self.options.variable(name).0 {
            Setting::Known(known) => known == text,
            Setting::Absent => {
                self.kind().and_then(|kind| kind.key(name)).is_some_and(|key| key.default() == Some(text))
            }
            Setting::NeedsShell(_) => false,
        }
    }
}

/// The beginning of a source, which says in a few words what the rest says in full.
pub(crate) fn in_short(source: &str) -> &str {
    let ends = [",", ";", ":", " (", ". "].iter().filter_map(|end| source.find(end));
    source[..ends.min().unwrap_or(source.len())].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRY: &str = r##"# The revision of a snap in a channel
#
# Whatever else: there is to say.
#
# Source: the snap store,
#   api.snapcraft.io
# Not verified: nothing
#	at all
# channel: this is a note
message="New {snap} snap"

# The name.
source=snap
snap=core
channel="edge"
"##;

    fn with(given: &[(&str, &str)]) -> Result<String, EntryError> {
        let given: Vec<Given> = given.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Entry::parse(ENTRY).unwrap().with(&given)
    }

    #[test]
    fn the_comment_says_what_an_entry_is() {
        let entry = Entry::parse(&ENTRY.replace('\n', "\r\n")).unwrap();
        assert_eq!(entry.about, "The revision of a snap in a channel");
        assert_eq!(entry.source.as_deref(), Some("the snap store, api.snapcraft.io"));
        assert_eq!(entry.unverified.as_deref(), Some("nothing at all"));
        assert_eq!(entry.text(), ENTRY);
        assert_eq!(entry.kind().map(Kind::name), Some("snap"));
        assert_eq!(in_short(entry.source.as_deref().unwrap()), "the snap store");
    }

    #[test]
    fn only_what_is_given_changes() {
        let expected = ENTRY.replace("\"edge\"", "\"beta\"").replace("snap=core", "snap=\"co're\"");
        let expected = expected.replace("snap\"\n\n#", "snap\"\narch=\"arm64\"\ntimeout=\"5m\"\n\n#");
        let given = [("channel", "beta"), ("snap", "co're"), ("arch", "arm64"), ("timeout", "5m")];
        assert_eq!(with(&given).unwrap(), expected);
        assert_eq!(with(&[]).unwrap(), ENTRY);
    }

    #[test]
    fn what_it_does_not_have_cannot_be_given() {
        let near = Some("channel".to_owned());
        assert_eq!(with(&[("chanel", "x")]), Err(EntryError::NoKey { name: "chanel".into(), near }));
        let own = Entry::parse("# Own\nmessage=x\nthing=1\npattern_extractor='echo $thing'\n").unwrap();
        assert!(own.with(&[("thing".into(), "2".into())]).unwrap().contains("\nthing=\"2\"\n"));
        let unknown = own.with(&[("channel".into(), "2".into())]);
        assert_eq!(unknown, Err(EntryError::NoKey { name: "channel".into(), near: None }));
    }

    #[test]
    fn it_knows_what_it_says() {
        let entry = Entry::parse(ENTRY).unwrap();
        for (name, text, expected) in
            [("channel", "edge", true), ("channel", "beta", false), ("arch", "amd64", true), ("arch", "arm64", false)]
        {
            assert_eq!(entry.says(name, text), expected, "{name}={text}");
        }
    }

    #[test]
    fn what_is_no_entry() {
        for text in ["", "message=x\n", "#\nmessage=x\n", "# \n"] {
            assert_eq!(Entry::parse(text).unwrap_err(), EntryError::NoTitle, "{text:?}");
        }
        assert_eq!(Entry::parse("# X\nmessage=x\necho y\n").unwrap_err(), EntryError::NotAnAssignment(3));
    }
}
