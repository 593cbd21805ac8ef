//! Whole screens, as a person sees them, of commands whose other tests look at parts: a run that works, one that has
//! nothing to do, and one that fails.

use std::fs;

use regex::Regex;

use crate::support::{Recipe, Repo, Run, Sandbox, are_installed};

/// Replaces what a pattern finds: something that differs from run to run.
fn without(screen: &str, pattern: &str, shown: &str) -> String {
    Regex::new(pattern).unwrap().replace_all(screen, shown).into_owned()
}

fn edge(sandbox: &Sandbox) -> Repo<'_> {
    let (_, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)").state("New snap (6)");
    });
    clone
}

#[test]
fn add() {
    let sandbox = Sandbox::new();
    let clone = edge(&sandbox);
    let beta = ["add", "beta", "--message", "New beta", "--extractor", "echo 3"];
    insta::assert_snapshot!(clone.run([&beta[..], &["--dry-run"]].concat()).screen(), @r#"
    message="New beta"
    pattern_extractor="echo 3"
    "#);
    insta::assert_snapshot!(clone.run(beta).screen(), @"
    --- stderr
    Created beta on origin. Record its first value with: git spread-cron poll beta
    ");
    insta::assert_snapshot!(clone.run(beta).screen(), @"
    --- stderr
    error: the branch beta exists already on origin
      hint: choose another name, or change its options file with a commit; if it is gone by now, run: git fetch --prune origin
    [exit 3]
    ");
    insta::assert_snapshot!(clone.run(["add", "gamma", "--message", "New gamma"]).screen(), @"
    --- stderr
    error: --extractor is missing
      hint: give --message TEXT and --extractor COMMAND, or see the catalog: git spread-cron catalog
    [exit 2]
    ");
}

#[test]
fn catalog() {
    let sandbox = Sandbox::new();
    let clone = edge(&sandbox);
    fs::create_dir(sandbox.path("empty")).unwrap();
    let empty = sandbox.path("empty");
    insta::assert_snapshot!(clone.run(["catalog", "core-edge"]).screen(), @"
    Entries
      snapd-core-edge  The core snap in edge on amd64  the snap store
    --- stderr
    Add one with: git spread-cron add --from NAME
    See what is in one with: git spread-cron catalog show NAME
    ");
    insta::assert_snapshot!(clone.run(["catalog", "--catalog", empty.to_str().unwrap(), "nothing-like-it"]).screen(), @r#"
    --- stderr
    warning: $SANDBOX/empty holds neither a folder entries nor a folder recipes
    error: nothing in the catalog matches "nothing-like-it"
      hint: see what there is: git spread-cron catalog
    [exit 2]
    "#);
    insta::assert_snapshot!(clone.run(["catalog", "--catalog", "/no/such/folder"]).screen(), @"
    --- stderr
    error: cannot read the catalog in /no/such/folder: No such file or directory (os error 2)
      hint: name a folder that is there: --catalog DIR, or git config spread-cron.catalog DIR
    [exit 3]
    ");
}

#[test]
fn run() {
    let sandbox = Sandbox::new();
    let watched = Recipe::new().file("custom/empty/.gitkeep", "").build(&sandbox);
    let steady = |run: &Run| {
        let screen = without(&run.screen(), r"target-[0-9a-f]{8}", "target-<hash>");
        without(&screen, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>")
    };
    insta::assert_snapshot!(steady(&watched.cmd(&["--dry-run"]).run()), @"
    mkdir -p $SANDBOX/workspace && touch $SANDBOX/workspace/.git-spread-cron.lock && git --git-dir=$SANDBOX/clone/.git archive <commit> | tar -x -C $SANDBOX/workspace
    git init --bare --quiet $SANDBOX/home/.cache/git-spread-cron/mirrors/target-<hash>.git
    git '--git-dir=$SANDBOX/home/.cache/git-spread-cron/mirrors/target-<hash>.git' config gc.pruneExpire never
    git '--git-dir=$SANDBOX/home/.cache/git-spread-cron/mirrors/target-<hash>.git' -c 'gc.auto=0' -c 'maintenance.auto=false' fetch --quiet --prune --no-auto-maintenance --no-write-fetch-head -- file://$SANDBOX/target '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
    git clone --quiet --reference-if-able $SANDBOX/home/.cache/git-spread-cron/mirrors/target-<hash>.git -- file://$SANDBOX/target $SANDBOX/workspace/target
    env SPREAD_CRON_RESOURCE=edge SPREAD_CRON_VALUE=2 SPREAD_CRON_OLD_VALUE=1 SPREAD_CRON_MESSAGE='New snap' SPREAD_CRON_COMMIT=<commit> git --git-dir=$SANDBOX/clone/.git spread-cron customize --resource edge --commit <commit> $SANDBOX/workspace/target --exec -- spread -v
    ");
    insta::assert_snapshot!(steady(&watched.cmd(&[]).run()), @"
    <time> Project content is packed for delivery (1.00KB).
    <time> Allocating google:ubuntu-24.04-64...
    <time> Preparing google:ubuntu-24.04-64:tests/main/ (google:ubuntu-24.04-64)...
    <time> Preparing google:ubuntu-24.04-64:tests/main/alpha (google:ubuntu-24.04-64)...
    <time> Executing google:ubuntu-24.04-64:tests/main/alpha (google:ubuntu-24.04-64) (1/2)...
    <time> Restoring google:ubuntu-24.04-64:tests/main/alpha (google:ubuntu-24.04-64)...
    <time> Preparing google:ubuntu-24.04-64:tests/main/beta (google:ubuntu-24.04-64)...
    <time> Executing google:ubuntu-24.04-64:tests/main/beta (google:ubuntu-24.04-64) (2/2)...
    <time> Restoring google:ubuntu-24.04-64:tests/main/beta (google:ubuntu-24.04-64)...
    <time> Restoring google:ubuntu-24.04-64:tests/main/ (google:ubuntu-24.04-64)...
    <time> Discarding google:ubuntu-24.04-64...
    <time> Successful tasks: 2
    <time> Aborted tasks: 0
    edge (2) passed: 2 tasks passed, 0 failed. The result is in $SANDBOX/workspace/result.json.
    --- stderr
    Launching edge (2) in $SANDBOX/workspace.
    Updating the mirror of file://$SANDBOX/target.
    Cloning file://$SANDBOX/target.
    Customized the target.
    Starting spread -v
    ");
    insta::assert_snapshot!(watched.clone.run(["run", "edge-of-nothing"]).screen(), @r#"
    --- stderr
    error: no branch matches "edge-of-nothing"; did you mean "edge"?
      hint: see what there is: git spread-cron status
    [exit 2]
    "#);
}

#[test]
fn result() {
    let sandbox = Sandbox::new();
    let clone = edge(&sandbox);
    insta::assert_snapshot!(clone.run(["result", "edge", "--status", "passed"]).screen(), @"✓ passed  edge  6  recorded by <commit>");
    insta::assert_snapshot!(clone.run(["result", "edge", "--status", "passed"]).screen(), @"= passed  edge  6  recorded before, by <commit>");
    insta::assert_snapshot!(clone.run(["result", "edges", "--status", "passed"]).screen(), @r#"
    --- stderr
    error: there is no branch "edges"; did you mean "edge"?
      hint: see what there is: git spread-cron status
    [exit 2]
    "#);
}

#[test]
fn init() {
    let sandbox = Sandbox::new();
    let repo = sandbox.init("repo");
    let written = repo.run(["init"]).screen().replace(env!("CARGO_PKG_VERSION"), "<version>");
    // Only the manifest holds the address of the project.
    let written = written.replace(env!("CARGO_PKG_REPOSITORY"), "<project>");
    insta::assert_snapshot!(written, @"
    --- stderr
    Wrote $SANDBOX/repo/.github/workflows/spread-cron.yml.
    The layout is that of branches: the files of a resource lie on its own branch.
    Commit it on the default branch and push it: GitHub takes schedules from nowhere else.
    Add a resource, if there is none yet: git spread-cron add BRANCH --message TEXT --extractor COMMAND
    Read on: <project>/blob/v<version>/action/README.md
    ");
    insta::assert_snapshot!(repo.run(["init"]).screen(), @"
    --- stderr
    $SANDBOX/repo/.github/workflows/spread-cron.yml is there already, as it would be written.
    The layout is that of branches: the files of a resource lie on its own branch.
    ");
    fs::write(repo.path().join(".github/workflows/spread-cron.yml"), "on: push\n").unwrap();
    insta::assert_snapshot!(repo.run(["init"]).screen(), @"
    --- stderr
    error: $SANDBOX/repo/.github/workflows/spread-cron.yml is there already, and is not overwritten
      hint: see what would be written: git spread-cron init --dry-run
    [exit 3]
    ");
}

#[test]
fn demo() {
    // Without jq it plays one resource less.
    if !are_installed(&["jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let played = sandbox.cmd("world", ["demo", "../demo"]).run().screen();
    // What waits is sorted by time, and several values are of the same second.
    let (before, after) = played.split_once("$ git spread-cron pending\n").unwrap();
    let (_, after) = after.split_once("\n\n").unwrap();
    let played = without(&format!("{before}[…]\n{after}"), r"\d{4}-\d\d-\d\d \d\d:\d\d \+0000", "<time>");
    let played = without(&played, r"\d{4}-\d\d-\d\d", "<day>");
    // Of some ids, all digits are decimal.
    let played = without(&played, r"(?m)^[0-9a-f]{7} ", "<commit> ");
    let played = without(&played, r"stood for \S+", "stood for <time>");
    insta::assert_snapshot!(played, @r#"
    A remote, and a clone of it. The default branch holds the template of the test suite.
    $ cd $SANDBOX/world/../demo
    $ git init --quiet --bare --initial-branch=main remote.git
    $ git clone --quiet remote.git clone
    warning: You appear to have cloned an empty repository.
    $ cd clone
    $ git config user.name 'Spread Cron'
    $ git config user.email spread-cron@example.com
    $ git config commit.gpgSign false
    $ git commit --quiet --allow-empty --message='The template'
    $ git push --quiet origin HEAD:refs/heads/main

    The outside world: files in a folder stand for it. Extractors read the system and what this allows, and nothing else.
    $ git config --add spread-cron.extractorPath $SANDBOX/world/../demo/world
    $ git config --add spread-cron.extractorPath $SANDBOX/world/../demo/remote.git
    $ echo 1.0 > ../world/firmware.txt
    $ echo '{"version": "2024.1"}' > ../world/release.json

    The resources, one branch each. `broken` reads a file that is not there.
    $ git spread-cron add firmware --message 'New firmware' --extractor 'cat $SANDBOX/world/../demo/world/firmware.txt'
    Created firmware on origin. Record its first value with: git spread-cron poll firmware
    $ git spread-cron add today --message 'A new day' --extractor 'date +%F'
    Created today on origin. Record its first value with: git spread-cron poll today
    $ git spread-cron add template --message 'New commit in the template' --extractor 'git ls-remote $SANDBOX/world/../demo/remote.git refs/heads/main | cut -c 1-12'
    Created template on origin. Record its first value with: git spread-cron poll template
    $ git spread-cron add release --message 'New release' --extractor 'jq -r .version $SANDBOX/world/../demo/world/release.json'
    Created release on origin. Record its first value with: git spread-cron poll release
    $ git spread-cron add on-demand --message 'Asked for' --extractor 'date +%s' --manual
    Created on-demand on origin. Record its first value with: git spread-cron poll --force on-demand
    $ git spread-cron add broken --message 'Never seen' --extractor 'cat $SANDBOX/world/../demo/world/not-there.txt'
    Created broken on origin. Record its first value with: git spread-cron poll broken

    The first poll records what there is. It ends with 1, because one resource is broken;
    the others are recorded all the same.
    $ git spread-cron poll
    - on-demand  (none)          manual, not polled without --force
    + firmware   → 1.0           first value recorded
    + release    → 2024.1        first value recorded
    + template   → <commit>  first value recorded
    + today      → <day>    first value recorded
    ! broken     (none)          failed: the extractor ended with exit status 1: cat: $SANDBOX/world/../demo/world/not-there.txt: No such file or directory
    6 resources: 4 first, 1 manual, 1 failed

    The world changes.
    $ echo 1.1 > ../world/firmware.txt
    $ echo '{"version": "2024.2"}' > ../world/release.json
    $ git commit --quiet --allow-empty --message='A better template'
    $ git push --quiet origin HEAD:refs/heads/main

    The second poll records only what is different, and ends with 1 again.
    $ git spread-cron poll
    = today      <day>                   unchanged
    - on-demand  (none)                       manual, not polled without --force
    * firmware   1.0 → 1.1                    changed
    * release    2024.1 → 2024.2              changed
    * template   <commit> → <commit>  changed
    ! broken     (none)                       failed: the extractor ended with exit status 1: cat: $SANDBOX/world/../demo/world/not-there.txt: No such file or directory
    6 resources: 3 changed, 1 unchanged, 1 manual, 1 failed

    The history of each branch, on the remote, is the record. Every commit there would start a test run.
    $ git --git-dir=../remote.git log --oneline firmware
    <commit> New firmware (1.1)
    <commit> New firmware (1.0)
    <commit> Add resource firmware [skip ci]
    $ git --git-dir=../remote.git log --oneline today
    <commit> A new day (<day>)
    <commit> Add resource today [skip ci]
    $ git --git-dir=../remote.git log --oneline template
    <commit> New commit in the template (<commit>)
    <commit> New commit in the template (<commit>)
    <commit> Add resource template [skip ci]
    $ git --git-dir=../remote.git log --oneline release
    <commit> New release (2024.2)
    <commit> New release (2024.1)
    <commit> Add resource release [skip ci]
    $ git --git-dir=../remote.git log --oneline broken
    <commit> Add resource broken [skip ci]

    What comes next: the suite is cloned, customized and launched. A line of shell stands for spread here.
    $ git init --quiet --initial-branch=main ../suite
    $ git -C ../suite -c user.name=Demo -c user.email=demo@example.com commit --quiet --allow-empty --message='A suite'
    $ echo 'echo Successful tasks: 3' > ../world/spread.sh
    $ git config spread-cron.target ../suite
    $ git config spread-cron.spread 'sh $SANDBOX/world/../demo/world/spread.sh'
    $ XDG_CACHE_HOME=$SANDBOX/world/../demo/cache git spread-cron run firmware --record --workspace ../workspace
    Launching firmware (1.1) in $SANDBOX/demo/workspace.
    Updating the mirror of $SANDBOX/demo/clone/../suite.
    Cloning $SANDBOX/demo/clone/../suite.
    Customized the target.
    Starting sh $SANDBOX/world/../demo/world/spread.sh
    Successful tasks: 3
    ✓ passed  firmware  1.1  recorded by <commit>
    firmware (1.1) passed: 3 tasks passed, 0 failed. The result is in $SANDBOX/demo/workspace/result.json.

    The result is a commit, too, and no CI starts for it. The others still wait to be launched.
    $ git --git-dir=../remote.git log --oneline firmware
    <commit> passed: New firmware (1.1) [skip ci]
    <commit> New firmware (1.1)
    <commit> New firmware (1.0)
    <commit> Add resource firmware [skip ci]
    […]
    $ git spread-cron status
    broken     (none)        never recorded
    firmware   1.1           <time>  ✓ passed (3)
    on-demand  (none)        never recorded  manual
    release    2024.2        <time>
    template   <commit>  <time>
    today      <day>    <time>
    $ git spread-cron log firmware
    1.1  <commit>  <time>  stands for <time>  ✓ passed (3)
    1.0  <commit>  <time>  stood for <time>

    It all lies here, for you to play with, and can be removed when you are done:
      $SANDBOX/world/../demo/remote.git   the branches that all share
      $SANDBOX/world/../demo/clone        where the commands were run
      $SANDBOX/world/../demo/world        the outside world

    What to type next:
    $ cd $SANDBOX/world/../demo/clone
    $ echo 1.2 > ../world/firmware.txt
    $ git spread-cron poll firmware
    $ git spread-cron run firmware --dry-run
    $ git spread-cron poll --force on-demand
    $ git spread-cron lint
    "#);
    insta::assert_snapshot!(sandbox.cmd("world", ["demo", "../demo"]).run().screen(), @"
    --- stderr
    error: ../demo is not empty
      hint: name a folder that is empty or not there yet
    [exit 2]
    ");
}
