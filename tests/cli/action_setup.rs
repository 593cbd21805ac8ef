//! `action/setup`: its one step, run as the runner does, with stand-ins for curl, uname and cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::Sandbox;

/// A curl that notes down its arguments and copies the file that the test has put there as the release.
const CURL: &str = r#"#!/bin/bash
printf '%s\n' "$@" > "$WORLD/asked"
for argument; do
    [[ $previous != --output ]] || output=$argument
    previous=$argument
done
[[ -e $WORLD/release ]] || { echo 'curl: (22) The requested URL returned error: 404' >&2; exit 22; }
cp "$WORLD/release" "$output"
"#;

/// A uname that says what the test wrote down.
const UNAME: &str = r#"#!/bin/sh
cat "$WORLD/uname$1"
"#;

/// Does what `cargo install --path TREE --root ROOT` does to ROOT.
const CARGO: &str = r#"#!/bin/bash
printf '%s\n' "$PWD" "$CARGO_TARGET_DIR" "$@" > "$WORLD/cargo"
mkdir -p "$CARGO_TARGET_DIR"
while [[ $1 != --root ]]; do shift; done
mkdir -p "$2/bin"
cp "$WORLD/program" "$2/bin/git-spread-cron"
"#;

const PROGRAM: &str = "#!/bin/sh\necho git-spread-cron 1.2.3\n";

const MUSL: &str = "x86_64-unknown-linux-musl";

/// A job with the action in a tree of its own, so that a test can write its table.
struct Job {
    sandbox: Sandbox,
}

/// What came of the step.
#[derive(Debug)]
struct Step {
    works: bool,
    log: String,
    outputs: String,
    path: String,
}

