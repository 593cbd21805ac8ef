//! Which commits this program made: they say so in a trailer. All but state commits tell CI systems to leave them alone.

/// The trailer of a state commit: the version of the poll that recorded it.
const POLL: &str = "Spread-Cron-Poll";

/// The trailer of the first commit of a resource.
const ADD: &str = "Spread-Cron-Add";

/// How every trailer of ours begins.
const PREFIX: &[u8] = b"Spread-Cron-";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The message of a state commit with this subject.
pub(crate) fn state_message(subject: &str) -> String {
    format!("{subject}\n\n{POLL}: {VERSION}")
}

/// The message of the commit that creates a resource.
pub(crate) fn add_message(name: &str) -> String {
    format!("Add resource {name} [skip ci]\n\n{ADD}: {VERSION}")
}

/// Whether a commit with this message was made by this program.
pub(crate) fn is_ours(message: &[u8]) -> bool {
    body(message).filter(|line| line.starts_with(PREFIX)).any(|line| line.contains(&b':'))
}

/// Whether a commit with this message is a state commit that this program made.
pub(crate) fn is_our_state(message: &[u8]) -> bool {
    body(message).any(|line| line.strip_prefix(POLL.as_bytes()).is_some_and(|rest| rest.starts_with(b":")))
}

fn body(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message.split(|byte| *byte == b'\n').skip(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::subject_of;

    #[test]
    fn what_we_write_is_known_as_ours() {
        let state = state_message("New snap (5)");
        assert_eq!(subject_of(state.as_bytes()), b"New snap (5)");
        let add = add_message("edge");
        assert_eq!(subject_of(add.as_bytes()), b"Add resource edge [skip ci]");
        for ours in [state.as_str(), add.as_str(), "passed: New snap (5) [skip ci]\n\nSpread-Cron-Result: passed\n"] {
            assert!(is_ours(ours.as_bytes()), "{ours}");
            assert_eq!(is_our_state(ours.as_bytes()), ours == state, "{ours}");
        }
    }

    #[test]
    fn commits_of_others_are_not_ours() {
        for other in [
            "New snap (5)",
            "New snap (5)\n",
            "Spread-Cron-Poll: 1",
            "Add resource edge",
            "a\n\nSee Spread-Cron-Poll: 1",
            "",
        ] {
            assert!(!is_ours(other.as_bytes()), "{other:?}");
        }
    }
}
