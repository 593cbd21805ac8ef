//! Recording results: fetch, find the state commits, decide, and let the transaction do the rest.
//!
//! Reports what goes on through a callback; prints nothing and knows no command line.

use std::collections::{BTreeMap, HashSet};

use gix::ObjectId;

use crate::core::message::{Message, MessagePattern};
use crate::core::name::{did_you_mean, nearest};
use crate::core::options::Options;
use crate::core::result::{LaunchResult, known};
use crate::error::chain;
use crate::git::branches::{self, Branch, Source};
use crate::git::commit_writer::CommitWriter;
use crate::git::history::{Recorded, first_state, shallow_boundary, tree_of};
use crate::git::options_file::OptionsPaths;
use crate::git::program::Git;
use crate::git::refresh::{RefreshError, Refreshed, deepen, refresh};
use crate::git::repository::Repository;
use crate::git::transaction::{Ending, Progress, Transaction, Wanted, Work};
use crate::resources::{GatherError, Resource, read_options};

/// How often a result is decided again because another process was faster.
const MAX_ROUNDS: u32 = 20;

/// A result that has to be recorded.
#[derive(Clone, Debug)]
pub(crate) struct NewResult {
    /// The name of the resource.
    pub(crate) resource: String,
    pub(crate) about: About,
    pub(crate) result: LaunchResult,
}

/// Which state commit a result is about: the nearest to the tip that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The newest one.
    Newest,
    /// One of this message and value.
    State { message: String, value: String },
}

/// What became of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// Recorded by this commit, about this value.
    Recorded { commit: ObjectId, value: String },
    /// It had been recorded already, by this commit, about this value.
    Known { commit: ObjectId, value: String },
    /// There is no resource of this name.
    NoResource(String),
    /// Not recorded, and why.
    Failed(String),
}

/// Everything that recording has to know.
pub(crate) struct ResultSettings<'a> {
    pub(crate) source: &'a Source,
    pub(crate) paths: &'a OptionsPaths,
    pub(crate) git: &'a Git,
    pub(crate) writer: &'a CommitWriter,
}

/// Why nothing could be recorded at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResultsError {
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    #[error(transparent)]
    Gather(#[from] GatherError),
}

/// Records all results, and says what became of each, in the same order.
pub(crate) fn record(
    repository: &Repository,
    settings: &ResultSettings<'_>,
    results: &[NewResult],
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Receipt>, ResultsError> {
    let abouts = results.iter().map(|new| new.about.clone()).collect();
    let mut recording = Recording { settings, results, abouts, receipts: vec![None; results.len()], on_progress };
    let repository = recording.refresh(repository)?;
    let all: Vec<usize> = (0..results.len()).collect();
    let wanted = recording.decide(&repository, &all)?;
    let ResultSettings { source, git, writer, .. } = settings;
    let transaction = Transaction { source, git, writer, log: "spread-cron: result", most_rounds: MAX_ROUNDS };
    transaction.run(&repository, wanted, &mut recording);
    let receipts = recording.receipts.into_iter();
    Ok(receipts.map(|receipt| receipt.expect("each result ends, or is decided again until it does")).collect())
}

struct Recording<'a> {
    settings: &'a ResultSettings<'a>,
    results: &'a [NewResult],
    /// What was the newest state commit at first is what the result is about from then on.
    abouts: Vec<About>,
    /// None for those that are still to be recorded.
    receipts: Vec<Option<Receipt>>,
    on_progress: &'a mut dyn FnMut(Progress),
}

/// One result among the commits that a branch is to get.
struct Part {
    /// Which result.
    index: usize,
    /// Which of the commits records it.
    commit: usize,
    /// The value that it is about.
    value: String,
}

/// What is wanted of some branches.
#[derive(Default)]
struct Batch {
    wanted: Vec<Wanted<Vec<Part>>>,
    /// The results whose state commits a shallow clone may hide.
    hidden: Vec<usize>,
}

