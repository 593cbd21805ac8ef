//! `git spread-cron add`: create the branches of new resources, with one push.

mod choose;
mod folders;
mod words;

use std::collections::BTreeSet;

use self::choose::{Choice, FEW, WantedResource, choose};
use super::format::{count, width};
use super::listing::show_files;
use super::publishing::publish_updates;
use crate::cli::AddArgs;
use crate::context::Context;
use crate::core::authorship::add_message;
use crate::core::name::ResourceName;
use crate::core::new_resource::{NewResource, Obstacle, obstacle};
use crate::core::value::printable;
use crate::environment::Environment;
use crate::error::{CommandError, Exit, chain};
use crate::git::branches::{self, Source};
use crate::git::commit_writer::{CommitWriter, FixedDates};
use crate::git::repository::{OpenError, Repository};
use crate::git::tracking::Tracking;
use crate::git::tree::{self, TreeError};
use crate::git::update::{Update, Verdict};
use crate::ui::Ui;

pub(super) fn run(args: &AddArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    if folders::is_name_alone(args)
        && let Some(exit) = folders::switch_on(args, environment, ui)?
    {
        return Ok(exit);
    }
    let Choice { wanted, failures, many } = choose(args, environment)?;
    let mut outcome = AddedResources { many, failed: 0, created: Vec::new(), left: Vec::new(), refused: Vec::new() };
    failures.into_iter().try_for_each(|failure| outcome.fail(failure, ui))?;
    match wanted.as_slice() {
        [] => return Ok(outcome.exit()),
        [one] if args.dry_run && !many => {
            show_files(&one.resource.options, &one.resource.files, ui);
            warn_of_obstacle(&one.resource.name, args, environment, ui);
            one.doubt.iter().for_each(|doubt| ui.warning(doubt));
            return Ok(Exit::Success);
        }
        _ => {}
    }
    let mut context = Context::new(environment, &args.source)?;
    context.git.time_limit = args.network_timeout.unwrap_or(context.git.time_limit);
    let repo = context.repository.local();
    let existing = branches::list(&repo, &context.source)?.branches;
    let mut existing = existing.into_iter().map(|branch| branch.name.to_string()).collect::<BTreeSet<_>>();
    let fresh = sift(wanted, &existing, &context.source, &mut outcome, ui)?;
    if !args.dry_run && !fresh.is_empty() && folders::are_written(&context)? {
        let written = folders::write(&context, &fresh, many, ui)?;
        return Ok(if written == Exit::Success { outcome.exit() } else { written });
    }
    if args.dry_run {
        list(&fresh, ui);
    } else if !fresh.is_empty() {
        let verdicts = create(args, environment, &context, &fresh, ui)?;
        for (wanted, verdict) in fresh.into_iter().zip(verdicts) {
            outcome.conclude(wanted, verdict, &context.source, ui)?;
        }
        outcome.tell_refused(&context.source, ui)?;
    }
    outcome.tell(args, &context.source, ui);
    outcome.created.iter().filter_map(|wanted| wanted.doubt.as_ref()).for_each(|doubt| ui.warning(doubt));
    existing.extend(outcome.created.iter().map(|wanted| wanted.resource.name.to_string()));
    warn_of_missing(&outcome.created, &existing, &context.source, ui);
    Ok(outcome.exit())
}

/// What became of the resources.
struct AddedResources {
    /// Whether one that fails does not stop the others.
    many: bool,
    failed: usize,
    created: Vec<WantedResource>,
    /// The branches that existed already, and that were not named one by one.
    left: Vec<ResourceName>,
    /// The branches that could not be published, by what became of them: many have one reason.
    refused: Vec<(Verdict, Vec<ResourceName>)>,
}

impl AddedResources {
    fn exit(&self) -> Exit {
        match (self.failed, self.refused.is_empty()) {
            (0, true) => Exit::Success,
            (_, false) if self.created.is_empty() => Exit::CannotWork,
            (_, _) => Exit::SomeFailed,
        }
    }

    /// Ends the command if this was the only resource.
    fn fail(&mut self, failure: CommandError, ui: &mut Ui) -> Result<(), CommandError> {
        if !self.many {
            return Err(failure);
        }
        ui.error(&failure);
        self.failed += 1;
        Ok(())
    }

