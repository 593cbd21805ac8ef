//! `value_pattern`: values of the wrong shape fail their resource, and are never recorded.

use predicates::prelude::*;

use crate::support::{PollDoc, Repo, Sandbox};

const PAGE: &str = "<!DOCTYPE html><title>502 Bad Gateway</title>";

fn poll(clone: &Repo<'_>, failures: bool) -> PollDoc {
    let run = clone.run(["poll", "--format", "json"]).exit(i32::from(failures));
    run.stderr(predicate::always()).poll()
}

/// The options of a resource that reads its value from the outside.
fn options(extractor: &str, pattern: &str) -> String {
    let quote = shell_words::quote;
    format!("message=New\npattern_extractor={}\nvalue_pattern={}\n", quote(extractor), quote(pattern))
}

#[test]
fn only_what_matches_is_recorded() {
    let sandbox = Sandbox::new();
    let world = sandbox.world();
    let (remote, clone) = sandbox.project(|history| {
        history.branch("core").options(options(&world.extractor("core"), "[0-9]+")).state("New (17299)");
        history.resource("other", "Other", &world.extractor("other"));
    });
    let outcome = |value: &str| {
        world.set("core", value);
        world.set("other", value);
        let fails = !matches!(value, "null" | "" | "17300");
        let poll = poll(&clone, fails);
        assert_eq!(poll.summary.get("failed").copied().unwrap_or_default(), usize::from(fails), "{poll:#?}");
        assert_eq!(poll.resource("core").old.as_deref(), Some("17299"), "{value}");
        (poll.resource("core").outcome.clone(), poll.resource("core").error.clone(), poll)
    };
    let page = outcome(PAGE);
    let reason = format!("the value \"{PAGE}\" does not match value_pattern [0-9]+");
    assert_eq!((&*page.0, page.1), ("failed", Some(reason)));
    assert_eq!(page.2.resource("other").change(), ("first", None, Some(PAGE)), "others are recorded");
    let partial = outcome("17300x");
    assert_eq!(partial.1.as_deref(), Some("the value \"17300x\" does not match value_pattern [0-9]+"));
    assert_eq!(remote.subjects("other")[0], "Other (17300x)");
    for nothing in ["null", ""] {
        assert_eq!(outcome(nothing).0, "no-value", "{nothing:?}");
    }
    assert_eq!(remote.subjects("core")[0], "New (17299)");
    assert_eq!(outcome("17300").0, "changed");
    assert_eq!(remote.subjects("core")[..2], ["New (17300)", "New (17299)"]);
    world.set("core", "Bad\u{1b}[31m");
    assert!(poll(&clone, true).resource("core").failure().contains("U+001B"), "what is unclean is no value at all");
    world.set("core", PAGE);
    clone.run(["poll", "core"]).exit(1).report(predicate::str::contains("value_pattern [0-9]+"));
    sandbox.assert_no_litter();
}

#[test]
fn the_pattern_stands_for_all_of_the_value() {
    let sandbox = Sandbox::new();
    let cases = [
        ("a|b", "a", true),
        ("a|b", "ab", false),
        ("ab?|abc", "abc", true),
        ("^[0-9]+$", "5", true),
        ("(?i)[a-f]+", "BEEF", true),
        ("[0-9]{4}-[0-9]{2}", "2026-11-22", false),
        (r"\d+", "٣", true),
        ("[^\"]+", "it's \"it\"", false),
        ("", "anything", true),
        ("()", "x", false),
        ("null", "1", false),
    ];
    let (_remote, clone) = sandbox.project(|history| {
        for (number, (pattern, value, _)) in cases.iter().enumerate() {
            let extractor = format!("printf %s {}", shell_words::quote(value));
            history.branch(&format!("r{number}")).options(options(&extractor, pattern));
        }
    });
    let poll = poll(&clone, true);
    for (number, (pattern, value, matches)) in cases.iter().enumerate() {
        let resource = poll.resource(&format!("r{number}"));
        if *matches {
            assert_eq!(resource.change(), ("first", None, Some(*value)), "{pattern}");
        } else {
            assert!(resource.failure().ends_with(&format!("does not match value_pattern {pattern}")), "{resource:#?}");
        }
    }
}

