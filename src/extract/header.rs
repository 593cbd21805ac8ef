//! What the shell of a run prints: a header of settings, then the output of the extractor. See `extractor.sh`.
//!
//! Owns the format of the header and the limits on what is kept. Must not read from pipes itself.

use super::error::ExtractError;
use super::{MAX_OUTPUT, MAX_SETTINGS};
use crate::core::options::Settings;

/// The fields of the header, each ended by NUL.
const FIELDS: usize = 9;

/// The last field if the extractor ran.
const RUN: &[u8] = b"run";

/// What a shell told that got through the options.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The exit status of reading the options.
    pub(super) status: i32,
    pub(super) settings: Settings,
    /// What the extractor printed, if it ran.
    pub(super) output: Option<Vec<u8>>,
}

/// The stdout of a shell as it comes in.
#[derive(Debug, Default)]
pub(super) struct Stdout {
    header: Vec<u8>,
    fields: usize,
    output: Vec<u8>,
}

impl Stdout {
    /// Takes the next piece.
    ///
    /// # Errors
    ///
    /// When more came than anybody needs.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<(), ExtractError> {
        while self.fields < FIELDS {
            let end = piece.iter().position(|&byte| byte == 0);
            let (field, rest) = piece.split_at(end.map_or(piece.len(), |end| end + 1));
            self.header.extend_from_slice(field);
            if self.header.len() > MAX_SETTINGS {
                return Err(ExtractError::SettingsTooLong);
            }
            if end.is_none() {
                return Ok(());
            }
            self.fields += 1;
            piece = rest;
        }
        // Without an extractor, only a trap of the options can print something, and that is not wanted.
        if self.extractor_ran() {
            self.output.extend_from_slice(piece);
            if self.output.len() > MAX_OUTPUT {
                return Err(ExtractError::TooMuchOutput);
            }
        }
        Ok(())
    }

    fn extractor_ran(&self) -> bool {
        self.header.strip_suffix(b"\0").is_some_and(|header| header.ends_with(RUN))
    }

    /// All of it, or nothing if the shell ended before the header was complete.
    pub(super) fn finish(self) -> Option<Told> {
        if self.fields < FIELDS {
            return None;
        }
        let extractor_ran = self.extractor_ran();
        let mut fields = self.header.split(|&byte| byte == 0).map(<[u8]>::to_vec);
        let status = String::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let settings = Settings {
            message: fields.next()?.into(),
            message_pattern: fields.next()?.into(),
            value_pattern: fields.next()?.into(),
            manual: fields.next()?.into(),
            tree: fields.next()?.into(),
            timeout: fields.next()?.into(),
            extractor_is_set: !fields.next()?.is_empty(),
            ..Settings::default()
        };
        Some(Told { status, settings, output: extractor_ran.then_some(self.output) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"1\0New (x) \0\xff\n\0[0-9]+\0\0true\0five\0set\0run\0x549\0\n";

    #[test]
    fn a_header_is_read_however_it_is_cut() {
        for cut in 0..WHOLE.len() {
            let mut stdout = Stdout::default();
            stdout.push(&WHOLE[..cut]).unwrap();
            stdout.push(&WHOLE[cut..]).unwrap();
            let settings = Settings {
                message: "New (x) ".into(),
                message_pattern: b"\xff\n".into(),
                value_pattern: "[0-9]+".into(),
                manual: "".into(),
                tree: "true".into(),
                timeout: "five".into(),
                extractor_is_set: true,
                ..Settings::default()
            };
            assert_eq!(stdout.finish(), Some(Told { status: 1, settings, output: Some(b"x549\0\n".to_vec()) }));
        }
    }

    #[test]
    fn half_a_header_is_none() {
        let mut stdout = Stdout::default();
        stdout.push(b"0\0message\0").unwrap();
        assert_eq!(stdout.finish(), None);
        assert_eq!(Stdout::default().finish(), None);
    }

    #[test]
    fn what_follows_a_stop_is_dropped() {
        let mut stdout = Stdout::default();
        stdout.push(b"0\0m\0\0\0\0\0\0\0stop\0").unwrap();
        stdout.push(&vec![b'x'; MAX_OUTPUT + 1]).unwrap();
        assert_eq!(stdout.finish().unwrap().output, None);
    }

    #[test]
    fn both_parts_are_limited() {
        let mut stdout = Stdout::default();
        assert!(matches!(stdout.push(&vec![b'x'; MAX_SETTINGS + 1]), Err(ExtractError::SettingsTooLong)));
        let mut stdout = Stdout::default();
        stdout.push(b"0\0m\0\0\0\0\0\0set\0run\0").unwrap();
        stdout.push(&vec![b'x'; MAX_OUTPUT]).unwrap();
        assert!(matches!(stdout.push(b"x"), Err(ExtractError::TooMuchOutput)));
    }
}
