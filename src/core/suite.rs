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

/// The same for a program that is not spread.
pub(crate) fn program_words(words: &[String], selection: &[String]) -> Vec<OsString> {
    words.iter().chain(selection).map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
