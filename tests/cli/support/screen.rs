//! What a person sees of a run, as one text that a test compares whole, by an inline snapshot.
//!
//! Paths of the sandbox, ids of commits and times that pass while a test runs differ from run to run, so they are replaced.

use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Full and shortened ids.
static ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{12}|[0-9a-f]{7})\b").unwrap());

/// How long something stands by now.
static STANDS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"stands for \d+[ydhms](?: \d+[dhms])?").unwrap());

/// Both streams, and the exit code if it is not 0. `root` is the folder of the sandbox.
pub(super) fn screen(output: &Output, root: &Path) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a screen is UTF-8");
    let mut screen = text(&output.stdout);
    if !output.stderr.is_empty() {
        screen += "--- stderr\n";
        screen += &text(&output.stderr);
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => screen += &format!("[exit {code}]\n"),
        None => screen += &format!("[{}]\n", output.status),
    }
    filtered(&screen, root)
}

fn filtered(screen: &str, root: &Path) -> String {
    // The real path, too: the folder of temporary files may be a link.
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let mut text = screen.to_owned();
    for root in [real.as_path(), root] {
        let root = root.to_str().expect("tests use UTF-8").trim_end_matches('/');
        text = text.replace(root, "$SANDBOX");
    }
    let text = ID.replace_all(&text, |found: &Captures<'_>| {
        let id = &found[0];
        // Seven digits or seven letters may well be something else.
        let is_mixed = id.contains(|c: char| c.is_ascii_digit()) && id.contains(|c: char| c.is_ascii_alphabetic());
        if id.len() > 7 || is_mixed { "<commit>".to_owned() } else { id.to_owned() }
    });
    STANDS.replace_all(&text, "stands for <time>").into_owned()
}

#[test]
fn what_differs_from_run_to_run_is_replaced() {
    let root = Path::new("/tmp/spread-cron-test-x");
    for (text, shown) in [
        ("in /tmp/spread-cron-test-x/clone", "in $SANDBOX/clone"),
        ("5  0123456789ab  x", "5  <commit>  x"),
        ("abc1234 1234567 deadbeef", "<commit> 1234567 deadbeef"),
        (&"a1".repeat(20), "<commit>"),
        ("stands for 1y 35d", "stands for <time>"),
        ("stood for 2d", "stood for 2d"),
    ] {
        assert_eq!(filtered(text, root), shown);
    }
}
