//! `add`: a new branch that holds exactly what was given.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use predicates::prelude::*;

use crate::support::{Repo, Sandbox, Snapshot};

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    })
}

/// What a real shell reads back from a file of a branch: the values of these variables.
pub(crate) fn read_back<const N: usize>(
    sandbox: &Sandbox,
    repo: &Repo<'_>,
    file: &str,
    names: [&str; N],
) -> [String; N] {
    let content = sandbox.try_git(repo.path(), ["cat-file", "blob", file]);
    assert!(content.status.success(), "{file} is not there");
    fs::write(sandbox.path("read-back"), content.stdout).unwrap();
    names.map(|name| {
        let script = format!("set -u; . ./read-back; printf '%s.' \"${name}\"");
        let output = sandbox.command("bash", sandbox.path("")).args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().strip_suffix('.').unwrap().to_owned()
    })
}

#[test]
fn a_branch_is_created_at_the_remote() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = Snapshot::of(&clone, Some("refs/remotes/origin/"));
    clone
        .run(["add", "beta", "--message", "New beta", "--extractor", "echo 3"])
        .report(predicate::str::contains("beta"));
    before.assert_unchanged(&clone, Some("refs/remotes/origin/"));
    assert_eq!(remote.count("beta"), 1, "an orphan");
    assert_eq!(remote.git(["ls-tree", "-r", "--name-only", "beta"]), "options");
    let keys = read_back(&sandbox, &remote, "beta:options", ["message", "pattern_extractor"]);
    assert_eq!(keys, ["New beta", "echo 3"]);
    remote.git(["fsck", "--strict"]);

    assert_eq!(clone.run(["status", "beta", "--format", "json"]).status().resource("beta").problem, None);
    assert!(clone.run(["lint", "--format", "json"]).lint().findings.is_empty());
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("beta").change(), ("first", None, Some("3")));
    assert_eq!(remote.subjects("beta")[0], "New beta (3)");
}

#[test]
fn without_a_remote_the_branch_is_local() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.run(["add", "beta", "-m", "New beta", "-x", "echo 3"]).report(predicate::str::contains("beta"));
    assert_eq!(repo.refs().keys().collect::<Vec<_>>(), ["refs/heads/beta"]);
    repo.run(["poll"]).report(predicate::str::contains("beta"));
    assert_eq!(repo.subjects("beta")[0], "New beta (3)");

    let (remote, clone) = project(&sandbox);
    clone.run(["add", "--local", "beta", "-m", "New beta", "-x", "echo 3"]).report(predicate::str::contains("beta"));
    assert!(clone.refs().contains_key("refs/heads/beta"));
    assert!(!remote.refs().contains_key("refs/heads/beta"));
}

#[test]
fn hostile_texts_survive_the_shell() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let texts = [
        "it's",
        "\"double\"",
        "'",
        "\"",
        "a'b\"c`d$e\\f",
        "$(touch executed)",
        "`touch executed`",
        "${HOME} $HOME ~ * ? [a]",
        "trailing blank ",
        " leading blank",
        "back\\slash\\",
        "; exit 1 #",
        "a && b || c | d > e < f & g",
        "-n",
        "!! !$ ^a^b",
        "zażółć 漢字 🦀",
        "100% %s %n",
        "a=b",
        "(x) {y}",
        "'\\''",
        "$'a'",
    ];
    for (number, text) in texts.iter().enumerate() {
        let name = format!("r{number}");
        let extractor = format!("printf %s {}", shell_words::quote(text));
        let (message_flag, extractor_flag) = (format!("--message={text}"), format!("--extractor={extractor}"));
        clone
            .run(["add", &name, &message_flag, &extractor_flag, "--env", &format!("KEY={text}")])
            .report(predicate::always());
        let keys = read_back(&sandbox, &remote, &format!("{name}:options"), ["message", "pattern_extractor"]);
        assert_eq!(keys, [(*text).to_owned(), extractor], "{text}");
        assert_eq!(read_back(&sandbox, &remote, &format!("{name}:custom/env.sh"), ["KEY"]), [*text], "{text}");
    }
    let status = clone.run(["status", "r*", "--format", "json"]).status();
    let poll = clone.run(["poll", "r*", "--format", "json"]).poll();
    for (number, text) in texts.iter().enumerate() {
        let name = format!("r{number}");
        assert_eq!(status.resource(&name).message.as_deref(), Some(*text));
        assert_eq!(poll.resource(&name).new.as_deref(), Some(text.trim()), "{text}");
        assert_eq!(remote.subjects(&name)[0], format!("{text} ({})", text.trim()));
    }
    assert!(!sandbox.path("executed").exists() && !clone.path().join("executed").exists());
}

