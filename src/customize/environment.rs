//! The environment of what a launch starts: the caller's, which has the credentials that a suite needs, without what git
//! says of the repository that the command itself works in. Pure.

use std::ffi::{OsStr, OsString};

use crate::environment::Environment;

/// What git itself takes away before it works in another repository (`git rev-parse --local-env-vars`), but for settings of
/// the user: `git -c` is meant for everything that git starts.
const OF_ONE_REPOSITORY: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What git calls the folder of its own programs, which it puts first on PATH when it starts a command like this one.
const GIT_CORE: &str = "git-core";

/// The variables for programs that work in a target.
pub(crate) fn for_children(environment: &Environment) -> Vec<(OsString, OsString)> {
    let passed = environment.variables().filter(|(name, _)| is_passed(name));
    passed.map(|(name, value)| if name == "PATH" { (name, without_git_core(&value)) } else { (name, value) }).collect()
}

/// The same, with the variables that describe the launch; one without a value is removed.
pub(crate) fn with_told(environment: &Environment, told: &[(&str, Option<&str>)]) -> Vec<(OsString, OsString)> {
    let mut variables = for_children(environment);
    variables.retain(|(name, _)| !told.iter().any(|(own, _)| name == own));
    variables.extend(told.iter().filter_map(|(name, value)| Some((name.into(), value.as_ref()?.into()))));
    variables
}

/// PATH as it was before git started this command.
fn without_git_core(path: &OsStr) -> OsString {
    let mut folders = std::env::split_paths(path).peekable();
    let first = folders.next_if(|folder| folder.file_name() == Some(OsStr::new(GIT_CORE)));
    match (first, folders.peek()) {
        (Some(_), Some(_)) => std::env::join_paths(folders).unwrap_or_else(|_| path.to_owned()),
        (Some(_) | None, _) => path.to_owned(),
    }
}

fn is_passed(name: &OsStr) -> bool {
    !OF_ONE_REPOSITORY.iter().any(|local| name == *local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_git_calls_local_is_taken_away_but_settings() {
        let output = std::process::Command::new("git").args(["rev-parse", "--local-env-vars"]).output().unwrap();
        assert!(output.status.success());
        let names = String::from_utf8(output.stdout).unwrap();
        assert!(names.lines().count() > 10);
        for name in names.lines() {
            let is_setting = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"].contains(&name);
            assert_eq!(is_passed(OsStr::new(name)), is_setting, "{name}");
        }
    }

    #[test]
    fn what_git_puts_first_on_path_is_taken_away() {
        for (path, expected) in [
            ("/usr/lib/git-core:/usr/bin:/bin", "/usr/bin:/bin"),
            ("/usr/bin:/usr/lib/git-core", "/usr/bin:/usr/lib/git-core"),
            ("/usr/lib/git-core", "/usr/lib/git-core"),
            ("", ""),
        ] {
            assert_eq!(without_git_core(OsStr::new(path)), expected);
        }
    }

    #[test]
    fn everything_else_is_passed() {
        for name in ["PATH", "HOME", "GITHUB_TOKEN", "GIT_SSH_COMMAND", "GIT_CONFIG_KEY_0", "GIT_DIRECTORY", "git_dir"]
        {
            assert!(is_passed(OsStr::new(name)), "{name}");
        }
    }
}
