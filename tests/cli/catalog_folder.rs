//! `catalog` with a folder of one's own: where it is, and what comes first.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::catalog::{names, own, write};
use crate::support::{Run, Sandbox};

/// The catalog that a command sees, told by whether it has the entry of [`own`].
#[track_caller]
fn sees_own(run: Run, expected: bool) {
    let document = run.json();
    assert_eq!(names(&document, "entries").contains(&"hello".to_owned()), expected, "{document:#}");
}

#[test]
fn a_folder_that_is_named_has_to_be_there() {
    let sandbox = Sandbox::new();
    own(&sandbox, "world/own");
    let list = ["catalog", "--format", "json", "--catalog"];
    sees_own(sandbox.cmd("world", [&list[..], &["own"]].concat()).run(), true);
    sees_own(sandbox.cmd("", [&list[..], &["world/own"]].concat()).run(), true);
    for (command, folder) in [(vec!["catalog"], "nowhere"), (vec!["catalog", "show", "clock"], "own/recipes/tip")] {
        let run = sandbox.cmd("world", [command, vec!["--catalog", folder]].concat()).run().exit(3);
        run.stderr(contains(folder).and(contains("hint: name a folder that is there")));
    }
    fs::create_dir(sandbox.path("world/empty")).unwrap();
    for folder in ["empty", "own/recipes"] {
        let run = sandbox.cmd("world", [&list[..], &[folder]].concat()).run();
        sees_own(run.stderr(contains(format!("{folder} holds neither a folder entries nor"))), false);
    }
}

#[test]
fn git_configuration_names_the_folder() {
    let sandbox = Sandbox::new();
    own(&sandbox, "home/mine");
    let (_remote, clone) = sandbox.project(|_| {});
    own(&sandbox, "clone/catalog");
    fs::create_dir(clone.path().join("deep")).unwrap();
    let list = ["catalog", "--format", "json"];
    let in_clone = || clone.cmd(list).folder(clone.path().join("deep"));
    sees_own(in_clone().run(), false);
    let key = "spread-cron.catalog";
    clone.git(["config", key, "catalog"]);
    sees_own(in_clone().run(), true);
    sees_own(in_clone().through_git().run(), true);
    clone.git(["config", key, "~/mine"]);
    sees_own(in_clone().run(), true);
    clone.git(["config", key, ""]);
    sees_own(in_clone().run(), false);
    clone.git(["config", key, "nowhere"]);
    in_clone().run().exit(3).stderr(contains(clone.path().join("nowhere").to_str().unwrap()));
    let folder = clone.path().join("catalog");
    sees_own(clone.cmd([&list[..], &["--catalog", folder.to_str().unwrap()]].concat()).run(), true);
    clone.git(["config", key, "~no-such-user-here/x"]);
    in_clone().run().exit(3).stderr(contains("git config --show-origin spread-cron.catalog"));

    let bare = sandbox.bare("bare");
    own(&sandbox, "bare/catalog");
    bare.git(["config", key, "catalog"]);
    sees_own(bare.cmd(list).run(), true);
}

#[test]
fn outside_of_a_repository_the_configuration_of_the_user_counts() {
    let sandbox = Sandbox::new();
    let folder = own(&sandbox, "home/mine");
    let key = "spread-cron.catalog";
    let list = ["catalog", "--format", "json"];
    let git = |setting: &str| {
        let mut command = sandbox.command("git", sandbox.path("world"));
        let output = command.args(["-c", setting, "spread-cron"]).args(list).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().contains("\"hello\"")
    };
    assert!(git(&format!("Spread-Cron.Catalog={}", folder.display())));
    assert!(git("spread-cron.catalog=~/mine"));
    sees_own(sandbox.cmd("world", list).run(), false);
    sandbox.config("includeIf.gitdir:~/.path", "nowhere");
    sandbox.config(key, "~/mine");
    sees_own(sandbox.cmd("world", list).run(), true);
    assert!(!git("spread-cron.catalog="));
    let counted = sandbox.cmd("world", list).env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", key);
    sees_own(counted.env("GIT_CONFIG_VALUE_0", "").run(), false);
    sandbox.unset_config(key);
    sandbox.config(key, "relative");
    sees_own(sandbox.cmd("world", list).run(), false);
}

#[test]
fn a_repository_that_cannot_be_worked_in_is_no_hindrance() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("odd");
    repo.git(["config", "core.repositoryFormatVersion", "1"]);
    repo.git(["config", "extensions.notKnownYet", "true"]);
    let known = |text: &str| text.contains("notknownyet") && text.contains("spread-cron.catalog");
    repo.cmd(["catalog", "clock"]).run().stdout(contains("clock")).stderr(predicate::function(known));
    repo.cmd(["catalog", "show", "clock"]).run().stdout(contains("every")).stderr(predicate::function(known));
}

/// The block of a text that begins with this line.
fn block(text: &str, first_line: &str) -> String {
    let (_, rest) = text.split_once(&format!("```sh\n{first_line}\n")).expect("it is in there");
    format!("{first_line}\n{}", rest.split_once("```").expect("every block ends").0)
}

#[test]
fn what_the_chapter_shows_can_be_used() {
    let sandbox = Sandbox::new();
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/catalog.md")).unwrap();
    let entry = block(&page, "# The library that all of our tests need");
    write(&sandbox, "home/catalog", &[("recipes/requests", &entry)]);
    sandbox.config("spread-cron.catalog", "~/catalog");
    let run = sandbox.cmd("world", ["catalog", "show", "requests"]).run().stderr(contains("git spread-cron add"));
    assert_eq!(run.stdout_text(), entry);
    let (remote, clone) = sandbox.project(|_| {});
    let commands =
        block(&page, "git config --global spread-cron.catalog '~/catalog'       # this was ~/catalog/recipes/requests");
    for command in commands.lines().filter(|line| line.starts_with("git spread-cron ")) {
        let output = sandbox.command("bash", clone.path()).args(["-c", command]).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(remote.git(["show", "requests:options"]), entry.trim_end());
    let flask = entry.replace("/requests/json\"", "/flask/json\"").replace("requests on PyPI", "flask on PyPI");
    assert!(remote.git(["show", "flask:options"]).ends_with(flask.trim_end()));
}
