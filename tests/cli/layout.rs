//! The layout with all files in folders of the default branch, and state commits alone on the branches.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{History, Repo, Sandbox, quoted, side_by_side};

/// What the extractor of the folder prints, and what that of the old copies on the branches would print.
const CURRENT: &str = "message=Edge\npattern_extractor='echo 2'\n";
const STALE: &str = "message=Edge\npattern_extractor='echo stale'\n";

/// A default branch with two folders, the branch of one of them with an old copy, a resource that keeps its files
/// itself, and a branch that is none.
fn describe(history: &mut History) {
    history
        .branch("main")
        .file("README", "The template\n")
        .file("branches/edge/trigger", CURRENT)
        .file("branches/ci/off/trigger", "message=Off\npattern_extractor='echo 1'\n")
        .file("branches/lib/common.sh", "# no resource\n")
        .commit("Begin");
    history
        .branch("edge")
        .file("branches/edge/trigger", STALE)
        .file("branches/feature/trigger", STALE)
        .commit("Copy")
        .state("Edge (1)");
    history.resource("own", "Own", "echo 8").state("Own (7)");
    history.branch("feature").file("branches/feature/trigger", STALE).commit("Work");
}

fn remote(sandbox: &Sandbox) -> Repo<'_> {
    let remote = sandbox.bare("remote");
    remote.build(describe);
    remote.git(["config", "uploadpack.allowFilter", "true"]);
    remote.git(["config", "uploadpack.allowAnySHA1InWant", "true"]);
    remote
}

#[test]
fn files_come_from_the_default_branch_and_state_stays_on_the_branches() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let clone = remote.clone_to("clone");
    let tree = remote.tip("edge^{tree}");
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.outcomes(), [("edge", "changed"), ("own", "changed")]);
    assert_eq!(poll.resource("edge").change(), ("changed", Some("1"), Some("2")));
    assert_eq!(remote.subjects("edge"), ["Edge (2)", "Edge (1)", "Copy"]);
    assert_eq!(remote.tip("edge^{tree}"), tree, "a state commit keeps the tree of its branch");
    let status = clone.run(["status", "--format", "json"]).status();
    let places = |name| (status.resource(name).options.as_str(), status.resource(name).layout.as_str());
    assert_eq!(places("edge"), ("main:branches/edge/trigger", "folder"));
    assert_eq!(places("own"), ("options", "branch"));
    // What changes there counts from the next poll on.
    remote.build(|history| {
        let options = CURRENT.replace("echo 2", "echo 3");
        history.existing("main").file("branches/edge/trigger", options).commit("Tune");
    });
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("2"), Some("3")));
    clone.run(["log", "edge"]).stdout(contains("3  "));
    let pending = clone.run(["pending", "edge", "--format", "json"]).pending();
    assert_eq!(pending.pending[0].value, "3");
    clone.run(["result", "edge", "--status", "passed"]).stderr(predicate::always()).stdout(predicate::always());
    clone.run(["green", "edge"]).stdout(predicates::ord::eq("3\n"));
}

#[test]
fn folders_without_a_branch_and_branches_without_a_folder_are_told() {
    let sandbox = Sandbox::new();
    let clone = remote(&sandbox).clone_to("clone");
    let told = || {
        contains("Switched off, as they have a folder on main and no branch: ci/off.")
            .and(contains("No resources, as they are branches without a folder on main: feature."))
    };
    clone.run(["status", "-v"]).stdout(contains("edge").and(contains("own"))).stderr(told());
    clone.run(["status"]).stdout(contains("edge"));
    clone.run(["lint"]).stdout(predicate::always()).stderr(told());
    clone
        .run(["status", "ci/off"])
        .exit(2)
        .stderr(contains("ci/off is switched off: main:branches/ci/off/trigger is there, but no branch ci/off"))
        .stderr(contains("git spread-cron add ci/off"));
    clone.run(["log", "feature"]).exit(2).stderr(contains("main has no branches/feature/trigger"));
}

#[test]
fn lint_names_the_place_of_the_options() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    remote.build(|history| {
        history.existing("main").file("branches/edge/trigger", "message=Edge\nmesage=x\n").commit("Break");
    });
    let lint = remote.clone_to("clone").run(["lint", "edge", "--format", "json"]).exit(1).lint();
    assert!(lint.findings.iter().all(|finding| finding.message.starts_with("main:branches/edge/trigger")), "{lint:#?}");
}

