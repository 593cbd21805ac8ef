//! One start of a program that runs the suite: its output is followed, its machines are kept in mind, and its end is judged.

use std::cell::Cell;
use std::ffi::OsString;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::SuiteError;
use super::event::LaunchEvent;
use super::machines::{self, RecordedMachines};
use super::output::FollowedOutput;
use super::saved_environment;
use super::spread::{Launcher, is_not_found, not_started};
use crate::core::result::Status;
use crate::core::spread::log::{Counting, Scanner};
use crate::core::spread::{Evidence, ProgramEnding, Suite, SuiteJudgement, Tally, judge};
use crate::core::time::format_duration;
use crate::process::{
    self, Group, InterruptFirst, Membership, Policy, ProcessEnd, ProcessEvent, Rest, Run, SignalTarget, StopPolicy,
    Stream,
};

/// A program that is ready to start.
pub(super) struct ReadyProgram<'a> {
    pub(super) words: &'a [OsString],
    pub(super) folder: &'a Path,
    pub(super) membership: Membership,
    pub(super) signal_target: SignalTarget,
    pub(super) suite: Suite<'a>,
    pub(super) counting: Counting,
}

impl Launcher<'_> {
    /// Starts a program once, and judges how it ended.
    pub(super) fn run(
        &self,
        start: &ReadyProgram<'_>,
        read_report: impl FnOnce(&mut dyn FnMut(LaunchEvent<'_>)) -> Option<Tally>,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<SuiteJudgement, SuiteError> {
        let mut command = self.command(start.words, start.folder);
        let failed = |err| not_started(&start.words[0].to_string_lossy(), err);
        command.stdin(match start.membership {
            Membership::Ours => Stdio::inherit(),
            Membership::Own => Stdio::from(self.workspace.lock().try_clone().map_err(failed)?),
        });
        let output = match (start.suite, start.membership) {
            (Suite::Spread { .. }, Membership::Own) => {
                Some(FollowedOutput::redirect(&mut command, self.workspace.root()).map_err(failed)?)
            }
            // At a terminal each character counts; what a program started is known by the pipes that it holds.
            (Suite::Spread { .. }, Membership::Ours) | (Suite::Program, _) => {
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                None
            }
        };
        if let Err(err) = saved_environment::save(self.workspace.root(), &self.environment) {
            on_event(LaunchEvent::EnvironmentNotSaved(err));
        }
        let known = machines::left_below(self.workspace.root());
        on_event(LaunchEvent::Launching(start.words));
        // Spread logs to its standard output; another program may do otherwise.
        let mut scanners = [Scanner::new(start.counting), Scanner::new(start.counting)];
        let before = self.signals.count();
        let mut recorded = RecordedMachines::default();
        let ended = self.supervise(command, start, output, &mut recorded, &mut |event| {
            if let LaunchEvent::Output(stream, piece) = &event {
                match stream {
                    Stream::Stdout => scanners[0].push(piece),
                    Stream::Stderr => scanners[1].push(piece),
                }
            }
            on_event(event);
        });
        FollowedOutput::remove(self.workspace.root());
        // A signal may reach the program and us at once, and the program may be faster.
        let is_stopped =
            |ended: &ProcessEnd| ended.cut.is_some() || self.signals.come_after(before, ended.status.into());
        let interrupted = ended.as_ref().is_ok_and(is_stopped);
        let was_cut = ended.as_ref().is_ok_and(|ended| ended.cut.is_some());
        let [stdout, stderr] = scanners.map(Scanner::finish);
        let log = stdout.and(stderr);
        log.undiscarded.iter().for_each(|complaint| on_event(LaunchEvent::NotDiscarded(complaint)));
        if !log.undiscarded.is_empty() {
            recorded.restore();
        }
        if !matches!(&ended, Err(err) if is_not_found(err)) {
            self.discard(&known, on_event);
        }
        if machines::left_below(self.workspace.root()).is_empty() {
            saved_environment::forget(self.workspace.root());
        }
        let ended = ended.map_err(failed)?;
        let report = read_report(on_event);
        let ending = ProgramEnding { exit: ended.status.into(), interrupted };
        let judgement = judge(start.suite, ending, Evidence { report, log });
        let limit = self.request.launch_timeout.filter(|_| was_cut && self.signals.count() == before);
        Ok(match (limit, judgement.status) {
            (Some(limit), Status::Cancelled) => {
                let error = format!("was ended after {} (launch_timeout)", format_duration(limit.as_secs()));
                SuiteJudgement { error: Some(error), ..judgement }
            }
            (_, _) => judgement,
        })
    }

    fn supervise(
        &self,
        mut command: Command,
        start: &ReadyProgram<'_>,
        mut output: Option<FollowedOutput>,
        recorded: &mut RecordedMachines,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> io::Result<ProcessEnd> {
        let before = self.signals.count();
        let group = Group::start(&mut command, start.membership)?;
        // The other copies of what the program holds open are the command's.
        drop(command);
        let is_late = Cell::new(false);
        // The end of its time is like a signal to us: it has to clear up, too.
        let signals = || {
            is_late.set(is_late.get() || self.is_late());
            self.signals.count() - before + u32::from(is_late.get())
        };
        let policy = Policy {
            deadline: &|| None,
            signals: &signals,
            stop: StopPolicy {
                interrupt_first: Some(InterruptFirst { target: start.signal_target, grace: self.request.grace }),
                grace: Run::SCRIPT_GRACE,
            },
            rest: match start.signal_target {
                SignalTarget::Program => Rest::LivesOn,
                SignalTarget::Group => Rest::ClearsUp,
            },
        };
        let mut unreadable = None;
        let ended = process::supervise(group, &policy, &mut |event| {
            match event {
                ProcessEvent::Output(stream, piece) => on_event(LaunchEvent::Output(stream, piece)),
                ProcessEvent::Interrupting(grace) => {
                    if let Some(limit) = self.request.launch_timeout.filter(|_| is_late.get()) {
                        on_event(LaunchEvent::TimedOut(limit));
                    }
                    on_event(LaunchEvent::Stopping(grace));
                }
                ProcessEvent::Terminating => on_event(LaunchEvent::Terminating),
                ProcessEvent::Tick => {
                    unreadable = follow(&mut output, on_event).err().or(unreadable.take());
                    if matches!(start.suite, Suite::Spread { .. }) {
                        recorded.look(start.folder);
                    }
                }
            }
            ControlFlow::Continue(())
        })?;
        follow(&mut output, on_event)?;
        unreadable.map_or(Ok(ended), Err)
    }
}

/// Hands on what the program has written to its files.
fn follow(output: &mut Option<FollowedOutput>, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> io::Result<()> {
    match output {
        Some(output) => output.read(&mut |stream, piece| on_event(LaunchEvent::Output(stream, piece))),
        None => Ok(()),
    }
}
