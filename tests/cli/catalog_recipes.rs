//! Recipes with parameters of the user's own, recipes of the user's own, and what stands between a recipe and a service.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::support::{Fault, Host, Sandbox, Services, are_installed, quoted};

#[test]
fn any_snap_can_be_watched() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (remote, clone) = sandbox.project(|_| {});
    let snaps = [("core22-edge", "core22", "edge", "arm64"), ("lxd-lts", "lxd", "5.21/stable", "amd64")];
    for (number, (name, snap, channel, arch)) in snaps.into_iter().enumerate() {
        services.publish(snap, channel, arch, 100 + number as u64);
        services.publish(snap, "beta", arch, 1);
        let parameters = [format!("snap={snap}"), format!("channel={channel}"), format!("arch={arch}")];
        let add = ["add", name, "--recipe", "snap-revision"].map(str::to_owned).into_iter().chain(parameters);
        clone.run(add).report(contains(name));
    }
    services.cmd(&clone, ["poll"]).run().report(contains("2 first"));
    assert_eq!(remote.subjects("core22-edge")[0], "New arm64 core22 snap in edge channel (100)");
    assert_eq!(remote.subjects("lxd-lts")[0], "New amd64 lxd snap in 5.21/stable channel (101)");
}

#[test]
fn a_recipe_of_the_users_own() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    let world = sandbox.world();
    world.set("toolchain", "go1.27\n");
    fs::create_dir_all(sandbox.path("catalog/recipes")).unwrap();
    fs::create_dir_all(sandbox.path("catalog/entries/tools/custom")).unwrap();
    let recipe = format!(
        "# The newest version of a tool\n#\n# Source: {{a file of the team}}\n#\n# tool: its name\n#   matches [a-z]+\n\
         message='New version of {{tool}}'\nvalue_pattern='[a-z]+[0-9.]+'\n\ntool=\"\"\n\n\
         pattern_extractor='cat {}/\"$tool\"'\n",
        quoted(sandbox.path("world"))
    );
    fs::write(sandbox.path("catalog/recipes/tool-version"), recipe).unwrap();
    fs::write(sandbox.path("catalog/entries/tools/options"), "# Our tools\nrecipe=tool-version\ntool=toolchain\n")
        .unwrap();
    fs::write(sandbox.path("catalog/entries/tools/custom/env.sh"), "export TOOLS=1\n").unwrap();
    sandbox.config("spread-cron.catalog", sandbox.path("catalog").to_str().unwrap());
    clone.run(["add", "--from", "tools"]).report(contains("tools"));
    clone.run(["add", "again", "--recipe", "tool-version", "tool=toolchain"]).report(contains("again"));
    clone.run(["poll"]).report(contains("2 first"));
    assert_eq!(remote.subjects("tools")[0], "New version of toolchain (go1.27)");
    assert_eq!(remote.git(["show", "tools:custom/env.sh"]), "export TOOLS=1");
    world.set("toolchain", "<!DOCTYPE html>\n");
    clone.run(["poll"]).exit(1).report(contains("does not match value_pattern"));
    world.set("toolchain", "go1.28\n");
    clone.run(["poll", "again"]).report(contains("go1.27 → go1.28"));
    assert_eq!(
        remote.subjects("again")[..2],
        ["New version of toolchain (go1.28)", "New version of toolchain (go1.27)"]
    );
}