/// The settings, on the command line and in git's configuration.
#[test]
fn the_layout_can_be_chosen() {
    let sandbox = Sandbox::new();
    let clone = remote(&sandbox).clone_to("clone");
    let place = |args: &[&str]| {
        let mut all = vec!["status", "edge", "--format", "json"];
        all.extend(args);
        clone.run(all).status().resources[0].options.clone()
    };
    assert_eq!(place(&["--layout", "branch"]), "branches/edge/trigger");
    clone.git(["config", "spread-cron.layout", "branch"]);
    assert_eq!(place(&[]), "branches/edge/trigger");
    assert_eq!(place(&["--layout=folder"]), "main:branches/edge/trigger");
    clone.git(["config", "spread-cron.layout", "auto"]);
    assert_eq!(place(&[]), "main:branches/edge/trigger");
    assert_eq!(place(&["--options-path", "branches/{branch}/trigger"]), "main:branches/edge/trigger");
    clone.git(["config", "spread-cron.layout", "folders"]);
    clone.run(["status"]).exit(3).stderr(contains("expected auto, branch or folder"));
    clone.git(["config", "spread-cron.layout", "folder"]);
    clone.git(["update-ref", "-d", "refs/remotes/origin/HEAD"]);
    clone.git(["update-ref", "-d", "refs/remotes/origin/main"]);
    clone.run(["status"]).exit(3).stderr(contains("the default branch of origin is not here"));
}

#[test]
fn other_paths_have_folders_too() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("main").file("watch/a/b.options", "message=A\npattern_extractor='echo 1'\n").commit("Watch");
        history.branch("a/b").file("x", "").commit("Begin");
    });
    clone.git(["config", "spread-cron.optionsPath", "watch/{branch}.options"]);
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("a/b").options, "main:watch/a/b.options");
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("a/b").change(), ("first", None, Some("1")));
}

/// No clone lacks what a poll or a launch needs; what only reads says how to bring it.
#[test]
fn clones_that_do_not_hold_everything() {
    let kinds: [&[&str]; 6] = [
        &["--depth=1", "--no-single-branch"],
        &["--depth=1", "--single-branch", "--branch=edge"],
        &["--single-branch", "--branch=edge"],
        &["--filter=blob:none", "--no-checkout"],
        &["--filter=tree:0", "--no-checkout"],
        &["--bare"],
    ];
    side_by_side(kinds, |kind| {
        let sandbox = Sandbox::new();
        let remote = remote(&sandbox);
        let clone = remote.clone_with("clone", kind);
        if kind.contains(&"--single-branch") {
            let bring = "git remote set-branches origin '*' && git fetch origin";
            clone.run(["status"]).stdout(contains("default branch").and(contains(bring)));
            clone.run(["log", "own"]).exit(2).stderr(contains(bring));
        }
        let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
        assert_eq!(poll.resource("edge").change(), ("changed", Some("1"), Some("2")), "{kind:?}");
        let status = clone.run(["status", "edge", "--format", "json"]).stderr(predicate::always()).status();
        assert_eq!(status.resource("edge").options, "main:branches/edge/trigger", "{kind:?}");
    });
}

/// A default branch with an unusual name, which a fetch of all branches does not tell.
#[test]
fn a_default_branch_of_another_name_is_asked_for() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    remote.git(["branch", "-m", "main", "trunk"]);
    let clone = sandbox.init("clone");
    clone.git(["remote", "add", "origin", &remote.url()]);
    let poll = clone.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("1"), Some("2")));
    assert_eq!(clone.git(["symbolic-ref", "refs/remotes/origin/HEAD"]), "refs/remotes/origin/trunk");
    let status = clone.run(["status", "edge", "--format", "json"]).status();
    assert_eq!(status.resource("edge").options, "trunk:branches/edge/trigger");
}

/// Local branches have a default branch as well.
#[test]
fn a_repository_without_a_remote() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let poll = remote.run(["poll", "--format", "json"]).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("1"), Some("2")));
}

