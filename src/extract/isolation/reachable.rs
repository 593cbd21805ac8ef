//! The paths that isolated extractors may read. Pure but for following links.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The system: programs, libraries, configuration.
const SYSTEM: [&str; 14] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/bin",
    "/sbin",
    "/etc",
    "/opt",
    "/nix",
    "/snap",
    "/System",
    "/Library",
    "/var/lib/ca-certificates",
];

/// Single files that programs look at to learn about the machine; none of them tells about other processes.
const MACHINE: [&str; 11] = [
    "/proc/cpuinfo",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys",
    "/proc/uptime",
    "/proc/version",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/usr/share/zoneinfo",
];

/// Files in `/etc` that are often links to somewhere else.
const LINKED: [&str; 5] =
    ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/localtime", "/etc/ssl/certs/ca-certificates.crt"];

/// Variables that name a file or a folder with certificates.
const CERTIFICATES: [&str; 7] = [
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "NODE_EXTRA_CA_CERTS",
];

/// What extractors may read besides their own scratch folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reachable {
    pub(super) read: Vec<PathBuf>,
}

impl Reachable {
    /// The system, what the extractors' environment names, and `more`.
    pub(crate) fn new<'a>(
        environment: impl Iterator<Item = (&'a OsStr, &'a OsStr)>,
        shell: &Path,
        more: &[PathBuf],
    ) -> Self {
        let mut read: Vec<PathBuf> = SYSTEM.iter().chain(&MACHINE).map(PathBuf::from).collect();
        read.extend(LINKED.iter().filter_map(|path| std::fs::canonicalize(path).ok()));
        for (name, value) in environment {
            if name == "PATH" {
                read.extend(std::env::split_paths(value).filter(|folder| is_folder_of_programs(folder)));
            } else if CERTIFICATES.iter().any(|variable| name == *variable) {
                read.push(PathBuf::from(value));
            }
        }
        read.push(shell.to_owned());
        read.extend(more.iter().cloned());
        let links: Vec<PathBuf> = read.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect();
        read.extend(links);
        read.retain(|path| path.is_absolute());
        read.sort();
        read.dedup();
        Reachable { read }
    }
}

/// A folder of PATH, but never one that opens all of the machine or of a home.
fn is_folder_of_programs(folder: &Path) -> bool {
    folder.is_absolute() && folder.components().count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_certificates_are_reachable_and_nothing_relative() {
        let variables =
            [("PATH", "/opt/tools/bin:relative:/::/usr/bin"), ("SSL_CERT_FILE", "/srv/ca.pem"), ("X", "/x")];
        let variables = variables.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
        let reachable = Reachable::new(variables, Path::new("/bin/sh"), &[PathBuf::from("/srv/world")]);
        for path in ["/usr", "/opt/tools/bin", "/srv/ca.pem", "/srv/world", "/bin/sh"] {
            assert!(reachable.read.contains(&PathBuf::from(path)), "{path}");
        }
        for path in ["/", "relative", "", "/x", "/home", "/proc", "/dev", "/tmp"] {
            assert!(!reachable.read.contains(&PathBuf::from(path)), "{path}");
        }
    }
}
