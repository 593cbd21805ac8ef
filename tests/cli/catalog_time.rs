//! The recipes that watch the time, with a clock that stands where a test puts it.

use predicates::prelude::*;

use crate::support::{Clock, Repo, Sandbox, side_by_side};

/// The shells that an extractor may have to do with. Without dash, `sh` is whatever the machine has.
const SHELLS: [&str; 2] = ["bash", "sh"];

/// Resources: a name, a recipe and its parameters.
type Resources<'a> = &'a [(&'a str, &'a [&'a str])];

/// Polls: the time (UTC), and what each of them has to record.
type Polls<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];

/// Polls at these times, with each shell. What is not mentioned must not be recorded.
fn story(resources: Resources<'_>, polls: Polls<'_>) {
    side_by_side(SHELLS, |shell| {
        let sandbox = Sandbox::new();
        let (remote, clone) = sandbox.project(|_| {});
        let clock = Clock::new(&sandbox);
        watch(&clone, resources);
        tell(&clone, &clock, shell, polls);
        for (name, _) in resources {
            let message = clone.run(["status", name, "--format", "json"]).status().resource(name).message.clone();
            let message = message.unwrap_or_else(|| panic!("{name} has a message"));
            let recorded = polls.iter().flat_map(|(_, records)| *records).filter(|(of, _)| of == name);
            let mut recorded = recorded.map(|(_, value)| format!("{message} ({value})")).collect::<Vec<_>>();
            recorded.reverse();
            let mut subjects = remote.subjects(name);
            subjects.pop();
            assert_eq!(subjects, recorded, "{name} with {shell}");
        }
    });
}

fn watch(clone: &Repo<'_>, resources: Resources<'_>) {
    for (name, recipe) in resources {
        let (recipe, parameters) = recipe.split_first().expect("a resource has a recipe");
        clone.run([&["add", name, "--recipe", recipe], parameters].concat()).report(predicate::str::contains(*name));
    }
}

fn tell(clone: &Repo<'_>, clock: &Clock, shell: &str, polls: Polls<'_>) {
    for (now, expected) in polls {
        clock.set(now);
        // The time of the place does not matter, even where it is another day already.
        let poll = clone.cmd(["poll", "--format", "json", "--shell", shell]).env("TZ", "THERE-14").run().poll();
        let recorded = poll.resources.iter().filter(|resource| ["first", "changed"].contains(&&*resource.outcome));
        let recorded = recorded.map(|resource| (resource.resource.as_str(), resource.new.as_deref().unwrap_or("")));
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(recorded.collect::<Vec<_>>(), expected, "at {now} with {shell}");
        let mut asked = clock.take_asked();
        let times = asked.len();
        asked.dedup();
        assert_eq!((times, times), (asked.len(), poll.resources.len()), "each asks once: {asked:?}");
    }
}

#[test]
fn a_day_begins_at_midnight() {
    story(
        &[("early", &["daily"]), ("late", &["daily", "after=23:59"])],
        &[
            ("2027-02-28 23:59:59", &[("early", "20270228"), ("late", "20270228")]),
            ("2027-03-01 00:00:00", &[("early", "20270301")]),
            ("2028-02-28 23:58:59", &[("early", "20280228")]),
            ("2028-02-28 23:59:00", &[("late", "20280228")]),
            ("2028-02-29 00:00:00", &[("early", "20280229")]),
            ("2028-02-29 23:59:59", &[("late", "20280229")]),
            ("2028-03-01 00:00:00", &[("early", "20280301")]),
            ("2028-12-31 23:59:59", &[("early", "20281231"), ("late", "20281231")]),
            ("2029-01-01 00:00:00", &[("early", "20290101")]),
        ],
    );
}

#[test]
fn nothing_happens_before_the_time_of_the_day() {
    story(
        &[
            ("d0009", &["daily", "after=00:09"]),
            ("d0800", &["daily", "after=08:00"]),
            ("d0959", &["daily", "after=09:59"]),
            ("d2000", &["daily", "after=20:00"]),
        ],
        &[
            ("2026-11-22 00:08:59", &[]),
            ("2026-11-22 00:09:00", &[("d0009", "20261122")]),
            ("2026-11-22 07:59:59", &[]),
            ("2026-11-22 08:00:00", &[("d0800", "20261122")]),
            ("2026-11-22 08:09:00", &[]),
            ("2026-11-22 09:58:59", &[]),
            ("2026-11-22 09:59:00", &[("d0959", "20261122")]),
            ("2026-11-22 19:59:59", &[]),
            ("2026-11-22 20:00:00", &[("d2000", "20261122")]),
            ("2026-11-23 00:00:00", &[]),
            ("2026-11-23 08:08:08", &[("d0009", "20261123"), ("d0800", "20261123")]),
            ("2026-11-23 23:59:59", &[("d0959", "20261123"), ("d2000", "20261123")]),
        ],
    );
}

#[test]
fn a_poll_that_was_down_for_days_finds_one_change() {
    story(
        &[("day", &["daily", "after=02:00"]), ("week", &["weekly", "day=wed", "after=02:00"])],
        &[
            ("2026-11-18 03:00:00", &[("day", "20261118"), ("week", "2026-W47")]),
            ("2026-11-22 01:59:59", &[]),
            ("2026-11-22 02:00:00", &[("day", "20261122")]),
            ("2026-11-22 02:10:00", &[]),
            ("2026-12-24 02:10:00", &[("day", "20261224"), ("week", "2026-W52")]),
            ("2026-12-24 02:20:00", &[]),
        ],
    );
}

#[test]
fn weeks_are_those_of_iso_8601() {
    let resources: Resources<'_> = &[
        ("fri", &["weekly", "day=fri", "after=09:59"]),
        ("mon", &["weekly", "day=mon", "after=00:00"]),
        ("sun", &["weekly", "day=sun", "after=23:59"]),
        ("thu", &["weekly", "day=thu", "after=08:09"]),
    ];
    // The year of 53 weeks, whose last one has three days of the next year.
    story(
        resources,
        &[
            ("2026-12-27 23:58:59", &[("fri", "2026-W52"), ("mon", "2026-W52"), ("thu", "2026-W52")]),
            ("2026-12-27 23:59:00", &[("sun", "2026-W52")]),
            ("2026-12-28 00:00:00", &[("mon", "2026-W53")]),
            ("2026-12-31 08:08:59", &[]),
            ("2026-12-31 08:09:00", &[("thu", "2026-W53")]),
            ("2027-01-01 09:58:59", &[]),
            ("2027-01-01 09:59:00", &[("fri", "2026-W53")]),
            ("2027-01-03 23:58:59", &[]),
            ("2027-01-03 23:59:00", &[("sun", "2026-W53")]),
            ("2027-01-04 00:00:00", &[("mon", "2027-W01")]),
            ("2027-01-08 12:00:00", &[("fri", "2027-W01"), ("thu", "2027-W01")]),
        ],
    );
    // A week 1 that begins in the year before.
    story(
        resources,
        &[
            (
                "2025-12-28 23:59:59",
                &[("fri", "2025-W52"), ("mon", "2025-W52"), ("sun", "2025-W52"), ("thu", "2025-W52")],
            ),
            ("2025-12-29 00:00:00", &[("mon", "2026-W01")]),
            ("2025-12-31 23:59:59", &[]),
            ("2026-01-01 08:09:00", &[("thu", "2026-W01")]),
            ("2026-01-02 09:59:00", &[("fri", "2026-W01")]),
            ("2026-01-04 23:59:00", &[("sun", "2026-W01")]),
        ],
    );
}

#[test]
fn a_clock_that_is_behind_does_not_turn_the_time_back() {
    story(
        &[("day", &["daily"]), ("gated", &["daily", "after=02:00"]), ("week", &["weekly", "day=mon", "after=00:00"])],
        &[
            ("2027-01-04 02:00:05", &[("day", "20270104"), ("gated", "20270104"), ("week", "2027-W01")]),
            ("2027-01-03 23:59:58", &[]),
            ("2027-01-04 01:59:58", &[]),
            ("2026-12-31 12:00:00", &[]),
            ("2027-01-05 00:00:00", &[("day", "20270105")]),
            ("2027-01-11 02:00:00", &[("day", "20270111"), ("gated", "20270111"), ("week", "2027-W02")]),
        ],
    );
}

#[test]
fn what_was_recorded_in_another_way_does_not_hold_the_time() {
    let resources: Resources<'_> = &[("day", &["daily"]), ("week", &["weekly", "day=mon", "after=00:00"])];
    // Words, other notations of a date, numbers that are no date: each is older than any day.
    for old in ["tomorrow", "2099-01-01", "99999999999", "20991231.1", "2099-W1", "2099-53", "-1", "$(exit 9)", "*"] {
        let sandbox = Sandbox::new();
        let (remote, clone) = sandbox.project(|_| {});
        let clock = Clock::new(&sandbox);
        watch(&clone, resources);
        for (name, _) in resources {
            let message = clone.run(["status", name, "--format", "json"]).status().resource(name).message.clone();
            remote.build(|history| {
                history.existing(name).state(&format!("{} ({old})", message.unwrap()));
            });
        }
        tell(&clone, &clock, "sh", &[("2026-11-23 12:00:00", &[("day", "20261123"), ("week", "2026-W48")])]);
    }
}

#[test]
fn a_date_that_tells_no_time_is_a_failure() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    watch(&clone, &[("day", &["daily"]), ("week", &["weekly"])]);
    let before = remote.refs();
    for said in ["", "echo Monday", "echo 20261123", "echo '2026-11-23 1200'", "echo '20261123 11200'; echo again"] {
        sandbox.program("date", &format!("#!/bin/sh\n{said}\n"));
        for shell in SHELLS {
            let poll = clone.run(["poll", "--format", "json", "--shell", shell]).exit(1).poll();
            for (name, asked) in
                [("day", "date was asked for the day and"), ("week", "date was asked for the week, the")]
            {
                let error = poll.resource(name).failure();
                assert!(error.contains(asked), "{said:?} with {shell}: {error}");
            }
        }
    }
    assert_eq!(remote.refs(), before);
}

