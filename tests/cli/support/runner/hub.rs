//! GitHub, as far as an action can tell: the server with one repository, its secrets, and who may write to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde_json::Value;

use super::concurrency::Groups;
use super::server::{Tokens, serve};
use super::workflow_run::WorkflowRun;
use super::yaml::Workflow;
use crate::support::http::Server;
use crate::support::{Repo, Sandbox, quoted};

/// The name of the repository on the server.
const REPOSITORY: &str = "o/r";

/// The git configuration of a machine: quick, and without an identity. Extractors may read what tests watch.
pub(crate) fn machine_config(sandbox: &Sandbox) -> String {
    let world = sandbox.path("world");
    format!(
        "[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n[spread-cron]\n\textractorPath = {}\n",
        world.display()
    )
}

/// How actions/checkout leaves its credential behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// In `.git/config`, as up to v5
    InConfig,
    /// In a file of RUNNER_TEMP which `.git/config` includes, as from v6 on
    Included,
}

/// See the module's documentation.
pub(crate) struct Hub<'s> {
    pub(crate) sandbox: &'s Sandbox,
    pub(crate) groups: Groups,
    pub(crate) credential: Credential,
    secrets: BTreeMap<String, String>,
    counter: Mutex<u64>,
    tokens: Tokens,
    server: Option<Server>,
}

