//! Reading the assignments of a file as a shell would, without one. Where it cannot follow, the rest of the file is opaque.

use gix::bstr::ByteSlice;

use super::words::{Reader, Stop, Word, is_name_byte};
use super::{Key, Options, Setting};

/// Reads a file without carriage returns.
pub(super) fn parse(text: &[u8]) -> Options {
    let mut parser = Parser { reader: Reader::new(text), options: Options::default(), line: 1, counted: 0, list: 0 };
    if text.find_byte(0).is_some() {
        // A shell may refuse all of it as binary, or drop the byte.
        parser.give_up(0, Stop::Unclear);
    } else {
        parser.run();
    }
    parser.options
}

/// Variables that bash keeps read-only; an assignment to one ends the reading of the file.
const READ_ONLY: [&[u8]; 6] = [b"BASHOPTS", b"BASH_VERSINFO", b"EUID", b"PPID", b"SHELLOPTS", b"UID"];

/// One assignment of a command whose end has not been read yet.
struct Assignment<'a> {
    name: &'a [u8],
    start: usize,
    append: bool,
    word: Word,
    source: &'a [u8],
}

struct Parser<'a> {
    reader: Reader<'a>,
    options: Options,
    /// The line at `counted`.
    line: usize,
    counted: usize,
    /// The keys that were set by the list of commands that is being read: a shell executes none of them if a
    /// later one on the same line has a syntax error.
    list: u32,
}

impl<'a> Parser<'a> {
    fn run(&mut self) {
        let mut pending = Vec::new();
        loop {
            self.reader.skip_blanks();
            let start = self.reader.at;
            match self.reader.peek() {
                None => return,
                Some(b'\n') => {
                    self.reader.at += 1;
                    self.list = 0;
                }
                Some(b'#') => self.reader.skip_comment(),
                Some(_) => match self.command(&mut pending) {
                    Ok(()) => pending.drain(..).for_each(|assignment| self.commit(assignment)),
                    Err(stop) => return self.give_up(start, stop),
                },
            }
        }
    }

    /// Reads one command that only assigns.
    fn command(&mut self, pending: &mut Vec<Assignment<'a>>) -> Result<(), Stop> {
        let rest = &self.reader.text[self.reader.at..];
        let exported = rest.starts_with(b"export ") || rest.starts_with(b"export\t");
        if exported {
            self.reader.at += b"export ".len();
        }
        let mut words = 0;
        loop {
            self.reader.skip_blanks();
            match self.reader.peek() {
                None | Some(b'\n' | b'#') if words > 0 => return Ok(()),
                Some(b';') if words > 0 => {
                    self.reader.at += 1;
                    // `;;` and `;&` belong to a `case`.
                    let single = !matches!(self.reader.peek(), Some(b';' | b'&'));
                    return if single { Ok(()) } else { Err(Stop::Unclear) };
                }
                None | Some(b'\n' | b'#') => return Err(Stop::Command),
                Some(b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') => return Err(Stop::Unclear),
                Some(_) => {}
            }
            words += 1;
            let start = self.reader.at;
            let name = self.reader.name();
            let append = self.reader.text[self.reader.at..].starts_with(b"+=");
            match self.reader.peek() {
                _ if name.is_empty() || READ_ONLY.contains(&name) => return Err(Stop::Command),
                None | Some(b' ' | b'\t' | b'\n' | b';') if exported => continue,
                Some(b'=') => self.reader.at += 1,
                Some(b'+') if append => self.reader.at += 2,
                _ => return Err(Stop::Command),
            }
            let word_start = self.reader.at;
            let word = self.reader.word(exported)?;
            let source = &self.reader.text[word_start..self.reader.at];
            pending.push(Assignment { name, start, append, word, source });
        }
    }

    fn commit(&mut self, assignment: Assignment<'a>) {
        let line = self.line_at(assignment.start);
        let Assignment { name, append, word, source, .. } = assignment;
        for key in Key::ALL.into_iter().filter(|key| word.assigns & key.bit() != 0) {
            self.options.set(key, Setting::NeedsShell(source.into()), line);
        }
        match Key::of(name) {
            Some(key) if word.certain && !append => {
                self.options.set(key, Setting::Known(word.value.into()), line);
                self.list |= key.bit();
            }
            Some(key) => self.options.set(key, Setting::NeedsShell(source.into()), line),
            None => {
                let setting = match word.certain && !append {
                    true => Setting::Known(word.value.into()),
                    false => Setting::NeedsShell(source.into()),
                };
                self.options.others.push((name.to_str_lossy().into_owned(), setting, line));
            }
        }
    }

    /// Leaves the rest of the file, from `start` on, to a shell.
    fn give_up(&mut self, start: usize, stop: Stop) {
        self.options.opaque_at = Some(self.line_at(start));
        match stop {
            Stop::Command => {}
            Stop::Unclear => {
                for key in Key::ALL.into_iter().filter(|key| self.list & key.bit() != 0) {
                    if let Setting::Known(text) = std::mem::take(&mut self.options.settings[key as usize]) {
                        self.options.settings[key as usize] = Setting::NeedsShell(text);
                    }
                }
            }
        }
        let first = self.line;
        for (index, line) in self.reader.text[start..].split(|byte| *byte == b'\n').enumerate() {
            if !line.trim_start().starts_with(b"#") {
                self.mentions(line, first + index);
            }
        }
    }

    /// Every key that a line of shell code may set is no longer known.
    fn mentions(&mut self, line: &[u8], number: usize) {
        let mut rest = 0;
        while let Some(offset) = line[rest..].iter().position(|byte| is_name_byte(*byte)) {
            let start = rest + offset;
            rest = line[start..].iter().position(|byte| !is_name_byte(*byte)).map_or(line.len(), |len| start + len);
            let Some(key) = Key::of(&line[start..rest]) else { continue };
            let (before, after) = (&line[..start], &line[rest..]);
            if before.ends_with(b"$") || (before.ends_with(b"${") && after.starts_with(b"}")) {
                continue;
            }
            let source = after.strip_prefix(b"=").unwrap_or(&line[start..]);
            self.options.set(key, Setting::NeedsShell(source.trim_end().into()), number);
        }
    }

    /// The number of the line at `place`, which never lies before an earlier one.
    fn line_at(&mut self, place: usize) -> usize {
        self.line += self.reader.text[self.counted..place].iter().filter(|byte| **byte == b'\n').count();
        self.counted = place;
        self.line
    }
}
