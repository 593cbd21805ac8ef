//! The environment of a suite, saved in its workspace, so that machines that it leaves can be discarded with the same
//! variables. It holds secrets: only we may read it.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::core::variables::{Variables, parse};
use crate::files::remove;

/// The file, in the workspace: `NAME=VALUE` and a NUL for each variable.
const FILE: &str = ".git-spread-cron.environment";

/// Which value a variable has that the caller sets, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precedence {
    Saved,
    Caller,
}

/// Saves the environment of a suite that is about to start.
pub(super) fn save(workspace: &Path, variables: &Variables) -> io::Result<()> {
    forget(workspace);
    let mut text = Vec::new();
    for (name, value) in variables {
        text.extend([name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat());
    }
    let path = workspace.join(FILE);
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(&text)
}

/// The caller's environment and what was saved.
pub(super) fn with_saved(
    workspace: &Path,
    caller: Vec<(OsString, OsString)>,
    precedence: Precedence,
) -> Vec<(OsString, OsString)> {
    let path = workspace.join(FILE);
    // A link there is not of our making.
    let is_ours = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
    let saved = if is_ours { parse(&fs::read(&path).unwrap_or_default()) } else { Variables::new() };
    let mut variables: Variables = caller.iter().cloned().collect();
    variables.extend(saved);
    if precedence == Precedence::Caller {
        variables.extend(caller);
    }
    variables.into_iter().collect()
}

/// Removes what was saved: no machine is left that it could be for.
pub(super) fn forget(workspace: &Path) {
    // What stays is cleared with the workspace.
    let _ = remove(&workspace.join(FILE));
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_saved_wins_over_the_caller() {
        let dir = tempfile::tempdir().unwrap();
        let pair = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        let caller = || vec![pair("A", "caller"), pair("B", "caller")];
        let saved = || with_saved(dir.path(), caller(), Precedence::Saved);
        assert_eq!(saved(), caller());
        for value in ["old", "b=c\nd"] {
            save(dir.path(), &[pair("B", value), pair("C", "")].into()).unwrap();
        }
        let mode = fs::metadata(dir.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(saved(), [pair("A", "caller"), pair("B", "b=c\nd"), pair("C", "")]);
        let other = with_saved(dir.path(), caller(), Precedence::Caller);
        assert_eq!(other, [pair("A", "caller"), pair("B", "caller"), pair("C", "")]);
        forget(dir.path());
        forget(dir.path());
        assert_eq!(saved(), caller());
        std::os::unix::fs::symlink("/proc/self/environ", dir.path().join(FILE)).unwrap();
        assert_eq!(saved(), caller());
    }
}
