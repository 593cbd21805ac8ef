//! `run` when a stage of it fails: a clear error that names the stage, the right result, nothing half-done, and the next run is clean.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Flavour, Layout, Recipe, Run, Sandbox, Watched, executes, side_by_side};

/// An error is for a person: what failed, why, what to do, in three lines at most.
#[track_caller]
fn assert_error(run: &Run, words: &[&str]) {
    let stderr = run.stderr_text();
    let begin =
        stderr.lines().position(|line| line.starts_with("error: ")).unwrap_or_else(|| panic!("no error: {run}"));
    let error: Vec<_> = stderr.lines().skip(begin).collect();
    assert!(error.len() <= 4, "the error is long: {run}");
    for word in words {
        assert!(error.iter().any(|line| line.contains(word)), "the error does not mention {word:?}: {run}");
    }
}

/// The branch gets new options or files, and its next state commit.
fn repair(watched: &Watched<'_>, files: &[(&str, &'static str, &str)], options: &str) {
    let target = watched.target.url();
    watched.sandbox.repo("remote").build(|history| {
        let mut branch = history.existing("edge");
        for (path, mode, content) in files {
            branch = branch.entry(mode, *path, *content);
        }
        let options = format!("message='New snap'\npattern_extractor='echo 3'\ntarget_repo={target}\n{options}");
        branch.options(options).state("New snap (3)");
    });
    watched.clone.git(["fetch", "--quiet"]);
}

#[test]
fn a_target_that_is_not_there() {
    let missing = ["file:///nowhere/target.git", "/nowhere/target.git", "https://localhost:1/target.git"];
    side_by_side(missing, |address| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().option("target_repo", address).build(&sandbox);
        let (run, result) = watched.run(&[], 3);
        assert_error(&run, &[address.trim_start_matches("file://")]);
        assert_eq!((result.status.as_str(), result.stage.as_deref()), ("infra-error", Some("clone")), "{run}");
        assert_eq!((result.passed, result.failed), (None, None));
        assert_eq!(watched.spread.launches().len(), 0);
        assert!(!watched.customized("").exists(), "nothing is half-done");
        repair(&watched, &[], "");
        watched.assert_passes();
    });
}

#[test]
fn a_reference_that_the_target_does_not_have() {
    side_by_side(["nope", "refs/heads/nope", "0123456789012345678901234567890123456789"], |name| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().option("target_ref", name).build(&sandbox);
        let (run, result) = watched.run(&[], 3);
        assert_error(&run, &[name]);
        assert_eq!(result.stage.as_deref(), Some("clone"), "{run}");
        repair(&watched, &[], "");
        watched.assert_passes();
    });
}

/// As words of options, they would be flags of git.
#[test]
fn an_address_or_a_reference_that_looks_like_a_flag() {
    let sandbox = Sandbox::new();
    let evil = format!("--upload-pack=touch {}", sandbox.path("evil").display());
    side_by_side(
        [("target_repo", evil.as_str()), ("target_ref", evil.as_str()), ("target_ref", "--help")],
        |(key, value)| {
            let sandbox = Sandbox::new();
            let watched = Recipe::new().option(key, value).build(&sandbox);
            watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(contains(key));
            assert_eq!(watched.spread.launches().len(), 0);
        },
    );
    assert!(!sandbox.path("evil").exists());
}

#[test]
fn a_full_disk_while_cloning() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    sandbox.git_wrapper(
        "case \" $* \" in *\" clone \"*|*\" fetch \"*) mkdir -p \"${@: -1}/.git\" 2>/dev/null; \
         echo 'fatal: write error: No space left on device' >&2; exit 128 ;; esac",
    );
    let (run, result) = watched.run(&[], 3);
    assert_error(&run, &["No space left on device"]);
    assert_eq!(result.stage.as_deref(), Some("clone"));
    sandbox.remove_git_wrapper();
    watched.assert_passes();
}

#[test]
fn spread_is_missing() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    fs::rename(watched.spread.program(), sandbox.path("elsewhere")).unwrap();
    watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(contains("spread-cron.spread"));
    let result = watched.result();
    assert_eq!((result.status.as_str(), result.stage.as_deref()), ("infra-error", Some("launch")));
    fs::rename(sandbox.path("elsewhere"), watched.spread.program()).unwrap();
    watched.assert_passes();
}

