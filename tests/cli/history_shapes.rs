//! Histories that are not a straight line of state commits, and messages and values that look like something else.

use predicates::prelude::*;

use crate::support::{History, Sandbox};

/// Builds one resource and gives the value that `status` reads, after a dry run has agreed with it.
#[track_caller]
fn recorded(name: &str, describe: impl FnOnce(&mut History)) -> Option<String> {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(describe);
    let status = clone.run(["status", name, "--format", "json"]).status();
    let poll = clone.run(["poll", "--dry-run", name, "--format", "json"]).poll();
    assert_eq!(poll.resource(name).old, status.resource(name).value);
    assert_eq!(poll.resource(name).error, None);
    status.resource(name).value.clone()
}

#[test]
fn a_state_commit_behind_a_second_parent_does_not_count() {
    let value = recorded("a", |history| {
        history.resource("side", "New snap", "echo 1").state("New snap (99)");
        history.resource("a", "New snap", "echo 1").state("New snap (5)").merging("side").commit("Merge side");
    });
    assert_eq!(value.as_deref(), Some("5"));
}

#[test]
fn a_value_that_is_only_behind_second_parents_is_no_value() {
    let value = recorded("a", |history| {
        history.resource("side", "New snap", "echo 1").state("New snap (99)");
        history.resource("a", "New snap", "echo 1").merging("side").commit("Merge side");
    });
    assert_eq!(value, None);
}

#[test]
fn a_merge_can_be_a_state_commit_itself() {
    let value = recorded("a", |history| {
        history.resource("side", "New snap", "echo 1").state("New snap (99)");
        history.resource("a", "New snap", "echo 1").merging("side").state("New snap (6)").commit("Tune");
    });
    assert_eq!(value.as_deref(), Some("6"));
}

#[test]
fn a_body_is_not_a_subject() {
    let value = recorded("a", |history| {
        history
            .resource("a", "New snap", "echo 1")
            .state("New snap (5)")
            .commit("Tune\n\nNew snap (6)\n")
            .commit("Tune\nNew snap (7)")
            .commit("Revert \"New snap (8)\"");
    });
    assert_eq!(value.as_deref(), Some("5"));
}

#[test]
fn a_state_commit_may_have_a_body() {
    let value = recorded("a", |history| {
        history.resource("a", "New snap", "echo 1").state("New snap (5)\n\nSigned-off-by: A Maintainer (6)");
    });
    assert_eq!(value.as_deref(), Some("5"));
}

#[test]
fn odd_ends_of_messages() {
    for (message, expected) in [
        (&b"New snap (6)"[..], "6"),
        (b"New snap (6)\n\n\n", "6"),
        (b"New snap (6)\r\n", "6"),
        (b"\n\nNew snap (6)\n", "6"),
        (b"New snap (6) \n", "5"),
        (b" New snap (6)\n", "5"),
        (b"", "5"),
        (b"\n", "5"),
        (b"\xff\xfe New snap (6)\n", "5"),
    ] {
        let value = recorded("a", |history| {
            history.resource("a", "New snap", "echo 1").state("New snap (5)").raw_commit(message);
        });
        assert_eq!(value.as_deref(), Some(expected), "{}", message.escape_ascii());
    }
}

/// What follows the subject of a state commit.
const TRAILER: &str = concat!("\n\nSpread-Cron-Poll: ", env!("CARGO_PKG_VERSION"));

