//! The JSON schemas of the documents, from the types that are printed.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::core::documents::{
    CatalogReport, LaunchReport, LintReport, LogReport, PendingReport, PollReport, StatusReport,
};

/// What `--format json` of a command prints.
pub(super) struct Document {
    pub(super) command: &'static str,
    pub(super) schema: Value,
}

/// All documents, in the order in which the manual shows them.
pub(super) fn documents() -> [Document; 7] {
    [
        document::<PollReport>("poll"),
        document::<StatusReport>("status"),
        document::<LogReport>("log"),
        document::<LintReport>("lint"),
        document::<PendingReport>("pending"),
        document::<CatalogReport>("catalog"),
        document::<LaunchReport>("result"),
    ]
}

fn document<T: JsonSchema>(command: &'static str) -> Document {
    // What is printed, not what would be read: a field that may be null is there all the same.
    let settings = SchemaSettings::default().for_serialize();
    let generator = settings.with_transform(RecursiveTransform(require_what_was_always_there)).into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    schema["title"] = Value::from(match command {
        "result" => "result.json of git spread-cron run".to_owned(),
        _ => format!("git spread-cron {command} --format json"),
    });
    Document { command, schema }
}

/// A field with a default came later: a document of an older version does not have it, and fits all the same.
fn require_what_was_always_there(schema: &mut Schema) {
    let has_default =
        |properties: &Value, name: &Value| name.as_str().is_some_and(|name| properties[name].get("default").is_some());
    if let Some(properties) = schema.get("properties").cloned()
        && let Some(Value::Array(required)) = schema.get_mut("required")
    {
        required.retain(|name| !has_default(&properties, name));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for field in properties.values_mut().filter_map(Value::as_object_mut) {
            field.remove("default");
        }
    }
}

/// The fields of a document: `field`, `list[].field` and so on, with their types and what they mean.
pub(super) fn fields(schema: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    collect(schema, schema, "", &mut found);
    found
}

fn collect(root: &Value, object: &Value, prefix: &str, found: &mut Vec<(String, String, String)>) {
    // The properties are sorted by name; those that are required are in the order of the document, and come first.
    let required: Vec<&str> = object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let names = object["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    let later = names.map(String::as_str).filter(|name| !required.contains(name));
    for name in required.iter().copied().chain(later) {
        let field = &object["properties"][name];
        let path = format!("{prefix}{name}");
        let about = field["description"].as_str().unwrap_or_default().replace('\n', " ");
        let target = resolve(root, field);
        let or_null = if field["anyOf"].is_array() { " or null" } else { "" };
        found.push((path.clone(), kind(target) + or_null, about));
        if target["properties"].is_object() {
            collect(root, target, &format!("{path}."), found);
        }
        let items = resolve(root, &target["items"]);
        if items["properties"].is_object() {
            collect(root, items, &format!("{path}[]."), found);
        }
    }
}

/// Follows a reference to a shared definition, which may be that of something that can be null.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = schema["anyOf"].get(0).unwrap_or(schema);
    match schema["$ref"].as_str().and_then(|path| path.strip_prefix('#')) {
        Some(path) => root.pointer(path).expect("the schema has what it refers to"),
        None => schema,
    }
}

/// The type of a field, in words.
fn kind(schema: &Value) -> String {
    let names = words(schema);
    if !names.is_empty() {
        return names.join(", ");
    }
    let kind = &schema["type"];
    let several = kind.as_array().into_iter().flatten();
    several.chain([kind]).filter_map(Value::as_str).collect::<Vec<_>>().join(" or ")
}

/// The words that an enumeration allows.
fn words(schema: &Value) -> Vec<&str> {
    let branches = schema["oneOf"].as_array().into_iter().flatten();
    let listed = schema["enum"].as_array().into_iter().flatten();
    branches.map(|branch| &branch["const"]).chain(listed).filter_map(Value::as_str).collect()
}

#[test]
fn generated_schemas() {
    let files = documents().map(|Document { command, schema }| {
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        (format!("{command}.json"), text.into_bytes())
    });
    super::check_folder("docs/schema", BTreeMap::from(files));
}

#[test]
fn every_field_says_what_it_means() {
    for Document { command, schema } in documents() {
        let fields = fields(&schema);
        assert_eq!(fields[0].0, "version", "{command}: {fields:?}");
        assert!(fields.iter().all(|(_, kind, about)| !kind.is_empty() && !about.is_empty()), "{command}: {fields:?}");
    }
    let [poll, ..] = documents();
    let outcome = fields(&poll.schema).into_iter().find(|(path, ..)| path == "resources[].outcome").unwrap();
    assert_eq!(outcome.1, "first, changed, unchanged, no-value, manual, paused, failed");
}
