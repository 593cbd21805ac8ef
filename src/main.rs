//! The process: hands arguments, environment and terminal to [`git_spread_cron::run`] and ends with its exit code.

use std::process::ExitCode;

use git_spread_cron::{Environment, Ui};

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let mut ui = Ui::of_process(&environment);
    git_spread_cron::run(std::env::args_os(), &environment, &mut ui)
}
