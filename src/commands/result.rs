//! `git spread-cron result`: record how the suite took a value.

use std::path::Path;

use super::recording::{ResultPage, cleaned, record_all, record_one};
use crate::cli::ResultArgs;
use crate::context::{Context, listen_for_signals};
use crate::core::documents::{LaunchReport, VERSION};
use crate::core::github::Annotation;
use crate::core::github::pages::{self, NotRecorded};
use crate::core::result::{LaunchResult, Status};
use crate::core::value::printable;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::git::branches::Source;
use crate::git::commit::{CommitError, resolve_commit};
use crate::git::history::{shallow_boundary, states};
use crate::git::refresh::refresh;
use crate::git::repository::Repository;
use crate::github::{annotated, begin};
use crate::record_results::{About, NewResult, Receipt};
use crate::ui::{Paint, Ui};

pub(super) fn run(args: &ResultArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    listen_for_signals(1)?;
    let Some(mut github) = begin(&args.github, environment, ui)? else {
        return record_told(args, environment, &mut ResultPage::default(), ui);
    };
    let mut page = ResultPage::default();
    let recorded = record_told(args, environment, &mut page, ui);
    for NotRecorded { what, reason } in &page.not_recorded {
        ui.annotate(Annotation::error(format!("No result recorded: {what}"), reason));
    }
    let summarized = github.summarize(&pages::results(&page.told, &page.not_recorded));
    let exit = match page.not_recorded.is_empty() {
        true => annotated(recorded, ui)?,
        false => recorded?,
    };
    summarized?;
    Ok(exit)
}

fn record_told(
    args: &ResultArgs,
    environment: &Environment,
    page: &mut ResultPage,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let mut context = Context::new(environment, &args.source)?;
    context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
    let named = match (&args.resource, &args.commit) {
        (Some(resource), Some(commit)) => Some(state_at(&context, resource, commit)?),
        (Some(_) | None, _) => None,
    };
    let mut results = Vec::new();
    for path in &args.from {
        let report = read(path);
        if let Ok(report) = &report {
            agree(args.expect, report, path)?;
        }
        match report.and_then(|report| take(args, named.as_ref(), report, path)) {
            Ok(result) => results.push(cleaned(result)),
            // What is wrong with it is no reason to record nothing.
            Err(error) if args.otherwise.is_some() => ui.warning(&chain(&error)),
            Err(error) if error.exit == Exit::Usage => return Err(error),
            // One file that cannot be read does not keep the others from being recorded.
            Err(error) => {
                ui.error(&error);
                page.fail(printable(path.as_os_str().as_encoded_bytes()), &chain(&error));
            }
        }
    }
    let by_hand = if args.from.is_empty() { args.status } else { args.otherwise.filter(|_| results.is_empty()) };
    if let (Some(resource), Some(status)) = (&args.resource, by_hand) {
        let about = named.unwrap_or_else(|| newest_here(&context, resource));
        let result = LaunchResult { url: args.url.clone(), ..LaunchResult::new(status) };
        return record_one(&context, environment, NewResult { resource: resource.clone(), about, result }, page, ui);
    }
    if results.is_empty() {
        return Ok(Exit::SomeFailed);
    }
    for (new, outcome) in results.iter().zip(record_all(&context, environment, &results, ui)?) {
        page.add(new, &outcome);
        if let Receipt::Failed(reason) | Receipt::NoResource(reason) = outcome {
            let said = format!("! {}  not recorded: {}", new.title(), printable(reason.as_bytes()));
            let said = ui.paint(Paint::Bad, &said);
            ui.line(&said);
        }
    }
    Ok(if page.not_recorded.is_empty() { Exit::Success } else { Exit::SomeFailed })
}

/// Reads a file that `run` wrote.
fn read(path: &Path) -> Result<LaunchReport, CommandError> {
    let cannot = || {
        CommandError { exit: Exit::SomeFailed, ..CommandError::cannot(format!("cannot read {}", path.display())) }
            .hint("give the result.json of a workspace, as git spread-cron run writes it")
    };
    let text = std::fs::read(path).map_err(|err| cannot().because(err))?;
    let report: LaunchReport = serde_json::from_slice(&text).map_err(|err| cannot().because(err))?;
    match report.version {
        VERSION => Ok(report),
        other => Err(cannot().because(format!("it has version {other}, and this program knows version {VERSION}"))),
    }
}

