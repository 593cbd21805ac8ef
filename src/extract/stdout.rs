//! What the shell of a run prints: the settings, then the output of the extractor. See `extractor.sh`.
//!
//! Owns the format and the limits on what is kept. Must not read from pipes itself.

use super::error::ExtractError;
use super::{MAX_OUTPUT, MAX_SETTINGS};
use crate::core::options::Settings;

/// The fields before the output, each ended by NUL.
const FIELDS: usize = 9;

/// What a shell reports once it has read the options.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The exit status of reading the options.
    pub(super) status: i32,
    pub(super) settings: Settings,
}

/// The stdout of a shell as it comes in.
#[derive(Debug, Default)]
pub(super) struct Stdout {
    header: Vec<u8>,
    fields: usize,
    output: Vec<u8>,
}

impl Stdout {
    /// Takes the next piece. Gives what was read from the options in the moment in which all of it is there.
    ///
    /// # Errors
    ///
    /// The settings or the output exceed their limit.
    pub(super) fn push(&mut self, mut piece: &[u8]) -> Result<Option<Reading>, ExtractError> {
        let was_complete = self.is_complete();
        while !self.is_complete() {
            let end = piece.iter().position(|&byte| byte == 0);
            let (field, rest) = piece.split_at(end.map_or(piece.len(), |end| end + 1));
            self.header.extend_from_slice(field);
            if self.header.len() > MAX_SETTINGS {
                return Err(ExtractError::SettingsTooLong);
            }
            if end.is_none() {
                return Ok(None);
            }
            self.fields += 1;
            piece = rest;
        }
        self.output.extend_from_slice(piece);
        if self.output.len() > MAX_OUTPUT {
            return Err(ExtractError::TooMuchOutput);
        }
        Ok(if was_complete { None } else { self.reading() })
    }

    /// Whether the settings have come in.
    pub(super) fn is_complete(&self) -> bool {
        self.fields == FIELDS
    }

    /// What the extractor printed.
    pub(super) fn into_output(self) -> Vec<u8> {
        self.output
    }

    fn reading(&self) -> Option<Reading> {
        let mut fields = self.header.split(|&byte| byte == 0).map(<[u8]>::to_vec);
        let status = String::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let settings = Settings {
            message: fields.next()?.into(),
            message_pattern: fields.next()?.into(),
            value_pattern: fields.next()?.into(),
            manual: fields.next()?.into(),
            tree: fields.next()?.into(),
            timeout: fields.next()?.into(),
            pipefail: fields.next()?.into(),
            extractor_is_set: !fields.next()?.is_empty(),
            ..Settings::default()
        };
        Some(Reading { status, settings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &[u8] = b"1\0New (x) \0\xff\n\0[0-9]+\0\0true\0five\0false\0set\0x549\0\n";

    #[test]
    fn settings_are_read_however_they_are_cut() {
        for cut in 0..WHOLE.len() {
            let mut stdout = Stdout::default();
            let readings = [&WHOLE[..cut], &WHOLE[cut..]].map(|piece| stdout.push(piece).unwrap());
            let settings = Settings {
                message: "New (x) ".into(),
                message_pattern: b"\xff\n".into(),
                value_pattern: "[0-9]+".into(),
                manual: "".into(),
                tree: "true".into(),
                timeout: "five".into(),
                pipefail: "false".into(),
                extractor_is_set: true,
                ..Settings::default()
            };
            let readings: Vec<Reading> = readings.into_iter().flatten().collect();
            assert_eq!(readings, [Reading { status: 1, settings }], "cut at {cut}");
            assert_eq!(stdout.into_output(), b"x549\0\n");
        }
    }

    #[test]
    fn a_part_of_the_settings_is_no_reading() {
        let mut stdout = Stdout::default();
        assert_eq!(stdout.push(b"0\0message\0").unwrap(), None);
        assert!(!stdout.is_complete());
    }

    #[test]
    fn both_parts_are_limited() {
        let mut stdout = Stdout::default();
        assert!(matches!(stdout.push(&vec![b'x'; MAX_SETTINGS + 1]), Err(ExtractError::SettingsTooLong)));
        let mut stdout = Stdout::default();
        assert!(stdout.push(b"0\0m\0\0\0\0\0\0\0set\0").unwrap().is_some());
        stdout.push(&vec![b'x'; MAX_OUTPUT]).unwrap();
        assert!(matches!(stdout.push(b"x"), Err(ExtractError::TooMuchOutput)));
    }
}
