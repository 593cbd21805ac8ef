//! `pending --github`, `--max-count` and `--shard`: what is launched now, and what waits.

use predicates::str::contains;

use crate::support::actions::{Step, StepRun};
use crate::support::{Repo, Sandbox, hostile};

fn pending(sandbox: &Sandbox, clone: &Repo<'_>, args: &[&str]) -> StepRun {
    Step::new(sandbox, "step").run(clone.cmd([&["pending", "--github"], args].concat()))
}

/// The texts of one key in the matrix.
fn of_key(run: &StepRun, key: &str) -> Vec<String> {
    let matrix = run.json("matrix");
    let include = matrix["include"].as_array().unwrap();
    include.iter().map(|job| job[key].as_str().expect("every value is a string").to_owned()).collect()
}

fn four(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        for (number, name) in ["d", "c", "b", "a"].into_iter().enumerate() {
            let time = 1_700_000_000 + 1000 * u64::try_from(number).unwrap();
            history.resource(name, &format!("New {name}"), "echo 1").at(time).state(&format!("New {name} (1)"));
        }
    })
}

#[test]
fn a_step_gets_a_matrix_and_a_summary() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = four(&sandbox);
    let run = pending(&sandbox, &clone, &[]);
    assert_eq!((run.code, &*run.outputs["count"], run.outputs.len()), (Some(0), "4", 2));
    assert_eq!(of_key(&run, "resource"), ["d", "c", "b", "a"]);
    let plain = clone.run(["pending", "--format", "matrix"]);
    assert_eq!(plain.stdout_text().trim_end(), run.outputs["matrix"]);
    assert_eq!(run.rows()[0], ["d", "1", "New d", "2023-11-14T22:13:20+00:00"]);
    assert_eq!(run.log.executed, []);
    let run = pending(&sandbox, &clone, &["a", "--format", "json"]);
    assert_eq!((&*run.outputs["count"], of_key(&run, "resource")), ("1", vec!["a".to_owned()]));
}

#[test]
fn nothing_pending_is_an_empty_matrix() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("new", "New", "echo 1");
    });
    let run = pending(&sandbox, &clone, &[]);
    assert_eq!((run.code, &*run.outputs["count"], &*run.outputs["matrix"]), (Some(0), "0", r#"{"include":[]}"#));
    assert!(run.summary.contains("Nothing waits to be launched"), "{}", run.summary);
}

#[test]
fn who_has_waited_longest_goes_first_and_the_others_are_named() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = four(&sandbox);
    let run = pending(&sandbox, &clone, &["--max-count", "3"]);
    assert_eq!((&*run.outputs["count"], of_key(&run, "resource")), ("3", vec!["d".into(), "c".into(), "b".into()]));
    assert!(run.summary.contains("Waits for the next time"), "{}", run.summary);
    assert_eq!(run.rows().iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["d", "c", "b", "a"]);
    assert_eq!(run.log.executed, [], "it was asked for");
    let json = clone.run(["pending", "-n", "1", "--format", "json"]).pending();
    assert_eq!(json.names(), ["d"]);
    let matrix = clone.run(["pending", "-n1", "--format", "matrix"]).json();
    assert_eq!(matrix["include"].as_array().unwrap().len(), 1);
    let run = clone.run(["pending", "-n", "2"]).stderr(contains("2 state commits wait behind the limit."));
    assert_eq!(run.stdout_text().lines().count(), 2);
    let none = clone.run(["pending", "-n", "0"]);
    assert!(none.stdout_text().is_empty() && none.stderr_text().contains("4 state commits wait"));
}

#[test]
fn shards_share_what_is_pending_as_they_share_a_poll() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..12 {
            history.resource(&format!("r{number}"), "New", "echo 1").state("New (1)");
        }
    });
    let mut all = Vec::new();
    for share in ["1/3", "2/3", "3/3"] {
        let mine: Vec<String> = {
            let doc = clone.run(["pending", "--shard", share, "--format", "json"]).pending();
            let mut names: Vec<_> = doc.names().into_iter().map(str::to_owned).collect();
            names.sort_unstable();
            names
        };
        let poll = clone.run(["poll", "--dry-run", "--shard", share, "--format", "json"]).poll();
        let mut polled: Vec<_> = poll.names().into_iter().map(str::to_owned).collect();
        polled.sort_unstable();
        assert_eq!(mine, polled, "{share}");
        all.extend(mine);
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 12);
    let empty = sandbox.init("empty");
    empty.run(["pending", "--shard", "1/2"]).stderr(contains("this share"));
    clone.run(["pending", "--shard", "3/2"]).exit(2).stderr(contains("I/N"));
}

