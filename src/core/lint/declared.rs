//! Declared sources: what is wrong with one, and which extractors could be one.

use super::propose::propose;
use super::{Check, Report};
use crate::core::declared::DeclarationError;
use crate::core::options::{Key, Options};

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

    /// Says which plain lines could stand in place of the extractor.
    pub(super) fn could_be_declared(&mut self, options: &Options) {
        let Some(lines) = propose(options) else { return };
        let reason = "the extractor could be a declared source, which needs no shell";
        let help = format!("in place of pattern_extractor, write: {}", lines.trim_end().replace('\n', "; "));
        self.add(Check::CouldBeDeclared, options.line_of(Key::PatternExtractor), reason, help);
    }
}