impl<'s> Hub<'s> {
    /// A server which has this repository. Only a process that knows the token of a job that may write can push to it.
    pub(crate) fn new(sandbox: &'s Sandbox, repository: &Repo<'_>) -> Self {
        for folder in ["hub/o", "machine/home", "machine/tools", "jobs"] {
            fs::create_dir_all(sandbox.path(folder)).expect("the sandbox is writable");
        }
        let served = sandbox.path("hub").join(REPOSITORY);
        std::os::unix::fs::symlink(repository.path(), served).expect("the sandbox is writable");
        fs::write(sandbox.path("machine/home/.gitconfig"), machine_config(sandbox)).expect("the sandbox is writable");
        fs::write(sandbox.path("hub/writers"), "").expect("the sandbox is writable");
        let hook = format!(
            "#!/bin/bash\n[[ -z $REMOTE_USER ]] || exit 0\nseen=$(env)\nwhile read -r token; do\n    [[ $seen != *\"$token\"* ]] || exit 0\ndone < {}\n\
             echo 'Permission to o/r.git denied.' >&2\nexit 1\n",
            quoted(sandbox.path("hub/writers"))
        );
        let hook = sandbox.script("hub/pre-receive", &hook);
        fs::create_dir_all(repository.path().join("hooks")).expect("the sandbox is writable");
        fs::copy(hook, repository.path().join("hooks/pre-receive")).expect("the sandbox is writable");
        for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            repository.git(["config", key, "true"]);
        }
        let (secrets, counter) = (BTreeMap::new(), Mutex::new(0));
        let (groups, credential) = (Groups::default(), Credential::Included);
        Hub { sandbox, groups, credential, secrets, counter, tokens: Tokens::default(), server: None }
    }

    /// From now on nothing keeps extractors on the machines from anything, where the action leaves that to the machine.
    pub(crate) fn without_isolation(&self) {
        let config = self.sandbox.path("machine/home/.gitconfig");
        self.sandbox.git(
            &self.sandbox.path(""),
            ["config", "--file", config.to_str().unwrap(), "spread-cron.isolation", "none"],
        );
    }

    /// Gives the repository a secret.
    pub(crate) fn secret(&mut self, name: &str, value: &str) {
        self.secrets.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn secrets(&self) -> &BTreeMap<String, String> {
        &self.secrets
    }

    /// A run of a workflow that has not begun yet.
    pub(crate) fn start(&self, event: &str) -> WorkflowRun<'_> {
        WorkflowRun::new(self, self.next(), 1, event)
    }

    /// Runs a workflow from its beginning to its end.
    pub(crate) fn run(&self, workflow: &Workflow) -> WorkflowRun<'_> {
        let run = self.start("schedule");
        run.execute(workflow, &BTreeMap::new());
        run
    }

    pub(super) fn next(&self) -> u64 {
        let mut counter = self.counter.lock().unwrap();
        *counter += 1;
        *counter
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        let file = || format!("file://{}", self.sandbox.path("hub").display());
        self.server.as_ref().map_or_else(file, Server::url)
    }

    pub(super) fn repository(&self) -> &'static str {
        REPOSITORY
    }

    /// From now on the repository is served over HTTP, to those only who name a token.
    pub(crate) fn serve(&mut self) {
        self.server = Some(serve(&self.sandbox.path("hub"), &self.tokens));
    }

    /// From now on this token counts.
    pub(crate) fn admit(&self, token: &str, may_write: bool) {
        let mut tokens = self.tokens.lock().unwrap();
        tokens.insert(token.to_owned(), may_write);
        self.tell_hook(&tokens);
    }

    /// From now on this token counts no more.
    pub(super) fn dismiss(&self, token: &str) {
        let mut tokens = self.tokens.lock().unwrap();
        tokens.remove(token);
        self.tell_hook(&tokens);
    }

    fn tell_hook(&self, tokens: &BTreeMap<String, bool>) {
        let writers = tokens.iter().filter(|(_, may_write)| **may_write);
        let writers: String = writers.map(|(token, _)| format!("{token}\n")).collect();
        let path = self.sandbox.path("hub/writers");
        let new = path.with_extension("new");
        fs::write(&new, writers).and_then(|()| fs::rename(new, path)).expect("the sandbox is writable");
    }

    /// The root of the repository that the actions come from.
    pub(crate) fn project() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// Where an action or a workflow lies that is no built-in one. Wherever this project is hosted, it is this one.
    pub(super) fn local(&self, uses: &str, workspace: &Path) -> Option<PathBuf> {
        if let Some(path) = uses.strip_prefix("./") {
            return Some(workspace.join(path));
        }
        let hosted = uses.split_once('@').filter(|(name, _)| !name.starts_with("actions/"));
        let hosted = hosted.and_then(|(name, _)| Some(name.split_once('/')?.1.split_once('/').map_or("", |it| it.1)));
        hosted.or_else(|| uses.strip_prefix("$/")).map(|path| Self::project().join(path))
    }

    /// What is in the environment of each process of a machine, which has its programs and the stand-ins, but not the product.
    pub(super) fn machine_environment(&self, more: &[PathBuf]) -> Vec<(String, String)> {
        let system = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        let stand_ins = ["bin", "spread"].map(|folder| self.sandbox.path(folder));
        let path = more.iter().cloned().chain(stand_ins).chain(std::env::split_paths(&system));
        let path = std::env::join_paths(path).expect("no folder has a colon in its name");
        let path_of = |folder: &str| self.sandbox.path(folder).display().to_string();
        [
            ("PATH", path.into_string().expect("tests use UTF-8")),
            ("HOME", path_of("machine/home")),
            ("TMPDIR", path_of("tmp")),
            ("LANG", "C.UTF-8".to_owned()),
            ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
            ("GIT_CEILING_DIRECTORIES", path_of("")),
            ("GIT_TERMINAL_PROMPT", "0".to_owned()),
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_NAME", "stand-in".to_owned()),
            ("RUNNER_TOOL_CACHE", path_of("machine/tools")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// The branch that a workflow is started on, and its tip.
    pub(super) fn head(&self) -> (String, String) {
        let repository = self.sandbox.path("hub").join(REPOSITORY);
        let git = |args: &[&str]| self.sandbox.git(&repository, args);
        (git(&["symbolic-ref", "HEAD"]), git(&["rev-parse", "HEAD"]))
    }
}

/// The secrets as an expression sees them.
pub(super) fn context(secrets: &BTreeMap<String, String>, token: &str) -> Value {
    let mut context: serde_json::Map<_, _> =
        secrets.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    context.insert("GITHUB_TOKEN".to_owned(), Value::String(token.to_owned()));
    Value::Object(context)
}
