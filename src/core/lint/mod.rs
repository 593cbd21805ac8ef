//! The checks of `lint`: what is wrong with the options of a resource, from texts that the caller gathered.
//!
//! Nothing is executed here, and nothing is reported twice: a check says nothing about a part that another check found broken.

mod command;
mod declared;
mod files;
mod forms;
mod hostile;
mod paths;
mod propose;
mod surroundings;
mod together;

#[cfg(test)]
mod tests;

use gix::bstr::{BStr, ByteSlice};

use super::documents::{Finding, Severity};
use super::message::{Message, MessageError};
use super::name::ResourceName;
use super::options::{self, Key, Options, Setting, near_miss, quote};
use super::rewording::{self, Rewording, Subject};
use super::value::printable;

pub(crate) use paths::absolute_paths;
pub(crate) use together::{Claim, Follower, collisions, followers, starting_on_push};

/// What `lint` looks at for one resource.
#[derive(Clone, Debug)]
pub(crate) struct LintSubject<'a> {
    pub(crate) name: &'a ResourceName,
    /// The path of the options file in the tree.
    pub(crate) path: &'a str,
    /// The text of the options file, or why it cannot be read.
    pub(crate) options: Result<&'a [u8], String>,
    /// What the shell says of the syntax, if it is wrong.
    pub(crate) syntax_error: Option<String>,
    /// The files in the resource directory, relative to it, without the options file.
    pub(crate) files: &'a [String],
    /// The variables that the user passes to extractors.
    pub(crate) pass_env: &'a [String],
    /// The name of the shell of polls, if a pipeline in it fails only with its last part.
    pub(crate) shell_without_pipefail: Option<&'a str>,
    /// The newest subjects of the first-parent history that the message, or its pattern, does not match, newest first.
    pub(crate) subjects: &'a [Subject],
    /// Whether the message, or its pattern, finds a value in the history.
    pub(crate) matched: bool,
    /// The paths in the extractor that it may not read where it is isolated.
    pub(crate) out_of_reach: &'a [String],
}

/// The checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    UnreadableOptions,
    WrongForm,
    SyntaxError,
    MissingKey,
    UnknownKey,
    BadSource,
    CouldBeDeclared,
    BadMessage,
    SkipWord,
    BadPattern,
    GreedyPattern,
    BadValue,
    RewordedMessage,
    MessageCollision,
    NeedsTree,
    OutOfReach,
    UnseenVariable,
    HiddenFailure,
    TimeZone,
    NeedsShell,
    FollowCycle,
    FollowUnknown,
    StartsOnPush,
    UncheckedValue,
}

/// The code of every check, how much its findings matter, and what it looks for: the list in the manual page.
#[cfg(test)]
pub(crate) const CODES: &[(&str, Severity, &str)] = &[
    Check::UnreadableOptions.entry(),
    Check::WrongForm.entry(),
    Check::SyntaxError.entry(),
    Check::MissingKey.entry(),
    Check::UnknownKey.entry(),
    Check::BadSource.entry(),
    Check::CouldBeDeclared.entry(),
    Check::BadMessage.entry(),
    Check::SkipWord.entry(),
    Check::BadPattern.entry(),
    Check::GreedyPattern.entry(),
    Check::BadValue.entry(),
    Check::RewordedMessage.entry(),
    Check::MessageCollision.entry(),
    Check::NeedsTree.entry(),
    Check::OutOfReach.entry(),
    Check::UnseenVariable.entry(),
    Check::HiddenFailure.entry(),
    Check::TimeZone.entry(),
    Check::NeedsShell.entry(),
    Check::FollowCycle.entry(),
    Check::FollowUnknown.entry(),
    Check::StartsOnPush.entry(),
    Check::UncheckedValue.entry(),
];

