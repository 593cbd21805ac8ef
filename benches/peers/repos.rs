//! The repositories, made by `git fast-import`: the same commits in every run. Measures nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};

use crate::contest::Sandbox;

/// What `status` has to say: the value by resource.
pub(crate) type Values = BTreeMap<String, Option<String>>;

const END: u64 = 1_728_592_230;

/// How the values of a branch look.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Commit ids, several a day.
    Hash,
    /// The number of the week.
    Week,
    /// The date.
    Day,
}
use Kind::{Day, Hash, Week};

/// State commits, kind, branch, message: the numbers and texts of a repository in use.
pub(crate) const REAL: [(usize, Kind, &str, &str); 34] = [
    (101, Hash, "build-snapd-snap", "create snapd snap after master is updated"),
    (9, Hash, "build-spread", "Build spread binary"),
    (40, Week, "build-spread-branch", "Build spread binary"),
    (787, Day, "build-ubuntu-image-withtestkeys", "Build ubuntu-image latest withtestkeys"),
    (163, Week, "gce-update-amazon-linux-2-64", "Update Amazon Linux 2 64bits on GCE"),
    (40, Week, "gce-update-amazon-linux-2023-64", "Update Amazon Linux 2023 64bits on GCE"),
    (163, Week, "gce-update-arch-linux-64", "Update Arch Linux 64bits on GCE"),
    (117, Week, "gce-update-centos-9", "Update Centos 9 64bits on GCE"),
    (155, Week, "gce-update-debian-11-64", "Update Debian 11 64bits on GCE"),
    (68, Week, "gce-update-debian-12-64", "Update Debian 12 64bits on GCE"),
    (163, Week, "gce-update-debian-sid-64", "Update Debian sid 64bits on GCE"),
    (40, Week, "gce-update-fedora-39-64", "Update Fedora 39 64bits on GCE"),
    (68, Week, "gce-update-opensuse-15.5-64", "Update Opensuse 15.5 64bits on GCE"),
    (9, Week, "gce-update-opensuse-15.6-64", "Update Opensuse 15.6 64bits on GCE"),
    (103, Week, "gce-update-opensuse-tumbleweed-64", "Update Opensuse Tumbleweed 64bits on GCE"),
    (163, Week, "gce-update-ubuntu-1404-64", "Update Ubuntu 1404 64bits on GCE"),
    (163, Week, "gce-update-ubuntu-1604-64", "Update Ubuntu 1604 64bits on GCE"),
    (163, Week, "gce-update-ubuntu-1804-64", "Update Ubuntu 1804 64bits on GCE"),
    (163, Week, "gce-update-ubuntu-2004-64", "Update Ubuntu 2004 64bits on GCE"),
    (140, Week, "gce-update-ubuntu-2204-64", "Update Ubuntu 2204 64bits on GCE"),
    (27, Week, "gce-update-ubuntu-2404-64", "Update Ubuntu 2404 64bits on GCE"),
    (1086, Day, "snapd-nested-classic-suite", "Nested classic suite execution"),
    (1124, Day, "snapd-nested-uc16-suite", "Nested ubuntu core 16 suite execution"),
    (1124, Day, "snapd-nested-uc18-suite", "Nested ubuntu core 18 suite execution"),
    (1086, Day, "snapd-nested-uc20-suite", "Nested ubuntu core 20 suite execution"),
    (424, Day, "snapd-nested-uc22-suite", "Nested ubuntu core 22 suite execution"),
    (53, Day, "snapd-nested-uc24-suite", "Nested ubuntu core 24 suite execution"),
    (1124, Day, "snapd-nightly-suite", "Nightly suite execution"),
    (1, Day, "snapd-test-build-from-current", "Snapd tests with snap pkg built from current"),
    (1071, Day, "snapd-test-experimental", "Snapd tests with experimental features"),
    (2027, Hash, "snapd-test-master-s390x-smoke", "smoke test snapd master branch on s390x arch "),
    (88, Day, "snapd-test-openstack", "test snapd master branch in openstack"),
    (2561, Hash, "snapd-vendor-sync", "sync snapd-vendor with snapd after merge"),
    (163, Week, "update-gce-spread-bucket", "Update GCE spread bucket"),
];

