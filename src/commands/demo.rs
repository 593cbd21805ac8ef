//! `demo`: the main job, played through with real commands in a folder of its own.
//!
//! [`script`] says which commands; [`play`] hands each to `sh` and passes on what it prints, line by line. Whatever the
//! caller's git configuration and environment hold must not reach these commands.

mod script;

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::cli::DemoArgs;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::ui::{Paint, Ui};
use script::{DemoFolders, DemoLine, DemoStep};

/// The file name under which git finds this program.
const PROGRAM: &str = "git-spread-cron";

/// Where commands are looked for if the environment does not say so.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Runs the command.
pub(super) fn run(args: &DemoArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let variables = environment.variables().collect::<Vec<_>>();
    let around =
        Caller { program: environment.program(), variables: &variables, directory: environment.working_directory() };
    play(args, &around, &mut |line| {
        match line {
            DemoLine::Remark(text) => ui.line(&text),
            DemoLine::Command(text) => ui.line(&ui.paint(Paint::Strong, &format!("$ {text}"))),
            DemoLine::Output(text) => ui.line(&text),
        }
        // Each line is shown when it comes.
        ui.flush();
    })?;
    Ok(Exit::Success)
}

/// The process that the demo is started from.
struct Caller<'a> {
    /// This very executable.
    program: &'a Path,
    /// The environment.
    variables: &'a [(OsString, OsString)],
    /// The working directory.
    directory: &'a Path,
}

impl Caller<'_> {
    fn variable(&self, name: &str) -> Option<&OsStr> {
        let found = self.variables.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_os_str())
    }

    fn search_path(&self) -> &OsStr {
        self.variable("PATH").unwrap_or(OsStr::new(USUAL_PATH))
    }

    fn has(&self, program: &str) -> bool {
        std::env::split_paths(self.search_path()).any(|folder| folder.join(program).is_file())
    }

    /// The folder of this executable, if git finds it there once the folder is searched.
    fn folder_of_program(&self) -> Option<&Path> {
        let named_so = self.program.file_name() == Some(OsStr::new(PROGRAM));
        self.program.parent().filter(|folder| named_so && !folder.as_os_str().as_bytes().contains(&b':'))
    }
}

/// Plays the demo and passes on its lines.
///
/// # Errors
///
/// A folder that is not empty, or a command that ends in another way than it should.
fn play(args: &DemoArgs, around: &Caller<'_>, tell: &mut dyn FnMut(DemoLine)) -> Result<(), CommandError> {
    let folder = create_folder(args, around)?;
    let Some(path) = folder.to_str() else {
        return Err(CommandError::usage(format!("the path of the demo is not UTF-8: {}", folder.display()))
            .hint("name another folder: git spread-cron demo DIR"));
    };
    let folders = DemoFolders::below(path);
    let world = folder.join("world");
    std::fs::create_dir(&world)
        .map_err(|err| CommandError::cannot(format!("cannot create {}", world.display())).because(err))?;

    let typed = match around.folder_of_program() {
        Some(_) => "git spread-cron".to_owned(),
        None => shell_words::quote(&around.program.to_string_lossy()).into_owned(),
    };
    let mut directory = folder.clone();
    for step in script::steps(&folders, &typed, around.has("jq")) {
        match step {
            DemoStep::Say(text) => tell(DemoLine::Remark(text)),
            DemoStep::Enter(name) => {
                tell(DemoLine::Command(format!("cd {}", shell_words::quote(&name))));
                directory.push(name);
            }
            DemoStep::Run { command, exit } => {
                tell(DemoLine::Command(command.clone()));
                execute(&command, exit, &directory, &world, around, tell)?;
            }
        }
    }
    for line in script::farewell(&folders, &typed_later(around)) {
        tell(line);
    }
    Ok(())
}

/// How the program is started when the demo is over, with the search path of the caller.
fn typed_later(around: &Caller<'_>) -> String {
    let mut searched = std::env::split_paths(around.search_path());
    match around.folder_of_program() {
        Some(folder) if searched.any(|path| path == folder) => "git spread-cron".to_owned(),
        Some(_) | None => shell_words::quote(&around.program.to_string_lossy()).into_owned(),
    }
}

fn create_folder(args: &DemoArgs, around: &Caller<'_>) -> Result<PathBuf, CommandError> {
    let Some(named) = &args.dir else {
        let parent = around.directory.join(around.variable("TMPDIR").unwrap_or(OsStr::new("/tmp")));
        let created = tempfile::Builder::new().prefix("git-spread-cron-demo-").tempdir_in(&parent);
        return created.map(tempfile::TempDir::keep).map_err(|err| {
            CommandError::cannot(format!("cannot create a folder in {}", parent.display()))
                .because(err)
                .hint("name a folder: git spread-cron demo DIR")
        });
    };
    let folder = around.directory.join(named);
    let cannot = |err| CommandError::cannot(format!("cannot create {}", folder.display())).because(err);
    match std::fs::read_dir(&folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(folder),
        Ok(false) => Err(CommandError::usage(format!("{} is not empty", named.display()))
            .hint("name a folder that is empty or not there yet")),
        Err(err) if err.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(&folder).map_err(cannot)?;
            Ok(folder)
        }
        Err(err) => Err(cannot(err)),
    }
}

/// Runs a line of shell, and passes on what it prints.
fn execute(
    command: &str,
    exit: Exit,
    directory: &Path,
    world: &Path,
    around: &Caller<'_>,
    tell: &mut dyn FnMut(DemoLine),
) -> Result<(), CommandError> {
    let cannot = |err| CommandError::cannot(format!("cannot run {command}")).because(err);
    // One pipe for both, so that the lines come in the order in which they were printed.
    let (reader, writer) = std::io::pipe().map_err(cannot)?;
    let mut child = {
        let mut shell = shell(world, around);
        shell.args(["-c", command]).current_dir(directory).stdin(Stdio::null());
        shell.stdout(writer.try_clone().map_err(cannot)?).stderr(writer);
        // Our own ends of the pipe are closed here, or it would never end.
        shell.spawn().map_err(cannot)?
    };
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).map_err(cannot)? > 0 {
        tell(DemoLine::Output(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()));
        line.clear();
    }
    let status = child.wait().map_err(cannot)?;
    judge(command, exit, status)
}

fn judge(command: &str, wanted: Exit, status: ExitStatus) -> Result<(), CommandError> {
    match (status.code(), status.signal()) {
        (Some(code), _) if code == i32::from(wanted.code()) => Ok(()),
        (Some(130), _) | (None, Some(_)) => Err(CommandError::interrupted(format!("{command} was interrupted"))),
        (code, _) => Err(CommandError::cannot(format!(
            "{command} ended with {}, not with {}",
            code.unwrap_or_default(),
            wanted.code()
        ))),
    }
}

/// A shell that sees neither the caller's git configuration nor its git variables.
fn shell(world: &Path, around: &Caller<'_>) -> Command {
    let mut shell = Command::new("sh");
    let kept = |name: &OsStr| {
        let name = name.as_bytes();
        [&b"TMPDIR"[..], b"TZ", b"LANG", b"LANGUAGE", b"LD_LIBRARY_PATH"].contains(&name) || name.starts_with(b"LC_")
    };
    shell.env_clear().envs(around.variables.iter().filter(|(name, _)| kept(name)).map(|(name, value)| (name, value)));
    let mut path = around.folder_of_program().map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
    if !path.is_empty() {
        path.push(":");
    }
    path.push(around.search_path());
    // A home without a .gitconfig.
    shell.env("PATH", path).env("HOME", world).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    shell
}

#[cfg(test)]
mod tests;
