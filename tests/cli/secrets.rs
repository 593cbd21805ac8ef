//! An extractor is code from a branch: it must not find what the caller can see.
//!
//! Here without isolation, which hides far more: this is what holds where the system has none.

use std::fs;

use predicates::prelude::*;

use crate::support::{Cmd, Repo, Sandbox, quoted};

/// A resource whose options and extractor write down all they can see.
fn spy<'s>(sandbox: &'s Sandbox) -> Repo<'s> {
    let dump = |file: &str| {
        let file = quoted(sandbox.path(file));
        format!(
            "{{ env; echo \"home=$HOME\"; ls -A \"$HOME\" .; cat ~/.git-credentials ~/.gitconfig; pwd; cat; }} > {file} 2>&1"
        )
    };
    let (_remote, clone) = sandbox.project(|history| {
        let options = format!(
            "{}\nmessage=New\npattern_extractor={}\n",
            dump("seen-by-options"),
            shell_words::quote(&format!("{}; echo 6", dump("seen-by-extractor")))
        );
        history.branch("spy").options(options).state("New (5)");
    });
    fs::write(sandbox.home().join(".git-credentials"), "https://me:hunter2@example.org\n").unwrap();
    clone
}

fn with_secrets(cmd: Cmd<'_>) -> Cmd<'_> {
    cmd.env("GITHUB_TOKEN", "ghs_hunter2")
        .env("ACTIONS_RUNTIME_TOKEN", "hunter2")
        .env("SSH_AUTH_SOCK", "/run/hunter2.sock")
        .env("AWS_SECRET_ACCESS_KEY", "aws-hunter2")
        .env("HUNTER2", "1")
        .env("BASH_ENV", "/hunter2")
        .env("BASH_FUNC_hunter2%%", "() { :; }")
        .env("GIT_ASKPASS", "/bin/hunter2")
}

fn seen(sandbox: &Sandbox) -> String {
    ["seen-by-options", "seen-by-extractor"].map(|file| fs::read_to_string(sandbox.path(file)).unwrap()).concat()
}

#[test]
fn an_extractor_cannot_see_a_secret() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let clone = spy(&sandbox);
    with_secrets(clone.cmd(["poll"])).run().report(predicate::str::contains("5 → 6"));
    let seen = seen(&sandbox);
    assert!(!seen.to_lowercase().contains("hunter2"), "{seen}");
    assert!(!seen.contains("maintainer@example.org"), "{seen}");
    assert!(!seen.contains(sandbox.home().to_str().unwrap()), "{seen}");
    let of_git: Vec<&str> = seen.lines().filter(|line| line.starts_with("GIT_")).collect();
    let no_prompt = ["GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "GIT_SSH_COMMAND=ssh -o BatchMode=yes"];
    assert!(of_git.iter().all(|line| no_prompt.contains(line)), "{seen}");
}

#[test]
fn an_extractor_sees_what_it_needs() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let clone = spy(&sandbox);
    with_secrets(clone.cmd(["poll"]))
        .env("https_proxy", "http://proxy:3128")
        .env("NO_PROXY", "localhost")
        .env("SSL_CERT_FILE", "/etc/ca.pem")
        .env("LC_TIME", "C")
        .run()
        .report(predicate::always());
    let seen = fs::read_to_string(sandbox.path("seen-by-extractor")).unwrap();
    let lines: Vec<_> = seen.lines().collect();
    for expected in [
        "SPREAD_CRON_RESOURCE=spy",
        "SPREAD_CRON_OLD_VALUE=5",
        "LANG=C.UTF-8",
        "LC_TIME=C",
        "TZ=UTC",
        "https_proxy=http://proxy:3128",
        "NO_PROXY=localhost",
        "SSL_CERT_FILE=/etc/ca.pem",
    ] {
        assert!(lines.contains(&expected), "no {expected} in\n{seen}");
    }
    assert!(lines.iter().any(|line| line.starts_with("PATH=")), "{seen}");
    let home = lines.iter().find_map(|line| line.strip_prefix("home=")).unwrap();
    assert!(!home.is_empty() && !std::path::Path::new(home).exists(), "{home} should be gone by now");
    sandbox.assert_no_litter();
}

