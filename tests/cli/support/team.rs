//! A team that has adopted the action: a repository with resources on a stand-in of GitHub, and the workflow of `init`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::runner::{Hub, JobRecord, Workflow, WorkflowRun, parse};
use super::{Flavour, History, Repo, Sandbox, Spread, World};

/// See the module's documentation.
pub(crate) struct Team<'s> {
    pub(crate) remote: Repo<'s>,
    pub(crate) world: World,
    pub(crate) spread: Spread,
    pub(crate) hub: Hub<'s>,
}

impl<'s> Team<'s> {
    /// A team with a resource for each name, without values yet; the value of each is in the world by its name, `1`.
    pub(crate) fn new(sandbox: &'s Sandbox, names: &[&str]) -> Self {
        let world = sandbox.world();
        let watched = world.clone();
        let team = Team::with(sandbox, |history, target| {
            for name in names {
                watched.set(name, "1");
                history.branch(name).options(options(name, &watched.extractor(name), target));
            }
        });
        Team { world, ..team }
    }

    /// A team whose branches are described, given where the target is.
    pub(crate) fn with(sandbox: &'s Sandbox, describe: impl FnOnce(&mut History, &str)) -> Self {
        let target = sandbox.target(5).url();
        let remote = sandbox.bare("remote");
        remote.build(|history| {
            history.main();
            describe(history, &target);
        });
        let (world, spread, hub) = (sandbox.world(), sandbox.spread(Flavour::Plain), Hub::new(sandbox, &remote));
        Team { remote, world, spread, hub }
    }

    /// A team that has nothing yet but a repository.
    pub(crate) fn empty(sandbox: &'s Sandbox) -> Self {
        let remote = sandbox.bare("remote");
        let (world, spread, hub) = (sandbox.world(), sandbox.spread(Flavour::Plain), Hub::new(sandbox, &remote));
        Team { remote, world, spread, hub }
    }

    /// What `init` writes, with the program that is tested instead of one that is downloaded, and what else it is called with.
    pub(crate) fn workflow(&self, with: &[(&str, Value)]) -> Workflow {
        let run = self.hub.sandbox.init("adopter").run(["init", "--dry-run"]);
        let mut workflow: Workflow = parse(&run.stdout_text()).unwrap_or_else(|err| panic!("{err}\n{run}"));
        let caller = workflow.jobs.get_mut("spread-cron").expect("the workflow has one job");
        caller.with.insert("bin".to_owned(), json!(product()));
        caller.with.extend(with.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        workflow
    }

    /// One scheduled run, from its beginning to its end.
    pub(crate) fn scheduled(&self) -> WorkflowRun<'_> {
        self.scheduled_with(&[])
    }

    /// The same, called with something more.
    pub(crate) fn scheduled_with(&self, with: &[(&str, Value)]) -> WorkflowRun<'_> {
        let run = self.hub.start("schedule");
        run.execute(&self.workflow(with), &BTreeMap::new());
        run
    }

    /// The subjects that came to a branch after its files.
    #[track_caller]
    pub(crate) fn notebook(&self, name: &str) -> Vec<String> {
        let mut subjects = self.remote.subjects(name);
        subjects.pop();
        subjects
    }

    /// Asserts that a poll finds nothing new, and that nothing waits.
    #[track_caller]
    pub(crate) fn assert_quiet(&self) {
        let before = (self.remote.refs(), self.spread.launches().len());
        let run = self.scheduled();
        assert_eq!(run.short(), ["poll: success", "launch: skipped"], "{run}");
        assert_eq!(run.poll().outputs["count"], "0");
        assert_eq!((self.remote.refs(), self.spread.launches().len()), before, "{run}");
    }
}

impl WorkflowRun<'_> {
    /// How each job ended, without the name of the job that calls the workflow.
    pub(crate) fn short(&self) -> Vec<String> {
        let short = |name: &str| name.strip_prefix("spread-cron / ").unwrap_or(name).to_owned();
        self.outcomes().into_iter().map(|(name, outcome)| format!("{}: {outcome}", short(&name))).collect()
    }

    #[track_caller]
    pub(crate) fn poll(&self) -> JobRecord {
        self.job("spread-cron / poll")
    }

    /// The job that launches this resource with this value, or the one that records it.
    #[track_caller]
    pub(crate) fn leg(&self, name: &str, value: &str, job: &str) -> JobRecord {
        self.job(&format!("spread-cron / {name} ({value}) / {job}"))
    }
}

/// Options whose message is `New NAME`.
pub(crate) fn options(name: &str, extractor: &str, target: &str) -> String {
    let quote = |text: &str| shell_words::quote(text).into_owned();
    format!(
        "message={}\npattern_extractor={}\ntarget_repo={}\n",
        quote(&format!("New {name}")),
        quote(extractor),
        quote(target)
    )
}

/// The program that is tested.
pub(crate) fn product() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("git-spread-cron").to_owned()
}
