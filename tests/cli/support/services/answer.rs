//! What each service answers while all is well.

use std::fmt::Write as _;
use std::io::Write;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::state::State;
use super::{Host, Request};

/// The id of a snap, which its downloads are named after.
const ID: &str = "99T7MUlRhtI3U0QFgl5mXXESAiSwt776";

/// A request to one of the hosts.
pub(super) struct Asked<'a> {
    pub(super) host: Host,
    /// Without what tells the hosts apart.
    pub(super) path: &'a str,
    pub(super) request: &'a Request,
}

impl Asked<'_> {
    /// Path and query, as a person would write them.
    pub(super) fn told(&self) -> String {
        let mut told = self.path.to_owned();
        for (number, (name, value)) in self.request.parameters().into_iter().enumerate() {
            let _ = write!(told, "{}{name}={value}", if number == 0 { '?' } else { '&' });
        }
        told
    }

    /// The target of a request for the same below another path.
    pub(super) fn target(&self, below: &str) -> String {
        let query = &self.request.query;
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        format!("{}{below}{}{query}", self.host.prefix(), self.path)
    }

    /// What the service says when there is no such thing.
    pub(super) fn not_found(&self) -> Answer {
        let status = "404 Not Found";
        match self.host {
            Host::Store | Host::StagingStore => {
                let error = json!({"code": "resource-not-found", "message": "No snap named 'x' found in series '16'."});
                Answer::json(status, &json!({"error-list": [error]}).to_string())
            }
            Host::Launchpad => Answer::text(status, "Object: <lp.systemhomes.WebServiceApplication>, name: 'x'"),
            Host::GitHub => {
                let docs = "https://docs.github.com/rest/actions/workflow-runs";
                let body = json!({"message": "Not Found", "documentation_url": docs, "status": "404"});
                Answer::json(status, &body.to_string())
            }
            Host::Pypi => Answer::json(status, &json!({"message": "Not Found"}).to_string()),
            Host::Npm => Answer::json(status, &json!("Not Found").to_string()),
            Host::Crates => Answer::text(status, ""),
            Host::Dashboard | Host::StagingDashboard | Host::Login | Host::StagingLogin => {
                Answer::page(status, "<html><body><h1>Not Found</h1></body></html>\n")
            }
        }
    }

    /// The one value of a parameter, which has to be there once.
    fn parameter(&self, name: &str) -> Result<String, Answer> {
        let mut values = self.request.parameters().into_iter().filter(|(known, _)| known == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Ok(value),
            (None, _) | (_, Some(_)) => Err(Answer::bad(&format!("{name} has to be given once: {}", self.told()))),
        }
    }

    /// Checks that a parameter has this value.
    fn is(&self, name: &str, value: &str) -> Result<(), Answer> {
        match self.parameter(name)? {
            given if given == value => Ok(()),
            given => Err(Answer::bad(&format!("{name} is {given:?}"))),
        }
    }
}

/// An answer that has not been sent yet.
pub(super) struct Answer {
    status: &'static str,
    kind: &'static str,
    headers: Vec<String>,
    pub(super) body: String,
}

impl Answer {
    fn new(status: &'static str, kind: &'static str, body: &str) -> Self {
        Answer { status, kind, headers: Vec::new(), body: body.to_owned() }
    }

    pub(super) fn json(status: &'static str, body: &str) -> Self {
        Answer::new(status, "application/json", body)
    }

    pub(super) fn page(status: &'static str, body: &str) -> Self {
        Answer::new(status, "text/html; charset=utf-8", body)
    }

    fn text(status: &'static str, body: &str) -> Self {
        Answer::new(status, "text/plain", body)
    }

    fn bad(reason: &str) -> Self {
        Answer::text("400 Bad Request", reason)
    }

    pub(super) fn header(mut self, line: String) -> Self {
        self.headers.push(line);
        self
    }

    pub(super) fn with_headers(self, headers: Vec<String>) -> Self {
        Answer { headers, ..self }
    }

    pub(super) fn with_status(self, status: &'static str) -> Self {
        Answer { status, ..self }
    }

    pub(super) fn with_body(self, change: impl FnOnce(&str) -> String) -> Self {
        Answer { body: change(&self.body), ..self }
    }

