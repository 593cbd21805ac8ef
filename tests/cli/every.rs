//! `poll --every`: it stays, whatever fails, until a signal ends it cleanly.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::support::{Gate, PollDoc, Repo, Sandbox, processes, quoted};

/// A poll that stays, whose documents are read one after the other. Killed when it is dropped.
struct Staying {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Staying {
    fn start(repo: &Repo<'_>, args: &[&str]) -> Self {
        Staying::spawn(repo.cmd([&["poll", "--format", "json"], args].concat()).command())
    }

    fn spawn(mut command: Command) -> Self {
        command.process_group(0);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the product can be started");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Staying { child, stdout }
    }

    /// Waits for the document of the next poll: one on each line.
    #[track_caller]
    fn next(&mut self) -> PollDoc {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("documents are UTF-8");
        assert!(line.ends_with('\n'), "no whole document: {line:?}");
        serde_json::from_str(&line).unwrap_or_else(|err| panic!("{err} in {line}"))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process is our child and was not waited for");
    }

    /// As a terminal does it: every git that the poll has started gets the signal as well.
    fn signal_all(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.child), signal)
            .expect("the process is our child and was not waited for");
    }

    /// Waits for the end: the exit code, the documents that were not read yet, stderr.
    fn end(mut self) -> (Option<i32>, Vec<PollDoc>, String) {
        let (mut rest, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut rest).expect("documents are UTF-8");
        self.child.stderr.take().expect("stderr is a pipe").read_to_string(&mut stderr).expect("messages are UTF-8");
        let status = self.child.wait().expect("the process is our child");
        let documents = rest.lines().map(|line| serde_json::from_str(line).expect("each line is a document")).collect();
        (status.code(), documents, stderr)
    }
}

impl Drop for Staying {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_polls_again_until_it_is_asked_to_end() {
    for signal in [Signal::TERM, Signal::INT] {
        let sandbox = Sandbox::new();
        let world = sandbox.world();
        let (remote, clone) = sandbox.project(|history| {
            history.resource("edge", "New snap", &world.extractor("edge")).state("New snap (1)");
        });
        world.set("edge", "2");
        let mut poll = Staying::start(&clone, &["--every", "200ms"]);
        assert_eq!(poll.next().resource("edge").change(), ("changed", Some("1"), Some("2")));
        world.set("edge", "3");
        // Whatever was under way when the world changed.
        let changed = (0..5).map(|_| poll.next()).find(|poll| poll.resource("edge").outcome == "changed");
        assert_eq!(changed.expect("the change is seen").resource("edge").change(), ("changed", Some("2"), Some("3")));
        poll.signal(signal);
        let (code, _, stderr) = poll.end();
        assert!(matches!(code, Some(0 | 130)), "{code:?} {stderr}");
        assert_eq!(remote.subjects("edge"), ["New snap (3)", "New snap (2)", "New snap (1)", "Watch edge"]);
        processes::assert_none_left(&sandbox);
        sandbox.assert_no_litter();
    }
}

#[test]
fn a_signal_between_two_polls_is_a_success() {
    for signal in [Signal::TERM, Signal::INT] {
        let sandbox = Sandbox::new();
        let (_remote, clone) = sandbox.project(|history| {
            history.resource("edge", "New snap", "echo 1");
        });
        let mut poll = Staying::start(&clone, &["--every", "1h"]);
        assert_eq!(poll.next().resource("edge").outcome, "first");
        poll.signal(signal);
        let (code, rest, stderr) = poll.end();
        assert_eq!((code, rest.len(), stderr.as_str()), (Some(0), 0, ""));
        sandbox.assert_no_litter();
    }
}

/// What was ignored from the start stays so, as with nohup; the other signals still end the work.
#[test]
#[cfg(target_os = "linux")]
fn signals_that_were_ignored_from_the_start_are_ignored() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (began, go_on) = (Gate::new(&sandbox, "began"), Gate::new(&sandbox, "go-on"));
    let (_remote, clone) = sandbox.project(|history| {
        let extractor = format!("{}; {}; echo 2", began.pass(), go_on.wait());
        history.resource("edge", "New snap", &extractor).state("New snap (1)");
    });
    let mut shell = sandbox.command("sh", clone.path());
    shell.args(["-c", "trap '' HUP; exec git-spread-cron poll --format json --every 1h"]);
    let mut poll = Staying::spawn(shell);
    began.await_one();
    poll.signal(Signal::HUP);
    go_on.open();
    assert_eq!(poll.next().resource("edge").change(), ("changed", Some("1"), Some("2")));
    poll.signal(Signal::TERM);
    let (code, rest, stderr) = poll.end();
    assert_eq!((code, rest.len(), stderr.as_str()), (Some(0), 0, ""));
}

#[test]
fn a_poll_that_fails_does_not_end_it() {
    let sandbox = Sandbox::new();
    let world = sandbox.world();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("bad", "Bad", "exit 7");
        history.resource("edge", "New snap", &world.extractor("edge")).state("New snap (1)");
    });
    let elsewhere = sandbox.path("elsewhere");
    world.set("edge", "1");
    let mut poll = Staying::start(&clone, &["--every", "100ms"]);
    assert_eq!(poll.next().outcomes(), [("bad", "failed"), ("edge", "unchanged")]);
    std::fs::rename(remote.path(), &elsewhere).unwrap();
    // That the remote is gone is said on stderr, by which the test can wait for it.
    let mut stderr = BufReader::new(poll.child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("error: ") && line.contains("origin"), "{line}");
    world.set("edge", "2");
    std::fs::rename(&elsewhere, remote.path()).unwrap();
    let changed =
        std::iter::from_fn(|| Some(poll.next())).take(5).find(|poll| poll.resource("edge").outcome == "changed");
    assert!(changed.is_some());
    assert_eq!(remote.subjects("edge"), ["New snap (2)", "New snap (1)", "Watch edge"]);
    poll.signal(Signal::TERM);
    poll.child.stderr = Some(stderr.into_inner());
    let (code, _, stderr) = poll.end();
    assert!(matches!(code, Some(0 | 130)), "{code:?} {stderr}");
}

