//! How one program is watched: its deadline, how it is stopped, and what becomes of its children. Pure.

use std::time::{Duration, Instant};

use super::group::SignalTarget;

/// See the module's documentation.
#[derive(Clone, Copy)]
pub(crate) struct Policy<'a> {
    /// When the program has to end; `None`: never. It is asked for again and again.
    pub(crate) deadline: &'a dyn Fn() -> Option<Instant>,
    /// How many signals asked us to stop since the program was started.
    pub(crate) signals: &'a dyn Fn() -> u32,
    pub(crate) stop: StopPolicy,
    pub(crate) rest: Rest,
}

/// How a program is stopped. At its deadline, it gets SIGTERM at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StopPolicy {
    /// Whether a signal of ours makes it get SIGINT before SIGTERM.
    pub(crate) interrupt_first: Option<InterruptFirst>,
    /// The time from SIGTERM to SIGKILL.
    pub(crate) grace: Duration,
}

/// SIGINT before SIGTERM. The second signal of ours ends the wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InterruptFirst {
    pub(crate) target: SignalTarget,
    /// The time from SIGINT to SIGTERM.
    pub(crate) grace: Duration,
}

/// What becomes of the children of a program that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The group is killed at once, and its last output taken.
    Killed,
    /// They live on; output is taken until there is a pause.
    LivesOn,
    /// The same, but if the program was stopped, its children are waited for while they hold the pipes: they clear up. They
    /// get the next signals in its place.
    ClearsUp,
}

/// Why a program was made to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Deadline,
    /// By signals of ours.
    Interrupted,
    /// By the caller, who was not willing to take more.
    Refused,
}

/// The next thing to do to make a program end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopStep {
    Interrupt(InterruptFirst),
    Terminate,
    Kill,
}

/// How far stopping has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StopStage {
    Running,
    /// `until` is none for a time that never ends.
    Interrupted {
        until: Option<Instant>,
        signals: u32,
    },
    Terminated {
        until: Option<Instant>,
    },
    Killed,
}

impl StopStage {
    /// The next step and its reason, if it is time for it.
    pub(super) fn step(&mut self, now: Instant, policy: &Policy<'_>) -> Option<(StopStep, Cut)> {
        let is_past = |moment: Option<Instant>| moment.is_some_and(|moment| now >= moment);
        let terminated = StopStage::Terminated { until: now.checked_add(policy.stop.grace) };
        let (next, step, cut) = match *self {
            StopStage::Running => match ((policy.signals)(), policy.stop.interrupt_first) {
                (0, _) if is_past((policy.deadline)()) => (terminated, StopStep::Terminate, Cut::Deadline),
                (0, _) => return None,
                (_, None) => (terminated, StopStep::Terminate, Cut::Interrupted),
                (signals, Some(first)) => {
                    let stage = StopStage::Interrupted { until: now.checked_add(first.grace), signals };
                    (stage, StopStep::Interrupt(first), Cut::Interrupted)
                }
            },
            StopStage::Interrupted { until, signals } if (policy.signals)() > signals || is_past(until) => {
                (terminated, StopStep::Terminate, Cut::Interrupted)
            }
            StopStage::Terminated { until } if is_past(until) => (StopStage::Killed, StopStep::Kill, Cut::Interrupted),
            StopStage::Interrupted { .. } | StopStage::Terminated { .. } | StopStage::Killed => return None,
        };
        *self = next;
        Some((step, cut))
    }

    /// The moment of the next step, unless a signal comes first.
    pub(super) fn next(&self, policy: &Policy<'_>) -> Option<Instant> {
        match *self {
            StopStage::Running => (policy.deadline)(),
            StopStage::Interrupted { until, .. } | StopStage::Terminated { until } => until,
            StopStage::Killed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);

    fn policy(signals: &dyn Fn() -> u32, interrupt_first: Option<InterruptFirst>) -> Policy<'_> {
        Policy { deadline: &|| None, signals, stop: StopPolicy { interrupt_first, grace: GRACE }, rest: Rest::LivesOn }
    }

    fn interrupt(grace: Duration) -> InterruptFirst {
        InterruptFirst { target: SignalTarget::Program, grace }
    }

    #[test]
    fn a_signal_leads_to_interrupt_terminate_kill() {
        let (start, first) = (Instant::now(), interrupt(Duration::from_secs(100)));
        let mut stage = StopStage::Running;
        let rows = [
            (0, 0, None),
            (1, 0, Some(StopStep::Interrupt(first))),
            (1, 99, None),
            (1, 100, Some(StopStep::Terminate)),
            (2, 109, None),
            (2, 110, Some(StopStep::Kill)),
            (9, 500, None),
        ];
        for (signals, seconds, expected) in rows {
            let count = || signals;
            let step = stage.step(start + Duration::from_secs(seconds), &policy(&count, Some(first)));
            assert_eq!(step.map(|(step, _)| step), expected, "after {seconds} s");
        }
    }

    #[test]
    fn a_second_signal_ends_the_wait() {
        let (start, first) = (Instant::now(), interrupt(Duration::MAX));
        let mut stage = StopStage::Running;
        assert!(stage.step(start, &policy(&|| 1, Some(first))).is_some());
        let later = start + Duration::from_secs(1);
        assert_eq!(stage.step(later, &policy(&|| 1, Some(first))), None);
        let step = stage.step(later, &policy(&|| 2, Some(first)));
        assert_eq!(step, Some((StopStep::Terminate, Cut::Interrupted)));
    }

    #[test]
    fn a_deadline_terminates_at_once() {
        let start = Instant::now();
        let deadline = Some(start + Duration::from_secs(5));
        let policy = Policy { deadline: &|| deadline, ..policy(&|| 0, Some(interrupt(GRACE))) };
        let mut stage = StopStage::Running;
        assert_eq!((stage.step(start, &policy), stage.next(&policy)), (None, deadline));
        let step = stage.step(start + Duration::from_secs(5), &policy);
        assert_eq!(step, Some((StopStep::Terminate, Cut::Deadline)));
        assert_eq!(stage.next(&policy), Some(start + Duration::from_secs(15)));
    }

    #[test]
    fn without_an_interrupt_a_signal_terminates() {
        let mut stage = StopStage::Running;
        assert_eq!(stage.step(Instant::now(), &policy(&|| 1, None)), Some((StopStep::Terminate, Cut::Interrupted)));
    }
}
