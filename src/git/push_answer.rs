//! What git and the remote said about a push, and what that means for each update.
//!
//! Pure: parses captured bytes, and decides by where the remote stands now; what git said only explains why.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;

use super::program::Output;
use super::update::Update;
use crate::core::value::printable;

/// What git said about a push that failed.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The summary for each reference that was not pushed, by its full name.
    refs: HashMap<String, String>,
    /// The lines that came from the remote.
    words: Option<String>,
    pub(super) complaint: String,
    /// Whether git used up its time, as it would do again.
    hung: bool,
}

impl Said {
    /// git was ended before it said anything.
    pub(super) fn ended(complaint: String, hung: bool) -> Self {
        Said { complaint, hung, ..Said::default() }
    }

    pub(super) fn parse(output: &Output) -> Self {
        Said {
            refs: rejected(&output.stdout),
            words: remote_words(&output.stderr),
            complaint: output.complaint(),
            hung: false,
        }
    }

    /// Whether the remote's own words name the reference.
    pub(super) fn names(&self, reference: &str) -> bool {
        let is_part_of_name = |c: char| !c.is_whitespace() && !"'\"`,;:()[]".contains(c);
        let words = self.words.as_deref().unwrap_or_default();
        words.split(|c| !is_part_of_name(c)).any(|word| word.trim_end_matches('.') == reference)
    }

    /// What git said about one reference, after the words of the remote.
    fn about(&self, summary: &str) -> String {
        match &self.words {
            Some(words) => format!("{words} {summary}"),
            None => summary.to_owned(),
        }
    }
}

/// The lines `FLAG<TAB>FROM:TO<TAB>SUMMARY` of `git push --porcelain`.
fn porcelain(stdout: &[u8]) -> impl Iterator<Item = (&str, &str, &str)> {
    stdout.split(|byte| *byte == b'\n').filter_map(|line| {
        let mut parts = std::str::from_utf8(line).ok()?.splitn(3, '\t');
        let (flag, references, summary) = (parts.next()?, parts.next()?, parts.next()?);
        Some((flag, references.rsplit_once(':')?.1, summary))
    })
}

/// The summaries for the references that were not pushed.
fn rejected(stdout: &[u8]) -> HashMap<String, String> {
    let rejected = porcelain(stdout).filter(|(flag, ..)| *flag == "!");
    rejected.map(|(_, reference, summary)| (reference.to_owned(), summary.to_owned())).collect()
}

/// Whether git, which says that it succeeded, named each reference: one that it left out was not pushed.
pub(super) fn is_complete(stdout: &[u8], updates: &[&Update]) -> bool {
    let named: HashSet<&str> =
        porcelain(stdout).filter(|(flag, ..)| *flag != "!").map(|(_, reference, _)| reference).collect();
    updates.iter().all(|update| named.contains(update.reference.as_str()))
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
pub(super) enum Judgement {
    Landed,
    Moved,
    Gone,
    Declined(String),
    Retry(String),
    Failed(String),
}

impl Judgement {
    /// Whether the server took nothing of it, or was not asked to.
    pub(super) fn was_not_taken(&self) -> bool {
        match self {
            Judgement::Declined(_) | Judgement::Moved | Judgement::Gone | Judgement::Retry(_) => true,
            Judgement::Landed | Judgement::Failed(_) => false,
        }
    }
}

/// Decides by where the reference of the remote stands now; what git said only explains why.
pub(super) fn judge(update: &Update, now: Option<ObjectId>, said: &Said) -> Judgement {
    if now == update.new {
        return Judgement::Landed;
    }
    if now != update.old {
        return if now.is_none() { Judgement::Gone } else { Judgement::Moved };
    }
    match said.refs.get(&update.reference) {
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
        Update {
            reference: "refs/heads/b".into(),
            shown_by: "refs/remotes/o/b".into(),
            old: Some(id('1')),
            new: Some(id('2')),
        }
    }

    fn said(summary: Option<&str>, words: Option<&str>) -> Said {
        Said {
            refs: summary.map(|summary| ("refs/heads/b".to_owned(), summary.to_owned())).into_iter().collect(),
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
        let refs = rejected(stdout);
        assert_eq!(refs.len(), 1);
        assert_eq!(refs["refs/heads/b/c"], "[rejected] (stale info)");
        let stderr = b"remote: error: no\x1b[0m entry  \nremote: \nTo /x\nerror: failed to push\n";
        assert_eq!(remote_words(stderr).as_deref(), Some("error: no [0m entry"));
        assert_eq!(remote_words(b"fatal: x"), None);
    }

    #[test]
    fn a_reference_that_git_does_not_name_was_not_pushed() {
        for flag in [" ", "*", "+", "-", "="] {
            let stdout = format!("To /x\n{flag}\trefs/x/heads/b:refs/heads/b\t1..2\nDone\n");
            assert!(is_complete(stdout.as_bytes(), &[&update()]), "{flag}");
        }
        assert!(!is_complete(b"To /x\n \t1:refs/heads/bb\t1..2\nDone\n", &[&update()]));
        assert!(!is_complete(b"To /x\n!\t1:refs/heads/b\t[rejected]\nDone\n", &[&update()]));
        assert!(!is_complete(b"", &[&update()]));
    }

    #[test]
    fn the_remote_may_name_what_it_declines() {
        let said =
            said(None, Some("error: GH006: Protected branch update failed for refs/heads/b. | see 'refs/heads/c'"));
        assert!(said.names("refs/heads/b") && said.names("refs/heads/c"));
        assert!(!said.names("refs/heads/") && !said.names("refs/heads/d"));
    }
}
