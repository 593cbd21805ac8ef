//! The closing lines of spread's log, found while its output streams by.

use super::Tally;
use crate::core::value::printable;

/// No line of a summary is longer; what is, is some task's output.
const MAX_LINE: usize = 4 * 1024;

/// What a heading of the summary counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    Passed,
    Aborted,
    /// Tasks that failed, in whichever of their scripts.
    Tasks,
    /// Suites, backends or the project.
    Others,
}

const HEADINGS: [(&str, Heading); 11] = [
    ("Successful tasks", Heading::Passed),
    ("Aborted tasks", Heading::Aborted),
    ("Failed tasks", Heading::Tasks),
    ("Failed task prepare", Heading::Tasks),
    ("Failed task restore", Heading::Tasks),
    ("Failed suite prepare", Heading::Others),
    ("Failed suite restore", Heading::Others),
    ("Failed backend prepare", Heading::Others),
    ("Failed backend restore", Heading::Others),
    ("Failed project prepare", Heading::Others),
    ("Failed project restore", Heading::Others),
];

/// Which of the summaries of one output count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The last one: a spread prints one, at its end.
    Last,
    /// Their sum: a script may start spread several times.
    All,
}

/// Reads output piece by piece.
#[derive(Debug)]
pub(crate) struct Scanner {
    counting: Counting,
    line: Vec<u8>,
    found: Option<Tally>,
    names_follow: bool,
}

impl Scanner {
    pub(crate) fn new(counting: Counting) -> Self {
        Scanner { counting, line: Vec::new(), found: None, names_follow: false }
    }

    /// Takes the next piece.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            self.extend(&rest[..end]);
            self.end_line();
            rest = &rest[end + 1..];
        }
        self.extend(rest);
    }

    /// What the output said, if it had a summary.
    pub(crate) fn finish(mut self) -> Option<Tally> {
        self.end_line();
        self.found
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = (MAX_LINE + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if line.len() <= MAX_LINE {
            self.take_line(&String::from_utf8_lossy(&line));
        } else {
            self.names_follow = false;
        }
        self.line = line;
        self.line.clear();
    }

    fn take_line(&mut self, line: &str) {
        let line = line.trim_end();
        let name = line.trim_start().strip_prefix("- ");
        if let Some(name) = name.filter(|_| self.names_follow) {
            if let Some(tally) = &mut self.found {
                tally.add_failed_task(printable(name.as_bytes()));
            }
            return;
        }
        self.names_follow = false;
        let Some((heading, number)) = heading(line) else { return };
        if heading == Heading::Passed {
            let earlier = self.found.take().filter(|_| self.counting == Counting::All);
            let tally = self.found.insert(earlier.unwrap_or_default());
            tally.passed = tally.passed.saturating_add(number);
            return;
        }
        let tally = match (&mut self.found, self.counting) {
            (Some(tally), _) => tally,
            // A wrapper may show less than spread says. If it was a task that said so, the real summary comes later.
            (found @ None, Counting::Last) => found.insert(Tally::default()),
            (None, Counting::All) => return,
        };
        let counter = match heading {
            Heading::Passed => &mut tally.passed,
            Heading::Aborted => &mut tally.aborted,
            Heading::Tasks => &mut tally.failed,
            Heading::Others => &mut tally.others_failed,
        };
        *counter = counter.saturating_add(number);
        self.names_follow = heading == Heading::Tasks;
    }
}

/// `HEADING: N`, with or without a date before it.
fn heading(line: &str) -> Option<(Heading, u64)> {
    let (before, number) = line.rsplit_once(": ")?;
    let number = number.parse().ok()?;
    let (text, heading) = HEADINGS.into_iter().find(|(text, _)| before.ends_with(text))?;
    let date = before.strip_suffix(text)?;
    let is_date = date.bytes().all(|byte| byte.is_ascii_digit() || b"-/:.,+TZ[] \t".contains(&byte));
    (is_date && (date.is_empty() || date.ends_with([' ', '\t']))).then_some((heading, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = "\
2026-01-02 03:04:05 Successful tasks: 2
2026-01-02 03:04:05 Aborted tasks: 1
2026-01-02 03:04:05 Failed tasks: 2
    - google:ubuntu:tests/main/a
    - google:ubuntu:tests/main/b:variant
2026-01-02 03:04:05 Failed task restore: 1
    - google:ubuntu:tests/main/a
2026-01-02 03:04:05 Failed suite prepare: 1
    - google:ubuntu:tests/main/
2026-01-02 03:04:05 Failed project restore: 1
    - project
";

    fn scan(counting: Counting, text: &str, size: usize) -> Option<Tally> {
        let mut scanner = Scanner::new(counting);
        text.as_bytes().chunks(size).for_each(|piece| scanner.push(piece));
        scanner.finish()
    }

    #[test]
    fn a_summary_is_found_however_it_is_cut() {
        let expected = Tally {
            passed: 2,
            failed: 3,
            aborted: 1,
            others_failed: 2,
            failed_tasks: vec!["google:ubuntu:tests/main/a".into(), "google:ubuntu:tests/main/b:variant".into()],
        };
        for size in [1, 7, 4096] {
            assert_eq!(scan(Counting::Last, SUMMARY, size), Some(expected.clone()), "{size}");
        }
        assert_eq!(expected.failures(), 2, "one task failed twice");
    }

    #[test]
    fn the_last_one_counts_or_all_do() {
        let text = "Successful tasks: 3\nAborted tasks: 0\nFailed tasks: 1\n    - a\nnoise\nSuccessful tasks: 1\nAborted tasks: 0";
        let last = scan(Counting::Last, text, 5).unwrap();
        assert_eq!((last.passed, last.failed, last.failed_tasks.len()), (1, 0, 0));
        let all = scan(Counting::All, text, 5).unwrap();
        assert_eq!((all.passed, all.failed, all.failed_tasks), (4, 1, vec!["a".to_owned()]));
    }

    #[test]
    fn other_output_is_no_summary() {
        let long = format!("{}Successful tasks: 5\n", "x".repeat(2 * MAX_LINE));
        let cases = [
            "",
            "the Successful tasks: 3\n",
            "Successful tasks: many\n",
            "Successful tasks:3\n",
            "2026Successful tasks: 3\n",
            long.as_str(),
        ];
        for text in cases {
            assert_eq!(scan(Counting::Last, text, 64), None, "{text:.60}");
        }
    }

    #[test]
    fn failures_count_without_what_passed() {
        let text = "Failed tasks: 3\n- a\n";
        let tally = scan(Counting::Last, text, 64).unwrap();
        assert_eq!((tally.passed, tally.failed, tally.failed_tasks), (0, 3, vec!["a".to_owned()]));
        assert_eq!(scan(Counting::All, text, 64), None, "a script may show anything");
        let printed = format!("{text}Successful tasks: 2\n");
        assert_eq!(scan(Counting::Last, &printed, 64).unwrap().failed, 0, "a task printed it");
    }

    #[test]
    fn names_are_clean_and_follow_their_heading() {
        let text = "Successful tasks: 0\r\nFailed tasks: 2\r\n    - a\x1b[2J:b\r\nnoise\n    - c\n";
        let tally = scan(Counting::Last, text, 3).unwrap();
        assert_eq!((tally.failed, tally.failed_tasks), (2, vec!["a [2J:b".to_owned()]));
    }
}
