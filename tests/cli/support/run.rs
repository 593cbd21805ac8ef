//! Starting the product, and holding what came out against what a test expects.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use predicates::Predicate;

use super::screen::screen;
use super::{LintDoc, LogDoc, PendingDoc, PollDoc, Sandbox, StatusDoc};

/// Longer than anything here may take: a run that hits it hangs.
const HANGS: Duration = Duration::from_secs(120);

/// A start of the product.
pub(crate) struct Cmd<'s> {
    sandbox: &'s Sandbox,
    folder: PathBuf,
    args: Vec<OsString>,
    variables: Vec<(OsString, Option<OsString>)>,
    through_git: bool,
}

impl<'s> Cmd<'s> {
    pub(crate) fn new<A: AsRef<OsStr>>(
        sandbox: &'s Sandbox,
        folder: PathBuf,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        Cmd { sandbox, folder, args, variables: Vec::new(), through_git: false }
    }

    /// As `git spread-cron` instead of `git-spread-cron`.
    pub(crate) fn through_git(mut self) -> Self {
        self.through_git = true;
        self
    }

    pub(crate) fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    pub(crate) fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), Some(value.into())));
        self
    }

    pub(crate) fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), None));
        self
    }

    /// The process, not started yet, for a test that does unusual things with it.
    pub(crate) fn command(&self) -> Command {
        let program = if self.through_git {
            "git".as_ref()
        } else {
            assert_cmd::cargo::cargo_bin!("git-spread-cron").as_os_str()
        };
        let mut command = self.sandbox.command(program, &self.folder);
        if self.through_git {
            command.arg("spread-cron");
        }
        command.args(&self.args).stdin(Stdio::null());
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Waits for the end of it.
    #[track_caller]
    pub(crate) fn run(self) -> Run {
        let output =
            assert_cmd::Command::from_std(self.command()).timeout(HANGS).output().expect("the product can be started");
        Run::new(self.line(), self.sandbox.path(""), output)
    }

    /// Starts it and goes on.
    pub(crate) fn spawn(self) -> Running {
        let mut command = self.command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("the product can be started");
        Running { child: Some(child), line: self.line(), root: self.sandbox.path("") }
    }

    fn line(&self) -> String {
        let args: Vec<_> =
            self.args.iter().map(|arg| shell_words::quote(&arg.to_string_lossy()).into_owned()).collect();
        format!("git spread-cron {} in {}", args.join(" "), self.folder.display())
    }
}

/// The product while it runs. Killed when it is dropped.
pub(crate) struct Running {
    child: Option<Child>,
    line: String,
    root: PathBuf,
}

