//! What the pipelines of the catalog do in place of a suite: the `run-checks` of their entries, with repositories, stores
//! and programs of the test's own.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Cmd, Fault, Host, Repo, Run, Sandbox, Services, are_installed, knows_sha3};

/// A snapcraft that notes down how it was called, and keeps what it was to upload.
const SNAPCRAFT: &str = r#"#!/bin/sh
[ ! -e "$WORLD/refuses" ] || { echo 'store: no' >&2; exit 2; }
printf '%s\n' "$@" > "$WORLD/args"
env > "$WORLD/env"
for file; do :; done
cp "$file" "$WORLD/uploaded"
"#;

/// An unsquashfs for snaps that are texts: lines of a listing, of a list of packages, and of a snap.yaml.
const UNSQUASHFS: &str = r#"#!/bin/sh
case "$*" in
    "-ll "*) echo "Parallel unsquashfs: Using 2 processors"; exec grep squashfs-root "$2" ;;
    "-no-progress -d "*) ;;
    *) exit 64 ;;
esac
mkdir -p "$3/meta" "$3/usr/share/snappy"
grep '^version' "$4" > "$3/meta/snap.yaml"
grep '^ii' "$4" > "$3/usr/share/snappy/dpkg.list"
"#;

/// A go that knows of one dependency, which ignores a file of its own.
const GO: &str = r#"#!/bin/sh
[ "$*" = 'mod vendor' ] || exit 64
mkdir -p vendor/dep
echo package dep > vendor/dep/dep.go
echo dep.go > vendor/dep/.gitignore
"#;

/// Does what the one of snapd does.
const GET_DEPS: &str = "#!/bin/sh
set -e
go mod vendor
git init --quiet c-vendor/squashfuse
echo 'int main;' > c-vendor/squashfuse/main.c
";

const IGNORED: &str = "tags\n/vendor/\nc-vendor/*/\n.coverage\n";

/// An entry of the catalog in a repository, whose newest values are these.
struct Row<'s> {
    sandbox: &'s Sandbox,
    clone: Repo<'s>,
    entry: &'static str,
}

impl<'s> Row<'s> {
    fn new(sandbox: &'s Sandbox, entry: &'static str, values: &[&str]) -> Self {
        let (remote, clone) = sandbox.project(|_| {});
        clone.run(["add", "--from", entry]).anything();
        clone.git(["fetch", "--quiet"]);
        let message = clone.run(["status", entry, "--format", "json"]).status().resource(entry).message.clone();
        let message = message.expect("it is written out");
        remote.build(|history| {
            let branch = history.existing(entry);
            let _ = values.iter().fold(branch, |branch, value| branch.state(&format!("{message} ({value})")));
        });
        clone.git(["fetch", "--quiet"]);
        Row { sandbox, clone, entry }
    }

    fn cmd(&self, variables: &[(&str, &str)]) -> Cmd<'s> {
        let workspace = self.sandbox.path("workspace");
        let cmd = self.clone.cmd(["run", self.entry, "--workspace", workspace.to_str().unwrap()]);
        variables.iter().fold(cmd, |cmd, (name, value)| cmd.env(name, value))
    }

    /// Launches it, which has to pass.
    #[track_caller]
    fn passes(&self, variables: &[(&str, &str)], says: &str) {
        self.cmd(variables).run().report(contains(says).and(contains("passed")));
    }

    /// Launches it, which cannot do its work.
    #[track_caller]
    fn fails(&self, variables: &[(&str, &str)], says: &str) -> Run {
        self.cmd(variables).run().exit(1).report(contains(says))
    }
}

/// A configuration of curl that reaches no server.
fn misconfigure_curl(sandbox: &Sandbox) {
    fs::write(sandbox.path("home/.curlrc"), "verbose\nproxy = http://127.0.0.1:1\n").unwrap();
}

/// A store with core in edge, and programs that stand in for those that work with snaps.
fn store<'s>(sandbox: &'s Sandbox, entry: &'static str, values: &[&str]) -> (Services, Row<'s>) {
    let services = Services::start(sandbox);
    sandbox.program("snapcraft", SNAPCRAFT);
    sandbox.program("unsquashfs", UNSQUASHFS);
    misconfigure_curl(sandbox);
    (services, Row::new(sandbox, entry, values))
}

