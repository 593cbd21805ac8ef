//! Which files of a resource a launch uses, and which value.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Recipe, Sandbox, Watched, executes};

/// Replaces a file of the branch on the remote, and fetches it.
fn mend(watched: &Watched<'_>, path: &str, content: &str) {
    watched.sandbox.repo("remote").build(|history| {
        history.existing("edge").file(path, content).commit("Mend");
    });
    watched.clone.git(["fetch", "--quiet"]);
}

#[test]
fn mending_the_options_mends_the_next_launch() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().option("target_repo", "/nowhere/typo").build(&sandbox);
    watched.run(&["--record"], 3);
    let options = format!("message='New snap'\npattern_extractor='echo 2'\ntarget_repo={}\n", watched.target.url());
    mend(&watched, "options", &options);
    watched.clone.run(["pending", "--retry", "1"]).stdout(contains("edge"));
    let (run, result) = watched.run(&["--if-pending", "--retry", "1", "--record"], 0);
    assert!(run.stderr_text().contains("Using the files of edge as they are now ("), "{run}");
    let mended = watched.clone.tip("origin/edge~1");
    assert_eq!(result.files.as_deref(), Some(mended.as_str()), "the commit before that of the result");
    let message = sandbox.repo("remote").git(["show", "-s", "--format=%B", "edge"]);
    assert!(message.contains(&format!("\nSpread-Cron-Files: {mended}\n")), "{message}");
    watched.clone.run(["green", "edge"]).stdout(predicate::eq("2\n"));
    watched.clone.run(["pending", "--retry", "1"]).stderr(predicate::always());
}

#[test]
fn the_files_of_a_value_that_has_not_failed_stay_those_of_the_value() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/tests/main/alpha/task.yaml", executes("true")).build(&sandbox);
    mend(&watched, "custom/tests/main/alpha/task.yaml", &executes("false"));
    let state = watched.clone.tip("origin/edge~1");
    let (run, result) = watched.run(&[], 0);
    assert!(run.stderr_text().contains("as it is now: --files tip"), "{run}");
    assert_eq!(result.files.as_deref(), Some(state.as_str()));
    let (_, result) = watched.run(&["--files", "tip", "--record"], 1);
    assert_eq!(result.commit, state, "the value is the same");
    assert_ne!(result.files, Some(state.clone()));
    // It has failed now: the present files would be next, unless others are asked for.
    let (_, result) = watched.run(&["--files", "state"], 0);
    assert_eq!(result.files, Some(state));
}

#[test]
fn a_value_is_named() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().build(&sandbox);
    let (_, result) = watched.run(&["--value", "1"], 0);
    assert_eq!((result.value.as_str(), result.old_value), ("1", None));
    assert_eq!(result.commit, watched.clone.tip("origin/edge~1"));
    assert_eq!(watched.run(&["--value", "2"], 0).1.old_value.as_deref(), Some("1"));
    let unknown = watched.cmd(&["--value", "3"]).run().exit(2);
    unknown.stderr(contains("no state commit of edge has the value \"3\"").and(contains("git spread-cron log edge")));
    watched.cmd(&["--value", "1", "--commit", "HEAD"]).run().exit(2).stderr(predicate::always());
}
