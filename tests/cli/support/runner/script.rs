//! A step with `run:`: the process, its environment, and what it leaves in the files of the runner.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rustix::process::Pid;
use serde_json::{Map, Value, json};

use super::machine::{Ended, Frame, Machine};
use super::record::{Outcome, StepRecord};
use super::yaml::Step;
use crate::support::actions::{ActionsLog, read_command_file};

/// GitHub drops a longer summary.
const SUMMARY_LIMIT: usize = 1024 * 1024;

/// The files that a step writes for the runner.
const FILES: [&str; 5] = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];

impl Machine<'_, '_> {
    pub(super) fn run_script(
        &mut self,
        frame: &Frame,
        step: &Step,
        name: &str,
        text: &str,
        env: &BTreeMap<String, String>,
    ) -> Ended {
        let number = self.record.steps.len();
        let file = |name: &str| self.temp().join(format!("_runner_file_commands/{name}_{number}"));
        for name in FILES {
            fs::write(file(name), "").expect("the sandbox is writable");
        }
        let script = self.temp().join(format!("{number}.sh"));
        fs::write(&script, text).expect("the sandbox is writable");
        let mut command = match step.shell.as_deref() {
            Some("bash") => bash(&["--noprofile", "--norc", "-eo", "pipefail"]),
            // Only jobs may leave it out, not composite actions.
            None if frame.action.is_none() => bash(&["-e"]),
            shell => panic!("step `{name}`: the shell {shell:?} is not played here"),
        };
        let folder =
            step.working_directory.as_ref().map(|folder| frame.scope.text(folder).expect("it can be evaluated"));
        command.arg(&script).current_dir(self.workspace().join(folder.unwrap_or_default())).env_clear().envs(env);
        command.envs(self.defaults(frame)).envs(FILES.map(|name| (name, file(name))));
        let (out, err) = (self.folder.join(format!("{number}.out")), self.folder.join(format!("{number}.err")));
        let create = |path: &PathBuf| Stdio::from(File::create(path).expect("the sandbox is writable"));
        let given = command.get_envs().map(|(key, value)| (key, value.unwrap_or_default()));
        let environment = given
            .map(|(key, value)| (key.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect();
        let mut child =
            command.stdin(Stdio::null()).stdout(create(&out)).stderr(create(&err)).spawn().expect("bash is there");
        let (control, entry) = (&self.run.control, Pid::from_child(&child));
        control.begin(entry);
        let (status, hung) = std::thread::scope(|scope| {
            let guard = scope.spawn(|| control.guard(entry));
            let status = child.wait().expect("it is our child");
            control.end();
            (status, guard.join().expect("a guard does not panic"))
        });
        if hung {
            self.kill_orphans();
        }

        let read = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).expect("it was made above")).into_owned();
        let mut record = StepRecord { name: name.to_owned(), environment, ..StepRecord::default() };
        let (out, err) = (read(&out), read(&err));
        // The runner reads the two streams side by side: nothing that is said in one holds the runner back in the other.
        record.commands = [&out, &err].into_iter().flat_map(|log| ActionsLog::read(log).executed).collect();
        record.log = out + &err;
        assert!(!hung, "step `{name}` hangs\n{}", record.log);
        record.summary = read(&file("GITHUB_STEP_SUMMARY"));
        if record.summary.len() > SUMMARY_LIMIT {
            record.errors.push("the summary is too long, and dropped".to_owned());
            record.summary.clear();
        }
        let mut outputs = Map::new();
        let written = [read(&file("GITHUB_OUTPUT")), read(&file("GITHUB_ENV")), read(&file("GITHUB_PATH"))];
        let understood = self.take_in(&mut record, &mut outputs, &written);
        record.errors.extend(understood.err());
        record.outcome = if status.success() && record.errors.is_empty() { Outcome::Success } else { Outcome::Failure };
        record.exit = status.code();
        record.outputs = outputs.clone();
        let outcome = record.outcome;
        self.record.steps.push(record);
        Ended { outcome, outputs }
    }

    /// What a step says to the runner.
    fn take_in(
        &mut self,
        record: &mut StepRecord,
        outputs: &mut Map<String, Value>,
        [output, env, path]: &[String; 3],
    ) -> Result<(), String> {
        for command in &record.commands {
            match command.name.as_str() {
                "add-mask" => self.masks.push(command.data.clone()),
                "set-output" => {
                    let name = command.properties.get("name").cloned().unwrap_or_default();
                    outputs.insert(name, Value::String(command.data.clone()));
                }
                "set-env" | "add-path" => return Err(format!("the command {} is not enabled", command.name)),
                _ => {}
            }
        }
        outputs.extend(read_command_file(output).into_iter().map(|(name, value)| (name, Value::String(value))));
        let reserved =
            |name: &str| name.starts_with("GITHUB_") || name.starts_with("RUNNER_") || name == "NODE_OPTIONS";
        self.env.extend(read_command_file(env).into_iter().filter(|(name, _)| !reserved(name)));
        path.lines().filter(|line| !line.is_empty()).for_each(|line| self.path.insert(0, line.into()));
        Ok(())
    }

    /// What the runner sets in the environment of every step.
    fn defaults(&self, frame: &Frame) -> Vec<(String, String)> {
        let mut defaults = self.run.hub.machine_environment(&self.path);
        let mut set = |name: &str, value: String| defaults.push((name.to_owned(), value));
        set("RUNNER_TEMP", self.temp().display().to_string());
        // No test waits for a network that is to fail.
        set("SPREAD_CRON_PAUSE", "0".to_owned());
        set("RUNNER_TRACKING_ID", self.tracking());
        set("GITHUB_WORKSPACE", self.workspace().display().to_string());
        let Value::Object(github) = &frame.scope.contexts["github"] else { panic!("it is an object") };
        for (name, value) in github {
            // The token is no variable, unless a step makes it one; that of the repository is empty in composite actions.
            let Value::String(value) = value else { continue };
            if !["token", "workspace", "action_repository"].contains(&name.as_str()) {
                set(&format!("GITHUB_{}", name.to_uppercase()), value.clone());
            }
        }
        defaults
    }

    pub(super) fn tracking(&self) -> String {
        format!("github_{}", self.folder.display())
    }

    /// Ends whatever the steps left running.
    pub(super) fn kill_orphans(&self) {
        let marker = format!("RUNNER_TRACKING_ID={}", self.tracking());
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let id = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
            let Some(id) = id.and_then(Pid::from_raw) else { continue };
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes()) {
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
        }
    }

    /// The context `github` of this job.
    pub(super) fn github(&self, job: &str) -> Value {
        let mut github = self.run.github();
        github["job"] = json!(job);
        github["token"] = json!(self.token);
        github["workspace"] = json!(self.workspace());
        github
    }
}

fn bash(options: &[&str]) -> Command {
    let mut command = Command::new("bash");
    command.args(options);
    command
}
