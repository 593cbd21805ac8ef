//! A `run` that is asked to end: spread finishes its task and discards its machines, and has the time for it.

use std::os::unix::process::CommandExt;

use predicates::prelude::*;
use predicates::str::contains;
use rustix::process::Signal;

use crate::support::{
    Flavour, Gate, LaunchDoc, Recipe, Run, Running, Sandbox, Watched, executes, processes, reuse_files, side_by_side,
};

/// A run whose first task is under way.
struct Underway<'s> {
    watched: Watched<'s>,
    running: Running,
    /// Lets the task end.
    end: Gate,
    /// Where spread comes by for each SIGINT.
    interrupted: Gate,
}

impl<'s> Underway<'s> {
    fn new(sandbox: &'s Sandbox, flavour: Flavour, plan: &str, args: &[&str]) -> Self {
        let [begun, end, interrupted] = ["begun", "end", "interrupted"].map(|name| Gate::new(sandbox, name));
        let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
        let watched = Recipe::new().flavour(flavour).file("custom/tests/main/alpha/task.yaml", waits).build(sandbox);
        watched.spread.plan(&format!("interrupted() {{ {}; }}\n{plan}", interrupted.pass()));
        let running = watched.cmd(args).spawn();
        begun.await_one();
        Underway { watched, running, end, interrupted }
    }

    /// Waits for the end, which has to be that of a cancelled run without any machine left.
    #[track_caller]
    fn assert_cancelled(self) -> (Watched<'s>, Run, LaunchDoc) {
        let run = self.running.wait();
        let _ = (run.stdout_text(), run.stderr_text());
        let run = run.exit(130);
        let result = self.watched.result();
        assert_eq!((result.status.as_str(), result.stage.as_deref()), ("cancelled", Some("launch")), "{run}");
        let target = self.watched.customized("");
        assert_eq!(reuse_files(target), [] as [&str; 0], "{run}");
        let spread = &self.watched.spread;
        assert_eq!((spread.count("allocated"), spread.count("discarded")), (1, 1), "{:#?}", spread.events());
        (self.watched, run, result)
    }
}

#[test]
fn spread_finishes_its_task_and_discards_its_machines() {
    let cases =
        [Signal::INT, Signal::TERM].into_iter().flat_map(|signal| Flavour::ALL.map(|flavour| (signal, flavour)));
    side_by_side(cases, |(signal, flavour)| {
        let sandbox = Sandbox::new();
        let mut underway = Underway::new(&sandbox, flavour, "", &[]);
        underway.running.signal(signal);
        underway.interrupted.await_one();
        assert!(underway.running.is_running());
        underway.end.open();
        let (watched, run, result) = underway.assert_cancelled();
        assert_eq!(result.passed, Some(1), "{run}");
        assert_eq!((watched.spread.count("interrupted"), watched.spread.count("ended")), (1, 1));
        assert_eq!(watched.spread.calls().len(), 1, "spread has discarded its machines itself");
        assert!(run.stdout_text().contains("Aborted tasks: 1"), "{run}");
        processes::assert_none_left(&sandbox);
        // The next one is not cancelled.
        let next = watched.cmd(&["--", "tests/main/beta"]).run();
        next.report(contains("Successful tasks: 1"));
        sandbox.assert_no_litter();
    });
}

#[test]
fn a_second_signal_cuts_the_grace_short() {
    for (first, second) in [(Signal::INT, Signal::INT), (Signal::TERM, Signal::INT), (Signal::INT, Signal::TERM)] {
        let sandbox = Sandbox::new();
        let mut underway = Underway::new(&sandbox, Flavour::Plain, "", &["--grace", "1h"]);
        underway.running.signal(first);
        underway.interrupted.await_one();
        underway.running.signal(second);
        let (watched, _, _) = underway.assert_cancelled();
        assert_eq!(watched.spread.count("ended"), 0);
        assert_eq!(watched.spread.calls().len(), 2, "another run had to discard the machines");
        processes::assert_none_left(&sandbox);
    }
}

