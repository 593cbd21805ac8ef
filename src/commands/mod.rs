//! The commands: arguments in, work done elsewhere, events and reports out to [`Ui`].

mod add;
mod catalog;
mod catalog_folder;
pub(crate) mod completions;
mod current;
mod customization;
mod customize;
mod demo;
mod format;
mod green;
mod init;
mod lint;
mod listing;
mod log;
mod notices;
mod pause;
mod pending;
mod poll;
mod publishing;
mod recording;
mod remove;
mod result;
mod run;
mod site;
mod sources;
mod status;

use crate::cli::Command;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::ui::Ui;

/// Runs one command.
pub(crate) fn run(command: Command, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    match command {
        Command::Poll(args) => poll::run(&args, environment, ui),
        Command::Status(args) => status::run(&args, environment, ui),
        Command::Log(args) => log::run(&args, environment, ui),
        Command::Lint(args) => lint::run(&args, environment, ui),
        Command::Add(args) => add::run(&args, environment, ui),
        Command::Remove(args) => remove::run(&args, environment, ui),
        Command::Pause(args) => pause::pause(&args, environment, ui),
        Command::Resume(args) => pause::resume(&args, environment, ui),
        Command::Catalog(args) => catalog::run(&args, environment, ui),
        Command::Customize(args) => customize::run(&args, environment, ui),
        Command::Run(args) => run::run(&args, environment, ui),
        Command::Result(args) => result::run(&args, environment, ui),
        Command::Pending(args) => pending::run(&args, environment, ui),
        Command::Green(args) => green::run(&args, environment, ui),
        Command::Site(args) => site::run(&args, environment, ui),
        Command::Init(args) => init::run(&args, environment, ui),
        Command::Demo(args) => demo::run(&args, environment, ui),
        Command::Completions(args) => {
            ui.raw(&completions::script(args.shell));
            Ok(Exit::Success)
        }
    }
}
