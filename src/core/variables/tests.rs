use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use super::*;

fn os(bytes: impl AsRef<[u8]>) -> OsString {
    OsString::from_vec(bytes.as_ref().to_vec())
}

fn variables(entries: &[(&str, &str)]) -> Variables {
    entries.iter().map(|(name, value)| (os(name), os(value))).collect()
}

fn print(variables: &Variables) -> Vec<u8> {
    variables.iter().flat_map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes(), b"\0"].concat()).collect()
}

/// Values that break careless quoting.
pub(crate) fn hostile() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = [
        "",
        " ",
        "plain",
        "it's",
        "''",
        "'\"'\"'",
        "\"double\"",
        "back\\slash\\",
        "$HOME `id` $(id) ${x}",
        "!! !x ^a^b",
        "a\nb",
        "trailing\n",
        "\n\n",
        "\r\n",
        "carriage\rreturn",
        "tab\t\x0b\x0c\x01\x7f",
        "EOF",
        "a\nEOF\nb",
        "<<EOF",
        "a<<b\nc\nb",
        "100% %s %n %%",
        "a=b=c",
        "~ * ? [a] {b,c}",
        "; exit 1 #",
        "& | > < ( )",
        "zażółć 漢字 🦀",
        "-n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    values.push(b"\xff\xfe invalid \xc3".to_vec());
    values.push("long 'line' \n".repeat(100_000 / 13).into_bytes());
    values
}

fn hostile_changes() -> VariableChanges {
    let set = hostile().into_iter().enumerate().map(|(index, value)| (os(format!("V{index}")), os(value))).collect();
    VariableChanges { set, unset: vec![os("GONE")] }
}

#[test]
fn what_env_prints_is_read_back() {
    let all: Variables = hostile_changes().set.into_iter().collect();
    assert_eq!(parse(&print(&all)), all);
    assert_eq!(parse(b"A=1\0no equals sign\0B==\0"), variables(&[("A", "1"), ("B", "=")]));
    assert_eq!(parse(b""), Variables::new());
}

#[test]
fn only_what_the_file_did_is_a_change() {
    let before = variables(&[("SAME", "1"), ("OTHER", "1"), ("GONE", "1"), ("SHLVL", "1"), ("OLDPWD", "/")]);
    let after = variables(&[("SAME", "1"), ("OTHER", "2"), ("NEW", ""), ("SHLVL", "2"), ("_", "x"), ("PWD", "/x")]);
    let changes = VariableChanges::between(&before, &after);
    assert_eq!(changes.set, [(os("NEW"), os("")), (os("OTHER"), os("2"))]);
    assert_eq!(changes.unset, [os("GONE")]);
    assert_eq!(changes.apply(before.clone()).get(OsStr::new("NEW")), Some(&os("")));
    assert!(!changes.apply(before).contains_key(OsStr::new("GONE")));
    assert_eq!(VariableChanges::between(&after, &after), VariableChanges::default());
}

#[test]
fn shells_read_the_lines_back_exactly() {
    let changes = hostile_changes();
    let rendered = changes.shell_lines();
    assert!(rendered.left_out.is_empty());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &rendered.text).unwrap();
    for shell in ["bash", "dash", "sh", "zsh"] {
        let script = r#"eval "$(cat "$1")" && exec env -0"#;
        let mut command = Command::new(shell);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("LC_ALL", "C.UTF-8").env("GONE", "1");
        let output = match command.args(["-c", script, "x"]).arg(file.path()).output() {
            Ok(output) => output,
            Err(err) => {
                assert!(["dash", "zsh"].contains(&shell), "{shell}: {err}");
                continue;
            }
        };
        assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        let read = parse(&output.stdout);
        for (name, value) in &changes.set {
            assert_eq!(read.get(name), Some(value), "{shell}: {}", name.display());
        }
        assert!(!read.contains_key(OsStr::new("GONE")), "{shell}");
    }
}

/// Reads the file the way the runner of GitHub Actions does on Linux.
fn read_github_env(text: &[u8]) -> Variables {
    let text = std::str::from_utf8(text).expect("the runner reads UTF-8");
    let (mut variables, mut rest) = (Variables::new(), text);
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        if line.is_empty() {
            continue;
        }
        let heredoc = line.find("<<").expect("all of it is written in this way");
        assert!(line.find('=').is_none_or(|equals| heredoc < equals), "{line}");
        let (name, delimiter) = (&line[..heredoc], &line[heredoc + 2..]);
        let (start, mut length) = (rest, 0);
        loop {
            let (line, after) = rest.split_once('\n').expect("the delimiter comes");
            rest = after;
            if line == delimiter {
                break;
            }
            length += line.len() + 1;
        }
        variables.insert(os(name), os(start[..length].strip_suffix('\n').unwrap_or_default()));
    }
    assert_eq!(rest, "");
    variables
}

#[test]
fn github_reads_its_file_back_exactly() {
    let changes = hostile_changes();
    let rendered = changes.github_env("ghadelimiter_5f3a").unwrap();
    let (mut unfit, mut expected) = (Vec::new(), Variables::new());
    for (name, value) in &changes.set {
        match value.to_str() {
            Some(_) => drop(expected.insert(name.clone(), value.clone())),
            None => unfit.push((name.clone(), LeftOut::NotUtf8)),
        }
    }
    assert_eq!(unfit.len(), 1);
    unfit.push((os("GONE"), LeftOut::Unset));
    assert_eq!(rendered.left_out, unfit);
    assert_eq!(read_github_env(&rendered.text), expected);
}

#[test]
fn a_delimiter_that_occurs_is_refused() {
    let changes = VariableChanges { set: vec![(os("A"), os("x EOF y"))], unset: Vec::new() };
    assert_eq!(changes.github_env("EOF"), Err(DelimiterOccurs(os("A"))));
    assert!(changes.github_env("EOF2").is_ok());
}

#[test]
fn what_cannot_be_told_is_said() {
    let names = ["BASH_FUNC_x%%", "1A", "A-B", "", "NODE_OPTIONS", "node_options", "GITHUB_SHA", "RUNNER_TEMP", "FINE"];
    let changes = VariableChanges {
        set: names.iter().map(|name| (os(name), os("1"))).collect(),
        unset: vec![os("BASH_FUNC_y%%"), os("B")],
    };
    let shell = changes.shell_lines();
    assert_eq!(shell.text.iter().filter(|byte| **byte == b'\n').count(), 6);
    let left: Vec<_> = shell.left_out.iter().map(|(name, reason)| (name.to_str().unwrap(), *reason)).collect();
    assert_eq!(left, ["BASH_FUNC_x%%", "1A", "A-B", "", "BASH_FUNC_y%%"].map(|name| (name, LeftOut::Name)));
    let github = changes.github_env("D").unwrap();
    assert_eq!(read_github_env(&github.text), variables(&[("FINE", "1")]));
    let reserved = github.left_out.iter().filter(|(_, reason)| *reason == LeftOut::Reserved).count();
    assert_eq!((reserved, github.left_out.len()), (4, 10));
}
