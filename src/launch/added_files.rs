//! The files that the caller adds to those of the resource: secrets, which lie there no longer than they are needed.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::core::launch::AddedFile;

/// Copies a file that only its owner may read; one that the tree brings is not replaced.
pub(super) fn add(source: &Path, path: &Path) -> io::Result<()> {
    let mut from = File::open(source)?;
    let mut to = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(&mut from, &mut to).map(drop)
}

/// Removes them from the workspace, wherever a script has moved or copied them. Links are not followed.
pub(super) fn remove(files: &[AddedFile], workspace: &Path) {
    let contents: Vec<Vec<u8>> = files.iter().filter_map(|file| fs::read(&file.source).ok()).collect();
    let lengths: Vec<u64> = contents.iter().filter_map(|content| u64::try_from(content.len()).ok()).collect();
    let mut waiting = vec![workspace.to_owned()];
    while let Some(folder) = waiting.pop().filter(|_| lengths.iter().any(|length| *length > 0)) {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let may_be = metadata.is_file() && metadata.len() > 0 && lengths.contains(&metadata.len());
            if metadata.is_dir() {
                waiting.push(entry.path());
            } else if may_be && fs::read(entry.path()).is_ok_and(|content| contents.contains(&content)) {
                // Nothing can be done about one that stays; the workspace is cleared by the next launch.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_added_file_is_removed_from_wherever_it_went() {
        let dir = tempfile::tempdir().unwrap();
        let (source, workspace) = (dir.path().join("key"), dir.path().join("w"));
        fs::create_dir_all(workspace.join("target")).unwrap();
        fs::write(&source, "hunter2").unwrap();
        for name in ["target/other", "empty"] {
            fs::write(workspace.join(name), if name == "empty" { "" } else { "hunter3" }).unwrap();
        }
        add(&source, &workspace.join("sa.json")).unwrap();
        assert_eq!(fs::metadata(workspace.join("sa.json")).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(add(&source, &workspace.join("target/other")).is_err(), "nothing is replaced");
        fs::copy(workspace.join("sa.json"), workspace.join("target/copy")).unwrap();
        let files = [AddedFile { source: source.clone(), name: "sa.json".into() }];
        remove(&files, &workspace);
        assert!(!workspace.join("sa.json").exists() && !workspace.join("target/copy").exists());
        assert!(workspace.join("target/other").exists() && workspace.join("empty").exists() && source.exists());
    }
}
