//! Trees under test: a repository with a `spread.yaml` and tasks, as large as a test needs it.

use std::fs;
use std::path::PathBuf;

use super::{Repo, Sandbox, quoted};

/// The branch and the tag of the older release of each target.
pub(crate) const RELEASE: &str = "release/2.21";

/// A `task.yaml` whose task runs this.
pub(crate) fn executes(script: &str) -> String {
    let lines: String = script.lines().map(|line| format!("    {line}\n")).collect();
    format!("summary: A task\n\nexecute: |\n{lines}")
}

impl Sandbox {
    /// A bare repository `target`: the suite `tests/main` with the tasks `alpha` and `beta`, which pass, and so many other files.
    ///
    /// Its older release, the branch `release/2.21` and the tag `2.21`, has `alpha` only, which fails, and another `build.sh`.
    pub(crate) fn target(&self, files: usize) -> Repo<'_> {
        let target = self.bare("target");
        target.build(|history| {
            let mut old = history
                .branch("main")
                .file("spread.yaml", "project: stand-in\n")
                .file("version", "2.21\n")
                .entry("100755", "build.sh", "#!/bin/sh\necho \"built $(cat version)\" > built\n")
                .file("tests/lib/common.sh", "# 2.21\n")
                .file("tests/main/alpha/task.yaml", executes("echo too old; false"));
            for number in 0..files {
                let path = format!("src/{:02}/{number}.go", number % 50);
                old = old.file(path, format!("package p{number}\n// {}\n", number.wrapping_mul(2_654_435_761)));
            }
            old.commit("Release 2.21");
        });
        target.git(["branch", RELEASE, "main"]);
        target.git(["tag", "2.21", "main"]);
        target.build(|history| {
            history
                .existing("main")
                .file("version", "2.22\n")
                .file("tests/lib/common.sh", "# 2.22\n")
                .file("tests/main/alpha/task.yaml", executes("true"))
                .file("tests/main/beta/task.yaml", executes("true"))
                .commit("Release 2.22");
        });
        target
    }

    /// From now on each repository that is fetched or cloned over git's transport counts what it hands out.
    pub(crate) fn count_packs(&self) -> Packs {
        self.on_pack("");
        Packs { log: self.path("packs") }
    }

    /// From now on each repository that is fetched or cloned over git's transport runs this text of bash before it hands something
    /// out.
    pub(crate) fn on_pack(&self, text: &str) {
        let log = quoted(self.path("packs"));
        let hook = self.script("on-pack", &format!("#!/bin/bash\n{text}\necho pack >> {log}\nexec \"$@\"\n"));
        self.unset_config_if_set("uploadpack.packObjectsHook");
        self.config("uploadpack.packObjectsHook", &quoted(hook));
    }

    /// From now on nothing interferes any more.
    pub(crate) fn remove_pack_hook(&self) {
        self.unset_config_if_set("uploadpack.packObjectsHook");
    }

    fn unset_config_if_set(&self, key: &str) {
        self.try_git(&self.path(""), ["config", "--global", "--unset-all", key]);
    }
}

/// How often objects had to be sent.
pub(crate) struct Packs {
    log: PathBuf,
}

impl Packs {
    /// The number since this was asked the last time.
    pub(crate) fn take(&self) -> usize {
        let packs = fs::read_to_string(&self.log).unwrap_or_default().lines().count();
        let _ = fs::remove_file(&self.log);
        packs
    }
}