    pub(super) fn send(&self, stream: &TcpStream) -> std::io::Result<()> {
        self.send_with_length(stream, self.body.len())
    }

    /// Sends it, whatever `Content-Length` says.
    pub(super) fn send_with_length(&self, mut stream: &TcpStream, length: usize) -> std::io::Result<()> {
        let head = self.head(&format!("Content-Length: {length}"));
        stream.write_all(head.as_bytes())?;
        stream.write_all(self.body.as_bytes())
    }

    /// Sends it without a length, and with this behind it.
    pub(super) fn send_in_chunks(&self, mut stream: &TcpStream, trailer: &str) -> std::io::Result<()> {
        let (head, body) = (self.head("Transfer-Encoding: chunked"), &self.body);
        write!(stream, "{head}{:x}\r\n{body}\r\n0\r\n{trailer}\r\n\r\n", body.len())
    }

    fn head(&self, length: &str) -> String {
        let mut head = format!("HTTP/1.1 {}\r\nServer: gunicorn\r\nContent-Type: {}\r\n", self.status, self.kind);
        for header in &self.headers {
            let _ = write!(head, "{header}\r\n");
        }
        let _ = write!(head, "{length}\r\nVary: Accept, Snap-Device-Series\r\nConnection: close\r\n\r\n");
        head
    }
}

