//! Secrets of a launch: files that are added to those of the resource, and what is not kept.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Flavour, Recipe, Sandbox, executes, side_by_side, task};

const KEY: &str = "{\n  \"private_key\": \"aGVsbG8gd29ybGQ=+.*\"\n}\n";

/// All files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let output = std::process::Command::new("grep").args(["-rlF", "-e", text]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_file_is_there_for_a_run_checks_and_gone_afterwards() {
    let sandbox = Sandbox::new();
    let script = "test \"$(stat -c %a sa.json)\" = 600\nmkdir target\nmv sa.json target/sa.json\ncat target/sa.json\n\
                  base64 target/sa.json; base64 -w 20 target/sa.json >&2\nenv | grep ^TOKEN";
    let watched = Recipe::new().script("run-checks", script).build(&sandbox);
    let (key, out) = (sandbox.path("key.json"), sandbox.path("out"));
    fs::write(&key, KEY).unwrap();
    let file = format!("--file=sa.json={}", key.display());
    let args = [&file, "--secret-env=TOKEN", "--secret-env=UNSET", "--out", out.to_str().unwrap()];
    let run = watched.cmd(&args.map(|arg| arg as &str)).env("TOKEN", "s3cr.t*").run().exit(0);
    let (stdout, stderr) = (run.stdout_text(), run.stderr_text());
    let log = fs::read_to_string(out.join("spread.log")).unwrap();
    for text in [&stdout, &stderr, &log] {
        for secret in ["private_key", "s3cr.t*", "aGVsbG8", "ewogICJwcml2YXRlX2tleSI6", "CiAgInByaXZh"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    assert!(stdout.contains("***\n") && stdout.contains("TOKEN=***\n"), "{stdout}");
    assert_eq!(holding(&watched.workspace(), "private_key"), [""; 0]);
    assert!(key.exists());
    drop(run.stdout(predicate::always()).stderr(predicate::always()));
}

#[test]
fn nothing_that_is_kept_holds_a_secret() {
    side_by_side(Flavour::ALL, |flavour| {
        let sandbox = Sandbox::new();
        let prints = "printf 'the key is %s of %s\\n' \"$TOKEN\" \"$TOKEN\"; false";
        let watched =
            Recipe::new().flavour(flavour).file("custom/tests/main/gamma/task.yaml", executes(prints)).build(&sandbox);
        let out = sandbox.path("out");
        let run = watched.cmd(&["--secret-env", "TOKEN", "--out", out.to_str().unwrap(), "--record"]);
        let run = run.env("TOKEN", "hunter2hunter2").run().exit(1);
        assert!(run.stdout_text().contains("the key is *** of ***"), "{run}");
        assert!(!run.stdout_text().contains("hunter2"), "{run}");
        assert_eq!(holding(&out, "hunter2"), [""; 0]);
        let result = watched.result();
        assert_eq!(result.failed_tasks, [task("gamma")]);
        assert!(!fs::read_to_string(watched.workspace().join("result.json")).unwrap().contains("hunter2"));
        drop(run.stdout(predicate::always()).stderr(predicate::always()));
    });
}

#[test]
fn an_actions_script_sees_the_added_files() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .script("actions.sh", "cp -ar custom/. target/; wc -c < sa.json > target/size")
        .file("custom/x", "")
        .build(&sandbox);
    fs::write(sandbox.path("key"), KEY).unwrap();
    watched.run(&[&format!("--file=sa.json={}", sandbox.path("key").display())], 0);
    assert_eq!(watched.text("size").trim(), KEY.len().to_string());
}

#[test]
fn files_that_cannot_be_added() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("sa.json", "of the branch").build(&sandbox);
    watched.cmd(&["--file", "key=/nowhere/key"]).run().exit(3).stderr(contains("cannot read /nowhere/key"));
    for bad in ["a/b=x", "options=x", "target=x", "..=x", "x", "=x", "x="] {
        watched.cmd(&["--file", bad]).run().exit(2).stderr(contains("--file"));
    }
    fs::write(sandbox.path("key"), KEY).unwrap();
    let (_, result) = watched.run(&[&format!("--file=sa.json={}", sandbox.path("key").display())], 3);
    assert_eq!(result.stage.as_deref(), Some("export"), "what the branch brings is not replaced");
    assert_eq!(watched.spread.launches().len(), 0);
}
