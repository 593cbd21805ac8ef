//! What options say of a launch: the target, the command line of the suite, where that reports its tests, how
//! often what failed runs again, and how long it may take.

use std::num::NonZeroU32;
use std::time::Duration;

use super::Key;
use super::settings::{OptionsError, command};
use crate::core::time::parse_duration;
use crate::core::value::printable;

/// After more failures than this nothing runs again: that is not bad luck.
const MAX_FAILED: u64 = 30;

/// The settings of a launch, checked and typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LaunchSettings {
    pub(crate) target_repo: Option<String>,
    pub(crate) target_ref: Option<String>,
    /// The words of the command line of the suite; none if the options do not say it.
    pub(crate) spread: Vec<String>,
    /// Which files in the target hold JUnit reports: a glob.
    pub(crate) junit: Option<String>,
    /// How often a task runs at most until it has passed.
    pub(crate) attempts: NonZeroU32,
    /// With more failed tasks than this, nothing runs again.
    pub(crate) max_failed: u64,
    /// How long the suite may take, with all its attempts.
    pub(crate) launch_timeout: Option<Duration>,
}

impl LaunchSettings {
    /// Checks what the options say; `text_of` gives the text of a key, which is empty where the key is not set.
    ///
    /// # Errors
    ///
    /// The first key that makes no sense.
    pub(crate) fn new(text_of: impl Fn(Key) -> Vec<u8>) -> Result<Self, OptionsError> {
        Ok(LaunchSettings {
            target_repo: argument(Key::TargetRepo, &text_of(Key::TargetRepo))?,
            target_ref: argument(Key::TargetRef, &text_of(Key::TargetRef))?,
            spread: command(&text_of(Key::Spread))?,
            junit: relative(Key::Junit, &text_of(Key::Junit))?,
            attempts: number(Key::Attempts, &text_of(Key::Attempts))?.unwrap_or(NonZeroU32::MIN),
            max_failed: number(Key::MaxFailed, &text_of(Key::MaxFailed))?.unwrap_or(MAX_FAILED),
            launch_timeout: duration(Key::LaunchTimeout, &text_of(Key::LaunchTimeout))?,
        })
    }
}

/// What is wrong with the text of one of the keys of a launch, if something is.
pub(in crate::core) fn check(key: Key, text: &[u8]) -> Option<OptionsError> {
    LaunchSettings::new(|other| if other == key { text.to_vec() } else { Vec::new() }).err()
}

fn error(key: Key, text: &[u8], reason: &'static str) -> OptionsError {
    OptionsError::Launch { key, text: printable(text), reason }
}

fn utf8(key: Key, text: &[u8]) -> Result<&str, OptionsError> {
    std::str::from_utf8(text).map(str::trim).map_err(|_| error(key, text, "it is not UTF-8"))
}

/// A text that becomes an argument of git.
fn argument(key: Key, text: &[u8]) -> Result<Option<String>, OptionsError> {
    let trimmed = utf8(key, text)?;
    if trimmed.starts_with('-') {
        return Err(error(key, text, "git would take it for an option"));
    }
    if trimmed.contains(['\n', '\0']) {
        return Err(error(key, text, "it has more than one line"));
    }
    Ok(Some(trimmed.to_owned()).filter(|text| !text.is_empty()))
}

fn number<N: std::str::FromStr>(key: Key, text: &[u8]) -> Result<Option<N>, OptionsError> {
    match utf8(key, text)? {
        "" => Ok(None),
        trimmed => trimmed.parse().map(Some).map_err(|_| error(key, text, "it has to be a number, such as 3")),
    }
}

fn duration(key: Key, text: &[u8]) -> Result<Option<Duration>, OptionsError> {
    match utf8(key, text)? {
        "" => Ok(None),
        trimmed => {
            parse_duration(trimmed).map(Some).map_err(|_| error(key, text, "it has to be a duration, such as 6h"))
        }
    }
}

/// A path that cannot lead out of the target.
fn relative(key: Key, text: &[u8]) -> Result<Option<String>, OptionsError> {
    let path = utf8(key, text)?;
    if path.starts_with('/') || path.split('/').any(|part| part == "..") || path.contains(['\n', '\0']) {
        return Err(error(key, text, "it has to be a path in the target"));
    }
    let path = path.trim_start_matches("./");
    Ok(Some(path.to_owned()).filter(|path| !path.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_a_meaning() {
        let nothing = LaunchSettings::new(|_| Vec::new()).unwrap();
        assert_eq!((nothing.target_repo, nothing.target_ref, nothing.spread.len()), (None, None, 0));
        assert_eq!((nothing.junit, nothing.attempts.get(), nothing.max_failed), (None, 1, 30));
        let texts = [
            (Key::TargetRepo, " https://x \n"),
            (Key::Spread, "make 'a b'"),
            (Key::Junit, "./out/*.xml"),
            (Key::Attempts, " 3"),
            (Key::MaxFailed, "5"),
            (Key::LaunchTimeout, "2h"),
        ];
        let settings = LaunchSettings::new(|key| {
            let text = texts.iter().find(|(other, _)| *other == key).map(|(_, text)| text.as_bytes().to_vec());
            text.unwrap_or_default()
        })
        .unwrap();
        assert_eq!(settings.target_repo.as_deref(), Some("https://x"));
        assert_eq!(settings.spread, ["make", "a b"]);
        assert_eq!(settings.junit.as_deref(), Some("out/*.xml"));
        assert_eq!((settings.attempts.get(), settings.max_failed), (3, 5));
        assert_eq!(settings.launch_timeout, Some(Duration::from_secs(7200)));
    }

    #[test]
    fn what_makes_no_sense_is_an_error() {
        for (key, text) in [
            (Key::TargetRepo, &b"--upload-pack=x"[..]),
            (Key::TargetRef, b"a\nb"),
            (Key::TargetRepo, b"\xff"),
            (Key::Spread, b"a | b"),
            (Key::Attempts, b"0"),
            (Key::Attempts, b"many"),
            (Key::MaxFailed, b"-1"),
            (Key::LaunchTimeout, b"soon"),
            (Key::Junit, b"/etc/x.xml"),
            (Key::Junit, b"a/../../x.xml"),
        ] {
            let err = check(key, text).unwrap().to_string();
            assert!(err.contains(key.name()), "{err}");
        }
    }
}
