//! What a launch does: which way it goes for a tree, the variables that it sets, and its steps as lines that a person can
//! paste.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::target::Words;
use super::value::fits_in_environment;

/// The script that replaces everything but the export.
pub(crate) const RUN_CHECKS: &str = "run-checks";
/// The folder of the target.
pub(crate) const TARGET: &str = "target";

/// Which way a launch goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// The resource brings a script that does everything.
    RunChecks,
    /// The tree brings the target, in this folder.
    OwnTarget(PathBuf),
    /// The target is cloned.
    Clone,
}

impl Course {
    /// Chooses by the files of a tree (path, whether it can be executed), the resource directory being `directory`.
    pub(crate) fn of<'a>(files: impl Iterator<Item = (&'a Path, bool)>, directory: &Path) -> Self {
        let places = [directory.join(TARGET), PathBuf::from(TARGET)];
        let run_checks = directory.join(RUN_CHECKS);
        let mut own: Option<usize> = None;
        for (path, executable) in files {
            if executable && path == run_checks {
                return Course::RunChecks;
            }
            let place = places.iter().position(|place| path.starts_with(place) && path != place);
            own = [own, place].into_iter().flatten().min();
        }
        own.map_or(Course::Clone, |index| Course::OwnTarget(places[index].clone()))
    }

    /// Where spread runs, relative to the workspace; none if a script decides.
    pub(crate) fn target(&self) -> Option<&Path> {
        match self {
            Course::RunChecks => None,
            Course::OwnTarget(folder) => Some(folder),
            Course::Clone => Some(Path::new(TARGET)),
        }
    }
}

/// The state commit that is launched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Launched {
    pub(crate) resource: String,
    pub(crate) commit: String,
    pub(crate) message: String,
    pub(crate) value: String,
    pub(crate) old_value: Option<String>,
}

impl Launched {
    /// What the suite is told; all names that it may rely on, those without a value included.
    pub(crate) fn variables(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("SPREAD_CRON_RESOURCE", Some(&self.resource)),
            ("SPREAD_CRON_VALUE", Some(&self.value)),
            ("SPREAD_CRON_OLD_VALUE", self.old_value.as_deref().filter(|value| fits_in_environment(value))),
            ("SPREAD_CRON_MESSAGE", Some(&self.message)),
            ("SPREAD_CRON_COMMIT", Some(&self.commit)),
        ]
    }
}

/// Everything that the steps depend on.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) launched: &'a Launched,
    pub(crate) course: &'a Course,
    /// The commit whose tree is launched.
    pub(crate) commit: &'a str,
    /// The repository of the resource.
    pub(crate) git_dir: &'a Path,
    pub(crate) workspace: &'a Path,
    /// Whether an earlier launch left something there.
    pub(crate) is_used: bool,
    /// The file that marks it, so that a launch may use it afterwards.
    pub(crate) marker: &'a str,
    /// The resource directory, relative to the workspace.
    pub(crate) directory: &'a Path,
    /// Where the branches are taken from, as options of `customize`.
    pub(crate) source: &'a [String],
    /// How the target is got.
    pub(crate) steps: &'a [Words],
    /// The command line of spread, or the arguments of the script.
    pub(crate) command: &'a [OsString],
}

impl Plan<'_> {
    /// One line for each step.
    pub(crate) fn lines(&self) -> Vec<String> {
        let workspace = quote(self.workspace.as_os_str().as_bytes());
        let git_dir = quote(self.git_dir.as_os_str().as_bytes());
        let commit = self.commit;
        let marker = quote(self.workspace.join(self.marker).as_os_str().as_bytes());
        let clear = if self.is_used { format!("rm -rf {workspace} && ") } else { String::new() };
        let mut lines = vec![format!(
            "{clear}mkdir -p {workspace} && touch {marker} && \
             git --git-dir={git_dir} archive {commit} | tar -x -C {workspace}"
        )];
        let mut variables = vec!["env".to_owned()];
        for (name, value) in self.launched.variables() {
            match value {
                Some(value) => variables.push(format!("{name}={}", quote(value.as_bytes()))),
                // Options come before what is set.
                None => {
                    variables.insert(1, format!("-u {name}"));
                }
            }
        }
        let command = || self.command.iter().map(|word| quote(word.as_bytes()));
        let Some(target) = self.course.target() else {
            let directory = quote(resource_directory(self.workspace, self.directory).as_os_str().as_bytes());
            variables.extend([format!("PROJECT_PATH={workspace}"), format!("BRANCH_PATH={directory}")]);
            variables.push(format!("./{RUN_CHECKS}"));
            variables.extend(command());
            lines.push(format!("cd {directory} && {}", variables.join(" ")));
            return lines;
        };
        lines.extend(self.steps.iter().map(join));
        let target = quote(self.workspace.join(target).as_os_str().as_bytes());
        // The customization is told the same as the suite.
        let mut customize = variables;
        customize.push(format!("git --git-dir={git_dir} spread-cron customize"));
        customize.extend(self.source.iter().map(|word| quote(word.as_bytes())));
        let resource = quote(self.launched.resource.as_bytes());
        customize.push(format!("--resource {resource} --commit {commit} {target} --exec --"));
        customize.extend(command());
        lines.push(customize.join(" "));
        lines
    }
}

