//! The outcome of a push is what the remote holds, whatever git says about it.
//!
//! A `git` stands before the real one on PATH, and tells other things about a push than what happened.

use predicates::prelude::*;

use crate::support::{PollDoc, Repo, Sandbox, processes, quoted, side_by_side};

/// Ways to say that a push failed. `$*` are the arguments of the push.
const COMPLAINTS: [&str; 6] = [
    "echo 'Everything up-to-date' >&2; exit 1",
    "echo 'fatal: the remote end hung up unexpectedly' >&2; exit 128",
    "kill -KILL $$",
    "kill -TERM $$",
    "exit 1",
    // The remote has carried out the first try, and git tried again by itself.
    r#"echo "To $remote"
for ref in a b c; do
    printf '!\t%s:refs/heads/%s\t[remote rejected] (%s)\n' "$ref" "$ref" \
        "cannot lock ref 'refs/heads/$ref': is at $(at $ref) but expected $(at $ref^)"
done
echo Done
echo "error: failed to push some refs to '$remote'" >&2
exit 1"#,
];

/// Three resources that have changed, and a wrapper that runs `on_push` for each push and `on_ask` for each `ls-remote`.
///
/// `try` is the number of the push (or of the question), from 1; `push` runs the real one.
fn project<'s>(sandbox: &'s Sandbox, on_push: &str, on_ask: &str) -> (Repo<'s>, Repo<'s>) {
    let (remote, clone) = changed(sandbox);
    wrap(sandbox, on_push, on_ask);
    (remote, clone)
}

fn changed(sandbox: &Sandbox) -> (Repo<'_>, Repo<'_>) {
    sandbox.project(|history| {
        for name in ["a", "b", "c"] {
            history.resource(name, &format!("New {name}"), "echo 2").state(&format!("New {name} (1)"));
        }
    })
}

fn wrap(sandbox: &Sandbox, on_push: &str, on_ask: &str) {
    sandbox.git_wrapper(&format!(
        r#"
remote={remote}
push() {{ "$git" "$@" >/dev/null 2>&1; }}
at() {{ "$git" --git-dir="$remote" rev-parse "$1"; }}
count() {{ echo >> {log}/$1; wc -l < {log}/$1; }}
case " $* " in
*" push "*) try=$(count push)
{on_push}
;;
*" ls-remote "*) try=$(count ask)
{on_ask}
;;
esac"#,
        remote = quoted(sandbox.path("remote")),
        log = quoted(sandbox.path("world")),
    ));
}

/// How often the wrapper was asked to push.
fn pushes(sandbox: &Sandbox) -> usize {
    std::fs::read_to_string(sandbox.path("world/push")).unwrap_or_default().lines().count()
}

/// Everything is recorded once, and said to be.
#[track_caller]
fn assert_recorded_once(remote: &Repo<'_>, poll: &PollDoc, case: &str) {
    for name in ["a", "b", "c"] {
        let polled = poll.resource(name);
        assert_eq!(polled.change(), ("changed", Some("1"), Some("2")), "{case}: {polled:#?}");
        assert_eq!(polled.commit.as_deref(), Some(remote.tip(name).as_str()), "{case}");
    }
    assert_subjects(remote, ["a", "b", "c"], case);
}

#[track_caller]
fn assert_subjects<const N: usize>(remote: &Repo<'_>, names: [&str; N], case: &str) {
    for name in names {
        let expected = [format!("New {name} (2)"), format!("New {name} (1)"), format!("Watch {name}")];
        assert_eq!(remote.subjects(name), expected, "{case}");
    }
}

/// Another poll, with the real git, finds nothing to do.
#[track_caller]
fn assert_settled(sandbox: &Sandbox, remote: &Repo<'_>, clone: &Repo<'_>, case: &str) {
    sandbox.remove_git_wrapper();
    let before = remote.refs();
    let run = clone.run(["poll", "--format", "json"]).stderr(predicate::always());
    assert!(run.poll().outcomes().iter().all(|(_, outcome)| *outcome == "unchanged"), "{case}: {run}");
    assert_eq!(remote.refs(), before, "{case}");
}

