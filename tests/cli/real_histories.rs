//! The branches of a repository that has been in use since 2016, with their real subjects and times, in both layouts.
//!
//! `tests/data/state-commits.tsv` has the beginning and the end of each of the 34 branches, oldest commit first.

use std::collections::{BTreeMap, BTreeSet};

use predicates::prelude::*;

use crate::support::{History, Layout, Repo, Sandbox, World};

const COMMITS: &str = include_str!("../data/state-commits.tsv");

/// The branch whose message was reworded, and the `message_pattern` for it.
const REWORDED: (&str, &str) = ("gce-update-ubuntu-2204-64", "Update Ubuntu (2104|2204) 64bits on GCE");

/// A branch as the file describes it.
#[derive(Default)]
struct Real {
    commits: Vec<(u64, &'static str)>,
    /// What the newest state commit says, and thus the options.
    message: &'static str,
    /// The values of all state commits, newest first.
    values: Vec<&'static str>,
}

fn branches() -> BTreeMap<&'static str, Real> {
    let mut branches = BTreeMap::<_, Real>::new();
    for line in COMMITS.lines() {
        let mut fields = line.splitn(3, '\t');
        let (Some(branch), Some(time), Some(subject)) = (fields.next(), fields.next(), fields.next()) else {
            panic!("{line:?} does not have three fields");
        };
        let real = branches.entry(branch).or_default();
        real.commits.push((time.parse().unwrap(), subject));
        if let Some((message, rest)) = subject.split_once(" (") {
            real.message = message;
            real.values.insert(0, rest.strip_suffix(')').unwrap());
        }
    }
    branches
}

/// The options of a branch, in one of the ways in which real files are written.
fn options(number: usize, branch: &str, message: &str, extractor: &str) -> String {
    let pattern = if branch == REWORDED.0 { format!("message_pattern='{}'\n", REWORDED.1) } else { String::new() };
    match number % 5 {
        0 => format!("{pattern}pattern_extractor=\"{extractor}\"\nmessage=\"{message}\"\n"),
        // Evaluated while the file is sourced, with quotes inside quotes and an escaped operator.
        1 => format!(
            "{pattern}message=\"{message}\"\npattern_extractor=\"if [ $(echo 1234) \\< \"0200\" ]; then echo \"\"; else {extractor}; fi\"\n"
        ),
        // Adjacent pieces, and no end of the last line.
        2 => {
            let (first, second) = message.split_at(message.find(' ').unwrap());
            format!("{pattern}pattern_extractor='{extractor}'\nmessage='{first}'\"{second}\"")
        }
        3 => format!(
            "# What is watched\n\n{pattern}export message=\"{message}\"\n\npattern_extractor=\"{extractor} | tr -d '\\r'\"\n"
        ),
        _ => format!("{pattern}message='{message}'\r\npattern_extractor='{extractor}'\r\n"),
    }
}

fn build(history: &mut History, layout: Layout, world: &World) {
    history.main();
    for (number, (name, real)) in branches().into_iter().enumerate() {
        world.set(name, real.values[0]);
        let extractor = world.extractor(name);
        let mut branch = history.branch(name).at(real.commits[0].0 - 60);
        branch = branch.options_in(layout, options(number, name, real.message, &extractor));
        for (time, subject) in real.commits {
            branch = branch.at(time).commit(subject);
        }
    }
}

/// Runs a check in a clone of a repository with all branches, in both layouts.
fn in_both_layouts(check: impl Fn(&Repo<'_>, &Repo<'_>, &World)) {
    for layout in [Layout::Options, Layout::Trigger] {
        let sandbox = Sandbox::new();
        let (remote, world) = (sandbox.bare("remote"), sandbox.world());
        remote.build(|history| build(history, layout, &world));
        check(&remote, &remote.clone_to("clone"), &world);
        sandbox.assert_no_litter();
    }
}

