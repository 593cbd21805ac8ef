//! The real `act`, which plays the actions and workflows of this project on this machine: no containers and no network.
//!
//! What it cannot play is the matter of [`super::runner`]: several runs at once, a run that is cancelled or loses its runner, what a
//! token may do, and what GitHub makes of a log. The actions of GitHub that ours are used with are stand-ins, in the folder `act`.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use super::runner::{Hub, machine_config, parse};
use super::team::product;
use super::{Sandbox, Team, are_installed};

/// What the workflows call this project by, wherever it is hosted.
pub(crate) const HOME: &str = "OWNER/git-spread-cron";

/// The actions of GitHub, with the commits that are named, and what stands in for them.
const STAND_INS: [&str; 4] = [
    "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
    "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
    "actions/cache@55cc8345863c7cc4c66a329aec7e433d2d1c52a9",
    "actions/create-github-app-token@bcd2ba49218906704ab6c1aa796996da409d3eb1",
];

/// The token of the workflow, and the one of the app.
const TOKENS: [&str; 2] = ["ghs_of_the_workflow", "ghs_of_the_app"];

/// Whether act is there. Where it is not, the test is to be left out.
#[track_caller]
pub(crate) fn is_there() -> bool {
    are_installed(&["act"])
}

/// A machine on which act plays the workflows of a repository.
pub(crate) struct Act<'s> {
    sandbox: &'s Sandbox,
    team: &'s Team<'s>,
    /// Variables of all steps.
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, String>,
    pub(crate) variables: BTreeMap<String, String>,
    /// How many workflows were played: each run has an id of its own, as on GitHub, by which results tell launches apart.
    played: Cell<u32>,
}

/// What came of a workflow.
pub(crate) struct Played {
    /// Each job that ran, as `NAME: RESULT`, sorted.
    pub(crate) jobs: Vec<String>,
    /// All that was printed, line by line behind the name of the job.
    pub(crate) log: String,
    pub(crate) artifacts: PathBuf,
}

impl<'s> Act<'s> {
    pub(crate) const UPLOAD: &'static str = STAND_INS[0];
    pub(crate) const DOWNLOAD: &'static str = STAND_INS[1];

    /// A machine for the repository of a team.
    pub(crate) fn new(team: &'s Team<'s>) -> Self {
        let sandbox = team.hub.sandbox;
        TOKENS.into_iter().for_each(|token| team.hub.admit(token, true));
        let project = sandbox.path("act/project");
        for folder in ["act/home", "act/artifacts"] {
            fs::create_dir_all(sandbox.path(folder)).expect("the sandbox is writable");
        }
        fs::write(sandbox.path("act/home/.gitconfig"), machine_config(sandbox)).expect("the sandbox is writable");
        let files = sandbox.git(Hub::project(), ["ls-files", "action", "action.yml", ".github/workflows"]);
        for file in files.lines() {
            let to = project.join(file);
            fs::create_dir_all(to.parent().expect("it has a folder")).expect("the sandbox is writable");
            // With its mode.
            fs::copy(Hub::project().join(file), &to).expect("the sandbox is writable");
            if file.ends_with(".yml") {
                let text = fs::read_to_string(&to).expect("it was just written");
                fs::write(&to, understood(&text)).expect("the sandbox is writable");
            }
        }
        let env = BTreeMap::from([("SPREAD_CRON_PAUSE".to_owned(), "0".to_owned())]);
        let secrets = BTreeMap::from([("GITHUB_TOKEN".to_owned(), TOKENS[0].to_owned())]);
        Act { sandbox, team, env, secrets, variables: BTreeMap::new(), played: Cell::new(0) }
    }

    /// Plays what `init` writes as a schedule would, with what else it is called with.
    #[track_caller]
    pub(crate) fn scheduled(&self, with: &[(&str, Value)]) -> Played {
        self.play(&self.written(with).to_string(), "schedule", &json!({}))
    }

