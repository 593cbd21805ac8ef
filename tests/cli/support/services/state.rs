//! What the services know.

use std::collections::{BTreeMap, BTreeSet};

use super::{Fault, Host};

#[derive(Default)]
pub(super) struct State {
    /// By snap, track, risk and architecture.
    pub(super) revisions: BTreeMap<[String; 4], u64>,
    /// The header of a page.
    pub(super) pages: BTreeMap<(Host, String), (String, String)>,
    /// By package, series and pocket; the newest comes first.
    pub(super) versions: BTreeMap<[String; 3], Vec<String>>,
    /// By repository, workflow and branch.
    pub(super) runs: BTreeMap<[String; 3], Option<u64>>,
    /// By store, snap and revision.
    pub(super) downloads: BTreeMap<(Host, String, u64), Download>,
    /// By repository: the tag, and whether it is a prerelease or a draft.
    pub(super) releases: BTreeMap<String, Vec<(String, bool, bool)>>,
    /// By registry and name.
    pub(super) packages: BTreeMap<(Host, String), Vec<(String, String)>>,
    pub(super) token: Option<String>,
    pub(super) faults: Vec<(Host, String, Fault)>,
    pub(super) seen: Vec<(Host, String)>,
    failed_once: BTreeSet<String>,
}

/// A snap that can be downloaded, and what its store says of it.
pub(super) struct Download {
    pub(super) size: usize,
    pub(super) sum: String,
    pub(super) content: String,
}

impl State {
    /// How a request comes to grief.
    pub(super) fn fault_of(&mut self, host: Host, told: &str) -> Option<Fault> {
        let mut faults = self.faults.iter().filter(|(of, part, _)| *of == host && told.contains(part));
        let fault = faults.next()?.2;
        let passes =
            [Fault::ServerErrorOnce, Fault::HalfOnce].contains(&fault) && !self.failed_once.insert(told.to_owned());
        (!passes).then_some(fault)
    }
}
