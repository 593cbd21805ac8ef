//! Checks that look beyond the options of one resource: which write the same message, which follow each other, and what else
//! starts for a push to the branch.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::core::dependencies;
use crate::core::documents::Finding;
use crate::core::message::Message;
use crate::core::name::{ResourceName, nearest};
use crate::core::text::printable;

/// The message that a resource writes into its history.
#[derive(Clone, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) name: &'a ResourceName,
    /// The path of the options file in the tree.
    pub(crate) path: &'a str,
    /// The line that sets the message.
    pub(crate) line: Option<usize>,
    pub(crate) message: &'a Message,
}

/// A resource whose extractor asks for the green values of others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Follower<'a> {
    pub(crate) name: &'a ResourceName,
    /// The path of its options.
    pub(crate) path: &'a str,
    /// The line of its extractor.
    pub(crate) line: Option<usize>,
    /// The resources that it follows.
    pub(crate) follows: &'a [String],
}

/// Finds the resources whose state commits have the same message.
pub(crate) fn collisions(claims: &[Claim<'_>]) -> Vec<Finding> {
    let mut owners: BTreeMap<&str, Vec<&Claim<'_>>> = BTreeMap::new();
    for claim in claims {
        owners.entry(claim.message.as_str()).or_default().push(claim);
    }
    let mut findings = Vec::new();
    for claim in claims {
        let text = claim.message.as_str();
        let mut add = |reason: String| {
            let help = "let each message say what only this resource is about; set message_pattern to the old one to keep the history";
            findings.push(Check::MessageCollision.finding(
                claim.name,
                claim.path,
                claim.line,
                &reason,
                help.to_owned(),
            ));
        };
        let same = owners.get(text).into_iter().flatten().filter(|other| other.name != claim.name);
        if let Some(others) = list(same.map(|other| other.name)) {
            add(format!("the message is also that of {others}"));
        }
        if !text.ends_with(')') {
            continue;
        }
        for (end, _) in text.match_indices(" (") {
            let shorter = owners.get(&text[..end]).into_iter().flatten().filter(|other| other.name != claim.name);
            if let Some(others) = list(shorter.map(|other| other.name)) {
                add(format!("the message looks like a state commit of {others}, whose message is {:?}", &text[..end]));
            }
        }
    }
    findings
}

/// Checks what the resources follow: no cycles, and only names that are `known`.
pub(crate) fn followers(followers: &[Follower<'_>], known: &BTreeSet<&str>) -> Vec<Finding> {
    // A cycle through a resource that is not checked is not reported.
    let mut graph: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for follower in followers {
        graph.insert(follower.name.as_str(), follower.follows.iter().map(String::as_str).collect());
    }
    let cycles = dependencies::cycles(&graph);
    let mut findings = Vec::new();
    for follower in followers {
        let Follower { name, path, line, .. } = *follower;
        if let Some(cycle) = cycles.iter().find(|cycle| cycle.contains(&name.as_str())) {
            let reason = format!("the extractors follow each other in a cycle: {} → {}", cycle.join(" → "), cycle[0]);
            let help = "let one of them watch something else";
            findings.push(Check::FollowCycle.finding(name, path, line, &reason, help.to_owned()));
        }
        for followed in follower.follows.iter().filter(|followed| !known.contains(followed.as_str())) {
            let reason = format!("the extractor follows {followed:?}, which is not a resource");
            let help = match nearest(followed, known.iter().copied()) {
                Some(near) => format!("did you mean {near:?}?"),
                None => "name a resource as git spread-cron status shows it".to_owned(),
            };
            findings.push(Check::FollowUnknown.finding(name, path, line, &reason, help));
        }
    }
    findings
}

/// Warns of a branch whose files start something for each push to it.
pub(crate) fn starting_on_push(name: &ResourceName, paths: &[String]) -> Option<Finding> {
    let (first, others) = paths.split_first()?;
    let and_more = if others.is_empty() { String::new() } else { format!(" (so do {})", others.join(", ")) };
    let reason = format!("it starts for each push to the branch, besides what is launched from here{and_more}");
    let help = "switch it off (gh workflow disable NAME), or remove it from the branch".to_owned();
    Some(Check::StartsOnPush.finding(name, &printable(first.as_bytes()), None, &printable(reason.as_bytes()), help))
}

/// The first few names, and how many more there are.
fn list<'a>(names: impl Iterator<Item = &'a ResourceName>) -> Option<String> {
    const SHOWN: usize = 3;
    let names: Vec<&str> = names.map(ResourceName::as_str).collect();
    match names.len() {
        0 => None,
        1..=SHOWN => Some(names.join(", ")),
        more => Some(format!("{} and {} more", names[..SHOWN].join(", "), more - SHOWN)),
    }
}
