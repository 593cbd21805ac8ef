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
