//! The last lines that a failing task printed, for a person who asks why.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::log::after_time;
use crate::core::value::is_unclean;

/// The excerpts of more tasks are in the log.
const MAX_EXCERPTS: usize = 20;

/// How many lines are kept of each output.
const MAX_LINES: usize = 20;

/// The longest line, in characters.
const MAX_CHARS: usize = 300;

/// What encloses the lines of an output.
const FENCE: &str = "-----";

/// The last lines of what one script printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Excerpt {
    /// The full name of the task, suite or project.
    pub(crate) name: String,
    /// Which script it was: `preparing`, `executing`, `restoring`, or `debug` for the script that prints more about a failure.
    pub(crate) script: String,
    /// The lines.
    pub(crate) lines: Vec<String>,
}

/// Collects excerpts line by line.
#[derive(Debug, Default)]
pub(super) struct Collector {
    excerpts: Vec<Excerpt>,
    block: Option<Block>,
}

/// An output that is still open.
#[derive(Debug)]
struct Block {
    name: String,
    script: String,
    lines: VecDeque<String>,
    progress: FencePosition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FencePosition {
    /// The first fence has to come.
    Announced,
    Inside,
    /// A fence was seen, which is the last one if a lone dot follows.
    Fenced,
}

impl Collector {
    pub(super) fn take(&mut self, line: &str) {
        if let Some((script, name, rest)) = announced(line) {
            self.end();
            let mut block = Block {
                name: clean(name),
                script: script.to_owned(),
                lines: VecDeque::new(),
                progress: FencePosition::Announced,
            };
            if !rest.is_empty() {
                block.push(rest);
                self.block = Some(block);
                return self.end();
            }
            self.block = Some(block);
            return;
        }
        let Some(block) = &mut self.block else { return };
        block.progress = match (block.progress, line) {
            (FencePosition::Announced, FENCE) => FencePosition::Inside,
            (FencePosition::Announced, _) | (FencePosition::Fenced, ".") => return self.end(),
            (FencePosition::Inside, FENCE) => FencePosition::Fenced,
            (FencePosition::Fenced, FENCE) => {
                block.push(FENCE);
                FencePosition::Fenced
            }
            (FencePosition::Fenced, line) => {
                block.push(FENCE);
                block.push(line);
                FencePosition::Inside
            }
            (FencePosition::Inside, line) => {
                block.push(line);
                FencePosition::Inside
            }
        };
    }

    pub(super) fn finish(mut self) -> Vec<Excerpt> {
        self.end();
        self.excerpts
    }

    fn end(&mut self) {
        let Some(Block { name, script, lines, .. }) = self.block.take() else { return };
        let names = |excerpt: &Excerpt| excerpt.name == name;
        let is_known = self.excerpts.iter().any(names);
        let others = self.excerpts.iter().filter(|excerpt| excerpt.script != "debug").count();
        // What a task says to be debugged goes with what it said when it failed.
        if !lines.is_empty() && (others < MAX_EXCERPTS || (is_known && script == "debug")) {
            self.excerpts.push(Excerpt { name, script, lines: lines.into() });
        }
    }
}

impl Block {
    fn push(&mut self, line: &str) {
        if self.lines.len() == MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(clean(line));
    }
}

/// Which script of what a line says that output of it follows, and what stands in the line itself.
fn announced(line: &str) -> Option<(&'static str, &str, &str)> {
    let said = after_time(line)?;
    let scripts = [
        ("Error preparing ", "preparing"),
        ("Error executing ", "executing"),
        ("Error restoring ", "restoring"),
        ("Debug output for ", "debug"),
    ];
    let (rest, script) = scripts.into_iter().find_map(|(words, script)| Some((said.strip_prefix(words)?, script)))?;
    let (name, rest) = rest.split_once(" (")?;
    let (_, output) = rest.split_once(") :")?;
    Some((script, name, output.trim()))
}

fn clean(line: &str) -> String {
    line.chars().take(MAX_CHARS).map(|c| if is_unclean(c) { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpts(text: &str) -> Vec<Excerpt> {
        let mut collector = Collector::default();
        text.lines().for_each(|line| collector.take(line.trim_end()));
        collector.finish()
    }

    #[test]
    fn a_real_log_shows_why_each_task_failed() {
        let all = excerpts(include_str!("../../../tests/data/spread/plus-multi.log"));
        let of = |name: &str, script: &str| {
            all.iter()
                .find(|excerpt| (&*excerpt.name, &*excerpt.script) == (name, script))
                .map(|found| found.lines.clone())
        };
        let fail = "adhoc:debian-13-64:checks/fail";
        assert_eq!(of(fail, "executing").unwrap(), ["+ echo 'about to fail'", "about to fail", "+ false"]);
        assert_eq!(of(fail, "debug").unwrap(), ["+ echo 'debug output here'", "debug output here"]);
        assert_eq!(of("adhoc:debian-13-64:checks/variants:c", "executing").unwrap(), ["+ exit 2"]);
        assert_eq!(all.len(), 12, "{all:#?}");
        let project = excerpts(include_str!("../../../tests/data/spread/upstream-project-prepare.log"));
        assert_eq!((&*project[0].name, &*project[0].script), ("adhoc:debian-12-64", "preparing"));
    }

    #[test]
    fn only_the_end_is_kept_and_no_task_can_hide_the_rest() {
        let lines: String = (0..30).map(|number| format!("line {number}\n")).collect();
        let text = format!(
            "2026-01-02 03:04:05 Error executing q:u:t/a (x) : \n-----\n{lines}-----\nmore\x1b[2J\n-----\n.\nout\n"
        );
        let [excerpt] = &excerpts(&text)[..] else { panic!("{text}") };
        assert_eq!(excerpt.lines.len(), MAX_LINES);
        assert_eq!((&*excerpt.lines[0], &*excerpt.lines[18], &*excerpt.lines[19]), ("line 12", "-----", "more [2J"));
        let open = "2026-01-02 03:04:05 Error executing q:u:t/a (x) : \n-----\nx\n2026-01-02 03:04:05 Error executing q:u:t/b (x) : y";
        assert_eq!(excerpts(open).len(), 2, "the next announcement ends an output");
        let task = "Error executing q:u:t/a (x) : y";
        assert_eq!(excerpts(task), [], "spread says when");
        let many: String =
            (0..99).map(|n| format!("2026-01-02 03:04:05 Error executing q:u:t/{n} (x) : y\n")).collect();
        assert_eq!(excerpts(&many).len(), MAX_EXCERPTS);
    }
}
