//! Running the suite (spread, another program, or the script of a resource) once, or what failed again, and judging how it
//! ended.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::artifacts::of_attempt;
use super::error::SuiteError;
use super::event::LaunchEvent;
use super::junit_files::JunitFiles;
use super::machines::{self, Discarder, Machines};
use super::request::LaunchRequest;
use super::started::ReadyProgram;
use super::tested::{head_of, identify};
use super::workspace::Workspace;
use crate::core::attempts::{NextAttempt, Selectable, merged};
use crate::core::launch::{RUN_CHECKS, TARGET};
use crate::core::spread::command::{Abilities, CommandLine, Invocation, discard_prefix, hands_signals_on, prefix};
use crate::core::spread::log::Counting;
use crate::core::spread::{Suite, SuiteJudgement, Tally, report};
use crate::core::suite::program_words;
use crate::core::variables::Variables;
use crate::process::{self, Membership, ProcessError, Run, SignalTarget, Signals};

/// How long spread may take to say what it understands.
const HELP_LIMIT: Duration = Duration::from_secs(10);

/// Where a spread that can writes its report and its logs, in the workspace.
const REPORT: &str = "spread-report.json";
const LOGS: &str = "spread-logs";

/// What is started, and where.
pub(super) struct Launcher<'a> {
    pub(super) request: &'a LaunchRequest<'a>,
    pub(super) workspace: &'a Workspace,
    pub(super) signals: &'a Signals,
    pub(super) environment: Variables,
    /// When the suite has to have ended.
    pub(super) deadline: Option<Instant>,
}

/// What runs the suite, and on what.
struct SuiteSubject {
    program: String,
    /// Which spread it is, or the command line of another program.
    spread: String,
    /// Where the target may lie.
    targets: Vec<PathBuf>,
}

/// How a launch ended, and which program it was.
pub(super) struct SuiteEnd {
    pub(super) program: String,
    pub(super) judgement: SuiteJudgement,
    /// Which spread it was, or the command line of another program.
    pub(super) spread: String,
    /// The commit of the target, if it is a clone.
    pub(super) target: Option<String>,
}

