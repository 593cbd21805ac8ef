//! Hiding what this process has in its memory from the extractors that it starts.
//!
//! They run as the same user: a clean environment is worth nothing if they can read that of their parent.

/// Makes the files of this process in `/proc`, such as `environ`, readable for root only; the programs that it starts
/// have readable ones again. Other systems have no such files.
#[cfg(target_os = "linux")]
pub(crate) fn hide_own_environment() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// See there.
#[cfg(not(target_os = "linux"))]
pub(crate) fn hide_own_environment() -> std::io::Result<()> {
    Ok(())
}
