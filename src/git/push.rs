//! Pushing with compare-and-swap, and finding out what became of it.
//!
//! What git says about a push that failed is not to be trusted: a connection that is cut after the server took the push
//! looks like one that was cut before. So after any push that did not fully succeed the remote is asked where its
//! references stand, and that is the truth.

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;

use super::backoff::pause_after;
use super::fetch::remote_references;
use super::journal::{Intent, Journal, remove_stale};
use super::program::{Git, ProgramError};
use super::push_answer::{Judgement, Said, is_complete, judge};
use super::repository::Repository;
use super::scratch::{ScratchError, ScratchRepository, expected_refspec};
use super::update::{Update, Verdict};
use crate::error::chain;

/// How often a push is tried, and how often the remote is asked, before giving up.
const ATTEMPTS: u32 = 4;

/// Leases of their own stand on the command line; this keeps well below the limits of all systems.
const MAX_COMMAND_LINE: usize = 96 * 1024;

/// Over http git itself hands each lease on to another git, on its command line.
const MAX_HANDED_ON: usize = if cfg!(target_os = "linux") { 1024 * 1024 } else { 384 * 1024 };

/// After so many pushes in a row that a server declined as a whole, it is taken to decline everything.
const MAX_DECLINED: usize = 256;

/// A remote that is pushed to.
pub(crate) struct PushTarget<'a> {
    git: &'a Git,
    scratch: ScratchRepository,
    /// The name of the remote.
    remote: &'a str,
    /// Where to ask what became of a push: the name, or its URL for pushing if that is another.
    ask: String,
    transport: Transport,
    /// The lock files that a push may leave behind when git is killed, and the git directories that they lie in.
    locks: (Vec<Intent>, Vec<PathBuf>),
}

/// Who talks to the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    /// git itself.
    Direct,
    /// A helper program, which is started with a lease for each reference.
    Helper,
}

/// Updates that are pushed together, by their index.
struct Piece {
    members: Vec<usize>,
    attempt: u32,
}

impl<'a> PushTarget<'a> {
    pub(crate) fn new(
        git: &'a Git,
        repository: &Repository,
        remote: &'a str,
        locks: (Vec<Intent>, Vec<PathBuf>),
    ) -> Result<Self, ScratchError> {
        let repo = repository.local();
        let push_url = repo.config_snapshot().string(format!("remote.{remote}.pushurl").as_str());
        let ask = push_url.map_or_else(|| remote.to_owned(), |url| url.to_string());
        let scratch = ScratchRepository::new(repository, git, remote)?;
        Ok(PushTarget { git, scratch, remote, ask, transport: transport_of(&repo, remote), locks })
    }

    /// Pushes all updates, each on its own terms, and says what became of each, in the same order.
    pub(crate) fn push(&self, updates: &[Update], journal: &Journal) -> Vec<Verdict> {
        let mut verdicts = vec![None; updates.len()];
        let mut queue: VecDeque<Piece> =
            self.pieces(updates).into_iter().map(|members| Piece { members, attempt: 1 }).collect();
        let mut declined_in_a_row = 0;
        while let Some(Piece { members: piece, attempt }) = queue.pop_front() {
            let members: Vec<&Update> = piece.iter().map(|index| &updates[*index]).collect();
            let (judgements, said) = self.push_piece(&members, journal);
            let declined: Vec<usize> =
                indices(&piece, &judgements, |judgement| matches!(judgement, Judgement::Declined(_)));
            let again: Vec<usize> = indices(&piece, &judgements, |judgement| matches!(judgement, Judgement::Retry(_)));
            // A hook that sees the whole push declines all of it because of one reference: find out which.
            let is_declined_whole = !declined.is_empty() && judgements.iter().all(Judgement::was_not_taken);
            declined_in_a_row = if is_declined_whole { declined_in_a_row + 1 } else { 0 };
            let split = is_declined_whole && declined.len() > 1 && declined_in_a_row < MAX_DECLINED;
            for (index, judgement) in piece.iter().zip(judgements) {
                verdicts[*index] = match judgement {
                    Judgement::Landed => Some(Verdict::Landed),
                    Judgement::Moved => Some(Verdict::Moved),
                    Judgement::Gone => Some(Verdict::Gone),
                    Judgement::Declined(_) if split => None,
                    Judgement::Declined(words) => Some(Verdict::Declined(words)),
                    Judgement::Retry(_) if attempt < ATTEMPTS => None,
                    Judgement::Retry(reason) | Judgement::Failed(reason) => Some(Verdict::Failed(reason)),
                };
            }
            if split {
                let parts = parts(declined, |index| &updates[*index], &said);
                queue.extend(parts.into_iter().map(|members| Piece { members, attempt }));
            }
            if !again.is_empty() && attempt < ATTEMPTS {
                pause_after(attempt);
                queue.push_back(Piece { members: again, attempt: attempt + 1 });
            }
        }
        verdicts
            .into_iter()
            .map(|verdict| verdict.expect("a piece leaves the queue with a verdict or goes back"))
            .collect()
    }