#[test]
fn a_push_that_landed_is_recorded_whatever_git_says() {
    side_by_side(COMPLAINTS, |complaint| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox, &format!("push \"$@\"\n{complaint}"), "");
        let poll = clone.run(["poll", "--format", "json"]).poll();
        assert_recorded_once(&remote, &poll, complaint);
        assert_eq!(pushes(&sandbox), 1, "{complaint}");
        assert_settled(&sandbox, &remote, &clone, complaint);
    });
}

#[test]
fn what_landed_unnoticed_shows_at_once() {
    let sandbox = Sandbox::new();
    let tracking = format!("\"$git\" --git-dir={}/.git update-ref refs/remotes/origin", quoted(sandbox.path("clone")));
    let unnoticed = format!("push \"$@\"; for ref in a b c; do {tracking}/$ref \"$(at $ref~1)\"; done; exit 128");
    let (remote, clone) = project(&sandbox, &unnoticed, "");
    clone.run(["poll", "-q"]).report(predicate::str::contains("changed").count(3));
    for name in ["a", "b", "c"] {
        assert_eq!(clone.tip(&format!("origin/{name}")), remote.tip(name));
    }
    let status = clone.run(["status", "--format", "json"]).status();
    assert!(status.resources.iter().all(|resource| resource.value.as_deref() == Some("2")), "{status:#?}");
}

#[test]
fn a_push_that_did_not_land_is_tried_again() {
    side_by_side(COMPLAINTS, |complaint| {
        let sandbox = Sandbox::new();
        let (remote, clone) = project(&sandbox, &format!("if [ $try = 1 ]; then {complaint}\nfi"), "");
        let poll = clone.run(["poll", "--format", "json"]).poll();
        assert_recorded_once(&remote, &poll, complaint);
        assert_eq!(pushes(&sandbox), 2, "{complaint}");
        assert_settled(&sandbox, &remote, &clone, complaint);
    });
}

#[test]
fn a_push_that_landed_for_some_is_tried_again_for_the_others() {
    let sandbox = Sandbox::new();
    // The second argument is the git directory of the push, which holds what is to be pushed.
    let alone = r#"new=$("$git" --git-dir="$2" rev-parse --quiet --verify refs/spread-cron-new/heads/b)
if [ $try = 1 ]; then
    "$git" --git-dir=GIT_DIR push --quiet "$remote" "${new:?}":refs/heads/b || exit 99
    echo 'error: RPC failed; curl 56 Recv failure: Connection reset by peer' >&2
    exit 1
fi
[ -z "$new" ] || { echo pushed twice >&2; exit 98; }"#;
    let git_dir = quoted(sandbox.path("clone/.git"));
    let (remote, clone) = project(&sandbox, &alone.replace("GIT_DIR", &git_dir), "");
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_recorded_once(&remote, &poll, "some");
    assert_eq!(pushes(&sandbox), 2);
    assert_settled(&sandbox, &remote, &clone, "some");
}

#[test]
fn a_push_that_never_works_fails_with_the_words_of_git() {
    let sandbox = Sandbox::new();
    let never = "echo 'fatal: unable to access the store: Could not resolve host' >&2; exit 128";
    let (remote, clone) = project(&sandbox, never, "");
    let before = remote.refs();
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    for name in ["a", "b", "c"] {
        let polled = poll.resource(name);
        assert!(polled.failure().contains("Could not resolve host"), "{polled:#?}");
        assert_eq!(polled.old.as_deref(), Some("1"));
    }
    assert!(pushes(&sandbox) > 1);
    assert_eq!(remote.refs(), before);
    // Then the world is well again.
    sandbox.remove_git_wrapper();
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_recorded_once(&remote, &poll, "never");
}

#[test]
fn a_remote_that_does_not_answer_at_once_is_asked_again() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(
        &sandbox,
        "push \"$@\"; exit 1",
        "if [ $try = 1 ]; then echo 'fatal: unable to access' >&2; exit 128; fi",
    );
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_recorded_once(&remote, &poll, "asked again");
    assert_settled(&sandbox, &remote, &clone, "asked again");
}