fn files(repo: &Repo<'_>, revision: &str) -> Vec<String> {
    repo.git(["ls-tree", "-r", "--name-only", revision]).lines().map(str::to_owned).collect()
}

#[test]
fn the_source_of_core_is_brought_to_another_repository() {
    let sandbox = Sandbox::new();
    let (from, to) = (sandbox.bare("github"), sandbox.bare("launchpad"));
    let row = Row::new(&sandbox, "core-gh-lp-sync", &["4711"]);
    let (from_url, to_url) = (from.url(), to.url());
    let variables = [("CORE_SYNC_FROM", from_url.as_str()), ("CORE_SYNC_TO", to_url.as_str())];
    from.build(|history| {
        history.branch("master").commit("One").commit("Two");
        history.branch("other").commit("Three");
    });
    // Tags of the one are no business of the other, whatever git is configured to push.
    from.git(["-c", "user.name=A", "-c", "user.email=a@b", "tag", "-a", "-m", "One", "v1", "master"]);
    sandbox.config("push.followTags", "true");
    row.passes(&variables, "nothing -> ");
    assert_eq!(to.refs().into_iter().collect::<Vec<_>>(), [("refs/heads/master".to_owned(), from.tip("master"))]);
    row.passes(&variables, "already");

    from.build(|history| {
        history.existing("master").commit("Three").commit("Four");
    });
    let before = to.tip("master");
    row.passes(&variables, &format!("{before} -> {}", from.tip("master")));
    assert_eq!(to.subjects("master"), ["Four", "Three", "Two", "One"]);

    // What only the other side has is not thrown away.
    to.build(|history| {
        history.existing("master").commit("Theirs");
    });
    from.build(|history| {
        history.existing("master").commit("Ours");
    });
    row.fails(&variables, "nothing was pushed");
    assert_eq!(to.subjects("master")[0], "Theirs");
}

#[test]
fn the_source_of_core_is_left_where_it_is_by_mistakes() {
    let sandbox = Sandbox::new();
    let from = sandbox.bare("github");
    from.build(|history| {
        history.branch("master").commit("One");
    });
    let row = Row::new(&sandbox, "core-gh-lp-sync", &["4711"]);
    let from_url = from.url();
    let from = ("CORE_SYNC_FROM", from_url.as_str());
    row.fails(&[from], "CORE_SYNC_TO is not set");
    let run = row.fails(&[from, ("CORE_SYNC_TO", "https://me:hush@example.org/x")], "has a password in it");
    assert!(!run.stderr_text().contains("hush"), "{run}");
    let mut secrets = vec![];
    for url in ["https://me:hush@example.org/x", "https://hush@example.org/x", "ssh://git:hush@example.org/x"] {
        secrets.push(row.fails(&[from, ("CORE_SYNC_TO", url)], "CORE_SYNC_TO has a"));
        secrets.push(row.fails(&[("CORE_SYNC_FROM", url), ("CORE_SYNC_TO", &from_url)], "CORE_SYNC_FROM has a"));
    }
    let user = ("CORE_SYNC_TO", "hush@localhost:x");
    sandbox.program("ssh", "#!/bin/sh\nexit 1\n");
    secrets.push(row.fails(&[from, user], "cannot read localhost:x"));
    secrets.push(row.fails(&[("CORE_SYNC_FROM", user.1), user], "cannot clone master of localhost:x"));
    for run in secrets {
        assert!(!run.stderr_text().contains("hush") && !run.stdout_text().contains("hush"), "{run}");
    }
    let nowhere = format!("{from_url}-nowhere");
    row.fails(&[from, ("CORE_SYNC_TO", &nowhere)], "cannot read");
    row.fails(&[from, ("CORE_SYNC_TO", &nowhere), ("CORE_SYNC_BRANCH", "gone")], "cannot clone gone");
}

