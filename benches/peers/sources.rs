//! Declared sources against curl and git, which get the addresses handed to them.

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::contest::{Sandbox, alternate, median};
use crate::repos::{self, Many};
use crate::{Row, Target};

/// How many hosts there are: each gets at most 8 requests at a time, and all together 64.
const HOSTS: usize = 8;

const ID: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A web server on 127.0.0.1 to 127.0.0.8, which keeps connections open. It answers each path with a text that has the
/// path in it, and requests of git as a repository does that has one branch.
fn serve(delay: Duration) -> u16 {
    let first = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = first.local_addr().expect("it is bound").port();
    let mut listeners = vec![first];
    listeners.extend((2..=HOSTS).map(|host| TcpListener::bind((format!("127.0.0.{host}"), port)).expect("it is free")));
    for listener in listeners {
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || drop(answer(stream, delay)));
            }
        });
    }
    port
}

fn answer(mut stream: TcpStream, delay: Duration) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut path, mut length) = (String::new(), 0);
        for number in 0.. {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if number == 0 {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        thread::sleep(delay);
        let (kind, body) = if path.contains("/info/refs") {
            let body = "001e# service=git-upload-pack\n0000000eversion 2\n000cls-refs\n0000".to_owned();
            ("application/x-git-upload-pack-advertisement", body)
        } else if path.ends_with("/git-upload-pack") {
            let line = format!("{ID} refs/heads/main\n");
            ("application/x-git-upload-pack-result", format!("{:04x}{line}0000", line.len() + 4))
        } else {
            ("text/plain", format!("page {path}\nversion 7 of it\n"))
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes())?;
    }
}

/// The processor time of the children that have ended, in ticks of 10 ms.
fn child_ticks() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let field = |number: usize| fields.get(number).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
    // The 16th and 17th; the first two are cut off.
    field(13) + field(14)
}

/// Runs something, and adds the processor time of its children.
fn with_ticks(ticks: &RefCell<Vec<Duration>>, run: impl FnOnce() -> Duration) -> Duration {
    let before = child_ticks();
    let time = run();
    ticks.borrow_mut().push(Duration::from_millis(10 * (child_ticks() - before)));
    time
}

fn host(number: usize) -> String {
    format!("127.0.0.{}", number % HOSTS + 1)
}

fn poll(sandbox: &Sandbox, repo: &Path, outcome: &str, resources: usize) -> Duration {
    let (time, json) = sandbox.timed(sandbox.product(repo, &["poll", "--local", "--format", "json"]));
    let found = json.matches(&format!("\"outcome\":\"{outcome}\"")).count();
    assert_eq!(found, resources, "the poll has to find all {outcome}: {}", &json[..json.len().min(2000)]);
    time
}

fn declared(sandbox: &Sandbox, name: &str, count: usize, options: impl Fn(usize) -> String) -> Many {
    let many = repos::declared(sandbox, name, count, options);
    let config = |key: &str, value: &str| sandbox.output(sandbox.git(&many.repo, &["config", key, value]));
    config("spread-cron.allowPrivate", "127.0.0.0/8");
    // The first poll records what all later ones find.
    sandbox.output(sandbox.product(&many.repo, &["poll", "--local"]));
    many
}

fn mean(times: &[Duration]) -> Duration {
    times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).expect("there are few rounds")
}

