//! Objects that are small in a pack and huge in memory: their size is looked at before they are read.

use std::os::unix::process::ExitStatusExt;

use crate::support::Sandbox;

/// Branches whose options ask for the files of the tree, a blob of 150 MB among them; and one whose options are that blob.
const BUILD: &str = r#"
set -e
big=$(head -c 150000000 /dev/zero | git hash-object -w --stdin)
options=$(printf "message=M\ntree=true\npattern_extractor='echo 1'\n" | git hash-object -w --stdin)
commit() { git commit-tree -m Watch "$(git mktree)"; }
files=$(printf '100644 blob %s\tbig\n100644 blob %s\toptions\n' "$big" "$options" | commit)
for name in a b c d; do git branch "$name" "$files"; done
git branch huge-options "$(printf '100644 blob %s\toptions\n' "$big" | commit)"
"#;

/// Only Linux limits the memory of a process this way.
#[cfg(target_os = "linux")]
#[test]
fn a_poll_needs_no_memory_for_what_it_refuses() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("repo");
    assert!(sandbox.command("bash", repo.path()).args(["-c", BUILD]).status().unwrap().success());
    let product = assert_cmd::cargo::cargo_bin!("git-spread-cron");
    let output = sandbox
        .command("bash", repo.path())
        .args(["-c", "ulimit -c 0; ulimit -d 120000; exec \"$0\" poll --local"])
        .arg(product)
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), output.status.signal()), (Some(1), None), "{stdout}{stderr}");
    assert_eq!(stdout.matches("failed: the folder of the resource holds more than 64 MiB").count(), 4, "{stdout}");
    assert_eq!(stdout.matches("it is 146485 KiB long; at most 64 KiB are read").count(), 1, "{stdout}");
}
