//! Reading a declaration out of the assignments of an options file.

use std::collections::BTreeMap;

use super::kinds::KINDS;
use super::list::Order;
use super::{
    Clock, Declaration, DeclarationError, GitUrl, Kind, List, Need, Prereleases, SOURCE, SnapField, TextPart, TextRule,
    WantedValue, filter,
};
use crate::core::name::{ResourceName, nearest};
use crate::core::value::printable;
use crate::core::web_url::WebUrl;

/// An assignment of an options file that is no key of all resources.
pub(crate) struct Assigned<'a> {
    pub(crate) name: &'a str,
    /// What it is; none where only a shell can tell.
    pub(crate) text: Option<&'a [u8]>,
    pub(crate) line: usize,
}

impl Declaration {
    /// Reads a declaration.
    ///
    /// # Errors
    ///
    /// The first thing that makes it useless.
    pub(crate) fn read(assigned: &[Assigned<'_>]) -> Result<Self, DeclarationError> {
        let mut given: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
        for Assigned { name, text, line } in assigned {
            let text = text.and_then(|text| std::str::from_utf8(text).ok());
            let text = text.ok_or(DeclarationError::NeedsShell { line: *line })?;
            given.insert(name, (text, *line));
        }
        let (name, _) = given.remove(SOURCE).unwrap_or_default();
        let kind = Kind::of(name).ok_or_else(|| DeclarationError::UnknownKind {
            name: printable(name.as_bytes()),
            near: nearest(name, KINDS.iter().map(|entry| entry.name)).and_then(static_kind),
        })?;
        let keys = kind.entry().keys;
        if let Some((name, (_, line))) = given.iter().find(|(name, _)| kind.key(name).is_none()) {
            return Err(DeclarationError::UnknownKey {
                kind: kind.name(),
                name: printable(name.as_bytes()),
                near: nearest(name, keys.iter().map(|key| key.name))
                    .and_then(|near| kind.key(near).map(|key| key.name)),
                line: *line,
            });
        }
        let mut texts = BTreeMap::new();
        let mut missing = Vec::new();
        for key in keys {
            // Empty means not set, as for all other keys.
            let set = given.get(key.name).map(|(text, _)| *text).filter(|text| !text.is_empty());
            match (set, key.need) {
                (Some(text), _) | (None, Need::Default(text)) => drop(texts.insert(key.name, text.to_owned())),
                (None, Need::Required) => missing.push(key.name),
                (None, Need::Optional) => {}
            }
        }
        if !missing.is_empty() {
            return Err(DeclarationError::Missing { kind: kind.name(), keys: missing });
        }
        let mut keys = Keys { texts };
        let wanted = keys.wanted(kind)?;
        let absent_is_no_value = match keys.get("absent") {
            None => false,
            Some("none") => true,
            Some(text) => return Err(bad("absent", text, "it can only be none")),
        };
        let auth = keys.get("auth").map(str::to_owned);
        if let Some(name) = &auth {
            let is_name = |name: &str| {
                !name.starts_with(|c: char| c.is_ascii_digit())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if !is_name(name) {
                // It may be the secret itself.
                return Err(bad("auth", "…", "it has to be the name of an environment variable, never the secret"));
            }
        }
        Ok(Declaration { kind, wanted, absent_is_no_value, auth, texts: keys.texts })
    }
}

fn static_kind(name: &str) -> Option<&'static str> {
    Kind::of(name).map(Kind::name)
}

fn bad(key: &'static str, text: &str, reason: impl Into<String>) -> DeclarationError {
    let text = printable(text.as_bytes()).chars().take(80).collect();
    DeclarationError::Bad { key, text, reason: reason.into() }
}

struct Keys {
    texts: BTreeMap<&'static str, String>,
}

impl Keys {
    fn get(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    fn need(&self, key: &str) -> &str {
        self.get(key).unwrap_or_default()
    }

    fn wanted(&mut self, kind: Kind) -> Result<WantedValue, DeclarationError> {
        Ok(match kind {
            Kind::Clock => self.clock()?,
            Kind::Git => self.git()?,
            Kind::Http => WantedValue::Http { url: self.url()?, headers: self.headers()?, text: self.text()? },
            Kind::Header => WantedValue::Header { url: self.url()?, names: self.names()? },
            Kind::Snap => self.snap()?,
            Kind::Deb => WantedValue::Deb {
                package: self.like("package", "the name of a source package", is_package)?,
                series: self.like("series", "the code name of a release", is_word)?,
                pocket: self.pocket()?,
                distribution: self.like("distribution", "the name of a distribution", is_word)?,
            },
            Kind::GithubRelease => {
                let prereleases = match self.need("prereleases") {
                    "no" => Prereleases::LeftOut,
                    "yes" => Prereleases::Taken,
                    text => return Err(bad("prereleases", text, "it has to be yes or no")),
                };
                WantedValue::GithubRelease { repository: self.repository()?, prereleases, list: self.list()? }
            }
            Kind::GithubRun => WantedValue::GithubRun {
                repository: self.repository()?,
                workflow: self.like("workflow", "the name of a file, such as ci.yaml", is_workflow)?,
                branch: self.like("branch", "the name of a branch", is_branch)?,
            },
            Kind::Pypi => WantedValue::Pypi { package: self.like("package", "the name of a package", is_python)? },
            Kind::Npm => WantedValue::Npm {
                package: self.like("package", "the name of a package, such as @types/node", is_npm)?,
                tag: self.like("tag", "the name of a tag", is_name)?,
            },
            Kind::Crates => WantedValue::Crates { package: self.like("package", "the name of a crate", is_crate)? },
            Kind::After => {
                let resource = self.need("resource");
                ResourceName::new(resource).map_err(|err| bad("resource", resource, err.to_string()))?;
                WantedValue::After { resource: resource.to_owned() }
            }
            Kind::File => {
                let path = self.need("path");
                let is_clean = |path: &str| path.split('/').all(|part| part != ".." && part != ".");
                if !path.starts_with('/') || !is_clean(path) {
                    return Err(bad("path", path, "it has to be absolute, without . and .. in it"));
                }
                WantedValue::File { path: path.to_owned(), text: self.text()? }
            }
        })
    }

    fn like(&self, key: &'static str, what: &str, is: fn(&str) -> bool) -> Result<String, DeclarationError> {
        let text = self.need(key);
        match is(text) {
            true => Ok(text.to_owned()),
            false => Err(bad(key, text, format!("it has to be {what}"))),
        }
    }

    fn clock(&mut self) -> Result<WantedValue, DeclarationError> {
        let clock = Clock::new(self.need("every"), self.need("at"), self.get("day"), self.get("format"));
        let clock = clock.map_err(|(key, reason)| bad(key, self.need(key), reason))?;
        // What it is by default depends on another key, and may stand in the message.
        let day = match self.need("every") {
            "week" => Some("mon"),
            "month" => Some("1"),
            _ => None,
        };
        if let (Some(day), None) = (day, self.get("day")) {
            self.texts.insert("day", day.to_owned());
        }
        Ok(WantedValue::Clock(clock))
    }

    fn git(&mut self) -> Result<WantedValue, DeclarationError> {
        let text = self.need("url");
        let url = GitUrl::parse(text).map_err(|err| bad("url", &without_user(text), err.to_string()))?;
        let is_ref = |name: &str| {
            !name.starts_with('-')
                && !name.contains(|c: char| " ?*[\\^~:".contains(c) || c.is_control() || c.is_whitespace())
        };
        match (self.get("ref"), self.get("tags")) {
            (Some(_), Some(_)) => Err(DeclarationError::Both { one: "ref", other: "tags" }),
            (Some(name), None) if !is_ref(name) => Err(bad("ref", name, "it has to be HEAD, a branch, or a full name")),
            (Some(name), None) => {
                let name = name.to_owned();
                self.no_list()?;
                Ok(WantedValue::Ref { url, name })
            }
            (None, Some(glob)) => {
                let glob = glob.to_owned();
                Ok(WantedValue::Tags { url, glob, list: self.list()? })
            }
            (None, None) => {
                self.no_list()?;
                self.texts.insert("ref", "HEAD".to_owned());
                Ok(WantedValue::Ref { url, name: "HEAD".to_owned() })
            }
        }
    }

    /// One commit is no list.
    fn no_list(&self) -> Result<(), DeclarationError> {
        let set = ["include", "exclude"].into_iter().find(|key| self.get(key).is_some());
        let set = set.or((self.need("order") != "none").then_some("order"));
        match set {
            Some(key) => Err(bad(key, self.need(key), "it chooses among tags, and without tags there is one commit")),
            None => Ok(()),
        }
    }

    fn url(&self) -> Result<WebUrl, DeclarationError> {
        let text = self.need("url");
        WebUrl::parse(text).map_err(|err| bad("url", &without_user(text), err.to_string()))
    }

    /// The headers of a request. What the program itself says, and what holds secrets, is not up to options.
    fn headers(&self) -> Result<Vec<(String, String)>, DeclarationError> {
        const NOT_YOURS: [&str; 14] = [
            "authorization",
            "connection",
            "content-length",
            "cookie",
            "expect",
            "host",
            "if-modified-since",
            "if-none-match",
            "keep-alive",
            "proxy-authorization",
            "te",
            "transfer-encoding",
            "upgrade",
            "user-agent",
        ];
        let mut headers = Vec::new();
        for line in self.need("header").lines().filter(|line| !line.trim().is_empty()) {
            let form = || bad("header", line, "it has to be NAME: TEXT on each line");
            let (name, text) = line.split_once(':').ok_or_else(form)?;
            let (name, text) = (name.trim().to_ascii_lowercase(), text.trim());
            if !is_header(&name) || !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
                return Err(form());
            }
            if NOT_YOURS.contains(&name.as_str()) {
                let reason = match name.as_str() {
                    "authorization" | "cookie" | "proxy-authorization" => "secrets have no place in options; use auth",
                    _ => "this header is not up to the options",
                };
                return Err(bad("header", &format!("{name}: …"), reason));
            }
            headers.push((name, text.to_owned()));
        }
        Ok(headers)
    }

