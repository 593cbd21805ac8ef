//! What `run` makes of the end of spread, and of what it says until then.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{
    Flavour, Gate, LaunchDoc, Layout, Recipe, Sandbox, executes, processes, reuse_files, side_by_side, task,
};

/// Passed, failed.
fn counts(result: &LaunchDoc) -> (Option<u64>, Option<u64>) {
    (result.passed, result.failed)
}

#[test]
fn failed_tasks_are_counted_and_named() {
    let cases = [
        ("summary: x\nexecute: exit 3\n", (Some(2), Some(1))),
        ("summary: x\nprepare: false\nexecute: true\n", (Some(2), Some(1))),
    ];
    let cases = cases.into_iter().flat_map(|case| Flavour::ALL.map(|flavour| (case, flavour)));
    side_by_side(cases, |((text, expected), flavour)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().flavour(flavour).file("custom/tests/main/gamma/task.yaml", text).build(&sandbox);
        let (run, result) = watched.run(&[], 1);
        assert_eq!((counts(&result), result.failed_tasks), (expected, vec![task("gamma")]), "{run}");
        assert_eq!(result.status, "failed");
        assert!(run.stderr_text().contains("error: unsuccessful run"), "what spread says on stderr goes there: {run}");
    });
}

#[test]
fn a_task_that_cannot_be_restored_is_a_failure() {
    side_by_side(Flavour::ALL, |flavour| {
        let sandbox = Sandbox::new();
        let text = "execute: true\nrestore: false\n";
        let watched = Recipe::new().flavour(flavour).file("custom/tests/main/gamma/task.yaml", text).build(&sandbox);
        let (_, result) = watched.run(&[], 1);
        assert_eq!(result.failed_tasks, [task("gamma")]);
    });
}

/// Each with the plan of the stand-in, and what its error has to mention.
const NO_VERDICT: [(&str, &str); 8] = [
    ("suite_prepare() { return 1; }", ""),
    ("project_prepare() { return 1; }", ""),
    ("machines_up() { rm -f \"$reuse_file\"; die 'cannot allocate: no quota'; }", "1"),
    ("machines_up() { rm -f \"$reuse_file\"; exit 2; }", "2"),
    ("summary() { exit 70; }", "70"),
    ("machines_up() { kill -SEGV $$; }", "signal"),
    ("summary() { closing_lines; kill -KILL $$; }", "signal"),
    ("machines_up() { rm -f \"$reuse_file\"; printf 'panic: x\\n\\ngoroutine 1' >&2; exit 2; }", "2"),
];

#[test]
fn an_end_without_a_verdict_is_an_error_of_the_infrastructure() {
    let cases = NO_VERDICT.into_iter().flat_map(|case| Flavour::ALL.map(|flavour| (case, flavour)));
    side_by_side(cases, |((plan, mentioned), flavour)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().flavour(flavour).build(&sandbox);
        watched.spread.plan(plan);
        let (run, result) = watched.run(&[], 3);
        assert_eq!((result.status.as_str(), result.stage.as_deref()), ("infra-error", Some("launch")), "{plan}: {run}");
        let error = result.error.unwrap();
        assert!(error.contains(mentioned), "{plan}: {error}");
        assert_eq!(reuse_files(watched.customized("")), [] as [&str; 0], "{plan}: machines are left: {run}");
        watched.spread.plan("");
        watched.assert_passes();
    });
}

#[test]
fn a_crashed_spread_leaves_no_machine() {
    side_by_side(["kill -KILL $$", "kill -SEGV $$", "exit 1"], |crash| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().option("spread", "env X=1 spread -v -seed 3 tests/main/alpha").build(&sandbox);
        watched.spread.plan(&format!("machines_up() {{ {crash}; }}"));
        watched.run(&[], 3);
        let events: Vec<_> = watched.spread.events().into_iter().filter(|event| event != "help").collect();
        assert_eq!(events.len(), 2, "{events:#?}");
        assert_eq!(events[0].replace("allocated", "discarded"), events[1]);
        assert_eq!(reuse_files(watched.customized("")), [""; 0]);
        let calls = watched.spread.calls();
        let discard = &calls[1];
        assert_eq!((calls.len(), &discard.cwd), (2, &watched.customized("")));
        assert_eq!(discard.variable("X"), Some("1"));
        assert!(!discard.args.iter().any(|arg| arg.contains("alpha")), "{discard:#?}");
    });
}