#[test]
fn a_command_for_spread_that_is_none() {
    let commands = ["spread 'unbalanced", "/nowhere/spread -v", "options"];
    side_by_side(commands, |command| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().option("spread", command).build(&sandbox);
        watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(contains("spread"));
        assert_eq!(watched.spread.launches().len(), 0);
        repair(&watched, &[], "");
        watched.assert_passes();
    });
}

#[test]
fn a_customization_that_fails() {
    let broken: [(&str, &'static str, &str, &str); 7] = [
        ("actions.sh", "100755", "#!/bin/sh\necho half > target/half\necho 'cannot go on' >&2\nexit 7\n", "actions.sh"),
        ("actions.sh", "100755", "#!/nowhere/shell\n", "actions.sh"),
        ("actions.sh", "100755", "#!/bin/sh\nkill -KILL $$\n", "actions.sh"),
        ("actions.sh", "100755", "#!/bin/sh\nrm -rf target\n", "target"),
        ("custom/env.sh", "100644", "export A='\n", "custom/env.sh"),
        ("custom/env.sh", "100644", "exit 3\n", "custom/env.sh"),
        ("custom/link", "120000", "../../outside", "link"),
    ];
    let cases = broken.into_iter().flat_map(|case| [Layout::Options, Layout::Trigger].map(|layout| (case, layout)));
    side_by_side(cases, |((path, mode, content, mentioned), layout)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().layout(layout).entry(mode, path, content).build(&sandbox);
        let (run, result) = watched.run(&[], 3);
        assert_error(&run, &[mentioned]);
        assert_eq!(result.stage.as_deref(), Some("customize"), "{run}");
        assert!(result.error.unwrap().contains(mentioned), "{run}");
        assert_eq!(watched.spread.launches().len(), 0);
        let good = if path == "actions.sh" { "#!/bin/sh\ntest ! -e target/half\n" } else { "" };
        if layout == Layout::Options {
            let mode = if mode == "120000" { "100644" } else { mode };
            repair(&watched, &[(path, mode, good)], "");
            watched.assert_passes();
        }
        sandbox.assert_no_litter();
    });
}

#[test]
fn a_file_in_the_way_of_the_overlay() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests", "a file where the target has a folder").build(&sandbox);
    let (run, result) = watched.run(&[], 3);
    assert_error(&run, &["tests"]);
    assert_eq!(result.stage.as_deref(), Some("customize"));
    assert!(watched.customized("tests/main/alpha").is_dir());
}

#[test]
fn a_run_checks_that_fails_without_a_verdict() {
    for (text, mentioned) in [("exit 126", "126"), ("exec nowhere", "127"), ("kill -SEGV $$", "signal")] {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().script("run-checks", text).build(&sandbox);
        let (run, result) = watched.run(&[], 3);
        assert_eq!(result.stage.as_deref(), Some("launch"), "{run}");
        assert!(result.error.unwrap().contains(mentioned), "{run}");
    }
}

#[test]
fn any_other_status_of_a_run_checks_is_a_failure() {
    for text in ["exit 1", "exit 2", "exit 255"] {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().script("run-checks", text).build(&sandbox);
        watched.cmd(&[]).run().exit(1).stdout(contains("edge (2) failed")).stderr(predicate::always());
        let result = watched.result();
        let error = result.error.as_deref().unwrap_or_default();
        assert_eq!((&*result.status, &result.stage), ("failed", &None), "{text}");
        assert_eq!(error.replace("run-checks ended with exit status", "exit"), text);
    }
}

#[test]
fn a_failed_task_that_a_run_checks_shows_outweighs_its_status() {
    let summary = "echo 'Successful tasks: 2'; echo 'Aborted tasks: 0'";
    let failed = "echo 'Failed tasks: 1'; echo '    - q:u:t/a'";
    let aborted = "echo 'Successful tasks: 2'; echo 'Aborted tasks: 3'";
    for (text, status, code) in [
        (summary.to_owned(), "passed", 0),
        (format!("{summary}; {failed}"), "failed", 1),
        (aborted.to_owned(), "infra-error", 3),
    ] {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().script("run-checks", &text).build(&sandbox);
        let (run, result) = watched.run(&[], code);
        assert_eq!((&*result.status, result.passed), (status, Some(2)), "{run}");
        assert_eq!(result.failed_tasks.len(), usize::from(status == "failed"), "{run}");
    }
}

