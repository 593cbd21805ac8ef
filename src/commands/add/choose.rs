//! Which resources a command line asks for: one with options of its own, one made from a recipe, or entries of the catalog.
//!
//! Reads the catalog and the files that were named. Must not look at the repository.

use super::super::catalog_folder::open;
use super::words::{AddWords, what_to_give, words};
use crate::catalog::{Catalog, CatalogError, FoundEntry};
use crate::cli::AddArgs;
use crate::core::declared::{Kind, SOURCE};
use crate::core::documents::EntryOrigin;
use crate::core::message::Message;
use crate::core::name::{ResourceName, Selection, did_you_mean, nearest};
use crate::core::new_resource::{Additions, ENV, NewResource, NewResourceError, made_from, unchanged};
use crate::core::options::{Key, OptionsError, Setting, command, value_pattern, write_assignments, write_options};
use crate::core::recipe::{Given, RecipeError};
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
    let AddWords { branch, parameters } = words(args, environment)?;
    refuse_twice(args, &parameters)?;
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
        return from_entries(args, environment, branch.as_deref(), &parameters);
    }
    let branch = branch.unwrap_or_default();
    let resource = match (&args.kind, &args.recipe) {
        (Some(kind), _) => from_source(args, &branch, kind, &parameters)?,
        (None, Some(recipe)) => from_recipe(args, environment, &branch, recipe, &parameters)?,
        (None, None) => own(args, environment, &branch)?,
    };
    Ok(Choice {
        wanted: vec![WantedResource { resource, is_named: true, doubt: None }],
        failures: Vec::new(),
        many: false,
    })
}

