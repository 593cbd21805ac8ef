//! Running the extractor of one resource: a shell, a clean environment, limits.
//!
//! One shell per resource reads the options, reports the settings in them, waits for an answer, and goes on to the
//! extractor. This module must not judge the output, nor know about repositories.

mod ask;
mod environment;
mod error;
mod isolation;
mod shell;
mod stdout;
#[cfg(test)]
mod tests;
mod undumpable;
mod usage;
mod workspace;

use std::cell::Cell;
use std::ffi::OsString;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) use self::environment::{clean_environment, tell_of_poll};
pub(crate) use self::error::ExtractError;
pub(crate) use self::isolation::{Isolation, Reachable};
pub(crate) use self::shell::Shell;
pub(crate) use self::undumpable::hide_own_environment;

use self::isolation::Place;
use self::stdout::Stdout;
use self::usage::UsageWatch;
use self::workspace::{RunFolder, Scratch};
use crate::core::exit::ProcessExit;
use crate::core::extractor_exit::{ExitMeaning, Ran, judge};
use crate::core::isolation::{Enforced, Network};
use crate::core::options::Settings;
use crate::core::tree_file::TreeFile;
use crate::process::{self, Census, Cut, Group, Policy, ProcessEvent, Rest, StopPolicy, Stream, Tail};

/// How much an extractor may print.
const MAX_OUTPUT: usize = 64 * 1024;

/// How much the settings may hold together.
const MAX_SETTINGS: usize = 64 * 1024;

/// How long a group has between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

/// How much of the end of stderr is kept.
const STDERR_TAIL: usize = 4 * 1024;

/// How long a shell may take that only reads options.
const READING_TIMEOUT: Duration = Duration::from_secs(10);

/// Takes a piece of the stdout of a shell; `Break` kills the shell.
type Take<'a> = dyn FnMut(&[u8]) -> Result<ControlFlow<()>, ExtractError> + 'a;

/// When a shell has to end. Its time does not go on while it waits for us.
#[derive(Debug)]
struct RunningTime {
    start: Instant,
    limit: Cell<Duration>,
    /// None: never.
    deadline: Cell<Option<Instant>>,
}

impl RunningTime {
    fn new(limit: Duration) -> Self {
        let start = Instant::now();
        RunningTime { start, limit: Cell::new(limit), deadline: Cell::new(start.checked_add(limit)) }
    }

    fn set(&self, limit: Duration, pause: Duration) {
        self.limit.set(limit);
        self.deadline.set(limit.checked_add(pause).and_then(|limit| self.start.checked_add(limit)));
    }

    fn limit(&self) -> Duration {
        self.limit.get()
    }
}

/// How a shell ended.
#[derive(Debug)]
struct Finished {
    ending: ProcessExit,
    cut: Option<Cut>,
    /// The last bytes, a part of a line removed from their beginning.
    stderr: Vec<u8>,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExtractorRun<'a> {
    pub(crate) resource: &'a str,
    /// The options file, without carriage returns.
    pub(crate) options: &'a [u8],
    /// What lies in the working directory; nothing if there is none.
    pub(crate) files: Option<ResourceFiles<'a>>,
    /// How long reading the options may take.
    pub(crate) timeout: Duration,
    /// While the options are read, too.
    pub(crate) network: Network,
}

/// The files of a resource.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResourceFiles<'a> {
    pub(crate) files: &'a [TreeFile],
    /// The path of the options among them.
    pub(crate) options: &'a str,
}

/// What an extractor gets once its options are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Go {
    /// One line without control characters.
    pub(crate) old_value: Option<String>,
    /// For reading the options and for the extractor together.
    pub(crate) timeout: Duration,
}

/// What all runs of a poll share; used by many threads at the same time.
#[derive(Debug)]
pub(crate) struct Extractors {
    shell: Shell,
    environment: Vec<(OsString, OsString)>,
    scratch: Scratch,
    isolation: Isolation,
    census: Census,
    grace: Duration,
}

impl Extractors {
    /// Prepares to run extractors with an environment made by [`clean_environment`].
    ///
    /// # Errors
    ///
    /// When there is no place for temporary files.
    pub(crate) fn new(
        shell: &Shell,
        environment: Vec<(OsString, OsString)>,
        isolation: Isolation,
    ) -> Result<Self, ExtractError> {
        let scratch = Scratch::new(shell::variable(&environment, "TMPDIR"))?;
        Ok(Extractors {
            shell: shell.clone(),
            environment,
            scratch,
            isolation,
            census: Census::new(usage::ALLOWANCE),
            grace: GRACE,
        })
    }

    /// What extractors are kept from.
    pub(crate) fn enforced(&self) -> &Enforced {
        self.isolation.enforced()
    }

    /// Whether extractors can read what lies at an absolute path.
    pub(crate) fn can_read(&self, path: &Path) -> bool {
        self.isolation.can_read(path)
    }

