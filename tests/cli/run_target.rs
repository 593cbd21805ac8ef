//! Where `run` gets the target from, and what it need not get twice.

use std::fs;
use std::path::PathBuf;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{RELEASE, Recipe, Repo, Sandbox, executes, side_by_side};

/// The mirrors in the cache folder of the user.
fn mirrors(sandbox: &Sandbox) -> Vec<PathBuf> {
    let folder = sandbox.path("home/.cache/git-spread-cron/mirrors");
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().collect()).unwrap_or_else(|_| Vec::new());
    entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

/// How many objects a repository holds itself, loose or packed.
fn own_objects(repo: &Repo<'_>) -> usize {
    let counts = repo.git(["count-objects", "-v"]);
    let count = |key: &str| counts.lines().find_map(|line| line.strip_prefix(key)?.parse::<usize>().ok()).unwrap();
    count("count: ") + count("in-pack: ")
}

#[test]
fn a_second_run_transfers_nothing_that_it_has() {
    let sandbox = Sandbox::new();
    let packs = sandbox.count_packs();
    let watched = Recipe::new().size(2_000).build(&sandbox);
    packs.take();
    watched.assert_passes();
    assert_eq!(packs.take(), 1, "the first run gets everything, once");
    assert_eq!(mirrors(&sandbox).len(), 1);
    watched.assert_passes();
    assert_eq!(packs.take(), 0, "the second run gets nothing");

    // Another workspace and another resource share what there is.
    fs::remove_dir_all(watched.workspace()).unwrap();
    watched.assert_passes();
    assert_eq!(packs.take(), 0);

    // What is new is transferred, and nothing else.
    let before = own_objects(&sandbox.repo(&mirrors(&sandbox)[0]));
    watched.target.build(|history| {
        history.existing("main").file("version", "2.23\n").commit("Release 2.23");
    });
    watched.assert_passes();
    assert_eq!(packs.take(), 1);
    assert_eq!(watched.text("version"), "2.23\n");
    let mirror = sandbox.repo(&mirrors(&sandbox)[0]);
    assert!(own_objects(&mirror) - before <= 4, "a commit, a tree, a file");
    mirror.git(["fsck", "--strict", "--no-dangling"]);
    sandbox.repo("workspace/target").git(["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn any_reference_of_the_target_can_be_tested() {
    let main = "2.22\n";
    let old = "2.21\n";
    side_by_side(
        ["main", "refs/heads/main", RELEASE, "refs/heads/release/2.21", "2.21", "refs/tags/2.21", "ID"],
        |name| {
            let sandbox = Sandbox::new();
            let recipe = Recipe::new().file("custom/tests/main/alpha/task.yaml", executes("true"));
            let watched = recipe.build(&sandbox);
            let name = if name == "ID" { watched.target.tip("main~1") } else { name.to_owned() };
            sandbox.repo("remote").build(|history| {
                let options = format!(
                    "message='New snap'\npattern_extractor='echo 3'\ntarget_repo={}\ntarget_ref={name}\n",
                    watched.target.url()
                );
                history.existing("edge").options(options).state("New snap (3)");
            });
            watched.clone.git(["fetch", "--quiet"]);
            for _ in 0..2 {
                watched.run(&[], 0);
                assert_eq!(watched.text("version"), if name.ends_with("main") { main } else { old }, "{name}");
            }
            let head = sandbox.repo("workspace/target").tip("HEAD");
            assert_eq!(head, watched.target.tip(if name.ends_with("main") { "main" } else { "2.21^0" }));
        },
    );
}

#[test]
fn the_target_may_be_set_for_all_resources() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.clone.build(|history| {
        let mut branch = history.branch("local");
        branch = branch.options("message='New one'\npattern_extractor='echo 1'\n");
        branch.state("New one (1)");
    });
    // An address; a path; and one that is relative to the repository.
    for address in [watched.target.url(), watched.target.path().display().to_string(), "../target".to_owned()] {
        watched.clone.git(["config", "spread-cron.target", &address]);
        let workspace = watched.workspace();
        let args = ["run", "--local", "local", "--workspace", workspace.to_str().unwrap()];
        fs::create_dir_all(sandbox.path("clone/deep/er")).unwrap();
        watched.clone.cmd(args).folder(sandbox.path("clone/deep/er")).run().report(contains("Successful tasks: 2"));
        assert_eq!(watched.text("version"), "2.22\n");
    }
}

#[test]
fn options_that_need_a_shell_are_asked_of_one() {
    let sandbox = Sandbox::new();
    let target = sandbox.path("target");
    let watched = Recipe::new().option("target_repo", "nowhere").build(&sandbox);
    sandbox.repo("remote").build(|history| {
        let options = format!(
            "message='New snap'\npattern_extractor='echo 3'\nfolder={}\ntarget_repo=\"file://$(dirname \"$folder\")/target\"\n\
             target_ref=$(echo main)\nspread=\"spread -v -seed $((1 + 2))\"\n",
            target.display()
        );
        history.existing("edge").options(options).state("New snap (3)");
    });
    watched.clone.git(["fetch", "--quiet"]);
    watched.run(&[], 0);
    assert_eq!(watched.spread.launch().args, ["-v", "-seed", "3"]);
}

#[test]
fn a_cache_that_is_of_no_use_is_done_without() {
    type Damage = fn(&Sandbox);
    let damages: [(&str, Damage); 4] = [
        ("a file is in the way", |sandbox| fs::write(sandbox.path("home/.cache"), "").unwrap()),
        ("no head", |sandbox| fs::remove_file(mirrors(sandbox)[0].join("HEAD")).unwrap()),
        ("no objects", |sandbox| fs::remove_dir_all(mirrors(sandbox)[0].join("objects")).unwrap()),
        ("broken packs", |sandbox| {
            let folder = mirrors(sandbox)[0].join("objects");
            let script = "find . -type f -name '*.pack' -exec chmod u+w {} + -exec truncate -s 100 {} +; find . -path './??/*' -type f -exec chmod u+w {} + -exec truncate -s 3 {} +";
            assert!(sandbox.command("bash", folder).args(["-c", script]).status().unwrap().success());
        }),
    ];
    side_by_side(damages, |(name, damage)| {
        let sandbox = Sandbox::new();
        let watched = Recipe::new().build(&sandbox);
        if name != "a file is in the way" {
            watched.assert_passes();
        }
        damage(&sandbox);
        let (run, result) = watched.run(&[], 0);
        assert_eq!(result.passed, Some(2), "{name}: {run}");
        let told = name == "a file is in the way" || name == "broken packs";
        assert!(run.stderr_text().contains("warning: ") || !told, "{name}: it is said that something is wrong: {run}");
        sandbox.repo("workspace/target").git(["fsck", "--strict", "--no-dangling"]);
    });
}

#[test]
fn locks_that_a_killed_git_left_in_the_cache_are_removed() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.assert_passes();
    let mirror = &mirrors(&sandbox)[0];
    let locks = ["packed-refs.lock", "refs/heads/main.lock", "shallow.lock", "config.lock", "HEAD.lock"];
    for lock in locks {
        fs::create_dir_all(mirror.join(lock).parent().unwrap()).unwrap();
        fs::write(mirror.join(lock), "").unwrap();
    }
    watched.target.build(|history| {
        history.existing("main").file("version", "2.23\n").commit("Release 2.23");
    });
    watched.assert_passes();
    assert_eq!(watched.text("version"), "2.23\n");
    let tip = sandbox.try_git(mirror, ["rev-parse", "refs/heads/main"]);
    assert_eq!(String::from_utf8(tip.stdout).unwrap().trim(), watched.target.tip("main"), "the mirror follows");
    assert!(locks.iter().all(|lock| !mirror.join(lock).exists()));
}