    fn exists(&mut self, wanted: WantedResource, source: &Source, ui: &mut Ui) -> Result<(), CommandError> {
        let WantedResource { resource: NewResource { name, .. }, is_named, .. } = wanted;
        if is_named {
            let hint = "choose another name, or change its options file with a commit";
            let hint = match source {
                Source::Remote(remote) => format!("{hint}; if it is gone by now, run: git fetch --prune {remote}"),
                Source::Local => hint.to_owned(),
            };
            let failure = CommandError::cannot(format!("the branch {name} exists already{}", place(source))).hint(hint);
            return self.fail(failure, ui);
        }
        ui.detail(&format!("Left {name} as it is."));
        self.left.push(name);
        Ok(())
    }

    fn conclude(
        &mut self,
        wanted: WantedResource,
        verdict: Verdict,
        source: &Source,
        ui: &mut Ui,
    ) -> Result<(), CommandError> {
        match verdict {
            Verdict::Landed => {
                if self.many {
                    ui.detail(&format!("Created {}.", wanted.resource.name));
                }
                self.created.push(wanted);
                Ok(())
            }
            Verdict::Moved | Verdict::Gone => self.exists(wanted, source, ui),
            Verdict::Declined(_) | Verdict::Failed(_) => {
                let name = wanted.resource.name;
                match self.refused.iter_mut().find(|(known, _)| *known == verdict) {
                    Some((_, names)) => names.push(name),
                    None => self.refused.push((verdict, vec![name])),
                }
                Ok(())
            }
        }
    }

    /// Says each reason once.
    fn tell_refused(&self, source: &Source, ui: &mut Ui) -> Result<(), CommandError> {
        let place = place(source);
        let is_all = self.created.is_empty() && self.refused.len() == 1;
        for (verdict, names) in &self.refused {
            let (what, them) = match names.as_slice() {
                [name] => (format!("cannot create the branch {name}{place}"), "it"),
                names if is_all => (format!("cannot create {} branches{place}", names.len()), "them"),
                names => {
                    let listed = names.iter().map(ResourceName::as_str).collect::<Vec<_>>().join(", ");
                    (format!("cannot create {} branches{place}: {listed}", names.len()), "them")
                }
            };
            let cannot = CommandError::cannot(what);
            let failure = match verdict {
                Verdict::Landed | Verdict::Moved | Verdict::Gone => continue,
                Verdict::Declined(words) => cannot.because(format!("the remote declined {them}: {words}")),
                Verdict::Failed(reason) => {
                    let again = "run the same command again";
                    let never = "never overwrites a branch";
                    let hint = match (source, names.first()) {
                        (Source::Remote(remote), Some(name)) => {
                            let remote = shell_words::quote(remote);
                            let push = format!("git push --dry-run {remote} HEAD:refs/heads/{name}");
                            format!("try it by hand: {push}; then {again}, which {never}")
                        }
                        (Source::Local, _) | (Source::Remote(_), None) => format!("{again}: it {never}"),
                    };
                    cannot.because(reason.as_str()).hint(hint)
                }
            };
            if !self.many {
                return Err(failure);
            }
            ui.error(&failure);
        }
        Ok(())
    }

    fn tell(&self, args: &AddArgs, source: &Source, ui: &mut Ui) {
        let place = place(source);
        match self.left.as_slice() {
            [] => {}
            [name] => ui.status(&format!("Left {name} as it is, which exists already{place}.")),
            names => ui.status(&format!("Left {} as they are, which exist already{place}.", names.len())),
        }
        let poll = poll_of(args, &self.created);
        match self.created.as_slice() {
            [] => {}
            [one] => {
                let name = &one.resource.name;
                ui.status(&format!("Created {name}{place}. Record its first value with: {poll}"));
            }
            many => {
                let resources = count(many.len(), "resource", "resources");
                ui.status(&format!("Created {resources}{place}. Record their first values with: {poll}"));
            }
        }
    }
}

/// The command that records the first values.
fn poll_of(args: &AddArgs, created: &[WantedResource]) -> String {
    let mut words = ["git", "spread-cron", "poll"].map(str::to_owned).to_vec();
    if created.iter().all(|wanted| wanted.resource.manual) {
        words.push("--force".to_owned());
    }
    if args.source.local {
        words.push("--local".to_owned());
    }
    words.extend(args.source.remote.iter().flat_map(|remote| ["--remote".to_owned(), remote.clone()]));
    match args.from.as_slice() {
        _ if created.len() <= FEW => words.extend(created.iter().map(|wanted| wanted.resource.name.to_string())),
        [pattern] if pattern != "*" => words.push(pattern.clone()),
        _ => {}
    }
    shell_words::join(words)
}

