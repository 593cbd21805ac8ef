//! Resources that follow others: extractors that ask `git spread-cron green NAME`.
//!
//! Only running an extractor shows what it does; this reads its text, which is enough to warn.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gix::bstr::ByteSlice;
use regex::bytes::Regex;

/// `git spread-cron [OPTIONS] green [OPTIONS] `, and the name comes next.
static GREEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"git(?:-|\s+)spread-cron(?:\s+-\S+)*\s+green(?:\s+(?:--(?:remote|options-path|color)\s+\S+|-\S+))*\s+")
        .expect("the expression is well-formed")
});

/// `NAME=…`, `for NAME`, `read … NAME` and the like: a variable that a command sets.
static SET: LazyLock<Regex> = LazyLock::new(|| {
    const NAME: &str = r"(?:^|[^\w$.?-])(\w+)\+?=|\bfor\s+(\w+)\s+in\b";
    const NAMES: &str = r"\b(?:read|readarray|mapfile|getopts|unset|printf\s+-v)\b([^\n;|&()]*)";
    Regex::new(&format!("{NAME}|{NAMES}")).expect("the expression is well-formed")
});

/// The names of the resources whose green values the text of an extractor asks for: those that are written out, and
/// those in variables that are `known` and that the extractor leaves alone.
pub(crate) fn followed(extractor: &[u8], known: impl Fn(&str) -> Option<String>) -> Vec<String> {
    // Hardly any extractor has the word, and the expression is not made for the others.
    if !extractor.contains_str("green") {
        return Vec::new();
    }
    let resolve = |name: &str| known(name).filter(|_| !sets(extractor, name));
    let mut names: Vec<String> =
        GREEN.find_iter(extractor).filter_map(|found| name_in(&extractor[found.end()..], resolve)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a command may set the variable.
fn sets(command: &[u8], variable: &str) -> bool {
    let mut words = SET.captures_iter(command).flat_map(|found| {
        found.iter().skip(1).flatten().flat_map(|group| group.as_bytes().fields()).collect::<Vec<_>>()
    });
    words.any(|word| word == variable.as_bytes())
}

/// The word at the beginning of a command line, if all of it is known; in quotes, or without any.
fn name_in(text: &[u8], resolve: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (text, quote) = match text.first()? {
        quote @ (b'"' | b'\'') => (&text[1..], Some(*quote)),
        _ => (text, None),
    };
    let ends = |byte: u8| byte.is_ascii_whitespace() || b"\"'`;|&()<>".contains(&byte);
    let end = match quote {
        Some(quote) => text.find_byte(quote)?,
        None => text.iter().position(|byte| ends(*byte)).unwrap_or(text.len()),
    };
    // Quotes that go on with something else are more than a name needs.
    if quote.is_some() && text.get(end + 1).is_some_and(|next| !ends(*next)) {
        return None;
    }
    let word = text[..end].to_str().ok()?.trim_end_matches('\\');
    let name = if quote == Some(b'\'') { word.to_owned() } else { expand(word, resolve)? };
    let is_odd = |c: char| c.is_whitespace() || r#""'`$;|&()<>\"#.contains(c);
    (!name.is_empty() && !name.starts_with('-') && !name.contains(is_odd)).then_some(name)
}

/// The word with the text of its variables, if all of them are known.
fn expand(word: &str, resolve: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut pieces = word.split('$');
    let mut expanded = pieces.next()?.to_owned();
    for piece in pieces {
        let (name, rest) = match piece.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?,
            None => {
                let end = piece.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(piece.len());
                piece.split_at(end)
            }
        };
        expanded += &resolve(name)?;
        expanded += rest;
    }
    Some(expanded)
}

/// Cycles among resources, given what each follows. Each resource is in at most one of those that are returned.
pub(crate) fn cycles<'a>(follows: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut rest = follows.clone();
    let mut cycles = Vec::new();
    loop {
        trim(&mut rest);
        // Each remaining resource follows a remaining one, so a walk must come back to where it has been.
        let Some(start) = rest.keys().next().copied() else { return cycles };
        let mut path = vec![start];
        let cycle = loop {
            let last = path[path.len() - 1];
            let next = rest[last].iter().copied().find(|next| rest.contains_key(next));
            let next = next.expect("leaf nodes were trimmed");
            match path.iter().position(|seen| *seen == next) {
                Some(at) => break path.split_off(at),
                None => path.push(next),
            }
        };
        cycle.iter().for_each(|name| drop(rest.remove(name)));
        cycles.push(cycle);
    }
}

