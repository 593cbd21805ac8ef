//! `run`: from a state commit to a result, for the three kinds of customizations in both layouts.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Flavour, Layout, RELEASE, Recipe, Run, Sandbox, Watched, executes, side_by_side, task};

const LAYOUTS: [Layout; 2] = [Layout::Options, Layout::Trigger];

#[track_caller]
fn says(run: &Run, words: &[&str]) {
    let text = run.stdout_text() + &run.stderr_text();
    for word in words {
        assert!(text.contains(word), "nothing says {word:?}: {run}");
    }
}

#[test]
fn a_plain_overlay() {
    let cases = LAYOUTS.into_iter().flat_map(|layout| Flavour::ALL.map(|flavour| (layout, flavour)));
    side_by_side(cases, |(layout, flavour)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new()
            .layout(layout)
            .flavour(flavour)
            .file("custom/tests/main/gamma/task.yaml", executes("test -x tests/lib/tool && test -L tests/lib/link"))
            .file("custom/tests/main/alpha/task.yaml", executes("grep -q 2.22 tests/lib/common.sh"))
            .entry("100755", "custom/tests/lib/tool", "#!/bin/sh\n")
            .entry("120000", "custom/tests/lib/link", "tool")
            .file("custom/empty/.gitkeep", "")
            .build(&sandbox);
        let (run, result) = watched.run(&["--url", "https://ci.example/7"], 0);
        says(&run, &["Successful tasks: 3", "passed", "result.json"]);
        let tip = watched.clone.tip("origin/edge");
        assert_eq!((result.status.as_str(), &result.commit), ("passed", &tip));
        assert_eq!((result.value.as_str(), result.old_value.as_deref()), ("2", Some("1")));
        assert_eq!((result.passed, result.failed), (Some(3), Some(0)));
        assert_eq!((result.stage, result.error, result.failed_tasks.len()), (None, None, 0));
        assert_eq!(result.url.as_deref(), Some("https://ci.example/7"));

        let launch = watched.spread.launch();
        assert_eq!(launch.cwd, watched.customized(""), "{launch:#?}");
        assert!(launch.leader, "{launch:#?}");
        let own: &[&str] = if flavour == Flavour::Plus { &["-json", "-logs"] } else { &[] };
        assert!(launch.args.iter().any(|arg| arg == "-v"), "{launch:#?}");
        assert!(own.iter().all(|flag| launch.args.iter().any(|arg| arg.starts_with(flag))), "{launch:#?}");
        if flavour == Flavour::Plain {
            assert_eq!(launch.args, ["-v"]);
        }
        assert!(watched.customized("empty").is_dir());
        assert!(!watched.customized("empty/.gitkeep").exists());
        assert_eq!(watched.text("version"), "2.22\n");
        sandbox.assert_no_litter();
    });
}

#[test]
fn build_then_check_out_an_older_release_with_the_newer_tests_put_back() {
    side_by_side(LAYOUTS, |layout| {
        let sandbox = Sandbox::new();
        let actions = format!(
            "test -d target\n\
             (cd target && ./build.sh)\n\
             (cd target && cp -ar ./tests .. && git fetch && git checkout {RELEASE} && rm -rf tests && mv ../tests .)\n\
             cp -ar custom/. target/\n\
             cat notes > target/notes\n"
        );
        let watched = Recipe::new()
            .layout(layout)
            .script("actions.sh", &actions)
            .file("notes", "from the resource directory\n")
            .file("custom/tests/main/gamma/task.yaml", executes("grep -q 2.21 version && grep -q 2.22 built"))
            .build(&sandbox);
        for _ in 0..2 {
            let (run, result) = watched.run(&[], 0);
            says(&run, &["Successful tasks: 3"]);
            assert_eq!(result.passed, Some(3));
            assert_eq!((watched.text("version"), watched.text("built")), ("2.21\n".into(), "built 2.22\n".into()));
            assert_eq!(watched.text("tests/lib/common.sh"), "# 2.22\n");
            assert_eq!(watched.text("notes"), "from the resource directory\n");
            // What the script put next to the target was next to the target, and nowhere else.
            assert!(!watched.workspace().join("tests").exists() && !sandbox.path("tests").exists());
            let left: Vec<_> =
                fs::read_dir(watched.workspace()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".target")), "{left:?}");
        }
        sandbox.assert_no_litter();
    });
}

