//! A value: one clean line of text that stands for the present state of a resource.
//!
//! Invariant of [`Value`]: UTF-8, trimmed, not empty, one line, no control characters, at most [`Value::MAX_BYTES`], no
//! word that makes a CI system skip the commit. Values go into commit subjects, terminals and CI files, so the only
//! way to make one is through the checks of [`observe`].

use std::fmt;

use super::expression::Shape;

/// Words that make one of the CI systems in use ignore a commit, compared without regard to case.
///
/// Sources: the documentation of GitHub Actions, GitLab CI, CircleCI, Travis CI, Azure Pipelines, AppVeyor, Buildkite.
const SKIP_WORDS: [&str; 17] = [
    "[skip ci]",
    "[ci skip]",
    "[no ci]",
    "[skip actions]",
    "[actions skip]",
    "[skip travis]",
    "[travis skip]",
    "[skip circle]",
    "[circle skip]",
    "[skip appveyor]",
    "[skip azurepipelines]",
    "[azurepipelines skip]",
    "[skip azpipelines]",
    "[azpipelines skip]",
    "[skip-ci]",
    "[ci-skip]",
    "***no_ci***",
];

/// The first CI skip word in `text`, if there is one.
pub(crate) fn skip_word(text: &str) -> Option<&'static str> {
    // Each of them has one of these, and hardly any other text has.
    if !text.contains(['[', '*']) {
        return None;
    }
    let text = text.to_ascii_lowercase();
    SKIP_WORDS.into_iter().find(|word| text.contains(word))
}

/// Whether a character would break a line, a terminal or a CI file.
pub(crate) fn is_unclean(c: char) -> bool {
    // U+2028 and U+2029 end a line for JavaScript and for many viewers; the others turn the reading direction around.
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `bytes` as text that is safe to print on one line: control characters replaced, white space folded.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().map(|c| if is_unclean(c) { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

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
    #[error("the value is {0} bytes long; at most {max} are allowed", max = Value::MAX_BYTES)]
    TooLong(usize),
    #[error("the value has the CI skip word {0}, which would silence the run that it should start: {1:?}")]
    SkipWord(&'static str, String),
    #[error("the value {0:?} does not match value_pattern {1}")]
    Shape(String, String),
}

/// Reads the output of an extractor: carriage returns are removed and surrounding white space is trimmed.
///
/// # Errors
///
/// Whatever is left has to be nothing, `null`, or one clean line; see [`ValueError`].
pub(crate) fn observe(output: &[u8]) -> Result<Observation, ValueError> {
    let text = std::str::from_utf8(output).map_err(|_| ValueError::NotUtf8)?.replace('\r', "");
    let text = text.trim();
    if text.is_empty() || text == "null" {
        return Ok(Observation::NoValue);
    }
    let lines = text.lines().count();
    if lines > 1 {
        return Err(ValueError::ManyLines(lines, excerpt(text.lines().next().unwrap_or_default())));
    }
    if text.len() > Value::MAX_BYTES {
        return Err(ValueError::TooLong(text.len()));
    }
    if let Some(c) = text.chars().find(|c| is_unclean(*c)) {
        return Err(ValueError::Control(format!("U+{:04X}", u32::from(c)), excerpt(text)));
    }
    if let Some(word) = skip_word(text) {
        return Err(ValueError::SkipWord(word, excerpt(text)));
    }
    Ok(Observation::Value(Value(text.to_owned())))
}

/// The beginning of a text that may be long, printable.
fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 60;
    let mut chars = printable(text.as_bytes()).chars().collect::<Vec<_>>();
    if chars.len() > MAX_CHARS {
        chars.truncate(MAX_CHARS - 1);
        chars.push('…');
    }
    chars.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_a_value_whatever_surrounds_it() {
        for output in ["549", "549\n", "  549\r\n\n", "\t549 ", "54\r9"] {
            assert_eq!(observe(output.as_bytes()), Ok(Observation::Value(Value("549".into()))), "{output:?}");
        }
        for value in ["a (b) c", "zażółć 漢字", "2.63+22.04~pre1", "\"null\"", "nullify"] {
            assert_eq!(observe(value.as_bytes()), Ok(Observation::Value(Value(value.into()))));
        }
    }

    #[test]
    fn nothing_and_null_mean_no_value() {
        for output in ["", "\n", " \r\n ", "null", "null\n"] {
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
        assert!(observe(&b"x".repeat(Value::MAX_BYTES)).is_ok());
        assert_eq!(observe(&b"x".repeat(Value::MAX_BYTES + 1)), Err(ValueError::TooLong(Value::MAX_BYTES + 1)));
        for word in ["[skip ci]", "5 [CI Skip]", "[No CI]", "x***NO_CI***"] {
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
            let reason = Shape::new(bad).unwrap_err();
            assert!(!reason.is_empty() && !reason.contains('\n'), "{bad}: {reason}");
        }
    }
}
