//! What a launch tests: which spread runs the suite, and which commit the target is.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::core::spread::identity;
use crate::core::variables::Variables;

/// Which spread a word of a command line is: the module that its program names, or else its path.
pub(super) fn identify(word: &str, folder: &Path, environment: &Variables) -> String {
    let path = environment.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let found = match word.contains('/') {
        true => Some(folder.join(word)),
        false => std::env::split_paths(&path).map(|entry| entry.join(word)).find(|path| path.is_file()),
    };
    let module = found.as_ref().and_then(|path| fs::read(path).ok()).and_then(|program| identity::module(&program));
    module.unwrap_or_else(|| found.map_or_else(|| word.to_owned(), |path| path.display().to_string()))
}

/// The commit that a clone has checked out.
pub(super) fn head_of(folder: &Path) -> Option<String> {
    fs::symlink_metadata(folder.join(".git")).ok()?;
    let repo = gix::open_opts(folder, gix::open::Options::isolated()).ok()?;
    repo.head_id().ok().map(|id| id.to_string())
}
