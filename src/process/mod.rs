//! Running programs: the one place that starts them, waits for them, stops them and cleans up after them.
//!
//! - [`group`]: a started program with the process group that it leads.
//! - [`policy`]: how one program is stopped, and what becomes of its children; pure.
//! - [`supervisor`]: the one loop that waits.
//! - [`capture`]: running a program to its end and taking its output as a whole.
//! - [`signals`]: how often we ourselves were asked to stop.
//! - [`census`]: what running programs use, with all that they started.
//! - [`listen`]: which signals end our work.
//! - [`orphans`]: processes that left their group.
//!
//! Must not know what a program is for.

mod capture;
mod census;
#[cfg(test)]
pub(crate) mod dispositions;
mod group;
mod listen;
mod orphans;
mod pipes;
mod policy;
mod signals;
mod supervisor;
#[cfg(target_os = "linux")]
mod table;
mod tail;

pub(crate) use self::capture::{Captured, Destination, ProcessError, Run, run};
pub(crate) use self::census::{Allowance, Census};
pub(crate) use self::group::{Group, Membership, SignalTarget};
pub(crate) use self::listen::listen_for_signals;
pub(crate) use self::orphans::{OrphanError, Orphans};
pub(crate) use self::pipes::Stream;
pub(crate) use self::policy::{Cut, InterruptFirst, Policy, Rest, StopPolicy};
pub(crate) use self::signals::Signals;
pub(crate) use self::supervisor::{ProcessEnd, ProcessEvent, supervise};
pub(crate) use self::tail::Tail;
