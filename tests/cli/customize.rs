//! `customize`: a target gets the files of a resource, and its environment reaches the caller.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use predicates::prelude::*;

use crate::support::{Layout, Repo, Sandbox};

/// A target with a few files, in the sandbox.
fn target(sandbox: &Sandbox) -> PathBuf {
    let target = sandbox.path("snapd");
    fs::create_dir_all(target.join("tests/main")).unwrap();
    fs::write(target.join("tests/main/task.yaml"), "one\ntwo\nthree\n").unwrap();
    fs::write(target.join("spread.yaml"), "project: snapd\n").unwrap();
    target
}

/// A clone with a resource `edge`, whose files these are besides its options.
fn resource<'s>(sandbox: &'s Sandbox, layout: Layout, files: &[(&'static str, &str, &str)]) -> Repo<'s> {
    let directory = match layout {
        Layout::Options => "",
        Layout::Trigger => "branches/edge/",
    };
    let (_, clone) = sandbox.project(|history| {
        let mut branch = history.branch("edge").options_in(layout, "message=New\npattern_extractor='echo 1'\n");
        for (mode, path, content) in files {
            branch = branch.entry(mode, format!("{directory}{path}"), *content);
        }
        branch.commit("Customize").state("New (1)");
    });
    clone
}

/// Everything in a folder, with its kind.
fn contents(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            let about = fs::symlink_metadata(&path).unwrap();
            let what = if about.is_dir() {
                folders.push(path.clone());
                "folder".to_owned()
            } else if about.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else {
                format!("{:o} {}", about.permissions().mode() & 0o111, fs::read_to_string(&path).unwrap())
            };
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), what);
        }
    }
    found
}

const OVERLAY: [(&str, &str, &str); 6] = [
    ("100644", "custom/tests/main/task.yaml", "one\n2\nthree\n"),
    ("100755", "custom/tests/new/run", "#!/bin/sh\n"),
    ("120000", "custom/tests/link", "new/run"),
    ("100644", "custom/empty/.gitkeep", ""),
    ("100644", "custom/env.sh", "export A='1 2'\n"),
    ("100644", "target/own", "not for customize"),
];

#[test]
fn an_overlay_is_copied_in_both_layouts() {
    for layout in [Layout::Options, Layout::Trigger] {
        let sandbox = Sandbox::new();
        let clone = resource(&sandbox, layout, &OVERLAY);
        let target = target(&sandbox);
        let run = clone.run(["customize", "--resource", "edge", "../snapd"]).stdout(predicate::eq("export A='1 2'\n"));
        let said = run.stderr_text();
        for expected in [
            "* tests/main/task.yaml  replaced, 1 line of the old file thrown away\n",
            "+ tests/new/run  added\n",
            "+ tests/link  added\n",
            "2 files added, 1 file replaced",
        ] {
            assert!(said.contains(expected), "{said}");
        }
        let after = contents(&target);
        let expected = [
            ("empty", "folder"),
            ("spread.yaml", "0 project: snapd\n"),
            ("tests", "folder"),
            ("tests/link", "-> new/run"),
            ("tests/main", "folder"),
            ("tests/main/task.yaml", "0 one\n2\nthree\n"),
            ("tests/new", "folder"),
            ("tests/new/run", "111 #!/bin/sh\n"),
        ];
        let expected = expected.map(|(path, what)| (PathBuf::from(path), what.to_owned()));
        assert_eq!(after, BTreeMap::from(expected));
        let again = clone.run(["customize", "--resource", "edge", "../snapd"]).stdout(predicate::always());
        let said = again.stderr_text();
        assert!(said.contains("3 files unchanged") && !said.contains("replaced"), "{said}");
        assert_eq!(contents(&target), after);
        sandbox.assert_no_litter();
    }
}

