//! Connections: names are resolved, every address is checked, and only what was checked is connected to.

use std::cell::OnceCell;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use hyper::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::super::guard::Allowed;
use super::AskError;
use crate::core::web_url::{Origin, Scheme};

/// The longest answer of a proxy to CONNECT.
const MAX_CONNECT_ANSWER: usize = 64 * 1024;

/// A stream to a server, encrypted or not.
pub(super) trait ServerStream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> ServerStream for S {}

/// What is spoken on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// How a request has to name what it asks for.
#[derive(Clone, Debug)]
pub(super) enum RequestTarget {
    /// By its path.
    Path,
    /// By the whole address, for it goes to a proxy, which may want a password.
    Whole { proxy_authorization: Option<hyper::header::HeaderValue> },
}

/// A connection that was made.
pub(super) struct Connected {
    pub(super) stream: Box<dyn ServerStream>,
    pub(super) protocol: Protocol,
    pub(super) target: RequestTarget,
}

/// Where the addresses of a name come from.
#[derive(Clone, Debug, Default)]
pub(super) enum NameSource {
    #[default]
    System,
    /// From a test: what each name has, one list for each time that it is asked for; the last one stays.
    #[cfg(test)]
    Told(Arc<std::sync::Mutex<std::collections::HashMap<String, Vec<Vec<IpAddr>>>>>),
}

impl NameSource {
    /// All addresses of a name, or the address that it is, in whatever form.
    async fn lookup(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, AskError> {
        match self {
            NameSource::System => lookup(host, port).await,
            #[cfg(test)]
            NameSource::Told(names) => {
                let told = {
                    let mut names = names.lock().expect("no test panics with it");
                    let lists = names.get_mut(host);
                    lists.map(|lists| if lists.len() > 1 { lists.remove(0) } else { lists[0].clone() })
                };
                match told {
                    Some(told) => Ok(told.into_iter().map(|address| SocketAddr::new(address, port)).collect()),
                    None => lookup(host, port).await,
                }
            }
        }
    }
}

/// See the module's documentation.
pub(super) struct Connector {
    allowed: Allowed,
    proxies: Matcher,
    names: NameSource,
    tls: OnceCell<Option<TlsConnector>>,
}

impl Connector {
    pub(super) fn new(allowed: Allowed, proxies: Matcher, names: NameSource) -> Self {
        Connector { allowed, proxies, names, tls: OnceCell::new() }
    }

    /// Connects to an origin, through a proxy if the environment says so.
    pub(super) async fn connect(&self, origin: &Origin) -> Result<Connected, AskError> {
        let host = &origin.host;
        let uri: Option<Uri> = format!("{origin}/").parse().ok();
        let proxy = uri.and_then(|uri| self.proxies.intercept(&uri));
        let (stream, target) = match &proxy {
            None => {
                let addresses = self.resolve(origin).await?;
                (first_of(&addresses, host).await?, RequestTarget::Path)
            }
            Some(proxy) => self.through(proxy, origin).await?,
        };
        // Requests are small, and waiting for more of them only costs time.
        let _ = stream.set_nodelay(true);
        match origin.scheme {
            Scheme::Http => Ok(Connected { stream: Box::new(stream), protocol: Protocol::Http1, target }),
            Scheme::Https => self.encrypt(stream, host, target).await,
        }
    }

    /// The addresses of an origin. A connection to each of them is allowed.
    async fn resolve(&self, origin: &Origin) -> Result<Vec<SocketAddr>, AskError> {
        let addresses = self.names.lookup(&origin.host, origin.port).await?;
        self.check(origin, &addresses)?;
        Ok(addresses)
    }

    fn check(&self, origin: &Origin, addresses: &[SocketAddr]) -> Result<(), AskError> {
        check(&self.allowed, origin, addresses)
    }

    /// Connects to a proxy, which the caller's environment names; for https, to the origin behind it.
    async fn through(&self, proxy: &Intercept, origin: &Origin) -> Result<(TcpStream, RequestTarget), AskError> {
        // What cannot be resolved here is left to the proxy.
        match self.names.lookup(&origin.host, origin.port).await {
            Ok(addresses) => self.check(origin, &addresses)?,
            Err(AskError::Resolve { .. }) => {}
            Err(err) => return Err(err),
        }
        let uri = proxy.uri();
        let name = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let failed = |reason: String| AskError::Proxy { proxy: name.clone(), reason };
        if uri.scheme_str() != Some("http") {
            return Err(failed(format!("speaks {}, and only http is supported", uri.scheme_str().unwrap_or("?"))));
        }
        let addresses = self
            .names
            .lookup(&name, uri.port_u16().unwrap_or(80))
            .await
            .map_err(|err| failed(format!("is not there: {err}")))?;
        let mut stream = first_of(&addresses, &name).await.map_err(|err| failed(format!("is not there: {err}")))?;
        match origin.scheme {
            Scheme::Http => Ok((stream, RequestTarget::Whole { proxy_authorization: proxy.basic_auth().cloned() })),
            Scheme::Https => {
                let host = if origin.host.contains(':') { format!("[{}]", origin.host) } else { origin.host.clone() };
                let place = format!("{host}:{}", origin.port);
                let mut request = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
                if let Some(password) = proxy.basic_auth() {
                    request.extend_from_slice(b"Proxy-Authorization: ");
                    request.extend_from_slice(password.as_bytes());
                    request.extend_from_slice(b"\r\n");
                }
                request.extend_from_slice(b"\r\n");
                let cut = |err: std::io::Error| failed(format!("ended the connection: {err}"));
                stream.write_all(&request).await.map_err(cut)?;
                let answer = connect_answer(&mut stream).await.map_err(cut)?;
                match status_of(&answer) {
                    Some(200..=299) => Ok((stream, RequestTarget::Path)),
                    Some(status) => Err(failed(format!("refused to connect to {place}, with status {status}"))),
                    None => Err(failed("did not answer CONNECT in HTTP".to_owned())),
                }
            }
        }
    }

