//! One job of a workflow run: a machine with steps, or the call of another workflow.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Map, Value, json};

use super::expression::Scope;
use super::hub::{Hub, context};
use super::machine::{Frame, Machine, texts};
use super::permissions::Grant;
use super::record::{JobRecord, Outcome};
use super::workflow_run::WorkflowRun;
use super::yaml::{Call, Input, Job, Secrets, Workflow, load};

/// The outputs of a job may be this long, in UTF-16.
const OUTPUT_LIMIT: usize = 1024 * 1024 / 2;

/// The caller of a workflow, and its inputs.
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) inputs: Value,
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) grant: Grant,
}

impl Caller {
    pub(super) fn name_of(&self, job: &str) -> String {
        if self.name.is_empty() { job.to_owned() } else { format!("{} / {job}", self.name) }
    }
}

/// A job that is about to run.
pub(super) struct Run<'w> {
    pub(super) workflow: &'w Workflow,
    pub(super) id: &'w str,
    pub(super) job: &'w Job,
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) caller: &'w Caller,
}

impl<'h> WorkflowRun<'h> {
    pub(super) fn run_job(&self, it: Run<'_>) -> (Outcome, Map<String, Value>) {
        let fails = |why: String| -> ! { panic!("job {}: {why}", it.name) };
        let asked = it.caller.grant.narrow(it.workflow.permissions.as_ref(), it.job.permissions.as_ref());
        let grant = asked.unwrap_or_else(|why| fails(why));
        if let Some(uses) = &it.job.uses {
            return self.call(&it, uses, grant).unwrap_or_else(|why| fails(why));
        }
        for value in it.job.runs_on.iter().chain(&it.job.timeout_minutes) {
            let value = it.scope.expand(value).unwrap_or_else(|why| fails(why));
            assert!(super::coercion::truthy(&value), "{}: {value}", it.name);
        }
        assert!(it.job.runs_on.is_some(), "{} has no runs-on", it.name);
        self.on_a_machine(&it, grant).unwrap_or_else(|why| fails(why))
    }