#[test]
fn the_current_branch_is_the_default_and_a_commit_can_be_chosen() {
    let sandbox = Sandbox::new();
    let (_, clone) = sandbox.project(|history| {
        history
            .resource("edge", "New", "echo 1")
            .file("custom/which", "first")
            .commit("First")
            .file("custom/which", "second")
            .commit("Second");
    });
    target(&sandbox);
    let which = || fs::read_to_string(sandbox.path("snapd/which")).unwrap();
    clone
        .run(["customize", "../snapd"])
        .exit(2)
        .stderr(predicate::str::contains("main").and(predicate::str::contains("--resource")));
    clone.git(["checkout", "--quiet", "edge"]);
    fs::write(clone.path().join("custom/which"), "work tree").unwrap();
    clone.run(["customize", "../snapd", "-q"]);
    assert_eq!(which(), "second");
    clone.run(["customize", "--worktree", "../snapd", "-q"]);
    assert_eq!(which(), "work tree");
    let first = clone.tip("HEAD^");
    for commit in [first.as_str(), &first[..8]] {
        clone.run(["customize", "../snapd", "-q"]);
        clone.run(["customize", "--commit", commit, "../snapd", "-q"]);
        assert_eq!(which(), "first");
    }
    clone.run(["customize", "--commit", "origin/edge", "../snapd", "-q"]);
    assert_eq!(which(), "second");
    for unknown in ["0000000", "abc", "no-such", "HEAD:custom"] {
        clone.run(["customize", "--commit", unknown, "../snapd"]).exit(2).stderr(predicate::str::contains(unknown));
    }
    clone.git(["checkout", "--quiet", "--detach"]);
    clone.run(["customize", "../snapd"]).exit(2).stderr(predicate::str::contains("--resource"));
    clone.run(["customize", "--resource", "egde", "../snapd"]).exit(2).stderr(predicate::str::contains("\"edge\"?"));
    clone.run(["customize", "--resource", "edge", "../nowhere"]).exit(3).stderr(predicate::str::contains("nowhere"));
}

#[test]
fn paths_that_lead_out_of_the_target_are_refused() {
    for (mode, path, content, said) in [
        ("120000", "custom/link", "/etc", "link"),
        ("120000", "custom/tests/link", "../../x", "link"),
        ("100644", "custom/out/x", "x", "out"),
        ("100644", "custom/out/deep/x", "x", "out"),
    ] {
        let sandbox = Sandbox::new();
        let clone = resource(&sandbox, Layout::Options, &[("100644", "custom/AAA", "x"), (mode, path, content)]);
        let target = target(&sandbox);
        fs::create_dir(sandbox.path("outside")).unwrap();
        symlink(sandbox.path("outside"), target.join("out")).unwrap();
        let before = contents(&target);
        clone
            .run(["customize", "--resource", "edge", "../snapd"])
            .exit(3)
            .stderr(predicate::str::contains(said).and(predicate::str::contains("actions.sh")));
        assert_eq!(contents(&target), before, "{path}");
        assert_eq!(contents(&sandbox.path("outside")), BTreeMap::new());
    }
}

#[test]
fn a_repository_in_custom_is_refused() {
    let sandbox = Sandbox::new();
    let clone = resource(&sandbox, Layout::Options, &OVERLAY);
    let target = target(&sandbox);
    clone.git(["checkout", "--quiet", "edge"]);
    let before = contents(&target);
    fs::create_dir_all(clone.path().join("custom/.git/hooks")).unwrap();
    fs::write(clone.path().join("custom/.git/hooks/post-checkout"), "x").unwrap();
    clone.run(["customize", "--worktree", "../snapd"]).exit(3).stderr(predicate::str::contains("custom/.git"));
    assert_eq!(contents(&target), before);
}

