//! Options files: read without executing anything, checked, and written.
//!
//! The parser owns what can be known of a file without a shell. It knows assignments; whatever else a file does makes
//! it *opaque* from there on. It must never call a text known that a shell would read differently.

mod assign;
pub(super) mod launch;
mod parser;
mod settings;
mod words;
mod write;

#[cfg(test)]
mod differential;

use std::borrow::Cow;

use gix::bstr::{BString, ByteSlice};

pub(crate) use assign::{AssignError, assign};
pub(crate) use launch::LaunchSettings;
pub(crate) use settings::{Declared, OptionsError, Plan, Settings, timeout, value_pattern};
pub(crate) use settings::{command, moved};
pub(super) use settings::{flag, network, pattern};
pub(crate) use write::{quote, write_assignments, write_env, write_options};

use crate::core::declared::{Assigned, Declaration, DeclarationError, SOURCE, WantedValue};
use crate::core::dependencies::followed;
use crate::core::isolation::Network;
use crate::core::message::{Message, MessagePattern};
use crate::core::result::MovedValue;
use words::{Reader, Stop, is_name_byte};

/// Options files are short; a longer file is a mistake, or not an options file.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// A variable of the options file that has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    PatternExtractor,
    Message,
    MessagePattern,
    ValuePattern,
    Manual,
    Tree,
    Timeout,
    Pipefail,
    Network,
    TargetRepo,
    TargetRef,
    Spread,
    Junit,
    Attempts,
    MaxFailed,
    LaunchTimeout,
    Moved,
}

impl Key {
    pub(crate) const ALL: [Key; 17] = [
        Key::PatternExtractor,
        Key::Message,
        Key::MessagePattern,
        Key::ValuePattern,
        Key::Manual,
        Key::Tree,
        Key::Timeout,
        Key::Pipefail,
        Key::Network,
        Key::TargetRepo,
        Key::TargetRef,
        Key::Spread,
        Key::Junit,
        Key::Attempts,
        Key::MaxFailed,
        Key::LaunchTimeout,
        Key::Moved,
    ];

    /// What the options say of a launch.
    pub(crate) const OF_LAUNCHES: [Key; 7] =
        [Key::TargetRepo, Key::TargetRef, Key::Spread, Key::Junit, Key::Attempts, Key::MaxFailed, Key::LaunchTimeout];

    /// The name of the variable.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Key::PatternExtractor => "pattern_extractor",
            Key::Message => "message",
            Key::MessagePattern => "message_pattern",
            Key::ValuePattern => "value_pattern",
            Key::Manual => "manual",
            Key::Tree => "tree",
            Key::Timeout => "timeout",
            Key::Pipefail => "pipefail",
            Key::Network => "network",
            Key::TargetRepo => "target_repo",
            Key::TargetRef => "target_ref",
            Key::Spread => "spread",
            Key::Junit => "junit",
            Key::Attempts => "attempts",
            Key::MaxFailed => "max_failed",
            Key::LaunchTimeout => "launch_timeout",
            Key::Moved => "moved",
        }
    }

    pub(crate) fn of(name: &[u8]) -> Option<Key> {
        Key::ALL.into_iter().find(|key| key.name().as_bytes() == name)
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The keys whose names stand in `text`, as a set of [`Key::bit`].
    fn mentioned_in(text: &[u8]) -> u32 {
        text.split(|byte| !is_name_byte(*byte)).filter_map(Key::of).fold(0, |set, key| set | key.bit())
    }
}

/// What a file says about a key.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) enum Setting {
    #[default]
    Absent,
    /// The text that a shell would give to the variable.
    Known(BString),
    /// Only a shell can tell; this is the source of the word.
    NeedsShell(BString),
}

/// What an options file says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Options {
    settings: [Setting; Key::ALL.len()],
    lines: [Option<usize>; Key::ALL.len()],
    others: Vec<(String, Setting, usize)>,
    opaque_at: Option<usize>,
    declaration: Option<Result<Declaration, DeclarationError>>,
}

/// The text as the shell gets it: files that were written on Windows work like any other.
pub(crate) fn normalize(text: &[u8]) -> Cow<'_, [u8]> {
    match text.find_byte(b'\r') {
        Some(_) => Cow::Owned(text.iter().copied().filter(|byte| *byte != b'\r').collect()),
        None => Cow::Borrowed(text),
    }
}

/// The key that `name` is probably a misspelling of; none for a key itself, or for a name that is like no key.
pub(crate) fn near_miss(name: &str) -> Option<Key> {
    let lower = name.to_ascii_lowercase();
    let edits = |key: &Key| strsim::osa_distance(&lower, key.name());
    let key = Key::ALL.into_iter().min_by_key(edits)?;
    let tolerance = if key.name().len() > 5 { 2 } else { 1 };
    (key.name() != name && edits(&key) <= tolerance).then_some(key)
}

