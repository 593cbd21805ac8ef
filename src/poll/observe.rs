//! Observing resources: their options, the recorded value, and what the extractor prints, side by side.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gix::ObjectId;
use gix::bstr::ByteSlice;

use super::declared::{declares, observe_declared};
use super::{Event, PollSettings};
use crate::core::decide::Beginning;
use crate::core::expression::Shape;
use crate::core::message::Message;
use crate::core::options::{Key, Options, OptionsError, Plan, Settings, normalize, timeout};
use crate::core::rewording::Rewording;
use crate::core::value::{Observation, ValueError, fits_in_environment, observe};
use crate::extract::{ExtractError, ExtractorRun, Go, ResourceFiles};
use crate::git::history::{HistoryError, Newest, PauseCommit, Recorded, StateCommit, newest_state, shallow_boundary};
use crate::git::options_file::UnreadableOptions;
use crate::git::program::ProgramError;
use crate::git::repository::Repository;
use crate::git::tree::{self, TreeError};
use crate::resources::Resource;
use crate::sources::{FileError, SourceError};
use crate::states;

/// How often options are read where only a shell can tell whether the files of the resource have to be there.
const MAX_READINGS: usize = 2;

/// What was seen of one resource.
#[derive(Debug)]
pub(super) struct Observed {
    /// Its message, if the options could be read.
    pub(super) message: Option<Message>,
    /// What history says.
    pub(super) recorded: Option<StateCommit>,
    /// What the extractor says, and the message to record it under.
    pub(super) result: Result<(Message, Observation), Failure>,
    /// How long the extractor ran.
    pub(super) duration: Duration,
}

impl Observed {
    /// Where nothing was looked at yet.
    pub(super) fn nothing() -> Self {
        Observed { message: None, recorded: None, result: Err(Failure::Interrupted), duration: Duration::ZERO }
    }

    /// Whether a shallow clone hides what has to be known.
    pub(super) fn is_cut_off(&self) -> bool {
        matches!(self.result, Err(Failure::CutOff))
    }

    /// Whether a partial clone left out files that the extractor is to find.
    pub(super) fn lacks_files(&self) -> bool {
        matches!(self.result, Err(Failure::Files(TreeError::Missing(_))))
    }
}

