//! A run of a workflow: which jobs have their turn, with what, and what becomes of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use serde_json::{Map, Value, json};

use super::control::Control;
use super::expression::{Scope, Status};
use super::hub::Hub;
use super::job::{Caller, Run};
use super::matrix::{Strategy, combinations};
use super::permissions::Grant;
use super::record::{JobRecord, Outcome};
use super::yaml::{Concurrency, Job, OneOrMany, Workflow};

/// What a test does right before a job begins.
type Watcher<'h> = Box<dyn Fn(&str, &Control) + Send + Sync + 'h>;

/// See the module's documentation.
pub(crate) struct WorkflowRun<'h> {
    pub(super) hub: &'h Hub<'h>,
    id: u64,
    attempt: u32,
    event: String,
    pub(crate) control: Control,
    jobs: Mutex<Vec<JobRecord>>,
    watcher: Option<Watcher<'h>>,
}

impl<'h> WorkflowRun<'h> {
    pub(super) fn new(hub: &'h Hub<'h>, id: u64, attempt: u32, event: &str) -> Self {
        let (control, jobs) = (Control::default(), Mutex::default());
        WorkflowRun { hub, id, attempt, event: event.to_owned(), control, jobs, watcher: None }
    }

    /// Once more, all jobs of it. The artifacts are still there.
    pub(crate) fn again(&self) -> Self {
        WorkflowRun::new(self.hub, self.id, self.attempt + 1, &self.event)
    }

    /// Calls this before each job begins, with its name.
    pub(crate) fn watch(mut self, watcher: impl Fn(&str, &Control) + Send + Sync + 'h) -> Self {
        self.watcher = Some(Box::new(watcher));
        self
    }

    /// Runs the workflow as the outermost one. The inputs are those of a person who starts it.
    pub(crate) fn execute(&self, workflow: &Workflow, inputs: &BTreeMap<String, Value>) -> Outcome {
        let declared =
            workflow.on.pointer("/workflow_dispatch/inputs").and_then(Value::as_object).into_iter().flatten();
        let mut all: Map<_, _> = declared
            .map(|(name, input)| {
                let default = if self.event == "workflow_dispatch" { input["default"].clone() } else { Value::Null };
                (name.clone(), default)
            })
            .collect();
        all.extend(inputs.clone());
        let caller = Caller {
            name: String::new(),
            inputs: Value::Object(all),
            secrets: self.hub.secrets().clone(),
            grant: Grant::everything(),
        };
        self.run_workflow(workflow, &caller).0
    }

    /// Runs the jobs of a workflow, and gives what `jobs` holds afterwards.
    pub(super) fn run_workflow(&self, workflow: &Workflow, caller: &Caller) -> (Outcome, Value) {
        let scope = Scope::new([("github", self.github()), ("inputs", caller.inputs.clone())]);
        let mut done: BTreeMap<&str, Done> = BTreeMap::new();
        let _place = match self.enter(workflow.concurrency.as_ref(), &scope) {
            Ok(place) => place,
            Err(Replaced) => return (Outcome::Cancelled, json!({})),
        };
        while done.len() < workflow.jobs.len() {
            let ready =
                |job: &Job| OneOrMany::list(job.needs.as_ref()).iter().all(|name| done.contains_key(name.as_str()));
            let next = workflow.jobs.iter().find(|(name, job)| !done.contains_key(name.as_str()) && ready(job));
            let (name, job) = next.expect("jobs need each other in a circle, or one that is not there");
            let needs = OneOrMany::list(job.needs.as_ref());
            let mut scope = scope.clone();
            let context = needs.iter().map(|name| (name.clone(), done[name.as_str()].context()));
            scope.set("needs", Value::Object(context.collect()));
            scope.status = worst(needs.iter().map(|name| done[name.as_str()].with_all_before)).status();
            let uncancelled = scope.status;
            if self.control.is_cancelled() {
                scope.status = Status::Cancelled;
            }
            let (outcome, outputs) = self.run_legs(workflow, name, job, scope, uncancelled, caller);
            let before = needs.iter().map(|name| done[name.as_str()].with_all_before);
            let with_all_before = worst(before.chain([outcome]));
            done.insert(name, Done { outcome, outputs, with_all_before });
        }
        let outcomes = done.values().map(|done| done.outcome);
        let outcome = worst(outcomes.filter(|outcome| *outcome != Outcome::Skipped));
        (outcome, Value::Object(done.iter().map(|(name, done)| ((*name).to_owned(), done.context())).collect()))
    }

