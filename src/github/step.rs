//! `--github`: how a command begins to tell GitHub Actions about itself.

use super::files::{GitHub, GitHubError, token};
use crate::cli::GithubArgs;
use crate::core::github::Annotation;
use crate::environment::Environment;
use crate::error::{CommandError, chain};
use crate::ui::Ui;

/// Opens the files of the step, where `--github` is given; from then on nothing that is printed is taken for a workflow
/// command. Comes before anything is done or said.
pub(crate) fn begin(args: &GithubArgs, environment: &Environment, ui: &mut Ui) -> Result<Option<GitHub>, CommandError> {
    if !args.github {
        return Ok(None);
    }
    let github = GitHub::open(environment)?;
    ui.stop_commands(token()?);
    Ok(Some(github))
}

/// Lets GitHub show why a command could not work.
pub(crate) fn annotated<T>(result: Result<T, CommandError>, ui: &mut Ui) -> Result<T, CommandError> {
    result.inspect_err(|error| ui.annotate(Annotation::error("git spread-cron", chain(error))))
}

/// Lets GitHub show in a step that the arguments are wrong, which quote what came from elsewhere.
pub(crate) fn tell_of_usage(error: &CommandError, environment: &Environment, ui: &mut Ui) {
    if let (Ok(_), Ok(token)) = (GitHub::open(environment), token()) {
        ui.stop_commands(token);
        ui.annotate(Annotation::error("git spread-cron", chain(error)));
    }
}

impl From<GitHubError> for CommandError {
    fn from(err: GitHubError) -> Self {
        match err {
            GitHubError::NotSet(variable) => {
                CommandError::usage(format!("--github belongs in a step of GitHub Actions, and {variable} is not set"))
                    .hint("run it in such a step, or leave --github out")
            }
            GitHubError::Write { variable, path, source } => {
                CommandError::cannot(format!("cannot write to {}, which {variable} names", path.display()))
                    .because(source)
                    .hint(format!("check the variable {variable}"))
            }
            GitHubError::Random(_) => CommandError::cannot("cannot tell GitHub Actions about this step").because(err),
        }
    }
}
