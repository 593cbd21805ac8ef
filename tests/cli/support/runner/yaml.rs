//! The files: `action.yml` and workflows, as types. A key that is unknown, or that is not played here, is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) type Values = BTreeMap<String, Value>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Action {
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, Input>,
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Output>,
    /// How the Marketplace shows the action at the root.
    #[serde(default)]
    pub(crate) branding: BTreeMap<String, String>,
    pub(crate) runs: Runs,
}

/// An input of an action, or an input or a secret of a workflow that is called.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Input {
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) required: bool,
    #[serde(default)]
    pub(crate) default: Value,
    #[serde(default)]
    pub(crate) r#type: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Runs {
    pub(crate) using: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Step {
    #[serde(default)]
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) r#if: Option<Value>,
    #[serde(default)]
    pub(crate) uses: Option<String>,
    #[serde(default)]
    pub(crate) run: Option<String>,
    #[serde(default)]
    pub(crate) shell: Option<String>,
    #[serde(default)]
    pub(crate) with: Values,
    #[serde(default)]
    pub(crate) env: Values,
    #[serde(default)]
    pub(crate) working_directory: Option<Value>,
    #[serde(default)]
    pub(crate) continue_on_error: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Workflow {
    #[serde(default)]
    pub(crate) name: Option<String>,
    pub(crate) on: Value,
    #[serde(default)]
    pub(crate) permissions: Option<Permissions>,
    #[serde(default)]
    pub(crate) env: Values,
    #[serde(default)]
    pub(crate) concurrency: Option<Concurrency>,
    pub(crate) jobs: BTreeMap<String, Job>,
}

/// What `on: workflow_call` says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, Input>,
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, Input>,
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Output>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Job {
    #[serde(default)]
    pub(crate) name: Option<Value>,
    #[serde(default)]
    pub(crate) needs: Option<OneOrMany>,
    #[serde(default)]
    pub(crate) r#if: Option<Value>,
    #[serde(default)]
    pub(crate) runs_on: Option<Value>,
    #[serde(default)]
    pub(crate) permissions: Option<Permissions>,
    #[serde(default)]
    pub(crate) env: Values,
    #[serde(default)]
    pub(crate) outputs: Values,
    #[serde(default)]
    pub(crate) strategy: Option<Strategy>,
    #[serde(default)]
    pub(crate) concurrency: Option<Concurrency>,
    #[serde(default)]
    pub(crate) timeout_minutes: Option<Value>,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    pub(crate) uses: Option<String>,
    #[serde(default)]
    pub(crate) with: Values,
    #[serde(default)]
    pub(crate) secrets: Option<Secrets>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn list(this: Option<&Self>) -> Vec<String> {
        match this {
            None => Vec::new(),
            Some(OneOrMany::One(name)) => vec![name.clone()],
            Some(OneOrMany::Many(names)) => names.clone(),
        }
    }
}

/// What the token of a job may do: `read-all` and the like, or a level for each scope, `none` for all others.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Permissions {
    All(String),
    Scopes(BTreeMap<String, String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Secrets {
    Inherit(String),
    Some(Values),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Strategy {
    pub(crate) matrix: Value,
    #[serde(default)]
    pub(crate) fail_fast: Option<Value>,
    #[serde(default)]
    pub(crate) max_parallel: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Concurrency {
    Group(String),
    Full(Group),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Group {
    pub(crate) group: Value,
    #[serde(default)]
    pub(crate) queue: Option<String>,
    #[serde(default)]
    pub(crate) cancel_in_progress: Option<Value>,
}

/// Reads a text.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    // `on` is a key of workflows, and in GitHub's YAML no truth value.
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|err| err.to_string())
}

/// Reads a file.
#[track_caller]
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    parse(&text).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

impl Workflow {
    /// What it says of being called, if it can be.
    pub(crate) fn call(&self) -> Option<Call> {
        let call = self.on.get("workflow_call")?;
        let call = if call.is_null() { Value::Object(serde_json::Map::new()) } else { call.clone() };
        Some(serde_json::from_value(call).unwrap_or_else(|err| panic!("workflow_call: {err}")))
    }
}
