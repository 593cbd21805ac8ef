//! The only writer: results on standard output, status on standard error, colours, progress.
//!
//! A reader that goes away (`… | head`) ends the output, never the work.

use std::error::Error;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::cli::{ColorChoice, GlobalArgs};
use crate::core::documents::json;
use crate::core::github::{self, Annotation};
use crate::core::text::visible_lines;
use crate::environment::Environment;
use crate::error::CommandError;

/// Owner of all output.
pub struct Ui {
    stdout: Box<dyn Write>,
    stdout_is_open: bool,
    stdout_is_terminal: bool,
    lost_output: Option<io::Error>,
    stderr: Box<dyn Write>,
    color: Streams,
    progress_is_seen: bool,
    level: Verbosity,
    progress: Option<ProgressBar>,
    bracket: Option<Bracket>,
    /// Whether the reader of both streams is in the middle of a line.
    in_line: bool,
}

/// While it is open, the runner of GitHub Actions takes no output for a workflow command.
struct Bracket {
    token: String,
    annotations: Vec<Annotation>,
}

/// A choice for both streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Streams {
    stdout: bool,
    stderr: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verbosity {
    Quiet,
    Normal,
    Verbose,
}

/// What a piece of text means, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// New information.
    New,
    /// Something that failed.
    Bad,
    /// Something to look at.
    Odd,
    /// What is the same as always.
    Faint,
    /// A name or heading.
    Strong,
}

impl Paint {
    const ALL: [Paint; 5] = [Paint::New, Paint::Bad, Paint::Odd, Paint::Faint, Paint::Strong];

    fn style(self) -> Style {
        match self {
            Paint::New => AnsiColor::Green.on_default(),
            Paint::Bad => AnsiColor::Red.on_default().bold(),
            Paint::Odd => AnsiColor::Yellow.on_default(),
            Paint::Faint => Style::new().dimmed(),
            Paint::Strong => Style::new().bold(),
        }
    }
}

/// Whether a stream gets colours.
fn wants_color(choice: ColorChoice, environment: &Environment, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let dumb = environment.variable("TERM").is_some_and(|term| term == "dumb");
            is_terminal && !dumb && environment.variable("NO_COLOR").is_none()
        }
    }
}

impl Ui {
    /// Writes to the standard streams of the process.
    pub fn of_process(environment: &Environment) -> Self {
        let terminals = environment.terminals();
        let color = |is_terminal| wants_color(ColorChoice::Auto, environment, is_terminal);
        Ui {
            stdout: Box::new(io::BufWriter::new(io::stdout())),
            stdout_is_open: true,
            stdout_is_terminal: terminals.stdout,
            lost_output: None,
            stderr: Box::new(io::stderr()),
            color: Streams { stdout: color(terminals.stdout), stderr: color(terminals.stderr) },
            progress_is_seen: terminals.stderr,
            level: Verbosity::Normal,
            progress: None,
            bracket: None,
            in_line: false,
        }
    }

