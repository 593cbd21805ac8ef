//! Pure: git's protocol version 2 over http, as far as it lists refs, and the older one that some servers answer with.

use std::collections::BTreeMap;

/// The refs of a repository by their full names: the commit or object, and what an annotated tag stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Refs(BTreeMap<String, Ref>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ref {
    id: String,
    peeled: Option<String>,
}

/// What a server that was asked for its refs answers with first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Advertised {
    /// It speaks version 2, and waits for a command. The line names the format of its ids if it is not SHA-1.
    Version2 { object_format: Option<String> },
    /// It speaks an older version, and these are its refs.
    Refs(Refs),
}

/// Why what a server says is not the protocol of git.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not what a git server says")]
pub(crate) struct NotGit;

/// The lines of a stream; none stands for a flush, and what only delimits is left out.
fn lines(mut stream: &[u8]) -> Result<Vec<Option<&[u8]>>, NotGit> {
    let mut lines = Vec::new();
    while !stream.is_empty() {
        let (length, rest) = stream.split_at_checked(4).ok_or(NotGit)?;
        let length = std::str::from_utf8(length).map_err(|_| NotGit)?;
        let length = usize::from_str_radix(length, 16).map_err(|_| NotGit)?;
        match length {
            0 => {
                lines.push(None);
                stream = rest;
            }
            1..=3 => stream = rest,
            _ => {
                let (line, rest) = rest.split_at_checked(length - 4).ok_or(NotGit)?;
                lines.push(Some(line.strip_suffix(b"\n").unwrap_or(line)));
                stream = rest;
            }
        }
    }
    Ok(lines)
}

/// Reads the answer to `GET info/refs?service=git-upload-pack`.
pub(super) fn advertised(body: &[u8]) -> Result<Advertised, NotGit> {
    let lines = lines(body)?;
    let mut lines = lines.into_iter().flatten().peekable();
    // A server that speaks version 2 may leave this line out, and git's own does.
    let is_named = lines.next_if(|line| line.starts_with(b"# service=git-upload-pack")).is_some();
    if lines.next_if_eq(&&b"version 2"[..]).is_some() {
        let format = |line: &[u8]| Some(std::str::from_utf8(line.strip_prefix(b"object-format=")?).ok()?.to_owned());
        return Ok(Advertised::Version2 { object_format: lines.find_map(format) });
    }
    if !is_named {
        return Err(NotGit);
    }
    let mut refs = Refs::default();
    for line in lines {
        let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
        if line.starts_with(b"version 1") || line.starts_with(b"shallow ") {
            continue;
        }
        let line = std::str::from_utf8(line).map_err(|_| NotGit)?;
        let (id, name) = line.split_once(' ').ok_or(NotGit)?;
        // A repository without refs says so.
        if name == "capabilities^{}" {
            continue;
        }
        refs.add(id, name)?;
    }
    Ok(Advertised::Refs(refs))
}

/// The command that lists all refs with a prefix, and what tags stand for.
pub(super) fn ls_refs(object_format: Option<&str>, prefixes: &[String]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut line = |text: &str| body.extend_from_slice(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
    line("command=ls-refs");
    if let Some(format) = object_format {
        line(&format!("object-format={format}"));
    }
    let delimiter = "0001";
    body.extend_from_slice(delimiter.as_bytes());
    let mut line = |text: &str| body.extend_from_slice(format!("{:04x}{text}\n", text.len() + 5).as_bytes());
    line("peel");
    for prefix in prefixes {
        line(&format!("ref-prefix {prefix}"));
    }
    body.extend_from_slice(b"0000");
    body
}

/// Reads the answer to [`ls_refs`].
pub(super) fn listed(body: &[u8]) -> Result<Refs, NotGit> {
    let lines = lines(body)?;
    if lines.last() != Some(&None) {
        // It was cut off.
        return Err(NotGit);
    }
    let mut refs = Refs::default();
    for line in lines.into_iter().flatten() {
        let line = std::str::from_utf8(line).map_err(|_| NotGit)?;
        let mut words = line.split(' ');
        let (id, name) = words.next().zip(words.next()).ok_or(NotGit)?;
        // HEAD of a repository that has no commit yet.
        if id == "unborn" {
            continue;
        }
        refs.add(id, name)?;
        if let Some(peeled) = words.find_map(|word| word.strip_prefix("peeled:")) {
            refs.add(peeled, &format!("{name}^{{}}"))?;
        }
    }
    Ok(refs)
}

impl Refs {
    /// Reads what `git ls-remote` prints.
    pub(crate) fn of_program(listing: &[u8]) -> Result<Self, NotGit> {
        let mut refs = Refs::default();
        for line in std::str::from_utf8(listing).map_err(|_| NotGit)?.lines() {
            let (id, name) = line.split_once('\t').ok_or(NotGit)?;
            refs.add(id, name)?;
        }
        Ok(refs)
    }

    fn add(&mut self, id: &str, name: &str) -> Result<(), NotGit> {
        let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_id || name.is_empty() {
            return Err(NotGit);
        }
        match name.strip_suffix("^{}") {
            Some(name) => self.0.entry(name.to_owned()).or_default().peeled = Some(id.to_owned()),
            None => self.0.entry(name.to_owned()).or_default().id = id.to_owned(),
        }
        Ok(())
    }

    /// The commit that a ref stands for.
    pub(super) fn commit(&self, name: &str) -> Option<&str> {
        let found = self.0.get(name)?;
        Some(found.peeled.as_deref().unwrap_or(&found.id))
    }

    /// The names of all tags, without `refs/tags/`.
    pub(super) fn tags(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|name| name.strip_prefix("refs/tags/"))
    }
}

