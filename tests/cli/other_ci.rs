//! Branches whose own files start something for each push: `init` and `lint` warn of them.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{History, Repo, Sandbox, side_by_side};

const ON_PUSH: &str = "name: Old\non:\n  push:\njobs: {}\n";
const OTHER: &str = "on:\n  push:\n    branches: [main]\n  pull_request:\njobs: {}\n";

/// The files of the earlier tools stay in the trees of their branches.
fn describe(history: &mut History) {
    history.main();
    let resource = |history: &mut History, name: &str, files: &[(&str, &str)]| {
        let mut branch = history.branch(name);
        for (path, text) in files {
            branch = branch.file(*path, *text);
        }
        let options = format!("message='New {name}'\npattern_extractor='echo 1'\n");
        branch.options(options).old_state(&format!("New {name} (1)"));
    };
    resource(history, "string", &[(".github/workflows/old.yml", "on: push\n")]);
    resource(history, "list", &[(".github/workflows/old.yaml", "on: [pull_request, push]\n")]);
    resource(history, "map", &[(".github/workflows/a.yml", ON_PUSH), (".github/workflows/b.yml", OTHER)]);
    resource(history, "travis", &[(".travis.yml", "language: go\n")]);
    resource(history, "filtered", &[(".github/workflows/a.yml", OTHER), (".github/workflows/a.txt", ON_PUSH)]);
    resource(history, "quiet", &[(".github/CODEOWNERS", "*\n"), ("workflows/old.yml", ON_PUSH)]);
}

fn found(clone: &Repo<'_>) -> Vec<(String, String)> {
    let doc = clone.run(["lint", "--format", "json"]).stderr(predicate::always()).lint();
    let about = doc.findings.iter().filter(|finding| finding.code == "starts-on-push");
    about
        .map(|finding| {
            assert_eq!(finding.severity, "warning");
            (finding.resource.clone(), finding.message.split(": ").next().unwrap_or_default().to_owned())
        })
        .collect()
}

#[test]
fn lint_names_the_file_of_each_branch() {
    let kinds: [&[&str]; 3] = [&[], &["--filter=blob:none", "--no-checkout"], &["--filter=tree:0", "--no-checkout"]];
    side_by_side(kinds, |kind| {
        let sandbox = Sandbox::new();
        let remote = sandbox.bare("remote");
        remote.build(describe);
        remote.git(["config", "uploadpack.allowFilter", "true"]);
        remote.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let clone = remote.clone_with("clone", kind);
        let pair = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        let expected = [
            pair("list", ".github/workflows/old.yaml"),
            pair("map", ".github/workflows/a.yml"),
            pair("string", ".github/workflows/old.yml"),
            pair("travis", ".travis.yml"),
        ];
        assert_eq!(found(&clone), expected, "{kind:?}");
        clone.run(["lint", "map"]).stdout(contains("gh workflow disable")).stderr(predicate::always());
        clone.run(["lint", "filtered", "quiet"]).stdout(contains("starts-on-push").not()).stderr(predicate::always());
    });
}

#[test]
fn init_lists_the_branches() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare("remote");
    remote.build(describe);
    let clone = remote.clone_to("clone");
    let told = || contains("list, map, string, travis").and(contains("gh workflow disable NAME"));
    clone.run(["init"]).stderr(contains("Wrote ").and(told()));
    clone.run(["init"]).stderr(contains("is there already").and(told()));
}

#[test]
fn init_says_nothing_where_there_are_none() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    clone.run(["init"]).stderr(contains("Wrote ").and(contains("gh workflow").not()));
}