#[test]
fn only_variables_that_are_named_are_passed_on() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let clone = spy(&sandbox);
    clone.git(["config", "spread-cron.passEnv", "GITHUB_TOKEN"]);
    with_secrets(clone.cmd(["poll"])).run().report(predicate::always());
    let by_config = seen(&sandbox);
    assert!(by_config.contains("GITHUB_TOKEN=ghs_hunter2"), "{by_config}");
    assert!(!by_config.contains("aws-hunter2") && !by_config.contains("hunter2.sock"), "{by_config}");

    with_secrets(clone.cmd(["poll", "--dry-run", "--pass-env", "AWS_SECRET_ACCESS_KEY"]))
        .run()
        .report(predicate::always());
    let by_flag = seen(&sandbox);
    assert!(by_flag.contains("AWS_SECRET_ACCESS_KEY=aws-hunter2"), "{by_flag}");
    assert!(!by_flag.contains("hunter2.sock"), "{by_flag}");

    for several in ["A,B", "A B", "SNAP_*", ""] {
        clone.run(["poll", "--pass-env", several]).exit(2).stderr(predicate::str::contains("the name of one variable"));
    }
    clone.git(["config", "spread-cron.passEnv", "A B"]);
    clone.run(["poll"]).exit(3).stderr(predicate::str::contains("spread-cron.passEnv = \"A B\": expected the name of"));
}

#[test]
fn the_report_of_a_failure_does_not_repeat_the_environment() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "env >&2; exit 1");
    });
    let run = with_secrets(clone.cmd(["poll"])).run().exit(1).report(predicate::always());
    let text = run.stdout_text() + &run.stderr_text();
    assert!(!text.to_lowercase().contains("hunter2"), "{text}");
}

#[test]
fn a_first_value_has_no_old_value() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", "echo \"x${SPREAD_CRON_OLD_VALUE-unset}${SPREAD_CRON_OLD_VALUE}x\"");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    let new = poll.resource("a").new.as_deref();
    assert!(matches!(new, Some("xx" | "xunsetx")), "{new:?}");
}

/// As root, everything can be read; so a poll that root starts runs as another user.
#[cfg(target_os = "linux")]
#[test]
fn an_extractor_cannot_read_the_environment_of_its_poll() {
    let sandbox = Sandbox::new();
    sandbox.without_isolation();
    let secret = format!("only-the-poll-knows-{}", std::process::id());
    let seen = quoted(sandbox.path("seen"));
    let look =
        "cat /proc/$PPID/comm; stat --format='owner %u' /proc/$PPID/environ; cat /proc/[0-9]*/environ | tr '\\0' '\\n'";
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("spy", "New", &format!("{{ {look}; }} > {seen} 2>/dev/null; echo 6")).state("New (5)");
    });
    // The product may lie in a folder that other users cannot enter.
    let product = sandbox.path("bin/git-spread-cron");
    fs::copy(assert_cmd::cargo::cargo_bin!("git-spread-cron"), &product).unwrap();
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let root = rustix::process::geteuid().is_root();
    let mut command = match root {
        true => {
            let probe = sandbox.command("setpriv", clone.path()).args(nobody).arg("true").status();
            if !probe.is_ok_and(|status| status.success()) {
                eprintln!("SKIPPED: as root this needs setpriv, and to be allowed to become another user");
                return;
            }
            let given =
                sandbox.command("chown", clone.path()).args(["-R", "65534:65534"]).arg(sandbox.path("")).status();
            assert!(given.unwrap().success());
            let mut command = sandbox.command("setpriv", clone.path());
            command.args(nobody).arg(&product);
            command
        }
        false => sandbox.command(&product, clone.path()),
    };
    let output = command.arg("poll").env("GITHUB_TOKEN", &secret).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let seen = fs::read(sandbox.path("seen")).unwrap();
    let seen = String::from_utf8_lossy(&seen);
    let mut lines = seen.lines();
    assert_eq!((lines.next(), lines.next()), (Some("git-spread-cron"), Some("owner 0")), "{seen}");
    assert!(seen.contains("SPREAD_CRON_RESOURCE=spy"), "it could read nothing at all:\n{seen}");
    assert!(!seen.contains(&secret), "{seen}");
}
