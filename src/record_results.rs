//! Recording results: fetch → find the state commits → decide → write → push, again for those that lost a race.
//!
//! Reports what goes on through a callback; prints nothing and knows no command line.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use gix::ObjectId;

use crate::core::message::{Message, MessagePattern};
use crate::core::name::{did_you_mean, nearest};
use crate::core::options::Options;
use crate::core::result::{LaunchResult, known};
use crate::error::chain;
use crate::git::backoff::pause_after;
use crate::git::branches::{self, Branch, Source};
use crate::git::history::{Recorded, first_state, shallow_boundary};
use crate::git::options_file::OptionsPaths;
use crate::git::program::Git;
use crate::git::publish::publish;
use crate::git::record::CommitWriter;
use crate::git::refresh::{RefreshError, Refreshed, deepen, refresh};
use crate::git::repository::Repository;
use crate::git::update::{Update, Verdict};
use crate::resources::{GatherError, Resource, read_options};

/// How often a result is written again because somebody else was faster.
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
pub(crate) enum Outcome {
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

/// What goes on meanwhile.
#[derive(Debug)]
pub(crate) enum Event {
    /// A process that was killed had left this lock file.
    RemovedLock(PathBuf),
    /// So many branches were moved by somebody else, and are looked at again.
    LookingAgain(usize),
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
    on_event: &mut dyn FnMut(Event),
) -> Result<Vec<Outcome>, ResultsError> {
    let (outcomes, written) = (vec![None; results.len()], vec![None; results.len()]);
    let abouts = results.iter().map(|new| new.about.clone()).collect();
    let mut recording = Recording { settings, results, abouts, outcomes, written, on_event };
    for round in 1..=MAX_ROUNDS {
        let fetched = recording.refresh(repository)?;
        let again = recording.round(&fetched)?;
        if again == 0 || (settings.git.interrupted)() {
            break;
        }
        (recording.on_event)(Event::LookingAgain(again));
        pause_after(round);
    }
    let lost = || Outcome::Failed("somebody else moved the branch each time".to_owned());
    Ok(recording.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(lost)).collect())
}

struct Recording<'a> {
    settings: &'a ResultSettings<'a>,
    results: &'a [NewResult],
    /// What was the newest state commit in the first round is what the result is about in all others.
    abouts: Vec<About>,
    /// None for those that are still to be recorded.
    outcomes: Vec<Option<Outcome>>,
    /// The commits that were written last, whether they landed or not.
    written: Vec<Option<ObjectId>>,
    on_event: &'a mut dyn FnMut(Event),
}

/// The results of one branch, written, and not yet published.
struct Written {
    update: Update,
    /// Which results, by which commits, about which values.
    commits: Vec<(usize, ObjectId, String)>,
}

