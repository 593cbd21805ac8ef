//! Runs the generated script in a real bash, with the words that readline and git's completion would give it.

use std::path::Path;
use std::process::Command;

use super::*;

/// A repository with a hostile branch, made by git itself.
fn repository(folder: &Path) {
    let git = |args: &[&str]| {
        let status = clean("git", folder).args(args).status().unwrap();
        assert!(status.success(), "git {args:?}");
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgSign=false"];
    git(&[&identity[..], &["commit", "--quiet", "--allow-empty", "--message=a"]].concat());
    for branch in [
        "heads/core-edge",
        "heads/core-beta",
        "heads/$(touch${IFS}pwned)",
        "remotes/origin/remote-only",
        "remotes/origin/HEAD",
    ] {
        git(&["update-ref", &format!("refs/{branch}"), "HEAD"]);
    }
    git(&["config", "remote.origin.url", "nowhere"]);
}

fn clean(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir(folder).env("HOME", folder).env("LC_ALL", "C").env("GIT_CONFIG_NOSYSTEM", "1");
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let folders = std::iter::once(folder.join("bin")).chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).expect("they were joined before");
    command.env("PATH", path).stdin(std::process::Stdio::null());
    command
}

/// Hides a program that is installed: the scripts ask it for what is in its catalog.
fn hide_installed(folder: &Path) {
    let does_nothing = ["/bin/true", "/usr/bin/true"].into_iter().find(|path| Path::new(path).exists());
    std::fs::create_dir_all(folder.join("bin")).unwrap();
    let installed = folder.join("bin/git-spread-cron");
    if !installed.exists() {
        std::os::unix::fs::symlink(does_nothing.expect("every system has it"), installed).unwrap();
    }
}

/// What bash completes after it has sourced the script and run `call`.
fn complete(folder: &Path, call: &str) -> Vec<String> {
    let path = folder.join("script.bash");
    std::fs::write(&path, script(CompletionShell::Bash)).unwrap();
    hide_installed(folder);
    let program =
        format!("set -u\nsource script.bash\n{call}\nprintf '%s\\n' ${{COMPREPLY[@]+\"${{COMPREPLY[@]}}\"}}\n");
    let output = clean("bash", folder).args(["--norc", "-c", &program]).output().unwrap();
    assert!(output.status.success(), "{call}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// `git-spread-cron WORDS`, as bash calls it.
fn alone(folder: &Path, words: &[&str]) -> Vec<String> {
    let quoted = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let call = format!("COMP_WORDS=(git-spread-cron {quoted}) COMP_CWORD={}; _git-spread-cron", words.len());
    complete(folder, &call)
}

/// `git spread-cron WORDS`, as git's completion calls it.
fn behind_git(folder: &Path, words: &[&str]) -> Vec<String> {
    let quoted = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let cword = words.len() + 3;
    complete(
        folder,
        &format!(
            "f() {{ local -a words=(git -C . spread-cron {quoted}); local cword={cword} cur='{cur}' prev=x __git_cmd_idx=3
            _git_spread_cron; }}; f",
            cur = words.last().unwrap_or(&"")
        ),
    )
}

#[test]
fn bash_completes_commands_and_options() {
    let folder = tempfile::tempdir().unwrap();
    for run in [alone, behind_git] {
        assert_eq!(run(folder.path(), &["po"]), ["poll"]);
        assert_eq!(run(folder.path(), &["poll", "--dry"]), ["--dry-run"]);
        assert_eq!(run(folder.path(), &["poll", "--format", "j"]), ["json"]);
        assert_eq!(run(folder.path(), &["-q", "completions", "f"]), ["fish"]);
        assert!(run(folder.path(), &[""]).contains(&"status".to_owned()));
    }
    assert_eq!(behind_git(folder.path(), &["poll", "--format=j"]), ["json"]);
    assert_eq!(alone(folder.path(), &["poll", "--format", "=", "j"]), ["json"]);
    assert_eq!(alone(folder.path(), &["poll", "--color", "="]), ["auto", "always", "never"]);
}

#[test]
fn bash_completes_names_of_resources() {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path());
    for run in [alone, behind_git] {
        for command in NAMING_COMMANDS {
            assert_eq!(run(folder.path(), &[command, "core"]), ["core-beta", "core-edge"], "{command}");
            assert_eq!(run(folder.path(), &[command, "core-edge", "rem"]), ["remote-only"], "{command}");
        }
        assert!(run(folder.path(), &["poll", "HE"]).is_empty());
        assert_eq!(run(folder.path(), &["poll", "--", "core-e"]), ["core-edge"]);
        assert_eq!(run(folder.path(), &["poll", "--force", "core-e"]), ["core-edge"]);
        assert_eq!(run(folder.path(), &["poll", "--remote", "o"]), ["origin"]);
        assert_eq!(run(folder.path(), &["log", "-n", "core"]), ["core"], "a count is no resource");
        assert!(run(folder.path(), &["demo", "core"]).is_empty());
        assert!(run(folder.path(), &["catalog", "core"]).is_empty(), "no resource is an entry");
    }
}

