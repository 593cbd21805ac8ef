//! Running a long program whose output goes through at once, and stopping it in a way that lets it clear up.
//!
//! Two threads read its pipes; everything else happens on the thread of the caller. Must not know what the program is.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::signals::Signals;
use crate::core::exit::ProcessExit;
use crate::process::group::{Group, Membership};

/// How often to look whether something happened that no pipe tells.
const TICK: Duration = Duration::from_millis(50);

/// From SIGTERM to SIGKILL.
const TERM_GRACE: Duration = Duration::from_secs(10);

/// How long the pipes have to be silent after the end of the program: something that lives on may hold them.
const SILENCE: Duration = Duration::from_millis(200);

/// How long output is taken after the end of the program at most.
const DRAIN: Duration = Duration::from_secs(5);

/// How many pieces of output may wait.
const WAITING: usize = 16;

/// A standard stream of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// Who hears that the work is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignalTarget {
    /// The program, in a process group of its own: it tells its children itself.
    Program,
    /// Its whole process group.
    Group,
    /// The program, in our own process group: it shares the terminal with us.
    AtTerminal,
}

/// What happens meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happening<'a> {
    Output(Stream, &'a [u8]),
    /// It was asked to stop, and has this long.
    Stopping(Duration),
    /// It took too long, or somebody could not wait.
    Terminating,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) ending: ProcessExit,
    /// Whether it was asked to stop before it ended.
    pub(super) interrupted: bool,
}

/// What is done to make it stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Ask,
    Terminate,
    Kill,
}

/// How far stopping has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    Asked { until: Option<Instant>, signals: u32 },
    Terminated { until: Instant },
    Killed,
}

impl Stop {
    /// The next step, if it is time for it, with `signals` counted until now.
    fn step(&mut self, signals: u32, now: Instant, grace: Duration) -> Option<Step> {
        let (next, step) = match *self {
            // A span without end is one that is never over.
            Stop::No if signals > 0 => (Stop::Asked { until: now.checked_add(grace), signals }, Step::Ask),
            Stop::Asked { until, signals: asked } if signals > asked || until.is_some_and(|until| now >= until) => {
                (Stop::Terminated { until: now + TERM_GRACE }, Step::Terminate)
            }
            Stop::Terminated { until } if now >= until => (Stop::Killed, Step::Kill),
            Stop::No | Stop::Asked { .. } | Stop::Terminated { .. } | Stop::Killed => return None,
        };
        *self = next;
        Some(step)
    }
}

