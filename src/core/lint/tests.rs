//! Every check, with options in which it must find something and options that it must leave alone.

use std::collections::BTreeSet;

use super::*;

const GOOD: &str = "pattern_extractor=\"date -u +%Y\"\nmessage=\"New year\"\n";

/// What is around the options file in a test.
struct Around<'a> {
    files: &'a [&'a str],
    subjects: &'a [&'a str],
    matched: bool,
    /// Whether this program recorded the subjects.
    ours: bool,
    shell_without_pipefail: Option<&'a str>,
    out_of_reach: &'a [String],
}

const NOTHING: Around<'static> =
    Around { files: &[], subjects: &[], matched: false, ours: false, shell_without_pipefail: None, out_of_reach: &[] };

fn run(options: Result<&[u8], String>, syntax_error: Option<String>, around: &Around<'_>) -> Vec<Finding> {
    let name = ResourceName::of_existing("year".to_owned());
    let files: Vec<String> = around.files.iter().map(|file| (*file).to_owned()).collect();
    let subject = |text: &&str| Subject { text: (*text).into(), is_our_state: around.ours };
    let subjects: Vec<Subject> = around.subjects.iter().map(subject).collect();
    let findings = lint(&LintSubject {
        name: &name,
        path: "options",
        options,
        syntax_error,
        files: &files,
        pass_env: &["PASSED".to_owned()],
        shell_without_pipefail: around.shell_without_pipefail,
        subjects: &subjects,
        matched: around.matched,
        out_of_reach: around.out_of_reach,
    });
    for finding in &findings {
        let listed = CODES.iter().find(|(code, _, _)| *code == finding.code);
        assert!(listed.is_some(), "{} is not listed", finding.code);
        assert_eq!(finding.resource, "year");
        assert!(finding.message.starts_with("options:"), "{}", finding.message);
        assert!(!finding.help.is_empty() && !finding.message.contains('\n') && !finding.help.contains('\n'));
    }
    findings
}

fn check(options: &str, around: &Around<'_>) -> Vec<Finding> {
    run(Ok(options.as_bytes()), None, around)
}

/// The codes and the places of what is found in `options`.
fn found(options: &str) -> Vec<String> {
    check(options, &NOTHING).iter().map(place).collect()
}

fn place(finding: &Finding) -> String {
    format!("{} {}", finding.code, finding.message.split(": ").next().unwrap())
}

#[test]
fn good_options_are_left_alone() {
    for options in [
        GOOD.to_owned(),
        GOOD.replace('\n', "\r\n"),
        format!("{GOOD}manual=\"true\"\ntree=\"false\"\ntimeout=\"2m\"\nspread=google:\ntarget_ref=x\nmode=1\n"),
        format!("{GOOD}message_pattern='New (year|Year)|New year'\n"),
        format!("{GOOD}message_pattern='New [a-z]+'\n"),
        format!("{GOOD}value_pattern='[0-9]{{4}}|.* .*'\nvalue=5\npattern=6\n"),
        format!("{GOOD}value_pattern=\"$x\"\n"),
        format!("messages=5\n{GOOD}pattern_extractor=\"echo $messages\"\n"),
        "message=\"smoke s390x arch \"\npattern_extractor=\"if [ $(date -u +%H) \\< \"02\" ]; then echo; fi\""
            .to_owned(),
        format!("{GOOD}export PATH=/bin\n"),
        format!("{GOOD}set -e\n"),
    ] {
        assert_eq!(found(&options), [""; 0], "{options}");
    }
}

