//! What the reader of both streams gets.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;

/// Where both streams go, as after `2>&1`.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn log_of(say: impl FnOnce(&mut Ui)) -> String {
    let log = Log::default();
    let mut ui = Ui {
        stdout: Box::new(io::BufWriter::new(log.clone())),
        stdout_is_open: true,
        stdout_is_terminal: false,
        lost_output: None,
        stderr: Box::new(log.clone()),
        color: Streams { stdout: false, stderr: false },
        progress_is_seen: false,
        level: Verbosity::Normal,
        progress: None,
        bracket: None,
        in_line: false,
    };
    say(&mut ui);
    drop(ui);
    let bytes = log.0.borrow().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn annotations_begin_on_a_line_of_their_own() {
    let close = |say: fn(&mut Ui)| {
        log_of(|ui| {
            ui.stop_commands("t".to_owned());
            say(ui);
            ui.annotate(Annotation::warning("a", "b"));
            ui.show_annotations();
            ui.annotate(Annotation::warning("late", "not shown"));
            ui.show_annotations();
        })
    };
    for (say, said) in [
        ((|ui| ui.line("x")) as fn(&mut Ui), "x\n"),
        (|ui| ui.pass_stdout(b"x"), "x\n"),
        (|ui| ui.pass_stderr(b"x\ny"), "x\ny\n"),
        (
            |ui| {
                ui.pass_stdout(b"x");
                ui.status("y");
            },
            "xy\n",
        ),
        (
            |ui| {
                ui.line("x");
                ui.pass_stderr(b"");
            },
            "x\n",
        ),
        (|_| {}, ""),
    ] {
        assert_eq!(close(say), format!("::stop-commands::t\n{said}::t::\n::warning title=a::b\n::stop-commands::t\n"));
    }
}

#[test]
fn a_workflow_command_interrupts_the_bracket() {
    let log = log_of(|ui| {
        ui.workflow_command("::ignored::");
        ui.stop_commands("t".to_owned());
        ui.pass_stdout(b"x");
        ui.workflow_command(&github::group("a"));
        ui.status("y");
        ui.workflow_command(github::END_GROUP);
        ui.show_annotations();
    });
    let expected = "::stop-commands::t\nx\n::t::\n::group::a\n::stop-commands::t\ny\n::t::\n::endgroup::\n\
                    ::stop-commands::t\n";
    assert_eq!(log, expected);
}

#[test]
fn only_our_own_colours_reach_a_terminal() {
    for paint in Paint::ALL {
        let painted = painted(true, paint, "5");
        assert!(painted.starts_with('\u{1b}'), "{painted:?}");
        assert_eq!(harmless(&format!("a {painted} b")), format!("a {painted} b"));
    }
    for (text, shown) in [
        ("a\tb\nc", "a\tb\nc"),
        ("1\u{1b}]0;title\u{7}\u{9b}2J", "1<U+001B>]0;title<U+0007><U+009B>2J"),
        ("\u{1b}[8mhidden\u{1b}[2J\u{1b}", "<U+001B>[8mhidden<U+001B>[2J<U+001B>"),
        ("\u{202e}5\u{200b}\r", "<U+202E>5<U+200B><U+000D>"),
    ] {
        assert_eq!(harmless(text), shown);
        assert_eq!(log_of(|ui| ui.line(text)), format!("{shown}\n"));
        assert_eq!(log_of(|ui| ui.status(text)), format!("{shown}\n"));
        assert_eq!(log_of(|ui| ui.warning(text)), format!("warning: {shown}\n"));
        assert_eq!(log_of(|ui| ui.value(text)), format!("{text}\n"), "a program gets the value itself");
    }
}
