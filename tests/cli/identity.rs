//! Who is the author of a state commit, when it was written, and how it is signed.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use predicates::prelude::*;

use crate::support::{Repo, Sandbox};

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        history.resource("a", "New", "echo 6").state("New (5)");
    })
}

/// Author and committer of the newest commit, each with name, address and date.
fn people(remote: &Repo<'_>) -> String {
    remote.git(["log", "-1", "--date=raw", "--format=%an <%ae> %ad|%cn <%ce> %cd", "a"])
}

const MAINTAINER: &str = "A Maintainer <maintainer@example.org> 1728561600 +0000";

#[test]
fn the_configuration_says_who() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone.run(["poll"]).report(predicate::always());
    assert_eq!(people(&remote), format!("{MAINTAINER}|{MAINTAINER}"));
}

#[test]
fn author_and_committer_have_settings_of_their_own() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    for (key, value) in [
        ("author.name", "Ann Author"),
        ("author.email", "ann@a"),
        ("committer.name", "Cy"),
        ("committer.email", "cy@c"),
    ] {
        clone.git(["config", key, value]);
    }
    clone.run(["poll"]).report(predicate::always());
    assert_eq!(people(&remote), "Ann Author <ann@a> 1728561600 +0000|Cy <cy@c> 1728561600 +0000");
}

#[test]
fn the_environment_comes_first() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    clone
        .cmd(["poll"])
        .env("GIT_AUTHOR_NAME", "Zażółć")
        .env("GIT_AUTHOR_EMAIL", "z@example.org")
        .env("GIT_AUTHOR_DATE", "1700000000 -0330")
        .env("GIT_COMMITTER_NAME", "A Bot")
        .env("GIT_COMMITTER_EMAIL", "bot@example.org")
        .env("GIT_COMMITTER_DATE", "2024-01-02T03:04:05+02:00")
        .run()
        .report(predicate::always());
    assert_eq!(people(&remote), "Zażółć <z@example.org> 1700000000 -0330|A Bot <bot@example.org> 1704157445 +0200");
}

#[test]
fn without_a_date_it_is_now() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    clone
        .cmd(["poll"])
        .env_remove("GIT_AUTHOR_DATE")
        .env_remove("GIT_COMMITTER_DATE")
        .run()
        .report(predicate::always());
    for format in ["%at", "%ct"] {
        let time: u64 = remote.git(["log", "-1", &format!("--format={format}"), "a"]).parse().unwrap();
        assert!((before..=now()).contains(&time), "{time} is not between {before} and now");
    }
}

#[test]
fn without_an_identity_the_settings_are_named() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = remote.refs();
    sandbox.unset_config("user.name");
    sandbox.unset_config("user.email");
    let named = predicate::str::contains("user.name").and(predicate::str::contains("user.email"));
    clone.run(["poll"]).exit(3).report(named);
    assert_eq!(remote.refs(), before);
}

#[test]
fn without_an_identity_what_records_nothing_still_works() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo 5").state("New (5)");
    });
    sandbox.unset_config("user.name");
    sandbox.unset_config("user.email");
    clone.run(["poll", "--dry-run"]).report(predicate::str::contains("unchanged"));
    clone.run(["status"]).report(predicate::str::contains("5"));
}

#[test]
fn a_bad_date_is_an_error() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = remote.refs();
    clone
        .cmd(["poll"])
        .env("GIT_COMMITTER_DATE", "half past never")
        .run()
        .exit(3)
        .report(predicate::str::contains("half past never"));
    assert_eq!(remote.refs(), before);
}

/// Makes a key for ssh signatures, and has git use and trust it.
fn sign_with_ssh(sandbox: &Sandbox) {
    let key = sandbox.path("key");
    let made =
        Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f"]).arg(&key).status();
    assert!(made.expect("ssh-keygen can be started").success());
    let public = std::fs::read_to_string(sandbox.path("key.pub")).unwrap();
    std::fs::write(sandbox.path("signers"), format!("maintainer@example.org {public}")).unwrap();
    sandbox.config("gpg.format", "ssh");
    sandbox.config("user.signingKey", sandbox.path("key.pub").to_str().unwrap());
    sandbox.config("gpg.ssh.allowedSignersFile", sandbox.path("signers").to_str().unwrap());
    sandbox.config("commit.gpgSign", "true");
}

#[test]
fn state_commits_are_signed_when_git_says_so() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    sign_with_ssh(&sandbox);
    clone.run(["poll"]).report(predicate::str::contains("5 → 6"));
    let (header, message) = remote.object("a").split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    assert!(header.contains("\ngpgsig -----BEGIN SSH SIGNATURE-----"), "{header}");
    assert_eq!(message.lines().next(), Some("New (6)"));
    clone.git(["verify-commit", "origin/a"]);
    remote.git(["verify-commit", "a"]);
    remote.git(["fsck", "--strict"]);
}

#[test]
fn a_signed_branch_is_added() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    sign_with_ssh(&sandbox);
    clone.run(["add", "b", "--message", "B", "--extractor", "echo 1"]).report(predicate::always());
    remote.git(["verify-commit", "b"]);
}

#[test]
fn a_signature_that_cannot_be_made_is_an_error() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    sign_with_ssh(&sandbox);
    std::fs::remove_file(sandbox.path("key")).unwrap();
    let before = remote.refs();
    clone.run(["poll"]).exit(1).report(predicate::str::contains("sign"));
    assert_eq!(remote.refs(), before);
}
