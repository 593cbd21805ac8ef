use super::*;
use crate::core::message::{MessagePattern, subject_of};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn full() -> LaunchResult {
    LaunchResult {
        status: Status::Failed,
        url: Some("https://example.com/runs/1".into()),
        finished_at: Some("2026-11-22T10:00:00+01:00".into()),
        reason: Some("cannot allocate q:u: no quota".into()),
        tasks: TaskResults {
            passed: Some(12),
            failed: Some(3),
            aborted: Some(1),
            skipped: Some(0),
            failed_tasks: names(&["q:u:t/a", "q:u:t/b:v", "q:u:t/c: d"]),
            failures: Failures {
                preparing: names(&["q:u:t/a", "q:u:t/"]),
                executing: names(&["q:u:t/b:v", "q:u:t/c: d"]),
                restoring: names(&["q:u:t/c: d", "q:u:project"]),
            },
            aborted_tasks: names(&["q:u:t/e"]),
            flaky_tasks: names(&["q:u:t/f"]),
        },
        tested: Tested {
            files: Some("f".repeat(40)),
            target: Some("1".repeat(40)),
            spread: Some("spread-plus 2.1".into()),
            selection: Some("-v 'q:u 1:t/a'".into()),
            value_after: Some("1.3".into()),
        },
    }
}

#[test]
fn what_is_written_is_read_back() {
    for status in Status::ALL {
        for result in [LaunchResult::new(status), LaunchResult { status, ..full() }] {
            let message = result.commit_message("New snap (5)", "abc");
            let read = LaunchResult::read(message.as_bytes());
            assert_eq!(read, Some((&b"New snap (5)"[..], result)), "{message}");
        }
    }
    let message = full().commit_message("s390x arch  (a)", "abc");
    let expected = "\
failed: s390x arch  (a) [skip ci]

Spread-Cron-Result: failed
Spread-Cron-State: abc
Spread-Cron-Files: ffffffffffffffffffffffffffffffffffffffff
Spread-Cron-Target: 1111111111111111111111111111111111111111
Spread-Cron-Spread: spread-plus 2.1
Spread-Cron-Selection: -v 'q:u 1:t/a'
Spread-Cron-Value-After: 1.3
Spread-Cron-Reason: cannot allocate q:u: no quota
Spread-Cron-Url: https://example.com/runs/1
Spread-Cron-Finished: 2026-11-22T10:00:00+01:00
Spread-Cron-Passed: 12
Spread-Cron-Failed: 3
Spread-Cron-Aborted: 1
Spread-Cron-Skipped: 0
Spread-Cron-Failed-Task: q:u:t/a
Spread-Cron-Failed-Task: q:u:t/b:v
Spread-Cron-Failed-Task: q:u:t/c: d
Spread-Cron-Failed-Preparing: q:u:t/a
Spread-Cron-Failed-Preparing: q:u:t/
Spread-Cron-Failed-Executing: q:u:t/c: d
Spread-Cron-Failed-Restoring: q:u:t/c: d
Spread-Cron-Failed-Restoring: q:u:project
Spread-Cron-Aborted-Task: q:u:t/e
Spread-Cron-Flaky-Task: q:u:t/f";
    assert_eq!(message, expected);
}

#[test]
fn results_of_older_versions_are_read_as_ever() {
    let message = "failed: New snap (5) [skip ci]\n\nSpread-Cron-Result: failed\nSpread-Cron-State: abc\n\
                   Spread-Cron-Url: https://example.com/runs/1\nSpread-Cron-Finished: 2026-11-22T10:00:00+01:00\n\
                   Spread-Cron-Passed: 12\nSpread-Cron-Failed: 1\nSpread-Cron-Failed-Task: q:u:t/a\n";
    let (about, read) = LaunchResult::read(message.as_bytes()).unwrap();
    let expected = LaunchResult {
        url: Some("https://example.com/runs/1".into()),
        finished_at: Some("2026-11-22T10:00:00+01:00".into()),
        tasks: TaskResults {
            passed: Some(12),
            failed: Some(1),
            failed_tasks: names(&["q:u:t/a"]),
            failures: Failures { executing: names(&["q:u:t/a"]), ..Failures::default() },
            ..TaskResults::default()
        },
        ..LaunchResult::new(Status::Failed)
    };
    assert_eq!((about, &read), (&b"New snap (5)"[..], &expected));
    assert!(!read.is_partial());
}

/// Numbers that are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self) -> String {
        let parts =
            ["a", ":", "/", " ", "\n", "\r", "\u{1b}", "ż", "Spread-Cron-Passed: 9", "[skip ci]", "\u{202e}", "'"];
        (0..self.below(6)).map(|_| parts[self.below(parts.len())]).collect()
    }

    fn texts(&mut self) -> Vec<String> {
        (0..self.below(5)).map(|_| self.text()).collect()
    }

    fn some<T>(&mut self, value: T) -> Option<T> {
        (self.below(2) == 0).then_some(value)
    }

    fn some_text(&mut self) -> Option<String> {
        let text = self.text();
        self.some(text)
    }

    fn some_number(&mut self) -> Option<u64> {
        let number = self.below(9).try_into().unwrap();
        self.some(number)
    }
}

