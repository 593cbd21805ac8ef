//! What the end of an extractor means: a value, no value, or a failure. The rules stand in a table test.

use super::exit::ProcessExit;
use super::value::{Observation, observe};

/// Our script writes this to stderr between what the options said and what the extractor says. Its bytes are dropped where
/// stderr is shown.
const EXTRACTOR_BEGINS: &[u8] = b"\0\x01";
/// The same between the extractor and an EXIT trap of the options.
const EXTRACTOR_ENDS: &[u8] = b"\0\x02";

/// How an extractor ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran<'a> {
    pub(crate) exit: ProcessExit,
    pub(crate) stdout: &'a [u8],
    /// The end of stderr, with the marks in it that are still there.
    pub(crate) stderr: &'a [u8],
    /// The text of the options, for guesses about which program ended.
    pub(crate) options: &'a [u8],
}

/// What that means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExitMeaning {
    /// The output counts: a value, or no value.
    Output,
    /// It failed. Where it said nothing, the explanation of its status stands in for its words.
    Failed { explanation: Option<String> },
    /// It ended with 0, and wrote to stderr instead of printing a value.
    OnlyStderr,
}

const SIGPIPE: i32 = 13;
/// The status of a shell with a pipeline that was ended by SIGPIPE.
const BROKEN_PIPE: i32 = 128 + SIGPIPE;
/// curl could not write its output.
const CURL_CANNOT_WRITE: i32 = 23;

/// Applies the rules.
pub(crate) fn judge(ran: &Ran<'_>) -> ExitMeaning {
    let has_value = !matches!(observe(ran.stdout), Ok(Observation::NoValue));
    let words = words(ran.stderr);
    match ran.exit {
        ProcessExit::Status(0) if has_value || words.is_empty() => ExitMeaning::Output,
        ProcessExit::Status(0) => ExitMeaning::OnlyStderr,
        exit if has_value && only_broke(exit, &words, ran.options) => ExitMeaning::Output,
        exit if words.is_empty() => ExitMeaning::Failed { explanation: explain(exit, ran.options) },
        ProcessExit::Status(_) | ProcessExit::Signal(_) => ExitMeaning::Failed { explanation: None },
    }
}

/// Whether a pipeline only ended because the next part had read enough.
fn only_broke(exit: ProcessExit, words: &[String], options: &[u8]) -> bool {
    match exit {
        ProcessExit::Status(BROKEN_PIPE) | ProcessExit::Signal(SIGPIPE) => true,
        ProcessExit::Status(CURL_CANNOT_WRITE) if names(options, "curl") => true,
        ProcessExit::Status(_) | ProcessExit::Signal(_) => {
            words.last().is_some_and(|line| line.trim_end_matches(['.', '\'', '>']).ends_with("Broken pipe"))
        }
    }
}

/// The lines that the extractor wrote to stderr, without the progress of curl, what `curl -v` says, and warnings about locales.
fn words(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(of_extractor(stderr));
    text.split(['\n', '\r'])
        .map(str::trim)
        .filter(|line| !line.is_empty() && !is_noise(line))
        .map(str::to_owned)
        .collect()
}

/// The part of stderr between the marks. The first is missing where more was written than is kept.
fn of_extractor(stderr: &[u8]) -> &[u8] {
    let find = |mark: &[u8]| stderr.windows(mark.len()).position(|bytes| bytes == mark);
    let start = find(EXTRACTOR_BEGINS).map_or(0, |at| at + EXTRACTOR_BEGINS.len());
    let end = find(EXTRACTOR_ENDS).filter(|end| *end >= start).unwrap_or(stderr.len());
    &stderr[start..end]
}

fn is_noise(line: &str) -> bool {
    is_progress(line)
        || ["* ", "> ", "< ", "{ [", "} ["].iter().any(|start| line.starts_with(start))
        || ["*", ">", "<"].contains(&line)
        || line.contains("warning: setlocale:")
        || line.starts_with("perl: warning:")
        // The lines that follow it.
        || (line.starts_with("LC_") || line.starts_with("LANG")) && line.contains(" = ")
        || line == "are supported and installed on your system."
}