#[test]
fn what_became_of_a_push_stays_open_when_the_remote_is_silent() {
    side_by_side([true, false], |landed| {
        let sandbox = Sandbox::new();
        let push = if landed { "push \"$@\"; exit 1" } else { "echo 'fatal: no route' >&2; exit 128" };
        let (remote, clone) = project(&sandbox, push, "echo 'fatal: unable to access: silence' >&2; exit 128");
        let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
        for name in ["a", "b", "c"] {
            let polled = poll.resource(name);
            assert!(polled.failure().contains("silence"), "{polled:#?}");
        }
        sandbox.remove_git_wrapper();
        let poll = clone.run(["poll", "--format", "json"]).poll();
        let expected = if landed { "unchanged" } else { "changed" };
        assert!(poll.outcomes().iter().all(|(_, outcome)| *outcome == expected), "{poll:#?}");
        assert_subjects(&remote, ["a", "b", "c"], "silent");
    });
}

/// The push hangs after it landed, and is ended by the time limit.
#[test]
fn a_push_that_hangs_after_it_landed_is_recorded() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox, "push \"$@\"; exec sleep 1000", "");
    let poll = clone.run(["poll", "--network-timeout", "2s", "--format", "json"]).poll();
    assert_recorded_once(&remote, &poll, "hangs");
    assert_settled(&sandbox, &remote, &clone, "hangs");
    processes::assert_none_left(&sandbox);
}

/// One of the three is refused by a hook of the server; the others land.
fn assert_declined_alone(hook: &str, text: &str) {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox, "", "");
    sandbox.script(&format!("remote/hooks/{hook}"), text);
    let before = remote.tip("b");
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    let declined = poll.resource("b");
    assert!(declined.failure().contains("GH006: Protected branch update failed for refs/heads/b"), "{declined:#?}");
    assert_eq!(remote.tip("b"), before);
    for name in ["a", "c"] {
        assert_eq!(poll.resource(name).change(), ("changed", Some("1"), Some("2")));
        assert_eq!(poll.resource(name).commit.as_deref(), Some(remote.tip(name).as_str()));
    }
    assert_subjects(&remote, ["a", "c"], hook);
    // Nothing is different the next time, but that the others have nothing to record.
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    assert_eq!(poll.outcomes(), [("a", "unchanged"), ("b", "failed"), ("c", "unchanged")]);
    assert_subjects(&remote, ["a", "c"], hook);
}

#[test]
fn a_branch_that_the_update_hook_declines_fails_alone() {
    let text = r#"#!/bin/sh
[ "$1" != refs/heads/b ] || { echo "GH006: Protected branch update failed for $1." >&2; exit 1; }
"#;
    assert_declined_alone("update", text);
}

#[test]
fn a_branch_because_of_which_the_whole_push_is_declined_fails_alone() {
    let text = r#"#!/bin/sh
while read -r old new ref; do
    [ "$ref" != refs/heads/b ] || { echo "GH006: Protected branch update failed for $ref." >&2; exit 1; }
done
"#;
    assert_declined_alone("pre-receive", text);
}

#[test]
fn a_server_that_declines_everything_is_quoted_for_each() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox, "", "");
    sandbox.script("remote/hooks/pre-receive", "#!/bin/sh\necho 'We are closed for the night.' >&2\nexit 1\n");
    let before = remote.refs();
    let poll = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always()).poll();
    for name in ["a", "b", "c"] {
        assert!(poll.resource(name).failure().contains("We are closed for the night."), "{poll:#?}");
    }
    assert_eq!(remote.refs(), before);
}

#[test]
fn one_push_carries_any_number() {
    const RESOURCES: usize = 700;
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        for number in 0..RESOURCES {
            history.resource(&format!("resource-{number}"), "New", "echo 2").state("New (1)");
        }
    });
    wrap(&sandbox, "", "");
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert!(poll.outcomes().iter().all(|(_, outcome)| *outcome == "changed"));
    assert_eq!(pushes(&sandbox), 1);
    assert_eq!(remote.subjects("resource-699")[0], "New (2)");
    assert_eq!(clone.tip("origin/resource-699"), remote.tip("resource-699"));
}

