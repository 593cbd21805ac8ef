//! The stand-in for spread is what it claims to be: the tests of `run` are worth as much as it is.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Flavour, Gate, Sandbox, Spread, executes, reuse_files, task};

/// A project with tasks that run a script each.
fn project(sandbox: &Sandbox, tasks: &[(&str, &str)]) -> PathBuf {
    let folder = sandbox.path("project");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("spread.yaml"), "project: stand-in\n").unwrap();
    for (name, text) in tasks {
        let task = folder.join("tests/main").join(name);
        fs::create_dir_all(&task).unwrap();
        fs::write(task.join("task.yaml"), executes(text)).unwrap();
    }
    folder
}

fn run(sandbox: &Sandbox, spread: &Spread, args: &[&str]) -> Output {
    sandbox.command(spread.program(), sandbox.path("project")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn start(sandbox: &Sandbox, spread: &Spread) -> Child {
    let mut command = sandbox.command(spread.program(), sandbox.path("project"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn texts(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The lines of the log without their dates, which each line has that is no detail of another.
fn undated(stdout: &str) -> Vec<&str> {
    let dated =
        |line: &str| line.get(..20).is_some_and(|date| date.bytes().all(|byte| b"0123456789-: ".contains(&byte)));
    stdout.lines().map(|line| if dated(line) { &line[20..] } else { line }).collect()
}

#[test]
fn the_help_tells_the_flavours_apart() {
    for flavour in Flavour::ALL {
        let sandbox = Sandbox::new();
        let spread = sandbox.spread(flavour);
        project(&sandbox, &[]);
        let (code, stdout, stderr) = texts(&run(&sandbox, &spread, &["-h"]));
        assert_eq!((code, stdout.as_str()), (Some(0), ""));
        assert!(stderr.starts_with("Usage of ") && stderr.contains("\n  -reuse-pid int\n    \t"), "{stderr}");
        assert_eq!(stderr.contains("\n  -json string\n"), flavour == Flavour::Plus, "{stderr}");
        assert_eq!(stderr.contains("\n  -logs string\n"), flavour == Flavour::Plus, "{stderr}");
        let mut names: Vec<_> = stderr.lines().filter_map(|line| line.strip_prefix("  -")).collect();
        assert_eq!(names.len(), if flavour == Flavour::Plus { 20 } else { 18 });
        assert!(names.is_sorted());
        names.dedup();
        spread.plan("help_status=2");
        assert_eq!(texts(&run(&sandbox, &spread, &["-v", "--help"])).0, Some(2));
        assert_eq!((spread.events(), spread.calls().len()), (vec!["help".to_owned(); 2], 0));
    }
}

#[test]
fn flags_are_read_as_go_reads_them() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    project(&sandbox, &[("a", "true"), ("b", "true")]);
    let names = |args: &[&str]| texts(&run(&sandbox, &spread, &[&["-list"], args].concat()));
    let (both, a) = (format!("{}\n{}\n", task("a"), task("b")), format!("{}\n", task("a")));
    let right: [(&[&str], &str); 8] = [
        (&[], &both),
        (&["-seed", "3", "-repeat=2", "--artifacts", "-v", "google:"], &both),
        (&["--", "google:ubuntu-24.04-64:tests/main/a"], &a),
        (&["google:ubuntu-24.04-64"], ""),
        (&["google:...:tests/main/a"], &a),
        (&["tests/main/"], &both),
        (&["tests/main/a", "-no-flag"], &a),
        (&["-list=false", "-list", "tests/main/a"], &a),
    ];
    for (args, expected) in right {
        let code = if expected.is_empty() { 1 } else { 0 };
        let (got, stdout, stderr) = names(args);
        assert_eq!((got, stdout.as_str()), (Some(code), expected), "{args:?} {stderr}");
    }
    for (args, complaint) in [
        (["-json", "x"], "flag provided but not defined: -json\nUsage of "),
        (["-nope", "x"], "flag provided but not defined: -nope\nUsage of "),
        (["-v", "-pass"], "flag needs an argument: -pass\nUsage of "),
        (["-seed", "x"], "invalid value \"x\" for flag -seed: parse error\nUsage of "),
    ] {
        let (code, stdout, stderr) = names(&args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(stderr.starts_with(complaint), "{stderr}");
    }
}

#[test]
fn a_folder_without_a_project_is_refused() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    let folder = project(&sandbox, &[("a", "true")]);
    fs::remove_file(folder.join("spread.yaml")).unwrap();
    let expected = (Some(1), String::new(), "error: cannot find spread.yaml or .spread.yaml\n".to_owned());
    assert_eq!(texts(&run(&sandbox, &spread, &[])), expected);
    assert_eq!(spread.calls().len(), 1);
}

#[test]
fn a_run_that_passes() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    let folder = project(&sandbox, &[("a", "echo nobody sees this"), ("b", "ls -a > listing")]);
    let (code, stdout, stderr) = texts(&run(&sandbox, &spread, &["-v"]));
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let lines = undated(&stdout);
    assert_eq!(
        lines[lines.len() - 3..],
        ["Discarding google:ubuntu-24.04-64...", "Successful tasks: 2", "Aborted tasks: 0"]
    );
    assert!(lines.iter().all(|line| !line.contains("nobody")), "{lines:#?}");
    assert!(fs::read_to_string(folder.join("listing")).unwrap().contains(".spread-reuse."));
    assert_eq!(reuse_files(&folder), [] as [&str; 0]);
    let call = spread.launch();
    assert_eq!(
        (call.args, call.cwd, call.stdin.as_str(), call.leader),
        (vec!["-v".into()], folder, "/dev/null", false)
    );
    assert_eq!(call.environment["TZ"], "UTC");
}

#[test]
fn a_run_that_fails() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plus);
    let folder = project(&sandbox, &[("a", "true"), ("b", "echo why; false; true")]);
    fs::create_dir(folder.join("tests/main/c")).unwrap();
    fs::write(folder.join("tests/main/c/task.yaml"), "prepare: false\nexecute: touch c\nrestore: exit 3\n").unwrap();
    let (code, stdout, stderr) = texts(&run(&sandbox, &spread, &["-json", "report.json", "-logs=logs"]));
    assert_eq!((code, stderr.as_str()), (Some(1), "error: unsuccessful run\n"));
    let lines = undated(&stdout);
    let (b, c) = (format!("    - {}", task("b")), format!("    - {}", task("c")));
    let end = ["Failed tasks: 1", &b, "Failed task prepare: 1", &c, "Failed task restore: 1", &c];
    assert_eq!(lines[lines.len() - 8..lines.len() - 6], ["Successful tasks: 1", "Aborted tasks: 0"]);
    assert_eq!(lines[lines.len() - 6..], end);
    assert!(lines.contains(&"why"));
    assert!(!folder.join("c").exists());
    let report = fs::read_to_string(folder.join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["results"]["task-passed"], 1);
    assert_eq!(report["results"]["task-failed"], 1);
    let failed = report["items"].as_array().unwrap().iter().filter(|item| item["success"] == false);
    let text = |item: &serde_json::Value, key: &str| item[key].as_str().unwrap().to_owned();
    let name = |item| format!("{}:{}:{}", text(item, "backend"), text(item, "system"), text(item, "name"));
    let failed: Vec<_> = failed.map(|item| (text(item, "verb"), text(item, "level"), name(item))).collect();
    let expected = [("executing", "b"), ("preparing", "c"), ("restoring", "c")];
    assert_eq!(failed, expected.map(|(verb, name)| (verb.to_owned(), "task".to_owned(), task(name))));
    assert_eq!(fs::read_dir(folder.join("logs")).unwrap().count(), 3);
}

#[test]
fn a_suite_that_cannot_be_prepared_aborts_its_tasks() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    project(&sandbox, &[("a", "true"), ("b", "true")]);
    for (hook, title) in [("suite", "Failed suite prepare: 1"), ("project", "Failed project prepare: 1")] {
        spread.plan(&format!("{hook}_prepare() {{ return 1; }}"));
        let (code, stdout, _) = texts(&run(&sandbox, &spread, &[]));
        let lines = undated(&stdout);
        assert_eq!(code, Some(1));
        assert_eq!(lines[lines.len() - 4..lines.len() - 1], ["Successful tasks: 0", "Aborted tasks: 2", title]);
    }
}

#[test]
fn an_interrupted_run_finishes_its_task_and_ends_well() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let interrupted = Gate::new(&sandbox, "interrupted");
    spread.plan(&format!("interrupted() {{ {}; }}", interrupted.pass()));
    let waits = format!("{}; {}; touch done", begun.pass(), end.wait());
    let folder = project(&sandbox, &[("a", &waits), ("b", "touch b")]);
    let child = start(&sandbox, &spread);
    begun.await_one();
    assert_eq!(reuse_files(&folder), [format!(".spread-reuse.{}.yaml", child.id())]);
    for _ in 0..2 {
        signal(&child, Signal::INT);
        interrupted.await_one();
    }
    end.open();
    let (code, stdout, stderr) = texts(&child.wait_with_output().unwrap());
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let lines = undated(&stdout);
    assert_eq!(lines[lines.len() - 2..], ["Successful tasks: 1", "Aborted tasks: 1"]);
    assert_eq!((folder.join("done").exists(), folder.join("b").exists()), (true, false));
    assert_eq!((spread.count("interrupted"), spread.count("discarded")), (2, 1));
    assert_eq!(reuse_files(&folder), [] as [&str; 0]);
}