#[test]
fn machines_that_cannot_be_discarded_are_told_of_and_block_the_next_run() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.spread.plan("machines_up() { kill -KILL $$; }\ndiscarding() { return 1; }");
    let (run, _) = watched.run(&[], 3);
    let left = reuse_files(watched.customized(""));
    let pid = left[0].strip_prefix(".spread-reuse.").unwrap().strip_suffix(".yaml").unwrap();
    let by_hand = |text: &str| text.contains("-discard") && text.contains("-reuse-pid") && text.contains(pid);
    assert!(by_hand(&run.stderr_text()), "{run}");
    // Nothing is wiped out that is needed to get rid of the machines.
    watched.spread.plan("discarding() { return 1; }");
    watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(predicate::function(by_hand));
    assert_eq!(reuse_files(watched.customized("")), left);
    watched.spread.plan("");
    watched.assert_passes();
    assert_eq!(watched.spread.count(&format!("discarded: {}", left[0])), 1);
}

#[test]
fn the_report_is_preferred_to_the_log() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .flavour(Flavour::Plus)
        .file("custom/tests/main/gamma/task.yaml", executes("false"))
        .build(&sandbox);
    watched.spread.plan("summary() { echo 'Successful tasks: 99'; }");
    let (_, result) = watched.run(&[], 1);
    assert_eq!((counts(&result), result.failed_tasks), ((Some(2), Some(1)), vec![task("gamma")]));
}

/// The plan of a stand-in that says what a real spread said.
fn replays(log: &str, report: Option<&str>, status: i32) -> String {
    let data = |name: &str| format!("{}/tests/data/spread/{name}", env!("CARGO_MANIFEST_DIR"));
    let copy = report.map(|name| format!("report() {{ cp '{}' \"$1\"; }}", data(name))).unwrap_or_default();
    let end = "rm -f \"$reuse_file\"; exit";
    format!("{copy}\nsummary() {{ grep -v ^error: '{0}'; grep ^error: '{0}' >&2; {end} {status}; }}", data(log))
}

#[test]
fn what_real_spreads_said_is_understood() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().flavour(Flavour::Plus).build(&sandbox);
    watched.spread.plan(&replays("plus-multi.log", Some("plus-multi-report.json"), 1));
    let (_, result) = watched.run(&["--record"], 1);
    assert_eq!((counts(&result), result.status.as_str(), result.error), ((Some(6), Some(9)), "failed", None));
    let names: std::collections::BTreeSet<&str> = result.failed_tasks.iter().map(String::as_str).collect();
    assert!(names.len() == 9 && names.contains("adhoc:debian-12-64:checks/variants:c"), "{names:?}");
    assert_eq!(result.failures.executing.len(), 9);
    let message = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
    assert_eq!(message.matches("Spread-Cron-Failed-Task: adhoc:debian-").count(), 9, "{message}");
    let debug = result.excerpts.iter().find(|excerpt| excerpt.script == "debug").unwrap();
    assert_eq!(debug.lines, ["+ echo 'debug output here'", "debug output here"]);

    let cases = [
        ("upstream-nothing-matches.log", "nothing matches provider filter"),
        ("upstream-one-system-no-quota.log", "Cannot allocate adhoc:debian-13-64: no quota in zone"),
        ("upstream-project-prepare.log", "could not prepare adhoc:debian-12-64:project"),
    ];
    side_by_side(cases, |(log, why)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().build(&sandbox);
        watched.spread.plan(&replays(log, None, 1));
        let (_, result) = watched.run(&["--record"], 3);
        assert_eq!(result.status, "infra-error");
        assert!(result.error.as_deref().unwrap_or_default().contains(why), "{result:?}");
        let message = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
        assert!(message.contains("\nSpread-Cron-Reason: spread ") && message.contains(why), "{message}");
    });
}

#[test]
fn a_spread_that_runs_no_task_has_not_passed() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    for (spread, why) in [
        ("spread -list", "-list, which runs no task"),
        ("spread -h", "-h, which runs no task"),
        ("spread -v -shell", "-shell, which runs no task"),
    ] {
        watched.clone.git(["config", "spread-cron.spread", spread]);
        let (run, result) = watched.run(&["--record"], 3);
        assert_eq!(result.status, "infra-error", "{run}");
        assert!(result.error.as_deref().unwrap_or_default().contains(why), "{result:?}");
    }
    watched.clone.git(["config", "spread-cron.spread", "spread"]);
    watched.spread.plan(&replays("plus-all-skipped.log", None, 0));
    let (_, result) = watched.run(&["--record"], 3);
    assert_eq!(result.error.as_deref(), Some("spread ran no task, and skipped 1"));
    watched.clone.run(["green", "edge"]).exit(0);
}

