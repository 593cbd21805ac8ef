//! `git spread-cron poll`: look at every resource, record what changed, push it.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use super::format::{count, paused, shown, width};
use super::notices::{say_no_resources, show_progress, warn_unlisted};
use super::sources::sources;
use crate::cli::{Format, PollArgs};
use crate::context::{Context, LOCAL, listen_for_signals};
use crate::core::decide::OnRewording;
use crate::core::documents::{Outcome, PollEntry, PollReport, json};
use crate::core::github::{Annotation, MAX_OUTPUT, pages, units};
use crate::core::isolation::{Enforced, IsolationMode};
use crate::core::name::Selection;
use crate::environment::{Environment, GIT_DIR, LAYOUT, OPTIONS_PATHS, REMOTE};
use crate::error::{CommandError, Exit};
use crate::extract::{Extractors, Shell, clean_environment, hide_own_environment, tell_of_poll};
use crate::git::commit_writer::FixedDates;
use crate::git::config_guard::ConfigChanged;
use crate::git::refresh::RefreshError;
use crate::git::view::View;
use crate::github::{GitHub, annotated, begin};
use crate::isolate::isolate;
use crate::poll::{Event, Freshness, PollError, PollSettings, Refusal, poll};
use crate::ui::{Paint, Ui};

/// The time limit of an extractor.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(super) fn run(args: &PollArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    // The first signal asks for a clean end, the second one gets its own way.
    listen_for_signals(1)?;
    let hidden = hide_own_environment();
    let mut github = begin(&args.github, environment, ui)?;
    if let Err(err) = hidden {
        ui.warning(&format!("extractors can read the environment of this poll: {err}"));
    }
    let Some(every) = args.every else {
        let polled = poll_once(args, environment, github.as_mut(), ui);
        return annotated(polled, ui);
    };
    let interrupted = environment.interrupted();
    loop {
        let start = Instant::now();
        match poll_once(args, environment, None, ui) {
            Ok(Exit::Interrupted) => return Ok(Exit::Interrupted),
            Ok(_) => {}
            Err(error) if matches!(error.exit, Exit::Usage | Exit::Interrupted) => return Err(error),
            Err(error) => ui.error(&error),
        }
        ui.flush();
        while !interrupted() && start.elapsed() < every {
            std::thread::sleep(every.saturating_sub(start.elapsed()).min(Duration::from_millis(100)));
        }
        if interrupted() {
            return Ok(Exit::Success);
        }
    }
}

fn poll_once(
    args: &PollArgs,
    environment: &Environment,
    github: Option<&mut GitHub>,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let mut context = Context::new(environment, &args.source)?;
    context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
    if args.every.is_some() {
        context.git.may_prompt = false;
    }
    let settings = settings(args, environment, &context)?;
    say_what_is_missing(args, &context, settings.extractors.enforced(), ui);
    let polled = poll(&context.repository, &settings, &mut |event| show_event(event, ui));
    ui.clear_progress();
    let polled = polled.map_err(|err| explain(err, environment))?;
    let report = polled.document(context.source.remote(), args.dry_run, settings.extractors.enforced());
    show(args, &context, &report, ui);
    if let Some(github) = github {
        tell(&report, github, ui)?;
    }
    if let Some(refusal) = polled.refusal {
        return Err(explain_refusal(refusal));
    }
    Ok(if polled.interrupted {
        Exit::Interrupted
    } else if args.fail_on.is_failure(report.resources.iter().map(|resource| resource.outcome)) {
        Exit::SomeFailed
    } else {
        Exit::Success
    })
}

