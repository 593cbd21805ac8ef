//! Options files in a form that no shell reads as assignments: what it is called, where it is, and how to write it.
//!
//! A shell takes such lines for commands, so every poll fails, while a parser without a shell only sees code that it cannot
//! follow. Knows forms of text files, not what the keys mean.

use std::sync::LazyLock;

use gix::bstr::ByteSlice;
use regex::bytes::Regex;

use crate::core::documents::Severity;
use crate::core::lfs::is_pointer_file;
use crate::core::options::{Key, commands};
use crate::core::text::printable;

/// A form that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// The key that is lost to it, if it is one.
    pub(super) key: Option<Key>,
    /// The line on which it is, if it is on one.
    pub(super) line: Option<usize>,
    pub(super) severity: Severity,
    pub(super) reason: String,
    pub(super) help: String,
}

impl Form {
    fn of_file(reason: &str, help: &str) -> Self {
        Form { key: None, line: None, severity: Severity::Error, reason: reason.to_owned(), help: help.to_owned() }
    }
}

/// What may stand in front of the name of a key in other languages, the name, and what comes between it and its text.
static LINE: LazyLock<Regex> = LazyLock::new(|| {
    let keys = Key::ALL.map(Key::name).join("|");
    Regex::new(&format!(
        r#"(?x-u) ^ (?P<before> \xc2\xa0 | (?: export | set | setenv | var | const ) [\ \t]+ | -\ + | [$"'{{] [\ \t]* ["']? )?
        (?P<key> {keys} ) (?P<quote> ["']? ) (?P<before_sign> (?: [\ \t] | \xc2\xa0 )* ) (?P<sign> => | [:+]?= | : )
        (?P<after_sign> (?: [\ \t] | \xc2\xa0 )* ) (?P<text> .* )"#
    ))
    .expect("the expression is well-formed")
});

/// Quotes of word processors, and the wide forms of `"` and `'`.
const CURLY_QUOTES: [char; 12] = ['“', '”', '„', '‟', '‘', '’', '‚', '‛', '«', '»', '＂', '＇'];

/// The forms of a file that keep a shell from reading its keys.
pub(super) fn find(text: &[u8]) -> Vec<Form> {
    if is_pointer_file(text) {
        let help = "keep it out of LFS: exempt it in .gitattributes, then commit the file itself";
        return vec![Form::of_file("this is a Git LFS pointer, not the options file", help)];
    }
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return vec![Form::of_file("the file is UTF-16, which no shell reads", "save it as UTF-8")];
    }
    let mut forms: Vec<Form> = byte_order_mark(text).into_iter().collect();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    forms.extend(commands(text).filter_map(|(line, command)| form_of_command(command, line, text)));
    forms
}

fn byte_order_mark(text: &[u8]) -> Option<Form> {
    let rest = text.strip_prefix(b"\xef\xbb\xbf")?;
    // The first word becomes a command that is not found; for a comment or an empty line that is no loss.
    let is_harmless = rest.is_empty() || rest.starts_with(b"#") || rest.starts_with(b"\n");
    let severity = if is_harmless { Severity::Warning } else { Severity::Error };
    let reason = "the file begins with a byte order mark, which a shell takes for a part of the first word".to_owned();
    let help = "save it as UTF-8 without a byte order mark".to_owned();
    Some(Form { key: None, line: Some(1), severity, reason, help })
}

/// What keeps the first line of a command from assigning the key that it names.
fn form_of_command(command: &[u8], line: usize, file: &[u8]) -> Option<Form> {
    let found = LINE.captures(command)?;
    let part = |name: &str| found.name(name).map_or(&b""[..], |part| part.as_bytes());
    let name = part("key").to_str().ok()?;
    let before = part("before").to_str_lossy().trim().to_owned();
    let sign = part("sign").to_str().ok()?;
    let text = part("text").to_str_lossy().trim().to_owned();
    let is_close = part("before_sign").is_empty() && part("after_sign").is_empty();
    let (severity, reason) = match (&*before, sign) {
        ("", "=") | ("export", "=" | "+=") if is_close && !part("before").starts_with(b"\xc2") => curly(name, &text)?,
        _ if is_assigned_elsewhere(name, command, file) => return None,
        _ if part("before").starts_with(b"\xc2") => {
            (Severity::Error, "a no-break space, which no shell takes for a blank, begins the line".to_owned())
        }
        (_, ":" | ":=" | "=>") => (Severity::Error, format!("a shell assigns with =, not with {sign}")),
        ("set" | "setenv" | "var" | "const", _) => {
            (Severity::Error, format!("a shell assigns without the word {before}"))
        }
        ("$", _) => (Severity::Error, "a shell assigns without the dollar sign".to_owned()),
        _ if !part("before_sign").is_empty() => {
            (Severity::Error, format!("a blank before {sign} makes a command of the line, not an assignment"))
        }
        ("" | "export", "=") if !text.is_empty() && !text.starts_with('#') => {
            (Severity::Error, "a blank after = makes a command of the rest of the line".to_owned())
        }
        _ => return None,
    };
    let text = text.trim_matches(|c: char| c.is_whitespace() || CURLY_QUOTES.contains(&c) || "\"',;".contains(c));
    let shown = if text.is_empty() || text.contains(['"', '$', '\\', '`']) { "…" } else { text };
    let help = format!("write {name}=\"{}\"", printable(shown.as_bytes()));
    Some(Form { key: Key::of(name.as_bytes()), line: Some(line), severity, reason, help })
}

/// An assignment whose text begins with a quote that is none.
fn curly(name: &str, text: &str) -> Option<(Severity, String)> {
    let quote = text.chars().next().filter(|c| CURLY_QUOTES.contains(c))?;
    // With a blank inside, the rest becomes a command; without, the quotes become a part of the text.
    let inside = text.trim_matches(|c: char| c.is_whitespace() || CURLY_QUOTES.contains(&c));
    let is_lost = inside.contains(char::is_whitespace) || name == Key::PatternExtractor.name();
    let severity = if is_lost { Severity::Error } else { Severity::Warning };
    Some((severity, format!("{quote} is no quote for a shell")))
}

/// Whether another line of the file assigns the key in a way that a shell reads.
fn is_assigned_elsewhere(name: &str, command: &[u8], file: &[u8]) -> bool {
    let command = command.trim();
    file.lines().filter(|line| line.trim() != command).any(|line| {
        line.find_iter(name).any(|at| {
            let (before, after) = (&line[..at], &line[at + name.len()..]);
            let begins = before.last().is_none_or(|byte| b" \t;&({".contains(byte));
            let after = after.strip_prefix(b"+").unwrap_or(after);
            begins && after.strip_prefix(b"=").and_then(|rest| rest.first()).is_some_and(|byte| !b" \t".contains(byte))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Option<usize>, Severity, String, String)> {
        find(text.as_bytes()).into_iter().map(|form| (form.line, form.severity, form.reason, form.help)).collect()
    }

    #[test]
    fn every_form_is_named_with_its_line_and_how_to_write_it() {
        let blank = "a blank before = makes a command of the line, not an assignment";
        let after = "a blank after = makes a command of the rest of the line";
        let with = |sign: &str| format!("a shell assigns with =, not with {sign}");
        for (text, line, reason) in [
            (
                "\u{feff}message=\"M\"\n",
                1,
                "the file begins with a byte order mark, which a shell takes for a part of the first word",
            ),
            ("message = \"M\"\n", 1, blank),
            ("# x\n\n  message =M\n", 3, blank),
            ("message= \"M\"\n", 1, after),
            ("message: M\n", 1, &with(":")),
            ("message:M\n", 1, &with(":")),
            ("- message: M\n", 1, &with(":")),
            ("\"message\": \"M\",\n", 1, &with(":")),
            ("{ \"message\": \"M\",\n", 1, &with(":")),
            ("message := M\n", 1, &with(":=")),
            ("'message' => 'M',\n", 1, &with("=>")),
            ("$message = 'M';\n", 1, "a shell assigns without the dollar sign"),
            ("$message=M\n", 1, "a shell assigns without the dollar sign"),
            ("set message=M\n", 1, "a shell assigns without the word set"),
            ("\u{a0}message=M\n", 1, "a no-break space, which no shell takes for a blank, begins the line"),
            ("message\u{a0}= M\n", 1, blank),
            ("message=“a M”\n", 1, "“ is no quote for a shell"),
            ("[resource]\nmessage = M\n", 2, blank),
        ] {
            let forms = found(text);
            assert_eq!(forms.len(), 1, "{text}: {forms:?}");
            let (at, severity, said, help) = &forms[0];
            assert_eq!((*at, *severity, said.as_str()), (Some(line), Severity::Error, reason), "{text}");
            let written = if text.contains("a M") { "a M" } else { "M" };
            assert!(*help == format!("write message=\"{written}\"") || text.starts_with('\u{feff}'), "{text}: {help}");
        }
        for file in ["version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n".as_bytes(), b"\xff\xfem\0=\0"]
        {
            assert!(
                matches!(&find(file)[..], [Form { key: None, line: None, severity: Severity::Error, .. }]),
                "{file:?}"
            );
        }
        let both = found("message: M\npattern_extractor: echo 1\n");
        assert_eq!(both.iter().map(|form| form.0).collect::<Vec<_>>(), [Some(1), Some(2)]);
    }

    #[test]
    fn what_costs_nothing_is_a_warning() {
        for text in ["message=“M”\n", "message=«M»\n", "\u{feff}# x\nmessage=M\n"] {
            let forms = found(text);
            assert_eq!(forms.iter().map(|form| form.1).collect::<Vec<_>>(), [Severity::Warning], "{text}");
        }
        assert_eq!(found("pattern_extractor=“date”\n")[0].1, Severity::Error);
    }

    #[test]
    fn assignments_and_texts_are_left_alone() {
        for text in [
            "",
            "message=M\npattern_extractor='echo 1'\n",
            "export message=\"“M”\"\n",
            "message='a\nmessage: b\ntimeout = 5'\n",
            "pattern_extractor='jq \"{\n  tree: .x,\n  message: .y\n}\"'\nset -e\n",
            "set -e\npattern_extractor='jq \"{\n  tree: .x\n}\"'\n",
            "# message: M\nmessage=M\n",
            "message =M\nmessage=N\n",
            "if true; then message=M; fi\nmessage : x\n",
            "message= # none\n",
            "message=\n",
            "message+=M\n",
            "messages: M\n",
            "log_message = M\n",
            "tree --version\n",
            "spread -v\n",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
