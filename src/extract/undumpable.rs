//! Hiding what this process has in its memory from the extractors that it starts.
//!
//! They run as the same user, and get a clean environment in vain if they can read that of their parent.

/// Takes the files of this process in `/proc`, of which `environ` is one, from all but root; programs that it starts have
/// their own again. Other systems have no such files.
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
