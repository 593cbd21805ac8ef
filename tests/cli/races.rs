//! Several at work on the same branches: nothing is recorded twice, nothing is overwritten, no clock is turned back.

use std::collections::BTreeMap;

use predicates::prelude::*;

use crate::support::{Gate, History, PollDoc, Repo, Run, Running, Sandbox, quoted};

const POLLERS: usize = 8;
const RESOURCES: usize = 30;

/// The 20 rounds of the requirement take minutes; `SPREAD_CRON_TEST_ROUNDS=20` runs them.
fn rounds() -> usize {
    std::env::var("SPREAD_CRON_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2)
}

fn name(number: usize) -> String {
    format!("resource-{number:02}")
}

/// Resources that have all changed.
fn describe(history: &mut History, sandbox: &Sandbox) {
    for number in 0..RESOURCES {
        let extractor = sandbox.world().extractor("value");
        history.resource(&name(number), &format!("New {number}"), &extractor).state(&format!("New {number} (0)"));
    }
}

/// Starts all pollers together and waits for all.
fn poll_together(pollers: &[Repo<'_>], args: &[&str], who: impl Fn(usize) -> String) -> Vec<PollDoc> {
    let start = |(number, repo): (usize, &Repo<'_>)| {
        let cmd = repo.cmd([&["poll", "--format", "json"], args].concat());
        cmd.env("GIT_AUTHOR_NAME", who(number)).env("GIT_COMMITTER_NAME", who(number)).spawn()
    };
    let running: Vec<_> = pollers.iter().enumerate().map(start).collect();
    let ended: Vec<Run> = running.into_iter().map(Running::wait).collect();
    ended.into_iter().map(|run| run.exit(0).stderr(predicate::always()).poll()).collect()
}

/// Every branch has exactly one new commit, and every poller tells the truth about it.
#[track_caller]
fn assert_recorded_once(repo: &Repo<'_>, round: usize, polls: &[PollDoc], all_differ: bool) {
    let refs = repo.refs();
    for number in 0..RESOURCES {
        let name = name(number);
        let expected = (0..=round).rev().map(|value| format!("New {number} ({value})"));
        let expected: Vec<String> = expected.chain([format!("Watch {name}")]).collect();
        assert_eq!(repo.subjects(&name), expected);
        let tip = refs[&format!("refs/heads/{name}")].as_str();
        let mut recorders = 0;
        for poll in polls {
            let polled = poll.resource(&name);
            assert_eq!(polled.commit.as_deref(), Some(tip), "{polled:#?}");
            let (old, new) = ((round - 1).to_string(), round.to_string());
            match polled.change() {
                ("changed", before, after) => {
                    assert_eq!((before, after), (Some(old.as_str()), Some(new.as_str())));
                    recorders += 1;
                }
                other => assert_eq!(other, ("unchanged", Some(new.as_str()), Some(new.as_str()))),
            }
        }
        assert!(recorders >= 1, "{name} was not recorded");
        assert!(recorders == 1 || !all_differ, "{name} was recorded by {recorders} pollers");
    }
}

#[test]
fn pollers_on_clones_of_one_remote_record_each_change_once() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (remote, _) = sandbox.project(|history| describe(history, &sandbox));
    let clones: Vec<Repo<'_>> = (0..POLLERS).map(|number| remote.clone_to(&format!("clone-{number}"))).collect();
    for round in 1..=rounds() {
        sandbox.world().set("value", &round.to_string());
        let polls = poll_together(&clones, &[], |number| format!("Poller {number}"));
        assert_recorded_once(&remote, round, &polls, true);
    }
}

#[test]
fn pollers_that_write_the_same_commits_do_not_confuse_each_other() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (remote, _) = sandbox.project(|history| describe(history, &sandbox));
    let clones: Vec<Repo<'_>> = (0..POLLERS).map(|number| remote.clone_to(&format!("clone-{number}"))).collect();
    for round in 1..=rounds().div_ceil(2) {
        sandbox.world().set("value", &round.to_string());
        let polls = poll_together(&clones, &[], |_| "A Poller".to_owned());
        assert_recorded_once(&remote, round, &polls, false);
    }
}