/// Writes the outputs, the summary and the annotations of the step.
fn tell(report: &PollReport, github: &mut GitHub, ui: &mut Ui) -> Result<(), CommandError> {
    let names = |is_meant: &dyn Fn(Outcome) -> bool| {
        let meant = report.resources.iter().filter(|resource| is_meant(resource.outcome));
        json(&meant.map(|resource| resource.resource.as_str()).collect::<Vec<_>>())
    };
    for resource in report.resources.iter().filter(|resource| resource.outcome == Outcome::Failed) {
        let error = resource.error.as_deref().unwrap_or("for an unknown reason");
        ui.annotate(Annotation::warning(format!("{} failed", resource.resource), error));
    }
    github.set_output("changed", &names(&Outcome::is_news))?;
    github.set_output("failed", &names(&|outcome| outcome == Outcome::Failed))?;
    let mut document = json(report);
    if units(&document) > MAX_OUTPUT {
        ui.warning("the report is too long for an output of GitHub Actions, and left empty");
        document.clear();
    }
    github.set_output("report", &document)?;
    Ok(github.summarize(&pages::poll(report))?)
}

/// Says what extractors are not kept from, unless that was asked for.
fn say_what_is_missing(args: &PollArgs, context: &Context, enforced: &Enforced, ui: &mut Ui) {
    let mode = args.isolation.or(context.config.isolation).unwrap_or_default();
    let missing: Vec<String> = enforced.missing().map(|barrier| barrier.to_string()).collect();
    if mode != IsolationMode::None && !missing.is_empty() {
        ui.detail(&format!("This system does not keep extractors from: {}.", missing.join(", ")));
    }
}

fn settings(args: &PollArgs, environment: &Environment, context: &Context) -> Result<PollSettings, CommandError> {
    let config = &context.config;
    let cannot_extract = |err| CommandError::cannot("cannot run extractors").because(err);
    let shell = args.shell.as_deref().or(config.shell.as_deref());
    let shell = Shell::find(shell, environment.variable("PATH")).map_err(|err| {
        cannot_extract(err).hint("name a shell: --shell PROGRAM, or git config spread-cron.shell PROGRAM")
    })?;
    let pass = if args.pass_env.is_empty() { &config.pass_env } else { &args.pass_env };
    let mut variables = clean_environment(environment.variables(), pass);
    let mode = args.isolation.or(config.isolation).unwrap_or_default();
    let view = match mode {
        IsolationMode::None => None,
        IsolationMode::Auto | IsolationMode::Require => {
            let view = View::create(environment.variable("TMPDIR"));
            Some(view.map_err(|err| CommandError::cannot("cannot create a temporary folder").because(err))?)
        }
    };
    let git_dir = view.as_ref().map_or(context.repository.git_dir(), View::git_dir);
    let mut told = vec![(GIT_DIR, git_dir.into()), (REMOTE, context.source.remote().unwrap_or(LOCAL).into())];
    if !args.source.options_path.is_empty() {
        told.push((OPTIONS_PATHS, args.source.options_path.join("\n").into()));
    }
    if let Some(layout) = args.source.layout {
        told.push((LAYOUT, layout.choice().to_string().into()));
    }
    tell_of_poll(&mut variables, told, environment.program());
    let mut more = config.extractor_paths.clone();
    if let Some(view) = &view {
        more.push(view.git_dir().to_owned());
        more.extend(View::borrowed(&context.repository));
    }
    let isolation = isolate(mode, &shell, &variables, &more)?;
    Ok(PollSettings {
        source: context.source.clone(),
        paths: context.paths.clone(),
        selection: Selection::new(args.patterns.clone()),
        shard: args.shard,
        freshness: match (args.no_fetch, args.dry_run) {
            (true, _) => Freshness::AsIs,
            (false, true) => Freshness::Compare,
            (false, false) => Freshness::Fetch,
        },
        dry_run: args.dry_run,
        force: args.force,
        on_rewording: if args.first { OnRewording::BeginAnew } else { OnRewording::Refuse },
        jobs: args.jobs.or(config.jobs).unwrap_or_else(default_jobs),
        timeout: args.timeout.or(config.timeout).unwrap_or(TIMEOUT),
        sources: sources(config, environment, pass, args.jobs.or(config.jobs))?,
        extractors: Extractors::new(&shell, variables, isolation).map_err(cannot_extract)?,
        view,
        git: context.git.clone(),
        fixed_dates: FixedDates::of(environment),
        now: environment.now(),
        interrupted: environment.interrupted(),
    })
}

