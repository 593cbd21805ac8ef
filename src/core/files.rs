//! The files of a resource directory, on their way between a tree and a folder.

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
