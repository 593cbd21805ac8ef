//! Files that `source="file"` may read: only below folders that the caller's configuration allows.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::filter::Filters;
use super::select::{Regexes, SelectError, of_filter, of_text};
use crate::core::declared::{TextPart, TextRule};

/// How much of a file is read.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Why a file gave no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("{} may not be read; allow its folder with: git config --add spread-cron.allowPath DIR", .0.display())]
    NotAllowed(PathBuf),
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] std::io::Error),
    #[error("{} is not a file", .0.display())]
    NotAFile(PathBuf),
    #[error("{} is longer than {} MiB", .0.display(), MAX_BYTES / 1024 / 1024)]
    TooLong(PathBuf),
    #[error(transparent)]
    Select(#[from] SelectError),
}

/// Whether the absence of a file is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    Fails,
    IsNoValue,
}

/// Reads the value in a file.
///
/// # Errors
///
/// It may not be read, cannot be read, or holds no value.
pub(crate) fn read_file(
    path: &Path,
    part: &TextPart,
    absence: Absence,
    allowed: &[PathBuf],
    filters: &Filters,
) -> Result<Option<String>, FileError> {
    // What links lead to counts, on both sides.
    let folders: Vec<PathBuf> = allowed.iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect();
    let is_below = |path: &Path| folders.iter().any(|folder| path.starts_with(folder) && path != folder);
    let real = match fs::canonicalize(path) {
        Ok(real) => real,
        // Only for allowed folders may an error say whether a file exists.
        Err(err) => {
            let is_named = allowed.iter().any(|folder| path.starts_with(folder) && path != folder);
            return match (is_named, err.kind(), absence) {
                (false, ..) => Err(FileError::NotAllowed(path.to_owned())),
                (true, ErrorKind::NotFound | ErrorKind::NotADirectory, Absence::IsNoValue) => Ok(None),
                (true, ..) => Err(FileError::Read(path.to_owned(), err)),
            };
        }
    };
    if !is_below(&real) {
        return Err(FileError::NotAllowed(path.to_owned()));
    }
    let cannot = |err| FileError::Read(path.to_owned(), err);
    // A pipe is not waited for, and what became a link meanwhile is not followed.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
    let file = options.open(&real).map_err(cannot)?;
    if !file.metadata().map_err(cannot)?.is_file() {
        return Err(FileError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(FileError::TooLong(path.to_owned()));
    }
    if let TextRule::Filter(filter) = &part.part {
        let filtered = filters.run(filter, &bytes.into()).map_err(SelectError::from)?;
        return Ok(of_filter(filtered, &part.list)?);
    }
    let text = String::from_utf8(bytes).map_err(|_| SelectError::NotUtf8)?;
    Ok(of_text(&text, part, &Regexes::default())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::core::declared::{Declaration, WantedValue};
    use crate::core::options::Options;

    fn part(keys: &str) -> TextPart {
        let options = Options::parse(format!("source=file path=/x {keys}").as_bytes());
        let declaration: Declaration = options.declaration().unwrap().unwrap().clone();
        let WantedValue::File { text, .. } = declaration.wanted else { panic!("{keys}") };
        text
    }

    #[test]
    fn only_what_is_allowed_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        for folder in ["allowed/sub", "other"] {
            fs::create_dir_all(path(folder)).unwrap();
        }
        fs::write(path("allowed/sub/a"), "\u{feff} 5 \n").unwrap();
        fs::write(path("allowed/list"), "serial: 1\nserial: 3\nserial: 2\n").unwrap();
        fs::write(path("other/secret"), "s3cret").unwrap();
        fs::write(path("allowed/bytes"), b"\xff").unwrap();
        symlink(path("other/secret"), path("allowed/link")).unwrap();
        symlink(path("other"), path("allowed/folder")).unwrap();
        symlink(path("allowed/sub/a"), path("allowed/inside")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, path("allowed/pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
            .unwrap();
        fs::File::create(path("allowed/large")).unwrap().set_len(MAX_BYTES + 1).unwrap();
        let read = |name: &str, keys: &str, absence| {
            read_file(&path(name), &part(keys), absence, &[path("allowed")], &Filters::new("unused".into()))
                .map_err(|err| err.to_string())
        };
        assert_eq!(read("allowed/sub/a", "", Absence::Fails), Ok(Some("5".to_owned())));
        assert_eq!(read("allowed/inside", "", Absence::Fails), Ok(Some("5".to_owned())));
        assert_eq!(
            read("allowed/list", "regex='serial: ([0-9]+)' order=version", Absence::Fails),
            Ok(Some("3".to_owned()))
        );
        assert_eq!(read("allowed/gone", "", Absence::IsNoValue), Ok(None));
        let refused = [
            ("other/secret", "may not be read"),
            ("allowed/link", "may not be read"),
            ("allowed/folder/secret", "may not be read"),
            ("other/gone", "may not be read"),
            ("allowed", "may not be read"),
            ("allowed/gone", "cannot read"),
            ("allowed/sub", "is not a file"),
            ("allowed/pipe", "is not a file"),
            ("allowed/large", "is longer than 8 MiB"),
            ("allowed/bytes", "not UTF-8"),
            ("allowed/list", "has 3 lines"),
        ];
        for (name, expected) in refused {
            let err = read(name, "", Absence::Fails).unwrap_err();
            assert!(err.contains(expected), "{name}: {err}");
        }
        assert!(read("other/gone", "", Absence::IsNoValue).unwrap_err().contains("may not be read"));
    }
}
