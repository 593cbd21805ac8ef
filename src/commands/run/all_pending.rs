//! `run --pending`: launch everything that waits. Each launch is a `run` of its own, so that one that breaks takes no other
//! with it.

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use super::super::format::count;
use super::super::notices::{say_no_resources, warn_unlisted};
use super::dry_run::source_options;
use crate::cli::RunArgs;
use crate::context::{Context, listen_for_signals};
use crate::core::name::ResourceName;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::history::{StateCommit, shallow_boundary};
use crate::process::{
    Group, InterruptFirst, Membership, Policy, ProcessEvent, Rest, Run, SignalTarget, StopPolicy, supervise,
};
use crate::states::{Adoption, adoption, last_state, waits};
use crate::ui::Ui;

/// What a `run` needs beyond the grace of its suite to write down how that ended.
const LAST_WORK: Duration = Duration::from_secs(120);

/// What comes from the launches.
enum LaunchNews {
    Started(String),
    /// Both streams of it, in the order in which they came, and how it ended.
    Ended {
        name: String,
        output: Vec<u8>,
        status: std::io::Result<ExitStatus>,
    },
}

/// How many launches ended how.
#[derive(Default)]
struct LaunchCount {
    good: usize,
    failed: usize,
}

pub(super) fn run(args: &RunArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let launches = find(args, &context, ui)?;
    if launches.is_empty() {
        ui.status("Nothing waits to be launched.");
        return Ok(Exit::Success);
    }
    let launches: Vec<_> = launches
        .into_iter()
        .map(|(name, state)| (format!("{name} ({})", state.value), words(args, &name, &state)))
        .collect();
    if args.dry_run {
        for (_, words) in &launches {
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            ui.line(&format!("git spread-cron {}", shell_words::join(&words)));
        }
        return Ok(Exit::Success);
    }
    listen_for_signals(2)?;
    let total = launches.len();
    ui.status(&format!("Launching {}.", count(total, "state commit", "state commits")));
    let tally = launch_all(args, environment, launches, ui);
    let interrupted = (environment.interrupted())();
    let left = total - tally.good - tally.failed;
    let mut words = format!("{} of {total} passed", tally.good);
    if tally.failed > 0 {
        words += &format!(", {} did not", tally.failed);
    }
    if left > 0 {
        words += &format!(", {left} not launched");
    }
    ui.status(&format!("{words}."));
    Ok(match (interrupted, tally.failed) {
        (true, _) => Exit::Interrupted,
        (false, 0) => Exit::Success,
        (false, _) => Exit::SomeFailed,
    })
}

/// What waits, the one that has waited longest first.
fn find(args: &RunArgs, context: &Context, ui: &mut Ui) -> Result<Vec<(ResourceName, StateCommit)>, CommandError> {
    let shallow = shallow_boundary(&context.repository.local());
    let gathered = context.gather(&args.names, |repo, resource| {
        let state = last_state(repo, &context.source, &resource, &shallow).and_then(|state| match state {
            Some(state) if waits(&state, args.retry) => {
                let adoption = adoption(repo, &state, &shallow)?;
                Ok(Some((state, adoption)))
            }
            Some(_) | None => Ok(None),
        });
        (resource.branch.name, state)
    })?;
    warn_unlisted(&gathered.unlisted, ui);
    if gathered.resources.is_empty() {
        say_no_resources(context, &args.names, false, ui);
    }
    let (mut found, mut earlier) = (Vec::new(), 0);
    for (name, state) in gathered.resources {
        match state {
            Ok(Some((state, Adoption::Adopted))) => found.push((name, state)),
            Ok(Some((_, Adoption::Earlier | Adoption::Hidden))) => earlier += 1,
            Ok(None) => {}
            Err(reason) => ui.warning(&format!("cannot tell what waits on {name}: {reason}")),
        }
    }
    if earlier > 0 {
        let values = count(earlier, "value", "values");
        ui.status(&format!("{values} of other tools left out; see them with: git spread-cron pending --all"));
    }
    found.sort_by_key(|(_, state)| state.time.seconds);
    Ok(found)
}