#[test]
fn every_check_on_the_options_alone() {
    let cases = [
        ("", vec!["missing-key options", "missing-key options"]),
        ("message=\"M\"\n", vec!["missing-key options"]),
        ("pattern_extractor=x\nmessage=''\n", vec!["missing-key options:2"]),
        ("pattern_extractor=x\n\nmesage=M\n", vec!["missing-key options", "unknown-key options:3"]),
        ("pattern_extracter=x\nmessage=M\n", vec!["missing-key options", "unknown-key options:1"]),
        ("pattern_extractor=x\nmessage=M\nmessage_patern=M\n", vec!["unknown-key options:3"]),
        ("pattern_extractor=x\nmessage=M\nvalue_patern=M\n", vec!["unknown-key options:3"]),
        ("pattern_extractor=x\nmessage=M\nvalue_pattern='[0-9'\n", vec!["bad-pattern options:3"]),
        ("pattern_extractor=x\nmessage=' '\n", vec!["bad-message options:2"]),
        ("pattern_extractor=x\nmessage=$'a\\tb'\n", vec!["bad-message options:2"]),
        ("pattern_extractor=x\nmessage='a\nb'\n", vec!["bad-message options:2"]),
        ("pattern_extractor=x\nmessage='a [skip ci]'\n", vec!["skip-word options:2"]),
        ("pattern_extractor=x\nmessage=M\nmessage_pattern='M('\n", vec!["bad-pattern options:3"]),
        ("pattern_extractor=x\nmessage=M\nmessage_pattern='N'\n", vec!["bad-pattern options:3"]),
        ("pattern_extractor=x\nmessage=M\nmessage_pattern='M.*'\n", vec!["greedy-pattern options:3"]),
        ("pattern_extractor=x\nmessage=M\nmanual=yes\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\ntree=1\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\ntimeout=soon\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\ntarget_repo=--upload-pack=x\nvalue_pattern=5\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\nmoved=yes\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\nspread='spread | tee x'\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\nspread=\"spread 'x\"\n", vec!["bad-value options:3"]),
        ("pattern_extractor=x\nmessage=M\nspread='sudo -E spread -v qemu:'\nvalue_pattern=5\n", vec![]),
        ("pattern_extractor=x\nmessage=M\nspread='sudo -E spread -v qemu:'\n", vec!["unchecked-value options:1"]),
        ("pattern_extractor=x\nmessage=M\ntarget_ref=x\nvalue_pattern=''\n", vec!["unchecked-value options:1"]),
        ("pattern_extractor=x\nmessage=M\nspread='make check'\n", vec![]),
        ("source=snap\nsnap=core\nchannel=beta\nmessage=M\ntarget_ref=x\n", vec![]),
        ("source=git\nurl=https://x.org/y\ntags='v*'\nmessage=M\ntarget_ref=x\n", vec!["unchecked-value options"]),
        ("pattern_extractor=x\nmessage=\"$M\"\n", vec!["needs-shell options:2"]),
        ("pattern_extractor=x\nmessage=M\nmessage_pattern=`x`\n", vec!["needs-shell options:3"]),
        ("pattern_extractor=x\n. ./common\n", vec!["needs-shell options:2"]),
        ("pattern_extractor=x\nset -e\n", vec!["missing-key options"]),
        ("<html>\n<body>It is gone</body>\n", vec!["missing-key options", "missing-key options"]),
        ("\u{feff}message=M\npattern_extractor=x\n", vec!["wrong-form options:1"]),
        ("\u{feff}# x\nmessage=M\npattern_extractor=x\n", vec!["wrong-form options:1"]),
        ("message = M\npattern_extractor = x\n", vec!["wrong-form options:1", "wrong-form options:2"]),
        ("message: M\npattern_extractor: x\n", vec!["wrong-form options:1", "wrong-form options:2"]),
        ("message=“a M”\npattern_extractor=“x”\n", vec!["wrong-form options:1", "wrong-form options:2"]),
        ("pattern_extractor=x\nmessage = M\ntimeout: soon\n", vec!["wrong-form options:2", "wrong-form options:3"]),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", vec!["wrong-form options"]),
    ];
    for (options, expected) in cases {
        assert_eq!(found(options), expected, "{options}");
    }
}

#[test]
fn options_that_are_not_a_file_and_syntax_errors() {
    let unreadable = run(Err("a folder".to_owned()), None, &NOTHING);
    assert_eq!(unreadable.iter().map(place).collect::<Vec<_>>(), ["unreadable-options options"]);
    let message = b"pattern_extractor=x\nmessage=M\ntree='";
    let error = "options: line 3: unexpected EOF while looking for matching `''\n";
    let syntax = run(Ok(message), Some(error.to_owned()), &NOTHING);
    assert_eq!(syntax.iter().map(place).collect::<Vec<_>>(), ["syntax-error options"]);
    let not_utf8 = run(Ok(b"pattern_extractor=x\nmessage='\xff'\n"), None, &NOTHING);
    assert_eq!(not_utf8.iter().map(place).collect::<Vec<_>>(), ["bad-message options:2"]);
}

