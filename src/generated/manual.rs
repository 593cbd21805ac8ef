//! The manual pages: names, synopses and options from the command line's definition, the rest from `docs/manual`.
//!
//! A `@WORD@` on a line of its own in a file of `docs/manual` is replaced by generated roff.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::schema::{self, Document};
use crate::cli::Cli;
use crate::core::declared::Need;
use crate::core::declared::kinds::KINDS;
use crate::core::documents::Severity;
use crate::core::lint;
use crate::core::options::write_assignments;

/// What stands in front of the name of every page.
const PROGRAM: &str = "git-spread-cron";

/// The hand-written part of the main page.
const MAIN: &str = include_str!("../../docs/manual/git-spread-cron.roff");

/// The hand-written part of the page of a command.
fn hand_written(command: &str) -> &'static str {
    match command {
        "poll" => include_str!("../../docs/manual/git-spread-cron-poll.roff"),
        "status" => include_str!("../../docs/manual/git-spread-cron-status.roff"),
        "log" => include_str!("../../docs/manual/git-spread-cron-log.roff"),
        "lint" => include_str!("../../docs/manual/git-spread-cron-lint.roff"),
        "add" => include_str!("../../docs/manual/git-spread-cron-add.roff"),
        "catalog" => include_str!("../../docs/manual/git-spread-cron-catalog.roff"),
        "remove" => include_str!("../../docs/manual/git-spread-cron-remove.roff"),
        "pause" => include_str!("../../docs/manual/git-spread-cron-pause.roff"),
        "resume" => include_str!("../../docs/manual/git-spread-cron-resume.roff"),
        "customize" => include_str!("../../docs/manual/git-spread-cron-customize.roff"),
        "run" => include_str!("../../docs/manual/git-spread-cron-run.roff"),
        "result" => include_str!("../../docs/manual/git-spread-cron-result.roff"),
        "pending" => include_str!("../../docs/manual/git-spread-cron-pending.roff"),
        "green" => include_str!("../../docs/manual/git-spread-cron-green.roff"),
        "site" => include_str!("../../docs/manual/git-spread-cron-site.roff"),
        "init" => include_str!("../../docs/manual/git-spread-cron-init.roff"),
        "demo" => include_str!("../../docs/manual/git-spread-cron-demo.roff"),
        "completions" => include_str!("../../docs/manual/git-spread-cron-completions.roff"),
        other => panic!("docs/manual has nothing about {other}"),
    }
}

/// The command line, built. `help` has no page.
pub(super) fn definition() -> Command {
    let mut cli = Cli::command().disable_help_subcommand(true);
    cli.build();
    cli
}

/// The usage of a command with all its options, for the synopsis.
pub(super) fn usage(command: &Command) -> String {
    let mut text = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let own = |arg: &&Arg| !arg.is_global_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    // What has no names is positional, and comes last.
    let (positional, options): (Vec<_>, Vec<_>) =
        command.get_arguments().filter(own).partition(|arg| arg.is_positional());
    for arg in options.into_iter().chain(positional) {
        let word = [names(arg, "|"), value_name(arg)].join(" ");
        let (word, many) = (word.trim(), if matches!(arg.get_action(), ArgAction::Append) { "..." } else { "" });
        if arg.is_last_set() {
            let _ = write!(text, " [-- {word}...]");
            continue;
        }
        let shown = if arg.is_required_set() { format!(" {word}{many}") } else { format!(" [{word}]{many}") };
        text.push_str(&shown);
    }
    // What does something by itself needs no command; those that it has are shown on their own.
    if command.has_subcommands() && !command.is_args_conflicts_with_subcommands_set() {
        text.push_str(" [OPTIONS] COMMAND [ARGUMENTS]");
    }
    text
}

/// The commands of a command.
pub(super) fn nested(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|nested| nested.get_name() != "help")
}

/// `-n` and `--dry-run`.
pub(super) fn names(arg: &Arg, separator: &str) -> String {
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    short.into_iter().chain(long).collect::<Vec<_>>().join(separator)
}

/// What the value of an argument is called; nothing if it takes none.
pub(super) fn value_name(arg: &Arg) -> String {
    let names = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    names.map(|names| names.join(" ")).unwrap_or_default()
}

