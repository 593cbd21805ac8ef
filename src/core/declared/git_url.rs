//! Addresses of git repositories that options may name.

use crate::core::web_url::{UrlError, WebUrl};

/// Where a repository lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum GitUrl {
    /// Over http or https: it can be asked without the git program.
    Web(WebUrl),
    /// Everything else that the git program understands: ssh, git, a path.
    Other(String),
}

/// Why a text is not the address of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GitUrlError {
    #[error(transparent)]
    Web(UrlError),
    #[error("it holds a password, which everyone can read in the commits")]
    Password,
    #[error("it has a blank or a control character")]
    Character,
    #[error("it has to be a URL with http, https, ssh, git or file, [USER@]HOST:PATH, or an absolute path")]
    Form,
}

impl GitUrl {
    /// Reads the address of a repository.
    ///
    /// # Errors
    ///
    /// Why it is none.
    pub(super) fn parse(text: &str) -> Result<Self, GitUrlError> {
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(GitUrlError::Character);
        }
        let other = || Ok(GitUrl::Other(text.to_owned()));
        if text.starts_with('/') {
            return other();
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            let authority = rest.split('/').next().unwrap_or_default();
            let user = authority.rsplit_once('@').map(|(user, _)| user);
            return match scheme.to_ascii_lowercase().as_str() {
                "http" | "https" => WebUrl::parse(text).map(GitUrl::Web).map_err(GitUrlError::Web),
                "ssh" | "git+ssh" if user.is_some_and(|user| user.contains(':')) => Err(GitUrlError::Password),
                "ssh" | "git+ssh" if is_safe(authority) => other(),
                "git" if user.is_none() && is_safe(authority) => other(),
                "file" if authority.is_empty() => other(),
                _ => Err(GitUrlError::Form),
            };
        }
        // HOST:PATH, which `ext::sh -c …` must not be taken for.
        match text.split_once(':') {
            Some((host, path))
                if is_safe(host) && !path.is_empty() && !path.starts_with(':') && !host.contains('/') =>
            {
                other()
            }
            Some(_) | None => Err(GitUrlError::Form),
        }
    }
}

/// Whether no program takes a part of an authority for an option.
fn is_safe(authority: &str) -> bool {
    !authority.is_empty() && authority.split('@').all(|part| !part.is_empty() && !part.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories() {
        let web = |url: &str| Ok(GitUrl::Web(WebUrl::parse(url).unwrap()));
        let other = |url: &str| Ok(GitUrl::Other(url.to_owned()));
        let cases = [
            ("https://github.com/canonical/snapd", web("https://github.com/canonical/snapd")),
            ("/srv/git/x.git", other("/srv/git/x.git")),
            ("file:///srv/git/x.git", other("file:///srv/git/x.git")),
            ("ssh://git@example.org:22/x", other("ssh://git@example.org:22/x")),
            ("git+ssh://git@example.org/x", other("git+ssh://git@example.org/x")),
            ("git@example.org:x/y.git", other("git@example.org:x/y.git")),
            ("git://example.org/x", other("git://example.org/x")),
            ("https://me:secret@example.org/x", Err(GitUrlError::Web(UrlError::UserInfo))),
            ("ssh://me:secret@example.org/x", Err(GitUrlError::Password)),
            ("ssh://-oProxyCommand=x/y", Err(GitUrlError::Form)),
            ("git@-oProxyCommand=x:y", Err(GitUrlError::Form)),
            ("-oProxyCommand=x:y", Err(GitUrlError::Form)),
            ("--upload-pack=x", Err(GitUrlError::Form)),
            ("ext::sh%20-c%20x", Err(GitUrlError::Form)),
            ("fd::17", Err(GitUrlError::Form)),
            ("ftp://example.org/x", Err(GitUrlError::Form)),
            ("file://host/x", Err(GitUrlError::Form)),
            ("../x", Err(GitUrlError::Form)),
            ("ext::sh -c x", Err(GitUrlError::Character)),
            ("", Err(GitUrlError::Form)),
        ];
        for (text, expected) in cases {
            assert_eq!(GitUrl::parse(text), expected, "{text}");
        }
    }
}
