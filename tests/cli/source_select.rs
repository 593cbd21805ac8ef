//! `select`: filters in the language of jq, in a child that cannot hurt.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::source::{Pages, project};
use crate::support::Sandbox;

const ANSWER: &str = r#"{"info":{"version":"2.32.5","n":17},"tags":["v1.9","v1.10","v1.10-rc1"],"none":null,
"releases":[{"name":"a","draft":true},{"name":"b","draft":false}]}"#;

fn options(url: &str, filter: &str, more: &str) -> String {
    format!("source=http\nurl={url}\nselect='{filter}'\nmessage='New {{url}}'\n{more}\n")
}

#[test]
fn filters_take_values_of_answers() {
    let sandbox = Sandbox::new();
    let pages = Pages::default();
    let server = pages.start();
    sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
    sandbox.config("spread-cron.allowPath", sandbox.path("allowed").to_str().unwrap());
    fs::create_dir_all(sandbox.path("allowed")).unwrap();
    fs::write(sandbox.path("allowed/state.json"), r#"{"serial": 20261128}"#).unwrap();
    pages.text("/a", ANSWER);
    let url = format!("{}/a", server.url());
    let cases = [
        ("version", options(&url, ".info.version", ""), Some("2.32.5")),
        ("number", options(&url, ".info.n", ""), Some("17")),
        ("release", options(&url, "[.releases[] | select(.draft | not) | .name][0]", ""), Some("b")),
        ("highest", options(&url, ".tags", "order=version\nexclude=rc"), Some("v1.10")),
        ("first", options(&url, ".tags", "order=first"), Some("v1.9")),
        ("null", options(&url, ".none", ""), None),
        ("nothing", options(&url, "empty", ""), None),
        ("left-out", options(&url, ".tags", "include=^w"), None),
        (
            "file",
            format!(
                "source=file\npath={}\nselect=.serial\nmessage=Image\n",
                sandbox.path("allowed/state.json").display()
            ),
            Some("20261128"),
        ),
    ];
    let resources: Vec<(&str, String)> = cases.iter().map(|(name, options, _)| (*name, options.clone())).collect();
    let (remote, clone) = project(&sandbox, &resources);
    clone.run(["lint"]).report(predicate::always());
    let poll = clone.run(["poll", "--format", "json"]).poll();
    for (name, _, expected) in &cases {
        assert_eq!(poll.resource(name).new.as_deref(), *expected, "{name}: {:?}", poll.resource(name));
        let outcome = if expected.is_some() { "first" } else { "no-value" };
        assert_eq!(poll.resource(name).outcome, outcome, "{name}");
    }
    assert_eq!(pages.take_asked().len(), 1, "one answer for all");
    let before = remote.refs();
    clone.run(["poll"]).report(contains("unchanged"));
    assert_eq!(remote.refs(), before);
    sandbox.assert_no_litter();
}

#[test]
fn filters_that_misbehave_fail_their_resource_alone() {
    let sandbox = Sandbox::new();
    let pages = Pages::default();
    let server = pages.start();
    sandbox.config("spread-cron.allowPrivate", "127.0.0.1");
    pages.text("/a", ANSWER);
    pages.text("/deep", "[".repeat(100_000));
    pages.text("/page", "<html>");
    let (url, deep, page) =
        (format!("{}/a", server.url()), format!("{}/deep", server.url()), format!("{}/page", server.url()));
    let cases = [
        ("a-hang", options(&url, "def f: f; f", ""), "the filter ran longer than 2 s"),
        ("b-loop", options(&url, "[repeat(1)]", ""), "the filter "),
        ("c-memory", options(&url, "[range(1e9)]", ""), "the filter "),
        ("d-stack", options(&url, "def f: [f]; f", ""), "the filter "),
        ("e-deep", options(&deep, ".", ""), "brackets in it that are nested more than 256 deep"),
        ("f-page", options(&page, ".", ""), "the answer is not JSON: \"<html>\""),
        ("g-several", options(&url, ".tags[]", ""), "the filter gives several values"),
        ("h-list", options(&url, ".tags", ""), "there are 3 values, such as \"v1.9\" and \"v1.10-rc1\""),
        ("i-object", options(&url, ".info", ""), "the filter gives an object, which is no value"),
        ("j-syntax", options(&url, ".info[", ""), "the filter is not in the language of jq"),
        ("k-name", options(&url, ".info | nosuch", ""), "has a name that is not known: nosuch"),
        ("l-error", options(&url, "error(\"no such thing\")", ""), "the filter failed: \"no such thing\""),
        ("m-env", options(&url, "$ENV.HOME", ""), "$ENV is not there for filters"),
        ("n-import", options(&url, "import \"data\" as $a; $a", ""), "import is not there for filters"),
        ("o-string", options(&url, "\"\\(env)\"", ""), "env is not there for filters"),
        ("p-both", options(&url, ".info", "regex=x"), "regex and select exclude each other"),
    ];
    let mut resources: Vec<(String, String)> =
        cases.iter().map(|(name, options, _)| ((*name).to_owned(), options.clone())).collect();
    for number in 0..20 {
        resources.push((format!("good-{number}"), options(&url, &format!("\"{number}\" + .info.version"), "")));
    }
    let resources: Vec<(&str, String)> =
        resources.iter().map(|(name, options)| (name.as_str(), options.clone())).collect();
    let (remote, clone) = project(&sandbox, &resources);
    let poll = clone.cmd(["poll", "--format", "json"]).env("GITHUB_TOKEN", "ghs_S3cret").run().exit(1).poll();
    for (name, _, reason) in &cases {
        assert!(poll.resource(name).failure().contains(reason), "{name}: {}", poll.resource(name).failure());
    }
    for number in 0..20 {
        let name = format!("good-{number}");
        assert_eq!(poll.resource(&name).new.as_deref(), Some(&*format!("{number}2.32.5")), "{name}");
    }
    assert_eq!(remote.subjects("good-3")[0], format!("New {url} (32.32.5)"));
}
