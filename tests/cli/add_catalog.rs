//! `add` from the catalog: a branch made of an entry.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use predicates::prelude::*;
use predicates::str::contains;

use crate::add::read_back;
use crate::support::{Cmd, Repo, Run, Sandbox, Snapshot};

/// The options of an entry that prints one of its variables.
pub(crate) fn thing(about: &str, name: &str, more: &str) -> String {
    format!(
        "# {about}\nmessage=\"New {name}\"\n{more}\nthing={name}\nside=left\n\npattern_extractor='printf %s \"$thing\"'\n"
    )
}

/// A project, and a folder of a catalog with the entries `own-a`, `own-b` and `own-c`.
pub(crate) fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    for name in ["a", "b", "c"] {
        entry(sandbox, &format!("own-{name}"), &thing(&format!("The {name}"), name, ""));
    }
    sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    })
}

fn put(sandbox: &Sandbox, path: &str, text: &str) -> PathBuf {
    let path = sandbox.path("catalog").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

pub(crate) fn entry(sandbox: &Sandbox, name: &str, options: &str) {
    put(sandbox, &format!("entries/{name}/options"), options);
}

/// An entry with a customization: variables, a program and a link.
pub(crate) fn customized_entry(sandbox: &Sandbox) {
    entry(sandbox, "suite", &thing("The suite", "suite", "manual=\"true\"\nspread=\"spread -v\"\n"));
    put(sandbox, "entries/suite/custom/env.sh", "export A=\"1\"\nexport B=\"2\"");
    let actions = put(sandbox, "entries/suite/actions.sh", "#!/bin/sh\necho x\n");
    fs::set_permissions(actions, fs::Permissions::from_mode(0o755)).unwrap();
    put(sandbox, "entries/suite/custom/tests/deep/task.yaml", "summary: x\n");
    symlink("deep", sandbox.path("catalog/entries/suite/custom/tests/link")).unwrap();
}

/// `add` with the folder of the catalog.
pub(crate) fn add<'s>(sandbox: &Sandbox, repo: &Repo<'s>, args: &[&str]) -> Cmd<'s> {
    let folder = sandbox.path("catalog");
    repo.cmd([&["add", "--catalog", folder.to_str().unwrap()], args].concat())
}

pub(crate) fn branches(repo: &Repo<'_>) -> Vec<String> {
    let refs = repo.refs().into_keys();
    refs.filter_map(|name| name.strip_prefix("refs/heads/").map(str::to_owned)).collect()
}

pub(crate) fn files(repo: &Repo<'_>, branch: &str) -> Vec<String> {
    let tree = repo.git(["ls-tree", "-r", "--format=%(objectmode) %(path)", branch]);
    tree.lines().map(str::to_owned).collect()
}

#[track_caller]
pub(crate) fn says_in_three_lines(run: Run, exit: i32, words: &[&str]) {
    let run = run.exit(exit).stderr(contains("error: "));
    let text = run.stderr_text();
    assert!(text.lines().count() <= 3, "{run}");
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in\n{run}");
    }
}

#[test]
fn an_entry_becomes_a_branch() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    customized_entry(&sandbox);
    let before = Snapshot::of(&clone, Some("refs/remotes/origin/"));
    add(&sandbox, &clone, &["--from", "suite"])
        .run()
        .stderr(contains("Created suite on origin").and(contains("git spread-cron poll --force suite")));
    before.assert_unchanged(&clone, Some("refs/remotes/origin/"));
    assert_eq!(remote.subjects("suite"), ["Add resource suite [skip ci]"]);
    let expected = [
        "100755 actions.sh",
        "100644 custom/env.sh",
        "100644 custom/tests/deep/task.yaml",
        "120000 custom/tests/link",
        "100644 options",
    ];
    assert_eq!(files(&remote, "suite"), expected);
    let options = thing("The suite", "suite", "manual=\"true\"\nspread=\"spread -v\"\n");
    assert_eq!(remote.git(["show", "suite:options"]), options.trim_end());
    remote.git(["fsck", "--strict"]);
    clone.run(["lint", "suite"]).report(predicate::always());
    let poll = clone.run(["poll", "suite", "--force", "--format", "json"]).poll();
    assert_eq!(poll.resource("suite").change(), ("first", None, Some("suite")));
}

