//! What an isolated extractor was kept from, guessed from its last words, and what to do about it. Pure.

/// Words of programs that met the isolation, and what to say to their reader.
const CAUSES: [(&[&str], &str); 2] = [
    (
        &["no new privileges", "effective uid is not 0", "must be setuid", "setuid root", "snap-confine", "cap_"],
        "isolated extractors gain no privileges: setuid programs such as sudo, and snaps in /snap/bin, do not work there",
    ),
    (
        &["docker.sock", "dial unix", "snapd", "daemon", "D-Bus", "dbus", "ssh-agent", "/run/"],
        "isolated extractors open no UNIX sockets: clients of a daemon, such as snap and docker, do not work there",
    ),
];

/// Places for temporary files of all programs.
const TEMPORARY: [&str; 3] = ["/tmp", "/var/tmp", "/dev/shm"];

/// What git and ssh say where they would ask a person for a credential, or have the wrong one.
const CREDENTIALS: [&str; 6] = [
    "could not read Username",
    "could not read Password",
    "terminal prompts disabled",
    "Authentication failed for",
    "Permission denied (publickey",
    "Host key verification failed",
];

/// Adds to the words of an extractor how it gets a credential, where it lacks one.
pub(in crate::extract) fn explain_prompt(words: String) -> String {
    match CREDENTIALS.iter().any(|sign| words.contains(sign)) {
        true => format!(
            "{words} (extractors have none of your credentials, and nothing is asked; name a variable with a token that they may see: git config --add spread-cron.passEnv NAME)"
        ),
        false => words,
    }
}

/// Adds to the words of an isolated extractor what they mean, where something was denied.
pub(in crate::extract) fn explain(words: String) -> String {
    if CREDENTIALS.iter().any(|sign| words.contains(sign)) {
        return words;
    }
    let has = |part: &&str| words.contains(*part);
    let is_denied = words.to_ascii_lowercase().contains("permission denied") || words.contains("PermissionError");
    let cause = CAUSES.iter().find(|(signs, _)| signs.iter().any(has));
    let hint = match (cause, denied_path(&words)) {
        (Some((_, hint)), _) if is_denied || words.contains("no new privileges") || words.contains("uid is not 0") => {
            (*hint).to_owned()
        }
        _ if !is_denied => return words,
        (_, Some(path)) if TEMPORARY.iter().any(|folder| is_below(path, folder)) => {
            format!(
                "isolated extractors write to $TMPDIR only; to let them read this: git config --add spread-cron.extractorPath {path}"
            )
        }
        (_, path) => format!(
            "extractors read only the system and their own folder; to allow a path: git config --add spread-cron.extractorPath {}",
            path.unwrap_or("PATH")
        ),
    };
    format!("{words} ({hint})")
}

/// The absolute path that stands before the words of a denial.
fn denied_path(words: &str) -> Option<&str> {
    let end = words.find("ermission denied").or_else(|| words.find("PermissionError"))?;
    let is_part = |c: char| !c.is_whitespace() && !"'\"`:;,()|‘’".contains(c);
    let found = |part: &'_ str| part.starts_with('/') && part.len() > 1;
    let before = words[..end].split(|c| !is_part(c)).rfind(|part| found(part));
    before.or_else(|| words[end..].split(|c| !is_part(c)).find(|part| found(part)))
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_that_allows_a_path_is_named_with_the_path() {
        for (words, path) in [
            ("cat: /home/u/.git-credentials: Permission denied", "/home/u/.git-credentials"),
            ("ls: cannot open directory '/srv': Permission denied", "/srv"),
            ("a | bash: line 1: /srv/x y: Permission denied", "PATH"),
            ("PermissionError: [Errno 13] Permission denied: '/srv/file'", "/srv/file"),
            ("ls: cannot open directory '..': Permission denied", "PATH"),
        ] {
            let key = format!("git config --add spread-cron.extractorPath {path}");
            let explained = explain(words.to_owned());
            let expected = if path == "PATH" { "spread-cron.extractorPath" } else { key.as_str() };
            assert!(explained.starts_with(words) && explained.contains(expected), "{explained}");
        }
    }

    #[test]
    fn a_missing_credential_names_what_lets_it_in() {
        for words in [
            "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
            "git@github.com: Permission denied (publickey). | fatal: Could not read from remote repository.",
        ] {
            let explained = explain(explain_prompt(words.to_owned()));
            assert!(explained.starts_with(words) && explained.contains("spread-cron.passEnv NAME"), "{explained}");
            assert!(!explained.contains("extractorPath"), "{explained}");
        }
        assert_eq!(explain_prompt("cat: x: Permission denied".to_owned()), "cat: x: Permission denied");
    }

    #[test]
    fn what_no_path_helps_against_is_said() {
        for (words, expected) in [
            ("bash: /tmp/x: Permission denied", "$TMPDIR"),
            ("touch: cannot touch '/dev/shm/x': Permission denied", "$TMPDIR"),
            ("dial unix /run/snapd.socket: socket: permission denied", "no UNIX sockets"),
            ("permission denied while trying to connect to unix:///var/run/docker.sock", "no UNIX sockets"),
            ("sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.", "setuid"),
            ("sudo: effective uid is not 0, is /usr/bin/sudo owned by root?", "setuid"),
        ] {
            let explained = explain(words.to_owned());
            let names_key = explained.contains("extractorPath");
            assert!(explained.contains(expected) && names_key == (expected == "$TMPDIR"), "{explained}");
        }
        for words in ["", "curl: (6) Could not resolve host: daemon.example.org", "the folder /tmp is full"] {
            assert_eq!(explain(words.to_owned()), words);
        }
    }
}
