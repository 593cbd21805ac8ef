//! What the tests are written with. No tests in here, and nothing that knows what a command is for.
//!
//! # How a test is written
//!
//! ```ignore
//! #[test]
//! fn a_change_is_recorded() {
//!     let sandbox = Sandbox::new();                       // a home, an environment and a folder of its own
//!     let (remote, clone) = sandbox.project(|history| {   // git fast-import: thousands of commits in no time
//!         history.resource("edge", "New snap", "echo 550").state("New snap (549)");
//!     });
//!     clone.run(["poll"]).report(contains("549 → 550")); // exit code 0 and an empty stderr are implied
//!     assert_eq!(remote.subjects("edge")[0], "New snap (550)");
//! }
//! ```
//!
//! - [`Sandbox`]: a temporary folder with `home/` (HOME, with a git configuration that has an identity), `tmp/` (TMPDIR, so
//!   that [`Sandbox::assert_no_litter`] can see what was left behind) and whatever repositories the test makes. No variable of the
//!   caller but PATH gets in; the system's git configuration is off; authors and dates are fixed.
//! - [`Repo`]: a repository in a sandbox. `git(…)` runs git and panics with its output when it fails, `try_git` does not;
//!   [`Repo::build`] fills it with [`History`]; [`Repo::subjects`], [`Repo::tip`] and [`Repo::refs`] ask it. It is `Sync`, so that threads can share it.
//! - [`Repo::cmd`] and [`Repo::run`]: the product, as `git-spread-cron ARGS` in the folder of the repository; [`Cmd::through_git`]
//!   makes it `git spread-cron ARGS`. A [`Cmd`] takes variables, a folder, and [`Cmd::spawn`] for a process that lives on as [`Running`]: wait for it, or
//!   send it a signal. It is killed when it is dropped.
//! - [`Run`]: what came out. **What a test does not mention has to be the harmless thing**: exit code 0 and no output at all. This is checked
//!   when the [`Run`] is dropped. `exit` (or `fails`), `stdout` and `stderr` mention one each; `report` mentions the lines for a person, `poll`, `status`,
//!   `log` and `lint` parse the JSON document (and refuse unknown fields); `anything` is for output that does not matter.
//!   `screen` is all that a person sees, for `insta::assert_snapshot!(run.screen(), @"…")`: the first choice for what people read.
//!   `cargo insta test --accept --test cli -- WORD` writes the snapshots (`cargo install cargo-insta`); read the diff.
//! - [`World`]: the outside. `world.set("edge", "550")` writes a file, and `world.extractor("edge")` is the command that prints it.
//! - [`Snapshot`]: all of a repository that a poll must not touch, byte for byte.
//! - [`Sandbox::script`]: an executable file; [`Sandbox::program`] puts one before everything else on PATH, for a `git` or `ssh` that misbehaves.
//!
//! - [`Gate`]: where a test waits for an extractor (or hook, or wrapper), or the other way round. Never wait by the clock.
//! - [`Spread`]: a stand-in for spread on PATH, which does what a test tells it and notes down what was asked of it;
//!   [`Sandbox::target`]: a repository with a suite for it; [`Recipe`]: a resource that is launched with both.
//! - [`side_by_side`]: cases that mostly wait, in threads of their own.
//! - [`actions`]: what the runner of GitHub Actions makes of a step; `Step::new(&sandbox, "step").run(clone.cmd(["poll", "--github"]))`.
//! - [`hostile`]: values and names that have a meaning for shells, terminals, git or CI.
//! - [`act`]: the real `act`, which plays the workflows and actions of this project.
//! - [`runner`]: a small GitHub that runs the actions and workflows of this project; [`Team`]: a repository on it that has
//!   adopted them.
//! - [`Services`]: the services that the catalog watches, with what a test says that they know, and faults.
//!   [`are_installed`]: whether the machine has the programs that a script needs.
//! - [`processes`]: what runs in a sandbox, for tests that nothing is left of it.
//!
//! Extractors see a clean environment, so whatever they shall find has to be an absolute path in their text.

pub(crate) mod act;
pub(crate) mod actions;
mod cases;
mod document;
mod gate;
mod history;
pub(crate) mod hostile;
pub(crate) mod http;
pub(crate) mod processes;
mod programs;
mod repo;
mod run;
pub(crate) mod runner;
mod sandbox;
mod screen;
mod services;
mod snapshot;
mod spread;
mod target;
pub(crate) mod team;
mod watched;

pub(crate) use cases::side_by_side;
pub(crate) use document::{LaunchDoc, LintDoc, LogDoc, PendingDoc, PollDoc, StatusDoc, validate};
pub(crate) use gate::Gate;
pub(crate) use history::{History, Layout};
pub(crate) use http::{Request, Server};
pub(crate) use programs::{are_installed, is_installed, kernel_isolates, knows_sha3};
pub(crate) use repo::Repo;
pub(crate) use run::{Cmd, Run, Running};
pub(crate) use sandbox::{Sandbox, World, quoted};
pub(crate) use services::{Fault, Host, Services};
pub(crate) use snapshot::{JOURNAL, Snapshot};
pub(crate) use spread::{Flavour, Spread, reuse_files, task};
pub(crate) use target::{RELEASE, executes};
pub(crate) use team::Team;
pub(crate) use watched::{Recipe, Watched};
