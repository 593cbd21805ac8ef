//! `add` where the files of resources lie in folders of the default branch: writing such a folder into the work tree, and
//! switching one on by creating its branch.
//!
//! Index and `HEAD` are never touched, and nothing is overwritten.

use std::fs;
use std::path::{Path, PathBuf};

use super::choose::WantedResource;
use super::place;
use crate::cli::AddArgs;
use crate::commands::notices::warn_removed_lock;
use crate::commands::publishing::publish_updates;
use crate::context::Context;
use crate::core::layout::Layout;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::files;
use crate::git::bring::{bring_default, lacks_default};
use crate::git::commit_writer::{CommitWriter, FixedDates};
use crate::git::places::Places;
use crate::git::tracking::Tracking;
use crate::git::update::{Update, Verdict};
use crate::resources::places;
use crate::ui::Ui;

/// Whether nothing but the name of a branch is given.
pub(super) fn is_name_alone(args: &AddArgs) -> bool {
    let AddArgs { message, extractor, value_pattern, target_repo, target_ref, spread, .. } = args;
    let settings = [message, extractor, value_pattern, target_repo, target_ref, spread];
    args.branch.is_some()
        && settings.iter().all(|setting| setting.is_none())
        && args.from.is_empty()
        && args.kind.is_none()
        && args.keys.is_empty()
        && args.env.is_empty()
        && args.actions.is_none()
        && args.custom.is_none()
        && args.start_point.is_none()
        && !args.manual
}

/// Switches the resource on, if it has a folder: its branch is created at the tip of the default branch. None where the
/// layout is that of branches.
pub(super) fn switch_on(args: &AddArgs, environment: &Environment, ui: &mut Ui) -> Result<Option<Exit>, CommandError> {
    let name = args.branch.as_deref().unwrap_or_default();
    let mut context = match Context::new(environment, &args.source) {
        Ok(context) => context,
        // Without a repository, what is missing is a message all the same.
        Err(_) => return Ok(None),
    };
    context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
    if let Some(remote) = context.source.remote().map(str::to_owned)
        && lacks_default(&context.repository, &remote)
        && let Some(brought) = bring_default(&context.repository, &context.git, &remote)?
    {
        brought.removed.iter().for_each(|path| warn_removed_lock(path, ui));
        context.repository = brought.repository;
    }
    let Context { repository, git, source, paths, .. } = &context;
    let (Places::Folders(folders), _) = places(repository, git, paths)? else { return Ok(None) };
    let repo = repository.local();
    let default = &folders.default;
    let found = folders.find(&repo, name);
    let found = found.map_err(|err| CommandError::cannot(chain(&err)).hint("check the repository: git fsck"))?;
    let Some(located) = found else {
        let lacking = paths.in_folders().map(|pattern| pattern.of(name)).collect::<Vec<_>>().join(" and no ");
        return Err(CommandError::usage(format!(
            "{} has no {lacking}, so there is nothing to switch on",
            default.name
        ))
        .hint("write it with --message TEXT and --extractor COMMAND, commit it, and run this again"));
    };
    let place_of_options = located.origin.place();
    if args.dry_run {
        ui.line(&format!("Would create the branch {name}{} at {}: {place_of_options}", place(source), default.tip));
        return Ok(Some(Exit::Success));
    }
    let writer = CommitWriter::new(&repo, git, FixedDates::of(environment), environment.now())?;
    let updates = [Update::branch(&Tracking::of(&repo, source), name, None, default.tip)];
    let verdicts = publish_updates(&context, &writer, &updates, "spread-cron: add", ui)?;
    let cannot = || CommandError::cannot(format!("cannot create the branch {name}{}", place(source)));
    match verdicts.into_iter().next() {
        Some(Verdict::Landed) => {
            let poll = format!("git spread-cron poll {}", shell_words::quote(name));
            ui.status(&format!(
                "Switched {name} on{}: its files are {place_of_options}. Record its first value with: {poll}",
                place(source)
            ));
            Ok(Some(Exit::Success))
        }
        Some(Verdict::Declined(words)) => Err(cannot().because(format!("the remote declined it: {words}"))),
        Some(Verdict::Failed(reason)) => Err(cannot().because(reason)),
        Some(Verdict::Moved | Verdict::Gone) | None => {
            Err(CommandError::cannot(format!("the branch {name} exists already{}", place(source)))
                .hint(format!("it is switched on; look at it: git spread-cron status {}", shell_words::quote(name))))
        }
    }
}

/// Whether new resources become folders in the work tree.
pub(super) fn are_written(context: &Context) -> Result<bool, CommandError> {
    let Context { repository, git, paths, .. } = context;
    Ok(places(repository, git, paths)?.0.layout() == Layout::Folder)
}

/// Writes the folder of each resource into the work tree, and says what to commit and what to run then.
pub(super) fn write(
    context: &Context,
    wanted: &[WantedResource],
    many: bool,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let repo = context.repository.local();
    let Some(root) = repo.workdir().map(Path::to_owned) else {
        return Err(CommandError::cannot(
            "the files of resources lie on the default branch, and there is no work tree",
        )
        .hint("run it in a clone with a work tree, or give the branch files of its own: --layout branch"));
    };
    let (mut written, mut exit) = (Vec::new(), Exit::Success);
    for WantedResource { resource, .. } in wanted {
        match write_one(context, &root, resource) {
            Ok(folder) => written.push((resource.name.to_string(), folder)),
            Err(err) if many => {
                ui.error(&err);
                exit = Exit::SomeFailed;
            }
            Err(err) => return Err(err),
        }
    }
    let quoted = |texts: Vec<&str>| shell_words::join(texts);
    let names = written.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
    if !names.is_empty() {
        let folders = written.iter().map(|(_, folder)| folder.as_str()).collect::<Vec<_>>();
        let what = match folders.as_slice() {
            [folder] => format!("Wrote {folder}/."),
            folders => format!("Wrote {} folders.", folders.len()),
        };
        let subject = if names.len() == 1 { format!("Watch {}", names[0]) } else { "Watch more".to_owned() };
        ui.status(&format!(
            "{what} Commit and push on the default branch: git add {} && git commit -m {} && git push",
            quoted(folders),
            shell_words::quote(&subject)
        ));
        for name in names {
            ui.status(&format!("Then switch it on: git spread-cron add {}", shell_words::quote(name)));
        }
    }
    Ok(exit)
}

/// Gives the folder, relative to the work tree.
fn write_one(
    context: &Context,
    root: &Path,
    resource: &crate::core::new_resource::NewResource,
) -> Result<String, CommandError> {
    let name = resource.name.as_str();
    let options = context.paths.in_folders().next().map(|pattern| pattern.of(name)).unwrap_or_default();
    let folder = options.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let cannot = || CommandError::cannot(format!("cannot write the folder of {name}"));
    let mut path = PathBuf::from(root);
    for part in folder.split('/').filter(|part| !part.is_empty()) {
        path.push(part);
        // A link could lead out of the work tree.
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(cannot().because(format!("{} is no folder", path.display())).hint("move it away"));
        }
    }
    let is_there = if folder.is_empty() { root.join(&options) } else { path.clone() };
    if fs::symlink_metadata(&is_there).is_ok() {
        return Err(CommandError::cannot(format!("{} is there already, and is not overwritten", is_there.display()))
            .hint(format!("change it by hand, or switch it on: git spread-cron add {}", shell_words::quote(name))));
    }
    files::fill(root, resource.tree(&options).iter()).map_err(|err| cannot().because(err))?;
    Ok(folder)
}
