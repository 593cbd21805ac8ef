//! Getting the target: a mirror in the cache of the user that is brought up to date, and a clone that borrows from it.
//!
//! The mirror only saves time: whatever is wrong with it, the target is cloned without it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::error::TargetError;
use super::event::LaunchEvent;
use crate::core::name::short_hash;
use crate::core::target::{GitProgress, Target, Words, short_name, without_credentials};
use crate::git::program::complaint;
use crate::process::{self, Destination, Membership, Run};

/// How often to look whether another run is done with the mirror.
const PAUSE: Duration = Duration::from_millis(50);

/// How a target is got.
pub(super) struct Getter<'a> {
    pub(super) environment: &'a [(OsString, OsString)],
    /// What git holds open while it works in the workspace.
    pub(super) lock: &'a File,
    pub(super) time_limit: Duration,
    pub(super) progress: GitProgress,
    pub(super) may_prompt: bool,
    pub(super) interrupted: fn() -> bool,
}

/// Where the mirror of a URL lies in the folder of all mirrors.
pub(crate) fn mirror_of(url: &str, mirrors: &Path) -> PathBuf {
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = short_name(url).chars().filter(is_plain).collect();
    mirrors.join(format!("{name}-{}.git", short_hash(url)))
}

/// Whether a clone can borrow from the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MirrorState {
    Usable,
    Unusable,
}

/// How a target is cloned.
pub(super) struct CloneCommands<'a> {
    /// Where to.
    pub(super) folder: &'a Path,
    /// Borrowing from the mirror, if there is one.
    pub(super) with_mirror: &'a [Words],
    pub(super) without_mirror: &'a [Words],
}

