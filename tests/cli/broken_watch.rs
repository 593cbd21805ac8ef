//! A watch that is broken never looks healthy: it fails, and says why, wherever its outcome is shown.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::actions::Step;
use crate::support::{Repo, Sandbox};

/// Programs that end as the real ones do without a network.
fn without_network(sandbox: &Sandbox) {
    sandbox.program("curl", "#!/bin/sh\nexit 6\n");
    sandbox.program("jq", "#!/bin/sh\nexec cat\n");
}

const GONE: &str = "git ls-remote http://127.0.0.1:1/gone.git refs/heads/master | cut -f 1";
const SILENT: &str = "curl -s http://gone.example/ | jq .revision";
const SILENT_REASON: &str =
    "the extractor ended with exit status 6: curl (6): could not resolve the host (curl -s hides this)";

fn project(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    without_network(sandbox);
    sandbox.project(|history| {
        history.resource("gone", "Gone", GONE).state("Gone (1)");
        history.resource("silent", "Silent", SILENT).state("Silent (1)");
        let opted_out = format!("message=Out\npipefail=false\npattern_extractor='{SILENT}'\n");
        history.branch("opted-out").options(opted_out).state("Out (1)");
        history.resource("reader", "Reader", "seq 100000 | head -1").state("Reader (1)");
        history.resource("gate", "Gate", "if false; then echo 1; fi").state("Gate (1)");
    })
}

#[test]
fn a_pipeline_that_fails_is_told_in_json_to_people_and_in_a_summary() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let before = remote.refs();
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    let gone = poll.resource("gone").failure();
    assert!(gone.starts_with("the extractor ended with exit status 128: ") && gone.contains("gone.git"), "{gone}");
    assert_eq!(poll.resource("silent").failure(), SILENT_REASON);
    assert_eq!(poll.resource("opted-out").change(), ("no-value", Some("1"), None));
    assert_eq!(poll.resource("reader").change(), ("unchanged", Some("1"), Some("1")));
    assert_eq!(poll.resource("gate").change(), ("no-value", Some("1"), None));
    let reasons = contains(SILENT_REASON).and(contains("unable to access 'http://127.0.0.1:1/gone.git/'"));
    clone.run(["poll"]).exit(1).report(reasons);
    let step = Step::new(&sandbox, "step").run(clone.cmd(["poll", "--github"]));
    assert_eq!((step.code, step.json("failed")), (Some(1), serde_json::json!(["gone", "silent"])));
    assert!(step.summary.contains("could not resolve the host") && step.summary.contains("gone.git"), "{step:#?}");
    assert_eq!(remote.subjects("gone")[0], "Gone (1)");
    for (name, id) in before.iter().filter(|(name, _)| name.starts_with("refs/heads/")) {
        assert_eq!(remote.refs().get(name), Some(id), "{name}");
    }
}

/// A program that fails and a shell that hides it, as every shell did before pipefail.
#[test]
fn words_instead_of_a_value_are_a_failure_in_any_shell() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let options = "message=Hidden\npipefail=false\npattern_extractor='{ echo gone >&2; exit 3; } | cat'\n";
        history.branch("hidden").options(options).state("Hidden (1)");
    });
    let poll = clone.run(["poll", "--shell", "sh", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("hidden").failure(), "the extractor printed no value, but wrote to stderr: gone");
}

/// The nightly suite of two machines that stand in two time zones, at one instant after midnight of UTC.
#[test]
fn polls_in_two_time_zones_agree() {
    let sandbox = Sandbox::new();
    sandbox.program("date", "#!/bin/sh\nexec /bin/date -d @1795919400 \"$@\"\n");
    let gate = "if [ $(date +%H%M) \\< \"0200\" ]; then echo \"\"; else date +%Y%m%d; fi";
    let (remote, clone) = sandbox.project(|history| {
        history.resource("nightly", "Nightly", gate);
        let options = format!("TZ=America/Argentina/Buenos_Aires\nmessage=Local\npattern_extractor='{gate}'\n");
        history.branch("local").options(options);
    });
    let poll =
        |zone: &str| clone.cmd(["poll", "--format", "json"]).env("TZ", zone).run().stderr(predicate::always()).poll();
    let zones = ["America/Argentina/Buenos_Aires", "UTC", "Asia/Tokyo"];
    let values: Vec<_> = zones.map(|zone| poll(zone).resource("nightly").new.clone()).into();
    assert_eq!(values, vec![Some("20261129".to_owned()); 3]);
    assert_eq!(remote.subjects("nightly").iter().filter(|subject| subject.starts_with("Nightly (")).count(), 1);
    assert_eq!(remote.subjects("local")[0], "Local (20261128)", "the options may set a zone");
    let passed = clone.cmd(["poll", "--pass-env", "TZ", "--dry-run", "--format", "json"]).env("TZ", zones[0]);
    let passed = passed.run().stderr(predicate::always()).poll();
    assert_eq!(passed.resource("nightly").new.as_deref(), Some("20261128"), "the user may pass a zone");
}
