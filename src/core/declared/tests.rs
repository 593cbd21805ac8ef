use super::kinds::KINDS;
use super::*;
use crate::core::options::{Key, Options, OptionsError, write_assignments};

fn declared(text: &str) -> Result<Declaration, String> {
    let options = Options::parse(text.as_bytes());
    let declared = options.declaration().unwrap_or_else(|| panic!("{text}: nothing is declared"));
    declared.cloned().map_err(ToString::to_string)
}

fn error(text: &str) -> String {
    declared(text).unwrap_err()
}

#[test]
fn every_example_can_be_used() {
    for entry in KINDS {
        let text = write_assignments(entry.example);
        let options = Options::parse(text.as_bytes());
        let declaration = options.declaration().unwrap().unwrap_or_else(|err| panic!("{text}: {err}"));
        assert_eq!(declaration.kind, entry.kind);
        let plan = options.settings().unwrap().plan().unwrap_or_else(|err| panic!("{text}: {err}"));
        assert!(!plan.message.as_str().contains('{'), "{text}");
        let keys: Vec<&str> = entry.keys.iter().map(|key| key.name).collect();
        for (name, _) in entry.example {
            assert!(*name == SOURCE || *name == "message" || keys.contains(name), "{name}");
        }
        assert!(
            keys.iter().all(|key| Key::of(key.as_bytes()).is_none()),
            "a key of {} is one of all resources",
            entry.name
        );
    }
}