    /// Follows the common options of the command line.
    pub(crate) fn configure(&mut self, args: &GlobalArgs, environment: &Environment) {
        let terminals = environment.terminals();
        let color = |is_terminal| wants_color(args.color, environment, is_terminal);
        self.color = Streams { stdout: color(terminals.stdout), stderr: color(terminals.stderr) };
        self.level = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        };
    }

    /// Whether only results and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.level == Verbosity::Quiet
    }

    /// Whether more is wanted than usual.
    pub(crate) fn is_verbose(&self) -> bool {
        self.level == Verbosity::Verbose
    }

    /// `text` as it looks on standard output.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.color.stdout, paint, text)
    }

    /// Writes text to standard output as it is.
    pub(crate) fn raw(&mut self, text: &[u8]) {
        self.note(text);
        if self.stdout_is_open {
            let written = self.stdout.write_all(text);
            self.heed(written);
        }
    }

    /// Passes a piece of a program's output on to standard output at once.
    pub(crate) fn pass_stdout(&mut self, piece: &[u8]) {
        self.raw(piece);
        self.flush();
    }

    /// Passes a piece of a program's standard error on at once.
    pub(crate) fn pass_stderr(&mut self, piece: &[u8]) {
        self.flush();
        self.note(piece);
        // There is no place left to report that standard error is closed.
        let _ = self.stderr.write_all(piece);
    }

    /// Writes a line of results. Only our own colours reach a terminal; every other character that acts on it is shown by its
    /// number.
    pub(crate) fn line(&mut self, text: &str) {
        self.raw(harmless(text).as_bytes());
        self.raw(b"\n");
    }

    /// Writes a value as it is, so that programs can read it; on a terminal it is a line like any other.
    pub(crate) fn value(&mut self, value: &str) {
        match self.stdout_is_terminal {
            true => self.line(value),
            false => self.raw(format!("{value}\n").as_bytes()),
        }
    }

    /// Writes a document on a line of its own.
    pub(crate) fn json(&mut self, document: &impl Serialize) {
        self.raw(format!("{}\n", json(document)).as_bytes());
    }

    /// Writes out everything that is buffered.
    pub(crate) fn flush(&mut self) {
        if self.stdout_is_open {
            let written = self.stdout.flush();
            self.heed(written);
        }
    }

    /// After a failure nothing more is written. A closed pipe is fine: its reader has what it wanted. Anything else is an error.
    fn heed(&mut self, written: io::Result<()>) {
        if let Err(err) = written {
            self.stdout_is_open = false;
            self.lost_output = Some(err).filter(|err| err.kind() != io::ErrorKind::BrokenPipe);
        }
    }

    /// Why results could not be written, if they could not.
    pub(crate) fn take_lost_output(&mut self) -> Option<io::Error> {
        self.lost_output.take()
    }

    /// Says what is going on.
    pub(crate) fn status(&mut self, text: &str) {
        if self.level >= Verbosity::Normal {
            self.stderr_line(text);
        }
    }

    /// Says more about what is going on.
    pub(crate) fn detail(&mut self, text: &str) {
        if self.level >= Verbosity::Verbose {
            self.stderr_line(text);
        }
    }

    /// Says what needs attention.
    pub(crate) fn warning(&mut self, text: &str) {
        let label = painted(self.color.stderr, Paint::Odd, "warning:");
        self.stderr_line(&format!("{label} {text}"));
    }

    /// Says what ended a command: what failed, why, and what to do.
    pub(crate) fn error(&mut self, error: &CommandError) {
        self.clear_progress();
        let label = painted(self.color.stderr, Paint::Bad, "error:");
        self.stderr_line(&format!("{label} {}", one_line(&error.what)));
        if let Some(source) = error.source() {
            self.stderr_line(&format!("  because: {}", one_line(&crate::error::chain(source))));
        }
        if let Some(hint) = &error.hint {
            self.stderr_line(&format!("  hint: {}", one_line(hint)));
        }
    }

    /// Writes what clap has to say.
    pub(crate) fn clap(&mut self, error: &clap::Error) {
        let text = error.render();
        let to_stderr = error.use_stderr();
        let colored = if to_stderr { self.color.stderr } else { self.color.stdout };
        let text = if colored { text.ansi().to_string() } else { text.to_string() };
        if to_stderr {
            self.note(text.as_bytes());
            let _ = self.stderr.write_all(text.as_bytes());
        } else {
            self.raw(text.as_bytes());
        }
    }

    /// From now on the runner of GitHub Actions takes no output for a workflow command. The token must not be predictable.
    pub(crate) fn stop_commands(&mut self, token: String) {
        self.command_line(&github::stop(&token));
        self.bracket = Some(Bracket { token, annotations: Vec::new() });
    }

    /// Shows the annotations. Nothing that comes later is taken for a command either, until the step ends: what a launch
    /// left running may still write.
    pub(crate) fn show_annotations(&mut self) {
        if let Some(Bracket { token, annotations }) = self.bracket.take()
            && !annotations.is_empty()
        {
            self.commands(&token, &github::commands(&annotations));
        }
    }

    /// Has GitHub Actions show a message when the command ends. Does nothing elsewhere.
    pub(crate) fn annotate(&mut self, annotation: Annotation) {
        if let Some(bracket) = &mut self.bracket {
            bracket.annotations.push(annotation);
        }
    }

    /// Gives GitHub Actions a workflow command, whose texts have to be escaped. Does nothing elsewhere.
    pub(crate) fn workflow_command(&mut self, command: &str) {
        if let Some(token) = self.bracket.as_ref().map(|bracket| bracket.token.clone()) {
            self.commands(&token, &[command.to_owned()]);
        }
    }

    /// Writes workflow commands in one piece, so that no other output gets in between.
    fn commands(&mut self, token: &str, commands: &[String]) {
        let lines: Vec<&str> = commands.iter().map(String::as_str).collect();
        self.command_line(
            &[&github::resume(token), &lines.join("\n"), &github::stop(token)].map(String::as_str).join("\n"),
        );
    }

    /// Writes lines that the runner has to recognize, in order with the lines on standard error.
    fn command_line(&mut self, command: &str) {
        if self.in_line {
            self.raw(b"\n");
        }
        self.line(command);
        self.flush();
    }

    /// From now on a program writes to standard error by itself; it may leave a line without an end.
    pub(crate) fn let_others_write(&mut self) {
        self.flush();
        self.in_line = true;
    }

    fn note(&mut self, text: &[u8]) {
        if let Some(last) = text.last() {
            self.in_line = *last != b'\n';
        }
    }

    /// Shows a progress bar while `length` things are done, if there is a terminal to show it.
    pub(crate) fn start_progress(&mut self, what: &'static str, length: usize) {
        if !self.progress_is_seen || self.level == Verbosity::Quiet || length == 0 {
            return;
        }
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr()).with_message(what);
        let style =
            ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}").expect("the template is well-formed");
        bar.set_style(style.progress_chars("━━╌"));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        self.progress = Some(bar);
    }

    /// One of the things is done.
    pub(crate) fn advance_progress(&mut self) {
        if let Some(bar) = &self.progress {
            bar.inc(1);
        }
    }

    /// Removes the progress bar.
    pub(crate) fn clear_progress(&mut self) {
        if let Some(bar) = self.progress.take() {
            bar.finish_and_clear();
        }
    }

    fn stderr_line(&mut self, text: &str) {
        self.flush();
        self.in_line = false;
        let write = |stderr: &mut dyn Write| {
            // There is no place left to report that standard error is closed.
            let _ = writeln!(stderr, "{}", harmless(text));
        };
        match &self.progress {
            Some(bar) => bar.suspend(|| write(&mut *self.stderr)),
            None => write(&mut *self.stderr),
        }
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        self.clear_progress();
        self.flush();
    }
}

