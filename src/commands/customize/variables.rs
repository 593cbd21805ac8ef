//! Where the variables of `custom/env.sh` go to.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::cli::CustomizeArgs;
use crate::core::value::printable;
use crate::core::variables::{LeftOut, VariableChanges};
use crate::customize::environment::for_children;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::github::{CommandFile, GitHubError, delimiter};
use crate::ui::Ui;

/// See the module's documentation.
pub(super) enum Sink {
    /// Lines of shell on standard output.
    Lines,
    /// The file of GitHub Actions.
    GitHub(CommandFile),
    /// A command.
    Exec,
}

impl Sink {
    /// Finds out before anything is changed whether it can take something.
    pub(super) fn open(args: &CustomizeArgs, environment: &Environment) -> Result<Self, CommandError> {
        if args.exec {
            return Ok(Sink::Exec);
        }
        if !args.github_env {
            return Ok(Sink::Lines);
        }
        match CommandFile::open("GITHUB_ENV", environment) {
            Ok(file) => Ok(Sink::GitHub(file)),
            Err(GitHubError::NotSet(variable)) => {
                Err(CommandError::cannot(format!("{variable} is not set, so there is no file for --github-env"))
                    .hint("run it in a step of GitHub Actions, or leave --github-env out"))
            }
            Err(err @ (GitHubError::Write { .. } | GitHubError::Random(_))) => Err(err.into()),
        }
    }

    /// Hands the variables over.
    pub(super) fn take(
        self,
        changes: &VariableChanges,
        args: &CustomizeArgs,
        environment: &Environment,
        ui: &mut Ui,
    ) -> Result<Exit, CommandError> {
        match self {
            Sink::Lines => {
                let rendered = changes.shell_lines();
                warn(&rendered.left_out, ui);
                ui.raw(&rendered.text);
                Ok(Exit::Success)
            }
            Sink::GitHub(mut file) => {
                let rendered = loop {
                    // A delimiter that occurs in a value is as good as impossible.
                    if let Ok(rendered) = changes.github_env(&delimiter()?) {
                        break rendered;
                    }
                };
                warn(&rendered.left_out, ui);
                file.append(&rendered.text)?;
                Ok(Exit::Success)
            }
            Sink::Exec => Err(exec(changes, args, environment, ui)),
        }
    }
}

/// Becomes the command, if that is possible.
fn exec(changes: &VariableChanges, args: &CustomizeArgs, environment: &Environment, ui: &mut Ui) -> CommandError {
    let Some((program, rest)) = args.command.split_first() else {
        return CommandError::usage("--exec needs a command")
            .hint("give it after the other arguments: --exec -- COMMAND");
    };
    let target = environment.working_directory().join(&args.target);
    ui.flush();
    let err = Command::new(program)
        .args(rest)
        .env_clear()
        .envs(changes.apply(for_children(environment)))
        .current_dir(&target)
        .exec();
    CommandError::cannot(format!("cannot run {} in {}", printable(program.as_encoded_bytes()), args.target.display()))
        .because(err)
        .hint("is it installed and on PATH?")
}

fn warn(left_out: &[(std::ffi::OsString, LeftOut)], ui: &mut Ui) {
    for (name, reason) in left_out {
        ui.warning(&format!("{} is not handed on: {}", printable(name.as_encoded_bytes()), reason.reason()));
    }
}
