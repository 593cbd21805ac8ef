use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::core::customization::ChangeKind;
use crate::core::exit::ProcessExit;
use crate::core::lines::Lost;
use crate::core::tree_file::{TreeFile, TreeFileKind};
use crate::environment::Environment;
use crate::extract::Shell;

const PLAIN: TreeFileKind = TreeFileKind::File { executable: false };
const PROGRAM: TreeFileKind = TreeFileKind::File { executable: true };
const LINK: TreeFileKind = TreeFileKind::Symlink;

fn customization(files: &[(&str, TreeFileKind, &str)]) -> Customization {
    let file = |(path, kind, data): &(&str, TreeFileKind, &str)| TreeFile {
        path: (*path).to_owned(),
        kind: *kind,
        data: data.as_bytes().to_vec(),
    };
    Customization { resource: "edge".into(), files: files.iter().map(file).collect() }
}

/// A folder with a target in it.
fn target() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let target = parent.path().canonicalize().unwrap().join("snapd");
    fs::create_dir_all(target.join("tests/lib")).unwrap();
    fs::write(target.join("README"), "old\nsame\n").unwrap();
    fs::write(target.join("tests/lib/run"), "x\n").unwrap();
    (parent, target)
}

fn apply(customization: &Customization, target: &Path) -> (Result<Customized, CustomizeError>, Vec<CustomizeEvent>) {
    let environment = Environment::of_process();
    let shell = Shell::find(None, environment.variable("PATH")).unwrap();
    let mut events = Vec::new();
    let surroundings = Surroundings {
        environment: &environment,
        shell: &shell,
        told: &[("SPREAD_CRON_RESOURCE", Some("edge"))],
        files: ActionsFiles::Written,
    };
    let done = customize(customization, target, &surroundings, &mut |event| events.push(event));
    (done, events)
}

#[track_caller]
fn changes(customization: &Customization, target: &Path) -> Vec<(String, ChangeKind)> {
    let (done, _) = apply(customization, target);
    done.unwrap().changes.into_iter().map(|change| (change.path, change.kind)).collect()
}

fn change(path: &str, kind: ChangeKind) -> (String, ChangeKind) {
    (path.to_owned(), kind)
}

/// All names below a folder.
fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            names.push(entry.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            if fs::symlink_metadata(&entry).unwrap().is_dir() {
                folders.push(entry);
            }
        }
    }
    names.sort();
    names
}

#[test]
fn an_overlay_is_copied_and_told() {
    let (_parent, target) = target();
    let all = customization(&[
        ("options", PLAIN, "x"),
        ("custom/env.sh", PLAIN, ""),
        ("custom/README", PLAIN, "new\nsame\n"),
        ("custom/tests/lib/run", PROGRAM, "x\n"),
        ("custom/new/deep/file", PLAIN, "1"),
        ("custom/new/link", LINK, "deep/file"),
        ("custom/empty/.gitkeep", PLAIN, ""),
        ("custom/.gitkeep", PLAIN, ""),
    ]);
    let first = [
        change("README", ChangeKind::Replaced(Lost::Lines(1))),
        change("new/deep/file", ChangeKind::Added),
        change("new/link", ChangeKind::Added),
        change("tests/lib/run", ChangeKind::Replaced(Lost::Lines(0))),
    ];
    assert_eq!(changes(&all, &target), first);
    let expected =
        ["README", "empty", "new", "new/deep", "new/deep/file", "new/link", "tests", "tests/lib", "tests/lib/run"];
    assert_eq!(names(&target), expected);
    assert_eq!(fs::read_to_string(target.join("new/link")).unwrap(), "1");
    let mode = fs::metadata(target.join("tests/lib/run")).unwrap().permissions().mode();
    assert_eq!(mode & 0o100, 0o100);

    let identity = || {
        let about = |path: &str| fs::symlink_metadata(target.join(path)).unwrap();
        ["README", "new/deep/file", "new/link", "tests/lib/run"]
            .map(|path| (about(path).ino(), about(path).mtime(), about(path).mtime_nsec()))
    };
    let before = identity();
    assert!(changes(&all, &target).iter().all(|(_, kind)| *kind == ChangeKind::Unchanged));
    assert_eq!(identity(), before, "what is equal is left alone");
    assert_eq!(names(&target), expected);
}

#[test]
fn nothing_is_written_through_a_link_of_any_kind() {
    let (parent, target) = target();
    let outside = parent.path().join("outside");
    fs::write(&outside, "precious").unwrap();
    symlink(&outside, target.join("link")).unwrap();
    fs::hard_link(&outside, target.join("hard")).unwrap();
    let all = customization(&[("custom/link", PLAIN, "new"), ("custom/hard", PLAIN, "new")]);
    changes(&all, &target);
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
    assert_eq!(fs::read_to_string(target.join("link")).unwrap(), "new");
    assert_eq!(fs::read_to_string(target.join("hard")).unwrap(), "new");
}