#[test]
fn a_report_that_is_no_report_gives_way_to_the_log() {
    side_by_side([":", "echo '{' > \"$1\"", "echo '[]' > \"$1\"", "mkdir \"$1\""], |report| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new()
            .flavour(Flavour::Plus)
            .file("custom/tests/main/gamma/task.yaml", executes("false"))
            .build(&sandbox);
        watched.spread.plan(&format!("report() {{ {report}; }}"));
        let (_, result) = watched.run(&[], 1);
        assert_eq!((counts(&result), result.failed_tasks), ((Some(2), Some(1)), vec![task("gamma")]), "{report}");
    });
}

#[test]
fn a_report_file_of_ones_own_is_read() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .flavour(Flavour::Plus)
        .option("spread", "spread -json mine.json -v")
        .file("custom/tests/main/gamma/task.yaml", executes("false"))
        .build(&sandbox);
    watched.spread.plan("summary() { :; }");
    let (_, result) = watched.run(&[], 1);
    assert_eq!((counts(&result), result.failed_tasks), ((Some(2), Some(1)), vec![task("gamma")]));
    assert!(watched.customized("mine.json").exists());
    assert_eq!(watched.spread.launch().args.iter().filter(|arg| arg.contains("json")).count(), 2);
}

/// Older Go programs end `-h` with 2; and a spread that says nothing there is the plain one.
#[test]
fn the_help_of_an_older_spread() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().flavour(Flavour::Plus).build(&sandbox);
    watched.spread.plan("help_status=2");
    watched.run(&[], 0);
    assert!(watched.spread.launch().args.iter().any(|arg| arg.starts_with("-json")));
    watched.spread.plan("usage() { :; }; help_status=1");
    watched.run(&[], 0);
    assert_eq!(watched.spread.launches()[1].args, ["-v"]);
}

#[test]
fn the_output_streams_through_and_the_log_keeps_it() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let waits = format!("{}; {}; printf 'raw \\377 bytes'; false", begun.pass(), end.wait());
    let watched = Recipe::new().file("custom/tests/main/gamma/task.yaml", executes(&waits)).build(&sandbox);
    let log = sandbox.path("log");
    let mut command = watched.cmd(&["--log", log.to_str().unwrap()]).command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    begun.await_one();
    // What came before the gate is here although nothing has ended yet.
    let (mut early, mut line) = (Vec::new(), Vec::new());
    while !line.starts_with(b"2")
        || !String::from_utf8_lossy(&line).contains("Executing google:ubuntu-24.04-64:tests/main/gamma")
    {
        line.clear();
        assert_ne!(stdout.read_until(b'\n', &mut line).unwrap(), 0, "{}", String::from_utf8_lossy(&early));
        early.extend(&line);
    }
    end.open();
    let mut all = early;
    stdout.read_to_end(&mut all).unwrap();
    let mut stderr = Vec::new();
    child.stderr.take().unwrap().read_to_end(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let holds = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|window| window == part);
    let log = fs::read(log).unwrap();
    for part in [&b"raw \xff bytes"[..], b"Allocating google", b"Failed tasks: 1\n    - google"] {
        assert!(
            holds(&all, part) && holds(&log, part),
            "{}\n{}",
            String::from_utf8_lossy(&all),
            String::from_utf8_lossy(&log)
        );
    }
    assert!(holds(&stderr, b"error: unsuccessful run\n") && holds(&log, b"error: unsuccessful run\n"));
}

