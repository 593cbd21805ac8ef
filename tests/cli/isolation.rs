//! Isolated extractors: what they cannot do, what they still can, and how it is steered.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use predicates::str::contains;

use crate::support::{Sandbox, are_installed, is_installed, kernel_isolates, processes};

#[test]
fn each_attack_fails_alone_and_the_others_are_recorded() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) {
        return;
    }
    let home = sandbox.home();
    fs::write(home.join(".git-credentials"), "https://user:SECRET@example.org\n").unwrap();
    fs::write(home.join(".bashrc"), "").unwrap();
    fs::create_dir(home.join(".ssh")).unwrap();
    fs::write(home.join(".ssh/id"), "SECRET").unwrap();
    let socket = sandbox.path("world/socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let (home, world) = (home.display().to_string(), sandbox.path("world").display().to_string());
    let clone = sandbox.path("clone").display().to_string();
    let reads = [
        ("credentials", format!("cat {home}/.git-credentials")),
        ("key", format!("cat {home}/.ssh/id")),
        ("config", format!("cat {clone}/.git/config")),
        ("environ", "tr '\\0' '\\n' < /proc/$PPID/environ".to_owned()),
        ("sibling", "cat ../*/* ../*.options".to_owned()),
        ("listing", "ls ..".to_owned()),
    ];
    // What they do shows in files; what they print does not matter.
    let writes = [
        ("hook", format!("echo evil > {clone}/.git/hooks/pre-push; echo 1")),
        ("setting", format!("echo evil >> {clone}/.git/config; echo 1")),
        ("head", format!("echo evil > {clone}/.git/refs/remotes/origin/HEAD; echo 1")),
        ("replace", format!("mkdir -p {clone}/.git/refs/replace; echo 1")),
        ("bashrc", format!("echo evil >> {home}/.bashrc; echo 1")),
        ("outside", format!("echo evil > {world}/evil; mv .. {world}/moved; echo 1")),
        ("modes", format!("chmod 0 .. {home}/.ssh; echo 1")),
        ("parent", "kill -9 $PPID; echo 1".to_owned()),
        ("detached", format!("(setsid sh -c 'echo evil > {world}/late' &) ; echo 1")),
        ("truncated", format!("perl -e 'truncate(\"{home}/.ssh/id\", 0)'; echo 1")),
    ];
    let doors = [
        (
            "socket",
            format!(
                "perl -MSocket -e 'socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die \"$!\"; connect($s, pack_sockaddr_un(\"{world}/socket\")) or die; print 1'"
            ),
        ),
        ("terminal", "echo x > /dev/tty".to_owned()),
    ];
    let (_remote, clone) = sandbox.project(|history| {
        for (name, extractor) in reads.iter().chain(&writes).chain(&doors) {
            history.resource(name, &format!("Attack {name}"), extractor);
        }
        for number in 0..20 {
            history.resource(&format!("good-{number}"), &format!("Good {number}"), "echo fine");
        }
    });
    let report = clone.cmd(["poll", "--isolation", "require", "--format", "json"]).run().exit(1).poll();
    for number in 0..20 {
        assert_eq!(report.resource(&format!("good-{number}")).new.as_deref(), Some("fine"));
    }
    for (name, _) in reads.iter().chain(&doors) {
        let attack = report.resource(name);
        assert_eq!((attack.new.as_deref(), attack.error.is_some()), (None, true), "{attack:#?}");
    }
    let denied = report.resource("credentials").error.clone().unwrap();
    assert!(denied.contains("spread-cron.extractorPath"), "{denied}");
    let home = sandbox.home();
    assert_eq!(fs::read_to_string(home.join(".bashrc")).unwrap(), "");
    assert_eq!(fs::read_to_string(home.join(".ssh/id")).unwrap(), "SECRET");
    assert_ne!(fs::metadata(home.join(".ssh")).unwrap().permissions().mode() & 0o700, 0);
    for evil in ["clone/.git/hooks/pre-push", "clone/.git/refs/replace", "world/evil", "world/moved", "world/late"] {
        assert!(!sandbox.path(evil).exists(), "{evil}");
    }
    assert!(!fs::read_to_string(sandbox.path("clone/.git/config")).unwrap().contains("evil"));
    // The next poll is as if nothing had been.
    let report = clone.cmd(["poll", "--isolation", "require", "--format", "json"]).run().exit(1).poll();
    assert_eq!(report.resource("good-7").new.as_deref(), Some("fine"));
}

