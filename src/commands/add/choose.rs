//! Which resources a command line asks for: one with options of its own, one with a source, or entries of the catalog.
//!
//! Reads the catalog and the files that were named. Must not look at the repository.

use super::super::catalog_folder::open;
use super::words::{AddWords, what_to_give, words};
use crate::catalog::{Catalog, CatalogError, FoundEntry};
use crate::cli::AddArgs;
use crate::core::declared::{Kind, SOURCE};
use crate::core::documents::EntryOrigin;
use crate::core::entry::{EntryError, Given};
use crate::core::message::Message;
use crate::core::name::{ResourceName, Selection, did_you_mean, nearest};
use crate::core::new_resource::{Additions, ENV, NewResource, NewResourceError, made_from, unchanged};
use crate::core::options::{Key, OptionsError, command, value_pattern, write_assignments, write_options};
use crate::core::value::printable;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::git::worktree_files::{self, WorktreeFilesError};

/// The most resources that are named one by one.
pub(super) const FEW: usize = 3;

/// The resources that are asked for.
pub(super) struct Choice {
    pub(super) wanted: Vec<WantedResource>,
    /// Why there are none of some entries.
    pub(super) failures: Vec<CommandError>,
    /// Whether more than one resource was asked for, so that one that fails does not stop the others.
    pub(super) many: bool,
}

/// A resource that is asked for.
pub(super) struct WantedResource {
    pub(super) resource: NewResource,
    /// Whether it was named to the letter, rather than by a glob.
    pub(super) is_named: bool,
    /// What of it may not be what was meant.
    pub(super) doubt: Option<String>,
}

/// Finds out what the arguments ask for.
pub(super) fn choose(args: &AddArgs, environment: &Environment) -> Result<Choice, CommandError> {
    let AddWords { branch, keys } = words(args, environment)?;
    refuse_twice(args, &keys)?;
    if let Some(message) = &args.message {
        check_message(message)?;
    }
    if let Some(spread) = &args.spread {
        command(spread.as_bytes()).map_err(|err| CommandError::usage(err.to_string()))?;
    }
    if let Some(pattern) = &args.value_pattern {
        value_pattern(pattern.as_bytes()).map_err(|err| CommandError::usage(err.to_string()))?;
    }
    if !args.from.is_empty() {
        return from_entries(args, environment, branch.as_deref(), &keys);
    }
    let branch = branch.unwrap_or_default();
    let resource = match &args.kind {
        Some(kind) => from_source(args, &branch, kind, &keys)?,
        None => own(args, environment, &branch)?,
    };
    Ok(Choice {
        wanted: vec![WantedResource { resource, is_named: true, doubt: None }],
        failures: Vec::new(),
        many: false,
    })
}

/// One of two that say different things would win, and it would not be clear which.
fn refuse_twice(args: &AddArgs, given: &[Given]) -> Result<(), CommandError> {
    let flags = keys(args);
    for (index, (name, _)) in given.iter().enumerate() {
        if given[..index].iter().any(|(known, _)| known == name) {
            return Err(CommandError::usage(format!("the key {name} is given twice")).hint("give it once"));
        }
        if flags.iter().any(|(key, _)| key.name() == name) {
            let flag = name.replace('_', "-");
            return Err(
                CommandError::usage(format!("{name} is given twice: as a key, and with --{flag}")).hint("give it once")
            );
        }
    }
    Ok(())
}

/// A resource that has nothing to do with the catalog.
fn own(args: &AddArgs, environment: &Environment, branch: &str) -> Result<NewResource, CommandError> {
    let name = resource_name(branch)?;
    let missing = match (&args.message, &args.extractor) {
        (Some(_), Some(_)) => None,
        (None, Some(_)) => Some("--message is missing"),
        (Some(_), None) => Some("--extractor is missing"),
        (None, None) => Some("--message and --extractor are missing"),
    };
    if let Some(missing) = missing {
        return Err(CommandError::usage(missing).hint(what_to_give(branch, args, environment)));
    }
    if args.extractor.as_ref().is_some_and(|extractor| extractor.trim().is_empty()) {
        return Err(
            CommandError::usage("the extractor is empty").hint("give the command that prints the present value")
        );
    }
    let options = write_options(&keys(args));
    NewResource::new(name, options, Vec::new(), &additions(args)?).map_err(|err| CommandError::usage(err.to_string()))
}

