//! The daemon of the snap, with a stand-in for snapctl.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Gate, Repo, Sandbox, kernel_isolates, processes, quoted};

const SNAPCTL: &str = "#!/bin/sh\ncat \"$SNAP_COMMON/../$2\" 2> /dev/null || true\n";

struct Snap<'a> {
    sandbox: &'a Sandbox,
}

impl<'a> Snap<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        for folder in ["common", "snap/bin"] {
            fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        let local = Path::new(env!("CARGO_MANIFEST_DIR")).join("snap/local/bin");
        for file in fs::read_dir(local).unwrap() {
            let path = file.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            sandbox.script(&format!("snap/bin/{}", path.file_name().unwrap().to_str().unwrap()), &text);
        }
        let product = assert_cmd::cargo::cargo_bin!("git-spread-cron");
        std::os::unix::fs::symlink(product, sandbox.path("snap/bin/git-spread-cron")).unwrap();
        sandbox.program("snapctl", SNAPCTL);
        fs::write(sandbox.path("interval"), "1h").unwrap();
        fs::write(sandbox.path("username"), "watcher").unwrap();
        Snap { sandbox }
    }

    /// The daemon. Root in a snap cannot signal others, nor write to their files or change the mode of those.
    fn command(&self) -> Command {
        let daemon = self.sandbox.path("snap/bin/cron");
        let mut command = if is_root() {
            let mut command = self.sandbox.command("setpriv", self.sandbox.path("."));
            command.args(["--bounding-set=-kill,-dac_override,-dac_read_search,-fowner", "--inh-caps=-all", "--"]);
            command.arg(daemon);
            command
        } else {
            self.sandbox.command(daemon, self.sandbox.path("."))
        };
        command.env("SNAP", self.sandbox.path("snap")).env("SNAP_COMMON", self.sandbox.path("common"));
        command.env("SNAP_INSTANCE_NAME", "spread-cron");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn set(&self, key: &str, value: &str) {
        fs::write(self.sandbox.path(key), value).unwrap();
    }

    /// Starts the daemon, waits until it has pushed to this repository, and ends it.
    fn poll(&self, remote: &Repo<'_>) -> String {
        let pushed = Gate::new(self.sandbox, "pushed");
        let hook = remote.path().join("hooks/post-receive");
        fs::write(&hook, format!("#!/bin/sh\n{}\n", pushed.pass())).unwrap();
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        self.set("repository", &format!("file://{}", remote.path().display()));
        let daemon = self.command().spawn().unwrap();
        pushed.await_one();
        fs::remove_file(self.sandbox.path("pushed")).unwrap();
        end(daemon)
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Asks a daemon to end, and gives what it said.
#[track_caller]
fn end(daemon: Child) -> String {
    kill_process(Pid::from_child(&daemon), Signal::TERM).unwrap();
    let output = daemon.wait_with_output().unwrap();
    // A poll that is under way ends with 130, and one that waits for the next with 0.
    assert!(matches!(output.status.code(), Some(0 | 130)), "{output:?}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn without_a_repository_it_says_what_to_set() {
    let sandbox = Sandbox::new();
    let output = Snap::new(&sandbox).command().output().unwrap();
    assert!(output.status.success());
    let say = "snap set spread-cron repository=https://HOST/OWNER/NAME username=USER password=\"$(cat FILE)\"\n";
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.ends_with(say), "{said}");
}

#[test]
fn changes_are_recorded_in_the_name_of_the_configured_user() {
    let sandbox = Sandbox::new();
    let snap = Snap::new(&sandbox);
    let (remote, _) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 2").state("New snap (1)");
    });
    let said = snap.poll(&remote);
    assert!(said.contains("1 → 2"), "{said}");
    assert_eq!(remote.git(["log", "-1", "--format=%s|%an|%cn", "edge"]), "New snap (2)|watcher|watcher");
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
}

#[test]
fn another_repository_takes_the_place_of_the_clone() {
    let sandbox = Sandbox::new();
    let snap = Snap::new(&sandbox);
    for name in ["one", "two"] {
        let remote = sandbox.bare(name);
        remote.build(|history| {
            history.main();
            history.resource(name, "New snap", "echo 1");
        });
        snap.poll(&remote);
        assert_eq!(remote.subjects(name)[0], "New snap (1)");
        let clone = sandbox.repo("common/repository");
        assert_eq!(clone.git(["remote", "get-url", "origin"]), format!("file://{}", remote.path().display()));
        // The same repository again: the same clone.
        fs::write(clone.path().join(name), "").unwrap();
        remote.git(["update-ref", &format!("refs/heads/{name}"), &format!("{name}^")]);
        snap.poll(&remote);
        assert!(clone.path().join(name).exists());
    }
    assert!(!sandbox.path("common/repository/one").exists());
    assert_eq!(fs::read_dir(sandbox.path("common")).unwrap().count(), 1, "nothing but the clone is left");
}