#[test]
fn a_log_that_cannot_be_kept() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let (run, _) = watched.run(&["--log", "/dev/full"], 0);
    assert!(run.stderr_text().contains("No space left on device"), "{run}");
    // That is known before anything is done.
    watched.cmd(&["--log", "/nowhere/log"]).run().exit(3).stdout(predicate::always()).stderr(contains("/nowhere/log"));
    assert_eq!(watched.spread.launches().len(), 1);
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_run() {
    side_by_side([Layout::Options, Layout::Trigger], |layout| {
        let sandbox = Sandbox::new();
        let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
        let waits = format!("{}; {}", begun.pass(), end.wait());
        let watched = Recipe::new()
            .layout(layout)
            .file("custom/tests/main/alpha/task.yaml", executes(&waits))
            .file("custom/tests/main/gamma/task.yaml", executes("false"))
            .build(&sandbox);
        let log = sandbox.path("log");
        let mut command = watched.cmd(&["--log", log.to_str().unwrap()]).command();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        begun.await_one();
        drop(child.stdout.take());
        end.open();
        assert_eq!(child.wait().unwrap().code(), Some(1));
        assert_eq!(counts(&watched.result()), (Some(2), Some(1)));
        assert_eq!((watched.spread.count("discarded"), watched.spread.count("ended")), (1, 1));
        assert!(fs::read_to_string(log).unwrap().contains("Failed tasks: 1"));
    });
}

#[test]
fn quiet_keeps_to_what_spread_says() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let run = watched.cmd(&["--quiet"]).run();
    assert!(run.stdout_text().contains("Successful tasks: 2"), "{run}");
    assert_eq!(run.stderr_text(), "", "{run}");
}

/// A task may print whatever it likes: it is passed on, and it does not count.
#[test]
fn what_a_task_prints_is_no_summary() {
    let sandbox = Sandbox::new();
    let prints = "head -c 3000000 /dev/zero | tr '\\0' x; echo\n\
        echo '2020-01-01 00:00:00 Successful tasks: 70'\necho 'Failed tasks: 1'\necho '    - google:evil:tests/main/evil'\n\
        printf '\\033[2J\\007\\r'\nfalse";
    let watched = Recipe::new().file("custom/tests/main/gamma/task.yaml", executes(prints)).build(&sandbox);
    let log = sandbox.path("log");
    let (_, result) = watched.run(&["--log", log.to_str().unwrap()], 1);
    assert_eq!((counts(&result), result.failed_tasks), ((Some(2), Some(1)), vec![task("gamma")]));
    let log = fs::read_to_string(log).unwrap();
    // What comes on the other stream meanwhile may stand in between.
    assert!(log.matches('x').count() >= 3_000_000 && log.contains("\u{1b}[2J\u{7}\r"));
}

#[test]
fn names_of_tasks_are_clean_and_there_once() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.spread.plan(
        "summary() { say 'Successful tasks: 0'; say 'Aborted tasks: 0'; say 'Failed tasks: 3'; \
         printf '    - a:b:c/d\\033[2J\\n    - a:b:c/d\\033[2J\\n    - a:b:c/e\\n'; die 'unsuccessful run'; }",
    );
    let (run, result) = watched.run(&[], 1);
    assert_eq!(result.failed_tasks.len(), 2, "{result:#?}");
    assert!(result.failed_tasks.iter().all(|name| !name.contains(|c: char| c.is_control())), "{result:#?}");
    assert!(!run.stderr_text().contains('\u{1b}'), "{run}");
}

/// A process of spread that outlives it has its output, and does not keep the run from ending.
#[test]
fn a_process_that_spread_leaves_behind() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let watched = Recipe::new().build(&sandbox);
    watched.spread.plan(&format!("machines_up() {{ {{ {}; {}; }} & }}", begun.pass(), end.wait()));
    watched.assert_passes();
    begun.await_one();
    end.open();
    processes::assert_none_left(&sandbox);
}

/// Who debugs on a terminal talks to the shell that spread starts.
#[test]
fn a_debugging_spread_has_the_terminal() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests/main/gamma/task.yaml", executes("false")).build(&sandbox);
    let cmd = watched.cmd(&["--", "-debug", "tests/main/gamma"]).command();
    let words = std::iter::once(cmd.get_program()).chain(cmd.get_args());
    let words: Vec<_> = words.map(|word| shell_words::quote(word.to_str().unwrap()).into_owned()).collect();
    let mut terminal = sandbox.command("script", watched.clone.path());
    terminal.args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"]);
    let mut child = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"look around\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(watched.spread.count("shell: look around"), 1, "{:#?} {output:?}", watched.spread.events());
    assert_eq!(watched.result().failed_tasks, [task("gamma")]);
    let launch = watched.spread.launch();
    assert!(launch.stdin.starts_with("/dev/pts/") && !launch.leader, "{launch:#?}");
}