/// The roff of the options, each group under its heading.
fn options<'a>(args: impl Iterator<Item = &'a Arg>) -> String {
    let mut groups: Vec<(&str, String)> = Vec::new();
    for arg in args.filter(|arg| arg.get_id() != "help") {
        let heading = arg.get_help_heading().unwrap_or(if arg.is_positional() { "Arguments" } else { "Options" });
        let index = groups.iter().position(|(known, _)| *known == heading).unwrap_or_else(|| {
            groups.push((heading, String::new()));
            groups.len() - 1
        });
        groups[index].1.push_str(&option(arg));
    }
    groups.iter().fold(String::new(), |roff, (heading, options)| roff + &format!(".SS {heading}\n{options}"))
}

fn option(arg: &Arg) -> String {
    let (names, value) = (escape(&names(arg, ", ")), escape(&value_name(arg)));
    let blank = if names.is_empty() || value.is_empty() { "" } else { " " };
    let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut roff = format!(".TP\n\\fB{names}\\fR{blank}\\fI{value}\\fR\n{}", escape(&about));
    if !arg.get_action().takes_values() {
        return roff + "\n";
    }
    for default in arg.get_default_values().iter().filter_map(|value| value.to_str()) {
        let _ = write!(roff, " [default: {}]", escape(default));
    }
    roff.push('\n');
    let values = arg.get_possible_values();
    if !values.is_empty() {
        roff.push_str(".RS\n");
        for value in values {
            let about = value.get_help().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(roff, ".TP\n.B {}\n{}", escape(value.get_name()), escape(&about));
        }
        roff.push_str(".RE\n");
    }
    roff
}

/// The sections of the commands that a command has.
fn commands_of(command: &Command) -> String {
    nested(command).fold(String::new(), |mut roff, nested| {
        let heading = format!("{} {}", command.get_name(), nested.get_name()).to_uppercase();
        let about = nested.get_about().map(ToString::to_string).unwrap_or_default();
        let own = nested.get_arguments().filter(|arg| !arg.is_global_set());
        let _ = write!(roff, ".SH {}\n{}.\n{}", escape(&heading), escape(&about), options(own));
        roff
    })
}

/// The head of a page: its title, name and synopsis.
fn head(command: &Command, name: &str) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let nested = nested(command).filter(|_| name != PROGRAM).map(usage);
    let usages = [usage(command)].into_iter().chain(nested).map(|usage| escape(&usage)).collect::<Vec<_>>();
    // Nothing is hyphenated or stretched in there, so that options can be copied.
    format!(
        ".TH {} 1 \"\" \"{PROGRAM} {}\" \"Git Manual\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.nh\n.ad l\n{}\n.ad\n.hy\n",
        escape(&name.to_uppercase()),
        env!("CARGO_PKG_VERSION"),
        escape(name),
        escape(&about),
        usages.join("\n.br\n"),
    )
}

/// The paragraphs of a command's description, which begins with its name line in one sentence.
fn description(command: &Command) -> String {
    let text = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let paragraphs = text.split("\n\n").map(|paragraph| escape(&paragraph.replace('\n', " ")));
    let mut paragraphs = paragraphs.collect::<Vec<_>>();
    if let Some(first) = paragraphs.first_mut() {
        first.push('.');
    }
    format!(".SH DESCRIPTION\n{}\n", paragraphs.join("\n.PP\n"))
}

/// The last section.
fn see_also<'a>(pages: impl Iterator<Item = &'a String>) -> String {
    let pages = pages.map(String::as_str).chain(["git", "git-config"]);
    let lines = pages.map(|page| format!(".BR {} (1)", escape(page))).collect::<Vec<_>>();
    format!(".SH SEE ALSO\n{}\n", lines.join(" ,\n").replace("(1) ,", "(1),"))
}

