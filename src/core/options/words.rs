//! One shell word: quotes, escapes and expansions, read the way bash reads them, without expanding anything.
//!
//! A [`Reader`] goes over the text once. It must not say that a word is certain when a shell could see it otherwise;
//! where it cannot follow (a `case` or a here-document inside a command substitution, an open quote), it stops.

use super::Key;

/// Why a text cannot be read on from some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Here is something that is executed.
    Command,
    /// Here is something that a shell may refuse, together with all of the line.
    Unclear,
}

/// What stands behind the `=` of an assignment.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// The text of the word without its quotes, and with expansions as they were written.
    pub(super) value: Vec<u8>,
    /// Whether `value` holds nothing that only a shell can know.
    pub(super) certain: bool,
    /// The keys that an expansion in this word may assign, `${message:=x}`, as a set of [`Key::bit`].
    pub(super) assigns: u32,
}

/// A place in a text.
pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    /// How many expansions are open.
    depth: usize,
    /// How many of them are command substitutions: assignments and failures inside do not reach the file.
    contained: usize,
    assigns: u32,
}

/// Bytes that are not just themselves outside of quotes.
const SPECIAL: [bool; 256] = table(b" \t\n;&|<>()\\'\"$`~{:=");
/// Bytes that are not just themselves inside of double quotes.
const SPECIAL_QUOTED: [bool; 256] = table(b"\"\\$`");

