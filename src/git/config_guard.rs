//! Noticing that the configuration of the repository was changed while code from branches ran.
//!
//! Such code knows where the repository is, and git obeys the configuration in there: programs to run, places to push to.
//! So the files are compared byte for byte, before anything is done with credentials again. Owns the list of these files
//! and the note that a later poll finds; does not decide what is left undone. What lies outside of the repository, such as
//! the configuration of the user, is not looked at, unless that of the repository includes it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use gix::bstr::ByteSlice;
use gix::config::Source;

use super::repository::Repository;

/// The name of the notes: in the folder that all worktrees share, and in the own one, which says where the other is.
const FILE_NAME: &str = "spread-cron.refused";

/// What is read of a file: more is no configuration.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What git reads of the configuration of a repository, at one moment.
#[derive(Debug)]
pub(crate) struct ConfigGuard {
    files: BTreeMap<PathBuf, (SealedPart, Content)>,
    notes: Vec<PathBuf>,
}

/// The configuration was changed while extractors ran.
#[derive(Clone, Debug, thiserror::Error)]
#[error("changed: {}", text(.paths))]
pub(crate) struct ConfigChanged {
    paths: Vec<PathBuf>,
    /// The files whose removal says that the configuration is as it shall be.
    pub(crate) notes: Vec<PathBuf>,
}

/// What of a path counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SealedPart {
    File,
    /// The files in the folder, and below it.
    Folder,
    /// The lines about replacements among the packed references.
    Replacements,
    /// The file `HEAD` in each folder of this folder.
    Heads,
}

#[derive(Debug, PartialEq, Eq)]
enum Content {
    Nothing,
    Bytes(Vec<u8>),
    /// No file, or none that can be read or that is of a sane size.
    Other,
}

impl ConfigGuard {
    /// Reads the files.
    pub(crate) fn of(repository: &Repository) -> Self {
        let parts = files(repository).into_iter().map(|path| (path, SealedPart::File)).chain(others(repository));
        let files = parts.map(|(path, part)| (path.clone(), (part, part.read(&path, MAX_BYTES)))).collect();
        ConfigGuard { files, notes: notes(repository) }
    }

    /// Reads them again. If they differ, a note is left for the polls to come, whose first fetch would obey them.
    ///
    /// # Errors
    ///
    /// They differ.
    pub(crate) fn check(&self) -> Result<(), ConfigChanged> {
        let is_changed = |(path, (part, content)): &(&PathBuf, &(SealedPart, Content))| {
            // No longer than needed to see that it differs.
            let most = match content {
                Content::Bytes(bytes) => bytes.len() as u64,
                Content::Nothing | Content::Other => MAX_BYTES,
            };
            part.read(path, most) != *content
        };
        let paths: Vec<PathBuf> = self.files.iter().filter(is_changed).map(|(path, _)| path.clone()).collect();
        if paths.is_empty() {
            return Ok(());
        }
        let text = format!("{}\n{}", self.digest().unwrap_or_default(), lines(&paths));
        for note in &self.notes {
            // Whatever lies there already says the same.
            if let Ok(mut file) = OpenOptions::new().write(true).create_new(true).open(note) {
                let _ = file.write_all(text.as_bytes());
            }
        }
        Err(ConfigChanged { paths, notes: self.notes.clone() })
    }

    /// Whether a changed configuration, found by an earlier poll, is still unresolved.
    ///
    /// # Errors
    ///
    /// A changed configuration is still unresolved.
    pub(crate) fn check_note(repository: &Repository) -> Result<(), ConfigChanged> {
        let mut notes = notes(repository);
        notes.retain(|note| fs::symlink_metadata(note).is_ok());
        if notes.is_empty() {
            return Ok(());
        }
        let read = |note: &PathBuf| match read(note, MAX_BYTES) {
            Content::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Content::Nothing | Content::Other => String::new(),
        };
        let texts: Vec<String> = notes.iter().map(read).collect();
        let digest = ConfigGuard::of(repository).digest();
        if texts.iter().all(|text| digest.is_some() && text.lines().next() == digest.as_deref()) {
            // It is as it was. A note that cannot be removed is only compared again.
            notes.iter().for_each(|note| drop(fs::remove_file(note)));
            return Ok(());
        }
        let paths = texts[0].lines().skip(1).map(PathBuf::from).collect();
        Err(ConfigChanged { paths, notes })
    }