/// Runs the program to its end; its standard input is for the caller to set.
pub(super) fn run(
    command: &mut Command,
    target: SignalTarget,
    grace: Duration,
    signals: &Signals,
    tell: &mut dyn FnMut(Happening<'_>),
) -> io::Result<Ended> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let membership = match target {
        SignalTarget::Program | SignalTarget::Group => Membership::Own,
        SignalTarget::AtTerminal => Membership::Ours,
    };
    let before = signals.count();
    let mut program = Group::start(command, membership)?;
    // The other copies of what the program holds open are the command's.
    command.stdin(Stdio::null());
    let (sender, receiver) = mpsc::sync_channel(WAITING);
    let (stdout, stderr) = program.pipes();
    pump(Stream::Stdout, stdout, sender.clone());
    pump(Stream::Stderr, stderr, sender);
    let mut stop = Stop::No;
    let (mut exited_at, mut closed) = (None, false);
    loop {
        let mut silent = false;
        let wait = if exited_at.is_some() { SILENCE } else { TICK };
        match receiver.recv_timeout(wait) {
            Ok((stream, piece)) => tell(Happening::Output(stream, &piece)),
            Err(RecvTimeoutError::Timeout) => silent = true,
            Err(RecvTimeoutError::Disconnected) => {
                closed = true;
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        if exited_at.is_none() && program.has_exited()? {
            exited_at = Some(Instant::now());
            continue;
        }
        let lives_on = target == SignalTarget::Group && !matches!(stop, Stop::No | Stop::Killed);
        match exited_at {
            Some(_) if closed => break,
            // Those of its group that clear up still hold the pipes.
            Some(_) if lives_on => {}
            Some(at) if silent || at.elapsed() >= DRAIN => break,
            Some(_) => continue,
            None => {}
        }
        match stop.step(signals.count() - before, Instant::now(), grace) {
            Some(Step::Ask) => {
                // First, as whoever sent the signal may kill us soon.
                tell(Happening::Stopping(grace));
                match target {
                    SignalTarget::Group => program.signal(Signal::INT),
                    SignalTarget::Program | SignalTarget::AtTerminal => program.signal_leader(Signal::INT),
                }
            }
            Some(Step::Terminate) => {
                tell(Happening::Terminating);
                program.terminate();
            }
            Some(Step::Kill) => program.signal(Signal::KILL),
            None => {}
        }
    }
    let status = program.leave()?;
    Ok(Ended { ending: status.into(), interrupted: stop != Stop::No })
}

/// Reads a pipe to its end on a thread of its own, which nobody waits for.
fn pump(stream: Stream, pipe: Option<impl Read + Send + 'static>, sender: SyncSender<(Stream, Vec<u8>)>) {
    let Some(mut pipe) = pipe else { return };
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(length) if sender.send((stream, buffer[..length].to_vec())).is_err() => return,
                Ok(_) => {}
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn steps_on_the_way_to_the_end() {
        let (start, grace) = (Instant::now(), Duration::from_secs(100));
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut stop = Stop::No;
        assert_eq!(stop.step(0, at(0), grace), None);
        assert_eq!(stop.step(1, at(0), grace), Some(Step::Ask));
        assert_eq!(stop.step(1, at(99), grace), None);
        assert_eq!(stop.step(1, at(100), grace), Some(Step::Terminate));
        assert_eq!(stop.step(2, at(109), grace), None);
        assert_eq!(stop.step(2, at(110), grace), Some(Step::Kill));
        assert_eq!(stop.step(9, at(500), grace), None);
        let mut hurried = Stop::No;
        hurried.step(1, at(0), Duration::MAX);
        assert_eq!(hurried.step(2, at(1), Duration::MAX), Some(Step::Terminate));
    }

    fn quiet() -> Signals {
        Signals::fake(|| false)
    }

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        command
    }

    #[test]
    fn all_output_goes_through() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let script = "i=0; while [ $i -lt 2000 ]; do echo line $i; i=$((i+1)); done; printf end; echo bad >&2; exit 5";
        let ended =
            run(&mut sh(script), SignalTarget::Program, TERM_GRACE, &quiet(), &mut |happening| match happening {
                Happening::Output(Stream::Stdout, piece) => out.extend_from_slice(piece),
                Happening::Output(Stream::Stderr, piece) => err.extend_from_slice(piece),
                Happening::Stopping(_) | Happening::Terminating => panic!("nobody asked for it"),
            });
        let ended = ended.unwrap();
        assert_eq!((ended.ending, ended.interrupted), (ProcessExit::Status(5), false));
        assert!(out.starts_with(b"line 0\n") && out.ends_with(b"line 1999\nend"));
        assert_eq!(err, b"bad\n");
    }

    #[test]
    fn what_lives_on_is_not_waited_for() {
        let start = Instant::now();
        let ended =
            run(&mut sh("sleep 20 & exit 0"), SignalTarget::Program, TERM_GRACE, &quiet(), &mut |_| {}).unwrap();
        assert_eq!(ended.ending, ProcessExit::Status(0));
        assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    }

    #[test]
    fn a_program_that_was_asked_has_time_to_clear_up() {
        let script = "trap 'echo clearing; exit 0' INT; echo ready; while :; do sleep 0.05; done";
        for target in [SignalTarget::Program, SignalTarget::Group] {
            thread_local!(static READY: Cell<bool> = const { Cell::new(false) });
            READY.set(false);
            let signals = Signals::fake(|| READY.take());
            let mut out = Vec::new();
            let ended = run(&mut sh(script), target, Duration::from_secs(60), &signals, &mut |happening| {
                if let Happening::Output(_, piece) = happening {
                    READY.set(out.is_empty());
                    out.extend_from_slice(piece);
                }
            });
            let ended = ended.unwrap();
            assert_eq!((ended.ending, ended.interrupted), (ProcessExit::Status(0), true));
            assert_eq!(out, b"ready\nclearing\n");
        }
    }

    #[test]
    fn a_second_signal_does_not_wait() {
        thread_local!(static READY: Cell<bool> = const { Cell::new(false) });
        let signals = Signals::fake(|| READY.get());
        let script = "trap 'echo no' INT; trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done";
        let ended = run(&mut sh(script), SignalTarget::Program, Duration::from_secs(600), &signals, &mut |happening| {
            if let Happening::Output(..) = happening {
                READY.set(true);
            }
        });
        assert_eq!(ended.unwrap(), Ended { ending: ProcessExit::Status(7), interrupted: true });
    }

    #[test]
    fn those_of_a_group_that_clear_up_are_waited_for() {
        thread_local!(static READY: Cell<bool> = const { Cell::new(false) });
        READY.set(false);
        let signals = Signals::fake(|| READY.take());
        // A shell without a trap dies at once, and the one that it started clears up.
        let inner = "trap \"sleep 0.5; echo cleared; exit\" INT; echo ready; while :; do sleep 0.05; done";
        let script = format!("sh -c '{inner}'; true");
        let mut out = Vec::new();
        let ended = run(&mut sh(&script), SignalTarget::Group, Duration::from_secs(60), &signals, &mut |happening| {
            if let Happening::Output(_, piece) = happening {
                READY.set(out.is_empty());
                out.extend_from_slice(piece);
            }
        });
        assert!(ended.unwrap().interrupted);
        assert_eq!(out, b"ready\ncleared\n");
    }
}
