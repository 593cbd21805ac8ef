//! Runs of real shells, well behaved and hostile.

mod options;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use super::*;
use crate::core::tree_file::TreeFileKind;

const SHELLS: [&str; 2] = ["bash", "sh"];

/// Long enough for a shell on a machine that is busy.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

type Extracted = Result<Option<Vec<u8>>, ExtractError>;

fn extractors(shell: &str) -> Extractors {
    let path = std::env::var_os("PATH");
    let shell = Shell::find(Some(shell), path.as_deref()).unwrap();
    let vars = [("PATH".into(), path.unwrap_or_default()), ("GITHUB_TOKEN".into(), "secret".into())];
    let mut extractors = Extractors::new(&shell, clean_environment(vars.into_iter(), &[]), Isolation::none()).unwrap();
    extractors.grace = SHORT;
    extractors
}

fn request(options: &str) -> ExtractorRun<'_> {
    let network = Network::Open;
    ExtractorRun { resource: "core-beta", options: options.as_bytes(), files: None, timeout: LONG, network }
}

/// Lets any extractor run.
fn go(_settings: Settings) -> Option<Go> {
    Some(Go { old_value: None, timeout: LONG })
}

fn options(extractor: &str) -> String {
    format!("message=m\npattern_extractor='{}'", extractor.replace('\'', r"'\''"))
}

/// Runs whole options; afterwards, no working directory may be left.
fn run_options(shell: &str, options: &str, timeout: Duration) -> Extracted {
    let extractors = extractors(shell);
    let outcome = extractors.run(&request(options), &|| false, &mut |_| Some(Go { old_value: None, timeout }));
    assert_eq!(extractors.scratch.left_over(), Vec::<PathBuf>::new(), "left by {options}");
    outcome
}

fn run(shell: &str, extractor: &str) -> Extracted {
    run_options(shell, &options(extractor), LONG)
}

#[track_caller]
fn assert_output(outcome: Extracted, output: impl AsRef<[u8]>) {
    let output = String::from_utf8_lossy(output.as_ref()).into_owned();
    let text = String::from_utf8_lossy(&outcome.unwrap().expect("the extractor runs")).into_owned();
    assert_eq!(text, output);
}

#[track_caller]
fn assert_error(outcome: Extracted, text: &str) {
    assert_eq!(outcome.unwrap_err().to_string(), text);
}

/// Says whether processes are alive: each has the writing end of a named pipe, which ends when the last of them is gone.
struct Witness {
    folder: tempfile::TempDir,
    is_open: Arc<AtomicBool>,
    ended: mpsc::Receiver<()>,
}

impl Witness {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let is_open = Arc::new(AtomicBool::new(false));
        let (sender, ended) = mpsc::channel();
        let opened = Arc::clone(&is_open);
        std::thread::spawn(move || {
            let mut fifo = File::open(path).unwrap();
            opened.store(true, Ordering::SeqCst);
            fifo.read_to_end(&mut Vec::new()).unwrap();
            sender.send(()).unwrap();
        });
        Witness { folder, is_open, ended }
    }

    /// The shell code after which a shell and all its children are watched.
    fn code(&self) -> String {
        format!("exec 9>{}; ", self.path().display())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("fifo")
    }

    #[track_caller]
    fn assert_all_ended(self) {
        self.ended.recv_timeout(Duration::from_secs(20)).expect("a process is still running");
    }
}

#[test]
fn output_is_handed_over_as_it_is() {
    for shell in SHELLS {
        assert_output(run(shell, "echo 549"), "549\n");
        assert_output(run(shell, "printf 549"), "549");
        assert_output(run(shell, ":"), "");
        assert_output(run(shell, "echo 1; echo 2"), "1\n2\n");
        assert_output(run(shell, r"printf '\000\377\033[1m'"), b"\0\xff\x1b[1m");
        assert_output(run(shell, "echo noise >&2; echo 1"), "1\n");
        assert_output(run(shell, "echo 1; exit 0; echo 2"), "1\n");
        assert_output(run(shell, "head -c 65536 /dev/zero"), [0; 65536]);
    }
}

#[test]
fn the_shape_of_a_time_gate_works() {
    for shell in SHELLS {
        let options =
            "message=m\npattern_extractor=\"if [ $(echo 0300) \\< \"0200\" ]; then echo \"\"; else echo 7; fi\"";
        assert_output(run_options(shell, options, LONG), "7\n");
    }
}

