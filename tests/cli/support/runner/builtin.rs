//! Stand-ins for the actions of GitHub that ours are used together with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Map;

use super::hub::Credential;
use super::machine::{Ended, Machine, files_under};
use super::record::Outcome;

type Inputs = BTreeMap<String, String>;

/// Runs a built-in action, and gives its log.
pub(super) fn call(machine: &Machine<'_, '_>, uses: &str, with: &Inputs) -> (Ended, String) {
    let (name, version) = uses.split_once('@').unwrap_or_else(|| panic!("{uses} has no version"));
    let pinned = version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(pinned, "{uses} is not pinned by its hash");
    let mut with = with.clone();
    let mut outputs = Map::new();
    let done = match name {
        "actions/checkout" => checkout(machine, &mut with),
        "actions/upload-artifact" => upload(machine, &mut with),
        "actions/download-artifact" => download(machine, &mut with),
        "actions/cache/restore" => {
            let hit = restore(machine, &mut with);
            outputs.insert("cache-hit".to_owned(), hit.to_string().into());
            Ok(())
        }
        "actions/cache/save" => {
            save(machine, &mut with);
            Ok(())
        }
        _ => panic!("{uses} is not played here"),
    };
    assert!(with.is_empty(), "{uses} has no inputs {with:?}, or they are not played here");
    let (outcome, log) = match done {
        Ok(()) => (Outcome::Success, String::new()),
        Err(why) => (Outcome::Failure, format!("Error: {why}\n")),
    };
    (Ended { outcome, outputs }, log)
}

fn is_true(with: &mut Inputs, name: &str, default: bool) -> bool {
    with.remove(name).map_or(default, |value| value == "true")
}

/// A clone of depth 1 in which the token lies for later steps.
fn checkout(machine: &Machine<'_, '_>, with: &mut Inputs) -> Result<(), String> {
    let github = machine.github("");
    let text = |name: &str| github[name].as_str().expect("it is a text").to_owned();
    let folder = machine.workspace();
    let folder = with.remove("path").map_or(folder.clone(), |path| folder.join(path));
    let depth = with.remove("fetch-depth").unwrap_or_else(|| "1".to_owned());
    let token = with.remove("token").unwrap_or_else(|| machine.token.clone());
    let branch = with.remove("ref").filter(|name| !name.is_empty()).unwrap_or_else(|| text("ref_name"));
    let url = format!("{}/{}", text("server_url"), text("repository"));
    fs::create_dir_all(&folder).expect("the sandbox is writable");
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.args(args).current_dir(&folder).env_clear().envs(machine.run.hub.machine_environment(&[]));
        let output = command.output().expect("git can be started");
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    git(&["init", "--quiet", "."])?;
    git(&["remote", "add", "origin", &url])?;
    git(&["config", "--local", "gc.auto", "0"])?;
    if is_true(with, "persist-credentials", true) {
        let key = format!("http.{}/.extraheader", text("server_url"));
        let header = format!("AUTHORIZATION: basic {}", base64(format!("x-access-token:{token}").as_bytes()));
        match machine.run.hub.credential {
            Credential::InConfig => git(&["config", "--local", &key, &header])?,
            Credential::Included => {
                let file = machine.temp().join("git-credentials-1.config").display().to_string();
                git(&["config", "--file", &file, &key, &header])?;
                let condition = format!("includeIf.gitdir:{}/.git.path", folder.display());
                git(&["config", "--local", &condition, &file])?;
            }
        }
    }
    let remote = format!("refs/remotes/origin/{branch}");
    let refspec = format!("+refs/heads/{branch}:{remote}");
    let depth = format!("--depth={depth}");
    let depth: &[&str] = if depth == "--depth=0" { &[] } else { &[&depth] };
    git(&[&["fetch", "--quiet", "--no-tags", "--prune"], depth, &["origin", &refspec]].concat())?;
    git(&["checkout", "--quiet", "--force", "-B", &branch, &remote])
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        (0..4)
            .map(|at| if at > chunk.len() { '=' } else { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) })
            .collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

/// What may not be in the name of an artifact; a path in it may have slashes.
fn refused(text: &str, more: &[char]) -> Option<char> {
    text.chars().find(|c| "\":<>|*?\r\n".contains(*c) || more.contains(c))
}