#[test]
fn an_entry_under_another_name_and_with_other_keys() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    add(&sandbox, &clone, &["--from", "own-a", "mine", "thing=x y", "side=right"])
        .run()
        .stderr(contains("Created mine on origin. Record its first value with: git spread-cron poll mine\n"));
    let keys = read_back(&sandbox, &remote, "mine:options", ["message", "thing", "side"]);
    assert_eq!(keys, ["New a", "x y", "right"]);
    // What has an equals sign is a key, wherever it stands.
    add(&sandbox, &clone, &["--from", "own-a", "thing=a=b", "timeout=5m"]).run().stderr(contains("own-a"));
    let keys = read_back(&sandbox, &remote, "own-a:options", ["message", "thing", "timeout"]);
    assert_eq!(keys, ["New a", "a=b", "5m"]);
    assert_eq!(branches(&remote), ["edge", "main", "mine", "own-a"]);
}

#[test]
fn a_file_becomes_a_branch() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let text = "# A day\nsource=clock\nevery=day\nmessage=\"New day, {at} UTC\"\n";
    put(&sandbox, "recipes/day", text);
    add(&sandbox, &clone, &["--from", "day"]).run().stderr(contains("Created day on origin"));
    assert_eq!(remote.git(["show", "day:options"]), text.trim_end());
    // Keys that it does not set are added, and the message follows.
    add(&sandbox, &clone, &["--from", "day", "night", "at=00:10"]).run().stderr(contains("Created night"));
    let expected =
        "# Made from the entry day with at=00:10. What the entry says:\n#\n".to_owned() + text + "at=\"00:10\"";
    assert_eq!(remote.git(["show", "night:options"]), expected);
    let status = clone.run(["status", "--format", "json", "night"]).status();
    assert_eq!(status.resource("night").message.as_deref(), Some("New day, 00:10 UTC"));
}

#[test]
fn what_does_not_fit_an_entry_is_refused() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs());
    let hint = "hint: see what it takes: git spread-cron catalog show own-a";
    let cases = [
        ("sides=left", "it has no key \"sides\"; did you mean \"side\"?"),
        ("message=x\ny", "the message has more than one line"),
        ("message=x [skip ci]", "skip word"),
    ];
    for (key, reason) in cases {
        let run = add(&sandbox, &clone, &["--from", "own-a", key]).run();
        says_in_three_lines(run, 2, &["cannot make a resource of the entry own-a", reason, hint]);
    }
    let run = add(&sandbox, &clone, &["--from", "snapd-core-edge", "channel=edgy"]).run();
    says_in_three_lines(run, 2, &["entry snapd-core-edge", "channel is \"edgy\""]);
    let run = add(&sandbox, &clone, &["--from", "snapd-core-edge", "chanel=edge"]).run();
    says_in_three_lines(run, 2, &["it has no key \"chanel\"; did you mean \"channel\"?"]);
    // An entry that is of no use is not the fault of the one who names it.
    entry(&sandbox, "idle", "# Nothing\nmessage=x\n");
    let run = add(&sandbox, &clone, &["b", "--from", "idle"]).run();
    says_in_three_lines(run, 3, &["entry idle", "no pattern_extractor", "folder of your catalog"]);
    entry(&sandbox, "loud", "# A program\nmessage=x\necho x\n");
    let run = add(&sandbox, &clone, &["b", "--from", "loud"]).run();
    says_in_three_lines(run, 3, &["loud", "line 3"]);
    entry(&sandbox, "twice", "# Two\nmessage=x\na=1\na=2\npattern_extractor='echo $a'\n");
    let run = add(&sandbox, &clone, &["--from", "twice", "message=y x"]).run();
    run.stderr(contains("Created twice"));
    assert_eq!((remote.refs().len(), clone.refs().len()), (before.0.len() + 1, before.1.len() + 1));
}

