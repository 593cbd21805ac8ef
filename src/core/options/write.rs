//! Writing shell files that a shell reads back exactly.

use super::Key;

/// The text as one shell word, in the quotes that read best.
pub(crate) fn quote(text: &str) -> String {
    let needs_escape = |c: char| matches!(c, '"' | '$' | '`' | '\\');
    if text.contains('\r') {
        // Carriage returns are removed from options files, so this one has to be written as an escape.
        let escaped = text.replace('\\', r"\\").replace('\'', r"\'").replace('\r', r"\r");
        format!("$'{escaped}'")
    } else if text.contains(needs_escape) && !text.contains('\'') {
        format!("'{text}'")
    } else {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for c in text.chars() {
            if needs_escape(c) {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        quoted.push('"');
        quoted
    }
}

/// The options file of a new resource: keys and their texts, in the order in which they are to stand there.
pub(crate) fn write_options(settings: &[(Key, &str)]) -> String {
    settings.iter().map(|(key, text)| format!("{}={}\n", key.name(), quote(text))).collect()
}

/// Assignments of any variables, in this order.
pub(crate) fn write_assignments(assignments: &[(&str, &str)]) -> String {
    assignments.iter().map(|(name, text)| format!("{name}={}\n", quote(text))).collect()
}

/// The file `custom/env.sh`: the variables that the test suite gets.
pub(crate) fn write_env(variables: &[(String, String)]) -> String {
    variables.iter().map(|(name, value)| format!("export {name}={}\n", quote(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quotes_that_read_best() {
        assert_eq!(quote("New snap (a|b) "), r#""New snap (a|b) ""#);
        assert_eq!(quote(""), r#""""#);
        assert_eq!(quote("it's"), r#""it's""#);
        assert_eq!(quote(r#"echo "$HOME""#), r#"'echo "$HOME"'"#);
        assert_eq!(quote("echo '$x' `y` \\ \"z\""), r#""echo '\$x' \`y\` \\ \"z\"""#);
        assert_eq!(quote("a\rb'\\"), r"$'a\rb\'\\'");
    }

    #[test]
    fn files() {
        let settings = [(Key::Message, "M"), (Key::PatternExtractor, "echo 1"), (Key::Manual, "true")];
        assert_eq!(write_options(&settings), "message=\"M\"\npattern_extractor=\"echo 1\"\nmanual=\"true\"\n");
        assert_eq!(
            write_env(&[("A".into(), "1 2".into()), ("B".into(), String::new())]),
            "export A=\"1 2\"\nexport B=\"\"\n"
        );
        assert_eq!(write_env(&[]), "");
    }
}
