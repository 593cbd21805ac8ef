//! The matrix of a job.

use serde_json::{Map, Value};

use super::coercion::truthy;
use super::expression::Scope;
use super::yaml;

/// GitHub starts no more jobs than this from one matrix.
const LIMIT: usize = 256;

/// The legs of a job, by their context `matrix`.
pub(super) struct Strategy {
    pub(super) legs: Vec<Value>,
    pub(super) fail_fast: bool,
}

/// Takes the product of all lists, or the entries of `include`; both at once are not played here.
pub(super) fn combinations(strategy: Option<&yaml::Strategy>, scope: &Scope) -> Result<Strategy, String> {
    let Some(strategy) = strategy else { return Ok(Strategy { legs: vec![Value::Null], fail_fast: true }) };
    let fail_fast = strategy.fail_fast.as_ref().map_or(Ok(Value::Bool(true)), |value| scope.expand(value))?;
    if let Some(most) = &strategy.max_parallel {
        let most = scope.expand(most)?;
        let most = most.as_f64().ok_or_else(|| format!("max-parallel: {most} is no number"))?;
        assert!(most >= 1.0, "max-parallel: {most}");
    }
    let matrix = scope.expand(&strategy.matrix)?;
    let Value::Object(matrix) = matrix else { return Err(format!("the matrix is {matrix}")) };
    let mut legs = vec![Map::new()];
    for (name, list) in &matrix {
        let list = scope.expand(list)?;
        let list = list.as_array().filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| format!("Matrix vector '{name}' does not contain any values"))?;
        if name == "include" {
            assert_eq!(matrix.len(), 1, "include beside other lists is not played here");
            legs = list
                .iter()
                .map(|entry| entry.as_object().cloned().ok_or("an entry is no mapping"))
                .collect::<Result<_, _>>()?;
            continue;
        }
        let with = |leg: Map<String, Value>| {
            list.iter().map(move |item| {
                let mut leg = leg.clone();
                leg.insert(name.clone(), item.clone());
                leg
            })
        };
        legs = legs.into_iter().flat_map(with).collect();
    }
    if legs.len() > LIMIT {
        return Err(format!("the matrix has {} entries", legs.len()));
    }
    Ok(Strategy { legs: legs.into_iter().map(Value::Object).collect(), fail_fast: truthy(&fail_fast) })
}
