//! `git spread-cron lint`: check options without executing them.

use std::collections::HashSet;
use std::path::Path;

use gix::ObjectId;

use super::format::count;
use super::notices::{say_no_resources, tell_unpaired, warn_unlisted};
use crate::cli::{Format, LintArgs};
use crate::context::Context;
use crate::core::documents::{Finding, LintReport, Severity, VERSION};
use crate::core::lint::{Claim, Follower, LintSubject, absolute_paths, collisions, followers, lint, starting_on_push};
use crate::core::message::Message;
use crate::core::name::ResourceName;
use crate::core::options::{Key, Options, Setting, normalize};
use crate::core::rewording::Subject;
use crate::environment::Environment;
use crate::error::{CommandError, Exit};
use crate::extract::{Extractors, Shell, clean_environment};
use crate::git::branches::Branch;
use crate::git::history::{Recorded, first_state, shallow_boundary, subjects};
use crate::git::tree;
use crate::isolate::isolate;
use crate::resources::{Resource, started_by_push};
use crate::states::DefaultHistory;
use crate::ui::{Paint, Ui};

/// A reworded message shows in the newest commits; the oldest of many thousands do not matter.
const MAX_SUBJECTS: usize = 2000;

pub(super) fn run(args: &LintArgs, environment: &Environment, ui: &mut Ui) -> Result<Exit, CommandError> {
    let context = Context::new(environment, &args.source)?;
    let cannot_check = |err| CommandError::cannot("cannot check the syntax of options").because(err);
    let shell = args.shell.as_deref().or(context.config.shell.as_deref());
    let shell = Shell::find(shell, environment.variable("PATH")).map_err(cannot_check)?;
    let variables = clean_environment(environment.variables(), &[]);
    let mode = context.config.isolation.unwrap_or_default();
    let isolation = isolate(mode, &shell, &variables, &context.config.extractor_paths)?;
    let checker = Extractors::new(&shell, variables, isolation).map_err(cannot_check)?;
    let repo = context.repository.local();
    let shallow = shallow_boundary(&repo);
    let default = DefaultHistory::read(&repo, &context.source, &shallow);
    let check_syntax = |text: &[u8]| checker.check_syntax(text, &environment.interrupted()).ok().flatten();
    let gathered = context.gather(&args.patterns, |repo, resource| {
        let shared = default.shared_with(&resource.branch);
        let can_read = |path: &Path| checker.can_read(path);
        let facts = Facts::collect(repo, &resource, &shallow, shared, check_syntax, can_read);
        (resource, facts)
    })?;
    warn_unlisted(&gathered.unlisted, ui);
    if args.patterns.is_empty() {
        tell_unpaired(&context, ui)?;
    }
    let shell_name = shell.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let traits = PollTraits {
        pass_env: &context.config.pass_env,
        shell_without_pipefail: (!checker.has_pipefail(&environment.interrupted())).then_some(&shell_name),
    };
    let mut findings: Vec<Finding> = Vec::new();
    for (resource, facts) in &gathered.resources {
        findings.extend(lint(&facts.subject(resource, &traits)));
    }
    let claims: Vec<Claim<'_>> =
        gathered.resources.iter().filter_map(|(resource, facts)| facts.claim(resource)).collect();
    findings.extend(collisions(&claims));
    findings.extend(check_followers(&context, &gathered.resources)?);
    let branches: Vec<&Branch> = gathered.resources.iter().map(|(resource, _)| &resource.branch).collect();
    let started = started_by_push(&context.repository, &context.git, &branches);
    findings.extend(branches.iter().zip(&started).filter_map(|(branch, paths)| starting_on_push(&branch.name, paths)));
    findings.sort_by(|a, b| (&a.resource, a.severity).cmp(&(&b.resource, b.severity)));
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    match args.format.format {
        Format::Json => ui.json(&LintReport { version: VERSION, findings }),
        Format::Human if gathered.resources.is_empty() => say_no_resources(&context, &args.patterns, false, ui),
        Format::Human => show(&findings, gathered.resources.len(), ui),
    }
    Ok(if failed { Exit::SomeFailed } else { Exit::Success })
}

/// Checks whom the resources follow. Only then it matters which others there are.
fn check_followers(context: &Context, resources: &[(Resource, Facts)]) -> Result<Vec<Finding>, CommandError> {
    let following: Vec<Follower<'_>> = resources
        .iter()
        .filter(|(_, facts)| !facts.follows.is_empty())
        .map(|(resource, facts)| Follower {
            name: &resource.branch.name,
            path: &facts.place,
            line: facts.extractor_line,
            follows: &facts.follows,
        })
        .collect();
    if following.is_empty() {
        return Ok(Vec::new());
    }
    let all = context.gather(&[], |_, resource| resource.branch.name)?.resources;
    Ok(followers(&following, &all.iter().map(ResourceName::as_str).collect()))
}

/// What the checks need to know of the polls.
struct PollTraits<'a> {
    pass_env: &'a [String],
    shell_without_pipefail: Option<&'a str>,
}