    /// Reads the options of a resource, and runs its extractor unless `decide` refuses the settings. Gives what an extractor
    /// that did not fail printed.
    ///
    /// Blocks until everything that was started has ended; `interrupted` is asked several times a second.
    ///
    /// # Errors
    ///
    /// Whatever makes the extractor fail, or keeps it from ending within its limits; see [`ExtractError`].
    pub(crate) fn run(
        &self,
        request: &ExtractorRun<'_>,
        interrupted: &(dyn Fn() -> bool + Sync),
        decide: &mut dyn FnMut(Settings) -> Option<Go>,
    ) -> Result<Option<Vec<u8>>, ExtractError> {
        let workspace = self.scratch.workspace(request.options, request.files)?;
        let mut command = self.shell.extract(workspace.options());
        command.env(environment::RESOURCE, request.resource).stdin(Stdio::piped());
        let mut group = self.start(&mut command, &workspace, request.network, interrupted)?;
        let mut answer = group.stdin();
        let clock = RunningTime::new(request.timeout);
        let (mut stdout, mut is_refused) = (Stdout::default(), false);
        let finished = self.watch(group, &workspace, &clock, interrupted, &mut |piece| {
            let Some(reading) = stdout.push(piece)? else { return Ok(ControlFlow::Continue(())) };
            let paused_at = Instant::now();
            if reading.status != 0 {
                // A file may well end with a failed test; a shell that gave up half-way through it says the same.
                self.require_syntax(&workspace, interrupted)?;
            }
            let Some(go) = decide(reading.settings) else {
                is_refused = true;
                return Ok(ControlFlow::Break(()));
            };
            clock.set(go.timeout, paused_at.elapsed());
            send(answer.take(), go.old_value.as_deref());
            Ok(ControlFlow::Continue(()))
        })?;
        let last_words = || {
            let words = error::last_words(&finished.stderr, &workspace.places());
            let words = isolation::explain_prompt(words);
            if self.isolation.is_on() { isolation::explain(words) } else { words }
        };
        match (finished.cut, finished.ending) {
            _ if is_refused => Ok(None),
            (Some(Cut::Deadline), _) if stdout.is_complete() => {
                Err(ExtractError::TimedOut { limit: clock.limit(), stderr: last_words() })
            }
            (Some(Cut::Deadline), _) => {
                Err(ExtractError::OptionsTimedOut { limit: clock.limit(), stderr: last_words() })
            }
            (Some(Cut::Interrupted), _) => Err(ExtractError::Interrupted),
            (None | Some(Cut::Refused), ending) if !stdout.is_complete() => {
                self.require_syntax(&workspace, interrupted)?;
                Err(ExtractError::OptionsEnded { ending, stderr: last_words() })
            }
            (None | Some(Cut::Refused), ending) => {
                let output = stdout.into_output();
                let ran = Ran { exit: ending, stdout: &output, stderr: &finished.stderr, options: request.options };
                match judge(&ran) {
                    ExitMeaning::Output => Ok(Some(output)),
                    ExitMeaning::OnlyStderr => Err(ExtractError::OnlyStderr { stderr: last_words() }),
                    ExitMeaning::Failed { explanation } => {
                        Err(ExtractError::Failed { ending, stderr: explanation.unwrap_or_else(last_words) })
                    }
                }
            }
        }
    }

