//! The works: what is run against what, and whether the answers are right.

use std::cell::Cell;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use regex::Regex;

use crate::contest::{Sandbox, alternate, cores, median};
use crate::overlay::customize;
use crate::repos::{self, Many, Values};
use crate::site::site;
use crate::{Row, Target, push, sources};

const STATUS: [&str; 4] = ["status", "--local", "--format", "json"];

pub(crate) type Work = fn(&Sandbox) -> Vec<Row>;

pub(crate) const ALL: [(&str, Work); 16] = [
    ("status-real", status_real),
    ("status-tip", status_tip),
    ("status-deep", status_deep),
    ("status-never", status_never),
    ("poll-unchanged", poll_unchanged),
    ("record", record),
    ("push-some", push::some),
    ("push-all", push::all),
    ("customize", customize),
    ("site", site),
    ("sources-http", sources::http),
    ("sources-clocks", sources::clocks),
    ("sources-git", sources::git),
    ("memory", memory),
    ("start-up", start_up),
    ("size", size),
];

/// The original loop. It is handed the names and messages, tab-separated, and starts no process of its own.
const LOOP: &str = r#"
while IFS=$'\t' read -r branch message; do
    count=$(git rev-list --count "$branch")
    for (( n = 0; n < count; n++ )); do
        text=$(git log "$branch~$n" -1 --pretty=%B)
        if [[ $text == "$message ("*")" ]]; then
            text=${text#"$message ("}
            printf '%s\t%s\n' "$branch" "${text%)}"
            break
        fi
    done
done
"#;

fn status(sandbox: &Sandbox, repo: &Path, values: &Values) -> Duration {
    let (time, json) = sandbox.timed(sandbox.product(repo, &STATUS));
    check_status(&json, values);
    time
}

fn check_status(json: &str, values: &Values) {
    let entry = Regex::new(r#""resource"\s*:\s*"([^"]+)"[^{}]*?"value"\s*:\s*(?:"([^"]*)"|null)"#).expect("a constant");
    let said: Values = entry
        .captures_iter(json)
        .map(|found| (found[1].to_owned(), found.get(2).map(|value| value.as_str().to_owned())))
        .collect();
    let wrong = values.iter().find(|(name, value)| said.get(*name) != Some(value));
    assert_eq!(wrong, None, "status says {:?}", wrong.map(|(name, _)| said.get(name)));
    assert_eq!(said.len(), values.len(), "status shows resources that do not exist");
}

fn status_real(sandbox: &Sandbox) -> Vec<Row> {
    let (repo, values) = repos::real(sandbox);
    let list = sandbox.path("real.tsv");
    let lines: String = repos::REAL.iter().map(|(_, _, branch, message)| format!("{branch}\t{message}\n")).collect();
    fs::write(&list, lines).expect("a file can be written");

    let [product, original, grep] = alternate(
        sandbox.rounds(),
        [
            &mut || status(sandbox, &repo, &values),
            &mut || {
                let mut command = sandbox.command("bash", &repo, &["-c", LOOP]);
                command.stdin(File::open(&list).expect("it was written"));
                let (time, said) = sandbox.timed(command);
                let said: Values = said
                    .lines()
                    .filter_map(|line| line.split_once('\t'))
                    .map(|(branch, value)| (branch.to_owned(), Some(value.to_owned())))
                    .collect();
                assert_eq!(said, values, "the original loop is wrong");
                time
            },
            &mut || {
                let mut total = Duration::ZERO;
                for (_, _, branch, message) in repos::REAL {
                    let (time, subject) = sandbox.timed(grep_log(sandbox, &repo, branch, message));
                    let value = values[branch].as_deref().expect("every branch has one");
                    assert_eq!(subject, format!("{message} ({value})\n"), "git log is wrong");
                    total += time;
                }
                total
            },
        ],
    );
    let row = |peer, times: &[Duration], most| {
        Row::of_times("status of 34 real histories", peer, median(&product), median(times), Target::Ratio(most))
    };
    vec![row("the original loop", &original, 0.01), row("git log --grep for each branch", &grep, 0.05)]
}

fn grep_log(sandbox: &Sandbox, repo: &Path, branch: &str, message: &str) -> std::process::Command {
    let pattern = format!("--grep=^{} \\(.*\\)$", message.replace('.', "\\."));
    sandbox.git(repo, &["log", "--first-parent", "-1", "-E", &pattern, "--pretty=%s", branch])
}

pub(crate) fn tips(sandbox: &Sandbox) -> &Many {
    sandbox.tips.get_or_init(|| repos::many(sandbox, "tips", "echo 1", sandbox.scaled(10_000), 50, 0))
}

fn status_tip(sandbox: &Sandbox) -> Vec<Row> {
    let many = tips(sandbox);
    vec![against_cat_file(sandbox, many, &format!("status of {} branches, value at the tip", many.values.len()), 1.5)]
}

fn status_deep(sandbox: &Sandbox) -> Vec<Row> {
    let many = repos::many(sandbox, "deep", "echo 1", sandbox.scaled(10_000), 50, 40);
    vec![against_cat_file(sandbox, &many, &format!("status of {} branches, value 40 deep", many.values.len()), 0.5)]
}

fn against_cat_file(sandbox: &Sandbox, many: &Many, work: &str, most: f64) -> Row {
    let list = sandbox.path("ids");
    fs::write(&list, &many.to_read).expect("a file can be written");
    let cat_file = || {
        let mut command = sandbox.git(&many.repo, &["cat-file", "--batch"]);
        command.stdin(File::open(&list).expect("it was written"));
        command
    };
    let read = sandbox.output(cat_file()).matches("\ncommitter ").count();
    assert_eq!(read, many.to_read.lines().count(), "git cat-file is wrong");
    let [product, peer] = alternate(
        sandbox.rounds(),
        [&mut || status(sandbox, &many.repo, &many.values), &mut || sandbox.unheard(cat_file())],
    );
    Row::of_times(work, "git cat-file --batch of these commits", median(&product), median(&peer), Target::Ratio(most))
}

fn status_never(sandbox: &Sandbox) -> Vec<Row> {
    let (message, commits) = ("New edge core snap", sandbox.scaled(13_000));
    let repo = repos::never(sandbox, message, commits);
    let values = Values::from([("watched".to_owned(), None)]);
    let [product, peer] = alternate(
        sandbox.rounds(),
        [&mut || status(sandbox, &repo, &values), &mut || {
            let (time, said) = sandbox.timed(grep_log(sandbox, &repo, "watched", message));
            assert_eq!(said, "", "git log is wrong");
            time
        }],
    );
    let work = format!("status, no match in {commits} commits");
    vec![Row::of_times(&work, "git log --first-parent --grep", median(&product), median(&peer), Target::Ratio(0.6))]
}

/// The product's default, given to the peer as well.
fn jobs() -> String {
    (4 * cores()).max(8).to_string()
}

fn poll(sandbox: &Sandbox, repo: &Path, more: &[&str], outcome: &str, resources: usize) -> Duration {
    let jobs = jobs();
    let args: Vec<&str> =
        ["poll", "--local", "--format", "json", "--jobs", &jobs].iter().chain(more).copied().collect();
    let (time, json) = sandbox.timed(sandbox.product(repo, &args));
    let entry = Regex::new(&format!(r#""outcome"\s*:\s*"{outcome}""#)).expect("a constant");
    assert_eq!(entry.find_iter(&json).count(), resources, "the poll has to find all {outcome}");
    time
}

fn refs(sandbox: &Sandbox, repo: &Path) -> String {
    sandbox.output(sandbox.git(repo, &["for-each-ref", "--format=%(refname) %(parent) %(subject)", "refs/heads"]))
}

fn poll_unchanged(sandbox: &Sandbox) -> Vec<Row> {
    let count = sandbox.scaled(1_000);
    let many = repos::many(sandbox, "unchanged", "echo 1", count, 2, 0);
    let before = refs(sandbox, &many.repo);
    let folder = sandbox.path("options");
    fs::create_dir(&folder).expect("a new folder");
    let mut list = String::new();
    for n in 0..count {
        fs::write(
            folder.join(n.to_string()),
            format!("pattern_extractor=\"echo 1\"\nmessage=\"{}\"\n", repos::message_of(n)),
        )
        .expect("a file can be written");
        list.push_str(&format!("{}\n", folder.join(n.to_string()).display()));
    }
    let names = sandbox.path("options.list");
    fs::write(&names, list).expect("a file can be written");

    let jobs = jobs();
    let unconfined = ["--isolation", "none"];
    let [isolated, product, peer] = alternate(
        sandbox.rounds(),
        [
            &mut || poll(sandbox, &many.repo, &[], "unchanged", count),
            &mut || poll(sandbox, &many.repo, &unconfined, "unchanged", count),
            &mut || {
                let shell = r#". "$0"; eval "$pattern_extractor""#;
                let mut command = sandbox.command("xargs", &folder, &["-P", &jobs, "-n", "1", "bash", "-c", shell]);
                command.stdin(File::open(&names).expect("it was written"));
                let (time, said) = sandbox.timed(command);
                assert_eq!(said.lines().filter(|line| *line == "1").count(), count, "xargs is wrong");
                time
            },
        ],
    );
    assert_eq!(refs(sandbox, &many.repo), before, "a poll without a change wrote something");
    let work = format!("poll of {count} resources, nothing changed");
    vec![
        Row::of_times(&work, "xargs -P, the same shells", median(&product), median(&peer), Target::Ratio(1.2)),
        Row::of_times(
            &format!("{work}, isolated"),
            "the same poll with --isolation none",
            median(&isolated),
            median(&product),
            Target::Ratio(1.15),
        ),
    ]
}

fn record(sandbox: &Sandbox) -> Vec<Row> {
    let count = sandbox.scaled(10_000);
    let stamp = sandbox.path("stamp");
    // The extractors write down when the last of them ran.
    let unconfined = ["--isolation", "none"];
    let many = repos::many(sandbox, "changed", &format!("echo 2; echo >> '{}'", stamp.display()), count, 2, 0);
    let tips = sandbox.git(&many.repo, &["for-each-ref", "--format=%(refname) %(objectname)", "refs/heads"]);
    let number = |line: &str| line[..line.rfind(' ')?].rsplit_once('-')?.1.parse().ok();
    let wanted: String = sandbox
        .output(tips)
        .lines()
        .map(|line| format!("{line} {} (2)\n", repos::message_of(number(line).expect("the name ends in a number"))))
        .collect();
    let stream = sandbox.path("changes");
    repos::changes(count, "refs/heads", &stream);
    // Each round begins with a copy that no ref or object was written to. All copies stay to the end: ext4 is slow to
    // create files for some seconds after as many were deleted.
    let copies = Cell::new(0);
    let on_copy = |write: &mut dyn FnMut(&Path) -> Duration| {
        copies.set(copies.get() + 1);
        let name = format!("copy-{}", copies.get());
        let copy = sandbox.path(&name);
        sandbox.output(sandbox.command("cp", &sandbox.path("."), &["-R", "changed", &name]));
        let time = write(&copy);
        let there = refs(sandbox, &copy);
        let wrong = there.lines().zip(wanted.lines()).find(|(there, wanted)| there != wanted);
        assert!(there == wanted, "wrong commits or refs, for example (there, wanted) {wrong:?}");
        time
    };

    let mut tails = Vec::new();
    let [polls, dry_runs, imports] = alternate(
        sandbox.rounds().min(5),
        [
            &mut || {
                on_copy(&mut |copy| {
                    let start = SystemTime::now();
                    let time = poll(sandbox, copy, &unconfined, "changed", count);
                    let last = fs::metadata(&stamp).and_then(|file| file.modified()).expect("the extractors wrote it");
                    tails.push((start + time).duration_since(last).unwrap_or_default());
                    time
                })
            },
            &mut || poll(sandbox, &many.repo, &["--dry-run", "--isolation", "none"], "changed", count),
            &mut || {
                on_copy(&mut |copy| {
                    let mut command = sandbox.git(copy, &["fast-import", "--quiet"]);
                    command.stdin(File::open(&stream).expect("it was written"));
                    sandbox.timed(command).0
                })
            },
        ],
    );
    let beyond: Vec<_> = polls.iter().zip(&dry_runs).map(|(poll, dry_run)| poll.saturating_sub(*dry_run)).collect();
    let row = |how, times: &[Duration]| {
        let work = format!("record {count} changes: {how}");
        Row::of_times(&work, "git fast-import", median(times), median(&imports), Target::Ratio(1.0))
    };
    vec![row("poll - dry run", &beyond), row("after extracting", &tails[1..])]
}

fn memory(sandbox: &Sandbox) -> Vec<Row> {
    let many = tips(sandbox);
    let (peak, json) = sandbox.peak_memory(sandbox.product(&many.repo, &STATUS));
    check_status(&json, &many.values);
    let work = format!("peak memory, status of {} branches", many.values.len());
    peak.map(|ours| Row { work, peer: "", unit: "MB", ours, theirs: None, target: Target::Limit(120.0) })
        .into_iter()
        .collect()
}

fn start_up(sandbox: &Sandbox) -> Vec<Row> {
    let dir = sandbox.path(".");
    let [product, git] = alternate(
        50,
        [&mut || sandbox.timed(sandbox.product(&dir, &["--version"])).0, &mut || {
            sandbox.timed(sandbox.git(&dir, &["--version"])).0
        }],
    );
    vec![Row::of_times("start-up (--version)", "git --version", median(&product), median(&git), Target::Limit(5.0))]
}

fn size(sandbox: &Sandbox) -> Vec<Row> {
    let bytes = fs::metadata(sandbox.program()).expect("cargo built it").len();
    let ours = bytes as f64 / 1e6;
    let work = "size of the stripped binary".to_owned();
    vec![Row { work, peer: "", unit: "MB", ours, theirs: None, target: Target::Limit(8.5) }]
}
