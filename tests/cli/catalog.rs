//! `catalog`: what can be watched, built in and of one's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::support::{Sandbox, validate};

const ENTRY: &str = "\
# The tip of hello
#
# Source: the forge, over https
message=\"New hello\"

repository=\"hello\"

pattern_extractor='printf \"%s\" \"$repository\"'
";

const FILE: &str = "# The time of a day\nsource=\"clock\"\nevery=\"day\"\nmessage=\"New day\"\n";

/// Writes files below a folder of the sandbox.
pub(crate) fn write(sandbox: &Sandbox, folder: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = sandbox.path(folder);
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// A folder with an entry in a folder, and one that is a file.
pub(crate) fn own(sandbox: &Sandbox, folder: &str) -> PathBuf {
    write(sandbox, folder, &[("recipes/tip", FILE), ("entries/hello/options", ENTRY)])
}

pub(crate) fn names(document: &Value, list: &str) -> Vec<String> {
    let list = document[list].as_array().unwrap_or_else(|| panic!("{document:#} has no {list}"));
    list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

fn one<'a>(document: &'a Value, list: &str, name: &str) -> &'a Value {
    let found = document[list].as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in {document:#}"))
}

/// The document for a folder outside of any repository.
fn document(sandbox: &Sandbox, args: &[&str], exit: i32) -> Value {
    let run = sandbox.cmd("world", [&["catalog", "--format", "json"], args].concat()).run();
    let run = run.exit(exit).stderr(predicate::function(|text: &str| (exit == 1) == text.contains("warning:")));
    let document = run.json();
    validate("catalog", &document);
    document
}

#[test]
fn what_is_built_in_is_listed_without_a_repository() {
    let sandbox = Sandbox::new();
    let run = sandbox.cmd("world", ["catalog"]).run().stderr(contains("add --from").and(contains("catalog show")));
    let text = run.stdout_text();
    let lines = text.lines().collect::<Vec<_>>();
    assert_eq!(lines[0], "Entries");
    let line = |name: &str| *lines.iter().find(|line| line.trim().starts_with(name)).unwrap();
    assert!(line("snapd-core-edge ").contains("core snap"), "{text}");
    assert!(line("snapd-core-edge ").contains("store"), "{text}");
    assert!(lines.contains(&"Sources"));
    assert!(line("deb ").contains("deb package=… series=… [pocket] [distribution]"), "{text}");
    assert!(line("snap ").contains("snap snap=… channel=… [arch] [field]"), "{text}");
    assert!(!text.contains("yours") && !text.contains('\x1b'), "{text}");
    for line in lines.iter().filter(|line| !line.is_empty()) {
        assert!(line.chars().count() <= 150, "{line}");
        assert_eq!(line.trim_end(), *line);
    }
    sandbox.assert_no_litter();
}

#[test]
fn the_document_has_everything() {
    let sandbox = Sandbox::new();
    let folder = own(&sandbox, "own");
    let env = "export A=1\n";
    write(&sandbox, "own", &[("entries/hello/custom/env.sh", env), ("entries/hello/actions.sh", "#!/bin/sh\n")]);
    fs::write(folder.join("entries/hello/custom/logo"), b"\x89PNG\xff\0").unwrap();
    fs::set_permissions(folder.join("entries/hello/actions.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("logo", folder.join("entries/hello/custom/other")).unwrap();
    let document = document(&sandbox, &["--catalog", folder.to_str().unwrap()], 0);
    assert_eq!(document["version"], 1);
    let entry = one(&document, "entries", "hello");
    assert_eq!(entry["about"], "The tip of hello");
    assert_eq!(entry["origin"], "folder");
    assert_eq!(entry["kind"], Value::Null);
    assert_eq!(entry["source"], "the forge, over https");
    assert_eq!(entry["unverified"], Value::Null);
    assert_eq!(entry["keys"], serde_json::json!({}));
    assert_eq!(entry["message"], "New hello");
    assert_eq!(entry["options"], ENTRY);
    let files = serde_json::json!([
        {"path": "actions.sh", "kind": "executable", "size": 10, "text": "#!/bin/sh\n"},
        {"path": "custom/env.sh", "kind": "file", "size": 11, "text": env},
        {"path": "custom/logo", "kind": "file", "size": 6, "text": null},
        {"path": "custom/other", "kind": "symlink", "size": 4, "text": "logo"},
    ]);
    assert_eq!(entry["files"], files);
    let tip = one(&document, "entries", "tip");
    assert_eq!((&tip["options"], &tip["kind"], &tip["origin"]), (&FILE.into(), &"clock".into(), &"folder".into()));
    assert_eq!(tip["keys"], serde_json::json!({"every": "day"}));
    assert_eq!(one(&document, "entries", "snapd-core-edge")["origin"], "built-in");
    let edge = one(&document, "entries", "snapd-core-edge");
    assert_eq!((&edge["kind"], &edge["source"]), (&"snap".into(), &"the snap store".into()));
    assert_eq!(edge["keys"], serde_json::json!({"snap": "core", "channel": "edge", "arch": "amd64"}));
    assert_eq!(edge["message"], "New amd64 core snap in edge channel");
    let deb = one(&document, "sources", "deb");
    let pocket = serde_json::json!({
        "name": "pocket",
        "about": "Release, Security, Updates, Proposed or Backports",
        "required": false,
        "default": "Proposed",
    });
    assert_eq!(deb["keys"][2], pocket);
    assert!(deb["example"].as_str().unwrap().starts_with("source=\"deb\"\npackage="), "{deb:#}");
    assert_eq!(document["problems"], serde_json::json!([]));
}

#[test]
fn patterns_select() {
    let sandbox = Sandbox::new();
    let selected = document(&sandbox, &["snapd-core-edge", "github-r*"], 0);
    assert_eq!(names(&selected, "entries"), ["snapd-core-edge"]);
    assert_eq!(names(&selected, "sources"), ["github-release", "github-run"]);
    let run = sandbox.cmd("world", ["catalog", "clock"]).run().stderr(contains("--source"));
    assert!(run.stdout_text().starts_with("Sources\n  clock every=… [at]"), "{run}");
    let unmatched = |args: &[&str], text: &'static str| {
        sandbox.cmd("world", args).run().exit(2).stderr(contains(text));
    };
    unmatched(&["catalog", "snapd-core-egde"], "did you mean \"snapd-core-edge\"?");
    unmatched(&["catalog", "snapd-core-edge", "zzz*"], "nothing in the catalog matches \"zzz*\"\n");
    unmatched(&["catalog", "show", "snapd-core-egde"], "did you mean \"snapd-core-edge\"?");
    unmatched(&["catalog", "show", "github-runs"], "did you mean \"github-run\"?");
    for hostile in ["../entries/snapd-core-edge", "..", "", "snapd-core-edge/", "a\nb", "/etc/passwd"] {
        sandbox.cmd("world", ["catalog", "show", hostile]).run().exit(2).stderr(contains("there is no"));
    }
}

#[test]
fn things_are_found_by_words() {
    let sandbox = Sandbox::new();
    let find = |pattern: &str| {
        let document = document(&sandbox, &[pattern], 0);
        [names(&document, "entries"), names(&document, "sources")].concat()
    };
    assert_eq!(find("clock"), ["clock"], "it is the name of one");
    let store = find("Snap Store");
    assert!(store.contains(&"snapd-core-edge".to_owned()) && store.contains(&"snap".to_owned()), "{store:?}");
    assert!(find("core-edge").iter().all(|name| name.contains("core-edge")));
    let args = ["catalog", "--catalog", "world", "show", "clock"];
    sandbox.cmd("", args).run().exit(2).stderr(contains("git spread-cron catalog show NAME --catalog DIR"));
}

#[test]
fn show_prints_what_add_would_write() {
    let sandbox = Sandbox::new();
    let folder = own(&sandbox, "own");
    let show = |name: &str| {
        let args = ["catalog", "show", "--catalog", folder.to_str().unwrap(), name];
        let run = sandbox.cmd("world", args).run().stderr(contains("git spread-cron add"));
        run.stdout_text()
    };
    let options = show("hello");
    assert_eq!(options, ENTRY);
    let (_remote, clone) = sandbox.project(|_| {});
    clone.git(["checkout", "--quiet", "--orphan", "hello"]);
    fs::write(clone.path().join("options"), &options).unwrap();
    clone.git(["add", "options"]);
    clone.git(["commit", "--quiet", "--message", "Add"]);
    let poll = clone.run(["poll", "--local", "hello", "--format", "json"]).poll();
    assert_eq!(poll.resource("hello").new.as_deref(), Some("hello"));
    assert_eq!(poll.resource("hello").message.as_deref(), Some("New hello"));

    assert_eq!(show("tip"), FILE);
    write(&sandbox, "own", &[("entries/hello/custom/env.sh", "export A=1")]);
    fs::write(folder.join("entries/hello/custom/logo"), b"\x89PNG\xff\0").unwrap();
    let tail = "\n==> custom/env.sh <==\nexport A=1\n\n==> custom/logo <==\n(6 bytes that are not text)\n";
    assert_eq!(show("hello"), format!("==> options <==\n{options}{tail}"));
}

#[test]
fn a_quiet_one_prints_only_data() {
    let sandbox = Sandbox::new();
    sandbox.cmd("world", ["catalog", "-q", "clock"]).run().stdout(contains("clock"));
    sandbox.cmd("world", ["-q", "catalog", "show", "clock"]).run().stdout(contains("source="));
}

#[test]
fn the_folder_of_the_user_comes_first() {
    let sandbox = Sandbox::new();
    let entry = "# My own night\nmessage=Night\npattern_extractor='echo 1'\n";
    let file = "# My own edge\nmessage=Edge\npattern_extractor='echo 1'\n";
    let files = [
        ("recipes/snapd-core-edge", file),
        ("entries/snapd-nightly-suite/options", entry),
        ("recipes/snapd-nightly-suite", file),
    ];
    let folder = write(&sandbox, "own", &files);
    let folder = folder.to_str().unwrap();
    let document = document(&sandbox, &["--catalog", folder], 0);
    let night = one(&document, "entries", "snapd-nightly-suite");
    assert_eq!(
        (&night["origin"], &night["message"]),
        (&"folder".into(), &"Night".into()),
        "a folder goes before a file"
    );
    assert_eq!(night["files"], serde_json::json!([]), "nothing of the one that is built in");
    let edge = one(&document, "entries", "snapd-core-edge");
    assert_eq!((&edge["about"], &edge["files"]), (&"My own edge".into(), &serde_json::json!([])), "nor of this one");
    assert_eq!(one(&document, "entries", "snapd-core-beta")["origin"], "built-in");
    let list = sandbox.cmd("world", ["catalog", "--catalog", folder]).run().stderr(contains("add"));
    let text = list.stdout_text();
    let marked = text.lines().filter(|line| line.ends_with("  yours")).count();
    assert_eq!(marked, 2, "{text}");
}

#[test]
fn what_is_of_no_use_is_left_out_with_a_warning() {
    let sandbox = Sandbox::new();
    let folder = own(&sandbox, "own");
    let cases = [
        ("entries/no-options/custom/x", "", "no-options", "holds no options"),
        ("entries/no-title/options", "message=x\n", "no-title", "its first line has to be a comment"),
        ("entries/command/options", "# X\nmessage=x\ntouch x\n", "command", "line 3 is not an assignment"),
        ("entries/empty/options", "# X\nmessage=X\n", "empty", "the options set no pattern_extractor"),
        ("entries/key/options", "# X\nmessage=X\nsource=clock\nevry=day\n", "key", "did you mean \"every\"?"),
        ("entries/lack/options", "# X\nmessage=X\nsource=clock\n", "lack", "source=\"clock\" needs every"),
        (
            "entries/look/options",
            "# X\nmessage=X\npattern_extractor=x\nvalue_pattern='['\n",
            "look",
            "does not compile",
        ),
        ("recipes/file", "# X\nmessage=X\n", "file", "the options set no pattern_extractor"),
    ];
    for (path, text, ..) in cases {
        write(&sandbox, "own", &[(path, text)]);
    }
    fs::create_dir_all(folder.join("entries/folder/options")).unwrap();
    fs::create_dir_all(folder.join("entries/bytes")).unwrap();
    fs::write(folder.join("entries/bytes/options"), b"# \xff\n").unwrap();
    write(&sandbox, "own", &[("entries/odd/options", ENTRY), ("entries/odd/custom/.GIT/config", "")]);
    fs::write(folder.join("recipes/long"), format!("# {}\n", "x".repeat(64 * 1024))).unwrap();
    let args = ["catalog", "--catalog", folder.to_str().unwrap()];
    let run = sandbox.cmd("world", args).run().exit(1).stdout(contains("hello").and(contains("snapd-core-edge")));
    let warnings = run.stderr_text();
    let more = [
        ("entries/folder/options", "folder", "is not a file"),
        ("entries/bytes/options", "bytes", "UTF-8"),
        ("entries/odd/custom/.GIT", "odd", "a repository of its own"),
        ("recipes/long", "long", "is too long"),
    ];
    let cases = cases.map(|(path, _, name, reason)| (path, name, reason));
    for (path, name, reason) in cases.iter().chain(&more) {
        let path = folder.join(path.strip_suffix("/custom/x").unwrap_or(path));
        let is_it = |line: &&str| line.starts_with(&format!("warning: left out {name}: "));
        let line = warnings.lines().find(is_it).unwrap_or_else(|| panic!("{name} is not in {warnings}"));
        assert!(line.contains(path.to_str().unwrap()) && line.contains(reason), "{line}");
        let args = ["catalog", "show", "--catalog", folder.to_str().unwrap(), name];
        sandbox.cmd("world", args).run().exit(3).stderr(contains(*reason).and(contains("hint:")));
    }
    let document = document(&sandbox, &["--catalog", folder.to_str().unwrap()], 1);
    assert_eq!(document["problems"].as_array().unwrap().len(), cases.len() + more.len(), "{:#}", document["problems"]);
    let good = sandbox.cmd("world", [&args[..], &["hello"]].concat()).run();
    good.report(contains("hello").and(contains("warning").not()));
}

#[test]
fn what_is_no_entry_is_not_looked_at() {
    let sandbox = Sandbox::new();
    let folder = own(&sandbox, "own");
    let noise = "this is nothing";
    let files = [
        ("README.md", noise),
        ("recipes/README", noise),
        ("recipes/notes.txt", noise),
        ("recipes/.tip.swp", noise),
        ("recipes/tip~", noise),
        ("recipes/#tip#", noise),
        ("recipes/tip.orig", noise),
        ("recipes/folder/tip", noise),
        ("entries/.hidden/options", noise),
        ("entries/hello~/options", noise),
        ("entries/file", noise),
        ("entries/hello/options~", noise),
        ("entries/hello/custom/.env.sh.swp", noise),
        ("entries/hello/.git", noise),
    ];
    write(&sandbox, "own", &files);
    let before = document(&sandbox, &[], 0);
    let after = document(&sandbox, &["--catalog", folder.to_str().unwrap()], 0);
    let mut expected = names(&before, "entries");
    expected.extend(["hello", "tip"].map(str::to_owned));
    expected.sort();
    assert_eq!(names(&after, "entries"), expected);
    assert_eq!(one(&after, "entries", "hello")["files"], serde_json::json!([]));
}

#[test]
fn nothing_reaches_a_terminal_raw() {
    let sandbox = Sandbox::new();
    let folder = write(
        &sandbox,
        "own",
        &[
            (
                "entries/evil/options",
                "# a\x1b[2Jb\u{202e}c\n# Source: \x1b]0;x\x07y\nmessage=X\npattern_extractor='echo 1'\n",
            ),
            ("entries/bad/options", "# \x1b[2J\nmessage='\x1b[2J'\npattern_extractor='echo 1'\n"),
            ("entries/\x1b[2J/options", "# X\nmessage=X\npattern_extractor='echo 1'\n"),
        ],
    );
    let folder = folder.to_str().unwrap();
    for args in
        [&["catalog"][..], &["catalog", "show", "evil"], &["catalog", "--format", "json"], &["catalog", "show", "bad"]]
    {
        let run = sandbox.cmd("world", [args, &["--catalog", folder]].concat()).run().anything();
        let text = run.stdout_text() + &run.stderr_text();
        assert!(!text.contains('\x1b') && !text.contains('\x07'), "{text:?}");
        assert!(text.contains("evil") || text.contains("bad") || text.contains("[2Jb"), "{text}");
        if args.len() < 3 {
            assert!(!text.contains('\u{202e}'), "{text:?}");
        }
    }
}

#[test]
fn nothing_is_executed() {
    let sandbox = Sandbox::new();
    let mark = sandbox.path("executed");
    let options = format!("# X\nx=\"$(touch {0})\"\nmessage=X\npattern_extractor='touch {0}'\n", mark.display());
    let folder = write(&sandbox, "own", &[("entries/evil/options", &options)]);
    let folder = folder.to_str().unwrap();
    sandbox.cmd("world", ["catalog", "--catalog", folder]).run().report(contains("evil"));
    sandbox.cmd("world", ["catalog", "show", "evil", "--catalog", folder]).run().report(contains("touch"));
    assert!(!mark.exists());
}

#[test]
fn a_repository_without_resources_gets_a_hint_at_the_catalog() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("empty");
    repo.run(["status"]).stderr(contains("git spread-cron catalog"));
}

#[test]
fn bash_completes_what_is_in_it() {
    let sandbox = Sandbox::new();
    let folder = own(&sandbox, "own");
    sandbox.config("spread-cron.catalog", folder.to_str().unwrap());
    let complete = |words: &str| {
        let script = format!(
            ". <(git-spread-cron completions bash); COMP_WORDS=(git-spread-cron {words}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _git-spread-cron; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let output = sandbox.command("bash", Path::new(&sandbox.path("world"))).args(["-c", &script]).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("catalog show hel"), "hello\n");
    assert_eq!(complete("catalog ti"), "tip\n");
    assert_eq!(complete("catalog sho"), "show\n");
    assert_eq!(complete("add --from hel"), "hello\n");
    assert_eq!(complete("add --from clo"), "\n");
    assert_eq!(complete("add x --source clo"), "clock\n");
}

#[test]
fn the_entries_for_a_day_keep_their_time() {
    let sandbox = Sandbox::new();
    let times = [
        ("built-image-amd64-smoketest", "00:00"),
        ("snapd-reexec-disabled", "00:00"),
        ("snapd-nightly-suite", "02:00"),
    ];
    for (name, at) in times {
        let options = sandbox.cmd("world", ["catalog", "show", name]).run().stderr(predicate::always()).stdout_text();
        let lines = format!("source=\"clock\"\nevery=\"day\"\nat=\"{at}\"\nformat=\"%Y%m%d\"\n");
        assert!(options.contains(&lines), "{name}: {options}");
    }
}
