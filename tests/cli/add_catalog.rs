//! `add` from the catalog: a branch made of an entry or a recipe.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use predicates::prelude::*;
use predicates::str::contains;

use crate::add::read_back;
use crate::support::{Cmd, Repo, Run, Sandbox, Snapshot};

/// A recipe that prints one of its parameters.
const THING: &str = "\
# A thing
#
# thing: what it is
# side: left or right
#   matches left|right
message=\"New {thing} on the {side}\"

thing=
side=left

pattern_extractor='printf %s \"$thing\"'
";

/// A project, and a folder of a catalog with the recipe `thing` and the entries `own-a`, `own-b` and `own-c`.
pub(crate) fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    recipe(sandbox, "thing", THING);
    for name in ["a", "b", "c"] {
        entry(sandbox, &format!("own-{name}"), &format!("# The {name}\nrecipe=thing\nthing={name}\n"));
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

pub(crate) fn recipe(sandbox: &Sandbox, name: &str, text: &str) {
    put(sandbox, &format!("recipes/{name}"), text);
}

pub(crate) fn entry(sandbox: &Sandbox, name: &str, options: &str) {
    put(sandbox, &format!("entries/{name}/options"), options);
}

/// An entry with a customization: variables, a program and a link.
pub(crate) fn customized_entry(sandbox: &Sandbox) {
    entry(sandbox, "suite", "# The suite\nrecipe=thing\nthing=suite\nmanual=\"true\"\nspread=\"spread -v\"\n");
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
    assert_eq!(remote.subjects("suite"), ["Add resource suite"]);
    let expected = [
        "100755 actions.sh",
        "100644 custom/env.sh",
        "100644 custom/tests/deep/task.yaml",
        "120000 custom/tests/link",
        "100644 options",
    ];
    assert_eq!(files(&remote, "suite"), expected);
    let options = "# The suite\n#\n# A thing\n#\n# thing: what it is\n# side: left or right\n#   matches left|right\n\
        message=\"New suite on the left\"\nmanual=\"true\"\nspread=\"spread -v\"\n\nthing=\"suite\"\nside=left\n\n\
        pattern_extractor='printf %s \"$thing\"'";
    assert_eq!(remote.git(["show", "suite:options"]), options);
    remote.git(["fsck", "--strict"]);
    clone.run(["lint", "suite"]).report(predicate::always());
    let poll = clone.run(["poll", "suite", "--force", "--format", "json"]).poll();
    assert_eq!(poll.resource("suite").change(), ("first", None, Some("suite")));
}

#[test]
fn an_entry_under_another_name_and_with_other_parameters() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    add(&sandbox, &clone, &["--from", "own-a", "mine", "thing=x y", "side=right"])
        .run()
        .stderr(contains("Created mine on origin. Record its first value with: git spread-cron poll mine\n"));
    let keys = read_back(&sandbox, &remote, "mine:options", ["message", "thing", "side"]);
    assert_eq!(keys, ["New x y on the right", "x y", "right"]);
    // What has an equals sign is a parameter, wherever it stands; keys can be given like parameters.
    add(&sandbox, &clone, &["--from", "own-a", "thing=a=b", "timeout=5m"]).run().stderr(contains("own-a"));
    let keys = read_back(&sandbox, &remote, "own-a:options", ["message", "thing", "timeout"]);
    assert_eq!(keys, ["New a=b on the left", "a=b", "5m"]);
    assert_eq!(branches(&remote), ["edge", "main", "mine", "own-a"]);
}

#[test]
fn a_recipe_becomes_a_branch() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    add(&sandbox, &clone, &["team/new", "--recipe", "thing", "thing=clock"])
        .run()
        .stderr(contains("Created team/new on origin"));
    let expected = THING.replace("{thing} on the {side}", "clock on the left").replace("thing=\n", "thing=\"clock\"\n");
    assert_eq!(remote.git(["show", "team/new:options"]), expected.trim_end());
    assert_eq!(files(&remote, "team/new"), ["100644 options"]);
    let poll = clone.run(["poll", "team/new", "--format", "json"]).poll();
    assert_eq!(poll.resource("team/new").change(), ("first", None, Some("clock")));
}

