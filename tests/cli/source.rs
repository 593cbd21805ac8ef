//! Declared sources through a poll: what each kind records, what changes nothing, and how it fails.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Repo, Request, Sandbox, Server};

/// A server of web pages that a test can change.
#[derive(Clone, Default)]
pub(crate) struct Pages {
    pages: Arc<Mutex<Vec<(String, Page)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Default)]
struct Page {
    status: String,
    headers: String,
    body: Vec<u8>,
}

impl Pages {
    pub(crate) fn start(&self) -> Server {
        let pages = self.clone();
        Server::start(move |request, stream| pages.answer(request, stream))
    }

    /// Sets what a path (with its query) answers with.
    pub(crate) fn set(&self, path: &str, status: &str, headers: &str, body: impl Into<Vec<u8>>) {
        let page = Page { status: status.to_owned(), headers: headers.to_owned(), body: body.into() };
        let mut pages = self.pages.lock().expect("no thread panics");
        pages.retain(|(known, _)| known != path);
        pages.push((path.to_owned(), page));
    }

    pub(crate) fn text(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.set(path, "200 OK", "", body);
    }

    /// What was asked since the last time, each with its headers.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("no thread panics"))
    }

    fn answer(&self, request: &Request, mut stream: &TcpStream) -> std::io::Result<()> {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let path = format!("{}{query}", request.path);
        let headers =
            ["host", "authorization", "x-own", "accept", "snap-device-series", "user-agent", "accept-encoding"];
        let headers = headers.iter().filter(|name| !request.header(name).is_empty());
        let headers: Vec<String> = headers.map(|name| format!("{name}: {}", request.header(name))).collect();
        let line = format!("{} {path} {}", request.method, headers.join("; "));
        self.asked.lock().expect("no thread panics").push(line);
        let found = self.pages.lock().expect("no thread panics").iter().find(|(known, _)| *known == path).cloned();
        let (_, page) = found.unwrap_or_else(|| {
            let status = "404 Not Found".to_owned();
            (path, Page { status, ..Page::default() })
        });
        let length = page.body.len();
        let head = format!(
            "HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {length}\r\n{}\r\n",
            page.status, page.headers
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(&page.body)
    }
}

/// A project whose resources have these options.
pub(crate) fn project<'s>(sandbox: &'s Sandbox, resources: &[(&str, String)]) -> (Repo<'s>, Repo<'s>) {
    sandbox.project(|history| {
        for (name, options) in resources {
            history.branch(name).options(options.clone());
        }
    })
}

#[test]
fn web_sources_record_their_values() {
    let sandbox = Sandbox::new();
    let pages = Pages::default();
    let server = pages.start();
    let url = server.url();
    sandbox.config("spread-cron.allowPrivate", "127.0.0.0/8");
    pages.text("/version?m=text", "\u{feff}go1.27.1\r\ntime 2026-11-01\n");
    pages.text("/plain", " 17 \n");
    pages.text("/versions", "1.9\n1.10\n1.2-rc1\n");
    pages.set("/status", "200 OK", "X-Vcs-Revision: null-\r\nX-Bzr-Revision-Number: 77\r\n", "ignored\n".repeat(10));
    let (remote, clone) = project(
        &sandbox,
        &[
            (
                "go",
                format!(
                    "source=http\nurl='{url}/version?m=text'\nregex='^go([0-9.]+)'\nheader='X-Own: yes'\nmessage='New Go'\n"
                ),
            ),
            ("plain", format!("source=http\nurl={url}/plain\nmessage='New {{source}}'\n")),
            ("shown", format!("source=http\nurl={url}/plain\nmessage='New value of {{url}} '\n")),
            ("list", format!("source=http\nurl={url}/versions\nexclude=rc\norder=version\nmessage=Newest\n")),
            (
                "header",
                format!(
                    "source=header\nurl={url}/status\nnames='X-None X-Bzr-Revision-Number'\nmessage='New revision'\n"
                ),
            ),
        ],
    );
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert_eq!(poll.resource("plain").failure(), "the message has {source}, and source=\"http\" has no such key");
    assert_eq!(remote.subjects("go")[0], "New Go (1.27.1)");
    assert_eq!(remote.subjects("shown")[0], format!("New value of {url}/plain  (17)"));
    assert_eq!(remote.subjects("list")[0], "Newest (1.10)");
    assert_eq!(remote.subjects("header")[0], "New revision (77)");
    let asked = pages.take_asked();
    let go = asked.iter().find(|line| line.contains("/version?m=text")).expect("it was asked");
    assert!(go.contains("x-own: yes") && go.contains("user-agent: git-spread-cron/") && go.contains("gzip"), "{go}");
    // Nothing new is no commit.
    let before = remote.refs();
    clone.run(["poll", "go", "shown", "list", "header"]).report(contains("4 unchanged"));
    assert_eq!(remote.refs(), before);
    pages.text("/version?m=text", "go1.28\n");
    clone.run(["poll", "go"]).report(contains("1.27.1 → 1.28"));
    sandbox.assert_no_litter();
}

