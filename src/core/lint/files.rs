//! Whether a shell command names one of some files. This is a guess on words, good enough for a warning.

use gix::bstr::ByteSlice;
use gix::glob::wildmatch;

/// Words behind which the command still has to come.
const BEFORE_COMMAND: [&str; 16] = [
    "if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "exec", "env", "xargs", "sudo", "nohup",
    "command",
];
/// Commands whose arguments are texts.
const PRINTERS: [&str; 5] = ["echo", "printf", "test", "[", "[["];
/// Commands whose first argument is a program or a pattern.
const FILTERS: [&str; 7] = ["grep", "egrep", "sed", "awk", "jq", "yq", "tr"];
/// Options of `jq` that name a variable and give its text.
const JQ_TEXTS: [&str; 2] = ["--arg", "--argjson"];
/// Options of `jq` that name a variable; a file with its text comes next.
const JQ_FILES: [&str; 2] = ["--slurpfile", "--rawfile"];

/// The first word of `command` that names one of the `files`.
pub(super) fn named_by(command: &[u8], files: &[String]) -> Option<String> {
    if files.is_empty() {
        return None;
    }
    let mut words = ShellWords::default();
    let mut bytes = command.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (words.quote, byte) {
            (Quote::Single, b'\'') | (Quote::Double, b'"') => words.quote = Quote::None,
            (Quote::None, b'#') if words.is_between() => while bytes.next_if(|byte| *byte != b'\n').is_some() {},
            (Quote::None, b'\'') => words.open(Quote::Single),
            (Quote::None, b'"') => words.open(Quote::Double),
            (Quote::None | Quote::Double, b'\\') => match bytes.next() {
                None | Some(b'\n') => {}
                Some(escaped) => words.word.push(escaped),
            },
            (Quote::None | Quote::Double, b'$') => {
                words.expanded = true;
                if bytes.next_if_eq(&b'(').is_some() {
                    words.nest(b')', files);
                }
            }
            (Quote::None | Quote::Double, b'`') if words.nested.last().is_some_and(|(end, _)| *end == b'`') => {
                words.unnest(files);
            }
            (Quote::None | Quote::Double, b'`') => words.nest(b'`', files),
            (Quote::None, b'(') => words.nest(b')', files),
            (Quote::None, b')') => words.unnest(files),
            (Quote::None, b' ' | b'\t') => words.end(files),
            (Quote::None, b'\n' | b';' | b'|' | b'&') => words.end_command(files),
            (Quote::None, b'<') => words.redirect(WordRole::Input, files),
            (Quote::None, b'>') => words.redirect(WordRole::Output, files),
            (Quote::None | Quote::Single | Quote::Double, other) => words.word.push(other),
        }
        if words.found.is_some() {
            return words.found;
        }
    }
    words.end(files);
    words.found
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quote {
    #[default]
    None,
    Single,
    Double,
}

/// What the next word is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum WordRole {
    #[default]
    Command,
    /// The first argument of a filter.
    Program,
    /// The argument of a command that prints it.
    Text,
    Argument,
    Input,
    Output,
}

#[derive(Debug, Default)]
struct ShellWords {
    word: Vec<u8>,
    quote: Quote,
    role: WordRole,
    /// The role behind a redirection.
    role_after: WordRole,
    /// The word has a quoted piece, so it is no glob.
    quoted: bool,
    /// The word has a piece that only a shell knows.
    expanded: bool,
    /// So many words from here on are texts, whatever the role.
    texts: u8,
    /// The word behind these texts is a file.
    file_follows: bool,
    /// What closes each command substitution or group that is open, and the quote around it.
    nested: Vec<(u8, Quote)>,
    found: Option<String>,
}

impl ShellWords {
    /// Whether no word has begun.
    fn is_between(&self) -> bool {
        self.word.is_empty() && !self.quoted && !self.expanded
    }

    fn open(&mut self, quote: Quote) {
        self.quote = quote;
        self.quoted = true;
    }

    fn nest(&mut self, end: u8, files: &[String]) {
        let quote = self.quote;
        self.end_command(files);
        self.nested.push((end, quote));
        self.quote = Quote::None;
    }

    fn unnest(&mut self, files: &[String]) {
        self.end_command(files);
        self.quote = self.nested.pop().map_or(Quote::None, |(_, quote)| quote);
        // The command around it goes on with a word that only a shell knows.
        self.role = WordRole::Argument;
        self.expanded = true;
    }

    fn redirect(&mut self, role: WordRole, files: &[String]) {
        self.end(files);
        if !matches!(self.role, WordRole::Input | WordRole::Output) {
            self.role_after = self.role;
        }
        self.role = role;
    }

    fn end_command(&mut self, files: &[String]) {
        self.end(files);
        self.role = WordRole::Command;
        (self.texts, self.file_follows) = (0, false);
    }

