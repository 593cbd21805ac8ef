//! Options files, good and bad ones. A bad one fails alone.

use predicates::prelude::*;

use crate::support::{PollDoc, Sandbox};

/// Polls resources `r0`, `r1`, … with these options; the one called `good` has to come through every time.
#[track_caller]
fn poll<'a>(sandbox: &Sandbox, options: impl IntoIterator<Item = &'a [u8]>) -> PollDoc {
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("good", "Good", "echo 1");
        for (number, options) in options.into_iter().enumerate() {
            history.branch(&format!("r{number}")).options(options);
        }
    });
    let run = clone.run(["poll", "--format", "json"]).stderr(predicate::always());
    let poll = run.poll();
    let failed = poll.resources.iter().any(|resource| resource.outcome == "failed");
    run.exit(i32::from(failed));
    assert_eq!(poll.resource("good").change(), ("first", None, Some("1")));
    sandbox.assert_no_litter();
    poll
}

/// Options files, and the message and the value that the shell finds in them.
#[track_caller]
fn assert_values(sandbox: &Sandbox, cases: &[(&str, &str, &str)]) {
    let poll = poll(sandbox, cases.iter().map(|(options, _, _)| options.as_bytes()));
    for (number, (options, message, value)) in cases.iter().enumerate() {
        let resource = poll.resource(&format!("r{number}"));
        assert_eq!(resource.change(), ("first", None, Some(*value)), "{options}\n{resource:#?}");
        assert_eq!(resource.message.as_deref(), Some(*message), "{options}");
    }
}

/// A `date` that stands still at this time.
fn stop_the_clock(sandbox: &Sandbox, hour_and_minute: &str) {
    let script = format!("#!/bin/sh\ncase $1 in +%H%M) echo {hour_and_minute} ;; *) echo 20241010 ;; esac\n");
    sandbox.program("date", &script);
}

const TIME_GATE: &str = r#"pattern_extractor="if [ $(date +%H%M) \< "0200" ]; then echo ""; else date +%Y%m%d; fi"
message="Nightly suite execution""#;

#[test]
fn a_time_gate_that_is_open() {
    let sandbox = Sandbox::new();
    stop_the_clock(&sandbox, "1234");
    assert_values(&sandbox, &[(TIME_GATE, "Nightly suite execution", "20241010")]);
}

#[test]
fn a_time_gate_that_is_closed() {
    let sandbox = Sandbox::new();
    stop_the_clock(&sandbox, "0130");
    let poll = poll(&sandbox, [TIME_GATE.as_bytes()]);
    assert_eq!(poll.resource("r0").change(), ("no-value", None, None));
}

#[test]
fn shapes_that_are_in_use() {
    let sandbox = Sandbox::new();
    assert_values(
        &sandbox,
        &[
            ("message='New snap'\npattern_extractor='echo 5'\n", "New snap", "5"),
            ("message=\"New snap\"\npattern_extractor=\"echo 5\"", "New snap", "5"),
            ("message=New\npattern_extractor=date\\ +5\n", "New", "5"),
            ("message='New '\"OS\"' sn'ap\npattern_extractor='ec''ho '\"5\"\n", "New OS snap", "5"),
            ("message='s390x arch '\npattern_extractor='echo 5'\n", "s390x arch ", "5"),
            ("pattern_extractor=echo\\ a\\ \\|\\ tr\\ a\\ 5\nmessage=A\\ \\(b\\)\n", "A (b)", "5"),
            ("pattern_extractor=\"echo $(echo 5)\"\nmessage=\"New $(echo snap)\"\n", "New snap", "5"),
            ("pattern_extractor='echo $(echo 5)'\nmessage=`echo New`\n", "New", "5"),
            ("pattern_extractor='echo \"a  b\"'\nmessage=New\n", "New", "a  b"),
            ("pattern_extractor=\"echo \\\"\\$((2+3))\\\"\"\nmessage=New\n", "New", "5"),
            ("pattern_extractor=\"printf '%s' \\\n  5\"\nmessage='Ne'\\\n'w'\n", "New", "5"),
            ("pattern_extractor='\n  x=2\n  echo $((x+3))\n'\nmessage=New\n", "New", "5"),
            ("snap=core\nmessage=\"New $snap\"\npattern_extractor=\"echo 5\"\n", "New core", "5"),
            ("value() { echo 5; }\nmessage=New\npattern_extractor=value\n", "New", "5"),
            ("export message=New\nexport pattern_extractor='echo 5'\n", "New", "5"),
            ("# message=Old\n\n  message=New # not this\npattern_extractor='echo 5'; unrelated=1\n", "New", "5"),
            ("message=Old\nmessage=New\npattern_extractor='echo 4'\npattern_extractor='echo 5'\n", "New", "5"),
            ("message=New\nif true; then pattern_extractor='echo 5'; fi\n", "New", "5"),
            ("message=zażółć\npattern_extractor='echo 5'\n", "zażółć", "5"),
            ("message=New\npattern_extractor='printf \"5\\r\\n\"'\n", "New", "5"),
            ("message=New\npattern_extractor='echo 5; exit 0'\n", "New", "5"),
            ("message=New\npattern_extractor='[[ a == a ]] && echo 5'\n", "New", "5"),
        ],
    );
}

