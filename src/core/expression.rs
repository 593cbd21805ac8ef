//! Regular expressions that options hold: each is compiled into a larger one, and cannot reach out of its place in it.

use regex::bytes::Regex;

/// What is wrong with an expression, as one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ExpressionError(String);

/// What all of a text has to match.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    text: String,
    regex: Regex,
}

impl Shape {
    /// Compiles an expression.
    pub(crate) fn new(expression: &str) -> Result<Self, ExpressionError> {
        Ok(Shape { text: expression.to_owned(), regex: compile("^(?:", expression, ")$")? })
    }

    /// The expression.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a text is like this from its beginning to its end.
    pub(crate) fn fits(&self, text: impl AsRef<[u8]>) -> bool {
        self.regex.is_match(text.as_ref())
    }
}

/// Compiles `expression` between two texts that make it a group.
pub(super) fn compile(before: &str, expression: &str, after: &str) -> Result<Regex, ExpressionError> {
    let check = |text: &str| Regex::new(text).map_err(|err| ExpressionError(last_line(&err.to_string())));
    // On its own first: one that closes the group early is well-formed only inside of it.
    check(expression)?;
    check(&format!("{before}{expression}{after}"))
}

/// The message of the regex crate shows the expression over several lines, and says what is wrong on the last one.
fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
