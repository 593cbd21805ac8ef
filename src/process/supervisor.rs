//! The one loop that waits for a program: it hands on output, keeps the deadline, passes on signals of ours, and cleans up.
//!
//! Everything happens on the thread of the caller. What differs from program to program is said by a [`Policy`]; what the
//! program prints is for the caller to judge.

use std::io;
use std::ops::ControlFlow;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::group::Group;
use super::pipes::{Pipes, Stream};
use super::policy::{Cut, Policy, Rest, StopStage, StopStep};

/// How often to look whether something happened that no descriptor shows.
const TICK: Duration = Duration::from_millis(50);

/// How long output is taken after a killed group: only a process that left the group can still hold the pipes.
const KILLED_DRAIN: Duration = Duration::from_millis(100);

/// How long the pipes have to be silent after the end of a program whose children live on.
const SILENCE: Duration = Duration::from_millis(200);

/// How long output is taken after the end of such a program at most.
const DRAIN: Duration = Duration::from_secs(5);

/// What happens while a program runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProcessEvent<'a> {
    Output(Stream, &'a [u8]),
    /// It gets SIGINT, and has this long to end.
    Interrupting(Duration),
    /// It gets SIGTERM.
    Terminating,
    /// It still runs; comes many times a second.
    Tick,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessEnd {
    pub(crate) status: ExitStatus,
    /// `None`: it ended by itself.
    pub(crate) cut: Option<Cut>,
}

/// Waits until a program has ended. Events go to `on_event`; `Break` kills the program at once.
pub(crate) fn supervise(
    mut group: Group,
    policy: &Policy<'_>,
    on_event: &mut dyn FnMut(ProcessEvent<'_>) -> ControlFlow<()>,
) -> io::Result<ProcessEnd> {
    let mut pipes = Pipes::of(&mut group);
    let mut stage = StopStage::Running;
    let mut cut = None;
    let (mut exited_at, mut heard_at) = (None, Instant::now());
    loop {
        let now = Instant::now();
        if exited_at.is_none() && group.has_exited()? {
            exited_at = Some(now);
            if policy.rest == Rest::Killed {
                group.kill();
            }
        }
        let may_stop = match exited_at {
            None => true,
            Some(_) if pipes.are_closed() => break,
            Some(at) => {
                let clears_up =
                    policy.rest == Rest::ClearsUp && !matches!(stage, StopStage::Running | StopStage::Killed);
                if !clears_up && now >= drained_at(policy.rest, at, heard_at) {
                    break;
                }
                clears_up
            }
        };
        if may_stop {
            if let Some((step, reason)) = stage.step(now, policy) {
                cut.get_or_insert(reason);
                let event = match step {
                    StopStep::Interrupt(first) => Some(ProcessEvent::Interrupting(first.grace)),
                    StopStep::Terminate => Some(ProcessEvent::Terminating),
                    StopStep::Kill => None,
                };
                // Before the signal, as the one that sent a signal to us may kill us soon.
                let refused = event.is_some_and(|event| on_event(event).is_break());
                match step {
                    StopStep::Interrupt(first) => group.signal(first.target, rustix::process::Signal::INT),
                    StopStep::Terminate => group.terminate(),
                    StopStep::Kill => group.kill(),
                }
                if refused {
                    return refuse(group);
                }
            }
            if on_event(ProcessEvent::Tick).is_break() {
                return refuse(group);
            }
        }
        let next = match exited_at {
            Some(at) if !may_stop => Some(drained_at(policy.rest, at, heard_at)),
            Some(_) | None => stage.next(policy),
        };
        // A moment that is past is no reason to spin: its step is done.
        let wait = next.map(|next| next.saturating_duration_since(now)).filter(|wait| !wait.is_zero());
        let ready = pipes.wait(wait.map_or(TICK, |wait| wait.min(TICK)))?;
        for (stream, is_ready) in [(Stream::Stdout, ready.stdout), (Stream::Stderr, ready.stderr)] {
            if !is_ready {
                continue;
            }
            heard_at = Instant::now();
            let taken = pipes.read(stream, |piece| on_event(ProcessEvent::Output(stream, piece)))?;
            if taken.is_some_and(|taken| taken.is_break()) {
                return refuse(group);
            }
        }
    }
    let status = match policy.rest {
        Rest::Killed => group.end()?,
        Rest::LivesOn | Rest::ClearsUp => group.leave()?,
    };
    Ok(ProcessEnd { status, cut })
}

/// When the output of a program that has ended counts as complete though its pipes are still open.
fn drained_at(rest: Rest, exited_at: Instant, heard_at: Instant) -> Instant {
    match rest {
        Rest::Killed => exited_at + KILLED_DRAIN,
        Rest::LivesOn | Rest::ClearsUp => (exited_at.max(heard_at) + SILENCE).min(exited_at + DRAIN),
    }
}

/// Ends a program that the caller wants no more of.
fn refuse(mut group: Group) -> io::Result<ProcessEnd> {
    let status = group.end()?;
    Ok(ProcessEnd { status, cut: Some(Cut::Refused) })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::process::dispositions::heed_interrupts;
    use crate::process::{InterruptFirst, Membership, SignalTarget, StopPolicy};

    const GRACE: Duration = Duration::from_secs(10);

    /// A script that gets a signal once `READY` is set.
    struct Script<'a> {
        text: &'a str,
        target: SignalTarget,
        grace: Duration,
        rest: Rest,
    }

    impl Script<'_> {
        fn run(
            &self,
            signals: &dyn Fn() -> u32,
            on_event: &mut dyn FnMut(ProcessEvent<'_>) -> ControlFlow<()>,
        ) -> ProcessEnd {
            heed_interrupts();
            let mut command = Command::new("sh");
            command.args(["-c", self.text]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let group = Group::start(&mut command, Membership::Own).unwrap();
            let interrupt_first = Some(InterruptFirst { target: self.target, grace: self.grace });
            let stop = StopPolicy { interrupt_first, grace: GRACE };
            supervise(group, &Policy { deadline: &|| None, signals, stop, rest: self.rest }, on_event).unwrap()
        }
    }

    fn script(text: &str) -> Script<'_> {
        Script { text, target: SignalTarget::Program, grace: GRACE, rest: Rest::LivesOn }
    }

    /// Runs a script that gets one signal as soon as it printed something; gives its standard output.
    fn run_until_ready(script: &Script<'_>, signals: u32) -> (ProcessEnd, Vec<u8>) {
        let (is_ready, mut out) = (Cell::new(false), Vec::new());
        let end = script.run(&|| if is_ready.get() { signals } else { 0 }, &mut |event| {
            if let ProcessEvent::Output(Stream::Stdout, piece) = event {
                out.extend_from_slice(piece);
                is_ready.set(true);
            }
            ControlFlow::Continue(())
        });
        (end, out)
    }

    #[test]
    fn all_output_goes_through() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let text = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; printf end; echo bad >&2; exit 5";
        let end = script(text).run(&|| 0, &mut |event| {
            match event {
                ProcessEvent::Output(Stream::Stdout, piece) => out.extend_from_slice(piece),
                ProcessEvent::Output(Stream::Stderr, piece) => err.extend_from_slice(piece),
                ProcessEvent::Tick => {}
                ProcessEvent::Interrupting(_) | ProcessEvent::Terminating => panic!("there was no signal"),
            }
            ControlFlow::Continue(())
        });
        assert_eq!((end.status.code(), end.cut), (Some(5), None));
        assert!(out.starts_with(b"line 0\n") && out.ends_with(b"line 1999\nend"));
        assert_eq!(err, b"bad\n");
    }

    #[test]
    fn a_child_that_lives_on_is_not_waited_for() {
        let start = Instant::now();
        let end = script("sleep 20 & exit 0").run(&|| 0, &mut |_| ControlFlow::Continue(()));
        assert_eq!(end.status.code(), Some(0));
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    }

    #[test]
    fn an_interrupted_program_has_time_to_clear_up() {
        let text = "trap 'echo clearing; exit 0' INT; echo ready; while :; do sleep 0.05; done";
        for target in [SignalTarget::Program, SignalTarget::Group] {
            let (end, out) = run_until_ready(&Script { target, grace: Duration::from_secs(60), ..script(text) }, 1);
            assert_eq!((end.status.code(), end.cut), (Some(0), Some(Cut::Interrupted)));
            assert_eq!(out, b"ready\nclearing\n");
        }
    }

    #[test]
    fn a_second_signal_does_not_wait() {
        let signals = Cell::new(0);
        let text = "trap 'echo no' INT; trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done";
        let script = Script { grace: Duration::from_secs(600), ..script(text) };
        let end = script.run(&|| signals.get(), &mut |event| {
            if let ProcessEvent::Output(..) = event {
                signals.set(signals.get() + 1);
            }
            ControlFlow::Continue(())
        });
        assert_eq!((end.status.code(), end.cut), (Some(7), Some(Cut::Interrupted)));
    }

    #[test]
    fn children_that_clear_up_are_waited_for() {
        // A shell without a trap dies at once, and the one that it started clears up.
        let inner = "trap \"sleep 0.5; echo cleared; exit\" INT; echo ready; while :; do sleep 0.05; done";
        let text = format!("sh -c '{inner}'; true");
        let (target, rest) = (SignalTarget::Group, Rest::ClearsUp);
        let (end, out) = run_until_ready(&Script { target, rest, grace: Duration::from_secs(60), ..script(&text) }, 1);
        assert_eq!(end.cut, Some(Cut::Interrupted));
        assert_eq!(out, b"ready\ncleared\n");
    }

    #[test]
    fn a_refusal_kills_at_once() {
        let text = "trap '' INT TERM; while :; do echo x; done";
        let end = script(text).run(&|| 0, &mut |event| match event {
            ProcessEvent::Output(..) => ControlFlow::Break(()),
            ProcessEvent::Tick | ProcessEvent::Interrupting(_) | ProcessEvent::Terminating => ControlFlow::Continue(()),
        });
        assert_eq!((end.status.code(), end.cut), (None, Some(Cut::Refused)));
    }

    #[test]
    fn the_end_of_a_program_without_pipes_is_noticed() {
        let group = Group::start(Command::new("true").stdin(Stdio::null()), Membership::Own).unwrap();
        let stop = StopPolicy { interrupt_first: None, grace: GRACE };
        let policy = Policy { deadline: &|| None, signals: &|| 0, stop, rest: Rest::Killed };
        let end = supervise(group, &policy, &mut |_| ControlFlow::Continue(())).unwrap();
        assert!(end.status.success() && end.cut.is_none());
    }
}
