//! Options that do more than assign, and the handshake with the shell that reads them.

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
fn settings_are_reported_as_the_shell_knows_them_and_nothing_runs_without_an_answer() {
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
        let found = extractors.settings("core-beta", options.as_bytes(), LONG, &|| false);
        assert_eq!(found.unwrap(), settings);
        assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 0);
        assert!(extractors.run(&request(&options), &|| false, &mut go).unwrap().is_some());
        assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 1);
    }
}

#[test]
fn options_are_read_once() {
    for shell in SHELLS {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        for end in ["", "false"] {
            let options = format!("echo x >>{}\n{}\n{end}", log.display(), options("echo 1"));
            assert_output(run_options(shell, &options, LONG), "1\n");
            assert_eq!(fs::read_to_string(&log).unwrap(), "x\n", "{shell}: {end}");
            fs::remove_file(&log).unwrap();
        }
    }
}

#[test]
fn the_old_value_exists_only_while_the_extractor_runs() {
    let extractor = r#"sh -c 'printf "%s %s" "$1" "$SPREAD_CRON_OLD_VALUE"' x "$early""#;
    for shell in SHELLS {
        let extractors = extractors(shell);
        // Reading everything that can be read does not swallow the value.
        for prefix in
            ["x=$(cat)", "read x || :", "x=$(cat <&9) 2>/dev/null || :", "exec 9>/dev/null", "set -eu; set -a"]
        {
            let options = format!("{prefix}\nearly=[${{SPREAD_CRON_OLD_VALUE-unset}}]\n{}", options(extractor));
            for value in ["549", " a  b ", "-", "=", r"a\nb\", "ż $(x) `y` 'z'"] {
                let go = Go { old_value: Some(value.to_owned()), timeout: LONG };
                let outcome = extractors.run(&request(&options), &|| false, &mut |_| Some(go.clone()));
                assert_output(outcome, format!("[unset] {value}"));
            }
        }
        let options = options("printf %s \"${SPREAD_CRON_OLD_VALUE-unset}\"");
        assert_output(extractors.run(&request(&options), &|| false, &mut go), "unset");
    }
}

#[test]
fn reading_the_options_has_a_limit_of_its_own() {
    for shell in SHELLS {
        let witness = Witness::new();
        let options = format!("{}sleep 1000\ntimeout=1h\n{}", witness.code(), options("echo 1"));
        let timeout = Duration::from_secs(2);
        let outcome = extractors(shell).run(&ExtractorRun { timeout, ..request(&options) }, &|| false, &mut go);
        assert!(matches!(outcome, Err(ExtractError::OptionsTimedOut { limit, .. }) if limit == timeout), "{outcome:?}");
        witness.assert_all_ended();
    }
}

#[test]
fn the_time_in_which_a_shell_waits_for_an_answer_does_not_count() {
    let limit = Duration::from_secs(3);
    let outcome = extractors("sh").run(&request(&options("echo 1")), &|| false, &mut |_| {
        std::thread::sleep(limit);
        Some(Go { old_value: None, timeout: limit })
    });
    assert_output(outcome, "1\n");
}

#[test]
fn settings_without_end_are_refused() {
    let outcome = run_options("sh", "message=$(head -c 70000 /dev/zero | tr '\\0' x)", LONG);
    assert!(matches!(outcome, Err(ExtractError::SettingsTooLong)), "{outcome:?}");
}