#[test]
fn messages_are_literal() {
    let sandbox = Sandbox::new();
    let messages =
        ["[edge] c++ (x86) 100%?", r"^a.*\d+$", "a|b", "{1,2}", "zażółć 漢字", "s390x arch ", "New (1)", "\\"];
    let (remote, clone) = sandbox.project(|history| {
        for (number, message) in messages.iter().enumerate() {
            history
                .resource(&format!("r{number}"), message, "echo 2")
                .state(&format!("{message} (1)"))
                .commit("[edge] c++ _x86_ 100%? (no)");
        }
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    for (number, message) in messages.iter().enumerate() {
        let name = format!("r{number}");
        assert_eq!(poll.resource(&name).change(), ("changed", Some("1"), Some("2")), "{message}");
        assert_eq!(remote.object(&name).split_once("\n\n").unwrap().1, format!("{message} (2){TRAILER}"));
    }
}

#[test]
fn a_subject_in_another_encoding_is_compared_byte_by_byte() {
    let value = recorded("a", |history| {
        history
            .resource("a", "New snap", "echo 1")
            .encoding("ISO-8859-1")
            .raw_commit(b"New snap (5)\n\ncaf\xe9\n")
            .encoding("ISO-8859-1")
            .raw_commit(b"Caf\xe9 (6)\n");
    });
    assert_eq!(value.as_deref(), Some("5"));
}

#[test]
fn a_message_may_begin_like_another_one() {
    let value = recorded("a", |history| {
        history
            .resource("a", "New snap", "echo 1")
            .state("New snap (5)")
            .state("New snap in edge (6)")
            .state("New snaps (7)");
    });
    assert_eq!(value.as_deref(), Some("5"));
}

#[test]
fn values_may_have_parentheses_blanks_and_any_letters() {
    let sandbox = Sandbox::new();
    let world = sandbox.world();
    let values = ["a (b) c", "2.63 (edge)", "(", ") (", "zażółć 漢字", "a  b", "%s %n", "-n", "\"q\" 'q' $HOME `id`"];
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "New snap", &world.extractor("a"));
    });
    for value in values {
        world.set("a", &format!("{value}\n"));
        let first = clone.run(["poll", "--format", "json"]).poll();
        assert_eq!(first.resource("a").new.as_deref(), Some(value));
        assert_eq!(remote.subjects("a")[0], format!("New snap ({value})"));
        let again = clone.run(["poll", "--format", "json"]).poll();
        assert_eq!(again.resource("a").change(), ("unchanged", Some(value), Some(value)));
    }
    let log = clone.run(["log", "a", "--format", "json"]).log();
    assert_eq!(log.values(), values.iter().rev().copied().collect::<Vec<_>>());
}

#[test]
fn a_branch_without_files_is_no_resource() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("gone", "New snap", "echo 1").state("New snap (5)").empty_tree().commit("Stop watching");
        history.branch("never").empty_tree().commit("Nothing yet");
        history.resource("here", "Other", "echo 1").state("Other (1)");
    });
    assert_eq!(clone.run(["status", "--format", "json"]).status().names(), ["here"]);
    assert_eq!(clone.run(["poll", "--format", "json"]).poll().names(), ["here"]);
}

#[test]
fn a_long_history_without_a_match_has_no_value() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        let mut branch = history.resource("a", "New snap", "echo 1");
        for number in 0..2600 {
            branch = branch.old_state(&format!("Old snap ({number})"));
        }
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("a").change(), ("first", None, Some("1")));
    assert_eq!(remote.count("a"), 2602);
}

#[test]
fn a_value_deep_in_a_long_history_is_found() {
    let value = recorded("a", |history| {
        let mut branch = history.resource("a", "New snap", "echo 1").state("New snap (7)");
        for number in 0..2600 {
            branch = branch.commit(&format!("Tune {number}"));
        }
    });
    assert_eq!(value.as_deref(), Some("7"));
}

#[test]
fn packed_and_loose_branches_are_the_same() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("a", "New snap", "echo 5").state("New snap (5)");
        history.resource("b/c", "Other", "echo 6").state("Other (6)");
    });
    clone.git(["pack-refs", "--all"]);
    clone.git(["gc", "--quiet"]);
    remote.git(["gc", "--quiet"]);
    clone.run(["poll"]).report(predicate::str::contains("b/c"));
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("a").value.as_deref(), Some("5"));
    assert_eq!(status.resource("b/c").value.as_deref(), Some("6"));
}

#[test]
fn reworded_messages_are_found_by_their_pattern() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        let options = "pattern_extractor='echo 550'\nmessage='New amd64 core snap in beta channel'\n\
                       message_pattern=\"New (OS|amd64 core) snap in beta channel\"\n";
        history.branch("a").options(options).state("New OS snap in beta channel (549)");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("a").change(), ("changed", Some("549"), Some("550")));
    assert_eq!(remote.subjects("a")[0], "New amd64 core snap in beta channel (550)");
}
