//! `git spread-cron green`: print the newest value that passed.

use super::notices::untold;
use crate::cli::GreenArgs;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::history::shallow_boundary;
use crate::states::{history_pattern, newest_green};
use crate::ui::Ui;

pub(super) fn run(args: &GreenArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let name = &args.resource;
    let resource = context.resource(name)?;
    let pattern = history_pattern(&resource).map_err(|reason| untold(name, reason))?;
    let repo = context.repository.local();
    let passed = newest_green(&repo, &context.source, &resource, &pattern, &shallow_boundary(&repo));
    // Where the history is hidden, nothing is printed: "none passed" would be a guess.
    if let Some(state) = passed.map_err(|reason| untold(name, reason))? {
        ui.value(&state.value);
    }
    Ok(Exit::Success)
}