#[test]
fn windows_line_ends() {
    let sandbox = Sandbox::new();
    assert_values(
        &sandbox,
        &[
            ("message='New snap'\r\npattern_extractor='echo 5'\r\n", "New snap", "5"),
            ("# first\r\n\r\nmessage=\"New\"\r\npattern_extractor=\"echo 5\"", "New", "5"),
        ],
    );
}

#[test]
fn shapes_that_are_odd_but_have_a_value() {
    let sandbox = Sandbox::new();
    assert_values(
        &sandbox,
        &[
            ("echo noise\necho more >&2\nmessage=New\npattern_extractor='echo 5'\n", "New", "5"),
            ("unset PATH\nmessage=New\npattern_extractor='echo 5'\n", "New", "5"),
            ("PATH=\nmessage=New\npattern_extractor='echo 5'\n", "New", "5"),
            ("cd /\nIFS=:\nset -f\nmessage=New\npattern_extractor='echo 5'\n", "New", "5"),
            ("false\nmessage=New\npattern_extractor='echo 5'\nfalse\n", "New", "5"),
            ("exec </dev/null\nmessage=New\npattern_extractor='cat; echo 5'\n", "New", "5"),
        ],
    );
}

#[test]
fn a_bad_file_is_one_clear_error_for_its_resource() {
    let sandbox = Sandbox::new();
    let cases: &[(&[u8], &str)] = &[
        (b"", "message|pattern_extractor"),
        (b"pattern_extractor='echo 5'\n", "message"),
        (b"message=New\n", "pattern_extractor"),
        (b"message=\npattern_extractor='echo 5'\n", "message"),
        (b"message=New\npattern_extractor=''\n", "pattern_extractor"),
        (b"message='New\npattern_extractor='echo 5'\n", "syntax|quot|EOF|end of file|matching"),
        (b"if true; then\nmessage=New\npattern_extractor='echo 5'\n", "syntax|EOF|end of file"),
        (b"message=New\npattern_extractor='echo 5'\nexit 0\n", "exit|options"),
        (b"message=New\npattern_extractor='echo 5'\nexit 3\n", "exit|options|3"),
        (b"message=New\npattern_extractor='if'\n", "syntax|exit|EOF|end of file"),
        (b"message='a\nb'\npattern_extractor='echo 5'\n", "line"),
        (b"message=$'a\\eb'\npattern_extractor='echo 5'\n", "control|U\\+001B"),
        (b"message='New [skip ci]'\npattern_extractor='echo 5'\n", "skip ci"),
        (b"message=$'\\xff\\xfe'\npattern_extractor='echo 5'\n", "UTF-8"),
        (b"message=\"\xff\xfe\"\npattern_extractor='echo 5'\n", "UTF-8"),
        (b"message=New\npattern_extractor='echo 5'\nmessage_pattern='a(b'\n", "message_pattern|unclosed"),
        (b"message=New\npattern_extractor='echo 5'\ntimeout=soon\n", "timeout|soon"),
        (b"message=New\npattern_extractor=no-such-program-anywhere\n", "no-such-program-anywhere|not found|127"),
    ];
    let poll = poll(&sandbox, cases.iter().map(|(options, _)| *options));
    for (number, (options, expected)) in cases.iter().enumerate() {
        let resource = poll.resource(&format!("r{number}"));
        let error = resource.failure();
        let expected = predicate::str::is_match(format!("(?i){expected}")).unwrap();
        assert!(expected.eval(error), "{}\n{resource:#?}", options.escape_ascii());
        assert_eq!((resource.new.as_deref(), resource.commit.as_deref()), (None, None), "{resource:#?}");
    }
    assert_eq!(poll.summary.get("failed"), Some(&cases.len()));
}

