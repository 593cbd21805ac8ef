//! The configure hook of the snap, with a stand-in for snapctl: what it refuses, what it keeps, and what git reads of that.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::Sandbox;

/// Keeps each key in a file, and writes down the commands about services.
const SNAPCTL: &str = r#"#!/bin/bash
cd "$SNAP_COMMON/../configuration"
case $1 in
    get) [[ ! -e $2 ]] || cat "$2" ;;
    unset) rm "$2" ;;
    services) printf 'Service Startup Current Notes\n%s enabled %s -\n' "$2" "$(cat ../state)" ;;
    start | restart)
        [[ ! -e ../refused ]] || exit 1
        echo active > ../state
        echo "$*" >> ../told
        ;;
    stop) echo inactive > ../state; echo "$*" >> ../told ;;
esac
"#;

const ADDRESS: &str = "https://example.org/o/watch";

const START: &str = "start --enable spread-cron.cron\n";
const RESTART: &str = "restart spread-cron.cron\n";
const STOP: &str = "stop --disable spread-cron.cron\n";

struct Snap {
    sandbox: Sandbox,
}

impl Snap {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        for folder in ["common", "configuration", "snap/bin"] {
            fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        fs::write(sandbox.path("state"), "inactive").unwrap();
        sandbox.program("snapctl", SNAPCTL);
        let product = assert_cmd::cargo::cargo_bin!("git-spread-cron");
        std::os::unix::fs::symlink(product, sandbox.path("snap/bin/git-spread-cron")).unwrap();
        Snap { sandbox }
    }

    fn credentials(&self) -> PathBuf {
        self.sandbox.path("common/credentials")
    }

    /// What the daemon was told since the last time.
    fn told(&self) -> String {
        let told = fs::read_to_string(self.sandbox.path("told")).unwrap_or_default();
        let _ = fs::remove_file(self.sandbox.path("told"));
        told
    }

    /// Sets keys, an empty value being `snap unset`, and runs the hook. If it fails, the keys are as they were before.
    fn set(&self, values: &[(&str, &str)]) -> Result<(), String> {
        let configuration = self.sandbox.path("configuration");
        let read = |key: &str| fs::read_to_string(configuration.join(key)).unwrap_or_default();
        let write = |key: &str, value: &str| match value {
            "" => drop(fs::remove_file(configuration.join(key))),
            value => fs::write(configuration.join(key), value).unwrap(),
        };
        let before: Vec<_> = values.iter().map(|(key, _)| (*key, read(key))).collect();
        for (key, value) in values {
            write(key, value);
        }
        let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("snap/hooks/configure");
        let mut command = self.sandbox.command(hook, self.sandbox.path("."));
        command.env("SNAP", self.sandbox.path("snap")).env("SNAP_COMMON", self.sandbox.path("common"));
        let output = command.env("SNAP_INSTANCE_NAME", "spread-cron").output().unwrap();
        assert_eq!(output.stdout, b"");
        let complaint = String::from_utf8(output.stderr).unwrap();
        if output.status.success() {
            assert_eq!(complaint, "");
            return Ok(());
        }
        for (key, value) in before {
            write(key, &value);
        }
        Err(complaint)
    }

    /// Asserts that this is refused, says so, and changes nothing.
    #[track_caller]
    fn refuses(&self, values: &[(&str, &str)], expected: &str) {
        let kept = fs::read(self.credentials()).ok();
        assert_eq!(self.set(values), Err(expected.to_owned()));
        assert_eq!(fs::read(self.credentials()).ok(), kept);
        assert_eq!(self.told(), "");
    }

    /// What git takes from the file through the helper of the daemon: user name and password.
    fn fill(&self, address: &str) -> Option<(String, String)> {
        let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snap/local/bin/credential");
        let mut command = self.sandbox.command("git", self.sandbox.path("."));
        command.env("SNAP_COMMON", self.sandbox.path("common")).stdin(std::process::Stdio::piped());
        command.args(["-c", "credential.helper=", "-c"]).arg(format!("credential.helper={}", helper.display()));
        command.args(["credential", "fill"]).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), format!("url={address}\n\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let field = |name| text.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
        output.status.success().then(|| (field("username=").unwrap(), field("password=").unwrap()))
    }
}

#[test]
fn a_fresh_installation_has_nothing_to_poll() {
    let snap = Snap::new();
    assert_eq!(snap.set(&[]), Ok(()));
    assert_eq!(snap.told(), STOP);
}

#[test]
fn what_is_missing_is_named() {
    let snap = Snap::new();
    let say = |what: &str| format!("Say: snap set spread-cron {what}\n");
    let repository = say("repository=https://HOST/OWNER/NAME");
    snap.refuses(&[("username", "me")], &format!("The repository is missing.\n{repository}"));
    snap.refuses(&[("password", "secret")], &format!("The repository is missing.\n{repository}"));
    let (user, password) = (say("username=USER"), say("password=\"$(cat FILE)\""));
    snap.refuses(&[("repository", ADDRESS), ("password", "x")], &format!("The user name is missing.\n{user}"));
    let missing = format!("The password of me on example.org is missing.\n{password}");
    snap.refuses(&[("repository", ADDRESS), ("username", "me")], &missing);
    for address in
        ["git@example.org:o/watch", "/srv/watch", "https://example.org", "https://a b/c", "https://a/b c", "x"]
    {
        snap.refuses(&[("repository", address)], &format!("The repository is not the address of one.\n{repository}"));
    }
    let both = say("repository=https://HOST/OWNER/NAME username=USER password=\"$(cat FILE)\"");
    let held = format!("The repository holds a user name or a password.\n{both}");
    snap.refuses(&[("repository", "https://me:secret@example.org/o/watch")], &held);
    let interval = "expected a duration, for example 90s, 10m or 1h 30m";
    for bad in ["often", "-5s", "5 parsecs"] {
        let complaint = format!("The interval is not good: {interval}\n{}", say("interval=10m"));
        snap.refuses(&[("repository", ADDRESS), ("interval", bad)], &complaint);
    }
    let control = format!(
        "The user name or the password has a character that cannot be in one.\n{}",
        say("username=USER password=\"$(cat FILE)\"")
    );
    snap.refuses(&[("repository", ADDRESS), ("username", "me"), ("password", "a\nb")], &control);
}

