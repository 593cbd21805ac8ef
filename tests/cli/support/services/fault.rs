//! How a request comes to grief.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::answer::{Answer, Asked};

/// Below this of each host lies everything that has moved.
pub(super) const MOVED: &str = "/moved";

/// What a proxy, a portal or a broken service shows to people.
pub(super) const PAGE: &str =
    "<!DOCTYPE html>\n<html><head><title>Please sign in</title></head><body>17</body></html>\n";

/// See the module's documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// There is no such thing, in the words of the service.
    NotFound,
    /// 500, each time.
    ServerError,
    /// 500, and then all is well.
    ServerErrorOnce,
    /// A page for people, with the status 200.
    Html,
    /// This, with the status 200 and none of the headers that count.
    Body(&'static str),
    /// The right body, with this header instead of those that count.
    Header(&'static str),
    /// The right body, with this behind it instead of the headers that count.
    Trailer(&'static str),
    /// The right answer, but for its status.
    Status(&'static str),
    /// The connection stays open, and nothing comes.
    Slow,
    /// Less than was announced.
    Truncated,
    /// More than 1 GiB is announced.
    Endless,
    /// A half, after which nothing comes, and then all is well.
    HalfOnce,
    /// The connection is closed without an answer.
    Closed,
    /// To a place where the right answer is given. The redirection has headers of its own.
    Moved,
    /// To a page for people.
    ToPage,
    /// To another service than a web service.
    ToFtp,
    /// To the same place, again and again.
    ToItself,
    /// Many megabytes of nothing.
    Huge,
}

impl Fault {
    pub(super) fn send(self, asked: &Asked<'_>, right: Answer, mut stream: &TcpStream) -> std::io::Result<()> {
        let redirected = |scheme: &str, to: &str| {
            let location = format!("Location: {scheme}://{}{to}", asked.request.header("host"));
            let wrong = ["X-VCS-Revision: of-the-redirection".to_owned(), "X-Bzr-Revision-Number: 1".to_owned()];
            Answer::page("302 Found", PAGE).header(location).header(wrong[0].clone()).header(wrong[1].clone())
        };
        match self {
            Fault::NotFound => asked.not_found().send(stream),
            Fault::ServerError | Fault::ServerErrorOnce => Answer::page("500 Internal Server Error", PAGE).send(stream),
            Fault::Html => Answer::page("200 OK", PAGE).send(stream),
            Fault::Body(body) => Answer::json("200 OK", body).send(stream),
            Fault::Header(header) => right.with_headers(vec![header.to_owned()]).send(stream),
            Fault::Trailer(trailer) => right.with_headers(Vec::new()).send_in_chunks(stream, trailer),
            Fault::Status(status) => right.with_status(status).send(stream),
            Fault::Slow => {
                // Until the other side has had enough.
                let _ = stream.read(&mut [0]);
                Ok(())
            }
            Fault::Truncated => right.send_with_length(stream, right.body.len() + 1000),
            Fault::Endless => right.send_with_length(stream, (1 << 30) + 1),
            Fault::HalfOnce => {
                let length = right.body.len();
                right.with_body(|body| body[..length / 2].to_owned()).send_with_length(stream, length)?;
                let _ = stream.read(&mut [0]);
                Ok(())
            }
            Fault::Closed => stream.flush(),
            Fault::Moved => redirected("http", &asked.target(MOVED)).send(stream),
            Fault::ToPage => redirected("http", "/page").send(stream),
            Fault::ToFtp => redirected("ftp", &asked.target(MOVED)).send(stream),
            Fault::ToItself => redirected("http", &asked.target("")).send(stream),
            Fault::Huge => Answer::json("200 OK", &"[".repeat(8 << 20)).send(stream),
        }
    }
}
