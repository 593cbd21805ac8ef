//! What a launch does: which way it goes for a tree, the variables that it sets, and its steps as lines that a person can
//! paste.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::suite::shown_words;
use super::target::{GitProgress, Target, Words, clone, create_mirror, update_mirror};
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
    /// The variables that the suite gets; all names that it may rely on, those without a value included.
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

/// One step of a launch, in the order in which they are done. It is either run, or printed as a line to paste.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LaunchStep {
    /// Empty the workspace and write the files of the commit there.
    Export,
    /// Put a file of the caller into the resource folder.
    AddFile { source: PathBuf, path: PathBuf },
    /// Move the target that the tree brings to where the customization looks for it.
    MoveTarget { from: PathBuf, to: PathBuf },
    /// Bring the mirror of the target up to date. The launch goes on without it if that fails.
    UpdateMirror { mirror: PathBuf, commands: Vec<Words> },
    /// Clone the target; the second way is for a mirror that cannot be used.
    Clone { folder: PathBuf, commands: Vec<Words>, without_mirror: Vec<Words> },
    /// Customize the target.
    Customize { target: PathBuf },
    /// Run the suite in a folder.
    RunSuite { folder: PathBuf, words: Vec<String>, selection: Vec<String> },
    /// Run the script of the resource in its folder.
    RunChecks { folder: PathBuf, arguments: Vec<String> },
}

/// A file that the caller adds to the files of the resource: a secret, as a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddedFile {
    /// Where it is read from.
    pub(crate) source: PathBuf,
    /// Its name in the resource folder.
    pub(crate) name: String,
}

/// What the steps of a launch depend on.
#[derive(Clone, Debug)]
pub(crate) struct StepSettings<'a> {
    pub(crate) course: &'a Course,
    pub(crate) workspace: &'a Path,
    /// The resource folder, relative to the workspace.
    pub(crate) directory: &'a Path,
    pub(crate) target: &'a Target,
    pub(crate) mirror: Option<&'a Path>,
    pub(crate) progress: GitProgress,
    pub(crate) files: &'a [AddedFile],
    /// The command line of the suite.
    pub(crate) suite: &'a [String],
    /// What is selected by hand, in place of the jobs in the command line.
    pub(crate) selection: &'a [String],
}

/// The steps of a launch.
pub(crate) fn steps(settings: &StepSettings<'_>) -> Vec<LaunchStep> {
    let folder = resource_directory(settings.workspace, settings.directory);
    let mut steps = vec![LaunchStep::Export];
    let add = |file: &AddedFile| LaunchStep::AddFile { source: file.source.clone(), path: folder.join(&file.name) };
    steps.extend(settings.files.iter().map(add));
    // Scripts expect the target beside the files of the resource.
    let target = folder.join(TARGET);
    match settings.course {
        Course::RunChecks => {
            steps.push(LaunchStep::RunChecks { folder, arguments: settings.selection.to_vec() });
            return steps;
        }
        Course::OwnTarget(own) => {
            let own = settings.workspace.join(own);
            if own != target {
                steps.push(LaunchStep::MoveTarget { from: own, to: target.clone() });
            }
        }
        Course::Clone => {
            if let Some(mirror) = settings.mirror {
                let mut commands = create_mirror(mirror);
                commands.push(update_mirror(settings.target, mirror, settings.progress));
                steps.push(LaunchStep::UpdateMirror { mirror: mirror.to_owned(), commands });
            }
            let commands = |mirror| clone(settings.target, mirror, &target, settings.progress);
            let (commands, without_mirror) = (commands(settings.mirror), commands(None));
            steps.push(LaunchStep::Clone { folder: target.clone(), commands, without_mirror });
        }
    }
    steps.push(LaunchStep::Customize { target: target.clone() });
    let (words, selection) = (settings.suite.to_vec(), settings.selection.to_vec());
    steps.push(LaunchStep::RunSuite { folder: target, words, selection });
    steps
}

/// What is needed to print the steps of a launch.
#[derive(Clone, Debug)]
pub(crate) struct StepPrinter<'a> {
    pub(crate) launched: &'a Launched,
    /// The commit whose files are launched.
    pub(crate) commit: &'a str,
    /// The repository of the resource.
    pub(crate) git_dir: &'a Path,
    pub(crate) workspace: &'a Path,
    pub(crate) state: WorkspaceState,
    /// The file that marks it, so that a launch may use it afterwards.
    pub(crate) marker: &'a str,
    /// Where the branches are taken from, as options of `customize`.
    pub(crate) source: &'a [String],
}

/// Whether an earlier launch left something in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkspaceState {
    Empty,
    Used,
}