/// A resource that declares its source.
fn from_source(args: &AddArgs, branch: &str, kind: &str, keys: &[Given]) -> Result<NewResource, CommandError> {
    let name = resource_name(branch)?;
    let mut assignments = vec![(SOURCE, kind)];
    assignments.extend(keys.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    let has = |key: &str| keys.iter().any(|(name, _)| name == key);
    let usual = Kind::of(kind).map(|kind| kind.usual_message(has)).unwrap_or_default();
    let settings = self::keys(args);
    let is_given = settings.iter().any(|(key, _)| *key == Key::Message) || has(Key::Message.name());
    if !is_given {
        assignments.push((Key::Message.name(), usual));
    }
    assignments.extend(settings.iter().map(|(key, text)| (key.name(), *text)));
    let options = write_assignments(&assignments);
    NewResource::new(name, options, Vec::new(), &additions(args)?).map_err(|err| {
        let hint = if let NewResourceError::Options(OptionsError::Declaration(err)) = &err {
            err.help()
        } else {
            format!("see what it takes: git spread-cron catalog show {kind}")
        };
        CommandError::usage(err.to_string()).hint(hint)
    })
}

fn from_entries(
    args: &AddArgs,
    environment: &Environment,
    branch: Option<&str>,
    given: &[Given],
) -> Result<Choice, CommandError> {
    let name = branch.map(resource_name).transpose()?;
    let catalog = open(&args.catalog, environment)?;
    let entries = catalog.entries()?;
    let selection = Selection::new(args.from.clone());
    let names = entries.iter().map(String::as_str).collect::<Vec<_>>();
    if let Some(pattern) = selection.unmatched(&names).first() {
        return Err(unknown(pattern, &entries));
    }
    let chosen = names.into_iter().filter(|name| selection.includes(name)).collect::<Vec<_>>();
    let many = chosen.len() > 1;
    if many {
        refuse_for_many(args, branch, given, chosen.len())?;
    }
    let more = More { keys: given, flags: flags(args), additions: additions(args)? };
    let (mut wanted, mut failures) = (Vec::new(), Vec::new());
    for entry in chosen {
        match from_entry(&catalog, entry, name.as_ref(), &more) {
            Ok((resource, doubt)) => {
                wanted.push(WantedResource { resource, is_named: name.is_some() || selection.names(entry), doubt });
            }
            Err(err) => failures.push(err),
        }
    }
    Ok(Choice { wanted, failures, many })
}

/// What the arguments say on top of an entry.
struct More<'a> {
    keys: &'a [Given],
    /// What the flags say of keys.
    flags: Vec<Given>,
    additions: Additions,
}

fn from_entry(
    catalog: &Catalog,
    entry: &str,
    name: Option<&ResourceName>,
    more: &More<'_>,
) -> Result<(NewResource, Option<String>), CommandError> {
    let More { keys, flags, additions } = more;
    let given = [*keys, flags].concat();
    let of = Of { name: entry, given: given.iter().map(|(name, _)| name.as_str()).collect() };
    let another = || format!("give another name: git spread-cron add --from {} BRANCH", shell_words::quote(entry));
    let own_name = || resource_name(entry).map_err(|err| err.hint(another()));
    let name = name.cloned().map_or_else(own_name, Ok)?;
    let found = catalog.entry(entry).map_err(|err| of.unreadable(err))?;
    let mut options = found.entry.with(&given).map_err(|err| of.unfit(err))?;
    let changes = changes(&found, keys);
    if !changes.is_empty() {
        options.insert_str(0, &made_from(entry, &changes));
    }
    let files = found.files.clone();
    let resource = NewResource::new(name, options, files, additions).map_err(|err| of.useless(found.origin, err))?;
    let doubt = doubt(entry, &changes, &unchanged(&found.files, &resource.files));
    Ok((resource, doubt))
}

/// The keys of the source that are not what the entry says, as they are given.
fn changes(found: &FoundEntry, given: &[Given]) -> String {
    let is_change = |(name, text): &&Given| Key::of(name.as_bytes()).is_none() && !found.entry.says(name, text);
    let words = given.iter().filter(is_change);
    let words = words.map(|(name, text)| printable(format!("{name}={}", shell_words::quote(text)).as_bytes()));
    words.collect::<Vec<_>>().join(" ")
}

/// Files that come along unchanged may not fit the keys.
fn doubt(entry: &str, changes: &str, files: &[&str]) -> Option<String> {
    if changes.is_empty() {
        return None;
    }
    let (come, fits) = match files {
        [] => return None,
        [file] => (format!("{file} comes along as {entry} has it"), "it fits"),
        files if files.len() <= FEW => (format!("{} come along as {entry} has them", files.join(", ")), "they fit"),
        files => {
            let (named, others) = (files[..FEW].join(", "), files.len() - FEW);
            (format!("{named} and {others} more come along as {entry} has them"), "they fit")
        }
    };
    Some(format!("{come}; check that {fits} {changes}"))
}

