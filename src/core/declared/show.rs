//! What people read about a kind: its keys, and a worked example that is an options file.

use std::fmt::Write;

use super::kinds::{KindEntry, Need};
use crate::core::options::write_assignments;

impl KindEntry {
    /// An options file that uses the kind, with what there is to know in comments.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("# {}\n#\n# The value is {}.\n#\n# Keys:\n", self.about, self.value);
        let width = self.keys.iter().map(|key| key.name.len()).max().unwrap_or_default();
        for key in self.keys {
            let need = match key.need {
                Need::Required => " (has to be set)".to_owned(),
                Need::Optional => String::new(),
                Need::Default(text) => format!(" [{text}]"),
            };
            // Writing to a text cannot fail.
            let _ = writeln!(text, "#   {:width$}  {}{need}", key.name, key.about);
        }
        text + &write_assignments(self.example)
    }

    /// The kind and its keys on one line, in brackets those that need not be set.
    pub(crate) fn call(&self) -> String {
        let keys = self.keys.iter().map(|key| match key.need {
            Need::Required => format!(" {}=…", key.name),
            Need::Optional | Need::Default(_) => format!(" [{}]", key.name),
        });
        keys.fold(self.name.to_owned(), |call, key| call + &key)
    }
}