/// A force-pushed target, and branches that take each other's place: the mirror follows.
#[test]
fn a_target_whose_branches_move_in_every_way() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    watched.assert_passes();
    watched.target.git(["branch", "--move", RELEASE, "old"]);
    watched.target.git(["branch", "release", "old"]);
    watched.target.git(["tag", "--force", "2.21", "main"]);
    watched.target.git(["update-ref", "refs/heads/main", "old"]);
    let (_, result) = watched.run(&[], 1);
    assert_eq!(result.failed, Some(1), "the old alpha fails");
    assert_eq!(watched.text("version"), "2.21\n");
}

#[test]
fn an_empty_target_or_one_without_a_suite_cannot_be_launched() {
    let sandbox = Sandbox::new();
    let empty = sandbox.bare("empty");
    let watched = Recipe::new().option("target_repo", &empty.url()).build(&sandbox);
    watched.cmd(&[]).run().exit(3).stdout(predicate::always()).stderr(predicate::always());
    let result = watched.result();
    assert_eq!(result.status, "infra-error");
    empty.build(|history| {
        history.branch("main").file("README", "x").commit("Begin");
    });
    let (_, result) = watched.run(&[], 3);
    assert_eq!(result.stage.as_deref(), Some("launch"));
}

/// A target borrows from the mirror what the remote has dropped since: it stays whole, however eagerly git cleans up.
#[test]
fn a_target_in_use_loses_nothing() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().size(300).build(&sandbox);
    let eager = [("gc.auto", "1"), ("gc.autoPackLimit", "1"), ("gc.autoDetach", "false"), ("gc.pruneExpire", "now")];
    for (key, value) in eager.into_iter().chain([("maintenance.auto", "true"), ("fetch.prune", "true")]) {
        sandbox.config(key, value);
    }
    watched.assert_passes();
    watched.target.git(["branch", "--delete", "--force", RELEASE]);
    watched.target.git(["tag", "--delete", "2.21"]);
    watched.target.build(|history| {
        let mut anew =
            history.branch("anew").file("spread.yaml", "").file("tests/main/alpha/task.yaml", executes("true"));
        for number in 0..300 {
            anew = anew.file(format!("anew/{number}"), format!("anew {number}\n"));
        }
        anew.commit("Anew");
    });
    watched.target.git(["update-ref", "refs/heads/main", "anew"]);
    let other = sandbox.path("other");
    for _ in 0..2 {
        let run = watched.clone.run(["run", "edge", "--workspace", other.to_str().unwrap()]);
        run.report(contains("Successful tasks: 1"));
    }
    sandbox.repo("workspace/target").git(["fsck", "--strict", "--no-dangling"]);
    sandbox.repo("workspace/target").git(["log", "--format=%H", "--all", "--stat"]);
}

#[test]
fn runs_side_by_side_share_a_mirror() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().size(300).build(&sandbox);
    side_by_side(0..4, |number| {
        let workspace = sandbox.path(format!("workspace-{number}"));
        let run = watched.clone.run(["run", "edge", "--workspace", workspace.to_str().unwrap()]);
        run.report(contains("Successful tasks: 2").and(contains("warning").not()));
    });
    assert_eq!(mirrors(&sandbox).len(), 1);
    sandbox.repo(&mirrors(&sandbox)[0]).git(["fsck", "--strict", "--no-dangling"]);
}
