//! `.ci/release`, which the release workflow calls, with a stand-in for gh. It runs on Linux only, as the workflow has it.

#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{Repo, Sandbox};

/// Notes down what it is asked for, and says of a release what the test has written down.
const GH: &str = r#"#!/bin/bash
printf '%q ' "$@" >> "$WORLD/asked"
echo >> "$WORLD/asked"
case "$1 $2" in
    'release view') cat "$WORLD/release" ;;
    'release delete') exit 1 ;;
esac
"#;

const OLD: &str = "# VERSION TARGET SHA256\n0.0.9 x86_64-unknown-linux-musl 00\n";

struct Project<'a> {
    sandbox: &'a Sandbox,
    remote: Repo<'a>,
    clone: Repo<'a>,
}

impl<'a> Project<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        fs::create_dir(sandbox.path("o")).unwrap();
        let remote = sandbox.bare("o/r");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/release");
        remote.build(|history| {
            let main = history.branch("main").entry("100755", ".ci/release", fs::read(script).unwrap());
            main.file("action/setup/checksums", OLD).commit("Begin");
        });
        let clone = remote.clone_to("clone");
        sandbox.program("gh", GH);
        Project { sandbox, remote, clone }
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = self.sandbox.command("bash", self.clone.path());
        command.arg(".ci/release").args(args).env("WORLD", self.sandbox.path("world"));
        command.env(
            "GITHUB_SERVER_URL",
            format!("file://{}", self.sandbox.path("").display().to_string().trim_end_matches('/')),
        );
        command.env("GITHUB_REPOSITORY", "o/r").env("GITHUB_SHA", self.clone.tip("HEAD"));
        command.output().unwrap()
    }

    fn asked(&self) -> String {
        let asked = fs::read_to_string(self.sandbox.path("world/asked")).unwrap_or_default();
        let _ = fs::remove_file(self.sandbox.path("world/asked"));
        asked
    }
}

#[test]
fn a_build_becomes_a_draft_and_a_pull_request() {
    let sandbox = Sandbox::new();
    let project = Project::new(&sandbox);
    fs::create_dir(project.clone.path().join("out")).unwrap();
    let targets = ["aarch64-apple-darwin", "x86_64-unknown-linux-musl"];
    for target in targets {
        fs::write(project.clone.path().join(format!("out/git-spread-cron-1.2.3-{target}.tar.gz")), "").unwrap();
    }
    let output = project.run(&["draft", "1.2.3", "out"]);
    assert!(output.status.success(), "{output:?}");
    // The checksum of nothing.
    let sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let lines: String = targets.iter().map(|target| format!("1.2.3 {target} {sum}\n")).collect();
    let table = project.remote.git(["show", "checksums-1.2.3:action/setup/checksums"]);
    assert_eq!(table + "\n", format!("{OLD}{lines}"));
    assert_eq!(project.remote.git(["diff", "--name-only", "main", "checksums-1.2.3"]), "action/setup/checksums");
    let asked = project.asked();
    let line = |start| asked.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {asked}"));
    let create = line("release create v1.2.3 --draft ");
    for file in [targets[0], targets[1], "SHA256SUMS"] {
        assert!(create.contains(file), "{create}");
    }
    assert!(line("pr create --base main --head checksums-1.2.3 ").contains("open it again to start them"));
    assert!(!asked.contains("tags"), "{asked}");

    let again = project.run(&["draft", "0.0.9", "out"]);
    assert!(
        !again.status.success() && String::from_utf8_lossy(&again.stdout).contains("0.0.9 is in the table already")
    );
    assert_eq!(project.asked(), "");
}

#[test]
fn the_newest_release_of_the_table_is_published_once() {
    let sandbox = Sandbox::new();
    let project = Project::new(&sandbox);
    let world = |text| fs::write(sandbox.path("world/release"), text).unwrap();
    project.clone.git(["tag", "build-0.0.9"]);
    world("true\n");
    let output = project.run(&["publish"]);
    assert!(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("::warning"), "{output:?}");
    let asked = project.asked();
    let order =
        ["release view v0.0.9", "git/refs/tags/v0.0.9 ", "release edit v0.0.9 --draft=false", "git/refs/tags/v0 "];
    let places: Vec<_> =
        order.iter().map(|part| asked.find(part).unwrap_or_else(|| panic!("{part}: {asked}"))).collect();
    assert!(places.is_sorted(), "{asked}");
    assert_eq!(asked.matches(&format!("sha={}", project.clone.tip("HEAD"))).count(), 2);

    world("false\n");
    let output = project.run(&["publish"]);
    assert!(output.status.success() && output.stdout == b"There is nothing to publish.\n", "{output:?}");
    assert_eq!(project.asked().lines().count(), 1);
}
