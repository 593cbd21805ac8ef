//! Which variables extractors see: a list of permissions, with those that each run sets by itself.

/// The variables that each run sets by itself; they cannot be passed.
pub(crate) const HOME: &str = "HOME";
/// Without it, bash reads the user database at each start.
pub(crate) const SHELL: &str = "SHELL";
pub(crate) const RESOURCE: &str = "SPREAD_CRON_RESOURCE";
pub(crate) const OLD_VALUE: &str = "SPREAD_CRON_OLD_VALUE";
/// UTC, unless the user names the variable.
pub(crate) const TZ: &str = "TZ";
/// A prompt would wait for an answer that never comes.
pub(crate) const GIT_TERMINAL_PROMPT: &str = "GIT_TERMINAL_PROMPT";
/// What the poll says about itself begins so.
const OF_POLL: &str = "SPREAD_CRON_";

const PASSED: [&str; 3] = ["PATH", "LANG", "TMPDIR"];

/// Each names a file or a folder with certificates, which isolated extractors may read.
pub(crate) const CERTIFICATES: [&str; 7] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "NODE_EXTRA_CA_CERTS",
];

/// In lower and in upper case: programs differ in which they read.
const PROXIES: [&str; 5] = ["http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"];

/// Whether a variable of the caller is passed to extractors without being named.
pub(crate) fn is_passed(name: &str) -> bool {
    PASSED.contains(&name)
        || CERTIFICATES.contains(&name)
        || name.starts_with("LC_")
        || PROXIES.iter().any(|proxy| name == *proxy || name == proxy.to_ascii_uppercase())
}

/// Whether an extractor may find a variable that its options do not set.
pub(crate) fn is_seen(name: &str) -> bool {
    is_passed(name) || [HOME, SHELL, TZ, GIT_TERMINAL_PROMPT].contains(&name) || name.starts_with(OF_POLL)
}