#[test]
fn answers_that_are_no_value_fail_their_resource_alone() {
    let sandbox = Sandbox::new();
    let pages = Pages::default();
    let server = pages.start();
    let url = server.url();
    sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
    pages.text("/empty", " \n");
    pages.text("/null", "null\n");
    pages.text("/page", "<html>\n<title>502</title>\n");
    pages.text("/two", "v1 v2\n");
    pages.text("/bytes", b"\xff\xfe".to_vec());
    pages.text("/skip", "[skip ci]");
    pages.set("/gone", "410 Gone", "", "");
    pages.set("/broken", "500 Internal Server Error", "", "7");
    pages.set("/packed", "200 OK", "Content-Encoding: br\r\n", "x");
    pages.set("/no-gzip", "200 OK", "Content-Encoding: gzip\r\n", "x");
    pages.set("/cut", "200 OK", "Transfer-Encoding: chunked\r\n", "5\r\nab");
    pages.set("/short", "200 OK", "X-Empty: \r\nX-Unknown: unknown\r\n", "");
    let http = |path: &str, more: &str| format!("source=http\nurl={url}{path}\nmessage=New\n{more}\n");
    let cases = [
        ("empty", http("/empty", ""), None),
        ("null", http("/null", ""), None),
        ("absent", http("/gone", "absent=none"), None),
        ("missing", http("/none", "absent=none"), None),
        ("gone", http("/gone", ""), Some("answered with status 410 (gone)")),
        ("not-found", http("/none", ""), Some("answered with status 404 (not found)")),
        ("broken", http("/broken", "absent=none"), Some("answered with status 500 (internal server error)")),
        ("page", http("/page", ""), Some("the answer has 2 lines, such as \"<html>\"; take one value with regex")),
        ("two", http("/two", "regex='v([0-9])'"), Some("there are 2 values, such as \"1\" and \"2\"")),
        (
            "nothing",
            http("/two", "regex='w([0-9])'"),
            Some("the regex finds nothing in the answer, which begins with \"v1 v2\""),
        ),
        ("bytes", http("/bytes", ""), Some("the answer is not UTF-8")),
        ("skip", http("/skip", ""), Some("[skip ci]")),
        ("packed", http("/packed", ""), Some("has the encoding \"br\"")),
        ("no-gzip", http("/no-gzip", ""), Some("is not the gzip that it says it is")),
        ("cut", http("/cut", ""), Some("127.0.0.1")),
        (
            "refused",
            "source=http\nurl=http://127.0.0.1:9/\nmessage=New\n".to_owned(),
            Some("cannot connect to 127.0.0.1"),
        ),
        (
            "name",
            "source=http\nurl=http://no.such.host.invalid/\nmessage=New\n".to_owned(),
            Some("cannot resolve the host"),
        ),
        (
            "header",
            format!("source=header\nurl={url}/short\nnames='X-None X-Empty'\nmessage=New\n"),
            Some("the answer, with status 200, has no header x-none x-empty"),
        ),
        (
            "unknown",
            format!("source=header\nurl={url}/short\nnames=X-Unknown\nmessage=New\n"),
            Some("the header x-unknown only says unknown"),
        ),
        ("shape", http("/two", "value_pattern='[0-9]'"), Some("does not match value_pattern")),
        ("good", http("/two", "regex='v1'"), Some("")),
    ];
    let resources: Vec<(&str, String)> = cases.iter().map(|(name, options, _)| (*name, options.clone())).collect();
    let (remote, clone) = project(&sandbox, &resources);
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    for (name, _, expected) in &cases {
        let resource = poll.resource(name);
        match expected {
            None => assert_eq!(resource.outcome, "no-value", "{name}: {resource:?}"),
            Some("") => assert_eq!(resource.outcome, "first", "{name}: {resource:?}"),
            Some(reason) => assert!(resource.failure().contains(reason), "{name}: {resource:?}"),
        }
    }
    assert_eq!(remote.subjects("good")[0], "New (v1)");
    sandbox.assert_no_litter();
}

