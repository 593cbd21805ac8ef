//! `source="git"` against git's own web server, and against repositories that only the git program reaches.

use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Request, Sandbox, Server};

/// How the server behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Usual,
    /// It knows nothing of newer protocols.
    Old,
    /// It wants a password.
    Closed,
    /// It lies elsewhere by now.
    Moved,
}

/// `git http-backend` for the repositories of a sandbox.
fn serve(sandbox: &Sandbox, manner: Manner) -> (Server, Arc<Mutex<Vec<String>>>) {
    let (root, home): (PathBuf, PathBuf) = (sandbox.path("."), sandbox.home());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let known = Arc::clone(&asked);
    let server = Server::start(move |request: &Request, mut stream: &TcpStream| {
        let agent = if request.header("user-agent").starts_with("git/") { "git" } else { "product" };
        known.lock().unwrap().push(format!("{agent} {} {}", request.method, request.path));
        if manner == Manner::Closed && request.header("authorization") != "Basic bWU6aHVudGVyMg==" {
            let head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n";
            return stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
        }
        if manner == Manner::Moved && !request.path.starts_with("/moved/") {
            let place = format!("/moved{}?{}", request.path, request.query);
            let head = format!("HTTP/1.1 301 Moved\r\nLocation: {place}\r\nContent-Length: 0\r\n");
            return stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
        }
        let path = request.path.strip_prefix("/moved").unwrap_or(&request.path);
        let mut command = Command::new("git");
        command.arg("http-backend").env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", &home).env("GIT_PROJECT_ROOT", &root).env("GIT_HTTP_EXPORT_ALL", "1");
        command.env("REQUEST_METHOD", &request.method).env("PATH_INFO", path).env("QUERY_STRING", &request.query);
        command.env("CONTENT_TYPE", request.header("content-type")).env("REMOTE_ADDR", "127.0.0.1");
        command.env("CONTENT_LENGTH", request.body.len().to_string());
        if manner != Manner::Old {
            command.env("GIT_PROTOCOL", request.header("git-protocol"));
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        child.stdin.take().expect("it was piped").write_all(&request.body)?;
        let output = child.wait_with_output()?.stdout;
        let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(output.len());
        let head = String::from_utf8_lossy(&output[..end]).into_owned();
        let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
        let headers: String =
            head.lines().filter(|line| !line.starts_with("Status: ")).map(|line| format!("{line}\r\n")).collect();
        stream.write_all(format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n").as_bytes())?;
        stream.write_all(&output[(end + 4).min(output.len())..])
    });
    (server, asked)
}

/// A repository with two branches, tags with and without words, and what is at each.
fn repository<'s>(sandbox: &'s Sandbox, name: &str) -> Repo<'s> {
    let repo = sandbox.bare(name);
    repo.build(|history| {
        history.main();
        history.branch("topic/a").commit("A change\n");
    });
    repo.git(["tag", "v1.9", "main"]);
    repo.git(["-c", "user.name=a", "-c", "user.email=b", "tag", "-a", "-m", "x", "v1.10", "topic/a"]);
    repo.git(["tag", "nightly", "main"]);
    repo
}

fn git(url: &str, more: &str) -> String {
    format!("source=git\nurl={url}\nmessage=New\n{more}\n")
}

