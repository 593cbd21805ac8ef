//! What an extractor expects of the place it runs in, and does not find there: files, variables, a time zone, a shell in
//! which pipelines fail.

use gix::bstr::ByteSlice;

use super::{Check, Report, command, files};
use crate::core::extractor_variables::is_seen;
use crate::core::options::{Key, Options, Setting, unquoted};
use crate::core::value::printable;

/// Variables that shells set by themselves.
const OF_SHELLS: [&str; 31] = [
    "_",
    "COLUMNS",
    "COPROC",
    "DIRSTACK",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "LINENO",
    "LINES",
    "MACHTYPE",
    "MAPFILE",
    "OLDPWD",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PIPESTATUS",
    "PPID",
    "PS4",
    "PWD",
    "RANDOM",
    "REPLY",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "UID",
];

impl Report<'_> {
    pub(super) fn surroundings(&mut self, text: &[u8], options: &Options) {
        let extractor = match options.get(Key::PatternExtractor) {
            Setting::Known(text) => text.clone(),
            Setting::NeedsShell(source) => unquoted(source),
            Setting::Absent => return,
        };
        self.needs_tree(options, &extractor);
        let found = command::read(&extractor);
        if !may_read_others(text) {
            self.unseen_variables(text, options, &found.variables);
        }
        self.hidden_failure(options, found.pipes);
        if found.local_time && !text.contains_str("TZ") {
            let reason = "the extractor asks for the time in UTC, whatever the time zone of the machine";
            let help = "for another zone, add a line such as TZ=Europe/Berlin; if UTC is meant, TZ=UTC says so";
            self.add(Check::TimeZone, options.line_of(Key::PatternExtractor), reason, help);
        }
    }

    fn needs_tree(&mut self, options: &Options, extractor: &[u8]) {
        let has_tree = match options.get(Key::Tree) {
            Setting::Absent => options.is_opaque(),
            Setting::Known(text) => text == "true",
            Setting::NeedsShell(_) => true,
        };
        if has_tree {
            return;
        }
        if let Some(file) = files::named_by(extractor, self.subject.files) {
            let reason = format!(
                "the extractor names {:?}, a file of its branch, but runs in an empty folder",
                printable(file.as_bytes())
            );
            self.add(Check::NeedsTree, options.line_of(Key::PatternExtractor), &reason, "add the line tree=\"true\"");
        }
    }

    fn unseen_variables(&mut self, text: &[u8], options: &Options, variables: &[String]) {
        let is_passed = |name: &String| self.subject.pass_env.contains(name);
        let unseen = variables.iter().filter(|name| {
            let name = name.as_str();
            !is_seen(name) && !OF_SHELLS.contains(&name) && !name.starts_with("BASH") && !stands_bare(text, name)
        });
        let unseen: Vec<&String> = unseen.filter(|name| !is_passed(name)).collect();
        for name in unseen {
            let reason =
                format!("the options do not set ${name}, and extractors do not see the variables of the caller");
            let help = format!("to let them see it: git config --add spread-cron.passEnv {name}");
            self.add(Check::UnseenVariable, options.line_of(Key::PatternExtractor), &reason, help);
        }
    }

    fn hidden_failure(&mut self, options: &Options, pipes: bool) {
        let Some(shell) = self.subject.shell_without_pipefail.filter(|_| pipes) else { return };
        if options.known(Key::Pipefail).is_none_or(|text| text == b"false") {
            return;
        }
        let reason = format!(
            "the extractor is a pipeline, and {} has no pipefail: only a failure of the last part counts",
            printable(shell.as_bytes())
        );
        let help = "poll with bash, such as by git config spread-cron.shell bash";
        self.add(Check::HiddenFailure, options.line_of(Key::PatternExtractor), &reason, help);
    }
}

/// Whether a file may get variables from others, or make up their names.
fn may_read_others(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 3] = [b".", b"source", b"eval"];
    text.split(|byte| byte.is_ascii_whitespace() || b";&|(){}!\"'".contains(byte)).any(|word| WORDS.contains(&word))
}

/// Whether a name stands in the file without a dollar sign, as where a variable is set, read or declared.
fn stands_bare(text: &[u8], name: &str) -> bool {
    let is_name = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(b"#"));
    lines.into_iter().any(|line| {
        line.find_iter(name).any(|at| {
            let (before, after) = (&line[..at], &line[at + name.len()..]);
            let expanded = [&b"$"[..], b"${", b"${#", b"${!"].iter().any(|start| before.ends_with(start));
            !expanded && !is_name(before.last()) && !is_name(after.first())
        })
    })
}
