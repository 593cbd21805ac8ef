//! What the configuration and the environment say about asking declared sources.

use std::ffi::OsStr;

use crate::environment::Environment;
use crate::error::CommandError;
use crate::git::config::Config;
use crate::sources::{Proxies, SourceSettings, Sources};

/// How many requests are sent side by side, if nothing else is said.
const REQUESTS: usize = 64;

/// What declared sources are asked with.
///
/// # Errors
///
/// An address in the configuration is none.
pub(super) fn sources(
    config: &Config,
    environment: &Environment,
    pass_env: &[String],
    jobs: Option<usize>,
) -> Result<Sources, CommandError> {
    let text = |name: &str| environment.variable(name).and_then(OsStr::to_str).map(str::to_owned);
    // As curl does it: the upper case form of http_proxy can be set by a header that a CGI program gets.
    let either = |lower: &str, upper: &str| text(lower).or_else(|| text(upper)).unwrap_or_default();
    let proxies = Proxies {
        http: text("http_proxy").unwrap_or_default(),
        https: either("https_proxy", "HTTPS_PROXY"),
        all: either("all_proxy", "ALL_PROXY"),
        no: either("no_proxy", "NO_PROXY"),
    };
    let settings = SourceSettings::new(&config.sources, pass_env, text, proxies, jobs.unwrap_or(REQUESTS));
    let settings = settings.map_err(|err| {
        CommandError::usage(err.to_string()).hint("correct it with git config, such as https://proxy.example.com")
    })?;
    Ok(Sources::new(settings, environment.program().to_owned()))
}
