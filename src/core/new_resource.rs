//! A resource that has no branch yet: its name, its options, and the files that come along.
//!
//! Puts them together and checks them, before anything is written. It must not read files or repositories.

use super::message::Message;
use super::name::ResourceName;
use super::options::{Key, MAX_BYTES, Options, OptionsError, Setting, command, write_env};
use super::tree_file::{TreeFile, TreeFileKind};
use super::value::printable;

/// Where the variables lie that the test suite gets.
pub(crate) const ENV: &str = "custom/env.sh";

/// See the module's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewResource {
    pub(crate) name: ResourceName,
    pub(crate) message: Message,
    /// Whether polls leave it out.
    pub(crate) manual: bool,
    /// The text of the options file.
    pub(crate) options: String,
    /// All of the resource directory but the options.
    pub(crate) files: Vec<TreeFile>,
    /// The resources whose green values it asks for, as far as the text of the extractor shows.
    pub(crate) follows: Vec<String>,
}

/// What is to come along on top of what an entry has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Additions {
    /// The files, each in place of one at the same path.
    pub(crate) files: Vec<TreeFile>,
    /// Variables for the test suite.
    pub(crate) env: Vec<(String, String)>,
}

/// Why something is no resource, or would be none that works.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NewResourceError {
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error("the options are {} KiB long; polls read at most {} KiB", .0.div_ceil(1024), MAX_BYTES / 1024)]
    TooLong(usize),
    #[error("{ENV} is a symbolic link, and no variables can be added to it")]
    EnvIsLink,
    #[error("{ENV} is not UTF-8, and no variables can be added to it")]
    EnvIsNoText,
}

impl NewResourceError {
    /// Whether what is given for one of these variables may be what is wrong, rather than what the catalog has.
    pub(crate) fn comes_of(&self, given: &[&str]) -> bool {
        let is_given = |key: Key| given.contains(&key.name());
        // Every parameter may stand in a message.
        let has_parameter = || given.iter().any(|name| Key::of(name.as_bytes()).is_none());
        let err = match self {
            NewResourceError::Options(err) => err,
            NewResourceError::TooLong(_) => return !given.is_empty(),
            NewResourceError::EnvIsLink | NewResourceError::EnvIsNoText => return false,
        };
        match err {
            OptionsError::Missing(key)
            | OptionsError::NeedsShell(key)
            | OptionsError::PatternNotUtf8(key)
            | OptionsError::Pattern { key, .. }
            | OptionsError::Flag { key, .. } => is_given(*key),
            OptionsError::Message(_) => is_given(Key::Message) || has_parameter(),
            OptionsError::PatternMissesMessage => {
                is_given(Key::MessagePattern) || is_given(Key::Message) || has_parameter()
            }
            OptionsError::Timeout { .. } => is_given(Key::Timeout),
            OptionsError::Moved { .. } => is_given(Key::Moved),
            OptionsError::Network { .. } => is_given(Key::Network),
            OptionsError::Launch { key, .. } => is_given(*key),
            OptionsError::Spread { .. } => is_given(Key::Spread),
            OptionsError::Declaration(err) => given.contains(&err.key()) || !given.is_empty(),
        }
    }
}

