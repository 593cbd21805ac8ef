//! A resource with everything that a launch of it needs: a target, a customization, a spread.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Cmd, Flavour, LaunchDoc, Layout, Repo, Run, Sandbox, Spread};

/// What a resource is to be like, whose name is `edge` and whose state commits are `New snap (1)` and `New snap (2)`.
pub(crate) struct Recipe {
    layout: Layout,
    flavour: Flavour,
    options: String,
    entries: Vec<(&'static str, String, Vec<u8>)>,
    size: usize,
}

impl Recipe {
    pub(crate) fn new() -> Self {
        Recipe {
            layout: Layout::Options,
            flavour: Flavour::Plain,
            options: String::new(),
            entries: Vec::new(),
            size: 20,
        }
    }

    pub(crate) fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    pub(crate) fn flavour(mut self, flavour: Flavour) -> Self {
        self.flavour = flavour;
        self
    }

    /// One more line of the options.
    pub(crate) fn option(mut self, key: &str, value: &str) -> Self {
        self.options += &format!("{key}={}\n", shell_words::quote(value));
        self
    }

    /// A file in the resource directory.
    pub(crate) fn file(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.entry("100644", path, content)
    }

    /// A script in the resource directory, which ends at the first failure.
    pub(crate) fn script(self, path: &str, text: &str) -> Self {
        self.entry("100755", path, format!("#!/bin/bash\nset -e\n{text}\n"))
    }

    pub(crate) fn entry(mut self, mode: &'static str, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.entries.push((mode, path.to_owned(), content.into()));
        self
    }

    /// How many files more the target has.
    pub(crate) fn size(mut self, files: usize) -> Self {
        self.size = files;
        self
    }

    pub(crate) fn build(self, sandbox: &Sandbox) -> Watched<'_> {
        let target = sandbox.target(self.size);
        let mut options = "message='New snap'\npattern_extractor='echo 2'\n".to_owned() + &self.options;
        if !self.options.contains("target_repo=") {
            options += &format!("target_repo={}\n", target.url());
        }
        let folder = match self.layout {
            Layout::Options => "",
            Layout::Trigger => "branches/edge/",
        };
        let (_, clone) = sandbox.project(|history| {
            let mut branch = history.branch("edge");
            for (mode, path, content) in self.entries {
                branch = branch.entry(mode, folder.to_owned() + &path, content);
            }
            branch.options_in(self.layout, options).state("New snap (1)").state("New snap (2)");
        });
        let spread = sandbox.spread(self.flavour);
        Watched { sandbox, clone, target, spread, folder }
    }
}

/// See the module's documentation.
pub(crate) struct Watched<'s> {
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) clone: Repo<'s>,
    pub(crate) target: Repo<'s>,
    pub(crate) spread: Spread,
    /// Where the files of the resource lie in its tree, with a slash at the end.
    folder: &'static str,
}

impl<'s> Watched<'s> {
    pub(crate) fn workspace(&self) -> PathBuf {
        self.sandbox.path("workspace")
    }

    /// A file of the target in the workspace.
    pub(crate) fn customized(&self, path: impl AsRef<Path>) -> PathBuf {
        self.workspace().join(self.folder).join("target").join(path)
    }

    /// What a file of the target in the workspace holds.
    #[track_caller]
    pub(crate) fn text(&self, path: &str) -> String {
        let path = self.customized(path);
        fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
    }

    /// `run edge` in the workspace.
    pub(crate) fn cmd(&self, args: &[&str]) -> Cmd<'s> {
        let workspace = self.workspace();
        let workspace = workspace.to_str().expect("tests use UTF-8");
        self.clone.cmd([&["run", "edge", "--workspace", workspace], args].concat())
    }

    /// Runs `run edge` in the workspace, which has to end with this code: and so does the result, if the run came that far.
    #[track_caller]
    pub(crate) fn run(&self, args: &[&str], code: i32) -> (Run, LaunchDoc) {
        let run = self.cmd(args).run();
        let _ = (run.stdout_text(), run.stderr_text());
        let run = run.exit(code);
        let result = self.result();
        self.assert_code(&result, code);
        (run, result)
    }

    /// A run that is left in peace, which has to pass, and everything is in its place.
    #[track_caller]
    pub(crate) fn assert_passes(&self) -> LaunchDoc {
        let (_, result) = self.run(&[], 0);
        assert_eq!((result.status.as_str(), result.failed, result.failed_tasks.len()), ("passed", Some(0), 0));
        assert_eq!((&result.stage, &result.error), (&None, &None));
        assert!(self.customized("spread.yaml").exists() && self.customized(".git").exists());
        assert_eq!(super::reuse_files(self.customized("")), [] as [&str; 0]);
        result
    }

    /// What `result.json` says.
    #[track_caller]
    pub(crate) fn result(&self) -> LaunchDoc {
        let path = self.workspace().join("result.json");
        let text = fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        super::validate("result", &serde_json::from_str(&text).unwrap_or_else(|err| panic!("{err} in {text}")));
        let result: LaunchDoc = serde_json::from_str(&text).unwrap_or_else(|err| panic!("{err} in {text}"));
        assert_eq!((result.version, result.resource.as_str()), (1, "edge"));
        assert_eq!(result.message, "New snap");
        assert_eq!(result.commit, self.clone.tip(&format!("{}^0", result.commit)));
        assert!(result.started_at <= result.finished_at, "{result:#?}");
        for time in [&result.started_at, &result.finished_at] {
            assert_eq!((time.find('T'), time.get(..2)), (Some(10), Some("20")), "{result:#?}");
        }
        if let Some(error) = &result.error {
            assert!(!error.is_empty() && !error.contains(|c: char| c.is_control()), "not one clean line: {error:?}");
        }
        result
    }

    #[track_caller]
    fn assert_code(&self, result: &LaunchDoc, code: i32) {
        let expected = match result.status.as_str() {
            "passed" => 0,
            "failed" => 1,
            "infra-error" => 3,
            "cancelled" => 130,
            other => panic!("{other} is no status"),
        };
        assert_eq!(expected, code, "{result:#?}");
        assert_eq!(result.stage.is_some(), code == 3 || code == 130, "{result:#?}");
        assert_eq!(result.failed_tasks.is_empty(), code != 1, "{result:#?}");
    }
}