#[test]
fn the_credential_is_kept_for_root_alone() {
    let snap = Snap::new();
    assert_eq!(snap.set(&[("repository", ADDRESS), ("username", "me"), ("password", "secret")]), Ok(()));
    assert_eq!(snap.told(), START);
    assert_eq!(fs::metadata(snap.credentials()).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!snap.sandbox.path("configuration/password").exists(), "everything in the snap can ask for it");
    let left: Vec<_> = fs::read_dir(snap.sandbox.path("common")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(!fs::read_to_string(snap.sandbox.path("common/applied")).unwrap().contains("secret"));
    assert_eq!(snap.fill(ADDRESS), Some(("me".to_owned(), "secret".to_owned())));
}

#[test]
fn every_password_comes_back_from_git() {
    let snap = Snap::new();
    for (username, password) in [
        ("me", "@:/%# é"),
        ("me@example.org", "100%25"),
        ("o:o", "a'b\"c\\d$(x)`y`"),
        ("ü", "密码?&=+"),
        ("a b", "-n"),
        ("x", "**"),
    ] {
        let address = "https://example.org:8443/o/watch";
        assert_eq!(snap.set(&[("repository", address), ("username", username), ("password", password)]), Ok(()));
        assert_eq!(snap.fill(address), Some((username.to_owned(), password.to_owned())));
        assert_eq!(snap.fill(ADDRESS), None, "another port is another server");
        // The password need not be said again, and another one's is not taken.
        assert_eq!(snap.set(&[("interval", "5m")]), Ok(()), "{username}");
        assert!(snap.set(&[("username", "somebody")]).is_err());
        assert!(snap.set(&[("repository", ADDRESS)]).is_err());
        assert_eq!(snap.set(&[("interval", "")]), Ok(()));
    }
}

#[test]
fn a_refused_password_is_not_forgotten() {
    let snap = Snap::new();
    assert_eq!(snap.set(&[("repository", ADDRESS), ("username", "me"), ("password", "secret")]), Ok(()));
    let helper = Path::new(env!("CARGO_MANIFEST_DIR")).join("snap/local/bin/credential");
    for operation in ["erase", "store"] {
        let mut command = snap.sandbox.command(&helper, snap.sandbox.path("."));
        command.env("SNAP_COMMON", snap.sandbox.path("common")).arg(operation);
        assert!(command.stdin(std::process::Stdio::null()).status().unwrap().success());
    }
    assert_eq!(snap.fill(ADDRESS), Some(("me".to_owned(), "secret".to_owned())));
}

#[test]
fn the_daemon_begins_anew_only_if_something_changed() {
    let snap = Snap::new();
    assert_eq!(snap.set(&[("repository", ADDRESS)]), Ok(()));
    assert_eq!(snap.told(), START);
    assert_eq!(snap.set(&[]), Ok(()));
    assert_eq!(snap.told(), "", "an update of the snap starts nothing");
    for values in [
        &[("interval", "1h 30m")][..],
        &[("username", "me"), ("password", "one")],
        &[("password", "two")],
        &[("username", "")],
    ] {
        assert_eq!(snap.set(values), Ok(()));
        assert_eq!(snap.told(), RESTART, "{values:?}");
    }
    assert_eq!(snap.fill(ADDRESS), None, "without a user there is no password");
    assert_eq!(snap.set(&[("username", "me"), ("password", "one")]), Ok(()));
    snap.told();
    assert_eq!(snap.set(&[("repository", ""), ("username", "")]), Ok(()));
    assert_eq!(snap.told(), STOP);
    assert!(!snap.credentials().exists());
    assert_eq!(snap.set(&[("repository", ADDRESS)]), Ok(()));
    assert_eq!(snap.told(), START);
}

#[test]
fn what_failed_is_taken_back_and_can_be_tried_again() {
    let snap = Snap::new();
    let first = [("repository", ADDRESS), ("username", "me"), ("password", "one")];
    let refused = snap.sandbox.path("refused");
    fs::write(&refused, "").unwrap();
    assert!(snap.set(&first).is_err() && !snap.credentials().exists());
    fs::remove_file(&refused).unwrap();
    snap.set(&first).unwrap();
    let kept = fs::read(snap.credentials()).unwrap();
    fs::write(&refused, "").unwrap();
    assert!(snap.set(&[("password", "two")]).is_err());
    assert_eq!(fs::read(snap.credentials()).unwrap(), kept);
    assert!(snap.set(&[("interval", "1h")]).is_err());
    fs::remove_file(&refused).unwrap();
    snap.told();
    snap.set(&[("interval", "1h")]).unwrap();
    assert_eq!(snap.told(), RESTART);
    let mut left: Vec<_> =
        fs::read_dir(snap.sandbox.path("common")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["applied", "credentials"]);
}