#[test]
fn a_failure_is_told_with_its_last_words() {
    for shell in SHELLS {
        assert_error(run(shell, "echo 1; exit 3"), "the extractor ended with exit status 3");
        assert_error(
            run(shell, "echo a >&2; printf '\\033[31mb\\n' >&2; false"),
            "the extractor ended with exit status 1: a | [31mb",
        );
        assert_error(run(shell, "kill -9 $$"), "the extractor ended with signal 9 (KILL)");
        assert_error(run(shell, "kill -9 0"), "the extractor ended with signal 9 (KILL)");
        let error = run(shell, "no-such-program").unwrap_err().to_string();
        assert!(error.starts_with("the extractor ended with exit status 127: no-such-program: "), "{error}");
        let error = run(shell, "if (").unwrap_err().to_string();
        assert!(error.to_lowercase().contains(": syntax error"), "{error}");
        let error = run(shell, "cat \"$HOME/x\"").unwrap_err().to_string();
        assert!(error.contains("./x: "), "{error}");
    }
}

#[test]
fn a_pipeline_that_fails_is_a_failure_in_bash() {
    for (extractor, error) in [
        ("(exit 3) | cat", "the extractor ended with exit status 3"),
        ("(echo gone >&2; exit 128) | cut -f 1", "the extractor ended with exit status 128: gone"),
        ("echo gone >&2", "the extractor printed no value, but wrote to stderr: gone"),
        (
            "echo a | grep b",
            "the extractor ended with exit status 1: grep found nothing; add \"|| true\" if that means no value",
        ),
        (
            "curl() { return 6; }; curl -s x | cat",
            "the extractor ended with exit status 6: curl (6): could not resolve the host (curl -s hides this)",
        ),
    ] {
        assert_error(run("bash", extractor), error);
    }
    // A reader that has enough is no failure.
    assert_output(run("bash", "yes 549 | head -1"), "549\n");
    let opted_out = |extractor: &str| run_options("bash", &format!("pipefail=false\n{}", options(extractor)), LONG);
    assert_output(opted_out("(exit 3) | cat"), "");
    assert_error(opted_out("exit 3"), "the extractor ended with exit status 3");
    // dash of today has no pipefail, and lives.
    assert_output(run("sh", "echo 1 | cat"), "1\n");
}

#[test]
fn what_options_and_their_traps_write_to_stderr_counts_for_nothing() {
    for shell in SHELLS {
        for before in ["echo noise; echo noise >&2", "trap 'echo 9; echo cleaned up >&2' EXIT", "set -e; exec 2>&-"] {
            assert_output(run_options(shell, &format!("{before}\n{}", options(":")), LONG), "");
        }
    }
}

#[test]
fn the_time_zone_is_utc_unless_the_options_set_one() {
    for shell in SHELLS {
        assert_output(run(shell, "date -d @0 +%H%Z"), "00UTC\n");
        let options = format!("TZ=EST5\n{}", options("date -d @0 +%H%Z"));
        assert_output(run_options(shell, &options, LONG), "19EST\n");
    }
}

#[test]
fn endless_streams_are_cut() {
    for shell in SHELLS {
        let outcome = run(shell, "head -c 65537 /dev/zero");
        assert!(matches!(outcome, Err(ExtractError::TooMuchOutput)), "{outcome:?}");
        let outcome = run(shell, "head -c 10000000 /dev/zero");
        assert!(matches!(outcome, Err(ExtractError::TooMuchOutput)), "{outcome:?}");
        let witness = Witness::new();
        let outcome = run(shell, &format!("{}yes", witness.code()));
        assert!(matches!(outcome, Err(ExtractError::TooMuchOutput)), "{outcome:?}");
        witness.assert_all_ended();
        let outcome = run_options(shell, &options("yes >&2"), SHORT);
        assert!(
            matches!(&outcome, Err(ExtractError::TimedOut { limit: SHORT, stderr }) if stderr == "y"),
            "{outcome:?}"
        );
        assert_output(run(shell, "head -c 10000000 /dev/zero >&2; echo 1"), "1\n");
    }
}

