//! `run --out`: what is to be kept of a launch lies in one folder, however it ends.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;
use rustix::process::Signal;

use crate::support::{Flavour, Gate, Recipe, Sandbox, Snapshot, executes, quoted};

/// The files below a folder, as paths relative to it.
fn files(folder: &Path) -> Vec<String> {
    let (mut found, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner)).unwrap_or_else(|err| panic!("{}: {err}", folder.display())) {
            let entry = entry.unwrap();
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.retain(|path| path != "logs/.git-spread-cron");
    found.sort();
    found
}

fn text(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

#[test]
fn the_result_the_log_and_what_spread_left() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .flavour(Flavour::Plus)
        .file("custom/tests/main/alpha/task.yaml", executes("echo of alpha; false"))
        .build(&sandbox);
    let (out, log) = (sandbox.path("a/out"), sandbox.path("log"));
    let (run, _) = watched.run(&["--out", "../a/out", "--log", "../log"], 1);
    let kept = "logs/spread-logs/google_ubuntu-24.04-64_tests_main_alpha.execute.log";
    assert_eq!(files(&out), [kept, "logs/spread-report.json", "result.json", "spread.log"]);
    assert_eq!(text(out.join("result.json")), text(watched.workspace().join("result.json")));
    assert_eq!(text(out.join(kept)), "of alpha\n");
    assert!(text(out.join("logs/spread-report.json")).contains("\"task-failed\":1"));
    assert_eq!(text(out.join("spread.log")), text(&log));
    assert!(text(&log).contains("Failed tasks: 1") && run.stdout_text().contains("Failed tasks: 1"), "{run}");

    // The next run replaces what this one left, and nothing else.
    fs::write(out.join("mine"), "precious").unwrap();
    fs::write(out.join("logs/spread-logs/old"), "x").unwrap();
    fs::write(sandbox.path("outside"), "precious").unwrap();
    fs::remove_file(out.join("result.json")).unwrap();
    symlink(sandbox.path("outside"), out.join("result.json")).unwrap();
    watched.cmd(&["--out", out.to_str().unwrap(), "--", "tests/main/beta"]).run().report(contains("passed"));
    assert_eq!(files(&out), ["logs/spread-report.json", "mine", "result.json", "spread.log"]);
    assert!(!text(out.join("spread.log")).contains("alpha"), "the log begins anew");
    assert!(text(out.join("result.json")).contains("\"passed\""));
    assert_eq!(text(sandbox.path("outside")), "precious");
}

/// A spread names its artifacts after jobs, and machines say what is in them.
#[test]
fn artifacts_are_kept_under_names_that_can_be_stored() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("spread", "spread -v -artifacts=found").build(&sandbox);
    fs::write(sandbox.path("secret"), "secret").unwrap();
    let secret = quoted(sandbox.path("secret"));
    watched.spread.plan(&format!(
        "summary() {{ mkdir -p \"found/$machine:tests\"; echo kept > \"found/$machine:tests/a\\\"b?.txt\"; \
         ln -s {secret} \"found/$machine:tests/link\"; mkfifo found/pipe; chmod 000 found/*/a*; closing_lines; }}"
    ));
    let out = sandbox.path("out");
    let run = watched.cmd(&["--out", out.to_str().unwrap()]).run().stdout(contains("passed"));
    assert!(run.stderr_text().contains("left 2 links and special files of spread out of"), "{run}");
    let kept = files(&out);
    assert_eq!(kept.len(), 3, "{kept:?}");
    assert!(kept[0].starts_with("logs/spread-artifacts/google-ubuntu-24.04-64-tests-"), "{kept:?}");
    assert!(kept[0].ends_with(".txt") && !kept[0].contains([':', '"', '?']), "{kept:?}");
    assert_eq!(text(out.join(&kept[0])), "kept\n");
}

#[test]
fn what_cannot_be_kept_is_no_failure() {
    let sandbox = Sandbox::new();
    let out = sandbox.path("out");
    let spoils = format!("mkdir {0}/logs/spread-report.json; rm {0}/spread.log", quoted(&out));
    let watched = Recipe::new()
        .flavour(Flavour::Plus)
        .file("custom/tests/main/alpha/task.yaml", executes(&spoils))
        .build(&sandbox);
    let (run, _) = watched.run(&["--out", out.to_str().unwrap()], 0);
    assert!(run.stderr_text().contains("warning: cannot keep 1 file of spread in"), "{run}");
    assert_eq!(files(&out), ["result.json"]);
}

