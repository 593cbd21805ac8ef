//! Values that could do harm: spread pastes the value of a variable into its scripts without quoting it.

use gix::bstr::ByteSlice;

use super::super::declared::WantedValue;
use super::super::launch::{RUN_CHECKS, TARGET};
use super::super::options::{self, Key, Options, Setting, unquoted};
use super::super::spread::command::prefix;

/// Whether a launch of the resource starts spread, as far as its files tell: it customizes or names a target, or names the
/// command, and no script or other program takes the place of spread.
pub(super) fn launches_spread(options: &Options, files: &[String]) -> bool {
    let is_below = |folder: &str, file: &String| file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let is_customized = |file: &String| file == "actions.sh" || is_below("custom", file) || is_below(TARGET, file);
    if files.iter().any(|file| file == RUN_CHECKS) {
        return false;
    }
    match options.known(Key::Spread).map(options::command) {
        Some(Ok(words)) if !words.is_empty() => prefix(&words).is_some(),
        Some(_) | None => {
            let names_target =
                [Key::TargetRepo, Key::TargetRef].iter().any(|key| *options.get(*key) != Setting::Absent);
            names_target || files.iter().any(is_customized)
        }
    }
}

/// Whether the values cannot be anything but numbers, dates, versions and hashes: the source gives no others, or the extractor
/// only asks the clock.
pub(super) fn has_safe_form(options: &Options) -> bool {
    if let Some(declared) = options.declaration() {
        // One that is wrong has been reported.
        return declared.map_or(true, |declaration| match &declaration.wanted {
            WantedValue::Clock(_)
            | WantedValue::Ref { .. }
            | WantedValue::Snap { .. }
            | WantedValue::Deb { .. }
            | WantedValue::GithubRun { .. }
            | WantedValue::Pypi { .. }
            | WantedValue::Npm { .. }
            | WantedValue::Crates { .. } => true,
            WantedValue::Tags { .. }
            | WantedValue::Http { .. }
            | WantedValue::Header { .. }
            | WantedValue::GithubRelease { .. }
            | WantedValue::After { .. }
            | WantedValue::File { .. } => false,
        });
    }
    let command = match options.get(Key::PatternExtractor) {
        Setting::Known(text) => text.clone(),
        Setting::NeedsShell(source) => unquoted(source),
        Setting::Absent => return true,
    };
    only_asks_the_clock(&command)
}

/// Whether a command starts nothing but `date`, and what prints and compares.
fn only_asks_the_clock(command: &[u8]) -> bool {
    const KEYWORDS: [&str; 6] = ["if", "then", "else", "elif", "fi", "!"];
    const PROGRAMS: [&str; 8] = ["date", "echo", "printf", "[", "test", "true", "false", "exit"];
    let Ok(command) = command.to_str() else { return false };
    let pieces = command.split([';', '|', '&', '\n', '(', ')', '`']);
    let starts = |piece: &str| {
        let mut words = piece.split_whitespace().filter(|word| !KEYWORDS.contains(word));
        words.next().map(|word| word.trim_start_matches(['$', '"']).to_owned()).filter(|word| !word.is_empty())
    };
    // What follows a substitution is a word of the command around it.
    let is_argument = |word: &str| {
        word.starts_with(['\\', '<', '>', '-', '=', '\'', ']']) || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut started = pieces.filter_map(starts).filter(|word| !is_argument(word));
    command.contains("date") && started.all(|word| PROGRAMS.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_only_ask_the_clock() {
        for command in [
            "date +%Y%m%d",
            "date -u +%G-%V",
            "if [ $(date +%H%M) \\< \"0200\" ]; then echo \"\"; else date +%Y%m%d; fi",
            "test \"$(date +%u)\" -eq 1 && date +%V",
        ] {
            assert!(only_asks_the_clock(command.as_bytes()), "{command}");
        }
        for command in
            ["curl -s https://x | jq -r .date", "date; curl https://x", "git rev-parse HEAD", "x", "echo $(update)"]
        {
            assert!(!only_asks_the_clock(command.as_bytes()), "{command}");
        }
    }
}
