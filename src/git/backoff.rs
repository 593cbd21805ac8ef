//! Waiting before something is tried again that others may be trying as well.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The pause after the first attempt; each further one doubles it.
const FIRST: Duration = Duration::from_millis(200);

/// The pause stops growing here: 6.4 seconds.
const MAX_DOUBLINGS: u32 = 5;

/// Waits longer after each attempt (counted from 1), and hardly ever as long as others that had the same bad luck.
pub(crate) fn pause_after(attempt: u32) {
    let longest = FIRST * 2_u32.pow(attempt.saturating_sub(1).min(MAX_DOUBLINGS));
    let random = u32::try_from(RandomState::new().build_hasher().finish() % 1000).expect("it is less than 1000");
    std::thread::sleep(longest / 2 + longest / 2 * random / 1000);
}
