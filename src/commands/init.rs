//! `git spread-cron init`: write the workflow that polls and launches on GitHub.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::notices::some_of;
use crate::cli::{InitArgs, SourceArgs};
use crate::context::Context;
use crate::core::github::hosted::Hosted;
use crate::core::layout::Layout;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::files::create_whole;
use crate::git::repository::Repository;
use crate::resources::{layout, started_by_push};
use crate::ui::Ui;

/// What is written, but for the address of the workflow that it calls.
const TEMPLATE: &str = include_str!("init/workflow.yml");

/// The folders on the way to the file, and the file.
const FOLDERS: [&str; 2] = [".github", ".github/workflows"];
const FILE: &str = ".github/workflows/spread-cron.yml";

/// What to do where the address is of no use.
const USES: &str = "name the repository that hosts the actions: git spread-cron init --uses OWNER/REPO";

/// The home of the project: the server, and the repository there.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const GUIDE: &str = "action/README.md";

pub(super) fn run(args: &InitArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let (server, home) = home()?;
    if args.dry_run {
        // Outside of a repository there is no file that could say more.
        let there = work_tree(environment).ok().and_then(|root| remembered(&root));
        ui.raw(workflow(&args.uses.clone().or(there).unwrap_or(home)).as_bytes());
        return Ok(Exit::Success);
    }
    let root = work_tree(environment)?;
    let hosted = args.uses.clone().or_else(|| remembered(&root)).unwrap_or(home);
    let text = workflow(&hosted);
    let path = root.join(FILE);
    // Another process may be about to write it.
    let created = match look(&path)? {
        There::Nothing => create(&root, &path, &text)?,
        There::File(_) | There::Other => false,
    };
    let shown = path.display();
    if created {
        ui.status(&format!("Wrote {shown}."));
        tell_surroundings(environment, ui);
        ui.status("Commit it on the default branch and push it: GitHub takes schedules from nowhere else.");
        ui.status(
            "Add a resource, if there is none yet: git spread-cron add BRANCH --message TEXT --extractor COMMAND",
        );
        ui.status(&format!("Read on: {}", hosted.page(server, GUIDE)));
        return Ok(Exit::Success);
    }
    match look(&path)? {
        There::File(there) if is_same(&there, &text) => {
            ui.status(&format!("{shown} is there already, as it would be written."));
            tell_surroundings(environment, ui);
            Ok(Exit::Success)
        }
        There::Nothing | There::File(_) | There::Other => {
            Err(CommandError::cannot(format!("{shown} is there already, and is not overwritten"))
                .hint("see what would be written: git spread-cron init --dry-run"))
        }
    }
}

/// Says which layout was found, and which branches have workflows of their own. A repository in which it cannot be told
/// gets its workflow all the same.
fn tell_surroundings(environment: &Environment, ui: &mut Ui) {
    let Ok(context) = Context::new(environment, &SourceArgs::default()) else { return };
    match layout(&context.repository, &context.git, &context.paths) {
        Ok(Layout::Folder) => {
            ui.status(
                "The layout is that of folders: the files of resources lie on the default branch, in branches/NAME/.",
            );
        }
        Ok(Layout::Branch) => {
            ui.status("The layout is that of branches: the files of a resource lie on its own branch.");
        }
        Err(_) => {}
    }
    warn_of_workflows(&context, ui);
}

/// Warns of branches whose own files start something for each push.
fn warn_of_workflows(context: &Context, ui: &mut Ui) {
    let Ok(gathered) = context.gather(&[], |_, resource| resource.branch) else { return };
    let branches: Vec<_> = gathered.resources.iter().collect();
    let started = started_by_push(&context.repository, &context.git, &branches);
    let found = branches.iter().zip(started).filter(|(_, paths)| !paths.is_empty());
    let (names, paths): (Vec<String>, Vec<Vec<String>>) =
        found.map(|(branch, paths)| (branch.name.to_string(), paths)).unzip();
    if names.is_empty() {
        return;
    }
    let paths: BTreeSet<String> = paths.into_iter().flatten().collect();
    let (branches, paths) = (some_of(&names), some_of(&paths.into_iter().collect::<Vec<_>>()));
    ui.warning(&format!("each push to these branches starts workflows of their own ({paths}): {branches}"));
    ui.status(
        "A push with the token of a person or an app starts them besides the new launches. Switch them off: gh workflow disable NAME",
    );
}

/// The file as this version writes it.
fn workflow(hosted: &Hosted) -> String {
    TEMPLATE.replace("@USES@", &hosted.workflow())
}

/// The server and the repository of the project, at the tag of this version.
fn home() -> Result<(&'static str, Hosted), CommandError> {
    let cannot = || CommandError::cannot(format!("{HOME} is not the address of a repository")).hint(USES);
    let path = HOME.match_indices('/').nth(2).map(|(at, _)| at).ok_or_else(cannot)?;
    let hosted = Hosted::parse(&HOME[path + 1..], VERSION).map_err(|err| cannot().because(err))?;
    Ok((&HOME[..path], hosted))
}

/// The repository that the file in this work tree calls.
fn remembered(root: &Path) -> Option<Hosted> {
    match look(&root.join(FILE)) {
        Ok(There::File(text)) => Hosted::in_workflow(&String::from_utf8_lossy(&text)),
        Ok(There::Nothing | There::Other) | Err(_) => None,
    }
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
        let (server, home) = home().unwrap();
        assert_eq!(home.page(server, "x"), format!("{HOME}/blob/v{VERSION}/x"));
        let text = workflow(&home);
        assert!(text.contains(&format!("uses: {} #", home.workflow())) && !text.contains("@USES@"), "{text}");
        assert_eq!(Hosted::in_workflow(&text), Some(home));
        assert!(!text.contains('\r') && text.ends_with('\n') && !text.contains('\t'));
    }

    #[test]
    fn line_ends_do_not_matter() {
        assert!(is_same(b"a\r\nb\n", "a\nb\n") && !is_same(b"a\nb", "a\nb\n"));
    }
}
