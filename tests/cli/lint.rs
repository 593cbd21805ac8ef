//! `lint`: what would go wrong, said beforehand.

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{History, LintDoc, Sandbox};

/// Lints, and checks that the exit code fits.
#[track_caller]
fn lint(describe: impl FnOnce(&mut History)) -> LintDoc {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(describe);
    let run = clone.run(["lint", "--format", "json"]).stderr(predicate::always());
    let document = run.lint();
    assert_eq!(document.version, 1);
    for finding in &document.findings {
        assert!(!finding.code.is_empty() && !finding.message.is_empty() && !finding.help.is_empty(), "{finding:#?}");
        assert!(["error", "warning"].contains(&&*finding.severity), "{finding:#?}");
    }
    let has_errors = document.findings.iter().any(|finding| finding.severity == "error");
    run.exit(i32::from(has_errors));
    sandbox.assert_no_litter();
    document
}

/// Lints one options file that has to give a finding with this severity whose text has this word.
#[track_caller]
fn assert_found(options: &str, severity: &str, word: &str) {
    let document = lint(|history| {
        history.branch("a").options(options);
    });
    let mentions = |text: &str| text.to_lowercase().contains(&word.to_lowercase());
    let found = |severity: &str| {
        document
            .about("a")
            .iter()
            .any(|finding| finding.severity == severity && (mentions(&finding.message) || mentions(&finding.help)))
    };
    assert!(found(severity), "no {severity} about {word} in {document:#?}\nfor {options}");
}

/// Lints one options file that has to be fine.
#[track_caller]
fn assert_clean(options: &str) {
    let document = lint(|history| {
        history.branch("a").options(options);
    });
    assert!(document.findings.is_empty(), "{document:#?}\nfor {options}");
}

#[test]
fn good_options_give_no_finding() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6").state("New snap (5)");
    });
    insta::assert_snapshot!(clone.run(["lint"]).screen(), @"
    --- stderr
    Checked 1 resource: 0 errors, 0 warnings.
    ");
    assert_clean("message='New snap'\npattern_extractor='echo 5'\n");
    assert_clean("message='s390x arch '\npattern_extractor='cat /etc/os-release'");
    assert_clean("message=New\npattern_extractor='cat file'\ntree=\"true\"\n");
    assert_clean("message=New\npattern_extractor='echo 1'\nmessage_pattern='(Old|New)'\nmanual=true\ntimeout=5m\n");
}

#[test]
fn what_could_be_declared_is_proposed_and_no_mistake() {
    let gate = "if [ $(date +%H%M) \\< \"0200\" ]; then echo \"\"; else date +%Y%m%d; fi";
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("gate").options(format!("pattern_extractor=\"{gate}\"\nmessage='Nightly'\n"));
        history.resource("tip", "Tip", "git ls-remote https://example.org/x HEAD | cut -f1");
    });
    let document = clone.run(["lint", "--format", "json"]).lint();
    let helps =
        document.findings.iter().map(|found| (&*found.severity, &*found.code, &*found.help)).collect::<Vec<_>>();
    let clock = "source=\"clock\"; every=\"day\"; at=\"02:00\"; format=\"%Y%m%d\"";
    let expected = [clock, "source=\"git\"; url=\"https://example.org/x\""]
        .map(|lines| format!("in place of pattern_extractor, write: {lines}"));
    let zone = "for another zone, add a line such as TZ=Europe/Berlin; if UTC is meant, TZ=UTC says so";
    let expected =
        [("could-be-declared", expected[0].as_str()), ("time-zone", zone), ("could-be-declared", &expected[1])];
    assert_eq!(helps, expected.map(|(code, help)| ("hint", code, help)));
}

#[test]
fn both_keys_have_to_be_there() {
    assert_found("message=New\n", "error", "pattern_extractor");
    assert_found("pattern_extractor='echo 1'\n", "error", "message");
    assert_found("", "error", "message");
}

#[test]
fn the_syntax_is_checked() {
    assert_found("message='New\npattern_extractor='echo 1'\n", "error", "options");
    assert_found("message=New\npattern_extractor='echo 1'\nif true; then\n", "error", "options");
}

#[test]
fn the_pattern_is_checked() {
    let options = |pattern: &str| format!("message=New\npattern_extractor='echo 1'\nmessage_pattern='{pattern}'\n");
    assert_found(&options("New (a"), "error", "message_pattern");
    for swallows in ["New.*", ".*", r"New \(x\)?.*", r"New (\S| )+"] {
        assert_found(&options(swallows), "error", "message_pattern");
    }
    assert_clean(&options("New( OS| core)?"));
}

