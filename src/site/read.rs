//! Reading what the site shows from a repository. Executes nothing, and needs no network.

use std::collections::HashSet;

use gix::ObjectId;

use super::data::{Attempt, SiteResource, SiteValue};
use crate::core::options::{Key, Options, Setting};
use crate::core::result::MovedValue;
use crate::core::text::{visible, visible_lines};
use crate::error::chain;
use crate::git::branches::Source;
use crate::git::history::{ResultCommit, StateCommit, states};
use crate::resources::Resource;
use crate::states::{Adoption, adoption, require_own_message, waits};

/// What a repository says of one resource.
pub(crate) fn read(
    repo: &gix::Repository,
    source: &Source,
    found: &Resource,
    shallow: &HashSet<ObjectId>,
) -> SiteResource {
    let name = &found.branch.name;
    let mut resource = SiteResource { name: visible(name.as_str()), slug: name.slug(), ..SiteResource::default() };
    resource.problem = fill_in(&mut resource, repo, source, found, shallow).err().map(|problem| visible(&problem));
    resource
}

/// Fills in what can be known; the error says what cannot.
fn fill_in(
    resource: &mut SiteResource,
    repo: &gix::Repository,
    source: &Source,
    found: &Resource,
    shallow: &HashSet<ObjectId>,
) -> Result<(), String> {
    let file = found.options.as_ref().map_err(ToString::to_string)?;
    resource.options = Some((visible(&found.origin.place()), visible_lines(&String::from_utf8_lossy(&file.text))));
    let options = Options::parse(&file.text);
    let known = |name: &str| match options.variable(name).0 {
        Setting::Known(text) => std::str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(visible),
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
    let moved = options.moved();
    resource.values = states.into_iter().map(|state| value(state, moved)).collect();
    match resource.values.is_empty() && !cut_off {
        true => require_own_message(repo, source, found, shallow),
        false => Ok(()),
    }
}

fn value(state: StateCommit, moved: MovedValue) -> SiteValue {
    let StateCommit { id, value, time, results, .. } = state;
    SiteValue {
        value: visible(&value),
        commit: id.to_string(),
        time: time.seconds,
        attempts: results.into_iter().map(|commit| attempt(commit, moved)).collect(),
    }
}

fn attempt(commit: ResultCommit, moved: MovedValue) -> Attempt {
    let ResultCommit { id, result, time } = commit;
    Attempt { commit: id.to_string(), time: time.seconds, result: result.visible(), moved }
}
