//! Messages that were reworded: which ones a history holds, and a `message_pattern` that finds the values of all of them.

use std::collections::HashMap;
use std::fmt;

use gix::bstr::{BStr, BString, ByteSlice};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::message::{Message, MessagePattern};
use super::options::quote;
use super::text::is_unclean;

/// The most old messages that one pattern is made for.
const AT_MOST: usize = 4;

/// The subject of a commit, and whether it is a state commit that this program made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) text: BString,
    pub(crate) is_our_state: bool,
}

/// The message of a resource was reworded: its history holds values under other messages, and none under the present one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rewording {
    /// The messages before, newest first.
    pub(crate) old: Vec<String>,
    /// The line that mends it, if one can be written.
    pub(crate) pattern: Option<String>,
}

impl Rewording {
    /// What is known of a resource from the subjects of state commits, newest first, that neither its message nor its
    /// `message_pattern` matches.
    pub(crate) fn new<'a>(
        message: &Message,
        message_pattern: &str,
        subjects: impl IntoIterator<Item = &'a BStr>,
    ) -> Option<Self> {
        let mut old: Vec<String> = Vec::new();
        for text in subjects.into_iter().filter_map(message_of_ours) {
            if old.len() < AT_MOST && !old.iter().any(|known| known == text) {
                old.push(text.to_owned());
            }
        }
        if old.is_empty() {
            return None;
        }
        let texts: Vec<&str> = old.iter().map(String::as_str).collect();
        let pattern = joined(message_pattern, &texts, message);
        Some(Rewording { old, pattern })
    }

    /// What the history has.
    pub(crate) fn what(&self) -> String {
        let old: Vec<String> = self.old.iter().map(|text| format!("{text:?}")).collect();
        format!("the message was reworded: values were recorded as {} only", old.join(", "))
    }

    /// How to go on with the history.
    pub(crate) fn help(&self) -> String {
        match &self.pattern {
            Some(line) => format!("to go on from them, write {line}"),
            None => "to go on from them, set a message_pattern that matches both".to_owned(),
        }
    }
}

impl fmt::Display for Rewording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what(), self.help())
    }
}

/// Whether the pattern can match ` (`, which begins the value, by something else than these letters.
pub(super) fn can_swallow(pattern: &str) -> bool {
    let parsed = ParserBuilder::new().utf8(false).build().parse(pattern);
    parsed.is_ok_and(|hir| walk(&hir, false).swallows)
}

struct Reach {
    /// A class took an opening parenthesis behind a blank.
    swallows: bool,
    /// The text so far may end in a blank.
    blank: bool,
}

/// Goes through the pattern; `blank` says whether what comes before may end in a blank.
fn walk(hir: &Hir, blank: bool) -> Reach {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Reach { swallows: false, blank },
        HirKind::Literal(literal) => Reach { swallows: false, blank: literal.0.ends_with(b" ") },
        HirKind::Class(class) => Reach { swallows: blank && has(class, b'('), blank: has(class, b' ') },
        HirKind::Capture(capture) => walk(&capture.sub, blank),
        HirKind::Repetition(repetition) => {
            let once = walk(&repetition.sub, blank);
            let again = walk(&repetition.sub, once.blank);
            let may_be_nothing = repetition.min == 0;
            let may_repeat = repetition.max != Some(1);
            Reach {
                swallows: once.swallows || (may_repeat && again.swallows),
                blank: once.blank || (may_be_nothing && blank),
            }
        }
        HirKind::Concat(parts) => parts.iter().fold(Reach { swallows: false, blank }, |reach, part| {
            let next = walk(part, reach.blank);
            Reach { swallows: reach.swallows || next.swallows, blank: next.blank }
        }),
        HirKind::Alternation(branches) => {
            branches.iter().map(|branch| walk(branch, blank)).fold(Reach { swallows: false, blank: false }, |a, b| {
                Reach { swallows: a.swallows || b.swallows, blank: a.blank || b.blank }
            })
        }
    }
}

fn has(class: &Class, byte: u8) -> bool {
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&char::from(byte)))
        }
        Class::Bytes(class) => class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&byte)),
    }
}

/// Whether the pattern finds the whole value of a state commit with this message.
pub(super) fn finds(pattern: &MessagePattern, message: &str) -> bool {
    pattern.value_in(format!("{message} (1)").as_bytes()) == Some(b"1")
}

/// The message texts that at least two of the subjects share, newest first, with their counts; a few at most.
pub(super) fn repeated_texts<'a>(subjects: impl IntoIterator<Item = &'a BStr>) -> Vec<(&'a str, usize)> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (age, subject) in subjects.into_iter().enumerate() {
        let Some(text) = message_text(subject) else { continue };
        counts.entry(text).or_insert((age, 0)).1 += 1;
    }
    let mut texts: Vec<_> = counts.into_iter().filter(|(_, (_, count))| *count > 1).collect();
    texts.sort_by_key(|(_, (age, _))| *age);
    texts.into_iter().take(AT_MOST).map(|(text, (_, count))| (text, count)).collect()
}

