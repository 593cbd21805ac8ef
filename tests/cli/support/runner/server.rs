//! The server over HTTP, on this machine only: git's own `http-backend` behind the question who is asking.
//!
//! The repository is a private one, so that each fetch and each push has to name the token of a job that is running.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::builtin::base64;

/// Each token that counts, and whether it may write.
pub(super) type Tokens = Arc<Mutex<BTreeMap<String, bool>>>;

/// See the module's documentation. It ends when it is dropped.
pub(super) struct Server {
    port: u16,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// Serves the repositories below a folder.
    pub(super) fn start(root: &Path, tokens: &Tokens) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let ended = Arc::new(AtomicBool::new(false));
        let (root, tokens, over) = (root.to_owned(), Arc::clone(tokens), Arc::clone(&ended));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let (root, tokens) = (root.clone(), Arc::clone(&tokens));
                // Whoever hangs up in the middle has no need of an answer.
                thread::spawn(move || drop(answer(&stream, &root, &tokens)));
            }
        });
        Server { port, ended }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    fn all(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(header, _)| header == name);
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    fn writes(&self) -> bool {
        self.path.ends_with("/git-receive-pack") || self.query.contains("service=git-receive-pack")
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first = lines.first().cloned().unwrap_or_default();
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect();
    let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
    let mut request = Request { method, path, query, headers, body: Vec::new() };
    if !request.header("expect").is_empty() {
        (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    if request.header("transfer-encoding") == "chunked" {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = u64::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
            reader.by_ref().take(size).read_to_end(&mut request.body)?;
            reader.read_line(&mut String::new())?;
            if size == 0 {
                break;
            }
        }
    } else {
        let length = request.header("content-length").parse().unwrap_or(0);
        reader.take(length).read_to_end(&mut request.body)?;
    }
    Ok(request)
}

/// Who may do what, as a status of HTTP; none if it is allowed.
fn refusal(request: &Request, tokens: &Tokens) -> Option<&'static str> {
    let tokens = tokens.lock().unwrap();
    match request.all("authorization").as_slice() {
        [] => Some("401 Unauthorized"),
        [header] => {
            let given = header.split_once(' ').map(|(_, credential)| credential).unwrap_or_default();
            let is = |token: &&String| base64(format!("x-access-token:{token}").as_bytes()) == given;
            match tokens.keys().find(is).map(|token| tokens[token]) {
                None => Some("401 Unauthorized"),
                Some(false) if request.writes() => Some("403 Forbidden"),
                Some(_) => None,
            }
        }
        // A header from a checkout beside the one of a credential helper.
        _ => Some("400 Bad Request"),
    }
}

fn answer(stream: &TcpStream, root: &PathBuf, tokens: &Tokens) -> std::io::Result<()> {
    let request = read(stream)?;
    let mut to = stream;
    if let Some(status) = refusal(&request, tokens) {
        let challenge = "WWW-Authenticate: Basic realm=\"GitHub\"";
        return write!(to, "HTTP/1.1 {status}\r\n{challenge}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let mut backend = Command::new("git");
    backend
        .arg("http-backend")
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // Whoever owns the folder: it is the test's.
        .envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")])
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", &request.method)
        .env("PATH_INFO", &request.path)
        .env("QUERY_STRING", &request.query)
        .env("CONTENT_TYPE", request.header("content-type"))
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", request.header("content-encoding"))
        .env("GIT_PROTOCOL", request.header("git-protocol"))
        .env("REMOTE_USER", "x-access-token")
        .env("REMOTE_ADDR", "127.0.0.1");
    let mut backend = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut stdin = backend.stdin.take().expect("it is a pipe");
    let body = request.body;
    let feeds = thread::spawn(move || stdin.write_all(&body));
    let mut output = Vec::new();
    backend.stdout.take().expect("it is a pipe").read_to_end(&mut output)?;
    backend.wait()?;
    let _ = feeds.join();
    let end = output.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(output.len());
    let head = String::from_utf8_lossy(&output[..end]).into_owned();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    write!(to, "HTTP/1.1 {status}\r\n{head}\r\nConnection: close\r\n\r\n")?;
    to.write_all(output.get(end + 4..).unwrap_or_default())
}