#[test]
fn a_request_that_many_resources_make_is_sent_once() {
    let sandbox = Sandbox::new();
    let pages = Pages::default();
    let server = pages.start();
    sandbox.config("spread-cron.service.snap-store.url", &format!("{}/proxy/", server.url()));
    let entry = |risk: &str, revision: u32| {
        let channel = format!(r#"{{"name":"{risk}","track":"latest","risk":"{risk}","architecture":"amd64"}}"#);
        format!(r#"{{"channel":{channel},"revision":{revision},"version":"2.{revision}"}}"#)
    };
    let fix = entry("edge", 99).replace(r#""name":"edge""#, r#""name":"latest/edge/fix""#);
    let body = format!(r#"{{"channel-map":[{},{},{fix}]}}"#, entry("edge", 7), entry("beta", 5));
    pages.text("/proxy/v2/snaps/info/core?architecture=amd64&fields=revision,version", body);
    let snap = |channel: &str, more: &str| {
        let message = "message='New {arch} {snap} snap in {channel} channel'";
        format!("source=snap\nsnap=core\nchannel={channel}\n{message}\n{more}\n")
    };
    let (remote, clone) = project(
        &sandbox,
        &[
            ("edge", snap("edge", "")),
            ("beta", snap("latest/beta", "")),
            ("version", snap("edge", "field=version")),
            ("stable", snap("stable", "")),
        ],
    );
    clone.run(["poll"]).exit(1).report(contains("core is not published in latest/stable for amd64"));
    assert_eq!(remote.subjects("edge")[0], "New amd64 core snap in edge channel (7)");
    assert_eq!(remote.subjects("beta")[0], "New amd64 core snap in latest/beta channel (5)");
    assert_eq!(remote.subjects("version")[0], "New amd64 core snap in edge channel (2.7)");
    let asked = pages.take_asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(asked[0].contains("snap-device-series: 16"), "{asked:?}");
}

#[test]
fn clocks_files_and_other_resources() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("allowed")).unwrap();
    fs::write(sandbox.path("allowed/serial"), "serial=20261128\n").unwrap();
    fs::write(sandbox.path("secret"), "hunter2\n").unwrap();
    sandbox.config("spread-cron.allowPath", sandbox.path("allowed").to_str().unwrap());
    let file =
        |path: &str, more: &str| format!("source=file\npath={}\nmessage=Image\n{more}\n", sandbox.path(path).display());
    let (remote, clone) = sandbox.project(|history| {
        history.branch("day").options("source=clock\nevery=day\nformat=%Y%m%d\nmessage=Nightly\n");
        history.branch("image").options(file("allowed/serial", "regex='serial=([0-9]+)'"));
        history.branch("other").options(file("secret", ""));
        history.branch("link").options(file("allowed/../secret", ""));
        history.resource("first", "First", "echo 5").state("First (5)");
        history.branch("then").options("source=after\nresource=first\nmessage='After {resource}'\n");
        history.branch("lost").options("source=after\nresource=nowhere\nmessage=After\n");
    });
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    let day = poll.resource("day").new.clone().expect("there is always a day");
    assert!(day.len() == 8 && day.starts_with("20"), "{day}");
    assert_eq!(remote.subjects("image")[0], "Image (20261128)");
    assert!(poll.resource("other").failure().contains("may not be read; allow its folder"));
    assert!(poll.resource("link").failure().contains("it has to be absolute, without . and .. in it"));
    assert_eq!(poll.resource("then").outcome, "no-value", "nothing has passed yet");
    assert!(poll.resource("lost").failure().contains("nowhere"));
    clone.run(["result", "first", "--status", "passed"]).report(predicate::always());
    clone.run(["poll", "then"]).report(contains("→ 5"));
    assert_eq!(remote.subjects("then")[0], "After first (5)");
}

#[test]
fn what_is_wrong_with_a_declaration_is_told_by_lint_and_by_the_poll() {
    let sandbox = Sandbox::new();
    let (_, clone) = project(
        &sandbox,
        &[
            ("both", "source=clock\nevery=day\nmessage=New\npattern_extractor='echo 1'\n".to_owned()),
            ("good", "source=clock\nevery=day\nmessage=New day\nmanual=true\n".replace("New day", "'New day'")),
            (
                "key",
                "source=snap\nsnap=core\nchanel=edge\nchannel=edge\nmessage=New snap\n".replace("New snap", "Snap"),
            ),
            ("kind", "source=sanp\nmessage='New kind'\n".to_owned()),
            ("select", "source=http\nurl=http://x/\nselect=env.HOME\nmessage='New select'\n".to_owned()),
            ("shell", "source=clock\nevery=day\nmessage=\"New $x\"\n".to_owned()),
        ],
    );
    let lint = clone.run(["lint", "--format", "json"]).exit(1).lint();
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    let expected = [
        ("both", "source and pattern_extractor exclude each other"),
        ("key", "source=\"snap\" has no key chanel; did you mean \"channel\"?"),
        ("kind", "there is no source \"sanp\"; did you mean \"snap\"?"),
        ("select", "select is \"env.HOME\": env is not there for filters, which see the answer and nothing else"),
        ("shell", "a declared source needs plain assignments, and line 3 needs a shell"),
    ];
    for (name, reason) in expected {
        assert_eq!(poll.resource(name).failure(), reason);
        let findings = lint.about(name);
        assert!(findings.len() == 1 && findings[0].code == "bad-source", "{name}: {findings:#?}");
        assert!(findings[0].message.ends_with(reason), "{name}: {findings:#?}");
    }
    assert_eq!(lint.findings.len(), expected.len(), "{lint:#?}");
    assert_eq!(poll.resource("good").outcome, "manual");
}

#[test]
fn add_writes_what_a_source_needs() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    clone.run(["add", "lxd", "--source", "snap", "snap=lxd", "channel=5.21/stable"]).report(contains("Created lxd"));
    let options = "source=\"snap\"\nsnap=\"lxd\"\nchannel=\"5.21/stable\"\nmessage=\"New {arch} {snap} snap in {channel} channel\"";
    assert_eq!(remote.git(["show", "lxd:options"]), options);
    let status = clone.run(["status", "--format", "json", "lxd"]).status();
    assert_eq!(status.resource("lxd").message.as_deref(), Some("New amd64 lxd snap in 5.21/stable channel"));
    let dry = clone.run(["add", "-n", "day", "--source", "clock", "every=day", "-m", "Nightly", "--manual"]);
    dry.stdout(contains("source=\"clock\"\nevery=\"day\"\nmessage=\"Nightly\"\nmanual=\"true\"\n"));
    let mistakes: [(&[&str], &str); 6] = [
        (&["--source", "snap", "snap=lxd"], "source=\"snap\" needs channel"),
        (&["--source", "snap", "snap=lxd", "channel=edgy"], "channel is \"edgy\""),
        (
            &["--source", "snap", "snap=lxd", "chanel=edge", "channel=edge"],
            "has no key chanel; did you mean \"channel\"?",
        ),
        (&["--source", "snip"], "cannot be \"snip\""),
        (&["--source", "clock", "every=day", "-x", "date"], "does not go together with"),
        (&["--source", "http", "url=http://me:hunter2@x/"], "a user or a password"),
    ];
    for (args, reason) in mistakes {
        let run = clone.run([&["add", "wrong"], args].concat()).exit(2).stderr(contains(reason));
        assert!(!run.stderr_text().contains("hunter2"));
    }
    clone.run(["add", "day", "--source", "every=day"]).exit(2).stderr(contains("cannot be"));
    assert!(!remote.refs().contains_key("refs/heads/wrong"));
}

#[test]
fn what_a_source_takes_is_shown() {
    let sandbox = Sandbox::new();
    for kind in ["clock", "git", "http", "header", "snap", "deb", "github-release", "github-run", "file"] {
        let run = sandbox.cmd("world", ["catalog", "show", kind]).run().stderr(contains(format!("--source {kind}")));
        let text = run.stdout_text();
        assert!(text.contains("# Keys:\n") && text.contains(&format!("\nsource=\"{kind}\"\n")), "{text}");
    }
    let run = sandbox.cmd("world", ["catalog", "show", "snip"]).run().exit(2);
    run.stderr(contains("there is no \"snip\" in the catalog; did you mean \"snap\"?"));
}

#[test]
fn nothing_but_git_is_started() {
    let sandbox = Sandbox::new();
    let pages = Pages::default();
    let server = pages.start();
    pages.text("/", "7");
    sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
    let started = sandbox.path("started");
    for program in ["bash", "sh", "curl", "jq", "date", "ssh"] {
        sandbox.program(program, &format!("#!/bin/sh\necho {program} >> {}\n", started.display()));
    }
    let (_, clone) = project(
        &sandbox,
        &[
            ("clock", "source=clock\nevery=day\nmessage=Day\n".to_owned()),
            ("page", format!("source=http\nurl={}/\nmessage=New\n", server.url())),
        ],
    );
    clone.run(["poll"]).report(contains("2 first"));
    assert!(!started.exists(), "{}", fs::read_to_string(started).unwrap_or_default());
}

#[test]
fn tokens_go_to_the_origins_that_may_see_them() {
    let sandbox = Sandbox::new();
    let (first_pages, second_pages) = (Pages::default(), Pages::default());
    let (first, second) = (first_pages.start(), second_pages.start());
    sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
    first_pages.text("/a", "1");
    second_pages.text("/b", "2");
    // What one origin may see is not sent to another, wherever the first one points to.
    first_pages.set("/moved", "302 Found", &format!("Location: {}/b\r\n", second.url()), "");
    let page = |url: String| format!("source=http\nurl={url}\nauth=OUR_TOKEN\nmessage='New {{url}}'\n");
    let resources = [
        ("first", page(format!("{}/a", first.url()))),
        ("moved", page(format!("{}/moved", first.url()))),
        ("second", page(format!("{}/b", second.url()))),
        ("secret", "source=http\nurl=http://x.example/\nauth='Bearer hunter2'\nmessage=New\n".to_owned()),
    ];
    let (_, clone) = project(&sandbox, &resources);
    sandbox.config(&format!("spread-cron.{}/.passEnv", first.url()), "OUR_TOKEN");
    let poll = || clone.cmd(["poll", "--format", "json"]).env("OUR_TOKEN", "hunter2").run().exit(1);
    let run = poll();
    assert!(!format!("{run}").contains("hunter2"), "{run}");
    let report = run.poll();
    let refused = format!("{} may not see the variable OUR_TOKEN", second.url());
    assert!(report.resource("second").failure().contains(&refused), "{report:#?}");
    assert!(report.resource("secret").failure().contains("never the secret"), "{report:#?}");
    assert_eq!(report.resource("moved").new.as_deref(), Some("2"));
    let has_token = |line: &String| line.contains("authorization: Bearer hunter2");
    assert!(first_pages.take_asked().iter().all(has_token));
    let asked = second_pages.take_asked();
    assert!(asked.len() == 1 && !has_token(&asked[0]), "{asked:?}");
    // Two origins may see one variable.
    sandbox.config(&format!("spread-cron.{}/.passEnv", second.url()), "OUR_TOKEN");
    assert_eq!(poll().poll().resource("second").new.as_deref(), Some("2"));
    assert!(second_pages.take_asked().iter().any(has_token));
    let unset = clone.run(["poll", "first", "--format", "json"]).exit(1).poll();
    assert!(unset.resource("first").failure().contains("is not set where the poll runs"), "{unset:#?}");
}
