//! `git spread-cron`: runs a test suite again when something outside its repository changes.
//!
//! One git branch per watched resource; its `options` file says how to read the present value; its history records what
//! was seen. The dependencies run one way:
//!
//! - `core`: the rules, pure; imports nothing else of the crate.
//! - `git`: reading and recording in a repository; driving the git program.
//! - `extract`: running an extractor under limits.
//! - `sources`: declared sources; what is asked, and what is taken of the answers. `sources::ask` is the only socket.
//! - `resources`, `poll`, `record_results`, `pauses`: the work on all resources; events go out through a callback.
//! - `customize`: applies the files of a resource to a target. Uses the shell of `extract`.
//! - `launch`: what a state commit starts: the target, its customization, spread.
//! - `catalog`: entries, of the user and built in.
//! - `github`: a step of GitHub Actions: its outputs, summary and annotations.
//! - `files`, `process`: folders that are ours; programs with their children, and waiting for them.
//! - `context`, `states`: what most commands begin with: the repository, its settings, the state commits of a resource.
//! - `commands`: one module each; arguments in, events out to `ui`.
//! - `ui`: the only writer. `cli`, `environment`, `error`: what comes in, and how it ends.

mod catalog;
mod cli;
mod commands;
mod context;
mod core;
mod customize;
mod environment;
mod error;
mod extract;
mod files;
#[cfg(test)]
mod generated;
mod git;
mod github;
mod isolate;
mod launch;
mod pauses;
mod poll;
mod process;
mod record_results;
mod resources;
mod site;
mod sources;
mod states;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

pub use environment::Environment;
use error::{CommandError, Exit};
pub use ui::Ui;

/// Runs the command that the arguments ask for (the first is the program); the exit codes are documented in
/// git-spread-cron(1).
pub fn run(args: impl IntoIterator<Item = OsString>, environment: &Environment, ui: &mut Ui) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    if args.first().is_some_and(|name| name == sources::FILTER_NAME) {
        sources::serve_filters();
        return Exit::Success.into();
    }
    let mut exit = match cli::parse(&args) {
        Ok(cli) => {
            ui.configure(&cli.global, environment);
            commands::run(cli.command, environment, ui).unwrap_or_else(|error: CommandError| {
                ui.error(&error);
                error.exit
            })
        }
        Err(error) if cli::is_asked_for_help(&error) => {
            ui.clap(&error);
            if error.use_stderr() { Exit::Usage } else { Exit::Success }
        }
        Err(error) => {
            let error = wrong_usage(&error, &args);
            if cli::is_for_github(&args) {
                github::tell_of_usage(&error, environment, ui);
            }
            ui.error(&error);
            error.exit
        }
    };
    ui.flush();
    if let Some(err) = ui.take_lost_output() {
        let error = CommandError::cannot("cannot write the results to standard output").because(err);
        ui.error(&error);
        exit = error.exit;
    }
    ui.show_annotations();
    exit.into()
}

/// What is wrong with the arguments, as an error like any other.
fn wrong_usage(error: &clap::Error, args: &[OsString]) -> CommandError {
    let usage = cli::usage::explain(error, args.iter().skip(1).filter_map(|arg| arg.to_str()));
    let wrong = CommandError::usage(usage.what).hint(usage.hint);
    match usage.because {
        Some(because) => wrong.because(because),
        None => wrong,
    }
}
