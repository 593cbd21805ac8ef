//! What a resource brings to customize a target: `actions.sh`, `custom/env.sh`, and the overlay, which is the other
//! files below `custom/`.
//!
//! Says which file is which, and that no path of the overlay can lead out of the target. Must not look at any target.

use std::collections::BTreeMap;

use super::lfs::is_pointer_file;
use super::lines::Lost;
use super::tree_file::{TreeFile, TreeFileKind, is_safe};

/// The script that replaces the plain copy of the overlay, if it is executable.
pub(crate) const ACTIONS: &str = "actions.sh";
/// The file that sets the environment of the suite.
pub(crate) const ENV: &str = "custom/env.sh";
/// The folder of the overlay in the resource directory.
pub(crate) const CUSTOM: &str = "custom";
/// The file that only keeps its folder in git.
const KEEP: &str = ".gitkeep";

/// The files of a resource directory, without its own `target`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Customization {
    /// The name of the resource.
    pub(crate) resource: String,
    /// Their paths are relative to the resource directory.
    pub(crate) files: Vec<TreeFile>,
}

/// What `actions.sh` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actions<'a> {
    /// There is none.
    None,
    /// It is there, but not an executable file.
    NotExecutable,
    /// It runs.
    Script(&'a TreeFile),
}

/// What became of one path of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetChange {
    /// Relative to the target.
    pub(crate) path: String,
    pub(crate) kind: ChangeKind,
}

/// See [`TargetChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    Added,
    /// Something else lay there, and so much of it is lost.
    Replaced(Lost),
    Removed,
    Unchanged,
}

/// What is copied over a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overlay<'a> {
    /// By path, relative to the target.
    pub(crate) files: BTreeMap<&'a str, &'a TreeFile>,
    /// Folders that have to be there although nothing may lie in them; the empty path is the target itself.
    pub(crate) folders: Vec<&'a str>,
}

/// Why the overlay of a resource is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OverlayError {
    #[error("custom/{0:?} is no path inside of a target")]
    Path(String),
    #[error("custom/{0} would change the target's own repository")]
    Git(String),
    #[error("custom/{path} is a symbolic link to {destination:?}, which may lie outside of the target")]
    Link { path: String, destination: String },
    #[error("custom/{0} is a Git LFS pointer, not the file itself; LFS files are not fetched: keep it out of LFS")]
    LfsPointer(String),
    #[error("custom/{0} is a file and also a folder")]
    Both(String),
}

impl Customization {
    /// The file at a path, relative to the resource directory.
    pub(crate) fn file(&self, path: &str) -> Option<&TreeFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn actions(&self) -> Actions<'_> {
        match self.file(ACTIONS) {
            None => Actions::None,
            Some(file) => match file.kind {
                TreeFileKind::File { executable: true } => Actions::Script(file),
                TreeFileKind::File { executable: false } | TreeFileKind::Symlink => Actions::NotExecutable,
            },
        }
    }

    /// The file that sets the environment of the suite.
    pub(crate) fn env(&self) -> Option<&TreeFile> {
        self.file(ENV)
    }

    /// The overlay, whose paths are known to stay inside of any target.
    pub(crate) fn overlay(&self) -> Result<Overlay<'_>, OverlayError> {
        let mut overlay = Overlay::default();
        for file in &self.files {
            let Some(path) = overlay_path(&file.path) else { continue };
            check_path(path)?;
            match path.rsplit_once('/') {
                Some((folder, KEEP)) => overlay.folders.push(folder),
                None if path == KEEP => overlay.folders.push(""),
                Some(_) | None => {
                    match file.kind {
                        TreeFileKind::File { .. } if is_pointer_file(&file.data) => {
                            return Err(OverlayError::LfsPointer(path.to_owned()));
                        }
                        TreeFileKind::File { .. } => {}
                        TreeFileKind::Symlink => check_link(path, &file.data)?,
                    }
                    if overlay.files.insert(path, file).is_some() {
                        return Err(OverlayError::Both(path.to_owned()));
                    }
                }
            }
        }
        let folders = overlay.folders.iter().copied();
        for path in overlay.files.keys().copied().flat_map(parents).chain(folders) {
            if overlay.files.contains_key(path) {
                return Err(OverlayError::Both(path.to_owned()));
            }
        }
        Ok(overlay)
    }
}

/// The path in a target of a file of the overlay, or of one that keeps a folder.
fn overlay_path(path: &str) -> Option<&str> {
    if path == ENV {
        return None;
    }
    path.strip_prefix(CUSTOM)?.strip_prefix('/')
}

/// The path in a target of a file that is copied there, `path` being relative to the resource directory.
pub(crate) fn copied_path(path: &str) -> Option<&str> {
    overlay_path(path).filter(|path| path.rsplit('/').next() != Some(KEEP))
}

/// All folders on the way to a path, the nearest first.
pub(crate) fn parents(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/').map(|(folder, _)| folder), |folder| {
        folder.rsplit_once('/').map(|(folder, _)| folder)
    })
}

fn check_path(path: &str) -> Result<(), OverlayError> {
    match is_safe(path) {
        true => Ok(()),
        false if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) => {
            Err(OverlayError::Git(path.to_owned()))
        }
        false => Err(OverlayError::Path(path.to_owned())),
    }
}