#[test]
fn what_is_wrong_with_a_declaration() {
    let cases = [
        ("source=snip\n", "there is no source \"snip\"; did you mean \"snap\"?"),
        ("source=snap\n", "source=\"snap\" needs snap, channel"),
        ("source=snap snap= channel=edge\n", "source=\"snap\" needs snap"),
        ("source=snap\nsnap=core\nchanel=edge\n", "source=\"snap\" has no key chanel; did you mean \"channel\"?"),
        ("source=snap\npattern_extractor=x\n", "source and pattern_extractor exclude each other"),
        ("pattern_extractor=$(x)\nsource=snap\n", "source and pattern_extractor exclude each other"),
        ("source=$kind\n", "a declared source needs plain assignments, and line 1 needs a shell"),
        ("source=snap\nsnap=core\nchannel=$x\n", "a declared source needs plain assignments, and line 3 needs a shell"),
        ("source=snap\nsnap=core\n. ./more\n", "a declared source needs plain assignments, and line 3 needs a shell"),
        ("source=snap\nmessage=$x\n", "a declared source needs plain assignments, and line 2 needs a shell"),
        (
            "source=http url=http://a select=env.x",
            "select is \"env.x\": env is not there for filters, which see the answer and nothing else",
        ),
        ("source=http url=http://a select=.x regex=x", "regex and select exclude each other"),
        ("source=git url=/x ref=a tags=b", "ref and tags exclude each other"),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn texts_that_a_key_cannot_have() {
    let cases = [
        ("source=snap snap=Core channel=edge", "snap"),
        ("source=snap snap=-x channel=edge", "snap"),
        ("source=snap snap=core channel=edgy", "channel"),
        ("source=snap snap=core channel=../edge", "channel"),
        ("source=snap snap=core channel=24/edge/fix", "channel"),
        ("source=snap snap=core channel=edge arch=x/y", "arch"),
        ("source=snap snap=core channel=edge field=size", "field"),
        ("source=snap snap=core channel=edge absent=ok", "absent"),
        ("source=deb package=x series=noble", "package"),
        ("source=deb package=snapd series=a/b", "series"),
        ("source=deb package=snapd series=noble pocket=proposed", "pocket"),
        ("source=github-run repository=x workflow=a.yml branch=b", "repository"),
        ("source=github-run repository=x/.. workflow=a.yml branch=b", "repository"),
        ("source=github-run repository=x/y workflow=../a.yml branch=b", "workflow"),
        ("source=github-release repository=x/y prereleases=true", "prereleases"),
        ("source=github-release repository=x/y order=semver", "order"),
        ("source=http url=ftp://x", "url"),
        ("source=http url=http://u:hunter2@x/", "url"),
        ("source=http url=http://x/ header='Authorization: Bearer x'", "header"),
        ("source=http url=http://x/ header='Host: y'", "header"),
        ("source=http url=http://x/ header='no colon'", "header"),
        ("source=http url=http://x/ header=$'A: b\\n\\x01: c'", "header"),
        ("source=http url=http://x/ regex='a('", "regex"),
        ("source=http url=http://x/ include='['", "include"),
        ("source=http url=http://x/ auth=ghp_12-34", "auth"),
        ("source=header url=http://x/ names='a b:c'", "names"),
        ("source=header url=http://x/ names=' '", "names"),
        ("source=git url=ext::sh", "url"),
        ("source=git url=/x ref='a b'", "ref"),
        ("source=git url=/x ref=--x", "ref"),
        ("source=git url=/x order=last", "order"),
        ("source=after resource='a b'", "resource"),
        ("source=file path=x", "path"),
        ("source=file path=/a/../b", "path"),
        ("source=clock every=hour", "every"),
    ];
    for (text, key) in cases {
        let options = Options::parse(text.as_bytes());
        let err = options.declaration().unwrap().unwrap_err();
        assert!(matches!(err, DeclarationError::Bad { .. }) && err.key() == key, "{text}: {err}");
        assert!(!err.to_string().contains("hunter2") && !err.to_string().contains("ghp_"), "{err}");
        assert_eq!(options.settings().unwrap().plan().unwrap_err(), OptionsError::Declaration(err.clone()));
    }
}

#[test]
fn keys_in_a_message() {
    let message = |text: &str| {
        let options = Options::parse(text.as_bytes());
        options.settings().unwrap().plan().map(|plan| plan.message.as_str().to_owned()).map_err(|err| err.to_string())
    };
    let snap = |message: &str| format!("source=snap\nsnap=core\nchannel=edge\nmessage='{message}'\n");
    assert_eq!(message(&snap("New {arch} {snap} in {channel} ")).unwrap(), "New amd64 core in edge ");
    assert_eq!(message(&snap("{ {} {A} {snap")).unwrap(), "{ {} {A} {snap");
    assert_eq!(
        message(&snap("New {chanel}")).unwrap_err(),
        "the message has {chanel}, and source=\"snap\" has no such key"
    );
    assert_eq!(
        message(&snap("New {absent}")).unwrap_err(),
        "the message has {absent}, and source=\"snap\" does not set it"
    );
    // What a key is stands as it is, whatever it looks like.
    let git = "source=git\nurl='https://a/{ref}'\nmessage='{url} {ref}'\n";
    assert_eq!(message(git).unwrap(), "https://a/{ref} HEAD");
    let clock = "source=clock every=week\nmessage='{every} {day} {at}'\n";
    assert_eq!(message(clock).unwrap(), "week mon 00:00");
    // Without a source braces mean nothing.
    assert_eq!(message("message='{snap}'\npattern_extractor=x\n").unwrap(), "{snap}");
}

#[test]
fn one_of_several_values() {
    let list = |order: &str| {
        let text = format!("source=http url=http://x/ order={order} include='^v?[0-9]' exclude=rc");
        let WantedValue::Http { text, .. } = declared(&text).unwrap().wanted else { panic!("{text}") };
        text.list
    };
    let choose = |order: &str, values: &[&'static str]| list(order).choose(values).map_err(|err| err.to_string());
    let values = ["v1.9", "v1.10", "nightly", "v2.0-rc1", "v1.2"];
    assert_eq!(choose("first", &values), Ok(Some("v1.9")));
    assert_eq!(choose("last", &values), Ok(Some("v1.2")));
    assert_eq!(choose("version", &values), Ok(Some("v1.10")));
    assert_eq!(choose("deb", &["1.0~beta1", "1.0", "1:0.1", "0.9"]), Ok(Some("1:0.1")));
    assert_eq!(choose("deb", &["1.0~beta1", "1.0"]), Ok(Some("1.0")));
    assert!(choose("deb", &["1.0", "1 0"]).unwrap_err().contains("\"1 0\" is not the version"));
    assert_eq!(choose("none", &["1", "1"]), Ok(Some("1")));
    assert_eq!(choose("none", &["nightly"]), Ok(None));
    let several = "there are 3 values, such as \"v1.9\" and \"v1.2\"; set order, include or exclude to choose one";
    assert_eq!(choose("none", &values), Err(several.to_owned()));
    // A version that is announced comes before the version itself.
    for (lower, higher) in [("1.0-beta", "1.0"), ("1.0", "1.0.1"), ("2.9", "2.10"), ("1.0-alpha.2", "1.0-beta.1")] {
        assert_eq!(choose("version", &[higher, lower]), Ok(Some(higher)), "{lower} {higher}");
        assert_eq!(choose("version", &[lower, higher]), Ok(Some(higher)), "{lower} {higher}");
    }
}