#[test]
fn snapd_is_mirrored_with_its_dependencies() {
    let sandbox = Sandbox::new();
    sandbox.program("go", GO);
    let (from, to) = (sandbox.bare("snapd"), sandbox.bare("snapd-vendor"));
    let row = Row::new(&sandbox, "snapd-vendor-sync", &["4711"]);
    let (from_url, to_url) = (from.url(), to.url());
    let variables = [("SNAPD_VENDOR_SYNC_FROM", from_url.as_str()), ("SNAPD_VENDOR_SYNC_TO", to_url.as_str())];
    from.build(|history| {
        let branch = history.branch("master").entry("100755", "get-deps.sh", GET_DEPS).file(".gitignore", IGNORED);
        branch.file("snapd.go", "package snapd\n").commit("One").commit("Two");
    });
    row.passes(&variables, "nothing -> ");
    let expected = [
        ".gitignore",
        "c-vendor/squashfuse/main.c",
        "get-deps.sh",
        "snapd.go",
        "vendor/dep/.gitignore",
        "vendor/dep/dep.go",
    ];
    assert_eq!(files(&to, "master"), expected);
    assert_eq!(to.git(["show", "master:.gitignore"]), "tags\n.coverage");
    let body = to.git(["log", "-1", "--format=%an: %b", "master"]);
    assert_eq!(body, format!("A Maintainer: Snapd-Commit: {}", from.tip("master")));
    row.passes(&variables, "already");
    assert_eq!(to.count("master"), 1);

    // A commit of theirs is built upon, and its files give way to what snapd has.
    to.build(|history| {
        history.existing("master").file("stray", "").commit("Theirs");
    });
    from.build(|history| {
        history.existing("master").file("new.go", "").commit("Three").commit("Four");
    });
    row.passes(&variables, &format!("with snapd {}", from.tip("master")));
    assert_eq!(to.subjects("master"), ["snapd with its dependencies", "Theirs", "snapd with its dependencies"]);
    assert!(files(&to, "master").contains(&"new.go".to_owned()));
    assert!(!files(&to, "master").contains(&"stray".to_owned()));
}

#[test]
fn snapd_without_its_dependencies_is_not_mirrored() {
    let sandbox = Sandbox::new();
    sandbox.program("go", GO);
    let (from, to) = (sandbox.bare("snapd"), sandbox.bare("snapd-vendor"));
    let row = Row::new(&sandbox, "snapd-vendor-sync", &["4711"]);
    let (from_url, to_url) = (from.url(), to.url());
    let variables = [("SNAPD_VENDOR_SYNC_FROM", from_url.as_str()), ("SNAPD_VENDOR_SYNC_TO", to_url.as_str())];
    from.build(|history| {
        history.branch("master").entry("100755", "get-deps.sh", "#!/bin/sh\n").commit("One");
    });
    row.fails(&variables, "has made no folder vendor");
    from.build(|history| {
        history.existing("master").entry("100755", "get-deps.sh", "#!/bin/sh\nexit 1\n").commit("Two");
    });
    row.fails(&variables, "get-deps.sh of snapd failed");
    row.fails(&variables[..1], "SNAPD_VENDOR_SYNC_TO is not set");
    let secret = "https://hush@example.org/x";
    for secret in [[variables[0], ("SNAPD_VENDOR_SYNC_TO", secret)], [("SNAPD_VENDOR_SYNC_FROM", secret), variables[1]]]
    {
        let run = row.fails(&secret, "has a user or a token in it");
        assert!(!run.stderr_text().contains("hush"), "{run}");
    }
    sandbox.unset_config("user.email");
    row.fails(&variables, "set user.name and user.email");
    assert!(to.refs().is_empty());
}

#[test]
fn core_that_passed_is_put_into_the_staging_store() {
    if !are_installed(&["curl", "jq"]) || !knows_sha3() {
        return;
    }
    for (entry, arch) in [("core-amd64-staging-sync", "amd64"), ("core-i386-staging-sync", "i386")] {
        let sandbox = Sandbox::new();
        let (services, row) = store(&sandbox, entry, &["17300"]);
        services.publish("core", "edge", arch, 17300);
        services.publish("core", "beta", arch, 1);
        services.offer(Host::Store, "core", 17300, "the snap");
        let world = sandbox.path("world");
        let launch = |secret: &str| {
            let cmd = services.cmd(&row.clone, ["run", entry, "--workspace", sandbox.path("w").to_str().unwrap()]);
            cmd.env("WORLD", &world).env("SNAPCRAFT_STORE_CREDENTIALS", secret).run()
        };
        let run = launch("hush").report(contains("is in edge of the staging store").and(contains("hush").not()));
        assert!(run.stderr_text().contains("passed") || run.stdout_text().contains("passed"), "{run}");
        let text = |name: &str| fs::read_to_string(world.join(name)).unwrap();
        let args = text("args");
        assert_eq!(args.lines().take(2).collect::<Vec<_>>(), ["upload", "--release=edge"]);
        assert!(args.ends_with(&format!("/core_17300_{arch}.snap\n")), "{args}");
        assert_eq!(text("uploaded"), "the snap");
        let env = text("env");
        for (name, value) in [
            ("STORE_DASHBOARD_URL", services.url(Host::StagingDashboard)),
            ("STORE_API_URL", services.url(Host::StagingStore)),
            ("STORE_UPLOAD_URL", "https://storage.staging.snapcraftcontent.com".to_owned()),
            ("UBUNTU_ONE_SSO_URL", services.url(Host::StagingLogin)),
        ] {
            assert!(env.lines().any(|line| line == format!("{name}={value}")), "{name} in {env}");
        }

        // Once more, after the staging store has taken it.
        fs::remove_file(world.join("uploaded")).unwrap();
        services.offer(Host::StagingStore, "core", 17300, "the snap");
        launch("hush").report(contains("already").and(contains("passed")));
        launch("").exit(1).report(contains("SNAPCRAFT_STORE_CREDENTIALS is not set"));
        assert!(!world.join("uploaded").exists());
    }
}

