//! Why a run gave nothing: one line each, for the person who wrote the options.
//!
//! Also owns how stderr becomes part of such a line. Must not decide what is an error.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::core::exit::ProcessExit;
use crate::core::value::printable;

/// See the module's documentation.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExtractError {
    /// The extractor, or something in it, went wrong.
    #[error("the extractor ended with {ending}{}", said(stderr))]
    Failed { ending: ProcessExit, stderr: String },
    /// The time limit was over before the extractor had ended.
    #[error("the extractor did not end within {limit:?}{}", said(stderr))]
    TimedOut { limit: Duration, stderr: String },
    /// It ended with 0, but wrote to stderr instead of printing a value.
    #[error("the extractor printed no value, but wrote to stderr{}", said(stderr))]
    OnlyStderr { stderr: String },
    /// The time limit was over before the settings were known.
    #[error("reading the options did not end within {limit:?}{}", said(stderr))]
    OptionsTimedOut { limit: Duration, stderr: String },
    #[error("the extractor printed more than {} KiB", super::MAX_OUTPUT / 1024)]
    TooMuchOutput,
    #[error("the extractor {0}, and was ended")]
    TooMuch(Excess),
    /// The options, evaluated, hold more than any message or pattern needs.
    #[error("the settings in the options are longer than {} KiB", super::MAX_SETTINGS / 1024)]
    SettingsTooLong,
    /// The shell came to its end inside of the options, as by `exit`, `exec`, or a failure under `set -e`.
    #[error("the options ended the shell while being read, with {ending}{}", said(stderr))]
    OptionsEnded { ending: ProcessExit, stderr: String },
    /// The first complaint of the shell.
    #[error("syntax error in the options: {0}")]
    Syntax(String),
    #[error("cannot find the shell `{name}`{}", if name.contains('/') { "" } else { " in PATH" })]
    NoShell { name: String },
    #[error("cannot start the shell `{}`", shell.display())]
    Spawn { shell: PathBuf, source: io::Error },
    #[error("cannot watch the shell of an extractor")]
    Watch { source: io::Error },
    #[error("cannot {operation}")]
    Scratch { operation: &'static str, source: io::Error },
    /// The caller wants to end.
    #[error("interrupted")]
    Interrupted,
    #[error("the file name {0:?} leads out of the working directory")]
    UnsafePath(String),
}

/// What an extractor had more of than any needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Excess {
    #[error("had more than {} processes", super::usage::ALLOWANCE.processes)]
    Processes,
    #[error("used more than {} MiB of memory", super::usage::ALLOWANCE.memory >> 20)]
    Memory,
    #[error("wrote more than {} MiB", super::usage::DISK >> 20)]
    Disk,
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(": {stderr}") }
}

/// Where a run took place: paths that say nothing to the reader of an error.
pub(super) struct RunPaths<'a> {
    pub(super) options: &'a Path,
    pub(super) directory: &'a Path,
}

/// The `$0` of the shells, which they put before their complaints.
pub(super) const ARGV0: &str = "extractor";

const MAX_CHARS: usize = 300;

/// The last lines of stderr as one clean line, without the paths of the run.
pub(super) fn last_words(stderr: &[u8], places: &RunPaths<'_>) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut length = 0;
    let mut lines = lines(stderr, places);
    // What is tried again may fail in the same words.
    lines.dedup();
    for line in lines.into_iter().rev() {
        let chars = line.chars().count() + " | ".len();
        if length + chars > MAX_CHARS && !kept.is_empty() {
            break;
        }
        length += chars;
        kept.push(line);
    }
    kept.reverse();
    cut(kept.join(" | "))
}

/// The first error among the complaints of a shell that only checked the syntax.
pub(super) fn first_error(stderr: &[u8], places: &RunPaths<'_>) -> String {
    let lines = lines(stderr, places);
    let first = lines.iter().find(|line| !line.contains(": warning:")).or(lines.first());
    cut(first.cloned().unwrap_or_else(|| "the shell refuses them without a word".to_owned()))
}

fn lines(stderr: &[u8], places: &RunPaths<'_>) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr)
        .replace(&*places.options.to_string_lossy(), "options")
        .replace(&*places.directory.to_string_lossy(), ".");
    // A progress meter rewrites its line with carriage returns.
    text.split(['\n', '\r']).map(|line| tidy(&printable(line.as_bytes()))).filter(|line| !line.is_empty()).collect()
}

