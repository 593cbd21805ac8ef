//! The command line of spread: which words name the program, which are flags, which select jobs; and what a spread can do.
//!
//! The words are Go's: a flag begins with one or two dashes, its value follows after `=` or as the next word, and the first
//! word that is neither ends the flags.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Flags of the spreads in use that take a value, for one that does not say.
const KNOWN_VALUE_FLAGS: [&str; 9] =
    ["pass", "reuse-pid", "artifacts", "seed", "repeat", "logs", "json", "workers", "collect"];

/// The file names of the spreads in use.
const PROGRAMS: [&str; 2] = ["spread", "spread-plus"];

/// Flags with which spread runs no task. With `-shell`, it counts those as successful for which it only opened a shell.
const IDLE_FLAGS: [&str; 8] = ["list", "h", "help", "gc", "discard", "shell", "restore", "version"];

/// Flags that hand the terminal to a person.
const INTERACTIVE_FLAGS: [&str; 4] = ["debug", "shell", "shell-before", "shell-after"];

/// What a spread understands, from what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Abilities {
    value_flags: Vec<String>,
    /// Whether it writes a report: `-json FILE`, `-logs DIR`.
    pub(crate) writes_report: bool,
}

impl Abilities {
    /// Reads the text of `spread -h`, in which Go shows each flag as `  -name type`.
    pub(crate) fn parse(help: &str) -> Self {
        let (mut flags, mut value_flags) = (0, Vec::new());
        let mut has = [false; 2];
        for line in help.lines() {
            let Some(rest) = line.strip_prefix("  -") else { continue };
            let shown = rest.split('\t').next().unwrap_or_default();
            let mut words = shown.split_whitespace();
            let Some(name) = words.next() else { continue };
            flags += 1;
            if words.next().is_some() {
                has[0] |= name == "json";
                has[1] |= name == "logs";
                value_flags.push(name.to_owned());
            }
        }
        if flags == 0 {
            return Abilities::unknown();
        }
        Abilities { value_flags, writes_report: has == [true; 2] }
    }

    /// What every spread understands.
    pub(crate) fn unknown() -> Self {
        Abilities { value_flags: KNOWN_VALUE_FLAGS.map(str::to_owned).to_vec(), writes_report: false }
    }
}

/// A command line that was taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// What starts the program, such as `sudo -E spread`.
    pub(crate) prefix: Vec<String>,
    flags: Vec<String>,
    jobs: Vec<String>,
}

/// What is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invocation {
    pub(crate) words: Vec<OsString>,
    pub(crate) leaves: SpreadOutputs,
}

/// Where spread leaves what its output does not say, if it leaves it at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpreadOutputs {
    /// The file of `-json`.
    pub(crate) report: Option<PathBuf>,
    /// The folder of `-logs`.
    pub(crate) logs: Option<PathBuf>,
    /// The folder of `-artifacts`.
    pub(crate) artifacts: Option<PathBuf>,
}

impl SpreadOutputs {
    /// All of them, each with the name that it gets where it is kept.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let all =
            [("spread-report.json", &self.report), ("spread-logs", &self.logs), ("spread-artifacts", &self.artifacts)];
        all.into_iter().filter_map(|(name, path)| Some((name, path.as_deref()?)))
    }
}

impl CommandLine {
    /// Takes the command line of a spread apart; none if another program runs the suite.
    pub(crate) fn parse(words: &[String], abilities: &Abilities) -> Option<Self> {
        let prefix = prefix(words)?;
        let rest = &words[prefix.len()..];
        let (flags, jobs) = rest.split_at(flags_end(rest, abilities));
        Some(CommandLine { prefix: prefix.to_vec(), flags: flags.to_vec(), jobs: jobs.to_vec() })
    }

    /// Puts `selection`, in which flags may come first, in the place of the jobs. Flags alone leave the jobs as they are.
    pub(crate) fn select(&mut self, selection: &[String], abilities: &Abilities) {
        if selection.is_empty() {
            return;
        }
        let (flags, jobs) = selection.split_at(flags_end(selection, abilities));
        self.flags.extend_from_slice(flags);
        if !jobs.is_empty() {
            self.jobs = jobs.to_vec();
        }
    }

    /// The jobs that are selected; all of them if there is none.
    pub(crate) fn jobs(&self) -> &[String] {
        &self.jobs
    }

    /// Whether it keeps its machines for another start.
    pub(crate) fn keeps_machines(&self) -> bool {
        self.has_one_of(&["reuse"]).is_some() && self.has_one_of(&["discard"]).is_none()
    }

    /// Whether it opens a shell on a terminal.
    pub(crate) fn is_interactive(&self) -> bool {
        self.has_one_of(&INTERACTIVE_FLAGS).is_some()
    }

    /// The flag that keeps it from running the tasks, if there is one.
    pub(crate) fn idle_flag(&self) -> Option<&str> {
        self.has_one_of(&IDLE_FLAGS)
    }