    /// The same, with these secrets.
    #[track_caller]
    pub(crate) fn scheduled_with(&self, with: &[(&str, Value)], secrets: &Value) -> Played {
        let mut workflow = self.written(with);
        workflow["jobs"]["spread-cron"]["secrets"] = secrets.clone();
        self.play(&workflow.to_string(), "schedule", &json!({}))
    }

    /// Plays what `init` writes as a person would start it who gives these inputs.
    #[track_caller]
    pub(crate) fn dispatched(&self, inputs: &Value) -> Played {
        self.play(&self.written(&[]).to_string(), "workflow_dispatch", &json!({ "inputs": inputs }))
    }

    fn written(&self, with: &[(&str, Value)]) -> Value {
        let run = self.sandbox.init("adopter").run(["init", "--dry-run", "--uses", HOME]);
        let mut workflow: Value = parse(&run.stdout_text()).unwrap_or_else(|err| panic!("{err}\n{run}"));
        for (name, value) in with {
            workflow["jobs"]["spread-cron"]["with"][*name] = value.clone();
        }
        workflow
    }

    /// From now on the repository is a private one, which is served over HTTP.
    pub(crate) fn over_http(&mut self) {
        self.env.insert("GITHUB_SERVER_URL".to_owned(), self.team.hub.url());
    }

    /// Asserts that a poll finds nothing new, and that nothing waits.
    #[track_caller]
    pub(crate) fn assert_quiet(&self) {
        let before = (self.team.remote.refs(), self.team.spread.launches().len());
        let played = self.scheduled(&[]);
        assert_eq!(played.jobs, ["poll: success"], "{played}");
        assert_eq!((self.team.remote.refs(), self.team.spread.launches().len()), before, "{played}");
    }

    /// Plays a workflow because of an event, which this is the payload of.
    #[track_caller]
    pub(crate) fn play(&self, workflow: &str, event: &str, payload: &Value) -> Played {
        self.play_on("main", workflow, event, payload)
    }

    /// The same, for a branch.
    #[track_caller]
    pub(crate) fn play_on(&self, branch: &str, workflow: &str, event: &str, payload: &Value) -> Played {
        let folder = self.sandbox.path("act/checkout");
        let _ = fs::remove_dir_all(&folder);
        self.sandbox.git(
            &self.sandbox.path("act"),
            ["clone", "--quiet", "--branch", branch, self.team.remote.path().to_str().unwrap(), "checkout"],
        );
        let file = folder.join(".github/workflows/played.yml");
        fs::create_dir_all(file.parent().expect("it has a folder")).expect("the sandbox is writable");
        fs::write(&file, with_product(workflow).to_string()).expect("the sandbox is writable");
        fs::write(self.sandbox.path("act/event.json"), payload.to_string()).expect("the sandbox is writable");
        let output = self.command(&folder, event).output().expect("act can be started");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Played::read(&text, self.sandbox.path("act/artifacts"))
    }

    fn command(&self, folder: &Path, event: &str) -> Command {
        let mut act = self.sandbox.command("act", folder);
        act.args([event, "--json", "--concurrent-jobs", "1", "--no-cache-server", "--pull=false"]);
        act.arg("--workflows").arg(folder.join(".github/workflows/played.yml"));
        act.arg("--eventpath").arg(self.sandbox.path("act/event.json"));
        for label in ["ubuntu-24.04", "self-hosted", "large"] {
            act.arg(format!("--platform={label}=-self-hosted"));
        }
        let stand_ins = Hub::project().join("tests/cli/support/act");
        let repositories = STAND_INS.map(|action| {
            let name = action.split(['/', '@']).nth(1).expect("it has a name");
            (action.to_owned(), stand_ins.join(name))
        });
        let own = [VERSION, "v1"].map(|tag| (format!("{HOME}@{tag}"), self.sandbox.path("act/project")));
        for (repository, folder) in own.into_iter().chain(repositories) {
            act.arg(format!("--local-repository={repository}={}", folder.display()));
        }
        let served = format!("file://{}", self.sandbox.path("hub").display());
        self.played.set(self.played.get() + 1);
        let env = [
            ("GITHUB_RUN_ID".to_owned(), self.played.get().to_string()),
            ("ARTIFACTS".to_owned(), self.sandbox.path("act/artifacts").display().to_string()),
            ("GITHUB_REPOSITORY".to_owned(), "o/r".to_owned()),
        ];
        for (name, value) in env.into_iter().chain(self.env.clone()) {
            act.arg(format!("--env={name}={value}"));
        }
        act.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", format!("url.{served}/.insteadOf"));
        act.env("GIT_CONFIG_VALUE_0", "https://github.com/").env("HOME", self.sandbox.path("act/home"));
        // By their names alone, so that no value is an argument.
        for (option, values) in [("secret", &self.secrets), ("var", &self.variables)] {
            for (name, value) in values {
                act.arg(format!("--{option}={name}")).env(name, value);
            }
        }
        act
    }
}

