//! Programs that a test needs and that a machine may lack.

use std::process::Command;

use super::Sandbox;

/// Set where a test that is left out is a failure.
const ALL: &str = "SPREAD_CRON_TEST_ALL";

/// Whether a program is there.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether all of these are there. Where one is not, the test is to be left out, and says so.
#[track_caller]
pub(crate) fn are_installed(programs: &[&str]) -> bool {
    let missing = programs.iter().filter(|program| !is_installed(program)).copied().collect::<Vec<_>>().join(" and ");
    missing.is_empty() || left_out(&missing)
}

/// Whether there is an openssl that knows SHA-3; that of macOS does not.
#[track_caller]
pub(crate) fn knows_sha3() -> bool {
    let hashed = Command::new("openssl").args(["dgst", "-sha3-384", "/dev/null"]).output();
    hashed.is_ok_and(|hashed| hashed.status.success()) || left_out("an openssl with sha3-384")
}

/// Whether this kernel has all that `--isolation require` asks for.
#[track_caller]
pub(crate) fn kernel_isolates(sandbox: &Sandbox) -> bool {
    let run = sandbox.init("probe").cmd(["poll", "--local", "--isolation", "require"]).run();
    let works = run.code() == Some(0);
    drop(run.anything());
    works || left_out("a kernel with Landlock (ABI 3) and seccomp")
}

/// Says that a test is left out.
#[track_caller]
pub(crate) fn left_out(missing: &str) -> bool {
    assert!(std::env::var_os(ALL).is_none(), "{ALL} is set, and the test needs {missing}");
    eprintln!("skipped: needs {missing}");
    false
}