/// What the checks need to know of one resource.
struct Facts {
    /// Where the options lie.
    place: String,
    text: Result<Vec<u8>, String>,
    syntax_error: Option<String>,
    message: Option<(Message, Option<usize>)>,
    files: Vec<String>,
    subjects: Vec<Subject>,
    matched: bool,
    out_of_reach: Vec<String>,
    follows: Vec<String>,
    extractor_line: Option<usize>,
}

impl Facts {
    fn collect(
        repo: &gix::Repository,
        resource: &Resource,
        shallow: &HashSet<ObjectId>,
        shared: &HashSet<ObjectId>,
        check_syntax: impl Fn(&[u8]) -> Option<String>,
        can_read: impl Fn(&Path) -> bool,
    ) -> Self {
        let (tip, place) = (resource.tip(), resource.origin.place());
        let file = match &resource.options {
            Ok(file) => file,
            Err(unreadable) => {
                let text = Err(unreadable.reason.clone());
                return Facts {
                    place,
                    text,
                    syntax_error: None,
                    message: None,
                    files: Vec::new(),
                    subjects: Vec::new(),
                    matched: true,
                    out_of_reach: Vec::new(),
                    follows: Vec::new(),
                    extractor_line: None,
                };
            }
        };
        let text = normalize(&file.text).into_owned();
        let options = Options::parse(&text);
        // What cannot be known says nothing against the message.
        let (matched, subjects) = match options.history_pattern() {
            Ok(pattern) => {
                let matched = !matches!(first_state(repo, tip, &pattern, shallow, |_| true), Ok(Recorded::Nothing));
                let mut subjects = subjects(repo, tip, shallow, shared, MAX_SUBJECTS).unwrap_or_default();
                subjects.retain(|subject| pattern.value_in(&subject.text).is_none());
                (matched, subjects)
            }
            Err(_) => (true, Vec::new()),
        };
        let own_name = resource.origin.file_name();
        let mut files = tree::paths(repo, file.folder).unwrap_or_default();
        files.retain(|path| path != own_name);
        let message = options.known(Key::Message).and_then(|text| Message::new(text).ok());
        Facts {
            place,
            syntax_error: syntax_error(&text, &options, check_syntax),
            message: message.map(|message| (message, options.line_of(Key::Message))),
            files,
            subjects,
            matched,
            out_of_reach: extractor_paths(&options).into_iter().filter(|path| !can_read(Path::new(path))).collect(),
            follows: options.follows(),
            extractor_line: options.line_of(Key::PatternExtractor),
            text: Ok(text),
        }
    }

    fn subject<'a>(&'a self, resource: &'a Resource, traits: &PollTraits<'a>) -> LintSubject<'a> {
        LintSubject {
            name: &resource.branch.name,
            path: &self.place,
            options: self.text.as_deref().map_err(Clone::clone),
            syntax_error: self.syntax_error.clone(),
            files: &self.files,
            pass_env: traits.pass_env,
            shell_without_pipefail: traits.shell_without_pipefail,
            subjects: &self.subjects,
            matched: self.matched,
            out_of_reach: &self.out_of_reach,
        }
    }

    fn claim<'a>(&'a self, resource: &'a Resource) -> Option<Claim<'a>> {
        let (message, line) = self.message.as_ref()?;
        Some(Claim { name: &resource.branch.name, path: &self.place, line: *line, message })
    }
}

/// The absolute paths that the extractor names.
fn extractor_paths(options: &Options) -> Vec<String> {
    match options.get(Key::PatternExtractor) {
        Setting::Known(text) | Setting::NeedsShell(text) => absolute_paths(text),
        Setting::Absent => Vec::new(),
    }
}

/// What the shell says against the options, or against the extractor where it can be known without one.
fn syntax_error(text: &[u8], options: &Options, check: impl Fn(&[u8]) -> Option<String>) -> Option<String> {
    if matches!(options.declaration(), Some(Ok(_))) {
        return None;
    }
    let place = |error: String| error.strip_prefix("options: ").map(str::to_owned).unwrap_or(error);
    let in_extractor = || {
        let extractor = options.known(Key::PatternExtractor)?;
        Some(format!("pattern_extractor: {}", place(check(extractor)?)))
    };
    check(text).map(place).or_else(in_extractor)
}

fn show(findings: &[Finding], resources: usize, ui: &mut Ui) {
    for finding in findings {
        let (label, paint) = match finding.severity {
            Severity::Error => ("error", Paint::Bad),
            Severity::Warning => ("warning", Paint::Odd),
            Severity::Hint => ("hint", Paint::Faint),
        };
        let place = ui.paint(Paint::Strong, &finding.resource);
        let label = ui.paint(paint, &format!("{label}[{}]", finding.code));
        ui.line(&format!("{place}: {label} {}", finding.message));
        ui.line(&format!("  help: {}", finding.help));
    }
    let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    ui.status(&format!(
        "Checked {}: {}, {}.",
        count(resources, "resource", "resources"),
        count(number(Severity::Error), "error", "errors"),
        count(number(Severity::Warning), "warning", "warnings")
    ));
}