impl Recording<'_> {
    /// Brings the branches up to date. Gives the repository as it is then.
    fn refresh(&mut self, repository: &Repository) -> Result<Repository, RefreshError> {
        match self.settings.source {
            Source::Remote(remote) => Ok(self.take(refresh(repository, self.settings.git, remote)?)),
            Source::Local => Ok(repository.reopen()?),
        }
    }

    fn take(&mut self, refreshed: Refreshed) -> Repository {
        refreshed.removed.into_iter().for_each(|path| (self.on_progress)(Progress::RemovedLock(path)));
        refreshed.repository
    }

    /// Finds what some results are about, and the commits that record what is not recorded yet.
    fn decide(&mut self, repository: &Repository, indices: &[usize]) -> Result<Vec<Wanted<Vec<Part>>>, ResultsError> {
        let mut batch = self.look(repository, indices)?;
        if let (false, Source::Remote(remote)) = (batch.hidden.is_empty(), self.settings.source) {
            let results = self.results;
            let names: HashSet<&str> = batch.hidden.iter().map(|index| results[*index].resource.as_str()).collect();
            let names: Vec<&str> = names.into_iter().collect();
            // Another process may have deepened the clone just now, so this one looks even after a failure.
            let deepened = deepen(repository, self.settings.git, remote, &names).map(|refreshed| self.take(refreshed));
            let again = self.look(deepened.as_ref().unwrap_or(repository), &batch.hidden)?;
            batch.wanted.extend(again.wanted);
            batch.hidden = again.hidden;
        }
        let reason = "this shallow clone hides the history of the branch; run git fetch --unshallow";
        self.fail(&batch.hidden, reason);
        Ok(batch.wanted)
    }

    /// Looks at the branches of some results.
    fn look(&mut self, repository: &Repository, indices: &[usize]) -> Result<Batch, ResultsError> {
        let repo = repository.local();
        let shallow = shallow_boundary(&repo);
        let branches = branches::list(&repo, self.settings.source).map_err(GatherError::from)?.branches;
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for index in indices {
            by_name.entry(&self.results[*index].resource).or_default().push(*index);
        }
        let known: BTreeMap<&str, &Branch> = branches.iter().map(|branch| (branch.name.as_str(), branch)).collect();
        let (mut wanted, mut members) = (Vec::new(), Vec::new());
        for (name, indices) in by_name {
            match known.get(name) {
                Some(branch) => {
                    wanted.push((*branch).clone());
                    members.push(indices);
                }
                None => self.unknown(&indices, no_such_branch(name, &branches)),
            }
        }
        let settings = self.settings;
        let resources = read_options(repository, settings.git, &wanted, settings.paths, |_, resource| resource);
        let resources = resources?;
        let mut batch = Batch::default();
        for ((branch, resource), indices) in wanted.iter().zip(resources).zip(members) {
            match resource {
                Some(resource) => self.look_at_branch(&repo, &resource, &indices, &shallow, &mut batch),
                None => self.unknown(&indices, format!("{} is not a resource: it has no options", branch.name)),
            }
        }
        Ok(batch)
    }

    fn unknown(&mut self, indices: &[usize], reason: String) {
        for index in indices {
            self.receipts[*index] = Some(Receipt::NoResource(reason.clone()));
        }
    }

    fn fail(&mut self, indices: &[usize], reason: &str) {
        for index in indices {
            self.receipts[*index] = Some(Receipt::Failed(reason.to_owned()));
        }
    }

    /// Decides about the results of one branch, whose commits follow each other.
    fn look_at_branch(
        &mut self,
        repo: &gix::Repository,
        resource: &Resource,
        indices: &[usize],
        shallow: &HashSet<ObjectId>,
        batch: &mut Batch,
    ) {
        let (mut messages, mut parts) = (Vec::new(), Vec::new());
        // What this very round says about a state commit is not in its history yet.
        let mut said: Vec<(ObjectId, &LaunchResult)> = Vec::new();
        for index in indices {
            let (about, result) = (self.abouts[*index].clone(), &self.results[*index].result);
            let state = match find_state(repo, resource, &about, shallow) {
                Ok(Recorded::Newest(state)) => state,
                Ok(Recorded::CutOff) => {
                    batch.hidden.push(*index);
                    continue;
                }
                Ok(Recorded::Nothing) => {
                    self.fail(&[*index], &about.missing());
                    continue;
                }
                Err(reason) => {
                    self.fail(&[*index], &reason);
                    continue;
                }
            };
            self.abouts[*index] = About::State { message: state.message.clone(), value: state.value.clone() };
            let own = said.iter().enumerate().rev().filter(|(_, (about, _))| *about == state.id);
            let own: Vec<(usize, &LaunchResult)> = own.map(|(commit, (_, result))| (commit, *result)).collect();
            let recorded = state.results.iter().map(|known| &known.result);
            match known(own.iter().map(|(_, result)| *result).chain(recorded), result) {
                Some(number) if number < own.len() => {
                    parts.push(Part { index: *index, commit: own[number].0, value: state.value });
                }
                Some(number) => {
                    let commit = state.results[number - own.len()].id;
                    self.receipts[*index] = Some(Receipt::Known { commit, value: state.value });
                }
                None => {
                    parts.push(Part { index: *index, commit: messages.len(), value: state.value });
                    messages.push(result.commit_message(&state.subject.to_string(), &state.id.to_string()));
                    said.push((state.id, result));
                }
            }
        }
        if parts.is_empty() {
            return;
        }
        let Branch { name, reference, tip } = &resource.branch;
        batch.wanted.push(Wanted {
            reference: format!("refs/heads/{name}"),
            shown_by: reference.clone(),
            tip: *tip,
            tree: resource.tip().data.and_then(tree_of),
            messages,
            item: parts,
        });
    }
}

