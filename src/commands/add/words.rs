//! The words of the command line that belong to no flag: the name of the branch, and keys.
//!
//! Says which is which, and which order is right. Must not look at what they mean.

use super::super::catalog_folder::open;
use crate::cli::{AddArgs, parse_variable};
use crate::core::entry::Given;
use crate::environment::Environment;
use crate::error::CommandError;

/// See the module's documentation.
pub(super) struct AddWords {
    pub(super) branch: Option<String>,
    pub(super) keys: Vec<Given>,
}

/// Reads the words. With entries, the first key may stand in the place of the name.
pub(super) fn words(args: &AddArgs, environment: &Environment) -> Result<AddWords, CommandError> {
    if args.from.is_empty() && args.kind.is_none() {
        return match args.keys.first() {
            None => Ok(AddWords { branch: args.branch.clone(), keys: Vec::new() }),
            Some(word) => Err(superfluous(word, args, environment)),
        };
    }
    let mut keys = Vec::new();
    let branch = match &args.branch {
        Some(first) => match (parse_variable(first), &args.kind) {
            (Ok(_), Some(_)) => {
                let missing = format!("the name of the branch is missing in front of {first:?}");
                return Err(CommandError::usage(missing).hint(order(args)));
            }
            (Ok(key), None) => {
                keys.push(key);
                None
            }
            (Err(_), kind) if first.contains(':') || (first.contains('=') && kind.is_none()) => {
                let neither = format!("{first:?} is neither the name of a branch nor KEY=VALUE");
                return Err(CommandError::usage(neither).hint(order(args)));
            }
            (Err(_), _) => Some(first.clone()),
        },
        None => None,
    };
    for word in &args.keys {
        let key = parse_variable(word)
            .map_err(|_| CommandError::usage(format!("{word:?} is not KEY=VALUE")).hint(order(args)))?;
        keys.push(key);
    }
    Ok(AddWords { branch, keys })
}

/// The order that is right.
fn order(args: &AddArgs) -> String {
    let (of, more) = match (&args.kind, args.from.as_slice()) {
        (Some(kind), _) => (format!("--source {kind}"), ""),
        (None, [entry]) => (format!("--from {}", shell_words::quote(entry)), "; other entries have a --from each"),
        (None, _) => ("--from NAME".to_owned(), "; other entries have a --from each"),
    };
    format!("the name of the branch comes first: git spread-cron add BRANCH {of} KEY=VALUE{more}")
}

/// That there is a word after the name of a branch that has nothing to do with the catalog.
fn superfluous(word: &str, args: &AddArgs, environment: &Environment) -> CommandError {
    if parse_variable(word).is_ok() {
        return CommandError::usage("KEY=VALUE is for --from and --source only")
            .hint("see what there is: git spread-cron catalog");
    }
    CommandError::usage(format!(
        "without --from or --source there is nothing but the name of one branch, and no {word:?}"
    ))
    .hint(what_to_give(args.branch.as_deref().unwrap_or_default(), args, environment))
}

/// How to create a branch when only its name is given.
pub(super) fn what_to_give(branch: &str, args: &AddArgs, environment: &Environment) -> String {
    // What is wrong with the catalog does not matter here.
    let entries = open(&args.catalog, environment).ok().and_then(|catalog| catalog.entries().ok());
    match entries.is_some_and(|entries| entries.iter().any(|entry| entry == branch)) {
        true => format!("it is an entry of the catalog: git spread-cron add --from {branch}"),
        false => "give --message TEXT and --extractor COMMAND, or see the catalog: git spread-cron catalog".to_owned(),
    }
}