    /// The word is complete.
    fn end(&mut self, files: &[String]) {
        if self.is_between() {
            return;
        }
        let word = String::from_utf8_lossy(&std::mem::take(&mut self.word)).into_owned();
        let (quoted, expanded) = (std::mem::take(&mut self.quoted), std::mem::take(&mut self.expanded));
        if self.texts > 0 {
            self.texts -= 1;
            return;
        }
        let is_file = || !expanded && names_a_file(&word, quoted, files);
        let in_filter = matches!(self.role, WordRole::Program | WordRole::Argument);
        if in_filter && JQ_TEXTS.contains(&word.as_str()) {
            self.texts = 2;
            return;
        }
        if in_filter && JQ_FILES.contains(&word.as_str()) {
            (self.texts, self.file_follows) = (1, true);
            return;
        }
        let role = if std::mem::take(&mut self.file_follows) { WordRole::Argument } else { self.role };
        let (found, next) = match role {
            WordRole::Command => {
                let is_assignment = word.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '-']));
                let next = match word.as_str() {
                    word if is_assignment || BEFORE_COMMAND.contains(&word) => WordRole::Command,
                    word if PRINTERS.contains(&word) => WordRole::Text,
                    word if FILTERS.contains(&word) => WordRole::Program,
                    _ => WordRole::Argument,
                };
                // A command without a slash is looked for elsewhere.
                (word.contains('/') && is_file(), next)
            }
            WordRole::Program if word.starts_with("-f") => (false, WordRole::Argument),
            WordRole::Program if word.starts_with('-') => (false, WordRole::Program),
            WordRole::Program => (word.contains('/') && is_file(), WordRole::Argument),
            WordRole::Text => (false, WordRole::Text),
            // What the file belonged to goes on.
            WordRole::Argument => (is_file(), self.role),
            WordRole::Input => (is_file(), self.role_after),
            WordRole::Output => (false, self.role_after),
        };
        self.role = next;
        if found && self.found.is_none() {
            self.found = Some(word);
        }
    }
}

fn names_a_file(word: &str, quoted: bool, files: &[String]) -> bool {
    let path = match word.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        Some(_) | None => word.strip_prefix('@').unwrap_or(word),
    };
    if path.starts_with(['/', '~']) || path.contains("://") {
        return false;
    }
    let relative = path.trim_start_matches("./").trim_end_matches('/');
    if relative.is_empty() {
        return false;
    }
    let in_folder = |file: &String| file.strip_prefix(relative).is_some_and(|rest| rest.starts_with('/'));
    let globbed = |file: &String| {
        let mode = wildmatch::Mode::NO_MATCH_SLASH_LITERAL;
        gix::glob::wildmatch(relative.as_bytes().as_bstr(), file.as_bytes().as_bstr(), mode)
    };
    let is_glob = !quoted && relative.contains(['*', '?', '[']);
    files.iter().any(|file| file == relative || (path.contains('/') && in_folder(file)) || (is_glob && globbed(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_the_files_that_they_name() {
        let files = ["check.sh", "versions.txt", "data/x.json", "date", "version", "my file"].map(String::from);
        let cases = [
            ("./check.sh", Some("./check.sh")),
            ("bash check.sh arg", Some("check.sh")),
            (". ./check.sh", Some("./check.sh")),
            ("cat versions.txt | head -1", Some("versions.txt")),
            ("cat 'versions.txt'", Some("versions.txt")),
            ("cat \"my file\"", Some("my file")),
            ("cat my\\ file", Some("my file")),
            ("jq . data/x.json", Some("data/x.json")),
            ("jq -r '.a | .b' data/x.json", Some("data/x.json")),
            ("jq -f versions.txt x", Some("versions.txt")),
            ("jq -r --arg date \"$x\" '.[$date]' data/x.json", Some("data/x.json")),
            ("jq --slurpfile x data/x.json '$x | .version'", Some("data/x.json")),
            ("x='#'; cat versions.txt", Some("versions.txt")),
            ("cat x#y versions.txt # not this", Some("versions.txt")),
            ("head -1 <versions.txt", Some("versions.txt")),
            ("tr a b < version", Some("version")),
            ("echo \"$(cat versions.txt) x\"", Some("versions.txt")),
            ("echo `cat versions.txt`", Some("versions.txt")),
            ("echo \"`cat versions.txt`\"", Some("versions.txt")),
            ("if true; then cat versions.txt; fi", Some("versions.txt")),
            ("X=1 ./check.sh", Some("./check.sh")),
            ("curl -d @versions.txt https://x", Some("@versions.txt")),
            ("prog --file=versions.txt", Some("--file=versions.txt")),
            ("cat data/*.json", Some("data/*.json")),
            ("ls data/", Some("data/")),
            ("date -r date", Some("date")),
            ("(cat versions.txt)", Some("versions.txt")),
            ("date +%Y", None),
            ("$(date +%Y)", None),
            ("x=$(date); date | version", None),
            ("echo date version", None),
            ("if [ \"$x\" = version ]; then date; fi", None),
            ("grep version /etc/x", None),
            ("jq '.version'", None),
            ("jq version", None),
            ("jq -er --arg snap core --arg version \"$version\" --argjson date 5 \"$program\"", None),
            ("curl https://x | jq --rawfile date /dev/null --arg version x --exit-status version", None),
            ("jq '\n  .\"check.sh\" | # cat versions.txt\n  first.version'", None),
            ("awk -v version=x \"$program\" | sed -n '\n/data/x.json/p\n'", None),
            ("# don't cat versions.txt\ndate", None),
            ("date # cat versions.txt", None),
            ("echo $(date # cat versions.txt\n)", None),
            ("cat /srv/versions.txt", None),
            ("cat ~/versions.txt", None),
            ("cat $HOME/versions.txt", None),
            ("cat ${x}versions.txt", None),
            ("curl https://x/versions.txt", None),
            ("curl https://x/?a=version", None),
            ("curl -s https://x > versions.txt", None),
            ("cat xversions.txt versions.txt.gz", None),
            ("ls data", None),
            ("find . -name '*.sh'", None),
            ("cat 'unclosed versions.txt", None),
            (")) `` $(", None),
            ("", None),
        ];
        for (command, expected) in cases {
            assert_eq!(named_by(command.as_bytes(), &files).as_deref(), expected, "{command}");
        }
        assert_eq!(named_by(b"./check.sh", &[]), None);
    }
}
