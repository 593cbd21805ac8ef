//! `pending`: the state commits that have no result yet.

use predicates::str::contains;

use crate::support::{Repo, Sandbox, validate};

fn result(clone: &Repo<'_>, name: &str, status: &str, url: &str) {
    clone.run(["result", name, "--status", status, "--url", url]).stdout(contains("recorded by"));
}

fn names(clone: &Repo<'_>, args: &[&str]) -> Vec<String> {
    let args = [&["pending", "--format", "json"], args].concat();
    clone.run(args).pending().names().into_iter().map(str::to_owned).collect()
}

#[test]
fn the_longest_waiting_come_first() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("b/one", "New b", "echo 1").at(1_700_000_000).state("New b (1)");
        history.resource("a", "New a", "echo 1").at(1_700_001_000).state("New a (1)").state("New a (2)");
        history.resource("done", "Done", "echo 1").state("Done (1)");
        history.resource("new", "New", "echo 1");
    });
    result(&clone, "done", "passed", "u");
    let doc = clone.run(["pending", "--format", "json"]).pending();
    assert_eq!((doc.version, doc.names()), (1, vec!["b/one", "a"]));
    let b = &doc.pending[0];
    assert_eq!((&*b.commit, &*b.value, &*b.message), (&*remote.tip("b/one"), "1", "New b"));
    assert_eq!((&*b.recorded_at, b.attempts), ("2023-11-14T22:13:20+00:00", 0));
    assert!(b.slug.starts_with("b-one-") && b.slug.len() == "b-one-".len() + 8, "{}", b.slug);
    assert_eq!(doc.pending[1].slug, "a");
    let matrix = clone.run(["pending", "--format", "matrix"]).json();
    let entry = serde_json::json!({
        "resource": "a", "slug": "a", "commit": remote.tip("a"), "value": "2", "message": "New a"
    });
    assert_eq!(matrix["include"][1], entry);
    assert_eq!(matrix.as_object().unwrap().len(), 1);
    insta::assert_snapshot!(clone.run(["pending"]).screen(), @"
    b/one  1  <commit>  2023-11-14 22:13 +0000
    a      2  <commit>  2023-11-14 22:31 +0000
    ");
    insta::assert_snapshot!(clone.run(["pending", "a"]).screen(), @"a  2  <commit>  2023-11-14 22:31 +0000");
    validate("pending", &clone.run(["pending", "--format", "json"]).json());
}

#[test]
fn a_lost_run_is_launched_again_and_a_verdict_ends_the_waiting() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    assert_eq!(names(&clone, &[]), ["edge"]);
    assert_eq!(names(&clone, &[]), ["edge"], "asking changes nothing");
    result(&clone, "edge", "infra-error", "1");
    assert_eq!(names(&clone, &[]), [""; 0]);
    assert_eq!(names(&clone, &["--retry", "1"]), ["edge"]);
    result(&clone, "edge", "cancelled", "2");
    assert_eq!(names(&clone, &["--retry", "1"]), [""; 0], "it was launched again once");
    let doc = clone.run(["pending", "--retry", "2", "--format", "json"]).pending();
    assert_eq!((doc.names(), doc.pending[0].attempts), (vec!["edge"], 2));
    insta::assert_snapshot!(clone.run(["pending", "--retry", "2"]).screen(), @"edge  1  <commit>  2020-09-13 12:27 +0000  - cancelled");
    result(&clone, "edge", "failed", "3");
    assert_eq!(names(&clone, &["--retry", "9"]), [""; 0]);
    insta::assert_snapshot!(clone.run(["pending"]).screen(), @"
    --- stderr
    Nothing waits to be launched.
    ");
}

#[test]
fn a_matrix_has_at_most_256_jobs_and_only_strings() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..260 {
            let name = format!("r{number:03}");
            history
                .resource(&name, &format!("New {number}"), "echo 1")
                .at(1_700_000_000 + number)
                .state(&format!("New {number} (007)"));
        }
    });
    let run = clone.run(["pending", "--format", "matrix"]).stderr(contains("4 state commits will wait"));
    let matrix = run.json();
    let include = matrix["include"].as_array().unwrap();
    assert_eq!(include.len(), 256);
    assert_eq!((&include[0]["resource"], &include[0]["value"]), (&"r000".into(), &"007".into()));
    assert!(include.iter().flat_map(|job| job.as_object().unwrap().values()).all(serde_json::Value::is_string));
    assert_eq!(run.stdout_text().lines().count(), 1);
}

#[test]
fn an_unreadable_resource_hides_no_other_one() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
        history.branch("shell").options("message=\"$(echo x)\"\npattern_extractor='echo 1'\n").state("x (1)");
    });
    let run = clone.run(["pending", "--format", "matrix"]).stderr(contains("cannot tell what waits on shell"));
    assert_eq!(run.json()["include"].as_array().unwrap().len(), 1);
    insta::assert_snapshot!(clone.run(["pending"]).screen(), @"
    edge  1  <commit>  2020-09-13 12:27 +0000
    --- stderr
    warning: cannot tell what waits on shell: only a shell can tell the message, and reading commands run none
    ");
    let empty = sandbox.init("empty");
    let run = empty.run(["pending", "--format", "matrix"]);
    assert_eq!(run.json(), serde_json::json!({"include": []}));
}

#[test]
fn wrong_usage() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
    });
    insta::assert_snapshot!(clone.run(["pending", "egde"]).screen(), @r#"
    --- stderr
    error: no branch matches "egde"; did you mean "edge"?
      hint: see what there is: git spread-cron status
    [exit 2]
    "#);
    insta::assert_snapshot!(clone.run(["pending", "--retry", "x"]).screen(), @r#"
    --- stderr
    error: --retry <N> cannot be "x"
      because: invalid digit found in string
      hint: see how it is used: git spread-cron pending -h
    [exit 2]
    "#);
}
