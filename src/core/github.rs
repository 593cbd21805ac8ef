//! The texts that GitHub Actions reads: workflow commands, outputs, annotations, the matrix of launches, and the summary
//! of a step.
//!
//! GitHub's runner reads commands from the very log that holds the texts of others, so every text is escaped here and
//! nowhere else.

pub(crate) mod hosted;
pub(crate) mod launch;
pub(crate) mod markup;
pub(crate) mod matrix;
pub(crate) mod pages;

use super::text::{printable, visible};

/// The most that one output holds, in UTF-16 code units, as GitHub counts: all outputs of a job have to fit into 1 MB.
pub(crate) const MAX_OUTPUT: usize = 400_000;

/// The most annotations that GitHub shows of one step.
const MAX_ANNOTATIONS: usize = 10;

/// The longest title and the longest text of an annotation, in characters.
const MAX_TITLE: usize = 150;
const MAX_TEXT: usize = 1000;

/// How much an annotation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnnotationLevel {
    Warning,
    Error,
}

/// A message that GitHub shows above the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) level: AnnotationLevel,
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Annotation {
    pub(crate) fn warning(title: impl Into<String>, text: impl Into<String>) -> Self {
        Annotation { level: AnnotationLevel::Warning, title: title.into(), text: text.into() }
    }

    pub(crate) fn error(title: impl Into<String>, text: impl Into<String>) -> Self {
        Annotation { level: AnnotationLevel::Error, title: title.into(), text: text.into() }
    }

    /// The workflow command that makes it.
    fn command(&self) -> String {
        let name = match self.level {
            AnnotationLevel::Warning => "warning",
            AnnotationLevel::Error => "error",
        };
        let (title, text) = (shortened(&self.title, MAX_TITLE), shortened(&self.text, MAX_TEXT));
        format!("::{name} title={}::{}", escape_property(&title), escape_data(&text))
    }
}

/// The workflow commands that make the annotations. Where there are too many, the last one says how many are not shown.
pub(crate) fn commands(annotations: &[Annotation]) -> Vec<String> {
    if annotations.len() <= MAX_ANNOTATIONS {
        return annotations.iter().map(Annotation::command).collect();
    }
    let (shown, rest) = annotations.split_at(MAX_ANNOTATIONS - 1);
    // What is not shown may be worse than what is.
    let level = match rest.iter().any(|annotation| annotation.level == AnnotationLevel::Error) {
        true => AnnotationLevel::Error,
        false => AnnotationLevel::Warning,
    };
    let more = Annotation {
        level,
        title: format!("{} more", rest.len()),
        text: "GitHub shows 10 messages of a step; the others are in its summary and its log".to_owned(),
    };
    shown.iter().chain([&more]).map(Annotation::command).collect()
}

/// What makes the runner take nothing for a command until it reads the token.
pub(crate) fn stop(token: &str) -> String {
    format!("::stop-commands::{token}")
}

/// What makes the runner look for commands again.
pub(crate) fn resume(token: &str) -> String {
    format!("::{token}::")
}

/// What begins a part of the log that can be folded.
pub(crate) fn group(title: &str) -> String {
    format!("::group::{}", escape_data(&visible(&printable(title.as_bytes()))))
}

/// What ends it.
pub(crate) const END_GROUP: &str = "::endgroup::";

/// The entry of an output or a variable in the file that GitHub reads; none if the delimiter occurs in the value.
pub(crate) fn block(name: &[u8], value: &[u8], delimiter: &str) -> Option<Vec<u8>> {
    let delimiter = delimiter.as_bytes();
    let occurs = value.windows(delimiter.len()).any(|window| window == delimiter);
    (!occurs).then(|| [name, b"<<", delimiter, b"\n", value, b"\n", delimiter, b"\n"].concat())
}

/// How long a text is for GitHub.
pub(crate) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// What the runner reads back as the text.
fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which a colon or a comma would end.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// One clean line of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    let text = visible(&printable(text.as_bytes()));
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_escaped() {
        for (title, text, expected) in [
            ("edge", "no value", "::warning title=edge::no value"),
            ("a:b,c=d", "x: y, z", "::warning title=a%3Ab%2Cc=d::x: y, z"),
            ("50%", "100%0A::set-output name=a::b", "::warning title=50%25::100%250A::set-output name=a::b"),
            ("a\nb", "a\r\n::error::b", "::warning title=a b::a ::error::b"),
            ("ż", "漢字 ]]>", "::warning title=ż::漢字 ]]>"),
        ] {
            assert_eq!(Annotation::warning(title, text).command(), expected);
        }
        assert_eq!(Annotation::error("t", "x").command(), "::error title=t::x");
    }

    #[test]
    fn long_annotations_are_shortened() {
        let command = Annotation::warning("ż".repeat(500), "%".repeat(5000)).command();
        assert!(command.contains(&format!("{}…::", "ż".repeat(MAX_TITLE - 1))), "{command}");
        assert!(command.ends_with(&format!("::{}…", "%25".repeat(MAX_TEXT - 1))), "{command}");
        assert_eq!(shortened("abc", 3), "abc");
    }

    #[test]
    fn at_most_ten_annotations() {
        let make = |number: usize| {
            let mut made: Vec<_> = (0..number).map(|n| Annotation::warning(format!("r{n}"), "x")).collect();
            if let Some(last) = made.last_mut() {
                last.level = AnnotationLevel::Error;
            }
            commands(&made)
        };
        for (number, shown) in [(0, 0), (1, 1), (10, 10), (11, 10), (300, 10)] {
            assert_eq!(make(number).len(), shown, "{number}");
        }
        assert_eq!(make(10)[9], "::error title=r9::x");
        assert!(make(11)[8].starts_with("::warning title=r8::"));
        assert!(make(11)[9].starts_with("::error title=2 more::"), "{:?}", make(11));
    }

    #[test]
    fn groups_are_one_line() {
        assert_eq!(group("edge (100%)\n::x::"), "::group::edge (100%25) ::x::");
        assert_eq!((stop("t"), resume("t")), ("::stop-commands::t".to_owned(), "::t::".to_owned()));
    }

    #[test]
    fn a_delimiter_never_occurs_in_a_value() {
        assert_eq!(block(b"a", b"1\n2", "EOF"), Some(b"a<<EOF\n1\n2\nEOF\n".to_vec()));
        assert_eq!(block(b"a", b"", "EOF"), Some(b"a<<EOF\n\nEOF\n".to_vec()));
        assert_eq!(block(b"a", b"xEOFx", "EOF"), None);
    }

    #[test]
    fn units_are_those_of_utf_16() {
        assert_eq!([units("abc"), units("ż"), units("😀")], [3, 1, 2]);
    }
}
