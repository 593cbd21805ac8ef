//! Files that make a CI system start for each push: which of them lie in a tree, and whether one starts for a branch.
//!
//! Reads as much of YAML as the key `on` of a workflow needs. What cannot be read is taken to start nothing: this serves a
//! warning.

use regex::Regex;

/// The folder of workflows, for GitHub and those that follow it.
pub(crate) const WORKFLOWS: &str = ".github/workflows";

/// Files that start a pipeline for a push unless their rules say otherwise.
pub(crate) const PIPELINES: [&str; 2] = [".gitlab-ci.yml", ".travis.yml"];

/// Whether a file in the folder of workflows is one.
pub(crate) fn is_workflow(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

/// Whether a workflow with this text starts for each push to the branch.
pub(crate) fn starts_on_push(text: &str, branch: &str) -> bool {
    let lines = lines(text);
    let Some(Node::Map(top)) = block(&lines) else { return false };
    match value(&top, "on") {
        Some(Node::Scalar(event)) => event == "push",
        Some(Node::List(events)) => events.iter().any(|event| *event == Node::Scalar("push".to_owned())),
        Some(Node::Map(events)) => value(events, "push").is_some_and(|push| takes(push, branch)),
        None => false,
    }
}

/// Whether the filters of `push` let the branch through.
fn takes(push: &Node, branch: &str) -> bool {
    let Node::Map(filters) = push else { return true };
    let patterns = |key| match value(filters, key) {
        Some(Node::List(patterns)) => Some(patterns.iter().filter_map(Node::scalar).collect::<Vec<_>>()),
        Some(Node::Scalar(pattern)) => Some(vec![pattern.as_str()]),
        Some(Node::Map(_)) | None => None,
    };
    match (patterns("branches"), patterns("branches-ignore")) {
        (Some(wanted), _) => is_listed(&wanted, branch),
        (None, Some(ignored)) => !is_listed(&ignored, branch),
        // With filters for tags alone, no branch starts it.
        (None, None) => value(filters, "tags").or(value(filters, "tags-ignore")).is_none(),
    }
}

/// Whether the last pattern that matches is one without a `!`.
fn is_listed(patterns: &[&str], branch: &str) -> bool {
    patterns.iter().fold(false, |listed, pattern| match pattern.strip_prefix('!') {
        Some(pattern) => listed && !matches(pattern, branch),
        None => listed || matches(pattern, branch),
    })
}

/// The patterns of GitHub: `*` stops at a slash, `**` does not, `?` and `+` repeat what stands before them.
fn matches(pattern: &str, branch: &str) -> bool {
    let mut expression = String::from("^(?:");
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let (taken, piece) = match c {
            '*' if rest.starts_with("**") => (2, ".*".to_owned()),
            '*' => (1, "[^/]*".to_owned()),
            '?' | '+' => (1, c.to_string()),
            '[' => {
                let end = rest.find(']').map_or(1, |end| end + 1);
                (end, rest[..end].to_owned())
            }
            '\\' => {
                let escaped = rest[1..].chars().next();
                (1 + escaped.map_or(0, char::len_utf8), regex::escape(&escaped.unwrap_or('\\').to_string()))
            }
            c => (c.len_utf8(), regex::escape(&c.to_string())),
        };
        expression += &piece;
        rest = &rest[taken..];
    }
    expression += ")$";
    Regex::new(&expression).is_ok_and(|regex| regex.is_match(branch))
}

/// No workflow has brackets in more brackets.
const MAX_DEPTH: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    fn scalar(&self) -> Option<&str> {
        if let Node::Scalar(text) = self { Some(text) } else { None }
    }
}

fn value<'a>(map: &'a [(String, Node)], key: &str) -> Option<&'a Node> {
    map.iter().find(|(name, _)| name == key).map(|(_, node)| node)
}

/// A line without its comment.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let line = |line| {
        let line = without_comment(line).trim_end();
        let text = line.trim_start_matches(' ');
        Line { indent: line.len() - text.len(), text }
    };
    text.lines().map(line).filter(|line| !line.text.is_empty() && line.text != "---").collect()
}

