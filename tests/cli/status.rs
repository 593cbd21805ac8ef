//! `status`: what history says, without executing anything.

use predicates::prelude::*;

use crate::support::Sandbox;

#[test]
fn it_shows_the_last_value_of_every_resource() {
    let sandbox = Sandbox::new();
    let (remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New snap", "echo 6").at(1_700_000_000).state("New snap (5)").commit("Tune");
        history.resource("new", "Newer", "echo 1");
    });
    insta::assert_snapshot!(clone.run(["status"]).screen(), @"
    edge  5       2023-11-14 22:13 +0000
    new   (none)  never recorded
    ");
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.version, 1);
    let edge = status.resource("edge");
    assert_eq!((&*edge.r#ref, &*edge.options), ("refs/remotes/origin/edge", "options"));
    assert_eq!((edge.message.as_deref(), edge.value.as_deref()), (Some("New snap"), Some("5")));
    assert_eq!(edge.commit.as_deref(), Some(&*remote.tip("edge~1")));
    assert_eq!(edge.recorded_at.as_deref(), Some("2023-11-14T22:13:20+00:00"));
    assert_eq!((edge.manual, edge.problem.as_deref()), (false, None));
    let new = status.resource("new");
    assert_eq!((new.value.as_deref(), new.commit.as_deref(), new.recorded_at.as_deref()), (None, None, None));
    assert_eq!(new.problem, None);
}

#[test]
fn the_time_is_that_of_the_committer_with_its_offset() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6");
    });
    clone
        .cmd(["poll"])
        .env("GIT_AUTHOR_DATE", "1500000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0530")
        .run()
        .report(predicate::always());
    let status = clone.run(["status", "--format", "json"]).status();
    assert_eq!(status.resource("edge").recorded_at.as_deref(), Some("2023-11-15T03:43:20+05:30"));
}

#[test]
fn nothing_changes_when_it_is_run_twice() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.resource("edge", "New", "echo 6").state("New (5)");
    });
    let once = clone.run(["status", "--format", "json"]).stdout_text();
    assert!(once.contains("edge"), "{once}");
    assert_eq!(clone.run(["status", "--format", "json"]).stdout_text(), once);
}

#[test]
fn what_only_a_shell_can_know_is_said_to_be_so() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history
            .branch("sub")
            .options("message=\"New $(echo snap)\"\npattern_extractor='echo 1'\n")
            .state("New snap (5)");
        history.branch("if").options("if true; then message=New; fi\npattern_extractor='echo 1'\n").state("New (5)");
        history.branch("extractor").options("message=Other\npattern_extractor=\"$(echo echo 1)\"\n").state("Other (5)");
    });
    let status = clone.run(["status", "--format", "json"]).status();
    for name in ["sub", "if"] {
        let stood = status.resource(name);
        assert_eq!((stood.message.as_deref(), stood.value.as_deref()), (None, None), "{name}");
        assert!(stood.problem.as_deref().is_some_and(|problem| problem.contains("shell")), "{stood:#?}");
    }
    insta::assert_snapshot!(clone.run(["status"]).screen(), @"
    extractor  5       2020-09-13 12:27 +0000
    if         (none)  never recorded  problem: only a shell can tell the message, and reading commands run none
    sub        (none)  never recorded  problem: only a shell can tell the message, and reading commands run none
    ");
    // The extractor does not matter for what history says.
    assert_eq!(status.resource("extractor").value.as_deref(), Some("5"));
}

