//! Which failures of resources are a failure of the poll.

use super::documents::Outcome;

/// What `--fail-on` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailOn {
    Any,
    All,
    None,
}

impl FailOn {
    pub(crate) const ALL: [FailOn; 3] = [FailOn::Any, FailOn::All, FailOn::None];

    /// Its name in arguments.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FailOn::Any => "any",
            FailOn::All => "all",
            FailOn::None => "none",
        }
    }

    /// What it means, for help texts.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            FailOn::Any => "At least one resource failed",
            FailOn::All => "Every resource that was polled failed",
            FailOn::None => "Never: they are only reported",
        }
    }

    /// Whether a poll with these outcomes failed.
    pub(crate) fn is_failure(self, outcomes: impl IntoIterator<Item = Outcome>) -> bool {
        let (mut failed, mut fine) = (0, 0);
        for outcome in outcomes {
            match outcome {
                Outcome::Failed => failed += 1,
                Outcome::First | Outcome::Changed | Outcome::Unchanged | Outcome::NoValue => fine += 1,
                // It was not looked at.
                Outcome::Manual | Outcome::Paused => {}
            }
        }
        match self {
            FailOn::Any => failed > 0,
            FailOn::All => failed > 0 && fine == 0,
            FailOn::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_a_poll() {
        use Outcome::{Changed, Failed, First, Manual, NoValue, Unchanged};
        let cases: [(&[Outcome], [bool; 3]); 9] = [
            (&[], [false, false, false]),
            (&[Manual], [false, false, false]),
            (&[Unchanged, NoValue], [false, false, false]),
            (&[Failed], [true, true, false]),
            (&[Failed, Failed, Manual], [true, true, false]),
            (&[Failed, Unchanged], [true, false, false]),
            (&[Failed, NoValue], [true, false, false]),
            (&[Changed, Failed], [true, false, false]),
            (&[First, Failed, Failed], [true, false, false]),
        ];
        for (outcomes, expected) in cases {
            let found = FailOn::ALL.map(|fail_on| fail_on.is_failure(outcomes.iter().copied()));
            assert_eq!(found, expected, "{outcomes:?}");
        }
    }
}
