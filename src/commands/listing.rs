//! How the files of a branch are shown before there is a branch.

use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::core::value::is_unclean;
use crate::ui::Ui;

/// Shows the options of a branch, and under headings what lies beside them.
///
/// Options that are alone have no heading, so that they are an options file when they are written to one.
pub(super) fn show_files(options: &str, files: &[TreeFile], ui: &mut Ui) {
    ui.raw(listing(options, files).as_bytes());
}

fn listing(options: &str, files: &[TreeFile]) -> String {
    let options = visible(options);
    if files.is_empty() {
        return options;
    }
    files.iter().fold(format!("==> options <==\n{options}"), |text, TreeFile { path, kind, data }| {
        let content = match kind {
            TreeFileKind::Symlink => format!("(a symbolic link to {})\n", visible_line(data)),
            TreeFileKind::File { .. } => match std::str::from_utf8(data) {
                Ok(data) if is_text(data) => visible(data),
                Ok(_) | Err(_) => format!("({} bytes that are not text)\n", data.len()),
            },
        };
        format!("{text}\n==> {} <==\n{content}", visible_line(path.as_bytes()))
    })
}

/// Whether a terminal shows a file as an editor does.
pub(super) fn is_text(data: &str) -> bool {
    !data.replace("\r\n", "\n").contains(is_unseen)
}

/// A text that does nothing to a terminal and ends its last line.
fn visible(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace(is_unseen, "\u{fffd}");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn visible_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).replace(is_unclean, "\u{fffd}")
}

fn is_unseen(c: char) -> bool {
    is_unclean(c) && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, kind: TreeFileKind, data: &[u8]) -> TreeFile {
        TreeFile { path: path.to_owned(), kind, data: data.to_vec() }
    }

    #[test]
    fn options_alone_are_a_file() {
        assert_eq!(listing("message=x\n", &[]), "message=x\n");
        assert_eq!(listing("message=x", &[]), "message=x\n");
        assert_eq!(listing("# a\u{1b}[31mb\u{202e}\n\tx\r\n", &[]), "# a\u{fffd}[31mb\u{fffd}\n\tx\n");
    }

    #[test]
    fn every_file_has_a_heading() {
        const FILE: TreeFileKind = TreeFileKind::File { executable: false };
        let files = [
            file("actions.sh", TreeFileKind::File { executable: true }, b"#!/bin/sh"),
            file("custom/empty", FILE, b""),
            file("custom/logo", FILE, b"\x89PNG\x00"),
            file("custom/evil\x1b", FILE, b"\x1b[2J"),
            file("custom/link", TreeFileKind::Symlink, b"../x"),
        ];
        let expected = "\
==> options <==
message=x

==> actions.sh <==
#!/bin/sh

==> custom/empty <==

==> custom/logo <==
(5 bytes that are not text)

==> custom/evil\u{fffd} <==
(4 bytes that are not text)

==> custom/link <==
(a symbolic link to ../x)
";
        assert_eq!(listing("message=x\n", &files), expected);
    }
}
