use super::*;
use crate::core::expression::Shape;

const RECIPE: &str = r##"# The revision of a snap in a channel
#
# Whatever else: there is to say.
#
# Source: the snap store,
#   api.snapcraft.io
# Not verified: nothing
#
# snap: its name
# channel: where it is published,
#   [TRACK/]RISK
#   matches ([a-z]+/)?(stable|edge)
# arch: the architecture
message="New {arch} {snap} snap in {channel}"

snap=
channel=""
arch="amd64"

program='.x[] | "y"'
pattern_extractor='curl "$snap" |
    jq "$program"'
"##;

fn given<const N: usize>(pairs: [(&str, &str); N]) -> Vec<Given> {
    pairs.map(|(name, text)| (name.to_owned(), Setting::Known(text.into()))).to_vec()
}

fn recipe() -> Recipe {
    Recipe::parse(RECIPE).unwrap()
}

#[test]
fn the_comment_says_what_a_recipe_is() {
    let recipe = recipe();
    assert_eq!(recipe.head.about, "The revision of a snap in a channel");
    assert_eq!(recipe.head.source.as_deref(), Some("the snap store, api.snapcraft.io"));
    assert_eq!(recipe.head.unverified.as_deref(), Some("nothing"));
    let parameters = recipe.head.parameters.iter();
    let parameters =
        parameters.map(|one| (one.name.as_str(), one.about.as_str(), one.shape.as_ref().map(Shape::as_str)));
    assert_eq!(
        parameters.collect::<Vec<_>>(),
        [
            ("snap", "its name", None),
            ("channel", "where it is published, [TRACK/]RISK", Some("([a-z]+/)?(stable|edge)")),
            ("arch", "the architecture", None)
        ]
    );
    let defaults = ["snap", "channel", "arch"].map(|name| recipe.default_of(name));
    assert_eq!(defaults, [None, None, Some("amd64".to_owned())]);
}

#[test]
fn only_the_assignments_that_are_given_change() {
    let options = recipe().fill(&given([("channel", "edge"), ("snap", "co're")]), &[]).unwrap();
    let expected = RECIPE
        .replace("{arch} {snap} snap in {channel}", "amd64 co're snap in edge")
        .replace("snap=\n", "snap=\"co're\"\n")
        .replace("channel=\"\"", "channel=\"edge\"");
    assert_eq!(options, expected);
}

#[test]
fn keys_may_be_given_and_an_override_is_taken_as_it_stands() {
    let more = given([("snap", "core"), ("channel", "edge"), ("spread", "spread -v $x"), ("message", "{snap}!")]);
    let options = recipe().fill(&more, &given([("manual", "true")])).unwrap();
    assert!(options.contains("\nmessage=\"core!\"\nspread='spread -v $x'\nmanual=\"true\"\n\nsnap="), "{options}");
    let options = recipe().fill(&more, &given([("message", "{snap}"), ("spread", "s")])).unwrap();
    assert!(options.contains("\nmessage=\"{snap}\"\nspread=\"s\"\n\nsnap=\"core\""), "{options}");
}

#[test]
fn a_parameter_in_the_message_stands_as_it_is() {
    let cases = [
        ("{snap}", "{arch} {snap}", "{arch} {snap}"),
        ("{snap}{arch}{snap}", "$(x) %s", "$(x) %samd64$(x) %s"),
        ("{ {X} {{snap}} {snap", "core", "{ {X} {core} {snap"),
        ("a}{", "core", "a}{"),
    ];
    for (message, snap, expected) in cases {
        let more = given([("snap", snap), ("channel", "edge"), ("message", message)]);
        let options = Options::parse(recipe().fill(&more, &[]).unwrap().as_bytes());
        assert_eq!(options.known(Key::Message), Some(expected.as_bytes()), "{message}");
    }
}

#[test]
fn what_takes_several_lines_is_replaced_as_a_whole() {
    let more = given([("snap", "core"), ("channel", "edge"), ("pattern_extractor", "echo 1")]);
    let options = recipe().fill(&more, &[]).unwrap();
    assert!(options.ends_with("\nprogram='.x[] | \"y\"'\npattern_extractor=\"echo 1\"\n"), "{options}");
    let windows = "# x\r\n#\r\n# y: z\r\n#  matches [0-9\\n]+\r\n\r\ny='1\r\n2' # why\r\npattern_extractor=$y";
    let recipe = Recipe::parse(windows).unwrap();
    let text = "# x\n#\n# y: z\n#  matches [0-9\\n]+\n\n";
    let options = recipe.fill(&given([("y", "3\n4"), ("spread", "s"), ("manual", "true")]), &[]).unwrap();
    assert_eq!(options, format!("{text}y=\"3\n4\" # why\npattern_extractor=$y\nspread=\"s\"\nmanual=\"true\""));
    assert!(matches!(recipe.fill(&given([("y", "x")]), &[]), Err(RecipeError::Shape { .. })));
}

#[test]
fn a_message_names_parameters_only() {
    let fill = |message: &str| {
        let options = recipe().fill(&given([("snap", "core"), ("channel", "edge"), ("message", message)]), &[])?;
        Ok(options.lines().find_map(|line| line.strip_prefix("message=")).unwrap().to_owned())
    };
    for (message, expected) in [("{snap}", "core"), ("a {} { {snap", "a {} { {snap"), ("{Snap} {a b}", "{Snap} {a b}")]
    {
        assert_eq!(fill(message), Ok(format!("\"{expected}\"")));
    }
    let unknown = RecipeError::NoParameter { name: "chanel".into(), near: Some("channel".into()) };
    assert_eq!(fill("{snap} in {chanel}"), Err(unknown));
}

