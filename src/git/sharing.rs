//! Who else may use what is written into the git directory: `core.sharedRepository`.
//!
//! gix 0.90 obeys it only for configuration files, so each other file is adjusted after it was written, by git's own rules.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use gix::ObjectId;

const DIRECTORY: u32 = 0o040_000;
const SET_GROUP_ID: u32 = 0o2000;

/// What the setting says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Nothing: files have the modes that the user's umask gives.
    Umask,
    /// These rights are added.
    AtLeast(u32),
    /// These are the rights of a file.
    Exactly(u32),
}

impl Sharing {
    pub(super) fn of(repo: &gix::Repository) -> Self {
        let setting = repo.config_snapshot().string("core.sharedRepository").map(|value| value.to_string());
        setting.as_deref().map_or(Sharing::Umask, Sharing::parse)
    }

    fn parse(setting: &str) -> Self {
        match setting.to_ascii_lowercase().as_str() {
            "group" | "true" | "yes" | "on" | "1" | "" => Sharing::AtLeast(0o660),
            "all" | "world" | "everybody" | "2" => Sharing::AtLeast(0o664),
            other => match u32::from_str_radix(other, 8) {
                // git refuses modes that take the owner's own rights.
                Ok(mode) if mode & 0o600 == 0o600 => Sharing::Exactly(mode & 0o666),
                Ok(_) | Err(_) => Sharing::Umask,
            },
        }
    }

    /// The mode that a file or folder should have instead of `mode`.
    fn adjusted(self, mode: u32) -> u32 {
        let (rights, kept) = match self {
            Sharing::Umask => return mode,
            Sharing::AtLeast(rights) => (rights, mode),
            Sharing::Exactly(rights) => (rights, mode & !0o777),
        };
        let writable = if mode & 0o200 == 0 { rights & !0o222 } else { rights };
        let executable = if mode & 0o100 == 0 { 0 } else { (writable & 0o444) >> 2 };
        let mut new = kept | writable | executable;
        if mode & DIRECTORY != 0 {
            new |= (new & 0o444) >> 2;
            if new & 0o060 != 0 {
                new |= SET_GROUP_ID;
            }
        }
        new
    }

    /// Adjusts a file or folder. What belongs to another user stays as it is: that user's own program saw to it.
    pub(super) fn apply(self, path: &Path) {
        if self == Sharing::Umask {
            return;
        }
        let Ok(metadata) = fs::symlink_metadata(path) else { return };
        let mode = metadata.permissions().mode();
        let new = self.adjusted(mode);
        if new != mode && !metadata.is_symlink() {
            let _ = fs::set_permissions(path, Permissions::from_mode(new & 0o7777));
        }
    }

    /// Adjusts a file and the folders that lead to it from `top`.
    pub(super) fn apply_below(self, top: &Path, path: &Path) {
        if self != Sharing::Umask {
            path.ancestors().take_while(|path| *path != top).for_each(|path| self.apply(path));
        }
    }

    /// Adjusts an object that was just written, if it lies in a file of its own.
    pub(super) fn apply_to_object(self, repo: &gix::Repository, id: ObjectId) {
        if self != Sharing::Umask {
            let (objects, hex) = (repo.objects.store_ref().path(), id.to_string());
            self.apply_below(objects, &objects.join(&hex[..2]).join(&hex[2..]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_as_git_reads_them() {
        let cases = [
            ("group", Sharing::AtLeast(0o660)),
            ("true", Sharing::AtLeast(0o660)),
            ("1", Sharing::AtLeast(0o660)),
            ("World", Sharing::AtLeast(0o664)),
            ("2", Sharing::AtLeast(0o664)),
            ("0640", Sharing::Exactly(0o640)),
            ("0770", Sharing::Exactly(0o660)),
            ("umask", Sharing::Umask),
            ("false", Sharing::Umask),
            ("0", Sharing::Umask),
            ("0070", Sharing::Umask),
        ];
        for (setting, expected) in cases {
            assert_eq!(Sharing::parse(setting), expected, "{setting}");
        }
    }

    #[test]
    fn modes_as_git_makes_them() {
        let group = Sharing::AtLeast(0o660);
        assert_eq!(group.adjusted(0o100_400), 0o100_440);
        assert_eq!(group.adjusted(0o100_600), 0o100_660);
        assert_eq!(group.adjusted(0o100_755), 0o100_775);
        assert_eq!(group.adjusted(0o040_700), 0o042_770);
        assert_eq!(Sharing::AtLeast(0o664).adjusted(0o100_600), 0o100_664);
        assert_eq!(Sharing::Exactly(0o640).adjusted(0o100_644), 0o100_640);
        assert_eq!(Sharing::Exactly(0o640).adjusted(0o040_755), 0o042_750);
        assert_eq!(Sharing::Exactly(0o600).adjusted(0o040_755), 0o040_700);
        assert_eq!(Sharing::Umask.adjusted(0o100_600), 0o100_600);
    }
}
