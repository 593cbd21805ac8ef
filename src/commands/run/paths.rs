//! Where a launch works and what it leaves where: the workspace, the log, the folder of `--out`.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::RunArgs;
use crate::core::name::{ResourceName, short_hash};
use crate::core::secrets::{Redactor, Secrets};
use crate::environment::Environment;
use crate::error::{CommandError, chain};
use crate::files::real;
use crate::git::repository::Repository;
use crate::launch::artifacts::{LOGS, Out, OutError, forget_result, replaces};
use crate::launch::cache_folder;
use crate::launch::workspace::WorkspaceError;
use crate::process::Stream;
use crate::ui::Ui;

/// The files that keep the output, each for as long as it can be written to.
#[derive(Default)]
pub(super) struct Log {
    files: Vec<(File, PathBuf)>,
    secrets: Secrets,
    stdout: Redactor,
    stderr: Redactor,
}

impl Log {
    /// Opens the file that the command line names. What it holds stays until [`Log::begin`].
    pub(super) fn open(args: &RunArgs, environment: &Environment) -> Result<Self, CommandError> {
        let Some(path) = args.log.as_deref().filter(|_| !args.dry_run && !args.discard) else {
            return Ok(Log::default());
        };
        let path = environment.working_directory().join(path);
        match OpenOptions::new().write(true).create(true).truncate(false).open(&path) {
            Ok(file) => Ok(Log { files: vec![(file, path)], ..Log::default() }),
            Err(err) => Err(CommandError::cannot(format!("cannot write the log {}", path.display()))
                .because(err)
                .hint("name another file: --log FILE")),
        }
    }

    /// The output begins, and goes to this file, too, without these secrets.
    pub(super) fn begin(&mut self, more: Option<(File, PathBuf)>, secrets: &Secrets, ui: &mut Ui) {
        self.secrets = secrets.clone();
        let is_file = |file: &File| file.metadata().is_ok_and(|metadata| metadata.is_file());
        self.retain(ui, |file| if is_file(file) { file.set_len(0) } else { Ok(()) });
        self.files.extend(more);
    }

    /// Shows and keeps a piece of the output.
    pub(super) fn write(&mut self, stream: Stream, piece: &[u8], ui: &mut Ui) {
        let clean = match stream {
            Stream::Stdout => self.stdout.push(piece, &self.secrets),
            Stream::Stderr => self.stderr.push(piece, &self.secrets),
        };
        self.pass(stream, &clean, ui);
    }

    /// The output has ended: nothing waits any more for the rest of what could be a secret.
    pub(super) fn end(&mut self, ui: &mut Ui) {
        let (stdout, stderr) = (self.stdout.finish(&self.secrets), self.stderr.finish(&self.secrets));
        self.pass(Stream::Stdout, &stdout, ui);
        self.pass(Stream::Stderr, &stderr, ui);
    }

    fn pass(&mut self, stream: Stream, clean: &[u8], ui: &mut Ui) {
        if clean.is_empty() {
            return;
        }
        match stream {
            Stream::Stdout => ui.pass_stdout(clean),
            Stream::Stderr => ui.pass_stderr(clean),
        }
        self.retain(ui, |file| file.write_all(clean));
    }

    /// A text of others without the secrets.
    pub(super) fn clean<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.secrets.hidden_in(text)
    }

    fn retain(&mut self, ui: &mut Ui, mut work: impl FnMut(&mut File) -> io::Result<()>) {
        self.files.retain_mut(|(file, path)| match work(file) {
            Ok(()) => true,
            Err(err) => {
                ui.warning(&format!("cannot write the log {} any more: {err}", path.display()));
                false
            }
        });
    }
}

/// The folder of `--out`, if there is to be one.
pub(super) fn out_folder(args: &RunArgs, environment: &Environment) -> Option<PathBuf> {
    args.out.as_ref().filter(|_| !args.dry_run).map(|folder| environment.working_directory().join(folder))
}

