//! Which commit a person means: a name or an id, in full or its beginning. Reads only.

use gix::ObjectId;
use gix::hash::Prefix;
use gix::objs::Kind;

/// Why a text does not lead to a commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommitError {
    #[error("there is no commit {0:?}")]
    Unknown(String),
    #[error("{0:?} is the beginning of several ids")]
    Ambiguous(String),
    #[error("cannot look for commit {0:?}")]
    Read(String, #[source] gix::Error),
}

/// The commit that a full id, the name of a reference, or the beginning of an id means, in this order.
pub(crate) fn resolve_commit(repo: &gix::Repository, text: &str) -> Result<ObjectId, CommitError> {
    let unknown = || CommitError::Unknown(text.to_owned());
    if let Ok(id) = ObjectId::from_hex(text.as_bytes()) {
        return peel(repo, id).ok_or_else(unknown);
    }
    // What cannot be the name of a reference may still be the beginning of an id, or is a typing error.
    if let Ok(mut reference) = repo.find_reference(text) {
        return reference.peel_to_commit().map(|commit| commit.id).map_err(|_| unknown());
    }
    let prefix = Prefix::from_hex(text).map_err(|_| unknown())?;
    let mut candidates = std::collections::HashSet::new();
    let found = repo.objects.lookup_prefix(prefix, Some(&mut candidates));
    match found.map_err(|err| CommitError::Read(text.to_owned(), gix::Error::from_error(err)))? {
        None => Err(unknown()),
        Some(Ok(id)) => peel(repo, id).ok_or_else(unknown),
        // Trees and blobs are not what is asked for.
        Some(Err(())) => {
            let mut commits = candidates.into_iter().filter(|id| kind_of(repo, *id) == Some(Kind::Commit));
            match (commits.next(), commits.next()) {
                (Some(id), None) => Ok(id),
                (Some(_), Some(_)) | (None, _) => Err(CommitError::Ambiguous(text.to_owned())),
            }
        }
    }
}

fn kind_of(repo: &gix::Repository, id: ObjectId) -> Option<Kind> {
    repo.find_header(id).ok().map(|header| header.kind())
}

/// A tag stands for its commit.
fn peel(repo: &gix::Repository, id: ObjectId) -> Option<ObjectId> {
    repo.find_object(id).ok()?.peel_to_commit().ok().map(|commit| commit.id)
}
