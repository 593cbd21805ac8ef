//! Connections that are used again: one over HTTP/2 for all requests to an origin, or several over HTTP/1.1.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper::{Request, Response};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioIo, TokioTimer};

use super::super::guard::Allowed;
use super::AskError;
use super::connect::{Connected, Connector, NameSource, Protocol, RequestTarget};
use crate::core::web_url::Origin;

/// The most that the headers of an answer may hold.
const MAX_HEADERS: usize = 64 * 1024;

type Body = Full<Bytes>;

/// Connections over HTTP/2 need their tasks started for them.
#[derive(Clone, Copy)]
struct Local;

impl<F: Future<Output = ()> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// A connection that can take a request.
pub(super) enum Sender {
    Http1 { sender: http1::SendRequest<Body>, is_used: bool },
    Http2(http2::SendRequest<Body>),
}

/// Everything that is connected to one origin.
#[derive(Default)]
struct OriginPool {
    idle: RefCell<Vec<(http1::SendRequest<Body>, RequestTarget)>>,
    shared: RefCell<Option<http2::SendRequest<Body>>>,
    /// What the origin speaks, once it is known. The first connection is made alone, so that one is enough where many
    /// requests share it.
    protocol: tokio::sync::Mutex<Option<Protocol>>,
}

/// See the module's documentation.
pub(super) struct Pool {
    connector: Connector,
    places: RefCell<HashMap<Origin, Rc<OriginPool>>>,
}

/// A connection on loan.
pub(super) struct Loan {
    pub(super) sender: Sender,
    pub(super) target: RequestTarget,
    place: Rc<OriginPool>,
}

impl Pool {
    pub(super) fn new(allowed: Allowed, proxies: Matcher, names: NameSource) -> Self {
        Pool { connector: Connector::new(allowed, proxies, names), places: RefCell::default() }
    }

    fn place(&self, origin: &Origin) -> Rc<OriginPool> {
        Rc::clone(self.places.borrow_mut().entry(origin.clone()).or_default())
    }

    /// A connection that is there, or a new one.
    pub(super) async fn get(&self, origin: &Origin) -> Result<Loan, AskError> {
        let place = self.place(origin);
        if let Some((sender, target)) = place.reuse() {
            return Ok(Loan { sender, target, place });
        }
        let mut protocol = place.protocol.lock().await;
        // Another request may have connected meanwhile.
        if let Some((sender, target)) = place.reuse() {
            drop(protocol);
            return Ok(Loan { sender, target, place });
        }
        if *protocol == Some(Protocol::Http1) {
            // Each request has a connection of its own, and they need not wait for each other.
            drop(protocol);
            return self.connect(origin, Rc::clone(&place)).await;
        }
        let loan = self.connect(origin, Rc::clone(&place)).await?;
        *protocol = Some(match loan.sender {
            Sender::Http1 { .. } => Protocol::Http1,
            Sender::Http2(_) => Protocol::Http2,
        });
        Ok(loan)
    }

    /// A new connection.
    pub(super) async fn fresh(&self, origin: &Origin) -> Result<Loan, AskError> {
        let place = self.place(origin);
        self.connect(origin, place).await
    }

    async fn connect(&self, origin: &Origin, place: Rc<OriginPool>) -> Result<Loan, AskError> {
        let Connected { stream, protocol, target } = self.connector.connect(origin).await?;
        let failed =
            |err: hyper::Error| AskError::Connect { host: origin.host.clone(), reason: crate::error::chain(&err) };
        let sender = match protocol {
            Protocol::Http1 => {
                let mut builder = http1::Builder::new();
                builder.max_buf_size(MAX_HEADERS).max_headers(1000);
                let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
                tokio::task::spawn_local(async move { drop(connection.await) });
                Sender::Http1 { sender, is_used: false }
            }
            Protocol::Http2 => {
                let mut builder = http2::Builder::new(Local);
                builder.timer(TokioTimer::new()).max_header_list_size(MAX_HEADERS as u32);
                let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
                tokio::task::spawn_local(async move { drop(connection.await) });
                *place.shared.borrow_mut() = Some(sender.clone());
                Sender::Http2(sender)
            }
        };
        Ok(Loan { sender, target, place })
    }
}

impl OriginPool {
    fn reuse(&self) -> Option<(Sender, RequestTarget)> {
        if let Some(shared) = self.shared.borrow().as_ref().filter(|shared| !shared.is_closed()) {
            return Some((Sender::Http2(shared.clone()), RequestTarget::Path));
        }
        let mut idle = self.idle.borrow_mut();
        while let Some((sender, target)) = idle.pop() {
            if sender.is_ready() {
                return Some((Sender::Http1 { sender, is_used: true }, target));
            }
        }
        None
    }
}

impl Loan {
    /// Whether the other side may have ended the connection while nothing was asked.
    pub(super) fn may_be_stale(&self) -> bool {
        match &self.sender {
            Sender::Http1 { is_used, .. } => *is_used,
            Sender::Http2(_) => true,
        }
    }

    pub(super) async fn send(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::Http1 { sender, .. } => sender.send_request(request).await,
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// Whether requests over this connection name the host in a header.
    pub(super) fn needs_host(&self) -> bool {
        matches!(self.sender, Sender::Http1 { .. })
    }

    /// Gives the connection back once the answer was read to its end.
    pub(super) async fn give_back(self) {
        if let Sender::Http1 { mut sender, .. } = self.sender
            && sender.ready().await.is_ok()
        {
            self.place.idle.borrow_mut().push((sender, self.target));
        }
    }
}