/// Where the resource directory lies in a workspace, without a slash at its end.
pub(crate) fn resource_directory(workspace: &Path, directory: &Path) -> PathBuf {
    workspace.components().chain(directory.components()).collect()
}

fn join(words: &Words) -> String {
    words.iter().map(|word| quote(word.as_bytes())).collect::<Vec<_>>().join(" ")
}

/// A word as a shell reads it back; what is not UTF-8 cannot be shown anyway.
fn quote(word: &[u8]) -> String {
    shell_words::quote(&String::from_utf8_lossy(word)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(directory: &str, files: &[(&str, bool)]) -> Course {
        Course::of(files.iter().map(|(path, executable)| (Path::new(*path), *executable)), Path::new(directory))
    }

    #[test]
    fn the_files_decide() {
        let own = |folder: &str| Course::OwnTarget(folder.into());
        assert_eq!(course("", &[("options", false), ("custom/target/x", false)]), Course::Clone);
        assert_eq!(course("", &[("options", false), ("target", false)]), Course::Clone);
        assert_eq!(course("", &[("target/spread.yaml", false)]), own("target"));
        assert_eq!(
            course("branches/b", &[("target/x", false), ("branches/b/target/x", false)]),
            own("branches/b/target")
        );
        assert_eq!(course("branches/b", &[("branches/c/target/x", false), ("target/x", false)]), own("target"));
        assert_eq!(course("", &[("target/x", false), ("run-checks", true)]), Course::RunChecks);
        assert_eq!(course("", &[("run-checks", false)]), Course::Clone);
        assert_eq!(course("branches/b", &[("run-checks", true)]), Course::Clone);
        assert_eq!(course("branches/b", &[("branches/b/run-checks", true)]), Course::RunChecks);
    }

    #[test]
    fn resource_directories_are_as_a_shell_calls_them() {
        let cases = [("/w", "", "/w"), ("/w/", "branches/a b", "/w/branches/a b")];
        for (workspace, directory, expected) in cases {
            let joined = resource_directory(Path::new(workspace), Path::new(directory));
            assert_eq!(joined.as_os_str(), expected);
        }
    }

    fn lines(course: &Course, steps: &[Words], old_value: Option<&str>) -> Vec<String> {
        let launched = Launched {
            resource: "a b".into(),
            commit: "abc".into(),
            message: "It's".into(),
            value: "5".into(),
            old_value: old_value.map(str::to_owned),
        };
        let plan = Plan {
            launched: &launched,
            course,
            commit: "abc",
            git_dir: Path::new("/r/.git"),
            workspace: Path::new("/w w"),
            is_used: old_value.is_none(),
            marker: ".lock",
            directory: Path::new("branches/a b"),
            source: &["--local".to_owned()],
            steps,
            command: &["spread".into(), "a b:c".into()],
        };
        plan.lines()
    }

    #[test]
    fn each_step_is_a_line_to_paste() {
        let steps: [Words; 1] = [vec!["git".into(), "clone".into(), "/w w/target".into()]];
        assert_eq!(
            lines(&Course::Clone, &steps, Some("4")),
            [
                "mkdir -p '/w w' && touch '/w w/.lock' && git --git-dir=/r/.git archive abc | tar -x -C '/w w'",
                "git clone '/w w/target'",
                "env SPREAD_CRON_RESOURCE='a b' SPREAD_CRON_VALUE=5 SPREAD_CRON_OLD_VALUE=4 \
                 SPREAD_CRON_MESSAGE='It'\\''s' SPREAD_CRON_COMMIT=abc \
                 git --git-dir=/r/.git spread-cron customize --local --resource 'a b' --commit abc '/w w/target' --exec -- \
                 spread 'a b:c'",
            ]
        );
        assert!(lines(&Course::Clone, &steps, None)[0].starts_with("rm -rf '/w w' && mkdir -p '/w w' && "));
        assert_eq!(
            lines(&Course::RunChecks, &[], None)[1],
            "cd '/w w/branches/a b' && env -u SPREAD_CRON_OLD_VALUE SPREAD_CRON_RESOURCE='a b' SPREAD_CRON_VALUE=5 \
             SPREAD_CRON_MESSAGE='It'\\''s' SPREAD_CRON_COMMIT=abc PROJECT_PATH='/w w' BRANCH_PATH='/w w/branches/a b' \
             ./run-checks spread 'a b:c'"
        );
        let own = lines(&Course::OwnTarget("branches/a b/target".into()), &[], None);
        assert!(own[1].contains("'/w w/branches/a b/target' --exec"), "{own:?}");
    }
}