#[test]
fn ordinary_extractors_work() {
    let sandbox = Sandbox::new();
    let programs = [
        ("substitution", "cat <(echo sub)", "sub", "bash"),
        ("temporary", "t=$(mktemp) && echo kept > \"$t\" && cat \"$t\"", "kept", "mktemp"),
        ("here", "cat <<< text", "text", "bash"),
        ("jq", "echo '{\"a\": 5}' | jq .a", "5", "jq"),
        ("devices", "echo gone > /dev/null; head -c 4 /dev/zero | wc -c", "4", "head"),
        ("home", "echo x > \"$HOME/file\" && cat ~/file", "x", "cat"),
        (
            "git",
            "git init -q new && git -C new -c user.name=a -c user.email=b commit -q --allow-empty -m x && git clone -q new other && git -C other rev-list --count HEAD",
            "1",
            "git",
        ),
        ("script", "printf 'echo run' > s; sh s", "run", "sh"),
        ("curl", "curl --version | head -1 | cut -d' ' -f1", "curl", "curl"),
    ];
    let (_remote, clone) = sandbox.project(|history| {
        for (name, extractor, ..) in &programs {
            history.resource(name, name, extractor);
        }
    });
    let report = clone.cmd(["poll", "--isolation", "auto", "--format", "json"]).run().poll();
    for (name, _, value, program) in programs {
        if is_installed(program) {
            assert_eq!(report.resource(name).new.as_deref(), Some(value), "{:?}", report.resource(name).error);
        }
    }
}

#[test]
fn a_path_can_be_allowed_and_isolation_turned_off() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) {
        return;
    }
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    let file = sandbox.path("elsewhere/value").display().to_string();
    fs::write(&file, "7\n").unwrap();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", &format!("cat {file}"));
        history.resource("temporary", "New", "echo 1 > /tmp/x");
    });
    // By default; and the key is named with the path. Lint knows before.
    let denied = clone.run(["poll", "--format", "json"]).exit(1).poll();
    let key = format!("git config --add spread-cron.extractorPath {file}");
    assert!(denied.resource("edge").failure().contains(&key), "{denied:#?}");
    assert!(denied.resource("temporary").failure().contains("$TMPDIR"), "{denied:#?}");
    let found = clone.run(["lint", "edge", "--format", "json"]).stdout_text();
    assert!(found.contains("out-of-reach") && found.contains(&key), "{found}");
    clone.git(["config", "--add", "spread-cron.extractorPath", &file]);
    clone.run(["poll", "edge", "--isolation", "require", "--dry-run"]).stdout(contains("→ 7"));
    assert!(!clone.run(["lint", "edge", "--format", "json"]).stdout_text().contains("out-of-reach"));
    clone.git(["config", "--unset", "spread-cron.extractorPath"]);
    clone.run(["poll", "edge", "--isolation", "none"]).stdout(contains("→ 7"));
    clone.git(["config", "spread-cron.isolation", "always"]);
    clone.run(["poll"]).exit(3).stderr(contains("expected auto, require or none"));
}

#[test]
fn a_resource_can_still_follow_another() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history
            .resource("first", "First", "echo 5")
            .state("First (5)")
            .commit("passed: First (5) [skip ci]\n\nSpread-Cron-Passed: 1");
        history.resource("second", "Second", "git spread-cron green first");
    });
    clone.git(["config", "http.extraHeader", "Authorization: SECRET"]);
    clone.run(["poll", "second", "--isolation", "auto"]).stdout(contains("→ 5"));
}

#[test]
fn the_document_says_what_was_enforced() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    let none = clone.cmd(["poll", "--isolation", "none", "--format", "json"]).run().stdout_text();
    assert!(none.contains("\"isolation\":{\"landlock_abi\":null,\"enforced\":[]}"), "{none}");
    if kernel_isolates(&sandbox) {
        let all = clone.cmd(["poll", "--isolation", "require", "--format", "json"]).run().stdout_text();
        assert!(all.contains("\"enforced\":[\"read\",\"write\",\"truncate\""), "{all}");
    }
}

