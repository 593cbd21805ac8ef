//! `git spread-cron init`: write the workflow that polls and launches on GitHub.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::cli::InitArgs;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::files::create_whole;
use crate::git::repository::Repository;
use crate::ui::Ui;

/// What is written, but for what a release says of itself.
const TEMPLATE: &str = include_str!("init/workflow.yml");

/// The folders on the way to the file, and the file.
const FOLDERS: [&str; 2] = [".github", ".github/workflows"];
const FILE: &str = ".github/workflows/spread-cron.yml";

/// The home of the project, and of the workflow that the written one calls.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");
const CALLED: &str = ".github/workflows/spread-cron.yml";
const GUIDE: &str = "action/README.md";

pub(super) fn run(args: &InitArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let text = workflow();
    if args.dry_run {
        ui.raw(text.as_bytes());
        return Ok(Exit::Success);
    }
    let root = work_tree(environment)?;
    let path = root.join(FILE);
    // Somebody else may be about to write it.
    let created = match look(&path)? {
        There::Nothing => create(&root, &path, &text)?,
        There::File(_) | There::Other => false,
    };
    let shown = path.display();
    if created {
        ui.status(&format!("Wrote {shown}."));
        ui.status("Commit it on the default branch and push it: GitHub takes schedules from nowhere else.");
        ui.status(
            "Add a resource, if there is none yet: git spread-cron add BRANCH --message TEXT --extractor COMMAND",
        );
        ui.status(&format!("Read on: {}", guide()));
        return Ok(Exit::Success);
    }
    match look(&path)? {
        There::File(there) if is_same(&there, &text) => {
            ui.status(&format!("{shown} is there already, as it would be written."));
            Ok(Exit::Success)
        }
        There::Nothing | There::File(_) | There::Other => {
            Err(CommandError::cannot(format!("{shown} is there already, and is not overwritten"))
                .hint("see what would be written: git spread-cron init --dry-run"))
        }
    }
}

/// The file as this version writes it.
fn workflow() -> String {
    let repository = HOME.strip_prefix("https://github.com/").unwrap_or(HOME);
    TEMPLATE.replace("@USES@", &format!("{repository}/{CALLED}@v{}", env!("CARGO_PKG_VERSION")))
}

fn guide() -> String {
    format!("{HOME}/blob/v{}/{GUIDE}", env!("CARGO_PKG_VERSION"))
}

/// What lies at a path. A link is never followed.
#[derive(Debug, PartialEq, Eq)]
enum There {
    Nothing,
    File(Vec<u8>),
    Other,
}

fn look(path: &Path) -> Result<There, CommandError> {
    let is_file = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(err) if is_missing(&err) => return Ok(There::Nothing),
        Err(err) => return Err(CommandError::cannot(format!("cannot look at {}", path.display())).because(err)),
    };
    if !is_file {
        return Ok(There::Other);
    }
    match fs::read(path) {
        Ok(there) => Ok(There::File(there)),
        Err(err) => Err(CommandError::cannot(format!("cannot read {}", path.display())).because(err)),
    }
}

/// What is on the way may be a file, which creating the folders complains about.
fn is_missing(err: &io::Error) -> bool {
    matches!(err.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Whether it is what would be written, git having changed the ends of its lines at most.
fn is_same(there: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(there).replace("\r\n", "\n") == text
}

/// Writes the file, unless something is there by now: then, it is false.
fn create(root: &Path, path: &Path, text: &str) -> Result<bool, CommandError> {
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        let cannot = || CommandError::cannot(format!("cannot create {}", path.display()));
        match fs::create_dir(&folder) {
            Err(err) if err.kind() != ErrorKind::AlreadyExists => return Err(cannot().because(err)),
            Ok(()) | Err(_) => {}
        }
        // GitHub looks into no folder behind a link, and who knows whose that is.
        if !fs::symlink_metadata(&folder).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(cannot()
                .because(format!("{} is no folder", folder.display()))
                .hint("move it away, or write the file yourself: git spread-cron init --dry-run"));
        }
    }
    match create_whole(path, text.as_bytes()) {
        Ok(()) => Ok(true),
        Err(err) if err.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(err) => Err(CommandError::cannot(format!("cannot write {}", path.display())).because(err)),
    }
}

/// The top of the work tree.
fn work_tree(environment: &Environment) -> Result<PathBuf, CommandError> {
    let repository = Repository::discover(environment)?;
    let repo = repository.local();
    let Some(root) = repo.workdir() else {
        return Err(CommandError::cannot(format!(
            "the repository at {} has no work tree to write to",
            repository.git_dir().display()
        ))
        .hint("run it in a clone, or write the file yourself: git spread-cron init --dry-run"));
    };
    root.canonicalize().map_err(|err| CommandError::cannot(format!("cannot find {}", root.display())).because(err))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_calls_the_workflow_of_this_version() {
        let text = workflow();
        let called = format!("uses: snapcore/git-spread-cron/{CALLED}@v{}", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&called) && !text.contains("@USES@"), "{text}");
        assert!(!text.contains('\r') && text.ends_with('\n') && !text.contains('\t'));
    }

    #[test]
    fn line_ends_do_not_matter() {
        assert!(is_same(b"a\r\nb\n", "a\nb\n") && !is_same(b"a\nb", "a\nb\n"));
    }
}
