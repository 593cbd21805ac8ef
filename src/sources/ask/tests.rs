//! Attempts to get around the guard and the limits, against servers on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::plan::{Asks, Secret};
use super::super::settings::Texts;
use super::*;
use crate::core::web_url::WebUrl;

/// A server that answers each request, told with its headers in lower case, and then closes the connection.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(ip: &str, answer: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (known, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (known, answer) = (Arc::clone(&known), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let lines = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
                    let request = lines.collect::<Vec<_>>().join("\n");
                    known.lock().unwrap().push(request.clone());
                    answer(&request, &mut stream);
                });
            }
        });
        Server { address, asked }
    }

    /// Answers with this, whatever is asked.
    fn saying(ip: &str, answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Server::start(ip, move |_, stream| drop(stream.write_all(&answer)))
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

fn asker(allowed: &[&str]) -> Asker {
    let allow_private = allowed.iter().map(|text| (*text).to_owned()).collect();
    let texts = Texts { allow_private, ..Texts::default() };
    Asker::new(&SourceSettings::new(&texts, &[], |_| None, Proxies::default(), 64).unwrap())
}

fn told(names: &[(&str, &[&[&str]])]) -> NameSource {
    let addresses = |list: &&[&str]| list.iter().map(|address| address.parse().unwrap()).collect::<Vec<IpAddr>>();
    let names = names.iter().map(|(name, lists)| ((*name).to_owned(), lists.iter().map(addresses).collect()));
    NameSource::Told(Arc::new(Mutex::new(names.collect())))
}

fn request(url: &str) -> Request {
    Request {
        url: WebUrl::parse(url).unwrap(),
        asks: Asks::Body,
        headers: Vec::new(),
        secret: None,
        time_limit: Duration::from_secs(5),
    }
}

fn ask_all(asker: &Asker, requests: &[Request]) -> Vec<Result<String, String>> {
    let mut answers = vec![Err("not answered".to_owned()); requests.len()];
    asker.ask(requests, &|| false, &mut |index, answer, _| {
        answers[index] = answer.map_err(|err| err.to_string()).map(|answer| match answer.body {
            AnswerBody::Text(text) => String::from_utf8(text).unwrap(),
            AnswerBody::None | AnswerBody::Refs(_) => String::new(),
        });
    });
    answers
}

fn ask(asker: &Asker, url: &str) -> Result<String, String> {
    ask_all(asker, &[request(url)]).remove(0)
}

#[track_caller]
fn assert_fails(answer: Result<String, String>, reason: &str) {
    let err = answer.unwrap_err();
    assert!(err.contains(reason), "{err}");
}

#[test]
fn no_form_of_a_private_address_is_asked() {
    let server = Server::saying("127.0.0.1", ok("secret"));
    let port = server.address.port();
    let asker = asker(&[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
        "0",
        "169.254.169.254",
        "2852039166",
        "0251.0376.0251.0376",
        "0xa9fea9fe",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "192.168.0.1",
    ] {
        assert_fails(ask(&asker, &format!("http://{host}:{port}/")), "which is not asked");
    }
    assert_eq!(server.asked(), [""; 0], "nothing came through");
}

#[test]
fn names_are_checked_by_their_addresses() {
    let server = Server::saying("127.0.0.1", ok("secret"));
    let names = told(&[
        ("metadata.example", &[&["169.254.169.254"]]),
        ("mixed.example", &[&["8.8.8.8", "127.0.0.1"]]),
        ("own.example", &[&["127.0.0.1"]]),
        ("other.example", &[&["127.0.0.1"]]),
    ]);
    let asker = Asker { names, ..asker(&["own.example"]) };
    let url = |host: &str| format!("http://{host}:{}/", server.address.port());
    for host in ["metadata.example", "mixed.example", "other.example"] {
        assert_fails(ask(&asker, &url(host)), "which is not asked");
    }
    assert_eq!(server.asked(), [""; 0], "nothing came through");
    assert_eq!(ask(&asker, &url("own.example")), Ok("secret".to_owned()), "the caller allows this name");
}

#[test]
fn a_name_that_resolves_differently_the_second_time_is_checked_again() {
    let server = Server::saying("127.0.0.1", ok("secret"));
    let good = TcpListener::bind(("127.0.0.2", server.address.port())).unwrap();
    std::thread::spawn(move || {
        for mut stream in good.incoming().flatten() {
            let mut line = String::new();
            let _ = BufReader::new(stream.try_clone().unwrap()).read_line(&mut line);
            let _ = stream.write_all(ok("good").as_bytes());
        }
    });
    let url = format!("http://moving.example:{}/", server.address.port());
    let names = || told(&[("moving.example", &[&["127.0.0.2"], &["127.0.0.1"]])]);
    let asker = Asker { names: names(), ..asker(&["127.0.0.2"]) };
    assert_eq!(ask(&asker, &url), Ok("good".to_owned()), "what was checked is what is connected to");
    assert_fails(ask(&asker, &url), "which is not asked");
    assert_eq!(server.asked(), [""; 0], "nothing came through");
}

#[test]
fn redirects_lead_nowhere_else() {
    let secret = Server::saying("127.0.0.2", ok("secret"));
    let to = |location: &str| Server::saying("127.0.0.1", redirect(location));
    let asker = asker(&["127.0.0.1"]);
    assert_fails(ask(&asker, &to(&secret.url("/")).url("/")), "which is not asked");
    assert_eq!(secret.asked(), [""; 0], "nothing came through");
    assert_fails(ask(&asker, &to("http://user@127.0.0.1/").url("/")), "a user or a password");
    assert_fails(ask(&asker, &to("file:///etc/passwd").url("/")), "has to begin with http");
    let itself = to("/again");
    assert_fails(ask(&asker, &itself.url("/")), "redirects more than 5 times");
    assert_eq!(itself.asked().len(), 6);
    let https = WebUrl::parse("https://example.org/a").unwrap();
    assert!(matches!(fetch::next_hop(&https, "http://example.org/a"), Err(AskError::Downgrade { .. })));
    assert!(fetch::next_hop(&https, "//example.org/b").is_ok());
}

#[test]
fn headers_and_secrets_go_to_the_origin_that_they_were_meant_for() {
    let other = Server::saying("127.0.0.1", ok("there"));
    let location = other.url("/x");
    let own = Server::start("127.0.0.1", move |request, stream| {
        let answer = if request.starts_with("GET /here") { ok("here") } else { redirect(&location) };
        drop(stream.write_all(answer.as_bytes()));
    });
    let asker = asker(&["127.0.0.1"]);
    let meant = |path: &str| Request {
        headers: vec![("x-own".to_owned(), "yes".to_owned())],
        secret: Some(Secret("Bearer hunter2".to_owned())),
        ..request(&own.url(path))
    };
    assert_eq!(ask_all(&asker, &[meant("/here"), meant("/away")]), [Ok("here".to_owned()), Ok("there".to_owned())]);
    let has_both = |request: &String| request.contains("hunter2") && request.contains("x-own: yes");
    assert_eq!((own.asked().len(), own.asked().iter().all(has_both)), (2, true), "{:?}", own.asked());
    let asked = other.asked();
    assert!(asked.len() == 1 && !asked[0].contains("hunter2") && !asked[0].contains("x-own"), "{asked:?}");
    assert!(!format!("{:?}", meant("/")).contains("hunter2"), "no log shows it");
}

#[test]
fn answers_have_limits() {
    let asker = asker(&["127.0.0.1"]);
    let endless = Server::start("127.0.0.1", |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b'x'; 65536]).is_ok() {}
    });
    assert_fails(ask(&asker, &endless.url("/")), "is longer than 8 MiB");
    let announced = Server::saying("127.0.0.1", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx");
    assert_fails(ask(&asker, &announced.url("/")), "is longer than 8 MiB");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b' '; body::MAX_BODY + 1]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 100_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
    let bomb = Server::saying("127.0.0.1", [head.into_bytes(), packed].concat());
    assert_fails(ask(&asker, &bomb.url("/")), "is longer than 8 MiB");
    let twice = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: 0\r\n\r\n";
    assert_fails(ask(&asker, &Server::saying("127.0.0.1", twice).url("/")), "which was not asked for");
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(1 << 20));
    assert_fails(ask(&asker, &Server::saying("127.0.0.1", long).url("/")), "more than 64 KiB of headers");
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Many: x\r\n".repeat(100_000));
    assert_fails(ask(&asker, &Server::saying("127.0.0.1", many).url("/")), "more than 64 KiB of headers");
    let slow = Server::start("127.0.0.1", |_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let hasty = Request { time_limit: Duration::from_millis(200), ..request(&slow.url("/")) };
    assert_fails(ask_all(&asker, &[hasty]).remove(0), "did not answer within 200ms");
    let cut = Server::saying("127.0.0.1", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx");
    assert_fails(ask(&asker, &cut.url("/")), "in the middle of the answer");
}

#[test]
fn a_host_that_wants_to_be_left_alone_is() {
    let busy = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let busy = Server::saying("127.0.0.1", busy);
    let good = Server::saying("127.0.0.2", ok("good"));
    let asker = asker(&["127.0.0.0/8"]);
    let mut requests: Vec<Request> = (0..40).map(|number| request(&busy.url(&format!("/{number}")))).collect();
    requests.push(request(&good.url("/")));
    let mut answers = ask_all(&asker, &requests);
    assert_eq!(answers.pop(), Some(Ok("good".to_owned())));
    answers
        .into_iter()
        .for_each(|answer| assert_fails(answer, "asked to be left alone (status 429, Retry-After: 120)"));
    assert!(busy.asked().len() <= MAX_PER_HOST, "{} requests", busy.asked().len());
    // So it stays for the rest of the poll.
    let before = busy.asked().len();
    assert_fails(ask(&asker, &busy.url("/")), "asked to be left alone");
    assert_eq!(busy.asked().len(), before);
}

#[test]
fn one_host_gets_few_requests_at_a_time() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let server = Server::start("127.0.0.1", move |_, stream| {
        highest.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        now.fetch_sub(1, Ordering::SeqCst);
        drop(stream.write_all(ok("x").as_bytes()));
    });
    let requests: Vec<Request> = (0..60).map(|number| request(&server.url(&format!("/{number}")))).collect();
    let answers = ask_all(&asker(&["127.0.0.1"]), &requests);
    assert!(answers.iter().all(|answer| *answer == Ok("x".to_owned())), "{answers:?}");
    assert!(most.load(Ordering::SeqCst) <= MAX_PER_HOST);
}

