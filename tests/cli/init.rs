//! `init`: the workflow file of a repository, which is written once and never over anything.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::runner::Hub;
use crate::support::{Sandbox, Snapshot};

const FILE: &str = ".github/workflows/spread-cron.yml";

#[test]
fn the_workflow_is_written_and_what_comes_next_is_said() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    fs::create_dir_all(repo.path().join("a/b")).unwrap();
    let printed = repo.run(["init", "--dry-run"]).stdout_text();
    assert!(!repo.path().join(".github").exists());
    let run = repo.cmd(["init"]).folder(repo.path().join("a/b")).run();
    let said = run.stderr_text();
    let path = repo.path().canonicalize().unwrap().join(FILE);
    assert!(said.lines().next().unwrap().contains(path.to_str().unwrap()), "{run}");
    assert!(
        said.contains("default branch") && said.contains("git spread-cron add") && said.contains("README"),
        "{run}"
    );
    assert!(said.contains("The layout is that of branches"), "{run}");
    assert_eq!(said.lines().count(), 5, "{run}");
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(written, printed);
    let version = format!("/.github/workflows/spread-cron.yml@v{}", env!("CARGO_PKG_VERSION"));
    assert!(written.contains(&version) && !written.contains("@USES@"), "{written}");
    assert!(written.contains("schedule:") && !written.contains('\r'), "{written}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");
    assert_eq!(repo.git(["status", "--porcelain"]), "?? .github/");
}

#[test]
fn the_same_file_is_left_and_another_is_not_overwritten() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    repo.run(["init"]).stderr(contains("Wrote "));
    let before = Snapshot::of(&repo, None);
    repo.run(["init"]).stderr(contains("is there already"));
    before.assert_unchanged(&repo, None);
    let path = repo.path().join(FILE);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace('\n', "\r\n")).unwrap();
    repo.run(["init"]).stderr(contains("is there already"));
    fs::write(&path, text + "# mine\n").unwrap();
    let before = Snapshot::of(&repo, None);
    repo.run(["init"]).exit(3).stderr(contains("is not overwritten").and(contains("init --dry-run")));
    before.assert_unchanged(&repo, None);
    repo.run(["init", "-n"]).stdout(contains("schedule:"));
}

#[test]
fn the_file_calls_what_hosts_the_actions_and_remembers_it() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    let called = |address: &str| format!("uses: {address} # zizmor");
    let version = format!("my-team/tools/.github/workflows/spread-cron.yml@v{}", env!("CARGO_PKG_VERSION"));
    repo.run(["init", "--uses", "my-team/tools", "--dry-run"]).stdout(contains(called(&version)));
    let run = repo.run(["init", "--uses", "my-team/tools@release/1.x"]);
    assert!(run.stderr_text().contains("/my-team/tools/blob/release/1.x/action/README.md"), "{run}");
    let written = fs::read_to_string(repo.path().join(FILE)).unwrap();
    assert!(written.contains(&called("my-team/tools/.github/workflows/spread-cron.yml@release/1.x")), "{written}");
    // Without the flag it is the same, not the home of the project.
    repo.run(["init"]).stderr(contains("as it would be written"));
    assert_eq!(repo.run(["init", "-n"]).stdout_text(), written);
    repo.run(["init", "--uses", "other/tools"]).exit(3).stderr(contains("is not overwritten"));
    for wrong in ["tools", "https://example.org/my-team/tools", "my-team/tools@a b", "my-team/tools@x #"] {
        repo.run(["init", "-n", "--uses", wrong]).exit(2).stderr(contains("--uses"));
    }
}

#[test]
fn only_the_manifest_holds_the_address_of_the_project() {
    let root = Hub::project();
    let home = env!("CARGO_PKG_REPOSITORY").split('/').skip(3).collect::<Vec<_>>().join("/");
    let sandbox = Sandbox::new();
    let list = sandbox.git(root, ["grep", "--files-with-matches", "--fixed-strings", &home]);
    assert_eq!(list, "Cargo.toml");
}

#[test]
fn a_link_is_not_followed() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    for (link, leads) in [
        (FILE, "elsewhere/new.yml"),
        (FILE, "elsewhere"),
        (".github/workflows", "elsewhere"),
        (".github/workflows", "elsewhere/new"),
        (".github", "elsewhere"),
    ] {
        let repo = sandbox.init("repo");
        let link = repo.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(sandbox.path(leads), &link).unwrap();
        repo.run(["init"]).exit(3).stderr(contains("error: "));
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(sandbox.path("elsewhere")).unwrap().count(), 0, "{}", link.display());
        fs::remove_dir_all(repo.path()).unwrap();
    }
}

#[test]
fn where_there_is_no_place_for_it() {
    let sandbox = Sandbox::new();
    let bare = sandbox.bare("bare");
    bare.run(["init"]).exit(3).stderr(contains("no work tree"));
    assert!(!bare.path().join(".github").exists());
    sandbox.cmd("world", ["init"]).run().exit(3).stderr(contains("not in a git repository"));
    sandbox.cmd("world", ["init", "--dry-run"]).run().stdout(contains("schedule:"));
    for file in [".github", ".github/workflows"] {
        let repo = sandbox.init("repo");
        let path = repo.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        repo.run(["init"]).exit(3).stderr(contains("is no folder"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        fs::remove_dir_all(repo.path()).unwrap();
    }
    let repo = sandbox.init("repo");
    fs::create_dir_all(repo.path().join(FILE)).unwrap();
    repo.run(["init"]).exit(3).stderr(contains("is not overwritten"));
    let linked = sandbox.init("main-tree");
    linked.git(["commit", "--quiet", "--allow-empty", "-m", "x"]);
    linked.git(["worktree", "add", "--quiet", "../linked"]);
    sandbox.cmd("linked", ["init"]).run().stderr(contains("/linked/.github/"));
}

/// The limit for files ends the process while it writes.
#[test]
fn killed_while_it_writes_it_leaves_no_half_file() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    let product = assert_cmd::cargo::cargo_bin!("git-spread-cron");
    for blocks in ["0", "1"] {
        let script = format!("ulimit -c 0; ulimit -f {blocks}; exec \"$0\" init");
        let status = sandbox.command("bash", repo.path()).args(["-c", &script]).arg(product).status().unwrap();
        assert_eq!(status.signal(), Some(rustix::process::Signal::XFSZ.as_raw()), "{status}");
        assert!(!repo.path().join(FILE).exists());
    }
    repo.run(["init"]).stderr(contains("Wrote "));
    assert_eq!(fs::read_to_string(repo.path().join(FILE)).unwrap(), repo.run(["init", "-n"]).stdout_text());
}
