//! Running the extractor of one resource: a shell, a clean environment, limits.
//!
//! One process per resource reads the options, tells the settings in them, and goes on to the extractor if they are what
//! the caller expected: the caller's static reading of the options is a guess, the shell's word is the truth. This module
//! must not judge the output, nor know about repositories.

mod ask;
mod environment;
mod error;
mod header;
mod shell;
#[cfg(test)]
mod tests;
mod undumpable;
mod workspace;

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::process::Stdio;
use std::time::{Duration, Instant};

pub(crate) use self::ask::LaunchSettings;
pub(crate) use self::environment::{clean_environment, tell_of_poll};
pub(crate) use self::error::ExtractError;
pub(crate) use self::shell::Shell;
pub(crate) use self::undumpable::hide_own_environment;

use self::header::{Stdout, Told};
use self::shell::Goal;
use self::workspace::{Scratch, Workspace};
use crate::core::exit::ProcessExit;
use crate::core::options::Settings;
use crate::core::tree_file::TreeFile;
use crate::process::{self, Cut, Group, Membership, Policy, ProcessEvent, Rest, StopPolicy, Stream, Tail};

/// How much an extractor may print.
const MAX_OUTPUT: usize = 64 * 1024;

/// How much the settings may hold together; the longest argument of a process, and so of the shell, is twice this.
const MAX_SETTINGS: usize = 64 * 1024;

/// How long a group has between SIGTERM and SIGKILL.
const GRACE: Duration = Duration::from_secs(2);

/// How much of the end of stderr is kept.
const STDERR_TAIL: usize = 4 * 1024;

/// How long a shell may take to check a syntax without executing anything.
const SYNTAX_TIMEOUT: Duration = Duration::from_secs(10);

/// When a shell has to end.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// What the user was promised, for the error.
    timeout: Duration,
    /// None: never.
    deadline: Option<Instant>,
}

/// How a shell ended that was not stopped.
#[derive(Debug)]
struct Finished {
    ending: ProcessExit,
    /// The last bytes, a part of a line removed from their beginning.
    stderr: Vec<u8>,
}

/// What the caller believes about the options.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect<'a> {
    /// Nothing: only the settings are wanted, the extractor must not run.
    Probe,
    /// These settings: with others, the extractor must not run.
    Exactly(&'a Settings),
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Extraction {
    /// The settings, where the extractor did not run: a probe, other settings than expected, or no extractor.
    Settings(Settings),
    /// What an extractor that ended with 0 printed.
    Output(Vec<u8>),
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) resource: &'a str,
    /// The options file, without carriage returns.
    pub(crate) options: &'a [u8],
    pub(crate) expect: Expect<'a>,
    pub(crate) old_value: Option<&'a str>,
    /// What is to lie in the working directory.
    pub(crate) files: &'a [TreeFile],
    /// For everything together.
    pub(crate) timeout: Duration,
}

/// What all runs of a poll share; used by many threads at the same time.
#[derive(Debug)]
pub(crate) struct Extractors {
    shell: Shell,
    environment: Vec<(OsString, OsString)>,
    scratch: Scratch,
    grace: Duration,
}

impl Extractors {
    /// Prepares to run extractors with an environment made by [`clean_environment`].
    ///
    /// # Errors
    ///
    /// When there is no place for temporary files.
    pub(crate) fn new(shell: &Shell, environment: Vec<(OsString, OsString)>) -> Result<Self, ExtractError> {
        let scratch = Scratch::new(shell::variable(&environment, "TMPDIR"))?;
        Ok(Extractors { shell: shell.clone(), environment, scratch, grace: GRACE })
    }

    /// Reads the options of a resource and runs its extractor if the settings are the expected ones.
    ///
    /// Blocks until everything that was started has ended; `interrupted` is asked several times a second.
    ///
    /// # Errors
    ///
    /// Whatever keeps the extractor from ending with 0 within its limits; see [`ExtractError`].
    pub(crate) fn run(
        &self,
        request: &Request<'_>,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Extraction, ExtractError> {
        let limits = self.limits(request.timeout);
        let workspace = self.scratch.workspace(request.options)?;
        let run = Run { extractors: self, request, limits, workspace, interrupted };
        let goal = match request.expect {
            Expect::Exactly(settings) if shell::can_be_expected(settings) => Goal::Run(settings),
            // The shell cannot but tell other settings than these.
            Expect::Exactly(_) | Expect::Probe => Goal::Probe,
        };
        let (finished, told) = run.shell(goal)?;
        let Some(told) = told else { return Err(run.options_ended(&finished)) };
        if told.status != 0 {
            // A file may well end with a failed test; a shell that gave up half-way through it says the same.
            run.require_syntax()?;
            if let Goal::Run(settings) = goal {
                return run.again(settings);
            }
        }
        run.outcome(told, &finished)
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
        let workspace = self.scratch.workspace(options)?;
        self.check_syntax_in(&workspace, self.limits(SYNTAX_TIMEOUT), interrupted)
    }

