//! Declared sources: what is wrong with one, and which extractors could be one.

use super::{Check, Report};
use crate::core::declared::DeclarationError;
use crate::core::options::Options;

impl Report<'_> {
    /// Says what is wrong with a declaration. Gives whether anything is declared.
    pub(super) fn declaration(&mut self, options: &Options) -> bool {
        let err = match options.declaration() {
            None => return false,
            Some(Ok(_)) => return true,
            Some(Err(err)) => err,
        };
        let line = if let DeclarationError::NeedsShell { line } | DeclarationError::UnknownKey { line, .. } = err {
            Some(*line)
        } else {
            options.variable(err.key()).1
        };
        self.add(Check::BadSource, line, &err.to_string(), err.help());
        true
    }
}