/// The arguments of the `run` that launches one of them. It looks again whether that still waits.
fn words(args: &RunArgs, name: &ResourceName, state: &StateCommit) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["run".into(), name.as_str().into(), "--if-pending".into(), "--record".into()];
    let mut give = |flag: &str, value: &dyn AsRef<std::ffi::OsStr>| {
        let mut word = OsString::from(format!("--{flag}="));
        word.push(value);
        words.push(word);
    };
    give("commit", &state.id.to_string());
    give("retry", &args.retry.to_string());
    give("grace", &format!("{}s", args.grace.as_secs()));
    if let Some(attempts) = args.attempts {
        give("attempts", &attempts.to_string());
    }
    if let Some(limit) = args.network_timeout {
        give("network-timeout", &format!("{}s", limit.as_secs()));
    }
    for (file, path) in &args.added_files {
        let mut value = OsString::from(format!("{file}="));
        value.push(path);
        give("file", &value);
    }
    for variable in &args.secret_env {
        give("secret-env", variable);
    }
    if let Some(out) = &args.out {
        give("out", &out.join(name.slug()));
    }
    if args.no_check {
        words.push("--no-check".into());
    }
    words.extend(source_options(&args.source).into_iter().map(OsString::from));
    if !args.spread_args.is_empty() {
        words.push("--".into());
        words.extend(args.spread_args.iter().map(OsString::from));
    }
    words
}

fn launch_all(
    args: &RunArgs,
    environment: &Environment,
    launches: Vec<(String, Vec<OsString>)>,
    ui: &mut Ui,
) -> LaunchCount {
    let jobs = args.jobs.map_or(1, std::num::NonZero::get);
    let mut tally = LaunchCount::default();
    // The output of a single one at a time is seen as it comes.
    let shows_at_once = jobs == 1;
    ui.let_others_write();
    let waiting = Mutex::new(launches.into_iter());
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (sender, waiting) = (sender.clone(), &waiting);
            scope.spawn(move || {
                let next = || waiting.lock().ok()?.next().filter(|_| !(environment.interrupted())());
                while let Some((name, words)) = next() {
                    launch(&name, &words, args.grace, environment, shows_at_once, &sender);
                }
            });
        }
        drop(sender);
        for news in receiver {
            match news {
                LaunchNews::Started(name) if !shows_at_once => ui.status(&format!("Launching {name}.")),
                LaunchNews::Started(_) => {}
                LaunchNews::Ended { name, output, status } => {
                    ui.pass_stdout(&output);
                    let how = match &status {
                        Ok(status) if status.success() => None,
                        Ok(status) => Some(status.to_string()),
                        Err(err) => Some(err.to_string()),
                    };
                    match how {
                        None => tally.good += 1,
                        Some(how) => {
                            tally.failed += 1;
                            ui.status(&format!("The run of {name} ended with {how}."));
                        }
                    }
                    ui.flush();
                    ui.let_others_write();
                }
            }
        }
    });
    tally
}

fn launch(
    name: &str,
    words: &[OsString],
    grace: Duration,
    environment: &Environment,
    shows_at_once: bool,
    sender: &Sender<LaunchNews>,
) {
    let _ = sender.send(LaunchNews::Started(name.to_owned()));
    let program: PathBuf = environment.program().to_owned();
    let mut command = Command::new(program);
    command.args(words).current_dir(environment.working_directory());
    command.env_clear().envs(environment.variables()).stdin(Stdio::null());
    if !shows_at_once {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut output = Vec::new();
    let interrupted = environment.interrupted();
    let policy = Policy {
        deadline: &|| None,
        signals: &|| u32::from(interrupted()),
        stop: StopPolicy {
            interrupt_first: Some(InterruptFirst { target: SignalTarget::Program, grace: grace + LAST_WORK }),
            grace: Run::SCRIPT_GRACE,
        },
        rest: Rest::LivesOn,
    };
    let status = Group::start(&mut command, Membership::Own).and_then(|group| {
        drop(command);
        supervise(group, &policy, &mut |event| {
            if let ProcessEvent::Output(_, piece) = event {
                output.extend_from_slice(piece);
            }
            ControlFlow::Continue(())
        })
    });
    let _ = sender.send(LaunchNews::Ended { name: name.to_owned(), output, status: status.map(|end| end.status) });
}