impl StepPrinter<'_> {
    /// The steps as lines that a person can paste.
    pub(crate) fn lines(&self, steps: &[LaunchStep]) -> Vec<String> {
        steps.iter().flat_map(|step| self.lines_of(step)).collect()
    }

    fn lines_of(&self, step: &LaunchStep) -> Vec<String> {
        match step {
            LaunchStep::Export => vec![self.export()],
            LaunchStep::AddFile { source, path } => {
                vec![format!("install -m 600 {} {}", quote_path(source), quote_path(path))]
            }
            LaunchStep::MoveTarget { from, to } => vec![format!("mv {} {}", quote_path(from), quote_path(to))],
            LaunchStep::UpdateMirror { commands, .. } | LaunchStep::Clone { commands, .. } => {
                commands.iter().map(join).collect()
            }
            // `customize --exec` does this step and the next one, as the suite needs the variables of custom/env.sh.
            LaunchStep::Customize { .. } => Vec::new(),
            LaunchStep::RunSuite { folder, words, selection } => vec![self.suite(folder, words, selection)],
            LaunchStep::RunChecks { folder, arguments } => {
                let mut words = self.variables();
                words.push(format!("PROJECT_PATH={}", quote_path(self.workspace)));
                words.push(format!("BRANCH_PATH={}", quote_path(folder)));
                words.push(format!("./{RUN_CHECKS}"));
                words.extend(arguments.iter().map(|word| quote(word.as_bytes())));
                vec![format!("cd {} && {}", quote_path(folder), words.join(" "))]
            }
        }
    }

    fn export(&self) -> String {
        let (workspace, git_dir, commit) = (quote_path(self.workspace), quote_path(self.git_dir), self.commit);
        let marker = quote_path(&self.workspace.join(self.marker));
        let clear = match self.state {
            WorkspaceState::Used => format!("rm -rf {workspace} && "),
            WorkspaceState::Empty => String::new(),
        };
        format!(
            "{clear}mkdir -p {workspace} && touch {marker} && \
             git --git-dir={git_dir} archive {commit} | tar -x -C {workspace}"
        )
    }

    /// The customization gets the same variables as the suite.
    fn suite(&self, target: &Path, words: &[String], selection: &[String]) -> String {
        let mut line = self.variables();
        line.push(format!("git --git-dir={} spread-cron customize", quote_path(self.git_dir)));
        line.extend(self.source.iter().map(|word| quote(word.as_bytes())));
        let (resource, commit) = (quote(self.launched.resource.as_bytes()), self.commit);
        line.push(format!("--resource {resource} --commit {commit} {} --exec --", quote_path(target)));
        // Nothing is started here, so it is not known whether this spread writes a report.
        line.extend(shown_words(words, selection).iter().map(|word| quote(word.as_bytes())));
        line.join(" ")
    }

    fn variables(&self) -> Vec<String> {
        let mut variables = vec!["env".to_owned()];
        for (name, value) in self.launched.variables() {
            match value {
                Some(value) => variables.push(format!("{name}={}", quote(value.as_bytes()))),
                // Options come before what is set.
                None => variables.insert(1, format!("-u {name}")),
            }
        }
        variables
    }
}

/// Where the resource directory lies in a workspace, without a slash at its end.
pub(crate) fn resource_directory(workspace: &Path, directory: &Path) -> PathBuf {
    workspace.components().chain(directory.components()).collect()
}

fn quote_path(path: &Path) -> String {
    quote(path.as_os_str().as_bytes())
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

    fn lines(course: &Course, state: WorkspaceState, old_value: Option<&str>) -> Vec<String> {
        let launched = Launched {
            resource: "a b".into(),
            commit: "abc".into(),
            message: "It's".into(),
            value: "5".into(),
            old_value: old_value.map(str::to_owned),
        };
        let files = [AddedFile { source: "/s/k e".into(), name: "key".into() }];
        let settings = StepSettings {
            course,
            workspace: Path::new("/w w"),
            directory: Path::new("branches/a b"),
            target: &Target { url: "/t".into(), reference: None },
            mirror: None,
            progress: GitProgress::Hidden,
            files: if old_value.is_none() { &files } else { &[] },
            suite: &["spread".into(), "a b:c".into()],
            selection: &[],
        };
        let printer = StepPrinter {
            launched: &launched,
            commit: "abc",
            git_dir: Path::new("/r/.git"),
            workspace: Path::new("/w w"),
            state,
            marker: ".lock",
            source: &["--local".to_owned()],
        };
        printer.lines(&steps(&settings))
    }

    #[test]
    fn each_step_is_a_line_to_paste() {
        assert_eq!(
            lines(&Course::Clone, WorkspaceState::Empty, Some("4")),
            [
                "mkdir -p '/w w' && touch '/w w/.lock' && git --git-dir=/r/.git archive abc | tar -x -C '/w w'",
                "git clone --quiet -- /t '/w w/branches/a b/target'",
                "env SPREAD_CRON_RESOURCE='a b' SPREAD_CRON_VALUE=5 SPREAD_CRON_OLD_VALUE=4 \
                 SPREAD_CRON_MESSAGE='It'\\''s' SPREAD_CRON_COMMIT=abc \
                 git --git-dir=/r/.git spread-cron customize --local --resource 'a b' --commit abc \
                 '/w w/branches/a b/target' --exec -- spread 'a b:c'",
            ]
        );
        let checks = lines(&Course::RunChecks, WorkspaceState::Used, None);
        assert!(checks[0].starts_with("rm -rf '/w w' && mkdir -p '/w w' && "));
        assert_eq!(
            checks[1..],
            [
                "install -m 600 '/s/k e' '/w w/branches/a b/key'",
                "cd '/w w/branches/a b' && env -u SPREAD_CRON_OLD_VALUE SPREAD_CRON_RESOURCE='a b' SPREAD_CRON_VALUE=5 \
                 SPREAD_CRON_MESSAGE='It'\\''s' SPREAD_CRON_COMMIT=abc PROJECT_PATH='/w w' \
                 BRANCH_PATH='/w w/branches/a b' ./run-checks",
            ]
        );
    }

    #[test]
    fn a_target_that_the_tree_brings_lies_beside_the_files_of_the_resource() {
        let own = lines(&Course::OwnTarget("branches/a b/target".into()), WorkspaceState::Empty, Some("4"));
        assert!(own.len() == 2 && own[1].contains("'/w w/branches/a b/target' --exec"), "{own:?}");
        let own = lines(&Course::OwnTarget("target".into()), WorkspaceState::Empty, Some("4"));
        assert_eq!(own[1], "mv '/w w/target' '/w w/branches/a b/target'");
        assert!(own.len() == 3 && own[2].contains("'/w w/branches/a b/target' --exec"), "{own:?}");
    }
}
