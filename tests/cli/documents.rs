//! The JSON documents: a contract with programs. Each is held against its schema, and the order of its keys is fixed.

use predicates::prelude::*;

use crate::support::{Repo, Sandbox, validate};

/// A repository in which every outcome, every kind of problem and every field that can be null is there.
fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("bad", "Bad", "echo sorry >&2; exit 7").state("Bad (3)");
        history.resource("changed", "Changed", "echo 2").state("Changed (1)");
        history.resource("first", "First", "echo 2");
        history.branch("manual").options("message=Manual\npattern_extractor='echo 1'\nmanual=true\n");
        history.resource("none", "None", "true").state("None (4)");
        history.branch("shell").options("message=\"$(echo Shell)\"\npattern_extractor='echo 1'\n").state("Shell (1)");
        history.branch("typo").options("mesage=Typo\npattern_extractor='echo 1'\n");
        history.resource("unchanged", "Changed", "echo 2").state("Changed (2)");
    })
}

const COMMANDS: [(&str, &[&str]); 9] = [
    ("poll", &["poll", "--dry-run", "--format", "json"]),
    ("poll", &["poll", "--local", "--dry-run", "--format", "json"]),
    ("status", &["status", "--format", "json"]),
    ("log", &["log", "changed", "--format", "json"]),
    ("log", &["log", "first", "--format", "json"]),
    ("lint", &["lint", "--format", "json"]),
    ("pending", &["pending", "--format", "json"]),
    ("catalog", &["catalog", "--format", "json"]),
    ("poll", &["poll", "--format", "json"]),
];

#[test]
fn every_document_fits_its_schema() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    for (command, args) in COMMANDS {
        let run = clone.run(args).anything();
        let document = run.json();
        assert_eq!(document["version"], 1, "{args:?}");
        validate(command, &document);
    }
    let empty = sandbox.init("empty");
    for (command, args) in [
        ("poll", ["poll", "--format", "json"]),
        ("status", ["status", "--format", "json"]),
        ("lint", ["lint", "--format", "json"]),
    ] {
        validate(command, &empty.run(args).stderr(predicate::always()).json());
    }
}

#[test]
fn a_schema_refuses_what_is_not_its_document() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    for (command, args) in
        [("poll", ["poll", "--dry-run", "--format", "json"]), ("status", ["status", "--format", "json", "changed"])]
    {
        let mut document = clone.run(args).anything().json();
        validate(command, &document);
        document["resources"][0]["resource"] = serde_json::Value::Null;
        let refused = std::panic::catch_unwind(|| validate(command, &document));
        assert!(refused.is_err(), "the schema of {command} accepts a resource without a name");
    }
}

/// The keys of all objects in the order in which they are in the text, without repetitions.
fn keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for found in regex::Regex::new(r#""([a-z_-]+)"\s*:"#).unwrap().captures_iter(text) {
        if !keys.contains(&found[1].to_owned()) {
            keys.push(found[1].to_owned());
        }
    }
    keys
}

#[test]
fn the_order_of_the_keys_is_fixed() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    let of = |args: &[&str]| keys(&clone.run(args).anything().stdout_text()).join(" ");
    assert_eq!(
        of(&["poll", "--dry-run", "--format", "json", "changed"]),
        "version remote dry_run isolation landlock_abi enforced resources resource ref outcome message old new commit error paused duration_ms \
         summary first changed unchanged no-value manual failed"
    );
    assert_eq!(
        of(&["status", "--format", "json"]),
        "version resources resource ref options layout message value commit recorded_at result manual paused problem"
    );
    assert_eq!(
        of(&["log", "changed", "--format", "json"]),
        "version resource values value commit recorded_at result attempts tasks"
    );
    assert_eq!(
        of(&["pending", "--format", "json"]),
        "version pending resource slug commit value message recorded_at attempts"
    );
    assert_eq!(of(&["pending", "--format", "matrix"]), "include resource slug commit value message");
    assert_eq!(
        of(&["catalog", "--format", "json", "snapd-reexec-disabled", "header"]),
        "version entries name about origin kind source unverified keys at every format message options \
         files path size text sources value required default example problems"
    );
    assert_eq!(of(&["lint", "--format", "json"]), "version findings resource code severity message help");
}

#[test]
fn stdout_is_one_document_and_ends_its_line() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = project(&sandbox);
    for (_, args) in COMMANDS {
        let text = clone.run(args).anything().stdout_text();
        assert!(text.starts_with('{') && text.ends_with("}\n"), "{text:?}");
        assert!(!text.contains('\x1b'), "{text:?}");
    }
}

#[test]
fn a_failed_command_prints_no_half_document() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    std::fs::rename(remote.path(), sandbox.path("elsewhere")).unwrap();
    clone.run(["poll", "--format", "json"]).exit(3).stderr(predicate::str::is_empty().not());
    clone.run(["status", "nothing-like-this", "--format", "json"]).exit(2).stderr(predicate::str::is_empty().not());
}
