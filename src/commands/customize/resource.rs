//! Whose customization is applied, and from which commit.

use gix::ObjectId;
use gix::bstr::ByteSlice;

use crate::cli::CustomizeArgs;
use crate::context::Context;
use crate::core::name::nearest;
use crate::error::CommandError;
use crate::git::branches::{self, BranchError};
use crate::git::commit::resolve_commit;
use crate::git::tracking::Tracking;
use crate::resources::Resource;

/// Whose customization it is.
pub(super) struct CurrentResource {
    pub(super) name: String,
    /// Where its branch stands.
    pub(super) tip: Option<ObjectId>,
}

/// The resource that the command line names, else the one whose branch is checked out.
pub(super) fn resource(args: &CustomizeArgs, context: &Context) -> Result<CurrentResource, CommandError> {
    let repo = context.repository.local();
    if let Some(name) = &args.resource {
        let tip = branches::tip(&repo, &Tracking::of(&repo, &context.source).reference_of(name))?;
        if tip.is_none() && args.commit.is_none() && !args.worktree {
            let known = branches::list(&repo, &context.source)?.branches;
            let near = nearest(name, known.iter().map(|branch| branch.name.as_str())).map(str::to_owned);
            return Err(BranchError::Unmatched { pattern: name.clone(), near }.into());
        }
        return Ok(CurrentResource { name: name.clone(), tip });
    }
    let head = repo.head_name().ok().flatten();
    let name = head.as_ref().and_then(|head| head.as_bstr().strip_prefix(b"refs/heads/"));
    let Some(name) = name.and_then(|name| name.to_str().ok()) else {
        return Err(CommandError::usage("HEAD is on no branch, so there is no current resource")
            .hint("name one: --resource NAME"));
    };
    Ok(CurrentResource { name: name.to_owned(), tip: repo.head_id().ok().map(gix::Id::detach) })
}

/// The resource as that commit has it.
pub(super) fn found(
    args: &CustomizeArgs,
    context: &Context,
    current: &CurrentResource,
    commit: ObjectId,
) -> Result<Resource, CommandError> {
    context.resource_at(&context.repository, &current.name, commit).map_err(|err| match args.resource {
        Some(_) => err,
        None => err.hint("name a resource: --resource NAME; see what there is: git spread-cron status"),
    })
}

/// The commit that the command line names, or where the branch stands.
pub(super) fn commit(
    args: &CustomizeArgs,
    context: &Context,
    resource: &CurrentResource,
) -> Result<ObjectId, CommandError> {
    match &args.commit {
        Some(text) => resolve_commit(&context.repository.local(), text).map_err(CommandError::from),
        None => resource.tip.ok_or_else(|| {
            CommandError::cannot(format!("the branch {} has no commit yet", resource.name))
                .hint("commit its options, or take the files as they lie: --worktree")
        }),
    }
}