/// Leaves out what exists, which the compare-and-swap would find out later, and what cannot stand next to it.
fn sift(
    wanted: Vec<WantedResource>,
    existing: &BTreeSet<String>,
    source: &Source,
    outcome: &mut AddedResources,
    ui: &mut Ui,
) -> Result<Vec<WantedResource>, CommandError> {
    let mut fresh = Vec::new();
    for wanted in wanted {
        let name = &wanted.resource.name;
        match obstacle(name.as_str(), existing.iter().map(String::as_str)) {
            None => fresh.push(wanted),
            Some(Obstacle::Exists) => outcome.exists(wanted, source, ui)?,
            Some(Obstacle::InTheWay(branch)) => {
                let hint = match source {
                    Source::Remote(remote) => format!("if it is gone by now, run: git fetch --prune {remote}"),
                    Source::Local => "choose another name, or rename that branch".to_owned(),
                };
                let failure = CommandError::cannot(format!("cannot create the branch {name}{}", place(source)))
                    .because(format!("the branch {branch} is in its way"))
                    .hint(hint);
                outcome.fail(failure, ui)?;
            }
        }
    }
    Ok(fresh)
}

/// Says what would be created.
fn list(fresh: &[WantedResource], ui: &mut Ui) {
    const MOST: usize = 40;
    let names = width(fresh.iter().map(|wanted| wanted.resource.name.as_str()), MOST);
    for WantedResource { resource, .. } in fresh {
        ui.line(&format!("{:names$}  {}", resource.name.as_str(), resource.message.as_str()));
    }
}

/// Warns if the branch of a dry run could not be created, as far as there is a repository to look at.
fn warn_of_obstacle(name: &ResourceName, args: &AddArgs, environment: &Environment, ui: &mut Ui) {
    match Repository::discover(environment) {
        Err(OpenError::Open(_, cause)) if cause.is_not_found() => return,
        Ok(_) | Err(_) => {}
    }
    let known = Context::new(environment, &args.source).and_then(|context| {
        let branches = branches::list(&context.repository.local(), &context.source)?.branches;
        let found = obstacle(name.as_str(), branches.iter().map(|branch| branch.name.as_str()));
        Ok((found, place(&context.source)))
    });
    match known {
        Ok((None, _)) => {}
        Ok((Some(Obstacle::Exists), place)) => {
            ui.warning(&format!("the branch {name} exists already{place}, and would be left as it is"));
        }
        Ok((Some(Obstacle::InTheWay(branch)), place)) => {
            ui.warning(&format!("the branch {name} could not be created{place}: {branch} is in its way"));
        }
        Err(err) => {
            let reason = printable(chain(&err).as_bytes());
            ui.warning(&format!("whether the branch {name} could be created is not known: {reason}"));
        }
    }
}

/// Writes the first commit of each branch, and publishes them all at once.
fn create(
    args: &AddArgs,
    environment: &Environment,
    context: &Context,
    fresh: &[WantedResource],
    ui: &mut Ui,
) -> Result<Vec<Verdict>, CommandError> {
    let Context { repository, git, source, paths, .. } = context;
    let repo = repository.local();
    let start = args.start_point.as_deref().map(|start| branches::start_point(&repo, start)).transpose()?;
    let writer = CommitWriter::new(&repo, git, FixedDates::of(environment), environment.now())?;
    let tracking = Tracking::of(&repo, source);
    let mut updates = Vec::with_capacity(fresh.len());
    for WantedResource { resource, .. } in fresh {
        let name = &resource.name;
        let path = paths.on_branch().next().map(|pattern| pattern.of(name.as_str())).unwrap_or_default();
        let tree = tree::write(&repo, start, &resource.tree(&path)).map_err(cannot_write)?;
        let commit = writer.write(&repo, tree, start, &add_message(name.as_str()))?;
        updates.push(Update::branch(&tracking, name.as_str(), None, commit));
    }
    publish_updates(context, &writer, &updates, "spread-cron: add", ui)
}

fn cannot_write(err: TreeError) -> CommandError {
    CommandError::cannot("cannot create any branch").because(err).hint("check the repository: git fsck")
}

/// Warns of resources that follow one that is not there: they would fail at every poll.
fn warn_of_missing(created: &[WantedResource], branches: &BTreeSet<String>, source: &Source, ui: &mut Ui) {
    for NewResource { name, follows, .. } in created.iter().map(|wanted| &wanted.resource) {
        for followed in follows.iter().filter(|followed| !branches.contains(*followed)) {
            ui.warning(&format!("{name} follows {followed}, and there is no such branch{} yet", place(source)));
        }
    }
}

fn place(source: &Source) -> String {
    source.remote().map(|remote| format!(" on {remote}")).unwrap_or_default()
}