#[test]
fn hostile_parameters_execute_nothing() {
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
        format!("x\");system(\"{touch}\")"),
        format!("|{touch}"),
        format!("--upload-pack={touch}"),
        format!("ext::sh%20-c%20{touch}"),
        format!("-o{}", planted.display()),
        format!("-K{}", planted.display()),
    ];
    let (url, store) = (services.url(Host::Dashboard), "snap-revision");
    let mut tried = 0;
    for (number, word) in words.iter().enumerate() {
        let recipes = [
            vec![store.to_owned(), format!("snap={word}"), "channel=edge".to_owned()],
            vec![store.to_owned(), "snap=core".to_owned(), format!("channel={word}")],
            vec![store.to_owned(), "snap=core".to_owned(), "channel=edge".to_owned(), format!("arch={word}")],
            vec!["http-header".to_owned(), format!("url={word}")],
            vec!["http-header".to_owned(), format!("url={url}/{word}")],
            vec!["http-header".to_owned(), format!("url={url}/x"), format!("header={word}")],
            vec!["deb-version".to_owned(), format!("package={word}"), "series=noble".to_owned()],
            vec!["deb-version".to_owned(), "package=snapd".to_owned(), format!("series={word}")],
            vec!["github-green-run".to_owned(), format!("repository={word}"), "workflow=a.yaml".to_owned()],
            vec!["github-green-run".to_owned(), "repository=o/r".to_owned(), format!("workflow={word}.yaml")],
            vec![
                "github-green-run".to_owned(),
                "repository=o/r".to_owned(),
                "workflow=a.yaml".to_owned(),
                format!("branch={word}"),
            ],
            vec!["git-ref".to_owned(), format!("url={word}")],
            vec!["git-ref".to_owned(), format!("url={}", remote.path().display()), format!("ref={word}")],
            vec!["daily".to_owned(), format!("after={word}")],
            vec!["weekly".to_owned(), format!("day={word}")],
            vec!["after".to_owned(), format!("resource={word}")],
        ];
        for (place, recipe) in recipes.iter().enumerate() {
            let name = format!("h-{number}-{place}");
            let added = clone.run([&["add".to_owned(), name, "--recipe".to_owned()], &recipe[..]].concat());
            // Most are refused at once.
            tried += usize::from(added.anything().code() == Some(0));
        }
    }
    assert!(tried >= 10, "only {tried} came as far as a poll");
    let poll = services.cmd(&clone, ["poll", "--format", "json", "--jobs", "64"]).run().exit(1).poll();
    assert!(poll.resources.iter().all(|resource| resource.commit.is_none()), "{poll:#?}");
    assert_eq!(poll.resources.len(), tried);
    assert!(!planted.exists());
}

#[test]
fn a_request_that_fails_says_what_was_asked_and_no_secret() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    let (_remote, clone) = sandbox.project(|_| {});
    let (store, dashboard) = (services.url(Host::Store), services.url(Host::Dashboard));
    let (launchpad, github) = (services.url(Host::Launchpad), services.url(Host::GitHub));
    let page = |name: &str, url: &str| (name.to_owned(), vec!["http-header".to_owned(), format!("url={url}")]);
    let of = |name: &str, recipe: &[&str]| (name.to_owned(), recipe.iter().map(|&word| word.to_owned()).collect());
    let with_user = |url: &str, user: &str| url.replacen("://", &format!("://{user}@"), 1);
    let mut gone = Vec::new();
    let resources = [
        of("snap", &["snap-revision", "snap=corr22", "channel=edge"]),
        of("deb", &["deb-version", "package=snapdd", "series=gone"]),
        of("run", &["github-green-run", "repository=o/gone", "workflow=build.yaml"]),
        page("page", &format!("{dashboard}/gone")),
        page("query", &format!("{dashboard}/gone?token=S3cret")),
    ];
    // What a variable brings is known when it is too late to refuse it.
    for (name, user) in [("user", "joe:S3cret"), ("broken", "joe:S3cret/pass")] {
        let variable = format!("GONE_{}", name.to_uppercase());
        let folder = sandbox.path("catalog/entries").join(name);
        fs::create_dir_all(&folder).unwrap();
        let options = format!("# A page\nrecipe=http-header\nmessage={name}\nurl=\"${{{variable}:-x}}/gone\"\n");
        fs::write(folder.join("options"), options).unwrap();
        sandbox.config("spread-cron.passEnv", &variable);
        clone
            .run(["add", "--catalog", sandbox.path("catalog").to_str().unwrap(), "--from", name])
            .report(contains(name));
        gone.push((variable, with_user(&dashboard, user)));
    }
    for (name, recipe) in &resources {
        let add = ["add", name, "--message", name, "--recipe"].map(str::to_owned);
        clone.run([&add[..], recipe].concat()).report(contains(name.as_str()));
    }
    services.fault(Host::Launchpad, "snapdd", Fault::NotFound);
    for user in ["", "joe:S3cret", "joe:S3cret@word", "joe:S3cret/word"] {
        let cmd = services.cmd(&clone, ["poll", "--format", "json"]);
        let cmd = gone.iter().fold(cmd, |cmd, (name, url)| cmd.env(name, url));
        let url = |url: &str| if user.is_empty() { url.to_owned() } else { with_user(url, user) };
        let cmd = cmd.env("SNAP_STORE_API", url(&store)).env("LAUNCHPAD_API", url(&launchpad));
        let poll = cmd.env("GITHUB_API_URL", url(&github)).run().exit(1).poll();
        let told = |url: &str| if user.is_empty() { url.to_owned() } else { url.replacen("http://", "", 1) };
        for (name, asked) in [
            ("snap", format!("{} was asked for the snap corr22", told(&store))),
            ("deb", format!("{} was asked for the deb snapdd in gone", told(&launchpad))),
            ("run", format!("{} was asked for runs of build.yaml in o/gone", told(&github))),
            ("page", format!(" 404 | {dashboard}/gone was asked for its headers")),
            ("user", " 404".to_owned()),
            ("query", " 404".to_owned()),
            ("broken", String::new()),
        ] {
            let error = poll.resource(name).failure();
            assert!(error.ends_with(&asked), "{name}: {error}");
            assert!(!error.contains("S3cret") && !error.contains("joe"), "{name}: {error}");
        }
    }
}

