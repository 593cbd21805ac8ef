//! Machines that a spread left behind: found by the files in which it keeps them, and discarded, so that none is left paid
//! for.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::core::spread::reuse::{ReuseFile, complaint, systems, unmentioned};
use crate::core::value::printable;
use crate::process::{self, Captured, ProcessError, Run};

/// How long discarding machines may take.
const TIME_LIMIT: Duration = Duration::from_secs(300);

/// The machines of one spread that has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Machines {
    /// The folder of the project.
    folder: PathBuf,
    file: ReuseFile,
}

/// Why machines are still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MachinesError {
    #[error("cannot discard the machines of {owner}")]
    Run { owner: String, source: ProcessError },
    #[error("cannot discard the machines of {owner}: {complaint}")]
    Failed { owner: String, complaint: String },
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
            } else if let Some(file) = name.to_str().and_then(ReuseFile::named).filter(|_| kind.is_file()) {
                found.push(Machines { folder: folder.clone(), file });
            }
        }
    }
    found.sort();
    found
}

/// What the spread in a folder recorded while it ran: when it could not discard a machine, it forgets it, and removes the file.
#[derive(Debug, Default)]
pub(super) struct RecordedMachines {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl RecordedMachines {
    /// Notes what is recorded now.
    pub(super) fn look(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_record = entry.file_name().to_str().and_then(ReuseFile::named).is_some();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_record
                && is_file
                && let Ok(text) = fs::read(entry.path())
                && !systems(&String::from_utf8_lossy(&text)).is_empty()
            {
                self.files.insert(entry.path(), text);
            }
        }
    }

    /// Puts back what is gone.
    pub(super) fn restore(&self) {
        for (path, text) in self.files.iter().filter(|(path, _)| !path.exists()) {
            let _ = fs::write(path, text);
        }
    }
}

impl Machines {
    /// Which spread they belong to: `spread 123`.
    pub(crate) fn owner(&self) -> String {
        self.file.owner()
    }

    /// What a person types to discard them.
    pub(super) fn by_hand(&self, prefix: &[String]) -> String {
        self.typed(self.file.discard(prefix, None))
    }

    /// What a person types to look for machines that were not recorded.
    pub(super) fn look(&self, prefix: &[String]) -> String {
        self.typed([prefix, &["-gc".to_owned()]].concat())
    }

    fn typed(&self, words: Vec<String>) -> String {
        format!("cd {} && {}", shell_words::quote(&self.folder.to_string_lossy()), shell_words::join(words))
    }

    /// What spread had recorded when it ended. It finishes what it had begun to write.
    fn record(&self) -> Vec<u8> {
        let unfinished = fs::read(self.folder.join(self.file.name() + ".new"));
        unfinished.or_else(|_| fs::read(self.folder.join(self.file.name()))).unwrap_or_default()
    }

    /// Whether spread had recorded none when it ended; it may have been about to get one.
    pub(super) fn are_unrecorded(&self) -> bool {
        self.record().trim_ascii().is_empty()
    }

    /// Removes the file in which spread keeps them: there is nothing behind it any more.
    pub(super) fn forget(&self) {
        let _ = fs::remove_file(self.folder.join(self.file.name()));
    }

    /// Discards them. The file in which spread keeps them stays, or is put back, unless all of them are gone.
    pub(super) fn discard(&self, how: &Discarder<'_>) -> Result<(), MachinesError> {
        let path = self.folder.join(self.file.name());
        let recorded = self.record();
        match self.discard_all(how, &systems(&String::from_utf8_lossy(&recorded))) {
            Ok(()) => {
                self.forget();
                Ok(())
            }
            Err(error) => {
                if !fs::read(&path).is_ok_and(|text| text == recorded) {
                    let _ = fs::write(&path, &recorded);
                }
                Err(error)
            }
        }
    }

