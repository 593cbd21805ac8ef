//! Secrets of a launch, and taking them out of what is kept of it. Pure.
//!
//! Looks for each whole secret, each long line of it, and its base64, which may be broken into lines anywhere; also as JSON has
//! them, and as one line.

use std::borrow::Cow;

use super::value::printable;

/// What stands in the place of a secret.
const REPLACEMENT: &[u8] = b"***";

/// A shorter line of a secret is not a secret by itself.
const MIN_LINE: usize = 8;

/// How many characters `base64` and `openssl` put on a line, for a text that shows only some of the lines.
const BASE64_LINES: [usize; 2] = [76, 64];

/// The texts that must not be kept.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Secrets {
    /// The longest first, as a short one may be a part of a long one.
    patterns: Vec<SecretPattern>,
    /// Which patterns begin with each byte.
    by_first: Vec<Vec<usize>>,
}

/// One way to write a secret.
#[derive(Clone, PartialEq, Eq)]
struct SecretPattern {
    text: Vec<u8>,
    breaks: LineBreaks,
}

/// Whether a text may be broken into lines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LineBreaks {
    Never,
    Anywhere,
}

/// How a text begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SecretMatch {
    Other,
    /// With the pattern, which takes so many bytes.
    Whole(usize),
    /// With its first part, and there the text ends.
    Partial,
}

/// Not the secrets themselves: this may end up in a message.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.patterns.len())
    }
}

impl SecretPattern {
    /// How `text` begins.
    fn at_start_of(&self, text: &[u8]) -> SecretMatch {
        if self.breaks == LineBreaks::Never {
            return match (text.starts_with(&self.text), self.text.starts_with(text)) {
                (true, _) => SecretMatch::Whole(self.text.len()),
                (false, true) => SecretMatch::Partial,
                (false, false) => SecretMatch::Other,
            };
        }
        let mut at = 0;
        for (index, byte) in self.text.iter().enumerate() {
            if index > 0 && matches!(text.get(at), Some(b'\n' | b'\r')) {
                at += text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            }
            match text.get(at) {
                None => return SecretMatch::Partial,
                Some(other) if other == byte => at += 1,
                Some(_) => return SecretMatch::Other,
            }
        }
        SecretMatch::Whole(at)
    }
}

impl Secrets {
    pub(crate) fn new<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut patterns: Vec<SecretPattern> = values.into_iter().flat_map(patterns_of).collect();
        let key = |pattern: &SecretPattern| (std::cmp::Reverse(pattern.text.len()), pattern.breaks);
        patterns.sort_by(|one, other| key(one).cmp(&key(other)).then_with(|| one.text.cmp(&other.text)));
        patterns.dedup();
        let mut by_first = vec![Vec::new(); 256];
        for (index, pattern) in patterns.iter().enumerate() {
            by_first[usize::from(pattern.text[0])].push(index);
        }
        Secrets { patterns, by_first }
    }

    pub(crate) fn are_none(&self) -> bool {
        self.patterns.is_empty()
    }

    /// A text without secrets.
    pub(crate) fn hidden_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.are_none() {
            return Cow::Borrowed(text);
        }
        let mut redactor = Redactor::default();
        let mut hidden = redactor.push(text.as_bytes(), self);
        hidden.extend(redactor.finish(self));
        // A secret that is not UTF-8 may end in the middle of a character.
        Cow::Owned(String::from_utf8_lossy(&hidden).into_owned())
    }

    /// How `text` begins: with the longest secret that it may begin with.
    fn at_start_of(&self, text: &[u8]) -> SecretMatch {
        let Some(first) = text.first() else { return SecretMatch::Other };
        let mut found = SecretMatch::Other;
        for index in &self.by_first[usize::from(*first)] {
            match (self.patterns[*index].at_start_of(text), found) {
                // What comes may make it a longer one.
                (SecretMatch::Partial, _) => return SecretMatch::Partial,
                (SecretMatch::Whole(length), SecretMatch::Other) => found = SecretMatch::Whole(length),
                (SecretMatch::Whole(_) | SecretMatch::Other, _) => {}
            }
        }
        found
    }

    /// The length of the longest secret that `text` begins with, if nothing comes after it.
    fn whole_at_start_of(&self, text: &[u8]) -> Option<usize> {
        let first = text.first()?;
        self.by_first[usize::from(*first)].iter().find_map(|index| match self.patterns[*index].at_start_of(text) {
            SecretMatch::Whole(length) => Some(length),
            SecretMatch::Other | SecretMatch::Partial => None,
        })
    }
}

fn patterns_of(value: &[u8]) -> Vec<SecretPattern> {
    let whole = value.trim_ascii();
    if whole.is_empty() {
        return Vec::new();
    }
    let mut plain = vec![whole.to_vec()];
    let lines = whole.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    plain.extend(lines.filter(|line| line.len() >= MIN_LINE).map(<[u8]>::to_vec));
    // A shell and an editor differ in the end of the last line.
    let with_end = [whole, b"\n"].concat();
    for value in [value, whole, &with_end] {
        let encoded = base64(value);
        for width in BASE64_LINES {
            plain.extend(encoded.chunks(width).filter(|line| line.len() >= MIN_LINE).map(<[u8]>::to_vec));
        }
    }
    let shown = printable(whole).into_bytes();
    let quoted: Vec<Vec<u8>> = plain.iter().map(|text| in_json(text)).collect();
    let pattern = |breaks| move |text| SecretPattern { text, breaks };
    let mut patterns: Vec<SecretPattern> = plain.into_iter().chain(quoted).map(pattern(LineBreaks::Never)).collect();
    patterns.extend(Some(shown).filter(|shown| !shown.is_empty()).map(pattern(LineBreaks::Never)));
    let encoded = [value, whole, &with_end].map(base64);
    let without_padding = encoded.clone().map(|text| text.into_iter().filter(|byte| *byte != b'=').collect());
    patterns.extend(encoded.into_iter().chain(without_padding).map(pattern(LineBreaks::Anywhere)));
    patterns
}

