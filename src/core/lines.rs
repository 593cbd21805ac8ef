//! Counting what a new version of a file throws away of the old one.

use imara_diff::{Algorithm, Diff, InternedInput};

/// git calls a file binary that has a NUL among its first bytes.
const LOOKED_AT: usize = 8000;

/// What of an old file is not in the new one any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// So many of its lines.
    Lines(u32),
    /// One of the two is not text, and has no lines.
    NotText,
}

/// Counts the lines of `old` that are not in `new`.
pub(crate) fn lost(old: &[u8], new: &[u8]) -> Lost {
    if old == new {
        return Lost::Lines(0);
    }
    if is_binary(old) || is_binary(new) {
        return Lost::NotText;
    }
    Lost::Lines(diff(old, new).count_removals())
}

/// Counts the lines that are only in one of the two.
pub(crate) fn differing(old: &[u8], new: &[u8]) -> Lost {
    if is_binary(old) || is_binary(new) {
        return Lost::NotText;
    }
    let diff = diff(old, new);
    Lost::Lines(diff.count_removals().saturating_add(diff.count_additions()))
}

fn diff(old: &[u8], new: &[u8]) -> Diff {
    Diff::compute(Algorithm::Histogram, &InternedInput::new(old, new))
}

fn is_binary(data: &[u8]) -> bool {
    data[..data.len().min(LOOKED_AT)].contains(&0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted() {
        for (old, new, expected, both) in [
            ("", "a\n", 0, 1),
            ("a\n", "", 1, 1),
            ("a\nb\nc\n", "a\nB\nc\nd\n", 1, 3),
            ("a\nb\nc\n", "c\n", 2, 2),
            ("a\n", "a", 1, 2),
            ("same\n", "same\n", 0, 0),
        ] {
            assert_eq!(lost(old.as_bytes(), new.as_bytes()), Lost::Lines(expected), "{old:?} {new:?}");
            assert_eq!(differing(old.as_bytes(), new.as_bytes()), Lost::Lines(both), "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_is_not_text_has_no_lines() {
        assert_eq!(lost(b"a\0b\n", b"a\n"), Lost::NotText);
        assert_eq!(lost(b"a\n", b"a\0b\n"), Lost::NotText);
        assert_eq!(lost(b"a\0", b"a\0"), Lost::Lines(0));
        assert_eq!(lost(b"\xff\xfe\n", b"b\n"), Lost::Lines(1));
    }
}