#[test]
fn a_folder_of_another_program_is_no_workspace() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    fs::create_dir_all(watched.customized("")).unwrap();
    for name in ["thesis.txt", "target/thesis.txt"] {
        fs::write(watched.workspace().join(name), "years of work").unwrap();
    }
    let run = watched.cmd(&[]).run().exit(3).stdout(predicate::always());
    assert_error(&run, &["workspace"]);
    let left: Vec<_> = fs::read_dir(watched.workspace()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(watched.text("thesis.txt"), "years of work");
    assert_eq!(watched.spread.launches().len(), 0);
    // Nor is the repository itself, or its git folder.
    for folder in [".", ".git"] {
        let before = crate::support::Snapshot::of(&watched.clone, None);
        watched
            .clone
            .run(["run", "edge", "--workspace", folder])
            .exit(3)
            .stdout(predicate::always())
            .stderr(contains("workspace"));
        before.assert_unchanged(&watched.clone, None);
    }
    fs::write(sandbox.path("file"), "x").unwrap();
    watched
        .clone
        .run(["run", "edge", "--workspace", "../file"])
        .exit(3)
        .stdout(predicate::always())
        .stderr(contains("file"));
    fs::remove_dir_all(watched.workspace()).unwrap();
    fs::create_dir(watched.workspace()).unwrap();
    watched.assert_passes();
}

/// What lies in a workspace is gone with the next run, also what is hard to remove; what links lead to is not.
#[test]
fn a_workspace_is_cleared_for_the_next_run() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("other", "x").build(&sandbox);
    watched.assert_passes();
    fs::write(sandbox.path("outside"), "precious").unwrap();
    fs::create_dir_all(sandbox.path("folder/inner")).unwrap();
    fs::create_dir_all(watched.customized("new/er")).unwrap();
    fs::write(watched.customized("new/er/file"), "x").unwrap();
    std::os::unix::fs::symlink(sandbox.path("outside"), watched.workspace().join("link")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("folder"), watched.customized("folder")).unwrap();
    let script = "chmod 555 target/new/er target/new; touch -- 'target/-rf' $'target/new\\nline'";
    assert!(sandbox.command("bash", watched.workspace()).args(["-c", script]).status().unwrap().success());
    watched.assert_passes();
    assert!(!watched.customized("new").exists() && !watched.customized("-rf").exists());
    assert!(!watched.workspace().join("link").exists() && !watched.customized("folder").exists());
    assert!(sandbox.path("outside").exists() && sandbox.path("folder/inner").exists());
    assert!(watched.workspace().join("other").exists());
}

#[test]
fn a_resource_that_cannot_be_launched() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    sandbox.repo("remote").build(|history| {
        history.resource("new", "New one", "echo 1");
    });
    watched.clone.git(["fetch", "--quiet"]);
    let cases: [(&[&str], &str, i32); 4] = [
        (&["run", "nope"], "nope", 2),
        (&["run", "new"], "new", 3),
        (&["run", "main"], "main", 2),
        (&["run"], "RESOURCE", 2),
    ];
    for (args, mentioned, exit) in cases {
        watched.clone.run(args).exit(exit).stderr(contains(mentioned));
    }
    // A glob names no resource.
    watched.clone.run(["run", "*"]).exit(2).stderr(contains("*"));
    assert!(!sandbox.path("home/.cache").exists());
}

#[test]
fn a_result_of_an_earlier_run_does_not_stay() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .flavour(Flavour::Plus)
        .file("custom/tests/main/gamma/task.yaml", executes("false"))
        .build(&sandbox);
    watched.run(&[], 1);
    // Whatever spread wrote in the run before is not taken for the report of this one.
    watched.spread.plan("machines_up() { rm -f \"$reuse_file\"; exit 1; }");
    let (_, result) = watched.run(&[], 3);
    assert_eq!((result.failed, result.failed_tasks.len()), (None, 0));
    // Nor is the result of the run before taken for that of one that is killed.
    watched.spread.plan("machines_up() { rm -f \"$reuse_file\"; kill -KILL $PPID $$; }");
    watched
        .cmd(&[])
        .run()
        .killed_by(rustix::process::Signal::KILL)
        .stdout(predicate::always())
        .stderr(predicate::always());
    assert!(!watched.workspace().join("result.json").exists());
}