impl Running {
    fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("only `wait` takes it away")
    }

    #[allow(dead_code, reason = "for the tests of signals")]
    pub(crate) fn signal(&mut self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child().id()).expect("ids of processes are small");
        let id = rustix::process::Pid::from_raw(id).expect("the id of a process is not 0");
        rustix::process::kill_process(id, signal).expect("the process is our child and was not waited for");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child().try_wait().expect("the process is our child").is_none()
    }

    /// Waits for the end of it.
    pub(crate) fn wait(mut self) -> Run {
        let child = self.child.take().expect("this is the only place that takes it");
        let output = child.wait_with_output().expect("the process is our child");
        Run::new(std::mem::take(&mut self.line), std::mem::take(&mut self.root), output)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What came out of a run. What is not mentioned has to be exit code 0 and no output; this is checked at the end.
pub(crate) struct Run {
    line: String,
    root: PathBuf,
    output: Output,
    exit: Cell<bool>,
    stdout: Cell<bool>,
    stderr: Cell<bool>,
}

impl Run {
    fn new(line: String, root: PathBuf, output: Output) -> Self {
        Run { line, root, output, exit: Cell::new(false), stdout: Cell::new(false), stderr: Cell::new(false) }
    }

    #[track_caller]
    pub(crate) fn exit(self, code: i32) -> Self {
        self.exit.set(true);
        assert_eq!(self.output.status.code(), Some(code), "the exit code of {self}");
        self
    }

    /// The process was ended by this signal.
    #[allow(dead_code, reason = "for the tests of signals")]
    #[track_caller]
    pub(crate) fn killed_by(self, signal: rustix::process::Signal) -> Self {
        self.exit.set(true);
        assert_eq!(self.output.status.signal(), Some(signal.as_raw()), "the end of {self}");
        self
    }

    #[track_caller]
    pub(crate) fn stdout(self, expected: impl Predicate<str>) -> Self {
        self.stdout.set(true);
        self.holds("stdout", &self.stdout_text(), &expected);
        self
    }

    #[track_caller]
    pub(crate) fn stderr(self, expected: impl Predicate<str>) -> Self {
        self.stderr.set(true);
        self.holds("stderr", &self.stderr_text(), &expected);
        self
    }

    /// The lines for a person, which are the data on stdout followed by the status on stderr.
    #[track_caller]
    pub(crate) fn report(self, expected: impl Predicate<str>) -> Self {
        self.stdout.set(true);
        self.stderr.set(true);
        let both = self.stdout_text() + &self.stderr_text();
        self.holds("the output", &both, &expected);
        self
    }

    /// All that a person sees, for `insta::assert_snapshot!`: both streams, and the exit code if it is not 0.
    pub(crate) fn screen(&self) -> String {
        self.exit.set(true);
        self.stdout.set(true);
        self.stderr.set(true);
        screen(&self.output, &self.root)
    }

    /// Nothing of this matters.
    pub(crate) fn anything(self) -> Self {
        self.exit.set(true);
        self.stdout.set(true);
        self.stderr.set(true);
        self
    }

    /// The exit code, for a test that goes on with whatever it is.
    pub(crate) fn code(&self) -> Option<i32> {
        self.exit.set(true);
        self.output.status.code()
    }

    pub(crate) fn stdout_text(&self) -> String {
        self.stdout.set(true);
        String::from_utf8(self.output.stdout.clone()).unwrap_or_else(|_| panic!("stdout is not UTF-8 in {self}"))
    }

    pub(crate) fn stderr_text(&self) -> String {
        self.stderr.set(true);
        String::from_utf8(self.output.stderr.clone()).unwrap_or_else(|_| panic!("stderr is not UTF-8 in {self}"))
    }

    /// Any JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        self.document()
    }

    #[track_caller]
    pub(crate) fn poll(&self) -> PollDoc {
        self.document()
    }

    #[track_caller]
    pub(crate) fn status(&self) -> StatusDoc {
        self.document()
    }

    #[track_caller]
    pub(crate) fn pending(&self) -> PendingDoc {
        self.document()
    }

    #[track_caller]
    pub(crate) fn log(&self) -> LogDoc {
        self.document()
    }

    #[track_caller]
    pub(crate) fn lint(&self) -> LintDoc {
        self.document()
    }

    #[track_caller]
    fn document<D: serde::de::DeserializeOwned>(&self) -> D {
        match serde_json::from_str(&self.stdout_text()) {
            Ok(document) => document,
            Err(err) => panic!("stdout is not the document: {err}\n{self}"),
        }
    }

    #[track_caller]
    fn holds(&self, what: &str, text: &str, expected: &dyn Predicate<str>) {
        assert!(expected.eval(text), "{what} is not: {expected}\n{self}");
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Output { status, stdout, stderr } = &self.output;
        let (stdout, stderr) = (String::from_utf8_lossy(stdout), String::from_utf8_lossy(stderr));
        write!(f, "{}\n{status}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---", self.line)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        assert!(self.exit.get() || self.output.status.success(), "the test expects no failure\n{self}");
        assert!(self.stdout.get() || self.output.stdout.is_empty(), "the test expects nothing on stdout\n{self}");
        assert!(self.stderr.get() || self.output.stderr.is_empty(), "the test expects nothing on stderr\n{self}");
    }
}