/// What makes sense for one resource only.
fn refuse_for_many(args: &AddArgs, branch: Option<&str>, keys: &[Given], count: usize) -> Result<(), CommandError> {
    let what = match (branch, keys.first(), &args.message) {
        (Some(branch), ..) => format!("the name {branch}"),
        (None, Some((name, _)), _) => format!("the key {name}"),
        (None, None, Some(_)) => "--message".to_owned(),
        (None, None, None) => return Ok(()),
    };
    Err(CommandError::usage(format!("{what} is for a single resource, and {count} entries were chosen"))
        .hint("choose one entry with --from; see what there is: git spread-cron catalog"))
}

fn resource_name(branch: &str) -> Result<ResourceName, CommandError> {
    ResourceName::new(branch)
        .map_err(|err| CommandError::usage(err.to_string()).hint("choose another name, such as snapd-core-edge"))
}

fn check_message(message: &str) -> Result<(), CommandError> {
    Message::new(message.as_bytes()).map(drop).map_err(|err| {
        CommandError::usage(err.to_string()).hint("the message becomes the subject of commits: MESSAGE (VALUE)")
    })
}

/// The keys that the arguments set, in the order in which they are to stand in a new file.
fn keys(args: &AddArgs) -> Vec<(Key, &str)> {
    let keys = [
        (Key::Message, args.message.as_deref()),
        (Key::PatternExtractor, args.extractor.as_deref()),
        (Key::ValuePattern, args.value_pattern.as_deref()),
        (Key::Manual, args.manual.then_some("true")),
        (Key::TargetRepo, args.target_repo.as_deref()),
        (Key::TargetRef, args.target_ref.as_deref()),
        (Key::Spread, args.spread.as_deref()),
    ];
    keys.into_iter().filter_map(|(key, text)| Some((key, text?))).collect()
}

/// The keys that the arguments set, as what is given for an entry.
fn flags(args: &AddArgs) -> Vec<Given> {
    keys(args).into_iter().map(|(key, text)| (key.name().to_owned(), text.to_owned())).collect()
}

/// What is to come along.
fn additions(args: &AddArgs) -> Result<Additions, CommandError> {
    let mut files = Vec::new();
    if let Some(actions) = &args.actions {
        files.push(worktree_files::read_file(actions, "actions.sh".to_owned(), true).map_err(cannot_read)?);
    }
    if let Some(custom) = &args.custom {
        files.extend(worktree_files::read_folder(custom, "custom").map_err(cannot_read)?);
    }
    if !args.env.is_empty() && files.iter().any(|file| file.path == ENV) {
        return Err(CommandError::usage("--env and an env.sh in the folder of --custom exclude each other")
            .hint("add the variables to that env.sh"));
    }
    Ok(Additions { files, env: args.env.clone() })
}

fn cannot_read(err: WorktreeFilesError) -> CommandError {
    CommandError::cannot("cannot read the customization").because(err).hint("check --actions and --custom")
}

/// An entry that a resource is made of.
struct Of<'a> {
    name: &'a str,
    /// The variables that were given.
    given: Vec<&'a str>,
}

impl Of<'_> {
    fn cannot(&self) -> CommandError {
        let name = self.name;
        CommandError::cannot(format!("cannot make a resource of the entry {name}"))
            .hint(format!("see what it takes: git spread-cron catalog show {name}"))
    }

    fn unreadable(&self, err: CatalogError) -> CommandError {
        let err = CommandError::from(err);
        match err.hint {
            Some(_) => err,
            None => CommandError { hint: self.cannot().hint, ..err },
        }
    }

    /// What was given does not fit.
    fn unfit(&self, err: EntryError) -> CommandError {
        let exit = match &err {
            EntryError::NoKey { .. } => Exit::Usage,
            EntryError::NoTitle | EntryError::NotAnAssignment(_) | EntryError::Assign(_) => Exit::CannotWork,
        };
        CommandError { exit, ..self.cannot().because(err) }
    }

    /// The options that come of it are of no use.
    fn useless(&self, origin: EntryOrigin, err: NewResourceError) -> CommandError {
        let is_given = err.comes_of(&self.given);
        let exit = if is_given { Exit::Usage } else { Exit::CannotWork };
        let err = CommandError { exit, ..self.cannot().because(err) };
        match origin {
            EntryOrigin::Folder if !is_given => {
                let name = self.name;
                err.hint(format!(
                    "correct it in the folder of your catalog; see it: git spread-cron catalog show {name}"
                ))
            }
            EntryOrigin::Folder | EntryOrigin::BuiltIn => err,
        }
    }
}

/// No entry of the catalog is called like this.
fn unknown(name: &str, known: &[String]) -> CommandError {
    let near = nearest(name, known.iter().map(String::as_str));
    CommandError::usage(format!("the catalog has no entry {name:?}{}", did_you_mean(near)))
        .hint("see what there is: git spread-cron catalog")
}