fn painted(color: bool, paint: Paint, text: &str) -> String {
    if !color {
        return text.to_owned();
    }
    let style = paint.style();
    format!("{style}{text}{style:#}")
}

/// The text without anything that acts on a terminal but the colours of [`Paint`].
fn harmless(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let mut harmless = visible_lines(pieces.next().unwrap_or_default());
    for piece in pieces {
        let sequence = piece.split_inclusive('m').next().unwrap_or_default();
        let (own, rest) = if is_own(sequence) { piece.split_at(sequence.len()) } else { ("", piece) };
        harmless.push_str(if own.is_empty() { "<U+001B>" } else { "\u{1b}" });
        harmless.push_str(own);
        harmless.push_str(&visible_lines(rest));
    }
    harmless
}

/// Whether this, behind an escape, is the beginning or the end of a colour of ours.
fn is_own(sequence: &str) -> bool {
    Paint::ALL.into_iter().any(|paint| {
        let style = paint.style();
        let (begin, end) = (style.render().to_string(), style.render_reset().to_string());
        begin.split('\u{1b}').chain(end.split('\u{1b}')).any(|own| !own.is_empty() && own == sequence)
    })
}

fn one_line(text: &str) -> String {
    crate::core::value::printable(text.as_bytes())
}

#[cfg(test)]
mod tests;