    fn discard_all(&self, how: &Discarder<'_>, recorded: &[String]) -> Result<(), MachinesError> {
        let path = self.folder.join(self.file.name());
        let text = fs::read(&path);
        let mut said = self.start(how, None)?;
        for system in unmentioned(recorded, &said) {
            // The file may be gone by now, and with it what is known of the rest.
            if let (Ok(text), false) = (&text, path.exists()) {
                let _ = fs::write(&path, text);
            }
            said += &self.start(how, Some(system))?;
        }
        match unmentioned(recorded, &said).first() {
            // What says nothing at all is not the spread that is known here.
            Some(system) if said.contains("Discarding ") => {
                Err(self.failed(format!("spread did not discard {system}")))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Starts a spread that discards, and gives what it said.
    fn start(&self, how: &Discarder<'_>, system: Option<&str>) -> Result<String, MachinesError> {
        let words = self.file.discard(how.prefix, system);
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).current_dir(&self.folder);
        command.env_clear().envs(how.environment.iter().map(|(name, value)| (name, value)));
        let run = Run { stdin: Some(how.lock), ..Run::captured("spread -discard", TIME_LIMIT, how.interrupted) };
        let captured =
            process::run(&mut command, &run).map_err(|source| MachinesError::Run { owner: self.owner(), source })?;
        let said = all_output(&captured);
        match complaint(&said) {
            Some(complaint) => Err(self.failed(printable(complaint.as_bytes()))),
            None if captured.status.success() => Ok(said),
            None => Err(self.failed(captured.last_words())),
        }
    }

    fn failed(&self, complaint: String) -> MachinesError {
        MachinesError::Failed { owner: self.owner(), complaint }
    }
}

fn all_output(captured: &Captured) -> String {
    String::from_utf8_lossy(&[captured.stdout.as_slice(), b"\n", &captured.stderr].concat()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "backends:\n  a:\n    systems:\n    - b:\n        address: x\n";

    #[test]
    fn what_spread_forgot_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".spread-reuse.7.yaml");
        let mut recorded = RecordedMachines::default();
        for text in ["", LISTED, "backends: {}"] {
            fs::write(&path, text).unwrap();
            recorded.look(dir.path());
        }
        recorded.restore();
        assert_eq!(fs::read_to_string(&path).unwrap(), "backends: {}", "what is there stays");
        fs::remove_file(&path).unwrap();
        recorded.restore();
        assert_eq!(fs::read_to_string(&path).unwrap(), LISTED);
    }

    #[test]
    fn machines_are_found_and_discarded() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("branches/a b/target");
        fs::create_dir_all(target.join(".git")).unwrap();
        for name in [".spread-reuse.yaml", ".spread-reuse.7.yaml", ".spread-reuse.8.yaml", ".git/.spread-reuse.9.yaml"]
        {
            fs::write(target.join(name), LISTED).unwrap();
        }
        fs::write(target.join(".spread-reuse.9.yaml"), "\n").unwrap();
        std::os::unix::fs::symlink(&target, dir.path().join("link")).unwrap();
        let left = left_below(dir.path());
        let owners: Vec<String> = left.iter().map(Machines::owner).collect();
        assert_eq!(owners, ["spread -reuse", "spread 7", "spread 8", "spread 9"]);

        // As spread does it, the file is removed in any case.
        let spread = dir.path().join("spread");
        let script = "#!/bin/sh\ncase $1 in\n-reuse-pid=8) echo sorry >&2; exit 1;;\n\
            -discard) rm .spread-reuse.yaml; echo 2026 Discarding a:b...; echo 2026 Error discarding a:b: no; exit 0;;\n\
            esac\necho \"$@\" >>said; [ -z \"$3\" ] || echo \"Discarding a:b...\"; rm -f .spread-reuse.${1#-*=}.yaml";
        fs::write(&spread, script).unwrap();
        let prefix = ["sh".to_owned(), spread.to_str().unwrap().to_owned()];
        let (lock, environment) = (tempfile::tempfile().unwrap(), [("PATH".into(), "/usr/bin:/bin".into())]);
        let how = Discarder { prefix: &prefix, environment: &environment, lock: &lock, interrupted: &|| false };
        left[1].discard(&how).unwrap();
        let said = fs::read_to_string(target.join("said")).unwrap();
        assert_eq!(said, "-reuse-pid=7 -discard\n-reuse-pid=7 -discard a:b:\n", "what it passed over is asked for");
        let unrecorded: Vec<bool> = left.iter().map(Machines::are_unrecorded).collect();
        assert_eq!(unrecorded, [false, true, false, true], "what was discarded is not recorded any more");
        fs::write(target.join(".spread-reuse.9.yaml.new"), LISTED).unwrap();
        assert!(!left[3].are_unrecorded(), "spread finishes what it had begun to write");
        left[3].forget();
        let error = |machines: &Machines| machines.discard(&how).unwrap_err().to_string();
        assert_eq!(error(&left[2]), "cannot discard the machines of spread 8: sorry");
        assert_eq!(error(&left[0]), "cannot discard the machines of spread -reuse: 2026 Error discarding a:b: no");
        let kept = [left[0].clone(), left[2].clone()];
        assert_eq!(left_below(dir.path()), kept, "what was discarded is forgotten, and nothing else");
        assert_eq!(fs::read_to_string(target.join(".spread-reuse.yaml")).unwrap(), LISTED);
        let by_hand = left[2].by_hand(&["spread".to_owned()]);
        assert_eq!(by_hand, format!("cd '{}' && spread '-reuse-pid=8' -discard", target.display()));
    }
}
