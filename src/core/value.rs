//! A value: one clean line of text that stands for the present state of a resource.
//!
//! Invariant of [`Value`]: UTF-8, trimmed, not empty, one line, all of it visible, at most [`Value::MAX_BYTES`], no word that
//! makes a CI system skip the commit, no Git LFS pointer. Values go into commit subjects, terminals and CI files, so the only
//! way to make one is through the checks of [`observe`].

use std::fmt;

use super::expression::Shape;
use super::lfs::is_pointer;
use super::skip_word::skip_word;
pub(crate) use super::text::{is_unclean, printable};
use super::text::{is_unseen, number, shortened};

/// Some systems begin each text with it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// See the invariant in the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Value(String);

impl Value {
    /// The longest value that is accepted, in bytes.
    pub(crate) const MAX_BYTES: usize = 1024;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a recorded value, which may be anything, can be handed to programs as a variable: one system allows 128 KiB for
/// each, and all together share the space of the arguments.
pub(crate) fn fits_in_environment(recorded: &str) -> bool {
    const MOST: usize = 32 * 1024;
    recorded.len() <= MOST && !recorded.contains('\0')
}

/// What an extractor that exited with 0 had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Observation {
    /// The present value.
    Value(Value),
    /// Nothing to report yet: no output, or only `null`, as `jq` prints for something that is not there.
    NoValue,
}

impl Observation {
    /// The same, if a value has the shape that the options ask for. No value has no shape.
    ///
    /// # Errors
    ///
    /// The value does not match all of the pattern.
    pub(crate) fn in_shape(self, pattern: Option<&Shape>) -> Result<Self, ValueError> {
        match (&self, pattern) {
            (Observation::Value(value), Some(pattern)) if !pattern.fits(value.as_str()) => {
                Err(ValueError::Shape(excerpt(&value.0), excerpt(pattern.as_str())))
            }
            (Observation::Value(_) | Observation::NoValue, _) => Ok(self),
        }
    }
}

/// Why the output of an extractor is not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("the extractor printed bytes that are not UTF-8")]
    NotUtf8,
    #[error("the extractor printed {0} lines: {1:?}, …; a value is one line")]
    ManyLines(usize, String),
    #[error("the value has the control character {0}: {1:?}")]
    Control(String, String),
    #[error("the value has the character {0}, which cannot be seen: {1:?}")]
    Unseen(String, String),
    #[error("the extractor printed a Git LFS pointer, not the file; files in LFS are not fetched for extractors")]
    LfsPointer,
    #[error("the value is {0} bytes long; at most {max} are allowed", max = Value::MAX_BYTES)]
    TooLong(usize),
    #[error("the value has the CI skip word {0}, which would silence the run that it should start: {1:?}")]
    SkipWord(String, String),
    #[error("the value {0:?} does not match value_pattern {1}")]
    Shape(String, String),
}

/// Reads the output of an extractor: carriage returns are removed; surrounding white space, and a byte order mark, are
/// trimmed.
///
/// # Errors
///
/// The rest has to be nothing, `null`, or one clean line; see [`ValueError`].
pub(crate) fn observe(output: &[u8]) -> Result<Observation, ValueError> {
    let text = std::str::from_utf8(output).map_err(|_| ValueError::NotUtf8)?.replace('\r', "");
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == BYTE_ORDER_MARK);
    if text.is_empty() || text == "null" {
        return Ok(Observation::NoValue);
    }
    if is_pointer(text.as_bytes()) {
        return Err(ValueError::LfsPointer);
    }
    let lines = text.lines().count();
    if lines > 1 {
        return Err(ValueError::ManyLines(lines, excerpt(text.lines().next().unwrap_or_default())));
    }
    if text.len() > Value::MAX_BYTES {
        return Err(ValueError::TooLong(text.len()));
    }
    if let Some(c) = text.chars().find(|c| is_unclean(*c)) {
        return Err(ValueError::Control(number(c), excerpt(text)));
    }
    if let Some(c) = text.chars().find(|c| is_unseen(*c)) {
        return Err(ValueError::Unseen(number(c), excerpt(text)));
    }
    if let Some(word) = skip_word(text) {
        return Err(ValueError::SkipWord(word.to_owned(), excerpt(text)));
    }
    Ok(Observation::Value(Value(text.to_owned())))
}