/// A line of curl's progress meter.
fn is_progress(line: &str) -> bool {
    line.starts_with("% Total")
        || line.starts_with("Dload  Upload")
        || (line.split_whitespace().count() >= 12
            && line.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || ":-.kMGTP".contains(c)))
}

/// What the status of a program that said nothing means.
fn explain(exit: ProcessExit, options: &[u8]) -> Option<String> {
    let status = match exit {
        ProcessExit::Status(status) => status,
        ProcessExit::Signal(SIGPIPE) => BROKEN_PIPE,
        ProcessExit::Signal(_) => return None,
    };
    let has = |program| names(options, program);
    if has("curl")
        && let Some(meaning) = curl(status)
    {
        return Some(format!("curl ({status}): {meaning} (curl -s hides this)"));
    }
    let hidden = if has("curl") { " (or curl failed; curl -s hides that)" } else { "" };
    Some(match status {
        1 if has("grep") || has("egrep") || has("fgrep") => {
            format!("grep found nothing{hidden}; add \"|| true\" if that means no value")
        }
        2 if has("ls") && has("git") => "git ls-remote --exit-code found no such reference".to_owned(),
        4 if has("jq") && !has("wget") => "jq -e had no output".to_owned(),
        4 if has("wget") => "wget (4): the network failed (wget -q hides this)".to_owned(),
        8 if has("wget") => "wget (8): the server answered with an error (wget -q hides this)".to_owned(),
        124 if has("timeout") => "timeout ended a program that took too long".to_owned(),
        126 => "a program cannot be executed".to_owned(),
        127 => "a program was not found".to_owned(),
        BROKEN_PIPE => "a part of a pipeline was cut off, as the next part had read enough; \
                        with pipefail=\"false\" only the last part counts"
            .to_owned(),
        _ => return None,
    })
}

/// The statuses of curl that say something about the network or the server.
fn curl(status: i32) -> Option<&'static str> {
    Some(match status {
        3 => "the URL is malformed",
        5 => "could not resolve the proxy",
        6 => "could not resolve the host",
        7 => "could not connect",
        16 | 92 => "HTTP/2 failed",
        18 => "the answer was cut off",
        22 => "the server answered with an error",
        28 => "it timed out",
        35 => "the TLS connection failed",
        47 => "too many redirects",
        52 => "the server sent nothing",
        55 => "the connection broke while sending",
        56 => "the connection broke while receiving",
        60 => "the certificate of the server cannot be verified",
        77 => "the file of CA certificates cannot be read",
        97 => "the proxy failed",
        _ => return None,
    })
}