#[test]
fn the_message_is_checked() {
    assert_found("message=$'a\\nb'\npattern_extractor='echo 1'\n", "error", "line");
    assert_found("message='a\nb'\npattern_extractor='echo 1'\n", "error", "line");
    assert_found("message='a\u{1b}[31m'\npattern_extractor='echo 1'\n", "error", "control");
    assert_found("message='New [ci skip]'\npattern_extractor='echo 1'\n", "error", "[ci skip]");
}

#[test]
fn keys_that_are_nearly_right() {
    assert_found("mesage=New\npattern_extractor='echo 1'\n", "error", "mesage");
    assert_found("message=New\npattern_extracter='echo 1'\n", "error", "pattern_extracter");
    assert_found("message=New\npattern_extractor='echo 1'\nmessage_patern='New'\n", "warning", "message_patern");
}

#[test]
fn a_file_of_the_branch_needs_the_tree() {
    let document = lint(|history| {
        let options = "message=New\npattern_extractor='./get-version custom/list'\n";
        history
            .branch("a")
            .entry("100755", "get-version", "#!/bin/sh\necho 1\n")
            .file("custom/list", "x\n")
            .options(options);
    });
    let about = document.about("a");
    assert!(about.iter().any(|finding| finding.help.contains("tree")), "{document:#?}");
}

#[test]
fn a_reworded_message_is_a_trap() {
    let document = lint(|history| {
        let mut branch = history.resource("a", "New amd64 core snap in beta channel", "echo 1");
        for value in 500..550 {
            branch = branch.state(&format!("New OS snap in beta channel ({value})"));
        }
        history.resource("fresh", "Something else", "echo 1").commit("Tune (a bit)");
    });
    let about = document.about("a");
    assert!(about.iter().any(|finding| finding.help.contains("message_pattern")), "{document:#?}");
    assert!(
        about.iter().any(|finding| (finding.message.clone() + &finding.help).contains("New OS snap in beta channel")),
        "{document:#?}"
    );
    assert!(document.about("fresh").is_empty(), "{document:#?}");
}

#[test]
fn two_resources_with_the_same_message() {
    let document = lint(|history| {
        history.resource("build-spread", "Build spread binary", "echo 1");
        history.resource("build-spread-branch", "Build spread binary", "echo 1");
        history.resource("other", "Build spread", "echo 1");
    });
    assert!(document.findings.iter().any(|finding| finding.resource.starts_with("build-spread")), "{document:#?}");
    assert!(document.about("other").is_empty(), "{document:#?}");
    assert!(document.findings.iter().all(|finding| finding.severity == "warning"), "{document:#?}");
}

#[test]
fn a_finding_for_a_person() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("edge").options("mesage=New\npattern_extractor='echo 1'\n");
    });
    insta::assert_snapshot!(clone.run(["lint"]).screen(), @r#"
    edge: error[missing-key] options: the options set no message
      help: add the text that state commits begin with, such as message="New snap in beta channel"
    edge: error[unknown-key] options:1: mesage has no meaning here; it looks like message
      help: call it message
    --- stderr
    Checked 1 resource: 2 errors, 0 warnings.
    [exit 1]
    "#);
}

#[test]
fn nothing_is_executed() {
    let sandbox = Sandbox::new();
    let mark = sandbox.path("executed");
    let (_remote, clone) = sandbox.project(|history| {
        let touch = format!("touch {}", mark.display());
        let options = format!(
            "{touch}\nmessage=\"$({touch})\"\npattern_extractor=\"$({touch}); {touch}\"\nx=`{touch}`\ny[$({touch})]=1\nexit 0\n"
        );
        history.branch("evil").options(options);
        history.branch("bad").options("message=New\n");
    });
    clone.run(["lint"]).exit(1).report(predicate::str::contains("bad"));
    assert!(!mark.exists(), "lint executed options");
}

