//! Observing resources that declare their source: no shell, and for most of them no process at all.
//!
//! What is asked over a network is asked together, so that requests can share connections and answers.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gix::ObjectId;

use super::PollSettings;
use super::observe::{Failure, Observed, look_back};
use crate::core::declared::{Declaration, GitUrl, SOURCE, WantedValue};
use crate::core::expression::Shape;
use crate::core::message::Message;
use crate::core::name::Selection;
use crate::core::options::Options;
use crate::core::value::observe;
use crate::git::fetch::list_refs;
use crate::git::repository::Repository;
use crate::resources::{Resource, gather};
use crate::sources::{Absence, Asked, Planned, Question, Sources, read_file};
use crate::states;

/// A resource that declares its source, and what its options say.
pub(super) struct DeclaredResource {
    /// Its place among all resources.
    pub(super) index: usize,
    options: Options,
}

/// The resource as one that declares its source, if it does.
pub(super) fn declares(index: usize, resource: &Resource) -> Option<DeclaredResource> {
    let file = resource.options.as_ref().ok()?;
    // Most options do not have the word, and are not read for it.
    gix::bstr::ByteSlice::find(file.text.as_slice(), SOURCE)?;
    let options = Options::parse(&file.text);
    options.declaration().is_some().then_some(DeclaredResource { index, options })
}

/// What is known before anything is asked.
struct PreparedQuestion {
    observed: Observed,
    /// None where it is known already why there is no value.
    asking: Option<Asking>,
}

/// What is needed to ask, and to read the answer.
struct Asking {
    message: Message,
    shape: Option<Shape>,
    planned: Planned,
    time_limit: Option<Duration>,
}

/// Observes resources that declare their sources, and hands on each as soon as it is done.
pub(super) fn observe_declared(
    repository: &Repository,
    settings: &PollSettings,
    shallow: &HashSet<ObjectId>,
    resources: &[Resource],
    declared: &[DeclaredResource],
    done: &mut (dyn FnMut(usize, Observed) + Send),
) {
    let prepare = |repo: &gix::Repository, declared: &DeclaredResource| {
        let mut observed = Observed::nothing();
        let resource = &resources[declared.index];
        let asking = match prepare(repo, settings, shallow, resource, &declared.options, &mut observed) {
            Ok(asking) => Some(asking),
            Err(failure) => {
                observed.result = Err(failure);
                None
            }
        };
        PreparedQuestion { observed, asking }
    };
    let prepared = repository.map_parallel(declared, prepare);
    let mut batch = NetworkBatch { questions: Vec::new(), waiting: Vec::new(), programs: Vec::new() };
    for (one, PreparedQuestion { observed, asking }) in declared.iter().zip(prepared) {
        let declaration = one.options.declaration().and_then(Result::ok);
        let Some((Asking { message, shape, planned, time_limit }, declaration)) = asking.zip(declaration) else {
            done(one.index, observed);
            continue;
        };
        let waiting = Waiting { index: one.index, observed, message, shape, declaration, time_limit };
        match planned {
            Planned::Clock(clock) => {
                let recorded = waiting.observed.recorded.as_ref().map(|state| state.value.clone());
                let value = clock.value_at((settings.now)().seconds, recorded.as_deref());
                waiting.conclude(Ok(value), Duration::ZERO, done);
            }
            Planned::After { resource } => {
                let start = Instant::now();
                let value = newest_green(repository, settings, shallow, &resource);
                waiting.conclude(value, start.elapsed(), done);
            }
            Planned::File { path, text } => {
                let start = Instant::now();
                let absence = if declaration.absent_is_no_value { Absence::IsNoValue } else { Absence::Fails };
                let value = read_file(
                    Path::new(&path),
                    &text,
                    absence,
                    &settings.sources.settings.allow_path,
                    &settings.sources.filters,
                );
                waiting.conclude(value.map_err(Failure::from), start.elapsed(), done);
            }
            Planned::Git { url } => batch.programs.push((waiting, url, None)),
            Planned::Web(request) => {
                batch.questions.push(Question { declaration, request });
                batch.waiting.push(Some(waiting));
            }
        }
    }
    batch.run(settings, done);
}

/// Reads the options and the history of a resource, and plans what has to be asked.
fn prepare(
    repo: &gix::Repository,
    settings: &PollSettings,
    shallow: &HashSet<ObjectId>,
    resource: &Resource,
    options: &Options,
    observed: &mut Observed,
) -> Result<Asking, Failure> {
    if (settings.interrupted)() {
        return Err(Failure::Interrupted);
    }
    let texts = options.settings().ok_or(Failure::Unsteady)?;
    let plan = texts.plan()?;
    observed.message = Some(plan.message.clone());
    look_back(repo, settings, shallow, resource, &texts, &plan, observed)?;
    if plan.manual && !settings.force {
        return Err(Failure::Manual);
    }
    let shape = texts.value_pattern()?;
    match options.declaration() {
        Some(Ok(declaration)) => {
            let planned = settings.sources.plan(declaration, plan.timeout)?;
            Ok(Asking { message: plan.message, shape, planned, time_limit: plan.timeout })
        }
        Some(Err(_)) | None => Err(Failure::Unsteady),
    }
}