/// `TEXT` of a subject that looks like `TEXT (VALUE)`.
fn message_text(subject: &BStr) -> Option<&str> {
    let (text, value) = subject.to_str().ok()?.strip_suffix(')')?.rsplit_once(" (")?;
    // `(#123)` is how a forge names a pull request.
    let is_value = !value.is_empty() && !value.starts_with('#') && !value.contains(['(', ')']);
    (is_value && !text.trim().is_empty() && !text.contains(is_unclean)).then_some(text)
}

/// `MESSAGE` of a subject that is `MESSAGE (VALUE)` for certain. Both may have parentheses: those of the value are taken
/// to be in pairs, and where they are not, the message to have none.
fn message_of_ours(subject: &BStr) -> Option<&str> {
    let text = subject.to_str().ok().filter(|text| text.ends_with(')'))?;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' if depth > 1 => depth -= 1,
            '(' => return text[..at].strip_suffix(' ').or_else(|| first_part(text)),
            _ => {}
        }
    }
    first_part(text)
}

fn first_part(text: &str) -> Option<&str> {
    text.split_once(" (").map(|(message, _)| message)
}

/// The line with a pattern for what `message_pattern` matches, if there is one, for the old texts and for the message.
pub(super) fn joined(message_pattern: &str, old: &[&str], message: &Message) -> Option<String> {
    let patterns: &[&str] = if message_pattern.is_empty() { &[] } else { &[message_pattern] };
    let texts: Vec<&str> = old.iter().copied().chain([message.as_str()]).collect();
    suggest(patterns, &texts).map(|pattern| format!("message_pattern={}", quote(&pattern)))
}

/// A pattern for all the `patterns` and all the `texts`, with what they have in common written once; none if it would
/// not find every text, reach into the value, or not be one clean line.
pub(super) fn suggest(patterns: &[&str], texts: &[&str]) -> Option<String> {
    let escaped: Vec<String> = texts.iter().map(|text| escape(text)).collect();
    // One that begins like another has to be tried before it: `New snap (amd64)` before `New snap`.
    let mut longest_first = escaped.clone();
    longest_first.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let alternatives = |texts: &[String]| {
        // The words of a pattern may lie inside of a group, so only texts are factored.
        let factored = if patterns.is_empty() { factor(texts) } else { None };
        let texts = texts.iter().map(String::as_str);
        let last = patterns.iter().copied().chain(texts.clone()).collect::<Vec<_>>().join("|");
        let first = texts.chain(patterns.iter().copied()).collect::<Vec<_>>().join("|");
        factored.into_iter().chain([last, first])
    };
    alternatives(&escaped).chain(alternatives(&longest_first)).find(|suggestion| {
        let finds_all = |pattern| texts.iter().all(|text| finds(&pattern, text));
        !suggestion.contains(is_unclean)
            && !can_swallow(suggestion)
            && MessagePattern::regex(suggestion).is_ok_and(finds_all)
    })
}

/// `BEGINNING (A|B) END`, where the texts share words at the beginning or at the end.
fn factor(texts: &[String]) -> Option<String> {
    let words: Vec<Vec<&str>> = texts.iter().map(|text| text.split(' ').collect()).collect();
    let first = words.first()?;
    // Every text keeps a word of its own, so that no alternative is empty.
    let spare = words.iter().map(Vec::len).min()?.checked_sub(1)?;
    let shared = |same: &dyn Fn(usize) -> bool, limit| (0..limit).take_while(|index| same(*index)).count();
    let head = shared(&|index| words.iter().all(|words| words[index] == first[index]), spare);
    let from_end = |words: &Vec<&str>, index: usize| words[words.len() - 1 - index].to_owned();
    let tail =
        shared(&|index| words.iter().all(|words| from_end(words, index) == from_end(first, index)), spare - head);
    if head + tail == 0 {
        return None;
    }
    let middles: Vec<String> = words.iter().map(|words| words[head..words.len() - tail].join(" ")).collect();
    let middle = format!("({})", middles.join("|"));
    let parts =
        first[..head].iter().copied().chain([middle.as_str()]).chain(first[first.len() - tail..].iter().copied());
    Some(parts.collect::<Vec<_>>().join(" "))
}

/// The text as a pattern, without the backslashes that only a class would need.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_state_commits() {
        for (subject, message) in [
            ("New snap (5)", Some("New snap")),
            ("New snap  (5)", Some("New snap ")),
            ("New snap (amd64) (5)", Some("New snap (amd64)")),
            ("New snap (2.0 (beta))", Some("New snap")),
            ("New snap (a) (b)", Some("New snap (a)")),
            ("New snap (5))", Some("New snap")),
            ("New snap (a(b)", Some("New snap")),
            ("New snap ()", Some("New snap")),
            ("New snap", None),
            ("New (snap) of today", None),
        ] {
            assert_eq!(message_of_ours(subject.into()), message, "{subject}");
        }
    }
}