#[test]
fn proxies_get_what_is_theirs() {
    let proxy = Server::start("127.0.0.1", |request, stream| {
        let answer = if request.starts_with("CONNECT") { "HTTP/1.1 403 No\r\n\r\n".to_owned() } else { ok("proxied") };
        drop(stream.write_all(answer.as_bytes()));
    });
    let direct = Server::saying("127.0.0.1", ok("direct"));
    let address = format!("http://me:hunter2@{}", proxy.address);
    let proxies = Proxies { http: address.clone(), https: address, no: "127.0.0.1".to_owned(), ..Proxies::default() };
    let names = told(&[("public.example", &[&["8.8.8.8"]]), ("inner.example", &[&["10.0.0.1"]])]);
    let asker = Asker { proxies, names, ..asker(&["127.0.0.1"]) };
    assert_eq!(ask(&asker, "http://public.example/x?y"), Ok("proxied".to_owned()));
    let asked = proxy.asked();
    assert!(asked[0].starts_with("GET http://public.example/x?y HTTP/1.1"), "{asked:?}");
    assert!(asked[0].contains("proxy-authorization: Basic bWU6aHVudGVyMg=="), "{asked:?}");
    assert_eq!(ask(&asker, &direct.url("/")), Ok("direct".to_owned()), "no_proxy");
    assert_fails(ask(&asker, "https://public.example/"), "refused to connect to public.example:443, with status 403");
    assert!(proxy.asked()[1].starts_with("CONNECT public.example:443 HTTP/1.1"), "{:?}", proxy.asked());
    // What is private is not asked through a proxy either, as far as it can be known here.
    let before = proxy.asked().len();
    for url in ["http://inner.example/", "http://169.254.169.254/", "https://[::ffff:10.0.0.1]/", "http://2852039166/"]
    {
        assert_fails(ask(&asker, url), "which is not asked");
    }
    assert_eq!(proxy.asked().len(), before);
    assert_eq!(ask(&asker, "http://no.such.host.invalid/"), Ok("proxied".to_owned()), "left to the proxy");
}

#[test]
fn an_interrupt_ends_everything() {
    let silent = Server::start("127.0.0.1", |_, _| std::thread::sleep(Duration::from_secs(30)));
    let requests = [request(&silent.url("/1")), request(&silent.url("/2"))];
    let mut answers = Vec::new();
    asker(&["127.0.0.1"]).ask(&requests, &|| true, &mut |index, answer, _| {
        answers.push((index, matches!(answer, Err(AskError::Interrupted))));
    });
    assert_eq!(answers, [(0, true), (1, true)]);
}
