//! Extractors that could be declared sources: which plain lines ask for the same. Only forms whose values are equal; the
//! tests hold both against each other.

use crate::core::options::{Key, Options, Setting, unquoted, write_assignments};

/// The lines that could stand in place of the extractor, if there are any.
pub(crate) fn propose(options: &Options) -> Option<String> {
    // What else is set may mean something to the extractor, such as TZ.
    if options.is_opaque() || options.other_keys().next().is_some() {
        return None;
    }
    let command = match options.get(Key::PatternExtractor) {
        Setting::Known(text) => text.clone(),
        Setting::NeedsShell(source) => unquoted(source),
        Setting::Absent => return None,
    };
    let command = std::str::from_utf8(&command).ok()?.trim();
    let lines = clock(command).or_else(|| git(command)).or_else(|| web(command))?;
    let lines: Vec<(&str, &str)> = lines.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let text = write_assignments(&lines);
    // What a key cannot have is not proposed.
    matches!(Options::parse(text.as_bytes()).declaration(), Some(Ok(_))).then_some(text)
}

type Lines = Vec<(&'static str, String)>;

/// `date +FORMAT`, and the gates in front of it that wait for a time of the day.
fn clock(command: &str) -> Option<Lines> {
    let (at, date) = match command.strip_prefix("if [ ") {
        None => (None, command),
        Some(rest) => {
            let (test, rest) = rest.split_once(" ]; then ")?;
            let (nothing, rest) = rest.split_once("; else ")?;
            let date = rest.strip_suffix("; fi")?;
            if !["echo", "echo \"\"", "echo ''", "echo ", ":", "true"].contains(&nothing) {
                return None;
            }
            (Some(gate(test)?), date)
        }
    };
    let format = date_format(date)?;
    let has = |field: &str| format.contains(field);
    let every = match (has("%d"), has("%V"), has("%m")) {
        (true, ..) => "day",
        // A week that has the year of the day in it changes within the week.
        (false, true, false) if !has("%Y") => "week",
        (false, false, true) => "month",
        (false, ..) => return None,
    };
    // A gate that is shut every night says nothing new in the middle of a week, and would say so each morning.
    if at.is_some() && every != "day" {
        return None;
    }
    let mut lines = vec![("source", "clock".to_owned()), ("every", every.to_owned())];
    lines.extend(at.map(|at| ("at", at)));
    lines.push(("format", format));
    Some(lines)
}

/// The format of `date +FORMAT`, in the fields that a clock knows.
fn date_format(command: &str) -> Option<String> {
    let words = shell_words::split(command).ok()?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let format = match words.as_slice() {
        ["date", format] | ["date", "-u" | "--utc", format] => format.strip_prefix('+')?,
        _ => return None,
    };
    let format = format.replace("%F", "%Y-%m-%d");
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "%-_./: ".contains(c);
    format.chars().all(is_plain).then_some(format)
}

/// The time before which a gate is shut: `$(date +%H%M) \< 0200`, or `-lt`, or hours alone.
fn gate(test: &str) -> Option<String> {
    let test = test.replace(['"', '\''], "");
    let words: Vec<&str> = test.split_whitespace().collect();
    let (format, limit) = match words.as_slice() {
        ["$(date", format, "\\<" | "-lt", limit] => (format.strip_suffix(')')?, *limit),
        _ => return None,
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(limit) {
        return None;
    }
    match (format, limit.len()) {
        ("+%H%M", 4) => Some(format!("{}:{}", &limit[..2], &limit[2..])),
        ("+%H", 2) => Some(format!("{limit}:00")),
        ("+%H", 1) if words[2] == "-lt" => Some(format!("0{limit}:00")),
        _ => None,
    }
}

/// `git ls-remote URL REF | cut -f1`.
fn git(command: &str) -> Option<Lines> {
    let (list, cut) = command.split_once('|')?;
    let cut = shell_words::split(cut).ok()?;
    let cut: Vec<&str> = cut.iter().map(String::as_str).collect();
    if !matches!(cut.as_slice(), ["cut", "-f1"] | ["cut", "-f", "1"] | ["awk", "{print $1}" | "{ print $1 }"]) {
        return None;
    }
    if list.contains(['$', '`', ';', '&', '<', '>', '(', '*', '?', '[', '~']) {
        return None;
    }
    let words = shell_words::split(list).ok()?;
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !matches!(*word, "-q" | "--quiet" | "--")).collect();
    let (url, name) = match words.as_slice() {
        ["git", "ls-remote", "--heads" | "-h", url, name] if !name.starts_with("refs/") => (url, *name),
        // For a tag the program prints the object, and a source the commit.
        ["git", "ls-remote", url, name] if *name == "HEAD" || name.starts_with("refs/heads/") => (url, *name),
        _ => return None,
    };
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    if name.contains('/') && words.len() == 5 {
        return None;
    }
    let mut lines = vec![("source", "git".to_owned()), ("url", (*url).to_owned())];
    if name != "HEAD" {
        lines.push(("ref", name.to_owned()));
    }
    Some(lines)
}

/// `curl -s URL | jq -r .PATH`.
fn web(command: &str) -> Option<Lines> {
    let (fetch, select) = command.split_once('|')?;
    if fetch.contains(['$', '`', ';', '&', '<', '>', '(', '*', '?', '[', '~', '\\']) && !fetch.contains(['"', '\'']) {
        return None;
    }
    if fetch.contains(['$', '`', '\\']) {
        return None;
    }
    let fetch = shell_words::split(fetch).ok()?;
    let (curl, words) = fetch.split_first()?;
    let is_usual = |flag: &str| match flag.strip_prefix("--") {
        Some(long) => ["silent", "show-error", "fail", "location"].contains(&long),
        None => {
            flag.strip_prefix('-').is_some_and(|short| !short.is_empty() && short.chars().all(|c| "sSfLq".contains(c)))
        }
    };
    let mut urls = words.iter().filter(|word| !is_usual(word));
    let (url, None) = (urls.next()?, urls.next()) else { return None };
    let is_address = url.starts_with("https://") || url.starts_with("http://");
    // curl would take them for a list of addresses.
    if curl != "curl" || !is_address || url.contains(['{', '}', '[', ']']) {
        return None;
    }
    let select = shell_words::split(select).ok()?;
    let select: Vec<&str> = select.iter().map(String::as_str).collect();
    let filter = match select.as_slice() {
        ["jq", "-r" | "--raw-output", filter] | ["jq", filter, "-r" | "--raw-output"] => *filter,
        _ => return None,
    };
    is_path(filter).then(|| vec![("source", "http".to_owned()), ("url", url.clone()), ("select", filter.to_owned())])
}

/// Whether a filter is fields and places, and nothing else: `.info.version`, `.[0].tag_name`.
fn is_path(filter: &str) -> bool {
    let Some(mut rest) = filter.strip_prefix('.').filter(|rest| !rest.is_empty()) else { return false };
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut needs_name = !rest.starts_with('[');
    while !rest.is_empty() {
        if let Some((place, behind)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            if needs_name || place.is_empty() || !place.bytes().all(|byte| byte.is_ascii_digit()) {
                return false;
            }
            rest = behind;
        } else {
            let end = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
            if !needs_name || end == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
                return false;
            }
            rest = &rest[end..];
        }
        needs_name = match rest.strip_prefix('.') {
            Some(behind) => {
                rest = behind;
                true
            }
            None => false,
        };
    }
    !needs_name
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;
    use crate::core::declared::WantedValue;

    /// The forms of clocks in use.
    const CLOCKS: [&str; 7] = [
        r#"pattern_extractor="if [ $(date +%H%M) \< "0200" ]; then echo ""; else date +%Y%m%d; fi""#,
        r#"pattern_extractor='if [ $(date +%H%M) \< "1330" ]; then echo ""; else date +%Y%m%d; fi'"#,
        r#"pattern_extractor='if [ $(date +%H) -lt 2 ]; then echo; else date +%F; fi'"#,
        r#"pattern_extractor="date +%Y%m%d""#,
        r#"pattern_extractor="date -u +%F""#,
        r#"pattern_extractor="date +%V""#,
        r#"pattern_extractor="date +%Y-%m""#,
    ];

    fn of(text: &str) -> Option<String> {
        propose(&Options::parse(text.as_bytes()))
    }

    #[test]
    fn clocks_give_the_values_of_the_shell() {
        // Midnights, the minutes around gates, leap days, and the ends of years with 52 and 53 weeks.
        let moments: [i64; 20] = [
            1_764_288_000,
            1_764_295_199,
            1_764_295_200,
            1_764_336_599,
            1_764_336_600,
            1_764_374_399,
            1_709_164_800,
            1_709_208_000,
            1_740_787_200,
            1_798_675_200,
            1_798_761_600,
            1_799_020_800,
            1_735_603_200,
            1_735_689_600,
            1_609_459_200,
            1_609_545_600,
            1_609_718_400,
            1_772_323_199,
            1_772_323_200,
            1_761_440_400,
        ];
        for text in CLOCKS {
            let declared = of(text).unwrap_or_else(|| panic!("nothing is proposed for {text}"));
            let options = Options::parse(declared.as_bytes());
            let WantedValue::Clock(clock) = &options.declaration().unwrap().unwrap().wanted else {
                panic!("{declared}")
            };
            for now in moments {
                let script =
                    format!("date() {{ command date -u -d @{now} \"$@\"; }}\n{text}\neval \"$pattern_extractor\"");
                let mut command = Command::new("bash");
                command.args(["--norc", "--noprofile", "-c", &script]).stdin(Stdio::null());
                let output = command.output().unwrap();
                let shell = String::from_utf8(output.stdout).unwrap();
                assert_eq!(clock.value_at(now, None).unwrap_or_default(), shell.trim(), "{text} at {now}");
            }
        }
    }

    #[test]
    fn references_give_the_values_of_the_shell() {
        let id = |digit: char| digit.to_string().repeat(40);
        let (one, two) = (id('1'), id('2'));
        // What servers answer with, sorted by name: branches, tags with and without words, pull requests, and nothing.
        let listings: Vec<String> = (0..10)
            .flat_map(|number| {
                let mut refs = vec![format!("{one}\tHEAD"), format!("{two}\trefs/heads/main")];
                refs.extend((0..number).map(|more| format!("{one}\trefs/heads/topic-{more}")));
                refs.extend((0..number % 3).map(|more| format!("{two}\trefs/pull/{more}/head")));
                refs.push(format!("{one}\trefs/tags/v1\n{two}\trefs/tags/v1^{{}}"));
                let without_main = refs.iter().filter(|line| !line.ends_with("main")).cloned().collect::<Vec<_>>();
                [refs, without_main].map(|refs| refs.join("\n") + "\n")
            })
            .collect();
        assert_eq!(listings.len(), 20);
        for text in [
            "pattern_extractor='git ls-remote https://x.example/y HEAD | cut -f1'",
            "pattern_extractor='git ls-remote https://x.example/y refs/heads/main | cut -f 1'",
            "pattern_extractor='git ls-remote -q --heads https://x.example/y main | cut -f1'",
        ] {
            let declared = of(text).unwrap_or_else(|| panic!("nothing is proposed for {text}"));
            let options = Options::parse(declared.as_bytes());
            let WantedValue::Ref { name, .. } = &options.declaration().unwrap().unwrap().wanted else {
                panic!("{declared}")
            };
            let full =
                if name == "HEAD" || name.starts_with("refs/") { name.clone() } else { format!("refs/heads/{name}") };
            for listing in &listings {
                // Prints what matches the last word, from its end to a slash, as the program does.
                let script = format!(
                    "git() {{ for last; do :; done; while IFS=$'\\t' read -r id name; do case /$name in */\"$last\") \
                     printf '%s\\t%s\\n' $id $name ;; esac; done <<< '{listing}'; }}\n{text}\neval \"$pattern_extractor\""
                );
                let mut command = Command::new("bash");
                command.args(["--norc", "--noprofile", "-c", &script]).stdin(Stdio::null());
                let shell = String::from_utf8(command.output().unwrap().stdout).unwrap();
                let line = listing.lines().find(|line| line.split_once('\t').is_some_and(|(_, name)| name == full));
                let value = line.map(|line| &line[..40]).unwrap_or_default();
                assert_eq!(value, shell.trim(), "{text} on {listing}");
            }
        }
    }

    #[test]
    fn repositories() {
        let cases = [
            (
                "pattern_extractor='git ls-remote https://github.com/git/git HEAD | cut -f1'",
                Some("source=\"git\"\nurl=\"https://github.com/git/git\"\n"),
            ),
            (
                "pattern_extractor=\"git ls-remote https://x.example/y refs/heads/a/b | awk '{print \\$1}'\"",
                Some("source=\"git\"\nurl=\"https://x.example/y\"\nref=\"a/b\"\n"),
            ),
            (
                "pattern_extractor='git ls-remote -q --heads git@x.example:y main|cut -f 1'",
                Some("source=\"git\"\nurl=\"git@x.example:y\"\nref=\"main\"\n"),
            ),
            (
                "pattern_extractor='curl -fsSL https://pypi.org/pypi/requests/json | jq -r .info.version'",
                Some("source=\"http\"\nurl=\"https://pypi.org/pypi/requests/json\"\nselect=\".info.version\"\n"),
            ),
            (
                "pattern_extractor=\"curl -s 'https://x.example/a?b=c&d' | jq --raw-output '.[0].tag_name'\"",
                Some("source=\"http\"\nurl=\"https://x.example/a?b=c&d\"\nselect=\".[0].tag_name\"\n"),
            ),
            // Other values, or values that something else has a say in.
            ("pattern_extractor='curl -s https://x.example/a | jq .info.version'", None),
            ("pattern_extractor='curl -s https://x.example/a | jq -r \".a | length\"'", None),
            ("pattern_extractor='curl -s https://x.example/a | jq -r .[].a'", None),
            ("pattern_extractor='curl -s https://x.example/a | jq -r .'", None),
            ("pattern_extractor='curl -s https://x.example/a | jq -r .a..b'", None),
            ("pattern_extractor='curl -s -H X:y https://x.example/a | jq -r .a'", None),
            ("pattern_extractor='curl -s -u me:pw https://x.example/a | jq -r .a'", None),
            ("pattern_extractor='curl -s https://x.example/$y | jq -r .a'", None),
            ("pattern_extractor='curl -s https://x.example/[1-3] | jq -r .a'", None),
            ("pattern_extractor='curl -s https://x.example/a https://x.example/b | jq -r .a'", None),
            ("pattern_extractor='curl -s file:///etc/passwd | jq -r .a'", None),
            ("pattern_extractor='curl -s https://x.example/a | jq -r .a | head -1'", None),
            ("pattern_extractor='git ls-remote https://x.example/y main | cut -f1'", None),
            ("pattern_extractor='git ls-remote https://x.example/y refs/tags/v1 | cut -f1'", None),
            ("pattern_extractor='git ls-remote --tags https://x.example/y v1 | cut -f1'", None),
            ("pattern_extractor='git ls-remote https://x.example/y HEAD | cut -c1-7'", None),
            ("pattern_extractor='git ls-remote https://x.example/y HEAD | cut -f1 | head'", None),
            ("pattern_extractor='git ls-remote \"$url\" HEAD | cut -f1'", None),
            ("url=x\npattern_extractor='git ls-remote https://x.example/y HEAD | cut -f1'", None),
            ("pattern_extractor='git ls-remote https://me:secret@x.example/y HEAD | cut -f1'", None),
            ("TZ=Europe/Berlin\npattern_extractor='date +%F'", None),
            ("export TZ=Europe/Berlin; true\npattern_extractor='date +%F'", None),
            ("pattern_extractor='date +%s'", None),
            ("pattern_extractor='date +%Y'", None),
            ("pattern_extractor='date +%Y-%V'", None),
            ("pattern_extractor='date -d yesterday +%F'", None),
            ("pattern_extractor='if [ $(date +%H%M) \\> 0200 ]; then echo; else date +%F; fi'", None),
            ("pattern_extractor='if [ $(date +%H%M) \\< 0200 ]; then echo 1; else date +%F; fi'", None),
            ("pattern_extractor='if [ $(date +%H%M) \\< 0200 ]; then echo; else date +%V; fi'", None),
            ("pattern_extractor='if [ $(date +%H%M) \\< 2500 ]; then echo; else date +%F; fi'", None),
            ("message=x", None),
        ];
        for (text, expected) in cases {
            assert_eq!(of(text).as_deref(), expected, "{text}");
        }
    }
}