fn http_of(sandbox: &Sandbox, name: &str, delay: Duration) -> [Vec<Duration>; 4] {
    let count = sandbox.scaled(1_000);
    let port = serve(delay);
    let url = |n: usize| format!("http://{}:{port}/page/{n}", host(n));
    let many = declared(sandbox, name, count, |n| {
        format!("source=http\nurl={}\nregex='version ([0-9]+)'\nmessage='{}'\n", url(n), repos::message_of(n))
    });
    let list = sandbox.path(&format!("{name}.curl"));
    let lines: String = (0..count).map(|n| format!("url = \"{}\"\n", url(n))).collect();
    fs::write(&list, lines).expect("a file can be written");
    let (ours, theirs) = (RefCell::default(), RefCell::default());
    let [product, curl] = alternate(
        sandbox.rounds(),
        [&mut || with_ticks(&ours, || poll(sandbox, &many.repo, "unchanged", count)), &mut || {
            with_ticks(&theirs, || {
                let mut command = sandbox.command("curl", &sandbox.path("."), &["-qsS", "--parallel"]);
                command.args(["--parallel-max", "64", "--config"]).arg(&list);
                let (time, said) = sandbox.timed(command);
                assert_eq!(said.matches("version 7").count(), count, "curl is wrong");
                time
            })
        }],
    );
    [product, curl, ours.into_inner(), theirs.into_inner()]
}

pub(crate) fn http(sandbox: &Sandbox) -> Vec<Row> {
    let count = sandbox.scaled(1_000);
    let [product, curl, ours, theirs] = http_of(sandbox, "http", Duration::ZERO);
    let peer = "curl --parallel --parallel-max 64";
    let row = |what: &str, ours, theirs, most| {
        let work = format!("poll of {count} pages: {what}");
        Row::of_times(&work, peer, ours, theirs, Target::Ratio(most))
    };
    let mut rows =
        vec![row("wall", median(&product), median(&curl), 2.0), row("processor", mean(&ours), mean(&theirs), 2.0)];
    let [product, curl, ..] = http_of(sandbox, "slow", Duration::from_millis(50));
    rows.push(row("50 ms each", median(&product), median(&curl), 1.05));
    rows
}

pub(crate) fn clocks(sandbox: &Sandbox) -> Vec<Row> {
    let count = sandbox.scaled(1_000);
    let many = declared(sandbox, "clocks", count, |n| {
        format!("source=clock\nevery=month\nmessage='{}'\n", repos::message_of(n))
    });
    let [product, status] = alternate(
        sandbox.rounds(),
        [&mut || poll(sandbox, &many.repo, "unchanged", count), &mut || {
            sandbox.timed(sandbox.product(&many.repo, &["status", "--local", "--format", "json"])).0
        }],
    );
    let work = format!("poll of {count} clocks");
    vec![Row::of_times(&work, "its own status", median(&product), median(&status), Target::Ratio(1.3))]
}

pub(crate) fn git(sandbox: &Sandbox) -> Vec<Row> {
    let count = sandbox.scaled(1_000);
    let port = serve(Duration::ZERO);
    let url = |n: usize| format!("http://127.0.0.1:{port}/repository-{n}.git");
    let many = declared(sandbox, "refs", count, |n| {
        format!("source=git\nurl={}\nref=main\nmessage='{}'\n", url(n), repos::message_of(n))
    });
    let list = sandbox.path("refs.list");
    fs::write(&list, (0..count).map(|n| url(n) + "\n").collect::<String>()).expect("a file can be written");
    let (ours, theirs) = (RefCell::default(), RefCell::default());
    alternate(
        sandbox.rounds().min(3),
        [&mut || with_ticks(&ours, || poll(sandbox, &many.repo, "unchanged", count)), &mut || {
            with_ticks(&theirs, || {
                let args = ["-P", "8", "-I", "URL", "git", "ls-remote", "URL", "refs/heads/main"];
                let mut command = sandbox.command("xargs", &sandbox.path("."), &args);
                command.stdin(File::open(&list).expect("it was written"));
                let (time, said) = sandbox.timed(command);
                assert_eq!(said.matches(ID).count(), count, "git is wrong");
                time
            })
        }],
    );
    let work = format!("poll of {count} refs: processor");
    let (ours, theirs) = (mean(&ours.into_inner()), mean(&theirs.into_inner()));
    vec![Row::of_times(&work, "git ls-remote for each", ours, theirs, Target::Ratio(0.1))]
}