#[test]
fn pollers_in_one_clone_record_each_change_once() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (remote, clone) = sandbox.project(|history| describe(history, &sandbox));
    for round in 1..=rounds().div_ceil(2) {
        sandbox.world().set("value", &round.to_string());
        let polls = poll_together(&vec![clone.clone(); POLLERS], &[], |number| format!("Poller {number}"));
        assert_recorded_once(&remote, round, &polls, true);
    }
}

#[test]
fn pollers_of_one_local_repository_record_each_change_once() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let repo = sandbox.init("repo");
    repo.build(|history| {
        history.main();
        describe(history, &sandbox);
    });
    for round in 1..=rounds() {
        sandbox.world().set("value", &round.to_string());
        let polls = poll_together(&vec![repo.clone(); POLLERS], &["--local"], |number| format!("Poller {number}"));
        assert_recorded_once(&repo, round, &polls, true);
    }
}

/// An extractor that does something the first time it runs, and then prints.
fn once(sandbox: &Sandbox, what: &str, print: &str) -> String {
    let guard = quoted(sandbox.path("world/once"));
    format!("if mkdir {guard} 2>/dev/null; then {{ {what}; }} >/dev/null 2>&1 || exit 99; fi; {print}")
}

/// What a maintainer pushes while a poll runs its extractors, and what has to stand on the branch in the end.
fn assert_recorded_on_top(rebased_options: Option<&str>, expected: &str) {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let remote = sandbox.bare("remote");
    let maintainer = sandbox.path("maintainer");
    let push = format!("git -C {} push --force origin rebased:refs/heads/edge", quoted(&maintainer));
    remote.build(|history| {
        history.main();
        history.resource("edge", "New snap", &once(&sandbox, &push, "echo 550")).state("New snap (549)");
        history.resource("other", "New other", "echo 2").state("New other (1)");
    });
    let clone = remote.clone_to("clone");
    let theirs = remote.clone_to("maintainer");
    theirs.git(["switch", "--quiet", "--create", "rebased", "origin/edge~1"]);
    std::fs::write(theirs.path().join("run-checks"), "true\n").unwrap();
    if let Some(extractor) = rebased_options {
        let options = format!("message='New snap'\npattern_extractor={}\n", quoted(extractor));
        std::fs::write(theirs.path().join("options"), options).unwrap();
    }
    theirs.git(["add", "."]);
    theirs.git(["commit", "--quiet", "--amend", "--message", "Watch edge, rebased"]);
    theirs.git(["commit", "--quiet", "--allow-empty", "--message", "New snap (549)"]);
    let rebased = theirs.tip("rebased");

    let poll = clone.run(["poll", "--format", "json"]).poll();
    let edge = poll.resource("edge");
    assert_eq!(edge.change(), ("changed", Some("549"), Some(expected)));
    assert_eq!(edge.commit.as_deref(), Some(remote.tip("edge").as_str()));
    assert_eq!(remote.tip("edge^"), rebased);
    assert_eq!(remote.subjects("edge"), [&format!("New snap ({expected})"), "New snap (549)", "Watch edge, rebased"]);
    assert_eq!(remote.tip("edge^{tree}"), theirs.tip("rebased^{tree}"));
    // The other one did not have to wait, and is not recorded a second time.
    assert_eq!(poll.resource("other").change(), ("changed", Some("1"), Some("2")));
    assert_eq!(remote.subjects("other"), ["New other (2)", "New other (1)", "Watch other"]);
}

#[test]
fn a_rebased_branch_is_not_overwritten() {
    assert_recorded_on_top(None, "550");
}

#[test]
fn the_options_of_a_rebased_branch_count() {
    assert_recorded_on_top(Some("echo 551"), "551");
}

