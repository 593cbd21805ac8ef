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
