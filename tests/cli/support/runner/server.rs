//! The server over HTTP, on this machine only: git's own `http-backend` behind the question who is asking.
//!
//! The repository is a private one, so that each fetch and each push has to name the token of a job that is running.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::builtin::base64;
use crate::support::http::{Request, Server};

/// Each token that counts, and whether it may write.
pub(super) type Tokens = Arc<Mutex<BTreeMap<String, bool>>>;

/// Serves the repositories below a folder.
pub(super) fn serve(root: &Path, tokens: &Tokens) -> Server {
    let (root, tokens) = (root.to_owned(), Arc::clone(tokens));
    Server::start(move |request, stream| answer(request, stream, &root, &tokens))
}

fn writes(request: &Request) -> bool {
    request.path.ends_with("/git-receive-pack") || request.query.contains("service=git-receive-pack")
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
                Some(false) if writes(request) => Some("403 Forbidden"),
                Some(_) => None,
            }
        }
        // A header from a checkout beside the one of a credential helper.
        _ => Some("400 Bad Request"),
    }
}

fn answer(request: &Request, stream: &TcpStream, root: &Path, tokens: &Tokens) -> std::io::Result<()> {
    let mut to = stream;
    if let Some(status) = refusal(request, tokens) {
        let challenge = "WWW-Authenticate: Basic realm=\"GitHub\"";
        return write!(to, "HTTP/1.1 {status}\r\n{challenge}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let mut backend = Command::new("git");
    backend
        .arg("http-backend")
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // The folder belongs to the test, whichever user owns it.
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
    let body = request.body.clone();
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