#[test]
fn a_clone_that_takes_long_can_be_ended() {
    let sandbox = Sandbox::new();
    let snap = Snap::new(&sandbox);
    let cloning = Gate::new(&sandbox, "cloning");
    sandbox.git_wrapper(&format!("[[ $1 != clone ]] || {{ {}; exec sleep 1000; }}", cloning.pass()));
    snap.set("repository", "file:///nowhere");
    let daemon = snap.command().spawn().unwrap();
    cloning.await_one();
    end(daemon);
    processes::assert_none_left(&sandbox);
    assert!(!sandbox.path("common/repository").exists());
}

#[test]
fn extractors_reach_neither_the_credential_nor_the_clone() {
    let sandbox = Sandbox::new();
    let snap = Snap::new(&sandbox);
    if !kernel_isolates(&sandbox) {
        return;
    }
    let credentials = sandbox.path("common/credentials");
    fs::write(&credentials, "https://me:secret@example.org").unwrap();
    let credentials = quoted(credentials);
    let clone = quoted(sandbox.path("common/repository"));
    let (remote, _) = sandbox.project(|history| {
        history.resource("credential", "C", &format!("cat {credentials} 2> /dev/null || echo kept"));
        let poll = "for id in /proc/[0-9]*; do cat $id/environ 2> /dev/null; done | grep -ac SNAP_COMMON=";
        history.resource("memory", "M", &format!("{poll} || true"));
        history.resource("write", "W", &format!("{{ echo x > {clone}/evil; }} 2> /dev/null || echo kept"));
        history.resource("files", "F", "mkdir -p a/b ~/c && echo x > a/b/x && cat a/b/x && chmod 0 a/b a c");
        history
            .branch("tree")
            .file("script", "echo from the tree")
            .options("message=T\ntree=true\npattern_extractor='sh script && echo more >> script && rm script'\n");
        history.resource(
            "view",
            "V",
            "git --git-dir \"$SPREAD_CRON_GIT_DIR\" log -1 --format=%s refs/remotes/origin/main",
        );
        history.resource("status", "S", "exit 3");
    });
    let said = snap.poll(&remote);
    let subject = |branch| remote.subjects(branch)[0].clone();
    assert_eq!(subject("credential"), "C (kept)", "{said}");
    assert_eq!(subject("memory"), "M (0)");
    assert_eq!(subject("write"), "W (kept)");
    assert_eq!(subject("files"), "F (x)");
    assert_eq!(subject("tree"), "T (from the tree)");
    assert_eq!(subject("view"), "V (Begin)");
    assert!(said.contains("status") && said.contains("3"), "{said}");
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
}

#[test]
fn a_kernel_that_cannot_isolate_is_refused_unless_the_administrator_allows_it() {
    let sandbox = Sandbox::new();
    let snap = Snap::new(&sandbox);
    let asked = sandbox.path("asked");
    fs::remove_file(sandbox.path("snap/bin/git-spread-cron")).unwrap();
    sandbox.script("snap/bin/git-spread-cron", &format!("#!/bin/sh\necho \"$*\" > {}\n", quoted(&asked)));
    let remote = sandbox.bare("remote");
    snap.set("repository", &format!("file://{}", remote.path().display()));
    for (set, expected) in [("", "--isolation require"), ("auto", "--isolation auto")] {
        snap.set("isolation", set);
        assert!(snap.command().status().unwrap().success());
        let asked = fs::read_to_string(&asked).unwrap();
        assert!(asked.contains(expected), "{asked}");
    }
}

#[test]
fn extractors_keep_to_their_limits() {
    let sandbox = Sandbox::new();
    let snap = Snap::new(&sandbox);
    let (remote, _) = sandbox.project(|history| {
        let limited =
            |extractor: &str| format!("message=M\ntimeout=1\npattern_extractor={}\n", shell_words::quote(extractor));
        history.branch("deaf").options(limited("trap '' TERM; sleep 1000 & sleep 1000; sleep 1000"));
        history.branch("polite").options(limited("trap 'echo bye >&2; exit 4' TERM; sleep 1000 & wait"));
        history.resource("background", "B", "sleep 1000 & echo 1");
        history.resource("loud", "L", "yes");
    });
    let said = snap.poll(&remote);
    assert_eq!(remote.subjects("background")[0], "B (1)");
    for name in ["deaf", "polite", "loud"] {
        assert!(said.contains(name), "{name} is not in {said}");
    }
    assert!(said.contains("bye"), "{said}");
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
}