    fn names(&self) -> Result<Vec<String>, DeclarationError> {
        let names: Vec<String> = self.need("names").split_whitespace().map(str::to_ascii_lowercase).collect();
        match names.iter().find(|name| !is_header(name)) {
            None if !names.is_empty() => Ok(names),
            Some(_) | None => {
                Err(bad("names", self.need("names"), "it has to be names of headers with a blank between"))
            }
        }
    }

    fn text(&self) -> Result<TextPart, DeclarationError> {
        let part = match (self.expression("regex")?, self.get("select")) {
            (Some(_), Some(_)) => return Err(DeclarationError::Both { one: "regex", other: "select" }),
            (Some(regex), None) => TextRule::Regex(regex),
            (None, Some(filter)) => {
                filter::check(filter).map_err(|reason| bad("select", filter, reason))?;
                TextRule::Filter(filter.to_owned())
            }
            (None, None) => TextRule::All,
        };
        Ok(TextPart { part, list: self.list()? })
    }

    fn list(&self) -> Result<List, DeclarationError> {
        let order = self.need("order");
        let order =
            Order::of(order).ok_or_else(|| bad("order", order, "it has to be first, last, version, deb or none"))?;
        Ok(List { include: self.expression("include")?, exclude: self.expression("exclude")?, order })
    }