    /// The first of these switches that is given.
    fn has_one_of(&self, switches: &[&str]) -> Option<&str> {
        let is_on = |value: Option<&str>| !matches!(value, Some("false" | "f" | "F" | "0" | "FALSE" | "False"));
        let name =
            |word| flag(word).filter(|(name, value)| switches.contains(name) && is_on(*value)).map(|(name, _)| name);
        self.flags.iter().find_map(|word| name(word))
    }

    /// The words to execute in `folder`; a spread that can writes its report to `report` and its logs below `logs`.
    pub(crate) fn invocation(&self, abilities: &Abilities, folder: &Path, report: &Path, logs: &Path) -> Invocation {
        let mut words: Vec<OsString> = self.prefix.iter().map(OsString::from).collect();
        let given = |flag| self.value_of(flag).filter(|value| !value.is_empty()).map(|value| folder.join(value));
        let mut leaves = SpreadOutputs { report: given("json"), logs: given("logs"), artifacts: given("artifacts") };
        if abilities.writes_report {
            if self.value_of("json").is_none() {
                words.extend(["-json".into(), report.into()]);
                leaves.report = Some(report.to_owned());
            }
            if self.value_of("logs").is_none() {
                words.extend(["-logs".into(), logs.into()]);
                leaves.logs = Some(logs.to_owned());
            }
        }
        words.extend(self.flags.iter().chain(&self.jobs).map(OsString::from));
        Invocation { words, leaves }
    }

    /// The last value that the flags give to a flag.
    fn value_of(&self, wanted: &str) -> Option<&str> {
        let mut value = None;
        for (index, word) in self.flags.iter().enumerate() {
            match flag(word) {
                Some((name, Some(given))) if name == wanted => value = Some(given),
                Some((name, None)) if name == wanted => value = self.flags.get(index + 1).map(String::as_str).or(value),
                Some(_) | None => {}
            }
        }
        value
    }
}

/// What starts spread in a command line: the words up to the first whose file name is `spread` or `spread-plus`. None where
/// another program runs the suite.
pub(crate) fn prefix(words: &[String]) -> Option<&[String]> {
    let is_spread = |word: &String| word.rsplit('/').next().is_some_and(|name| PROGRAMS.contains(&name));
    let end = words.iter().position(is_spread)?;
    words.get(..=end)
}

/// Whether a signal to what starts spread reaches it: the program becomes spread, or passes signals on. A shell waits for its
/// child instead.
pub(crate) fn hands_signals_on(prefix: &[String]) -> bool {
    const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "busybox", "ash"];
    const RELAYS: [&str; 11] =
        ["env", "nice", "ionice", "chrt", "taskset", "stdbuf", "nohup", "setpriv", "timeout", "sudo", "doas"];
    let names: Vec<&str> = prefix.iter().filter_map(|word| word.rsplit('/').next()).collect();
    let [before @ .., _] = names.as_slice() else { return true };
    before.first().is_none_or(|first| RELAYS.contains(first)) && !before.iter().any(|name| SHELLS.contains(name))
}

/// What starts the spread that discards the machines of a launch: where a program or a script started spread, the one on
/// PATH.
pub(crate) fn discard_prefix(words: &[String]) -> Vec<String> {
    prefix(words).map_or_else(|| vec![PROGRAMS[0].to_owned()], <[String]>::to_vec)
}

/// The name of a flag, and its value if that stands in the same word.
fn flag(word: &str) -> Option<(&str, Option<&str>)> {
    let rest = word.strip_prefix('-')?;
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    if rest.is_empty() || rest.starts_with(['-', '=']) {
        return None;
    }
    Some(rest.split_once('=').map_or((rest, None), |(name, value)| (name, Some(value))))
}

