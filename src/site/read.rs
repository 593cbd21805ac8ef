//! Reading what the site shows from a repository. Executes nothing, and needs no network.

use std::collections::HashSet;

use gix::ObjectId;

use super::data::{Attempt, SiteResource, SiteValue};
use crate::core::options::{Key, Options, Setting};
use crate::error::chain;
use crate::git::history::{ResultCommit, StateCommit, states};
use crate::resources::Resource;
use crate::states::{Adoption, adoption, waits};

/// What a repository says of one resource.
pub(crate) fn read(repo: &gix::Repository, found: &Resource, shallow: &HashSet<ObjectId>) -> SiteResource {
    let name = &found.branch.name;
    let mut resource = SiteResource { name: name.to_string(), slug: name.slug(), ..SiteResource::default() };
    resource.problem = fill_in(&mut resource, repo, found, shallow).err();
    resource
}

/// Fills in what can be known; the error says what cannot.
fn fill_in(
    resource: &mut SiteResource,
    repo: &gix::Repository,
    found: &Resource,
    shallow: &HashSet<ObjectId>,
) -> Result<(), String> {
    let file = found.options.as_ref().map_err(ToString::to_string)?;
    resource.options = Some((found.origin.place(), visible(&file.text)));
    let options = Options::parse(&file.text);
    let known = |name: &str| match options.variable(name).0 {
        Setting::Known(text) => String::from_utf8(text.to_vec()).ok().filter(|text| !text.is_empty()),
        Setting::NeedsShell(_) | Setting::Absent => None,
    };
    resource.message = known(Key::Message.name());
    resource.manual = known(Key::Manual.name()).as_deref() == Some("true");
    resource.target = known(Key::TargetRepo.name());
    resource.link = known("link");
    let pattern = options.history_pattern().map_err(|err| err.to_string())?;
    let (states, cut_off) = states(repo, found.tip(), &pattern, shallow, usize::MAX).map_err(|err| chain(&err))?;
    resource.cut_off = cut_off;
    let newest = states.first();
    resource.pending = match newest.filter(|state| waits(state, 0)) {
        Some(state) => adoption(repo, state, shallow)? == Adoption::Adopted,
        None => false,
    };
    resource.values = states.into_iter().map(value).collect();
    Ok(())
}

fn value(state: StateCommit) -> SiteValue {
    let StateCommit { id, value, time, results, .. } = state;
    let value = crate::core::value::printable(value.as_bytes());
    SiteValue {
        value,
        commit: id.to_string(),
        time: time.seconds,
        attempts: results.into_iter().map(attempt).collect(),
    }
}

fn attempt(commit: ResultCommit) -> Attempt {
    let ResultCommit { id, result, time } = commit;
    Attempt { commit: id.to_string(), time: time.seconds, result }
}

/// A text of several lines with every control character made visible.
fn visible(text: &[u8]) -> String {
    String::from_utf8_lossy(text)
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => char::REPLACEMENT_CHARACTER,
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_visible() {
        assert_eq!(visible(b"a\n\tb\x1b[31m\0\xff"), "a\n\tb\u{fffd}[31m\u{fffd}\u{fffd}");
    }
}