/// The commits that are no state commits: branch, how many state commits come before, subject.
const OTHER: [(&str, usize, &str); 5] = [
    ("build-snapd-snap", 0, "other change 1"),
    ("build-snapd-snap", 0, "other change 2"),
    ("gce-update-ubuntu-2204-64", 0, "Update Ubuntu 2104 64bits on GCE (04)"),
    ("gce-update-ubuntu-2204-64", 0, "Update Ubuntu 2104 64bits on GCE (05)"),
    ("snapd-vendor-sync", 1443, "other change 1"),
];

/// The value `age` state commits ago, and the time between two.
fn value(kind: Kind, seed: usize, age: usize) -> (String, u64) {
    let mix = |n: usize| ((seed * 4099 + age * 5 + n + 1) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    match kind {
        Hash => (format!("{:016x}{:016x}{:08x}", mix(0), mix(1), mix(2) >> 32), 40_000),
        Week => (format!("{:02}", (52 * 1000 + 40 - age) % 52 + 1), 7 * 86_400),
        Day => (format!("{}{:02}{:02}", 2024 - age / 336, 12 - age / 28 % 12, 28 - age % 28), 86_400),
    }
}

/// Writes the commits of `git fast-import`, giving each a mark of its own.
pub(crate) struct Stream {
    out: BufWriter<ChildStdin>,
    marks: usize,
}

impl Stream {
    fn commit(&mut self, branch: &str, time: u64, message: &str, changes: &str) -> usize {
        self.marks += 1;
        let (mark, length) = (self.marks, message.len());
        write!(
            self.out,
            "commit {branch}\nmark :{mark}\ncommitter Bench <bench@example.org> {time} +0000\ndata {length}\n{message}\n{changes}\n"
        )
        .expect("fast-import reads on");
        mark
    }

    fn root(&mut self, branch: &str, time: u64, message: &str, extractor: &str) -> usize {
        let options = format!("pattern_extractor=\"{extractor}\"\nmessage=\"{message}\"\n");
        self.commit(branch, time, "Watch it\n", &file("options", &options))
    }
}

fn file(name: &str, content: &str) -> String {
    format!("M 100644 inline {name}\ndata {}\n{content}", content.len())
}

/// A bare repository of that name, packed as git leaves it in the long run.
fn build(sandbox: &Sandbox, name: &str, write: impl FnOnce(&mut Stream)) -> PathBuf {
    let repo = sandbox.path(name);
    fs::create_dir(&repo).expect("a new folder");
    let git = |args: &[&str]| sandbox.output(sandbox.git(&repo, args));
    git(&["init", "--quiet", "--bare", "--initial-branch=main"]);
    let mut command = sandbox.git(&repo, &["fast-import", "--quiet", "--export-marks=marks"]);
    let mut import = command.stdin(Stdio::piped()).spawn().expect("git starts");
    let out = BufWriter::with_capacity(1 << 16, import.stdin.take().expect("it was piped"));
    let mut stream = Stream { out, marks: 0 };
    write(&mut stream);
    stream.out.flush().expect("fast-import reads on");
    drop(stream);
    assert!(import.wait().expect("it is a child").success(), "fast-import failed");
    git(&["-c", &format!("gc.writeCommitGraph={}", !sandbox.fresh), "gc", "--quiet", "--prune=now"]);
    repo
}

/// The 34 branches, and what they hold.
pub(crate) fn real(sandbox: &Sandbox) -> (PathBuf, Values) {
    let mut values = Values::new();
    let repo = build(sandbox, "real", |stream| {
        for (seed, (count, kind, branch, message)) in REAL.into_iter().enumerate() {
            let refname = format!("refs/heads/{branch}");
            let time = |age: usize| END - seed as u64 * 60 - age as u64 * value(kind, seed, age).1;
            stream.root(&refname, time(count + 1), message, "curl -s https://example.org/a | jq -r .revision");
            for before in 0..count {
                for (_, _, subject) in OTHER.iter().filter(|other| other.0 == branch && other.1 == before) {
                    stream.commit(&refname, time(count - before), &format!("{subject}\n"), "");
                }
                let age = count - 1 - before;
                stream.commit(&refname, time(age), &format!("{message} ({})\n", value(kind, seed, age).0), "");
            }
            values.insert(branch.to_owned(), Some(value(kind, seed, 0).0));
        }
    });
    (repo, values)
}

/// Many branches of the same shape.
pub(crate) struct Many {
    pub(crate) repo: PathBuf,
    pub(crate) values: Values,
    /// The ids of the commits from the tip down to the value, one a line, branch by branch.
    pub(crate) to_read: String,
}

pub(crate) fn branch_name(n: usize) -> String {
    format!("watch/{:02}/resource-{n:05}", n % 100)
}

pub(crate) fn message_of(n: usize) -> String {
    format!("New revision of resource {n:05}")
}

/// `branches` of `commits`, the newest state commit `depth` commits below the tip.
pub(crate) fn many(
    sandbox: &Sandbox,
    name: &str,
    extractor: &str,
    branches: usize,
    commits: usize,
    depth: usize,
) -> Many {
    let mut values = Values::new();
    let repo = build(sandbox, name, |stream| {
        for n in 0..branches {
            let (refname, message) = (format!("refs/heads/{}", branch_name(n)), message_of(n));
            let time = |age: usize| END - age as u64 * 3600 * 6 - n as u64 % 3600;
            stream.root(&refname, time(commits - 1), &message, extractor);
            for age in (0..commits - 1).rev() {
                let text = if age >= depth {
                    format!("{message} ({})\n", commits - 1 - age)
                } else {
                    format!("other change {age}\n")
                };
                stream.commit(&refname, time(age), &text, "");
            }
            values.insert(branch_name(n), Some((commits - 1 - depth).to_string()));
        }
    });
    let mut ids = vec![String::new(); branches * commits + 1];
    for line in fs::read_to_string(repo.join("marks")).expect("fast-import wrote it").lines() {
        let (mark, id) = line.split_once(' ').expect("a mark and an id");
        ids[mark[1..].parse::<usize>().expect("a number")] = id.to_owned();
    }
    let to_read: Vec<_> = (1..=branches).flat_map(|n| ids[n * commits - depth..=n * commits].iter().rev()).collect();
    let to_read = to_read.iter().flat_map(|id| [id.as_str(), "\n"]).collect();
    Many { repo, values, to_read }
}

/// `branches` with the value 1 each; all but the first `polled` of them are manual.
pub(crate) fn partly_manual(sandbox: &Sandbox, name: &str, extractor: &str, branches: usize, polled: usize) {
    build(sandbox, name, |stream| {
        for n in 0..branches {
            let (refname, message) = (format!("refs/heads/{}", branch_name(n)), message_of(n));
            let manual = if n < polled { "" } else { "manual=\"true\"\n" };
            let options = format!("pattern_extractor=\"{extractor}\"\nmessage=\"{message}\"\n{manual}");
            stream.commit(&refname, END - 3600, "Watch it\n", &file("options", &options));
            stream.commit(&refname, END, &format!("{message} (1)\n"), "");
        }
    });
}

/// `branches` with options of their own, and no value yet.
pub(crate) fn declared(sandbox: &Sandbox, name: &str, branches: usize, options: impl Fn(usize) -> String) -> Many {
    let repo = build(sandbox, name, |stream| {
        for n in 0..branches {
            let refname = format!("refs/heads/{}", branch_name(n));
            stream.commit(&refname, END - n as u64 % 3600, "Watch it\n", &file("options", &options(n)));
        }
    });
    Many { repo, values: Values::new(), to_read: String::new() }
}

/// One branch with a long history of merges in which its message never occurs.
pub(crate) fn never(sandbox: &Sandbox, message: &str, commits: usize) -> PathBuf {
    build(sandbox, "never", |stream| {
        let mut last =
            stream.root("refs/heads/watched", END - commits as u64 * 7200, message, "curl -s https://example.org/");
        for n in 1..commits {
            let time = END - (commits - n) as u64 * 7200;
            let change = format!("from :{last}\n{}", file("src", &format!("change {n}\n")));
            let side = stream.commit("refs/side", time, &format!("part {}: do it in another way\n", n % 97), &change);
            let merge = format!("merge :{side}\n{}", file("src", &format!("change {n}\n")));
            let text =
                format!("Merge pull request #{n} from somebody/branch-{n}\n\npart {}: do it in another way\n", n % 97);
            last = stream.commit("refs/heads/watched", time + 3600, &text, &merge);
        }
    })
}

/// The commits and refs that a poll writes on `many` branches, for `git fast-import`. The tips lie below `from`.
pub(crate) fn changes(branches: usize, from: &str, path: &Path) {
    let text: String = (0..branches)
        .map(|n| (branch_name(n), format!("{} (2)\n", message_of(n))))
        .map(|(name, message)| {
            let length = message.len();
            format!(
                "commit refs/heads/{name}\ncommitter Bench <bench@example.org> {END} +0000\ndata {length}\n{message}\n\
                 from {from}/{name}^0\n\n"
            )
        })
        .collect();
    fs::write(path, text).expect("a file can be written");
}
