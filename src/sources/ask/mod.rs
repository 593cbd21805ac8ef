//! The only place with a socket: sends requests side by side, within limits, and gives what was answered.
//!
//! [`Asker::ask`] is the one way in. What is asked and what an answer means is decided elsewhere.

mod body;
mod connect;
mod error;
mod fetch;
mod pool;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper_util::client::proxy::matcher::Matcher;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::LocalSet;

use self::connect::NameSource;
pub(crate) use self::error::AskError;
use self::fetch::Fetch;
use self::pool::Pool;
use super::git_protocol::Refs;
use super::guard::Allowed;
use super::plan::Request;
use super::{Proxies, SourceSettings};
use crate::core::web_url::Origin;

/// How many requests one host gets at a time.
const MAX_PER_HOST: usize = 8;

/// How often it is looked whether the poll is to end.
const INTERRUPT_INTERVAL: Duration = Duration::from_millis(50);

/// What a server said in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(super) status: u16,
    /// In lower case, texts as far as they are UTF-8.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: AnswerBody,
}

/// What came behind the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AnswerBody {
    /// It was not wanted.
    None,
    Text(Vec<u8>),
    Refs(Refs),
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Asker {
    allowed: Allowed,
    proxies: Proxies,
    jobs: usize,
    names: NameSource,
    left_alone: LeftAlone,
}

/// The hosts that asked for it, and the status with which they did.
#[derive(Clone, Debug, Default)]
struct LeftAlone(Arc<Mutex<HashMap<String, (u16, String)>>>);

impl LeftAlone {
    fn check(&self, host: &str) -> Result<(), AskError> {
        let hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match hosts.get(host) {
            Some((status, after)) => {
                Err(AskError::LeftAlone { host: host.to_owned(), status: *status, after: after.clone() })
            }
            None => Ok(()),
        }
    }

    fn add(&self, host: &str, status: u16, after: String) {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(host.to_owned()).or_insert((status, after));
    }
}

/// What all requests of one call share.
struct Session {
    pool: Pool,
    total: Semaphore,
    hosts: RefCell<HashMap<String, Rc<Semaphore>>>,
    left_alone: LeftAlone,
}

impl Session {
    fn host(&self, host: &str) -> Rc<Semaphore> {
        let mut hosts = self.hosts.borrow_mut();
        Rc::clone(hosts.entry(host.to_owned()).or_insert_with(|| Rc::new(Semaphore::new(MAX_PER_HOST))))
    }
}

impl Asker {
    pub(super) fn new(settings: &SourceSettings) -> Self {
        Asker {
            allowed: settings.allowed.clone(),
            proxies: settings.proxies.clone(),
            jobs: settings.jobs,
            names: NameSource::default(),
            left_alone: LeftAlone::default(),
        }
    }

    /// Sends the requests, and hands on what came of each, with its place among them and how long it took.
    pub(super) fn ask(
        &self,
        requests: &[Request],
        interrupted: &(dyn Fn() -> bool + Sync),
        on_answer: &mut dyn FnMut(usize, Result<Answer, AskError>, Duration),
    ) {
        if requests.is_empty() {
            return;
        }
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(err) => {
                let error = AskError::Runtime(Arc::new(err));
                (0..requests.len()).for_each(|index| on_answer(index, Err(error.clone()), Duration::ZERO));
                return;
            }
        };
        let mut answered = vec![false; requests.len()];
        LocalSet::new().block_on(&runtime, async {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            let session = Rc::new(Session {
                pool: Pool::new(self.allowed.clone(), self.matcher(), self.names.clone()),
                total: Semaphore::new(self.jobs.max(1)),
                hosts: RefCell::default(),
                left_alone: self.left_alone.clone(),
            });
            for (index, request) in requests.iter().enumerate() {
                let (sender, session, request) = (sender.clone(), Rc::clone(&session), request.clone());
                tokio::task::spawn_local(async move {
                    let start = Instant::now();
                    let answer = Fetch { session: &session, request: &request }.run().await;
                    // Once the poll was interrupted, the receiver is gone.
                    let _ = sender.send((index, answer, start.elapsed()));
                });
            }
            drop(sender);
            let mut look = tokio::time::interval(INTERRUPT_INTERVAL);
            loop {
                tokio::select! {
                    received = receiver.recv() => match received {
                        Some((index, answer, duration)) => {
                            answered[index] = true;
                            on_answer(index, answer, duration);
                        }
                        None => break,
                    },
                    _ = look.tick() => if interrupted() { break },
                }
            }
        });
        // A name that is being resolved cannot be stopped, and is not waited for.
        runtime.shutdown_background();
        let rest = answered.iter().enumerate().filter(|(_, answered)| !**answered);
        rest.for_each(|(index, _)| on_answer(index, Err(AskError::Interrupted), Duration::ZERO));
    }

    /// The address of a host that was checked, in the form of git's `http.curloptResolve`; none where a proxy connects.
    pub(super) fn pin(&self, origin: &Origin) -> Result<Option<String>, AskError> {
        connect::pin(origin, &self.allowed, &self.matcher())
    }

    fn matcher(&self) -> Matcher {
        let Proxies { http, https, all, no } = self.proxies.clone();
        Matcher::builder().http(http).https(https).all(all).no(no).build()
    }
}