#[test]
fn arguments_that_make_no_sense() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs());
    let cases: [(&[&str], &[&str]); 15] = [
        (&["own-b", "-m", "B"], &["--extractor is missing", "git spread-cron add --from own-b"]),
        (&["b"], &["--message and --extractor are missing", "or see the catalog: git spread-cron catalog"]),
        (&["b", "-x", "x"], &["--message is missing"]),
        (&["--from", "own-*", "x"], &["the name x is for a single resource, and 3 entries", "catalog"]),
        (&["--from", "own-*", "thing=x"], &["the key thing is for a single resource, and 3 entries"]),
        (&["--from", "own-a", "--from", "own-b", "thing=x"], &["2 entries"]),
        (&["--from", "own-*", "--message", "New"], &["--message is for a single resource"]),
        (&["--from", "own-d"], &["has no entry \"own-d\"; did you mean \"own-", "hint: see what there is"]),
        (&["--from", "zzz*"], &["has no entry \"zzz*\"", "git spread-cron catalog"]),
        (&["--from", "own-a", "--from", "zzz"], &["has no entry \"zzz\""]),
        (&["--from", "../entries/own-a"], &["has no entry"]),
        (&["every=day", "--source", "clock"], &["the name of the branch is missing", "add BRANCH --source clock"]),
        (&["--from", "own-a", "a-b=c"], &["\"a-b=c\" is neither the name of a branch nor KEY=VALUE"]),
        (&["b", "-m", "B", "-x", "x", "thing=x"], &["for --from and --source only"]),
        (&["--from", "own-a", "a b"], &["not a valid branch name"]),
    ];
    for (args, words) in cases {
        says_in_three_lines(add(&sandbox, &clone, args).run(), 2, words);
    }
    for args in [
        &["--source", "clock"][..],
        &["b", "--source", "clock", "-x", "x"],
        &["--from", "a", "-x", "x"],
        &["b", "--recipe", "x"],
    ] {
        add(&sandbox, &clone, args).run().exit(2).stderr(contains("error:"));
    }
    assert_eq!((remote.refs(), clone.refs()), before);
}

#[test]
fn flags_go_before_what_an_entry_says() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    customized_entry(&sandbox);
    fs::create_dir_all(sandbox.path("mine/tests")).unwrap();
    fs::write(sandbox.path("mine/tests/deep"), "mine\n").unwrap();
    fs::write(sandbox.path("my-actions"), "mine\n").unwrap();
    let (mine, actions) = (sandbox.path("mine"), sandbox.path("my-actions"));
    let flags = ["--message", "{thing}", "--spread", "spread -v mine:", "--target-ref", "r", "--target-repo", "u"];
    let more = ["--custom", mine.to_str().unwrap(), "--actions", actions.to_str().unwrap(), "--env", "A=it's $x"];
    add(&sandbox, &clone, &[&["--from", "suite", "--manual"], &flags[..], &more].concat())
        .run()
        .stderr(contains("Created suite on origin"));
    let names = ["message", "spread", "target_ref", "target_repo", "manual"];
    let keys = read_back(&sandbox, &remote, "suite:options", names);
    assert_eq!(keys, ["{thing}", "spread -v mine:", "r", "u", "true"]);
    assert_eq!(remote.git(["show", "suite:options"]).matches("manual").count(), 1);
    assert_eq!(read_back(&sandbox, &remote, "suite:custom/env.sh", ["A", "B"]), ["it's $x", "2"]);
    let expected = ["100755 actions.sh", "100644 custom/env.sh", "100644 custom/tests/deep"];
    assert_eq!(files(&remote, "suite")[..3], expected);
    assert_eq!(remote.git(["show", "suite:actions.sh"]), "mine");

    fs::write(sandbox.path("mine/env.sh"), "export C=3\n").unwrap();
    add(&sandbox, &clone, &["--from", "suite", "other", "--custom", mine.to_str().unwrap()])
        .run()
        .stderr(contains("Created other on origin"));
    assert_eq!(remote.git(["show", "other:custom/env.sh"]), "export C=3");
    let run = add(&sandbox, &clone, &[&["--from", "suite", "third"], &more[..]].concat()).run();
    says_in_three_lines(run, 2, &["--env and an env.sh in the folder of --custom exclude each other"]);
    let run = add(&sandbox, &clone, &["--from", "suite", "third", "--spread", "spread | tee x"]).run();
    run.exit(2).stderr(contains("no shell"));
}

#[test]
fn a_dry_run_prints_what_would_be_created() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    customized_entry(&sandbox);
    fs::write(sandbox.path("catalog/entries/suite/custom/data"), b"\x00\x01").unwrap();
    let before = (Snapshot::of(&remote, None), Snapshot::of(&clone, None));
    let one = add(&sandbox, &clone, &["--from", "own-a", "-n"]).run().stdout_text();
    let run = add(&sandbox, &clone, &["--from", "suite", "--dry-run", "--env", "C=3"]).run();
    let suite = run.stdout_text();
    let many = add(&sandbox, &clone, &["--from", "own-*", "--from", "suite", "-n"]).run().stdout_text();
    before.0.assert_unchanged(&remote, None);
    before.1.assert_unchanged(&clone, None);
    let expected = "\
own-a  New a
own-b  New b
own-c  New c
suite  New suite
";
    assert_eq!(many, expected);
    let (head, rest) = suite.split_once("\n==> actions.sh <==\n").unwrap();
    assert!(head.starts_with("==> options <==\n# The suite\n"), "{suite}");
    let expected = "\
#!/bin/sh
echo x

