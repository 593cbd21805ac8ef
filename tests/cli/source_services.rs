//! Declared sources against the services that they are for: any snap, any token, and texts that want to be executed.

use predicates::str::contains;

use crate::support::{Fault, Host, Sandbox, Services};

#[test]
fn any_snap_can_be_watched() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (remote, clone) = sandbox.project(|_| {});
    let snaps = [("core22-edge", "core22", "edge", "arm64"), ("lxd-lts", "lxd", "5.21/stable", "amd64")];
    for (number, (name, snap, channel, arch)) in snaps.into_iter().enumerate() {
        services.publish(snap, channel, arch, 100 + number as u64);
        services.publish(snap, "beta", arch, 1);
        let keys = [format!("snap={snap}"), format!("channel={channel}"), format!("arch={arch}")];
        let add = ["add", name, "--source", "snap"].map(str::to_owned).into_iter().chain(keys);
        clone.run(add).report(contains(name));
    }
    services.cmd(&clone, ["poll"]).run().report(contains("2 first"));
    assert_eq!(remote.subjects("core22-edge")[0], "New arm64 core22 snap in edge channel (100)");
    assert_eq!(remote.subjects("lxd-lts")[0], "New amd64 lxd snap in 5.21/stable channel (101)");
}

#[test]
fn hostile_keys_execute_nothing() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (remote, clone) = sandbox.project(|_| {});
    let planted = sandbox.path("executed");
    let touch = format!("touch${{IFS}}{}", planted.display());
    let words = [
        format!("$({touch})"),
        format!("`{touch}`"),
        format!("';{touch};'"),
        format!("\";{touch};\""),
        format!("\\\";{touch};#"),
        format!("|{touch}"),
        format!("--upload-pack={touch}"),
        format!("ext::sh%20-c%20{touch}"),
        format!("-o{}", planted.display()),
        "a\r\nX-Planted: 1".to_owned(),
    ];
    let url = services.url(Host::Dashboard);
    let mut tried = 0;
    for (number, word) in words.iter().enumerate() {
        let key = |name: &str| format!("{name}={word}");
        let fixed = |text: &str| text.to_owned();
        let sources = [
            vec![fixed("snap"), key("snap"), fixed("channel=edge")],
            vec![fixed("snap"), fixed("snap=core"), key("channel")],
            vec![fixed("snap"), fixed("snap=core"), fixed("channel=edge"), key("arch")],
            vec![fixed("header"), key("url")],
            vec![fixed("header"), format!("url={url}/{word}")],
            vec![fixed("header"), format!("url={url}/x"), key("names")],
            vec![fixed("http"), format!("url={url}/x"), key("header")],
            vec![fixed("http"), format!("url={url}/x"), key("regex")],
            vec![fixed("deb"), key("package"), fixed("series=noble")],
            vec![fixed("deb"), fixed("package=snapd"), key("series")],
            vec![fixed("github-release"), key("repository")],
            vec![fixed("github-run"), key("repository"), fixed("workflow=a.yaml")],
            vec![fixed("github-run"), fixed("repository=o/r"), format!("workflow={word}.yaml")],
            vec![fixed("github-run"), fixed("repository=o/r"), fixed("workflow=a.yaml"), key("branch")],
            vec![fixed("git"), key("url")],
            vec![fixed("git"), format!("url={}", remote.path().display()), key("ref")],
            vec![fixed("git"), format!("url={}", remote.path().display()), key("tags")],
            vec![fixed("file"), key("path")],
            vec![fixed("clock"), key("every")],
            vec![fixed("after"), key("resource")],
        ];
        for (place, source) in sources.iter().enumerate() {
            let name = format!("h-{number}-{place}");
            let add =
                [&["add".to_owned(), name, "-m".to_owned(), "New".to_owned(), "--source".to_owned()], &source[..]];
            // Most are refused at once.
            tried += usize::from(clone.run(add.concat()).anything().code() == Some(0));
        }
    }
    assert!(tried >= 20, "only {tried} came as far as a poll");
    let poll = services.cmd(&clone, ["poll", "--format", "json"]).run().exit(1).poll();
    assert!(poll.resources.iter().all(|resource| resource.commit.is_none()), "{poll:#?}");
    assert_eq!(poll.resources.len(), tried);
    assert!(!planted.exists());
}

