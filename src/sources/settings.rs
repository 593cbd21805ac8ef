//! What the caller's configuration and environment say about asking: services elsewhere, hosts that are allowed, who may
//! see which variable, proxies.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::guard::Allowed;
use crate::core::web_url::{Origin, UrlError, WebUrl};

/// The services that have a name, and where they are.
pub(crate) const SERVICES: [(&str, &str); 7] = [
    ("snap-store", "https://api.snapcraft.io"),
    ("snap-dashboard", "https://dashboard.snapcraft.io"),
    ("launchpad", "https://api.launchpad.net"),
    ("github", "https://api.github.com"),
    ("pypi", "https://pypi.org"),
    ("npm", "https://registry.npmjs.org"),
    ("crates", "https://index.crates.io"),
];

/// The proxies of the environment, as curl reads them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    pub(crate) http: String,
    pub(crate) https: String,
    pub(crate) all: String,
    pub(crate) no: String,
}

/// The texts of the caller's configuration.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    /// `spread-cron.service.NAME.url`
    pub(crate) services: Vec<(String, String)>,
    /// `spread-cron.allowPrivate`
    pub(crate) allow_private: Vec<String>,
    /// `spread-cron.allowPath`
    pub(crate) allow_path: Vec<String>,
    /// `spread-cron.URL.passEnv`
    pub(crate) pass_env: Vec<(String, String)>,
}

/// A text of the configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("git's configuration has {key}, and {text:?} is not an address: {reason}")]
pub(crate) struct SettingsError {
    key: String,
    text: String,
    reason: UrlError,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct SourceSettings {
    services: BTreeMap<String, WebUrl>,
    pub(super) allowed: Allowed,
    pub(crate) allow_path: Vec<PathBuf>,
    /// Which variable an origin may see.
    pass_env: Vec<(Origin, String)>,
    /// The variables that are named there, as far as they are set.
    variables: BTreeMap<String, String>,
    /// The variables that extractors see, and that services which have a usual one may therefore see, too.
    pass_to_services: Vec<String>,
    pub(super) proxies: Proxies,
    /// How many requests are sent side by side.
    pub(crate) jobs: usize,
}

impl SourceSettings {
    /// Checks the texts; `variable` looks up a variable of the environment.
    ///
    /// # Errors
    ///
    /// An address is none.
    pub(crate) fn new(
        texts: &Texts,
        pass_to_services: &[String],
        variable: impl Fn(&str) -> Option<String>,
        proxies: Proxies,
        jobs: usize,
    ) -> Result<Self, SettingsError> {
        let url = |key: &dyn Fn() -> String, text: &str| {
            let text = text.to_owned();
            WebUrl::parse(&text).map_err(|reason| SettingsError { key: key(), text, reason })
        };
        let mut services = BTreeMap::new();
        for (name, text) in &texts.services {
            services.insert(name.to_ascii_lowercase(), url(&|| format!("spread-cron.service.{name}.url"), text)?);
        }
        let mut pass_env = Vec::new();
        for (text, name) in &texts.pass_env {
            pass_env.push((url(&|| format!("spread-cron.{text}.passEnv"), text)?.origin, name.clone()));
        }
        let names = pass_env.iter().map(|(_, name)| name).chain(pass_to_services);
        let variables = names.filter_map(|name| Some((name.clone(), variable(name)?))).collect();
        let allowed = Allowed::new(&texts.allow_private, services.values().map(|url| url.origin.clone()).collect());
        let allow_path = texts.allow_path.iter().map(PathBuf::from).collect();
        let pass_to_services = pass_to_services.to_vec();
        Ok(SourceSettings { services, allowed, allow_path, pass_env, variables, pass_to_services, proxies, jobs })
    }

    /// Where a service that has a name is.
    pub(super) fn service(&self, name: &str) -> WebUrl {
        self.services.get(name).cloned().unwrap_or_else(|| {
            let usual = SERVICES.iter().find(|(known, _)| *known == name).expect("only known services are asked for").1;
            WebUrl::parse(usual).expect("the table holds addresses")
        })
    }

    /// An address of an options file, at the place where its host was moved to.
    pub(super) fn moved(&self, url: &WebUrl) -> WebUrl {
        let host = &url.origin.host;
        let of_service = || {
            let is_there = |usual: &str| WebUrl::parse(usual).is_ok_and(|usual| usual.origin == url.origin);
            let (name, _) = SERVICES.iter().find(|(_, usual)| is_there(usual))?;
            self.services.get(*name)
        };
        match self.services.get(host).or_else(of_service) {
            Some(base) => url.moved_to(base),
            None => url.clone(),
        }
    }

    /// The token that `name` holds, if this origin may see it.
    pub(super) fn token(&self, name: &str, origin: &Origin) -> Token<'_> {
        match self.pass_env.iter().any(|(known, variable)| known == origin && variable == name) {
            true => self.variables.get(name).map_or(Token::NotSet, |token| Token::Known(token)),
            false => Token::NotAllowed,
        }
    }

    /// The token that a service usually gets, if the caller passes the variable to it or to extractors.
    pub(super) fn usual_token(&self, name: &str, origin: &Origin) -> Option<&str> {
        let is_passed = self.pass_to_services.iter().any(|passed| passed == name);
        let is_allowed = is_passed || matches!(self.token(name, origin), Token::Known(_));
        self.variables.get(name).map(String::as_str).filter(|_| is_allowed)
    }
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Known(&'a str),
    NotSet,
    NotAllowed,
}