#[test]
fn a_proxy_is_asked_like_any_program_asks_it() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    services.publish("core", "edge", "amd64", 17300);
    let (remote, clone) = sandbox.project(|_| {});
    clone.run(["add", "b", "--recipe", "snap-revision", "snap=core", "channel=edge"]).report(contains("b"));
    let poll = services.cmd(&clone, ["poll"]).env("SNAP_STORE_API", "http://store.invalid/store");
    poll.env("http_proxy", services.proxy()).run().report(contains("1 first"));
    assert_eq!(remote.subjects("b")[0], "New amd64 core snap in edge channel (17300)");
}

#[test]
fn a_token_is_shown_to_github_and_to_nobody_else() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    services.succeed("o/r", "build.yaml", "main", Some(4711));
    services.require_token("ghs_S3cret");
    let (remote, clone) = sandbox.project(|_| {});
    let path = std::env::var_os("PATH").unwrap();
    let curl = std::env::split_paths(&path).map(|folder| folder.join("curl")).find(|curl| curl.is_file()).unwrap();
    let (curl, log) = (quoted(curl), quoted(sandbox.path("curls")));
    sandbox.program("curl", &format!("#!/bin/sh\nprintf '%s ' \"$@\" >> {log}\nexec {curl} \"$@\"\n"));
    let recipe = ["github-green-run", "repository=o/r", "workflow=build.yaml"];
    clone.run([&["add", "b", "--recipe"], &recipe[..]].concat()).report(contains("b"));
    services.cmd(&clone, ["poll"]).run().exit(1).report(contains("401"));
    services.cmd(&clone, ["poll"]).env("GITHUB_TOKEN", "ghs_wrong").run().exit(1).report(contains("401"));
    let run = services.cmd(&clone, ["poll", "-v"]).env("GITHUB_TOKEN", "ghs_S3cret").run().report(contains("1 first"));
    assert!(!format!("{run}").contains("ghs_"), "{run}");
    assert_eq!(remote.subjects("b")[0], "New green run of build.yaml in o/r on main (4711)");
    let curls = fs::read_to_string(sandbox.path("curls")).unwrap();
    assert!(curls.contains("/repos/o/r/") && !curls.contains("ghs_"), "{curls}");
}

#[test]
fn a_repository_that_an_empty_folder_cannot_reach_is_refused() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    let before = remote.refs();
    let unreachable =
        ["../x", "./x", "x", "x/y", "~/x", ".", "x:", "ext::sh -c id", "ext::id", "-oX:y", "host: x", "@x:y"];
    let secret = [
        "https://me:hush@h/x",
        "https://hush@h/x",
        "https://:hush@h",
        "http://me:hush@h?x",
        "git://me:hush@h/x",
        "ssh://git:hush@h/x",
        "git+ssh://git:hush@h/x",
    ];
    for url in unreachable.into_iter().chain(secret) {
        let url = format!("url={url}");
        clone.run(["add", "b", "--recipe", "git-ref", &url]).exit(2).stderr(contains("does not match"));
    }
    assert_eq!(remote.refs(), before);
    for url in [
        "/x/y",
        "https://h/x",
        "file:///x",
        "git+ssh://u@h/x",
        "git@h:o/r.git",
        "h:~/x",
        "ssh://[::1]/x",
        "ssh://git@h:22/x",
        "https://h:8/x@y",
        "h:/x",
    ] {
        let url = format!("url={url}");
        let run = clone.run(["add", "b", "--dry-run", "--recipe", "git-ref", &url]).anything();
        assert_eq!(run.code(), Some(0), "{run}");
    }
}