#[test]
fn any_result_survives_its_commit() {
    let mut numbers = Numbers(1);
    for round in 0..2000 {
        let result = LaunchResult {
            status: Status::ALL[numbers.below(4)],
            url: numbers.some_text(),
            finished_at: numbers.some_text(),
            reason: numbers.some_text(),
            tasks: TaskResults {
                passed: numbers.some_number(),
                failed: numbers.some_number(),
                aborted: numbers.some_number(),
                skipped: numbers.some_number(),
                failed_tasks: numbers.texts(),
                failures: Failures {
                    preparing: numbers.texts(),
                    executing: numbers.texts(),
                    restoring: numbers.texts(),
                },
                aborted_tasks: numbers.texts(),
                flaky_tasks: numbers.texts(),
            },
            tested: Tested {
                files: numbers.some_text(),
                target: numbers.some_text(),
                spread: numbers.some_text(),
                selection: numbers.some_text(),
                value_after: numbers.some_text(),
            },
        }
        .cleaned();
        assert_eq!(result.clone().cleaned(), result, "round {round}: clean is clean");
        let message = result.commit_message("New snap (5)", "abc");
        assert_eq!(LaunchResult::read(message.as_bytes()), Some((&b"New snap (5)"[..], result)), "{round}: {message}");
    }
}

#[test]
fn lists_are_short_and_agree() {
    let many: Vec<String> = (0..2 * MAX_TASKS).map(|number| format!("b:s:t/{number}")).collect();
    let failures = Failures { preparing: many.clone(), executing: names(&["b:s:t/x"]), restoring: names(&["b:s:t/"]) };
    let tasks = TaskResults { failed_tasks: many.clone(), failures, ..TaskResults::default() };
    let cleaned = LaunchResult { tasks, ..LaunchResult::new(Status::Failed) }.cleaned().tasks;
    assert_eq!(cleaned.failed_tasks, many[..MAX_TASKS]);
    assert_eq!(cleaned.failures.preparing, many[..MAX_TASKS]);
    assert!(cleaned.failures.executing.is_empty(), "a task that is left out is left out of all lists");
    assert_eq!(cleaned.failures.restoring, ["b:s:t/"]);
}

#[test]
fn a_result_is_no_state_commit_and_the_reverse() {
    for message in ["New snap", "passed: New snap", "a [b]"] {
        let literal = MessagePattern::Literal(crate::core::message::Message::new(message.as_bytes()).unwrap());
        let state = format!("{message} (5)");
        let commit = full().commit_message(&state, "abc");
        for pattern in [literal, MessagePattern::regex(".*").unwrap(), MessagePattern::regex("(?s).*").unwrap()] {
            assert_eq!(pattern.value_in(subject_of(commit.as_bytes())), None, "{commit}");
        }
        assert_eq!(LaunchResult::read(state.as_bytes()), None);
        assert_eq!(message::about(subject_of(commit.as_bytes())), Some((Status::Failed, state.as_bytes())));
        assert!(LaunchResult::is_subject(subject_of(commit.as_bytes())));
        assert!(!LaunchResult::is_subject(state.as_bytes()));
    }
    for other in ["passed: a (1)", "passed:a (1) [skip ci]", "good: a (1) [skip ci]", " [skip ci]", ""] {
        assert_eq!(LaunchResult::read(other.as_bytes()), None, "{other:?}");
    }
}

#[test]
fn texts_cannot_break_out_of_their_trailer() {
    let hostile = "a\nSpread-Cron-Passed: 99\r\n\x1b[31m".to_owned();
    let mut result = LaunchResult { url: Some(hostile.clone()), ..full() };
    result.tasks.failed_tasks = (0..MAX_TASKS + 9).map(|number| format!("{hostile}{number}")).collect();
    // A cut in front of a blank leaves none at the end.
    result.tasks.failed_tasks[1] = format!("{} b", "a".repeat(MAX_TRAILER - 1));
    result.tasks.failed_tasks.insert(0, "\u{1}".into());
    let cleaned = result.cleaned();
    assert_eq!(cleaned.url.as_deref(), Some("a Spread-Cron-Passed: 99 [31m"));
    assert_eq!(cleaned.tasks.failed_tasks.len(), MAX_TASKS);
    let message = cleaned.commit_message("a (1)", "abc");
    assert_eq!(LaunchResult::read(message.as_bytes()), Some((&b"a (1)"[..], cleaned)));
}

