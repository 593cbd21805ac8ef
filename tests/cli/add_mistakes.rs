//! `add` and what goes wrong: the messages, how often they come, and the exit code.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::add::read_back;
use crate::add_catalog::{add, branches, customized_entry, entry, project, says_in_three_lines, thing};
use crate::support::{Sandbox, side_by_side};

#[test]
fn nothing_is_given_twice() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let given = ["b", "--from", "own-a", "thing=x"];
    let cases: [(&[&str], &str); 8] = [
        (&["thing=y"], "the key thing is given twice"),
        (&["thing=x"], "the key thing is given twice"),
        (&["timeout=5m", "timeout=6m"], "the key timeout is given twice"),
        (&["message=a", "--message", "b"], "message is given twice: as a key, and with --message"),
        (&["value_pattern=x", "--value-pattern", "x"], "value_pattern is given twice: as a key, and with --value-p"),
        (&["manual=false", "--manual"], "manual is given twice: as a key, and with --manual"),
        (&["target_ref=a", "--target-ref", "b"], "with --target-ref"),
        (&["spread=spread", "--spread", "spread"], "with --spread"),
    ];
    for (more, reason) in cases {
        says_in_three_lines(add(&sandbox, &clone, &[&given, more].concat()).run(), 2, &[reason, "hint: give it once"]);
    }
    let run = add(&sandbox, &clone, &["--from", "own-a", "side=left", "side=right"]).run();
    says_in_three_lines(run, 2, &["the key side is given twice"]);
    assert_eq!(branches(&remote), ["edge", "main"]);
    // What an entry says is there to be replaced.
    add(&sandbox, &clone, &["--from", "own-a", "thing=y", "-m", "Y"]).run().stderr(contains("Created own-a"));
}

#[test]
fn words_in_the_wrong_order() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let of_source = "hint: the name of the branch comes first: git spread-cron add BRANCH --source clock KEY=VALUE\n";
    let of_entry = "hint: the name of the branch comes first: git spread-cron add BRANCH --from own-a KEY=VALUE; other";
    let cases: [(&[&str], &str, &str); 10] = [
        (&["--source", "clock", "every=day", "at=1", "b"], "is missing in front of \"every=day\"", of_source),
        (&["--source", "clock", "every=day"], "is missing in front of \"every=day\"", of_source),
        (&["b", "--source", "clock", "every", "day"], "\"every\" is not KEY=VALUE", of_source),
        (&["b", "--source", "clock", "every:day"], "\"every:day\" is not KEY=VALUE", of_source),
        (&["b", "--source", "clock", "ev-ery=day"], "\"ev-ery=day\" is not KEY=VALUE", of_source),
        (&["--source", "clock", "every:day", "b"], "\"every:day\" is neither the name of a branch nor", of_source),
        (&["--from", "own-a", "thing=x", "b"], "\"b\" is not KEY=VALUE", of_entry),
        (&["--from", "own-a", "b", "own-c"], "\"own-c\" is not KEY=VALUE", of_entry),
        (&["a", "b"], "nothing but the name of one branch, and no \"b\"", "git spread-cron catalog\n"),
        (
            &["own-a", "own-b", "-m", "B"],
            "and no \"own-b\"",
            "it is an entry of the catalog: git spread-cron add --from own-a",
        ),
    ];
    for (args, reason, hint) in cases {
        says_in_three_lines(add(&sandbox, &clone, args).run(), 2, &[reason, hint]);
    }
    assert_eq!(branches(&remote), ["edge", "main"]);
    // An equals sign alone makes no key of the name of a branch.
    add(&sandbox, &clone, &["b-1=c", "--source", "clock", "every=day"]).run().stderr(contains("Created b-1=c"));
}

