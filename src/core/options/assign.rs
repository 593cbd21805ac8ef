//! Changing what an options file assigns, and nothing else of it.

use std::cmp::Reverse;
use std::ops::Range;

use super::{Key, Options, Setting, quote, word_len};

/// That a variable cannot be assigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has to assign {0} once, at the beginning of a line")]
pub(crate) struct AssignError(String);

/// The text with these assignments in place of its own, and new ones below the message.
///
/// # Errors
///
/// A variable is assigned twice, or not at the beginning of a line.
pub(crate) fn assign(text: &str, given: &[(String, String)]) -> Result<String, AssignError> {
    let options = Options::parse(text.as_bytes());
    let below = place_of(text, &options, Key::Message.name())?.map_or(text.trim_end().len(), |place| place.end);
    let (mut edits, mut added) = (Vec::new(), String::new());
    for (name, value) in given {
        let assignment = format!("{name}={}", quote(value));
        match place_of(text, &options, name)? {
            Some(place) => edits.push((place, assignment)),
            None => added += &format!("\n{assignment}"),
        }
    }
    edits.push((below..below, added));
    // From the end, so that the places of the others stay what they are.
    edits.sort_by_key(|(place, _)| Reverse((place.start, place.end)));
    let mut made = text.to_owned();
    edits.into_iter().for_each(|(place, assignment)| made.replace_range(place, &assignment));
    verify(&made, &options, given)?;
    Ok(made)
}

/// Where a variable is assigned, from its name to the end of its text.
fn place_of(text: &str, options: &Options, name: &str) -> Result<Option<Range<usize>>, AssignError> {
    let Some(line) = options.variable(name).1 else { return Ok(None) };
    let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let word = text[start..].strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
    let length = word.and_then(|word| Some((word, word_len(word.as_bytes())?)));
    let (word, length) = length.ok_or_else(|| AssignError(name.to_owned()))?;
    Ok(Some(start..text.len() - word.len() + length))
}

/// Whether the new text says what it has to: a variable that is assigned twice, for example, may not.
fn verify(made: &str, before: &Options, given: &[(String, String)]) -> Result<(), AssignError> {
    let after = Options::parse(made.as_bytes());
    let is_as_given = |name: &str| match given.iter().find(|(known, _)| known == name) {
        Some((_, value)) => matches!(after.variable(name).0, Setting::Known(text) if text == value),
        None => after.variable(name).0 == before.variable(name).0,
    };
    // The message of a declared source changes with its keys.
    let is_checked = |name: &&str| *name != Key::Message.name() || after.declaration().is_none();
    let mut names = before.names().chain(given.iter().map(|(name, _)| name.as_str())).filter(is_checked);
    match names.find(|name| !is_as_given(name)) {
        Some(name) => Err(AssignError(name.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(text: &str, name: &str, value: &str) -> Result<String, AssignError> {
        assign(text, &[(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn what_it_assigns_changes_where_it_stands() {
        let text = "# A\nmessage='x\ny' # b\nother=1\n\nlast=\"$x\"";
        assert_eq!(assigned(text, "message", "z").unwrap(), text.replace("'x\ny'", "\"z\""));
        assert_eq!(assigned(text, "last", "a\nb").unwrap(), text.replace("$x", "a\nb"));
        assert_eq!(assigned(text, "manual", "true").unwrap(), text.replace("y' # b", "y'\nmanual=\"true\" # b"));
        assert_eq!(assigned("a=1\n\n", "b", "2").unwrap(), "a=1\nb=\"2\"\n\n");
    }

    #[test]
    fn what_cannot_be_assigned() {
        for text in ["message=x\na=1\na=2\n", "message=x a=1\n", "message=x\n  a=1\n"] {
            let made = assigned(text, "a", "3");
            assert!(
                made.is_err()
                    || Options::parse(made.clone().unwrap().as_bytes()).variable("a").0 == &Setting::Known("3".into()),
                "{text}: {made:?}"
            );
        }
        assert_eq!(assigned("message=x b=1\n", "b", "3"), Err(AssignError("b".into())));
    }
}
