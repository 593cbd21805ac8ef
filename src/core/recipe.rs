//! Recipes and entries of the catalog: options files with parameters, and named uses of them.
//!
//! A *recipe* is an options file. The comment at its top says what it is about and which variables below are its
//! parameters; what is assigned to them there is the default, and nothing is the default of those that have to be given.
//! An *entry* is the folder of a branch that is not there yet; its options may name a recipe and assign the parameters.
//! This module owns both formats, and makes the options of a branch of them. It must not look for files.

mod head;

use std::cmp::Reverse;
use std::ops::Range;

pub(crate) use self::head::{Head, in_short};
use self::head::{Parameter, is_parameter};
#[cfg(test)]
use super::declared::Declaration;
use super::name::{did_you_mean, nearest};
use super::options::{Key, Options, Setting, quote, word_len};
use super::target::without_credentials;

/// What is given for a variable.
pub(crate) type Given = (String, Setting);

/// Why no options can be made of a recipe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RecipeError {
    #[error("its first line has to be a comment that says what it is about")]
    NoTitle,
    #[error("line {0}: {1}")]
    Head(usize, String),
    #[error("line {0} is not an assignment; a recipe assigns and does nothing else")]
    NotAnAssignment(usize),
    #[error("it has to assign {0} once, at the beginning of a line")]
    Unassigned(String),
    #[error("it has no parameter {name:?}{}", did_you_mean(.near.as_deref()))]
    NoParameter { name: String, near: Option<String> },
    #[error("it needs {}", .0.join(", "))]
    Missing(Vec<String>),
    #[error("{name} is {text:?}, which does not match {shape}")]
    Shape { name: String, text: String, shape: String },
    #[error("the message needs {0}, which only a shell can tell")]
    MessageNeedsShell(String),
}