#[test]
fn a_file_becomes_what_the_overlay_says_whatever_it_was() {
    let (_parent, target) = target();
    let before = [
        customization(&[("custom/x", PLAIN, "short")]),
        customization(&[("custom/x", PROGRAM, "a much longer text\n")]),
        customization(&[("custom/x", LINK, "README")]),
        customization(&[("custom/x", PLAIN, "")]),
        customization(&[("custom/x", PROGRAM, "")]),
    ];
    for first in &before {
        for second in &before {
            changes(first, &target);
            changes(second, &target);
            assert!(changes(second, &target).iter().all(|(_, kind)| *kind == ChangeKind::Unchanged));
            let about = fs::symlink_metadata(target.join("x")).unwrap();
            let file = &second.files[0];
            match file.kind {
                TreeFileKind::Symlink => assert!(about.is_symlink()),
                TreeFileKind::File { executable } => {
                    assert_eq!(about.permissions().mode() & 0o111 != 0, executable);
                    assert_eq!(fs::read(target.join("x")).unwrap(), file.data);
                }
            }
        }
    }
    assert_eq!(fs::read_to_string(target.join("README")).unwrap(), "old\nsame\n");
    fs::set_permissions(target.join("x"), fs::Permissions::from_mode(0o444)).unwrap();
    changes(&before[0], &target);
    assert_eq!(fs::read(target.join("x")).unwrap(), b"short");
}

#[test]
fn what_is_in_the_way_is_found_before_anything_is_written() {
    let (parent, target) = target();
    let outside = parent.path().join("outside");
    fs::create_dir(&outside).unwrap();
    symlink(&outside, target.join("out")).unwrap();
    let before = names(&target);
    type Expected = fn(&CustomizeError) -> bool;
    let cases: [(&str, Expected); 6] = [
        ("custom/out/x", |err| matches!(err, CustomizeError::ParentIsLink(path) if path == "out")),
        ("custom/out/deep/er/x", |err| matches!(err, CustomizeError::ParentIsLink(path) if path == "out")),
        ("custom/out/empty/.gitkeep", |err| matches!(err, CustomizeError::ParentIsLink(path) if path == "out")),
        ("custom/tests", |err| matches!(err, CustomizeError::FolderInTheWay(path) if path == "tests")),
        ("custom/README/x", |err| matches!(err, CustomizeError::FileInTheWay { way, .. } if way == "README")),
        ("custom/README/a/b/x", |err| matches!(err, CustomizeError::FileInTheWay { way, .. } if way == "README")),
    ];
    for (path, expected) in cases {
        let (done, _) = apply(&customization(&[("custom/AAA", PLAIN, "x"), (path, PLAIN, "x")]), &target);
        let err = done.unwrap_err();
        assert!(expected(&err), "{path}: {err:?}");
        assert_eq!(names(&target), before, "{path}");
    }
    assert_eq!(names(&outside), [] as [&str; 0]);
    for path in ["custom/../x", "custom/.git/config", "custom/a/.GIT/x"] {
        let (done, _) = apply(&customization(&[("custom/AAA", PLAIN, "x"), (path, PLAIN, "x")]), &target);
        assert!(matches!(done, Err(CustomizeError::Overlay(_))), "{path}");
    }
    assert_eq!(names(&target), before);
}

#[test]
fn a_target_has_to_be_a_folder() {
    let (_parent, target) = target();
    let all = customization(&[("custom/a", PLAIN, "x")]);
    assert!(matches!(apply(&all, &target.join("README")).0, Err(CustomizeError::NotAFolder(_))));
    assert!(matches!(apply(&all, &target.join("nowhere")).0, Err(CustomizeError::Target(..))));
}

#[test]
fn a_failure_half_way_tells_what_was_done() {
    // A folder that is not there yet is not looked into, so the name is too long only when the file is made.
    let long = format!("custom/new/{}", "x".repeat(300));
    let (_parent, target) = target();
    let all = customization(&[("custom/README", PLAIN, "1"), ("custom/a", PLAIN, "1"), (&long, PLAIN, "2")]);
    let (done, _) = apply(&all, &target);
    let err = done.unwrap_err();
    assert!(matches!(&err, CustomizeError::Write { path, .. } if path.starts_with("new/xxx")), "{err:?}");
    let paths: Vec<&str> = err.changes().iter().map(|change| change.path.as_str()).collect();
    assert_eq!(paths, ["README", "a"]);
    assert_eq!(fs::read_to_string(target.join("README")).unwrap(), "1");
}

