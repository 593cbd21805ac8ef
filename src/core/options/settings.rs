//! The settings of a resource: the texts of its options file, and what they mean once they are checked.

use std::time::Duration;

use gix::bstr::BString;

use super::Key;
use crate::core::declared::DeclarationError;
use crate::core::expression::{ExpressionError, Shape};
use crate::core::isolation::Network;
use crate::core::message::{Message, MessageError, MessagePattern};
use crate::core::result::MovedValue;
use crate::core::time::parse_duration;
use crate::core::value::printable;

/// The texts of the variables as a shell reports them, or as the parser predicts them. A variable that is not set and one that is
/// empty mean the same.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    pub(crate) message: BString,
    pub(crate) message_pattern: BString,
    pub(crate) value_pattern: BString,
    pub(crate) manual: BString,
    pub(crate) tree: BString,
    pub(crate) timeout: BString,
    pub(crate) pipefail: BString,
    /// Whether there is a command to run. Where only a shell can tell, the parser says yes.
    pub(crate) extractor_is_set: bool,
    /// Whether a source is declared in place of a command, and what is wrong with it. A shell reports none.
    pub(crate) declared: Declared,
}

/// Whether a source is declared.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) enum Declared {
    #[default]
    Nothing,
    Source,
    Useless(DeclarationError),
}

/// The settings, checked and typed.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) message: Message,
    pub(crate) pattern: MessagePattern,
    pub(crate) manual: bool,
    pub(crate) tree: bool,
    pub(crate) timeout: Option<Duration>,
}

/// Why options cannot be used. Each is one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OptionsError {
    #[error("the options set no {}", .0.name())]
    Missing(Key),
    #[error("only a shell can tell the {}, and reading commands run none", .0.name())]
    NeedsShell(Key),
    #[error("{0}")]
    Message(MessageError),
    #[error("the {} is not UTF-8", .0.name())]
    PatternNotUtf8(Key),
    #[error("the {} does not compile: {reason}", .key.name())]
    Pattern { key: Key, reason: String },
    #[error("the message_pattern does not match the message, so that every poll would record the value again")]
    PatternMissesMessage,
    #[error("{} is {text:?}; it has to be \"true\" or \"false\"", .key.name())]
    Flag { key: Key, text: String },
    #[error("network is {text:?}; it has to be \"none\", or be left out")]
    Network { text: String },
    #[error("the timeout is {text:?}: {reason}")]
    Timeout { text: String, reason: String },
    #[error("moved is {text:?}; it has to be \"accept\" or \"reject\"")]
    Moved { text: String },
    #[error("{} is {text:?}: {reason}", .key.name())]
    Launch { key: Key, text: String, reason: &'static str },
    #[error("spread is {text:?}: {reason}")]
    Spread { text: String, reason: String },
    #[error(transparent)]
    Declaration(DeclarationError),
}

impl Settings {
    /// Checks everything but the `value_pattern`, which only matters once there is a value.
    ///
    /// # Errors
    ///
    /// The first thing that makes the options useless.
    pub(crate) fn plan(&self) -> Result<Plan, OptionsError> {
        if let Declared::Useless(err) = &self.declared {
            return Err(OptionsError::Declaration(err.clone()));
        }
        if self.message.is_empty() {
            return Err(OptionsError::Missing(Key::Message));
        }
        if !self.extractor_is_set && self.declared == Declared::Nothing {
            return Err(OptionsError::Missing(Key::PatternExtractor));
        }
        let message = Message::new(&self.message).map_err(OptionsError::Message)?;
        let pattern = pattern(&self.message_pattern)?.unwrap_or_else(|| MessagePattern::Literal(message.clone()));
        if !pattern.finds_values_of(&message) {
            return Err(OptionsError::PatternMissesMessage);
        }
        let (manual, tree) = (flag(Key::Manual, &self.manual)?, flag(Key::Tree, &self.tree)?);
        // Only the shell acts on it.
        flag(Key::Pipefail, &self.pipefail)?;
        Ok(Plan { message, pattern, manual, tree, timeout: timeout(&self.timeout)? })
    }

    /// What all of a value has to match, if the options ask for something.
    ///
    /// # Errors
    ///
    /// It does not compile.
    pub(crate) fn value_pattern(&self) -> Result<Option<Shape>, OptionsError> {
        value_pattern(&self.value_pattern)
    }
}

/// Reads the key `message_pattern`; empty means that there is none.
pub(in crate::core) fn pattern(text: &[u8]) -> Result<Option<MessagePattern>, OptionsError> {
    compiled(Key::MessagePattern, text, MessagePattern::regex)
}

/// Reads the key `value_pattern`; empty means that there is none.
pub(crate) fn value_pattern(text: &[u8]) -> Result<Option<Shape>, OptionsError> {
    compiled(Key::ValuePattern, text, Shape::new)
}

fn compiled<P>(
    key: Key,
    text: &[u8],
    compile: impl Fn(&str) -> Result<P, ExpressionError>,
) -> Result<Option<P>, OptionsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(text).map_err(|_| OptionsError::PatternNotUtf8(key))?;
    compile(text).map(Some).map_err(|err| OptionsError::Pattern { key, reason: printable(err.to_string().as_bytes()) })
}

/// Reads one of the keys that are true or false.
pub(in crate::core) fn flag(key: Key, text: &[u8]) -> Result<bool, OptionsError> {
    match text {
        b"true" => Ok(true),
        b"" | b"false" => Ok(false),
        _ => Err(OptionsError::Flag { key, text: printable(text) }),
    }
}

