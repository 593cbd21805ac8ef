//! What the runner of GitHub Actions makes of a step: the commands in its log, its outputs, its summary.
//!
//! By the rules of `ActionCommand`, `ActionCommandManager` and `FileCommandManager` in the source of actions/runner, so that a test
//! can say what the runner would have executed instead of what a text looks like.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;

use super::{Cmd, Sandbox};

/// All commands that the runner knows, but for the one that stops it.
const COMMANDS: [&str; 15] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "set-secret",
    "warning",
];
const STOP: &str = "stop-commands";

/// A command that the runner executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Executed {
    pub(crate) name: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) data: String,
}

impl Executed {
    /// A property, or nothing.
    pub(crate) fn property(&self, name: &str) -> &str {
        self.properties.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A log after the runner has read it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActionsLog {
    pub(crate) text: String,
    /// What was executed, but for stopping and resuming.
    pub(crate) executed: Vec<Executed>,
    /// The lines that are no commands: what a person sees.
    pub(crate) shown: Vec<String>,
    /// The token that the runner still waits for.
    pub(crate) stopped: Option<String>,
}

impl ActionsLog {
    /// Reads a log as the runner does.
    pub(crate) fn read(text: &str) -> Self {
        let mut log = ActionsLog { text: text.to_owned(), ..ActionsLog::default() };
        // What reads lines there ends one at a carriage return, too.
        for line in text.replace("\r\n", "\n").split(['\n', '\r']) {
            log.line(line);
        }
        log
    }

    /// What the runner would have executed if nothing had stopped it.
    pub(crate) fn without_stops(&self) -> Self {
        let is_stop = |line: &&str| line.starts_with(&format!("::{STOP}::"));
        let lines: Vec<&str> = self.text.lines().filter(|line| !is_stop(line)).collect();
        ActionsLog::read(&lines.join("\n"))
    }

    /// The commands of a name.
    pub(crate) fn all(&self, name: &str) -> Vec<&Executed> {
        self.executed.iter().filter(|executed| executed.name == name).collect()
    }

    fn line(&mut self, line: &str) {
        let Some(command) = self.colons(line).or_else(|| self.brackets(line)) else {
            self.shown.push(line.to_owned());
            return;
        };
        match (&self.stopped, &*command.name) {
            (Some(token), name) if token.eq_ignore_ascii_case(name) => self.stopped = None,
            (Some(_), _) => self.shown.push(line.to_owned()),
            (None, STOP) => {
                assert!(command.data.len() >= 32, "a token that can be guessed: {line}");
                self.stopped = Some(command.data);
            }
            (None, _) => self.executed.push(command),
        }
    }

    fn knows(&self, name: &str) -> bool {
        let token = self.stopped.as_deref();
        COMMANDS.into_iter().chain([STOP]).chain(token).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// `::name key=value,key=value::data`, after white space.
    fn colons(&self, line: &str) -> Option<Executed> {
        let (info, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        self.command(info, data, ',', &[("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")])
    }

    /// `##[name key=value;key=value]data`, anywhere.
    fn brackets(&self, line: &str) -> Option<Executed> {
        let (info, data) = line.split_once("##[")?.1.split_once(']')?;
        self.command(info, data, ';', &[("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")])
    }

    fn command(&self, info: &str, data: &str, separator: char, escapes: &[(&str, &str)]) -> Option<Executed> {
        let (name, properties) = info.split_once(' ').unwrap_or((info, ""));
        if !self.knows(name) {
            return None;
        }
        let unescape = |text: &str, escapes: &[(&str, &str)]| {
            escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        };
        let properties = properties.trim().split(separator).filter_map(|pair| pair.split_once('='));
        let properties = properties.map(|(key, value)| (key.to_owned(), unescape(value, escapes))).collect();
        let of_data: Vec<_> = match separator {
            ',' => escapes.iter().copied().filter(|(from, _)| !matches!(*from, "%3A" | "%2C")).collect(),
            _ => escapes.to_vec(),
        };
        Some(Executed { name: name.to_ascii_lowercase(), properties, data: unescape(data, &of_data) })
    }
}

/// Reads a file that `GITHUB_OUTPUT` or `GITHUB_ENV` names. The last entry of a name counts.
#[track_caller]
pub(crate) fn read_command_file(text: &str) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::new();
    let mut rest = text;
    while let Some(line) = next_line(&mut rest) {
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            _ if line.is_empty() => {}
            (Some(at), heredoc) if heredoc.is_none_or(|heredoc| at < heredoc) => {
                assert!(at > 0, "an entry without a name: {line:?}");
                entries.insert(line[..at].to_owned(), line[at + 1..].to_owned());
            }
            (_, Some(at)) => {
                let (name, delimiter) = (&line[..at], &line[at + 2..]);
                assert!(!name.is_empty() && !delimiter.is_empty(), "no name or no delimiter: {line:?}");
                let mut lines = Vec::new();
                loop {
                    let line = next_line(&mut rest).unwrap_or_else(|| panic!("{delimiter} does not come in {text:?}"));
                    if line == delimiter {
                        break;
                    }
                    lines.push(line);
                }
                entries.insert(name.to_owned(), lines.join("\n"));
            }
            (_, None) => panic!("the runner refuses {line:?}"),
        }
    }
    entries
}

fn next_line<'t>(rest: &mut &'t str) -> Option<&'t str> {
    if rest.is_empty() {
        return None;
    }
    let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
    *rest = after;
    Some(line)
}