    /// Splits the updates so that each push fits on the command lines that it takes; most often into one piece.
    fn pieces(&self, updates: &[Update]) -> Vec<Vec<usize>> {
        let lengths = updates.iter().map(|update| {
            let own = update.reference.len() + 100;
            let named = if self.scratch.protects(update) { 0 } else { 2 * own };
            let handed_on = if self.transport == Transport::Helper { own } else { 0 };
            (named, handed_on)
        });
        pieces(lengths)
    }

    fn push_piece(&self, updates: &[&Update], journal: &Journal) -> (Vec<Judgement>, Said) {
        let all = |judgement: Judgement| vec![judgement; updates.len()];
        if let Err(err) = self.scratch.fill(updates) {
            return (all(Judgement::Failed(chain(&err))), Said::default());
        }
        let said = match self.scratch.run(&self.arguments(updates), journal.input()) {
            Ok(output) if output.status.success() && is_complete(&output.stdout, updates) => {
                return (all(Judgement::Landed), Said::default());
            }
            Ok(output) => {
                if output.was_killed() {
                    self.clear_up();
                }
                Said::parse(&output)
            }
            Err(err @ (ProgramError::Start(_) | ProgramError::Capture(..))) => {
                return (all(Judgement::Failed(chain(&err))), Said::default());
            }
            Err(err) => {
                let hung = matches!(err, ProgramError::TimedOut(..));
                self.clear_up();
                Said::ended(chain(&err), hung)
            }
        };
        (self.judge_by_remote(updates, &said), said)
    }

    /// The arguments of one push.
    fn arguments(&self, updates: &[&Update]) -> Vec<String> {
        let remote = self.remote;
        let settings = [
            // A mirror would push everything, and refuses to push less.
            format!("remote.{remote}.mirror=false"),
            format!("remote.{remote}.fetch={}", expected_refspec()),
            // The expected tips come from no reflog.
            "push.useForceIfIncludes=false".to_owned(),
            // What git writes about its own scratch files is thrown away.
            "core.logAllRefUpdates=false".to_owned(),
            "core.fsync=none".to_owned(),
        ];
        let mut args: Vec<String> = settings.into_iter().flat_map(|setting| ["-c".to_owned(), setting]).collect();
        let options = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"];
        args.extend(options.map(str::to_owned));
        args.push("--force-with-lease".to_owned());
        for Update { reference, old, .. } in updates.iter().filter(|update| !self.scratch.protects(update)) {
            let old = old.map(|old| old.to_string()).unwrap_or_default();
            args.push(format!("--force-with-lease={reference}:{old}"));
        }
        args.extend(["--".to_owned(), remote.to_owned()]);
        if updates.iter().any(|update| update.new.is_some()) {
            args.push(ScratchRepository::push_refspec());
        }
        let deleted = updates.iter().filter(|update| update.new.is_none());
        args.extend(deleted.map(|update| format!(":{}", update.reference)));
        args
    }

    /// Removes the lock files of a git that was killed. No other process can be waiting for them: this one holds the
    /// journal.
    fn clear_up(&self) {
        // What cannot be removed shows in the next attempt, with git's own words.
        let _ = remove_stale(&self.locks.0, &self.locks.1);
    }