#[test]
fn what_does_not_fit_is_refused() {
    let fill = |pairs: &[Given]| recipe().fill(pairs, &[]);
    assert_eq!(fill(&given([])), Err(RecipeError::Missing(vec!["snap".into(), "channel".into()])));
    assert_eq!(fill(&given([("snap", ""), ("channel", "edge")])), Err(RecipeError::Missing(vec!["snap".into()])));
    let unknown = RecipeError::NoParameter { name: "chanel".into(), near: Some("channel".into()) };
    assert_eq!(unknown.to_string(), "it has no parameter \"chanel\"; did you mean \"channel\"?");
    assert_eq!(fill(&given([("chanel", "edge")])), Err(unknown));
    let shape = "([a-z]+/)?(stable|edge)".to_owned();
    for text in ["egde", "edge\n", "edge stable", "/edge"] {
        let error = RecipeError::Shape { name: "channel".into(), text: text.into(), shape: shape.clone() };
        assert_eq!(fill(&given([("channel", text)])), Err(error));
    }
    let refused = fill(&given([("channel", "https://user:hunter2@host/x")])).unwrap_err().to_string();
    assert!(refused.contains("host/x") && !refused.contains("hunter2"), "{refused}");
    let source = [("snap".to_owned(), Setting::NeedsShell("\"$X\"".into()))];
    assert_eq!(
        fill(&[&source[..], &given([("channel", "edge")])].concat()),
        Err(RecipeError::MessageNeedsShell("snap".into()))
    );
}

#[test]
fn files_that_are_no_recipes() {
    let parse = |text: &str| Recipe::parse(text).map(|recipe| recipe.head.about);
    assert_eq!(parse("message=x\n"), Err(RecipeError::NoTitle));
    assert_eq!(parse("#\n# x\n"), Err(RecipeError::NoTitle));
    assert_eq!(parse("# x\necho y\n"), Err(RecipeError::NotAnAssignment(2)));
    assert_eq!(parse("# x\n# y: z\n"), Err(RecipeError::Unassigned("y".into())));
    for head in ["# y: z\n#   matches [", "# y: z\n#\tmatches [", "# y: z\n# y: a"] {
        assert!(matches!(parse(&format!("# x\n{head}\ny=\n")), Err(RecipeError::Head(3, _))), "{head}");
    }
    let own = Recipe::parse("# x\n# y: z\n#   matches [0-9]+\nmessage=x\ny=a\n").unwrap();
    assert!(matches!(own.fill(&[], &[]), Err(RecipeError::Shape { .. })), "its own default does not fit");
    for shared in ["message=a y=1", "message=a; y='1\n2'", "export y=1", "y=1\nexport y=2"] {
        let recipe = Recipe::parse(&format!("# x\n# y: z\n{shared}\n")).unwrap();
        assert_eq!(recipe.fill(&given([("y", "3")]), &[]), Err(RecipeError::Unassigned("y".into())), "{shared}");
    }
}

#[test]
fn an_entry_uses_a_recipe() {
    let text = "# The core snap\n# Not verified: the host\nrecipe=snap\nsnap=core\nchannel='edge'\narch=\"${A:-b c}\"\nmessage=\"New core\"\n";
    let entry = Entry::parse(text).unwrap();
    assert_eq!((entry.recipe.as_deref(), entry.head.unverified.as_deref()), (Some("snap"), Some("the host")));
    assert_eq!(entry.given("snap"), Some(&Setting::Known("core".into())));
    let options = entry.fill(&recipe(), &[], &[]).unwrap();
    assert!(options.starts_with("# The core snap\n# Not verified: the host\n#\n# The revision"), "{options}");
    assert!(
        options.contains("\nmessage=\"New core\"\n\nsnap=\"core\"\nchannel=\"edge\"\narch=\"${A:-b c}\"\n"),
        "{options}"
    );
    let other = entry.fill(&recipe(), &given([("snap", "core22")]), &[]).unwrap();
    assert!(other.contains("\nsnap=\"core22\"\n"), "{other}");
    let wrong = Entry::parse(&text.replace("'edge'", "egde")).unwrap();
    assert!(
        wrong.fill(&recipe(), &[], &[]).is_err() && wrong.fill(&recipe(), &given([("channel", "edge")]), &[]).is_ok()
    );
}

#[test]
fn an_entry_without_a_recipe_is_its_own() {
    let text = "# A day\nmessage=\"Day\"\npattern_extractor=\"date +%F\"\n";
    let entry = Entry::parse(text).unwrap();
    assert_eq!(entry.fill(&entry.as_recipe().unwrap(), &[], &[]).unwrap(), text);
    assert!(matches!(Entry::parse("# x\nrecipe=$y\n"), Err(RecipeError::Head(2, _))));
}

#[test]
fn a_source_in_short() {
    let cases = [
        ("the snap store, GET /v2/snaps at api.snapcraft.io", "the snap store"),
        ("Launchpad (api.launchpad.net)", "Launchpad"),
        ("the clock of the machine that polls.", "the clock of the machine that polls"),
        ("api.snapcraft.io: its status", "api.snapcraft.io"),
        ("", ""),
    ];
    for (source, expected) in cases {
        assert_eq!(in_short(source), expected);
    }
}