#[test]
fn a_key_that_is_wrong_is_the_mistake_of_who_gives_it() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let cases = [
        ("timeout=foo", "the timeout is \"foo\""),
        ("manual=yes", "manual is \"yes\"; it has to be"),
        ("message=", "the options set no message"),
        ("message_pattern=[", "the message_pattern does not compile"),
        ("message_pattern=Old", "the message_pattern does not match the message"),
        ("value_pattern=[", "the value_pattern does not compile"),
        ("spread=a | b", "no shell is there"),
        ("pattern_extractor=", "the options set no pattern_extractor"),
    ];
    for (number, (key, reason)) in cases.into_iter().enumerate() {
        let hint = "hint: see what it takes: git spread-cron catalog show";
        let run = add(&sandbox, &clone, &["--from", "own-a", key]).run();
        says_in_three_lines(run, 2, &["cannot make a resource of the entry own-a", reason, hint]);

        // In a file of the catalog it is the mistake of the file, also if something else is given.
        let (name, text) = key.split_once('=').unwrap();
        let bad = format!("bad-{number}");
        entry(&sandbox, &bad, &(thing("Bad", "x", "") + &format!("{name}='{text}'\n")));
        let run = add(&sandbox, &clone, &["--from", &bad, "target_ref=r"]).run();
        says_in_three_lines(run, 3, &[&format!("the entry {bad}"), reason, "hint: correct it in the folder"]);
    }
    assert_eq!(branches(&remote), ["edge", "main"]);
}

#[test]
fn files_of_an_entry_may_not_fit_other_keys() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let warning =
        "warning: custom/env.sh comes along as snapd-core-stable has it; check that it fits channel=22/beta\n";
    let args = ["add", "e3", "--from", "snapd-core-stable", "channel=22/beta", "timeout=5m"];
    let dry = clone.run([&args[..], &["--dry-run"]].concat()).exit(0).stderr(predicate::eq(warning)).stdout_text();
    let title =
        "# Made from the entry snapd-core-stable with channel=22/beta. What the entry says:\n#\n# The core snap in s";
    assert!(dry.starts_with(&format!("==> options <==\n{title}")), "{dry}");
    clone.run(args).stderr(contains("Created e3 on origin.").and(contains(warning)));
    assert!(remote.git(["show", "e3:options"]).starts_with(title));
    assert_eq!(read_back(&sandbox, &remote, "e3:options", ["channel", "timeout"]), ["22/beta", "5m"]);

    customized_entry(&sandbox);
    let run = add(&sandbox, &clone, &["--from", "suite", "s1", "-m", "S", "thing=x y\n$(touch executed)"]).run();
    let named = "actions.sh, custom/env.sh, custom/tests/deep/task.yaml and 1 more come along as suite has them; ";
    run.stderr(
        contains(named)
            .and(contains("check that they fit thing='x y $(touch executed)'\n"))
            .and(contains("error").not()),
    );
    assert_eq!(read_back(&sandbox, &remote, "s1:options", ["thing"]), ["x y\n$(touch executed)"]);
    assert!(!sandbox.path("executed").exists());
    // Files that stay as they are, or that a person has looked at, are no reason to warn; keys say nothing about files.
    fs::create_dir_all(sandbox.path("mine/tests/deep")).unwrap();
    for name in ["actions", "mine/env.sh", "mine/tests/deep/task.yaml", "mine/tests/link"] {
        fs::write(sandbox.path(name), "mine\n").unwrap();
    }
    let path = |name: &str| sandbox.path(name).to_str().unwrap().to_owned();
    let (mine, actions) = (path("mine"), path("actions"));
    let quiet: [(&str, &[&str]); 3] = [
        ("s2", &["thing=suite", "side=left"]),
        ("s3", &["timeout=5m", "message=New"]),
        ("s4", &["thing=x", "--custom", &mine, "--actions", &actions]),
    ];
    for (name, more) in quiet {
        let args = [&["--from", "suite", name], more].concat();
        add(&sandbox, &clone, &args).run().stderr(contains("Created").and(contains("warning").not()));
    }
    assert!(remote.git(["show", "s2:options"]).starts_with("# The suite\n"));
    assert!(remote.git(["show", "s4:options"]).starts_with("# Made from the entry suite with thing=x. What"));
}