/// Repeatedly removes leaf nodes; only cycles, and what leads to them, remain.
fn trim<'a>(follows: &mut BTreeMap<&'a str, Vec<&'a str>>) {
    let mut followers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut left: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, next) in follows.iter() {
        let next: Vec<&str> = next.iter().copied().filter(|next| follows.contains_key(next)).collect();
        left.insert(name, next.len());
        next.into_iter().for_each(|next| followers.entry(next).or_default().push(name));
    }
    let mut done: Vec<&str> = left.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    while let Some(name) = done.pop() {
        follows.remove(name);
        for follower in followers.remove(name).unwrap_or_default() {
            let count = left.get_mut(follower).expect("every follower was counted");
            *count -= 1;
            if *count == 0 {
                done.push(follower);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_followed() {
        let cases: [(&str, &[&str]); 20] = [
            ("git spread-cron green snapd-core-edge", &["snapd-core-edge"]),
            ("git-spread-cron green a/b", &["a/b"]),
            ("git  spread-cron green a", &["a"]),
            ("git spread-cron -q green --local 'a'", &["a"]),
            ("git spread-cron green --remote up \"a\"|head", &["a"]),
            ("v=$(git spread-cron green a); w=`git spread-cron green b`; echo $v-$w", &["a", "b"]),
            ("git spread-cron green b && git spread-cron green a && git spread-cron green a", &["a", "b"]),
            ("bash -c \"git spread-cron green a\"", &["a"]),
            ("git spread-cron green a\\\n --local", &["a"]),
            ("git spread-cron green $NAME", &[]),
            ("git spread-cron green snapd-$NAME", &[]),
            ("git spread-cron green 'a'b", &[]),
            ("git spread-cron green \"a", &[]),
            ("git spread-cron green --local", &[]),
            ("git spread-cron green \"$(cat name)\"", &[]),
            ("git spread-cron green `cat name`", &[]),
            ("git spread-cron status green", &[]),
            ("echo green a", &[]),
            ("git spread-cron green", &[]),
            ("", &[]),
        ];
        for (extractor, expected) in cases {
            assert_eq!(followed(extractor.as_bytes(), |_| None), expected, "{extractor}");
        }
    }

    #[test]
    fn who_is_followed_by_way_of_a_variable() {
        let known = |name: &str| match name {
            "resource" => Some("core-edge".to_owned()),
            "risk" => Some("beta".to_owned()),
            "words" => Some("a b".to_owned()),
            "empty" => Some(String::new()),
            _ => None,
        };
        let cases: [(&str, &[&str]); 24] = [
            ("git spread-cron green \"$resource\"", &["core-edge"]),
            ("git spread-cron green $resource", &["core-edge"]),
            ("git spread-cron green ${resource}|head", &["core-edge"]),
            ("x=$(git spread-cron green --local \"${resource}\") && echo \"$x\"", &["core-edge"]),
            ("git spread-cron green \"core-$risk-amd64\"", &["core-beta-amd64"]),
            ("git spread-cron green $risk${risk}_x; git spread-cron green z", &["betabeta_x", "z"]),
            ("[ \"$resource\" = x ] || git spread-cron green $resource", &["core-edge"]),
            ("prog --resource=5 x.resource=6 my_resource=7; git spread-cron green $resource", &["core-edge"]),
            ("# ask for resource a\ngit spread-cron green $resource", &["core-edge"]),
            ("git spread-cron green '$resource'", &[]),
            ("git spread-cron green $resource_name", &[]),
            ("git spread-cron green ${resource:-x}", &[]),
            ("git spread-cron green ${resource%-*}", &[]),
            ("git spread-cron green $unknown-$resource", &[]),
            ("git spread-cron green \"$words\"", &[]),
            ("git spread-cron green \"$empty\"", &[]),
            ("git spread-cron green $", &[]),
            ("git spread-cron green ${", &[]),
            ("git spread-cron green $1", &[]),
            ("resource=a; git spread-cron green $resource", &[]),
            ("[ -e x ] && resource+=-x\ngit spread-cron green $resource", &[]),
            ("for resource in a b; do git spread-cron green $resource; done", &[]),
            ("cat list | while read -r resource rest; do git spread-cron green $resource; done", &[]),
            ("printf -v resource %s x; git spread-cron green $resource", &[]),
        ];
        for (extractor, expected) in cases {
            assert_eq!(followed(extractor.as_bytes(), known), expected, "{extractor}");
        }
    }

    #[test]
    fn every_cycle_is_found_and_nothing_else() {
        let cycles = |edges: &[(&'static str, &[&'static str])]| {
            cycles(&edges.iter().map(|(name, next)| (*name, next.to_vec())).collect())
        };
        assert_eq!(cycles(&[]), [[""; 0]; 0]);
        assert_eq!(cycles(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]), [[""; 0]; 0]);
        assert_eq!(cycles(&[("a", &["gone"])]), [[""; 0]; 0]);
        assert_eq!(cycles(&[("a", &["a"])]), [["a"]]);
        assert_eq!(cycles(&[("z", &["a"]), ("a", &["b"]), ("b", &["a"])]), [["a", "b"]]);
        assert_eq!(cycles(&[("a", &["x", "b"]), ("b", &["c"]), ("c", &["a"]), ("x", &[])]), [["a", "b", "c"]]);
        assert_eq!(
            cycles(&[("a", &["b"]), ("b", &["a", "c"]), ("c", &["d"]), ("d", &["c"]), ("e", &["a"])]),
            [["a", "b"], ["c", "d"]]
        );
    }
}