#[test]
fn the_same_launch_is_told_by_all_that_is_known_of_it() {
    let one = full();
    assert!(one.is_same(&one));
    assert!(one.is_same(&LaunchResult { finished_at: None, ..full() }));
    assert!(!one.is_same(&LaunchResult { finished_at: Some("later".into()), ..full() }));
    assert!(!one.is_same(&LaunchResult { status: Status::Passed, ..full() }));
    assert!(!one.is_same(&LaunchResult { url: None, ..full() }));
    assert!(!one.is_same(&LaunchResult { tasks: TaskResults::default(), ..full() }));
    assert!(!one.is_same(&LaunchResult { tested: Tested::default(), ..full() }));
}

#[test]
fn what_is_said_by_hand_can_be_said_again() {
    let by_hand = LaunchResult::new;
    let (passed, failed) = (by_hand(Status::Passed), by_hand(Status::Failed));
    assert_eq!(known([], &passed), None);
    assert_eq!(known([&passed], &passed), Some(0));
    assert_eq!(known([&failed, &passed], &passed), None);
    let with_url = LaunchResult { url: Some("u".into()), ..passed };
    assert_eq!(known([&failed, &with_url], &with_url), Some(1));
    assert_eq!(known([&failed, &full()], &full()), Some(1));
}

/// `p` is a partial result.
fn results(text: &str) -> Vec<LaunchResult> {
    let one = |word: &str| {
        let status = Status::ALL.into_iter().find(|status| word.ends_with(status.name())).unwrap();
        let mut result = LaunchResult::new(status);
        result.tested.selection = word.starts_with("part-").then(|| "q:".to_owned());
        result
    };
    text.split_whitespace().map(one).collect()
}

#[test]
fn what_waits_to_be_launched() {
    let cases = [
        ("", 0, true),
        ("passed", 3, false),
        ("failed", 3, false),
        ("infra-error", 0, false),
        ("infra-error", 1, true),
        ("cancelled infra-error", 1, false),
        ("cancelled infra-error", 2, true),
        ("infra-error passed", 1, false),
        ("passed infra-error", 1, false),
        ("infra-error infra-error failed infra-error", 9, false),
        ("part-passed", 0, true),
        ("part-failed part-infra-error", 0, true),
        ("part-passed infra-error", 0, false),
        ("part-passed infra-error part-cancelled", 1, true),
        ("part-failed passed", 9, false),
    ];
    for (text, retry, expected) in cases {
        assert_eq!(is_pending(&results(text), retry), expected, "{text} {retry}");
    }
}

#[test]
fn which_result_counts() {
    let cases = [
        ("", None),
        ("infra-error", Some(0)),
        ("infra-error passed", Some(1)),
        ("passed failed", Some(0)),
        ("cancelled infra-error", Some(0)),
        ("part-passed", Some(0)),
        ("part-cancelled part-failed", Some(1)),
        ("part-passed infra-error", Some(1)),
        ("part-failed part-passed cancelled failed", Some(3)),
    ];
    for (text, expected) in cases {
        assert_eq!(decisive(&results(text)), expected, "{text}");
    }
}

#[test]
fn what_is_green() {
    for (text, expected) in [("passed", true), ("part-passed", false), ("failed", false), ("infra-error", false)] {
        for moved in [MovedValue::Accepted, MovedValue::Rejected] {
            assert_eq!(results(text)[0].is_green(moved), expected, "{text}");
        }
    }
    let tested = Tested { value_after: Some("6".into()), ..Tested::default() };
    let result = LaunchResult { tested, ..LaunchResult::new(Status::Passed) };
    assert!(result.is_green(MovedValue::Accepted) && !result.is_green(MovedValue::Rejected));
}

#[test]
fn a_few_words_for_people() {
    let result = |status, selection: Option<&str>, passed, failed, flaky: &[&str], after: Option<&str>| LaunchResult {
        tasks: TaskResults { passed, failed, flaky_tasks: names(flaky), ..TaskResults::default() },
        tested: Tested {
            selection: selection.map(str::to_owned),
            value_after: after.map(str::to_owned),
            ..Tested::default()
        },
        ..LaunchResult::new(status)
    };
    use Status::{Cancelled, Failed, InfraError, Passed};
    let cases = [
        (result(Passed, None, None, None, &[], None), "passed"),
        (result(Passed, None, Some(12), Some(0), &[], None), "passed (12)"),
        (result(Passed, None, Some(12), None, &["a"], None), "passed (12; 1 flaky)"),
        (result(Failed, None, Some(12), Some(2), &[], None), "failed (2 of 14)"),
        (result(Passed, Some("q:"), Some(1), Some(0), &[], None), "passed (partial; 1)"),
        (result(Passed, None, Some(12), Some(0), &[], Some("1.3")), "passed (value moved to 1.3 meanwhile)"),
        (
            result(Failed, None, Some(0), Some(u64::MAX), &[], Some("2")),
            "failed (18446744073709551615 of 18446744073709551615; value moved to 2 meanwhile)",
        ),
        (result(InfraError, Some("q:"), Some(3), Some(1), &[], None), "infra-error (partial)"),
        (result(Cancelled, None, Some(3), Some(1), &[], None), "cancelled"),
    ];
    for (result, expected) in cases {
        assert_eq!(result.in_words(), expected);
    }
}