impl NewResource {
    /// Checks the options, and adds files and variables to those that come along.
    ///
    /// # Errors
    ///
    /// A poll could not work with these options, or variables cannot be added.
    pub(crate) fn new(
        name: ResourceName,
        options: String,
        files: Vec<TreeFile>,
        additions: &Additions,
    ) -> Result<Self, NewResourceError> {
        if options.len() > MAX_BYTES {
            return Err(NewResourceError::TooLong(options.len()));
        }
        let parsed = Options::parse(options.as_bytes());
        let settings = parsed.settings().ok_or_else(|| OptionsError::NeedsShell(unknown(&parsed)))?;
        let plan = settings.plan()?;
        settings.value_pattern()?;
        if let Some(text) = parsed.known(Key::Spread) {
            command(text)?;
        }
        let mut files = files;
        for file in &additions.files {
            put(&mut files, file.clone());
        }
        if !additions.env.is_empty() {
            let env = with_env(files.iter().find(|file| file.path == ENV), &additions.env)?;
            put(&mut files, env);
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(NewResource { name, message: plan.message, manual: plan.manual, follows: parsed.follows(), options, files })
    }

    /// The files of the branch, whose options lie at `path`.
    pub(crate) fn tree(&self, path: &str) -> Vec<TreeFile> {
        let directory = path.rsplit_once('/').map_or(String::new(), |(directory, _)| format!("{directory}/"));
        let at = |file: &TreeFile| TreeFile { path: format!("{directory}{}", file.path), ..file.clone() };
        let mut files = self.files.iter().map(at).collect::<Vec<_>>();
        put(&mut files, text(path.to_owned(), self.options.clone()));
        files
    }
}

/// The key that keeps the settings from being known.
fn unknown(options: &Options) -> Key {
    let needs_shell = |key: &Key| matches!(options.get(*key), Setting::NeedsShell(_));
    // It is enough that there is an extractor.
    let keys = Key::ALL.into_iter().filter(|key| *key != Key::PatternExtractor);
    keys.into_iter().find(needs_shell).unwrap_or(Key::Message)
}

/// Puts a file in the place of whatever is in its way.
fn put(files: &mut Vec<TreeFile>, file: TreeFile) {
    files.retain(|other| !is_at_or_below(&other.path, &file.path) && !is_at_or_below(&file.path, &other.path));
    files.push(file);
}

fn is_at_or_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The file with the variables, below what is in it already.
fn with_env(before: Option<&TreeFile>, variables: &[(String, String)]) -> Result<TreeFile, NewResourceError> {
    let Some(before) = before else { return Ok(text(ENV.to_owned(), write_env(variables))) };
    if before.kind == TreeFileKind::Symlink {
        return Err(NewResourceError::EnvIsLink);
    }
    let mut lines = String::from_utf8(before.data.clone()).map_err(|_| NewResourceError::EnvIsNoText)?;
    if !lines.is_empty() && !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines += &write_env(variables);
    Ok(TreeFile { data: lines.into_bytes(), ..before.clone() })
}

fn text(path: String, text: String) -> TreeFile {
    TreeFile { path, kind: TreeFileKind::File { executable: false }, data: text.into_bytes() }
}

/// The beginning of options that are made from an entry with other parameters: without it, the comment of the entry would
/// be taken for a description of the branch.
pub(crate) fn made_from(entry: &str, changes: &str) -> String {
    // Nothing of it may end the comment.
    let made = printable(format!("Made from the entry {entry} with {changes}. What the entry says:").as_bytes());
    format!("# {made}\n#\n")
}

/// The files of an entry that come along as they are.
pub(crate) fn unchanged<'a>(of_entry: &'a [TreeFile], of_branch: &[TreeFile]) -> Vec<&'a str> {
    of_entry.iter().filter(|file| of_branch.contains(file)).map(|file| file.path.as_str()).collect()
}

/// What keeps a branch from being created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// It is there.
    Exists,
    /// This branch is there, and git has no branch `a` next to `a/b`.
    InTheWay(String),
}