#[test]
fn the_data_has_what_the_tests_are_about() {
    let branches = branches();
    assert_eq!(branches.len(), 34);
    let messages: BTreeSet<_> = branches.values().map(|real| real.message).collect();
    assert_eq!(messages.len(), 33, "two branches have the same message");
    assert!(messages.contains("smoke test snapd master branch on s390x arch "));
    assert!(branches[REWORDED.0].commits.iter().any(|(_, subject)| subject.contains("2104")));
    assert!(branches["snapd-vendor-sync"].commits.iter().any(|(_, subject)| *subject == "other change 1"));
}

#[test]
fn status_gives_the_value_of_the_newest_state_commit() {
    in_both_layouts(|remote, clone, _| {
        let status = clone.run(["status", "--format", "json"]).status();
        let branches = branches();
        assert_eq!(status.names(), branches.keys().copied().collect::<Vec<_>>());
        for (name, real) in branches {
            let stood = status.resource(name);
            assert_eq!(stood.problem, None, "{name}");
            assert_eq!(stood.value.as_deref(), Some(real.values[0]), "{name}");
            assert_eq!(stood.message.as_deref(), Some(real.message), "{name}");
            assert_eq!(stood.commit.as_deref(), Some(&*remote.tip(name)), "{name}");
            let time = remote.git(["log", "-1", "--format=%cI", name]).replace('Z', "+00:00");
            assert_eq!(stood.recorded_at.as_deref(), Some(&*time), "{name}");
        }
    });
}

#[test]
fn log_gives_every_value_in_order() {
    in_both_layouts(|remote, clone, _| {
        for (name, real) in branches() {
            let log = clone.run(["log", name, "--format", "json"]).log();
            assert_eq!(log.values(), real.values, "{name}");
            let commits: Vec<_> = log.values.iter().map(|recorded| recorded.commit.as_str()).collect();
            let history = remote.git(["log", "--format=%H %s", name]);
            let expected: Vec<_> = history.lines().filter(|line| line.ends_with(')')).map(|line| &line[..40]).collect();
            assert_eq!(commits, expected, "{name}");
        }
    });
}

#[test]
fn a_poll_that_sees_the_recorded_values_writes_nothing() {
    in_both_layouts(|remote, clone, _| {
        let before = (remote.refs(), clone.refs());
        let poll = clone.run(["poll", "--format", "json"]).poll();
        for resource in &poll.resources {
            assert_eq!(resource.outcome, "unchanged", "{resource:#?}");
        }
        assert_eq!(poll.resources.len(), 34);
        assert_eq!((remote.refs(), clone.refs()), before);
    });
}

#[test]
fn a_poll_that_sees_other_values_writes_exactly_one_commit_each() {
    in_both_layouts(|remote, clone, world| {
        let before = remote.refs();
        for name in branches().keys() {
            world.set(name, &format!("next of {name}\n"));
        }
        clone.run(["poll"]).report(predicate::str::contains("41 → next of gce-update-debian-12-64"));
        for (name, real) in branches() {
            let old = &before[&format!("refs/heads/{name}")];
            let commit = remote.object(name);
            let (header, message) = commit.split_once("\n\n").unwrap();
            let trailer = concat!("Spread-Cron-Poll: ", env!("CARGO_PKG_VERSION"));
            assert_eq!(message, format!("{} (next of {name})\n\n{trailer}", real.message), "{name}");
            let parents: Vec<_> = header.lines().filter_map(|line| line.strip_prefix("parent ")).collect();
            assert_eq!(parents, [old], "{name}");
            assert_eq!(remote.tip(&format!("{name}^{{tree}}")), remote.tip(&format!("{old}^{{tree}}")), "{name}");
        }
        assert_eq!(remote.tip("main"), before["refs/heads/main"]);

        let after = (remote.refs(), clone.refs());
        let poll = clone.run(["poll", "--format", "json"]).poll();
        assert_eq!(poll.summary.get("unchanged"), Some(&34));
        assert_eq!((remote.refs(), clone.refs()), after);
    });
}