#[test]
fn core_of_which_anything_is_wrong_is_not_put_into_the_staging_store() {
    if !are_installed(&["curl", "jq"]) || !knows_sha3() {
        return;
    }
    let sandbox = Sandbox::new();
    let (services, row) = store(&sandbox, "core-amd64-staging-sync", &["17300"]);
    services.publish("core", "edge", "amd64", 17300);
    let world = sandbox.path("world");
    let fails = |says: &str| {
        let cmd = services.cmd(&row.clone, ["run", row.entry, "--workspace", sandbox.path("w").to_str().unwrap()]);
        let run = cmd.env("WORLD", &world).env("SNAPCRAFT_STORE_CREDENTIALS", "hush").run();
        run.exit(1).report(contains(says))
    };
    fails("core has no download");
    services.fault(Host::Store, "info", Fault::Html);
    fails("cannot learn from");
    services.mend();
    services.offer(Host::Store, "core", 17300, "the snap");
    fs::write(world.join("refuses"), "").unwrap();
    fails("snapcraft could not put core 17300 into the staging store");
    fs::remove_file(world.join("refuses")).unwrap();
    services.tamper(Host::Store, "core", 17300);
    fails("the sha3-384 of core 17300 is");
    services.pad(Host::Store, "core", 17300, 1);
    fails("cannot download core 17300");
    let run = fails("curl: (63)");
    assert!(!format!("{run}").contains("hush"), "{run}");
    services.publish("core", "edge", "amd64", 17301);
    services.offer(Host::Store, "core", 17301, "the next snap");
    fails("edge has moved on to 17301");
    assert!(!world.join("uploaded").exists());
}

#[test]
fn both_architectures_are_synced_alike() {
    let entries = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/entries");
    let [amd64, i386] =
        ["amd64", "i386"].map(|arch| fs::read(entries.join(format!("core-{arch}-staging-sync/run-checks"))).unwrap());
    assert!(amd64 == i386, "the two files differ");
}