/// Whether a text has the word.
fn names(text: &[u8], word: &str) -> bool {
    text.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').any(|found| found == word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules() {
        let failed = |words: &str| ExitMeaning::Failed { explanation: (!words.is_empty()).then(|| words.to_owned()) };
        let meter = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r100    12  100    12    0     0     97      0 --:--:-- --:--:-- --:--:--    97\n";
        let rows: &[(i32, &str, &str, &str, ExitMeaning)] = &[
            (0, "549\n", "", "echo 549", ExitMeaning::Output),
            (0, "549\n", "warning: x\n", "x", ExitMeaning::Output),
            (0, "", "", ":", ExitMeaning::Output),
            (0, "null\n", "", "jq .x", ExitMeaning::Output),
            (0, "", "fatal: unable to access\n", "git ls-remote x | cut -f 1", ExitMeaning::OnlyStderr),
            (0, "", meter, "curl x | jq .y", ExitMeaning::Output),
            (
                0,
                "",
                "* Host x was resolved.\n> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n{ [12 bytes data]\n",
                "curl -v x",
                ExitMeaning::Output,
            ),
            (0, "", "bash: warning: setlocale: LC_ALL: cannot change locale (xx)\n", ":", ExitMeaning::Output),
            (
                0,
                "",
                "perl: warning: Setting locale failed.\nperl: warning: Please check that your locale settings:\n\tLC_ALL = \"xx\",\n\tLANG = (unset)\n    are supported and installed on your system.\n",
                "perl x",
                ExitMeaning::Output,
            ),
            (0, "", "from the options\n\0\x01", "echo from the options", ExitMeaning::Output),
            (0, "", "a\n\0\x01\0\x02cleaned up\n", "trap 'echo cleaned up >&2' EXIT", ExitMeaning::Output),
            (0, "", "a\n\0\x01gone\n\0\x02cleaned up\n", "x", ExitMeaning::OnlyStderr),
            (0, "", "gone\n\0\x02cleaned up\n", "x", ExitMeaning::OnlyStderr),
            (0, "null\n", "gone\n", "x", ExitMeaning::OnlyStderr),
            (0, "two\nlines\n", "", "x", ExitMeaning::Output),
            (128, "", "fatal: unable to access\n", "git ls-remote x | cut -f 1", failed("")),
            (141, "549\n", "", "git ls-remote x | head -1", ExitMeaning::Output),
            (141, "", "fatal: x\n", "git ls-remote x | head -1", failed("")),
            (
                141,
                "",
                "",
                "seq 99999 | grep -q 1 && echo 1",
                failed(
                    "a part of a pipeline was cut off, as the next part had read enough; with pipefail=\"false\" only the last part counts",
                ),
            ),
            (23, "549\n", "", "curl -s x | head -1", ExitMeaning::Output),
            (23, "549\n", "", "exit 23", failed("")),
            (23, "549\n", "curl: (23) Failed writing body\n", "curl x | head -1", ExitMeaning::Output),
            (1, "549\n", "BrokenPipeError: [Errno 32] Broken pipe\n", "python3 x | head -1", ExitMeaning::Output),
            (1, "", "BrokenPipeError: [Errno 32] Broken pipe\n", "python3 x | head -1", failed("")),
            (1, "549\n", "wrong\n", "x", failed("")),
            (6, "", "", "curl -s x | jq .y", failed("curl (6): could not resolve the host (curl -s hides this)")),
            (
                22,
                "549\n",
                "",
                "curl -sf x",
                failed("curl (22): the server answered with an error (curl -s hides this)"),
            ),
            (1, "", "", "cat x | grep y", failed("grep found nothing; add \"|| true\" if that means no value")),
            (
                1,
                "",
                "",
                "curl -s x | grep y",
                failed(
                    "grep found nothing (or curl failed; curl -s hides that); add \"|| true\" if that means no value",
                ),
            ),
            (28, "", meter, "curl -m 1 x | jq .y", failed("curl (28): it timed out (curl -s hides this)")),
            (28, "", "curl: (28) Operation timed out\n", "curl -m 1 x | jq .y", failed("")),
            (28, "", "", "exit 28", failed("")),
            (8, "", "", "wget -qO- x", failed("wget (8): the server answered with an error (wget -q hides this)")),
            (
                2,
                "",
                "",
                "git ls-remote --exit-code x y | cut -f1",
                failed("git ls-remote --exit-code found no such reference"),
            ),
            (4, "", "", "curl -s x | jq -e .y", failed("jq -e had no output")),
            (127, "", "", "x", failed("a program was not found")),
            (124, "549\n", "", "timeout 5 x", failed("timeout ended a program that took too long")),
            (1, "549\n", "x: write error: Broken pipe\n", "x | head -1", ExitMeaning::Output),
            (1, "549\n", "Broken pipe\nand more\n", "x | head -1", failed("")),
            (3, "", "", "exit 3", failed("")),
        ];
        for (status, stdout, stderr, options, expected) in rows {
            let ran = Ran {
                exit: ProcessExit::Status(*status),
                stdout: stdout.as_bytes(),
                stderr: stderr.as_bytes(),
                options: options.as_bytes(),
            };
            assert_eq!(judge(&ran), *expected, "{status} {stdout:?} {stderr:?} {options}");
        }
    }
}