/// Extractors mostly wait for a network, so there are more of them than cores.
fn default_jobs() -> usize {
    const FOR_EACH_CORE: usize = 4;
    const AT_LEAST: usize = 8;
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (cores * FOR_EACH_CORE).max(AT_LEAST)
}

fn show_event(event: Event<'_>, ui: &mut Ui) {
    match event {
        Event::Fetching(remote) => ui.detail(&format!("Fetching from {remote}.")),
        Event::Unlisted(unlisted) => warn_unlisted(unlisted, ui),
        Event::Cycle(names) => ui.warning(&format!(
            "these extractors follow each other in a cycle: {} → {}; none of them can see anything new",
            names.join(" → "),
            names[0]
        )),
        Event::RemoteMovedOn { remote, branches } => {
            const SHOWN: usize = 5;
            let shown = branches.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if branches.len() > SHOWN { ", …" } else { "" };
            let stand = count(branches.len(), "branch stands", "branches stand");
            ui.warning(&format!(
                "{remote} has moved on: {stand} elsewhere ({shown}{more}); a poll without --dry-run fetches first"
            ));
        }
        Event::RemoteSilent { remote, reason } => {
            ui.warning(&format!("cannot ask whether {remote} has moved on: {reason}"));
        }
        Event::Deepening(number) => {
            let branches = count(number, "branch", "branches");
            ui.status(&format!("Fetching the history of {branches}, which this shallow clone hides."));
        }
        Event::NoView(reason) => {
            ui.warning(&format!(
                "extractors cannot follow other resources, as the repository cannot be shown to them: {reason}"
            ));
        }
        Event::Extracting(number) => ui.start_progress("Extracting", number),
        Event::Extracted => ui.advance_progress(),
        Event::AllExtracted => ui.clear_progress(),
        Event::OrphansLeftAlone(number) => ui.warning(&format!(
            "{}, started by extractors, cannot be ended, and may see what this poll does",
            count(number, "process of another user", "processes of other users")
        )),
        Event::OrphansUnknown(reason) => {
            ui.warning(&format!("processes that extractors leave behind cannot be looked for: {reason}"));
        }
        Event::Recording(progress) => show_progress(progress, ui),
    }
}

fn show(args: &PollArgs, context: &Context, report: &PollReport, ui: &mut Ui) {
    if args.format.format == Format::Json {
        ui.json(report);
        return;
    }
    if report.resources.is_empty() {
        match args.shard {
            Some(_) => ui.status("There are no resources in this share."),
            None => say_no_resources(context, &args.patterns, !args.no_fetch && !args.dry_run, ui),
        }
        return;
    }
    let mut resources: Vec<&PollEntry> = report.resources.iter().collect();
    resources.sort_by_key(|resource| attention(resource.outcome));
    resources.retain(|resource| !ui.is_quiet() || attention(resource.outcome) >= attention(Outcome::First));
    let names = width(resources.iter().map(|resource| resource.resource.as_str()), 48);
    let transitions: Vec<String> = resources.iter().map(|resource| transition(resource)).collect();
    let values = width(transitions.iter().map(String::as_str), 32);
    for (resource, transition) in resources.into_iter().zip(&transitions) {
        let (symbol, paint) = look(resource.outcome);
        let text = format!(
            "{} {:names$}  {transition:values$}  {}",
            ui.paint(paint, symbol),
            resource.resource,
            ui.paint(paint, &what_happened(resource, args.dry_run))
        );
        ui.line(&text);
    }
    if !ui.is_quiet() {
        ui.line(&summary(report));
    }
}

/// How much a person should look at it; the most important stands last, next to the prompt.
fn attention(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Unchanged => 0,
        Outcome::Manual | Outcome::Paused => 1,
        Outcome::NoValue => 2,
        Outcome::First => 3,
        Outcome::Changed => 4,
        Outcome::Failed => 5,
    }
}