#[test]
fn a_near_miss_is_an_error_where_the_key_is_missing() {
    let severity = |options: &str| {
        let findings = check(options, &NOTHING);
        findings.iter().find(|finding| finding.code == "unknown-key").map(|finding| finding.severity)
    };
    assert_eq!(severity("mesage=M\npattern_extractor=x\n"), Some(Severity::Error));
    assert_eq!(severity("mesage=M\nmessage=M\npattern_extractor=x\n"), Some(Severity::Warning));
    assert_eq!(severity("message=M\npattern_extractor=x\ntimeouts=5\n"), Some(Severity::Warning));
}

#[test]
fn patterns_that_reach_into_the_value() {
    for greedy in [
        ".*",
        "M .",
        "M .*",
        "M( .)?",
        "M.*",
        "M [^x]+ y",
        r"M \S+",
        r"M\W+",
        "M(.|x)+",
        "(a |b)[^c]",
        "M.{2}",
        "(?s)M..",
        ". .",
        "M [()]",
    ] {
        assert!(rewording::can_swallow(greedy), "{greedy}");
    }
    for modest in [
        "M",
        r"M \(x86\)",
        r"M \w+",
        "M [^()]*",
        "M [^( ]+",
        "core 2.0 beta",
        r"[a-z]*",
        "(A|B) M",
        "M.",
        r"M\S*",
        "^M$",
    ] {
        assert!(!rewording::can_swallow(modest), "{modest}");
    }
}

#[test]
fn a_reworded_message_gets_its_pattern() {
    let subjects =
        ["other change", "New OS snap in beta channel (549)", "Fix it (#12)", "New OS snap in beta channel (548)"];
    let reworded = "pattern_extractor=x\nmessage='New amd64 core snap in beta channel'\n";
    let around = Around { subjects: &subjects, ..NOTHING };
    let findings = check(reworded, &around);
    assert_eq!(findings.iter().map(place).collect::<Vec<_>>(), ["reworded-message options:2"]);
    assert!(
        findings[0].help.ends_with(r#"message_pattern="New (OS|amd64 core) snap in beta channel""#),
        "{}",
        findings[0].help
    );
    let severity = |around: &Around<'_>| check(reworded, around).iter().map(|one| one.severity).collect::<Vec<_>>();
    assert_eq!(severity(&around), [Severity::Warning]);
    // Newer values under the present message leave a hint, and one commit of ours is enough for an error.
    let around = Around { matched: true, ..around };
    assert_eq!(severity(&around), [Severity::Hint]);
    let around = Around { subjects: &subjects[1..2], ours: true, ..NOTHING };
    assert_eq!(severity(&around), [Severity::Error]);
    assert_eq!(severity(&Around { matched: true, ..around }), [Severity::Hint]);
    // One such commit is no history, and pull requests are no values.
    for few in [&subjects[..3], &["Fix it (#12)", "Fix it (#13)"], &["a (1)", "b (2)", "c (3)"]] {
        assert!(check(reworded, &Around { subjects: few, ..NOTHING }).is_empty(), "{few:?}");
    }
    // The options know no message, or one that cannot be checked.
    let around = Around { subjects: &subjects, ..NOTHING };
    assert!(check("pattern_extractor=x\nmessage=$x\n", &around).iter().all(|finding| finding.code == "needs-shell"));
}

#[test]
fn suggestions_are_factored_escaped_and_sound() {
    let cases: [(&[&str], &str); 8] = [
        (
            &["New OS snap in beta channel", "New amd64 core snap in beta channel"],
            "New (OS|amd64 core) snap in beta channel",
        ),
        (&["New snap", "New core snap"], "New (snap|core snap)"),
        (&["a", "b"], "a|b"),
        (&["a", "a b"], "a|a b"),
        (&["x86 (64) c++", "x86 (32) c++"], r"x86 (\(64\)|\(32\)) c\+\+"),
        (&["on s390x arch ", "on s390 arch "], "on (s390x|s390) arch "),
        (&["a b c", "a x c", "a y z c"], "a (b|x|y z) c"),
        (&["snap-core 1.0", "snap-core 2"], r"snap-core (1\.0|2)"),
    ];
    for (texts, expected) in cases {
        assert_eq!(rewording::suggest(&[], texts).as_deref(), Some(expected));
    }
    assert_eq!(rewording::suggest(&["Old (a|b)"], &["New c"]).as_deref(), Some("Old (a|b)|New c"));
    assert_eq!(rewording::suggest(&["Old\n"], &["New"]), None, "a suggestion is one line");
    assert_eq!(rewording::suggest(&["Old.*"], &["New"]), None, "a greedy pattern is not handed on");
}

#[test]
fn a_pattern_that_does_not_match_the_message_gets_it_added() {
    let findings = check("pattern_extractor=x\nmessage='New c++'\nmessage_pattern='Old'\n", &NOTHING);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].help.ends_with(r"message_pattern='Old|New c\+\+'"), "{}", findings[0].help);
}

