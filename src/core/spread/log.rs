//! What spread's log says, found while its output streams by: the closing lines, why it gave up, what failing tasks printed.

use std::collections::HashSet;

use super::excerpt::{Collector, Excerpt};
use super::names::TaskNames;
use super::{Phase, Tally};
use crate::core::value::printable;

/// No line of a summary is longer; what is, is some task's output.
const MAX_LINE: usize = 4 * 1024;

/// More complaints than these are in the log itself.
const MAX_COMPLAINTS: usize = 3;

/// What a heading of the summary counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    Passed,
    Aborted,
    Skipped,
    /// Tasks that failed.
    Tasks(Phase),
    /// Suites, backends or the project.
    Others(Phase),
    /// All jobs; only the most talkative spread says them.
    Jobs,
}

const HEADINGS: [(&str, Heading); 13] = [
    ("Successful tasks", Heading::Passed),
    ("Aborted tasks", Heading::Aborted),
    ("Skipped tasks", Heading::Skipped),
    ("Failed tasks", Heading::Tasks(Phase::Executing)),
    ("Failed task prepare", Heading::Tasks(Phase::Preparing)),
    ("Failed task restore", Heading::Tasks(Phase::Restoring)),
    ("Failed suite prepare", Heading::Others(Phase::Preparing)),
    ("Failed suite restore", Heading::Others(Phase::Restoring)),
    ("Failed backend prepare", Heading::Others(Phase::Preparing)),
    ("Failed backend restore", Heading::Others(Phase::Restoring)),
    ("Failed project prepare", Heading::Others(Phase::Preparing)),
    ("Failed project restore", Heading::Others(Phase::Restoring)),
    ("for the following jobs", Heading::Jobs),
];

/// Which of the summaries of one output count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The last one: a spread prints one, at its end.
    Last,
    /// Their sum: a script may start spread several times.
    All,
}

/// What an output said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogReading {
    /// The summary, if there was one.
    pub(crate) summary: Option<Tally>,
    /// What spread could not do, as it said.
    pub(crate) complaints: Vec<String>,
    /// What failing tasks printed.
    pub(crate) excerpts: Vec<Excerpt>,
    /// Machines that spread could not discard, as it said.
    pub(crate) undiscarded: Vec<String>,
}

impl LogReading {
    /// This, with what another output of the same program said.
    pub(crate) fn and(mut self, other: LogReading) -> Self {
        self.complaints.extend(other.complaints);
        self.excerpts.extend(other.excerpts);
        self.undiscarded.extend(other.undiscarded);
        LogReading { summary: self.summary.or(other.summary), ..self }
    }
}

/// Reads output piece by piece.
#[derive(Debug)]
pub(crate) struct Scanner {
    counting: Counting,
    line: Vec<u8>,
    found: Option<Tally>,
    names_follow: Option<Heading>,
    jobs: TaskNames,
    /// The jobs that are no longer on their way: begun or skipped.
    settled: HashSet<String>,
    cannot: Vec<String>,
    error: Option<String>,
    excerpts: Collector,
    undiscarded: Vec<String>,
}