impl Getter<'_> {
    /// Brings the mirror up to date, alone.
    ///
    /// # Errors
    ///
    /// Only what would keep the target from being cloned in any way.
    pub(super) fn update_mirror(
        &self,
        target: &Target,
        mirror: &Path,
        commands: &[Words],
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<MirrorState, TargetError> {
        match self.update(target, mirror, commands, on_event) {
            Ok(()) => Ok(MirrorState::Usable),
            Err(err) if err.is_final() => Err(err),
            Err(err) => {
                on_event(LaunchEvent::MirrorUnusable { mirror, reason: err });
                Ok(MirrorState::Unusable)
            }
        }
    }

    /// Clones the target, with the help of the mirror as long as that works.
    pub(super) fn clone(
        &self,
        target: &Target,
        commands: &CloneCommands<'_>,
        mirror: Option<(&Path, MirrorState)>,
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<(), TargetError> {
        if let Some((mirror, MirrorState::Usable)) = mirror {
            match self.clone_by(target, commands.folder, commands.with_mirror, on_event) {
                Err(err) if !err.is_final() => on_event(LaunchEvent::MirrorUnusable { mirror, reason: err }),
                done => return done,
            }
        }
        self.clone_by(target, commands.folder, commands.without_mirror, on_event)
    }

    fn update(
        &self,
        target: &Target,
        mirror: &Path,
        commands: &[Words],
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<(), TargetError> {
        let create = |err| TargetError::Create(mirror.to_owned(), err);
        fs::create_dir_all(mirror.parent().unwrap_or(mirror)).map_err(create)?;
        let lock = self.lock_mirror(&mirror.with_extension("lock"), on_event)?;
        remove_stale_locks(mirror)?;
        on_event(LaunchEvent::UpdatingMirror(&target.url));
        commands.iter().try_for_each(|words| self.git(words, &lock))
    }

    fn lock_mirror(&self, path: &Path, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Result<File, TargetError> {
        let failed = |err| TargetError::Lock(path.to_owned(), err);
        let mut options = OpenOptions::new();
        let file =
            options.read(true).write(true).create(true).truncate(false).mode(0o644).open(path).map_err(failed)?;
        let start = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(err)) => return Err(failed(err)),
            }
            if (self.interrupted)() {
                return Err(TargetError::Interrupted);
            }
            if start.elapsed() >= self.time_limit {
                return Err(TargetError::Busy { mirror: path.to_owned(), limit: self.time_limit });
            }
            if !std::mem::replace(&mut told, true) {
                on_event(LaunchEvent::WaitingForMirror);
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn clone_by(
        &self,
        target: &Target,
        folder: &Path,
        commands: &[Words],
        on_event: &mut dyn FnMut(LaunchEvent<'_>),
    ) -> Result<(), TargetError> {
        match fs::remove_dir_all(folder) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => {
                return Err(TargetError::Remove(folder.to_owned(), err));
            }
            Ok(()) | Err(_) => {}
        }
        on_event(LaunchEvent::Cloning(target));
        commands.iter().try_for_each(|words| self.git(words, self.lock))
    }

    fn git(&self, words: &Words, lock: &File) -> Result<(), TargetError> {
        let Some((program, args)) = words.split_first() else { return Ok(()) };
        let mut command = Command::new(program);
        command.args(args).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Complaints are looked through for the telling lines.
        command.env("LC_ALL", "C");
        if !self.may_prompt {
            command.env("GIT_TERMINAL_PROMPT", "0");
        }
        let name = git_command(words);
        let shown = self.progress == GitProgress::Shown && words.iter().any(|word| word == "--progress");
        let run = Run {
            stdin: Some(lock),
            stderr: if shown { Destination::OurStderr } else { Destination::Captured },
            membership: Membership::Ours,
            ..Run::captured(&name, self.time_limit, &self.interrupted)
        };
        let captured = process::run(&mut command, &run)?;
        match captured.status.success() {
            true => Ok(()),
            false => {
                let complaint = complaint(&captured.stderr, captured.status);
                Err(TargetError::Git(without_credentials(&format!("{name} failed: {complaint}"))))
            }
        }
    }
}

/// `git clone`, without the options before the command.
fn git_command(words: &Words) -> String {
    let mut rest = words.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = rest.next() {
        match word {
            "-c" | "-C" => drop(rest.next()),
            word if word.starts_with('-') => {}
            word => return format!("git {word}"),
        }
    }
    "git".to_owned()
}

/// Removes the lock files that a git which was killed left in the mirror, whose lock is held.
fn remove_stale_locks(mirror: &Path) -> Result<(), TargetError> {
    let mut folders = vec![mirror.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "lock") {
                fs::remove_file(&path).map_err(|err| TargetError::Remove(path.clone(), err))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::target::{clone, create_mirror, update_mirror};

    fn git(dir: &Path, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.arg("-C").arg(dir).args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", dir).env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@b");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    struct Place {
        dir: tempfile::TempDir,
        environment: Vec<(OsString, OsString)>,
        lock: File,
    }

    impl Place {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let environment = vec![
                ("PATH".into(), std::env::var_os("PATH").unwrap()),
                ("HOME".into(), dir.path().into()),
                ("GIT_CONFIG_NOSYSTEM".into(), "1".into()),
            ];
            fs::create_dir(dir.path().join("source")).unwrap();
            let source = dir.path().join("source");
            git(&source, &["init", "-q", "-b", "main"]);
            fs::write(source.join("file"), "one").unwrap();
            git(&source, &["add", "."]);
            git(&source, &["commit", "-q", "-m", "one"]);
            Place { dir, environment, lock: tempfile::tempfile().unwrap() }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        fn target(&self, reference: Option<&str>) -> Target {
            let url = format!("file://{}", self.path("source").display());
            Target { url, reference: reference.map(str::to_owned) }
        }

        fn get(
            &self,
            target: &Target,
            folder: &str,
            interrupted: fn() -> bool,
        ) -> (Result<(), TargetError>, Vec<String>) {
            let getter = Getter {
                environment: &self.environment,
                lock: &self.lock,
                time_limit: Duration::from_secs(60),
                progress: GitProgress::Hidden,
                may_prompt: false,
                interrupted,
            };
            let mut events = Vec::new();
            let mut on_event = |event: LaunchEvent<'_>| {
                let shown = format!("{event:?}");
                events.push(shown.split([' ', '(']).next().unwrap().to_owned());
            };
            let (mirror, folder) = (mirror_of(&target.url, &self.path("mirrors")), self.path(folder));
            let mut update = create_mirror(&mirror);
            update.push(update_mirror(target, &mirror, GitProgress::Hidden));
            let commands = |mirror| clone(target, mirror, &folder, GitProgress::Hidden);
            let (with_mirror, without_mirror) = (commands(Some(&*mirror)), commands(None));
            let commands =
                CloneCommands { folder: &folder, with_mirror: &with_mirror, without_mirror: &without_mirror };
            let state = getter.update_mirror(target, &mirror, &update, &mut on_event);
            let done = state.and_then(|state| getter.clone(target, &commands, Some((&mirror, state)), &mut on_event));
            (done, events)
        }
    }

    #[test]
    fn a_clone_borrows_from_the_mirror() {
        let place = Place::new();
        let target = place.target(None);
        let (done, events) = place.get(&target, "one", || false);
        done.unwrap();
        assert_eq!(events, ["UpdatingMirror", "Cloning"]);
        assert_eq!(fs::read_to_string(place.path("one/file")).unwrap(), "one");
        let mirror = mirror_of(&target.url, &place.path("mirrors"));
        let alternates = fs::read_to_string(place.path("one/.git/objects/info/alternates")).unwrap();
        assert_eq!(Path::new(alternates.trim()), mirror.join("objects"));
        assert_eq!(git(&mirror, &["config", "gc.pruneExpire"]), "never");

        // Killed in the middle of an update.
        fs::write(mirror.join("packed-refs.lock"), "").unwrap();
        fs::write(mirror.join("HEAD.lock"), "").unwrap();
        git(&place.path("source"), &["commit", "-q", "--allow-empty", "-m", "two"]);
        let (done, events) = place.get(&target, "two", || false);
        done.unwrap();
        assert_eq!(events, ["UpdatingMirror", "Cloning"]);
        assert_eq!(git(&place.path("two"), &["log", "-1", "--format=%s"]), "two");
        assert_eq!(git(&place.path("two"), &["count-objects"]), "0 objects, 0 kilobytes");
    }

    #[test]
    fn references_and_ids_are_checked_out() {
        let place = Place::new();
        let source = place.path("source");
        let first = git(&source, &["rev-parse", "HEAD"]);
        git(&source, &["tag", "v1"]);
        git(&source, &["update-ref", "refs/pull/1/head", "HEAD"]);
        git(&source, &["commit", "-q", "--allow-empty", "-m", "two"]);
        for (index, name) in [first.as_str(), "v1", "refs/pull/1/head"].into_iter().enumerate() {
            let folder = format!("w{index}");
            place.get(&place.target(Some(name)), &folder, || false).0.unwrap();
            assert_eq!(git(&place.path(&folder), &["rev-parse", "HEAD"]), first, "{name}");
            assert!(place.path(&folder).join("file").exists());
        }
        let error = place.get(&place.target(Some("nope")), "x", || false).0.unwrap_err().to_string();
        assert_eq!(error, "git clone failed: Remote branch nope not found in upstream origin");
        assert!(!place.path("x").exists());
    }

    #[test]
    fn without_a_mirror_it_is_cloned_all_the_same() {
        let place = Place::new();
        let target = place.target(None);
        fs::write(place.path("mirrors"), "not a folder").unwrap();
        let (done, events) = place.get(&target, "one", || false);
        done.unwrap();
        assert_eq!(events, ["MirrorUnusable", "Cloning"]);
        fs::remove_file(place.path("mirrors")).unwrap();
        place.get(&target, "two", || false).0.unwrap();
        let mirror = mirror_of(&target.url, &place.path("mirrors"));
        fs::remove_dir_all(mirror.join("objects")).unwrap();
        fs::write(mirror.join("objects"), "damaged").unwrap();
        let (done, events) = place.get(&target, "three", || false);
        done.unwrap();
        assert_eq!(events, ["UpdatingMirror", "MirrorUnusable", "Cloning"]);
        assert!(place.path("three/file").exists());
    }

    #[test]
    fn an_interrupt_is_final() {
        let place = Place::new();
        let (done, events) = place.get(&place.target(None), "one", || true);
        assert!(done.unwrap_err().is_final());
        assert_eq!(events, ["UpdatingMirror"]);
    }

    #[test]
    fn commands_are_named() {
        let mirror = Path::new("/m");
        let target = Target { url: "u".into(), reference: Some("refs/x".into()) };
        let names: Vec<String> = create_mirror(mirror)
            .iter()
            .chain([&update_mirror(&target, mirror, GitProgress::Hidden)])
            .chain(&clone(&target, None, Path::new("/w"), GitProgress::Hidden))
            .map(git_command)
            .collect();
        assert_eq!(names, ["git init", "git config", "git fetch", "git clone", "git fetch", "git checkout"]);
    }
}