/// What keeps a branch of this name from being created next to those that there are.
pub(crate) fn obstacle<'a>(name: &str, branches: impl IntoIterator<Item = &'a str>) -> Option<Obstacle> {
    let related = |branch: &&str| is_at_or_below(branch, name) || is_at_or_below(name, branch);
    let mut found = None;
    for branch in branches.into_iter().filter(related) {
        if branch == name {
            return Some(Obstacle::Exists);
        }
        found.get_or_insert_with(|| Obstacle::InTheWay(branch.to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::message::MessageError;

    const OPTIONS: &str = "message=\"New\"\npattern_extractor=\"git spread-cron green edge\"\n";

    fn files(files: &[(&str, &str)]) -> Vec<TreeFile> {
        files.iter().map(|(path, data)| text((*path).to_owned(), (*data).to_owned())).collect()
    }

    fn make(options: &str, own: &[(&str, &str)], additions: &Additions) -> Result<NewResource, NewResourceError> {
        NewResource::new(ResourceName::new("a/b").unwrap(), options.to_owned(), files(own), additions)
    }

    fn env(text: &str) -> Additions {
        let env = text.split_whitespace().map(|pair| pair.split_once('=').unwrap());
        Additions { env: env.map(|(key, text)| (key.into(), text.into())).collect(), ..Additions::default() }
    }

    #[test]
    fn it_knows_what_its_options_say() {
        let made = make(OPTIONS, &[], &Additions::default()).unwrap();
        assert_eq!((made.message.as_str(), made.manual), ("New", false));
        assert_eq!((made.follows, made.options.as_str(), made.files), (vec!["edge".to_owned()], OPTIONS, vec![]));
        assert!(make(&format!("{OPTIONS}manual=true\n"), &[], &Additions::default()).unwrap().manual);
    }

    #[test]
    fn options_that_no_poll_could_work_with() {
        let extractor = "pattern_extractor=x\n";
        let cases = [
            ("message=x\n".to_owned(), OptionsError::Missing(Key::PatternExtractor)),
            (extractor.to_owned(), OptionsError::Missing(Key::Message)),
            (format!("{extractor}message=$(x)\n"), OptionsError::NeedsShell(Key::Message)),
            (format!("{extractor}message=x\nmanual=$x\n"), OptionsError::NeedsShell(Key::Manual)),
            (
                format!("{extractor}message=' [skip ci]'\n"),
                OptionsError::Message(MessageError::SkipWord("[skip ci]".into())),
            ),
            (
                format!("{extractor}message=x\nmanual=yes\n"),
                OptionsError::Flag { key: Key::Manual, text: "yes".into() },
            ),
        ];
        for (options, expected) in cases {
            assert_eq!(
                make(&options, &[], &Additions::default()),
                Err(NewResourceError::Options(expected)),
                "{options}"
            );
        }
        let pattern = make(&format!("{OPTIONS}value_pattern='['\n"), &[], &Additions::default());
        let is_pattern =
            matches!(pattern, Err(NewResourceError::Options(OptionsError::Pattern { key: Key::ValuePattern, .. })));
        assert!(is_pattern, "{pattern:?}");
        let piped = make(&format!("{OPTIONS}spread='spread | tee x'\n"), &[], &Additions::default());
        assert!(matches!(piped, Err(NewResourceError::Options(OptionsError::Spread { .. }))), "{piped:?}");
    }

    #[test]
    fn who_is_to_blame() {
        let blames = |line: &str, given: &[&str]| {
            let options = format!("message=New\npattern_extractor=x\n{line}\n");
            make(&options, &[], &Additions::default()).unwrap_err().comes_of(given)
        };
        let cases: [(&str, &[&str], &[&str]); 9] = [
            ("timeout=foo", &["timeout"], &["snap", "message"]),
            ("manual=yes", &["manual"], &["snap", "tree"]),
            ("tree=yes", &["tree"], &["manual"]),
            ("message=", &["message"], &["snap"]),
            ("message=' [skip ci]'", &["message", "snap"], &["timeout", "message_pattern"]),
            ("message_pattern='['", &["message_pattern"], &["message", "snap"]),
            ("message_pattern=Old", &["message_pattern", "message", "snap"], &["timeout"]),
            ("value_pattern='['", &["value_pattern"], &["message_pattern", "snap"]),
            ("spread='a | b'", &["spread"], &["target_ref", "snap"]),
        ];
        for (line, to_blame, not_to_blame) in cases {
            assert!(to_blame.iter().all(|name| blames(line, &[name])), "{line}");
            assert!(!blames(line, not_to_blame) && !blames(line, &[]), "{line}");
        }
        assert!(blames(&format!("x={}", "x".repeat(MAX_BYTES)), &["x"]));
        assert!(!NewResourceError::EnvIsLink.comes_of(&["message", "snap"]));
    }

    #[test]
    fn what_an_entry_says_is_told_apart() {
        let expected = "# Made from the entry a with b=c. What the entry says:\n#\n";
        assert_eq!(made_from("a", "b=c"), expected);
        assert_eq!(made_from("a", "b=\r\nc"), expected.replace("b=c", "b= c"));
    }

    #[test]
    fn what_comes_along_as_it_is() {
        let own = files(&[("actions.sh", "1"), (ENV, "2"), ("custom/a", "3"), ("run-checks", "4")]);
        let additions = Additions { files: files(&[("actions.sh", "5"), ("custom/a/b", "6")]), ..env("A=1") };
        let made =
            NewResource::new(ResourceName::new("a").unwrap(), OPTIONS.to_owned(), own.clone(), &additions).unwrap();
        assert_eq!(unchanged(&own, &made.files), ["run-checks"]);
        assert_eq!(unchanged(&own, &own).len(), 4);
    }

    #[test]
    fn a_file_takes_the_place_of_what_is_in_its_way() {
        let own = [("actions.sh", "1"), ("custom/a", "2"), ("custom/b/c", "3"), ("custom/bb", "4")];
        let additions = Additions {
            files: files(&[("actions.sh", "5"), ("custom/a/d", "6"), ("custom/b", "7")]),
            ..Additions::default()
        };
        let made = make(OPTIONS, &own, &additions).unwrap();
        let expected = [("actions.sh", "5"), ("custom/a/d", "6"), ("custom/b", "7"), ("custom/bb", "4")];
        assert_eq!(made.files, files(&expected));
    }

    #[test]
    fn variables_are_added_to_those_that_come_along() {
        let added = |own: &str| {
            let made = make(OPTIONS, &[(ENV, own)], &env("A=1 B=2")).unwrap();
            String::from_utf8(made.files[0].data.clone()).unwrap()
        };
        assert_eq!(added("export A=0\n"), "export A=0\nexport A=\"1\"\nexport B=\"2\"\n");
        assert_eq!(added("export A=0"), "export A=0\nexport A=\"1\"\nexport B=\"2\"\n");
        assert_eq!(added(""), "export A=\"1\"\nexport B=\"2\"\n");
        assert_eq!(make(OPTIONS, &[], &env("A=1")).unwrap().files, files(&[(ENV, "export A=\"1\"\n")]));
        let own = |kind, data: &[u8]| vec![TreeFile { path: ENV.into(), kind, data: data.to_vec() }];
        let cannot = |files| {
            let name = ResourceName::new("a").unwrap();
            NewResource::new(name, OPTIONS.to_owned(), files, &env("A=1")).unwrap_err()
        };
        assert_eq!(cannot(own(TreeFileKind::Symlink, b"x")), NewResourceError::EnvIsLink);
        assert_eq!(cannot(own(TreeFileKind::File { executable: false }, b"\xff")), NewResourceError::EnvIsNoText);
    }

    #[test]
    fn the_files_lie_next_to_the_options() {
        let made = make(OPTIONS, &[("custom/x", "1"), ("trigger", "2")], &Additions::default()).unwrap();
        let paths = |path: &str| made.tree(path).into_iter().map(|file| file.path).collect::<Vec<_>>();
        assert_eq!(paths("options"), ["custom/x", "trigger", "options"]);
        assert_eq!(paths("branches/a/b/trigger"), ["branches/a/b/custom/x", "branches/a/b/trigger"]);
    }

    #[test]
    fn what_is_in_the_way_of_a_branch() {
        let obstacle = |name: &str| obstacle(name, ["main", "a/b", "a/b-c", "ab"]);
        assert_eq!(obstacle("a/b"), Some(Obstacle::Exists));
        assert_eq!(obstacle("a"), Some(Obstacle::InTheWay("a/b".into())));
        assert_eq!(obstacle("main/x"), Some(Obstacle::InTheWay("main".into())));
        for free in ["a/c", "a/bc", "mai", "abc"] {
            assert_eq!(obstacle(free), None, "{free}");
        }
    }
}