    /// Runs a job for each entry of its matrix.
    fn run_legs(
        &self,
        workflow: &Workflow,
        id: &str,
        job: &Job,
        scope: Scope,
        uncancelled: Status,
        caller: &Caller,
    ) -> (Outcome, Map<String, Value>) {
        let holds = |scope: &Scope| scope.holds(job.r#if.as_ref()).unwrap_or_else(|why| panic!("job {id}: {why}"));
        if !holds(&scope) {
            // What only the cancellation keeps from running is cancelled.
            let was = Scope { status: uncancelled, ..scope.clone() };
            let cancelled = scope.status == Status::Cancelled && holds(&was);
            let outcome = if cancelled { Outcome::Cancelled } else { Outcome::Skipped };
            self.keep(JobRecord { name: caller.name_of(id), outcome, ..JobRecord::default() });
            return (outcome, Map::new());
        }
        let legs = match combinations(job.strategy.as_ref(), &scope) {
            Ok(legs) => legs,
            Err(why) => {
                let name = caller.name_of(id);
                self.keep(JobRecord { name, outcome: Outcome::Failure, error: Some(why), ..JobRecord::default() });
                return (Outcome::Failure, Map::new());
            }
        };
        let Strategy { legs, fail_fast } = legs;
        let mut outputs = Map::new();
        let mut outcomes = Vec::new();
        for matrix in legs {
            if fail_fast && outcomes.contains(&Outcome::Failure) {
                outcomes.push(Outcome::Cancelled);
                continue;
            }
            let mut scope = scope.clone();
            scope.set("matrix", matrix);
            scope.set("strategy", json!({ "fail-fast": fail_fast }));
            let label = job.name.as_ref().map_or(Ok(id.to_owned()), |name| scope.text(name));
            let name = caller.name_of(&label.unwrap_or_else(|why| panic!("job {id}: {why}")));
            if let Some(watcher) = &self.watcher {
                watcher(&name, &self.control);
            }
            if self.control.is_stopped() {
                return (Outcome::Cancelled, Map::new());
            }
            let (outcome, more) = match self.enter(job.concurrency.as_ref(), &scope) {
                Ok(_place) => self.run_job(Run { workflow, id, job, scope, name, caller }),
                Err(Replaced) => (Outcome::Cancelled, Map::new()),
            };
            outcomes.push(outcome);
            outputs.extend(more);
        }
        (worst(outcomes), outputs)
    }

    fn enter(
        &self,
        concurrency: Option<&Concurrency>,
        scope: &Scope,
    ) -> Result<Option<super::concurrency::Place<'_>>, Replaced> {
        let (name, queue) = match concurrency {
            None => return Ok(None),
            Some(Concurrency::Group(name)) => (Value::String(name.clone()), false),
            Some(Concurrency::Full(group)) => {
                let cancels = group.cancel_in_progress.as_ref().is_some_and(|it| *it != Value::Bool(false));
                assert!(!cancels, "cancel-in-progress is not played here");
                (group.group.clone(), group.queue.as_deref() == Some("max"))
            }
        };
        let name = scope.text(&name).unwrap_or_else(|why| panic!("concurrency: {why}"));
        self.hub.groups.enter(&name, queue).map(Some).ok_or(Replaced)
    }

    /// The context `github`, but for what only a job has.
    pub(crate) fn github(&self) -> Value {
        let (head, sha) = self.hub.head();
        json!({
            "actor": "somebody", "api_url": "https://api.example.org", "event_name": self.event, "event": {},
            "ref": head, "ref_name": head.trim_start_matches("refs/heads/"), "ref_type": "branch", "sha": sha,
            "repository": self.hub.repository(), "repository_owner": "o", "server_url": self.hub.url(),
            "run_id": self.id.to_string(), "run_number": self.id.to_string(), "run_attempt": self.attempt.to_string(),
            "workflow": "spread-cron", "action": "__self",
        })
    }

    /// Where the artifacts of the run are kept.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.hub.sandbox.path(format!("hub/artifacts/{}", self.id))
    }

    pub(super) fn keep(&self, record: JobRecord) {
        self.jobs.lock().unwrap().push(record);
    }

    /// The jobs that had their turn, in that order.
    pub(crate) fn jobs(&self) -> Vec<JobRecord> {
        self.jobs.lock().unwrap().clone()
    }

    /// The one job of this name.
    #[track_caller]
    pub(crate) fn job(&self, name: &str) -> JobRecord {
        let jobs = self.jobs();
        let mut found = jobs.iter().filter(|job| job.name == name);
        match (found.next(), found.next()) {
            (Some(job), None) => job.clone(),
            _ => panic!("{name} is not there once in\n{self}"),
        }
    }

    /// How each job ended, by name, in the order of their turns.
    pub(crate) fn outcomes(&self) -> Vec<(String, &'static str)> {
        self.jobs().into_iter().map(|job| (job.name, job.outcome.word())).collect()
    }
}

impl std::fmt::Display for WorkflowRun<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.jobs().iter().try_for_each(|job| write!(f, "{job}"))
    }
}

/// Another job that came later is waiting instead.
struct Replaced;

struct Done {
    outcome: Outcome,
    outputs: Map<String, Value>,
    /// How it stands when the jobs that it needs are counted as well, and those that they need.
    with_all_before: Outcome,
}

impl Done {
    fn context(&self) -> Value {
        json!({ "result": self.outcome.word(), "outputs": self.outputs })
    }
}

fn worst(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    let outcomes: Vec<_> = outcomes.into_iter().collect();
    let worst = [Outcome::Failure, Outcome::Cancelled, Outcome::Skipped].into_iter().find(|it| outcomes.contains(it));
    worst.unwrap_or(Outcome::Success)
}