/// Text for roff: what a reader copies has to stay the ASCII character that it is.
fn escape(text: &str) -> String {
    let text =
        text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('`', "\\(ga").replace('…', "...");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

fn pages() -> BTreeMap<String, Vec<u8>> {
    let cli = definition();
    let name_of = |command: &Command| format!("{PROGRAM}-{}", command.get_name());
    let main = PROGRAM.to_owned();
    let others = cli.get_subcommands().map(name_of).collect::<Vec<_>>();

    let text = MAIN
        .replace("@COMMANDS@\n", &list_of_commands(&cli))
        .replace("@OPTIONS@\n", &options(cli.get_arguments()))
        .replace("@SOURCES@\n", &sources())
        .replace("@DOCUMENTS@\n", &documents());
    let mut pages = BTreeMap::from([(format!("{main}.1"), head(&cli, PROGRAM) + &text + &see_also(others.iter()))]);
    for command in cli.get_subcommands() {
        let name = name_of(command);
        let parts = [
            head(command, &name),
            description(command),
            ".SH OPTIONS\n".to_owned(),
            options(command.get_arguments()),
            commands_of(command),
            hand_written(command.get_name()).replace("@CODES@\n", &lint_codes()),
            see_also([&main].into_iter()),
        ];
        pages.insert(format!("{name}.1"), parts.concat());
    }
    pages.into_iter().map(|(name, roff)| (name, roff.into_bytes())).collect()
}

fn list_of_commands(cli: &Command) -> String {
    cli.get_subcommands().fold(String::new(), |mut roff, command| {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(roff, ".TP\n.BR {PROGRAM}\\-{} (1)\n{}.", escape(command.get_name()), escape(&about));
        roff
    })
}

/// The documents of `--format json` and their fields, as the schemas have them.
fn documents() -> String {
    let mut roff = String::new();
    for Document { command, schema } in schema::documents() {
        let _ = writeln!(roff, ".SS {command}");
        for (path, kind, about) in schema::fields(&schema) {
            let _ = writeln!(roff, ".TP\n.BR {} \" (\" \"{}\" )\n{}", escape(&path), escape(&kind), escape(&about));
        }
    }
    roff
}

/// The kinds of sources, each with its keys and a worked example.
fn sources() -> String {
    let mut roff = String::new();
    for kind in KINDS {
        let _ = writeln!(roff, ".SS source=\\(dq{}\\(dq", escape(kind.name));
        let _ =
            writeln!(roff, "{}, from {}.\nThe value is {}.", escape(kind.about), escape(kind.from), escape(kind.value));
        for key in kind.keys {
            let need = match key.need {
                Need::Required => "has to be set".to_owned(),
                Need::Optional => "may be set".to_owned(),
                Need::Default(text) => format!("{text} if it is not set"),
            };
            let _ =
                writeln!(roff, ".TP\n.BR {} \" (\" \"{}\" )\n{}", escape(key.name), escape(&need), escape(key.about));
        }
        let _ = writeln!(roff, ".PP\n.EX");
        for line in write_assignments(kind.example).lines() {
            let _ = writeln!(roff, "{}", escape(line));
        }
        let _ = writeln!(roff, ".EE");
    }
    roff
}

/// What `lint` checks.
fn lint_codes() -> String {
    lint::CODES.iter().fold(String::new(), |mut roff, (code, severity, about)| {
        let severity = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        let _ = writeln!(roff, ".TP\n.BR {} \" ({severity})\"\n{}", escape(code), escape(about));
        roff
    })
}

#[test]
fn generated_manual_pages() {
    super::check_folder("man", pages());
}

#[test]
fn everything_is_in_the_manual() {
    let pages = pages();
    let main = String::from_utf8(pages["git-spread-cron.1"].clone()).unwrap();
    let is_placeholder = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
    assert!(!main.split('@').skip(1).any(is_placeholder), "a placeholder is left");
    for word in [
        "pattern_extractor",
        "message_pattern",
        "value_pattern",
        "manual",
        "tree",
        "timeout",
        "NO_COLOR",
        "SPREAD_CRON_OLD_VALUE",
    ] {
        assert!(main.contains(word), "{word}");
    }
    for key in ["remote", "optionsPath", "shell", "passEnv", "jobs", "timeout", "networkTimeout", "catalog"] {
        assert!(main.contains(&format!(".BR spread\\-cron.{key} \" (\"")), "{key}");
    }
    let lint = String::from_utf8(pages["git-spread-cron-lint.1"].clone()).unwrap();
    for (code, ..) in lint::CODES {
        assert!(lint.contains(&escape(code)), "{code}");
    }
}
