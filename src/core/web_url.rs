//! Addresses of web services: http or https, without a user and a password, and what a redirect makes of them.
//!
//! What an address may not be is said here; whether its host may be asked is known only once the name is resolved.

use std::fmt::{self, Display, Write};

/// The scheme of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Who answers: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Origin {
    pub(crate) scheme: Scheme,
    /// In lower case; an IPv6 address is without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// Host and port as the header `Host` has them.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme.port() { host } else { format!("{host}:{}", self.port) }
    }
}

impl Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority())
    }
}

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WebUrl {
    pub(crate) origin: Origin,
    /// From the slash on, with the query, without the fragment.
    pub(crate) path: String,
}

impl Display for WebUrl {
    /// Without the query, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{}{path}", self.origin)
    }
}

/// Why a text is not an address that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("it has to begin with http:// or https://")]
    Scheme,
    #[error("it has a user or a password, which have no place in an address")]
    UserInfo,
    #[error("it has no host")]
    NoHost,
    #[error(
        "its host is not a name in ASCII or an address; write an international name in its form that begins with xn--"
    )]
    Host,
    #[error("its port is not a number from 1 to 65535")]
    Port,
    #[error("it has a blank, a backslash or a control character")]
    Character,
}

impl WebUrl {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// Why it cannot be asked.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlError> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(UrlError::Character);
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(UrlError::Scheme),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, behind) = rest.split_once(']').ok_or(UrlError::Host)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| UrlError::Host)?;
                let port = if behind.is_empty() { None } else { Some(behind.strip_prefix(':').ok_or(UrlError::Port)?) };
                (host, port)
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if !authority.starts_with('[') && !host.bytes().all(is_host) {
            return Err(UrlError::Host);
        }
        let is_number = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = match port {
            None => scheme.port(),
            Some(port) => {
                let number = Some(port).filter(|port| is_number(port)).and_then(|port| port.parse().ok());
                number.filter(|port| *port != 0).ok_or(UrlError::Port)?
            }
        };
        let path = path.split('#').next().unwrap_or_default();
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        let origin = Origin { scheme, host: host.to_ascii_lowercase(), port };
        Ok(WebUrl { origin, path: without_dots(&encoded(&path)) })
    }

    /// The address that a redirect from this one leads to.
    ///
    /// # Errors
    ///
    /// Why it cannot be asked.
    pub(crate) fn join(&self, location: &str) -> Result<Self, UrlError> {
        let Origin { scheme, .. } = self.origin;
        let has_scheme = |text: &str| {
            let name = text.split(['/', '?', '#']).next().unwrap_or_default();
            name.contains(':')
        };
        if location.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(UrlError::Character);
        }
        if location.starts_with("//") {
            return WebUrl::parse(&format!("{}:{location}", scheme.name()));
        }
        if has_scheme(location) {
            return WebUrl::parse(location);
        }
        let location = location.split('#').next().unwrap_or_default();
        let (before, query) = match self.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.path.as_str(), None),
        };
        let path = match location.chars().next() {
            None => query.map_or_else(|| before.to_owned(), |query| format!("{before}?{query}")),
            Some('/') => location.to_owned(),
            Some('?') => format!("{before}{location}"),
            Some(_) => format!("{}/{location}", before.rsplit_once('/').map_or("", |(folder, _)| folder)),
        };
        Ok(WebUrl { origin: self.origin.clone(), path: without_dots(&encoded(&path)) })
    }

    /// The same path at another place: an address whose path comes first.
    pub(crate) fn moved_to(&self, base: &WebUrl) -> WebUrl {
        WebUrl { origin: base.origin.clone(), path: format!("{}{}", base.path.trim_end_matches('/'), self.path) }
    }
}

/// The path without `.` and `..` in it.
fn without_dots(path: &str) -> String {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let mut parts: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | "%2e" | "%2E" => {
                if is_last {
                    parts.push("");
                }
            }
            ".." => {
                parts.pop();
                if is_last {
                    parts.push("");
                }
            }
            segment => parts.push(segment),
        }
    }
    let path = format!("/{}", parts.join("/"));
    query.map_or_else(|| path.clone(), |query| format!("{path}?{query}"))
}

