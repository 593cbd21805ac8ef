//! Writing a site into a folder: only what changed, and nothing that is not the site's own.
//!
//! A list of the site's files lies beside them. It marks the folder as a site, whose files may be replaced, and says what an
//! earlier run left that is no page any more.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::files::write_whole;

/// The list of the site's files, one path on each line.
const LIST: &str = ".git-spread-cron-site";

/// What the site writes at the top of its folder.
const OWN: [&str; 9] = [
    "badge.json",
    "badge.svg",
    "feed.xml",
    "index.html",
    "resource",
    "site.css",
    "site.js",
    "status.json",
    "tasks.html",
];

/// Why a site cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error("{} exists, and is not part of a site of git spread-cron", .0.display())]
    Foreign(PathBuf),
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
}

/// What became of the files of a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) written: usize,
    pub(crate) unchanged: usize,
    pub(crate) removed: usize,
}

/// A site that is being written.
#[derive(Debug)]
pub(crate) struct Publisher {
    folder: PathBuf,
    /// What an earlier run has written.
    before: BTreeSet<String>,
    now: BTreeSet<String>,
    published: Published,
}

impl Publisher {
    /// Begins to write into a folder, which is created if it is not there.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, its list cannot be read, or it holds files that the site would replace.
    pub(crate) fn begin(folder: &Path) -> Result<Self, PublishError> {
        create(folder)?;
        let list = folder.join(LIST);
        let before = match fs::read_to_string(&list) {
            Ok(text) => text.lines().filter(|path| is_below(path)).map(str::to_owned).collect(),
            Err(err) if err.kind() == ErrorKind::NotFound => {
                let foreign = OWN.iter().map(|name| folder.join(name)).find(|path| path.symlink_metadata().is_ok());
                if let Some(foreign) = foreign {
                    return Err(PublishError::Foreign(foreign));
                }
                // First of all, so that a run that is killed leaves nothing that the next one takes for foreign.
                write_list(folder, [])?;
                BTreeSet::new()
            }
            Err(err) => return Err(PublishError::Read(list, err)),
        };
        Ok(Publisher { folder: folder.to_owned(), before, now: BTreeSet::new(), published: Published::default() })
    }

    /// Writes one file, unless it is there with this content.
    ///
    /// # Errors
    ///
    /// It cannot be read or written.
    pub(crate) fn write(&mut self, path: &str, content: &str) -> Result<(), PublishError> {
        let file = self.folder.join(path);
        match fs::read(&file) {
            Ok(old) if old == content.as_bytes() => self.published.unchanged += 1,
            Err(err) if err.kind() != ErrorKind::NotFound => return Err(PublishError::Read(file, err)),
            Ok(_) | Err(_) => {
                let parent = file.parent().unwrap_or(&self.folder);
                if !parent.is_dir() {
                    create(parent)?;
                }
                write_whole(&file, content.as_bytes()).map_err(|err| PublishError::Write(file, err))?;
                self.published.written += 1;
            }
        }
        self.now.insert(path.to_owned());
        Ok(())
    }

    /// Removes what earlier runs wrote and this one did not.
    ///
    /// # Errors
    ///
    /// The list cannot be written, or a file cannot be removed.
    pub(crate) fn finish(mut self) -> Result<Published, PublishError> {
        for path in self.before.difference(&self.now) {
            let file = self.folder.join(path);
            match fs::remove_file(&file) {
                Ok(()) => self.published.removed += 1,
                Err(err) if err.kind() == ErrorKind::NotFound => {}
                Err(err) => return Err(PublishError::Write(file, err)),
            }
        }
        if self.before != self.now {
            write_list(&self.folder, self.now.iter().map(String::as_str))?;
        }
        Ok(self.published)
    }
}

fn write_list<'a>(folder: &Path, paths: impl IntoIterator<Item = &'a str>) -> Result<(), PublishError> {
    let list = folder.join(LIST);
    let text: String = paths.into_iter().map(|path| format!("{path}\n")).collect();
    write_whole(&list, text.as_bytes()).map_err(|err| PublishError::Write(list, err))
}

fn create(folder: &Path) -> Result<(), PublishError> {
    fs::create_dir_all(folder).map_err(|err| PublishError::Write(folder.to_owned(), err))
}

/// Whether a line of the list is a path below the folder, as this program writes them.
fn is_below(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(folder: &Path, files: &[(&str, &str)]) -> Result<Published, PublishError> {
        let mut publisher = Publisher::begin(folder)?;
        for (path, content) in files {
            publisher.write(path, content)?;
        }
        publisher.finish()
    }

    #[test]
    fn only_what_changed_is_written_and_what_is_gone_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("deep/site");
        let count = |written, unchanged, removed| Published { written, unchanged, removed };
        assert_eq!(publish(&site, &[("index.html", "1"), ("resource/a.html", "a")]).unwrap(), count(2, 0, 0));
        let old = fs::metadata(site.join("resource/a.html")).unwrap().modified().unwrap();
        fs::write(site.join("CNAME"), "mine").unwrap();
        assert_eq!(publish(&site, &[("index.html", "2"), ("resource/a.html", "a")]).unwrap(), count(1, 1, 0));
        assert_eq!(fs::metadata(site.join("resource/a.html")).unwrap().modified().unwrap(), old);
        assert_eq!(publish(&site, &[("index.html", "2")]).unwrap(), count(0, 1, 1));
        assert!(!site.join("resource/a.html").exists() && site.join("CNAME").exists());
    }

    #[test]
    fn a_page_of_another_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), "mine").unwrap();
        let error = publish(folder.path(), &[("index.html", "1")]).unwrap_err();
        assert!(matches!(error, PublishError::Foreign(_)), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join("index.html")).unwrap(), "mine");
    }

    #[test]
    fn a_list_that_was_tampered_with_removes_nothing_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        fs::create_dir(&site).unwrap();
        fs::write(folder.path().join("precious"), "x").unwrap();
        let absolute = folder.path().join("precious");
        fs::write(site.join(LIST), format!("../precious\n{}\n\n", absolute.display())).unwrap();
        publish(&site, &[]).unwrap();
        assert!(absolute.exists());
    }
}