#[test]
fn one_reason_is_told_once() {
    // A folder that was removed, a missing password, and a hook that refuses new branches.
    side_by_side(["gone", "password", "declined"], |case| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox);
        let reason = match case {
            "gone" => {
                fs::rename(remote.path(), sandbox.path("elsewhere")).unwrap();
                "does not appear to be a git repository"
            }
            "password" => {
                let words = "fatal: could not read Username for 'https://x': terminal prompts disabled";
                let refuse = format!("echo \"{words}\" >&2; exit 128");
                sandbox.git_wrapper(&format!("case \" $* \" in *\" push \"*|*\" ls-remote \"*) {refuse} ;; esac"));
                "could not read Username"
            }
            _ => {
                sandbox.script("remote/hooks/pre-receive", "#!/bin/sh\necho 'nothing new'\nexit 1\n");
                "the remote declined them: nothing new"
            }
        };
        let run = add(&sandbox, &clone, &["--from", "own-*"]).run();
        says_in_three_lines(run, 3, &["error: cannot create 3 branches on origin\n", reason]);
        if case != "declined" {
            let run = add(&sandbox, &clone, &["--from", "own-*"]).run();
            let hint = "hint: try it by hand: git push --dry-run origin HEAD:refs/heads/own-a; then run the same";
            says_in_three_lines(run, 3, &[hint]);
        }
        let run = add(&sandbox, &clone, &["--from", "own-a"]).run();
        says_in_three_lines(run, 3, &["error: cannot create the branch own-a on origin\n"]);
    });
}

#[test]
fn other_reasons_are_told_each() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let hook = "#!/bin/sh\nread old new ref\necho \"${ref##*/} is not welcome\"\nexit 1\n";
    sandbox.script("remote/hooks/pre-receive", hook);
    let run = add(&sandbox, &clone, &["--from", "own-*"]).run().exit(3);
    let text = run.stderr(contains("error: ").count(3)).stderr_text();
    for name in ["own-a", "own-b", "own-c"] {
        let error =
            format!("cannot create the branch {name} on origin\n  because: the remote declined it: {name} is not");
        assert!(text.contains(&error), "{text}");
    }
    // Some of many: which they are has to be said.
    fs::remove_file(sandbox.path("remote/hooks/pre-receive")).unwrap();
    sandbox.script("remote/hooks/update", "#!/bin/sh\n[ $1 = refs/heads/own-c ] || { echo no >&2; exit 1; }\n");
    let run = add(&sandbox, &clone, &["--from", "own-*"]).run().exit(1);
    let run = run.stderr(contains("cannot create").count(1).and(contains("Created own-c on origin.")));
    run.stderr(contains(
        "error: cannot create 2 branches on origin: own-a, own-b\n  because: the remote declined them",
    ));
    assert_eq!(branches(&remote), ["edge", "main", "own-c"]);
}

#[test]
fn a_dry_run_tells_what_is_in_the_way() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox);
    let warns = |args: &[&str], warning: &str| {
        let run = add(&sandbox, &clone, &[args, &["--dry-run"]].concat()).run();
        let run = run.stderr(predicate::eq(format!("warning: {warning}\n")));
        assert!(run.stdout_text().contains("pattern_extractor="), "{run}");
    };
    let exists = "the branch edge exists already on origin, and would be left as it is";
    warns(&["edge", "-m", "B", "-x", "x"], exists);
    warns(&["edge", "--from", "own-a"], exists);
    warns(&["main", "--from", "own-a", "--local"], "the branch main exists already, and would be left as it is");
    warns(&["edge/x", "--from", "own-a"], "the branch edge/x could not be created on origin: edge is in its way");
    let unknown = "whether the branch x could be created is not known: ";
    let run = add(&sandbox, &clone, &["x", "--from", "own-a", "-n", "--remote", "lost"]).run();
    let run = run.stderr(predicate::str::starts_with(format!("warning: {unknown}")).and(contains("lost")));
    run.stdout(contains("thing=a\n"));
    let run = add(&sandbox, &clone, &["x", "--from", "own-a", "-n"]).run();
    run.stdout(contains("thing=a\n")).stderr(predicate::str::is_empty());
    assert_eq!(branches(&remote), ["edge", "main"]);

    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    let outside = add(&sandbox, &clone, &["edge", "--from", "own-a", "-n"]).folder(sandbox.path("elsewhere"));
    outside.run().stdout(contains("thing=")).stderr(predicate::str::is_empty());
}