#[test]
fn a_work_tree_may_hold_its_target() {
    let sandbox = Sandbox::new();
    let clone = resource(&sandbox, Layout::Options, &[("100644", "custom/a", "1")]);
    clone.git(["checkout", "--quiet", "edge"]);
    for target in ["target", "snapd"] {
        sandbox.git(clone.path(), ["init", "--quiet", target]);
        fs::write(clone.path().join("actions.sh"), "test ! -e snapd && cp -a custom/. target/\n").unwrap();
        fs::set_permissions(clone.path().join("actions.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        clone.run(["customize", "--worktree", target, "-q"]);
        assert_eq!(fs::read_to_string(clone.path().join(target).join("a")).unwrap(), "1");
        fs::remove_dir_all(clone.path().join(target)).unwrap();
    }
    sandbox.assert_no_litter();
}

/// A file `env.sh` that exports `V0`, `V1`… with these values, and the values.
fn hostile() -> (String, Vec<Vec<u8>>) {
    let long = "0123456789'\n".repeat(100_000 / 12);
    let texts = [
        "",
        "it's",
        "'",
        "\"q\" $HOME `id` \\",
        "a\nb",
        "end\n",
        "\n\n",
        "EOF",
        "a\nEOF\n",
        "100% %s",
        "zażółć 漢字",
        "a<<b",
        "a=b",
        "\r\n",
        " blank ",
        &long,
    ];
    let line = |(index, text): (usize, &&str)| format!("export V{index}={}\n", quoted(text));
    (texts.iter().enumerate().map(line).collect(), texts.iter().map(|text| text.as_bytes().to_vec()).collect())
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn eval_reads_the_lines_back_exactly() {
    let sandbox = Sandbox::new();
    let (env, values) = hostile();
    let env = format!("{env}export BYTES=\"$(printf 'a\\377b')\"\nunset GONE\n");
    let clone = resource(&sandbox, Layout::Options, &[("100644", "custom/env.sh", &env)]);
    target(&sandbox);
    for shell in ["bash", "sh"] {
        let script = "eval \"$(git-spread-cron customize -q --resource edge ../snapd)\" && exec env -0";
        let output = sandbox.command(shell, clone.path()).args(["-c", script]).env("GONE", "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let entries: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
        for (index, value) in values.iter().enumerate() {
            let entry = [format!("V{index}=").as_bytes(), value].concat();
            assert!(entries.contains(&entry.as_slice()), "{shell}: V{index}");
        }
        assert!(entries.contains(&b"BYTES=a\xffb".as_slice()), "{shell}");
        assert!(!entries.iter().any(|entry| entry.starts_with(b"GONE=")), "{shell}");
    }
}

/// What a step of GitHub Actions gets from its file, which has nothing but values with a delimiter.
fn github_variables(text: &str) -> BTreeMap<String, String> {
    let (mut variables, mut lines) = (BTreeMap::new(), text.split('\n'));
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (name, delimiter) = line.split_once("<<").unwrap_or_else(|| panic!("{line:?}"));
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
        variables.insert(name.to_owned(), value.join("\n"));
    }
    variables
}

#[test]
fn github_gets_the_variables_in_its_file() {
    let sandbox = Sandbox::new();
    let (env, values) = hostile();
    let env = format!("{env}export NODE_OPTIONS=x GITHUB_REF=x BYTES=\"$(printf '\\377')\"\nunset HOME\n");
    let clone = resource(&sandbox, Layout::Options, &[("100644", "custom/env.sh", &env)]);
    target(&sandbox);
    let file = sandbox.path("github-env");
    let args = ["customize", "-q", "--github-env", "--resource", "edge", "../snapd"];
    for before in ["", "OLD<<x\n1\nx\n", "OLD<<x\n1\nx"] {
        fs::write(&file, before).unwrap();
        let said = clone.cmd(args).env("GITHUB_ENV", &file).run().stderr_text();
        for name in ["NODE_OPTIONS", "GITHUB_REF", "BYTES", "HOME"] {
            assert!(said.contains(name), "{said}");
        }
        let mut variables = github_variables(&fs::read_to_string(&file).unwrap());
        assert_eq!(variables.remove("OLD").is_some(), !before.is_empty());
        let expected = values
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("V{index}"), String::from_utf8(value.clone()).unwrap()));
        assert_eq!(variables, expected.collect());
    }
    clone.run(args).exit(3).stderr(predicate::str::contains("GITHUB_ENV"));
    let before = contents(&sandbox.path("snapd"));
    let run = clone.cmd(args).env("GITHUB_ENV", sandbox.path("no/such/file")).run();
    run.exit(3).stderr(predicate::str::contains("GITHUB_ENV"));
    assert_eq!(contents(&sandbox.path("snapd")), before, "it is noticed first");
}

#[test]
fn a_command_gets_the_variables_and_decides_the_exit_code() {
    let sandbox = Sandbox::new();
    let env = "export A=\"$(printf 'ż\\nb')\n\"\nf() { :; }\nexport -f f\nunset GONE\n";
    let clone = resource(&sandbox, Layout::Options, &[("100644", "custom/env.sh", env)]);
    let target = target(&sandbox);
    let script = "env -0 > ../environment; pwd; exit 7";
    let exec = ["customize", "-q", "--resource", "edge", "../snapd", "--exec", "--"];
    let args = [&exec[..], &["bash", "-c", script]].concat();
    let run = clone.cmd(args).env("GONE", "1").env("GIT_INDEX_FILE", "/nowhere").run().exit(7);
    assert_eq!(run.stdout_text(), format!("{}\n", target.canonicalize().unwrap().display()));
    let environment = fs::read(sandbox.path("environment")).unwrap();
    let entries: Vec<&[u8]> = environment.split(|byte| *byte == 0).collect();
    assert!(entries.contains(&"A=ż\nb\n".as_bytes()));
    assert!(entries.iter().any(|entry| entry.starts_with(b"BASH_FUNC_f%%=")), "functions are handed on as well");
    for gone in [&b"GONE="[..], b"GIT_INDEX_FILE="] {
        assert!(!entries.iter().any(|entry| entry.starts_with(gone)), "{}", String::from_utf8_lossy(gone));
    }
    let args = [&exec[..], &["no-such-program"]].concat();
    clone.run(args).exit(3).stderr(predicate::str::contains("no-such-program"));
    let said =
        clone.run(["customize", "-q", "--resource", "edge", "../snapd"]).stdout(predicate::always()).stderr_text();
    assert!(said.contains("BASH_FUNC_f%%"), "{said}");
}

#[test]
fn an_env_file_that_fails_is_named() {
    for env in ["if\n", "exit 3\n", "set -e\nfalse\n"] {
        let sandbox = Sandbox::new();
        let clone =
            resource(&sandbox, Layout::Options, &[("100644", "custom/env.sh", env), ("100644", "custom/a", "1")]);
        let target = target(&sandbox);
        let run = clone.run(["customize", "--resource", "edge", "../snapd", "--exec", "--", "touch", "../ran"]).exit(3);
        let said = run.stderr_text();
        assert!(said.contains("custom/env.sh") && said.contains("+ a  added"), "{said}");
        assert!(target.join("a").exists() && !sandbox.path("ran").exists());
        sandbox.assert_no_litter();
    }
}

#[test]
fn what_env_prints_is_no_data() {
    let sandbox = Sandbox::new();
    let env = "echo noise\nexport A=1\n";
    let clone = resource(&sandbox, Layout::Options, &[("100644", "custom/env.sh", env)]);
    target(&sandbox);
    let run = clone.run(["customize", "-q", "--resource", "edge", "../snapd"]).stdout(predicate::eq("export A='1'\n"));
    assert_eq!(run.stderr_text(), "noise\n");
}

#[test]
fn names_that_only_other_systems_refuse_are_copied() {
    let sandbox = Sandbox::new();
    let clone =
        resource(&sandbox, Layout::Options, &[("100644", "custom/snap:app", "1"), ("100644", "custom/a\\x2db", "2")]);
    let target = target(&sandbox);
    clone.run(["customize", "-q", "--resource", "edge", "../snapd"]);
    assert!(target.join("snap:app").exists() && target.join("a\\x2db").exists());
}

#[test]
fn what_a_partial_clone_left_out_is_fetched() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare("remote");
    remote.build(|history| {
        history.main();
        history.resource("edge", "New", "echo 1").file("custom/a", "1").file("custom/b/c", "2").commit("Customize");
    });
    remote.git(["config", "uploadpack.allowFilter", "true"]);
    remote.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    for (name, filter) in [("blobless", "blob:none"), ("treeless", "tree:0")] {
        let clone = remote.clone_with(name, &["--no-checkout", &format!("--filter={filter}")]);
        let target = sandbox.path(format!("target-{name}"));
        fs::create_dir(&target).unwrap();
        clone.run(["customize", "-q", "--resource", "edge", target.to_str().unwrap()]);
        assert_eq!(fs::read_to_string(target.join("b/c")).unwrap(), "2");
    }
}
