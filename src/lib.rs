//! `git spread-cron`: runs a test suite again when something outside its repository changes.
//!
//! - `core`: the rules, pure; imports nothing else of the crate.
//! - `extract`: running an extractor under limits.

mod core;
mod extract;
