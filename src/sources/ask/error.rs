//! Why a request got no answer that counts. Each is one line that names the host.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::body::MAX_BODY;
use crate::core::web_url::UrlError;

/// See the module's documentation. Several resources may share one.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("{url} answered with status {status}{}", meaning(*status))]
    Status { url: String, status: u16 },
    #[error("{host} asked to be left alone (status {status}, Retry-After: {after})")]
    LeftAlone { host: String, status: u16, after: String },
    #[error("cannot resolve the host {host}: {reason}")]
    Resolve { host: String, reason: String },
    #[error(
        "the host {host} has the {kind} address {address}, which is not asked; allow it with: \
         git config --add spread-cron.allowPrivate {host}"
    )]
    Refused { host: String, address: IpAddr, kind: &'static str },
    #[error("cannot connect to {host}: {reason}")]
    Connect { host: String, reason: String },
    #[error("{host} cannot prove who it is: {reason}")]
    Tls { host: String, reason: String },
    #[error("there are no certificate authorities to check {host} with; set SSL_CERT_FILE")]
    NoAuthorities { host: String },
    #[error("the proxy {proxy} {reason}")]
    Proxy { proxy: String, reason: String },
    #[error("{host} did not answer within {limit:?}")]
    TimedOut { host: String, limit: Duration },
    #[error("{host} ended the connection in the middle of the answer: {reason}")]
    Cut { host: String, reason: String },
    #[error("{host} does not answer in HTTP: {reason}")]
    NotHttp { host: String, reason: String },
    #[error("the answer of {host} has more than 64 KiB of headers")]
    HeadersTooLong { host: String },
    #[error("the answer of {host} is longer than {} MiB", MAX_BODY / 1024 / 1024)]
    BodyTooLong { host: String },
    #[error("the answer of {host} has the encoding {encoding:?}, which was not asked for")]
    Encoding { host: String, encoding: String },
    #[error("the answer of {host} is not the gzip that it says it is")]
    BadGzip { host: String },
    #[error("{host} redirects more than {} times", super::fetch::MAX_REDIRECTS)]
    TooManyRedirects { host: String },
    #[error("{host} redirects from https to http, which is not followed")]
    Downgrade { host: String },
    #[error("{host} redirects to an address that cannot be asked: {reason}")]
    BadRedirect { host: String, reason: UrlError },
    #[error("{host} is not a git server")]
    NotAGitServer { host: String },
    #[error("the answer is not what a git server says")]
    NotGit,
    /// The server wants a password, or speaks a protocol that only the git program knows.
    #[error("only the git program can ask this server")]
    NeedsGit,
    #[error("cannot begin to ask: {0}")]
    Runtime(Arc<std::io::Error>),
    #[error("interrupted")]
    Interrupted,
}

/// What people call a status.
fn meaning(status: u16) -> &'static str {
    match status {
        301 | 302 | 303 | 307 | 308 => " (a redirect without a place)",
        400 => " (bad request)",
        401 => " (unauthorized)",
        403 => " (forbidden)",
        404 => " (not found)",
        410 => " (gone)",
        429 => " (too many requests)",
        500 => " (internal server error)",
        502 => " (bad gateway)",
        503 => " (service unavailable)",
        504 => " (gateway timeout)",
        _ => "",
    }
}
