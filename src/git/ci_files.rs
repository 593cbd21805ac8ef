//! The files in the tree of a commit that make CI systems start.

use gix::ObjectId;
use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;

use super::tree::{self, TreeError};
use crate::core::ci_file::{PIPELINES, WORKFLOWS, is_workflow, starts_on_push};

/// No workflow is longer, and what is longer is left out.
const MAX_BYTES: u64 = 64 * 1024;

/// The paths of the files that start something for each push of this commit to the branch.
///
/// # Errors
///
/// The tree cannot be read, or a partial clone left out something of it.
pub(crate) fn started_by_push(
    repo: &gix::Repository,
    commit: ObjectId,
    branch: &str,
) -> Result<Vec<String>, TreeError> {
    let root = tree::of_commit(repo, commit)?;
    let mut buffer = Vec::new();
    let (mut paths, mut missing) = (Vec::new(), Vec::new());
    let folder = tree::lookup(repo, root, WORKFLOWS, &mut buffer)?;
    if let Some(folder) = folder.filter(|folder| folder.kind == EntryKind::Tree) {
        for (name, kind, id) in tree::names(repo, folder.id)? {
            if !is_workflow(&name) || !matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable) {
                continue;
            }
            match tree::blob(repo, id, MAX_BYTES, &mut buffer) {
                Ok(text) if starts_on_push(&text.to_str_lossy(), branch) => paths.push(format!("{WORKFLOWS}/{name}")),
                Ok(_) | Err(TreeError::BlobTooLarge { .. }) => {}
                Err(TreeError::Missing(ids)) => missing.extend(ids),
                Err(err) => return Err(err),
            }
        }
    }
    for path in PIPELINES {
        if tree::lookup(repo, root, path, &mut buffer)?.is_some_and(|found| found.kind != EntryKind::Tree) {
            paths.push(path.to_owned());
        }
    }
    if missing.is_empty() { Ok(paths) } else { Err(TreeError::Missing(missing)) }
}
