//! Machines of an earlier launch that was killed: they have to be discarded before its workspace is cleared.

use super::event::LaunchEvent;
use super::machines::{self, Discarder, MachinesError};
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
    let (variables, interrupted) = (for_children(environment), environment.interrupted());
    let prefix = &discard_prefix(spread);
    let how = Discarder { prefix, environment: &variables, lock: workspace.lock(), interrupted: &interrupted };
    let mut first = None;
    for machines in machines::left_below(workspace.root()) {
        on_event(LaunchEvent::Discarding(&machines));
        let Err(error) = machines.discard(&how) else { continue };
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
    first.map_or(Ok(()), Err)
}
