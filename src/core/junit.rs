//! JUnit reports: how many tests passed, failed and were skipped, and the names of the failed ones. Pure.
//!
//! Only elements that say how a test ended are read. What else stands in a report (times, properties, output) differs from
//! tool to tool, and a report is not useless because of it.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::spread::{Phase, Tally};

/// Why a report says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JunitError {
    #[error("it is not XML: {0}")]
    Xml(#[from] quick_xml::Error),
    #[error("it is not a JUnit report")]
    OtherDocument,
    #[error("it ends in the middle")]
    CutOff,
}

/// A test whose element is open.
struct OpenTest {
    name: String,
    outcome: TestOutcome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TestOutcome {
    Passed,
    Failed,
    Skipped,
}

/// Adds what a report says.
///
/// # Errors
///
/// It is not a whole report. Nothing is added then.
pub(crate) fn add(tally: &mut Tally, report: &[u8]) -> Result<(), JunitError> {
    let text = String::from_utf8_lossy(report);
    let mut reader = Reader::from_str(&text);
    let mut found = TestsOfReport::default();
    let (mut depth, mut is_report) = (0_usize, false);
    loop {
        match reader.read_event()? {
            Event::Start(element) => {
                is_report |= is_root(&element);
                if depth == 0 && !is_report {
                    return Err(JunitError::OtherDocument);
                }
                depth += 1;
                found.begin(&element);
            }
            Event::Empty(element) => {
                is_report |= is_root(&element);
                if found.begin(&element) {
                    found.end();
                }
            }
            Event::End(element) => {
                depth = depth.saturating_sub(1);
                if element.name().as_ref() == "testcase" {
                    found.end();
                }
            }
            Event::Eof if depth > 0 => return Err(JunitError::CutOff),
            Event::Eof => break,
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_) => {}
        }
    }
    if !is_report {
        return Err(JunitError::OtherDocument);
    }
    found.add_to(tally);
    Ok(())
}

fn is_root(element: &BytesStart<'_>) -> bool {
    matches!(element.name().as_ref(), "testsuites" | "testsuite" | "testrun")
}

/// What was found so far.
#[derive(Default)]
struct TestsOfReport {
    open: Option<OpenTest>,
    passed: u64,
    skipped: u64,
    failed: Vec<String>,
}

impl TestsOfReport {
    /// Takes the begin of an element; whether it is that of a test.
    fn begin(&mut self, element: &BytesStart<'_>) -> bool {
        match (element.name().as_ref(), &mut self.open) {
            ("testcase", _) => {
                self.open = Some(OpenTest { name: name_of(element), outcome: TestOutcome::Passed });
                return true;
            }
            ("failure" | "error", Some(test)) => test.outcome = TestOutcome::Failed,
            ("skipped", Some(test)) if test.outcome == TestOutcome::Passed => test.outcome = TestOutcome::Skipped,
            _ => {}
        }
        false
    }

    /// Takes the end of the test.
    fn end(&mut self) {
        match self.open.take() {
            Some(OpenTest { name, outcome: TestOutcome::Failed }) => self.failed.push(name),
            Some(OpenTest { outcome: TestOutcome::Skipped, .. }) => self.skipped += 1,
            Some(OpenTest { outcome: TestOutcome::Passed, .. }) => self.passed += 1,
            None => {}
        }
    }

    fn add_to(self, tally: &mut Tally) {
        tally.passed = tally.passed.saturating_add(self.passed);
        tally.skipped = tally.skipped.saturating_add(self.skipped);
        let failed = u64::try_from(self.failed.len()).unwrap_or(u64::MAX);
        tally.failed = tally.failed.saturating_add(failed);
        self.failed.into_iter().for_each(|name| tally.add_failed_task(Phase::Executing, name));
    }
}

/// The class, where it has one, and the name: `tests.test_api::test_get`.
fn name_of(element: &BytesStart<'_>) -> String {
    let text = |wanted: &str| {
        let attribute = element.attributes().flatten().find(|attribute| attribute.key.as_ref() == wanted)?;
        let text = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some(super::value::printable(text.as_bytes())).filter(|text| !text.is_empty())
    };
    let name = text("name").unwrap_or_else(|| "(no name)".to_owned());
    text("classname").map_or_else(|| name.clone(), |class| format!("{class}::{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_and_the_failed_ones_named() {
        let report = br#"<?xml version="1.0" encoding="utf-8"?>
            <!-- written by pytest -->
            <testsuites><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="1,234.5"
                timestamp="yesterday" hostname="h">
            <properties><property name="failure" value="x"/></properties>
            <testcase classname="tests.test_a" name="test_good" time="0.01" line="-1"/>
            <testcase classname="tests.test_a" name="test_bad[1-&lt;x&gt;]"><failure message="no">a <![CDATA[<error>]]></failure></testcase>
            <testcase classname="tests.test_a" name="test_skipped" time="0"><skipped message="later"/></testcase>
            <testcase classname="" name="flaky"><flakyFailure message="once">x</flakyFailure><system-out>failure</system-out></testcase>
            <testsuite name="inner"><testcase name="alone"><error message="boom"/><skipped/></testcase></testsuite>
            <system-err><![CDATA[error]]></system-err>
            </testsuite></testsuites>"#;
        let mut tally = Tally::default();
        add(&mut tally, report).unwrap();
        assert_eq!((tally.passed, tally.failed, tally.skipped), (2, 2, 1));
        assert_eq!(tally.failed_tasks.list(), ["tests.test_a::test_bad[1-<x>]", "alone"]);
        add(&mut tally, b"<testsuite><testcase name='more'/><testcase><failure/>\xff</testcase></testsuite>").unwrap();
        assert_eq!((tally.passed, tally.failed), (3, 3));
        assert_eq!(tally.failed_tasks.list().last().unwrap(), "(no name)");
        add(&mut tally, b"<testsuites/>").unwrap();
    }

    #[test]
    fn what_is_not_a_whole_report_says_nothing() {
        for text in [
            "",
            "{}",
            "<html><testsuite/></html>",
            "<html",
            "<testsuites><testsuite><testcase name='a'/>",
            "<testsuites><testsuite></testsuites>",
        ] {
            let mut tally = Tally::default();
            assert!(add(&mut tally, text.as_bytes()).is_err(), "{text}");
            assert_eq!(tally, Tally::default());
        }
    }
}