impl Job {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
        for folder in ["tree/action/setup", "tree/man", "tree/completions", "runner", "workspace"] {
            fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        for file in ["action/setup/setup.sh", "action/setup/checksums"] {
            fs::copy(tree.join(file), sandbox.path("tree").join(file)).unwrap();
        }
        let job = Job { sandbox };
        job.add_pages("tree");
        job.sandbox.program("curl", CURL);
        job.sandbox.program("uname", UNAME);
        job.sandbox.program("cargo", CARGO);
        job.sandbox.script("world/program", PROGRAM);
        job.on("Linux", "x86_64");
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    fn add_pages(&self, tree: &str) {
        for (file, text) in [
            ("Cargo.toml", "[package]\nversion = \"1.2.3\"\n"),
            ("man/git-spread-cron.1", ".TH"),
            ("completions/git-spread-cron.bash", "bash"),
            ("completions/_git-spread-cron", "zsh"),
            ("completions/git-spread-cron.fish", "fish"),
        ] {
            let path = self.path(tree).join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    fn on(&self, system: &str, machine: &str) {
        fs::write(self.path("world/uname-s"), system).unwrap();
        fs::write(self.path("world/uname-m"), machine).unwrap();
    }

    /// Makes the archive that curl finds, and gives its checksum.
    fn release(&self, version: &str, target: &str, program: &str) -> String {
        let name = format!("git-spread-cron-{version}-{target}");
        self.add_pages(&format!("world/{name}"));
        self.sandbox.script(&format!("world/{name}/git-spread-cron"), program);
        let tar = |args: &[&str]| assert!(Command::new("tar").args(args).status().unwrap().success());
        let (archive, world) = (self.path("world/release"), self.path("world"));
        tar(&["-czf", archive.to_str().unwrap(), "-C", world.to_str().unwrap(), &name]);
        let sum = "if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi < \"$0\"";
        let sum = Command::new("sh").args(["-c", sum]).arg(archive).output().unwrap();
        String::from_utf8(sum.stdout).unwrap()[..64].to_owned()
    }

    fn table(&self, lines: &str) {
        fs::write(self.path("tree/action/setup/checksums"), format!("# a comment\n{lines}")).unwrap();
    }

    /// Runs the steps with these inputs; the others have their defaults. What was built before is still there.
    fn run(&self, inputs: &[(&str, &str)]) -> Step {
        let plan = self.step("plan", inputs);
        if !plan.works {
            return plan;
        }
        let install = self.step("install", inputs);
        Step { log: plan.log + &install.log, ..install }
    }

    /// Runs one of the two steps that are scripts.
    fn step(&self, name: &str, inputs: &[(&str, &str)]) -> Step {
        let action = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action/setup/action.yml")).unwrap();
        let mut scripts = action.lines().filter_map(|line| line.trim().strip_prefix("run: "));
        fs::write(self.path("runner/step.sh"), scripts.find(|script| script.ends_with(name)).unwrap()).unwrap();
        let mut command = self.sandbox.command("bash", self.path("workspace"));
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(self.path("runner/step.sh"));
        command.env("VERSION", "").env("BIN", "").env("FROM_SOURCE", "false").env("WORLD", self.path("world"));
        command.env("REPOSITORY", "their/tools").env("BUILT", self.path("runner/temp/spread-cron/built"));
        command.env("GITHUB_SERVER_URL", "https://example.org").env("GITHUB_REPOSITORY", "o/r");
        command.env("GITHUB_ACTION_PATH", self.path("tree/action/setup")).env("RUNNER_TEMP", self.path("runner/temp"));
        for file in ["GITHUB_OUTPUT", "GITHUB_PATH"] {
            fs::write(self.path("runner").join(file), "").unwrap();
            command.env(file, self.path("runner").join(file));
        }
        let output = command.envs(inputs.iter().copied()).output().unwrap();
        let read = |file| fs::read_to_string(self.path("runner").join(file)).unwrap();
        let log = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        Step { works: output.status.success(), log, outputs: read("GITHUB_OUTPUT"), path: read("GITHUB_PATH") }
    }

    /// Asserts that the program and its pages can be found, and nothing else was left.
    #[track_caller]
    fn assert_installed(&self, step: &Step) {
        assert!(step.works, "{}", step.log);
        let bin = self.path("runner/temp/spread-cron/setup/bin");
        assert_eq!(step.path, format!("{}\n", bin.display()));
        assert_eq!(step.outputs, format!("version=1.2.3\npath={}/git-spread-cron\n", bin.display()));
        let said = Command::new(bin.join("git-spread-cron")).arg("--version").output().unwrap();
        assert_eq!(said.stdout, b"git-spread-cron 1.2.3\n");
        assert_eq!(self.left().last().map(String::as_str), Some("setup"));
        assert!(self.left().iter().all(|name| ["built", "setup"].contains(&name.as_str())), "{:?}", self.left());
    }

    #[track_caller]
    fn assert_has_pages(&self) {
        for file in [
            "man/man1/git-spread-cron.1",
            "bash-completion/completions/git-spread-cron",
            "zsh/site-functions/_git-spread-cron",
            "fish/vendor_completions.d/git-spread-cron.fish",
        ] {
            assert!(self.path("runner/temp/spread-cron/setup/share").join(file).is_file(), "{file}");
        }
    }

    /// Asserts that the step failed with a message that holds all of these, and that nothing was installed.
    #[track_caller]
    fn assert_refused(&self, step: &Step, parts: &[&str]) {
        assert!(!step.works, "{}", step.log);
        let error = step.log.lines().find(|line| line.starts_with("::error title=Cannot install git-spread-cron::"));
        let error = error.unwrap_or_else(|| panic!("no annotation in {}", step.log));
        for part in parts {
            assert!(error.contains(part), "{part:?} is not in {error}");
        }
        assert_eq!((step.path.as_str(), step.outputs.as_str()), ("", ""));
        assert_eq!(self.left(), [""; 0]);
    }

    fn left(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("runner/temp/spread-cron")).into_iter().flatten();
        let mut left: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        left
    }
}

#[test]
fn the_newest_release_of_the_table_is_installed() {
    let job = Job::new();
    let sum = job.release("1.2.3", MUSL, PROGRAM);
    let other = "0".repeat(64);
    job.table(&format!("1.2.0 {MUSL} {other}\n1.2.3 {MUSL} {sum}\n1.2.3 aarch64-apple-darwin {other}\n"));
    for inputs in [&[][..], &[("VERSION", "1.2.3")], &[("VERSION", "v1.2.3")]] {
        let step = job.run(inputs);
        job.assert_installed(&step);
        job.assert_has_pages();
    }
    let asked = fs::read_to_string(job.path("world/asked")).unwrap();
    let url = |repository: &str| {
        format!("https://example.org/{repository}/releases/download/v1.2.3/git-spread-cron-1.2.3-{MUSL}.tar.gz")
    };
    assert_eq!(asked.lines().last(), Some(&*url("their/tools")));
    for option in ["--proto\n=https\n", "--tlsv1.2\n", "--fail\n", "--retry\n"] {
        assert!(asked.contains(option), "{option:?} is not in {asked}");
    }
}

#[test]
fn a_release_is_that_of_the_repository_of_the_action() {
    let job = Job::new();
    let sum = job.release("1.2.3", MUSL, PROGRAM);
    let unpacked = job.path("_actions/their/tools/v1/action/setup");
    for (repository, path, expected) in [("a/b", None, "a/b"), ("", Some(&unpacked), "their/tools"), ("", None, "o/r")]
    {
        job.table(&format!("1.2.3 {MUSL} {sum}\n"));
        let mut inputs = vec![("REPOSITORY", repository)];
        if let Some(path) = path {
            fs::create_dir_all(path).unwrap();
            for file in ["setup.sh", "checksums"] {
                fs::copy(job.path("tree/action/setup").join(file), path.join(file)).unwrap();
            }
            inputs.push(("GITHUB_ACTION_PATH", path.to_str().unwrap()));
        }
        let step = job.run(&inputs);
        job.assert_installed(&step);
        let asked = fs::read_to_string(job.path("world/asked")).unwrap();
        assert!(asked.contains(&format!("https://example.org/{expected}/releases/download/v1.2.3/")), "{asked}");
    }
    for wrong in ["o", "o/r/s", "../r", "o/r?x", "o/r\nx"] {
        let step = job.step("plan", &[("REPOSITORY", wrong)]);
        assert!(!step.works && step.log.contains("is not OWNER/NAME"), "{wrong:?}: {}", step.log);
    }
}

#[test]
fn each_system_has_its_own_release() {
    for (system, machine, target) in [
        ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
        ("Darwin", "x86_64", "x86_64-apple-darwin"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
    ] {
        let job = Job::new();
        job.on(system, machine);
        let sum = job.release("1.2.3", target, PROGRAM);
        job.table(&format!("1.2.3 {target} {sum}\n"));
        job.assert_installed(&job.run(&[]));
    }
}

#[test]
fn what_is_not_the_release_is_not_used() {
    let job = Job::new();
    let sum = job.release("1.2.3", MUSL, PROGRAM);
    job.table(&format!("1.2.3 {MUSL} {sum}\n"));
    let release = job.path("world/release");
    let whole = fs::read(&release).unwrap();

    fs::write(&release, &whole[..whole.len() / 2]).unwrap();
    job.assert_refused(&job.run(&[]), &["another checksum"]);
    job.release("1.2.3", MUSL, "#!/bin/sh\necho git-spread-cron 1.2.3; echo changed\n");
    job.assert_refused(&job.run(&[]), &["another checksum"]);
    fs::remove_file(&release).unwrap();
    job.assert_refused(&job.run(&[]), &["cannot be downloaded"]);
    fs::write(&release, &whole).unwrap();
    job.assert_installed(&job.run(&[]));
}

#[test]
fn a_release_has_to_be_the_version_that_was_asked_for() {
    let job = Job::new();
    let sum = job.release("1.2.3", MUSL, "#!/bin/sh\necho git-spread-cron 1.2.2\n");
    job.table(&format!("1.2.3 {MUSL} {sum}\n"));
    job.assert_refused(&job.run(&[]), &["says that it is version 1.2.2"]);
}

#[test]
fn unknown_versions_and_systems_are_refused() {
    let job = Job::new();
    let sum = job.release("1.2.3", MUSL, PROGRAM);
    job.table(&format!("1.2.3 {MUSL} {sum}\n"));
    job.assert_refused(&job.run(&[("VERSION", "1.2.4")]), &["Version 1.2.4 is not in this action's table"]);
    job.assert_refused(&job.run(&[("VERSION", "1.2")]), &["Version 1.2 is not"]);
    job.assert_refused(&job.run(&[("VERSION", "1.2.3\n::notice::x%0A")]), &["1.2.3%0A::notice::x%250A"]);
    job.on("Linux", "riscv64");
    job.assert_refused(&job.run(&[("VERSION", "1.2.3")]), &["not built for riscv64-unknown-linux-musl", "bin:"]);
    for inputs in [&[][..], &[("FROM_SOURCE", "true")]] {
        job.on("MINGW64_NT-10.0-26100", "x86_64");
        job.assert_refused(&job.run(inputs), &["Windows", "Linux or macOS"]);
    }
    assert!(!job.path("world/asked").exists(), "nothing was downloaded");
}

#[test]
fn without_a_release_it_is_built_once() {
    let output = |step: &Step, name: &str| {
        let line = step.outputs.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {}", step.outputs)).to_owned()
    };
    for (table, system, why) in [
        ("", "x86_64", "There is no release of their/tools yet."),
        ("1.2.0 aarch64-apple-darwin 00\n", "riscv64", "Version 1.2.0 was not built for riscv64-unknown-linux-musl."),
    ] {
        let job = Job::new();
        job.table(table);
        job.on("Linux", system);
        let plan = job.step("plan", &[]);
        let notice = "::notice title=git-spread-cron is built from its source::";
        assert!(plan.log.contains(&format!("{notice}{why}")) && plan.log.contains("once"), "{}", plan.log);
        assert_eq!(output(&plan, "build"), "true");
        assert_eq!(Path::new(&output(&plan, "built")), job.path("runner/temp/spread-cron/built"));
        job.assert_installed(&job.step("install", &[]));
        job.assert_has_pages();
        fs::remove_file(job.path("world/cargo")).unwrap();
        // The cache brings the folder to the next job.
        let next = job.step("install", &[]);
        job.assert_installed(&next);
        assert!(next.log.contains("comes from the cache") && !job.path("world/cargo").exists(), "{}", next.log);
        // What came from there is not taken for what it is not.
        job.sandbox
            .script("runner/temp/spread-cron/built/bin/git-spread-cron", "#!/bin/sh\necho git-spread-cron 9.9.9\n");
        job.assert_installed(&job.step("install", &[]));
        assert!(job.path("world/cargo").exists());
        // The key stands for the source and for the machine.
        let key = output(&plan, "key");
        assert_eq!(output(&job.step("plan", &[]), "key"), key);
        fs::write(job.path("tree/src.rs"), "changed").unwrap();
        let changed = output(&job.step("plan", &[]), "key");
        job.on("Linux", "aarch64");
        assert!(changed != key && output(&job.step("plan", &[]), "key") != changed);
    }
    let job = Job::new();
    job.table("");
    job.assert_refused(&job.run(&[("VERSION", "0.1.0")]), &["no release of their/tools yet", "bin:"]);
    fs::remove_file(job.path("bin/cargo")).unwrap();
    let path = job.path("bin");
    let step = job.run(&[("PATH", &format!("{}:/usr/bin:/bin", path.display()))]);
    job.assert_refused(&step, &["no release of their/tools yet", "cargo is needed", "bin:"]);
}

#[test]
fn the_table_of_this_tree_is_well_formed() {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action/setup/checksums")).unwrap();
    let line =
        regex::Regex::new(r"^(#.*|\d+\.\d+\.\d+ (x86_64|aarch64)-(unknown-linux-musl|apple-darwin) [0-9a-f]{64})$");
    let line = line.unwrap();
    for text in table.lines() {
        assert!(line.is_match(text), "{text}");
    }
}

#[test]
fn a_ready_program_is_used_as_it_lies() {
    let job = Job::new();
    let elsewhere = job.sandbox.script("workspace/a program", PROGRAM);
    for path in [elsewhere.to_str().unwrap(), "a program", "./a program"] {
        job.assert_installed(&job.run(&[("BIN", path)]));
    }
    let job = Job::new();
    fs::write(job.path("workspace/text"), "").unwrap();
    for path in ["nothing", "text", "."] {
        job.assert_refused(&job.run(&[("BIN", path)]), &["bin: names no program", path]);
    }
    job.sandbox.script("workspace/other", "#!/bin/sh\necho 1.2.3; echo path=/evil\n");
    job.assert_refused(&job.run(&[("BIN", "other")]), &["not git-spread-cron", "1.2.3%0Apath=/evil"]);
    job.sandbox.script("workspace/broken", "#!/bin/sh\nexit 1\n");
    job.assert_refused(&job.run(&[("BIN", "broken")]), &["does not start"]);
}

#[test]
fn the_source_of_the_action_is_built() {
    let job = Job::new();
    job.assert_installed(&job.run(&[("FROM_SOURCE", "true")]));
    job.assert_has_pages();
    let cargo = fs::read_to_string(job.path("world/cargo")).unwrap();
    let lines: Vec<_> = cargo.lines().collect();
    let tree = job.path("tree").into_os_string().into_string().unwrap();
    assert_eq!(lines[0], tree);
    assert!(lines[1].starts_with(job.path("runner/temp").to_str().unwrap()), "{}", lines[1]);
    assert_eq!(lines[2..6], ["install", "--locked", "--path", &tree]);
}

#[test]
fn only_one_source_can_be_named() {
    let job = Job::new();
    for inputs in [
        [("BIN", "x"), ("FROM_SOURCE", "true")],
        [("VERSION", "1.2.3"), ("FROM_SOURCE", "true")],
        [("VERSION", "1.2.3"), ("BIN", "x")],
    ] {
        job.assert_refused(&job.run(&inputs), &["Only one of"]);
    }
    job.assert_refused(&job.run(&[("FROM_SOURCE", "yes")]), &["true or false"]);
}

#[test]
fn what_is_set_up_already_is_no_program_to_set_up() {
    let job = Job::new();
    job.assert_installed(&job.run(&[("FROM_SOURCE", "true")]));
    let own = job.path("runner/temp/spread-cron/setup/bin/git-spread-cron");
    let before = fs::read(&own).unwrap();
    let again = job.run(&[("BIN", own.to_str().unwrap())]);
    assert!(!again.works && again.log.contains("set up already"), "{}", again.log);
    assert_eq!(fs::read(&own).unwrap(), before);
}