fn without_comment(line: &str) -> &str {
    let (mut quote, mut before) = (None, ' ');
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '#' && before.is_whitespace() => return &line[..at],
            None if (c == '"' || c == '\'') && !before.is_alphanumeric() => quote = Some(c),
            Some(_) | None => {}
        }
        before = c;
    }
    line
}

/// The node that lines of a block are.
fn block(lines: &[Line<'_>]) -> Option<Node> {
    let first = lines.first()?;
    let indent = first.indent;
    let is_item = |line: &Line<'_>| line.indent == indent && (line.text == "-" || line.text.starts_with("- "));
    let is_list = is_item(first);
    let (mut items, mut entries, mut at) = (Vec::new(), Vec::new(), 0);
    while let Some(line) = lines.get(at) {
        // In a map, the items of a list may stand as deep as its key.
        let belongs = |next: &Line<'_>| next.indent > indent || (!is_list && is_item(next));
        let mut end = lines[at + 1..].iter().position(|next| !belongs(next)).map_or(lines.len(), |more| at + 1 + more);
        // Brackets may close where the next key could stand.
        end = end.max(at + length_in_brackets(&lines[at..]));
        let below = &lines[at + 1..end];
        if is_list {
            items.push(inline(line.text[1..].trim(), below));
        } else if let Some((key, rest)) = key_of(line.text) {
            entries.push((key, inline(rest, below)));
        }
        at = end;
    }
    Some(if is_list { Node::List(items) } else { Node::Map(entries) })
}

/// How many of the lines belong to a key whose value stands in brackets; none if it does not.
fn length_in_brackets(lines: &[Line<'_>]) -> usize {
    let value = lines.first().and_then(|line| key_of(line.text)).map_or("", |(_, value)| value);
    if !value.starts_with(['[', '{']) {
        return 0;
    }
    let (mut opened, mut closed) = (0, 0);
    let ends = |line: &Line<'_>| {
        opened += line.text.matches(['[', '{']).count();
        closed += line.text.matches([']', '}']).count();
        closed >= opened
    };
    lines.iter().position(ends).map_or(lines.len(), |last| last + 1)
}

/// The node behind a key or a dash, and on the lines below it.
fn inline(rest: &str, below: &[Line<'_>]) -> Node {
    let empty = || Node::Scalar(String::new());
    // An anchor or a tag says nothing about the value.
    let rest =
        rest.strip_prefix(['&', '!']).map_or(rest, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest.trim()));
    match rest.chars().next() {
        None => block(below).unwrap_or_else(empty),
        Some('[' | '{') => {
            let lines = below.iter().map(|line| line.text);
            let text = std::iter::once(rest).chain(lines).collect::<Vec<_>>().join(" ");
            flow(&mut text.as_str(), MAX_DEPTH).unwrap_or_else(empty)
        }
        Some(_) => Node::Scalar(unquoted(rest)),
    }
}

/// `key` and what stands behind its colon.
fn key_of(text: &str) -> Option<(String, &str)> {
    let (key, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = text[1..].find(quote)? + 1;
            (&text[1..end], text[end + 1..].trim_start().strip_prefix(':')?)
        }
        _ => {
            let end = text.find(": ").or_else(|| text.strip_suffix(':').map(str::len))?;
            (&text[..end], &text[end + 1..])
        }
    };
    Some((key.trim().to_owned(), rest.trim()))
}

/// A list or a map in brackets, or a word in one. None where brackets do not match, or lie deeper than `depth`.
fn flow(text: &mut &str, depth: usize) -> Option<Node> {
    let depth = depth.checked_sub(1)?;
    *text = text.trim_start();
    let close = match text.chars().next()? {
        '[' => ']',
        '{' => '}',
        _ => return Some(Node::Scalar(flow_word(text))),
    };
    *text = &text[1..];
    let (mut items, mut entries) = (Vec::new(), Vec::new());
    loop {
        *text = text.trim_start_matches([' ', ',']);
        if let Some(rest) = text.strip_prefix(close) {
            *text = rest;
            return Some(if close == ']' { Node::List(items) } else { Node::Map(entries) });
        }
        let before = text.len();
        if close == ']' {
            items.push(flow(text, depth)?);
        } else {
            let key = flow_word(text);
            *text = text.trim_start();
            let node = match text.strip_prefix(':') {
                Some(rest) if !rest.trim_start().starts_with([',', '}']) => {
                    *text = rest;
                    flow(text, depth)?
                }
                Some(rest) => {
                    *text = rest;
                    Node::Scalar(String::new())
                }
                None => Node::Scalar(String::new()),
            };
            entries.push((key, node));
        }
        // A bracket that closes nothing would be looked at for ever.
        if text.len() == before {
            return None;
        }
    }
}

