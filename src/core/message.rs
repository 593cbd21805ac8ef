//! The subject of a state commit: `MESSAGE (VALUE)`, written one way and read back by [`MessagePattern`].

use regex::bytes::Regex;

use super::expression::{ExpressionError, compile};
use super::skip_word::skip_word;
use super::text::{is_unclean, number};
use super::value::Value;

/// The message of a resource: one clean line of UTF-8 that may end in a blank, which is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message(String);

/// Why a text cannot be the message of a resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MessageError {
    #[error("the message is empty")]
    Empty,
    #[error("the message is not UTF-8")]
    NotUtf8,
    #[error("the message has more than one line")]
    ManyLines,
    #[error("the message has the control character {0}")]
    Control(String),
    #[error("the message has the CI skip word {0}, which would silence every run")]
    SkipWord(String),
    #[error("the message is {0} bytes long; at most {max} are allowed", max = Message::MAX_BYTES)]
    TooLong(usize),
}

impl Message {
    /// The longest message that is accepted, in bytes.
    pub(crate) const MAX_BYTES: usize = 1024;

    /// Checks the text; only carriage returns are removed from it.
    pub(crate) fn new(text: &[u8]) -> Result<Self, MessageError> {
        let text = std::str::from_utf8(text).map_err(|_| MessageError::NotUtf8)?.replace('\r', "");
        if text.trim().is_empty() {
            return Err(MessageError::Empty);
        }
        if text.contains('\n') {
            return Err(MessageError::ManyLines);
        }
        if let Some(c) = text.chars().find(|c| is_unclean(*c)) {
            return Err(MessageError::Control(number(c)));
        }
        if let Some(word) = skip_word(&text) {
            return Err(MessageError::SkipWord(word.to_owned()));
        }
        if text.len() > Message::MAX_BYTES {
            return Err(MessageError::TooLong(text.len()));
        }
        Ok(Message(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The subject of the state commit that records `value`.
    pub(crate) fn subject(&self, value: &Value) -> String {
        format!("{} ({value})", self.0)
    }
}

/// What finds the value in the subject of an earlier state commit: `^MESSAGE \((.*)\)$`.
#[derive(Clone, Debug)]
pub(crate) enum MessagePattern {
    /// The message, taken literally.
    Literal(Message),
    /// The key `message_pattern`, for messages that were reworded.
    Regex(Box<Regex>),
}

impl MessagePattern {
    /// Compiles a `message_pattern`.
    pub(crate) fn regex(pattern: &str) -> Result<Self, ExpressionError> {
        let compiled = compile("^(?:", pattern, r") \((?<spread_cron_value>.*)\)$")?;
        Ok(MessagePattern::Regex(Box::new(compiled)))
    }

    /// Whether it reads back what is written under `message`.
    pub(crate) fn finds_values_of(&self, message: &Message) -> bool {
        self.value_in(format!("{} (5)", message.0).as_bytes()) == Some(b"5")
    }

    /// The value in `subject`, if this is the subject of one of our state commits.
    pub(crate) fn value_in<'a>(&self, subject: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            MessagePattern::Literal(message) => {
                subject.strip_prefix(message.0.as_bytes())?.strip_prefix(b" (")?.strip_suffix(b")")
            }
            MessagePattern::Regex(regex) => Some(regex.captures(subject)?.name("spread_cron_value")?.as_bytes()),
        }
    }
}

/// The subject of a commit message: its first line, after blank lines and without a carriage return.
pub(crate) fn subject_of(message: &[u8]) -> &[u8] {
    let start = message.iter().position(|byte| *byte != b'\n').unwrap_or(message.len());
    let line = message[start..].split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::value::{Observation, observe};

    fn message(text: &str) -> Message {
        Message::new(text.as_bytes()).unwrap()
    }

    fn value(text: &str) -> Value {
        match observe(text.as_bytes()) {
            Ok(Observation::Value(value)) => value,
            other => panic!("{text:?} is {other:?}"),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["New OS snap in beta channel", "s390x arch ", "[edge] c++ (x86) 100%?", "a", r"\d+ ^$", "zażółć"]
        {
            for recorded in ["549", "a (b)", "(", ")", ") (", "zażółć"] {
                let subject = message(text).subject(&value(recorded));
                let pattern = MessagePattern::Literal(message(text));
                assert_eq!(pattern.value_in(subject.as_bytes()), Some(recorded.as_bytes()), "{subject}");
                let regex = MessagePattern::regex(&regex::escape(text)).unwrap();
                assert_eq!(regex.value_in(subject.as_bytes()), Some(recorded.as_bytes()), "{subject}");
            }
        }
        assert_eq!(message("s390x arch ").subject(&value("a")), "s390x arch  (a)");
    }

    #[test]
    fn only_the_whole_subject_matches() {
        let pattern = MessagePattern::Literal(message("New snap"));
        for subject in [
            "New snap (1) ",
            " New snap (1)",
            "New snap(1)",
            "New snaps (1)",
            "xNew snap (1)",
            "New snap (1",
            "New snap",
            "",
        ] {
            assert_eq!(pattern.value_in(subject.as_bytes()), None, "{subject:?}");
        }
        assert_eq!(pattern.value_in(b"New snap ()"), Some(&b""[..]));
    }

    #[test]
    fn a_reworded_message_is_found_by_its_pattern() {
        let pattern = MessagePattern::regex("New (OS|amd64 core) snap in beta channel").unwrap();
        assert_eq!(pattern.value_in(b"New OS snap in beta channel (549)"), Some(&b"549"[..]));
        assert_eq!(pattern.value_in(b"New amd64 core snap in beta channel (550)"), Some(&b"550"[..]));
        assert_eq!(pattern.value_in(b"New i386 core snap in beta channel (550)"), None);
        let alternatives = MessagePattern::regex("a|b").unwrap();
        assert_eq!(alternatives.value_in(b"a (1)"), Some(&b"1"[..]));
        assert_eq!(alternatives.value_in(b"a"), None);
    }

    #[test]
    fn a_bad_pattern_says_why() {
        assert_eq!(MessagePattern::regex("a(b").unwrap_err().to_string(), "unclosed group");
        assert!(MessagePattern::regex("a)|(b").is_err());
    }

    #[test]
    fn messages_are_checked() {
        assert_eq!(Message::new(b" "), Err(MessageError::Empty));
        assert_eq!(Message::new(b"a\nb"), Err(MessageError::ManyLines));
        assert_eq!(Message::new(b"a\x07b"), Err(MessageError::Control("U+0007".into())));
        assert_eq!(Message::new(b"a [ci skip]"), Err(MessageError::SkipWord("[ci skip]".into())));
        assert_eq!(Message::new(b"\xff"), Err(MessageError::NotUtf8));
        assert_eq!(Message::new(b"a\r").unwrap().as_str(), "a");
    }

    #[test]
    fn the_subject_is_the_first_line() {
        assert_eq!(subject_of(b"a (1)\n\nb (2)\n"), b"a (1)");
        assert_eq!(subject_of(b"a (1)"), b"a (1)");
        assert_eq!(subject_of(b"\n\na (1)\r\nb"), b"a (1)");
        assert_eq!(subject_of(b"a\nb (2)"), b"a");
        assert_eq!(subject_of(b""), b"");
    }
}