    fn expression(&self, key: &'static str) -> Result<Option<String>, DeclarationError> {
        let Some(text) = self.get(key) else { return Ok(None) };
        match regex_syntax::Parser::new().parse(text) {
            Ok(_) => Ok(Some(text.to_owned())),
            Err(err) => {
                let err = err.to_string();
                let reason = err.lines().last().unwrap_or_default();
                Err(bad(key, text, reason.strip_prefix("error: ").unwrap_or(reason)))
            }
        }
    }

    fn snap(&self) -> Result<WantedValue, DeclarationError> {
        let channel = self.need("channel");
        let (track, risk) = channel.split_once('/').unwrap_or(("latest", channel));
        const RISKS: [&str; 4] = ["stable", "candidate", "beta", "edge"];
        let is_track = |track: &str| {
            track.starts_with(|c: char| c.is_ascii_alphanumeric())
                && track.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        if !RISKS.contains(&risk) || !is_track(track) {
            return Err(bad("channel", channel, "it has to be [TRACK/]RISK, with stable, candidate, beta or edge"));
        }
        let field = match self.need("field") {
            "revision" => SnapField::Revision,
            "version" => SnapField::Version,
            text => return Err(bad("field", text, "it has to be revision or version")),
        };
        Ok(WantedValue::Snap {
            snap: self.like("snap", "the name of a snap", is_snap)?,
            track: track.to_owned(),
            risk: risk.to_owned(),
            arch: self.like("arch", "an architecture such as amd64", is_arch)?,
            field,
        })
    }

    fn pocket(&self) -> Result<String, DeclarationError> {
        const POCKETS: [&str; 5] = ["Release", "Security", "Updates", "Proposed", "Backports"];
        let text = self.need("pocket");
        match POCKETS.contains(&text) {
            true => Ok(text.to_owned()),
            false => Err(bad("pocket", text, "it has to be Release, Security, Updates, Proposed or Backports")),
        }
    }

    fn repository(&self) -> Result<String, DeclarationError> {
        let is_part = |part: &str| {
            !matches!(part, "" | "." | "..")
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let text = self.need("repository");
        match text.split_once('/') {
            Some((owner, name)) if is_part(owner) && is_part(name) => Ok(text.to_owned()),
            Some(_) | None => Err(bad("repository", text, "it has to be OWNER/NAME")),
        }
    }
}

fn is_package(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".+-".contains(&byte))
}

/// Letters, digits and what stands between them.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_python(text: &str) -> bool {
    is_name(text) && text.ends_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_npm(text: &str) -> bool {
    match text.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_name(scope) && is_name(name)),
        None => is_name(text),
    }
}

fn is_crate(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !text.starts_with('-')
}

fn is_workflow(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    text.strip_suffix(".yaml").or(text.strip_suffix(".yml")).is_some_and(is_name)
}

fn is_branch(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_snap(text: &str) -> bool {
    !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_arch(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// An address without what may be a password in it.
fn without_user(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        (_, _) => url.to_owned(),
    }
}
