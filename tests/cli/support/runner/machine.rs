//! A job while it runs: its machine, what its steps left in the files of the runner, and its steps one after the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::builtin;
use super::coercion::truthy;
use super::expression::{Scope, Status};
use super::record::{JobRecord, Outcome, StepRecord};
use super::workflow_run::WorkflowRun;
use super::yaml::{Action, Step, Values, load};

/// See the module's documentation.
pub(super) struct Machine<'r, 's> {
    pub(super) run: &'r WorkflowRun<'s>,
    pub(super) folder: PathBuf,
    /// The variables of the workflow and the job, and what came by way of `GITHUB_ENV`.
    pub(super) env: BTreeMap<String, String>,
    /// What came by way of `GITHUB_PATH`, the last one first.
    pub(super) path: Vec<PathBuf>,
    pub(super) masks: Vec<String>,
    pub(super) token: String,
    /// Whether the run was cancelled before: then a job that begins nevertheless is left in peace.
    pub(super) late: bool,
    pub(super) record: JobRecord,
}

/// The steps of a job, or those of a composite action.
pub(super) struct Frame {
    pub(super) scope: Scope,
    pub(super) action: Option<PathBuf>,
    /// What the step that uses the action sets in the environment.
    pub(super) env: BTreeMap<String, String>,
}

/// How a step came out.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) outputs: Map<String, Value>,
}

impl Machine<'_, '_> {
    /// Whether the job was cancelled.
    pub(super) fn is_cancelled(&self) -> bool {
        self.run.control.is_cancelled() && !self.late
    }

    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.join("workspace")
    }

    pub(super) fn temp(&self) -> PathBuf {
        self.folder.join("temp")
    }

    /// Runs steps, and gives how it stands after them.
    pub(super) fn run_steps(&mut self, frame: &mut Frame, steps: &[Step]) -> Outcome {
        frame.scope.set("steps", declared(steps));
        let mut outcome = Outcome::Success;
        for step in steps {
            if self.run.control.is_lost() {
                return Outcome::Failure;
            }
            let (ended, conclusion) = self.take_turn(frame, step, outcome);
            // A cancellation outweighs the rest.
            if conclusion == Outcome::Cancelled || (conclusion == Outcome::Failure && outcome == Outcome::Success) {
                outcome = conclusion;
            }
            let Some(id) = &step.id else { continue };
            let steps = frame.scope.contexts.get_mut("steps").and_then(Value::as_object_mut).expect("set above");
            let ended =
                json!({ "outcome": ended.outcome.word(), "conclusion": conclusion.word(), "outputs": ended.outputs });
            steps.insert(id.clone(), ended);
        }
        outcome
    }

    fn take_turn(&mut self, frame: &mut Frame, step: &Step, before: Outcome) -> (Ended, Outcome) {
        let name = step.name.clone().or_else(|| step.uses.clone()).unwrap_or_else(|| "a step".to_owned());
        let fails = |why: String| -> ! { panic!("step `{name}`: {why}") };
        frame.scope.status = if self.is_cancelled() { Status::Cancelled } else { before.status() };
        let mut env = self.env.clone();
        env.extend(frame.env.clone());
        frame.scope.set("env", json!(env));
        let own = texts(&frame.scope, &step.env).unwrap_or_else(|why| fails(why));
        env.extend(own.clone());
        frame.scope.set("env", json!(env));
        if !frame.scope.holds(step.r#if.as_ref()).unwrap_or_else(|why| fails(why)) {
            self.record.steps.push(StepRecord { name, outcome: Outcome::Skipped, ..StepRecord::default() });
            return (Ended { outcome: Outcome::Skipped, outputs: Map::new() }, Outcome::Skipped);
        }
        let with = texts(&frame.scope, &step.with).unwrap_or_else(|why| fails(why));
        let mut ended = match (&step.run, &step.uses) {
            (Some(run), None) => {
                let run = frame.scope.text(&Value::String(run.clone())).unwrap_or_else(|why| fails(why));
                self.run_script(frame, step, &name, &run, &env)
            }
            (None, Some(uses)) => match self.run.hub.local(uses, &self.workspace()) {
                Some(folder) => {
                    own.into_iter().for_each(|(key, value)| drop(frame.env.insert(key, value)));
                    self.run_composite(frame, &folder, with)
                }
                None => {
                    let (ended, log) = builtin::call(self, uses, &with);
                    self.record.steps.push(StepRecord {
                        name: name.clone(),
                        outcome: ended.outcome,
                        log,
                        ..StepRecord::default()
                    });
                    ended
                }
            },
            _ => fails("it has to have either `run` or `uses`".to_owned()),
        };
        if self.is_cancelled() && frame.scope.status != Status::Cancelled {
            ended.outcome = Outcome::Cancelled;
        }
        let forgiven = step
            .continue_on_error
            .as_ref()
            .is_some_and(|value| truthy(&frame.scope.expand(value).unwrap_or_else(|why| fails(why))));
        let conclusion = if forgiven && ended.outcome == Outcome::Failure { Outcome::Success } else { ended.outcome };
        (ended, conclusion)
    }

    fn run_composite(&mut self, caller: &Frame, folder: &Path, mut with: BTreeMap<String, String>) -> Ended {
        let action: Action = load(&folder.join("action.yml"));
        assert_eq!(action.runs.using, "composite", "{}", folder.display());
        let mut inputs = Map::new();
        let mut github = caller.scope.contexts["github"].clone();
        github["action_path"] = json!(folder);
        github["action_repository"] = json!("their/git-spread-cron");
        let defaults = Scope::new(["github", "runner", "env"].map(|name| (name, caller.scope.contexts[name].clone())));
        for (name, input) in &action.inputs {
            let given = with.remove(name);
            assert!(given.is_some() || !input.required, "{} needs the input {name}", folder.display());
            let value = given.unwrap_or_else(|| defaults.text(&input.default).unwrap_or_else(|why| panic!("{why}")));
            inputs.insert(name.clone(), Value::String(value));
        }
        assert!(with.is_empty(), "{} has no inputs {with:?}", folder.display());
        // No secrets, and nothing else of the caller that a composite does not see.
        let seen = ["runner", "job", "strategy", "matrix", "env"].into_iter();
        let seen = seen.filter_map(|name| Some((name, caller.scope.contexts.get(name)?.clone())));
        let own = [("github", github), ("inputs", Value::Object(inputs))];
        let scope = Scope::new(seen.chain(own));
        let mut frame = Frame { scope, action: Some(folder.to_owned()), env: caller.env.clone() };
        let outcome = self.run_steps(&mut frame, &action.runs.steps);
        let outputs = action.outputs.iter().map(|(name, output)| {
            let value = frame.scope.text(&output.value).unwrap_or_else(|why| panic!("output {name}: {why}"));
            (name.clone(), Value::String(value))
        });
        Ended { outcome, outputs: outputs.collect() }
    }
}

/// The values of a mapping as texts.
pub(super) fn texts(scope: &Scope, values: &Values) -> Result<BTreeMap<String, String>, String> {
    values.iter().map(|(name, value)| Ok((name.clone(), scope.text(value)?))).collect()
}

/// Each step that has an id, before anything is known of it.
fn declared(steps: &[Step]) -> Value {
    let ids = steps.iter().filter_map(|step| step.id.clone());
    let steps: Map<_, _> = ids.map(|id| (id, json!({ "outputs": {} }))).collect();
    Value::Object(steps)
}

/// Everything that lies under a folder, by path.
pub(crate) fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|err| panic!("{}: {err}", folder.display())).flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