/// The answer to a request.
pub(super) fn answer(asked: &Asked<'_>, state: &State) -> Answer {
    if asked.request.method != "GET" {
        return Answer::text("405 Method Not Allowed", "GET only");
    }
    let segments = asked.path.split('/').skip(1).collect::<Vec<_>>();
    let answer = match (asked.host, segments.as_slice()) {
        (Host::Store | Host::StagingStore, ["v2", "snaps", "info", snap]) => snap_info(asked, state, snap),
        (Host::Store | Host::StagingStore, ["api", "v1", "snaps", "download", file]) => download(asked, state, file),
        (Host::Launchpad, ["1.0", "ubuntu", "+archive", "primary"]) => published_sources(asked, state),
        (Host::GitHub, ["repos", owner, name, "actions", "workflows", workflow, "runs"]) => {
            workflow_runs(asked, state, &format!("{owner}/{name}"), workflow)
        }
        (Host::GitHub, ["repos", owner, name, "releases"]) => releases(asked, state, &format!("{owner}/{name}")),
        (Host::Pypi, ["pypi", name, "json"]) => pypi(asked, state, name),
        (Host::Npm, ["-", "package", name, "dist-tags"]) => dist_tags(asked, state, name),
        (Host::Crates, [.., name]) => index(asked, state, name),
        (_, _) => Ok(page(asked, state)),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

/// A page that says in a header which revision is deployed.
fn page(asked: &Asked<'_>, state: &State) -> Answer {
    match state.pages.get(&(asked.host, asked.path.to_owned())) {
        Some((name, value)) => Answer::text("200 OK", "Hello").header(format!("{name}: {value}")),
        None => asked.not_found(),
    }
}

/// <https://api.snapcraft.io/docs/info.html>
fn snap_info(asked: &Asked<'_>, state: &State, snap: &str) -> Result<Answer, Answer> {
    if asked.request.header("snap-device-series") != "16" || asked.request.header("user-agent").is_empty() {
        let error = json!({"code": "missing-header", "message": "Snap-Device-Series and User-Agent are mandatory"});
        return Err(Answer::json("400 Bad Request", &json!({"error-list": [error]}).to_string()));
    }
    asked.parameter("architecture")?;
    let fields = asked.parameter("fields")?;
    if !["revision,version", "revision,download"].contains(&fields.as_str()) {
        return Err(Answer::bad(&format!("fields is {fields:?}")));
    }
    // Sorted, as there, and of all architectures, so that no extractor can rely on the order or on what was left out.
    let of_snap = state.revisions.iter().filter(|([name, ..], _)| name == snap);
    let channels = of_snap.map(|([_, track, risk, arch], revision)| {
        let name = if track == "latest" { risk.clone() } else { format!("{track}/{risk}") };
        let channel = json!({"architecture": arch, "name": name, "released-at": "2026-11-20T08:09:09.123456+00:00",
            "risk": risk, "track": track});
        let mut entry = json!({"channel": channel, "revision": revision, "version": format!("16-2.{revision}")});
        if let Some(download) = state.downloads.get(&(asked.host, snap.to_owned(), *revision)) {
            let (to, below) = (asked.request.header("host"), asked.host.prefix());
            let url = format!("http://{to}{below}/api/v1/snaps/download/{ID}_{revision}.snap");
            entry["download"] = json!({"deltas": [], "sha3-384": download.sum, "size": download.size, "url": url});
        }
        entry
    });
    let channels = channels.collect::<Vec<_>>();
    if channels.is_empty() {
        return Err(asked.not_found());
    }
    let body = json!({"channel-map": channels, "default-track": Value::Null, "name": snap, "snap": {}, "snap-id": ID});
    Ok(Answer::json("200 OK", &body.to_string()))
}

fn download(asked: &Asked<'_>, state: &State, file: &str) -> Result<Answer, Answer> {
    let revision = file.strip_prefix(ID).and_then(|rest| rest.strip_prefix('_')?.strip_suffix(".snap")?.parse().ok());
    let mut offered = state.downloads.iter().filter(|((host, _, of), _)| *host == asked.host && Some(*of) == revision);
    let (_, download) = offered.next().ok_or_else(|| asked.not_found())?;
    Ok(Answer::new("200 OK", "application/octet-stream", &download.content))
}

/// <https://launchpad.net/+apidoc/1.0.html#archive-getPublishedSources>
fn published_sources(asked: &Asked<'_>, state: &State) -> Result<Answer, Answer> {
    for (name, value) in
        [("ws.op", "getPublishedSources"), ("exact_match", "true"), ("status", "Published"), ("order_by_date", "true")]
    {
        asked.is(name, value)?;
    }
    let (package, pocket) = (asked.parameter("source_name")?, asked.parameter("pocket")?);
    let series = asked.parameter("distro_series")?;
    let series = series.strip_prefix("/ubuntu/").ok_or_else(|| Answer::bad("distro_series is no address"))?;
    if !["Release", "Security", "Updates", "Proposed", "Backports"].contains(&pocket.as_str()) {
        return Err(Answer::bad(&format!("pocket: Invalid value \"{pocket}\".")));
    }
    if !state.versions.keys().any(|[_, known, _]| known == series) {
        return Err(Answer::bad(&format!("distro_series: No such object \"/ubuntu/{series}\".")));
    }
    let archive = "https://api.launchpad.net/1.0/ubuntu/+archive/primary";
    let versions = state.versions.get(&[package.clone(), series.to_owned(), pocket.clone()]);
    let entries = versions.into_iter().flatten().enumerate().map(|(number, version)| {
        json!({"self_link": format!("{archive}/+sourcepub/{number}"), "display_name": format!("{package} {version} in {series}"),
            "archive_link": archive, "distro_series_link": format!("https://api.launchpad.net/1.0/ubuntu/{series}"),
            "source_package_name": package, "source_package_version": version, "pocket": pocket, "status": "Published",
            "component_name": "main", "date_superseded": Value::Null})
    });
    let entries = entries.collect::<Vec<_>>();
    let body = json!({"start": 0, "total_size": entries.len(), "entries": entries});
    Ok(Answer::json("200 OK", &body.to_string()))
}

/// Who may ask GitHub.
fn authorize(asked: &Asked<'_>, state: &State) -> Result<(), Answer> {
    if asked.request.header("user-agent").is_empty() {
        return Err(Answer::text("403 Forbidden", "Request forbidden by administrative rules."));
    }
    let authorization = asked.request.all("authorization");
    let wanted = state.token.as_ref().map(|token| format!("Bearer {token}"));
    if authorization != wanted.iter().map(String::as_str).collect::<Vec<_>>() {
        let body = json!({"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"});
        return Err(Answer::json("401 Unauthorized", &body.to_string()));
    }
    Ok(())
}

/// <https://docs.github.com/rest/releases/releases>
fn releases(asked: &Asked<'_>, state: &State, repository: &str) -> Result<Answer, Answer> {
    authorize(asked, state)?;
    let per_page = asked.parameter("per_page")?.parse().unwrap_or(0);
    if !(1..=100).contains(&per_page) {
        return Err(Answer::bad("per_page"));
    }
    let known = state.releases.get(repository).ok_or_else(|| asked.not_found())?;
    let releases = known.iter().take(per_page).map(|(tag, prerelease, draft)| {
        json!({"id": 1, "tag_name": tag, "name": format!("Release {tag}"), "prerelease": prerelease, "draft": draft})
    });
    Ok(Answer::json("200 OK", &Value::from(releases.collect::<Vec<_>>()).to_string()))
}

/// <https://docs.pypi.org/api/json/>: another spelling of a name is redirected.
fn pypi(asked: &Asked<'_>, state: &State, name: &str) -> Result<Answer, Answer> {
    let versions = state.packages.get(&(Host::Pypi, name.to_owned())).ok_or_else(|| asked.not_found())?;
    let releases: serde_json::Map<String, Value> =
        versions.iter().map(|(version, _)| (version.clone(), json!([]))).collect();
    let (newest, shown) = versions.last().expect("a package has a version");
    let info = json!({"name": shown, "version": newest, "yanked": false, "summary": "x"});
    Ok(Answer::json("200 OK", &json!({"info": info, "releases": releases, "urls": []}).to_string()))
}

/// The tags of a package, whose name is one part of the path.
fn dist_tags(asked: &Asked<'_>, state: &State, name: &str) -> Result<Answer, Answer> {
    let name = name.replace("%2f", "/");
    let tags = state.packages.get(&(Host::Npm, name)).ok_or_else(|| asked.not_found())?;
    let tags: serde_json::Map<String, Value> =
        tags.iter().map(|(tag, version)| (tag.clone(), json!(version))).collect();
    Ok(Answer::json("200 OK", &Value::from(tags).to_string()))
}

/// <https://doc.rust-lang.org/cargo/reference/registry-index.html>
fn index(asked: &Asked<'_>, state: &State, name: &str) -> Result<Answer, Answer> {
    let path = match name.len() {
        1 | 2 => format!("/{}/{name}", name.len()),
        3 => format!("/3/{}/{name}", &name[..1]),
        _ => format!("/{}/{}/{name}", &name[..2], &name[2..4]),
    };
    let found = state
        .packages
        .iter()
        .find(|((host, known), _)| *host == Host::Crates && known.to_ascii_lowercase() == name && path == asked.path);
    let ((_, known), versions) = found.ok_or_else(|| asked.not_found())?;
    let lines = versions.iter().map(|(version, what)| {
        json!({"name": known, "vers": version, "deps": [], "cksum": "x", "features": {}, "yanked": what == "yanked"})
            .to_string()
            + "\n"
    });
    Ok(Answer::text("200 OK", &lines.collect::<String>()))
}

/// <https://docs.github.com/rest/actions/workflow-runs>
fn workflow_runs(asked: &Asked<'_>, state: &State, repository: &str, workflow: &str) -> Result<Answer, Answer> {
    authorize(asked, state)?;
    asked.is("status", "success")?;
    let per_page = asked.parameter("per_page")?.parse().unwrap_or(0);
    if !(1..=100).contains(&per_page) {
        return Err(Answer::bad("per_page"));
    }
    let branch = asked.parameter("branch")?;
    let Some(number) = state.runs.get(&[repository.to_owned(), workflow.to_owned(), branch.clone()]) else {
        return Err(asked.not_found());
    };
    // The branch of a fork may have the same name, and its newest run may be newer.
    let fork = number.map(|number| (number + 1, "somebody/else"));
    let own = number.map(|number| (number, repository));
    let runs = fork.into_iter().chain(own).map(|(number, head)| {
        json!({"id": 30_433_642 + number, "name": "Build", "head_branch": branch, "run_number": number, "run_attempt": 1,
            "head_sha": "acb5820ced9479c074f688cc328bf03f341a511d", "event": "push", "status": "completed",
            "conclusion": "success", "path": format!(".github/workflows/{workflow}"),
            "repository": {"full_name": repository}, "head_repository": {"full_name": head}})
    });
    let runs = runs.take(per_page).collect::<Vec<_>>();
    let body = json!({"total_count": 562, "workflow_runs": runs});
    Ok(Answer::json("200 OK", &body.to_string()))
}
