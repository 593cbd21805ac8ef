//! A small GitHub: the server, its runner and the rules by which workflows and actions are run, as far as those of this
//! project need it. What is not played here fails a test instead of being passed over.
//!
//! ```ignore
//! let (remote, _) = sandbox.project(|history| …);
//! let hub = Hub::new(&sandbox, &remote);           // the server, at file://, with the repository o/r
//! let run = hub.run(&parse(WORKFLOW).unwrap());     // a scheduled run, from the first job to the last
//! assert_eq!(run.outcomes(), [("poll".to_owned(), "success")]);
//! run.job("poll").step("Poll").commands;            // what the runner took for workflow commands
//! ```
//!
//! - [`Hub`]: the server. A push is refused unless the process has the token of a job that runs and may write. After [`Hub::serve`]
//!   it is served over HTTP as a private repository, so that git has to find its credential for whatever it does.
//! - [`WorkflowRun`]: what happened, job by job and step by step. [`WorkflowRun::control`] cancels it or loses its runner
//!   from another thread; [`WorkflowRun::watch`] does something before a job begins; [`WorkflowRun::again`] runs all jobs again.
//! - Jobs run one after the other, each on a machine of its own; two runs in two threads are two runs that overlap.
//! - The environment of a step is clean: nothing of the test but PATH, and the product only by way of `action/setup`.
//! - The rules are those of GitHub's runner, taken as strictly as it may be: an output that is not declared, a secret in the
//!   output of a job, a name that no artifact may have, a text of the log that looks like a workflow command.

mod builtin;
mod coercion;
mod concurrency;
mod control;
mod expression;
mod function;
mod hub;
mod job;
mod machine;
mod matrix;
mod permissions;
mod record;
mod script;
mod server;
mod workflow_run;
mod yaml;

pub(crate) use builtin::base64;
pub(crate) use control::Control;
pub(crate) use expression::{Piece, Scope, Status, pieces};
pub(crate) use hub::{Credential, Hub, machine_config};
pub(crate) use machine::files_under;
pub(crate) use record::JobRecord;
pub(crate) use workflow_run::WorkflowRun;
pub(crate) use yaml::{Action, Permissions, Workflow, load, parse};
