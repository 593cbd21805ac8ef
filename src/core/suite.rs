//! What runs a suite: spread, or any other program. Only spread has flags of its own, machines, and jobs to choose from.

use std::ffi::OsString;
use std::path::Path;

use super::spread::command::{Abilities, CommandLine};

/// The words of the command line of a suite with a selection, as they are shown before it is known what this spread can
/// do. What is selected takes the place of spread's jobs; any other program gets it as more arguments.
pub(crate) fn shown_words(words: &[String], selection: &[String]) -> Vec<OsString> {
    let abilities = Abilities::unknown();
    match CommandLine::parse(words, &abilities) {
        Some(mut line) => {
            line.select(selection, &abilities);
            let nowhere = Path::new("");
            line.invocation(&abilities, nowhere, nowhere, nowhere).words
        }
        None => program_words(words, selection),
    }
}

/// Where the command line of a suite comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SuiteOrigin {
    /// The options of the resource, or the configuration: what it says is the suite.
    Settings,
    /// Given for this launch alone.
    ByHand,
}

/// What was selected by hand, as words of a shell; none if everything runs.
pub(crate) fn selected(words: &[String], selection: &[String], origin: SuiteOrigin) -> Option<String> {
    let abilities = Abilities::unknown();
    let line = CommandLine::parse(words, &abilities);
    let chosen = match (line, origin) {
        (Some(mut line), SuiteOrigin::ByHand) => {
            line.select(selection, &abilities);
            line.jobs().to_vec()
        }
        // Flags alone select nothing.
        (Some(line), SuiteOrigin::Settings) => {
            let mut nothing = CommandLine::parse(&line.prefix, &abilities)?;
            nothing.select(selection, &abilities);
            nothing.jobs().to_vec()
        }
        // It is not known what the words of another program mean.
        (None, SuiteOrigin::ByHand) => [words, selection].concat(),
        (None, SuiteOrigin::Settings) => selection.to_vec(),
    };
    (!chosen.is_empty()).then(|| shell_words::join(chosen))
}

/// The same for a program that is not spread.
pub(crate) fn program_words(words: &[String], selection: &[String]) -> Vec<OsString> {
    words.iter().chain(selection).map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_what_was_chosen_by_hand() {
        use SuiteOrigin::{ByHand, Settings};
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (line, selection, origin, expected) in [
            ("spread -v google:", "", Settings, None),
            ("spread -v google:", "-seed 3", Settings, None),
            ("spread -v google:", "google:...:x", Settings, Some("google:...:x")),
            ("spread -v google:", "", ByHand, Some("google:")),
            ("spread -v google:", "-v qemu:", ByHand, Some("qemu:")),
            ("spread -v", "", ByHand, None),
            ("make check", "", Settings, None),
            ("make check", "V=1 x", Settings, Some("'V=1' x")),
            ("make quick", "", ByHand, Some("make quick")),
        ] {
            let found = selected(&words(line), &words(selection), origin);
            assert_eq!(found.as_deref(), expected, "{line} -- {selection}");
        }
    }

    #[test]
    fn only_spread_has_jobs_that_can_be_replaced() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for (line, selection, expected) in [
            ("sudo -E spread -v google:", "", "sudo -E spread -v google:"),
            ("sudo -E spread -v google:", "-seed 3 qemu:", "sudo -E spread -v -seed 3 qemu:"),
            ("/opt/spread-plus a", "b", "/opt/spread-plus b"),
            ("make -k check", "", "make -k check"),
            ("make -k check", "V=1", "make -k check V=1"),
            ("./spread-tests.sh fast", "slow", "./spread-tests.sh fast slow"),
        ] {
            let shown = shown_words(&words(line), &words(selection));
            let shown: Vec<&str> = shown.iter().map(|word| word.to_str().unwrap()).collect();
            assert_eq!(shown.join(" "), expected, "{line} -- {selection}");
        }
    }
}