/// One extractor is done, one is running, one has not begun: the first is recorded, the second ended, the third left out.
fn assert_ends_cleanly_while_extracting(args: &[&str], signal: Signal) {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let began = Gate::new(&sandbox, "began");
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a-done", "Done", "echo 2").state("Done (1)");
        history.resource("b-running", "Running", &format!("{}; sleep 1000; echo 2", began.pass())).state("Running (1)");
        history.resource("c-waiting", "Waiting", "echo 2").state("Waiting (1)");
    });
    let poll = Staying::start(&clone, &[&["--jobs", "1"], args].concat());
    began.await_one();
    poll.signal(signal);
    let (code, documents, stderr) = poll.end();
    assert_eq!(code, Some(130), "{stderr}");
    let [document] = documents.as_slice() else { panic!("{documents:#?}") };
    assert_eq!(document.resource("a-done").change(), ("changed", Some("1"), Some("2")));
    for name in ["b-running", "c-waiting"] {
        assert!(document.resource(name).failure().contains("interrupted"), "{document:#?}");
    }
    assert_eq!(remote.subjects("a-done"), ["Done (2)", "Done (1)", "Watch a-done"]);
    assert_eq!(remote.subjects("b-running")[0], "Running (1)");
    assert_eq!(remote.subjects("c-waiting")[0], "Waiting (1)");
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
}

#[test]
fn a_signal_while_extracting_records_what_is_extracted() {
    assert_ends_cleanly_while_extracting(&["--every", "1h"], Signal::TERM);
    assert_ends_cleanly_while_extracting(&["--every", "1h"], Signal::INT);
}

#[test]
fn a_single_poll_ends_as_cleanly() {
    assert_ends_cleanly_while_extracting(&[], Signal::TERM);
    assert_ends_cleanly_while_extracting(&[], Signal::INT);
}

#[test]
fn a_signal_while_fetching_ends_the_fetch() {
    for args in [&["--every", "1h"][..], &[]] {
        let sandbox = Sandbox::new();
        let began = Gate::new(&sandbox, "began");
        let (remote, clone) = sandbox.project(|history| {
            history.resource("edge", "New snap", "echo 2").state("New snap (1)");
        });
        sandbox.git_wrapper(&format!("case \" $* \" in *\" fetch \"*) {}; exec sleep 1000 ;; esac", began.pass()));
        let before = remote.refs();
        let poll = Staying::start(&clone, args);
        began.await_one();
        poll.signal(Signal::TERM);
        let (code, documents, stderr) = poll.end();
        assert_eq!((code, documents.len(), stderr.as_str()), (Some(130), 0, "error: interrupted\n"));
        assert_eq!(remote.refs(), before);
        processes::assert_none_left(&sandbox);
        sandbox.assert_no_litter();
    }
}

/// A push that has begun is seen through: what a signal cuts off is the waiting, not the recording.
#[test]
fn a_signal_while_pushing_waits_for_the_push() {
    let sandbox = Sandbox::new();
    let (began, go_on) = (Gate::new(&sandbox, "began"), Gate::new(&sandbox, "go-on"));
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 2").state("New snap (1)");
    });
    let hook = format!("#!/bin/sh\ncat >/dev/null\n{}\n{}\n", began.pass(), go_on.wait());
    sandbox.script("remote/hooks/pre-receive", &hook);
    let poll = Staying::start(&clone, &["--every", "1h"]);
    began.await_one();
    poll.signal(Signal::TERM);
    go_on.open();
    let (code, documents, stderr) = poll.end();
    assert!(matches!(code, Some(0 | 130)), "{code:?} {stderr}");
    assert_eq!(documents[0].resource("edge").change(), ("changed", Some("1"), Some("2")));
    assert_eq!(remote.subjects("edge"), ["New snap (2)", "New snap (1)", "Watch edge"]);
}

#[test]
fn a_push_that_the_terminal_interrupts_is_carried_out_again() {
    let sandbox = Sandbox::new();
    let (began, never) = (Gate::new(&sandbox, "began"), Gate::new(&sandbox, "never"));
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 2").state("New snap (1)");
    });
    let guard = quoted(sandbox.path("world/once"));
    let hang = format!("{}; {}", began.pass(), never.wait());
    let hook = format!("#!/bin/sh\ncat >/dev/null\nif mkdir {guard} 2>/dev/null; then {hang}; fi\n");
    sandbox.script("remote/hooks/pre-receive", &hook);
    let poll = Staying::start(&clone, &["--every", "1h"]);
    began.await_one();
    poll.signal_all(Signal::INT);
    let (code, documents, stderr) = poll.end();
    assert!(matches!(code, Some(0 | 130)), "{code:?} {stderr}");
    assert_eq!(documents[0].resource("edge").change(), ("changed", Some("1"), Some("2")));
    assert_eq!(remote.subjects("edge"), ["New snap (2)", "New snap (1)", "Watch edge"]);
    processes::assert_none_left(&sandbox);
}
