//! The `spread-cron.*` keys of git's configuration.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gix::bstr::ByteSlice;
use gix::config::File;

use crate::cli::{parse_jobs, parse_variable_name};
use crate::core::isolation::IsolationMode;
use crate::core::layout::LayoutChoice;
use crate::core::time::parse_duration;
use crate::environment::Environment;
use crate::sources::Texts;

/// The key that names the variables which extractors may see.
const PASS_ENV: &str = "spread-cron.passEnv";

/// What git's configuration says; a flag of the command line wins over each.
#[derive(Debug, Default)]
pub(crate) struct Config {
    /// `spread-cron.remote`
    pub(crate) remote: Option<String>,
    /// `spread-cron.optionsPath`; there may be several
    pub(crate) options_paths: Vec<String>,
    /// `spread-cron.layout`
    pub(crate) layout: LayoutChoice,
    /// `spread-cron.shell`
    pub(crate) shell: Option<String>,
    /// `spread-cron.passEnv`; there may be several
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
    /// What declared sources may ask, and with what.
    pub(crate) sources: Texts,
    /// `spread-cron.isolation`
    pub(crate) isolation: Option<IsolationMode>,
    /// `spread-cron.extractorPath`; there may be several
    pub(crate) extractor_paths: Vec<PathBuf>,
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
    /// A number or duration does not parse.
    pub(crate) fn read(repo: &gix::Repository) -> Result<Self, ConfigError> {
        let config = repo.config_snapshot();
        let one =
            |key: &'static str| config.string(key).map(|value| value.to_string()).filter(|value| !value.is_empty());
        let many = |key: &'static str| {
            let values = config.plumbing().strings(key).unwrap_or_default();
            values.into_iter().map(|value| value.to_string()).filter(|value| !value.is_empty()).collect::<Vec<_>>()
        };
        fn typed<T, E: Display>(
            key: &'static str,
            value: Option<String>,
            parse: impl Fn(&str) -> Result<T, E>,
        ) -> Result<Option<T>, ConfigError> {
            let failed = |value: &str, err: E| ConfigError { key, value: value.to_owned(), reason: err.to_string() };
            value.map(|value| parse(&value).map_err(|err| failed(&value, err))).transpose()
        }
        let variable = |name: String| {
            parse_variable_name(&name).map_err(|reason| ConfigError { key: PASS_ENV, value: name, reason })
        };
        let duration = |key| typed(key, one(key), parse_duration);
        Ok(Config {
            remote: one("spread-cron.remote"),
            options_paths: many("spread-cron.optionsPath"),
            layout: typed("spread-cron.layout", one("spread-cron.layout"), str::parse::<LayoutChoice>)?
                .unwrap_or_default(),
            shell: one("spread-cron.shell"),
            pass_env: many(PASS_ENV).into_iter().map(variable).collect::<Result<_, _>>()?,
            jobs: typed("spread-cron.jobs", one("spread-cron.jobs"), parse_jobs)?,
            timeout: duration("spread-cron.timeout")?,
            network_timeout: duration("spread-cron.networkTimeout")?,
            target: one("spread-cron.target"),
            spread: one("spread-cron.spread"),
            sources: sources(&config),
            isolation: typed("spread-cron.isolation", one("spread-cron.isolation"), IsolationMode::parse)?,
            extractor_paths: paths(&config, "spread-cron.extractorPath"),
        })
    }
}

/// The keys about declared sources; some stand in subsections.
fn sources(config: &gix::config::Snapshot<'_>) -> Texts {
    let config = config.plumbing();
    let many = |key: &str| {
        let values = config.strings(key).unwrap_or_default();
        values.into_iter().map(|value| value.to_string()).filter(|value| !value.is_empty()).collect::<Vec<_>>()
    };
    let mut texts = Texts {
        allow_private: many("spread-cron.allowPrivate"),
        allow_path: many("spread-cron.allowPath"),
        ..Texts::default()
    };
    for section in config.sections_by_name("spread-cron").into_iter().flatten() {
        let Some(name) = section.header().subsection_name().and_then(|name| name.to_str().ok()) else { continue };
        let values = |key: &str| section.values(key).into_iter().map(|value| value.to_string());
        match name.strip_prefix("service.") {
            Some(service) => texts.services.extend(values("url").map(|url| (service.to_owned(), url))),
            None => texts.pass_env.extend(values("passEnv").map(|variable| (name.to_owned(), variable))),
        }
    }
    texts
}

/// The paths of a key; `~` is the home of the user, and what cannot be a path is left out.
fn paths(config: &gix::config::Snapshot<'_>, key: &str) -> Vec<PathBuf> {
    let home = gix::path::env::home_dir();
    let values = config.plumbing().strings(key).unwrap_or_default();
    let path = |value: gix::bstr::BString| {
        let context = gix::config::path::interpolate::Context { home_dir: home.as_deref(), ..Default::default() };
        let path = gix::config::Path::from(value).interpolate(context).ok()?;
        path.is_absolute().then_some(path)
    };
    values.into_iter().filter_map(path).collect()
}

/// The key that names the user's own folder of the catalog.
const CATALOG: &str = "spread-cron.catalog";

/// What git's configuration says where there is no repository: that of the user, of the machine, and of `git -c`.
///
/// # Errors
///
/// A file cannot be read or is malformed.
pub(crate) fn without_repository(environment: &Environment) -> Result<File, gix::Error> {
    let mut config = File::from_globals()?;
    config.append(File::from_environment_overrides()?)?;
    for parameter in environment.config_parameters() {
        if let Some((key, value)) = parameter.split_once_str("=")
            && key.eq_ignore_ascii_case(CATALOG.as_bytes())
        {
            config.set_raw_value(CATALOG, value.as_bstr())?;
        }
    }
    Ok(config)
}

/// The user's own folder of the catalog. A relative path is below `base`, and means nothing where there is none.
///
/// # Errors
///
/// The path begins with a `~` without a home that it could mean.
pub(crate) fn catalog_folder(
    config: &File,
    base: Option<&Path>,
    environment: &Environment,
) -> Result<Option<PathBuf>, ConfigError> {
    let Some(path) = config.path(CATALOG).filter(|path| !path.is_empty()) else { return Ok(None) };
    let (value, is_optional) = (path.to_string(), path.is_optional);
    let home = environment.variable("HOME").map(Path::new);
    let context = gix::config::path::interpolate::Context { home_dir: home, ..Default::default() };
    let path = path.interpolate(context);
    let path = path.map_err(|err| ConfigError { key: CATALOG, value, reason: err.to_string() })?;
    let path = match base {
        Some(base) => Some(base.join(path)),
        None => Some(path).filter(|path| path.is_absolute()),
    };
    Ok(path.filter(|path| !is_optional || path.exists()))
}