#[test]
fn what_has_changed_in_core_is_reported() {
    if !are_installed(&["curl", "jq"]) || !knows_sha3() {
        return;
    }
    let snap = |version: &str, libc: &str, files: &[&str]| {
        let listing = files.iter().map(|line| format!("{line}\n")).collect::<String>();
        format!("version: {version}\nii  libc6:amd64  {libc}  amd64  C\nii  bash  4  amd64  B\n{listing}")
    };
    let files = [
        "-rwxr-xr-x root/root    7 2026-11-01 10:00 squashfs-root/bin/a b",
        "-rw-r--r-- root/root    7 2026-11-01 10:00 squashfs-root/etc/gone",
        "crw-rw-rw- root/root 1, 3 2026-11-01 10:00 squashfs-root/dev/null",
        "-rwxr-xr-x root/root    9 2026-11-02 10:00 squashfs-root/bin/a b",
        "-rwsr-xr-x root/root    8 2026-11-02 10:00 squashfs-root/bin/new",
        "crw-rw-rw- root/root 1, 3 2026-11-02 10:00 squashfs-root/dev/null",
    ];
    let sandbox = Sandbox::new();
    let (services, row) = store(&sandbox, "snapd-analyze-build", &["17300", "17301"]);
    let run = || services.cmd(&row.clone, ["run", row.entry, "--workspace", sandbox.path("w").to_str().unwrap()]).run();
    services.publish("core", "edge", "amd64", 17301);
    services.offer(Host::Store, "core", 17301, &snap("16-2.62", "2.24", &files[3..]));
    run().report(contains("core 17301; there is nothing to compare it with").and(contains("passed")));

    services.offer(Host::Store, "core", 17300, &snap("16-2.61", "2.23", &files[..3]));
    let report = "\
core 17300 -> 17301
snap:
  ~ size  268 -> 267
  ~ version  16-2.61 -> 16-2.62
packages:
  ~ libc6:amd64  2.23 -> 2.24
files:
  ~ bin/a b  -rwxr-xr-x root/root 7 -> -rwxr-xr-x root/root 9
  + bin/new  -rwsr-xr-x root/root 8
  - etc/gone  -rw-r--r-- root/root 7
";
    run().report(contains(report).and(contains("passed")));

    // The store does not say any more what the older ones are.
    services.publish("core", "edge", "amd64", 17302);
    services.offer(Host::Store, "core", 17302, "the next snap");
    run().report(contains(report).and(contains("passed")));

    services.publish("core", "edge", "amd64", 17301);
    services.tamper(Host::Store, "core", 17301);
    run().exit(1).report(contains("the sha3-384 of core 17301 is"));
    services.pad(Host::Store, "core", 17301, 1);
    run().exit(1).report(contains("curl: (63)").and(contains("cannot download core 17301")));
    let password = services.url(Host::Store).replacen("://", "://joe:hush@", 1);
    let cmd = services.cmd(&row.clone, ["run", row.entry, "--workspace", sandbox.path("w").to_str().unwrap()]);
    services.fault(Host::Store, "info", Fault::NotFound);
    let run = cmd.env("SNAP_STORE_API", password).run().exit(1).report(contains("cannot ask "));
    assert!(!format!("{run}").contains("hush"), "{run}");
}

#[test]
fn a_report_that_lacks_anything_does_not_pass() {
    if !are_installed(&["curl", "jq"]) || !knows_sha3() {
        return;
    }
    let snap = "version: 16\nii  bash  4  amd64  B\n-rwxr-xr-x root/root 7 2026-11-01 10:00 squashfs-root/bin/a\n";
    let sandbox = Sandbox::new();
    let (services, row) = store(&sandbox, "snapd-analyze-build", &["17300", "17301"]);
    let fails = |says: &str| {
        let workspace = sandbox.path("w");
        let args = ["run", row.entry, "--workspace", workspace.to_str().unwrap()];
        let run = services.cmd(&row.clone, args).run().exit(1).report(contains(says));
        assert!(!format!("{run}").contains("nothing to compare"), "{run}");
    };
    services.publish("core", "edge", "amd64", 17301);
    services.offer(Host::Store, "core", 17301, snap);
    // The old one is there, but does not come.
    services.offer(Host::Store, "core", 17300, snap);
    services.fault(Host::Store, "_17300.snap", Fault::ServerError);
    fails("cannot download core 17300");
    services.mend();
    services.fault(Host::Store, "_17300.snap", Fault::Endless);
    fails("curl: (63)");
    services.mend();
    // Snaps in which something is missing.
    for line in 0..3 {
        let lacking = snap.lines().enumerate().filter(|(number, _)| *number != line);
        let lacking = lacking.map(|(_, line)| format!("{line}\n")).collect::<String>();
        services.offer(Host::Store, "core", 17301, snap);
        services.offer(Host::Store, "core", 17300, &lacking);
        fails("cannot unpack core 17300");
        services.offer(Host::Store, "core", 17301, &lacking);
        fails("cannot unpack core 17301");
    }
    // Programs that fail in the middle.
    services.offer(Host::Store, "core", 17300, snap);
    services.offer(Host::Store, "core", 17301, snap);
    for program in ["awk", "sed", "wc"] {
        sandbox.program(program, "#!/bin/sh\ncat\nexit 1\n");
        fails("cannot unpack core 17301");
        fs::remove_file(sandbox.path("bin").join(program)).unwrap();
    }
    sandbox.program("sort", "#!/bin/sh\nexit 1\n");
    fails("(17301) failed");
}
