//! Observing resources: their options, the recorded value, and what the extractor prints, side by side.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gix::ObjectId;

use super::declared::{declares, observe_declared};
use super::{Event, PollSettings};
use crate::core::message::Message;
use crate::core::options::{Options, OptionsError, normalize};
use crate::core::tree_file::TreeFile;
use crate::core::value::{Observation, ValueError, fits_in_environment, observe};
use crate::extract::{Expect, ExtractError, Extraction, Request};
use crate::git::history::{HistoryError, Recorded, StateCommit, newest_state, shallow_boundary};
use crate::git::options_file::UnreadableOptions;
use crate::git::program::ProgramError;
use crate::git::repository::Repository;
use crate::git::tree::{self, TreeError};
use crate::resources::Resource;
use crate::sources::{FileError, SourceError};

/// How often options may give other settings than a moment ago.
const MAX_READINGS: usize = 3;

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
    #[error("this shallow clone hides the history of the branch; run git fetch --unshallow")]
    CutOff,
    #[error("this shallow clone hides the history of the branch, and {0}")]
    CannotDeepen(String),
    #[error("{0}")]
    Unreadable(UnreadableOptions),
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error("the options give another message or other settings each time they are read")]
    Unsteady,
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
            | Failure::CutOff
            | Failure::CannotDeepen(_)
            | Failure::Unreadable(_)
            | Failure::Options(_)
            | Failure::Unsteady
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

/// Observes all resources, `jobs` of them at a time, and keeps their order.
pub(super) fn observe_all(
    repository: &Repository,
    settings: &PollSettings,
    resources: Vec<Resource>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Vec<(Resource, Observed)> {
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
                let mut done = |index, seen| drop(sender.send((index, seen)));
                observe_declared(repository, settings, shallow, resources, declared, &mut done);
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
                    if sender.send((index, seen)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (index, seen) in receiver {
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
        let mut settings = match Options::parse(&text).settings() {
            Some(settings) => settings,
            None => match self.extract(&text, Expect::Probe, None, &[], self.settings.timeout)? {
                Extraction::Settings(settings) => settings,
                Extraction::Output(_) => return Err(Failure::Unsteady),
            },
        };
        for _ in 0..MAX_READINGS {
            let plan = settings.plan()?;
            observed.message = Some(plan.message.clone());
            observed.recorded = match newest_state(self.repo, self.resource.tip(), &plan.pattern, self.shallow)? {
                Recorded::Newest(state) => Some(state),
                Recorded::Nothing => None,
                Recorded::CutOff => return Err(Failure::CutOff),
            };
            if plan.manual && !self.settings.force {
                return Err(Failure::Manual);
            }
            let value_pattern = settings.value_pattern()?;
            let files = match plan.tree {
                true => tree::files(self.repo, file.folder)?,
                false => Vec::new(),
            };
            let old = observed.recorded.as_ref().map(|state| state.value.as_str());
            let timeout = plan.timeout.unwrap_or(self.settings.timeout);
            let start = Instant::now();
            let extraction = self.extract(&text, Expect::Exactly(&settings), old, &files, timeout);
            observed.duration = start.elapsed();
            match extraction? {
                Extraction::Output(output) => {
                    return Ok((plan.message, observe(&output)?.in_shape(value_pattern.as_ref())?));
                }
                // The shell's word counts, not what was read without one.
                Extraction::Settings(actual) => settings = actual,
            }
        }
        Err(Failure::Unsteady)
    }

    fn extract(
        &self,
        text: &[u8],
        expect: Expect<'_>,
        old_value: Option<&str>,
        files: &[TreeFile],
        timeout: Duration,
    ) -> Result<Extraction, ExtractError> {
        let resource = self.resource.branch.name.as_str();
        // Others may have recorded what no environment can hold.
        let old_value = old_value.filter(|value| fits_in_environment(value));
        let request = Request { resource, options: text, expect, old_value, files, timeout };
        self.settings.extractors.run(&request, &self.settings.interrupted)
    }
}