#[test]
fn an_extractor_that_does_not_end_is_ended() {
    let extractors = [
        "sleep 1000",
        "trap \"\" TERM; sleep 1000",
        "trap \"\" TERM; while :; do sleep 1000; done",
        "exec >&- 2>&-; sleep 1000",
        "echo 1; kill -STOP $$",
        "exec sleep 1000",
        "sleep 1000 & trap \"exit 0\" TERM; wait",
        "while :; do :; done",
    ];
    std::thread::scope(|scope| {
        for (shell, extractor) in SHELLS.iter().flat_map(|shell| extractors.map(|extractor| (shell, extractor))) {
            scope.spawn(move || {
                let witness = Witness::new();
                // Not shorter, so that even a slow shell gets as far as to open the witness.
                let limit = Duration::from_secs(2);
                let outcome = run_options(shell, &options(&format!("{}{extractor}", witness.code())), limit);
                assert!(matches!(outcome, Err(ExtractError::TimedOut { .. })), "{shell}: {extractor}: {outcome:?}");
                witness.assert_all_ended();
            });
        }
    });
}

#[test]
fn a_child_in_the_background_is_not_waited_for_and_does_not_stay() {
    for shell in SHELLS {
        for extractor in [
            "sleep 1000 & echo 1",
            "(trap \"\" TERM HUP; sleep 1000; sleep 1000) & echo 1",
            "sleep 1000 >/dev/null 2>&1 & echo 1",
            "yes >&2 & echo 1",
        ] {
            let witness = Witness::new();
            assert_output(run(shell, &format!("{}{extractor}", witness.code())), "1\n");
            witness.assert_all_ended();
        }
        let outcome = run(shell, "sleep 1000 & echo 1; exit 4");
        assert!(matches!(outcome, Err(ExtractError::Failed { ending: ProcessExit::Status(4), .. })), "{outcome:?}");
    }
}

#[test]
fn an_escaped_child_that_holds_the_pipes_is_not_waited_for() {
    // It takes itself out of the group, and ends with the reader that this test closes.
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let extractor = format!("set -m; cat {} & echo 1", fifo.display());
    assert_output(run("bash", &extractor), "1\n");
    // Opening for writing waits for the reader: it shows that it did escape, and lets it end.
    drop(File::options().write(true).open(&fifo).unwrap());
}

#[test]
fn there_is_nothing_to_read() {
    for shell in SHELLS {
        assert_output(run(shell, "cat; read x || echo end"), "end\n");
    }
}

#[test]
fn an_interruption_ends_a_run() {
    for shell in SHELLS {
        let extractors = extractors(shell);
        let witness = Witness::new();
        let options = options(&format!("{}trap '' TERM; sleep 1000; sleep 1000", witness.code()));
        let is_open = Arc::clone(&witness.is_open);
        let outcome = extractors.run(&request(&options), &move || is_open.load(Ordering::SeqCst), &mut go);
        assert!(matches!(outcome, Err(ExtractError::Interrupted)), "{outcome:?}");
        witness.assert_all_ended();
        let marker = tempfile::tempdir().unwrap();
        let options = format!("touch {}/ran", marker.path().display());
        let outcome = extractors.run(&request(&options), &|| true, &mut go);
        assert!(matches!(outcome, Err(ExtractError::Interrupted)), "{outcome:?}");
        assert_eq!(fs::read_dir(marker.path()).unwrap().count(), 0);
    }
}

#[test]
fn the_environment_is_clean() {
    for shell in SHELLS {
        let extractors = extractors(shell);
        let options = options(
            "env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo $SPREAD_CRON_RESOURCE-$SPREAD_CRON_OLD_VALUE; [ \"$HOME\" = \"$(pwd -P)\" ]",
        );
        for (old_value, second) in [(None, "core-beta-"), (Some("549 (x)"), "core-beta-549 (x)")] {
            let old_value = old_value.map(str::to_owned);
            let is_known = old_value.is_some();
            let go = Go { old_value, timeout: LONG };
            let outcome = extractors.run(&request(&options), &|| false, &mut |_| Some(go.clone()));
            let output = String::from_utf8(outcome.unwrap().expect("the extractor runs")).unwrap();
            let mut lines = output.lines();
            let mut names: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
            // What bash sets by itself.
            names.retain(|name| !["PWD", "OLDPWD", "SHLVL", "_"].contains(name));
            let mut known = vec![
                "GIT_ASKPASS",
                "GIT_SSH_COMMAND",
                "GIT_TERMINAL_PROMPT",
                "HOME",
                "PATH",
                "SHELL",
                "SPREAD_CRON_OLD_VALUE",
                "SPREAD_CRON_RESOURCE",
                "TZ",
            ];
            known.retain(|name| is_known || *name != "SPREAD_CRON_OLD_VALUE");
            assert_eq!(names, known);
            assert_eq!(lines.next(), Some(second));
        }
    }
}

