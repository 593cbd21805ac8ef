//! `completions`: the completion script of a shell, made from the command line's own definition.
//!
//! clap writes the options and commands; the files beside this one add what clap cannot know: how git hands over to
//! `git spread-cron`, and which names there are to complete. Must not print: it gives bytes away.

use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::{Shell, generate};

use crate::cli::{Cli, CompletionShell};
use crate::core::declared::kinds::{KINDS, KindEntry};

/// The program that is completed.
const PROGRAM: &str = "git-spread-cron";

/// The name that clap knows the program by when it writes for bash: with a hyphen in the name, the function that it
/// writes never recognizes a command.
const BASH_PROGRAM: &str = "git_spread_cron_words";

/// What git's completion and bash call, in front of the function that clap wrote.
const BASH_HOOK: &str = include_str!("completions/hook.bash");

/// The functions that list names, for zsh.
const ZSH_NAMES: &str = include_str!("completions/names.zsh");

/// The lines that complete names, for fish.
const FISH_NAMES: &str = include_str!("completions/names.fish");

/// The commands that take names of resources.
const NAMING_COMMANDS: [&str; 11] =
    ["poll", "status", "log", "lint", "run", "result", "pending", "green", "remove", "pause", "resume"];

/// The completion script of `shell`.
pub(crate) fn script(shell: CompletionShell) -> Vec<u8> {
    match shell {
        CompletionShell::Bash => bash(),
        CompletionShell::Zsh => zsh(),
        CompletionShell::Fish => fish(),
    }
    .into_bytes()
}

fn bash() -> String {
    let written = written_by_clap(Shell::Bash, BASH_PROGRAM);
    // What follows the function registers it; the hook registers itself instead.
    let function = written.split_once("\nif [[ ").map_or(written.as_str(), |(function, _)| function);
    let hook = BASH_HOOK
        .replace("@COMMANDS@", &commands().join("|"))
        .replace("@NAMING_COMMANDS@", &NAMING_COMMANDS.join("|"))
        .replace("# @KEYS_OF_KINDS@", &keys_of_kinds(|kind, keys| format!("{kind}) printf '%s\\n' {keys} ;;")))
        .replace("@OPTIONS_WITH_VALUE@", &options_with_value().join("|"));
    format!("# Completion of git-spread-cron and git spread-cron for bash.\n\n{}\n\n{hook}", function.trim())
}

fn zsh() -> String {
    let written = written_by_clap(Shell::Zsh, PROGRAM)
        .replace(":_hosts'", ":_git-spread-cron_resources'")
        .replace(":_users'", ":_git-spread-cron_remotes'")
        .replace(":_absolute_command_paths'", ":_git-spread-cron_keys'");
    let of_catalog = |line: &str| match line.contains("--from=") {
        true => line.replace(":_email_addresses'", ":_git-spread-cron_catalog Entries'"),
        false => line.replace(":_email_addresses'", ":_git-spread-cron_catalog'"),
    };
    let written = written.lines().map(|line| of_catalog(line) + "\n").collect::<String>();
    let written =
        written.replace("\":: :_git-spread-cron__subcmd__catalog_commands\"", "\":: :_git-spread-cron_catalog_word\"");
    // zsh's `_git` shows what the second line says as the description of the command.
    let about = definition().get_about().map(ToString::to_string).unwrap_or_default();
    let start = format!("#compdef {PROGRAM}\n#description {about}\n");
    let names = ZSH_NAMES.replace("@KEYS_OF_KINDS@", &keys_of_kinds(|kind, keys| format!("{kind}) keys=({keys}) ;;")));
    // The names come before the last lines, which call the function while it is being loaded.
    written.replacen(&format!("#compdef {PROGRAM}\n"), &start, 1).replacen(
        "\nif [ \"$funcstack",
        &format!("\n{names}\nif [ \"$funcstack"),
        1,
    )
}

