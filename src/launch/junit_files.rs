//! The JUnit reports of a suite: the files that its options name, as far as this attempt has written them.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::event::LaunchEvent;
use crate::core::junit;
use crate::core::name::matches_path;
use crate::core::spread::Tally;

/// A longer report is not read.
const MAX_REPORT: u64 = 64 * 1024 * 1024;

/// The reports that were there before the suite began.
pub(super) struct JunitFiles {
    folders: Vec<PathBuf>,
    pattern: String,
    before: BTreeMap<PathBuf, FileStamp>,
}

/// What changes when a file is written again.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileStamp {
    inode: u64,
    length: u64,
    written: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    fn of(metadata: &Metadata) -> Self {
        FileStamp {
            inode: metadata.ino(),
            length: metadata.len(),
            written: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl JunitFiles {
    /// Notes what is there already: a report that is not written again tells of another attempt. The pattern is relative to
    /// each of the folders.
    pub(super) fn before(folders: Vec<PathBuf>, pattern: &str) -> Self {
        let before = found(&folders, pattern);
        JunitFiles { folders, pattern: pattern.to_owned(), before }
    }

    /// What the new reports say together; none if there is no new one.
    pub(super) fn read(self, on_event: &mut dyn FnMut(LaunchEvent<'_>)) -> Option<Tally> {
        let mut tally: Option<Tally> = None;
        let new = found(&self.folders, &self.pattern).into_iter();
        let mut is_silent = true;
        for (path, stamp) in new.filter(|(path, stamp)| self.before.get(path) != Some(stamp)) {
            is_silent = false;
            let mut read = tally.clone().unwrap_or_default();
            match add(&mut read, &path, stamp.length) {
                Ok(()) => tally = Some(read),
                Err(reason) => on_event(LaunchEvent::ReportUnreadable { path: &path, reason }),
            }
        }
        if is_silent {
            on_event(LaunchEvent::NoJunitReport(&self.pattern));
        }
        tally
    }
}

fn add(tally: &mut Tally, path: &Path, length: u64) -> Result<(), String> {
    if length > MAX_REPORT {
        return Err("it is too large".to_owned());
    }
    let text = fs::read(path).map_err(|err| err.to_string())?;
    junit::add(tally, &text).map_err(|err| err.to_string())
}

/// The files whose path below one of the folders matches the pattern. Links are not followed.
fn found(folders: &[PathBuf], pattern: &str) -> BTreeMap<PathBuf, FileStamp> {
    let mut files = BTreeMap::new();
    for folder in folders {
        // Nothing else can match than what lies below the part of the pattern that is plain.
        let plain = pattern.split('/').take_while(|part| !part.contains(['*', '?', '[', '\\']));
        let start = plain.fold(folder.clone(), |path, part| path.join(part));
        let mut waiting = vec![start];
        while let Some(path) = waiting.pop() {
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_dir() && path.file_name().is_none_or(|name| name != ".git") {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                waiting.extend(entries.map(|entry| entry.path()));
            } else if metadata.is_file() {
                let relative = path.strip_prefix(folder).ok().and_then(Path::to_str);
                if relative.is_some_and(|relative| matches_path(pattern, relative)) {
                    files.insert(path, FileStamp::of(&metadata));
                }
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_attempt_wrote_counts() {
        let dir = tempfile::tempdir().unwrap();
        let folders = || vec![dir.path().to_owned()];
        fs::create_dir_all(dir.path().join("build/a/.git")).unwrap();
        let report = |path: &str, text: &str| fs::write(dir.path().join(path), text).unwrap();
        let (good, bad) = ("<testsuite><testcase name='x'/></testsuite>", "<testsuite><testcase/>");
        report("build/old.xml", good);
        report("build/again.xml", good);
        let files = JunitFiles::before(folders(), "build/**/*.xml");
        report("build/a/new.xml", good);
        report("build/a/.git/x.xml", good);
        report("build/again.xml", &format!("{good}\n"));
        report("other.xml", good);
        report("build/bad.xml", bad);
        std::os::unix::fs::symlink("old.xml", dir.path().join("build/link.xml")).unwrap();
        let mut warned = 0;
        let tally = files.read(&mut |_| warned += 1).unwrap();
        assert_eq!((tally.passed, warned), (2, 1));
        let mut silent = 0;
        let read = JunitFiles::before(folders(), "build/*.xml").read(&mut |event| {
            silent += usize::from(matches!(event, LaunchEvent::NoJunitReport("build/*.xml")));
        });
        assert!(read.is_none() && silent == 1);
        let files = JunitFiles::before(folders(), "build/fixed.xml");
        report("build/fixed.xml", good);
        assert_eq!(files.read(&mut |_| {}).unwrap().passed, 1);
    }
}