#[test]
fn a_matrix_fits_into_an_output() {
    let sandbox = Sandbox::new();
    let value = "😀v".repeat(800);
    let (_remote, clone) = sandbox.project(|history| {
        for number in 0..200 {
            history
                .resource(&format!("r{number:03}"), "New", "echo 1")
                .at(1_700_000_000 + number)
                .state(&format!("New ({value})"));
        }
    });
    let run = pending(&sandbox, &clone, &[]);
    let units = run.outputs["matrix"].encode_utf16().count();
    assert!(units <= 400_000 && units > 390_000, "{units}");
    let names = of_key(&run, "resource");
    assert_eq!(names.len().to_string(), run.outputs["count"]);
    assert!(names.len() < 200 && names[0] == "r000" && names.is_sorted(), "{names:?}");
    let warnings = run.log.all("warning");
    assert_eq!((warnings.len(), run.log.executed.len()), (1, 1));
    assert!(warnings[0].data.contains(&format!("{} state commits will wait", 200 - names.len())), "{warnings:?}");
    assert!(run.summary.len() < 500 << 10 && run.summary.contains("Waits for the next time"));
}

#[test]
fn hostile_values_and_names_pass_unharmed_and_harmless() {
    let sandbox = Sandbox::new();
    let values = hostile::values();
    let (_remote, clone) = sandbox.project(|history| {
        for (number, value) in values.iter().enumerate() {
            history.resource(&format!("v{number:02}"), "New", "echo 1").state(&format!("New ({value})"));
        }
        for name in hostile::NAMES {
            history.resource(name, "New ::error::m", "echo 1").state("New ::error::m (1)");
        }
    });
    let run = pending(&sandbox, &clone, &[]);
    assert_eq!((run.code, run.log.executed.len(), run.outputs.len()), (Some(0), 0, 2), "{:#?}", run.log.executed);
    assert!(!run.log.without_stops().executed.is_empty(), "the values are no danger:\n{}", run.log.text);
    let (names, found) = (of_key(&run, "resource"), of_key(&run, "value"));
    let rows = run.rows();
    for (number, value) in values.iter().enumerate() {
        let at = names.iter().position(|name| *name == format!("v{number:02}")).unwrap();
        assert_eq!(found[at], *value);
        assert!(rows.iter().any(|row| row[1] == *value), "{value}");
    }
    for name in hostile::NAMES {
        assert!(names.iter().any(|found| found == name) && rows.iter().any(|row| row[0] == name), "{name}");
    }
    let mut slugs = of_key(&run, "slug");
    let is_plain = |slug: &String| slug.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    assert!(slugs.iter().all(is_plain), "{slugs:?}");
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), names.len());
}

#[test]
fn one_that_cannot_be_told_is_annotated() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1").state("New (1)");
        history.branch("shell").options("message=\"$(echo x)\"\npattern_extractor='echo 1'\n").state("x (1)");
    });
    let run = pending(&sandbox, &clone, &[]);
    assert_eq!((run.code, &*run.outputs["count"]), (Some(0), "1"));
    assert_eq!((run.log.executed.len(), run.log.executed[0].property("title")), (1, "shell"));
    let run = pending(&sandbox, &clone, &["nobody"]);
    assert_eq!((run.code, run.outputs.len(), run.log.all("error").len()), (Some(2), 0, 1));
    clone.run(["pending", "--github"]).exit(2).stderr(contains("GitHub Actions"));
}

#[test]
fn what_is_launched_no_more_is_told_of() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let edge = history.resource("edge", "New", "echo 1").state("New (1)");
        edge.state("infra-error: New (1) [skip ci]").state("cancelled: New (1) [skip ci]");
    });
    let run = pending(&sandbox, &clone, &["--retry", "2"]);
    assert_eq!((&*run.outputs["count"], run.log.executed.len()), ("1", 0));
    let run = pending(&sandbox, &clone, &["--retry", "1"]);
    assert_eq!(&*run.outputs["count"], "0");
    assert!(run.summary.contains("Not launched again") && run.summary.contains("edge"), "{}", run.summary);
    assert_eq!(run.log.executed.len(), 1, "{:?}", run.log);
    assert!(run.log.text.contains("a higher --retry"), "{}", run.log.text);
}