    fn check_syntax_in(
        &self,
        workspace: &Workspace<'_>,
        limits: Limits,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<String>, ExtractError> {
        let mut command = self.shell.check(&workspace.options);
        let finished = self.watch(&mut command, workspace, limits, interrupted, &mut |_| Ok(()))?;
        let complaint = || error::first_error(&finished.stderr, &workspace.places());
        Ok((finished.ending != ProcessExit::Status(0)).then(complaint))
    }

    fn limits(&self, timeout: Duration) -> Limits {
        Limits { timeout, deadline: Instant::now().checked_add(timeout) }
    }

    /// Starts a shell in a working directory, with the clean environment added to its own, and sees it through.
    fn watch(
        &self,
        command: &mut std::process::Command,
        workspace: &Workspace<'_>,
        limits: Limits,
        interrupted: &(dyn Fn() -> bool + Sync),
        take: &mut dyn FnMut(&[u8]) -> Result<(), ExtractError>,
    ) -> Result<Finished, ExtractError> {
        if interrupted() {
            return Err(ExtractError::Interrupted);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env(environment::SHELL, self.shell.path());
        command.env(environment::HOME, workspace.directory()).current_dir(workspace.directory());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let group = self
            .scratch
            .while_starting(|| Group::start(command, Membership::Own))
            .map_err(|source| ExtractError::Spawn { shell: self.shell.path().to_owned(), source })?;
        let policy = Policy {
            deadline: limits.deadline,
            signals: &|| u32::from(interrupted()),
            stop: StopPolicy { interrupt_first: None, grace: self.grace },
            rest: Rest::Killed,
        };
        let (mut tail, mut refusal, mut is_stopping) = (Tail::new(STDERR_TAIL), None, false);
        let end = process::supervise(group, &policy, &mut |event| {
            match event {
                ProcessEvent::Output(Stream::Stdout, piece) if !is_stopping => refusal = take(piece).err(),
                ProcessEvent::Output(Stream::Stderr, piece) => tail.push(piece),
                ProcessEvent::Terminating => is_stopping = true,
                ProcessEvent::Output(Stream::Stdout, _) | ProcessEvent::Interrupting(_) | ProcessEvent::Tick => {}
            }
            if refusal.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .map_err(|source| ExtractError::Watch { source })?;
        if let Some(error) = refusal {
            return Err(error);
        }
        let finished = Finished { ending: end.status.into(), stderr: tail.finish() };
        match end.cut {
            None | Some(Cut::Refused) => Ok(finished),
            Some(Cut::Interrupted) => Err(ExtractError::Interrupted),
            Some(Cut::Deadline) => {
                let stderr = error::last_words(&finished.stderr, &workspace.places());
                Err(ExtractError::TimedOut { limit: limits.timeout, stderr })
            }
        }
    }
}

/// One run on its way.
struct Run<'a> {
    extractors: &'a Extractors,
    request: &'a Request<'a>,
    limits: Limits,
    workspace: Workspace<'a>,
    interrupted: &'a (dyn Fn() -> bool + Sync),
}

impl Run<'_> {
    /// Runs one shell; the second part is what it told, if it got that far.
    fn shell(&self, goal: Goal<'_>) -> Result<(Finished, Option<Told>), ExtractError> {
        self.workspace.write(self.request.files)?;
        let mut command = self.extractors.shell.extract(&self.workspace.options, goal);
        command.env(environment::RESOURCE, self.request.resource);
        if let Some(value) = self.request.old_value {
            command.env(environment::OLD_VALUE, value);
        }
        let mut stdout = Stdout::default();
        let take = &mut |piece: &[u8]| stdout.push(piece);
        let finished = self.extractors.watch(&mut command, &self.workspace, self.limits, self.interrupted, take)?;
        Ok((finished, stdout.finish()))
    }

    /// Once more, with options whose bad exit status is known to be meant. Nothing of the first time is left.
    fn again(&self, settings: &Settings) -> Result<Extraction, ExtractError> {
        self.workspace.renew()?;
        let (finished, told) = self.shell(Goal::RunChecked(settings))?;
        match told {
            Some(told) => self.outcome(told, &finished),
            None => Err(self.options_ended(&finished)),
        }
    }

    fn outcome(&self, told: Told, finished: &Finished) -> Result<Extraction, ExtractError> {
        let Some(output) = told.output else { return Ok(Extraction::Settings(told.settings)) };
        match finished.ending {
            ProcessExit::Status(0) => Ok(Extraction::Output(output)),
            ProcessExit::Status(_) | ProcessExit::Signal(_) => {
                Err(ExtractError::Failed { ending: finished.ending, stderr: self.last_words(finished) })
            }
        }
    }

    /// Why the shell never told the settings.
    fn options_ended(&self, finished: &Finished) -> ExtractError {
        match self.require_syntax() {
            Err(error) => error,
            Ok(()) => ExtractError::OptionsEnded { ending: finished.ending, stderr: self.last_words(finished) },
        }
    }

    fn require_syntax(&self) -> Result<(), ExtractError> {
        match self.extractors.check_syntax_in(&self.workspace, self.limits, self.interrupted)? {
            Some(complaint) => Err(ExtractError::Syntax(complaint)),
            None => Ok(()),
        }
    }

    fn last_words(&self, finished: &Finished) -> String {
        error::last_words(&finished.stderr, &self.workspace.places())
    }
}
