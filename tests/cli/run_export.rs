//! What `run` writes into its workspace: the branch as it is in the commit, and nothing outside, whatever the branch holds.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Layout, Recipe, Repo, Sandbox, executes, side_by_side};

#[test]
fn the_tree_of_the_commit() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new()
        .layout(Layout::Trigger)
        .entry("100755", "tool", "#!/bin/sh\n")
        .entry("120000", "link", "tool")
        .entry("120000", "dangling", "/nowhere")
        .file("it's \u{e4} 'file'", b"\xff\0bytes\r\n".to_vec())
        .file("deep/er/file", "")
        .build(&sandbox);
    // The work tree and the index are on another branch, and dirty; attributes of the clone change nothing.
    fs::write(watched.clone.path().join("README"), "dirty").unwrap();
    fs::write(watched.clone.path().join(".git/info/attributes"), "* export-ignore eol=crlf\n").unwrap();
    watched.run(&[], 0);
    let folder = watched.workspace().join("branches/edge");
    let mode = |name: &str| fs::symlink_metadata(folder.join(name)).unwrap().permissions().mode() & 0o111;
    assert_eq!((mode("tool") != 0, mode("trigger")), (true, 0));
    assert_eq!(fs::read_link(folder.join("link")).unwrap().to_str(), Some("tool"));
    assert_eq!(fs::read_link(folder.join("dangling")).unwrap().to_str(), Some("/nowhere"));
    assert_eq!(fs::read(folder.join("it's \u{e4} 'file'")).unwrap(), b"\xff\0bytes\r\n");
    assert_eq!(fs::read(folder.join("deep/er/file")).unwrap(), b"");
}

/// A target that the branch brings may be larger than what other commands take from a branch.
#[test]
fn a_large_file() {
    let sandbox = Sandbox::new();
    let size = 65 * 1024 * 1024 + 1;
    let watched = Recipe::new()
        .file("target/image", vec![0; size])
        .file("target/spread.yaml", "")
        .file("target/tests/main/own/task.yaml", executes(&format!("test $(wc -c < image) -eq {size}")))
        .build(&sandbox);
    watched.run(&[], 0);
}

#[test]
fn a_branch_cannot_write_outside_of_the_workspace() {
    let links = ["target", "result.json", "custom", "actions.sh", ".git", "spread-report.json", "logs"];
    let cases = links.into_iter().flat_map(|link| ["folder", "folder/file"].map(|to| (link, to)));
    side_by_side(cases, |(link, to)| {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("folder")).unwrap();
        fs::write(sandbox.path("folder/file"), "precious").unwrap();
        let to = sandbox.path(to);
        let branch = Recipe::new().entry("120000", link, to.to_str().unwrap()).file("other", "x");
        let watched = branch.build(&sandbox);
        // Whether it is refused or not; and once more, when everything lies there already.
        for _ in 0..2 {
            let run = watched.cmd(&[]).run();
            let _ = run.stdout_text();
            assert!(!run.stderr_text().contains("panicked"), "{run}");
            drop(run.anything());
        }
        let names: Vec<_> =
            fs::read_dir(sandbox.path("folder")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["file"], "{link}");
        assert_eq!(fs::read_to_string(sandbox.path("folder/file")).unwrap(), "precious", "{link}");
    });
}

/// The files of the branch are fetched when they are needed, or it is said that they are missing.
#[test]
fn a_partial_clone() {
    side_by_side(["blob:none", "tree:0"], |filter| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().file("custom/version", "custom\n").build(&sandbox);
        let remote = sandbox.repo("remote");
        remote.git(["config", "uploadpack.allowFilter", "true"]);
        remote.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let partial = remote.clone_with("partial", &["--no-checkout", &format!("--filter={filter}")]);
        let workspace = watched.workspace();
        let run = partial.cmd(["run", "edge", "--workspace", workspace.to_str().unwrap()]).run();
        run.report(contains("Successful tasks: 2"));
        assert_eq!(watched.text("version"), "custom\n");
    });
}

#[test]
fn a_workspace_that_is_relative_to_where_the_command_is_run() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    fs::create_dir_all(watched.clone.path().join("deep/er")).unwrap();
    let cmd = watched.clone.cmd(["run", "edge", "--workspace", "../../../workspace", "--log", "log"]);
    cmd.folder(watched.clone.path().join("deep/er")).run().report(contains("Successful tasks: 2"));
    assert_eq!(watched.result().status, "passed");
    assert!(watched.clone.path().join("deep/er/log").exists());
    assert_eq!(watched.spread.launch().cwd, watched.customized(""));
}

/// A bare repository has no work tree to be confused with.
#[test]
fn a_bare_repository() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let remote: Repo<'_> = sandbox.repo("remote");
    let workspace = watched.workspace();
    let run = remote.run(["run", "edge", "--local", "--workspace", workspace.to_str().unwrap()]);
    run.stdout(contains("Successful tasks: 2")).stderr(predicate::always());
    assert_eq!(watched.result().status, "passed");
}
