//! Options that do more than assign, and what the caller is told about them.

use super::*;

#[test]
fn options_that_do_more_than_assign_still_work() {
    for shell in SHELLS {
        for prefix in [
            "echo 9; echo 9 >&2",
            "set -eu",
            "set -f; IFS=m",
            "set -- a b c; shift",
            "trap 'echo 9' EXIT",
            "exec >/dev/null",
            "cat; read x",
            "cd /",
            "set -a",
            "umask 077",
        ] {
            let options = format!("{prefix}\n{}", options("echo 1"));
            assert_output(run_options(shell, &options, LONG), "1\n");
        }
        for suffix in ["return 0", "return 1", "return 2", "[ -n \"$unknown\" ] && manual=true", "false", ""] {
            let options = format!("{}\n{suffix}", options("echo 1"));
            assert_output(run_options(shell, &options, LONG), "1\n");
        }
        let outcome = run_options(shell, &format!("unset PATH\n{}", options("date")), LONG);
        assert!(matches!(outcome, Err(ExtractError::Failed { ending: ProcessExit::Status(127), .. })), "{outcome:?}");
        assert_output(run_options(shell, &format!("unset PATH\n{}", options("echo 1")), LONG), "1\n");
    }
    assert_output(run_options("bash", &format!("declare x=7\n{}", options("echo $x $# $0")), LONG), "7 0 extractor\n");
}

#[test]
fn options_that_end_the_shell_are_told_so() {
    for shell in SHELLS {
        for (options, ending) in [
            ("exit 0", "exit status 0"),
            ("exit 3", "exit status 3"),
            ("trap 'echo 9' EXIT; exit 0", "exit status 0"),
            ("exec true", "exit status 0"),
            ("set -e; false", "exit status 1"),
            ("kill -9 $$", "signal 9 (KILL)"),
        ] {
            let outcome = run_options(shell, &format!("{options}\n{}", self::options("echo 1")), LONG);
            let error = outcome.unwrap_err().to_string();
            let start = format!("the options ended the shell while being read, with {ending}");
            assert!(error.starts_with(&start), "{shell}: {options}: {error}");
        }
        let error = run_options(shell, "echo why >&2\nexit 3", LONG).unwrap_err().to_string();
        assert!(error.ends_with("exit status 3: why"), "{error}");
    }
}

#[test]
fn a_syntax_error_is_told_with_its_line_and_nothing_runs() {
    for shell in SHELLS {
        for options in ["message=m\npattern_extractor=\"echo 1\nfoo", "message=m\nif ; then", "message=$(if)\n"] {
            let outcome = run_options(shell, options, LONG);
            let Err(ExtractError::Syntax(error)) = &outcome else { panic!("{shell}: {options}: {outcome:?}") };
            assert!(error.starts_with("options: ") && !error.contains('/'), "{error}");
            assert_eq!(extractors(shell).check_syntax(options.as_bytes(), &|| false).unwrap().as_ref(), Some(error));
        }
        for options in ["", "message=m", "exit 3", "message='$(if)'"] {
            assert_eq!(extractors(shell).check_syntax(options.as_bytes(), &|| false).unwrap(), None, "{options}");
        }
        // Complete settings, then a syntax error: bash would carry on with them.
        let marker = tempfile::tempdir().unwrap();
        let options = format!("{}\nif ;", options(&format!("touch {}/ran", marker.path().display())));
        assert!(matches!(run_options(shell, &options, LONG), Err(ExtractError::Syntax(_))));
        assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_probe_tells_the_settings_as_the_shell_knows_them_and_runs_nothing() {
    for shell in SHELLS {
        let extractors = extractors(shell);
        let marker = tempfile::tempdir().unwrap();
        let options = format!(
            "x=2\nmessage=\"a $(echo b) (c) \"\nmessage_pattern='^é\n'\nvalue_pattern=\"[0-9]{{$x}}\"\nmanual=$((1+1))\ntree=true timeout=${{x}}m\n\
             pattern_extractor='touch {}/ran'\ntrap 'yes | head -c 100000' EXIT\n[ \"$x\" = 3 ]",
            marker.path().display()
        );
        let settings = Settings {
            message: "a b (c) ".into(),
            message_pattern: "^é\n".into(),
            value_pattern: "[0-9]{2}".into(),
            manual: "2".into(),
            tree: "true".into(),
            timeout: "2m".into(),
            extractor_is_set: true,
            ..Settings::default()
        };
        let expected = expected();
        for expect in [Expect::Probe, Expect::Exactly(&expected)] {
            let outcome = extractors.run(&Request { expect, ..request(&options, &expected) }, &|| false);
            assert_eq!(outcome.unwrap(), Extraction::Settings(settings.clone()));
            assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 0);
        }
        let outcome = extractors.run(&request(&options, &settings), &|| false);
        assert_output(outcome.map(|_| Extraction::Output(Vec::new())), "");
        assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 1);
    }
}

#[test]
fn one_setting_that_differs_is_enough() {
    let extractors = extractors("sh");
    let found = expected();
    let text = options("echo 1");
    for other in [
        Settings { message: "m ".into(), ..found.clone() },
        Settings { message: "m\0".into(), ..found.clone() },
        Settings { message: "m".repeat(MAX_SETTINGS * 4).into(), ..found.clone() },
        Settings { message_pattern: "x".into(), ..found.clone() },
        Settings { value_pattern: "x".into(), ..found.clone() },
        Settings { manual: "x".into(), ..found.clone() },
        Settings { tree: "x".into(), ..found.clone() },
        Settings { timeout: "x".into(), ..found.clone() },
    ] {
        let outcome = extractors.run(&request(&text, &other), &|| false);
        assert_eq!(outcome.unwrap(), Extraction::Settings(found.clone()));
    }
    let none = Settings { extractor_is_set: false, ..found };
    for text in ["message=m", "message=m\npattern_extractor="] {
        let outcome = extractors.run(&request(text, &none), &|| false);
        assert_eq!(outcome.unwrap(), Extraction::Settings(none.clone()));
    }
}

#[test]
fn settings_without_end_are_refused() {
    let outcome = run_options("sh", "message=$(head -c 70000 /dev/zero | tr '\\0' x)", LONG);
    assert!(matches!(outcome, Err(ExtractError::SettingsTooLong)), "{outcome:?}");
}
