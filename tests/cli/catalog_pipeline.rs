//! A pipeline: what was published is tested, and what passed is passed on.

use std::fs;

use predicates::prelude::*;

use crate::support::{Flavour, Repo, Sandbox, Services, are_installed, executes, quoted};

const EDGE: &str = "snapd-core-edge";
const SUITE: &str = "snapd-suite";
const SYNC: &str = "core-amd64-staging-sync";

struct Pipeline<'s> {
    sandbox: &'s Sandbox,
    services: Services,
    remote: Repo<'s>,
    clone: Repo<'s>,
}

impl<'s> Pipeline<'s> {
    /// A snap that is published, a suite that follows it, and a sync that follows the suite.
    fn new(sandbox: &'s Sandbox) -> Self {
        let services = Services::start(sandbox);
        let target = sandbox.target(5);
        let fails = format!("test ! -e {}", quoted(sandbox.path("broken")));
        target.build(|history| {
            history.existing("main").file("tests/main/alpha/task.yaml", executes(&fails)).commit("Fail if told to");
        });
        let (remote, clone) = sandbox.project(|_| {});
        let url = target.url();
        let launched = ["--target-repo", &url];
        let follows = [format!("resource={EDGE}"), format!("resource={SUITE}")];
        clone.run([&["add", "--from", EDGE], &launched[..]].concat()).report(predicate::str::contains(EDGE));
        let suite = ["add", SUITE, "--source", "after", &follows[0], "--spread", "spread google:"];
        clone.run([&suite, &launched[..]].concat()).report(predicate::str::contains(SUITE));
        clone.run(["add", "--from", SYNC, &follows[1]]).report(predicate::str::contains(SYNC));
        Pipeline { sandbox, services, remote, clone }
    }

    /// Polls twice: the first time these are recorded, and the second time nothing is.
    #[track_caller]
    fn assert_records(&self, expected: &[(&str, &str)]) {
        for expected in [expected, &[]] {
            let poll = self.services.cmd(&self.clone, ["poll", "--format", "json"]).run().poll();
            let recorded = poll.resources.iter().filter(|resource| ["first", "changed"].contains(&&*resource.outcome));
            let recorded = recorded.map(|resource| (resource.resource.as_str(), resource.new.as_deref().unwrap_or("")));
            assert_eq!(recorded.collect::<Vec<_>>(), expected);
        }
    }

    #[track_caller]
    fn launch(&self, name: &str, passes: bool) {
        let broken = self.sandbox.path("broken");
        if passes {
            let _ = fs::remove_file(broken);
        } else {
            fs::write(broken, "").unwrap();
        }
        let workspace = self.sandbox.path("workspace");
        let args = ["run", name, "--record", "--workspace", workspace.to_str().unwrap()];
        self.clone.run(args).exit(i32::from(!passes)).report(predicate::always());
        let expected = if passes { "passed: " } else { "failed: " };
        let subject = self.remote.subjects(name)[0].clone();
        assert!(subject.starts_with(expected), "{subject}");
    }
}

#[test]
fn a_value_goes_from_the_store_through_the_suite_to_the_sync() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let spread = sandbox.spread(Flavour::Plain);
    let pipeline = Pipeline::new(&sandbox);
    for revision in [17300, 17301] {
        let value = revision.to_string();
        pipeline.services.publish("core", "edge", "amd64", revision);
        pipeline.assert_records(&[(EDGE, &value)]);
        pipeline.launch(EDGE, false);
        pipeline.assert_records(&[]);
        pipeline.launch(EDGE, true);
        pipeline.assert_records(&[(SUITE, &value)]);
        // The second in the row has to pass, not only to begin.
        pipeline.launch(SUITE, false);
        pipeline.assert_records(&[]);
        pipeline.launch(SUITE, true);
        pipeline.assert_records(&[(SYNC, &value)]);
    }
    let message = "Sync of amd64 core snap in edge channel to the staging store";
    let subjects = pipeline.remote.subjects(SYNC);
    assert_eq!(subjects[..2], [format!("{message} (17301)"), format!("{message} (17300)")]);
    assert_eq!(subjects.len(), 3, "and the commit that made the branch: {subjects:?}");
    let channels = spread.launches().into_iter().map(|call| call.variable("SPREAD_CORE_CHANNEL").map(str::to_owned));
    let edge = Some("edge".to_owned());
    let each = [edge.clone(), edge, None, None];
    assert_eq!(channels.collect::<Vec<_>>(), [&each[..], &each].concat(), "what the entry of the snap exports");
}