#[test]
fn an_extractor_may_have_several_lines() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let extractor = "# a 'comment'\nx=2\n\tif true; then\n  echo $((x+3))\nfi\n";
    clone.run(["add", "b", "--message", "B", "--extractor", extractor]).report(predicate::always());
    let keys = read_back(&sandbox, &remote, "b:options", ["pattern_extractor"]);
    assert_eq!(keys[0].trim_end(), extractor.trim_end());
    let poll = clone.run(["poll", "b", "--format", "json"]).poll();
    assert_eq!(poll.resource("b").new.as_deref(), Some("5"));
}

#[test]
fn variables_are_exported() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let args = ["add", "b", "-m", "B", "-x", "echo 1", "--env", "A=x y", "--env", "B=", "--env", "C=a=b"];
    clone.run(args).report(predicate::always());
    fs::write(sandbox.path("env.sh"), remote.git(["show", "b:custom/env.sh"])).unwrap();
    let script = ". ./env.sh; printenv A B C";
    let output = sandbox.command("bash", sandbox.path("")).args(["-c", script]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "x y\n\na=b\n");
}

#[test]
fn the_customization_is_taken_as_it_is() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let custom = sandbox.path("custom-files");
    fs::create_dir_all(custom.join("tests/deep")).unwrap();
    fs::write(custom.join("data.bin"), b"\x00\xff\r\n").unwrap();
    fs::write(custom.join("tests/deep/run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(custom.join("tests/deep/run"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("deep/run", custom.join("tests/link")).unwrap();
    fs::write(sandbox.path("my-actions"), "echo customized\n").unwrap();
    clone
        .cmd(["add", "b", "-m", "B", "-x", "echo 1", "--actions", "../my-actions", "--env", "A=1"])
        .run()
        .report(predicate::always());
    assert_eq!(remote.git(["show", "b:actions.sh"]), "echo customized");
    let custom = custom.to_str().unwrap();
    clone.run(["add", "c", "-m", "C", "-x", "echo 1", "--custom", custom]).report(predicate::always());
    let tree = remote.git(["ls-tree", "-r", "--format=%(objectmode) %(path)", "c"]);
    let expected =
        ["100644 custom/data.bin", "100755 custom/tests/deep/run", "120000 custom/tests/link", "100644 options"];
    assert_eq!(tree.lines().collect::<Vec<_>>(), expected);
    let bytes = sandbox.try_git(remote.path(), ["cat-file", "blob", "c:custom/data.bin"]).stdout;
    assert_eq!(bytes, b"\x00\xff\r\n");
    remote.git(["fsck", "--strict"]);
}

#[test]
fn a_start_point_gives_files_and_history() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone.run(["add", "b", "-m", "B", "-x", "echo 1", "--start-point", "origin/main"]).report(predicate::always());
    assert_eq!(remote.tip("b^"), remote.tip("main"));
    assert_eq!(remote.git(["ls-tree", "-r", "--name-only", "b"]), "README\noptions");
    clone
        .run(["add", "c", "-m", "C", "-x", "echo 1", "--start-point", "no-such"])
        .exit(3)
        .stderr(predicate::str::contains("no-such"));
    assert!(!remote.refs().contains_key("refs/heads/c"));
}

#[test]
fn a_manual_resource() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone.run(["add", "b", "-m", "B", "-x", "echo 1", "--manual"]).report(predicate::always());
    assert_eq!(read_back(&sandbox, &remote, "b:options", ["manual"]), ["true"]);
    assert_eq!(clone.run(["poll", "b", "--format", "json"]).poll().resource("b").outcome, "manual");
}