/// Takes the folder of `--out`.
pub(super) fn prepare_out(folder: &Path) -> Result<Out, CommandError> {
    Out::prepare(folder).map_err(|err| {
        let hint = match &err {
            OutError::Foreign(_) => "name another folder, or move that one away: --out DIR",
            OutError::Create(..)
            | OutError::Look(..)
            | OutError::Remove(..)
            | OutError::Write(..)
            | OutError::Copy(..) => "name another folder: --out DIR",
        };
        CommandError::cannot(format!("cannot use {} for what the launch leaves", folder.display()))
            .because(err)
            .hint(hint)
    })
}

/// A reader of the folder must not take an earlier launch for this one, which came to nothing.
pub(super) fn forget_earlier(folder: Option<&Path>, ui: &mut Ui) {
    if let Some(Err(err)) = folder.map(forget_result) {
        ui.warning(&chain(&err));
    }
}

/// The log must not be one of the files that `--out` replaces.
pub(super) fn require_apart(args: &RunArgs, environment: &Environment) -> Result<(), CommandError> {
    if let (Some(log), Some(out)) = (&args.log, &args.out) {
        let [log, out] = [log, out].map(|path| real(&environment.working_directory().join(path)));
        if replaces(&out, &log) {
            let what = format!("the log {} is what --out replaces", log.display());
            return Err(CommandError::usage(what).hint("name another file: --log FILE"));
        }
    }
    Ok(())
}

/// The workspace is cleared, and what lies in it would be lost.
pub(super) fn require_outside(args: &RunArgs, environment: &Environment, workspace: &Path) -> Result<(), CommandError> {
    let workspace = real(workspace);
    if let Some(log) = args.log.as_ref().map(|log| environment.working_directory().join(log))
        && real(&log).starts_with(&workspace)
    {
        let what = format!("the log {} lies in the workspace, which is cleared", log.display());
        return Err(CommandError::usage(what).hint("name another file: --log FILE"));
    }
    let Some(out) = args.out.as_ref().map(|out| environment.working_directory().join(out)) else { return Ok(()) };
    let hint = "name another folder: --out DIR";
    if real(&out).starts_with(&workspace) {
        let what = format!("{} lies in the workspace, which is cleared", out.display());
        return Err(CommandError::usage(what).hint(hint));
    }
    let logs = out.join(LOGS);
    if workspace.starts_with(real(&logs)) {
        let what = format!("the workspace lies in {}, which is cleared", logs.display());
        return Err(CommandError::usage(what).hint(hint));
    }
    Ok(())
}

/// Where the launch works.
pub(super) fn workspace_folder(
    args: &RunArgs,
    environment: &Environment,
    repository: &Repository,
    name: &ResourceName,
) -> Result<PathBuf, CommandError> {
    if let Some(folder) = &args.workspace {
        return Ok(environment.working_directory().join(folder));
    }
    let cache = cache_folder(environment).ok_or_else(|| {
        CommandError::cannot("there is no place for a workspace: neither XDG_CACHE_HOME nor HOME is set")
            .hint("name a folder: --workspace DIR")
    })?;
    // Resources of other repositories may have the same name.
    let repository = short_hash(&repository.common_dir().to_string_lossy());
    Ok(cache.join("workspaces").join(format!("{}-{repository}", name.slug())))
}

pub(super) fn explain(err: WorkspaceError) -> CommandError {
    let hint = match &err {
        WorkspaceError::Busy(_) => "wait for it, end it, or work elsewhere: --workspace DIR",
        WorkspaceError::Create(..)
        | WorkspaceError::Look(..)
        | WorkspaceError::Foreign(_)
        | WorkspaceError::NotAFolder(_)
        | WorkspaceError::Lock(..)
        | WorkspaceError::Remove(..)
        | WorkspaceError::Write(..) => "name an empty folder, or one that is not there yet: --workspace DIR",
    };
    CommandError::cannot("cannot take the workspace").because(err).hint(hint)
}
