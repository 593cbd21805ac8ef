//! Git LFS pointers: small texts that git stores in place of large files.
//!
//! Nothing here fetches the file: no part of this program runs LFS, so a pointer must never pass for the file.

/// The beginnings of a pointer, of today and before the renaming.
const VERSIONS: [&[u8]; 2] = [b"version https://git-lfs.github.com/spec/", b"version https://hawser.github.com/spec/"];

/// A pointer is at most this long.
pub(crate) const MAX_BYTES: usize = 1024;

/// Whether a text is a pointer, or the line of one that names the file.
pub(crate) fn is_pointer(text: &[u8]) -> bool {
    VERSIONS.iter().any(|version| text.starts_with(version)) || text.starts_with(b"oid sha256:")
}

/// Whether the content of a file is a pointer.
pub(crate) fn is_pointer_file(content: &[u8]) -> bool {
    content.len() < MAX_BYTES && VERSIONS.iter().any(|version| content.starts_with(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_known_by_their_beginning() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n";
        assert!(is_pointer(pointer) && is_pointer_file(pointer));
        assert!(is_pointer(b"oid sha256:4d7a") && !is_pointer_file(b"oid sha256:4d7a"));
        for other in [&b"version 5"[..], b"sha256:4d7a", b"", b"see version https://git-lfs.github.com/spec/v1"] {
            assert!(!is_pointer(other) && !is_pointer_file(other));
        }
        let long = [&pointer[..], &[b'x'; MAX_BYTES]].concat();
        assert!(!is_pointer_file(&long), "a document about pointers");
    }
}