impl Check {
    const fn entry(self) -> (&'static str, Severity, &'static str) {
        use Severity::{Error, Hint, Warning};
        match self {
            Check::UnreadableOptions => ("unreadable-options", Error, "the options are not a file that can be read"),
            Check::WrongForm => (
                "wrong-form",
                Error,
                "a line, or the file, is in a form that a shell does not read: message = x, message: x, curly quotes, a byte \
                 order mark, UTF-16, a Git LFS pointer; a warning where polls work all the same",
            ),
            Check::SyntaxError => ("syntax-error", Error, "the shell does not understand the options file"),
            Check::MissingKey => ("missing-key", Error, "the options set no message, or no pattern_extractor"),
            Check::UnknownKey => {
                ("unknown-key", Warning, "a name that is nearly that of a key; an error if that key is missing")
            }
            Check::CouldBeDeclared => {
                ("could-be-declared", Hint, "plain lines that a poll understands without a shell give the same values")
            }
            Check::BadSource => ("bad-source", Error, "the source that is declared cannot be asked"),
            Check::BadMessage => ("bad-message", Error, "the message is not one clean line of text"),
            Check::SkipWord => ("skip-word", Error, "the message has a word that makes CI systems skip the commit"),
            Check::BadPattern => {
                ("bad-pattern", Error, "a pattern does not compile, or the message_pattern does not match the message")
            }
            Check::GreedyPattern => {
                ("greedy-pattern", Error, "the message_pattern can swallow the parentheses of the value")
            }
            Check::BadValue => {
                ("bad-value", Error, "a key such as manual, timeout or spread has a value that is not allowed")
            }
            Check::RewordedMessage => (
                "reworded-message",
                Warning,
                "the message matches nothing in a history that has state commits; an error if a poll recorded them, and a \
                     hint if the message matches newer ones",
            ),
            Check::MessageCollision => ("message-collision", Warning, "another resource writes the same message"),
            Check::NeedsTree => {
                ("needs-tree", Warning, "the extractor names a file of the branch, and tree is not \"true\"")
            }
            Check::OutOfReach => {
                ("out-of-reach", Warning, "the extractor names a path that an isolated extractor cannot read")
            }
            Check::UnseenVariable => (
                "unseen-variable",
                Warning,
                "the extractor uses a variable that the options do not set, and that it does not see",
            ),
            Check::HiddenFailure => {
                ("hidden-failure", Warning, "the extractor is a pipeline, and the shell of the poll has no pipefail")
            }
            Check::TimeZone => {
                ("time-zone", Hint, "the extractor asks for the time, and the options set no TZ; it is UTC")
            }
            Check::NeedsShell => {
                ("needs-shell", Warning, "only a shell can know the message, so its history cannot be checked")
            }
            Check::FollowCycle => {
                ("follow-circle", Error, "extractors that ask for each other's green value, in a cycle")
            }
            Check::FollowUnknown => {
                ("follow-unknown", Error, "the extractor asks for the green value of a name that is not a resource")
            }
            Check::StartsOnPush => (
                "starts-on-push",
                Warning,
                "a file of another CI system or a workflow that starts for each push to the branch",
            ),
            Check::UncheckedValue => (
                "unchecked-value",
                Warning,
                "spread is launched with a value that can be any text, which spread puts into scripts as it is",
            ),
        }
    }

    fn finding(self, name: &ResourceName, path: &str, line: Option<usize>, reason: &str, help: String) -> Finding {
        let (code, severity, _) = self.entry();
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let message = format!("{path}{line}: {reason}");
        Finding { resource: name.to_string(), code: code.to_owned(), severity, message, help }
    }
}

/// Whether code in the file could assign a variable whose name does not stand there.
fn may_set_anything(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 8] = [b".", b"source", b"eval", b"declare", b"typeset", b"export", b"read", b"printf"];
    text.split(|byte| byte.is_ascii_whitespace() || b";&|(){}!".contains(byte)).any(|word| WORDS.contains(&word))
}

/// How to mend an expression that does not compile.
const EXPRESSION_HELP: &str = "write a regular expression, with a backslash before each of these that is meant \
                               literally: . + * ? ( ) [ ] { } | ^ $ \\";

/// Checks one resource.
pub(crate) fn lint(subject: &LintSubject<'_>) -> Vec<Finding> {
    let mut report = Report { subject, findings: Vec::new() };
    match &subject.options {
        Err(reason) => {
            let help = format!("make {} a plain text file of shell assignments", subject.path);
            report.add(Check::UnreadableOptions, None, &printable(reason.as_bytes()), help);
        }
        Ok(text) => report.check(text, &Options::parse(text)),
    }
    report.findings
}

