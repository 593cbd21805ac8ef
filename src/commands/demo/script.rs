//! What the demo does, as a list of steps. Pure: knows paths, runs nothing.

use crate::error::Exit;

/// A line of the demo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DemoLine {
    /// What is going on, in words. May be empty, to part two paragraphs.
    Remark(String),
    /// A command as one would type it, without the `$`.
    Command(String),
    /// What the command printed.
    Output(String),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DemoStep {
    /// Say something.
    Say(String),
    /// Go into a folder below the present one.
    Enter(String),
    /// Run a line of shell, which has to end with this code.
    Run { command: String, exit: Exit },
}

/// Where things lie.
pub(super) struct DemoFolders {
    root: String,
    remote: String,
    clone: String,
    world: String,
}

impl DemoFolders {
    pub(super) fn below(root: &str) -> Self {
        let below = |name: &str| format!("{}/{name}", root.trim_end_matches('/'));
        DemoFolders { root: root.to_owned(), remote: below("remote.git"), clone: below("clone"), world: below("world") }
    }
}

/// A resource of the demo.
struct DemoResource {
    branch: &'static str,
    message: &'static str,
    extractor: String,
    manual: bool,
}

fn resources(folders: &DemoFolders, with_jq: bool) -> Vec<DemoResource> {
    let file = |name: &str| shell_words::quote(&format!("{}/{name}", folders.world)).into_owned();
    let resource = |branch, message, extractor| DemoResource { branch, message, extractor, manual: false };
    let mut all = vec![
        resource("firmware", "New firmware", format!("cat {}", file("firmware.txt"))),
        resource("today", "A new day", "date +%F".to_owned()),
        resource(
            "template",
            "New commit in the template",
            format!("git ls-remote {} refs/heads/main | cut -c 1-12", shell_words::quote(&folders.remote)),
        ),
    ];
    if with_jq {
        all.push(resource("release", "New release", format!("jq -r .version {}", file("release.json"))));
    }
    all.push(DemoResource { manual: true, ..resource("on-demand", "Asked for", "date +%s".to_owned()) });
    all.push(resource("broken", "Never seen", format!("cat {}", file("not-there.txt"))));
    all
}

/// The demo; `program` is how this program is started.
pub(super) fn steps(folders: &DemoFolders, program: &str, with_jq: bool) -> Vec<DemoStep> {
    let say = |text: &str| DemoStep::Say(text.to_owned());
    let run = |command: &str| DemoStep::Run { command: command.to_owned(), exit: Exit::Success };
    let allow = |path: &str| run(&format!("git config --add spread-cron.extractorPath {}", shell_words::quote(path)));
    let poll = || DemoStep::Run { command: format!("{program} poll"), exit: Exit::SomeFailed };
    let resources = resources(folders, with_jq);

    let mut steps = vec![
        say("A remote, and a clone of it. The default branch holds the template of the test suite."),
        DemoStep::Enter(folders.root.clone()),
        run("git init --quiet --bare --initial-branch=main remote.git"),
        run("git clone --quiet remote.git clone"),
        DemoStep::Enter("clone".to_owned()),
        run("git config user.name 'Spread Cron'"),
        run("git config user.email spread-cron@example.com"),
        run("git config commit.gpgSign false"),
        run("git commit --quiet --allow-empty --message='The template'"),
        run("git push --quiet origin HEAD:refs/heads/main"),
        say(""),
        say(
            "The outside world: files in a folder stand for it. Extractors read the system and what this allows, and nothing else.",
        ),
        allow(&folders.world),
        allow(&folders.remote),
        run("echo 1.0 > ../world/firmware.txt"),
    ];
    if with_jq {
        steps.push(run(r#"echo '{"version": "2024.1"}' > ../world/release.json"#));
    }
    steps.extend([say(""), say("The resources, one branch each. `broken` reads a file that is not there.")]);
    steps.extend(resources.iter().map(|resource| {
        let manual = if resource.manual { " --manual" } else { "" };
        let message = shell_words::quote(resource.message);
        let extractor = shell_words::quote(&resource.extractor);
        run(&format!("{program} add {} --message {message} --extractor {extractor}{manual}", resource.branch))
    }));
    steps.extend([
        say(""),
        say("The first poll records what there is. It ends with 1, because one resource is broken;"),
        say("the others are recorded all the same."),
        poll(),
        say(""),
        say("The world changes."),
        run("echo 1.1 > ../world/firmware.txt"),
    ]);
    if with_jq {
        steps.push(run(r#"echo '{"version": "2024.2"}' > ../world/release.json"#));
    }
    steps.extend([
        run("git commit --quiet --allow-empty --message='A better template'"),
        run("git push --quiet origin HEAD:refs/heads/main"),
        say(""),
        say("The second poll records only what is different, and ends with 1 again."),
        poll(),
        say(""),
        say("The history of each branch, on the remote, is the record. Every commit there would start a test run."),
    ]);
    let recorded = resources.iter().filter(|resource| !resource.manual);
    steps.extend(
        recorded.map(|resource| run(&format!("git --git-dir=../remote.git log --oneline {}", resource.branch))),
    );
    let cache = shell_words::quote(&format!("{}/cache", folders.root.trim_end_matches('/'))).into_owned();
    let spread = shell_words::quote(&format!("sh {}/spread.sh", shell_words::quote(&folders.world))).into_owned();
    steps.extend([
        say(""),
        say("What comes next: the suite is cloned, customized and launched. A line of shell stands for spread here."),
        run("git init --quiet --initial-branch=main ../suite"),
        run("git -C ../suite -c user.name=Demo -c user.email=demo@example.com commit --quiet --allow-empty --message='A suite'"),
        run("echo 'echo Successful tasks: 3' > ../world/spread.sh"),
        run("git config spread-cron.target ../suite"),
        run(&format!("git config spread-cron.spread {spread}")),
        run(&format!("XDG_CACHE_HOME={cache} {program} run firmware --record --workspace ../workspace")),
        say(""),
        say("The result is a commit, too, and no CI starts for it. The others still wait to be launched."),
        run("git --git-dir=../remote.git log --oneline firmware"),
        run(&format!("{program} pending")),
        say(""),
        run(&format!("{program} status")),
        run(&format!("{program} log firmware")),
    ]);
    steps
}

/// What is said at the end; `program` is how the reader starts this program.
pub(super) fn farewell(folders: &DemoFolders, program: &str) -> Vec<DemoLine> {
    let remark = |text: &str| DemoLine::Remark(text.to_owned());
    let command = |text: &str| DemoLine::Command(text.to_owned());
    vec![
        remark(""),
        remark("It all lies here, for you to play with, and can be removed when you are done:"),
        remark(&format!("  {}   the branches that all share", folders.remote)),
        remark(&format!("  {}        where the commands were run", folders.clone)),
        remark(&format!("  {}        the outside world", folders.world)),
        remark(""),
        remark("What to type next:"),
        command(&format!("cd {}", shell_words::quote(&folders.clone))),
        command("echo 1.2 > ../world/firmware.txt"),
        command(&format!("{program} poll firmware")),
        command(&format!("{program} run firmware --dry-run")),
        command(&format!("{program} poll --force on-demand")),
        command(&format!("{program} lint")),
    ]
}
