//! Histories as a stream for `git fast-import`: any tree, message, time and parents.

use std::collections::BTreeMap;

/// Where the options of a branch lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// In `options`.
    Options,
    /// In `branches/BRANCH/trigger`.
    Trigger,
}

impl Layout {
    pub(crate) fn path(self, branch: &str) -> String {
        match self {
            Layout::Options => "options".to_owned(),
            Layout::Trigger => format!("branches/{branch}/trigger"),
        }
    }
}

/// What is to be imported. Marks are shared by all branches, so that one can be merged into another.
#[derive(Default)]
pub(crate) struct History {
    stream: Vec<u8>,
    marks: u32,
    tips: BTreeMap<String, String>,
}

impl History {
    /// A branch without a commit yet, or more commits on one that this history has already.
    pub(crate) fn branch(&mut self, name: &str) -> Branch<'_> {
        Branch {
            history: self,
            name: name.to_owned(),
            time: 1_600_000_000,
            changes: Vec::new(),
            merged: Vec::new(),
            encoding: None,
        }
    }

    /// More commits on a branch that the repository has already.
    pub(crate) fn existing(&mut self, name: &str) -> Branch<'_> {
        self.tips.insert(name.to_owned(), format!("refs/heads/{name}^0"));
        self.branch(name)
    }

    /// The default branch, with a file.
    pub(crate) fn main(&mut self) {
        self.branch("main").file("README", "The template\n").commit("Begin");
    }

    /// A branch whose first commit holds options with these two keys.
    pub(crate) fn resource(&mut self, name: &str, message: &str, extractor: &str) -> Branch<'_> {
        let options =
            format!("message={}\npattern_extractor={}\n", shell_words::quote(message), shell_words::quote(extractor));
        self.branch(name).options(options)
    }

    pub(crate) fn stream(&self) -> &[u8] {
        &self.stream
    }

    fn data(&mut self, bytes: &[u8]) {
        self.stream.extend(format!("data {}\n", bytes.len()).as_bytes());
        self.stream.extend(bytes);
        self.stream.push(b'\n');
    }
}

/// Commits on one branch, one after the other. File changes wait for the next commit.
pub(crate) struct Branch<'h> {
    history: &'h mut History,
    name: String,
    time: u64,
    changes: Vec<Change>,
    merged: Vec<String>,
    encoding: Option<String>,
}

enum Change {
    File { mode: &'static str, path: String, content: Vec<u8> },
    Empty,
}

impl Branch<'_> {
    /// A file in the tree of the next commit.
    pub(crate) fn file(self, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.entry("100644", path, content)
    }

    /// Any entry in the tree of the next commit: `100755` is executable, `120000` a symbolic link to the content.
    pub(crate) fn entry(mut self, mode: &'static str, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.changes.push(Change::File { mode, path: path.into(), content: content.into() });
        self
    }

    /// The next commit has an empty tree.
    pub(crate) fn empty_tree(mut self) -> Self {
        self.changes.push(Change::Empty);
        self
    }

    /// A commit that brings the options, in the layout with the file `options`.
    pub(crate) fn options(self, options: impl Into<Vec<u8>>) -> Self {
        self.options_in(Layout::Options, options)
    }

    /// A commit that brings the options.
    pub(crate) fn options_in(self, layout: Layout, options: impl Into<Vec<u8>>) -> Self {
        let (path, subject) = (layout.path(&self.name), format!("Watch {}", self.name));
        self.file(path, options).commit(&subject)
    }

    /// The time of the next commit; each further one is a minute later.
    pub(crate) fn at(mut self, unix_time: u64) -> Self {
        self.time = unix_time;
        self
    }

    /// The next commit has this branch, which this history has already, as its second parent.
    pub(crate) fn merging(mut self, branch: &str) -> Self {
        let tip = self.history.tips.get(branch).unwrap_or_else(|| panic!("{branch} has no commit yet"));
        self.merged.push(tip.clone());
        self
    }

    /// The next commit has an `encoding` header.
    pub(crate) fn encoding(mut self, encoding: &str) -> Self {
        self.encoding = Some(encoding.to_owned());
        self
    }

    /// An empty commit with this subject, as a poll makes it.
    pub(crate) fn state(self, subject: &str) -> Self {
        self.commit(&format!("{subject}\n\nSpread-Cron-Poll: 0.1.0"))
    }

    /// An empty commit with this subject, as other tools made it before.
    pub(crate) fn old_state(self, subject: &str) -> Self {
        self.commit(subject)
    }

    /// A commit with this message, to which the end of the line is added.
    pub(crate) fn commit(self, message: &str) -> Self {
        self.raw_commit(format!("{message}\n"))
    }

    /// A commit with exactly this message.
    pub(crate) fn raw_commit(mut self, message: impl AsRef<[u8]>) -> Self {
        self.history.marks += 1;
        let mark = self.history.marks;
        let head = format!("commit refs/heads/{}\nmark :{mark}\n", self.name);
        self.history.stream.extend(head.as_bytes());
        let person = format!("committer A Past Poller <poller@example.org> {} +0000\n", self.time);
        self.history.stream.extend(person.as_bytes());
        if let Some(encoding) = self.encoding.take() {
            self.history.stream.extend(format!("encoding {encoding}\n").as_bytes());
        }
        self.history.data(message.as_ref());
        if let Some(tip) = self.history.tips.get(&self.name) {
            self.history.stream.extend(format!("from {tip}\n").as_bytes());
        }
        for parent in std::mem::take(&mut self.merged) {
            self.history.stream.extend(format!("merge {parent}\n").as_bytes());
        }
        for change in std::mem::take(&mut self.changes) {
            match change {
                Change::File { mode, path, content } => {
                    self.history.stream.extend(format!("M {mode} inline {path}\n").as_bytes());
                    self.history.data(&content);
                }
                Change::Empty => self.history.stream.extend(b"deleteall\n"),
            }
        }
        self.history.tips.insert(self.name.clone(), format!(":{mark}"));
        self.time += 60;
        self
    }
}