#[test]
fn a_run_that_is_cancelled_or_cannot_begin_leaves_its_result() {
    let sandbox = Sandbox::new();
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let waits = executes(&format!("{}; {}", begun.pass(), end.wait()));
    let watched = Recipe::new().flavour(Flavour::Plus).file("custom/tests/main/alpha/task.yaml", waits).build(&sandbox);
    let out = sandbox.path("out");
    let args = ["--out", out.to_str().unwrap()];
    let mut running = watched.cmd(&args).spawn();
    begun.await_one();
    // Meanwhile no other run can work there, and its result says so.
    let other = sandbox.path("other");
    let run = watched.cmd(&["--out", other.to_str().unwrap()]).run().exit(3).stdout(predicate::always());
    assert!(run.stderr_text().contains("still at work"), "{run}");
    let result = text(other.join("result.json"));
    assert!(["infra-error", "\"export\"", "still at work"].iter().all(|said| result.contains(said)), "{result}");
    running.signal(Signal::INT);
    end.open();
    drop(running.wait().exit(130).anything());
    assert_eq!(files(&out), ["logs/spread-report.json", "result.json", "spread.log"]);
    assert!(text(out.join("result.json")).contains("cancelled"));

    // A stage that fails before there is any output.
    watched.sandbox.repo("target").git(["update-ref", "-d", "refs/heads/main"]);
    let _ = fs::remove_dir_all(sandbox.path("home/.cache"));
    fs::rename(watched.target.path(), sandbox.path("away")).unwrap();
    watched.run(&args, 3);
    assert_eq!(files(&out), ["result.json", "spread.log"]);
    assert!(text(out.join("result.json")).contains("\"clone\""));

    // And one before there is anything to tell of: then at least the earlier result is gone.
    fs::write(out.join("mine"), "").unwrap();
    watched.clone.run(["run", "nope", args[0], args[1]]).exit(2).stderr(contains("nope"));
    assert_eq!(files(&out), ["mine", "spread.log"]);
}

#[test]
fn places_where_it_must_not_lie() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    fs::create_dir(watched.workspace()).unwrap();
    symlink(watched.workspace(), sandbox.path("link")).unwrap();
    for out in ["../workspace", "../workspace/a/b", "../link/out", "../nowhere/../workspace/out"] {
        watched.cmd(&["--out", out]).run().exit(2).stderr(contains("lies in the workspace"));
    }
    let workspace = sandbox.path("out/logs/work");
    watched
        .clone
        .run(["run", "edge", "--workspace", workspace.to_str().unwrap(), "--out", "../out"])
        .exit(2)
        .stderr(contains("the workspace lies in"));
    // The default workspace is one as well.
    let cache = sandbox.path("home/.cache/git-spread-cron/workspaces");
    let plan = watched.clone.run(["run", "edge", "--dry-run"]).stdout_text();
    let name = plan.split("workspaces/").nth(1).and_then(|rest| rest.split([' ', '/']).next()).unwrap().to_owned();
    let inside = cache.join(name).join("out");
    watched
        .clone
        .run(["run", "edge", "--out", inside.to_str().unwrap()])
        .exit(2)
        .stderr(contains("lies in the workspace"));
    assert!(!cache.exists() && !sandbox.path("out").exists());
    assert_eq!(fs::read_dir(watched.workspace()).unwrap().count(), 0);

    // A folder with logs of another program.
    let before = Snapshot::of(&watched.clone, None);
    watched.cmd(&["--out", ".git"]).run().exit(3).stderr(contains("no earlier run left it"));
    before.assert_unchanged(&watched.clone, None);
    fs::write(sandbox.path("file"), "x").unwrap();
    watched.cmd(&["--out", "../file"]).run().exit(3).stderr(contains("cannot create"));
    assert_eq!((watched.spread.launches().len(), text(sandbox.path("file"))), (0, "x".to_owned()));
    // Nothing is created when nothing is done.
    watched.cmd(&["--out", "../new", "--dry-run"]).run().stdout(contains("spread"));
    assert!(!sandbox.path("new").exists());
}

#[test]
fn no_log_lies_where_it_would_be_replaced() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    for log in ["../out/result.json", "../out/spread.log", "../out/logs/log", "../out/x/../logs/log"] {
        std::fs::create_dir_all(sandbox.path("out/logs")).unwrap();
        std::fs::create_dir_all(sandbox.path("out/x")).unwrap();
        watched.cmd(&["--out", "../out", "--log", log]).run().exit(2).stderr(contains("what --out replaces"));
    }
    assert!(watched.spread.launches().is_empty());
    let run = watched.cmd(&["--out", "../out", "--log", "../out/log"]).run().report(contains("passed"));
    assert_eq!(text(sandbox.path("out/log")), text(sandbox.path("out/spread.log")), "{run}");
}
