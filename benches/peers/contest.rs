//! Running the contestants: a closed-off environment, the clock, turns, and the product's peak memory. Knows nothing of
//! what is compared.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::repos::Many;

/// The folder that holds everything of a run, and what several works share.
pub(crate) struct Sandbox {
    dir: TempDir,
    quick: bool,
    /// Whether the repositories are left without a commit-graph.
    pub(crate) fresh: bool,
    program: PathBuf,
    /// The many branches with the value at the tip, which take a while to make.
    pub(crate) tips: OnceCell<Many>,
}

/// Builds the product as it is installed. What `cargo bench` builds by itself has the features that the dependencies of
/// the tests ask for as well, and is larger and slower. SPREAD_CRON_BENCH_PROGRAM names one that was built before.
fn build_product() -> PathBuf {
    if let Some(program) = std::env::var_os("SPREAD_CRON_BENCH_PROGRAM") {
        return PathBuf::from(program);
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--locked", "--quiet"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(cargo.status().expect("cargo is there").success(), "the product builds");
    PathBuf::from(env!("CARGO_BIN_EXE_git-spread-cron"))
}

impl Sandbox {
    pub(crate) fn new(quick: bool, fresh: bool, program: Option<PathBuf>) -> Self {
        let dir = tempfile::Builder::new().prefix("spread-cron-bench-").tempdir().expect("a temporary folder");
        Self { dir, quick, fresh, program: program.unwrap_or_else(build_product), tips: OnceCell::new() }
    }

    /// The executable of the product.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// As often as it takes, or less.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 3 } else { 7 }
    }

    /// The full number, or a tenth.
    pub(crate) fn scaled(&self, full: usize) -> usize {
        if self.quick { full / 10 } else { full }
    }

    /// A program that sees nothing of the machine's configuration.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, dir: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(dir).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.dir.path());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null").env("LC_ALL", "C.UTF-8");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Bench").env(format!("GIT_{who}_EMAIL"), "bench@example.org");
        }
        command
    }

    pub(crate) fn git(&self, dir: &Path, args: &[&str]) -> Command {
        self.command("git", dir, args)
    }

    pub(crate) fn product(&self, dir: &Path, args: &[&str]) -> Command {
        self.command(self.program(), dir, args)
    }

    /// Runs to the end, and gives the time and what was printed.
    pub(crate) fn timed(&self, mut command: Command) -> (Duration, String) {
        let out = self.path("stdout");
        command.stdout(File::create(&out).expect("a file can be made"));
        let time = self.run(&mut command);
        (time, fs::read_to_string(out).expect("the output is UTF-8"))
    }

    /// The time of a peer that prints much: throwing it away is quicker than writing it.
    pub(crate) fn unheard(&self, mut command: Command) -> Duration {
        self.run(command.stdout(Stdio::null()))
    }

    fn run(&self, command: &mut Command) -> Duration {
        let err = self.path("stderr");
        command.stderr(File::create(&err).expect("a file can be made"));
        let start = Instant::now();
        let status = command.status().expect("the program starts");
        let time = start.elapsed();
        assert!(status.success(), "{command:?}: {status}\n{}", fs::read_to_string(err).unwrap_or_default());
        time
    }

    /// What the command printed.
    pub(crate) fn output(&self, command: Command) -> String {
        self.timed(command).1
    }

    pub(crate) fn git_version(&self) -> String {
        self.output(self.git(self.dir.path(), &["--version"])).trim().to_owned()
    }

    /// The peak resident memory in MB, and what was printed. The output has to be longer than a pipe holds: then the
    /// process cannot end before the last look at it, so there is no race against its end.
    pub(crate) fn peak_memory(&self, mut command: Command) -> (Option<f64>, String) {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut stdout = child.stdout.take().expect("it was piped");
        let (mut peak, mut printed, mut chunk) = (None, Vec::new(), vec![0; 4096]);
        loop {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
            peak = kib.and_then(|kib| kib.parse::<f64>().ok()).map(|kib| kib * 1024.0 / 1e6).or(peak);
            match stdout.read(&mut chunk).expect("a pipe can be read") {
                0 => break,
                length => printed.extend_from_slice(&chunk[..length]),
            }
        }
        assert!(child.wait().expect("it is a child").success(), "{command:?} failed");
        (peak, String::from_utf8(printed).expect("the output is UTF-8"))
    }
}

/// Lets all take their turn, round by round in rotating order, after a round that does not count.
pub(crate) fn alternate<const N: usize>(rounds: usize, turns: [&mut dyn FnMut() -> Duration; N]) -> [Vec<Duration>; N] {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=rounds {
        for turn in 0..N {
            let who = (round + turn) % N;
            let time = turns[who]();
            if round > 0 {
                times[who].push(time);
            }
        }
    }
    times
}

pub(crate) fn median<T: Ord + Copy>(times: &[T]) -> T {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