struct Report<'a> {
    subject: &'a LintSubject<'a>,
    findings: Vec<Finding>,
}

impl Report<'_> {
    fn add(&mut self, check: Check, line: Option<usize>, reason: &str, help: impl Into<String>) {
        self.findings.push(check.finding(self.subject.name, self.subject.path, line, reason, help.into()));
    }

    fn check(&mut self, text: &[u8], options: &Options) {
        if let Some(error) = &self.subject.syntax_error {
            let help = format!("close every quote and bracket; `bash -n {}` shows the error", self.subject.path);
            self.add(Check::SyntaxError, None, &printable(error.as_bytes()), help);
        }
        let forms = forms::find(text);
        for form in &forms {
            self.add(Check::WrongForm, form.line, &form.reason, form.help.as_str());
            if let Some(finding) = self.findings.last_mut() {
                finding.severity = form.severity;
            }
        }
        // What is not a text of lines at all has nothing else to be said about it.
        if forms.iter().any(|form| form.line.is_none()) {
            return;
        }
        let is_in_form = |key: &Key| forms.iter().all(|form| form.key != Some(*key) && form.line != Some(1));
        let is_declared = self.declaration(options);
        for key in [Key::Message, Key::PatternExtractor].into_iter().filter(is_in_form) {
            if !is_declared || key == Key::Message {
                self.required(text, options, key);
            }
        }
        if !is_declared {
            self.near_misses(text, options);
            self.could_be_declared(options);
            for key in [Key::Message, Key::MessagePattern].into_iter().filter(is_in_form) {
                self.needs_shell(text, options, key);
            }
        }
        let message = self.message(options);
        let pattern_is_sound = self.pattern(options, message.as_ref());
        let of_polls =
            [Key::ValuePattern, Key::Manual, Key::Tree, Key::Timeout, Key::Network, Key::Pipefail, Key::Moved];
        for key in of_polls.into_iter().chain(Key::OF_LAUNCHES) {
            self.value(options, key);
        }
        if let Some(message) = message.filter(|_| pattern_is_sound) {
            self.reworded(options, &message);
        }
        self.surroundings(text, options);
        self.out_of_reach(options);
        self.unchecked_value(options);
    }

    fn unchecked_value(&mut self, options: &Options) {
        let is_checked = !matches!(options.get(Key::ValuePattern), Setting::Absent)
            && options.known(Key::ValuePattern).is_none_or(|text| !text.is_empty());
        if is_checked || !hostile::launches_spread(options, self.subject.files) || hostile::has_safe_form(options) {
            return;
        }
        let line = options.line_of(Key::PatternExtractor);
        let reason = "the value can be any text, and spread puts it into the scripts that it runs as it is";
        let help = "say which values are good, such as value_pattern=\"[0-9A-Za-z.:~+-]+\"";
        self.add(Check::UncheckedValue, line, reason, help);
    }

    fn required(&mut self, text: &[u8], options: &Options, key: Key) {
        let reason = match options.get(key) {
            Setting::Absent if !options.is_opaque() || !may_set_anything(text) => {
                format!("the options set no {}", key.name())
            }
            Setting::Known(text) if text.is_empty() => format!("{} is empty", key.name()),
            Setting::Absent | Setting::Known(_) | Setting::NeedsShell(_) => return,
        };
        let help = match key {
            Key::PatternExtractor => {
                "add the command that prints the value, such as pattern_extractor=\"date +%Y%m%d\""
            }
            Key::Message
            | Key::MessagePattern
            | Key::ValuePattern
            | Key::Manual
            | Key::Tree
            | Key::Timeout
            | Key::Pipefail
            | Key::Network
            | Key::TargetRepo
            | Key::TargetRef
            | Key::Spread
            | Key::Junit
            | Key::Attempts
            | Key::MaxFailed
            | Key::LaunchTimeout
            | Key::Moved => "add the text that state commits begin with, such as message=\"New snap in beta channel\"",
        };
        self.add(Check::MissingKey, options.line_of(key), &reason, help);
    }

    fn near_misses(&mut self, text: &[u8], options: &Options) {
        for (name, line) in options.other_keys() {
            let Some(key) = near_miss(name) else { continue };
            // A variable that the file uses itself has its purpose.
            let uses = [format!("${name}"), format!("${{{name}")];
            if uses.iter().any(|usage| text.contains_str(usage)) {
                continue;
            }
            let reason = format!("{name} has no meaning here; it looks like {}", key.name());
            self.add(Check::UnknownKey, Some(line), &reason, format!("call it {}", key.name()));
            let required = matches!(key, Key::Message | Key::PatternExtractor);
            if let (true, Setting::Absent, Some(finding)) = (required, options.get(key), self.findings.last_mut()) {
                finding.severity = Severity::Error;
            }
        }
    }

    fn needs_shell(&mut self, text: &[u8], options: &Options, key: Key) {
        let line = match options.get(key) {
            Setting::NeedsShell(_) => options.line_of(key),
            Setting::Absent if key == Key::Message && options.is_opaque() && may_set_anything(text) => {
                options.opaque_at()
            }
            Setting::Absent | Setting::Known(_) => return,
        };
        let reason = format!("only a shell can know the {}, so status, log and lint cannot look for it", key.name());
        self.add(Check::NeedsShell, line, &reason, format!("write {}=\"…\" as plain text", key.name()));
    }

    fn message(&mut self, options: &Options) -> Option<Message> {
        let text = options.known(Key::Message).filter(|text| !text.is_empty())?;
        let error = match Message::new(text) {
            Ok(message) => return Some(message),
            Err(error) => error,
        };
        let (check, help) = match &error {
            MessageError::SkipWord(word) => (Check::SkipWord, format!("take {word} out of the message")),
            MessageError::Empty
            | MessageError::NotUtf8
            | MessageError::ManyLines
            | MessageError::Control(_)
            | MessageError::TooLong(_) => {
                (Check::BadMessage, "write one short line of plain text: it begins the subject of commits".to_owned())
            }
        };
        self.add(check, options.line_of(Key::Message), &error.to_string(), help);
        None
    }

    /// Whether the pattern that finds the message in the history is known and sound.
    fn pattern(&mut self, options: &Options, message: Option<&Message>) -> bool {
        let Some(text) = options.known(Key::MessagePattern) else { return false };
        let line = options.line_of(Key::MessagePattern);
        let compiled = match options::pattern(text) {
            Ok(None) => return true,
            Ok(Some(pattern)) => pattern,
            Err(error) => {
                self.add(Check::BadPattern, line, &error.to_string(), EXPRESSION_HELP);
                return false;
            }
        };
        if rewording::can_swallow(&text.to_str_lossy()) {
            let reason = "the message_pattern can match an opening parenthesis, and so take a part of the value for a part of the message";
            self.add(Check::GreedyPattern, line, reason, "write [^()]* where it says .* or the like");
        }
        let Some(message) = message else { return true };
        if rewording::finds(&compiled, message.as_str()) {
            return true;
        }
        let reason = "the message_pattern does not match the message, so every poll would record the value anew";
        let help = match rewording::suggest(&[&text.to_str_lossy()], &[message.as_str()]) {
            Some(line) => format!("let it match both: message_pattern={}", quote(&line)),
            None => "add the present message to it, behind a |".to_owned(),
        };
        self.add(Check::BadPattern, line, reason, help);
        false
    }

    fn value(&mut self, options: &Options, key: Key) {
        let Some(text) = options.known(key) else { return };
        let (error, help) = match key {
            Key::ValuePattern => (options::value_pattern(text).err(), EXPRESSION_HELP),
            Key::Timeout => (options::timeout(text).err(), "write a duration, such as timeout=\"90s\""),
            Key::Network => (options::network(text).err(), "write network=\"none\", or remove the line"),
            Key::Manual | Key::Tree => (options::flag(key, text).err(), "write \"true\", or remove the line"),
            Key::Pipefail => (options::flag(key, text).err(), "write \"false\", or remove the line"),
            Key::Spread => {
                (options::launch::check(key, text), "quote it as a shell would, such as spread=\"spread -v qemu:\"")
            }
            Key::TargetRepo | Key::TargetRef => {
                (options::launch::check(key, text), "write what git clone takes, on one line")
            }
            Key::Attempts | Key::MaxFailed => {
                (options::launch::check(key, text), "write a number, such as attempts=\"3\"")
            }
            Key::Moved => (options::moved(text).err(), "write \"reject\", or remove the line"),
            Key::LaunchTimeout => {
                (options::launch::check(key, text), "write a duration, such as launch_timeout=\"6h\"")
            }
            Key::Junit => (options::launch::check(key, text), "write a path, such as junit=\"build/*.xml\""),
            Key::Message | Key::MessagePattern | Key::PatternExtractor => return,
        };
        let check = if key == Key::ValuePattern { Check::BadPattern } else { Check::BadValue };
        if let Some(error) = error {
            self.add(check, options.line_of(key), &error.to_string(), help);
        }
    }

    fn reworded(&mut self, options: &Options, message: &Message) {
        let pattern = match options.get(Key::MessagePattern) {
            Setting::Known(text) => text.to_str_lossy(),
            Setting::Absent | Setting::NeedsShell(_) => "".into(),
        };
        let line = options.line_of(Key::Message);
        let ours = self.subject.subjects.iter().filter(|subject| subject.is_our_state).map(text_of);
        let ours = Rewording::new(message, &pattern, ours);
        let old = rewording::repeated_texts(self.subject.subjects.iter().map(text_of));
        let texts: Vec<&str> = old.iter().map(|(text, _)| *text).collect();
        let count: usize = old.iter().map(|(_, count)| count).sum();
        let searched = if pattern.is_empty() { "message" } else { "message_pattern" };
        let help = |line: Option<String>| match line {
            Some(line) => format!("if they recorded the same thing, write {line}"),
            None => "if they recorded the same thing, set a message_pattern that matches both".to_owned(),
        };
        match (ours, texts.first(), self.subject.matched) {
            (None, None, _) => {}
            (Some(ours), _, false) => {
                let reason = format!("{}, and every poll fails", ours.what());
                let anew = format!("or begin anew: git spread-cron poll --first {}", self.subject.name);
                self.add(Check::RewordedMessage, line, &reason, format!("{}; {anew}", ours.help()));
                self.last_is(Severity::Error);
            }
            (None, Some(newest), false) => {
                let reason = format!(
                    "the {searched} matches no commit, but {count} look like state commits under another one, the newest being \
                     {newest:?}; the next poll would take its value for the first"
                );
                let pattern = rewording::joined(&pattern, &texts, message);
                self.add(Check::RewordedMessage, line, &reason, help(pattern));
            }
            (ours, _, true) => {
                let (newest, pattern) = match &ours {
                    Some(ours) => (ours.old.first().map(String::as_str), ours.pattern.clone()),
                    None => (texts.first().copied(), rewording::joined(&pattern, &texts, message)),
                };
                let Some(newest) = newest else { return };
                let reason =
                    format!("older values were recorded as {newest:?}, and the {searched} does not match them");
                self.add(Check::RewordedMessage, line, &reason, help(pattern));
                self.last_is(Severity::Hint);
            }
        }
    }

    /// Changes how much the last finding matters.
    fn last_is(&mut self, severity: Severity) {
        if let Some(finding) = self.findings.last_mut() {
            finding.severity = severity;
        }
    }
    fn out_of_reach(&mut self, options: &Options) {
        for path in self.subject.out_of_reach {
            let reason = format!("the extractor names {path:?}, which isolated extractors cannot reach");
            let temporary = match ["/tmp", "/var/tmp", "/dev/shm"].iter().any(|folder| path.starts_with(folder)) {
                true => "put temporary files into $TMPDIR; ",
                false => "",
            };
            let help = format!(
                "{temporary}to allow it on the machine that polls: git config --add spread-cron.extractorPath {path}"
            );
            self.add(Check::OutOfReach, options.line_of(Key::PatternExtractor), &reason, help);
        }
    }
}

fn text_of(subject: &Subject) -> &BStr {
    subject.text.as_bstr()
}
