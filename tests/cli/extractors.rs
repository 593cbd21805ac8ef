//! Extractors that do what they should not: each ends in one clear outcome, none harms the others, nothing is left of them.

use std::time::{Duration, Instant};

use predicates::prelude::*;

use crate::support::{Sandbox, processes};

/// Longer than any test runs: a process that sleeps that long has to be ended.
const SLEEP: &str = "sleep 1000";

/// The time limit of each extractor.
const LIMIT: Duration = Duration::from_secs(3);

/// What a poll may need beyond the limit: two seconds between asking and killing, and a busy machine.
const A_FEW_SECONDS: Duration = Duration::from_secs(9);

const GOOD: usize = 20;

/// What has to come of an extractor.
enum Comes {
    /// This value is recorded.
    Value(&'static str),
    /// Nothing to report.
    Nothing,
    /// It fails, and the error has this in it.
    Failure(&'static str),
}

use Comes::{Failure, Nothing, Value};

const HOSTILE: [(&str, &str, Comes); 27] = [
    ("ansi", r"printf '\033[31m7\033[0m\n'", Failure("control character U+001B")),
    ("background", "SLEEP & echo 7", Value("7")),
    ("background-silent", "(SLEEP >/dev/null 2>&1 &) ; echo 7", Value("7")),
    ("background-stubborn", "(trap '' TERM HUP INT; SLEEP; SLEEP) & echo 7", Value("7")),
    ("binary", r"printf '\377\376\001\002'", Failure("not UTF-8")),
    ("endless", "yes", Failure("more than 64 KiB")),
    ("endless-errors", "yes >&2", Failure("did not end within 3s")),
    ("exit-code", "echo 7; echo 'no way' >&2; exit 9", Failure("exit status 9: no way")),
    ("exits-badly-in-a-pipe", "set -o pipefail; false | echo 7", Failure("exit status 1")),
    ("ignores-term", "trap '' TERM; SLEEP & wait; SLEEP", Failure("did not end within 3s")),
    ("kills-its-group", "kill -KILL 0; SLEEP", Failure("signal 9 (KILL)")),
    ("kills-itself", "kill -KILL $$; SLEEP", Failure("signal 9 (KILL)")),
    ("megabytes", r"head -c 10000000 /dev/zero | tr '\0' x", Failure("more than 64 KiB")),
    ("megabytes-of-lines", "seq 2000000", Failure("more than 64 KiB")),
    ("no-newline", "printf 7", Value("7")),
    ("no-output", "true", Nothing),
    ("no-such-program", "no-such-program-anywhere", Failure("exit status 127")),
    ("nul", r"printf 'a\0b'", Failure("control character U+0000")),
    ("null", "echo null", Nothing),
    ("reads-stdin", "cat; echo 7", Value("7")),
    ("skip-word", "echo '7 [skip ci]'", Failure("[skip ci]")),
    ("sleeps", SLEEP, Failure("did not end within 3s")),
    ("stops-itself", "kill -STOP $$; echo 7", Failure("did not end within 3s")),
    ("terminates-its-group", "kill -TERM 0; SLEEP", Failure("signal 15 (TERM)")),
    ("too-long", r"head -c 2000 /dev/zero | tr '\0' x", Failure("2000 bytes")),
    ("two-lines", "echo 7; echo 8", Failure("2 lines")),
    ("writes-below-itself", "mkdir -p a/b && chmod 0 a && echo 7", Value("7")),
];

#[test]
fn hostile_extractors_harm_no_other_resource() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        for (name, extractor, _) in HOSTILE {
            history.resource(name, "Bad", &extractor.replace("SLEEP", SLEEP)).state("Bad (6)");
        }
        for number in 0..GOOD {
            history.resource(&format!("good-{number:02}"), "Good", &format!("echo {number}")).state("Good (old)");
        }
    });
    let limit = format!("{}s", LIMIT.as_secs());
    let start = Instant::now();
    let run = clone.run(["poll", "--timeout", &limit, "--format", "json"]);
    let took = start.elapsed();
    processes::assert_none_left(&sandbox);
    sandbox.assert_no_litter();
    let run = run.exit(1).stderr(predicate::str::is_empty());
    assert!(took < LIMIT + A_FEW_SECONDS, "{took:?}");
    let poll = run.poll();
    for (name, _, comes) in HOSTILE {
        let resource = poll.resource(name);
        match comes {
            Value(value) => {
                assert_eq!(resource.change(), ("changed", Some("6"), Some(value)), "{name}");
                assert_eq!(remote.subjects(name)[..2], [format!("Bad ({value})"), "Bad (6)".to_owned()], "{name}");
            }
            Nothing => assert_eq!(resource.change(), ("no-value", Some("6"), None), "{name}"),
            Failure(reason) => {
                assert!(resource.failure().contains(reason), "{name}: {resource:?}");
                assert_eq!((resource.old.as_deref(), resource.new.as_deref()), (Some("6"), None), "{name}");
            }
        }
        if !matches!(comes, Value(_)) {
            assert_eq!(remote.subjects(name)[0], "Bad (6)", "{name}");
        }
        assert!(Duration::from_millis(resource.duration_ms) < LIMIT + A_FEW_SECONDS, "{resource:?}");
    }
    for number in 0..GOOD {
        let name = format!("good-{number:02}");
        assert_eq!(poll.resource(&name).change(), ("changed", Some("old"), Some(number.to_string().as_str())));
        assert_eq!(remote.subjects(&name)[0], format!("Good ({number})"));
    }
    assert_eq!(poll.resources.len(), HOSTILE.len() + GOOD);
}

#[test]
fn the_limit_in_the_options_is_for_one_resource_alone() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        let options = format!("message=Slow\npattern_extractor='{SLEEP}'\ntimeout=1\n");
        history.branch("slow").options(options);
        history.resource("good", "Good", "echo 1");
    });
    let poll = clone.run(["poll", "--format", "json"]).exit(1).poll();
    assert!(poll.resource("slow").failure().contains("within 1s"));
    assert_eq!(poll.resource("good").change(), ("first", None, Some("1")));
    processes::assert_none_left(&sandbox);
}
