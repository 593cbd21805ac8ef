//! The files of `docs/ci` do what the page says, as far as a machine without these servers can tell: their scripts run, in a sandbox, in
//! the order of their stages, and only those that may push can.

use std::fs;

use serde_json::{Value, json};

use crate::support::act::{Act, is_there};
use crate::support::runner::{Hub, parse};
use crate::support::{Repo, Sandbox, Team, are_installed};

/// A clone goes by this name wherever a script makes it.
const REFUSES: &str = "#!/bin/bash\n[[ -n $MAY_PUSH ]] || { echo 'denied' >&2; exit 1; }\n";

fn file(name: &str) -> String {
    fs::read_to_string(Hub::project().join(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
}

/// A repository with a resource that passes, and which only a process with `MAY_PUSH` can push to.
fn remote(sandbox: &Sandbox) -> Repo<'_> {
    let target = sandbox.bare("target");
    target.build(|history| {
        let main = history.branch("main").file("README", "Hello World!\n");
        main.file("check", "env > \"$HOME/seen\"; grep Hello README\n").commit("Greet");
    });
    let remote = sandbox.bare("remote");
    let options =
        format!("message='New day'\npattern_extractor='echo 1'\ntarget_repo='{}'\nspread='sh check'\n", target.url());
    remote.build(|history| {
        history.main();
        history.branch("day").options(options);
    });
    fs::create_dir_all(remote.path().join("hooks")).unwrap();
    let hook = sandbox.script("refuses", REFUSES);
    fs::rename(hook, remote.path().join("hooks/pre-receive")).unwrap();
    remote
}

/// Runs a script as a server would, and says whether it ended well.
#[track_caller]
fn run(sandbox: &Sandbox, script: &str, may_push: bool, more: &[(&str, &str)]) {
    let mut shell = sandbox.command("bash", sandbox.path("job"));
    shell.args(["-ec", script]).envs(more.iter().copied());
    if may_push {
        shell.env("MAY_PUSH", "yes");
    }
    let output = shell.output().unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
}

/// Asserts that the change was launched without what may push, and recorded.
#[track_caller]
fn assert_recorded(sandbox: &Sandbox, remote: &Repo<'_>) {
    assert_eq!(remote.subjects("day")[..2], ["passed: New day (1) [skip ci]", "New day (1)"]);
    let seen = fs::read_to_string(sandbox.home().join("seen")).unwrap();
    assert!(seen.contains("PATH=") && !seen.contains("MAY_PUSH"), "{seen}");
}

#[test]
fn gitlab() {
    if !are_installed(&["jq"]) {
        return;
    }
    let text = file("docs/ci/gitlab-ci.yml");
    assert!(text.lines().count() <= 40, "{}", text.lines().count());
    let template: Value = parse(&text).unwrap();
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("job")).unwrap();
    let remote = remote(&sandbox);
    let url = remote.url();
    for stage in template["stages"].as_array().unwrap() {
        let job = &template[stage.as_str().unwrap()];
        assert_eq!((&job["stage"], &job["extends"]), (stage, &json!(".spread-cron")));
        let lines = |list: &Value| {
            list.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned() + "\n").collect::<String>()
        };
        let script = lines(&template[".spread-cron"]["before_script"]) + &lines(&job["script"]);
        let may_push = job["environment"] == "spread-cron";
        let variables = [
            ("CI_REPOSITORY_URL", &*url),
            ("CI_JOB_URL", "https://example.org/1"),
            ("GITLAB_USER_NAME", "A"),
            ("GITLAB_USER_EMAIL", "a@b"),
        ];
        run(&sandbox, &script, may_push, &variables);
        assert_eq!(may_push, stage != "launch");
    }
    assert_recorded(&sandbox, &remote);
}

#[test]
fn jenkins() {
    if !are_installed(&["jq"]) {
        return;
    }
    let text = file("docs/ci/Jenkinsfile");
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("job")).unwrap();
    let remote = remote(&sandbox);
    let url = remote.url();
    let scripts: Vec<_> = text.split("sh '''\n").skip(1).map(|rest| rest.split("'''").next().unwrap()).collect();
    assert_eq!(scripts.len(), 3);
    for (script, before) in scripts.iter().zip(text.split("sh '''\n")) {
        let may_push = before.trim_end().ends_with("]) {");
        run(&sandbox, script, may_push, &[("REPOSITORY", &url), ("BUILD_URL", "https://example.org/1")]);
        assert_eq!(may_push, !script.contains("git spread-cron run"));
    }
    assert_recorded(&sandbox, &remote);
}

#[test]
fn forgejo() {
    if !is_there() {
        return;
    }
    let sandbox = Sandbox::new();
    let team = Team::new(&sandbox, &["edge"]);
    // What Forgejo adds to GitHub's syntax, and its own copies of GitHub's actions.
    let text = file("docs/ci/forgejo.yml").replace("https://code.example.org/", "");
    let text = text.replace("https://code.forgejo.org/forgejo/upload-artifact@v4", Act::UPLOAD);
    let text = text.replace("https://code.forgejo.org/forgejo/download-artifact@v4", Act::DOWNLOAD);
    let act = Act::new(&team);
    let played = act.play(&text, "schedule", &json!({}));
    assert!(played.jobs.len() == 3 && played.jobs.iter().all(|job| job.ends_with(": success")), "{played}");
    assert_eq!(team.notebook("edge"), ["passed: New edge (1) [skip ci]", "New edge (1)"]);
    assert_eq!(act.play(&text, "schedule", &json!({})).jobs.len(), 1);
}

#[test]
fn cron() {
    if !are_installed(&["jq"]) {
        return;
    }
    let page = file("docs/ci/README.md");
    let block = |mark: &str| page.split(mark).nth(1).unwrap().split("```").next().unwrap().to_owned();
    let (crontab, launch) = (block("```crontab\n"), block("```sh\ngit spread-cron pending"));
    let sandbox = Sandbox::new();
    let remote = remote(&sandbox);
    remote.clone_to("job");
    let poll = crontab.split_once("cd /srv/watch && ").unwrap().1;
    run(&sandbox, poll, true, &[]);
    assert_eq!(remote.subjects("day")[0], "New day (1)");
    run(&sandbox, &format!("git spread-cron pending{launch}"), true, &[]);
    assert_eq!(remote.subjects("day")[0], "passed: New day (1) [skip ci]");
}

#[test]
fn the_container_polls() {
    let text = file("Containerfile");
    let words = |name: &str| -> Vec<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
        serde_json::from_str(line.trim()).unwrap()
    };
    assert_eq!(words("ENTRYPOINT"), ["git-spread-cron"]);
    let command = words("CMD");
    assert_eq!(command[..2], ["poll", "--every"]);
    Sandbox::new().cmd("", [&command[..], &["-h".to_owned()]].concat()).run().anything();
    assert!(file(".dockerignore").contains("/target\n"), "the context is the source and not what was built");
}
