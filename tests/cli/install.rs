//! `install.sh`, with a stand-in for cargo: nothing is built.

#![allow(clippy::unwrap_used, reason = "the lint spares test functions, but not what they call")]

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Does what `cargo install --root ROOT` and `cargo uninstall --root ROOT` do to the folder.
const CARGO: &str = r#"#!/bin/sh
set -eu
command=$1
while [ "$1" != --root ]; do shift; done
case $command in
    install) mkdir -p "$2/bin"; touch "$2/bin/git-spread-cron" ;;
    uninstall) rm "$2/bin/git-spread-cron" ;;
    *) exit 9 ;;
esac
"#;

struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cargo = folder.path().join("tools/cargo");
        std::fs::create_dir(folder.path().join("tools")).unwrap();
        std::fs::write(&cargo, CARGO).unwrap();
        std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
        Machine { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that finds the stand-in first, then `bin` below the root, then what the system has.
    fn command(&self, program: &str) -> Command {
        let system = std::env::var_os("PATH").unwrap();
        let system = std::env::split_paths(&system).collect::<Vec<_>>();
        let first = [self.path("tools"), self.path("a root/bin")];
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::join_paths(first.iter().chain(&system)).unwrap());
        command.env("HOME", self.path("home")).env("LC_ALL", "C").current_dir(self.folder.path());
        command
    }

    fn install(&self, arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
        self.command("sh").arg(script).args(arguments).output().unwrap()
    }

    /// All files below the root and the home, without the folder in front.
    fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.path("a root"), self.path("home")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        files
    }
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn everything_is_installed_and_removed_again() {
    let machine = Machine::new();
    let said = text(&machine.install(&["--root", "a root"]));
    let installed = machine.files();
    for file in [
        "a root/bin/git-spread-cron",
        "a root/share/man/man1/git-spread-cron.1",
        "a root/share/man/man1/git-spread-cron-poll.1",
        "a root/share/zsh/site-functions/_git-spread-cron",
        "home/.config/fish/completions/git-spread-cron.fish",
        "home/.local/share/bash-completion/completions/git-spread-cron",
    ] {
        assert!(installed.contains(file), "{file} is not in {installed:#?}");
    }
    assert!(said.contains("git spread-cron demo") && !said.contains("is not in your PATH"), "{said}");

    text(&machine.install(&["--root", "a root"]));
    assert_eq!(machine.files(), installed, "the second time changes nothing");

    text(&machine.install(&["--root", "a root", "--uninstall"]));
    assert_eq!(machine.files(), BTreeSet::new());
    text(&machine.install(&["--root", "a root", "--uninstall"]));
}

#[test]
fn the_usual_folders_are_found_and_a_missing_path_is_named() {
    let machine = Machine::new();
    let said = text(&machine.install(&[]));
    let bin = machine.path("home/.cargo/bin");
    assert!(bin.join("git-spread-cron").exists());
    assert!(said.contains(&format!("export PATH=\"{}:$PATH\"", bin.display())), "{said}");
}

#[test]
fn man_finds_the_pages_beside_the_program() {
    let machine = Machine::new();
    if machine.command("man").arg("--version").output().is_err() {
        // Not every machine has man; the check needs the real one.
        return;
    }
    text(&machine.install(&["--root", "a root"]));
    let found = text(&machine.command("man").args(["-w", "git-spread-cron"]).output().unwrap());
    assert_eq!(Path::new(found.trim()), machine.path("a root/share/man/man1/git-spread-cron.1"));
}

#[test]
fn an_unknown_argument_installs_nothing() {
    let machine = Machine::new();
    let output = machine.install(&["--prefix", "x"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("usage: "));
    assert_eq!(machine.files(), BTreeSet::new());
}
