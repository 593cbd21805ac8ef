//! Machines that a spread left behind: found by the files in which it keeps them, and discarded, so that none is left paid
//! for.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::core::spread::command::{discard, pid_of_reuse_file};
use crate::process::{self, ProcessError, Run};

/// How long discarding machines may take.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The machines of one spread that has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Machines {
    /// The folder of the project.
    folder: PathBuf,
    pid: String,
}

/// Why machines are still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MachinesError {
    #[error("cannot discard the machines of spread {pid}")]
    Run { pid: String, source: ProcessError },
    #[error("cannot discard the machines of spread {pid}: {complaint}")]
    Failed { pid: String, complaint: String },
}

/// How machines are discarded.
pub(super) struct Discarder<'a> {
    pub(super) prefix: &'a [String],
    pub(super) environment: &'a [(OsString, OsString)],
    pub(super) lock: &'a File,
    pub(super) interrupted: &'a dyn Fn() -> bool,
}

/// The machines that are left below `root`. Links are not followed, and repositories not looked into.
pub(super) fn left_below(root: &Path) -> Vec<Machines> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let name = entry.file_name();
            if kind.is_dir() && name != ".git" {
                folders.push(entry.path());
            } else if let Some(pid) = name.to_str().and_then(pid_of_reuse_file).filter(|_| kind.is_file()) {
                found.push(Machines { folder: folder.clone(), pid: pid.to_owned() });
            }
        }
    }
    found.sort();
    found
}

impl Machines {
    /// The process id of the spread that they belong to.
    pub(crate) fn pid(&self) -> &str {
        &self.pid
    }

    /// What a person types to discard them.
    pub(super) fn by_hand(&self, prefix: &[String]) -> String {
        let words = discard(prefix, &self.pid);
        format!("cd {} && {}", shell_words::quote(&self.folder.to_string_lossy()), shell_words::join(words))
    }

    /// Discards them.
    pub(super) fn discard(&self, how: &Discarder<'_>) -> Result<(), MachinesError> {
        let words = discard(how.prefix, &self.pid);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(&self.folder);
        command.env_clear().envs(how.environment.iter().map(|(name, value)| (name, value)));
        let run = Run { stdin: Some(how.lock), ..Run::captured("spread -discard", TIME_LIMIT, how.interrupted) };
        let captured =
            process::run(&mut command, &run).map_err(|source| MachinesError::Run { pid: self.pid.clone(), source })?;
        if !captured.status.success() {
            return Err(MachinesError::Failed { pid: self.pid.clone(), complaint: captured.last_words() });
        }
        // There is nothing behind it any more, should spread have left it.
        let _ = fs::remove_file(self.folder.join(format!(".spread-reuse.{}.yaml", self.pid)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_found_and_discarded() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("branches/a b/target");
        fs::create_dir_all(target.join(".git")).unwrap();
        for name in [".spread-reuse.yaml", ".spread-reuse.7.yaml", ".spread-reuse.8.yaml", ".git/.spread-reuse.9.yaml"]
        {
            fs::write(target.join(name), "").unwrap();
        }
        std::os::unix::fs::symlink(&target, dir.path().join("link")).unwrap();
        let left = left_below(dir.path());
        assert_eq!(left.iter().map(Machines::pid).collect::<Vec<_>>(), ["7", "8"]);

        let spread = dir.path().join("spread");
        fs::write(
            &spread,
            "#!/bin/sh\nif [ \"$1\" = -reuse-pid=8 ]; then echo sorry >&2; exit 1; fi\necho \"$@\" >said",
        )
        .unwrap();
        let prefix = ["sh".to_owned(), spread.to_str().unwrap().to_owned()];
        let (lock, environment) = (tempfile::tempfile().unwrap(), [("PATH".into(), "/usr/bin:/bin".into())]);
        let how = Discarder { prefix: &prefix, environment: &environment, lock: &lock, interrupted: &|| false };
        left[0].discard(&how).unwrap();
        assert_eq!(fs::read_to_string(target.join("said")).unwrap(), "-reuse-pid=7 -discard\n");
        let error = left[1].discard(&how).unwrap_err().to_string();
        assert_eq!(error, "cannot discard the machines of spread 8: sorry");
        assert_eq!(left_below(dir.path()), left[1..], "what was discarded is forgotten, and nothing else");
        let by_hand = left[1].by_hand(&["spread".to_owned()]);
        assert_eq!(by_hand, format!("cd '{}' && spread '-reuse-pid=8' -discard", target.display()));
    }
}