#[test]
fn only_what_is_named_is_checked() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("bad").options("message=New\n");
        history.resource("good", "Good", "echo 1");
    });
    insta::assert_snapshot!(clone.run(["lint", "good"]).screen(), @"
    --- stderr
    Checked 1 resource: 0 errors, 0 warnings.
    ");
    insta::assert_snapshot!(clone.run(["lint", "b*"]).screen(), @r#"
    bad: error[missing-key] options: the options set no pattern_extractor
      help: add the command that prints the value, such as pattern_extractor="date +%Y%m%d"
    --- stderr
    Checked 1 resource: 1 error, 0 warnings.
    [exit 1]
    "#);
}

#[test]
fn options_in_a_form_that_no_shell_reads() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("blanks").options("message = \"M\"\npattern_extractor = \"echo 1\"\n");
        history.branch("colons").options("message: M\npattern_extractor: echo 1\n");
        history.branch("mark").options("\u{feff}message=\"M1\"\npattern_extractor=\"echo 1\"\n");
        history.branch("pointer").options("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n");
        history.branch("quotes").options("message=“M4”\npattern_extractor=“echo 1”\n");
    });
    clone.run(["poll", "--dry-run"]).exit(1).report(contains("5 failed"));
    insta::assert_snapshot!(clone.run(["lint"]).screen(), @r#"
    blanks: error[wrong-form] options:1: a blank before = makes a command of the line, not an assignment
      help: write message="M"
    blanks: error[wrong-form] options:2: a blank before = makes a command of the line, not an assignment
      help: write pattern_extractor="echo 1"
    colons: error[wrong-form] options:1: a shell assigns with =, not with :
      help: write message="M"
    colons: error[wrong-form] options:2: a shell assigns with =, not with :
      help: write pattern_extractor="echo 1"
    mark: error[wrong-form] options:1: the file begins with a byte order mark, which a shell takes for a part of the first word
      help: save it as UTF-8 without a byte order mark
    pointer: error[wrong-form] options: this is a Git LFS pointer, not the options file
      help: keep it out of LFS: exempt it in .gitattributes, then commit the file itself
    quotes: error[wrong-form] options:2: “ is no quote for a shell
      help: write pattern_extractor="echo 1"
    quotes: warning[wrong-form] options:1: “ is no quote for a shell
      help: write message="M4"
    --- stderr
    Checked 5 resources: 7 errors, 1 warning.
    [exit 1]
    "#);
}

#[test]
fn whom_a_resource_follows_may_stand_in_a_variable() {
    let sandbox = Sandbox::new();
    let after = |resource: &str| {
        format!(
            "message=\"New {resource} that passed\"\nresource=\"{resource}\"\n\
             pattern_extractor='git spread-cron green \"$resource\"'\n"
        )
    };
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 1");
        history.branch("suite").options(after("edge"));
        history.branch("a").options(after("b"));
        history.branch("b").options(after("a"));
        history.branch("typo").options(after("egde"));
        history.branch("shell").options(after("$(cat name)"));
    });
    let lint = clone.run(["lint", "--format", "json"]).exit(1).lint();
    let codes = |name: &str| lint.about(name).iter().map(|finding| finding.code.clone()).collect::<Vec<_>>();
    assert_eq!(codes("a"), ["follow-circle"]);
    assert_eq!(codes("b"), ["follow-circle"]);
    assert_eq!(codes("typo"), ["follow-unknown"]);
    assert_eq!(lint.about("typo")[0].help, "did you mean \"edge\"?");
    assert!(lint.about("typo")[0].message.starts_with("options:3: the extractor follows \"egde\""), "{lint:#?}");
    assert!(lint.about("suite").is_empty() && lint.about("edge").is_empty(), "{lint:#?}");
    assert_eq!(
        codes("shell"),
        ["needs-shell"],
        "the message is not known, and lint does not guess which resource it follows"
    );
    let poll = clone.run(["poll", "--dry-run", "a", "b"]).stderr(predicate::str::contains("in a cycle: a → b → a"));
    drop(poll.stdout(predicate::str::contains("without a value")));
}

#[test]
fn what_extractors_do_not_find_where_they_run() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("token", "Token", "curl -s -H \"X: $MY_TOKEN\" https://example.org | jq .version");
    });
    let codes = |args: &[&str]| {
        let args = [&["lint", "--format", "json"], args].concat();
        let lint = clone.run(args).stderr(predicate::always()).lint();
        lint.about("token").iter().map(|finding| (finding.code.clone(), finding.help.clone())).collect::<Vec<_>>()
    };
    let command = "git config --add spread-cron.passEnv MY_TOKEN";
    let unseen = ("unseen-variable".to_owned(), format!("to let them see it: {command}"));
    assert_eq!(codes(&[]), std::slice::from_ref(&unseen));
    let old = sandbox.script("old-sh", "#!/bin/sh\ncase $* in *pipefail*) exit 2;; esac\nexec sh \"$@\"\n");
    let help = "poll with bash, such as by git config spread-cron.shell bash".to_owned();
    assert_eq!(codes(&["--shell", old.to_str().unwrap()]), [unseen, ("hidden-failure".to_owned(), help)]);
    clone.git(command.split(' ').skip(1));
    assert_eq!(codes(&[]), []);
}