/// Removes what a shell says about the place in our script, and moves a line number to the options it belongs to.
fn tidy(line: &str) -> String {
    // git speaks of a prompt that it was not let to show.
    for (asked, what) in
        [("could not read Username for ", "a user name"), ("could not read Password for ", "a password")]
    {
        if let Some((_, rest)) = line.split_once(asked) {
            let place = rest.split("': ").next().unwrap_or(rest).trim_matches('\'');
            return format!("git needs {what} for {place}, and extractors have no terminal");
        }
    }
    let Some(rest) = line.strip_prefix(ARGV0).and_then(|rest| rest.strip_prefix(": ")) else {
        return line.to_owned();
    };
    let mut rest = rest;
    let mut number = None;
    while let Some((head, tail)) = rest.split_once(": ") {
        let digits = head.strip_prefix("line ").unwrap_or(head);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            number = Some(digits);
        } else if head != "eval" {
            break;
        }
        rest = tail;
    }
    match (number, rest.strip_prefix("options: ")) {
        (Some(number), Some(complaint)) => format!("options: line {number}: {complaint}"),
        _ => rest.to_owned(),
    }
}

fn cut(text: String) -> String {
    if text.chars().count() <= MAX_CHARS {
        return text;
    }
    text.chars().take(MAX_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: fn() -> RunPaths<'static> =
        || RunPaths { options: Path::new("/tmp/x/1.options"), directory: Path::new("/tmp/x/1") };

    #[test]
    fn stderr_becomes_one_clean_line() {
        for (stderr, words) in [
            ("", ""),
            ("curl: (6) no host\n", "curl: (6) no host"),
            ("a\n\n  b\x1b[31m\n", "a | b [31m"),
            ("10%\r20%\r", "10% | 20%"),
            ("a\na\n\na\nb\na\n", "a | b | a"),
            ("extractor: line 41: foo: command not found\n", "foo: command not found"),
            (
                "extractor: eval: line 41: syntax error: unexpected end of file\n",
                "syntax error: unexpected end of file",
            ),
            ("extractor: 41: eval: foo: not found\n", "foo: not found"),
            ("extractor: 3: /tmp/x/1.options: foo: not found\n", "options: line 3: foo: not found"),
            ("/tmp/x/1.options: line 3: foo: command not found\n", "options: line 3: foo: command not found"),
            ("cat: /tmp/x/1/custom: Is a directory\n", "cat: ./custom: Is a directory"),
            // The marks that stand between the options, the extractor and a trap.
            ("noise\n\0\x01extractor: line 41: foo: not found\n\0\x02x\n", "noise | foo: not found | x"),
            ("\0\x01\0\x02", ""),
            (
                "fatal: could not read Username for 'http://x': terminal prompts disabled\n",
                "git needs a user name for http://x, and extractors have no terminal",
            ),
        ] {
            assert_eq!(last_words(stderr.as_bytes(), &PLACES()), words, "{stderr:?}");
        }
    }

    #[test]
    fn of_a_long_stderr_the_end_is_kept() {
        let stderr: String = (0..1000).map(|i| format!("line {i}\n")).collect();
        let words = last_words(stderr.as_bytes(), &PLACES());
        assert!(words.ends_with("line 998 | line 999") && words.chars().count() <= MAX_CHARS, "{words}");
        let words = last_words("ż".repeat(1000).as_bytes(), &PLACES());
        assert_eq!((words.chars().count(), words.ends_with('…')), (MAX_CHARS, true));
        let stderr = "cause\n".to_owned() + &format!("{}\n", "x".repeat(200)).repeat(9);
        assert!(last_words(stderr.as_bytes(), &PLACES()).starts_with("cause | x"), "the same line counts once");
    }

    #[test]
    fn a_warning_is_not_the_error() {
        let stderr = b"/tmp/x/1.options: line 2: warning: here-document\n/tmp/x/1.options: line 3: syntax error\n";
        assert_eq!(first_error(stderr, &PLACES()), "options: line 3: syntax error");
        assert!(!first_error(b"", &PLACES()).is_empty());
    }
}
