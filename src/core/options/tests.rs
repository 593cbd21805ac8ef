//! Tables of what the parser makes of options files. What bash makes of them is in `differential`.

use super::*;

fn known(text: &str) -> Setting {
    Setting::Known(text.into())
}

fn shell(text: &str) -> Setting {
    Setting::NeedsShell(text.into())
}

#[test]
fn every_shape_of_word() {
    let cases = [
        ("foo", known("foo")),
        ("'a b'\"c d\"e\\ f", known("a bc de f")),
        (r#""a\b\"\$\`\\ \x""#, known(r#"a\b"$`\ \x"#)),
        ("'two\nlines'", known("two\nlines")),
        ("fo\\\no", known("foo")),
        ("\"trailing \"", known("trailing ")),
        (r"$'a\tb\x41\u42\''", known("a\tbAB'")),
        ("*.{a,b}", known("*.{a,b}")),
        ("a#b", known("a#b")),
        ("a\\  # comment", known("a ")),
        ("", known("")),
        ("$", known("$")),
        ("$HOME/x", shell("$HOME/x")),
        ("\"a ${x:-\"b c\"}\"", shell("\"a ${x:-\"b c\"}\"")),
        ("$(echo \")\" # )\n)y", shell("$(echo \")\" # )\n)y")),
        ("`a \\` b`", shell("`a \\` b`")),
        ("$((1 + (2)))", shell("$((1 + (2)))")),
        ("~/x", shell("~/x")),
        ("x:~", shell("x:~")),
        ("(a b)", shell("(a b)")),
        (r"$'\u00e9'", shell(r"$'\u00e9'")),
    ];
    for (word, expected) in cases {
        let options = Options::parse(format!("message={word}\ntree=true").as_bytes());
        assert_eq!(options.get(Key::Message), &expected, "{word}");
        assert!(!options.is_opaque(), "{word}");
        assert_eq!(options.get(Key::Tree), &known("true"), "behind {word}");
    }
}

#[test]
fn a_real_file() {
    let text = "# nightly\r\npattern_extractor=\"if [ $(date +%H%M) \\< \"0200\" ]; then echo \"\"; else date +%Y%m%d; fi\"\r\n\r\nmessage=\"s390x arch \"\r\nbackend=google:\r\nexport tree='true'";
    let options = Options::parse(text.as_bytes());
    assert_eq!(options.get(Key::Message), &known("s390x arch "));
    assert!(matches!(options.get(Key::PatternExtractor), Setting::NeedsShell(source) if source.ends_with(b"fi\"")));
    assert_eq!(
        [Key::PatternExtractor, Key::Message, Key::Tree].map(|key| options.line_of(key)),
        [Some(2), Some(4), Some(6)]
    );
    assert_eq!(options.line_of(Key::Manual), None);
    assert_eq!(options.other_keys().collect::<Vec<_>>(), [("backend", 5)]);
    let settings = options.settings().unwrap();
    assert_eq!(
        settings,
        Settings { message: "s390x arch ".into(), tree: "true".into(), extractor_is_set: true, ..Settings::default() }
    );
}

#[test]
fn the_last_assignment_counts() {
    let options = Options::parse(b"message=a message=b;message=c\nmessage=\"d\ne\"\nexport message=f timeout=1");
    assert_eq!(options.get(Key::Message), &known("f"));
    assert_eq!((options.line_of(Key::Message), options.line_of(Key::Timeout)), (Some(4), Some(4)));
    assert_eq!(Options::parse(b"message=a\nmessage+=b").get(Key::Message), &shell("b"));
}

#[test]
fn whatever_is_executed_makes_the_file_opaque() {
    for command in
        ["echo", "message=foo bar", "if true; then :; fi", "f() { :; }", "exit", "return", "[ a ]", "a=1 | b", "a=1 &"]
    {
        let text = format!("tree=true\n{command}\nmanual=true\n");
        let options = Options::parse(text.as_bytes());
        assert_eq!(options.opaque_at(), Some(2), "{command}");
        assert_eq!(options.get(Key::Tree), &known("true"), "{command}");
        assert_eq!(options.get(Key::Manual), &shell("true"), "{command}");
        assert_eq!(options.line_of(Key::Manual), Some(3), "{command}");
        assert_eq!(options.settings(), None, "{command}");
    }
    let read = Options::parse(b"message=a\n# the message\necho $message ${message}\n");
    assert_eq!(read.get(Key::Message), &known("a"), "reading and comments change nothing");
    assert!(matches!(Options::parse(b"message=a\nunset message").get(Key::Message), Setting::NeedsShell(_)));
}

#[test]
fn a_syntax_error_takes_its_whole_line_with_it() {
    let options = Options::parse(b"tree=true\nmessage=a; timeout='5\n");
    assert_eq!(options.get(Key::Tree), &known("true"));
    assert_eq!(options.get(Key::Message), &shell("a"));
    assert_eq!(options.get(Key::Timeout), &shell("'5"));
    assert!(Options::parse(b"message=a\0b\n").is_opaque());
    assert!(matches!(Options::parse(b"message=a\ntree=\0").get(Key::Message), Setting::NeedsShell(_)));
}

#[test]
fn hostile_nesting_ends() {
    for open in ["$(", "${x:-", "(", "\"$(", "`", "$((", "\""] {
        let text = format!("message={}", open.repeat(200_001));
        assert!(Options::parse(text.as_bytes()).is_opaque(), "{open}");
    }
}

#[test]
fn an_empty_file_is_certain_to_say_nothing() {
    for text in ["", "\n", "# message=a", "  \n\t\n"] {
        assert_eq!(Options::parse(text.as_bytes()).settings(), Some(Settings::default()), "{text:?}");
    }
}

#[test]
fn normalizing_removes_carriage_returns() {
    assert!(matches!(normalize(b"a\nb"), Cow::Borrowed(b"a\nb")));
    assert_eq!(normalize(b"a\r\nb\rc\r"), &b"a\nbc"[..]);
}

#[test]
fn near_misses() {
    let cases = [
        ("mesage", Some(Key::Message)),
        ("MESSAGE", Some(Key::Message)),
        ("pattern_extracter", Some(Key::PatternExtractor)),
        ("message_patern", Some(Key::MessagePattern)),
        ("value_patern", Some(Key::ValuePattern)),
        ("values_pattern", Some(Key::ValuePattern)),
        ("timeouts", Some(Key::Timeout)),
        ("treee", Some(Key::Tree)),
        ("manul", Some(Key::Manual)),
    ];
    for (name, key) in cases {
        assert_eq!(near_miss(name), key, "{name}");
    }
    for name in Key::ALL.map(Key::name).into_iter().chain([
        "mode",
        "spread",
        "target_repo",
        "target_ref",
        "value",
        "pattern",
        "revision_pattern",
        "name_pattern",
        "time",
        "type",
        "url",
    ]) {
        assert_eq!(near_miss(name), None, "{name}");
    }
}

#[test]
fn unquoting_source() {
    assert_eq!(unquoted(b"\"jq . \"x.json\" $(cat y)\""), "jq . x.json $(cat y)");
    assert_eq!(unquoted(b"\"jq . \\\"x.json\\\" $(cat y)\""), "jq . \"x.json\" $(cat y)");
    assert_eq!(unquoted(b"'open"), "'open");
}

#[test]
fn whom_the_extractor_follows() {
    let cases: [(&str, &[&str]); 9] = [
        ("resource=\"core-edge\"\npattern_extractor='git spread-cron green \"$resource\"'", &["core-edge"]),
        ("pattern_extractor=\"git spread-cron green \\\"\\$resource\\\"\"\nresource=core-edge", &["core-edge"]),
        ("resource=core-edge\npattern_extractor=\"git spread-cron green $resource\"", &["core-edge"]),
        ("pattern_extractor=\"echo $x; git spread-cron green \\\"a\\\"\"", &["a"]),
        ("a=1 a=2 resource=$a\npattern_extractor='git spread-cron green x$a $resource'", &["x2"]),
        ("resource=$(cat x)\npattern_extractor='git spread-cron green \"$resource\"'", &[]),
        ("pattern_extractor='git spread-cron green \"$resource\"'", &[]),
        ("resource=a\npattern_extractor='git spread-cron green \"$resource\"'\n. ./other", &[]),
        ("resource=''\npattern_extractor='git spread-cron green \"$resource\"'", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(Options::parse(text.as_bytes()).follows(), expected, "{text}");
    }
}
