//! What a customization runs in, and what it reports meanwhile.

use std::fs::File;
use std::path::PathBuf;

use crate::environment::Environment;
use crate::extract::Shell;

/// What a customization runs in.
pub(crate) struct Surroundings<'a> {
    pub(crate) environment: &'a Environment,
    /// For `custom/env.sh`, and for an `actions.sh` that does not name its own.
    pub(crate) shell: &'a Shell,
    /// The variables that both get.
    pub(crate) told: &'a [(&'a str, Option<&'a str>)],
    pub(crate) files: ActionsFiles<'a>,
}

/// Where `actions.sh` finds the files of the resource.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ActionsFiles<'a> {
    /// They are written to a folder of their own, where the target is moved to meanwhile.
    Written,
    /// They lie beside the target already, in a workspace with this lock.
    Beside(&'a File),
}

/// What is reported while it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CustomizeEvent {
    /// An earlier customization was killed, and its target has been put back.
    TargetRestored(PathBuf),
    /// `actions.sh` has to reach the target through a link, so that the folder above it is the real one.
    CannotMove { target: PathBuf, reason: String },
    /// There is an `actions.sh`, which is taken for a file like others.
    ActionsNotExecutable,
    /// `actions.sh` is about to run.
    RunningActions,
    /// `custom/env.sh` is about to be read.
    ReadingVariables,
}
