//! What can be known of a resource now: for `status`, and for the document that lies in a site.

use std::collections::HashSet;

use gix::ObjectId;

use super::format::{rfc3339, value_result};
use crate::core::documents::{PauseState, ResourceStatus};
use crate::core::options::{Key, Options};
use crate::git::branches::Source;
use crate::git::history::StateCommit;
use crate::resources::Resource;
use crate::states::{present, require_own_message, state_of};

/// What can be known of a resource without executing anything.
#[derive(Default)]
pub(super) struct CurrentStatus {
    pub(super) state: Option<StateCommit>,
    pub(super) message: Option<String>,
    pub(super) manual: bool,
    pub(super) paused: Option<PauseState>,
    pub(super) problem: Option<String>,
}

impl CurrentStatus {
    pub(super) fn read(
        repo: &gix::Repository,
        source: &Source,
        resource: &Resource,
        shallow: &HashSet<ObjectId>,
        now: i64,
    ) -> Self {
        let mut status = CurrentStatus::default();
        status.problem = status.fill_in(repo, source, resource, shallow, now).err();
        status
    }

    /// Fills in what can be known; the error says what is wrong.
    fn fill_in(
        &mut self,
        repo: &gix::Repository,
        source: &Source,
        resource: &Resource,
        shallow: &HashSet<ObjectId>,
        now: i64,
    ) -> Result<(), String> {
        let file = resource.options.as_ref().map_err(ToString::to_string)?;
        let options = Options::parse(&file.text);
        self.message = options.known(Key::Message).and_then(|text| String::from_utf8(text.to_vec()).ok());
        self.manual = options.known(Key::Manual).is_some_and(|text| text == b"true");
        let plan = options.settings().map(|settings| settings.plan());
        let pattern = match &plan {
            Some(Ok(plan)) => plan.pattern.clone(),
            // History can be read with options that a poll has no use for.
            Some(Err(_)) | None => options.history_pattern().map_err(|err| err.to_string())?,
        };
        let present = present(repo, resource, &pattern, shallow)?;
        let pause = present.pause.filter(|pause| pause.change.pause_at(now).is_some());
        self.paused = pause.and_then(|pause| pause.state());
        self.state = state_of(present.recorded)?;
        match plan {
            Some(Err(err)) => Err(err.to_string()),
            Some(Ok(_)) if self.state.is_none() => require_own_message(repo, source, resource, shallow),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    pub(super) fn into_report(self, resource: &Resource) -> ResourceStatus {
        let state = self.state.as_ref();
        ResourceStatus {
            resource: resource.branch.name.to_string(),
            r#ref: resource.branch.reference.clone(),
            options: resource.origin.place(),
            layout: resource.origin.layout,
            message: self.message,
            value: state.map(|state| state.value.clone()),
            commit: state.map(|state| state.id.to_string()),
            recorded_at: state.map(|state| rfc3339(state.time)),
            result: state.and_then(StateCommit::result).map(value_result).map(Box::new),
            manual: self.manual,
            paused: self.paused,
            problem: self.problem,
        }
    }
}
