//! `run --github`: what the runner of GitHub Actions learns of a launch, whatever the suite prints and however it ends.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;
use rustix::process::Signal;

use crate::support::actions::{Step, StepRun, read_command_file};
use crate::support::{Gate, Recipe, Sandbox, Watched, executes, hostile, quoted, side_by_side, task};

/// Runs `run edge --github` as a step.
#[track_caller]
fn step(watched: &Watched<'_>, args: &[&str]) -> StepRun {
    Step::new(watched.sandbox, "step").run(watched.cmd(&[&["--github"], args].concat()))
}

/// An output, or nothing.
fn output<'r>(run: &'r StepRun, name: &str) -> &'r str {
    run.outputs.get(name).map(String::as_str).unwrap_or_default()
}

/// What the runner executes of a launch: the suite is folded, and nothing that was printed is a command.
#[track_caller]
fn assert_folded(run: &StepRun, title: &str, errors: usize) {
    let names: Vec<_> = run.log.executed.iter().map(|executed| executed.name.as_str()).collect();
    assert_eq!(names, [&["group", "endgroup"][..], &vec!["error"; errors]].concat(), "{}", run.log.text);
    assert_eq!(run.log.executed[0].data, title);
}

const COMMANDS: &str = "echo '::set-output name=status::hacked'; echo '  ::error::x'; echo 'a ##[error]x'; \
                        echo '::stop-commands::x'; echo '::endgroup::'; printf '::warning::x' >&2; printf '::warning::y'";

#[test]
fn a_launch_that_passes() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().script("actions.sh", COMMANDS).build(&sandbox);
    watched.spread.plan(&format!("summary() {{ {COMMANDS}; echo; closing_lines; {COMMANDS}; }}"));
    let run = step(&watched, &[]);
    assert_eq!(run.code, Some(0), "{}", run.log.text);
    assert_eq!([output(&run, "slug"), output(&run, "launched"), output(&run, "status")], ["edge", "true", "passed"]);
    assert_folded(&run, "Launching edge (2)", 0);
    assert!(run.log.without_stops().executed.len() > 10, "the test says nothing: {}", run.log.text);
    let shown = run.log.shown.join("\n");
    assert!(shown.contains("##[error]x") && shown.contains("edge (2) passed"), "{shown}");
    let rows = run.rows();
    for row in [["Resource", "edge"], ["Value", "2"], ["Value before", "1"], ["Tasks passed", "2"]] {
        assert!(rows.contains(&row.map(str::to_owned).to_vec()), "{rows:?}");
    }
}

#[test]
fn a_launch_that_fails() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", executes("false")).build(&sandbox);
    let run = step(&watched, &["--record", "--out", "../out"]);
    assert_eq!((run.code, output(&run, "status")), (Some(1), "failed"), "{}", run.log.text);
    assert_folded(&run, "Launching edge (2)", 1);
    let error = run.log.all("error")[0];
    assert_eq!(
        (error.property("title"), error.data.as_str()),
        ("edge (2) failed", &*format!("failed: {}", task("alpha")))
    );
    assert!(run.rows().contains(&vec![task("alpha")]), "{:?}", run.rows());
    assert!(run.summary.contains("<h3>Launch&#58; failed</h3>"), "{}", run.summary);
    // Once recorded, there is nothing to do.
    let run = step(&watched, &["--if-pending"]);
    assert_eq!((run.code, output(&run, "launched"), run.outputs.get("status")), (Some(0), "false", None));
    assert_eq!(run.log.executed, []);
    assert!(run.summary.contains("Nothing to launch"), "{}", run.summary);
    assert_eq!(watched.spread.launches().len(), 1);
}

