//! The tests through the real binary: one module for each command, and modules for what holds across commands.
//!
//! `support` is the only module without tests; its documentation says how a test is written.

#[cfg(test)]
mod support;

#[cfg(test)]
mod action;
#[cfg(test)]
mod action_hostile;
#[cfg(test)]
mod action_isolation;
#[cfg(test)]
mod action_mishaps;
#[cfg(test)]
mod action_poll;
#[cfg(test)]
mod action_readme;
#[cfg(test)]
mod action_secrets;
#[cfg(test)]
mod action_setup;
#[cfg(test)]
mod add;
#[cfg(test)]
mod add_catalog;
#[cfg(test)]
mod add_folders;
#[cfg(test)]
mod add_many;
#[cfg(test)]
mod add_mistakes;
#[cfg(test)]
mod adoption;
#[cfg(test)]
mod as_git_does;
mod broken_watch;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod catalog_faults;
#[cfg(test)]
mod catalog_folder;
#[cfg(test)]
mod catalog_launch;
#[cfg(test)]
mod catalog_pipeline;
#[cfg(test)]
#[cfg(test)]
mod catalog_run_checks;
#[cfg(test)]
mod catalog_services;
#[cfg(test)]
#[cfg(test)]
mod completions;
#[cfg(test)]
mod customize;
#[cfg(test)]
mod customize_actions;
#[cfg(test)]
mod customize_check;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod docs_ci;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod dry_run;
#[cfg(test)]
mod every;
#[cfg(test)]
mod extractors;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod green;
#[cfg(test)]
mod history_shapes;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod init;
#[cfg(test)]
mod install;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod large_objects;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod lint;
#[cfg(test)]
mod log;
#[cfg(test)]
mod options_shapes;
#[cfg(test)]
mod other_ci;
#[cfg(test)]
mod pause;
#[cfg(test)]
mod pending;
#[cfg(test)]
mod pending_github;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod poll;
#[cfg(test)]
mod poll_github;
#[cfg(test)]
mod push_outcome;
#[cfg(test)]
mod races;
#[cfg(test)]
mod real_histories;
#[cfg(test)]
mod release;
#[cfg(test)]
mod remove;
#[cfg(test)]
mod repositories;
#[cfg(test)]
mod result;
#[cfg(test)]
mod result_github;
#[cfg(test)]
mod reworded;
#[cfg(test)]
mod run;
#[cfg(test)]
mod run_all_pending;
#[cfg(test)]
mod run_attempts;
#[cfg(test)]
mod run_export;
#[cfg(test)]
mod run_failures;
#[cfg(test)]
mod run_files;
#[cfg(test)]
mod run_github;
#[cfg(test)]
mod run_kills;
#[cfg(test)]
mod run_machines;
#[cfg(test)]
mod run_moved;
#[cfg(test)]
mod run_out;
#[cfg(test)]
mod run_pending;
#[cfg(test)]
mod run_program;
#[cfg(test)]
mod run_record;
#[cfg(test)]
mod run_secrets;
#[cfg(test)]
mod run_selection;
#[cfg(test)]
mod run_signals;
#[cfg(test)]
mod run_spread;
#[cfg(test)]
mod run_target;
#[cfg(test)]
mod runner;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod selection;
#[cfg(test)]
mod shallow;
#[cfg(test)]
mod site;
#[cfg(test)]
mod snap_daemon;
#[cfg(test)]
mod snap_hook;
#[cfg(test)]
mod source;
#[cfg(test)]
mod source_git;
mod source_select;
mod source_services;
#[cfg(test)]
mod source_tls;
#[cfg(test)]
mod standin;
#[cfg(test)]
mod status;
#[cfg(test)]
mod text_of_others;
#[cfg(test)]
mod untouched;
#[cfg(test)]
mod value_pattern;
