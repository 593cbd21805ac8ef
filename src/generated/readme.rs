//! What is generated of README.md and of the chapters in docs/: the command reference, and the tables of sources and of the
//! catalog.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Arg, Command};

use super::catalog;
use super::manual::{definition, names, nested, usage, value_name};

/// All commands with their options.
fn reference() -> String {
    let cli = definition();
    let mut text = String::new();
    for command in cli.get_subcommands() {
        text += &section(command, "###");
        for nested in nested(command) {
            text += &section(nested, "####");
        }
    }
    if let Some(rows) = rows(cli.get_arguments()) {
        let _ = writeln!(text, "### With every command\n\n{rows}");
    }
    format!("{}\n", text.trim_end())
}

/// A command with its options.
fn section(command: &Command, heading: &str) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = wrapped(&usage(command));
    let rows = rows(command.get_arguments().filter(|arg| !arg.is_global_set()));
    let rows = rows.map(|rows| format!("{rows}\n")).unwrap_or_default();
    format!("{heading} `{}`\n\n{about}.\n\n```text\n{usage}\n```\n\n{rows}", bin_name(command))
}

fn bin_name(command: &Command) -> &str {
    command.get_bin_name().expect("the command line is built")
}

/// The usage on lines of a bearable length, broken in front of an option.
fn wrapped(usage: &str) -> String {
    const WIDTH: usize = 100;
    let mut lines = vec![String::new()];
    for part in usage.replace(" [", "\n[").replace(" -", "\n-").lines() {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(part);
        } else if line.chars().count() + part.chars().count() < WIDTH {
            let _ = write!(line, " {part}");
        } else {
            lines.push(format!("    {part}"));
        }
    }
    lines.join("\n")
}

/// A table of arguments, if there are any.
fn rows<'a>(args: impl Iterator<Item = &'a Arg>) -> Option<String> {
    let rows = args
        .filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
        .map(|arg| format!("| {} | {} |\n", name(arg), about(arg)))
        .collect::<String>();
    (!rows.is_empty()).then(|| format!("| | |\n|---|---|\n{rows}"))
}

fn name(arg: &Arg) -> String {
    format!("`{}`", [names(arg, ", "), value_name(arg)].join(" ").trim())
}

fn about(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|");
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() {
        let values = values.iter().map(|value| format!("`{}`", value.get_name())).collect::<Vec<_>>().join(", ");
        let _ = write!(text, ": {values}");
    }
    let defaults = arg.get_default_values().iter().filter_map(|value| value.to_str()).collect::<Vec<_>>();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        let _ = write!(text, " [default: {}]", defaults.join(", "));
    }
    text
}

/// A text with something else between `<!-- NAME -->` and `<!-- /NAME -->`.
fn replaced(text: &str, name: &str, new: &str) -> String {
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let (before, rest) = text.split_once(&start).expect("the page says where it starts");
    let (_, after) = rest.split_once(&end).expect("the page says where it ends");
    format!("{before}{start}\n{new}\n{end}{after}")
}

#[test]
fn generated_pages() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parts = [
        ("README.md", "source kinds", catalog::source_kinds()),
        ("docs/sources.md", "sources", catalog::sources()),
        ("docs/catalog.md", "catalog entries", catalog::entries()),
        ("docs/reference.md", "commands", reference()),
    ];
    let mut pages: BTreeMap<PathBuf, String> = BTreeMap::new();
    for (path, name, new) in parts {
        let page = pages.entry(path.into()).or_insert_with(|| std::fs::read_to_string(root.join(path)).unwrap());
        *page = replaced(page, name, &new);
    }
    super::check(&pages.into_iter().map(|(path, text)| (path, text.into_bytes())).collect());
}

#[test]
fn a_long_usage_is_broken_between_options() {
    let usage = format!("git x{} FILE", " [--option VALUE]".repeat(20));
    let wrapped = wrapped(&usage);
    assert!(wrapped.lines().count() > 3 && wrapped.lines().all(|line| line.chars().count() <= 105), "{wrapped}");
    assert_eq!(wrapped.split_whitespace().collect::<Vec<_>>(), usage.split_whitespace().collect::<Vec<_>>());
}
