//! Where the actions and workflows of this project are hosted, as `uses:` names it.

use thiserror::Error;

/// The workflow that the workflow of `init` calls.
const CALLED: &str = ".github/workflows/spread-cron.yml";

/// A repository on the server, and the tag, branch or commit to take. Both are safe in a line of YAML and in a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hosted {
    repository: String,
    revision: String,
}

/// Why a text does not name one.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum InvalidHosted {
    #[error("not OWNER/REPO or OWNER/REPO@REF")]
    Repository,
    #[error("the part after @ is not the name of a tag, a branch or a commit")]
    Revision,
}

impl Hosted {
    /// Reads `OWNER/REPO[@REF]`. Without a ref it is the tag of this version.
    pub(crate) fn parse(text: &str, version: &str) -> Result<Self, InvalidHosted> {
        let (repository, revision) = match text.split_once('@') {
            Some((repository, revision)) => (repository, revision.to_owned()),
            None => (text, format!("v{version}")),
        };
        let (owner, name) = repository.split_once('/').ok_or(InvalidHosted::Repository)?;
        let is_word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !is_word(owner) || !is_word(name) {
            return Err(InvalidHosted::Repository);
        }
        if !revision.split('/').all(|part| is_word(part) && !part.contains("..")) {
            return Err(InvalidHosted::Revision);
        }
        Ok(Hosted { repository: repository.to_owned(), revision })
    }

    /// What stands behind `uses:` to call the workflow that polls and launches.
    pub(crate) fn workflow(&self) -> String {
        format!("{}/{CALLED}@{}", self.repository, self.revision)
    }

    /// The reverse: the first line of a workflow file that calls it.
    pub(crate) fn in_workflow(text: &str) -> Option<Self> {
        let called = |line: &str| {
            let (uses, _) = line.trim().strip_prefix("uses:")?.trim().split_once(" #")?;
            let (path, revision) = uses.trim().split_once('@')?;
            let repository = path.strip_suffix(CALLED)?.strip_suffix('/')?;
            Hosted::parse(&format!("{repository}@{revision}"), "").ok()
        };
        text.lines().find_map(called)
    }

    /// The page of a file on the server.
    pub(crate) fn page(&self, server: &str, path: &str) -> String {
        format!("{server}/{}/blob/{}/{path}", self.repository, self.revision)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_uses_can_name() {
        for (text, workflow) in [
            ("o/r", "o/r/.github/workflows/spread-cron.yml@v1.2.3"),
            ("a-b/c.d_e@main", "a-b/c.d_e/.github/workflows/spread-cron.yml@main"),
            ("o/r@release/1.x", "o/r/.github/workflows/spread-cron.yml@release/1.x"),
        ] {
            assert_eq!(Hosted::parse(text, "1.2.3").map(|hosted| hosted.workflow()), Ok(workflow.to_owned()));
        }
        for text in ["", "o", "o/", "/r", "o/r/s", "o/..", "https://github.com/o/r", "o/r #", "o/r\nx: y", "-o/r"] {
            assert_eq!(Hosted::parse(text, "1.2.3"), Err(InvalidHosted::Repository), "{text:?}");
        }
        for text in ["o/r@", "o/r@a b", "o/r@a@b", "o/r@../x", "o/r@a..b", "o/r@a/", "o/r@${{ x }}", "o/r@a #"] {
            assert_eq!(Hosted::parse(text, "1.2.3"), Err(InvalidHosted::Revision), "{text:?}");
        }
    }

    #[test]
    fn a_file_remembers_it() {
        let hosted = Hosted::parse("o/r@main", "1.2.3").unwrap();
        let text = format!("jobs:\n  x:\n    uses: {} # a comment\n", hosted.workflow());
        assert_eq!(Hosted::in_workflow(&text), Some(hosted));
        for text in ["", "uses: o/r@main # x", "uses: o/r/.github/workflows/spread-cron.yml", "# nothing"] {
            assert_eq!(Hosted::in_workflow(text), None, "{text:?}");
        }
    }

    #[test]
    fn pages_lie_on_its_server() {
        let hosted = Hosted::parse("o/r@main", "1.2.3").unwrap();
        assert_eq!(hosted.page("https://example.org", "a/b.md"), "https://example.org/o/r/blob/main/a/b.md");
    }
}