#[test]
fn a_run_checks_that_does_everything() {
    side_by_side(LAYOUTS, |layout| {
        let sandbox = Sandbox::new();
        let checks = "\
            test \"$PWD\" = \"$BRANCH_PATH\"; test -e options || test -e trigger\n\
            git clone --quiet \"file://$(cat url)\" \"$PROJECT_PATH/target\"\n\
            cp -ar custom/. \"$PROJECT_PATH/target/\"\n\
            cd \"$PROJECT_PATH/target\"\n\
            spread -v \"$@\" google:...:tests/main/alpha\n\
            spread -v google:...:tests/main/beta google:...:tests/main/gamma\n";
        let watched = Recipe::new()
            .layout(layout)
            .script("run-checks", checks)
            .script("actions.sh", "false")
            .file("url", sandbox.path("target").to_str().unwrap())
            .file("custom/tests/main/gamma/task.yaml", executes("false"))
            .build(&sandbox);
        let (run, result) = watched.run(&["--", "-seed=3"], 1);
        says(&run, &["failed", &task("gamma")]);
        assert_eq!((result.passed, result.failed), (Some(2), Some(1)));
        assert_eq!((result.failed_tasks, result.stage), (vec![task("gamma")], None));
        let calls = watched.spread.launches();
        assert_eq!(calls[0].args, ["-v", "-seed=3", "google:...:tests/main/alpha"]);
        assert_eq!(calls[1].variable("SPREAD_CRON_VALUE"), Some("2"));
        assert_eq!(calls[1].variable("PROJECT_PATH"), watched.workspace().to_str());
        assert_eq!(calls.len(), 2);
        // It finds nothing of the run before.
        watched.run(&[], 1);
    });
}

#[test]
fn a_resource_that_brings_its_own_target() {
    side_by_side(LAYOUTS, |layout| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new()
            .layout(layout)
            .option("target_repo", "file:///nowhere")
            .file("target/spread.yaml", "project: own\n")
            .file("target/tests/main/own/task.yaml", executes("test \"$(cat version)\" = custom"))
            .file("custom/version", "custom\n")
            .build(&sandbox);
        let (_, result) = watched.run(&[], 0);
        assert_eq!((result.passed, result.failed), (Some(1), Some(0)));
        let cwd = watched.spread.launch().cwd;
        assert!(cwd.ends_with("target") && cwd.starts_with(watched.workspace()), "{cwd:?}");
    });
}

#[test]
fn arguments_replace_the_selection() {
    let cases: [(Option<&str>, &[&str], &[&str]); 6] = [
        (None, &["tests/main/beta"], &["-v", "tests/main/beta"]),
        (
            Some("spread -v -seed 3 -repeat=0 tests/main/alpha"),
            &["tests/main/beta"],
            &["-v", "-seed", "3", "-repeat=0", "tests/main/beta"],
        ),
        (Some("spread -v tests/main/alpha"), &[], &["-v", "tests/main/alpha"]),
        (Some("spread tests/main/alpha -v"), &["-v", "tests/main/beta"], &["-v", "tests/main/beta"]),
        (Some("env A='b c' spread -vv '$(touch no)' tests/main/ "), &[], &["-vv", "$(touch no)", "tests/main/"]),
        (
            Some("env spread -pass secret a"),
            &["-seed=1", "tests/main/beta"],
            &["-pass", "secret", "-seed=1", "tests/main/beta"],
        ),
    ];
    side_by_side(cases, |(spread, args, expected)| {
        for configured in [false, true] {
            let sandbox = Sandbox::new();
            let mut recipe = Recipe::new();
            if let (Some(spread), false) = (spread, configured) {
                recipe = recipe.option("spread", spread);
            }
            let watched = recipe.build(&sandbox);
            if let (Some(spread), true) = (spread, configured) {
                sandbox.config("spread-cron.spread", spread);
            }
            let args = if args.is_empty() { Vec::new() } else { [&["--"], args].concat() };
            watched.run(&args, 0);
            let launch = watched.spread.launch();
            assert_eq!(launch.args, expected);
            if spread.is_some_and(|spread| spread.contains("A=")) {
                assert_eq!(launch.variable("A"), Some("b c"));
            }
        }
    });
}

