//! How many launches fit into the matrix of one job.

use super::{MAX_OUTPUT, units};
use crate::core::documents::{Matrix, MatrixEntry, PendingState, json};

/// The most jobs that GitHub makes of one matrix.
pub(crate) const MAX_JOBS: usize = 256;

impl From<&PendingState> for MatrixEntry {
    fn from(state: &PendingState) -> Self {
        let PendingState { resource, slug, commit, value, message, .. } = state.clone();
        MatrixEntry { resource, slug, commit, value, message }
    }
}

/// Divides what is pending into what fits into one matrix and what has to wait for the next one, both in their order. One
/// that is too long by itself does not hold up the others.
pub(crate) fn fit(pending: &[PendingState]) -> (Vec<PendingState>, Vec<PendingState>) {
    let mut length = units(&json(&Matrix { include: Vec::new() }));
    let (mut launched, mut waiting) = (Vec::new(), Vec::new());
    for state in pending {
        let with_comma = units(&json(&MatrixEntry::from(state))) + 1;
        if launched.len() < MAX_JOBS && length + with_comma <= MAX_OUTPUT {
            length += with_comma;
            launched.push(state.clone());
        } else {
            waiting.push(state.clone());
        }
    }
    (launched, waiting)
}

/// The matrix of these launches.
pub(crate) fn matrix(launched: &[PendingState]) -> Matrix {
    Matrix { include: launched.iter().map(MatrixEntry::from).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(name: usize, message: &str) -> PendingState {
        PendingState {
            resource: format!("r{name}"),
            slug: format!("r{name}"),
            commit: "1".repeat(40),
            value: "5".to_owned(),
            message: message.to_owned(),
            recorded_at: String::new(),
            attempts: 0,
        }
    }

    #[test]
    fn what_fits_into_a_matrix() {
        let long = "😀".repeat(1000);
        let endless = "x".repeat(MAX_OUTPUT);
        for (what, pending, expected) in [
            ("nothing", vec![], 0),
            ("few", (0..9).map(|n| state(n, "New")).collect(), 9),
            ("as many as there may be", (0..256).map(|n| state(n, "New")).collect(), 256),
            ("too many", (0..300).map(|n| state(n, "New")).collect(), 256),
            ("too long", (0..256).map(|n| state(n, &long)).collect::<Vec<_>>(), 189),
            ("one that never fits", vec![state(0, &endless), state(1, "New")], 1),
        ] {
            let (launched, waiting) = fit(&pending);
            assert_eq!(launched.len(), expected, "{what}");
            assert_eq!(launched.len() + waiting.len(), pending.len(), "{what}");
            let text = json(&matrix(&launched));
            assert!(units(&text) <= MAX_OUTPUT, "{what}: {}", units(&text));
            let number = |state: &PendingState| state.slug[1..].parse::<usize>().unwrap();
            assert!(launched.iter().is_sorted_by_key(number) && waiting.iter().is_sorted_by_key(number), "{what}");
        }
        let (launched, waiting) = fit(&[state(0, &endless), state(1, "New")]);
        assert_eq!((&*launched[0].resource, &*waiting[0].resource), ("r1", "r0"));
    }
}