/// One of two that say different things would win, and it would not be clear which.
fn refuse_twice(args: &AddArgs, parameters: &[Given]) -> Result<(), CommandError> {
    let flags = keys(args);
    for (index, (name, _)) in parameters.iter().enumerate() {
        if parameters[..index].iter().any(|(known, _)| known == name) {
            return Err(CommandError::usage(format!("the parameter {name} is given twice")).hint("give it once"));
        }
        if flags.iter().any(|(key, _)| key.name() == name) {
            let flag = name.replace('_', "-");
            return Err(CommandError::usage(format!("{name} is given twice: as a parameter, and with --{flag}"))
                .hint("give it once"));
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
    let keys: Vec<(&str, String)> = keys
        .iter()
        .filter_map(|(name, setting)| match setting {
            Setting::Known(text) => Some((name.as_str(), text.to_string())),
            Setting::Absent | Setting::NeedsShell(_) => None,
        })
        .collect();
    let mut assignments = vec![(SOURCE, kind)];
    assignments.extend(keys.iter().map(|(name, text)| (*name, text.as_str())));
    let has = |key: &str| keys.iter().any(|(name, _)| *name == key);
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

fn from_recipe(
    args: &AddArgs,
    environment: &Environment,
    branch: &str,
    wanted: &str,
    parameters: &[Given],
) -> Result<NewResource, CommandError> {
    let name = resource_name(branch)?;
    let catalog = open(&args.catalog, environment)?;
    let recipes = catalog.recipes()?;
    if !recipes.iter().any(|recipe| recipe == wanted) {
        let is_entry = catalog.entries()?.iter().any(|entry| entry == wanted);
        let hint = is_entry.then(|| format!("it is an entry: git spread-cron add --from {wanted}"));
        return Err(unknown("recipe", wanted, &recipes, hint));
    }
    let settings = settings(args);
    let of = Of { kind: "recipe", name: wanted, is_filled_in: true, given: names(parameters, &settings) };
    let (recipe, origin) = catalog.recipe(wanted).map_err(|err| of.unreadable(err))?;
    let options = recipe.fill(parameters, &settings).map_err(|err| of.unfit(err))?;
    NewResource::new(name, options, Vec::new(), &additions(args)?).map_err(|err| of.useless(origin, err))
}

fn from_entries(
    args: &AddArgs,
    environment: &Environment,
    branch: Option<&str>,
    parameters: &[Given],
) -> Result<Choice, CommandError> {
    let name = branch.map(resource_name).transpose()?;
    let catalog = open(&args.catalog, environment)?;
    let entries = catalog.entries()?;
    let selection = Selection::new(args.from.clone());
    let names = entries.iter().map(String::as_str).collect::<Vec<_>>();
    if let Some(pattern) = selection.unmatched(&names).first() {
        let is_recipe = catalog.recipes()?.iter().any(|recipe| recipe == pattern);
        let hint = is_recipe.then(|| format!("it is a recipe: git spread-cron add BRANCH --recipe {pattern}"));
        return Err(unknown("entry", pattern, &entries, hint));
    }
    let chosen = names.into_iter().filter(|name| selection.includes(name)).collect::<Vec<_>>();
    let many = chosen.len() > 1;
    if many {
        refuse_for_many(args, branch, parameters, chosen.len())?;
    }
    let more = More { parameters, settings: settings(args), additions: additions(args)? };
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
    parameters: &'a [Given],
    settings: Vec<Given>,
    additions: Additions,
}

fn from_entry(
    catalog: &Catalog,
    entry: &str,
    name: Option<&ResourceName>,
    more: &More<'_>,
) -> Result<(NewResource, Option<String>), CommandError> {
    let More { parameters, settings, additions } = more;
    let given = names(parameters, settings);
    let of = Of { kind: "entry", name: entry, is_filled_in: !parameters.is_empty(), given };
    let another = || format!("give another name: git spread-cron add --from {} BRANCH", shell_words::quote(entry));
    let own_name = || resource_name(entry).map_err(|err| err.hint(another()));
    let name = name.cloned().map_or_else(own_name, Ok)?;
    let found = catalog.entry(entry).map_err(|err| of.unreadable(err))?;
    let mut options = found.entry.fill(&found.recipe, parameters, settings).map_err(|err| of.unfit(err))?;
    let changes = changes(&found, parameters);
    if !changes.is_empty() {
        options.insert_str(0, &made_from(entry, &changes));
    }
    let files = found.files.clone();
    let resource = NewResource::new(name, options, files, additions).map_err(|err| of.useless(found.origin, err))?;
    let doubt = doubt(entry, &changes, &unchanged(&found.files, &resource.files));
    Ok((resource, doubt))
}

/// The parameters that are not what the entry says, as they are given.
fn changes(found: &FoundEntry, parameters: &[Given]) -> String {
    let says = |name: &str| match found.entry.given(name) {
        Some(setting) => Some(setting.clone()),
        None => found.recipe.default_of(name).map(|text| Setting::Known(text.into())),
    };
    let is_change = |(name, given): &&Given| Key::of(name.as_bytes()).is_none() && says(name).as_ref() != Some(given);
    let words = parameters.iter().filter(is_change).map(|(name, given)| match given {
        Setting::Known(text) => printable(format!("{name}={}", shell_words::quote(&text.to_string())).as_bytes()),
        Setting::Absent | Setting::NeedsShell(_) => name.clone(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Files that come along unchanged may not fit the parameters.
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

/// The variables that something is given for.
fn names<'a>(parameters: &'a [Given], settings: &'a [Given]) -> Vec<&'a str> {
    parameters.iter().chain(settings).map(|(name, _)| name.as_str()).collect()
}

/// What makes sense for one resource only.
fn refuse_for_many(
    args: &AddArgs,
    branch: Option<&str>,
    parameters: &[Given],
    count: usize,
) -> Result<(), CommandError> {
    let what = match (branch, parameters.first(), &args.message) {
        (Some(branch), ..) => format!("the name {branch}"),
        (None, Some((name, _)), _) => format!("the parameter {name}"),
        (None, None, Some(_)) => "--message".to_owned(),
        (None, None, None) => return Ok(()),
    };
    Err(CommandError::usage(format!("{what} is for a single resource, and {count} entries were chosen"))
        .hint("choose one entry with --from; see what there is: git spread-cron catalog"))
}

fn resource_name(branch: &str) -> Result<ResourceName, CommandError> {
    ResourceName::new(branch)
        .map_err(|reason| CommandError::usage(reason).hint("choose another name, such as snapd-core-edge"))
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

/// What options of the catalog are to say, whatever they said before.
fn settings(args: &AddArgs) -> Vec<Given> {
    keys(args).into_iter().map(|(key, text)| (key.name().to_owned(), Setting::Known(text.into()))).collect()
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

/// An entry or a recipe that a resource is made of.
struct Of<'a> {
    kind: &'static str,
    name: &'a str,
    /// Whether giving parameters is up to who names it, so that it is their mistake if some are missing.
    is_filled_in: bool,
    /// The variables that were given.
    given: Vec<&'a str>,
}

impl Of<'_> {
    fn cannot(&self) -> CommandError {
        let Of { kind, name, .. } = self;
        CommandError::cannot(format!("cannot make a resource of the {kind} {name}"))
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
    fn unfit(&self, err: RecipeError) -> CommandError {
        let is_given = match &err {
            RecipeError::NoParameter { name, .. } | RecipeError::Shape { name, .. } => {
                self.given.contains(&name.as_str())
            }
            RecipeError::Missing(_) => self.is_filled_in,
            RecipeError::NoTitle
            | RecipeError::Head(..)
            | RecipeError::NotAnAssignment(_)
            | RecipeError::Unassigned(_)
            | RecipeError::MessageNeedsShell(_) => false,
        };
        let exit = if is_given { Exit::Usage } else { Exit::CannotWork };
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

/// Nothing in the catalog is called like this.
fn unknown(kind: &str, name: &str, known: &[String], hint: Option<String>) -> CommandError {
    let near = nearest(name, known.iter().map(String::as_str)).filter(|_| hint.is_none());
    CommandError::usage(format!("the catalog has no {kind} {name:?}{}", did_you_mean(near)))
        .hint(hint.unwrap_or_else(|| "see what there is: git spread-cron catalog".to_owned()))
}