impl Launcher<'_> {
    /// Runs the suite in `folder`: spread, or any other program.
    pub(super) fn run_suite(
        &self,
        folder: &Path,
        words: &[String],
        selection: &[String],
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<SuiteEnd, SuiteError> {
        require_folder(folder)?;
        match prefix(words) {
            Some(prefix) => self.spread(folder, words, prefix, selection, on_event),
            None => self.program(folder, &program_words(words, selection), vec![folder.to_owned()], on_event),
        }
    }

    fn spread(
        &self,
        folder: &Path,
        words: &[String],
        prefix: &[String],
        selection: &[String],
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<SuiteEnd, SuiteError> {
        let abilities = self.ask(prefix, folder)?;
        let mut line = CommandLine::parse(words, &abilities).ok_or(SuiteError::Empty)?;
        line.select(selection, &abilities);
        if line.keeps_machines() {
            return Err(SuiteError::KeepsMachines);
        }
        let at_terminal = line.is_interactive() && self.request.environment.terminals().stdin;
        let membership = if at_terminal { Membership::Ours } else { Membership::Own };
        let name = line.prefix.last().map_or("spread", |word| file_name(word)).to_owned();
        let subject = SuiteSubject {
            program: name,
            spread: line.prefix.last().map_or_else(String::new, |word| identify(word, folder, &self.environment)),
            targets: vec![folder.to_owned()],
        };
        // Spread tells its children itself; a shell that waits for it tells nothing to anyone.
        let signal_target = if hands_signals_on(prefix) { SignalTarget::Program } else { SignalTarget::Group };
        self.all_attempts(Selectable::Tasks, subject, on_event, |attempt, again, on_event| {
            let mut line = line.clone();
            if let NextAttempt::Tasks(tasks) = again {
                line.select(tasks, &abilities);
            }
            let root = self.workspace.root();
            let [report, logs] = [REPORT, LOGS].map(|name| root.join(of_attempt(name, attempt)));
            let Invocation { words, leaves } = line.invocation(&abilities, folder, &report, &logs);
            // One that is there already tells of another time.
            if let Some(report) = &leaves.report {
                let _ = fs::remove_file(report);
            }
            let (suite, counting) = (Suite::Spread { idle: line.idle_flag() }, Counting::Last);
            let start = ReadyProgram { words: &words, folder, membership, signal_target, suite, counting };
            on_event(LaunchEvent::WillLeave { attempt, outputs: &leaves });
            let read = |on_event: &mut dyn FnMut(LaunchEvent<'_>)| {
                leaves.report.as_deref().and_then(|path| read_report(path, on_event))
            };
            self.run(&start, read, on_event)
        })
    }

    /// Runs a program that may report its tests below the folders `reports`.
    fn program(
        &self,
        folder: &Path,
        words: &[OsString],
        reports: Vec<PathBuf>,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<SuiteEnd, SuiteError> {
        let first = words.first().ok_or(SuiteError::Empty)?.to_string_lossy();
        let subject =
            SuiteSubject { program: file_name(&first).to_owned(), spread: self.shown(words), targets: reports.clone() };
        self.all_attempts(Selectable::Whole, subject, on_event, |_, _, on_event| {
            let pattern = self.request.junit.as_deref();
            let junit = pattern.map(|pattern| JunitFiles::before(reports.clone(), pattern));
            let start = ReadyProgram {
                words,
                folder,
                membership: Membership::Own,
                signal_target: SignalTarget::Group,
                suite: Suite::Program,
                counting: Counting::All,
            };
            self.run(&start, |on_event| junit.and_then(|files| files.read(on_event)), on_event)
        })
    }

    /// A command line, with the name alone of a program that lies in the workspace.
    fn shown(&self, words: &[OsString]) -> String {
        let texts = words.iter().map(|word| word.to_string_lossy());
        let name = |text: Cow<'_, str>| match Path::new(&*text).starts_with(self.workspace.root()) {
            true => file_name(&text).to_owned(),
            false => text.into_owned(),
        };
        shell_words::join(texts.map(name))
    }

    /// Runs the script of the resource in its folder.
    pub(super) fn run_checks(
        &mut self,
        folder: &Path,
        arguments: &[String],
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<SuiteEnd, SuiteError> {
        require_folder(folder)?;
        self.environment.insert("PROJECT_PATH".into(), self.workspace.root().into());
        self.environment.insert("BRANCH_PATH".into(), folder.into());
        let mut words = vec![folder.join(RUN_CHECKS).into_os_string()];
        words.extend(arguments.iter().map(OsString::from));
        // It may make a target beside itself, or at the top of the workspace, or do without.
        let reports = vec![folder.join(TARGET), self.workspace.root().join(TARGET), folder.to_owned()];
        self.program(folder, &words, reports, on_event)
    }

    /// Runs the suite, and what failed in it again, as often as is asked for.
    fn all_attempts(
        &self,
        selectable: Selectable,
        subject: SuiteSubject,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
        attempt: impl Fn(u32, &NextAttempt, &mut dyn FnMut(LaunchEvent<'_>)) -> Result<SuiteJudgement, SuiteError>,
    ) -> Result<SuiteEnd, SuiteError> {
        let mut number = 1;
        let before = self.signals.count();
        let mut judgement = attempt(number, &NextAttempt::Everything, on_event)?;
        // Once it was told to stop, nothing begins any more.
        while self.signals.count() == before && !self.is_late() {
            let next = self.request.attempts.next(number, &judgement, selectable);
            let tasks = match &next {
                NextAttempt::Nothing => break,
                NextAttempt::Tasks(tasks) => Some(tasks.len()),
                NextAttempt::Everything => None,
            };
            number += 1;
            on_event(LaunchEvent::RunningAgain { number, tasks });
            let latest = attempt(number, &next, on_event)?;
            judgement = merged(judgement, latest, &next, &subject.program);
        }
        // A script may have made the target itself.
        let target = subject.targets.iter().find_map(|folder| head_of(folder));
        Ok(SuiteEnd { program: subject.program, judgement, spread: subject.spread, target })
    }

    /// Whether the time for the suite is over.
    pub(super) fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Discards the machines that are there, but for those in `known`.
    pub(super) fn discard(&self, known: &[Machines], on_event: &mut dyn FnMut(LaunchEvent<'_>)) {
        // The signal that stopped spread does not stop this, the next one does.
        let heeded = self.signals.count().max(1);
        let environment: Vec<(OsString, OsString)> = self.environment.clone().into_iter().collect();
        let prefix = &discard_prefix(&self.request.spread);
        let how = Discarder {
            prefix,
            environment: &environment,
            lock: self.workspace.lock(),
            interrupted: &|| self.signals.count() > heeded,
        };
        for machines in machines::left_below(self.workspace.root()).iter().filter(|left| !known.contains(left)) {
            if machines.are_unrecorded() {
                on_event(LaunchEvent::NoMachineRecorded { machines, look: &machines.look(prefix) });
                machines.forget();
                continue;
            }
            on_event(LaunchEvent::Discarding(machines));
            if let Err(error) = machines.discard(&how) {
                on_event(LaunchEvent::MachinesLeft { error, by_hand: &machines.by_hand(prefix) });
            }
        }
    }

    /// Asks a spread what it understands; one that does not say is taken for the usual one.
    fn ask(&self, prefix: &[String], folder: &Path) -> Result<Abilities, SuiteError> {
        let mut command = self.command(&prefix.iter().map(OsString::from).collect::<Vec<_>>(), folder);
        command.arg("-h");
        let seen = self.signals.count();
        let interrupted = || self.signals.count() > seen;
        let run = Run { stdin: Some(self.workspace.lock()), ..Run::captured("spread -h", HELP_LIMIT, &interrupted) };
        match process::run(&mut command, &run) {
            Ok(said) => {
                let text = [said.stdout, said.stderr].concat();
                Ok(Abilities::parse(&String::from_utf8_lossy(&text)))
            }
            Err(ProcessError::TimedOut(..) | ProcessError::TooMuchOutput(_)) => Ok(Abilities::unknown()),
            Err(ProcessError::Start(_, err)) => Err(not_started(&prefix[0], err)),
            Err(err @ (ProcessError::Watch(..) | ProcessError::Interrupted(_))) => {
                Err(SuiteError::Ask(prefix[0].clone(), err))
            }
        }
    }

    pub(super) fn command(&self, words: &[OsString], folder: &Path) -> Command {
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(folder).env_clear().envs(&self.environment);
        command
    }
}

/// Changes an environment by what `custom/env.sh` did, and adds the variables that the suite gets.
pub(super) fn environment(
    caller: Vec<(OsString, OsString)>,
    changes: &crate::core::variables::VariableChanges,
    launched: &crate::core::launch::Launched,
) -> Variables {
    let mut variables: Variables = caller.into_iter().collect();
    variables.retain(|name, _| !changes.unset.contains(name));
    variables.extend(changes.set.iter().cloned());
    for (name, value) in launched.variables() {
        match value {
            Some(value) => drop(variables.insert(name.into(), value.into())),
            None => drop(variables.remove(OsStr::from_bytes(name.as_bytes()))),
        }
    }
    variables
}

fn require_folder(folder: &Path) -> Result<(), SuiteError> {
    // A program in a folder that is not there would be called missing itself.
    if folder.is_dir() { Ok(()) } else { Err(SuiteError::NoFolder(folder.to_owned())) }
}

pub(super) fn not_started(program: &str, err: io::Error) -> SuiteError {
    match is_not_found(&err) {
        true => SuiteError::NotFound(program.to_owned()),
        false => SuiteError::Start(program.to_owned(), err),
    }
}

pub(super) fn is_not_found(err: &io::Error) -> bool {
    err.kind() == io::ErrorKind::NotFound
}

fn read_report(path: &Path, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Option<Tally> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(err) if is_not_found(&err) => return None,
        Err(err) => {
            on_event(LaunchEvent::ReportUnreadable { path, reason: err.to_string() });
            return None;
        }
    };
    report::parse(&text).map_err(|reason| on_event(LaunchEvent::ReportUnreadable { path, reason })).ok()
}

fn file_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::launch::Launched;
    use crate::core::variables::VariableChanges;

    #[test]
    fn what_is_launched_wins_over_env_sh_and_that_over_the_caller() {
        let pair = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let caller = vec![
            pair("KEPT", "1"),
            pair("CHANGED", "1"),
            pair("GONE", "1"),
            pair("SPREAD_CRON_VALUE", "0"),
            pair("SPREAD_CRON_OLD_VALUE", "0"),
        ];
        let changes = VariableChanges {
            set: vec![pair("CHANGED", "2"), pair("SPREAD_CRON_COMMIT", "wrong")],
            unset: vec!["GONE".into()],
        };
        let launched = Launched {
            resource: "edge".into(),
            commit: "abc".into(),
            message: "New".into(),
            value: "5".into(),
            old_value: None,
        };
        let expected: Variables = [
            pair("KEPT", "1"),
            pair("CHANGED", "2"),
            pair("SPREAD_CRON_RESOURCE", "edge"),
            pair("SPREAD_CRON_VALUE", "5"),
            pair("SPREAD_CRON_MESSAGE", "New"),
            pair("SPREAD_CRON_COMMIT", "abc"),
        ]
        .into();
        assert_eq!(environment(caller, &changes, &launched), expected);
    }
}
