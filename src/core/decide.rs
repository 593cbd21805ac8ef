//! The heart: what a poll does about one resource, from what history says and what the extractor saw.

use super::value::{Observation, Value};

/// What has to be done about a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing was recorded before: record the present value as the first.
    RecordFirst(Value),
    /// The value is not the recorded one: record it.
    RecordChange(Value),
    /// The value is the recorded one.
    KeepRecorded,
    /// The extractor has nothing to report yet.
    NothingToReport,
}

/// Compares the value that history holds with the one that was observed.
pub(crate) fn decide(recorded: Option<&str>, observation: &Observation) -> Decision {
    match (recorded, observation) {
        (_, Observation::NoValue) => Decision::NothingToReport,
        (None, Observation::Value(value)) => Decision::RecordFirst(value.clone()),
        (Some(old), Observation::Value(value)) if old == value.as_str() => Decision::KeepRecorded,
        (Some(_), Observation::Value(value)) => Decision::RecordChange(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::value::observe;

    #[test]
    fn every_case() {
        let five = observe(b"5").unwrap();
        let Observation::Value(value) = five.clone() else { panic!("5 is a value") };
        let cases = [
            (None, &five, Decision::RecordFirst(value.clone())),
            (Some("5"), &five, Decision::KeepRecorded),
            (Some("4"), &five, Decision::RecordChange(value.clone())),
            (Some("5 "), &five, Decision::RecordChange(value.clone())),
            (Some(""), &five, Decision::RecordChange(value)),
            (None, &Observation::NoValue, Decision::NothingToReport),
            (Some("5"), &Observation::NoValue, Decision::NothingToReport),
        ];
        for (recorded, observation, expected) in cases {
            assert_eq!(decide(recorded, observation), expected, "{recorded:?} {observation:?}");
        }
    }
}