    fn judge_by_remote(&self, updates: &[&Update], said: &Said) -> Vec<Judgement> {
        let patterns: BTreeSet<String> = updates.iter().map(|update| namespace(&update.reference)).collect();
        let mut attempt = 1;
        loop {
            match remote_references(self.git, &self.ask, &patterns) {
                Ok(references) => {
                    let judge = |update: &&Update| judge(update, references.get(&update.reference).copied(), said);
                    return updates.iter().map(judge).collect();
                }
                Err(err) if attempt == ATTEMPTS || matches!(err, ProgramError::TimedOut(..)) => {
                    let why = if err.to_string().contains(&said.complaint) { "" } else { &said.complaint };
                    let reason =
                        format!("the push failed, and the remote cannot be asked what became of it: {err} {why}");
                    let reason = reason.trim_end().to_owned();
                    return vec![Judgement::Failed(reason); updates.len()];
                }
                Err(_) => pause_after(attempt),
            }
            attempt += 1;
        }
    }
}

/// The first two parts of a name with all that lies below them: `refs/heads/*`.
fn namespace(reference: &str) -> String {
    let below = reference.match_indices('/').nth(1).map_or(reference.len(), |(at, _)| at);
    format!("{}/*", &reference[..below])
}

/// Unknown kinds of URLs are those of helpers.
fn transport_of(repo: &gix::Repository, remote: &str) -> Transport {
    use gix::url::Scheme;
    let found = repo.find_remote(remote).ok();
    let url = found.as_ref().and_then(|found| found.url(gix::remote::Direction::Push));
    match url.map(|url| &url.scheme) {
        Some(Scheme::File | Scheme::Git | Scheme::Ssh) => Transport::Direct,
        Some(_) | None => Transport::Helper,
    }
}

fn indices(piece: &[usize], judgements: &[Judgement], pick: impl Fn(&Judgement) -> bool) -> Vec<usize> {
    piece.iter().zip(judgements).filter(|(_, judgement)| pick(judgement)).map(|(index, _)| *index).collect()
}

/// Divides references that were declined together: those that the server named are the likely reason, next what is no
/// branch, and else either half.
fn parts<'a>(declined: Vec<usize>, update: impl Fn(&usize) -> &'a Update, said: &Said) -> Vec<Vec<usize>> {
    let (named, others): (Vec<usize>, Vec<usize>) =
        declined.iter().partition(|index| said.names(&update(index).reference));
    if !named.is_empty() && !others.is_empty() {
        return vec![others, named];
    }
    let (branches, others): (Vec<usize>, Vec<usize>) =
        declined.iter().partition(|index| update(index).reference.starts_with("refs/heads/"));
    if !branches.is_empty() && !others.is_empty() {
        return vec![branches, others];
    }
    let (left, right) = declined.split_at(declined.len() / 2);
    vec![left.to_vec(), right.to_vec()]
}

/// Divides updates by the lengths that they take on two command lines.
fn pieces(lengths: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    let (mut named, mut handed_on) = (0, 0);
    for (index, (own_named, own_handed_on)) in lengths.enumerate() {
        (named, handed_on) = (named + own_named, handed_on + own_handed_on);
        match pieces.last_mut() {
            Some(piece) if named <= MAX_COMMAND_LINE && handed_on <= MAX_HANDED_ON => piece.push(index),
            Some(_) | None => {
                pieces.push(vec![index]);
                (named, handed_on) = (own_named, own_handed_on);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_fit_on_their_command_lines() {
        let lengths = |named, handed_on| std::iter::repeat_n((named, handed_on), 20_000);
        assert_eq!(pieces(lengths(0, 0)).len(), 1);
        for (named, handed_on) in [(0, 150), (300, 0), (300, 150)] {
            let pieces = pieces(lengths(named, handed_on));
            assert_eq!(pieces.concat(), (0..20_000).collect::<Vec<_>>());
            for piece in &pieces[..pieces.len() - 1] {
                assert!(piece.len() * named <= MAX_COMMAND_LINE && piece.len() * handed_on <= MAX_HANDED_ON);
                let one_more = piece.len() + 1;
                assert!(one_more * named > MAX_COMMAND_LINE || one_more * handed_on > MAX_HANDED_ON);
            }
        }
        assert_eq!(pieces(std::iter::empty()), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn the_namespace_of_a_reference() {
        let cases = [("refs/heads/a/b", "refs/heads/*"), ("refs/spread-cron/polled", "refs/spread-cron/*")];
        for (reference, expected) in cases {
            assert_eq!(namespace(reference), expected);
        }
    }
}