/// Whether a file says what was expected. If not, one of the two is forged or stale, and neither is believed.
fn agree(expected: Option<Status>, report: &LaunchReport, path: &Path) -> Result<(), CommandError> {
    match expected {
        Some(expected) if expected != report.status => {
            let (path, says) = (path.display(), report.status.name());
            let what = format!("{path} says {says}, and {} was expected", expected.name());
            let error = CommandError { exit: Exit::SomeFailed, ..CommandError::cannot(what) };
            Err(error.hint("nothing was recorded: look at the log of the launch, then launch it again"))
        }
        Some(_) | None => Ok(()),
    }
}

/// What the command line makes of a file.
fn take(
    args: &ResultArgs,
    named: Option<&About>,
    mut report: LaunchReport,
    path: &Path,
) -> Result<NewResult, CommandError> {
    if let Some(resource) = args.resource.as_ref().filter(|resource| **resource != report.resource) {
        let what = format!("{} is about {:?}, not {resource:?}", path.display(), report.resource);
        return Err(CommandError::usage(what).hint("leave the name out: the files say it"));
    }
    report.status = args.status.unwrap_or(report.status);
    report.url = args.url.clone().or(report.url);
    let new = NewResult::from(report);
    match named {
        Some(about) if *about != new.about => {
            let what = format!("{} is about {}, and not about the commit that was named", path.display(), new.title());
            Err(CommandError::usage(what).hint("leave the commit out: the files say it"))
        }
        Some(_) | None => Ok(new),
    }
}

/// What the person who asks sees as the newest state commit. A newer one may have been recorded meanwhile, which
/// is not what was launched.
fn newest_here(context: &Context, resource: &str) -> About {
    let newest = || {
        let resource = context.resource(resource).ok()?;
        let pattern = crate::states::history_pattern(&resource).ok()?;
        let repo = context.repository.local();
        crate::states::newest(&repo, &resource, &pattern, &shallow_boundary(&repo)).ok()?
    };
    // What cannot be known here is looked for once the branches are fetched.
    newest().map_or(About::Newest, |state| About::State { message: state.message, value: state.value })
}

/// The state commit that `--commit` means. It may be unknown here until the branches are fetched.
fn state_at(context: &Context, resource: &str, text: &str) -> Result<About, CommandError> {
    let repo = context.repository.local();
    let unknown = |err: CommitError| {
        CommandError::usage(format!("cannot find the state commit of {resource}"))
            .because(err)
            .hint(format!("see the state commits: git spread-cron log {resource}"))
    };
    match (resolve_commit(&repo, text), &context.source) {
        (Ok(commit), _) => about(context, &context.repository, resource, commit),
        (Err(CommitError::Unknown(_)), Source::Remote(remote)) => {
            let repository = refresh(&context.repository, &context.git, remote)?.repository;
            let commit = resolve_commit(&repository.local(), text).map_err(unknown)?;
            about(context, &repository, resource, commit)
        }
        (Err(err), _) => Err(unknown(err)),
    }
}

/// What a state commit says, by the options in its own tree.
fn about(
    context: &Context,
    repository: &Repository,
    resource: &str,
    commit: gix::ObjectId,
) -> Result<About, CommandError> {
    let not_a_state = |reason: &str| {
        CommandError::usage(format!("{commit} is not a state commit of {resource}: {reason}"))
            .hint(format!("see the state commits: git spread-cron log {resource}"))
    };
    let found = context.resource_at(repository, resource, commit)?;
    let pattern = crate::states::history_pattern(&found).map_err(|reason| not_a_state(&reason))?;
    let repo = repository.local();
    let (states, _) = states(&repo, found.tip(), &pattern, &shallow_boundary(&repo), 1)
        .map_err(|err| not_a_state(&crate::error::chain(&err)))?;
    match states.into_iter().next().filter(|state| state.id == commit) {
        Some(state) => Ok(About::State { message: state.message, value: state.value }),
        None => Err(not_a_state("its subject is not MESSAGE (VALUE)")),
    }
}