    /// The settings of a resource, as a shell reads them.
    ///
    /// # Errors
    ///
    /// Like [`Self::run`].
    pub(crate) fn settings(
        &self,
        resource: &str,
        options: &[u8],
        timeout: Duration,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Settings, ExtractError> {
        let mut found = Settings::default();
        let request = ExtractorRun { resource, options, files: None, timeout, network: Network::Open };
        self.run(&request, interrupted, &mut |settings| {
            found = settings;
            None
        })?;
        Ok(found)
    }

    /// Whether a part of a pipeline that fails can count in this shell. A shell that cannot be asked is no reason to warn.
    pub(crate) fn has_pipefail(&self, interrupted: &(dyn Fn() -> bool + Sync)) -> bool {
        let asked = self
            .scratch
            .workspace(b"", None)
            .and_then(|workspace| self.run_short(&mut self.shell.ask_for_pipefail(), &workspace, interrupted));
        asked.map_or(true, |(finished, _)| finished.ending == ProcessExit::Status(0))
    }

    /// What the shell has to say against the syntax of `options`, without executing anything.
    ///
    /// # Errors
    ///
    /// When the shell cannot be asked.
    pub(crate) fn check_syntax(
        &self,
        options: &[u8],
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<String>, ExtractError> {
        let workspace = self.scratch.workspace(options, None)?;
        self.check_syntax_in(&workspace, interrupted)
    }

    fn check_syntax_in(
        &self,
        workspace: &RunFolder<'_>,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<String>, ExtractError> {
        let mut command = self.shell.check(workspace.options());
        let (finished, _) = self.run_short(&mut command, workspace, interrupted)?;
        let complaint = || error::first_error(&finished.stderr, &workspace.places());
        Ok((finished.ending != ProcessExit::Status(0)).then(complaint))
    }

    fn require_syntax(
        &self,
        workspace: &RunFolder<'_>,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), ExtractError> {
        match self.check_syntax_in(workspace, interrupted)? {
            Some(complaint) => Err(ExtractError::Syntax(complaint)),
            None => Ok(()),
        }
    }

    /// Runs a shell that only reads options. Gives the beginning of its output, too.
    fn run_short(
        &self,
        command: &mut Command,
        workspace: &RunFolder<'_>,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<(Finished, Vec<u8>), ExtractError> {
        let group = self.start(command.stdin(Stdio::null()), workspace, Network::Open, interrupted)?;
        let mut output = Vec::new();
        let finished = self.watch(group, workspace, &RunningTime::new(READING_TIMEOUT), interrupted, &mut |piece| {
            // A longer output is not an answer; the rest of it is read and dropped.
            output.extend_from_slice(&piece[..piece.len().min(MAX_SETTINGS.saturating_sub(output.len()))]);
            Ok(ControlFlow::Continue(()))
        })?;
        match finished.cut {
            None | Some(Cut::Refused) => Ok((finished, output)),
            Some(Cut::Interrupted) => Err(ExtractError::Interrupted),
            Some(Cut::Deadline) => {
                let stderr = error::last_words(&finished.stderr, &workspace.places());
                Err(ExtractError::OptionsTimedOut { limit: READING_TIMEOUT, stderr })
            }
        }
    }

    /// Starts a shell in a working directory, with the clean environment added to its own.
    fn start(
        &self,
        command: &mut Command,
        workspace: &RunFolder<'_>,
        network: Network,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Group, ExtractError> {
        if interrupted() {
            return Err(ExtractError::Interrupted);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env(environment::SHELL, self.shell.path());
        command.env(environment::HOME, workspace.directory()).current_dir(workspace.directory());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // A prompt, of git or of ssh, would wait for an answer that never comes.
        command.env(environment::GIT_TERMINAL_PROMPT, "0").env("GIT_ASKPASS", "");
        if shell::variable(&self.environment, "GIT_SSH_COMMAND").is_none() {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        if self.isolation.is_on() {
            command.env(environment::TMPDIR, workspace.directory());
        }
        let place = Place { scratch: workspace.directory(), options: workspace.options(), network };
        self.scratch
            .while_starting(|| self.isolation.start(command, &place))
            .map_err(|source| ExtractError::Spawn { shell: self.shell.path().to_owned(), source })
    }

    /// Supervises a shell until it ends. Its stdout goes to `take`, which can end it early.
    fn watch(
        &self,
        group: Group,
        workspace: &RunFolder<'_>,
        clock: &RunningTime,
        interrupted: &(dyn Fn() -> bool + Sync),
        take: &mut Take<'_>,
    ) -> Result<Finished, ExtractError> {
        let policy = Policy {
            deadline: &|| clock.deadline.get(),
            signals: &|| u32::from(interrupted()),
            stop: StopPolicy { interrupt_first: None, grace: self.grace },
            rest: Rest::Killed,
        };
        let (mut tail, mut failure, mut is_stopping) = (Tail::new(STDERR_TAIL), None, false);
        let mut usage = UsageWatch::of(group.id(), workspace.directory(), &self.census);
        let end = process::supervise(group, &policy, &mut |event| {
            match event {
                ProcessEvent::Output(Stream::Stdout, piece) if !is_stopping => match take(piece) {
                    Ok(flow) => return flow,
                    Err(error) => {
                        failure = Some(error);
                        return ControlFlow::Break(());
                    }
                },
                ProcessEvent::Output(Stream::Stderr, piece) => tail.push(piece),
                ProcessEvent::Terminating => is_stopping = true,
                ProcessEvent::Tick => {
                    if let Some(excess) = usage.check() {
                        failure = Some(ExtractError::TooMuch(excess));
                        return ControlFlow::Break(());
                    }
                }
                ProcessEvent::Output(Stream::Stdout, _) | ProcessEvent::Interrupting(_) => {}
            }
            ControlFlow::Continue(())
        })
        .map_err(|source| ExtractError::Watch { source })?;
        match failure {
            Some(error) => Err(error),
            None => Ok(Finished { ending: end.status.into(), cut: end.cut, stderr: tail.finish() }),
        }
    }
}

/// Answers a shell that has reported its settings. One that is gone has no use for an answer.
fn send(stdin: Option<ChildStdin>, old_value: Option<&str>) {
    let answer = old_value.map_or_else(|| "-\n".to_owned(), |value| format!("={value}\n"));
    if let Some(mut stdin) = stdin {
        let _ = stdin.write_all(answer.as_bytes());
    }
}