/// A slow poller has extracted 5 when a faster one extracts 6 and records it. The slow one must not record 5 over it.
fn assert_clock_is_not_turned_back(args: &[&str]) {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (extracted, go_on) = (Gate::new(&sandbox, "extracted"), Gate::new(&sandbox, "go-on"));
    let world = sandbox.world();
    let slowly = format!("v=$({}); {}; {}; echo $v; exit", world.extractor("edge"), extracted.pass(), go_on.wait());
    let guard = quoted(sandbox.path("world/once"));
    let extractor = format!("if mkdir {guard} 2>/dev/null; then {slowly}; fi; {}", world.extractor("edge"));
    let (remote, slow) = sandbox.project(|history| {
        history.resource("edge", "New snap", &extractor).state("New snap (4)");
    });
    let local = args.contains(&"--local");
    let fast = if local { slow.clone() } else { remote.clone_to("fast") };
    let recorded_in = if local { &slow } else { &remote };
    if local {
        slow.git(["branch", "--quiet", "edge", "origin/edge"]);
    }
    world.set("edge", "5");
    let args = [&["poll", "--format", "json"], args].concat();
    let running = slow.cmd(&args).env("GIT_COMMITTER_NAME", "Slow").spawn();
    extracted.await_one();
    world.set("edge", "6");
    let poll = fast.cmd(&args).env("GIT_COMMITTER_NAME", "Fast").run().poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("4"), Some("6")));
    go_on.open();
    let poll = running.wait().poll();
    assert_eq!(poll.resource("edge").change(), ("unchanged", Some("6"), Some("6")));
    assert_eq!(recorded_in.subjects("edge"), ["New snap (6)", "New snap (4)", "Watch edge"]);
}

#[test]
fn an_old_observation_is_not_recorded_over_a_newer_one() {
    assert_clock_is_not_turned_back(&[]);
}

#[test]
fn an_old_observation_is_not_recorded_over_a_newer_one_locally() {
    assert_clock_is_not_turned_back(&["--local"]);
}

#[test]
fn a_lost_race_brings_a_newer_value() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let world = sandbox.world();
    let remote_path = quoted(sandbox.path("remote"));
    // Another poller records 5; meanwhile the world has gone on to 6.
    let record = format!("cd {remote_path} && git update-ref refs/heads/edge refs/heads/five && echo 6 > {}", {
        quoted(sandbox.path("world/edge"))
    });
    let extractor = format!("v=$({}); {}", world.extractor("edge"), once(&sandbox, &record, "echo $v"));
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", &extractor).state("New snap (4)");
    });
    remote.git(["branch", "five", "edge"]);
    remote.build(|history| {
        history.existing("five").state("New snap (5)");
    });
    world.set("edge", "5");
    let poll = clone.run(["poll", "edge", "--format", "json"]).poll();
    assert_eq!(poll.resource("edge").change(), ("changed", Some("5"), Some("6")));
    assert_eq!(remote.subjects("edge"), ["New snap (6)", "New snap (5)", "New snap (4)", "Watch edge"]);
}

#[test]
fn a_branch_that_is_deleted_meanwhile_stays_deleted() {
    for local in [false, true] {
        let sandbox = Sandbox::new();
        sandbox.without_isolation();
        let repo = quoted(sandbox.path(if local { "clone" } else { "remote" }));
        let delete = format!("git -C {repo} update-ref -d refs/heads/edge");
        let (remote, clone) = sandbox.project(|history| {
            history.resource("edge", "New snap", &once(&sandbox, &delete, "echo 5")).state("New snap (4)");
            history.resource("other", "New other", "echo 2").state("New other (1)");
        });
        let mut args = vec!["poll", "--format", "json"];
        let mut polled = &remote;
        if local {
            for branch in ["edge", "other"] {
                clone.git(["branch", "--quiet", branch, &format!("origin/{branch}")]);
            }
            args.push("--local");
            polled = &clone;
        }
        let poll = clone.run(&args).exit(1).stderr(predicate::always()).poll();
        assert!(poll.resource("edge").failure().contains("deleted"), "{poll:#?}");
        assert_eq!(poll.resource("other").change(), ("changed", Some("1"), Some("2")));
        let heads: BTreeMap<_, _> =
            polled.refs().into_iter().filter(|(name, _)| name.starts_with("refs/heads/")).collect();
        assert_eq!(heads.keys().collect::<Vec<_>>(), ["refs/heads/main", "refs/heads/other"]);
        // Nor does the next poll bring it back.
        let poll = clone.run(&args).poll();
        assert_eq!(poll.names(), ["other"]);
    }
}