#[test]
fn bytes_that_are_not_utf_8_do_no_harm_in_a_comment() {
    let sandbox = Sandbox::new();
    let poll = poll(&sandbox, [&b"# caf\xe9\nmessage=New\npattern_extractor='echo 5'\n"[..]]);
    assert_eq!(poll.resource("r0").change(), ("first", None, Some("5")));
}

#[test]
fn a_huge_file_is_the_right_value_or_an_error() {
    let sandbox = Sandbox::new();
    let mut options = b"message=New\npattern_extractor='echo 5'\n".to_vec();
    let comment = b"# nothing of interest in this line, and it is one of very many\n";
    while options.len() < 5 << 20 {
        options.extend(comment);
    }
    let poll = poll(&sandbox, [&options[..]]);
    let resource = poll.resource("r0");
    if resource.outcome == "first" {
        assert_eq!(resource.new.as_deref(), Some("5"));
    } else {
        assert!(predicate::str::is_match("large|big|bytes|MiB|KiB").unwrap().eval(resource.failure()), "{resource:#?}");
    }
}

#[test]
fn a_folder_in_place_of_the_file() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("good", "Good", "echo 1");
        history.branch("folder").file("options/message", "New\n").commit("Misunderstand");
    });
    let run = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always());
    let poll = run.poll();
    assert_eq!(poll.resource("good").outcome, "first");
    assert!(poll.resource("folder").failure().contains("options"), "{poll:#?}");
    let status = clone.run(["status", "--format", "json"]).status();
    assert!(status.resource("folder").problem.is_some(), "{status:#?}");
}

#[test]
fn a_symbolic_link_in_place_of_the_file() {
    let sandbox = Sandbox::new();
    let secret = sandbox.path("secret");
    std::fs::write(&secret, "message=Stolen\npattern_extractor='echo 1'\n").unwrap();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("good", "Good", "echo 1");
        let real = "message=New\npattern_extractor='echo 5'\n";
        history.branch("inside").file("real", real).entry("120000", "options", "real").commit("Link");
        history.branch("dangling").entry("120000", "options", "nowhere").commit("Link");
        history.branch("around").entry("120000", "options", "options").commit("Link");
        history.branch("outside").entry("120000", "options", secret.to_str().unwrap()).commit("Link");
        history.branch("above").entry("120000", "options", "../../../../../../etc/passwd").commit("Link");
    });
    let run = clone.run(["poll", "--format", "json"]).exit(1).stderr(predicate::always());
    let poll = run.poll();
    assert_eq!(poll.resource("good").outcome, "first");
    for name in ["dangling", "around", "outside", "above"] {
        assert!(poll.resource(name).failure().contains("options"), "{poll:#?}");
    }
    // To follow a link within the tree is as good as to say that links are not followed.
    match poll.resource("inside").outcome.as_str() {
        "first" => assert_eq!(poll.resource("inside").new.as_deref(), Some("5")),
        _ => assert!(poll.resource("inside").failure().contains("link"), "{poll:#?}"),
    }
}

#[test]
fn an_executable_file_is_a_file() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let text = "message=New\npattern_extractor='echo 5'\n";
        history.branch("a").entry("100755", "options", text).commit("Watch");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("a").change(), ("first", None, Some("5")));
}

