//! The processes that belong to a sandbox. Only Linux tells the environment of others; elsewhere there seem to be none.

use std::fs;
use std::time::{Duration, Instant};

use super::Sandbox;

/// How long a process that was killed may need to be gone.
const DYING: Duration = Duration::from_secs(5);

/// The command lines of all living processes that were started in this sandbox, by whomever: its path is in their environment.
pub(crate) fn living(sandbox: &Sandbox) -> Vec<String> {
    let marker = sandbox.path("");
    let marker = marker.to_str().expect("tests use UTF-8").trim_end_matches('/').as_bytes().to_owned();
    if !cfg!(target_os = "linux") {
        return Vec::new();
    }
    let processes = fs::read_dir("/proc").expect("the tests of processes need /proc").flatten();
    let command_line = |entry: fs::DirEntry| {
        let name = entry.file_name();
        name.to_str().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))?;
        // A process that has just ended has no environment any more.
        let environment = fs::read(entry.path().join("environ")).ok()?;
        environment.windows(marker.len()).any(|window| window == marker).then_some(())?;
        let line = fs::read(entry.path().join("cmdline")).ok()?;
        Some(format!("{}: {}", name.display(), String::from_utf8_lossy(&line).replace('\0', " ")))
    };
    processes.filter_map(command_line).collect()
}

/// Asserts that nothing is left running. What was killed may still be about to vanish.
#[track_caller]
pub(crate) fn assert_none_left(sandbox: &Sandbox) {
    let start = Instant::now();
    loop {
        let left = living(sandbox);
        if left.is_empty() {
            return;
        }
        assert!(start.elapsed() < DYING, "left running: {left:#?}");
        std::thread::yield_now();
    }
}