/// What a round has written.
#[derive(Default)]
struct Batch {
    branches: Vec<Written>,
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
        refreshed.removed.into_iter().for_each(|path| (self.on_event)(Event::RemovedLock(path)));
        refreshed.repository
    }

    /// Records what is not recorded yet; gives the number of branches that lost a race.
    fn round(&mut self, repository: &Repository) -> Result<usize, ResultsError> {
        let open: Vec<usize> = (0..self.results.len()).filter(|index| self.outcomes[*index].is_none()).collect();
        let mut batch = self.write(repository, &open)?;
        if let (false, Source::Remote(remote)) = (batch.hidden.is_empty(), self.settings.source) {
            let results = self.results;
            let names: HashSet<&str> = batch.hidden.iter().map(|index| results[*index].resource.as_str()).collect();
            let names: Vec<&str> = names.into_iter().collect();
            // Another process may have deepened the clone just now, so this one looks even after a failure.
            let deepened = deepen(repository, self.settings.git, remote, &names).map(|refreshed| self.take(refreshed));
            let again = self.write(deepened.as_ref().unwrap_or(repository), &batch.hidden)?;
            batch.branches.extend(again.branches);
            batch.hidden = again.hidden;
        }
        for index in batch.hidden {
            let reason = "this shallow clone hides the history of the branch; run git fetch --unshallow";
            self.outcomes[index] = Some(Outcome::Failed(reason.to_owned()));
        }
        Ok(self.publish(repository, &batch.branches))
    }

    /// Writes the commits of some results, branch by branch.
    fn write(&mut self, repository: &Repository, indices: &[usize]) -> Result<Batch, ResultsError> {
        let repo = repository.local();
        let shallow = shallow_boundary(&repo);
        let (branches, _) = branches::list(&repo, self.settings.source).map_err(GatherError::from)?;
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for index in indices {
            by_name.entry(&self.results[*index].resource).or_default().push(*index);
        }
        let (mut wanted, mut members) = (Vec::new(), Vec::new());
        for (name, indices) in by_name {
            match branches.iter().find(|branch| branch.name.as_str() == name) {
                Some(branch) => {
                    wanted.push(branch.clone());
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
                Some(resource) => self.write_branch(&repo, &resource, &indices, &shallow, &mut batch),
                None => self.unknown(&indices, format!("{} is not a resource: it has no options", branch.name)),
            }
        }
        Ok(batch)
    }

    fn unknown(&mut self, indices: &[usize], reason: String) {
        for index in indices {
            self.outcomes[*index] = Some(Outcome::NoResource(reason.clone()));
        }
    }

    fn fail(&mut self, indices: &[usize], reason: &str) {
        for index in indices {
            self.outcomes[*index] = Some(Outcome::Failed(reason.to_owned()));
        }
    }

    /// Writes the results of one branch on top of each other.
    fn write_branch(
        &mut self,
        repo: &gix::Repository,
        resource: &Resource,
        indices: &[usize],
        shallow: &HashSet<ObjectId>,
        batch: &mut Batch,
    ) {
        let Branch { name, tip, .. } = &resource.branch;
        let mut branch =
            Written { update: Update { branch: name.to_string(), old: Some(*tip), new: *tip }, commits: Vec::new() };
        // What this very round writes about a state commit is not in its history yet.
        let mut written: Vec<(ObjectId, &LaunchResult, ObjectId)> = Vec::new();
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
            // What landed in an earlier round, before somebody else moved on.
            if let Some(own) = self.written[*index].filter(|own| state.results.iter().any(|known| known.id == *own)) {
                self.outcomes[*index] = Some(Outcome::Recorded { commit: own, value: state.value });
                continue;
            }
            let recorded = state.results.iter().map(|known| (known.id, &known.result));
            let mine = written.iter().rev().filter(|(id, ..)| *id == state.id).map(|(_, result, id)| (*id, *result));
            let all: Vec<(ObjectId, &LaunchResult)> = mine.chain(recorded).collect();
            if let Some(known) = known(all.iter().map(|(_, result)| *result), result) {
                let commit = all[known].0;
                match written.iter().any(|(_, _, own)| *own == commit) {
                    true => branch.commits.push((*index, commit, state.value)),
                    false => self.outcomes[*index] = Some(Outcome::Known { commit, value: state.value }),
                }
                continue;
            }
            let message = result.commit_message(&state.subject.to_string(), &state.id.to_string());
            match self.settings.writer.write_on(repo, resource.tip(), branch.update.new, &message) {
                Ok(commit) => {
                    branch.update.new = commit;
                    self.written[*index] = Some(commit);
                    branch.commits.push((*index, commit, state.value));
                    written.push((state.id, result, commit));
                }
                Err(err) => self.fail(&[*index], &chain(&err)),
            }
        }
        if !branch.commits.is_empty() {
            batch.branches.push(branch);
        }
    }

    fn publish(&mut self, repository: &Repository, written: &[Written]) -> usize {
        if written.is_empty() {
            return 0;
        }
        let ResultSettings { source, git, writer, .. } = self.settings;
        let updates: Vec<Update> = written.iter().map(|branch| branch.update.clone()).collect();
        let verdicts = match publish(repository, git, source, writer, &updates, "spread-cron: result") {
            Ok((verdicts, removed)) => {
                removed.into_iter().for_each(|path| (self.on_event)(Event::RemovedLock(path)));
                verdicts
            }
            Err(err) => vec![Verdict::Failed(chain(&RefreshError::from(err))); written.len()],
        };
        let mut again = 0;
        for (branch, verdict) in written.iter().zip(verdicts) {
            let failure = match verdict {
                Verdict::Landed => None,
                // What landed before somebody else moved on is found as known in the next round.
                Verdict::Moved => {
                    again += 1;
                    continue;
                }
                Verdict::Gone => Some("the branch was deleted meanwhile".to_owned()),
                Verdict::Declined(words) => Some(format!("the remote refuses it: {words}")),
                Verdict::Failed(reason) => Some(reason),
            };
            for (index, commit, value) in &branch.commits {
                self.outcomes[*index] = Some(match &failure {
                    None => Outcome::Recorded { commit: *commit, value: value.clone() },
                    Some(reason) => Outcome::Failed(reason.clone()),
                });
            }
        }
        again
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