/// A path or a query with everything encoded that cannot stand in a request.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'^' | 0x80.. => {
                let _ = write!(encoded, "%{byte:02X}");
            }
            byte => encoded.push(byte.into()),
        }
    }
    encoded
}

/// A text as a part of a path or a query.
pub(crate) fn component(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            byte if byte.is_ascii_alphanumeric() => encoded.push(byte.into()),
            byte => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(url: &WebUrl) -> String {
        format!("{}{}", url.origin, url.path)
    }

    #[test]
    fn addresses_that_can_be_asked() {
        let cases = [
            ("http://example.org", "http://example.org/"),
            ("HTTPS://Example.ORG:443/a/./b/../c?x=%20#frag", "https://example.org/a/c?x=%20"),
            ("http://example.org:8080?q", "http://example.org:8080/?q"),
            ("http://[::1]:80/x", "http://[::1]/x"),
            ("https://xn--bcher-kva.example/ü?ö", "https://xn--bcher-kva.example/%C3%BC?%C3%B6"),
            ("http://a/{b}|\"c\"", "http://a/%7Bb%7D%7C%22c%22"),
            ("http://a/../../b", "http://a/b"),
        ];
        for (text, expected) in cases {
            assert_eq!(full(&WebUrl::parse(text).unwrap()), expected);
        }
        assert_eq!(WebUrl::parse("http://a/b?token=x").unwrap().to_string(), "http://a/b");
    }

    #[test]
    fn addresses_that_cannot() {
        let cases = [
            ("", UrlError::Scheme),
            ("example.org", UrlError::Scheme),
            ("file:///etc/passwd", UrlError::Scheme),
            ("gopher://x/", UrlError::Scheme),
            ("http://user@example.org/", UrlError::UserInfo),
            ("http://user:password@example.org/", UrlError::UserInfo),
            ("http://@example.org/", UrlError::UserInfo),
            ("http:///path", UrlError::NoHost),
            ("http://:80/", UrlError::NoHost),
            ("http://bücher.example/", UrlError::Host),
            ("http://a%2eb/", UrlError::Host),
            ("http://[::1/", UrlError::Host),
            ("http://[fe80::1%25eth0]/", UrlError::Host),
            ("http://[::1]x/", UrlError::Port),
            ("http://a:0/", UrlError::Port),
            ("http://a:/", UrlError::Port),
            ("http://a:+80/", UrlError::Port),
            ("http://a:65536/", UrlError::Port),
            ("http://a b/", UrlError::Character),
            ("http://a\\@b/", UrlError::Character),
            ("http://a/\r\nHost: b", UrlError::Character),
        ];
        for (text, expected) in cases {
            assert_eq!(WebUrl::parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn where_redirects_lead() {
        let from = WebUrl::parse("https://example.org/a/b?q").unwrap();
        let cases = [
            ("https://other.example/x", "https://other.example/x"),
            ("//other.example/x", "https://other.example/x"),
            ("/x?y#z", "https://example.org/x?y"),
            ("x", "https://example.org/a/x"),
            ("../x", "https://example.org/x"),
            ("?y", "https://example.org/a/b?y"),
            ("#z", "https://example.org/a/b?q"),
            ("", "https://example.org/a/b?q"),
            ("x?y=http://z", "https://example.org/a/x?y=http://z"),
        ];
        for (location, expected) in cases {
            assert_eq!(full(&from.join(location).unwrap()), expected, "{location}");
        }
        for bad in ["file:///etc/passwd", "//user@example.org/", "javascript:x", "/a b", "mailto:x@y"] {
            assert!(from.join(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_service_that_was_moved() {
        let url = WebUrl::parse("https://api.example.org/v2/x?y").unwrap();
        let base = WebUrl::parse("http://127.0.0.1:8080/proxy/").unwrap();
        assert_eq!(full(&url.moved_to(&base)), "http://127.0.0.1:8080/proxy/v2/x?y");
    }

    #[test]
    fn parts_of_a_query() {
        assert_eq!(component("/ubuntu/a b+c&d=é"), "%2Fubuntu%2Fa%20b%2Bc%26d%3D%C3%A9");
    }
}