#[test]
fn a_launch_takes_its_files_from_the_default_branch() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let seen = quoted(sandbox.path("seen"));
    let checks = |what: &str| {
        format!(
            "#!/bin/sh\nset -e\n(echo {what}; cat ../../README; echo \"$PWD\"; echo \"$BRANCH_PATH\"; echo \"$PROJECT_PATH\") > {seen}\n"
        )
    };
    remote.build(|history| {
        history.existing("main").entry("100755", "branches/edge/run-checks", checks("new")).commit("Run");
        history
            .existing("edge")
            .entry("100755", "branches/edge/run-checks", checks("stale"))
            .commit("Run")
            .state("Edge (2)");
    });
    for kind in [&[][..], &["--single-branch", "--branch=edge"], &["--filter=tree:0", "--no-checkout"]] {
        let clone = remote.clone_with("clone", kind);
        let workspace = sandbox.path("workspace");
        let run = ["run", "edge", "--workspace", workspace.to_str().unwrap()];
        clone.run(run).stdout(predicate::always()).stderr(predicate::always());
        let root = workspace.canonicalize().unwrap();
        let folder = root.join("branches/edge");
        let (root, folder) = (root.display(), folder.display());
        let expected = format!("new\nThe template\n{folder}\n{folder}\n{root}\n");
        assert_eq!(std::fs::read_to_string(sandbox.path("seen")).unwrap(), expected);
        std::fs::remove_dir_all(clone.path()).unwrap();
    }
    // What is pushed to the default branch meanwhile counts for the next launch, whatever was fetched before.
    let clone = remote.clone_to("clone");
    remote.build(|history| {
        history.existing("main").entry("100755", "branches/edge/run-checks", checks("newest")).commit("Tune");
    });
    clone.run(["run", "edge"]).stdout(predicate::always()).stderr(predicate::always());
    assert!(std::fs::read_to_string(sandbox.path("seen")).unwrap().starts_with("newest\n"));
    clone.git(["config", "remote.origin.url", "/nowhere"]);
    clone.run(["run", "edge"]).stdout(predicate::always()).stderr(contains("as they were fetched last"));
}

#[test]
fn a_customization_comes_from_the_default_branch() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    remote.build(|history| {
        history.existing("main").file("branches/edge/custom/version", "new\n").commit("Customize");
        history.existing("edge").file("branches/edge/custom/version", "stale\n").commit("Customize").state("Edge (2)");
    });
    let clone = remote.clone_to("clone");
    let target = sandbox.init("target");
    let target = target.path().to_str().unwrap();
    clone.run(["customize", "--resource", "edge", target]).stdout(predicate::always()).stderr(predicate::always());
    assert_eq!(std::fs::read_to_string(sandbox.path("target/version")).unwrap(), "new\n");
    // The commit that a dry run of `run` prints is one of the default branch.
    remote.build(|history| {
        history.existing("main").file("branches/edge/custom/version", "newer\n").commit("Customize again");
    });
    clone.git(["fetch", "--quiet"]);
    for (commit, expected) in [("origin/main", "newer\n"), ("origin/main~1", "new\n"), ("origin/edge", "newer\n")] {
        let args = ["customize", "--resource", "edge", "--commit", &clone.tip(commit), target];
        clone.run(args).stdout(predicate::always()).stderr(predicate::always());
        assert_eq!(std::fs::read_to_string(sandbox.path("target/version")).unwrap(), expected, "{commit}");
    }
}

/// What is not here may be there: such a clone calls nothing switched off, and says how to bring the branches.
#[test]
fn clones_of_some_branches_know_nothing_of_the_others() {
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    let set_branches = "git remote set-branches origin '*' && git fetch origin";
    let fetch = "git fetch origin '+refs/heads/*:refs/remotes/origin/*'";
    for (name, kind, bring) in [("one", "--single-branch", set_branches), ("bare", "--bare", fetch)] {
        let clone = remote.clone_with(name, &[kind]);
        for command in ["status", "log", "green", "lint"] {
            let off = contains("switched off").or(contains("Switched off")).not();
            clone.run([command, "edge"]).exit(2).report(contains(bring).and(off));
        }
        let switched_off = contains("Switched off").not();
        clone.run(["lint"]).stdout(predicate::always()).stderr(contains(bring).and(switched_off));
        // The command that is named brings them.
        sandbox.command("bash", clone.path()).args(["-ec", bring]).status().unwrap();
        let status = clone.run(["status", "--format", "json"]).stderr(predicate::always()).status();
        assert_eq!(status.names(), ["edge", "own"], "{name}");
    }
}