impl Scanner {
    pub(crate) fn new(counting: Counting) -> Self {
        Scanner {
            counting,
            line: Vec::new(),
            found: None,
            names_follow: None,
            jobs: TaskNames::default(),
            settled: HashSet::new(),
            cannot: Vec::new(),
            error: None,
            excerpts: Collector::default(),
            undiscarded: Vec::new(),
        }
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

    /// What the output said.
    pub(crate) fn finish(mut self) -> LogReading {
        self.end_line();
        if let Some(tally) = self.found.as_mut().filter(|tally| tally.aborted > 0 && tally.aborted_tasks.is_empty()) {
            let aborted = self.jobs.list().iter().filter(|job| !self.settled.contains(*job));
            aborted.for_each(|job| tally.aborted_tasks.add(job.clone()));
        }
        // "unsuccessful run" is what it says of every failure.
        let error = self.error.filter(|error| error != "unsuccessful run" && !self.cannot.contains(error));
        let complaints = self.cannot.into_iter().chain(error).collect();
        LogReading { summary: self.found, complaints, excerpts: self.excerpts.finish(), undiscarded: self.undiscarded }
    }

    fn extend(&mut self, bytes: &[u8]) {
        let room = (MAX_LINE + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        self.excerpts.take(text.trim_end());
        if line.len() <= MAX_LINE {
            self.take_line(text.trim_end());
        } else {
            self.names_follow = None;
        }
        drop(text);
        self.line = line;
        self.line.clear();
    }

    fn take_line(&mut self, line: &str) {
        let name = line.trim_start().strip_prefix("- ");
        if let (Some(name), Some(heading)) = (name, self.names_follow) {
            self.take_name(heading, printable(name.as_bytes()));
            return;
        }
        self.names_follow = None;
        if let Some((heading, number)) = heading(line) {
            self.take_heading(heading, number);
        } else if let Some(error) = line.strip_prefix("error: ") {
            self.error = Some(printable(error.as_bytes()));
        } else if let Some(said) = after_time(line) {
            self.take_event(said);
        }
    }

    /// Takes what spread says while it works.
    fn take_event(&mut self, said: &str) {
        if let Some(name) = said.strip_prefix("Executing ").and_then(|rest| rest.split_once(" (")) {
            self.settled.insert(printable(name.0.as_bytes()));
        } else if said.starts_with("Error discarding ") && self.undiscarded.len() < MAX_COMPLAINTS {
            self.undiscarded.push(printable(said.as_bytes()));
        } else if said.starts_with("Cannot ") {
            let complaint = printable(said.as_bytes());
            if self.cannot.len() < MAX_COMPLAINTS && !self.cannot.contains(&complaint) {
                self.cannot.push(complaint);
            }
        }
    }

    fn take_heading(&mut self, heading: Heading, number: u64) {
        self.names_follow = Some(heading).filter(|heading| *heading != Heading::Passed);
        let tally = match (heading, &mut self.found, self.counting) {
            (Heading::Jobs, ..) => return,
            (Heading::Passed, found, counting) => {
                let earlier = found.take().filter(|_| counting == Counting::All);
                found.insert(earlier.unwrap_or_default())
            }
            (_, Some(tally), _) => tally,
            // A wrapper may show less than spread says. If it was a task that said so, the real summary comes later.
            (_, found @ None, Counting::Last) => found.insert(Tally::default()),
            (_, None, Counting::All) => return self.names_follow = None,
        };
        let counter = match heading {
            Heading::Passed => &mut tally.passed,
            Heading::Aborted => &mut tally.aborted,
            Heading::Skipped => &mut tally.skipped,
            Heading::Tasks(_) => &mut tally.failed,
            Heading::Others(_) => &mut tally.others_failed,
            Heading::Jobs => return,
        };
        *counter = counter.saturating_add(number);
    }

    fn take_name(&mut self, heading: Heading, name: String) {
        match (heading, &mut self.found) {
            (Heading::Jobs, _) => self.jobs.add(name),
            (Heading::Tasks(phase), Some(tally)) => tally.add_failed_task(phase, name),
            (Heading::Others(phase), Some(tally)) => tally.failures.of(phase).add(name),
            (Heading::Aborted, Some(tally)) => tally.aborted_tasks.add(name),
            // The reason follows.
            (Heading::Skipped, _) => {
                self.settled.insert(name.split_once(" - ").map_or(name.as_str(), |(name, _)| name).to_owned());
            }
            (Heading::Passed | Heading::Tasks(_) | Heading::Others(_) | Heading::Aborted, _) => {}
        }
    }
}

/// `HEADING: N`, with or without a date before it.
fn heading(line: &str) -> Option<(Heading, u64)> {
    let (before, number) = line.rsplit_once(": ")?;
    let number = number.parse().ok()?;
    let (text, heading) = HEADINGS.into_iter().find(|(text, _)| before.ends_with(text))?;
    if heading == Heading::Jobs {
        return after_time(before)?.starts_with("Starting ").then_some((heading, number));
    }
    let date = before.strip_suffix(text)?;
    let is_date = date.bytes().all(|byte| byte.is_ascii_digit() || b"-/:.,+TZ[] \t".contains(&byte));
    (is_date && (date.is_empty() || date.ends_with([' ', '\t']))).then_some((heading, number))
}

/// What follows the time with which spread begins a line: `2026-01-02 03:04:05 `.
pub(super) fn after_time(line: &str) -> Option<&str> {
    const FORM: &[u8] = b"0000-00-00 00:00:00 ";
    let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let start = line.as_bytes().get(..FORM.len())?;
    if start.iter().zip(FORM).all(fits) { line.get(FORM.len()..) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_that_could_not_be_discarded_are_told() {
        let mut scanner = Scanner::new(Counting::Last);
        scanner.push(b"2026-01-02 03:04:05 Discarding a:b...\n2026-01-02 03:04:05 Error discarding a:b: no\nError discarding x\n");
        assert_eq!(scanner.finish().undiscarded, ["Error discarding a:b: no"]);
    }

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

    fn read(counting: Counting, text: &str, size: usize) -> LogReading {
        let mut scanner = Scanner::new(counting);
        text.as_bytes().chunks(size).for_each(|piece| scanner.push(piece));
        scanner.finish()
    }

    fn scan(counting: Counting, text: &str, size: usize) -> Option<Tally> {
        read(counting, text, size).summary
    }

    #[test]
    fn a_summary_is_found_however_it_is_cut() {
        let task = "google:ubuntu:tests/main/a";
        let mut expected = Tally { passed: 2, failed: 3, aborted: 1, others_failed: 2, ..Tally::default() };
        expected.add_failed_task(Phase::Executing, task.into());
        expected.add_failed_task(Phase::Executing, "google:ubuntu:tests/main/b:variant".into());
        expected.add_failed_task(Phase::Restoring, task.into());
        expected.failures.of(Phase::Preparing).add("google:ubuntu:tests/main/".into());
        expected.failures.of(Phase::Restoring).add("project".into());
        for size in [1, 7, 4096] {
            assert_eq!(scan(Counting::Last, SUMMARY, size), Some(expected.clone()), "{size}");
        }
        assert_eq!(expected.failures(), 2, "one task failed twice");
    }

    #[test]
    fn the_last_one_counts_or_all_do() {
        let text = "Successful tasks: 3\nAborted tasks: 0\nFailed tasks: 1\n    - a\nnoise\nSuccessful tasks: 1\nAborted tasks: 0";
        let last = scan(Counting::Last, text, 5).unwrap();
        assert_eq!((last.passed, last.failed, last.failed_tasks.list().len()), (1, 0, 0));
        let all = scan(Counting::All, text, 5).unwrap();
        assert_eq!((all.passed, all.failed, all.failed_tasks.list()), (4, 1, &["a".to_owned()][..]));
    }

    #[test]
    fn other_output_is_not_a_summary() {
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
        assert_eq!((tally.passed, tally.failed, tally.failed_tasks.list()), (0, 3, &["a".to_owned()][..]));
        assert_eq!(scan(Counting::All, text, 64), None, "a script may show anything");
        let printed = format!("{text}Successful tasks: 2\n");
        assert_eq!(scan(Counting::Last, &printed, 64).unwrap().failed, 0, "a task printed it");
    }

    #[test]
    fn names_are_clean_and_follow_their_heading() {
        let text = "Successful tasks: 0\r\nFailed tasks: 2\r\n    - a\x1b[2J:b\r\nnoise\n    - c\n";
        let tally = scan(Counting::Last, text, 3).unwrap();
        assert_eq!((tally.failed, tally.failed_tasks.list()), (2, &["a [2J:b".to_owned()][..]));
    }

    #[test]
    fn aborted_tasks_have_names_where_the_log_says_all_jobs() {
        let time = "2026-01-02 03:04:05 ";
        let jobs = "    - q:u:t/a\n    - q:u:t/b\n    - q:u:t/c\n    - q:u:t/d\n";
        let text = format!(
            "{time}Starting 2 workers for the following jobs: 4\n{jobs}{time}Executing q:u:t/a (q:u) (1/4)...\n\
             {time}Error executing q:u:t/a (q:u) : + exit 1\n{time}Successful tasks: 0\n{time}Aborted tasks: 2\n\
             {time}Skipped tasks: 1\n    - q:u:t/c - not today\n{time}Failed tasks: 1\n    - q:u:t/a\nerror: unsuccessful run\n"
        );
        let tally = scan(Counting::Last, &text, 64).unwrap();
        assert_eq!((tally.aborted, tally.skipped), (2, 1));
        assert_eq!(tally.aborted_tasks.list(), ["q:u:t/b", "q:u:t/d"]);
        let named = "Successful tasks: 1\nAborted tasks: 1\n    - q:u:t/x\n";
        assert_eq!(scan(Counting::Last, named, 64).unwrap().aborted_tasks.list(), ["q:u:t/x"]);
    }

    #[test]
    fn complaints_are_those_of_spread_itself() {
        let time = "2026-01-02 03:04:05 ";
        let text = format!(
            "{time}Cannot allocate q:u: no quota\nCannot open x\n{time}Cannot allocate q:u: no quota\n\
             error: the first\nerror: cannot pack\x1b project\n"
        );
        assert_eq!(read(Counting::Last, &text, 9).complaints, ["Cannot allocate q:u: no quota", "cannot pack project"]);
        assert_eq!(read(Counting::Last, "error: unsuccessful run\n", 9).complaints, [""; 0]);
    }
}
