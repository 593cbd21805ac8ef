//! Finding and opening the repository, and sharing it between threads.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use gix::bstr::BString;

use super::discovery::{GitSays, ask_git, is_doubtful};
use super::tree::MAX_FOLDER_BYTES;
use crate::Environment;
use crate::environment::GIT_DIR;

/// The repository that the command works in: a checkout, a linked worktree or a bare repository.
pub(crate) struct Repository {
    shared: gix::ThreadSafeRepository,
    git_dir: PathBuf,
    common_dir: PathBuf,
    start: Start,
    overrides: Vec<BString>,
    limit: ObjectLimit,
}

/// How large an object may be that is read into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObjectLimit {
    /// Larger ones cannot be read: neither commits nor trees nor options are, nor is what a delta is made from.
    Sane,
    Unlimited,
}

/// Where a repository is looked for.
#[derive(Clone, Debug)]
enum Start {
    /// In this folder and those above it, or where `GIT_DIR` says.
    At(PathBuf),
    /// It is this one. The caller vouches for it, as with `GIT_DIR`.
    Is(PathBuf),
}

/// Why a repository cannot be worked in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("cannot open the git repository at {}", .0.display())]
    Open(PathBuf, #[source] gix::Error),
    #[error("the repository at {} stores its references as {storage:?}, which is not supported", .git_dir.display())]
    RefStorage { git_dir: PathBuf, storage: String },
    #[error("the repository at {} uses the unknown extension {extension:?}", .git_dir.display())]
    Extension { git_dir: PathBuf, extension: String },
    #[error("git does not work in {}: {words}", .git_dir.display())]
    Refused { git_dir: PathBuf, words: String },
    #[error("cannot find {}", .0.display())]
    Path(PathBuf, #[source] std::io::Error),
}

impl OpenError {
    /// What the user can do about it.
    pub(crate) fn hint(&self) -> String {
        match self {
            OpenError::Open(dir, cause) if cause.to_string().contains("unsafe") => {
                format!("if you trust its owner: git config --global --add safe.directory {}", dir.display())
            }
            OpenError::Open(..) => {
                "run the command inside a git repository, or name one: git -C DIR spread-cron".into()
            }
            OpenError::RefStorage { .. } => "convert it: git refs migrate --ref-format=files".into(),
            OpenError::Extension { .. } => {
                "use a newer version of git-spread-cron, or a clone without the extension".into()
            }
            OpenError::Refused { .. } => "see git-config(1) on safe.directory and safe.bareRepository".into(),
            OpenError::Path(..) => "check that the folder exists and is readable".into(),
        }
    }
}

/// How many bytes of delta bases each thread keeps: enough for the neighbours in one history.
const DELTA_BASE_CACHE: usize = 100 * 1024;

/// Extensions of the repository format (gitrepository-layout(5)) that do not change what is read or written here.
const KNOWN_EXTENSIONS: [&str; 7] =
    ["noop", "preciousobjects", "partialclone", "worktreeconfig", "objectformat", "relativeworktrees", "refstorage"];

impl Repository {
    /// Finds the repository of the working directory, or the one that `GIT_DIR` names; in an extractor the one that is
    /// polled.
    ///
    /// # Errors
    ///
    /// There is none, it belongs to another user (`safe.directory`), or it has a format that would be misread.
    pub(crate) fn discover(environment: &Environment) -> Result<Self, OpenError> {
        let overrides = environment.config_parameters();
        let start = match environment.variable(GIT_DIR) {
            Some(git_dir) => Start::Is(git_dir.into()),
            None => Start::At(environment.working_directory().to_owned()),
        };
        let is_named = matches!(start, Start::Is(_));
        let found = Self::open(start, overrides.clone(), ObjectLimit::Sane);
        let is_clear = match &found {
            Ok(repository) => is_named || !is_doubtful(&repository.local(), environment),
            Err(OpenError::Open(..)) => is_named,
            Err(_) => true,
        };
        if is_clear {
            return found;
        }
        match (ask_git(environment), found) {
            (GitSays::Works(git_dir), Ok(found)) if git_dir.canonicalize().is_ok_and(|it| it == found.git_dir) => {
                Ok(found)
            }
            (GitSays::Works(git_dir), _) => Self::open(Start::Is(git_dir), overrides, ObjectLimit::Sane),
            (GitSays::Refuses(words), Ok(found)) => Err(OpenError::Refused { git_dir: found.git_dir, words }),
            (GitSays::Refuses(_) | GitSays::Nothing, found) => found,
        }
    }

    #[cfg(test)]
    pub(super) fn at(folder: &Path) -> Self {
        Self::open(Start::At(folder.to_owned()), Vec::new(), ObjectLimit::Sane).unwrap()
    }

    /// Opens the repository once more, to see packs, references and settings that changed meanwhile.
    pub(crate) fn reopen(&self) -> Result<Self, OpenError> {
        Self::open(self.start.clone(), self.overrides.clone(), self.limit)
    }

    /// Opens the repository once more, to read objects of any size.
    pub(crate) fn unlimited(&self) -> Result<Self, OpenError> {
        Self::open(self.start.clone(), self.overrides.clone(), ObjectLimit::Unlimited)
    }

    fn open(start: Start, overrides: Vec<BString>, limit: ObjectLimit) -> Result<Self, OpenError> {
        let most = match limit {
            ObjectLimit::Sane => MAX_FOLDER_BYTES,
            ObjectLimit::Unlimited => usize::MAX >> 1,
        };
        let own = BString::from(format!("gitoxide.objects.allocLimit={most}"));
        let options = |trust| {
            let options = <gix::open::Options as gix::sec::trust::DefaultForLevel>::default_for_level(trust);
            options.cli_overrides(overrides.iter().cloned().chain([own.clone()])).bail_if_untrusted(true)
        };
        let trust_map = gix::sec::trust::Mapping {
            full: options(gix::sec::Trust::Full),
            reduced: options(gix::sec::Trust::Reduced),
        };
        let discovery = gix::discover::upwards::Options { match_ceiling_dir_or_error: false, ..Default::default() };
        let shared = match &start {
            Start::At(folder) => {
                gix::ThreadSafeRepository::discover_with_environment_overrides_opts(folder, discovery, trust_map)
                    .map_err(|err| OpenError::Open(folder.clone(), err))?
            }
            Start::Is(git_dir) => {
                let trusted = trust_map.full.with(gix::sec::Trust::Full).bail_if_untrusted(false);
                gix::ThreadSafeRepository::open_opts(git_dir, trusted)
                    .map_err(|err| OpenError::Open(git_dir.clone(), err))?
            }
        };
        let repo = shared.to_thread_local();
        let canonical = |path: &Path| path.canonicalize().map_err(|err| OpenError::Path(path.to_owned(), err));
        let git_dir = canonical(repo.git_dir())?;
        let common_dir = canonical(repo.common_dir())?;
        check_format(&repo, &git_dir)?;
        Ok(Repository { shared, git_dir, common_dir, start, overrides, limit })
    }

    /// A handle for the present thread.
    pub(crate) fn local(&self) -> gix::Repository {
        let mut repo = self.shared.to_thread_local();
        // A replacement would show another commit than the one that is pushed: an extractor could make one.
        repo.objects.ignore_replacements = true;
        // Branches have little in common, so most lookups of delta bases fail. gix's own choice searches a list each time.
        repo.objects
            .set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(DELTA_BASE_CACHE)));
        repo
    }

    /// The absolute path of the folder with `HEAD`.
    pub(crate) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The absolute path of the folder with `refs` and `objects`, shared by all worktrees.
    pub(crate) fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// Applies `work` to each item, on as many threads as there are cores; the results keep the order.
    pub(crate) fn map_parallel<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&gix::Repository, &T) -> R + Sync,
    ) -> Vec<R> {
        /// So few items are done before a thread has started.
        const WORTH_A_THREAD: usize = 256;
        const BLOCK: usize = 64;
        let threads =
            std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(items.len() / WORTH_A_THREAD);
        if threads < 2 {
            let repo = self.local();
            return items.iter().map(|item| work(&repo, item)).collect();
        }
        let next = AtomicUsize::new(0);
        let take_blocks = || {
            let repo = self.local();
            let mut blocks = Vec::new();
            loop {
                let start = next.fetch_add(BLOCK, Ordering::Relaxed);
                let Some(block) = items.get(start..items.len().min(start + BLOCK)).filter(|block| !block.is_empty())
                else {
                    return blocks;
                };
                blocks.push((start, block.iter().map(|item| work(&repo, item)).collect::<Vec<_>>()));
            }
        };
        let mut blocks = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take_blocks)).collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("a worker does not panic")).collect::<Vec<_>>()
        });
        blocks.sort_unstable_by_key(|(start, _)| *start);
        blocks.into_iter().flat_map(|(_, results)| results).collect()
    }
}