/// The text of a shell word without its quotes; expansions stay as they are written. For guesses only.
pub(crate) fn unquoted(source: &[u8]) -> BString {
    let mut reader = Reader::new(source);
    match reader.word(false) {
        Ok(word) if reader.at == source.len() => word.value.into(),
        Ok(_) | Err(Stop::Command | Stop::Unclear) => source.into(),
    }
}

/// The lines on which commands begin, from there to the end of the line, with their numbers. Stops where only a shell can tell where
/// a command ends.
pub(crate) fn commands(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut reader = Reader::new(text);
    let mut line = 1;
    std::iter::from_fn(move || {
        loop {
            reader.skip_blanks();
            match reader.peek()? {
                b'\n' => (reader.at, line) = (reader.at + 1, line + 1),
                b'#' => reader.skip_comment(),
                _ => break,
            }
        }
        let start = reader.at;
        let rest = &text[start..];
        let found = (line, rest.lines().next().unwrap_or_default());
        while reader.peek().is_some_and(|byte| byte != b'\n') {
            // Operators and parentheses are no words, and of no interest here.
            if reader.word(false).is_err() {
                reader.at = text.len();
            } else if reader.peek().is_some_and(|byte| byte != b'\n') {
                reader.at += 1;
            }
        }
        reader.at = reader.at.min(text.len());
        line += text[start..reader.at].iter().filter(|byte| **byte == b'\n').count();
        Some(found)
    })
}

/// The length of the shell word at the beginning of a text, if the word is complete.
fn word_len(text: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(text);
    reader.word(false).is_ok().then_some(reader.at)
}

impl Options {
    /// What it means that a value moves while its suite runs. Where only a shell can tell, no value is green that may not be.
    pub(crate) fn moved(&self) -> MovedValue {
        match self.get(Key::Moved) {
            Setting::Absent => MovedValue::Accepted,
            Setting::Known(text) => moved(text).unwrap_or(MovedValue::Rejected),
            Setting::NeedsShell(_) => MovedValue::Rejected,
        }
    }

    /// Whether the value changes with time alone: the source is a clock, or the options, whose text this is, ask for the date.
    pub(crate) fn follow_time(&self, text: &[u8]) -> bool {
        let is_clock = |declared: Result<&Declaration, &DeclarationError>| {
            declared.is_ok_and(|declaration| matches!(declaration.wanted, WantedValue::Clock(_)))
        };
        let asks_for_date = text.split(|byte| !is_name_byte(*byte) && *byte != b'-').any(|word| word == b"date");
        self.declaration().is_some_and(is_clock) || asks_for_date
    }

    /// Whether the extractor may use the network, which has to be known before a shell reads the options. What only a shell
    /// knows is taken for a no.
    ///
    /// # Errors
    ///
    /// There is no such value.
    pub(crate) fn network(&self) -> Result<Network, OptionsError> {
        match self.get(Key::Network) {
            Setting::Absent => Ok(Network::Open),
            Setting::Known(text) => network(text),
            Setting::NeedsShell(_) => Ok(Network::Closed),
        }
    }

    /// Reads the text of a file.
    pub(crate) fn parse(text: &[u8]) -> Options {
        let text = normalize(text);
        let mut options = parser::parse(&text);
        options.declare();
        options
    }

    /// Reads what is declared, and puts what its keys are into the message.
    fn declare(&mut self) {
        if self.others.iter().all(|(name, ..)| name != SOURCE) {
            return;
        }
        let declared = self.read_declaration().and_then(|declaration| {
            let Some(message) = self.known(Key::Message).and_then(|text| text.to_str().ok()) else {
                return Ok((declaration, None));
            };
            let message = declaration.expand(message)?;
            Ok((declaration, Some(message)))
        });
        self.declaration = Some(declared.map(|(declaration, message)| {
            if let (Some(message), Setting::Known(text)) = (message, &mut self.settings[Key::Message as usize]) {
                *text = message.into();
            }
            declaration
        }));
    }

    fn read_declaration(&self) -> Result<Declaration, DeclarationError> {
        match self.get(Key::PatternExtractor) {
            Setting::Known(text) if text.is_empty() => {}
            Setting::Absent => {}
            Setting::Known(_) | Setting::NeedsShell(_) => return Err(DeclarationError::BesideExtractor),
        }
        let needs_shell = |key: &Key| matches!(self.get(*key), Setting::NeedsShell(_));
        let unknown = Key::ALL.into_iter().find(needs_shell).and_then(|key| self.line_of(key)).or(self.opaque_at);
        if let Some(line) = unknown {
            return Err(DeclarationError::NeedsShell { line });
        }
        let assigned: Vec<Assigned<'_>> = self
            .others
            .iter()
            .map(|(name, setting, line)| {
                let text = match setting {
                    Setting::Known(text) => Some(text.as_slice()),
                    Setting::Absent | Setting::NeedsShell(_) => None,
                };
                Assigned { name, text, line: *line }
            })
            .collect();
        Declaration::read(&assigned)
    }

    /// What the options declare, if they declare anything.
    pub(crate) fn declaration(&self) -> Option<Result<&Declaration, &DeclarationError>> {
        self.declaration.as_ref().map(Result::as_ref)
    }