#[test]
fn the_kernel_has_no_other_doors() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) || !are_installed(&["perl", "prlimit", "unshare"]) {
        return;
    }
    let socket = |family: u32, kind: u32, protocol: u32| format!("socket(my $s, {family}, {kind}, {protocol})");
    let perl = |call: &str| format!("perl -e 'print {call} ? \"open\" : \"$!\"'");
    let finit_module = if cfg!(target_arch = "x86_64") { 313 } else { 273 };
    // What each call says where it is not refused, if it is not `open`, is another reason.
    let doors = [
        ("unix", perl(&socket(1, 1, 0))),
        ("vsock", perl(&socket(40, 1, 0))),
        ("bluetooth", perl(&socket(31, 3, 0))),
        ("uevents", perl(&socket(16, 2, 15))),
        ("pair", perl("socketpair(my $a, my $b, 1, 2, 0)")),
        ("raw-pair", perl("socketpair(my $a, my $b, 1, 3, 0)")),
        ("typing", perl("ioctl(STDERR, 0x5412, my $x = \"x\")")),
        ("console", perl("ioctl(STDERR, 0x541C, my $x = \"x\")")),
        ("priority", perl("setpriority(0, getppid(), 19)")),
        ("shared-memory", perl("shmget(4711, 4096, 01666)")),
        ("messages", perl("msgget(4711, 01666)")),
        ("modules", perl(&format!("0 == syscall({finit_module}, -1, my $x = \"\", 0)"))),
    ];
    let open = [
        ("stream-pair", perl("socketpair(my $a, my $b, 1, 1, 0)")),
        ("internet", perl(&socket(2, 1, 0))),
        ("routes", perl(&socket(16, 3, 0))),
    ];
    let programs = [
        ("limits", "(prlimit --pid $PPID --nofile=1:1 2>&1 || true) | grep -o 'Permission denied' || true".to_owned()),
        ("namespace", "(unshare --user true 2>&1 || true) | grep -o 'Permission denied' || true".to_owned()),
        ("times", "touch -d 1970-01-01 /etc/hostname 2> /dev/null; echo done".to_owned()),
        ("fifo", "mkfifo -m 0 left; mkdir -p a/b; ln -s / a/b/root; ln left hard 2> /dev/null; echo done".to_owned()),
        ("long", "touch $(printf 'x%.0s' $(seq 255)) && echo done".to_owned()),
        (
            "processes",
            "(cat /proc/[0-9]*/cmdline /proc/[0-9]*/root/etc/hostname 2> /dev/null || true) | wc -c".to_owned(),
        ),
    ];
    let (_remote, clone) = sandbox.project(|history| {
        for (name, extractor) in doors.iter().chain(&open).chain(&programs) {
            history.resource(name, name, extractor);
        }
    });
    let modified = fs::metadata("/etc/hostname").and_then(|file| file.modified()).ok();
    let report = clone.cmd(["poll", "--isolation", "require", "--format", "json"]).run().poll();
    let value =
        |name: &str| report.resource(name).new.clone().unwrap_or_else(|| format!("{:?}", report.resource(name)));
    for (name, _) in &doors {
        assert_eq!(value(name), "Permission denied", "{name}");
    }
    for (name, _) in &open {
        assert_eq!(value(name), "open", "{name}");
    }
    for (name, expected) in [
        ("limits", "Permission denied"),
        ("namespace", "Permission denied"),
        ("times", "done"),
        ("fifo", "done"),
        ("long", "done"),
        ("processes", "0"),
    ] {
        assert_eq!(value(name), expected, "{name}");
    }
    assert_eq!(fs::metadata("/etc/hostname").and_then(|file| file.modified()).ok(), modified);
    sandbox.assert_no_litter();
}

#[test]
fn files_that_the_poll_inherited_are_not_passed_on() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) {
        return;
    }
    let secret = sandbox.home().join(".git-credentials");
    fs::write(&secret, "https://user:SECRET@example.org\n").unwrap();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "cat <&7");
    });
    let mut poll = sandbox.command("bash", clone.path());
    poll.args(["-c", "exec 7< \"$1\"; exec git-spread-cron poll --format json", "bash"]).arg(&secret);
    let output = poll.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("SECRET") && said.contains("Bad file descriptor"), "{said}");
}

#[test]
fn what_uses_too_much_is_ended_alone() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) || !are_installed(&["perl", "fallocate", "setsid"]) {
        return;
    }
    let many = "i=0; while [ $i -lt 600 ]; do sleep 300 & i=$((i+1)); done; wait";
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("processes", "New", many);
        history.resource("sessions", "New", &format!("setsid sh -c '{many}' & wait"));
        history.resource("memory", "New", "perl -e '$x = \"x\" x (1100 << 20); sleep 300'");
        history.resource("disk", "New", "fallocate -l 600M a; fallocate -l 600M b; sleep 300");
        history.resource("many-files", "New", "seq 10000 | xargs touch && ls | wc -l");
        history.resource("good", "New", "echo fine");
    });
    let report = clone.cmd(["poll", "--format", "json"]).run().exit(1).poll();
    for (name, expected) in [
        ("processes", "had more than 512 processes"),
        ("sessions", "had more than 512 processes"),
        ("memory", "used more than 1024 MiB of memory"),
        ("disk", "wrote more than 1024 MiB"),
    ] {
        let error = report.resource(name).failure();
        assert!(error.contains(expected), "{name}: {error}");
    }
    assert_eq!(report.resource("many-files").new.as_deref(), Some("10000"));
    assert_eq!(report.resource("good").new.as_deref(), Some("fine"));
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
}

#[test]
fn options_can_do_without_the_network() {
    let sandbox = Sandbox::new();
    if !kernel_isolates(&sandbox) || !are_installed(&["perl"]) {
        return;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let call = format!("exec 3<>/dev/tcp/127.0.0.1/{} && echo reached", listener.local_addr().unwrap().port());
    let options = |line: &str| format!("{line}\nmessage=New\npattern_extractor={}\n", shell_words::quote(&call));
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("open").options(options(""));
        history.branch("closed").options(options("network=none"));
        history.branch("computed").options(options("network=$(echo none)"));
        history.branch("wrong").options(options("network=lan"));
    });
    let report = clone.cmd(["poll", "--format", "json"]).run().exit(1).poll();
    assert_eq!(report.resource("open").new.as_deref(), Some("reached"));
    for name in ["closed", "computed"] {
        assert!(report.resource(name).failure().contains("Permission denied"), "{report:#?}");
    }
    let wrong = "network is \"lan\"; it has to be \"none\", or be left out";
    assert_eq!(report.resource("wrong").failure(), wrong);
    let found = clone.run(["lint", "wrong", "--format", "json"]).exit(1).stdout_text();
    assert!(found.contains("bad-value"), "{found}");
}
