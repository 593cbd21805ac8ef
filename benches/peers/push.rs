//! Recording in a remote: polls and results that move many of its branches, against one plain push of as many commits.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::contest::{Sandbox, alternate, median};
use crate::repos::{self, branch_name, message_of};
use crate::{Row, Target};

const PEER: &str = "git push 'refs/heads/*:refs/heads/*'";

/// A remote and a clone of it, to be copied for each round.
struct Pair {
    remote: PathBuf,
    clone: PathBuf,
    /// The file that each extractor touches when it has ended.
    stamp: PathBuf,
}

impl Pair {
    /// `branches` with the value 1; the extractors of `changed` of them print 2. The others are manual, so that the time
    /// of starting shells counts for nothing.
    fn new(sandbox: &Sandbox, name: &str, branches: usize, changed: usize) -> Self {
        let stamp = sandbox.path(&format!("{name}-stamp"));
        let extractor = format!("echo 2; echo >> '{}'", stamp.display());
        let (remote, clone) = (sandbox.path(&format!("{name}-remote")), sandbox.path(&format!("{name}-clone")));
        repos::partly_manual(sandbox, &format!("{name}-remote"), &extractor, branches, changed);
        let git = |dir: &Path, args: &[&str]| sandbox.output(sandbox.git(dir, args));
        fs::create_dir(&clone).expect("a new folder");
        git(&clone, &["init", "--quiet", "--initial-branch=main"]);
        git(&clone, &["remote", "add", "origin", "../unknown"]);
        git(
            &clone,
            &["fetch", "--quiet", remote.to_str().expect("the path is UTF-8"), "+refs/heads/*:refs/remotes/origin/*"],
        );
        git(&clone, &["pack-refs", "--all"]);
        Pair { remote, clone, stamp }
    }

    /// Copies of both, which nothing was written to. They stay to the end, as in `record`.
    fn copies(&self, sandbox: &Sandbox, number: usize) -> (PathBuf, PathBuf) {
        let copy = |of: &Path| {
            let name = format!("{}-{number}", of.file_name().and_then(|name| name.to_str()).expect("it has a name"));
            let to = sandbox.path(&name);
            sandbox.output(sandbox.command("cp", &sandbox.path("."), &["-R", of.to_str().expect("UTF-8"), &name]));
            to
        };
        let (remote, clone) = (copy(&self.remote), copy(&self.clone));
        let url = remote.to_str().expect("the path is UTF-8");
        sandbox.output(sandbox.git(&clone, &["config", "remote.origin.url", url]));
        (remote, clone)
    }
}

/// The remote has all its branches, and as many of them as were to be moved have such a subject at their tips.
fn check(sandbox: &Sandbox, remote: &Path, is_new: fn(&str) -> bool, branches: usize, changed: usize) {
    let subjects = sandbox.output(sandbox.git(remote, &["for-each-ref", "--format=%(subject)", "refs/heads"]));
    assert_eq!(subjects.lines().count(), branches, "the remote lost branches");
    assert_eq!(subjects.lines().filter(|subject| is_new(subject)).count(), changed, "so many branches have to move");
}

/// Pushes as many commits by one plain push, made beforehand.
fn plain_push(sandbox: &Sandbox, pair: &Pair, number: usize, changed: usize) -> Duration {
    let (_, clone) = pair.copies(sandbox, number);
    let stream = clone.with_extension("stream");
    repos::changes(changed, "refs/remotes/origin", &stream);
    let mut import = sandbox.git(&clone, &["fast-import", "--quiet"]);
    import.stdin(fs::File::open(&stream).expect("it was written"));
    sandbox.output(import);
    sandbox.timed(sandbox.git(&clone, &["push", "--quiet", "origin", "refs/heads/*:refs/heads/*"])).0
}

fn poll(sandbox: &Sandbox, pair: &Pair, number: usize, branches: usize, changed: usize) -> Duration {
    let (remote, clone) = pair.copies(sandbox, number);
    let _ = fs::remove_file(&pair.stamp);
    let mut command = sandbox.product(&clone, &["poll", "--format", "json"]);
    // The stamp lies outside of what an isolated extractor may write.
    command
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "spread-cron.isolation")
        .env("GIT_CONFIG_VALUE_0", "none");
    let start = SystemTime::now();
    let (time, json) = sandbox.timed(command);
    assert_eq!(json.matches(r#""outcome":"changed""#).count(), changed, "the poll has to find all changed");
    check(sandbox, &remote, |subject| subject.ends_with(" (2)"), branches, changed);
    let last = fs::metadata(&pair.stamp).and_then(|file| file.modified()).expect("the extractors wrote it");
    (start + time).duration_since(last).unwrap_or_default()
}

fn result(sandbox: &Sandbox, pair: &Pair, number: usize, branches: usize, changed: usize) -> Duration {
    let (remote, clone) = pair.copies(sandbox, number);
    let folder = clone.with_extension("results");
    fs::create_dir(&folder).expect("a new folder");
    let commit = "1".repeat(40);
    let mut command = sandbox.product(&clone, &["result", "--from"]);
    for n in 0..changed {
        let file = folder.join(n.to_string());
        let text = format!(
            r#"{{"version":1,"resource":"{}","commit":"{commit}","message":"{}","value":"1","old_value":null,"stage":null,
            "error":null,"started_at":"2026-11-22T09:00:00+00:00","finished_at":"2026-11-22T10:00:00+00:00",
            "status":"passed","url":null,"passed":5,"failed":0,"failed_tasks":[]}}"#,
            branch_name(n),
            message_of(n)
        );
        fs::write(&file, text).expect("a file can be written");
        command.arg(&file);
    }
    let time = sandbox.timed(command).0;
    check(sandbox, &remote, |subject| subject.starts_with("passed: "), branches, changed);
    time
}

/// A poll and results that move some of the branches.
pub(crate) fn some(sandbox: &Sandbox) -> Vec<Row> {
    rows(sandbox, sandbox.scaled(6_000), sandbox.scaled(1_000), 1_000.0)
}

/// A poll and results that move all of them.
pub(crate) fn all(sandbox: &Sandbox) -> Vec<Row> {
    rows(sandbox, sandbox.scaled(10_000), sandbox.scaled(10_000), 3_000.0)
}

fn rows(sandbox: &Sandbox, branches: usize, changed: usize, more: f64) -> Vec<Row> {
    let pair = Pair::new(sandbox, &format!("push-{branches}"), branches, changed);
    let number = Cell::new(0);
    let next = || {
        number.set(number.get() + 1);
        number.get()
    };
    let [polls, results, pushes] = alternate(
        sandbox.rounds().min(3),
        [
            &mut || poll(sandbox, &pair, next(), branches, changed),
            &mut || result(sandbox, &pair, next(), branches, changed),
            &mut || plain_push(sandbox, &pair, next(), changed),
        ],
    );
    let row = |what: &str, times: &[Duration]| {
        let work = format!("{what} of {changed} among {branches} branches");
        Row::of_times(&work, PEER, median(times), median(&pushes), Target::Times(4.0, more))
    };
    vec![row("poll after extracting,", &polls), row("results", &results)]
}