    /// Of all files together; none never fits to a note.
    fn digest(&self) -> Option<String> {
        let mut bytes = Vec::new();
        for (path, (_, content)) in &self.files {
            bytes.extend_from_slice(path.as_os_str().as_encoded_bytes());
            match content {
                Content::Nothing => bytes.push(0),
                Content::Other => bytes.extend_from_slice(&[0, b'?']),
                Content::Bytes(content) => {
                    bytes.extend_from_slice(format!("\0{}\0", content.len()).as_bytes());
                    bytes.extend_from_slice(content);
                }
            }
        }
        let digest = gix::objs::compute_hash(gix::hash::Kind::Sha256, gix::objs::Kind::Blob, &bytes);
        digest.ok().map(|digest| digest.to_string())
    }
}

/// What git would read in this repository, whether it is there or not.
fn files(repository: &Repository) -> Vec<PathBuf> {
    let (git_dir, common_dir) = (repository.git_dir(), repository.common_dir());
    let mut files = vec![
        common_dir.join("config"),
        common_dir.join("config.worktree"),
        git_dir.join("config.worktree"),
        // It says in which folder `config` is.
        git_dir.join("commondir"),
    ];
    let repo = repository.local();
    let config = repo.config_snapshot();
    for section in config.plumbing().sections() {
        let meta = section.meta();
        if !matches!(meta.source, Source::Local | Source::Worktree) {
            continue;
        }
        files.extend(meta.path.clone());
        let name = section.header().name();
        if name.eq_ignore_ascii_case(b"include") || name.eq_ignore_ascii_case(b"includeIf") {
            // Also what is not there yet, or is included only if something else holds.
            let folder = meta.path.as_deref().and_then(Path::parent).unwrap_or(common_dir);
            let named = section.body().values("path").into_iter();
            files.extend(
                named.filter_map(|path| Some(folder.join(gix::path::from_bstr(gix::bstr::BStr::new(&**path)).ok()?))),
            );
        }
    }
    files.sort_unstable();
    files.dedup();
    files
}

/// What else decides what git and this program see in the repository, or run.
fn others(repository: &Repository) -> [(PathBuf, SealedPart); 7] {
    let folder = repository.common_dir();
    [
        ("hooks", SealedPart::Folder),
        ("info/grafts", SealedPart::File),
        ("info/attributes", SealedPart::File),
        ("objects/info/alternates", SealedPart::File),
        ("refs/replace", SealedPart::Folder),
        ("packed-refs", SealedPart::Replacements),
        ("refs/remotes", SealedPart::Heads),
    ]
    .map(|(name, part)| (folder.join(name), part))
}

impl SealedPart {
    fn read(self, path: &Path, most: u64) -> Content {
        match self {
            SealedPart::File => read(path, most),
            SealedPart::Folder => together(files_below(path, Vec::new()), most),
            SealedPart::Heads => {
                let folders = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path().join("HEAD"));
                together(folders.filter(|head| head.symlink_metadata().is_ok()).collect(), most)
            }
            SealedPart::Replacements => match read(path, u64::MAX - 1) {
                Content::Bytes(bytes) => {
                    let lines = bytes.split(|byte| *byte == b'\n');
                    let lines: Vec<&[u8]> = lines.filter(|line| line.contains_str(" refs/replace/")).collect();
                    if lines.is_empty() { Content::Nothing } else { Content::Bytes(lines.join(&b'\n')) }
                }
                // Each repository has this file sooner or later.
                Content::Nothing => Content::Nothing,
                Content::Other => Content::Other,
            },
        }
    }
}

/// The names and the contents of files.
fn together(mut files: Vec<PathBuf>, most: u64) -> Content {
    files.sort_unstable();
    let mut bytes = Vec::new();
    for file in &files {
        bytes.extend_from_slice(file.as_os_str().as_encoded_bytes());
        bytes.push(0);
        match read(file, most) {
            Content::Bytes(content) => bytes.extend(content),
            Content::Nothing | Content::Other => bytes.push(b'?'),
        }
        bytes.push(0);
    }
    if files.is_empty() { Content::Nothing } else { Content::Bytes(bytes) }
}

fn files_below(folder: &Path, mut found: Vec<PathBuf>) -> Vec<PathBuf> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found = files_below(&entry.path(), found),
            Ok(_) | Err(_) => found.push(entry.path()),
        }
    }
    found
}

/// At most one byte more than `most`.
fn read(path: &Path, most: u64) -> Content {
    // Nothing is opened that could keep the reader waiting.
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() => {}
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => return Content::Nothing,
        Ok(_) | Err(_) => return Content::Other,
    }
    let mut bytes = Vec::new();
    let taken = File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes));
    match taken {
        Ok(_) if bytes.len() as u64 <= most => Content::Bytes(bytes),
        Ok(_) | Err(_) => Content::Other,
    }
}

fn notes(repository: &Repository) -> Vec<PathBuf> {
    let mut notes = vec![repository.git_dir().join(FILE_NAME), repository.common_dir().join(FILE_NAME)];
    notes.dedup();
    notes
}

fn text(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn lines(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("{}\n", path.display())).collect()
}