/// As it stands between the quotes of a JSON string.
fn in_json(text: &[u8]) -> Vec<u8> {
    let quoted = serde_json::Value::from(String::from_utf8_lossy(text)).to_string();
    quoted.as_bytes()[1..quoted.len() - 1].to_vec()
}

/// Takes secrets out of a text that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    /// What may be the beginning of a secret.
    held: Vec<u8>,
}

impl Redactor {
    /// Takes a piece, and gives what is known to be clean.
    pub(crate) fn push(&mut self, piece: &[u8], secrets: &Secrets) -> Vec<u8> {
        if secrets.are_none() {
            return piece.to_vec();
        }
        self.held.extend_from_slice(piece);
        self.advance(secrets, Following::MayCome)
    }

    /// The text has ended: what is left of it.
    pub(crate) fn finish(&mut self, secrets: &Secrets) -> Vec<u8> {
        self.advance(secrets, Following::Nothing)
    }

    fn advance(&mut self, secrets: &Secrets, following: Following) -> Vec<u8> {
        let mut clean = Vec::with_capacity(self.held.len());
        let mut at = 0;
        while at < self.held.len() {
            let text = &self.held[at..];
            let length = match (secrets.at_start_of(text), following) {
                (SecretMatch::Partial, Following::MayCome) => break,
                (SecretMatch::Partial, Following::Nothing) => secrets.whole_at_start_of(text),
                (SecretMatch::Whole(length), _) => Some(length),
                (SecretMatch::Other, _) => None,
            };
            match length {
                Some(length) => {
                    clean.extend_from_slice(REPLACEMENT);
                    at += length;
                }
                None => {
                    clean.push(text[0]);
                    at += 1;
                }
            }
        }
        self.held.drain(..at);
        clean
    }
}

/// Whether more of a text follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Following {
    MayCome,
    Nothing,
}

/// RFC 4648, with padding.
fn base64(data: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = Vec::with_capacity(data.len().div_ceil(3) * 4);
    for chunk in data.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * digit) & 63).expect("six bits");
            encoded.push(if digit <= chunk.len() { DIGITS[index] } else { b'=' });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_the_standard_has_it() {
        for (data, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(data.as_bytes()), expected.as_bytes());
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), b"+//+");
    }

    #[test]
    fn all_ways_to_write_a_secret_are_found() {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nshort\n-----END KEY-----\n";
        let secrets = Secrets::new([key.as_bytes(), b"hunter2", b"", b" \n", b"a.*[b\"c]+"]);
        let encoded = |text: &str| String::from_utf8(base64(text.as_bytes())).unwrap();
        for (text, expected) in [
            (format!("<{key}>"), "<***\n>"),
            ("a MIIEvQIBADANBg b short".to_owned(), "a *** b short"),
            ("hunter2hunter2 Hunter2".to_owned(), "****** Hunter2"),
            ("aHVudGVyMg==".to_owned(), "***"),
            ("x aHVudGVyMg y".to_owned(), "x *** y"),
            ("echo hunter2 | base64: aHVudGVyMgo=".to_owned(), "echo *** | base64: ***"),
            (encoded(key), "***"),
            (encoded(key.trim_end()), "***"),
            ("a.*[b\"c]+ axb {\"k\":\"a.*[b\\\"c]+\"}".to_owned(), "*** axb {\"k\":\"***\"}"),
            (key.replace('\n', "\\n"), "***\\n"),
            (key.trim_end().replace('\n', " "), "***"),
            ("nothing of it, hunter".to_owned(), "nothing of it, hunter"),
        ] {
            assert_eq!(secrets.hidden_in(&text), expected, "{text}");
        }
        assert_eq!(format!("{secrets:?}").matches("hunter").count(), 0);
    }

    #[test]
    fn base64_may_be_broken_into_lines_anywhere() {
        let secret: Vec<u8> = (0..200_u8).collect();
        let secrets = Secrets::new([&secret[..]]);
        let encoded = base64(&secret);
        for (width, end) in [(76, "\n"), (64, "\n"), (57, "\r\n"), (20, "\n    ")] {
            let lines = encoded.chunks(width).map(|line| str::from_utf8(line).unwrap());
            let text = format!("> {} <", lines.clone().collect::<Vec<_>>().join(end));
            assert_eq!(secrets.hidden_in(&text), "> *** <", "{width}");
            // A part of the lines, as an excerpt has them.
            if width >= 64 {
                assert_eq!(secrets.hidden_in(lines.clone().nth(1).unwrap()), "***", "{width}");
            }
        }
    }

    #[test]
    fn a_secret_in_pieces_is_found_and_nothing_waits_without_need() {
        let secrets = Secrets::new([&b"abcabd"[..], b"abcabdxyz", b"bca"]);
        let text = b"ab abcabc abcabdxyz abcabdxy bcabc";
        for size in 1..8 {
            let mut redactor = Redactor::default();
            let mut clean: Vec<u8> = text.chunks(size).flat_map(|piece| redactor.push(piece, &secrets)).collect();
            clean.extend(redactor.finish(&secrets));
            assert_eq!(String::from_utf8(clean).unwrap(), "ab a***bc *** ***xy ***bc", "pieces of {size}");
        }
        assert_eq!(Redactor::default().push(b"> ", &secrets), b"> ");
    }
}
