//! A repository in a sandbox, and questions to it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use super::{Cmd, History, Run, Sandbox};

/// A repository in a sandbox.
#[derive(Clone)]
pub(crate) struct Repo<'s> {
    sandbox: &'s Sandbox,
    path: PathBuf,
}

impl<'s> Repo<'s> {
    pub(crate) fn new(sandbox: &'s Sandbox, path: PathBuf) -> Self {
        Repo { sandbox, path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The address that makes git use its transport, instead of copying files.
    pub(crate) fn url(&self) -> String {
        format!("file://{}", self.path.display())
    }

    #[track_caller]
    pub(crate) fn git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> String {
        self.sandbox.git(&self.path, args)
    }

    pub(crate) fn try_git<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Output {
        self.sandbox.try_git(&self.path, args)
    }

    /// The product in this repository.
    pub(crate) fn cmd<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Cmd<'s> {
        Cmd::new(self.sandbox, self.path.clone(), args)
    }

    /// Runs the product in this repository.
    #[track_caller]
    pub(crate) fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.cmd(args).run()
    }

    /// A clone of this repository, whose remote is called `origin`.
    pub(crate) fn clone_to(&self, name: &str) -> Repo<'s> {
        let to = self.sandbox.path(name);
        self.git(["clone", "--quiet", ".", to.to_str().expect("tests use UTF-8")]);
        Repo::new(self.sandbox, to)
    }

    /// A clone over git's transport, made with more options.
    pub(crate) fn clone_with(&self, name: &str, options: &[&str]) -> Repo<'s> {
        let to = self.sandbox.path(name);
        let mut args = vec!["clone", "--quiet"];
        args.extend(options);
        let url = self.url();
        args.extend([url.as_str(), to.to_str().expect("tests use UTF-8")]);
        self.sandbox.git(&self.sandbox.path(""), args);
        Repo::new(self.sandbox, to)
    }

    /// Adds to the repository what the closure describes.
    #[track_caller]
    pub(crate) fn build(&self, describe: impl FnOnce(&mut History)) {
        let mut history = History::default();
        describe(&mut history);
        let mut import = self
            .sandbox
            .command("git", &self.path)
            .args(["fast-import", "--quiet", "--force", "--date-format=raw"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git can be started");
        let mut stdin = import.stdin.take().expect("stdin is a pipe");
        stdin.write_all(history.stream()).expect("git reads all of it");
        drop(stdin);
        assert!(import.wait().expect("git was started").success(), "git fast-import failed");
    }

    /// What a reference or another expression stands for.
    #[track_caller]
    pub(crate) fn tip(&self, revision: &str) -> String {
        self.git(["rev-parse", "--verify", "--quiet", revision])
    }

    /// All references and what they stand for.
    pub(crate) fn refs(&self) -> BTreeMap<String, String> {
        self.git(["for-each-ref", "--format=%(refname) %(objectname)%(symref)"])
            .lines()
            .map(|line| line.split_once(' ').expect("the format has a blank"))
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect()
    }

    /// The subjects of the first-parent history, newest first, exactly as they are.
    #[track_caller]
    pub(crate) fn subjects(&self, revision: &str) -> Vec<String> {
        let bodies = self.git(["log", "--first-parent", "-z", "--format=%B", revision, "--"]);
        bodies.split_terminator('\0').map(|body| body.split('\n').next().unwrap_or_default().to_owned()).collect()
    }

    /// A commit object as git stores it.
    #[track_caller]
    pub(crate) fn object(&self, revision: &str) -> String {
        self.git(["cat-file", "commit", revision])
    }

    /// How many commits a branch has.
    #[track_caller]
    pub(crate) fn count(&self, revision: &str) -> usize {
        self.git(["rev-list", "--count", revision, "--"]).parse().expect("git prints a number")
    }
}