#[test]
fn a_stage_that_fails() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("target_repo", "/nowhere").build(&sandbox);
    let run = step(&watched, &[]);
    assert_eq!(run.code, Some(3), "{}", run.log.text);
    assert_eq!([output(&run, "launched"), output(&run, "status")], ["true", "infra-error"]);
    assert_folded(&run, "Launching edge (2)", 1);
    let error = run.log.all("error")[0];
    assert!(error.property("title").ends_with("could not run") && error.data.starts_with("clone: "), "{error:?}");
    assert!(run.rows().contains(&vec!["Stage".to_owned(), "clone".to_owned()]), "{:?}", run.rows());

    // Before there is a workspace.
    fs::write(sandbox.path("file"), "").unwrap();
    let busy = ["run", "edge", "--github", "--workspace", "../file"];
    let run = Step::new(&sandbox, "busy").run(watched.clone.cmd(busy));
    assert_eq!((run.code, output(&run, "launched"), output(&run, "status")), (Some(3), "true", "infra-error"));
    assert_folded(&run, "Launching edge (2)", 1);

    // Before it is known what to launch.
    let cases: [(&[&str], &str, i32); 2] = [
        (&["run", "no\u{e9} pe;", "--github"], "no\u{e9} pe;", 2),
        (&["run", "edge", "--github", "--commit", "x"], "\"x\"", 2),
    ];
    for (args, mentioned, code) in cases {
        let run = Step::new(&sandbox, &format!("early{}", args.len())).run(watched.clone.cmd(args));
        assert_eq!((run.code, output(&run, "status")), (Some(code), "infra-error"), "{}", run.log.text);
        assert_eq!((run.outputs.get("launched"), run.log.executed.len()), (None, 1));
        assert!(run.log.all("error")[0].data.contains(mentioned), "{:?}", run.log.executed);
        assert!(output(&run, "slug").bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    }
}

#[test]
fn a_script_that_does_not_end_its_last_line() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().script("actions.sh", &format!("{COMMANDS}; false")).build(&sandbox);
    let run = step(&watched, &[]);
    assert_eq!((run.code, output(&run, "status")), (Some(3), "infra-error"), "{}", run.log.text);
    assert_folded(&run, "Launching edge (2)", 1);
    assert!(run.log.text.contains("::warning::y\n"), "the test says nothing: {}", run.log.text);
}

#[test]
fn a_result_that_cannot_be_recorded_is_an_error_of_the_step() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    fs::rename(sandbox.path("remote"), sandbox.path("away")).unwrap();
    let run = step(&watched, &["--record"]);
    assert_eq!((run.code, output(&run, "status")), (Some(3), "passed"), "{}", run.log.text);
    assert_folded(&run, "Launching edge (2)", 1);
}

/// Who cancels a step sends a signal, soon another one, and then kills.
#[test]
fn a_cancelled_step_has_its_outputs_from_the_first_signal_on() {
    side_by_side([Signal::TERM, Signal::KILL], |second| {
        let sandbox = Sandbox::new();
        let [begun, end, interrupted] = ["begun", "end", "interrupted"].map(|name| Gate::new(&sandbox, name));
        let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
        let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", waits).build(&sandbox);
        watched.spread.plan(&format!("interrupted() {{ {}; }}", interrupted.pass()));
        let step = Step::new(&sandbox, "step");
        let mut running = step.in_step(watched.cmd(&["--github", "--grace", "1h"])).spawn();
        begun.await_one();
        let outputs = || read_command_file(&fs::read_to_string(sandbox.path("step/output")).unwrap());
        let get = |name: &str| outputs().remove(name).unwrap_or_default();
        assert_eq!([get("launched"), get("status")], ["true", ""]);
        running.signal(Signal::INT);
        interrupted.await_one();
        running.signal(second);
        let run = running.wait();
        let text = run.stdout_text() + &run.stderr_text();
        if second == Signal::KILL {
            drop(run.killed_by(Signal::KILL));
        } else {
            drop(run.exit(130));
            assert!(text.contains("::error title=edge (2) was cancelled::"), "{text}");
            assert!(fs::read_to_string(sandbox.path("step/summary")).unwrap().contains("cancelled"));
        }
        assert_eq!([get("launched"), get("status")], ["true", "cancelled"]);
        end.open();
    });
}