#[test]
fn bash_completes_a_command_of_a_command() {
    let folder = tempfile::tempdir().unwrap();
    for run in [alone, behind_git] {
        assert_eq!(run(folder.path(), &["catalog", "sh"]), ["show"]);
        assert!(run(folder.path(), &["catalog", "show", "sh"]).is_empty());
        assert_eq!(run(folder.path(), &["catalog", "--form"]), ["--format"]);
        assert_eq!(run(folder.path(), &["catalog", "--format", "j"]), ["json"]);
        assert_eq!(run(folder.path(), &["catalog", "show", "--cat"]), ["--catalog"]);
    }
}

#[test]
fn bash_completes_names_in_the_catalog() {
    let folder = tempfile::tempdir().unwrap();
    let list = "Entries\n  core-edge  The core snap\n\nSources\n  clock every=… [at]  A new day\n";
    let catalog = format!("__git_spread_cron_git() {{ [[ \"$*\" == \"spread-cron catalog\" ]] && printf '{list}'; }}");
    for (line, expected) in [
        ("catalog ''", vec!["show", "core-edge", "clock"]),
        ("catalog show ''", vec!["core-edge", "clock"]),
        ("add --from ''", vec!["core-edge"]),
    ] {
        let call = format!(
            "{catalog}; COMP_WORDS=(git-spread-cron {line}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _git-spread-cron"
        );
        assert_eq!(complete(folder.path(), &call), expected, "{line}");
    }
}

#[test]
fn bash_completes_kinds_and_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    for run in [alone, behind_git] {
        assert_eq!(run(folder.path(), &["add", "x", "--source", "cl"]), ["clock"]);
        assert_eq!(run(folder.path(), &["add", "x", "--source", "clock", ""]), ["every=", "at=", "day=", "format="]);
        assert_eq!(run(folder.path(), &["add", "x", "--source", "snap", "snap=core", "ch"]), ["channel="]);
        assert!(run(folder.path(), &["add", "x", "--source", "snap", "channel=e"]).is_empty());
        assert!(run(folder.path(), &["add", ""]).is_empty());
    }
    assert_eq!(behind_git(folder.path(), &["add", "x", "--source=snap", "ch"]), ["channel="]);
    assert_eq!(alone(folder.path(), &["add", "x", "--source", "=", "snap", "ch"]), ["channel="]);
    assert!(alone(folder.path(), &["add", "x", "--source", "snap", "channel", "="]).is_empty());
}

#[test]
fn bash_executes_no_name() {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path());
    let all = alone(folder.path(), &["poll", ""]);
    assert_eq!(all.len(), 5, "{all:?}");
    assert!(all.contains(&r"\$\(touch\$\{IFS\}pwned\)".to_owned()), "{all:?}");
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn bash_finds_the_command_when_git_does_not_say_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let call = "f() { local -a words=(git --bare spread-cron po); local cword=3 cur=po prev=spread-cron; _git_spread_cron; }; f";
    assert_eq!(complete(folder.path(), call), ["poll"]);
}

#[test]
fn bash_knows_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for command in commands() {
        let options = alone(folder.path(), &[&command, "--"]);
        assert_eq!(options.contains(&"--color".to_owned()), command != "help", "{command}: {options:?}");
    }
}

#[test]
fn clap_still_writes_what_is_replaced() {
    let bash = bash();
    assert_eq!(bash.matches("complete -F").count(), 2);
    for word in ["@COMMANDS@", "@NAMING_COMMANDS@", "@OPTIONS_WITH_VALUE@", "@KEYS_OF_KINDS@"] {
        assert!(!bash.contains(word) && !fish().contains(word), "{word}");
    }
    let zsh = zsh();
    let of_catalog = ["catalog'", "catalog Entries'", "keys'"];
    assert_eq!(of_catalog.map(|hint| zsh.matches(&format!(":_git-spread-cron_{hint}")).count()), [1, 1, 1]);
    assert!(!zsh.contains("@KEYS_OF_KINDS@") && !zsh.contains("_absolute_command_paths"));
    assert_eq!(zsh.matches("_git-spread-cron_catalog_word\"").count(), 1);
    assert!(zsh.contains("_git-spread-cron__subcmd__catalog_commands() {"));
    assert!(!zsh.contains("_email_addresses"));
    // `customize` names its resource with an option, and `site` a folder before its resources.
    assert_eq!(zsh.matches(":_git-spread-cron_resources'").count(), NAMING_COMMANDS.len() + 2);
    assert!(zsh.contains(":_git-spread-cron_remotes'") && zsh.contains("_git-spread-cron_remotes() {"));
    assert!(zsh.starts_with("#compdef git-spread-cron\n#description "));
    assert!(!zsh.contains("_hosts") && !zsh.contains("_users"));
    assert!(!fish().contains("__fish_print_hostnames") && !fish().contains("__fish_complete_users"));
}
