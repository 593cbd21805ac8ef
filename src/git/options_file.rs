//! Where options files may lie, and where the files of one resource come from.

use gix::ObjectId;
use gix::objs::tree::EntryKind;

use super::branches::Source;
use super::tree::{self, FoundPath, TreeError};
use crate::core::layout::{Layout, LayoutChoice, NoPath, PathPattern};
use crate::core::options::MAX_BYTES;

/// What the configuration and the command line say about where options files lie.
#[derive(Clone, Debug)]
pub(crate) struct OptionsPaths {
    /// Best first.
    patterns: Vec<PathPattern>,
    pub(super) choice: LayoutChoice,
    /// Whose default branch may hold them.
    pub(super) source: Source,
}

impl OptionsPaths {
    /// The paths of the repositories in use: `options` at the top, or `branches/NAME/trigger`.
    const IN_USE: [&str; 2] = ["options", "branches/{branch}/trigger"];

    /// Takes the paths that were configured, or the ones in use.
    ///
    /// # Errors
    ///
    /// A path leads out of the tree.
    pub(crate) fn new(configured: &[String], choice: LayoutChoice, source: Source) -> Result<Self, NoPath> {
        let patterns: Result<Vec<_>, _> = match configured {
            [] => Self::IN_USE.iter().map(|path| PathPattern::new(path)).collect(),
            configured => configured.iter().map(|path| PathPattern::new(path)).collect(),
        };
        Ok(OptionsPaths { patterns: patterns?, choice, source })
    }

    /// The paths on the branch of the resource itself, where the layout is that of branches.
    pub(crate) fn on_branch(&self) -> impl Iterator<Item = &PathPattern> {
        self.patterns.iter()
    }

    /// The paths on the default branch, where the layout is that of folders.
    pub(crate) fn in_folders(&self) -> impl Iterator<Item = &PathPattern> {
        self.patterns.iter().filter(|pattern| pattern.has_name())
    }

    /// The paths on the branch of the resource itself, where the layout is that of folders.
    pub(crate) fn beside_folders(&self) -> impl Iterator<Item = &PathPattern> {
        self.patterns.iter().filter(|pattern| !pattern.has_name())
    }
}

/// Where the files of a resource come from: a folder in the tree of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilesOrigin {
    pub(crate) layout: Layout,
    /// The default branch, if they lie there.
    pub(crate) default_branch: Option<String>,
    /// The commit whose tree holds them.
    pub(crate) commit: ObjectId,
    /// The path of the options file in that tree.
    pub(crate) path: String,
}

impl FilesOrigin {
    /// Where the options lie, as git writes it: `main:branches/NAME/trigger`; on the resource's own branch the path alone.
    pub(crate) fn place(&self) -> String {
        match &self.default_branch {
            Some(branch) => format!("{branch}:{}", self.path),
            None => self.path.clone(),
        }
    }

    /// The folder of the resource, relative to the tree.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The name of the options file.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }

    /// The path of something in the folder of the resource.
    pub(crate) fn in_folder(&self, relative: &str) -> String {
        match self.folder() {
            "" => relative.to_owned(),
            folder => format!("{folder}/{relative}"),
        }
    }
}

/// Why an options file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnreadableOptions {
    /// Where it lies, or where it is looked for first.
    pub(crate) place: String,
    pub(crate) reason: String,
}

impl std::error::Error for UnreadableOptions {}

impl std::fmt::Display for UnreadableOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "cannot read {}: {}", self.place, self.reason)
    }
}

/// An options file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionsFile {
    /// The tree of the folder that holds it: the folder of the resource.
    pub(crate) folder: ObjectId,
    /// Its text.
    pub(crate) text: Vec<u8>,
}

/// Reads what was found at the path of an options file.
pub(super) fn read(
    repo: &gix::Repository,
    found: FoundPath,
    origin: &FilesOrigin,
) -> Result<Result<OptionsFile, UnreadableOptions>, TreeError> {
    let unreadable = |reason: String| Ok(Err(UnreadableOptions { place: origin.place(), reason }));
    match found.kind {
        EntryKind::Blob | EntryKind::BlobExecutable => {
            let mut buffer = Vec::new();
            match tree::blob(repo, found.id, MAX_BYTES as u64, &mut buffer) {
                Ok(_) => Ok(Ok(OptionsFile { folder: found.folder, text: buffer })),
                Err(TreeError::BlobTooLarge { size, most, .. }) => {
                    let (size, most) = (size.div_ceil(1024), most / 1024);
                    unreadable(format!("it is {size} KiB long; at most {most} KiB are read"))
                }
                Err(err) => Err(err),
            }
        }
        EntryKind::Tree => unreadable("it is a folder, not a file".to_owned()),
        EntryKind::Link => unreadable("it is a symbolic link, not a file".to_owned()),
        EntryKind::Commit => unreadable("it is a submodule, not a file".to_owned()),
    }
}
