//! `git spread-cron add`: create the branch of a new resource.

use std::path::Path;

use super::Context;
use super::poll::explain_record;
use crate::cli::AddArgs;
use crate::core::files::{TreeFile, TreeFileKind};
use crate::core::message::Message;
use crate::core::name::ResourceName;
use crate::core::options::{Key, command, value_pattern, write_env, write_options};
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::git::branches::{self, Source};
use crate::git::plant::{self, PlantError};
use crate::git::publish::publish;
use crate::git::record::{FixedDates, Scribe};
use crate::git::update::{Update, Verdict};
use crate::ui::Ui;

pub(super) fn run(args: &AddArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let name = ResourceName::new(&args.branch)
        .map_err(|reason| CommandError::usage(reason).hint("choose another name, such as snapd-core-edge"))?;
    let message = Message::new(args.message.as_bytes()).map_err(|err| {
        CommandError::usage(err.to_string()).hint("the message becomes the subject of commits: MESSAGE (VALUE)")
    })?;
    if args.extractor.trim().is_empty() {
        return Err(
            CommandError::usage("the extractor is empty").hint("give the command that prints the present value")
        );
    }
    let mut settings = vec![(Key::Message, message.as_str()), (Key::PatternExtractor, args.extractor.as_str())];
    settings.extend(args.value_pattern.as_deref().map(|text| (Key::ValuePattern, text)));
    if args.manual {
        settings.push((Key::Manual, "true"));
    }
    for (key, text) in
        [(Key::TargetRepo, &args.target_repo), (Key::TargetRef, &args.target_ref), (Key::Spread, &args.spread)]
    {
        settings.extend(text.as_ref().map(|text| (key, text.as_str())));
    }
    if let Some(pattern) = &args.value_pattern {
        value_pattern(pattern.as_bytes()).map_err(|err| CommandError::usage(err.to_string()))?;
    }
    if let Some(spread) = &args.spread {
        command(spread.as_bytes()).map_err(|err| CommandError::usage(err.to_string()))?;
    }
    let options = write_options(&settings);
    if args.dry_run {
        ui.raw(options.as_bytes());
        return Ok(Exit::Success);
    }
    let mut context = Context::new(environment, &args.source)?;
    context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
    let files = files(args, &context, &name, options)?;
    let repo = context.repository.local();
    refuse_existing(&context, &repo, &name)?;
    let start = args.start_point.as_deref().map(|start| plant::start_point(&repo, start)).transpose();
    let start = start.map_err(|err| cannot_plant(&name, err))?;
    let fixed_dates = FixedDates::of(environment);
    let scribe = Scribe::new(&repo, &fixed_dates, environment.now()).map_err(explain_record)?;
    let tree = plant::write_tree(&repo, start, &files).map_err(|err| cannot_plant(&name, err))?;
    let commit = scribe.write(&repo, tree, start, &format!("Add resource {name}")).map_err(explain_record)?;
    let update = Update { branch: name.to_string(), old: None, new: commit };
    let Context { repository, git, source, .. } = &context;
    let (verdicts, _) = publish(repository, git, source, &scribe, &[update], "spread-cron: add")
        .map_err(|err| CommandError::cannot("cannot begin to change references").because(err))?;
    let verdict = verdicts.into_iter().next().expect("one update has one verdict");
    conclude(verdict, &name, &context.source, args.manual, ui)
}

/// The files of the branch, all in the resource directory.
fn files(
    args: &AddArgs,
    context: &Context,
    name: &ResourceName,
    options: String,
) -> Result<Vec<TreeFile>, CommandError> {
    let path = context.paths.of(name.as_str()).next().unwrap_or_default();
    let directory = path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
    let text = |path: String, text: String| TreeFile {
        path,
        kind: TreeFileKind::File { executable: false },
        data: text.into_bytes(),
    };
    let mut files = vec![text(path, options)];
    if let Some(actions) = &args.actions {
        let name_in_tree = format!("{directory}actions.sh");
        files.push(plant::read_file(actions, name_in_tree, true).map_err(|err| cannot_plant(name, err))?);
    }
    if let Some(custom) = &args.custom {
        files.extend(custom_files(custom, &directory).map_err(|err| cannot_plant(name, err))?);
    }
    if !args.env.is_empty() {
        let path = format!("{directory}custom/env.sh");
        if files.iter().any(|file| file.path == path) {
            return Err(CommandError::usage("--env and an env.sh in the folder of --custom exclude each other")
                .hint("add the variables to that env.sh"));
        }
        files.push(text(path, write_env(&args.env)));
    }
    Ok(files)
}

fn custom_files(custom: &Path, directory: &str) -> Result<Vec<TreeFile>, PlantError> {
    plant::read_folder(custom, &format!("{directory}custom"))
}

fn cannot_plant(name: &ResourceName, err: PlantError) -> CommandError {
    let hint = match &err {
        PlantError::StartPoint(_) => "name a branch, a tag, HEAD or a full commit id",
        PlantError::Read(..)
        | PlantError::Kind(_)
        | PlantError::Name(_)
        | PlantError::Git(_)
        | PlantError::TooLarge(_) => "check --actions and --custom",
        PlantError::Write(_) => "check the repository: git fsck",
    };
    CommandError::cannot(format!("cannot create {name}")).because(err).hint(hint)
}

/// Says at once what the compare-and-swap would find out later.
fn refuse_existing(context: &Context, repo: &gix::Repository, name: &ResourceName) -> Result<(), CommandError> {
    let reference = format!("{}{name}", context.source.prefix());
    let found = branches::tip(repo, &reference).map_err(|err| CommandError::cannot(chain(&err)))?;
    match found {
        Some(_) => Err(exists(name, &context.source)),
        None => Ok(()),
    }
}

fn exists(name: &ResourceName, source: &Source) -> CommandError {
    let place = source.remote().map(|remote| format!(" on {remote}")).unwrap_or_default();
    CommandError::cannot(format!("the branch {name} exists already{place}"))
        .hint("choose another name, or change its options file with a commit")
}

fn conclude(
    verdict: Verdict,
    name: &ResourceName,
    source: &Source,
    manual: bool,
    ui: &mut Ui,
) -> Result<Exit, CommandError> {
    let place = source.remote().map(|remote| format!(" on {remote}")).unwrap_or_default();
    let cannot = || CommandError::cannot(format!("cannot create the branch {name}{place}"));
    match verdict {
        Verdict::Landed => {
            let force = if manual { "--force " } else { "" };
            ui.status(&format!(
                "Created {name}{place}. Record its first value with: git spread-cron poll {force}{name}"
            ));
            Ok(Exit::Success)
        }
        Verdict::Moved | Verdict::Gone => Err(exists(name, source)),
        Verdict::Declined(words) => Err(cannot().because(format!("the remote declined it: {words}"))),
        Verdict::Failed(reason) => {
            Err(cannot().because(reason).hint("run the same command again: it never overwrites a branch"))
        }
    }
}