#[test]
fn options_come_before_the_trigger_of_the_branch() {
    let sandbox = Sandbox::new();
    let text = |value: &str| format!("message=New\npattern_extractor='echo {value}'\n");
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("both").file("options", text("1")).file("branches/both/trigger", text("2")).commit("Watch");
        history.branch("other").file("branches/another/trigger", text("3")).commit("Not mine");
        history.branch("sub/dir").file("branches/sub/dir/trigger", text("4")).commit("Watch");
    });
    let poll = clone.run(["poll", "--dry-run", "--format", "json"]).poll();
    assert_eq!(poll.names(), ["both", "sub/dir"]);
    assert_eq!(poll.resource("both").new.as_deref(), Some("1"));
    assert_eq!(poll.resource("sub/dir").new.as_deref(), Some("4"));
}

#[test]
fn the_path_of_the_options_can_be_configured() {
    let sandbox = Sandbox::new();
    let text = |value: &str| format!("message=New\npattern_extractor='echo {value}'\n");
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("a").file("watch/a.sh", text("1")).file("options", text("2")).commit("Watch");
        history.branch("b").file("w", text("3")).commit("Watch");
        history.branch("c").file("options", text("4")).commit("Watch");
    });
    let by_flag = ["poll", "-n", "--options-path", "watch/{branch}.sh", "--options-path", "w", "--format", "json"];
    let check = |poll: PollDoc| {
        assert_eq!(poll.names(), ["a", "b"]);
        assert_eq!(poll.resource("a").new.as_deref(), Some("1"));
        assert_eq!(poll.resource("b").new.as_deref(), Some("3"));
    };
    check(clone.run(by_flag).poll());
    clone.git(["config", "--add", "spread-cron.optionsPath", "watch/{branch}.sh"]);
    clone.git(["config", "--add", "spread-cron.optionsPath", "w"]);
    check(clone.run(["poll", "-n", "--format", "json"]).poll());
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("a").options, "watch/a.sh");
}

#[test]
fn another_shell_can_be_chosen() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("a", "New", r#"if [ -n "$BASH_VERSION" ]; then echo bash; else echo other; fi"#);
    });
    let poll = |args: &[&str]| {
        let args = ["poll", "-n", "--format", "json"].iter().chain(args).copied().collect::<Vec<_>>();
        clone.run(args).poll().resource("a").new.clone()
    };
    assert_eq!(poll(&[]).as_deref(), Some("bash"));
    let dash = sandbox.script("plain", "#!/bin/sh\nunset BASH_VERSION\nexec /bin/sh \"$@\"\n");
    // Where /bin/sh is bash, it sets the variable again, and there is nothing to tell the two apart.
    let sh_is_bash =
        std::process::Command::new("/bin/sh").args(["-c", "echo $BASH_VERSION"]).output().unwrap().stdout.len() > 1;
    let expected = Some(if sh_is_bash { "bash" } else { "other" });
    assert_eq!(poll(&["--shell", dash.to_str().unwrap()]).as_deref(), expected);
    clone.git(["config", "spread-cron.shell", "sh"]);
    assert_eq!(poll(&[]).as_deref(), expected);
}

#[test]
fn the_files_of_the_resource_directory_are_there_when_asked_for() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let text = "message=New\npattern_extractor='./get; cat data/value'\ntree=\"true\"\n";
        history
            .branch("plain")
            .entry("100755", "get", "#!/bin/sh\nprintf 'v'\n")
            .file("data/value", "5\n")
            .options(text);
        history
            .branch("deep")
            .entry("100755", "branches/deep/get", "#!/bin/sh\nprintf 'w'\n")
            .file("branches/deep/data/value", "6\n")
            .file("outside", "not this\n")
            .file("branches/deep/trigger", text)
            .commit("Watch");
        history.resource("without", "New", "ls -A").file("visible", "").commit("Add");
    });
    let poll = clone.run(["poll", "--format", "json"]).poll();
    assert_eq!(poll.resource("plain").change(), ("first", None, Some("v5")));
    assert_eq!(poll.resource("deep").change(), ("first", None, Some("w6")));
    assert_eq!(poll.resource("without").change(), ("no-value", None, None));
    sandbox.assert_no_litter();
}