#[test]
fn refs_and_tags_over_http_without_the_program() {
    for manner in [Manner::Usual, Manner::Old, Manner::Moved] {
        let sandbox = Sandbox::new();
        sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
        let watched = repository(&sandbox, "watched");
        let (server, asked) = serve(&sandbox, manner);
        let url = format!("{}/watched", server.url());
        let (remote, clone) = sandbox.project(|history| {
            history.branch("head").options(git(&url, ""));
            history.branch("topic").options(git(&url, "ref=topic/a"));
            history.branch("tag").options(git(&url, "ref=refs/tags/v1.10"));
            history.branch("newest").options(git(&url, "tags='v*'\norder=version"));
            history.branch("all").options(git(&url, "tags='v*'"));
            history.branch("none").options(git(&url, "tags='w*'"));
            history.branch("missing").options(git(&url, "ref=v1.9"));
            history.branch("nowhere").options(git(&format!("{}/nowhere", server.url()), ""));
        });
        let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
        let subject = |commit: String| format!("New ({commit})");
        assert_eq!(remote.subjects("head")[0], subject(watched.tip("main")));
        assert_eq!(remote.subjects("topic")[0], subject(watched.tip("topic/a")));
        assert_eq!(remote.subjects("tag")[0], subject(watched.tip("topic/a")), "the commit, not the tag");
        assert_eq!(remote.subjects("newest")[0], "New (v1.10)");
        assert!(poll.resource("all").failure().contains("there are 2 values, such as"));
        assert_eq!(poll.resource("none").failure(), "the repository has no tag w*");
        assert_eq!(poll.resource("missing").failure(), "the repository has no refs/heads/v1.9");
        assert!(poll.resource("nowhere").failure().contains("answered with status 404"));
        let asked = asked.lock().unwrap().clone();
        assert!(asked.iter().all(|line| line.starts_with("product ")), "{asked:?}");
        let lists = asked.iter().filter(|line| line.starts_with("product GET") && line.contains("/watched/")).count();
        assert!(lists <= 2, "all seven share one answer: {asked:?}");
        clone.run(["poll", "head", "topic", "tag", "newest"]).report(contains("4 unchanged"));
    }
}

#[test]
fn the_program_asks_where_a_password_is_wanted() {
    let sandbox = Sandbox::new();
    sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
    let watched = repository(&sandbox, "watched");
    let (server, asked) = serve(&sandbox, Manner::Closed);
    let url = format!("{}/watched", server.url());
    let (remote, clone) = sandbox.project(|history| {
        history.branch("head").options(git(&url, ""));
    });
    clone.run(["poll"]).exit(1).report(contains("head"));
    sandbox.config("credential.helper", "!f() { echo username=me; echo password=hunter2; }; f");
    clone.run(["poll"]).report(contains("1 first"));
    assert_eq!(remote.subjects("head")[0], format!("New ({})", watched.tip("main")));
    let asked = asked.lock().unwrap().clone();
    assert!(asked.iter().any(|line| line.starts_with("git GET")), "{asked:?}");
}

#[test]
fn repositories_on_this_machine() {
    let sandbox = Sandbox::new();
    let watched = repository(&sandbox, "watched");
    let (remote, clone) = sandbox.project(|history| {
        history.branch("path").options(git(watched.path().to_str().unwrap(), ""));
        history.branch("url").options(git(&watched.url(), "tags=v*\norder=version"));
        history.branch("gone").options(git(&format!("{}-gone", watched.url()), ""));
        history.branch("private").options(git("http://127.0.0.1:1/x", ""));
    });
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert_eq!(remote.subjects("path")[0], format!("New ({})", watched.tip("main")));
    assert_eq!(remote.subjects("url")[0], "New (v1.10)");
    assert!(poll.resource("gone").failure().contains("git ls-remote failed"));
    assert!(poll.resource("private").failure().contains("which is not asked"));
    sandbox.assert_no_litter();
}

#[test]
fn ssh_is_the_business_of_the_program() {
    let sandbox = Sandbox::new();
    let watched = repository(&sandbox, "watched");
    let ssh = sandbox.script("ssh", "#!/bin/sh\nfor last; do :; done\neval \"$last\"\n");
    sandbox.config("core.sshCommand", ssh.to_str().unwrap());
    let path = watched.path().to_str().unwrap().to_owned();
    let (remote, clone) = sandbox.project(|history| {
        history.branch("url").options(git(&format!("ssh://git@host.example{path}"), ""));
        history.branch("short").options(git(&format!("git@host.example:{path}"), "ref=topic/a"));
        history.branch("gone").options(git(&format!("git@host.example:{path}-gone"), ""));
    });
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert_eq!(remote.subjects("url")[0], format!("New ({})", watched.tip("main")));
    assert_eq!(remote.subjects("short")[0], format!("New ({})", watched.tip("topic/a")));
    assert!(poll.resource("gone").failure().contains("git ls-remote failed"), "{poll:#?}");
}
