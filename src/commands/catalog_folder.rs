//! The catalog as commands open it: the built-in one, and the folder of the user.

use std::path::PathBuf;

use crate::catalog::{Catalog, CatalogError};
use crate::cli::CatalogFolderArgs;
use crate::environment::Environment;
use crate::error::{CommandError, chain};
use crate::git::config::{catalog_folder, without_repository};
use crate::git::repository::{OpenError, Repository};

/// The catalog, with the folder of the user's own.
pub(super) fn open(args: &CatalogFolderArgs, environment: &Environment) -> Result<Catalog, CommandError> {
    Ok(find(args, environment)?.0)
}

/// The catalog, and why a repository that is there cannot tell the folder of the user's own, if so.
pub(super) fn find(
    args: &CatalogFolderArgs,
    environment: &Environment,
) -> Result<(Catalog, Option<OpenError>), CommandError> {
    let (folder, unopened) = folder(args, environment)?;
    let catalog = Catalog::new(folder);
    catalog.check()?;
    Ok((catalog, unopened))
}

/// The folder of the user's own, and why the repository cannot tell, if so.
fn folder(
    args: &CatalogFolderArgs,
    environment: &Environment,
) -> Result<(Option<PathBuf>, Option<OpenError>), CommandError> {
    let here = environment.working_directory();
    if let Some(folder) = &args.catalog {
        return Ok((Some(here.join(folder)), None));
    }
    let unopened = match Repository::discover(environment) {
        Ok(repository) => {
            let repo = repository.local();
            let top = here.join(repo.workdir().unwrap_or_else(|| repository.git_dir()));
            return Ok((catalog_folder(repo.config_snapshot().plumbing(), Some(&top), environment)?, None));
        }
        Err(OpenError::Open(_, cause)) if cause.is_not_found() => None,
        Err(err) => Some(err),
    };
    let config = without_repository(environment)
        .map_err(|err| CommandError::cannot("cannot read git's configuration").because(err))?;
    Ok((catalog_folder(&config, None, environment)?, unopened))
}

impl From<CatalogError> for CommandError {
    fn from(err: CatalogError) -> Self {
        let text = chain(&err);
        match err {
            CatalogError::Unknown { .. } => {
                CommandError::usage(text).hint("see what there is: git spread-cron catalog")
            }
            CatalogError::Folder(..) => CommandError::cannot(text)
                .hint("name a folder that is there: --catalog DIR, or git config spread-cron.catalog DIR"),
            CatalogError::Read(..)
            | CatalogError::NotAFile(_)
            | CatalogError::TooLong(_)
            | CatalogError::NoOptions(_)
            | CatalogError::Files(..)
            | CatalogError::Useless { .. }
            | CatalogError::UselessOptions { .. } => {
                CommandError::cannot(text).hint("see how these files are written: man git-spread-cron-catalog")
            }
        }
    }
}
