//! The product against its peers: `cargo bench`, `cargo bench -- status` (only works whose name contains a word),
//! `cargo bench -- --quick` (a tenth of the size, to see that it runs; the targets are meant for the full size),
//! `cargo bench -- --fresh` (repositories as a fresh clone has them, without a commit-graph),
//! `cargo bench -- --program=PATH` (another build of the product, such as an older one).
//!
//! What is compared, and why it is fair:
//!
//! * The repositories are made here, the same every time, and packed as a long-lived clone is: one pack, packed refs,
//!   and the commit-graph that `git gc` writes, which git profits from.
//! * Product and peers run in turns in the same run, in rotating order, after one round that does not count. A time is
//!   the median of the rounds, from the start of the process to its end, output going to a file.
//! * Peers are handed what the product has to find out: the names of the branches, their messages, the ids of commits,
//!   the options as files. They get the environment that extractors get, and the product's number of jobs.
//! * Every answer is checked outside the measured time, the peers' too. A wrong one ends the run with an error; a missed
//!   target is only shown, for a busy machine is no defect.
//!
//! | work | peers |
//! |---|---|
//! | `status-real` | 34 branches in the shape of a repository in use since 2016. The original loop in bash, and one `git log --grep` a branch. As in that repository the newest commit of each branch is a state commit, so the loop ends at once |
//! | `status-tip`, `status-deep` | `git cat-file --batch` fed with the commits that have to be read, and nothing else: it reads no refs and no options, and interprets nothing |
//! | `status-never` | `git log --grep` over a history of merges in which nothing matches |
//! | `poll-unchanged` | `xargs -P` starting the same shells. It neither limits, nor decides, nor makes a folder for each |
//! | `poll-unchanged`, isolated | the same poll with `--isolation none` |
//! | `record` | `git fast-import` writing the same commits and refs. A poll has to start 10,000 shells first, so its time is given twice: the poll without the time of a dry run of the same (the median of the differences), and from the last extractor's end to the end of the process |
//! | `push-some`, `push-all` | One plain `git push` of as many commits, made beforehand, by one wildcard. The poll counts from the last extractor's end, the results from the start of the process; both ask and fetch, and each reference moves only from the commit that was read |
//! | `customize` | `cp -a` of the overlay from a folder. The product reads it from a pack, and compares what it replaces |
//! | `site` | `git log --all --format=%s`, which only prints the subjects of the same commits. The folder is new each time |
//! | `sources-http` | `curl --parallel` with as many requests at a time, to 8 hosts. It takes nothing of the answers, and knows nothing of branches |
//! | `sources-clocks` | `status` of the same branches |
//! | `sources-git` | `git ls-remote` for each repository, 8 at a time; the server is a web server that says what a repository would |
//! | `memory`, `start-up`, `size` | limits; `git --version` is there for orientation |

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own, whose output is its result")]

mod contest;
mod overlay;
mod push;
mod repos;
mod site;
mod sources;
mod works;

use std::process::ExitCode;
use std::time::Duration;

use contest::Sandbox;

/// What a row has to reach.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// At most this share of the peer's time.
    Ratio(f64),
    /// At most this much, in the unit of the row.
    Limit(f64),
    /// At most so many times the peer's time, and this many milliseconds more.
    Times(f64, f64),
}

/// A line of the table.
pub(crate) struct Row {
    pub(crate) work: String,
    pub(crate) peer: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    pub(crate) theirs: Option<f64>,
    pub(crate) target: Target,
}

impl Row {
    pub(crate) fn of_times(work: &str, peer: &'static str, ours: Duration, theirs: Duration, target: Target) -> Self {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        Self { work: work.to_owned(), peer, unit: "ms", ours: ms(ours), theirs: Some(ms(theirs)), target }
    }

    fn line(&self) -> String {
        let amount = |value: f64| format!("{value:.1} {}", self.unit);
        let ratio = self.theirs.map(|theirs| self.ours / theirs);
        let (target, reached) = match self.target {
            Target::Ratio(most) => (format!("≤ {most}"), ratio.is_some_and(|ratio| ratio <= most)),
            Target::Limit(most) => (format!("≤ {}", amount(most)), self.ours <= most),
            Target::Times(times, more) => (
                format!("≤ {times}x+{:.0}s", more / 1e3),
                self.theirs.is_some_and(|theirs| self.ours <= times * theirs + more),
            ),
        };
        format!(
            "{:<52} {:>12} {:>12} {:>8} {:>10}  {:<6}  {}",
            self.work,
            amount(self.ours),
            self.theirs.map_or_else(|| "-".to_owned(), amount),
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.4}")),
            target,
            if reached { "ok" } else { "MISSED" },
            self.peer
        )
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.iter().any(|arg| arg == "--bench") {
        println!("nothing is measured in a test run; use `cargo bench`");
        return ExitCode::SUCCESS;
    }
    let given = |flag: &str| args.iter().any(|arg| arg == flag);
    let (quick, fresh) = (given("--quick"), given("--fresh"));
    let filters: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let chosen: Vec<_> = works::ALL
        .iter()
        .filter(|(name, _)| filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str())))
        .collect();
    if chosen.is_empty() {
        eprintln!("no such work; there are: {}", works::ALL.map(|(name, _)| name).join(", "));
        return ExitCode::from(2);
    }

    let program = args.iter().find_map(|arg| arg.strip_prefix("--program="));
    let sandbox = Sandbox::new(quick, fresh, program.map(Into::into));
    let mut lines = Vec::new();
    for (name, work) in chosen {
        eprintln!("{name} …");
        lines.extend(work(&sandbox).iter().map(Row::line));
    }
    println!(
        "\n{}, {} cores, {} commit-graph{}",
        sandbox.git_version(),
        contest::cores(),
        if fresh { "no" } else { "with a" },
        if quick { ", QUICK: a tenth of the size, which the targets are not meant for" } else { "" }
    );
    println!("{:<52} {:>12} {:>12} {:>8} {:>10}          peer", "work", "product", "peer", "ratio", "target");
    for line in &lines {
        println!("{line}");
    }
    ExitCode::SUCCESS
}