    async fn encrypt(&self, stream: TcpStream, host: &str, target: RequestTarget) -> Result<Connected, AskError> {
        let failed = |reason: String| AskError::Tls { host: host.to_owned(), reason };
        let tls = self.tls.get_or_init(tls).as_ref();
        let tls = tls.ok_or_else(|| AskError::NoAuthorities { host: host.to_owned() })?;
        let name = ServerName::try_from(host.to_owned()).map_err(|err| failed(err.to_string()))?;
        let stream = tls.connect(name, stream).await.map_err(|err| failed(err.to_string()))?;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Protocol::Http2,
            Some(_) | None => Protocol::Http1,
        };
        Ok(Connected { stream: Box::new(stream), protocol, target })
    }
}

/// Whether all addresses of an origin may be connected to.
fn check(allowed: &Allowed, origin: &Origin, addresses: &[SocketAddr]) -> Result<(), AskError> {
    if allowed.allows_all_of(origin) {
        return Ok(());
    }
    for address in addresses.iter().map(SocketAddr::ip) {
        if let Some(kind) = allowed.refuses(address) {
            return Err(AskError::Refused { host: origin.host.clone(), address, kind });
        }
    }
    Ok(())
}

/// The checked address of an origin for another program, as `HOST:PORT:ADDRESS`; none where a proxy connects to it.
pub(super) fn pin(origin: &Origin, allowed: &Allowed, proxies: &Matcher) -> Result<Option<String>, AskError> {
    let resolved = (origin.host.as_str(), origin.port).to_socket_addrs();
    let addresses: Vec<SocketAddr> = match resolved {
        Ok(addresses) => addresses.collect(),
        Err(err) => return Err(AskError::Resolve { host: origin.host.clone(), reason: err.to_string() }),
    };
    check(allowed, origin, &addresses)?;
    let uri: Option<Uri> = format!("{origin}/").parse().ok();
    if uri.is_some_and(|uri| proxies.intercept(&uri).is_some()) {
        return Ok(None);
    }
    let address = addresses.first().map(|address| match address.ip() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    });
    Ok(address.map(|address| format!("{}:{}:{address}", origin.host, origin.port)))
}

/// What trusts the authorities of the machine, or those of `SSL_CERT_FILE`; none if there are not any.
fn tls() -> Option<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return None;
    }
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Some(TlsConnector::from(Arc::new(config)))
}

async fn lookup(host: &str, port: u16) -> Result<Vec<SocketAddr>, AskError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let resolve = |reason: String| AskError::Resolve { host: host.to_owned(), reason };
    let found = tokio::net::lookup_host((host, port)).await.map_err(|err| {
        let reason = err.to_string();
        let reason = reason.strip_prefix("failed to lookup address information: ").unwrap_or(&reason);
        resolve(reason.to_owned())
    })?;
    let addresses: Vec<SocketAddr> = found.collect();
    if addresses.is_empty() { Err(resolve("it has no address".to_owned())) } else { Ok(addresses) }
}

/// A connection to the first address that takes one.
async fn first_of(addresses: &[SocketAddr], host: &str) -> Result<TcpStream, AskError> {
    const EACH: std::time::Duration = std::time::Duration::from_secs(5);
    let mut reason = String::new();
    let (last, others) = addresses.split_last().expect("a name that resolves has an address");
    for address in others {
        match tokio::time::timeout(EACH, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(err)) => reason = err.to_string(),
            Err(_) => reason = format!("{} does not answer", address.ip()),
        }
    }
    match TcpStream::connect(last).await {
        Ok(stream) => Ok(stream),
        Err(err) => {
            let reason = if reason.is_empty() { err.to_string() } else { reason };
            Err(AskError::Connect { host: host.to_owned(), reason })
        }
    }
}

/// What a proxy says to CONNECT, byte by byte: what follows belongs to the server behind it.
async fn connect_answer(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MAX_CONNECT_ANSWER {
            return Err(std::io::Error::other("its answer has no end"));
        }
        answer.push(stream.read_u8().await?);
    }
    Ok(answer)
}

fn status_of(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?;
    line.split(' ').nth(1)?.parse().ok()
}