#[test]
fn out_of_reach() {
    let paths = ["/srv/x".to_owned(), "/tmp/y".to_owned()];
    let found =
        check("message=M\npattern_extractor=\"cat /srv/x > /tmp/y\"\n", &Around { out_of_reach: &paths, ..NOTHING });
    let helps: Vec<&str> = found.iter().map(|finding| finding.help.as_str()).collect();
    assert_eq!(found.iter().filter(|finding| finding.code == "out-of-reach").count(), 2);
    assert!(helps[0].ends_with("git config --add spread-cron.extractorPath /srv/x"), "{helps:?}");
    assert!(helps[1].contains("$TMPDIR"), "{helps:?}");
}

#[test]
fn files_of_the_branch_need_the_tree() {
    let around = Around { files: &["check.sh", "date"], ..NOTHING };
    let places = |options: &str| check(options, &around).iter().map(place).collect::<Vec<_>>();
    assert_eq!(places("message=M\npattern_extractor='./check.sh'\n"), ["needs-tree options:2"]);
    assert_eq!(places("message=M\npattern_extractor=\"bash check.sh $(date -u)\"\n"), ["needs-tree options:2"]);
    assert_eq!(places("message=M\npattern_extractor='./check.sh'\ntree=true\n"), [""; 0]);
    assert_eq!(places("message=M\npattern_extractor='./check.sh'\ntree=$x\n"), [""; 0]);
    assert_eq!(places("message=M\npattern_extractor='date -u +%Y'\n"), [""; 0]);
    assert_eq!(places("message=M\npattern_extractor='./check.sh'\ntree=false\n"), ["needs-tree options:2"]);
}

#[test]
fn variables_that_extractors_do_not_see() {
    let unseen = |text: &str| {
        let findings = check(&format!("message=M\n{text}\n"), &NOTHING);
        assert!(findings.iter().all(|finding| finding.code == "unseen-variable"), "{findings:?}");
        findings.into_iter().map(|finding| finding.help).collect::<Vec<_>>()
    };
    let help = |name: &str| format!("to let them see it: git config --add spread-cron.passEnv {name}");
    for text in [
        "pattern_extractor='curl -H \"X: $MY_TOKEN\" x'",
        "pattern_extractor=\"curl -H \\\"X: $MY_TOKEN\\\" x\"",
        "# MY_TOKEN comes from CI\npattern_extractor='curl -H \"X: ${MY_TOKEN}\" x'",
        "pattern_extractor='X=1 Y=$X curl $MY_TOKEN'",
    ] {
        assert_eq!(unseen(text), [help("MY_TOKEN")], "{text}");
    }
    assert_eq!(unseen("pattern_extractor='echo $USER $LOGNAME'"), [help("USER"), help("LOGNAME")]);
    for text in [
        "MY_TOKEN=x\npattern_extractor='echo $MY_TOKEN'",
        "export MY_TOKEN=$x\npattern_extractor='echo $MY_TOKEN'",
        "pattern_extractor='read -r a b <x; echo $a $b'",
        "pattern_extractor='for i in 1 2; do echo $i; done'",
        "pattern_extractor='echo $PASSED $HOME $PATH $LC_ALL $HTTPS_PROXY $TZ $TMPDIR $PWD $RANDOM ${BASH_SOURCE[0]}'",
        "pattern_extractor='echo $SPREAD_CRON_OLD_VALUE $SPREAD_CRON_RESOURCE $SPREAD_CRON_GIT_DIR'",
        "pattern_extractor='echo ${MY_TOKEN:-none}'",
        "pattern_extractor='. ./common; echo $MY_TOKEN'",
        "pattern_extractor='jq \"$filter\" x'\nfilter=.x",
        "source=clock\nevery=day",
    ] {
        assert_eq!(unseen(text), [""; 0], "{text}");
    }
}