fn flow_word(text: &mut &str) -> String {
    let start = *text;
    if let Some(quote) = start.chars().next().filter(|c| *c == '"' || *c == '\'') {
        let end = start[1..].find(quote).map_or(start.len(), |end| end + 2);
        *text = &start[end..];
        return unquoted(&start[..end]);
    }
    let end = start.find([',', ']', '}', '[', '{']).unwrap_or(start.len());
    let end = start[..end].find(": ").or_else(|| start[..end].strip_suffix(':').map(str::len)).unwrap_or(end);
    *text = &start[end..];
    start[..end].trim().to_owned()
}

fn unquoted(text: &str) -> String {
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_that_start_on_push() {
        for text in [
            "on: push",
            "name: x\non: push # and nothing else\njobs: {}\n",
            "on: 'push'",
            "\"on\": push",
            "'on':\n  push:\n",
            "on: [push, pull_request]",
            "on: [ pull_request, 'push' ]",
            "on: [\n  push,\n  pull_request,\n]\n",
            "on:\n  - pull_request\n  - push\n",
            "on:\n- push\njobs:\n",
            "on:\n  push:\n  pull_request:\n",
            "on: {push: }",
            "on: {pull_request: {branches: [main]}, push: {branches: ['*']}}",
            "on:\n  push:\n    branches: [main, edge]\n",
            "on:\n  push:\n    branches:\n      - main\n      - 'ed?ge'\n",
            "on:\n  push:\n    branches:\n    - \"**\"\n",
            "on:\n  push:\n    branches-ignore: [main]\n",
            "on:\n    push: &filter\n        branches: edge\n",
            "on:\n  push:\n    branches: ['*', '!main']\n    tags: ['v*']\n",
            "# A comment\r\non: push\r\n",
            "---\non:\n  workflow_dispatch:\n    inputs:\n      x:\n        type: string\n  push:\n",
            "on:\n  push:\n    paths-ignore:\n      - docs/**\n",
        ] {
            assert!(starts_on_push(text, "edge"), "{text}");
        }
    }

    #[test]
    fn workflows_that_do_not() {
        for text in [
            "",
            "on: pull_request",
            "on: [pull_request, workflow_dispatch]",
            "on:\n  schedule:\n    - cron: '*/5 * * * *'\n  workflow_dispatch:\n",
            "on:\n  push:\n    branches: [main]\n",
            "on:\n  push:\n    branches:\n      - main\n      - 'release/**'\n",
            "on:\n  push:\n    branches-ignore: ['ed*']\n",
            "on:\n  push:\n    branches: ['**', '!edge']\n",
            "on:\n  push:\n    tags: ['v*']\n",
            "on: {push: {branches: [main]}}",
            "jobs:\n  on: push\n",
            "name: on push\non: workflow_call\n",
            "# on: push\n",
            "on: [push",
            "on: {push: [}",
            "on:\n\t- push\n",
            &format!("on: {}", "[".repeat(100_000)),
            &format!("on: [\n{}", "a\n".repeat(100_000)),
            &format!("on: {}push{}", "[".repeat(40), "]".repeat(40)),
            "\u{0}\u{1b}",
        ] {
            assert!(!starts_on_push(text, "edge"), "{text}");
        }
    }

    #[test]
    fn patterns_of_branches() {
        for (pattern, branch, expected) in [
            ("*", "edge", true),
            ("*", "core/edge", false),
            ("**", "core/edge", true),
            ("core/**", "core/a/b", true),
            ("edge", "edge-2", false),
            ("v[12].[0-9]+", "v1.20", true),
            ("a.c", "abc", false),
            ("[", "[", false),
        ] {
            assert_eq!(matches(pattern, branch), expected, "{pattern} {branch}");
        }
    }
}