/// The newest value of another resource that passed.
fn newest_green(
    repository: &Repository,
    settings: &PollSettings,
    shallow: &HashSet<ObjectId>,
    name: &str,
) -> Result<Option<String>, Failure> {
    let PollSettings { git, source, paths, .. } = settings;
    let selection = Selection::new(vec![name.to_owned()]);
    let gathered = gather(repository, git, source, paths, &selection, |_, resource| resource);
    let gathered = gathered.map_err(|err| Failure::After(crate::error::chain(&err)))?;
    let resource = gathered.resources.into_iter().next();
    let resource = resource.ok_or_else(|| Failure::After(format!("{name} is not a resource")))?;
    let pattern = states::history_pattern(&resource).map_err(Failure::After)?;
    let green =
        states::newest_green(&repository.local(), source, &resource, &pattern, shallow).map_err(Failure::After)?;
    Ok(green.map(|state| state.value))
}

/// A resource that waits for an answer.
struct Waiting<'a> {
    index: usize,
    observed: Observed,
    message: Message,
    shape: Option<Shape>,
    declaration: &'a Declaration,
    time_limit: Option<Duration>,
}

impl Waiting<'_> {
    fn conclude(
        self,
        value: Result<Option<String>, Failure>,
        duration: Duration,
        done: &mut (dyn FnMut(usize, Observed) + Send),
    ) {
        let Waiting { index, mut observed, message, shape, .. } = self;
        observed.duration = duration;
        observed.result = value.and_then(|value| {
            let observation = observe(value.unwrap_or_default().as_bytes())?.in_shape(shape.as_ref())?;
            Ok((message, observation))
        });
        done(index, observed);
    }
}

/// What is asked over a network: by this program, or by git.
struct NetworkBatch<'a> {
    questions: Vec<Question<'a>>,
    /// One for each question, until it is answered.
    waiting: Vec<Option<Waiting<'a>>>,
    /// With the address to ask, and the address of its host that was checked.
    programs: Vec<(Waiting<'a>, String, Option<String>)>,
}

impl NetworkBatch<'_> {
    fn run(self, settings: &PollSettings, done: &mut (dyn FnMut(usize, Observed) + Send)) {
        let NetworkBatch { questions, mut waiting, programs } = self;
        let done = Mutex::new(done);
        std::thread::scope(|scope| {
            let first = scope.spawn(|| run_git(settings, programs, &done));
            let mut left = Vec::new();
            settings.sources.ask(&questions, &settings.interrupted, &mut |index, asked: Asked, duration| {
                let Some(waiting) = waiting[index].take() else { return };
                match asked {
                    Err(err) if err.needs_git() => left.push(waiting),
                    asked => {
                        let mut done = done.lock().expect("no thread panics while it reports");
                        waiting.conclude(asked.map_err(Failure::from), duration, &mut **done);
                    }
                }
            });
            first.join().expect("the thread does not panic");
            let mut programs = Vec::new();
            for waiting in left {
                let (WantedValue::Ref { url: GitUrl::Web(url), .. } | WantedValue::Tags { url: GitUrl::Web(url), .. }) =
                    &waiting.declaration.wanted
                else {
                    continue;
                };
                match settings.sources.pinned(url) {
                    Ok((url, pin)) => programs.push((waiting, url, pin)),
                    Err(err) => {
                        let mut done = done.lock().expect("no thread panics while it reports");
                        waiting.conclude(Err(err.into()), Duration::ZERO, &mut **done);
                    }
                }
            }
            run_git(settings, programs, &done);
        });
    }
}

/// Runs the git program for each of these, some at a time.
fn run_git(
    settings: &PollSettings,
    programs: Vec<(Waiting<'_>, String, Option<String>)>,
    done: &Mutex<&mut (dyn FnMut(usize, Observed) + Send)>,
) {
    let programs: Vec<Mutex<Option<_>>> = programs.into_iter().map(|program| Mutex::new(Some(program))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(place) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let program = place.lock().expect("no thread panics").take();
            let Some((waiting, url, pin)) = program else { continue };
            let start = Instant::now();
            let mut git = settings.git.clone();
            git.may_prompt = false;
            git.time_limit = waiting.time_limit.unwrap_or(settings.timeout);
            let value = list_refs(&git, &url, pin.as_deref()).map_err(Failure::from);
            let value = value.and_then(|listing| Ok(Sources::of_listing(waiting.declaration, &listing)?));
            let mut done = done.lock().expect("no thread panics while it reports");
            waiting.conclude(value, start.elapsed(), &mut **done);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..settings.jobs.min(programs.len()) {
            scope.spawn(work);
        }
    });
}
