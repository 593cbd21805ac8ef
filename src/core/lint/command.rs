//! What a shell command does that matters where it runs: pipes, variables and clocks. Guesses on words, good enough for
//! warnings; where one is unsure, it finds nothing.

use super::files::Quote;

/// What stands in a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CommandTraits {
    /// The output of one program goes into another.
    pub(super) pipes: bool,
    /// The variables that are expanded, without those that have a default, in the order of their first use.
    pub(super) variables: Vec<String>,
    /// A `date` whose output depends on the time zone.
    pub(super) local_time: bool,
}

/// Words behind which the command still has to come.
const BEFORE_COMMAND: [&str; 14] =
    ["if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "exec", "env", "command", "nice"];

/// Reads a command.
pub(super) fn read(command: &[u8]) -> CommandTraits {
    let mut reader = CommandReader {
        rest: command,
        found: CommandTraits::default(),
        frame: CommandFrame::default(),
        outer: Vec::new(),
    };
    while let Some(byte) = reader.next() {
        reader.step(byte);
    }
    reader.end_command();
    reader.found
}

/// A command, or one inside of another.
#[derive(Debug, Default)]
struct CommandFrame {
    quote: Quote,
    /// What closes it.
    end: Option<u8>,
    words: Vec<String>,
    word: Option<Vec<u8>>,
}

struct CommandReader<'a> {
    rest: &'a [u8],
    found: CommandTraits,
    frame: CommandFrame,
    outer: Vec<CommandFrame>,
}

