//! Pure: what has to be asked for a declaration.

use std::fmt;
use std::time::Duration;

use super::settings::{SourceSettings, Token};
use crate::core::declared::{Clock, Declaration, GitUrl, TextPart, WantedValue};
use crate::core::web_url::{Origin, WebUrl, component};

/// How long a request may take if the options do not say it.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(20);

/// What the service of GitHub usually gets as a token.
const GITHUB_TOKEN: &str = "GITHUB_TOKEN";

/// One request. Equal ones are sent once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(super) url: WebUrl,
    pub(super) asks: Asks,
    /// For this origin only, wherever it redirects to.
    pub(super) headers: Vec<(String, String)>,
    pub(super) secret: Option<Secret>,
    pub(super) time_limit: Duration,
}

/// What is wanted of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Asks {
    /// What it begins with, and no more.
    Headers,
    /// The text.
    Body,
    /// The refs of a git repository.
    Refs,
}

/// What a header holds that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Secret(pub(super) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How the value is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Planned {
    Clock(Clock),
    After {
        resource: String,
    },
    File {
        path: String,
        text: TextPart,
    },
    /// The refs of a repository that only the git program can ask for.
    Git {
        url: String,
    },
    Web(Request),
}

/// Why nothing can be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    #[error(
        "{origin} may not see the variable {name}; allow it with: git config --add spread-cron.{origin}/.passEnv {name}"
    )]
    TokenNotAllowed { name: String, origin: Origin },
    #[error("the variable {name}, which auth names, is not set where the poll runs")]
    TokenNotSet { name: String },
    #[error("the token in {name} has a character that no header can hold")]
    BadToken { name: String },
}

/// Makes a request of a declaration.
///
/// # Errors
///
/// The credentials are not there.
pub(crate) fn plan(
    declaration: &Declaration,
    settings: &SourceSettings,
    time_limit: Option<Duration>,
) -> Result<Planned, PlanError> {
    let get = |url: WebUrl, asks: Asks, headers: Vec<(String, String)>| Request {
        url,
        asks,
        headers,
        secret: None,
        time_limit: time_limit.unwrap_or(TIME_LIMIT),
    };
    let service = |name: &str, path: &str| {
        let url = settings.service(name);
        WebUrl { path: format!("{}{path}", url.path.trim_end_matches('/')), ..url }
    };
    let header = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let of_github =
        || vec![header("accept", "application/vnd.github+json"), header("x-github-api-version", "2022-11-28")];
    let (mut request, usual_token) = match &declaration.wanted {
        WantedValue::Clock(clock) => return Ok(Planned::Clock(clock.clone())),
        WantedValue::After { resource } => return Ok(Planned::After { resource: resource.clone() }),
        WantedValue::File { path, text } => return Ok(Planned::File { path: path.clone(), text: text.clone() }),
        WantedValue::Ref { url: GitUrl::Other(url), .. } | WantedValue::Tags { url: GitUrl::Other(url), .. } => {
            return Ok(Planned::Git { url: url.clone() });
        }
        WantedValue::Ref { url: GitUrl::Web(url), .. } | WantedValue::Tags { url: GitUrl::Web(url), .. } => {
            (get(settings.moved(url), Asks::Refs, Vec::new()), None)
        }
        WantedValue::Http { url, headers, .. } => (get(settings.moved(url), Asks::Body, headers.clone()), None),
        WantedValue::Header { url, .. } => (get(settings.moved(url), Asks::Headers, Vec::new()), None),
        WantedValue::Snap { snap, arch, .. } => {
            let path =
                format!("/v2/snaps/info/{}?architecture={}&fields=revision,version", component(snap), component(arch));
            (get(service("snap-store", &path), Asks::Body, vec![header("snap-device-series", "16")]), None)
        }
        WantedValue::Deb { package, series, pocket, distribution } => {
            let path = format!(
                "/1.0/{distribution}/+archive/primary?ws.op=getPublishedSources&exact_match=true&status=Published\
                 &order_by_date=true&source_name={}&pocket={}&distro_series={}",
                component(package),
                component(pocket),
                component(&format!("/{distribution}/{series}"))
            );
            (get(service("launchpad", &path), Asks::Body, Vec::new()), None)
        }
        WantedValue::Pypi { package } => {
            (get(service("pypi", &format!("/pypi/{}/json", normal_name(package))), Asks::Body, Vec::new()), None)
        }
        WantedValue::Npm { package, .. } => {
            let path = format!("/-/package/{}/dist-tags", package.replace('/', "%2f"));
            (get(service("npm", &path), Asks::Body, Vec::new()), None)
        }
        WantedValue::Crates { package } => (get(service("crates", &index_path(package)), Asks::Body, Vec::new()), None),
        WantedValue::GithubRelease { repository, .. } => {
            let path = format!("/repos/{repository}/releases?per_page=30");
            (get(service("github", &path), Asks::Body, of_github()), Some(GITHUB_TOKEN))
        }
        WantedValue::GithubRun { repository, workflow, branch } => {
            let path = format!(
                "/repos/{repository}/actions/workflows/{}/runs?branch={}&status=success&per_page=10",
                component(workflow),
                component(branch)
            );
            (get(service("github", &path), Asks::Body, of_github()), Some(GITHUB_TOKEN))
        }
    };
    let token = match &declaration.auth {
        Some(name) => match settings.token(name, &request.url.origin) {
            Token::Known(token) => Some((name.as_str(), token)),
            Token::NotSet => return Err(PlanError::TokenNotSet { name: name.clone() }),
            Token::NotAllowed => {
                return Err(PlanError::TokenNotAllowed { name: name.clone(), origin: request.url.origin });
            }
        },
        None => usual_token.and_then(|name| Some((name, settings.usual_token(name, &request.url.origin)?))),
    };
    if let Some((name, token)) = token {
        let token = token.trim();
        if token.is_empty() || !token.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(PlanError::BadToken { name: name.to_owned() });
        }
        // With a scheme in front, such as Basic, it is sent as it is.
        let text = if token.contains(' ') { token.to_owned() } else { format!("Bearer {token}") };
        request.secret = Some(Secret(text));
    }
    Ok(Planned::Web(request))
}

/// The name of a Python package as PyPI compares it.
pub(super) fn normal_name(package: &str) -> String {
    let words = package.split(['-', '_', '.']).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

/// Where the index of crates.io has a crate.
fn index_path(package: &str) -> String {
    let name = package.to_ascii_lowercase();
    match name.len() {
        0..=2 => format!("/{}/{name}", name.len()),
        3 => format!("/3/{}/{name}", &name[..1]),
        _ => format!("/{}/{}/{name}", &name[..2], &name[2..4]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_registries() {
        assert_eq!(normal_name("Zope.Interface__x"), "zope-interface-x");
        for (name, path) in [("a", "/1/a"), ("ab", "/2/ab"), ("Abc", "/3/a/abc"), ("Serde", "/se/rd/serde")] {
            assert_eq!(index_path(name), path);
        }
    }
}