#[test]
fn a_spread_that_does_not_listen_is_ended_after_the_grace() {
    side_by_side(["trap '' INT", "trap 'event deaf' INT"], |deaf| {
        let sandbox = Sandbox::new();
        let plan = format!("machines_up() {{ {deaf}; }}");
        let mut underway = Underway::new(&sandbox, Flavour::Plain, &plan, &["--grace", "200ms"]);
        underway.running.signal(Signal::INT);
        let (watched, run, _) = underway.assert_cancelled();
        assert_eq!(watched.spread.count("ended"), 0, "{run}");
        processes::assert_none_left(&sandbox);
    });
}

/// As a terminal does it: everything in the foreground gets the signal. Spread gets it once.
#[test]
fn an_interrupt_of_the_whole_group_reaches_spread_once() {
    let sandbox = Sandbox::new();
    let [begun, end, interrupted] = ["begun", "end", "interrupted"].map(|name| Gate::new(&sandbox, name));
    let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", waits).build(&sandbox);
    watched.spread.plan(&format!("interrupted() {{ {}; }}", interrupted.pass()));
    let mut command = watched.cmd(&[]).command();
    command.process_group(0).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    begun.await_one();
    rustix::process::kill_process_group(rustix::process::Pid::from_child(&child), Signal::INT).unwrap();
    interrupted.await_one();
    end.open();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!((watched.spread.count("interrupted"), watched.spread.count("discarded")), (1, 1));
    assert_eq!(watched.result().status, "cancelled");
}

#[test]
fn machines_that_cannot_be_discarded_after_an_interrupt_are_told_of() {
    let sandbox = Sandbox::new();
    let mut underway = Underway::new(&sandbox, Flavour::Plain, "discarding() { return 1; }", &["--grace", "1h"]);
    underway.running.signal(Signal::INT);
    underway.interrupted.await_one();
    underway.end.open();
    let stderr = contains("-discard").and(contains("-reuse-pid"));
    underway.running.wait().exit(130).stdout(predicate::always()).stderr(stderr);
    assert_eq!(reuse_files(underway.watched.customized("")).len(), 1);
}

#[test]
fn a_run_checks_is_interrupted_with_all_that_it_started() {
    let sandbox = Sandbox::new();
    let [begun, end, interrupted] = ["begun", "end", "interrupted"].map(|name| Gate::new(&sandbox, name));
    let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
    let watched = Recipe::new()
        .file("target/spread.yaml", "")
        .file("target/tests/main/alpha/task.yaml", waits)
        .file("target/tests/main/beta/task.yaml", executes("true"))
        .script("run-checks", "cd target\nspread -v")
        .build(&sandbox);
    watched.spread.plan(&format!("interrupted() {{ {}; }}", interrupted.pass()));
    let mut running = watched.cmd(&[]).spawn();
    begun.await_one();
    running.signal(Signal::TERM);
    interrupted.await_one();
    end.open();
    running.wait().exit(130).stdout(contains("Aborted tasks: 1")).stderr(predicate::always());
    assert_eq!(watched.result().status, "cancelled");
    assert_eq!((watched.spread.count("interrupted"), watched.spread.count("discarded")), (1, 1));
    processes::assert_none_left(&sandbox);
}

#[test]
fn a_suite_that_takes_too_long_is_cancelled() {
    let sandbox = Sandbox::new();
    let end = Gate::new(&sandbox, "end");
    let watched = Recipe::new()
        .option("launch_timeout", "1s")
        .option("attempts", "3")
        .file("custom/tests/main/alpha/task.yaml", executes(&end.wait()))
        .build(&sandbox);
    watched.spread.plan(&format!("interrupted() {{ echo > {}; }}", crate::support::quoted(sandbox.path("end"))));
    let (run, result) = watched.run(&[], 130);
    assert_eq!(result.error.as_deref(), Some("spread was ended after 1s (launch_timeout)"));
    assert!(run.stderr_text().contains("the suite has not ended within 1s (launch_timeout in the options)"), "{run}");
    assert_eq!((watched.spread.launches().len(), watched.spread.count("discarded")), (1, 1));
    processes::assert_none_left(&sandbox);
}