#[test]
fn what_is_wrong_with_options_is_said() {
    let sandbox = Sandbox::new();
    let (_remote, clone) = sandbox.project(|history| {
        history.branch("no-message").options("pattern_extractor='echo 1'\n");
        history.branch("no-extractor").options("message=New\n").state("New (5)");
        history.branch("pattern").options("message=New\npattern_extractor='echo 1'\nmessage_pattern='a(b'\n");
        history.branch("bytes").options(&b"message='\xff'\npattern_extractor='echo 1'\n"[..]);
        history.resource("good", "Good", "echo 1");
    });
    let status = clone.run(["status", "--format", "json"]).status();
    for (name, word) in [
        ("no-message", "message"),
        ("no-extractor", "pattern_extractor"),
        ("pattern", "message_pattern"),
        ("bytes", "UTF-8"),
    ] {
        let problem = status.resource(name).problem.clone().unwrap_or_default();
        assert!(problem.contains(word) && !problem.contains('\n'), "{name}: {problem:?}");
    }
    assert_eq!(status.resource("good").problem, None);
    insta::assert_snapshot!(clone.run(["status"]).screen(), @"
    bytes         (none)  never recorded  problem: the message is not UTF-8
    good          (none)  never recorded
    no-extractor  5       2020-09-13 12:27 +0000  problem: the options set no pattern_extractor
    no-message    (none)  never recorded  problem: the options set no message
    pattern       (none)  never recorded  problem: the message_pattern does not compile: unclosed group
    ");
}

#[test]
fn static_reading_agrees_with_the_shell() {
    let sandbox = Sandbox::new();
    let options = [
        r#"message='New snap'"#,
        r#"message="New snap""#,
        r#"message="New \"snap\" \$5 \\ \x""#,
        r#"message=New\ snap\ \(x\)"#,
        r#"message='New '"s"'nap'\!"#,
        r#"message='it'\''s'"#,
        r#"export message="s390x arch ""#,
        r#"  message=New # not this"#,
        r#"message=New#this"#,
        "message=Old\nmessage=New",
        "# message=Old\nmessage='New'",
        "message='New'; unrelated=\"x\"",
        "message='Ne'\\\n'w'",
        "message=\"Ne\\\nw\"",
        "unrelated='\nmessage=Old\n'\nmessage=New",
        "message=zażółć",
        "message='New'\r",
        "message=New\t",
    ];
    let (remote, clone) = sandbox.project(|history| {
        for (number, text) in options.iter().enumerate() {
            history.branch(&format!("r{number}")).options(format!("{text}\npattern_extractor='echo 1'\n"));
        }
    });
    let status = clone.run(["status", "--format", "json"]).status();
    for (number, text) in options.iter().enumerate() {
        let name = format!("r{number}");
        std::fs::write(sandbox.path("file"), remote.git(["show", &format!("{name}:options")])).unwrap();
        let script = r#". ./file; printf %s "$message""#;
        let shell = sandbox.command("bash", sandbox.path("")).args(["-c", script]).output().unwrap();
        let expected = String::from_utf8(shell.stdout).unwrap().replace('\r', "");
        assert_eq!(status.resource(&name).message.as_deref(), Some(&*expected), "{text}");
        assert_eq!(status.resource(&name).problem, None, "{text}");
    }
}

#[test]
fn options_with_parameters_are_read_without_a_shell() {
    let sandbox = Sandbox::new();
    let options = r#"# The revision of a snap in a channel
#
# snap: the name of the snap
#   matches [a-z0-9][a-z0-9-]*
message="New amd64 core snap in edge channel"
value_pattern='[0-9]+'

snap="core"
channel="edge"

revision='
    ($channel | if . == "edge" then "it'"'"'s" else error("\($snap) # is not there") end) as $x
    | [."channel-map"[] | select(.channel.risk == $channel)] | first.revision'

pattern_extractor='
    answer=$(curl -fsSL "${SNAP_STORE_API:-https://api.snapcraft.io}/v2/snaps/info/$snap?fields=revision") || exit
    printf %s "$answer" | jq -er --arg snap "$snap" --arg channel "$channel" "$revision"'
"#;
    let (_remote, clone) = sandbox.project(|history| {
        let tree = ["snap", "channel", "answer"].map(|name| (name, "x\n"));
        let branch = history.branch("core").options(options).state("New amd64 core snap in edge channel (17300)");
        tree.into_iter().fold(branch, |branch, (name, text)| branch.file(name, text)).commit("Add files");
    });
    let status = clone.run(["status", "--format", "json"]).status();
    let core = status.resource("core");
    assert_eq!(core.message.as_deref(), Some("New amd64 core snap in edge channel"));
    assert_eq!((core.value.as_deref(), &core.problem), (Some("17300"), &None));
    assert_eq!(clone.run(["log", "core", "--format", "json"]).log().values(), ["17300"]);
    assert!(clone.run(["lint", "--format", "json"]).lint().findings.is_empty());
}