const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// A file of the project, without what act does not know: `$/` stands for the repository and the commit of the file itself, and
/// `queue` is how many jobs may wait for the place of another.
fn understood(text: &str) -> String {
    let lines = text.lines().filter(|line| line.trim() != "queue: max");
    lines.map(|line| line.replace("uses: $/", &format!("uses: {HOME}/")) + suffix(line) + "\n").collect()
}

fn suffix(line: &str) -> &'static str {
    if line.contains("uses: $/") { concat!("@v", env!("CARGO_PKG_VERSION")) } else { "" }
}

/// A workflow with the program that is tested instead of one that is downloaded.
#[track_caller]
fn with_product(text: &str) -> Value {
    let mut workflow: Value = parse(text).unwrap_or_else(|err| panic!("{err}\n{text}"));
    let with_bin = |uses: &mut Value| {
        let is_ours =
            uses["uses"].as_str().is_some_and(|name| name.starts_with(HOME) && !name.contains("/action/poll"));
        if is_ours && uses["with"]["bin"].is_null() {
            if uses["with"].is_null() {
                uses["with"] = json!({});
            }
            uses["with"]["bin"] = json!(product());
        }
    };
    for job in workflow["jobs"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        with_bin(job);
        let steps = job.get_mut("steps").and_then(Value::as_array_mut);
        steps.into_iter().flatten().for_each(with_bin);
    }
    workflow
}

impl Played {
    fn read(text: &str, artifacts: PathBuf) -> Self {
        // A called workflow bears its own name and that of the job; copies of a job are numbered.
        let leg = regex::Regex::new(r"^(.*?)(?:-[0-9]+)?/launch/(run|record)$").expect("it is written well");
        let mut played = Played { jobs: Vec::new(), log: String::new(), artifacts };
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap_or_else(|_| json!({ "msg": line }));
            let job = leg.replace(line["job"].as_str().unwrap_or_default(), "$1 / $2");
            let job = job.rsplit_once("spread-cron/").map_or(&*job, |(_, name)| name);
            if let Some(result) = line["jobResult"].as_str() {
                played.jobs.push(format!("{job}: {result}"));
            }
            played.log += &format!("[{job}] {}\n", line["msg"].as_str().unwrap_or_default().trim_end());
        }
        played.jobs.sort();
        played
    }

    /// What a job printed.
    pub(crate) fn of(&self, job: &str) -> String {
        let lines = self.log.lines().skip_while(|line| !line.starts_with(&format!("[{job}] ")));
        let mut inside = false;
        let is_of = |line: &&str| {
            // A message may have more lines than one.
            inside = if line.starts_with('[') && line.contains("] ") {
                line.starts_with(&format!("[{job}] "))
            } else {
                inside
            };
            inside
        };
        lines.filter(is_of).map(|line| line.to_owned() + "\n").collect()
    }
}

impl std::fmt::Display for Played {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.log)
    }
}