#[test]
fn hostile_values_and_names_are_harmless() {
    let cases = hostile::NAMES.into_iter().zip(hostile::values());
    side_by_side(cases, |(name, value)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().build(&sandbox);
        let options = format!("message='New'\npattern_extractor='echo 1'\ntarget_repo={}\n", watched.target.url());
        sandbox.repo("remote").build(|history| {
            history
                .branch(name)
                .options(options)
                .file("custom/tests/main/alpha/task.yaml", executes("echo \"$SPREAD_CRON_VALUE\"; false"))
                .state(&format!("New ({value})"));
        });
        watched.clone.git(["fetch", "--quiet"]);
        let workspace = watched.workspace();
        let args = ["run", name, "--github", "--out", "../out", "--workspace", workspace.to_str().unwrap()];
        let run = Step::new(&sandbox, "step").run(watched.clone.cmd(args));
        assert_eq!((run.code, output(&run, "status")), (Some(1), "failed"), "{}", run.log.text);
        assert_folded(&run, &format!("Launching {name} ({value})"), 1);
        let rows = run.rows();
        for row in [["Resource", name], ["Value", value.as_str()]] {
            assert!(rows.contains(&row.map(str::to_owned).to_vec()), "{row:?} is not in {rows:?}");
        }
        assert!(output(&run, "slug").bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        let result = fs::read_to_string(sandbox.path("out/result.json")).unwrap();
        assert!(result.contains(&serde_json::to_string(&value).unwrap()), "{result}");
        for folder in ["clone", "workspace", "workspace/target", "step", "out"] {
            assert!(!sandbox.path(folder).join("hacked").exists());
        }
    });
}

#[test]
fn the_suite_cannot_speak_for_the_step() {
    let sandbox = Sandbox::new();
    let forges = "env | grep ^GITHUB_ > target/told || true";
    let watched = Recipe::new().script("actions.sh", forges).build(&sandbox);
    let files = ["GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE"];
    let cmd = watched.cmd(&["--github"]).env("GITHUB_RUN_ID", "7");
    let run = Step::new(&sandbox, "step").run(files.iter().fold(cmd, |cmd, name| cmd.env(name, "/nowhere/x")));
    assert_eq!(run.code, Some(0), "{}", run.log.text);
    let launch = watched.spread.launch();
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"].iter().chain(&files) {
        assert_eq!(launch.variable(name), None, "{name}");
        assert!(!watched.text("told").contains(name), "{name}");
    }
    assert_eq!(launch.variable("GITHUB_RUN_ID"), Some("7"));
}

#[test]
fn outside_of_a_step_nothing_is_launched() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.cmd(&["--github"]).run().exit(2).stderr(contains("belongs in a step of GitHub Actions"));
    let missing = sandbox.path("nowhere/output");
    let step = Step::new(&sandbox, "step");
    let cmd = step.in_step(watched.cmd(&["--github"])).env("GITHUB_OUTPUT", &missing);
    cmd.run().exit(3).stderr(contains(missing.to_str().unwrap()));
    assert_eq!(watched.spread.calls().len(), 0);
    assert!(!watched.workspace().exists());
    let run = Step::new(&sandbox, "dry").run(watched.cmd(&["--github", "--dry-run"]));
    assert_eq!((run.code, output(&run, "launched"), run.outputs.get("status")), (Some(0), "false", None));
}

#[test]
fn discarding_in_a_step() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.run(&[], 0);
    let recorded = "backends:\n  google:\n    systems:\n    - ubuntu-24.04-64:\n        address: 192.0.2.1\n";
    fs::write(watched.customized(".spread-reuse.1.yaml"), recorded).unwrap();
    watched.spread.plan("discarding() { return 1; }");
    let run = step(&watched, &["--discard"]);
    assert_eq!((run.code, run.outputs.len()), (Some(3), 1), "{}", run.log.text);
    assert_eq!(run.log.executed.len(), 1, "{:?}", run.log.executed);
    assert_eq!(run.log.all("error")[0].property("title"), "edge: machines may be left");
    watched.spread.plan("");
    let run = step(&watched, &["--discard"]);
    assert_eq!((run.code, run.log.executed.len()), (Some(0), 0), "{}", run.log.text);
    assert!(predicate::str::contains("Discarding").eval(&run.log.text));
}

#[test]
fn a_suite_has_not_the_last_word_on_outputs() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let file = quoted(sandbox.path("step/output"));
    watched.spread.plan(&format!("summary() {{ printf 'launched=false\\nslug=x\\n' >> {file}; closing_lines; }}"));
    let run = step(&watched, &[]);
    assert_eq!([output(&run, "slug"), output(&run, "launched"), output(&run, "status")], ["edge", "true", "passed"]);
    let raw = fs::read_to_string(sandbox.path("step/output")).unwrap();
    assert!(raw.contains("launched=false\n"), "the test says nothing: {raw}");
}
