//! The functions of GitHub's expressions.

use serde_json::Value;

use super::coercion::{equal, text};
use super::expression::Status;

/// Calls a function by its name in lower case.
pub(crate) fn call(name: &str, arguments: &[Value], status: Status) -> Result<Value, String> {
    Ok(match (name, arguments) {
        ("success", []) => (status == Status::Success).into(),
        ("failure", []) => (status == Status::Failure).into(),
        ("cancelled", []) => (status == Status::Cancelled).into(),
        ("always", []) => true.into(),
        ("contains", [Value::Array(list), item]) => list.iter().any(|it| equal(it, item)).into(),
        ("contains", [all, part]) => lower(all).contains(&lower(part)).into(),
        ("startswith", [all, part]) => lower(all).starts_with(&lower(part)).into(),
        ("endswith", [all, part]) => lower(all).ends_with(&lower(part)).into(),
        ("format", [template, values @ ..]) => format(&text(template), values)?.into(),
        ("join", [list]) => join(list, ",").into(),
        ("join", [list, separator]) => join(list, &text(separator)).into(),
        ("tojson", [value]) => serde_json::to_string_pretty(value).map_err(|err| err.to_string())?.into(),
        ("fromjson", [value]) => {
            serde_json::from_str(&text(value)).map_err(|err| format!("fromJSON of {value}: {err}"))?
        }
        _ => return Err(format!("there is no function {name} with {} arguments", arguments.len())),
    })
}

fn lower(value: &Value) -> String {
    text(value).to_lowercase()
}

fn join(list: &Value, separator: &str) -> String {
    match list.as_array() {
        Some(list) => list.iter().map(text).collect::<Vec<_>>().join(separator),
        None => text(list),
    }
}

fn format(template: &str, values: &[Value]) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        filled += &rest[..at];
        let brace = &rest[at..at + 1];
        rest = &rest[at + 1..];
        if let Some(doubled) = rest.strip_prefix(brace) {
            filled += brace;
            rest = doubled;
        } else {
            let (number, after) = rest.split_once('}').ok_or("a brace without an end")?;
            let number: usize = number.parse().map_err(|_| format!("{{{number}}} is no number"))?;
            filled += &text(values.get(number).ok_or("more numbers than values")?);
            rest = after;
        }
    }
    Ok(filled + rest)
}