const ACTIONS: &str = "#!/bin/sh
set -e
test -d target -a ! -L target
test \"$SPREAD_CRON_RESOURCE\" = edge
test -z \"$(cat)\"
cp -a custom/. target/
cd target
cp -ar ./tests ..
rm -rf tests
mv ../tests .
echo done > ../left-in-scratch
";

#[test]
fn actions_see_the_target_beside_the_files_and_its_parent_is_not_touched() {
    let (parent, target) = target();
    fs::create_dir(parent.path().join("tests")).unwrap();
    let all = customization(&[
        ("actions.sh", PROGRAM, ACTIONS),
        ("custom/README", PLAIN, "new\n"),
        ("custom/absent/.gitkeep", PLAIN, ""),
    ]);
    let inode = fs::metadata(&target).unwrap().ino();
    let (done, events) = apply(&all, &target);
    let done = done.unwrap();
    assert!(done.ran_actions);
    assert_eq!(done.changes, [TargetChange { path: "README".into(), kind: ChangeKind::Replaced(Lost::Lines(2)) }]);
    assert_eq!(events, [CustomizeEvent::RunningActions]);
    assert_eq!(
        names(parent.path()).into_iter().filter(|name| !name.starts_with("snapd/")).collect::<Vec<_>>(),
        ["snapd", "tests"]
    );
    assert_eq!(fs::metadata(&target).unwrap().ino(), inode, "it is the same folder");
    assert!(target.join("tests/lib/run").exists());
}

#[test]
fn a_script_without_an_interpreter_is_for_the_shell() {
    let (_parent, target) = target();
    apply(&customization(&[("actions.sh", PROGRAM, "echo x > target/made\n")]), &target).0.unwrap();
    assert!(target.join("made").exists());
}

#[test]
fn a_script_that_is_not_executable_does_not_run() {
    let (_parent, target) = target();
    let (done, events) =
        apply(&customization(&[("actions.sh", PLAIN, "touch target/made\n"), ("custom/a", PLAIN, "")]), &target);
    assert!(!done.unwrap().ran_actions);
    assert_eq!(events, [CustomizeEvent::ActionsNotExecutable]);
    assert!(target.join("a").exists() && !target.join("made").exists());
}

#[test]
fn after_a_script_that_failed_everything_is_in_its_place() {
    let (parent, target) = target();
    let script = "#!/bin/sh\necho half > target/README\nmkdir locked; touch locked/x; chmod 000 locked\nexit 7\n";
    let all = customization(&[("actions.sh", PROGRAM, script), ("custom/README", PLAIN, "x")]);
    let (done, _) = apply(&all, &target);
    let err = done.unwrap_err();
    assert!(matches!(&err, CustomizeError::Actions { ending: ProcessExit::Status(7), .. }), "{err:?}");
    assert_eq!(err.changes().len(), 1);
    assert_eq!(fs::read_to_string(target.join("README")).unwrap(), "half\n");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
}

#[test]
fn a_script_cannot_make_the_target_vanish_unseen() {
    let (parent, target) = target();
    let (done, _) = apply(&customization(&[("actions.sh", PROGRAM, "#!/bin/sh\nmv target elsewhere\n")]), &target);
    let Err(CustomizeError::TargetGone(scratch)) = done else { panic!("{done:?}") };
    assert!(scratch.join("work/elsewhere/README").exists(), "nothing is lost");
    let (again, _) = apply(&customization(&[("custom/a", PLAIN, "")]), &target);
    assert!(matches!(again, Err(CustomizeError::TargetGone(_))));
    drop(parent);
}

#[test]
fn what_a_killed_run_moved_away_is_put_back_first() {
    let (parent, target) = target();
    let scratch = parent.path().join(".snapd.git-spread-cron");
    fs::create_dir_all(scratch.join("work")).unwrap();
    fs::write(scratch.join("lock"), "").unwrap();
    fs::rename(&target, scratch.join("work/target")).unwrap();
    let all = customization(&[("custom/a", PLAIN, "1")]);
    // The working directory may also be the folder that was moved.
    let (done, events) = apply(&all, &scratch.join("work/target"));
    assert_eq!(done.unwrap().changes.len(), 1);
    assert_eq!(events, [CustomizeEvent::TargetRestored(target.clone())]);
    assert!(target.join("a").exists() && !scratch.exists());

    fs::create_dir_all(scratch.join("work/target")).unwrap();
    let (done, _) = apply(&all, &target);
    assert!(matches!(done, Err(CustomizeError::TwoTargets { .. })));
}

