//! A git directory that exists for one push, so that a push of any size costs one comparison for each reference.
//!
//! git compares each refspec and each lease of its command line with each reference of the remote: quadratic, and limited
//! by the length of a command line. With one wildcard refspec and a `--force-with-lease` without a value it looks each
//! reference up instead. Both need references to look up: the new tips, and the tips that are expected as remote-tracking
//! ones. Those of the repository itself would not do: a fetch at the same time moves them, and git would overwrite what
//! was never looked at. So both lie in one `packed-refs` of a directory that no other process knows.
//!
//! Objects are those of the repository. Its configuration counts too: what git reads there and not in this directory, for
//! example because of `includeIf.gitdir`, is included.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use gix::ObjectId;

use super::program::{Git, Input, Output, ProgramError};
use super::repository::Repository;
use super::sharing::Sharing;
use super::tracking::{RefPattern, fetch_refspecs};
use super::update::Update;
use super::work_folder::WorkFolder;

/// Where the new tips lie.
const NEW: &str = "refs/spread-cron-new/";

/// Where the expected tips lie, unless a configured refspec names another place.
const EXPECTED: &str = "refs/spread-cron-expected/";

/// Files of configuration that include each other this often are not followed any further.
const MAX_INCLUDES: usize = 20;

/// Why the directory cannot be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScratchError {
    #[error("cannot make a folder for the push in {}", .0.display())]
    Folder(PathBuf, #[source] io::Error),
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    #[error("cannot read the configuration of the repository")]
    Configuration(#[from] ProgramError),
}

/// A git directory for pushes to one remote.
pub(super) struct ScratchRepository {
    folder: WorkFolder,
    git: Git,
    /// The fetch refspecs of the remote, in the order in which git looks at them.
    refspecs: Vec<String>,
    /// git pushes to each URL in turn, and after the first the expected tips are no longer what they were.
    has_several_urls: bool,
}

impl ScratchRepository {
    pub(super) fn new(repository: &Repository, git: &Git, remote: &str) -> Result<Self, ScratchError> {
        let common_dir = repository.common_dir();
        let repo = repository.local();
        let folder = WorkFolder::create(common_dir, Sharing::of(&repo))
            .map_err(|err| ScratchError::Folder(common_dir.to_owned(), err))?;
        let config = repo.config_snapshot();
        let mut refspecs = fetch_refspecs(&repo, remote);
        refspecs.push(expected_refspec());
        let count =
            |key| config.plumbing().strings(format!("remote.{remote}.{key}").as_str()).map_or(0, |urls| urls.len());
        let has_several_urls = count("pushurl").max(if count("pushurl") == 0 { count("url") } else { 0 }) > 1;
        let scratch =
            ScratchRepository { git: git.for_objects_of(folder.path(), &repo), folder, refspecs, has_several_urls };
        scratch.write("HEAD", b"ref: refs/heads/none\n")?;
        if let Ok(boundary) = fs::read(common_dir.join("shallow")) {
            scratch.write("shallow", &boundary)?;
        }
        scratch.configure(git, &format_of(&repo))?;
        Ok(scratch)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), ScratchError> {
        let path = self.folder.path().join(name);
        fs::write(&path, content).map_err(|err| ScratchError::Write(path, err))
    }

    /// Includes what git reads in the repository, until it reads the same here.
    fn configure(&self, git: &Git, format: &str) -> Result<(), ScratchError> {
        let mut text = format.to_owned();
        self.write("config", text.as_bytes())?;
        fs::create_dir(self.folder.path().join("refs")).map_err(|err| self.cannot_write("refs", err))?;
        let wanted = origins(&list(git)?);
        for _ in 0..MAX_INCLUDES {
            let read: HashSet<Vec<u8>> = origins(&list(&self.git)?).into_iter().collect();
            let Some(missing) = wanted.iter().find(|file| !read.contains(*file)) else { break };
            text += &format!("[include]\n\tpath = {}\n", quoted(&String::from_utf8_lossy(missing)));
            self.write("config", text.as_bytes())?;
        }
        Ok(())
    }

    fn cannot_write(&self, name: &str, err: io::Error) -> ScratchError {
        ScratchError::Write(self.folder.path().join(name), err)
    }

    /// Whether a lease without a value protects the update; if not, it needs one of its own on the command line.
    pub(super) fn protects(&self, update: &Update) -> bool {
        !self.has_several_urls
            && update.old.is_some()
            && update.new.is_some()
            && place(&self.refspecs, &update.reference).is_some()
    }

    /// Writes what a push of these updates looks at.
    pub(super) fn fill(&self, updates: &[&Update]) -> Result<(), ScratchError> {
        let mut references: BTreeMap<String, ObjectId> = BTreeMap::new();
        for update in updates {
            let Some(new) = update.new else { continue };
            references.insert(format!("{NEW}{}", below_refs(&update.reference)), new);
            if let (Some(old), Some(place)) = (update.old, place(&self.refspecs, &update.reference)) {
                references.insert(place, old);
            }
        }
        let lines: String = references.iter().map(|(name, id)| format!("{id} {name}\n")).collect();
        // What the push before this one moved.
        let refs = self.folder.path().join("refs");
        fs::remove_dir_all(&refs).and_then(|()| fs::create_dir(&refs)).map_err(|err| self.cannot_write("refs", err))?;
        self.write("packed-refs", format!("# pack-refs with: peeled fully-peeled sorted \n{lines}").as_bytes())
    }

    /// The refspec that pushes the new tips.
    pub(super) fn push_refspec() -> String {
        format!("{NEW}*:refs/*")
    }

    /// Runs git in this directory.
    pub(super) fn run(&self, args: &[String], input: Input) -> Result<Output, ProgramError> {
        self.git.run(args, input, false)
    }
}

/// The refspec that makes git look for expected tips in [`EXPECTED`], where no configured one is in the way.
pub(super) fn expected_refspec() -> String {
    format!("+refs/*:{EXPECTED}*")
}

fn below_refs(reference: &str) -> &str {
    reference.strip_prefix("refs/").unwrap_or(reference)
}

/// What git reads before it obeys any other configuration.
fn format_of(repo: &gix::Repository) -> String {
    let mut format = "[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n[extensions]\n".to_owned();
    format += &format!("\tobjectFormat = {}\n", repo.object_hash());
    if let Some(remote) = repo.config_snapshot().string("extensions.partialClone") {
        format += &format!("\tpartialClone = {}\n", quoted(&remote.to_string()));
    }
    format
}

fn list(git: &Git) -> Result<Vec<u8>, ProgramError> {
    let args = ["config", "--list", "--show-origin", "--includes", "-z"];
    // What an interrupted poll has extracted is still recorded.
    let output = git.run(&args, Input::Nothing, false)?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(ProgramError::Failed("config".to_owned(), output.complaint())),
    }
}