#[test]
fn a_killed_run_leaves_machines_that_can_be_discarded() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    let (begun, end) = (Gate::new(&sandbox, "begun"), Gate::new(&sandbox, "end"));
    let folder = project(&sandbox, &[("a", &format!("{}; {}", begun.pass(), end.wait()))]);
    let child = start(&sandbox, &spread);
    begun.await_one();
    signal(&child, Signal::TERM);
    let pid = child.id();
    end.open();
    let (code, stdout, stderr) = texts(&child.wait_with_output().unwrap());
    assert_eq!((code, stderr.as_str()), (None, ""));
    assert!(!stdout.contains("tasks:"), "{stdout}");
    let left = format!(".spread-reuse.{pid}.yaml");
    assert_eq!(reuse_files(&folder), [left.as_str()]);

    let discard = format!("-reuse-pid={pid}");
    spread.plan("discarding() { return 1; }");
    let text = std::fs::read_to_string(folder.join(&left)).unwrap();
    let (code, stdout, _) = texts(&run(&sandbox, &spread, &[&discard, "-discard"]));
    assert!(code == Some(0) && stdout.contains("Error discarding "), "as the real one has it: {stdout}");
    assert_eq!(reuse_files(&folder), [] as [&str; 0]);
    std::fs::write(folder.join(&left), text).unwrap();
    spread.plan("");
    assert_eq!(texts(&run(&sandbox, &spread, &[&discard, "-discard"])).0, Some(0));
    assert_eq!(reuse_files(&folder), [] as [&str; 0]);
    assert_eq!(spread.events()[1..], [format!("not discarded: {left}"), format!("discarded: {left}")]);
}

#[test]
fn machines_for_reuse_stay() {
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    let folder = project(&sandbox, &[("a", "true")]);
    assert_eq!(texts(&run(&sandbox, &spread, &["-reuse"])).0, Some(0));
    assert_eq!(reuse_files(&folder), [".spread-reuse.yaml"]);
    assert_eq!(texts(&run(&sandbox, &spread, &["-reuse", "-discard"])).0, Some(0));
    assert_eq!(reuse_files(&folder), [] as [&str; 0]);
}
