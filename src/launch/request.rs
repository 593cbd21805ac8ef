//! What a launch is asked to do.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::ObjectId;

use crate::core::attempts::Attempts;
use crate::core::launch::{AddedFile, Course, Launched, StepSettings};
use crate::core::secrets::Secrets;
use crate::core::target::{GitProgress, Target};
use crate::environment::Environment;
use crate::extract::Shell;
use crate::git::program::Git;
use crate::git::repository::Repository;

/// What is to be launched, and how.
pub(crate) struct LaunchRequest<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) git: &'a Git,
    pub(crate) environment: &'a Environment,
    pub(crate) shell: &'a Shell,
    pub(crate) launched: &'a Launched,
    /// The commit whose tree is exported.
    pub(crate) commit: ObjectId,
    /// The tree of the folder of the resource.
    pub(crate) folder: ObjectId,
    /// The folder of the resource, relative to the tree.
    pub(crate) directory: &'a Path,
    pub(crate) target: &'a Target,
    /// Where the mirror of the target lies.
    pub(crate) mirror: Option<PathBuf>,
    /// The words of spread's command line.
    pub(crate) spread: Vec<String>,
    /// What replaces the jobs in it.
    pub(crate) selection: Vec<String>,
    /// What was selected by hand, if not everything runs.
    pub(crate) partial: Option<String>,
    /// What the caller adds to the files of the resource.
    pub(crate) files: Vec<AddedFile>,
    /// Which files in the target hold JUnit reports.
    pub(crate) junit: Option<String>,
    /// What must not be kept.
    pub(crate) secrets: Secrets,
    /// How long the suite may take.
    pub(crate) launch_timeout: Option<Duration>,
    pub(crate) attempts: Attempts,
    pub(crate) grace: Duration,
    /// How long one command of git may take.
    pub(crate) time_limit: Duration,
    pub(crate) progress: GitProgress,
    /// Where the run can be looked at.
    pub(crate) url: Option<String>,
}

impl LaunchRequest<'_> {
    /// What decides the steps of this launch.
    pub(crate) fn step_settings<'s>(&'s self, course: &'s Course, workspace: &'s Path) -> StepSettings<'s> {
        StepSettings {
            course,
            workspace,
            directory: self.directory,
            target: self.target,
            mirror: self.mirror.as_deref(),
            progress: self.progress,
            files: &self.files,
            suite: &self.spread,
            selection: &self.selection,
        }
    }
}
