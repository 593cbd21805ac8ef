//! Runs the demo with a small shell script in the place of the program, and real git.

use std::os::unix::fs::PermissionsExt;

use super::*;

/// Stands for the program: `add` makes a branch on the remote, `poll` ends as the demo expects it.
const STAND_IN: &str = r#"#!/bin/sh
echo "stand-in $*"
case $1 in
    add) git push --quiet origin "HEAD:refs/heads/$2" ;;
    poll) echo "to stderr" >&2; exit 1 ;;
esac
"#;

struct Sandbox {
    folder: tempfile::TempDir,
    program: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

impl Sandbox {
    /// An environment that is as unhelpful as it gets: no HOME, git variables that lead astray, a hostile configuration.
    fn new(program: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("the bin");
        std::fs::create_dir(&bin).unwrap();
        let program = bin.join(program);
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let config = folder.path().join("config");
        let hostile = "[commit]\n\tgpgSign = true\n[core]\n\thooksPath = /nowhere\n[user]\n\tuseConfigOnly = true\n\
                       [clone]\n\tdefaultRemoteName = elsewhere\n[protocol]\n\tallow = never\n";
        std::fs::write(&config, hostile).unwrap();
        let path = std::env::var_os("PATH").unwrap();
        let tmp = folder.path().as_os_str();
        let variables = [
            ("PATH", path.as_os_str()),
            ("TMPDIR", tmp),
            ("GIT_DIR", OsStr::new("/nowhere")),
            ("GIT_INDEX_FILE", OsStr::new("/nowhere")),
            ("GIT_CONFIG_GLOBAL", config.as_os_str()),
            ("CDPATH", OsStr::new("/")),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.to_owned())).to_vec();
        Sandbox { folder, program, variables }
    }

    fn run(&self, dir: Option<&str>) -> (Result<(), CommandError>, Vec<DemoLine>) {
        let around = Caller { program: &self.program, variables: &self.variables, directory: self.folder.path() };
        let mut lines = Vec::new();
        let result = play(&DemoArgs { dir: dir.map(PathBuf::from) }, &around, &mut |line| lines.push(line));
        (result, lines)
    }
}

fn commands(lines: &[DemoLine]) -> Vec<&str> {
    fn command(line: &DemoLine) -> Option<&str> {
        match line {
            DemoLine::Command(command) => Some(command),
            DemoLine::Remark(_) | DemoLine::Output(_) => None,
        }
    }
    lines.iter().filter_map(command).collect()
}

#[test]
fn the_demo_runs_in_a_folder_with_an_awkward_name_and_a_hostile_environment() {
    let sandbox = Sandbox::new(PROGRAM, STAND_IN);
    let name = "it's a \"demo\" $(touch pwned)";
    let (result, lines) = sandbox.run(Some(name));
    assert!(result.is_ok(), "{result:?} {lines:#?}");
    let root = sandbox.folder.path().join(name);
    assert_eq!(std::fs::read_to_string(root.join("world/firmware.txt")).unwrap(), "1.1\n");
    assert!(!sandbox.folder.path().join("pwned").exists() && !root.join("clone/pwned").exists());

    let commands = commands(&lines);
    assert_eq!(commands.iter().filter(|command| **command == "git spread-cron poll").count(), 2);
    assert!(
        lines.contains(&DemoLine::Output("stand-in add today --message A new day --extractor date +%F".into())),
        "{lines:#?}"
    );
    assert!(lines.contains(&DemoLine::Output("to stderr".into())));
    assert!(
        lines.iter().any(|line| matches!(line, DemoLine::Output(text) if text.ends_with(" The template"))),
        "{lines:#?}"
    );
    // The way back in can be pasted into a shell.
    let quoted = shell_words::split(commands.iter().rfind(|command| command.starts_with("cd ")).unwrap()).unwrap();
    assert_eq!(Path::new(&quoted[1]), root.join("clone"));
    // The program is in no folder that the reader's shell searches.
    let full = shell_words::quote(sandbox.program.to_str().unwrap()).into_owned();
    assert_eq!(commands.last(), Some(&format!("{full} lint").as_str()));
}

#[test]
fn without_a_name_the_folder_is_a_new_temporary_one_that_stays() {
    let sandbox = Sandbox::new(PROGRAM, STAND_IN);
    assert!(sandbox.run(None).0.is_ok() && sandbox.run(None).0.is_ok());
    let entries = std::fs::read_dir(sandbox.folder.path()).unwrap().map(|entry| entry.unwrap());
    let demos = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("git-spread-cron-demo-"));
    assert_eq!(demos.filter(|demo| demo.path().join("clone/.git").is_dir()).count(), 2);
}

#[test]
fn a_program_of_another_name_is_started_by_its_path() {
    let sandbox = Sandbox::new("other", STAND_IN);
    let (result, lines) = sandbox.run(Some("demo"));
    assert!(result.is_ok(), "{result:?}");
    let poll = format!("{} poll", shell_words::quote(sandbox.program.to_str().unwrap()));
    assert!(commands(&lines).contains(&poll.as_str()), "{lines:#?}");
}

#[test]
fn a_folder_that_is_in_use_is_refused_and_left_alone() {
    let sandbox = Sandbox::new(PROGRAM, STAND_IN);
    let used = sandbox.folder.path().join("used");
    std::fs::create_dir(&used).unwrap();
    std::fs::write(used.join("file"), "mine").unwrap();
    for name in ["used", "used/file"] {
        let (result, lines) = sandbox.run(Some(name));
        assert!(result.is_err() && lines.is_empty(), "{name}");
    }
    assert_eq!(sandbox.run(Some("used")).0.unwrap_err().exit, Exit::Usage);
    assert_eq!(std::fs::read_dir(&used).unwrap().count(), 1);
    std::fs::create_dir(sandbox.folder.path().join("empty")).unwrap();
    assert!(sandbox.run(Some("empty")).0.is_ok());
}

#[test]
fn a_command_that_ends_otherwise_ends_the_demo() {
    crate::process::dispositions::heed_interrupts();
    for (script, exit) in
        [("exit 3", Exit::CannotWork), ("exit 130", Exit::Interrupted), ("kill -INT $PPID", Exit::Interrupted)]
    {
        let sandbox = Sandbox::new("other", &format!("#!/bin/sh\n{script}\n"));
        let (result, lines) = sandbox.run(Some("demo"));
        let Err(err) = result else { panic!("{script}: {lines:#?}") };
        assert_eq!(err.exit, exit, "{script}: {err:?}");
        assert!(err.what.contains(" add firmware "), "{err:?}");
    }
}

#[test]
fn what_the_steps_do() {
    let folders = DemoFolders::below("/x");
    let with_jq = script::steps(&folders, "git spread-cron", true);
    let without = script::steps(&folders, "git spread-cron", false);
    let mentions_jq = |steps: &[DemoStep]| format!("{steps:?}").contains("jq ");
    assert!(mentions_jq(&with_jq) && !mentions_jq(&without));
    let failing = |step: &&DemoStep| matches!(step, DemoStep::Run { exit: Exit::SomeFailed, .. });
    assert_eq!(without.iter().filter(failing).count(), 2);
}
