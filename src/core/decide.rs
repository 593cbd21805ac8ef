//! The heart: what a poll does about one resource, from what history says and what the extractor saw.

use gix::bstr::BStr;

use super::message::Message;
use super::rewording::Rewording;
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

/// What a poll does about a resource whose message was reworded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRewording {
    /// It fails, so that no history is left behind in silence.
    Refuse,
    /// Its present value is recorded as the first one.
    BeginAnew,
}

/// Whether a resource without a recorded value may get a first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    Allowed,
    Reworded(Rewording),
}

/// Looks at the subjects of the state commits that this program made on the branch, newest first, where neither the
/// message nor the `message_pattern` matches any.
pub(crate) fn beginning<'a>(
    message: &Message,
    message_pattern: &str,
    ours: impl IntoIterator<Item = &'a BStr>,
    on_rewording: OnRewording,
) -> Beginning {
    match (Rewording::new(message, message_pattern, ours), on_rewording) {
        (None, OnRewording::Refuse | OnRewording::BeginAnew) | (Some(_), OnRewording::BeginAnew) => Beginning::Allowed,
        (Some(rewording), OnRewording::Refuse) => Beginning::Reworded(rewording),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::MessagePattern;
    use crate::core::options::{Key, Options};
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

    /// What was recorded under another message has to be found by the pattern that is proposed, as the options hold it.
    #[test]
    fn a_reworded_message_is_refused_with_a_pattern_that_finds_all() {
        // The present message, the pattern of the options, and the subjects of our state commits.
        let cases: [(&str, &str, &[&str]); 9] = [
            ("New amd64 core snap in beta channel", "", &["New OS snap in beta channel (549)"]),
            ("New snap", "", &["Neuer Snap (5)", "New thing (4)", "Neuer Snap (3)"]),
            ("New snap (amd64)", "", &["New snap (5)"]),
            ("New snap", "", &["New snap (amd64) (5)"]),
            ("a.b*c [x] $HOME `id`", "", &["it's (1)"]),
            ("New \"edge\" ", "", &["New edge (2.0 (beta))"]),
            ("New c", "New (a|b|c)", &["Old a (1)"]),
            ("Neu: \u{fc}ber", "", &["New: \u{fc}ber (\u{fc})"]),
            ("e", "", &["a (1)", "b (1)", "c (1)", "d (1)", "older (1)"]),
        ];
        for (message, pattern, subjects) in cases {
            let message = Message::new(message.as_bytes()).unwrap();
            let ours = || subjects.iter().map(|subject| BStr::new(*subject));
            assert_eq!(beginning(&message, pattern, ours(), OnRewording::BeginAnew), Beginning::Allowed);
            let Beginning::Reworded(rewording) = beginning(&message, pattern, ours(), OnRewording::Refuse) else {
                panic!("{message:?} is not refused");
            };
            let line = rewording.pattern.unwrap_or_else(|| panic!("no pattern for {message:?}"));
            let options = Options::parse(line.as_bytes());
            let written = std::str::from_utf8(options.known(Key::MessagePattern).unwrap()).unwrap();
            let mended = MessagePattern::regex(written).unwrap();
            assert!(mended.finds_values_of(&message), "{line} does not find {message:?}");
            for subject in subjects.iter().take(4) {
                let value = mended.value_in(subject.as_bytes());
                assert!(value.is_some_and(|value| !value.is_empty()), "{line} does not find {subject:?}");
            }
        }
    }

    #[test]
    fn without_state_commits_of_ours_there_is_nothing_to_refuse() {
        let message = Message::new(b"New snap").unwrap();
        for on_rewording in [OnRewording::Refuse, OnRewording::BeginAnew] {
            assert_eq!(beginning(&message, "", [], on_rewording), Beginning::Allowed);
        }
    }
}
