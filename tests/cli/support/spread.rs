//! The stand-in for spread (`spread.sh`): what it does, and how it was called.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::Sandbox;

/// Which spread it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// canonical/spread
    Plain,
    /// canonical/spread-plus, which writes a report
    Plus,
}

impl Flavour {
    pub(crate) const ALL: [Flavour; 2] = [Flavour::Plain, Flavour::Plus];
}

/// What the stand-in puts before the name of each task.
const MACHINE: &str = "google:ubuntu-24.04-64";

/// A stand-in that lies in a sandbox.
pub(crate) struct Spread {
    folder: PathBuf,
}

/// A start of the stand-in.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) args: Vec<String>,
    pub(crate) cwd: PathBuf,
    /// What is behind its stdin, as the kernel names it.
    pub(crate) stdin: String,
    pub(crate) environment: BTreeMap<String, String>,
    /// Whether it leads a process group of its own.
    pub(crate) leader: bool,
}

impl Call {
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str)
    }
}

impl Spread {
    /// Puts the stand-in into a folder of the sandbox.
    pub(crate) fn new(sandbox: &Sandbox, folder: &str, flavour: Flavour) -> Self {
        let spread = Spread { folder: sandbox.path(folder) };
        fs::create_dir_all(spread.folder.join("calls")).expect("the sandbox is writable");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/support/spread.sh");
        // A link, because a program that was just written may be busy still.
        std::os::unix::fs::symlink(program, spread.program()).expect("the sandbox is writable");
        spread.file("flavour", if flavour == Flavour::Plus { "plus\n" } else { "plain\n" });
        spread
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.folder.join("spread")
    }

    /// From now on it does this. It is bash, and `spread.sh` says what it may redefine.
    pub(crate) fn plan(&self, text: &str) -> &Self {
        self.file("plan", &format!("{text}\n"));
        self
    }

    /// What happened, oldest first.
    pub(crate) fn events(&self) -> Vec<String> {
        let events = fs::read_to_string(self.folder.join("events")).unwrap_or_default();
        events.lines().map(str::to_owned).collect()
    }

    /// How many events begin with this.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        self.events().iter().filter(|event| event.starts_with(beginning)).count()
    }

    /// All starts, oldest first, but for those that only asked for the help.
    pub(crate) fn calls(&self) -> Vec<Call> {
        (1..)
            .map(|number| self.folder.join(format!("calls/{number}")))
            .take_while(|folder| folder.join("leader").exists())
            .map(|folder| read_call(&folder))
            .collect()
    }

    /// The starts that were to run tasks.
    pub(crate) fn launches(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| !call.args.iter().any(|arg| arg == "-discard")).collect()
    }

    /// The one start that was to run tasks.
    #[track_caller]
    pub(crate) fn launch(&self) -> Call {
        let mut launches = self.launches();
        assert_eq!(launches.len(), 1, "{launches:#?}");
        launches.remove(0)
    }

    fn file(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).expect("the sandbox is writable");
    }
}

impl Sandbox {
    /// The stand-in, found on PATH.
    pub(crate) fn spread(&self, flavour: Flavour) -> Spread {
        Spread::new(self, Self::SPREAD, flavour)
    }
}

fn read_call(folder: &Path) -> Call {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let words = |name: &str| text(name).split_terminator('\0').map(str::to_owned).collect::<Vec<_>>();
    let variable = |line: String| {
        let (name, value) = line.split_once('=').expect("a variable has a value");
        (name.to_owned(), value.to_owned())
    };
    Call {
        args: words("args"),
        cwd: text("cwd").into(),
        stdin: text("stdin").trim_end().to_owned(),
        environment: words("environment").into_iter().map(variable).collect(),
        leader: text("leader") == "yes\n",
    }
}

/// What spread leaves behind in a folder when it is killed.
pub(crate) fn reuse_files(folder: impl AsRef<Path>) -> Vec<String> {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().collect()).unwrap_or_else(|_| Vec::new());
    let names = entries.iter().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str().filter(|name| name.starts_with(".spread-reuse")).map(str::to_owned)).collect()
}

/// The name that the stand-in gives to a task of the suite `tests/main`.
pub(crate) fn task(name: impl AsRef<OsStr>) -> String {
    format!("{MACHINE}:tests/main/{}", name.as_ref().display())
}
