//! The paths that isolated extractors may read. Looks at the file system, and opens nothing.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::extract::environment;
use crate::files::is_program;

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

/// Single files that programs look at to learn about the machine; none of them says anything about other processes.
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

/// Where the configuration of the system lies.
const CONFIGURATION: &str = "/etc";

/// Files in `/etc` that are often links to somewhere else.
const LINKED: [&str; 5] =
    ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/localtime", "/etc/ssl/certs/ca-certificates.crt"];

/// What shows that a folder is a home or a work tree rather than a folder of programs.
const PRIVATE: [&str; 6] = [".git", ".ssh", ".git-credentials", ".netrc", ".config", ".bashrc"];

/// What extractors may read besides their own scratch folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reachable {
    pub(super) read: Vec<PathBuf>,
    /// Folders that may be listed, with all below them.
    pub(super) list: Vec<PathBuf>,
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
                std::env::split_paths(value).for_each(|folder| add_programs(&folder, &mut read));
            } else if environment::CERTIFICATES.iter().any(|variable| name == *variable) {
                read.push(PathBuf::from(value));
            }
        }
        read.push(shell.to_owned());
        read.extend(more.iter().cloned());
        let links: Vec<PathBuf> = read.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect();
        read.extend(links);
        read.retain(|path| path.is_absolute());
        let mut list = Vec::new();
        if rustix::process::geteuid().is_root() {
            // It owns files that no other user can read.
            read.retain(|path| path != Path::new(CONFIGURATION));
            let mut open = Vec::new();
            match open_to_all(Path::new(CONFIGURATION), &mut open) {
                true => read.push(PathBuf::from(CONFIGURATION)),
                false => list.push(PathBuf::from(CONFIGURATION)),
            }
            read.extend(open);
        }
        Reachable { read: without_parts(read), list }
    }

    /// Whether all that lies at a path can be read.
    pub(super) fn contains(&self, path: &Path) -> bool {
        self.read.iter().any(|allowed| path.starts_with(allowed))
    }
}

/// The paths but for those below another one: each costs a rule at every start, and a folder stands for all that it holds.
fn without_parts(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    paths.sort();
    // What lies below a folder comes right after it.
    paths.dedup_by(|path, folder| path.starts_with(folder));
    paths
}

/// Adds a folder of PATH; only its programs if it is, or may hold, more than a folder of programs.
fn add_programs(folder: &Path, read: &mut Vec<PathBuf>) {
    // Of the configuration, root may read parts only.
    let is_whole = |allowed: &&PathBuf| *allowed != Path::new(CONFIGURATION);
    let is_within = |path: &Path| read.iter().filter(is_whole).any(|allowed| path.starts_with(allowed));
    // Most are folders of the system, with some thousand programs.
    let is_known = is_within(folder) && folder.canonicalize().is_ok_and(|real| is_within(&real));
    if !folder.is_absolute() || is_known {
        return;
    }
    let is_top = folder.components().count() <= 2;
    if !is_top && !PRIVATE.iter().any(|name| folder.join(name).symlink_metadata().is_ok()) {
        read.push(folder.to_owned());
    } else if folder.components().count() > 1 {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        read.extend(entries.filter(|path| is_program(path)));
    }
}

/// Whether every user can read all that is below a folder. If not, adds the parts that every user can read.
fn open_to_all(folder: &Path, parts: &mut Vec<PathBuf>) -> bool {
    let (mut is_open, mut own) = (true, Vec::new());
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        let (path, mode) = (entry.path(), metadata.permissions().mode());
        let is_part_open = match metadata.is_dir() {
            true => mode & 0o005 == 0o005 && open_to_all(&path, parts),
            // What a link leads to counts where it lies.
            false => metadata.is_symlink() || mode & 0o004 != 0,
        };
        match is_part_open {
            true if !metadata.is_symlink() => own.push(path),
            true => {}
            false => is_open = false,
        }
    }
    if !is_open {
        parts.append(&mut own);
    }
    is_open
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
            assert!(reachable.contains(Path::new(path)), "{path}");
        }
        for path in ["/", "relative", "", "/x", "/home", "/proc", "/dev", "/tmp"] {
            assert!(!reachable.read.contains(&PathBuf::from(path)), "{path}");
        }
        assert!(reachable.contains(Path::new("/usr/share/x")) && !reachable.contains(Path::new("/usrx")));
    }

    #[test]
    fn a_folder_stands_for_all_that_it_holds() {
        let paths = ["/usr/bin/x", "/bin/sh", "/usrx", "/usr", "/bin", "/etc/a", "/usr", "/usr/lib"].map(PathBuf::from);
        let kept = without_parts(paths.to_vec());
        assert_eq!(kept, ["/bin", "/etc/a", "/usr", "/usrx"].map(PathBuf::from));
    }

    #[test]
    fn of_a_home_or_a_work_tree_in_path_only_the_programs_are_reachable() {
        let home = tempfile::tempdir().unwrap();
        for (name, mode) in [("program", 0o755), (".git-credentials", 0o600), ("notes", 0o644)] {
            std::fs::write(home.path().join(name), "").unwrap();
            std::fs::set_permissions(home.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = [(OsStr::new("PATH"), home.path().as_os_str())];
        let reachable = Reachable::new(path.into_iter(), Path::new("/bin/sh"), &[]);
        assert!(reachable.contains(&home.path().join("program")));
        for name in [".git-credentials", "notes", ""] {
            assert!(!reachable.contains(&home.path().join(name)), "{name}");
        }
    }

    #[test]
    fn what_not_every_user_can_read_is_left_out() {
        let etc = tempfile::tempdir().unwrap();
        let modes = [("shadow", 0o640), ("hosts", 0o644), ("ssl/private/key", 0o600), ("ssl/certs/ca", 0o644)];
        for (name, mode) in modes {
            let path = etc.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let mut parts = Vec::new();
        assert!(!open_to_all(etc.path(), &mut parts));
        parts.sort();
        assert_eq!(parts, ["hosts", "ssl/certs"].map(|name| etc.path().join(name)));
        let mut parts = Vec::new();
        assert!(open_to_all(&etc.path().join("ssl/certs"), &mut parts) && parts.is_empty());
    }
}
