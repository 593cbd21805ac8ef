//! `demo`: the first thing that a new user sees of the product.

use std::fs;

use predicates::prelude::*;

use crate::support::Sandbox;

#[test]
fn it_plays_the_main_job_through() {
    let sandbox = Sandbox::new();
    let run = sandbox.cmd("world", ["demo", "../demo"]).run().report(predicate::str::contains("→"));
    let text = run.stdout_text() + &run.stderr_text();
    assert!(text.contains("git spread-cron"), "it says what to type next: {run}");
    assert!(text.contains(sandbox.path("demo").file_name().unwrap().to_str().unwrap()), "it says where it lies: {run}");
    let folders: Vec<_> = fs::read_dir(sandbox.path("demo")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(folders.len() >= 2, "a remote and a clone: {folders:?}");
}

#[test]
fn it_needs_no_configuration() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.home().join(".gitconfig")).unwrap();
    sandbox.cmd("world", ["demo", "../demo"]).run().report(predicate::str::contains("→"));
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("mine")).unwrap();
    fs::write(sandbox.path("mine/file"), "mine").unwrap();
    sandbox.cmd("world", ["demo", "../mine"]).run().exit(2).stderr(predicate::str::contains("empty"));
    assert_eq!(fs::read_dir(sandbox.path("mine")).unwrap().count(), 1);
}
