//! A folder, a home and an environment of its own for each test.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use super::{Cmd, History, Repo};

/// The time of every commit that does not say otherwise: 2024-10-10 12:00:00 UTC.
const NOW: &str = "1728561600 +0000";

const GIT_CONFIG: &str = "\
[user]
	name = A Maintainer
	email = maintainer@example.org
[init]
	defaultBranch = main
[gc]
	auto = 0
[maintenance]
	auto = false
[core]
	fsync = none
[protocol \"file\"]
	allow = always
";

/// Where sandboxes lie: in memory where that is possible, as the tests make hundreds of thousands of small files. `TMPDIR`
/// wins.
static PARENT: LazyLock<PathBuf> = LazyLock::new(|| {
    heed_interrupts();
    let memory = Path::new("/dev/shm");
    match std::env::var_os("TMPDIR").is_none() && has_room(memory) && can_execute(memory) {
        true => memory.to_owned(),
        false => std::env::temp_dir(),
    }
});

/// A job that a script starts in the background ignores SIGINT, and all programs that it starts inherit that: tests that
/// interrupt one would wait forever. With a handler, which behaves like the default, they heed it again.
fn heed_interrupts() {
    const SIGINT: u64 = 1 << 1;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    if ignored.is_some_and(|mask| mask & SIGINT != 0) {
        gix::interrupt::init_handler_default(0).map(drop).expect("a handler can be set");
    }
}

fn has_room(folder: &Path) -> bool {
    const NEEDED: u64 = 4 << 30;
    rustix::fs::statvfs(folder).is_ok_and(|about| about.f_bavail.saturating_mul(about.f_frsize) > NEEDED)
}

/// Containers often forbid it.
fn can_execute(folder: &Path) -> bool {
    let Ok(probe) = tempfile::Builder::new().prefix("spread-cron-test-").tempdir_in(folder) else { return false };
    let script = probe.path().join("script");
    let written = fs::write(&script, "#!/bin/sh\n")
        .and_then(|()| fs::set_permissions(&script, fs::Permissions::from_mode(0o755)));
    written.is_ok() && Command::new(&script).status().is_ok_and(|status| status.success())
}

/// See the module's documentation.
pub(crate) struct Sandbox {
    root: tempfile::TempDir,
}

impl Sandbox {
    /// The folder on PATH where a stand-in for spread may lie.
    pub(super) const SPREAD: &str = "spread";

    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new()
            .prefix("spread-cron-test-")
            .tempdir_in(&*PARENT)
            .expect("a temporary folder can be made");
        for folder in ["home", "tmp", "bin", "world"] {
            fs::create_dir(root.path().join(folder)).expect("a new folder is writable");
        }
        // Extractors are isolated, as those of users are; what the tests watch lies in the world.
        let world = format!("[spread-cron]\n\textractorPath = {}\n", root.path().join("world").display());
        fs::write(root.path().join("home/.gitconfig"), GIT_CONFIG.to_owned() + &world)
            .expect("a new folder is writable");
        Sandbox { root }
    }

    /// From now on extractors may read and write all of the sandbox: they open gates, count their runs, or tell what they see.
    pub(crate) fn without_isolation(&self) {
        self.config("spread-cron.isolation", "none");
    }

    /// The path of something in the sandbox.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(relative)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// A program with the environment of the sandbox and nothing else.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, folder: impl AsRef<Path>) -> Command {
        let product = assert_cmd::cargo::cargo_bin!("git-spread-cron").parent().expect("a binary lies in a folder");
        let system = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        let path = [self.path("bin"), self.path(Self::SPREAD), product.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&system));
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::join_paths(path).expect("no folder has a colon in its name"))
            .env("HOME", self.home())
            .env("TMPDIR", self.path("tmp"))
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.root.path())
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_DATE", NOW)
            .env("GIT_COMMITTER_DATE", NOW);
        command
    }

    /// Runs git, whatever comes of it.
    pub(crate) fn try_git<A: AsRef<OsStr>>(&self, folder: &Path, args: impl IntoIterator<Item = A>) -> Output {
        self.command("git", folder).args(args).output().expect("git can be started")
    }

    /// Runs git and gives its output, without the end of the last line.
    #[track_caller]
    pub(crate) fn git<A: AsRef<OsStr>>(&self, folder: &Path, args: impl IntoIterator<Item = A>) -> String {
        let args: Vec<_> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        let output = self.try_git(folder, &args);
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "git {args:?} in {}: {}\n{stdout}{stderr}", folder.display(), output.status);
        stdout.trim_end_matches('\n').to_owned()
    }

    /// The product, in a folder of the sandbox that need not be a repository.
    pub(crate) fn cmd<A: AsRef<OsStr>>(&self, folder: impl AsRef<Path>, args: impl IntoIterator<Item = A>) -> Cmd<'_> {
        Cmd::new(self, self.path(folder), args)
    }

    /// An empty bare repository.
    pub(crate) fn bare(&self, name: &str) -> Repo<'_> {
        self.git(self.root.path(), ["init", "--quiet", "--bare", name]);
        self.repo(name)
    }

    /// An empty repository with a work tree.
    pub(crate) fn init(&self, name: &str) -> Repo<'_> {
        self.git(self.root.path(), ["init", "--quiet", name]);
        self.repo(name)
    }

    /// What most tests begin with: a remote with a default branch and whatever the closure describes, and a clone of it.
    pub(crate) fn project(&self, describe: impl FnOnce(&mut History)) -> (Repo<'_>, Repo<'_>) {
        let remote = self.bare("remote");
        remote.build(|history| {
            history.main();
            describe(history);
        });
        let clone = remote.clone_to("clone");
        (remote, clone)
    }

    /// A repository that is there already.
    pub(crate) fn repo(&self, name: impl AsRef<Path>) -> Repo<'_> {
        Repo::new(self, self.path(name))
    }

    /// Sets something in the configuration of the user.
    pub(crate) fn config(&self, key: &str, value: &str) {
        self.git(self.root.path(), ["config", "--global", "--add", key, value]);
    }

    /// Takes something out of the configuration of the user.
    pub(crate) fn unset_config(&self, key: &str) {
        self.git(self.root.path(), ["config", "--global", "--unset-all", key]);
    }

    /// An executable file.
    pub(crate) fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the sandbox is writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("the sandbox is writable");
        path
    }

    /// A program that is found on PATH before all others.
    pub(crate) fn program(&self, name: &str, text: &str) -> PathBuf {
        self.script(&format!("bin/{name}"), text)
    }

    /// A `git` that is found before the real one. Its text is bash, and calls the real one as `"$git"`.
    pub(crate) fn git_wrapper(&self, text: &str) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let real = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.is_file());
        let real = quoted(real.expect("git is installed"));
        self.program("git", &format!("#!/bin/bash\ngit={real}\n{text}\nexec \"$git\" \"$@\"\n"));
    }

    /// From now on the real git is found again.
    pub(crate) fn remove_git_wrapper(&self) {
        let _ = fs::remove_file(self.path("bin/git"));
    }

    /// A pipe with a name: who opens it waits for the other end.
    pub(crate) fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo can be started");
        assert!(made.success(), "mkfifo {}", path.display());
        path
    }

    pub(crate) fn world(&self) -> World {
        World { folder: self.path("world") }
    }

    /// Asserts that nothing was left among the temporary files.
    #[track_caller]
    pub(crate) fn assert_no_litter(&self) {
        let left: Vec<_> = fs::read_dir(self.path("tmp"))
            .expect("the folder is there")
            .map(|entry| entry.expect("the folder is readable").file_name())
            .collect();
        assert!(left.is_empty(), "left among the temporary files: {left:?}");
    }
}

/// The outside things that resources watch.
#[derive(Clone)]
pub(crate) struct World {
    folder: PathBuf,
}

impl World {
    /// Gives a thing a new value.
    pub(crate) fn set(&self, name: &str, value: &str) {
        // Renamed into place, so that an extractor that reads meanwhile sees the old or the new value, never half of one.
        let new = self.folder.join(format!("{name}.new"));
        fs::write(&new, value).expect("the sandbox is writable");
        fs::rename(new, self.folder.join(name)).expect("the sandbox is writable");
    }

    /// The command that prints the value of a thing.
    pub(crate) fn extractor(&self, name: &str) -> String {
        format!("cat {}", quoted(self.folder.join(name)))
    }
}

/// A text as one word of the shell.
pub(crate) fn quoted(text: impl AsRef<Path>) -> String {
    shell_words::quote(text.as_ref().to_str().expect("tests use UTF-8")).into_owned()
}