#[test]
fn two_at_a_time_exclude_each_other() {
    let (parent, target) = target();
    let all = customization(&[("custom/a", PLAIN, "1")]);
    let guard = scratch::lock(&target).unwrap();
    assert!(matches!(apply(&all, &target).0, Err(CustomizeError::Busy(_))));
    drop(guard);
    apply(&all, &target).0.unwrap();

    let scratch = parent.path().join(".snapd.git-spread-cron");
    fs::create_dir_all(scratch.join("work")).unwrap();
    fs::rename(&target, scratch.join("work/target")).unwrap();
    let lock = fs::File::create(scratch.join("lock")).unwrap();
    lock.try_lock().unwrap();
    assert!(matches!(apply(&all, &target).0, Err(CustomizeError::Busy(_))));
    assert!(scratch.join("work/target").exists());
}

#[test]
fn a_target_that_cannot_be_moved_is_reached_through_a_link() {
    let (_parent, target) = target();
    fs::write(target.join(".git"), "gitdir: ../repository\n").unwrap();
    let script = "#!/bin/sh\ntest -L target && echo new > target/README\n";
    let (done, events) = apply(&customization(&[("actions.sh", PROGRAM, script)]), &target);
    done.unwrap();
    assert!(matches!(&events[..], [CustomizeEvent::CannotMove { .. }, CustomizeEvent::RunningActions]), "{events:?}");
    assert_eq!(fs::read_to_string(target.join("README")).unwrap(), "new\n");
}

mod variables {
    use super::super::variables::VariablesError;
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    fn read(env: &str) -> Result<VariableChanges, VariablesError> {
        let (_parent, target) = target();
        let all = customization(&[
            ("custom/env.sh", PLAIN, env),
            ("custom/data", PLAIN, "from the overlay"),
            ("lib.sh", PLAIN, "LIB=sourced"),
        ]);
        match apply(&all, &target).0 {
            Ok(done) => Ok(done.variables),
            Err(CustomizeError::Variables { source, changes }) => {
                assert_eq!(changes.len(), 1);
                Err(source)
            }
            Err(err) => panic!("{err:?}"),
        }
    }

    #[track_caller]
    fn set(env: &str) -> Vec<(String, String)> {
        let text = |text: OsString| text.into_string().unwrap();
        read(env).unwrap().set.into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn only_what_is_exported_counts() {
        assert_eq!(set("export A=1\nB=2\nexport C=$B\n"), [("A".into(), "1".into()), ("C".into(), "2".into())]);
        assert_eq!(set(""), []);
        assert_eq!(
            set("set -a; X=1; set +a; cd /; set -- a b; env() { :; }; exec() { :; }"),
            [("X".into(), "1".into())]
        );
        assert_eq!(set("export A=1\nfalse"), [("A".into(), "1".into())], "a failed test at the end is fine");
        assert_eq!(set(". ./lib.sh; export LIB"), [("LIB".into(), "sourced".into())]);
        assert_eq!(set("export D=\"$(cat target/data)\" R=$SPREAD_CRON_RESOURCE")[0].1, "from the overlay");
        assert_eq!(set("set -Ceu; export A=1"), [("A".into(), "1".into())]);
    }

    #[test]
    fn variables_can_be_changed_and_unset() {
        let changes = read("unset HOME; PATH=/nowhere").unwrap();
        assert_eq!(changes.unset, ["HOME"]);
        assert_eq!(changes.set, [("PATH".into(), "/nowhere".into())]);
    }

    #[test]
    fn bytes_are_kept() {
        let changes = read("export A=\"$(printf 'a\\377\\nb')\n\"").unwrap();
        assert_eq!(changes.set, [("A".into(), OsString::from_vec(b"a\xff\nb\n".to_vec()))]);
    }

    #[test]
    fn a_file_that_fails_is_an_error() {
        assert!(matches!(read("export A=1\nif true; then\n"), Err(VariablesError::Syntax)));
        assert!(matches!(read("export A=1\nexit 0\n"), Err(VariablesError::Ended(ProcessExit::Status(0)))));
        assert!(matches!(read("exit 4"), Err(VariablesError::Ended(ProcessExit::Status(4)))));
        assert!(matches!(
            read("set -e; export A=1; false; export B=1"),
            Err(VariablesError::Ended(ProcessExit::Status(1)))
        ));
        assert!(matches!(read("kill -KILL $$"), Err(VariablesError::Ended(ProcessExit::Signal(9)))));
        assert!(VariablesError::Syntax.to_string().contains("custom/env.sh"));
    }
}
