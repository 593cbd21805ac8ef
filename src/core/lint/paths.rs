//! Absolute paths in a shell command. A guess on words, good enough for a warning.

use gix::bstr::ByteSlice;

/// Folders at the top of a file system in which something can lie that isolated extractors cannot read. Other words that
/// begin with a slash are mostly expressions of sed, awk and grep.
const TOPS: [&str; 17] = [
    "boot", "data", "dev", "home", "media", "mnt", "private", "proc", "root", "run", "srv", "sys", "tmp", "Users",
    "var", "Volumes", "work",
];

/// What bash itself understands, and what every extractor has.
const HARMLESS: [&str; 11] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/stderr",
    "/dev/fd/",
    "/dev/tcp/",
    "/dev/udp/",
];

/// The absolute paths that a command names.
pub(crate) fn absolute_paths(command: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in command.lines().filter(|line| !line.trim_start().starts_with(b"#")) {
        let mut before = b' ';
        for (start, end) in words(line) {
            let word = &line[start..end];
            if start > 0 {
                before = line[start - 1];
            }
            // `:` and `=` end a word, so that a URL leaves `//HOST` behind.
            let is_path = word.starts_with(b"/") && !word.starts_with(b"//") && before != b'\\';
            let Some(path) = word.to_str().ok().filter(|_| is_path) else { continue };
            let mut parts = path.split('/').skip(1);
            let top = parts.next().unwrap_or_default();
            let is_temporary = top == "tmp" && !path.ends_with('/');
            let is_deep = parts.next().is_some_and(|part| !part.is_empty());
            let is_harmless = HARMLESS.iter().any(|harmless| path.starts_with(harmless));
            if TOPS.contains(&top)
                && (is_deep || is_temporary)
                && !is_harmless
                && !found.iter().any(|known| known == path)
            {
                found.push(path.to_owned());
            }
        }
    }
    found
}

/// Where the words of a line begin and end, if nothing but letters, digits and `/._+-@~` is part of one.
fn words(line: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"/._+-@~".contains(&byte) || byte >= 0x80;
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + line[at..].iter().position(|byte| is_part(*byte))?;
        let end = line[start..].iter().position(|byte| !is_part(*byte)).map_or(line.len(), |length| start + length);
        at = end;
        Some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_and_expressions_are_not() {
        for (command, expected) in [
            ("cat /home/me/value", &["/home/me/value"][..]),
            ("jq -r .v '/srv/data/x.json' < \"/var/lib/y\"", &["/srv/data/x.json", "/var/lib/y"]),
            ("cd /tmp && ls /tmp/x", &["/tmp", "/tmp/x"]),
            ("HOME=/root/x curl -o /dev/shm/y https://example.org/home/z", &["/root/x", "/dev/shm/y"]),
            ("snap info core | awk '/beta:/ { print $2 }'", &[]),
            ("sed -n '/home/ s/var/x/' | grep -v /tmp/ > /dev/null", &[]),
            ("cat /etc/os-release /usr/share/x < /dev/tcp/example.org/80", &[]),
            ("# cat /home/me/x\ncat $DIR/home/x ./srv/y a/var/z \"$x/var/q\"", &[]),
        ] {
            assert_eq!(absolute_paths(command.as_bytes()), expected, "{command}");
        }
    }
}
