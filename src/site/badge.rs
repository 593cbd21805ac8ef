//! Badges: an SVG, and the document that shields.io takes for an endpoint badge. Pure.

use askama::Template;
use serde::Serialize;

use super::data::{Mark, SiteResource, World};

#[derive(Template)]
#[template(path = "badge.svg", escape = "html")]
struct Svg<'a> {
    label: &'a str,
    text: &'a str,
    left: usize,
    right: usize,
    colour: &'static str,
}

/// The document of an endpoint badge, with the names that shields.io gave its fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Endpoint<'a> {
    schema_version: u32,
    label: &'a str,
    message: &'a str,
    color: &'static str,
}

/// What a badge says.
pub(super) struct Badge {
    label: String,
    text: String,
    mark: Mark,
}

impl Badge {
    /// Of one resource.
    pub(super) fn of(resource: &SiteResource) -> Self {
        let mark = resource.mark();
        Badge { label: resource.name.clone(), text: mark.label().to_owned(), mark }
    }

    /// Of all resources.
    pub(super) fn of_all(world: &World, title: &str) -> Self {
        let marks = || world.resources.iter().map(SiteResource::mark);
        let bad = marks().filter(|mark| mark.needs_attention()).count();
        let text = match bad {
            0 => "all is well".to_owned(),
            1 => "1 needs attention".to_owned(),
            bad => format!("{bad} need attention"),
        };
        let mark = marks().filter(|mark| mark.needs_attention()).max().unwrap_or(Mark::Passed);
        Badge { label: title.to_owned(), text, mark }
    }

    pub(super) fn svg(&self) -> String {
        // About the width of a letter in Verdana 11; the text is stretched to fit.
        let width = |text: &str| 12 + 13 * text.chars().count() / 2;
        let (left, right) = (width(&self.label), width(&self.text));
        let svg = Svg { label: &self.label, text: &self.text, left, right, colour: colour(self.mark) };
        svg.render().expect("writing to a string does not fail")
    }

    pub(super) fn json(&self) -> String {
        let endpoint =
            Endpoint { schema_version: 1, label: &self.label, message: &self.text, color: colour(self.mark) };
        crate::core::documents::json(&endpoint) + "\n"
    }
}

fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Passed => "#2b7f54",
        Mark::Failed | Mark::Unreadable => "#c62a2f",
        Mark::Flaky | Mark::CouldNotRun => "#8f5300",
        Mark::Waiting | Mark::Manual | Mark::NotLaunched => "#60646c",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::data::Failing;

    #[test]
    fn badges_say_the_state() {
        let failing = Some(Failing { since: 0, reason: "x".into() });
        let resource = SiteResource { name: "a&b".into(), failing, ..SiteResource::default() };
        let world = World { resources: vec![resource], polled: None };
        let one = Badge::of(&world.resources[0]);
        assert!(one.svg().contains("aria-label=\"a&#38;b: cannot be read\""), "{}", one.svg());
        assert_eq!(
            Badge::of_all(&world, "snapd").json(),
            "{\"schemaVersion\":1,\"label\":\"snapd\",\"message\":\"1 needs attention\",\"color\":\"#c62a2f\"}\n"
        );
        assert!(Badge::of_all(&World::default(), "x").json().contains("all is well"));
    }
}