/// Reads the key `network`; empty means that there is none.
pub(crate) fn network(text: &[u8]) -> Result<Network, OptionsError> {
    match text {
        b"" => Ok(Network::Open),
        b"none" => Ok(Network::Closed),
        other => Err(OptionsError::Network { text: printable(other) }),
    }
}

/// Reads the key `timeout`; empty means that there is none.
pub(crate) fn timeout(text: &[u8]) -> Result<Option<Duration>, OptionsError> {
    if text.is_empty() {
        return Ok(None);
    }
    let error = |reason| OptionsError::Timeout { text: printable(text), reason };
    let text = std::str::from_utf8(text).map_err(|_| error("not UTF-8".to_owned()))?;
    parse_duration(text).map(Some).map_err(|err| error(err.to_string()))
}

/// Reads the key `moved`; empty means that a value may move.
pub(crate) fn moved(text: &[u8]) -> Result<MovedValue, OptionsError> {
    match text {
        b"" | b"accept" => Ok(MovedValue::Accepted),
        b"reject" => Ok(MovedValue::Rejected),
        _ => Err(OptionsError::Moved { text: printable(text) }),
    }
}

/// Reads the key `spread`, a command line that is split into words as a shell does it; empty means that there is none.
pub(crate) fn command(text: &[u8]) -> Result<Vec<String>, OptionsError> {
    let error = |reason: &str| OptionsError::Spread { text: printable(text), reason: reason.to_owned() };
    let text = std::str::from_utf8(text).map_err(|_| error("not UTF-8"))?;
    let words = shell_words::split(text).map_err(|_| error("a quote is not closed"))?;
    const OPERATORS: [&str; 7] = ["|", "||", "&", "&&", ";", ">", "<"];
    if words.iter().any(|word| OPERATORS.contains(&word.as_str())) {
        return Err(error("it is one command, and no shell is there for anything else"));
    }
    if words.first().is_some_and(|word| word.contains('=')) {
        return Err(error("it begins with a variable, and no shell is there to set it; put env in front"));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(message: &str) -> Settings {
        Settings { message: message.into(), extractor_is_set: true, ..Settings::default() }
    }

    #[test]
    fn good_settings_make_a_plan() {
        let plan = settings("New snap ").plan().unwrap();
        assert_eq!(plan.message.as_str(), "New snap ");
        assert_eq!(plan.pattern.value_in(b"New snap  (5)"), Some(&b"5"[..]));
        assert_eq!((plan.manual, plan.tree, plan.timeout), (false, false, None));
        let full = Settings {
            message_pattern: "Old|New".into(),
            manual: "true".into(),
            tree: "true".into(),
            timeout: "1m 30s".into(),
            ..settings("New")
        };
        let plan = full.plan().unwrap();
        assert_eq!(plan.pattern.value_in(b"Old (5)"), Some(&b"5"[..]));
        assert_eq!((plan.manual, plan.tree, plan.timeout), (true, true, Some(Duration::from_secs(90))));
        assert!(!Settings { manual: "false".into(), ..settings("x") }.plan().unwrap().manual);
    }

    #[test]
    fn a_command_is_split_like_in_a_shell() {
        assert_eq!(command(b"spread -v 'a b':c").unwrap(), ["spread", "-v", "a b:c"]);
        assert_eq!(command(b" ").unwrap(), [""; 0]);
        let error = command(b"spread 'a").unwrap_err().to_string();
        assert_eq!(error, "spread is \"spread 'a\": a quote is not closed");
        for bad in ["spread -v | tee x", "A=1 spread", "spread && x", "spread > x"] {
            assert!(command(bad.as_bytes()).unwrap_err().to_string().contains("no shell"), "{bad}");
        }
        assert_eq!(command(b"env A=1 spread a=b").unwrap(), ["env", "A=1", "spread", "a=b"]);
    }

    #[test]
    fn every_error_is_one_clear_line() {
        let cases = [
            (settings(""), "the options set no message"),
            (Settings { extractor_is_set: false, ..settings("a") }, "the options set no pattern_extractor"),
            (settings("a\nb"), "the message has more than one line"),
            (
                Settings { message_pattern: "a(".into(), ..settings("a") },
                "the message_pattern does not compile: unclosed group",
            ),
            (Settings { message_pattern: b"\xff"[..].into(), ..settings("a") }, "the message_pattern is not UTF-8"),
            (
                Settings { message_pattern: "b".into(), ..settings("a") },
                "the message_pattern does not match the message, so that every poll would record the value again",
            ),
            (
                Settings { manual: "yes\n".into(), ..settings("a") },
                "manual is \"yes\"; it has to be \"true\" or \"false\"",
            ),
            (Settings { tree: "1".into(), ..settings("a") }, "tree is \"1\"; it has to be \"true\" or \"false\""),
            (
                Settings { timeout: "soon\nor later".into(), ..settings("a") },
                "the timeout is \"soon or later\": expected a duration, for example 90s, 10m or 1h 30m",
            ),
        ];
        for (settings, expected) in cases {
            assert_eq!(settings.plan().unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn the_value_pattern_is_read_where_values_are_checked() {
        let read = |value_pattern: &[u8]| {
            let settings = Settings { value_pattern: value_pattern.into(), ..settings("a") };
            assert!(settings.plan().is_ok());
            settings.value_pattern().map(|pattern| pattern.is_some()).map_err(|error| error.to_string())
        };
        assert_eq!(read(b""), Ok(false));
        assert_eq!(read(b"[0-9]+"), Ok(true));
        assert_eq!(read(b"a("), Err("the value_pattern does not compile: unclosed group".to_owned()));
        assert_eq!(read(b"a\xff"), Err("the value_pattern is not UTF-8".to_owned()));
    }
}