    fn on_a_machine(&self, it: &Run<'_>, grant: Grant) -> Result<(Outcome, Map<String, Value>), String> {
        self.control.replace_runner();
        let number = self.hub.next();
        let token = format!("ghs_{number}x{}", "s3cr3t".repeat(3));
        let folder = self.hub.sandbox.path(format!("jobs/{number}"));
        for folder in ["workspace", "temp/_runner_file_commands"].map(|name| folder.join(name)) {
            fs::create_dir_all(folder).expect("the sandbox is writable");
        }
        let record = JobRecord {
            name: it.name.clone(),
            permissions: grant.scopes().clone(),
            token: token.clone(),
            folder: folder.clone(),
            ..JobRecord::default()
        };
        // Each line of a secret is one, too.
        let lines = it.caller.secrets.values().flat_map(|secret| secret.lines());
        let masks = lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).chain([token.clone()]).collect();
        let late = self.control.is_cancelled();
        let mut machine = Machine {
            run: self,
            folder,
            env: BTreeMap::new(),
            path: Vec::new(),
            masks,
            token: token.clone(),
            late,
            record,
        };
        let mut scope = it.scope.clone();
        scope.set("github", machine.github(it.id));
        scope.set("secrets", context(&it.caller.secrets, &token));
        scope.set("env", json!({}));
        machine.env = texts(&scope, &it.workflow.env)?;
        scope.set("env", json!(machine.env));
        let own = texts(&scope, &it.job.env)?;
        machine.env.extend(own);
        scope.set("env", json!(machine.env));
        scope.set("job", json!({ "status": "success" }));
        scope.set("runner", json!({ "os": "Linux", "arch": "X64", "temp": machine.temp(), "name": "stand-in" }));
        if grant.may_read_contents() {
            self.hub.admit(&token, grant.may_write_contents());
        }
        let mut frame = Frame { scope, action: None, env: BTreeMap::new() };
        let mut outcome = machine.run_steps(&mut frame, &it.job.steps);
        self.hub.dismiss(&token);
        if self.control.is_lost() || machine.is_cancelled() {
            machine.kill_orphans();
        }
        if self.control.is_lost() {
            machine.record.outcome = Outcome::Failure;
            self.keep(machine.record);
            return Ok((Outcome::Failure, Map::new()));
        }
        if machine.is_cancelled() && outcome == Outcome::Success {
            outcome = Outcome::Cancelled;
        }
        let mut outputs = Map::new();
        for (name, value) in texts(&frame.scope, &it.job.outputs)? {
            if machine.masks.iter().any(|mask| value.contains(mask.as_str())) {
                machine.record.dropped.push(name);
            } else {
                outputs.insert(name, Value::String(value));
            }
        }
        let length: usize = outputs.values().filter_map(Value::as_str).map(|text| text.encode_utf16().count()).sum();
        if length > OUTPUT_LIMIT {
            machine.record.error = Some(format!("the outputs are {length} units long"));
            (outcome, outputs) = (Outcome::Failure, Map::new());
        }
        machine.record.outcome = outcome;
        machine.record.outputs = outputs.clone();
        self.keep(machine.record);
        Ok((outcome, outputs))
    }

    /// Calls another workflow.
    fn call(&self, it: &Run<'_>, uses: &str, grant: Grant) -> Result<(Outcome, Map<String, Value>), String> {
        let file = self.hub.local(uses, Hub::project()).ok_or_else(|| format!("{uses} is not known"))?;
        let workflow: Workflow = load(&file);
        let call = workflow.call().ok_or_else(|| format!("{uses} cannot be called"))?;
        let given = it.job.with.iter().map(|(name, value)| Ok((name.clone(), it.scope.expand(value)?)));
        let inputs = inputs(&call, given.collect::<Result<_, String>>()?, &it.scope)?;
        let secrets = match &it.job.secrets {
            None => BTreeMap::new(),
            Some(Secrets::Inherit(word)) if word == "inherit" => it.caller.secrets.clone(),
            Some(Secrets::Inherit(word)) => return Err(format!("secrets: {word}")),
            Some(Secrets::Some(values)) => {
                let mut scope = it.scope.clone();
                scope.set("secrets", context(&it.caller.secrets, "a token"));
                texts(&scope, values)?
            }
        };
        for name in secrets.keys() {
            if !call.secrets.contains_key(name) && !matches!(it.job.secrets, Some(Secrets::Inherit(_))) {
                return Err(format!("{uses} has no secret {name}"));
            }
        }
        let lacking = call.secrets.iter().find(|(name, secret)| secret.required && !secrets.contains_key(*name));
        if let Some((name, _)) = lacking {
            return Err(format!("{uses} needs the secret {name}"));
        }
        let secrets = secrets.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let caller = Caller { name: it.name.clone(), inputs, secrets, grant };
        let (outcome, jobs) = self.run_workflow(&workflow, &caller);
        let scope = Scope::new([("github", self.github()), ("inputs", caller.inputs), ("jobs", jobs)]);
        let outputs = call.outputs.iter().map(|(name, output)| Ok((name.clone(), scope.expand(&output.value)?)));
        Ok((outcome, outputs.collect::<Result<_, String>>()?))
    }
}

/// The inputs of a workflow that is called, which have to be of their types.
fn inputs(call: &Call, mut given: BTreeMap<String, Value>, scope: &Scope) -> Result<Value, String> {
    let mut inputs = Map::new();
    for (name, input) in &call.inputs {
        let value = match given.remove(name) {
            Some(value) => of_type(input, value).map_err(|why| format!("input {name}: {why}"))?,
            None if input.required => return Err(format!("the input {name} is missing")),
            None => scope.expand(&input.default)?,
        };
        inputs.insert(name.clone(), value);
    }
    match given.keys().next() {
        None => Ok(Value::Object(inputs)),
        Some(name) => Err(format!("there is no input {name}")),
    }
}

fn of_type(input: &Input, value: Value) -> Result<Value, String> {
    let fits = match input.r#type.as_deref() {
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("string") => return Ok(Value::String(super::coercion::text(&value))),
        other => return Err(format!("the type {other:?}")),
    };
    if fits { Ok(value) } else { Err(format!("{value} is not of its type")) }
}