fn fish() -> String {
    let written = written_by_clap(Shell::Fish, PROGRAM)
        .replace("(__fish_print_hostnames)", "(__fish_git_spread_cron_resources)")
        .replace("(__fish_complete_users)", "(__fish_git_spread_cron_remotes)");
    let names = FISH_NAMES.replace("@NAMING_COMMANDS@", &NAMING_COMMANDS.join(" ")).replace(
        "@KEYS_OF_KINDS@",
        &keys_of_kinds(|kind, keys| format!("case {kind}\n            printf '%s\\n' {keys}")),
    );
    format!("{written}\n{names}")
}

/// A case of a shell for each kind of sources, with its keys.
fn keys_of_kinds(case: impl Fn(&str, &str) -> String) -> String {
    let of = |kind: &KindEntry| {
        let keys = kind.keys.iter().map(|key| format!("{}=", key.name)).collect::<Vec<_>>().join(" ");
        case(kind.name, &keys)
    };
    KINDS.iter().map(of).collect::<Vec<_>>().join("\n        ")
}

fn written_by_clap(shell: Shell, program: &str) -> String {
    let mut script = Vec::new();
    generate(shell, &mut definition(), program, &mut script);
    String::from_utf8(script).expect("clap writes text")
}

/// The command line with a hint at every value. clap takes a value without a hint for a file. It has no hints for
/// resources, remotes, what is in the catalog and keys: hosts, users, addresses and paths of commands, which we have none
/// of, stand for them.
fn definition() -> Command {
    let of_catalog = |arg: Arg| match arg.get_id().as_str() {
        "name" | "from" => arg.value_hint(ValueHint::EmailAddress),
        "keys" => arg.value_hint(ValueHint::ExecutablePath),
        _ => arg,
    };
    let hint = |arg: Arg| match (arg.get_id().as_str(), arg.get_value_hint()) {
        (_, ValueHint::EmailAddress | ValueHint::ExecutablePath) => arg,
        ("patterns" | "resource" | "resources", _) => arg.value_hint(ValueHint::Hostname),
        ("remote", _) => arg.value_hint(ValueHint::Username),
        (_, ValueHint::Unknown) if arg.get_action().takes_values() && arg.get_possible_values().is_empty() => {
            arg.value_hint(ValueHint::Other)
        }
        _ => arg,
    };
    let hints_of_catalog = |command: Command| match command.get_name() {
        "catalog" => without_positional("catalog", &command).mut_subcommands(|command| command.mut_args(of_catalog)),
        "add" => command.mut_args(of_catalog),
        _ => command,
    };
    Cli::command().mut_subcommands(|command| hints_of_catalog(command).mut_args(hint))
}

/// The command without what stands by itself: where clap sees that, it expects a command of this command only behind it.
fn without_positional(name: &'static str, command: &Command) -> Command {
    let args = command.get_arguments().filter(|arg| !arg.is_positional()).cloned().collect::<Vec<_>>();
    let about = command.get_about().cloned().unwrap_or_default();
    let nested = command.get_subcommands().cloned().collect::<Vec<_>>();
    Command::new(name).about(about).args(args).subcommands(nested).disable_help_subcommand(true)
}

/// The names of all commands.
fn commands() -> Vec<String> {
    let mut cli = Cli::command();
    cli.build();
    cli.get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Every option that the next word belongs to, as a pattern for `COMMAND OPTION`.
fn options_with_value() -> Vec<String> {
    let mut cli = Cli::command();
    cli.build();
    let mut patterns = BTreeSet::new();
    for command in cli.get_subcommands() {
        for option in command.get_opts() {
            let long = option.get_long().map(|long| format!("\"{} --{long}\"", command.get_name()));
            let short = option.get_short().map(|short| format!("\"{} -{short}\"", command.get_name()));
            patterns.extend(long.into_iter().chain(short));
        }
    }
    patterns.into_iter().collect()
}

#[cfg(test)]
mod tests;
