//! Text of others, made safe to print: on a terminal, in a summary, in a JSON document.
//!
//! Owns which characters act on what shows them instead of being seen. Does not decide what may be recorded.

use std::fmt::Write as _;

/// Whether a character would break a line, a terminal or a CI file.
pub(crate) fn is_unclean(c: char) -> bool {
    // U+2028 and U+2029 end a line for JavaScript and for many viewers; the others turn the reading direction around.
    c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character cannot be seen: it has no width, or is blank without being white space.
///
/// Sources: the property Default_Ignorable_Code_Point of Unicode, and its blank letters.
pub(crate) fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an unseen character belongs to how a visible one is written: emoji, and words of Persian or Hindi.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Whether a character has to be made visible where people read it.
fn is_shown_by_number(c: char) -> bool {
    is_unclean(c) || (is_unseen(c) && !is_joiner(c))
}

/// `bytes` as text that is safe to print on one line: control characters replaced, white space folded.
pub(crate) fn printable(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().map(|c| if is_unclean(c) { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text with every character that cannot be seen, or that would act on a terminal, as `<U+001B>`.
pub(crate) fn visible(text: &str) -> String {
    numbered(text, is_shown_by_number)
}

/// The same for a text that may have several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    numbered(text, |c| is_shown_by_number(c) && !matches!(c, '\n' | '\t'))
}

fn numbered(text: &str, is_meant: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match is_meant(c) {
            true => {
                let _ = write!(shown, "<{}>", number(c));
            }
            false => shown.push(c),
        }
    }
    shown
}

/// `U+001B`.
pub(crate) fn number(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

/// The text, or its beginning if it is long.
pub(crate) fn shortened(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A JSON document in which every such character is escaped. Means the same.
pub(crate) fn escaped_json(document: String) -> String {
    let is_meant = |c: char| is_unclean(c) || is_unseen(c);
    // Only strings hold anything but printable ASCII.
    if !document.contains(is_meant) {
        return document;
    }
    let mut escaped = String::with_capacity(document.len() + 64);
    for c in document.chars() {
        if is_meant(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_or_is_unseen_is_shown_by_its_number() {
        for (text, shown) in [
            ("5", "5"),
            ("zażółć 漢字 ❤️ 👩‍💻", "zażółć 漢字 ❤️ 👩‍💻"),
            ("1\u{1b}]0;x\u{7}", "1<U+001B>]0;x<U+0007>"),
            ("a\u{9b}2Jb\u{7f}", "a<U+009B>2Jb<U+007F>"),
            ("a\tb\nc\0", "a<U+0009>b<U+000A>c<U+0000>"),
            ("5\u{200b}\u{feff}", "5<U+200B><U+FEFF>"),
            ("a\u{202e}b\u{2066}\u{200f}", "a<U+202E>b<U+2066><U+200F>"),
            ("x\u{e0041}", "x<U+E0041>"),
        ] {
            assert_eq!(visible(text), shown);
        }
        assert_eq!(visible_lines("a\tb\nc\u{1b}"), "a\tb\nc<U+001B>");
    }

    #[test]
    fn json_means_the_same_and_has_nothing_raw() {
        for text in ["5", "zażółć", "a\u{9b}b\u{7f}", "\u{202e}x\u{200b}", "\u{e0041}\u{1b}\0\n"] {
            let document = serde_json::to_string(&[text]).unwrap();
            let escaped = escaped_json(document.clone());
            assert_eq!(serde_json::from_str::<[String; 1]>(&escaped).unwrap(), [text]);
            assert!(!escaped.contains(is_unclean) && !escaped.contains(is_unseen), "{escaped}");
        }
    }

    #[test]
    fn long_texts_are_shortened() {
        assert_eq!([3, 2, 1].map(|most| shortened("żab".to_owned(), most)), ["żab", "ż…", "…"]);
    }
}