#[test]
fn pipelines_hide_failures_where_the_shell_has_no_pipefail() {
    let places = |text: &str, shell| {
        let around = Around { shell_without_pipefail: shell, ..NOTHING };
        check(&format!("message=M\n{text}"), &around).iter().map(place).collect::<Vec<_>>()
    };
    assert_eq!(places("pattern_extractor='curl x | jq .y'", Some("sh")), ["hidden-failure options:2"]);
    assert_eq!(places("pattern_extractor='curl x | jq .y'", None), [""; 0]);
    assert_eq!(places("pattern_extractor='curl x || true'", Some("sh")), [""; 0]);
    assert_eq!(places("pattern_extractor='curl x | jq .y'\npipefail=false", Some("sh")), [""; 0]);
}

#[test]
fn a_clock_without_a_zone_is_a_hint() {
    let gate = "message=M\npattern_extractor='if [ $(date +%H) -lt 5 ]; then echo 1; else date +%d%V; fi'\n";
    let findings = check(gate, &NOTHING);
    assert_eq!(findings.iter().map(place).collect::<Vec<_>>(), ["time-zone options:2"]);
    assert_eq!(findings[0].severity, Severity::Hint);
    for zone in ["TZ=UTC", "export TZ=Europe/Berlin", "TZ=$zone"] {
        assert_eq!(found(&format!("{zone}\n{gate}")), [""; 0], "{zone}");
    }
}

#[test]
fn messages_that_collide() {
    let texts =
        [("a", "Build"), ("b", "Build"), ("c", "Build (x)"), ("d", "Builds"), ("e", "Other (x) (y)"), ("f", "Other")];
    let names: Vec<ResourceName> =
        texts.iter().map(|(name, _)| ResourceName::of_existing((*name).to_owned())).collect();
    let messages: Vec<Message> = texts.iter().map(|(_, text)| Message::new(text.as_bytes()).unwrap()).collect();
    let claims: Vec<Claim<'_>> = names
        .iter()
        .zip(&messages)
        .map(|(name, message)| Claim { name, path: "options", line: Some(2), message })
        .collect();
    let findings = collisions(&claims);
    let said: Vec<(&str, &str)> =
        findings.iter().map(|finding| (finding.resource.as_str(), finding.message.as_str())).collect();
    assert_eq!(
        said,
        [
            ("a", "options:2: the message is also that of b"),
            ("b", "options:2: the message is also that of a"),
            ("c", "options:2: the message looks like a state commit of a, b, whose message is \"Build\""),
            ("e", "options:2: the message looks like a state commit of f, whose message is \"Other\""),
        ]
    );
    assert!(
        findings.iter().all(|finding| finding.code == "message-collision" && finding.severity == Severity::Warning)
    );
    assert!(collisions(&claims[3..5]).is_empty());
}

