//! Everything that touches a git repository: reading it with gix, recording in it with gix, and the `git` program for
//! fetch and push.
//!
//! Nothing in here decides what a poll does; it reports facts, and does what its callers ask for.

pub(crate) mod backoff;
pub(crate) mod branches;
pub(crate) mod bring;
pub(crate) mod ci_files;
pub(crate) mod commit;
pub(crate) mod commit_writer;
pub(crate) mod config;
pub(crate) mod config_guard;
mod discovery;
pub(crate) mod fetch;
pub(crate) mod history;
pub(crate) mod journal;
mod local_refs;
pub(crate) mod options_file;
pub(crate) mod places;
pub(crate) mod program;
pub(crate) mod publish;
mod push;
mod push_answer;
pub(crate) mod refresh;
pub(crate) mod repository;
mod scratch;
mod sharing;
pub(crate) mod tracking;
pub(crate) mod transaction;
pub(crate) mod tree;
pub(crate) mod update;
pub(crate) mod view;
mod work_folder;
pub(crate) mod worktree_files;