#[test]
fn spread_sees_the_callers_environment_that_of_the_resource_and_what_is_launched() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .file("custom/env.sh", "export NEW=\"it's\n  new \u{e4}%\"\nCALLER=changed\nunset GONE\nnot_exported=1\n")
        .build(&sandbox);
    let git_dir = watched.clone.path().join(".git");
    let cmd = watched.cmd(&[]).env("CALLER", "1").env("GONE", "1").env("KEPT", " 2 ").env("CARGO_TOKEN", "t");
    let cmd = cmd.env("GIT_DIR", &git_dir).env("GIT_WORK_TREE", watched.clone.path()).env("GIT_INDEX_FILE", "/nowhere");
    cmd.run().report(contains("Successful tasks: 2"));
    let launch = watched.spread.launch();
    let commit = watched.clone.tip("origin/edge");
    let home = sandbox.home();
    let expected = [
        ("NEW", Some("it's\n  new \u{e4}%")),
        ("CALLER", Some("changed")),
        ("GONE", None),
        ("KEPT", Some(" 2 ")),
        ("CARGO_TOKEN", Some("t")),
        ("not_exported", None),
        ("HOME", home.to_str()),
        ("GIT_DIR", None),
        ("GIT_WORK_TREE", None),
        ("GIT_INDEX_FILE", None),
        ("SPREAD_CRON_RESOURCE", Some("edge")),
        ("SPREAD_CRON_VALUE", Some("2")),
        ("SPREAD_CRON_OLD_VALUE", Some("1")),
        ("SPREAD_CRON_MESSAGE", Some("New snap")),
        ("SPREAD_CRON_COMMIT", Some(commit.as_str())),
    ];
    for (name, value) in expected {
        assert_eq!(launch.variable(name), value, "{name}");
    }
    assert!(!watched.customized("env.sh").exists());
    assert_ne!(launch.stdin, "/dev/null", "the lock of the workspace lives as long as spread does");
}

#[test]
fn an_older_state_commit_is_launched_with_its_own_files() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests/main/gamma/task.yaml", executes("false")).build(&sandbox);
    sandbox.repo("remote").build(|history| {
        history
            .existing("edge")
            .file("custom/tests/main/gamma/task.yaml", executes("true"))
            .commit("Fix")
            .state("New snap (3)");
    });
    watched.clone.git(["fetch", "--quiet"]);
    let [fix, second, first] = [1, 2, 3].map(|back| watched.clone.tip(&format!("origin/edge~{back}")));
    assert_eq!(watched.run(&[], 0).1.value, "3");
    for (commit, value, old) in [(&second[..], "2", Some("1")), (&first, "1", None), (&first[..8], "1", None)] {
        let (_, result) = watched.run(&["--commit", commit], 1);
        assert_eq!((result.value.as_str(), result.old_value.as_deref()), (value, old));
        assert_eq!(result.commit, watched.clone.tip(commit));
        let launch = watched.spread.launches().pop().unwrap();
        assert_eq!(launch.variable("SPREAD_CRON_OLD_VALUE"), old);
        assert_eq!(launch.variable("SPREAD_CRON_COMMIT"), Some(result.commit.as_str()));
    }
    let launches = watched.spread.launches().len();
    for commit in ["main", "nonsense"] {
        watched.cmd(&["--commit", commit]).run().exit(2).stderr(predicate::str::is_empty().not());
    }
    assert_eq!(watched.spread.launches().len(), launches);
    // Another commit has files of its own, and the value that was recorded last before it.
    let (_, result) = watched.run(&["--commit", &fix], 0);
    assert_eq!((result.value.as_str(), result.commit.as_str()), ("2", second.as_str()));
}

#[test]
fn the_workspace_is_below_the_cache_folder_unless_it_is_given() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let remote = sandbox.repo("remote");
    remote.git(["branch", "team/edge", "edge"]);
    watched.clone.git(["fetch", "--quiet"]);
    let cases = [
        (watched.clone.cmd(["run", "edge"]), "home/.cache", "edge-", 8),
        (watched.clone.cmd(["run", "edge"]).env("XDG_CACHE_HOME", sandbox.path("cache")), "cache", "edge-", 8),
        (watched.clone.cmd(["run", "team/edge"]), "home/.cache", "team-edge-", 17),
    ];
    for (cmd, cache, slug, hashes) in cases {
        cmd.run().report(contains("Successful tasks: 2"));
        let workspaces = sandbox.path(cache).join("git-spread-cron/workspaces");
        let names: Vec<_> = fs::read_dir(&workspaces).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let of_slug = |name: &&str| name.strip_prefix(slug).is_some_and(|rest| rest.len() == hashes);
        let name = names.iter().map(|name| name.to_str().unwrap()).find(of_slug);
        let workspace = workspaces.join(name.unwrap_or_else(|| panic!("{slug} is not among {names:?}")));
        assert!(workspace.join("result.json").exists() && workspace.join("target/spread.yaml").exists());
    }
}

