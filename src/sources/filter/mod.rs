//! Filters in the language of jq, which run in a child of this program: what an options file asks for may run for ever,
//! use up all memory or break the interpreter, and must harm its own resource alone.
//!
//! The child is this program under another name, with an empty environment and little memory. It keeps the answer and
//! the filters that it has compiled; one that breaks is replaced. This module owns both ends of the talk between them.

mod child;
mod jq;
mod wire;

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use self::child::{NAME, serve};
use self::wire::{ANSWER, FILTER, FilterReply, frame};
use crate::process::{Group, Membership};

/// How long a filter may run.
const TIME_LIMIT: Duration = Duration::from_secs(2);

/// How deep brackets may be nested in an answer. A parser may need stack for each.
const MAX_DEPTH: usize = 256;

/// Why a filter gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterError {
    #[error("the filter ran longer than {} s", TIME_LIMIT.as_secs())]
    TooSlow,
    #[error("the filter needed too much memory, or ended the program that ran it")]
    Broke,
    #[error("the answer has brackets in it that are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("cannot start the program that runs filters: {0}")]
    Start(String),
    #[error("{0}")]
    Failed(String),
}

/// What a filter gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filtered {
    /// Nothing, `null` or an empty text.
    Nothing,
    Values(Vec<String>),
}

/// What runs filters; the child is started when the first one comes.
#[derive(Clone, Debug)]
pub(crate) struct Filters {
    program: PathBuf,
    running: Arc<Mutex<Option<FilterChild>>>,
}

#[derive(Debug)]
struct FilterChild {
    // Killed when dropped.
    _group: Group,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// The answer that the child holds.
    answer: Option<Arc<[u8]>>,
}

impl Filters {
    /// `program` is this one.
    pub(crate) fn new(program: PathBuf) -> Self {
        Filters { program, running: Arc::default() }
    }

    /// Runs a filter on an answer. Asking for the same answer again sends it no second time.
    ///
    /// # Errors
    ///
    /// It gave no value, or came to grief.
    pub(super) fn run(&self, filter: &str, answer: &Arc<[u8]>) -> Result<Filtered, FilterError> {
        if depth(answer) > MAX_DEPTH {
            return Err(FilterError::TooDeep);
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = match running.take() {
            Some(child) => child,
            None => FilterChild::start(&self.program).map_err(|err| FilterError::Start(err.to_string()))?,
        };
        let reply = child.ask(filter, answer)?;
        // One that did not answer is dropped, and so killed.
        *running = Some(child);
        match reply {
            FilterReply::Nothing => Ok(Filtered::Nothing),
            FilterReply::Values(values) => Ok(Filtered::Values(values)),
            FilterReply::Failed(reason) => Err(FilterError::Failed(reason)),
        }
    }
}

impl FilterChild {
    fn start(program: &Path) -> std::io::Result<Self> {
        let mut command = Command::new(program);
        command.arg0(NAME).env_clear().current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut group = Group::start(&mut command, Membership::Own)?;
        let (stdout, _) = group.pipes();
        let (stdin, stdout) = group.stdin().zip(stdout).ok_or_else(|| std::io::Error::other("it has no pipes"))?;
        Ok(FilterChild { _group: group, stdin, stdout, answer: None })
    }

    fn ask(&mut self, filter: &str, answer: &Arc<[u8]>) -> Result<FilterReply, FilterError> {
        let mut message = Vec::new();
        if !self.answer.as_ref().is_some_and(|known| Arc::ptr_eq(known, answer)) {
            frame(&mut message, ANSWER, answer);
            self.answer = Some(Arc::clone(answer));
        }
        frame(&mut message, FILTER, filter.as_bytes());
        self.stdin.write_all(&message).map_err(|_| FilterError::Broke)?;
        let deadline = Instant::now() + TIME_LIMIT;
        let mut reply = Vec::new();
        loop {
            if let Some(reply) = FilterReply::read(&reply) {
                return reply.ok_or(FilterError::Broke);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !is_readable(&self.stdout, left) {
                return Err(FilterError::TooSlow);
            }
            let mut chunk = [0; 16 * 1024];
            match std::io::Read::read(&mut self.stdout, &mut chunk) {
                Ok(0) | Err(_) => return Err(FilterError::Broke),
                Ok(length) => reply.extend_from_slice(&chunk[..length]),
            }
        }
    }
}

/// Whether there is something to read, or the other end is gone, within this time.
fn is_readable(pipe: &impl AsFd, within: Duration) -> bool {
    let mut pipes = [rustix::event::PollFd::new(pipe, rustix::event::PollFlags::IN)];
    let deadline = Instant::now() + within;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = rustix::event::Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) };
        match rustix::event::poll(&mut pipes, Some(&limit)) {
            Err(rustix::io::Errno::INTR) => {}
            polled => return polled.is_ok_and(|ready| ready > 0),
        }
    }
}

/// How deep the brackets of a JSON text are nested, without those in its texts.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_text, mut is_escaped) = (0_usize, 0, false, false);
    for byte in json {
        match (in_text, byte) {
            (true, _) if is_escaped => is_escaped = false,
            (true, b'\\') => is_escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            (_, _) => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_texts_do_not_count() {
        assert_eq!(depth(br#"{"a":[1,{"b":"[[[\"[["}],"c":[]}"#), 3);
        assert_eq!(depth(b"]]["), 1);
        assert_eq!(depth("[".repeat(1000).as_bytes()), 1000);
    }
}