==> custom/data <==
(2 bytes that are not text)

==> custom/env.sh <==
export A=\"1\"
export B=\"2\"
export C=\"3\"

==> custom/tests/deep/task.yaml <==
summary: x

==> custom/tests/link <==
(a symbolic link to deep)
";
    assert_eq!(rest, expected);

    add(&sandbox, &clone, &["--from", "own-a"]).run().stderr(predicate::always());
    assert_eq!(one.trim_end(), remote.git(["show", "own-a:options"]));
    // Only what is not there yet would be created.
    let run = add(&sandbox, &clone, &["--from", "own-*", "-n"]).run();
    assert_eq!(run.stdout_text().lines().count(), 2);
    run.stderr(contains("Left own-a as it is"));
}

#[test]
fn every_kind_of_repository_and_layout() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    customized_entry(&sandbox);
    add(&sandbox, &clone, &["--from", "own-*", "--local"])
        .run()
        .stderr(contains("Created 3 resources. ").and(contains("git spread-cron poll --local own-a own-b own-c\n")));
    assert_eq!(branches(&clone), ["main", "own-a", "own-b", "own-c"]);
    assert_eq!(branches(&remote), ["edge", "main"]);
    add(&sandbox, &clone, &["--from", "own-*", "--local"])
        .run()
        .stderr(predicate::eq("Left 3 as they are, which exist already.\n"));

    add(&sandbox, &remote, &["--from", "own-*"]).run().stderr(contains("Created 3 resources. "));
    assert_eq!(branches(&remote), ["edge", "main", "own-a", "own-b", "own-c"]);

    clone.git(["config", "spread-cron.optionsPath", "branches/{branch}/trigger"]);
    add(&sandbox, &clone, &["--from", "suite", "x/y", "--start-point", "origin/main"])
        .run()
        .stderr(contains("Created x/y on origin"));
    let expected = [
        "100644 README",
        "100755 branches/x/y/actions.sh",
        "100644 branches/x/y/custom/env.sh",
        "100644 branches/x/y/custom/tests/deep/task.yaml",
        "120000 branches/x/y/custom/tests/link",
        "100644 branches/x/y/trigger",
    ];
    assert_eq!(files(&remote, "x/y"), expected);
    assert_eq!(remote.tip("x/y^"), remote.tip("main"));
    let poll = clone.run(["poll", "x/y", "--force", "--format", "json"]).poll();
    assert_eq!(poll.resource("x/y").change(), ("first", None, Some("suite")));
}

#[test]
fn hostile_keys_stay_what_they_are() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let texts = [
        "it's",
        "\"double\"",
        "a'b\"c`d$e\\f",
        "$(touch executed)",
        "`touch executed`",
        "${HOME} $HOME ~ * ? [a]",
        "~",
        " leading and trailing ",
        "back\\slash\\",
        "; touch executed #",
        "a && touch executed || x | y > executed < f & g",
        "{side} {thing} {}",
        "100% %s %n",
        "a=b",
        "zażółć 漢字 🦀",
        "'\\''",
        "$'a'",
        "message=\"x\"",
    ];
    for (number, text) in texts.iter().enumerate() {
        let name = format!("r{number}");
        let (key, message) = (format!("thing={text}"), format!("New {text}"));
        let args = ["--from", "own-a", &name, &key, "-m", &message];
        add(&sandbox, &clone, &args).run().stderr(contains("Created"));
        let keys = read_back(&sandbox, &remote, &format!("{name}:options"), ["thing", "message", "side"]);
        assert_eq!(keys, [(*text).to_owned(), message, "left".to_owned()]);
    }
    // A key may have several lines.
    let lines = "thing=a\nmanual=true\n$(touch executed)'\n";
    add(&sandbox, &clone, &["lines", "--from", "own-a", "-m", "Lines", lines]).run().stderr(contains("Created"));
    let keys = read_back(&sandbox, &remote, "lines:options", ["thing", "message", "side"]);
    assert_eq!(keys, [lines.strip_prefix("thing=").unwrap(), "Lines", "left"]);
    let status = clone.run(["status", "lines", "--format", "json"]).status();
    assert_eq!(status.resource("lines").message.as_deref(), Some("Lines"));
    let poll = clone.run(["poll", "r*", "--format", "json"]).poll();
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(poll.resource(&format!("r{number}")).new.as_deref(), Some(text.trim()));
    }
    let anywhere = ["executed", "clone/executed", "home/executed", "tmp/executed"];
    assert!(anywhere.iter().all(|path| !sandbox.path(path).exists()));
}
