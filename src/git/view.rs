//! A view of a repository for isolated extractors: its objects and references, and nothing of its configuration.
//!
//! `git spread-cron green` reads it in an extractor, and git itself can. It is a git directory of its own that borrows the
//! objects (gitrepository-layout(5), `objects/info/alternates`), so that credentials in `.git/config`, hooks and the real
//! references stay out of reach. Must not change the repository.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::repository::Repository;
use super::scratch::quoted;
use super::tracking::fetch_refspecs;
use crate::files::Temporary;
use gix::bstr::ByteSlice;
use gix::refs::TargetRef;

/// The settings that reading commands need; none of them can hold a secret.
const SETTINGS: [&str; 3] = ["remote", "layout", "optionsPath"];

/// Why there is no view.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ViewError {
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("cannot read the references")]
    References(#[source] gix::Error),
}

/// A git directory among the temporary files, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct View {
    folder: Temporary,
}

impl View {
    /// Makes the folder, with nothing in it yet.
    ///
    /// # Errors
    ///
    /// There is no place for temporary files.
    pub(crate) fn create(tmpdir: Option<&std::ffi::OsStr>) -> io::Result<Self> {
        Ok(View { folder: crate::files::temporary(tmpdir)? })
    }

    pub(crate) fn git_dir(&self) -> &Path {
        self.folder.path()
    }

    /// The folders with objects that the view borrows.
    pub(crate) fn borrowed(repository: &Repository) -> Vec<PathBuf> {
        let repo = repository.local();
        let store = repo.objects.store_ref();
        let mut folders = vec![store.path().to_owned()];
        folders.extend(store.alternate_db_paths().unwrap_or_default());
        folders
    }

    /// Makes it show the repository as it is now.
    ///
    /// # Errors
    ///
    /// The references cannot be read, or a file cannot be written.
    pub(crate) fn update(&self, repository: &Repository) -> Result<(), ViewError> {
        let repo = repository.local();
        let (packed, links) = references(&repo).map_err(ViewError::References)?;
        let objects = std::path::absolute(repo.objects.store_ref().path()).unwrap_or_default();
        let mut alternates = objects.into_os_string();
        alternates.push("\n");
        self.write("HEAD", b"ref: refs/heads/none\n")?;
        self.write("config", config(&repo).as_bytes())?;
        self.write("objects/info/alternates", alternates.as_encoded_bytes())?;
        self.write("refs/keep", b"")?;
        self.write("packed-refs", packed.as_bytes())?;
        for (name, target) in links {
            self.write(&name, format!("ref: {target}\n").as_bytes())?;
        }
        if let Ok(shallow) = fs::read(repository.common_dir().join("shallow")) {
            self.write("shallow", &shallow)?;
        }
        Ok(())
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), ViewError> {
        let path = self.git_dir().join(name);
        let parent = path.parent().unwrap_or(self.git_dir());
        let written = fs::create_dir_all(parent).and_then(|()| crate::files::write_whole(&path, content));
        written.map_err(|err| ViewError::Write(path, err))
    }
}

/// The `packed-refs` file with all references to objects, and those that are links to others.
fn references(repo: &gix::Repository) -> Result<(String, Vec<(String, String)>), gix::Error> {
    let (mut packed, mut links) = (Vec::new(), Vec::new());
    let platform = repo.references()?;
    for reference in platform.all()?.filter_map(Result::ok) {
        let Ok(name) = reference.name().as_bstr().to_str().map(str::to_owned) else { continue };
        // A replacement would show other objects than the poll sees.
        if name.starts_with("refs/replace/") {
            continue;
        }
        match reference.target() {
            TargetRef::Object(id) => packed.push((name, id.to_owned())),
            TargetRef::Symbolic(target) => links.push((name, target.as_bstr().to_string())),
        }
    }
    packed.sort_unstable();
    let mut text = "# pack-refs with: sorted\n".to_owned();
    for (name, id) in packed {
        let _ = writeln!(text, "{id} {name}");
    }
    Ok((text, links))
}

/// A configuration that says the format, the remotes without their addresses, and how resources are found.
fn config(repo: &gix::Repository) -> String {
    let snapshot = repo.config_snapshot();
    let mut text = if repo.object_hash() == gix::hash::Kind::Sha256 {
        "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n".to_owned()
    } else {
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n".to_owned()
    };
    for remote in repo.remote_names().iter() {
        let _ = writeln!(text, "[remote {}]\n\turl = .", quoted(&remote.to_string()));
        for refspec in fetch_refspecs(repo, &remote.to_string()) {
            let _ = writeln!(text, "\tfetch = {}", quoted(&refspec));
        }
    }
    text.push_str("[spread-cron]\n");
    for key in SETTINGS {
        for value in snapshot.plumbing().strings(format!("spread-cron.{key}").as_str()).unwrap_or_default() {
            let _ = writeln!(text, "\t{key} = {}", quoted(&value.to_string()));
        }
    }
    text
}
