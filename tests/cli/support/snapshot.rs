//! Everything in a repository that a poll must leave alone, byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::Repo;

/// The note that the product leaves for itself while it changes references.
pub(crate) const JOURNAL: &str = "spread-cron.journal";

/// The files of the repository and of its work tree, and the references, but for those of one prefix.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    refs: BTreeMap<String, String>,
    files: BTreeMap<PathBuf, File>,
}

#[derive(Debug, PartialEq, Eq)]
struct File {
    mode: u32,
    modified: (i64, i64),
    content: Vec<u8>,
}

impl Snapshot {
    /// `but` is the prefix of the references that may move, or nothing.
    ///
    /// Of the repository's own files, objects are left out, and `FETCH_HEAD`, and `packed-refs`, which `refs` has, and the product's own [`JOURNAL`].
    pub(crate) fn of(repo: &Repo<'_>, but: Option<&str>) -> Self {
        let may_move = |name: &str| but.is_some_and(|prefix| name.starts_with(prefix));
        let refs = repo.refs().into_iter().filter(|(name, _)| !may_move(name)).collect();
        let git_dir = PathBuf::from(repo.git(["rev-parse", "--absolute-git-dir"]));
        let mut files = BTreeMap::new();
        collect(repo.path(), &mut files, &|path| {
            let Ok(inside) = path.strip_prefix(&git_dir) else { return true };
            let inside = inside.to_str().expect("tests use UTF-8");
            let name = inside.strip_prefix("logs/").unwrap_or(inside);
            !(["objects", "FETCH_HEAD", "packed-refs", JOURNAL].contains(&inside) || may_move(name))
        });
        Snapshot { refs, files }
    }

    #[track_caller]
    pub(crate) fn assert_unchanged(&self, repo: &Repo<'_>, but: Option<&str>) {
        let now = Snapshot::of(repo, but);
        assert_eq!(self.refs, now.refs);
        let paths = self.files.keys().chain(now.files.keys());
        let changed: Vec<_> = paths.filter(|path| self.files.get(*path) != now.files.get(*path)).collect();
        assert!(changed.is_empty(), "changed: {changed:#?}");
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, File>, wanted: &dyn Fn(&Path) -> bool) {
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if !wanted(&path) {
            continue;
        }
        let about = fs::symlink_metadata(&path).expect("nothing else is at work here");
        if about.is_dir() {
            collect(&path, files, wanted);
            continue;
        }
        let content = if about.is_symlink() {
            fs::read_link(&path).expect("it is a link").into_os_string().into_encoded_bytes()
        } else {
            fs::read(&path).expect("the file is readable")
        };
        let modified = (about.mtime(), about.mtime_nsec());
        files.insert(path, File { mode: about.permissions().mode(), modified, content });
    }
}