/// Why there is no observation.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("manual")]
    Manual,
    #[error("paused")]
    Paused(PauseCommit),
    #[error("this shallow clone hides the history of the branch; run git fetch --unshallow")]
    CutOff,
    #[error("this shallow clone hides the history of the branch, and {0}")]
    CannotDeepen(String),
    #[error(
        "{0} is a shallow repository itself, and hides the history of the branch; bring it, there: git fetch --unshallow"
    )]
    RemoteIsShallow(String),
    #[error("{0}")]
    Unreadable(UnreadableOptions),
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error("the options give another value for tree each time they are read")]
    Unsteady,
    #[error("{0}; to begin anew instead: git spread-cron poll --first {name}", name = shell_words::quote(.1))]
    Reworded(Rewording, String),
    #[error("{text}", text = crate::error::chain(.0))]
    History(#[from] HistoryError),
    #[error("{text}", text = crate::error::chain(.0))]
    Files(#[from] TreeError),
    #[error("{text}", text = crate::error::chain(.0))]
    Extract(#[from] ExtractError),
    #[error("{text}", text = crate::error::chain(.0))]
    Source(#[from] SourceError),
    #[error("{text}", text = crate::error::chain(.0))]
    File(#[from] FileError),
    #[error("{text}", text = crate::error::chain(.0))]
    Git(#[from] ProgramError),
    #[error("{0}")]
    After(String),
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error("interrupted before it was extracted")]
    Interrupted,
}

impl Failure {
    /// Whether a signal is the reason.
    pub(super) fn is_interrupt(&self) -> bool {
        match self {
            Failure::Interrupted
            | Failure::Extract(ExtractError::Interrupted)
            | Failure::Git(ProgramError::Interrupted(_)) => true,
            Failure::Source(err) => err.is_interrupt(),
            Failure::Manual
            | Failure::Paused(_)
            | Failure::CutOff
            | Failure::CannotDeepen(_)
            | Failure::RemoteIsShallow(_)
            | Failure::Unreadable(_)
            | Failure::Options(_)
            | Failure::Unsteady
            | Failure::Reworded(..)
            | Failure::History(_)
            | Failure::Files(_)
            | Failure::Extract(_)
            | Failure::File(_)
            | Failure::Git(_)
            | Failure::After(_)
            | Failure::Value(_) => false,
        }
    }
}

/// How often progress is reported when many resources finish at once.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(20);

/// Observes all resources, `jobs` of them at a time, and keeps their order.
pub(super) fn observe_all(
    repository: &Repository,
    settings: &PollSettings,
    resources: Vec<Resource>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Vec<(Resource, Observed)> {
    // Few extractors follow others, and references by the thousand take a while to copy.
    let follows =
        |resource: &Resource| resource.options.as_ref().is_ok_and(|file| file.text.contains_str("spread-cron"));
    if let Some(view) = settings.view.as_ref().filter(|_| resources.iter().any(follows))
        && let Err(err) = view.update(repository)
    {
        on_event(Event::NoView(crate::error::chain(&err)));
    }
    on_event(Event::Extracting(resources.len()));
    let shallow = shallow_boundary(&repository.local());
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut observed: Vec<Option<Observed>> = resources.iter().map(|_| None).collect();
    let declared: Vec<_> =
        resources.iter().enumerate().filter_map(|(index, resource)| declares(index, resource)).collect();
    let of_declared: HashSet<usize> = declared.iter().map(|declared| declared.index).collect();
    let extracted: Vec<usize> = (0..resources.len()).filter(|index| !of_declared.contains(index)).collect();
    std::thread::scope(|scope| {
        if !declared.is_empty() {
            let (sender, resources, shallow, declared) = (sender.clone(), &resources, &shallow, &declared);
            scope.spawn(move || {
                // Each thing that is sent wakes the other thread, so several go together.
                let (mut seen, mut sent) = (Vec::new(), Instant::now());
                let mut done = |index, observed| {
                    seen.push((index, observed));
                    if sent.elapsed() >= PROGRESS_INTERVAL {
                        drop(sender.send(std::mem::take(&mut seen)));
                        sent = Instant::now();
                    }
                };
                observe_declared(repository, settings, shallow, resources, declared, &mut done);
                drop(sender.send(seen));
            });
        }
        for _ in 0..settings.jobs.min(extracted.len()) {
            let (sender, next, resources, shallow) = (sender.clone(), &next, &resources, &shallow);
            let extracted = &extracted;
            scope.spawn(move || {
                let repo = repository.local();
                while let Some(index) = take(next, extracted) {
                    let resource = &resources[index];
                    let seen = Observer { repo: &repo, settings, shallow, resource }.observe();
                    if sender.send(vec![(index, seen)]).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (index, seen) in receiver.into_iter().flatten() {
            observed[index] = Some(seen);
            on_event(Event::Extracted);
        }
    });
    on_event(Event::AllExtracted);
    let observed = observed.into_iter().map(|seen| seen.expect("every index is taken and sent once"));
    resources.into_iter().zip(observed).collect()
}

fn take(next: &AtomicUsize, places: &[usize]) -> Option<usize> {
    places.get(next.fetch_add(1, Ordering::Relaxed)).copied()
}

struct Observer<'a> {
    repo: &'a gix::Repository,
    settings: &'a PollSettings,
    shallow: &'a HashSet<ObjectId>,
    resource: &'a Resource,
}

impl Observer<'_> {
    fn observe(&self) -> Observed {
        let mut observed = Observed::nothing();
        observed.result = self.observe_into(&mut observed);
        observed
    }

    fn observe_into(&self, observed: &mut Observed) -> Result<(Message, Observation), Failure> {
        if (self.settings.interrupted)() {
            return Err(Failure::Interrupted);
        }
        let file = self.resource.options.as_ref().map_err(|unreadable| Failure::Unreadable(unreadable.clone()))?;
        let text = normalize(&file.text);
        let options = Options::parse(&text);
        // No shell is started for a resource that is left alone.
        let mut early = match options.settings() {
            Some(settings) => Some((self.prepare(&settings, observed)?, settings)),
            None => None,
        };
        let network = options.network()?;
        let mut has_files = options.known(Key::Tree) == Some(b"true");
        for _ in 0..MAX_READINGS {
            let files = match has_files {
                true => Some(tree::files(self.repo, file.folder)?),
                false => None,
            };
            let name = self.resource.origin.path.rsplit('/').next().unwrap_or_default();
            let request = ExtractorRun {
                resource: self.resource.branch.name.as_str(),
                options: &text,
                files: files.as_ref().map(|files| ResourceFiles { files, options: name }),
                timeout: options.known(Key::Timeout).and_then(known_timeout).unwrap_or(self.settings.timeout),
                network,
            };
            let (start, mut deciding, mut decision) = (Instant::now(), Duration::ZERO, None);
            let output = self.settings.extractors.run(&request, &self.settings.interrupted, &mut |settings| {
                let decided_at = Instant::now();
                let prepared = match early.take() {
                    Some((prepared, expected)) if expected == settings => Ok(prepared),
                    Some(_) | None => self.prepare(&settings, observed),
                };
                deciding = decided_at.elapsed();
                let recorded = observed.recorded.as_ref().map(|state| state.value.clone());
                match decision.insert(prepared) {
                    Ok(prepared) if prepared.plan.tree == has_files => Some(Go {
                        // Other programs may have recorded what no environment can hold.
                        old_value: recorded.filter(|value| fits_in_environment(value)),
                        timeout: prepared.plan.timeout.unwrap_or(self.settings.timeout),
                    }),
                    Ok(_) | Err(_) => None,
                }
            });
            observed.duration = start.elapsed().saturating_sub(deciding);
            let output = output?;
            let Prepared { plan, shape } = decision.unwrap_or(Err(Failure::Unsteady))?;
            match output {
                Some(output) => return Ok((plan.message, observe(&output)?.in_shape(shape.as_ref())?)),
                // Only a shell could tell. The files have to be there before anything runs in their folder.
                None => has_files = plan.tree,
            }
        }
        Err(Failure::Unsteady)
    }

    /// Looks up what the extractor gets, if it is to run.
    fn prepare(&self, settings: &Settings, observed: &mut Observed) -> Result<Prepared, Failure> {
        let plan = settings.plan()?;
        observed.message = Some(plan.message.clone());
        look_back(self.repo, self.settings, self.shallow, self.resource, settings, &plan, observed)?;
        if plan.manual && !self.settings.force {
            return Err(Failure::Manual);
        }
        Ok(Prepared { shape: settings.value_pattern()?, plan })
    }
}

/// Notes the newest value that was recorded; none where the present one is to be the first.
pub(super) fn look_back(
    repo: &gix::Repository,
    settings: &PollSettings,
    shallow: &HashSet<ObjectId>,
    resource: &Resource,
    texts: &Settings,
    plan: &Plan,
    observed: &mut Observed,
) -> Result<(), Failure> {
    let Newest { recorded, pause } = newest_state(repo, resource.tip(), &plan.pattern, shallow)?;
    let is_paused = |pause: &PauseCommit| pause.change.pause_at((settings.now)().seconds).is_some();
    let pause = pause.filter(is_paused).filter(|_| !settings.force);
    match (pause, recorded) {
        (Some(pause), recorded) => {
            if let Recorded::Newest(state) = recorded {
                observed.recorded = Some(state);
            }
            return Err(Failure::Paused(pause));
        }
        (None, Recorded::Newest(state)) => {
            observed.recorded = Some(state);
            return Ok(());
        }
        (None, Recorded::CutOff) => return Err(Failure::CutOff),
        (None, Recorded::Nothing) => {}
    }
    let messages = (&plan.message, texts.message_pattern.as_slice());
    match states::beginning(repo, &settings.source, resource, messages, shallow, settings.on_rewording)? {
        Beginning::Allowed => Ok(()),
        Beginning::Reworded(rewording) => Err(Failure::Reworded(rewording, resource.branch.name.to_string())),
    }
}

/// What has to be known to run an extractor, and to judge its output.
struct Prepared {
    plan: Plan,
    shape: Option<Shape>,
}

/// The time limit that a file states, if it states a valid one.
fn known_timeout(text: &[u8]) -> Option<Duration> {
    timeout(text).ok().flatten()
}
