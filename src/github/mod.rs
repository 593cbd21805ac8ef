//! A step of GitHub Actions: its outputs, its summary, the annotations and groups of its log.
//!
//! The texts come from `core::github`; what is shown in the log goes through `ui`.

mod files;
mod launch;
mod step;

pub(crate) use self::files::{CommandFile, GitHub, GitHubError, delimiter};
pub(crate) use self::launch::GithubStep;
pub(crate) use self::step::{annotated, begin, tell_of_usage};