#[test]
fn one_that_does_not_compile_fails_before_anything_runs() {
    let sandbox = Sandbox::new();
    let ran = sandbox.path("ran");
    let touch = format!("touch {}; echo 5", ran.display());
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("bad").options(options(&touch, "[0-9"));
        history.branch("group").options(options(&touch, "a)|(b"));
        history.branch("huge").options(options(&touch, "(?:a{1000}){1000}"));
        history.branch("bytes").options(&b"message=M\npattern_extractor='echo 5'\nvalue_pattern='\xff'\n"[..]);
        history.branch("off").options(options(&touch, "[0-9") + "manual=true\n");
        history.resource("good", "Good", "echo 1");
    });
    let poll = poll(&clone, true);
    for name in ["bad", "group", "huge"] {
        assert!(poll.resource(name).failure().starts_with("the value_pattern does not compile: "), "{poll:#?}");
    }
    assert_eq!(poll.resource("bad").failure(), "the value_pattern does not compile: unclosed character class");
    assert_eq!(poll.resource("bytes").failure(), "the value_pattern is not UTF-8");
    assert_eq!(poll.resource("good").outcome, "first");
    assert_eq!(poll.resource("off").outcome, "manual");
    assert!(!ran.exists());
    let lint = clone.run(["lint", "--format", "json"]).exit(1).lint();
    for name in ["bad", "group", "huge", "bytes", "off"] {
        let codes = lint.about(name).iter().map(|finding| &*finding.code).collect::<Vec<_>>();
        assert!(codes.contains(&"bad-pattern"), "{lint:#?}");
    }
    assert!(lint.about("bad")[0].message.starts_with("options:3: the value_pattern does not compile"), "{lint:#?}");
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("bad").problem, None, "reading needs no values checked");
}

#[test]
fn one_that_only_a_shell_knows() {
    let sandbox = Sandbox::new();
    let text = |value: &str, more: &str| {
        format!("n=5\nmessage=New\npattern_extractor='echo {value}'\nvalue_pattern=\"[0-9]{{$n}}\"\n{more}")
    };
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("good").options(text("17300", ""));
        history.branch("short").options(text("1730", ""));
        history.branch("file").file("value", "17300\n").options(text("$(cat value)", "tree=true\ntimeout=1m\n"));
        history.branch("late").options(text("x", "value_pattern=[a-z]"));
        history.branch("opaque").options("value_pattern=x\n".to_owned() + &text("17300", "[ 1 = 2 ]\n"));
        history.branch("extractor").options(text("17300; value_pattern=x", ""));
    });
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("good").message.as_deref(), Some("New"));
    assert_eq!(status.resource("good").problem, None);
    let poll = poll(&clone, true);
    for name in ["good", "file", "opaque", "extractor"] {
        assert_eq!(poll.resource(name).change(), ("first", None, Some("17300")), "{poll:#?}");
    }
    assert_eq!(poll.resource("late").new.as_deref(), Some("x"));
    assert_eq!(poll.resource("short").failure(), "the value \"1730\" does not match value_pattern [0-9]{5}");
    assert!(clone.run(["lint", "good", "--format", "json"]).lint().findings.is_empty());
}

#[test]
fn long_values_and_patterns_are_told_in_short() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let page = PAGE.repeat(20);
        let pattern = format!("(?x) [0-9]+ | {} \n | v[0-9]+", "a".repeat(300));
        history.branch("long").options(options(&format!("echo '{page}'"), &pattern));
    });
    let poll = poll(&clone, true);
    let error = poll.resource("long").failure();
    assert!(error.contains("value_pattern (?x) [0-9]+ | aaa") && error.ends_with('…'), "{error}");
    assert!(error.chars().count() < 180 && !error.contains(char::is_control), "{error}");
}

#[test]
fn it_is_set_with_the_branch() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| history.main());
    let add = |name: &str, pattern: &str| {
        clone.run(["add", name, "-m", name, "-x", "echo 1730x", "--value-pattern", pattern])
    };
    add("bad", "[0-9").exit(2).stderr(predicate::str::contains("the value_pattern does not compile: unclosed"));
    assert_eq!(remote.git(["branch", "--list", "bad"]), "");
    add("new", r"[0-9]+(\.[0-9]+)?$").report(predicate::str::contains("Created new"));
    let options = remote.git(["cat-file", "blob", "new:options"]);
    assert!(options.ends_with("\nvalue_pattern='[0-9]+(\\.[0-9]+)?$'"), "{options}");
    let poll = poll(&clone, true);
    assert_eq!(poll.resource("new").failure(), r#"the value "1730x" does not match value_pattern [0-9]+(\.[0-9]+)?$"#);
    assert_eq!(remote.count("new"), 1);
}
