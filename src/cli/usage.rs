//! Wrong usage in our words: what is wrong, why, and what to type instead; three lines at most, as for every other error.
//!
//! clap knows what is wrong; the suggestions are ours, as they must never lead to a command that does something else.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error};

use super::Cli;

/// What other tools call a command, and what it is called here. Near in letters is not near in meaning: `list` is not `lint`.
const ELSEWHERE: [(&str, &str); 10] = [
    ("list", "status"),
    ("ls", "status"),
    ("show", "log"),
    ("history", "log"),
    ("create", "add"),
    ("new", "add"),
    ("check", "lint"),
    ("launch", "run"),
    ("delete", "remove"),
    ("rm", "remove"),
];

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) what: String,
    pub(crate) because: Option<String>,
    pub(crate) hint: String,
}

/// Says what an error of clap means. `words` are the arguments, without the program.
pub(crate) fn explain<'a>(error: &Error, words: impl Iterator<Item = &'a str>) -> Usage {
    let cli = Cli::command();
    let command = command_of(&cli, words);
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(" ")),
        Some(_) | None => None,
    };
    let (arg, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let mut usage = Usage { what: String::new(), because: None, hint: help(command) };
    usage.what = match (error.kind(), &arg, &value) {
        (ErrorKind::InvalidSubcommand, ..) => {
            let word = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            let nested = command.map_or(&cli, |command| command).get_subcommands().map(Command::get_name);
            let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == word).map(|(_, ours)| *ours);
            if let Some(near) = elsewhere.or_else(|| near(&word, nested)) {
                usage.hint = format!("did you mean: {} {near}?", invocation(command));
            }
            format!("there is no command {word:?}")
        }
        (ErrorKind::UnknownArgument, Some(arg), _) => {
            let flags = command.map_or(&cli, |command| command).get_arguments().filter_map(clap::Arg::get_long);
            if let Some(near) = arg.strip_prefix("--").and_then(|flag| near(flag, flags)) {
                usage.hint = format!("did you mean: --{near}? {}", usage.hint);
            }
            format!("{} takes no {arg:?}", invocation(command))
        }
        (ErrorKind::InvalidValue, Some(arg), Some(value)) if value.is_empty() => format!("{arg} needs a value"),
        (ErrorKind::InvalidValue, Some(arg), Some(value)) => {
            let known = match error.get(ContextKind::ValidValue) {
                Some(ContextValue::Strings(known)) => known.join(", "),
                Some(_) | None => String::new(),
            };
            usage.because = (!known.is_empty()).then(|| format!("it is one of {known}"));
            format!("{arg} cannot be {value:?}")
        }
        (ErrorKind::ValueValidation, Some(arg), Some(value)) => {
            usage.because = std::error::Error::source(error).map(ToString::to_string);
            format!("{arg} cannot be {value:?}")
        }
        (ErrorKind::MissingRequiredArgument, Some(missing), _) => {
            format!("{} needs {missing}", invocation(command))
        }
        (ErrorKind::ArgumentConflict, Some(arg), _) => match text(ContextKind::PriorArg) {
            Some(prior) if prior == *arg => format!("{arg} is given more than once"),
            Some(prior) => format!("{arg} does not go together with {prior}"),
            None => format!("{arg} does not go together with the other arguments"),
        },
        _ => {
            let said = error.render().to_string();
            let first = said.split("\n\n").next().unwrap_or_default();
            first.strip_prefix("error: ").unwrap_or(first).to_owned()
        }
    };
    usage
}

/// The command that the words name, as far as they do.
fn command_of<'a>(cli: &Command, words: impl Iterator<Item = &'a str>) -> Option<&Command> {
    let mut found = None;
    for word in words {
        match found.map_or(cli, |command: &Command| command).find_subcommand(word) {
            Some(nested) => found = Some(nested),
            None if found.is_some() || !word.starts_with('-') => return found,
            None => {}
        }
    }
    found
}

fn invocation(command: Option<&Command>) -> String {
    match command {
        None => "git spread-cron".to_owned(),
        Some(command) => format!("git spread-cron {}", command.get_name()),
    }
}

fn help(command: Option<&Command>) -> String {
    match command {
        None => "see the commands: git spread-cron -h".to_owned(),
        Some(_) => format!("see how it is used: {} -h", invocation(command)),
    }
}

/// The candidate that a word is a misspelling of: letters missing, swapped or wrong, or its beginning.
fn near<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (candidates, tolerance) = (candidates.collect::<Vec<_>>(), if word.len() > 5 { 2 } else { 1 });
    let edits = |candidate: &&str| strsim::osa_distance(word, candidate);
    let begun = candidates.iter().copied().filter(|candidate| word.len() > 1 && candidate.starts_with(word));
    let nearest = || candidates.iter().copied().min_by_key(edits).filter(|near| edits(near) <= tolerance);
    begun.min_by_key(|candidate| candidate.len()).or_else(nearest)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn explained(line: &str) -> Usage {
        let words = line.split_whitespace();
        let error = Cli::try_parse_from(["git-spread-cron"].into_iter().chain(words.clone())).unwrap_err();
        explain(&error, words)
    }

    #[test]
    fn every_kind_of_wrong_usage_is_explained() {
        let poll = "see how it is used: git spread-cron poll -h";
        for (line, what, because, hint) in [
            ("pol", "there is no command \"pol\"", None, "did you mean: git spread-cron poll?"),
            ("statsu", "there is no command \"statsu\"", None, "did you mean: git spread-cron status?"),
            ("list", "there is no command \"list\"", None, "did you mean: git spread-cron status?"),
            ("shred a", "there is no command \"shred\"", None, "see the commands: git spread-cron -h"),
            ("remov a", "there is no command \"remov\"", None, "did you mean: git spread-cron remove?"),
            ("-q stat", "there is no command \"stat\"", None, "did you mean: git spread-cron status?"),
            (
                "poll --dry-rum",
                "git spread-cron poll takes no \"--dry-rum\"",
                None,
                &format!("did you mean: --dry-run? {poll}"),
            ),
            ("poll --nonsense", "git spread-cron poll takes no \"--nonsense\"", None, poll),
            (
                "status --force",
                "git spread-cron status takes no \"--force\"",
                None,
                "see how it is used: git spread-cron status -h",
            ),
            ("poll --format xml", "--format <FORMAT> cannot be \"xml\"", Some("it is one of human, json"), poll),
            ("poll --format", "--format <FORMAT> needs a value", None, poll),
            ("poll --jobs 0", "--jobs <N> cannot be \"0\"", Some("expected a number from 1 to 1024"), poll),
            ("poll --local --remote x", "--local does not go together with --remote <NAME>", None, poll),
            ("poll --jobs 1 --jobs 2", "--jobs <N> is given more than once", None, poll),
            ("green", "git spread-cron green needs <RESOURCE>", None, "see how it is used: git spread-cron green -h"),
        ] {
            let expected = Usage { what: what.to_owned(), because: because.map(str::to_owned), hint: hint.to_owned() };
            assert_eq!(explained(line), expected, "{line}");
        }
    }

    #[test]
    fn a_suggestion_never_leads_to_another_command() {
        let cli = Cli::command();
        let names: Vec<&str> = cli.get_subcommands().map(Command::get_name).collect();
        for word in ["shred", "fetch", "push", "update", "start", "stop", "config", "x"] {
            assert_eq!(near(word, names.iter().copied()), None, "{word}");
        }
        for (name, ours) in ELSEWHERE {
            assert!(!names.contains(&name) && names.contains(&ours), "{name}");
        }
    }
}
