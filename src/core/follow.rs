//! Resources that follow others: extractors that ask `git spread-cron green NAME`.
//!
//! What an extractor does can only be told by running it; this reads its text, which is enough to warn.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gix::bstr::ByteSlice;
use regex::bytes::Regex;

/// `git spread-cron [OPTIONS] green [OPTIONS] NAME`, with or without quotes around the name.
static GREEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"git(?:-|\s+)spread-cron(?:\s+-\S+)*\s+green(?:\s+(?:--(?:remote|options-path|color)\s+\S+|-\S+))*\s+["']?([^\s"'`$;|&()<>\\-][^\s"'`$;|&()<>\\]*)"#)
        .expect("the expression is well-formed")
});

/// The names of the resources whose green values the text of an extractor asks for.
pub(crate) fn followed(extractor: &[u8]) -> Vec<String> {
    // Hardly any extractor has the word, and the expression is not made for the others.
    if !extractor.contains_str("green") {
        return Vec::new();
    }
    let mut names: Vec<String> = GREEN
        .captures_iter(extractor)
        .filter_map(|found| String::from_utf8(found.get(1)?.as_bytes().to_vec()).ok())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Circles among resources, given whom each follows: each resource is in at most one of those that are told.
pub(crate) fn circles<'a>(follows: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<&'a str>> {
    let mut rest = follows.clone();
    let mut circles = Vec::new();
    loop {
        trim(&mut rest);
        // Everybody who is left follows somebody who is left, so walking on must come back to somewhere.
        let Some(start) = rest.keys().next().copied() else { return circles };
        let mut path = vec![start];
        let circle = loop {
            let last = path[path.len() - 1];
            let next = rest[last].iter().copied().find(|next| rest.contains_key(next));
            let next = next.expect("those who follow nobody were trimmed");
            match path.iter().position(|seen| *seen == next) {
                Some(at) => break path.split_off(at),
                None => path.push(next),
            }
        };
        circle.iter().for_each(|name| drop(rest.remove(name)));
        circles.push(circle);
    }
}

/// Takes away who follows nobody that is left, until nobody does.
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
        let cases: [(&str, &[&str]); 12] = [
            ("git spread-cron green snapd-core-edge", &["snapd-core-edge"]),
            ("git-spread-cron green a/b", &["a/b"]),
            ("git  spread-cron green a", &["a"]),
            ("git spread-cron -q green --local 'a'", &["a"]),
            ("git spread-cron green --remote up \"a\"|head", &["a"]),
            ("v=$(git spread-cron green a); w=`git spread-cron green b`; echo $v-$w", &["a", "b"]),
            ("git spread-cron green b && git spread-cron green a && git spread-cron green a", &["a", "b"]),
            ("git spread-cron green $NAME", &[]),
            ("git spread-cron status green", &[]),
            ("echo green a", &[]),
            ("git spread-cron green", &[]),
            ("", &[]),
        ];
        for (extractor, expected) in cases {
            assert_eq!(followed(extractor.as_bytes()), expected, "{extractor}");
        }
    }

    #[test]
    fn every_circle_is_found_and_nothing_else() {
        let circles = |edges: &[(&'static str, &[&'static str])]| {
            circles(&edges.iter().map(|(name, next)| (*name, next.to_vec())).collect())
        };
        assert_eq!(circles(&[]), [[""; 0]; 0]);
        assert_eq!(circles(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]), [[""; 0]; 0]);
        assert_eq!(circles(&[("a", &["gone"])]), [[""; 0]; 0]);
        assert_eq!(circles(&[("a", &["a"])]), [["a"]]);
        assert_eq!(circles(&[("z", &["a"]), ("a", &["b"]), ("b", &["a"])]), [["a", "b"]]);
        assert_eq!(circles(&[("a", &["x", "b"]), ("b", &["c"]), ("c", &["a"]), ("x", &[])]), [["a", "b", "c"]]);
        assert_eq!(
            circles(&[("a", &["b"]), ("b", &["a", "c"]), ("c", &["d"]), ("d", &["c"]), ("e", &["a"])]),
            [["a", "b"], ["c", "d"]]
        );
    }
}