/// Everything below a folder, but for repositories, as one text.
fn listing(sandbox: &Sandbox, folder: &std::path::Path) -> String {
    let script = "find . -name .git -prune -o -printf '%P %y %l\\n' | sort
                  find . -name .git -prune -o -type f -perm -u+x -print | sort
                  find . -name .git -prune -o -type f -print0 | sort -z | xargs -0 sha1sum";
    let output = sandbox.command("bash", folder).args(["-c", script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn dry_run_lines(watched: &Watched<'_>, args: &[&str]) -> String {
    let lines = watched.cmd(&[&["--dry-run"], args].concat()).run().stdout(predicate::always()).stdout_text();
    assert!(!watched.workspace().exists() && !watched.sandbox.path("home/.cache").exists());
    assert_eq!(watched.spread.launches().len(), 0);
    lines
}

#[test]
fn a_dry_run_prints_what_could_be_pasted() {
    let actions = "(cd target && git checkout -q 2.21)\ncp -ar custom/. target/\necho done >> target/actions";
    let recipes: [fn(&str) -> Recipe; 4] = [
        |_| Recipe::new().file("custom/env.sh", "export A=\"b'c\"\n").file("custom/it's a file", "x"),
        |actions| {
            Recipe::new()
                .layout(Layout::Trigger)
                .option("target_ref", "2.21")
                .script("actions.sh", actions)
                .file("custom/x", "x")
                .file("custom/tests/main/alpha/task.yaml", executes("true"))
        },
        |_| {
            Recipe::new()
                .option("target_ref", RELEASE)
                .option("spread", "env B='c d' spread -v")
                .file("custom/tests/main/alpha/task.yaml", executes("true"))
        },
        |_| Recipe::new().file("target/spread.yaml", "").file("target/tests/main/own/task.yaml", executes("true")),
    ];
    side_by_side(recipes, |recipe| {
        let sandbox = Sandbox::new();
        let watched = recipe(actions).build(&sandbox);
        let lines = dry_run_lines(&watched, &[]);
        assert!(lines.lines().count() >= 2 && lines.ends_with('\n'), "{lines}");
        fs::write(sandbox.path("pasted"), &lines).unwrap();
        let mut bash = sandbox.command("bash", watched.clone.path());
        let output = bash.arg("-e").arg(sandbox.path("pasted")).output().unwrap();
        assert!(output.status.success(), "{lines}\n{output:?}");
        let pasted = (listing(&sandbox, &watched.customized("")), watched.spread.launch());

        fs::remove_dir_all(watched.workspace()).unwrap();
        watched.run(&[], 0);
        let launched = watched.spread.launches().pop().unwrap();
        assert_eq!(pasted.0, listing(&sandbox, &watched.customized("")), "{lines}");
        assert_eq!((pasted.1.args, pasted.1.cwd), (launched.args, launched.cwd), "{lines}");
        let names = [
            "A",
            "B",
            "SPREAD_CRON_RESOURCE",
            "SPREAD_CRON_VALUE",
            "SPREAD_CRON_OLD_VALUE",
            "SPREAD_CRON_MESSAGE",
            "SPREAD_CRON_COMMIT",
        ];
        for name in names {
            assert_eq!(pasted.1.environment.get(name), launched.environment.get(name), "{name} in {lines}");
        }
    });
}

#[test]
fn a_dry_run_of_a_run_checks() {
    let sandbox = Sandbox::new();
    let watched =
        Recipe::new().layout(Layout::Trigger).script("run-checks", "touch \"$PROJECT_PATH/$1\"").build(&sandbox);
    let lines = dry_run_lines(&watched, &["--", "it's"]);
    assert!(lines.contains("run-checks") && !lines.contains(" clone "), "{lines}");
    fs::write(sandbox.path("pasted"), &lines).unwrap();
    let output = sandbox.command("bash", watched.clone.path()).arg("-e").arg(sandbox.path("pasted")).output().unwrap();
    assert!(output.status.success(), "{lines}\n{output:?}");
    assert!(watched.workspace().join("it's").exists(), "{lines}");
}

#[test]
fn nothing_of_the_repository_is_touched() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .script("actions.sh", "git init -q target/new; cp -ar custom/. target/")
        .file("custom/x", "x")
        .build(&sandbox);
    let before = crate::support::Snapshot::of(&watched.clone, None);
    watched.cmd(&[]).through_git().run().report(contains("Successful tasks: 2"));
    before.assert_unchanged(&watched.clone, None);
    assert_eq!(watched.text("x"), "x");
}