/// How many words are flags and their values.
fn flags_end(words: &[String], abilities: &Abilities) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += match flag(word) {
            Some((name, None)) if abilities.value_flags.iter().any(|known| known == name) => 2,
            Some(_) => 1,
            None => break,
        };
    }
    at.min(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPREAD: &str = "Usage of spread:\n  -abend\n    \tStop without restoring on first error\n  -artifacts string\n    \
        \tWhere to store task artifacts\n  -reuse-pid int\n    \tReuse servers from crashed process\n  -v\tShow detailed progress\n";
    const PLUS: &str = "  -json string\n    \tWhere to write\n  -logs string\n    \tWhere\n  -v\tShow\n";

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn text(words: &[OsString]) -> String {
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn abilities_are_read_from_the_usage() {
        let spread = Abilities::parse(SPREAD);
        assert_eq!(spread.value_flags, ["artifacts", "reuse-pid"]);
        assert!(!spread.writes_report);
        assert!(Abilities::parse(PLUS).writes_report);
        assert!(
            !Abilities::parse("  -json\n    \tPrint JSON\n  -logs string\n").writes_report,
            "a switch takes no file"
        );
        assert_eq!(Abilities::parse("spread: not found"), Abilities::unknown());
    }

    #[test]
    fn a_selection_replaces_the_jobs_only() {
        let cases = [
            ("spread -v", "", "spread -v"),
            ("spread -v google:a b", "c", "spread -v c"),
            ("spread -artifacts out google:a", "c", "spread -artifacts out c"),
            ("spread -artifacts=out google:a", "c d", "spread -artifacts=out c d"),
            ("spread --artifacts out a -v", "c", "spread --artifacts out c"),
            ("spread", "-debug c", "spread -debug c"),
            ("spread a", "-debug", "spread -debug a"),
            ("sudo -E /usr/bin/spread-plus -v a", "c", "sudo -E /usr/bin/spread-plus -v c"),
            ("spread - a", "c", "spread c"),
        ];
        let abilities = Abilities::parse(SPREAD);
        for (line, selection, expected) in cases {
            let mut command = CommandLine::parse(&words(line), &abilities).unwrap();
            let selection = if selection.is_empty() { Vec::new() } else { words(selection) };
            command.select(&selection, &abilities);
            let invocation = command.invocation(&abilities, Path::new("/t"), Path::new("/r"), Path::new("/l"));
            assert_eq!(text(&invocation.words), expected, "{line}");
            assert_eq!((invocation.leaves.report, invocation.leaves.logs), (None, None));
            let artifacts = line.contains("-artifacts").then(|| "/t/out".into());
            assert_eq!(invocation.leaves.artifacts, artifacts, "{line}");
        }
        for line in ["", "wrapper -v a", "./spread.sh a", "spread-1.2 a"] {
            assert_eq!(CommandLine::parse(&words(line), &abilities), None, "{line}");
        }
    }

    #[test]
    fn a_report_is_asked_for_unless_the_command_does() {
        let cases = [
            ("sudo spread -v a", "sudo spread -json /r -logs /l -v a", "/r", "/l"),
            ("spread -json mine a", "spread -logs /l -json mine a", "/t/mine", "/l"),
            ("spread --json=/mine -logs x", "spread --json=/mine -logs x", "/mine", "/t/x"),
            ("spread a -json x", "spread -json /r -logs /l a -json x", "/r", "/l"),
        ];
        let abilities = Abilities::parse(PLUS);
        for (line, expected, report, logs) in cases {
            let command = CommandLine::parse(&words(line), &abilities).unwrap();
            let invocation = command.invocation(&abilities, Path::new("/t"), Path::new("/r"), Path::new("/l"));
            assert_eq!(text(&invocation.words), expected);
            let leaves = SpreadOutputs { report: Some(report.into()), logs: Some(logs.into()), artifacts: None };
            assert_eq!(invocation.leaves, leaves);
        }
    }

    #[test]
    fn who_wants_a_shell() {
        let cases = [
            ("spread -debug a", true),
            ("spread -v --shell-before", true),
            ("spread -shell=true", true),
            ("spread -shell=false", false),
            ("spread -v a -debug", false),
            ("spread debug", false),
        ];
        for (line, expected) in cases {
            let command = CommandLine::parse(&words(line), &Abilities::unknown()).unwrap();
            assert_eq!(command.is_interactive(), expected, "{line}");
        }
    }

    #[test]
    fn flags_that_run_no_task() {
        let cases = [
            ("spread -v google:", None),
            ("sudo -E /snap/bin/spread-plus", None),
            ("spread -list", Some("list")),
            ("spread -v --shell=true a", Some("shell")),
            ("spread -shell=false -shell-before a", None),
            ("spread -reuse-pid 5 -discard", Some("discard")),
        ];
        for (line, expected) in cases {
            let command = CommandLine::parse(&words(line), &Abilities::parse(SPREAD)).unwrap();
            assert_eq!(command.idle_flag(), expected, "{line}");
        }
    }

    #[test]
    fn machines_that_are_kept() {
        for (line, expected) in [
            ("spread -v -reuse a", true),
            ("spread --reuse=true", true),
            ("spread -reuse -discard", false),
            ("spread -reuse=false", false),
            ("spread -reuse-pid 5 a", false),
            ("spread a -reuse", false),
        ] {
            let command = CommandLine::parse(&words(line), &Abilities::parse(SPREAD)).unwrap();
            assert_eq!(command.keeps_machines(), expected, "{line}");
        }
    }

    #[test]
    fn what_hands_signals_on() {
        for (line, expected) in [
            ("spread", true),
            ("sudo -E nice spread", true),
            ("bash ./spread", false),
            ("sudo /bin/sh -e x/spread", false),
            ("xvfb-run spread", false),
        ] {
            assert_eq!(hands_signals_on(prefix(&words(line)).unwrap()), expected, "{line}");
        }
    }
}
