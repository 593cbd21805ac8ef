//! What a filter (`select`) may not hold: names that reach for something else than the answer.

/// The longest filter.
const MAX_LENGTH: usize = 4096;

/// What gives something else than what is in the answer, or ends the program that runs it.
const REFUSED: [&str; 16] = [
    "$ENV",
    "env",
    "input",
    "inputs",
    "input_filename",
    "input_line_number",
    "debug",
    "stderr",
    "halt",
    "halt_error",
    "import",
    "include",
    "now",
    "localtime",
    "mktime",
    "get_search_list",
];

/// Checks a filter without compiling it.
///
/// # Errors
///
/// Why it is refused.
pub(super) fn check(filter: &str) -> Result<(), String> {
    if filter.len() > MAX_LENGTH {
        return Err(format!("a filter has at most {MAX_LENGTH} bytes"));
    }
    match names(filter).into_iter().find(|name| REFUSED.contains(name)) {
        Some(name) => Err(format!("{name} is not there for filters, which see the answer and nothing else")),
        None => Ok(()),
    }
}

/// The names in a filter that are neither fields, nor keys, nor in texts.
fn names(filter: &str) -> Vec<&str> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = filter.as_bytes();
    let mut names = Vec::new();
    // Each text that is open, with the parentheses that are open in what it interpolates.
    let mut texts: Vec<usize> = Vec::new();
    let (mut at, mut in_text) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match (in_text, byte) {
            (true, b'"') => in_text = false,
            (true, b'\\') => {
                if bytes.get(at) == Some(&b'(') {
                    texts.push(0);
                    in_text = false;
                }
                at += 1;
            }
            (true, _) => {}
            (false, b'"') => in_text = true,
            (false, b'#') => at += bytes[at..].iter().take_while(|byte| **byte != b'\n').count(),
            (false, b'(') => texts.iter_mut().last().into_iter().for_each(|open| *open += 1),
            (false, b')') => match texts.last_mut() {
                Some(0) => {
                    texts.pop();
                    in_text = true;
                }
                Some(open) => *open -= 1,
                None => {}
            },
            (false, b'$') | (false, b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                at += bytes[at..].iter().take_while(|byte| is_name(**byte)).count();
                let before = filter[..start].trim_end();
                let is_field = before.ends_with('.') && !before.ends_with("..");
                let is_key = filter[at..].trim_start().starts_with(':') && !filter[at..].trim_start().starts_with("::");
                if !is_field && !is_key {
                    names.push(&filter[start..at]);
                }
            }
            (false, _) => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_reach_for_something_else() {
        let fine = [
            ".env",
            ".a.input",
            ". env_x",
            "{env: .a}",
            "{\"env\": 1}",
            ".[\"env\"]",
            "\"env\"",
            ". # env\n",
            "\"\\(.env) env\"",
            "[.tags[] | select(.name | test(\"^v\"))]",
            "environment",
            ".now | .debug",
        ];
        for filter in fine {
            assert_eq!(check(filter), Ok(()), "{filter}");
        }
        let refused = [
            ("env", "env"),
            ("$ENV.HOME", "$ENV"),
            ("$ENV | .a", "$ENV"),
            (".a | env.HOME", "env"),
            ("[inputs]", "inputs"),
            ("\"\\(env)\"", "env"),
            ("\"\\((env) | .x) x\"", "env"),
            ("\"\\(\"\\(input)\")\"", "input"),
            ("import \"data\" as $a; $a", "import"),
            ("include \"x\"; .", "include"),
            (".|debug", "debug"),
            ("halt", "halt"),
            ("..env", "env"),
            ("if env then 1 else 2 end", "env"),
            ("now", "now"),
        ];
        for (filter, name) in refused {
            let reason = check(filter).expect_err(filter);
            assert!(reason.starts_with(&format!("{name} is not there")), "{filter}: {reason}");
        }
        assert!(check(&"x".repeat(5000)).is_err());
    }
}