#[test]
fn what_does_not_fit_a_recipe_is_refused() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs());
    let hint = "hint: see what it takes: git spread-cron catalog show thing";
    let cases: [(&[&str], &str); 6] = [
        (&[], "it needs thing"),
        (&["thing="], "it needs thing"),
        (&["thing=x", "sides=left"], "it has no parameter \"sides\"; did you mean \"side\"?"),
        (&["thing=x", "side=up"], "side is \"up\", which does not match left|right"),
        (&["thing=x", "side=left\nright"], "which does not match left|right"),
        (&["thing=x\ny"], "the message has more than one line"),
    ];
    for (parameters, reason) in cases {
        let run = add(&sandbox, &clone, &[&["b", "--recipe", "thing"], parameters].concat()).run();
        says_in_three_lines(run, 2, &["cannot make a resource of the recipe thing", reason, hint]);
    }
    let run = add(&sandbox, &clone, &["--from", "own-a", "side=up"]).run();
    says_in_three_lines(run, 2, &["entry own-a", "side is \"up\"", "git spread-cron catalog show own-a"]);
    let run = add(&sandbox, &clone, &["b", "--recipe", "thing", "thing=x [skip ci]"]).run();
    says_in_three_lines(run, 2, &["skip word"]);
    // A recipe that nobody could use is not the fault of who names it.
    recipe(&sandbox, "idle", "# Nothing\nmessage=x\n");
    let run = add(&sandbox, &clone, &["b", "--recipe", "idle"]).run();
    says_in_three_lines(run, 3, &["recipe idle", "no pattern_extractor", "folder of your catalog"]);
    recipe(&sandbox, "loud", "# A program\nmessage=x\necho x\n");
    let run = add(&sandbox, &clone, &["b", "--recipe", "loud"]).run();
    says_in_three_lines(run, 3, &["loud", "line 3"]);
    assert_eq!((remote.refs(), clone.refs()), before);
}

#[test]
fn arguments_that_make_no_sense() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = (remote.refs(), clone.refs());
    let cases: [(&[&str], &[&str]); 18] = [
        (&["own-b", "-m", "B"], &["--extractor is missing", "git spread-cron add --from own-b"]),
        (&["b"], &["--message and --extractor are missing", "or see the catalog: git spread-cron catalog"]),
        (&["b", "-x", "x"], &["--message is missing"]),
        (&["--from", "own-*", "x"], &["the name x is for a single resource, and 3 entries", "catalog"]),
        (&["--from", "own-*", "thing=x"], &["the parameter thing is for a single resource, and 3 entries"]),
        (&["--from", "own-a", "--from", "own-b", "thing=x"], &["2 entries"]),
        (&["--from", "own-*", "--message", "New"], &["--message is for a single resource"]),
        (&["--from", "own-d"], &["has no entry \"own-d\"; did you mean \"own-", "hint: see what there is"]),
        (&["--from", "zzz*"], &["has no entry \"zzz*\"", "git spread-cron catalog"]),
        (&["--from", "own-a", "--from", "zzz"], &["has no entry \"zzz\""]),
        (
            &["--from", "thing"],
            &["has no entry \"thing\"", "it is a recipe: git spread-cron add BRANCH --recipe thing"],
        ),
        (&["b", "--recipe", "own-a"], &["has no recipe \"own-a\"", "it is an entry: git spread-cron add --from own-a"]),
        (&["b", "--recipe", "thin"], &["has no recipe \"thin\"; did you mean \"thing\"?"]),
        (&["b", "--recipe", "../recipes/thing"], &["has no recipe"]),
        (&["thing=x", "--recipe", "thing"], &["the name of the branch is missing", "add BRANCH --recipe thing"]),
        (&["--from", "own-a", "a-b=c"], &["\"a-b=c\" is neither the name of a branch nor PARAMETER=VALUE"]),
        (&["b", "-m", "B", "-x", "x", "thing=x"], &["for --from and --recipe only"]),
        (&["--from", "own-a", "a b"], &["not a valid branch name"]),
    ];
    for (args, words) in cases {
        says_in_three_lines(add(&sandbox, &clone, args).run(), 2, words);
    }
    for args in [&["--recipe", "thing"][..], &["b", "--recipe", "thing", "-x", "x"], &["--from", "a", "-x", "x"]] {
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
    let of_recipe = add(&sandbox, &clone, &["x", "--recipe", "thing", "thing=x", "-n"]).run().stdout_text();
    assert!(of_recipe.contains("message=\"New x on the left\""), "{of_recipe}");
    before.0.assert_unchanged(&remote, None);
    before.1.assert_unchanged(&clone, None);
    let expected = "\
own-a  New a on the left
own-b  New b on the left
own-c  New c on the left
suite  New suite on the left
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
fn hostile_parameters_stay_what_they_are() {
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
        let parameter = format!("thing={text}");
        add(&sandbox, &clone, &[&name, "--recipe", "thing", &parameter]).run().stderr(contains("Created"));
        let keys = read_back(&sandbox, &remote, &format!("{name}:options"), ["thing", "message", "side"]);
        assert_eq!(keys, [(*text).to_owned(), format!("New {text} on the left"), "left".to_owned()]);
    }
    // With a message of its own, a parameter may have several lines.
    let lines = "thing=a\nmanual=true\n$(touch executed)'\n";
    add(&sandbox, &clone, &["lines", "--recipe", "thing", "-m", "Lines", lines]).run().stderr(contains("Created"));
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