#[test]
fn what_is_launched_is_written_down() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let add = ["add", "beta", "-m", "New", "-x", "echo 3"];
    let launch = ["--target-repo", "https://x/y", "--target-ref", "release/2.21", "--spread", "spread -v 'a b':"];
    clone.run([&add[..], &launch].concat()).report(predicate::str::contains("beta"));
    let keys = read_back(&sandbox, &remote, "beta:options", ["target_repo", "target_ref", "spread", "message"]);
    assert_eq!(keys, ["https://x/y", "release/2.21", "spread -v 'a b':", "New"]);
    let bad = ["add", "gamma", "-m", "New", "-x", "echo 3", "--spread", "spread | tee log"];
    clone.run(bad).exit(2).stderr(predicate::str::contains("no shell"));
    assert!(!remote.refs().contains_key("refs/heads/gamma"));
}

#[test]
fn a_dry_run_prints_the_options_and_creates_nothing() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (Snapshot::of(&remote, None), Snapshot::of(&clone, None));
    let objects = clone.git(["count-objects", "-v"]);
    let run = clone.run(["add", "b", "-m", "it's", "-x", "echo 1", "--dry-run"]).stderr(predicate::always());
    let text = run.stdout_text();
    before.0.assert_unchanged(&remote, None);
    before.1.assert_unchanged(&clone, None);
    assert_eq!(clone.git(["count-objects", "-v"]), objects);
    clone.run(["add", "b", "-m", "it's", "-x", "echo 1"]).report(predicate::always());
    assert_eq!(text.trim_end(), remote.git(["show", "b:options"]));
}

#[test]
fn a_branch_that_exists_is_never_overwritten() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let refuses = |args: &[&str]| {
        let before = (remote.refs(), clone.refs());
        clone.run(args).exit(3).stderr(predicate::str::contains("exist"));
        assert_eq!((remote.refs(), clone.refs()), before, "{args:?}");
    };
    refuses(&["add", "edge", "-m", "B", "-x", "echo 1"]);
    refuses(&["add", "main", "-m", "B", "-x", "echo 1"]);
    refuses(&["add", "main", "-m", "B", "-x", "echo 1", "--local"]);
}

#[test]
fn a_branch_that_only_the_remote_knows_is_not_overwritten_either() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    remote.build(|history| {
        history.resource("later", "Later", "echo 1").state("Later (1)");
    });
    let before = remote.refs();
    let run = clone.run(["add", "later", "-m", "B", "-x", "echo 1"]).exit(3);
    run.stderr(predicate::str::contains("later"));
    assert_eq!(remote.refs(), before);
    assert_eq!(remote.subjects("later")[0], "Later (1)");
}

#[test]
fn names_and_messages_are_checked_first() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs());
    for name in ["", "a b", "a..b", "a.lock", "a~1", "HEAD", "a\nb", "/a", "a/"] {
        clone.run(["add", name, "-m", "B", "-x", "echo 1"]).exit(2).stderr(predicate::str::is_empty().not());
    }
    for message in ["", " ", "a\nb", "a\x1bb", "New [skip ci]"] {
        clone.run(["add", "b", "-m", message, "-x", "echo 1"]).exit(2).stderr(predicate::str::contains("message"));
    }
    for extractor in ["", " "] {
        clone.run(["add", "b", "-m", "B", "-x", extractor]).exit(2).stderr(predicate::str::contains("extractor"));
    }
    let missing = ["--actions", "--custom"]
        .map(|flag| clone.run(["add", "b", "-m", "B", "-x", "echo 1", flag, "/no/such"]).exit(3));
    for run in missing {
        run.stderr(predicate::str::contains("/no/such"));
    }
    assert_eq!((remote.refs(), clone.refs()), before);
}

#[test]
fn a_remote_that_refuses_is_quoted() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    sandbox.script("remote/hooks/pre-receive", "#!/bin/sh\necho 'new branches are not welcome'\nexit 1\n");
    let before = (remote.refs(), clone.refs());
    clone
        .run(["add", "b", "-m", "B", "-x", "echo 1"])
        .exit(3)
        .stderr(predicate::str::contains("not welcome").or(predicate::str::contains("pre-receive hook declined")));
    assert_eq!((remote.refs(), clone.refs()), before);
}