#[test]
fn the_entries_for_a_day_keep_their_time() {
    let sandbox = Sandbox::new();
    let times = [
        ("built-image-amd64-smoketest", "00:00"),
        ("snapd-reexec-disabled", "00:00"),
        ("snapd-nightly-suite", "02:00"),
    ];
    for (name, at) in times {
        let options = sandbox.cmd("world", ["catalog", "show", name]).run().stderr(predicate::always()).stdout_text();
        let lines = format!("source=\"clock\"\nevery=\"day\"\nat=\"{at}\"\nformat=\"%Y%m%d\"\n");
        assert!(options.contains(&lines), "{name}: {options}");
    }
}

#[test]
fn the_messages_say_which_time_it_is() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|_| {});
    watch(&clone, &[("a", &["daily"]), ("b", &["daily", "after=18:30"]), ("c", &["weekly", "day=fri"])]);
    let status = clone.run(["status", "--format", "json"]).status();
    let messages = ["a", "b", "c"].map(|name| status.resource(name).message.clone().unwrap());
    assert_eq!(messages, ["New day, 00:00 UTC", "New day, 18:30 UTC", "New week, fri 00:00 UTC"]);
}

#[test]
fn times_that_are_none_are_refused() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    let before = remote.refs();
    for recipe in [
        &["daily", "after=24:00"][..],
        &["daily", "after=8:00"],
        &["daily", "after=12:60"],
        &["daily", "after=12:00:00"],
        &["daily", "after="],
        &["daily", "after=$(date)"],
        &["weekly", "day=Monday"],
        &["weekly", "day=mo"],
        &["weekly", "day=1"],
    ] {
        clone
            .run([&["add", "b", "--recipe"], recipe].concat())
            .exit(2)
            .stderr(predicate::str::contains("after").or(predicate::str::contains("day")));
    }
    assert_eq!(remote.refs(), before);
}
