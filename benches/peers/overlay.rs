//! The work `customize`: laying an overlay over a target. The resource is a branch in a pack, the peer's overlay a folder.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::contest::{Sandbox, alternate, median};
use crate::{Row, Target};

/// As many folders as the files of the target are spread over.
const FOLDERS: usize = 200;

fn text(number: usize, who: &str) -> String {
    (0..40).map(|line| format!("line {line} of file {number}, as {who} has it\n")).collect()
}

/// Files; every second one replaces a file of the target.
fn write_files(root: &Path, numbers: impl Iterator<Item = usize>, who: &str) {
    for number in numbers {
        let folder = root.join(format!("tests/main/{}", number % FOLDERS));
        fs::create_dir_all(&folder).expect("a folder can be made");
        fs::write(folder.join(format!("file-{number}")), text(number, who)).expect("a file can be written");
    }
}

/// `customize` of a target against `cp -a` of the overlay.
pub(crate) fn customize(sandbox: &Sandbox) -> Vec<Row> {
    let (files, overlaid) = (sandbox.scaled(20_000), sandbox.scaled(4_000));
    let (target, repo) = (sandbox.path("target"), sandbox.path("overlay"));
    write_files(&target, 0..files, "the target");
    write_files(&repo.join("custom"), (0..overlaid).map(|number| files - overlaid / 2 + number), "the overlay");
    fs::write(repo.join("options"), "message=New\npattern_extractor='echo 1'\n").expect("a file can be written");
    for args in [
        &["init", "--quiet", "--initial-branch=edge"][..],
        &["add", "."],
        &["commit", "--quiet", "--message=Watch"],
        &["gc", "--quiet"],
    ] {
        sandbox.output(sandbox.git(&repo, args));
    }
    // All copies stay to the end, as with `record`.
    let copies = Cell::new(0);
    let on_copy = |apply: &dyn Fn(&str) -> Duration| {
        copies.set(copies.get() + 1);
        let name = format!("target-{}", copies.get());
        sandbox.output(sandbox.command("cp", &sandbox.path("."), &["-a", "target", &name]));
        let copy = sandbox.path(&name);
        let time = apply(copy.to_str().expect("the name is UTF-8"));
        let last = files - overlaid / 2 + overlaid - 1;
        let there = fs::read_to_string(copy.join(format!("tests/main/{}/file-{last}", last % FOLDERS)));
        assert_eq!(there.ok(), Some(text(last, "the overlay")), "the overlay is not there");
        time
    };
    let [product, peer] = alternate(
        sandbox.rounds(),
        [
            &mut || {
                on_copy(&|copy| {
                    let args = ["customize", "--local", "--resource", "edge", "--quiet", copy];
                    sandbox.timed(sandbox.product(&repo, &args)).0
                })
            },
            &mut || on_copy(&|copy| sandbox.timed(sandbox.command("cp", &repo, &["-a", "custom/.", copy])).0),
        ],
    );
    let work = format!("customize a target of {files} files with {overlaid}");
    vec![Row::of_times(&work, "cp -a of the overlay", median(&product), median(&peer), Target::Ratio(1.5))]
}