fn look(outcome: Outcome) -> (&'static str, Paint) {
    match outcome {
        Outcome::Unchanged => ("=", Paint::Faint),
        Outcome::Manual | Outcome::Paused => ("-", Paint::Faint),
        Outcome::NoValue => (".", Paint::Faint),
        Outcome::First => ("+", Paint::New),
        Outcome::Changed => ("*", Paint::New),
        Outcome::Failed => ("!", Paint::Bad),
    }
}

fn transition(resource: &PollEntry) -> String {
    match (&resource.old, &resource.new) {
        (Some(old), Some(new)) if old != new => format!("{} → {}", shown(old), shown(new)),
        (None, Some(new)) => format!("→ {}", shown(new)),
        (Some(old), _) => shown(old),
        (None, None) => "(none)".to_owned(),
    }
}

fn what_happened(resource: &PollEntry, dry_run: bool) -> String {
    let text = match (resource.outcome, dry_run) {
        (Outcome::First, false) => "first value recorded",
        (Outcome::First, true) => "the first value would be recorded",
        (Outcome::Changed, false) => "changed",
        (Outcome::Changed, true) => "the change would be recorded",
        (Outcome::Unchanged, _) => "unchanged",
        (Outcome::NoValue, _) => "nothing to report yet",
        (Outcome::Manual, _) => "manual, not polled without --force",
        (Outcome::Paused, _) => return resource.paused.as_ref().map(paused).unwrap_or_default(),
        (Outcome::Failed, _) => {
            return format!("failed: {}", resource.error.as_deref().unwrap_or("for an unknown reason"));
        }
    };
    text.to_owned()
}

fn summary(report: &PollReport) -> String {
    let name = |outcome| match outcome {
        Outcome::First => "first",
        Outcome::Changed => "changed",
        Outcome::Unchanged => "unchanged",
        Outcome::NoValue => "without a value",
        Outcome::Manual => "manual",
        Outcome::Paused => "paused",
        Outcome::Failed => "failed",
    };
    let parts: Vec<String> = report
        .summary
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(outcome, number)| format!("{number} {}", name(*outcome)))
        .collect();
    format!("{}: {}", count(report.resources.len(), "resource", "resources"), parts.join(", "))
}

/// What to tell a person about a poll that could not work.
fn explain(err: PollError, environment: &Environment) -> CommandError {
    if (environment.interrupted())() {
        return CommandError::interrupted("interrupted");
    }
    match err {
        PollError::Gather(err) => err.into(),
        PollError::Refresh(err @ RefreshError::Fetch(..)) => {
            let error = CommandError::from(err);
            let hint = error.hint.clone().unwrap_or_default();
            error.hint(format!("{hint}; or poll what is here: --no-fetch"))
        }
        PollError::Refresh(err) => err.into(),
        PollError::Record(err) => err.into(),
        PollError::Refused(broken) => {
            let what = "the configuration of this repository was changed while extractors of an earlier poll ran";
            explain_change(what, broken)
        }
    }
}

/// What to tell a person when nothing may be recorded, for what extractors did.
fn explain_refusal(refusal: Refusal) -> CommandError {
    let what = format!("{refusal}, and nothing is recorded");
    match refusal {
        Refusal::Changed(broken) => explain_change(&what, broken),
        Refusal::Orphans(err) => {
            CommandError::cannot(what).because(err).hint("end them, and look at what the extractors start")
        }
    }
}

fn explain_change(what: &str, broken: ConfigChanged) -> CommandError {
    let notes = broken.notes.iter().map(|note| note.display().to_string()).collect::<Vec<_>>().join(" and ");
    let hint = format!(
        "look at it: git config --list --show-origin --local; put it right, or remove {notes} if it is right; then poll again"
    );
    CommandError::cannot(what).because(broken).hint(hint)
}