/// The beginning of a text that may be long, printable.
fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    shortened(printable(text.as_bytes()), MAX_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_a_value_whatever_surrounds_it() {
        for output in ["549", "549\n", "  549\r\n\n", "\t549 ", "54\r9", "\u{feff}549\r\n", " \u{feff}\u{a0}549"] {
            assert_eq!(observe(output.as_bytes()), Ok(Observation::Value(Value("549".into()))), "{output:?}");
        }
        for value in ["a (b) c", "zażółć 漢字", "2.63+22.04~pre1", "\"null\"", "nullify"] {
            assert_eq!(observe(value.as_bytes()), Ok(Observation::Value(Value(value.into()))));
        }
    }

    #[test]
    fn what_no_variable_can_hold_is_not_handed_to_programs() {
        for (recorded, fits) in [("5", true), ("1\u{1b}x", true), ("1\0x", false)] {
            assert_eq!(fits_in_environment(recorded), fits, "{recorded:?}");
        }
        assert!(!fits_in_environment(&"x".repeat(200_000)));
    }

    #[test]
    fn nothing_and_null_mean_no_value() {
        for output in ["", "\n", " \r\n ", "null", "null\n", "\u{feff}", "\u{feff}null\r\n"] {
            assert_eq!(observe(output.as_bytes()), Ok(Observation::NoValue), "{output:?}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        assert_eq!(observe(b"\xff\xfe"), Err(ValueError::NotUtf8));
        assert!(matches!(observe(b"1\n2\n"), Err(ValueError::ManyLines(2, first)) if first == "1"));
        assert!(
            matches!(observe(b"a\x1b[31mb"), Err(ValueError::Control(c, text)) if c == "U+001B" && text == "a [31mb")
        );
        assert!(matches!(observe(b"a\0b"), Err(ValueError::Control(..))));
        assert!(matches!(observe("a\u{2028}b".as_bytes()), Err(ValueError::Control(..))));
        assert!(matches!(observe("a\u{202e}b".as_bytes()), Err(ValueError::Control(..))));
        for unseen in
            ["a\u{200b}b", "5\u{200d}", "\u{2060}", "5\u{fe0f}", "a\u{feff}b", "\u{3164}", "5\u{e0041}", "\u{ad}"]
        {
            let refused = observe(unseen.as_bytes());
            assert!(matches!(refused, Err(ValueError::Unseen(..))), "{unseen:?}: {refused:?}");
        }
        for pointer in ["version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", "oid sha256:4d7a"] {
            assert_eq!(observe(pointer.as_bytes()), Err(ValueError::LfsPointer));
        }
        assert!(observe(&b"x".repeat(Value::MAX_BYTES)).is_ok());
        assert_eq!(observe(&b"x".repeat(Value::MAX_BYTES + 1)), Err(ValueError::TooLong(Value::MAX_BYTES + 1)));
        for word in ["[skip ci]", "5 [CI Skip]", "[No CI]", "x***NO_CI***", "5 skip-checks: true"] {
            assert!(matches!(observe(word.as_bytes()), Err(ValueError::SkipWord(..))), "{word}");
        }
    }

    #[test]
    fn a_pattern_has_to_match_all_of_a_value() {
        let look = |pattern: &str, output: &str| {
            let pattern = Shape::new(pattern).unwrap();
            observe(output.as_bytes()).unwrap().in_shape(Some(&pattern))
        };
        for (pattern, good) in [
            ("[0-9]+", "17300\n"),
            ("a|b", "b"),
            ("ab?|abc", "abc"),
            ("(?i)REV", "rev"),
            ("^[0-9]+$", "5"),
            ("ż.", "żó"),
            ("", "null"),
            ("[0-9]+", " \n"),
        ] {
            assert_eq!(look(pattern, good), observe(good.as_bytes()), "{pattern}");
        }
        for (pattern, bad) in [
            ("[0-9]+", "17300x"),
            ("[0-9]+", "x17300"),
            ("[0-9]+", "1 2"),
            ("a|b", "ab"),
            ("(?m)a$|b", "ab"),
            ("a|", "b"),
            ("[0-9]+", "<!DOCTYPE html>"),
        ] {
            let Err(ValueError::Shape(value, shape)) = look(pattern, bad) else { panic!("{pattern} takes {bad}") };
            assert_eq!((&*value, &*shape), (bad, pattern));
        }
        let long = Shape::new(&format!("[0-9]+(?x: {}\n)", "a".repeat(100))).unwrap();
        let error = observe("<p>".repeat(300).as_bytes()).unwrap().in_shape(Some(&long)).unwrap_err().to_string();
        assert!(error.starts_with("the value \"<p><p>") && error.contains("…\" does not match value_pattern [0-9]+"));
        assert!(error.chars().count() < 170 && !error.contains('\n'), "{error}");
        assert_eq!(observe(b"x").unwrap().in_shape(None), observe(b"x"));
        for bad in ["a(", "a)|(b", "[z-a]", r"\p{Nothing}", "(?:a{1000}){1000}{1000}"] {
            let reason = Shape::new(bad).unwrap_err().to_string();
            assert!(!reason.is_empty() && !reason.contains('\n'), "{bad}: {reason}");
        }
    }
}