#[test]
fn the_working_directory_is_empty_at_first_and_gone_afterwards() {
    for shell in SHELLS {
        assert_output(run(shell, "ls -A; mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 500 a"), "");
        // Removed by the extractor itself.
        assert_output(run(shell, "rm -r \"$HOME\"; echo 1"), "1\n");
        // A file that ends with a failed test is read once like any other.
        let twice = format!("echo x >>a\n{}\nfalse", options("cat a"));
        assert_output(run_options(shell, &twice, LONG), "x\n");
    }
}

#[test]
fn the_files_of_the_resource_are_there() {
    for shell in SHELLS {
        let extractors = extractors(shell);
        let file = |path: &str, kind, data: &str| TreeFile { path: path.into(), kind, data: data.into() };
        let files = [
            file("current", TreeFileKind::Symlink, "custom/version"),
            file("custom/version", TreeFileKind::File { executable: false }, "549"),
            file("bin/print", TreeFileKind::File { executable: true }, "#!/bin/sh\ncat current\n"),
        ];
        for end in ["", "\nfalse"] {
            let options = options("[ ! -x custom/version ] && [ -L current ] && bin/print") + end;
            let files = Some(ResourceFiles { files: &files, options: "options" });
            assert_output(extractors.run(&ExtractorRun { files, ..request(&options) }, &|| false, &mut go), "549");
        }
        let files = [file("../x", TreeFileKind::File { executable: false }, "")];
        let files = Some(ResourceFiles { files: &files, options: "options" });
        let outcome = extractors.run(&ExtractorRun { files, ..request("") }, &|| false, &mut go);
        assert!(matches!(outcome, Err(ExtractError::UnsafePath(path)) if path == "../x"));
    }
}

#[test]
fn options_find_files_beside_them_by_their_own_name() {
    let extractors = extractors("bash");
    let kind = TreeFileKind::File { executable: true };
    let files = [TreeFile { path: "x.sh".into(), kind, data: "#!/bin/sh\necho 42\n".into() }];
    let files = Some(ResourceFiles { files: &files, options: "trigger" });
    for extractor in [
        // Evaluated while the options are read, and later.
        r#""$(dirname "${BASH_SOURCE[0]}")/x.sh""#,
        r#"'"$(dirname "${BASH_SOURCE[0]}")/x.sh"'"#,
    ] {
        let options = format!("message=m\npattern_extractor={extractor}\n");
        assert_output(extractors.run(&ExtractorRun { files, ..request(&options) }, &|| false, &mut go), "42\n");
    }
}

#[test]
fn threads_share_it() {
    let extractors = extractors("sh");
    let kind = TreeFileKind::File { executable: true };
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let extractors = &extractors;
            scope.spawn(move || {
                for i in 0..20 {
                    let data = format!("#!/bin/sh\necho {thread}-{i}\n").into_bytes();
                    let files = [TreeFile { path: "program".into(), kind, data }];
                    let options = options("./program");
                    let files = Some(ResourceFiles { files: &files, options: "options" });
                    let outcome = extractors.run(&ExtractorRun { files, ..request(&options) }, &|| false, &mut go);
                    assert_output(outcome, format!("{thread}-{i}\n"));
                }
            });
        }
    });
}

#[test]
fn without_a_place_or_a_shell_there_is_an_error() {
    let shell = Shell::find(Some("sh"), None).unwrap();
    let nowhere = vec![("TMPDIR".into(), "/nowhere/at/all".into())];
    assert!(matches!(Extractors::new(&shell, nowhere, Isolation::none()), Err(ExtractError::Scratch { .. })));
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("shell");
    fs::copy(shell.path(), &copy).unwrap();
    let shell = Shell::find(copy.to_str(), None).unwrap();
    fs::remove_file(&copy).unwrap();
    let extractors = Extractors::new(&shell, Vec::new(), Isolation::none()).unwrap();
    let outcome = extractors.run(&request(""), &|| false, &mut go);
    assert!(matches!(outcome, Err(ExtractError::Spawn { shell, .. }) if shell == Path::new(&copy)));
}
