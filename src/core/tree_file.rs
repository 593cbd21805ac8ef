//! The files of a resource directory, on their way between a tree and a folder; and what names files may have elsewhere.

use std::ffi::OsStr;

use super::name::short_hash;

/// A file of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TreeFile {
    /// Relative to the tree, with `/` between its parts.
    pub(crate) path: String,
    pub(crate) kind: TreeFileKind,
    /// The content, or where a symbolic link points to.
    pub(crate) data: Vec<u8>,
}

/// What a [`TreeFile`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TreeFileKind {
    File { executable: bool },
    Symlink,
}

/// Whether a path stays below the folder it is relative to, and out of a repository's own folder.
pub(crate) fn is_safe(path: &str) -> bool {
    !path.contains('\0')
        && path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

/// The name of a file as every file system has it, and stores of artifacts take it; another name never gives the same one.
pub(crate) fn portable_name(name: &OsStr) -> String {
    let text = name.to_string_lossy();
    let is_portable = |c: char| !c.is_control() && !r#""*/:<>?\|"#.contains(c) && c != char::REPLACEMENT_CHARACTER;
    if text.chars().all(is_portable) {
        return text.into_owned();
    }
    let plain: String = text.chars().map(|c| if is_portable(c) { c } else { '-' }).collect();
    let hash = short_hash(&format!("{name:?}"));
    // What opens a file goes by the end of its name.
    let is_ending = |end: &str| (1..=4).contains(&end.len()) && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match plain.rsplit_once('.').filter(|(_, end)| is_ending(end)) {
        Some((stem, end)) => format!("{stem}-{hash}.{end}"),
        None => format!("{plain}-{hash}"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn portable_names_differ_where_names_do() {
        let portable = |name: &[u8]| portable_name(OsStr::from_bytes(name));
        for kept in ["journal.txt", "a b", "ä", ".hidden", "-rf"] {
            assert_eq!(portable(kept.as_bytes()), kept);
        }
        let odd: [&[u8]; 8] = [
            b"google:u-24.04-64:tests",
            b"google*u-24.04-64:tests",
            b"a:b.log",
            b"a?b.log",
            b"a\nb",
            b"\xff",
            b"\xfe",
            b"?",
        ];
        let names = odd.map(portable);
        for (index, name) in names.iter().enumerate() {
            assert!(!names[..index].contains(name), "{name}");
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)), "{name}");
        }
        assert!(names[0].starts_with("google-u-24.04-64-tests-") && names[2].ends_with(".log"), "{names:?}");
    }
}