/// The files of a `git config --list --show-origin -z`, in the order in which they are read.
fn origins(list: &[u8]) -> Vec<Vec<u8>> {
    let records: Vec<&[u8]> = list.split(|byte| *byte == 0).collect();
    let mut files: Vec<Vec<u8>> = Vec::new();
    for file in records.chunks(2).filter_map(|record| record[0].strip_prefix(b"file:")) {
        if !files.iter().any(|known| known == file) {
            files.push(file.to_owned());
        }
    }
    files
}

/// A value as git's configuration can hold any.
pub(super) fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// The remote-tracking reference that git finds for a reference of the remote by these fetch refspecs: the first that
/// matches, unless a negative one does. Unlike a fetch, git takes each name here as it is written.
fn place(refspecs: &[String], reference: &str) -> Option<String> {
    let star_in = |pattern: &str| RefPattern::new(pattern).star(reference);
    if refspecs.iter().filter_map(|refspec| refspec.strip_prefix('^')).any(|source| star_in(source).is_some()) {
        return None;
    }
    refspecs.iter().filter(|refspec| !refspec.starts_with('^')).find_map(|refspec| {
        let (source, target) = refspec.strip_prefix('+').unwrap_or(refspec).split_once(':')?;
        let star = star_in(source).filter(|_| !target.is_empty())?;
        Some(RefPattern::new(target).with(star))
    })
}

/// For tests of the folder's own files.
#[cfg(test)]
impl ScratchRepository {
    fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refspecs(configured: &[&str]) -> Vec<String> {
        configured.iter().map(ToString::to_string).chain([expected_refspec()]).collect()
    }

    #[test]
    fn expected_tips_lie_where_git_looks_for_them() {
        let cases: [(&[&str], Option<&str>); 8] = [
            (&[], Some("refs/spread-cron-expected/heads/a/b")),
            (&["+refs/heads/*:refs/remotes/o/*"], Some("refs/remotes/o/a/b")),
            (&["refs/pull/*/head:refs/pr/*", "+refs/heads/*:refs/x/*"], Some("refs/x/a/b")),
            (&["+refs/heads/a*:refs/x/y*z"], Some("refs/x/y/bz")),
            (&["+refs/heads/main:refs/remotes/o/main"], Some("refs/spread-cron-expected/heads/a/b")),
            (&["refs/heads/a/b:refs/one"], Some("refs/one")),
            (&["+refs/*:refs/*"], Some("refs/heads/a/b")),
            (&["+refs/heads/*:refs/remotes/o/*", "^refs/heads/a/*"], None),
        ];
        for (configured, expected) in cases {
            assert_eq!(place(&refspecs(configured), "refs/heads/a/b").as_deref(), expected, "{configured:?}");
        }
    }

    #[test]
    fn origins_of_a_configuration() {
        let list = b"file:/a b\0core.x\ny\0file:.git/config\0user.name\nA\nB\0command line:\0a.b\n\0file:/a b\0c.d\0";
        assert_eq!(origins(list), [b"/a b".to_vec(), b".git/config".to_vec()]);
    }

    #[test]
    fn values_are_quoted() {
        assert_eq!(quoted("/a \"b\"\\c\n"), r#""/a \"b\"\\c\n""#);
    }

    #[test]
    fn new_and_expected_tips_lie_in_one_file() {
        let dir = tempfile::tempdir().unwrap();
        gix::init(dir.path()).unwrap();
        let repository = Repository::at(dir.path());
        let git = Git::for_tests(repository.git_dir());
        let scratch = ScratchRepository::new(&repository, &git, "origin").unwrap();
        let id = |digit: char| ObjectId::from_hex(digit.to_string().repeat(40).as_bytes()).unwrap();
        let update = |name: &str, old, new| Update { reference: name.to_owned(), shown_by: String::new(), old, new };
        let moved = update("refs/heads/b", Some(id('1')), Some(id('2')));
        let new = update("refs/x/a", None, Some(id('3')));
        let gone = update("refs/x/c", Some(id('4')), None);
        assert_eq!([&moved, &new, &gone].map(|update| scratch.protects(update)), [true, false, false]);
        scratch.fill(&[&moved, &new, &gone]).unwrap();
        let text = fs::read_to_string(scratch.folder().join("packed-refs")).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        let expected = [
            format!("{} refs/spread-cron-expected/heads/b", id('1')),
            format!("{} refs/spread-cron-new/heads/b", id('2')),
            format!("{} refs/spread-cron-new/x/a", id('3')),
        ];
        assert_eq!(lines, expected);
    }
}