/// A link may go up as far as the target, and then down. Up again after a name is not allowed: the name may be another
/// link, which may lead anywhere.
fn check_link(path: &str, destination: &[u8]) -> Result<(), OverlayError> {
    let refuse = || {
        let destination = String::from_utf8_lossy(destination).into_owned();
        Err(OverlayError::Link { path: path.to_owned(), destination })
    };
    if destination.is_empty() || destination.starts_with(b"/") || destination.contains(&0) {
        return refuse();
    }
    let parts = destination.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b"."));
    let (mut depth, mut is_down) = (path.split('/').count() - 1, false);
    for part in parts {
        match (part, is_down, depth) {
            (b"..", true, _) | (b"..", false, 0) => return refuse(),
            (b"..", false, _) => depth -= 1,
            (_, _, _) if part.eq_ignore_ascii_case(b".git") => return refuse(),
            (_, _, _) => is_down = true,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: TreeFileKind = TreeFileKind::File { executable: false };

    fn customization(files: &[(&str, TreeFileKind, &str)]) -> Customization {
        let file = |(path, kind, data): &(&str, TreeFileKind, &str)| TreeFile {
            path: (*path).into(),
            kind: *kind,
            data: (*data).into(),
        };
        Customization { resource: "edge".into(), files: files.iter().map(file).collect() }
    }

    #[test]
    fn each_file_has_its_part() {
        let all = customization(&[
            ("options", PLAIN, ""),
            ("actions.sh", TreeFileKind::File { executable: true }, ""),
            ("custom/env.sh", PLAIN, ""),
            ("custom/tests/env.sh", PLAIN, ""),
            ("custom/tests/empty/.gitkeep", PLAIN, ""),
            ("custom/.gitkeep", PLAIN, ""),
            ("custom/a", TreeFileKind::Symlink, "tests/env.sh"),
            ("customs/b", PLAIN, ""),
        ]);
        let overlay = all.overlay().unwrap();
        assert_eq!(overlay.files.keys().collect::<Vec<_>>(), [&"a", &"tests/env.sh"]);
        assert_eq!(overlay.folders, ["tests/empty", ""]);
        assert!(matches!(all.actions(), Actions::Script(_)));
        assert!(all.env().is_some());
        assert_eq!(copied_path("custom/a/b"), Some("a/b"));
        for path in ["custom/env.sh", "custom/.gitkeep", "custom/a/.gitkeep", "options", "custom", "customs/a"] {
            assert_eq!(copied_path(path), None, "{path}");
        }
    }

    #[test]
    fn actions_run_only_if_they_are_executable() {
        assert_eq!(customization(&[("x/actions.sh", PLAIN, "")]).actions(), Actions::None);
        for kind in [PLAIN, TreeFileKind::Symlink] {
            assert_eq!(customization(&[("actions.sh", kind, "x")]).actions(), Actions::NotExecutable);
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for path in ["", "/etc/x", "../x", "a/../../x", "a//b", "a/./b", "a/", "a\0b"] {
            let path = format!("custom/{path}");
            assert!(matches!(customization(&[(&path, PLAIN, "")]).overlay(), Err(OverlayError::Path(_))), "{path:?}");
        }
        for path in [".git/hooks/x", "a/.GIT/x", ".Git", "sub/.git", ".git/.gitkeep"] {
            let path = format!("custom/{path}");
            assert!(matches!(customization(&[(&path, PLAIN, "")]).overlay(), Err(OverlayError::Git(_))), "{path:?}");
        }
    }

    #[test]
    fn links_stay_inside() {
        let link = |path: &str, destination: &str| {
            customization(&[(&format!("custom/{path}"), TreeFileKind::Symlink, destination)]).overlay().map(drop)
        };
        for (path, destination) in
            [("a", "b"), ("a/b", "../c"), ("a/b/c", "../../d/e"), ("a", "./b//c"), ("a", "..b"), ("a/b", "..")]
        {
            assert_eq!(link(path, destination), Ok(()), "{path} -> {destination}");
        }
        for (path, destination) in [
            ("a", ""),
            ("a", "/etc"),
            ("a", ".."),
            ("a", "../x"),
            ("a/b", "../../x"),
            ("a/b", "./.././../x"),
            ("a/b", "c/../../x"),
            ("a", "b/.."),
            ("a", ".git/hooks"),
            ("a/b", "../.GIT"),
        ] {
            assert!(matches!(link(path, destination), Err(OverlayError::Link { .. })), "{path} -> {destination}");
        }
    }

    #[test]
    fn nothing_is_a_file_and_a_folder() {
        for other in ["custom/a/b", "custom/a/b/c", "custom/a/.gitkeep", "custom/a"] {
            let both = customization(&[("custom/a", TreeFileKind::Symlink, "b"), (other, PLAIN, "")]);
            assert_eq!(both.overlay(), Err(OverlayError::Both("a".into())), "{other}");
        }
        assert!(customization(&[("custom/a", PLAIN, ""), ("custom/ab/c", PLAIN, "")]).overlay().is_ok());
    }

    #[test]
    fn a_pointer_never_passes_for_the_file() {
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n";
        let overlay = |path| customization(&[(path, PLAIN, pointer)]).overlay().map(drop);
        assert_eq!(overlay("custom/a/image"), Err(OverlayError::LfsPointer("a/image".into())));
        assert_eq!(overlay("data.bin"), Ok(()), "this is not copied");
    }

    #[test]
    fn all_folders_on_the_way() {
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
        assert_eq!(parents("a").count(), 0);
    }
}
