//! Every entry of the catalog, from `add` to the second change, with services that play the real ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use predicates::prelude::*;

use crate::support::{Fault, Host, Repo, Sandbox, Services, is_installed, quoted};

/// What an entry watches. This is what the entry is to be, said once more: nothing in here is read from the catalog.
#[derive(Clone, Copy, Debug)]
enum Watches {
    Snap(&'static str, &'static str, &'static str),
    Page(Host, &'static str),
    Proposed(&'static str),
    Runs(&'static str, &'static str, &'static str),
    Resource(&'static str),
    Time,
}

use Watches::{Page, Proposed, Resource, Runs, Snap, Time};

const ENTRIES: [(&str, Watches); 42] = [
    ("snapd-core-edge", Snap("core", "edge", "amd64")),
    ("snapd-core-beta", Snap("core", "beta", "amd64")),
    ("snapd-core-candidate", Snap("core", "candidate", "amd64")),
    ("snapd-core-stable", Snap("core", "stable", "amd64")),
    ("snapd-core-i386-edge", Snap("core", "edge", "i386")),
    ("snapd-core-i386-beta", Snap("core", "beta", "i386")),
    ("snapd-core-i386-candidate", Snap("core", "candidate", "i386")),
    ("snapd-core-i386-stable", Snap("core", "stable", "i386")),
    ("snapd-reexec-2.21-vs-edge", Snap("core", "edge", "amd64")),
    ("kernel-edge-amd64", Snap("pc-kernel", "edge", "amd64")),
    ("kernel-beta-amd64", Snap("pc-kernel", "beta", "amd64")),
    ("kernel-candidate-amd64", Snap("pc-kernel", "candidate", "amd64")),
    ("snapd-production-store-cpi", Page(Host::Store, "/api/v1/snaps/sections")),
    ("snapd-production-store-sas", Page(Host::Store, "/_status/check")),
    ("snapd-production-store-sca", Page(Host::Dashboard, "/_status/check")),
    ("snapd-production-store-sso", Page(Host::Login, "/_status/check")),
    ("snapd-staging-store-cpi", Page(Host::StagingStore, "/api/v1/snaps/sections")),
    ("snapd-staging-store-sas", Page(Host::StagingStore, "/_status/check")),
    ("snapd-staging-store-sca", Page(Host::StagingDashboard, "/_status/check")),
    ("snapd-staging-store-sso", Page(Host::StagingLogin, "/_status/check")),
    ("core-amd64-refresh-to-edge", Snap("core", "edge", "amd64")),
    ("core-amd64-refresh-to-candidate", Snap("core", "candidate", "amd64")),
    ("core-amd64-refresh-to-beta", Snap("core", "beta", "amd64")),
    ("core-i386-refresh-to-edge", Snap("core", "edge", "i386")),
    ("core-i386-refresh-to-candidate", Snap("core", "candidate", "i386")),
    ("core-i386-refresh-to-beta", Snap("core", "beta", "i386")),
    ("snapd-trusty-sru", Proposed("trusty")),
    ("snapd-xenial-sru", Proposed("xenial")),
    ("snapd-yakkety-sru", Proposed("yakkety")),
    ("snapd-zesty-sru", Proposed("zesty")),
    ("snapd-jammy-sru", Proposed("jammy")),
    ("snapd-noble-sru", Proposed("noble")),
    ("snapd-resolute-sru", Proposed("resolute")),
    ("snapd-stonking-sru", Proposed("stonking")),
    ("snapd-analyze-build", Resource("snapd-core-edge")),
    ("core-amd64-staging-sync", Resource("snapd-core-edge")),
    ("core-i386-staging-sync", Resource("snapd-core-i386-edge")),
    ("core-gh-lp-sync", Runs("canonical/core", "test.yaml", "master")),
    ("snapd-vendor-sync", Runs("canonical/snapd", "ci-master-push.yaml", "master")),
    ("snapd-nightly-suite", Time),
    ("built-image-amd64-smoketest", Time),
    ("snapd-reexec-disabled", Time),
];

impl Watches {
    /// What a service is asked for; two that ask for the same have the same.
    fn request(self) -> Option<String> {
        match self {
            Snap(snap, _, arch) => Some(format!("{snap} {arch}")),
            Page(host, path) => Some(format!("{host:?}{path}")),
            Proposed(series) => Some(series.to_owned()),
            Runs(repository, workflow, branch) => Some(format!("{repository} {workflow} {branch}")),
            Resource(_) | Time => None,
        }
    }
}

/// What an entry watches.
fn watches(name: &str) -> Watches {
    ENTRIES.iter().find(|(known, _)| *known == name).expect("it is in the table").1
}

/// The names of the folders: no entry escapes.
fn names() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalog/entries");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.collect()
}

/// The state of the services in one phase of a test, and what it means for each entry.
struct Phase(u64);

impl Phase {
    /// Another number for each thing and each phase, so that no answer can be taken for another.
    fn number(&self, of: &str) -> u64 {
        let place = ENTRIES.iter().position(|(name, _)| *name == of).expect("it is in the table");
        10_000 * self.0 + 10 * place as u64 + 1_000
    }

    /// The first entry that watches this: two that watch the same see the same.
    fn first(watches: Watches) -> &'static str {
        let same = |other: Watches| format!("{other:?}") == format!("{watches:?}");
        ENTRIES.iter().find(|(_, other)| same(*other)).expect("it is in the table").0
    }

    /// The value of an entry; nothing if it waits for another one.
    fn value(&self, watches: Watches) -> Option<String> {
        let number = self.number(Self::first(watches));
        match watches {
            Snap(..) | Runs(..) => Some(number.to_string()),
            Page(..) => Some(format!("{number}-g0f4c2a1")),
            Proposed(series) => Some(format!("2.{number}+{series}~rc1")),
            Resource(_) | Time => None,
        }
    }

    /// Makes the world so.
    fn begin(&self, services: &Services) {
        for (_, watches) in ENTRIES {
            let value = self.value(watches);
            let text = || value.clone().expect("only those that follow others have none");
            let number = self.number(Self::first(watches));
            match watches {
                Snap(snap, channel, arch) => services.publish(snap, channel, arch, number),
                Page(host, path) => {
                    // Names of headers are the same in any case.
                    let header =
                        ["X-VCS-Revision", "x-vcs-revision", "X-Bzr-Revision-Number"][(number / 10 % 3) as usize];
                    services.deploy(host, path, header, &text());
                }
                Proposed(series) => services.upload("snapd", series, "Proposed", &text()),
                Runs(repository, workflow, branch) => services.succeed(repository, workflow, branch, Some(number)),
                Resource(_) | Time => {}
            }
        }
    }
}

/// Things that no entry watches, next to some that an entry does.
fn decoys(services: &Services) {
    for (snap, channel, arch) in [("core", "2.21/edge", "amd64"), ("core", "edge", "arm64"), ("core", "beta", "armhf")]
    {
        services.publish(snap, channel, arch, 7);
    }
    for (_, watches) in ENTRIES {
        match watches {
            Proposed(series) => services.upload("snapd", series, "Updates", "0.0"),
            Runs(repository, workflow, _) => services.succeed(repository, workflow, "decoy", Some(7)),
            Snap(..) | Page(..) | Resource(_) | Time => {}
        }
    }
}

/// From now on pushes are counted.
fn count_pushes(sandbox: &Sandbox) {
    let log = quoted(sandbox.path("pushes"));
    sandbox.script("remote/hooks/pre-receive", &format!("#!/bin/sh\ncat > /dev/null\necho >> {log}\n"));
}

fn take_pushes(sandbox: &Sandbox) -> usize {
    let pushes = fs::read_to_string(sandbox.path("pushes")).unwrap_or_default().lines().count();
    let _ = fs::remove_file(sandbox.path("pushes"));
    pushes
}

/// A clone with a branch for each entry, without values yet.
struct Adopted<'s> {
    sandbox: &'s Sandbox,
    services: Services,
    remote: Repo<'s>,
    clone: Repo<'s>,
    shell: &'static str,
    messages: BTreeMap<String, String>,
}

impl<'s> Adopted<'s> {
    fn new(sandbox: &'s Sandbox, shell: &'static str) -> Self {
        let services = Services::start(sandbox);
        let (remote, clone) = sandbox.project(|_| {});
        count_pushes(sandbox);
        decoys(&services);
        clone.run(["add", "--from", "*"]).report(predicate::always());
        assert_eq!(take_pushes(sandbox), 1, "one push for all");
        let created = clone.git(["ls-remote", "--heads", "origin"]);
        let created =
            created.lines().filter_map(|line| line.split_once("refs/heads/")).map(|(_, name)| name.to_owned());
        let mut expected = names();
        expected.insert("main".to_owned());
        assert_eq!(created.collect::<BTreeSet<_>>(), expected);
        clone.git(["fetch", "--quiet"]);
        let status = clone.run(["status", "--format", "json"]).status();
        let message = |name: &String| (name.clone(), status.resource(name).message.clone().expect("it is written out"));
        let messages = names().iter().map(message).collect::<BTreeMap<_, _>>();
        assert_eq!(
            messages.values().collect::<BTreeSet<_>>().len(),
            messages.len(),
            "no two are the same: {messages:?}"
        );
        Adopted { sandbox, services, remote, clone, shell, messages }
    }

    /// Polls everything, which has to end like this; gives what became of each.
    #[track_caller]
    fn poll(&self, code: i32) -> BTreeMap<String, (String, Option<String>)> {
        let args = ["poll", "--format", "json", "--shell", self.shell, "--jobs", "64"];
        let poll = self.services.cmd(&self.clone, args).run().exit(code).poll();
        self.sandbox.assert_no_litter();
        poll.resources.into_iter().map(|one| (one.resource, (one.outcome, one.new.or(one.error)))).collect()
    }

    /// Polls everything: these have to be recorded, with one commit each, and nothing else.
    #[track_caller]
    fn assert_records(&self, expected: &BTreeMap<String, String>) {
        let before = names().iter().map(|name| (name.clone(), self.remote.count(name))).collect::<BTreeMap<_, _>>();
        let poll = self.poll(0);
        for (name, (outcome, value)) in &poll {
            if matches!(watches(name), Time) {
                // The clock of the program is the real one, and its own tests let it stand still.
                let has_time = ["first", "changed", "unchanged", "no-value"].contains(&outcome.as_str());
                assert!(has_time, "{name}: {outcome} {value:?}");
                continue;
            }
            let is_new = ["first", "changed"].contains(&outcome.as_str());
            assert_eq!(is_new.then_some(value.as_ref()).flatten(), expected.get(name), "{name}: {outcome}");
            assert_eq!(self.remote.count(name), before[name] + usize::from(is_new), "{name}");
            if let Some(value) = expected.get(name) {
                assert_eq!(self.remote.subjects(name)[0], format!("{} ({value})", self.messages[name]));
            }
        }
        assert_eq!(poll.keys().cloned().collect::<BTreeSet<_>>(), names());
        assert_eq!(take_pushes(self.sandbox), usize::from(!expected.is_empty()), "one push for all");
        let asking = ENTRIES.iter().filter_map(|(_, watches)| watches.request()).collect::<BTreeSet<_>>();
        let asked = self.services.take_requests();
        assert_eq!(asked.len(), asking.len(), "what several ask for is asked once: {asked:?}");
    }

    /// As if the suites of these had passed.
    fn pass<'n>(&self, resources: impl IntoIterator<Item = &'n str>) {
        for name in resources {
            self.clone.run(["result", name, "--status", "passed"]).stdout(predicate::str::contains("recorded"));
        }
        self.clear();
    }

    /// The services know nothing yet of what is watched: this is a failure, but for what comes and goes.
    #[track_caller]
    fn assert_waits(&self) {
        for (name, (outcome, text)) in self.poll(1) {
            let expected: &[&str] = match watches(&name) {
                Snap(..) | Page(..) | Runs(..) => &["failed"],
                Proposed(_) | Resource(_) => &["no-value"],
                Time => &["no-value", "first"],
            };
            assert!(expected.contains(&&*outcome), "{name}: {outcome} {text:?}");
            assert_eq!(self.remote.count(&name), if outcome == "first" { 2 } else { 1 }, "{name}");
        }
        self.clear();
    }

    /// Forgets what was pushed and asked for.
    fn clear(&self) {
        take_pushes(self.sandbox);
        self.services.take_requests();
    }

    /// Those that follow others get the value of those once it passed, and not before.
    #[track_caller]
    fn assert_follows(&self, phase: &Phase) {
        let mut known = values(phase);
        loop {
            let followers = ENTRIES.iter().filter_map(|(name, watches)| match watches {
                Resource(of) if !known.contains_key(*name) => Some((*name, *of)),
                Snap(..) | Page(..) | Proposed(_) | Runs(..) | Time | Resource(_) => None,
            });
            let ready = followers.filter(|(_, of)| known.contains_key(*of)).collect::<Vec<_>>();
            if ready.is_empty() {
                break;
            }
            self.pass(ready.iter().map(|(_, of)| *of).collect::<BTreeSet<_>>());
            let records = ready.into_iter().map(|(name, of)| (name.to_owned(), known[of].clone())).collect();
            self.assert_records(&records);
            known.extend(records);
        }
        let of_time = ENTRIES.iter().filter(|(_, watches)| matches!(watches, Time)).count();
        assert_eq!(known.len() + of_time, ENTRIES.len(), "each has had its turn");
    }

    /// One thing changes, and only who watches it takes notice.
    #[track_caller]
    fn assert_one_thing_changes(&self) {
        self.services.publish("core", "edge", "amd64", 99_999);
        let watchers = ENTRIES.iter().filter(|(_, watches)| matches!(watches, Snap("core", "edge", "amd64")));
        let records = watchers.map(|(name, _)| ((*name).to_owned(), "99999".to_owned())).collect::<BTreeMap<_, _>>();
        assert!(!records.is_empty());
        self.assert_records(&records);
    }

    /// All services have the same fault: nothing is recorded, and what needs none of them goes on.
    #[track_caller]
    fn assert_fails(&self, fault: Fault, reason: &str) {
        let tips = self.remote.refs();
        for host in Host::ALL {
            self.services.fault(host, "", fault);
        }
        for (name, (outcome, text)) in self.poll(1) {
            match watches(&name) {
                Time => assert_ne!(outcome, "failed", "{name} with {fault:?}: {text:?}"),
                Resource(_) => assert_eq!(outcome, "unchanged", "{name} with {fault:?}: {text:?}"),
                Snap(..) | Page(..) | Proposed(_) | Runs(..) => {
                    let error = text.unwrap_or_default();
                    assert_eq!(outcome, "failed", "{name} with {fault:?}: {error}");
                    assert!(error.contains(reason), "{name} with {fault:?}: {error}");
                }
            }
        }
        self.services.mend();
        assert_eq!((self.remote.refs(), take_pushes(self.sandbox)), (tips, 0));
        self.clear();
    }
}

/// The entries whose value is not that of another one, and their values.
fn values(phase: &Phase) -> BTreeMap<String, String> {
    let values = ENTRIES.iter().filter_map(|(name, watches)| Some(((*name).to_owned(), phase.value(*watches)?)));
    values.collect()
}

#[test]
fn the_table_of_the_test_is_the_catalog() {
    assert_eq!(ENTRIES.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>(), names());
    assert_eq!(ENTRIES.len(), names().len(), "each once");
}

#[test]
fn every_entry_records_what_the_services_say() {
    let sandbox = Sandbox::new();
    let adopted = Adopted::new(&sandbox, "bash");
    adopted.clone.run(["lint"]).report(predicate::always());
    for phase in [Phase(1), Phase(2)] {
        phase.begin(&adopted.services);
        adopted.assert_records(&values(&phase));
        adopted.assert_records(&BTreeMap::new());
        // Those that follow others wait for what passed.
        adopted.assert_follows(&phase);
    }
    adopted.assert_one_thing_changes();
    adopted.assert_fails(Fault::NotFound, "404");
    adopted.assert_fails(Fault::Html, "the answer");
    adopted.assert_records(&BTreeMap::new());
}

#[test]
fn every_entry_is_at_home_in_a_plain_shell() {
    let sandbox = Sandbox::new();
    let adopted = Adopted::new(&sandbox, if is_installed("dash") { "dash" } else { "sh" });
    adopted.assert_waits();
    let phase = Phase(1);
    phase.begin(&adopted.services);
    adopted.assert_records(&values(&phase));
    adopted.assert_follows(&phase);
}
