//! What bash makes of options files, held against what the parser says of them.

use std::process::{Command, Stdio};

use super::*;

/// Sources every text with a real bash and gives the variables; none where the shell did not live to tell, or found
/// a syntax error.
fn bash(texts: &[Vec<u8>], variables: &[&str], locale: &str) -> Vec<Option<Vec<BString>>> {
    let dir = tempfile::tempdir().unwrap();
    for (index, text) in texts.iter().enumerate() {
        std::fs::write(dir.path().join(format!("{index}.options")), text).unwrap();
    }
    let script = r#"
        count=$1; shift
        for ((index = 0; index < count; index++)); do
            printf '<case>\0'
            (
                __index=$index
                unset index count
                . "./$__index.options" >/dev/null 2>errors </dev/null
                [[ $(<errors) == *unexpected* ]] && exit
                printf 'yes\0'
                for __name; do printf '%s\0' "${!__name}"; done
            ) 2>/dev/null
        done"#;
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", script, "bash", &texts.len().to_string()])
        .args(variables)
        .current_dir(dir.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("LC_ALL", locale)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut fields = output.stdout.split(|byte| *byte == 0).peekable();
    let mut results = Vec::new();
    while fields.next_if_eq(&&b"<case>"[..]).is_some() {
        let mut said = Vec::new();
        while said.len() <= variables.len() && fields.peek().is_some_and(|field| *field != b"<case>") {
            said.extend(fields.next().map(BString::from));
        }
        let complete = said.len() == variables.len() + 1 && said[0] == "yes";
        results.push(complete.then(|| said.split_off(1)));
    }
    assert_eq!(results.len(), texts.len());
    results
}

/// Returns how many known texts were compared.
fn compare(texts: &[Vec<u8>]) -> usize {
    let names = Key::ALL.map(Key::name);
    let mut compared = 0;
    for locale in ["C", "C.UTF-8"] {
        for (text, said) in texts.iter().zip(bash(texts, &names, locale)) {
            let options = Options::parse(text);
            let shown = text.as_bstr();
            let Some(said) = said else {
                assert_eq!(options.settings(), None, "a shell cannot read {shown:?}");
                continue;
            };
            for (key, said) in Key::ALL.into_iter().zip(&said) {
                match options.get(key) {
                    Setting::Known(known) => {
                        assert_eq!(known, said, "{} of {shown:?}", key.name());
                        compared += 1;
                    }
                    Setting::Absent => assert!(options.is_opaque() || said.is_empty(), "{} of {shown:?}", key.name()),
                    Setting::NeedsShell(_) => {}
                }
            }
            if let Some(settings) = options.settings() {
                let [_, message, message_pattern, value_pattern, manual, tree, timeout, pipefail, ..]: [_; Key::ALL
                    .len()] = said.try_into().unwrap();
                let extractor_is_set = false;
                let declared = Declared::Nothing;
                let reported = Settings {
                    message,
                    message_pattern,
                    value_pattern,
                    manual,
                    tree,
                    timeout,
                    pipefail,
                    extractor_is_set,
                    declared,
                };
                // Whether an extractor is set is no part of the prediction.
                let predicted = Settings { extractor_is_set: reported.extractor_is_set, ..settings };
                assert_eq!(predicted, reported, "{shown:?}");
            }
        }
    }
    compared
}

#[test]
fn tricky_texts_mean_to_the_parser_what_they_mean_to_bash() {
    let texts: Vec<Vec<u8>> = [
        &b"message=foo"[..],
        b"message=foo\n",
        b"message=foo bar\n",
        b"message=foo; timeout=5\n",
        b"message=foo;timeout=5;\n",
        b"message=foo timeout=5 tree=true\n",
        b"message=foo timeout=5 true\n",
        b"message=a\nmessage=b c\n",
        b"  \t message=foo  # comment\n",
        b"message=foo#bar\n",
        b"message=#foo\n",
        b"message=foo;#bar\n",
        b"# message=foo\\\nmessage=bar\n",
        b"message=foo\\\nbar\n",
        b"message=\\\nfoo\n",
        b"mess\\\nage=foo\n",
        b"\\\nmessage=foo\n",
        b"message='a b'\"c d\"e\\ f\n",
        b"message='a\\b\"$x`'\n",
        b"message=\"a\\b\\\"\\$\\`\\\\ \\x \\' \\!\"\n",
        b"message=\"a\\\nb\nc\"\n",
        b"message='a\\\nb\nc'\n",
        b"message=\\a\\'\\\"\\\\\\$\n",
        b"message=\"trailing \"\n",
        b"message=\n",
        b"message=''\n",
        b"message=a=b\n",
        b"message=*\n",
        b"message={a,b}[c]?!\n",
        b"export message={a,b}\n",
        b"export message=* timeout=?\n",
        b"export message=a\\ b timeout='1 2'\n",
        b"export\tmessage=a\n",
        b"message=a; export message\n",
        b"message=a; export message timeout=4 # yes\n",
        b"export -n message=a\n",
        b"message=a export timeout=5\n",
        b"message=~\n",
        b"message=~/x:~\n",
        b"message=x:~\n",
        b"message=x=~\n",
        b"message='x:'~\n",
        b"message=''~\n",
        b"message=\"~\"\n",
        b"message=a~b\\:~\n",
        b"message=\\\n~\n",
        b"message=$'a\\tb\\n\\x41\\101\\e\\'\\\"\\q\\u41\\x'c\n",
        b"message=$'\\777\\x9\\18'\n",
        b"message=$'a\\0b'\n",
        b"message=$'\\u00e9'\n",
        b"message=$'\\cA\\x{41}'\n",
        b"message=$'\\x01\\x7f'\x01\x7f\"\x01\x7f\"'\x01\x7f'\n",
        b"message=\"$'a'\"\n",
        b"message=$\"a\"\n",
        b"message=$\n",
        b"message=\"$\" timeout=$,\n",
        b"message=a$ timeout=\"a $ b\"\n",
        b"message=$HOME tree=true\n",
        b"message=${HOME} tree=true\n",
        b"message=$(echo a \")\" ')' \\) b) tree=true\n",
        b"message=$(echo a # )\n) tree=true\n",
        b"message=$(case a in a) echo b;; esac) tree=true\n",
        b"message=$(cat <<X\n)\nX\n) tree=true\n",
        b"message=`echo \\`echo a\\` ')'` tree=true\n",
        b"message=$((1 + (2 * 3))) tree=true\n",
        b"message=a timeout=$((message = 5))\n",
        b"message=a timeout=$[message = 5]\n",
        b"timeout=${message:=foo}\n",
        b"timeout=${message=foo} tree=true\n",
        b"timeout=\"${x-\"a b\"}\" tree=true\n",
        b"timeout=${x-'}'} tree=true\n",
        b"timeout=\"${x-'}\" tree=true\n'}\"\n",
        b"timeout=${x?no} tree=true\n",
        b"timeout=${x y} tree=true\n",
        b"message=a message+=b\n",
        b"message=(a b)\n",
        b"message=(a\nb # )\n) tree=true\n",
        b"message=a;(true)\n",
        b"message=a; timeout='5\n",
        b"message=a\ntimeout='5\n",
        b"message=a; timeout=(\n",
        b"message=a;;timeout=5\n",
        b"message=a;;\n",
        b";message=a\n",
        b"message=a&\n",
        b"message=a && timeout=5\n",
        b"message=a|cat\n",
        b"message=a>x\n",
        b"message=a\nexit\nmessage=b\n",
        b"message=a\nreturn\nmessage=b\n",
        b"message=a\nunset message\n",
        b"message=a\nread message <<< b\n",
        b"message=a\necho $message\n",
        b"message=a\n: ${message:=b}\n",
        b"if true; then message=b; fi\n",
        b"f() { message=b; }\nf\n",
        b"UID=5\nmessage=a\n",
        b"message=a UID=5\n",
        b"message=a\\",
        b"message=\"a\\",
        b"message=\\ \n",
        b"message=a\x0bb\x0cc\n",
        b"message=\xff\xfe\"\xc3\xa9\"\xe2\x80\xa8\n",
        b"\xef\xbb\xbfmessage=a\n",
        b"message=a!b\"!c\"\n",
        b"message=a value_pattern='[0-9]+(\\.[0-9]+)?'\nvalue_pattern+=x\n",
        b"n=5; message=a value_pattern=\"[0-9]{$n}|a\\$\"\n",
        b"message=a\nvalue_pattern=[a-z]{3}.*\n",
        b"message=a; timeout=${value_pattern:=b}\n",
        b"message=!a\n",
        b"! message=a\n",
        b"message =a\n",
        b"message= a\n",
        b"1message=a\nMessage=b\n_message=c\n",
        b"message[0]=a\n",
        b"pattern_extractor=\"if [ $(date +%H%M) \\< \"0200\" ]; then echo \"\"; else date +%Y%m%d; fi\"\nmessage=\"New day\"",
        b"pattern_extractor=\"curl -s 'https://x/y?z' | jq -r '.[\\\"a\\\"]'\"\nmessage=\"smoke s390x arch \"\nmanual=\"true\"",
    ]
    .map(<[u8]>::to_vec)
    .into();
    assert!(compare(&texts) > 80);
}

#[test]
fn generated_texts_mean_to_the_parser_what_they_mean_to_bash() {
    let pieces = [
        "message=",
        "message=",
        "\nmessage=",
        "\ntimeout=",
        ";tree=",
        " manual=",
        "\nexport message_pattern=",
        "\nvalue_pattern=",
        "\nother=",
        "\nmessage+=",
        "a",
        "b c",
        " ",
        "\n",
        "'",
        "'",
        "\"",
        "\"",
        "\\",
        "\\\n",
        "$",
        "$'",
        "$(",
        "${",
        "${x:-",
        "$((",
        ")",
        "))",
        "}",
        "`",
        "#",
        " #",
        ";",
        "~",
        ":",
        "=",
        "*",
        "(",
        "\\n",
        "\\x4",
        "'q\"q'",
        "\"q'q\"",
        "$(echo ')')",
        "\"$(echo \"x\")\"",
        "é",
        "!",
        "\t",
        "{",
        "&",
        "|",
        "<",
        "case ",
        "export ",
        "message",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let texts: Vec<Vec<u8>> = (0..500)
        .map(|_| {
            let middle: String = (0..2 + random(9)).map(|_| pieces[random(pieces.len())]).collect();
            format!("message={middle}\ntimeout=5\n").into_bytes()
        })
        .collect();
    assert!(compare(&texts) > 300);
}

/// Texts that are hard to quote.
const HOSTILE: [&str; 16] = [
    "plain",
    " leading and trailing ",
    "it's",
    "\"quoted\"",
    "'\"mixed\"'",
    "$HOME ${x} $(y) `z`",
    "'$HOME' \"`z`\"",
    "back\\slash \\\\ \\n \\",
    "two\nlines\n",
    "'two'\n\"$lines\"\\\n",
    "!bang !! \"!\" '!'",
    "zażółć 漢字",
    "#no comment; no & list | (x) <y> {a,b} * ? [z] ~",
    "carriage\rreturn's \\r \"$x\"",
    "\t\u{1}\u{7f}",
    "if [ $(date +%H%M) \\< \"0200\" ]; then echo \"\"; else date +%Y%m%d; fi",
];

#[test]
fn what_is_written_is_read_back_by_bash_and_by_the_parser() {
    let pairs = || HOSTILE.iter().flat_map(|a| HOSTILE.iter().map(move |b| (*a, *b)));
    let settings = |a, b| {
        let mut settings = vec![(Key::Message, a), (Key::PatternExtractor, b), (Key::Spread, a), (Key::TargetRepo, b)];
        settings.push((Key::ValuePattern, b));
        settings.extend((a < b).then_some((Key::Manual, "true")));
        settings
    };
    let texts: Vec<Vec<u8>> = pairs().map(|(a, b)| write_options(&settings(a, b)).into_bytes()).collect();
    assert!(texts.iter().all(|text| matches!(normalize(text), Cow::Borrowed(_))), "nothing that is removed later");
    for ((said, (a, b)), text) in bash(&texts, &Key::ALL.map(Key::name), "C").into_iter().zip(pairs()).zip(&texts) {
        let manual = if a < b { "true" } else { "" };
        assert_eq!(
            said.unwrap()[..5],
            [b.into(), a.into(), BString::default(), b.into(), manual.into()],
            "{a:?} {b:?}"
        );
        let options = Options::parse(text);
        assert_eq!(options.get(Key::Message), &Setting::Known(a.into()));
        assert_eq!(options.get(Key::PatternExtractor), &Setting::Known(b.into()));
        assert_eq!(options.get(Key::Spread), &Setting::Known(a.into()));
        assert!(!options.is_opaque());
    }
    let names: Vec<String> = (0..HOSTILE.len()).map(|index| format!("V{index}")).collect();
    let variables: Vec<(String, String)> =
        names.iter().cloned().zip(HOSTILE.iter().map(|text| (*text).to_owned())).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let said = bash(&[write_env(&variables).into_bytes()], &names, "C").remove(0).unwrap();
    assert_eq!(said, HOSTILE);
}
