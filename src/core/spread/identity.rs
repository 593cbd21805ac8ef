//! Which spread a program is: its module and version, which every program that is written in Go bears in itself.

use gix::bstr::ByteSlice;

/// More of a text of such a program is not one of these fields.
const MAX_FIELD: usize = 200;

/// The module and its version or revision: `github.com/canonical/spread-plus v0.0.0-20260101000000-0123456789ab`. None if the
/// program says none.
pub(crate) fn module(program: &[u8]) -> Option<String> {
    let at = program.find(b"\nmod\t")?;
    let line = line_at(&program[at + 5..]);
    let mut fields = line.split('\t').map(str::to_owned);
    let (module, version) = (fields.next().filter(|module| !module.is_empty())?, fields.next().unwrap_or_default());
    // A program that was built in a work tree has a revision, and a version that says little.
    let revision = program[at..].find(b"\nbuild\tvcs.revision=").map(|found| {
        let start = at + found + b"\nbuild\tvcs.revision=".len();
        line_at(&program[start..])
    });
    let version = revision.filter(|revision| !revision.is_empty()).unwrap_or(version);
    Some(format!("{module} {version}").trim_end().to_owned())
}

/// The clean text up to the end of the line.
fn line_at(text: &[u8]) -> String {
    let text = &text[..text.len().min(MAX_FIELD)];
    let end = text.iter().position(|byte| *byte != b'\t' && !(b' '..=b'~').contains(byte)).unwrap_or(text.len());
    String::from_utf8_lossy(&text[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_what_it_is() {
        let installed = b"\x7fELF..\npath\tgithub.com/snapcore/spread/cmd/spread\nmod\tgithub.com/snapcore/spread\tv0.0.0-20260101-0123456789ab\th1:x=\ndep\ta\tv1\n";
        assert_eq!(module(installed).as_deref(), Some("github.com/snapcore/spread v0.0.0-20260101-0123456789ab"));
        let built = b"\nmod\tgithub.com/canonical/spread-plus\t(devel)\t\nbuild\tvcs=git\nbuild\tvcs.revision=0123456789abcdef\n\xf92";
        assert_eq!(module(built).as_deref(), Some("github.com/canonical/spread-plus 0123456789abcdef"));
        for other in [&b"#!/bin/sh\nexit 0\n"[..], b"", b"\nmod\t"] {
            assert_eq!(module(other), None);
        }
    }
}