    pub(crate) fn get(&self, key: Key) -> &Setting {
        &self.settings[key as usize]
    }

    /// The line on which the key was set last, or on which it is mentioned where only a shell can tell.
    pub(crate) fn line_of(&self, key: Key) -> Option<usize> {
        self.lines[key as usize]
    }

    /// Whether the file does more than assign variables. What is known of it is then a good guess.
    pub(crate) fn is_opaque(&self) -> bool {
        self.opaque_at.is_some()
    }

    /// The line of the first thing that is not an assignment.
    pub(crate) fn opaque_at(&self) -> Option<usize> {
        self.opaque_at
    }

    /// The other variables that are assigned, with their lines.
    pub(crate) fn other_keys(&self) -> impl Iterator<Item = (&str, usize)> {
        self.others.iter().map(|(name, _, line)| (name.as_str(), *line))
    }

    /// What the file says of any variable, key or not, and on which line.
    pub(crate) fn variable(&self, name: &str) -> (&Setting, Option<usize>) {
        if let Some(key) = Key::of(name.as_bytes()) {
            return (self.get(key), self.line_of(key));
        }
        let found = self.others.iter().rev().find(|(known, ..)| known == name);
        found.map_or((&Setting::Absent, None), |(_, setting, line)| (setting, Some(*line)))
    }

    /// The names of all variables that are assigned, the keys first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let keys =
            Key::ALL.into_iter().filter(|key| *self.get(*key) != Setting::Absent).map(|key| -> &str { key.name() });
        keys.chain(self.others.iter().map(|(name, ..)| name.as_str()))
    }

    /// The text of the key, if a shell is not needed to know it. Absent and empty mean the same.
    pub(crate) fn known(&self, key: Key) -> Option<&[u8]> {
        match self.get(key) {
            Setting::Absent => Some(b""),
            Setting::Known(text) => Some(text),
            Setting::NeedsShell(_) => None,
        }
    }

    /// What a shell would report, if that is certain without one.
    ///
    /// This assumes that command substitutions have no syntax errors; `lint` asks the shell about these.
    pub(crate) fn settings(&self) -> Option<Settings> {
        let declared = match &self.declaration {
            None => Declared::Nothing,
            Some(Ok(_)) => Declared::Source,
            Some(Err(err)) => {
                return Some(Settings { declared: Declared::Useless(err.clone()), ..Settings::default() });
            }
        };
        if self.is_opaque() {
            return None;
        }
        let known = |key| self.known(key).map(BString::from);
        Some(Settings {
            message: known(Key::Message)?,
            message_pattern: known(Key::MessagePattern)?,
            value_pattern: known(Key::ValuePattern)?,
            manual: known(Key::Manual)?,
            tree: known(Key::Tree)?,
            timeout: known(Key::Timeout)?,
            pipefail: known(Key::Pipefail)?,
            extractor_is_set: self.known(Key::PatternExtractor).is_none_or(|text| !text.is_empty()),
            declared,
        })
    }

    /// The resources whose green values the extractor asks for, as far as its text and the variables tell.
    pub(crate) fn follows(&self) -> Vec<String> {
        if let Some(Ok(Declaration { wanted: WantedValue::After { resource }, .. })) = &self.declaration {
            return vec![resource.clone()];
        }
        let known = |name: &str| match self.variable(name).0 {
            // What is executed may set any variable to something else.
            Setting::Known(text) if !self.is_opaque() => text.to_str().ok().map(str::to_owned),
            Setting::Known(_) | Setting::NeedsShell(_) | Setting::Absent => None,
        };
        match self.get(Key::PatternExtractor) {
            Setting::Known(text) => followed(text, known),
            Setting::NeedsShell(source) => followed(&unquoted(source), known),
            Setting::Absent => Vec::new(),
        }
    }

    /// What finds the state commits of the branch, as far as it can be known without a shell.
    ///
    /// # Errors
    ///
    /// The options cannot be used, or only a shell can tell.
    pub(crate) fn history_pattern(&self) -> Result<MessagePattern, OptionsError> {
        let known = |key| self.known(key).ok_or(OptionsError::NeedsShell(key));
        if let Some(pattern) = settings::pattern(known(Key::MessagePattern)?)? {
            return Ok(pattern);
        }
        if let Some(Err(err)) = &self.declaration
            && self.known(Key::Message).is_some_and(|message| message.contains(&b'{'))
        {
            return Err(OptionsError::Declaration(err.clone()));
        }
        match known(Key::Message)? {
            b"" if self.is_opaque() => Err(OptionsError::NeedsShell(Key::Message)),
            b"" => Err(OptionsError::Missing(Key::Message)),
            text => Message::new(text).map(MessagePattern::Literal).map_err(OptionsError::Message),
        }
    }

    fn set(&mut self, key: Key, setting: Setting, line: usize) {
        self.settings[key as usize] = setting;
        self.lines[key as usize] = Some(line);
    }
}

#[cfg(test)]
mod tests;