impl Work for Recording<'_> {
    type Item = Vec<Part>;

    fn decide_again(&mut self, repository: &Repository, lost: Vec<Vec<Part>>) -> Vec<Wanted<Vec<Part>>> {
        let indices: Vec<usize> = lost.iter().flatten().map(|part| part.index).collect();
        self.decide(repository, &indices).unwrap_or_else(|err| {
            self.fail(&indices, &chain(&err));
            Vec::new()
        })
    }

    fn ended(&mut self, parts: Vec<Part>, ending: Ending) {
        let failure = match ending {
            Ending::Recorded(commits) => {
                for Part { index, commit, value } in parts {
                    self.receipts[index] = Some(Receipt::Recorded { commit: commits[commit], value });
                }
                return;
            }
            Ending::Deleted => "the branch was deleted meanwhile".to_owned(),
            Ending::Declined(words) => format!("the remote refuses it: {words}"),
            Ending::Failed(reason) => reason,
            Ending::Outrun => "another process moved the branch each time".to_owned(),
            Ending::Interrupted => "interrupted, after another process had moved the branch".to_owned(),
        };
        let indices: Vec<usize> = parts.iter().map(|part| part.index).collect();
        self.fail(&indices, &failure);
    }

    fn progress(&mut self, progress: Progress) {
        (self.on_progress)(progress);
    }
}

impl About {
    /// What to say when there is no such state commit.
    fn missing(&self) -> String {
        match self {
            About::Newest => {
                "nothing was recorded for it yet, so there is nothing that a result could be about".to_owned()
            }
            About::State { message, value } => {
                format!("its branch has no state commit {:?}", format!("{message} ({value})"))
            }
        }
    }
}

fn no_such_branch(name: &str, branches: &[Branch]) -> String {
    let near = nearest(name, branches.iter().map(|branch| branch.name.as_str()));
    format!("there is no branch {name:?}{}", did_you_mean(near))
}

/// The state commit that a result is about.
fn find_state(
    repo: &gix::Repository,
    resource: &Resource,
    about: &About,
    shallow: &HashSet<ObjectId>,
) -> Result<Recorded, String> {
    let found = match about {
        About::Newest => {
            let file = resource.options.as_ref().map_err(ToString::to_string)?;
            let pattern = Options::parse(&file.text).history_pattern().map_err(|err| err.to_string())?;
            first_state(repo, resource.tip(), &pattern, shallow, |_| true)
        }
        About::State { message, value } => {
            // The options may have been reworded since.
            let message = Message::new(message.as_bytes()).map_err(|err| err.to_string())?;
            let pattern = MessagePattern::Literal(message);
            first_state(repo, resource.tip(), &pattern, shallow, |state| state.value == *value)
        }
    };
    found.map_err(|err| chain(&err))
}