#[test]
fn a_token_is_shown_to_github_and_to_no_other() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    services.succeed("o/r", "build.yaml", "main", Some(4711));
    services.require_token("ghs_S3cret");
    let (remote, clone) = sandbox.project(|_| {});
    let keys = ["repository=o/r", "workflow=build.yaml", "branch=main"];
    clone.run([&["add", "b", "--source", "github-run"], &keys[..]].concat()).report(contains("b"));
    services.cmd(&clone, ["poll"]).run().exit(1).report(contains("401"));
    services.cmd(&clone, ["poll"]).env("GITHUB_TOKEN", "ghs_wrong").run().exit(1).report(contains("401"));
    let run = services.cmd(&clone, ["poll", "-v"]).env("GITHUB_TOKEN", "ghs_S3cret").run().report(contains("1 first"));
    assert!(!format!("{run}").contains("ghs_"), "{run}");
    assert_eq!(remote.subjects("b")[0], "New green run of build.yaml in o/r on main (4711)");
}

#[test]
fn a_request_that_fails_says_what_was_asked() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (_remote, clone) = sandbox.project(|_| {});
    let dashboard = services.url(Host::Dashboard);
    let of = [
        ("snap", vec!["snap=corr22", "channel=edge"], "404"),
        ("deb", vec!["package=snapdd", "series=gone"], "404"),
        ("github-run", vec!["repository=o/gone", "workflow=build.yaml", "branch=main"], "404"),
    ];
    for (kind, keys, _) in &of {
        clone.run([&["add", kind, "-m", kind, "--source", kind], &keys[..]].concat()).report(contains(*kind));
    }
    let url = format!("url={dashboard}/gone?token=S3cret");
    clone.run(["add", "page", "-m", "page", "--source", "header", "names=X", &url]).report(contains("page"));
    services.fault(Host::Launchpad, "snapdd", Fault::NotFound);
    let poll = services.cmd(&clone, ["poll", "--format", "json"]).run().exit(1).poll();
    for (kind, _, status) in &of {
        assert!(poll.resource(kind).failure().contains(status), "{kind}: {}", poll.resource(kind).failure());
    }
    assert!(!poll.resource("page").failure().contains("S3cret"), "{}", poll.resource("page").failure());
}

/// A resource for each kind that lists releases or packages.
fn add(clone: &crate::support::Repo<'_>, name: &str, kind: &str, keys: &[&str]) {
    clone.run([&["add", name, "--source", kind], keys].concat()).report(contains(name));
}

