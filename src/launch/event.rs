//! What happens during a launch, for the caller to show.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::error::TargetError;
use super::machines::{Machines, MachinesError};
use super::workspace::WorkspaceError;
use crate::core::spread::command::SpreadOutputs;
use crate::core::target::Target;
use crate::customize::{CustomizeEvent, Customized};
use crate::process::Stream;

/// What happens during a launch.
#[derive(Debug)]
pub(crate) enum LaunchEvent<'a> {
    Discarding(&'a Machines),
    MachinesLeft {
        error: MachinesError,
        by_hand: &'a str,
    },
    /// A spread that had recorded no machine may have been about to get one; `look` shows them.
    NoMachineRecorded {
        machines: &'a Machines,
        look: &'a str,
    },
    EnvironmentNotSaved(io::Error),
    /// What spread said of a machine that it could not discard.
    NotDiscarded(&'a str),
    Exporting,
    WaitingForMirror,
    UpdatingMirror(&'a str),
    MirrorUnusable {
        mirror: &'a Path,
        reason: TargetError,
    },
    Cloning(&'a Target),
    Customizing,
    Customize(CustomizeEvent),
    Customized(&'a Customized),
    /// Where spread leaves what is to be kept of an attempt.
    WillLeave {
        attempt: u32,
        outputs: &'a SpreadOutputs,
    },
    /// What failed runs again: so many tasks, or everything.
    RunningAgain {
        number: u32,
        tasks: Option<usize>,
    },
    Launching(&'a [OsString]),
    Output(Stream, &'a [u8]),
    Stopping(Duration),
    Terminating,
    /// The time for the suite is over.
    TimedOut(Duration),
    /// No new file matches the pattern of the JUnit reports.
    NoJunitReport(&'a str),
    ReportUnreadable {
        path: &'a Path,
        reason: String,
    },
    ResultNotWritten(WorkspaceError),
}