fn upload(machine: &Machine<'_, '_>, with: &mut Inputs) -> Result<(), String> {
    let name = with.remove("name").unwrap_or_else(|| "artifact".to_owned());
    let paths = with.remove("path").expect("upload-artifact needs a path");
    let hidden = is_true(with, "include-hidden-files", false);
    let overwrite = is_true(with, "overwrite", false);
    let none = with.remove("if-no-files-found").unwrap_or_else(|| "warn".to_owned());
    let _ = (with.remove("retention-days"), with.remove("compression-level"));
    if name.is_empty() || refused(&name, &['\\', '/']).is_some() {
        return Err(format!("the artifact name {name:?} is not valid"));
    }
    let [path] = paths.lines().collect::<Vec<_>>()[..] else { panic!("more than one path is not played here") };
    assert!(!path.contains(['*', '?', '!', '[']), "patterns are not played here");
    let from = machine.workspace().join(path);
    let (root, mut files) = match from.is_dir() {
        true => (from.clone(), files_under(&from)),
        false => (from.parent().expect("it lies in the workspace").to_owned(), vec![from.clone()]),
    };
    let is_hidden = |file: &Path| {
        file.strip_prefix(&root)
            .is_ok_and(|file| file.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b".")))
    };
    files.retain(|file| file.is_file() && (hidden || !is_hidden(file)));
    if files.is_empty() {
        return if none == "error" { Err(format!("no files in {path}")) } else { Ok(()) };
    }
    let relative = |file: &PathBuf| file.strip_prefix(&root).expect("it lies below").to_owned();
    for file in files.iter().map(relative) {
        if let Some(c) = file.to_str().map_or(Some('\u{fffd}'), |file| refused(file, &['\\'])) {
            return Err(format!("the path {} has a {c:?}", file.display()));
        }
    }
    let artifact = machine.run.artifacts().join(&name);
    if artifact.exists() {
        if !overwrite {
            return Err(format!("an artifact with the name {name} exists already"));
        }
        fs::remove_dir_all(&artifact).expect("the sandbox is writable");
    }
    files.iter().for_each(|file| copy(file, &artifact.join(relative(file))));
    Ok(())
}

fn download(machine: &Machine<'_, '_>, with: &mut Inputs) -> Result<(), String> {
    let to = machine.workspace().join(with.remove("path").unwrap_or_default());
    fs::create_dir_all(&to).expect("the sandbox is writable");
    let artifacts = machine.run.artifacts();
    let fetch = |artifact: &Path, to: &Path| {
        let relative = |file: &PathBuf| file.strip_prefix(artifact).expect("it lies below").to_owned();
        files_under(artifact).iter().for_each(|file| copy(file, &to.join(relative(file))));
    };
    if let Some(name) = with.remove("name").filter(|name| !name.is_empty()) {
        let artifact = artifacts.join(&name);
        if !artifact.is_dir() {
            return Err(format!("artifact not found for name: {name}"));
        }
        fetch(&artifact, &to);
        return Ok(());
    }
    for entry in fs::read_dir(artifacts).into_iter().flatten().flatten() {
        fetch(&entry.path(), &to.join(entry.file_name()));
    }
    Ok(())
}

/// Where the cache keeps what it was given under a key; the first one counts.
fn cached(machine: &Machine<'_, '_>, with: &mut Inputs) -> [PathBuf; 2] {
    let key = with.remove("key").expect("the cache needs a key");
    let path = with.remove("path").expect("the cache needs a path");
    [machine.run.hub.sandbox.path("hub/cache").join(key), machine.workspace().join(path)]
}

fn restore(machine: &Machine<'_, '_>, with: &mut Inputs) -> bool {
    let [kept, folder] = cached(machine, with);
    copy_all(&kept, &folder)
}

fn save(machine: &Machine<'_, '_>, with: &mut Inputs) {
    let [kept, folder] = cached(machine, with);
    assert!(kept.exists() || copy_all(&folder, &kept), "{} is not there", folder.display());
}

fn copy_all(from: &Path, to: &Path) -> bool {
    let files = if from.is_dir() { files_under(from) } else { Vec::new() };
    files.iter().for_each(|file| copy(file, &to.join(file.strip_prefix(from).expect("it lies below"))));
    !files.is_empty()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("it has a folder")).expect("the sandbox is writable");
    fs::copy(from, to).unwrap_or_else(|err| panic!("{}: {err}", from.display()));
}