/// What a fetch of another process moves meanwhile is no permission to overwrite it.
#[test]
fn a_fetch_beside_the_push_does_not_make_it_overwrite() {
    let sandbox = Sandbox::new();
    let beside = r#"if [ $try = 1 ]; then
    # The push has its objects elsewhere.
    objects=$GIT_OBJECT_DIRECTORY; unset GIT_OBJECT_DIRECTORY
    theirs=$("$git" --git-dir="$remote" -c user.name=T -c user.email=t@example.com commit-tree b^{tree} -p b~1 -m 'New b (1)' \
        -m Theirs) && "$git" --git-dir="$remote" update-ref refs/heads/b "$theirs" &&
        "$git" --git-dir=GIT_DIR fetch --quiet origin || exit 99
    export GIT_OBJECT_DIRECTORY="$objects"
fi"#;
    let git_dir = quoted(sandbox.path("clone/.git"));
    let (remote, clone) = project(&sandbox, &beside.replace("GIT_DIR", &git_dir), "");
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_recorded_once(&remote, &poll, "beside");
    assert!(remote.git(["log", "-1", "--format=%B", "b^"]).contains("Theirs"), "it was not overwritten");
}

/// Settings that would make git push more, less, or nothing.
#[test]
fn settings_for_pushes_of_people_do_not_matter() {
    let settings: [&[(&str, &str)]; 7] = [
        &[("push.useForceIfIncludes", "true"), ("push.followTags", "true"), ("push.default", "nothing")],
        &[("push.recurseSubmodules", "only"), ("remote.origin.push", "refs/heads/main:refs/heads/other")],
        &[("remote.origin.mirror", "true")],
        &[("remote.origin.fetch", "+refs/pull/*/head:refs/remotes/origin/pr/*")],
        &[("remote.origin.fetch", "^refs/heads/other")],
        &[("remote.origin.fetch", "+refs/heads/b:refs/elsewhere/b")],
        &[("core.logAllRefUpdates", "always"), ("core.fsync", "all")],
    ];
    side_by_side(settings, |settings| {
        let sandbox = Sandbox::new();
        let (remote, clone) = changed(&sandbox);
        for (key, value) in settings {
            clone.git(["config", "--add", key, value]);
        }
        clone.git(["tag", "--annotate", "--message", "x", "v1", "origin/main"]);
        wrap(&sandbox, "", "");
        let poll = clone.run(["poll", "--format", "json"]).poll();
        assert_recorded_once(&remote, &poll, &format!("{settings:?}"));
        assert_eq!(pushes(&sandbox), 1, "{settings:?}");
        let others: Vec<_> = remote.refs().into_keys().filter(|name| !name.starts_with("refs/heads/")).collect();
        assert_eq!(others, [] as [&str; 0], "{settings:?}");
        assert_settled(&sandbox, &remote, &clone, &format!("{settings:?}"));
    });
}

/// The credentials that CI writes for one checkout lie in a file that the configuration includes for its git directory.
#[test]
fn configuration_that_is_included_for_the_git_directory_counts() {
    let sandbox = Sandbox::new();
    let (remote, clone) = project(&sandbox, "", "");
    std::fs::write(
        sandbox.path("included"),
        format!("[url {:?}]\n\tinsteadOf = nowhere:\n", format!("file://{}", remote.path().display())),
    )
    .unwrap();
    clone.git(["remote", "set-url", "origin", "nowhere:"]);
    let git_dir = clone.path().canonicalize().unwrap().join(".git");
    let key = format!("includeIf.gitdir:{}.path", git_dir.display());
    clone.git(["config", &key, sandbox.path("included").to_str().unwrap()]);
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_recorded_once(&remote, &poll, "in the repository");

    // The same in the configuration of the user.
    clone.git(["config", "--unset", &key]);
    sandbox.config(&key, sandbox.path("included").to_str().unwrap());
    remote.git(["update-ref", "refs/heads/b", "b~1"]);
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.outcomes(), [("a", "unchanged"), ("b", "changed"), ("c", "unchanged")]);
}
