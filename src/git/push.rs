//! Pushing with compare-and-swap, and finding out what became of it.
//!
//! What git says about a push that failed is not to be trusted: a connection that is cut after the server took the push
//! looks like one that was cut before. So after any push that did not fully succeed the remote is asked where its
//! branches stand, and that is the truth.

use std::collections::HashMap;

use gix::ObjectId;

use super::backoff::pause_after;
use super::fetch::{all_branches, remote_branches};
use super::journal::{Intent, Journal, remove_stale};
use super::program::{Git, Output, ProgramError};
use super::update::{Update, Verdict};
use crate::core::value::printable;
use crate::error::chain;

/// How often a push is tried, and how often the remote is asked, before giving up.
const ATTEMPTS: u32 = 4;

/// git takes references only on its command line; this keeps well below the limits of all systems.
const MAX_COMMAND_LINE: usize = 96 * 1024;

/// A remote that is pushed to.
pub(crate) struct PushTarget<'a> {
    git: &'a Git,
    /// The name of the remote.
    remote: &'a str,
    /// Where to ask what became of a push: the name, or its URL for pushing if that is another.
    ask: String,
    /// The lock files that a push may leave behind when git is killed.
    intents: Vec<Intent>,
}

impl<'a> PushTarget<'a> {
    pub(crate) fn new(git: &'a Git, repo: &gix::Repository, remote: &'a str, intents: Vec<Intent>) -> Self {
        let push_url = repo.config_snapshot().string(format!("remote.{remote}.pushurl").as_str());
        let ask = push_url.map_or_else(|| remote.to_owned(), |url| url.to_string());
        PushTarget { git, remote, ask, intents }
    }