#[test]
fn a_signal_that_also_reaches_spread_cancels() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    // Both at once: spread dies of it, as the real one does.
    watched.spread.plan("machines_up() { trap - TERM; kill -TERM $PPID $$; sleep 5; }");
    let (_, result) = watched.run(&["--record"], 130);
    assert_eq!((result.status.as_str(), watched.spread.count("discarded")), ("cancelled", 1));
    let subject = sandbox.repo("remote").git(["show", "-s", "--format=%s", "edge"]);
    assert_eq!(subject.trim(), "cancelled: New snap (2) [skip ci]");
}

#[test]
fn an_interrupt_in_the_last_task_leaves_the_verdict() {
    side_by_side([("true", 0), ("false", 1)], |(text, code)| {
        let sandbox = Sandbox::new();
        let [begun, end, interrupted] = ["begun", "end", "interrupted"].map(|name| Gate::new(&sandbox, name));
        let waits = executes(&format!("trap '' INT; {}; {}; {text}", begun.pass(), end.wait()));
        let watched = Recipe::new()
            .option("spread", "bash tool/spread tests/main/gamma")
            .option("attempts", "2")
            .file("custom/tests/main/gamma/task.yaml", waits)
            .script("custom/tool/spread", "spread \"$@\"\nexit 0")
            .build(&sandbox);
        watched.spread.plan(&format!("interrupted() {{ {}; }}", interrupted.pass()));
        let mut running = watched.cmd(&[]).spawn();
        begun.await_one();
        running.signal(Signal::INT);
        // A shell hands nothing on: its whole group hears the signal.
        interrupted.await_one();
        end.open();
        running.wait().exit(code).stdout(predicate::always()).stderr(predicate::always());
        assert_eq!(watched.spread.launches().len(), 1, "nothing runs again after a signal");
    });
}

#[test]
fn an_interrupted_clone() {
    side_by_side([Signal::INT, Signal::TERM], |signal| {
        let sandbox = Sandbox::new();
        let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
        let watched = Recipe::new().build(&sandbox);
        sandbox.on_pack(&format!("{}; {}", begun.pass(), end.wait()));
        let mut running = watched.cmd(&[]).spawn();
        begun.await_one();
        running.signal(signal);
        // Nothing opens the gate: the run does not wait for git.
        running.wait().exit(130).stdout(predicate::always()).stderr(predicate::always());
        let result = watched.result();
        assert_eq!((result.status.as_str(), result.stage.as_deref()), ("cancelled", Some("clone")));
        assert_eq!(watched.spread.launches().len(), 0);
        sandbox.remove_pack_hook();
        end.open();
        processes::assert_none_left(&sandbox);
        watched.assert_passes();
    });
}

#[test]
fn interrupted_actions() {
    side_by_side([Signal::INT, Signal::TERM], |signal| {
        let sandbox = Sandbox::new();
        let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
        let guard = crate::support::quoted(sandbox.path("world/once"));
        let actions = format!("if mkdir {guard} 2>/dev/null; then {}; {}; fi", begun.pass(), end.wait());
        let watched = Recipe::new().script("actions.sh", &actions).build(&sandbox);
        let mut running = watched.cmd(&[]).spawn();
        begun.await_one();
        running.signal(signal);
        running.wait().exit(130).stdout(predicate::always()).stderr(predicate::always());
        let result = watched.result();
        assert_eq!((result.status.as_str(), result.stage.as_deref()), ("cancelled", Some("customize")));
        assert_eq!(watched.spread.launches().len(), 0);
        assert!(watched.customized("spread.yaml").exists(), "the target is back in its place");
        processes::assert_none_left(&sandbox);
        watched.assert_passes();
        sandbox.assert_no_litter();
    });
}