/// The rows of the tables of a summary, as a person sees them, cell by cell. What is shown of others has to be the text itself: with
/// anything in it that HTML or Markdown takes for something else, this panics.
#[track_caller]
pub(crate) fn rows(summary: &str) -> Vec<Vec<String>> {
    assert!(summary.len() < 1 << 20, "GitHub shows nothing of {} bytes", summary.len());
    let rows = summary.lines().filter_map(|line| line.strip_prefix("<tr>")?.strip_suffix("</tr>"));
    rows.filter(|row| row.starts_with("<td>"))
        .map(|row| {
            let row = row.strip_prefix("<td>").and_then(|row| row.strip_suffix("</td>")).expect("cells are in <td>");
            row.split("</td><td>").map(|cell| shown(cell.strip_prefix("<code>").map_or(cell, code))).collect()
        })
        .collect()
}

fn code(cell: &str) -> &str {
    cell.strip_suffix("</code>").expect("<code> has an end")
}

#[track_caller]
fn shown(html: &str) -> String {
    let (mut text, mut rest) = (String::new(), html);
    while let Some(at) = rest.find('&') {
        text += inert(&rest[..at]);
        let (number, after) = rest[at..].strip_prefix("&#").and_then(|rest| rest.split_once(';')).expect("a number");
        text.push(number.parse().ok().and_then(char::from_u32).expect("a character"));
        rest = after;
    }
    text + inert(rest)
}

#[track_caller]
fn inert(text: &str) -> &str {
    assert!(!text.contains(['<', '>', '`', '|', '*', '_', '[', ']', '\\', '@', '#', ':', '/', '~']), "{text:?}");
    text
}

/// A step of a job, as the runner sets it up.
pub(crate) struct Step {
    folder: PathBuf,
}

/// A step after it has ended.
#[derive(Debug)]
pub(crate) struct StepRun {
    pub(crate) code: Option<i32>,
    pub(crate) log: ActionsLog,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
}

impl Step {
    /// A step with empty files, below this name in the sandbox.
    pub(crate) fn new(sandbox: &Sandbox, name: &str) -> Self {
        let folder = sandbox.path(name);
        fs::create_dir_all(&folder).expect("the sandbox is writable");
        for file in ["output", "summary"] {
            File::create(folder.join(file)).expect("the sandbox is writable");
        }
        Step { folder }
    }

    /// A command with the variables of the step.
    pub(crate) fn in_step<'c>(&self, cmd: Cmd<'c>) -> Cmd<'c> {
        cmd.env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", self.folder.join("output"))
            .env("GITHUB_STEP_SUMMARY", self.folder.join("summary"))
    }

    /// Runs a command as `COMMAND 2>&1`, and reads what came of it.
    #[track_caller]
    pub(crate) fn run(self, cmd: Cmd<'_>) -> StepRun {
        let log = self.folder.join("log");
        let file = File::create(&log).expect("the sandbox is writable");
        let both = file.try_clone().expect("a file can be shared");
        let mut command = self.in_step(cmd).command();
        let status = command.stdout(file).stderr(both).status().expect("the product can be started");
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).expect("the file is UTF-8");
        let (log, outputs, summary) = (read("log"), read("output"), read("summary"));
        let log = ActionsLog::read(&log);
        assert_eq!(log.stopped.is_some(), log.text.contains("::stop-commands::"), "the bracket is open:\n{}", log.text);
        StepRun { code: status.code(), log, outputs: read_command_file(&outputs), summary }
    }
}

impl StepRun {
    /// An output that is a document.
    #[track_caller]
    pub(crate) fn json(&self, output: &str) -> serde_json::Value {
        let text = self.outputs.get(output).unwrap_or_else(|| panic!("no output {output}: {:?}", self.outputs));
        serde_json::from_str(text).unwrap_or_else(|err| panic!("{output} is no document: {err}\n{text}"))
    }

    /// The rows of the tables in the summary.
    #[track_caller]
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        rows(&self.summary)
    }
}