impl CommandReader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn next_if(&mut self, byte: u8) -> bool {
        let is_next = self.rest.first() == Some(&byte);
        if is_next {
            self.next();
        }
        is_next
    }

    fn step(&mut self, byte: u8) {
        match (self.frame.quote, byte) {
            (Quote::Single, b'\'') | (Quote::Double, b'"') => self.frame.quote = Quote::None,
            (Quote::None, b'\'') => self.open(Quote::Single),
            (Quote::None, b'"') => self.open(Quote::Double),
            (Quote::None, b'#') if self.frame.word.is_none() => {
                let line = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
                self.rest = &self.rest[line..];
            }
            (Quote::None | Quote::Double, b'\\') => match self.next() {
                None | Some(b'\n') => {}
                Some(escaped) => self.push(escaped),
            },
            (Quote::None | Quote::Double, b'$') => self.expansion(),
            (Quote::None | Quote::Double, b'`') if self.frame.end == Some(b'`') => self.unnest(),
            (Quote::None | Quote::Double, b'`') => self.nest(b'`'),
            (Quote::None, b'(') => self.nest(b')'),
            (Quote::None, b')') => self.unnest(),
            (Quote::None, b' ' | b'\t' | b'<') => self.end_word(),
            (Quote::None, b'>') => {
                self.end_word();
                // `>|` writes over a file.
                self.next_if(b'|');
            }
            (Quote::None, b'|') => {
                self.found.pipes |= !self.next_if(b'|');
                self.end_command();
            }
            (Quote::None, b'\n' | b';' | b'&') => self.end_command(),
            (Quote::None | Quote::Single | Quote::Double, other) => self.push(other),
        }
    }

    fn open(&mut self, quote: Quote) {
        self.frame.quote = quote;
        self.frame.word.get_or_insert_default();
    }

    fn push(&mut self, byte: u8) {
        self.frame.word.get_or_insert_default().push(byte);
    }

    fn nest(&mut self, end: u8) {
        let inner = CommandFrame { end: Some(end), ..CommandFrame::default() };
        self.outer.push(std::mem::replace(&mut self.frame, inner));
    }

    fn unnest(&mut self) {
        self.end_command();
        if let Some(frame) = self.outer.pop() {
            self.frame = frame;
        }
    }

    /// Takes what follows a dollar sign. What it becomes is not known, so it leaves a mark in the word.
    fn expansion(&mut self) {
        self.push(b'$');
        match self.rest.first() {
            Some(b'(') => {
                self.next();
                self.nest(b')');
            }
            Some(b'{') => {
                self.next();
                let is_about = self.next_if(b'#') || self.next_if(b'!');
                let name = self.name();
                let rest = self.rest.strip_prefix(b":").unwrap_or(self.rest);
                let has_default = matches!(rest.first(), Some(b'-' | b'+' | b'='));
                if is_about || !has_default {
                    self.found(name);
                }
            }
            Some(_) | None => {
                let name = self.name();
                self.found(name);
            }
        }
    }

    fn name(&mut self) -> String {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let len = self.rest.iter().position(|byte| !is_name(byte)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(len);
        // `$1`, and `$10` as `$1` with a zero behind it, are no names.
        if name.first().is_none_or(u8::is_ascii_digit) {
            return String::new();
        }
        self.rest = rest;
        String::from_utf8_lossy(name).into_owned()
    }

    fn found(&mut self, name: String) {
        if !name.is_empty() && !self.found.variables.contains(&name) {
            self.found.variables.push(name);
        }
    }

    fn end_word(&mut self) {
        if let Some(word) = self.frame.word.take() {
            self.frame.words.push(String::from_utf8_lossy(&word).into_owned());
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        let words = std::mem::take(&mut self.frame.words);
        let is_prefix = |word: &&String| {
            let is_assignment = word.split_once('=').is_some_and(|(name, _)| !name.contains(['/', '-', '+']));
            is_assignment || BEFORE_COMMAND.contains(&word.as_str())
        };
        let mut command = words.iter().skip_while(is_prefix);
        if command.next().is_some_and(|word| word == "date" || word.ends_with("/date")) {
            self.found.local_time |= !is_the_same_everywhere(&command.collect::<Vec<_>>());
        }
    }
}

/// Whether `date` with these arguments prints the same in all time zones.
fn is_the_same_everywhere(arguments: &[&String]) -> bool {
    let is_utc = |word: &&&String| {
        let short = word.strip_prefix('-').is_some_and(|flags| !flags.starts_with('-') && flags.contains('u'));
        short || ["--utc", "--universal"].contains(&word.as_str())
    };
    let Some(format) = arguments.iter().find_map(|word| word.strip_prefix('+')) else {
        return arguments.iter().any(|word| is_utc(&word));
    };
    let mut fields = format.split('%').skip(1);
    arguments.iter().any(|word| is_utc(&word)) || fields.all(|field| field.is_empty() || field.starts_with(['s', 'N']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_are_told_from_what_looks_like_one() {
        for command in ["a | b", "a|b", "a |& b", "x=$(a | b)", "echo \"$(a | b)\"", "echo `a | b`", "(a | b)"] {
            assert!(read(command.as_bytes()).pipes, "{command}");
        }
        for command in ["a || b", "jq '.a | .b'", "a \"|\" b", "a \\| b", "a >| b", "a # | b", ""] {
            assert!(!read(command.as_bytes()).pipes, "{command}");
        }
    }

    #[test]
    fn variables_that_a_shell_expands() {
        let cases: [(&str, &[&str]); 16] = [
            ("curl -H \"Authorization: $MY_TOKEN\" x", &["MY_TOKEN"]),
            ("echo $A${B}$A", &["A", "B"]),
            ("echo \"${A%%-*} ${#B} ${!C} ${D:?needs D}\"", &["A", "B", "C", "D"]),
            ("echo $(cat $A) `cat $B`", &["A", "B"]),
            ("echo \"$(echo '$A' \"$B\")\"", &["B"]),
            ("cat >$OUT/x", &["OUT"]),
            ("echo ${A:-x}${B-}${C:+y}${D:=z}", &[]),
            ("echo '$A' \\$B \"\\$C\"", &[]),
            ("jq '.x | select(.y == $z)'", &[]),
            ("awk '{ print $1, $NF }'", &[]),
            ("perl -ne 'print $1' x", &[]),
            ("echo $1 $10 $# $? $$ $! $* $@ $-", &[]),
            ("echo a # $A\necho $B", &["B"]),
            ("echo $", &[]),
            ("echo ${", &[]),
            ("echo 'unclosed $A", &[]),
        ];
        for (command, expected) in cases {
            assert_eq!(read(command.as_bytes()).variables, expected, "{command}");
        }
    }

    #[test]
    fn clocks_that_depend_on_the_zone() {
        for command in [
            "date",
            "date +%Y%m%d",
            "if [ $(date +%H%M) \\< 0200 ]; then echo; else date +%V; fi",
            "echo \"$(date +%F)\"",
            "echo `date +%H`",
            "X=1 date '+%F %T'",
            "/bin/date +%j",
            "date -d @0 +%F",
            "true && date +%s%H",
        ] {
            assert!(read(command.as_bytes()).local_time, "{command}");
        }
        for command in [
            "date -u +%F",
            "date --utc",
            "date +%s",
            "date -d yesterday +%s%N",
            "echo date +%F",
            "cat date",
            "update +%F",
            "echo 'date +%F'",
            "# date +%F",
            "git log --date=iso",
        ] {
            assert!(!read(command.as_bytes()).local_time, "{command}");
        }
    }
}
