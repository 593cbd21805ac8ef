//! The comment at the top of a recipe or an entry.
//!
//! ```text
//! # What it is about, on one line
//! #
//! # Whatever else there is to say.
//! #
//! # Source: where the value comes from
//! # Not verified: what could not be tried
//! #
//! # NAME: what this parameter is
//! #   matches REGEX
//! ```
//!
//! A line that is indented by two blanks or more, or by a tab, goes on with the one above.

use super::RecipeError;
use crate::core::expression::Shape;

/// A parameter of a recipe.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) about: String,
    pub(crate) shape: Option<Shape>,
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// What it is about.
    pub(crate) about: String,
    /// Where the value comes from.
    pub(crate) source: Option<String>,
    /// What could not be verified.
    pub(crate) unverified: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    comment: String,
}

/// What the lines are about that go on with an earlier one.
enum Last {
    Nothing,
    Source,
    Unverified,
    Parameter,
}

impl Head {
    /// Reads the comment at the top of a file.
    ///
    /// # Errors
    ///
    /// There is none, or an expression in it does not compile.
    pub(super) fn parse(text: &str) -> Result<Self, RecipeError> {
        let lines = text.lines().take_while(|line| line.starts_with('#')).collect::<Vec<_>>();
        let about = lines.first().map(|line| line[1..].trim().to_owned()).filter(|about| !about.is_empty());
        let about = about.ok_or(RecipeError::NoTitle)?;
        let comment = lines.iter().map(|line| format!("{line}\n")).collect();
        let mut head = Head { about, source: None, unverified: None, parameters: Vec::new(), comment };
        let mut last = Last::Nothing;
        for (index, line) in lines.iter().enumerate().skip(1) {
            let line = &line[1..];
            let wrong = |reason| RecipeError::Head(index + 1, reason);
            let is_indented = line.starts_with("  ") || line.starts_with('\t');
            last = match (is_indented, field(line.trim())) {
                (true, _) => {
                    head.go_on(&last, line.trim()).map_err(wrong)?;
                    last
                }
                (false, Some(("Source", text))) => {
                    head.source = Some(text.to_owned());
                    Last::Source
                }
                (false, Some(("Not verified", text))) => {
                    head.unverified = Some(text.to_owned());
                    Last::Unverified
                }
                (false, Some((name, text))) if is_parameter(name) => {
                    if head.parameters.iter().any(|known| known.name == name) {
                        return Err(wrong(format!("{name} is described a second time")));
                    }
                    head.parameters.push(Parameter { name: name.to_owned(), about: text.to_owned(), shape: None });
                    Last::Parameter
                }
                (false, Some(_) | None) => Last::Nothing,
            };
        }
        Ok(head)
    }

    /// The comment as it is written.
    pub(super) fn comment(&self) -> &str {
        &self.comment
    }

    fn go_on(&mut self, last: &Last, more: &str) -> Result<(), String> {
        let text = match last {
            Last::Nothing => return Ok(()),
            Last::Source => self.source.as_mut(),
            Last::Unverified => self.unverified.as_mut(),
            Last::Parameter => {
                let parameter = self.parameters.last_mut().expect("the line before was about one");
                if let Some(shape) = more.strip_prefix("matches ") {
                    let shape = Shape::new(shape).map_err(|reason| format!("{shape:?} does not compile: {reason}"))?;
                    parameter.shape = Some(shape);
                    return Ok(());
                }
                Some(&mut parameter.about)
            }
        };
        let text = text.expect("the line before has set it");
        text.push(' ');
        text.push_str(more);
        Ok(())
    }
}

/// The beginning of a source, which says in a few words what the rest says in full.
pub(crate) fn in_short(source: &str) -> &str {
    let ends = [",", ";", ":", " (", ". "].iter().filter_map(|end| source.find(end));
    source[..ends.min().unwrap_or(source.len())].trim_end_matches('.')
}

/// `NAME: TEXT`
fn field(line: &str) -> Option<(&str, &str)> {
    line.split_once(": ").map(|(name, text)| (name, text.trim()))
}

/// Whether a text can be the name of a parameter.
pub(super) fn is_parameter(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
