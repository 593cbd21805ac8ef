use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::git::program::Git;
use crate::git::repository::Repository;

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Place(tempfile::tempdir().unwrap());
        place.git(&["init", "-q", "--bare", "."], b"");
        place
    }

    fn git(&self, args: &[&str], input: &[u8]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.0.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.0.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "A").env(format!("GIT_{role}_EMAIL"), "a@b");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn blob(&self, text: &str) -> String {
        self.git(&["hash-object", "-w", "--stdin"], text.as_bytes())
    }

    /// Lines as `git mktree` takes them.
    fn tree(&self, lines: &[String]) -> String {
        self.git(&["mktree", "--missing"], (lines.join("\n") + "\n").as_bytes())
    }

    fn local(&self) -> gix::Repository {
        Repository::at(self.0.path()).local()
    }

    fn unpack(&self, tree: &str, interrupted: fn() -> bool) -> (PathBuf, Result<Vec<TreeEntry>, TreeError>) {
        let repository = Repository::at(self.0.path());
        let git_dir = self.0.path().to_owned();
        let git = Git { interrupted, ..Git::for_tests(&git_dir) };
        let folder = self.0.path().join("out");
        fs::create_dir(&folder).unwrap();
        let listed = list(&repository.local(), id(tree), None, Extent::Everything);
        let done = listed.and_then(|entries| unpack(&repository, &git, &entries, &folder).map(|()| entries));
        (folder, done)
    }
}

#[test]
fn files_modes_links_and_submodules() {
    let place = Place::new();
    let (text, link) = (place.blob("text"), place.blob("folder/run"));
    let inner = place.tree(&[format!("100755 blob {text}\trun"), format!("100644 blob {text}\ta:b")]);
    let tree = place.tree(&[
        format!("040000 tree {inner}\tfolder"),
        format!("120000 blob {link}\talink"),
        format!("160000 commit {}\tmodule", "1".repeat(40)),
    ]);
    let (folder, done) = place.unpack(&tree, || false);
    assert_eq!(done.unwrap().len(), 4);
    let mode = |path| fs::metadata(folder.join(path)).unwrap().permissions().mode() & 0o100;
    assert_eq!((mode("folder/run"), mode("folder/a:b")), (0o100, 0));
    assert_eq!(fs::read_link(folder.join("alink")).unwrap(), Path::new("folder/run"));
    assert_eq!(fs::read(folder.join("alink")).unwrap(), b"text");
    assert_eq!(fs::read_dir(folder.join("module")).unwrap().count(), 0);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["..", ".git", ".GIT"] {
        let place = Place::new();
        let text = place.blob("text");
        let tree = place.tree(&[format!("100644 blob {text}\tgood"), format!("100644 blob {text}\t{name}")]);
        let (folder, done) = place.unpack(&tree, || false);
        assert!(matches!(done, Err(TreeError::Name(path)) if path == Path::new(name)), "{name}");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 0);
    }
}

#[test]
fn what_cannot_be_written_is_named() {
    let place = Place::new();
    let missing = "1".repeat(40);
    let tree = place.tree(&[format!("100644 blob {missing}\tfile")]);
    let error = place.unpack(&tree, || false).1.unwrap_err();
    assert_eq!(error.to_string(), format!("object {missing} is missing"));
    let place = Place::new();
    let text = place.blob("text");
    let tree = place.tree(&[format!("100644 blob {text}\tfile")]);
    assert!(matches!(place.unpack(&tree, || true).1, Err(TreeError::Interrupted)));
}

fn id(hex: &str) -> ObjectId {
    ObjectId::from_hex(hex.as_bytes()).unwrap()
}

#[test]
fn everything_that_is_missing_is_reported_at_once() {
    let place = Place::new();
    let missing = ["1", "2"].map(|digit| digit.repeat(40));
    let [one, two] = &missing;
    let tree = place.tree(&[format!("040000 tree {one}\ta"), format!("040000 tree {two}\tb")]);
    let listed = list(&place.local(), id(&tree), None, Extent::Resource).unwrap_err();
    assert_eq!(listed.missing(), missing.each_ref().map(|hex| id(hex)));
    let tree = place.tree(&[format!("100644 blob {one}\ta"), format!("100644 blob {two}\tb")]);
    assert_eq!(files(&place.local(), id(&tree)).unwrap_err().missing().len(), 2);
}

#[test]
fn what_is_too_large_is_refused_before_it_is_inflated() {
    let place = Place::new();
    let large = place.blob(&"\0".repeat(MAX_FOLDER_BYTES / 2 + 1));
    let tree = place.tree(&[format!("100644 blob {large}\ta"), format!("100644 blob {large}\tb")]);
    let repo = place.local();
    assert!(matches!(files(&repo, id(&tree)), Err(TreeError::FolderTooLarge)));
    let mut buffer = Vec::new();
    assert!(matches!(blob(&repo, id(&large), 1000, &mut buffer), Err(TreeError::BlobTooLarge { most: 1000, .. })));
    assert_eq!(buffer.capacity(), 0, "nothing was read");
    let most = blob(&repo, id(&place.blob("text")), 4, &mut buffer);
    assert_eq!(most.unwrap(), b"text");
}

#[test]
fn nested_copies_of_a_tree_are_not_listed_for_ever() {
    let place = Place::new();
    let mut tree = place.tree(&[format!("100644 blob {}\tfile", place.blob("x"))]);
    for _ in 0..8 {
        tree = place.tree(&(0..10).map(|n| format!("040000 tree {tree}\t{n}")).collect::<Vec<_>>());
    }
    let listed = list(&place.local(), id(&tree), None, Extent::Resource);
    assert!(matches!(listed, Err(TreeError::ListTooLong)));
}

#[test]
fn what_is_left_out_lies_at_the_top() {
    let place = Place::new();
    let text = place.blob("text");
    let inner = place.tree(&[format!("100644 blob {text}\ttarget")]);
    let tree = place.tree(&[format!("040000 tree {inner}\ta"), format!("040000 tree {inner}\ttarget")]);
    let listed = list(&place.local(), id(&tree), Some("target"), Extent::Resource).unwrap();
    assert_eq!(listed.iter().map(|entry| entry.text().unwrap()).collect::<Vec<_>>(), ["a/target"]);
}

#[test]
fn objects_are_no_larger_than_any_that_is_wanted() {
    let place = Place::new();
    let large = id(&place.blob(&"\0".repeat(MAX_FOLDER_BYTES + 1)));
    let mut buffer = Vec::new();
    assert!(matches!(read(&place.local(), large, Kind::Blob, &mut buffer), Err(TreeError::Read { .. })));
    let unlimited = Repository::at(place.0.path()).unlimited().unwrap();
    assert_eq!(read(&unlimited.local(), large, Kind::Blob, &mut buffer).unwrap().len(), MAX_FOLDER_BYTES + 1);
}
