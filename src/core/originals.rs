//! Where the files of an overlay come from: trailers `Customized-From: BLOB [PATH]` in the commits that wrote them.

use gix::bstr::ByteSlice;

/// The key of the trailer.
const KEY: &[u8] = b"customized-from";

/// The shortest beginning of an id that is taken for one.
const MIN_HEX: usize = 7;

/// One trailer: the original of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Original {
    /// The id of the blob, or its beginning.
    pub(crate) blob: String,
    /// The path in the target; none in a commit that writes a single file.
    pub(crate) path: Option<String>,
}

/// The originals that the trailers of a commit message name: the lines `KEY: VALUE` of its last paragraph.
pub(crate) fn originals(message: &[u8]) -> Vec<Original> {
    let text = message.to_str_lossy().replace('\r', "");
    let text = text.trim_end();
    let Some((_, last)) = text.rsplit_once("\n\n") else { return Vec::new() };
    last.lines().filter_map(original).collect()
}

fn original(line: &str) -> Option<Original> {
    let (key, value) = line.split_once(':')?;
    if !key.as_bytes().eq_ignore_ascii_case(KEY) {
        return None;
    }
    let (blob, path) = match value.trim().split_once(char::is_whitespace) {
        Some((blob, path)) => (blob, Some(path.trim().to_owned())),
        None => (value.trim(), None),
    };
    let is_id = blob.len() >= MIN_HEX && blob.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Original { blob: blob.to_ascii_lowercase(), path })
}

/// The blob that is the original of `path`, in a commit that writes `written` files of the overlay.
pub(crate) fn original_of<'a>(originals: &'a [Original], path: &str, written: usize) -> Option<&'a str> {
    let named = originals.iter().find(|original| original.path.as_deref() == Some(path));
    let only = || originals.iter().find(|original| original.path.is_none() && written == 1);
    named.or_else(only).map(|original| original.blob.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_read() {
        let message = b"Subject\n\nCustomized-From: 0000000 not/in/the/last/paragraph\n\nSigned-off-by: A <a@b>\ncustomized-from:  ABCDEF0123 a b/c \nCustomized-From: 1234567\nCustomized-From: xyz\nCustomized-From: 12\n";
        let expected = [
            Original { blob: "abcdef0123".into(), path: Some("a b/c".into()) },
            Original { blob: "1234567".into(), path: None },
        ];
        assert_eq!(originals(message), expected);
        assert_eq!(originals(b"Customized-From: 1234567\n"), [], "a subject is no trailer");
        assert_eq!(originals(b""), []);
    }

    #[test]
    fn a_trailer_without_a_path_is_for_a_single_file() {
        let both = originals(b"S\n\nCustomized-From: aaaaaaa x/y\nCustomized-From: bbbbbbb\n");
        assert_eq!(original_of(&both, "x/y", 5), Some("aaaaaaa"));
        assert_eq!(original_of(&both, "z", 5), None);
        assert_eq!(original_of(&both, "z", 1), Some("bbbbbbb"));
        assert_eq!(original_of(&[], "z", 1), None);
    }
}
