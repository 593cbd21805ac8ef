//! Declared sources over TLS: authorities, HTTP/2 over one connection, and proxies that only get to tunnel.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use predicates::prelude::*;
use predicates::str::contains;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::support::{Repo, Sandbox};

/// A server whose certificate comes from an authority that only the test configures.
struct Secure {
    port: u16,
    connections: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Secure {
    fn start(sandbox: &Sandbox, protocols: &[&str]) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        fs::write(sandbox.path("authority.pem"), authority.pem()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (counted, known) = (Arc::clone(&connections), Arc::clone(&asked));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let (acceptor, known) = (acceptor.clone(), Arc::clone(&known));
                    tokio::spawn(async move {
                        let Ok(stream) = acceptor.accept(stream).await else { return };
                        let is_h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                        let service = service_fn(move |request| answer(request, Arc::clone(&known), port));
                        let stream = TokioIo::new(stream);
                        if is_h2 {
                            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                            drop(builder.serve_connection(stream, service).await);
                        } else {
                            drop(hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await);
                        }
                    });
                }
            });
        });
        Secure { port, connections, asked }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

async fn answer(
    request: Request<Incoming>,
    known: Arc<Mutex<Vec<String>>>,
    port: u16,
) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    let path = request.uri().path().to_owned();
    known.lock().unwrap().push(format!("{:?} {path}", request.version()));
    let builder = match path.as_str() {
        "/down" => Response::builder().status(302).header("location", format!("http://localhost:{port}/x")),
        "/around" => Response::builder().status(302).header("location", "/x"),
        _ => Response::builder(),
    };
    Ok(builder.body(Full::new(Bytes::from(format!("value of {path}")))).unwrap())
}

fn project<'s>(sandbox: &'s Sandbox, secure: &Secure, count: usize) -> (Repo<'s>, Repo<'s>) {
    sandbox.config("spread-cron.allowPrivate", "localhost");
    sandbox.project(|history| {
        for number in 0..count {
            let url = secure.url(&format!("/{number}"));
            history.branch(&format!("page-{number}")).options(format!("source=http\nurl={url}\nmessage=New\n"));
        }
    })
}

#[test]
fn many_requests_to_a_host_that_speaks_http_2_share_one_connection() {
    let sandbox = Sandbox::new();
    let secure = Secure::start(&sandbox, &["h2", "http/1.1"]);
    let (remote, clone) = project(&sandbox, &secure, 40);
    let poll = || clone.cmd(["poll"]).env("SSL_CERT_FILE", sandbox.path("authority.pem"));
    poll().run().report(contains("40 first"));
    assert_eq!(remote.subjects("page-7")[0], "New (value of /7)");
    let asked = secure.take_asked();
    assert!(asked.len() == 40 && asked.iter().all(|line| line.starts_with("HTTP/2.0 ")), "{asked:?}");
    assert_eq!(secure.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn a_host_that_speaks_http_1_gets_a_few_connections() {
    let sandbox = Sandbox::new();
    let secure = Secure::start(&sandbox, &["http/1.1"]);
    let (_, clone) = project(&sandbox, &secure, 40);
    clone.cmd(["poll"]).env("SSL_CERT_FILE", sandbox.path("authority.pem")).run().report(contains("40 first"));
    assert!(secure.take_asked().iter().all(|line| line.starts_with("HTTP/1.1 ")));
    assert!(secure.connections.load(Ordering::SeqCst) <= 8);
}

#[test]
fn who_cannot_prove_who_it_is_is_not_asked() {
    let sandbox = Sandbox::new();
    let secure = Secure::start(&sandbox, &["h2"]);
    fs::copy(sandbox.path("authority.pem"), sandbox.path("good.pem")).unwrap();
    let other = Secure::start(&sandbox, &["h2"]);
    sandbox.config("spread-cron.allowPrivate", "localhost");
    let (remote, clone) = sandbox.project(|history| {
        let mut page = |name: &str, url: String| {
            history.branch(name).options(format!("source=http\nurl={url}\nmessage=New\n"));
        };
        page("good", secure.url("/around"));
        page("down", secure.url("/down"));
        page("other", other.url("/"));
        page("name", secure.url("/").replace("localhost", "127.0.0.2"));
    });
    sandbox.config("spread-cron.allowPrivate", "127.0.0.2");
    let cmd = clone.cmd(["poll", "--format", "json"]).env("SSL_CERT_FILE", sandbox.path("good.pem"));
    let poll = cmd.run().exit(1).stderr(predicate::always()).poll();
    assert_eq!(remote.subjects("good")[0], "New (value of /x)");
    assert!(poll.resource("down").failure().contains("redirects from https to http, which is not followed"));
    assert!(poll.resource("other").failure().contains("localhost cannot prove who it is"));
    assert!(poll.resource("name").failure().contains("127.0.0.2"), "nothing listens there, or the name is wrong");
    assert_eq!(other.take_asked(), [""; 0]);
}

/// A proxy that only tunnels, and writes down its requests.
fn tunnel() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::new(Mutex::new(Vec::new()));
    let known = Arc::clone(&told);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let known = Arc::clone(&known);
            thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut lines = Vec::new();
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
                        break;
                    }
                    lines.push(line.trim().to_owned());
                }
                let first = lines.first().cloned().unwrap_or_default();
                known.lock().unwrap().push(lines.join("; "));
                let Some(place) = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
                    return;
                };
                let Ok(mut server) = TcpStream::connect(place) else { return };
                let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
                let (mut to, mut from) = (server.try_clone().unwrap(), stream.try_clone().unwrap());
                thread::spawn(move || drop(std::io::copy(&mut from, &mut to)));
                let _ = std::io::copy(&mut server, &mut stream);
            });
        }
    });
    (port, told)
}

#[test]
fn a_proxy_gets_to_see_nothing_of_https() {
    let sandbox = Sandbox::new();
    let secure = Secure::start(&sandbox, &["h2", "http/1.1"]);
    let (_, clone) = project(&sandbox, &secure, 12);
    let (port, told) = tunnel();
    let poll = clone.cmd(["poll"]).env("SSL_CERT_FILE", sandbox.path("authority.pem"));
    poll.env("https_proxy", format!("http://127.0.0.1:{port}")).run().report(contains("12 first"));
    let told = told.lock().unwrap().clone();
    assert_eq!(told, [format!("CONNECT localhost:{0} HTTP/1.1; Host: localhost:{0}", secure.port)]);
    let poll = clone.cmd(["poll"]).env("SSL_CERT_FILE", sandbox.path("authority.pem"));
    let poll = poll.env("https_proxy", "http://127.0.0.1:1").env("no_proxy", "localhost");
    poll.run().report(contains("12 unchanged"));
    let poll = clone.cmd(["poll", "page-1"]).env("https_proxy", "http://127.0.0.1:1");
    poll.run().exit(1).report(contains("the proxy 127.0.0.1 is not there"));
}