#[test]
fn a_page_with_a_password_is_refused() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|_| {});
    let before = remote.refs();
    for url in ["https://me:hush@h/x", "https://hush@h", "http://me:hush@h?x", "https://", "http://h\\@x/", "ftp://h/x"]
    {
        let url = format!("url={url}");
        clone.run(["add", "b", "--recipe", "http-header", &url]).exit(2).stderr(contains("does not match"));
    }
    assert_eq!(remote.refs(), before);
    for url in ["https://h", "http://h:8/x@y", "https://[::1]?q=a@b", "https://h/x?y#z"] {
        let url = format!("url={url}");
        let run = clone.run(["add", "b", "--dry-run", "--recipe", "http-header", &url]).anything();
        assert_eq!(run.code(), Some(0), "{run}");
    }
}

#[test]
fn a_configuration_of_curl_is_not_read() {
    if !are_installed(&["curl", "jq"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let services = Services::start(&sandbox);
    // Whoever reads it tells more than is asked for, and reaches nobody.
    fs::write(sandbox.path("home/.curlrc"), "verbose\nproxy = http://127.0.0.1:1\n").unwrap();
    sandbox.config("spread-cron.passEnv", "CURL_HOME");
    let (_remote, clone) = sandbox.project(|_| {});
    services.publish("core", "edge", "amd64", 17300);
    services.deploy(Host::Dashboard, "/x", "X-VCS-Revision", "1.2");
    services.upload("snapd", "noble", "Proposed", "2.68");
    services.succeed("o/r", "build.yaml", "main", Some(4711));
    services.require_token("ghs_S3cret");
    let url = format!("url={}/x", services.url(Host::Dashboard));
    for recipe in [
        &["snap-revision", "snap=core", "channel=edge"][..],
        &["http-header", &url],
        &["deb-version", "package=snapd", "series=noble"],
        &["github-green-run", "repository=o/r", "workflow=build.yaml"],
    ] {
        clone.run([&["add", recipe[0], "--recipe"], recipe].concat()).report(contains(recipe[0]));
    }
    let poll = |token: &str| {
        let cmd = services.cmd(&clone, ["poll", "-v"]).env("CURL_HOME", sandbox.path("home"));
        cmd.env("GITHUB_TOKEN", token).run()
    };
    let run = poll("ghs_wrong").exit(1).report(contains("3 first").and(contains("401")));
    assert!(!format!("{run}").contains("ghs_"), "{run}");
    poll("ghs_S3cret").report(contains("1 first"));
}

#[test]
fn a_ref_of_any_repository_can_be_watched() {
    let sandbox = Sandbox::new();
    let watched = sandbox.bare("watched");
    watched.build(|history| {
        history.branch("main").file("a", "1").commit("One");
        history.branch("release/1").file("a", "2").commit("Two");
        history.branch("x/main").file("a", "3").commit("Three");
    });
    watched.git(["-c", "user.name=A", "-c", "user.email=a@b", "tag", "-a", "-m", "One", "v1", "main"]);
    let (remote, clone) = sandbox.project(|_| {});
    let url = format!("url={}", watched.url());
    let refs = [("head", ""), ("branch", "main"), ("release", "release/1"), ("tag", "refs/tags/v1"), ("gone", "v1")];
    for (name, of) in refs {
        let of = if of.is_empty() { Vec::new() } else { vec![format!("ref={of}")] };
        let add = ["add", name, "--recipe", "git-ref", &url].map(str::to_owned).into_iter().chain(of);
        clone.run(add).report(contains(name));
    }
    let value = |name: &str| {
        let subject = remote.subjects(name)[0].clone();
        subject.rsplit_once(" (").map(|(_, value)| value.trim_end_matches(')').to_owned()).unwrap_or(subject)
    };
    let poll = clone.run(["poll", "--format", "json"]).exit(1).poll();
    assert!(poll.resource("gone").failure().contains("has no refs/heads/v1"), "{poll:#?}");
    let one = watched.tip("main");
    assert_eq!(
        ["head", "branch", "tag", "release"].map(value),
        [one.clone(), one.clone(), one, watched.tip("release/1")]
    );
    watched.build(|history| {
        history.existing("main").file("a", "4").commit("Four");
    });
    let poll = clone.run(["poll", "--format", "json"]).exit(1).poll();
    let changed = poll.outcomes().into_iter().filter(|(_, outcome)| *outcome == "changed").collect::<Vec<_>>();
    assert_eq!(changed, [("branch", "changed"), ("head", "changed")]);
    assert_eq!(value("branch"), watched.tip("main"));
}