    /// Pushes all updates, each on its own terms, and says what became of each, in the same order.
    pub(crate) fn push(&self, updates: &[Update], journal: &Journal) -> Vec<Verdict> {
        let mut verdicts = vec![None; updates.len()];
        let mut queue: Vec<(Vec<usize>, u32)> = pieces(updates).into_iter().rev().map(|piece| (piece, 1)).collect();
        while let Some((piece, attempt)) = queue.pop() {
            let members: Vec<&Update> = piece.iter().map(|index| &updates[*index]).collect();
            let judgements = self.push_piece(&members, journal);
            let declined: Vec<usize> =
                indices(&piece, &judgements, |judgement| matches!(judgement, Judgement::Declined(_)));
            let again: Vec<usize> = indices(&piece, &judgements, |judgement| matches!(judgement, Judgement::Retry(_)));
            // A hook that sees the whole push declines all of it because of one branch: find out which.
            let split = declined.len() > 1 && judgements.iter().all(Judgement::was_not_taken);
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
                let (left, right) = declined.split_at(declined.len() / 2);
                queue.push((right.to_vec(), attempt));
                queue.push((left.to_vec(), attempt));
            }
            if !again.is_empty() && attempt < ATTEMPTS {
                pause_after(attempt);
                queue.push((again, attempt + 1));
            }
        }
        verdicts
            .into_iter()
            .map(|verdict| verdict.expect("a piece leaves the queue with a verdict or goes back"))
            .collect()
    }

    fn push_piece(&self, updates: &[&Update], journal: &Journal) -> Vec<Judgement> {
        let attempt = self.git.run(&arguments(self.remote, updates), journal.input(), false);
        let output = match attempt {
            Ok(output) if output.status.success() => return vec![Judgement::Landed; updates.len()],
            Ok(output) => output,
            Err(err @ (ProgramError::Start(_) | ProgramError::Capture(..))) => {
                return vec![Judgement::Failed(chain(&err)); updates.len()];
            }
            Err(err) => {
                let hung = matches!(err, ProgramError::TimedOut(..));
                self.clear_up();
                let said = Said { complaint: chain(&err), hung, ..Said::default() };
                return self.judge_by_remote(updates, &said);
            }
        };
        if output.was_killed() {
            self.clear_up();
        }
        self.judge_by_remote(updates, &Said::parse(&output))
    }

    /// Removes the lock files of a git that was killed. Nobody else can be waiting for them: this poll holds the journal.
    fn clear_up(&self) {
        // What cannot be removed shows in the next attempt, with git's own words.
        let _ = remove_stale(&self.intents);
    }

    fn judge_by_remote(&self, updates: &[&Update], said: &Said) -> Vec<Judgement> {
        let mut attempt = 1;
        loop {
            match remote_branches(self.git, &self.ask) {
                Ok(branches) => {
                    let judge = |update: &&Update| judge(update, branches.get(&update.branch).copied(), said);
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

fn indices(piece: &[usize], judgements: &[Judgement], pick: impl Fn(&Judgement) -> bool) -> Vec<usize> {
    piece.iter().zip(judgements).filter(|(_, judgement)| pick(judgement)).map(|(index, _)| *index).collect()
}

/// Splits the updates so that each push fits on a command line.
fn pieces(updates: &[Update]) -> Vec<Vec<usize>> {
    let mut pieces: Vec<Vec<usize>> = Vec::new();
    let mut length = MAX_COMMAND_LINE;
    for (index, update) in updates.iter().enumerate() {
        let own = 2 * update.branch.len() + 200;
        match pieces.last_mut() {
            Some(piece) if length + own <= MAX_COMMAND_LINE => piece.push(index),
            Some(_) | None => {
                pieces.push(vec![index]);
                length = 0;
            }
        }
        length += own;
    }
    pieces
}

/// The arguments of one push.
fn arguments(remote: &str, updates: &[&Update]) -> Vec<String> {
    let mut args = vec![
        "-c".to_owned(),
        // A mirror would push everything, and refuses to push less.
        format!("remote.{remote}.mirror=false"),
        "-c".to_owned(),
        // git then moves the remote-tracking branches along, also in a clone that is set up for a single branch.
        format!("remote.{remote}.fetch={}", all_branches(remote)),
    ];
    let options = ["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"];
    args.extend(options.map(str::to_owned));
    for Update { branch, old, .. } in updates {
        let old = old.map(|old| old.to_string()).unwrap_or_default();
        args.push(format!("--force-with-lease=refs/heads/{branch}:{old}"));
    }
    args.extend(["--".to_owned(), remote.to_owned()]);
    args.extend(updates.iter().map(|Update { branch, new, .. }| format!("{new}:refs/heads/{branch}")));
    args
}

/// What git said about a push that failed.
#[derive(Debug, Default)]
struct Said {
    /// The summary for each reference, by the short name of the branch.
    refs: HashMap<String, String>,
    /// The lines that came from the remote.
    words: Option<String>,
    complaint: String,
    /// Whether git used up its time, as it would do again.
    hung: bool,
}

impl Said {
    fn parse(output: &Output) -> Self {
        Said {
            refs: parse_porcelain(&output.stdout),
            words: remote_words(&output.stderr),
            complaint: output.complaint(),
            hung: false,
        }
    }

    /// What git said about one reference, after the words of the remote.
    fn about(&self, summary: &str) -> String {
        match &self.words {
            Some(words) => format!("{words} {summary}"),
            None => summary.to_owned(),
        }
    }
}

/// The lines `!<TAB>FROM:TO<TAB>SUMMARY` of `git push --porcelain`, for the references that were not pushed.
fn parse_porcelain(stdout: &[u8]) -> HashMap<String, String> {
    let rejected = |line: &[u8]| {
        let line = std::str::from_utf8(line).ok()?.strip_prefix("!\t")?;
        let (refs, summary) = line.split_once('\t')?;
        let branch = refs.rsplit_once(':')?.1.strip_prefix("refs/heads/")?;
        Some((branch.to_owned(), summary.to_owned()))
    };
    stdout.split(|byte| *byte == b'\n').filter_map(rejected).collect()
}

/// What the remote itself had to say, on one line.
fn remote_words(stderr: &[u8]) -> Option<String> {
    const MAX_CHARS: usize = 300;
    let lines = stderr.split(|byte| *byte == b'\n' || *byte == b'\r');
    let words: Vec<String> =
        lines.filter_map(|line| line.strip_prefix(b"remote:")).map(printable).filter(|line| !line.is_empty()).collect();
    let text: String = words.join(" | ").chars().take(MAX_CHARS).collect();
    (!text.is_empty()).then_some(text)
}

/// What is known about one update after a push that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Judgement {
    Landed,
    Moved,
    Gone,
    Declined(String),
    Retry(String),
    Failed(String),
}

impl Judgement {
    /// Whether the server took nothing of it, or was not even offered it.
    fn was_not_taken(&self) -> bool {
        match self {
            Judgement::Declined(_) | Judgement::Moved | Judgement::Gone | Judgement::Retry(_) => true,
            Judgement::Landed | Judgement::Failed(_) => false,
        }
    }
}

/// Decides by where the remote's branch stands now; what git said only explains why.
fn judge(update: &Update, now: Option<ObjectId>, said: &Said) -> Judgement {
    if now == Some(update.new) {
        return Judgement::Landed;
    }
    if now != update.old {
        return if now.is_none() { Judgement::Gone } else { Judgement::Moved };
    }
    match said.refs.get(&update.branch) {
        Some(summary) if is_decision_of_remote(summary) => Judgement::Declined(said.about(summary)),
        Some(summary) => Judgement::Retry(format!("the push failed: {}", said.about(summary))),
        None if said.hung => Judgement::Failed(format!("the push failed: {}", said.complaint)),
        None => Judgement::Retry(format!("the push failed: {}", said.complaint)),
    }
}

/// Whether the remote refused on purpose, rather than because two pushes met.
fn is_decision_of_remote(summary: &str) -> bool {
    const MEETING: [&str; 9] = [
        "cannot lock ref",
        "failed to update ref",
        "failed to lock",
        "unable to create",
        "incorrect old value",
        "reference already exists",
        "failed to report status",
        "unpacker error",
        "remote unpack failed",
    ];
    let summary = summary.to_ascii_lowercase();
    summary.starts_with("[remote rejected]") && !MEETING.iter().any(|reason| summary.contains(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> ObjectId {
        ObjectId::from_hex(digit.to_string().repeat(40).as_bytes()).unwrap()
    }

    fn update() -> Update {
        Update { branch: "b".into(), old: Some(id('1')), new: id('2') }
    }

    fn said(summary: Option<&str>, words: Option<&str>) -> Said {
        Said {
            refs: summary.map(|summary| ("b".to_owned(), summary.to_owned())).into_iter().collect(),
            words: words.map(str::to_owned),
            complaint: "Everything up-to-date".into(),
            hung: false,
        }
    }

    #[test]
    fn where_the_remote_stands_is_the_truth_whatever_git_said() {
        let locked = "[remote rejected] (cannot lock ref 'refs/heads/b': is at 2 but expected 1)";
        for summary in [None, Some(locked), Some("[rejected] (stale info)"), Some("[remote rejected] (hook declined)")]
        {
            let said = said(summary, None);
            assert_eq!(judge(&update(), Some(id('2')), &said), Judgement::Landed);
            assert_eq!(judge(&update(), Some(id('3')), &said), Judgement::Moved);
            assert_eq!(judge(&update(), None, &said), Judgement::Gone);
        }
    }

    #[test]
    fn an_update_that_did_not_land_is_tried_again_unless_the_remote_decided() {
        let judged = |summary, words| judge(&update(), Some(id('1')), &said(summary, words));
        assert!(matches!(judged(None, None), Judgement::Retry(reason) if reason.contains("Everything up-to-date")));
        let hung = Said { hung: true, ..said(None, None) };
        assert!(matches!(judge(&update(), Some(id('1')), &hung), Judgement::Failed(_)), "it would hang again");
        for summary in [
            "[rejected] (stale info)",
            "[remote rejected] (failed to update ref)",
            "[remote rejected] (cannot lock ref 'refs/heads/b': Unable to create 'b.lock': File exists)",
            "[remote failure] (remote failed to report status)",
        ] {
            assert!(matches!(judged(Some(summary), None), Judgement::Retry(_)), "{summary}");
        }
        let locked = judged(Some("[remote rejected] (failed to update ref)"), Some("error: cannot lock ref"));
        assert!(matches!(locked, Judgement::Retry(reason) if reason.contains("error: cannot lock ref [remote")));
        let declined = judged(Some("[remote rejected] (pre-receive hook declined)"), Some("GH006: protected"));
        assert_eq!(
            declined,
            Judgement::Declined("GH006: protected [remote rejected] (pre-receive hook declined)".into())
        );
    }

    #[test]
    fn porcelain_and_words_are_parsed() {
        let stdout = b"To /x\n \t1:refs/heads/a\t1..2\n!\t1:refs/heads/b/c\t[rejected] (stale info)\nDone\n";
        let refs = parse_porcelain(stdout);
        assert_eq!(refs.len(), 1);
        assert_eq!(refs["b/c"], "[rejected] (stale info)");
        let stderr = b"remote: error: no\x1b[0m entry  \nremote: \nTo /x\nerror: failed to push\n";
        assert_eq!(remote_words(stderr).as_deref(), Some("error: no [0m entry"));
        assert_eq!(remote_words(b"fatal: x"), None);
    }

    #[test]
    fn pushes_fit_on_a_command_line() {
        let updates: Vec<Update> =
            (0..2000).map(|n| Update { branch: format!("resource-{n}"), old: Some(id('1')), new: id('2') }).collect();
        let pieces = pieces(&updates);
        assert_eq!(pieces.concat(), (0..2000).collect::<Vec<_>>());
        for piece in &pieces {
            let members: Vec<&Update> = piece.iter().map(|index| &updates[*index]).collect();
            let length: usize = arguments("origin", &members).iter().map(|arg| arg.len() + 1).sum();
            assert!(length <= MAX_COMMAND_LINE + 1024, "{length}");
        }
        assert!(pieces.len() < 10, "{}", pieces.len());
    }

    #[test]
    fn every_reference_has_its_lease() {
        let new = Update { branch: "n".into(), old: None, new: id('2') };
        let args = arguments("origin", &[&update(), &new]);
        assert!(args.contains(&format!("--force-with-lease=refs/heads/b:{}", id('1'))));
        assert!(args.contains(&"--force-with-lease=refs/heads/n:".to_owned()));
        assert!(args.contains(&format!("{}:refs/heads/n", id('2'))));
        assert!(!args.iter().any(|arg| arg.starts_with('+') || arg == "--force"));
    }
}