#[test]
fn cycles_and_unknown_names_among_followed_resources() {
    let names = ["a", "b", "c", "d"].map(|name| ResourceName::of_existing(name.to_owned()));
    let follows = [vec!["b".to_owned()], vec!["a".to_owned()], vec!["a".to_owned(), "core-egde".to_owned()], vec![]];
    let followers: Vec<Follower<'_>> = std::iter::zip(&names, &follows)
        .map(|(name, follows)| Follower { name, path: "options", line: Some(2), follows })
        .collect();
    let known = BTreeSet::from(["a", "b", "c", "d", "core-edge"]);
    let findings = super::followers(&followers, &known);
    let said: Vec<_> = findings.iter().map(|finding| (&*finding.resource, &*finding.code, &*finding.help)).collect();
    let help = "let one of them watch something else";
    assert_eq!(
        said,
        [
            ("a", "follow-circle", help),
            ("b", "follow-circle", help),
            ("c", "follow-unknown", "did you mean \"core-edge\"?")
        ]
    );
    assert_eq!(findings[1].message, "options:2: the extractors follow each other in a cycle: a → b → a");
    assert!(super::followers(&followers[1..2], &known).is_empty(), "only one half of the cycle is checked");
}

#[test]
fn the_codes_are_a_contract() {
    let codes: Vec<&str> = CODES.iter().map(|(code, _, _)| *code).collect();
    let expected = [
        "unreadable-options",
        "wrong-form",
        "syntax-error",
        "missing-key",
        "unknown-key",
        "bad-source",
        "could-be-declared",
        "bad-message",
        "skip-word",
        "bad-pattern",
        "greedy-pattern",
        "bad-value",
        "reworded-message",
        "message-collision",
        "needs-tree",
        "out-of-reach",
        "unseen-variable",
        "hidden-failure",
        "time-zone",
        "needs-shell",
        "follow-circle",
        "follow-unknown",
        "starts-on-push",
        "unchecked-value",
    ];
    assert_eq!(codes, expected);
}

/// Options with parameters, and with a program in a variable of its own.
const PARAMETERIZED: &str = r#"# The revision of a snap in a channel
#
# snap: the name of the snap
#   matches [a-z0-9][a-z0-9-]*
message="New amd64 core snap in latest/edge channel"
value_pattern="[0-9]+"

snap="core"
channel="latest/edge"
arch="amd64"

revision='
    ($channel | split("/")) as [$track, $risk]    # what is not "latest/edge" has its track
    | [."channel-map"[] | select(.channel.track == $track and .channel.architecture == $arch)]
    | first.revision // error("\($snap) is not published in custom/env.sh")'

pattern_extractor='
    # The store doesn'"'"'t know custom/env.sh.
    answer=$(curl -fsSL --retry 2 --max-time 15 -H "Snap-Device-Series: 16" \
        --url "${SNAP_STORE_API:-https://api.snapcraft.io}/v2/snaps/info/$snap?architecture=$arch&fields=revision") || exit
    printf %s "$answer" | jq -er --arg snap "$snap" --arg channel "$channel" --arg arch "$arch" "$revision"'
"#;

#[test]
fn options_with_parameters_are_left_alone() {
    let files = ["snap", "channel", "arch", "revision", "answer", "custom/env.sh", "tests/main/task.yaml"];
    let around = Around { files: &files, ..NOTHING };
    assert_eq!(check(PARAMETERIZED, &around).iter().map(place).collect::<Vec<_>>(), [""; 0]);
    let reads_file =
        PARAMETERIZED.replace("printf %s \"$answer\" | jq", "jq").replace("\"$revision\"'", "\"$revision\" snap'");
    assert_eq!(check(&reads_file, &around).iter().map(place).collect::<Vec<_>>(), ["needs-tree options:17"]);
    let options = Options::parse(PARAMETERIZED.as_bytes());
    assert!(!options.is_opaque() && options.settings().is_some());
}

#[test]
fn a_value_that_goes_into_scripts_has_to_be_checked() {
    let options = "pattern_extractor='curl -s https://x'\nmessage=M\n";
    for (files, expected) in [
        (&["custom/env.sh"][..], true),
        (&["actions.sh"], true),
        (&["target/spread.yaml"], true),
        (&["custom/env.sh", "run-checks"], false),
        (&["customs/x", "README"], false),
        (&[], false),
    ] {
        let findings = check(options, &Around { files, ..NOTHING });
        assert_eq!(findings.iter().any(|finding| finding.code == "unchecked-value"), expected, "{files:?}");
    }
}
