//! The `spread-cron.*` keys of git's configuration.

use std::time::Duration;

use crate::cli::{parse_jobs, parse_variable_name};
use crate::core::time::parse_duration;

/// The key that names the variables which extractors may see.
const PASS_ENV: &str = "spread-cron.passEnv";

/// What git's configuration says; a flag of the command line wins over each.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// `spread-cron.remote`
    pub(crate) remote: Option<String>,
    /// `spread-cron.optionsPath`, of which there may be several
    pub(crate) options_paths: Vec<String>,
    /// `spread-cron.shell`
    pub(crate) shell: Option<String>,
    /// `spread-cron.passEnv`, of which there may be several
    pub(crate) pass_env: Vec<String>,
    /// `spread-cron.jobs`
    pub(crate) jobs: Option<usize>,
    /// `spread-cron.timeout`
    pub(crate) timeout: Option<Duration>,
    /// `spread-cron.networkTimeout`
    pub(crate) network_timeout: Option<Duration>,
    /// `spread-cron.target`
    pub(crate) target: Option<String>,
    /// `spread-cron.spread`
    pub(crate) spread: Option<String>,
}

/// A key whose value cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("git's configuration has {key} = {value:?}: {reason}")]
pub(crate) struct ConfigError {
    pub(crate) key: &'static str,
    value: String,
    reason: String,
}

impl Config {
    /// Reads all keys.
    ///
    /// # Errors
    ///
    /// A number or a span of time is none.
    pub(crate) fn read(repo: &gix::Repository) -> Result<Self, ConfigError> {
        let config = repo.config_snapshot();
        let one =
            |key: &'static str| config.string(key).map(|value| value.to_string()).filter(|value| !value.is_empty());
        let many = |key: &'static str| {
            let values = config.plumbing().strings(key).unwrap_or_default();
            values.into_iter().map(|value| value.to_string()).filter(|value| !value.is_empty()).collect::<Vec<_>>()
        };
        fn typed<T>(
            key: &'static str,
            value: Option<String>,
            parse: impl Fn(&str) -> Result<T, String>,
        ) -> Result<Option<T>, ConfigError> {
            let typed = value.map(|value| parse(&value).map_err(|reason| ConfigError { key, value, reason }));
            typed.transpose()
        }
        let variable = |name: String| {
            parse_variable_name(&name).map_err(|reason| ConfigError { key: PASS_ENV, value: name, reason })
        };
        let duration = |key| typed(key, one(key), parse_duration);
        Ok(Config {
            remote: one("spread-cron.remote"),
            options_paths: many("spread-cron.optionsPath"),
            shell: one("spread-cron.shell"),
            pass_env: many(PASS_ENV).into_iter().map(variable).collect::<Result<_, _>>()?,
            jobs: typed("spread-cron.jobs", one("spread-cron.jobs"), parse_jobs)?,
            timeout: duration("spread-cron.timeout")?,
            network_timeout: duration("spread-cron.networkTimeout")?,
            target: one("spread-cron.target"),
            spread: one("spread-cron.spread"),
        })
    }
}
