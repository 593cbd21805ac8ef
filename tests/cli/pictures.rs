//! The pictures in README.md: real output, drawn as it looks on a terminal.

use std::fs;
use std::path::Path;

use crate::support::Sandbox;

/// Compares a picture with the one in `docs/images`, or writes it.
fn check(name: &str, screen: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images").join(name);
    let drawn = anstyle_svg::Term::new().render_svg(screen) + "\n";
    if std::env::var_os("UPDATE_GENERATED").is_some_and(|value| value == "1") {
        fs::write(&path, drawn).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == drawn,
        "{name} is not what is printed; run: UPDATE_GENERATED=1 cargo test --test cli pictures"
    );
}

#[test]
fn a_poll_and_what_it_records() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let passed = "passed: New amd64 core22 snap in edge channel (2135) [skip ci]\n\nSpread-Cron-Passed: 214";
        let core = "New amd64 core22 snap in edge channel";
        history
            .resource("core22-edge", core, "echo 2140")
            .at(1_795_689_600)
            .state(&format!("{core} (2135)"))
            .commit(passed);
        history.resource("nightly", "Nightly", "echo 2026-11-28").at(1_795_824_600).state("Nightly (2026-11-28)");
        history.resource("noble-proposed", "New snapd in noble-proposed", "echo 2.71+24.04");
    });
    let mut screen = String::new();
    for command in ["poll", "status"] {
        let args = [command, "--color", "always"];
        let date = "2026-11-28T12:00:00Z";
        let run = clone.cmd(args).env("GIT_AUTHOR_DATE", date).env("GIT_COMMITTER_DATE", date).run();
        screen += &format!("\u{1b}[2m$\u{1b}[0m git spread-cron {command}\n{}\n", run.stdout_text());
    }
    check("poll.svg", screen.trim_end());
}