/// Opens the repository whose work tree, or whose own folder, is exactly `path`: one that the command does not work in,
/// so that no variable of git says where it is.
pub(crate) fn open_other(path: &Path) -> Result<gix::Repository, OpenError> {
    let repo = gix::open(path).map_err(|err| OpenError::Open(path.to_owned(), err))?;
    check_format(&repo, path)?;
    Ok(repo)
}

/// gix opens repositories whose references it cannot see, and finds no branches in them.
fn check_format(repo: &gix::Repository, git_dir: &Path) -> Result<(), OpenError> {
    let config = repo.config_snapshot();
    if let Some(storage) = config.string("extensions.refStorage").filter(|storage| *storage != "files") {
        return Err(OpenError::RefStorage { git_dir: git_dir.to_owned(), storage: storage.to_string() });
    }
    if config.integer("core.repositoryFormatVersion").unwrap_or_default() < 1 {
        return Ok(());
    }
    let sections = config.plumbing().sections_by_name("extensions").into_iter().flatten();
    let names = |section: gix::config::file::SectionRef<'_>| -> Vec<String> {
        section.body().value_names().map(|name| name.to_ascii_lowercase()).collect()
    };
    for name in sections.flat_map(names) {
        if !KNOWN_EXTENSIONS.contains(&name.as_str()) {
            return Err(OpenError::Extension { git_dir: git_dir.to_owned(), extension: name });
        }
    }
    Ok(())
}
