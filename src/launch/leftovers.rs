//! Machines of an earlier launch that was killed: they have to be discarded before its workspace is cleared.

use std::ffi::OsString;

use super::event::LaunchEvent;
use super::machines::{self, Discarder, Machines, MachinesError};
use super::saved_environment::{self, Precedence};
use super::workspace::Workspace;
use crate::core::spread::command::discard_prefix;
use crate::customize::environment::for_children;
use crate::environment::Environment;

/// Whether an earlier run left machines.
pub(crate) fn has_leftovers(workspace: &Workspace) -> bool {
    !machines::left_below(workspace.root()).is_empty()
}

/// A run that was killed may have left machines, which cannot be discarded once the workspace is cleared. `spread` is its
/// command line. One machine that resists does not keep the others; the first that does is given back, with what a person
/// types to discard it.
pub(crate) fn discard_leftovers(
    environment: &Environment,
    spread: &[String],
    workspace: &Workspace,
    on_event: &mut dyn FnMut(LaunchEvent<'_>),
) -> Result<(), (MachinesError, String)> {
    let interrupted = environment.interrupted();
    let prefix = &discard_prefix(spread);
    // A token of that launch may be out of date by now.
    let variables = [Precedence::Saved, Precedence::Caller]
        .map(|precedence| saved_environment::with_saved(workspace.root(), for_children(environment), precedence));
    let discard = |machines: &Machines, environment: &[(OsString, OsString)]| {
        machines.discard(&Discarder { prefix, environment, lock: workspace.lock(), interrupted: &interrupted })
    };
    let mut first = None;
    for machines in machines::left_below(workspace.root()) {
        if machines.are_unrecorded() {
            on_event(LaunchEvent::NoMachineRecorded { machines: &machines, look: &machines.look(prefix) });
            machines.forget();
            continue;
        }
        on_event(LaunchEvent::Discarding(&machines));
        let mut outcome = discard(&machines, &variables[0]);
        if outcome.is_err() && variables[0] != variables[1] && !interrupted() {
            outcome = discard(&machines, &variables[1]).or(outcome);
        }
        let Err(error) = outcome else { continue };
        let by_hand = machines.by_hand(prefix);
        if first.is_none() {
            first = Some((error, by_hand));
        } else {
            on_event(LaunchEvent::MachinesLeft { error, by_hand: &by_hand });
        }
        if interrupted() {
            break;
        }
    }
    if first.is_none() {
        saved_environment::forget(workspace.root());
    }
    first.map_or(Ok(()), Err)
}