/// See the module's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) head: Head,
    text: String,
    options: Options,
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    ///
    /// What keeps options from being made of it.
    pub(crate) fn parse(text: &str) -> Result<Self, RecipeError> {
        // Files that were written on Windows work like any other.
        let text = text.replace('\r', "");
        let head = Head::parse(&text)?;
        let options = assignments(&text)?;
        for parameter in &head.parameters {
            if *options.variable(&parameter.name).0 == Setting::Absent {
                return Err(RecipeError::Unassigned(parameter.name.clone()));
            }
        }
        Ok(Recipe { head, text, options })
    }

    /// What is declared, if it is a source.
    #[cfg(test)]
    pub(crate) fn declaration(&self) -> Option<&Declaration> {
        self.options.declaration().and_then(Result::ok)
    }

    /// The file.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What a parameter is if it is not given, as far as that is known without a shell; nothing if it has to be given.
    pub(crate) fn default_of(&self, parameter: &str) -> Option<String> {
        match self.options.variable(parameter).0 {
            Setting::Absent => None,
            Setting::Known(text) => Some(text.to_string()).filter(|text| !text.is_empty()),
            Setting::NeedsShell(source) => Some(source.to_string()),
        }
    }

    /// The options of a branch: parameters and keys as they are given, `{PARAMETER}` in the message replaced; then
    /// `overrides` as they stand.
    ///
    /// # Errors
    ///
    /// What is given does not fit the recipe.
    pub(crate) fn fill(&self, given: &[Given], overrides: &[Given]) -> Result<String, RecipeError> {
        for (name, setting) in given {
            self.check(name, setting)?;
        }
        let of = |name: &str| last(given, name).unwrap_or(self.options.variable(name).0);
        let is_missing = |name: &&str| match of(name) {
            Setting::Absent => true,
            Setting::Known(text) => text.is_empty(),
            Setting::NeedsShell(_) => false,
        };
        let missing = self.parameters().filter(is_missing).map(str::to_owned).collect::<Vec<_>>();
        if !missing.is_empty() {
            return Err(RecipeError::Missing(missing));
        }
        // What a recipe has by itself has to fit, too.
        self.parameters().try_for_each(|name| self.check(name, of(name)))?;
        let mut settings = given.to_vec();
        // Where a source is declared, whoever reads the options puts its keys into the message.
        if last(overrides, Key::Message.name()).is_none()
            && self.options.declaration().is_none()
            && let Setting::Known(message) = of(Key::Message.name())
        {
            let message = self.expand(&message.to_string(), of)?;
            settings.push((Key::Message.name().to_owned(), Setting::Known(message.into())));
        }
        settings.extend_from_slice(overrides);
        self.assign(&settings)
    }

    fn parameters(&self) -> impl Iterator<Item = &str> {
        self.head.parameters.iter().map(|parameter| parameter.name.as_str())
    }

    fn parameter(&self, name: &str) -> Result<&Parameter, RecipeError> {
        self.head.parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
            let near = nearest(name, self.parameters()).map(str::to_owned);
            RecipeError::NoParameter { name: name.to_owned(), near }
        })
    }

    /// Whether a parameter or key may be given like this.
    fn check(&self, name: &str, setting: &Setting) -> Result<(), RecipeError> {
        if Key::of(name.as_bytes()).is_some() {
            return Ok(());
        }
        if let Some(Ok(declaration)) = self.options.declaration() {
            let kind = declaration.kind;
            return match kind.key(name) {
                Some(_) => Ok(()),
                None => {
                    let near = nearest(name, kind.entry().keys.iter().map(|key| key.name)).map(str::to_owned);
                    Err(RecipeError::NoParameter { name: name.to_owned(), near })
                }
            };
        }
        match (setting, &self.parameter(name)?.shape) {
            (Setting::Known(text), Some(shape)) if !shape.fits(text) => {
                let (text, shape) = (without_credentials(&text.to_string()), shape.as_str().to_owned());
                Err(RecipeError::Shape { name: name.to_owned(), text, shape })
            }
            (Setting::Known(_) | Setting::NeedsShell(_) | Setting::Absent, _) => Ok(()),
        }
    }

    /// A message with the parameters in it. What a parameter is stands as it is, whatever it looks like.
    fn expand<'a>(&self, message: &str, of: impl Fn(&str) -> &'a Setting) -> Result<String, RecipeError> {
        let (mut expanded, mut rest) = (String::new(), message);
        while let Some((before, after)) = rest.split_once('{') {
            expanded.push_str(before);
            let Some((name, after)) = after.split_once('}').filter(|(name, _)| is_parameter(name)) else {
                expanded.push('{');
                rest = after;
                continue;
            };
            self.parameter(name)?;
            match of(name) {
                Setting::Known(text) => expanded.push_str(&text.to_string()),
                Setting::Absent | Setting::NeedsShell(_) => {
                    return Err(RecipeError::MessageNeedsShell(name.to_owned()));
                }
            }
            rest = after;
        }
        Ok(expanded + rest)
    }

    /// The text with these assignments in place of its own, new ones below the message.
    fn assign(&self, settings: &[Given]) -> Result<String, RecipeError> {
        let mut text = self.text.clone();
        let below = self.place_of(Key::Message.name())?.map_or(text.trim_end().len(), |place| place.end);
        let mut added = String::new();
        let mut edits = Vec::new();
        for (index, (name, setting)) in settings.iter().enumerate() {
            let word = match setting {
                Setting::Absent => continue,
                Setting::Known(text) => quote(&text.to_string()),
                Setting::NeedsShell(source) => source.to_string(),
            };
            let is_last = last(&settings[index + 1..], name).is_none();
            match self.place_of(name)? {
                Some(place) if is_last => edits.push((place, format!("{name}={word}"))),
                None if is_last => added += &format!("\n{name}={word}"),
                Some(_) | None => {}
            }
        }
        edits.push((below..below, added));
        // From the end, so that the places of the others stay what they are.
        edits.sort_by_key(|(place, _)| Reverse((place.start, place.end)));
        edits.into_iter().for_each(|(place, assignment)| text.replace_range(place, &assignment));
        self.verify(&text, settings)?;
        Ok(text)
    }

    /// Where a variable is assigned, from its name to the end of what it is.
    fn place_of(&self, name: &str) -> Result<Option<Range<usize>>, RecipeError> {
        let Some(line) = self.options.variable(name).1 else { return Ok(None) };
        let start = self.text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
        let word = self.text[start..].strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
        let word = word.ok_or_else(|| RecipeError::Unassigned(name.to_owned()))?;
        let length = word_len(word.as_bytes()).ok_or_else(|| RecipeError::Unassigned(name.to_owned()))?;
        let end = self.text.len() - word.len() + length;
        Ok(Some(start..end))
    }

    /// Whether a text says what it was to say: a variable that is assigned twice, for example, is none of these.
    fn verify(&self, text: &str, settings: &[Given]) -> Result<(), RecipeError> {
        let made = assignments(text)?;
        let wanted = |name: &str| last(settings, name).unwrap_or(self.options.variable(name).0);
        let names = self.options.names().chain(settings.iter().map(|(name, _)| name.as_str()));
        // The message of a declared source changes with its keys.
        let is_kept = |name: &&str| *name != Key::Message.name() || self.options.declaration().is_none();
        for name in names.filter(is_kept) {
            if made.variable(name).0 != wanted(name) {
                return Err(RecipeError::Unassigned(name.to_owned()));
            }
        }
        Ok(())
    }
}