/// The full name that options mean: a short one is that of a branch.
pub(super) fn full_name(name: &str) -> String {
    if name == "HEAD" || name.starts_with("refs/") { name.to_owned() } else { format!("refs/heads/{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn stream(lines: &[&str]) -> Vec<u8> {
        let line = |line: &&str| match *line {
            "0000" | "0001" => (*line).to_owned(),
            line => format!("{:04x}{line}\n", line.len() + 5),
        };
        lines.iter().map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn servers_that_speak_version_2() {
        let body =
            stream(&["# service=git-upload-pack", "0000", "version 2", "agent=x", "object-format=sha256", "0000"]);
        let object_format = Some("sha256".to_owned());
        assert_eq!(advertised(&body), Ok(Advertised::Version2 { object_format }));
        let body = stream(&["version 2", "agent=x", "ls-refs=unborn", "0000"]);
        assert_eq!(
            advertised(&body),
            Ok(Advertised::Version2 { object_format: None }),
            "without the name of the service"
        );
        let command = ls_refs(None, &["refs/heads/main".to_owned()]);
        assert_eq!(command, b"0014command=ls-refs\n00010009peel\n001fref-prefix refs/heads/main\n0000");
        let tag = format!("{A} refs/tags/v1 peeled:{B}");
        let head = format!("{B} HEAD symref-target:refs/heads/main");
        let refs = listed(&stream(&[&head, &tag, "unborn HEAD symref-target:refs/heads/x", "0000"])).unwrap();
        assert_eq!(
            (refs.commit("HEAD"), refs.commit("refs/tags/v1"), refs.commit("refs/heads/main")),
            (Some(B), Some(B), None)
        );
        assert_eq!(refs.tags().collect::<Vec<_>>(), ["v1"]);
    }

    #[test]
    fn servers_that_speak_what_came_before() {
        let head = format!("{A} HEAD\0multi_ack symref=HEAD:refs/heads/main");
        let lines =
            [head, format!("{A} refs/heads/main"), format!("{A} refs/tags/v1"), format!("{B} refs/tags/v1^{{}}")];
        let mut all = vec!["# service=git-upload-pack", "0000"];
        all.extend(lines.iter().map(String::as_str));
        all.push("0000");
        let Ok(Advertised::Refs(refs)) = advertised(&stream(&all)) else { panic!("these are refs") };
        assert_eq!((refs.commit("refs/heads/main"), refs.commit("refs/tags/v1")), (Some(A), Some(B)));
        let empty = format!("{} capabilities^{{}}\0x", "0".repeat(40));
        let empty = advertised(&stream(&["# service=git-upload-pack", "0000", &empty, "0000"]));
        assert_eq!(empty, Ok(Advertised::Refs(Refs::default())));
    }

    #[test]
    fn what_is_no_git_server() {
        for body in [&b"<html>"[..], b"", b"0000", b"zzzz", b"ffff# service=git-upload-pack", b"\xff\xff\xff\xff"] {
            assert_eq!(advertised(body), Err(NotGit), "{body:?}");
        }
        let line = format!("{A} HEAD");
        for body in [stream(&[&line]), stream(&["x HEAD", "0000"]), stream(&[A, "0000"]), b"0005".to_vec()] {
            assert_eq!(listed(&body), Err(NotGit), "{body:?}");
        }
    }

    #[test]
    fn what_the_program_prints() {
        let refs = Refs::of_program(format!("{A}\tHEAD\n{A}\trefs/tags/v1\n{B}\trefs/tags/v1^{{}}\n").as_bytes());
        assert_eq!(refs.unwrap().commit("refs/tags/v1"), Some(B));
        assert_eq!(Refs::of_program(b"warning: x\n"), Err(NotGit));
        assert_eq!(
            [full_name("HEAD"), full_name("main"), full_name("refs/tags/v1")],
            ["HEAD", "refs/heads/main", "refs/tags/v1"]
        );
    }
}
