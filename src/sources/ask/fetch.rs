//! One request on its way: redirects by hand, limits, and who may see what.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue, LOCATION, PROXY_AUTHORIZATION,
    RETRY_AFTER, USER_AGENT,
};
use hyper::{Method, Request as HttpRequest, Response};

use super::super::git_protocol::{Advertised, Refs, advertised, listed, ls_refs};
use super::super::plan::{Asks, Request};
use super::body::{packing, read};
use super::connect::RequestTarget;
use super::pool::Loan;
use super::{Answer, AnswerBody, AskError, Session};
use crate::core::web_url::{Scheme, WebUrl};

/// How often a redirect is followed.
pub(super) const MAX_REDIRECTS: usize = 5;

/// How long it is waited before a request is sent once more.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

const AGENT: &str = concat!("git-spread-cron/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");

/// The refs that options may name: every branch, every tag, and the rest by its full name.
const GIT_PREFIXES: [&str; 2] = ["HEAD", "refs/"];

/// What is sent.
#[derive(Clone)]
enum Sent {
    Get,
    Post(Vec<u8>),
}

/// See the module's documentation.
pub(super) struct Fetch<'a> {
    pub(super) session: &'a Session,
    pub(super) request: &'a Request,
}

impl Fetch<'_> {
    /// Sends the request, and everything that it leads to.
    pub(super) async fn run(self) -> Result<Answer, AskError> {
        match self.request.asks {
            Asks::Headers | Asks::Body => {
                let url = self.request.url.clone();
                let (answer, _) = self.follow(url, &Sent::Get, self.request.asks).await?;
                Ok(answer)
            }
            Asks::Refs => self.refs().await,
        }
    }

    /// The refs of a repository.
    async fn refs(&self) -> Result<Answer, AskError> {
        const SERVICE: &str = "/info/refs";
        let place = |url: &WebUrl, end: &str| {
            let (path, query) =
                url.path.split_once('?').map_or((url.path.as_str(), None), |(path, query)| (path, Some(query)));
            let path = format!("{}{end}", path.trim_end_matches('/'));
            let path = query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
            WebUrl { path, ..url.clone() }
        };
        let base = &self.request.url;
        let mut url = place(base, SERVICE);
        url.path.push(if url.path.contains('?') { '&' } else { '?' });
        url.path.push_str("service=git-upload-pack");
        let answered = self.follow(url, &Sent::Get, Asks::Body).await;
        let (answer, last) = match answered {
            Ok(answered) => answered,
            Err(AskError::Status { status: 401, .. }) => return Err(AskError::NeedsGit),
            Err(err) => return Err(err),
        };
        let kind = answer.headers.iter().find(|(name, _)| name == "content-type").map(|(_, text)| text.as_str());
        let AnswerBody::Text(body) = &answer.body else { return Err(AskError::NotGit) };
        if kind != Some("application/x-git-upload-pack-advertisement") {
            // A server that only hands out files; but a page that says so is no server at all.
            let is_dumb = body.len() >= 41 && body[..40].iter().all(u8::is_ascii_hexdigit) && body[40] == b'\t';
            let host = last.origin.host.clone();
            return Err(if is_dumb { AskError::NeedsGit } else { AskError::NotAGitServer { host } });
        }
        let refs = match advertised(body).map_err(|_| AskError::NotGit)? {
            Advertised::Refs(refs) => refs,
            Advertised::Version2 { object_format } => {
                // What the answer was redirected to is where the repository is.
                let end = last.path.find(SERVICE).ok_or(AskError::NotGit)?;
                let url = WebUrl { path: format!("{}/git-upload-pack", &last.path[..end]), ..last.clone() };
                let prefixes = GIT_PREFIXES.map(str::to_owned);
                let command = ls_refs(object_format.as_deref(), &prefixes);
                let (answer, _) = self.follow(url, &Sent::Post(command), Asks::Body).await?;
                match answer.body {
                    AnswerBody::Text(body) => listed(&body).map_err(|_| AskError::NotGit)?,
                    AnswerBody::None | AnswerBody::Refs(_) => Refs::default(),
                }
            }
        };
        Ok(Answer { body: AnswerBody::Refs(refs), ..answer })
    }

    /// Sends a request, and follows redirects. Gives the address that answered, too.
    async fn follow(&self, url: WebUrl, method: &Sent, asks: Asks) -> Result<(Answer, WebUrl), AskError> {
        let mut url = url;
        for _ in 0..=MAX_REDIRECTS {
            match self.twice(&url, method, asks).await? {
                AfterRequest::Answer(answer) => return Ok((answer, url)),
                AfterRequest::Redirect(location) => {
                    url = next_hop(&url, &location)?;
                }
            }
        }
        Err(AskError::TooManyRedirects { host: url.origin.host })
    }

    /// Sends a request to one place; once more after a pause if what went wrong often passes.
    async fn twice(&self, url: &WebUrl, method: &Sent, asks: Asks) -> Result<AfterRequest, AskError> {
        match self.once(url, method, asks).await {
            Err(AskError::Cut { .. } | AskError::Status { status: 500 | 502 | 503 | 504, .. }) => {
                tokio::time::sleep(RETRY_PAUSE).await;
                self.once(url, method, asks).await
            }
            step => step,
        }
    }

    /// Sends a request to one place, when it is its turn.
    async fn once(&self, url: &WebUrl, method: &Sent, asks: Asks) -> Result<AfterRequest, AskError> {
        let host = &url.origin.host;
        let of_host = self.session.host(host);
        let _host = of_host.acquire().await.expect("it is never closed");
        let _total = self.session.total.acquire().await.expect("it is never closed");
        self.session.left_alone.check(host)?;
        let limit = self.request.time_limit;
        match tokio::time::timeout(limit, self.exchange(url, method, asks)).await {
            Ok(step) => step,
            Err(_) => Err(AskError::TimedOut { host: host.clone(), limit }),
        }
    }

    async fn exchange(&self, url: &WebUrl, method: &Sent, asks: Asks) -> Result<AfterRequest, AskError> {
        let host = &url.origin.host;
        let (response, loan) = self.send(url, method).await?;
        let status = response.status().as_u16();
        let headers = response.headers();
        let text = |name: HeaderName| headers.get(name).and_then(|text| text.to_str().ok()).map(str::to_owned);
        if matches!(status, 301 | 302 | 303 | 307 | 308)
            && let Some(location) = text(LOCATION)
        {
            return Ok(AfterRequest::Redirect(location));
        }
        if let (429 | 503, Some(after)) = (status, text(RETRY_AFTER)) {
            let after: String = after.chars().take(40).collect();
            self.session.left_alone.add(host, status, after);
            return Err(self.session.left_alone.check(host).expect_err("it was just added"));
        }
        if !(200..300).contains(&status) {
            return Err(AskError::Status { url: url.to_string(), status });
        }
        let named =
            headers.iter().filter_map(|(name, text)| Some((name.as_str().to_owned(), text.to_str().ok()?.to_owned())));
        let named: Vec<(String, String)> = named.collect();
        let body = match asks {
            Asks::Headers => AnswerBody::None,
            Asks::Body | Asks::Refs => {
                let packing = packing(headers, host)?;
                let bytes = read(response.into_body(), packing, host).await?;
                loan.give_back().await;
                AnswerBody::Text(bytes)
            }
        };
        Ok(AfterRequest::Answer(Answer { status, headers: named, body }))
    }

    /// Sends a request over a connection that is there, or a new one if that one turns out to be gone.
    async fn send(&self, url: &WebUrl, method: &Sent) -> Result<(Response<Incoming>, Loan), AskError> {
        let Session { pool, .. } = self.session;
        let failed = |err: hyper::Error| failure(&err, &url.origin.host);
        let mut loan = pool.get(&url.origin).await?;
        let is_stale = loan.may_be_stale();
        let sent = loan.send(self.message(url, method, &loan)).await;
        match sent {
            Ok(response) => Ok((response, loan)),
            Err(err) if is_stale && !err.is_parse() => {
                let mut loan = pool.fresh(&url.origin).await?;
                let response = loan.send(self.message(url, method, &loan)).await.map_err(failed)?;
                Ok((response, loan))
            }
            Err(err) => Err(failed(err)),
        }
    }

    fn message(&self, url: &WebUrl, method: &Sent, loan: &Loan) -> HttpRequest<Full<Bytes>> {
        let (name, body) = match method {
            Sent::Get => (Method::GET, Bytes::new()),
            Sent::Post(body) => (Method::POST, Bytes::from(body.clone())),
        };
        let is_whole = !loan.needs_host() || matches!(loan.target, RequestTarget::Whole { .. });
        let uri = if is_whole { format!("{}{}", url.origin, url.path) } else { url.path.clone() };
        let mut message = HttpRequest::new(Full::new(body));
        *message.method_mut() = name;
        *message.uri_mut() = uri.parse().unwrap_or_default();
        let headers = message.headers_mut();
        let mut add = |name: HeaderName, text: &str| {
            if let Ok(text) = HeaderValue::from_str(text) {
                headers.append(name, text);
            }
        };
        if loan.needs_host() {
            add(HOST, &url.origin.authority());
        }
        add(USER_AGENT, AGENT);
        add(ACCEPT_ENCODING, "gzip");
        if self.request.asks == Asks::Refs {
            add(HeaderName::from_static("git-protocol"), "version=2");
            if matches!(method, Sent::Post(_)) {
                add(CONTENT_TYPE, "application/x-git-upload-pack-request");
                add(hyper::header::ACCEPT, "application/x-git-upload-pack-result");
            }
        }
        // What options add, and credentials, are for the origin that they were meant for.
        if url.origin == self.request.url.origin {
            for (name, text) in &self.request.headers {
                if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                    add(name, text);
                }
            }
            if let Some(secret) = &self.request.secret
                && let Ok(mut text) = HeaderValue::from_str(&secret.0)
            {
                text.set_sensitive(true);
                headers.insert(AUTHORIZATION, text);
            }
        }
        if let RequestTarget::Whole { proxy_authorization: Some(password) } = &loan.target {
            headers.insert(PROXY_AUTHORIZATION, password.clone());
        }
        message
    }
}

/// Where a redirect leads.
pub(super) fn next_hop(url: &WebUrl, location: &str) -> Result<WebUrl, AskError> {
    let host = url.origin.host.clone();
    let next = url.join(location).map_err(|reason| AskError::BadRedirect { host: host.clone(), reason })?;
    match (url.origin.scheme, next.origin.scheme) {
        (Scheme::Https, Scheme::Http) => Err(AskError::Downgrade { host }),
        (Scheme::Https, Scheme::Https) | (Scheme::Http, _) => Ok(next),
    }
}

/// What one request led to.
enum AfterRequest {
    Answer(Answer),
    Redirect(String),
}

fn failure(err: &hyper::Error, host: &str) -> AskError {
    let host = host.to_owned();
    match err {
        err if err.is_parse() && err.to_string().contains("too large") => AskError::HeadersTooLong { host },
        err if err.is_parse() => AskError::NotHttp { host, reason: crate::error::chain(err) },
        err => AskError::Cut { host, reason: crate::error::chain(err) },
    }
}