/// A named use of a recipe, or options that need none.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) head: Head,
    /// The recipe that it names.
    pub(crate) recipe: Option<String>,
    text: String,
    given: Vec<Given>,
}

impl Entry {
    /// The variable that names the recipe.
    const RECIPE: &str = "recipe";

    /// Reads the options of an entry.
    ///
    /// # Errors
    ///
    /// What keeps options from being made of it.
    pub(crate) fn parse(text: &str) -> Result<Self, RecipeError> {
        let head = Head::parse(text)?;
        let options = assignments(text)?;
        let recipe = match options.variable(Self::RECIPE) {
            (Setting::Absent, _) => None,
            (Setting::Known(name), _) => Some(name.to_string()),
            (Setting::NeedsShell(_), line) => {
                let reason = "the name of the recipe has to be written out".to_owned();
                return Err(RecipeError::Head(line.unwrap_or_default(), reason));
            }
        };
        let given = match recipe {
            Some(_) => {
                let names = options.names().filter(|name| *name != Self::RECIPE);
                names.map(|name| (name.to_owned(), options.variable(name).0.clone())).collect()
            }
            None => Vec::new(),
        };
        Ok(Entry { head, recipe, text: text.to_owned(), given })
    }

    /// The recipe of an entry that names none: the entry itself.
    ///
    /// # Errors
    ///
    /// As [`Recipe::parse`].
    pub(crate) fn as_recipe(&self) -> Result<Recipe, RecipeError> {
        Recipe::parse(&self.text)
    }

    /// What the entry gives for a variable.
    pub(crate) fn given(&self, name: &str) -> Option<&Setting> {
        last(&self.given, name)
    }

    /// The options of a branch; `more` is given, too, and goes before what the entry says.
    ///
    /// # Errors
    ///
    /// As [`Recipe::fill`].
    pub(crate) fn fill(&self, recipe: &Recipe, more: &[Given], overrides: &[Given]) -> Result<String, RecipeError> {
        // What is said again need not have fitted before.
        let is_kept = |(name, _): &&Given| last(more, name).is_none();
        let given = self.given.iter().filter(is_kept).chain(more).cloned().collect::<Vec<_>>();
        let options = recipe.fill(&given, overrides)?;
        match self.recipe {
            Some(_) => Ok(format!("{}#\n{options}", self.head.comment())),
            None => Ok(options),
        }
    }
}

/// What is given for a variable; what is given later goes before.
fn last<'a>(given: &'a [Given], name: &str) -> Option<&'a Setting> {
    given.iter().rev().find(|(known, _)| known == name).map(|(_, setting)| setting)
}

/// The assignments of a file that does nothing else.
fn assignments(text: &str) -> Result<Options, RecipeError> {
    let options = Options::parse(text.as_bytes());
    match options.opaque_at() {
        Some(line) => Err(RecipeError::NotAnAssignment(line)),
        None => Ok(options),
    }
}

#[cfg(test)]
mod tests;