const fn table(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl<'a> Reader<'a> {
    /// Deeper nesting is not followed: the stack is not as deep as a hostile file may be.
    const MAX_DEPTH: usize = 40;

    pub(super) fn new(text: &'a [u8]) -> Self {
        Reader { text, at: 0, depth: 0, contained: 0, assigns: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Goes over blanks and continued line ends.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                _ => return,
            }
        }
    }

    /// Goes to the end of the line, which stays.
    pub(super) fn skip_comment(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }

    /// Takes the name of a variable, which is empty where none stands.
    pub(super) fn name(&mut self) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let len = match rest.first() {
            Some(byte) if !byte.is_ascii_digit() => rest.iter().take_while(|byte| is_name_byte(**byte)).count(),
            _ => 0,
        };
        self.at += len;
        &rest[..len]
    }

    /// Takes the word after the `=` of an assignment; `exported` if it is an argument of `export`.
    pub(super) fn word(&mut self, exported: bool) -> Result<Word, Stop> {
        let mut word = Word { certain: true, ..Word::default() };
        self.assigns = 0;
        let start = self.at;
        if self.peek() == Some(b'(') {
            // An array. Its elements are expanded in this shell, so nothing in it is contained.
            self.parentheses()?;
            word.certain = false;
            word.value.extend_from_slice(&self.text[start..self.at]);
        }
        // A tilde counts at the beginning and behind these two, if they are not quoted.
        let mut before_tilde = true;
        loop {
            let run = self.run(&SPECIAL);
            word.value.extend_from_slice(run);
            before_tilde &= run.is_empty();
            let Some(byte) = self.peek() else { break };
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => break,
                b'\\' => match self.peek_at(1) {
                    Some(b'\n') => {
                        self.at += 2;
                        continue;
                    }
                    Some(escaped) => {
                        word.value.push(escaped);
                        self.at += 2;
                    }
                    None => return Err(Stop::Unclear),
                },
                b'\'' => word.value.extend_from_slice(self.single_quotes()?),
                b'"' => word.certain &= self.double_quotes(&mut word.value)?,
                b'$' if self.peek_at(1) == Some(b'\'') => word.certain &= self.ansi_quotes(&mut word.value)?,
                b'$' if self.peek_at(1) == Some(b'"') => {
                    // Translated, if the shell has a catalogue for it.
                    self.at += 1;
                    self.double_quotes(&mut word.value)?;
                    word.certain = false;
                }
                b'$' | b'`' => word.certain &= self.expansion(&mut word.value, false)?,
                _ => {
                    let expands = byte == b'~' && before_tilde || byte == b'{' && exported;
                    word.certain &= !expands;
                    word.value.push(byte);
                    self.at += 1;
                }
            }
            before_tilde = matches!(byte, b':' | b'=');
        }
        word.assigns = self.assigns;
        Ok(word)
    }

    /// Takes bytes up to the next special one.
    fn run(&mut self, special: &[bool; 256]) -> &'a [u8] {
        let rest = &self.text[self.at..];
        let len = rest.iter().position(|byte| special[usize::from(*byte)]).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// Takes `'…'` and gives what is inside.
    fn single_quotes(&mut self) -> Result<&'a [u8], Stop> {
        let inside = &self.text[self.at + 1..];
        let len = inside.iter().position(|byte| *byte == b'\'').ok_or(Stop::Unclear)?;
        self.at += len + 2;
        Ok(&inside[..len])
    }

    /// Takes `"…"`; false if there is an expansion inside.
    fn double_quotes(&mut self, out: &mut Vec<u8>) -> Result<bool, Stop> {
        let mut certain = true;
        self.at += 1;
        loop {
            out.extend_from_slice(self.run(&SPECIAL_QUOTED));
            match self.peek().ok_or(Stop::Unclear)? {
                b'"' => {
                    self.at += 1;
                    return Ok(certain);
                }
                b'\\' => {
                    match self.peek_at(1).ok_or(Stop::Unclear)? {
                        b'\n' => {}
                        escaped @ (b'"' | b'\\' | b'$' | b'`') => out.push(escaped),
                        other => out.extend_from_slice(&[b'\\', other]),
                    }
                    self.at += 2;
                }
                _ => certain &= self.expansion(out, true)?,
            }
        }
    }

    /// Takes `$'…'`; false if its value depends on the locale, or holds a NUL.
    fn ansi_quotes(&mut self, out: &mut Vec<u8>) -> Result<bool, Stop> {
        let mut certain = true;
        self.at += 2;
        loop {
            let byte = self.peek().ok_or(Stop::Unclear)?;
            self.at += 1;
            match byte {
                b'\'' => return Ok(certain),
                b'\\' => certain &= self.ansi_escape(out)?,
                _ => out.push(byte),
            }
        }
    }

    fn ansi_escape(&mut self, out: &mut Vec<u8>) -> Result<bool, Stop> {
        let escape = self.peek().ok_or(Stop::Unclear)?;
        self.at += 1;
        let plain = match escape {
            b'a' => 0x07,
            b'b' => 0x08,
            b'e' | b'E' => 0x1b,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' | b'?' => escape,
            b'0'..=b'7' => {
                self.at -= 1;
                // As a byte: \777 is \377.
                (self.digits(8, 3).unwrap_or_default() & 0xff) as u8
            }
            b'x' if self.peek() != Some(b'{') => match self.digits(16, 2) {
                Some(code) => code as u8,
                None => {
                    out.extend_from_slice(b"\\x");
                    return Ok(true);
                }
            },
            b'u' | b'U' => match self.digits(16, if escape == b'u' { 4 } else { 8 }) {
                Some(code @ 1..=0x7f) => code as u8,
                Some(_) | None => return Ok(false),
            },
            b'x' | b'c' => return Ok(false),
            other => {
                out.extend_from_slice(&[b'\\', other]);
                return Ok(true);
            }
        };
        out.push(plain);
        Ok(plain != 0)
    }

    /// Takes at most `max` digits.
    fn digits(&mut self, radix: u32, max: usize) -> Option<u32> {
        let digit = |byte: &u8| char::from(*byte).to_digit(radix);
        let digits: Vec<u32> = self.text[self.at..].iter().take(max).map_while(digit).collect();
        self.at += digits.len();
        digits.iter().copied().reduce(|number, digit| number * radix + digit)
    }

    /// Takes what begins with `$` or a backquote; true if it is nothing but a dollar sign.
    fn expansion(&mut self, out: &mut Vec<u8>, quoted: bool) -> Result<bool, Stop> {
        let start = self.at;
        self.depth += 1;
        if self.depth > Self::MAX_DEPTH {
            return Err(Stop::Unclear);
        }
        let mut certain = false;
        match (self.text[self.at], self.peek_at(1)) {
            (b'`', _) => self.backquotes()?,
            (_, Some(b'(')) => {
                let arithmetic = self.peek_at(2) == Some(b'(');
                self.at += 1;
                self.contained += usize::from(!arithmetic);
                self.parentheses()?;
                self.contained -= usize::from(!arithmetic);
                if arithmetic && self.contained == 0 {
                    self.assigns |= Key::mentioned_in(&self.text[start..self.at]);
                }
            }
            (_, Some(b'{')) => self.braces(quoted)?,
            // An expansion whose name comes on the next line, and an old form of arithmetic.
            (_, Some(b'[')) => return Err(Stop::Unclear),
            (_, Some(b'\\')) if self.peek_at(2) == Some(b'\n') => return Err(Stop::Unclear),
            (_, Some(byte)) if byte.is_ascii_digit() || b"*@#?$!-".contains(&byte) => self.at += 2,
            (_, Some(byte)) if is_name_byte(byte) => {
                self.at += 1;
                self.name();
            }
            _ => {
                self.at += 1;
                certain = true;
            }
        }
        self.depth -= 1;
        out.extend_from_slice(&self.text[start..self.at]);
        Ok(certain)
    }

    fn backquotes(&mut self) -> Result<(), Stop> {
        self.at += 1;
        loop {
            match self.peek().ok_or(Stop::Unclear)? {
                b'`' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Takes `(…)` with everything in it.
    fn parentheses(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > Self::MAX_DEPTH {
            return Err(Stop::Unclear);
        }
        self.at += 1;
        let mut word_start = true;
        loop {
            let byte = self.peek().ok_or(Stop::Unclear)?;
            match byte {
                b')' => break,
                b'(' => self.parentheses()?,
                b'#' if word_start => self.skip_comment(),
                b'<' if self.text[self.at..].starts_with(b"<<<") => self.at += 3,
                b'<' if self.peek_at(1) == Some(b'<') => return Err(Stop::Unclear),
                // The patterns of a `case` have parentheses of their own.
                b'c' if word_start && self.text[self.at..].starts_with(b"case") => {
                    if !self.peek_at(4).is_some_and(is_name_byte) {
                        return Err(Stop::Unclear);
                    }
                    self.at += 4;
                }
                _ => self.piece(false)?,
            }
            word_start = matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')');
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    /// Takes `{…}` behind a dollar sign.
    fn braces(&mut self, quoted: bool) -> Result<(), Stop> {
        self.at += 2;
        if self.contained == 0 {
            self.parameter()?;
        }
        loop {
            match self.peek().ok_or(Stop::Unclear)? {
                b'}' => break,
                // Whether a single quote quotes here, and a brace counts, depends on more than is worth knowing.
                b'\'' if quoted => return Err(Stop::Unclear),
                b'{' => return Err(Stop::Unclear),
                _ => self.piece(quoted)?,
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the name and looks at the operator in `${…}`: one that may end the shell cannot be followed.
    fn parameter(&mut self) -> Result<(), Stop> {
        let length = self.peek() == Some(b'#');
        self.at += usize::from(length);
        let name = self.name();
        if name.is_empty() && !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(Stop::Unclear);
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match (self.peek(), self.peek_at(1)) {
            (Some(b'}'), _) => Ok(()),
            _ if length => Err(Stop::Unclear),
            (Some(b'-' | b'+' | b'%' | b'#' | b'/' | b'^' | b','), _) | (Some(b':'), Some(b'-' | b'+')) => Ok(()),
            (Some(b'='), _) | (Some(b':'), Some(b'=')) if !name.is_empty() => {
                self.assigns |= Key::of(name).map_or(0, Key::bit);
                Ok(())
            }
            _ => Err(Stop::Unclear),
        }
    }

    /// Takes one byte, or one quoted or expanded thing, inside of an expansion.
    fn piece(&mut self, quoted: bool) -> Result<(), Stop> {
        let mut unused = Vec::new();
        match self.peek().ok_or(Stop::Unclear)? {
            b'\\' => self.at += 2,
            b'\'' => drop(self.single_quotes()?),
            b'"' => drop(self.double_quotes(&mut unused)?),
            b'$' if self.peek_at(1) == Some(b'\'') => drop(self.ansi_quotes(&mut unused)?),
            b'$' | b'`' => drop(self.expansion(&mut unused, quoted)?),
            _ => self.at += 1,
        }
        Ok(())
    }
}
