//! Pausing and resuming polls: fetch, look at each branch, and let the transaction record the commits.
//!
//! Reports what goes on through a callback; prints nothing and knows no command line.

use std::collections::BTreeMap;

use crate::core::options::{Key, Options};
use crate::core::pause::PauseChange;
use crate::error::chain;
use crate::git::branches::{self, Branch, Source};
use crate::git::commit_writer::CommitWriter;
use crate::git::history::tree_of;
use crate::git::program::Git;
use crate::git::repository::Repository;
use crate::git::transaction::{Ending, Progress, Transaction, Wanted, Work};
use crate::resources::Resource;

/// How often a branch is tried that another process moves.
const MAX_ROUNDS: u32 = 10;

/// Everything that recording a pause has to know.
pub(crate) struct PauseSettings<'a> {
    pub(crate) source: &'a Source,
    pub(crate) git: &'a Git,
    pub(crate) writer: &'a CommitWriter,
}

/// Records the change on each of these resources. Gives, by name, why it did not work, or nothing if it did.
pub(crate) fn record(
    repository: &Repository,
    settings: &PauseSettings<'_>,
    resources: &[Resource],
    change: &PauseChange,
    on_progress: &mut dyn FnMut(Progress),
) -> BTreeMap<String, Option<String>> {
    let mut pausing = Pausing { change, failures: BTreeMap::new(), on_progress };
    let wanted = resources.iter().map(|resource| pausing.wanted(resource)).collect();
    let PauseSettings { source, git, writer } = *settings;
    let transaction = Transaction { source, git, writer, log: "spread-cron: pause", most_rounds: MAX_ROUNDS };
    transaction.run(repository, wanted, &mut pausing);
    pausing.failures
}

struct Pausing<'a> {
    change: &'a PauseChange,
    failures: BTreeMap<String, Option<String>>,
    on_progress: &'a mut dyn FnMut(Progress),
}

/// One branch that is to get the commit.
struct Item {
    branch: Branch,
    message: String,
}

impl Pausing<'_> {
    fn wanted(&self, resource: &Resource) -> Wanted<Item> {
        let known = resource.options.as_ref().ok().and_then(|file| {
            let options = Options::parse(&file.text);
            String::from_utf8(options.known(Key::Message)?.to_vec()).ok()
        });
        // The name will do where only a shell knows the message, and where it has more than one line.
        let message = known.filter(|message| !message.trim().is_empty() && !message.contains(char::is_control));
        let message = message.unwrap_or_else(|| resource.branch.name.to_string());
        let commit_message = self.change.commit_message(&message);
        let item = Item { branch: resource.branch.clone(), message: commit_message };
        Wanted { tree: resource.tip().data.and_then(tree_of), ..wanted(item) }
    }

    fn end(&mut self, item: &Item, failure: Option<String>) {
        self.failures.insert(item.branch.name.to_string(), failure);
    }
}

fn wanted(item: Item) -> Wanted<Item> {
    let Branch { name, reference, tip } = &item.branch;
    Wanted {
        reference: format!("refs/heads/{name}"),
        shown_by: reference.clone(),
        tip: *tip,
        tree: None,
        messages: vec![item.message.clone()],
        item,
    }
}

impl Work for Pausing<'_> {
    type Item = Item;

    /// A pause is meant whatever the branch holds, so it goes on top of what the other process left.
    fn decide_again(&mut self, repository: &Repository, lost: Vec<Item>) -> Vec<Wanted<Item>> {
        let repo = repository.local();
        let mut again = Vec::with_capacity(lost.len());
        for item in lost {
            match branches::tip(&repo, &item.branch.reference) {
                Ok(Some(tip)) => again.push(wanted(Item { branch: Branch { tip, ..item.branch }, ..item })),
                Ok(None) => self.end(&item, Some("the branch was deleted meanwhile".to_owned())),
                Err(err) => self.end(&item, Some(chain(&err))),
            }
        }
        again
    }

    fn ended(&mut self, item: Item, ending: Ending) {
        let failure = match ending {
            Ending::Recorded(_) => None,
            Ending::Deleted => Some("the branch was deleted meanwhile".to_owned()),
            Ending::Declined(words) => Some(format!("the remote declined it: {words}")),
            Ending::Failed(reason) => Some(reason),
            Ending::Outrun => Some("another process moved the branch each time".to_owned()),
            Ending::Interrupted => Some("interrupted, after another process had moved the branch".to_owned()),
        };
        self.end(&item, failure);
    }

    fn progress(&mut self, progress: Progress) {
        (self.on_progress)(progress);
    }
}
