//! Message patterns: whether one can reach into the value, and a new one for messages that were reworded.

use std::collections::HashMap;

use gix::bstr::{BString, ByteSlice};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::super::message::MessagePattern;
use super::super::value::is_unclean;

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
pub(super) fn repeated_texts(subjects: &[BString]) -> Vec<(&str, usize)> {
    const AT_MOST: usize = 4;
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (age, subject) in subjects.iter().enumerate() {
        let Some(text) = message_text(subject) else { continue };
        counts.entry(text).or_insert((age, 0)).1 += 1;
    }
    let mut texts: Vec<_> = counts.into_iter().filter(|(_, (_, count))| *count > 1).collect();
    texts.sort_by_key(|(_, (age, _))| *age);
    texts.into_iter().take(AT_MOST).map(|(text, (_, count))| (text, count)).collect()
}

/// `TEXT` of a subject that looks like `TEXT (VALUE)`.
fn message_text(subject: &BString) -> Option<&str> {
    let (text, value) = subject.to_str().ok()?.strip_suffix(')')?.rsplit_once(" (")?;
    // `(#123)` is how a forge names a pull request.
    let is_value = !value.is_empty() && !value.starts_with('#') && !value.contains(['(', ')']);
    (is_value && !text.trim().is_empty() && !text.contains(is_unclean)).then_some(text)
}

/// A pattern for all the `patterns` and all the `texts`, with what they have in common written once; none if it would
/// not find every text, reach into the value, or not be one clean line.
pub(super) fn suggest(patterns: &[&str], texts: &[&str]) -> Option<String> {
    let escaped: Vec<String> = texts.iter().map(|text| escape(text)).collect();
    let mut all: Vec<&str> = patterns.to_vec();
    all.extend(escaped.iter().map(String::as_str));
    // The words of a pattern may lie inside of a group, so only texts are factored.
    let factored = if patterns.is_empty() { factor(&escaped) } else { None };
    let plain = all.join("|");
    factored.into_iter().chain([plain]).find(|suggestion| {
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