#[test]
fn releases_on_github() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (remote, clone) = sandbox.project(|_| {});
    let releases =
        [("v2.10-rc1", true, false), ("v3-draft", false, true), ("v2.9.1", false, false), ("v2.10", false, false)];
    services.releases("o/r", &releases);
    services.releases("o/empty", &[]);
    add(&clone, "newest", "github-release", &["repository=o/r"]);
    add(&clone, "pre", "github-release", &["repository=o/r", "prereleases=yes"]);
    add(&clone, "highest", "github-release", &["repository=o/r", "order=version"]);
    add(&clone, "old", "github-release", &["repository=o/r", "include=^v2[.]9"]);
    add(&clone, "none", "github-release", &["repository=o/empty"]);
    add(&clone, "gone", "github-release", &["repository=o/gone"]);
    let poll = services.cmd(&clone, ["poll", "--format", "json"]).run().exit(1).poll();
    let new = |name: &str| poll.resource(name).new.clone();
    let values = ["newest", "pre", "highest", "old"].map(new);
    assert_eq!(values.map(Option::unwrap), ["v2.9.1", "v2.10-rc1", "v2.10", "v2.9.1"]);
    assert_eq!(poll.resource("none").outcome, "no-value");
    assert!(poll.resource("gone").failure().contains("404"));
    assert_eq!(remote.subjects("newest")[0], "New release of o/r (v2.9.1)");
    assert_eq!(services.take_requests().len(), 3, "one request for each repository");
    for (fault, reason) in [
        (Fault::Body("{}"), "the answer has no list of releases"),
        (Fault::Body(r#"[{"prerelease":false}]"#), "the answer has no tag_name"),
        (Fault::Body(r#"[{"tag_name":5}]"#), "the answer has no tag_name"),
        (Fault::Html, "not JSON"),
        (Fault::ServerError, "500"),
    ] {
        services.mend();
        services.fault(Host::GitHub, "", fault);
        let poll = services.cmd(&clone, ["poll", "newest", "--format", "json"]).run().exit(1).poll();
        assert!(poll.resource("newest").failure().contains(reason), "{fault:?}: {poll:#?}");
    }
}

#[test]
fn packages_of_registries() {
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (remote, clone) = sandbox.project(|_| {});
    services.package(Host::Pypi, "zope-interface", &[("7.0", "zope.interface"), ("7.1.1", "zope.interface")]);
    services.package(Host::Npm, "@types/node", &[("latest", "24.1.0"), ("ts5.8", "22.0.3")]);
    let versions = [("1.9.0", ""), ("1.10.2+x", ""), ("1.11.0", "yanked"), ("2.0.0-rc.1", ""), ("1.10.1", "")];
    services.package(Host::Crates, "Inflector", &versions);
    services.package(Host::Crates, "abc", &[("0.1.0-alpha", "")]);
    add(&clone, "python", "pypi", &["package=Zope.Interface"]);
    add(&clone, "node", "npm", &["package=@types/node"]);
    add(&clone, "old-node", "npm", &["package=@types/node", "tag=ts5.8"]);
    add(&clone, "no-tag", "npm", &["package=@types/node", "tag=next"]);
    add(&clone, "crate", "crates", &["package=Inflector"]);
    add(&clone, "early", "crates", &["package=abc"]);
    for kind in ["pypi", "npm", "crates"] {
        add(&clone, &format!("{kind}-gone"), kind, &["package=gone"]);
        add(&clone, &format!("{kind}-absent"), kind, &["package=gone", "absent=none"]);
        clone.run(["add", "wrong", "--source", kind, "package=../x"]).exit(2).stderr(contains("package is \"../x\""));
    }
    let poll = services.cmd(&clone, ["poll", "--format", "json"]).run().exit(1).poll();
    assert_eq!(remote.subjects("python")[0], "New Zope.Interface on PyPI (7.1.1)");
    assert_eq!(remote.subjects("node")[0], "New @types/node on npm (24.1.0)");
    assert_eq!(poll.resource("old-node").new.as_deref(), Some("22.0.3"));
    assert_eq!(poll.resource("no-tag").failure(), "the package has no tag next");
    assert_eq!(remote.subjects("crate")[0], "New Inflector on crates.io (1.10.2+x)");
    assert_eq!(poll.resource("early").outcome, "no-value");
    for kind in ["pypi", "npm", "crates"] {
        assert!(poll.resource(&format!("{kind}-gone")).failure().contains("404"), "{kind}");
        assert_eq!(poll.resource(&format!("{kind}-absent")).outcome, "no-value", "{kind}");
    }
    services.cmd(&clone, ["poll", "python", "node", "crate"]).run().report(contains("3 unchanged"));
    let faults = [
        ("python", Host::Pypi, Fault::Body(r#"{"info":{"name":"other","version":"1"}}"#), "about something else"),
        ("python", Host::Pypi, Fault::Body("{}"), "the answer has no info"),
        ("python", Host::Pypi, Fault::Body(r#"{"info":{"name":"zope.interface"}}"#), "the answer has no version"),
        ("node", Host::Npm, Fault::Body("[]"), "the answer has no tags"),
        ("node", Host::Npm, Fault::Body(r#"{"latest":null}"#), "the answer has no version"),
        ("node", Host::Npm, Fault::Body(r#"{"latest":"1 $(id)"}"#), "the answer has no version"),
        (
            "crate",
            Host::Crates,
            Fault::Body(r#"{"name":"other","vers":"1.0.0","yanked":false}"#),
            "about something else",
        ),
        ("crate", Host::Crates, Fault::Html, "not JSON"),
    ];
    for (name, host, fault, reason) in faults {
        services.mend();
        services.fault(host, "", fault);
        let poll = services.cmd(&clone, ["poll", name, "--format", "json"]).run().exit(1).poll();
        assert!(poll.resource(name).failure().contains(reason), "{name} {fault:?}: {poll:#?}");
    }
}
