//! The clean environment: which variables of the caller an extractor may see, and which ones describe the poll.
//!
//! Pure. The list is a list of permissions: a variable that is not named here, or by the user, is not passed on.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::core::extractor_variables::{self, TZ};
pub(super) use crate::core::extractor_variables::{
    CERTIFICATES, GIT_TERMINAL_PROMPT, HOME, OLD_VALUE, RESOURCE, SHELL,
};

/// Where programs are looked for if the caller has no PATH.
pub(super) const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Isolated extractors can write nowhere but in their scratch folder.
pub(super) const TMPDIR: &str = "TMPDIR";

/// The part of `vars` that extractors may see, with the variables that the user named in `pass`.
pub(crate) fn clean_environment(
    vars: impl Iterator<Item = (OsString, OsString)>,
    pass: &[String],
) -> Vec<(OsString, OsString)> {
    let mut clean: Vec<_> = vars.filter(|(name, _)| is_passed(name, pass)).collect();
    // Polls in two time zones have to see the same day.
    if !clean.iter().any(|(name, _)| name == TZ) {
        clean.push((TZ.into(), "UTC".into()));
    }
    if !clean.iter().any(|(name, value)| name == "PATH" && !value.is_empty()) {
        clean.retain(|(name, _)| name != "PATH");
        clean.push(("PATH".into(), DEFAULT_PATH.into()));
    }
    clean
}

/// Tells the programs that an extractor starts about the poll, and lets them find `program` where nothing else of its
/// name is found.
pub(crate) fn tell_of_poll(clean: &mut Vec<(OsString, OsString)>, told: Vec<(&str, OsString)>, program: &Path) {
    for (name, value) in told {
        clean.retain(|(known, _)| known != name);
        clean.push((name.into(), value));
    }
    let folder =
        program.parent().filter(|folder| folder.is_absolute() && !folder.as_os_str().as_bytes().contains(&b':'));
    let path = clean.iter_mut().find(|(name, _)| name == "PATH");
    if let (Some(folder), Some((_, path))) = (folder, path) {
        path.push(":");
        path.push(folder);
    }
}

fn is_passed(name: &OsStr, pass: &[String]) -> bool {
    let Some(name) = name.to_str() else { return false };
    if [HOME, SHELL, RESOURCE, OLD_VALUE].contains(&name) {
        return false;
    }
    extractor_variables::is_passed(name) || pass.iter().any(|passed| passed == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{GIT_DIR, REMOTE};

    fn clean(names: &[&str], pass: &[&str]) -> Vec<String> {
        let vars = names.iter().map(|name| (OsString::from(name), OsString::from("x")));
        let pass: Vec<String> = pass.iter().map(|&name| name.to_owned()).collect();
        clean_environment(vars, &pass)
            .into_iter()
            .filter(|(name, value)| name != TZ || value != "UTC")
            .map(|(name, _)| name.into_string().unwrap())
            .collect()
    }

    #[test]
    fn only_the_permitted_ones_are_passed() {
        let kept = ["PATH", "LANG", "LC_ALL", "TMPDIR", "https_proxy", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"];
        assert_eq!(clean(&kept, &[]), kept);
        for name in ["GITHUB_TOKEN", "SSH_AUTH_SOCK", "HOME", "BASH_ENV", "TZ", "Https_Proxy", "PATH_TO", "XLC_ALL"] {
            assert_eq!(clean(&["PATH", name], &[]), ["PATH"], "{name}");
        }
    }

    #[test]
    fn the_user_can_name_more_but_not_what_a_run_sets() {
        assert_eq!(clean(&["PATH", "A", "B"], &["B"]), ["PATH", "B"]);
        assert_eq!(clean(&["PATH", "TZ"], &["TZ"]), ["PATH", "TZ"]);
        assert_eq!(clean(&["PATH", HOME, SHELL, RESOURCE, OLD_VALUE], &[HOME, SHELL, RESOURCE, OLD_VALUE]), ["PATH"]);
    }

    #[test]
    fn the_poll_has_its_own_words() {
        let mut clean = vec![("PATH".into(), "/bin".into()), (GIT_DIR.into(), "/theirs".into())];
        tell_of_poll(&mut clean, vec![(GIT_DIR, "/ours".into()), (REMOTE, ".".into())], Path::new("/opt/x/program"));
        let expected = [("PATH", "/bin:/opt/x"), (GIT_DIR, "/ours"), (REMOTE, ".")];
        assert_eq!(clean, expected.map(|(name, value)| (name.into(), value.into())));
        let mut clean = vec![("PATH".into(), "/bin".into())];
        for program in ["program", "/a:b/program", "/"] {
            tell_of_poll(&mut clean, Vec::new(), Path::new(program));
            assert_eq!(clean, [("PATH".into(), "/bin".into())], "{program}");
        }
    }

    #[test]
    fn there_is_always_a_path_and_a_time_zone() {
        let expected = [("TZ".into(), "UTC".into()), ("PATH".into(), DEFAULT_PATH.into())];
        assert_eq!(clean_environment(std::iter::empty(), &[]), expected);
        let empty = [("PATH".into(), OsString::new())].into_iter();
        assert_eq!(clean_environment(empty, &[]), expected);
    }
}
